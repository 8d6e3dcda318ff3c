"""Records exported from REDCap as CSV, raw or with labels → answers; and simulated ones in that form."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import pandas as pd

from instrument.fielding.answers import Export, RawAnswers
from instrument.fielding.dialect import AnswerColumns, Dialect, MetaCells
from instrument.fielding.importing import form_of_table, read_table
from instrument.fielding.redcap.capabilities import NAME
from instrument.fielding.redcap.names import RECORD_ID, STAMPS, beside, checkbox, form_name
from instrument.fielding.tables import Table, open_table
from instrument.fielding.times import seconds_between
from instrument.fielding.words import is_typed
from instrument.fielding.writing import check_meta, label_cells, layouts_and_questions
from instrument.model import MISSING_CODES, Block, Fact, Form, Instrument, Item, Note, Option
from instrument.spreadsheet import harmless, restored

SUFFIX = ".csv"
AGAIN = (
    "Export the records from REDCap again (Data Exports, CSV / Microsoft Excel, raw data), with all fields and the "
    "survey fields, and read the file as it comes."
)
NOT_COMPLETED = "[not completed]"
COMPLETE = {"2": "1", "complete": "1", "1": "0", "unverified": "0", "0": "0", "incomplete": "0"}
"""What a form's status says, raw or in words → finished."""


def columns(instrument: Instrument, form: Form) -> tuple[AnswerColumns, ...]:
    """A column a field; for several answers one a choice; beside a typed answer the reason why there is none."""
    return tuple(_column(instrument, block, q) for block, q in form.questions() if not isinstance(q, Note))


def _column(instrument: Instrument, block: Block, question: Item | Fact) -> AnswerColumns:
    reason = beside(question)
    several = isinstance(question, Fact) and question.kind == "choices"
    parts = {str(o.code): (checkbox(question.id, o.code),) for o in instrument.options(question)} if several else {}
    return AnswerColumns(block, question, (question.id,), parts, beside=(reason,) if reason else ())


def _complete(cells: MetaCells) -> MetaCells:
    """Finished from the form's status; times from our own fields, or the survey's own stamp; seconds from both."""
    stamps = ["" if cell == NOT_COMPLETED else cell for cell in cells.get("_timestamp", [])]
    ended = [own or stamp for own, stamp in zip(cells["ended"], stamps or cells["ended"], strict=True)]
    status = cells.get("_complete", cells["finished"])
    return {
        **cells, "ended": ended,
        "finished": [COMPLETE.get(cell.casefold(), cell) for cell in status],
        "duration_seconds": [
            own or seconds_between(start, end)
            for own, start, end in zip(cells["duration_seconds"], cells["started"], ended, strict=True)],
    }


DIALECT = Dialect(
    "redcap", NAME, AGAIN, columns, meta={"response_id": (RECORD_ID,)},
    personal=("redcap_survey_identifier", "email", "name", "first_name", "last_name", "phone", "ip"),
    unused=("redcap_event_name", "redcap_repeat_instrument", "redcap_repeat_instance", "redcap_data_access_group"),
    needed=("response_id", "language", "_complete"), complete=_complete, restore=restored,
)


def of_form(form_id: str) -> Dialect:
    """The columns with a form's status and survey stamp bear the form's name."""
    name = f"form_{form_id.lower()}"
    return replace(DIALECT, meta={
        **DIALECT.meta, "_timestamp": (f"{name}_timestamp",), "_complete": (f"{name}_complete",)})


def read(
    path: Path, form_id: str, *, labels: Path | None = None, version: str | None = None,
    instruments: Mapping[str, Instrument] | None = None,
) -> RawAnswers:
    """Read one form's answers (see :func:`~instrument.fielding.importing.read_table`)."""
    other = None if labels is None else _open(labels)
    return read_table(
        _open(path), of_form(form_id), form_id, labels=other, version=version, instruments=instruments)


def form_of(path: Path, *, version: str | None = None, instruments: Mapping[str, Instrument] | None = None) -> str:
    """Which form a file holds answers to."""
    return form_of_table(_open(path), DIALECT, version=version, instruments=instruments)


def _open(path: Path) -> Table:
    return open_table(path, again=AGAIN)


# -- writing --------------------------------------------------------------------------------------------


def write(
    path: Path, instruments: Instrument | Sequence[Instrument], form_id: str, cells: pd.DataFrame, meta: pd.DataFrame,
    personal: pd.DataFrame | None = None, *, export: Export = "codes", language: str | None = None,
) -> None:
    """Write answers as REDCap exports records: raw codes, or choices in words."""
    layouts, questions = layouts_and_questions(instruments, form_id, cells)
    form = layouts[0].form(form_id)
    check_meta(meta, cells, form.identifiers)
    name = form_name(form)
    finished = meta["finished"].eq("1")
    complete = ("Incomplete", "Complete") if export == "labels" else ("0", "2")
    ended = zip(meta["ended"], finished, strict=True)
    out: dict[str, Sequence[str]] = {
        RECORD_ID: meta["response_id"].tolist(),
        "redcap_survey_identifier": [""] * len(meta) if personal is None else personal.iloc[:, 0].tolist(),
        f"{name}_timestamp": [end if done else NOT_COMPLETED for end, done in ended],
        **{column: meta[column].tolist() for column in (*form.identifiers, *STAMPS)},
    }
    if "status" in meta and meta["status"].ne("response").any():
        out["status"] = meta["status"].tolist()  # REDCap has no such field: ours, only where it says something
    out |= _answers(layouts, form_id, cells[questions], meta, export, language)
    out[f"{name}_complete"] = [complete[done] for done in finished]
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file, lineterminator="\r\n")
        writer.writerow(out)
        writer.writerows([harmless(cell) for cell in row] for row in zip(*out.values(), strict=True))


def _answers(
    layouts: Sequence[Instrument], form_id: str, cells: pd.DataFrame, meta: pd.DataFrame, export: Export,
    language: str | None,
) -> dict[str, Sequence[str]]:
    words = label_cells(layouts, form_id, cells, meta, language) if export == "labels" else cells
    ticks = ("Unchecked", "Checked") if export == "labels" else ("0", "1")
    out: dict[str, Sequence[str]] = {}
    for layout in layouts:
        for _, question in layout.form(form_id).questions():
            if isinstance(question, Note) or question.id not in cells or question.id in out:
                continue
            column, reason = cells[question.id], beside(question)
            if isinstance(question, Fact) and question.kind == "choices":
                for code in dict.fromkeys(str(o.code) for v in layouts for o in _offered(v, form_id, question.id)):
                    out[checkbox(question.id, code)] = [ticks[code in cell.split(",")] for cell in column]
            elif is_typed(question) and reason is not None:
                out[question.id] = ["" if cell in MISSING_CODES else cell for cell in column]
                out[reason] = [cell if cell in MISSING_CODES else "" for cell in column]
            else:
                out[question.id] = words[question.id].tolist()
    return out


def _offered(instrument: Instrument, form_id: str, question_id: str) -> tuple[Option, ...]:
    for _, question in instrument.form(form_id).questions():
        if question.id == question_id and not isinstance(question, Note):
            return instrument.options(question)
    return ()
