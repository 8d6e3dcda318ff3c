"""Counts of categories and of pairs of categories, for all pairs of variables at once and for stacks of row weights."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.sparse import csr_matrix

Array = NDArray[np.float64]
Codes = NDArray[np.int64]

#: A value that is missing, in a matrix of codes.
MISSING = -1


def integer_codes(Y: ArrayLike) -> Codes:
    """Codes 0..K−1 as integers, :data:`MISSING` where ``Y`` (n, p) holds NaN."""
    values = np.asarray(Y, dtype=np.float64)
    codes: Codes = np.where(np.isnan(values), MISSING, values).astype(np.int64)
    return codes


def variable_pairs(p: int) -> tuple[Codes, Codes]:
    """(first, second), each (p(p − 1)/2,): the strict lower triangle column by column, ``first`` < ``second``."""
    first, second = np.triu_indices(p, 1)
    return first.astype(np.int64), second.astype(np.int64)


def margin(codes: Codes, levels: int, weights: Array) -> Array:
    """How often each category was answered.

    Parameters
    ----------
    codes
        (n,) of one variable.
    levels
        K, the number of categories.
    weights
        (n,) or (n, b): how often each row counts.

    Returns
    -------
    (K,) or (K, b).
    """
    rows = np.flatnonzero(codes != MISSING)
    return _sums(codes[rows], rows, levels, weights)


def two_way_tables(codes: Codes, levels: Sequence[int] | Codes, first: Codes, second: Codes,
                   weights: Array) -> list[Array]:
    """The two-way table of every pair, rows that miss either variable left out.

    One matrix product of the indicators of all categories holds every table.

    Parameters
    ----------
    codes
        (n, p), 0..K−1 or :data:`MISSING`.
    levels
        (p,) numbers of categories.
    first, second
        (m,) columns of each pair.
    weights
        (n,) how often each row counts.

    Returns
    -------
    m tables (K_first, K_second).
    """
    start = np.concatenate([[0], np.cumsum(levels)])
    rows, columns = np.nonzero(codes != MISSING)
    indicators = np.zeros((len(codes), int(start[-1])), dtype=np.float64)
    indicators[rows, start[columns] + codes[rows, columns]] = 1.0
    every = indicators.T @ (weights[:, None] * indicators)
    return [every[start[i]:start[i + 1], start[j]:start[j + 1]] for i, j in zip(first, second, strict=True)]


def weighted_table(one: Codes, other: Codes, levels: tuple[int, int], weights: Array) -> Array:
    """The two-way tables of one pair for a stack of row weights.

    Parameters
    ----------
    one, other
        (n,) codes.
    levels
        (R, C) numbers of categories.
    weights
        (n, b) how often each row counts.

    Returns
    -------
    (R, C, b).
    """
    rows = np.flatnonzero((one != MISSING) & (other != MISSING))
    cells = one[rows] * levels[1] + other[rows]
    return _sums(cells, rows, levels[0] * levels[1], weights).reshape(*levels, weights.shape[1])


def _sums(cell: Codes, rows: Codes, cells: int, weights: Array) -> Array:
    """(cells, …): of each cell, the weights of its rows; every row belongs to one cell, hence a sparse product."""
    indicator = csr_matrix((np.ones(len(rows)), (cell, rows)), shape=(cells, len(weights)))
    return np.asarray(indicator @ weights, dtype=np.float64)
