"""Tables and figures on invariance: every number of the results, and nothing told by colour alone."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pipeline.invariance.found import InvarianceReport
from pipeline.report import methods
from pipeline.report.figures.invariance import invariance_figures
from pipeline.report.html import report_html
from pipeline.report.tables import Table, display_rows
from pipeline.report.tables.invariance import invariance_tables, size_words
from pipeline.sem.noninvariance import Dmacs
from pipeline.undefined import Undefined
from tests.example_invariance import invariance
from tests.example_results import example_results


@pytest.fixture(scope="module")
def found() -> InvarianceReport:
    return invariance()


@pytest.fixture(scope="module")
def tables(found: InvarianceReport) -> dict[str, Table]:
    return {table.id: table for table in invariance_tables(found, {"lrco": "Codification"})}


def test_nothing_tested_gives_no_table_and_no_figure() -> None:
    assert invariance_tables(None, {}) == ()
    assert invariance_figures(None) == ()
    assert [table.id for table in invariance_tables(replace(invariance(), truth=()), {})][-1] == "invariance-groups"


def test_a_row_for_each_construct_and_grouping_with_its_verdict(
    tables: dict[str, Table], found: InvarianceReport,
) -> None:
    table = tables["invariance"]
    assert table.column("verdict") == tuple(one.verdict for one in found.ladders)
    assert table.column("comparable") == ("latent means, items freed", "means of scores", "scores as they are",
                                          "not tested")
    assert table.column("freed") == ("lrco2 (intercept)", None, None, None)
    assert table.column("rejected") == ("scalar", "strict", None, None)
    assert table.column("pvalue") == (0.0003, 0.03, None, None)
    assert table.column("ordered") == ("metric; lrco2 freed", None, None, None)
    assert isinstance(table.column("reached")[-1], Undefined)


def test_every_step_stands_with_all_items_equal_with_freed_ones_and_as_ordered(
    tables: dict[str, Table], found: InvarianceReport,
) -> None:
    table = tables["invariance-steps"]
    assert len(table.rows) == sum(len(one.steps) + len(one.partial) for one in (*found.ladders, *found.second))
    first = [dict(zip((column.key for column in table.columns), row, strict=True)) for row in table.rows[:8]]
    assert [row["items"] for row in first] == ["all equal"] * 4 + ["lrco2 free"] * 4
    assert [row["holds"] for row in first] == ["yes", "yes", "no", "no", *["yes"] * 4]
    assert first[2]["difference_pvalue"] == 0.0003
    assert first[2]["adjusted"] == pytest.approx(9 * 0.0003)
    assert first[6]["adjusted"] is None  # of models made after looking nothing is adjusted
    assert first[2]["chisq"] == 205.0 + 28  # the scaled one


def test_items_have_their_test_and_their_size(tables: dict[str, Table]) -> None:
    rows = display_rows(tables["invariance-items"])
    assert rows[0][4:15] == ("lrco2", "intercept", "en and es", "4.58 in en, 5.14 in es", "28.20", "1", "< .001",
                             "< .001", "0.40", "−0.40", "−0.56")
    assert rows[1][4:8] == ("lrar4", "no", "en and es", "–")


@pytest.mark.parametrize(("value", "words"), [
    (0.194, "negligible"), (0.196, "small"), (0.39, "small"), (0.395, "medium"), (0.4, "medium"), (0.7, "large"),
])
def test_sizes_are_called_as_the_number_that_is_shown(value: float, words: str) -> None:
    assert size_words(Dmacs("x", "a", "b", value, value, value, 1.0, "")) == words


def test_means_are_named_by_dimension_and_direction(tables: dict[str, Table]) -> None:
    rows = display_rows(tables["invariance-means"])
    assert rows[1][3:6] == ("Codification", "es − en", "lrco2")


def test_groups_that_are_small_or_unknown_are_counted(tables: dict[str, Table]) -> None:
    rows = display_rows(tables["invariance-groups"])
    assert ("F", "size of the firm", "not known", "3", "no", "–") in rows
    assert any(row[2:5] == ("Energy", "40", "too small") for row in rows)


def test_what_truly_differs_stands_beside_what_was_found(tables: dict[str, Table]) -> None:
    table = tables["invariance-truth"]
    assert table.summary == ("Of 2 items that truly differ by language, 1 was found; no items were freed that do not "
                             "differ.")
    assert table.column("true") == (0.5, 0.3)


def test_the_map_says_every_verdict_in_words(found: InvarianceReport) -> None:
    figures = {figure.id: figure for figure in invariance_figures(found)}
    drawing = figures["invariance"].draw()
    words = [label.get_text() for label in drawing.axes[0].texts]
    assert words == ["without lrco2", "means", "as they are", "not tested"]
    assert figures["invariance"].table == "invariance"
    sizes = [label.get_text() for label in figures["invariance-sizes"].draw().axes[0].texts]
    assert sizes == ["small", "medium", "large", "lrco2", "lrar4", "lrar1", "sufl1"]


def test_the_report_explains_the_steps_and_how_it_was_done() -> None:
    page = report_html(example_results(), None, ())
    assert "Meredith 1993" in page
    assert "Wu &amp; Estabrook 2016" in page
    assert "by maximum likelihood with robust tests (MLR), gaps by full information" in page
    without = report_html(replace(example_results(), invariance=None), None, ())
    assert methods.NO_INVARIANCE in without
    assert "Meredith 1993" not in without
