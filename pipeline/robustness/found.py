"""What a specification curve holds: a row a specification, and the curve's summary."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import NormalDist
from typing import Literal

from pipeline.robustness.specifications import Facet, Specification
from pipeline.undefined import Number, Undefined


@dataclass(frozen=True, slots=True)
class SpecificationEstimate:
    """The serial effect under one specification.

    Attributes
    ----------
    n, left_out, with_gaps
        Firms used; firms without what the method needs; of those used, the firms that lack a value.
    admissible
        Whether the solution is proper.
    est, se, lower, upper
        Unstandardised effect with the estimator's own standard error (delta method) and the normal interval by it.
    std_all, std_all_se
        The product of the standardised paths, and its standard error.
    bootstrap_se, bootstrap_lower, bootstrap_upper
        Standard deviation and percentile interval of the unstandardised effect over converged draws; undefined where
        nothing was resampled.
    std_bootstrap_se, std_lower, std_upper
        The same of the standardised effect.
    converged_draws, admissible_draws
        Of the draws asked for; None where none were.
    seed
        Of the draws. Estimators that share their estimates share their draws, and so the seed; None without draws.
    """

    n: int
    left_out: int
    with_gaps: int
    admissible: bool
    est: float
    se: float
    lower: float
    upper: float
    std_all: float
    std_all_se: Number
    bootstrap_se: Number
    bootstrap_lower: Number
    bootstrap_upper: Number
    std_bootstrap_se: Number
    std_lower: Number
    std_upper: Number
    converged_draws: int | None
    admissible_draws: int | None
    seed: int | None

    @property
    def sign(self) -> Literal[-1, 0, 1]:
        return 1 if self.std_all > 0 else -1 if self.std_all < 0 else 0

    @property
    def excludes_zero(self) -> bool | None:
        """Whether the percentile interval of the standardised effect lies on one side of 0; None without one."""
        if isinstance(self.std_lower, Undefined) or isinstance(self.std_upper, Undefined):
            return None
        return self.std_lower > 0 or self.std_upper < 0

    @property
    def normal_excludes_zero(self) -> bool:
        """Whether the interval by the estimator's standard error lies on one side of 0."""
        return self.lower > 0 or self.upper < 0

    def std_interval_by_se(self, level: float) -> tuple[float, float] | Undefined:
        """Normal interval of the standardised effect by its own standard error."""
        if isinstance(self.std_all_se, Undefined):
            return self.std_all_se
        reach = NormalDist().inv_cdf(0.5 + level / 2) * self.std_all_se
        return self.std_all - reach, self.std_all + reach


@dataclass(frozen=True, slots=True)
class NotEstimated:
    """A specification without an estimate. ``code`` is what is counted, ``because`` says it of this one."""

    code: str
    because: str


@dataclass(frozen=True, slots=True)
class SpecificationRow:
    """One specification. ``converged`` is None where no search for estimates began."""

    specification: Specification
    converged: bool | None
    found: SpecificationEstimate | NotEstimated

    @property
    def estimate(self) -> SpecificationEstimate | None:
        return self.found if isinstance(self.found, SpecificationEstimate) else None


@dataclass(frozen=True, slots=True)
class FacetLevel:
    """The specifications that share one decision.

    ``median`` is of the standardised effect; ``excludes_zero`` and ``normal_excludes_zero`` are shares of
    those with a bootstrap interval and of all that were estimated.
    """

    facet: Facet
    level: str
    asked: int
    estimated: int
    median: Number
    excludes_zero: Number
    normal_excludes_zero: Number


@dataclass(frozen=True, slots=True)
class FacetWeight:
    """How much of the variance among the standardised estimates a facet's levels explain, between 0 and 1.

    Among the specifications that :func:`pipeline.robustness.summary.crossed` takes.
    """

    facet: Facet
    eta_squared: Number


@dataclass(frozen=True, slots=True)
class CurveSummary:
    """The curve in counts.

    Attributes
    ----------
    asked, estimated
        Specifications of the plan; those with an estimate.
    not_estimated
        Code of the reason → specifications.
    bootstraps
        Distinct bootstraps behind the estimates by likelihood and the headline.
    same_sign
        Estimates with the headline's sign; undefined where the headline could not be estimated.
    excludes_zero, without_interval
        Estimates whose bootstrap interval lies on one side of 0; estimates that have no such interval.
    clear_by_se
        Of those without a bootstrap interval, estimates whose interval by the standard error lies on one side of 0.
    inside_headline, share_inside
        Estimates inside the headline's bootstrap interval, and their share of ``estimated``.
    median, lowest, highest
        Of the standardised estimates.
    """

    asked: int
    estimated: int
    not_estimated: dict[str, int]
    bootstraps: int
    same_sign: int | Undefined
    excludes_zero: int
    without_interval: int
    clear_by_se: int
    inside_headline: int | Undefined
    share_inside: Number
    median: Number
    lowest: Number
    highest: Number
    levels: tuple[FacetLevel, ...]
    weights: tuple[FacetWeight, ...]


@dataclass(frozen=True, slots=True)
class SpecificationCurve:
    """The robustness map: ``rows`` in the plan's order, ``headline`` by the same draws whether or not it is among them.

    ``level`` is of bootstrap intervals, ``normal_level`` of those by standard errors; ``draws`` were asked for of each
    bootstrap.
    """

    effect: str
    headline: SpecificationRow
    rows: tuple[SpecificationRow, ...]
    draws: int
    seed: int
    level: float
    normal_level: float
    summary: CurveSummary

    def inside_headline(self, row: SpecificationRow) -> bool | None:
        """Whether a row's standardised estimate lies in the headline's bootstrap interval; None where either lacks."""
        return lies_inside(row, self.headline)


def lies_inside(row: SpecificationRow, headline: SpecificationRow) -> bool | None:
    """Whether a row's standardised estimate lies in another's bootstrap interval of it; None where either lacks."""
    own, other = row.estimate, headline.estimate
    if own is None or other is None or isinstance(other.std_lower, Undefined) or isinstance(other.std_upper, Undefined):
        return None
    return other.std_lower <= own.std_all <= other.std_upper
