"""Sheets of text → the bytes of an .xlsx file, the same bytes for the same text."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from openpyxl import Workbook
from openpyxl.cell import Cell, WriteOnlyCell
from openpyxl.styles import Font

from instrument.workbook import workbook_bytes

Row = Mapping[str, str]


def sheet_columns(rows: Sequence[Row], first: Sequence[str]) -> list[str]:
    """The columns that any row fills, those named first in front."""
    used = dict.fromkeys(name for row in rows for name, text in row.items() if text)
    return [name for name in first if name in used] + [name for name in used if name not in first]


def named_rows(columns: Sequence[str], rows: Iterable[Row]) -> list[list[str]]:
    """A header and its rows as records."""
    return [list(columns), *([row.get(column, "") for column in columns] for row in rows)]


def workbook(sheets: Mapping[str, Iterable[Sequence[str]]]) -> bytes:
    """Sheet name → records, the first of them the header, as a workbook in which every cell is text."""
    book = Workbook(write_only=True)
    for name, records in sheets.items():
        sheet = book.create_sheet(name)
        sheet.freeze_panes = "A2"
        for number, record in enumerate(records):
            sheet.append([_cell(sheet, text, bold=number == 0) for text in record])
    return workbook_bytes(book)


def _cell(sheet: Any, text: str, *, bold: bool) -> Cell | None:
    if not text:
        return None
    cell = WriteOnlyCell(sheet, value=text)
    cell.data_type = "s"  # openpyxl takes a text with = in front for a formula
    if bold:
        cell.font = Font(bold=True)
    return cell
