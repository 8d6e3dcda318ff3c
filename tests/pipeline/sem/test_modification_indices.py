"""Modification indices against lavaan's, row for row, and against models refitted with the parameter free."""

from __future__ import annotations

from dataclasses import replace
from time import perf_counter

import numpy as np
import pytest
from scipy.stats import chi2

from pipeline.sem.constraints import restriction
from pipeline.sem.expected import expected_information, pattern_inverses
from pipeline.sem.linalg import Array
from pipeline.sem.matrices import group_matrices
from pipeline.sem.modification import (
    ModificationIndex,
    absent_rows,
    expected_changes,
    extended_table,
    fixed_rows,
    modification_indices,
)
from pipeline.sem.objective import Objective
from pipeline.sem.problem import Problem, pose, solve
from pipeline.sem.unrestricted import expected_information as moment_information
from pipeline.sem.unrestricted import jacobian, moment_cells
from pipeline.undefined import Undefined
from tests.pipeline.sem.reference_cases import CASES, lavaan, solved_case
from tests.pipeline.sem.zoo import ZOO, halves, posed, problem_of, solved

STORED = [case for case in CASES if "error" not in lavaan(case)["modification"]]
COLUMNS = {"mi": "mi", "epc": "epc", "sepc.lv": "sepc_lv", "sepc.all": "sepc_all"}


def indices(problem: Problem, theta: Array) -> tuple[ModificationIndex, ...]:
    found = modification_indices(problem, theta)
    assert not isinstance(found, Undefined)
    return found


def test_all_cases_but_the_largest_models_are_stored():
    assert len(STORED) == len(CASES) - 2


@pytest.mark.parametrize("case", STORED)
def test_agrees_with_lavaan_in_every_row_and_column(case):
    said, found = lavaan(case)["modification"], indices(*solved_case(case))
    groups = said.get("group", [1] * len(said["lhs"]))
    assert [(i.lhs, i.op, i.rhs, i.group) for i in found] == list(
        zip(said["lhs"], said["op"], said["rhs"], groups, strict=True))
    for column, attribute in COLUMNS.items():
        ours = [getattr(index, attribute) for index in found]
        assert [isinstance(value, Undefined) for value in ours] == [value is None for value in said[column]]
        pairs = [(a, b) for a, b in zip(ours, said[column], strict=True) if b is not None]
        np.testing.assert_allclose([a for a, _ in pairs], [b for _, b in pairs], rtol=1e-4, atol=1e-7, err_msg=column)
    np.testing.assert_allclose([i.pvalue for i in found], chi2.sf([i.mi for i in found], 1))


def refitted(problem: Problem, index: ModificationIndex) -> tuple[float, float]:
    """Fall of χ² and the parameter's estimate when one absent parameter is estimated."""
    row = next(r for r in absent_rows(problem.table)
               if (r.lhs, r.op, r.rhs, r.group) == (index.lhs, index.op, index.rhs, index.group))
    wide = replace(extended_table(problem.table, (row,)), constraints=problem.table.constraints,
                   equalities=problem.table.equalities, definitions=problem.table.definitions)
    larger = pose(wide, problem.sample)
    small, large = solve(problem), solve(larger)
    assert large.converged[0]
    return problem.n * float(small.value[0] - large.value[0]), float(large.theta[0, -1])


def test_large_indices_point_where_refitted_models_go():
    problem, theta = solved_case("holzinger_ml")
    large = [i for i in indices(problem, theta) if i.mi > 8]
    assert len(large) == 8
    for index in large:
        gain, estimate = refitted(problem, index)
        # Far from the minimum an index is a rough forecast; its sign and its order of magnitude hold.
        assert gain == pytest.approx(index.mi, rel=0.4)
        assert np.sign(estimate) == np.sign(index.epc)


@pytest.mark.parametrize("missing", ["listwise", "fiml"])
@pytest.mark.parametrize("grouped", [False, True])
def test_index_nearly_equals_the_gain_where_the_model_is_nearly_right(missing, grouped):
    rng = np.random.default_rng(11)
    n = 20_000
    X = 0.8 * rng.normal(size=(n, 1)) + 0.6 * rng.normal(size=(n, 5)) + rng.normal(size=(n, 1)) * [0.12, 0.12, 0, 0, 0]
    # Three patterns: completely at random, so that expected information is right.
    if missing == "fiml":
        X[: n // 5, 0] = X[n // 5: n // 3, 2:4] = np.nan
        X = rng.permutation(X)
    problem = problem_of("F =~ x1 + x2 + x3 + x4 + x5", X, names=[f"x{i}" for i in range(1, 6)], missing=missing,
                         groups=halves(n) if grouped else None, group_equal=["loadings"])
    index = max((i for i in indices(problem, solve(problem).theta[0]) if i.op == "~~"), key=lambda i: i.mi)
    assert (index.lhs, index.rhs) == ("x1", "x2")
    gain, estimate = refitted(problem, index)
    assert gain == pytest.approx(index.mi, rel=0.05)
    assert estimate == pytest.approx(index.epc, rel=0.05)


@pytest.mark.parametrize("name", sorted(ZOO))
def test_information_of_complete_data_is_that_of_the_objective(name):
    problem, theta = posed(name), solved(name).theta[0]
    columns, diagonal = expected_information(problem.objective, theta)
    whole = problem.objective.information(theta[None])[0]
    np.testing.assert_allclose(columns, whole, rtol=1e-9, atol=1e-10)
    np.testing.assert_allclose(diagonal, np.diag(whole), rtol=1e-9, atol=1e-10)


def test_missing_values_take_information_away():
    problem, theta = posed("latent paths", "fiml"), solved("latent paths", "fiml").theta[0]
    known, _ = expected_information(problem.objective, theta)
    lost = problem.objective.information(theta[None])[0] - known
    scale = np.sqrt(np.diag(known))
    assert np.linalg.eigvalsh(lost / np.outer(scale, scale)).min() > -1e-9
    assert np.trace(lost) > 0


def test_pattern_inverses_are_those_of_the_observed_blocks():
    problem = posed("one factor", "fiml")
    data, Sigma = problem.objective.data[0], problem.saturated[0].cov
    shares, inverses = pattern_inverses(data, Sigma)
    assert shares.sum() == pytest.approx(1)
    for W in inverses:
        seen = np.ix_(np.diag(W) > 1e-12, np.diag(W) > 1e-12)
        np.testing.assert_allclose(W[seen], np.linalg.inv(Sigma[seen]), atol=1e-12)
        assert np.abs(W).sum() == pytest.approx(np.abs(W[seen]).sum())


@pytest.mark.parametrize("name", ["observed paths", "observed paths with means", "latent paths", "growth"])
def test_what_candidates_do_to_moments_of_exogenous_variables_is_left_out(name):
    """∂ᵀA∂ over the distinct moments that are modelled, multiplied out."""
    problem, theta = posed(name), solved(name).theta[0]
    candidates = (*fixed_rows(problem.table), *absent_rows(problem.table))
    assert any(row.lhs in problem.table.exogenous and row.op == "~" for row in candidates)
    wide = extended_table(problem.table, candidates)
    objective = Objective(group_matrices(wide), problem.objective.data, wide.n_free)
    at = {row.plabel: i for i, row in enumerate(candidates) if row.plabel}
    full = np.concatenate([theta, np.zeros(len(candidates))])
    (narrow,) = problem.objective.implied(theta[None])
    for row in fixed_rows(problem.table):
        i, j = problem.table.observed.index(row.lhs) if row.exogenous else 0, 0
        if row.exogenous and row.op == "~~":
            j = problem.table.observed.index(row.rhs)
        sampled = narrow.mu[0, i] if row.op == "~1" else narrow.Sigma[0, i, j]
        full[len(theta) + at[row.plabel]] = sampled if row.exogenous else row.value
    (group,), (implied,) = objective.groups, objective.implied(full[None])
    np.testing.assert_allclose(implied.Sigma, narrow.Sigma, atol=1e-12)
    cells = moment_cells(group.p, group.x, means=problem.table.meanstructure)
    D = np.zeros((cells.size, len(full)))
    D[:, group.free] = jacobian(group, implied, cells)
    whole = D.T @ moment_information(implied.Sigma[0], cells) @ D
    columns, diagonal = expected_information(objective, full, len(theta))
    np.testing.assert_allclose(columns, whole[:, : len(theta)], rtol=1e-8, atol=1e-9)
    np.testing.assert_allclose(diagonal, np.diag(whole), rtol=1e-8, atol=1e-9)


def test_kernel_by_hand():
    # Two own parameters held equal: K = (1, 1)ᵀ, so that V = 2 − (1 + 0)² / (3 + 1).
    inverse = np.full((2, 2), 1 / 4)
    changes = expected_changes(np.array([0.3]), np.array([[1.0, 0.0]]), np.array([2.0]), inverse, 100.0)
    assert changes.mi[0] == pytest.approx(100 * 0.09 / 1.75)
    assert changes.epc[0] == pytest.approx(0.3 / 1.75)
    assert not expected_changes(np.array([0.3]), np.array([[1.0, 0.0]]), np.array([0.25]), inverse, 100.0).identified[0]


def test_saturated_model_has_no_candidates_left():
    assert indices(*solved_case("saturated_ml")) == ()


def test_constraints_of_the_model_stay_in_force():
    problem, theta = solved_case("label_equality_ml")
    loose = replace(problem, restriction=restriction(replace(problem.table, equalities=(), constraints=())))
    tied, untied = indices(problem, theta), indices(loose, theta)
    assert sum(a.mi for a in tied) != pytest.approx(sum(b.mi for b in untied), rel=1e-3)


def test_unidentified_model_has_none():
    problem = problem_of("F =~ NA*x1 + x2 + x3 + x4\nF ~~ F", posed("one factor").sample.groups[0].X,
                         names=posed("one factor").sample.names)
    theta = np.array([1.0, 0.9, 1.1, 0.8, 0.9, *[0.5] * 4])
    found = modification_indices(problem, theta[: problem.table.n_free])
    assert isinstance(found, Undefined)
    assert "not identified" in found.because


def test_a_model_of_24_indicators_takes_milliseconds():
    rng = np.random.default_rng(5)
    factors = rng.normal(size=(300, 4)) + rng.normal(size=(300, 1))
    X = np.repeat(factors, 6, axis=1) + rng.normal(size=(300, 24))
    names = [f"x{i}" for i in range(1, 25)]
    text = "\n".join(f"F{j + 1} =~ " + " + ".join(names[6 * j: 6 * j + 6]) for j in range(4))
    problem = problem_of(text, X, names=names)
    theta = solve(problem).theta[0]
    seconds = []
    for _ in range(5):
        begun = perf_counter()
        found = indices(problem, theta)
        seconds.append(perf_counter() - begun)
    assert len(found) == 24 * 23 // 2 + 24 * 3
    # About 10 ms on an idle core; the bound leaves room for a busy one.
    assert min(seconds) < 0.1
