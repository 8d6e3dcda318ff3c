"""The figure on reliability: alpha, omega and categorical omega of every scale with their intervals."""

from __future__ import annotations

from matplotlib.figure import Figure as Drawing
from matplotlib.lines import Line2D

from pipeline.evidence.found.consistency import Coefficient, ConsistencyReport, FoundConsistency
from pipeline.report.figures.spec import BLUE, INK, ORANGE, QUIET, Figure, plot
from pipeline.report.numbers import level_name, number
from pipeline.report.tables.consistency import ENOUGH, scales_sentence
from pipeline.undefined import Undefined

_SHOWN: tuple[tuple[Coefficient, str, str, str, float], ...] = (
    ("alpha", "α", "o", BLUE, -0.22), ("omega", "ω total", "s", ORANGE, 0.0),
    ("omega_categorical", "Categorical ω", "^", INK, 0.22))
"""Coefficient, name, marker, colour and place beside the scale's line: markers tell them apart without colour."""

_ROW = 0.27
"""Inches of a scale."""


def consistency_figures(found: ConsistencyReport | None) -> tuple[Figure, ...]:
    """The figure; none where no scale has a coefficient to draw."""
    scales = [] if found is None else [one for one in found.scales if _drawable(one)]
    if found is None or not scales:
        return ()
    left_out = len(found.scales) - len(scales)
    return (Figure(
        "consistency", "Reliability of every scale", scales_sentence(found), "consistency",
        lambda: _draw(found, scales),
        f"Points are the sample's values, lines their {level_name(found.level)} intervals; the dotted line marks "
        f"{number(ENOUGH, bounded=True)}, the least that is usually asked for."
        + (f" {left_out} without any value left out." if left_out else "")),)


def _drawable(one: FoundConsistency) -> bool:
    return any((found := one.coefficient(id)) is not None and not isinstance(found.value, Undefined)
               for id, *_ in _SHOWN)


def _draw(found: ConsistencyReport, scales: list[FoundConsistency]) -> Drawing:
    several = len({one.form for one in scales}) > 1
    drawing, axes = plot(_ROW * len(scales) + 0.9)
    axes.axvline(ENOUGH, color=QUIET, linewidth=0.9, linestyle=":", zorder=0)
    least = ENOUGH
    for y, one in enumerate(scales):
        if y % 2:
            axes.axhspan(y - 0.5, y + 0.5, color="#f6f6f6", zorder=-1, linewidth=0)
        for id, _, marker, colour, beside in _SHOWN:
            coefficient = one.coefficient(id)
            if coefficient is None or isinstance(coefficient.value, Undefined):
                continue
            if not isinstance(coefficient.lower, Undefined) and not isinstance(coefficient.upper, Undefined):
                lower, upper = coefficient.lower, coefficient.upper
                axes.plot([lower, upper], [y + beside] * 2, color=colour, linewidth=1.1, zorder=2)
                least = min(least, lower)
            axes.scatter([coefficient.value], [y + beside], s=15, marker=marker, color=colour, zorder=3, linewidth=0)
            least = min(least, coefficient.value)
    axes.set_yticks(range(len(scales)), [f"{one.label} ({one.form})" if several else one.label for one in scales])
    axes.tick_params(axis="y", length=0, labelcolor=INK)
    axes.set_ylim(len(scales) - 0.5, -0.5)
    axes.set_xlim(max(-1.0, least - 0.03), 1.0)
    axes.set_xlabel("Reliability of the scale's sum")
    axes.spines["left"].set_visible(False)
    drawing.legend(handles=[
        Line2D([], [], color=colour, marker=marker, markersize=4.5, linewidth=1.1, label=name)
        for _, name, marker, colour, _ in _SHOWN], loc="outside lower center", ncols=3)
    return drawing
