"""Categorical omega: the reliability of a sum of ordered answers (Green & Yang 2009, eq. 21), and its slopes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

from pipeline.measurement.complete import Matrix, Vector
from pipeline.moments.bivariate_normal import density, distribution


@dataclass(frozen=True, slots=True)
class SumScore:
    """What a sum of ordered answers is made of.

    Attributes
    ----------
    thresholds
        (T,) of all items, standard normal scale, an item's own rising and together.
    item
        (T,) whose threshold it is: 0 to k − 1.
    steps
        (T,) by how much the answer rises at it: 1 where codes are consecutive.
    """

    thresholds: Vector
    item: NDArray[np.int64]
    steps: Vector


@dataclass(frozen=True, slots=True)
class SumReliability:
    """Reliability of a sum, and how it moves with each threshold (T,) and each loading (k,).

    ``common`` is the part of the sum's variance that the factor accounts for.
    """

    value: float
    common: float
    by_threshold: Vector
    by_loading: Vector


def green_yang(score: SumScore, loadings: Vector) -> SumReliability:
    """Share of the sum's variance that a single factor accounts for.

    An answer is a sum of steps taken where the response exceeds a threshold, so that the covariance of the answers
    of two respondents' items is Σ s_c·s_d·[Φ₂(τ_c, τ_d; ρ) − Φ(τ_c)Φ(τ_d)]. The numerator has ρ = λ_jλ_j' for every
    pair of items and for an item with itself (its answer to a second, independent asking); the denominator, the
    variance of the sum that the model implies, has the item's own variance there.

    Parameters
    ----------
    loadings
        (k,) standardised, below 1 in size.
    """
    t, s, item = score.thresholds, score.steps, score.item
    rho = np.outer(loadings, loadings)[item[:, None], item]
    a, b, weight = t[:, None], t[None, :], np.outer(s, s)
    below, dense = ndtr(t), np.exp(-t * t / 2) / np.sqrt(2 * np.pi)
    common = weight * (distribution(a, b, rho) - np.outer(below, below))
    own = item[:, None] == item
    variance = weight * own * (np.minimum(below[:, None], below) - np.outer(below, below))
    numerator, single, total = common.sum(), (common * own).sum(), variance.sum()
    # Slopes of the numerator, of its part that belongs to items with themselves, and of the items' variances.
    by_a = 2 * weight * dense[:, None] * (ndtr((b - rho * a) / np.sqrt(1 - rho**2)) - below)
    by_rho = 2 * weight * density(a, b, rho) * loadings[item]
    # Of Φ(min(τ_c, τ_d)) the slope is on the smaller one; on the diagonal both are the same threshold.
    by_own = 2 * weight * own * dense[:, None] * ((a < b) + 0.5 * np.eye(len(t)) - below)
    summed = np.eye(len(loadings))[item]
    slopes_t = by_a.sum(axis=1), (by_a * own).sum(axis=1), by_own.sum(axis=1)
    slopes_l = by_rho.sum(axis=1) @ summed, (by_rho * own).sum(axis=1) @ summed, np.zeros(len(loadings))
    denominator = numerator - single + total
    value = float(numerator / denominator)
    by_threshold, by_loading = (
        (of_common - value * (of_common - of_single + of_total)) / denominator
        for of_common, of_single, of_total in (slopes_t, slopes_l))
    return SumReliability(value, float(numerator), by_threshold, by_loading)


def sum_variance(score: SumScore, correlation: Matrix) -> float:
    """Variance of the sum if the responses correlate as ``correlation`` (k, k) with ones on its diagonal."""
    t, item = score.thresholds, score.item
    below = ndtr(t)
    each = distribution(t[:, None], t, correlation[item[:, None], item]) - np.outer(below, below)
    return float(score.steps @ each @ score.steps)
