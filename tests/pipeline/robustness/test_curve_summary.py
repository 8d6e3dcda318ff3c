"""Counts, medians and weights of a curve with round numbers, worked out by hand."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pipeline.robustness.found import NotEstimated
from pipeline.robustness.summary import crossed, eta_squared, summarise
from pipeline.undefined import Undefined
from tests.pipeline.robustness.made_up import curve, ordinal, rows


def test_every_row_is_counted_once_and_by_what_it_is() -> None:
    summary = curve().summary
    assert (summary.asked, summary.estimated, summary.not_estimated) == (7, 6, {"SEM-CASES": 1})
    assert summary.bootstraps == 5
    # .10, .12, .04, .06 and .08 are positive as the headline's .10; −.02 is not.
    assert summary.same_sign == 5
    # [.05, .15], [.07, .17] and [−.03, −.01] exclude 0; [−.01, .09] does not; .06 and .08 have none.
    assert (summary.excludes_zero, summary.without_interval) == (3, 2)
    # Of those two, by their standard errors: [.02, .22] and [.06, .26].
    assert summary.clear_by_se == 2
    # The headline's interval is [.05, .15]: it holds .10, .12, .06 and .08.
    assert (summary.inside_headline, summary.share_inside) == (4, 4 / 6)
    assert (summary.lowest, summary.median, summary.highest) == (-0.02, pytest.approx(0.07), 0.12)


def test_an_interval_by_the_standard_error_that_holds_zero_is_not_counted_as_clear() -> None:
    row = ordinal()
    assert row.estimate is not None
    doubtful = replace(row, found=replace(row.estimate, lower=-0.01))
    assert summarise((*rows(), doubtful), rows()[0], 5).clear_by_se == 1


def test_the_interval_by_the_standard_error_is_standardised_too() -> None:
    found = ordinal().estimate
    assert found is not None
    # ∓ 1.959964 · .02 and ∓ 1.644854 · .02
    assert found.std_interval_by_se(0.95) == pytest.approx((0.08 - 0.03919928, 0.08 + 0.03919928))
    assert found.std_interval_by_se(0.90) == pytest.approx((0.08 - 0.03289707, 0.08 + 0.03289707))
    without = replace(found, std_all_se=Undefined("no standard error"))
    assert without.std_interval_by_se(0.95) == Undefined("no standard error")


def test_the_ends_of_the_headlines_interval_are_inside_it() -> None:
    made = curve()
    for value, inside in ((0.05, True), (0.15, True), (0.0499, False), (0.1501, False)):
        row = made.rows[1]
        assert row.estimate is not None
        assert made.headline.estimate is not None
        main = replace(made.headline, found=replace(made.headline.estimate, std_lower=0.05, std_upper=0.15))
        moved = replace(row, found=replace(row.estimate, std_all=value))
        assert replace(made, headline=main).inside_headline(moved) is inside


def test_levels_of_a_facet_have_their_own_median_and_shares() -> None:
    levels = {(f.facet, f.level): f for f in curve().summary.levels}
    listwise = levels["missing", "listwise"]  # .04, −.02, .06, .08; of the two intervals [−.03, −.01] excludes 0
    assert (listwise.asked, listwise.estimated, listwise.median, listwise.excludes_zero) == (4, 4, 0.05, 0.5)
    # Unstandardised ± .1: .08, −.04, .12 and .16, of which the last two stay clear of 0.
    assert listwise.normal_excludes_zero == 0.5
    ordered = levels["estimator", "wlsmv"]
    assert (ordered.asked, ordered.median, ordered.normal_excludes_zero) == (1, 0.08, 1.0)
    assert ordered.excludes_zero == Undefined("no estimate has such an interval")
    fiml = levels["missing", "fiml"]  # .10 and .12
    assert (fiml.asked, fiml.estimated) == (3, 2)
    assert fiml.median == pytest.approx(0.11)
    assert fiml.excludes_zero == 1.0


def test_eta_squared_is_the_share_of_squares_between_levels() -> None:
    # Mean .06; squares (.04² + .06² + .02² + .08² + 0) = .0120. Full information: mean .11, 2 · .05² = .0050.
    # Complete rows: mean .08/3, 3 · (.08/3 − .06)² = .003333.
    assert eta_squared(rows(), "missing") == pytest.approx((0.0050 + 3 * (0.08 / 3 - 0.06) ** 2) / 0.0120)


def test_missing_values_and_estimator_are_judged_where_they_are_crossed() -> None:
    every = (*rows(), ordinal())
    # WLSMV has complete rows only, and would count there as if complete rows made the difference.
    assert eta_squared(every, "missing") == eta_squared(rows(), "missing")
    # Complete rows: robust ML .04 and .06, ML −.02, WLSMV .08; mean .04. Between: 2 · .01² + .06² + .04² = .0054;
    # in all 0 + .02² + .06² + .04² = .0056.
    assert eta_squared(every, "estimator") == pytest.approx(0.0054 / 0.0056)
    assert len(crossed(every, "function")) == len(every)


def test_without_complete_rows_by_likelihood_the_estimator_is_judged_among_all() -> None:
    gaps = tuple(row for row in rows() if row.specification.missing == "fiml")
    pairwise = replace(ordinal(), specification=replace(ordinal().specification, missing="pairwise"))
    assert len(crossed((*gaps, pairwise), "estimator")) == 4
    assert eta_squared((*gaps, pairwise), "missing") == Undefined("the facet has one level")


def test_a_facet_without_a_choice_explains_nothing_and_says_so() -> None:
    assert eta_squared(rows(), "decay") == Undefined("the facet has one level")


def test_estimates_that_are_all_the_same_have_no_spread_to_explain() -> None:
    same = tuple(replace(row, found=rows()[0].found) for row in rows())
    assert eta_squared(same, "missing") == Undefined("the estimates do not differ")


def test_without_a_headline_nothing_is_compared_with_it() -> None:
    lost = replace(rows()[0], converged=False, found=NotEstimated("not-converged", "it did not converge"))
    summary = summarise(rows(), lost, 5)
    assert isinstance(summary.same_sign, Undefined)
    assert isinstance(summary.inside_headline, Undefined)
    assert isinstance(summary.share_inside, Undefined)
    assert summary.excludes_zero == 3


def test_a_curve_without_any_estimate_has_counts_and_reasons_only() -> None:
    lost = tuple(replace(row, converged=False, found=NotEstimated("not-converged", "why")) for row in rows())
    summary = summarise(lost, lost[0], 0)
    assert (summary.asked, summary.estimated, summary.not_estimated) == (6, 0, {"not-converged": 6})
    assert isinstance(summary.median, Undefined)
    assert isinstance(summary.share_inside, Undefined)
