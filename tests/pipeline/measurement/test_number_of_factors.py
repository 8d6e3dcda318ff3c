"""Common-factor parallel analysis, empirical Kaiser criterion and hull against R; the rules together."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest

from instrument.errors import InputError
from pipeline.measurement.common_factor_retention import one_factor_communalities, reduced_eigenvalues
from pipeline.measurement.extraction import extract
from pipeline.measurement.hull import bends_of_hull, discrepancy, hull, sharpest
from pipeline.measurement.kaiser import empirical_kaiser
from pipeline.measurement.number_of_factors import (
    RULES,
    NumberOfFactors,
    attenuation_of,
    factors_to_keep,
    number_of_factors,
)
from pipeline.measurement.retention import random_correlations
from pipeline.moments.polychoric import polychoric
from pipeline.undefined import Undefined
from tests.pipeline.measurement.factors import FACTORS, answers, correlations


@cache
def found(data: str) -> NumberOfFactors:
    return number_of_factors(correlations(data), FACTORS[data]["n"], draws=500, percentile=95, seed=3)


@pytest.mark.parametrize("data", FACTORS)
class TestAgainstR:
    def test_parallel_analyses_decide_as_psychs(self, data: str) -> None:
        expected, ours = FACTORS[data]["parallel"], found(data)
        assert (ours.parallel.factors, ours.parallel_fa.factors) == (expected["ncomp"], expected["nfact"])
        assert ours.parallel.eigenvalues == pytest.approx(expected["components"], abs=1e-10)
        assert ours.parallel_fa.eigenvalues == pytest.approx(expected["common"], abs=1e-5)
        assert ours.parallel_fa.of == "common factors"
        # Two simulations of 500 draws: four standard errors of their difference, 2.1 times that for the percentile.
        chance = 4 * np.array(expected["random_common"]["sd"]) * np.sqrt(2 / 500)
        off = np.array(ours.parallel_fa.reference_mean) - expected["random_common"]["mean"]
        assert (np.abs(off) < chance).all()
        off = np.array(ours.parallel_fa.reference_percentile) - expected["random_common"]["percentile"]
        assert (np.abs(off) < 2.1 * chance).all()

    def test_empirical_kaiser_is_its_formula(self, data: str) -> None:
        ours = empirical_kaiser(correlations(data), FACTORS[data]["n"])
        assert ours.references == pytest.approx(FACTORS[data]["kaiser"], abs=1e-12)
        above = np.array(ours.eigenvalues) > np.array(ours.references)
        assert ours.factors == above.tolist().index(False)

    def test_hull_stands_on_the_same_points_and_bends_where_rs_does(self, data: str) -> None:
        expected = FACTORS[data]["hull"]
        ours = hull(correlations(data), FACTORS[data]["n"], most=len(expected["df"]) - 1)
        assert not isinstance(ours, Undefined)
        assert ours.df == tuple(expected["df"])
        assert ours.fit == pytest.approx(expected["cfi"], abs=1e-8)
        bends = [None if bend == "NA" else pytest.approx(bend, rel=1e-6) for bend in expected["st"]]
        assert list(ours.st) == bends
        assert ours.factors == expected["factors"]

    def test_map_decides_as_psychs(self, data: str) -> None:
        assert found(data).average_partial.factors == int(np.argmin(FACTORS[data]["map"])) + 1


def test_parallel_analysis_of_polychorics_is_that_of_resampled_answers() -> None:
    expected = FACTORS["likert"]["polychoric"]["parallel"]
    X = answers("likert")
    R = polychoric(X, FACTORS["likert"]["items"]).correlation
    ours = number_of_factors(R, len(X), draws=500, percentile=95, seed=1, attenuation=attenuation_of(X))
    assert (ours.parallel.factors, ours.parallel_fa.factors) == (expected["ncomp"], expected["nfact"])
    for analysis, name in ((ours.parallel, "resampled_components"), (ours.parallel_fa, "resampled_common")):
        chance = 4 * np.array(expected[name]["sd"]) * np.sqrt(1 / expected["draws"] + 1 / 500)
        assert (np.abs(np.array(analysis.reference_mean) - expected[name]["mean"]) < chance).all()


def test_attenuation_of_halves_is_that_of_tetrachorics() -> None:
    # φ(0)²·(1/½ + 1/½): the variance of the two halves' means, 2/π.
    X = np.array([[0.0, 1], [0, 2], [1, 3], [1, 4]])
    halves, quarters = attenuation_of(X)
    assert halves == pytest.approx(np.sqrt(2 / np.pi))
    assert halves < quarters < 1
    plain = random_correlations(50, 2, 3, seed=1)
    coarse = random_correlations(50, 2, 3, seed=1, attenuation=np.array([halves, quarters]))
    assert coarse[:, 0, 1] * halves * quarters == pytest.approx(plain[:, 0, 1])
    assert (coarse[:, [0, 1], [0, 1]] == 1).all()


def test_one_factor_communalities_are_those_of_minres_for_every_matrix_of_a_stack() -> None:
    X = answers("holzinger39")
    first, second = X[:, :6], X[:, 3:]
    stack = np.stack([np.corrcoef(rows, rowvar=False) for rows in (first, second)])
    expected = [extract(rows, list("abcdef"), factors=1, method="minres").communality for rows in (first, second)]
    assert one_factor_communalities(stack) == pytest.approx(np.array(expected), abs=1e-4)
    # The trace of the reduced matrix is the sum of its communalities.
    assert reduced_eigenvalues(stack).sum(axis=1) == pytest.approx(np.sum(expected, axis=1), abs=1e-3)


def test_unrelated_items_have_no_factor_by_any_rule_and_no_nan() -> None:
    rules = number_of_factors(np.eye(7), 100, draws=20, percentile=95, seed=1)
    assert [rules.suggested[rule] for rule in ("parallel", "parallel-fa", "map", "kaiser")] == [0, 0, 0, 0]
    assert isinstance(rules.hull, Undefined)
    assert np.isfinite(rules.parallel_fa.eigenvalues).all()


@pytest.mark.parametrize(("m", "chisq"), [(1, 312.264), (2, 116.457), (3, 22.3792)])
def test_discrepancy_is_that_of_the_extraction(m: int, chisq: float) -> None:
    solution = extract(answers("holzinger39"), list("abcdefghi"), factors=m, rotation="none")
    multiplier = 301 - 1 - (2 * 9 + 5) / 6 - 2 * m / 3
    assert multiplier * discrepancy(correlations("holzinger39"), m) == pytest.approx(solution.chisq, abs=1e-6)
    assert not isinstance(solution.chisq, Undefined)


def test_hull_drops_what_lies_below_the_line_of_its_neighbours_down_to_the_last_three() -> None:
    # Two factors are on the line from one to three, four fit worse than three, five begin a flat end.
    fit, df = [0.0, 0.6, 0.7, 0.8, 0.75, 0.81], [20, 15, 10, 5, 3, 1]
    one, three = 0.6 / 5 / (0.2 / 10), 0.02 / (0.01 / 4)
    assert list(bends_of_hull(fit, df)) == [None, pytest.approx(one), None, pytest.approx(three), None, None]
    assert bends_of_hull([0.0, 0.5, 1.0], [2, 1, 0]) == (None, None, None)


def test_hull_that_rises_in_one_go_keeps_what_nothing_larger_betters() -> None:
    # One factor fits perfectly: 1 − (df − 0)/… for more factors falls with their degrees of freedom.
    loadings = np.linspace(0.5, 0.8, 7)
    R = np.outer(loadings, loadings)
    np.fill_diagonal(R, 1)
    perfect = hull(R, 200, most=2)
    assert not isinstance(perfect, Undefined)
    assert set(perfect.st) == {None}
    assert perfect.fit[1] > perfect.fit[2] > perfect.fit[3] > 1
    assert perfect.factors == 1
    # Where the largest number is the top, a still larger one might be better.
    assert sharpest([0.0, 0.9, 0.8], (None,) * 3) == 1
    assert isinstance(sharpest([0.0, 0.4, 0.9], (None,) * 3), Undefined)
    # Too few rows for chance to be told from fit: nothing is gained.
    assert isinstance(hull(np.corrcoef(np.random.default_rng(4).standard_normal((40, 7)), rowvar=False), 10, most=2),
                      Undefined)


def test_hull_needs_six_items_and_three_factors_to_look_at() -> None:
    R = correlations("holzinger39")
    few = hull(R[:5, :5], 301, most=2)
    assert isinstance(few, Undefined)
    assert "6 items" in few.because
    least = hull(R, 301, most=1)
    assert not isinstance(least, Undefined)
    assert len(least.fit) == 4


def test_the_mean_of_random_eigenvalues_keeps_at_least_as_many() -> None:
    analysis = found("answers").parallel
    above = np.array(analysis.eigenvalues) > np.array(analysis.reference_mean)
    assert analysis.factors_above_mean == above.tolist().index(False) >= analysis.factors


def test_a_rule_gives_its_own_number_and_no_factor_is_no_silent_zero() -> None:
    rules = found("answers")
    assert rules.suggested == {"parallel": 5, "parallel-fa": 5, "map": 5, "kaiser": 6, "hull": 5}
    assert [factors_to_keep(rule, rules) for rule in (2, *RULES)] == [2, 5, 5, 5, 6, 5]
    none = number_of_factors(np.eye(7), 100, draws=20, percentile=95, seed=1)
    for rule, code in (("map", "EFA-NONE"), ("hull", "EFA-UNDECIDED"), ("scree", "EFA-RULE")):
        with pytest.raises(InputError, match=code):
            factors_to_keep(rule, none)  # type: ignore[arg-type]


def test_rows_given_again_and_again_change_the_reference_not_the_draws() -> None:
    # Empirical Kaiser and parallel analysis look at n, MAP does not.
    R = correlations("likert")
    small, large = (number_of_factors(R, n, draws=50, percentile=95, seed=1) for n in (40, 4000))
    assert small.kaiser.references[0] == pytest.approx((1 + np.sqrt(12 / 40)) ** 2)
    assert small.kaiser.references[0] > large.kaiser.references[0] > 1
    assert small.parallel_fa.reference_mean[0] > large.parallel_fa.reference_mean[0]
    assert small.average_partial == large.average_partial
