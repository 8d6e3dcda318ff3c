"""Residuals of moments: raw, in correlations, and standardised by their standard errors, with z.

Raw residuals are sample less implied moments; with missing values the sample's are those of expectation maximisation.
Correlation residuals divide both moments by the *sample* standard deviations (Bentler 1995; lavaan's ``cor.bentler``),
means by one of them. Standardised residuals (Ogasawara 2001; Maydeu-Olivares 2017) divide by the root of the diagonal
of

    Acov(residuals) = Q Γ Qᵀ / n,      Q = I − f D E⁻¹ Dᵀ A,

with f the group's share of cases, D the derivatives of its moments by the parameters, A the information of its moments
at the implied ones, E the parameters' information Σ f DᵀAD within the constraints, and Γ the covariance of the sample
moments: A⁻¹ at the sample moments, or the sandwich A⁻¹BA⁻¹ for robust estimators. As in lavaan a group's standard
errors leave out the sampling error of other groups, which matters only under constraints across groups.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from pipeline.sem.inference import bread, crossproduct
from pipeline.sem.linalg import Array
from pipeline.sem.problem import Problem
from pipeline.sem.robust import cells_of, derivatives
from pipeline.sem.scores import casewise_scores
from pipeline.sem.unrestricted import MomentCells, expected_information, observed_information
from pipeline.undefined import Undefined

Estimator = Literal["ml", "mlm", "mlr"]

NEAR_ZERO = 1e-5
"""Residuals below it are fitted by construction: they have no standard error (lavaan divides them by 1)."""

_ROUNDING = 1e-14
"""A residual's variance in units of its moment's: smaller ones are rounding errors of 0."""



@dataclass(frozen=True, slots=True)
class Residuals:
    """One group's residuals: ``cov`` (p, p), and ``mean`` (p,) or None where means are not modelled."""

    cov: Array
    mean: Array | None


@dataclass(frozen=True, slots=True)
class StandardisedResiduals:
    """One group's residuals by their standard errors.

    Attributes
    ----------
    z, se
        ``cov`` (p, p) and ``mean`` (p,) each.
    defined_cov, defined_mean
        Where z is a standardised residual. Where not, the residual is 0 by construction (less than ``NEAR_ZERO``; z is
        then the raw residual, as in lavaan), or it is not 0 although it has no variance (z is NaN).
    """

    z: Residuals
    se: Residuals
    defined_cov: NDArray[np.bool_]
    defined_mean: NDArray[np.bool_] | None


# ---- raw and correlation -------------------------------------------------------------------------------------------


def raw_residuals(problem: Problem, theta: Array) -> tuple[Residuals, ...]:
    """Sample less implied moments at θ (q,), one entry a group."""
    means = problem.table.meanstructure
    return tuple(Residuals(sample.cov - implied.Sigma[0], sample.mean - implied.mu[0] if means else None)
                 for sample, implied in zip(problem.saturated, problem.objective.implied(theta[None]), strict=True))


def correlation_residuals(problem: Problem, theta: Array) -> tuple[Residuals, ...]:
    """Raw residuals in units of the sample's standard deviations; their root mean square is SRMR."""
    return tuple(scaled_residuals(raw, np.diag(sample.cov))
                 for raw, sample in zip(raw_residuals(problem, theta), problem.saturated, strict=True))


def scaled_residuals(raw: Residuals, variances: Array) -> Residuals:
    """Residuals divided by √ of the variances (p,) of both variables, means by one."""
    sd = np.sqrt(variances)
    return Residuals(raw.cov / np.outer(sd, sd), None if raw.mean is None else raw.mean / sd)


# ---- standardised --------------------------------------------------------------------------------------------------


def standardised_residuals(
    problem: Problem, theta: Array, estimator: Estimator = "ml",
) -> tuple[StandardisedResiduals, ...] | Undefined:
    """Residuals by their standard errors at the minimum θ (q,), one entry a group.

    Parameters
    ----------
    estimator
        ``mlm`` and ``mlr`` take the sandwich covariance of the sample moments. ``mlr``, and any estimator with missing
        values, takes observed information of the moments, the others expected (lavaan's defaults).
    """
    if problem.sample.clustered:
        return Undefined("cases are clustered, and the covariance of clustered moments is not worked out here")
    observed = estimator == "mlr" or problem.sample.missing == "fiml"
    models = derivatives(problem, theta)
    information = [_information(problem, g, implied.Sigma[0], implied.mu[0], observed=observed)
                   for g, (_, implied) in enumerate(models)]
    E = np.zeros((len(theta), len(theta)))
    for share, (D, _), A in zip(problem.shares, models, information, strict=True):
        E += share * D.T @ A @ D
    inner = bread(E, problem.restriction.tangent(theta))
    if inner.unidentified.any():
        return Undefined("the model is not identified: its information matrix is singular")
    results = []
    for g, (raw, (D, _), A) in enumerate(zip(raw_residuals(problem, theta), models, information, strict=True)):
        gamma = _moment_covariance(problem, g, robust=estimator != "ml", observed=observed)
        variances = residual_variances(D, problem.shares[g] * inner.inverse, A, gamma) / problem.sample.groups[g].n
        results.append(by_standard_error(raw, variances, cells_of(problem, g)))
    return tuple(results)


def residual_variances(D: Array, E_inverse: Array, A: Array, gamma: Array) -> Array:
    """Diagonal (m,) of QΓQᵀ with Q = I − D E⁻¹ Dᵀ A; 0 where no more than rounding errors are left of Γ's.

    Parameters
    ----------
    D
        (m, q) derivatives of m moments.
    E_inverse
        (q, q), times the group's share of cases.
    A, gamma
        (m, m) information of the moments and covariance of √n times their sample values.
    """
    Q = np.eye(len(D)) - D @ (E_inverse @ (D.T @ A))
    variances: Array = np.einsum("ij,ij->i", Q @ gamma, Q)
    variances[variances <= _ROUNDING * np.diag(gamma)] = 0.0
    return variances


def by_standard_error(raw: Residuals, variances: Array, cells: MomentCells) -> StandardisedResiduals:
    """Divide raw residuals by the roots of their variances (m,), which stand in the order of ``cells``."""
    split = len(cells.means)
    cov_se = np.zeros_like(raw.cov)
    cov_se[cells.i, cells.j] = cov_se[cells.j, cells.i] = np.sqrt(variances[split:])
    z_cov, defined_cov = _divide(raw.cov, cov_se)
    if raw.mean is None:
        return StandardisedResiduals(Residuals(z_cov, None), Residuals(cov_se, None), defined_cov, None)
    mean_se = np.zeros_like(raw.mean)
    mean_se[cells.means] = np.sqrt(variances[:split])
    z_mean, defined_mean = _divide(raw.mean, mean_se)
    return StandardisedResiduals(Residuals(z_cov, z_mean), Residuals(cov_se, mean_se), defined_cov, defined_mean)


def _divide(raw: Array, se: Array) -> tuple[Array, NDArray[np.bool_]]:
    near_zero = np.abs(raw) < NEAR_ZERO
    divisor = np.where(near_zero, 1.0, np.where(se > 0, se, np.nan))
    return raw / divisor, ~near_zero & (se > 0)


def _information(problem: Problem, g: int, Sigma: Array, mu: Array, *, observed: bool) -> Array:
    """Of one case's moments at Σ (p, p) and μ (p,)."""
    rows = problem.sample.groups[g].X
    if not observed:
        return expected_information(Sigma, cells_of(problem, g))
    centre = mu if problem.table.meanstructure else rows.mean(axis=0)
    return observed_information(rows, centre, Sigma, cells_of(problem, g))


def _moment_covariance(problem: Problem, g: int, *, robust: bool, observed: bool) -> Array:
    """Γ (m, m): inverse information of the unrestricted moments, or their sandwich."""
    saturated, rows = problem.saturated[g], problem.sample.groups[g]
    information = _information(problem, g, saturated.cov, saturated.mean, observed=observed)
    inverted = np.linalg.inv(information).astype(np.float64, copy=False)
    if not robust:
        return inverted
    scores = casewise_scores(rows.X, cells_of(problem, g).cells(), saturated.cov, saturated.mean)
    sandwich: Array = inverted @ (crossproduct(scores, None) / rows.n) @ inverted
    return sandwich
