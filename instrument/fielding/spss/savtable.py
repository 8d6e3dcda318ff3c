"""A ``.sav`` file → a table of text, with what SPSS knows of its values: their labels, and which are missing."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from pathlib import Path

import pandas as pd
import pyreadstat

from instrument.errors import Finding, InputError
from instrument.fielding.spss.numbers import text as number_text
from instrument.fielding.spss.savcheck import damage
from instrument.fielding.tables import Table, content_of

AGAIN = "Save the data in SPSS as an SPSS Statistics file (.sav), with all variables, and read the file as it comes."
_MARKS = (b"$FL2", b"$FL3")
"""How .sav and .zsav files begin."""


@dataclass(frozen=True, slots=True)
class SavTable(Table):
    """A file's cells as text, and what its dictionary says of their values.

    Attributes
    ----------
    labels
        Column → a cell's text → the label of the value behind it.
    missing
        Column → the texts of values that the file declares missing and that occur.
    """

    labels: Mapping[int, Mapping[str, str]]
    missing: Mapping[int, frozenset[str]]

    def place(self, column: int) -> str:
        """The variable as SPSS names it."""
        return f"{self.name}, variable {self.header[column]}"


def open_sav(path: Path) -> SavTable:
    """Read a ``.sav`` or ``.zsav`` file.

    Raises
    ------
    InputError
        ``READ-MISSING``, ``READ-EMPTY``, ``READ-SAV``.
    """
    content = content_of(path, AGAIN)
    if not content.startswith(_MARKS):
        raise _refused(path.name, f"this is {_what(content)}")
    damaged = damage(content)
    if damaged is not None:
        raise _refused(path.name, f"{damaged}. It may be cut off")
    try:
        # User-missing values stay: in them lies the reason why there is no answer.
        frame, dictionary = pyreadstat.read_sav(str(path), user_missing=True)
    except (pyreadstat.ReadstatError, pyreadstat.PyreadstatError, ValueError, OverflowError, MemoryError) as error:
        said = " ".join(str(error).split())
        raise _refused(path.name, f"it cannot be read as one ({said}). It may be cut off") from error
    if not len(frame):
        raise InputError(Finding("READ-EMPTY", path.name, "The file has variables and no case.",
                                 "Save the data again, with all cases."))
    header = tuple(map(str, frame.columns))
    columns = [_column(frame.iloc[:, j]) for j in range(len(header))]
    return SavTable(
        path.name, hashlib.sha256(content).hexdigest(), header, tuple(range(1, len(frame) + 1)),
        tuple(columns), {},
        labels={j: {_text(value): str(label) for value, label in dictionary.variable_value_labels[name].items()}
                for j, name in enumerate(header) if name in dictionary.variable_value_labels},
        missing={j: _declared(columns[j], dictionary.missing_ranges[name])
                 for j, name in enumerate(header) if name in dictionary.missing_ranges},
    )


def _refused(name: str, found: str) -> InputError:
    return InputError(Finding("READ-SAV", name, f"The file must be an SPSS data file (.sav or .zsav); {found}.", AGAIN))


def _what(content: bytes) -> str:
    if content[8:24].startswith(b"ENCRYPTEDSAV"):
        return "one that is protected by a password"
    if b"SPSS PORT FILE" in content[:512]:
        return "a portable file (.por), which is not read"
    return "no such file"


# -- cells ----------------------------------------------------------------------------------------------


def _column(values: pd.Series) -> tuple[str, ...]:
    """A variable's values as text. Columns hold few distinct values: each is written once."""
    places, distinct = pd.factorize(values)
    texts = [*map(_text, distinct.tolist()), ""]  # what is system-missing has the place -1
    return tuple(texts[k] for k in places.tolist())


def _text(value: object) -> str:
    """A value as an export of text holds it; 3.0 is 3."""
    if isinstance(value, float | int):
        return number_text(float(value))
    if isinstance(value, datetime):
        return value.isoformat(sep=" ", timespec="seconds")
    if isinstance(value, date | time):
        return value.isoformat()
    return str(value)


def _declared(cells: Iterable[str], ranges: Iterable[Mapping[str, object]]) -> frozenset[str]:
    tests = [_within(one["lo"], one["hi"]) for one in ranges]
    return frozenset(cell for cell in set(cells) if cell and any(test(cell) for test in tests))


def _within(low: object, high: object) -> Callable[[str], bool]:
    def test(cell: str) -> bool:
        if isinstance(low, str) or isinstance(high, str):
            return cell == str(low).rstrip()
        try:
            return float(low) <= float(cell) <= float(high)  # type: ignore[arg-type]
        except ValueError:
            return False
    return test
