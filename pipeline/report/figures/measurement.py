"""Figures on measurement: scree with parallel analysis, exploratory loadings, loadings of the headline's model."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure as Drawing
from matplotlib.lines import Line2D

from pipeline.evidence.found.factors import FactorAnalysis
from pipeline.measurement.retention import ParallelAnalysis
from pipeline.report import methods, names
from pipeline.report.figures.spec import BLUE, INK, ORANGE, QUIET, RULE, WIDTH, Figure, key_below, plot, wrapped
from pipeline.report.numbers import counted, level_name, number
from pipeline.report.tables.factors import SALIENT, loadings_table, retention_sentence
from pipeline.report.tables.parameters import loadings_of_table
from pipeline.results import ModelRun, StudyResults
from pipeline.sem.fit import Parameter
from pipeline.undefined import Undefined

_DARK = 0.85
"""Loadings beyond this are written in white, because their cell is too dark for ink."""
_SHADES = LinearSegmentedColormap.from_list("shades", ["#ffffff", "#c9d9e8", "#6d9bc3", BLUE])


def scree_figure(analysis: FactorAnalysis) -> Figure:
    """Observed eigenvalues beside those of random data."""
    return Figure(
        f"scree-{names.slug(analysis.name)}", f"Scree with parallel analysis: {analysis.label}",
        retention_sentence(analysis), f"number-of-factors-{names.slug(analysis.name)}", lambda: _scree(analysis),
        "Filled points are eigenvalues of the data that exceed the percentile of random data before the first that "
        "does not: as many factors parallel analysis suggests."
        + ("" if isinstance(analysis.parallel_fa, Undefined) else
           " Circles are of components (the full correlations), squares of common factors (their shared part alone)."),
    )


def _scree(analysis: FactorAnalysis) -> Drawing:
    drawing, axes = plot(3.3)
    percentile = f"Random data, {analysis.parallel.percentile:g}th percentile"
    count = np.arange(1, len(analysis.parallel.eigenvalues) + 1)
    _eigenvalues(axes, analysis.parallel, BLUE, "o")
    key = [
        Line2D([], [], color=BLUE, marker="o", linewidth=1.3, label="Components"),
        Line2D([], [], color=ORANGE, linestyle="--", linewidth=1.3, label=percentile),
        Line2D([], [], color=QUIET, linestyle=":", linewidth=1, label="Random data, mean"),
    ]
    if not isinstance(analysis.parallel_fa, Undefined):
        _eigenvalues(axes, analysis.parallel_fa, INK, "s")
        key.insert(1, Line2D([], [], color=INK, marker="s", linewidth=1, label="Common factors"))
    axes.set_xlabel("Number of the eigenvalue")
    axes.set_ylabel("Eigenvalue")
    axes.set_xticks(count if len(count) <= 20 else count[::2])
    axes.set_ylim(bottom=min(0.0, axes.get_ylim()[0]))
    key_below(axes, key, columns=2 if len(key) == 4 else 3, lift=-0.17)
    return drawing


def _eigenvalues(axes: Axes, parallel: ParallelAnalysis, color: str, marker: str) -> None:
    """Eigenvalues of the data over those of random data; filled as far as they count."""
    count, values = np.arange(1, len(parallel.eigenvalues) + 1), np.asarray(parallel.eigenvalues)
    axes.plot(count, parallel.reference_mean, color=QUIET, linewidth=1, linestyle=":")
    axes.plot(count, parallel.reference_percentile, color=ORANGE, linewidth=1.3, linestyle="--")
    axes.plot(count, values, color=color, linewidth=1.3)
    above = count <= parallel.factors
    axes.scatter(count[above], values[above], s=30, color=color, marker=marker, zorder=3)
    axes.scatter(count[~above], values[~above], s=26, facecolor="white", edgecolor=color, marker=marker, linewidth=1.2,
                 zorder=3)


def loadings_figure(analysis: FactorAnalysis) -> Figure:
    """Loadings as shaded cells with the number in each, readable in grey."""
    return Figure(
        f"loadings-{names.slug(analysis.name)}", f"Factor loadings: {analysis.label}", loadings_table(analysis).summary,
        f"loadings-{names.slug(analysis.name)}", lambda: _loadings(analysis),
        f"The darker a cell, the larger the loading in size; those of {number(SALIENT, bounded=True)} or more are in "
        f"bold. {counted(analysis.solution.n, 'complete row')}.", _loadings_width(analysis),
    )


def _loadings_width(analysis: FactorAnalysis) -> float:
    return min(WIDTH, 1.3 + 0.95 * analysis.solution.factors)


def _loadings(analysis: FactorAnalysis) -> Drawing:
    solution = analysis.solution
    loadings = np.array(solution.loadings)
    rows, columns = loadings.shape
    drawing, axes = plot(0.24 * rows + 0.55, width=_loadings_width(analysis))
    axes.pcolormesh(np.abs(loadings), cmap=_SHADES, vmin=0, vmax=1, edgecolor="white", linewidth=1.2)
    for i in range(rows):
        for j in range(columns):
            size = abs(loadings[i, j])
            axes.text(j + 0.5, i + 0.5, number(float(loadings[i, j]), bounded=True), ha="center", va="center", size=8,
                      color="white" if size > _DARK else INK, weight="bold" if size >= SALIENT else "normal")
    axes.set_xticks(np.arange(columns) + 0.5, [f"Factor {k + 1}" for k in range(columns)])
    axes.set_yticks(np.arange(rows) + 0.5, solution.items)
    axes.tick_params(length=0, labelcolor=INK)
    axes.xaxis.tick_top()
    axes.set_ylim(rows, 0)
    for edge in axes.spines.values():
        edge.set_color(RULE)
        edge.set_visible(False)
    return drawing


def measurement_figure(results: StudyResults) -> Figure | None:
    """Standardised loadings of the headline's model with their intervals; None where the study has none."""
    run = names.mediation(results)
    if run is None or not any(p.op == "=~" for p in run.fit.parameters):
        return None
    level = results.plan.level
    table = loadings_of_table(run, names.labels(results))
    return Figure(
        "measurement", f"Standardised loadings: {run.id}", table.summary, table.id, lambda: _measurement(run, level),
        f"Lines: {level_name(level)} intervals by the delta method, from {methods.standard_errors(run.fit)}. Diamonds: "
        "dimensions on second-order factors; circles: items.",
    )


LINE, LABELS, BELOW = 0.19, 1.12, 0.5
"""Inches: height of a row, width of the labels of a column, room for its axis."""
LETTERS = 16
"""A longer label takes two lines, and more height."""


def _measurement(run: ModelRun, level: float) -> Drawing:
    """A column for each second-order factor, its dimensions above and their items below; one for all other factors."""
    columns = _columns([p for p in run.fit.parameters if p.op == "=~"])
    placed = [_placed(blocks) for blocks in columns]
    tallest = max(bottom for _, bottom in placed)
    height = LINE * tallest + BELOW + 0.05
    drawing = Drawing(figsize=(WIDTH, height))
    FigureCanvasAgg(drawing)
    reach = NormalDist().inv_cdf((1 + level) / 2)
    values = [p.std_all for blocks in columns for block in blocks for p in block if isinstance(p.std_all, float)]
    each = 1 / len(columns)
    for place, (rows, _) in enumerate(placed):
        axes = drawing.add_axes((place * each + LABELS / WIDTH, BELOW / height, each - (LABELS + 0.1) / WIDTH,
                                 LINE * tallest / height))
        _column(axes, rows, reach)
        axes.set_ylim(tallest, 0)
        axes.set_xlim(min([0.0, *values]) - 0.02, max([1.0, *values]) + 0.04)
        axes.set_xticks([0, 0.5, 1], ["0", ".5", "1"])
        axes.set_xlabel("Standardised loading")
    return drawing


def _columns(loadings: list[Parameter]) -> list[list[list[Parameter]]]:
    """Blocks of loadings of one factor each: a second-order factor with its dimensions, then the factors left over."""
    factors = list(dict.fromkeys(p.lhs for p in loadings))
    blocks = {factor: [p for p in loadings if p.lhs == factor] for factor in factors}
    second = [f for f in factors if any(p.rhs in blocks for p in blocks[f])]
    below = {p.rhs for f in second for p in blocks[f]}
    columns = [[blocks[f], *(blocks[p.rhs] for p in blocks[f] if p.rhs in blocks)] for f in second]
    rest = [blocks[f] for f in factors if f not in second and f not in below]
    return [*columns, rest] if rest else columns


@dataclass(frozen=True, slots=True)
class _Row:
    """A heading (no loading) or a loading, ``at`` so many rows from the top of its column."""

    at: float
    words: str
    loading: Parameter | None = None
    diamond: bool = False


def _placed(blocks: list[list[Parameter]]) -> tuple[list[_Row], float]:
    """The rows of one column, and where it ends."""
    factors = {block[0].lhs for block in blocks}
    rows, top = [], 0.0
    for block in blocks:
        rows.append(_Row(top + 0.5, names.VARIABLES.get(block[0].lhs, block[0].lhs)))
        top += 1.05
        for p in block:
            words = wrapped(names.VARIABLES.get(p.rhs, p.rhs), LETTERS)
            tall = 0.9 + 0.65 * words.count("\n")
            rows.append(_Row(top + tall / 2, words, p, p.rhs in factors))
            top += tall
        top += 0.45
    return rows, top


def _column(axes: Axes, rows: list[_Row], reach: float) -> None:
    for row in rows:
        if row.loading is None:
            axes.annotate(row.words, (0, row.at), xycoords=axes.get_yaxis_transform(), xytext=(-LABELS * 72 + 6, 0),
                          textcoords="offset points", ha="left", va="center", size=8, weight="bold")
        else:
            _loading(axes, row.loading, row.at, reach, diamond=row.diamond)
    shown = [row for row in rows if row.loading is not None]
    axes.set_yticks([row.at for row in shown], [row.words for row in shown])
    axes.tick_params(axis="y", length=0, labelcolor=INK, labelsize=8)
    axes.spines["left"].set_visible(False)
    axes.grid(axis="x", color="#ececec", linewidth=0.8)
    axes.set_axisbelow(True)


def _loading(axes: Axes, p: Parameter, at: float, reach: float, *, diamond: bool) -> None:
    if not isinstance(p.std_all, float):
        return
    if isinstance(p.std_all_se, float):
        axes.plot([p.std_all - reach * p.std_all_se, p.std_all + reach * p.std_all_se], [at, at], color=BLUE,
                  linewidth=1.4, solid_capstyle="butt")
    axes.scatter([p.std_all], [at], s=24, marker="D" if diamond else "o", color=BLUE, zorder=3)
