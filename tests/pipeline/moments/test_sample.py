"""Sample moments against R, by hand, and by their laws."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from instrument.errors import InputError
from pipeline.moments.sample import complete_rows, kurtosis, pairwise_covariance, sample_moments, skewness
from pipeline.undefined import Undefined

REFERENCE = Path(__file__).parents[2] / "reference" / "careless"


@pytest.fixture(scope="module")
def answers() -> np.ndarray:
    return pd.read_csv(REFERENCE / "answers.csv").to_numpy(dtype=float)


@pytest.fixture(scope="module")
def expected() -> dict:
    return json.loads((REFERENCE / "expected.json").read_text())


def test_moments_of_complete_rows_agree_with_r(answers: np.ndarray, expected: dict) -> None:
    found = sample_moments(answers[complete_rows(answers)])
    assert found.n == expected["complete_n"] < len(answers)
    np.testing.assert_allclose(found.mean, expected["complete_mean"], rtol=1e-12)
    np.testing.assert_allclose(found.covariance, expected["complete_covariance"], atol=1e-12)
    np.testing.assert_allclose(found.correlation, expected["complete_correlation"], atol=1e-12)
    np.testing.assert_allclose(found.sd, np.sqrt(np.diag(expected["complete_covariance"])), rtol=1e-12)


def test_pairwise_covariance_agrees_with_r(answers: np.ndarray, expected: dict) -> None:
    np.testing.assert_allclose(pairwise_covariance(answers).covariance, expected["pairwise_covariance"], atol=1e-12)


def test_skewness_and_kurtosis_agree_with_psych_type_2(answers: np.ndarray, expected: dict) -> None:
    for column, g1, g2 in zip(answers.T, expected["skewness"], expected["kurtosis"], strict=True):
        assert skewness(column[~np.isnan(column)]) == pytest.approx(g1, abs=1e-12)
        assert kurtosis(column[~np.isnan(column)]) == pytest.approx(g2, abs=1e-12)


def test_covariance_divides_by_n_minus_1() -> None:
    assert sample_moments([[0.0, 1], [2, 5]]).covariance.tolist() == [[2, 4], [4, 8]]


def test_shape_by_hand() -> None:
    # x = 0, 0, 0, 4: m2 = 3, m3 = 6, m4 = 21 → g1 = 6/3^1.5 and G1 = g1·√12/2 = 2; g2 = 21/9 − 3 = −2/3 and
    # G2 = 3/2·(5·(−2/3) + 6) = 4
    assert skewness([0, 0, 0, 4]) == pytest.approx(2, rel=1e-14)
    assert kurtosis([0, 0, 0, 4]) == pytest.approx(4, rel=1e-14)


def test_shape_without_variation_or_rows_is_undefined() -> None:
    assert skewness([3, 3, 3]) == Undefined("every value is the same")
    assert kurtosis([1, 2, 3]) == Undefined("kurtosis needs at least 4 values and there are 3")


def test_pairs_without_two_common_rows_have_no_covariance() -> None:
    found = pairwise_covariance([[1, np.nan], [2, np.nan], [np.nan, 1], [np.nan, 4], [3, 3]])
    assert found.n.tolist() == [[3, 1], [1, 3]]
    assert np.isnan(found.covariance[0, 1])
    assert found.covariance[0, 0] == pytest.approx(1)


@pytest.mark.parametrize(("X", "code"), [
    ([[1.0, 2.0]], "MOMENTS-ROWS"),
    ([[1.0, 2.0], [np.nan, 3.0]], "MOMENTS-MISSING"),
    ([[1.0, 2.0], [1.0, 3.0]], "MOMENTS-CONSTANT"),
])
def test_data_without_moments_are_refused(X: list[list[float]], code: str) -> None:
    with pytest.raises(InputError) as caught:
        sample_moments(X)
    assert [finding.code for finding in caught.value.findings] == [code]


@given(st.integers(0, 2**32 - 1), st.floats(-1e6, 1e6), st.floats(0.01, 100))
def test_moments_follow_shift_and_unit(seed: int, shift: float, unit: float) -> None:
    X = np.random.default_rng(seed).normal(size=(20, 3))
    plain, moved = sample_moments(X), sample_moments(shift + unit * X)
    np.testing.assert_allclose(moved.covariance, unit**2 * plain.covariance, rtol=1e-5, atol=1e-7 * unit**2 + 1e-9)
    np.testing.assert_allclose(plain.covariance, pairwise_covariance(X).covariance, atol=1e-12)
    assert skewness(-unit * X[:, 0]) == pytest.approx(-skewness(X[:, 0]), abs=1e-9)
    assert kurtosis(-unit * X[:, 0]) == pytest.approx(kurtosis(X[:, 0]), abs=1e-9)
