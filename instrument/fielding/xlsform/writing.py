"""Answers → a table as KoboToolbox or ODK Central exports it."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Literal, get_args

import pandas as pd

from instrument.errors import Finding, InputError
from instrument.fielding.answers import Export
from instrument.fielding.words import is_typed
from instrument.fielding.writing import check_meta, layouts_and_questions
from instrument.fielding.xlsform import names
from instrument.fielding.xlsform.fields import Field, fields_of, has_reason
from instrument.fielding.xlsform.wording import STRAIGHT, WORD_JOINER
from instrument.fielding.xlsform.workbook import workbook
from instrument.model import Fact, Instrument, Item, Note
from instrument.spreadsheet import harmless, restored

SUFFIX = ".csv"

Style = Literal["kobo", "odk"]
Column = tuple[str, list[str]]
"""Header, and cells, one a response."""


def write(
    path: Path, instruments: Instrument | Sequence[Instrument], form_id: str, cells: pd.DataFrame, meta: pd.DataFrame,
    personal: pd.DataFrame | None = None, *, export: Export = "codes", language: str | None = None,
    style: Style = "kobo",
) -> None:
    """Write answers as KoboToolbox or ODK Central would export them; a workbook where the path ends in ``.xlsx``.

    Each row stands in the fields of its own version; a field that is in another group there has a column for each.
    The same answers give the same bytes.

    Parameters
    ----------
    personal
        Personal columns, written under their own names.
    export
        ``labels`` for Kobo only: words in place of codes, and of names above the columns.
    language
        Of those words; the base language if None.

    Raises
    ------
    InputError
        ``WRITE-LABELS``: ODK Central exports no words.
    """
    if export not in get_args(Export) or style not in get_args(Style):
        raise ValueError(f"export is one of {get_args(Export)}, style one of {get_args(Style)}")
    if style == "odk" and export == "labels":
        raise InputError(Finding(
            "WRITE-LABELS", path.name, "ODK Central exports codes only; there is no export with words to write.",
            "Leave `labels` out of the form in study.yaml.",
        ))
    layouts, questions = layouts_and_questions(instruments, form_id, cells)
    check_meta(meta, cells, layouts[0].form(form_id).identifiers)
    table = _Table(style, "words" if export == "labels" else "names", language, len(cells))
    version = meta["instrument_version"]
    for layout in layouts:
        # A row of a version that nobody knows is written as the last version would.
        unknown = ~version.isin([one.version for one in layouts]) if layout is layouts[-1] else False
        rows = (version.eq(layout.version) | unknown).to_numpy().nonzero()[0].tolist()
        table.fill(layout, form_id, cells[questions], meta, rows)
    columns = [*table.columns(), *_added(style, meta, personal)]
    if style == "odk":
        columns.insert(0, ("SubmissionDate", _times(meta["ended"]).tolist()))
    records = [[header for header, _ in columns], *map(list, zip(*(cells for _, cells in columns), strict=True))]
    records = [[harmless(cell) for cell in record] for record in records]
    if path.suffix.casefold() == ".xlsx":
        path.write_bytes(workbook({form_id: records}))
    else:
        text = io.StringIO(newline="")
        if style == "kobo":
            writer = csv.writer(text, delimiter=";", quoting=csv.QUOTE_ALL, lineterminator="\n")
        else:
            writer = csv.writer(text, lineterminator="\n")
        writer.writerows(records)
        path.write_text(text.getvalue(), encoding="utf-8", newline="")


class _Table:
    """Columns of one file as the versions fill them."""

    def __init__(self, style: Style, headed_by: Literal["names", "words"], language: str | None, n: int) -> None:
        self._style, self._words, self._language, self._n = style, headed_by == "words", language, n
        self._columns: dict[tuple[str, str], tuple[str, list[str]]] = {}
        """Group and field (or field/code) → header and cells."""

    def _column(self, group: str, name: str, header: str) -> list[str]:
        return self._columns.setdefault((group, name), (header, [""] * self._n))[1]

    def fill(
        self, layout: Instrument, form_id: str, cells: pd.DataFrame, meta: pd.DataFrame, rows: Sequence[int],
    ) -> None:
        """Write the rows of one version."""
        form = layout.form(form_id)
        spoken = self._language or layout.language
        asked = {names.field(q.id): q for _, q in form.questions() if not isinstance(q, Note)}
        reasons = {names.reason_field(q.id): q for q in asked.values() if has_reason(q)}
        known: Mapping[str, pd.Series[str]] = {
            names.STARTED: _times(meta["started"]), names.ENDED: _times(meta["ended"]),
            names.VERSION: meta["instrument_version"], names.LANGUAGE: meta["language"],
            names.LANGUAGE_SHOWN: pd.Series("shown", index=meta.index),
            **{identifier: meta[identifier] for identifier in form.identifiers},
        }
        for field in fields_of(layout, form, spoken):
            question = asked.get(field.name) or reasons.get(field.name)
            if question is not None and question.id not in cells:
                continue  # of an optional block that was not fielded
            if field.kind == "note" and self._style == "kobo":
                continue
            column = self._column(field.group, field.name, self._header(field))
            if question is not None:
                self._answers(layout, field, question, cells[question.id].tolist(), rows, column, spoken)
            elif field.name in known:
                given = known[field.name].tolist()
                for k in rows:
                    column[k] = given[k]

    def _answers(
        self, layout: Instrument, field: Field, question: Item | Fact, answers: list[str], rows: Sequence[int],
        column: list[str], spoken: str,
    ) -> None:
        words = {str(o.code): _exported(layout.label(question, o.code, spoken)) for o in layout.options(question)}

        def show(code: str) -> str:
            return words.get(code, code) if self._words else code

        if has_reason(question):
            beside = field.name == names.reason_field(question.id)
            for k in rows:
                if (answers[k] in words) == beside:
                    column[k] = show(answers[k]) if beside else answers[k]
        elif is_typed(question) or not (isinstance(question, Fact) and question.kind == "choices"):
            for k in rows:
                column[k] = answers[k] if is_typed(question) else show(answers[k])
        else:
            header = self._header(field)
            for k in rows:
                column[k] = " ".join(show(code) for code in answers[k].split(",")) if answers[k] else ""
            for code in words:
                part = self._column(field.group, f"{field.name}/{code}", f"{header}/{show(code)}")
                for k in rows:
                    part[k] = str(int(code in answers[k].split(","))) if answers[k] else ""

    def _header(self, field: Field) -> str:
        if self._words and field.label:
            return _exported(restored(field.label))
        return field.path("/" if self._style == "kobo" else "-")

    def columns(self) -> list[Column]:
        return list(self._columns.values())


def _exported(label: str) -> str:
    """A label as Kobo gives it back: pyxform has straightened its quotation marks."""
    return label.replace("${", f"${WORD_JOINER}{{").translate(STRAIGHT)


# -- what a server adds -----------------------------------------------------------------------------------


def _added(style: Style, meta: pd.DataFrame, personal: pd.DataFrame | None) -> list[Column]:
    """The server's own columns, and personal ones; what a server never says stands in columns of our own."""
    n, ids = len(meta), meta["response_id"].tolist()
    uuids = [f"uuid:{one}" for one in ids]
    status = meta["status"].tolist() if "status" in meta else ["response"] * n
    said = ["" if one == "response" else one for one in status]
    own: list[Column] = []
    if (meta["finished"] != "1").any():
        own.append(("finished", meta["finished"].tolist()))
    if (meta["duration_seconds"] != _seconds(meta)).any():
        own.append(("duration_seconds", meta["duration_seconds"].tolist()))
    if personal is not None:
        own += [(str(name), personal[name].tolist()) for name in personal.columns]
    if style == "odk":
        return [
            ("meta-instanceID", uuids), ("KEY", uuids), ("AttachmentsPresent", ["0"] * n),
            ("AttachmentsExpected", ["0"] * n), ("Status", said), ("ReviewState", [""] * n), ("Edits", ["0"] * n),
            ("FormVersion", meta["instrument_version"].tolist()), *own,
        ]
    return [
        ("_id", [str(1 + k) for k in range(n)]), ("_uuid", ids),
        ("_submission_time", [time.replace(" ", "T") for time in meta["ended"]]), ("_validation_status", [""] * n),
        ("_notes", [""] * n), ("_status", ["submitted_via_web"] * n),
        ("__version__", [f"v{version.replace('.', '')}" for version in meta["instrument_version"]]),
        ("_tags", [""] * n), ("meta/rootUuid", uuids), ("_index", [str(1 + k) for k in range(n)]),
        *([("status", said)] if any(said) else []), *own,
    ]


def _times(column: pd.Series[str]) -> pd.Series[str]:
    """``2026-03-02 09:00:00`` in UTC as a phone writes it; anything else as it stands."""
    return column.str.replace(r"^(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d)$", r"\1T\2.000+00:00", regex=True)


def _seconds(meta: pd.DataFrame) -> pd.Series[str]:
    """What a reader works out from the times of an interview."""
    started, ended = (
        pd.to_datetime(meta[name], format="%Y-%m-%d %H:%M:%S", errors="coerce") for name in ("started", "ended"))
    return (ended - started).dt.total_seconds().map(lambda seconds: "" if pd.isna(seconds) else str(round(seconds)))
