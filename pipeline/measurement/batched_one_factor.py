"""The one-factor model by maximum likelihood for a whole stack of covariance matrices: what a bootstrap of omega needs.

Three items have the closed form of a model without degrees of freedom. With more, each draw starts at the sample's
solution and steps with the sample's inverse Hessian, so that a step costs one gradient and no equations to be solved;
Σ⁻¹ itself is a closed form. What such steps do not bring to a minimum is fitted as
:func:`pipeline.measurement.one_factor.fit_one_factor` does it, by Fisher scoring with step halving from its starting
values, all of them together; what that does not bring there either has not converged.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.measurement.complete import SINGULAR, Matrix, Vector
from pipeline.measurement.one_factor import OneFactorFit

Stack = NDArray[np.float64]
Bools = NDArray[np.bool_]

_DECREMENT = 1e-18
"""Of gᵀH⁻¹g at the end of a search. Steps shrink by a third or more each, so that what is left is no larger."""
_STEPS = 40
_SCORING_DECREMENT = 1e-16
_SCORING_STEPS = 500
_HALVINGS = 30
_SLACK = 1e-13
"""A step may raise F by as much, which is rounding."""
_NUDGE = 1e-5
"""Half the distance of the gradients whose difference is the sample's Hessian."""


@dataclass(frozen=True, slots=True, eq=False)
class OneFactorFits:
    """One-factor solutions of b covariance matrices of k items, in the items' own units.

    Attributes
    ----------
    loadings, uniquenesses
        (b, k) λ, their sum not negative, and θ; NaN where nothing converged.
    converged
        (b,).
    proper
        (b,) whether it has converged to a solution without a Heywood case: every θ positive.
    """

    loadings: Stack
    uniquenesses: Stack
    converged: Bools
    proper: Bools


def fit_one_factor_stack(covariances: Stack, sample: OneFactorFit | None = None) -> OneFactorFits:
    """Fit one factor to each of ``covariances`` (b, k, k), k ≥ 3; N or N − 1 changes no loading's share.

    Parameters
    ----------
    sample
        The fit of the sample that the matrices are resamples of; without it every search has starting values of its
        own.
    """
    b, k = covariances.shape[:2]
    units = np.sqrt(np.diagonal(covariances, axis1=1, axis2=2))
    with np.errstate(divide="ignore", invalid="ignore"):
        R = covariances / (units[:, :, None] * units[:, None, :])
    usable: Bools = _positive_definite(R)
    parameters = np.full((b, 2 * k), np.nan)
    if k == 3:
        parameters[usable] = three_items(R[usable])
    elif sample is not None and sample.converged:
        parameters[usable] = _descended(R[usable], _standardised(sample))
    left = np.flatnonzero(usable & np.isnan(parameters).any(axis=1))
    if len(left):
        parameters[left] = _scored(R[left])
    converged: Bools = np.all(np.isfinite(parameters), axis=1)
    loadings = parameters[:, :k] * units
    loadings *= np.where(loadings.sum(axis=1, keepdims=True) < 0, -1.0, 1.0)
    uniquenesses = parameters[:, k:] * units**2
    proper: Bools = converged & np.all(np.where(converged[:, None], uniquenesses, -1.0) > 0, axis=1)
    return OneFactorFits(loadings, uniquenesses, converged, proper)


def composite_reliability(fits: OneFactorFits) -> Stack:
    """Omega total (b,): (Σλ)²/((Σλ)² + Σθ), reliability of the sum of congeneric items (Raykov 1997; McDonald 1999).

    NaN where a solution is improper or there is none.
    """
    common, unique = fits.loadings.sum(axis=1) ** 2, fits.uniquenesses.sum(axis=1)
    return _where_proper(common, unique, fits.proper)


def variance_extracted(fits: OneFactorFits) -> Stack:
    """Average variance extracted (b,): Σλ²/(Σλ² + Σθ) in the items' own units (Fornell & Larcker 1981)."""
    common, unique = (fits.loadings**2).sum(axis=1), fits.uniquenesses.sum(axis=1)
    return _where_proper(common, unique, fits.proper)


def three_items(R: Stack) -> Stack:
    """λ and θ (b, 6) that reproduce three correlations exactly: λ₁² = r₁₂r₁₃/r₂₃; NaN where no real loadings do.

    A solution may have a negative θ. With r₁₂r₁₃r₂₃ ≤ 0 there is none.
    """
    one, two, three = R[:, 0, 1], R[:, 0, 2], R[:, 1, 2]
    product = one * two * three
    root = np.sqrt(np.where(product > 0, product, np.nan))
    # λ₁ = √(r₁₂r₁₃r₂₃)/r₂₃ keeps the signs of the correlations.
    with np.errstate(divide="ignore", invalid="ignore"):
        loadings = np.column_stack([root / three, root / two, root / one])
    return np.concatenate([loadings, 1 - loadings**2], axis=1)


def _where_proper(common: Vector, unique: Vector, proper: Bools) -> Stack:
    with np.errstate(divide="ignore", invalid="ignore"):
        share: Stack = common / (common + unique)
    return np.where(proper, share, np.nan)


def _positive_definite(R: Stack) -> Bools:
    """(b,) whether every variable varies and no variable is a combination of the others."""
    finite: Bools = np.all(np.isfinite(R), axis=(1, 2))
    smallest = np.linalg.eigvalsh(np.where(finite[:, None, None], R, np.eye(R.shape[1])))[:, 0]
    return finite & np.asarray(smallest > SINGULAR, dtype=np.bool_)


def _standardised(fit: OneFactorFit) -> Vector:
    """λ and θ (2k,) of the sample on the scale of correlations, where its implied variances are 1."""
    variance = fit.loadings**2 + fit.uniquenesses
    return np.concatenate([fit.loadings / np.sqrt(variance), fit.uniquenesses / variance])


def _score(parameters: Stack, R: Stack) -> Stack:
    """(b, 2k) slopes of −F/2 by λ and θ: (Dλ, diag(D)/2), D = Σ⁻¹(R − Σ)Σ⁻¹ = Σ⁻¹RΣ⁻¹ − Σ⁻¹.

    Σ⁻¹ = Θ⁻¹ − Θ⁻¹λλ'Θ⁻¹/(1 + λ'Θ⁻¹λ) (Sherman & Morrison 1950).
    """
    k = R.shape[1]
    loadings, precision = parameters[:, :k], 1 / parameters[:, k:]
    weighted = loadings * precision
    shrink = 1 + (loadings * weighted).sum(axis=1)
    V = -weighted[:, :, None] * (weighted / shrink[:, None])[:, None, :]
    rungs = np.arange(k)
    V[:, rungs, rungs] += precision
    D = V @ R @ V - V
    return np.concatenate([(D @ loadings[:, :, None])[:, :, 0], D[:, rungs, rungs] / 2], axis=1)


def _descended(R: Stack, start: Vector) -> Stack:
    """Minima (b, 2k) of the draws, NaN where steps with the sample's Hessian did not end at one."""
    inverse = _inverse_hessian(start)
    found = np.full((len(R), len(start)), np.nan)
    left, at = np.arange(len(R)), np.repeat(start[None], len(R), axis=0)
    with np.errstate(all="ignore"):
        for _ in range(_STEPS):
            score = _score(at, R[left])
            step = score @ inverse
            decrement = (score * step).sum(axis=1)
            done = (np.abs(decrement) < _DECREMENT) & np.isfinite(at).all(axis=1)
            found[left[done]] = at[done]
            going = ~done & np.isfinite(decrement)
            left, at = left[going], at[going] + step[going]
            if not len(left):
                break
    return found


def _inverse_hessian(start: Vector) -> Matrix:
    """H⁻¹ (2k, 2k) of F/2 at the correlations that ``start`` implies, by central differences of the score."""
    k = len(start) // 2
    implied = np.outer(start[:k], start[:k]) + np.diag(start[k:])
    nudged = _NUDGE * np.eye(2 * k)
    R = np.repeat(implied[None], 2 * k, axis=0)
    hessian = (_score(start - nudged, R) - _score(start + nudged, R)) / (2 * _NUDGE)
    try:
        return np.asarray(np.linalg.inv((hessian + hessian.T) / 2), dtype=np.float64)
    except np.linalg.LinAlgError:
        return np.full((2 * k, 2 * k), np.nan)


# -- Fisher scoring ------------------------------------------------------------------------------------------


def _scored(R: Stack) -> Stack:
    """Minima (b, 2k) by Fisher scoring and halving from the first principal component; NaN where there is none."""
    k = R.shape[1]
    values, vectors = np.linalg.eigh(R)
    loadings = np.clip(0.8 * vectors[:, :, -1] * np.sqrt(values[:, -1:]), -0.9, 0.9)
    at = np.concatenate([loadings, 1 - loadings**2], axis=1)
    found, left, F = np.full_like(at, np.nan), np.arange(len(R)), _discrepancy(at, R)
    for _ in range(_SCORING_STEPS):
        score = _score(at, R[left])
        try:
            step: Stack = np.asarray(np.linalg.solve(_information(at, k), score[:, :, None])[:, :, 0], np.float64)
        except np.linalg.LinAlgError:
            break
        decrement = (score * step).sum(axis=1)
        done = (decrement >= 0) & (decrement < _SCORING_DECREMENT)
        found[left[done]] = at[done]
        at, F, moved = _halved(at, step, F, R[left])
        going = moved & (decrement >= _SCORING_DECREMENT)
        left, at, F = left[going], at[going], F[going]
        if not len(left):
            break
    return found


def _information(parameters: Stack, k: int) -> Stack:
    """(b, 2k, 2k) expected information of −F/2, as in :mod:`pipeline.measurement.one_factor`."""
    loadings = parameters[:, :k]
    V = np.linalg.inv(_implied(parameters))
    q = (V @ loadings[:, :, None])[:, :, 0]
    by_loading = V * (loadings * q).sum(axis=1)[:, None, None] + q[:, :, None] * q[:, None, :]
    mixed = V * q[:, None, :]
    upper = np.concatenate([by_loading, mixed], axis=2)
    lower = np.concatenate([np.swapaxes(mixed, 1, 2), V**2 / 2], axis=2)
    return np.concatenate([upper, lower], axis=1)


def _halved(at: Stack, step: Stack, F: Vector, R: Stack) -> tuple[Stack, Vector, Bools]:
    """Where the first of step, step/2, step/4 … leads that does not raise F, F there, and whether there is one."""
    reached, value = at.copy(), F.copy()
    moved: Bools = np.zeros(len(at), dtype=np.bool_)
    trying, size = np.arange(len(at)), 1.0
    for _ in range(_HALVINGS):
        candidate = at[trying] + size * step[trying]
        there = _discrepancy(candidate, R[trying])
        lower = there <= F[trying] + _SLACK
        members = trying[lower]
        reached[members], value[members], moved[members] = candidate[lower], there[lower], True
        trying, size = trying[~lower], size / 2
        if not len(trying):
            break
    return reached, value, moved


def _implied(parameters: Stack) -> Stack:
    k = parameters.shape[1] // 2
    implied: Stack = parameters[:, :k, None] * parameters[:, None, :k]
    rungs = np.arange(k)
    implied[:, rungs, rungs] += parameters[:, k:]
    return implied


def _discrepancy(parameters: Stack, R: Stack) -> Vector:
    """log|Σ| + tr(RΣ⁻¹) (b,), which is F_ML but for a constant; infinite where Σ is not positive definite."""
    implied = _implied(parameters)
    smallest = np.linalg.eigvalsh(implied)[:, 0]
    proper = smallest > 0
    Sigma = np.where(proper[:, None, None], implied, np.eye(R.shape[1]))
    logdet = np.linalg.slogdet(Sigma)[1]
    trace = (np.linalg.inv(Sigma) * R).sum(axis=(1, 2))
    return np.where(proper, logdet + trace, np.inf)
