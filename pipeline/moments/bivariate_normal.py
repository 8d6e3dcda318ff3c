"""The standard bivariate normal: distribution, density, and the probabilities of rectangles.

Two ways to the distribution are kept because each is best somewhere. Owen's T is exact to the last digits for every
correlation and costs some 250 ns a point. Gauss-Legendre quadrature over the correlation needs only exponentials,
so that a table whose cells share one ρ costs some 40 ns a point, but the integrand sharpens as |ρ| → 1 and nodes
must be added. :func:`distribution` uses the first, :func:`grid` the second up to |ρ| = .9.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import ndtr, owens_t

Array = NDArray[np.float64]

#: Beyond 40 standard deviations Φ is 0 or 1 and φ is 0 in double precision, so ±40 stands for ±∞ without NaN.
INFINITE = 40.0

#: (largest |ρ|, nodes): errors of the quadrature stay below 4e-15 for every a and b (see the tests).
NODES = ((0.3, 6), (0.5, 8), (0.7, 10), (0.8, 12), (0.9, 16))

#: Above this |ρ| tables are gathered by the number of nodes that they need.
SHARP = 0.8

RULES = {nodes: tuple(zip(*np.polynomial.legendre.leggauss(nodes), strict=True)) for _, nodes in NODES}


def normal_density(z: ArrayLike) -> Array:
    """φ(z) of one standard normal variable."""
    z = np.asarray(z, dtype=np.float64)
    result: Array = np.exp(-z * z / 2) / np.sqrt(2 * np.pi)
    return result


def distribution(a: ArrayLike, b: ArrayLike, rho: ArrayLike) -> Array:
    """Φ₂(a, b; ρ) = P(X ≤ a, Y ≤ b), by Owen's T function (Owen 1956, eq. 2.1).

    Φ₂ = ½[Φ(a) + Φ(b)] − T(a, q_a) − T(b, q_b) − ½·1{ab < 0}, with q_a = (b − ρa)/(a·√(1 − ρ²)).

    Parameters
    ----------
    a, b
        Upper limits, ±∞ allowed; broadcast against each other and ``rho``.
    rho
        Correlations in [−1, 1], the ends included.

    Returns
    -------
    array of the broadcast shape, correct to some 1e-15.
    """
    a, b, rho = np.broadcast_arrays(*(np.asarray(v, dtype=np.float64) for v in (a, b, rho)))
    a, b = _finite(a), _finite(b)
    # T(0, ±∞) and the sign of zero are limits: the smallest number on the positive side reaches them.
    a, b = np.where(a == 0, 1e-300, a), np.where(b == 0, 1e-300, b)
    inside = np.abs(rho) < 1
    root = np.sqrt(np.where(inside, (1 - rho) * (1 + rho), 1.0))
    with np.errstate(over="ignore"):
        # b − ρa written so that it keeps its digits when ρ is near ±1 and a near ±b.
        side = np.where(rho < 0, -1.0, 1.0)
        left = ((b - side * a) + side * (1 - side * rho) * a) / a / root
        right = ((a - side * b) + side * (1 - side * rho) * b) / b / root
    below = 0.5 * (ndtr(a) + ndtr(b)) - owens_t(a, left) - owens_t(b, right) - 0.5 * ((a < 0) != (b < 0))
    ends = np.where(rho > 0, np.minimum(ndtr(a), ndtr(b)), np.maximum(ndtr(a) - ndtr(-b), 0.0))
    result: Array = np.where(inside, np.maximum(below, 0.0), ends)
    return result


def density(a: ArrayLike, b: ArrayLike, rho: ArrayLike) -> Array:
    """φ₂(a, b; ρ), which is also ∂Φ₂/∂ρ (Plackett 1954); 0 where a or b is infinite. |ρ| < 1."""
    a, b, rho = (np.asarray(v, dtype=np.float64) for v in (a, b, rho))
    a, b = _finite(a), _finite(b)
    rest = (1 - rho) * (1 + rho)
    result: Array = np.exp(-(a * a + b * b - 2 * rho * a * b) / (2 * rest)) / (2 * np.pi * np.sqrt(rest))
    return result


def density_and_slope(a: ArrayLike, b: ArrayLike, rho: ArrayLike) -> tuple[Array, Array]:
    """φ₂ and ∂φ₂/∂ρ = φ₂·[ρ/(1 − ρ²) + ((1 + ρ²)ab − ρ(a² + b²))/(1 − ρ²)²]; |ρ| < 1."""
    a, b, rho = (np.asarray(v, dtype=np.float64) for v in (a, b, rho))
    a, b = _finite(a), _finite(b)
    rest = (1 - rho) * (1 + rho)
    product, squares = a * b, a * a + b * b
    phi: Array = np.exp((product * rho - squares / 2) / rest)
    phi *= 1 / (2 * np.pi * np.sqrt(rest))
    product *= (1 + rho * rho) / (rest * rest)
    squares *= rho / (rest * rest)
    product -= squares
    product += rho / rest
    product *= phi
    return phi, product


def grid(a: Array, b: Array, rho: Array) -> Array:
    """Φ₂ for many points that share their correlation along the last axis: by quadrature over ρ.

    Φ₂(a, b; ρ) = Φ(a)Φ(b) + ∫ exp(−(a² + b² − 2ab·sin θ)/(2cos² θ)) dθ/(2π) over θ from 0 to arcsin ρ
    (Drezner & Wesolowsky 1990), Gauss-Legendre with as many nodes as |ρ| asks for, Owen's T beyond .9.

    Parameters
    ----------
    a, b
        (…, T), any shapes that broadcast to each other; ±∞ allowed.
    rho
        (T,) in [−1, 1].

    Returns
    -------
    (…, T), correct to 1e-14.
    """
    size = np.abs(rho)
    top = float(size.max(initial=0.0))
    # Below .8 a few nodes too many cost less than gathering the tables of each band.
    if top > SHARP and float(size.min()) <= SHARP:
        return _by_band(a, b, rho, size)
    nodes = next((nodes for largest, nodes in NODES if top <= largest), 0)
    if nodes == 0:
        return distribution(a, b, rho)
    return _quadrature(_finite(a), _finite(b), rho, nodes)


def rectangle(a0: ArrayLike, a1: ArrayLike, b0: ArrayLike, b1: ArrayLike, rho: ArrayLike) -> Array:
    """P(a0 < X ≤ a1, b0 < Y ≤ b1), never below 0; arguments as in :func:`distribution`."""
    inside = (distribution(a1, b1, rho) - distribution(a0, b1, rho)
              - distribution(a1, b0, rho) + distribution(a0, b0, rho))
    result: Array = np.maximum(inside, 0.0)
    return result


def _quadrature(a: Array, b: Array, rho: Array, nodes: int) -> Array:
    half = np.arcsin(rho) / 2
    product = a * b
    halved_squares = (a * a + b * b) / 2
    total = np.zeros(np.broadcast_shapes(product.shape, rho.shape))
    work = np.empty_like(total)
    for node, share in RULES[nodes]:
        sine = np.sin(half * (1 + node))
        np.multiply(product, sine, out=work)
        work -= halved_squares
        work *= 1 / ((1 - sine) * (1 + sine))
        np.exp(work, out=work)
        work *= share
        total += work
    total *= half / (2 * np.pi)
    total += ndtr(a) * ndtr(b)
    return total


def _by_band(a: Array, b: Array, rho: Array, size: Array) -> Array:
    """Three bands of |ρ| apart, so that one high correlation does not slow down the rest."""
    shape = np.broadcast_shapes(a.shape, b.shape, rho.shape)
    a, b = np.broadcast_to(a, (*a.shape[:-1], shape[-1])), np.broadcast_to(b, (*b.shape[:-1], shape[-1]))
    result = np.empty(shape)
    for below, largest in ((-1.0, SHARP), (SHARP, NODES[-1][0]), (NODES[-1][0], 1.0)):
        members = np.flatnonzero((size > below) & (size <= largest))
        if members.size:
            result[..., members] = grid(a[..., members], b[..., members], rho[members])
    return result


def _finite(limit: Array) -> Array:
    result: Array = np.clip(limit, -INFINITE, INFINITE)
    return result
