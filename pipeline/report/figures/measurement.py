"""Figures on measurement: scree with parallel analysis, loadings."""

from __future__ import annotations

import numpy as np
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure as Drawing
from matplotlib.lines import Line2D

from pipeline.report import names
from pipeline.report.figures.spec import BLUE, INK, ORANGE, QUIET, RULE, WIDTH, Figure, key_below, plot
from pipeline.report.numbers import counted, number
from pipeline.report.tables.measurement import SALIENT, loadings_table, retention_sentence
from pipeline.results import FactorAnalysis

_DARK = 0.85
"""Loadings beyond this are written in white, because their cell is too dark for ink."""
_SHADES = LinearSegmentedColormap.from_list("shades", ["#ffffff", "#c9d9e8", "#6d9bc3", BLUE])


def scree_figure(analysis: FactorAnalysis) -> Figure:
    """Observed eigenvalues beside those of random data."""
    return Figure(
        f"scree-{names.slug(analysis.name)}", f"Scree with parallel analysis: {analysis.label}",
        retention_sentence(analysis), f"number-of-factors-{names.slug(analysis.name)}", lambda: _scree(analysis),
        "Filled points are eigenvalues of the data that exceed the percentile of random data before the first that "
        "does not: as many factors parallel analysis suggests.",
    )


def _scree(analysis: FactorAnalysis) -> Drawing:
    parallel = analysis.parallel
    drawing, axes = plot(3.3)
    count = np.arange(1, len(parallel.eigenvalues) + 1)
    percentile = f"Random data, {parallel.percentile:g}th percentile"
    axes.plot(count, parallel.reference_mean, color=QUIET, linewidth=1, linestyle=":")
    axes.plot(count, parallel.reference_percentile, color=ORANGE, linewidth=1.3, linestyle="--")
    axes.plot(count, parallel.eigenvalues, color=BLUE, linewidth=1.3)
    above = count <= parallel.factors
    values = np.asarray(parallel.eigenvalues)
    axes.scatter(count[above], values[above], s=34, color=BLUE, zorder=3)
    axes.scatter(count[~above], values[~above], s=30, facecolor="white", edgecolor=BLUE, linewidth=1.2, zorder=3)
    axes.set_xlabel("Number of the eigenvalue")
    axes.set_ylabel("Eigenvalue")
    axes.set_xticks(count if len(count) <= 20 else count[::2])
    axes.set_ylim(bottom=min(0.0, float(values.min())))
    key_below(axes, [
        Line2D([], [], color=BLUE, marker="o", linewidth=1.3, label="Data"),
        Line2D([], [], color=ORANGE, linestyle="--", linewidth=1.3, label=percentile),
        Line2D([], [], color=QUIET, linestyle=":", linewidth=1, label="Random data, mean"),
    ], columns=3, lift=-0.17)
    return drawing


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
