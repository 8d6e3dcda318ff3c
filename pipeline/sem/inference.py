"""Sampling covariance of the estimates, and the two questions before it: identified? admissible?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from pipeline.sem.linalg import Array
from pipeline.sem.matrices import GroupMatrices, Implied
from pipeline.sem.problem import Problem
from pipeline.sem.sample import GroupRows
from pipeline.sem.scores import casewise_scores, parameter_cells
from pipeline.sem.table import ParameterTable, Row

InformationKind = Literal["expected", "observed"]

SINGULAR = 1e-8
"""Smallest eigenvalue of an information matrix, scaled to unit diagonal, that counts as positive."""

_ROWS = 20_000


@dataclass(frozen=True, slots=True)
class Bread:
    """Inverse information within the constraints, and what it cannot invert.

    Attributes
    ----------
    inverse
        (q, q) K(KᵀAK)⁻¹Kᵀ, A the information of one observation, K the tangent space of the constraints (Aitchison &
        Silvey 1958); a pseudo-inverse if singular. Divided by N it is the model-based sampling covariance.
    unidentified
        (q,) True for parameters the data cannot tell apart from others.
    negative
        Whether the information has a clearly negative eigenvalue: then the point is no minimum.
    """

    inverse: Array
    unidentified: NDArray[np.bool_]
    negative: bool


def bread(information: Array, tangent: Array) -> Bread:
    """Invert the information; a null space names the parameters that are not identified (Rothenberg 1971, th. 1)."""
    reduced = tangent.T @ information @ tangent
    diagonal = np.diag(reduced)
    flat = diagonal <= 0
    scale = np.sqrt(np.where(flat, 1.0, diagonal))
    eigenvalues, vectors = np.linalg.eigh(reduced / np.outer(scale, scale))
    null = np.abs(eigenvalues) < SINGULAR
    reciprocal = np.where(null, 0.0, 1 / np.where(null, 1.0, eigenvalues))
    inner = (vectors * reciprocal) @ vectors.T / np.outer(scale, scale)
    lost = flat | (np.abs(vectors[:, null]) > 1e-3).any(axis=1)
    unidentified = np.asarray((np.abs(tangent[:, lost]) > 1e-8).any(axis=1))
    return Bread(tangent @ inner @ tangent.T, unidentified, bool((eigenvalues < -1e-6).any()))


def information_of(problem: Problem, theta: Array, kind: InformationKind) -> Array:
    """Information of one observation at θ (q,), (q, q)."""
    if kind == "observed":
        return problem.objective.hessian(theta)
    expected: Array = problem.objective.information(theta[None])[0]
    return expected


def meat(problem: Problem, theta: Array) -> Array:
    """Average cross-product of casewise scores (q, q); of cluster sums where rows are clustered.

    Sums within clusters are scaled by C/(C − 1), C the number of clusters in the group (Binder 1983; Muthén & Satorra
    1995, eq. 19), as lavaan does.
    """
    total = np.zeros((len(theta), len(theta)))
    for number, (group, rows) in enumerate(zip(problem.objective.groups, problem.sample.groups, strict=True)):
        cells, Sigma, mu = parameter_cells(group, problem.objective, number, theta)
        if not problem.table.meanstructure:
            mu = rows.X.mean(axis=0)
        own: Array = np.zeros((len(cells.c), len(cells.c)))
        for block in _blocks(rows):
            own += crossproduct(casewise_scores(block.X, cells, Sigma, mu), block.clusters)
        total[np.ix_(group.free, group.free)] += own / problem.n
    return total


def _blocks(rows: GroupRows) -> Iterator[GroupRows]:
    """Rows some thousands at a time; all at once where sums over clusters run across them."""
    size = len(rows.X) if rows.clusters is not None else _ROWS
    for start in range(0, len(rows.X), size):
        yield GroupRows(rows.label, rows.X[start: start + size], rows.clusters)


def crossproduct(scores: Array, clusters: NDArray[np.intp] | None) -> Array:
    """Σ ssᵀ over cases (n, q), or C/(C − 1) Σ ssᵀ over the sums of C clusters."""
    if clusters is None:
        return scores.T @ scores
    numbers, member = np.unique(clusters, return_inverse=True)
    sums = np.zeros((len(numbers), scores.shape[1]))
    np.add.at(sums, member, scores)
    factor = len(numbers) / (len(numbers) - 1) if len(numbers) > 1 else np.nan
    result: Array = factor * sums.T @ sums
    return result


def name_of(row: Row, groups: Sequence[str]) -> str:
    """A parameter as its author would write it, e.g. ``y ~ a*x``, with its group if there are several."""
    body = f"{row.lhs} {row.op} {row.label + '*' if row.label else ''}{row.rhs}".replace("~1 ", "~ 1").rstrip()
    return f"{body} ({groups[row.group - 1]})" if groups else body


@dataclass(frozen=True, slots=True)
class Impropriety:
    """Something no population could have; ``about`` names variables or parameters."""

    code: Literal["negative-variance", "residual-covariance", "latent-covariance"]
    text: str
    about: tuple[str, ...]


def improprieties(
    table: ParameterTable, groups: Sequence[GroupMatrices], implied: Sequence[Implied],
) -> tuple[Impropriety, ...]:
    """Negative variances, residual correlations beyond ±1, latent covariance matrices that no variables could have.

    A singular matrix (a variance fixed to 0) is proper.
    """
    found: list[Impropriety] = []
    for label, group, moments in zip(table.groups or ("",), groups, implied, strict=True):
        where = f" in group {label}" if label else ""
        negative = [*_negative(group.etas, moments.Psi[0]), *_negative(group.observed, moments.Theta[0])]
        found += [Impropriety("negative-variance", f"The variance {name} ~~ {name} is negative ({value:.4g}){where}.",
                              (name,)) for name, value in negative]
        if not negative:
            found += _beyond(table, group, moments, where)
        latent = [i for i, name in enumerate(group.etas) if name not in group.observed]
        if latent and smallest_scaled_eigenvalue(moments.C[0][np.ix_(latent, latent)]) < -1e-8:
            names = tuple(group.etas[i] for i in latent)
            found.append(Impropriety("latent-covariance", f"The latent covariance matrix ({', '.join(names)}) is not "
                                     f"positive definite{where}.", names))
    return tuple(found)


def _negative(names: Sequence[str], covariance: Array) -> list[tuple[str, float]]:
    return [(name, float(value)) for name, value in zip(names, np.diag(covariance), strict=True) if value < 0]


def _beyond(table: ParameterTable, group: GroupMatrices, moments: Implied, where: str) -> list[Impropriety]:
    found = []
    for names, matrix in ((group.etas, moments.Psi[0]), (group.observed, moments.Theta[0])):
        if not len(matrix) or smallest_scaled_eigenvalue(matrix) >= -1e-8:
            continue
        sd = np.sqrt(np.diag(matrix))
        pairs = [f"{names[i]} ~~ {names[j]}" for i in range(len(names)) for j in range(i)
                 if abs(matrix[i, j]) > sd[i] * sd[j]]
        said = (" and ".join(pairs) + " implies a correlation beyond 1") if pairs else "several contradict one another"
        found.append(Impropriety("residual-covariance", f"The residual covariance matrix is not positive definite"
                                 f"{where}: {said}.", tuple(pairs)))
    return found


def smallest_scaled_eigenvalue(matrix: Array) -> float:
    """Smallest eigenvalue after scaling to unit diagonal, so that units of measurement do not matter."""
    diagonal = np.diag(matrix)
    if (diagonal < 0).any():
        return float(diagonal.min())
    scale = np.sqrt(np.where(diagonal > 0, diagonal, 1.0))
    return float(np.linalg.eigvalsh(matrix / np.outer(scale, scale))[0])
