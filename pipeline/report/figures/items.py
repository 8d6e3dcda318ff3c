"""Figures on items: the answers to all items of a construct, as bars stacked by the points of the scale."""

from __future__ import annotations

from collections.abc import Mapping

from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap, to_rgb
from matplotlib.figure import Figure as Drawing
from matplotlib.patches import Patch

from pipeline.evidence.found.items import FoundScaleItems, ItemsReport
from pipeline.measurement.items import ItemDistribution
from pipeline.report.figures.spec import BLUE, INK, ORANGE, QUIET, Figure, key_below, plot, wrapped
from pipeline.report.names import slug
from pipeline.report.numbers import counted, number, percent
from pipeline.undefined import Undefined

_BAR = 0.21
"""Inches of an item."""

_GAP = 0.75
"""Items' worth of room above the first item of a scale, for its name."""

_LEGIBLE = 0.055
"""A narrower part of a bar holds no figure."""

_SHADES = LinearSegmentedColormap.from_list("answers", [ORANGE, "#ecc9b3", "#f3f3f1", "#b9d0e3", BLUE])
"""From low to high, pale in the middle: order is also told by place, and every part that has room says its share."""


def answers_figures(found: ItemsReport | None, names: Mapping[str, str] | None = None) -> tuple[Figure, ...]:
    """One figure a construct and form; none where nothing was examined.

    Parameters
    ----------
    names
        Names of constructs by id; without them the ids stand.
    """
    if found is None:
        return ()
    together: dict[tuple[str, str], list[FoundScaleItems]] = {}
    for scale in found.scales:
        together.setdefault((scale.construct, scale.form), []).append(scale)
    asked = [construct for construct, _ in together]
    return tuple(
        _figure(construct, form, tuple(scales), names or {}, several=asked.count(construct) > 1)
        for (construct, form), scales in together.items()
        if any(item.answers.n for scale in scales for item in scale.items))


def _figure(
    construct: str, form: str, scales: tuple[FoundScaleItems, ...], names: Mapping[str, str], *, several: bool,
) -> Figure:
    name = names.get(construct, construct)
    return Figure(
        f"answers-{slug(f'{construct}-{form}' if several else construct)}",
        f"Answers to the items of {name}{f', form {form}' if several else ''}", _sentence(scales), "item-shares",
        lambda: _bars(scales),
        "Share of the answers at each point, from the lowest at the left; reversed items (marked R) are turned round. "
        f"Shares below {percent(_LEGIBLE, 1)} are drawn without their figure. At the right the mean and the number of "
        "answers.")


def _sentence(scales: tuple[FoundScaleItems, ...]) -> str:
    items = [item for scale in scales for item in scale.items]
    known = [(item.item, item.answers.mean) for item in items if not isinstance(item.answers.mean, Undefined)]
    low, high = min(known, key=lambda pair: pair[1]), max(known, key=lambda pair: pair[1])
    ends = [item.item for item in items if item.ends.at_floor or item.ends.at_ceiling]
    many = f"{counted(len(ends), 'item')} with more than 15\N{NO-BREAK SPACE}% of the answers at one end"
    span = (f"means from {number(low[1])} ({low[0]}) to {number(high[1])} ({high[0]})" if len(known) > 1
            else f"mean {number(low[1])}")
    return f"{counted(len(items), 'item')}, {span}; {many}."


def _bars(scales: tuple[FoundScaleItems, ...]) -> Drawing:
    count, room = sum(len(scale.items) for scale in scales), _GAP * len(scales)
    drawing, axes = plot(_BAR * 1.18 * (count + room) + 0.75)
    points = sorted({point for scale in scales for point in range(scale.lowest, scale.highest + 1)})
    y, places, labels = 0.0, [], []
    for scale in scales:
        y += _GAP
        axes.text(0, y - 0.62, wrapped(scale.label, 90), va="bottom", ha="left", size=8.5, color=INK, weight="bold")
        for item in scale.items:
            _bar(axes, y, item.answers, scale)
            places.append(y)
            labels.append(f"{item.item} R" if item.reversed else item.item)
            y += 1
    axes.set_yticks(places, labels)
    axes.set_ylim(y - 0.4, -0.35)
    axes.set_xlim(0, 1)
    axes.set_xticks([])
    axes.tick_params(length=0, labelcolor=INK)
    for spine in axes.spines.values():
        spine.set_visible(False)
    ends = {points[0]: f"{points[0]} (lowest)", points[-1]: f"{points[-1]} (highest)"}
    several = len({(scale.lowest, scale.highest) for scale in scales}) > 1
    key_below(axes, [
        Patch(facecolor=_shade(point, points[0], points[-1]), edgecolor=QUIET, linewidth=0.4,
              label=str(point) if several else ends.get(point, str(point))) for point in points],
        columns=min(len(points), 11), lift=0.0)
    return drawing


def _bar(axes: Axes, y: float, answers: ItemDistribution, scale: FoundScaleItems) -> None:
    if not answers.n:
        axes.text(0, y, " nobody answered", va="center", ha="left", size=8, color=QUIET)
        return
    begin = 0.0
    for point, share in answers.shares.items():
        fill = _shade(int(point), scale.lowest, scale.highest)
        axes.barh(y, share, left=begin, height=0.82, color=fill, edgecolor="white", linewidth=0.5)
        if share >= _LEGIBLE:
            axes.text(begin + share / 2, y, f"{100 * share:.0f}", va="center", ha="center", size=8,
                      color="white" if _dark(fill) else INK)
        begin += share
    mean = "" if isinstance(answers.mean, Undefined) else f"M {number(answers.mean)}  "
    axes.text(1.01, y, f"{mean}n {answers.n:,}", va="center", ha="left", size=8, color=QUIET)


def _shade(point: int, lowest: int, highest: int) -> tuple[float, float, float]:
    red, green, blue, _ = _SHADES((point - lowest) / max(highest - lowest, 1))
    return red, green, blue


def _dark(fill: tuple[float, float, float]) -> bool:
    red, green, blue = to_rgb(fill)
    return 0.299 * red + 0.587 * green + 0.114 * blue < 0.5
