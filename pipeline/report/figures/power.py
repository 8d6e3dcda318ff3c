"""Figures on power: how it grows with the number of firms, and how intervals narrow. Drawn from plain values alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from matplotlib.axes import Axes
from matplotlib.figure import Figure as Drawing
from matplotlib.lines import Line2D

from pipeline.report.figures.spec import BLUE, INK, ORANGE, QUIET, Figure, key_below, plot

Dash = Literal["-", "--", ":", "-."]

_COLOURS, _MARKS = (BLUE, ORANGE, INK, QUIET), ("o", "s", "^", "D", "v", "P")
_DASHES: tuple[Dash, ...] = ("-", "--", ":", "-.")


@dataclass(frozen=True, slots=True)
class PowerLine:
    """One column of the grid.

    Attributes
    ----------
    label
        What tells it from the others; "" if it is alone.
    sizes, power, lower, upper
        Firms; the share of replications that found the effect, and its exact interval.
    width
        Mean width of the effect's interval at each size.
    curve
        (firms, power, lower, upper) along the fitted curve with its band; empty where there is no curve.
    """

    label: str
    sizes: tuple[int, ...]
    power: tuple[float, ...]
    lower: tuple[float, ...]
    upper: tuple[float, ...]
    width: tuple[float | None, ...]
    curve: tuple[tuple[float, float, float, float], ...] = ()


def power_figure(effect: str, lines: Sequence[PowerLine], summary: str) -> Figure:
    """Power by number of firms, with simulation error, the fitted curves and the marks of .80 and .90."""
    return Figure("power", f"Power to find {effect}", summary, "power", lambda: _power(lines),
                  "Points are shares of replications whose Monte Carlo interval lies on the right side of 0, with "
                  "exact 95 % intervals; curves are probit lines in the square root of the number of firms, with 95 % "
                  "bands.")


def width_figure(effect: str, lines: Sequence[PowerLine], summary: str) -> Figure:
    """Mean width of the effect's interval by number of firms."""
    return Figure("power-width", f"How precisely {effect} is estimated", summary, "power", lambda: _width(lines))


def _power(lines: Sequence[PowerLine]) -> Drawing:
    drawing, axes = plot(3.6)
    for share in (0.8, 0.9):
        axes.axhline(share, color=QUIET, linewidth=0.9, linestyle=":", zorder=0)
        axes.annotate(f"{share:.2f}".lstrip("0"), (1.0, share), xycoords=axes.get_yaxis_transform(), xytext=(3, 0),
                      textcoords="offset points", va="center", size=8, color=QUIET)
    for number, line in enumerate(lines):
        colour, mark, dash = _style(number)
        if line.curve:
            n, power, lower, upper = zip(*line.curve, strict=True)
            axes.fill_between(n, lower, upper, color=colour, alpha=0.15, linewidth=0)
            axes.plot(n, power, color=colour, linewidth=1.4, linestyle=dash)
        below = [p - low for p, low in zip(line.power, line.lower, strict=True)]
        above = [up - p for p, up in zip(line.power, line.upper, strict=True)]
        axes.errorbar(line.sizes, line.power, yerr=[below, above], fmt=mark, color=colour, markersize=4.5, capsize=3,
                      linewidth=1.2)
    axes.set_ylim(0, 1.02)
    axes.set_ylabel("Power")
    _finish(lines, axes)
    return drawing


def _width(lines: Sequence[PowerLine]) -> Drawing:
    drawing, axes = plot(3.0)
    for number, line in enumerate(lines):
        colour, mark, dash = _style(number)
        known = [(n, width) for n, width in zip(line.sizes, line.width, strict=True) if width is not None]
        if known:
            axes.plot(*zip(*known, strict=True), color=colour, marker=mark, markersize=4.5, linewidth=1.4,
                      linestyle=dash)
    axes.set_ylim(bottom=0)
    axes.set_ylabel("Mean width of the interval")
    _finish(lines, axes)
    return drawing


def _finish(lines: Sequence[PowerLine], axes: Axes) -> None:
    axes.set_xlabel("Firms in the analysis")
    sizes = sorted({n for line in lines for n in line.sizes})
    if len(sizes) <= 8:
        axes.set_xticks(sizes, [f"{n:,}" for n in sizes])
    handles = []
    for number, line in enumerate(lines):
        colour, mark, dash = _style(number)
        if line.label:
            handles.append(Line2D([], [], color=colour, marker=mark, linestyle=dash, markersize=4.5, label=line.label))
    if handles:
        key_below(axes, handles, columns=min(3, len(handles)))


def _style(number: int) -> tuple[str, str, Dash]:
    return (_COLOURS[number % len(_COLOURS)], _MARKS[number % len(_MARKS)],
            _DASHES[(number // len(_COLOURS) + number) % len(_DASHES)])
