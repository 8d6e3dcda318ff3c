"""What a study says of the theory's claims, as frozen values."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from pipeline.claims.verdicts import Expected, Verdict
from pipeline.undefined import Number


@dataclass(frozen=True, slots=True)
class PredictionResult:
    """One prediction beside its estimate.

    Attributes
    ----------
    est, se, pvalue
        Of the parameter, with robust standard errors.
    lower, upper
        Interval of ``level`` on the ``scale`` on which the sign is decided; ``interval_by`` says how it was made.
    std
        Standardised estimate; ``std_lower`` and ``std_upper`` are the limits that the two one-sided tests ask for.
    bound
        Smallest standardised effect that would matter.
    power
        Chance that this design supports the prediction, were the effect just that.
    detectable
        Smallest standardised effect that this design finds with power .80.
    """

    model: str
    parameter: str
    what: str
    expected: Expected
    between: tuple[float, float] | None
    scale: str
    n: Number
    est: Number
    se: Number
    pvalue: Number
    lower: Number
    upper: Number
    level: float
    interval_by: str
    std: Number
    std_lower: Number
    std_upper: Number
    bound: float
    power: Number
    detectable: Number
    verdict: Verdict
    because: str


@dataclass(frozen=True, slots=True)
class ClaimResult:
    """One claim of the theory with its verdict; the first lines are the ledger's."""

    id: str
    document: str
    statement: str
    source: tuple[str, ...]
    constructs: tuple[str, ...]
    needs: tuple[str, ...]
    decided_by: str
    rival: str
    refuted_by: str
    verdict: Verdict
    because: str
    predictions: tuple[PredictionResult, ...]
    truth: str = ""


@dataclass(frozen=True, slots=True)
class ClaimsReport:
    """All claims a plan wanted decided.

    Attributes
    ----------
    by_chance
        Claims that would come out as supported by chance alone if no claim were true, at the most.
    omitted
        Claims of the ledger that the plan left out.
    """

    level: float
    smallest_effect: float
    smallest_indirect: float
    claims: tuple[ClaimResult, ...]
    omitted: int
    by_chance: float
    sentence: str

    def count(self, verdict: Verdict) -> int:
        """Claims with this verdict."""
        return Counter(claim.verdict for claim in self.claims)[verdict]
