"""What tests of invariance found: a ladder for each construct and grouping, and the verdict in words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from pipeline.sem.invariance import GroupSize, Kind, StepDifference, StepIndices
from pipeline.sem.latent_means import LatentMean
from pipeline.sem.noninvariance import Dmacs
from pipeline.undefined import Number, Undefined

Comparable = Literal["variances", "means", "latent means", "relations", "structure", "nothing", "not tested"]
"""What may be compared, from most to least: variances of observed scores too; their means; latent means, by the items
that are not freed; relations among latent variables; that the same items belong together; nothing."""


NOT_TESTED, NOTHING_FREED = Undefined("nothing was tested"), Undefined("nothing was freed")


@dataclass(frozen=True, slots=True)
class FoundStep:
    """One step of a ladder.

    Attributes
    ----------
    equal
        What it holds equal.
    difference
        From the step before; None for the first.
    adjusted
        The p value of the difference, adjusted for all differences tested in the study (Holm 1979); None for the first.
    permuted
        The p value by permutation of the groups; None where the plan asks for none.
    holds
        By the test at .05.
    """

    name: str
    equal: tuple[Kind, ...]
    converged: bool
    indices: StepIndices
    difference: StepDifference | None
    adjusted: Number | None
    permuted: Number | None
    holds: bool | Undefined
    verdict: str

    @property
    def fails(self) -> bool:
        """Whether it does not hold, or has constraints that could not be tested; then nothing may rest on it."""
        asked = self.difference is None or self.difference.df > 0
        return self.holds is False or (isinstance(self.holds, Undefined) and asked)


@dataclass(frozen=True, slots=True)
class FreedItem:
    """An item whose parameters of one kind are free in every group, and why.

    Attributes
    ----------
    step
        At which it was freed.
    statistic, df, pvalue, adjusted, tested
        Score test; Holm's p over the ``tested`` items of that round.
    values
        Group → the freed parameters, in the order of the model's text.
    cfi
        Change of CFI by freeing it.
    """

    item: str
    kind: Kind
    step: str
    statistic: float
    df: int
    pvalue: float
    adjusted: float
    tested: int
    values: dict[str, tuple[float, ...]]
    cfi: Number
    justification: str


@dataclass(frozen=True, slots=True)
class FoundLadder:
    """One construct by one grouping.

    Attributes
    ----------
    construct, name, form
        Id and name of the construct, and the form that asked its items.
    grouping
        Id, as the plan writes it.
    factors
        Dimension → its items.
    estimator, missing
        Of this ladder.
    groups, left_out, without_group
        Groups compared; groups that are too small; respondents whose group is not known.
    clusters
        Firms whose respondents are treated as alike; 0 where every respondent counts for himself.
    merged
        Rare categories of ordered items that were merged, in words.
    steps
        All items equal as the steps say; ``partial`` the same with the freed items free, empty where none was freed.
    reached, partial_reached
        The last step up to which all hold.
    freed
        In the order of freeing; ``search`` says how the search ended, empty where nothing had to be searched.
    sizes
        dMACS of the freed items and of the one that differs most of the others.
    means
        Differences of latent means; empty for the reason in ``no_means``.
    why_not
        Why there is no ladder; empty where there is one.
    """

    construct: str
    name: str
    form: str
    grouping: str
    factors: dict[str, tuple[str, ...]]
    estimator: str
    missing: str
    groups: tuple[GroupSize, ...] = ()
    left_out: tuple[GroupSize, ...] = ()
    without_group: int = 0
    clusters: int = 0
    merged: tuple[str, ...] = ()
    steps: tuple[FoundStep, ...] = ()
    reached: str | Undefined = NOT_TESTED
    freed: tuple[FreedItem, ...] = ()
    search: str = ""
    partial: tuple[FoundStep, ...] = ()
    partial_reached: str | Undefined = NOTHING_FREED
    sizes: tuple[Dmacs, ...] = ()
    means: tuple[LatentMean, ...] = ()
    no_means: str = ""
    comparable: Comparable = "not tested"
    verdict: str = ""
    why_not: str = ""

    @property
    def id(self) -> str:
        """Names it among the ladders of a study."""
        return f"{self.construct}-{self.form}-{self.grouping}"

    @property
    def items(self) -> tuple[str, ...]:
        return tuple(item for items in self.factors.values() for item in items)

    @property
    def freed_items(self) -> tuple[str, ...]:
        """Every freed item once."""
        return tuple(dict.fromkeys(freed.item for freed in self.freed))

    @property
    def rejected(self) -> FoundStep | None:
        """The first step with every item equal that fails."""
        return next((step for step in self.steps if step.fails), None)


@dataclass(frozen=True, slots=True)
class FoundGrouping:
    """A grouping in one form: what the groups are and how many respondents each has, small groups included.

    ``why_not`` is empty where at least two groups are large enough.
    """

    id: str
    title: str
    form: str
    groups: tuple[GroupSize, ...]
    without_group: int
    why_not: str = ""

    @property
    def short(self) -> str:
        """The title without what it is of: ``language``."""
        return self.title.split(" of ")[0]


@dataclass(frozen=True, slots=True)
class TrueDifference:
    """An item that truly differs by language in synthetic data, or that was freed without truly differing.

    Attributes
    ----------
    true
        How much higher the response lies in this language than in the first, in its standard deviations; 0 where it
        does not differ.
    found
        The same as estimated: less the signed dMACS; undefined where the item was not freed.
    """

    construct: str
    item: str
    language: str
    true: float
    found: Number


@dataclass(frozen=True, slots=True)
class InvarianceReport:
    """All ladders of a study.

    Attributes
    ----------
    rule
        By which a step holds.
    level, smallest_group, permutations
        As planned.
    groupings
        A row for each form and grouping.
    ladders
        By the plan's estimator.
    second
        Ladders of ordered items beside those of the same id.
    tests, failed, expected
        Differences tested at .05, how many fail, and how many would by chance if all groups were alike.
    sentences
        The whole in a page.
    truth
        What truly differs in synthetic data, beside what was found.
    """

    rule: str
    level: float
    smallest_group: int
    permutations: int
    groupings: tuple[FoundGrouping, ...]
    ladders: tuple[FoundLadder, ...]
    second: tuple[FoundLadder, ...]
    tests: int
    failed: int
    expected: float
    sentences: tuple[str, ...]
    truth: tuple[TrueDifference, ...] = ()

    def grouping(self, ladder: FoundLadder) -> FoundGrouping:
        """The grouping of a ladder."""
        return next(one for one in self.groupings if (one.id, one.form) == (ladder.grouping, ladder.form))

    def second_opinion(self, ladder: FoundLadder) -> FoundLadder | None:
        """The ladder of ordered items beside this one, if there is one."""
        return next((one for one in self.second if one.id == ladder.id), None)
