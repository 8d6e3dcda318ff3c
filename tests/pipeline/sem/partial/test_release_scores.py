"""Score tests of releasing sets of equalities: formulas, laws, and lavaan's numbers."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from instrument.errors import InputError
from pipeline.sem.difference import difference_test
from pipeline.sem.estimate import Options, estimate_model
from pipeline.sem.generalised_scores import generalised_score
from pipeline.sem.releases import ReleaseSet, release_tests
from pipeline.sem.score_tests import score_tests
from pipeline.undefined import Undefined
from tests.pipeline.sem.partial.shared_data import ITEMS, MODEL, holzinger, simulated, stored

SCALAR = ("loadings", "intercepts")


def intercept(item: str) -> ReleaseSet:
    return ReleaseSet(item, ((item, "~1", ""),))


def positive(rng: np.random.Generator, q: int) -> np.ndarray:
    A = rng.normal(size=(q, 2 * q))
    return A @ A.T / q


@pytest.fixture
def pieces():
    """A model of 5 parameters within 8, of which 2 more are freed, at its minimum."""
    rng = np.random.default_rng(7)
    larger = rng.normal(size=(8, 7))
    kept = larger[:, :5]
    score = rng.normal(size=8)
    score -= np.linalg.qr(kept)[0] @ (np.linalg.qr(kept)[0].T @ score)  # no slope within the model
    return score, positive(rng, 8), positive(rng, 8), kept, larger


# ---- kernel --------------------------------------------------------------------------------------------------------


def test_the_statistic_is_that_of_boos(pieces):
    score, information, variance, kept, larger = pieces
    J = larger @ np.linalg.inv(larger.T @ information @ larger) @ larger.T
    # Rows that vanish on the kept directions and not on the larger model's: constraints, in whatever coordinates.
    A = np.linalg.svd(kept.T)[2][5:]
    change = J @ score
    V = A @ J @ variance @ J @ A.T
    found = generalised_score(score, information, variance, kept, larger, 250)
    assert found.statistic == pytest.approx(250 * (A @ change) @ np.linalg.pinv(V, rcond=1e-10) @ (A @ change))
    # Expected information says what is identified; directions are projected in the metric of the other.
    told = generalised_score(score, information, variance, kept, larger, 250, positive(np.random.default_rng(0), 8))
    assert told.statistic == pytest.approx(found.statistic)
    assert (found.df, found.identified, found.constraints) == (2, 2, 2)
    np.testing.assert_allclose(found.change, change)
    assert not found.undefined.any()


def test_with_information_for_the_variance_it_is_raos(pieces):
    score, information, _, kept, larger = pieces
    J = larger @ np.linalg.inv(larger.T @ information @ larger) @ larger.T
    found = generalised_score(score, information, information, kept, larger, 250)
    assert found.statistic == pytest.approx(250 * score @ J @ score)


def test_units_of_the_parameters_do_not_matter(pieces):
    score, information, variance, kept, larger = pieces
    unit = 10.0 ** np.arange(-4, 4)
    pairs = np.outer(unit, unit)
    plain = generalised_score(score, information, variance, kept, larger, 250)
    other = generalised_score(score * unit, information * pairs, variance * pairs, kept / unit[:, None],
                              larger / unit[:, None], 250)
    assert other.statistic == pytest.approx(plain.statistic)
    np.testing.assert_allclose(other.change * unit, plain.change)


def test_what_is_not_identified_is_not_tested_and_its_change_has_no_value():
    rng = np.random.default_rng(3)
    moments = rng.normal(size=(6, 5))
    moments[:, 4] = moments[:, 3] + moments[:, 0]  # the fifth parameter does what the fourth and first do together
    information, middle = moments.T @ moments, positive(rng, 6)
    variance, score = moments.T @ middle @ moments, moments.T @ rng.normal(size=6)
    kept = np.eye(5)[:, :3]
    score -= moments.T @ moments[:, :3] @ np.linalg.solve(information[:3, :3], score[:3])
    one = generalised_score(score, information, variance, kept, np.eye(5)[:, :4], 100)
    both = generalised_score(score, information, variance, kept, np.eye(5), 100)
    assert (both.df, both.identified, both.constraints) == (1, 1, 2)
    assert both.statistic == pytest.approx(one.statistic)
    np.testing.assert_array_equal(both.undefined, [True, False, False, True, True])
    lost = np.array([1.0, 0.0, 0.0, 1.0, -1.0])
    observed = information + 1e-3 * np.outer(lost, lost)  # not flat, because the model misfits
    told = generalised_score(score, observed, variance, kept, np.eye(5), 100, information)
    assert (told.df, told.identified) == (1, 1)
    assert generalised_score(score, observed, variance, kept, np.eye(5), 100).identified == 2
    only = generalised_score(score, information, variance, np.eye(5)[:, :4], np.eye(5), 100)
    assert isinstance(only.statistic, Undefined)
    assert only.df == 0


def test_scores_that_vary_in_one_direction_only_test_one_constraint(pieces):
    score, information, _, kept, larger = pieces
    one = np.outer(score, score)  # as of two clusters, the only scores there are
    found = generalised_score(score, information, one, kept, larger, 250)
    assert (found.df, found.identified, found.constraints) == (1, 2, 2)
    assert found.statistic == pytest.approx(250.0)


def test_a_point_that_is_no_minimum_has_no_test(pieces):
    score, information, variance, kept, larger = pieces
    assert isinstance(generalised_score(score, -information, variance, kept, larger, 250).statistic, Undefined)


# ---- lavaan --------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def by_third():
    X, _, thirds = holzinger()
    return estimate_model(MODEL, X, ITEMS, Options("ml", equal=SCALAR), groups=thirds)


def test_releases_in_three_groups_are_lavaans(by_third):
    expected = stored("score_tests")["releases"]
    sets = [ReleaseSet("", ((e["lhs"], e["op"], e["rhs"]),)) for e in expected]
    for e, test in zip(expected, release_tests(by_third, sets), strict=True):
        assert (test.df, test.constraints, test.note) == (e["df"], 2, "")
        assert test.statistic == pytest.approx(e["statistic"], rel=2e-5)
        assert test.pvalue == pytest.approx(e["pvalue"], rel=2e-5)
        assert [change.group for change in test.changes] == e["groups"]
        for name, column in (("estimate", "est"), ("change", "epc"), ("standardised", "sepc_all")):
            np.testing.assert_allclose([getattr(change, name) for change in test.changes], e[column], rtol=2e-4,
                                       atol=1e-6)


def test_in_two_groups_each_is_the_univariate_score_test():
    X, schools, _ = holzinger()
    estimated = estimate_model(MODEL.partition("speed")[0], X, ITEMS, Options("ml", equal=SCALAR), groups=schools)
    rows = {row.plabel: row for row in estimated.problem.table.rows}
    expected = score_tests(estimated.problem, estimated.theta).univariate
    released = [rows[release.lhs] for release in expected]
    found = release_tests(estimated, [ReleaseSet("", ((row.lhs, row.op, row.rhs),)) for row in released])
    assert [test.df for test in found] == [1] * 10
    np.testing.assert_allclose([test.statistic for test in found], [release.test.statistic for release in expected])


# ---- laws ----------------------------------------------------------------------------------------------------------


def test_rows_that_are_there_twice_count_once_as_clusters():
    X, groups = simulated(np.random.default_rng(5), 150, shifts={1: 0.4}, factors=1)
    X = X + 0.5 * X**2
    names, model = ["a", "b", "c", "d"], "F =~ a + b + c + d"
    plain = estimate_model(model, X, names, Options("mlr", equal=SCALAR), groups=groups)
    twice = estimate_model(model, np.repeat(X, 2, axis=0), names, Options("mlr", equal=SCALAR),
                           groups=np.repeat(groups, 2).tolist(), clusters=np.repeat(np.arange(300), 2).tolist())
    one, other = (release_tests(e, [intercept("b")])[0] for e in (plain, twice))
    assert other.statistic == pytest.approx(one.statistic * 149 / 150)
    normal = estimate_model(model, X, names, Options("ml", equal=SCALAR), groups=groups)
    assert abs(release_tests(normal, [intercept("b")])[0].statistic / one.statistic - 1) > 0.05


def test_a_marker_is_released_as_any_other_loading_is():
    """With the variance or with the marker for a scale, the model with equal loadings is the same."""
    X, schools, _ = holzinger()
    loading = ReleaseSet("", (("visual", "=~", "x1"),))
    marker, standard = (release_tests(estimate_model(MODEL, X, ITEMS, Options("ml", equal=("loadings",), std_lv=std),
                                                     groups=schools), [loading])[0] for std in (False, True))
    assert marker.statistic == pytest.approx(standard.statistic, rel=1e-6)
    assert [change.estimate for change in marker.changes] == [1.0, 1.0]
    assert marker.changes[0].change == 0.0
    assert marker.changes[1].change != 0.0


@pytest.mark.parametrize("missing", ["listwise", "fiml"])
def test_all_of_a_factor_cannot_be_released_at_once(missing):
    """With values missing information is observed, and what is not identified is not flat where the model misfits."""
    X, schools, _ = holzinger()
    X = np.where(np.arange(X.size).reshape(X.shape) % 17 == 3, np.nan, X) if missing == "fiml" else X
    estimated = estimate_model(MODEL, X, ITEMS, Options("ml", missing=missing, equal=SCALAR), groups=schools)
    test, = release_tests(estimated, [ReleaseSet("", tuple((item, "~1", "") for item in ITEMS[:3]))])
    assert (test.df, test.constraints) == (2, 3)
    assert test.note.startswith("3 equalities are given up, of which 2 can be tested")
    assert any(isinstance(change.change, Undefined) for change in test.changes)


def test_with_values_missing_it_is_close_to_the_likelihood_ratio():
    rng = np.random.default_rng(11)
    X, groups = simulated(rng, 1500, shifts={1: 0.15}, factors=1)
    X[rng.random(X.shape) < 0.15] = np.nan
    model = "F =~ NA*a + b + c + d\nF ~~ c(1, NA)*F\nF ~ c(0, NA)*1"
    freed = model + "\na ~ c(i, i)*1\nc ~ c(k, k)*1\nd ~ c(l, l)*1"
    restricted, larger = (estimate_model(text, X, ["a", "b", "c", "d"], Options("ml", missing="fiml", equal=(
        "loadings",)), groups=groups) for text in (freed + "\nb ~ c(j, j)*1", freed))
    test, = release_tests(restricted, [intercept("b")])
    assert test.statistic == pytest.approx(difference_test(restricted, larger).statistic, rel=0.03)


# ---- refusals ------------------------------------------------------------------------------------------------------


def test_only_an_equality_can_be_given_up(by_third):
    with pytest.raises(InputError) as refused:
        release_tests(by_third, [ReleaseSet("residual of x1", (("x1", "~~", "x1"),))])
    assert refused.value.findings[0].code == "SCORE-RELEASE"


def test_a_search_that_failed_has_no_test(by_third):
    failed = replace(by_third, minima=replace(by_third.minima, converged=np.array([False])))
    with pytest.raises(ValueError, match="did not converge"):
        release_tests(failed, [intercept("x1")])
