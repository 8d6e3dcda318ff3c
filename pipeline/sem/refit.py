"""Refitting a model to resampled data, a stack of draws at a time.

A resample lies near the original, so that its minimum is searched from the original's with the original's Hessian, and
a step costs one gradient (:func:`pipeline.sem.minimise.quasi_newton`). A draw in which a model is nearly
unidentified has a Hessian of quite another shape, and goes on with its own (:mod:`pipeline.sem.newton`). Where that
fails too, Fisher scoring tries from starting values; what still fails has not converged, and is counted as such.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from pipeline.sem.constraints import reduced_inverse
from pipeline.sem.discrepancy import Discrepancy, complete_normal
from pipeline.sem.incomplete import IncompleteNormal, incomplete_normal
from pipeline.sem.least_squares import LeastSquares
from pipeline.sem.linalg import Array, cholesky
from pipeline.sem.matrices import GroupMatrices, Implied
from pipeline.sem.minimise import Minima, quasi_newton, scoring
from pipeline.sem.newton import newton
from pipeline.sem.objective import Objective
from pipeline.sem.problem import Problem
from pipeline.sem.resampling import BLOCK
from pipeline.sem.sample import COLLINEAR
from pipeline.sem.weighted import weighted_moments

DRAW_TOLERANCE = 1e-4
"""Distance from its minimum, in standard errors, at which a draw has converged: far below what resampling adds."""

PROPER = -1e-8
"""Smallest eigenvalue, after scaling to unit diagonal, of a matrix that still counts as positive semidefinite."""

_CHUNK = 250
_STEPS = 60
"""Of one search; what takes longer is going nowhere, or would get there sooner another way."""


@dataclass(frozen=True)
class Refit:
    """A model to be fitted to many resampled versions of its data.

    Attributes
    ----------
    problem
        The model and its original data.
    rows
        (n_g, p) rows of every group to be resampled: the original ones, or transformed.
    theta
        (q,) where searches begin.
    inverse_hessian
        (r, r) inverse of F's Hessian there, by the reduced parameters; None if it is of no use, or if constraints are
        not linear: then Fisher scoring does it all, from ``theta`` first.
    cold
        (q,) starting values for draws that fail from ``theta``.
    """

    problem: Problem
    rows: tuple[Array, ...]
    theta: Array
    inverse_hessian: Array | None
    cold: Array
    tolerance: float

    @property
    def chunk(self) -> int:
        """Draws to a stack: as many as keep its arrays to some tens of megabytes, and no other number ever."""
        size = _CHUNK
        rows = sum(len(X) for X in self.rows)
        size = min(size, int(2e7 / rows))
        for data in self.problem.objective.data:
            if isinstance(data, IncompleteNormal):
                size = min(size, int(2e6 / max(1, data.patterns.incomplete.size)), int(8e6 / rows))
        return max(1, size // BLOCK) * BLOCK

    def objective(self, counts: Sequence[NDArray[np.generic]]) -> tuple[Objective, NDArray[np.bool_]]:
        """The model on rows counted (b, n_g) a group, and (b,) which members have data that can be fitted."""
        data: list[Discrepancy] = []
        usable = np.ones(len(counts[0]), dtype=np.bool_)
        original = self.problem.objective
        for X, weights, own in zip(self.rows, counts, original.data, strict=True):
            if isinstance(own, LeastSquares) and own.resample is not None:
                resampled, defined = own.resample(weights)
                data.append(resampled)
                usable &= defined
            elif isinstance(own, IncompleteNormal):
                floats = weights.astype(np.float64)
                data.append(incomplete_normal(own.patterns, floats))
                usable &= _varying(X, floats)
            else:
                n, mean, cov = weighted_moments(X, weights)
                data.append(complete_normal(n, mean, cov, means=self.problem.table.meanstructure))
                usable &= _invertible(cov, np.diag(own.cov[0]))
        return replace(original, data=tuple(data)), usable

    def minima(self, objective: Objective, usable: NDArray[np.bool_]) -> Minima:
        """Where every member's search ends; members that cannot be fitted are not converged, with θ NaN."""
        b, q = len(usable), len(self.theta)
        theta, value, distance = np.full((b, q), np.nan), np.full(b, np.inf), np.full(b, np.inf)
        converged, steps = np.zeros(b, dtype=np.bool_), np.zeros(b, dtype=np.int64)
        for attempt in self._attempts():
            left = np.flatnonzero(usable & ~converged)
            if not len(left):
                break
            found = _guarded(objective.take(left), attempt, theta[left])
            theta[left], value[left], distance[left] = found.theta, found.value, found.distance
            converged[left] = found.converged
            steps[left] += found.iterations
        theta[~converged] = np.nan
        return Minima(theta, value, converged, distance, steps)

    def _attempts(self) -> list[_Attempt]:
        cold = _Attempt(self, "scoring", self.cold)
        if self.inverse_hessian is None:
            return [_Attempt(self, "scoring", self.theta), cold]
        return [_Attempt(self, "quasi-newton", self.theta), _Attempt(self, "newton", None), cold]


@dataclass(frozen=True)
class _Attempt:
    """One way of searching, from ``start`` (q,) or, if it is None, from where the search before it ended."""

    refit: Refit
    method: Literal["quasi-newton", "newton", "scoring"]
    start: Array | None

    def search(self, objective: Objective, reached: Array) -> Minima:
        start = reached if self.start is None else np.repeat(self.start[None], len(reached), axis=0)
        restriction, tolerance = self.refit.problem.restriction, self.refit.tolerance
        if self.method == "newton":
            return newton(objective, restriction, start, tolerance=tolerance)
        if self.method == "scoring" or self.refit.inverse_hessian is None:
            return scoring(objective, restriction, start, tolerance=tolerance, steps=_STEPS)
        return quasi_newton(
            objective, restriction, start, self.refit.inverse_hessian, tolerance=tolerance, steps=_STEPS,
            last_step=True)


def _guarded(objective: Objective, attempt: _Attempt, reached: Array) -> Minima:
    """Search; a member that meets a singular matrix on its way must not take the stack with it."""
    try:
        return attempt.search(objective, reached)
    except np.linalg.LinAlgError:
        pass
    parts = []
    for member, last in enumerate(reached):
        try:
            parts.append(attempt.search(objective.take(np.array([member])), last[None]))
        except np.linalg.LinAlgError:
            lost = np.full(1, np.inf)
            parts.append(Minima(last[None], lost, np.zeros(1, dtype=np.bool_), lost, np.zeros(1, dtype=np.int64)))
    return Minima(*(np.concatenate([getattr(part, name) for part in parts])
                    for name in ("theta", "value", "converged", "distance", "iterations")))


def refit(problem: Problem, theta: Array, *, tolerance: float = DRAW_TOLERANCE) -> Refit:
    """Refits of a model from its minimum ``theta`` (q,)."""
    curved = problem.restriction.curved
    inverse = None if curved else reduced_inverse(problem.restriction, problem.objective.hessian(theta))
    return Refit(problem, tuple(group.X for group in problem.sample.groups), theta, inverse, problem.start(),
                 tolerance)


def _varying(X: Array, weights: Array) -> NDArray[np.bool_]:
    """(b,) whether every variable still varies among the values that are there."""
    seen = ~np.isnan(X)
    mean, variance = np.nanmean(X, axis=0), np.nanvar(X, axis=0)
    D = np.where(seen, X - mean, 0.0)
    n = np.maximum(weights @ seen.astype(np.float64), 1e-300)
    left: NDArray[np.bool_] = (weights @ D**2 / n - (weights @ D / n) ** 2 > COLLINEAR * variance).all(axis=1)
    return left


def _invertible(covs: Array, variances: Array) -> NDArray[np.bool_]:
    """(b,) whether variables vary and none is a linear combination of those before it.

    A resample can lose a rare category, or repeat so few rows that nothing can be inverted.
    """
    own = np.diagonal(covs, axis1=-2, axis2=-1)
    factor, positive = cholesky(covs)
    unexplained = np.diagonal(factor, axis1=-2, axis2=-1) ** 2
    result: NDArray[np.bool_] = (
        positive & (own > COLLINEAR * variances).all(axis=-1) & (unexplained > COLLINEAR * own).all(axis=-1))
    return result


def admissible(groups: Sequence[GroupMatrices], implied: Sequence[Implied]) -> NDArray[np.bool_]:
    """(b,) whether a population could look like this.

    No variance of a residual, a disturbance or a latent variable is negative, and the residual covariance matrices and
    that of the latent variables are positive semidefinite. A variance of 0 is admissible.
    """
    proper = np.ones(len(implied[0].Sigma), dtype=np.bool_)
    for group, at in zip(groups, implied, strict=True):
        latent = np.flatnonzero([name not in group.observed for name in group.etas])
        for matrices in (at.Theta, at.Psi, at.C[:, latent[:, None], latent]):
            proper &= _semidefinite(matrices)
    return proper


def _semidefinite(matrices: Array) -> NDArray[np.bool_]:
    """(b,) by the smallest eigenvalue after scaling to unit diagonal, so that units of measurement do not matter."""
    order = matrices.shape[-1]
    if not order:
        return np.ones(len(matrices), dtype=np.bool_)
    diagonal = np.diagonal(matrices, axis1=-2, axis2=-1)
    proper: NDArray[np.bool_] = np.min(diagonal, axis=-1) >= 0
    # Uncorrelated variables, most residuals, need no eigenvalue.
    related = (matrices != 0).any(axis=0) & ~np.eye(order, dtype=np.bool_)
    some = np.flatnonzero(related.any(axis=0))
    if len(some):
        scale = np.sqrt(np.where(diagonal > 0, diagonal, 1.0))[:, some]
        block = matrices[:, some[:, None], some] / (scale[:, :, None] * scale[:, None, :])
        smallest: Array = np.linalg.eigvalsh(block)[:, 0]
        proper = np.logical_and(proper, smallest >= PROPER)
    return proper
