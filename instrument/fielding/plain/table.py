"""What the text and the workbook form of a plain table have in common: columns, and which rows go into it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pandas as pd

from instrument.fielding.answers import META_COLUMNS, Export
from instrument.fielding.dialect import Dialect, MetaCells, named_by_id
from instrument.fielding.writing import label_cells, layouts_and_questions
from instrument.model import Instrument
from instrument.spreadsheet import harmless, restored

PERSONAL = (
    "email", "e-mail", "mail", "name", "first name", "last name", "surname", "full name", "phone", "telephone",
    "mobile", "ip", "ip address", "latitude", "longitude", "location", "address", "birthday", "date of birth",
)


def dialect(platform: str, program: str, again: str) -> Dialect:
    """Columns under the ids of questions; a table made by hand may lack times, and then says so."""
    return Dialect(
        platform, program, again, columns=named_by_id, meta={
            "response_id": ("response id", "id", "respondent"), "instrument_version": ("version",),
            "language": ("lang",), "started": ("start",), "ended": ("end",), "duration_seconds": ("seconds",),
        },
        personal=PERSONAL, unused=("row",), complete=_complete, restore=restored,
    )


def _complete(cells: MetaCells) -> MetaCells:
    """A row that somebody typed in is a finished interview unless it says otherwise."""
    return {**cells, "finished": [cell or "1" for cell in cells["finished"]]}


def records(
    instruments: Instrument | Sequence[Instrument], form_id: str, cells: pd.DataFrame, meta: pd.DataFrame,
    personal: pd.DataFrame | None, *, export: Export, language: str | None,
) -> Iterator[list[str]]:
    """The header and then a record a response, made harmless for spreadsheets."""
    layouts, questions = layouts_and_questions(instruments, form_id, cells)
    known = [name for name in (*META_COLUMNS, *layouts[0].form(form_id).identifiers) if name in meta.columns]
    parts = [meta[known], *([] if personal is None else [personal])]
    answers = cells[questions] if export == "codes" else label_cells(layouts, form_id, cells[questions], meta, language)
    whole = pd.concat([*parts, answers], axis=1)
    yield list(map(str, whole.columns))
    for row in whole.itertuples(index=False, name=None):
        yield [harmless(cell) for cell in row]
