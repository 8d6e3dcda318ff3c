"""Rotation of loadings, put in psych's order with its signs, and whether it has converged.

Oblimin, promax and varimax are factor_analyzer's; geomin and target rotation need more than one start or a target and
are this package's (:mod:`pipeline.measurement.gradient_projection`).

``FactorAnalyzer.fit`` sorts the rotated loadings by size but leaves the factor correlations in their old order.
Rotating with its ``Rotator`` and sorting both here keeps each correlation with its factors.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from factor_analyzer.rotator import Rotator

from instrument.errors import Finding, InputError
from pipeline.measurement.complete import Matrix
from pipeline.measurement.gradient_projection import SAME, geomin, project, starting_points, towards

Rotation = Literal["oblimin", "promax", "varimax", "geomin", "target", "none"]

STARTS = 30
"""Starting points of geomin, which has several minima more often than oblimin; Mplus takes as many."""

_GRADIENT = 1e-4
"""The oblimin search aims at a projected gradient of 1e-5; one that stopped above this has not arrived."""


@dataclass(frozen=True, slots=True, eq=False)
class Rotated:
    """``loadings`` (p, m) and factor correlations ``phi`` (m, m), the identity for an orthogonal rotation.

    ``starts`` counts starting points, ``starts_at_best`` those that ended here, ``local_solutions`` the other minima.
    """

    loadings: Matrix
    phi: Matrix
    converged: bool
    starts: int = 1
    starts_at_best: int = 1
    local_solutions: int = 0


def rotate(loadings: Matrix, rotation: Rotation, *, target: Matrix | None = None, seed: int = 1) -> Rotated:
    """Rotate unrotated ``loadings`` (p, m); signs and order of the factors by :func:`arrange`.

    Oblimin (direct quartimin, γ = 0, from two starts) without Kaiser normalisation, promax (power 4) and varimax with
    it: psych's choices. Geomin (oblique, ε = .01, no normalisation) is searched from :data:`STARTS` starts by
    ``seed``. One factor is left as it is. ``target`` keeps the order of the target's columns, and its signs.

    Raises
    ------
    InputError
        ``EFA-TARGET``.
    """
    m = loadings.shape[1]
    if rotation == "target":
        return rotate_to_target(loadings, target)
    if m == 1 or rotation == "none":
        return Rotated(*arrange(loadings, np.eye(m)), converged=True)
    if rotation == "geomin":
        found = project(loadings, geomin(), starting_points(m, STARTS, seed))
        return Rotated(*arrange(found.loadings, found.phi), found.converged, found.starts, found.starts_at_best,
                       found.local_solutions)
    if rotation == "oblimin":
        return _oblimin(loadings)
    rotator = Rotator(method=rotation, max_iter=1000)
    rotated = rotator.fit_transform(loadings)
    phi = np.eye(m) if rotator.phi_ is None else rotator.phi_
    # Promax is a closed form on top of varimax.
    converged = varimax_is_settled(Rotator(method="varimax", max_iter=1000).fit_transform(loadings))
    return Rotated(*arrange(rotated, phi), converged=bool(converged))


def _oblimin(loadings: Matrix) -> Rotated:
    """Oblimin of unrotated ``loadings`` (p, m) from themselves and from their varimax rotation; the simpler is kept.

    From the loadings themselves, as in psych's ``fa``, the search can stop at a saddle where the factors are symmetric;
    psych's ``omega`` starts from varimax.
    """
    found = []
    for start in (loadings, Rotator(method="varimax", max_iter=1000).fit_transform(loadings)):
        rotator = Rotator(method="oblimin", max_iter=1000)
        rotated = rotator.fit_transform(start)
        value = float(np.sum(rotated**2 * (rotated**2 @ (1 - np.eye(rotated.shape[1])))))
        found.append((value, rotated, rotator.phi_, oblimin_gradient(rotated, rotator.rotation_) < _GRADIENT))
    (first, *_), (second, *_) = found
    apart = abs(first - second) > SAME * max(first, second)
    _, rotated, phi, converged = found[1 if apart and second < first else 0]
    return Rotated(*arrange(rotated, phi), bool(converged), 2, 1 if apart else 2, int(apart))


def rotate_to_target(loadings: Matrix, target: Matrix | None) -> Rotated:
    """Obliquely, as near as can be to the cells of ``target`` (p, m) that are not NaN (Browne 1972).

    As in an exploratory structural equation model whose cross-loadings are aimed at 0 (Asparouhov & Muthén 2009).
    Columns stay those of the target; where it has nothing but zeros and free cells, each factor's free loadings are
    turned to have a sum that is not negative.

    Raises
    ------
    InputError
        ``EFA-TARGET`` if there is none, its shape is not that of the loadings, or too few cells are given.
    """
    p, m = loadings.shape
    least = m - 1
    given = np.zeros(m, dtype=int) if target is None else np.count_nonzero(~np.isnan(target), axis=0)
    if target is None or target.shape != (p, m) or (given < least).any():
        raise InputError(Finding(
            "EFA-TARGET", "target of the rotation",
            f"A target has a row for each of the {p} items, a column for each of the {m} factors, and in each column "
            f"at least {least} cells that are not free: else more than one rotation meets it.",
            "Name for each factor the items that are meant to load on it; the others are aimed at 0.",
        ))
    if m == 1:
        return Rotated(*arrange(loadings, np.eye(1)), converged=True)
    start = _start_near(loadings, target)
    found = project(loadings, towards(target), start[np.newaxis])
    free = np.isnan(target)
    sums = np.where(np.nan_to_num(target).any(axis=0), 1.0, np.where(free, found.loadings, 0.0).sum(axis=0))
    signs = np.where(sums < 0, -1.0, 1.0)
    return Rotated(found.loadings * signs, found.phi * np.outer(signs, signs), found.converged)


def target_of(groups: Sequence[Sequence[str]], items: Sequence[str]) -> Matrix:
    """A target (p, m): each factor's own items free, all others 0. ``groups`` are the items of each factor.

    Raises
    ------
    InputError
        ``EFA-TARGET`` for an item that is not analysed.
    """
    strange = sorted({item for group in groups for item in group} - set(items))
    if strange:
        raise InputError(Finding(
            "EFA-TARGET", f"items {', '.join(strange)}", "A factor's items must be among those analysed.",
            "Name only items of the analysis, or analyse these too.",
        ))
    target = np.zeros((len(items), len(groups)))
    for factor, group in enumerate(groups):
        target[[list(items).index(item) for item in group], factor] = np.nan
    return target


def _start_near(loadings: Matrix, target: Matrix) -> Matrix:
    """Orthogonal T (m, m) that brings ``loadings`` (p, m) close to the target, free cells aimed at 1 (Cliff 1966)."""
    U, _, Vt = np.linalg.svd(loadings.T @ np.where(np.isnan(target), 1.0, target))
    nearest: Matrix = U @ Vt
    return nearest


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
