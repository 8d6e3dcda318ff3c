"""``alliometrics read``: one platform's export → a table of validated answers and a table of failures."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from instrument import store
from instrument.errors import Finding, InputError
from instrument.fielding import platforms
from instrument.fielding.answers import RawAnswers
from pipeline.commands.output import write_text
from pipeline.data.responses import Failure, ReadingSummary, answer_table, failure_table, validate


@dataclass(frozen=True, slots=True)
class ReadExport:
    """What was written where, and what the export held."""

    answers: Path
    failures_file: Path
    summary: ReadingSummary
    failures: tuple[Failure, ...]


def read_export(
    platform: str, file: Path, out: Path, *, version: str | None = None, labels: Path | None = None
) -> ReadExport:
    """Read, validate, and write ``out`` and, beside it, ``<stem>_failures.csv``.

    Optional blocks count as asked where the export has their columns: without a study there is no plan to say so.

    Raises
    ------
    InputError
        ``OPTION-PLATFORM``, ``OUT-SAME``, ``OUT-WRITE``, ``READ-…``, ``DATA-…``.
    """
    reader = platforms.answers(platform)
    failures_file = out.with_name(f"{out.stem}_failures.csv")
    written = {out.resolve(), failures_file.resolve()}
    for given in (file, labels):
        if given is not None and given.resolve() in written:
            raise InputError(Finding("OUT-SAME", f"--out {out}", f"An export is never overwritten; {given} would be.",
                                     "Name another file."))
    if version is not None:
        store.load(version)  # an unknown version is refused with the known ones
    form = reader.form_of(file, version=version)
    raw = reader.read(file, form, labels=labels, version=version)
    responses, failures, summary = validate(
        raw, {known: store.load(known) for known in store.versions()}, optional_blocks=_fielded_blocks(raw),
    )
    write_text(_csv(answer_table(responses), index="row"), out)
    write_text(_csv(failure_table(failures)), failures_file)
    return ReadExport(out, failures_file, summary, failures)


def report(found: ReadExport) -> list[str]:
    """The summary in sentences: rows, cells, personal columns dropped, what was not understood."""
    s = found.summary
    personal = ", ".join(f"{name} ({cells} cells)" for name, cells in s.dropped_personal.items())
    missing = ", ".join(f"{reason} {n}" for reason, n in s.missing.items())
    return [
        f"Form {s.form}: {s.rows - s.rows_set_aside} of {s.rows} responses read; {s.rows_set_aside} rows and "
        f"{s.cells_set_aside} cells set aside.",
        f"Cells: {s.answered} answered of {s.cells}{'; missing: ' + missing if missing else ''}.",
        f"Personal columns dropped: {len(s.dropped_personal)}{': ' + personal if personal else ''}.",
        f"Codes {s.label_check}",
        *([f"Columns not known and not kept: {', '.join(s.unknown_columns)}."] if s.unknown_columns else []),
        *s.notes,
        f"Answers:  {found.answers}",
        f"Failures: {found.failures_file} ({len(found.failures)})",
    ]


def _fielded_blocks(raw: RawAnswers) -> tuple[str, ...]:
    blocks = {
        block.id: None
        for version in set(raw.meta["instrument_version"]) & set(store.versions())
        for block in store.load(version).form(raw.form).blocks
        if block.optional and any(question.id in raw.cells.columns for question in block.questions)
    }
    return tuple(blocks)


def _csv(frame: pd.DataFrame, index: str | None = None) -> str:
    return str(frame.to_csv(index=index is not None, index_label=index, lineterminator="\n"))
