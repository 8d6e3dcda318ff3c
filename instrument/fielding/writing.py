"""What writers of simulated answers have in common: versions, columns, tables that belong together, words for codes."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from instrument.fielding.answers import META_COLUMNS
from instrument.fielding.words import is_typed
from instrument.model import Fact, Instrument, Note


def versions_of(instruments: Instrument | Sequence[Instrument]) -> tuple[Instrument, ...]:
    return (instruments,) if isinstance(instruments, Instrument) else tuple(instruments)


def layouts_and_questions(
    instruments: Instrument | Sequence[Instrument], form_id: str, cells: pd.DataFrame,
) -> tuple[tuple[Instrument, ...], list[str]]:
    """The versions in a file, and the questions it has a column for, in order.

    Raises
    ------
    ValueError
        If ``cells`` lack a question that is asked of everybody, or have a column that no version asks.
    """
    layouts = versions_of(instruments)
    asked: dict[str, bool] = {}
    for layout in layouts:
        for block, question in layout.form(form_id).questions():
            if not isinstance(question, Note):
                shown = not block.optional or any(
                    q.id in cells.columns for q in block.questions if not isinstance(q, Note))
                asked[question.id] = asked.get(question.id, False) or shown
    wanted = [question for question, shown in asked.items() if shown]
    absent = [question for question in wanted if question not in cells.columns]
    surplus = sorted(set(map(str, cells.columns)) - set(wanted))
    if absent or surplus:
        raise ValueError(f"cells lack the columns {absent} and have columns that the form does not ask: {surplus}")
    return layouts, wanted


def check_meta(meta: pd.DataFrame, cells: pd.DataFrame, identifiers: Sequence[str]) -> None:
    """``status`` may be left out; everything else must be there, row by row.

    Raises
    ------
    ValueError
        If a column is missing, or ``meta`` and ``cells`` do not have the same rows.
    """
    absent = [name for name in (*META_COLUMNS, *identifiers) if name != "status" and name not in meta.columns]
    if absent:
        raise ValueError(f"meta lack the columns {absent}")
    if not meta.index.equals(cells.index):
        raise ValueError("meta and cells must have the same rows in the same order")


def label_cells(
    layouts: Sequence[Instrument], form_id: str, cells: pd.DataFrame, meta: pd.DataFrame, language: str | None,
) -> pd.DataFrame:
    """Cells with the words of each answer, in ``language`` or (None) in the one each respondent was asked in.

    Several answers are joined by commas. A code that is not offered stays as it is, and so do typed answers.
    """
    out = cells.copy()
    said = meta["language"] if language is None else pd.Series(language, index=meta.index)
    for layout in layouts:
        rows = meta["instrument_version"].eq(layout.version)
        for _, question in layout.form(form_id).questions():
            if isinstance(question, Note) or is_typed(question) or question.id not in cells:
                continue
            for spoken in said[rows].unique():
                mask = rows & said.eq(spoken)
                words = {str(o.code): layout.label(question, o.code, spoken) for o in layout.options(question)}
                several = isinstance(question, Fact) and question.kind == "choices"
                out.loc[mask, question.id] = [
                    ",".join(words.get(code, code) for code in (cell.split(",") if several else [cell]))
                    for cell in cells.loc[mask, question.id]
                ]
    return out
