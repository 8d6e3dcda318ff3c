"""What robust maximum likelihood and weighted least squares say of the same model, as frozen values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from pipeline.sem.fit import FitIndices
from pipeline.undefined import Number, Undefined

Kind = Literal["loading", "path", "effect"]


@dataclass(frozen=True, slots=True)
class BothEstimates:
    """One parameter, standardised, by both estimators, each with its own p value.

    A path to or from an ordered variable is about the continuous response behind it, so that signs and doubts can be
    compared and sizes only where both ends are latent.
    """

    kind: Kind
    name: str
    label: str
    robust: Number
    robust_se: Number
    robust_pvalue: Number
    ordinal: Number
    ordinal_se: Number
    ordinal_pvalue: Number

    @property
    def same_sign(self) -> bool | None:
        """None where one of them has no value."""
        if isinstance(self.robust, Undefined) or isinstance(self.ordinal, Undefined):
            return None
        return (self.robust > 0) == (self.ordinal > 0)

    def clear(self, level: float) -> tuple[bool | None, bool | None]:
        """Whether each estimator's p value is below 1 − level; None without one."""
        values = (self.robust_pvalue, self.ordinal_pvalue)
        return tuple(None if isinstance(p, Undefined) else p < 1 - level for p in values)  # type: ignore[return-value]

    def agree(self, level: float) -> bool | None:
        """Whether both say the same: differing from 0 with one sign, or in doubt; None where one says nothing."""
        robust, ordinal = self.clear(level)
        if robust is None or ordinal is None:
            return None
        return robust == ordinal and (not robust or self.same_sign is True)


@dataclass(frozen=True, slots=True)
class OrdinalRun:
    """One model by WLSMV beside robust maximum likelihood.

    Attributes
    ----------
    ordered
        Variables taken as ordered.
    n, robust_n
        Rows used by each; WLSMV leaves out rows that lack a covariate.
    first_informants
        Alliances on which several informants reported and of which the first one's single answers count here.
    indices
        Of the WLSMV fit; None where it has none.
    notes
        Diagnoses of the WLSMV fit.
    why_not
        Why there is no estimate; empty if there is one.
    """

    model: str
    title: str
    level: str
    ordered: tuple[str, ...]
    n: int
    robust_n: int
    first_informants: int
    converged: bool
    admissible: bool
    indices: FitIndices | None
    rows: tuple[BothEstimates, ...]
    notes: tuple[str, ...]
    why_not: str
    sentence: str

    def agreement(self, level: float) -> tuple[int, int]:
        """Paths and effects about which both estimators say the same, and those about which both say anything."""
        told = [row.agree(level) for row in self.rows if row.kind != "loading"]
        return told.count(True), len(told) - told.count(None)
