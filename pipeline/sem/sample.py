"""The sample a model is fitted to: complete rows, their covariance by N, and what makes them unusable."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from instrument.errors import Finding, InputError

Array = NDArray[np.float64]

COLLINEAR = 1e-10
"""Smallest eigenvalue of the correlation matrix that still counts as positive: below it, inversion is noise."""


@dataclass(frozen=True, slots=True)
class Sample:
    """Complete data of a model's observed variables.

    Attributes
    ----------
    X
        (n, p), centred.
    cov
        (p, p) = XᵀX / n: the maximum-likelihood covariance, divided by N, not N − 1.
    """

    names: tuple[str, ...]
    X: Array
    cov: Array

    @property
    def n(self) -> int:
        return len(self.X)


def complete_rows(X: ArrayLike, names: Sequence[str], used: Sequence[str]) -> tuple[Array, int]:
    """Rows of ``X`` (n, columns) without a missing value in the ``used`` columns, and the number left out."""
    values = np.asarray(X, dtype=np.float64)
    columns = [list(names).index(name) for name in used]
    complete = ~np.isnan(values[:, columns]).any(axis=1)
    return values[complete], int((~complete).sum())


def take_sample(X: ArrayLike, names: Sequence[str], used: Sequence[str]) -> Sample:
    """The ``used`` columns of complete data ``X`` (n, columns), checked.

    Raises
    ------
    InputError
        ``SEM-NAMES``, ``SEM-MISSING``, ``SEM-CASES``, ``SEM-CONSTANT``, ``SEM-COLLINEAR``.
    """
    values = np.asarray(X, dtype=np.float64)
    doubled = sorted({name for name in names if list(names).count(name) > 1})
    if values.ndim != 2 or values.shape[1] != len(names) or doubled:
        raise InputError(Finding(
            "SEM-NAMES", "data",
            f"Every column has one name of its own; found shape {values.shape}, {len(names)} names"
            f"{', doubled: ' + ', '.join(doubled) if doubled else ''}.", "Give one distinct name a column."))
    selected = values[:, [list(names).index(name) for name in used]]
    findings = list(_unusable_columns(selected, used))
    if not findings and len(selected) <= len(used):
        findings.append(Finding(
            "SEM-CASES", "data",
            f"A covariance matrix of {len(used)} variables needs more than {len(used)} complete cases; "
            f"there are {len(selected)}.", "Use a smaller model, or more data."))
    if findings:
        raise InputError(findings)
    centred = selected - selected.mean(axis=0)
    cov = covariance(centred)
    _check_collinearity(cov, used)
    return Sample(tuple(used), centred, cov)


def covariance(X: Array, weights: Array | None = None) -> Array:
    """Covariance (p, p) of rows X (n, p) counted ``weights`` (n,) times each: Σ w (x − x̄)(x − x̄)ᵀ / Σ w."""
    w = np.ones(len(X)) if weights is None else weights
    total = w.sum()
    mean = w @ X / total
    result: Array = (X * w[:, None]).T @ X / total - np.outer(mean, mean)
    return (result + result.T) / 2


def _unusable_columns(selected: Array, used: Sequence[str]) -> list[Finding]:
    findings = []
    for name, column in zip(used, selected.T, strict=True):
        unusable = int((~np.isfinite(column)).sum())
        if unusable:
            findings.append(Finding(
                "SEM-MISSING", f"data, column {name}",
                f"Estimation uses complete cases; {unusable} values are missing or infinite.",
                "Keep complete rows only, and report how many were left out."))
        elif len(column) and np.ptp(column) <= 1e-12 * max(1.0, float(np.abs(column).max())):
            findings.append(Finding(
                "SEM-CONSTANT", f"data, column {name}",
                f"A variable must vary; all {len(column)} cases have {column[0]:g}.",
                "Leave the variable out of the model, or use more cases."))
    return findings


def _check_collinearity(cov: Array, used: Sequence[str]) -> None:
    sd = np.sqrt(np.diag(cov))
    eigenvalues, vectors = np.linalg.eigh(cov / np.outer(sd, sd))
    if eigenvalues[0] < COLLINEAR:
        together = [name for name, weight in zip(used, vectors[:, 0], strict=True) if abs(weight) > 1e-3]
        raise InputError(Finding(
            "SEM-COLLINEAR", "data",
            f"No variable may be an exact linear combination of others; {', '.join(together)} are "
            f"(smallest eigenvalue of the correlation matrix {eigenvalues[0]:.1e}).", "Leave one of them out."))
