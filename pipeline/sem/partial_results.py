"""What a search for partial invariance gives: every test, every item freed with its reasons, and where it ended."""

from __future__ import annotations

from dataclasses import dataclass, field

from pipeline.sem.comparisons import DifferenceTest
from pipeline.sem.estimate import Estimated
from pipeline.sem.invariance_syntax import Kind, Released, Step
from pipeline.sem.releases import ExpectedChange
from pipeline.undefined import Number, Undefined

__all__ = ["Freed", "FreedParameter", "ItemTest", "Partial"]


@dataclass(frozen=True, slots=True)
class ItemTest:
    """The test of releasing one item.

    Attributes
    ----------
    adjusted
        Holm's p over the items tested in the same round; Undefined, as ``pvalue`` is, where there is nothing to test.
    changes
        Expected ones, of every parameter in every group.
    """

    item: str
    kind: Kind
    statistic: Number
    df: int
    pvalue: Number
    adjusted: Number
    changes: tuple[ExpectedChange, ...]
    note: str = ""


@dataclass(frozen=True, slots=True)
class FreedParameter:
    """A parameter of one group: held equal, what the score test expected it to become, and what it became.

    ``expected`` is the change, ``standardised`` the same in standard deviations (see
    :class:`~pipeline.sem.releases.ExpectedChange`).
    """

    lhs: str
    op: str
    rhs: str
    group: str
    equal: float
    expected: Number
    standardised: Number
    freed: float


@dataclass(frozen=True, slots=True)
class Freed:
    """An item that was freed, and why.

    Attributes
    ----------
    adjusted, tested
        Holm's p, and the number of items it is adjusted for.
    difference
        Of the model before to the model after.
    cfi
        Change by freeing: after less before.
    justification
        The row in a sentence.
    note
        Why fewer equalities were tested than given up, where that is so.
    """

    item: str
    kind: Kind
    statistic: float
    df: int
    pvalue: float
    adjusted: float
    tested: int
    parameters: tuple[FreedParameter, ...]
    difference: DifferenceTest
    cfi: Number
    justification: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class Partial:
    """A step with what must be freed for the rest to be equal.

    Attributes
    ----------
    rounds
        Tests of all items in the model's order, a tuple for every model that was fitted.
    freed
        In the order of freeing.
    released
        All that is free: given beforehand, and freed. Pass it on to the ladder.
    anchors
        Items of every factor whose parameters of the step's kind are still equal; numeric items too where the kind is
        thresholds.
    difference
        Of the last model from the step before with the same freed, if that step was given and is a larger model.
    outcome
        True if the step holds with what is freed: no further item is significant, or, where the step before is given,
        the step is not significantly worse than it. False if it is worse although no item is significant. Undefined,
        with the reason, if the search had to stop before.
    estimated, syntax
        The last model that was fitted.
    """

    step: Step
    kinds: tuple[Kind, ...]
    level: float
    rounds: tuple[tuple[ItemTest, ...], ...]
    freed: tuple[Freed, ...]
    released: tuple[Released, ...]
    anchors: tuple[tuple[str, tuple[str, ...]], ...]
    difference: DifferenceTest | None
    outcome: bool | Undefined
    verdict: str
    syntax: str
    estimated: Estimated = field(repr=False, compare=False)
