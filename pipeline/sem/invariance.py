"""Measurement invariance as a ladder of models, each holding more equal across groups than the one before.

A ladder is a list of :class:`~pipeline.sem.invariance_syntax.Step`, each written as model text, fitted, and compared
with the step before: the χ² difference, scaled where the test is scaled, and the changes of CFI, RMSEA and SRMR beside
published cut-offs. ``docs/invariance.md`` has what every step holds equal, and the decision rule.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

from numpy.typing import ArrayLike

from pipeline.sem.describe import describe
from pipeline.sem.difference import difference_test
from pipeline.sem.estimate import Estimated, Options, estimate_model
from pipeline.sem.fit import Fit, FitIndices, RobustIndices, ScaledIndices
from pipeline.sem.invariance_cutoffs import (
    CHEUNG_RENSVOLD,
    LEVEL,
    RULE,
    Cutoffs,
    Holds,
    chen,
    configural_holds,
    indices_hold,
)
from pipeline.sem.invariance_results import Ladder, StepDifference, StepIndices, StepResult
from pipeline.sem.invariance_rows import (
    MINIMUM,
    GroupSize,
    Merge,
    Merged,
    grouped_rows,
    merge_categories,
)
from pipeline.sem.invariance_syntax import (
    CONTINUOUS,
    ORDINAL,
    Kind,
    MeasurementModel,
    Released,
    Step,
    measurement_model,
    released_kinds,
    step_syntax,
)
from pipeline.sem.invariance_words import comparable, step_verdict
from pipeline.undefined import Number, Undefined

__all__ = [
    "CHEUNG_RENSVOLD", "CONTINUOUS", "LEVEL", "MINIMUM", "ORDINAL", "RULE", "Cutoffs", "GroupSize", "Kind", "Ladder",
    "MeasurementModel", "Merge", "Merged", "Released", "Step", "StepDifference", "StepIndices", "StepResult", "ladder",
    "measurement_model", "merge_categories", "released_kinds", "step_syntax",
]


def ladder(
    model: str | Mapping[str, Sequence[str]] | MeasurementModel, X: ArrayLike, names: Sequence[str],
    groups: Sequence[object], *, options: Options | None = None, steps: Sequence[Step] | None = None,
    released: Collection[Released] = (), minimum: int = MINIMUM, leave_out_small: bool = False,
    clusters: Sequence[object] | None = None,
) -> Ladder:
    """Fit every step and compare each with the one before.

    Parameters
    ----------
    model
        lavaan text with =~ and ~~ between items, or factors and their items.
    X
        (n, columns) data, NaN where missing; ordered items as integer codes.
    groups
        (n,) group of every row, any values; rows with None, NaN or "" are left out and counted.
    options
        Estimator, treatment of missing values, ordered items. Means are always modelled, latent variances identify
        the scale.
    steps
        ``ORDINAL`` if any item is ordered, else ``CONTINUOUS``.
    minimum
        Rows a group needs at least.
    leave_out_small
        Whether groups with fewer are left out and named, where at least two others remain; they are refused otherwise.
    clusters
        (n,) cluster of every row, such as the firm of a respondent, where rows of one cluster are alike.

    Raises
    ------
    InputError
        ``INVARIANCE-MODEL``, ``INVARIANCE-STEP``, ``INVARIANCE-ITEMS``, ``INVARIANCE-GROUP``,
        ``INVARIANCE-CATEGORIES``; and what estimation raises for data that it cannot use.
    """
    read = measurement_model(model)
    options = replace(options or Options(), meanstructure=True, equal=(), std_lv=False)
    rows = grouped_rows(read, X, names, groups, ordered=options.ordered,
                        listwise=options.missing == "listwise", minimum=minimum, leave_out=leave_out_small,
                        clusters=clusters)
    steps = tuple(steps if steps is not None else ORDINAL if rows.levels else CONTINUOUS)
    texts = [step_syntax(read, step, len(rows.groups), levels=rows.levels, released=released) for step in steps]
    estimates: list[Estimated] = []
    for step, text in zip(steps, texts, strict=True):
        estimates.append(estimate_model(text, rows.X, names, options, name=step.name, groups=rows.labels,
                                        clusters=rows.clusters,
                                        reference=estimates[0].reference if estimates else None))
    fits = [describe(estimated) for estimated in estimates]
    version = index_version(fits)
    results: list[StepResult] = []
    for step, text, estimated, fit in zip(steps, texts, estimates, fits, strict=True):
        before = results[-1] if results else None
        results.append(_result(step, text, estimated, fit, version, before, rows.groups))
    reached = _reached(results)
    return Ladder(read, options, rows.groups, rows.left_out, rows.without_group, rows.levels,
                  tuple(sorted(released)), tuple(results), RULE, reached,
                  comparable(reached, results, released), rows)


def _result(
    step: Step, text: str, estimated: Estimated, fit: Fit, version: str, before: StepResult | None,
    groups: Sequence[GroupSize],
) -> StepResult:
    indices = step_indices(fit, version)
    if before is None:
        holds = configural_holds(_test_of(indices), indices.cfi, indices.srmr)
        return StepResult(step, text, fit, indices, None, holds, step_verdict(step, indices, None, holds), estimated)
    difference = _difference(step, estimated, fit, indices, before, groups)
    holds = difference.test_holds
    return StepResult(step, text, fit, indices, difference, holds, step_verdict(step, indices, difference, holds),
                      estimated)


def _test_of(indices: StepIndices) -> Number:
    return indices.pvalue if indices.pvalue_scaled is None else indices.pvalue_scaled


# ---- indices -------------------------------------------------------------------------------------------------------


def index_version(fits: Sequence[Fit]) -> str:
    """The best version of CFI and RMSEA that every step has; a step without degrees of freedom has all of them.

    Robust indices of ordered items look at correlations alone, which equal thresholds do not touch (and lavaan has none
    where scales are free), so that ladders of such items compare scaled ones.
    """
    tested = [fit.indices for fit in fits if fit.indices is not None and fit.indices.df > 0]
    ordinal = any(fit.estimator in ("DWLS", "WLSMV") for fit in fits)
    for version in ("scaled",) if ordinal else ("robust", "scaled"):
        having = [getattr(indices, version) for indices in tested]
        if having and all(own is not None and isinstance(own.cfi, float) and isinstance(own.rmsea, float)
                          for own in having):
            return version
    return "standard"


def step_indices(fit: Fit, version: str) -> StepIndices:
    """A step's fit in the version that the ladder compares."""
    indices = fit.indices
    if indices is None:
        none = Undefined("estimation did not converge" if not fit.converged else "the model has no fit")
        return StepIndices(none, 0, none, None, None, version, none, none, none, none, none)
    own: FitIndices | ScaledIndices | RobustIndices = indices
    if indices.df > 0 and version == "robust" and indices.robust is not None:
        own = indices.robust
    elif indices.df > 0 and version == "scaled" and indices.scaled is not None:
        own = indices.scaled
    scaled = indices.scaled
    return StepIndices(
        indices.chisq, indices.df, indices.pvalue, scaled.chisq if scaled else None, scaled.pvalue if scaled else None,
        version, own.cfi, own.rmsea, own.rmsea_ci_lower, own.rmsea_ci_upper, indices.srmr)


# ---- differences ---------------------------------------------------------------------------------------------------


def _difference(
    step: Step, estimated: Estimated, fit: Fit, indices: StepIndices, before: StepResult, groups: Sequence[GroupSize],
) -> StepDifference:
    added = tuple(kind for kind in step.equal if kind not in before.step.equal)
    cutoffs = chen(added, groups)
    usable = fit.indices is not None and before.fit.indices is not None
    df = indices.df - before.indices.df if usable else 0
    changes = [_less(getattr(indices, name), getattr(before.indices, name)) for name in ("cfi", "rmsea", "srmr")]
    cfi, rmsea, srmr = changes
    scaled = indices.chisq_scaled is not None
    without = _why_no_test(usable, df)
    if without is not None:
        return StepDifference(before.name, without, df, without, scaled, cfi, rmsea, srmr, cutoffs, without, without,
                              without)
    test = difference_test(estimated, before.estimated)
    test_holds: Holds = test.pvalue if isinstance(test.pvalue, Undefined) else test.pvalue >= LEVEL
    cfi_holds: Holds = cfi if isinstance(cfi, Undefined) else cfi > CHEUNG_RENSVOLD
    return StepDifference(before.name, test.statistic, df, test.pvalue, scaled, cfi, rmsea, srmr, cutoffs, test_holds,
                          indices_hold(cutoffs, cfi, rmsea, srmr), cfi_holds)


def _why_no_test(usable: bool, df: int) -> Undefined | None:
    if not usable:
        return Undefined("one of the two steps was not estimated")
    if df == 0:
        return Undefined("the step is equivalent to the one before: it sets nothing equal that data could contradict, "
                         "and is tested together with the next")
    if df < 0:
        return Undefined("the step has more free parameters than the one before")
    return None


def _less(this: Number, before: Number) -> Number:
    if isinstance(this, Undefined):
        return this
    return before if isinstance(before, Undefined) else this - before


def _reached(results: Sequence[StepResult]) -> str | Undefined:
    reached: str | Undefined = Undefined("the first step does not hold")
    for result in results:
        if isinstance(result.holds, Undefined):
            if result.difference is None or result.difference.df > 0 or result.fit.indices is None:
                break
            continue  # nothing was asked of the data, so nothing was shown either
        if not result.holds:
            break
        reached = result.name
    return reached
