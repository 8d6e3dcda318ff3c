"""Documents for ``--json`` and the console they are shown on."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from instrument.errors import Finding, InputError
from pipeline.report.numbers import pvalue
from pipeline.undefined import Number, Undefined

WIDE = 120
"""Columns of the console where the output is no terminal, so that a log holds whole tables."""


class Defined:
    """Numbers for JSON: an undefined one becomes ``null``, and its reason is kept under its field."""

    def __init__(self) -> None:
        self.undefined: dict[str, str] = {}

    def __call__(self, field: str, value: Number | None) -> float | None:
        """``value``, or None with its reason noted under ``field``. None stays None: nothing was to be computed."""
        if isinstance(value, Undefined):
            self.undefined[field] = value.because
            return None
        return value

    def interval(self, field: str, limits: tuple[Number, Number]) -> list[float | None]:
        """Both limits under one ``field``."""
        return [self(field, limit) for limit in limits]

    def by_key(self, field: str, values: dict[str, Number]) -> dict[str, float | None]:
        """A dictionary of numbers; reasons stand under ``field.key``."""
        return {key: self(f"{field}.{key}", value) for key, value in values.items()}


def require_place(path: Path | None) -> None:
    """See that ``path`` can be a file, before long work is done for what goes into it; ``OUT-WRITE`` if not."""
    if path is not None and (path.is_dir() or not path.absolute().parent.is_dir()):
        raise InputError(Finding("OUT-WRITE", str(path), "The file must lie in a folder that exists, and be no folder.",
                                 "Make the folder first, or name another file."))


def write_json(document: dict[str, Any], path: Path) -> None:
    """Write ``document`` as UTF-8 JSON without NaN.

    Raises
    ------
    InputError
        ``OUT-WRITE``.
    """
    write_text(json.dumps(document, indent=1, ensure_ascii=False, allow_nan=False) + "\n", path)


def write_text(text: str, path: Path) -> None:
    """Write ``text`` in UTF-8 with its line ends as they are; ``OUT-WRITE`` if that cannot be done."""
    write_bytes(text.encode("utf-8"), path)


def write_bytes(content: bytes, path: Path) -> None:
    """Write a file; ``OUT-WRITE`` if that cannot be done."""
    try:
        path.write_bytes(content)
    except OSError as error:
        raise InputError(Finding(
            "OUT-WRITE", str(path), f"The file could not be written: {error.strerror or error}.",
            "Name a file in a folder that exists and may be written to.",
        )) from error


def make_folder(path: Path) -> None:
    """A folder for files to be written; ``OUT-WRITE`` if that cannot be done."""
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(Finding("OUT-WRITE", str(path), f"The folder could not be made: {error.strerror or error}.",
                                 "Name a folder in a place that may be written to.")) from error


def console() -> Console:
    """The console on standard output."""
    return Console(highlight=False, width=None if sys.stdout.isatty() else WIDE)


def table(title: str, columns: Sequence[str], rows: Sequence[Sequence[str]], *, left: int = 1) -> Table:
    """A table whose first ``left`` columns are text and the others numbers."""
    made = Table(title=title, title_justify="left", title_style="bold")
    for index, name in enumerate(columns):
        made.add_column(name, justify="left" if index < left else "right", no_wrap=index >= left)
    for row in rows:
        made.add_row(*row)
    return made


def decimals(value: Number | float | None, places: int = 3) -> str:
    """A number for a table; – where there is none to give."""
    if value is None or isinstance(value, Undefined):
        return "–"
    return f"{value if round(value, places) else 0.0:.{places}f}"  # no -0.000


def p_value(value: Number | None) -> str:
    """An exact p value in the house's style, below .001 as ``< .001``; – where there is none."""
    return "–" if value is None or isinstance(value, Undefined) else pvalue(value)
