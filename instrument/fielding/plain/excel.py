"""A plain table as an Excel workbook: the first sheet, row 1 the names of the columns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import pandas as pd
from openpyxl import Workbook

from instrument.fielding.answers import Export, RawAnswers
from instrument.fielding.importing import form_of_table, read_table
from instrument.fielding.plain.table import dialect, records
from instrument.fielding.tables import Table, open_table
from instrument.model import Instrument
from instrument.workbook import workbook_bytes

SUFFIX = ".xlsx"
AGAIN = "Save the table as an Excel workbook (.xlsx) with the questions' ids in row 1 of its first sheet."
DIALECT = dialect("excel", "an Excel workbook", AGAIN)


def read(
    path: Path, form_id: str, *, labels: Path | None = None, version: str | None = None,
    instruments: Mapping[str, Instrument] | None = None,
) -> RawAnswers:
    """Read one form's answers (see :func:`~instrument.fielding.importing.read_table`)."""
    other = None if labels is None else _open(labels)
    return read_table(_open(path), DIALECT, form_id, labels=other, version=version, instruments=instruments)


def form_of(path: Path, *, version: str | None = None, instruments: Mapping[str, Instrument] | None = None) -> str:
    """Which form a workbook holds answers to."""
    return form_of_table(_open(path), DIALECT, version=version, instruments=instruments)


def write(
    path: Path, instruments: Instrument | Sequence[Instrument], form_id: str, cells: pd.DataFrame, meta: pd.DataFrame,
    personal: pd.DataFrame | None = None, *, export: Export = "codes", language: str | None = None,
) -> None:
    """Write answers as a workbook. Every cell is text: Excel must not turn a code into a date."""
    book = Workbook(write_only=True)
    sheet = book.create_sheet("answers")
    for record in records(instruments, form_id, cells, meta, personal, export=export, language=language):
        sheet.append(record)
    path.write_bytes(workbook_bytes(book))


def _open(path: Path) -> Table:
    return open_table(path, again=AGAIN)
