"""Full information: the likelihood row by row, EM, and what must hold between missing and complete data."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import multivariate_normal

from pipeline.sem.incomplete import IncompleteNormal, incomplete_normal, patterns_of
from pipeline.sem.linalg import Array, inverse
from pipeline.sem.minimise import scoring
from pipeline.sem.objective import Objective
from pipeline.sem.problem import solve
from pipeline.sem.saturated import deviance, expectation_maximisation
from pipeline.sem.weighted import weighted_moments
from tests.pipeline.sem.zoo import FACTORS, NAMES, ZOO, halves, posed, problem_of, solved, synthetic

SIGMA = np.array([[2.0, 0.6, 0.3, 0.1], [0.6, 1.0, 0.2, -0.2], [0.3, 0.2, 1.5, 0.4], [0.1, -0.2, 0.4, 0.8]])
MU = np.array([1.0, -2.0, 0.5, 30.0])


def gapped(n: int, share: float, seed: int = 1, p: int = 4) -> Array:
    """(n, p) rows with a share of missing cells and at least one value each."""
    rng = np.random.default_rng(seed)
    X = rng.multivariate_normal(MU[:p], SIGMA[:p, :p], size=n)
    gaps = rng.random(X.shape) < share
    gaps[gaps.all(axis=1), 0] = False
    X[gaps] = np.nan
    return X


def every_pattern() -> Array:
    """Fifteen patterns of four variables, several rows each, and the complete one."""
    X = np.random.default_rng(3).multivariate_normal(MU, SIGMA, size=240)
    for row in range(240):
        X[row, [j for j in range(4) if (row % 15) >> j & 1]] = np.nan
    return X


def all_but_one() -> Array:
    """Every row lacks all values but one."""
    X = gapped(40, 0.0)
    X[np.arange(160).reshape(40, 4) % 5 != 0] = np.nan
    return X[~np.isnan(X).all(axis=1)]


DATA = {
    "few gaps": gapped(50, 0.05), "many gaps": gapped(300, 0.5), "every pattern": every_pattern(),
    "no complete row": np.where(np.eye(4)[np.arange(40) % 4] > 0, np.nan, gapped(40, 0.0)),
    "no gap": gapped(30, 0.0), "one value a row": all_but_one(), "one variable": gapped(20, 0.0, p=1),
}
KINDS = pytest.mark.parametrize("kind", DATA)


def data_of(X: Array, weights: Array | None = None) -> IncompleteNormal:
    return incomplete_normal(patterns_of(X), np.ones((1, len(X))) if weights is None else weights)


def minus_twice_log(X: Array, Sigma: Array, mu: Array) -> float:
    """−2 Σ log density, a row at a time, without the constant of 2π."""
    total = 0.0
    for row in X:
        seen = ~np.isnan(row)
        density = multivariate_normal(mu[seen], Sigma[np.ix_(seen, seen)]).logpdf(row[seen])
        total -= 2 * float(density) + seen.sum() * np.log(2 * np.pi)
    return total


@KINDS
def test_the_likelihood_is_the_sum_of_the_rows_log_densities(kind):
    X = DATA[kind]
    p = X.shape[1]
    Sigma, mu = 1.3 * SIGMA[:p, :p], MU[:p] + 0.4
    data = data_of(X)
    slope = data.slope(inverse(Sigma[None]), Sigma[None], mu[None])
    assert slope.value[0] * len(X) == pytest.approx(minus_twice_log(X, Sigma, mu), rel=1e-11)


@KINDS
def test_derivatives_by_the_moments_are_those_of_the_rows_log_densities(kind):
    X = DATA[kind]
    p, h = X.shape[1], 1e-4
    Sigma, mu = 1.3 * SIGMA[:p, :p], MU[:p] + 0.4
    slope = data_of(X).slope(inverse(Sigma[None]), Sigma[None], mu[None])
    for i in range(p):
        for j in range(i + 1):
            step = np.zeros((p, p))
            step[i, j] = step[j, i] = h
            near = (minus_twice_log(X, Sigma + step, mu) - minus_twice_log(X, Sigma - step, mu)) / (2 * h * len(X))
            # Off the diagonal two cells move.
            assert slope.by_sigma[0, i, j] * (1 + (i != j)) == pytest.approx(near, rel=1e-5, abs=1e-6)
        step = h * np.eye(p)[i]
        near = (minus_twice_log(X, Sigma, mu + step) - minus_twice_log(X, Sigma, mu - step)) / (2 * h * len(X))
        assert slope.by_mu is not None
        assert slope.by_mu[0, i] == pytest.approx(near, rel=1e-5, abs=1e-6)


@pytest.mark.parametrize("kind", sorted(set(DATA) - {"one value a row"}))
def test_expectation_maximisation_ends_where_the_likelihood_is_flat(kind):
    data = data_of(DATA[kind])
    found = expectation_maximisation(data)
    assert found.converged
    slope = data.slope(inverse(found.cov[None]), found.cov[None], found.mean[None])
    sd = np.sqrt(np.diag(found.cov))
    assert slope.by_mu is not None
    np.testing.assert_allclose(slope.by_mu[0] * sd, 0, atol=1e-7)
    np.testing.assert_allclose(slope.by_sigma[0] * np.outer(sd, sd), 0, atol=1e-7)
    assert found.deviance == pytest.approx(minus_twice_log(DATA[kind], found.cov, found.mean), rel=1e-11)


def test_no_step_of_expectation_maximisation_leads_uphill():
    data = data_of(DATA["many gaps"])
    path = []
    for steps in range(2, 60, 2):
        found = expectation_maximisation(data, steps=steps)
        path.append(deviance(data, found.mean, found.cov))
    assert path[0] - path[-1] > 1e-3
    assert (np.diff(path) <= 1e-9).all()


def test_a_likelihood_without_a_maximum_is_not_called_converged():
    """No two rows tell how the first two variables go together but through a third that they hardly share."""
    found = expectation_maximisation(data_of(gapped(40, 0.65, seed=6)), steps=400)
    assert not found.converged


def test_moments_without_gaps_are_the_samples():
    X = DATA["no gap"]
    found = expectation_maximisation(data_of(X))
    np.testing.assert_allclose(found.mean, X.mean(axis=0), rtol=1e-12)
    np.testing.assert_allclose(found.cov, np.cov(X, rowvar=False, bias=True), rtol=1e-9)


def test_moments_do_not_depend_on_the_units():
    X, units = DATA["many gaps"], np.array([1e-3, 1.0, 50.0, 1e4])
    plain, scaled = expectation_maximisation(data_of(X)), expectation_maximisation(data_of(X * units))
    np.testing.assert_allclose(scaled.mean, plain.mean * units, rtol=1e-7)
    np.testing.assert_allclose(scaled.cov, plain.cov * np.outer(units, units), rtol=1e-6, atol=1e-9)


@pytest.mark.parametrize("name", ZOO)
def test_full_information_without_gaps_is_maximum_likelihood(name):
    animal, X = ZOO[name], synthetic()
    options = animal.options | {"meanstructure": True}
    groups = halves(len(X)) if animal.grouped else None
    complete = problem_of(animal.model, X, groups=groups, **options)
    full = problem_of(animal.model, X, groups=groups, missing="fiml", **options)
    ml, fiml = solve(complete), solve(full)
    assert ml.converged[0]
    assert fiml.converged[0]
    np.testing.assert_allclose(fiml.theta, ml.theta, rtol=1e-5, atol=1e-6)
    constant = sum(share * d.constant[0] for share, d in zip(complete.shares, complete.objective.data, strict=True))
    assert fiml.value[0] == pytest.approx(ml.value[0] + constant, abs=1e-10)
    np.testing.assert_allclose(full.objective.hessian(ml.theta[0]), complete.objective.hessian(ml.theta[0]),
                               rtol=1e-8, atol=1e-9)
    for ours, theirs in zip(full.saturated, complete.saturated, strict=True):
        np.testing.assert_allclose(ours.cov, theirs.cov, rtol=1e-8, atol=1e-10)
        assert ours.deviance == pytest.approx(theirs.deviance, rel=1e-10)


@pytest.mark.parametrize("name", ZOO)
def test_no_model_fits_better_than_the_saturated_moments(name):
    problem, minima = posed(name, "fiml"), solved(name, "fiml")
    assert minima.converged[0]
    saturated = sum(s.deviance for s in problem.saturated) / problem.n
    assert minima.value[0] > saturated - 1e-10


@pytest.mark.parametrize("name", ["means", "latent paths", "two groups"])
def test_cases_counted_by_weights_are_cases_repeated(name):
    animal, X = ZOO[name], synthetic(missing=0.1)
    groups = halves(len(X)) if animal.grouped else None
    problem = problem_of(animal.model, X, groups=groups, missing="fiml", **animal.options)
    rng = np.random.default_rng(9)
    counts = np.zeros(len(X), dtype=int)
    labels = np.array(groups if groups else [""] * len(X))
    for group in problem.sample.groups:
        mine = np.flatnonzero(labels == group.label)
        counts[mine] = rng.multinomial(len(mine), np.full(len(mine), 1 / len(mine)))
    weighted = tuple(
        data_of(g.X, counts[labels == g.label][None].astype(float)) for g in problem.sample.groups)
    start = solve(problem).theta
    ours = scoring(Objective(problem.objective.groups, weighted, problem.table.n_free), problem.restriction, start)
    repeated = problem_of(animal.model, np.repeat(X, counts, axis=0), missing="fiml", order=tuple(problem.table.groups),
                          groups=list(np.repeat(labels, counts)) if groups else None, **animal.options)
    theirs = scoring(repeated.objective, repeated.restriction, start)
    assert ours.converged[0]
    assert theirs.converged[0]
    np.testing.assert_allclose(ours.value, theirs.value, rtol=1e-11)
    np.testing.assert_allclose(ours.theta, theirs.theta, rtol=1e-5, atol=1e-6)


def test_a_complete_group_beside_an_incomplete_one():
    X = np.array(synthetic(missing=0.15))
    groups = halves(len(X))
    whole = np.array(groups) == "big"
    X[whole] = synthetic()[whole]
    animal = ZOO["two groups"]
    problem = problem_of(animal.model, X, groups=groups, missing="fiml", **animal.options)
    minima = solve(problem)
    assert minima.converged[0]
    assert minima.value[0] * problem.n == pytest.approx(sum(
        minus_twice_log(g.X, m.Sigma[0], m.mu[0])
        for g, m in zip(problem.sample.groups, problem.objective.implied(minima.theta), strict=True)), rel=1e-11)


@pytest.mark.parametrize("share", [0.4, 0.6])
def test_heavy_missingness_still_has_a_minimum(share):
    rng = np.random.default_rng(2)
    X = np.array(synthetic(n=400))
    X[rng.random(X.shape) < share] = np.nan
    problem = problem_of(FACTORS, X, missing="fiml")
    minima = solve(problem)
    assert minima.converged[0]
    np.testing.assert_allclose(problem.objective.evaluate(minima.theta).gradient, 0, atol=1e-6)


def test_planned_missingness_without_a_complete_row():
    """Three booklets, each without one factor's first two items: every pair still meets in some booklet."""
    X = np.array(synthetic(n=360))
    for booklet in range(3):
        X[booklet::3, NAMES.index(f"x{3 * booklet + 1}"): NAMES.index(f"x{3 * booklet + 3}")] = np.nan
    problem = problem_of(FACTORS, X, missing="fiml")
    minima = solve(problem)
    assert not len(problem.objective.data[0].patterns.complete)
    assert minima.converged[0]
    assert all(s.converged for s in problem.saturated)


def test_weighted_moments_are_those_of_repeated_rows_and_keep_the_digits_of_small_variances():
    rng = np.random.default_rng(8)
    rows, counts = 1e6 + 1e-3 * rng.normal(size=(30, 3)), rng.integers(0, 4, size=(2, 30))
    n, mean, cov = weighted_moments(rows, counts.astype(float))
    for member in range(2):
        repeated = np.repeat(rows, counts[member], axis=0)
        assert n[member] == len(repeated)
        np.testing.assert_allclose(mean[member], repeated.mean(axis=0), rtol=1e-14)
        np.testing.assert_allclose(cov[member], np.cov(repeated, rowvar=False, bias=True), rtol=1e-5, atol=1e-12)
