"""A figure on rival structures: what a sum of all items of each set stands for."""

from __future__ import annotations

from matplotlib.figure import Figure as Drawing
from matplotlib.lines import Line2D

from pipeline.evidence.found.bifactor import LEAST, PREFERRED, FoundBifactor
from pipeline.evidence.found.structure import StructureReport
from pipeline.report.figures.spec import BLUE, ORANGE, QUIET, RULE, Figure, key_below, plot, wrapped
from pipeline.report.numbers import level_name
from pipeline.report.tables.structure import bifactor_sentence

ROW = 0.34
"""Inches of a set."""


def structure_figures(found: StructureReport | None) -> tuple[Figure, ...]:
    """The general factor's shares by set; none where no set has a proper bifactor solution."""
    if found is None or not _known(found):
        return ()
    return (Figure(
        "structure-bifactor", "What a sum of all items stands for", bifactor_sentence(found), "structure-bifactor",
        lambda: _shares(found),
        f"Filled: omega hierarchical, the general factor's share of the sum's variance; open: its share of what items "
        f"have in common (ECV). Lines: {level_name(found.level)} intervals. Dotted: .50 and .75, the least and the "
        "preferred omega hierarchical (Reise, Bonifay & Haviland 2013)."),)


def _known(found: StructureReport) -> list[tuple[str, FoundBifactor]]:
    return [(of.label, of.bifactor) for of in found.sets
            if of.bifactor is not None and isinstance(of.bifactor.omega_h, float)]


def _shares(found: StructureReport) -> Drawing:
    known = _known(found)
    drawing, axes = plot(ROW * len(known) + 0.9)
    for limit in (LEAST, PREFERRED):
        axes.axvline(limit, color=RULE, linewidth=1, linestyle=":", zorder=0)
    for row, (_, one) in enumerate(known):
        for value, lower, upper, colour, shift, fill in (
                (one.omega_h, one.omega_h_lower, one.omega_h_upper, BLUE, -0.14, BLUE),
                (one.ecv, one.ecv_lower, one.ecv_upper, ORANGE, 0.14, "white")):
            if isinstance(lower, float) and isinstance(upper, float):
                axes.plot([lower, upper], [row + shift] * 2, color=colour, linewidth=1.3)
            if isinstance(value, float):
                axes.scatter([value], [row + shift], s=30, facecolor=fill, edgecolor=colour, linewidth=1.2,
                             zorder=3)
    axes.set_yticks(range(len(known)), [wrapped(label, 32) for label, _ in known])
    axes.set_ylim(len(known) - 0.5, -0.5)
    axes.set_xlim(0, 1)
    axes.set_xlabel("Share due to the general factor", color=QUIET)
    key_below(axes, [
        Line2D([], [], color=BLUE, marker="o", linewidth=1.3, label="Omega hierarchical"),
        Line2D([], [], color=ORANGE, marker="o", markerfacecolor="white", linewidth=1.3, label="ECV"),
    ], columns=2, lift=-0.22)
    return drawing
