"""Global fit: one kernel an index.

Conventions, all lavaan's: covariances divide by N, and so χ² = N · F (N, not N − 1), N all groups together. Fixed
exogenous variables keep their sample moments in every model, the baseline included; likelihoods are those of the other
variables given them. ``docs/fit-indices.md`` has the formulas in one place.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.optimize import brentq
from scipy.special import chdtrc, chndtr

from pipeline.sem.linalg import Array
from pipeline.undefined import Number, Undefined

NO_DF = Undefined("the model has no degrees of freedom")


def chisq_pvalue(chisq: float, df: float) -> Number:
    """Upper tail of χ²(df)."""
    return float(chdtrc(df, chisq)) if df > 0 else NO_DF


def cfi(chisq: float, df: float, baseline_chisq: float, baseline_df: float) -> Number:
    """1 − max(χ² − df, 0) / max(χ² − df, χ²₀ − df₀, 0) (Bentler 1990); 1 if both are 0, as in lavaan.

    With ``df`` the expectations of statistics that are not χ²-distributed, this is the robust index too (Brosseau-Liard
    & Savalei 2014).
    """
    misfit = max(chisq - df, 0.0)
    worst = max(chisq - df, baseline_chisq - baseline_df, 0.0)
    return 1.0 if worst == 0 else 1 - misfit / worst


def tli(chisq: float, df: float, baseline_chisq: float, baseline_df: float, ratio: float | None = None) -> Number:
    """1 − (χ² − df) df₀ / ((χ²₀ − df₀) df), not truncated (Tucker & Lewis 1973); 1 without df, as in lavaan.

    ``ratio`` is df₀/df where the two ``df`` given are expectations of scaled statistics.
    """
    if df <= 0 or baseline_chisq == baseline_df:
        return 1.0
    return 1 - (chisq - df) / (baseline_chisq - baseline_df) * (baseline_df / df if ratio is None else ratio)


def _no_proportion(df: int, baseline_chisq: float, baseline_df: int) -> Undefined | None:
    """Why the baseline's misfit cannot be what a model's is a share of."""
    if baseline_chisq == 0:
        return Undefined("the baseline model fits perfectly")
    if df > baseline_df:
        return Undefined("the model has more degrees of freedom than the baseline, and is not nested around it")
    return None


def nfi(chisq: float, df: int, baseline_chisq: float, baseline_df: int) -> Number:
    """(χ²₀ − χ²) / χ²₀ (Bentler & Bonett 1980)."""
    none = _no_proportion(df, baseline_chisq, baseline_df)
    if none is not None:
        return none
    return (baseline_chisq - chisq) / baseline_chisq


def rfi(chisq: float, df: int, baseline_chisq: float, baseline_df: int) -> Number:
    """1 − (χ²/df) / (χ²₀/df₀) (Bollen 1986), 1 without degrees of freedom, as in lavaan."""
    none = _no_proportion(df, baseline_chisq, baseline_df)
    if none is not None:
        return none
    return 1.0 if df == 0 else 1 - (chisq / df) / (baseline_chisq / baseline_df)


def ifi(chisq: float, df: int, baseline_chisq: float) -> Number:
    """(χ²₀ − χ²) / (χ²₀ − df) (Bollen 1989)."""
    if baseline_chisq == df:
        return Undefined("the baseline chi-square equals the degrees of freedom")
    return (baseline_chisq - chisq) / (baseline_chisq - df)


def rmsea(chisq: float, df: float, n: int, groups: int = 1, factor: float = 1.0) -> Number:
    """√G · √max((χ²/df − ĉ) / N, 0), N not N − 1 (Steiger & Lind 1980; G groups: Steiger 1998); 0 without df.

    ``factor`` ĉ is the scaling factor in the robust index (Li & Bentler 2006), else 1.
    """
    return float(np.sqrt(groups * max(chisq / df - factor, 0.0) / n)) if df > 0 else 0.0


def rmsea_interval(
    chisq: float, df: float, n: int, groups: int = 1, factor: float = 1.0, level: float = 0.90,
) -> tuple[Number, Number]:
    """√(ĉ λ G / (N df)) at the λ that put χ²/ĉ at the upper and the lower tail (Browne & Cudeck 1993).

    A limit is 0 where no λ ≥ 0 does, or without degrees of freedom, as in lavaan. Where lavaan looks for the
    upper λ in a bounded range only (and prints 0 if it lies beyond), this search goes on until it is found.
    """
    tail = (1 - level) / 2
    scale = factor * groups / (n * df) if df > 0 else 0.0
    lower, upper = (_noncentrality(chisq / factor, df, p) for p in (1 - tail, tail))
    return float(np.sqrt(scale * lower)), float(np.sqrt(scale * upper))


def _noncentrality(chisq: float, df: float, probability: float) -> float:
    def excess(noncentrality: float) -> float:
        return float(chndtr(chisq, df, noncentrality)) - probability

    if df <= 0 or excess(0.0) <= 0:
        return 0.0
    upper = max(chisq, 1.0)
    while excess(upper) > 0:
        upper *= 2
    return float(brentq(excess, 0.0, upper, xtol=1e-10))


def rmsea_close_pvalue(
    chisq: float, df: float, n: int, groups: int = 1, factor: float = 1.0, close: float = 0.05,
) -> Number:
    """P(χ²(df, λ) > χ²/ĉ) at λ = N df close² / (ĉ G): the test of RMSEA ≤ .05 (Browne & Cudeck 1993)."""
    if df <= 0:
        return NO_DF
    return float(1 - chndtr(chisq / factor, df, n * df * close**2 / (factor * groups)))


def of_two_tests(
    chisq: float, df: int, baseline_chisq: float, baseline_df: int, n: int, groups: int,
) -> dict[str, Any]:
    """Every index that a model's χ² and its baseline's are enough for, by its name in ``FitIndices``."""
    lower, upper = rmsea_interval(chisq, df, n, groups)
    both = (chisq, df, baseline_chisq, baseline_df)
    return {
        "chisq": chisq, "df": df, "pvalue": chisq_pvalue(chisq, df), "baseline_chisq": baseline_chisq,
        "baseline_df": baseline_df, "cfi": cfi(*both), "tli": tli(*both), "nfi": nfi(*both), "rfi": rfi(*both),
        "ifi": ifi(chisq, df, baseline_chisq), "rmsea": rmsea(chisq, df, n, groups), "rmsea_ci_lower": lower,
        "rmsea_ci_upper": upper, "rmsea_pvalue": rmsea_close_pvalue(chisq, df, n, groups)}


def srmr(S: Array, Sigma: Array, mean_residual: Array | None = None) -> float:
    """√ of the mean of squared standardised residuals (Bentler 1995), diagonal and, where modelled, means included.

    Residuals are divided by observed standard deviations; several groups' values are averaged, weighted by n_g/N.

    Parameters
    ----------
    mean_residual
        (p,) ȳ − μ, or None where means are not modelled.
    """
    sd = np.sqrt(np.diag(S))
    residual = ((S - Sigma) / np.outer(sd, sd))[np.tril_indices(len(S))]
    if mean_residual is not None:
        residual = np.concatenate([residual, mean_residual / sd])
    return float(np.sqrt(np.mean(residual**2)))


def information_criteria(logl: float, npar: int, n: int) -> tuple[float, float, float]:
    """AIC = −2ℓ + 2q (Akaike 1974), BIC = −2ℓ + q log N (Schwarz 1978), and BIC at (N + 2)/24 (Sclove 1987)."""
    deviance = -2 * logl
    return deviance + 2 * npar, float(deviance + npar * np.log(n)), float(deviance + npar * np.log((n + 2) / 24))


def gfi_terms(weights: Array, shares: Array, difference: Array, moments: Array, mean_difference: Array,
              mean: Array) -> tuple[float, float]:
    """Weighted squares of residuals and of moments, whose ratio GFI takes from 1 (Jöreskog & Sörbom 1981).

    ½ tr[(W·difference)²] + residual meanᵀ W residual mean, and the same of the moments, W = Σ⁻¹ (of what a pattern
    observes, by the patterns' shares). Moments of fixed exogenous variables among themselves must be 0 in both.
    """
    def squares(matrix: Array, vector: Array) -> float:
        return sum(float(f * (0.5 * np.sum((W @ matrix) * (W @ matrix).T) + vector @ W @ vector))
                   for f, W in zip(shares, weights, strict=True))

    return squares(difference, mean_difference), squares(moments, mean)
