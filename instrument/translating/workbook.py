"""The work file as a workbook: one row a text, for translators who work in a spreadsheet."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator, Sequence
from typing import Any

import openpyxl
from openpyxl.styles import Alignment, Font, PatternFill, Protection
from openpyxl.worksheet.datavalidation import DataValidation

from instrument.errors import Finding, InputError
from instrument.model import TranslationStatus as Status
from instrument.spreadsheet import harmless, restored
from instrument.translating.marks import plain_breaks
from instrument.translating.units import Unit
from instrument.translating.work import STATUSES, Heading, WorkFile, WorkString, damaged
from instrument.workbook import workbook_bytes

COLUMNS = ("key", "form", "block", "kind", "source", "context", "translation", "status", "back translation", "comment")
NEEDED = ("key", "source", "translation", "status")
OPEN = ("translation", "status", "back translation", "comment")
"""Columns that may be written in; the others are locked, without a password, against slips of the hand."""

WIDTHS = (26, 7, 11, 16, 50, 42, 50, 16, 42, 30)
ABOUT = ("instrument", "version", "source language", "language", "language name", "translator")
ADVICE = (
    "Write in the columns translation, status, back translation and comment only.",
    "Status: draft (translated once), reviewed (by a second person), back-translated (and compared with the source).",
    "Keep what stands in braces {}, tags <b>, web addresses, digits and the number of paragraphs.",
    "An apostrophe before =, +, - or @ keeps a spreadsheet from running the text; it is taken away again.",
)
MAX_CELL = 32_767
MAX_BYTES = 200_000_000
"""A work file unpacks to a few hundred kilobytes; what unpacks to this much was not written by a translator."""

_CODED = re.compile(r"_x[0-9A-Fa-f]{4}_|x005F_")
_TYPES = ("<!DOCTYPE", "<!ENTITY")


# -- out ----------------------------------------------------------------------------------------------


def write(heading: Heading, units: Sequence[Unit]) -> bytes:
    """The workbook as bytes, the same for the same instrument.

    Raises
    ------
    InputError
        ``TRANSLATION-CELL``: a text that no cell can hold.
    """
    unfit = tuple(_unfit(units))
    if unfit:
        raise InputError(unfit)
    book = openpyxl.Workbook()
    book.properties.creator = heading.instrument
    sheet: Any = book.active
    sheet.title = "translation"
    for column, name in enumerate(COLUMNS, 1):
        _put(sheet.cell(1, column), name)
    for row, unit in enumerate(units, 2):
        cells = (unit.key, ", ".join(unit.forms), unit.block, unit.kind, unit.source, "\n".join(unit.context),
                 unit.target, unit.status or "", "", "")
        for column, text in enumerate(cells, 1):
            _put(sheet.cell(row, column), text)
    _lay_out(sheet, len(units) + 1)
    _write_about(book.create_sheet("about"), heading)
    return workbook_bytes(book)


def _unfit(units: Sequence[Unit]) -> Iterator[Finding]:
    for unit in units:
        for what, text in (("source", unit.source), ("translation", unit.target)):
            if len(text) >= MAX_CELL:
                yield Finding("TRANSLATION-CELL", unit.key, f"the {what} has {len(text)} characters, more than the "
                              f"{MAX_CELL} of a spreadsheet's cell", "use XLIFF, or split the text")
            if _CODED.search(text):
                yield Finding("TRANSLATION-CELL", unit.key, f"the {what} holds {_CODED.findall(text)[0]!r}, which "
                              "spreadsheets read as the code of a character", "use XLIFF")


def _put(cell: Any, text: str) -> None:
    cell.value = harmless(text) if text else None
    if text:
        cell.data_type = "s"  # else "#N/A" becomes an error value
    cell.number_format = "@"  # text, so that 1/2 does not become a date under a translator's hands


def _lay_out(sheet: Any, last: int) -> None:
    sheet.freeze_panes = "B2"
    sheet.auto_filter.ref = f"A1:{sheet.cell(last, len(COLUMNS)).coordinate}"
    for column, (name, width) in enumerate(zip(COLUMNS, WIDTHS, strict=True), 1):
        sheet.column_dimensions[sheet.cell(1, column).column_letter].width = width
        for row in range(1, last + 1):
            cell = sheet.cell(row, column)
            cell.alignment = Alignment(wrap_text=True, vertical="top")
            cell.protection = Protection(locked=row == 1 or name not in OPEN)
        head = sheet.cell(1, column)
        head.font, head.fill = Font(bold=True), PatternFill("solid", fgColor="DDE6EE")
    choice = DataValidation(type="list", formula1=f'"{",".join(STATUSES)}"', allow_blank=True, showErrorMessage=True,
                            errorTitle="Status", error=f"Choose one of: {', '.join(STATUSES)}.")
    letter = sheet.cell(1, COLUMNS.index("status") + 1).column_letter
    choice.add(f"{letter}2:{letter}{max(last, 2)}")
    sheet.add_data_validation(choice)
    sheet.protection.sheet = True
    for allowed in ("formatCells", "formatColumns", "formatRows", "sort", "autoFilter"):
        setattr(sheet.protection, allowed, False)  # False: not forbidden


def _write_about(sheet: Any, heading: Heading) -> None:
    values = (heading.instrument, heading.version, heading.source_language, heading.language, heading.name,
              heading.translator)
    for row, (name, value) in enumerate(zip(ABOUT, values, strict=True), 1):
        _put(sheet.cell(row, 1), name)
        _put(sheet.cell(row, 2), value)
    for row, line in enumerate(ADVICE, len(ABOUT) + 2):
        _put(sheet.cell(row, 1), line)
    sheet.column_dimensions["A"].width, sheet.column_dimensions["B"].width = 20, 60


# -- in -----------------------------------------------------------------------------------------------


def read(name: str, content: bytes) -> WorkFile:
    """Read a workbook; columns are found by name, in whatever order.

    Raises
    ------
    InputError
        ``TRANSLATION-FILE`` (no workbook, damaged, or without the sheet "about"), ``TRANSLATION-COLUMN``.
    """
    book = _open(name, content)
    heading = _read_about(name, book)
    sheet = book["translation"] if "translation" in book.sheetnames else book.worksheets[0]
    place = f"{name}, sheet {sheet.title}"
    rows = sheet.iter_rows()
    columns = _columns(place, next(rows, ()))
    strings: list[WorkString] = []
    issues: list[Finding] = []
    for number, row in enumerate(rows, 2):
        cells = {column: row[index] for column, index in columns.items() if index < len(row)}
        words = {column: _words(cell) for column, cell in cells.items()}
        if any(words.values()):
            at = f"{place}, row {number}"
            strings.append(_string(words, at))
            issues += _row_issues(cells, words, at)
    return WorkFile(
        file=name, instrument=heading.instrument, version=heading.version, source_language=heading.source_language,
        language=heading.language, name=heading.name, translator=heading.translator, strings=tuple(strings),
        issues=tuple(issues),
    )


def _open(name: str, content: bytes) -> Any:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as parts:
            if sum(part.file_size for part in parts.infolist()) > MAX_BYTES:
                raise InputError(damaged(name, "the file unpacks to far more than a work file can be"))
            for part in parts.namelist():
                _refuse_document_type(f"{name}, {part}", parts.read(part))
        return openpyxl.load_workbook(io.BytesIO(content))
    except InputError:
        raise
    except Exception as error:  # openpyxl lets every kind of error through for a damaged file
        raise InputError(damaged(name, f"this is not a workbook (.xlsx), or not the whole of it: "
                                 f"{type(error).__name__}")) from None


def _refuse_document_type(place: str, part: bytes) -> None:
    if any(mark.encode(code) in part for mark in _TYPES for code in ("utf-8", "utf-16-le", "utf-16-be")):
        raise InputError(damaged(place, "the file declares a document type, which no spreadsheet writes"))


def _read_about(name: str, book: Any) -> Heading:
    found: dict[str, str] = {}
    if "about" in book.sheetnames:
        found = {_words(row[0]): _words(row[1]) for row in book["about"].iter_rows(max_col=2) if len(row) == 2}
    absent = [key for key in ABOUT[:4] if not found.get(key)]
    if absent:
        raise InputError(damaged(f"{name}, sheet about", f"the sheet does not say {', '.join(absent)}",
                                 "copy the sheet about from the work file as it was sent out"))
    return Heading(*(found.get(key, "") for key in ABOUT))


def _columns(place: str, header: Sequence[Any]) -> dict[str, int]:
    names = [_words(cell).strip().lower() for cell in header]
    findings = [Finding("TRANSLATION-COLUMN", f"{place}, row 1", f"there is no column {name!r}",
                        "restore the header row as it was sent out") for name in NEEDED if name not in names]
    findings += [Finding("TRANSLATION-COLUMN", f"{place}, row 1", f"the column {name!r} stands there twice",
                         "keep one of them") for name in COLUMNS if names.count(name) > 1]
    if findings:
        raise InputError(findings)
    return {name: names.index(name) for name in COLUMNS if name in names}


def _words(cell: Any) -> str:
    value = cell.value
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    # "_x000D_" is how spreadsheet programs write a carriage return; `write` lets no such text out.
    return "" if value is None else restored(plain_breaks(str(value).replace("_x000D_", "\r")))


def _string(words: dict[str, str], place: str) -> WorkString:
    stated = words["status"].strip().lower()
    text = words["translation"]
    status: Status = next((status for status in STATUSES if status == stated), "draft")
    return WorkString(
        key=words["key"].strip(), source=words["source"], text=text, status=status if text.strip() else None,
        place=place, back_translation=words.get("back translation", ""), comment=words.get("comment", ""),
    )


def _row_issues(cells: dict[str, Any], words: dict[str, str], place: str) -> Iterator[Finding]:
    if cells["translation"].data_type == "f":
        yield Finding("TRANSLATION-FORMULA", f"{place}: {words['key']}",
                      "a formula stands where the translation should", "write the translation as text")
    stated = words["status"].strip().lower()
    if stated and stated not in STATUSES:
        yield Finding("TRANSLATION-STATUS-UNKNOWN", f"{place}: {words['key']}",
                      f"the status {stated!r} is none of {', '.join(STATUSES)}; the text is taken for a draft",
                      "choose a status from the list")
    if words["translation"].strip() and not stated:
        yield Finding("TRANSLATION-STATUS-UNKNOWN", f"{place}: {words['key']}",
                      "the text has no status; it is taken for a draft", "choose a status from the list", "warning")
