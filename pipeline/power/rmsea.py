"""Power of tests of a model's fit by RMSEA, in closed form.

Under a population RMSEA of ε the test statistic is about noncentral χ² with λ = (N − 1)·df·ε² (MacCallum, Browne &
Sugawara 1996, eq. 8). A test of H0: ε = ε₀ rejects in the upper tail where the alternative is worse (close fit, exact
fit) and in the lower where it is better (not-close fit).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from scipy.stats import chi2, ncx2

from pipeline.undefined import Undefined

Test = Literal["close fit", "not-close fit", "exact fit"]

TESTS: dict[Test, tuple[float, float]] = {
    "close fit": (0.05, 0.08), "not-close fit": (0.05, 0.01), "exact fit": (0.0, 0.05),
}
"""RMSEA under the null hypothesis and under the alternative, as in MacCallum et al. (1996, table 2 and page 144)."""

MOST = 1_000_000
"""Firms beyond which no size is looked for."""


@dataclass(frozen=True, slots=True)
class FitPower:
    """Power of one test at each size, and the least N with ``target`` power."""

    test: Test
    null: float
    alternative: float
    df: int
    sizes: tuple[int, ...]
    power: tuple[float, ...]
    target: float
    needed: int | Undefined


def rmsea_power(null: float, alternative: float, df: int, n: int, *, alpha: float = 0.05) -> float:
    """Power of the test of ``null`` against ``alternative`` at level ``alpha`` with n cases and df ≥ 1.

    Parameters
    ----------
    null, alternative
        RMSEA in the population; the rejection region lies on the alternative's side.
    """
    at_null, at_alternative = ((n - 1) * df * rmsea**2 for rmsea in (null, alternative))
    if null < alternative:
        return _upper(_quantile(1 - alpha, df, at_null), df, at_alternative)
    return 1 - _upper(_quantile(alpha, df, at_null), df, at_alternative)


def rmsea_size(null: float, alternative: float, df: int, power: float, *, alpha: float = 0.05) -> int | Undefined:
    """The least number of cases with at least this power; it grows with the cases."""
    if null == alternative:
        return Undefined("null and alternative are the same, and no number of cases tells them apart")
    low, high = 1, 2
    while rmsea_power(null, alternative, df, high, alpha=alpha) < power:
        low, high = high, high * 2
        if high > MOST:
            return Undefined(f"more than {MOST:,} cases would be needed")
    while high - low > 1:
        middle = (low + high) // 2
        if rmsea_power(null, alternative, df, middle, alpha=alpha) < power:
            low = middle
        else:
            high = middle
    return high


def fit_power(df: int, sizes: tuple[int, ...], *, target: float = 0.8, alpha: float = 0.05) -> tuple[FitPower, ...]:
    """The three tests of :data:`TESTS` for a model with df degrees of freedom; none for a saturated model."""
    if df < 1:
        return ()
    return tuple(
        FitPower(test, null, alternative, df, sizes,
                 tuple(rmsea_power(null, alternative, df, n, alpha=alpha) for n in sizes), target,
                 rmsea_size(null, alternative, df, target, alpha=alpha))
        for test, (null, alternative) in TESTS.items())


def _quantile(probability: float, df: int, noncentrality: float) -> float:
    return float(ncx2.ppf(probability, df, noncentrality) if noncentrality > 0 else chi2.ppf(probability, df))


def _upper(value: float, df: int, noncentrality: float) -> float:
    return float(ncx2.sf(value, df, noncentrality) if noncentrality > 0 else chi2.sf(value, df))
