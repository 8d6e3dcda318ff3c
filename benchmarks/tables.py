"""Results as tables: on the screen, and as Markdown between two marks in the README."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import median

from rich.console import Console
from rich.table import Table

from benchmarks.results import Comparison, Results, Series

BEGIN, END = "<!-- bench:begin -->", "<!-- bench:end -->"

Cells = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Sheet:
    """A table before it is drawn. The first ``words`` columns hold words, the others numbers."""

    header: Cells
    rows: tuple[Cells, ...]
    words: int = 1


def rivals_sheet(results: Results) -> Sheet:
    """A row a job, a column a side, and how many times as long the others take."""
    names = tuple(dict.fromkeys(side.name for comparison in results.rivals for side in comparison.series))
    rows = []
    for comparison in results.rivals:
        sides = {side.name: side for side in comparison.series}
        cells = [_cell(sides[name]) if name in sides else "" for name in names]
        rows.append((f"{comparison.title}, {comparison.unit}", *cells, *_times(comparison, names)))
    return Sheet(("Job", *names, *(f"{name} ÷ ours" for name in names[1:])), tuple(rows))


def costs_sheet(results: Results) -> Sheet:
    """A row a size of each job; the last column tells how the first size's value compares."""
    rows = []
    for comparison in results.costs:
        for which, side in enumerate(comparison.series):
            title = f"{comparison.title}, {comparison.unit}" if which == 0 else ""
            ratio = f"{1 / median(comparison.ratios(which)):.2f}" if which and side.values else ""
            rows.append((title, side.name, _cell(side), ratio))
    return Sheet(("Cost", "Case", "Median", "First case ÷ this"), tuple(rows), words=2)


def _times(comparison: Comparison, names: Cells) -> Cells:
    """Median ratio and, in brackets, the least and greatest of all rounds."""
    at = {side.name: which for which, side in enumerate(comparison.series)}
    cells = []
    for name in names[1:]:
        ratios = comparison.ratios(at[name]) if name in at else ()
        if not ratios:
            cells.append("")
        elif len(ratios) == 1:
            cells.append(f"{number(ratios[0])}×")
        else:
            cells.append(f"{number(median(ratios))}× ({number(min(ratios))} to {number(max(ratios))})")
    return tuple(cells)


def _cell(side: Series) -> str:
    return number(side.middle) if side.values else f"not measured: {side.note}"


def number(value: float) -> str:
    """Three significant digits, or all digits before the point."""
    if value >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if value >= 10 else f"{value:#.3g}" if value < 1 else f"{value:.2f}"


def described(results: Results) -> str:
    """The machine in one line."""
    what = ", ".join(f"{key} {value}" if key not in ("processor",) else value
                     for key, value in results.machine.items())
    return f"Measured on {what}."


def missed_aims(results: Results) -> tuple[str, ...]:
    """Comparisons whose median ratio stays below the aim, in words."""
    said = []
    for comparison in results.rivals:
        ratios = comparison.ratios(1) if len(comparison.series) > 1 else ()
        if comparison.aim is not None and ratios and median(ratios) < comparison.aim:
            said.append(f"{comparison.title}: {number(median(ratios))}× is below the aim of {number(comparison.aim)}×.")
    return tuple(said)


def markdown(results: Results) -> str:
    """Both tables and the machine."""
    parts = [_markdown(rivals_sheet(results)), _markdown(costs_sheet(results)), described(results)]
    if results.quick:
        parts.insert(0, "*A quick run: few draws, few rounds; not to be quoted.*")
    return "\n\n".join(parts)


def _markdown(sheet: Sheet) -> str:
    marks = ["---" if at < sheet.words else "--:" for at in range(len(sheet.header))]
    return "\n".join("| " + " | ".join(cells) + " |" for cells in (sheet.header, tuple(marks), *sheet.rows))


def between_marks(text: str, content: str) -> str:
    """``text`` with what stands between the two marks replaced.

    Raises
    ------
    ValueError
        If the marks are not there once each, in their order.
    """
    if text.count(BEGIN) != 1 or text.count(END) != 1 or text.index(BEGIN) > text.index(END):
        raise ValueError(f"the text needs {BEGIN} and, after it, {END}, once each")
    before, rest = text.split(BEGIN)
    return f"{before}{BEGIN}\n{content}\n{END}{rest.split(END)[1]}"


def show(results: Results, console: Console) -> None:
    """Both tables on the screen."""
    for sheet, title in ((rivals_sheet(results), "Beside others (medians)"), (costs_sheet(results), "What work costs")):
        table = Table(title=title, title_justify="left")
        for at, name in enumerate(sheet.header):
            table.add_column(name, justify="left" if at < sheet.words else "right")
        for row in sheet.rows:
            table.add_row(*row)
        console.print(table)
    console.print(described(results), highlight=False)
    for line in missed_aims(results):
        console.print(line, highlight=False)
    for comparison in (*results.rivals, *results.costs):
        for side in comparison.series:
            if side.note and side.values:
                console.print(f"{comparison.title}, {side.name}: {side.note}.", highlight=False)
