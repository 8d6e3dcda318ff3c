"""Slopes over their moderators, and the response surface as a map and in relief."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import LinearSegmentedColormap, Normalize
from matplotlib.figure import Figure as Drawing
from matplotlib.lines import Line2D
from matplotlib.patches import Patch, PathPatch
from matplotlib.path import Path
from matplotlib.ticker import MaxNLocator

from pipeline.probes import FIGURES
from pipeline.probes.found import InteractionProbe, ProbesReport, Slopes, SurfaceFound, SurfaceProbe
from pipeline.probes.sentences import counted_probes
from pipeline.report.figures.spec import BLUE, INK, ORANGE, QUIET, RULE, WIDTH, Figure, wrapped
from pipeline.report.numbers import level_name
from pipeline.report.tables.probes import SLOPES, SURFACE_GRID
from pipeline.undefined import Undefined

_BAND, _REGION = "#c9d8e6", "#f0ece2"
_RELIEF = LinearSegmentedColormap.from_list("relief", ["#f7f4ec", "#b9cfe0", BLUE])
"""Light to dark, so that it reads in grey."""

_COLUMNS = {1: 1, 2: 2, 3: 3, 4: 2, 5: 3, 6: 3}
_PANEL = {1: 3.2, 2: 2.8, 3: 2.6}
"""Inches of a panel's height by the number of columns."""
_TITLE, _LABEL = {1: 60, 2: 38, 3: 25}, {1: 44, 2: 36, 3: 30}
"""Characters of a line of a panel's title and of its upright label."""
_TICKS = (1.0, 2.0, 2.5, 5.0, 10.0)

_FINE = 145
"""Points a side at which the surface is drawn, from its coefficients."""

Drawn = list[tuple[InteractionProbe, Slopes]]


def probe_figures(report: ProbesReport) -> tuple[Figure, ...]:
    """One figure a group of interactions, panels side by side, and one of the surface; none where nothing was found."""
    found = [_slopes_figure(report, name) for name in dict.fromkeys(probe.probed.figure for probe in report.slopes)]
    if report.surface is not None:
        found.append(surface_figure(report.surface))
    return tuple(figure for figure in found if figure is not None)


def _slopes_figure(report: ProbesReport, name: str) -> Figure | None:
    members = [probe for probe in report.slopes if probe.probed.figure == name]
    drawn: Drawn = [(probe, probe.found) for probe in members if not isinstance(probe.found, Undefined)]
    if not drawn:
        return None
    summary = drawn[0][0].sentence if len(members) == 1 else counted_probes(tuple(members), report.level)
    return Figure(f"probes-{name}", FIGURES.get(name, drawn[0][0].probed.title), summary, SLOPES,
                  lambda: _panels(drawn, titled=len(members) > 1), _note(members, drawn, report.level))


def _note(members: list[InteractionProbe], drawn: Drawn, level: float) -> str:
    curves = [found for _, found in drawn if not found.moderator.two_valued]
    text = f"Slope with its {level_name(level)} interval; dashed: zero."
    if curves:
        text += (" Shaded: where the interval excludes zero (Johnson\N{EN DASH}Neyman region), for one value of the "
                 "moderator at a time. Upright ticks: the moderator's mean and 1 SD to either side.")
    if any(found.moderator.basis == "implied" for found in curves):
        text += " Latent moderators count from their mean and are drawn to 3 SD."
    thirds = list(dict.fromkeys(probe.probed.at_mean_of for probe, _ in drawn if probe.probed.at_mean_of))
    if thirds:
        text += " A slope that two variables may change is drawn at the mean of the other."
    left = [f"{probe.probed.title} ({probe.found.because})" for probe in members if isinstance(probe.found, Undefined)]
    return text + (f" Not drawn: {'; '.join(left)}." if left else "")


def _panels(drawn: Drawn, *, titled: bool) -> Drawing:
    columns = _COLUMNS.get(len(drawn), 3)
    rows = math.ceil(len(drawn) / columns)
    width = WIDTH if columns > 1 else 5.0
    drawing = Drawing(figsize=(width, rows * _PANEL[columns] + 0.35), layout="constrained")
    FigureCanvasAgg(drawing)
    grid = drawing.subplots(rows, columns, squeeze=False)
    letters = _TITLE[columns]
    for place, axes in enumerate(grid.flat):
        if place >= len(drawn):
            axes.set_axis_off()
            continue
        probe, found = drawn[place]
        (_two_points if found.moderator.two_valued else _curve)(axes, probe, found)
        axes.axhline(0, color=QUIET, linewidth=0.9, linestyle="--", zorder=2.5)
        if titled:
            axes.set_title(wrapped(probe.probed.title, letters), loc="left", color=INK)
        axes.set_ylabel(wrapped(f"Slope of {probe.probed.outcome_words} on {probe.probed.focal_words}",
                                _LABEL[columns]))
        axes.set_xlabel(_moderator_label(probe, found, letters))
        axes.yaxis.set_major_locator(MaxNLocator(5, steps=_TICKS))
    drawing.legend(handles=_key(drawn), loc="outside lower center", ncols=4 if columns > 1 else 2)
    return drawing


def _moderator_label(probe: InteractionProbe, found: Slopes, characters: int) -> str:
    """The moderator and its unit, the unit on a line of its own where one is too short."""
    words = probe.probed.moderator_words
    words = words[:1].upper() + words[1:]
    if found.moderator.two_valued and probe.probed.values:
        return words
    unit = f"({'from its mean' if found.moderator.basis == 'implied' else probe.probed.unit})"
    one = f"{words} {unit}"
    return one if len(one) <= characters else f"{wrapped(words, characters - 2)}\n{wrapped(unit, characters)}"


def _curve(axes: Axes, probe: InteractionProbe, found: Slopes) -> None:
    low, high = found.moderator.low, found.moderator.high
    if not isinstance(found.johnson_neyman, Undefined):
        for region in found.johnson_neyman.regions:
            first = low if region.lower is None else max(low, region.lower)
            last = high if region.upper is None else min(high, region.upper)
            if first < last:
                axes.axvspan(first, last, color=_REGION, linewidth=0, zorder=0)
        for bound in found.johnson_neyman.bounds:
            if low < bound < high:
                axes.axvline(bound, color=RULE, linewidth=0.8, zorder=1)
    at = [point.value for point in found.curve]
    ends = [(point.lower, point.upper) for point in found.curve
            if not isinstance(point.lower, Undefined) and not isinstance(point.upper, Undefined)]
    if len(ends) == len(at):
        axes.fill_between(at, [lower for lower, _ in ends], [upper for _, upper in ends], color=_BAND, linewidth=0,
                          alpha=0.85, zorder=2)
    axes.plot(at, [point.est for point in found.curve], color=BLUE, linewidth=1.6, zorder=3)
    inside = [slope.value for slope in found.slopes if low <= slope.value <= high]
    axes.plot(inside, [slope.est for slope in found.slopes if low <= slope.value <= high], linestyle="none",
              marker="|", markersize=9, color=BLUE, markeredgewidth=1.4, zorder=4)
    axes.set_xlim(low, high)
    axes.xaxis.set_major_locator(MaxNLocator(6, steps=_TICKS))


def _two_points(axes: Axes, probe: InteractionProbe, found: Slopes) -> None:
    names = probe.probed.values or (found.slopes[0].label, found.slopes[1].label)
    for place, slope in enumerate(found.slopes):
        if not isinstance(slope.lower, Undefined) and not isinstance(slope.upper, Undefined):
            axes.plot([place, place], [slope.lower, slope.upper], color=BLUE, linewidth=1.6, zorder=2)
        axes.plot([place], [slope.est], marker="o", markersize=6, color=BLUE, linestyle="none", zorder=3)
    axes.set_xticks([0, 1], [wrapped(name[:1].upper() + name[1:], 16) for name in names])
    axes.set_xlim(-0.6, 1.6)


def _key(drawn: Drawn) -> list[Line2D | Patch]:
    curves = any(not found.moderator.two_valued for _, found in drawn)
    level = level_name(drawn[0][1].level)
    handles: list[Line2D | Patch] = []
    if curves:
        handles += [Line2D([], [], color=BLUE, linewidth=1.6, label="Slope"),
                    Patch(facecolor=_BAND, label=f"{level} interval"),
                    Patch(facecolor=_REGION, edgecolor=RULE, linewidth=0.6, label="Interval excludes zero")]
    else:
        handles.append(Line2D([], [], color=BLUE, marker="o", linewidth=1.6, label=f"Slope and {level} interval"))
    return [*handles, Line2D([], [], color=QUIET, linewidth=0.9, linestyle="--", label="Zero")]


def surface_figure(probe: SurfaceProbe) -> Figure | None:
    """The surface as a map and in relief; None where it could not be found."""
    found, asked = probe.found, probe.probed
    if isinstance(found, Undefined):
        return None
    note = (f"Predicted difference in {asked.outcome_words} from the middle of both scales, {found.midpoint:g}. Left: "
            f"contour map; solid line: agreement, {asked.first_words} equal to {asked.second_words}; dashed line: "
            f"disagreement; outlined: the area that the data of {found.pairs:,} alliances span. Beyond it the surface "
            "is extrapolated and drawn pale. Right: the same surface inside that area.")
    if isinstance(found.stationary, Undefined) or not _on_scale(probe, found):
        note += " No stationary point lies on the scale."
    return Figure("probes-surface", asked.title, probe.sentence, SURFACE_GRID, lambda: _surface(probe, found), note)


def _on_scale(probe: SurfaceProbe, found: SurfaceFound) -> bool:
    return not isinstance(found.stationary, Undefined) and all(
        probe.probed.low <= test.est + found.midpoint <= probe.probed.high for test in found.stationary)


Sheet = tuple[Any, Any, Any]


def sheet(probe: SurfaceProbe, found: SurfaceFound) -> tuple[Sheet, Any]:
    """The surface over the whole scale as x, y in scale points and z, each (k, k); and which points the data hold."""
    ticks = np.linspace(probe.probed.low, probe.probed.high, _FINE)
    x, y = np.meshgrid(ticks, ticks)
    first, second = x - found.midpoint, y - found.midpoint
    b = [test.est for test in found.coefficients]
    z = b[0] * first + b[1] * second + b[2] * first**2 + b[3] * first * second + b[4] * second**2
    return (x, y, z), _held(first, second, np.array(found.hull))


def _held(x: Any, y: Any, corners: Any) -> Any:
    """Which points lie inside corners listed counter-clockwise or on their edges: to the left of every side."""
    inside = np.ones(x.shape, dtype=bool)
    for (x0, y0), (x1, y1) in zip(corners, np.roll(corners, -1, axis=0), strict=True):
        inside &= (x1 - x0) * (y - y0) - (y1 - y0) * (x - x0) >= -1e-9
    return inside


def _surface(probe: SurfaceProbe, found: SurfaceFound) -> Drawing:
    # Placed by hand: automatic layout leaves no room for titles beside axes in relief.
    drawing = Drawing(figsize=(WIDTH, 4.0))
    FigureCanvasAgg(drawing)
    whole, inside = sheet(probe, found)
    x, y, z = whole
    within = np.where(inside, z, np.nan)
    scale = Normalize(float(np.nanmin(within)), float(np.nanmax(within)))
    left = drawing.add_axes((0.065, 0.195, 0.41, 0.74))
    right: Any = drawing.add_axes((0.52, 0.13, 0.46, 0.8), projection="3d")
    _map(left, probe, found, whole, inside, scale)
    _relief(right, probe, (x, y, within), scale)
    drawing.legend(handles=_surface_key(probe, found), loc="lower center", ncols=4)
    drawing.text(0.065, 0.965, f"Predicted {probe.probed.outcome_words}", size=9)
    drawing.text(0.55, 0.965, "The same, inside the area of the data", size=9)
    return drawing


def _map(axes: Axes, probe: SurfaceProbe, found: SurfaceFound, whole: Sheet, inside: Any, scale: Normalize) -> None:
    x, y, z = whole
    asked = probe.probed
    low, high = asked.low, asked.high
    axes.contourf(x, y, z, levels=_levels(scale, 12), cmap=_RELIEF, norm=scale, extend="both")
    axes.contour(x, y, z, levels=_levels(scale, 6), colors=QUIET, linewidths=0.4, linestyles="solid")
    lines = axes.contour(x, y, np.ma.masked_where(~inside, z), levels=_levels(scale, 6), colors=INK, linewidths=0.7,
                         linestyles="solid", zorder=4)
    axes.clabel(lines, fontsize=8, zorder=6, fmt=lambda value: f"{value:.2f}".replace("-", "\N{MINUS SIGN}"))
    corners = np.array(found.hull) + found.midpoint
    ring = np.vstack([corners, corners[:1]])
    axes.add_patch(_outside(ring, low, high))
    axes.plot(ring[:, 0], ring[:, 1], color=QUIET, linewidth=1.2, linestyle=":", zorder=4, clip_on=False)
    axes.plot([low, high], [low, high], color=ORANGE, linewidth=1.4, zorder=5)
    axes.plot([low, high], [2 * found.midpoint - low, 2 * found.midpoint - high], color=ORANGE, linewidth=1.4,
              linestyle="--", zorder=5)
    if _on_scale(probe, found) and not isinstance(found.stationary, Undefined):
        axes.plot(*([test.est + found.midpoint] for test in found.stationary), marker="X", markersize=8, color=INK,
                  markeredgecolor="white", linestyle="none", zorder=6)
    axes.set_xlim(low, high)
    axes.set_ylim(low, high)
    axes.set_aspect("equal")
    axes.set_xlabel(f"{asked.first_words.capitalize()} (scale points)")
    axes.set_ylabel(f"{asked.second_words.capitalize()} (scale points)")


def _levels(scale: Normalize, count: int) -> Any:
    """Round values over the range of the surface inside the data."""
    return MaxNLocator(count, steps=_TICKS).tick_values(float(scale.vmin or 0), float(scale.vmax or 0))


def _outside(ring: Any, low: float, high: float) -> PathPatch:
    """A veil over what is extrapolated: the scale's square with the data's area cut out."""
    square = np.array([(low, low), (low, high), (high, high), (high, low), (low, low)])
    codes = [Path.MOVETO, *[Path.LINETO] * 4, Path.MOVETO, *[Path.LINETO] * (len(ring) - 1)]
    return PathPatch(Path(np.vstack([square, ring]), codes), facecolor="white", alpha=0.75, linewidth=0, zorder=3)


def _relief(axes: Any, probe: SurfaceProbe, within: Sheet, scale: Normalize) -> None:
    asked = probe.probed
    axes.plot_surface(*within, cmap=_RELIEF, norm=scale, edgecolor="none", rcount=49, ccount=49,
                      antialiased=False)
    axes.plot_wireframe(*within, color=QUIET, linewidth=0.4, rcount=13, ccount=13)
    axes.view_init(elev=26, azim=-125)
    axes.set_box_aspect((1, 1, 0.75), zoom=0.92)
    axes.set_xlim(asked.low, asked.high)
    axes.set_ylim(asked.low, asked.high)
    axes.set_xlabel(asked.first_words.capitalize(), labelpad=-2)
    axes.set_ylabel(asked.second_words.capitalize(), labelpad=-2)
    axes.tick_params(pad=0)
    axes.xaxis.set_major_locator(MaxNLocator(6, integer=True))
    axes.yaxis.set_major_locator(MaxNLocator(6, integer=True))
    axes.zaxis.set_major_locator(MaxNLocator(5, steps=_TICKS))


def _surface_key(probe: SurfaceProbe, found: SurfaceFound) -> list[Line2D]:
    handles = [Line2D([], [], color=ORANGE, linewidth=1.4, label="Agreement"),
               Line2D([], [], color=ORANGE, linewidth=1.4, linestyle="--", label="Disagreement"),
               Line2D([], [], color=QUIET, linewidth=1.0, linestyle=":", label="Area of the data")]
    if _on_scale(probe, found):
        handles.append(Line2D([], [], color=INK, marker="X", markersize=7, linestyle="none", label="Stationary point"))
    return handles
