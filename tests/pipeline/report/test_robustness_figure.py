"""The specification curve as figure and tables, from a curve with round numbers."""

from __future__ import annotations

from dataclasses import replace

import pytest
from matplotlib.axes import Axes
from matplotlib.figure import Figure as Drawing
from matplotlib.text import Text

from pipeline.report.figures.robustness import specification_figure
from pipeline.report.figures.spec import Figure
from pipeline.report.tables.robustness import counts_table, facets_table, specifications_table
from pipeline.report.tables.spec import Table, display_rows, to_frame
from pipeline.robustness.found import NotEstimated, SpecificationCurve
from pipeline.robustness.summary import summarise
from pipeline.undefined import Undefined
from tests.pipeline.robustness.made_up import curve


@pytest.fixture(scope="module")
def made() -> SpecificationCurve:
    return curve()


@pytest.fixture(scope="module")
def table(made: SpecificationCurve) -> Table:
    return specifications_table(made)


@pytest.fixture(scope="module")
def figure(made: SpecificationCurve) -> Figure:
    found = specification_figure(made)
    assert found is not None
    return found


@pytest.fixture(scope="module")
def drawing(figure: Figure) -> Drawing:
    return figure.draw()


def panels(drawing: Drawing) -> tuple[Axes, Axes]:
    above, below = drawing.axes
    return above, below


def test_estimates_stand_in_order_of_size_and_the_two_kinds_apart(drawing: Drawing) -> None:
    above, _ = panels(drawing)
    clear, other = (points.get_offsets() for points in above.collections if len(points.get_offsets()))
    # −.02, .04, .06, .10, .12: the second includes 0, and the third has no interval.
    assert [tuple(map(float, point)) for point in clear] == [(1, -0.02), (4, 0.10), (5, 0.12)]
    assert [tuple(map(float, point)) for point in other] == [(2, 0.04), (3, 0.06)]


def test_every_decision_stands_below_its_estimate(drawing: Drawing) -> None:
    _, below = panels(drawing)
    marks = {float(line.get_ydata()[0]): list(line.get_xdata()) for line in below.lines
             if line.get_marker() == "|" and len(line.get_xdata())}
    labels = [label.get_text() for label in below.get_yticklabels()]
    places = dict(zip(labels, map(float, below.get_yticks()), strict=True))
    assert marks[places["Estimator:  Robust ML"]] == [2, 3, 4]
    assert marks[places["ML"]] == [1, 5]
    assert marks[places["Missing values:  Full information"]] == [4, 5]
    assert marks[places["Complete rows only"]] == [1, 2, 3]
    assert marks[places["Maturity index"]] == [3]
    assert places["WLSMV"] not in marks


def test_the_pending_estimator_has_words_and_no_number(drawing: Drawing, table: Table) -> None:
    words = [text.get_text() for text in drawing.findobj(Text)]
    assert any(word.startswith("pending") for word in words)
    pending = [row for row in table.rows if row[0] == "WLSMV"]
    assert len(pending) == 1
    assert not any(isinstance(cell, (int, float, tuple)) for cell in pending[0])
    assert str(pending[0][-1]).startswith("pending")


def test_the_same_curve_gives_the_same_bytes(made: SpecificationCurve, figure: Figure) -> None:
    again = specification_figure(made)
    assert again is not None
    assert again.svg() == figure.svg()
    assert (figure.id, figure.table) == ("robustness", "robustness")


def test_without_an_estimate_there_is_no_figure_and_the_sentence_says_so(made: SpecificationCurve) -> None:
    rows = tuple(replace(row, found=NotEstimated("SEM-CASES", "why")) for row in made.rows)
    lost = replace(made, rows=rows, headline=rows[0], summary=summarise(rows, rows[0], (), 0))
    assert specification_figure(lost) is None
    assert specifications_table(lost).summary == "None of 6 specifications could be estimated."
    assert display_rows(counts_table(lost))
    assert display_rows(facets_table(lost))


def test_the_table_holds_every_specification_with_its_numbers(table: Table, made: SpecificationCurve) -> None:
    assert len(table.rows) == len(made.rows) + len(made.pending)
    assert table.column("std_all") == (-0.02, 0.04, 0.06, 0.10, 0.12, None, None)
    assert table.column("sign")[:5] == ("\N{MINUS SIGN}", "+", "+", "+", "+")
    assert table.column("excludes_zero") == ("yes", "no", None, "yes", "yes", None, None)
    assert table.column("inside_headline")[:5] == ("no", "no", "yes", "yes", "yes")
    assert table.column("converged") == ("yes",) * 5 + (None, None)
    assert table.column("std_ci")[0] == (pytest.approx(-0.03), pytest.approx(-0.01))
    assert table.column("ci_normal")[0] == (pytest.approx(-0.14), pytest.approx(0.06))
    assert table.column("ci")[0] == (pytest.approx(-0.06), pytest.approx(-0.02))
    assert table.column("remark")[3] == "the headline's"
    assert table.column("remark")[5] == "not estimated, there are 12 cases"
    assert to_frame(table)["std_ci_lower"][2] == "undefined because fewer than two draws converged"


def test_the_sentences_say_what_was_counted_and_no_more(table: Table, made: SpecificationCurve) -> None:
    assert table.summary == (
        "5 of 6 specifications could be estimated; the median standardised serial effect is .060 (from −.020 to .120), "
        "and 3 of 5 have a bootstrap interval that excludes zero; 4 of 5 have the headline's sign, and 3 of 5 "
        "(60\N{NO-BREAK SPACE}%) lie inside its 95\N{NO-BREAK SPACE}% interval.")
    assert "no p value" in table.note
    # Complete rows against full information: .0083 of .0120, worked out in the summary's tests.
    assert facets_table(made).summary.startswith(
        "Most of the variance among the estimates goes with: missing values (69.4")


def test_counts_and_facets_are_the_summarys(made: SpecificationCurve) -> None:
    counts = {row[0]: row[1:] for row in counts_table(made).rows}
    assert counts["Estimated"] == (5, 5 / 6)
    assert counts["Not estimated: SEM-CASES"] == (1, 1 / 6)
    assert counts["Bootstrap interval excludes 0"] == (3, 0.6)
    assert counts["Pending, not among those asked for"] == (1, None)
    facets = {(row[0], row[1]): row for row in facets_table(made).rows}
    assert facets["Missing values", "Complete rows only"][2:6] == (3, 3, 0.04, 0.5)
    assert isinstance(facets["Estimator", "WLSMV"][4], Undefined)
