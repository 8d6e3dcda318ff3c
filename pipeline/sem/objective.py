"""The sum of the groups' discrepancies as a function of the parameters: value, gradient, information, scores.

F(θ) = Σ_g (n_g / N) F_g(θ), so that several groups need no estimator of their own, and N·F is the χ² of complete data.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from pipeline.sem import uniquenesses
from pipeline.sem.discrepancy import CompleteNormal, Discrepancy
from pipeline.sem.linalg import Array, Field, Inverse, inverse
from pipeline.sem.matrices import GroupMatrices, Implied, Index

STEP = 1e-30
"""Of the complex step: no subtraction takes place, so it may be as small as one likes (Squire & Trapp 1998)."""


@dataclass(frozen=True, slots=True)
class Evaluation:
    """F (b,), its gradient (b, q), and whether every implied covariance matrix is positive definite (b,)."""

    value: Array
    gradient: Field
    proper: NDArray[np.bool_]


@dataclass(frozen=True)
class Objective:
    """A model and a stack of data.

    Attributes
    ----------
    groups
        Matrices of each group.
    data
        Discrepancy of each group, members of the stack in the same order.
    n_free
        q: length of the parameter vector.
    """

    groups: tuple[GroupMatrices, ...]
    data: tuple[Discrepancy, ...]
    n_free: int

    @cached_property
    def n(self) -> Array:
        """(b or 1,) cases of all groups."""
        total: Array = np.sum([d.n for d in self.data], axis=0)
        return total

    @cached_property
    def shares(self) -> list[Array]:
        """n_g / N of every group."""
        return [d.n / self.n for d in self.data]

    def take(self, index: Index) -> Objective:
        """The same model on some members of the stack."""
        return Objective(self.groups, tuple(d.take(index) for d in self.data), self.n_free)

    def implied(self, theta: Field) -> list[Implied]:
        """Each group's implied moments at θ (b, q)."""
        return [g.implied(theta, d.cov, d.mean) for g, d in zip(self.groups, self.data, strict=True)]

    def described(self, theta: Field) -> list[Implied]:
        """Each group's moments of all variables, exogenous ones among them, as standardised solutions need them."""
        return self.implied(theta)

    def evaluate(self, theta: Field) -> Evaluation:
        """F and its gradient at θ (b, q); an implied matrix that is not positive definite has F = ∞."""
        value: Array = np.zeros(len(theta))
        gradient: Field = np.zeros(theta.shape, dtype=theta.dtype)
        proper = np.ones(len(theta), dtype=np.bool_)
        for group, data, share in zip(self.groups, self.data, self.shares, strict=True):
            own_value, own_gradient, own_proper = _evaluate(group, data, theta)
            value = value + share * own_value
            gradient[:, group.free] = share[:, None] * own_gradient
            proper &= own_proper
        return Evaluation(np.where(proper & ~np.isnan(value), value, np.inf), gradient, proper)

    def information(self, theta: Field) -> Field:
        """Expected information of one observation, (b, q, q), as if no value were missing."""
        result: Field = np.zeros((*theta.shape, self.n_free), dtype=theta.dtype)
        for group, share, moments in zip(self.groups, self.shares, self.implied(theta), strict=True):
            own = share[:, None, None] * unit_information(group, moments, inverse(moments.Sigma))
            result[:, group.free[:, None], group.free] = own
        return result

    def hessian(self, theta: Array) -> Array:
        """Exact half Hessian of F at one θ (q,), shape (q, q): the observed information of one observation.

        By a complex step through the analytic gradient, which loses no digits to a difference.
        """
        q = self.n_free
        stepped = theta + 1j * STEP * np.eye(q)
        batch = max(1, int(4e6 / max(self._row_cost(), 1)))
        rows = [self.evaluate(stepped[at: at + batch]).gradient.imag / STEP for at in range(0, q, batch)]
        full = np.concatenate(rows) / 2 if rows else np.zeros((0, 0))
        symmetric: Array = (full + full.T) / 2
        return symmetric

    def _row_cost(self) -> int:
        """Numbers held per parameter vector, which bounds how many go into one stack."""
        return max(g.p * (g.p + 2 * g.k) + d.size for g, d in zip(self.groups, self.data, strict=True))


def _evaluate(group: GroupMatrices, data: Discrepancy, theta: Field) -> tuple[Array, Field, NDArray[np.bool_]]:
    """One group's F, gradient by its cells, and positive definiteness, each member the cheapest way it allows."""
    if isinstance(data, CompleteNormal) and group.uncorrelated and not np.iscomplexobj(theta):
        suited = uniquenesses.suits(group, theta, data)
        if suited.all():
            return uniquenesses.evaluate(group, theta, data)
        if suited.any():
            return _evaluate_mixed(group, data, theta, suited)
    moments = group.implied(theta, data.cov, data.mean)
    inverted = inverse(moments.Sigma)
    slope = data.slope(inverted, moments.Sigma, moments.mu)
    return slope.value, chain(group, moments, slope.by_sigma, slope.by_mu), inverted.positive


def _evaluate_mixed(
    group: GroupMatrices, data: CompleteNormal, theta: Array, suited: NDArray[np.bool_],
) -> tuple[Array, Field, NDArray[np.bool_]]:
    value, gradient = np.empty(len(theta)), np.empty((len(theta), len(group.c)))
    proper = np.empty(len(theta), dtype=np.bool_)
    fast, slow = np.flatnonzero(suited), np.flatnonzero(~suited)
    value[fast], gradient[fast], proper[fast] = uniquenesses.evaluate(group, theta[fast], data.take(fast))
    value[slow], gradient[slow], proper[slow] = _evaluate(group, data.take(slow), theta[slow])
    return value, gradient, proper


def chain(group: GroupMatrices, moments: Implied, by_sigma: Field, by_mu: Field | None) -> Field:
    """Gradient (b, q_g) by the group's cells from derivatives by Σ (b, p, p) and μ (b, p).

    Only the four blocks of Xᵀ(∂F/∂Σ)X that cells can ask for are formed: (I,I), (I,H), (L,L), (L,H).
    """
    b = len(moments.L)
    right = by_sigma @ np.concatenate([moments.L, moments.H], axis=-1)
    lower = np.swapaxes(moments.L, -1, -2) @ right
    gradient: Field = np.empty((b, len(group.c)), dtype=right.dtype)
    for block, (cells, places) in zip((by_sigma, right, lower), group.blocks, strict=True):
        gradient[:, cells] = np.ascontiguousarray(block).reshape(b, -1)[:, places]
    gradient *= 2 * group.c
    if by_mu is not None:
        columns = np.concatenate([by_mu, (by_mu[:, None, :] @ moments.L)[:, 0, :]], axis=-1)
        gradient += group.mean_factor(moments) * columns[:, group.u]
    return gradient


def unit_information(group: GroupMatrices, moments: Implied, inverted: Inverse) -> Field:
    """½ tr(W ∂ₐΣ W ∂_bΣ) + ∂ₐμᵀ W ∂_bμ for all pairs of the group's cells, (b, q_g, q_g).

    With Z = XᵀWX and the rule of :mod:`pipeline.sem.matrices`, a pair's first term is
    cₐc_b (Z[uₐ,u_b] Z[vₐ,v_b] + Z[uₐ,v_b] Z[vₐ,u_b]).
    """
    X = moments.basis()
    Z = np.swapaxes(X, -1, -2) @ (inverted.inverse @ X)
    uu = Z[:, group.u[:, None], group.u]
    cross = Z[:, group.u[:, None], group.v]
    pairs = uu * Z[:, group.v[:, None], group.v] + cross * np.swapaxes(cross, -1, -2)
    m = group.mean_factor(moments)
    result: Field = pairs * (group.c[:, None] * group.c) + uu * (m[:, :, None] * m[:, None, :])
    return result
