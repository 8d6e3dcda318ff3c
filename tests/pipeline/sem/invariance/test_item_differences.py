"""dMACS: against numerical integration, and by what must be so."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import norm

from pipeline.sem.invariance import Released, ladder
from pipeline.sem.noninvariance import OrdinalItem, dmacs, expected_score, linear_dmacs, ordinal_dmacs, pooled_sd
from pipeline.undefined import Undefined
from tests.pipeline.sem.invariance.ladder_cases import REFERENCE, climbed, data, options


@pytest.mark.parametrize("case", ["holzinger_ml", "five_wlsmv"])
def test_items_differ_by_as_much_as_numerical_integration_says(case):
    reference = REFERENCE["dmacs"][case]
    found = dmacs(climbed(case), tuple(reference))
    assert [row.item for row in found] == list(reference)
    for row in found:
        assert (row.reference, row.focal) == tuple(REFERENCE[case]["groups"])
        assert row.dmacs == pytest.approx(reference[row.item]["dmacs"], abs=5e-6)
        assert row.signed == pytest.approx(reference[row.item]["signed"], abs=5e-6)
        assert row.points == pytest.approx(row.signed * row.sd)


def test_the_item_that_differs_stands_out_in_the_right_direction():
    # By construction x2 is answered half a point higher in the west.
    found = {(row.reference, row.focal): row for row in dmacs(climbed("three_groups_partial"), ("x2",))}
    assert len(found) == 3
    for pair in (("north", "west"), ("south", "west")):
        assert found[pair].points == pytest.approx(-0.5, abs=0.15)
        assert found[pair].dmacs > 2 * found["south", "north"].dmacs
    assert found["north", "west"].linking == "step scalar with x2 released"


def test_lines_that_cross_at_the_focal_mean_cancel_in_the_signed_version_only():
    mean, cov = np.array([0.5]), np.array([[4.0]])
    size, shift = linear_dmacs((1.0, 1.25), (np.array([1.0]), np.array([0.5])), mean, cov)
    assert shift == pytest.approx(0.0, abs=1e-15)
    assert size == pytest.approx(0.5 * 2.0)


def test_two_factors_and_equal_parameters():
    mean, cov = np.array([0.3, -0.2]), np.array([[1.0, 0.4], [0.4, 2.0]])
    loadings = (np.array([0.8, 0.3]), np.array([0.5, 0.6]))
    size, shift = linear_dmacs((2.0, 1.5), loadings, mean, cov)
    draws = np.random.default_rng(1).multivariate_normal(mean, cov, 200_000)
    gap = 0.5 + draws @ (loadings[0] - loadings[1])
    assert shift == pytest.approx(gap.mean(), abs=5e-3)
    assert size == pytest.approx(np.sqrt((gap**2).mean()), abs=5e-3)
    item = OrdinalItem(0.0, loadings[0], 0.5, np.array([-1.0, 0.2]))
    assert ordinal_dmacs((item, item), mean, cov, np.array([1.0, 2, 3])) == (0.0, 0.0)
    other = OrdinalItem(0.2, loadings[1], 0.7, np.array([-0.8, 0.1]))
    size, shift = ordinal_dmacs((item, other), mean, cov, np.array([1.0, 2, 3]))
    scores = [expected_score(one, draws @ one.loadings, np.array([1.0, 2, 3])) for one in (item, other)]
    assert shift == pytest.approx((scores[0] - scores[1]).mean(), abs=5e-3)
    assert size == pytest.approx(np.sqrt(((scores[0] - scores[1]) ** 2).mean()), abs=5e-3)


def test_an_expected_score_is_the_mean_of_the_codes():
    item = OrdinalItem(0.1, np.array([1.0]), 0.64, np.array([-0.5, 0.4, 1.0]))
    codes = np.array([1.0, 2, 4, 7])
    bounds = norm.cdf((np.array([-np.inf, -0.5, 0.4, 1.0, np.inf]) - 0.1 - 0.3) / 0.8)
    assert expected_score(item, np.array([0.3]), codes) == pytest.approx([np.diff(bounds) @ codes])


def test_the_pooled_standard_deviation_weights_by_n_minus_1():
    assert pooled_sd(np.array([0.0, 2.0]), np.array([1.0, 1, 4, 4])) == pytest.approx((2**0.5 + 3 * 3**0.5) / 4)


def test_an_item_that_no_other_links_has_no_value():
    X, names, groups = data("holzinger_ml")
    freed = {Released("x1", "intercepts"), Released("x2", "loadings")}
    found = dmacs(ladder(REFERENCE["holzinger_ml"]["model"], X, names, groups, options=options("holzinger_ml"),
                         released=freed), ("x3", "x1"))
    assert isinstance(found[0].dmacs, Undefined)
    assert isinstance(found[1].dmacs, float)
