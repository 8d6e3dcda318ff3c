"""One construct in the groups of one grouping: the ladder, what must be freed, how much it matters, latent means."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from instrument.errors import InputError
from pipeline.invariance.found import Comparable, FoundLadder, FoundStep, FreedItem
from pipeline.sem.estimate import Options
from pipeline.sem.fit import Parameter
from pipeline.sem.invariance import (
    Kind,
    Ladder,
    Released,
    Step,
    StepResult,
    ladder,
    merge_categories,
)
from pipeline.sem.latent_means import latent_means, means_step
from pipeline.sem.linalg import Array
from pipeline.sem.noninvariance import Dmacs, dmacs
from pipeline.sem.partial_invariance import Freed, search_partial
from pipeline.sem.permutation import permutation_test
from pipeline.study import InvariancePlan
from pipeline.undefined import Number, Undefined

RARE = 5
"""Answers that a category of an ordered item needs in every group: with fewer its threshold is hardly known."""


@dataclass(frozen=True)
class Asked:
    """A construct's items and its respondents' groups.

    Attributes
    ----------
    factors
        Dimension → items, the columns of ``X`` in their order.
    X
        (n, items) answers, reversed items turned, NaN where missing.
    groups
        (n,) groups, in blocks: the reference's rows first. None where a respondent's is not known.
    clusters
        (n,) firm of every respondent; None where no firm has several.
    """

    construct: str
    name: str
    form: str
    grouping: str
    factors: Mapping[str, tuple[str, ...]]
    X: Array
    groups: tuple[str | None, ...]
    clusters: tuple[str, ...] | None

    @property
    def items(self) -> tuple[str, ...]:
        return tuple(item for items in self.factors.values() for item in items)


def climb(asked: Asked, plan: InvariancePlan, *, level: float, seed: int) -> FoundLadder:
    """Everything about one construct and grouping; what cannot be fitted says why.

    Parameters
    ----------
    level
        Of intervals.
    seed
        Of the permutations.
    """
    found = FoundLadder(asked.construct, asked.name, asked.form, asked.grouping, dict(asked.factors), plan.estimator,
                        missing_of(plan))
    try:
        whole, merged = _ladder(asked, plan)
    except InputError as error:
        return replace(found, why_not=" ".join(finding.rule for finding in error.findings))
    found = replace(
        found, groups=whole.groups, left_out=whole.left_out, without_group=whole.without_group, merged=merged,
        clusters=0 if whole.rows.clusters is None else len(set(whole.rows.clusters)),
        steps=_steps(whole, plan.permutations, seed), reached=whole.reached)
    last, freed, search = _freed(whole, plan.level)
    if freed:
        found = replace(found, freed=freed, partial=_steps(last, 0, seed), partial_reached=last.reached)
    means = latent_means(last, level=level)
    none = means.because if isinstance(means, Undefined) else ""
    return replace(
        found, search=search, sizes=_sizes(last, [one.item for one in freed]),
        means=() if isinstance(means, Undefined) else means.means, no_means=none,
        comparable=comparable(whole, last))


def missing_of(plan: InvariancePlan) -> Literal["listwise", "fiml", "pairwise"]:
    """How the plan's estimator uses respondents with gaps."""
    if plan.missing == "listwise":
        return "listwise"
    return "fiml" if plan.estimator == "mlr" else "pairwise"


def _ladder(asked: Asked, plan: InvariancePlan) -> tuple[Ladder, tuple[str, ...]]:
    options = Options(estimator=plan.estimator, missing=missing_of(plan))
    X, clusters = asked.X, asked.clusters
    merged: tuple[str, ...] = ()
    if plan.estimator == "wlsmv":
        options, clusters = replace(options, ordered=asked.items), None  # least squares take rows to be independent
        if plan.merge_rare:
            found = merge_categories(X, asked.items, _large(asked, plan.smallest_group), asked.items, fewest=RARE)
            X, merged = found.X, tuple(map(str, found.merges))
    return ladder(dict(asked.factors), X, asked.items, asked.groups, options=options, minimum=plan.smallest_group,
                  leave_out_small=True, clusters=clusters), merged


def _large(asked: Asked, smallest: int) -> list[str | None]:
    """The groups without those that will be left out, whose rare answers are nobody's concern."""
    counts = {label: asked.groups.count(label) for label in set(asked.groups) if label is not None}
    return [label if label is not None and counts[label] >= smallest else None for label in asked.groups]


# -- steps ---------------------------------------------------------------------------------------------------


def _steps(found: Ladder, permutations: int, seed: int) -> tuple[FoundStep, ...]:
    return tuple(
        FoundStep(result.name, result.step.equal, result.fit.converged, result.indices, result.difference,
                  None if result.difference is None else result.difference.pvalue,
                  _permuted(found, result, permutations, seed), result.holds, result.verdict)
        for result in found.steps)


def _permuted(found: Ladder, result: StepResult, permutations: int, seed: int) -> Number | None:
    if not permutations or result.difference is None:
        return None
    test = permutation_test(found, result.name, permutations=permutations, seed=seed)
    return test if isinstance(test, Undefined) else test.chisq.pvalue


# -- what is freed -------------------------------------------------------------------------------------------


def _freed(whole: Ladder, level: float) -> tuple[Ladder, tuple[FreedItem, ...], str]:
    """Free items step by step, up to the step at which means can be compared.

    Returns
    -------
    tuple
        The last ladder, what it leaves free, and how the search ended.
    """
    last, freed, said = whole, list[FreedItem](), list[str]()
    if isinstance(whole.reached, Undefined):
        return whole, (), ""
    for before, result in zip(whole.steps, whole.steps[1:], strict=False):
        now = last.step(result.name)
        if "residuals" in result.step.equal or now.holds is True or not now.testable:
            continue
        if not now.estimated.converged:
            break
        found = search_partial(last.model, last.rows, last.rows.names, last.options, result.step,
                               released=last.released, before=before.step, level=level)
        said.append(found.verdict)
        freed += [_item(one, result.step) for one in found.freed]
        if not found.freed:
            break
        released = {*found.released, *_following(found.freed, last)}
        last = ladder(last.model, last.rows.X, last.rows.names, last.rows.labels, options=last.options,
                      released=released, minimum=1, clusters=last.rows.clusters)
        if last.step(result.name).holds is not True:
            break
    return last, tuple(freed), " ".join(said)


def _following(freed: Sequence[Freed], of: Ladder) -> set[Released]:
    """The intercept of an item whose loading differs: where lines have different slopes, nothing is gained from asking
    whether they cross at the origin."""
    return {Released(one.item, "intercepts") for one in freed if one.kind == "loadings" and one.item not in of.levels}


def _item(freed: Freed, step: Step) -> FreedItem:
    values: dict[str, tuple[float, ...]] = {}
    for parameter in freed.parameters:
        if _is(parameter.op, freed.kind):
            values[parameter.group] = (*values.get(parameter.group, ()), parameter.freed)
    return FreedItem(freed.item, freed.kind, step.name, freed.statistic, freed.df, freed.pvalue, freed.adjusted,
                     freed.tested, values, freed.cfi, freed.justification)


def _is(op: str, kind: Kind) -> bool:
    return {"=~": "loadings", "|": "thresholds", "~1": "intercepts", "~~": "residuals"}.get(op) == kind


# -- how much it matters ---------------------------------------------------------------------------------------


def _sizes(last: Ladder, freed: Sequence[str]) -> tuple[Dmacs, ...]:
    """dMACS of the freed items, and of the item among the others that differs most at first sight."""
    result = means_step(last)
    if isinstance(result, Undefined):
        return ()
    chosen = list(dict.fromkeys(freed))
    others = [item for item in last.model.items if item not in chosen]
    largest = max(others, key=lambda item: _apart(last, result, item))
    found = dmacs(last, [*chosen, largest])
    return () if isinstance(found, Undefined) else found


def _apart(last: Ladder, result: StepResult, item: str) -> float:
    """How far the step's means of an item lie from those answered, at most over groups, in its standard deviations.

    A first look that needs no further fit: where an intercept truly differs, the model that holds it equal misses the
    item's mean.
    """
    column = last.rows.X[:, last.rows.names.index(item)]
    implied = _implied_means(result, item)
    if item in last.levels:
        return _uneven(last, item)
    gaps = [abs(float(np.nanmean(column[np.array(last.rows.labels) == size.label])) - implied[place + 1])
            for place, size in enumerate(last.groups)]
    return max(gaps) / float(np.nanstd(column))


def _implied_means(result: StepResult, item: str) -> dict[int, float]:
    """ν + Σ λα of every group."""
    rows: Sequence[Parameter] = result.fit.parameters
    alpha = {(row.lhs, row.group): row.est for row in rows if row.op == "~1"}
    means: dict[int, float] = {row.group: row.est for row in rows if row.op == "~1" and row.lhs == item}
    for row in rows:
        if row.op == "=~" and row.rhs == item:
            means[row.group] += row.est * alpha[row.lhs, row.group]
    return means


def _uneven(last: Ladder, item: str) -> float:
    """The range of an ordered item's group means, less the mean range of all items, in standard deviations."""
    labels = np.array(last.rows.labels)
    ranges = {}
    for name in last.model.items:
        column = last.rows.X[:, last.rows.names.index(name)]
        means = [float(np.nanmean(column[labels == size.label])) for size in last.groups]
        ranges[name] = (max(means) - min(means)) / float(np.nanstd(column))
    return abs(ranges[item] - float(np.mean(list(ranges.values()))))


# -- what follows ------------------------------------------------------------------------------------------------


def comparable(whole: Ladder, last: Ladder) -> Comparable:
    """What may be compared, by the last step that holds: with all items equal, else with the freed ones free."""
    if isinstance(whole.reached, Undefined):
        return "nothing"
    full = _of_step(whole.step(whole.reached).step)
    if full in ("variances", "means") or not last.released or isinstance(last.reached, Undefined):
        return full
    return "latent means" if _of_step(last.step(last.reached).step) in ("variances", "means") else "relations" \
        if "loadings" in last.step(last.reached).step.equal else full


def _of_step(step: Step) -> Comparable:
    if "residuals" in step.equal:
        return "variances"
    if "intercepts" in step.equal:
        return "means"
    return "relations" if "loadings" in step.equal else "structure"
