"""A LimeSurvey export → the table that one reader reads for all platforms: usual heads, plain cells, one a question.

LimeSurvey spreads several answers over columns of Y and nothing (or Yes and No), writes 2.5 as 2.5000000000 and a date
with midnight behind it, and marks what was not shown. All of that is its own hand, not the respondent's.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from instrument.fielding.answers import ReadingIssue
from instrument.fielding.labels import answer_form, choices_of
from instrument.fielding.limesurvey.codes import codes
from instrument.fielding.limesurvey.columns import Column, Heads, columns_of
from instrument.fielding.tables import Table
from instrument.fielding.words import same_words
from instrument.model import Form, Instrument
from instrument.spreadsheet import restored

NOT_SHOWN = frozenset({"n/a", "null", "{question_not_shown}"})
YES = frozenset({"y", "1", "yes", "sí", "si", "oui", "ja", "sim", "sì", "checked", "true"})
NO = frozenset({"", "n", "0", "no", "non", "nein", "nee", "não", "unchecked", "false"})

_DECIMALS = re.compile(r"([+-]?\d+)\.(\d{10})")
_MIDNIGHT = re.compile(r"(\d{4}-\d\d-\d\d)[ T]00:00(:00)?")


@dataclass(frozen=True, slots=True)
class Plain:
    """A table without LimeSurvey's ways of writing, and cells that could not be understood."""

    table: Table
    issues: tuple[ReadingIssue, ...]
    times: int


def plain(table: Table, layouts: Sequence[Instrument], form_ids: Sequence[str]) -> Plain:
    """Columns under their usual heads, several answers in one cell; ``times`` counts LimeSurvey's own timings."""
    forms = [(layout, form) for layout in layouts for form in layout.forms if form.id in form_ids]
    known = {column.head: column for layout, form in forms for column in columns_of(layout, form)}
    heads = Heads(list(known.values()))
    found = [heads.find(head) for head in table.header]
    keep = [j for j, head in enumerate(table.header) if not _is_time(head, heads)]
    header, columns = [], []
    for j in keep:
        name = found[j] or table.header[j]
        field = name in known and known[name].content == "field"
        header.append(known[name].answer if field else name)
        columns.append(_cleaned(table.columns[j], known[name], forms) if name in known else table.columns[j])
    renamed = replace(table, header=tuple(header), columns=tuple(columns))
    joined, issues = _joined(renamed, known, forms)
    return Plain(joined, issues, len(table.header) - len(keep))


def _is_time(head: str, heads: Heads) -> bool:
    """``groupTime12``, ``consTime``: seconds spent on a page or a question."""
    if re.fullmatch(r"groupTime\d*", head):
        return True
    return head.endswith("Time") and heads.find(head.removesuffix("Time")) is not None


# -- cells ----------------------------------------------------------------------------------------------


def _cleaned(cells: Sequence[str], column: Column, forms: Sequence[tuple[Instrument, Form]]) -> tuple[str, ...]:
    if column.content in ("text", "field"):
        return tuple(cells)
    recodes, shown = _recodes(column, forms), _words_of(column, forms)
    said = {cell: _cell(cell, column, recodes, shown) for cell in set(cells)}
    return tuple(said[cell] for cell in cells)


def _cell(cell: str, column: Column, recodes: Mapping[str, str], shown: Collection[str]) -> str:
    cell = restored(cell)
    text = cell.strip()
    if text.casefold() in NOT_SHOWN and same_words(text) not in shown:
        return ""
    if column.content == "number" and (match := _DECIMALS.fullmatch(text)):
        return f"{match[1]}.{match[2]}".rstrip("0").rstrip(".")
    if column.content == "date" and (match := _MIDNIGHT.fullmatch(text)):
        return match[1]
    if column.content == "code":
        return recodes.get(text, cell)
    if column.content == "reason":
        return recodes.get(text) or recodes.get(same_words(text), text)
    return cell


def _recodes(column: Column, forms: Sequence[tuple[Instrument, Form]]) -> dict[str, str]:
    """LimeSurvey's code → the instrument's; for reasons, their words as well."""
    assert column.place is not None
    out = {lime: code for code, lime in column.place.answers.items()}
    return out | _words_of(column, forms) if column.content == "reason" else out


def _words_of(column: Column, forms: Sequence[tuple[Instrument, Form]]) -> dict[str, str]:
    """The words of every answer that a column may hold, in all languages, and their codes: one may be called N/A."""
    out: dict[str, str] = {}
    if column.question is None or column.content not in ("code", "reason"):
        return out
    for instrument, _ in forms:
        points, missing = instrument.offered(column.question)
        for option in (*points, *missing) if column.content == "code" else missing:
            for language in instrument.languages:
                try:
                    out[same_words(instrument.label(column.question, option.code, language))] = str(option.code)
                except KeyError:  # not translated; the checks of the instrument say so
                    continue
    return out


# -- several answers ------------------------------------------------------------------------------------


def _joined(
    table: Table, known: Mapping[str, Column], forms: Sequence[tuple[Instrument, Form]],
) -> tuple[Table, tuple[ReadingIssue, ...]]:
    """A column for each question with several answers, where all its columns are there, in place of theirs."""
    header, columns, issues, taken = list(table.header), list(table.columns), list[ReadingIssue](), set[str]()
    in_words = _in_words(table, forms)
    for question, parts in _parts(known, forms).items():
        if not all(part.head in table.header for part in parts):
            continue  # the reader then says that the question has no column
        at = [[j for j, head in enumerate(table.header) if head == part.head] for part in parts]
        rows = list(zip(*(table.columns[js[0]] for js in at), strict=True))
        said = {marks: _answer(parts, marks, in_words, forms) for marks in set(rows)}  # few distinct combinations
        answers = [said[marks][0] for marks in rows]
        issues += [_strange(table.rows[k], question, said[marks][1]) for k, marks in enumerate(rows) if said[marks][1]]
        for _ in range(max(map(len, at))):  # a doubled column doubles the question, which the reader refuses
            header.append(parts[0].place.code if parts[0].place else question)
            columns.append(tuple(answers))
        taken |= {part.head for part in parts}
    keep = [j for j, head in enumerate(header) if head not in taken]
    return replace(table, header=tuple(header[j] for j in keep), columns=tuple(columns[j] for j in keep)), tuple(issues)


def _parts(known: Mapping[str, Column], forms: Sequence[tuple[Instrument, Form]]) -> dict[str, list[Column]]:
    out: dict[str, list[Column]] = {}
    for column in known.values():
        if column.content == "tick" and column.question is not None:
            out.setdefault(column.question.id, []).append(column)
    return out


def _in_words(table: Table, forms: Sequence[tuple[Instrument, Form]]) -> bool:
    """Whether the export holds full answers: judged by the questions with a single answer."""
    by_head = dict(zip(table.header, table.columns, strict=True))
    for layout, form in forms:
        places = codes(layout, form).questions
        cells = {
            question: by_head[head] for question, place in places.items()
            if (head := place.code if place.row is None else f"{place.code}[{place.row}]") in by_head
        }
        if answer_form(choices_of([layout], form.id, cells, {}), cells) == "labels":
            return True
    return False


def _answer(
    parts: Sequence[Column], marks: Sequence[str], in_words: bool, forms: Sequence[tuple[Instrument, Form]],
) -> tuple[str, str]:
    """The answers ticked, and a mark that is neither yes nor no."""
    picked = []
    for part, cell in zip(parts, marks, strict=True):
        mark = cell.strip().casefold()
        if mark in YES:
            picked.append(_words(part, forms) if in_words else part.answer)
        elif mark not in NO:
            return "", cell
    return ",".join(picked), ""


def _strange(row: int, question: str, mark: str) -> ReadingIssue:
    return ReadingIssue(
        row, question, "ANSWER-TICK",
        "A column for one of several answers holds Y where it was ticked and N or nothing where not.", mark,
        "Look the response up in LimeSurvey and mend the cell in the export.")


def _words(part: Column, forms: Sequence[tuple[Instrument, Form]]) -> str:
    """The reader takes an export in words by its words: a tick says those of its answer."""
    question = part.question
    assert question is not None
    for instrument, _ in forms:
        for option in instrument.options(question):
            if str(option.code) == part.answer:
                return instrument.label(question, option.code)
    return part.answer
