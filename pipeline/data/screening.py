"""Careless answering: indices per respondent, flags by the plan's cut-offs, and the plan's rule."""

from __future__ import annotations

from dataclasses import dataclass

from pipeline.undefined import Number


@dataclass(frozen=True, slots=True)
class RespondentScreening:
    """One respondent's indices, flags and fate. ``response_id`` is the platform's pseudonym."""

    form: str
    response_id: str
    firm_id: str
    seconds_per_item: Number
    attention_passed: bool | None
    longstring: int
    irv: Number
    even_odd: Number
    mahalanobis: Number
    knowledge: Number
    flags: tuple[str, ...]
    excluded: bool
    reason: str


@dataclass(frozen=True, slots=True)
class ScreeningSummary:
    """One form's screening in counts; ``cutoffs`` and ``rule`` in words."""

    form: str
    respondents: int
    flagged: dict[str, int]
    excluded: int
    kept: int
    cutoffs: dict[str, str]
    rule: str
