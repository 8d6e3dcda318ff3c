"""Ids of the instrument ↔ codes that LimeSurvey accepts.

A question code is a letter and up to 19 letters and digits, unique in the survey whatever its case, and none of
LimeSurvey's own words; an answer code is up to five letters and digits. Ids that are so already stay as they are.
Others get the nearest code, by the form alone, so that answers can be read without the survey that asked for them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from instrument.fielding.words import is_typed
from instrument.model import Block, Fact, Form, Instrument, Item, Note

QUESTION_LENGTH, ANSWER_LENGTH = 20, 5

OWN_WORDS = frozenset({
    "lang", "sid", "savedid", "token", "qid", "gid", "sgq", "self", "that", "this", "time", "other", "comment",
    "id", "submitdate", "lastpage", "startlanguage", "seed", "startdate", "datestamp", "ipaddr", "refurl", "firstname",
    "lastname", "email", "interviewtime", "count", "sum", "if", "and", "or", "not", "eq", "ne", "lt", "le", "gt", "ge",
})
"""Reserved as question codes, or names of columns and functions that a question of the same name would hide."""

VERSION, FORM, LANGUAGE = "instrumentversion", "form", "language"
"""Codes of the equation questions that stamp every response."""


@dataclass(frozen=True, slots=True)
class Place:
    """Codes of one question.

    Attributes
    ----------
    code
        The question's own code, or its array's.
    row
        Its subquestion code, in an array.
    beside
        Code of the question that holds the missing codes of a typed answer.
    answers
        Answer code of the instrument → LimeSurvey's.
    """

    code: str
    row: str | None
    beside: str | None
    answers: dict[str, str]

    @property
    def variable(self) -> str:
        """The answer in ExpressionScript; NAOK lets an unseen question be empty instead of an error."""
        return f"{self.code}.NAOK" if self.row is None else f"{self.code}_{self.row}.NAOK"

    def ticked(self, code: str) -> str:
        """One of several answers in ExpressionScript."""
        return f"{self.code}_{self.answers[code]}.NAOK"


@dataclass(frozen=True, slots=True)
class Codes:
    """Every code of one form: questions by id, arrays by their block's, identifiers and stamps by name."""

    questions: dict[str, Place]
    arrays: dict[str, str]
    identifiers: dict[str, str]
    stamps: dict[str, str]


def codes(instrument: Instrument, form: Form) -> Codes:
    """Codes for a form with all its optional blocks, so that no choice of blocks changes them."""
    names = _Codes(QUESTION_LENGTH, letter_first=True, taken=OWN_WORDS)
    stamps = {name: names.take(code) for name, code in (
        ("instrument_version", VERSION), ("form", FORM), ("language", LANGUAGE))}
    identifiers = {name: names.take(name) for name in form.identifiers}
    single = {q.id: names.take(q.id) for block, q in form.questions() if not is_row(block, q)}
    arrays = {block.id: names.take(block.id) for block in form.blocks if array_rows(block)}
    places: dict[str, Place] = {}
    for block in form.blocks:
        rows = _Codes(QUESTION_LENGTH, letter_first=False, taken=frozenset({"other", "comment"}))
        for question in block.questions:
            answers = _answers(instrument, question)
            if is_row(block, question):
                places[question.id] = Place(arrays[block.id], rows.take(question.id), None, answers)
            else:
                reasons = not isinstance(question, Note) and is_typed(question) and instrument.offered(question)[1]
                beside = names.take(f"{single[question.id]}why") if reasons else None
                places[question.id] = Place(single[question.id], None, beside, answers)
    return Codes(places, arrays, identifiers, stamps)


def _answers(instrument: Instrument, question: Item | Fact | Note) -> dict[str, str]:
    if isinstance(question, Note):
        return {}
    names = _Codes(ANSWER_LENGTH, letter_first=False, taken=frozenset({"other", "comme"}))
    points, missing = instrument.offered(question)
    return {str(option.code): names.take(str(option.code)) for option in points + missing}


class _Codes:
    """Hands out legal codes: the id itself, else its letters and digits, with a number where that is taken."""

    def __init__(self, length: int, *, letter_first: bool, taken: Iterable[str]) -> None:
        self._length, self._letter_first, self._taken = length, letter_first, set(taken)

    def take(self, wish: str) -> str:
        base = re.sub(r"[^A-Za-z0-9]", "", wish)
        if not base or (self._letter_first and not base[0].isalpha()):
            base = f"q{base}"
        code, k = base[:self._length], 1
        while code.casefold() in self._taken:
            k += 1
            code = f"{base[:self._length - 1 - len(str(k))]}x{k}"
        self._taken.add(code.casefold())
        return code


def is_row(block: Block, question: Item | Fact | Note) -> bool:
    """Whether a question is a row of its block's array; notes and typed answers stand by themselves."""
    return block.layout == "matrix" and not isinstance(question, Note) and question.scale is not None and not (
        isinstance(question, Fact) and question.kind == "choices")


def array_rows(block: Block) -> tuple[Item | Fact, ...]:
    """The rows of a block's array; none in a list."""
    return tuple(q for q in block.questions if not isinstance(q, Note) and is_row(block, q))


