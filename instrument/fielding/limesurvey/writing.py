"""Answers → a table in the form in which LimeSurvey exports responses."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import get_args

import pandas as pd
from openpyxl import Workbook

from instrument.fielding.answers import Export
from instrument.fielding.limesurvey.codes import codes
from instrument.fielding.limesurvey.columns import Column, columns_of
from instrument.fielding.writing import check_meta, label_cells, layouts_and_questions
from instrument.model import MISSING_CODES, Instrument
from instrument.spreadsheet import harmless
from instrument.workbook import workbook_bytes

SUFFIX = ".csv"

_YES_NO = {"en": ("Yes", "No"), "es": ("Sí", "No"), "fr": ("Oui", "Non")}

Cells = dict[str, list[str]]


def write(
    path: Path, instruments: Instrument | Sequence[Instrument], form_id: str, cells: pd.DataFrame, meta: pd.DataFrame,
    personal: pd.DataFrame | None = None, *, export: Export = "codes", language: str | None = None,
) -> None:
    """Write answers as LimeSurvey exports them under question codes; a workbook where the path ends in ``.xlsx``.

    Each row stands under the codes of its own version. The same answers give the same bytes.

    Parameters
    ----------
    personal
        Personal columns, written under their own names.
    export
        ``codes`` for answer codes, ``labels`` for full answers.
    language
        Of full answers: an export has one (the base language if None).
    """
    if export not in get_args(Export):
        raise ValueError(f"export must be one of {get_args(Export)}, not {export!r}")
    layouts, questions = layouts_and_questions(instruments, form_id, cells)
    check_meta(meta, cells, layouts[0].form(form_id).identifiers)
    spoken = language or layouts[0].language
    words = label_cells(layouts, form_id, cells, meta, spoken) if export == "labels" else cells
    table = _survey_columns(meta, form_id, layouts)
    if personal is not None:
        table |= {str(name): [harmless(cell) for cell in personal[name]] for name in personal.columns}
    for k, layout in enumerate(layouts):
        rows = meta["instrument_version"].eq(layout.version)
        if k == 0:  # rows of a version that nobody knows stand under the first one's codes
            rows |= ~meta["instrument_version"].isin([each.version for each in layouts])
        for column in columns_of(layout, layout.form(form_id)):
            if column.question is not None and column.question.id in questions:
                said = _answers(column, cells[column.question.id], words[column.question.id], layout, export, spoken)
                target = table.setdefault(column.head, [""] * len(meta))
                for at, own in enumerate(rows):
                    target[at] = said[at] if own else target[at]
    table["interviewtime"] = meta["duration_seconds"].tolist()
    _save(path, table)


def _survey_columns(meta: pd.DataFrame, form_id: str, layouts: Sequence[Instrument]) -> Cells:
    """LimeSurvey's own columns, identifiers and stamps. An interview that was not submitted has no such date."""
    own = codes(layouts[0], layouts[0].form(form_id))
    table: Cells = {
        "id": meta["response_id"].tolist(),
        "submitdate": [end if done == "1" else "" for end, done in zip(meta["ended"], meta["finished"], strict=True)],
        "lastpage": ["1"] * len(meta), "startlanguage": meta["language"].tolist(),
        "seed": [str(100_000_000 + k) for k in range(len(meta))],
        "startdate": meta["started"].tolist(), "datestamp": meta["ended"].tolist(),
    }
    if "status" in meta.columns and (meta["status"] != "response").any():
        table["status"] = meta["status"].tolist()
    table |= {code: [harmless(cell) for cell in meta[name]] for name, code in own.identifiers.items()}
    stamps: Mapping[str, list[str]] = {
        "instrument_version": meta["instrument_version"].tolist(), "form": [form_id] * len(meta),
        "language": meta["language"].tolist(),
    }
    return table | {own.stamps[name]: column for name, column in stamps.items()}


def _answers(
    column: Column, given: pd.Series[str], shown: pd.Series[str], layout: Instrument, export: Export, language: str,
) -> list[str]:
    assert column.place is not None
    assert column.question is not None
    reasons = set(MISSING_CODES) if column.place.beside is not None else set()
    lime = column.place.answers
    if column.content == "tick":
        yes, no = _YES_NO.get(language.split("-")[0], _YES_NO["en"]) if export == "labels" else ("Y", "")
        return [(yes if column.answer in cell.split(",") else no) if cell else "" for cell in given]
    if column.content == "code":
        return [lime.get(cell, cell) for cell in given] if export == "codes" else [harmless(cell) for cell in shown]
    if column.content == "reason":
        options = {str(option.code): option.code for option in layout.offered(column.question)[1]}
        return [
            "" if cell not in options else
            lime[cell] if export == "codes" else harmless(layout.label(column.question, options[cell], language))
            for cell in given]
    typed = ["" if cell in reasons and cell in lime else cell for cell in given]
    if column.content == "date":
        return [f"{cell} 00:00:00" if len(cell) == len("2026-03-31") else cell for cell in typed]
    return [harmless(cell) for cell in typed]


def _save(path: Path, table: Cells) -> None:
    records = [list(table), *map(list, zip(*table.values(), strict=True))]
    if path.suffix.casefold() == ".xlsx":
        book = Workbook(write_only=True)
        sheet = book.create_sheet("Responses")
        for record in records:
            sheet.append(record)
        path.write_bytes(workbook_bytes(book))
        return
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        csv.writer(file, quoting=csv.QUOTE_ALL, lineterminator="\r\n").writerows(records)
