"""Standard errors and test statistics that do not rest on normality or on independent cases.

Scaling factors divide a χ² so that its mean is right (Satorra & Bentler 1994; Yuan & Bentler 2000). Conventions are
lavaan's, which are those of EQS for Satorra–Bentler and of Mplus for Yuan–Bentler: A is information, B the average
cross-product of scores, D the derivatives of implied moments, all at the moments each name says.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np

from pipeline.sem.inference import crossproduct
from pipeline.sem.linalg import Array
from pipeline.sem.matrices import Implied
from pipeline.sem.problem import Problem
from pipeline.sem.scores import casewise_scores
from pipeline.sem.unrestricted import (
    MomentCells,
    expected_information,
    fourth_moments,
    jacobian,
    moment_cells,
    observed_information,
)


@dataclass(frozen=True)
class GroupMoments:
    """What scaled tests need of one group, whatever model is compared with its unrestricted moments.

    Solutions with A (of some hundred moments) cost more than all that a model adds, and are made once.

    Attributes
    ----------
    share
        n_g / N.
    cells
        The distinct moments.
    cov
        (p, p) unrestricted covariances.
    A, B
        (size, size) information and average cross-product of scores at the unrestricted moments.
    """

    share: float
    cells: MomentCells
    cov: Array
    A: Array
    B: Array

    @cached_property
    def ratio(self) -> Array:
        """A⁻¹B, (size, size)."""
        return np.linalg.solve(self.A, self.B)

    @cached_property
    def trace(self) -> float:
        """tr(A⁻¹B): the number of moments, if the data are normal and independent."""
        return float(np.trace(self.ratio))

    @cached_property
    def complete(self) -> Array:
        """C, the information (size, size) if no value were missing."""
        return expected_information(self.cov, self.cells)

    @cached_property
    def weighted(self) -> Array:
        """CA⁻¹B, (size, size)."""
        weighted: Array = self.complete @ self.ratio
        return weighted

    @cached_property
    def weighted_trace(self) -> float:
        """tr(CA⁻¹BA⁻¹)."""
        return float(np.trace(np.linalg.solve(self.A.T, self.weighted.T)))

    @cached_property
    def complete_trace(self) -> float:
        """tr(A⁻¹C): what missing values alone do to the test of completed data."""
        return float(np.trace(np.linalg.solve(self.A, self.complete)))


def cells_of(problem: Problem, number: int) -> MomentCells:
    """The distinct moments of one group that the problem's models are about."""
    group = problem.objective.groups[number]
    return moment_cells(group.p, group.x, means=problem.table.meanstructure)


def group_moments(problem: Problem) -> tuple[GroupMoments, ...]:
    """Information and score products of every group at its unrestricted moments."""
    found = []
    for number, (rows, saturated) in enumerate(zip(problem.sample.groups, problem.saturated, strict=True)):
        cells = cells_of(problem, number)
        scores = casewise_scores(rows.X, cells.cells(), saturated.cov, saturated.mean)
        incomplete = bool(np.isnan(rows.X).any())
        A = (observed_information(rows.X, saturated.mean, saturated.cov, cells) if incomplete
             else expected_information(saturated.cov, cells))
        found.append(GroupMoments(rows.n / problem.n, cells, saturated.cov, A,
                                  crossproduct(scores, rows.clusters) / rows.n))
    return tuple(found)


def derivatives(problem: Problem, theta: Array) -> list[tuple[Array, Implied]]:
    """D (size, q) of every group over all parameters, and the implied moments."""
    found: list[tuple[Array, Implied]] = []
    for number, moments in enumerate(problem.objective.implied(theta[None])):
        group, cells = problem.objective.groups[number], cells_of(problem, number)
        D = np.zeros((cells.size, len(theta)))
        D[:, group.free] = jacobian(group, moments, cells)
        found.append((D, moments))
    return found


def yuan_bentler(moments: tuple[GroupMoments, ...], meat: Array, inverse: Array, df: int) -> float:
    """Scaling factor [Σ_g tr(A₁⁻¹B₁) − tr(B₀A₀⁻¹)] / df (Yuan & Bentler 2000; Asparouhov & Muthén 2005); NaN at df 0.

    Parameters
    ----------
    meat, inverse
        (q, q) average cross-product of the model's scores, and inverse information within its constraints.
    """
    unrestricted = sum(group.trace for group in moments)
    restricted = float(np.sum(meat * inverse.T))
    return (unrestricted - restricted) / df if df > 0 else float("nan")


@dataclass(frozen=True, slots=True)
class SatorraBentler:
    """Scaling factor of the test, and the average middle matrix (q, q) of the sandwich, DᵀVΓVD."""

    factor: float
    meat: Array


def satorra_bentler(problem: Problem, theta: Array, inverse: Array, df: int) -> SatorraBentler:
    """tr(UΓ)/df, U = V − VD(DᵀVD)⁻¹DᵀV, V the expected information at the implied moments (Satorra & Bentler 1994)."""
    meat, trace = np.zeros((len(theta), len(theta))), 0.0
    for number, (rows, (D, moments)) in enumerate(zip(problem.sample.groups, derivatives(problem, theta), strict=True)):
        cells, share = cells_of(problem, number), rows.n / problem.n
        V = expected_information(moments.Sigma[0], cells)
        gamma = fourth_moments(rows.X, problem.objective.groups[number].x, cells)
        VD = V @ D
        own = VD.T @ gamma @ VD
        meat += share * own
        trace += float(np.sum(V * gamma.T)) - share * float(np.sum(own * inverse.T))
    return SatorraBentler(trace / df if df > 0 else float("nan"), meat)


def structured_information(problem: Problem, theta: Array) -> Array:
    """Σ_g f_g DᵀAD, A the observed information of the moments at their implied values, (q, q).

    What lavaan takes in place of the Hessian for the scaled test of clustered data under plain maximum likelihood.
    """
    total = np.zeros((len(theta), len(theta)))
    for number, (rows, (D, moments)) in enumerate(zip(problem.sample.groups, derivatives(problem, theta), strict=True)):
        A = observed_information(rows.X, moments.mu[0], moments.Sigma[0], cells_of(problem, number))
        total += rows.n / problem.n * D.T @ A @ D
    return total


@dataclass(frozen=True, slots=True)
class CompletedFit:
    """Fit of expected complete data: χ² of the unrestricted moments and the factor that makes its mean comparable."""

    chisq: float
    factor: float


def completed_fit(
    problem: Problem, theta: Array, tangent: Array, moments: tuple[GroupMoments, ...], df: int, *, robust: bool,
) -> CompletedFit:
    """What fit indices of incomplete data rest on (Zhang & Savalei 2023; lavaan's ``.robust`` under missing data).

    The discrepancy between implied moments and those of expectation maximisation, as if these were of complete data,
    and its expectation under the model, from missingness alone (``robust`` False; their eq. for V6) or also from
    non-normality and clusters (V3).
    """
    chisq = 0.0
    blocks = []
    for group, saturated, (D, implied) in zip(moments, problem.saturated, derivatives(problem, theta), strict=True):
        n = group.share * problem.n
        Sigma, d = implied.Sigma[0], saturated.mean - implied.mu[0]
        K = np.linalg.inv(Sigma)
        chisq += n * float(np.linalg.slogdet(Sigma)[1] - np.linalg.slogdet(saturated.cov)[1]
                           + np.sum(K * saturated.cov) - len(Sigma) + d @ K @ d)
        blocks.append((group, D))
    inverse = tangent @ np.linalg.pinv(tangent.T @ _sum(blocks, "A") @ tangent) @ tangent.T
    completed = _sum(blocks, "complete")
    if not robust:
        trace = sum(group.complete_trace for group, _ in blocks)
        return CompletedFit(chisq, (trace - float(np.sum(completed * inverse.T))) / df if df > 0 else float("nan"))
    trace = float(np.trace(inverse @ completed @ inverse @ _sum(blocks, "B")))
    for group, D in blocks:
        trace += group.weighted_trace
        trace -= 2 * group.share * float(np.sum((D.T @ group.weighted @ D) * inverse.T))
    return CompletedFit(chisq, trace / df if df > 0 else float("nan"))


def _sum(blocks: list[tuple[GroupMoments, Array]], which: Literal["A", "B", "complete"]) -> Array:
    """Σ_g f_g Dᵀ A D, or with B or C in place of A."""
    total: Array = np.sum([group.share * D.T @ getattr(group, which) @ D for group, D in blocks], axis=0)
    return total
