"""Figures on sensitivity: effects against the correlation of two disturbances, and against reliability."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure as Drawing
from matplotlib.lines import Line2D

from pipeline.report import names
from pipeline.report.figures.spec import BLUE, INK, ORANGE, QUIET, WIDTH, Figure, wrapped
from pipeline.report.numbers import level_name, number
from pipeline.report.tables.sensitivity import confounding_table, pair, reliability_table, short
from pipeline.sensitivity import (
    ConfoundedPoint,
    ConfoundingCurve,
    ReliabilityCurve,
    ReliabilityPoint,
    SensitivityReport,
)
from pipeline.undefined import Undefined

_LINES: tuple[tuple[str, Any, str], ...] = (
    (BLUE, "-", "o"), (ORANGE, (0, (5, 1.5)), "s"), (INK, (0, (1.2, 1.2)), "D"), (QUIET, (0, (6, 1.5, 1, 1.5)), "^"))
"""Colour, dashes and marker of each pair, so that nothing is told by colour alone."""


def confounding_figure(report: SensitivityReport) -> Figure | None:
    """A panel an effect, a line a pair, with its band and the nulling correlation; None without a curve."""
    curves = [curve for curve in report.confounding if curve.points]
    if not curves:
        return None
    return Figure(
        "sensitivity-confounding", "Indirect effects against unmeasured common causes",
        confounding_table(report).summary, "sensitivity-confounding-curves", lambda: _confounding(curves),
        f"Bands: {level_name(report.level)} Monte Carlo intervals. Markers on the zero line: the correlation that "
        "brings the effect to zero.",
    )


def _confounding(curves: Sequence[ConfoundingCurve]) -> Drawing:
    effects = list(dict.fromkeys(curve.effect for curve in curves))
    styles = dict(zip(dict.fromkeys(pair(curve) for curve in curves), _LINES * len(curves), strict=False))
    drawing, panels = _panels(len(effects))
    for effect, axes in zip(effects, panels, strict=True):
        _panel(axes, effect)
        zeros = []
        for curve in (c for c in curves if c.effect == effect):
            colour, dashes, marker = styles[pair(curve)]
            _line(axes, [(p.rho, p) for p in curve.points], colour, dashes)
            if isinstance(curve.nulling, Undefined):
                continue
            style: dict[str, Any] = {"marker": marker, "color": colour, "markersize": 5.5, "markeredgecolor": "white"}
            if abs(curve.nulling) <= max(abs(p.rho) for p in curve.points):
                axes.plot([curve.nulling], [0], zorder=5, **style)
            zeros.append(Line2D([], [], linestyle="none", **style,
                                label=f"zero at {number(curve.nulling, 2, bounded=True)}"))
        # Beside one another on the zero line the numbers would overlap.
        axes.legend(handles=zeros, loc="upper right", handletextpad=0.1, borderpad=0, labelspacing=0.3)
        axes.axvline(0, color=QUIET, linewidth=0.8, linestyle=":")
        axes.set_xlabel("Correlation of disturbances, ρ")
    handles = [Line2D([], [], color=colour, linestyle=dashes, marker=marker, markersize=5, label=label)
               for label, (colour, dashes, marker) in styles.items()]
    drawing.legend(handles=handles, loc="outside lower center", ncols=min(4, len(handles)), handlelength=3,
                   title="Disturbances of")
    return drawing


def reliability_figure(report: SensitivityReport) -> Figure | None:
    """A panel an effect against the reliability of the variable; None without two reliabilities."""
    curves = [curve for curve in report.reliability if len(_usable(curve)) > 1]
    if not curves:
        return None
    return Figure(
        "sensitivity-reliability", f"Indirect effects if {short(curves[0].variable)} is measured with error",
        reliability_table(report).summary, "sensitivity-reliability", lambda: _reliability(curves),
        f"Bands: {level_name(report.level)} Monte Carlo intervals. Filled: reliability 1, the model as it stands.",
    )


def _reliability(curves: Sequence[ReliabilityCurve]) -> Drawing:
    drawing, panels = _panels(len(curves))
    for curve, axes in zip(curves, panels, strict=True):
        _panel(axes, curve.effect)
        points = _usable(curve)
        _line(axes, points, BLUE, "-")
        for at, point in points:
            assert not isinstance(point.est, Undefined)
            axes.plot([at], [point.est], marker="o", color=BLUE, markersize=5, zorder=4,
                      markerfacecolor=BLUE if at == 1 else "white")
        axes.set_xticks([at for at, _ in points], [f"{at:g}" for at, _ in points])
        axes.invert_xaxis()
        axes.set_xlabel(f"Reliability of {short(curve.variable)}")
    return drawing


def _usable(curve: ReliabilityCurve) -> list[tuple[float, ReliabilityPoint]]:
    return [(p.reliability, p) for p in curve.points if not isinstance(p.est, Undefined)]


def _line(
    axes: Axes, points: Sequence[tuple[float, ConfoundedPoint | ReliabilityPoint]], colour: str, dashes: Any,
) -> None:
    """The effect, and the band of its interval where there is one."""
    shown = sorted((at, p.est) for at, p in points if not isinstance(p.est, Undefined))
    axes.plot([at for at, _ in shown], [est for _, est in shown], color=colour, linestyle=dashes, linewidth=1.6,
              zorder=3)
    banded = sorted((at, p.lower, p.upper) for at, p in points
                    if not isinstance(p.lower, Undefined) and not isinstance(p.upper, Undefined))
    at, lower, upper = np.array(banded).T if banded else (np.empty(0),) * 3
    axes.fill_between(at, lower, upper, color=colour, alpha=0.13, linewidth=0)


def _panel(axes: Axes, effect: str) -> None:
    axes.set_title(wrapped(names.effect(effect), 44), loc="left", size=8.5)
    axes.axhline(0, color=QUIET, linewidth=0.9)


def _panels(count: int) -> tuple[Drawing, list[Axes]]:
    """Two panels a row; what is left of the last row stays empty."""
    rows = (count + 1) // 2
    drawing = Drawing(figsize=(WIDTH, 2.35 * rows + 0.5), layout="constrained")
    FigureCanvasAgg(drawing)
    grid = drawing.add_gridspec(rows, 2 if count > 1 else 1)
    panels = [drawing.add_subplot(grid[place // 2, place % 2]) for place in range(count)]
    for axes in panels[::2]:
        axes.set_ylabel("Effect")
    return drawing, panels
