"""A table of answers in a platform's dialect → :class:`~instrument.fielding.answers.RawAnswers`.

Columns are matched by name, personal ones dropped and counted, the rest that nobody knows listed. Every row is
read by the version it was asked in; a row of an unknown version goes on, for validation to set aside and report.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

import pandas as pd

from instrument import store
from instrument.errors import Finding, InputError
from instrument.fielding.answers import META_COLUMNS, LabelCheck, RawAnswers, ReadingIssue
from instrument.fielding.cells import Answers, answers_of
from instrument.fielding.dialect import Dialect, MetaCells, as_it_stands
from instrument.fielding.labels import Choices, answer_form, choices_of, to_codes, verify
from instrument.fielding.matching import Columns, form_scores, match_columns, version_column
from instrument.fielding.tables import Table
from instrument.fielding.uncollected import uncollected
from instrument.model import Fact, Instrument

VERSION = "instrument_version"
FINISHED = {"1": "1", "true": "1", "1.0": "1", "yes": "1", "0": "0", "false": "0", "0.0": "0", "no": "0"}


@uncollected
def read_table(
    table: Table, dialect: Dialect, form_id: str, *, labels: Table | None = None, version: str | None = None,
    instruments: Mapping[str, Instrument] | None = None, issues: Sequence[ReadingIssue] = (),
    notes: Sequence[str] = (),
) -> RawAnswers:
    """Read one form's answers.

    Parameters
    ----------
    labels
        The same responses with choice text, to verify codes by.
    version
        Version of the rows that carry no stamp.
    instruments
        Version → instrument, where it is not the released ones that count.
    issues, notes
        What the platform's module already knows of rows and of the file.

    Raises
    ------
    InputError
        Codes that begin with ``READ-``; docs/reading.md lists them.
    """
    layouts = layouts_of(table, dialect, version, instruments)
    columns = match_columns(table, dialect, layouts, form_id, version_given=version is not None)
    meta = _meta(table, dialect, columns, layouts, form_id, version)
    found = _restored(answers_of(table, columns), dialect, layouts, form_id)
    checked = _codes(table, dialect, found, layouts, form_id, labels, meta, version, columns)
    order = [q.id for layout in layouts for _, q in layout.form(form_id).questions() if q.id in checked.cells]
    cells = {question: checked.cells[question] for question in dict.fromkeys(order)}
    return RawAnswers(
        platform=dialect.platform, form=form_id, file=table.name, sha256=table.sha256,
        cells=pd.DataFrame(cells, index=meta.index, dtype="str"), meta=meta,
        dropped_personal={
            name: sum(1 for j in where for cell in table.columns[j] if cell.strip())
            for name, where in columns.personal.items()
        },
        unknown_columns=tuple(
            table.header[j] or table.place(j).removeprefix(f"{table.name}, ") for j in columns.unknown),
        label_check=checked.check,
        issues=(*table.width_issues(dialect.again), *issues, *found.issues, *checked.issues),
        notes=(*notes, *columns.notes, *checked.notes),
    )


def form_of_table(
    table: Table, dialect: Dialect, *, version: str | None = None,
    instruments: Mapping[str, Instrument] | None = None,
) -> str:
    """Which form a table holds answers to, by its columns.

    Raises
    ------
    InputError
        ``READ-NOT-THIS-FORM`` if nothing tells; else as :func:`read_table` does for a version.
    """
    scores = form_scores(table, dialect, layouts_of(table, dialect, version, instruments)[0])
    return most_told(scores, f"{table.name}, row 1", dialect.again)


def most_told(scores: Mapping[str, int], place: str, again: str) -> str:
    """The form that most columns speak for.

    Raises
    ------
    InputError
        ``READ-NOT-THIS-FORM`` if none speaks for any.
    """
    best = max(scores, key=lambda form: scores[form])
    if not scores[best]:
        raise InputError(Finding(
            "READ-NOT-THIS-FORM", place,
            f"The file must hold answers to one of the forms {', '.join(scores)}; none of its columns says which.",
            f"Check that this is the right file. {again}",
        ))
    return best


def layouts_of(
    table: Table, dialect: Dialect, version: str | None, instruments: Mapping[str, Instrument] | None
) -> tuple[Instrument, ...]:
    """The versions whose questionnaires the columns follow: those the rows name, and the one given for the others.

    Raises
    ------
    InputError
        ``READ-COLUMN-MISSING`` without a stamp and a version given, ``READ-VERSION`` if none of them is known.
    """
    j = version_column(table, dialect)
    if j is None and version is None:
        raise InputError(Finding(
            "READ-COLUMN-MISSING", f"{table.name}, row 1",
            f"The field {VERSION} must have a column; it has none. This may be no export of {dialect.program}, or not "
            "of a questionnaire that this program exported.",
            f"Name the version that was fielded (--version, or `version` of the form in study.yaml). {dialect.again}",
        ))
    stamped = {cell.strip() for cell in table.columns[j]} - {""} if j is not None else set()
    return known_versions(stamped | ({version} if version is not None else set()), instruments,
                          table.name if j is None else table.place(j))


def known_versions(
    named: Collection[str], instruments: Mapping[str, Instrument] | None, place: str,
) -> tuple[Instrument, ...]:
    """Those of the versions named that are known, of ``instruments`` or (None) of all released.

    Raises
    ------
    InputError
        ``READ-VERSION`` if none of them is known.
    """
    known = [found for name in sorted(named) if (found := _load(name, instruments)) is not None]
    if not known:
        raise InputError(Finding(
            "READ-VERSION", place,
            f"Responses must have been asked in a known instrument version; found "
            f"{', '.join(map(repr, sorted(named))) or 'no version at all'}.",
            "`alliometrics instrument list` shows the versions; mend the column, or name the version fielded.",
        ))
    return tuple(known)


def _load(version: str, instruments: Mapping[str, Instrument] | None) -> Instrument | None:
    if instruments is not None:
        return instruments.get(version)
    return store.load(version) if version in store.versions() else None


# -- metadata -------------------------------------------------------------------------------------------


def _meta(
    table: Table, dialect: Dialect, columns: Columns, layouts: Sequence[Instrument], form_id: str, version: str | None,
) -> pd.DataFrame:
    n = len(table.rows)
    identifiers = layouts[0].form(form_id).identifiers
    found: MetaCells = {
        name: [dialect.restore(cell.strip()) for cell in table.columns[j]] for name, j in columns.meta.items()
    }
    for name in (*META_COLUMNS, *identifiers):
        found.setdefault(name, [""] * n)
    if version is not None:
        found[VERSION] = [cell or version for cell in found[VERSION]]
    found = dialect.complete(found)
    languages = {code.casefold(): code for layout in layouts for code in layout.languages}
    found["language"] = [language_code(cell, languages) for cell in found["language"]]
    found["finished"] = [FINISHED.get(cell.casefold(), cell) for cell in found["finished"]]
    found["status"] = [cell or "response" for cell in found["status"]]
    kept = {name: found[name] for name in (*META_COLUMNS, *identifiers)}
    return pd.DataFrame(kept, index=pd.Index(table.rows, name="row"), dtype="str")


def language_code(cell: str, languages: Mapping[str, str]) -> str:
    """``ES-ES``, as platforms write European Spanish, is ``es`` where the instrument has no closer language."""
    code = cell.casefold().replace("_", "-")
    return languages.get(code) or languages.get(code.split("-")[0]) or cell


def _restored(answers: Answers, dialect: Dialect, layouts: Sequence[Instrument], form_id: str) -> Answers:
    """Typed texts as they were typed."""
    if dialect.restore is as_it_stands:
        return answers
    texts = {
        q.id for layout in layouts for _, q in layout.form(form_id).questions()
        if isinstance(q, Fact) and q.kind == "text" and q.id in answers.cells
    }
    return replace(answers, cells={
        question: [dialect.restore(cell) for cell in column] if question in texts else column
        for question, column in answers.cells.items()
    })


# -- codes and words ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Checked:
    cells: Mapping[str, Sequence[str]]
    check: LabelCheck
    issues: tuple[ReadingIssue, ...]
    notes: tuple[str, ...]


def _codes(
    table: Table, dialect: Dialect, found: Answers, layouts: Sequence[Instrument], form_id: str,
    labels: Table | None, meta: pd.DataFrame, version: str | None, columns: Columns,
) -> _Checked:
    """Cells as the instrument names the codes, compared with the words where those are at hand."""
    choices = _in_one_cell(choices_of(layouts, form_id, found.cells, {}), columns)
    form = answer_form(choices, found.cells)
    coded, issues, from_words = to_codes(choices, found.cells, table.rows, form)
    if labels is not None:
        others = match_columns(labels, dialect, layouts, form_id, version_given=version is not None)
        words = answers_of(labels, others)
        ids = labels.columns[others.meta["response_id"]]
        comparison = verify(
            _in_one_cell(choices, others), coded, meta["response_id"].tolist(), table.rows, words.cells,
            [cell.strip() for cell in ids], file=table.name, label_file=labels.name,
            place=lambda question: table.place(columns.first(question)),
        )
        said = f"{comparison.cells} cells of {comparison.responses} responses were compared with {labels.name}"
        check = LabelCheck("verified", comparison.cells, f"{said}.")
        return _Checked(coded, check, (*issues, *comparison.issues), ())
    if form == "labels":
        check = LabelCheck("verified", from_words, "The export holds choice text; codes were read from the words.")
        return _Checked(coded, check, tuple(issues), ("The file holds choice text: codes were read from the words.",))
    return _Checked(coded, LabelCheck(
        "not verified", 0,
        "No export with choice text was given, so it is not known whether the codes carry the words shown.",
    ), tuple(issues), ())


def _in_one_cell(choices: Sequence[Choices], columns: Columns) -> list[Choices]:
    """Questions whose answer stands in a cell. Where each answer has a column, its name says the code, and no words."""
    return [c for c in choices if (found := columns.questions.get(c.question)) and found.whole is not None]
