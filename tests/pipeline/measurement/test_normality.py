"""Mardia and Henze–Zirkler against R, and their laws."""

from __future__ import annotations

import numpy as np
import pytest

from pipeline.measurement import normality
from pipeline.measurement.normality import multivariate_normality
from pipeline.undefined import Undefined
from tests.pipeline.measurement.items_reference import ITEMS, REFERENCE, WHOLE, columns

DATA = {"items": ITEMS, "three": WHOLE[:, :3], "normal": columns("normal")}
TESTS = ("skewness", "skewness_statistic", "skewness_df", "skewness_pvalue", "small_statistic", "small_pvalue",
         "kurtosis", "kurtosis_expected", "kurtosis_z", "kurtosis_pvalue", "henze_zirkler", "henze_zirkler_pvalue")


@pytest.mark.parametrize("name", DATA)
class TestAgainstR:
    def test_every_number_follows_the_formulas(self, name: str) -> None:
        found, expected = multivariate_normality(DATA[name]), REFERENCE["normality"][name]
        assert (found.n, found.left_out) == (expected["n"], len(DATA[name]) - expected["n"])
        for field in TESTS:
            assert getattr(found, field) == pytest.approx(expected[field], rel=1e-8), field

    def test_psych_differs_by_its_divisor_alone(self, name: str) -> None:
        found, psych = multivariate_normality(DATA[name]), REFERENCE["normality"][name]["psych"]
        n, p = psych["n.obs"], psych["n.var"]
        ratio = (n - 1) / n
        assert found.skewness * ratio**3 == pytest.approx(psych["b1p"], rel=1e-10)
        assert found.skewness_statistic * ratio**3 == pytest.approx(psych["skew"], rel=1e-10)
        assert found.small_statistic * ratio**3 == pytest.approx(psych["small.skew"], rel=1e-10)
        assert found.kurtosis * ratio**2 == pytest.approx(psych["b2p"], rel=1e-10)
        theirs = (found.kurtosis * ratio**2 - p * (p + 2)) / np.sqrt(8 * p * (p + 2) / n)
        assert theirs == pytest.approx(psych["kurtosis"], rel=1e-8)


def test_a_change_of_units_changes_nothing() -> None:
    mixed = WHOLE[:, :3] @ np.array([[2.0, 0.3, 0], [0, 0.01, 1], [0, 0, 5]]) + 100
    one, other = multivariate_normality(WHOLE[:, :3]), multivariate_normality(mixed)
    assert [getattr(one, f) for f in TESTS] == pytest.approx([getattr(other, f) for f in TESTS], rel=1e-6)


def test_blocks_of_rows_add_up(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = multivariate_normality(WHOLE)
    monkeypatch.setattr(normality, "_BLOCK", 37)
    assert multivariate_normality(WHOLE).skewness == pytest.approx(whole.skewness, rel=1e-12)


def test_with_very_many_rows_the_test_of_all_pairs_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(normality, "MOST_ROWS", 100)
    found = multivariate_normality(WHOLE)
    assert isinstance(found.henze_zirkler, Undefined)
    assert "all pairs of rows" in found.henze_zirkler.because
    assert isinstance(found.kurtosis, float)


@pytest.mark.parametrize(("items", "why"), [
    (ITEMS[:, :1], "two items or more"),
    (WHOLE[:6], "only 6 rows are complete and there are 6 items"),
    (np.full((5, 2), np.nan), "no row is complete"),
    (np.column_stack([WHOLE[:, 0], np.full(len(WHOLE), 2.0)]), "one and the same answer"),
    (np.column_stack([WHOLE, WHOLE[:, 0] + WHOLE[:, 1]]), "linear combination"),
])
def test_what_cannot_be_tested_says_why(items: np.ndarray, why: str) -> None:
    found = multivariate_normality(items)
    for field in TESTS:
        if field not in ("skewness_df", "kurtosis_expected"):
            value = getattr(found, field)
            assert isinstance(value, Undefined)
            assert why in value.because
