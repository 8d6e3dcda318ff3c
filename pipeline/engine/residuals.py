"""Residuals of moments: raw, in correlations, and standardised by their standard errors, with z.

Raw residuals are sample less implied moments; with missing values the sample's are those of expectation maximisation.
Correlation residuals divide both moments by the *sample* standard deviations (Bentler 1995; lavaan's ``cor.bentler``),
means by one of them. Standardised residuals (Bollen & Arminger 1991; Ogasawara 2001; Maydeu-Olivares 2017, eq. 10)
divide by the standard error

    Acov(residuals) = Q Γ Qᵀ / n,      Q = I − D E⁻¹ Dᵀ A,

with D the derivatives of a group's moments by the parameters, A the information of its moments at the implied ones, E
the parameters' information Σ f DᵀAD with constraints, and Γ the covariance of the sample moments: A⁻¹ at the sample
moments, or the sandwich A⁻¹BA⁻¹ for robust estimators. As in lavaan a group's standard errors leave out the sampling
error of other groups, which matters only under constraints across groups.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from pipeline.engine.discrepancy import Discrepancy
from pipeline.engine.expected import pattern_inverses
from pipeline.engine.incomplete import IncompleteNormal
from pipeline.engine.linalg import Array, Field, inverse
from pipeline.engine.matrices import GroupMatrices, Implied
from pipeline.engine.problem import Problem
from pipeline.undefined import Undefined

Estimator = Literal["ml", "mlm", "mlr"]

NEAR_ZERO = 1e-5
"""Residuals below it are fitted by construction: they have no standard error (lavaan divides them by 1)."""

_FIXED = 1e-14
"""A residual's variance in units of its moment's: smaller ones are rounding errors of 0."""

_STEP = 1e-30
_ROWS = 4096


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
    if any(group.clusters is not None for group in problem.sample.groups):
        return Undefined("cases are clustered: the covariance of residuals would need more clusters than moments")
    observed = estimator == "mlr" or problem.sample.missing == "fiml"
    parts = [_Moments.at(problem, g, implied, observed=observed)
             for g, implied in enumerate(problem.objective.implied(theta[None]))]
    K = problem.restriction.tangent(theta)
    q = len(theta)
    E = sum((share * part.spread(q).T @ part.A @ part.spread(q)
             for share, part in zip(problem.shares, parts, strict=True)), np.zeros((q, q)))
    try:
        inverted = K @ np.linalg.solve(K.T @ E @ K, K.T)
    except np.linalg.LinAlgError:
        return Undefined("the model is not identified: its information matrix is singular")
    raw = raw_residuals(problem, theta)
    results = []
    for g, (share, part) in enumerate(zip(problem.shares, parts, strict=True)):
        D = part.spread(q)
        gamma = _sample_covariance(problem, g, robust=estimator != "ml", observed=observed)
        variances = residual_variances(D, share * inverted, part.A, gamma)
        variances[variances <= _FIXED * np.diag(gamma)] = 0.0
        results.append(_by_standard_error(raw[g], variances / problem.sample.groups[g].n))
    return tuple(results)


def residual_variances(D: Array, E_inverse: Array, A: Array, gamma: Array) -> Array:
    """Diagonal of Q Γ Qᵀ with Q = I − D E⁻¹ Dᵀ A.

    Parameters
    ----------
    D
        (m, q) derivatives of m moments; ``E_inverse`` (q, q), ``A`` (m, m), ``gamma`` (m, m).
    """
    Q = np.eye(len(D)) - D @ (E_inverse @ (D.T @ A))
    variances: Array = np.einsum("ij,ij->i", Q @ gamma, Q)
    return variances


def _by_standard_error(raw: Residuals, variances: Array) -> StandardisedResiduals:
    p = len(raw.cov)
    split = 0 if raw.mean is None else p
    cov_variances = np.zeros((p, p))
    low = np.tril_indices(p)
    cov_variances[low] = cov_variances[low[::-1]] = variances[split:]
    z_cov, se_cov, defined_cov = _divide(raw.cov, cov_variances)
    if raw.mean is None:
        return StandardisedResiduals(Residuals(z_cov, None), Residuals(se_cov, None), defined_cov, None)
    z_mean, se_mean, defined_mean = _divide(raw.mean, variances[:p])
    return StandardisedResiduals(Residuals(z_cov, z_mean), Residuals(se_cov, se_mean), defined_cov, defined_mean)


def _divide(raw: Array, variances: Array) -> tuple[Array, Array, NDArray[np.bool_]]:
    se = np.sqrt(variances)
    near_zero = np.abs(raw) < NEAR_ZERO
    divisor = np.where(near_zero, 1.0, np.where(se > 0, se, np.nan))
    return raw / divisor, se, ~near_zero & (se > 0)


# ---- information of moments ----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Moments:
    """One group at its implied moments: D (m, q_g) by its own parameters ``free`` (q_g,), and A (m, m)."""

    D: Array
    A: Array
    free: NDArray[np.intp]

    @classmethod
    def at(cls, problem: Problem, g: int, implied: Implied, *, observed: bool) -> _Moments:
        group, data = problem.objective.groups[g], problem.objective.data[g]
        means = problem.table.meanstructure
        A = moment_information(data, implied.Sigma[0], implied.mu[0], means=means, observed=observed)
        keep = _modelled(group, means=means)
        return cls(moment_derivatives(group, implied, means=means), A * np.outer(keep, keep), group.free)

    def spread(self, q: int) -> Array:
        """(m, q): D among all parameters."""
        result = np.zeros((len(self.D), q))
        result[:, self.free] = self.D
        return result


def moment_derivatives(group: GroupMatrices, implied: Implied, *, means: bool) -> Array:
    """Derivatives of (μ, vech Σ) by the group's own parameters, (m, q_g); vech by rows of the lower triangle."""
    X = implied.basis()[0]
    rows, columns = np.tril_indices(group.p)
    u, v = X[:, group.u], X[:, group.v]
    D = group.c * (u[rows] * v[columns] + v[rows] * u[columns])
    return np.concatenate([u * group.mean_factor(implied)[0], D]) if means else D


def moment_information(data: Discrepancy, Sigma: Array, mu: Array, *, means: bool, observed: bool) -> Array:
    """Information of (μ, vech Σ) of one case at given moments, (m, m).

    Expected, of complete data: Σ⁻¹ and ½ Gᵀ(Σ⁻¹ ⊗ Σ⁻¹)G with G the duplication matrix. Observed: half the Hessian of
    the discrepancy, by a complex step through its gradient; with missing values it is the patterns' sum.
    """
    p = len(Sigma)
    rows, columns = np.tril_indices(p)
    if observed:
        return _observed(data, Sigma, mu, means=means)
    W = inverse(Sigma[None]).inverse[0]
    c = np.where(rows == columns, 0.5, 1.0)
    straight = W[np.ix_(rows, rows)] * W[np.ix_(columns, columns)]
    block: Array = (straight + W[np.ix_(rows, columns)] * W[np.ix_(columns, rows)]) * np.outer(c, c)
    if not means:
        return block
    m = len(block)
    return np.block([[W, np.zeros((p, m))], [np.zeros((m, p)), block]])


def _observed(data: Discrepancy, Sigma: Array, mu: Array, *, means: bool) -> Array:
    p = len(Sigma)
    rows, columns = np.tril_indices(p)
    split = p if means else 0
    m = split + len(rows)
    sigmas, mus = np.tile(Sigma.astype(complex), (m, 1, 1)), np.tile(mu.astype(complex), (m, 1))
    if means:
        mus[np.arange(p), np.arange(p)] += 1j * _STEP
    at = split + np.arange(len(rows))
    sigmas[at, rows, columns] += 1j * _STEP
    sigmas[at[rows != columns], columns[rows != columns], rows[rows != columns]] += 1j * _STEP
    result = []
    # Each step needs the incomplete rows once: so many go into one stack.
    weights: Field = getattr(data, "weights", np.zeros((1, 1)))
    batch = max(1, int(4e6 / (p * max(p, weights.shape[1]))))
    for start in range(0, m, batch):
        part = sigmas[start:start + batch]
        slope = data.slope(inverse(part), part, mus[start:start + batch])
        by_cov = slope.by_sigma[:, rows, columns] * np.where(rows == columns, 1.0, 2.0)
        result.append(np.concatenate([slope.by_mu, by_cov], axis=1) if slope.by_mu is not None else by_cov)
    half: Array = np.concatenate(result).imag / _STEP / 2
    return (half + half.T) / 2


def _modelled(group: GroupMatrices, *, means: bool) -> Array:
    """(m,) 1, or 0 for moments of fixed exogenous variables alone, which are given and not modelled."""
    rows, columns = np.tril_indices(group.p)
    x = np.isin(np.arange(group.p), group.x)
    keep = ~(x[rows] & x[columns])
    return np.concatenate([~x, keep]).astype(np.float64) if means else keep.astype(np.float64)


def _sample_covariance(problem: Problem, g: int, *, robust: bool, observed: bool) -> Array:
    """Γ of √n times the unrestricted moments, (m, m); 0 for moments that are given."""
    group, data, moments = problem.objective.groups[g], problem.objective.data[g], problem.saturated[g]
    means = problem.table.meanstructure
    keep = np.flatnonzero(_modelled(group, means=means))
    square = np.ix_(keep, keep)
    bread = np.linalg.inv(moment_information(data, moments.cov, moments.mean, means=means, observed=observed)[square])
    if robust:
        meat = score_products(data, problem.sample.groups[g].X, moments.cov, moments.mean, means=means)[square]
        bread = bread @ meat @ bread
    gamma = np.zeros((len(_modelled(group, means=means)),) * 2)
    gamma[square] = bread
    return gamma


def score_products(data: Discrepancy, X: Array, Sigma: Array, mu: Array, *, means: bool) -> Array:
    """Average cross-product of the cases' scores of (μ, vech Σ), (m, m).

    With W = Σ_oo⁻¹ (0 where missing) and z = W(y − μ), a case's scores are z and c (zzᵀ − W), c = ½ on the diagonal.

    Parameters
    ----------
    X
        (n, p) rows, NaN where missing.
    """
    p = len(Sigma)
    rows, columns = np.tril_indices(p)
    c = np.where(rows == columns, 0.5, 1.0)
    m = len(rows) + (p if means else 0)
    total = np.zeros((m, m))
    for members, W in _members(data, X, Sigma):
        for start in range(0, len(members), _ROWS):
            z = np.nan_to_num(members[start:start + _ROWS] - mu) @ W
            scores = c * (z[:, rows] * z[:, columns] - W[rows, columns])
            if means:
                scores = np.concatenate([z, scores], axis=1)
            total += scores.T @ scores
    return total / len(X)


def _members(data: Discrepancy, X: Array, Sigma: Array) -> list[tuple[Array, Array]]:
    """Rows of every pattern with its padded inverse."""
    inverses = pattern_inverses(data, Sigma)[1]
    if not isinstance(data, IncompleteNormal):
        return [(X, inverses[0])]
    patterns = data.patterns
    parts = [patterns.complete]
    for one in patterns.classes:
        filled = np.where(patterns.observed, patterns.incomplete, np.nan)[one.rows]
        parts += [filled[one.pattern == j] for j in range(len(one.missing))]
    return list(zip(parts, inverses, strict=True))
