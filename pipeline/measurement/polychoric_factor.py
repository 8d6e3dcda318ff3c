"""One factor behind polychoric correlations, by diagonally weighted least squares.

With one factor and one group the thresholds are saturated, so that the model of :mod:`pipeline.sem` reduces to
Σ (r_ij − λ_iλ_j)²/γ_ij over the pairs: small enough to be fitted by itself for every scale of a study.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.optimize import least_squares

from pipeline.measurement.complete import Matrix, Vector

GRADIENT_OF_A_MINIMUM = 1e-8
"""Of residuals and loadings scaled to order 1."""

SMALLEST_SHARE = 1e-10
"""Of the information's largest eigenvalue, or of 1 if that is larger; below it a direction is not determined."""


@dataclass(frozen=True, slots=True)
class PolychoricFactor:
    """Loadings (k,), their sum not below 0, and how they move with each correlation (k, k(k − 1)/2)."""

    loadings: Vector
    by_correlation: Matrix
    converged: bool
    identified: bool


def one_factor_of_polychorics(correlations: Vector, gamma: Vector, k: int) -> PolychoricFactor:
    """Minimise Σ (r_ij − λ_iλ_j)²/γ_ij (Muthén, du Toit & Spisic 1997, with one factor).

    Parameters
    ----------
    correlations
        (k(k − 1)/2,) below the diagonal, column by column: (2,1), (3,1), …, (k,1), (3,2), …
    gamma
        As many: n times the asymptotic variance of each.
    k
        Items, three or more.

    Returns
    -------
    ``by_correlation`` is (J'WJ)⁻¹J'W, the weights held fixed: the sandwich of robust standard errors.
    """
    first, second = np.triu_indices(k, 1)
    # A common factor in the weights changes nothing but the scale of the gradient.
    root = np.sqrt(gamma.mean() / gamma)

    def residuals(loadings: Vector) -> Vector:
        result: Vector = root * (loadings[first] * loadings[second] - correlations)
        return result

    def jacobian(loadings: Vector) -> Matrix:
        slopes = np.zeros((len(first), k))
        pairs = np.arange(len(first))
        slopes[pairs, first], slopes[pairs, second] = root * loadings[second], root * loadings[first]
        return slopes

    found = least_squares(residuals, _start(correlations, k), jac=jacobian, method="lm",
                          xtol=1e-15, ftol=1e-15, gtol=1e-15, max_nfev=2000)
    # The factor has no sign of its own; most items are keyed its way.
    loadings: Vector = found.x * (1.0 if found.x.sum() >= 0 else -1.0)
    J = jacobian(loadings)
    information = J.T @ J
    sizes = np.linalg.eigvalsh(information)
    identified = bool(sizes[0] > SMALLEST_SHARE * max(sizes[-1], 1.0))
    moves = np.linalg.solve(information, J.T * root) if identified else np.full((k, len(first)), np.nan)
    converged = bool(np.abs(J.T @ residuals(loadings)).max() < GRADIENT_OF_A_MINIMUM)
    return PolychoricFactor(loadings, moves, converged, identified)


def _start(correlations: Vector, k: int) -> Vector:
    """The first principal axis, shrunk as if each item shared with itself what it shares with its closest other."""
    R = np.zeros((k, k))
    R[np.triu_indices(k, 1)] = correlations
    R += R.T
    np.fill_diagonal(R, np.abs(R).max(axis=0))
    values, vectors = np.linalg.eigh(R)
    start: Vector = vectors[:, -1] * np.sqrt(max(values[-1], 0.01))
    return start
