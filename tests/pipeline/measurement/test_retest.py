"""Intraclass correlations and errors of measurement against psych and pingouin, and cases without an answer."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pingouin
import pytest

from pipeline.measurement.retest import Intraclass, mean_squares, retest
from pipeline.undefined import Undefined
from tests.pipeline.measurement.items_reference import REFERENCE, columns

TWO = columns("occasions")[:, 1:]
THREE = np.column_stack([TWO, TWO[::-1, 0] * 0.2 + TWO[:, 1] * 0.8])
EXPECTED = REFERENCE["retest"]
KINDS = {"ICC(A,1)": "agreement", "ICC(C,1)": "consistency",
         "ICC(A,k)": "agreement_mean", "ICC(C,k)": "consistency_mean"}


@pytest.mark.parametrize(("scores", "level", "name"), [
    (TWO, 0.95, "icc95"), (TWO, 0.90, "icc90"), (THREE, 0.95, "three")])
def test_intraclass_correlations_are_psychs(scores: np.ndarray, level: float, name: str) -> None:
    found = retest(scores, level)
    for kind, field in KINDS.items():
        one, expected = getattr(found, field), EXPECTED[name][kind]
        assert (one.value, one.lower, one.upper) == pytest.approx(
            (expected["value"], expected["lower"], expected["upper"]), abs=1e-9), kind
        assert (found.f_statistic, found.df1, found.df2) == pytest.approx(
            (expected["F"], expected["df1"], expected["df2"]), rel=1e-9)
        assert found.pvalue == pytest.approx(expected["p"], rel=1e-6)


@pytest.mark.filterwarnings("ignore:The inplace keyword")  # pingouin calls pandas so
def test_pingouin_agrees_as_far_as_it_rounds() -> None:
    n, k = TWO.shape
    long = pd.DataFrame({"who": np.repeat(np.arange(n), k), "when": np.tile(np.arange(k), n), "score": TWO.ravel()})
    theirs = pingouin.intraclass_corr(long, "who", "when", "score").set_index("Type")
    found = retest(TWO)
    for kind, field in KINDS.items():
        one: Intraclass = getattr(found, field)
        assert one.value == pytest.approx(theirs.loc[kind, "ICC"], abs=1e-9)
        assert (one.lower, one.upper) == pytest.approx(tuple(theirs.loc[kind, "CI95"]), abs=5.1e-3)


def test_errors_of_measurement_and_the_shift() -> None:
    found = retest(TWO)
    assert found.sem_consistency == pytest.approx(EXPECTED["sd_of_differences"] / np.sqrt(2), rel=1e-10)
    assert found.sem_agreement == pytest.approx(EXPECTED["sem_agreement"], rel=1e-10)
    assert found.sdc_consistency == pytest.approx(1.959963984540054 * EXPECTED["sd_of_differences"], rel=1e-10)
    assert found.sdc_agreement == pytest.approx(1.959963984540054 * np.sqrt(2) * EXPECTED["sem_agreement"], rel=1e-10)
    difference = EXPECTED["difference"]
    assert (found.difference.value, found.difference.lower, found.difference.upper) == pytest.approx(
        (difference["value"], difference["lower"], difference["upper"]), rel=1e-10)
    squares = mean_squares(TWO)
    assert [squares.persons, squares.occasions, squares.residual] == pytest.approx(EXPECTED["mean_squares"], rel=1e-10)


def test_a_shift_of_everybody_lowers_agreement_alone() -> None:
    one, shifted = retest(TWO), retest(TWO + np.array([0, 3]))
    assert shifted.consistency.value == pytest.approx(one.consistency.value)
    assert shifted.sem_consistency == pytest.approx(one.sem_consistency)
    assert shifted.agreement.value < one.agreement.value - 0.3
    assert shifted.sem_agreement > one.sem_agreement + 1
    assert shifted.difference.value == pytest.approx(one.difference.value + 3)


def test_perfect_agreement_has_values_and_no_interval() -> None:
    same = retest(np.column_stack([TWO[:, 0], TWO[:, 0]]))
    assert same.agreement.value == same.consistency_mean.value == 1.0
    assert isinstance(same.agreement.lower, Undefined)
    assert isinstance(same.f_statistic, Undefined)
    assert (same.sem_agreement, same.sdc_consistency) == pytest.approx((0, 0), abs=1e-12)
    moved = retest(np.column_stack([TWO[:, 0], TWO[:, 0] + 1]))
    assert moved.consistency.value == pytest.approx(1)
    assert moved.agreement.value < 1
    assert isinstance(moved.agreement.upper, Undefined)


def test_persons_who_differ_less_than_by_error_have_no_mean_agreement() -> None:
    crossed = retest(np.array([[1, 7], [7, 1], [2, 6], [6, 2.2]]))
    assert crossed.agreement.value < -0.9
    assert crossed.consistency.value < -0.9
    assert isinstance(crossed.agreement_mean.value, Undefined)


@pytest.mark.parametrize(("scores", "why"), [
    (np.empty((0, 2)), "nobody has a score at every occasion"),
    (TWO[:1], "only one person has a score at every occasion"),
    (TWO[:2], "only 2 persons have a score at every occasion"),
    (np.full((9, 2), 4.0), "the persons' mean scores do not differ"),
])
def test_too_few_or_all_alike_says_why(scores: np.ndarray, why: str) -> None:
    found = retest(scores)
    assert found.agreement.value == found.consistency.lower == found.sem_agreement == Undefined(why)
    assert found.n == len(scores)


@pytest.mark.parametrize("scores", [np.ones((5, 1)), np.array([[1, np.nan], [2, 3], [3, 4]])])
def test_gaps_and_a_single_occasion_are_errors_of_the_caller(scores: np.ndarray) -> None:
    with pytest.raises(ValueError, match="complete scores"):
        retest(scores)
