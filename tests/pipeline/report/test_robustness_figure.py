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
from pipeline.robustness.estimation import NOT_RESAMPLED
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
    clear, other, none = (points.get_offsets() for points in above.collections if len(points.get_offsets()))
    # −.02, .04, .06, .08, .10, .12: the second includes 0, the third and the fourth have no bootstrap interval.
    assert [tuple(map(float, point)) for point in clear] == [(1, -0.02), (5, 0.10), (6, 0.12)]
    assert [tuple(map(float, point)) for point in other] == [(2, 0.04)]
    assert [tuple(map(float, point)) for point in none] == [(3, 0.06), (4, 0.08)]


def test_what_was_not_resampled_has_its_normal_interval_and_says_so(drawing: Drawing, figure: Figure) -> None:
    above, _ = panels(drawing)
    drawn = {float(line.get_xdata()[0]): tuple(map(float, line.get_ydata())) for line in above.lines
             if len(line.get_xdata()) == 2 and line.get_xdata()[0] == line.get_xdata()[1]}
    assert drawn[4] == pytest.approx((0.08 - 0.0392, 0.08 + 0.0392), abs=1e-5)
    assert drawn[5] == pytest.approx((0.05, 0.15))
    assert any(text.get_text().startswith("No bootstrap: 95") for text in drawing.findobj(Text))
    assert "2 estimates were not resampled (WLSMV) or have too few draws" in figure.note


def test_every_decision_stands_below_its_estimate(drawing: Drawing) -> None:
    _, below = panels(drawing)
    marks = {float(line.get_ydata()[0]): list(line.get_xdata()) for line in below.lines
             if line.get_marker() == "|" and len(line.get_xdata())}
    labels = [label.get_text() for label in below.get_yticklabels()]
    places = dict(zip(labels, map(float, below.get_yticks()), strict=True))
    assert marks[places["Estimator:  Robust ML"]] == [2, 3, 5]
    assert marks[places["ML"]] == [1, 6]
    assert marks[places["Missing values:  Full information"]] == [5, 6]
    assert marks[places["Complete rows only"]] == [1, 2, 3, 4]
    assert marks[places["Maturity index"]] == [3]
    assert marks[places["WLSMV"]] == [4]


def test_wlsmv_has_its_numbers_and_no_bootstrap(table: Table) -> None:
    row = dict(zip([column.key for column in table.columns], next(r for r in table.rows if r[0] == "WLSMV"),
                   strict=True))
    assert (row["std_all"], row["est"], row["se"]) == (0.08, 0.16, 0.05)
    assert row["ci_normal"] == (pytest.approx(0.06), pytest.approx(0.26))
    assert row["std_ci_normal"] == (pytest.approx(0.0408, abs=1e-4), pytest.approx(0.1192, abs=1e-4))
    assert row["std_ci"] == row["ci"] == (NOT_RESAMPLED, NOT_RESAMPLED)
    assert (row["converged_draws"], row["admissible_draws"], row["seed"], row["excludes_zero"]) == (None,) * 4
    assert "judged among the other estimators" in table.note


def test_the_same_curve_gives_the_same_bytes(made: SpecificationCurve, figure: Figure) -> None:
    again = specification_figure(made)
    assert again is not None
    assert again.svg() == figure.svg()
    assert (figure.id, figure.table) == ("robustness", "robustness")


def test_without_an_estimate_there_is_no_figure_and_the_sentence_says_so(made: SpecificationCurve) -> None:
    rows = tuple(replace(row, found=NotEstimated("SEM-CASES", "why")) for row in made.rows)
    lost = replace(made, rows=rows, headline=rows[0], summary=summarise(rows, rows[0], 0))
    assert specification_figure(lost) is None
    assert specifications_table(lost).summary == "None of 7 specifications could be estimated."
    assert display_rows(counts_table(lost))
    assert display_rows(facets_table(lost))


def test_the_table_holds_every_specification_with_its_numbers(table: Table, made: SpecificationCurve) -> None:
    assert len(table.rows) == len(made.rows)
    assert table.column("std_all") == (-0.02, 0.04, 0.06, 0.08, 0.10, 0.12, None)
    assert table.column("sign")[:6] == ("\N{MINUS SIGN}", "+", "+", "+", "+", "+")
    assert table.column("excludes_zero") == ("yes", "no", None, None, "yes", "yes", None)
    assert table.column("inside_headline")[:6] == ("no", "no", "yes", "yes", "yes", "yes")
    assert table.column("converged") == ("yes",) * 6 + (None,)
    assert table.column("std_ci")[0] == (pytest.approx(-0.03), pytest.approx(-0.01))
    assert table.column("ci_normal")[0] == (pytest.approx(-0.14), pytest.approx(0.06))
    assert table.column("ci")[0] == (pytest.approx(-0.06), pytest.approx(-0.02))
    assert table.column("remark")[4] == "the headline's"
    assert table.column("remark")[6] == "not estimated, there are 12 cases"
    assert to_frame(table)["std_ci_lower"][2] == "undefined because fewer than two draws converged"


def test_the_sentences_say_what_was_counted_and_no_more(table: Table, made: SpecificationCurve) -> None:
    assert table.summary == (
        "6 of 7 specifications could be estimated; the median standardised serial effect is .070 (from −.020 to .120); "
        "3 of 4 bootstrap intervals exclude zero, and all 2 estimates without one exclude it by their standard errors; "
        "5 of 6 have the headline's sign, and 4 of 6 (67\N{NO-BREAK SPACE}%) lie inside its 95\N{NO-BREAK SPACE}% "
        "interval.")
    assert "no p value" in table.note
    # .0054 of .0056 and .0083 of .0120, worked out in the summary's tests.
    assert facets_table(made).summary.startswith(
        "Most of the variance among the estimates goes with: estimator (96.4\N{NO-BREAK SPACE}%), missing values (69.4")


def test_counts_and_facets_are_the_summarys(made: SpecificationCurve) -> None:
    counts = {row[0]: row[1:] for row in counts_table(made).rows}
    assert counts["Estimated"] == (6, 6 / 7)
    assert counts["Not estimated: SEM-CASES"] == (1, 1 / 7)
    assert counts["Bootstrap interval excludes 0"] == (3, 3 / 4)
    assert counts["Without a bootstrap interval"] == (2, 2 / 6)
    assert counts["Without one, interval by SE excludes 0"] == (2, 1.0)
    facets = {(row[0], row[1]): row for row in facets_table(made).rows}
    assert facets["Missing values", "Complete rows only"][2:6] == (4, 4, 0.05, 0.5)
    assert facets["Estimator", "WLSMV"][2:5] == (1, 1, 0.08)
    assert isinstance(facets["Estimator", "WLSMV"][5], Undefined)
