"""Linear algebra on stacks of small positive definite matrices.

Thousands of matrices of order 20 to 40 are inverted in every step of a bootstrap; library routines spend most of
their time there. Cholesky factors are cheap, and a triangle is inverted by halves with matrix products only, which
run several times faster on a stack than a general inverse does.
"""

from __future__ import annotations

from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import ThreadpoolController  # type: ignore[import-untyped]

Array = NDArray[np.floating[Any]]
Bools = NDArray[np.bool_]
Field = NDArray[Any]
"""Real, or complex while a derivative is taken by a complex step."""

_SMALL = 6
"""Triangles up to this order are inverted directly."""


@cache
def _controller() -> ThreadpoolController:
    return ThreadpoolController()


def one_thread() -> AbstractContextManager[Any]:
    """Within it, matrix products use one thread: on matrices this small, more cost more than they save."""
    limit: AbstractContextManager[Any] = _controller().limit(limits=1, user_api="blas")
    return limit


@dataclass(frozen=True, slots=True)
class Inverse:
    """Inverses of a stack of symmetric matrices.

    Attributes
    ----------
    inverse
        (b, p, p).
    logdet
        (b,) logarithms of the determinants; NaN while a complex step is taken, where no value is wanted.
    positive
        (b,) True where the matrix is positive definite; elsewhere the inverse is of no use.
    """

    inverse: Field
    logdet: Array
    positive: NDArray[np.bool_]


def inverse(matrices: Field) -> Inverse:
    """Invert a stack (b, p, p) of symmetric matrices and say which are positive definite."""
    if np.iscomplexobj(matrices):
        count = len(matrices)
        return Inverse(np.linalg.inv(matrices), np.full(count, np.nan), np.ones(count, dtype=np.bool_))
    factor, positive = cholesky(matrices)
    triangle = invert_triangle(factor)
    logdet = 2 * np.log(np.diagonal(factor, axis1=-2, axis2=-1)).sum(axis=-1)
    return Inverse(np.swapaxes(triangle, -1, -2) @ triangle, logdet, positive)


def cholesky(matrices: Array) -> tuple[Array, NDArray[np.bool_]]:
    """Lower factors (b, p, p), and (b,) whether there is one; without one, the factor is the identity."""
    try:
        factors = np.linalg.cholesky(matrices)
        # A factor of NaN or infinite numbers is none, though the library may not say so.
        if np.isfinite(factors[:, -1:, -1:]).all():
            return factors, np.ones(len(matrices), dtype=np.bool_)
    except np.linalg.LinAlgError:
        pass
    factors = np.tile(np.eye(matrices.shape[-1]), (len(matrices), 1, 1))
    positive = np.zeros(len(matrices), dtype=np.bool_)
    for index, matrix in enumerate(matrices):
        try:
            factor = np.linalg.cholesky(matrix)
        except np.linalg.LinAlgError:
            continue
        if np.isfinite(factor[-1:, -1:]).all():
            factors[index], positive[index] = factor, True
    return factors, positive


def invert_triangle(lower: Array) -> Array:
    """Inverses of lower triangles (b, p, p), by halves: [[A, 0], [B, C]]⁻¹ = [[A⁻¹, 0], [−C⁻¹BA⁻¹, C⁻¹]]."""
    order = lower.shape[-1]
    if order <= _SMALL:
        return np.linalg.inv(lower)
    half = order // 2
    top, bottom = invert_triangle(lower[..., :half, :half]), invert_triangle(lower[..., half:, half:])
    result = np.zeros_like(lower)
    result[..., :half, :half] = top
    result[..., half:, half:] = bottom
    result[..., half:, :half] = -bottom @ lower[..., half:, :half] @ top
    return result


def solve_scaled(matrices: Field, right: Field) -> Field:
    """Solve (b, q, q) x = (b, q) after scaling to unit diagonal, with a trace of ridge where a matrix is singular.

    A direction step only needs to lead downhill; whether parameters are identified is asked elsewhere, at the minimum.
    """
    diagonal = np.abs(np.diagonal(matrices, axis1=-2, axis2=-1))
    scale = np.sqrt(np.where(diagonal > 0, diagonal, 1.0))
    scaled = matrices / (scale[..., :, None] * scale[..., None, :])
    rungs = np.arange(matrices.shape[-1])
    scaled[..., rungs, rungs] += 1e-11
    try:
        solution = np.linalg.solve(scaled, (right / scale)[..., None])[..., 0]
    except np.linalg.LinAlgError:
        scaled[..., rungs, rungs] += 1e-6
        solution = np.linalg.solve(scaled, (right / scale)[..., None])[..., 0]
    result: Field = solution / scale
    return result
