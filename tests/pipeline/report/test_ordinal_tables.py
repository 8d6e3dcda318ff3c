"""The tables of the second estimator say what the runs say, and the report shows them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pipeline.ordinal.found import OrdinalRun
from pipeline.report.html import report_html
from pipeline.report.tables.ordinal import estimates_table, models_table, ordinal_tables
from pipeline.report.tables.spec import Table, display_rows
from pipeline.sem.reported import reported
from pipeline.undefined import Undefined
from tests.example_ordinal import ONE_ONLY, TURNED
from tests.example_results import example_results

LEVEL = 0.95


@pytest.fixture(scope="module")
def runs() -> tuple[OrdinalRun, ...]:
    return example_results().ordinal


def cells(table: Table, place: int) -> dict[str, object]:
    return dict(zip([column.key for column in table.columns], table.rows[place], strict=True))


def test_a_row_a_model_with_scaled_fit_and_agreement(runs: tuple[OrdinalRun, ...]) -> None:
    table = models_table(runs, LEVEL)
    first, own = cells(table, 0), runs[0]
    assert own.indices is not None
    scaled = own.indices.scaled
    assert scaled is not None
    assert [first[key] for key in ("n", "robust_n", "ordered", "first", "chisq", "df", "pvalue", "cfi", "rmsea", "srmr")
            ] == [own.n, own.robust_n, len(own.ordered), 3, scaled.chisq, own.indices.df, scaled.pvalue, scaled.cfi,
                  scaled.rmsea, own.indices.srmr]
    # Of all paths and effects one has turned, one is clear by robust ML only.
    asked = sum(row.kind != "loading" for row in own.rows)
    assert (first["asked"], first["agree"]) == (asked, asked - 2)
    assert table.summary == (f"1 model of 2 have single answers and an estimate by WLSMV; of {asked} paths and effects "
                             f"in them, {asked - 2} get the same verdict from both estimators at 0.05, and 1 differs "
                             "from 0 with opposite signs.")


def test_a_model_without_an_estimate_has_its_reason_and_no_number(runs: tuple[OrdinalRun, ...]) -> None:
    row = cells(models_table(runs, LEVEL), 1)
    assert row["n"] == Undefined("none of its variables is a single answer")
    assert {row[key] for key in ("first", "admissible", "chisq", "cfi", "srmr", "asked", "agree")} == {None}
    assert models_table(runs[1:], LEVEL).summary == "No model has an estimate by WLSMV."


def test_labelled_paths_and_effects_stand_side_by_side(runs: tuple[OrdinalRun, ...]) -> None:
    table = estimates_table(runs, LEVEL)
    wanted = [row for row in runs[0].rows if row.kind == "effect" or (row.kind == "path" and row.label)]
    assert len(table.rows) == len(wanted) == 17
    for place, row in enumerate(wanted):
        own = cells(table, place)
        assert [own[key] for key in ("name", "robust", "robust_se", "robust_pvalue", "ordinal", "ordinal_se",
                                     "ordinal_pvalue")] == [
            row.name, row.robust, row.robust_se, row.robust_pvalue, row.ordinal, row.ordinal_se, row.ordinal_pvalue]
        assert own["agree"] == ("no" if row.label in (TURNED, ONE_ONLY) else "yes")
    assert table.summary == ("Both estimators say the same of 15 of 17 labelled paths and effects: not SUC ~ daf (M1), "
                             "SUC ~ exp_rw (M1).")
    assert display_rows(table)


def test_scaled_indices_are_reported_where_there_are_no_robust_ones(runs: tuple[OrdinalRun, ...]) -> None:
    indices = runs[0].indices
    assert indices is not None
    assert indices.scaled is not None
    found = reported(indices)
    assert (found.version, found.chisq, found.cfi, found.rmsea) == (
        "scaled", indices.scaled.chisq, indices.scaled.cfi, indices.scaled.rmsea)
    assert reported(replace(indices, scaled=None)).version == "plain"


def test_the_report_has_the_part_only_where_there_are_runs() -> None:
    results = example_results()
    assert 'id="ordered"' in report_html(results, figures=())
    without = replace(results, ordinal=())
    assert 'id="ordered"' not in report_html(without, figures=())
    assert ordinal_tables((), LEVEL) == ()
