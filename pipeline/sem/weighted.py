"""Sums over weighted rows, for a stack of weights at once: the only thing that ever looks at every row.

Rows enter some thousands at a time, so that memory does not grow with them.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pipeline.sem.linalg import Array

_ROWS = 4096
_CELLS = 4_000_000


def weighted_moments(rows: Array, weights: NDArray[np.generic]) -> tuple[Array, Array, Array]:
    """Counts (b,), means (b, p) and covariances (b, p, p), divided by the count, of rows (n, p) counted (b, n) times.

    Where nothing is counted, means and covariances are 0.
    """
    b, p = len(weights), rows.shape[1]
    # About the overall mean, so that large means do not cancel the digits of small variances.
    centre = rows.mean(axis=0) if len(rows) else np.zeros(p)
    ends = np.cumsum([0, *range(p, 0, -1)])
    n, first, second = np.zeros(b), np.zeros((b, p)), np.zeros((b, ends[-1]))
    for start in range(0, len(rows), _ROWS):
        block = rows[start: start + _ROWS] - centre
        counted = weights[:, start: start + _ROWS].astype(np.float64)
        products = np.empty((len(block), ends[-1]))
        for j in range(p):
            np.multiply(block[:, j:], block[:, j: j + 1], out=products[:, ends[j]: ends[j + 1]])
        n += counted.sum(axis=1)
        first += counted @ block
        second += counted @ products
    safe = np.where(n > 0, n, 1.0)[:, None]
    means = first / safe
    upper = np.triu_indices(p)
    covs = np.empty((b, p, p))
    covs[:, upper[0], upper[1]] = covs[:, upper[1], upper[0]] = second / safe
    covs -= means[:, :, None] * means[:, None, :]
    return n, means + centre, covs


def weighted_products(left: Array, right: Array, weights: Array) -> Array:
    """(p, p, b) Σ w left rightᵀ over rows (n, p) counted ``weights`` (n, b)."""
    n, p = left.shape
    total = np.zeros((p * p, weights.shape[1]))
    size = max(1, _CELLS // (p * p))
    for start in range(0, n, size):
        block = slice(start, start + size)
        total += (left[block, :, None] * right[block, None, :]).reshape(-1, p * p).T @ weights[block]
    return total.reshape(p, p, -1)
