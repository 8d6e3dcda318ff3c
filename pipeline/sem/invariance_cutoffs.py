"""How much worse a step may fit before it does not hold: published cut-offs, and the rule that decides."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pipeline.sem.invariance_rows import GroupSize
from pipeline.sem.invariance_syntax import Kind
from pipeline.undefined import Number, Undefined

__all__ = ["CHEUNG_RENSVOLD", "LEVEL", "RULE", "Cutoffs", "Holds", "chen", "configural_holds", "indices_hold"]

Holds = bool | Undefined

LEVEL = 0.05
"""Of the χ² difference test."""

RULE = ("difference test at .05 decides; the change of CFI, RMSEA and SRMR (Chen 2007) stands beside it and does not "
        "overrule it")
"""The decision rule of every step after the first; ``docs/invariance.md`` says what to make of disagreement."""

CHEUNG_RENSVOLD = -0.01
"""Change of CFI at or below which invariance does not hold (Cheung & Rensvold 2002, p. 251)."""

CONFIGURAL_CFI, CONFIGURAL_SRMR = 0.90, 0.08
"""With both, or with χ² not significant, the same structure is taken to hold in all groups (Bentler & Bonett 1980; Hu
& Bentler 1999): the steps ask what differs between groups, and need a model that describes each roughly well."""

_ADEQUATE = 300
_EQUAL = 1.5


@dataclass(frozen=True, slots=True)
class Cutoffs:
    """Changes from the step before at which a step fails: ``cfi`` or lower with ``rmsea`` or ``srmr`` or higher."""

    cfi: float
    rmsea: float
    srmr: float
    source: str


def chen(added: Sequence[Kind], groups: Sequence[GroupSize]) -> Cutoffs:
    """Cut-offs for a step that holds ``added`` equal beyond the step before (Chen 2007, p. 501).

    The stricter set is for 300 rows or fewer in all, or groups of unequal size. Unequal is taken to mean that the
    largest has more than 1.5 times the rows of the smallest, which Chen leaves open. Thresholds, which she did not
    study, are held to the standard of intercepts.
    """
    sizes = [group.n for group in groups]
    adequate = sum(sizes) > _ADEQUATE and max(sizes) <= _EQUAL * min(sizes)
    loadings = "loadings" in added and "intercepts" not in added and "thresholds" not in added
    srmr = (0.030 if loadings else 0.010) if adequate else (0.025 if loadings else 0.005)
    about = "loadings" if loadings else "intercepts and residuals"
    size = "over 300 rows, groups of like size" if adequate else "300 rows or fewer, or groups of unlike size"
    source = f"Chen (2007), {about}, {size}"
    return Cutoffs(-0.010, 0.015, srmr, source) if adequate else Cutoffs(-0.005, 0.010, srmr, source)


def indices_hold(cutoffs: Cutoffs, cfi: Number, rmsea: Number, srmr: Number) -> Holds:
    """Whether changes of the indices stay within the cut-offs."""
    if isinstance(cfi, Undefined):
        return cfi
    if isinstance(rmsea, Undefined):
        return rmsea
    if isinstance(srmr, Undefined):
        return srmr
    return not (cfi <= cutoffs.cfi and (rmsea >= cutoffs.rmsea or srmr >= cutoffs.srmr))


def configural_holds(pvalue: Number, cfi: Number, srmr: Number) -> Holds:
    """Whether the same structure describes all groups."""
    if isinstance(cfi, Undefined):
        return cfi
    if isinstance(srmr, Undefined):
        return srmr
    exact = isinstance(pvalue, Undefined) or pvalue >= LEVEL  # without degrees of freedom nothing can be rejected
    return exact or (cfi >= CONFIGURAL_CFI and srmr <= CONFIGURAL_SRMR)
