"""A Qualtrics CSV file → its header rows and its columns of text; what is no such file is refused with reasons."""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass
from functools import lru_cache
from itertools import takewhile
from pathlib import Path

from instrument.errors import Finding, InputError
from instrument.fielding.tables import Table, content_of, records_of, responses_of, text_of, version_of
from instrument.fielding.uncollected import uncollected
from instrument.spreadsheet import column_letters

EXPORT_AGAIN = (
    "Export the responses from Qualtrics again (Data & Analysis, Export Data, CSV; its TSV is in UTF-16) and read it "
    "as it comes."
)


@dataclass(frozen=True, slots=True)
class ExportFile(Table):
    """A file's cells, not yet understood.

    Attributes
    ----------
    texts
        Second header row; the first, the tags, is ``header``.
    import_ids
        ImportIds of the third header row (``""`` where a column has none); None where the file has no third.
    zones
        Column index → time zone of its dates, where the header names one.
    """

    texts: tuple[str, ...]
    import_ids: tuple[str, ...] | None
    zones: dict[int, str]

    @property
    def tags(self) -> tuple[str, ...]:
        """The names of the columns as Qualtrics calls them."""
        return self.header


def open_export(path: Path) -> ExportFile:
    """Read a file's three (legacy: two) header rows and its responses.

    Raises
    ------
    InputError
        ``READ-MISSING``, ``READ-EMPTY``, ``READ-ENCODING``, ``READ-DELIMITER``, ``READ-QUOTES``, ``READ-HEADER``.
    """
    return _opened(path, version_of(path))


@uncollected
@lru_cache(maxsize=1)  # the same file is asked first which form it holds, then for its answers
def _opened(path: Path, version: tuple[int, int] | None) -> ExportFile:
    content = content_of(path, EXPORT_AGAIN)
    records = records_of(text_of(content, path.name, EXPORT_AGAIN), path.name, EXPORT_AGAIN)
    header = _header_rows(records, path.name)
    tags, texts = records[0], records[1]
    width = max(len(row) for row in records[:header])
    tags, texts = _padded(tags, width), _padded(texts, width)
    import_ids, zones = (None, {}) if header == 2 else _import_ids(_padded(records[2], width), path.name)
    # Exports end each row with a comma, hence columns without any header at the end.
    bare = (not (tags[j] or texts[j] or (import_ids or tags)[j]) for j in reversed(range(width)))
    full, width = width, width - sum(1 for _ in takewhile(bool, bare))
    rows, responses, ragged = responses_of(records, header, width, full)
    if not responses:
        raise InputError(Finding(
            "READ-EMPTY", path.name, f"The file has {header} header rows and no response.",
            "Export the responses again, with all of them in the filter.",
        ))
    return ExportFile(
        path.name, hashlib.sha256(content).hexdigest(), tuple(tags[:width]), tuple(rows),
        tuple(zip(*responses, strict=True)), ragged, tuple(texts[:width]),
        None if import_ids is None else tuple(import_ids[:width]), zones,
    )


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


def _padded(row: list[str], width: int) -> list[str]:
    return [*row, *[""] * (width - len(row))]
