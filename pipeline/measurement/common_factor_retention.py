"""Parallel analysis of common factors: eigenvalues of the reduced correlation matrix beside those of random data.

The diagonal holds the communalities of one common factor by minimum residuals, in the data and in every random set:
what ``psych::fa.parallel`` calls "fa" with its default settings.
"""

from __future__ import annotations

import numpy as np

from pipeline.measurement.complete import Matrix, Vector
from pipeline.measurement.retention import ParallelAnalysis, compared, random_correlations

LARGEST_COMMUNALITY = 0.995
"""psych's bound (uniqueness .005): random data run into it now and then."""
SETTLED, NEARLY, SWEEPS = 1e-6, 3e-4, 500
"""Change of a loading in a sweep that is none: of the data, and of random data, whose chance is far above it."""


def common_factor_parallel_analysis(
    R: Matrix, n: int, *, draws: int, percentile: float, seed: int, attenuation: Vector | None = None,
) -> ParallelAnalysis:
    """Parallel analysis of the common factors behind correlations ``R`` (p, p) of ``n`` rows.

    The random matrices are those of :func:`pipeline.measurement.retention.parallel_analysis` with the same seed.
    ``attenuation`` is explained at :func:`pipeline.measurement.retention.random_correlations`.
    """
    random = reduced_eigenvalues(random_correlations(n, len(R), draws, seed, attenuation), settled=NEARLY)
    return compared(reduced_eigenvalues(R[np.newaxis])[0], random, n=n, percentile=percentile, seed=seed,
                    of="common factors")


def reduced_eigenvalues(R: Matrix, *, settled: float = SETTLED) -> Matrix:
    """Eigenvalues (s, p), largest first, of ``R`` (s, p, p) with one-factor communalities on the diagonal."""
    reduced = R.copy()
    places = np.arange(R.shape[1])
    reduced[:, places, places] = one_factor_communalities(R, settled=settled)
    return np.asarray(np.linalg.eigvalsh(reduced)[:, ::-1], dtype=float)


def one_factor_communalities(R: Matrix, *, settled: float = SETTLED) -> Matrix:
    """Communalities (s, p) of one factor behind each of ``R`` (s, p, p) by minimum residuals.

    Σ_i≠j (r_ij − λ_iλ_j)² is minimised in one loading at a time, λ_i ← Σ_j≠i r_ij λ_j / Σ_j≠i λ_j², each step exact
    and never uphill (Harman & Jones 1966), no communality above :data:`LARGEST_COMMUNALITY`. The start is the first
    principal axis with communalities of one half.
    """
    s, p, _ = R.shape
    off = R.copy()
    off[:, np.arange(p), np.arange(p)] = 0.5
    values, vectors = np.linalg.eigh(off)
    off[:, np.arange(p), np.arange(p)] = 0.0
    loadings = vectors[:, :, -1] * np.sqrt(np.maximum(values[:, -1:], 0.0))
    bound = np.sqrt(LARGEST_COMMUNALITY)
    left = np.arange(s)
    for _ in range(SWEEPS):
        some, cells = loadings[left], off[left]
        before = some.copy()
        size = (some**2).sum(axis=1)
        for i in range(p):
            # An item whose company has no loading at all shares nothing; the least number keeps 0/0 from it.
            others = np.maximum(size - some[:, i] ** 2, np.finfo(float).tiny)
            new = np.minimum(np.maximum(np.einsum("sj,sj->s", cells[:, i], some) / others, -bound), bound)
            some[:, i] = new
            size = others + new**2
        loadings[left] = some
        left = left[np.abs(some - before).max(axis=1) > settled]
        if not left.size:
            break
    return np.asarray(loadings**2, dtype=float)
