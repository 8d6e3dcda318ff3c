"""The flow of respondents: boxes from export to analysis, one column a form, what went and why beside."""

from __future__ import annotations

from matplotlib.axes import Axes
from matplotlib.figure import Figure as Drawing
from matplotlib.patches import FancyBboxPatch

from pipeline.report import names
from pipeline.report.figures.spec import BLUE, INK, PALE, QUIET, RULE, Figure, canvas, wrapped
from pipeline.report.tables.respondents import flow_sentence
from pipeline.results import FlowStep, StudyResults

BOX, SIDE, GAP, MARGIN = 1.85, 1.75, 0.12, 0.1
"""Widths in inches: box, remark beside the arrow, space between, edge of the sheet."""
LINE, PAD = 0.15, 0.12
"""Height of a line of text and the space within a box above and below."""
STEP_LETTERS, WHY_LETTERS = 26, 27


def flow_figure(results: StudyResults) -> Figure:
    """How many responses remain after each step, by form."""
    return Figure(
        "flow", "Flow of respondents from export to analysis", flow_sentence(results), "flow",
        lambda: _draw(results.flow),
    )


def _draw(flow: tuple[FlowStep, ...]) -> Drawing:
    forms = {form: [step for step in flow if step.form == form] for form in dict.fromkeys(s.form for s in flow)}
    column = BOX + GAP + SIDE
    heights = [sum(_box_height(s) + _arrow_height(n) for s, n in _followed(steps)) for steps in forms.values()]
    height = max(heights, default=1.0)
    drawing, axes = canvas(MARGIN * 2 + column * max(len(forms), 1), height + 0.5)
    for place, (form, steps) in enumerate(forms.items()):
        left = MARGIN + place * column
        axes.text(left + BOX / 2, height + 0.32, names.form(form), ha="center", va="center", weight="bold", size=9)
        _column(axes, steps, left, height + 0.12)
    return drawing


def _column(axes: Axes, steps: list[FlowStep], left: float, top: float) -> None:
    middle = left + BOX / 2
    for step, following in _followed(steps):
        tall = _box_height(step)
        last = following is None
        axes.add_patch(FancyBboxPatch(
            (left, top - tall), BOX, tall, boxstyle="round,pad=0,rounding_size=0.05",
            facecolor="white" if last else PALE, edgecolor=BLUE if last else RULE, linewidth=1.6 if last else 0.9))
        words = wrapped(step.step, STEP_LETTERS)
        axes.text(middle, top - PAD, words, ha="center", va="top", size=8, linespacing=1.25, color=INK)
        axes.text(middle, top - tall + PAD, f"{step.n:,} {step.unit}", ha="center", va="bottom", size=9, weight="bold")
        top -= tall
        if following is None:
            return
        reach = _arrow_height(following)
        axes.annotate("", xy=(middle, top - reach), xytext=(middle, top),
                      arrowprops={"arrowstyle": "-|>", "color": QUIET, "linewidth": 1, "shrinkA": 0, "shrinkB": 0})
        if remark := _remark(following):
            axes.plot([middle, left + BOX + 0.03], [top - reach / 2] * 2, color=RULE, linewidth=0.9)
            axes.text(left + BOX + GAP / 2 + 0.02, top - reach / 2, remark, ha="left", va="center", size=8, color=INK,
                      linespacing=1.25)
        top -= reach


def _followed(steps: list[FlowStep]) -> list[tuple[FlowStep, FlowStep | None]]:
    return list(zip(steps, [*steps[1:], None], strict=True))


def _remark(step: FlowStep) -> str:
    if not step.left_out and not step.why:
        return ""
    head = f"{step.left_out:,} left out" if step.left_out else ""
    words = ": ".join(part for part in (head, step.why) if part)
    return wrapped(words.replace(" (", "\N{NO-BREAK SPACE}("), WHY_LETTERS)


def _box_height(step: FlowStep) -> float:
    return 2 * PAD + LINE * (wrapped(step.step, STEP_LETTERS).count("\n") + 2) + 0.06


def _arrow_height(following: FlowStep | None) -> float:
    if following is None:
        return 0.0
    remark = _remark(following)
    return max(0.3, LINE * (remark.count("\n") + 1) + 0.1) if remark else 0.3
