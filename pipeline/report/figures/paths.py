"""The path diagram of the serial mediation, drawn on a grid so that labels never meet.

The chain runs left to right along the middle. Paths that leave experience run above it, those that leave
function and learning below; each has a level of its own. Solid means the interval excludes zero, dashed that
it does not; boxes are observed, ovals latent.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

from matplotlib.axes import Axes
from matplotlib.figure import Figure as Drawing
from matplotlib.patches import Ellipse, Rectangle

from pipeline.report import methods, names
from pipeline.report.figures.spec import BLUE, INK, QUIET, Figure, canvas
from pipeline.report.numbers import interval, level_name, listed, number
from pipeline.report.tables.parameters import interval_excludes_zero, paths_table
from pipeline.results import ModelRun, StudyResults
from pipeline.sem.fit import Parameter
from pipeline.undefined import Undefined

CHAIN = ("exp_rw", "daf", "LRN", "AMC", "SUC")
WORDS = {
    "exp_rw": "Alliance\nexperience", "daf": "Dedicated\nalliance\nfunction", "LRN": "Learning\nprocesses",
    "AMC": "Alliance\nmanagement\ncapability", "SUC": "Alliance\nsuccess",
}
NODE, TALL, SPACE, MARGIN = 1.06, 0.86, 0.74, 0.1
"""Inches: width and height of a node, space between two, edge of the sheet."""
LEVEL, FIRST = 0.42, 0.32
"""Inches: distance between two levels, and from the nodes to the nearest."""


@dataclass(frozen=True, slots=True)
class _Detour:
    """A path around the chain: on which side, at which level, and where it leaves and arrives.

    ``leaves`` and ``arrives`` are −1 to 1 of a half node from its centre; ``label`` is the share of the way at which
    the numbers stand.
    """

    side: Literal["above", "below"]
    level: int
    leaves: float
    arrives: float
    label: float = 0.5


DETOURS = {
    ("exp_rw", "LRN"): _Detour("above", 0, 0.55, 0.0),
    ("exp_rw", "AMC"): _Detour("above", 1, 0.0, 0.0),
    ("exp_rw", "SUC"): _Detour("above", 2, -0.55, 0.0),
    ("daf", "AMC"): _Detour("below", 0, 0.4, 0.0, label=0.23),
    ("LRN", "SUC"): _Detour("below", 1, 0.0, -0.35),
    ("daf", "SUC"): _Detour("below", 2, -0.4, 0.35),
}


def path_figure(results: StudyResults) -> Figure | None:
    """The structural part of M1 with estimates and intervals; None where the study has no M1."""
    run = names.mediation(results)
    if run is None:
        return None
    level = level_name(results.plan.level)
    return Figure(
        "paths", "Serial mediation: estimated paths", paths_table(run, names.labels(results)).summary,
        f"paths-{names.slug(run.id)}-{names.slug(run.rows)}", lambda: _draw(run),
        f"Unstandardised estimates with {level} intervals by {methods.standard_errors(run.fit)}, n = {run.fit.nobs:,}. "
        "Solid: the interval excludes zero; dashed: it includes zero. Boxes are observed, ovals latent"
        f"{_measured(run)}. Every outcome is also regressed on firm size, firm age, top management commitment and "
        "industry (not drawn).",
    )


def _measured(run: ModelRun) -> str:
    """What stands behind the ovals, which the diagram leaves out."""
    loadings = [p for p in run.fit.parameters if p.op == "=~"]
    factors = {p.lhs for p in loadings}
    dimensions = [p.rhs for p in loadings if p.rhs in factors]
    indicators = sum(p.rhs not in factors for p in loadings)
    if not dimensions:
        return f" ({indicators} indicators, not drawn)"
    second = listed([names.VARIABLES.get(f, f).lower() for f in dict.fromkeys(
        p.lhs for p in loadings if p.rhs in factors)])
    return (f"; {second} are second-order factors of {len(dimensions)} dimensions, and all are measured by "
            f"{indicators} items (not drawn; see the loadings)")


def _draw(run: ModelRun) -> Drawing:
    paths = {(p.rhs, p.lhs): p for p in run.fit.parameters if p.op == "~"}
    reach = FIRST + 2 * LEVEL + 0.24
    drawing, axes = canvas(2 * MARGIN + 5 * NODE + 4 * SPACE, TALL + 2 * reach)
    middle = reach + TALL / 2
    for (source, target), detour in DETOURS.items():
        if (source, target) in paths:
            _around(axes, detour, _centre(source), _centre(target), middle, paths[source, target])
    for source, target in pairwise(CHAIN):
        if (source, target) in paths:
            _straight(axes, _centre(source), middle, paths[source, target])
    for name in CHAIN:
        _node(axes, name, middle, run)
    return drawing


def _centre(name: str) -> float:
    return MARGIN + NODE / 2 + CHAIN.index(name) * (NODE + SPACE)


def _node(axes: Axes, name: str, middle: float, run: ModelRun) -> None:
    x = _centre(name)
    if name in ("exp_rw", "daf"):
        axes.add_patch(Rectangle((x - NODE / 2, middle - TALL / 2), NODE, TALL, facecolor="white", edgecolor=INK,
                                 linewidth=1.1, zorder=3))
    else:
        axes.add_patch(Ellipse((x, middle), NODE, TALL, facecolor="white", edgecolor=INK, linewidth=1.1, zorder=3))
    words = WORDS[name]
    r2 = run.fit.r2.get(name)
    if r2 is not None and not isinstance(r2, Undefined):
        words += f"\nR² {number(r2, bounded=True)}"
    axes.text(x, middle, words, ha="center", va="center", size=8, linespacing=1.2, zorder=4)


def _straight(axes: Axes, source: float, middle: float, path: Parameter) -> None:
    start, end = source + NODE / 2, source + NODE / 2 + SPACE
    _arrow(axes, [(start, middle), (end, middle)], path, strong=True)
    at = (start + end) / 2 - 0.02
    axes.text(at, middle + 0.07, number(path.est), ha="center", va="bottom", size=8.5, weight="bold",
              color=BLUE, zorder=5)
    if (bounds := _bounds(path)) is not None:
        axes.text(at, middle - 0.08, bounds, ha="center", va="top", size=7.5, color=INK, zorder=5)


def _around(axes: Axes, detour: _Detour, source: float, target: float, middle: float, path: Parameter) -> None:
    up = 1 if detour.side == "above" else -1
    leaves, arrives = source + detour.leaves * NODE / 2, target + detour.arrives * NODE / 2
    level = middle + up * (TALL / 2 + FIRST + detour.level * LEVEL)
    _arrow(axes, [(leaves, _edge(source, leaves, middle, up)), (leaves, level), (arrives, level),
                  (arrives, _edge(target, arrives, middle, up))], path, strong=False)
    words = " ".join(part for part in (number(path.est), _bounds(path)) if part)
    axes.text(leaves + detour.label * (arrives - leaves), level, words, ha="center", va="center", size=8, zorder=5,
              bbox={"facecolor": "white", "edgecolor": "none", "pad": 1.5})


def _edge(centre: float, x: float, middle: float, up: int) -> float:
    """Height of a node's edge above or below ``x``: flat for boxes, round for ovals."""
    name = next(name for name in CHAIN if abs(_centre(name) - centre) < 1e-9)
    half = TALL / 2
    if name not in ("exp_rw", "daf"):
        half *= (1 - ((x - centre) / (NODE / 2)) ** 2) ** 0.5
    return middle + up * half


def _arrow(axes: Axes, points: list[tuple[float, float]], path: Parameter, *, strong: bool) -> None:
    clear = interval_excludes_zero(path)
    colour = BLUE if strong else QUIET
    style = "-" if clear else (0, (4, 2.4))
    width = (2.0 if strong else 1.3) if clear else 1.1
    xs, ys = zip(*points, strict=True)
    if len(points) > 2:
        axes.plot(xs, ys, color="white", linewidth=width + 3.5, zorder=1, solid_joinstyle="round")
    axes.plot(xs, ys, color=colour, linewidth=width, linestyle=style, zorder=1.5, solid_joinstyle="round",
              dash_joinstyle="round", solid_capstyle="butt")
    (x0, y0), (x1, y1) = points[-2:]
    length = max(abs(x1 - x0), abs(y1 - y0))
    near = (x1 - (x1 - x0) / length * 0.01, y1 - (y1 - y0) / length * 0.01)
    axes.annotate("", xy=(x1, y1), xytext=near, zorder=2, arrowprops={
        "arrowstyle": "-|>,head_length=0.45,head_width=0.2", "color": colour, "linewidth": 1,
        "shrinkA": 0, "shrinkB": 0, "mutation_scale": 11})


def _bounds(path: Parameter) -> str | None:
    if path.ci_lower is None or path.ci_upper is None:
        return None
    if isinstance(path.ci_lower, Undefined) or isinstance(path.ci_upper, Undefined):
        return "[undefined]"
    # Two decimals may round a limit to zero and hide on which side of it the interval ends.
    near_zero = min(abs(path.ci_lower), abs(path.ci_upper)) < 0.005
    return interval(path.ci_lower, path.ci_upper, 3 if near_zero else 2)
