"""Typed responses: every answer is a number, or missing with a reason; every bad cell is a row of the failure table."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Literal

import numpy as np
import pandas as pd

from instrument.errors import Finding, InputError
from instrument.fielding.answers import RawAnswers
from instrument.fielding.uncollected import uncollected
from instrument.model import MISSING_CODES, Instrument
from instrument.spreadsheet import harmless
from pipeline.data.cell_rules import Broken, SetAside
from pipeline.data.form_answers import FormAnswers
from pipeline.data.row_rules import rows_set_aside

Reason = Literal["", "na", "dk", "rf", "unanswered", "not asked", "invalid", "other version"]
"""Why a value is missing; ``""`` where it is not. ``other version``: the version that the respondent was asked has no
such question, or asks it so differently that the answers cannot be pooled (:mod:`pipeline.pooling`)."""


@dataclass(frozen=True, slots=True)
class Failure:
    """A cell or row that broke a rule. ``column`` is ``""`` where the whole row is set aside."""

    form: str
    file: str
    row: int
    column: str
    code: str
    rule: str
    value: str
    fix: str
    set_aside: Literal["cell", "row"]


@dataclass(frozen=True, slots=True)
class Responses:
    """One form's answers, validated.

    Attributes
    ----------
    values
        Numbers (float64), one column a numeric question; a ``choices`` question gives one 0/1 column
        ``<id>.<code>`` an option. NaN exactly where ``reasons`` is not ``""``.
    reasons
        Same shape as ``values``: a :data:`Reason`.
    texts
        Answers to ``text`` and ``date`` questions, as text.
    meta
        Identifiers (text), ``response_id``, ``instrument_version``, ``language``, ``started``,
        ``ended`` (datetime), ``duration_seconds`` (float), ``finished`` (bool); in a study also ``file`` and ``row``.

    All four share one index: the row number in the export, or file and row where several files were joined.
    """

    form: str
    values: pd.DataFrame
    reasons: pd.DataFrame
    texts: pd.DataFrame
    meta: pd.DataFrame


@dataclass(frozen=True, slots=True)
class ReadingSummary:
    """What came through the door from one file, in counts.

    ``rows`` and ``rows_set_aside`` count responses of the file. Everything from ``cells`` to ``missing`` and
    ``versions``, ``languages`` counts the rows that go on: ``cells`` = ``answered`` + all of ``missing``,
    a cell being one question of one respondent. ``notes`` says how the file was read.
    """

    form: str
    platform: str
    file: str
    sha256: str
    rows: int
    rows_set_aside: int
    cells: int
    cells_set_aside: int
    answered: int
    missing: dict[str, int]
    dropped_personal: dict[str, int]
    unknown_columns: tuple[str, ...]
    versions: dict[str, int]
    languages: dict[str, int]
    label_check: str
    notes: tuple[str, ...] = ()


# -- from raw answers to responses -----------------------------------------------------------------


@uncollected
def validate(
    raw: RawAnswers,
    instruments: Instrument | Mapping[str, Instrument],
    *,
    languages: tuple[str, ...] | None = None,
    optional_blocks: tuple[str, ...] = (),
    elsewhere: Sequence[SetAside] = (),
) -> tuple[Responses, tuple[Failure, ...], ReadingSummary]:
    """Judge every row and every cell; good ones go on, each bad one is a failure with its rule.

    Parameters
    ----------
    instruments
        The versions accepted, by version; each row is judged by the version it was asked in.
    languages
        Those of the study's plan; all of the instrument's if None.
    optional_blocks
        Ids of the optional blocks that the study asked.
    elsewhere
        Rows that stand in another file of the study as well, by :func:`~pipeline.data.joining.twice_across_files`.

    Returns
    -------
    tuple
        Responses; failures in the order of rows, within a row of questions; counts.

    Raises
    ------
    InputError
        ``DATA-COLUMN-MISSING`` if a question of the plan has no column; ``DATA-NO-ROWS`` if no row is left.
    """
    known = {instruments.version: instruments} if isinstance(instruments, Instrument) else dict(instruments)
    form = next(iter(known.values())).form(raw.form)
    broken = [*rows_set_aside(raw, known, form, languages), *elsewhere]
    inside = np.ones(len(raw.cells), dtype=bool)
    inside[[row.position for row in broken]] = False
    kept = np.flatnonzero(inside)
    if not len(kept):
        raise InputError(_nothing_left(raw, broken))
    versions = raw.meta["instrument_version"].to_numpy(dtype=object)[kept]
    tables = []
    for version, instrument in known.items():
        rows = kept[versions == version]
        if len(rows):
            tables.append(FormAnswers(raw, instrument, rows, optional_blocks))
            broken += tables[-1].set_aside
    meta, more = _typed_meta(raw, kept)
    failures = _failures(raw, [*broken, *more])
    index = raw.cells.index[kept]
    responses = Responses(
        form=raw.form, meta=meta,
        values=_in_order([t.values for t in tables], index, np.nan),
        reasons=_in_order([t.reasons for t in tables], index, "not asked"),
        texts=_in_order([t.texts for t in tables], index, ""),
    )
    return responses, failures, _summary(raw, len(raw.cells) - len(kept), failures, tables, meta)


def _typed_meta(raw: RawAnswers, kept: np.ndarray) -> tuple[pd.DataFrame, list[SetAside]]:
    """Times, duration and completion as types; what is none is missing, and a failure."""
    text = raw.meta.iloc[kept]
    broken: list[SetAside] = []

    def complain(mask: pd.Series, column: str, code: str, rule: str) -> None:
        for k in np.flatnonzero(mask.to_numpy()):
            fix = "Export the answers again and do not save the file in a spreadsheet program."
            broken.append(SetAside(int(kept[k]), column, Broken(code, rule, fix), str(text[column].iloc[k])))

    out = text.copy()
    for column in ("started", "ended"):
        iso = text[column].where(text[column].str.match(r"\d{4}-\d\d-\d\d"))
        out[column] = pd.to_datetime(iso, format="ISO8601", errors="coerce", utc=True).dt.tz_localize(None)
        complain(out[column].isna() & text[column].ne(""), column, "ANSWER-DATE",
                 "A time is written year-month-day hours:minutes:seconds, as 2026-03-31 09:05:00.")
    seconds = pd.to_numeric(text["duration_seconds"].where(text["duration_seconds"].ne("")), errors="coerce")
    out["duration_seconds"] = seconds.astype(float).where(np.isfinite(seconds.astype(float)) & (seconds >= 0))
    complain(out["duration_seconds"].isna() & text["duration_seconds"].ne(""), "duration_seconds", "ANSWER-NUMBER",
             "The duration is a number of seconds, 0 or more.")
    out["finished"] = text["finished"].eq("1").astype(bool)
    complain(~text["finished"].isin(["0", "1"]), "finished", "ANSWER-CODE",
             "Finished is 1 or 0, True or False; anything else counts as not finished.")
    complain(~text["status"].isin(["response", "preview", "test", "spam"]), "status", "ANSWER-CODE",
             "The status must be one that the platform writes; the row is taken for a response.")
    return out.drop(columns="status"), broken


def stacked(tables: Sequence[pd.DataFrame], absent: float | str) -> pd.DataFrame:
    """The tables below each other; ``absent`` where one has no such question."""
    if len(tables) == 1:
        return tables[0]
    names = list(dict.fromkeys(name for table in tables for name in table.columns))
    return pd.concat([table.reindex(columns=pd.Index(names), fill_value=absent) for table in tables])


def _in_order(tables: Sequence[pd.DataFrame], index: pd.Index, absent: float | str) -> pd.DataFrame:
    """All versions' rows in one table, in the order of the file."""
    return tables[0] if len(tables) == 1 else stacked(tables, absent).reindex(index)


def _failures(raw: RawAnswers, broken: Sequence[SetAside]) -> tuple[Failure, ...]:
    order = {column: k for k, column in enumerate(("", *raw.meta.columns, *raw.cells.columns))}
    return tuple(
        Failure(
            raw.form, raw.file, int(raw.cells.index[b.position]), b.column, b.broken.code, b.broken.rule,
            b.value if len(b.value) <= 80 else f"{b.value[:79]}…", b.broken.fix, "cell" if b.column else "row",
        )
        for b in sorted(broken, key=lambda b: (b.position, order[b.column]))
    )


def _nothing_left(raw: RawAnswers, broken: Sequence[SetAside]) -> list[Finding]:
    """The first row under each rule stands for all: nobody reads a thousand."""
    counts = Counter(row.broken.code for row in broken)
    first = {row.broken.code: row for row in reversed(broken)}
    return [
        Finding(
            "DATA-NO-ROWS", f"{raw.file}, form {raw.form}",
            f"At least one row must be usable; all {len(raw.cells)} are set aside.", "Mend what follows.",
        ),
        *(
            Finding(
                code, f"{raw.file}, row {raw.cells.index[first[code].position]} (one of {n})",
                f"{first[code].broken.rule} Found {first[code].value!r}.", first[code].broken.fix,
            )
            for code, n in counts.items()
        ),
    ]


def _summary(
    raw: RawAnswers, rows_gone: int, failures: Sequence[Failure], tables: Sequence[FormAnswers], meta: pd.DataFrame
) -> ReadingSummary:
    counts = sum((table.counts for table in tables), Counter[str]())
    answered = counts.pop("", 0)
    return ReadingSummary(
        form=raw.form, platform=raw.platform, file=raw.file, sha256=raw.sha256,
        rows=len(raw.cells), rows_set_aside=rows_gone,
        cells=answered + counts.total(),
        cells_set_aside=sum(1 for failure in failures if failure.set_aside == "cell"),
        answered=answered, missing={reason: counts[reason] for reason in _REASONS if counts[reason]},
        dropped_personal=dict(raw.dropped_personal), unknown_columns=raw.unknown_columns,
        versions=_tally(meta["instrument_version"]), languages=_tally(meta["language"]),
        label_check=f"{raw.label_check.status}: {raw.label_check.note}", notes=raw.notes,
    )


_REASONS = ("na", "dk", "rf", "unanswered", "not asked", "invalid")


def _tally(column: pd.Series) -> dict[str, int]:
    return {str(value): int(n) for value, n in column.value_counts().sort_index().items()}


# -- tables for people -----------------------------------------------------------------------------


def failure_table(failures: Iterable[Failure]) -> pd.DataFrame:
    """The failures as a table to save and to sort; values are made harmless for spreadsheets."""
    names = [field.name for field in fields(Failure)]
    table = pd.DataFrame([[getattr(failure, name) for name in names] for failure in failures], columns=names)
    table["value"] = [harmless(value) for value in table["value"]]
    return table


def answer_table(responses: Responses) -> pd.DataFrame:
    """All answers in one table of text to save: metadata, then values (or ``na``, ``dk``, ``rf``), then texts.

    Unanswered, invalid and not asked are empty. Texts are made harmless for spreadsheets.
    """
    shown = {}
    for name, values in responses.values.items():
        at, distinct = pd.factorize(values.to_numpy())  # columns hold few distinct numbers: each is written once
        words = np.array([*(f"{number:.15g}" for number in distinct), ""], dtype=object)
        reasons = responses.reasons[name].to_numpy(dtype=object)
        shown[name] = np.where(np.isin(reasons, MISSING_CODES), reasons, words[at])
    texts = {name: [harmless(str(cell)) for cell in column] for name, column in responses.texts.items()}
    meta = {
        name: [harmless(cell) for cell in column] if column.dtype == "str" else column.to_numpy()
        for name, column in responses.meta.items()
    }
    return pd.DataFrame({**meta, **shown, **texts}, index=responses.meta.index)
