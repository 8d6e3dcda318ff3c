"""A Qualtrics CSV file → its header rows and its columns of text; what is no such file is refused with reasons."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import re
from dataclasses import dataclass
from itertools import takewhile
from pathlib import Path

from instrument.errors import Finding, InputError
from instrument.fielding.qualtrics.layout import same_words
from instrument.spreadsheet import column_letters

EXPORT_AGAIN = "Export the responses from Qualtrics again (Data & Analysis, Export Data, CSV) and read it as it comes."


@dataclass(frozen=True, slots=True)
class ExportFile:
    """A file's cells, not yet understood.

    Attributes
    ----------
    tags, texts
        First and second header row.
    import_ids
        ImportIds of the third header row (``""`` where a column has none); None where the file has no third.
    zones
        Column index → time zone of its dates, where the header names one.
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
    tags: tuple[str, ...]
    texts: tuple[str, ...]
    import_ids: tuple[str, ...] | None
    zones: dict[int, str]
    rows: tuple[int, ...]
    columns: tuple[tuple[str, ...], ...]
    ragged: dict[int, int]

    def place(self, column: int) -> str:
        """The column as people find it in a spreadsheet."""
        return f"{self.name}, column {column_letters(column)} ({self.tags[column] or 'without a name'})"


def open_export(path: Path) -> ExportFile:
    """Read a file's three (legacy: two) header rows and its responses.

    Raises
    ------
    InputError
        ``READ-MISSING``, ``READ-EMPTY``, ``READ-ENCODING``, ``READ-DELIMITER``, ``READ-QUOTES``, ``READ-HEADER``.
    """
    content = _content(path)
    records = _records(content, path.name)
    header = _header_rows(records, path.name)
    tags, texts = records[0], records[1]
    width = max(len(row) for row in records[:header])
    tags, texts = _padded(tags, width), _padded(texts, width)
    import_ids, zones = (None, {}) if header == 2 else _import_ids(_padded(records[2], width), path.name)
    # Exports end each row with a comma, hence columns without any header at the end.
    bare = (not (tags[j] or texts[j] or (import_ids or tags)[j]) for j in reversed(range(width)))
    full, width = width, width - sum(1 for _ in takewhile(bool, bare))
    rows, responses, ragged = _responses(records, header, width, full)
    if not responses:
        raise InputError(Finding(
            "READ-EMPTY", path.name, f"The file has {header} header rows and no response.",
            "Export the responses again, with all of them in the filter.",
        ))
    return ExportFile(
        path.name, hashlib.sha256(content).hexdigest(), tuple(tags[:width]), tuple(texts[:width]),
        None if import_ids is None else tuple(import_ids[:width]), zones, tuple(rows),
        tuple(zip(*responses, strict=True)), ragged,
    )


def _content(path: Path) -> bytes:
    if not path.is_file():
        what = "a folder" if path.is_dir() else "not there"
        raise InputError(Finding(
            "READ-MISSING", str(path), f"An export is a CSV file; this is {what}.",
            "Check the name under `file` or `labels` of the form in study.yaml; paths start at the study's folder.",
        ))
    content = path.read_bytes()
    if not content.strip(b"\xef\xbb\xbf \t\r\n,\x00"):
        raise InputError(Finding("READ-EMPTY", path.name, "The file has no content.", EXPORT_AGAIN))
    return content


def _records(content: bytes, name: str) -> list[list[str]]:
    """Every record of the file; a record may span several lines, an empty line is an empty record."""
    text = _text(content, name)
    first = text.split("\n", 1)[0]
    for mark, called in ((";", "semicolons"), ("\t", "tabs")):
        if first.startswith(f"sep={mark}") or first.count(mark) > max(2, first.count(",")):
            raise InputError(Finding(
                "READ-DELIMITER", f"{name}, row 1",
                f"Cells must be separated by commas; here they are by {called}, as a spreadsheet saves them.",
                EXPORT_AGAIN,
            ))
    # Strict: an open quotation mark must not swallow the rows behind it in silence.
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        return list(reader)
    except csv.Error as error:
        raise InputError(Finding(
            "READ-QUOTES", f"{name}, line {reader.line_num} of the text file",
            f"Cells with quotation marks must be closed and quoted as CSV wants it: {error}. The file may be cut off.",
            EXPORT_AGAIN,
        )) from error


def _text(content: bytes, name: str) -> str:
    def refuse(found: str, place: str) -> InputError:
        return InputError(Finding(
            "READ-ENCODING", f"{name}, {place}", f"The text must be in UTF-8; {found}.",
            "Save it as CSV UTF-8, or export it from Qualtrics again as CSV (its TSV is in UTF-16).",
        ))

    if content.startswith((b"\xff\xfe", b"\xfe\xff")) or b"\x00" in content[:4096]:
        raise refuse("this file is in UTF-16 or UTF-32", "its first bytes")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise refuse(
            f"byte 0x{content[error.start]:02x} cannot be read so, as in a file saved for one region (Windows-1252 …)",
            f"line {line} of the text file",
        ) from error


def _header_rows(records: list[list[str]], name: str) -> int:
    """3, or 2 in a legacy file."""
    marked = [k for k, record in enumerate(records) if any(cell.startswith('{"ImportId"') for cell in record[:3])]
    if marked == [2]:
        return 3
    if marked:
        raise InputError(Finding(
            "READ-HEADER", f"{name}, row {', '.join(str(k + 1) for k in marked)}",
            "ImportIds stand in row 3 and nowhere else: row 1 holds the column names, row 2 the question texts. "
            "A header row was deleted or added, or several exports were pasted together.",
            EXPORT_AGAIN,
        ))
    if len(records) < 2 or _is_response(records[1]):
        raise InputError(Finding(
            "READ-HEADER", f"{name}, row 2",
            "Row 2 must hold the question texts, row 3 the ImportIds; here responses begin at once.",
            EXPORT_AGAIN,
        ))
    return 2


def _is_response(record: list[str]) -> bool:
    return any(re.fullmatch(r"R_\w{10,}|\d{4}-\d\d-\d\d \d\d:\d\d.*", cell.strip()) for cell in record[:20])


def _import_ids(row: list[str], name: str) -> tuple[list[str], dict[int, str]]:
    found, zones, findings = [], {}, []
    for j, cell in enumerate(row):
        content: object = {}
        if cell.strip():
            try:
                content = json.loads(cell)
            except json.JSONDecodeError:
                content = None
        if not isinstance(content, dict):
            findings.append(Finding(
                "READ-HEADER", f"{name}, row 3, column {column_letters(j)}",
                'Row 3 holds {"ImportId":"…"} in each column; this one is no such thing.', EXPORT_AGAIN,
            ))
            content = {}
        found.append(str(content.get("ImportId", "")))
        if content.get("timeZone"):
            zones[j] = str(content["timeZone"])
    if findings:
        raise InputError(findings)
    return found, zones


def _responses(
    records: list[list[str]], header: int, width: int, full: int
) -> tuple[list[int], list[list[str]], dict[int, int]]:
    """Row numbers, cells and ragged rows; ``full`` is the header's width with its empty columns at the end."""
    # A row one cell short is shifted, even if it is as long as the columns that count; unless all are.
    expected = full if any(len(record) == full for record in records[header:]) else width
    rows: list[int] = []
    responses: list[list[str]] = []
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


def _padded(row: list[str], width: int) -> list[str]:
    return [*row, *[""] * (width - len(row))]


def simplified(name: str) -> str:
    """A column name as it is compared: ``Duration (in seconds)`` and ``duration_in_seconds`` are one."""
    return re.sub(r"[^a-z0-9]", "", same_words(name))
