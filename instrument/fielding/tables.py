"""A file of answers → columns of text; what is no such file is refused with reasons.

Every platform's table comes through here: text separated by commas, semicolons or tabs, and Excel workbooks.
Cells stay text, because a program that guesses types has already changed an answer.
"""

from __future__ import annotations

import csv
import hashlib
import io
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from functools import lru_cache
from itertools import takewhile
from pathlib import Path

import openpyxl
from openpyxl.utils.exceptions import InvalidFileException

from instrument.errors import Finding, InputError
from instrument.fielding.answers import ReadingIssue
from instrument.fielding.uncollected import uncollected
from instrument.spreadsheet import column_letters

SEPARATORS = {",": "commas", ";": "semicolons", "\t": "tabs"}
_XLSX = b"PK\x03\x04"


@dataclass(frozen=True, slots=True)
class Table:
    """A file's cells, not yet understood.

    Attributes
    ----------
    header
        The names of the columns, without white space around them.
    rows
        Row number a spreadsheet shows for each response.
    columns
        One tuple of cells a column, in the order of ``rows``.
    ragged
        Rows with more or fewer cells than the header, and how many. Their cells are all ``""`` in ``columns``:
        nothing says which of them stand under the right header, and one may be personal.
    """

    name: str
    sha256: str
    header: tuple[str, ...]
    rows: tuple[int, ...]
    columns: tuple[tuple[str, ...], ...]
    ragged: dict[int, int]

    def place(self, column: int) -> str:
        """The column as people find it in a spreadsheet."""
        return f"{self.name}, column {column_letters(column)} ({self.header[column] or 'without a name'})"

    def width_issues(self, again: str) -> list[ReadingIssue]:
        """Each ragged row as an issue of the whole row."""
        return [
            ReadingIssue(row, "", "ROW-WIDTH",
                         f"A row has as many cells as the header, {len(self.header)}; this one has {cells}.",
                         f"{cells} cells", again)
            for row, cells in self.ragged.items()
        ]


def open_table(path: Path, *, again: str, separators: Sequence[str] = (",",), sheet: str | None = None) -> Table:
    """Read a table with one header row, from text or an Excel workbook, whichever the file is.

    Parameters
    ----------
    again
        What to do to get a good file, as a sentence.
    separators
        Those that the platform writes; the header row tells which.
    sheet
        Of a workbook; its first if None.

    Raises
    ------
    InputError
        ``READ-MISSING``, ``READ-EMPTY``, ``READ-ENCODING``, ``READ-DELIMITER``, ``READ-QUOTES``, ``READ-WORKBOOK``,
        ``READ-HEADER``.
    """
    return _opened(path, version_of(path), again, tuple(separators), sheet)


def version_of(path: Path) -> tuple[int, int] | None:
    """What changes whenever a file is written anew; None if there is none."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size


@uncollected
@lru_cache(maxsize=1)  # the same file is asked first which form it holds, then for its answers
def _opened(
    path: Path, version: tuple[int, int] | None, again: str, separators: tuple[str, ...], sheet: str | None,
) -> Table:
    content = content_of(path, again)
    if content.startswith(_XLSX):
        records = _workbook(content, path.name, again, sheet)
    else:
        records = records_of(text_of(content, path.name, again), path.name, again, separators)
    return table_of(records, path.name, hashlib.sha256(content).hexdigest(), again)


def table_of(records: Sequence[Sequence[str]], name: str, sha256: str, again: str) -> Table:
    """Records, the first of which is the header, as a table.

    Raises
    ------
    InputError
        ``READ-HEADER`` without a header, ``READ-EMPTY`` without a response.
    """
    header = [cell.strip() for cell in records[0]] if records else []
    if not any(header):
        raise InputError(Finding("READ-HEADER", f"{name}, row 1", "Row 1 holds the names of the columns; it is empty.",
                                 again))
    full = len(header)
    width = full - sum(1 for _ in takewhile(lambda cell: not cell, reversed(header)))
    rows, responses, ragged = responses_of(records, 1, width, full)
    if not responses:
        raise InputError(Finding("READ-EMPTY", name, "The file has a header and no response.",
                                 "Export the responses again, with all of them in the filter."))
    return Table(name, sha256, tuple(header[:width]), tuple(rows), tuple(zip(*responses, strict=True)), ragged)


# -- bytes and text -------------------------------------------------------------------------------------


def content_of(path: Path, again: str) -> bytes:
    """A file's bytes.

    Raises
    ------
    InputError
        ``READ-MISSING``, ``READ-EMPTY``.
    """
    if not path.is_file():
        what = "a folder" if path.is_dir() else "not there"
        raise InputError(Finding(
            "READ-MISSING", str(path), f"An export is a file; this is {what}.",
            "Check the name under `file` or `labels` of the form in study.yaml; paths start at the study's folder.",
        ))
    content = path.read_bytes()
    if not content.strip(b"\xef\xbb\xbf \t\r\n,;\x00"):
        raise InputError(Finding("READ-EMPTY", path.name, "The file has no content.", again))
    return content


def text_of(content: bytes, name: str, again: str) -> str:
    """Bytes as UTF-8 text, with or without a byte order mark.

    Raises
    ------
    InputError
        ``READ-ENCODING``.
    """
    def refuse(found: str, place: str) -> InputError:
        return InputError(Finding("READ-ENCODING", f"{name}, {place}", f"The text must be in UTF-8; {found}.",
                                  f"Save it as CSV UTF-8. Or: {again}"))

    if content.startswith((b"\xff\xfe", b"\xfe\xff")) or b"\x00" in content[:4096]:
        raise refuse("this file is in UTF-16 or UTF-32, or no text at all", "its first bytes")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise refuse(
            f"byte 0x{content[error.start]:02x} cannot be read so, as in a file saved for one region (Windows-1252 …)",
            f"line {line} of the text file",
        ) from error


def records_of(text: str, name: str, again: str, separators: Sequence[str] = (",",)) -> list[list[str]]:
    """Every record of separated text; a record may span several lines, an empty line is an empty record.

    Raises
    ------
    InputError
        ``READ-DELIMITER``, ``READ-QUOTES``.
    """
    separator = _separator(text, name, again, separators)
    # Strict: an open quotation mark must not swallow the rows behind it in silence.
    reader = csv.reader(io.StringIO(text, newline=""), strict=True, delimiter=separator)
    try:
        return list(reader)
    except csv.Error as error:
        raise InputError(Finding(
            "READ-QUOTES", f"{name}, line {reader.line_num} of the text file",
            f"Cells with quotation marks must be closed and quoted as CSV wants it: {error}. The file may be cut off.",
            again,
        )) from error


def _separator(text: str, name: str, again: str, allowed: Sequence[str]) -> str:
    first = text.split("\n", 1)[0]
    declared = next((mark for mark in SEPARATORS if first.startswith(f"sep={mark}")), None)
    # A header has few marks inside its names; the platform's own wins unless another is clearly more frequent.
    own = max(allowed, key=first.count)
    found = next((mark for mark in SEPARATORS if first.count(mark) > max(2, first.count(own))), own)
    if declared is not None or found not in allowed:
        raise InputError(Finding(
            "READ-DELIMITER", f"{name}, row 1",
            f"Cells must be separated by {' or '.join(SEPARATORS[mark] for mark in allowed)}; here they are by "
            f"{SEPARATORS[declared or found]}, as a spreadsheet saves them.", again,
        ))
    return own


# -- rows -----------------------------------------------------------------------------------------------


def responses_of(
    records: Sequence[Sequence[str]], header: int, width: int, full: int
) -> tuple[list[int], list[Sequence[str]], dict[int, int]]:
    """Row numbers, cells and ragged rows; ``full`` is the header's width with its empty columns at the end."""
    # A row one cell short is shifted, even if it is as long as the columns that count; unless all are.
    expected = full if any(len(record) == full for record in records[header:]) else width
    rows: list[int] = []
    responses: list[Sequence[str]] = []
    ragged: dict[int, int] = {}
    for number, record in enumerate(records[header:], start=header + 1):
        if not any(map(str.strip, record)):
            continue  # an empty line between or behind the responses
        if len(record) < expected or any(map(str.strip, record[width:])):
            ragged[number] = len(record)
            record = [""] * width
        rows.append(number)
        responses.append(record[:width])
    return rows, responses, ragged


# -- workbooks ------------------------------------------------------------------------------------------


def _workbook(content: bytes, name: str, again: str, sheet: str | None) -> list[list[str]]:
    try:
        # Formulas stay formulas: what a program computed into an answer is not an answer.
        book = openpyxl.load_workbook(io.BytesIO(content), read_only=True, data_only=False)
        if sheet is not None and sheet not in book.sheetnames:
            raise InputError(Finding("READ-WORKBOOK", name, f"The workbook has no sheet {sheet!r}.",
                                     f"There are: {', '.join(book.sheetnames)}."))
        records = list(_sheet_records(book[sheet] if sheet else book.worksheets[0]))
    except (zipfile.BadZipFile, KeyError, ValueError, IndexError, InvalidFileException, SyntaxError, OSError) as error:
        raise InputError(Finding(
            "READ-WORKBOOK", name, f"The file must be an Excel workbook; it cannot be read as one "
            f"({' '.join(str(error).split()) or type(error).__name__}). It may be cut off.", again,
        )) from error
    width = max((len(record) for record in records), default=0)
    return [[*record, *[""] * (width - len(record))] for record in records]


def _sheet_records(sheet: Iterable[object]) -> Iterator[list[str]]:
    for row in sheet.iter_rows():  # type: ignore[attr-defined]
        yield [_cell_text(cell.value, str(getattr(cell, "number_format", ""))) for cell in row]


def _cell_text(value: object, number_format: str) -> str:
    """A workbook's cell as the text that a CSV export of the same answers would hold."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
    if isinstance(value, datetime):
        dated = value.time() == time() and "h" not in number_format.casefold()
        return value.date().isoformat() if dated else value.isoformat(sep=" ", timespec="seconds")
    if isinstance(value, date | time):
        return value.isoformat()
    return str(value)
