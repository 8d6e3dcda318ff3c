"""Verdicts: from an interval to a grade, and what a design could have found."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import norm

from pipeline.claims.verdicts import Evidence, combine, detectable, judge, level_of_each, power_at
from pipeline.undefined import Undefined


def evidence(std: float, se: float, *, bound: float = 0.10, level: float = 0.95) -> Evidence:
    """Of an estimate whose raw and standardised scales are one."""
    reach = norm.ppf((1 + level) / 2) * se
    return Evidence(std - reach, std + reach, level, std, se, bound)


@pytest.mark.parametrize(("expected", "std", "se", "verdict"), [
    ("positive", 0.30, 0.05, "supported"),
    ("positive", -0.30, 0.05, "against"),        # the opposite is there
    ("positive", 0.01, 0.03, "against"),         # nothing that matters is left
    ("positive", 0.05, 0.05, "inconclusive"),
    ("positive", 0.04, 0.015, "supported"),      # small, and there
    ("negative", -0.30, 0.05, "supported"),
    ("negative", 0.30, 0.05, "against"),
    ("negative", 0.05, 0.05, "inconclusive"),
    ("none", 0.01, 0.03, "supported"),
    ("none", 0.30, 0.05, "against"),
    ("none", 0.05, 0.05, "inconclusive"),
])
def test_each_grade_has_its_region(expected: str, std: float, se: float, verdict: str) -> None:
    assert judge(expected, evidence(std, se)) == verdict  # type: ignore[arg-type]


@pytest.mark.parametrize(("lower", "upper", "verdict"), [
    (0.35, 0.60, "supported"), (0.30, 0.70, "supported"), (0.10, 0.20, "against"), (0.75, 0.90, "against"),
    (0.25, 0.40, "inconclusive"), (0.10, 0.90, "inconclusive"),
])
def test_a_range_is_met_missed_or_touched(lower: float, upper: float, verdict: str) -> None:
    assert judge("between", Evidence(lower, upper, 0.95, 0.5, 0.1, 0.1), (0.3, 0.7)) == verdict


def test_the_two_one_sided_tests_use_the_interval_of_twice_alpha() -> None:
    # With se .05 and bound .10, the 90 % interval of .01 ends at .0922 and the 95 % interval at .108.
    at = evidence(0.01, 0.05)
    lower, upper = at.equivalence
    np.testing.assert_allclose((lower, upper), (0.01 - 1.6448536 * 0.05, 0.01 + 1.6448536 * 0.05), rtol=1e-7)
    assert at.negligible
    assert not evidence(0.02, 0.05).negligible


def test_without_a_standardised_error_nothing_counts_as_negligible() -> None:
    unknown = Evidence(-0.01, 0.01, 0.95, 0.0, Undefined("the variance is negative"), 0.10)
    assert judge("positive", unknown) == "inconclusive"
    assert judge("none", unknown) == "inconclusive"


@given(st.floats(-1, 1), st.floats(0.005, 0.5), st.floats(0.01, 0.4))
def test_turning_the_sign_round_turns_the_verdict_round(std: float, se: float, bound: float) -> None:
    here, mirrored = evidence(std, se, bound=bound), evidence(-std, se, bound=bound)
    assert judge("positive", here) == judge("negative", mirrored)
    assert judge("none", here) == judge("none", mirrored)


@given(st.floats(-1, 1), st.floats(0.005, 0.5))
def test_no_estimate_supports_a_side_and_its_opposite(std: float, se: float) -> None:
    assert [judge("positive", evidence(std, se)), judge("negative", evidence(std, se))].count("supported") <= 1


def test_all_predictions_must_hold_or_any() -> None:
    grades = ("supported", "against", "inconclusive")
    for first, second in product(grades, grades):
        every, some = combine((first, second), "all"), combine((first, second), "any")
        assert (every == "supported") == (first == second == "supported")
        assert (every == "against") == ("against" in (first, second))
        assert (some == "supported") == ("supported" in (first, second))
        assert (some == "against") == (first == second == "against")


def test_where_any_of_several_may_decide_each_has_a_stricter_level() -> None:
    assert level_of_each(0.95, 1, "any") == pytest.approx(0.95)
    assert level_of_each(0.95, 4, "any") == pytest.approx(0.9875)
    assert level_of_each(0.95, 4, "all") == 0.95


def test_false_support_is_nominal_where_any_of_several_decides() -> None:
    generator = np.random.default_rng(7)
    level = level_of_each(0.95, 3, "any")
    hits = sum(
        combine(tuple(judge("positive", evidence(z, 1.0, level=level)) for z in row), "any") == "supported"
        for row in generator.standard_normal((4000, 3)))
    assert hits / 4000 == pytest.approx(0.025, abs=3 * np.sqrt(0.025 * 0.975 / 4000))


@pytest.mark.parametrize("expected", ["positive", "negative", "none"])
def test_power_is_the_share_of_simulated_studies_that_support(expected: str) -> None:
    generator = np.random.default_rng(11)
    se, bound = 0.045, 0.10
    true = {"positive": bound, "negative": -bound, "none": 0.0}[expected]
    found = true + se * generator.standard_normal(6000)
    share = np.mean([judge(expected, evidence(x, se, bound=bound)) == "supported"  # type: ignore[arg-type]
                     for x in found])
    power = power_at(bound, se, 0.95, expected)  # type: ignore[arg-type]
    assert isinstance(power, float)
    assert power == pytest.approx(share, abs=4 * np.sqrt(share * (1 - share) / 6000))


def test_an_equivalence_test_too_wide_for_its_bounds_has_no_power() -> None:
    assert power_at(0.10, 0.10, 0.95, "none") == 0.0


def test_the_detectable_effect_is_found_with_its_power() -> None:
    smallest = detectable(0.04, 0.95)
    assert isinstance(smallest, float)
    assert smallest == pytest.approx(0.04 * (1.959964 + 0.8416212), rel=1e-6)
    assert power_at(smallest, 0.04, 0.95, "positive") == pytest.approx(0.80, abs=1e-6)
