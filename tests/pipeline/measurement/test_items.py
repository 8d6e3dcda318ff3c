"""Single items and their pairs against R, and what is said where there is nothing to describe."""

from __future__ import annotations

import numpy as np
import pytest

from instrument.errors import InputError
from pipeline.measurement.items import inter_item, item_distribution, item_rest, score_ends
from pipeline.undefined import Undefined
from tests.pipeline.measurement.items_reference import CLOSED_FORM, ITEMS, NAMES, REFERENCE


@pytest.mark.parametrize("place", range(6))
def test_an_item_is_described_as_in_r(place: int) -> None:
    found, expected = item_distribution(ITEMS[:, place], 1, 7), REFERENCE["item"][NAMES[place]]
    assert (found.n, found.missing) == (expected["n"], expected["missing"])
    for field in ("mean", "sd", "skewness", "kurtosis"):
        assert getattr(found, field) == pytest.approx(expected[field], abs=CLOSED_FORM)
    assert (found.skewness, found.kurtosis) == pytest.approx((expected["G1"], expected["G2"]), abs=CLOSED_FORM)
    assert list(found.shares) == ["1", "2", "3", "4", "5", "6", "7"]
    assert found.shares == pytest.approx(expected["shares"], abs=CLOSED_FORM)
    assert (found.floor, found.ceiling) == pytest.approx((expected["shares"]["1"], expected["shares"]["7"]))


def test_pairs_of_items_are_as_in_r() -> None:
    found, expected = inter_item(ITEMS, NAMES), REFERENCE["inter"]
    assert found.n == expected["n"]
    assert (found.mean, found.lowest, found.highest) == pytest.approx(
        (expected["mean"], expected["lowest"], expected["highest"]), abs=CLOSED_FORM)
    assert [*found.lowest_pair] == expected["lowest_pair"]
    assert [*found.highest_pair] == expected["highest_pair"]
    assert item_rest(ITEMS, NAMES) == pytest.approx(REFERENCE["item_rest"], abs=CLOSED_FORM)


def test_a_point_nobody_chose_has_a_share_of_nothing() -> None:
    found = item_distribution(np.array([2.0, 3, 3, np.nan]), 1, 4)
    assert found.shares == pytest.approx({"1": 0, "2": 1 / 3, "3": 2 / 3, "4": 0})
    assert (found.n, found.missing, found.floor, found.ceiling) == (3, 1, 0.0, 0.0)


def test_what_an_item_without_answers_or_variation_cannot_say_is_undefined() -> None:
    nobody = item_distribution(np.full(5, np.nan), 1, 7)
    assert (nobody.n, nobody.missing, nobody.shares) == (0, 5, {})
    assert nobody.mean == nobody.ceiling == nobody.skewness == Undefined("nobody answered")
    one = item_distribution(np.array([4.0, np.nan]), 1, 7)
    assert (one.mean, one.sd) == (4.0, Undefined("there is one answer only"))
    constant = item_distribution(np.full(9, 7.0), 1, 7)
    assert (constant.ceiling, constant.floor, constant.sd) == (1.0, 0.0, 0.0)
    assert constant.skewness == Undefined("every value is the same")


def test_an_answer_off_the_scale_is_an_error_of_the_caller() -> None:
    with pytest.raises(ValueError, match="from 1 to 7"):
        item_distribution(np.array([1.0, 8.0]), 1, 7)


def test_scores_at_the_ends_count_complete_rows_only() -> None:
    rows = np.array([[1, 1], [1, 1], [1, 2], [7, 7], [7, np.nan]])
    assert score_ends(rows, 1, 7) == (0.5, 0.25)
    assert score_ends(rows[4:], 1, 7) == (Undefined("no row is complete"),) * 2


def test_a_constant_item_is_left_out_of_the_pairs_and_named() -> None:
    items = ITEMS.copy()
    items[:, 1] = 4
    found = inter_item(items, NAMES)
    assert found.constant == ("i2",)
    kept = inter_item(np.delete(items, 1, axis=1), [name for name in NAMES if name != "i2"])
    assert (found.mean, found.lowest_pair, found.highest_pair) == (kept.mean, kept.lowest_pair, kept.highest_pair)
    assert item_rest(items, NAMES)["i2"] == Undefined("the item or the sum of the others does not vary")


@pytest.mark.parametrize(("items", "why"), [
    (ITEMS[:, :1], "the scale has one item only"),
    (ITEMS[:2], "only 2 rows are complete"),
    (np.full((4, 3), np.nan), "no row is complete"),
    (np.column_stack([ITEMS[:, 0], np.full((240, 2), 3.0)]), "fewer than two items vary"),
])
def test_without_pairs_the_range_is_undefined(items: np.ndarray, why: str) -> None:
    found = inter_item(items, NAMES[:items.shape[1]])
    assert found.mean == found.lowest == found.highest == Undefined(why)
    assert found.lowest_pair is None
    assert found.highest_pair is None
    rest = item_rest(items, NAMES[:items.shape[1]])
    assert all(isinstance(value, Undefined) for value in rest.values())


def test_an_item_named_twice_is_refused() -> None:
    with pytest.raises(InputError, match="ITEM-DOUBLED"):
        inter_item(ITEMS[:, :2], ["a", "a"])
