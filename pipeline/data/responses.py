"""Typed responses: every answer is a number, or missing with a reason; every bad cell is a row of the failure table."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import pandas as pd

Reason = Literal["", "na", "dk", "rf", "unanswered", "not asked", "invalid"]
"""Why a value is missing; ``""`` where it is not."""


@dataclass(frozen=True, slots=True)
class Failure:
    """A cell or row that broke a rule. ``column`` is ``""`` where the whole row is set aside."""

    form: str
    file: str
    row: int
    column: str
    code: str
    rule: str
    value: str
    fix: str
    set_aside: Literal["cell", "row"]


@dataclass(frozen=True, slots=True)
class Responses:
    """One form's answers, validated.

    Attributes
    ----------
    values
        Numbers (float64), one column a numeric question; a ``choices`` question gives one 0/1 column
        ``<id>.<code>`` an option. NaN exactly where ``reasons`` is not ``""``.
    reasons
        Same shape as ``values``: a :data:`Reason`.
    texts
        Answers to ``text`` and ``date`` questions, as text.
    meta
        Identifiers (text), ``response_id``, ``instrument_version``, ``language``, ``started``,
        ``ended`` (datetime), ``duration_seconds`` (float), ``finished`` (bool).

    All four share one index: the row number in the export.
    """

    form: str
    values: pd.DataFrame
    reasons: pd.DataFrame
    texts: pd.DataFrame
    meta: pd.DataFrame


@dataclass(frozen=True, slots=True)
class ReadingSummary:
    """What came through the door for one form, in counts."""

    form: str
    platform: str
    file: str
    sha256: str
    rows: int
    rows_set_aside: int
    cells: int
    cells_set_aside: int
    answered: int
    missing: dict[str, int]
    dropped_personal: dict[str, int]
    unknown_columns: tuple[str, ...]
    versions: dict[str, int]
    languages: dict[str, int]
    label_check: str
