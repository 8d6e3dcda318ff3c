"""Implied covariances of a linear structural model in RAM form, and their derivatives.

With directed effects A and (co)variances S over all v = p + k variables (p observed first, then k latent),
C = (I − A)⁻¹ S (I − A)⁻ᵀ is the covariance of all variables and Σ = F C Fᵀ that of the observed ones
(McArdle & McDonald 1984).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.sem.table import ParameterTable

Array = NDArray[np.float64]
Index = NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class Ram:
    """Where each parameter sits.

    Attributes
    ----------
    A, S
        (v, v) with all fixed values in place.
    directed, symmetric
        (rows, columns, free) index triples of free elements; ``free`` counts from 0. S triples name one triangle.
    fixed_x
        Positions of fixed exogenous variables among the observed.
    """

    variables: tuple[str, ...]
    p: int
    n_free: int
    A: Array
    S: Array
    directed: tuple[Index, Index, Index]
    symmetric: tuple[Index, Index, Index]
    fixed_x: Index


def ram(table: ParameterTable) -> Ram:
    """Matrices and index triples of a parameter table."""
    variables = (*table.observed, *table.latent)
    position = {name: index for index, name in enumerate(variables)}
    A = np.zeros((len(variables), len(variables)))
    S = np.zeros_like(A)
    directed: list[tuple[int, int, int]] = []
    symmetric: list[tuple[int, int, int]] = []
    for row in table.rows:
        left, right = position[row.lhs], position[row.rhs]
        to, source = (right, left) if row.op == "=~" else (left, right)
        if row.free:
            (symmetric if row.op == "~~" else directed).append((to, source, row.free - 1))
        elif row.op == "~~" and row.value is not None:
            S[to, source] = S[source, to] = row.value
        elif row.value is not None:
            A[to, source] = row.value
    return Ram(variables, len(table.observed), table.n_free, A, S, _triples(directed), _triples(symmetric),
               np.array([position[name] for name in table.exogenous], dtype=np.intp))


def _triples(items: list[tuple[int, int, int]]) -> tuple[Index, Index, Index]:
    rows, columns, free = np.array(items, dtype=np.intp).reshape(-1, 3).T
    return rows, columns, free


@dataclass(frozen=True, slots=True)
class Implied:
    """A and S filled in, B = (I − A)⁻¹, C the covariance of all variables (v, v), Σ = C[:p, :p]."""

    A: Array
    S: Array
    B: Array
    C: Array
    Sigma: Array


def implied(model: Ram, theta: Array, sample: Array) -> Implied:
    """Implied moments at ``theta`` (q,); fixed exogenous moments come from ``sample`` (p, p)."""
    A, S = model.A.copy(), model.S.copy()
    rows, columns, free = model.directed
    A[rows, columns] = theta[free]
    rows, columns, free = model.symmetric
    S[rows, columns] = S[columns, rows] = theta[free]
    x = np.ix_(model.fixed_x, model.fixed_x)
    S[x] = sample[x]
    B: Array = np.asarray(np.linalg.inv(np.eye(len(A)) - A), dtype=np.float64)
    C: Array = B @ S @ B.T
    return Implied(A, S, B, C, C[: model.p, : model.p])


def jacobian(model: Ram, moments: Implied) -> Array:
    """∂Σ/∂θ, shape (q, p, p).

    For a directed effect (i, j): E[:, i] C[j, :p] + transpose, with E = B[:p]; for a (co)variance (i, j):
    E[:, i] E[:, j]ᵀ, plus its transpose off the diagonal.
    """
    E, C = moments.B[: model.p], moments.C[:, : model.p]
    derivative = np.zeros((model.n_free, model.p, model.p))
    rows, columns, free = model.directed
    product = np.einsum("ak,kb->kab", E[:, rows], C[columns])
    np.add.at(derivative, free, product + product.transpose(0, 2, 1))
    rows, columns, free = model.symmetric
    product = np.einsum("ak,bk->kab", E[:, rows], E[:, columns])
    twice = (rows != columns)[:, None, None]
    np.add.at(derivative, free, product + np.where(twice, product.transpose(0, 2, 1), 0.0))
    return derivative


def information(model: Ram, moments: Implied) -> Array:
    """Expected information of one observation, (q, q): ½ tr(Σ⁻¹ Δᵢ Σ⁻¹ Δⱼ) (Bollen 1989, appendix 4B)."""
    Sigma_inverse = np.linalg.inv(moments.Sigma)
    scaled = Sigma_inverse @ jacobian(model, moments)
    flat = scaled.reshape(model.n_free, -1)
    flat_transposed = scaled.transpose(0, 2, 1).reshape(model.n_free, -1)
    result: Array = 0.5 * flat @ flat_transposed.T
    return result
