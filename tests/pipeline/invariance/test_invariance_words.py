"""Which scores may be compared, in words, and how many tests would fail by chance."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pipeline.invariance.found import InvarianceReport
from pipeline.invariance.multiplicity import adjusted, differences_tested
from pipeline.invariance.versions import answer
from pipeline.invariance.words import summary, verdict
from pipeline.undefined import Undefined
from tests.example_invariance import SUCCESS, invariance, ladder, learning_by_language

TITLE = "language of the respondent"


@pytest.fixture(scope="module")
def found() -> InvarianceReport:
    return invariance()


def test_the_verdict_names_the_items_to_leave_out_the_test_and_the_means() -> None:
    said = verdict(learning_by_language(), TITLE)
    assert said.startswith("Scores of Alliance learning processes may be compared by language of the respondent (en, "
                           "es) if lrco2 is left out, or in latent means if the intercept of lrco2 is free.")
    assert "Equal intercepts are rejected (scaled Δχ²(12) = 35.80, p < .001" in said
    assert "Latent means, by the model with freed items, are not shown to differ." in said


@pytest.mark.parametrize(("comparable", "words"), [
    ("variances", "as they are"), ("means", "Means of the scores"), ("relations", "means may not"),
    ("structure", "neither means nor relations"), ("nothing", "does not describe all groups"),
])
def test_every_verdict_says_what_may_be_compared(comparable: str, words: str) -> None:
    one = replace(ladder("su", "Success", SUCCESS, "language", (0.4, 0.5, 0.3)), comparable=comparable)  # type: ignore[arg-type]
    assert words in verdict(one, TITLE)


def test_a_significant_difference_of_means_is_told_with_its_direction_and_interval() -> None:
    said = verdict(ladder("su", "Success", SUCCESS, "language", (0.4, 0.5, 0.3)), TITLE)
    assert "Latent means differ: sufl, es − en = 0.31 [0.11, 0.51] SD, p = .002." in said


def test_groups_that_are_too_small_are_said() -> None:
    one = replace(learning_by_language(), left_out=learning_by_language().groups[1:])
    assert "Too small to be compared: es (150)." in verdict(one, TITLE)


def test_what_was_not_fitted_says_why(found: InvarianceReport) -> None:
    assert found.ladders[-1].verdict.endswith("was not compared by size of the firm, because A group needs 100 usable "
                                              "rows; larger has 98.")
    assert found.ladders[-1].verdict in found.sentences


def test_p_values_are_adjusted_over_all_differences_of_the_study() -> None:
    ladders = adjusted([ladder("a", "A", SUCCESS, "language", (0.01, 0.02, 0.5)),
                        ladder("b", "B", SUCCESS, "size", (0.03, 0.004, 0.9))])
    values = [step.adjusted for one in ladders for step in one.steps]
    assert values[0] is values[4] is None
    # Holm by hand: .004·6, .01·5, .02·4, .03·3, then 1.
    assert values[1:4] == pytest.approx([0.05, 0.08, 1.0])
    assert values[5:] == pytest.approx([0.09, 0.024, 1.0])


def test_a_difference_without_a_test_is_not_counted() -> None:
    one = ladder("a", "A", SUCCESS, "language", (0.01, 0.02, 0.5))
    first = one.steps[1].difference
    assert first is not None
    none = replace(one.steps[1], difference=replace(first, pvalue=Undefined("equivalent")), holds=Undefined("no test"))
    assert differences_tested([one]) == (3, 2)
    assert differences_tested([replace(one, steps=(one.steps[0], none, *one.steps[2:]))]) == (2, 1)


def test_the_summary_counts_tests_failures_and_what_chance_would_do(found: InvarianceReport) -> None:
    assert (found.tests, found.failed) == (9, 4 - 1)
    assert found.expected == pytest.approx(0.45)
    assert ("9 differences of steps were tested at .05, of which about 0.5 would fail by chance if all groups were "
            "alike; 3 fail, and 1 still does when adjusted for their number (Holm).") in found.sentences


def test_the_summary_names_the_exceptions_and_the_items(found: InvarianceReport) -> None:
    assert any("lrco2" in line and "4.58 in en, 5.14 in es" in line and "dMACS 0.40" in line
               for line in found.sentences)
    assert any(line.startswith("In 1 of 3 scores may be compared if the items that differ are left out or freed: "
                               "Alliance learning processes by language of the respondent (scalar fails, p < .001, "
                               "adjusted p = .003)") for line in found.sentences)
    assert any("By answer to indus, form F was not compared" in line for line in found.sentences)
    assert any("3 respondents of form F belong to no known group" in line for line in found.sentences)


def test_a_study_of_groups_that_are_all_alike_says_so_once() -> None:
    one = ladder("su", "Success", SUCCESS, "language", (0.4, 0.5, 0.3))
    told = summary(replace(invariance(), ladders=(one,), second=()))
    assert "In it means of scores may be compared between groups as they are." in told
    told = summary(replace(invariance(), ladders=(one, replace(one, grouping="size")), second=()))
    assert "In all of them means of scores may be compared between groups as they are." in told


def test_pooled_scores_need_equal_intercepts_of_all_their_items() -> None:
    whole = ladder("srcr", "Risk", SUCCESS, "language", (0.4, 0.5, 0.3))
    assert answer(whole) == "holds"
    assert answer(replace(whole, comparable="latent means")) == "fails"
    assert answer(replace(whole, comparable="relations")) == "fails"
    assert answer(replace(whole, why_not="too few")) == "not tested"
