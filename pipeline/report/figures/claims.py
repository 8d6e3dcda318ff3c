"""Figures on claims: verdicts counted by document, and the evidence, a row a tested claim."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure as Drawing
from matplotlib.lines import Line2D
from matplotlib.patches import Patch, Rectangle
from matplotlib.ticker import FuncFormatter, MaxNLocator

from pipeline.claims.ledger import DOCUMENTS
from pipeline.claims.report import ClaimResult, ClaimsReport, PredictionResult
from pipeline.claims.verdicts import Verdict
from pipeline.report.figures.spec import BLUE, INK, ORANGE, PALE, QUIET, RULE, Figure, plot, wrapped
from pipeline.report.numbers import counted, interval, listed, number
from pipeline.report.tables.claims import FROM_DATA, ORDER, deciding
from pipeline.results import StudyResults
from pipeline.undefined import Undefined

_FILL: dict[str, tuple[str, str, str]] = {
    "supported": (BLUE, "", "white"), "against": (ORANGE, "///", INK), "inconclusive": ("#d5dbe1", "", INK),
    "not testable": ("white", "", INK), "pending": ("white", "xxx", INK),
}
"""Colour, hatch, and colour of the count of each verdict."""

_MARK: dict[str, dict[str, Any]] = {
    "supported": {"marker": "o", "color": BLUE, "markerfacecolor": BLUE},
    "against": {"marker": "X", "color": ORANGE, "markerfacecolor": ORANGE},
    "inconclusive": {"marker": "D", "color": QUIET, "markerfacecolor": "white"},
}

_JUDGED = {"supported": "supported", "against": "spoken against", "inconclusive": "inconclusive"}

PAGE = 15
"""Claims of one drawing at the most, so that it fits a sheet."""

_LOWEST, _HIGHEST = -0.6, 1.0
"""Standardised; what reaches further ends in an arrow."""

_BAND = "#e9e4d6"
_LINE = 46
"""Characters of a line of a row's label."""
_LINES = 3
"""Lines for which a row has room; the table has the words that do not fit."""


def verdict_figure(results: StudyResults) -> Figure | None:
    """Verdicts by document; None where no claim was wanted."""
    report = results.claims
    if not report.claims:
        return None
    documents = [d for d in DOCUMENTS if any(c.document == d for c in report.claims)]
    return Figure("claims", "Verdicts on the theory's claims, by document", report.sentence, "claims",
                  lambda: _verdicts(report, documents),
                  "; ".join(f"{short}: {DOCUMENTS[short]}" for short in documents) + ".")


def _verdicts(report: ClaimsReport, documents: list[str]) -> Drawing:
    counts: Counter[tuple[str, str]] = Counter((claim.document, claim.verdict) for claim in report.claims)
    totals = [sum(counts[d, v] for v in ORDER) for d in documents]
    drawing, axes = plot(0.42 * len(documents) + 0.95)
    left = [0] * len(documents)
    for verdict in ORDER:
        colour, hatch, ink = _FILL[verdict]
        widths = [counts[d, verdict] for d in documents]
        if not any(widths):
            continue
        axes.barh(range(len(documents)), widths, left=left, height=0.68, color=colour, hatch=hatch, edgecolor=QUIET,
                  linewidth=0.7)
        for place, (start, width) in enumerate(zip(left, widths, strict=True)):
            if width:
                # On a hatch a number needs a ground of its own.
                ground = {"facecolor": "white", "edgecolor": "none", "pad": 1.0} if hatch else None
                axes.text(start + width / 2, place, str(width), ha="center", va="center", size=8, color=ink,
                          bbox=ground)
        left = [start + width for start, width in zip(left, widths, strict=True)]
    axes.set_yticks(range(len(documents)), [f"{d}  ({n})" for d, n in zip(documents, totals, strict=True)])
    axes.set_ylim(len(documents) - 0.5, -0.5)
    axes.tick_params(axis="y", length=0, labelcolor=INK)
    axes.set_xlim(0, 1.03 * max(totals))
    axes.xaxis.set_major_locator(MaxNLocator(9, integer=True, steps=[1, 2, 5, 10]))
    axes.set_xlabel("Claims")
    said = {verdict: sum(counts[d, verdict] for d in documents) for verdict in ORDER}
    drawing.legend(handles=[
        Patch(facecolor=_FILL[v][0], hatch=_FILL[v][1], edgecolor=QUIET, linewidth=0.7, label=f"{v.capitalize()} ({n})")
        for v, n in said.items() if n], loc="outside lower center", ncols=5, handlelength=1.8, columnspacing=1.4)
    return drawing


# -- evidence -----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Row:
    """A claim with the prediction that decides it, whose standardised estimate and interval are numbers."""

    claim: str
    verdict: Verdict
    prediction: PredictionResult
    std: float
    lower: float
    upper: float

    @property
    def label(self) -> str:
        p = self.prediction
        told = {"negative": " (predicted: negative)", "none": " (predicted: no effect)"}.get(p.expected, "")
        what = p.what[:1].upper() + p.what[1:]
        lines = wrapped(f"{self.claim}  {what}{told}", _LINE).split("\n")
        return "\n".join(lines if len(lines) <= _LINES else [*lines[:_LINES - 1], f"{lines[_LINES - 1]} …"])


def evidence_figures(results: StudyResults) -> tuple[Figure, ...]:
    """A drawing a document, or several where it has many tested claims."""
    report = results.claims
    rows = {d: [row for c in report.claims if c.document == d and (row := _row(c)) is not None] for d in DOCUMENTS}
    every = [row for members in rows.values() for row in members]
    if not every:
        return ()
    limits = (max(_LOWEST, min(-0.2, *(row.lower for row in every))),
              min(_HIGHEST, max(0.2, *(row.upper for row in every))))
    found = []
    for document, members in rows.items():
        sheets = math.ceil(len(members) / PAGE)
        size = math.ceil(len(members) / sheets) if sheets else 0
        for sheet in range(sheets):
            part = members[sheet * size:(sheet + 1) * size]
            found.append(_evidence_figure(report, document, part, limits, sheet + 1, sheets))
    return tuple(found)


def _row(claim: ClaimResult) -> _Row | None:
    p = deciding(claim)
    if p is None or p.expected == "between" or claim.verdict not in FROM_DATA:
        return None
    if isinstance(p.std, Undefined) or isinstance(p.std_lower, Undefined) or isinstance(p.std_upper, Undefined):
        return None
    return _Row(claim.id, claim.verdict, p, p.std, p.std_lower, p.std_upper)


def _evidence_figure(
    report: ClaimsReport, document: str, rows: list[_Row], limits: tuple[float, float], sheet: int, sheets: int,
) -> Figure:
    name = f"evidence-{document}" + (f"-{sheet}" if sheets > 1 else "")
    of = f", {sheet} of {sheets}" if sheets > 1 else ""
    counts: Counter[str] = Counter(row.verdict for row in rows)
    told = listed([f"{counts[v]} {'is' if counts[v] == 1 else 'are'} {_JUDGED[v]}" for v in FROM_DATA if counts[v]])
    tested = [c for c in report.claims if c.document == document and c.verdict in FROM_DATA]
    left = [claim.id for claim in tested if _row(claim) is None] if sheet == sheets else []
    note = "Shaded: effects too small to matter. An arrow: the interval goes on."
    if left:
        note += (f" Not drawn, as {'they have' if len(left) > 1 else 'it has'} no standardised effect or a range was "
                 f"predicted: {', '.join(left)}.")
    return Figure(name, f"Evidence on the claims of {document}{of}",
                  f"Of {counted(len(rows), 'tested claim')} drawn here, {told}.", "predictions",
                  lambda: _evidence(rows, limits), note)


def _evidence(rows: list[_Row], limits: tuple[float, float]) -> Drawing:
    drawing, axes = plot(0.41 * len(rows) + 0.95)
    low, high = limits
    for place, row in enumerate(rows):
        bound = row.prediction.bound
        axes.add_patch(Rectangle((-bound, place - 0.5), 2 * bound, 1, facecolor=_BAND, edgecolor="none", zorder=0))
        if place:
            axes.axhline(place - 0.5, color=RULE, linewidth=0.5, zorder=1)
        _interval(axes, row, place, limits)
        axes.text(1.02, place, f"{number(row.std, bounded=True)} {interval(row.lower, row.upper, bounded=True)}",
                  va="center", size=8, transform=axes.get_yaxis_transform())
    axes.axvline(0, color=QUIET, linewidth=1, zorder=1)
    axes.set_xlim(low - 0.02, high + 0.02)
    axes.set_ylim(len(rows) - 0.5, -0.5)
    axes.set_yticks(range(len(rows)), [row.label for row in rows])
    for label in axes.get_yticklabels():
        label.set_horizontalalignment("left")
    axes.tick_params(axis="y", length=0, labelcolor=INK, labelsize=7.5, pad=196)
    axes.spines["left"].set_visible(False)
    axes.xaxis.set_major_locator(MaxNLocator(7, steps=[1, 2, 2.5, 5, 10]))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: number(value, 1, bounded=True) if value else "0"))
    axes.set_xlabel("Standardised effect")
    shown = [v for v in FROM_DATA if any(row.verdict == v for row in rows)]
    handles: list[Any] = [Line2D([], [], linewidth=1.5, markersize=6, label=v.capitalize(), **_MARK[v]) for v in shown]
    handles.append(Patch(facecolor=_BAND, edgecolor=PALE, label="Too small to matter"))
    drawing.legend(handles=handles, loc="outside lower center", ncols=4)
    return drawing


def _interval(axes: Axes, row: _Row, place: int, limits: tuple[float, float]) -> None:
    low, high = limits
    mark = _MARK[row.verdict]
    axes.plot([max(row.lower, low), min(row.upper, high)], [place, place], color=mark["color"], linewidth=1.5,
              solid_capstyle="butt", zorder=2)
    for beyond, at, arrow in ((row.lower < low, low, "<"), (row.upper > high, high, ">")):
        if beyond:
            axes.plot([at], [place], marker=arrow, color=mark["color"], markersize=5, linestyle="none", zorder=3)
    if low <= row.std <= high:
        axes.plot([row.std], [place], linestyle="none", markersize=6, zorder=4, **mark)
