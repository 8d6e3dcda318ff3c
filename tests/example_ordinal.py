"""What the example study's models say by WLSMV, made without fitting anything: no number here is an estimate."""

from __future__ import annotations

from dataclasses import replace
from typing import get_args

from pipeline.ordinal.found import BothEstimates, Kind, OrdinalRun
from pipeline.sem.fit import Fit, Parameter
from pipeline.undefined import Number, Undefined

KINDS: dict[str, Kind] = dict(zip(("=~", "~", ":="), get_args(Kind), strict=True))
TURNED, ONE_ONLY = "h1", "h2"
"""Labels of a path that is clear by both with opposite signs, and of one that is clear by robust ML only."""


def ordinal(firm: Fit, alliance: Fit) -> tuple[OrdinalRun, ...]:
    """A model with both estimates, and one without a single answer."""
    answers = tuple(name for name in firm.variables if name[-1].isdigit())
    assert firm.indices is not None
    indices = replace(firm.indices, robust=None)
    return (
        OrdinalRun(firm.name, "Serial mediation", "firm", ("daf", *answers), firm.nobs - 40, firm.nobs, 3, True, True,
                   indices, tuple(both(p) for p in firm.parameters if p.op in KINDS),
                   ("2 of 36 cells of a table are empty.",), "", "M1: most paths are the same by both."),
        OrdinalRun(alliance.name, "Pillars", "alliance", (), 0, alliance.nobs, 0, False, False, None, (), (),
                   "none of its variables is a single answer", "pillars has no estimate by WLSMV."),
    )


def both(p: Parameter) -> BothEstimates:
    """Robust ML's own numbers, and by WLSMV a tenth more, with a fifth more error."""
    std, se = _number(p.std_all), _number(p.std_all_se)
    clear: Number = 0.001 if p.label else 0.4
    other, ordinal_p = (std if isinstance(std, Undefined) else 1.1 * std), clear
    if p.label == TURNED and isinstance(other, float):
        other = -other
    if p.label == ONE_ONLY:
        ordinal_p = 0.21
    return BothEstimates(KINDS[p.op], p.lhs if p.op == ":=" else f"{p.lhs} {p.op} {p.rhs}", p.label, std, se, clear,
                         other, se if isinstance(se, Undefined) else 1.2 * se, ordinal_p)


def _number(value: Number | None) -> Number:
    return Undefined("it is not estimated") if value is None else value
