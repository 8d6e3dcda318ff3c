"""A table as an immutable value, and the three ways to render it: display text, data frame, CSV.

Functions of this package say what stands in a table; how it looks is decided here and in the report's
template, last. Cells keep full precision until then.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import pandas as pd

from instrument.spreadsheet import harmless
from pipeline.report import numbers
from pipeline.undefined import Number, Undefined

Kind = Literal["text", "integer", "number", "pvalue", "percent", "interval"]
Cell = str | int | float | Undefined | tuple[Number, Number] | None
"""``None`` does not exist by design (a fixed parameter's standard error); an interval is a pair."""

LAVAAN_OPERATORS = frozenset({"=~"})
"""Text that begins like a formula, yet is known to be harmless and must stay readable by R."""


@dataclass(frozen=True, slots=True)
class Column:
    """One column: ``key`` for machines, ``header`` for people.

    ``bounded`` marks quantities that cannot exceed 1 in absolute value, which are written without
    their leading zero. ``percent`` holds a share between 0 and 1.
    """

    key: str
    header: str
    kind: Kind = "text"
    digits: int = 2
    bounded: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """A table with its title, a note on how to read it, and one sentence that says what it shows."""

    id: str
    title: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    summary: str
    note: str = ""

    def __post_init__(self) -> None:
        for row in self.rows:
            if len(row) != len(self.columns):
                raise ValueError(f"table {self.id!r}: a row of {len(row)} cells under {len(self.columns)} columns")

    def column(self, key: str) -> tuple[Cell, ...]:
        """The cells of one column, top down."""
        place = [column.key for column in self.columns].index(key)
        return tuple(row[place] for row in self.rows)


def select(table: Table, keys: tuple[str, ...]) -> Table:
    """The same table with only the named columns, in that order: for a page too narrow for all."""
    places = [[column.key for column in table.columns].index(key) for key in keys]
    columns = tuple(table.columns[i] for i in places)
    return replace(table, columns=columns, rows=tuple(tuple(row[i] for i in places) for row in table.rows))


def display(cell: Cell, column: Column) -> str:
    """A cell as a reader sees it."""
    if cell is None:
        return numbers.NOT_APPLICABLE
    if isinstance(cell, (str, Undefined)):
        return str(cell)
    if isinstance(cell, tuple):
        return numbers.interval(*cell, column.digits, bounded=column.bounded)
    if column.kind == "integer":
        return numbers.number(cell, 0)
    if column.kind == "pvalue":
        return numbers.pvalue(cell)
    if column.kind == "percent":
        return numbers.percent(cell)
    return numbers.number(cell, column.digits, bounded=column.bounded)


def display_rows(table: Table) -> tuple[tuple[str, ...], ...]:
    """All cells as a reader sees them."""
    return tuple(
        tuple(display(cell, column) for cell, column in zip(row, table.columns, strict=True)) for row in table.rows
    )


def to_frame(table: Table, *, formatted: bool = False) -> pd.DataFrame:
    """The table as a frame.

    Parameters
    ----------
    formatted
        True: headers and text as a reader sees them. False: one column a key, full precision, an
        interval split in ``<key>_lower`` and ``<key>_upper``; a value that does not exist is None,
        an undefined one its reason in words. Nothing becomes NaN in silence.
    """
    if formatted:
        headers = [column.header for column in table.columns]
        return pd.DataFrame([list(row) for row in display_rows(table)], columns=headers, dtype=object)
    keys: list[str] = []
    for column in table.columns:
        keys += [f"{column.key}_lower", f"{column.key}_upper"] if column.kind == "interval" else [column.key]
    frame = pd.DataFrame([_machine_row(table, row) for row in table.rows], columns=keys, dtype=object)
    for key in keys:
        cells = list(frame[key])
        if cells and all(isinstance(cell, int) for cell in cells):
            frame[key] = frame[key].astype("int64")
        elif cells and all(isinstance(cell, (int, float)) for cell in cells):
            frame[key] = frame[key].astype("float64")
    return frame


def write_csv(table: Table, path: Path) -> Path:
    """Write full precision, UTF-8, one header row of keys.

    Text from outside that a spreadsheet would run as a formula gets a leading apostrophe.
    """
    frame = to_frame(table)
    texts = {column.key for column in table.columns if column.kind == "text"}
    for key in frame.columns:
        if key in texts:
            frame[key] = [
                harmless(cell) if isinstance(cell, str) and cell not in LAVAAN_OPERATORS else cell
                for cell in frame[key]
            ]
    path.parent.mkdir(parents=True, exist_ok=True)
    frame.to_csv(path, index=False, encoding="utf-8", lineterminator="\n")
    return path


def write_tables(tables: tuple[Table, ...], folder: Path) -> Path:
    """Write every table as ``<id>.csv`` into ``folder``."""
    for table in tables:
        write_csv(table, folder / f"{table.id}.csv")
    return folder


def _machine_row(table: Table, row: tuple[Cell, ...]) -> list[object]:
    cells: list[object] = []
    for cell, column in zip(row, table.columns, strict=True):
        parts = (cell if isinstance(cell, tuple) else (cell, cell)) if column.kind == "interval" else (cell,)
        cells += [str(part) if isinstance(part, Undefined) else part for part in parts]
    return cells
