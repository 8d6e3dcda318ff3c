"""Which column of an export holds what: questions, metadata, personal data, or something unknown.

The ImportId decides, because a survey's owner can rename, double or swap column names. Our ImportIds
are mere numbers, though, and a survey built by hand has other questions under them: a column whose
name speaks for another question than its ImportId is accepted only if the question's words agree.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from instrument.errors import Finding, InputError
from instrument.fielding.qualtrics.csvfile import EXPORT_AGAIN, ExportFile
from instrument.fielding.qualtrics.layout import (
    LEGACY_METADATA,
    METADATA,
    VERSION_FIELD,
    AnswerColumn,
    Metadata,
    answer_columns,
)
from instrument.fielding.qualtrics.wording import question_lines
from instrument.fielding.words import same_words, simplified
from instrument.model import Form, Instrument
from instrument.spreadsheet import restored

NEEDED_META = ("response_id", "started", "ended", "duration_seconds", "finished", "language")


@dataclass(slots=True)
class Columns:
    """Column indices by what they hold; ``meta`` by the names of ``RawAnswers.meta``.

    ``unused`` are Qualtrics' own columns that nobody needs; ``unknown`` is what remains.
    """

    questions: dict[str, int] = field(default_factory=dict)
    meta: dict[str, int] = field(default_factory=dict)
    personal: dict[str, list[int]] = field(default_factory=dict)
    unused: list[int] = field(default_factory=list)
    unknown: list[int] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def find_version_column(file: ExportFile) -> int | None:
    """The column of the embedded field ``instrument_version``: it is needed before the questionnaire is known."""
    names = _names(file)
    found = [j for j in range(len(file.tags)) if VERSION_FIELD in names[j]]
    return found[0] if found else None


def match_columns(file: ExportFile, layouts: Sequence[Instrument], form_id: str, *, version_given: bool) -> Columns:
    """Find every column's meaning under the versions that the responses were asked in.

    Raises
    ------
    InputError
        Everything wrong with the columns at once: ``READ-NOT-THIS-FORM``, ``READ-VERSION-MIXED``,
        ``READ-COLUMN-MISSING``, ``READ-COLUMN-DOUBLED``, ``READ-COLUMN-SPLIT``, ``READ-COLUMN-CONFLICT``.
    """
    for instrument in layouts:
        _check_form(file, instrument, form_id)
    form = layouts[0].form(form_id)
    columns, findings = _metadata(file, form)
    free = [j for j in range(len(file.tags)) if j not in _taken(columns)]
    for instrument in layouts:
        questions, more = _questions(file, instrument, instrument.form(form_id), free, columns.notes)
        findings += [finding for finding in more if finding not in findings]
        for question, j in questions.items():
            if columns.questions.setdefault(question, j) != j:
                findings.append(Finding(
                    "READ-VERSION-MIXED", file.place(j),
                    f"Responses of the versions {', '.join(i.version for i in layouts)} stand in one file, and their "
                    f"questionnaires place {question} under different ImportIds.",
                    "Export each version's responses by themselves.",
                ))
    columns.unknown = [j for j in free if j not in columns.questions.values()]
    findings += _missing(file, columns, layouts, form, version_given)
    if findings:
        raise InputError(findings)
    columns.notes = list(dict.fromkeys(columns.notes))
    return columns


def _names(file: ExportFile) -> list[set[str]]:
    """Per column: ImportId and column name; in the oldest exports (V1, V2, …) the words of row 2."""
    names = []
    for j, tag in enumerate(file.tags):
        nameless = file.import_ids is None and tag[:1] == "V" and tag[1:].isdigit()
        names.append({(file.import_ids or file.tags)[j], file.texts[j] if nameless else tag} - {""})
    return names


def _taken(columns: Columns) -> set[int]:
    return {*columns.meta.values(), *columns.unused, *(j for found in columns.personal.values() for j in found)}


def _metadata(file: ExportFile, form: Form) -> tuple[Columns, list[Finding]]:
    columns = Columns()
    embedded = [Metadata(name, name, name, name) for name in (*form.identifiers, VERSION_FIELD)]
    known: dict[str, Metadata] = {}
    for column in (*METADATA, *LEGACY_METADATA, *embedded):
        for name in (column.tag, column.import_id, column.text):
            known.setdefault(simplified(name), column)
    candidates: dict[str, list[int]] = defaultdict(list)
    for j, names in enumerate(_names(file)):
        meanings = [known[name] for name in sorted(map(simplified, names)) if name in known]
        if not meanings:
            continue
        # Personal data first: a column that might be personal by either of its names is not kept.
        column = next((m for m in meanings if m.personal), meanings[0])
        if column.personal:
            columns.personal.setdefault(column.tag, []).append(j)
        elif column.meta:
            candidates[column.meta].append(j)
        else:
            columns.unused.append(j)
    findings = []
    for meta, found in candidates.items():
        own = [j for j in found if file.tags[j] != "Q_Language"] or found
        if len(own) > 1:
            findings.append(_doubled(file, f"the field {meta}", own))
        columns.meta[meta] = own[0]
        columns.unused += [j for j in found if j != own[0]]
    return columns, findings


def _questions(
    file: ExportFile, instrument: Instrument, form: Form, free: Sequence[int], notes: list[str]
) -> tuple[dict[str, int], list[Finding]]:
    layout = answer_columns(form)
    by_import = {column.import_id: column for column in layout}
    by_tag = {column.question.id: column for column in layout}
    words = _words(instrument, layout)
    claims: dict[str, list[int]] = defaultdict(list)
    named: dict[str, list[int]] = defaultdict(list)
    findings = []
    unsupported = 0
    for j in free:
        meant = by_import.get(file.import_ids[j]) if file.import_ids is not None else None
        tagged = by_tag.get(file.tags[j].strip())
        if meant is None:
            if tagged is not None:
                named[tagged.question.id].append(j)
            continue
        claims[meant.question.id].append(j)
        says = words.get(same_words(restored(file.texts[j])), set())
        if tagged is not meant and meant.question.id not in says:
            if tagged is not None or says:
                findings.append(_conflict(file, j, meant, tagged, says))
            unsupported += 1
    by_name = {question: found for question, found in named.items() if question not in claims}
    split = _split(layout, file, free, claims, by_name)
    found_by_question = {**by_name, **claims, **split}
    for question, found in found_by_question.items():
        if len(found) > 1 and question not in split:
            findings.append(_doubled(file, f"the question {question}", found))
    findings += [_split_finding(file, question, found) for question, found in split.items()]
    if file.import_ids is not None and by_name:
        notes.append(f"{len(by_name)} of {len(found_by_question)} questions were found by column name: "
                     "their ImportIds are not those of the questionnaire.")
    if unsupported and not findings:
        notes.append(f"{unsupported} questions were found by ImportId alone: neither the column name nor the "
                     "words in row 2 are those of the questionnaire.")
    return {question: found[0] for question, found in found_by_question.items()}, findings


def _words(instrument: Instrument, layout: Iterable[AnswerColumn]) -> dict[str, set[str]]:
    """Row 2 as it may read, in every language → the questions it may belong to."""
    words: dict[str, set[str]] = defaultdict(set)
    for column in layout:
        for language in instrument.languages:
            try:
                texts = (
                    column.header(instrument, language),
                    instrument.text(f"question.{column.question.id}", language),
                    "\n".join(question_lines(instrument, column.question, language)),
                )
            except KeyError:  # not translated; the checks of the instrument say so
                continue
            for text in texts:
                words[same_words(text)].add(column.question.id)
    return words


def _split(
    layout: Iterable[AnswerColumn], file: ExportFile, free: Sequence[int],
    claims: dict[str, list[int]], named: dict[str, list[int]],
) -> dict[str, list[int]]:
    """Questions with several answers that were exported in a column an answer."""
    out = {}
    for column in layout:
        if getattr(column.question, "kind", None) != "choices":
            continue
        starts = (f"{column.import_id}_", f"{column.question.id}_")
        pieces = [
            j for j in free
            if file.tags[j].startswith(starts[1]) or (file.import_ids or file.tags)[j].startswith(starts[0])
            if file.tags[j].rsplit("_", 1)[-1].isdigit()
        ]
        whole = claims.get(column.question.id) or named.get(column.question.id) or []
        if pieces and set(whole) <= set(pieces):
            out[column.question.id] = pieces
    return out


def _split_finding(file: ExportFile, question: str, found: Sequence[int]) -> Finding:
    return Finding(
        "READ-COLUMN-SPLIT", f"{file.place(found[0])} and {len(found) - 1} more",
        f"The answers to {question} must stand in one column; here each possible answer has its own.",
        "Export again with the option 'Split multi-value fields into columns' switched off.",
    )


def _doubled(file: ExportFile, what: str, found: Sequence[int]) -> Finding:
    places = "; ".join(file.place(j).removeprefix(f"{file.name}, ") for j in found)
    return Finding(
        "READ-COLUMN-DOUBLED", f"{file.name}, {places}", f"Only one column may hold {what}; {len(found)} do.",
        f"Delete the copy, after comparing the two. Or: {EXPORT_AGAIN}",
    )


def _conflict(
    file: ExportFile, j: int, meant: AnswerColumn, tagged: AnswerColumn | None, says: set[str]
) -> Finding:
    witnesses = [f"its name says {tagged.question.id}"] if tagged is not None else []
    witnesses += [f"its words in row 2 say {' or '.join(sorted(says))}"] if says else []
    return Finding(
        "READ-COLUMN-CONFLICT", file.place(j),
        f"The ImportId {meant.import_id} is that of {meant.question.id}, but {' and '.join(witnesses)}.",
        "Build the survey from the instrument's own Qualtrics export, which sets the ImportIds; or, if the column "
        "names are right, export with 'Use legacy view', which has no ImportIds: then names decide.",
    )


def form_scores(file: ExportFile, instrument: Instrument) -> dict[str, int]:
    """Form → how many columns speak for it and for no other form.

    Every form numbers its questions from QID1, so names, words and identifiers tell which one this is.
    """
    marks: dict[str, set[str]] = {}
    for form in instrument.forms:
        layout = answer_columns(form)
        marks[form.id] = {*form.identifiers, *(c.question.id for c in layout), *_words(instrument, layout)}
    present = {*file.tags, *(same_words(restored(text)) for text in file.texts)}
    return {
        form: len(present & own.difference(*(m for other, m in marks.items() if other != form)))
        for form, own in marks.items()
    }


def _check_form(file: ExportFile, instrument: Instrument, form_id: str) -> None:
    score = form_scores(file, instrument)
    best = max(score, key=lambda form: score[form])
    layout = answer_columns(instrument.form(form_id))
    known = {name for column in layout for name in (column.question.id, column.import_id)}
    if score[best] > score[form_id]:
        rule = f"The file must hold answers to form {form_id}; its columns are those of form {best}."
        fix = f"Read it as form {best}; in study.yaml the files of the two forms may be swapped."
    elif not known & {*file.tags, *(file.import_ids or ())}:
        rule = f"The file must hold answers to form {form_id}; none of its columns belongs to that form."
        fix = f"Check that this is the right file. {EXPORT_AGAIN}"
    else:
        return
    raise InputError(Finding("READ-NOT-THIS-FORM", f"{file.name}, rows 1 to 3", rule, fix))


def _missing(
    file: ExportFile, columns: Columns, layouts: Sequence[Instrument], form: Form, version_given: bool
) -> list[Finding]:
    fields = (*NEEDED_META, *form.identifiers, *(() if version_given else (VERSION_FIELD,)))
    names = {m.meta: m.tag for m in METADATA}
    absent = [(names.get(name, name), "field") for name in fields if name not in columns.meta]
    for instrument in layouts:
        layout = answer_columns(instrument.form(form.id))
        used = {c.block.id for c in layout if c.question.id in columns.questions}
        absent += [
            (c.question.id, f"question ({c.import_id})") for c in layout
            if c.question.id not in columns.questions and (not c.block.optional or c.block.id in used)
        ]
    return [
        Finding(
            "READ-COLUMN-MISSING", f"{file.name}, row 1", f"The {kind} {name} must have a column; it has none.",
            f"Export all fields, without a selection of columns. {EXPORT_AGAIN}",
        )
        for name, kind in dict.fromkeys(absent)
    ]
