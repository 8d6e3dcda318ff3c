"""From an estimate and its interval to a verdict, and what the design could have found.

An effect is there where its interval lies on one side of 0. It is absent, as far as it matters, where the interval of
the two one-sided tests (the central 1 − 2α) lies wholly within ± the smallest effect that would matter (Schuirmann
1987; Lakens 2017). What is neither is inconclusive, and the power of the design says how much that means.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from scipy.stats import norm

from pipeline.undefined import Number, Undefined

Verdict = Literal["supported", "against", "inconclusive", "not testable", "pending"]
"""The grades of a claim; only the first three come from data."""

Expected = Literal["positive", "negative", "none", "between"]


@dataclass(frozen=True, slots=True)
class Evidence:
    """What the data say of one quantity.

    Attributes
    ----------
    lower, upper
        Interval of ``level``, on the scale on which the sign is decided.
    std, std_se
        Standardised estimate and standard error.
    bound
        Smallest standardised effect that would matter.
    """

    lower: float
    upper: float
    level: float
    std: Number
    std_se: Number
    bound: float

    @property
    def equivalence(self) -> tuple[Number, Number]:
        """Limits of the standardised interval at 1 − 2α, which the two one-sided tests of size α ask for."""
        if isinstance(self.std, Undefined):
            return self.std, self.std
        if isinstance(self.std_se, Undefined):
            return self.std_se, self.std_se
        reach = float(norm.ppf(self.level)) * self.std_se
        return self.std - reach, self.std + reach

    @property
    def negligible(self) -> bool:
        """Whether every effect that the data leave possible is too small to matter."""
        lower, upper = self.equivalence
        if isinstance(lower, Undefined) or isinstance(upper, Undefined):
            return False
        return -self.bound < lower and upper < self.bound


def judge(expected: Expected, evidence: Evidence, between: tuple[float, float] | None = None) -> Verdict:
    """The verdict on one prediction.

    ``supported`` where the interval lies on the predicted side; ``against`` where it lies on the other, or where no
    effect that matters is left; ``inconclusive`` otherwise. A prediction of no effect is supported by what speaks
    against the others.
    """
    if expected == "between":
        assert between is not None
        if between[0] <= evidence.lower and evidence.upper <= between[1]:
            return "supported"
        return "against" if evidence.upper < between[0] or evidence.lower > between[1] else "inconclusive"
    above, below = evidence.lower > 0, evidence.upper < 0
    if expected == "none":
        if evidence.negligible:
            return "supported"
        return "against" if above or below else "inconclusive"
    predicted, opposite = (above, below) if expected == "positive" else (below, above)
    if predicted:
        return "supported"
    return "against" if opposite or evidence.negligible else "inconclusive"


def combine(verdicts: tuple[Verdict, ...], decided_by: Literal["all", "any"]) -> Verdict:
    """The verdict on a claim of several predictions, all of which must hold, or any."""
    if decided_by == "all":
        if all(verdict == "supported" for verdict in verdicts):
            return "supported"
        return "against" if "against" in verdicts else "inconclusive"
    if "supported" in verdicts:
        return "supported"
    return "against" if all(verdict == "against" for verdict in verdicts) else "inconclusive"


def level_of_each(level: float, predictions: int, decided_by: Literal["all", "any"]) -> float:
    """Level of each prediction's interval, so that the claim as a whole errs no more often than 1 − ``level``.

    Where any of k may decide, errors add up, and each gets 1 − α/k (Bonferroni). Where all must hold, none is needed
    (Berger 1982, intersection-union).
    """
    return 1 - (1 - level) / predictions if decided_by == "any" else level


def power_at(bound: float, std_se: Number, level: float, expected: Expected) -> Number:
    """Chance that this design supports the prediction, were the standardised effect just ``bound``.

    Normal theory with the standard error of the study at hand: Φ(bound/se − z). For a prediction of no effect, the
    chance of the two one-sided tests were it exactly 0: 2Φ(bound/se − z) − 1, no less than 0.
    """
    if expected == "between":
        return Undefined("a range has no smallest effect")
    if isinstance(std_se, Undefined):
        return std_se
    if std_se <= 0:
        return Undefined("the standard error is 0")
    if expected == "none":
        found = 2 * float(norm.cdf(bound / std_se - norm.ppf(level))) - 1
        return max(found, 0.0)  # the test cannot come out where its interval is wider than the bounds
    return float(norm.cdf(bound / std_se - norm.ppf((1 + level) / 2)))


def detectable(std_se: Number, level: float, power: float = 0.80) -> Number:
    """Smallest standardised effect that this design finds with ``power``: (z_level + z_power) · se."""
    if isinstance(std_se, Undefined):
        return std_se
    return float(norm.ppf((1 + level) / 2) + norm.ppf(power)) * std_se
