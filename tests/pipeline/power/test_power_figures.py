"""The figures of a power study."""

from __future__ import annotations

import matplotlib as mpl
import numpy as np

from pipeline.report.figures.power import PowerLine, power_figure, width_figure
from pipeline.report.figures.spec import STYLE

LINES = tuple(
    PowerLine(label, (100, 200), (0.4, 0.8), (0.3, 0.7), (0.5, 0.9), width,
              ((100.0, 0.4, 0.3, 0.5), (200.0, 0.8, 0.7, 0.9)))
    for label, width in (("effect × 1", (0.3, 0.2)), ("effect × 0.5", (None, 0.25)), ("effect × 0", (None, None)))
)


def test_power_is_drawn_with_its_errors_bands_and_the_two_marks() -> None:
    with mpl.rc_context(STYLE):
        [axes] = power_figure("serial", LINES, "Says what it shows.").draw().axes
    assert len(axes.containers) == 3, "one set of points with error bars a line"
    heights = {round(float(line.get_ydata()[0]), 2) for line in axes.lines if len(set(line.get_ydata())) == 1}
    assert {0.8, 0.9} <= heights
    points = [tuple(map(float, line.get_ydata())) for line in axes.lines if line.get_marker() in ("o", "s", "^")]
    assert (0.4, 0.8) in points
    bars = axes.containers[0].lines[2][0].get_segments()
    assert np.allclose(bars[0][:, 1], (0.3, 0.5))
    legend = axes.get_legend()
    assert legend is not None
    assert [text.get_text() for text in legend.get_texts()] == ["effect × 1", "effect × 0.5", "effect × 0"]


def test_widths_that_are_unknown_are_left_out() -> None:
    figure = width_figure("serial", LINES, "Says what it shows.")
    with mpl.rc_context(STYLE):
        [axes] = figure.draw().axes
    assert [list(map(float, line.get_ydata())) for line in axes.lines] == [[0.3, 0.2], [0.25]]
    assert figure.svg() == width_figure("serial", LINES, "Says what it shows.").svg()
