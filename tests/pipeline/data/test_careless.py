"""Indices of careless answering: worked by hand, against R, and by their laws."""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from pipeline.data.careless import even_odd, irv, longstring, mahalanobis, mahalanobis_cutoff, seconds_per_item
from pipeline.undefined import Undefined

NA = np.nan
REFERENCE = Path(__file__).parents[2] / "reference" / "careless"
FOUR_SCALES = [[0, 1, 2, 3], [4, 5, 6, 7], [8, 9, 10], [11, 12, 13]]


@pytest.fixture(scope="module")
def answers() -> np.ndarray:
    return pd.read_csv(REFERENCE / "answers.csv").to_numpy(dtype=float)


@pytest.fixture(scope="module")
def expected() -> dict:
    return json.loads((REFERENCE / "expected.json").read_text())


def likert(rows: int, columns: int) -> st.SearchStrategy[np.ndarray]:
    return arrays(float, (rows, columns), elements=st.sampled_from([1, 2, 3, 4, 5, 6, 7, NA]))


# -- by hand ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("row", "run"), [
    ([1, 2, 3, 4], 1),
    ([3, 3, 3, 3], 4),
    ([1, 1, 2, 2, 2, 1], 3),
    ([5, 5, NA, 5, 5, 5], 3),      # NA parts two runs
    ([NA, NA, NA, 2], 1),          # each NA is a run of its own
    ([NA, NA], 1),
    ([], 0),
])
def test_longstring_is_the_longest_run(row: list[float], run: int) -> None:
    assert longstring(np.array([row], dtype=float)).tolist() == [run]


def test_irv_divides_by_n_minus_1() -> None:
    # deviations −2, −1, 0, 1, 2: squares add up to 10; 10/4, not 10/5
    assert irv([[1, 2, 3, 4, 5]]).number(0) == pytest.approx(math.sqrt(10 / 4), abs=0)


def test_irv_leaves_na_out() -> None:
    assert irv([[1, NA, 4, NA]]).number(0) == pytest.approx(math.sqrt(4.5), abs=0)
    assert irv([[4, 4, 4]]).number(0) == 0


def test_irv_of_one_answer_is_undefined_with_the_reason() -> None:
    assert irv([[NA, 4, NA]]).number(0) == Undefined("fewer than two items were answered")


def test_even_odd_by_hand() -> None:
    # odd halves (1, 2, 3), even halves (1, 3, 2): r = 1/2, so 2r/(1 + r) = 2/3
    row = [[1, 1, 2, 3, 3, 2]]
    assert even_odd(row, [[0, 1], [2, 3], [4, 5]]).number(0) == pytest.approx(2 / 3, rel=1e-15)


def test_even_odd_takes_means_of_odd_and_even_positions() -> None:
    # odd positions (1 + 3)/2, (2 + 4)/2, 6; even positions 2, 3, 4 → halves 2, 3, 6 and 2, 3, 4
    # deviations (−5/3, −2/3, 7/3) and (−1, 0, 1): r = 4/√(78/9·2)
    r = 4 / math.sqrt(78 / 9 * 2)
    row = [[1, 2, 3, 2, 3, 4, 6, 4]]
    assert even_odd(row, [[0, 1, 2], [3, 4, 5], [6, 7]]).number(0) == pytest.approx(2 * r / (1 + r), rel=1e-14)


def test_even_odd_of_opposed_halves_is_floored() -> None:
    # r = −1, where 2r/(1 + r) has a pole; and r = −1/2, where it is −2
    opposed, half = [1, 3, 2, 2, 3, 1], [1, 3, 2, 1, 3, 2]
    scales = [[0, 1], [2, 3], [4, 5]]
    assert even_odd([opposed, half], scales).value.tolist() == [-1, -1]


@pytest.mark.parametrize(("row", "because"), [
    ([4, 4, 4, 4, 4, 4], "half-scale means do not vary across scales"),
    ([1, 1, 2, 2, NA, 3], "fewer than three scales have both halves answered"),
    ([NA] * 6, "fewer than three scales have both halves answered"),
])
def test_even_odd_says_why_it_is_undefined(row: list[float], because: str) -> None:
    assert even_odd([row], [[0, 1], [2, 3], [4, 5]]).number(0) == Undefined(because)


def test_even_odd_ignores_scales_of_one_item() -> None:
    scales = [[0, 1], [2, 3], [4, 5]]
    row = [1, 1, 2, 3, 3, 2, 7]
    assert even_odd([row], [*scales, [6]]).number(0) == even_odd([row[:6]], scales).number(0)


def test_mahalanobis_by_hand() -> None:
    # means 0, S = 8/3·I by N − 1, so D² = 4/(8/3) = 1.5 (by N it would be 2)
    assert mahalanobis([[2, 0], [-2, 0], [0, 2], [0, -2]]).value == pytest.approx([1.5] * 4, rel=1e-14)


def test_mahalanobis_counts_terms_with_na_as_0() -> None:
    # the fifth row lies on the mean of what it answered, so its D² is 0
    X = [[2, 0], [-2, 0], [0, 2], [0, -2], [0, NA]]
    assert mahalanobis(X).value[4] == 0
    assert mahalanobis(X).number(4) == 0


def test_mahalanobis_is_undefined_where_the_covariance_cannot_be_inverted() -> None:
    few = mahalanobis([[1, 2, 3], [3, 2, 2], [2, 5, 1]])
    assert [few.number(k) for k in range(3)] == [
        Undefined("the covariance matrix of 3 items among 3 respondents cannot be inverted")] * 3


def test_mahalanobis_of_a_row_without_answers_is_undefined() -> None:
    X = [[2, 0], [-2, 0], [0, 2], [0, -2], [NA, NA]]
    assert mahalanobis(X).number(4) == Undefined("no item was answered")
    assert mahalanobis(X).number(0) == pytest.approx(1.5)


def test_seconds_per_item_divides_by_what_was_asked() -> None:
    index = seconds_per_item([90, NA, 10], [45, 45, 0])
    assert index.number(0) == 2
    assert index.number(1) == Undefined("the export holds no duration")
    assert index.number(2) == Undefined("no question was asked")


# -- against R ----------------------------------------------------------------------------------------


def test_longstring_irv_and_mahalanobis_agree_with_r(answers: np.ndarray, expected: dict) -> None:
    assert longstring(answers).tolist() == expected["longstring"]
    assert irv(answers).value == pytest.approx(expected["irv"], abs=1e-12)
    assert mahalanobis(answers).value == pytest.approx(expected["mahalanobis"], rel=1e-9)
    assert mahalanobis_cutoff(0.99, answers.shape[1]) == pytest.approx(expected["cutoff_99"], rel=1e-10)


def test_even_odd_agrees_with_r_wherever_three_scales_are_there(answers: np.ndarray, expected: dict) -> None:
    index = even_odd(answers, FOUR_SCALES)
    compared = 0
    for row, theirs in enumerate(expected["even_odd"]):
        ours = index.number(row)
        if index.because[row] == "fewer than three scales have both halves answered":
            # R has NA, or the ±1 (floored: −1) that two points always give
            assert theirs is None or abs(theirs) == pytest.approx(1)
        elif theirs is None:
            assert ours == Undefined("half-scale means do not vary across scales")
        else:
            assert ours == pytest.approx(theirs, abs=1e-12)
            compared += 1
    assert compared >= 50


# -- laws ---------------------------------------------------------------------------------------------


@given(likert(3, 9))
def test_longstring_lies_between_1_and_the_number_of_items(X: np.ndarray) -> None:
    run = longstring(X)
    assert ((run >= 1) & (run <= 9)).all()
    assert (run == longstring(X[:, ::-1])).all()


@given(likert(3, 8))
def test_indices_have_a_value_or_a_reason_and_never_both(X: np.ndarray) -> None:
    for index in (irv(X), even_odd(X, [[0, 1], [2, 3], [4, 5], [6, 7]]), mahalanobis(X)):
        assert (np.isnan(index.value) == (index.because != "")).all()


@given(likert(4, 8))
def test_turning_all_items_round_changes_no_index(X: np.ndarray) -> None:
    scales = [[0, 1], [2, 3], [4, 5], [6, 7]]
    assert (longstring(8 - X) == longstring(X)).all()
    np.testing.assert_allclose(irv(8 - X).value, irv(X).value, atol=1e-12)
    np.testing.assert_allclose(even_odd(8 - X, scales).value, even_odd(X, scales).value, atol=1e-9)


@given(likert(4, 8))
def test_even_odd_lies_between_minus_1_and_1(X: np.ndarray) -> None:
    value = even_odd(X, [[0, 1], [2, 3], [4, 5], [6, 7]]).value
    assert (value[~np.isnan(value)] >= -1).all()
    assert (value[~np.isnan(value)] <= 1 + 1e-12).all()


@given(st.integers(0, 2**32 - 1))
def test_mahalanobis_of_complete_data_adds_up_to_p_times_n_minus_1(seed: int) -> None:
    # Σ D² = tr(S⁻¹ Σ xxᵀ) = (n − 1)·p: fails if S were divided by n
    X = np.random.default_rng(seed).normal(size=(30, 4))
    assert mahalanobis(X).value.sum() == pytest.approx(29 * 4, rel=1e-9)
    reversed_one = X * [1, -1, 1, 1]
    np.testing.assert_allclose(mahalanobis(reversed_one).value, mahalanobis(X).value, rtol=1e-8)
