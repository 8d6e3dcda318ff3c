"""Empirical Kaiser criterion: eigenvalues beside what is left over for them in a sample of that size."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pipeline.measurement.complete import Matrix


@dataclass(frozen=True, slots=True)
class EmpiricalKaiser:
    """Eigenvalues of the full correlation matrix, their references, and how many exceed them without a break."""

    eigenvalues: tuple[float, ...]
    references: tuple[float, ...]
    factors: int


def empirical_kaiser(R: Matrix, n: int) -> EmpiricalKaiser:
    """The empirical Kaiser criterion of correlations ``R`` (p, p) of ``n`` rows (Braeken & van Assen 2017, eq. 2).

    Reference j is max(1, (p − Σ_{k<j} l_k)/(p − j + 1) · (1 + √(p/n))²): the largest eigenvalue to be expected of
    unrelated items (Marchenko & Pastur 1967), in proportion to the variance that the earlier eigenvalues leave, and
    never below Kaiser's 1.
    """
    p = len(R)
    eigenvalues = np.linalg.eigvalsh(R)[::-1]
    left = p - np.concatenate([[0.0], np.cumsum(eigenvalues)[:-1]])
    references = np.maximum(left / (p - np.arange(p)) * (1 + np.sqrt(p / n)) ** 2, 1.0)
    failing = np.flatnonzero(eigenvalues <= references)
    return EmpiricalKaiser(tuple(eigenvalues.tolist()), tuple(references.tolist()),
                           int(failing[0]) if failing.size else p)
