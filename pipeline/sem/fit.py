"""The frozen result of estimating one model: parameter table, moments, fit indices, diagnosis."""

from __future__ import annotations

from dataclasses import dataclass

from pipeline.undefined import Number


@dataclass(frozen=True, slots=True)
class Parameter:
    """One row of the parameter table, with lavaan's columns.

    ``free`` counts free parameters from 1; 0 marks a fixed value. ``se``, ``z``, ``pvalue`` and the
    interval are None for fixed values. ``op`` is one of ``=~ ~ ~~ ~1 :=``.
    """

    lhs: str
    op: str
    rhs: str
    label: str
    free: int
    est: float
    se: Number | None
    z: Number | None
    pvalue: Number | None
    ci_lower: Number | None
    ci_upper: Number | None
    std_all: Number | None


@dataclass(frozen=True, slots=True)
class FitIndices:
    """Global fit; formulas, N convention and sources stand in :mod:`pipeline.sem.indices`."""

    npar: int
    chisq: float
    df: int
    pvalue: Number
    baseline_chisq: float
    baseline_df: int
    cfi: Number
    tli: Number
    rmsea: Number
    rmsea_ci_lower: Number
    rmsea_ci_upper: Number
    rmsea_pvalue: Number
    srmr: float
    gfi: float
    logl: float
    unrestricted_logl: float
    aic: float
    bic: float
    sabic: float


@dataclass(frozen=True, slots=True)
class Fit:
    """One estimated model.

    Attributes
    ----------
    variables
        Observed variables in the order of the matrices; ``exogenous`` those that are fixed.x.
    sample_cov, implied_cov
        p × p, divided by N (maximum likelihood), not N − 1.
    admissible
        False for a negative variance or a latent covariance matrix that is not positive definite;
        ``warnings`` says which.
    r2
        Explained variance by endogenous variable.
    """

    name: str
    syntax: str
    engine: str
    estimator: str
    nobs: int
    n_incomplete: int
    converged: bool
    admissible: bool
    iterations: int
    message: str
    variables: tuple[str, ...]
    exogenous: tuple[str, ...]
    sample_cov: tuple[tuple[float, ...], ...]
    implied_cov: tuple[tuple[float, ...], ...]
    parameters: tuple[Parameter, ...]
    r2: dict[str, Number]
    indices: FitIndices | None
    warnings: tuple[str, ...]
