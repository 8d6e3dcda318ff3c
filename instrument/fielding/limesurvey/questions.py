"""Questions of the instrument → rows of a LimeSurvey structure, in one language."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from instrument.fielding.limesurvey.codes import Codes, Place, array_rows, is_row
from instrument.fielding.limesurvey.structure import TRANSLATED, Row, literal, words
from instrument.fielding.words import is_typed
from instrument.model import MISSING_CODES, Block, Condition, Fact, Form, Instrument, Item, Note

LONG_LIST = 12
"""Answers above which a list folds into a drop-down."""

NEEDED: Mapping[str, str] = {
    "en": "Please answer every line that is needed: {words}",
    "es": "Responda, por favor, todas las líneas necesarias: {words}",
    "fr": "Veuillez répondre à toutes les lignes requises : {words}",
}


@dataclass(slots=True)
class Writer:
    """Writes one language after the other; ids are counted anew in each, so that they agree."""

    instrument: Instrument
    form: Form
    codes: Codes
    language: str
    base: bool
    last_id: int = 0

    def words(self, key: str) -> str:
        return words(self.instrument.text(key, self.language))

    def place(self, question: Item | Fact | Note) -> Place:
        return self.codes.questions[question.id]

    def question(self, kind: str, code: str, text: str, **more: str) -> Row:
        """A question's row. ``help``, ``relevance`` and ``mandatory`` are LimeSurvey's; the rest are attributes."""
        self.last_id += 1
        attributes = {k: v for k, v in more.items() if k not in ("help", "relevance", "mandatory")}
        return Row(
            "Q", self.last_id, kind, code, more.get("relevance") or "1", text, more.get("help", ""), self.language,
            more.get("mandatory", "N"), "N", "0",
            {name: value for name, value in attributes.items() if value and (self.base or name in TRANSLATED)})

    def subquestion(self, code: str, text: str, relevance: str = "") -> Row:
        self.last_id += 1
        return Row("SQ", self.last_id, "0", code, relevance or "1", text, "", self.language)

    def answer(self, of: Row, code: str, text: str) -> Row:
        return Row("A", of.id, "0", code, "", text, "", self.language)


def block_rows(writer: Writer, block: Block) -> Iterator[Row]:
    """The questions of a group. Whoever is screened out is not asked what follows in it."""
    ended: list[str] = []
    array_stands = False
    for question in block.questions:
        if is_row(block, question):
            if not array_stands:
                yield from _array(writer, block, together(ended))
                array_stands = True
        else:
            yield from _single(writer, question, together([*conditions(writer, question.show_if), *ended]))
        if isinstance(question, Fact) and question.screen_out:
            ended.append(stays(writer, question))


# -- relevance ------------------------------------------------------------------------------------------


def together(expressions: Sequence[str]) -> str:
    """All of them at once; nothing if there are none."""
    return f"({' and '.join(expressions)})" if len(expressions) > 1 else "".join(expressions)


def conditions(writer: Writer, asked: Sequence[Condition]) -> list[str]:
    return [_one(writer, condition) for condition in asked]


def stays(writer: Writer, fact: Fact) -> str:
    """True as long as the answer does not end the interview."""
    return f"!{_one(writer, Condition(question=fact.id, any_of=fact.screen_out))}"


def _one(writer: Writer, asked: Condition) -> str:
    question = next(q for _, q in writer.form.questions() if q.id == asked.question)
    place = writer.place(question)
    tests = []
    for code in map(str, asked.any_of):
        if isinstance(question, Fact) and question.kind == "choices":
            tests.append(f"({place.ticked(code)} == 'Y')")
        elif place.beside is not None and code in MISSING_CODES:
            tests.append(f"({place.beside}.NAOK == {literal(place.answers[code])})")
        else:
            tests.append(f"({place.variable} == {literal(place.answers.get(code, code))})")
    return f"({' or '.join(tests)})" if len(tests) > 1 else tests[0]


# -- single questions -----------------------------------------------------------------------------------


def _single(writer: Writer, question: Item | Fact | Note, relevance: str) -> Iterator[Row]:
    place, text = writer.place(question), writer.words(f"question.{question.id}")
    if isinstance(question, Note):
        yield writer.question("X", place.code, text, relevance=relevance)
        return
    common = {"relevance": relevance, "mandatory": "Y" if question.required else "N", "help": _help(writer, question)}
    if is_typed(question):
        assert isinstance(question, Fact)
        yield from _typed(writer, question, text, common)
        return
    points, missing = writer.instrument.offered(question)
    if isinstance(question, Fact) and question.kind == "choices":
        alone = ";".join(place.answers[str(option.code)] for option in missing)
        yield writer.question("M", place.code, text, exclude_all_others=alone, **common)
        for option in points + missing:
            yield writer.subquestion(place.answers[str(option.code)], _label(writer, question, option.code))
        return
    kind = "!" if len(points + missing) > LONG_LIST else "L"
    row = writer.question(kind, place.code, text, **common)
    yield row
    for option in points + missing:
        yield writer.answer(row, place.answers[str(option.code)], _label(writer, question, option.code))


def _label(writer: Writer, question: Item | Fact, code: int | str) -> str:
    return words(writer.instrument.label(question, code, writer.language))


def _help(writer: Writer, question: Item | Fact) -> str:
    if isinstance(question, Fact) and question.help is not None:
        return writer.words(f"question.{question.id}.help")
    return ""


def _typed(writer: Writer, fact: Fact, text: str, common: dict[str, str]) -> Iterator[Row]:
    place = writer.place(fact)
    if place.beside is None:
        yield writer.question(_KINDS[fact.kind], place.code, text, **common, **_limits(writer, fact))
        return
    # One of the two must be answered; the second is asked only while the first is empty.
    yield writer.question(
        _KINDS[fact.kind], place.code, text, **{**common, "mandatory": "N"}, **_limits(writer, fact))
    unanswered = [part for part in (common["relevance"], f"is_empty({place.variable})") if part]
    reasons = writer.question(
        "L", place.beside, text, relevance=together(unanswered), mandatory=common["mandatory"])
    yield reasons
    for option in writer.instrument.offered(fact)[1]:
        yield writer.answer(reasons, place.answers[str(option.code)], _label(writer, fact, option.code))


_KINDS = {"count": "N", "number": "N", "year": "N", "date": "D", "text": "T"}


def _limits(writer: Writer, fact: Fact) -> dict[str, str]:
    out = {}
    if fact.kind == "date":
        out["date_format"] = "yyyy-mm-dd"
    if fact.minimum is not None:
        out["min_num_value_n"] = f"{fact.minimum:.10g}"
    if fact.maximum is not None:
        out["max_num_value_n"] = f"{fact.maximum:.10g}"
    if fact.kind in ("count", "year"):
        out["num_value_int_only"] = "1"
    if fact.unit is not None:
        out["suffix"] = writer.words(f"question.{fact.id}.unit")
    return out


# -- arrays ---------------------------------------------------------------------------------------------


def _array(writer: Writer, block: Block, relevance: str) -> Iterator[Row]:
    rows = array_rows(block)
    points, missing = writer.instrument.offered(rows[0])
    all_needed = all(row.required for row in rows)
    row = writer.question(
        "F", writer.codes.arrays[block.id], _question_words(writer, block), relevance=relevance,
        mandatory="Y" if all_needed else "N", random_order="1" if block.shuffle else "",
        **({} if all_needed else _needed(writer, rows)))
    yield row
    for item in rows:
        place = writer.place(item)
        assert place.row is not None
        yield writer.subquestion(
            place.row, writer.words(f"question.{item.id}"), together(conditions(writer, item.show_if)))
    answers = writer.place(rows[0]).answers
    for option in points + missing:
        yield writer.answer(row, answers[str(option.code)], _label(writer, rows[0], option.code))


def _question_words(writer: Writer, block: Block) -> str:
    """LimeSurvey wants words above an array; the group's introduction stands above it in any case."""
    return writer.words(f"block.{block.id}.title")


def _needed(writer: Writer, rows: Sequence[Item | Fact]) -> dict[str, str]:
    """Some rows must be answered, where they are shown: LimeSurvey's own switch is for all or none."""
    needed = [row for row in rows if row.required]
    if not needed:
        return {}
    tests = []
    for row in needed:
        answered, shown = f"!is_empty({writer.place(row).variable})", conditions(writer, row.show_if)
        tests.append(f"({answered} or !{together(shown)})" if shown else answered)
    sentence = NEEDED.get(writer.language.split("-")[0], NEEDED["en"])
    told = "; ".join(writer.instrument.text(f"question.{row.id}", writer.language) for row in needed)
    return {"em_validation_q": together(tests), "em_validation_q_tip": words(sentence.format(words=told))}
