"""A Qualtrics export of responses → :class:`~instrument.fielding.answers.RawAnswers`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import pandas as pd

from instrument.errors import Finding, InputError
from instrument.fielding.answers import META_COLUMNS, LabelCheck, RawAnswers, ReadingIssue
from instrument.fielding.importing import FINISHED, known_versions, language_code, most_told
from instrument.fielding.labels import Choices, answer_form, choices_of, to_codes, verify
from instrument.fielding.qualtrics.columns import Columns, find_version_column, form_scores, match_columns
from instrument.fielding.qualtrics.csvfile import EXPORT_AGAIN, ExportFile, open_export
from instrument.fielding.qualtrics.layout import LETTERS, STATUS_READ, UNANSWERED, VERSION_FIELD, answer_columns
from instrument.fielding.uncollected import uncollected
from instrument.model import Instrument
from instrument.spreadsheet import restored


@uncollected
def read(
    path: Path,
    form_id: str,
    *,
    labels: Path | None = None,
    version: str | None = None,
    instruments: Mapping[str, Instrument] | None = None,
) -> RawAnswers:
    """Read one form's answers from a CSV export, numeric values or choice text.

    Personal columns are dropped here: their cells are counted and never kept. What is wrong with the file
    is raised, all of it at once; what is wrong with a row or a cell is in ``issues`` or left to validation.

    Parameters
    ----------
    labels
        The same responses exported with choice text, to verify the codes by.
    version
        The instrument version whose questionnaire the columns follow. Left out, the responses' own embedded
        field ``instrument_version`` decides; it decides for each row in any case, if the export has it.
    instruments
        Version → instrument, where it is not the released ones that count.

    Raises
    ------
    InputError
        Codes that begin with ``READ-``; docs/reading.md lists them.
    """
    file = open_export(Path(path))
    layouts = _layouts(file, version, instruments)
    columns = match_columns(file, layouts, form_id, version_given=version is not None)
    meta = _meta(file, columns, layouts, layouts[0].form(form_id).identifiers, version)
    found = _cells(file, columns, layouts, form_id)
    cells = found.cells
    choices = choices_of(layouts, form_id, cells, LETTERS)
    form = answer_form(choices, cells)
    coded, issues, from_words = to_codes(choices, cells, file.rows, form)
    issues = [*file.width_issues(EXPORT_AGAIN), *issues]
    if labels is not None:
        check, more = _verified(file, columns, labels, layouts, form_id, choices, coded, meta, version)
        issues += more
    elif form == "labels":
        check = LabelCheck("verified", from_words, "The export holds choice text; codes were read from the words.")
    else:
        check = LabelCheck(
            "not verified", 0,
            "No export with choice text was given, so it is not known whether the codes carry the words shown.",
        )
    order = [question for question in _question_order(layouts, form_id) if question in coded]
    return RawAnswers(
        platform="qualtrics", form=form_id, file=file.name, sha256=file.sha256,
        cells=pd.DataFrame({question: coded[question] for question in order}, index=meta.index, dtype="str"),
        meta=meta,
        dropped_personal={
            tag: sum(1 for j in found for cell in file.columns[j] if cell.strip())
            for tag, found in columns.personal.items()
        },
        unknown_columns=tuple(
            file.tags[j] or file.place(j).removeprefix(f"{file.name}, ") for j in columns.unknown
        ),
        label_check=check,
        matched_by="column name" if file.import_ids is None else "import id",
        issues=tuple(issues), notes=(*_notes(file, form, found), *columns.notes),
    )


def form_of(
    path: Path, *, version: str | None = None, instruments: Mapping[str, Instrument] | None = None
) -> str:
    """Which form a file holds answers to, by its columns.

    Raises
    ------
    InputError
        ``READ-NOT-THIS-FORM`` if nothing tells; else as :func:`read` does for a file or its version.
    """
    file = open_export(Path(path))
    scores = form_scores(file, _layouts(file, version, instruments)[0])
    return most_told(scores, f"{file.name}, rows 1 to 3", EXPORT_AGAIN)


def _layouts(
    file: ExportFile, version: str | None, instruments: Mapping[str, Instrument] | None
) -> tuple[Instrument, ...]:
    """The versions whose questionnaires the columns follow: the one given, or those the responses name."""
    j = find_version_column(file)
    if version is not None:
        wanted = [version]
    elif j is not None:
        wanted = sorted({cell.strip() for cell in file.columns[j]} - {""})
    else:
        raise InputError(Finding(
            "READ-COLUMN-MISSING", f"{file.name}, row 1",
            f"The field {VERSION_FIELD} must have a column; it has none.",
            f"Add it to the survey flow as embedded data, or name the version that was fielded. {EXPORT_AGAIN}",
        ))
    return known_versions(wanted, instruments, file.name if j is None or version is not None else file.place(j))


def _meta(
    file: ExportFile, columns: Columns, layouts: Sequence[Instrument], identifiers: Sequence[str], version: str | None
) -> pd.DataFrame:
    def cells(name: str) -> list[str]:
        return [restored(cell.strip()) for cell in file.columns[columns.meta[name]]] if name in columns.meta else []

    n = len(file.rows)
    languages = {language.casefold(): language for instrument in layouts for language in instrument.languages}
    out = {name: cells(name) or [""] * n for name in (*META_COLUMNS, *identifiers)}
    if VERSION_FIELD not in columns.meta and version is not None:
        out[VERSION_FIELD] = [version] * n
    out["language"] = [language_code(cell, languages) for cell in out["language"]]
    out["finished"] = [FINISHED.get(cell.casefold(), cell) for cell in out["finished"]]
    out["status"] = [STATUS_READ.get(cell.casefold(), cell or "response") for cell in out["status"]]
    for name in ("started", "ended"):
        out[name] = _in_utc(file, columns.meta[name], out[name], columns.notes)
    return pd.DataFrame(out, index=pd.Index(file.rows, name="row"), dtype="str")


def _in_utc(file: ExportFile, j: int, cells: list[str], notes: list[str]) -> list[str]:
    zone = file.zones.get(j, "Z")
    if zone in ("Z", "UTC", "GMT", "Etc/UTC"):
        return cells
    try:
        local = ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise InputError(Finding(
            "READ-TIMEZONE", file.place(j), f"Dates must be in a time zone that has a name; found {zone!r}.",
            "Export with the time zone UTC.",
        )) from error
    times = pd.to_datetime(pd.Series(cells), format="%Y-%m-%d %H:%M:%S", errors="coerce")
    # One hour a year happens twice; the first is as good a guess as any and moves no duration.
    located = times.dt.tz_localize(local, ambiguous=True, nonexistent="shift_forward")
    second = times.dt.tz_localize(local, ambiguous=False, nonexistent="NaT")
    absent, doubled = int((located.notna() & second.isna()).sum()), int((second > located).sum())
    if doubled:
        notes.append(f"{doubled} times in {file.tags[j]} happened twice in {zone}, when the clock was put back: "
                     "the first is taken.")
    if absent:
        notes.append(f"{absent} times in {file.tags[j]} do not exist in {zone}, where the clock was put forward: "
                     "the end of the gap is taken.")
    utc = located.dt.tz_convert("UTC")
    written = utc.dt.strftime("%Y-%m-%d %H:%M:%S")
    return [cell if pd.isna(time) else time for cell, time in zip(cells, written, strict=True)]


@dataclass(frozen=True, slots=True)
class _Found:
    """Cells by question id, as they were typed; how many −99 were taken for empty, and how many were made harmless."""

    cells: dict[str, Sequence[str]]
    blanked: int
    guarded: int


def _cells(file: ExportFile, columns: Columns, layouts: Sequence[Instrument], form_id: str) -> _Found:
    """The questions' cells.

    Qualtrics writes −99 for "seen but unanswered" where the export asks for it. Its recodes are positive, and
    no count is negative, so it means nothing else; only in a text could it have been typed.
    """
    texts = {
        column.question.id for instrument in layouts for column in answer_columns(instrument.form(form_id))
        if column.question.type == "fact" and column.question.kind == "text"
    }
    cells: dict[str, Sequence[str]] = {}
    blanked = guarded = 0
    for question, j in columns.questions.items():
        cells[question] = column = file.columns[j]
        distinct = set(column)
        typed = {cell: restored(cell) for cell in distinct if restored(cell) != cell}
        guarded += sum(1 for cell in column if cell in typed) if typed else 0
        if question not in texts and UNANSWERED in distinct:
            typed[UNANSWERED] = ""
            blanked += column.count(UNANSWERED)
        if typed:
            cells[question] = [typed.get(cell, cell) for cell in column]
    return _Found(cells, blanked, guarded)


def _notes(file: ExportFile, form: str, found: _Found) -> list[str]:
    notes = []
    if file.import_ids is None:
        notes.append("The file has no ImportIds (legacy view): columns were matched by name.")
    if form == "labels":
        notes.append("The file holds choice text: codes were read from the words.")
    if found.blanked:
        notes.append(
            f"{found.blanked} cells hold {UNANSWERED}, Qualtrics' mark for seen but unanswered: read as unanswered.")
    if found.guarded:
        notes.append(f"{found.guarded} cells begin with the apostrophe that keeps a spreadsheet from running them: "
                     "read without it.")
    return notes


def _question_order(layouts: Sequence[Instrument], form_id: str) -> list[str]:
    from_all = (q.id for instrument in layouts for _, q in instrument.form(form_id).questions())
    return list(dict.fromkeys(from_all))


def _verified(
    file: ExportFile, columns: Columns, labels: Path, layouts: Sequence[Instrument], form_id: str,
    choices: Sequence[Choices], coded: Mapping[str, Sequence[str]], meta: pd.DataFrame, version: str | None,
) -> tuple[LabelCheck, tuple[ReadingIssue, ...]]:
    other = open_export(Path(labels))
    found = match_columns(other, layouts, form_id, version_given=version is not None)
    comparison = verify(
        choices, coded, meta["response_id"].tolist(), file.rows,
        _cells(other, found, layouts, form_id).cells,
        [cell.strip() for cell in other.columns[found.meta["response_id"]]],
        file=file.name, label_file=other.name, place=lambda question: file.place(columns.questions[question]),
    )
    note = f"{comparison.cells} cells of {comparison.responses} responses were compared with {other.name}"
    unseen = len(file.rows) - comparison.responses
    if unseen:
        note += f"; {unseen} responses are not in it and stay unverified"
    if comparison.issues:
        note += f"; {len(comparison.issues)} cells disagree and are set aside"
    return LabelCheck("verified", comparison.cells, f"{note}."), comparison.issues
