"""Do several informants agree, and can units be told apart by their means? AD, ICC(1), ICC(2).

rwg(j), which the plan's rule for scores looks at, is in :mod:`pipeline.moments.agreement`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import brentq
from scipy.stats import f as f_distribution

from pipeline.moments.agreement import unit_means
from pipeline.undefined import Number, Undefined

Array = NDArray[np.float64]

NOTHING = 1e-12
"""A sum of squares below this share of that of the raw scores is rounding error."""


@dataclass(frozen=True, slots=True)
class OneWay:
    """One-way random analysis of variance of informants within units.

    Attributes
    ----------
    average_size
        k̃ = (N − Σn²/N)/(G − 1): informants a unit (Haggard 1958).
    ms_between, ms_within
        Mean squares, with ``df_between`` = G − 1 and ``df_within`` = N − G.
    f, pvalue
        MSB/MSW and its upper tail: exact under no difference between units, whatever their sizes.
    icc1, icc2
        Reliability of one informant, and of the mean of k̃ of them; not set to 0 where negative.
    """

    units: int
    informants: int
    average_size: Number
    ms_between: Number
    ms_within: Number
    f: Number
    df_between: int
    df_within: int
    pvalue: Number
    icc1: Number
    icc1_interval: tuple[Number, Number]
    icc2: Number
    icc2_interval: tuple[Number, Number]


def average_deviation(X: ArrayLike, unit: ArrayLike) -> Array:
    """(units,) AD(j): mean over items of the informants' mean absolute deviation (by n) from their mean, in points.

    Source: Burke, Finkelstein & Dusig (1999), around the mean. A customary upper bound is A/6 for A points (Burke &
    Dunlap 2002).

    Parameters
    ----------
    X
        (informants, items), no missing value.
    unit
        (informants,) number of the unit, 0 and up.
    """
    values, code = np.asarray(X, dtype=np.float64), np.asarray(unit, dtype=np.intp)
    deviation: Array = unit_means(np.abs(values - unit_means(values, code)[code]), code).mean(axis=1)
    return deviation


def one_way(y: ArrayLike, unit: ArrayLike, *, level: float = 0.95) -> OneWay:
    """ICC(1) = (MSB − MSW)/(MSB + (k̃ − 1)MSW) and ICC(2) = (MSB − MSW)/MSB, with exact intervals.

    Sources: Shrout & Fleiss (1979), their ICC(1,1) and ICC(1,k); Bliese (2000) for units of unequal size; Wald (1940)
    for the interval. With θ = σ²(between)/σ²(within) and weights w = n/(1 + nθ), Σw(ȳ − ȳ_w)²/[(G − 1)MSW] follows F
    with G − 1 and N − G degrees of freedom at the true θ, exactly for units of any size; the limits are the θ at which
    it equals the upper and the lower tail. With equal sizes they are those of Shrout & Fleiss. No limit lies below the
    least correlation there can be, −1/(n − 1) of the largest unit; with unequal sizes the estimate can.

    Parameters
    ----------
    y
        (informants,) scores, no missing value.
    unit
        (informants,) number of the unit, 0 and up, none left out.
    """
    scores, code = np.asarray(y, dtype=np.float64), np.asarray(unit, dtype=np.intp)
    size = np.bincount(code).astype(np.float64) if len(code) else np.zeros(0)
    units, n = len(size), len(scores)
    why = _why_not(units, n)
    if why is not None:
        return _nothing(units, n, why)
    mean = unit_means(scores[:, None], code)[:, 0]
    average = float((n - (size**2).sum() / n) / (units - 1))
    within = float(((scores - mean[code]) ** 2).sum())
    between = float((size * (mean - scores.mean()) ** 2).sum())
    scale = NOTHING * float(((scores - scores.mean()) ** 2).sum()) + NOTHING**2 * float((scores**2).sum())
    if within + between <= scale:
        return _nothing(units, n, Undefined("every informant has the same score"), average)
    msb, msw = between / (units - 1), within / (n - units)
    if within <= scale:
        return _same_within(units, n, average, msb)
    if between <= scale:
        msb = 0.0
    icc1_interval, icc2_interval = _intervals(mean, size, average, msw, n, level)
    f = msb / msw
    return OneWay(
        units, n, average, msb, msw, f, units - 1, n - units, float(f_distribution.sf(f, units - 1, n - units)),
        (msb - msw) / (msb + (average - 1) * msw), icc1_interval,
        (msb - msw) / msb if msb else Undefined("all units have the same mean"), icc2_interval,
    )


def _why_not(units: int, informants: int) -> Undefined | None:
    if units < 2:
        return Undefined(f"it compares units, and {'only one' if units else 'none'} has several informants")
    if informants == units:
        return Undefined("no unit has several informants")
    return None


def _nothing(units: int, informants: int, why: Undefined, average: Number | None = None) -> OneWay:
    return OneWay(units, informants, why if average is None else average, why, why, why, max(units - 1, 0),
                  informants - units, why, why, (why, why), why, (why, why))


def _same_within(units: int, informants: int, average: float, msb: float) -> OneWay:
    """Informants of a unit never differ: perfect reliability, but nothing to test it against."""
    why = Undefined("the informants of a unit never differ")
    return OneWay(units, informants, average, msb, 0.0, why, units - 1, informants - units, why, 1.0, (why, why), 1.0,
                  (why, why))


def _intervals(
    mean: Array, size: Array, average: float, msw: float, n: int, level: float,
) -> tuple[tuple[Number, Number], tuple[Number, Number]]:
    """Intervals of ICC(1) and ICC(2), from the limits of θ."""
    units, least = len(size), -1 / float(size.max())
    tail = (1 - level) / 2

    def statistic(theta: float) -> float:
        weight = size / (1 + size * theta)
        centre = (weight * mean).sum() / weight.sum()
        return float((weight * (mean - centre) ** 2).sum() / ((units - 1) * msw))

    lower = _solve(statistic, float(f_distribution.isf(tail, units - 1, n - units)), least)
    upper = _solve(statistic, float(f_distribution.ppf(tail, units - 1, n - units)), least)
    if upper == least:
        none = Undefined("the means of units differ by less than any value of it would make them")
        return (none, none), (none, none)
    return (_one(lower), _one(upper)), (_mean_of(lower, average), _mean_of(upper, average))


def _solve(statistic: Callable[[float], float], wanted: float, least: float) -> float:
    """The θ at which a statistic that falls with θ takes a value; ``least``, θ's lower bound, if it never does."""
    # Just inside: at the end itself the weights of the largest units have no bound.
    start = least * (1 - 1e-9)
    if statistic(start) <= wanted:
        return least
    end = 1.0
    while statistic(end) > wanted:
        end *= 4
    return float(brentq(lambda theta: statistic(theta) - wanted, start, end, xtol=1e-14, rtol=1e-14))


def _one(theta: float) -> float:
    """ICC(1) at θ."""
    return theta / (1 + theta)


def _mean_of(theta: float, size: float) -> Number:
    """ICC(2) at θ, for the mean of ``size`` informants."""
    if 1 + size * theta <= NOTHING:
        return Undefined("the interval reaches to the least possible value")
    return size * theta / (1 + size * theta)
