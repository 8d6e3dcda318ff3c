"""Oblique rotation by gradient projection, from many starting points at once: geomin and target rotation.

Jennrich (2002): the loadings are A(Tᵀ)⁻¹, the columns of T have length 1; each step goes down the gradient of the
criterion, projected on that constraint, and back onto it. GPArotation's ``GPFoblq`` is the same search from one start.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from pipeline.measurement.complete import Matrix, Vector

Criterion = Callable[[Matrix], tuple[Vector, Matrix]]
"""Loadings (s, p, m) of s solutions → values (s,), smaller is simpler, and their derivatives (s, p, m)."""

GRADIENT = 1e-6
"""Length of the projected gradient at which a search has arrived; GPArotation stops at 1e-5."""
STEPS, HALVINGS = 2000, 10
SAME = 1e-4
"""Two solutions whose criteria differ by less than this part are one."""


@dataclass(frozen=True, slots=True, eq=False)
class Projected:
    """The best solution of a search from several starts.

    Attributes
    ----------
    loadings, phi
        (p, m) and (m, m).
    value
        The criterion, the smallest found.
    converged
        Whether the search that found it arrived.
    starts, starts_at_best, local_solutions
        Starting points, how many of them ended there, and how many different other minima the rest ended in.
    """

    loadings: Matrix
    phi: Matrix
    value: float
    converged: bool
    starts: int
    starts_at_best: int
    local_solutions: int


def geomin(epsilon: float = 0.01) -> Criterion:
    """Σ_i (Π_f (λ_if² + ε))^(1/m): small where each item has a loading near 0 (Yates 1987; Browne 2001, eq. 9)."""

    def criterion(loadings: Matrix) -> tuple[Vector, Matrix]:
        m = loadings.shape[2]
        squared = loadings**2 + epsilon
        products = np.exp(np.log(squared).sum(axis=2, keepdims=True) / m)
        return products.sum(axis=(1, 2)), 2 / m * loadings / squared * products

    return criterion


def towards(target: Matrix) -> Criterion:
    """Σ (λ_if − b_if)² over the cells of ``target`` (p, m) that are not NaN (Browne 1972, oblique)."""
    weight = ~np.isnan(target)
    aim = np.where(weight, target, 0.0)

    def criterion(loadings: Matrix) -> tuple[Vector, Matrix]:
        off = np.where(weight, loadings - aim, 0.0)
        return (off**2).sum(axis=(1, 2)), 2 * off

    return criterion


def starting_points(m: int, starts: int, seed: int) -> Matrix:
    """The identity and ``starts`` − 1 random orthogonal matrices (starts, m, m), uniform (Stewart 1980)."""
    points = np.empty((starts, m, m))
    points[0] = np.eye(m)
    for point, child in zip(points[1:], np.random.SeedSequence(seed).spawn(starts - 1), strict=True):
        Q, R = np.linalg.qr(np.random.default_rng(child).standard_normal((m, m)))
        point[:] = Q * np.sign(np.diag(R))
    return points


def project(A: Matrix, criterion: Criterion, starts: Matrix) -> Projected:
    """Rotate unrotated loadings ``A`` (p, m) from each of ``starts`` (s, m, m), and keep the best that arrived."""
    T = np.array(starts)
    values, gradients, loadings = _at(A, T, criterion)
    step = np.ones(len(T))
    arrived = np.zeros(len(T), dtype=bool)
    for _ in range(STEPS):
        active = np.flatnonzero(~arrived)
        projected = _projected(T[active], gradients[active])
        length = np.linalg.norm(projected, axis=(1, 2))
        arrived[active] = length < GRADIENT
        going = length >= GRADIENT
        active, projected, length = active[going], projected[going], length[going]
        if not active.size:
            break
        step[active] *= 2
        _descend(A, criterion, T, values, gradients, loadings, step, active, projected, length)
    # A search that has not arrived is kept only if none has.
    best = int(np.argmin(np.where(arrived, values, np.inf) if arrived.any() else values))
    ends = np.sort(values[arrived])
    gaps = np.diff(ends, prepend=ends[:1]) > SAME * max(abs(float(values[best])), SAME)
    at_best = int(np.argmax(gaps)) if gaps.any() else len(ends)
    return Projected(loadings[best], T[best].T @ T[best], float(values[best]), bool(arrived[best]), len(T),
                     at_best, int(gaps.sum()))


def _descend(
    A: Matrix, criterion: Criterion, T: Matrix, values: Vector, gradients: Matrix, loadings: Matrix, step: Vector,
    active: np.ndarray, projected: Matrix, length: Vector,
) -> None:
    """One step of each ``active`` search, halved until it is worth its length; changes the arrays in place."""
    left = np.arange(len(active))
    for halving in range(HALVINGS + 1):
        at = active[left]
        moved = T[at] - step[at, None, None] * projected[left]
        moved /= np.linalg.norm(moved, axis=1, keepdims=True)
        new_values, new_gradients, new_loadings = _at(A, moved, criterion)
        enough = values[at] - new_values > 0.5 * length[left] ** 2 * step[at]
        if halving == HALVINGS:
            enough[:] = True  # too small a step to tell; the next gradient decides
        done = at[enough]
        T[done], values[done] = moved[enough], new_values[enough]
        gradients[done], loadings[done] = new_gradients[enough], new_loadings[enough]
        left = left[~enough]
        if not left.size:
            return
        step[active[left]] /= 2


def _at(A: Matrix, T: Matrix, criterion: Criterion) -> tuple[Vector, Matrix, Matrix]:
    """Criterion (s,), its gradient by T (s, m, m), and loadings A(Tᵀ)⁻¹ (s, p, m)."""
    inverse = np.linalg.inv(T)
    loadings = A @ inverse.transpose(0, 2, 1)
    values, by_loading = criterion(loadings)
    return values, -(loadings.transpose(0, 2, 1) @ by_loading @ inverse).transpose(0, 2, 1), loadings


def _projected(T: Matrix, gradient: Matrix) -> Matrix:
    """The gradient less what only stretches the columns of ``T``."""
    result: Matrix = gradient - T * (T * gradient).sum(axis=1, keepdims=True)
    return result
