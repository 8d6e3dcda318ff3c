"""Finding the minimum: from good and poor starts, under constraints, for stacks, and where there is none to find."""

from __future__ import annotations

import numpy as np
import pytest

from instrument.errors import InputError
from pipeline.sem.constraints import restriction
from pipeline.sem.from_moments import rows_with_moments
from pipeline.sem.linalg import Array
from pipeline.sem.minimise import Minima, quasi_newton, scoring
from pipeline.sem.problem import Problem, solve
from tests.pipeline.sem.zoo import (
    FACTORS,
    NAMES,
    ZOO,
    by_row,
    halves,
    posed,
    problem_of,
    resampled,
    solved,
    synthetic,
    table_of,
)


def inverse_hessian(problem: Problem, theta: Array) -> Array:
    K = problem.restriction.K
    return np.linalg.inv(2 * K.T @ problem.objective.hessian(theta) @ K)


def standard_errors(problem: Problem, theta: Array) -> Array:
    K = problem.restriction.tangent(theta)
    information = K.T @ problem.objective.hessian(theta) @ K
    return np.sqrt(np.diag(K @ np.linalg.inv(information) @ K.T) / problem.n)


@pytest.mark.parametrize("missing", ["listwise", "fiml"])
@pytest.mark.parametrize("name", ZOO)
def test_the_gradient_along_what_is_free_vanishes_at_the_minimum(name, missing):
    problem, minima = posed(name, missing), solved(name, missing)
    assert minima.converged[0]
    theta = minima.theta[0]
    K = problem.restriction.tangent(theta)
    slope = problem.objective.evaluate(minima.theta).gradient[0] @ K
    np.testing.assert_allclose(slope * np.sqrt(np.diag(np.linalg.inv(K.T @ problem.objective.hessian(theta) @ K))), 0,
                               atol=1e-6)
    assert (np.linalg.eigvalsh(K.T @ problem.objective.hessian(theta) @ K) > 0).all(), "a saddle is no minimum"


TRUE_MODEL = "F =~ x1 + x2 + x3 + x4\nG =~ x5 + x6 + x7\nG ~ F + z\nv ~ G + z"


def true_sample(rng: np.random.Generator, n: int, shift: float) -> tuple[Array, dict[tuple[str, str, str], float]]:
    """Rows of x1…x7, z, v from known parameters."""
    z = rng.normal(size=n)
    F = 1.2 * rng.normal(size=n)
    G = 0.5 * F + 0.3 * z + 0.8 * rng.normal(size=n)
    v = -0.7 * G + 0.2 * z + 0.5 * rng.normal(size=n)
    loadings = np.array([1, 0.8, 1.1, 0.6, 1, -0.9, 0.7])
    residuals = rng.normal(size=(n, 7)) * np.sqrt(0.1 * np.arange(4, 11))
    x = shift + np.column_stack([F] * 4 + [G] * 3) * loadings + residuals
    truth = {("F" if i < 5 else "G", "=~", f"x{i}"): loadings[i - 1] for i in (2, 3, 4, 6, 7)}
    truth |= {("G", "~", "F"): 0.5, ("G", "~", "z"): 0.3, ("v", "~", "G"): -0.7, ("v", "~", "z"): 0.2,
              ("F", "~~", "F"): 1.44, ("G", "~~", "G"): 0.64, ("v", "~~", "v"): 0.25}
    truth |= {(f"x{i}", "~~", f"x{i}"): 0.1 * (i + 3) for i in range(1, 8)}
    truth |= {(f"x{i}", "~1", ""): shift for i in range(1, 8)} | {("v", "~1", ""): 0.0}
    return np.column_stack([x, z, v]), truth


@pytest.mark.parametrize("missing", ["listwise", "fiml"])
def test_parameters_that_made_the_data_are_recovered_within_their_standard_errors(missing):
    """20,000 cases in two groups that differ in their intercepts; a tenth of the indicators' values is missing."""
    rng = np.random.default_rng(2024)
    names = [*(f"x{i}" for i in range(1, 8)), "z", "v"]
    (X1, truth1), (X2, truth2) = true_sample(rng, 8_000, 1.0), true_sample(rng, 12_000, -2.0)
    X = np.vstack([X1, X2])
    if missing == "fiml":
        X[:, :3][rng.random((len(X), 3)) < 0.1] = np.nan
    problem = problem_of(TRUE_MODEL, X, names=names, missing=missing, groups=["one"] * 8_000 + ["two"] * 12_000)
    minima = solve(problem)
    assert minima.converged[0]
    errors = standard_errors(problem, minima.theta[0])
    for row, estimate, error in zip(problem.table.free_rows(), minima.theta[0], errors, strict=True):
        true = (truth1 if row.group == 1 else truth2).get((row.lhs, row.op, row.rhs))
        assert true is not None, str(row)
        assert 0 < error < 0.05
        assert abs(estimate - true) < 4 * error, f"{row}: {estimate:.3f} for {true}, standard error {error:.3f}"


@pytest.mark.parametrize("missing", ["listwise", "fiml"])
@pytest.mark.parametrize("name", ["one factor", "second order", "latent paths", "observed paths", "two groups"])
def test_a_poor_start_leads_to_the_same_minimum(name, missing):
    """Loadings half and variances three times of what they are, no paths: far, but Σ is positive definite."""
    problem, minima = posed(name, missing), solved(name, missing)
    start = minima.theta[0].copy()
    for at, row in enumerate(problem.table.free_rows()):
        if row.op == "=~":
            start[at] *= 0.5
        elif row.op == "~~":
            start[at] = 3 * abs(start[at]) if row.lhs == row.rhs else 0.0
        elif row.op == "~":
            start[at] = 0.0
    again = scoring(problem.objective, problem.restriction, start[None])
    assert again.converged[0]
    assert np.abs(start - minima.theta[0]).max() > 0.5
    np.testing.assert_allclose(again.value, minima.value, rtol=1e-9)
    np.testing.assert_allclose(again.theta, minima.theta, rtol=1e-4, atol=1e-5)


def test_a_variance_may_go_below_zero():
    """A Heywood case: three correlations that one factor can only meet with a negative residual variance."""
    R = np.array([[1.0, 0.8, 0.7], [0.8, 1.0, 0.3], [0.7, 0.3, 1.0]])
    problem = problem_of("F =~ x1 + x2 + x3", rows_with_moments(R, np.zeros(3), 200), names=["x1", "x2", "x3"])
    table = problem.table
    start = np.array([0.5, 0.5, 0.5, 0.5, 0.5, 0.5])
    minima = scoring(problem.objective, restriction(table), start[None])
    assert minima.converged[0]
    estimates = {str(row): value for row, value in zip(table.free_rows(), minima.theta[0], strict=True)}
    assert minima.value[0] == pytest.approx(0, abs=1e-10)
    assert estimates["F ~~ F"] == pytest.approx(0.8 * 0.7 / 0.3)
    assert estimates["x1 ~~ x1"] == pytest.approx(1 - 0.8 * 0.7 / 0.3)


CONSTRAINED = {
    "linear": (FACTORS.replace("x2", "a*x2").replace("x5", "b*x5") + "a + b == 1.9\nF2 ~~ g*F3\ng == 0.2 * a", 1e-10),
    "product": (FACTORS.replace("x2", "a*x2").replace("x5", "b*x5") + "a * b == 0.8", 1e-8),
    "roots and powers": (FACTORS.replace("x2", "a*x2").replace("x5", "b*x5").replace("x8", "c*x8")
                         + "a^2 + b^2 == 1.7\nexp(c) == 2 * a", 1e-8),
    "an effect that vanishes": ("w1 ~ a*z1 + z2\nw2 ~ b*w1 + c*z1\nv ~ w2\ntotal := c + a*b\ntotal == 0", 1e-8),
}


@pytest.mark.parametrize("missing", ["listwise", "fiml"])
@pytest.mark.parametrize("kind", CONSTRAINED)
def test_constraints_are_met(kind, missing):
    model, tolerance = CONSTRAINED[kind]
    problem = problem_of(model, synthetic(missing=0.1 if missing == "fiml" else 0.0), missing=missing)
    minima = solve(problem)
    assert minima.converged[0]
    named = problem.table.label_values(minima.theta[0])
    for constraint in problem.table.constraints:
        assert constraint.left.evaluate(named) == pytest.approx(constraint.right.evaluate(named), abs=tolerance)
    theta = minima.theta[0]
    K = problem.restriction.tangent(theta)
    assert K.shape == (problem.table.n_free, problem.table.n_free - len(problem.table.constraints))
    np.testing.assert_allclose(problem.objective.evaluate(minima.theta).gradient[0] @ K, 0, atol=1e-5)
    free = solve(problem_of(model.split("==")[0].rsplit("\n", 1)[0] if kind != "linear" else FACTORS,
                            synthetic(missing=0.1 if missing == "fiml" else 0.0), missing=missing))
    assert minima.value[0] > free.value[0] + 1e-5, "a constraint that costs nothing proves nothing"


def test_a_constraint_written_as_a_product_is_the_one_written_as_a_label():
    """b == a by a curved detour, exp(a) == exp(b), ends where the shared label does."""
    labelled = solve(problem_of(FACTORS.replace("x2", "a*x2").replace("x5", "a*x5"), synthetic()))
    curved = solve(problem_of(FACTORS.replace("x2", "a*x2").replace("x5", "b*x5") + "exp(a) == exp(b)", synthetic()))
    linear = solve(problem_of(FACTORS.replace("x2", "a*x2").replace("x5", "b*x5") + "a == b", synthetic()))
    np.testing.assert_allclose(curved.theta, labelled.theta, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(linear.theta, labelled.theta, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("pair", ["a == 1\na == 2", "a + b == 1\n2*a + 2*b == 3", "a == b\nb == a + 0.1", "1 == 2",
                                  "1000000 * a == 1000000\n1000000 * a == 1000005"])
def test_constraints_that_contradict_each_other_are_refused(pair):
    with pytest.raises(InputError) as caught:
        restriction(table_of(FACTORS.replace("x2", "a*x2").replace("x5", "b*x5") + pair))
    assert [f.code for f in caught.value.findings] == ["MODEL-CONSTRAINT"]


def test_a_constraint_said_twice_counts_once():
    once = solve(problem_of(FACTORS.replace("x2", "a*x2").replace("x5", "b*x5") + "a == b", synthetic()))
    twice = problem_of(FACTORS.replace("x2", "a*x2").replace("x5", "b*x5") + "a == b\n2*b == 2*a", synthetic())
    assert twice.restriction.K.shape[1] == twice.table.n_free - 1
    np.testing.assert_allclose(solve(twice).theta, once.theta, atol=1e-6)


@pytest.mark.parametrize("pair", ["a*b == 1\na*b == 2", "a^2 == -1", "a*b == 1\na*b == 1"])
def test_curved_constraints_that_leave_no_way_end_without_an_exception(pair):
    minima = solve(problem_of(FACTORS.replace("x2", "a*x2").replace("x5", "b*x5") + pair, synthetic()))
    assert minima.converged[0] == (pair == "a*b == 1\na*b == 1")


@pytest.mark.parametrize(("model", "size"), [
    ("w1 ~ a*z1\nv ~ b*w1\na * b == 0.01", 1.0),
    ("w1 ~ a*z1\nv ~ b*w1\na * b == 0", 1.0),
    ("F1 =~ x1 + x2 + x3\nF2 =~ x4 + x5 + x6\nF1 ~~ c*F2\nlog(c) == -1", 1.0),
    ("F1 =~ x1 + a*x2 + x3\nF1 ~~ v*F1\nv * a == 5e7", 1e4),
])
def test_a_constraint_without_slope_or_value_at_the_start_is_met(model, size):
    """Paths and covariances start at 0; and what is small is small beside the sides of the constraint."""
    problem = problem_of(model, synthetic() * size)
    minima = solve(problem)
    assert minima.converged[0]
    named = problem.table.label_values(minima.theta[0])
    (constraint,) = problem.table.constraints
    assert constraint.left.evaluate(named) == pytest.approx(constraint.right.evaluate(named), rel=1e-8, abs=1e-8)


@pytest.mark.parametrize(("text", "curved"), [
    ("a == b", False), ("2*a - b/3 == 0.4", False), ("a*b == 1", True), ("abs(a) == -b", True), ("sqrt(a) == b", True),
    ("a / b == 1", True),
])
def test_only_constraints_with_one_slope_everywhere_are_linear(text, curved):
    made = restriction(table_of(FACTORS.replace("x2", "a*x2").replace("x5", "b*x5") + text))
    assert bool(made.curved) == curved


def weights_of(problem: Problem, b: int, seed: int = 6) -> list[Array]:
    rng = np.random.default_rng(seed)
    return [rng.multinomial(g.n, np.full(g.n, 1 / g.n), size=b).astype(float) for g in problem.sample.groups]


def same(ours: Minima, theirs: Minima, **tolerance: float) -> None:
    assert ours.converged.all()
    assert theirs.converged.all()
    np.testing.assert_allclose(ours.value, theirs.value, rtol=1e-9)
    np.testing.assert_allclose(ours.theta, theirs.theta, **tolerance)


@pytest.mark.parametrize("name", ["means", "latent paths", "feedback", "growth", "two groups", "labels"])
def test_quasi_newton_ends_where_scoring_does(name):
    problem, theta = posed(name), solved(name).theta
    stack = resampled(problem, weights_of(problem, 20))
    start = np.repeat(theta, 20, axis=0)
    same(quasi_newton(stack, problem.restriction, start, inverse_hessian(problem, theta[0])),
         scoring(stack, problem.restriction, start), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("name", ["latent paths", "two groups", "observed paths with means"])
def test_each_member_of_a_stack_ends_where_it_would_alone(name):
    problem, theta = posed(name), solved(name).theta
    weights, hessian = weights_of(problem, 6), inverse_hessian(problem, theta[0])
    stack, start = resampled(problem, weights), np.repeat(theta, 6, axis=0)
    together = scoring(stack, problem.restriction, start), quasi_newton(stack, problem.restriction, start, hessian)
    for member in range(6):
        one = resampled(problem, [w[[member]] for w in weights])
        alone = scoring(one, problem.restriction, theta), quasi_newton(one, problem.restriction, theta, hessian)
        for stacked, single in zip(together, alone, strict=True):
            np.testing.assert_allclose(stacked.theta[member], single.theta[0], rtol=1e-6, atol=1e-8)
            assert stacked.iterations[member] == single.iterations[0]


def test_a_hopeless_member_of_a_stack_does_not_hold_up_the_others():
    problem, theta = posed("means"), solved("means").theta
    stack, start = resampled(problem, weights_of(problem, 4)), np.repeat(theta, 4, axis=0)
    start[2] = -5.0
    minima = scoring(stack, problem.restriction, start)
    assert minima.converged.tolist() == [True, True, False, True]
    assert np.isinf(minima.distance[2])


@pytest.mark.parametrize("model", [
    "F =~ x1 + x2",
    "F =~ NA*x1 + x2 + x3 + x4",
    FACTORS + "F2 ~ F1\nF1 ~ F2",
    "w1 ~ w2 + z1\nw2 ~ w1 + z1",
])
@pytest.mark.parametrize("missing", ["listwise", "fiml"])
def test_a_model_that_is_not_identified_ends_without_an_exception(model, missing):
    problem = problem_of(model, synthetic(missing=0.05 if missing == "fiml" else 0.0), missing=missing)
    minima = solve(problem)
    assert np.isfinite(minima.theta).all()
    assert np.isfinite(minima.value).all()
    if minima.converged[0]:
        slope = problem.objective.evaluate(minima.theta).gradient
        np.testing.assert_allclose(slope, 0, atol=1e-5, err_msg="a valley has a bottom too")


def test_a_start_that_is_no_model_is_told_by_its_distance():
    minima = solve(problem_of("F =~ x1 + x2 + x3 + x4\nF ~~ start(-50)*F", synthetic()))
    assert not minima.converged[0]


def test_regression_among_observed_variables_is_least_squares():
    """The model is saturated, so that F is 0, and its slopes have a closed form."""
    problem = problem_of("v ~ w2 + z1", synthetic())
    minima = solve(problem)
    X = synthetic()[:, [NAMES.index(n) for n in ("w2", "z1", "v")]]
    X = X - X.mean(axis=0)
    slopes, residual, *_ = np.linalg.lstsq(X[:, :2], X[:, 2], rcond=None)
    estimates = by_row(problem, minima.theta[0])
    assert minima.value[0] == pytest.approx(0, abs=1e-12)
    assert [estimates["v", "~", "w2", 1], estimates["v", "~", "z1", 1]] == pytest.approx(list(slopes), rel=1e-7)
    # Divided by N, not N − 1.
    assert estimates["v", "~~", "v", 1] == pytest.approx(residual[0] / len(X), rel=1e-7)


def test_labels_of_two_groups_make_one_parameter():
    animal = ZOO["two groups"]
    X = synthetic()
    problem = problem_of(animal.model, X, groups=halves(len(X)), **animal.options)
    estimates = by_row(problem, solve(problem).theta[0])
    for name in ("x2", "x3"):
        assert estimates["F1", "=~", name, 1] == pytest.approx(estimates["F1", "=~", name, 2], abs=1e-12)
    assert estimates["F1", "~~", "F1", 1] != pytest.approx(estimates["F1", "~~", "F1", 2], abs=1e-3)
