"""Agreement of informants: rwg(j) by hand, AD, ICC(1) and ICC(2) against R, and what has no value says why."""

from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import f as f_distribution

from pipeline.measurement.agreement import average_deviation, one_way
from pipeline.moments.agreement import (
    FIVE_POINTS,
    TABLED,
    mean_item_variance,
    null_variance,
    rwg_j,
    several_informants,
)
from pipeline.undefined import Undefined

NA = np.nan
REFERENCE = Path(__file__).parents[2] / "reference" / "agreement"
COLUMNS = ("average_size", "ms_between", "ms_within", "f", "df_between", "df_within", "pvalue", "icc1", "icc2")


@pytest.fixture(scope="module")
def expected() -> dict:
    return json.loads((REFERENCE / "expected.json").read_text())


@pytest.fixture(scope="module")
def unbalanced() -> tuple[np.ndarray, np.ndarray]:
    frame = pd.read_csv(REFERENCE / "unbalanced.csv")
    return frame[["x1", "x2", "x3", "x4"]].to_numpy(dtype=float), frame["unit"].to_numpy()


# -- null distributions -------------------------------------------------------------------------------


@pytest.mark.parametrize(("points", "variance"), [
    (2, Fraction(1, 4)), (5, 2), (6, Fraction(35, 12)), (7, 4), (101, 850)])
def test_uniform_answers_have_the_variance_of_the_discrete_uniform(points: int, variance: Fraction) -> None:
    assert null_variance("uniform", points).value == pytest.approx(float(variance), rel=1e-15)


@pytest.mark.parametrize("null", ["slight skew", "moderate skew", "heavy skew"])
def test_the_tables_shares_of_five_points_have_the_tables_variance(null: str) -> None:
    shares = [Fraction(str(share)) for share in FIVE_POINTS[null]]
    assert sum(shares) == 1
    mean = sum(share * point for point, share in enumerate(shares, 1))
    variance = sum(share * (point - mean) ** 2 for point, share in enumerate(shares, 1))
    assert round(float(variance), 2) == TABLED[null][5] == null_variance(null, 5).value


def test_seven_points_are_tabled_and_four_are_stretched_from_five() -> None:
    assert [null_variance(null, 7).value for null in ("triangular", "slight skew", "moderate skew", "heavy skew")] == [
        2.10, 2.90, 2.14, 1.39]
    assert "Table 2" in null_variance("slight skew", 7).source
    # Cut at 1/4, 2/4, 3/4 of the length: .05 + .15/4, .75·.15 + .5·.2, the rest likewise.
    shares = [Fraction("0.0875"), Fraction("0.2125"), Fraction("0.3625"), Fraction("0.3375")]
    mean = sum(share * point for point, share in enumerate(shares, 1))
    variance = sum(share * (point - mean) ** 2 for point, share in enumerate(shares, 1))
    found = null_variance("slight skew", 4)
    assert found.value == pytest.approx(float(variance), rel=1e-12)
    assert "stretched" in found.source


@pytest.mark.parametrize(("points", "variance"), [(3, Fraction(1, 2)), (4, Fraction(22, 24)), (13, Fraction(192, 24))])
def test_triangles_beyond_the_table_are_exact(points: int, variance: Fraction) -> None:
    assert null_variance("triangular", points).value == pytest.approx(float(variance), rel=1e-14)


def test_one_point_leaves_nothing_to_disagree_about() -> None:
    with pytest.raises(ValueError, match="two points"):
        null_variance("uniform", 1)


# -- rwg(j) and AD ------------------------------------------------------------------------------------


def test_rwg_j_by_hand() -> None:
    # two informants of a unit, 3 items: variances by n − 1 are 1/2, 0, 2, their mean 5/6; v = 5/24 against 4
    X = np.array([[4, 5, 3], [5, 5, 5]])
    variance = mean_item_variance(X, [0, 0])
    assert variance == pytest.approx([5 / 6], rel=1e-15)
    v = Fraction(5, 24)
    assert rwg_j(variance, 4.0, 3).value[0] == pytest.approx(float(3 * (1 - v) / (3 * (1 - v) + v)), rel=1e-14)


def test_rwg_of_one_item_is_one_minus_the_ratio() -> None:
    assert rwg_j([0.0, 1.0, 4.0], 4.0, 1).value.tolist() == [1.0, 0.75, 0.0]


def test_more_disagreement_than_the_null_is_out_of_range_and_never_a_number() -> None:
    # v = 1.6 with three items would give 9, v = 3 would give −1.5/…: neither is an agreement
    found = rwg_j([6.4, 12.0, 4.0, 3.9], 4.0, 3)
    assert found.out_of_range.tolist() == [True, True, False, False]
    assert np.isnan(found.value).tolist() == [True, True, False, False]
    assert found.ratio.tolist() == [1.6, 3.0, 1.0, 0.975]
    assert found.value[2] == 0


def test_average_deviation_by_hand() -> None:
    # item 1: 2, 4, 6 deviate by 2, 0, 2; item 2: 1, 1, 4 by 1, 1, 2; by n
    assert average_deviation([[2, 1], [4, 1], [6, 4]], [0, 0, 0]) == pytest.approx([(4 / 3 + 4 / 3) / 2], rel=1e-15)


def test_agreement_agrees_with_r(unbalanced: tuple, expected: dict) -> None:
    X, unit = unbalanced
    variance = mean_item_variance(X, unit)
    assert variance == pytest.approx(expected["mean_variance"], rel=1e-12)
    assert average_deviation(X, unit) == pytest.approx(expected["average_deviation"], rel=1e-12)
    for null, theirs in (("uniform", "rwgj_uniform"), ("slight skew", "rwgj_slight"),
                         ("moderate skew", "rwgj_moderate")):
        found = rwg_j(variance, null_variance(null, 7).value, 4)
        wanted = np.array([NA if value is None else value for value in expected[theirs]])
        np.testing.assert_allclose(found.value, wanted, rtol=1e-10)
        assert found.out_of_range.sum() == np.isnan(wanted).sum() > 0


def test_informants_with_gaps_are_left_out_and_units_left_with_one_are_counted() -> None:
    X = [[1, 2], [3, NA], [4, 4], [5, 5], [2, 2], [NA, 1]]
    found = several_informants(X, [0, 0, 1, 1, 2, 1])
    assert found.rows.tolist() == [2, 3]
    assert (found.unit.tolist(), found.units.tolist(), found.left_out) == ([0, 0], [1], 1)


# -- ICC ----------------------------------------------------------------------------------------------


def test_icc_of_balanced_data_agrees_with_psych(expected: dict) -> None:
    frame = pd.read_csv(REFERENCE / "balanced.csv")
    found, theirs = one_way(frame["score"], frame["unit"]), expected["balanced"]
    for name in ("icc1", "icc2", "f", "df_between", "df_within", "pvalue", "icc1_interval", "icc2_interval"):
        assert getattr(found, name) == pytest.approx(theirs[name], rel=1e-8), name
    assert found.average_size == 4


def test_icc_of_units_of_unequal_size_agrees_with_r(unbalanced: tuple, expected: dict) -> None:
    X, unit = unbalanced
    found, theirs = one_way(X.mean(axis=1), unit), expected["unbalanced"]
    for name in COLUMNS:
        assert getattr(found, name) == pytest.approx(theirs[name], rel=1e-10), name
    for name in ("icc1_interval", "icc2_interval"):
        assert getattr(found, name) == pytest.approx(theirs[name], rel=1e-7), name


def test_icc_by_hand() -> None:
    # means 1, 3 and 5 of two each, within ±1: MSB = 8, MSW = 2, so (8 − 2)/(8 + 2) and (8 − 2)/8
    found = one_way([0, 2, 2, 4, 4, 6], [0, 0, 1, 1, 2, 2])
    assert (found.ms_between, found.ms_within, found.icc1, found.icc2, found.f) == (8, 2, 0.6, 0.75, 4)
    assert found.pvalue == pytest.approx(f_distribution.sf(4, 2, 3), rel=1e-14)


def test_icc_is_negative_where_informants_differ_more_than_units() -> None:
    found = one_way([1, 6, 2, 5, 1, 7], [0, 0, 1, 1, 2, 2])
    assert found.icc1 < 0
    assert found.icc2 < 0


@given(st.integers(0, 10**6), st.floats(-50, 50), st.floats(0.1, 20))
def test_icc_does_not_depend_on_zero_and_unit_of_the_scores_nor_on_the_order_of_rows(
    seed: int, shift: float, scale: float,
) -> None:
    rng = np.random.default_rng(seed)
    unit = np.repeat(np.arange(6), rng.integers(2, 5, 6))
    y = rng.normal(size=len(unit)) + rng.normal(size=6)[unit]
    order = rng.permutation(len(unit))
    one, other = one_way(y, unit), one_way(shift + scale * y[order], unit[order])
    assert other.icc1 == pytest.approx(one.icc1, abs=1e-7)
    assert other.pvalue == pytest.approx(one.pvalue, abs=1e-7)
    lower, upper = one.icc1_interval
    if not isinstance(lower, Undefined):
        # A correlation of n informants is not below −1/(n − 1).
        assert -1 / (np.bincount(unit).max() - 1) - 1e-12 <= lower < upper < 1
        assert one.icc1 < upper


def test_the_interval_covers_the_truth_as_often_as_it_says() -> None:
    rng = np.random.default_rng(3)
    unit = np.repeat(np.arange(12), [2, 2, 2, 2, 3, 3, 3, 4, 5, 5, 6, 8])
    true = 0.4
    inside = 0
    for _ in range(300):
        y = rng.normal(size=12)[unit] * true**0.5 + rng.normal(size=len(unit)) * (1 - true) ** 0.5
        lower, upper = one_way(y, unit, level=0.80).icc1_interval
        inside += lower <= true <= upper
    # 80 % of 300 is 240 ± 7
    assert 220 <= inside <= 260


@pytest.mark.parametrize(("y", "unit", "because"), [
    ([1, 2], [0, 0], "it compares units, and only one has several informants"),
    ([], [], "it compares units, and none has several informants"),
    ([1, 2, 3], [0, 1, 2], "no unit has several informants"),
    ([4, 4, 4, 4], [0, 0, 1, 1], "every informant has the same score"),
])
def test_no_reliability_without_units_or_differences_and_the_reason(y: list, unit: list, because: str) -> None:
    found = one_way(y, unit)
    assert found.icc1 == found.icc2 == found.f == found.pvalue == found.icc1_interval[0] == Undefined(because)


def test_informants_who_never_differ_are_reliable_without_a_test() -> None:
    found = one_way([1, 1, 3, 3, 3], [0, 0, 1, 1, 1])
    assert (found.icc1, found.icc2) == (1, 1)
    assert found.f == found.icc2_interval[1] == Undefined("the informants of a unit never differ")


def test_units_of_one_mean_have_no_reliability_of_a_mean() -> None:
    found = one_way([1, 2, 2, 1], [0, 0, 1, 1])
    assert found.icc1 == -1
    assert found.icc2 == Undefined("all units have the same mean")
    assert isinstance(found.icc1_interval[0], Undefined)
