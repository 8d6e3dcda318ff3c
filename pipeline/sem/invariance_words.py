"""What a step's result means, in sentences."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from pipeline.sem.invariance_cutoffs import Holds
from pipeline.sem.invariance_results import StepDifference, StepIndices, StepResult
from pipeline.sem.invariance_syntax import Kind, Released, Step
from pipeline.undefined import Number, Undefined

__all__ = ["comparable", "step_verdict"]

_MEANING: dict[Kind, str] = {
    "thresholds": "the categories of the items", "loadings": "the loadings", "intercepts": "the intercepts",
    "residuals": "the residual variances",
}


def step_verdict(step: Step, indices: StepIndices, difference: StepDifference | None, holds: Holds) -> str:
    """One step's verdict."""
    if difference is None:
        return _first(indices, holds)
    if isinstance(holds, Undefined):
        return f"Not tested, because {holds.because}."
    what = _listed(step)
    numbers = (f"beside the step {difference.against}: Δχ²({difference.df}) = {_n(difference.statistic, 2)}, "
               f"{_p(difference.pvalue)}; "
               f"ΔCFI {_n(difference.cfi, 3, True)}, ΔRMSEA {_n(difference.rmsea, 3, True)}, "
               f"ΔSRMR {_n(difference.srmr, 3, True)}")
    if holds and difference.indices_hold is False:
        return (f"Holds by the test, with {what} equal ({numbers}), though the indices change more than the cut-offs "
                f"of {difference.cutoffs.source}: with few rows neither is certain; look at the items.")
    if holds:
        return f"Holds: with {what} equal the model fits no worse than chance explains ({numbers})."
    if difference.indices_hold is True:
        return (f"Does not hold exactly: with {what} equal the model fits worse ({numbers}), by less than the cut-offs "
                f"of {difference.cutoffs.source}. Some parameters differ, perhaps little: find which, and how much it "
                "matters for scores.")
    return f"Does not hold: with {what} equal the model fits worse ({numbers}). Find which items differ."


def _first(indices: StepIndices, holds: Holds) -> str:
    if isinstance(holds, Undefined):
        return f"Not known, because {holds.because}."
    statistic = indices.chisq if indices.chisq_scaled is None else indices.chisq_scaled
    pvalue = indices.pvalue if indices.pvalue_scaled is None else indices.pvalue_scaled
    numbers = (f"χ²({indices.df}) = {_n(statistic, 2)}, {_p(pvalue)}; CFI {_n(indices.cfi, 3)}, "
               f"RMSEA {_n(indices.rmsea, 3)}, SRMR {_n(indices.srmr, 3)}")
    if holds:
        return f"Holds: the same items measure the same factors in all groups ({numbers})."
    return (f"Does not hold: this structure does not describe all groups ({numbers}), so that further steps compare "
            "parameters of a model that is wrong in some group.")


def comparable(reached: str | Undefined, results: Sequence[StepResult], released: Collection[Released]) -> str:
    """Which scores may be compared across groups, given the last step that holds."""
    if isinstance(reached, Undefined):
        return "No scores may be compared across groups: the model does not describe all of them."
    step = next(result.step for result in results if result.name == reached)
    partial = any(entry.kind in step.equal for entry in released)
    level = f"{'partial ' if partial else ''}{step.name} invariance"
    but = " by the items that were not released" if partial else ""
    if "loadings" not in step.equal:
        what = ("neither relations nor means of scores may be compared across groups: only that the same items belong "
                "together has been shown")
    elif "intercepts" not in step.equal:
        what = ("relations among the latent variables (covariances, regressions) may be compared across groups, means "
                "may not")
    else:
        what = f"latent means and relations may be compared across groups; {_observed(step, partial=partial)}"
    return f"With {level}{but}, {what}."


def _observed(step: Step, *, partial: bool) -> str:
    """What may be done with sums or means of items once latent means may be compared."""
    if partial:
        return "observed scores that include a released item may not"
    if "residuals" in step.equal:
        return "so may means and variances of observed scores"
    if "thresholds" in step.equal:
        return "observed scores may not, as how sharply ordered items are answered may still differ"
    return "observed scores may in their means only"


def _listed(step: Step) -> str:
    parts = [_MEANING[kind] for kind in step.equal]
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"


def _n(value: Number, digits: int, signed: bool = False) -> str:
    if isinstance(value, Undefined):
        return "undefined"
    return f"{value:{'+' if signed else ''}.{digits}f}"


def _p(value: Number) -> str:
    if isinstance(value, Undefined):
        return "p undefined"
    return "p < .001" if value < 0.001 else f"p = {value:.3f}"
