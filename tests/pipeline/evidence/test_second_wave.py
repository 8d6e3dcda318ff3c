"""A study's second wave: matched by what the link carries, told by form, counted where somebody answered once."""

from __future__ import annotations

from pathlib import Path

import pytest

from instrument.errors import InputError
from pipeline.evidence.found.retest import RetestReport
from pipeline.evidence.second_wave import second_wave_of
from pipeline.instruments import instrument_of
from pipeline.prepare import check_forms, prepare
from pipeline.report.tables.retest import retest_tables
from pipeline.study import StudyPlan, load_plan

SAMPLE = Path(__file__).resolve().parents[3] / "data" / "sample"


@pytest.fixture(scope="module")
def plan() -> StudyPlan:
    plan = load_plan(SAMPLE)
    return plan.model_copy(update={"second_wave": {"F": plan.forms["F"]}})


@pytest.fixture(scope="module")
def found(plan: StudyPlan) -> dict[str, RetestReport]:
    """The first wave taken for the second as well."""
    instrument = instrument_of(SAMPLE, plan)
    return second_wave_of(SAMPLE, [prepare(SAMPLE, plan, instrument, "F")], instrument, plan)


def test_informants_are_matched_and_the_same_answers_agree_wholly(found: dict[str, RetestReport]) -> None:
    report = found["F"]
    assert (report.matched, report.only_first, report.only_second, report.without_id) == (475, 0, 0, 0)
    assert [scale.scale for scale in report.scales][:4] == ["lrar", "lrco", "lrsh", "lrin"]
    for scale in report.scales:
        assert scale.retest.n + scale.incomplete == 475
        assert scale.correlation == pytest.approx(1)
        assert scale.retest.difference.value == pytest.approx(0)


def test_the_table_has_a_row_for_each_scale(found: dict[str, RetestReport]) -> None:
    table, = retest_tables(found)
    assert len(table.rows) == len(found["F"].scales)
    assert table.summary.startswith("Form F: 475 informants answered twice, 0 only at first, 0 only later.")


def test_no_second_wave_is_no_table(plan: StudyPlan) -> None:
    assert retest_tables({}) == ()
    once = plan.model_copy(update={"second_wave": {}})
    assert second_wave_of(SAMPLE, [], instrument_of(SAMPLE, once), once) == {}


def test_a_second_wave_of_a_form_that_was_not_fielded_is_refused(plan: StudyPlan) -> None:
    wrong = plan.model_copy(update={"second_wave": {"X": plan.forms["F"]}})
    with pytest.raises(InputError) as caught:
        check_forms(wrong, instrument_of(SAMPLE, plan), SAMPLE)
    assert "STUDY-FORM" in {finding.code for finding in caught.value.findings}


def test_shares_of_a_population_that_do_not_add_up_are_refused_before_anything_is_read(plan: StudyPlan) -> None:
    wrong = StudyPlan.model_validate(plan.model_dump() | {"nonresponse": {"population": {"indus": {1: 0.3, 2: 0.6}}}})
    with pytest.raises(InputError) as caught:
        check_forms(wrong, instrument_of(SAMPLE, plan), SAMPLE)
    [finding] = caught.value.findings
    assert (finding.code, finding.place) == ("STUDY-NONRESPONSE", "study.yaml, nonresponse.population.indus")
    assert "0.900" in finding.rule
