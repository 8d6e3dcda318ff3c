"""The instrument for people: a codebook, one row a question; and the questionnaire as respondents see it.

In the CSV file, a cell that begins with ``=``, ``+``, ``-`` or ``@`` (or a tab) gets an apostrophe in
front, because a spreadsheet would run it as a formula; take it away to get the text back. The file is
UTF-8 with a byte order mark, without which Excel misreads accents.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, fields
from pathlib import Path

from instrument.errors import Finding, InputError
from instrument.model import Block, Condition, Fact, Form, Instrument, Item, Note, Option, TranslatedString
from instrument.rules import answers, check, routing
from instrument.spreadsheet import harmless

BLANK = r"\_" * 6

@dataclass(frozen=True, slots=True)
class CodebookRow:
    """One question of one form, every cell as text.

    Attributes
    ----------
    form, block, id
        Where it is asked and what its column is called. The id serves on every platform.
    optional
        ``yes`` where its block is asked only in studies that switch it on.
    type
        ``item``, ``note``, or the kind of fact: choice, choices, count, number, year, date, text.
    role
        What a fact is for; empty for items and notes.
    construct, dimension, measurement
        What an item measures, and whether its dimension is reflective or formative.
    reversed
        ``yes`` where a high answer means little of the dimension; keyed when scored, never in the data.
    text, help, unit
        What respondents read.
    codes, missing_codes
        ``1 = Strongly disagree; 2; …``: answer codes with their labels; those without are shown bare.
    bounds
        ``0 to 500``: the least and greatest answer accepted.
    expected
        The code an attention item asks for.
    routing
        When it is shown, in words; empty if always.
    screen_out
        Codes that end the interview.
    required, author
        Whether it must be answered; who wrote the item.
    language, translation_status
        Language of the words in this row; ``base`` or the status of the translation of the text.
    """

    form: str
    block: str
    id: str
    optional: str
    type: str
    role: str
    construct: str
    dimension: str
    measurement: str
    reversed: str
    text: str
    help: str
    unit: str
    codes: str
    missing_codes: str
    bounds: str
    expected: str
    routing: str
    screen_out: str
    required: str
    author: str
    language: str
    translation_status: str


def rows(instrument: Instrument, language: str | None = None) -> list[CodebookRow]:
    """Every question of every form in order, optional blocks included.

    Raises
    ------
    InputError
        ``INSTRUMENT-LANGUAGE`` if there is no such language, ``TRANSLATION-MISSING`` with every text
        that it lacks (a codebook never mixes languages in silence), ``SCALE-UNKNOWN`` or
        ``ROUTE-UNKNOWN`` if a question refers to something that is not there.
    """
    _require_printable(instrument, language)
    return [_row(instrument, language, form, block, question)
            for form in instrument.forms for block, question in form.questions()]


def write_csv(instrument: Instrument, path: Path | str, language: str | None = None) -> Path:
    """Write :func:`rows` as CSV (see the head of this module for formulas and encoding)."""
    target = Path(path)
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(csv_bytes(rows(instrument, language)))
    return target


def csv_bytes(every: Iterable[CodebookRow]) -> bytes:
    """Rows as the bytes of a CSV file, the same bytes each time."""
    columns = [field.name for field in fields(CodebookRow)]
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(columns)
    for row in every:
        writer.writerow([harmless(getattr(row, column)) for column in columns])
    return text.getvalue().encode("utf-8-sig")


def _require_printable(instrument: Instrument, language: str | None) -> None:
    broken = check(instrument, rules=(answers.scale_exists, routing.route_refers_to_a_question))
    if broken:
        raise InputError(broken)
    if language is None or language == instrument.language:
        return
    translation = next((t for t in instrument.translations if t.language == language), None)
    if translation is None:
        raise InputError(Finding(
            "INSTRUMENT-LANGUAGE", f"version {instrument.version}, language {language!r}",
            f"version {instrument.version} is not there in this language; it is in: {', '.join(instrument.languages)}",
            "name one of these",
        ))
    absent = [key for key in instrument.strings() if not translation.text(key)]
    if absent:
        raise InputError([Finding(
            "TRANSLATION-MISSING", f"{instrument.version}/{language}.yaml: {key}", "not translated",
            "add the key with its translation, or use another language",
        ) for key in absent])


# -- rows -----------------------------------------------------------------------------------------


def _row(
    instrument: Instrument, language: str | None, form: Form, block: Block, question: Item | Fact | Note,
) -> CodebookRow:
    fact = question if isinstance(question, Fact) else None
    item = question if isinstance(question, Item) else None
    construct = instrument.construct_of.get(item.dimension) if item else None
    dimension = instrument.dimensions.get(item.dimension) if item else None
    points, missing = _answers(instrument, question)
    return CodebookRow(
        form=form.id,
        block=block.id,
        id=question.id,
        optional=_yes(block.optional),
        type=fact.kind if fact else question.type,
        role=fact.role if fact else "",
        construct=construct.id if construct else "",
        dimension=item.dimension if item else "",
        measurement=dimension.measurement if dimension else "",
        reversed=_yes(item is not None and item.reversed),
        text=instrument.text(f"question.{question.id}", language),
        help=instrument.text(f"question.{question.id}.help", language) if fact and fact.help is not None else "",
        unit=instrument.text(f"question.{question.id}.unit", language) if fact and fact.unit is not None else "",
        codes=_coded(instrument, question, points, language),
        missing_codes=_coded(instrument, question, missing, language),
        bounds=_bounds(fact, " to "),
        expected="" if fact is None or fact.expected is None else str(fact.expected),
        routing=_routing(instrument, form, (*block.show_if, *question.show_if), language),
        screen_out="; ".join(str(code) for code in fact.screen_out) if fact else "",
        required=_yes(not isinstance(question, Note) and question.required),
        author=item.author if item else "",
        language=language or instrument.language,
        translation_status=_status(instrument, f"question.{question.id}", language),
    )


def _yes(value: bool) -> str:
    return "yes" if value else ""


def _answers(instrument: Instrument, question: Item | Fact | Note) -> tuple[tuple[Option, ...], tuple[Option, ...]]:
    """Substantive answers and missing codes that a question offers."""
    if isinstance(question, Note):
        return (), ()
    return instrument.offered(question)


def _coded(
    instrument: Instrument, question: Item | Fact | Note, options: tuple[Option, ...], language: str | None,
) -> str:
    return "; ".join(
        str(option.code) if option.label is None or isinstance(question, Note)
        else f"{option.code} = {instrument.label(question, option.code, language)}"
        for option in options
    )


def _bounds(fact: Fact | None, between: str) -> str:
    if fact is None or fact.minimum is None or fact.maximum is None:
        return ""
    return f"{fact.minimum:.10g}{between}{fact.maximum:.10g}"


def _routing(instrument: Instrument, form: Form, conditions: tuple[Condition, ...], language: str | None) -> str:
    """``dafex = 1 (Yes) and apart = 1 (A firm) or 2 (…)``, with the labels respondents see."""
    asked = {question.id: question for _, question in form.questions() if not isinstance(question, Note)}
    parts = []
    for condition in conditions:
        about = asked[condition.question]
        codes = (f"{code} ({instrument.label(about, code, language)})" for code in condition.any_of)
        parts.append(f"{about.id} = {' or '.join(codes)}")
    return "; and ".join(parts)


def _status(instrument: Instrument, key: str, language: str | None) -> str:
    translation = next((t for t in instrument.translations if t.language == language), None)
    if translation is None:
        return "base"
    found = translation.strings[key]
    return found.status if isinstance(found, TranslatedString) else translation.status


# -- the questionnaire as respondents see it ------------------------------------------------------


def markdown(instrument: Instrument, language: str | None = None, *, optional: tuple[str, ...] = ()) -> str:
    """The questionnaire in Markdown.

    Only what respondents read is there, in their language, and so no ids, keys or names of
    constructs; a line that begins with ``↳`` says after which answer the next question is shown.

    Parameters
    ----------
    optional
        Ids of the optional blocks that a study switches on.

    Raises
    ------
    InputError
        As :func:`rows`.
    """
    _require_printable(instrument, language)
    out = [f"# {instrument.text('instrument.title', language)}"]
    for form in instrument.forms:
        out.append(f"## {instrument.text(f'form.{form.id}.title', language)}")
        for block in form.blocks:
            if not block.optional or block.id in optional:
                out.extend(_block(instrument, form, block, language))
    return "\n\n".join(out) + "\n"


def _block(instrument: Instrument, form: Form, block: Block, language: str | None) -> Iterator[str]:
    yield f"### {instrument.text(f'block.{block.id}.title', language)}"
    yield from _shown_after(instrument, form, block.show_if, language)
    if block.intro is not None:
        yield instrument.text(f"block.{block.id}.intro", language)
    in_rows = [q for q in block.questions if block.layout == "matrix" and not isinstance(q, Note)]
    for question in block.questions:
        if question not in in_rows:
            yield from _question(instrument, form, question, language)
    if in_rows:
        yield _matrix(instrument, form, in_rows, language)


def _question(
    instrument: Instrument, form: Form, question: Item | Fact | Note, language: str | None,
) -> Iterator[str]:
    text = instrument.text(f"question.{question.id}", language)
    yield from _shown_after(instrument, form, question.show_if, language)
    if isinstance(question, Note):
        yield "\n".join(f"> {line}".rstrip() for line in text.strip().splitlines())
        return
    yield f"**{text}**"
    if isinstance(question, Fact) and question.help is not None:
        yield f"*{instrument.text(f'question.{question.id}.help', language)}*"
    points, missing = _answers(instrument, question)
    mark = "☐" if isinstance(question, Fact) and question.kind == "choices" else "○"
    lines = [f"- {mark} {instrument.label(question, option.code, language)}"
             for option in points + missing]
    if not points and isinstance(question, Fact):
        unit = f" {instrument.text(f'question.{question.id}.unit', language)}" if question.unit is not None else ""
        bounds = _bounds(question, "–")
        lines.insert(0, f"- {BLANK}{unit}{f' ({bounds})' if bounds else ''}")
    yield "\n".join(lines)


def _matrix(instrument: Instrument, form: Form, questions: list[Item | Fact], language: str | None) -> str:
    """A table with one row a question and one column an answer; the scale is that of the first row."""
    points, missing = _answers(instrument, questions[0])
    heads = [str(o.code) if o.label is None else f"{o.code}<br>{instrument.label(questions[0], o.code, language)}"
             for o in points]
    heads += [instrument.label(questions[0], o.code, language) for o in missing]
    lines = ["| | " + " | ".join(heads) + " |", "|---|" + ":-:|" * len(heads)]
    for question in questions:
        text = instrument.text(f"question.{question.id}", language)
        cell = "<br>".join((*_shown_after(instrument, form, question.show_if, language), text))
        one_line = " ".join(cell.split()).replace("|", "\\|")
        lines.append(f"| {one_line} |" + " ○ |" * len(heads))
    return "\n".join(lines)


def _shown_after(
    instrument: Instrument, form: Form, conditions: tuple[Condition, ...], language: str | None,
) -> Iterator[str]:
    asked = {question.id: question for _, question in form.questions() if not isinstance(question, Note)}
    for condition in conditions:
        about = asked[condition.question]
        text = instrument.text(f"question.{about.id}", language)
        yield f"↳ {text} = {' / '.join(instrument.label(about, code, language) for code in condition.any_of)}"
