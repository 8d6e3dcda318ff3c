"""Bollen–Stine: rows in which the model holds, and a p value that behaves."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import chi2 as chi_square

from instrument.errors import InputError
from pipeline.sem.bollen_stine import bollen_stine
from pipeline.sem.problem import pose, solve
from pipeline.sem.resampling import bollen_stine_rows, symmetric_root
from pipeline.sem.sample import take_sample
from pipeline.sem.syntax import parse_model
from pipeline.sem.table import parameter_table
from pipeline.undefined import Undefined

NAMES = ("x1", "x2", "x3", "x4", "x5")
ONE = "F =~ x1 + x2 + x3 + x4 + x5"


def data(n: int = 200, seed: int = 1, second: float = 0.0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    f, g = rng.normal(size=(2, n))
    X = f[:, None] * [0.8, 0.7, 0.9, 0.6, 0.7] + 0.6 * rng.normal(size=(n, 5))
    X[:, :2] += second * g[:, None]
    return X + 3.0


def posed(X, model=ONE, missing="listwise", groups=None, clusters=None, **options):
    labels = () if groups is None else tuple(dict.fromkeys(groups))
    table = parameter_table(parse_model(model), NAMES, groups=labels, **options)
    problem = pose(table, take_sample(X, NAMES, table, missing=missing, groups=groups, clusters=clusters))
    found = solve(problem)
    assert found.converged[0]
    return problem, found.theta[0]


def test_turned_rows_have_exactly_the_moments_asked_for():
    X, Sigma, mu = data(80), np.diag(np.arange(1.0, 6.0)) + 0.5, np.arange(5.0)
    turned = bollen_stine_rows(X, Sigma, mu)
    assert np.cov(turned.T, bias=True) == pytest.approx(Sigma, abs=1e-12)
    assert turned.mean(axis=0) == pytest.approx(mu, abs=1e-12)
    assert bollen_stine_rows(X, Sigma, None).mean(axis=0) == pytest.approx(X.mean(axis=0), abs=1e-12)
    # Rows that have the moments already stay where they are: the symmetric roots turn nothing in vain.
    assert bollen_stine_rows(X, np.cov(X.T, bias=True), None) == pytest.approx(X, abs=1e-10)


def test_the_symmetric_root_is_a_root_and_symmetric():
    S = np.cov(data().T)
    root = symmetric_root(S)
    assert root == pytest.approx(root.T, abs=1e-14)
    assert root @ root == pytest.approx(S, abs=1e-12)
    assert symmetric_root(S, -0.5) @ root == pytest.approx(np.eye(5), abs=1e-10)


@pytest.mark.parametrize("means", [False, True])
def test_the_model_fits_the_turned_rows_exactly(means):
    problem, theta = posed(data(second=0.4), meanstructure=means)
    at = problem.objective.implied(theta[None])[0]
    turned = bollen_stine_rows(problem.sample.groups[0].X, at.Sigma[0], at.mu[0] if means else None)
    again, theta_again = posed(turned, meanstructure=means)
    assert theta_again == pytest.approx(theta, abs=1e-5)
    assert again.objective.evaluate(theta[None]).value[0] == pytest.approx(0, abs=1e-10)


def test_with_normal_data_it_agrees_with_the_chi_square_distribution():
    problem, theta = posed(data())
    found = bollen_stine(problem, theta, df=5, draws=2000, seed=1)
    assert found.chi2 == pytest.approx(problem.n * problem.objective.evaluate(theta[None]).value[0], rel=1e-12)
    assert found.requested == 2000
    assert found.converged == len(found.draws) > 1990
    assert found.mean_chi2 == pytest.approx(5, rel=0.08)
    assert found.pvalue == pytest.approx(chi_square.sf(found.chi2, 5), abs=0.05)


def test_a_wrong_model_is_found_out():
    problem, theta = posed(data(second=0.5))
    found = bollen_stine(problem, theta, df=5, draws=300, seed=1)
    assert found.exceeding == 0
    assert found.share == 0.0
    # Never exactly 0: 300 draws cannot say more than 1 in 301.
    assert found.pvalue == pytest.approx(1 / (found.converged + 1))


def test_both_p_values_are_counted_from_the_draws():
    problem, theta = posed(data(seed=5))
    found = bollen_stine(problem, theta, df=5, draws=250, seed=2)
    k = int((found.draws >= found.chi2).sum())
    assert 0 < k < found.converged
    assert (found.exceeding, found.share, found.pvalue) == (
        k, k / found.converged, (k + 1) / (found.converged + 1))


def test_no_digit_depends_on_the_number_of_workers_nor_on_later_draws():
    problem, theta = posed(data())
    one, two = (bollen_stine(problem, theta, df=5, draws=300, seed=4, workers=w) for w in (1, 2))
    short = bollen_stine(problem, theta, df=5, draws=33, seed=4)
    assert np.array_equal(one.draws, two.draws)
    assert np.array_equal(short.draws, one.draws[: len(short.draws)])


def test_several_groups_are_resampled_apart():
    groups = ["a"] * 120 + ["b"] * 80
    problem, theta = posed(data(), groups=groups, group_equal=("loadings",))
    found = bollen_stine(problem, theta, df=14, draws=400, seed=1)
    assert found.converged > 395
    assert found.mean_chi2 == pytest.approx(14, rel=0.1)


def test_progress_counts_exactly_the_draws_asked_for():
    told: list[int] = []
    bollen_stine(*posed(data()), df=5, draws=123, seed=1, progress=told.append)
    assert sum(told) == 123


def test_where_it_has_no_meaning_it_says_why():
    gaps = data()
    gaps[::7, 2] = np.nan
    problem, theta = posed(gaps, missing="fiml", meanstructure=True)
    assert "missing values" in bollen_stine(problem, theta, df=5, draws=50, seed=1).because
    problem, theta = posed(data(), clusters=[i // 4 for i in range(200)])
    assert "cluster" in bollen_stine(problem, theta, df=5, draws=50, seed=1).because
    assert isinstance(bollen_stine(*posed(data()), df=0, draws=50, seed=1), Undefined)
    with pytest.raises(InputError) as caught:
        bollen_stine(*posed(data()), df=5, draws=0, seed=1)
    assert caught.value.findings[0].code == "BOOTSTRAP-DRAWS"
