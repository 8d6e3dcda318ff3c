"""What rival confirmatory structures of a set of scales found: fit, which fits worse, bifactor indices."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from pipeline.undefined import Number, Undefined

StructureId = Literal[
    "one factor", "correlated constructs", "correlated dimensions", "second order", "general second order",
    "third order", "bifactor",
]
"""From the plainest to the richest."""

Relation = Literal["nested", "equivalent", "not nested"]
"""How one structure is another with constraints added, the same told otherwise, or neither."""

ScaledBy = Literal["Satorra & Bentler 2001", "Satorra 2000", ""]
"""Whose scaling factor a difference has: the second where the first's is not credible."""

PREFERRED, LEAST = 0.75, 0.50
"""Omega hierarchical that is preferred, and the least, for a sum of all items (Reise, Bonifay & Haviland 2013)."""

NOT_FITTED = Undefined("the structure was not fitted")


@dataclass(frozen=True, slots=True)
class FoundStructure:
    """One structure fitted to one set of items.

    Attributes
    ----------
    syntax
        lavaan model syntax; ``lavaan::cfa(syntax, data)`` fits the same.
    why_not
        Why it was not fitted; empty where it was. Then all numbers below are undefined.
    converged, admissible
        Admissible: no negative variance, and covariance matrices that variables could have.
    n
        Respondents used.
    chisq, df, pvalue
        The model's test, scaled where ``scaled`` says so.
    version
        Of CFI, TLI and RMSEA: ``robust``, ``scaled`` or ``standard``.
    rmsea_lower, rmsea_upper
        Of 90 %.
    aic, bic
        Smaller is better; of the normal likelihood.
    heywood
        Items with a negative residual variance, and factors with a negative variance, these in words.
    remarks
        What a reader must know before using the numbers, a sentence each; Heywood cases by the item's name.
    verdict
        How well it fits, in words.
    """

    id: StructureId
    title: str
    syntax: str
    why_not: str = ""
    converged: bool = False
    admissible: bool = False
    n: int = 0
    chisq: Number = NOT_FITTED
    df: int = 0
    pvalue: Number = NOT_FITTED
    scaled: bool = False
    version: str = "standard"
    cfi: Number = NOT_FITTED
    tli: Number = NOT_FITTED
    rmsea: Number = NOT_FITTED
    rmsea_lower: Number = NOT_FITTED
    rmsea_upper: Number = NOT_FITTED
    srmr: Number = NOT_FITTED
    aic: Number = NOT_FITTED
    bic: Number = NOT_FITTED
    heywood: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()
    verdict: str = ""

    @property
    def usable(self) -> bool:
        """Whether its numbers may be used without a warning."""
        return self.converged and self.admissible


@dataclass(frozen=True, slots=True)
class FoundComparison:
    """Two structures side by side.

    Attributes
    ----------
    restricted, unrestricted
        The one with more degrees of freedom, and the other.
    relation, because
        Whether the first is the second with constraints added, and why.
    statistic, df, pvalue
        Difference of χ², scaled where the tests are; undefined where they are not nested.
    scaling_factor
        c_d, by which the difference is divided; None where nothing is tested or tests are not scaled.
    scaled_by
        Whose factor it is; empty where there is none.
    bic
        BIC of the restricted less that of the other: negative speaks for the restricted.
    verdict
        The same in words.
    """

    restricted: StructureId
    unrestricted: StructureId
    relation: Relation
    because: str
    statistic: Number
    df: int
    pvalue: Number
    scaling_factor: Number | None
    scaled_by: ScaledBy
    bic: Number
    verdict: str


@dataclass(frozen=True, slots=True)
class FoundHigherLoading:
    """Standardised loading of a dimension's factor on its construct's, with its interval."""

    construct: str
    dimension: str
    label: str
    loading: Number
    lower: Number
    upper: Number


@dataclass(frozen=True, slots=True)
class FoundBifactorItem:
    """An item's standardised loadings on the general factor and on its dimension's, and its I-ECV.

    ``specific`` and ``specific_se`` are None where the dimension has a single item and so no factor.
    """

    item: str
    dimension: str
    general: float
    general_se: Number
    specific: float | None
    specific_se: Number | None
    iecv: Number


@dataclass(frozen=True, slots=True)
class FoundSpecific:
    """A dimension's factor beside the general one.

    Attributes
    ----------
    items
        How many.
    omega
        Share of the variance of the dimension's sum that both factors explain (omega S).
    omega_hs
        Share that the dimension's factor explains beyond the general one (omega HS).
    ecv
        Share of all common variance that is this factor's.
    h
        Construct replicability of the factor.
    """

    dimension: str
    label: str
    items: int
    omega: Number
    omega_hs: Number
    ecv: Number
    h: Number


@dataclass(frozen=True, slots=True)
class FoundBifactor:
    """What the bifactor structure says of a sum over all items.

    Attributes
    ----------
    omega_total
        Share of the sum's variance that all factors explain.
    omega_h
        Share that the general factor explains, with its standard error and interval.
    ecv
        Share of the common variance that is the general factor's, with its standard error and interval.
    puc
        Share of the pairs of items whose correlation is due to the general factor alone.
    h
        Construct replicability of the general factor.
    level
        Of the intervals.
    why_not
        Why there is none; empty where there is.
    """

    omega_total: Number
    omega_h: Number
    omega_h_se: Number
    omega_h_lower: Number
    omega_h_upper: Number
    ecv: Number
    ecv_se: Number
    ecv_lower: Number
    ecv_upper: Number
    puc: Number
    h: Number
    level: float
    specific: tuple[FoundSpecific, ...] = ()
    items: tuple[FoundBifactorItem, ...] = ()
    why_not: str = ""
    verdict: str = ""


@dataclass(frozen=True, slots=True)
class FoundStructureSet:
    """All structures of one set of scales, or of one construct's dimensions.

    Attributes
    ----------
    id
        Name of the set; of a construct: the set's name, a hyphen and the construct's id.
    construct
        Id of the construct; None for a whole set.
    dimensions
        Dimension → its items.
    constructs
        Construct → its dimensions.
    labels
        Names of dimensions and constructs. A construct whose id is that of one of its dimensions has the construct's.
    n, with_gaps, left_out
        Respondents used; those of them with missing answers; those without any answer.
    clusters
        Firms whose respondents are treated as alike; 0 where every respondent counts for himself.
    lowest_item, lowest
        The item with the lowest standardised loading on its dimension, and that loading.
    weak
        Items whose loading is below .40, in the order of the items.
    higher
        Loadings of dimensions on constructs in the second-order structure; of a single construct's dimensions, on it.
    bifactor
        None where it was not tried.
    equivalence
        That three factors under one are three correlated ones, by this set's own numbers; empty where it has no three.
    sentences
        The whole in words.
    """

    id: str
    label: str
    form: str
    construct: str | None
    dimensions: dict[str, tuple[str, ...]]
    constructs: dict[str, tuple[str, ...]]
    labels: dict[str, str]
    n: int
    with_gaps: int
    left_out: int
    clusters: int
    structures: tuple[FoundStructure, ...]
    comparisons: tuple[FoundComparison, ...]
    lowest_item: str = ""
    lowest: Number = NOT_FITTED
    weak: tuple[str, ...] = ()
    higher: tuple[FoundHigherLoading, ...] = ()
    bifactor: FoundBifactor | None = None
    equivalence: str = ""
    sentences: tuple[str, ...] = ()

    def structure(self, id: StructureId) -> FoundStructure | None:
        """The structure of this id, if it was tried."""
        return next((one for one in self.structures if one.id == id), None)

    def against_dimensions(self, id: StructureId) -> FoundComparison | None:
        """A structure's comparison with correlated dimensions, if it has one."""
        return next((one for one in self.comparisons
                     if {one.restricted, one.unrestricted} == {id, "correlated dimensions"}), None)


@dataclass(frozen=True, slots=True)
class StructureReport:
    """Rival structures of all sets.

    Attributes
    ----------
    estimator, missing
        Of every fit.
    level
        Of intervals other than RMSEA's, which is of 90 %.
    sets
        Sets of the plan, each followed by its constructs of two or more dimensions.
    """

    estimator: str
    missing: str
    level: float
    sets: tuple[FoundStructureSet, ...]

    def set(self, id: str) -> FoundStructureSet | None:
        """The set or construct of this id, if there is one."""
        return next((one for one in self.sets if one.id == id), None)
