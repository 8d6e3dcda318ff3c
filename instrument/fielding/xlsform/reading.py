"""Exports of KoboToolbox and ODK Central → answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from instrument.fielding.answers import RawAnswers
from instrument.fielding.dialect import Dialect, MetaCells
from instrument.fielding.importing import form_of_table, layouts_of, read_table
from instrument.fielding.tables import Table, open_table
from instrument.fielding.times import in_utc, seconds_between
from instrument.fielding.xlsform import names
from instrument.fielding.xlsform.columns import (
    MOVED,
    OURS,
    Known,
    fields_in,
    joined,
    known_fields,
    last_part,
)
from instrument.fielding.xlsform.fields import answer_columns
from instrument.fielding.xlsform.words import Offered, one_answer, several_answers
from instrument.model import Instrument
from instrument.spreadsheet import restored

PERSONAL = (
    "username", "deviceid", "phonenumber", "simserial", "subscriberid", "email", "_submitted_by", "SubmitterID",
    "SubmitterName", "audit", "audit_URL", "background-audio", "_geolocation", "geopoint", "geotrace", "geoshape",
    "location", "gps", "latitude", "longitude", "IPAddress", "IP address", "name", "phone", "RecipientEmail",
    "RecipientFirstName", "RecipientLastName", "ExternalReference", "LocationLatitude", "LocationLongitude",
)
UNUSED = (
    OURS, MOVED, "_id", "_submission_time", "_validation_status", "_notes", "_tags", "_index", "_attachments",
    "__version__", "_xform_id_string", "_bamboo_dataset_id", "_xform_id", "submission status", "formhub/uuid",
    "rootUuid", "deprecatedID", "instanceName", "SubmissionDate", "AttachmentsPresent", "AttachmentsExpected",
    "ReviewState", "Edits", "FormVersion", "today",
)
_META = {
    "response_id": ("KEY", "_uuid", "instanceID"), "instrument_version": (names.VERSION,),
    "language": (names.LANGUAGE,), "started": (names.STARTED, "start"), "ended": (names.ENDED, "end"),
}
_AGAIN = {
    "kobo": "Download the data as CSV or XLS with the format \"XML values and headers\".",
    "odk": "Download all data as CSV (if it comes as a ZIP archive, take the table of the form out of it).",
    "xlsform": "Download the data again, from KoboToolbox with \"XML values and headers\", or from ODK Central as CSV.",
}
_PROGRAMS = {"kobo": "KoboToolbox", "odk": "ODK Central", "xlsform": "KoboToolbox or ODK Central"}
_PLATFORM_NAMES = (*PERSONAL, *UNUSED, *(name for own in _META.values() for name in own))


def read(
    path: Path, form_id: str, *, labels: Path | None = None, version: str | None = None,
    instruments: Mapping[str, Instrument] | None = None, platform: str = "xlsform",
) -> RawAnswers:
    """Read one form's answers (see :func:`~instrument.fielding.importing.read_table`).

    KoboToolbox's and ODK Central's tables are told apart by their columns.
    """
    opened = _opened(path, platform, version, instruments, form_id)
    other = None if labels is None else _opened(labels, platform, version, instruments, form_id)
    plain = opened.plain | (other.plain if other is not None else {})
    return read_table(
        opened.table, _dialect(platform, plain), form_id, labels=other.table if other is not None else None,
        version=version, instruments=instruments, notes=opened.notes,
    )


def form_of(
    path: Path, *, version: str | None = None, instruments: Mapping[str, Instrument] | None = None,
    platform: str = "xlsform",
) -> str:
    """Which form a file holds answers to."""
    opened = _opened(path, platform, version, instruments, None)
    return form_of_table(opened.table, _dialect(platform, opened.plain), version=version, instruments=instruments)


def _dialect(platform: str, plain: Mapping[str, str] | None = None) -> Dialect:
    """``plain``: header → name of its field; without it, whatever stands last in the header."""
    return Dialect(
        platform, _PROGRAMS[platform], _AGAIN[platform], columns=answer_columns, meta=_META, personal=PERSONAL,
        unused=UNUSED, plain=last_part if plain is None else lambda header: plain.get(header, header),
        complete=_complete, restore=restored,
    )


# -- a table under our names ------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Opened:
    table: Table
    plain: dict[str, str]
    notes: tuple[str, ...]


def _opened(
    path: Path, platform: str, version: str | None, instruments: Mapping[str, Instrument] | None, form_id: str | None,
) -> _Opened:
    table = open_table(path, again=_AGAIN[platform], separators=(",", ";"))
    layouts = layouts_of(table, _dialect(platform), version, instruments)
    known = known_fields(layouts, form_id)
    found = fields_in(table, known, _PLATFORM_NAMES)
    table, found, notes = joined(table, found, known)
    table = _with_commas(table, found, known)
    # A header that says several things in several columns cannot be looked up: there the field's name stands for it.
    said: dict[str, set[str]] = {}
    for written, name in zip(table.header, found, strict=True):
        said.setdefault(written, set()).add(name)
    headers = tuple(h if len(said[h]) == 1 else name for h, name in zip(table.header, found, strict=True))
    plain = {h: name for h, name in zip(headers, found, strict=True) if h != name}
    return _Opened(replace(table, header=headers), plain, notes)


def _with_commas(table: Table, found: Sequence[str], known: Known) -> Table:
    """Words in the questionnaire's spelling; several answers parted by commas, as everywhere in this program."""
    columns = list(table.columns)
    at = {name: j for j, name in enumerate(found)}
    for name, words in known.choices.items():
        if name not in at:
            continue
        offered = Offered(frozenset(known.codes[name]), words)
        parts = {code: f"{name}/{code}" for code in known.codes[name] if f"{name}/{code}" in known.fields}
        column = columns[at[name]]
        if parts:
            ticks = {code: columns[at[part]] for code, part in parts.items() if part in at}
            columns[at[name]] = tuple(several_answers(column, offered, ticks))
        else:
            columns[at[name]] = tuple(one_answer(column, offered))
    return replace(table, columns=tuple(columns))


# -- metadata ---------------------------------------------------------------------------------------------


def _complete(cells: MetaCells) -> MetaCells:
    """Only what was sent is on the server, so it is finished unless the file says otherwise; times are in UTC."""
    return {
        **cells,
        "response_id": [cell.removeprefix("uuid:") for cell in cells["response_id"]],
        "started": [in_utc(cell) for cell in cells["started"]],
        "ended": [in_utc(cell) for cell in cells["ended"]],
        "duration_seconds": [
            given or seconds_between(start, end)
            for given, start, end in zip(cells["duration_seconds"], cells["started"], cells["ended"], strict=True)
        ],
        "finished": [cell or "1" for cell in cells["finished"]],
    }
