"""Margins and pairs of all draws together where a variable is numeric: arrays (n, b), rows by draws.

The same estimators as in :mod:`pipeline.moments.margins` and :mod:`pipeline.moments.casewise` without covariates, with
the draws as the last axis and only the diagonal of Γ.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from pipeline.moments.bivariate_normal import INFINITE
from pipeline.moments.contingency import MISSING, Codes, margin
from pipeline.moments.numeric_pairs import limit_pushes, pearson, pearson_slope, polyserial
from pipeline.moments.two_way import threshold_influence, thresholds

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Drawn:
    """One variable's margin in b draws.

    Attributes
    ----------
    levels
        K, 0 for a numeric variable.
    code
        (n,) categories, −1 where missing; numeric: 0 or −1.
    counts
        (K, b) answers by category; numeric: (1, b) values.
    location, location_gamma
        (K − 1, b) thresholds or (1, b) means, and their diagonal entries of Γ; the latter NaN where a category is lost.
    variance, variance_gamma
        (b,) of a numeric variable, by n, likewise; 1 and 0 for an ordered one.
    residual
        (n, b) standardised values of a numeric variable, 0 where missing; (0, b) for an ordered one.
    influence
        What a case adds to the location and variance: ordered (K, K − 1, b) by category; numeric (2, n, b).
    """

    levels: int
    code: Codes
    counts: Array
    location: Array
    location_gamma: Array
    variance: Array
    variance_gamma: Array
    residual: Array
    influence: Array


def drawn_ordered(code: Codes, levels: int, weights: Array) -> Drawn:
    """Thresholds of one ordered variable in every draw; ``weights`` (n, b) tells how often each takes each row."""
    counts = margin(code, levels, weights)
    cuts = thresholds(counts)
    moved = threshold_influence(counts, cuts)
    gamma = weights.sum(axis=0) * (counts[:, None] * moved**2).sum(axis=0)
    gamma = np.where((counts == 0).any(axis=0), np.nan, gamma)
    b = weights.shape[1]
    return Drawn(levels, code, counts, cuts, gamma, np.ones(b), np.zeros(b), np.zeros((0, b)), moved)


def drawn_numeric(y: Array, weights: Array) -> Drawn:
    """Mean and variance (by n) of one numeric variable in every draw, with the sandwich of their scores."""
    observed = ~np.isnan(y)
    w = weights * observed[:, None]
    n = w.sum(axis=0)
    value = np.where(observed, y - np.mean(y[observed]), 0.0)
    shift = (value @ w) / n
    deviation = np.where(observed[:, None], value[:, None] - shift, 0.0)
    variance = (w * deviation**2).sum(axis=0) / n
    # Rounding leaves some 1e-16 of the whole sample's variance where a draw holds one value only.
    variance = np.where(variance > 1e-13 * np.mean(value[observed] ** 2), variance, np.nan)
    z = deviation / np.sqrt(variance)
    scores = np.stack([z / np.sqrt(variance), np.where(observed[:, None], z * z - 1, 0.0) / (2 * variance)])
    moved = _sandwiched(scores, w)
    gamma = weights.sum(axis=0) * (w * moved**2).sum(axis=1)
    mean = shift + np.mean(y[observed])
    return Drawn(0, np.where(observed, 0, MISSING), n[None], mean[None], gamma[:1], variance, gamma[1], z, moved)


def mixed_pair(numeric: Drawn, ordered: Drawn, weights: Array, start: float, tolerance: float) -> tuple[Array, Array]:
    """Covariances (b,) of a numeric and an ordered variable, and their diagonal entries of Γ."""
    both = (numeric.code != MISSING) & (ordered.code != MISSING)
    rows = np.flatnonzero(both)
    w, z, code = weights[rows], numeric.residual[rows], ordered.code[rows]
    ends = np.full((1, w.shape[1]), INFINITE)
    cuts = np.concatenate([-ends, ordered.location, ends])
    upper, lower = cuts[code + 1], cuts[code]
    sd = np.sqrt(numeric.variance)
    rho, converged = polyserial(z, upper, lower, w, sd, np.full(len(sd), start), tolerance)
    slope, above, below = limit_pushes(z, upper, lower, rho)
    weighted = w * slope
    through = _numeric_part(numeric, z, z + rho * (above - below), weighted, rows)
    cross = _threshold_cross(weighted * above, weighted * below, code, ordered.levels)
    through += np.einsum("ckb,kb->cb", ordered.influence, cross)[ordered.code] * (ordered.code != MISSING)[:, None]
    defined = converged & (np.abs(rho) < 1)
    return _covariance(np.where(defined, rho, np.nan), sd, -through, slope, weighted, rows, (numeric,), weights)


def numeric_pair(one: Drawn, other: Drawn, weights: Array, start: float, tolerance: float) -> tuple[Array, Array]:
    """Covariances (b,) of two numeric variables, and their diagonal entries of Γ."""
    both = (one.code != MISSING) & (other.code != MISSING)
    rows = np.flatnonzero(both)
    w, a, b = weights[rows], one.residual[rows], other.residual[rows]
    sd = np.sqrt(one.variance * other.variance)
    complete = np.full(len(sd), len(rows) == len(weights))
    rho, converged = pearson(a, b, w, sd, complete, tolerance)
    rest = 1 - rho * rho
    slope = pearson_slope(a, b, rho)
    weighted = w * slope
    through = _numeric_part(one, a, (a - rho * b) / rest, weighted, rows)
    through += _numeric_part(other, b, (b - rho * a) / rest, weighted, rows)
    defined = converged & (np.abs(rho) < 1)
    return _covariance(np.where(defined, rho, np.nan), sd, -through, slope, weighted, rows, (one, other), weights)


def _covariance(rho: Array, sd: Array, moved: Array, slope: Array, weighted: Array, rows: Codes,
                numeric: tuple[Drawn, ...], weights: Array) -> tuple[Array, Array]:
    """From ρ̂ and the influences through the margins to the covariance and its entry of Γ."""
    moved[rows] += slope
    moved *= sd / (weighted * slope).sum(axis=0)
    for margin_ in numeric:
        moved += 0.5 * rho * sd * margin_.influence[1] / margin_.variance
    return rho * sd, weights.sum(axis=0) * (weights * moved**2).sum(axis=0)


def _numeric_part(margin_: Drawn, z: Array, push: Array, weighted: Array, rows: Codes) -> Array:
    """(n, b): A₂₁A₁₁⁻¹s of mean and variance, from −∂log f/∂z = ``push`` on the pair's rows."""
    mean = (weighted * push).sum(axis=0) / np.sqrt(margin_.variance)
    spread = (weighted * (z * push - 1)).sum(axis=0) / (2 * margin_.variance)
    result: Array = margin_.influence[0] * mean + margin_.influence[1] * spread
    return result


def _threshold_cross(above: Array, below: Array, code: Codes, levels: int) -> Array:
    """(K − 1, b): A₂₁ of the thresholds, a case pushing its upper one by ``above`` and its lower one by −``below``."""
    indicator = csr_matrix((np.ones(len(code)), (code, np.arange(len(code)))), shape=(levels, len(code)))
    pushed, pulled = (np.asarray(indicator @ part, dtype=np.float64) for part in (above, below))
    return pushed[:-1] - pulled[1:]


def _sandwiched(scores: Array, w: Array) -> Array:
    """A⁻¹s for two parameters: ``scores`` (2, n, b), A = Σ w·s·s' solved by hand in every draw.

    NaN where A is singular: in a draw of two values only.
    """
    a = (w * scores[0] ** 2).sum(axis=0)
    b = (w * scores[0] * scores[1]).sum(axis=0)
    c = (w * scores[1] ** 2).sum(axis=0)
    determinant = a * c - b * b
    determinant = np.where(determinant > 1e-10 * a * c, determinant, np.nan)
    result: Array = np.stack([c * scores[0] - b * scores[1], a * scores[1] - b * scores[0]]) / determinant
    return result
