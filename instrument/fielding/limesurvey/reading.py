"""LimeSurvey's exported responses → :class:`~instrument.fielding.answers.RawAnswers`."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from instrument.fielding.answers import RawAnswers
from instrument.fielding.dialect import AnswerColumns, Dialect, MetaCells
from instrument.fielding.importing import form_of_table, layouts_of, read_table
from instrument.fielding.limesurvey.codes import LANGUAGE, VERSION, codes
from instrument.fielding.limesurvey.table import plain
from instrument.fielding.tables import open_table
from instrument.fielding.times import seconds_between
from instrument.model import Form, Instrument, Note
from instrument.spreadsheet import restored

AGAIN = ("In LimeSurvey: Responses, Export; format CSV, headings `Question code`, responses `Answer codes`, all "
         "columns, completed and incomplete responses.")
SEPARATORS = (",", ";", "\t")
NO_DATE = "1980-01-01 00:00:00"
"""What LimeSurvey writes as a date where it was told to record none."""

SERVER_TIMES = "LimeSurvey records times by its server's clock and names no time zone: they are taken for UTC."


def answer_columns(instrument: Instrument, form: Form) -> tuple[AnswerColumns, ...]:
    """Where :func:`~instrument.fielding.limesurvey.table.plain` puts each answer."""
    places = codes(instrument, form).questions
    return tuple(
        AnswerColumns(
            block, question,
            (place.code if place.row is None else f"{place.code}[{place.row}]",),
            beside=(place.beside,) if place.beside else (),
        )
        for block, question in form.questions() if not isinstance(question, Note)
        for place in (places[question.id],)
    )


def complete(cells: MetaCells) -> MetaCells:
    """An interview is finished where it was submitted; how long it took LimeSurvey says only if it was told to."""
    n = len(cells["response_id"])
    submitted = cells.get("_submitted", [""] * n)
    out = dict(cells)
    if "_submitted" in cells:
        out["finished"] = ["1" if cell.strip() not in ("", "NULL", "N/A") else "0" for cell in submitted]
    out["ended"] = [last or (done if done != NO_DATE else "")
                    for last, done in zip(cells["ended"], submitted, strict=True)]
    out["language"] = [said or began for said, began in
                       zip(cells["language"], cells.get("_startlanguage", [""] * n), strict=True)]
    out["duration_seconds"] = [
        _seconds(took) or seconds_between(began, ended)
        for took, began, ended in zip(cells["duration_seconds"], out["started"], out["ended"], strict=True)]
    return out


def _seconds(took: str) -> str:
    """``630.00`` is 630 seconds."""
    return took.rstrip("0").rstrip(".") if "." in took else took


DIALECT = Dialect(
    platform="limesurvey", program="LimeSurvey", again=AGAIN, columns=answer_columns,
    meta={
        "response_id": ("id", "Response ID"), "instrument_version": (VERSION,), "language": (LANGUAGE,),
        "_startlanguage": ("startlanguage", "Start language"), "_submitted": ("submitdate", "Date submitted"),
        "started": ("startdate", "Date started"), "ended": ("datestamp", "Date last action"),
        "duration_seconds": ("interviewtime", "Total time"),
    },
    personal=("ipaddr", "IP address", "refurl", "Referrer URL", "token", "Access code", "firstname", "First name",
              "lastname", "Last name", "email", "Email address", "participant_id", "attribute_1", "attribute_2",
              "attribute_3", "attribute_4", "attribute_5", "RecipientFirstName", "RecipientLastName",
              "RecipientEmail", "LocationLatitude", "LocationLongitude", "ExternalReference"),
    unused=("form", "lastpage", "Last page", "seed", "quota_exit"),
    needed=("response_id",), complete=complete, restore=restored,
)


def read(
    path: Path, form_id: str, *, labels: Path | None = None, version: str | None = None,
    instruments: Mapping[str, Instrument] | None = None,
) -> RawAnswers:
    """Read one form's answers from a CSV or Excel export, with answer codes or full answers.

    Raises
    ------
    InputError
        What :func:`~instrument.fielding.importing.read_table` finds.
    """
    table = open_table(Path(path), again=AGAIN, separators=SEPARATORS)
    layouts = layouts_of(table, DIALECT, version, instruments)
    exported = plain(table, layouts, [form.id for form in layouts[0].forms])
    shown = None
    if labels is not None:
        shown = plain(open_table(Path(labels), again=AGAIN, separators=SEPARATORS), layouts, [form_id]).table
    notes = [SERVER_TIMES]
    if exported.times:
        notes.append(f"{exported.times} columns of LimeSurvey's times per page and question were not kept.")
    return read_table(exported.table, DIALECT, form_id, labels=shown, version=version, instruments=instruments,
                      issues=exported.issues, notes=notes)


def form_of(
    path: Path, *, version: str | None = None, instruments: Mapping[str, Instrument] | None = None,
) -> str:
    """Which form an export holds answers to."""
    table = open_table(Path(path), again=AGAIN, separators=SEPARATORS)
    layouts = layouts_of(table, DIALECT, version, instruments)
    exported = plain(table, layouts, [form.id for form in layouts[0].forms])
    return form_of_table(exported.table, DIALECT, version=version, instruments=instruments)
