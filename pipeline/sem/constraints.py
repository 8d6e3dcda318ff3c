"""Equality constraints: what is left free when labels are shared and ``==`` is written.

Shared labels and linear constraints leave θ = Kx + o with fewer x, and estimation moves x only. Constraints that are
not linear stay as h(θ) = 0 and are met step by step (see :mod:`pipeline.sem.minimise`). At the minimum both kinds
have a tangent space, and that is all that standard errors and tests need (Aitchison & Silvey 1958).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy.linalg import null_space

from instrument.errors import Finding, InputError
from pipeline.sem.linalg import Array, Field
from pipeline.sem.table import Constraint, ParameterTable

_STEP = 1e-30
_FLAT = 1e-10
"""Smallest eigenvalue of a Hessian, scaled to unit diagonal, whose inverse is still of use to a search."""


@dataclass(frozen=True)
class Restriction:
    """The constraints of a model.

    Attributes
    ----------
    K, offset
        (q, r) and (q,): θ = Kx + offset meets all linear constraints.
    curved
        Constraints that are not linear, each as left == right.
    table
        Says what labels stand for.
    """

    K: Array
    offset: Array
    curved: tuple[Constraint, ...]
    table: ParameterTable

    def theta(self, x: Array) -> Array:
        """(b, q) from (b, r)."""
        return x @ self.K.T + self.offset

    def x(self, theta: Array) -> Array:
        """(b, r) nearest to (b, q)."""
        result: Array = np.linalg.lstsq(self.K, (theta - self.offset).T, rcond=None)[0].T
        return result

    def distance_from(self, theta: Field) -> Field:
        """h(θ) of the constraints that are not linear, (b, m)."""
        named = self.table.label_values(theta)
        values = [c.left.evaluate(named) - c.right.evaluate(named) for c in self.curved]
        return np.stack([np.broadcast_to(v, len(theta)) for v in values], axis=1)

    def missed(self, theta: Array) -> Array:
        """(b,) largest |h| as a share of what either side amounts to, at least 1."""
        named = self.table.label_values(theta)
        shares = []
        for constraint in self.curved:
            left, right = constraint.left.evaluate(named), constraint.right.evaluate(named)
            shares.append(np.broadcast_to(np.abs(left - right) / np.maximum(1, np.abs(right)), len(theta)))
        result: Array = np.max(shares, axis=0)
        return result

    def slopes(self, x: Array) -> Array:
        """∂h/∂x, (b, m, r), by a complex step."""
        b, r = x.shape
        stepped = x[:, None, :] + 1j * _STEP * np.eye(r)
        h = self.distance_from(self.theta(stepped.reshape(b * r, r))).imag / _STEP
        return np.swapaxes(h.reshape(b, r, -1), 1, 2)

    def tangent(self, theta: Array) -> Array:
        """(q, r') directions in which one θ (q,) may move: K, less what the other constraints hold fixed."""
        if not self.curved:
            return self.K
        slopes = self.slopes(self.x(theta[None]))[0]
        return self.K @ null_space(slopes)


def restriction(table: ParameterTable) -> Restriction:
    """The constraints of a table.

    Raises
    ------
    InputError
        ``MODEL-CONSTRAINT`` for linear constraints that contradict one another.
    """
    K = _shared(table)
    straight: list[Constraint] = []
    curved: list[Constraint] = []
    plain = Restriction(K, np.zeros(len(K)), (), table)
    for constraint in table.constraints:
        one = Restriction(K, plain.offset, (constraint,), table)
        (straight if _is_linear(one, K.shape[1]) else curved).append(constraint)
    offset = plain.offset
    if straight:
        linear = Restriction(K, offset, tuple(straight), table)
        zero = np.zeros((1, K.shape[1]))
        J, h = linear.slopes(zero)[0], linear.distance_from(linear.theta(zero))[0]
        x0 = -np.linalg.lstsq(J, h, rcond=None)[0]
        if (np.abs(J @ x0 + h) > 1e-10 * (np.abs(J) @ np.abs(x0) + np.abs(h) + 1)).any():
            raise InputError(Finding(
                "MODEL-CONSTRAINT", straight[-1].place, "Constraints may not contradict one another; these do: "
                + "; ".join(c.text for c in straight) + ".", "Take one of them out."))
        offset, K = offset + K @ x0, K @ null_space(J)
    return Restriction(K, offset, tuple(curved), table)


def holding(given: Restriction, numbers: Sequence[int]) -> Restriction:
    """The same constraints, and the parameters ``numbers``, from 0, held at 0."""
    J = given.K[list(numbers)]
    x0 = -np.linalg.lstsq(J, given.offset[list(numbers)], rcond=None)[0]
    return replace(given, K=given.K @ null_space(J), offset=given.offset + given.K @ x0)


def reduced_inverse(given: Restriction, half_hessian: Array) -> Array | None:
    """(r, r) inverse of F's Hessian by x, from its half by θ (q, q); None where it is not positive definite."""
    curvature = 2 * given.K.T @ half_hessian @ given.K
    diagonal = np.diag(curvature)
    if not (diagonal > 0).all():
        return None
    scale = np.sqrt(diagonal)
    eigenvalues, vectors = np.linalg.eigh(curvature / np.outer(scale, scale))
    if len(eigenvalues) and eigenvalues[0] < _FLAT:
        return None
    result: Array = (vectors / eigenvalues) @ vectors.T / np.outer(scale, scale)
    return result


def _shared(table: ParameterTable) -> Array:
    """(q, r) zeros and ones: the free parameters, those with equal labels in one column."""
    column_of = {number: group[0] for group in table.equalities for number in group}
    heads = [column_of.get(number, number) for number in range(1, table.n_free + 1)]
    columns = {head: index for index, head in enumerate(dict.fromkeys(heads))}
    K = np.zeros((table.n_free, len(columns)))
    K[np.arange(table.n_free), [columns[head] for head in heads]] = 1.0
    return K


def _is_linear(one: Restriction, r: int) -> bool:
    """Whether the slopes are the same at points on both sides of 0."""
    points = np.random.default_rng(0).normal(size=(6, r))
    with np.errstate(all="ignore"):
        slopes = one.slopes(points)
    return bool(np.isfinite(slopes).all() and np.allclose(slopes, slopes[0], rtol=1e-9, atol=1e-12))
