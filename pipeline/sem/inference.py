"""Standard errors from expected information, and the two questions before them: identified? admissible?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.sem.ram import Implied, Ram, information
from pipeline.sem.table import ParameterTable

Array = NDArray[np.float64]

SINGULAR = 1e-8
"""Smallest eigenvalue of the information matrix, scaled to unit diagonal, that counts as positive."""


@dataclass(frozen=True, slots=True)
class Uncertainty:
    """Sampling covariance of the estimates.

    Attributes
    ----------
    vcov
        (q, q) = (N · I)⁻¹ with I the expected information of one observation; pseudo-inverse if singular.
    unidentified
        (q,) True for parameters the data cannot tell apart from others.
    """

    vcov: Array
    unidentified: NDArray[np.bool_]


def uncertainty(model: Ram, moments: Implied, n: int) -> Uncertainty:
    """Invert the expected information; a null space names the parameters that are not identified.

    Local identification by the rank of the information matrix: Rothenberg 1971, theorem 1.
    """
    unit = information(model, moments)
    scale = np.sqrt(np.diag(unit))
    flat = scale <= 0
    scale = np.where(flat, 1.0, scale)
    eigenvalues, vectors = np.linalg.eigh(unit / np.outer(scale, scale))
    null = eigenvalues < SINGULAR
    inverse = np.where(null, 0.0, 1 / np.where(null, 1.0, eigenvalues))
    vcov = (vectors * inverse) @ vectors.T / np.outer(scale, scale) / n
    unidentified = flat | (np.abs(vectors[:, null]) > 1e-3).any(axis=1)
    return Uncertainty(vcov, unidentified)


def name_of(table: ParameterTable, index: int) -> str:
    """A free parameter (counted from 0) as its author would write it, e.g. ``y ~ a*x``."""
    row = table.free_rows()[index]
    return f"{row.lhs} {row.op} {row.label + '*' if row.label else ''}{row.rhs}"


def improper(table: ParameterTable, model: Ram, moments: Implied) -> tuple[str, ...]:
    """Sentences on everything that no population could have; empty for an admissible solution.

    Checked: negative variances of observed variables' residuals, latent variables and disturbances; residual
    correlations beyond ±1; the latent covariance matrix. A singular matrix (a variance fixed to 0) is proper.
    """
    said: list[str] = []
    for index, name in enumerate(model.variables):
        variance = float(moments.S[index, index])
        if variance < 0:
            said.append(f"The variance {name} ~~ {name} is negative ({variance:.4g}).")
    if not said and smallest_scaled_eigenvalue(moments.S) < -1e-8:
        said.append(f"The residual covariance matrix is not positive definite: {_beyond_one(table, model, moments)}.")
    latent = moments.C[model.p:, model.p:]
    if len(latent) and smallest_scaled_eigenvalue(latent) < -1e-8:
        said.append(f"The latent covariance matrix ({', '.join(table.latent)}) is not positive definite.")
    return tuple(said)


def is_admissible(model: Ram, moments: Implied) -> bool:
    """Whether :func:`improper` would have nothing to say; cheap enough for every bootstrap draw."""
    latent = moments.C[model.p:, model.p:]
    return bool(
        (np.diag(moments.S) >= 0).all()
        and smallest_scaled_eigenvalue(moments.S) >= -1e-8
        and (not len(latent) or smallest_scaled_eigenvalue(latent) >= -1e-8)
    )


def smallest_scaled_eigenvalue(matrix: Array) -> float:
    """Smallest eigenvalue after scaling to unit diagonal, so that units of measurement do not matter."""
    diagonal = np.diag(matrix)
    if (diagonal < 0).any():
        return float(diagonal.min())
    scale = np.sqrt(np.where(diagonal > 0, diagonal, 1.0))
    return float(np.linalg.eigvalsh(matrix / np.outer(scale, scale))[0])


def _beyond_one(table: ParameterTable, model: Ram, moments: Implied) -> str:
    sd = np.sqrt(np.diag(moments.S))
    position = {name: index for index, name in enumerate(model.variables)}
    beyond = []
    for row in table.rows:
        left, right = position[row.lhs], position[row.rhs]
        if row.op == "~~" and left != right and abs(moments.S[left, right]) > sd[left] * sd[right]:
            beyond.append(f"{row.lhs} ~~ {row.rhs} implies a correlation beyond 1")
    return "; ".join(beyond) or "several residual correlations contradict one another"
