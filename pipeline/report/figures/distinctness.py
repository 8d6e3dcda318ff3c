"""Figures on discriminant validity: how close the closest pairs are, and every correlation of a set in one map."""

from __future__ import annotations

from collections.abc import Mapping

from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure as Drawing
from matplotlib.lines import Line2D
from matplotlib.patches import Rectangle

from pipeline.evidence.found.distinctness import (
    DistinctLevel,
    DistinctnessReport,
    DistinctPair,
    DistinctSet,
    Interval,
    Verdict,
)
from pipeline.report.figures.spec import BLUE, INK, ORANGE, QUIET, RULE, Figure, plot, wrapped
from pipeline.report.numbers import number
from pipeline.report.tables.distinct_pairs import closest_first, levels_of, pair_name
from pipeline.undefined import Number, Undefined

SHOWN = 5
"""Pairs of dimensions of each set, the closest."""

CUTOFFS = (0.80, 0.90, 1.0)
"""From which an overlap is marginal, moderate, severe (Rönkkö & Cho 2022)."""

_MARK: Mapping[Verdict, str] = {"distinct": "", "distinct, with a remark": " *", "not shown to be distinct": " **"}


def distinctness_figures(found: DistinctnessReport | None) -> tuple[Figure, ...]:
    """The closest pairs, and a map of each set's dimensions; none where there are no pairs with a correlation."""
    if found is None:
        return ()
    rows = _rows(found)
    maps = [map_figure(own, level) for own, level in levels_of(found) if level.name == "dimensions" and level.pairs
            and not level.why_not]
    return (*([pairs_figure(rows)] if rows else []), *maps)


# -- pairs ---------------------------------------------------------------------------------------------------


def pairs_figure(rows: list[tuple[DistinctLevel, DistinctPair]]) -> Figure:
    """Correlations and HTMT2 with intervals, against the cut-offs."""
    return Figure(
        "distinctness", "How close the closest scales are", _pairs_sentence(rows), "distinctness-tests",
        lambda: _pairs(rows),
        f"All pairs of constructs, and of each set's dimensions the {SHOWN} closest. Bars are intervals, without sign. "
        "Dotted lines: a correlation whose interval stays below .80 is no problem; one that reaches .80 is a marginal "
        "problem, .90 a moderate, 1 a severe one (Rönkkö & Cho 2022).")


def _pairs_sentence(rows: list[tuple[DistinctLevel, DistinctPair]]) -> str:
    """The closest pair of constructs and of dimensions."""
    said = []
    for name in ("constructs", "dimensions"):
        there = [(level, pair) for level, pair in rows if level.name == name]
        if there:
            level, pair = max(there, key=lambda row: _size(row[1]))
            phi = number(pair.correlation, 2, bounded=True)
            lower, upper = pair.correlation_interval
            reach = "" if isinstance(lower, Undefined) or isinstance(upper, Undefined) else (
                f", at most {number(max(lower, upper, key=abs), 2, bounded=True)}")
            said.append(f"closest {name} are {pair_name(level, pair)} (φ = {phi}{reach})")
    text = "; ".join(said)
    return f"{text[:1].upper()}{text[1:]}."


def _size(pair: DistinctPair) -> float:
    return 0.0 if isinstance(pair.correlation, Undefined) else abs(pair.correlation)


def _rows(found: DistinctnessReport) -> list[tuple[DistinctLevel, DistinctPair]]:
    """Constructs first, then dimensions; in each the closest pairs first."""
    rows = []
    for name, most in (("constructs", None), ("dimensions", SHOWN)):
        for _, level in levels_of(found):
            known = [pair for pair in closest_first(level.pairs) if not isinstance(pair.correlation, Undefined)]
            rows += [(level, pair) for pair in known[:most] if level.name == name]
    return rows


def _pairs(rows: list[tuple[DistinctLevel, DistinctPair]]) -> Drawing:
    drawing, axes = plot(0.36 * len(rows) + 0.9)
    for limit in CUTOFFS:
        axes.axvline(limit, color=QUIET, linewidth=0.8, linestyle=":", zorder=0)
    for y, (_, pair) in enumerate(rows):
        axes.axhline(y, color="#ececec", linewidth=0.7, zorder=0)
        _bar(axes, y - 0.15, pair.correlation, pair.correlation_interval, filled=True)
        _bar(axes, y + 0.15, pair.htmt2.value, pair.htmt2.interval, filled=False)
    change = next((y for y, (level, _) in enumerate(rows) if level.name == "dimensions"), 0)
    if change:
        axes.axhline(change - 0.5, color=RULE, linewidth=1.0)
    axes.set_yticks(range(len(rows)), [_in_lines(level, pair) for level, pair in rows])
    axes.set_xticks([0, 0.2, 0.4, 0.6, *CUTOFFS], ["0", ".20", ".40", ".60", ".80", ".90", "1"])
    axes.tick_params(axis="y", length=0, labelcolor=INK)
    axes.set_ylim(len(rows) - 0.4, -0.6)
    axes.set_xlim(0, max(1.06, *(_end(pair) + 0.03 for _, pair in rows)))
    axes.set_xlabel("Correlation, HTMT2 (absolute)")
    axes.spines["left"].set_visible(False)
    drawing.legend(handles=[
        Line2D([], [], color=BLUE, marker="o", markerfacecolor=BLUE, label="Correlation of the factors"),
        Line2D([], [], color=ORANGE, marker="s", markerfacecolor="white", label="HTMT2")],
        loc="outside lower center", ncols=2)
    return drawing


def _in_lines(level: DistinctLevel, pair: DistinctPair) -> str:
    """Both names, the second on a line of its own where one line is too short."""
    first, second = level.factor(pair.first).label, level.factor(pair.second).label
    if len(first) + len(second) < 30 and " and " not in first + second:
        return f"{first} and {second}"
    return f"{wrapped(f'{first} and', 34)}\n{wrapped(second, 34)}"


def _end(pair: DistinctPair) -> float:
    ends = [*pair.correlation_interval, *pair.htmt2.interval]
    return max((abs(end) for end in ends if not isinstance(end, Undefined)), default=0.0)


def _bar(axes: Axes, y: float, value: Number, interval: Interval, *, filled: bool) -> None:
    if isinstance(value, Undefined):
        return
    colour, sign = (BLUE, 1.0 if value >= 0 else -1.0) if filled else (ORANGE, 1.0)
    lower, upper = interval
    if not isinstance(lower, Undefined) and not isinstance(upper, Undefined):
        ends = sorted((sign * lower, sign * upper))
        axes.plot([max(ends[0], 0.0), ends[1]], [y, y], color=colour, linewidth=1.4, solid_capstyle="butt", zorder=2)
    axes.scatter([sign * value], [y], s=22, marker="o" if filled else "s", facecolor=colour if filled else "white",
                 edgecolor=colour, linewidth=1.1, zorder=3)


# -- map -----------------------------------------------------------------------------------------------------


def map_figure(own: DistinctSet, level: DistinctLevel) -> Figure:
    """Every dimension of a set against every other."""
    return Figure(
        f"distinctness-{own.name}", f"{own.label}: how dimensions go together", _map_sentence(level),
        f"distinctness-matrix-{own.name}-{level.name}", lambda: _map(own, level),
        "Below the diagonal correlations of the factors, above it HTMT2, on it the root of the average variance "
        "extracted, which should exceed what stands in its row and column. The darker, the closer. Lines part "
        "constructs. * distinct with a remark; ** not shown to be distinct.")


def _map_sentence(level: DistinctLevel) -> str:
    known = [pair for pair in closest_first(level.pairs) if not isinstance(pair.correlation, Undefined)]
    if not known:
        return "No correlation of factors is known."
    values = sorted((float(pair.correlation) for pair in known if not isinstance(pair.correlation, Undefined)), key=abs)
    return (f"Correlations of dimensions are between {number(values[0], 2, bounded=True)} and "
            f"{number(values[-1], 2, bounded=True)}; closest are {pair_name(level, known[0])}.")


def _map(own: DistinctSet, level: DistinctLevel) -> Drawing:
    factors = level.factors
    k = len(factors)
    drawing, axes = plot(0.33 * k + 0.4)
    for row in range(k):
        for column in range(k):
            pair = level.pair(factors[row].id, factors[column].id) if row != column else None
            value = factors[row].root if pair is None else pair.correlation if row > column else pair.htmt2.value
            mark = _MARK[pair.verdict] if pair is not None and row > column else ""
            _cell(axes, row, column, value, mark, diagonal=pair is None)
    for edge in _edges(own, level):
        axes.plot([edge, edge], [-0.5, k - 0.5], color=INK, linewidth=0.8)
        axes.plot([-0.5, k - 0.5], [edge, edge], color=INK, linewidth=0.8)
    axes.set_xticks(range(k), [str(place) for place in range(1, k + 1)])
    axes.set_yticks(range(k), [f"{one.label}  {place}" for place, one in enumerate(factors, 1)])
    axes.xaxis.tick_top()
    axes.tick_params(length=0, labelcolor=INK)
    axes.set_xlim(-0.5, k - 0.5)
    axes.set_ylim(k - 0.5, -0.5)
    for spine in axes.spines.values():
        spine.set_visible(False)
    return drawing


def _cell(axes: Axes, row: int, column: int, value: Number, mark: str, *, diagonal: bool) -> None:
    size = 0.0 if isinstance(value, Undefined) else min(abs(value), 1.0)
    colour = "white" if diagonal else tuple(1 - size**1.5 * (1 - part) for part in to_rgb(BLUE))
    axes.add_patch(Rectangle((column - 0.5, row - 0.5), 1, 1, facecolor=colour, edgecolor="white", linewidth=0.8))
    words = "?" if isinstance(value, Undefined) else number(value, 2, bounded=True)
    axes.text(column, row, words + mark, ha="center", va="center", size=8, weight="bold" if diagonal else "normal",
              color="white" if size > 0.75 and not diagonal else INK)


def _edges(own: DistinctSet, level: DistinctLevel) -> list[float]:
    """Where one construct's dimensions end."""
    above = own.level("constructs")
    if above is None:
        return []
    ids = [one.id for one in level.factors]
    of = {dimension: one.id for one in above.factors for dimension in one.indicators if dimension in ids}
    return [place - 0.5 for place in range(1, len(ids)) if of.get(ids[place], ids[place]) != of.get(ids[place - 1])]
