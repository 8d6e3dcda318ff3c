"""Answers → a CSV file in the form in which Qualtrics exports responses."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TextIO, get_args

import pandas as pd

from instrument.fielding.answers import META_COLUMNS, Export
from instrument.fielding.qualtrics.layout import (
    METADATA,
    MISSING_RECODES,
    STATUS,
    VERSION_FIELD,
    AnswerColumn,
    answer_columns,
)
from instrument.model import Fact, Instrument


def write(
    path: Path,
    instrument: Instrument,
    form_id: str,
    cells: pd.DataFrame,
    meta: pd.DataFrame,
    personal: pd.DataFrame | None = None,
    *,
    export: Export = "codes",
    language: str | None = None,
) -> None:
    """Write answers as Qualtrics would export them: three header rows, metadata, answers, embedded data.

    The same answers give the same bytes.

    Parameters
    ----------
    cells
        One row a response, one column a question id, answer codes and typed answers as text, ``""`` where
        empty; several codes of a ``choices`` question joined by commas. Every question of the form that is
        in no optional block must have its column; an optional block is written if any of its questions has.
    meta
        Same index: :data:`~instrument.fielding.answers.META_COLUMNS` (``status`` may be left out) and the
        form's identifiers, as text, as in :class:`~instrument.fielding.answers.RawAnswers`.
    personal
        Same index: any of the export's personal columns (``IPAddress``, ``RecipientEmail``, …).
    export
        ``codes`` as under "Use numeric values", ``labels`` as under "Use choice text".
    language
        Language of the choice text (base language if None): Qualtrics writes all respondents' choices in one.
        Header texts are always in the base language.
    """
    if export not in get_args(Export):
        raise ValueError(f"export must be one of {get_args(Export)}, not {export!r}")
    form = instrument.form(form_id)
    columns = _written(answer_columns(form), cells)
    _check_table("meta", meta, (*(c for c in META_COLUMNS if c != "status"), *form.identifiers), cells)
    if personal is not None:
        _check_table("personal", personal, (), cells)
    embedded = (*form.identifiers, VERSION_FIELD)
    tags = [*(m.tag for m in METADATA), *(c.question.id for c in columns), *embedded, ""]
    texts = [*(m.text for m in METADATA), *(c.header(instrument) for c in columns), *embedded, ""]
    imports = [
        *(_import_cell(m.import_id, zone="Date" in m.tag) for m in METADATA),
        *(_import_cell(c.import_id) for c in columns), *(_import_cell(field) for field in embedded), "",
    ]
    body = [
        *_metadata_cells(meta, personal, cells, export),
        *(_answer_cells(instrument, c, cells[c.question.id], export, language) for c in columns),
        *(meta[field].tolist() for field in embedded),
        [""] * len(cells),
    ]
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(_UnixLines(file), lineterminator="\r\n")
        writer.writerows([tags, texts, imports])
        writer.writerows(zip(*body, strict=True))


class _UnixLines:
    """Ends lines with a bare newline. Before Python 3.13, csv quotes a carriage return only if lines end with one."""

    def __init__(self, file: TextIO) -> None:
        self._file = file

    def write(self, line: str) -> int:
        return self._file.write(line.removesuffix("\r\n") + "\n")


def _written(columns: Sequence[AnswerColumn], cells: pd.DataFrame) -> list[AnswerColumn]:
    """The columns to write: all that are asked of everybody, and the optional blocks that ``cells`` has."""
    used = {c.block.id for c in columns if c.question.id in cells.columns}
    wanted = [c for c in columns if not c.block.optional or c.block.id in used]
    _check_table("cells", cells, [c.question.id for c in wanted], cells)
    surplus = set(cells.columns) - {c.question.id for c in wanted}
    if surplus:
        raise ValueError(f"cells have columns that the form does not ask: {sorted(surplus)}")
    return wanted


def _check_table(name: str, table: pd.DataFrame, needed: Sequence[str], cells: pd.DataFrame) -> None:
    absent = [column for column in needed if column not in table.columns]
    if absent:
        raise ValueError(f"{name} lack the columns {absent}")
    if not table.index.equals(cells.index):
        raise ValueError(f"{name} and cells must have the same rows in the same order")


def _import_cell(import_id: str, *, zone: bool = False) -> str:
    content = {"ImportId": import_id, "timeZone": "Z"} if zone else {"ImportId": import_id}
    return json.dumps(content, separators=(",", ":"))


def _metadata_cells(
    meta: pd.DataFrame, personal: pd.DataFrame | None, cells: pd.DataFrame, export: Export
) -> list[list[str]]:
    """One list of cells a metadata column, in the order of the export."""
    labels = export == "labels"
    finished = meta["finished"].eq("1")
    status = meta["status"] if "status" in meta.columns else pd.Series("response", index=meta.index)
    known = {
        "Status": [STATUS[kind][labels] for kind in status],
        "Progress": _progress(cells, finished),
        "Finished": [("False", "True")[done] if labels else "01"[done] for done in finished],
        "RecordedDate": meta["ended"].tolist(),
        "DistributionChannel": _channel(personal, len(meta)),
        "UserLanguage": meta["language"].str.upper().tolist(),
    }
    out = []
    for column in METADATA:
        if column.tag in known:
            out.append(known[column.tag])
        elif column.meta:
            out.append(meta[column.meta].tolist())
        elif personal is not None and column.tag in personal.columns:
            out.append(personal[column.tag].tolist())
        else:
            out.append([""] * len(meta))
    return out


def _progress(cells: pd.DataFrame, finished: pd.Series[bool]) -> list[str]:
    """Per cent of the questionnaire passed: 100 when finished, else up to the last answer."""
    answered = cells.to_numpy(dtype=object) != ""
    width = answered.shape[1]
    last = width - answered[:, ::-1].argmax(axis=1)
    last[~answered.any(axis=1)] = 0
    return ["100" if done else str(min(99, 100 * int(at) // width)) for done, at in zip(finished, last, strict=True)]


def _channel(personal: pd.DataFrame | None, n: int) -> list[str]:
    if personal is None or "RecipientEmail" not in personal.columns:
        return ["anonymous"] * n
    return ["email" if address else "anonymous" for address in personal["RecipientEmail"]]


def _answer_cells(
    instrument: Instrument, column: AnswerColumn, answers: pd.Series[str], export: Export, language: str | None
) -> list[str]:
    if column.typed:
        return answers.tolist()
    show = _shown(instrument, column, export, language)
    shown = {answer: show(answer) for answer in answers.unique()}
    return [shown[answer] for answer in answers]


def _shown(
    instrument: Instrument, column: AnswerColumn, export: Export, language: str | None
) -> Callable[[str], str]:
    """A function from the codes in a cell to what the export shows. A code that is not offered stays as it is."""
    question = column.question
    shown = {
        str(option.code): (
            MISSING_RECODES.get(str(option.code), str(option.code)) if export == "codes"
            else instrument.label(question, option.code, language)
        )
        for option in instrument.options(question)
    }
    if isinstance(question, Fact) and question.kind == "choices":
        return lambda answer: ",".join(shown.get(code, code) for code in answer.split(","))
    return lambda answer: shown.get(answer, answer)
