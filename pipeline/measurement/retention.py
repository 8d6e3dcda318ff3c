"""How many factors: parallel analysis and Velicer's minimum average partial."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from pipeline.measurement.complete import SINGULAR, Matrix, Vector, correlation_matrix, require_positive_definite


@dataclass(frozen=True, slots=True)
class ParallelAnalysis:
    """Observed eigenvalues beside those of random data (Horn 1965; percentile: Glorfeld 1995).

    Eigenvalues, largest first, are those of the full correlation matrix (principal components) or of the one reduced by
    communalities (common factors, :mod:`pipeline.measurement.common_factor_retention`). ``factors`` counts the observed
    ones above ``reference_percentile``, from the first to the first that fails.
    """

    n: int
    draws: int
    percentile: float
    seed: int
    eigenvalues: tuple[float, ...]
    reference_mean: tuple[float, ...]
    reference_percentile: tuple[float, ...]
    factors: int
    of: Literal["components", "common factors"] = "components"

    @property
    def factors_above_mean(self) -> int:
        """As ``factors``, by the mean of the random eigenvalues: Horn's own rule, which keeps more."""
        return _leading(np.array(self.eigenvalues), np.array(self.reference_mean))


@dataclass(frozen=True, slots=True)
class MinimumAveragePartial:
    """Average squared (and fourth-power) partial correlation after m components, m = 0 … p − 1.

    ``factors`` is the m of the smallest ``squared`` (Velicer 1976), ``factors_fourth`` that of the
    smallest ``fourth`` (Velicer, Eaton & Fava 2000). 0 means: the items share nothing worth a factor.
    """

    squared: tuple[float, ...]
    fourth: tuple[float, ...]
    factors: int
    factors_fourth: int


def parallel_analysis(X: Matrix, *, draws: int, percentile: float, seed: int) -> ParallelAnalysis:
    """Parallel analysis of complete answers ``X`` (n, p).

    Parameters
    ----------
    draws
        Number of random data sets. Draw i has its own child of the seed: asking for more draws
        keeps the earlier ones.
    percentile
        0 < percentile < 100; quantiles by linear interpolation, R's default.

    Raises
    ------
    InputError
        ``EFA-MISSING``, ``EFA-ROWS``, ``EFA-CONSTANT`` or ``EFA-SINGULAR``.
    """
    n, p = np.shape(X)
    return parallel_analysis_of(correlation_matrix(X, [str(column) for column in range(1, p + 1)]), n,
                                draws=draws, percentile=percentile, seed=seed)


def parallel_analysis_of(
    R: Matrix, n: int, *, draws: int, percentile: float, seed: int, attenuation: Vector | None = None,
) -> ParallelAnalysis:
    """:func:`parallel_analysis` of correlations ``R`` (p, p) of ``n`` rows; n > p."""
    random = random_eigenvalues(n, len(R), draws, seed, attenuation)
    observed = np.asarray(np.linalg.eigvalsh(R)[::-1], dtype=float)
    return compared(observed, random, n=n, percentile=percentile, seed=seed, of="components")


def compared(
    observed: Vector, random: Matrix, *, n: int, percentile: float, seed: int,
    of: Literal["components", "common factors"],
) -> ParallelAnalysis:
    """Observed eigenvalues (p,) beside those of ``random`` data (draws, p), all largest first."""
    if not 0 < percentile < 100:
        raise ValueError(f"a percentile is above 0 and below 100; found {percentile}")
    reference = np.percentile(random, percentile, axis=0)
    return ParallelAnalysis(
        n=n, draws=len(random), percentile=percentile, seed=seed,
        eigenvalues=tuple(observed.tolist()),
        reference_mean=tuple(random.mean(axis=0).tolist()),
        reference_percentile=tuple(reference.tolist()),
        factors=_leading(observed, reference), of=of,
    )


def _leading(observed: Vector, reference: Vector) -> int:
    """How many of ``observed`` exceed their ``reference`` before the first that does not."""
    failing = np.flatnonzero(observed <= reference)
    return int(failing[0]) if failing.size else len(observed)


def random_eigenvalues(n: int, p: int, draws: int, seed: int, attenuation: Vector | None = None) -> Matrix:
    """Eigenvalues (draws, p), largest first, of :func:`random_correlations`."""
    ascending = np.linalg.eigvalsh(random_correlations(n, p, draws, seed, attenuation))
    return np.asarray(ascending[:, ::-1], dtype=float)


def random_correlations(n: int, p: int, draws: int, seed: int, attenuation: Vector | None = None) -> Matrix:
    """Correlations (draws, p, p) of n × p independent normal data; n > p.

    The data need not be made: their cross-products about the mean are Wishart with n − 1 degrees of
    freedom, and LLᵀ is such a matrix if L is lower triangular with standard normals below the
    diagonal and √χ²(n − 1 − j), j = 0 … p − 1, on it (Bartlett 1933). Exact, and p²/2 numbers a draw instead of n·p.

    ``attenuation`` (p,) makes of them polychoric correlations of independent ordered answers, to first order in 1/√n:
    see :func:`pipeline.measurement.number_of_factors.attenuation_of`.
    """
    if draws < 1:
        raise ValueError(f"draws must be 1 or more; found {draws}")
    below = np.tril_indices(p, k=-1)
    degrees = n - 1 - np.arange(p)
    L = np.zeros((draws, p, p))
    for draw, child in enumerate(np.random.SeedSequence(seed).spawn(draws)):
        generator = np.random.default_rng(child)
        L[draw][below] = generator.standard_normal(below[0].size)
        L[draw][np.diag_indices(p)] = np.sqrt(generator.chisquare(degrees))
    L /= np.linalg.norm(L, axis=2, keepdims=True)  # rows of length 1 make LLᵀ a correlation matrix
    random: Matrix = L @ L.transpose(0, 2, 1)
    if attenuation is not None:
        random /= np.outer(attenuation, attenuation)
        random[:, np.arange(p), np.arange(p)] = 1.0
    return random


def minimum_average_partial(R: Matrix) -> MinimumAveragePartial:
    """Velicer's test on a correlation matrix ``R`` (p, p), positive definite.

    After m principal components are partialled out, C* = R − A_m A_mᵀ is rescaled to partial correlations;
    their mean square over the p(p−1) off-diagonal cells is the criterion (Velicer 1976),
    the mean fourth power the revised one. psych's ``vss(...)$map`` begins at m = 1. The series ends early where an
    item has nothing left to correlate.

    Raises
    ------
    InputError
        ``EFA-SINGULAR``.
    """
    p = R.shape[0]
    require_positive_definite(R, f"correlation matrix of {p} items")
    values, vectors = np.linalg.eigh(R)
    components = (vectors * np.sqrt(values))[:, ::-1]
    off_diagonal = ~np.eye(p, dtype=bool)
    squared, fourth = [], []
    for m in range(p):
        left = R - components[:, :m] @ components[:, :m].T
        if np.diag(left).min() < SINGULAR:
            break
        spread = np.sqrt(np.diag(left))
        partial = (left / np.outer(spread, spread))[off_diagonal]
        squared.append(float(np.mean(partial**2)))
        fourth.append(float(np.mean(partial**4)))
    return MinimumAveragePartial(tuple(squared), tuple(fourth), int(np.argmin(squared)), int(np.argmin(fourth)))
