"""Residuals against lavaan's, and standard errors against what residuals do in repeated samples."""

from __future__ import annotations

import numpy as np
import pytest

from pipeline.sem.linalg import Array
from pipeline.sem.problem import Problem, solve
from pipeline.sem.residuals import (
    NEAR_ZERO,
    Estimator,
    StandardisedResiduals,
    correlation_residuals,
    raw_residuals,
    standardised_residuals,
)
from pipeline.undefined import Undefined
from tests.pipeline.sem.reference_cases import CASES, lavaan, solved_case
from tests.pipeline.sem.zoo import posed, problem_of, solved

CLUSTERED = [case for case in CASES if case.startswith("clustered")]


def standardised(problem: Problem, theta: Array, estimator: Estimator = "ml") -> tuple[StandardisedResiduals, ...]:
    found = standardised_residuals(problem, theta, estimator)
    assert not isinstance(found, Undefined)
    return found


@pytest.mark.parametrize("case", CASES)
def test_raw_and_correlation_residuals_agree_with_lavaan(case):
    problem, theta = solved_case(case)
    said = lavaan(case)
    assert list(problem.table.observed) == said["variables"]
    found = zip(raw_residuals(problem, theta), correlation_residuals(problem, theta), strict=True)
    for g, (raw, correlation) in enumerate(found):
        reported, sample, implied = said["residuals_correlation"][g], said["sample"][g], said["implied"][g]
        assert ("mean" in reported) == (raw.mean is not None) == (correlation.mean is not None)
        difference = np.array(sample["cov"]) - np.array(implied["cov"])
        np.testing.assert_allclose(raw.cov, difference, rtol=1e-4, atol=1e-6 * np.max(sample["cov"]))
        np.testing.assert_allclose(correlation.cov, reported["cov"], rtol=1e-4, atol=1e-6)
        if raw.mean is not None and correlation.mean is not None:
            difference = np.array(sample["mean"]) - np.array(implied["mean"])
            np.testing.assert_allclose(raw.mean, difference, rtol=1e-4, atol=1e-6 * np.max(np.abs(sample["mean"])))
            np.testing.assert_allclose(correlation.mean, reported["mean"], rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("case", [case for case in CASES if case not in CLUSTERED])
def test_standardised_residuals_agree_with_lavaan(case):
    problem, theta = solved_case(case)
    said = lavaan(case)
    found = standardised(problem, theta, said["options"]["estimator"])
    for ours, reported in zip(found, said["residuals_standardized"], strict=True):
        _compare(ours.z.cov, np.array(reported["cov"]), ours.defined_cov)
        assert ("mean" in reported) == (ours.z.mean is not None)
        if ours.z.mean is not None and ours.defined_mean is not None:
            _compare(ours.z.mean, np.array(reported["mean"]), ours.defined_mean)


def _compare(ours: Array, reported: Array, defined: np.ndarray) -> None:
    assert defined.any() or (np.abs(reported) < NEAR_ZERO).all()
    np.testing.assert_allclose(ours[defined], reported[defined], rtol=1e-4, atol=1e-5)
    impossible = np.isnan(ours)
    np.testing.assert_array_less(np.abs(ours[~defined & ~impossible]), NEAR_ZERO)
    np.testing.assert_array_less(np.abs(reported[~defined & ~impossible]), NEAR_ZERO)
    # A residual without variance that is not 0: lavaan divides it by a rounding error.
    assert (np.abs(reported[impossible]) > 1e6).all()


def test_only_the_case_with_fixed_intercepts_has_residuals_without_variance():
    found = [case for case in CASES if case not in CLUSTERED
             for group in standardised(*solved_case(case), lavaan(case)["options"]["estimator"])
             if np.isnan(group.z.cov).any()]
    assert found == ["means_ml"]


@pytest.mark.parametrize("case", CLUSTERED)
def test_clustered_cases_have_none_and_say_why(case):
    found = standardised_residuals(*solved_case(case))
    assert isinstance(found, Undefined)
    assert "clustered" in found.because


def test_root_mean_square_of_correlation_residuals_is_srmr():
    problem, theta = solved_case("holzinger_ml")
    (residuals,) = correlation_residuals(problem, theta)
    below = residuals.cov[np.tril_indices(len(residuals.cov))]
    assert np.sqrt(np.mean(below**2)) == pytest.approx(lavaan("holzinger_ml")["measures"]["srmr"], rel=1e-5)


@pytest.mark.parametrize("estimator", ["ml", "mlm", "mlr"])
def test_z_is_the_residual_by_its_standard_error(estimator):
    problem, theta = posed("means"), solved("means").theta[0]
    (raw,), (found,) = raw_residuals(problem, theta), standardised(problem, theta, estimator)
    at = found.defined_cov
    np.testing.assert_allclose(found.z.cov[at] * found.se.cov[at], raw.cov[at])
    np.testing.assert_array_equal(found.se.cov, found.se.cov.T)


def test_standard_errors_are_the_spread_of_residuals_over_samples():
    rng = np.random.default_rng(2)
    names = [f"x{i}" for i in range(1, 7)]
    off = np.tril_indices(6, -1)
    residuals, errors = [], []
    for _ in range(300):
        F = rng.multivariate_normal([0, 0], [[1, 0.4], [0.4, 1]], size=250)
        X = 0.8 * np.repeat(F, 3, axis=1) + 0.6 * rng.normal(size=(250, 6))
        problem = problem_of("F =~ x1 + x2 + x3\nG =~ x4 + x5 + x6", X, names=names)
        theta = solve(problem).theta[0]
        residuals.append(raw_residuals(problem, theta)[0].cov[off])
        errors.append(standardised(problem, theta)[0].se.cov[off])
    np.testing.assert_allclose(np.mean(errors, axis=0), np.std(residuals, axis=0), rtol=0.15)


def test_identified_by_nothing_has_none():
    problem = problem_of("F =~ NA*x1 + x2 + x3 + x4\nF ~~ F", posed("one factor").sample.groups[0].X,
                         names=posed("one factor").sample.names)
    theta = np.array([1.0, 0.9, 1.1, 0.8, 0.9, *[0.5] * 4])
    assert isinstance(standardised_residuals(problem, theta), Undefined)
