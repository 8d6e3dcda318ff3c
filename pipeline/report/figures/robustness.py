"""The specification curve: estimates by size with their intervals, and below each the decisions behind it."""

from __future__ import annotations

from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure as Drawing
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import MaxNLocator

from pipeline.report.figures.spec import BLUE, INK, ORANGE, QUIET, RULE, WIDTH, Figure
from pipeline.report.numbers import level_name
from pipeline.report.tables.robustness import FACETS, curve_sentence, level_words
from pipeline.robustness.found import SpecificationCurve, SpecificationEstimate, SpecificationRow
from pipeline.robustness.specifications import Facet
from pipeline.undefined import Undefined

_BAND = "#dfe5ea"
_ROW = 0.165
"""Inches of one line of the matrix."""

Line = tuple[Facet, str] | None
"""A line of the matrix; None is the space between facets."""


def specification_figure(curve: SpecificationCurve) -> Figure | None:
    """The specification curve; None where nothing could be estimated."""
    if not curve.summary.estimated:
        return None
    left_out = curve.summary.asked - curve.summary.estimated
    note = ("Upper panel: standardised effects in order of size with percentile bootstrap intervals; shaded: the "
            "headline's interval. Lower panel: a mark for each decision behind the estimate above it; the upright line "
            "stands at the headline's specification.")
    if curve.summary.without_interval:
        note += (f" {curve.summary.without_interval} estimates were not resampled (WLSMV) or have too few draws: "
                 f"squares, with {level_name(curve.normal_level)} intervals by the standard error.")
    if left_out:
        note += f" {left_out} specifications without an estimate are not drawn."
    return Figure("robustness", "Specification curve of the serial effect on capability", curve_sentence(curve),
                  "robustness", lambda: _curve(curve), note)


def _curve(curve: SpecificationCurve) -> Drawing:
    rows = [(row, row.estimate) for row in curve.rows if row.estimate is not None]
    rows.sort(key=lambda pair: pair[1].std_all)
    lines = _lines(curve)
    height, upper = _ROW * len(lines), 2.7
    drawing = Drawing(figsize=(WIDTH, upper + height + 0.9), layout="constrained")
    FigureCanvasAgg(drawing)
    above, below = drawing.subplots(2, 1, sharex=True, height_ratios=(upper, height))
    handles = _estimates(above, curve, [estimate for _, estimate in rows])
    _matrix(below, curve, [row for row, _ in rows], lines)
    below.set_xlim(1 - 0.02 * len(rows) - 0.5, 1.02 * len(rows) + 0.5)
    below.xaxis.set_major_locator(MaxNLocator(8, integer=True))
    below.set_xlabel(f"{len(rows)} specifications, by the size of their estimate")
    drawing.legend(handles=handles, loc="outside lower center", ncols=2)
    return drawing


def _estimates(
    axes: Axes, curve: SpecificationCurve, estimates: Sequence[SpecificationEstimate],
) -> list[Line2D | Patch]:
    handles: list[Line2D | Patch] = []
    main, level = curve.headline.estimate, level_name(curve.level)
    if main is not None:
        if not isinstance(main.std_lower, Undefined) and not isinstance(main.std_upper, Undefined):
            axes.axhspan(main.std_lower, main.std_upper, color=_BAND, zorder=0, linewidth=0)
        axes.axhline(main.std_all, color=INK, linewidth=0.9, zorder=1)
        handles.append(Patch(facecolor=_BAND, edgecolor=INK, linewidth=0.6,
                             label=f"Headline's estimate and {level} interval"))
    axes.axhline(0, color=QUIET, linewidth=0.9, linestyle=":", zorder=1)
    handles.append(Line2D([], [], color=QUIET, linewidth=0.9, linestyle=":", label="Zero"))
    # Thin enough not to run into each other, thick enough to be seen where there are few.
    width = min(1.6, 240 / len(estimates))
    for clear, colour, dashes, marker, face, words in (
        (True, BLUE, (0, ()), "o", BLUE, f"{level} bootstrap interval excludes zero"),
        (False, ORANGE, (0, (2.5, 1.5)), "o", "white", "Bootstrap interval includes zero"),
        (None, QUIET, (0, (0.8, 0.8)), "s", "white",
         f"No bootstrap: {level_name(curve.normal_level)} interval by SE"),
    ):
        some = [(at, e) for at, e in enumerate(estimates, 1) if e.excludes_zero is clear]
        for at, e in some:
            if (ends := _interval(e, curve)) is not None:
                axes.plot([at, at], ends, color=colour, linewidth=width, linestyle=dashes, alpha=0.55,
                          solid_capstyle="butt", zorder=2)
        axes.scatter([at for at, _ in some], [e.std_all for _, e in some], s=min(24, 2200 / len(estimates)),
                     facecolor=face, edgecolor=colour, linewidth=0.7, marker=marker, zorder=3)
        if some:
            handles.append(Line2D([], [], color=colour, marker=marker, markersize=4, markerfacecolor=face,
                                  linestyle=dashes, linewidth=1.4, label=f"{words} ({len(some)})"))
    axes.set_ylabel("Standardised serial effect")
    axes.tick_params(axis="x", length=0, labelbottom=False)
    axes.spines["bottom"].set_visible(False)
    return handles


def _interval(estimate: SpecificationEstimate, curve: SpecificationCurve) -> tuple[float, float] | None:
    """The interval that is drawn: the bootstrap's, or where there is none that by the standard error."""
    if not isinstance(estimate.std_lower, Undefined) and not isinstance(estimate.std_upper, Undefined):
        return estimate.std_lower, estimate.std_upper
    by_se = estimate.std_interval_by_se(curve.normal_level)
    return None if isinstance(by_se, Undefined) else by_se


def _lines(curve: SpecificationCurve) -> list[Line]:
    """Facets with their levels as the plan lists them."""
    lines: list[Line] = []
    for facet in FACETS:
        members: list[Line] = [(facet, found.level) for found in curve.summary.levels if found.facet == facet]
        lines += [None, *members] if lines else members
    return lines


def _matrix(axes: Axes, curve: SpecificationCurve, rows: Sequence[SpecificationRow], lines: Sequence[Line]) -> None:
    headline = next((at for at, row in enumerate(rows, 1) if row.specification == curve.headline.specification), None)
    if headline is not None:
        axes.axvline(headline, color=RULE, linewidth=0.8, zorder=0)
    height = min(9.0, 72 * _ROW * 0.6)
    for place, line in enumerate(lines):
        if line is None:
            axes.axhline(place, color="#ececec", linewidth=0.8, zorder=0)
            continue
        chosen = [at for at, row in enumerate(rows, 1) if row.specification.level(line[0]) == line[1]]
        axes.plot(chosen, [place] * len(chosen), linestyle="none", marker="|", markersize=height, color=INK,
                  markeredgewidth=min(2.0, 260 / len(rows)))
    shown = [(place, line) for place, line in enumerate(lines) if line is not None]
    axes.set_yticks([place for place, _ in shown], [_name(line, shown[k - 1][1] if k else None)
                                                     for k, (_, line) in enumerate(shown)])
    axes.set_ylim(len(lines) - 0.4, -0.6)
    axes.tick_params(axis="y", length=0, labelcolor=INK, labelsize=8)
    axes.spines["left"].set_visible(False)


def _name(line: tuple[Facet, str], before: tuple[Facet, str] | None) -> str:
    """A level's words, after its facet's where a facet begins."""
    facet, level = line
    words = level_words(facet, level)
    return words if before is not None and before[0] == facet else f"{FACETS[facet]}:  {words}"
