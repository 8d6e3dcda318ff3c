"""Correlations of pairs that no table can hold, case by case: with numeric variables, or given covariates.

Given the first stage a pair's log-likelihood depends on ρ alone. What a case adds to ρ̂ is [s_ρ − A₂₁A₁₁⁻¹s₁]/A₂₂
(Muthén 1984, third stage), where s₁ are the scores of the two margins, A₂₁ = Σ s_ρ·s₁' with the *pair's* scores of the
margins' parameters, and A₂₂ = Σ s_ρ². Rows that miss either value count only through the margins. Bounds of ρ are
lavaan's.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

from pipeline.moments.bivariate_normal import INFINITE, density, density_and_slope, grid, normal_density
from pipeline.moments.bounded_newton import maximise
from pipeline.moments.margins import Margin
from pipeline.moments.numeric_pairs import counted, interval_slopes, limit_pushes, pearson, pearson_slope, polyserial
from pipeline.moments.two_way import BOUND, FLOOR

Array = NDArray[np.float64]
Which = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class PairScores:
    """Casewise scores of one pair, on the rows that have both values.

    Attributes
    ----------
    rho
        (n,) of the correlation.
    first, second
        Scores of each margin's parameters, in the order of :attr:`Margin.influence`, (n, own).
    """

    rho: Array
    first: Array
    second: Array


@dataclass(frozen=True, slots=True)
class Correlated:
    """T pairs.

    Attributes
    ----------
    rho, converged
        (T,).
    influence
        (n, T) what each case adds to ρ̂; NaN where ρ̂ is ±1.
    left_out
        (T,) how many cases did not count for ρ̂.
    """

    rho: Array
    converged: NDArray[np.bool_]
    influence: Array
    left_out: Array


def correlate_pairs(first: list[Margin], second: list[Margin], x: Array, weights: Array,
                    start: Array | None = None, tolerance: float = 1e-7) -> Correlated:
    """Correlations of T pairs of the same kind.

    As in lavaan, a case whose density falls below √ε = 1.5e-8 does not count for a polyserial ρ̂, nor for that of two
    numeric variables with missing values. Densities are in the variables' units, so that a case some 5.7 standard
    deviations out is left out where the standard deviation is 1, and one 4 out where it is 1,000.

    Parameters
    ----------
    first, second
        Of each pair, all of one kind: both ordered, both numeric, or ``first`` numeric and ``second`` ordered.
    x
        (n, kx) covariates.
    weights
        (n,) how often each row counts.
    start
        (T,) where to begin; by default the correlation of the residuals or scored categories.
    tolerance
        Of the search, see :func:`pipeline.moments.bounded_newton.maximise`.
    """
    both = np.column_stack([one.observed & other.observed for one, other in zip(first, second, strict=True)])
    w = both * weights[:, None]
    if first[0].levels == 0 and second[0].levels == 0:
        (rho, converged, left_out), score = _pearson(first, second, w, tolerance), _pearson_scores
    elif first[0].levels == 0:
        (rho, converged, left_out), score = _polyserial(first, second, w, start, tolerance), _polyserial_scores
    else:
        (rho, converged), score = _polychoric(first, second, w, start, tolerance), _polychoric_scores
        left_out = np.zeros(len(rho))
    moved = np.empty(w.shape)
    for t, (one, other) in enumerate(zip(first, second, strict=True)):
        if abs(rho[t]) == 1:
            moved[:, t] = np.nan
            continue
        rows = np.flatnonzero(both[:, t])
        moved[:, t] = _influence(one, other, score(one, other, float(rho[t]), x, rows), rows, weights)
    return Correlated(rho, converged, moved, left_out)


def _influence(one: Margin, other: Margin, scores: PairScores, rows: Which, weights: Array) -> Array:
    weighted = weights[rows] * scores.rho
    moved = -(one.influence @ (weighted @ scores.first) + other.influence @ (weighted @ scores.second))
    moved[rows] += scores.rho
    result: Array = moved / (weighted @ scores.rho)
    return result


def _pearson(first: list[Margin], second: list[Margin], w: Array,
             tolerance: float) -> tuple[Array, NDArray[np.bool_], Array]:
    one, other = _stack(first), _stack(second)
    spread = np.sqrt([a.variance * b.variance for a, b in zip(first, second, strict=True)])
    complete = np.array([a.observed.all() and b.observed.all() for a, b in zip(first, second, strict=True)])
    rho, converged = pearson(one, other, w, spread, complete, tolerance)
    inside = np.clip(rho, -BOUND, BOUND)
    dropped = ~(complete | (density(one, other, inside) / spread >= FLOOR))
    return rho, converged, (w * dropped).sum(axis=0)


def _pearson_scores(one: Margin, other: Margin, rho: float, x: Array, rows: Which) -> PairScores:
    a, b = one.upper[rows], other.upper[rows]
    rest = 1 - rho * rho
    return PairScores(pearson_slope(a, b, rho), _regression_scores(a, (a - rho * b) / rest, one, x[rows]),
                      _regression_scores(b, (b - rho * a) / rest, other, x[rows]))


def _regression_scores(z: Array, push: Array, margin: Margin, x: Array) -> Array:
    """Scores of intercept, slopes and variance from ∂log f/∂z = −``push``, z the standardised residual."""
    mean = push / np.sqrt(margin.variance)
    return np.column_stack([mean, mean[:, None] * x, (z * push - 1) / (2 * margin.variance)])


def _polyserial(numeric: list[Margin], ordered: list[Margin], w: Array,
                start: Array | None, tolerance: float) -> tuple[Array, NDArray[np.bool_], Array]:
    z, upper, lower = _stack(numeric), _stack(ordered), _stack(ordered, "lower")
    spread = np.sqrt([margin.variance for margin in numeric])
    begin = _scored_start(z, (upper + lower) / 2, w) if start is None else start
    rho, converged = polyserial(z, upper, lower, w, spread, begin, tolerance)
    dropped = ~counted(z, spread, interval_slopes(z, upper, lower, rho)[2])
    return rho, converged, (w * dropped).sum(axis=0)


def _polyserial_scores(one: Margin, other: Margin, rho: float, x: Array, rows: Which) -> PairScores:
    z = one.upper[rows]
    slope, above, below = limit_pushes(z, other.upper[rows], other.lower[rows], rho)
    return PairScores(slope, _regression_scores(z, z + rho * (above - below), one, x[rows]),
                      _limit_scores(above, below, other, x[rows], rows))


def _limit_scores(above: Array, below: Array, margin: Margin, x: Array, rows: Which) -> Array:
    """Scores of thresholds and slopes from those of a case's upper and lower limit (the latter with a minus)."""
    k = margin.levels
    at = np.arange(len(rows))
    score = np.zeros((len(rows), k + 1))
    score[at, margin.code[rows] + 1] = above
    score[at, margin.code[rows]] -= below
    return np.column_stack([score[:, 1:k], -x * (above - below)[:, None]])


def _polychoric(first: list[Margin], second: list[Margin], w: Array,
                start: Array | None, tolerance: float) -> tuple[Array, NDArray[np.bool_]]:
    one, other = (_stack(first), _stack(first, "lower")), (_stack(second), _stack(second, "lower"))
    begin = _scored_start((one[0] + one[1]) / 2, (other[0] + other[1]) / 2, w) if start is None else start

    def derivatives(rho: Array, which: Which) -> tuple[Array, Array]:
        limits = (one[0][:, which], one[1][:, which], other[0][:, which], other[1][:, which])
        probability, usable = _rectangle(*limits, rho)
        slope, bend = (change / probability * usable for change in _corners_of_both(*limits, rho))
        weights = w[:, which]
        return (weights * slope).sum(axis=0), (weights * (bend - slope**2)).sum(axis=0)

    return maximise(derivatives, np.clip(begin, -0.95, 0.95), BOUND, tolerance)


def _polychoric_scores(one: Margin, other: Margin, rho: float, x: Array, rows: Which) -> PairScores:
    limits = (one.upper[rows], one.lower[rows], other.upper[rows], other.lower[rows])
    probability, usable = _rectangle(*limits, np.full(len(rows), rho))
    inverse = usable / probability
    first = [_edge(limit, *limits[2:], rho) * inverse for limit in limits[:2]]
    second = [_edge(limit, *limits[:2], rho) * inverse for limit in limits[2:]]
    slope = _corners(density, *limits, np.asarray(rho)) * inverse
    return PairScores(slope, _limit_scores(first[0], first[1], one, x[rows], rows),
                      _limit_scores(second[0], second[1], other, x[rows], rows))


def _edge(limit: Array, upper: Array, lower: Array, rho: float) -> Array:
    """Derivative of the rectangle's probability where one of its edges moves."""
    root = np.sqrt(1 - rho * rho)
    moved: Array = normal_density(limit) * (ndtr((upper - rho * limit) / root) - ndtr((lower - rho * limit) / root))
    return moved


def _rectangle(a1: Array, a0: Array, b1: Array, b0: Array, rho: Array) -> tuple[Array, NDArray[np.bool_]]:
    """Probability of each case's rectangle, at lavaan's floor or above, and whether it lies above."""
    probability = _corners(grid, a1, a0, b1, b0, rho)
    usable = probability > FLOOR
    return np.where(usable, probability, FLOOR), usable


def _corners(function: Callable[[Array, Array, Array], Array], a1: Array, a0: Array, b1: Array, b0: Array,
             rho: Array) -> Array:
    result: Array = function(a1, b1, rho) - function(a0, b1, rho) - function(a1, b0, rho) + function(a0, b0, rho)
    return result


def _corners_of_both(a1: Array, a0: Array, b1: Array, b0: Array, rho: Array) -> tuple[Array, Array]:
    """First and second derivative of the rectangle's probability in ρ."""
    corners = (density_and_slope(a, b, rho) for a, b in ((a1, b1), (a0, b1), (a1, b0), (a0, b0)))
    (first, first_bend), (second, second_bend), (third, third_bend), (fourth, fourth_bend) = corners
    return first - second - third + fourth, first_bend - second_bend - third_bend + fourth_bend


def _stack(margins: list[Margin], limit: str = "upper") -> Array:
    return np.column_stack([getattr(margin, limit) for margin in margins])


def _scored_start(a: Array, b: Array, w: Array) -> Array:
    """Correlation of residuals and of the middles of the intervals, the an open one taken as ±1.5."""
    a, b = (np.clip(np.where(np.abs(v) > INFINITE / 4, np.sign(v) * 1.5, v), -2.5, 2.5) for v in (a, b))
    n = w.sum(axis=0)
    a, b = a - (w * a).sum(axis=0) / n, b - (w * b).sum(axis=0) / n
    size = np.sqrt((w * a * a).sum(axis=0) * (w * b * b).sum(axis=0))
    cross = (w * a * b).sum(axis=0)
    result: Array = np.divide(cross, size, out=np.zeros_like(cross), where=size > 0)
    return result
