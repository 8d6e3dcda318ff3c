"""Comparisons that say something of those who did not answer: two groups' means, known shares, trends.

Rogelberg & Stanton (2007) ask for several techniques side by side; each is one of these three comparisons. Standard
errors take respondents as independent of each other.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq
from scipy.stats import chi2, chisquare, linregress, ncx2, norm, pearsonr, ttest_ind
from scipy.stats import t as student

from pipeline.undefined import Number, Undefined

Array = NDArray[np.float64]
Waves = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class MeanDifference:
    """Two groups' means of one score; all of the second less the first.

    Attributes
    ----------
    sd_first, sd_second
        With n − 1.
    lower, upper
        Welch's interval of ``difference``, in units of the score.
    d, d_lower, d_upper
        Standardised difference and its interval.
    """

    n_first: int
    n_second: int
    mean_first: Number
    mean_second: Number
    sd_first: Number
    sd_second: Number
    difference: Number
    lower: Number
    upper: Number
    d: Number
    d_lower: Number
    d_upper: Number
    t: Number
    df: Number
    pvalue: Number


def compare_means(first: Array, second: Array, level: float = 0.95) -> MeanDifference:
    """Welch's test, and the difference in standard deviations.

    d = (x̄₂ − x̄₁)/s with s² = (s₁² + s₂²)/2, variances with n − 1, and
    var(d) = d²(s₁⁴/(n₁−1) + s₂⁴/(n₂−1))/(8s⁴) + (s₁²/(n₁−1) + s₂²/(n₂−1))/s² (Bonett 2008): as Welch's test, without
    equal variances.

    Parameters
    ----------
    first, second
        (n₁,), (n₂,) scores; NaN is left out.
    """
    a, b = (np.asarray(x, dtype=np.float64)[~np.isnan(x)] for x in (first, second))
    why = _why_not_compared(a, b)
    mean_a, mean_b = (float(x.mean()) if len(x) else Undefined("nobody has the score") for x in (a, b))
    sd_a, sd_b = (float(x.std(ddof=1)) if len(x) > 1 else Undefined("fewer than two have the score") for x in (a, b))
    if why:
        none = Undefined(why)
        return MeanDifference(len(a), len(b), mean_a, mean_b, sd_a, sd_b, *(none,) * 9)
    test = ttest_ind(b, a, equal_var=False)
    interval = test.confidence_interval(level)
    difference, (va, vb) = float(b.mean() - a.mean()), (float(x.var(ddof=1)) for x in (a, b))
    s2, (da, db) = (va + vb) / 2, (len(a) - 1, len(b) - 1)
    d = difference / np.sqrt(s2)
    se = np.sqrt(d**2 * (va**2 / da + vb**2 / db) / (8 * s2**2) + (va / da + vb / db) / s2)
    z = float(norm.ppf((1 + level) / 2))
    return MeanDifference(
        len(a), len(b), mean_a, mean_b, sd_a, sd_b, difference, float(interval.low), float(interval.high),
        float(d), float(d - z * se), float(d + z * se), float(test.statistic), float(test.df), float(test.pvalue))


def _why_not_compared(a: Array, b: Array) -> str:
    if min(len(a), len(b)) < 2:
        return f"a comparison needs two scores in each group; there are {len(a)} and {len(b)}"
    if np.ptp(a) == 0 and np.ptp(b) == 0:
        return "the score does not vary in either group"
    return ""


@dataclass(frozen=True, slots=True)
class GoodnessOfFit:
    """Counts against known shares.

    Attributes
    ----------
    expected, residuals
        (k,) n·share, and (count − expected)/√(expected(1 − share)).
    w, w_lower, w_upper
        √(χ²/n) and its interval.
    """

    n: int
    expected: tuple[float, ...]
    residuals: tuple[float, ...]
    chisq: Number
    df: int
    pvalue: Number
    w: Number
    w_lower: Number
    w_upper: Number


def goodness_of_fit(counts: NDArray[np.int64], shares: Array, level: float = 0.95) -> GoodnessOfFit:
    """Pearson's χ² = Σ(count − expected)²/expected with k − 1 degrees of freedom, and Cohen's (1988) w = √(χ²/n).

    The interval of w is that of the noncentrality λ whose distribution has the χ² found at its tails (Steiger 2004),
    w = √(λ/n). It begins at 0 where χ² is not significant at 1 − (1 − level)/2.

    Parameters
    ----------
    counts
        (k,) answers by option.
    shares
        (k,) known shares, > 0; they are divided by their sum.
    """
    n, known = int(counts.sum()), shares / shares.sum()
    expected = n * known
    if n == 0 or len(counts) < 2:
        none = Undefined("nobody gave an answer that has a known share" if n == 0 else "there is only one option")
        return GoodnessOfFit(n, tuple(expected.tolist()), (0.0,) * len(counts), none, len(counts) - 1, *(none,) * 4)
    residuals = (counts - expected) / np.sqrt(expected * (1 - known))
    chisq, pvalue = (float(x) for x in chisquare(counts, expected))
    df, tail = len(counts) - 1, (1 - level) / 2
    lower, upper = (np.sqrt(noncentrality(chisq, df, p) / n) for p in (1 - tail, tail))
    return GoodnessOfFit(n, tuple(expected.tolist()), tuple(residuals.tolist()), chisq, df, pvalue,
                         float(np.sqrt(chisq / n)), float(lower), float(upper))


def noncentrality(chisq: float, df: int, probability: float) -> float:
    """λ with P(χ²(df, λ) ≤ ``chisq``) = ``probability``; 0 where even λ = 0 leaves less below."""
    if chi2.cdf(chisq, df) <= probability:
        return 0.0
    high = 2 * chisq + 10
    while ncx2.cdf(chisq, df, high) > probability:
        high *= 2
    return float(brentq(lambda nc: ncx2.cdf(chisq, df, nc) - probability, 1e-12, high, xtol=1e-10))


@dataclass(frozen=True, slots=True)
class Line:
    """A score by another variable: Pearson's r, and the slope of least squares, with their intervals."""

    n: int
    r: Number
    lower: Number
    upper: Number
    slope: Number
    slope_lower: Number
    slope_upper: Number
    pvalue: Number


def associate(x: Array, y: Array, level: float = 0.95) -> Line:
    """y by x: r with Fisher's interval tanh(artanh r ± z/√(n − 3)); slope ± t(n − 2)·SE; p by t with n − 2.

    Parameters
    ----------
    x, y
        (n,); pairs with NaN are left out.
    """
    there = ~(np.isnan(x) | np.isnan(y))
    a, b = x[there], y[there]
    n = len(a)
    why = (f"a correlation with an interval needs four pairs; there are {n}" if n < 4 else
           "one of the two does not vary" if np.ptp(a) == 0 or np.ptp(b) == 0 else "")
    if why:
        return Line(n, *(Undefined(why),) * 7)
    line = linregress(a, b)
    r, slope, pvalue = float(line.rvalue), float(line.slope), float(line.pvalue)
    half = float(student.ppf((1 + level) / 2, n - 2)) * float(line.stderr)
    interval = pearsonr(a, b).confidence_interval(level)
    return Line(n, r, float(interval.low), float(interval.high), slope, slope - half, slope + half, pvalue)


def waves_by_reminder(times: NDArray[np.datetime64], reminders: NDArray[np.datetime64]) -> Waves:
    """(n,) how many reminders had been sent on the day of each answer: 0 for none; −1 where the time is missing."""
    days = times.astype("datetime64[D]")
    waves = np.searchsorted(np.sort(reminders.astype("datetime64[D]")), days, side="right")
    return np.where(np.isnat(times), -1, waves).astype(np.int64)


def waves_by_thirds(times: NDArray[np.datetime64]) -> Waves:
    """(n,) 0, 1, 2 for the first, second, last third in order of time; −1 where the time is missing.

    Equal times stay together, in the later third.
    """
    missing = np.isnat(times)
    order = np.sort(times[~missing])
    if not len(order):
        return np.full(len(times), -1, dtype=np.int64)
    cuts = order[[len(order) // 3, 2 * len(order) // 3]]
    return np.where(missing, -1, np.searchsorted(cuts, times, side="right")).astype(np.int64)
