"""Whether the correlation of two factors is below a cut-off: intervals and nested models (Rönkkö & Cho 2022).

A factor correlation is held at a number, and two factors are merged into one, by linear constraints on the estimates of
the unrestricted model: nothing is written or read anew, and the search starts where the unrestricted one ended. Factors
must have variance 1, so that their covariances are correlations.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from scipy.linalg import null_space

from pipeline.measurement.complete import Matrix, Vector
from pipeline.sem.constraints import Restriction, reduced_inverse
from pipeline.sem.difference import difference_test
from pipeline.sem.estimate import Estimated, settle
from pipeline.sem.linalg import Array, one_thread
from pipeline.sem.minimise import Minima, quasi_newton, scoring
from pipeline.sem.problem import Problem, solve
from pipeline.sem.table import ParameterTable
from pipeline.undefined import Number, Undefined

Overlap = Literal["none", "marginal", "moderate", "severe"]

CUTOFFS = (0.80, 0.90, 1.0)
"""Of the upper limit, from which a problem is marginal, moderate, severe (Rönkkö & Cho 2022, CI_CFA(sys))."""

_NEAR = 1.0
"""Standard errors from the minimum at which gradients take over from fresh information matrices."""


@dataclass(frozen=True, slots=True)
class HeldCorrelation:
    """The test of a model in which two factors are more alike against the one in which they are free.

    Attributes
    ----------
    held_at
        The correlation in the restricted model; None where the factors were merged.
    statistic, df, pvalue
        Difference of χ²: the likelihood ratio, or scaled where the estimator's tests are (Satorra & Bentler 2001).
        Undefined where the scaling factor is not positive, which happens where the restricted model is far off.
    """

    held_at: float | None
    statistic: Number
    df: int
    pvalue: Number


# ---- kernels -------------------------------------------------------------------------------------------------------


def farthest(lower: float, upper: float) -> float:
    """The limit of an interval that is farther from 0: the upper one of an absolute correlation."""
    return max(abs(lower), abs(upper))


def overlap_of(lower: float, upper: float) -> Overlap:
    """How much of a problem an interval of a correlation leaves open, by its limit farther from 0."""
    limit = farthest(lower, upper)
    names: tuple[Overlap, ...] = ("none", "marginal", "moderate", "severe")
    return names[sum(limit >= cutoff for cutoff in CUTOFFS)]


def constrained(given: Restriction, A: Matrix, b: Vector) -> Restriction:
    """The same constraints, and Aθ = b besides.

    Parameters
    ----------
    A, b
        (m, q) and (m,), of the free rows θ (q,).
    """
    J = A @ given.K
    x0 = np.linalg.lstsq(J, b - A @ given.offset, rcond=None)[0]
    return replace(given, K=given.K @ null_space(J), offset=given.offset + given.K @ x0)


# ---- adapter -------------------------------------------------------------------------------------------------------


def held_test(estimated: Estimated, first: str, second: str, value: float) -> HeldCorrelation:
    """χ²(|value|): the correlation held at ``value``, which has the estimate's sign, one degree of freedom.

    The restricted model is one with more overlap. Where the estimate itself is not closer to 0 than ``value``, holding
    it there would test the opposite, and the statistic is undefined (``semTools::discriminantValidity`` returns 0).

    Raises
    ------
    ValueError
        For factors whose variances are not fixed at 1.
    """
    free = _free(estimated.problem.table, first, second)
    estimate = float(estimated.theta[free])
    held_at = abs(value) if estimate >= 0 else -abs(value)
    if estimated.converged and abs(estimate) >= abs(value):
        none = Undefined(f"the estimate, {estimate:.2f}, is not closer to 0 than {held_at:.2f}")
        return HeldCorrelation(held_at, none, 1, none)
    A = np.zeros((1, estimated.problem.table.n_free))
    A[0, free] = 1.0
    return _test(estimated, A, np.array([held_at]), held_at, f"the model with the correlation at {held_at:.2f}")


def merged_test(estimated: Estimated, first: str, second: str) -> HeldCorrelation:
    """One factor in the place of two: a correlation of ±1, and the same correlations with every other factor.

    One degree of freedom, and one more for every other factor. The same as writing both factors' indicators under one
    (``semTools::discriminantValidity(merge = TRUE)``); with a negative correlation those of one are turned round.

    Raises
    ------
    ValueError
        For factors whose variances are not fixed at 1.
    """
    table = estimated.problem.table
    free = _free(table, first, second)
    sign = 1.0 if estimated.theta[free] >= 0 else -1.0
    others = [name for name in table.latent if name not in (first, second)
              and _number_of(table, first, name) is not None and _number_of(table, second, name) is not None]
    A = np.zeros((1 + len(others), table.n_free))
    A[0, free] = 1.0
    for row, other in enumerate(others, start=1):
        A[row, _number_of(table, first, other)] = 1.0
        A[row, _number_of(table, second, other)] = -sign
    b = np.concatenate([[sign], np.zeros(len(others))])
    return _test(estimated, A, b, None, "the model with both factors merged")


def _free(table: ParameterTable, first: str, second: str) -> int:
    """Place among the free rows of the covariance of two factors with variance 1."""
    unit = {row.lhs for row in table.rows if row.op == "~~" and row.lhs == row.rhs and row.value == 1}
    number = _number_of(table, first, second)
    if number is None or not {first, second} <= unit:
        raise ValueError(f"{first} and {second} need variances fixed at 1 and a free covariance")
    return number


def _number_of(table: ParameterTable, first: str, second: str) -> int | None:
    for row in table.rows:
        if row.op == "~~" and {row.lhs, row.rhs} == {first, second} and first != second and row.free:
            return row.free - 1
    return None


def _test(estimated: Estimated, A: Matrix, b: Vector, held_at: float | None, name: str) -> HeldCorrelation:
    """The nested model from a warm start, and its difference from the unrestricted one."""
    df = len(b)
    if not estimated.converged:
        none = Undefined("the estimation of the confirmatory model did not converge")
        return HeldCorrelation(held_at, none, df, none)
    problem = replace(estimated.problem, restriction=constrained(estimated.problem.restriction, A, b))
    with one_thread():
        minima = _lower(_near(problem, estimated.theta), solve(problem))
        restricted = settle(problem, minima, estimated.options, name=name, reference=estimated.reference)
    found = difference_test(restricted, estimated)
    return HeldCorrelation(held_at, found.statistic, found.df, found.pvalue)


def _lower(near: Minima | None, afresh: Minima) -> Minima:
    """The lower of two minima: far from the data a model can have several, and each start may find another."""
    if near is None or (afresh.converged[0] and afresh.value[0] <= near.value[0]):
        return afresh
    return near


def _near(problem: Problem, theta: Array) -> Minima | None:
    """The minimum that is reached from the nearest point to θ within the constraints; None if that leads nowhere."""
    objective, restriction = problem.objective, problem.restriction
    near = scoring(objective, restriction, theta[None], tolerance=_NEAR)
    if near.converged[0]:
        inverse = reduced_inverse(restriction, objective.information(near.theta)[0])
        if inverse is not None:
            found = quasi_newton(objective, restriction, near.theta, inverse)
            if not found.converged[0]:
                found = scoring(objective, restriction, near.theta)
            if found.converged[0]:
                return replace(found, iterations=near.iterations + found.iterations)
    return None
