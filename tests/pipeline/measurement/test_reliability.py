"""Reliability against psych, lavaan and semTools, its laws, and what it says where there is no value."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pingouin
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from instrument.errors import InputError
from pipeline.measurement.reliability import ScaleReliability, alpha_from_covariance, feldt_interval, reliability
from pipeline.undefined import Undefined
from tests.pipeline.measurement.reference import REFERENCE, cases

CLOSED_FORM = 1e-12
ITERATED = 1e-6
"""lavaan stops at a relative change of 1e-10 in F; what differs beyond is its rounding."""


def scale(items: np.ndarray, **options: object) -> ScaleReliability:
    names = [f"i{number}" for number in range(1, items.shape[1] + 1)]
    return reliability(items, names, name="s", label="Scale", **options)  # type: ignore[arg-type]


def correlated(n: int = 120, k: int = 4, seed: int = 3) -> np.ndarray:
    generator = np.random.default_rng(seed)
    return generator.standard_normal((n, 1)) + generator.standard_normal((n, k))


@pytest.mark.parametrize(("data", "name"), cases("scales"))
class TestAgainstR:
    @pytest.fixture
    def both(self, data: str, name: str, frames: dict[str, pd.DataFrame]) -> tuple[ScaleReliability, dict]:
        expected = REFERENCE[data]["scales"][name]
        items = frames[data][expected["items"]].to_numpy(float)
        return reliability(items, expected["items"], name=name, label=name), expected

    def test_rows_are_counted_alike(self, both: tuple[ScaleReliability, dict]) -> None:
        found, expected = both
        assert (found.n, found.n_incomplete) == (expected["n"], expected["n_incomplete"])

    def test_alpha_and_interval(self, both: tuple[ScaleReliability, dict]) -> None:
        found, expected = both
        assert found.alpha == pytest.approx(expected["alpha"], abs=CLOSED_FORM)
        assert found.alpha_ci == pytest.approx(tuple(expected["alpha_ci"]), abs=CLOSED_FORM)

    def test_item_statistics(self, both: tuple[ScaleReliability, dict]) -> None:
        found, expected = both
        assert found.item_rest == pytest.approx(expected["item_rest"], abs=CLOSED_FORM)
        assert list(found.item_rest) == expected["items"]
        if len(expected["items"]) > 2:
            assert found.alpha_drop == pytest.approx(expected["alpha_drop"], abs=CLOSED_FORM)
        else:
            assert all(isinstance(value, Undefined) for value in found.alpha_drop.values())

    def test_omega_ave_and_loadings(self, both: tuple[ScaleReliability, dict]) -> None:
        found, expected = both
        if len(expected["items"]) < 3:
            assert isinstance(found.omega, Undefined)
            assert "not identified" in found.omega.because
            return
        assert found.omega == pytest.approx(expected["omega"], abs=ITERATED)
        assert found.omega == pytest.approx(expected["omega_semtools"], abs=ITERATED)
        assert found.omega_ci == pytest.approx(tuple(expected["omega_ci"]), abs=ITERATED)
        assert found.ave == pytest.approx(expected["ave"], abs=ITERATED)
        assert found.ave == pytest.approx(expected["avevar"], abs=ITERATED)
        assert found.loadings == pytest.approx(expected["loadings"], abs=ITERATED)


@given(arrays(float, (30, 4), elements=st.integers(1, 7)), st.sampled_from([0.8, 0.9, 0.95, 0.99]))
@settings(max_examples=40, deadline=None)
def test_feldt_interval_is_pingouins_before_rounding(items: np.ndarray, level: float) -> None:
    if np.var(items.sum(axis=1)) == 0:
        return
    alpha, rounded = pingouin.cronbach_alpha(pd.DataFrame(items), ci=level)
    assert np.allclose(feldt_interval(alpha, 30, 4, level), rounded, atol=5.001e-4)
    assert alpha_from_covariance(np.cov(items, rowvar=False)) == pytest.approx(alpha)


@given(
    arrays(float, 4, elements=st.floats(-50, 50)), st.floats(0.01, 100), arrays(float, 4, elements=st.floats(0.1, 9))
)
@settings(max_examples=25, deadline=None)
def test_shifts_and_units_do_not_change_what_they_must_not(shift: np.ndarray, unit: float, units: np.ndarray) -> None:
    items = correlated()
    plain, moved, unequal = scale(items), scale(items * unit + shift), scale(items * units)
    for statistic in ("alpha", "omega", "ave", "omega_ci", "alpha_ci", "item_rest", "loadings"):
        assert getattr(moved, statistic) == pytest.approx(getattr(plain, statistic), abs=1e-6)
    # A unit for each item changes the sum score, but neither the factor nor its standardised loadings.
    assert unequal.loadings == pytest.approx(plain.loadings, abs=1e-6)


def test_a_wider_level_gives_wider_intervals() -> None:
    narrow, wide = scale(correlated(), level=0.9), scale(correlated(), level=0.99)
    for interval in ("alpha_ci", "omega_ci"):
        (inner_low, inner_high), (outer_low, outer_high) = getattr(narrow, interval), getattr(wide, interval)
        assert outer_low < inner_low < inner_high < outer_high


def test_incomplete_rows_are_left_out_and_counted() -> None:
    items = correlated()
    with_gaps = np.vstack([items, [[1, np.nan, 2, 3]], np.full((1, 4), np.nan)])
    found = scale(with_gaps, reversed_items=["i2"])
    assert (found.n, found.n_incomplete, found.reversed_items) == (120, 2, ("i2",))
    assert found.alpha == scale(items).alpha


def test_an_item_with_the_wrong_key_is_named() -> None:
    items = correlated()
    items[:, 2] *= -1
    assert any("i3" in warning and "check its key" in warning for warning in scale(items).warnings)
    assert not scale(correlated()).warnings


def test_a_constant_item_leaves_alpha_undefined_but_not_alpha_without_it() -> None:
    items = correlated()
    items[:, 1] = 4
    found = scale(items)
    assert isinstance(found.alpha, Undefined)
    assert "i2" in found.alpha.because
    assert isinstance(found.omega, Undefined)
    assert isinstance(found.item_rest["i2"], Undefined)
    assert isinstance(found.item_rest["i1"], float)
    assert found.alpha_drop["i2"] == pytest.approx(scale(np.delete(items, 1, axis=1)).alpha)
    assert isinstance(found.alpha_drop["i1"], Undefined)


def test_a_heywood_case_is_undefined_and_said() -> None:
    # Correlations .8, .8, .5 ask for a uniqueness of 1 − .8·.8/.5 = −.28 of the first item.
    R = np.array([[1, 0.8, 0.8], [0.8, 1, 0.5], [0.8, 0.5, 1]])
    raw = np.random.default_rng(1).standard_normal((200, 3))
    white = np.linalg.solve(np.linalg.cholesky(np.cov(raw, rowvar=False)), (raw - raw.mean(axis=0)).T).T
    found = scale(white @ np.linalg.cholesky(R).T)
    assert isinstance(found.omega, Undefined)
    assert "improper" in found.omega.because
    assert found.loadings["i1"] == pytest.approx(np.sqrt(0.8 * 0.8 / 0.5), abs=1e-6)
    assert any("Heywood" in warning and "i1" in warning for warning in found.warnings)


def test_a_doubled_column_leaves_omega_undefined() -> None:
    items = correlated(k=3)
    found = scale(np.column_stack([items, items[:, 0]]))
    assert isinstance(found.omega, Undefined)
    assert "linear combination" in found.omega.because
    assert isinstance(found.alpha, float)


@pytest.mark.parametrize("items", [np.ones((0, 3)), np.ones((2, 3)), np.full((5, 3), np.nan), np.ones((9, 1))])
def test_too_little_data_gives_reasons_not_numbers(items: np.ndarray) -> None:
    found = scale(items)
    for value in (found.alpha, found.omega, found.ave, *found.item_rest.values(), *found.alpha_drop.values()):
        assert isinstance(value, Undefined)


def test_two_complete_rows_are_too_few_whatever_they_hold() -> None:
    found = scale(np.array([[1.0, 2, 3], [4, 6, 5], [np.nan, 1, 2]]))
    assert (found.n, found.n_incomplete) == (2, 1)
    assert found.alpha == found.omega == Undefined("only 2 rows are complete")


def test_items_that_cancel_out_leave_alpha_undefined() -> None:
    first = correlated(k=1)
    found = scale(np.column_stack([first, -first]))
    assert isinstance(found.alpha, Undefined)
    assert found.item_rest["i1"] == pytest.approx(-1)


@given(arrays(float, (12, 3), elements=st.one_of(st.integers(1, 3).map(float), st.just(np.nan))))
@settings(max_examples=60, deadline=None)
def test_no_answer_sheet_gives_a_number_that_is_none(items: np.ndarray) -> None:
    found = scale(items)
    numbers = [
        found.alpha, *found.alpha_ci, *found.item_rest.values(), *found.alpha_drop.values(),
        found.omega, *found.omega_ci, found.ave, *found.loadings.values(),
    ]
    assert all(isinstance(number, Undefined) or np.isfinite(number) for number in numbers)


def test_an_item_named_twice_is_refused() -> None:
    with pytest.raises(InputError, match="ITEM-DOUBLED"):
        reliability(correlated(k=2), ["a", "a"], name="s", label="s")
