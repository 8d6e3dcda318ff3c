"""What a ladder of invariance is told by: each step's fit, its difference from the step before, and the verdict."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from pipeline.sem.estimate import Estimated, Options
from pipeline.sem.fit import Fit
from pipeline.sem.invariance_cutoffs import Cutoffs, Holds
from pipeline.sem.invariance_rows import GroupedRows, GroupSize
from pipeline.sem.invariance_syntax import MeasurementModel, Released, Step
from pipeline.undefined import Number, Undefined

__all__ = ["Ladder", "StepDifference", "StepIndices", "StepResult"]


@dataclass(frozen=True, slots=True)
class StepIndices:
    """Fit of one step.

    Attributes
    ----------
    chisq, df, pvalue
        The standard test.
    chisq_scaled, pvalue_scaled
        The scaled test; None for an estimator without one.
    version
        Of the CFI and RMSEA given and compared, one for all steps: ``robust`` where every step has it (never with
        ordered items), else ``scaled``, else ``standard``.
    cfi, rmsea, rmsea_lower, rmsea_upper, srmr
        The interval is of 90 %.
    """

    chisq: Number
    df: int
    pvalue: Number
    chisq_scaled: Number | None
    pvalue_scaled: Number | None
    version: str
    cfi: Number
    rmsea: Number
    rmsea_lower: Number
    rmsea_upper: Number
    srmr: Number


@dataclass(frozen=True, slots=True)
class StepDifference:
    """A step beside the one before.

    Attributes
    ----------
    against
        Name of the step before.
    statistic, df, pvalue
        χ² difference test, scaled where the steps' tests are; ``scaled`` says so.
    cfi, rmsea, srmr
        Changes: this step less the one before.
    cutoffs
        Chen's for these changes.
    test_holds
        Whether the difference is not significant at .05.
    indices_hold
        Whether the changes stay within ``cutoffs``.
    cfi_holds
        Whether the change of CFI stays above Cheung and Rensvold's −.01.
    """

    against: str
    statistic: Number
    df: int
    pvalue: Number
    scaled: bool
    cfi: Number
    rmsea: Number
    srmr: Number
    cutoffs: Cutoffs
    test_holds: Holds
    indices_hold: Holds
    cfi_holds: Holds


@dataclass(frozen=True, slots=True)
class StepResult:
    """One rung: its text, its estimate, and what follows.

    Attributes
    ----------
    difference
        None for the first step.
    holds
        By the rule the ladder names; undefined where the step adds nothing that data could contradict, or where an
        estimation failed.
    verdict
        The same in words.
    estimated
        The minimum itself, for score tests and permutations.
    """

    step: Step
    syntax: str
    fit: Fit
    indices: StepIndices
    difference: StepDifference | None
    holds: Holds
    verdict: str
    estimated: Estimated = field(repr=False, compare=False)

    @property
    def name(self) -> str:
        return self.step.name

    @property
    def testable(self) -> bool:
        """Whether the step has constraints that the step before does not have."""
        return self.difference is None or self.difference.df > 0


@dataclass(frozen=True, slots=True)
class Ladder:
    """All steps.

    Attributes
    ----------
    groups
        Compared, in the order of the parameters' group numbers.
    left_out
        Groups too small to fit.
    without_group
        Rows whose group is not known.
    levels
        Categories of every ordered item.
    released
        Parameters free in every group from the step on that would hold them equal.
    reached
        The last step up to which all hold; undefined if the first does not.
    verdict
        Which scores may be compared, in words.
    """

    model: MeasurementModel
    options: Options
    groups: tuple[GroupSize, ...]
    left_out: tuple[GroupSize, ...]
    without_group: int
    levels: Mapping[str, int]
    released: tuple[Released, ...]
    steps: tuple[StepResult, ...]
    rule: str
    reached: str | Undefined
    verdict: str
    rows: GroupedRows = field(repr=False, compare=False)

    def step(self, name: str) -> StepResult:
        """The step of this name (KeyError if there is none)."""
        found = {result.name: result for result in self.steps}
        return found[name]

    @property
    def partial(self) -> bool:
        """Whether parameters were released."""
        return bool(self.released)
