"""A plain table as CSV: commas, UTF-8 with a byte order mark, without which Excel misreads accents."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from pathlib import Path

import pandas as pd

from instrument.fielding.answers import Export, RawAnswers
from instrument.fielding.importing import form_of_table, read_table
from instrument.fielding.plain.table import dialect, records
from instrument.fielding.tables import open_table
from instrument.model import Instrument

SUFFIX = ".csv"
AGAIN = "Save the table as CSV (UTF-8, commas or semicolons) with the questions' ids in row 1."
DIALECT = dialect("csv", "a plain table", AGAIN)
SEPARATORS = (",", ";", "\t")


def read(
    path: Path, form_id: str, *, labels: Path | None = None, version: str | None = None,
    instruments: Mapping[str, Instrument] | None = None,
) -> RawAnswers:
    """Read one form's answers (see :func:`~instrument.fielding.importing.read_table`)."""
    other = None if labels is None else open_table(labels, again=AGAIN, separators=SEPARATORS)
    table = open_table(path, again=AGAIN, separators=SEPARATORS)
    return read_table(table, DIALECT, form_id, labels=other, version=version, instruments=instruments)


def form_of(path: Path, *, version: str | None = None, instruments: Mapping[str, Instrument] | None = None) -> str:
    """Which form a file holds answers to."""
    table = open_table(path, again=AGAIN, separators=SEPARATORS)
    return form_of_table(table, DIALECT, version=version, instruments=instruments)


def write(
    path: Path, instruments: Instrument | Sequence[Instrument], form_id: str, cells: pd.DataFrame, meta: pd.DataFrame,
    personal: pd.DataFrame | None = None, *, export: Export = "codes", language: str | None = None,
) -> None:
    """Write answers as a plain table; texts that a spreadsheet would run are made harmless."""
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file, lineterminator="\r\n")
        writer.writerows(records(instruments, form_id, cells, meta, personal, export=export, language=language))
