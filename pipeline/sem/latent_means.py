"""Differences of latent means between groups, once equal intercepts (or most of them) give them a common origin."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations

import numpy as np

from pipeline.sem.estimate import Estimated
from pipeline.sem.invariance import Ladder, StepResult
from pipeline.sem.linalg import Array
from pipeline.sem.normal import wald
from pipeline.undefined import Number, Undefined

__all__ = ["LatentMean", "LatentMeans", "latent_means", "means_step"]


@dataclass(frozen=True, slots=True)
class LatentMean:
    """How far a group's latent mean lies above a reference group's.

    Attributes
    ----------
    difference, se, z, pvalue, lower, upper
        α(group) − α(reference), in the model's units: standard deviations of the ladder's first group.
    in_reference_sd, in_reference_sd_se
        The difference divided by √φ of the reference group (Hancock 2001), with its delta-method standard error.
    in_pooled_sd, in_pooled_sd_se
        Divided by √((n_r φ_r + n_g φ_g) / (n_r + n_g)); N, not N − 1, as latent variances are maximum likelihood's.
    """

    factor: str
    reference: str
    group: str
    difference: Number
    se: Number
    z: Number
    pvalue: Number
    lower: Number
    upper: Number
    in_reference_sd: Number
    in_reference_sd_se: Number
    in_pooled_sd: Number
    in_pooled_sd_se: Number


@dataclass(frozen=True, slots=True)
class LatentMeans:
    """All factors and pairs of groups, from the step named; ``partial`` if some parameters were released."""

    step: str
    partial: bool
    level: float
    means: tuple[LatentMean, ...]


def latent_means(ladder: Ladder, *, level: float = 0.95) -> LatentMeans | Undefined:
    """Differences of latent means in the ladder's scalar model; undefined if that does not hold.

    Parameters
    ----------
    level
        Of the intervals.
    """
    result = means_step(ladder)
    if isinstance(result, Undefined):
        return result
    if not _holds(ladder, result):
        return Undefined(f"the step {result.name} does not hold, so that differences of means cannot be told from "
                         "differences of items; release the items that differ")
    found = tuple(_difference(ladder, result.estimated, factor, i, j, level)
                  for factor, _ in ladder.model.factors for i, j in combinations(range(len(ladder.groups)), 2))
    return LatentMeans(result.name, ladder.partial, level, found)


def means_step(ladder: Ladder) -> StepResult | Undefined:
    """The first step with equal loadings and intercepts, in which latent means have a meaning."""
    for result in ladder.steps:
        if {"loadings", "intercepts"} <= set(result.step.equal):
            if not result.estimated.converged:
                return Undefined(f"the step {result.name} did not converge")
            return result
    return Undefined("no step holds loadings and intercepts equal")


def _holds(ladder: Ladder, result: StepResult) -> bool:
    names = [step.name for step in ladder.steps]
    return isinstance(ladder.reached, str) and names.index(ladder.reached) >= names.index(result.name)


def _difference(
    ladder: Ladder, estimated: Estimated, factor: str, i: int, j: int, level: float,
) -> LatentMean:
    reference, group = ladder.groups[i], ladder.groups[j]
    mean_i, mean_j = (_Value.of(estimated, factor, "~1", "", g + 1) for g in (i, j))
    var_i, var_j = (_Value.of(estimated, factor, "~~", factor, g + 1) for g in (i, j))
    if not mean_j.free:
        none = Undefined(f"no intercept of {factor}'s items is held equal, so that its means have no common origin")
        return LatentMean(factor, reference.label, group.label, *[none] * 10)
    if estimated.bread.negative or estimated.bread.unidentified.any():
        none = Undefined("the information matrix is not positive definite")
        return LatentMean(factor, reference.label, group.label, mean_j.value - mean_i.value, *[none] * 9)
    difference, slope = mean_j.value - mean_i.value, mean_j.slope - mean_i.slope
    se = _se(slope, estimated.vcov)
    z, pvalue, lower, upper = wald(difference, se, level)
    pooled = (reference.n * var_i.value + group.n * var_j.value) / (reference.n + group.n)
    pooled_slope = (reference.n * var_i.slope + group.n * var_j.slope) / (reference.n + group.n)
    return LatentMean(factor, reference.label, group.label, difference, se, z, pvalue, lower, upper,
                      *_standardised(difference, slope, var_i.value, var_i.slope, estimated.vcov),
                      *_standardised(difference, slope, pooled, pooled_slope, estimated.vcov))


def _standardised(
    difference: float, slope: Array, variance: float, variance_slope: Array, vcov: Array,
) -> tuple[Number, Number]:
    """d = δ/√φ and its standard error from ∇d = ∇δ/√φ − δ∇φ / (2 φ^{3/2})."""
    if variance <= 0:
        none = Undefined("the latent variance is not positive")
        return none, none
    sd = float(np.sqrt(variance))
    return difference / sd, _se(slope / sd - difference * variance_slope / (2 * sd**3), vcov)


def _se(slope: Array, vcov: Array) -> float:
    return float(np.sqrt(max(float(slope @ vcov @ slope), 0.0)))


@dataclass(frozen=True)
class _Value:
    """A row's value, its derivatives (q,) by the free parameters, and whether it is free."""

    value: float
    slope: Array
    free: bool

    @staticmethod
    def of(estimated: Estimated, lhs: str, op: str, rhs: str, group: int) -> _Value:
        row = next(row for row in estimated.problem.table.rows
                   if (row.lhs, row.op, row.rhs, row.group) == (lhs, op, rhs, group))
        slope = np.zeros(len(estimated.theta))
        if not row.free:
            return _Value(float(row.value or 0.0), slope, False)
        slope[row.free - 1] = 1.0
        return _Value(float(estimated.theta[row.free - 1]), slope, True)
