"""A plain CSV file → the columns a command asks for, as numbers; every cell that is none is a finding."""

from __future__ import annotations

import csv
import difflib
import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from instrument.errors import Finding, InputError

MISSING = ("", "NA", "na", "dk", "rf")
"""Cells read as missing: empty, R's ``NA``, and the reasons that ``alliometrics read`` writes."""

SHOWN_PER_COLUMN = 3
"""Bad cells of one column that get a finding of their own; the last of them says how many more there are."""

LARGEST = 1e100
"""Beyond this a number's square is none any more."""

_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")
"""Narrower than ``float``, which would also take ``nan``, ``inf`` and ``1_000``."""


@dataclass(frozen=True, slots=True)
class CsvData:
    """A file's header and its cells as text; ``rows`` are the row numbers a spreadsheet shows."""

    name: str
    header: tuple[str, ...]
    rows: tuple[int, ...]
    cells: tuple[tuple[str, ...], ...]

    def numbers(self, columns: Sequence[str]) -> NDArray[np.float64]:
        """The ``columns`` as (n, k) numbers, NaN where a cell is missing.

        Raises
        ------
        InputError
            ``DATA-COLUMN`` for a name the header lacks, ``DATA-NUMBER`` for a cell that is no number; all at once.
        """
        findings = [self._no_column(name) for name in dict.fromkeys(columns) if name not in self.header]
        values = np.full((len(self.rows), len(columns)), np.nan)
        for place, name in enumerate(columns):
            if name in self.header:
                findings += self._fill(values[:, place], name)
        if findings:
            raise InputError(findings)
        return values

    def texts(self, column: str) -> list[str | None]:
        """A column's cells, None where missing.

        Raises
        ------
        InputError
            ``DATA-COLUMN`` for a name the header lacks.
        """
        if column not in self.header:
            raise InputError(self._no_column(column))
        place = self.header.index(column)
        return [None if record[place] in MISSING else record[place] for record in self.cells]

    def all_columns(self) -> tuple[str, ...]:
        """Every column; ``DATA-COLUMN-UNNAMED`` if one has no name, as row names from R have none."""
        if "" in self.header:
            raise InputError(Finding(
                "DATA-COLUMN-UNNAMED", f"{self.name}, row 1, column {self.header.index('') + 1}",
                "To take every column, each needs a name; this one has none (row names written by R or pandas?).",
                "Name the items with --items, or write the file without row names.",
            ))
        return self.header

    def _no_column(self, wanted: str) -> Finding:
        lower = {name.casefold(): name for name in self.header}
        near = [lower[name] for name in difflib.get_close_matches(wanted.casefold(), lower, n=5)]
        there = [name for name in self.header if name]
        said = f"Near names: {', '.join(near)}." if near else (
            f"The columns are: {', '.join(there[:30])}{' …' if len(there) > 30 else ''}.")
        return Finding("DATA-COLUMN", f"{self.name}, row 1", f"The data need a column {wanted!r}; there is none.", said)

    def _fill(self, into: NDArray[np.float64], name: str) -> Iterator[Finding]:
        column = self.header.index(name)
        bad: list[tuple[int, str]] = []
        for position, (row, record) in enumerate(zip(self.rows, self.cells, strict=True)):
            cell = record[column]
            if cell in MISSING:
                continue
            value = float(cell) if _NUMBER.fullmatch(cell) else np.inf
            if abs(value) < LARGEST:
                into[position] = value
            else:
                bad.append((row, cell))
        for index, (row, cell) in enumerate(bad[:SHOWN_PER_COLUMN], start=1):
            more = len(bad) - SHOWN_PER_COLUMN if index == SHOWN_PER_COLUMN else 0
            others = f", and {more} more in this column" if more > 0 else ""
            yield Finding(
                "DATA-NUMBER", f"{self.name}, row {row}, column {name}",
                f"A cell is a number, empty or NA; found {cell[:60]!r}{others}.",
                "Write decimals with a point, not a comma." if re.fullmatch(r"[+-]?\d+,\d+", cell)
                else "Correct the cell, empty it if the value is missing, or leave the column out.",
            )


def read_csv(path: Path) -> CsvData:
    """Read a CSV file: UTF-8, commas, names in the first row.

    Raises
    ------
    InputError
        ``DATA-FILE``, ``DATA-EMPTY``, ``DATA-ENCODING``, ``DATA-DELIMITER``, ``DATA-QUOTES``, ``DATA-COLUMN-DOUBLED``,
        ``DATA-WIDTH``.
    """
    records = _records(read_text(path, DATA_FILE), path.name)
    header = tuple(name.strip() for name in records[0][1])
    # An empty line is no row; a row of nothing but empty cells is one, with every value missing.
    rows = [(number, record) for number, record in records[1:]
            if record and (len(record) == len(header) or any(record))]
    findings = [*_doubled(header, path.name), *_ragged(rows, len(header), path.name)]
    if not rows:
        findings.append(Finding("DATA-EMPTY", path.name, "Below the names there must be rows of data; there are none.",
                                "Write the data again, with all rows."))
    if findings:
        raise InputError(findings)
    return CsvData(path.name, header, tuple(number for number, _ in rows),
                   tuple(tuple(cell.strip() for cell in record) for _, record in rows))


class TextCodes(NamedTuple):
    """What it is called if a kind of file is not there, empty, or not in UTF-8."""

    missing: str
    empty: str
    encoding: str
    kind: str


DATA_FILE = TextCodes("DATA-FILE", "DATA-EMPTY", "DATA-ENCODING", "a CSV file")
MODEL_FILE = TextCodes("MODEL-FILE", "MODEL-EMPTY", "MODEL-ENCODING", "a text file with a model")


def read_text(path: Path, codes: TextCodes) -> str:
    """A text file in UTF-8, or an ``InputError`` with one of ``codes``."""
    if not path.is_file():
        found = "a folder" if path.is_dir() else "not there"
        raise InputError(Finding(codes.missing, str(path), f"This must be {codes.kind}; it is {found}.",
                                 "Check the name."))
    try:
        content = path.read_bytes()
    except OSError as error:
        raise InputError(Finding(codes.missing, str(path), f"The file cannot be read: {error.strerror or error}.",
                                 "Check its permissions.")) from error
    if not content.strip(b"\xef\xbb\xbf \t\r\n"):
        raise InputError(Finding(codes.empty, path.name, "The file has no content.", "Write it again."))
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise InputError(Finding(
            codes.encoding, f"{path.name}, line {line}",
            f"The text must be in UTF-8; byte 0x{content[error.start]:02x} is not.", "Save the file in UTF-8.",
        )) from error
    if "\x00" in text:
        raise InputError(Finding(codes.encoding, path.name, "The text must be in UTF-8; this looks like UTF-16.",
                                 "Save the file in UTF-8."))
    return text


def _records(text: str, name: str) -> list[tuple[int, list[str]]]:
    """(row number a spreadsheet shows, cells) of every record that is not an empty line; the header comes first."""
    first = text.lstrip("\r\n").split("\n", 1)[0]
    for mark, called in ((";", "semicolons"), ("\t", "tabs")):
        if "," not in first and mark in first:
            raise InputError(Finding(
                "DATA-DELIMITER", f"{name}, row 1", f"Cells must be separated by commas; here they are by {called}.",
                "Save the file as CSV with commas and decimal points.",
            ))
    # Strict: an open quotation mark must not swallow the rows behind it in silence.
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        records = list(enumerate(reader, start=1))
    except csv.Error as error:
        raise InputError(Finding(
            "DATA-QUOTES", f"{name}, line {reader.line_num}",
            f"Quotation marks must be closed, and doubled inside quotes: {error}.",
            "Write the file again; it may be cut off.",
        )) from error
    first_full = next(place for place, (_, record) in enumerate(records) if any(cell.strip() for cell in record))
    return records[first_full:]


def _doubled(header: Sequence[str], name: str) -> Iterator[Finding]:
    for column in dict.fromkeys(header):
        if column and header.count(column) > 1:
            places = ", ".join(str(place) for place, other in enumerate(header, start=1) if other == column)
            yield Finding("DATA-COLUMN-DOUBLED", f"{name}, row 1, columns {places}",
                          f"Each column has a name of its own; {column!r} stands {header.count(column)} times.",
                          "Rename one of them.")


def _ragged(rows: Sequence[tuple[int, list[str]]], width: int, name: str) -> Iterator[Finding]:
    broken = [(number, len(record)) for number, record in rows if len(record) != width]
    if broken:
        number, cells = broken[0]
        yield Finding(
            "DATA-WIDTH", f"{name}, row {number}" + (f" and {len(broken) - 1} more" if len(broken) > 1 else ""),
            f"A row has as many cells as the header, {width}; this one has {cells}.",
            "Quote cells that hold a comma; write row names with a header of their own or not at all.",
        )
