"""Casewise scores: the derivative of each case's log-likelihood, from which robust standard errors are made.

With v = Σ⁻¹(y − μ), R = Xᵀv and Z = XᵀΣ⁻¹X, the score by a cell (u, v, c, m) is c (R_u R_v − Z_uv) + m R_u. For a row
with missing values v is 0 there, and Z loses what the missing variables would have told.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pipeline.sem.incomplete import Patterns, patterns_of
from pipeline.sem.linalg import Array
from pipeline.sem.matrices import GroupMatrices, Index
from pipeline.sem.objective import Objective


@dataclass(frozen=True, slots=True)
class Cells:
    """What scores are taken by: columns u, v (q,) of a basis (p, w), factors c (q,) of ∂Σ and m (q,) of ∂μ."""

    basis: Array
    u: Index
    v: Index
    c: Array
    m: Array


def parameter_cells(
    group: GroupMatrices, objective: Objective, number: int, theta: Array,
) -> tuple[Cells, Array, Array]:
    """Cells of one group's parameters at θ (q,), with Σ (p, p) and μ (p,)."""
    data = objective.data[number]
    moments = group.implied(theta[None], data.cov, data.mean)
    cells = Cells(moments.basis()[0], group.u, group.v, group.c, group.mean_factor(moments)[0])
    return cells, moments.Sigma[0], moments.mu[0]


def casewise_scores(X: Array, cells: Cells, Sigma: Array, mu: Array) -> Array:
    """Scores (n, q) of rows X (n, p), NaN where missing, in the rows' order."""
    K = np.linalg.inv(Sigma)
    if not np.isnan(X).any():
        return _scores((X - mu) @ K, cells, _overlap(K, cells))
    patterns = patterns_of(X)
    result = np.empty((len(X), len(cells.c)))
    split = len(patterns.complete)
    result[patterns.order[:split]] = _scores((patterns.complete - mu) @ K, cells, _overlap(K, cells))
    result[patterns.order[split:]] = _incomplete(patterns, cells, K, mu)
    return result


def _scores(V: Array, cells: Cells, overlap: Array) -> Array:
    R = V @ cells.basis
    result: Array = cells.c * (R[:, cells.u] * R[:, cells.v] - overlap) + cells.m * R[:, cells.u]
    return result


def _overlap(K: Array, cells: Cells) -> Array:
    Z: Array = (cells.basis.T @ K @ cells.basis)[cells.u, cells.v]
    return Z


def _incomplete(patterns: Patterns, cells: Cells, K: Array, mu: Array) -> Array:
    V = filled(patterns, K, mu) @ K
    whole, KX = _overlap(K, cells), K @ cells.basis
    result = np.empty((len(V), len(cells.c)))
    for group in patterns.classes:
        for number, missing in enumerate(group.missing):
            rows = group.rows[group.pattern == number]
            lost = KX[missing]
            known = np.linalg.solve(K[np.ix_(missing, missing)], lost)
            overlap = whole - np.einsum("sq,sq->q", lost[:, cells.u], known[:, cells.v])
            result[rows] = _scores(V[rows], cells, overlap)
    return result


def filled(patterns: Patterns, K: Array, mu: Array) -> Array:
    """Deviations from μ of the incomplete rows (n_i, p), conditional means where values are missing."""
    D = np.where(patterns.observed, patterns.incomplete - mu, 0.0)
    V = D @ K
    for group in patterns.classes:
        for number, missing in enumerate(group.missing):
            rows = group.rows[group.pattern == number][:, None]
            D[rows, missing] = -np.linalg.solve(K[np.ix_(missing, missing)], V[rows, missing].T).T
    return D
