"""Johnson–Neyman regions: for which values of a moderator a slope differs from 0 (Johnson & Neyman 1936).

The slope s(m) = b₁ + b₂m (+ b₃m²) differs from 0 where s(m)² > z²·var s(m). The difference of the two sides is a
polynomial in m, and the bounds of the regions are its roots.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

import numpy as np
from numpy.polynomial.polynomial import polyval
from scipy.special import ndtri

from pipeline.sem.linalg import Array
from pipeline.undefined import Undefined

RegionKind = Literal["none", "all", "inside", "outside", "one-sided", "several"]

_SAME = 1e-7
"""A double root is found to half the digits only."""


@dataclass(frozen=True, slots=True)
class Region:
    """Values of the moderator where the slope's interval leaves out 0, and its sign there; None where it has no end."""

    lower: float | None
    upper: float | None
    sign: Literal["positive", "negative"]


@dataclass(frozen=True, slots=True)
class JohnsonNeyman:
    """Where a slope differs from 0 (Johnson & Neyman 1936; Bauer & Curran 2005).

    Attributes
    ----------
    kind
        The slope differs from 0 for no value (``none``), for every value (``all``), between two values (``inside``),
        beyond two values (``outside``), on one side of one value (``one-sided``), or in ``several`` regions, which
        needs a quadratic moderation. Of the whole line, whether or not the moderator comes there.
    bounds
        The values where the interval touches 0, rising.
    covered
        Share of the moderator's range, from ``low`` to ``high``, that the regions cover.
    """

    kind: RegionKind
    bounds: tuple[float, ...]
    regions: tuple[Region, ...]
    covered: float
    level: float


def johnson_neyman(
    b: Array, V: Array, low: float, high: float, *, centre: float = 0.0, level: float = 0.95,
) -> JohnsonNeyman | Undefined:
    """Regions of the moderator where the slope differs from 0 at 1 − ``level``.

    The polynomial is of degree 2 for a linear moderation, solved in closed form (Bauer & Curran 2005),
    or of degree 4. The interval is that of one value: looking at every value is not corrected for (Esarey & Sumner
    2018).

    Parameters
    ----------
    b
        (2,) or (3,): focal predictor, product, product with the squared moderator.
    V
        Their sampling covariance.
    low, high
        The moderator's range, in its own units.
    centre
        What was subtracted from the moderator before the product was formed.
    """
    if not np.isfinite(b).all() or not np.isfinite(V).all():
        return Undefined("a coefficient or its variance is not finite")
    if not np.diag(V).any():
        return Undefined("the coefficients are fixed")
    # In units of the range, powers of a moderator measured in thousands do not swamp one another.
    scale = high - low
    units = scale ** np.arange(len(b))
    quantile = float(ndtri((1 + level) / 2))
    excess = _excess(b * units, V * np.outer(units, units), quantile)
    roots = _quadratic_roots(excess) if len(b) == 2 else _quartic_roots(excess)
    found = []
    width = 0.0
    for lower, upper in pairwise([-np.inf, *roots, np.inf]):
        inner = _inside(lower, upper, excess)
        if polyval(inner, excess) > 0:
            ends = scale * lower + centre, scale * upper + centre
            width += max(0.0, min(ends[1], high) - max(ends[0], low))
            first, last = (float(end) if np.isfinite(end) else None for end in ends)
            found.append(Region(first, last, "positive" if polyval(inner, b * units) > 0 else "negative"))
    bounds = tuple(float(scale * root + centre) for root in roots)
    return JohnsonNeyman(_kind(tuple(found)), bounds, tuple(found), float(width / scale), level)


def _excess(b: Array, V: Array, quantile: float) -> Array:
    """Coefficients, from the constant up, of s(m)² − z² var s(m)."""
    inner = np.outer(b, b) - quantile ** 2 * V
    order = len(b)
    return np.array([sum(inner[i, power - i] for i in range(order) if 0 <= power - i < order)
                     for power in range(2 * order - 1)])


def _quadratic_roots(excess: Array) -> list[float]:
    """Real roots where c + 2hm + am² changes sign, rising; in the form that loses no digits."""
    c, h, a = float(excess[0]), float(excess[1]) / 2, float(excess[2])
    if a == 0:
        return [-c / (2 * h)] if h else []
    discriminant = h * h - a * c
    if discriminant <= 0:
        return []
    q = -(h + np.copysign(discriminant ** 0.5, h))
    return sorted((float(q / a), float(c / q)))


def _quartic_roots(excess: Array) -> list[float]:
    """Real roots at which the polynomial changes sign, rising; roots closer than rounding tells apart are one."""
    roots = np.roots(excess[::-1])
    real = np.sort(roots.real[np.abs(roots.imag) <= _SAME * np.maximum(1.0, np.abs(roots))])
    distinct = real[np.diff(real, prepend=-np.inf) > _SAME * np.maximum(1.0, np.abs(real))]
    ends = [-np.inf, *distinct, np.inf]
    signs = [np.sign(polyval(_inside(low, high, excess), excess)) for low, high in pairwise(ends)]
    return [float(root) for root, (before, after) in zip(distinct, pairwise(signs), strict=True) if before != after]


def _inside(lower: float, upper: float, excess: Array) -> float:
    """A value between two bounds where the polynomial is not 0: it may touch 0 at one of two values, not at both."""
    if np.isinf(lower) and np.isinf(upper):
        points = (0.0, 1.0)
    elif np.isinf(lower):
        points = (upper - 1.0 - abs(upper), upper - 2.0 - abs(upper))
    elif np.isinf(upper):
        points = (lower + 1.0 + abs(lower), lower + 2.0 + abs(lower))
    else:
        points = ((lower + upper) / 2, (2 * lower + upper) / 3)
    return max(points, key=lambda point: abs(float(polyval(point, excess))))


def _kind(regions: tuple[Region, ...]) -> RegionKind:
    if not regions:
        return "none"
    open_below, open_above = regions[0].lower is None, regions[-1].upper is None
    if len(regions) == 1:
        return "all" if open_below and open_above else "one-sided" if open_below or open_above else "inside"
    return "outside" if len(regions) == 2 and open_below and open_above else "several"
