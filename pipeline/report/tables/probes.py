"""Tables of what was probed: slopes, the terms that change them, regions, and the response surface."""

from __future__ import annotations

from pipeline.probes.found import InteractionProbe, ProbesReport, Slopes, SurfaceProbe
from pipeline.probes.sentences import counted_probes
from pipeline.report.numbers import level_name, percent
from pipeline.report.tables.spec import Cell, Column, Table
from pipeline.sem.coefficients import WaldTest
from pipeline.sem.response_surface import Axis
from pipeline.undefined import Undefined

KINDS = {
    "none": "For no value", "all": "For every value", "inside": "Between two values", "outside": "Beyond two values",
    "one-sided": "On one side of a value", "several": "In several regions",
}

SLOPES, TERMS, REGIONS = "probes-slopes", "probes-terms", "probes-regions"
SURFACE, SURFACE_GRID = "probes-surface", "probes-surface-grid"
"""Ids of the tables."""

_WHOLE = 1e-9

_SURFACE_ROWS = (
    ("b1", "First, at the midpoint"), ("b2", "Second, at the midpoint"), ("b3", "First squared"),
    ("b4", "First × second"), ("b5", "Second squared"),
)
_TEST_ROWS = (
    ("a1", "b1 + b2", "Slope along agreement"), ("a2", "b3 + b4 + b5", "Curvature along agreement"),
    ("a3", "b1 \N{MINUS SIGN} b2", "Slope along disagreement"),
    ("a4", "b3 \N{MINUS SIGN} b4 + b5", "Curvature along disagreement"),
    ("a5", "b3 \N{MINUS SIGN} b5", "First axis off the line of agreement"),
)


def probe_tables(report: ProbesReport) -> tuple[Table, ...]:
    """All of them, in the order of the report; none of a surface where none was asked for."""
    found = (slopes_table(report), terms_table(report), regions_table(report))
    if report.surface is None:
        return found
    return (*found, surface_table(report.surface, report.level), surface_grid_table(report.surface, report.level))


def _test_columns(level: float, header: str) -> tuple[Column, ...]:
    return (Column("est", header, "number", 3), Column("se", "SE", "number", 3), Column("z", "z", "number", 2),
            Column("pvalue", "p", "pvalue"), Column("ci", f"{level_name(level)} interval", "interval", 3))


def _test_cells(test: WaldTest) -> tuple[Cell, ...]:
    return test.est, test.se, test.z, test.pvalue, (test.lower, test.upper)


def _named(probe: InteractionProbe) -> tuple[Cell, ...]:
    p = probe.probed
    return p.title, p.model, p.outcome_words, p.focal_words, p.moderator_words


_NAMED = (Column("interaction", "Interaction"), Column("model", "Model"), Column("outcome", "Outcome"),
          Column("focal", "On"), Column("moderator", "By"))


def slopes_table(report: ProbesReport) -> Table:
    """Every slope at the mean of its moderator and a standard deviation off it, or at its two values."""
    rows: list[tuple[Cell, ...]] = []
    for probe in report.slopes:
        found = probe.found
        if isinstance(found, Undefined):
            rows.append((*_named(probe), None, None, None, found, *(None,) * 4))
            continue
        rows += [(*_named(probe), found.n, _place(probe, found, slope.label), slope.value, slope.est, slope.se,
                  slope.z, slope.pvalue, (slope.lower, slope.upper)) for slope in found.slopes]
    return Table(
        SLOPES, "Simple slopes",
        (*_NAMED, Column("n", "n", "integer"), Column("at", "At"), Column("value", "Its value", "number", 2),
         *_test_columns(report.level, "Slope")),
        tuple(rows), counted_probes(report.slopes, report.level),
        "Slope: change of the outcome a unit of the second, where the third has the value named; unstandardised, "
        "with the model's own standard errors. Latent moderators count from their mean and have the SD the model "
        "implies. Slopes describe; they are not effects of an intervention.",
    )


def _place(probe: InteractionProbe, found: Slopes, label: str) -> str:
    """Where a slope is reported, two values by their names."""
    if found.moderator.two_valued and probe.probed.values is not None:
        first = label == found.slopes[0].label
        return probe.probed.values[0 if first else 1]
    return label.replace("-", "\N{MINUS SIGN}")


def terms_table(report: ProbesReport) -> Table:
    """What changes each slope: the products' coefficients, and where a quadratic moderation turns."""
    rows: list[tuple[Cell, ...]] = []
    for probe in report.slopes:
        found = probe.found
        if isinstance(found, Undefined):
            rows.append((*_named(probe), None, found, *(None,) * 4))
            continue
        words = ("change a unit", "bend")
        rows += [(*_named(probe), f"{name} ({term.name})", *_test_cells(term))
                 for name, term in zip(words, found.terms, strict=False)]
        turn = found.turn
        if isinstance(turn, Undefined):
            rows.append((*_named(probe), "turning point", turn, *(None,) * 4))
        elif turn is not None:
            kind = "largest" if turn.is_maximum else "smallest"
            at = turn.at
            rows += [(*_named(probe), f"where the slope is {kind}", at.est, at.se, None, None, (at.lower, at.upper)),
                     (*_named(probe), "the slope there", *_test_cells(turn.slope))]
    level = report.level
    return Table(
        TERMS, "How slopes change with their moderators",
        (*_NAMED, Column("term", "Term"), *_test_columns(level, "Estimate")), tuple(rows),
        counted_probes(report.slopes, level),
        f"Where no slope changes at all, some {percent(1 - level, 0)} of these tests still come out. A turning point "
        "is of use only where the bend differs from zero; its interval is by the delta method.",
    )


def regions_table(report: ProbesReport) -> Table:
    """One row a Johnson-Neyman region; one row without ends where there is none."""
    rows: list[tuple[Cell, ...]] = []
    for probe in report.slopes:
        rows += _region_rows(probe)
    return Table(
        REGIONS, "Johnson\N{EN DASH}Neyman regions: where a slope differs from zero",
        (*_NAMED, Column("kind", "Differs from zero"), Column("sign", "Sign"), Column("lower", "From", "number", 2),
         Column("upper", "To", "number", 2), Column("covered", "Share of the range", "percent"),
         Column("cases", "Share of the cases", "percent"),
         Column("range", "Range of the moderator", "interval", 2)),
        tuple(rows), _regions_sentence(report),
        f"Regions hold at {level_name(report.level)} for one value of the moderator at a time, not for all at once "
        "(Esarey & Sumner 2018). A region without an end goes on; what lies beyond the range is extrapolated. The "
        "shares are of all regions of an interaction together. Range of a latent moderator: 3 SD to either side of its "
        "mean.",
    )


def _region_rows(probe: InteractionProbe) -> list[tuple[Cell, ...]]:
    found = probe.found
    if isinstance(found, Undefined):
        return [(*_named(probe), str(found), *(None,) * 6)]
    regions, ends = found.johnson_neyman, (found.moderator.low, found.moderator.high)
    if isinstance(regions, Undefined):
        return [(*_named(probe), str(regions), *(None,) * 5, ends)]
    cases = None if found.moderator.basis == "implied" else found.cases
    if not regions.regions:
        return [(*_named(probe), KINDS[regions.kind], None, None, None, regions.covered, cases, ends)]
    return [(*_named(probe), KINDS[regions.kind], region.sign, region.lower, region.upper, regions.covered, cases, ends)
            for region in regions.regions]


def _regions_sentence(report: ProbesReport) -> str:
    known = [found.johnson_neyman for probe in report.slopes if not isinstance(found := probe.found, Undefined)
             and not isinstance(found.johnson_neyman, Undefined)]
    throughout = sum(region.covered > 1 - _WHOLE for region in known)
    nowhere = sum(region.covered < _WHOLE for region in known)
    return (f"Of {len(known)} slopes with a region, {throughout or 'none'} "
            f"{'differs' if throughout == 1 else 'differ'} from zero throughout the range of the moderator, "
            f"{nowhere or 'none'} nowhere in it, and {len(known) - throughout - nowhere or 'none'} in a part of it.")


def surface_table(probe: SurfaceProbe, level: float) -> Table:
    """Coefficients, tests, stationary point and axes of the surface."""
    found, asked = probe.found, probe.probed
    rows: list[tuple[Cell, ...]] = []
    if isinstance(found, Undefined):
        rows.append(("Surface", "", None, found, *(None,) * 4))
    else:
        midpoint = found.midpoint
        rows += [(name, words, None, *_test_cells(test))
                 for (name, words), test in zip(_SURFACE_ROWS, found.coefficients, strict=True)]
        rows += [(name, words, formula, *_test_cells(test))
                 for (name, formula, words), test in zip(_TEST_ROWS, found.tests, strict=True)]
        if isinstance(found.stationary, Undefined):
            rows.append(("x0, y0", "Stationary point", None, found.stationary, *(None,) * 4))
        else:
            rows += [_located(test, midpoint, f"Stationary point, {words}") for test, words in
                     zip(found.stationary, (asked.first_words, asked.second_words), strict=True)]
        rows += _axis_rows("First axis", "p1", found.first_axis) + _axis_rows("Second axis", "p2", found.second_axis)
    middle = (asked.low + asked.high) / 2 if isinstance(found, Undefined) else found.midpoint
    return Table(
        SURFACE, f"Response surface: {asked.title[:1].lower()}{asked.title[1:]}",
        (Column("name", ""), Column("meaning", "Meaning"), Column("formula", "Formula"),
         *_test_columns(level, "Estimate")),
        tuple(rows), probe.sentence,
        f"First: {asked.first_words}; second: {asked.second_words}; both counted from the middle of their scale, "
        f"{middle:g}, except the stationary point, which is in scale points. Agreement: the two are equal; "
        "disagreement: one is as far above the middle as the other is below. Axes: second = intercept + slope × first. "
        "Standard errors of stationary point and axes by the delta method, wide where the surface hardly bends. Error "
        "of measurement in the two is not modelled and draws b3 to b5 toward zero (Edwards & Parry 1993).",
    )


def _located(test: WaldTest, midpoint: float, words: str) -> tuple[Cell, ...]:
    """A place in scale points; a test of its being 0 would be of use to nobody."""
    lower, upper = (bound if isinstance(bound, Undefined) else bound + midpoint for bound in (test.lower, test.upper))
    return test.name, words, None, test.est + midpoint, test.se, None, None, (lower, upper)


def _axis_rows(words: str, stem: str, axis: Axis | Undefined) -> list[tuple[Cell, ...]]:
    if isinstance(axis, Undefined):
        return [(stem, words, None, axis, *(None,) * 4)]
    rows: list[tuple[Cell, ...]] = []
    for part, name, test in (("intercept", f"{stem}0", axis.intercept), ("slope", f"{stem}1", axis.slope)):
        cells = (test, *(None,) * 4) if isinstance(test, Undefined) else _test_cells(test)
        rows.append((name, f"{words}, {part}", None, *cells))
    return rows


def surface_grid_table(probe: SurfaceProbe, level: float) -> Table:
    """The predicted surface at whole scale points."""
    found, asked = probe.found, probe.probed
    rows: list[tuple[Cell, ...]] = []
    if not isinstance(found, Undefined):
        rows = [(round(point.x + found.midpoint), round(point.y + found.midpoint), point.est,
                 (point.lower, point.upper), "yes" if point.inside else "no")
                for point in found.grid if _is_whole(point.x + found.midpoint) and _is_whole(point.y + found.midpoint)]
    inside = sum(row[-1] == "yes" for row in rows)
    return Table(
        SURFACE_GRID, f"Predicted {asked.outcome_words} at whole scale points",
        (Column("first", asked.first_words.capitalize(), "integer"),
         Column("second", asked.second_words.capitalize(), "integer"),
         Column("est", "Difference from the midpoint", "number", 3),
         Column("ci", f"{level_name(level)} interval", "interval", 3), Column("inside", "Inside the data")),
        tuple(rows),
        f"{inside} of {len(rows)} pairs of whole scale points lie inside the area of the data." if rows
        else probe.sentence,
        f"Predicted difference from the {asked.outcome_words} of who is at the middle of both scales. Pairs outside "
        "the area that the data span are extrapolated.",
    )


def _is_whole(value: float) -> bool:
    return abs(value - round(value)) < _WHOLE
