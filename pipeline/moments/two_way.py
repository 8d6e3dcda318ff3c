"""Polychoric correlations from two-way tables: maximum likelihood in ρ given the thresholds, and their influences.

Olsson (1979), two-step estimator: the thresholds are those of the margins, and log L(ρ) = Σ n_rc·log π_rc(ρ) with
π_rc the probability of the cell's rectangle. Everything here carries a last axis of T tables with the same numbers of
categories: pairs of one sample, or draws of one pair.

As in lavaan, a cell whose probability falls to √ε = 1.5e-8 or below counts with that floor and no longer moves ρ, and
a 2 × 2 table with one empty cell has half a case moved into it, the margins kept (Savalei 2011 compares the choices).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr, ndtri

from pipeline.moments.bivariate_normal import density, density_and_slope, grid, normal_density
from pipeline.moments.bounded_newton import maximise

Array = NDArray[np.float64]

#: lavaan's bound of a polychoric correlation.
BOUND = 0.999

#: lavaan's least probability of a cell, √ε.
FLOOR = float(np.sqrt(np.finfo(np.float64).eps))

#: Tables handled at once: their working arrays stay in the processor's cache.
BLOCK = 256


@dataclass(frozen=True, slots=True)
class Tables:
    """T two-way tables with the thresholds of their margins.

    Attributes
    ----------
    counts
        (R, C, T).
    rows, columns
        (R − 1, T) and (C − 1, T) thresholds, ascending.
    """

    counts: Array
    rows: Array
    columns: Array


@dataclass(frozen=True, slots=True)
class TableInfluence:
    """What one case adds to ρ̂, by the cell it falls in.

    Attributes
    ----------
    both
        (R, C, T) of a case with both answers.
    row_only, column_only
        (R, T), (C, T) of a case with one answer: it moves ρ̂ through the thresholds alone.
    """

    both: Array
    row_only: Array
    column_only: Array


def thresholds(margins: Array) -> Array:
    """τ_k = Φ⁻¹(P(category ≤ k)), (K − 1, …) from counts (K, …); ±∞ where an end category is empty."""
    cumulative = np.cumsum(margins, axis=0)
    with np.errstate(invalid="ignore", divide="ignore"):
        cut: Array = ndtri(cumulative[:-1] / cumulative[-1])
    return cut


def threshold_influence(margins: Array, cuts: Array) -> Array:
    """What one case adds to τ̂: (1{category ≤ k} − P_k)/(n·φ(τ_k)), (K, K − 1, …) by category and threshold.

    The multinomial's score times the inverse of its information, in closed form; n counts the variable's answers.
    """
    levels = len(margins)
    n = margins.sum(axis=0)
    share = np.cumsum(margins, axis=0)[:-1] / n
    below = np.arange(levels)[:, None] <= np.arange(levels - 1)[None, :]
    below = below.reshape(levels, levels - 1, *(1,) * (margins.ndim - 1))
    result: Array = (below - share) / (n * normal_density(cuts))
    return result


def fill_empty_cell(counts: Array, add: float = 0.5) -> Array:
    """2 × 2 tables (2, 2, T) with exactly one empty cell get ``add`` there, margins kept; other tables unchanged."""
    if counts.shape[:2] != (2, 2) or add == 0:
        return counts
    empty = counts == 0
    one = empty.sum(axis=(0, 1)) == 1
    # Adding to a diagonal cell takes from the off-diagonal ones, and the other way round.
    shift = add * (one & (empty[0, 0] | empty[1, 1])) - add * (one & (empty[0, 1] | empty[1, 0]))
    signs = np.array([[1.0, -1.0], [-1.0, 1.0]])
    filled: Array = counts + signs[:, :, None] * shift
    return filled


def correlate(tables: Tables, start: Array, empty_cell: float = 0.5,
              tolerance: float = 1e-7) -> tuple[Array, NDArray[np.bool_]]:
    """Polychoric correlations (T,) by maximum likelihood given the thresholds, and whether each converged.

    A 2 × 2 table with two empty cells is ±1; any other ρ̂ is kept within ±.999, as in lavaan.
    """
    counts = fill_empty_cell(tables.counts, empty_cell)
    rho = np.empty(len(start))
    converged = np.empty(len(start), dtype=np.bool_)
    for at in range(0, len(start), BLOCK):
        part = slice(at, at + BLOCK)
        n, rows, columns = counts[..., part], tables.rows[:, part], tables.columns[:, part]

        def derivatives(now: Array, which: NDArray[np.int64], n: Array = n, rows: Array = rows,
                        columns: Array = columns) -> tuple[Array, Array]:
            if len(which) < n.shape[-1]:
                n, rows, columns = n[..., which], rows[:, which], columns[:, which]
            return _derivatives(n, rows, columns, now)

        rho[part], converged[part] = maximise(derivatives, start[part], BOUND, tolerance)
        _return_to_summit(n, rows, columns, rho[part], converged[part], tolerance)
    perfect = perfect_association(counts)
    return np.where(perfect == 0, rho, perfect), converged | (perfect != 0)


def _return_to_summit(n: Array, rows: Array, columns: Array, rho: Array, converged: NDArray[np.bool_],
                      tolerance: float) -> None:
    """Search again, in place, where a step went so far that a cell somebody is in fell to the floor.

    Beyond that point the cell no longer moves ρ, and the search ends wherever the others lead it, often at the bound.
    The second search takes such a point as too far, and its ρ̂ is kept where it is the likelier one.
    """
    at = np.flatnonzero(((n > 0) & (_probabilities(rows, columns, rho) <= FLOOR)).any(axis=(0, 1)))
    if not at.size:
        return
    n, rows, columns = n[..., at], rows[:, at], columns[:, at]

    def derivatives(now: Array, which: NDArray[np.int64]) -> tuple[Array, Array]:
        counts, row, column = n[..., which], rows[:, which], columns[:, which]
        slope, bend = _derivatives(counts, row, column, now)
        lost = ((counts > 0) & (_probabilities(row, column, now) <= FLOOR)).any(axis=(0, 1))
        return np.where(lost, -np.sign(now), slope), np.where(lost, 0.0, bend)

    def likelihood(rho: Array) -> Array:
        result: Array = (n * np.log(np.maximum(_probabilities(rows, columns, rho), FLOOR))).sum(axis=(0, 1))
        return result

    again, found = maximise(derivatives, np.zeros(len(at)), BOUND, tolerance)
    better = found & (likelihood(again) > likelihood(rho[at]))
    rho[at[better]], converged[at[better]] = again[better], True


def table_correlation(counts: Array) -> Array:
    """Pearson's correlation of the category numbers, (T,) from tables (R, C, T); 0 where one does not vary."""
    n = counts.sum(axis=(0, 1))
    r, c = np.arange(counts.shape[0])[:, None, None], np.arange(counts.shape[1])[None, :, None]
    row, column = (counts * r).sum(axis=(0, 1)) / n, (counts * c).sum(axis=(0, 1)) / n
    dr, dc = r - row, c - column
    cross = (counts * dr * dc).sum(axis=(0, 1))
    size = np.sqrt((counts * dr**2).sum(axis=(0, 1)) * (counts * dc**2).sum(axis=(0, 1)))
    result: Array = np.where(size > 0, cross / np.where(size > 0, size, 1.0), 0.0)
    return result


def perfect_association(counts: Array) -> Array:
    """(T,) 1 or −1 for a 2 × 2 table with two empty cells on a diagonal, else 0."""
    if counts.shape[:2] != (2, 2):
        return np.zeros(counts.shape[2])
    positive = (counts[0, 1] == 0) & (counts[1, 0] == 0) & (counts[0, 0] > 0) & (counts[1, 1] > 0)
    negative = (counts[0, 0] == 0) & (counts[1, 1] == 0) & (counts[0, 1] > 0) & (counts[1, 0] > 0)
    result: Array = np.subtract(positive, negative, dtype=np.float64)
    return result


def influence(tables: Tables, margins: tuple[Array, Array], rho: Array) -> TableInfluence:
    """The influence of cases on ρ̂: [s_ρ − A₂₁A₁₁⁻¹s_τ]/A₂₂, the third stage of Muthén (1984) for one pair.

    A₂₂ = Σ s_ρ², A₂₁ = Σ s_ρ·s_τ over the cases with both answers, s_τ the pair's scores of the thresholds.

    Parameters
    ----------
    tables
        As :func:`correlate`, counts as observed.
    margins
        (R, T) and (C, T) counts of each variable's answers, those without the other variable included.
    rho
        (T,) the correlations, |ρ| < 1.
    """
    parts = [_influence(Tables(tables.counts[..., part], tables.rows[:, part], tables.columns[:, part]),
                        (margins[0][:, part], margins[1][:, part]), rho[part])
             for part in (slice(at, at + BLOCK) for at in range(0, len(rho), BLOCK))]
    return TableInfluence(*(np.concatenate([getattr(part, name) for part in parts], axis=-1)
                            for name in ("both", "row_only", "column_only")))


def _influence(tables: Tables, margins: tuple[Array, Array], rho: Array) -> TableInfluence:
    probability = _probabilities(tables.rows, tables.columns, rho)
    slope = _difference(density(tables.rows[:, None], tables.columns[None], rho))
    usable = probability > FLOOR
    inverse = np.where(usable, 1.0, 0.0) / np.where(usable, probability, 1.0)
    score = slope * inverse
    weighted = tables.counts * score
    information = (weighted * score).sum(axis=(0, 1))
    weighted *= inverse
    by_row = _through_thresholds(weighted, tables.rows, tables.columns, margins[0], rho)
    by_column = _through_thresholds(weighted.transpose(1, 0, 2), tables.columns, tables.rows, margins[1], rho)
    with np.errstate(divide="ignore", invalid="ignore"):
        return TableInfluence((score - by_row[:, None] - by_column[None]) / information,
                              -by_row / information, -by_column / information)


def _through_thresholds(weighted: Array, own: Array, other: Array, margins: Array, rho: Array) -> Array:
    """(R, T): A₂₁A₁₁⁻¹s_τ of one variable's thresholds, by the category of the case.

    ``weighted`` (R, C, T) is n·s_ρ/π. A case in row r is moved by its upper threshold r and its lower one r − 1.
    """
    root = np.sqrt((1 - rho) * (1 + rho))
    conditional = ndtr((other[None] - rho * own[:, None]) / root)
    between = np.empty((len(own), len(other) + 1, len(rho)))
    between[:, 0] = conditional[:, 0]
    np.subtract(conditional[:, 1:], conditional[:, :-1], out=between[:, 1:-1])
    np.subtract(1.0, conditional[:, -1], out=between[:, -1])
    # φ(τ) cancels between the score of the threshold and the inverse of its information.
    cross = ((weighted[:-1] - weighted[1:]) * between).sum(axis=1)
    n = margins.sum(axis=0)
    share = np.cumsum(margins, axis=0)[:-1] / n
    above = np.zeros((len(margins), len(rho)))
    above[:-1] = np.cumsum(cross[::-1], axis=0)[::-1]
    result: Array = (above - (cross * share).sum(axis=0)) / n
    return result


def _derivatives(n: Array, rows: Array, columns: Array, rho: Array) -> tuple[Array, Array]:
    """First and second derivatives of log L in ρ, (T,) each."""
    phi, bend = density_and_slope(rows[:, None], columns[None], rho)
    probability, slope, bend = _probabilities(rows, columns, rho), _difference(phi), _difference(bend)
    usable = probability > FLOOR
    inverse = usable / np.where(usable, probability, 1.0)
    slope *= inverse
    bend *= inverse
    bend -= slope * slope
    return np.einsum("rct,rct->t", n, slope), np.einsum("rct,rct->t", n, bend)


def _probabilities(rows: Array, columns: Array, rho: Array) -> Array:
    """Of the cells, (R, C, T)."""
    below = np.empty((len(rows) + 2, len(columns) + 2, len(rho)))
    below[0], below[:, 0] = 0.0, 0.0
    below[1:-1, 1:-1] = grid(rows[:, None], columns[None], rho)
    below[-1, 1:-1], below[1:-1, -1], below[-1, -1] = ndtr(columns), ndtr(rows), 1.0
    across = below[1:] - below[:-1]
    probability: Array = across[:, 1:] - across[:, :-1]
    return probability


def _difference(inner: Array) -> Array:
    """Rectangles' differences (R, C, T) of a function on the inner grid (R − 1, C − 1, T) that vanishes outside."""
    full = np.zeros((inner.shape[0] + 2, inner.shape[1] + 2, inner.shape[2]))
    full[1:-1, 1:-1] = inner
    across = full[1:] - full[:-1]
    result: Array = across[:, 1:] - across[:, :-1]
    return result
