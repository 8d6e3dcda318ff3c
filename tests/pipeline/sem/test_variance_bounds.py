"""Variances stop at 0 where that is asked for, and nowhere else."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import minimize

from pipeline.sem.describe import describe
from pipeline.sem.estimate import Options, estimate_model
from pipeline.sem.from_moments import rows_with_moments
from pipeline.undefined import Undefined

R = np.array([[1.0, 0.8, 0.7, 0.4], [0.8, 1.0, 0.3, 0.2], [0.7, 0.3, 1.0, 0.25], [0.4, 0.2, 0.25, 1.0]])
NAMES = ["x1", "x2", "x3", "x4"]
ROWS = rows_with_moments(R, np.zeros(4), 300)
MODEL = "F =~ x1 + x2 + x3 + x4"


def test_without_bounds_a_negative_variance_shows_as_one():
    fit = describe(estimate_model(MODEL, ROWS, NAMES))
    assert fit.converged
    assert not fit.admissible
    assert [d.about for d in fit.diagnoses if d.code == "negative-variance"] == [("x1",)]


def test_with_bounds_the_minimum_is_that_of_a_bounded_search():
    estimated = estimate_model(MODEL, ROWS, NAMES, Options(nonnegative_variances=True))
    assert estimated.converged
    objective = estimated.problem.objective
    variances = [row.op == "~~" for row in estimated.problem.table.free_rows()]
    searched = minimize(
        lambda theta: float(objective.evaluate(theta[None]).value[0]), np.full(8, 0.5),
        jac=lambda theta: objective.evaluate(theta[None]).gradient[0], method="L-BFGS-B",
        bounds=[(0, None) if variance else (None, None) for variance in variances],
        options={"ftol": 1e-15, "gtol": 1e-9})
    assert float(estimated.minima.value[0]) == pytest.approx(searched.fun, abs=1e-7)
    np.testing.assert_allclose(estimated.theta, searched.x, atol=1e-3)


def test_a_variance_at_its_bound_has_no_standard_error_and_is_named():
    fit = describe(estimate_model(MODEL, ROWS, NAMES, Options(nonnegative_variances=True)))
    row = next(p for p in fit.parameters if (p.lhs, p.op, p.rhs) == ("x1", "~~", "x1"))
    assert row.est == pytest.approx(0, abs=1e-12)
    assert isinstance(row.se, Undefined)
    assert [d.about for d in fit.diagnoses if d.code == "at-bound"] == [("x1 ~~ x1",)]
    assert fit.indices.npar == 8
    assert fit.admissible


def test_bounds_change_nothing_where_no_variance_is_negative():
    model = "F =~ x2 + x3 + x4"
    plain, bounded = (estimate_model(model, ROWS, NAMES, Options(nonnegative_variances=on)).theta
                      for on in (False, True))
    np.testing.assert_array_equal(plain, bounded)
