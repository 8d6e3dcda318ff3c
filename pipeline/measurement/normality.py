"""Multivariate normality: Mardia's skewness and kurtosis, and the test of Henze and Zirkler."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pingouin
from scipy import stats

from pipeline.measurement.complete import SINGULAR, Matrix, complete_rows
from pipeline.undefined import Number, Undefined

MOST_ROWS = 3000
"""Henze and Zirkler's statistic holds every pair of rows in memory; with more rows it is left out."""

_BLOCK = 1000
"""Rows whose products of items are held at a time."""


@dataclass(frozen=True, slots=True)
class MultivariateNormality:
    """Tests on ``n`` complete rows of p items; a small p value speaks against normality.

    Attributes
    ----------
    left_out
        Rows with a missing value.
    skewness
        Mardia's b1,p; 0 of a normal distribution.
    skewness_statistic, skewness_df, skewness_pvalue
        n·b1,p/6 on p(p + 1)(p + 2)/6 degrees of freedom.
    small_statistic, small_pvalue
        The same multiplied by (p + 1)(n + 1)(n + 3)/(n·((n + 1)(p + 1) − 6)), for small samples (Mardia 1974).
    kurtosis, kurtosis_expected
        b2,p, and p(p + 2), what it is of a normal distribution.
    kurtosis_z, kurtosis_pvalue
        (b2,p − p(p + 2))/√(8p(p + 2)/n), two-sided.
    henze_zirkler, henze_zirkler_pvalue
        HZ and its p value by the lognormal approximation.
    """

    n: int
    left_out: int
    skewness: Number
    skewness_statistic: Number
    skewness_df: int
    skewness_pvalue: Number
    small_statistic: Number
    small_pvalue: Number
    kurtosis: Number
    kurtosis_expected: float
    kurtosis_z: Number
    kurtosis_pvalue: Number
    henze_zirkler: Number
    henze_zirkler_pvalue: Number


def multivariate_normality(items: Matrix) -> MultivariateNormality:
    """Mardia (1970) and Henze and Zirkler (1990) of ``items`` (n, p), NaN where missing.

    With g_ij = (x_i − x̄)ᵀ S⁻¹ (x_j − x̄), S dividing by N: b1,p = Σ_ij g_ij³ / n² and b2,p = Σ_i g_ii² / n. R's
    ``psych::mardia`` takes S with N − 1; its b1,p is ((n − 1)/n)³ times ours, its b2,p ((n − 1)/n)².
    """
    rows, left_out = complete_rows(items)
    n, p = rows.shape
    df, expected = p * (p + 1) * (p + 2) // 6, float(p * (p + 2))
    why = _why_not(rows)
    if why is not None:
        return MultivariateNormality(n, left_out, why, why, df, why, why, why, why, expected, why, why, why, why)
    skewness, kurtosis = _mardia(rows)
    statistic = n * skewness / 6
    small = statistic * (p + 1) * (n + 1) * (n + 3) / (n * ((n + 1) * (p + 1) - 6))
    z = (kurtosis - expected) / np.sqrt(8 * expected / n)
    return MultivariateNormality(
        n, left_out, skewness, statistic, df, float(stats.chi2.sf(statistic, df)), small,
        float(stats.chi2.sf(small, df)), kurtosis, expected, float(z), float(2 * stats.norm.sf(abs(z))),
        *_henze_zirkler(rows))


def _why_not(rows: Matrix) -> Undefined | None:
    n, p = rows.shape
    if p < 2:
        return Undefined("multivariate normality is of two items or more")
    if n <= p:
        many = {0: "no row is", 1: "only one row is"}.get(n, f"only {n} rows are")
        return Undefined(f"{many} complete and there are {p} items")
    if (np.ptp(rows, axis=0) == 0).any():
        return Undefined("an item got one and the same answer in all complete rows")
    if np.linalg.eigvalsh(np.corrcoef(rows, rowvar=False))[0] < SINGULAR:
        return Undefined("an item is a linear combination of the others")
    return None


def _mardia(rows: Matrix) -> tuple[float, float]:
    n, p = rows.shape
    centred = rows - rows.mean(axis=0)
    z = np.linalg.solve(np.linalg.cholesky(centred.T @ centred / n), centred.T).T
    # Σ_ij (z_i'z_j)³ / n² is the sum of squares of the third moments of z, which needs no pair of rows.
    third = np.zeros((p * p, p))
    for begin in range(0, n, _BLOCK):
        part = z[begin:begin + _BLOCK]
        third += (part[:, :, None] * part[:, None, :]).reshape(len(part), -1).T @ part
    return float(((third / n) ** 2).sum()), float(((z * z).sum(axis=1) ** 2).mean())


def _henze_zirkler(rows: Matrix) -> tuple[Number, Number]:
    if len(rows) > MOST_ROWS:
        why = Undefined(f"Henze and Zirkler's test compares all pairs of rows and is left out above {MOST_ROWS:,}")
        return why, why
    found = pingouin.multivariate_normality(rows - rows.mean(axis=0))
    return float(found.hz), float(found.pval)
