"""Which column of a table holds what: questions, metadata, personal data, the platform's own, or something unknown."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field

from instrument.errors import Finding, InputError
from instrument.fielding.answers import META_COLUMNS
from instrument.fielding.dialect import AnswerColumns, Dialect, of_all_versions
from instrument.fielding.tables import Table
from instrument.fielding.words import simplified
from instrument.model import Instrument


@dataclass(frozen=True, slots=True)
class Found:
    """Columns of one question: of the whole answer, of its parts by code, of the missing code beside it."""

    where: AnswerColumns
    whole: int | None
    parts: dict[str, int]
    beside: int | None

    @property
    def columns(self) -> tuple[int, ...]:
        return tuple(j for j in (self.whole, *self.parts.values(), self.beside) if j is not None)


@dataclass(slots=True)
class Columns:
    """Column indices by what they hold; ``questions`` in the order of the layouts."""

    questions: dict[str, Found] = field(default_factory=dict)
    absent: list[str] = field(default_factory=list)
    meta: dict[str, int] = field(default_factory=dict)
    personal: dict[str, list[int]] = field(default_factory=dict)
    unused: list[int] = field(default_factory=list)
    unknown: list[int] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def first(self, question: str) -> int:
        """A column to name when something is wrong with a question."""
        return self.questions[question].columns[0]


def version_column(table: Table, dialect: Dialect) -> int | None:
    """The column of the stamp: it is needed before the questionnaire is known."""
    for wanted in ("instrument_version", *dialect.meta.get("instrument_version", ())):
        for j, name in enumerate(table.header):
            if simplified(dialect.plain(name)) == simplified(wanted):
                return j
    return None


def match_columns(
    table: Table, dialect: Dialect, layouts: Sequence[Instrument], form_id: str, *, version_given: bool
) -> Columns:
    """Find every column's meaning under the versions that the responses were asked in.

    Raises
    ------
    InputError
        Everything wrong with the columns at once: ``READ-NOT-THIS-FORM``, ``READ-COLUMN-MISSING``,
        ``READ-COLUMN-DOUBLED``.
    """
    for instrument in layouts:
        _check_form(table, dialect, instrument, form_id)
    every = of_all_versions(
        where for instrument in layouts for where in dialect.columns(instrument, instrument.form(form_id)))
    ours = {name for where in every.values() for name in where.names}
    columns, findings = _metadata(table, dialect, layouts[0].form(form_id).identifiers, ours)
    by_name: dict[str, list[int]] = defaultdict(list)
    taken = {*columns.meta.values(), *columns.unused, *(j for js in columns.personal.values() for j in js)}
    for j, name in enumerate(table.header):
        if j not in taken:
            by_name[dialect.plain(name)].append(j)
    for question, where in every.items():
        found = _question(where, by_name)
        if found is not None:
            columns.questions[question] = found
            findings += _doubled_answers(table, where, by_name)
    used = taken | {j for found in columns.questions.values() for j in found.columns}
    columns.unknown = [j for j in range(len(table.header)) if j not in used]
    findings += _missing(table, dialect, columns, layouts, form_id, version_given)
    if findings:
        raise InputError(findings)
    return columns


# -- metadata -------------------------------------------------------------------------------------------


def _metadata(
    table: Table, dialect: Dialect, identifiers: Sequence[str], questions: Collection[str],
) -> tuple[Columns, list[Finding]]:
    columns, findings = Columns(), []
    known = {simplified(name): name for name in META_COLUMNS}
    known |= {simplified(name): meta for meta, names in dialect.meta.items() for name in (meta, *names)}
    known |= {simplified(name): name for name in identifiers}
    personal = {simplified(name): name for name in dialect.personal}
    exact = {simplified(name) for name in dialect.unused if not name.endswith("*")}
    starts = tuple(name[:-1] for name in dialect.unused if name.endswith("*"))
    candidates: dict[str, list[int]] = defaultdict(list)
    for j, header in enumerate(table.header):
        plain = dialect.plain(header)
        name = simplified(plain)
        if plain in questions:
            continue  # a questionnaire may ask for something that platforms call by the same name
        # Personal data first: a column that might be personal is not kept.
        if name in personal:
            columns.personal.setdefault(header, []).append(j)
        elif name in known:
            candidates[known[name]].append(j)
        elif name in exact or (starts and plain.startswith(starts)):
            columns.unused.append(j)
    for meta, found in candidates.items():
        preferred = _preferred(table, dialect, meta, found)
        if len(preferred) > 1:
            findings.append(_doubled(table, f"the field {meta}", preferred))
        columns.meta[meta] = preferred[0]
        columns.unused += [j for j in found if j != preferred[0]]
    return columns, findings


def _preferred(table: Table, dialect: Dialect, meta: str, found: Sequence[int]) -> list[int]:
    """Of several columns for one field, those under the first of its names that is there."""
    for name in (meta, *dialect.meta.get(meta, ())):
        under = [j for j in found if simplified(dialect.plain(table.header[j])) == simplified(name)]
        if under:
            return under
    return list(found)


# -- questions ------------------------------------------------------------------------------------------


def _question(where: AnswerColumns, by_name: dict[str, list[int]]) -> Found | None:
    def first(names: Sequence[str]) -> int | None:
        return next((by_name[name][0] for name in names if name in by_name), None)

    parts = {code: j for code, names in where.parts.items() if (j := first(names)) is not None}
    found = Found(where, first(where.names), parts, first(where.beside))
    return found if found.columns else None


def _doubled_answers(table: Table, where: AnswerColumns, by_name: dict[str, list[int]]) -> Iterator[Finding]:
    names = (*where.names, *where.beside, *(name for part in where.parts.values() for name in part))
    for name in names:
        if len(by_name.get(name, ())) > 1:
            yield _doubled(table, f"answers to {where.question.id}", by_name[name])


def _doubled(table: Table, what: str, found: Sequence[int]) -> Finding:
    places = "; ".join(table.place(j).removeprefix(f"{table.name}, ") for j in found)
    return Finding(
        "READ-COLUMN-DOUBLED", f"{table.name}, {places}", f"Only one column may hold {what}; {len(found)} do.",
        "Delete the copy, after comparing the two.",
    )


def _missing(
    table: Table, dialect: Dialect, columns: Columns, layouts: Sequence[Instrument], form_id: str, version_given: bool,
) -> list[Finding]:
    identifiers = layouts[0].form(form_id).identifiers
    fields = (*dialect.needed, *identifiers, *(() if version_given else ("instrument_version",)))
    absent = [(name, "field") for name in fields if name not in columns.meta]
    for instrument in layouts:
        every = dialect.columns(instrument, instrument.form(form_id))
        blocks = {where.block.id for where in every if where.question.id in columns.questions}
        gone = [w for w in every if w.question.id not in columns.questions
                and (not w.block.optional or w.block.id in blocks)]
        columns.absent += [w.question.id for w in gone if w.question.id not in columns.absent]
        if dialect.absent_is_empty:  # unless its answers stand there under a name of another platform
            elsewhere = {part for j in columns.unknown for part in re.split(r"[^a-z0-9]+", table.header[j])}
            gone = [w for w in gone if w.question.id in elsewhere]
        absent += [(w.question.id, "question") for w in gone]
    return [
        Finding("READ-COLUMN-MISSING", f"{table.name}, row 1", f"The {kind} {name} must have a column; it has none.",
                f"Export all fields, without a selection of columns. {dialect.again}")
        for name, kind in dict.fromkeys(absent)
    ]


# -- which form -----------------------------------------------------------------------------------------


def form_scores(table: Table, dialect: Dialect, instrument: Instrument) -> dict[str, int]:
    """Form → how many columns speak for it and for no other form."""
    marks = {form.id: _marks(dialect, instrument, form.id) for form in instrument.forms}
    present = {dialect.plain(name) for name in table.header}
    return {
        form: len(present & own.difference(*(m for other, m in marks.items() if other != form)))
        for form, own in marks.items()
    }


def _marks(dialect: Dialect, instrument: Instrument, form_id: str) -> set[str]:
    form = instrument.form(form_id)
    names = {
        name for where in dialect.columns(instrument, form)
        for name in (*where.names, *(part for parts in where.parts.values() for part in parts))
    }
    return {*form.identifiers, *names}


def _check_form(table: Table, dialect: Dialect, instrument: Instrument, form_id: str) -> None:
    scores = form_scores(table, dialect, instrument)
    best = max(scores, key=lambda form: scores[form])
    if scores[best] > scores[form_id]:
        rule = f"The file must hold answers to form {form_id}; its columns are those of form {best}."
        fix = f"Read it as form {best}; in study.yaml the files of the two forms may be swapped."
    elif not _marks(dialect, instrument, form_id) & {dialect.plain(name) for name in table.header}:
        rule = (f"The file must hold answers to form {form_id}, as {dialect.program} exports them; none of its columns "
                "belongs to that form.")
        fix = f"Check that this is the right file and the right platform. {dialect.again}"
    else:
        return
    raise InputError(Finding("READ-NOT-THIS-FORM", f"{table.name}, row 1", rule, fix))
