"""What every importer hands on: the cells of an export as text, keyed by question id."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import pandas as pd

Export = Literal["codes", "labels"]
"""The two forms in which platforms export answers: their codes, or the words respondents chose."""

META_COLUMNS = (
    "response_id", "instrument_version", "language", "started", "ended", "duration_seconds", "finished", "status",
)
"""Columns every importer fills in ``RawAnswers.meta``, besides the form's identifiers.

``started`` and ``ended`` are in UTC; ``finished`` is ``"1"`` or ``"0"``; ``status`` is ``"response"``,
or ``"preview"``, ``"test"``, ``"spam"`` where the platform says that no respondent gave the answers.
What an importer cannot read it hands on as it stands; validation then says so.
"""


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
class ReadingIssue:
    """A cell or row of which the importer already knows that it cannot be trusted.

    ``question`` is ``""`` where the whole row cannot. Validation sets it aside under this code and rule.
    """

    row: int
    question: str
    code: str
    rule: str
    value: str
    fix: str


@dataclass(frozen=True, slots=True)
class RawAnswers:
    """The cells of one form's export, before any of them is judged.

    Attributes
    ----------
    cells
        One row a response, one column a question id of the form (notes have none; questions of an
        optional block only where the export has them); ``""`` where the cell is empty; values as text,
        answer codes as the instrument names them. The index is the row number a spreadsheet shows.
    meta
        Same index; columns :data:`META_COLUMNS` and the form's identifiers, as text.
    dropped_personal
        Personal column → number of non-empty cells dropped at the door. Their content is not kept.
    unknown_columns
        Columns of the export that belong to no question, identifier or known metadata. Not kept.
    matched_by
        How columns found their questions: by the platform's own ids, or by column name where a file has none.
    issues
        What the importer found in single cells and rows.
    notes
        What people should know about how the file was read, one sentence each.
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
    matched_by: Literal["import id", "column name"] = "column name"
    issues: tuple[ReadingIssue, ...] = ()
    notes: tuple[str, ...] = ()
