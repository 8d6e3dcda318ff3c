"""The moments of many draws at once: what a bootstrap of an ordinal model needs.

A draw is told by how often it takes each row. Without covariates a table's counts, thresholds, correlation and the
diagonal of Γ are computed for all draws together, one pair of variables after the other; the draws are a last axis of
every array. With covariates nothing reduces to tables, and each draw goes through the three stages by itself, on its
distinct rows.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from instrument.errors import InputError
from pipeline.moments.contingency import Codes, integer_codes, variable_pairs, weighted_table
from pipeline.moments.resampled_pairs import Drawn, drawn_numeric, drawn_ordered, mixed_pair, numeric_pair
from pipeline.moments.three_stage import CELLS_AT_ONCE, OrdinalMoments, three_stages
from pipeline.moments.two_way import Tables, correlate, influence, table_correlation

Array = NDArray[np.float64]

#: The last Newton step's size: steps converge quadratically, so that correlations are right to some 1e-7.
TOLERANCE = 1e-4


@dataclass(frozen=True, slots=True)
class MomentStack:
    """Moments of b draws, each in the order of :attr:`OrdinalMoments.vector`.

    Attributes
    ----------
    vector
        (b, m); NaN in a draw that is not usable.
    weight
        (b, m): 1/diag(Γ) of the draw itself, the weights of diagonally weighted least squares; NaN likewise.
    usable
        (b,) whether the draw kept every category and every moment is defined.
    """

    vector: Array
    weight: Array
    usable: NDArray[np.bool_]


def resampled_moments(Y: ArrayLike, levels: Sequence[int], counts: ArrayLike, x: ArrayLike | None = None, *,
                      start: OrdinalMoments) -> MomentStack:
    """Moments and weights of draws of rows; each equals those of :func:`ordinal_moments` on the rows drawn.

    Parameters
    ----------
    Y, levels, x
        As :func:`ordinal_moments`.
    counts
        (b, n) how often each draw takes each row.
    start
        Moments of the sample itself, where the search for each correlation begins.

    Returns
    -------
    MomentStack
        A draw that lost a category, or whose correlation is undefined or ±1, is marked and never repaired.
    """
    values = np.asarray(Y, dtype=np.float64)
    # As in lavaan, a row without any value is no case.
    case = np.logical_not(np.isnan(values)).any(axis=1)
    weights: Array = np.ascontiguousarray(np.where(case, np.asarray(counts, dtype=np.float64), 0.0).T)
    if weights.shape[1] == 0:
        nothing = np.zeros((0, len(start.vector)))
        return MomentStack(nothing, nothing.copy(), np.zeros(0, dtype=np.bool_))
    # A moment undefined in one draw must not disturb the others: it is found out at the end.
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        if x is None or np.asarray(x).shape[1] == 0:
            # Numeric variables need arrays of rows by draws: as many draws at once as stay in the processor's cache.
            draws = weights.shape[1]
            block = draws if all(levels) else max(32, CELLS_AT_ONCE // len(values))
            parts = [_without_covariates(values, levels, np.ascontiguousarray(weights[:, at:at + block]), start)
                     for at in range(0, draws, block)]
            vector, variance = (np.concatenate(part, axis=1) for part in zip(*parts, strict=True))
        else:
            vector, variance = _one_by_one(values, levels, np.asarray(x, dtype=np.float64), weights, start)
        defined = np.isfinite(vector).all(axis=0), np.isfinite(variance).all(axis=0), (variance > 0).all(axis=0)
        usable: NDArray[np.bool_] = np.logical_and.reduce(defined)
        weight = 1 / variance
    vector[:, ~usable] = weight[:, ~usable] = np.nan
    return MomentStack(np.ascontiguousarray(vector.T), np.ascontiguousarray(weight.T), usable)


def _without_covariates(values: Array, levels: Sequence[int], weights: Array,
                        start: OrdinalMoments) -> tuple[Array, Array]:
    """Moments (m, b) and the diagonals of Γ (m, b)."""
    drawn = [drawn_ordered(integer_codes(y), k, weights) if k else drawn_numeric(y, weights)
             for y, k in zip(values.T, levels, strict=True)]
    first, second = variable_pairs(len(drawn))
    pairs = [_pair(drawn[i], drawn[j], weights, start, (int(i), int(j))) for i, j in zip(first, second, strict=True)]
    numeric = [one for one in drawn if one.levels == 0]
    vector = [*(one.location for one in drawn), *(one.variance[None] for one in numeric),
              *(covariance[None] for covariance, _ in pairs)]
    gamma = [*(one.location_gamma for one in drawn), *(one.variance_gamma[None] for one in numeric),
             *(variance[None] for _, variance in pairs)]
    return np.concatenate(vector), np.concatenate(gamma)


def _pair(one: Drawn, other: Drawn, weights: Array, start: OrdinalMoments, at: tuple[int, int]) -> tuple[Array, Array]:
    """Covariances (b,) of one pair and their diagonal entries of Γ (b,)."""
    sd = np.sqrt(np.diag(start.covariance))
    rho = float(start.covariance[at] / (sd[at[0]] * sd[at[1]]))
    if one.levels and other.levels:
        return _table_pair(one, other, weights, rho)
    if one.levels:
        return mixed_pair(other, one, weights, rho, TOLERANCE)
    if other.levels:
        return mixed_pair(one, other, weights, rho, TOLERANCE)
    return numeric_pair(one, other, weights, rho, TOLERANCE)


def _table_pair(one: Drawn, other: Drawn, weights: Array, rho: float) -> tuple[Array, Array]:
    size = (one.levels, other.levels)
    counts = weighted_table(one.code, other.code, size, weights)
    own = weighted_table(one.code, other.code, size, np.ones((len(weights), 1)))
    # As the correlation of the category numbers moves, so does ρ̂, somewhat further: one step saved.
    plain = table_correlation(own)
    further = np.clip(rho / plain, 1.0, 2.0) if abs(plain[0]) > 0.1 else 1.0
    begin = np.clip(rho + further * (table_correlation(counts) - plain), -0.95, 0.95)
    tables = Tables(counts, one.location, other.location)
    found, converged = correlate(tables, begin, tolerance=TOLERANCE)
    felt = influence(tables, (one.counts, other.counts), found)
    row_only = one.counts - counts.sum(axis=1)
    column_only = other.counts - counts.sum(axis=0)
    squares = ((counts * felt.both**2).sum(axis=(0, 1)) + (row_only * felt.row_only**2).sum(axis=0)
               + (column_only * felt.column_only**2).sum(axis=0))
    defined = converged & (np.abs(found) < 1)
    return np.where(defined, found, np.nan), weights.sum(axis=0) * squares


def _one_by_one(values: Array, levels: Sequence[int], x: Array, weights: Array,
                start: OrdinalMoments) -> tuple[Array, Array]:
    """With covariates: each draw through the three stages, its distinct rows weighted."""
    sd = np.sqrt(np.diag(start.covariance))
    begin = start.covariance / np.outer(sd, sd)
    names = [str(k) for k in range(values.shape[1])]
    vector = np.full((len(start.vector), weights.shape[1]), np.nan)
    variance = vector.copy()
    for draw, count in enumerate(weights.T):
        rows: Codes = np.flatnonzero(count)
        try:
            moments = three_stages(values[rows], levels, x[rows], names=names, weights=count[rows], start=begin,
                                   tolerance=TOLERANCE)
        except InputError:
            continue
        if any(found.code == "not-converged" for found in moments.diagnoses):
            continue
        vector[:, draw], variance[:, draw] = moments.vector, np.diag(moments.gamma)
    return vector, variance
