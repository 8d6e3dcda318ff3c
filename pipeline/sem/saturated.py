"""Unrestricted and independent moments: what fit is measured between."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pipeline.sem.incomplete import IncompleteNormal, incomplete_normal, patterns_of
from pipeline.sem.linalg import Array, inverse


@dataclass(frozen=True, slots=True)
class SaturatedMoments:
    """Maximum-likelihood moments without any model, (p,) and (p, p); ``deviance`` is −2 log L without 2π."""

    mean: Array
    cov: Array
    deviance: float
    converged: bool
    iterations: int


def expectation_maximisation(
    data: IncompleteNormal, *, tolerance: float = 1e-10, steps: int = 5000,
) -> SaturatedMoments:
    """Means and covariances (divided by N) of data with missing values, by EM (Dempster, Laird & Rubin 1977).

    Each step replaces the moments by those expected given what is observed; squared extrapolation (Varadhan & Roland
    2008) takes long strides where EM takes short ones, and falls back to the plain step where a stride leads uphill.

    Parameters
    ----------
    data
        One data set (a stack of one).
    tolerance
        Largest change of a moment in a step, in standard deviations, at which EM has converged.
    """
    mean, cov = _available_moments(data)
    scale = np.sqrt(np.diag(cov))
    weight = np.concatenate([scale, np.outer(scale, scale).ravel()])
    point = np.concatenate([mean, cov.ravel()])
    p = len(mean)
    change, taken = np.inf, 0
    while taken < steps and change > tolerance:
        first = _em_step(data, point, p)
        second = _em_step(data, first, p)
        r, v = (first - point) / weight, ((second - first) - (first - point)) / weight
        change = float(np.abs(second - first).max() if not v.any() else np.abs((second - first) / weight).max())
        taken += 2
        stride = -np.sqrt((r @ r) / (v @ v)) if v @ v > 0 else -1.0
        if stride < -1:
            far = point + weight * (-2 * stride * r + stride**2 * v)
            if deviance(data, far[:p], far[p:].reshape(p, p)) <= deviance(data, second[:p], second[p:].reshape(p, p)):
                second = far
        point = second
    mean, cov = point[:p], point[p:].reshape(p, p)
    return SaturatedMoments(mean, cov, deviance(data, mean, cov), change <= tolerance, taken)


def unrestricted_moments(X: Array) -> SaturatedMoments:
    """Moments of rows (n, p) of which none is empty: the rows' own, where no value is missing, up to rounding."""
    return expectation_maximisation(incomplete_normal(patterns_of(X), np.ones((1, len(X)))))


def _em_step(data: IncompleteNormal, point: Array, p: int) -> Array:
    mean, cov = point[:p], point[p:].reshape(p, p)
    parts = data.expected(inverse(cov[None]).inverse, mean[None])
    n, whole = float(data.n[0]), float(data.whole_n[0])
    d = data.whole_mean[0] - mean
    T = (parts.T[0] + whole * (data.whole_cov[0] + np.outer(d, d))) / n
    shift = (parts.first[0] + whole * d) / n
    new = T - np.outer(shift, shift)
    return np.concatenate([mean + shift, ((new + new.T) / 2).ravel()])


def deviance(data: IncompleteNormal, mean: Array, cov: Array) -> float:
    """−2 log L without the constant of 2π; ∞ where ``cov`` is not positive definite."""
    inverted = inverse(cov[None])
    if not inverted.positive[0]:
        return float("inf")
    return float(data.slope(inverted, cov[None], mean[None]).value[0] * data.n[0])


def _available_moments(data: IncompleteNormal) -> tuple[Array, Array]:
    """Means and variances of the values that are there; no covariances."""
    rows = np.vstack([data.patterns.complete, np.where(data.patterns.observed, data.patterns.incomplete, np.nan)])
    return np.nanmean(rows, axis=0), np.diag(np.nanvar(rows, axis=0))
