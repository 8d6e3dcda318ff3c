"""Rotation of loadings by factor_analyzer, put in psych's order with its signs, and whether it has converged.

``FactorAnalyzer.fit`` sorts the rotated loadings by size but leaves the factor correlations in their old order.
Rotating with its ``Rotator`` and sorting both here keeps each correlation with its factors.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from factor_analyzer.rotator import Rotator

from pipeline.measurement.complete import Matrix

Rotation = Literal["oblimin", "promax", "varimax", "none"]

_GRADIENT = 1e-4
"""The oblimin search aims at a projected gradient of 1e-5; one that stopped above this has not arrived."""


@dataclass(frozen=True, slots=True, eq=False)
class Rotated:
    """``loadings`` (p, m) and factor correlations ``phi`` (m, m), the identity for an orthogonal rotation."""

    loadings: Matrix
    phi: Matrix
    converged: bool


def rotate(loadings: Matrix, rotation: Rotation) -> Rotated:
    """Rotate unrotated ``loadings`` (p, m); signs and order of the factors by :func:`arrange`.

    Oblimin (direct quartimin, γ = 0) without Kaiser normalisation, promax (power 4) and varimax with it: psych's
    choices. One factor is left as it is.
    """
    m = loadings.shape[1]
    if m == 1 or rotation == "none":
        return Rotated(*arrange(loadings, np.eye(m)), converged=True)
    rotator = Rotator(method=rotation, max_iter=1000)
    rotated = rotator.fit_transform(loadings)
    phi = np.eye(m) if rotator.phi_ is None else rotator.phi_
    if rotation == "oblimin":
        converged = oblimin_gradient(rotated, rotator.rotation_) < _GRADIENT
    else:
        # Promax is a closed form on top of varimax.
        converged = varimax_is_settled(Rotator(method="varimax", max_iter=1000).fit_transform(loadings))
    return Rotated(*arrange(rotated, phi), converged=bool(converged))


def arrange(loadings: Matrix, phi: Matrix) -> tuple[Matrix, Matrix]:
    """Loadings (p, m) and phi (m, m) in the one order and with the one set of signs that psych gives them.

    Each factor's loadings have a sum that is not negative; factors come in falling order of the variance
    they explain, diag(Φ ΛᵀΛ).
    """
    signs = np.where(loadings.sum(axis=0) < 0, -1.0, 1.0)
    loadings, phi = loadings * signs, phi * np.outer(signs, signs)
    order = np.argsort(-explained_variance(loadings, phi), kind="stable")
    return loadings[:, order], phi[np.ix_(order, order)]


def explained_variance(loadings: Matrix, phi: Matrix) -> Matrix:
    """diag(Φ ΛᵀΛ) (m,): the shares add up to the sum of the communalities, correlated factors or not."""
    explained: Matrix = np.einsum("fg,ig,if->f", phi, loadings, loadings)
    return explained


def oblimin_gradient(loadings: Matrix, transformation: Matrix) -> float:
    """Length of the projected gradient of Σ_f≠g Σ_i λ_if²·λ_ig²/4 at ``loadings`` = A(Tᵀ)⁻¹ (Jennrich 2002).

    ``transformation`` T (m, m) has columns of length 1; the gradient is projected on that constraint.
    """
    by_loading = loadings * (loadings**2 @ (1 - np.eye(loadings.shape[1])))
    by_transformation = -(loadings.T @ by_loading @ np.linalg.inv(transformation)).T
    along = (transformation * by_transformation).sum(axis=0)
    return float(np.linalg.norm(by_transformation - transformation * along))


def varimax_is_settled(loadings: Matrix, tolerance: float = 1e-4) -> bool:
    """Whether one more varimax step would leave varimax-rotated ``loadings`` (p, m) where they are.

    With rows scaled to length 1 (Kaiser 1958), M = Λᵀ(Λ³ − Λ·diag(ΛᵀΛ)/p) is symmetric and positive at
    the optimum, so that its trace equals the sum of its singular values.
    """
    rows = loadings / np.linalg.norm(loadings, axis=1, keepdims=True)
    M = rows.T @ (rows**3 - rows * (rows**2).sum(axis=0) / len(rows))
    reachable = float(np.linalg.svd(M, compute_uv=False).sum())
    return reachable - float(np.trace(M)) <= tolerance * reachable
