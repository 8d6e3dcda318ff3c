"""Which version of the fit indices is shown first: one decision for tables, sentences, pages and cut-offs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from pipeline.sem.fit import FitIndices
from pipeline.undefined import Number


@dataclass(frozen=True, slots=True)
class Reported:
    """The indices a reader is shown first; ``scaling_factor`` is None where χ² is the plain one."""

    version: Literal["robust", "scaled", "plain"]
    chisq: Number
    df: int
    pvalue: Number
    scaling_factor: Number | None
    cfi: Number
    tli: Number
    rmsea: Number
    rmsea_ci: tuple[Number, Number]
    srmr: Number


def reported(indices: FitIndices) -> Reported:
    """Which indices are reported: decided here, for tables, sentences and pages alike.

    With a robust test the scaled χ² and the robust CFI, TLI and RMSEA (lavaan's ``.scaled`` and ``.robust``), which
    estimate the population's own misfit; where there are no robust ones (WLSMV beside covariates) the scaled ones. Else
    the plain ones. SRMR has one version.
    """
    i, scaled, robust = indices, indices.scaled, indices.robust
    if scaled is None:
        return Reported("plain", i.chisq, i.df, i.pvalue, None, i.cfi, i.tli, i.rmsea,
                        (i.rmsea_ci_lower, i.rmsea_ci_upper), i.srmr)
    if robust is None:
        return Reported("scaled", scaled.chisq, i.df, scaled.pvalue, scaled.scaling_factor, scaled.cfi, scaled.tli,
                        scaled.rmsea, (scaled.rmsea_ci_lower, scaled.rmsea_ci_upper), i.srmr)
    return Reported("robust", scaled.chisq, i.df, scaled.pvalue, scaled.scaling_factor, robust.cfi, robust.tli,
                    robust.rmsea, (robust.rmsea_ci_lower, robust.rmsea_ci_upper), i.srmr)
