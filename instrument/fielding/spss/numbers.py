"""Numbers for the missing codes: a numeric variable of SPSS cannot hold na, dk, rf."""

from __future__ import annotations

from collections.abc import Mapping
from math import floor, isfinite

from instrument.model import MISSING_CODES, Fact, Instrument, Item

LEAST, LAST = 7, 9
"""Last digits of the three codes within their decade: -97, -98, -99."""


def missing_numbers(instrument: Instrument, question: Item | Fact) -> dict[str, int]:
    """na → -97, dk → -98, rf → -99; the next lower decade (-107 …) where the question's answers reach there."""
    return missing_numbers_of(((instrument, question),))


def missing_numbers_of(asked: tuple[tuple[Instrument, Item | Fact], ...]) -> dict[str, int]:
    """The same for a question of several versions: numbers that are free in all of them."""
    decade = 90
    while (reached := max((_reached(decade, *one) for one in asked), default=decade)) > decade:
        decade = reached
    return dict(zip(MISSING_CODES, range(-decade - LEAST, -decade - LAST - 1, -1), strict=True))


def _reached(decade: int, instrument: Instrument, question: Item | Fact) -> int:
    """The first decade from ``decade`` on that no bound and no code of the question reaches."""
    if isinstance(question, Fact) and question.minimum is not None and question.maximum is not None:
        first, last = -decade - LAST, -decade - LEAST
        if question.minimum <= last and question.maximum >= first:
            decade = 10 * floor(-(question.minimum + LEAST) / 10) + 10
    if not isinstance(question, Fact) or question.kind in ("choice", "choices"):
        taken = {option.code for option in instrument.options(question)}
        while taken & set(range(-decade - LAST, -decade - LEAST + 1)):
            decade += 10
    return decade


def text(number: float) -> str:
    """A number as an export of text writes it: 3.0 is 3."""
    return str(int(number)) if number.is_integer() and abs(number) < 1e15 else repr(number)


def number(cell: str, missing: Mapping[str, int]) -> float | None:
    """The number of a cell; None where it has none that reads back as the same text."""
    if cell in missing:
        return float(missing[cell])
    try:
        found = float(cell)
    except ValueError:
        return None
    return found if isfinite(found) and text(found) == cell and found not in missing.values() else None
