"""Figures and tables of what was probed: the numbers of the report, in the places where a reader looks for them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from matplotlib.figure import Figure as Drawing
from matplotlib.patches import Rectangle

from pipeline.probes.found import InteractionProbe, ProbesReport, Slopes, SurfaceFound, SurfaceProbe
from pipeline.report.figures.probes import probe_figures, sheet, surface_figure
from pipeline.report.figures.spec import Figure
from pipeline.report.tables.probes import probe_tables, regions_table
from pipeline.report.tables.spec import Table, display_rows, to_frame
from pipeline.sem.johnson_neyman import Region
from pipeline.undefined import Undefined
from tests.pipeline.probes.made_up import probe_of, report, slopes


def figures() -> dict[str, Figure]:
    return {figure.id: figure for figure in probe_figures(report())}


def tables() -> dict[str, Table]:
    return {table.id: table for table in probe_tables(report())}


def probe(name: str) -> tuple[InteractionProbe, Slopes]:
    one = next(p for p in report().slopes if p.probed.id == name)
    assert isinstance(one.found, Slopes)
    return one, one.found


def surface() -> tuple[SurfaceProbe, SurfaceFound]:
    one = report().surface
    assert one is not None
    assert isinstance(one.found, SurfaceFound)
    return one, one.found


def drawn(*found: Slopes | Undefined) -> Drawing:
    figure, = probe_figures(ProbesReport(0.95, tuple(map(probe_of, found)), None))
    return figure.draw()


def shaded(drawing: Drawing) -> list[tuple[float, float]]:
    return [(patch.get_x(), patch.get_x() + patch.get_width()) for patch in drawing.axes[0].patches
            if isinstance(patch, Rectangle)]


def test_a_group_without_any_estimate_has_no_figure():
    assert list(figures()) == ["probes-turbulence-curved", "probes-governance", "probes-partner", "probes-surface"]


def test_the_curve_and_its_band_are_the_reports():
    _, found = probe("trust-by-contract")
    axes = figures()["probes-governance"].draw().axes[0]
    curve = next(line for line in axes.lines if len(line.get_xdata()) == 61)
    assert list(curve.get_xdata()) == [point.value for point in found.curve]
    assert list(curve.get_ydata()) == [point.est for point in found.curve]
    corners = {tuple(corner) for corner in axes.collections[0].get_paths()[0].vertices}
    assert {(point.value, point.lower) for point in found.curve} <= corners
    assert {(point.value, point.upper) for point in found.curve} <= corners
    ticks = next(line for line in axes.lines if line.get_marker() == "|")
    assert list(ticks.get_xdata()) == [slope.value for slope in found.slopes]


def test_regions_are_shaded_as_far_as_the_range_goes():
    both = (Region(None, 2.0, "negative"), Region(5.5, 9.0, "positive"))
    drawing = drawn(slopes("several", both))
    assert shaded(drawing) == [(1.0, 2.0), (5.5, 7.0)]
    uprights = [line.get_xdata()[0] for line in drawing.axes[0].lines if len(set(line.get_xdata())) == 1]
    assert uprights == [2.0, 5.5]
    assert shaded(drawn(slopes("one-sided", (Region(8.0, None, "positive"),)))) == []
    assert shaded(drawn(slopes("none", ()))) == []


@pytest.mark.parametrize("count", [1, 2, 3, 4, 5, 6])
def test_every_interaction_has_its_panel(count):
    shown = [axes for axes in drawn(*[slopes("none", ())] * count).axes if axes.axison]
    assert len(shown) == count
    assert {axes.get_ylabel().replace("\n", " ") for axes in shown} == {"Slope of success on skill"}
    assert {axes.get_xlabel() for axes in shown} == {"Luck (scale points)"}


def test_two_values_are_points_with_intervals_under_their_names():
    _, found = probe("practice-by-partner")
    figure = figures()["probes-partner"]
    axes = figure.draw().axes[0]
    assert [label.get_text() for label in axes.get_xticklabels()] == ["A firm", "Not a firm"]
    points = [(*line.get_xdata(), *line.get_ydata()) for line in axes.lines if line.get_marker() == "o"]
    assert points == [(place, slope.est) for place, slope in enumerate(found.slopes)]
    ends = [tuple(line.get_ydata()) for line in axes.lines if line.get_marker() == "None"][:2]
    assert ends == [(slope.lower, slope.upper) for slope in found.slopes]
    assert "Shaded" not in figure.note


def test_what_is_not_drawn_is_named_with_its_reason():
    note = figures()["probes-partner"].note
    assert "Not drawn: Complementarity, by the partner's age (" in note
    assert "pfcp" in note


def test_the_drawn_surface_is_the_predicted_one():
    probed, found = surface()
    (x, y, z), inside = sheet(probed, found)
    step = (len(x) - 1) // 12
    assert x.min() == y.min() == 1
    assert x.max() == y.max() == 7
    np.testing.assert_allclose(z[::step, ::step].ravel(), [point.est for point in found.grid], atol=1e-12)
    np.testing.assert_allclose(x[::step, ::step].ravel(), [point.x + 4 for point in found.grid])
    known = [point.inside for point in found.grid]
    assert 0 < sum(known) < len(known)
    assert list(inside[::step, ::step].ravel()) == known


def test_the_surface_has_both_lines_the_area_and_scale_points():
    drawing = figures()["probes-surface"].draw()
    assert len(drawing.axes) == 2
    lines = [(list(line.get_xdata()), list(line.get_ydata())) for line in drawing.axes[0].lines]
    assert ([1, 7], [1, 7]) in lines
    assert ([1, 7], [7, 1]) in lines
    assert drawing.axes[0].get_xlim() == drawing.axes[0].get_ylim() == (1, 7)
    assert drawing.axes[0].get_xlabel() == "Trust (scale points)"
    _, found = surface()
    ring = max(lines, key=lambda line: len(line[0]))
    assert list(zip(*ring, strict=True))[:-1] == [(x + 4, y + 4) for x, y in found.hull]


def test_a_surface_that_was_not_found_has_no_figure_but_its_reason_in_the_table():
    lost = SurfaceProbe(report().surface.probed, Undefined("the answers give no ravg"), "Not probed.")
    assert surface_figure(lost) is None
    table = probe_tables(replace(report(), surface=lost))[3]
    assert "undefined because the answers give no ravg" in display_rows(table)[0]
    assert probe_tables(replace(report(), surface=None)) == probe_tables(report())[:3]


def test_figures_render_the_same_twice_and_name_a_table_that_exists():
    known = {**figures()}
    assert {figure.table for figure in known.values()} <= set(tables())
    again = {figure.id: figure for figure in probe_figures(report())}
    for name in ("probes-surface", "probes-partner"):
        assert known[name].svg() == again[name].svg()
    assert len(known["probes-surface"].svg()) < 2_000_000
    assert known["probes-surface"].png()[:8] == b"\x89PNG\r\n\x1a\n"
    assert all(figure.summary.endswith(".") and figure.title for figure in known.values())


def test_the_slopes_table_holds_every_slope():
    frame = to_frame(tables()["probes-slopes"])
    probed, found = probe("trust-by-contract")
    rows = frame[frame["interaction"] == probed.probed.title]
    assert list(rows["at"]) == ["mean − SD", "mean", "mean + SD"]
    for column, field in (("value", "value"), ("est", "est"), ("se", "se"), ("z", "z"), ("pvalue", "pvalue"),
                          ("ci_lower", "lower"), ("ci_upper", "upper")):
        assert list(rows[column]) == [getattr(slope, field) for slope in found.slopes], column
    assert set(rows["n"]) == {found.n}
    assert set(rows["model"]) == {"A-resilience"}
    two = frame[frame["interaction"] == "Ambidexterity, by kind of partner"]
    assert list(two["at"]) == ["a firm", "not a firm"]


def test_the_terms_table_holds_products_and_turning_points():
    frame = to_frame(tables()["probes-terms"])
    _, found = probe("fluidity-by-turbulence-curved")
    rows = frame[frame["model"] == "M2-curved"]
    assert list(rows["term"]) == ["change a unit (rf.tu)", "bend (rf.tu.tu)", "where the slope is largest",
                                  "the slope there"]
    assert list(rows["est"]) == [found.terms[0].est, found.terms[1].est, found.turn.at.est, found.turn.slope.est]
    assert list(rows["se"]) == [found.terms[0].se, found.terms[1].se, found.turn.at.se, found.turn.slope.se]
    assert rows["pvalue"].iloc[2] is None


def test_the_regions_table_has_a_row_a_region():
    found = slopes("outside", (Region(None, 2.0, "negative"), Region(5.5, None, "positive")), covered=0.4)
    table = regions_table(ProbesReport(0.95, (probe_of(found), probe_of(slopes("none", (), covered=0.0))), None))
    assert [row[5:] for row in table.rows] == [
        ("Beyond two values", "negative", None, 2.0, 0.4, 0.8, (1.0, 7.0)),
        ("Beyond two values", "positive", 5.5, None, 0.4, 0.8, (1.0, 7.0)),
        ("For no value", None, None, None, 0.0, 0.8, (1.0, 7.0))]
    assert table.summary == ("Of 2 slopes with a region, none differ from zero throughout the range of the moderator, "
                             "1 nowhere in it, and 1 in a part of it.")


def test_the_surface_tables_hold_tests_and_places_in_scale_points():
    _, found = surface()
    frame = to_frame(tables()["probes-surface"])
    assert list(frame["name"]) == ["b1", "b2", "b3", "b4", "b5", "a1", "a2", "a3", "a4", "a5", "x0", "y0", "p10", "p11",
                                   "p20", "p21"]
    assert list(frame["est"][:10]) == [test.est for test in (*found.coefficients, *found.tests)]
    assert list(frame["se"][:10]) == [test.se for test in (*found.coefficients, *found.tests)]
    assert frame["est"][10] == found.stationary[0].est + 4
    assert frame["ci_lower"][11] == found.stationary[1].lower + 4
    assert frame["est"][13] == found.first_axis.slope.est
    grid = to_frame(tables()["probes-surface-grid"])
    assert len(grid) == 49
    at = grid[(grid["first"] == 6) & (grid["second"] == 3)].iloc[0]
    point = next(p for p in found.grid if (p.x, p.y) == (2, -1))
    assert (at["est"], at["ci_lower"], at["inside"]) == (point.est, point.lower, "yes" if point.inside else "no")
