"""What may not matter: the order of rows, columns and groups, units, and how a model is divided into groups."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.sem.problem import Problem, solve
from tests.pipeline.sem.zoo import FACTORS, NAMES, ZOO, by_row, halves, posed, problem_of, solved, synthetic

SEEDS = st.integers(0, 2**32 - 1)
EITHER = pytest.mark.parametrize("missing", ["listwise", "fiml"])
SOME = settings(max_examples=6, deadline=None)


def rows_of(missing: str) -> np.ndarray:
    return synthetic(missing=0.1 if missing == "fiml" else 0.0)


def saturated_deviance(problem: Problem) -> float:
    return sum(s.deviance for s in problem.saturated) / problem.n


def above_saturated(problem: Problem, value: float) -> float:
    """F above the saturated model's, which under full information is what units leave unchanged."""
    return value - (saturated_deviance(problem) if problem.sample.missing == "fiml" else 0.0)


@EITHER
@pytest.mark.parametrize("name", ["one factor", "latent paths", "growth", "two groups"])
@SOME
@given(seed=SEEDS)
def test_the_order_of_the_rows(name, missing, seed):
    animal, X = ZOO[name], rows_of(missing)
    order = np.random.default_rng(seed).permutation(len(X))
    groups = [halves(len(X))[i] for i in order] if animal.grouped else None
    problem = problem_of(animal.model, X[order], missing=missing, groups=groups,
                         order=tuple(dict.fromkeys(halves(len(X)))) if animal.grouped else (), **animal.options)
    minima = solve(problem)
    reference = solved(name, missing)
    assert minima.value[0] == pytest.approx(reference.value[0], abs=1e-9)
    np.testing.assert_allclose(problem.objective.evaluate(reference.theta).gradient,
                               posed(name, missing).objective.evaluate(reference.theta).gradient, atol=1e-8)
    np.testing.assert_allclose(minima.theta, reference.theta, rtol=1e-6, atol=1e-6)


@EITHER
@SOME
@given(seed=SEEDS)
def test_the_order_of_the_columns(missing, seed):
    animal, X = ZOO["latent paths"], rows_of(missing)
    order = np.random.default_rng(seed).permutation(len(NAMES))
    problem = problem_of(animal.model, X[:, order], names=[NAMES[i] for i in order], missing=missing)
    np.testing.assert_array_equal(solve(problem).theta, solved("latent paths", missing).theta)


@EITHER
@SOME
@given(seed=SEEDS)
def test_the_order_of_what_is_said(missing, seed):
    """Lines of the model, and within a line all indicators but the marker, in any order."""
    rng = np.random.default_rng(seed)
    said = [("F1 =~ x1 + ", "x2", "x3"), ("F2 =~ x4 + ", "x5", "x6"), ("F3 =~ x7 + ", "x8", "x9"),
            ("F2 ~ ", "F1", "z1"), ("F3 ~ ", "F1", "F2"), ("v ~ ", "F3", "z1")]
    lines = [start + " + ".join(rng.permutation(names)) for start, *names in said]
    lines.append(str(rng.choice(["x9 ~~ v", "v ~~ x9"])))
    problem = problem_of("\n".join(rng.permutation(lines)), rows_of(missing), missing=missing)
    minima = solve(problem)
    assert minima.value[0] == pytest.approx(solved("latent paths", missing).value[0], abs=1e-9)
    expected = by_row(posed("latent paths", missing), solved("latent paths", missing).theta[0])
    assert by_row(problem, minima.theta[0]) == pytest.approx(expected, rel=1e-5, abs=1e-5)


@EITHER
@SOME
@given(seed=SEEDS)
def test_the_units_of_the_variables(missing, seed):
    """y → uy + s: a loading, path, covariance or intercept changes as its units say, and F not at all."""
    rng = np.random.default_rng(seed)
    used = posed("latent paths", missing).table.observed
    units = {name: float(10 ** rng.uniform(-3, 3) * rng.choice([-1, 1])) if name in used else 1.0 for name in NAMES}
    shifts = {name: float(rng.uniform(-100, 100)) * abs(units[name]) for name in NAMES}
    X = rows_of(missing) * np.array(list(units.values())) + np.array(list(shifts.values()))
    model = ZOO["latent paths"].model
    problem = problem_of(model, X, missing=missing, meanstructure=True)
    plain = problem_of(model, rows_of(missing), missing=missing, meanstructure=True)
    minima, reference = solve(problem), solve(plain)
    assert minima.converged[0]
    assert above_saturated(problem, minima.value[0]) == pytest.approx(
        above_saturated(plain, reference.value[0]), abs=1e-8)
    # A factor has the units of its marker.
    units |= {"F1": units["x1"], "F2": units["x4"], "F3": units["x7"]}
    ours, theirs = by_row(problem, minima.theta[0]), by_row(plain, reference.theta[0])
    for (lhs, op, rhs, group), value in theirs.items():
        if op == "~1":
            continue
        factor = {"=~": units.get(rhs, 1) / units[lhs], "~": units[lhs] / units.get(rhs, 1),
                  "~~": units[lhs] * units.get(rhs, 1)}[op]
        assert ours[lhs, op, rhs, group] == pytest.approx(value * factor, rel=2e-4, abs=2e-5 * abs(factor))
    means, expected = (p.objective.implied(m.theta)[0].mu[0] for p, m in ((problem, minima), (plain, reference)))
    for name, our_mean, their_mean in zip(used, means, expected, strict=True):
        assert our_mean == pytest.approx(their_mean * units[name] + shifts[name], rel=1e-6, abs=1e-5 * abs(units[name]))


@EITHER
@pytest.mark.parametrize("size", [1e-9, 1e-4, 1e4, 1e9])
def test_units_of_any_size(missing, size):
    """All variables in nano- or giga-units: convergence and F are the same."""
    problem = problem_of(ZOO["means"].model, rows_of(missing) * size, missing=missing, meanstructure=True)
    minima = solve(problem)
    assert minima.converged[0]
    reference = posed("means", missing)
    assert above_saturated(problem, minima.value[0]) == pytest.approx(
        above_saturated(reference, solved("means", missing).value[0]), abs=1e-8)


@EITHER
def test_the_marker_is_a_matter_of_units(missing):
    """Another indicator fixes the factor's scale, or its variance does: F and the standardised model stay."""
    X = rows_of(missing)
    values = []
    for model, options in (("F =~ x1 + x2 + x3 + x4", {}), ("F =~ NA*x1 + x2 + 1*x3 + x4", {}),
                           ("F =~ x1 + x2 + x3 + x4", {"std_lv": True})):
        problem = problem_of(model, X, missing=missing, **options)
        minima = solve(problem)
        values.append((minima.value[0], problem.objective.implied(minima.theta)[0].Sigma[0]))
    for value, Sigma in values[1:]:
        assert value == pytest.approx(values[0][0], abs=1e-10)
        np.testing.assert_allclose(Sigma, values[0][1], rtol=1e-5, atol=1e-6)


@EITHER
def test_the_names_and_the_order_of_the_groups(missing):
    animal, X = ZOO["two groups"], rows_of(missing)
    renamed = [{"big": "1", "small": "0 and a half"}[g] for g in halves(len(X))]
    turned = problem_of(animal.model, X, missing=missing, groups=renamed, order=("0 and a half", "1"), **animal.options)
    minima, reference = solve(turned), solved("two groups", missing)
    assert minima.value[0] == pytest.approx(reference.value[0], abs=1e-10)
    assert [g.label for g in turned.sample.groups] == ["0 and a half", "1"]
    ours, theirs = by_row(turned, minima.theta[0]), by_row(posed("two groups", missing), reference.theta[0])
    # The first group has the latent means fixed to 0 where intercepts are equal, so only what has no location is alike.
    same = {(a, op, b): value for (a, op, b, group), value in theirs.items() if op in ("=~", "~~") and group == 1}
    for (a, op, b), value in same.items():
        assert ours[a, op, b, 2] == pytest.approx(value, rel=1e-5, abs=1e-5)


@EITHER
@pytest.mark.parametrize("name", ["means", "latent paths", "growth"])
def test_one_group_is_no_group(name, missing):
    animal, X = ZOO[name], rows_of(missing)
    options = animal.options | {"meanstructure": True}
    single = problem_of(animal.model, X, missing=missing, groups=["all"] * len(X), **options)
    plain = problem_of(animal.model, X, missing=missing, **options)
    np.testing.assert_array_equal(solve(single).theta, solve(plain).theta)


@EITHER
@pytest.mark.parametrize("equal", [True, False])
def test_two_groups_of_the_same_rows_are_one(missing, equal):
    """With or without equality: each group's estimates are those of its rows, F is the same, information too."""
    X = rows_of(missing)
    everything = ["loadings", "intercepts", "residuals", "lv.variances", "lv.covariances", "means"] if equal else []
    double = problem_of(FACTORS, np.vstack([X, X]), missing=missing, groups=["a"] * len(X) + ["b"] * len(X),
                        group_equal=everything)
    one = problem_of(FACTORS, X, missing=missing, meanstructure=True)
    minima, reference = solve(double), solve(one)
    assert minima.value[0] == pytest.approx(reference.value[0], abs=1e-10)
    ours, theirs = by_row(double, minima.theta[0]), by_row(one, reference.theta[0])
    for (a, op, b, group), value in ours.items():
        if (a, op, b, 1) in theirs:
            assert value == pytest.approx(theirs[a, op, b, 1], rel=1e-5, abs=1e-6), (a, op, b, group)
    K = double.restriction.K
    hessian = K.T @ double.objective.hessian(minima.theta[0]) @ K
    single = one.objective.hessian(reference.theta[0])
    blocks = single if equal else np.kron(np.eye(2), single / 2)
    np.testing.assert_allclose(hessian, blocks, rtol=1e-4, atol=1e-4)


def test_groups_without_equality_are_fitted_as_if_alone():
    """F is the mean of the groups' own, weighted by their cases."""
    X = synthetic()
    groups = np.array(halves(len(X)))
    both = problem_of(FACTORS, X, groups=list(groups))
    alone = [solve(problem_of(FACTORS, X[groups == label], meanstructure=True)) for label in both.table.groups]
    minima = solve(both)
    np.testing.assert_allclose(minima.theta[0], np.concatenate([a.theta[0] for a in alone]), rtol=1e-5, atol=1e-6)
    mean = sum(share * own.value[0] for share, own in zip(both.shares, alone, strict=True))
    assert minima.value[0] == pytest.approx(mean, abs=1e-10)
    assert both.shares == pytest.approx([0.6, 0.4])


@EITHER
def test_rows_doubled_are_the_same_moments(missing):
    X = rows_of(missing)
    doubled = solve(problem_of(ZOO["means"].model, np.vstack([X, X]), missing=missing, **ZOO["means"].options))
    assert doubled.value[0] == pytest.approx(solved("means", missing).value[0], abs=1e-10)
    np.testing.assert_allclose(doubled.theta, solved("means", missing).theta, rtol=1e-6, atol=1e-6)
