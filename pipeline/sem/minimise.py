"""Finding the minimum, for one data set or a stack of thousands, with the same two methods.

:func:`scoring` needs no idea where the minimum is: Fisher scoring with the expected information at each step and step
halving (Lee & Jennrich 1979), and sequential quadratic programming where constraints are not linear.
:func:`quasi_newton` starts near a minimum with one good matrix for all members and improves on it with the last
gradients (Nocedal 1980): resampled data lie near the original, so that a step costs one gradient and no matrix.

Distances are in standard errors: √(N/2 · gᵀH⁻¹g), g and H gradient and Hessian of F. An answer 1e-6 standard errors
from the minimum is exact for any use of it, whatever the units of the data.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.sem.constraints import Restriction
from pipeline.sem.linalg import Array, invert_triangle, solve_scaled
from pipeline.sem.matrices import Index
from pipeline.sem.objective import Evaluation, Objective

TOLERANCE = 1e-6
"""Distance from the minimum, in standard errors, at which a search has converged."""

_HALVINGS = 25
_MEMORY = 12


@dataclass(frozen=True, slots=True)
class Minima:
    """Where searches ended.

    Attributes
    ----------
    theta
        (b, q).
    value
        (b,) F.
    converged
        (b,) whether ``distance`` (b,) is within the tolerance and all implied matrices are positive definite.
    iterations
        (b,) steps taken.
    """

    theta: Array
    value: Array
    converged: NDArray[np.bool_]
    distance: Array
    iterations: NDArray[np.int64]


@dataclass
class _State:
    """Searches under way; rows are members of the stack."""

    x: Array
    value: Array
    slope: Array
    distance: Array
    iterations: NDArray[np.int64]

    def minima(self, restriction: Restriction, tolerance: float) -> Minima:
        converged = (self.distance <= tolerance) & np.isfinite(self.value)
        return Minima(restriction.theta(self.x), self.value, converged, self.distance, self.iterations)


def _begin(objective: Objective, restriction: Restriction, start: Array) -> _State:
    x = restriction.x(start)
    at = objective.evaluate(restriction.theta(x))
    b = len(x)
    return _State(x.copy(), at.value.copy(), at.gradient @ restriction.K, np.full(b, np.inf),
                  np.zeros(b, dtype=np.int64))


def scoring(
    objective: Objective, restriction: Restriction, start: Array, *,
    tolerance: float = TOLERANCE, steps: int = 300,
) -> Minima:
    """Fisher scoring from ``start`` (b, q)."""
    state = _begin(objective, restriction, start)
    active = np.flatnonzero(np.isfinite(state.value))
    for _ in range(steps):
        if not len(active):
            break
        part = objective.take(active)
        x, slope = state.x[active], state.slope[active]
        curvature = 2 * restriction.K.T @ part.information(restriction.theta(x)) @ restriction.K
        step, merit = _scoring_step(restriction, x, slope, curvature)
        decrement = np.einsum("bi,bij,bj->b", step, curvature, step)
        state.distance[active] = np.sqrt(np.maximum(part.n / 2 * decrement, 0)) + merit.missed(x)
        going = state.distance[active] > tolerance
        active, part, step = active[going], part.take(np.flatnonzero(going)), step[going]
        moved = _advance(part, restriction, state, active, step, merit.take(going))
        active = active[moved]
    return state.minima(restriction, tolerance)


@dataclass(frozen=True)
class _Merit:
    """What a step must lower: F, and with curved constraints F + penalty · |h| (Han 1977)."""

    restriction: Restriction
    penalty: Array

    def extra(self, x: Array) -> Array:
        if not self.restriction.curved:
            return np.zeros(len(x))
        with np.errstate(all="ignore"):
            h = self.restriction.distance_from(self.restriction.theta(x))
        result: Array = (self.penalty * np.abs(h)).sum(axis=1)
        return np.where(np.isfinite(result), result, np.inf)

    def missed(self, x: Array) -> Array:
        """How far constraints are from being met, on the scale of distances."""
        if not self.restriction.curved:
            return np.zeros(len(x))
        return self.restriction.missed(self.restriction.theta(x))

    def take(self, index: NDArray[np.bool_]) -> _Merit:
        return _Merit(self.restriction, self.penalty[index])


def _scoring_step(restriction: Restriction, x: Array, slope: Array, curvature: Array) -> tuple[Array, _Merit]:
    b, r = x.shape
    if not restriction.curved:
        return -solve_scaled(curvature, slope), _Merit(restriction, np.zeros(b))
    # In units of curvature and of slopes, so that one small number serves all parameters and constraints.
    diagonal = np.diagonal(curvature, axis1=1, axis2=2)
    scale = np.sqrt(np.where(diagonal > 0, diagonal, 1.0))
    J = restriction.slopes(x) / scale[:, None, :]
    h = restriction.distance_from(restriction.theta(x))
    m = h.shape[1]
    size = np.abs(J).max(axis=2)
    size = np.where(size > 0, size, 1.0)
    J = J / size[..., None]
    bordered = np.zeros((b, r + m, r + m))
    bordered[:, :r, :r] = curvature / (scale[:, :, None] * scale[:, None, :]) + 1e-10 * np.eye(r)
    bordered[:, r:, :r], bordered[:, :r, r:] = J, np.swapaxes(J, 1, 2)
    # Constraints that repeat each other, or have no slope here (ab at a = b = 0), would make the matrix singular.
    bordered[:, r:, r:] = -1e-12 * np.eye(m)
    solved = np.linalg.solve(bordered, -np.concatenate([slope / scale, h / size], axis=1)[..., None])[..., 0]
    return solved[:, :r] / scale, _Merit(restriction, (2 * np.abs(solved[:, r:]) + 1e-6) / size)


def _advance(
    part: Objective, restriction: Restriction, state: _State, active: Index, step: Array, merit: _Merit,
) -> NDArray[np.bool_]:
    """Take each member's step, halved until its merit falls; True for members that moved."""
    waiting = np.arange(len(active))
    moved = np.zeros(len(active), dtype=np.bool_)
    before = state.value[active] + merit.extra(state.x[active])
    size = 1.0
    for _ in range(_HALVINGS):
        if not len(waiting):
            break
        rows = active[waiting]
        x = state.x[rows] + size * step[waiting]
        here = part.take(waiting) if len(waiting) < len(active) else part
        at = here.evaluate(restriction.theta(x))
        now = at.value + _Merit(restriction, merit.penalty[waiting]).extra(x)
        lower = now <= before[waiting] + 1e-13 * (1 + np.abs(before[waiting]))
        _keep(state, rows[lower], x[lower], at, lower, restriction)
        moved[waiting[lower]] = True
        waiting = waiting[~lower]
        size /= 2
    return moved


def _keep(
    state: _State, rows: Index, x: Array, at: Evaluation, which: NDArray[np.bool_], restriction: Restriction,
) -> None:
    state.x[rows], state.value[rows] = x, at.value[which]
    state.slope[rows] = at.gradient[which] @ restriction.K
    state.iterations[rows] += 1


def quasi_newton(
    objective: Objective, restriction: Restriction, start: Array, inverse_hessian: Array, *,
    tolerance: float = TOLERANCE, steps: int = 60, last_step: bool = False,
) -> Minima:
    """Limited-memory BFGS from ``start`` (b, q) with one matrix for all. Constraints must be linear.

    Parameters
    ----------
    inverse_hessian
        (r, r) inverse of F's Hessian by x near the minima, positive definite; with any other nothing converges.
    last_step
        Whether a member within four tolerances of its minimum takes one more step, whose end is not looked at. A step
        shortens the distance to a quarter or less; ``distance`` is then a quarter of the last one measured, and
        ``value`` is from before the step (too large by the square of that distance).
    """
    try:
        root = np.linalg.cholesky(inverse_hessian)
    except np.linalg.LinAlgError:
        return _begin(objective, restriction, start).minima(restriction, tolerance)
    # In z, x = root · z, the Hessian is near the identity: directions need no matrix, and lengths are distances.
    back = invert_triangle(root)
    state = _begin(objective, restriction, start)
    per_se = np.sqrt(np.broadcast_to(objective.n, len(state.x)) / 2)
    near = 4 * tolerance if last_step else tolerance
    active = np.flatnonzero(np.isfinite(state.value))
    part, memory = objective.take(active), _Memory([], [])
    for _ in range(steps):
        slope = state.slope[active] @ root
        state.distance[active] = per_se[active] * np.sqrt(np.einsum("bi,bi->b", slope, slope))
        going = state.distance[active] > near
        if not going.all():
            if last_step:
                state.x[active[~going]] += memory.take(~going).direction(slope[~going]) @ root.T
                state.distance[active[~going]] /= 4
            active, slope, memory = active[going], slope[going], memory.take(going)
            part = part.take(np.flatnonzero(going))
        if not len(active):
            break
        x = state.x[active]
        step = memory.direction(slope) @ root.T
        moved = _advance(part, restriction, state, active, step, _Merit(restriction, np.zeros(len(active))))
        memory.remember((state.x[active] - x) @ back.T, state.slope[active] @ root - slope)
        if not moved.all():
            active, memory, part = active[moved], memory.take(moved), part.take(np.flatnonzero(moved))
    return state.minima(restriction, tolerance)


@dataclass(frozen=True)
class _Memory:
    """The last steps s and changes of slope y of every member, each (b, r), where the Hessian is near the identity."""

    s: list[Array]
    y: list[Array]

    def remember(self, s: Array, y: Array) -> None:
        self.s.append(s)
        self.y.append(y)
        del self.s[:-_MEMORY], self.y[:-_MEMORY]

    def take(self, which: NDArray[np.bool_]) -> _Memory:
        return _Memory([s[which] for s in self.s], [y[which] for y in self.y])

    def direction(self, slope: Array) -> Array:
        """−(approximate inverse Hessian) · slope, by the two loops of Nocedal 1980."""
        q, kept = slope.copy(), []
        for s, y in zip(reversed(self.s), reversed(self.y), strict=True):
            sy = np.einsum("bi,bi->b", s, y)
            # A pair without positive curvature tells nothing of a minimum.
            rho = np.where(sy > 0, 1 / np.where(sy > 0, sy, 1.0), 0.0)
            a = rho * np.einsum("bi,bi->b", s, q)
            q -= a[:, None] * y
            kept.append((s, y, rho, a))
        r = q
        for s, y, rho, a in reversed(kept):
            r += (a - rho * np.einsum("bi,bi->b", y, r))[:, None] * s
        return -r
