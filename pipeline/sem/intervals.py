"""Limits of intervals from draws: percentile, and bias-corrected and accelerated."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import ndtr, ndtri

from pipeline.sem.linalg import Array
from pipeline.undefined import Number, Undefined

BCA_WARNING = (
    "Bias-corrected intervals reject a true null hypothesis of no indirect effect more often than their level says, "
    "in small samples and where one path is 0 above all (Fritz, Taylor & MacKinnon 2012; Yzerbyt, Muller, Batailler & "
    "Judd 2018); the percentile interval is the safer one to conclude from."
)
"""Goes wherever such an interval is shown."""


@dataclass(frozen=True, slots=True)
class Limits:
    """An interval, or why there is none."""

    lower: Number
    upper: Number


@dataclass(frozen=True, slots=True)
class BiasCorrected:
    """A bias-corrected and accelerated interval.

    ``bias`` is z₀ and ``acceleration`` a; both 0 gives the percentile interval. ``warning`` is to be shown with it.
    """

    lower: Number
    upper: Number
    bias: Number
    acceleration: Number
    warning: str = BCA_WARNING


def percentile_limit(sorted_draws: Array, probability: float) -> Number:
    """The ``probability`` quantile of sorted draws (r,), as R's ``boot.ci(type = "perc")`` and lavaan take it.

    It is the order statistic number (r + 1)·probability; between two whole numbers k and k + 1 the draws are
    interpolated on the normal quantile scale, t_k + (t_{k+1} − t_k) · (Φ⁻¹(α) − Φ⁻¹(k/(r+1))) /
    (Φ⁻¹((k+1)/(r+1)) − Φ⁻¹(k/(r+1))) (Davison & Hinkley 1997, eq. 5.8). Where R falls back on the most extreme
    draw with a warning, the limit is undefined.
    """
    r = len(sorted_draws)
    place = (r + 1) * probability
    # (r + 1)·α is meant exactly (1000 · .025 = 25), and floats miss it by a rounding.
    whole = abs(place - round(place)) < 1e-9
    k = round(place) if whole else int(np.floor(place))
    if k < 1 or k >= r + whole:
        return Undefined(f"{r} draws are too few for a limit at {probability:.3g}")
    if whole:
        return float(sorted_draws[k - 1])
    low, high, at = ndtri(k / (r + 1)), ndtri((k + 1) / (r + 1)), ndtri(probability)
    return float(sorted_draws[k - 1] + (at - low) / (high - low) * (sorted_draws[k] - sorted_draws[k - 1]))


def percentile_interval(draws: Array, level: float) -> Limits:
    """Both limits of a percentile interval of draws (r,), which need not be sorted (Efron & Tibshirani 1993)."""
    without = _not_finite(draws)
    if without is not None:
        return Limits(without, without)
    tails = (1 - level) / 2, (1 + level) / 2
    # Only the order statistics beside the limits are looked at, and putting these in place is quicker than sorting.
    near = {round((len(draws) + 1) * tail) + step for tail in tails for step in (-2, -1, 0, 1)}
    ordered = np.partition(draws, sorted(k for k in near if 0 <= k < len(draws))) if len(draws) else draws
    return Limits(percentile_limit(ordered, tails[0]), percentile_limit(ordered, tails[1]))


def acceleration(leaving_out: Array) -> float:
    """a = Σd³ / (6 (Σd²)^(3/2)), d = mean − estimate without case i (Efron 1987; Efron & Tibshirani 1993, eq. 14.15).

    Parameters
    ----------
    leaving_out
        (m,) estimates, each without one case or one of m equal sets of cases. With sets of s cases, skewness falls by
        √s and the number of terms by s, which leaves a as it is.
    """
    d = leaving_out.mean() - leaving_out
    spread = float((d**2).sum())
    return float((d**3).sum() / (6 * spread**1.5)) if spread > 0 else 0.0


def bca_interval(draws: Array, estimate: float, leaving_out: Array, level: float) -> BiasCorrected:
    """The bias-corrected and accelerated interval (Efron 1987).

    With z₀ = Φ⁻¹(share of draws below the estimate), ties counted by half, each end z of the normal interval moves to
    Φ(z₀ + (z₀ + z) / (1 − a(z₀ + z))), and the limit is the draws' quantile there (taken as in
    :func:`percentile_limit`).

    Parameters
    ----------
    draws
        (r,) converged draws.
    leaving_out
        As for :func:`acceleration`.
    """
    without = _not_finite(draws) or (None if np.isfinite(leaving_out).all() else Undefined(
        "the effect has no finite value without some case"))
    if without is not None:
        return BiasCorrected(without, without, without, without)
    below = float((draws < estimate).mean() + (draws == estimate).mean() / 2)
    a = acceleration(leaving_out)
    if not 0 < below < 1:
        nothing = Undefined("all draws lie on one side of the estimate")
        return BiasCorrected(nothing, nothing, nothing, a)
    z0 = float(ndtri(below))
    ordered = np.sort(draws)
    limits = []
    for probability in ((1 - level) / 2, (1 + level) / 2):
        z = float(ndtri(probability))
        shrink = 1 - a * (z0 + z)
        at = float(ndtr(z0 + (z0 + z) / shrink)) if shrink > 0 else 0.0
        limits.append(percentile_limit(ordered, at) if 0 < at < 1 else Undefined(
            "bias and acceleration move the limit beyond all draws"))
    return BiasCorrected(limits[0], limits[1], z0, a)


def spread(draws: Array) -> Number:
    """Standard deviation of draws (r,), by r − 1: the bootstrap standard error."""
    if len(draws) < 2:
        return Undefined(f"fewer than 2 draws converged ({len(draws)})")
    without = _not_finite(draws)
    return float(np.std(draws, ddof=1)) if without is None else without


def _not_finite(draws: Array) -> Undefined | None:
    if np.isfinite(draws).all():
        return None
    return Undefined(f"{int((~np.isfinite(draws)).sum())} of {len(draws)} draws have no finite value")
