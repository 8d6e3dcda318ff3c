"""A ``var`` a column: its question in every language, valid and missing values, whom it was asked, what it measures."""

from __future__ import annotations

from dataclasses import dataclass

from lxml import etree

from instrument.codebook import CodebookRow
from instrument.fielding.ddi.subject import Subject, columns, file_id, question_id, variable_id
from instrument.fielding.ddi.xml import add
from instrument.fielding.spss.numbers import missing_numbers
from instrument.fielding.spss.variables import meta_variables
from instrument.fielding.spss.wording import word
from instrument.model import Block, Fact, Form, Item, Note, Option

DOMAIN = {"choice": "category", "choices": "multiple", "date": "datetime", "text": "text"}
KIND = {"choice": "code", "choices": "code", "date": "datetime", "text": "text"}
"""How DDI calls the answers to a question and the values of a variable; those of all other kinds are numeric."""

NATURE = {"choice": "nominal", "choices": "nominal", "count": "ratio", "number": "ratio", "year": "interval"}
REASON = {"na": "not applicable", "dk": "don't know", "rf": "refused"}


def variables(parent: etree._Element, about: Subject) -> None:
    """Every column of every form: metadata and identifiers, then answers in the order of the questionnaire."""
    for form in about.forms:
        _metadata(parent, about, form)
        for number, (block, question) in enumerate(about.questions(form), 1):
            for k, (column, answer) in enumerate(columns(about.instrument, question).items()):
                _variable(parent, _Column(about, form, block, question, column, answer), number, first=k == 0)


def words_shown(parent: etree._Element, about: Subject) -> None:
    """Words without a question, behind all variables: DDI has no other place for them."""
    for form in about.forms:
        for block in about.wanted.blocks(form):
            for note in block.questions:
                if isinstance(note, Note):
                    for language in about.languages:
                        add(parent, "notes", about.row(form, note, language).text, language=language,
                            type="Shown to respondents", subject=f"{form.id}, {block.id}, {note.id}")


def _metadata(parent: etree._Element, about: Subject, form: Form) -> None:
    for variable in meta_variables(form, about.instrument.language):
        name = variable.name
        var = add(parent, "var", ID=variable_id(form, name), name=name, files=file_id(form),
                  intrvl="contin" if variable.measure == "scale" else "discrete")
        for language in about.languages:
            add(var, "labl", word(name, language), language=language)
        add(var, "varFormat", type="character" if variable.width else "numeric")


@dataclass(frozen=True, slots=True)
class _Column:
    """A column of a question; ``answer`` is the code it stands for where a question has several."""

    about: Subject
    form: Form
    block: Block
    question: Item | Fact
    name: str
    answer: str

    @property
    def kind(self) -> str:
        """An item is a choice of one."""
        return self.question.kind if isinstance(self.question, Fact) else "choice"

    @property
    def is_counted(self) -> bool:
        return self.kind in ("count", "number", "year")

    def rows(self) -> dict[str, CodebookRow]:
        return {language: self.about.row(self.form, self.question, language) for language in self.about.languages}

    def label(self, option: Option, language: str) -> str | None:
        """The words of an answer; a point without words has none."""
        return None if option.label is None else self.about.instrument.label(self.question, option.code, language)

    def offered(self) -> tuple[tuple[Option, ...], tuple[Option, ...]]:
        return self.about.instrument.offered(self.question)


def _variable(parent: etree._Element, column: _Column, number: int, *, first: bool) -> None:
    """Children in the order that the schema of DDI-Codebook 2.5 states."""
    question, asked = column.question, question_id(column.form, column.question)
    item = isinstance(question, Item)
    refers = {} if first else {"qstn": asked}
    unit = {"measUnit": question.unit} if isinstance(question, Fact) and question.unit is not None else {}
    nature = {"nature": "ordinal" if item else NATURE[column.kind]} if item or column.kind in NATURE else {}
    var = add(parent, "var", ID=variable_id(column.form, column.name), name=column.name, files=file_id(column.form),
              intrvl="contin" if column.is_counted else "discrete",
              representationType=KIND.get(column.kind, "numeric"), **refers, **unit, **nature)
    for language, row in column.rows().items():
        add(var, "labl", _label(column, row, language), language=language)
    if column.form.respondent:
        add(var, "respUnit", column.form.respondent, language=column.about.instrument.language)
    if first:
        _question(var, column, asked, number)
    _values(var, column)
    for language, row in column.rows().items():
        if row.routing:
            add(var, "universe", row.routing, language=language, level="variable", clusion="I")
    _categories(var, column)
    if isinstance(question, Item):
        _concepts(var, column, question)
    _format(var, column)
    _remarks(var, column)


def _label(column: _Column, row: CodebookRow, language: str) -> str:
    if not column.answer:
        return row.text
    option = next(o for o in column.offered()[0] if str(o.code) == column.answer)
    return f"{column.label(option, language) or column.answer}: {row.text}"


def _question(var: etree._Element, column: _Column, asked: str, number: int) -> None:
    """The words respondents read: the block's first, the question, the unit behind a number, words of help."""
    instrument, block = column.about.instrument, column.block
    question = add(var, "qstn", ID=asked, seqNo=str(number),
                   responseDomainType=DOMAIN.get(column.kind, "numeric"))
    for language, row in column.rows().items():
        if block.intro is not None:
            add(question, "preQTxt", instrument.text(f"block.{block.id}.intro", language), language=language)
        add(question, "qstnLit", row.text, language=language)
        if row.unit:
            add(question, "postQTxt", row.unit, language=language)
        if row.help:
            add(question, "ivuInstr", row.help, language=language)


# -- values ---------------------------------------------------------------------------------------------


def _values(var: etree._Element, column: _Column) -> None:
    points, missing = column.offered()
    question = column.question
    if isinstance(question, Fact) and question.minimum is not None and question.maximum is not None:
        add(add(var, "valrng"), "range", UNITS="REAL" if question.kind == "number" else "INT",
            min=f"{question.minimum:.15g}", max=f"{question.maximum:.15g}")
    elif points:
        valid = add(var, "valrng")
        for value in ("0", "1") if column.answer else [str(option.code) for option in points]:
            add(valid, "item", VALUE=value)
    if missing:
        invalid = add(var, "invalrng")
        for option in missing:
            add(invalid, "item", VALUE=str(option.code))


def _categories(var: etree._Element, column: _Column) -> None:
    points, missing = column.offered()
    if column.answer:
        own = next(option for option in points if str(option.code) == column.answer)
        _category(var, "0", {language: word("not chosen", language) for language in column.about.languages})
        _category(var, "1", {language: column.label(own, language) for language in column.about.languages})
    else:
        for option in points:
            _category(var, str(option.code), {lang: column.label(option, lang) for lang in column.about.languages})
    for option in missing:
        _category(var, str(option.code), {lang: column.label(option, lang) for lang in column.about.languages},
                  missing="Y", missType=REASON[str(option.code)])


def _category(var: etree._Element, value: str, words: dict[str, str | None], **attributes: str) -> None:
    category = add(var, "catgry", **attributes)
    add(category, "catValu", value)
    for language, label in words.items():
        if label is not None:
            add(category, "labl", label, language=language)


# -- what it measures, and remarks ----------------------------------------------------------------------


def _concepts(var: etree._Element, column: _Column, item: Item) -> None:
    """The construct, and its dimension where that is another thing, with their definitions."""
    instrument = column.about.instrument
    construct, dimension = instrument.construct_of.get(item.dimension), instrument.dimensions.get(item.dimension)
    for what, measured in (("construct", construct), ("dimension", dimension)):
        if measured is not None and not (what == "dimension" and construct and measured.id == construct.id):
            words = f"{measured.name}: {measured.definition}" if measured.definition else measured.name
            add(var, "concept", words, language=instrument.language, vocab=what)


def _format(var: etree._Element, column: _Column) -> None:
    if column.kind == "date":
        add(var, "varFormat", type="character", category="date", formatname="date.iso8601")
        return
    codes = [str(option.code) for option in column.offered()[0]]
    numeric = bool(column.answer) or column.is_counted or (bool(codes) and all(code.isdecimal() for code in codes))
    add(var, "varFormat", type="numeric" if numeric else "character")


def _remarks(var: etree._Element, column: _Column) -> None:
    question, missing = column.question, column.offered()[1]
    if isinstance(question, Item) and question.reversed:
        _remark(var, "Reversed", "A high answer means little of the dimension. The data hold the answer as it was "
                "given; it is turned when scores are computed.")
    if question.required:
        _remark(var, "Required", "It had to be answered.")
    if isinstance(question, Fact) and question.screen_out:
        _remark(var, "Screen out", f"The interview ends at {', '.join(map(str, question.screen_out))}.")
    if isinstance(question, Fact) and question.expected is not None:
        _remark(var, "Attention", f"An attentive respondent answers {question.expected}.")
    if column.answer:
        _remark(var, "Name in SPSS", column.name.replace(".", "_"))
    if missing:
        numbers = missing_numbers(column.about.instrument, question)
        _remark(var, "Missing codes in SPSS", ", ".join(f"{o.code} = {numbers[str(o.code)]}" for o in missing))


def _remark(var: etree._Element, subject: str, words: str) -> None:
    add(var, "notes", words, language="en", subject=subject)
