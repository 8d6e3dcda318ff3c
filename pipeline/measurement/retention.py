"""How many factors: parallel analysis and Velicer's minimum average partial."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from instrument.errors import Finding, InputError
from pipeline.measurement.complete import SINGULAR, Matrix, correlation_matrix, require_positive_definite


@dataclass(frozen=True, slots=True)
class ParallelAnalysis:
    """Observed eigenvalues beside those of random data (Horn 1965; percentile: Glorfeld 1995).

    Eigenvalues are those of the full correlation matrix (principal components), largest first.
    ``factors`` counts the observed ones above ``reference_percentile``, from the first to the first that fails.
    """

    n: int
    draws: int
    percentile: float
    seed: int
    eigenvalues: tuple[float, ...]
    reference_mean: tuple[float, ...]
    reference_percentile: tuple[float, ...]
    factors: int


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
    if draws < 1 or not 0 < percentile < 100:
        raise ValueError(f"draws must be 1 or more and 0 < percentile < 100; found {draws}, {percentile}")
    n, p = np.shape(X)
    observed = np.linalg.eigvalsh(correlation_matrix(X, [str(column) for column in range(1, p + 1)]))[::-1]
    random = random_eigenvalues(n, p, draws, seed)
    reference = np.percentile(random, percentile, axis=0)
    failing = np.flatnonzero(observed <= reference)
    return ParallelAnalysis(
        n=n, draws=draws, percentile=percentile, seed=seed,
        eigenvalues=tuple(observed.tolist()),
        reference_mean=tuple(random.mean(axis=0).tolist()),
        reference_percentile=tuple(reference.tolist()),
        factors=int(failing[0]) if failing.size else p,
    )


def random_eigenvalues(n: int, p: int, draws: int, seed: int) -> Matrix:
    """Eigenvalues (draws, p), largest first, of correlations of n × p independent normal data; n > p.

    The data need not be made: their cross-products about the mean are Wishart with n − 1 degrees of
    freedom, and LLᵀ is such a matrix if L is lower triangular with standard normals below the
    diagonal and √χ²(n − 1 − j), j = 0 … p − 1, on it (Bartlett 1933). Exact, and p²/2 numbers a draw instead of n·p.
    """
    below = np.tril_indices(p, k=-1)
    degrees = n - 1 - np.arange(p)
    L = np.zeros((draws, p, p))
    for draw, child in enumerate(np.random.SeedSequence(seed).spawn(draws)):
        generator = np.random.default_rng(child)
        L[draw][below] = generator.standard_normal(below[0].size)
        L[draw][np.diag_indices(p)] = np.sqrt(generator.chisquare(degrees))
    L /= np.linalg.norm(L, axis=2, keepdims=True)  # rows of length 1 make LLᵀ a correlation matrix
    ascending = np.linalg.eigvalsh(L @ L.transpose(0, 2, 1))
    return np.asarray(ascending[:, ::-1], dtype=float)


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


def factors_to_keep(
    rule: int | Literal["parallel", "map"], parallel: ParallelAnalysis, average_partial: MinimumAveragePartial
) -> int:
    """The number of factors a ``rule`` asks for: a number itself, parallel analysis, or the squared criterion of MAP.

    Raises
    ------
    InputError
        ``EFA-NONE`` if the rule finds no factor at all, ``EFA-RULE`` if there is no such rule.
    """
    if isinstance(rule, int):
        return rule
    found = {"parallel": parallel.factors, "map": average_partial.factors}
    if rule not in found:
        raise InputError(Finding(
            "EFA-RULE", f"rule {rule!r}", "The rule must be a number of factors, parallel or map.",
            "Choose one of them.",
        ))
    if found[rule] == 0:
        raise InputError(Finding(
            "EFA-NONE", f"rule {rule}", "The rule finds no factor in these items: they are as good as unrelated.",
            "Look at their correlations; name a number of factors if one must be extracted.",
        ))
    return found[rule]
