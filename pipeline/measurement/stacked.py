"""Inverses of many small positive definite matrices at once.

The stack is the last axis, so each step of an elimination is one pass over contiguous numbers; for matrices of a few
rows that is some ten times faster than a call of LAPACK for each. Rows are never exchanged, which positive definite
matrices do not need: a matrix is positive definite exactly if all its pivots are positive.
"""

from __future__ import annotations

import math
from functools import reduce

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Flags = NDArray[np.bool_]

_ROUNDING = 1e-14
"""A pivot below this share of its diagonal element is rounding error."""


def inverses(matrices: Array) -> tuple[Array, Flags]:
    """Inverses of symmetric ``matrices`` (k, k, n) by Gauss and Jordan, and (n,) which are positive definite.

    An inverse is without meaning where the matrix is not positive definite.
    """
    A = np.array(matrices, dtype=float)
    positive = np.ones(A.shape[-1], dtype=bool)
    for place in range(len(A)):
        pivot, above = _pivot(A[place, place])
        positive &= above
        row = A[place] / pivot
        column = A[:, place].copy()
        A -= column[:, None] * row
        A[place] = row
        A[:, place] = -column / pivot
        A[place, place] = 1 / pivot
    return A, positive


def positive_definite(matrices: Array) -> Flags:
    """(n,) which of symmetric ``matrices`` (k, k, n) are positive definite."""
    A = np.array(matrices, dtype=float)
    positive = np.ones(A.shape[-1], dtype=bool)
    # What overflows behind a tiny pivot makes a later one negative or NaN, and so is found out.
    with np.errstate(over="ignore", invalid="ignore"):
        for place in range(len(A)):
            pivot, above = _pivot(A[place, place])
            positive &= above
            below = A[place, place + 1:]
            A[place + 1:, place + 1:] -= below[:, None] * (below / pivot)
    return positive


def solutions(matrices: Array, right: Array) -> Array:
    """x (k, n) with A·x = ``right`` (k, n) for positive definite ``matrices`` (k, k, n).

    An unknown whose pivot is lost in rounding becomes 0: a step that cannot be told is not taken.
    """
    A, x = np.array(matrices, dtype=float), np.array(right, dtype=float)
    k = len(A)
    least = _ROUNDING * np.einsum("iin->in", A)
    for place in range(k):
        pivot = np.where(A[place, place] > least[place], A[place, place], np.inf)
        share = A[place, place + 1:] / pivot
        A[place + 1:, place + 1:] -= A[place, place + 1:][:, None] * share
        x[place + 1:] -= share * x[place]
        x[place] /= pivot
        A[place, place + 1:] = share
    for place in range(k - 2, -1, -1):
        x[place] -= total(A[place, place + 1:] * x[place + 1:])
    return x


def total(numbers: Array) -> Array:
    """(n,) sums over all axes of ``numbers`` (..., n) but the last, always in the same order.

    NumPy's own order of adding depends on the shape; a matrix must come out alike to the last bit in whatever stack.
    """
    flat = numbers.reshape(math.prod(numbers.shape[:-1]), numbers.shape[-1])
    return reduce(np.add, flat[1:], flat[0].copy())


def _pivot(element: Array) -> tuple[Array, Flags]:
    """The element to divide by, 1 where it is not positive, and where it is."""
    above = element > 0
    return np.where(above, element, 1.0), above
