"""Answers of people who had not answered at first: a plain CSV file with a form's own items → keyed scores."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from instrument.errors import Finding, InputError
from instrument.model import MISSING_CODES, Instrument, Item

Array = NDArray[np.float64]

SHOWN_PER_ITEM = 3
"""Bad cells of one item that get a finding of their own; the last says how many more there are."""

NOTHING_SAID = ("", "NA", *MISSING_CODES)


@dataclass(frozen=True, slots=True)
class FollowUp:
    """Scores of a follow-up.

    Attributes
    ----------
    n
        Rows of the file.
    scores
        Dimension → (n,) means of its keyed items, NaN where any is missing.
    partly
        Dimensions of which the file holds some items and not all; they have no score.
    """

    n: int
    scores: dict[str, Array]
    partly: tuple[str, ...]


def read_followup(path: Path, place: str, items: Sequence[Item], instrument: Instrument) -> FollowUp:
    """Scores of every dimension whose items are all there.

    Parameters
    ----------
    place
        Of the file's name in the plan.
    items
        Those that the form asked, in order.

    Raises
    ------
    InputError
        ``STUDY-FOLLOWUP``: no such file, no CSV, none of the items, or cells that are no answer; all cells at once.
    """
    frame = _frame(path, place)
    dimensions: dict[str, list[Item]] = {}
    for item in items:
        dimensions.setdefault(item.dimension, []).append(item)
    there = {name: [item for item in own if item.id in frame] for name, own in dimensions.items()}
    whole = {name: own for name, own in dimensions.items() if len(there[name]) == len(own)}
    if not whole:
        raise InputError(Finding(
            "STUDY-FOLLOWUP", f"{path.name}, row 1",
            "A follow-up asks all items of at least one dimension; it has none.",
            f"Name the columns as the items, for example {', '.join(item.id for item in items[:4])}."))
    findings: list[Finding] = []
    keyed = {item.id: _keyed(frame[item.id], item, instrument, path.name, findings)
             for own in whole.values() for item in own}
    if findings:
        raise InputError(findings)
    scores = {name: np.mean([keyed[item.id] for item in own], axis=0) for name, own in whole.items()}
    return FollowUp(len(frame), scores, tuple(n for n, own in there.items() if own and n not in whole))


def _frame(path: Path, place: str) -> pd.DataFrame:
    try:
        frame = pd.read_csv(path, dtype=str, keep_default_na=False, encoding="utf-8-sig")
    except (OSError, ValueError) as error:  # pandas' parsing errors and wrong encodings are ValueErrors
        why = "it is not there" if isinstance(error, FileNotFoundError) else " ".join(str(error).split())
        raise InputError(Finding("STUDY-FOLLOWUP", f"study.yaml, {place}",
                                 f"{path.name} must be a CSV file in UTF-8, with commas; {why.rstrip('.')}.",
                                 "Correct the name, which starts at the study's folder, or write the file again.")
                         ) from error
    frame.columns = frame.columns.str.strip()
    return frame


def _keyed(column: pd.Series, item: Item, instrument: Instrument, file: str, findings: list[Finding]) -> Array:
    codes = [point.code for point in instrument.offered(item)[0] if isinstance(point.code, int)]
    known: Mapping[str, float] = {
        **{str(code): float(code) for code in codes}, **{f"{code}.0": float(code) for code in codes},
        **dict.fromkeys(NOTHING_SAID, np.nan)}
    cells = column.str.strip()
    bad = [(row, cell) for row, cell in enumerate(cells, start=2) if cell not in known]
    for index, (row, cell) in enumerate(bad[:SHOWN_PER_ITEM], start=1):
        more = len(bad) - SHOWN_PER_ITEM if index == SHOWN_PER_ITEM else 0
        findings.append(Finding(
            "STUDY-FOLLOWUP", f"{file}, row {row}, column {item.id}",
            f"The answer codes are {', '.join(map(str, codes))}; found {cell[:60]!r}"
            f"{f', and {more} more in this column' if more > 0 else ''}.",
            "Correct the cell, or empty it if the question was not answered."))
    answers = np.array([known.get(cell, np.nan) for cell in cells], dtype=np.float64)
    return min(codes) + max(codes) - answers if item.reversed else answers
