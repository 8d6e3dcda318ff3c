"""Fit of two nested steps in many permutations of the groups at once.

Every group may have any row: a permutation is weights 0 and 1 on the rows of all groups together, and refitting it is
refitting a resample (:mod:`pipeline.sem.refit`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from pipeline.sem import indices as kernel
from pipeline.sem.constraints import reduced_inverse, restriction
from pipeline.sem.discrepancy import CompleteNormal
from pipeline.sem.incomplete import IncompleteNormal
from pipeline.sem.least_squares import WeightedObjective
from pipeline.sem.linalg import Array
from pipeline.sem.matrices import Index, group_matrices
from pipeline.sem.minimise import scoring
from pipeline.sem.objective import Objective
from pipeline.sem.problem import Problem, pose
from pipeline.sem.refit import DRAW_TOLERANCE, Refit
from pipeline.sem.syntax import parse_model
from pipeline.sem.table import parameter_table
from pipeline.undefined import Number, Undefined

__all__ = ["PermutedSteps", "number_or_nan", "permuted_steps"]


def permuted_steps(
    restricted: Problem, larger: Problem, df: tuple[int, int], tolerance: float = DRAW_TOLERANCE,
) -> PermutedSteps:
    """Both steps made ready to be refitted to permuted groups."""
    gaps = isinstance(restricted.objective.data[0], IncompleteNormal)
    return PermutedSteps(_pooled(restricted, tolerance), _pooled(larger, tolerance), df,
                         _pooled(_unrestricted(restricted), tolerance) if gaps else None)


def _pooled(problem: Problem, tolerance: float) -> Refit:
    """Refits in which every group may have any row.

    Searches begin where the model fits groups that all have the pooled moments, around which those of permuted groups
    lie.
    """
    sizes = [group.n for group in problem.sample.groups]
    rows = np.concatenate([group.X for group in problem.sample.groups])
    everywhere = replace(problem.sample, groups=tuple(replace(group, X=rows) for group in problem.sample.groups))
    problem = replace(problem, objective=pose(problem.table, everywhere).objective)
    plan = Refit(problem, (rows,) * len(sizes), problem.start(), None, problem.start(), tolerance)
    objective, _ = plan.objective([np.full((1, len(rows)), size / len(rows)) for size in sizes])
    found = scoring(objective, problem.restriction, plan.theta[None])
    if not found.converged[0] or problem.restriction.curved:
        return plan
    theta = found.theta[0]
    return replace(plan, theta=theta, inverse_hessian=reduced_inverse(problem.restriction, objective.hessian(theta)))


def _unrestricted(problem: Problem) -> Problem:
    """The model in which every mean, variance and covariance is free in every group."""
    names = problem.table.observed
    text = "\n".join(f"{name} ~~ {' + '.join(names[i:])}\n{name} ~ 1" for i, name in enumerate(names))
    table = parameter_table(parse_model(text), names, groups=problem.table.groups, meanstructure=True)
    return replace(problem, table=table, restriction=restriction(table),
                   objective=Objective(group_matrices(table), problem.objective.data, table.n_free))


@dataclass(frozen=True)
class PermutedSteps:
    """Both steps' refits, their degrees of freedom, and refits of the unrestricted moments where values are missing."""

    restricted: Refit
    larger: Refit
    df: tuple[int, int]
    unrestricted: Refit | None

    @property
    def chunk(self) -> int:
        return min(self.restricted.chunk, self.larger.chunk)

    def changes(self, members: Sequence[NDArray[np.bool_]]) -> Array:
        """(b, 4) changes of χ², CFI, RMSEA and SRMR by the restrictions; NaN where a step did not converge.

        ``members`` are (b, N) a group: which of all rows it has.
        """
        objective, usable = self.restricted.objective(members)
        bounds = (_complete(objective) if self.unrestricted is None
                  else _incomplete(self.unrestricted, objective, usable))
        fits = [_fits(refit, _on(refit, objective), usable, bounds, df)
                for refit, df in zip((self.restricted, self.larger), self.df, strict=True)]
        changes: Array = fits[0] - fits[1]
        return changes


def _on(refit: Refit, objective: Objective) -> Objective:
    """A step's model on the data of an objective."""
    return replace(refit.problem.objective, data=objective.data)


@dataclass(frozen=True)
class _Bounds:
    """Between what fit is measured, in every draw.

    Attributes
    ----------
    deviance
        (b,) of the unrestricted moments: what N·F is above. 0 but for data with missing values.
    baseline
        (b,) χ² of uncorrelated variables.
    mean, cov
        (b, p) and (b, p, p) unrestricted moments of each group; empty for least squares, which have them in their data.
    """

    deviance: Array
    baseline: Array
    mean: tuple[Array, ...] = ()
    cov: tuple[Array, ...] = ()


def _complete(objective: Objective) -> _Bounds:
    if isinstance(objective, WeightedObjective):
        places = [responses.layout.covariance for responses in objective.responses]
        weighted = np.sum([data.n * (data.weight[:, at] * data.vector[:, at] ** 2).sum(axis=1)
                           for data, at in zip(objective.squares, places, strict=True)], axis=0)
        return _Bounds(np.zeros(len(weighted)), weighted)
    data = [own for own in objective.data if isinstance(own, CompleteNormal)]
    baseline = np.sum([own.n * (np.log(np.diagonal(own.cov, axis1=1, axis2=2)).sum(axis=1) + own.cov.shape[-1]
                                - own.constant) for own in data], axis=0)
    return _Bounds(np.zeros(len(baseline)), baseline, tuple(own.mean for own in data), tuple(own.cov for own in data))


def _incomplete(unrestricted: Refit, objective: Objective, usable: NDArray[np.bool_]) -> _Bounds:
    full = _on(unrestricted, objective)
    found = unrestricted.minima(full, usable)
    good = np.flatnonzero(found.converged)
    deviance = np.where(found.converged, full.n * found.value, np.nan)
    mean, cov = [], []
    for moments in full.take(good).implied(found.theta[good]) if len(good) else ():
        own_mean, own_cov = (np.full((len(usable), *part.shape[1:]), np.nan) for part in (moments.mu, moments.Sigma))
        own_mean[good], own_cov[good] = moments.mu, moments.Sigma
        mean.append(own_mean)
        cov.append(own_cov)
    baseline = sum((_independent(d) for d in objective.data if isinstance(d, IncompleteNormal)), start=-deviance)
    return _Bounds(deviance, baseline, tuple(mean), tuple(cov))


def _independent(data: IncompleteNormal) -> Array:
    """(b,) −2 log L, without 2π, of uncorrelated variables with the means and variances of their observed values."""
    # Sums about the centre, over complete rows and then over incomplete ones.
    whole, shift = data.whole_n[:, None], data.whole_mean - data.centre
    n = whole + np.einsum("iib->bi", data.together)
    first = whole * shift + np.einsum("iib->bi", data.crossed)
    second = whole * (np.diagonal(data.whole_cov, axis1=1, axis2=2) + shift**2) + np.einsum("iib->bi", data.products)
    variances = second / n - (first / n) ** 2
    result: Array = (n * (np.log(variances) + 1)).sum(axis=1)
    return result


def _fits(refit: Refit, objective: Objective, usable: NDArray[np.bool_], bounds: _Bounds, df: int) -> Array:
    """(b, 4) χ², CFI, RMSEA and SRMR; NaN where there is no minimum."""
    found = refit.minima(objective, usable)
    fits = np.full((len(usable), 4), np.nan)
    good = np.flatnonzero(found.converged & np.isfinite(bounds.deviance))
    if not len(good):
        return fits
    groups, p = len(objective.data), objective.groups[0].p
    n = refit.problem.n - (groups if isinstance(objective, WeightedObjective) else 0)
    chisq = objective.n * found.value - bounds.deviance
    srmr = _srmr(objective.take(good), found.theta[good], good, bounds, refit.problem.shares)
    for k, residual in zip(good, srmr, strict=True):
        fits[k] = (chisq[k], number_or_nan(kernel.cfi(chisq[k], df, bounds.baseline[k], groups * p * (p - 1) // 2)),
                   number_or_nan(kernel.rmsea(chisq[k], df, n, groups)), residual)
    return fits


def _srmr(objective: Objective, theta: Array, draws: Index, bounds: _Bounds, shares: Sequence[float]) -> Array:
    """(b,) SRMR of the converged ``draws``, groups weighted by n_g/N."""
    total = np.zeros(len(draws))
    if isinstance(objective, WeightedObjective):
        for share, responses, data, vector in zip(
                shares, objective.responses, objective.squares, objective.vectors(theta), strict=True):
            where, p = responses.layout, responses.base.p
            sd = np.ones((len(draws), p))
            sd[:, where.variance_of] = np.sqrt(data.vector[:, where.variance])
            residual = (data.vector - vector.real)[:, where.covariance] / (sd[:, where.i] * sd[:, where.j])
            total += share * np.sqrt((residual**2).sum(axis=1) / (residual.shape[1] + p))
        return total
    for share, cov, mean, at in zip(shares, bounds.cov, bounds.mean, objective.implied(theta), strict=True):
        total += share * np.array([kernel.srmr(cov[k], at.Sigma[i], mean[k] - at.mu[i])
                                   for i, k in enumerate(draws)])
    return total


def number_or_nan(value: Number) -> float:
    """A number for arrays, in which NaN marks what is undefined."""
    return float("nan") if isinstance(value, Undefined) else value
