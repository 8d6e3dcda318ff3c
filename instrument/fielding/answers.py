"""What every importer hands on: the cells of an export as text, keyed by question id."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import pandas as pd

META_COLUMNS = (
    "response_id", "instrument_version", "language", "started", "ended", "duration_seconds", "finished",
)
"""Columns every importer fills in ``RawAnswers.meta``, besides the form's identifiers."""


@dataclass(frozen=True, slots=True)
class LabelCheck:
    """Whether codes were compared with the labels respondents saw.

    Attributes
    ----------
    status
        ``verified``, or ``not verified`` where no export with choice text was given.
    cells
        Number of cells compared.
    note
        One sentence for people.
    """

    status: Literal["verified", "not verified"]
    cells: int
    note: str


@dataclass(frozen=True, slots=True)
class RawAnswers:
    """The cells of one form's export, before any of them is judged.

    Attributes
    ----------
    cells
        One row a response, one column a question id of the form (all questions asked; ``""`` where
        the cell is empty), values as text. The index is the row number a spreadsheet shows.
    meta
        Same index; columns :data:`META_COLUMNS` and the form's identifiers, as text.
    dropped_personal
        Personal column → number of non-empty cells dropped at the door. Their content is not kept.
    unknown_columns
        Columns of the export that belong to no question, identifier or known metadata.
    """

    platform: str
    form: str
    file: str
    sha256: str
    cells: pd.DataFrame
    meta: pd.DataFrame
    dropped_personal: dict[str, int]
    unknown_columns: tuple[str, ...]
    label_check: LabelCheck
