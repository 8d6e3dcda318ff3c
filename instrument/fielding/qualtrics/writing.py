"""Answers → a CSV file in the form in which Qualtrics exports responses."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO, get_args

import pandas as pd

from instrument.fielding.answers import Export
from instrument.fielding.qualtrics.layout import (
    METADATA,
    MISSING_RECODES,
    STATUS,
    VERSION_FIELD,
    AnswerColumn,
    answer_columns,
)
from instrument.fielding.writing import check_meta, layouts_and_questions
from instrument.model import Fact, Instrument
from instrument.spreadsheet import harmless


def write(
    path: Path,
    instruments: Instrument | Sequence[Instrument],
    form_id: str,
    cells: pd.DataFrame,
    meta: pd.DataFrame,
    personal: pd.DataFrame | None = None,
    *,
    export: Export = "codes",
    language: str | None = None,
) -> None:
    """Write answers as Qualtrics would export them: three header rows, metadata, answers, embedded data.

    The same answers give the same bytes. Texts that a spreadsheet would run are made harmless.

    Parameters
    ----------
    instruments
        The versions whose answers stand in the file, as in a survey that was edited while it ran: columns are those
        of all of them, and each row is written by the version its ``instrument_version`` names (the last, where it
        names none of these). Header texts are those of the last version that has the question.
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

    Raises
    ------
    ValueError
        For tables that do not fit the form, a language that a version does not have, and versions that no survey
        could hold together, because they number their questions differently.
    """
    if export not in get_args(Export):
        raise ValueError(f"export must be one of {get_args(Export)}, not {export!r}")
    layouts, questions = layouts_and_questions(instruments, form_id, cells)
    columns = [column for column in merged(layouts, form_id) if column.question in questions]
    fields = tuple(dict.fromkeys(name for layout in layouts for name in layout.form(form_id).identifiers))
    check_meta(meta, cells, fields)
    if personal is not None and not personal.index.equals(cells.index):
        raise ValueError("personal and cells must have the same rows in the same order")
    _check_language(layouts, language)
    embedded = (*fields, VERSION_FIELD)
    tags = [*(m.tag for m in METADATA), *(c.question for c in columns), *embedded, ""]
    texts = [*(m.text for m in METADATA), *(harmless(c.header) for c in columns), *embedded, ""]
    imports = [
        *(_import_cell(m.import_id, zone="Date" in m.tag) for m in METADATA),
        *(_import_cell(c.import_id) for c in columns), *(_import_cell(field) for field in embedded), "",
    ]
    shown = _Answers(layouts, meta[VERSION_FIELD].tolist(), export, language)
    body = [
        *_metadata_cells(meta, personal, cells, export),
        *(shown.cells(column, cells[column.question].tolist()) for column in columns),
        *(list(map(harmless, meta[field])) for field in embedded),
        [""] * len(cells),
    ]
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(_UnixLines(file), lineterminator="\r\n")
        writer.writerows([tags, texts, imports])
        writer.writerows(zip(*body, strict=True))


# -- columns of several versions ------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class MergedColumn:
    """A question's column in a file of several versions; ``by_version`` holds it as each version that asks it does."""

    question: str
    import_id: str
    header: str
    by_version: dict[str, AnswerColumn]


def merged(layouts: Sequence[Instrument], form_id: str) -> list[MergedColumn]:
    """The columns of all versions, a new one behind the one that it follows in its own version.

    Raises
    ------
    ValueError
        If versions place a question under different ImportIds, or different questions under one.
    """
    order: list[str] = []
    found: dict[str, dict[str, AnswerColumn]] = {}
    headers: dict[str, str] = {}
    for layout in layouts:
        at = 0
        for column in answer_columns(layout.form(form_id)):
            question = column.question.id
            if question not in found:
                order.insert(at, question)
            at = order.index(question) + 1
            found.setdefault(question, {})[layout.version] = column
            headers[question] = column.header(layout)
    out = [MergedColumn(q, next(iter(found[q].values())).import_id, headers[q], found[q]) for q in order]
    _check_import_ids(out)
    return out


def _check_import_ids(columns: Sequence[MergedColumn]) -> None:
    moved = [
        c.question for c in columns if any(own.import_id != c.import_id for own in c.by_version.values())]
    if moved:
        raise ValueError(f"the versions place these questions under different ImportIds: {', '.join(moved)}")
    owners: dict[str, str] = {}
    for column in columns:
        if owners.setdefault(column.import_id, column.question) != column.question:
            raise ValueError(f"the versions place {owners[column.import_id]} and {column.question} under one ImportId, "
                             f"{column.import_id}")


def _check_language(layouts: Sequence[Instrument], language: str | None) -> None:
    for layout in layouts:
        if language is not None and language not in layout.languages:
            raise ValueError(f"version {layout.version} has no language {language!r}")


class _UnixLines:
    """Ends lines with a bare newline. Before Python 3.13, csv quotes a carriage return only if lines end with one."""

    def __init__(self, file: TextIO) -> None:
        self._file = file

    def write(self, line: str) -> int:
        return self._file.write(line.removesuffix("\r\n") + "\n")


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
            out.append(list(map(harmless, meta[column.meta])))
        elif personal is not None and column.tag in personal.columns:
            out.append(list(map(harmless, personal[column.tag])))
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


# -- answers --------------------------------------------------------------------------------------------


class _Answers:
    """What the export shows for the codes in a column, row by row in the row's own version."""

    def __init__(
        self, layouts: Sequence[Instrument], versions: Sequence[str], export: Export, language: str | None
    ) -> None:
        self._layouts = {layout.version: layout for layout in layouts}
        fallback = layouts[-1].version
        self._rows = [version if version in self._layouts else fallback for version in versions]
        self._export, self._language = export, language

    def cells(self, column: MergedColumn, answers: Sequence[str]) -> list[str]:
        show = {version: self._shown(version, own) for version, own in column.by_version.items()}
        shown = {
            (version, answer): show[version](answer) if version in show else harmless(answer)
            for version, answer in set(zip(self._rows, answers, strict=True))
        }
        return [shown[pair] for pair in zip(self._rows, answers, strict=True)]

    def _shown(self, version: str, column: AnswerColumn) -> Callable[[str], str]:
        """A function from the codes in a cell to what the export shows. A code that is not offered stays as it is."""
        if column.typed:
            return harmless
        layout, question = self._layouts[version], column.question
        shown = {
            str(option.code): (
                MISSING_RECODES.get(str(option.code), str(option.code)) if self._export == "codes"
                else layout.label(question, option.code, self._language)
            )
            for option in layout.options(question)
        }
        if isinstance(question, Fact) and question.kind == "choices":
            return lambda answer: harmless(",".join(shown.get(code, code) for code in answer.split(",")))
        return lambda answer: harmless(shown.get(answer, answer))
