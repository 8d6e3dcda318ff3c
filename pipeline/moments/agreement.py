"""Agreement of a unit's informants: rwg(j), and the null distributions it is held against.

rwg(j) asks by how much the informants' answers vary less than those of informants who do not agree at all (James,
Demaree & Wolf 1984). How the latter would answer is an assumption, the null distribution.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]
Null = Literal["uniform", "triangular", "slight skew", "moderate skew", "heavy skew"]

TABLED: Mapping[str, Mapping[int, float]] = {
    "triangular": {5: 1.32, 6: 1.45, 7: 2.10, 8: 2.81, 9: 3.00, 10: 2.89, 11: 3.32},
    "slight skew": {5: 1.34, 6: 1.85, 7: 2.90, 8: 3.47, 9: 5.66, 10: 6.30, 11: 7.31},
    "moderate skew": {5: 0.90, 6: 1.26, 7: 2.14, 8: 2.79, 9: 4.73, 10: 5.09, 11: 6.32},
    "heavy skew": {5: 0.44, 6: 0.69, 7: 1.39, 8: 2.35, 9: 3.16, 10: 3.46, 11: 4.02},
}
"""Null distribution → points of the response scale → variance (LeBreton & Senter 2008, Table 2)."""

FIVE_POINTS: Mapping[str, tuple[float, ...]] = {
    "slight skew": (0.05, 0.15, 0.20, 0.35, 0.25),
    "moderate skew": (0.00, 0.10, 0.15, 0.40, 0.35),
    "heavy skew": (0.00, 0.00, 0.10, 0.40, 0.50),
}
"""Shares of the points of a five-point scale whose variances are those of the table, 1.34, 0.90 and 0.44."""

ROUNDING = 1e-12
"""A ratio of variances that exceeds 1 by less than this is 1."""


@dataclass(frozen=True, slots=True)
class NullVariance:
    """Variance (by N) of one answer under a null distribution, and where it is from, in words."""

    value: float
    source: str


@dataclass(frozen=True, slots=True)
class Agreement:
    """rwg(j) of every unit.

    Attributes
    ----------
    value
        (units,) between 0 and 1; NaN exactly where ``out_of_range``.
    out_of_range
        (units,) the informants differ by more than under the null distribution: the formula then gives numbers below
        0 or above 1, which mean nothing.
    ratio
        (units,) mean variance of the items over that of the null distribution; above 1 is out of range.
    """

    value: Array
    out_of_range: NDArray[np.bool_]
    ratio: Array


@dataclass(frozen=True, slots=True)
class Informants:
    """Who can be compared: informants who answered every item, of units with at least two of them.

    Attributes
    ----------
    rows
        (informants,) their rows.
    unit
        (informants,) number of their unit, 0 to ``len(units)`` − 1.
    units
        (units,) the number each unit had before.
    left_out
        Units with several informants of whom fewer than two answered every item.
    """

    rows: NDArray[np.intp]
    unit: NDArray[np.intp]
    units: NDArray[np.intp]
    left_out: int


def several_informants(X: ArrayLike, unit: ArrayLike) -> Informants:
    """The informants of (rows, items) answers ``X`` who can be compared within their ``unit`` (rows,)."""
    values, code = np.asarray(X, dtype=np.float64), np.asarray(unit, dtype=np.intp)
    complete = ~np.isnan(values).any(axis=1)
    size = np.bincount(code, minlength=0)
    answered = np.bincount(code[complete], minlength=len(size))
    rows = np.flatnonzero(complete & (answered >= 2)[code]) if len(code) else np.zeros(0, dtype=np.intp)
    units, renumbered = np.unique(code[rows], return_inverse=True)
    return Informants(rows, renumbered.astype(np.intp), units, int(((size >= 2) & (answered < 2)).sum()))


def null_variance(null: Null, points: int) -> NullVariance:
    """Variance of an answer on a scale of ``points`` points under a null distribution.

    Uniform: (A² − 1)/12 for any A (James, Demaree & Wolf 1984). The others: Table 2 of LeBreton & Senter (2008) for 5
    to 11 points. Beyond that table, triangular has shares that fall evenly from the middle, with variance
    (A − 1)(A + 3)/24 for odd and (A² + 2A − 2)/24 for even A; skewed distributions have the table's shares of five
    points, spread evenly within each point and cut into A instead of 5.

    Raises
    ------
    ValueError
        With fewer than two points: nobody can disagree.
    """
    if points < 2:
        raise ValueError(f"a response scale has two points or more, not {points}")
    if null == "uniform":
        return NullVariance((points**2 - 1) / 12, "(A² − 1)/12")
    tabled = TABLED[null].get(points)
    if tabled is not None:
        return NullVariance(tabled, "LeBreton & Senter (2008), Table 2")
    if null == "triangular":
        return NullVariance(_variance(_triangle(points)), "shares that fall evenly from the middle")
    return NullVariance(_variance(_stretched(FIVE_POINTS[null], points)),
                        "the shares of five points (LeBreton & Senter 2008), stretched")


def mean_item_variance(X: ArrayLike, unit: ArrayLike) -> Array:
    """(units,) mean over items of the variance (n − 1) among a unit's informants.

    Parameters
    ----------
    X
        (informants, items), no missing value.
    unit
        (informants,) number of the unit, 0 and up; every unit has two informants or more.
    """
    values, code = np.asarray(X, dtype=np.float64), np.asarray(unit, dtype=np.intp)
    size = np.bincount(code).astype(np.float64)
    deviations = values - unit_means(values, code)[code]
    squares = np.zeros((len(size), values.shape[1]))
    np.add.at(squares, code, deviations**2)
    variance: Array = (squares / (size - 1)[:, None]).mean(axis=1)
    return variance


def unit_means(X: Array, code: NDArray[np.intp]) -> Array:
    """(units, items) means of ``X`` (informants, items) by unit ``code`` (informants,)."""
    size = np.bincount(code).astype(np.float64)
    total = np.zeros((len(size), X.shape[1]))
    np.add.at(total, code, X)
    means: Array = total / size[:, None]
    return means


def rwg_j(mean_variance: ArrayLike, null: float, items: int) -> Agreement:
    """rwg(j) = J(1 − v)/[J(1 − v) + v], v = mean item variance/variance of the null; with J = 1 it is rwg = 1 − v.

    Source: James, Demaree & Wolf (1984), equations 1 and 2.

    Parameters
    ----------
    mean_variance
        (units,) as :func:`mean_item_variance` gives it.
    null
        Variance of an answer under the null distribution.
    items
        J, the number of items.
    """
    ratio = np.asarray(mean_variance, dtype=np.float64) / null
    out = ratio > 1 + ROUNDING
    agreed = items * np.maximum(1 - ratio, 0.0)
    # Within range the denominator is at least min(items, 1): no pole.
    value = np.where(out, np.nan, agreed / np.where(out, 1.0, agreed + ratio))
    return Agreement(value, out, ratio)


def _triangle(points: int) -> Array:
    """Shares that fall evenly from the middle point, or the two middle points, to both ends."""
    place = np.arange(1, points + 1)
    height = np.minimum(place, points + 1 - place).astype(np.float64)
    shares: Array = height / height.sum()
    return shares


def _stretched(shares: tuple[float, ...], points: int) -> Array:
    """The same distribution in ``points`` equal parts, each share spread evenly over its own part."""
    reached = np.concatenate([[0.0], np.cumsum(shares)])
    ends = np.linspace(0, 1, points + 1)
    stretched: Array = np.diff(np.interp(ends, np.linspace(0, 1, len(shares) + 1), reached))
    return stretched


def _variance(shares: Array) -> float:
    place = np.arange(1, len(shares) + 1)
    mean = float(shares @ place)
    return float(shares @ (place - mean) ** 2)
