"""Likelihoods of pairs with a numeric variable: Pearson's r with values missing, and the polyserial correlation.

Arrays (n, T): n cases of T problems, be they pairs of one sample or draws of one pair. As in lavaan, a case whose
density falls below √ε = 1.5e-8, in the variables' own units, does not count for ρ̂.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pipeline.moments.bivariate_normal import density, normal_density
from pipeline.moments.bounded_newton import maximise
from pipeline.moments.margins import interval
from pipeline.moments.two_way import BOUND, FLOOR

Array = NDArray[np.float64]
Which = NDArray[np.int64]

#: lavaan's bound of a polyserial correlation.
POLYSERIAL_BOUND = 0.995


def pearson(one: Array, other: Array, w: Array, spread: Array, complete: NDArray[np.bool_],
            tolerance: float = 1e-7) -> tuple[Array, NDArray[np.bool_]]:
    """Correlations (T,) of two numeric variables, and whether each converged.

    r where both are complete; else by maximum likelihood given the means and variances of all values of each.

    Parameters
    ----------
    one, other
        (n, T) standardised residuals.
    w
        (n, T) how often each case counts; 0 where it misses either value.
    spread
        (T,) product of the standard deviations.
    complete
        (T,) whether no value of either is missing.
    """
    def derivatives(rho: Array, which: Which) -> tuple[Array, Array]:
        a, b, rest = one[:, which], other[:, which], 1 - rho * rho
        weights = w[:, which] * (density(a, b, rho) / spread[which] >= FLOOR)
        n, squares, cross = weights.sum(axis=0), (weights * (a * a + b * b)).sum(axis=0), (weights * a * b).sum(axis=0)
        # Of −½·log(1 − ρ²) − q/(2(1 − ρ²)) with q = a² + b² − 2ρab, summed.
        pull = (1 + rho**2) * cross - rho * squares
        bend = n * (1 + rho**2) + 2 * rho * cross - squares + 4 * rho * pull / rest
        return n * rho / rest + pull / rest**2, bend / rest**2

    r = (w * one * other).sum(axis=0) / np.sqrt((w * one**2).sum(axis=0) * (w * other**2).sum(axis=0))
    r = np.where(np.abs(r) > 1 - 1e-12, np.sign(r), r)
    if complete.all():
        return r, np.isfinite(r)
    found, converged = maximise(derivatives, np.clip(r, -0.99, 0.99), BOUND, tolerance)
    return np.where(complete, r, found), complete | converged


def pearson_slope(a: Array, b: Array, rho: Array | float) -> Array:
    """∂log φ₂(a, b; ρ)/∂ρ."""
    rest = 1 - rho * rho
    slope: Array = rho / rest + ((1 + rho**2) * a * b - rho * (a * a + b * b)) / rest**2
    return slope


def polyserial(z: Array, upper: Array, lower: Array, w: Array, spread: Array, start: Array,
               tolerance: float = 1e-7) -> tuple[Array, NDArray[np.bool_]]:
    """Polyserial correlations (T,), two-step, and whether each converged (Olsson, Drasgow & Dorans 1982).

    The category given z is an interval of a normal variable with mean ρz and variance 1 − ρ².

    Parameters
    ----------
    z
        (n, T) standardised residuals of the numeric variable.
    upper, lower
        (n, T) limits of the answer on the ordered variable's scale, ±40 for ±∞.
    w
        (n, T) how often each case counts; 0 where it misses either value.
    spread
        (T,) standard deviations of the numeric variables.
    start
        (T,) where to begin.
    """
    def derivatives(rho: Array, which: Which) -> tuple[Array, Array]:
        part = slice(None) if len(which) == z.shape[1] else which
        slope, bend, probability = interval_slopes(z[:, part], upper[:, part], lower[:, part], rho)
        weights = w[:, part] * counted(z[:, part], spread[part], probability)
        return (weights * slope).sum(axis=0), (weights * (bend - slope**2)).sum(axis=0)

    return maximise(derivatives, np.clip(start, -0.95, 0.95), POLYSERIAL_BOUND, tolerance)


def counted(z: Array, spread: Array, probability: Array) -> NDArray[np.bool_]:
    """Whether lavaan lets a case count for a polyserial ρ̂: density of z over ``spread`` times P(category | z) ≥ √ε."""
    enough: NDArray[np.bool_] = normal_density(z) / spread * probability >= FLOOR
    return enough


def interval_slopes(z: Array, upper: Array, lower: Array, rho: Array | float) -> tuple[Array, Array, Array]:
    """p'/p, p''/p and p, of p(ρ) = Φ((upper − ρz)/√(1 − ρ²)) − Φ((lower − ρz)/√(1 − ρ²))."""
    rest = (1 - rho) * (1 + rho)
    root = np.sqrt(rest)
    high, low = ((limit - rho * z) / root for limit in (upper, lower))
    probability = np.maximum(interval(low, high), np.finfo(np.float64).eps)
    slope, bend = np.zeros_like(probability), np.zeros_like(probability)
    for sign, limit, t in ((1.0, upper, high), (-1.0, lower, low)):
        phi = sign * normal_density(t)
        dt = (rho * limit - z) / (rest * root)
        slope += phi * dt
        bend += phi * (limit / (rest * root) + 3 * rho * dt / rest - t * dt * dt)
    return slope / probability, bend / probability, probability


def limit_pushes(z: Array, upper: Array, lower: Array, rho: Array | float) -> tuple[Array, Array, Array]:
    """∂log p in ρ, in the upper limit, and minus that in the lower one, p = P(category | z)."""
    root = np.sqrt((1 - rho) * (1 + rho))
    slope, _, probability = interval_slopes(z, upper, lower, rho)
    above, below = (normal_density((limit - rho * z) / root) / (probability * root) for limit in (upper, lower))
    return slope, above, below
