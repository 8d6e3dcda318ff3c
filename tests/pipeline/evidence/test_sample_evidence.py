"""The sample study's evidence (synthetic), from its answers to its tables: every topic is there and says something."""

from __future__ import annotations

import math
from dataclasses import fields

from pydantic import TypeAdapter

from pipeline.evidence.found import Evidence
from pipeline.evidence.verdicts import construct_verdicts
from pipeline.report.tables import evidence_tables
from pipeline.report.tables.spec import Cell
from pipeline.results import StudyResults
from pipeline.undefined import Undefined


def test_every_topic_was_asked_and_goes_to_json_and_back(sample_results: StudyResults) -> None:
    found = sample_results.evidence
    asked = {field.name for field in fields(found) if field.name != "retest"}
    assert {name for name in asked if not getattr(found, name)} == set()
    assert found.retest == {}  # no second wave was fielded
    adapter = TypeAdapter(Evidence)
    assert adapter.validate_json(adapter.dump_json(found)) == found


def test_no_cell_of_any_table_is_a_number_that_is_none(sample_results: StudyResults) -> None:
    def numbers(cell: Cell) -> list[float]:
        parts = cell if isinstance(cell, tuple) else (cell,)
        return [part for part in parts if isinstance(part, float)]

    tables = evidence_tables(sample_results)
    assert len({table.id for table in tables}) == len(tables) > 30
    bad = [(table.id, row[0]) for table in tables for row in table.rows for cell in row
           if not all(map(math.isfinite, numbers(cell)))]
    assert not bad
    assert all(cell.because for table in tables for row in table.rows for cell in row if isinstance(cell, Undefined))


def test_the_scales_of_the_sample_hold_together_and_fluidity_is_distinct_from_resilience(
    sample_results: StudyResults,
) -> None:
    verdicts = {(one.construct, one.form): one for one in construct_verdicts(sample_results.evidence)}
    assert {one.together.grade for one in verdicts.values()} <= {"yes", "with a remark"}
    assert verdicts["rf", "A"].distinct.grade != "no"
    assert any(line.startswith("Strategic resilience: distinct") for line in verdicts["rf", "A"].distinct.sentences)


def test_cut_offs_are_simulated_for_both_measurement_models_and_both_fit_as_they_were_made(
    sample_results: StudyResults,
) -> None:
    found = sample_results.evidence.cutoffs
    assert found is not None
    assert [model.model for model in found.models] == ["capability", "pillars"]
    for model in found.models:
        assert model.true_converged == found.replications
        assert {index.below for index in model.indices} == {1}
        assert len(model.levels) == (3 if model.model == "capability" else 2)


def test_exclusion_rules_keep_fewer_the_stricter_they_are(sample_results: StudyResults) -> None:
    found = sample_results.evidence.exclusions
    assert found is not None
    kept = {(one.form, one.rule): one.kept for one in found.kept}
    for form in ("F", "A"):
        assert kept[form, "strict"] < kept[form, "plan"] < kept[form, "none"]
