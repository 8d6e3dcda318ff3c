"""The discrepancy where residuals are uncorrelated, by inverses of the order of the latent variables only.

With Θ diagonal and positive, Σ = ΛCΛᵀ + Θ, U = Θ⁻¹Λ, A = ΛᵀU and M = C(I + AC)⁻¹,

    Σ⁻¹ = Θ⁻¹ − U M Uᵀ,   log|Σ| = log|Θ| + log|I + AC|

(Woodbury 1950), and everything the gradient asks for is a product of p × k matrices. No p × p matrix but the sample's
is touched, which makes a step several times cheaper for two dozen indicators of a handful of factors. The result is
that of :mod:`pipeline.sem.discrepancy` to rounding; members with a residual variance near or below 0, where dividing
by it loses digits, are left to the general way.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pipeline.sem.discrepancy import CompleteNormal
from pipeline.sem.linalg import Array, cholesky, invert_triangle
from pipeline.sem.matrices import GroupMatrices

SMALL = 1e-4
"""Share of a variable's variance below which its residual variance is too small to divide by."""


def suits(group: GroupMatrices, theta: Array, data: CompleteNormal) -> NDArray[np.bool_]:
    """(b,) members whose residual variances all are well above 0; none if the model has residual covariances."""
    if not group.uncorrelated:
        return np.zeros(len(theta), dtype=np.bool_)
    residual = group.narrow.at(theta)[:, group.residual]
    large = residual > SMALL * np.diagonal(data.cov, axis1=-2, axis2=-1)
    return np.asarray(large.all(axis=-1))


def evaluate(group: GroupMatrices, theta: Array, data: CompleteNormal) -> tuple[Array, Array, NDArray[np.bool_]]:
    """F (b,), its gradient by the group's cells (b, q_g), and whether Σ is positive definite (b,)."""
    b, p, k = len(theta), group.p, group.k
    flat = group.narrow.at(theta)
    ends = np.cumsum([p * k, p, k * k, k * k, p, k])
    Lambda = flat[:, : ends[0]].reshape(b, p, k)
    residual = flat[:, ends[0]: ends[1]]
    C, B, eta = _latent(group, flat[:, ends[1]:])
    t = 1 / residual
    U = Lambda * t[..., None]
    A = _t(Lambda) @ U
    M, logdet, proper = _middle(A, C)

    d = data.mean - flat[:, ends[3]: ends[4]] - (Lambda @ eta[..., None])[..., 0] if data.means else None
    T = data.cov if d is None else data.cov + d[..., :, None] * d[..., None, :]
    variances = np.diagonal(T, axis1=-2, axis2=-1)
    TU = T @ U
    Q = _t(U) @ TU
    value = (np.log(residual).sum(axis=-1) + logdet + np.einsum("bi,bi->b", t, variances)
             - np.einsum("bij,bji->b", M, Q) - data.constant)

    MQ = M @ Q
    R = np.eye(k) - M @ A
    left = R + MQ @ R
    g_loading = U @ left - t[..., None] * (TU @ R)
    g_latent = A @ left - Q @ R
    own = t * (1 - t * variances + 2 * np.einsum("bik,bik->bi", U, TU @ M))
    own -= np.einsum("bik,bik->bi", U, U @ (M + MQ @ M))
    gradient = np.empty((b, len(group.c)))
    (theta_cells, _), (loadings, loading_places), (latent, latent_places) = group.blocks
    gradient[:, theta_cells] = 2 * group.c[theta_cells] * own[:, group.u[theta_cells]]
    gradient[:, loadings] = 2 * (g_loading @ C).reshape(b, -1)[:, loading_places // (2 * k) * k
                                                               + loading_places % (2 * k) - k]
    inner = _t(B) @ (g_latent @ np.concatenate([B, C], axis=-1))
    gradient[:, latent] = 2 * group.c[latent] * inner.reshape(b, -1)[:, latent_places]
    if d is not None:
        by_mu = -2 * (t * d - (U @ (M @ (_t(U) @ d[..., None])))[..., 0])
        columns = np.concatenate([by_mu, ((by_mu[:, None, :] @ Lambda) @ B)[:, 0, :]], axis=-1)
        means = np.concatenate([eta, np.ones((b, 1)), np.zeros((b, 1))], axis=1)
        gradient += means[:, group.mean_of] * columns[:, group.u]
    return value, gradient, proper


def _t(matrices: Array) -> Array:
    return np.swapaxes(matrices, -1, -2)


def _latent(group: GroupMatrices, flat: Array) -> tuple[Array, Array, Array]:
    """C, (I − Β)⁻¹ and the means of η, from the cells of Ψ, Β, ν, α."""
    b, k = len(flat), group.k
    Psi = flat[:, : k * k].reshape(b, k, k)
    alpha = flat[:, flat.shape[1] - k:]
    if not group.structural:
        return Psi, np.broadcast_to(np.eye(k), (b, k, k)), alpha
    B = np.linalg.inv(np.eye(k) - flat[:, k * k: 2 * k * k].reshape(b, k, k))
    return B @ Psi @ _t(B), B, (B @ alpha[..., None])[..., 0]


def _middle(A: Array, C: Array) -> tuple[Array, Array, NDArray[np.bool_]]:
    """M = C(I + AC)⁻¹, log|I + AC|, and whether I + JᵀCJ, A = JJᵀ, is positive definite, which then Σ is too.

    A trace is added to A, below rounding in what follows, for latent variables without indicators of their own.
    """
    k = A.shape[-1]
    trace = np.trace(A, axis1=-2, axis2=-1)
    J, _ = cholesky(A + (1e-15 * trace)[:, None, None] * np.eye(k))
    JC = _t(J) @ C
    factor, proper = cholesky(np.eye(k) + JC @ J)
    inner = invert_triangle(factor) @ JC
    logdet = 2 * np.log(np.diagonal(factor, axis1=-2, axis2=-1)).sum(axis=-1)
    return C - _t(inner) @ inner, logdet, proper
