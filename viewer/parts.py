"""The few things every page is made of: text, tables with their download, figures with their words.

Whatever comes from results, plans or questionnaires is data: it is escaped before it becomes Markdown or HTML.
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import lru_cache
from html import escape as html_escape
from pathlib import Path

import streamlit as st

from instrument.errors import InputError
from pipeline.report.html import IN_BRIEF, TableView, table_view
from pipeline.report.tables import Cell, Table, select, write_csv
from viewer.source import Source

SHOWN_ROWS = 300
"""A browser stays quick with so many; the file for download holds every row."""

FULL_WIDTH = 860
PIXELS_A_POINT = 1.65
"""A figure of the report's full width, 518 points, then fills the page's column."""

SEEN_ROWS, SEEN_LOW = 15, 5
"""A longer table scrolls within its frame, and says so; the second is for low frames."""

LONG_VALUE = 10
"""From so many letters on, a card's value is written smaller: an interval."""

BRIEF = IN_BRIEF | {
    "effects": ("effect", "est", "ci", "ci_admissible", "ci_monte_carlo", "std_all", "std_ci"),
    "claims": ("claim", "statement", "verdict", "document"),
    "versions-pooled": ("form", "dimension", "verdict", "items", "left_out", "invariance", "rows", "rows_without"),
    "versions-changes": ("kind", "key", "old", "new", "effect", "questions"),
}
"""The columns a page has room for, by a table's id or its first word; the files for download hold them all."""

_MARKDOWN = re.compile(r"([\\`*_{}\[\]<>()#+\-.!|~$:])")


def escape(text: str) -> str:
    """Text as Markdown that shows just that text."""
    return _MARKDOWN.sub(r"\\\1", text)


def say(text: str) -> None:
    """A paragraph of plain text."""
    st.markdown(escape(text))


def bullets(lines: Sequence[str]) -> None:
    """A list of sentences."""
    st.markdown("\n".join(f"- {escape(line)}" for line in lines))


def findings(error: InputError) -> None:
    """What is wrong, where, and what to do: every finding, no traceback."""
    for finding in error.findings:
        st.error(f"**{escape(finding.code)}** {escape(finding.place)}\n\n{escape(finding.rule)}\n\n"
                 f"**What to do:** {escape(finding.fix)}", icon=":material/error:")


def synthetic_banner(source: Source) -> None:
    """Says in capitals that nobody answered, where nobody did."""
    if source.results.manifest.synthetic:
        st.html('<div class="am-banner" role="note"><b>SYNTHETIC DATA.</b> These answers were simulated from a '
                "population with known values. Nothing here is a finding about real firms.</div>")


def cards(shown: Sequence[tuple[str, str, str]]) -> None:
    """Key numbers side by side: what it is, its value, what to know beside."""
    st.html('<div class="am-cards">' + "".join(
        f'<div class="am-card"><div class="what">{html_escape(what)}</div>'
        f'<div class="{"value" if len(value) < LONG_VALUE else "value long"}">{html_escape(value)}</div>'
        f'<div class="more">{html_escape(more)}</div></div>' for what, value, more in shown) + "</div>")


def tables(source: Source, *ids: str) -> None:
    """Tables by id, one below the other; an id that this study has no table for is passed over."""
    for table_id in ids:
        if table_id in source.tables:
            table(source, source.tables[table_id])


def table(
    source: Source, shown: Table, *, title: bool = True, summary: bool = True, place: str = "", low: bool = False,
) -> None:
    """A table: title, one sentence that says what it shows, the cells, how to read it, and its download.

    ``place`` tells two showings of the same table on one page apart. A ``low`` one leaves room for what is below it.
    """
    if title:
        st.subheader(escape(shown.title), anchor=False)
    if summary:
        say(shown.summary)
    if shown.rows:
        st.html(table_html(shown, low=low))
    download(source, f"{shown.id}.csv", lambda: csv_of(shown), "Download table (CSV)", "text/csv", place=place)


def figure(source: Source, figure_id: str, *, title: bool = True, numbers: bool = True) -> None:
    """A figure with its sentence as text, and the table that holds its numbers; nothing if the study has none.

    ``numbers`` False leaves the table out, where it stands beside several figures once.
    """
    if figure_id not in source.figures:
        return
    entry = source.figures[figure_id]
    if title:
        st.subheader(escape(entry.title), anchor=False)
    say(entry.summary)
    picture = source.figure_file(entry, "svg") or source.figure_file(entry, "png")
    if picture is None:
        st.warning(f"The results folder lacks the drawing figures/{entry.id}.svg; its numbers are below.")
    else:
        st.image(str(picture), width=_pixels(picture), alt=f"{entry.title}. {entry.summary}")
    behind = source.tables.get(entry.table) if numbers else None
    label = "The figure as a file" if behind is None else "The numbers behind this figure, and the figure as a file"
    with st.expander(label, key=f"files of {entry.id}"):
        if behind is not None:
            table(source, behind, summary=behind.summary != entry.summary, place=entry.id)
        for form in ("svg", "png"):
            path = source.figure_file(entry, form)
            if path is not None:
                download(source, path.name, path.read_bytes, f"Download figure ({form.upper()})",
                         "image/svg+xml" if form == "svg" else "image/png")


def _pixels(picture: Path) -> int:
    """How wide to show a figure: one scale for all, so that letters are of one size on every page."""
    stated = re.search(r'<svg[^>]*?\bwidth="([\d.]+)pt"', picture.read_text(encoding="utf-8")[:4000]) \
        if picture.suffix == ".svg" else None
    return round(float(stated[1]) * PIXELS_A_POINT) if stated else FULL_WIDTH


def download(
    source: Source, name: str, content: Callable[[], bytes], label: str, mime: str, *, place: str = "",
) -> None:
    """A download named after the results folder, so that files of two studies never meet; made when asked for."""
    st.download_button(label, content, file_name=f"{source.name}-{name}", mime=mime, key=f"download {place} {name}",
                       on_click="ignore", icon=":material/download:", type="tertiary")


def where(shown: Table, key: str, values: Sequence[str], table_id: str) -> Table:
    """The rows of a table whose column ``key`` holds one of ``values``, in their order, under an id of their own."""
    place = {value: i for i, value in enumerate(values)}
    rows = [(place[str(cell)], row) for row, cell in zip(shown.rows, shown.column(key), strict=True) if cell in place]
    return replace(shown, id=table_id, rows=tuple(row for _, row in sorted(rows, key=lambda pair: pair[0])))


def part(shown: Table, rows: tuple[tuple[Cell, ...], ...], keys: tuple[str, ...], table_id: str, title: str) -> Table:
    """Some rows and columns of a table, under an id and a title of their own."""
    return replace(select(replace(shown, rows=rows), keys), id=table_id, title=title)


@lru_cache(maxsize=256)
def csv_of(shown: Table) -> bytes:
    """The table's CSV file, byte for byte as in the folder ``tables/``."""
    with tempfile.TemporaryDirectory() as folder:
        return write_csv(shown, Path(folder) / "table.csv").read_bytes()


@lru_cache(maxsize=256)
def table_html(shown: Table, *, low: bool = False) -> str:
    """The table as HTML: numbers to the right, reasons for undefined values as footnotes below."""
    narrow = brief(shown)
    view = table_view(replace(narrow, rows=narrow.rows[:SHOWN_ROWS]))
    head = "".join(f'<th scope="col" class="{cell.style}">{html_escape(cell.text)}</th>' for cell in view.headers)
    label = html_escape(shown.title, quote=True)
    frame, seen = ("am-scroll am-low", SEEN_LOW) if low else ("am-scroll", SEEN_ROWS)
    return (f'<div class="{frame}" tabindex="0" role="region" aria-label="{label}"><table class="am-table">'
            f"<thead><tr>{head}</tr></thead><tbody>{''.join(_rows(view))}</tbody></table></div>"
            f"{_notes(view, len(shown.rows), len(shown.columns) - len(narrow.columns), seen)}")


def brief(shown: Table) -> Table:
    """The table with no more columns than a page has room for."""
    words = shown.id.split("-")
    keys = next((BRIEF[name] for n in range(len(words), 0, -1) if (name := "-".join(words[:n])) in BRIEF), ())
    known = {column.key for column in shown.columns}
    return select(shown, keys) if keys and known.issuperset(keys) else shown


def _rows(view: TableView) -> list[str]:
    out = []
    for place, row in enumerate(view.rows):
        cells = []
        for column, cell in enumerate(row):
            remark = f"<sup>{cell.remark}</sup>" if cell.remark else ""
            tag, scope = ("th", ' scope="row"') if column == 0 else ("td", "")
            cells.append(f'<{tag}{scope} class="{cell.style}">{html_escape(cell.text)}{remark}</{tag}>')
        group = ' class="group"' if place in view.groups else ""
        out.append(f"<tr{group}>{''.join(cells)}</tr>")
    return out


def _notes(view: TableView, rows: int, left_out: int, seen: int) -> str:
    notes = [html_escape(view.note)] if view.note else []
    notes += [f"<sup>{letter}</sup> undefined because {html_escape(because)}" for letter, because in view.remarks]
    if left_out:
        notes.append(f"The file for download has {left_out} more column{'' if left_out == 1 else 's'}.")
    if rows > seen:
        notes.append(f"{rows:,} rows: scroll within the table.")
    if rows > SHOWN_ROWS:
        notes.append(f"The first {SHOWN_ROWS} of {rows:,} rows; the file for download has all.")
    return f'<div class="am-note">{"".join(f"<p>{note}</p>" for note in notes)}</div>' if notes else ""
