"""The test between two nested models that suits how they were estimated.

Maximum likelihood has the likelihood ratio. Where tests are scaled by their mean, so is the difference (Satorra &
Bentler 2001). Where they are scaled and shifted, as of ordinal variables, the difference's own mean and variance are
matched (Satorra 2000; Asparouhov & Muthén 2010), which needs both models' derivatives and not their scalings.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from instrument.errors import Finding, InputError
from pipeline.sem.comparisons import DifferenceTest, ModelTest, chi_square_test, likelihood_ratio_test
from pipeline.sem.estimate import Estimated
from pipeline.sem.goodness import chisq_of, degrees_of_freedom
from pipeline.sem.least_squares import (
    Pieces,
    Traces,
    WeightedObjective,
    information,
    meat,
    pieces,
    scale_and_shift,
    statistic,
)
from pipeline.sem.linalg import Array, one_thread
from pipeline.undefined import Number, Undefined

_SMALL = float(np.sqrt(np.finfo(np.float64).eps))
"""Of the largest singular value: what is smaller counts as 0 in a generalised inverse (MASS::ginv's limit)."""

_WORSE = Undefined("the model with more degrees of freedom fits better: the models are not nested, or one search did "
                   "not reach its minimum")


@dataclass(frozen=True, slots=True)
class ShiftedDifference(DifferenceTest):
    """A difference that is scaled and shifted: statistic = (T₀ − T₁) / ``scaling_factor`` + ``shift``."""

    shift: Number


# ---- kernel --------------------------------------------------------------------------------------------------------


def constraints_between(smaller: Array, larger: Array) -> Array:
    """(m, r₁) derivatives of the constraints that make the larger model the smaller one, by the larger's parameters.

    What the smaller model's moments can do, H = Π₁⁻Π₀ in the larger's parameters, has them as its orthogonal complement
    (Satorra 2000, with lavaan's ``A.method = "delta"``): models need not be written with each other's parameters.

    Parameters
    ----------
    smaller, larger
        (Σm_g, r₀) and (Σm_g, r₁) derivatives of all groups' moments within each model's own constraints.
    """
    H = np.linalg.pinv(larger, rcond=_SMALL) @ smaller
    left, sizes, _ = np.linalg.svd(H, full_matrices=True)
    rank = int((sizes > _SMALL * sizes.max(initial=0.0)).sum())
    result: Array = left[:, rank:].T
    return result


def shifted_difference(
    difference: float, normal: Array, variance: Array, constraints: Array,
) -> ShiftedDifference:
    """T₀ − T₁ with the mean and variance of χ²(m): a(T₀ − T₁) + m − a tr B₁, a = √(m / tr B₁²) (Satorra 2000).

    Parameters
    ----------
    normal, variance
        (r, r) ΠᵀVΠ and ΠᵀVΓVΠ of one case by the larger model's r parameters.
    constraints
        (m, r) A. With P the first, B₁ = P⁻¹Aᵀ (AP⁻¹Aᵀ)⁻ AP⁻¹ times the variance.
    """
    m = len(constraints)
    inverse = np.linalg.pinv(normal, rcond=_SMALL, hermitian=True)
    middle = np.linalg.pinv(constraints @ inverse @ constraints.T, rcond=_SMALL, hermitian=True)
    product = inverse @ constraints.T @ middle @ constraints @ inverse @ variance
    found = scale_and_shift(m, Traces(float(np.trace(product)), float(np.sum(product * product.T))))
    unknown = Undefined("the RMSEA of a difference is not known for scaled statistics")
    if isinstance(found, Undefined):
        return ShiftedDifference(found, m, found, found, unknown, found)
    a, shift = found
    if difference < -1e-8:
        return ShiftedDifference(_WORSE, m, _WORSE, 1 / a, unknown, shift)
    test = chi_square_test(a * difference + shift, m)
    return ShiftedDifference(test.statistic, m, test.pvalue, 1 / a, unknown, shift)


def satorra_2000(smaller: Sequence[Array], larger: Sequence[Pieces], chisq: tuple[float, float]) -> ShiftedDifference:
    """The scaled and shifted difference of two models by diagonally weighted least squares.

    Parameters
    ----------
    smaller, larger
        Of each group. Derivatives Π_g (m_g, r) of the moments are each model's at its own estimates and within its own
        constraints; all else is the larger model's.
    chisq
        T₀ and T₁, not scaled.
    """
    r = larger[0].J.shape[1]
    constraints = constraints_between(np.concatenate(smaller), np.concatenate([part.J for part in larger]))
    return shifted_difference(chisq[0] - chisq[1], information(larger, r), meat(larger, r), constraints)


# ---- adapter -------------------------------------------------------------------------------------------------------


def difference_test(restricted: Estimated, unrestricted: Estimated) -> DifferenceTest:
    """Whether the constraints of the first model make the fit worse (lavaan's ``lavTestLRT``).

    Likelihood ratio for ``ml``, and for ``dwls`` the plain difference; Satorra & Bentler (2001) for ``mlr``, ``mlm``
    and clustered rows; Satorra (2000), scaled and shifted, for ``wlsmv`` (a :class:`ShiftedDifference`). Undefined
    where an estimation did not converge.

    Raises
    ------
    InputError
        ``COMPARE-NESTED``, ``COMPARE-CASES``, ``COMPARE-ESTIMATOR``.
    """
    for estimated in (restricted, unrestricted):
        if not estimated.converged:
            none = Undefined(f"the estimation of {estimated.name} did not converge")
            df = unrestricted.npar - restricted.npar
            return DifferenceTest(none, df, none, None, none)
    _check_estimators(restricted, unrestricted)
    with one_thread():
        plain = likelihood_ratio_test(_model_test(restricted), _model_test(unrestricted))
        if restricted.options.estimator != "wlsmv":
            return plain
        return _shifted(restricted, unrestricted, plain.df)


def _check_estimators(restricted: Estimated, unrestricted: Estimated) -> None:
    """Statistics of two estimators, or of other moments, have no difference."""
    kinds = [(one.options.estimator, one.options.missing, one.problem.table.meanstructure,
              frozenset(one.problem.table.observed)) for one in (restricted, unrestricted)]
    if kinds[0] != kinds[1]:
        raise InputError(Finding(
            "COMPARE-ESTIMATOR", "model comparison", "Both models must be of the same variables, with the same "
            "estimator, treatment of missing values, and means in both or in neither.",
            "Fit both with the same options to the same variables."))


def _model_test(estimated: Estimated) -> ModelTest:
    """A model's standard test, with the scaling factor that a difference by Satorra and Bentler needs."""
    problem, theta, df = estimated.problem, estimated.theta, degrees_of_freedom(estimated.problem, estimated.npar)
    n, groups = problem.n, len(problem.sample.groups)
    if isinstance(problem.objective, WeightedObjective):
        return ModelTest(statistic(problem, theta), df, n, groups)
    if estimated.options.estimator == "ml" and not problem.sample.clustered:
        return ModelTest(chisq_of(problem, theta), df, n, groups)
    own = estimated.test
    return ModelTest(own.chisq, own.df, n, groups, own.factor)


def _shifted(restricted: Estimated, unrestricted: Estimated, df: int) -> DifferenceTest:
    """Satorra (2000) from the pieces of both models."""
    smaller, larger = (_within(estimated) for estimated in (restricted, unrestricted))
    found = satorra_2000([part.J for part in smaller], larger,
                         (_model_test(restricted).chisq, _model_test(unrestricted).chisq))
    if found.df == df:
        return found
    other = Undefined(f"the models differ by {df} degrees of freedom and by {found.df} constraints, so that they are "
                      "not nested")
    return DifferenceTest(other, df, other, None, other)


def _within(estimated: Estimated) -> list[Pieces]:
    """Every group's pieces, with derivatives (m, r) within the model's constraints."""
    problem, theta = estimated.problem, estimated.theta
    tangent = problem.restriction.tangent(theta)
    return [replace(part, J=part.J @ tangent) for part in pieces(problem, theta)]
