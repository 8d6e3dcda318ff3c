"""What rival confirmatory structures of a set of scales found: fit, which fits worse, bifactor indices."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from pipeline.evidence.found.bifactor import FoundBifactor
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


@dataclass(frozen=True, slots=True, eq=False)
class StructuredItems:
    """A set of scales, or one construct of it: which items, dimensions and constructs there are.

    Equality is left to those that add to it: one adds what can be compared, the other an array.

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
    """

    id: str
    label: str
    form: str
    construct: str | None
    dimensions: dict[str, tuple[str, ...]]
    constructs: dict[str, tuple[str, ...]]
    labels: dict[str, str]


@dataclass(frozen=True, slots=True)
class FoundStructureSet(StructuredItems):
    """All structures of one set of scales, or of one construct's dimensions.

    Attributes
    ----------
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
