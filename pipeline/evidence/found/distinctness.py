"""Whether scales agree within and differ from one another: convergent and discriminant validity as found."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from pipeline.undefined import Number, Undefined

Interval = tuple[Number, Number]
"""Lower and upper limit."""

LevelName = Literal["dimensions", "constructs"]

Overlap = Literal["none", "marginal", "moderate", "severe"]
"""How much of a problem a factor correlation may be: the upper limit of its absolute value below .80, below .90, below
1, or not even below 1 (Rönkkö & Cho 2022, CI_CFA(sys))."""

Verdict = Literal["distinct", "distinct, with a remark", "not shown to be distinct"]


@dataclass(frozen=True, slots=True)
class DistinctFactor:
    """One dimension or construct: how well its indicators agree.

    Attributes
    ----------
    indicators
        Ids of what its factor is measured by: items, or, for a construct of several dimensions, the dimensions.
    loadings
        Standardised, by indicator.
    reliability, variance_extracted
        Composite reliability and average variance extracted, of the standardised indicators, with intervals.
    root
        √ of the variance extracted, to be held against correlations.
    largest_shared
        Largest squared correlation with another factor (maximum shared variance); None where there is only one factor.
    shared_with
        Id of that other factor; empty where there is none.
    """

    id: str
    label: str
    indicators: tuple[str, ...]
    loadings: dict[str, Number]
    reliability: Number
    reliability_interval: Interval
    variance_extracted: Number
    variance_extracted_interval: Interval
    root: Number
    largest_shared: Number | None
    shared_with: str


@dataclass(frozen=True, slots=True)
class Ratio:
    """HTMT or HTMT2 of a pair.

    Attributes
    ----------
    interval
        Percentile bootstrap, two-sided at the report's level.
    upper
        One-sided upper limit at the report's level: what is below a cut-off is shown to be below it.
    draws
        Resamples in which the ratio has a value.
    """

    value: Number
    interval: Interval
    upper: Number
    draws: int


@dataclass(frozen=True, slots=True)
class CorrelationTest:
    """Whether a model in which two factors are more alike fits worse.

    Attributes
    ----------
    held_at
        The correlation in the restricted model: ±.90, ±1; None where the two factors were merged into one.
    statistic, pvalue
        Difference of χ², scaled where the models' tests are.
    """

    held_at: float | None
    statistic: Number
    df: int
    pvalue: Number


@dataclass(frozen=True, slots=True)
class DistinctPair:
    """Two dimensions or constructs.

    Attributes
    ----------
    correlation
        Of the two factors, free of measurement error.
    overlap
        By the upper limit of its absolute value.
    htmt, htmt2
        Heterotrait–monotrait ratios of correlations with arithmetic and geometric means.
    negative
        How many correlations among the items of the pair are negative; the ratios take them without their sign.
    fornell_larcker
        Whether both roots of variance extracted exceed the absolute correlation.
    at_cutoff, at_one, merged
        Tests with the correlation held at .90, at 1 (each with its sign), and with one factor in the place of two;
        Undefined where the interval had settled the question before.
    reason
        One sentence why ``verdict``.
    """

    first: str
    second: str
    correlation: Number
    correlation_interval: Interval
    overlap: Overlap | Undefined
    htmt: Ratio
    htmt2: Ratio
    negative: int
    fornell_larcker: bool | Undefined
    at_cutoff: CorrelationTest | Undefined
    at_one: CorrelationTest | Undefined
    merged: CorrelationTest | Undefined
    verdict: Verdict
    reason: str


@dataclass(frozen=True, slots=True)
class CrossLoading:
    """What would become of an item if it loaded on a factor that is not its own.

    Attributes
    ----------
    loading
        Standardised, on its own factor.
    change
        Standardised expected parameter change: about the loading on the other factor.
    index
        Modification index, the expected fall of χ².
    pvalue
        Of this index; ``adjusted`` for all items and other factors of the level (Holm 1979).
    """

    item: str
    own: str
    other: str
    loading: Number
    change: Number
    index: float
    pvalue: float
    adjusted: Number


@dataclass(frozen=True, slots=True)
class DistinctLevel:
    """Dimensions, or constructs, of a set.

    Attributes
    ----------
    model
        What the factor correlations come from, in words.
    why_not
        Why there is no confirmatory model; empty where there is one.
    n
        Respondents with an answer; ``complete`` of them have answered all items; ``clusters`` is the number of firms
        where one has several respondents, and 0 elsewhere.
    cross_loadings
        The ten with the largest indices, and all others whose ``change`` is .20 or more in absolute value and that are
        significant when adjusted; ``cross_loadings_tested`` is how many there could be.
    warnings
        What a reader must know before using the numbers.
    """

    name: LevelName
    model: str
    why_not: str
    n: int
    complete: int
    clusters: int
    converged: bool
    admissible: bool
    cfi: Number
    rmsea: Number
    srmr: Number
    factors: tuple[DistinctFactor, ...]
    pairs: tuple[DistinctPair, ...]
    cross_loadings: tuple[CrossLoading, ...]
    cross_loadings_tested: int
    warnings: tuple[str, ...]

    def factor(self, id: str) -> DistinctFactor:
        """A factor by its id."""
        return next(one for one in self.factors if one.id == id)

    def with_verdict(self, verdict: Verdict) -> tuple[DistinctPair, ...]:
        """The pairs of one verdict."""
        return tuple(pair for pair in self.pairs if pair.verdict == verdict)

    def pair(self, first: str, second: str) -> DistinctPair:
        """The pair of two ids, in either order."""
        return next(one for one in self.pairs if {one.first, one.second} == {first, second})


@dataclass(frozen=True, slots=True)
class DistinctSet:
    """A set of scales that were examined together."""

    name: str
    label: str
    form: str
    levels: tuple[DistinctLevel, ...]

    def level(self, name: LevelName) -> DistinctLevel | None:
        """One of the levels; None where the set does not have it."""
        return next((level for level in self.levels if level.name == name), None)


@dataclass(frozen=True, slots=True)
class DistinctnessReport:
    """Convergent and discriminant validity of every set.

    Attributes
    ----------
    draws
        Bootstrap resamples of every ratio.
    level
        Of every interval, .95.
    """

    sets: tuple[DistinctSet, ...]
    draws: int
    seed: int
    level: float
