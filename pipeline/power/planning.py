"""From hits to answers: power with its error, and the number of firms that gives the power wanted.

Power is a share of replications, so its error is binomial. The number of firms comes from a probit curve through all
sizes at once: a z test has power Φ(δ√N − z), so the probit of power is a straight line in √N.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, sqrt

import numpy as np
from numpy.typing import NDArray
from scipy.special import log_ndtr, ndtr, ndtri
from scipy.stats import beta, chi2

from pipeline.undefined import Number, Undefined

Array = NDArray[np.float64]

_STEPS = 100


@dataclass(frozen=True, slots=True)
class Rate:
    """A share of replications.

    ``error`` is its Monte Carlo standard error √(p(1 − p)/R); ``lower``, ``upper`` the exact interval.
    """

    hits: int
    of: int
    share: float
    error: float
    lower: float
    upper: float


def rate(hits: int, of: int, level: float = 0.95) -> Rate:
    """Share, error and exact interval of ``hits`` among ``of`` ≥ 1 (Clopper & Pearson 1934)."""
    tail = (1 - level) / 2
    lower = 0.0 if hits == 0 else float(beta.ppf(tail, hits, of - hits + 1))
    upper = 1.0 if hits == of else float(beta.ppf(1 - tail, hits + 1, of - hits))
    share = hits / of
    return Rate(hits, of, share, sqrt(share * (1 - share) / of), lower, upper)


@dataclass(frozen=True, slots=True)
class Curve:
    """Probit of power = ``intercept`` + ``slope``·√N, fitted by maximum likelihood on the hits.

    Attributes
    ----------
    cov
        Of intercept and slope: variance, covariance, variance.
    misfit_pvalue
        Of the deviance against one power a size, on sizes − 2 degrees of freedom: small where the curve is wrong.
    """

    intercept: float
    slope: float
    cov: tuple[float, float, float]
    misfit_pvalue: Number

    def power(self, n: Array) -> Array:
        """Power at n (…)."""
        result: Array = ndtr(self.intercept + self.slope * np.sqrt(n))
        return result

    def band(self, n: Array, level: float) -> tuple[Array, Array]:
        """Pointwise limits of the curve at n (…)."""
        x = np.sqrt(n)
        at, error = self.intercept + self.slope * x, np.sqrt(self.cov[0] + 2 * x * self.cov[1] + x**2 * self.cov[2])
        z = float(ndtri((1 + level) / 2))
        return ndtr(at - z * error), ndtr(at + z * error)


@dataclass(frozen=True, slots=True)
class Needed:
    """Firms needed for a power: rounded up, with the interval that simulation error leaves (Fieller 1954)."""

    power: float
    n: int | Undefined
    lower: int | Undefined
    upper: int | Undefined


def power_curve(sizes: Sequence[int], hits: Sequence[int], of: Sequence[int]) -> Curve | Undefined:
    """Fit the curve by Fisher scoring (McCullagh & Nelder 1989, section 4.4).

    Parameters
    ----------
    sizes, hits, of
        One a cell: firms, replications with a hit, all replications.
    """
    n, h, r = (np.asarray(values, dtype=np.float64) for values in (sizes, hits, of))
    if len(np.unique(n)) < 2:
        return Undefined("a curve needs two sizes at least; ask for more sizes")
    if (h == 0).all() or (h == r).all() or ((h == 0) | (h == r)).all():
        return Undefined("every size has either no hits or nothing but hits; ask for sizes in between")
    X = np.column_stack([np.ones(len(n)), np.sqrt(n)])
    # In the middle of the sizes, so that intercept and slope hardly correlate while they are sought.
    centre = X[:, 1].mean()
    X[:, 1] -= centre
    coefficients = np.array([ndtri((h.sum() + 0.5) / (r.sum() + 1)), 0.0])
    likelihood = _log_likelihood(X @ coefficients, h, r)
    for _ in range(_STEPS):
        slope, information = _scores(X, X @ coefficients, h, r)
        step = np.linalg.solve(information, slope)
        size = 1.0
        while (now := _log_likelihood(X @ (coefficients + size * step), h, r)) < likelihood - 1e-12 and size > 1e-8:
            size /= 2
        coefficients, likelihood = coefficients + size * step, now
        if float(slope @ step) < 1e-12:
            break
    else:
        return Undefined("the curve through the hits was not found; ask for more replications")
    V = np.linalg.inv(_scores(X, X @ coefficients, h, r)[1])
    back = np.array([[1.0, -centre], [0.0, 1.0]])
    intercept, per_root = back @ coefficients
    V = back @ V @ back.T
    deviance = 2 * (_log_likelihood_of(h / r, h, r) - likelihood)
    df = len(np.unique(n)) - 2
    misfit = float(chi2.sf(deviance, df)) if df > 0 else Undefined("two sizes lie on any curve")
    return Curve(float(intercept), float(per_root), (float(V[0, 0]), float(V[0, 1]), float(V[1, 1])), misfit)


def needed(curve: Curve | Undefined, sizes: Sequence[int], power: float, level: float = 0.95) -> Needed:
    """The number of firms that gives ``power``, within the sizes that were simulated."""
    if isinstance(curve, Undefined):
        return Needed(power, curve, curve, curve)
    least, most = min(sizes), max(sizes)
    limits = curve.power(np.array([least, most], dtype=np.float64))
    if curve.slope <= 0:
        return _none(power, "power does not grow with the number of firms here; ask for more replications or sizes")
    if limits[1] < power:
        return _none(power, f"power is about {limits[1]:.2f} at the grid's largest size, {most}; ask for larger N")
    if limits[0] > power:
        return _none(power, f"power is about {limits[0]:.2f} at the grid's smallest size, {least}; ask for smaller N")
    target = float(ndtri(power))
    root = (target - curve.intercept) / curve.slope
    lower, upper = _fieller(curve, target, float(ndtri((1 + level) / 2)))
    return Needed(power, ceil(round(root**2, 9)), lower, upper)


def _none(power: float, because: str) -> Needed:
    why = Undefined(because)
    return Needed(power, why, why, why)


def _fieller(curve: Curve, target: float, z: float) -> tuple[int | Undefined, int | Undefined]:
    """Sizes at which the curve's interval still holds the target: roots of (a + bx − t)² = z²·var(a + bx)."""
    v0, v01, v1 = curve.cov
    a, b = curve.intercept - target, curve.slope
    square, linear, constant = b**2 - z**2 * v1, a * b - z**2 * v01, a**2 - z**2 * v0
    discriminant = linear**2 - square * constant
    if square <= 0 or discriminant < 0:
        why = Undefined("the simulation is too small to bound it; ask for more replications")
        return why, why
    low, high = ((-linear + sign * sqrt(discriminant)) / square for sign in (-1, 1))
    return ceil(max(low, 0.0) ** 2), ceil(high**2)


def _scores(X: Array, eta: Array, h: Array, r: Array) -> tuple[Array, Array]:
    """Slope (2,) and expected information (2, 2) of the binomial likelihood, tails by logarithms."""
    density = -0.5 * eta**2 - 0.5 * np.log(2 * np.pi)
    up, down = np.exp(density - log_ndtr(eta)), np.exp(density - log_ndtr(-eta))
    weight = r * up * down
    return X.T @ (h * up - (r - h) * down), (X * weight[:, None]).T @ X


def _log_likelihood(eta: Array, h: Array, r: Array) -> float:
    return float((h * log_ndtr(eta) + (r - h) * log_ndtr(-eta)).sum())


def _log_likelihood_of(p: Array, h: Array, r: Array) -> float:
    """At shares p; 0·log 0 is 0."""
    inside = (p > 0) & (p < 1)
    p, h, r = p[inside], h[inside], r[inside]
    return float((h * np.log(p) + (r - h) * np.log1p(-p)).sum())
