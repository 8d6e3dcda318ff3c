"""Figures on invariance: a map of what may be compared, and how much the items that differ most differ."""

from __future__ import annotations

from collections.abc import Mapping

from matplotlib.figure import Figure as Drawing
from matplotlib.lines import Line2D
from matplotlib.patches import Rectangle

from pipeline.invariance.found import Comparable, FoundLadder, InvarianceReport
from pipeline.report.figures.spec import BLUE, INK, ORANGE, QUIET, RULE, Figure, plot, wrapped
from pipeline.report.tables.invariance import LARGE, MEDIUM, SMALL, items_sentence, verdicts_sentence
from pipeline.sem.noninvariance import Dmacs
from pipeline.undefined import Undefined

_FILL: Mapping[Comparable, tuple[str, str, str]] = {
    "variances": (BLUE, "", "white"), "means": ("#5d8fb8", "", INK), "latent means": ("#f0d9a8", "", INK),
    "relations": ("#e8b48e", "", INK), "structure": (ORANGE, "", "white"), "nothing": ("#6d2c08", "", "white"),
    "not tested": ("white", "////", INK),
}
"""Colour, hatch, and colour of the words; every cell says in words what its colour says."""

_SAID: Mapping[Comparable, str] = {
    "variances": "as they are", "means": "means", "latent means": "without", "relations": "relations only",
    "structure": "structure only", "nothing": "nothing", "not tested": "not tested",
}

_ROW = 0.34
"""Inches of a construct."""


def invariance_figures(found: InvarianceReport | None) -> tuple[Figure, ...]:
    """Both figures; none where nothing was tested."""
    if found is None or not found.ladders:
        return ()
    return tuple(figure for figure in (map_figure(found), sizes_figure(found)) if figure is not None)


def map_figure(found: InvarianceReport) -> Figure:
    """Constructs by groupings, each cell with what may be compared."""
    return Figure(
        "invariance", "Which scores may be compared between which groups", verdicts_sentence(found), "invariance",
        lambda: _map(found),
        "As they are: equal loadings, intercepts and residual variances. Means: equal loadings and intercepts. "
        "Without: the same without the items named, or with them free in a model of latent variables. Relations only: "
        "equal loadings.")


def _rows_of(found: InvarianceReport) -> list[tuple[str, str]]:
    return list(dict.fromkeys((one.construct, one.form) for one in found.ladders))


def _columns_of(found: InvarianceReport) -> list[str]:
    return list(dict.fromkeys(one.grouping for one in found.ladders))


def _map(found: InvarianceReport) -> Drawing:
    rows, columns = _rows_of(found), _columns_of(found)
    cells = {((one.construct, one.form), one.grouping): one for one in found.ladders}
    drawing, axes = plot(_ROW * len(rows) + 0.5)
    for y, row in enumerate(rows):
        for x, column in enumerate(columns):
            if (row, column) in cells:
                one = cells[row, column]
                fill, hatch, ink = _FILL[one.comparable]
                axes.add_patch(Rectangle((x - 0.48, y - 0.43), 0.96, 0.86, facecolor=fill, hatch=hatch,
                                         edgecolor=RULE if one.comparable == "not tested" else fill, linewidth=0.6))
                axes.text(x, y, _words(one), ha="center", va="center", size=8, color=ink,
                          bbox={"facecolor": "white", "edgecolor": "none", "pad": 1.0} if hatch else None)
    titles = {one.id: one.title for one in found.groupings}
    several = len({form for _, form in rows}) > 1
    names = {(one.construct, one.form): f"{one.name} ({one.form})" if several else one.name for one in found.ladders}
    axes.set_xticks(range(len(columns)), [wrapped(f"By {titles[column]}", 30) for column in columns])
    axes.set_yticks(range(len(rows)), [names[row] for row in rows])
    axes.xaxis.tick_top()
    axes.tick_params(length=0, labelcolor=INK)
    axes.set_xlim(-0.5, len(columns) - 0.5)
    axes.set_ylim(len(rows) - 0.5, -0.5)
    for spine in axes.spines.values():
        spine.set_visible(False)
    return drawing


def _words(one: FoundLadder) -> str:
    if one.comparable == "latent means" or (one.comparable == "relations" and one.freed):
        items = one.freed_items
        shown = ", ".join(items) if len(items) < 4 else f"{len(items)} items"
        return f"{'without' if one.comparable == 'latent means' else 'relations, without'} {shown}"
    return _SAID[one.comparable]


# -- sizes ---------------------------------------------------------------------------------------------------


def sizes_figure(found: InvarianceReport) -> Figure | None:
    """dMACS of the items that differ most; None where none was estimated."""
    rows = _sized(found)
    if not rows:
        return None
    return Figure(
        "invariance-sizes", "How much the items that differ most differ between groups", items_sentence(found),
        "invariance-items", lambda: _sizes(found, rows),
        "For each construct and grouping the items that were freed (filled), and of the others the one that differs "
        "most (hollow). dMACS is how far expected answers of respondents alike in what is measured lie apart, in "
        "standard deviations of the item; dotted lines where small, medium and large differences begin.")


def _sized(found: InvarianceReport) -> list[tuple[FoundLadder, tuple[Dmacs, ...]]]:
    """Of several pairs of groups the one in which an item differs most."""
    out = []
    for one in found.ladders:
        largest: dict[str, Dmacs] = {}
        for size in one.sizes:
            if not isinstance(size.dmacs, Undefined) and (
                    size.item not in largest or _value(size) > _value(largest[size.item])):
                largest[size.item] = size
        if largest:
            out.append((one, tuple(largest.values())))
    return out


def _value(size: Dmacs) -> float:
    return 0.0 if isinstance(size.dmacs, Undefined) else size.dmacs


def _sizes(found: InvarianceReport, rows: list[tuple[FoundLadder, tuple[Dmacs, ...]]]) -> Drawing:
    drawing, axes = plot(0.2 * len(rows) + 1.0)
    top = max(0.75, 1.12 * max(_value(size) for _, sizes in rows for size in sizes))
    for limit, words in ((SMALL, "small"), (MEDIUM, "medium"), (LARGE, "large")):
        axes.axvline(limit, color=QUIET, linewidth=0.8, linestyle=":", zorder=0)
        axes.text(limit, -0.95, words, ha="left", va="bottom", size=8, color=QUIET)
    for y, (one, sizes) in enumerate(rows):
        axes.axhline(y, color="#ececec", linewidth=0.7, zorder=0)
        for size in sizes:
            freed = size.item in one.freed_items
            axes.plot([0, _value(size)], [y, y], color=ORANGE if freed else RULE, linewidth=1.2,
                      zorder=2 if freed else 1)
            axes.scatter([_value(size)], [y], s=30, facecolor=ORANGE if freed else "white",
                         edgecolor=ORANGE if freed else BLUE, linewidth=1.0, zorder=3)
            axes.annotate(size.item, (_value(size), y), xytext=(6, 0), textcoords="offset points", va="center",
                          size=8, color=INK if freed else QUIET, weight="bold" if freed else "normal", zorder=4,
                          bbox={"facecolor": "white", "edgecolor": "none", "pad": 0.6})
    titles = {one.id: one.short for one in found.groupings}
    several = len({one.form for one, _ in rows}) > 1
    axes.set_yticks(range(len(rows)), [
        f"{one.name}{f' ({one.form})' if several else ''}, by {titles[one.grouping]}" for one, _ in rows])
    axes.tick_params(axis="y", length=0, labelcolor=INK)
    axes.set_ylim(len(rows) - 0.5, -1.0)
    axes.set_xlim(0, top)
    axes.set_xlabel("dMACS, in standard deviations of the item")
    axes.spines["left"].set_visible(False)
    drawing.legend(handles=[
        Line2D([], [], linestyle="none", marker="o", markerfacecolor=ORANGE, markeredgecolor=ORANGE, label="Freed"),
        Line2D([], [], linestyle="none", marker="o", markerfacecolor="white", markeredgecolor=BLUE,
               label="Largest of those held equal")], loc="outside lower center", ncols=2)
    return drawing
