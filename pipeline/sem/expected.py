"""Expected information where values are missing and where moments of exogenous variables are fixed.

With missing values every pattern of observed variables o has its own normal likelihood, with the information of
moments Σ_oo; the model's is their mean over cases (Little & Rubin 2002, ch. 11), which is right where values are
missing completely at random. Fixed exogenous variables are conditioned on: what a parameter would do to their own
moments is no information (lavaan's rule too). The parameters of a model never touch those moments, but a candidate such
as an effect *on* an exogenous variable does.
"""

from __future__ import annotations

import numpy as np

from pipeline.sem.discrepancy import Discrepancy
from pipeline.sem.incomplete import IncompleteNormal
from pipeline.sem.linalg import Array, Field, inverse
from pipeline.sem.matrices import GroupMatrices, Implied, Index
from pipeline.sem.objective import Objective


def expected_information(objective: Objective, theta: Array, q: int | None = None) -> tuple[Array, Array]:
    """Expected information of one observation at θ (Q,), by closed form (see :mod:`pipeline.sem.objective`).

    Parameters
    ----------
    objective
        A stack of one.
    q
        How many parameters, the first ones, are the model's own; the others are candidates. None takes all.

    Returns
    -------
    columns
        (Q, q) information of every parameter with the model's own.
    diagonal
        (Q,) information of every parameter with itself.
    """
    own = objective.n_free if q is None else q
    columns, diagonal = np.zeros((objective.n_free, own)), np.zeros(objective.n_free)
    for group, data, share, moments in zip(
            objective.groups, objective.data, objective.shares, objective.implied(theta[None]), strict=True):
        inside = np.flatnonzero(group.free < own)
        weights, inverses = pattern_inverses(data, moments.Sigma[0])
        part, square = cell_information(group, moments, weights, inverses, inside)
        columns[group.free[:, None], group.free[inside]] = float(share[0]) * part
        diagonal[group.free] = float(share[0]) * square
    return columns, diagonal


def pattern_inverses(data: Discrepancy, Sigma: Array) -> tuple[Array, Array]:
    """Σ_oo⁻¹ of every pattern of observed variables, 0 elsewhere: shares of cases (m,) and inverses (m, p, p).

    With K = Σ⁻¹ and missing variables m, the padded inverse is K − K_·m K_mm⁻¹ K_m·. Every row counts once: a stack of
    resampled data has no patterns of its own.
    """
    K = inverse(Sigma[None]).inverse
    if not isinstance(data, IncompleteNormal):
        return np.ones(1), K
    counts, inverses = [np.array([len(data.patterns.complete)])], [K]
    for patterns in data.patterns.classes:
        m = patterns.missing
        across = K[0][:, m].transpose(1, 0, 2)
        within = K[0][m[:, :, None], m[:, None, :]]
        inverses.append(K - across @ np.linalg.solve(within, across.transpose(0, 2, 1)))
        counts.append(np.bincount(patterns.pattern, minlength=len(m)))
    number = np.concatenate(counts)
    return number / number.sum(), np.concatenate(inverses)


def cell_information(
    group: GroupMatrices, moments: Implied, weights: Array, inverses: Array, inside: Index,
) -> tuple[Array, Array]:
    """Information of all cells of a group with the cells ``inside``, (q_g, ·), and with themselves, (q_g,).

    With the columns X of :mod:`pipeline.sem.matrices` and P the projection on exogenous variables, what a cell does
    to all other moments is ∂(X) − ∂(PX). Cells ``inside`` are the model's own and have ∂(PX) = 0.
    """
    X = moments.basis()[0]
    fixed = np.zeros_like(X)
    fixed[group.x] = X[group.x]
    everything = np.arange(len(group.c))
    scale = group.c[:, None] * group.c[inside]
    columns, diagonal = np.zeros((len(everything), len(inside))), np.zeros(len(everything))
    for weight, W in zip(weights, inverses, strict=True):
        right = W @ X
        Z = X.T @ right
        part, square = _products(group, Z, everything, inside), _squares(group, Z)
        if len(group.x):
            crossed = fixed.T @ right
            part -= _products(group, crossed, everything, inside)
            square -= 2 * _squares(group, crossed) - _squares(group, fixed.T @ (W @ fixed))
        columns += weight * scale * part
        diagonal += weight * group.c**2 * square
    # Means enter linearly in Σ⁻¹, so that the patterns' average will do.
    m = group.mean_factor(moments)[0]
    average = np.einsum("m,mij->ij", weights, inverses)
    free = X - fixed
    Z = free.T @ average @ free
    columns += m[:, None] * m[inside] * Z[group.u[:, None], group.u[inside]]
    diagonal += m**2 * Z[group.u, group.u]
    return columns, diagonal


def _products(group: GroupMatrices, Z: Array, a: Index, b: Index) -> Array:
    u, v = group.u, group.v
    result: Field = Z[u[a][:, None], u[b]] * Z[v[a][:, None], v[b]]
    result += Z[u[a][:, None], v[b]] * Z[v[a][:, None], u[b]]
    return result


def _squares(group: GroupMatrices, Z: Array) -> Array:
    u, v = group.u, group.v
    result: Array = Z[u, u] * Z[v, v] + Z[u, v] * Z[v, u]
    return result
