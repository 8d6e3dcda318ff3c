"""HTMT and HTMT2 against semTools, by hand, and where they have no value."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from pipeline.measurement.heterotrait import htmt, htmt2, scale_pairs
from pipeline.measurement.resampled import draw_counts, resampled_pairwise_correlations
from pipeline.undefined import Undefined
from tests.pipeline.measurement.distinct_reference import CASES, REFERENCE, answers, items, scales

BY_HAND = np.array([
    [1, .64, .20, .30],
    [.64, 1, .40, .50],
    [.20, .40, 1, .25],
    [.30, .50, .25, 1],
])


def blocks(case):
    return [[items(case).index(item) for item in own] for own in scales(case).values()]


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("rows", ["pairwise", "complete"])
def test_ratios_are_those_of_semtools(case, rows):
    frame = pd.DataFrame(answers(case))
    R = (frame if rows == "pairwise" else frame.dropna()).corr().to_numpy()
    reference = REFERENCE[case][rows]
    np.testing.assert_allclose(htmt(R, blocks(case)), reference["htmt"], atol=1e-12)
    np.testing.assert_allclose(htmt2(R, blocks(case)), reference["htmt2"], atol=1e-12)
    # R writes "NaN" where a root has a negative argument; of two such scales it takes the root all the same.
    signed = pd.DataFrame(reference["htmt_signed"]).apply(pd.to_numeric, errors="coerce").to_numpy()
    ours = htmt(R, blocks(case), absolute=False)
    known = np.isfinite(signed) & np.isfinite(ours)
    np.testing.assert_allclose(ours[known], signed[known], atol=1e-12)
    assert known.sum() >= 4


def test_the_means_are_arithmetic_and_geometric():
    two = [[0, 1], [2, 3]]
    assert htmt(BY_HAND, two)[0, 1] == pytest.approx(.35 / (.8 * .5), abs=1e-14)
    assert htmt2(BY_HAND, two)[0, 1] == pytest.approx((.2 * .3 * .4 * .5) ** .25 / (.8 * .5), abs=1e-14)


def test_a_stack_is_many_matrices():
    stack = np.stack([BY_HAND, np.eye(4) + .5 * (1 - np.eye(4))])
    for ratio in (htmt, htmt2):
        np.testing.assert_allclose(ratio(stack, [[0, 1], [2, 3]])[0], ratio(BY_HAND, [[0, 1], [2, 3]]), atol=1e-15)
        assert ratio(stack, [[0, 1], [2, 3]])[1, 0, 1] == pytest.approx(1.0)  # one thing measured by both


def test_congeneric_scales_need_geometric_means():
    """With loadings that differ, HTMT2 of population correlations is the factors' correlation and HTMT is not."""
    loadings, phi = np.array([.9, .6, .3, .8, .5, .4]), .7
    R = np.outer(loadings, loadings) * np.where(np.equal.outer([0, 0, 0, 1, 1, 1], [0, 0, 0, 1, 1, 1]), 1, phi)
    np.fill_diagonal(R, 1)
    three = [[0, 1, 2], [3, 4, 5]]
    assert htmt2(R, three)[0, 1] == pytest.approx(phi, abs=1e-12)
    assert abs(htmt(R, three)[0, 1] - phi) > .01


def only_pair(R, scales, *, draws=0, **options):
    names = [item for own in scales.values() for item in own]
    return scale_pairs(np.asarray(R), np.empty((draws, len(R), len(R))), scales, names, **options)[0]


def test_signs_leave_the_geometric_mean_undefined_and_are_counted():
    R = BY_HAND.copy()
    R[0, 2] = R[2, 0] = -.20
    scales = {"one": ("a", "b"), "two": ("c", "d")}
    unsigned, signed = only_pair(R, scales), only_pair(R, scales, absolute=False)
    assert unsigned.negative == signed.negative == 1
    assert unsigned.htmt2.value == pytest.approx((.2 * .3 * .4 * .5) ** .25 / .4)
    assert signed.htmt.value == pytest.approx(.25 / .4)
    assert signed.htmt2.value == Undefined(
        "the correlation of a and c is negative, and geometric means are of positive numbers")


def test_what_has_no_ratio_says_why():
    one = only_pair(BY_HAND, {"one": ("a", "b", "c"), "two": ("d",)})
    assert one.htmt.value == one.htmt2.value == Undefined("two has one item, and so no correlations within it")
    constant = BY_HAND.copy()
    constant[3, :3] = constant[:3, 3] = np.nan
    assert "b and d have no correlation" in str(only_pair(constant, {"one": ("b", "a"), "two": ("c", "d")}).htmt.value)
    against = BY_HAND.copy()
    against[2, 3] = against[3, 2] = -.25
    found = only_pair(against, {"one": ("a", "b"), "two": ("c", "d")}, absolute=False)
    assert found.htmt.value == Undefined("the items of two do not correlate positively with one another on average")


def test_intervals_are_percentiles_of_the_resamples_and_the_bound_is_one_sided():
    X, own = answers("overlap"), scales("overlap")
    counts = draw_counts(len(X), 199, 3)
    draws = resampled_pairwise_correlations(X, counts)
    R = resampled_pairwise_correlations(X, np.ones((1, len(X))))[0]
    pair = scale_pairs(R, draws, own, items("overlap"))[0]
    assert (pair.first, pair.second) == ("a", "b")
    for ratio, kernel in ((pair.htmt, htmt), (pair.htmt2, htmt2)):
        ordered = np.sort(kernel(draws, blocks("overlap"))[:, 0, 1])
        assert (ratio.lower, ratio.upper) == (ordered[4], ordered[194])  # 200 · .025 and 200 · .975
        assert ratio.bound == ordered[189]  # 200 · .95
        assert ratio.lower < ratio.value < ratio.bound < ratio.upper
        assert (ratio.requested, ratio.usable) == (199, 199)


def test_without_resamples_there_is_a_ratio_and_no_interval():
    pair = only_pair(BY_HAND, {"one": ("a", "b"), "two": ("c", "d")})
    assert pair.htmt.value == pytest.approx(.875)
    assert pair.htmt.bound == pair.htmt.lower == Undefined("no resamples were asked for")


def test_negative_correlations_within_a_scale_are_counted_with_those_between():
    R = np.array([
        [1, -.30, .20, .25],
        [-.30, 1, -.40, .50],
        [.20, -.40, 1, .35],
        [.25, .50, .35, 1],
    ])
    assert only_pair(R, {"one": ("a", "b"), "two": ("c", "d")}).negative == 2
