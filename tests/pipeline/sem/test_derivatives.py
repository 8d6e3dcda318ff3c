"""Gradient, information and Hessian against finite differences and a naive Jacobian, for every model of the zoo."""

from __future__ import annotations

import numpy as np
import pytest

from pipeline.sem.discrepancy import complete_normal
from pipeline.sem.linalg import Array
from pipeline.sem.objective import Objective
from pipeline.sem.problem import Problem
from tests.pipeline.sem.zoo import ZOO, elsewhere, posed, resampled, solved

EVERY = pytest.mark.parametrize("name", ZOO)
EITHER = pytest.mark.parametrize("missing", ["listwise", "fiml"])


def differences(function, theta: Array, h: float = 1e-5) -> Array:
    """Central differences of fourth order, (q, ...): error of order h⁴ and rounding of order 1e-16/h."""
    steps = h * np.eye(len(theta))
    near = function(theta + steps) - function(theta - steps)
    far = function(theta + 2 * steps) - function(theta - 2 * steps)
    return (8 * near - far) / (12 * h)


@EITHER
@EVERY
def test_gradient_is_the_slope_of_the_discrepancy(name, missing):
    problem = posed(name, missing)
    theta = elsewhere(problem, solved(name, missing))
    evaluate = problem.objective.evaluate
    slopes = differences(lambda points: evaluate(points).value, theta, 1e-4)
    gradient = evaluate(theta[None]).gradient[0]
    assert np.abs(gradient).max() > 1e-3, "a point at the minimum proves nothing"
    np.testing.assert_allclose(gradient, slopes, rtol=1e-7, atol=1e-8)


@EITHER
@EVERY
def test_hessian_is_half_the_slope_of_the_gradient(name, missing):
    problem = posed(name, missing)
    theta = elsewhere(problem, solved(name, missing))
    slopes = differences(lambda points: problem.objective.evaluate(points).gradient, theta)
    np.testing.assert_allclose(problem.objective.hessian(theta), slopes / 2, rtol=1e-6, atol=1e-7)


def naive_information(problem: Problem, theta: Array) -> Array:
    """Δ'VΔ with Δ by a complex step and V of the normal distribution written out (Browne 1974), means included."""
    total = np.zeros((len(theta), len(theta)))
    for group, data, rows in zip(problem.objective.groups, problem.objective.data, problem.sample.groups, strict=True):
        moments = group.implied(theta + 1e-30j * np.eye(len(theta)), data.cov, data.mean)
        dS, dm = moments.Sigma.imag / 1e-30, moments.mu.imag / 1e-30
        W = np.linalg.inv(group.implied(theta[None], data.cov, data.mean).Sigma[0])
        flat = dS.reshape(len(theta), -1)
        total += rows.n / problem.n * (flat @ np.kron(W, W) @ flat.T / 2 + dm @ W @ dm.T)
    return total


@EVERY
def test_expected_information_is_that_of_the_moments_jacobian(name):
    problem = posed(name)
    theta = elsewhere(problem, solved(name))
    np.testing.assert_allclose(problem.objective.information(theta[None])[0], naive_information(problem, theta),
                               rtol=1e-9, atol=1e-11)


@EVERY
def test_information_is_the_same_for_each_member_of_a_stack(name):
    problem = posed(name)
    thetas = np.stack([elsewhere(problem, solved(name), seed) for seed in (1, 2, 3)])
    together = problem.objective.information(thetas)
    apart = [problem.objective.information(theta[None])[0] for theta in thetas]
    np.testing.assert_allclose(together, apart, rtol=1e-12, atol=1e-13)


@EVERY
def test_observed_is_expected_information_where_the_sample_has_the_implied_moments(name):
    problem = posed(name)
    theta = elsewhere(problem, solved(name))
    means = problem.table.meanstructure
    exact = tuple(complete_normal(d.n, m.mu, m.Sigma, means=means)
                  for d, m in zip(problem.objective.data, problem.objective.implied(theta[None]), strict=True))
    objective = Objective(problem.objective.groups, exact, problem.table.n_free)
    at = objective.evaluate(theta[None])
    np.testing.assert_allclose(at.value, 0, atol=1e-12)
    np.testing.assert_allclose(at.gradient, 0, atol=1e-12)
    np.testing.assert_allclose(objective.hessian(theta), objective.information(theta[None])[0], rtol=1e-9, atol=1e-11)


def test_information_is_the_covariance_of_the_gradient_over_samples():
    """By Monte Carlo: with N = 400 cases the gradient of F has covariance 4 I / N where the model is true."""
    problem, n, draws = posed("means"), 400, 1500
    theta = solved("means").theta[0]
    moments = problem.objective.implied(theta[None])[0]
    rng = np.random.default_rng(11)
    rows = rng.multivariate_normal(moments.mu[0], moments.Sigma[0], size=(draws, n))
    mean = rows.mean(axis=1)
    cov = np.einsum("dni,dnj->dij", rows, rows) / n - mean[:, :, None] * mean[:, None, :]
    data = complete_normal(np.full(draws, float(n)), mean, cov, means=True)
    objective = Objective(problem.objective.groups, (data,), problem.table.n_free)
    gradient = objective.evaluate(np.repeat(theta[None], draws, axis=0)).gradient
    information = problem.objective.information(theta[None])[0]
    root = np.linalg.cholesky(np.linalg.inv(information))
    white = root.T @ (n / 4 * np.cov(gradient, rowvar=False)) @ root
    # Sample covariances of 1,500 draws scatter by about 1/√1500 = .026 off and .037 on the diagonal.
    np.testing.assert_allclose(white, np.eye(len(theta)), atol=0.16)


def test_gradient_of_a_resampled_stack_is_that_of_its_members():
    problem = posed("two groups")
    rng = np.random.default_rng(5)
    weights = [rng.multinomial(g.n, np.full(g.n, 1 / g.n), size=4).astype(float) for g in problem.sample.groups]
    thetas = np.stack([elsewhere(problem, solved("two groups"), seed) for seed in range(4)])
    stack = resampled(problem, weights).evaluate(thetas)
    for member in range(4):
        one = resampled(problem, [w[[member]] for w in weights]).evaluate(thetas[[member]])
        np.testing.assert_allclose(stack.value[member], one.value[0], rtol=1e-12)
        np.testing.assert_allclose(stack.gradient[member], one.gradient[0], rtol=1e-10, atol=1e-13)
