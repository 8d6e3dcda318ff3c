"""A scaled χ² difference whose scaling factor cannot be negative.

The usual factor, (df₀c₀ − df₁c₁)/(df₀ − df₁) (Satorra & Bentler 2001), is a difference of two estimates. Where the
smaller model is far from true it can come out near 0 or below, and the difference is then many times too large or has
no sign. The factor of Satorra (2000) is the mean of the weights that the difference has as a sum of χ² variables, by
the larger model's estimates alone: positive whatever the smaller model is.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from pipeline.sem.comparisons import DifferenceTest, ModelTest, chi_square_test, likelihood_ratio_test
from pipeline.sem.difference import constraints_between
from pipeline.sem.estimate import Estimated
from pipeline.sem.linalg import Array, one_thread
from pipeline.sem.robust import derivatives
from pipeline.undefined import Undefined

NEAR = 1.5
"""The usual factor is credible down to two thirds of the smaller and up to 1.5 times the larger of the models' own."""


def unusual(test: DifferenceTest, restricted: ModelTest, unrestricted: ModelTest) -> bool:
    """Whether the usual scaling factor is not credible: not positive, or far from those of both models."""
    own = [one.scaling_factor for one in (restricted, unrestricted) if isinstance(one.scaling_factor, float)]
    if test.scaling_factor is None or not own:
        return False
    c = test.scaling_factor
    return isinstance(c, Undefined) or not min(own) / NEAR <= c <= max(own) * NEAR


def mean_weight(constraints: Array, inverse: Array, covariance: Array) -> float:
    """c_d = tr[(A P⁻¹ Aᵀ)⁻¹ A V Aᵀ] / m (Satorra 2000).

    Parameters
    ----------
    constraints
        A (m, r): what makes the larger model the smaller one, by the larger's r parameters.
    inverse, covariance
        P⁻¹, the inverse information of one case, and V, the robust covariance matrix of the estimates times N, (r, r).
        They are equal, and c_d is 1, where the data are as the likelihood takes them to be.
    """
    m = len(constraints)
    weights = np.linalg.solve(constraints @ inverse @ constraints.T, constraints @ covariance @ constraints.T)
    return float(np.trace(weights)) / m


def positive_difference(
    restricted: Estimated, unrestricted: Estimated, tests: tuple[ModelTest, ModelTest],
) -> DifferenceTest:
    """(T₀ − T₁)/c_d of two models by robust maximum likelihood, c_d by :func:`mean_weight`.

    lavaan's ``lavTestLRT(method = "satorra.2000", A.method = "delta", scaled.shifted = FALSE)``: models need not be
    written with each other's parameters.

    Parameters
    ----------
    tests
        Of the restricted and the unrestricted model.
    """
    plain = likelihood_ratio_test(*tests)
    with one_thread():
        smaller, _ = _moments(restricted)
        larger, tangent = _moments(unrestricted)
        constraints = constraints_between(smaller, larger)
        if len(constraints) != plain.df:
            other = Undefined(f"the models differ by {plain.df} degrees of freedom and by {len(constraints)} "
                              "constraints, so that they are not nested")
            return replace(plain, statistic=other, pvalue=other, scaling_factor=other)
        back = np.linalg.pinv(tangent)
        scale = mean_weight(constraints, back @ unrestricted.bread.inverse @ back.T,
                            unrestricted.problem.n * back @ unrestricted.vcov @ back.T)
    test = chi_square_test((tests[0].chisq - tests[1].chisq) / scale, plain.df)
    return replace(plain, statistic=test.statistic, pvalue=test.pvalue, scaling_factor=scale)


def _moments(estimated: Estimated) -> tuple[Array, Array]:
    """Derivatives (moments, r) of the moments within the model's constraints, and the tangent (q, r) to them."""
    tangent = estimated.problem.restriction.tangent(estimated.theta)
    every = [D for D, _ in derivatives(estimated.problem, estimated.theta)]
    return np.concatenate(every) @ tangent, tangent
