"""Polychoric correlations, their one-factor model and categorical omega in all draws of one scale at once.

A draw that loses a rare category is an ordinary draw here: the category's threshold falls together with its neighbour
or goes to infinity, and everything is what it would be had nobody ever given that answer. (Models of
:mod:`pipeline.sem` cannot do so, because their thresholds are parameters.)
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

from pipeline.measurement.batched_one_factor import three_items
from pipeline.measurement.complete import Matrix, Vector
from pipeline.measurement.green_yang import SumScore, green_yang
from pipeline.measurement.polychoric_factor import one_factor_of_polychorics
from pipeline.measurement.resampled import blocks
from pipeline.moments.bivariate_normal import INFINITE
from pipeline.moments.contingency import Codes, integer_codes, margin, weighted_table
from pipeline.moments.two_way import Tables, correlate, influence, table_correlation, thresholds

Stack = NDArray[np.float64]
Bools = NDArray[np.bool_]

_BANDS = ((0.9, 0.35), (0.95, 0.25), (0.995, 0.05))
"""Up to which loading a step of the quadrature is short enough; beyond, each draw has its exact double integral."""
_TOLERANCE = 5e-4
"""The last Newton step's size: steps converge quadratically, so that correlations are right to some 4e-7."""
_REACH = 6.5
"""Standard deviations of the factor on either side that the quadrature covers."""
_STEPS = 20
_GRADIENT = 1e-11
_CONVEX = 1e-6
"""Smallest curvature of a minimum, of weights with a mean of 1."""


@dataclass(frozen=True, slots=True, eq=False)
class PolychoricDraws:
    """What b draws of k ordered items are made of.

    Attributes
    ----------
    correlations
        (b, k, k); NaN in a draw that is not usable.
    weights
        (b, k(k − 1)/2) 1/γ of each pair, column by column below the diagonal: the weights of diagonally weighted least
        squares; None where they were not asked for.
    thresholds
        k arrays (K − 1, b), of an item's draws; ±40 beside an end category that nobody chose.
    shares
        k arrays (K, b): of answers by category.
    usable
        (b,) whether every item varies and every correlation was found within ±1.
    """

    correlations: Stack
    weights: Stack | None
    thresholds: tuple[Stack, ...]
    shares: tuple[Stack, ...]
    usable: Bools


def polychoric_draws(
    codes: Matrix, levels: tuple[int, ...], counts: NDArray[np.generic], *, weighted: bool,
) -> PolychoricDraws:
    """Two-step polychoric correlations (Olsson 1979) of every draw.

    Parameters
    ----------
    codes
        (n, k) categories 0 to K − 1, complete.
    levels
        (k,) K of each item.
    counts
        (b, n) how often each draw takes each row.
    weighted
        Whether the weights are wanted; three items need none, and they cost as much as the correlations.
    """
    every, category = np.asarray(counts), integer_codes(codes)
    parts = [_draws(category, levels, np.ascontiguousarray(every[some].T, dtype=np.float64), weighted=weighted)
             for some in blocks(*every.shape)]
    if len(parts) == 1:
        return parts[0]
    return PolychoricDraws(
        np.concatenate([part.correlations for part in parts]),
        np.concatenate([part.weights for part in parts if part.weights is not None]) if weighted else None,
        _beside([part.thresholds for part in parts]), _beside([part.shares for part in parts]),
        np.concatenate([part.usable for part in parts]))


def _beside(parts: list[tuple[Stack, ...]]) -> tuple[Stack, ...]:
    """Each item's arrays (…, b) of all parts, side by side."""
    return tuple(np.concatenate(item, axis=1) for item in zip(*parts, strict=True))


def _draws(category: Codes, levels: tuple[int, ...], weights: Stack, *, weighted: bool) -> PolychoricDraws:
    """All draws of ``weights`` (n, b) together."""
    k, b = category.shape[1], weights.shape[1]
    given = [margin(category[:, j], levels[j], weights) for j in range(k)]
    cuts = [np.clip(thresholds(each), -INFINITE, INFINITE) for each in given]
    R, inverse = np.tile(np.eye(k), (b, 1, 1)), []
    usable: Bools = np.all([_enough(each) for each in given], axis=0)
    for i in range(k):
        for j in range(i + 1, k):
            counted = weighted_table(category[:, i], category[:, j], (levels[i], levels[j]), weights)
            begin = _beginning(category[:, i], category[:, j], counted)
            tables = Tables(counted, cuts[i], cuts[j])
            with np.errstate(all="ignore"):
                found, converged = correlate(tables, begin, tolerance=_TOLERANCE)
            R[:, i, j] = R[:, j, i] = found
            usable &= converged & (np.abs(found) < 1)
            if weighted:
                inverse.append(1 / _variances(tables, (given[i], given[j]), found))
                usable &= np.isfinite(inverse[-1])
    R[~usable] = np.nan
    return PolychoricDraws(R, np.column_stack(inverse) if weighted else None, tuple(cuts),
                           tuple(each / each.sum(axis=0) for each in given), usable)


def ordinal_alphas(correlations: Stack) -> Stack:
    """Ordinal alpha (b,) of polychoric correlations (b, k, k); NaN where they sum to no positive variance."""
    k, total = correlations.shape[1], correlations.sum(axis=(1, 2))
    alphas: Stack = k / (k - 1) * (1 - k / np.where(total > 0, total, np.nan))
    return alphas


def polychoric_loadings(draws: PolychoricDraws, start: Vector) -> Stack:
    """Loadings (b, k), their sum not negative, by diagonally weighted least squares; NaN where none were found.

    Newton's method on Σ w_ij(r_ij − λ_iλ_j)²/2 from the sample's loadings ``start`` (k,). What does not get there is
    fitted by itself. Three items have a closed form that reproduces their correlations, unless the product of these is
    not positive.
    """
    b, k = draws.correlations.shape[:2]
    found = np.full((b, k), np.nan)
    usable = np.flatnonzero(draws.usable)
    if k == 3:
        found[usable] = three_items(draws.correlations[usable])[:, :3]
    elif draws.weights is not None:
        R, weights = draws.correlations[usable], draws.weights[usable]
        found[usable] = _newton(R, weights, start)
        first, second = np.triu_indices(k, 1)
        for place in np.flatnonzero(np.isnan(found[usable]).any(axis=1)):
            alone = one_factor_of_polychorics(R[place][first, second], 1 / weights[place], k)
            if alone.converged and alone.identified:
                found[usable[place]] = alone.loadings
    return found * np.where(found.sum(axis=1, keepdims=True) < 0, -1.0, 1.0)


def categorical_omegas(draws: PolychoricDraws, loadings: Stack, codes: tuple[tuple[int, ...], ...]) -> Stack:
    """Categorical omega (b,) of the sum of answers (Green & Yang 2009, eq. 21); NaN with a loading of 1 or more.

    What the factor accounts for is the variance over the factor f of the expected sum: each answer's expectation is
    Σ s_c·Φ((λf − τ_c)/√(1 − λ²)), with s_c the step of its code at threshold c. One integral by equal steps over f
    takes the place of the paper's sum of bivariate probabilities for all pairs of thresholds, and equals it.
    """
    largest = np.abs(loadings).max(axis=1)
    result = np.full(len(loadings), np.nan)
    begin = -1.0
    for end, step in _BANDS:
        members = np.flatnonzero(draws.usable & (largest > begin) & (largest <= end))
        if len(members):
            result[members] = _by_quadrature(draws, loadings, codes, members, step)
        begin = end
    for draw in np.flatnonzero(draws.usable & (largest > begin) & (largest < 1)):
        cuts = [each[:, draw] for each in draws.thresholds]
        score = SumScore(np.concatenate(cuts), np.repeat(np.arange(len(cuts)), [len(each) for each in cuts]),
                         np.concatenate([np.diff(each) for each in codes]).astype(float))
        result[draw] = green_yang(score, loadings[draw]).value
    return result


def _enough(given: Stack) -> Bools:
    """(b,) whether an item with three categories or more keeps three, or one with two keeps both.

    A table that shrinks to 2 × 2 would fall under the rules for such tables, which are others.
    """
    left = (given > 0).sum(axis=0)
    result: Bools = left >= min(3, len(given))
    return result


def _beginning(one: Codes, other: Codes, counted: Stack) -> Vector:
    """Where each search begins: ρ̂ of the sample, moved with the correlation of the category numbers and further."""
    size, every = counted.shape[:2], np.ones((len(one), 1))
    own = weighted_table(one, other, (size[0], size[1]), every)
    plain = table_correlation(own)
    cuts = [thresholds(margin(code, levels, every)) for code, levels in zip((one, other), size, strict=True)]
    rho = correlate(Tables(own, *cuts), np.clip(plain, -0.95, 0.95), tolerance=0.01)[0]
    further = np.clip(rho / plain, 1.0, 2.0) if abs(plain[0]) > 0.1 else 1.0
    begin: Vector = np.clip(rho + further * (table_correlation(counted) - plain), -0.95, 0.95)
    return begin


def _variances(tables: Tables, margins: tuple[Stack, Stack], rho: Vector) -> Vector:
    """n times the asymptotic variance of each correlation (b,), NaN where there is none."""
    with np.errstate(all="ignore"):
        felt = influence(tables, margins, np.where(np.abs(rho) < 1, rho, 0.0))
        gamma = tables.counts.sum(axis=(0, 1)) * (tables.counts * felt.both**2).sum(axis=(0, 1))
    return np.where(gamma > 0, gamma, np.nan)


def _newton(R: Stack, weights: Stack, start: Vector) -> Stack:
    b, k = R.shape[:2]
    first, second = np.triu_indices(k, 1)
    W = np.zeros_like(R)
    # A common factor in the weights changes nothing but the scale of the gradient.
    W[:, first, second] = weights / weights.mean(axis=1, keepdims=True)
    W += np.swapaxes(W, 1, 2)
    found = np.full((b, k), np.nan)
    left, at = np.arange(b), np.repeat(start[None], b, axis=0)
    for _ in range(_STEPS):
        product = at[:, :, None] * at[:, None, :]
        gradient = (W[left] * (product - R[left]) @ at[:, :, None])[:, :, 0]
        hessian = _bend(W[left], R[left], at)
        done = np.abs(gradient).max(axis=1) < _GRADIENT
        # The gradient is 0 at a saddle point too, as where all loadings are 0.
        found[left[done]] = np.where(np.linalg.eigvalsh(hessian[done])[:, :1] > _CONVEX, at[done], np.nan)
        going = ~done & np.isfinite(gradient).all(axis=1)
        left, at, gradient, hessian = left[going], at[going], gradient[going], hessian[going]
        if not len(left):
            break
        try:
            at = at - np.linalg.solve(hessian, gradient[:, :, None])[:, :, 0]
        except np.linalg.LinAlgError:
            break
    return found


def _bend(W: Stack, R: Stack, at: Stack) -> Stack:
    """(b, k, k) second derivatives of the weighted sum of squares, halved twice: w_ij(2λ_iλ_j − r_ij), Σ_j w_ijλ_j²."""
    hessian: Stack = W * (2 * at[:, :, None] * at[:, None, :] - R)
    rungs = np.arange(at.shape[1])
    hessian[:, rungs, rungs] = (W @ (at**2)[:, :, None])[:, :, 0]
    return hessian


def _by_quadrature(
    draws: PolychoricDraws, loadings: Stack, codes: tuple[tuple[int, ...], ...], members: Codes, step: float,
) -> Vector:
    half = int(np.ceil(_REACH / step))
    nodes = step * np.arange(-half, half + 1)
    mass = np.exp(-nodes**2 / 2)
    mass /= mass.sum()
    together = np.zeros((len(nodes), len(members)))
    single, own = np.zeros(len(members)), np.zeros(len(members))
    for j, values in enumerate(codes):
        loading = loadings[members, j]
        root = np.sqrt((1 - loading) * (1 + loading))
        expected = np.zeros_like(together)
        for cut, height in zip(draws.thresholds[j][:, members], np.diff(values), strict=True):
            expected += height * ndtr((nodes[:, None] * loading - cut) / root)
        together += expected
        single += _variance(expected, mass)
        own += _variance(np.repeat(np.asarray(values, dtype=float)[:, None], len(members), axis=1),
                         draws.shares[j][:, members])
    common = _variance(together, mass)
    result: Vector = common / (common - single + own)
    return result


def _variance(values: Stack, mass: Stack) -> Vector:
    """Variance (b,) of ``values`` (q, b) that have probabilities ``mass`` (q,) or (q, b)."""
    mass = mass if mass.ndim == 2 else mass[:, None]
    mean = (mass * values).sum(axis=0)
    result: Vector = (mass * (values - mean) ** 2).sum(axis=0)
    return result
