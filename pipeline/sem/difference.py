"""The test between two nested models that suits how they were estimated.

Maximum likelihood has the likelihood ratio. Where tests are scaled by their mean, so is the difference (Satorra &
Bentler 2001). Where they are scaled and shifted, as of ordinal variables, the difference's own mean and variance are
matched (Satorra 2000; Asparouhov & Muthén 2010), which needs both models' derivatives and not their scalings.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from instrument.errors import Finding, InputError
from pipeline.sem import least_squares
from pipeline.sem.comparisons import DifferenceTest, ModelTest, chi_square_test, likelihood_ratio_test
from pipeline.sem.estimate import Estimated
from pipeline.sem.goodness import degrees_of_freedom, test_statistic
from pipeline.sem.least_squares import WeightedObjective
from pipeline.sem.linalg import Array, one_thread
from pipeline.sem.robust import group_moments
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


def scaled_and_shifted(
    difference: float, information: Array, variance: Array, constraints: Array,
) -> ShiftedDifference:
    """T₀ − T₁ with the mean and variance of χ²(m): a(T₀ − T₁) + m − a tr B₁, a = √(m / tr B₁²) (Satorra 2000).

    Parameters
    ----------
    information, variance
        (r, r) ΠᵀVΠ and ΠᵀVΓVΠ of one case by the larger model's r parameters.
    constraints
        (m, r) A. With P the information, B₁ = P⁻¹Aᵀ (AP⁻¹Aᵀ)⁻ AP⁻¹ times the variance.
    """
    m = len(constraints)
    inverse = np.linalg.pinv(information, rcond=_SMALL, hermitian=True)
    middle = np.linalg.pinv(constraints @ inverse @ constraints.T, rcond=_SMALL, hermitian=True)
    product = inverse @ constraints.T @ middle @ constraints @ inverse @ variance
    first, second = float(np.trace(product)), float(np.sum(product * product.T))
    unknown = Undefined("the RMSEA of a difference is not known for scaled statistics")
    if not second > 0:
        none = Undefined("the weights of the difference have no positive sum")
        return ShiftedDifference(none, m, none, none, unknown, none)
    a = float(np.sqrt(m / second))
    shift = m - a * first
    if difference < -1e-8:
        return ShiftedDifference(_WORSE, m, _WORSE, 1 / a, unknown, shift)
    test = chi_square_test(a * difference + shift, m)
    return ShiftedDifference(test.statistic, m, test.pvalue, 1 / a, unknown, shift)


def satorra_2000(
    smaller: Sequence[Array], larger: Sequence[Array], weights: Sequence[Array], gamma: Sequence[Array],
    shares: Sequence[float], chisq: tuple[float, float],
) -> ShiftedDifference:
    """The scaled and shifted difference of two models by diagonally weighted least squares.

    Parameters
    ----------
    smaller, larger
        Π_g (m_g, r) of each group: derivatives of the moments, each model's at its own estimates and within its own
        constraints. All else is the larger model's.
    weights
        (m_g,) diagonal of V_g.
    gamma
        (m_g, m_g) covariance of the moments of one case.
    shares
        n_g / N.
    chisq
        T₀ and T₁, not scaled.
    """
    r = larger[0].shape[1]
    information, variance = np.zeros((r, r)), np.zeros((r, r))
    for jacobian, weight, covariance, share in zip(larger, weights, gamma, shares, strict=True):
        weighted = weight[:, None] * jacobian
        information += share * jacobian.T @ weighted
        variance += share * weighted.T @ covariance @ weighted
    constraints = constraints_between(np.concatenate(smaller), np.concatenate(larger))
    return scaled_and_shifted(chisq[0] - chisq[1], information, variance, constraints)


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
    problem, theta, options = estimated.problem, estimated.theta, estimated.options
    n, groups = problem.n, len(problem.sample.groups)
    if isinstance(problem.objective, WeightedObjective):
        value = float(problem.objective.n[0] * problem.objective.evaluate(theta[None]).value[0])
        return ModelTest(value, degrees_of_freedom(problem, estimated.npar), n, groups)
    robust = options.estimator == "mlr" or problem.sample.clustered
    moments = group_moments(problem) if robust else None
    own = test_statistic(problem, theta, estimated.npar, options.estimator, estimated.information, moments)
    return ModelTest(own.chisq, own.df, n, groups, own.factor)


def _shifted(restricted: Estimated, unrestricted: Estimated, df: int) -> DifferenceTest:
    """Satorra (2000) from the pieces of both models."""
    smaller, larger = (_within(estimated) for estimated in (restricted, unrestricted))
    parts = least_squares.pieces(unrestricted.problem, unrestricted.theta)
    found = satorra_2000(smaller, larger, [part.weight for part in parts], [part.gamma for part in parts],
                         [part.share for part in parts], (_model_test(restricted).chisq,
                                                          _model_test(unrestricted).chisq))
    if found.df == df:
        return found
    other = Undefined(f"the models differ by {df} degrees of freedom and by {found.df} constraints, so that they are "
                      "not nested")
    return DifferenceTest(other, df, other, None, other)


def _within(estimated: Estimated) -> list[Array]:
    """Derivatives (m, r) of every group's moments within the model's constraints."""
    problem, theta = estimated.problem, estimated.theta
    tangent = problem.restriction.tangent(theta)
    return [part.J @ tangent for part in least_squares.pieces(problem, theta)]
