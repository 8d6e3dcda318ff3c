"""Columns that belong to one question → one cell a response, in the instrument's own codes.

Platforms spread answers: several answers over a column each, the reason why a number is missing into a column
beside it. Here each question gets its one cell back: codes joined by commas, or the number, or na, dk, rf.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from instrument.fielding.answers import ReadingIssue
from instrument.fielding.dialect import NOT_TICKED, TICKED
from instrument.fielding.matching import Columns, Found
from instrument.fielding.tables import Table


@dataclass(frozen=True, slots=True)
class Answers:
    """Question id → its cells, in the order of the table's rows; and cells that contradict each other."""

    cells: dict[str, Sequence[str]]
    issues: tuple[ReadingIssue, ...]


def answers_of(table: Table, columns: Columns) -> Answers:
    """One cell a question and response. Questions without a column of their own are empty."""
    cells: dict[str, Sequence[str]] = {}
    issues: list[ReadingIssue] = []
    for question, found in columns.questions.items():
        answers = _answers(table, found, issues)
        if found.beside is not None:
            answers = _with_reasons(table, found, answers, issues)
        cells[question] = answers
    for question in columns.absent:
        cells[question] = [""] * len(table.rows)
    return Answers(cells, tuple(issues))


def _answers(table: Table, found: Found, issues: list[ReadingIssue]) -> Sequence[str]:
    if found.whole is not None:
        return _whole(table, found)
    if found.parts:
        return _joined(table, found, issues)
    return [""] * len(table.rows)  # only a column of reasons: nobody gave an answer


def _whole(table: Table, found: Found) -> Sequence[str]:
    column = table.columns[found.whole]  # type: ignore[index]
    where = found.where
    if not where.recodes and where.separator == ",":
        return column
    several = bool(where.parts) or where.separator != ","
    # Columns hold few distinct texts: each is translated once.
    said = {cell: _recoded(cell, where.recodes, where.separator if several else None) for cell in set(column)}
    return [said[cell] for cell in column]


def _recoded(cell: str, recodes: Mapping[str, str], separator: str | None) -> str:
    if separator is None:
        return recodes.get(cell.strip(), cell)
    parts = cell.split(separator) if separator != " " else cell.split()
    return ",".join(recodes.get(part.strip(), part.strip()) for part in parts)


def _joined(table: Table, found: Found, issues: list[ReadingIssue]) -> list[str]:
    """Several answers in a column each → codes joined by commas, in the order of the questionnaire."""
    out: list[str] = []
    codes = list(found.parts)
    columns = [table.columns[j] for j in found.parts.values()]
    said: dict[tuple[str, ...], tuple[str, str]] = {}
    for k, cells in enumerate(zip(*columns, strict=True)):
        if cells not in said:
            said[cells] = _ticked(codes, cells)
        answer, strange = said[cells]
        if strange:
            issues.append(ReadingIssue(
                table.rows[k], found.where.question.id, "ANSWER-TICK",
                "A column for one of several answers holds 1 where it was ticked and 0 or nothing where not.", strange,
                "Look the response up on the platform and mend the cell in the export."))
        out.append(answer)
    return out


def _ticked(codes: Sequence[str], cells: Sequence[str]) -> tuple[str, str]:
    picked = []
    for code, cell in zip(codes, cells, strict=True):
        mark = cell.strip().casefold()
        if mark in TICKED:
            picked.append(code)
        elif mark not in NOT_TICKED:
            return "", cell
    return ",".join(picked), ""


def _with_reasons(
    table: Table, found: Found, answers: Sequence[str], issues: list[ReadingIssue],
) -> list[str]:
    """A typed answer, or the missing code that stands beside it; both at once contradict each other."""
    assert found.beside is not None
    out = []
    for k, (answer, beside) in enumerate(zip(answers, table.columns[found.beside], strict=True)):
        reason = found.where.recodes.get(beside.strip(), beside.strip())
        if answer.strip() and reason:
            issues.append(ReadingIssue(
                table.rows[k], found.where.question.id, "ANSWER-MULTIPLE",
                f"A question has an answer, or a reason why there is none; here stand both ({reason} beside it).",
                answer, "Look the response up on the platform and mend the cell in the export."))
        out.append(answer if answer.strip() else reason)
    return out
