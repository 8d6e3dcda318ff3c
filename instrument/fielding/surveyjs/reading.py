"""SurveyJS results → :class:`~instrument.fielding.answers.RawAnswers`."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import replace
from pathlib import Path

from instrument.fielding.answers import RawAnswers
from instrument.fielding.dialect import AnswerColumns, Dialect, MetaCells, parts_by_code
from instrument.fielding.importing import form_of_table, layouts_of, read_table
from instrument.fielding.surveyjs.places import places
from instrument.fielding.surveyjs.table import AGAIN, open_results
from instrument.fielding.tables import Table
from instrument.fielding.times import in_utc, seconds_between
from instrument.model import Fact, Form, Instrument, Note

PERSONAL = (
    "ip", "IPAddress", "remoteAddress", "email", "RecipientEmail", "firstName", "RecipientFirstName", "lastName",
    "RecipientLastName", "name", "fullName", "userName", "phone", "userId", "user", "userAgent", "location",
    "location.latitude", "location.longitude", "latitude", "longitude", "LocationLatitude", "LocationLongitude",
    "ExternalReference", "referrer",
)
"""Fields of stores that may tell who somebody is."""


def columns(instrument: Instrument, form: Form) -> tuple[AnswerColumns, ...]:
    """Where a flattened result holds each answer."""
    where = places(instrument, form).questions
    return tuple(
        AnswerColumns(
            block, question, (where[question.id].column,),
            parts_by_code(instrument, question, f"{where[question.id].name}.{{code}}"),
            (beside,) if (beside := where[question.id].beside) else (),
        )
        for block, question in form.questions() if not isinstance(question, Note)
    )


def complete(cells: MetaCells) -> MetaCells:
    """Times in UTC without fractions; a result is a finished interview unless it says that it is not."""
    out = dict(cells)
    for name in ("started", "ended"):
        out[name] = [in_utc(cell) for cell in cells[name]]
    out["duration_seconds"] = [
        took or seconds_between(began, ended)
        for took, began, ended in zip(cells["duration_seconds"], out["started"], out["ended"], strict=True)]
    out["finished"] = [cell or "1" for cell in cells["finished"]]
    return out


DIALECT = Dialect(
    platform="surveyjs", program="SurveyJS", again=AGAIN, columns=columns,
    meta={
        "response_id": ("id", "_id", "responseId", "resultId", "instanceId"),
        "ended": ("createdAt", "HappendAt", "completedAt", "submittedAt", "timestamp"),
        "duration_seconds": ("timeSpent",),
        "finished": ("completed", "isCompleted"),
    },
    personal=PERSONAL,
    unused=("form", "updatedAt", "pageNo", "surveyId", "postId", "clientId", "rev", "_rev", "__v"),
    complete=complete, absent_is_empty=True,
)


def read(
    path: Path, form_id: str, *, labels: Path | None = None, version: str | None = None,
    instruments: Mapping[str, Instrument] | None = None,
) -> RawAnswers:
    """Read one form's answers from stored results: JSON, JSON lines, a folder of JSON files, or the dashboard's CSV.

    ``labels`` may name the dashboard's CSV of the same responses with the words shown.

    Raises
    ------
    InputError
        ``READ-JSON``, and what :func:`~instrument.fielding.importing.read_table` finds.
    """
    shown = open_results(Path(labels)) if labels is not None else None
    table = _tidied(open_results(Path(path)), form_id, version, instruments)
    return read_table(table, DIALECT, form_id, labels=shown, version=version, instruments=instruments)


def _tidied(
    table: Table, form_id: str, version: str | None, instruments: Mapping[str, Instrument] | None,
) -> Table:
    """Several answers joined by bare commas."""
    header, columns = table.header, list(table.columns)
    for layout in layouts_of(table, DIALECT, version, instruments):
        form = next((f for f in layout.forms if f.id == form_id), None)
        where = places(layout, form).questions if form is not None else {}
        for _, question in form.questions() if form is not None else ():
            place = where[question.id]
            if isinstance(question, Fact) and question.kind == "choices" and place.name in header:
                codes = {str(option.code) for option in layout.options(question)}
                j = header.index(place.name)
                columns[j] = tuple(_joined(cell, codes) for cell in columns[j])
    return replace(table, columns=tuple(columns))


def _joined(cell: str, codes: Collection[str]) -> str:
    """``[1, 3]`` or ``1; 3``, as tables made for people have it, is ``1,3``. Words stay as they are."""
    parts = [part.strip(" \"'") for part in re.split("[,;]", cell.strip().strip("[]"))]
    return ",".join(parts) if all(part in codes for part in parts) else cell


def form_of(
    path: Path, *, version: str | None = None, instruments: Mapping[str, Instrument] | None = None,
) -> str:
    """Which form results answer."""
    return form_of_table(open_results(Path(path)), DIALECT, version=version, instruments=instruments)
