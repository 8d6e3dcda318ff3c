"""Exploratory factor analysis by factor_analyzer, with its faults mended; factorability before it.

Mended: factor correlations follow their factors (see :mod:`pipeline.measurement.rotation`), communalities
take the factor correlations into account, rows with a gap are left out and counted instead of filled with
medians, and whether the search has arrived is checked, not assumed.
"""

from __future__ import annotations

import warnings as python_warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
from factor_analyzer import FactorAnalyzer, calculate_bartlett_sphericity, calculate_kmo
from scipy import stats

from instrument.errors import Finding, InputError
from pipeline.measurement.complete import (
    Matrix,
    Vector,
    check_names,
    complete_rows,
    correlation_matrix,
    require_positive_definite,
)
from pipeline.measurement.rotation import Rotation, explained_variance, rotate
from pipeline.moments.polychoric import polychoric
from pipeline.undefined import Number, Undefined

Method = Literal["ml", "minres"]
Correlation = Literal["pearson", "polychoric"]

LOWEST_UNIQUENESS = 0.005
"""Bound of the search in factor_analyzer and psych; a uniqueness that sits on it is a Heywood case."""
_SETTLED = 1e-3
"""An extraction has arrived if its own uniquenesses give back its communalities within this."""


@dataclass(frozen=True, slots=True)
class Factorability:
    """Kaiser–Meyer–Olkin measure and Bartlett's test of sphericity on complete rows."""

    n: int
    kmo: float
    kmo_items: dict[str, float]
    bartlett: float
    bartlett_df: int
    bartlett_pvalue: float


@dataclass(frozen=True, slots=True)
class FactorSolution:
    """An exploratory solution on complete rows; rows of ``loadings`` are items, columns factors.

    Factors come in falling order of ``variance_explained``, diag(Φ ΛᵀΛ)/p, each with a positive sum of
    loadings. ``phi`` are factor correlations in the order of the loadings' columns; ``communality`` is
    the diagonal of Λ Φ Λᵀ, ``uniqueness`` what remains of 1. ``chisq`` is the likelihood-ratio test of the
    extraction (Bartlett-corrected), undefined of polychoric correlations. ``rmsr`` is the root mean squared residual
    correlation off the diagonal. ``starts`` counts the starting points of the rotation, ``starts_at_best`` those that
    ended in the solution kept, ``local_solutions`` the different other ones.
    """

    items: tuple[str, ...]
    n: int
    n_incomplete: int
    method: Method
    rotation: Rotation
    factors: int
    loadings: tuple[tuple[float, ...], ...]
    phi: tuple[tuple[float, ...], ...]
    communality: tuple[float, ...]
    uniqueness: tuple[float, ...]
    variance_explained: tuple[float, ...]
    chisq: Number
    df: int
    pvalue: Number
    rmsr: float
    converged: bool
    warnings: tuple[str, ...]
    correlation: Correlation = "pearson"
    starts: int = 1
    starts_at_best: int = 1
    local_solutions: int = 0


@dataclass(frozen=True, slots=True, eq=False)
class MatrixSolution:
    """What correlations alone give: rotated ``loadings`` (p, m), ``phi`` (m, m), and what kept it from arriving."""

    loadings: Matrix
    phi: Matrix
    messages: tuple[str, ...]
    starts: int
    starts_at_best: int
    local_solutions: int


def factorability(X: Matrix, names: Sequence[str]) -> Factorability:
    """KMO (Kaiser 1974) and Bartlett's (1951) test for ``X`` (n, p); rows with NaN are left out.

    Raises
    ------
    InputError
        ``ITEM-DOUBLED``, ``EFA-ROWS``, ``EFA-CONSTANT`` or ``EFA-SINGULAR``.
    """
    check_names(X, names)
    rows, _ = complete_rows(X)
    correlation_matrix(rows, names)
    by_item, overall = calculate_kmo(rows)
    statistic, pvalue = calculate_bartlett_sphericity(rows)
    p = len(names)
    return Factorability(
        n=len(rows), kmo=float(overall), kmo_items=dict(zip(names, np.asarray(by_item).tolist(), strict=True)),
        bartlett=float(statistic), bartlett_df=p * (p - 1) // 2, bartlett_pvalue=float(pvalue),
    )


def extract(
    X: Matrix, names: Sequence[str], *, factors: int, method: Method = "ml", rotation: Rotation = "oblimin",
    correlation: Correlation = "pearson", target: Matrix | None = None, seed: int = 1,
) -> FactorSolution:
    """Exploratory factor analysis of ``X`` (n, p); rows with NaN are left out and counted.

    Parameters
    ----------
    correlation
        ``polychoric``: of ordered answers, as if the continuous variables behind them had been observed. Their χ² has
        no likelihood behind it and is undefined.
    target
        (p, factors) for ``rotation="target"``, NaN where a loading is free.
    seed
        Of the random starts of geomin.

    Raises
    ------
    InputError
        ``ITEM-DOUBLED``, ``EFA-METHOD``, ``EFA-ROTATION``, ``EFA-CORRELATION``, ``EFA-FACTORS``, ``EFA-TARGET``,
        ``EFA-ROWS``, ``EFA-CONSTANT``, ``EFA-SINGULAR`` or, of polychoric correlations, ``ORDERED-…``.
    """
    check_names(X, names)
    check_request(len(names), factors, method, rotation, correlation)
    df = degrees_of_freedom(len(names), factors)
    rows, n_incomplete = complete_rows(X)
    R = correlations_of(rows, names, correlation)
    found = solution_of(R, factors=factors, method=method, rotation=rotation, target=target, seed=seed)
    loadings, phi = found.loadings, found.phi
    implied = loadings @ phi @ loadings.T
    communality = np.diag(implied)
    chisq: Number = Undefined("a likelihood-ratio test needs Pearson correlations of normal data; these are polychoric")
    pvalue = chisq
    if correlation == "pearson":
        chisq, pvalue = likelihood_ratio(R, implied, len(rows), factors, df)
    return FactorSolution(
        items=tuple(names), n=len(rows), n_incomplete=n_incomplete, method=method, rotation=rotation, factors=factors,
        loadings=_rows(loadings), phi=_rows(phi),
        communality=tuple(communality.tolist()), uniqueness=tuple((1 - communality).tolist()),
        variance_explained=tuple((explained_variance(loadings, phi) / len(names)).tolist()),
        chisq=chisq, df=df, pvalue=pvalue, rmsr=root_mean_squared_residual(R, implied), correlation=correlation,
        converged=not found.messages, warnings=(*found.messages, *_heywood(names, communality)),
        starts=found.starts, starts_at_best=found.starts_at_best, local_solutions=found.local_solutions,
    )


def correlations_of(rows: Matrix, names: Sequence[str], correlation: Correlation) -> Matrix:
    """Correlations (p, p) of complete ``rows`` (n, p), fit to be inverted and factored.

    Raises
    ------
    InputError
        ``EFA-MISSING``, ``EFA-ROWS``, ``EFA-CONSTANT``, ``EFA-SINGULAR``, and ``ORDERED-…`` of polychoric ones.
    """
    pearson = correlation_matrix(rows, names)
    if correlation == "pearson":
        return pearson
    R = polychoric(rows, names).correlation
    require_positive_definite(R, f"polychoric correlations of items {', '.join(names)}")
    return R


def solution_of(
    R: Matrix, *, factors: int, method: Method = "minres", rotation: Rotation = "oblimin",
    target: Matrix | None = None, seed: int = 1,
) -> MatrixSolution:
    """Extract and rotate the ``factors`` of correlations ``R`` (p, p), which must be positive definite.

    Raises
    ------
    InputError
        ``EFA-METHOD``, ``EFA-ROTATION``, ``EFA-FACTORS``, ``EFA-TARGET``.
    """
    check_request(len(R), factors, method, rotation)
    unrotated, messages = extract_unrotated(R, factors, method)
    rotated = rotate(unrotated, rotation, target=target, seed=seed)
    if not rotated.converged:
        messages.append(f"the {rotation} rotation did not converge")
    return MatrixSolution(rotated.loadings, rotated.phi, tuple(messages), rotated.starts, rotated.starts_at_best,
                          rotated.local_solutions)


def degrees_of_freedom(p: int, m: int) -> int:
    """((p − m)² − (p + m))/2: correlations less free loadings, m(m − 1)/2 of which are the rotation's."""
    return ((p - m) ** 2 - (p + m)) // 2


def likelihood_ratio(R: Matrix, implied: Matrix, n: int, m: int, df: int) -> tuple[Number, Number]:
    """Test that ``m`` factors are enough: statistic and p value.

    (n − 1 − (2p + 5)/6 − 2m/3)·F, F = tr(M⁻¹R) − log|M⁻¹R| − p, M the matrix ``implied`` (p, p) by the common
    factors with a diagonal of ones (Bartlett 1951; psych's ``STATISTIC``). For minres the statistic
    takes the place of the likelihood ratio without being its minimum.
    """
    p = R.shape[0]
    model = implied.copy()
    np.fill_diagonal(model, 1.0)
    multiplier = n - 1 - (2 * p + 5) / 6 - 2 * m / 3
    if np.linalg.eigvalsh(model)[0] <= 0 or multiplier <= 0:
        reason = Undefined(
            "the correlations implied by the factors are not positive definite" if multiplier > 0
            else f"{n} rows are too few for Bartlett's correction"
        )
        return reason, reason
    ratio = np.linalg.solve(model, R)
    chisq = float(multiplier * (np.trace(ratio) - np.linalg.slogdet(ratio)[1] - p))
    if df == 0:
        return chisq, Undefined("the model has no degrees of freedom")
    return chisq, float(stats.chi2.sf(chisq, df))


def root_mean_squared_residual(R: Matrix, implied: Matrix) -> float:
    """√ of the mean squared residual over the p(p − 1) cells off the diagonal; psych's ``rms``."""
    residual = (R - implied)[~np.eye(len(R), dtype=bool)]
    return float(np.sqrt(np.mean(residual**2)))


def check_request(
    p: int, factors: int | None, method: str, rotation: str, correlation: str = "pearson",
) -> None:
    """Whether such an analysis of ``p`` items is possible; everything that makes it impossible at once.

    ``factors`` is None while their number is not known yet.

    Raises
    ------
    InputError
        ``EFA-METHOD``, ``EFA-ROTATION``, ``EFA-CORRELATION``, ``EFA-FACTORS``.
    """
    findings = [
        Finding(code, f"{what} {value!r}", f"The {what} must be one of {', '.join(choices)}.", "Choose one of them.")
        for code, what, value, choices in (
            ("EFA-METHOD", "method", method, get_args(Method)),
            ("EFA-ROTATION", "rotation", rotation, get_args(Rotation)),
            ("EFA-CORRELATION", "correlation", correlation, get_args(Correlation)),
        )
        if value not in choices
    ]
    most = max((m for m in range(1, p) if degrees_of_freedom(p, m) >= 0), default=0)
    if factors is not None and not 1 <= factors <= most:
        findings.append(Finding(
            "EFA-FACTORS", f"{factors} factors of {p} items",
            f"The model must not have more parameters than there are correlations: {p} items bear at most {most} "
            f"factors.",
            f"Ask for 1 to {most} factors." if most else "Take at least three items.",
        ))
    if findings:
        raise InputError(findings)


def extract_unrotated(R: Matrix, factors: int, method: Method) -> tuple[Matrix, list[str]]:
    """Unrotated loadings (p, factors) of ``R``, and what kept the search from arriving, if anything did."""
    with python_warnings.catch_warnings(record=True) as caught:
        python_warnings.simplefilter("always")
        analyzer = FactorAnalyzer(n_factors=factors, rotation=None, method=method, is_corr_matrix=True)
        analyzer.fit(R)
    # Its optimiser's verdict is kept nowhere but in this warning.
    messages = [str(w.message) for w in caught if str(w.message).startswith("Failed to converge")]
    loadings: Matrix = np.asarray(analyzer.loadings_, dtype=float)
    if not messages and (gap := stationarity_gap(R, loadings, method)) > _SETTLED:
        messages.append(f"the extraction stopped before its optimum (a communality is {gap:.3f} off)")
    return loadings, messages


def stationarity_gap(R: Matrix, loadings: Matrix, method: Method) -> float:
    """How far ``loadings`` (p, m), unrotated, are from reproducing themselves: 0 at an optimum inside the bounds.

    At such an optimum, of either method, 1 − communality is the uniqueness from which the loadings
    were computed (Harman & Jones 1966; Jöreskog 1967). So one more computation must give the same communalities.
    """
    m = loadings.shape[1]
    communality = (loadings**2).sum(axis=1)
    uniqueness = 1 - communality
    if uniqueness.min() <= 2 * LOWEST_UNIQUENESS:
        return 0.0  # at a bound the identity need not hold; the Heywood case is reported as such
    scale = np.sqrt(uniqueness) if method == "ml" else np.ones(len(R))
    reduced = (R - np.diag(uniqueness)) / np.outer(scale, scale)
    values, vectors = np.linalg.eigh(reduced)
    again = (vectors[:, -m:] * scale[:, np.newaxis]) ** 2 @ np.maximum(values[-m:], 0)
    return float(np.abs(again - communality).max())


def _heywood(names: Sequence[str], communality: Vector) -> list[str]:
    """A warning for each item whose uniqueness has run into the bound."""
    return [
        f"{name}: uniqueness {1 - common:.3f} is at its lower bound (Heywood case)"
        for name, common in zip(names, communality, strict=True)
        if 1 - common <= LOWEST_UNIQUENESS + 1e-4
    ]


def _rows(matrix: Matrix) -> tuple[tuple[float, ...], ...]:
    return tuple(tuple(row) for row in matrix.tolist())
