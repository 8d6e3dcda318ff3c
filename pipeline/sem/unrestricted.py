"""The unrestricted model's own information, scores and derivatives: what scaled tests compare a model with.

Its parameters are the means (where they are modelled) and the distinct (co)variances of one group. Moments of fixed
exogenous variables among themselves are no parameters in any model and are left out throughout.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pipeline.sem.incomplete import patterns_of
from pipeline.sem.linalg import Array
from pipeline.sem.matrices import GroupMatrices, Implied, Index
from pipeline.sem.scores import Cells


@dataclass(frozen=True, slots=True)
class MomentCells:
    """The distinct moments of p variables.

    Attributes
    ----------
    means
        (r,) variables whose means count.
    i, j
        (s,) rows and columns, i ≥ j, of the covariances that count.
    """

    p: int
    means: Index
    i: Index
    j: Index

    @property
    def size(self) -> int:
        return len(self.means) + len(self.i)

    def cells(self) -> Cells:
        """Means first, then covariances, as cells over the identity."""
        u, v = np.concatenate([self.means, self.i]), np.concatenate([np.zeros_like(self.means), self.j])
        is_mean = np.arange(self.size) < len(self.means)
        c = np.where(is_mean, 0.0, np.where(u == v, 0.5, 1.0))
        return Cells(np.eye(self.p), u, v, c, is_mean.astype(np.float64))


def moment_cells(p: int, x: Index, *, means: bool) -> MomentCells:
    """Distinct moments of p variables but those that only concern the fixed exogenous ones, x."""
    i, j = np.tril_indices(p)
    fixed = np.isin(i, x) & np.isin(j, x)
    free_means = np.setdiff1d(np.arange(p), x) if means else np.array([], dtype=np.intp)
    return MomentCells(p, free_means.astype(np.intp), i[~fixed].astype(np.intp), j[~fixed].astype(np.intp))


def expected_information(Sigma: Array, moments: MomentCells) -> Array:
    """Of one complete observation: Σ⁻¹ for means, ½ tr(Σ⁻¹∂ₐΣ Σ⁻¹∂_bΣ) for covariances, (size, size)."""
    K, cells = np.linalg.inv(Sigma), moments.cells()
    uu, cross = K[np.ix_(cells.u, cells.u)], K[np.ix_(cells.u, cells.v)]
    pairs = uu * K[np.ix_(cells.v, cells.v)] + cross * cross.T
    result: Array = pairs * np.outer(cells.c, cells.c) + uu * np.outer(cells.m, cells.m)
    return result


def observed_information(X: Array, mean: Array, cov: Array, moments: MomentCells) -> Array:
    """Of one observation, from rows X (n, p) with NaN where missing, at any moments; (size, size).

    A pattern with inverse W, deviations of mean d̄ and second moment T adds ½ tr((2WTW − W)∂ₐΣ W ∂_bΣ), the cross term
    ∂ₐμᵀ W ∂_bΣ W d̄ and ∂ₐμᵀ W ∂_bμ (Savalei 2010, eq. 10 to 12). The sums over patterns of products of two matrices
    are one product of two tall matrices.
    """
    W, Y, shift, share = _pattern_terms(X, mean, cov)
    p, cells = moments.p, moments.cells()
    count = len(share)
    flat_W, flat_Y = W.reshape(count, p * p), Y.reshape(count, p * p)
    products = (flat_Y * share[:, None]).T @ flat_W
    products = products.reshape(p, p, p, p)
    u, v = cells.u, cells.v
    a, b = np.ix_(np.arange(moments.size), np.arange(moments.size))
    pairs = (products[v[b], u[a], v[a], u[b]] + products[v[b], v[a], u[a], u[b]]
             + products[u[b], u[a], v[a], v[b]] + products[u[b], v[a], u[a], v[b]])
    result: Array = 0.5 * pairs * np.outer(cells.c, cells.c)
    if len(moments.means):
        flat_shift = np.einsum("rij,rj->ri", W, shift)
        crossing = ((flat_W * share[:, None]).T @ flat_shift).reshape(p, p, p)
        cross = cells.m[:, None] * cells.c * (crossing[u[a], u[b], v[b]] + crossing[u[a], v[b], u[b]])
        weighted = np.tensordot(share, W, axes=1)
        result += cross + cross.T + np.outer(cells.m, cells.m) * weighted[np.ix_(u, u)]
    return result


def _pattern_terms(X: Array, mean: Array, cov: Array) -> tuple[Array, Array, Array, Array]:
    """W and 2WTW − W (patterns, p, p), mean deviations (patterns, p), shares of rows (patterns,)."""
    patterns = patterns_of(X)
    p = X.shape[1]
    observed = [np.ones(p, dtype=np.bool_)] if len(patterns.complete) else []
    rows = [patterns.complete] if len(patterns.complete) else []
    for group in patterns.classes:
        for number, missing in enumerate(group.missing):
            seen = np.ones(p, dtype=np.bool_)
            seen[missing] = False
            observed.append(seen)
            rows.append(patterns.incomplete[group.rows[group.pattern == number]])
    W, Y, shift = np.zeros((len(rows), p, p)), np.zeros((len(rows), p, p)), np.zeros((len(rows), p))
    for number, (seen, own) in enumerate(zip(observed, rows, strict=True)):
        at = np.ix_(seen, seen)
        inverse = np.linalg.inv(cov[at])
        d = own[:, seen] - mean[seen]
        W[number][at] = inverse
        Y[number][at] = 2 * inverse @ (d.T @ d / len(own)) @ inverse - inverse
        shift[number][seen] = d.mean(axis=0)
    return W, Y, shift, np.array([len(own) for own in rows]) / len(X)


def jacobian(group: GroupMatrices, implied: Implied, moments: MomentCells) -> Array:
    """Derivatives (size, q_g) of a group's implied moments by its cells, at a stack of one."""
    X, m = implied.basis()[0], group.mean_factor(implied)[0]
    by_mean = X[np.ix_(moments.means, group.u)] * m
    i, j = moments.i, moments.j
    by_cov = group.c * (X[np.ix_(i, group.u)] * X[np.ix_(j, group.v)] + X[np.ix_(i, group.v)] * X[np.ix_(j, group.u)])
    return np.vstack([by_mean, by_cov])


def fourth_moments(X: Array, x: Index, moments: MomentCells) -> Array:
    """Asymptotic covariance (size, size) of sample moments without assuming a distribution, divided by N.

    Given fixed exogenous variables only what they leave unexplained varies from sample to sample: products of the
    regressed-out parts are taken off (Browne 1984, eq. 2.10, as lavaan extends it to fixed.x).
    """
    centred = X - X.mean(axis=0)
    explained = centred.copy()
    others = np.setdiff1d(np.arange(X.shape[1]), x)
    if len(x):
        coefficients = np.linalg.lstsq(centred[:, x], centred[:, others], rcond=None)[0]
        explained[:, others] = centred[:, x] @ coefficients
    else:
        explained[:] = 0.0
    products = centred[:, moments.i] * centred[:, moments.j] - explained[:, moments.i] * explained[:, moments.j]
    Z = np.hstack([(centred - explained)[:, moments.means], products])
    Z = Z - Z.mean(axis=0)
    gamma: Array = Z.T @ Z / len(Z)
    return gamma
