"""Sample moments: which rows are complete, their means and covariances, and the shape of a distribution.

Every covariance and standard deviation here divides by N − 1. The maximum-likelihood covariance,
which divides by N, belongs to estimation and lives in :mod:`pipeline.sem`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from instrument.errors import Finding, InputError
from pipeline.undefined import Number, Undefined

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class SampleMoments:
    """First and second moments of complete data; ``covariance`` (p, p) and ``sd`` (p,) divide by N − 1."""

    n: int
    mean: Array
    sd: Array
    covariance: Array
    correlation: Array


@dataclass(frozen=True, slots=True)
class PairwiseCovariance:
    """Covariances (p, p), each on the ``n`` (p, p) rows complete on its own pair; NaN where fewer than 2 are."""

    covariance: Array
    n: NDArray[np.int64]


def complete_rows(X: ArrayLike) -> NDArray[np.bool_]:
    """(n,) True where a row of ``X`` (n, p) has no missing value."""
    complete: NDArray[np.bool_] = np.logical_not(np.isnan(_matrix(X)).any(axis=1))
    return complete


def sample_moments(X: ArrayLike, names: Sequence[str] | None = None) -> SampleMoments:
    """Means, covariances Σ(x − x̄)(y − ȳ)/(N − 1), standard deviations and correlations of complete data.

    Parameters
    ----------
    X
        (n, p), n ≥ 2, no missing value, no constant column.
    names
        (p,) of the columns, for messages; by default their numbers from 1.

    Raises
    ------
    InputError
        ``MOMENTS-ROWS``, ``MOMENTS-MISSING``, ``MOMENTS-CONSTANT``.
    """
    values = _matrix(X)
    n = len(values)
    if n < 2:
        raise InputError(Finding("MOMENTS-ROWS", "data", f"Covariances need at least two rows; found {n}.",
                                 "Check what was screened out, and which variables leave rows incomplete."))
    if not complete_rows(values).all():
        raise InputError(Finding("MOMENTS-MISSING", "data", "Moments are taken on complete rows; a value is missing.",
                                 "Keep the rows that complete_rows() marks."))
    constant = np.flatnonzero(np.ptp(values, axis=0) == 0)
    if constant.size:
        named = [names[k] if names else f"column {k + 1}" for k in map(int, constant)]
        raise InputError(Finding("MOMENTS-CONSTANT", ", ".join(named),
                                 "A correlation needs variation; every row holds the same value here.",
                                 "Leave the constant variable out."))
    mean = values.mean(axis=0)
    centred = values - mean
    covariance = centred.T @ centred / (n - 1)
    sd = np.sqrt(np.diag(covariance))
    correlation = covariance / np.outer(sd, sd)
    np.fill_diagonal(correlation, 1.0)
    return SampleMoments(n, mean, sd, covariance, correlation)


def pairwise_covariance(X: ArrayLike) -> PairwiseCovariance:
    """Covariances of incomplete data, each pair on its own complete rows, as R's ``cov(use = "pairwise")``.

    With M the indicator of observed values, all pairs come from three matrix products:
    s_jk = [Σ x_j x_k − (Σ_k x_j)(Σ_j x_k)/n_jk]/(n_jk − 1), sums over rows that have both.

    Parameters
    ----------
    X
        (n, p), NaN where missing. The result need not be positive definite.
    """
    values = _matrix(X)
    observed = ~np.isnan(values)
    M = observed.astype(np.float64)
    count = M.sum(axis=0)
    # Centring first keeps the subtraction below from cancelling digits; it changes no covariance.
    centre = np.where(observed, values, 0.0).sum(axis=0) / np.maximum(count, 1)
    filled = np.where(observed, values - centre, 0.0)
    n = M.T @ M
    sums = filled.T @ M
    enough = n >= 2
    covariance = np.full(n.shape, np.nan)
    cross = filled.T @ filled
    covariance[enough] = (cross[enough] - sums[enough] * sums.T[enough] / n[enough]) / (n[enough] - 1)
    return PairwiseCovariance(covariance, n.astype(np.int64))


def skewness(x: ArrayLike) -> Number:
    """G1 = g1·√(n(n − 1))/(n − 2), with g1 = m3/m2^1.5 and moments by n (Joanes & Gill 1998).

    Parameters
    ----------
    x
        (n,) without missing values.
    """
    values, why = _varying(x, 3, "skewness")
    if why is not None:
        return why
    n = len(values)
    centred = _scaled(values)
    g1 = np.mean(centred**3) / np.mean(centred**2) ** 1.5
    return float(g1 * np.sqrt(n * (n - 1)) / (n - 2))


def kurtosis(x: ArrayLike) -> Number:
    """Excess G2 = (n − 1)/((n − 2)(n − 3))·[(n + 1)·g2 + 6], with g2 = m4/m2² − 3 (Joanes & Gill 1998).

    Parameters
    ----------
    x
        (n,) without missing values.
    """
    values, why = _varying(x, 4, "kurtosis")
    if why is not None:
        return why
    n = len(values)
    centred = _scaled(values)
    g2 = np.mean(centred**4) / np.mean(centred**2) ** 2 - 3
    return float((n - 1) / ((n - 2) * (n - 3)) * ((n + 1) * g2 + 6))


def _matrix(X: ArrayLike) -> Array:
    values = np.asarray(X, dtype=np.float64)
    if values.ndim != 2:
        raise ValueError(f"expected a matrix (rows, columns), got shape {values.shape}")
    return values


def _varying(x: ArrayLike, least: int, what: str) -> tuple[Array, Undefined | None]:
    values = np.asarray(x, dtype=np.float64)
    if len(values) < least:
        return values, Undefined(f"{what} needs at least {least} values and there are {len(values)}")
    if np.ptp(values) == 0:
        return values, Undefined("every value is the same")
    return values, None


def _scaled(values: Array) -> Array:
    """Centred, largest deviation 1: shape has no unit, and tiny or huge values must not under- or overflow."""
    centred = values - values.mean()
    scaled: Array = centred / np.abs(centred).max()
    return scaled
