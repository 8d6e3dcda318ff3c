"""One answer cell → a value, or missing with a reason, or a broken rule. Nothing is repaired by guessing.

Columns hold few distinct texts, so each is judged once and the verdict is spread over the rows.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from instrument.model import MISSING_CODES, Fact, Instrument, Item

NUMBER = re.compile(r"[+-]?\d+(\.\d+)?", re.ASCII)
GROUPED = re.compile(r"[1-9]\d{0,2}(\.\d{3})+", re.ASCII)
SEPARATED = re.compile(r"\d+(\s*[,;|]\s*\d+)+", re.ASCII)

ON_THE_PLATFORM = "Look the response up on the platform and mend the cell in the export"


@dataclass(frozen=True, slots=True)
class Broken:
    """A rule that a cell or row breaks, and what can be done."""

    code: str
    rule: str
    fix: str


@dataclass(frozen=True, slots=True)
class SetAside:
    """A cell, or a whole row where ``column`` is ``""``: its position, the rule, the value that broke it."""

    position: int
    column: str
    broken: Broken
    value: str


@dataclass(frozen=True, slots=True)
class Answer:
    """What one cell says.

    ``reason`` is ``""`` for an answer, else why there is none; ``picked`` are the codes of a question
    with several answers; ``broken`` says which rule an ``invalid`` cell breaks.
    """

    value: float = math.nan
    reason: str = ""
    picked: frozenset[int] = frozenset()
    broken: Broken | None = None


EMPTY = Answer(reason="unanswered")

CellReader = Callable[[str], Answer]


def cell_reader(instrument: Instrument, question: Item | Fact) -> CellReader:
    """The rules for a question's cells, by its kind. Cells come without surrounding white space, and not empty."""
    kind = question.kind if isinstance(question, Fact) else "choice"
    if kind in ("choice", "choices"):
        codes = {str(option.code): option.code for option in instrument.options(question)}
        return _several(codes) if kind == "choices" else _single(codes)
    assert isinstance(question, Fact)
    if kind == "text":
        return lambda cell: Answer()
    offered = {str(option.code) for option in question.missing}
    typed = _date if kind == "date" else _number(question)
    return lambda cell: Answer(reason=cell) if cell in offered else typed(cell)


def _invalid(code: str, rule: str, fix: str = f"{ON_THE_PLATFORM}, or leave it set aside.") -> Answer:
    return Answer(reason="invalid", broken=Broken(code, rule, fix))


def _single(codes: dict[str, int | str]) -> CellReader:
    listed = ", ".join(codes)

    def read(cell: str) -> Answer:
        code = _without_decimals(cell)
        if code in MISSING_CODES and code in codes:
            return Answer(reason=code)
        if code in codes:
            return Answer(float(codes[code]))
        if SEPARATED.fullmatch(cell):
            return _invalid("ANSWER-MULTIPLE", f"One code of {listed} is expected; the cell holds several numbers.")
        return _not_offered(listed, cell)

    return read


def _not_offered(listed: str, cell: str) -> Answer:
    if cell in ("NA", "NaN", "N/A", "#N/A"):
        return _invalid(
            "ANSWER-CODE", f"The answer codes are {listed}; the cell holds a program's word for nothing, not a code.",
            "Write empty cells as empty: na = '' in R's write.csv.",
        )
    if not NUMBER.fullmatch(cell):
        return _invalid(
            "ANSWER-CODE", f"The answer codes are {listed}; the cell holds text.",
            "Export codes ('Use numeric values' in Qualtrics), or correct the cell in the export.",
        )
    return _invalid("ANSWER-CODE", f"The answer codes are {listed}; this is none of them.")


def _several(codes: dict[str, int | str]) -> CellReader:
    listed = ", ".join(codes)

    def read(cell: str) -> Answer:
        given = [_without_decimals(part.strip()) for part in cell.split(",")]
        foreign = [code for code in given if code not in codes]
        if foreign:
            return _not_offered(listed, foreign[0])
        if len(set(given)) < len(given):
            return _invalid("ANSWER-MULTIPLE", "Each code may stand once in a cell; one is repeated.")
        missing = [code for code in given if code in MISSING_CODES]
        if missing and len(given) > 1:
            return _invalid("ANSWER-MULTIPLE", f"{missing[0]} excludes every other answer; the cell holds more.")
        return Answer(reason=missing[0]) if missing else Answer(picked=frozenset(int(codes[c]) for c in given))

    return read


def _without_decimals(cell: str) -> str:
    """``3.0``, as spreadsheets and R save a whole number, is 3."""
    whole, point, decimals = cell.partition(".")
    return whole if point and decimals and not decimals.strip("0") else cell


def _number(question: Fact) -> CellReader:
    whole = question.kind in ("count", "year")
    least = 0.0 if question.minimum is None and question.kind == "count" else question.minimum

    def fits(value: float) -> bool:
        return (
            (not whole or value.is_integer())
            and (least is None or value >= least) and (question.maximum is None or value <= question.maximum)
        )

    def read(cell: str) -> Answer:
        if SEPARATED.fullmatch(cell):
            return _invalid(
                "ANSWER-MULTIPLE", "One number without separators is expected; commas may part thousands, decimals "
                "or several answers.",
            )
        value = float(cell) if NUMBER.fullmatch(cell) else math.nan
        if not math.isfinite(value):
            return _invalid("ANSWER-NUMBER", "A number in plain digits is expected, a point before decimals.")
        if GROUPED.fullmatch(cell) and fits(value) and fits(float(cell.replace(".", ""))):
            return _invalid(
                "ANSWER-NUMBER", "The point may part decimals or, as in Spanish, thousands; both would be possible.",
            )
        if whole and not value.is_integer():
            return _invalid("ANSWER-INTEGER", f"A {question.kind} is a whole number.")
        if not fits(value):
            bounds = f"{'any' if least is None else f'{least:g}'} to {question.maximum or 'any'}"
            return _invalid("ANSWER-BOUNDS", f"The number must lie within its bounds, {bounds}.")
        return Answer(value)

    return read


def _date(cell: str) -> Answer:
    try:
        date.fromisoformat(cell)
    except ValueError:
        return _invalid("ANSWER-DATE", "A date is written year-month-day, as 2026-03-31, and exists.")
    return Answer()
