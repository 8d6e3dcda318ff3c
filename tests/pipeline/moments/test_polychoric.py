"""The public door to polychoric, tetrachoric and polyserial correlations; categories and what is wrong with them."""

from __future__ import annotations

import json

import numpy as np
import pytest
from ordinal_cases import REFERENCE, load

from instrument.errors import InputError
from pipeline.moments.categories import coded
from pipeline.moments.polychoric import polychoric, smoothed_correlation
from pipeline.undefined import Undefined


@pytest.mark.parametrize("name", ["ordered", "gaps", "mixed", "mixed_gaps", "binary"])
def test_correlations_are_those_of_lavcor(name: str) -> None:
    case = load(name)
    found = polychoric(case.raw, case.names, numeric=case.numeric)
    np.testing.assert_allclose(found.correlation, case.expected["lavCor"], atol=1e-6)
    present = ~np.isnan(case.raw)
    assert found.n[0, 1] == (present[:, 0] & present[:, 1]).sum()
    assert found.n[2, 2] == present[:, 2].sum()


def test_correlations_are_those_of_psych_without_correction() -> None:
    case = load("ordered")
    np.testing.assert_allclose(polychoric(case.raw, case.names).correlation, case.expected["psych0"], atol=5e-5)


def test_the_empty_cell_is_left_when_asked() -> None:
    case = load("binary")
    filled, left = (polychoric(case.raw, case.names, empty_cell=add).correlation for add in (0.5, 0.0))
    assert left[0, 3] > filled[0, 3] + 0.01
    np.testing.assert_allclose(left[:3, :3], filled[:3, :3], atol=1e-12)
    np.testing.assert_allclose(left, case.expected["psych0"], atol=1e-3)


def test_covariance_of_thresholds_and_correlations_is_gamma_by_n() -> None:
    case = load("gaps")
    found = polychoric(case.raw, case.names)
    np.testing.assert_allclose(found.covariance, np.array(case.expected["gamma"]) / 400, atol=1e-8)
    assert found.parameters[:3] == ("y1|t1", "y2|t1", "y2|t2")
    assert found.parameters[-2:] == ("y4~~y6", "y5~~y6")
    assert len(found.parameters) == len(found.covariance)


def test_standard_errors_of_correlations_with_numeric_variables_know_no_unit() -> None:
    case = load("mixed")
    unit = np.where([name in case.numeric for name in case.names], 0.9, 1.0)
    one = polychoric(case.raw, case.names, numeric=case.numeric)
    other = polychoric(case.raw * unit, case.names, numeric=case.numeric)
    np.testing.assert_allclose(one.covariance, other.covariance, atol=1e-9)


def test_the_standard_error_of_pearsons_r_is_the_normal_one() -> None:
    z = np.random.default_rng(8).multivariate_normal([0, 0], [[1, 0.6], [0.6, 1]], size=20_000)
    found = polychoric(np.column_stack([5 * z[:, 0], z[:, 1]]), ("a", "b"), numeric=("a", "b"))
    r = np.corrcoef(z.T)[0, 1]
    assert found.correlation[0, 1] == pytest.approx(r, abs=1e-12)
    assert found.parameters == ("a~~b",)
    assert found.covariance[0, 0] == pytest.approx((1 - r * r) ** 2 / 20_000, rel=0.05)


def test_smoothing_is_psychs_and_only_when_asked() -> None:
    stored = json.loads((REFERENCE / "expected_smooth.json").read_text())
    np.testing.assert_allclose(smoothed_correlation(np.array(stored["given"])), stored["smoothed"], atol=1e-12)
    f = np.random.default_rng(1).normal(size=(30, 1))
    Y = (f + 0.5 * np.random.default_rng(2).normal(size=(30, 6)) > 0).astype(float)
    plain, smooth = polychoric(Y, "abcdef"), polychoric(Y, "abcdef", smooth=True)
    assert np.linalg.eigvalsh(plain.correlation)[0] < -0.01
    assert not plain.smoothed
    assert "not-positive-definite" in [one.code for one in plain.diagnoses]
    assert smooth.smoothed
    assert "smoothed" in [one.code for one in smooth.diagnoses]
    np.testing.assert_allclose(smooth.correlation, smoothed_correlation(plain.correlation), atol=1e-12)
    assert not polychoric(load("ordered").raw, load("ordered").names, smooth=True).smoothed


def test_perfect_association_is_plus_or_minus_one_and_said() -> None:
    a = np.repeat([1.0, 2.0], 10)
    found = polychoric(np.column_stack([a, a, 3 - a, np.tile([1.0, 2.0], 10)]), "abcd")
    np.testing.assert_array_equal(found.correlation[0, 1:3], [1, -1])
    assert found.correlation[0, 3] == pytest.approx(0, abs=1e-12)
    assert [one.about for one in found.diagnoses if one.code == "perfect-association"] == [
        ("a", "b"), ("a", "c"), ("b", "c")]
    assert isinstance(found.covariance, Undefined)
    three = np.repeat([1.0, 2.0, 3.0], 10)
    near = polychoric(np.column_stack([three, three]), "ab")
    assert near.correlation[0, 1] == pytest.approx(0.999)
    assert "nearly-perfect" in [one.code for one in near.diagnoses]


def test_categories_are_the_codes_that_occur_in_order() -> None:
    found = coded([[7, 0.5], [1, np.nan], [4, 2.5], [np.nan, 1]], ("a", "b"), ["a"])
    np.testing.assert_array_equal(found.values, [[2, 0.5], [0, np.nan], [1, 2.5], [np.nan, 1]])
    assert found.levels == (3, 0)
    assert found.codes == ((1, 4, 7), ())


def test_everything_wrong_with_the_codes_is_said_at_once() -> None:
    n = 42
    X = np.column_stack([np.ones(n), np.arange(n) / 2, np.arange(n) // 2, np.arange(n) % 13, np.full(n, np.nan),
                         np.arange(n) % 2])
    with pytest.raises(InputError) as caught:
        polychoric(X, "abcdef")
    assert [(one.code, one.place) for one in caught.value.findings] == [
        ("ORDERED-CONSTANT", "a"), ("ORDERED-CODES", "b"), ("ORDERED-CATEGORIES", "c"), ("ORDERED-CONSTANT", "e")]
    assert "0.5, 1.5, 2.5" in caught.value.findings[1].rule
    assert "continuous" in caught.value.findings[2].fix
    assert [(one.code, one.about) for one in coded(X, "abcdef", "df").diagnoses] == [("many-categories", ("d",))]
