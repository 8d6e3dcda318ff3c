"""Polychoric, tetrachoric and polyserial correlations of a data matrix, with thresholds and standard errors.

Two-step maximum likelihood as in ``lavaan::lavCor``: thresholds from the margins, each correlation given them. A pair
of variables with two categories each has a tetrachoric correlation, one with a numeric variable a polyserial one, two
numeric variables Pearson's.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from pipeline.moments.categories import coded
from pipeline.moments.contingency import variable_pairs
from pipeline.moments.diagnoses import Diagnosis
from pipeline.moments.three_stage import OrdinalMoments, three_stages
from pipeline.undefined import Undefined

Array = NDArray[np.float64]

#: psych::cor.smooth's least eigenvalue; smaller ones become a hundred times it.
EIGENVALUE = 1e-12


@dataclass(frozen=True, slots=True)
class Polychorics:
    """Correlations of p variables as if the continuous variables behind them had been observed.

    Attributes
    ----------
    names
        (p,).
    correlation
        (p, p), each from the rows that have both variables; need not be positive definite.
    thresholds
        (K − 1,) of each variable on the standard normal scale; empty for a numeric one.
    codes
        The codes of each ordered variable's categories, ascending.
    n
        (p, p) rows behind each correlation, and behind each variable on the diagonal.
    parameters
        (m,) what the rows of ``covariance`` are: thresholds as ``y1|t1``, then correlations as ``y1~~y2``, column by
        column of the strict lower triangle.
    covariance
        (m, m) asymptotic covariance of the estimates (squared standard errors on the diagonal), of the correlations
        before any smoothing; undefined where a correlation is ±1.
    diagnoses
        Empty cells, correlations at their limits, many categories, smoothing.
    smoothed
        Whether the correlations were changed to be positive definite.
    """

    names: tuple[str, ...]
    correlation: Array
    thresholds: tuple[Array, ...]
    codes: tuple[tuple[int, ...], ...]
    n: NDArray[np.int64]
    parameters: tuple[str, ...]
    covariance: Array | Undefined
    diagnoses: tuple[Diagnosis, ...]
    smoothed: bool


def polychoric(X: ArrayLike, names: Sequence[str], *, numeric: Collection[str] = (), smooth: bool = False,
               empty_cell: float = 0.5) -> Polychorics:
    """Correlations of ordered (and numeric) variables.

    Parameters
    ----------
    X
        (n, p), NaN where missing; integers in any coding for ordered variables, ascending in meaning.
    names
        (p,) of the columns, p ≥ 2.
    numeric
        Which of them are numeric.
    smooth
        Whether to raise eigenvalues below 1e-12 where the matrix is not positive definite.
    empty_cell
        Moved into the one empty cell of a 2 × 2 table, its margins kept; 0 leaves the table. Larger tables are left,
        as in lavaan.

    Raises
    ------
    InputError
        ``ORDERED-CODES``, ``ORDERED-CONSTANT``, ``ORDERED-CATEGORIES``, ``ORDERED-PAIR``, ``MOMENTS-CONSTANT``.
    """
    if not 0 <= empty_cell < 1:
        raise ValueError("empty_cell is a part of one case, from 0 to below 1")
    data = coded(X, names, [name for name in names if name not in numeric])
    moments = three_stages(data.values, data.levels, names=names, empty_cell=empty_cell)
    sd = np.sqrt(np.diag(moments.covariance))
    correlation = moments.covariance / np.outer(sd, sd)
    np.fill_diagonal(correlation, 1.0)
    diagnoses = [*data.diagnoses, *moments.diagnoses]
    least = float(np.linalg.eigvalsh(correlation)[0])
    smoothed = smooth and least < EIGENVALUE
    if smoothed:
        correlation = smoothed_correlation(correlation)
        diagnoses.append(Diagnosis("smoothed", f"The correlations were not positive definite (least eigenvalue "
                                   f"{least:.2g}) and were smoothed: no eigenvalue below 1e-10.", tuple(names)))
    elif least < EIGENVALUE:
        diagnoses.append(Diagnosis("not-positive-definite", "The correlations, each from its own pair, are together "
                                   f"not positive definite (least eigenvalue {least:.2g}).", tuple(names)))
    observed = (~np.isnan(data.values)).astype(np.int64)
    labels, covariance = _sampling(moments, names, sd)
    return Polychorics(tuple(names), correlation, moments.thresholds, data.codes, observed.T @ observed, labels,
                       covariance, tuple(diagnoses), smoothed)


def smoothed_correlation(R: Array) -> Array:
    """The positive definite correlation matrix that ``psych::cor.smooth`` makes of ``R``.

    Eigenvalues below 1e-12 become 1e-10, and the diagonal of the matrix rebuilt is brought back to 1.

    Parameters
    ----------
    R
        (p, p) correlations.
    """
    values, vectors = np.linalg.eigh(R)
    values = np.where(values < EIGENVALUE, 100 * EIGENVALUE, values)
    rebuilt = (vectors * values) @ vectors.T
    sd = np.sqrt(np.diag(rebuilt))
    result: Array = rebuilt / np.outer(sd, sd)
    np.fill_diagonal(result, 1.0)
    return result


def _sampling(moments: OrdinalMoments, names: Sequence[str], sd: Array) -> tuple[tuple[str, ...], Array | Undefined]:
    """Labels and covariance of thresholds and correlations, by the delta method from thresholds and covariances."""
    first, second = variable_pairs(len(names))
    labels = (*(f"{name}|t{k + 1}" for name, cuts in zip(names, moments.thresholds, strict=True)
                for k in range(len(cuts))),
              *(f"{names[i]}~~{names[j]}" for i, j in zip(first, second, strict=True)))
    if not np.isfinite(moments.gamma).all():
        return labels, Undefined("a correlation is ±1 and has no sampling distribution")
    numeric = [k for k, level in enumerate(moments.levels) if level == 0]
    location = np.concatenate([np.full(max(level - 1, 1), level > 0) for level in moments.levels])
    m, pairs = len(moments.vector), len(first)
    jacobian = np.zeros((len(labels), m))
    kept = np.flatnonzero(location)
    jacobian[np.arange(len(kept)), kept] = 1.0
    rows = np.arange(len(kept), len(labels))
    jacobian[rows, np.arange(m - pairs, m)] = 1 / (sd[first] * sd[second])
    rho = moments.covariance[first, second] / (sd[first] * sd[second])
    for place, variable in enumerate(numeric):
        touched = (first == variable) | (second == variable)
        jacobian[rows[touched], len(location) + place] = -rho[touched] / (2 * sd[variable] ** 2)
    return labels, jacobian @ moments.gamma @ jacobian.T / moments.n
