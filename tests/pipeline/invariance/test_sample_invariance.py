"""The sample has one item that truly differs by language; the run must find it, and no other."""

from __future__ import annotations

import pytest

from pipeline.invariance.found import FoundLadder, InvarianceReport
from pipeline.results import StudyResults


@pytest.fixture(scope="module")
def found(sample_results: StudyResults) -> InvarianceReport:
    assert sample_results.invariance is not None
    return sample_results.invariance


def ladders(found: InvarianceReport, construct: str, grouping: str) -> FoundLadder:
    return next(one for one in found.ladders if (one.construct, one.grouping) == (construct, grouping))


def test_the_item_that_truly_differs_is_freed_and_no_other(found: InvarianceReport) -> None:
    by_language = ladders(found, "lr", "language")
    assert [(one.item, one.kind) for one in by_language.freed] == [("lrco2", "intercepts")]
    values = by_language.freed[0].values
    assert values["es"][0] > values["en"][0]
    assert by_language.comparable == "latent means"
    assert "lrco2 is left out" in by_language.verdict
    others = [one for one in found.ladders if one is not by_language]
    assert [one.freed for one in others] == [()] * len(others)


def test_the_truth_stands_beside_what_was_found(found: InvarianceReport) -> None:
    assert [(one.item, one.language, one.true) for one in found.truth] == [("lrco2", "es", 0.5)]
    assert found.truth[0].found == pytest.approx(0.5, abs=0.25)


def test_taken_as_ordered_answers_the_same_item_differs(found: InvarianceReport) -> None:
    second = found.second_opinion(ladders(found, "lr", "language"))
    assert second is not None
    assert second.estimator == "wlsmv"
    assert [(one.item, one.kind) for one in second.freed] == [("lrco2", "intercepts")]
    assert second.merged  # hardly anybody strongly disagrees


def test_every_step_converged_and_every_group_is_counted(
    found: InvarianceReport, sample_results: StudyResults,
) -> None:
    for one in found.ladders:
        assert all(step.converged for step in one.steps)
        firms = next(form for form in sample_results.screening if form.form == one.form)
        assert sum(group.n for group in one.groups) + one.without_group <= firms.kept
    assert {grouping.id for grouping in found.groupings} == {"language", "size"}
