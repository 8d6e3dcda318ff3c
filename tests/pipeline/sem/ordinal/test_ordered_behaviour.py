"""Models of ordered variables behave as their mathematics says: derivatives, symmetries, resamples, counts.

Nothing here needs another program: truth is a closed form, an invariance, or what was simulated.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import ndtri

from instrument.errors import InputError
from pipeline.sem.bootstrap import bootstrap
from pipeline.sem.describe import describe
from pipeline.sem.difference import difference_test
from pipeline.sem.estimate import Estimated, Options, estimate_model, standard_errors
from pipeline.sem.least_squares import LeastSquares, WeightedObjective
from pipeline.sem.refit import refit
from pipeline.sem.resampling import resampling
from pipeline.sem.score_tests import score_tests

ITEMS = ("f1", "f2", "f3", "f4")
NAMES = (*ITEMS, "m", "k", "c", "x1", "x2")
FACTOR = "F =~ f1 + f2 + f3 + f4"

CHAIN = """
    F =~ NA*f1 + f2 + f3 + c
    F ~~ 1*F
    m ~ x1 + x2
    k ~ m + x1
    F ~ k + x2
    f1 ~ x1
    f2 ~~ c
    m ~*~ NA*m
    k ~*~ NA*k
    f1 | a*t1 + t2 + t3
    f2 | a*t1 + t2 + t3
"""
"""Ordered mediators in a chain, free scales, tied thresholds, a numeric indicator, covariates."""


@pytest.fixture(scope="module")
def data() -> np.ndarray:
    """400 synthetic rows: four items of four categories, a binary and a three-category mediator, a numeric variable."""
    rng = np.random.default_rng(61)
    x = rng.normal(size=(400, 2))
    m = .5 * x[:, 0] + rng.normal(size=400)
    k = .6 * m + .3 * x[:, 0] + rng.normal(size=400)
    F = .4 * k + .3 * x[:, 1] + rng.normal(size=400)
    items = np.digitize(.8 * F[:, None] + .7 * rng.normal(size=(400, 4)), [-1., 0., 1.])
    c = 2 * F + 3 * rng.normal(size=400) + 5
    return np.column_stack([items, m > .2, np.digitize(k, [-.5, .6]), c, x]).astype(float)


def fit(model: str, data: np.ndarray, ordered: tuple[str, ...] = ITEMS, groups: list[str] | None = None,
        names: tuple[str, ...] = NAMES, **options: object) -> Estimated:
    return estimate_model(model, data, names, Options(estimator="wlsmv", ordered=ordered, **options), groups=groups)


def parameters(estimated: Estimated) -> dict[tuple[str, str, str, int], float]:
    return {(row.lhs, row.op, row.rhs, row.group): float(value)
            for row, value in zip(estimated.problem.table.free_rows(), estimated.theta, strict=True)}


def chisq(estimated: Estimated) -> tuple[float, float]:
    """T, and T scaled and shifted."""
    indices = describe(estimated).indices
    assert indices is not None
    assert indices.scaled is not None
    return indices.chisq, float(indices.scaled.chisq)


@pytest.fixture(scope="module")
def one(data) -> Estimated:
    return fit(FACTOR, data)


@pytest.fixture(scope="module")
def given_x(data) -> Estimated:
    return fit(FACTOR + " + c\nF ~ x1 + x2\nf2 ~ x1", data)


@pytest.fixture(scope="module")
def chain(data) -> tuple[Estimated, ...]:
    """The chain in one group and, with loadings and thresholds equal, in two; not identified, which is no matter."""
    groups = ["a" if row % 2 else "b" for row in range(len(data))]
    return tuple(fit(CHAIN, data, (*ITEMS[:3], "m", "k"), labels, equal=equal)
                 for labels, equal in ((None, ()), (groups, ("loadings", "thresholds", "regressions"))))


# ---- derivatives ---------------------------------------------------------------------------------------------------


@given(which=st.integers(0, 1), seed=st.integers(0, 2**32 - 1))
@settings(max_examples=12)
def test_the_gradient_is_that_of_the_discrepancy_anywhere(chain, which, seed):
    problem = chain[which].problem
    objective, rng = problem.objective, np.random.default_rng(seed)
    assert isinstance(objective, WeightedObjective)
    theta = problem.start() + rng.uniform(-.15, .15, problem.table.n_free)
    expected = sum(2 * float(share[0]) * (J * own.weight[0][:, None]).T @ (at[0] - own.vector[0])
                   for share, J, own, at in zip(objective.shares, objective.jacobians(theta), objective.squares,
                                                objective.vectors(theta[None]), strict=True))
    found = objective.evaluate(theta[None]).gradient[0]
    np.testing.assert_allclose(found, expected, rtol=1e-8, atol=1e-9 * np.abs(expected).max())
    direction = rng.normal(size=len(theta))
    ahead, behind = (float(objective.evaluate((theta + h * direction)[None]).value[0]) for h in (1e-5, -1e-5))
    assert (ahead - behind) / 2e-5 == pytest.approx(float(found @ direction), rel=1e-4, abs=1e-5)


def test_every_response_in_a_chain_keeps_the_variance_its_scale_says(chain):
    for estimated in chain:
        problem = estimated.problem
        theta = problem.start() + np.random.default_rng(3).uniform(-.1, .1, problem.table.n_free)
        for responses in problem.objective.responses:
            Sigma, scale = responses.implied(theta[None]).Sigma[0], responses.scales.at(theta[None])[0]
            ordered = np.flatnonzero(responses.layout.cuts.any(axis=0))
            np.testing.assert_allclose(np.diag(Sigma)[ordered], scale[ordered] ** -2, rtol=1e-12)
            assert not np.allclose(scale[responses.within], 1)


# ---- what must not matter ------------------------------------------------------------------------------------------


def test_codes_are_names_of_categories_in_their_order(one, data):
    recoded = data.copy()
    recoded[:, :4] = np.array([-7, 10, 11, 500])[data[:, :4].astype(int)]
    again = fit(FACTOR, recoded)
    np.testing.assert_array_equal(again.theta, one.theta)
    np.testing.assert_array_equal(again.vcov, one.vcov)


def test_a_reversed_item_turns_its_loading_and_its_thresholds_about(one, data):
    turned = data.copy()
    turned[:, 1] = 3 - data[:, 1]
    again = fit(FACTOR, turned)
    assert chisq(again) == pytest.approx(chisq(one), rel=1e-6)
    before, after = parameters(one), parameters(again)
    expected = dict(before)
    expected["F", "=~", "f2", 1] = -before["F", "=~", "f2", 1]
    for t in (1, 2, 3):
        expected["f2", "|", f"t{t}", 1] = -before["f2", "|", f"t{4 - t}", 1]
    assert after == pytest.approx(expected, abs=1e-5)


def test_the_order_of_rows_and_columns_does_not_matter(given_x, data):
    rng = np.random.default_rng(8)
    columns = rng.permutation(len(NAMES))
    again = fit(given_x.syntax, data[rng.permutation(len(data))][:, columns],
                names=tuple(NAMES[column] for column in columns))
    assert parameters(again) == pytest.approx(parameters(given_x), abs=1e-5)
    assert chisq(again) == pytest.approx(chisq(given_x), rel=1e-5)
    np.testing.assert_allclose(np.sort(standard_errors(again.vcov)), np.sort(standard_errors(given_x.vcov)), atol=1e-5)


def test_the_order_of_items_in_the_model_does_not_matter(one, data):
    again = fit("F =~ f4 + f2 + f1 + f3\nF ~~ 1*F\nF =~ NA*f4", data)
    assert chisq(again) == pytest.approx(chisq(one), rel=1e-5)


def test_a_covariates_unit_moves_only_its_own_slopes(given_x, data):
    moved = data.copy()
    moved[:, NAMES.index("x1")] = 50 * data[:, NAMES.index("x1")] + 1000
    again = fit(given_x.syntax, moved)
    before, after = parameters(given_x), parameters(again)
    assert chisq(again) == pytest.approx(chisq(given_x), rel=1e-5)
    for key in (("F", "~", "x1", 1), ("f2", "~", "x1", 1)):
        assert 50 * after[key] == pytest.approx(before[key], abs=1e-5)
    for key in (("F", "~", "x2", 1), ("F", "=~", "c", 1), ("F", "~~", "F", 1)):
        assert after[key] == pytest.approx(before[key], abs=1e-5)


@pytest.mark.parametrize("model", [FACTOR, FACTOR + " + c\nF ~ x1 + x2\nf2 ~ x1"])
def test_two_groups_with_the_same_rows_are_one_group_twice(one, given_x, data, model):
    alone = one if model == FACTOR else given_x
    n = len(data)
    twice = fit(model, np.concatenate([data, data]), groups=["a"] * n + ["b"] * n)
    single, q = parameters(alone), len(alone.theta)
    assert parameters(twice) == pytest.approx({(*key[:3], g): value for key, value in single.items() for g in (1, 2)},
                                              abs=1e-5)
    # T is Σ(n_g − 1)F_g, covariances divide by N − G: 2(n − 1) over the share ½ of each group.
    np.testing.assert_allclose(twice.vcov[:q, :q], alone.vcov, rtol=1e-3, atol=1e-6)
    np.testing.assert_allclose(twice.vcov[:q, q:], 0, atol=1e-8)
    assert chisq(twice)[0] == pytest.approx(2 * chisq(alone)[0], rel=1e-5)
    assert chisq(twice)[1] > chisq(alone)[1]
    fits = [describe(found).indices for found in (alone, twice)]
    assert fits[1].srmr == pytest.approx(fits[0].srmr, rel=1e-5)
    assert fits[1].baseline_chisq == pytest.approx(2 * fits[0].baseline_chisq, rel=1e-9)
    assert (fits[1].df, fits[1].baseline_df) == (2 * fits[0].df, 2 * fits[0].baseline_df)


def test_which_group_comes_first_does_not_matter_to_fit(data):
    rows = np.r_[0:150, 150:400]
    labels = ["a"] * 150 + ["b"] * 250
    one, two = (describe(fit(FACTOR, data[order], groups=[labels[row] for row in order], equal=("loadings",))).indices
                for order in (rows, rows[::-1]))
    for name in ("cfi", "tli", "rmsea", "rmsea_ci_upper"):
        assert getattr(two.robust, name) == pytest.approx(getattr(one.robust, name), rel=1e-6)
    assert two.scaled.chisq == pytest.approx(one.scaled.chisq, rel=1e-5)
    assert two.srmr == pytest.approx(one.srmr, rel=1e-5)


def test_thresholds_beyond_the_ninth_keep_their_order():
    rng = np.random.default_rng(2)
    F = rng.normal(size=600)
    X = np.digitize(.8 * F[:, None] + .6 * rng.normal(size=(600, 3)), np.linspace(-1.6, 1.6, 11)).astype(float)
    found = parameters(fit("F =~ a + b + c", X, ("a", "b", "c"), names=("a", "b", "c")))
    shares = np.array([(X[:, 0] <= k).mean() for k in range(11)])
    np.testing.assert_allclose([found["a", "|", f"t{t}", 1] for t in range(1, 12)], ndtri(shares), atol=1e-6)


def test_a_category_that_only_rows_left_out_chose_is_told_with_its_variable(data):
    gone = data.copy()
    gone[0, 0], gone[0, 1], gone[1, 2], gone[1, 3] = 9, np.nan, 9, np.nan
    listwise = fit(FACTOR, gone)
    told = " ".join(found.text for found in listwise.diagnoses)
    assert "f1 (1)" in told
    assert "f3 (1)" in told
    assert "f2" not in told.split("no categories")[1]
    without = fit(FACTOR, data[2:])
    np.testing.assert_allclose(listwise.theta, without.theta, atol=1e-7)
    # Kept, those answers are categories of their own.
    pairwise = parameters(fit(FACTOR, gone, missing="pairwise"))
    assert ("f1", "|", "t4", 1) in pairwise
    assert ("f2", "|", "t4", 1) not in pairwise


def test_rows_with_covariates_alone_are_no_cases(given_x, data):
    """Given x such a row says nothing: nothing changes but the covariates' own moments."""
    silent = np.concatenate([data, data[:30]])
    silent[-30:, :7] = np.nan
    found = fit(given_x.syntax, silent, missing="pairwise")
    assert found.problem.n == len(data)
    assert found.problem.sample.left_out.empty == 30
    np.testing.assert_allclose(found.theta, given_x.theta, atol=1e-6)
    np.testing.assert_allclose(found.vcov, given_x.vcov, atol=1e-8)
    assert chisq(found) == pytest.approx(chisq(given_x), rel=1e-5)


# ---- resamples -----------------------------------------------------------------------------------------------------


def test_rows_taken_once_each_give_the_samples_moments_and_estimate(given_x):
    problem, ones = given_x.problem, np.ones((2, given_x.problem.n), dtype=np.uint16)
    plan = refit(problem, given_x.theta)
    objective, usable = plan.objective([ones])
    own, again = problem.objective.data[0], objective.data[0]
    assert isinstance(own, LeastSquares)
    assert isinstance(again, LeastSquares)
    assert usable.all()
    np.testing.assert_allclose(again.n, own.n[0])
    np.testing.assert_allclose(again.vector, np.repeat(own.vector, 2, axis=0), atol=1e-6)
    np.testing.assert_allclose(again.weight, np.repeat(own.weight, 2, axis=0), rtol=1e-4)
    x = problem.objective.responses[0].x_observed
    np.testing.assert_allclose(again.cov[:, x[:, None], x], np.repeat(own.cov[:, x[:, None], x], 2, axis=0))
    np.testing.assert_allclose(again.mean[:, x], np.repeat(own.mean[:, x], 2, axis=0), atol=1e-12)
    np.testing.assert_allclose(plan.minima(objective, usable).theta, given_x.theta[None].repeat(2, axis=0), atol=1e-4)


def test_rows_taken_twice_are_two_rows(given_x, data):
    """Weights are counts: a draw's moments are those of the rows written out, and members of a stack stay apart."""
    rng = np.random.default_rng(4)
    counts = np.stack([np.bincount(rng.integers(0, 400, size), minlength=400) for size in (400, 700)])
    objective, usable = refit(given_x.problem, given_x.theta).objective([counts])
    assert usable.all()
    for member, count in enumerate(counts):
        written = fit(given_x.syntax, np.repeat(data, count, axis=0)).problem.objective.data[0]
        taken = objective.take(np.array([member])).data[0]
        assert isinstance(written, LeastSquares)
        assert isinstance(taken, LeastSquares)
        assert taken.n == count.sum() - 1 == written.n
        np.testing.assert_allclose(taken.vector, written.vector, atol=1e-5)
        np.testing.assert_allclose(taken.weight, written.weight, rtol=1e-3)
        x = given_x.problem.objective.responses[0].x_observed
        np.testing.assert_allclose(taken.cov[:, x[:, None], x], written.cov[:, x[:, None], x])
        np.testing.assert_allclose(taken.mean[:, x], written.mean[:, x], atol=1e-12)


def test_draws_that_lose_a_category_are_counted_and_not_used(data):
    rare = data.copy()
    rare[:, 0] = np.minimum(data[:, 0], 2)
    rare[:2, 0] = 3
    found = fit(FACTOR, rare)
    kept = bootstrap(found.problem, found.theta, draws=40, seed=5)
    drawn = resampling(found.problem.sample, 5).counts(0, 40)[0]
    lost = (drawn[:, :2].sum(axis=1) == 0)
    assert 0 < lost.sum() < 20
    assert kept.requested == 40
    assert kept.converged == 40 - lost.sum()
    np.testing.assert_array_equal(kept.draws.number, np.flatnonzero(~lost))


def test_the_bootstraps_spread_is_the_sandwichs(one):
    kept = bootstrap(one.problem, one.theta, draws=400, seed=12)
    assert kept.converged >= 398
    ratio = kept.draws.theta.std(axis=0, ddof=1) / standard_errors(one.vcov)
    np.testing.assert_allclose(ratio, 1, atol=.17)
    assert abs(ratio.mean() - 1) < .06


# ---- constraints ---------------------------------------------------------------------------------------------------


def test_constraints_that_can_be_given_up_together_are_counted(one, data):
    tied = fit("F =~ f1 + a*f2 + a*f3 + f4", data)
    found = score_tests(tied.problem, tied.theta)
    assert (found.rank, found.total.df) == (1, 1)
    equal = fit(FACTOR, data, groups=["a" if row % 2 else "b" for row in range(len(data))],
                equal=("loadings", "thresholds"))
    found = score_tests(equal.problem, equal.theta)
    assert found.rank == 2 * one.npar - equal.npar < found.total.df


def test_models_that_use_missing_values_otherwise_have_no_difference(one, data):
    with pytest.raises(InputError) as raised:
        difference_test(fit("F =~ f1 + a*f2 + a*f3 + f4", data, missing="pairwise"), one)
    assert [found.code for found in raised.value.findings] == ["COMPARE-ESTIMATOR"]


# ---- what is said --------------------------------------------------------------------------------------------------


def test_fewer_cases_than_parameters_are_told():
    rng = np.random.default_rng(1)
    latent = np.repeat(np.arange(4), 4)[:, None] + rng.normal(size=(16, 4))
    few = latent.argsort(axis=0).argsort(axis=0) // 4.0  # four answers in every category
    enough, fewer = (fit(FACTOR, rows, names=ITEMS) for rows in (few, few[:-1]))
    assert enough.npar == enough.problem.n == 16 == fewer.npar
    assert ["few-cases" in [found.code for found in one.diagnoses] for one in (enough, fewer)] == [False, True]


def test_robust_indices_need_ordered_variables_without_covariates(one, given_x):
    assert describe(one).indices.robust is not None
    assert describe(given_x).indices.robust is None


@pytest.mark.parametrize(("changed", "code"), [
    ({"nonnegative_variances": True}, "SEM-ESTIMATOR"), ({"missing": "fiml"}, "SEM-ESTIMATOR"),
    ({"estimator": "ml"}, "SEM-ESTIMATOR"), ({"ordered": ()}, "SEM-ORDERED"), ({"ordered": ("x1",)}, "ORDERED-CODES"),
])
def test_options_that_clash_are_refused(data, changed, code):
    with pytest.raises(InputError) as raised:
        estimate_model(FACTOR, data, NAMES, replace(Options(estimator="wlsmv", ordered=ITEMS), **changed))
    assert [found.code for found in raised.value.findings] == [code]
