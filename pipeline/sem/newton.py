"""Newton's method with the exact Hessian, for the few draws in which cheaper steps get nowhere.

Where a model is nearly unidentified, F has a long curved valley. Expected information and the Hessian of another sample
misjudge its shape, and hundreds of their steps lead along it; with the valley's own Hessian it is some ten.
"""

from __future__ import annotations

import numpy as np

from pipeline.sem.constraints import Restriction
from pipeline.sem.linalg import Array
from pipeline.sem.minimise import Minima
from pipeline.sem.objective import Objective

_LENGTHS = 0.5 ** np.arange(24)
_FLAT = 1e-10


def newton(
    objective: Objective, restriction: Restriction, start: Array, *, tolerance: float, steps: int = 100,
) -> Minima:
    """Search the members of a stack one by one, from ``start`` (b, q). Constraints must be linear."""
    found = [_one(objective.take(np.array([member])), restriction, at, tolerance, steps)
             for member, at in enumerate(start)]
    return Minima(np.array([f[0] for f in found]).reshape(start.shape), np.array([f[1] for f in found]),
                  np.array([f[2] <= tolerance for f in found], dtype=np.bool_), np.array([f[2] for f in found]),
                  np.array([f[3] for f in found], dtype=np.int64))


def _one(
    objective: Objective, restriction: Restriction, start: Array, tolerance: float, steps: int,
) -> tuple[Array, float, float, int]:
    """θ (q,), F, distance in standard errors (∞ unless the Hessian is positive definite), steps taken."""
    x = restriction.x(start[None])
    at = objective.evaluate(restriction.theta(x))
    value, gradient = float(at.value[0]), at.gradient[0]
    distance = np.inf
    for taken in range(steps):
        if not np.isfinite(value):
            return restriction.theta(x)[0], value, np.inf, taken
        step, distance = _step(objective, restriction, restriction.theta(x)[0], gradient)
        if distance <= tolerance:
            return restriction.theta(x)[0], value, distance, taken
        # All lengths at once cost little more than one.
        along = x + _LENGTHS[:, None] * step
        tried = objective.evaluate(restriction.theta(along))
        best, rounding = int(np.argmin(tried.value)), 1e-13 * (1 + abs(value))
        if not tried.value[best] < value - rounding:
            # So close to the minimum that F says no more, the whole step is still the best there is.
            best = 0
        if not tried.value[best] <= value + rounding:
            break
        x, value, gradient = along[best: best + 1], float(tried.value[best]), tried.gradient[best]
    return restriction.theta(x)[0], value, distance, steps


def _step(objective: Objective, restriction: Restriction, theta: Array, gradient: Array) -> tuple[Array, float]:
    """Downhill also where curvature is negative: by its size, on parameters scaled to unit curvature."""
    K = restriction.K
    hessian = 2 * K.T @ objective.hessian(theta) @ K
    diagonal = np.abs(np.diag(hessian))
    scale = np.sqrt(np.where(diagonal > 0, diagonal, 1.0))
    eigenvalues, vectors = np.linalg.eigh(hessian / np.outer(scale, scale))
    size = np.maximum(np.abs(eigenvalues), _FLAT)
    slope = vectors.T @ (gradient @ K / scale)
    length = float(np.sqrt(objective.n[0] / 2 * (slope**2 / size).sum()))
    return -(vectors @ (slope / size)) / scale, length if (eigenvalues > 0).all() else np.inf
