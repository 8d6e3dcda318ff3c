"""Global fit of a covariance structure fitted by maximum likelihood: one kernel an index.

Conventions, all lavaan's: covariances divide by N, and so χ² = N · F (N, not N − 1). Fixed exogenous
variables keep their sample moments in every model, the baseline included; likelihoods are those of the
other variables given them. ``docs/fit-indices.md`` has the formulas in one place.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq
from scipy.stats import chi2, ncx2

from pipeline.sem.fit import FitIndices
from pipeline.undefined import Number, Undefined

Array = NDArray[np.float64]
Index = NDArray[np.intp]


def discrepancy(S: Array, Sigma: Array) -> float:
    """F = log|Σ| − log|S| + tr(S Σ⁻¹) − p, for (p, p) matrices (Jöreskog 1967; Bollen 1989, eq. 4.67)."""
    log_ratio = np.linalg.slogdet(Sigma)[1] - np.linalg.slogdet(S)[1]
    return float(log_ratio + np.trace(np.linalg.solve(Sigma, S)) - len(S))


def degrees_of_freedom(p: int, n_fixed_x: int, npar: int) -> int:
    """Distinct moments p(p+1)/2, less those of the fixed exogenous variables, less free parameters."""
    return p * (p + 1) // 2 - n_fixed_x * (n_fixed_x + 1) // 2 - npar


def chisq_pvalue(chisq: float, df: int) -> Number:
    """Upper tail of χ²(df)."""
    return float(chi2.sf(chisq, df)) if df > 0 else Undefined("the model has no degrees of freedom")


def baseline(S: Array, fixed_x: Index, n: int) -> tuple[float, int]:
    """χ² and df of the independence model: no covariances but those among fixed exogenous variables.

    Its implied matrix is closed-form: the diagonal of S with the exogenous block kept (Bentler & Bonett 1980).
    """
    Sigma = np.diag(np.diag(S)).astype(np.float64)
    x = np.ix_(fixed_x, fixed_x)
    Sigma[x] = S[x]
    p, k = len(S), len(fixed_x)
    return n * discrepancy(S, Sigma), degrees_of_freedom(p, k, p - k)


def cfi(chisq: float, df: int, baseline_chisq: float, baseline_df: int) -> Number:
    """1 − max(χ² − df, 0) / max(χ² − df, χ²₀ − df₀, 0) (Bentler 1990); 1 if both are 0, as in lavaan."""
    misfit = max(chisq - df, 0.0)
    worst = max(chisq - df, baseline_chisq - baseline_df, 0.0)
    return 1.0 if worst == 0 else 1 - misfit / worst


def tli(chisq: float, df: int, baseline_chisq: float, baseline_df: int) -> Number:
    """1 − (χ² − df) df₀ / ((χ²₀ − df₀) df), not truncated (Tucker & Lewis 1973); 1 without df, as in lavaan."""
    numerator = (chisq - df) * baseline_df
    denominator = (baseline_chisq - baseline_df) * df
    return 1 - numerator / denominator if df > 0 and denominator != 0 else 1.0


def rmsea(chisq: float, df: int, n: int) -> Number:
    """√max((χ² − df) / (N df), 0), N not N − 1 (Steiger & Lind 1980; Browne & Cudeck 1993); 0 without df."""
    return float(np.sqrt(max((chisq - df) / (n * df), 0.0))) if df > 0 else 0.0


def rmsea_interval(chisq: float, df: int, n: int, level: float = 0.90) -> tuple[Number, Number]:
    """√(λ / (N df)) at the noncentralities λ that put χ² at the upper and lower tail (Browne & Cudeck 1993).

    A limit is 0 where no λ ≥ 0 does, or without degrees of freedom, as in lavaan. Where lavaan looks for the
    upper λ in a bounded range only (and prints 0 if it lies beyond), this search goes on until it is found.
    """
    tail = (1 - level) / 2
    return _rmsea_limit(chisq, df, n, 1 - tail), _rmsea_limit(chisq, df, n, tail)


def _rmsea_limit(chisq: float, df: int, n: int, probability: float) -> float:
    def excess(noncentrality: float) -> float:
        cdf = chi2.cdf(chisq, df) if noncentrality == 0 else ncx2.cdf(chisq, df, noncentrality)
        return float(cdf) - probability

    if df < 1 or excess(0.0) < 0:
        return 0.0
    upper = max(chisq, 1.0)
    while excess(upper) > 0:
        upper *= 2
    noncentrality = float(brentq(excess, 0.0, upper, xtol=1e-10)) if excess(0.0) > 0 else 0.0
    return float(np.sqrt(noncentrality / (n * df)))


def rmsea_close_pvalue(chisq: float, df: int, n: int, close: float = 0.05) -> Number:
    """P(χ²(df, λ) > χ²) at λ = N df close²: the test of RMSEA ≤ .05 (Browne & Cudeck 1993)."""
    if df < 1:
        return Undefined("the model has no degrees of freedom")
    return float(ncx2.sf(chisq, df, n * df * close**2))


def srmr(S: Array, Sigma: Array) -> float:
    """√ of the mean over i ≥ j of ((sᵢⱼ − σᵢⱼ) / √(sᵢᵢ sⱼⱼ))², diagonal included (Bentler 1995): lavaan's ``srmr``."""
    sd = np.sqrt(np.diag(S))
    residual = ((S - Sigma) / np.outer(sd, sd))[np.tril_indices(len(S))]
    return float(np.sqrt(np.mean(residual**2)))


def gfi(S: Array, Sigma: Array, fixed_x: Index) -> float:
    """1 − tr[(Σ⁻¹(S − Σ))²] / tr[(Σ⁻¹S)²] (Jöreskog & Sörbom 1981; Bollen 1989, ch. 7).

    Moments among fixed exogenous variables carry no weight, as in lavaan: they are 0 in S and S − Σ.
    """
    x = np.ix_(fixed_x, fixed_x)
    observed, residual = S.copy(), S - Sigma
    observed[x] = residual[x] = 0.0
    missed, total = np.linalg.solve(Sigma, residual), np.linalg.solve(Sigma, observed)
    return float(1 - np.sum(missed * missed.T) / np.sum(total * total.T))


def loglikelihood(S: Array, Sigma: Array, fixed_x: Index, n: int) -> float:
    """Normal log-likelihood at saturated means, of the other variables given the fixed exogenous ones.

    −N/2 · (p log 2π + log|Σ| + tr(SΣ⁻¹)), less the same for the exogenous block at its sample moments.
    """
    joint = len(S) * np.log(2 * np.pi) + np.linalg.slogdet(Sigma)[1] + np.trace(np.linalg.solve(Sigma, S))
    k = len(fixed_x)
    marginal = k * np.log(2 * np.pi) + np.linalg.slogdet(S[np.ix_(fixed_x, fixed_x)])[1] + k if k else 0.0
    return float(-n / 2 * (joint - marginal))


def information_criteria(logl: float, npar: int, n: int) -> tuple[float, float, float]:
    """AIC = −2ℓ + 2q (Akaike 1974), BIC = −2ℓ + q log N (Schwarz 1978), and BIC at (N + 2)/24 (Sclove 1987)."""
    deviance = -2 * logl
    return deviance + 2 * npar, float(deviance + npar * np.log(n)), float(deviance + npar * np.log((n + 2) / 24))


def fit_indices(S: Array, Sigma: Array, fixed_x: Index, npar: int, n: int) -> FitIndices:
    """All indices of one model.

    Parameters
    ----------
    S, Sigma
        (p, p) sample and implied covariances, divided by N.
    fixed_x
        Positions of fixed exogenous variables.
    npar
        Number of free parameters.
    """
    # A saturated model's discrepancy is 0 up to rounding; a negative χ² would be that rounding, not a value.
    df = degrees_of_freedom(len(S), len(fixed_x), npar)
    chisq = n * discrepancy(S, Sigma)
    chisq = 0.0 if -1e-6 < chisq < 0 else chisq
    baseline_chisq, baseline_df = baseline(S, fixed_x, n)
    lower, upper = rmsea_interval(chisq, df, n)
    logl = loglikelihood(S, Sigma, fixed_x, n)
    aic, bic, sabic = information_criteria(logl, npar, n)
    return FitIndices(
        npar=npar, chisq=chisq, df=df, pvalue=chisq_pvalue(chisq, df),
        baseline_chisq=baseline_chisq, baseline_df=baseline_df,
        cfi=cfi(chisq, df, baseline_chisq, baseline_df), tli=tli(chisq, df, baseline_chisq, baseline_df),
        rmsea=rmsea(chisq, df, n), rmsea_ci_lower=lower, rmsea_ci_upper=upper,
        rmsea_pvalue=rmsea_close_pvalue(chisq, df, n),
        srmr=srmr(S, Sigma), gfi=gfi(S, Sigma, fixed_x),
        logl=logl, unrestricted_logl=loglikelihood(S, S, fixed_x, n), aic=aic, bic=bic, sabic=sabic,
    )
