"""Synonyms and antonyms: pairs and indices worked by hand in exact arithmetic, and when there are none."""

from __future__ import annotations

from fractions import Fraction
from math import sqrt

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from pipeline.data.careless import average_run
from pipeline.data.semantic_pairs import (
    antonym_pairs,
    pair_consistency,
    pairwise_correlations,
    synonym_pairs,
)
from pipeline.undefined import Undefined

NA = np.nan

# Six respondents (SYNTHETIC). Items 0 and 1, 2 and 3, 4 and 5 are alike; 6 is item 0 turned round.
SAMPLE = np.array([
    [1, 2, 5, 5, 3, 3, 7, 4],
    [2, 1, 4, 5, 6, 5, 6, 4],
    [3, 3, 1, 1, 4, 4, 5, 4],
    [5, 5, 2, 3, 2, 1, 3, 4],
    [6, 7, 6, 6, 1, 2, 2, 4],
    [7, 6, 3, 2, 5, 6, 1, 4],
], dtype=float)


def exact_r(a: list[float], b: list[float]) -> float:
    """Pearson's r in exact arithmetic but for the last root; pairs with a missing value left out."""
    both = [(Fraction(x), Fraction(y)) for x, y in zip(a, b, strict=True) if x == x and y == y]
    n = len(both)
    mean_x, mean_y = sum(x for x, _ in both) / n, sum(y for _, y in both) / n
    cross = sum((x - mean_x) * (y - mean_y) for x, y in both)
    spread = sum((x - mean_x) ** 2 for x, _ in both) * sum((y - mean_y) ** 2 for _, y in both)
    return (1 if cross >= 0 else -1) * sqrt(cross**2 / spread)


def pairs_by_hand(X: np.ndarray, above: float) -> list[tuple[int, int]]:
    return [(late, early) for late in range(X.shape[1]) for early in range(late)
            if len(set(X[:, late])) > 1 and len(set(X[:, early])) > 1
            and exact_r(X[:, late].tolist(), X[:, early].tolist()) > above]


def listed(pairs: object) -> list[tuple[int, int]]:
    return list(zip(pairs.later.tolist(), pairs.earlier.tolist(), strict=True))  # type: ignore[attr-defined]


def test_pairs_are_those_of_the_lower_triangle_beyond_the_cut_off() -> None:
    assert listed(synonym_pairs(SAMPLE, 0.60)) == pairs_by_hand(SAMPLE, 0.60) == [(1, 0), (3, 2), (5, 4)]
    assert listed(antonym_pairs(SAMPLE, -0.60)) == [(6, 0), (6, 1)]


def test_the_cut_off_itself_makes_no_pair() -> None:
    r = pairwise_correlations(SAMPLE)
    at = float(r[3, 2])
    assert (3, 2) not in listed(synonym_pairs(SAMPLE, at))
    assert (3, 2) in listed(synonym_pairs(SAMPLE, np.nextafter(at, 0)))
    below = float(r[6, 1])
    assert (6, 1) not in listed(antonym_pairs(SAMPLE, below))
    assert (6, 1) in listed(antonym_pairs(SAMPLE, np.nextafter(below, 0)))


def test_correlations_are_on_the_rows_of_each_pair_spread_and_all() -> None:
    X = SAMPLE.copy()
    X[0, 1] = X[4, 2] = NA
    found = pairwise_correlations(X)
    for late in range(7):
        for early in range(late):
            assert found[late, early] == pytest.approx(
                exact_r(X[:, late].tolist(), X[:, early].tolist()), abs=1e-14)
    assert np.isnan(found[7]).all()  # the eighth item is a constant


def test_the_index_is_a_respondents_own_correlation_across_pairs() -> None:
    pairs = synonym_pairs(SAMPLE, 0.60)
    found = pair_consistency(SAMPLE, pairs)
    for row in range(len(SAMPLE)):
        assert found.number(row) == pytest.approx(
            exact_r(SAMPLE[row, [1, 3, 5]].tolist(), SAMPLE[row, [0, 2, 4]].tolist()), abs=1e-14)
    # of the first: (2, 5, 3) with (1, 5, 3); deviations −4/3, 5/3, −1/3 and −2, 2, 0
    assert found.number(0) == pytest.approx(6 / sqrt(14 / 3 * 8), abs=1e-14)


def test_antonyms_of_a_careful_respondent_are_near_minus_one() -> None:
    X = np.column_stack([turned for item in (0, 2, 4) for turned in (SAMPLE[:, item], 8 - SAMPLE[:, item])])
    pairs = antonym_pairs(X, -0.60)
    assert listed(pairs) == [(1, 0), (3, 2), (5, 4)]
    assert pair_consistency(X, pairs).value == pytest.approx([-1] * 6, abs=1e-12)


def test_no_index_with_fewer_than_three_pairs_and_the_reason() -> None:
    two = antonym_pairs(SAMPLE, -0.60)
    assert pair_consistency(SAMPLE, two).number(0) == Undefined(
        "only 2 pairs of items go together closely enough; it takes 3")
    assert pair_consistency(SAMPLE, synonym_pairs(SAMPLE, 0.9999)).number(5) == Undefined(
        "no pairs of items go together closely enough; it takes 3")


def test_a_respondent_with_two_complete_pairs_or_equal_answers_has_none() -> None:
    pairs = synonym_pairs(SAMPLE, 0.60)
    X = np.array([[1, 2, 5, 5, NA, 3, 7, 4], [4, 4, 4, 4, 4, 4, 4, 4], [3, 1, 3, 2, 3, 5, 1, 1]])
    found = pair_consistency(X, pairs)
    assert found.number(0) == Undefined("fewer than 3 pairs are answered")
    assert found.number(1) == found.number(2) == Undefined("the answers do not vary across pairs")


def test_a_missing_pair_is_left_out_and_nothing_put_in_its_place() -> None:
    X = np.column_stack([SAMPLE[:, :6], SAMPLE[:, 0] + [0, 0, 1, 0, 0, 0], SAMPLE[:, 1]])
    pairs = synonym_pairs(X, 0.60)
    gap = X.copy()
    gap[1, 3] = NA
    there = [(late, early) for late, early in listed(pairs) if 3 not in (late, early)]
    assert 3 <= len(there) < len(pairs)
    assert pair_consistency(gap, pairs).number(1) == pytest.approx(
        exact_r([X[1, late] for late, _ in there], [X[1, early] for _, early in there]), abs=1e-14)


def test_nobody_and_no_item_give_nothing() -> None:
    nobody = np.empty((0, 4))
    assert len(synonym_pairs(nobody, 0.6)) == 0
    assert pair_consistency(nobody, synonym_pairs(nobody, 0.6)).value.size == 0
    assert len(synonym_pairs(np.empty((3, 0)), 0.6)) == 0


@given(arrays(float, (7, 8), elements=st.sampled_from([1, 2, 3, 4, 5, NA])))
def test_an_index_has_a_value_in_range_or_a_reason(X: np.ndarray) -> None:
    for pairs in (synonym_pairs(X, 0.3), antonym_pairs(X, -0.3)):
        found = pair_consistency(X, pairs)
        assert (np.isnan(found.value) == (found.because != "")).all()
        assert (np.abs(found.value[found.because == ""]) <= 1 + 1e-12).all()


@pytest.mark.parametrize(("row", "mean"), [
    ([1, 2, 3, 4], 1), ([3, 3, 3, 3], 4), ([1, 1, 2, 2, 2, 1], 2), ([5, 5, NA, NA, 5, 5], 1.5)])
def test_the_mean_run_is_items_over_runs(row: list[float], mean: float) -> None:
    # each NA is a run of its own: 55|NA|NA|55 are four
    assert average_run(np.array([row], dtype=float)).number(0) == mean


def test_without_items_there_is_no_run() -> None:
    assert average_run(np.empty((1, 0))).number(0) == Undefined("no item was asked")
