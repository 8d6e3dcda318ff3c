"""Variables and their values → the bytes of a ``.sav`` file, the same bytes each time.

pyreadstat writes the file; the date and time of writing in its header are replaced by the day the version was
released. A file without rows is written with one and then cut, since a text variable is as wide as its longest value.
"""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory

import pandas as pd
import pyreadstat

from instrument.fielding.spss.variables import Variable, shortened

_CASES = slice(80, 84)
_WRITTEN = slice(92, 109)
"""Where the header of a ``.sav`` file holds the number of cases, and the date and time of writing."""

MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
UNDATED = date(2000, 1, 1)
FILE_LABEL, NOTE_LINE = 64, 80
"""The most bytes of a file's label and of a line of its notes."""

Values = Sequence[float | str | None]


def sav_bytes(
    variables: Sequence[Variable], values: Mapping[str, Values], *, title: str, notes: Sequence[str], day: date | None,
) -> bytes:
    """A data file of all rows of ``values`` (variable name → one value a row); None is system-missing."""
    return _dated(_written(variables, values, title, notes), day)


def empty_sav_bytes(variables: Sequence[Variable], *, title: str, notes: Sequence[str], day: date | None) -> bytes:
    """A data file without rows, each text variable as wide as its answers may be."""
    one, two = (
        _written(variables, {v.name: ["x" * v.width] * n if v.width else [None] * n for v in variables}, title, notes)
        for n in (1, 2))
    row = len(two) - len(one)
    none = one[:-row]
    return _dated(none[:_CASES.start] + bytes(4) + none[_CASES.stop:], day)


def _written(
    variables: Sequence[Variable], values: Mapping[str, Values], title: str, notes: Sequence[str],
) -> bytes:
    frame = pd.DataFrame({v.name: pd.Series(list(values[v.name]), dtype="object" if v.width else "float64")
                          for v in variables})
    with TemporaryDirectory() as folder:
        path = Path(folder) / "answers.sav"
        pyreadstat.write_sav(
            frame, path, file_label=shortened(title, FILE_LABEL), column_labels=[v.label for v in variables],
            variable_value_labels={v.name: dict(v.labels) for v in variables if v.labels},
            missing_ranges={v.name: list(v.missing.values()) for v in variables if v.missing},
            variable_measure={v.name: v.measure for v in variables},
            variable_format={v.name: v.format for v in variables if not v.width},
            variable_display_width={v.name: min(max(v.width, 8), 24) for v in variables},
            note=[line for note in notes for line in _lines(note)],
        )
        return path.read_bytes()


def _lines(note: str) -> list[str]:
    """Notes are lines of so many bytes; in UTF-8 a letter may take up to four."""
    width = NOTE_LINE if note.isascii() else NOTE_LINE // 4
    return textwrap.wrap(note, width)


def _dated(content: bytes, day: date | None) -> bytes:
    on = day or UNDATED
    stamp = f"{on.day:02} {MONTHS[on.month - 1]} {on.year % 100:02}00:00:00".encode("ascii")
    return content[:_WRITTEN.start] + stamp + content[_WRITTEN.stop:]
