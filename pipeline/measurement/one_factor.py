"""The one-factor model by maximum likelihood, and what it says of a sum score: omega total and AVE.

Model: S ≈ Σ = λλᵀ + diag(θ), the factor's variance fixed to 1, so no item has to serve as the marker.
Variances may become negative: such a solution is improper and must be seen, not kept inside bounds.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.linalg import LinAlgError, cho_factor, cho_solve

from pipeline.measurement.complete import Matrix, Vector

_MOST_ITERATIONS = 500
_DECREMENT = 1e-16
"""Fisher scoring ends when gᵀI⁻¹g, twice the discrepancy still to be gained, falls below this."""


@dataclass(frozen=True, slots=True, eq=False)
class OneFactorFit:
    """One-factor solution for k items, in the items' own units.

    ``loadings`` (k,) λ, their sum positive; ``uniquenesses`` (k,) θ; ``covariance`` (2k, 2k) of the
    estimates in the order λ, θ, from the expected information with N; ``discrepancy`` is F_ML, so
    that χ² = N·F.
    """

    loadings: Vector
    uniquenesses: Vector
    covariance: Matrix
    discrepancy: float
    iterations: int
    converged: bool

    @property
    def standardised_loadings(self) -> Vector:
        """λᵢ divided by the implied standard deviation of item i, lavaan's ``std.all`` (k,)."""
        standardised: Vector = self.loadings / np.sqrt(self.loadings**2 + self.uniquenesses)
        return standardised


def fit_one_factor(covariance: Matrix, n: int) -> OneFactorFit:
    """Fit one factor to ``covariance`` (k, k), divided by N, of ``n`` rows; k ≥ 3, positive definite.

    Fisher scoring on F = log|Σ| + tr(SΣ⁻¹) − log|S| − k (Jöreskog 1967) with step
    halving. It works on correlations and changes back to the items' units at the end, which
    maximum likelihood allows because the model is scale-free. If it stops early, ``converged``
    is False and the numbers are not to be reported.
    """
    k = covariance.shape[0]
    units = np.sqrt(np.diag(covariance))
    R = covariance / np.outer(units, units)
    log_det_r = float(np.linalg.slogdet(R)[1])
    parameters = _start(R)
    F = _discrepancy(parameters, R, log_det_r)
    converged, iteration = False, 0
    for iteration in range(1, _MOST_ITERATIONS + 1):  # noqa: B007  (the count is part of the result)
        score, information = _score_and_information(parameters, R)
        try:
            step: Vector = np.asarray(np.linalg.solve(information, score), dtype=float)
        except LinAlgError:
            break
        if score @ step < _DECREMENT:
            converged = bool(score @ step >= 0)
            break
        moved = _halve_until_lower(parameters, step, F, R, log_det_r)
        if moved is None:
            break
        parameters, F = moved

    sign = 1.0 if parameters[:k].sum() >= 0 else -1.0
    change = np.concatenate([sign * units, units**2])
    inverse = np.linalg.inv(information) / n if converged else np.full((2 * k, 2 * k), np.nan)
    estimates = change * parameters
    return OneFactorFit(
        loadings=estimates[:k], uniquenesses=estimates[k:], covariance=inverse * np.outer(change, change),
        discrepancy=F, iterations=iteration, converged=converged,
    )


def omega_total(fit: OneFactorFit) -> tuple[float, float]:
    """Omega total of the sum score and its standard error.

    ω = (Σλ)² / ((Σλ)² + Σθ) (McDonald 1999): the model's own total variance is the denominator, not the
    observed one. The standard error is the delta method's on the covariance of λ and θ (Raykov 2002).
    """
    common, unique = fit.loadings.sum() ** 2, fit.uniquenesses.sum()
    total = common + unique
    by_loading = 2 * fit.loadings.sum() * unique / total**2
    gradient = np.repeat([by_loading, -common / total**2], fit.loadings.size)
    return float(common / total), float(np.sqrt(gradient @ fit.covariance @ gradient))


def average_variance_extracted(fit: OneFactorFit) -> float:
    """Σλ² / (Σλ² + Σθ) in the items' own units (Fornell & Larcker 1981), as semTools' ``AVE`` has it.

    Items with a larger variance weigh more; on standardised items it is the mean squared loading.
    """
    common = float((fit.loadings**2).sum())
    return common / (common + float(fit.uniquenesses.sum()))


def _start(R: Matrix) -> Vector:
    """λ from the first principal component, shrunk; θ so that the diagonal fits (2k,)."""
    values, vectors = np.linalg.eigh(R)
    loadings = np.clip(0.8 * vectors[:, -1] * np.sqrt(values[-1]), -0.9, 0.9)
    return np.concatenate([loadings, 1 - loadings**2])


def _implied(parameters: Vector) -> Matrix:
    loadings, uniquenesses = np.split(parameters, 2)
    implied: Matrix = np.outer(loadings, loadings) + np.diag(uniquenesses)
    return implied


def _discrepancy(parameters: Vector, R: Matrix, log_det_r: float) -> float:
    """F_ML; infinite where the implied matrix is not positive definite, so that no step ends there."""
    try:
        factor = cho_factor(_implied(parameters), lower=True)
    except LinAlgError:
        return float("inf")
    log_det = 2 * np.log(np.diag(factor[0])).sum()
    return float(log_det + np.trace(cho_solve(factor, R)) - log_det_r - R.shape[0])


def _score_and_information(parameters: Vector, R: Matrix) -> tuple[Vector, Matrix]:
    """Score (2k,) and expected information (2k, 2k) of −F/2, one row's log-likelihood, in the order λ, θ.

    With V = Σ⁻¹, D = V(S − Σ)V and q = Vλ the score is (Dλ, diag(D)/2). The information ½·tr(V·Σₐ·V·Σ_b), Σₐ the
    derivative of Σ by parameter a, has the elements V_ij·λᵀVλ + q_i·q_j for two loadings,
    V_ij·q_j for loading i and uniqueness j, V_ij²/2 for two uniquenesses.
    """
    loadings = parameters[: R.shape[0]]
    implied = _implied(parameters)
    V = np.linalg.inv(implied)
    D = V @ (R - implied) @ V
    q = V @ loadings
    loading_block = V * (loadings @ q) + np.outer(q, q)
    mixed_block = V * q[np.newaxis, :]
    information = np.block([[loading_block, mixed_block], [mixed_block.T, V**2 / 2]])
    return np.concatenate([D @ loadings, np.diag(D) / 2]), information


def _halve_until_lower(
    parameters: Vector, step: Vector, F: float, R: Matrix, log_det_r: float
) -> tuple[Vector, float] | None:
    """The first of step, step/2, step/4 … that does not raise F (but for rounding), or None."""
    for halvings in range(30):
        candidate = parameters + step / 2**halvings
        reached = _discrepancy(candidate, R, log_det_r)
        if reached <= F + 1e-13:
            return candidate, reached
    return None
