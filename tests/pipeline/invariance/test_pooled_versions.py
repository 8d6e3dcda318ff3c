"""A score pooled over versions on condition: its changed items are tested, and the answer is told."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pipeline.invariance.found import FoundGrouping, FoundLadder, InvarianceReport
from pipeline.invariance.versions import answered
from pipeline.pooled import Invariance, PooledDimension, VersionsReport
from pipeline.report.tables.versions import condition_sentence, pooled_table
from pipeline.sem.invariance import GroupSize
from tests.example_invariance import SUCCESS, invariance, ladder

SIZES = (GroupSize("1.0.0", 300), GroupSize("1.1.0", 205))
VERSIONS = FoundGrouping("version", "version of the instrument", "A", SIZES, 0)


def pooled(
    items: tuple[str, ...] = ("srcr1", "srcr2", "srcr4"), to_test: tuple[str, ...] = ("srcr4",),
) -> VersionsReport:
    dimension = PooledDimension("A", "srcr", "Collective risk sharing", "if invariant", items, (), to_test,
                                "not tested" if to_test else None, {"1.0.0": 300, "1.1.0": 205}, {}, "reworded")
    return VersionsReport("1.0.0", (), (), (), (dimension,), ())


def by_version(**changed: object) -> InvarianceReport:
    one = replace(ladder("srcr", "Collective risk sharing", SUCCESS, "language", (0.4, 0.5, 0.3)), form="A",
                  grouping="version", verdict="As tested.", **changed)  # type: ignore[arg-type]
    return replace(invariance(), groupings=(VERSIONS,), ladders=(one,))


@pytest.mark.parametrize(("changed", "answer"), [
    ({}, "holds"), ({"comparable": "latent means"}, "fails"), ({"comparable": "relations"}, "fails"),
    ({"why_not": "too few", "comparable": "not tested"}, "not tested"),
])
def test_the_ladder_by_version_answers(changed: dict[str, object], answer: Invariance) -> None:
    found = answered(pooled(), by_version(**changed))
    assert found is not None
    assert found.dimensions[0].invariance == answer
    assert found.dimensions[0].invariance_why == "As tested."


def test_what_did_not_change_is_not_asked() -> None:
    found = answered(pooled(to_test=()), by_version())
    assert found is not None
    assert found.dimensions[0].invariance is None


def test_too_few_items_or_respondents_leave_it_untested_with_the_reason() -> None:
    few = answered(pooled(items=("srcr1", "srcr4")), replace(by_version(), ladders=()))
    assert few is not None
    assert few.dimensions[0].invariance == "not tested"
    assert "identified by 3 items, and the score has 2" in few.dimensions[0].invariance_why
    small = replace(VERSIONS, why_not="fewer than two groups have 100 respondents (1.0.0 300, 1.1.0 9)")
    rare = answered(pooled(), replace(by_version(), groupings=(small,), ladders=()))
    assert rare is not None
    assert rare.dimensions[0].invariance_why == small.why_not
    assert rare.flags == (
        "srcr (form A) is pooled on condition: not yet tested for invariance across versions (changed: srcr4), because "
        f"{small.why_not}.",)


def test_a_plan_without_tests_says_so() -> None:
    found = answered(pooled(), None)
    assert found is not None
    assert found.dimensions[0].invariance_why == "the plan asks for no test of invariance"
    assert answered(None, None) is None


def test_the_report_tells_what_was_tested() -> None:
    def told(**changed: object) -> str:
        found = answered(pooled(), by_version(**changed))
        assert found is not None
        assert pooled_table(found).column("invariance_why") == ("As tested.",)
        return condition_sentence(found)

    assert told() == "Changed, and invariant across versions as tested: srcr (Form A (alliance), changed: srcr4)."
    assert "not invariant across versions" in told(comparable="relations")


def test_scores_that_are_not_invariant_are_flagged() -> None:
    found = answered(pooled(), by_version(comparable="relations"))
    assert found is not None
    assert found.flags == (
        "srcr (form A) is pooled, but not invariant across versions: differences between respondents may be due to the "
        "words (changed: srcr4).",)


def test_a_ladder_knows_its_second_opinion_by_its_id() -> None:
    found = invariance()
    assert [one.id for one in found.ladders if found.second_opinion(one) is not None] == ["lr-F-language"]
    assert isinstance(found.ladders[0], FoundLadder)
