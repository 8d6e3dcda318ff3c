"""Composite reliability, variance extracted, Fornell and Larcker, against lavaan and semTools."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import norm

from pipeline.measurement.convergent import (
    Standardised,
    average_variance_extracted,
    composite_reliability,
    convergence,
    fornell_larcker,
    logit_interval,
    standardised_solution,
)
from pipeline.measurement.structures import correlated
from pipeline.sem.estimate import Options, estimate_model
from pipeline.sem.from_moments import estimate_from_moments
from pipeline.undefined import Undefined
from tests.pipeline.measurement.distinct_reference import CASES, REFERENCE, answers, estimated, factors, scales


def by_scale(case):
    solution = standardised_solution(estimated(case))
    return dict(zip(scales(case), convergence(solution, factors(case)), strict=True))


@pytest.mark.parametrize("case", CASES)
def test_shares_and_their_errors_are_lavaans(case):
    reference = REFERENCE[case]
    for name, found in by_scale(case).items():
        for item, loading in found.loadings.items():
            assert loading == pytest.approx(reference["loadings"][item], abs=1e-5)
        for value, limits, key in ((found.reliability, found.reliability_interval, f"cr_{name}"),
                                   (found.variance_extracted, found.variance_extracted_interval, f"ave_{name}")):
            assert value == pytest.approx(reference["defined"][key], abs=1e-5)
            # The interval's half width on the logit scale gives the delta method's error back.
            lower, upper = (np.log(limit / (1 - limit)) for limit in limits)
            se = (upper - lower) / 2 / norm.ppf(.975) * value * (1 - value)
            assert se == pytest.approx(reference["defined_se"][key], rel=2e-3)


@pytest.mark.parametrize("case", CASES)
def test_in_the_items_own_units_they_are_semtools(case):
    reference = REFERENCE[case]
    for name, own in scales(case).items():
        loadings = [reference["raw_loadings"][item] for item in own]
        unique = [reference["uniquenesses"][item] for item in own]
        variances = np.square(loadings) + unique
        assert average_variance_extracted(loadings, variances) == pytest.approx(reference["ave_units"][name], abs=1e-8)
        assert composite_reliability(loadings, unique) == pytest.approx(reference["reliability_units"][name], abs=1e-8)


def test_items_of_unlike_spread_count_alike_when_standardised():
    reference = REFERENCE["overlap"]
    assert abs(by_scale("overlap")["d"].variance_extracted - reference["ave_units"]["d"]) > .005


@pytest.mark.parametrize("case", CASES)
def test_factor_correlations_have_lavaans_intervals(case):
    solution = standardised_solution(estimated(case))
    for row in REFERENCE[case]["at_90"]:
        value, limits = solution.correlation(f"f_{row['lhs']}", f"f_{row['rhs']}")
        assert value == pytest.approx(row["est"], abs=2e-5)
        assert limits == pytest.approx((row["lower"], row["upper"]), abs=2e-4)
        assert solution.correlation(f"f_{row['rhs']}", f"f_{row['lhs']}") == (value, limits)


def test_a_higher_level_has_a_wider_interval():
    solution = standardised_solution(estimated("holzinger39"))
    lower, upper = solution.correlation("f_visual", "f_speed")[1]
    wide_lower, wide_upper = solution.correlation("f_visual", "f_speed", .99)[1]
    assert (wide_upper - wide_lower) / (upper - lower) == pytest.approx(norm.ppf(.995) / norm.ppf(.975))


def test_fornell_and_larcker_compare_with_the_squared_correlation():
    holds = fornell_larcker([.50, .40, .60], [[1, .65, -.70], [.65, 1, .60], [-.70, .60, 1]])
    # .65² = .42 > .40; .70² = .49 < .50 whatever the sign; .60² = .36 < .40.
    assert holds.tolist() == [[True, False, True], [False, True, True], [True, True, True]]


def test_limits_of_a_share_stay_within_0_and_1():
    lower, upper = logit_interval(.97, .03)
    assert .8 < lower < .97 < upper < 1
    assert logit_interval(.5, .1)[0] == pytest.approx(1 / (1 + np.exp(norm.ppf(.975) * .4)))


def test_one_indicator_cannot_agree_with_itself():
    X = answers("holzinger39")[:, [0, 3, 4, 5]]
    dims = {"one": ("x1",), "three": ("x4", "x5", "x6")}
    model = estimate_model(correlated(dims), X, ("x1", "x4", "x5", "x6"), Options())
    alone, three = convergence(standardised_solution(model), {"f_one": dims["one"], "f_three": dims["three"]})
    assert alone.reliability == Undefined("one indicator alone cannot show how well indicators agree")
    assert three.reliability == pytest.approx(.885, abs=.002)


def test_a_heywood_case_has_no_shares():
    names = ("a1", "a2", "a3", "b1")
    # a1 and a2 correlate more than their relations with a3 leave room for.
    R = [[1, .9, .3, .2], [.9, 1, .1, .2], [.3, .1, 1, .2], [.2, .2, .2, 1]]
    model = estimate_from_moments(correlated({"a": names[:3], "b": names[3:]}), [R], [400], names)
    found = convergence(standardised_solution(model), {"f_a": names[:3]})[0]
    assert isinstance(found.variance_extracted, Undefined)
    assert "Heywood" in found.variance_extracted.because
    assert max(abs(value) for value in found.loadings.values()) > 1


def test_a_loading_below_minus_one_is_a_heywood_case_too():
    """It leaves a residual variance below 0, as one above 1 does: the item may just be worded the other way round."""
    place = {("F", "=~", item): row for row, item in enumerate("abc")}
    for first, beyond in ((-.99, False), (-1.01, True)):
        solution = Standardised(np.array([first, -.5, -.4]), .001 * np.eye(3), place, None)
        found, = convergence(solution, {"F": ("a", "b", "c")})
        assert isinstance(found.reliability, Undefined) is beyond
        assert found.loadings["a"] == first
