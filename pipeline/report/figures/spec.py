"""A figure as a value, one quiet style for all, and files that come out the same twice.

Drawing uses matplotlib's objects without pyplot: no global state, nothing to close, safe in threads.
"""

from __future__ import annotations

import io
import re
import textwrap
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure as Drawing
from PIL import Image

INK, QUIET, RULE, PALE = "#1b1b1b", "#595959", "#bdbdbd", "#f1f3f5"
BLUE, ORANGE = "#1f5a8a", "#b3541e"
"""Distinct to colour-blind readers and in grey; no figure tells anything by colour alone."""

WIDTH = 7.2
"""Inches. At a report's column the smallest text, 8 points, stays above 10 pixels."""

STYLE: Any = {
    "font.family": "DejaVu Sans", "font.size": 8.5, "axes.titlesize": 9, "axes.labelsize": 8.5, "xtick.labelsize": 8,
    "ytick.labelsize": 8, "legend.fontsize": 8, "axes.spines.top": False, "axes.spines.right": False,
    "axes.edgecolor": QUIET, "axes.linewidth": 0.8, "xtick.color": QUIET, "ytick.color": QUIET, "text.color": INK,
    "axes.labelcolor": INK, "legend.frameon": False, "axes.unicode_minus": True, "figure.facecolor": "white",
    "savefig.facecolor": "white", "svg.fonttype": "path", "svg.hashsalt": "alliometrics",
}

Format = str


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure with its title, one sentence that says what it shows, and the table that holds its numbers.

    ``draw`` makes the drawing, ``width`` inches wide; nothing is drawn before :meth:`svg` or :meth:`png` is called.
    """

    id: str
    title: str
    summary: str
    table: str
    draw: Callable[[], Drawing]
    note: str = ""
    width: float = WIDTH
    _svg: list[bytes] = field(default_factory=list, compare=False, repr=False)

    def svg(self) -> bytes:
        """The figure as SVG: text as outlines, no date, the same bytes at every call; drawn once."""
        if not self._svg:
            self._svg.append(compact(
                self._rendered("svg", metadata={"Date": None, "Creator": None, "Title": self.title})))
        return self._svg[0]

    def png(self) -> bytes:
        """The figure as PNG with 200 dots an inch."""
        return self._rendered("png", dpi=200, metadata={"Software": None, "Title": self.title})

    def small_png(self) -> bytes:
        """The figure as PNG with 150 dots an inch and 128 colours, a third of the size."""
        buffer = io.BytesIO()
        with Image.open(io.BytesIO(self._rendered("png", dpi=150))) as whole:
            whole.convert("RGB").quantize(128).save(buffer, format="PNG", optimize=True)
        return buffer.getvalue()

    def _rendered(self, form: Format, **options: Any) -> bytes:
        buffer = io.BytesIO()
        with mpl.rc_context(STYLE):
            self.draw().savefig(buffer, format=form, **options)
        return buffer.getvalue()


_LONG_NUMBER = re.compile(rb"(\.\d\d)\d+")
_GLYPH = re.compile(rb'(?<=["#])DejaVuSans[\w-]*(?=")')


def compact(svg: bytes) -> bytes:
    """The same drawing in about half the bytes: hundredths of a point, short names of letters, no line breaks in paths.

    A report holds dozens of drawings whose text is outlines, a reference a letter.
    """
    names: dict[bytes, bytes] = {}
    svg = _GLYPH.sub(lambda found: names.setdefault(found[0], b"g%x" % len(names)), svg)
    svg = re.sub(rb'(<use [^>]*)transform="translate\(([-.\d]+) 0\)"', rb'\1x="\2"', svg)
    for part in (rb' d="[^"]*"', rb' [xy]="[^"]*"', rb"translate\([^)]*\)"):
        svg = re.sub(part, lambda found: b" " * found[0].startswith(b" ") + _LONG_NUMBER.sub(
            rb"\1", b" ".join(found[0].split())), svg)
    return re.sub(rb"\n\s*", b"\n", re.sub(rb"<!-- .*? -->", b"", svg))


def plot(height: float, *, width: float = WIDTH) -> tuple[Drawing, Axes]:
    """A drawing with one pair of axes whose labels always fit inside."""
    drawing = Drawing(figsize=(width, height), layout="constrained")
    FigureCanvasAgg(drawing)
    return drawing, drawing.add_subplot()


def canvas(width: float, height: float) -> tuple[Drawing, Axes]:
    """An empty sheet measured in inches from the lower left, for boxes and arrows."""
    drawing = Drawing(figsize=(width, height))
    FigureCanvasAgg(drawing)
    axes = drawing.add_axes((0, 0, 1, 1))
    axes.set_xlim(0, width)
    axes.set_ylim(0, height)
    axes.set_aspect("equal")
    axes.set_axis_off()
    return drawing, axes


def wrapped(text: str, characters: int) -> str:
    """``text`` in lines of at most ``characters``; long words stay whole."""
    return "\n".join(textwrap.wrap(text, characters, break_long_words=False)) or ""


def key_below(axes: Axes, handles: Sequence[Any], *, columns: int, lift: float = -0.16) -> None:
    """A key under the axes, where it hides no data."""
    axes.legend(handles=list(handles), loc="upper center", bbox_to_anchor=(0.5, lift), ncols=columns, handlelength=2.2,
                columnspacing=1.6)
