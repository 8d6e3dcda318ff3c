"""One form's columns of text → values and reasons, question by question, following the routing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
import pandas as pd

from instrument.errors import Finding, InputError
from instrument.fielding.answers import RawAnswers, ReadingIssue
from instrument.model import Condition, Fact, Form, Instrument, Item, Note
from pipeline.data.cell_rules import EMPTY, Broken, SetAside, cell_reader

NOT_ASKED = Broken(
    "ANSWER-ROUTING", "An answer stands where the question was not asked: earlier answers, or the plan, leave it out.",
    "Nothing to mend if the respondent went back and changed an earlier answer; else correct the earlier one.",
)


class Column(NamedTuple):
    """One question's answers: values (n,), reasons (n,), and for several answers each code's 0/1 (n,)."""

    value: np.ndarray
    reason: np.ndarray
    picked: dict[int | str, np.ndarray]


class FormAnswers:
    """The answers of the rows that were asked in one version.

    A question is ``not asked`` where its conditions or its block's do not hold, where its optional block is
    switched off, and after an answer that ended the interview. Where the answer that routes is itself
    invalid, nobody knows what was asked: the answers behind it are believed, not lost with it.

    Attributes
    ----------
    values, reasons, texts
        Tables as in :class:`~pipeline.data.responses.Responses`, indexed by row number.
    set_aside
        Cells that broke a rule.
    counts
        Number of cells by reason; ``""`` are the answered ones.
    """

    def __init__(
        self, raw: RawAnswers, instrument: Instrument, rows: np.ndarray, optional_blocks: tuple[str, ...]
    ) -> None:
        form = instrument.form(raw.form)
        _check_columns(raw, form, optional_blocks)
        self._raw, self._instrument, self._rows = raw, instrument, rows
        self._index = raw.cells.index[rows]
        self._doubts: dict[str, list[ReadingIssue]] = {}
        for issue in raw.issues:
            self._doubts.setdefault(issue.question, []).append(issue)
        self._columns: dict[str, Column] = {}
        self.set_aside: list[SetAside] = []
        self.counts: Counter[str] = Counter()
        texts: dict[str, np.ndarray] = {}
        going_on = np.ones(len(rows), dtype=bool)
        for block in form.blocks:
            shown = self._holds(block.show_if) & (not block.optional or block.id in optional_blocks)
            for question in block.questions:
                if isinstance(question, Note) or question.id not in raw.cells.columns:
                    continue
                asked = going_on & shown & self._holds(question.show_if)
                cells = raw.cells[question.id].to_numpy(dtype=object)[rows]
                column = self._read(question, cells, asked)
                self.counts.update(column.reason.tolist())
                if isinstance(question, Fact) and question.kind in ("text", "date"):
                    texts[question.id] = np.where(column.reason == "", cells, "")
                self._columns[question.id] = column
                if isinstance(question, Fact) and question.screen_out:
                    going_on = going_on & ~self._answered(question.id, question.screen_out)
        self._make_tables(texts)

    def _read(self, question: Item | Fact, cells: np.ndarray, asked: np.ndarray) -> Column:
        """Judge each distinct cell once and spread the verdicts over the rows."""
        at, distinct = pd.factorize(cells)
        texts = [str(cell).strip() for cell in distinct]
        read = cell_reader(self._instrument, question)
        answers = [read(text) if text else EMPTY for text in texts]
        value = np.array([answer.value for answer in answers])[at]
        reason = np.array([answer.reason for answer in answers], dtype=object)[at]
        given = np.array([bool(text) for text in texts])[at]
        for k in np.flatnonzero(asked & (reason == "invalid")):
            self._set_aside(k, question.id, answers[at[k]].broken, texts[at[k]])
        for k in np.flatnonzero(~asked & given):
            self._set_aside(k, question.id, NOT_ASKED, texts[at[k]])
        reason[~asked] = "not asked"
        doubts = self._doubts.get(question.id, [])
        where = self._index.get_indexer(pd.Index([issue.row for issue in doubts]))
        for k, issue in zip(where, doubts, strict=True):
            if k >= 0 and reason[k] not in ("invalid", "not asked"):
                self._set_aside(k, question.id, Broken(issue.code, issue.rule, issue.fix), issue.value)
                reason[k] = "invalid"
        value[reason != ""] = np.nan
        picked: dict[int | str, np.ndarray] = {}
        if isinstance(question, Fact) and question.kind == "choices":
            for code in (o.code for o in self._instrument.options(question) if isinstance(o.code, int)):
                picked[code] = np.array([float(code in answer.picked) for answer in answers])[at]
                picked[code][reason != ""] = np.nan
        return Column(value, reason, picked)

    def _set_aside(self, k: int | np.integer, question: str, broken: Broken | None, value: str) -> None:
        assert broken is not None
        self.set_aside.append(SetAside(int(self._rows[k]), question, broken, value))

    def _holds(self, conditions: Iterable[Condition]) -> np.ndarray:
        out = np.ones(len(self._rows), dtype=bool)
        for condition in conditions:
            out &= self._answered(condition.question, (*condition.any_of, "invalid"))
        return out

    def _answered(self, question: str, codes: Iterable[int | str]) -> np.ndarray:
        """Whether the answer is one of ``codes``, (n,); reasons count as codes."""
        out = np.zeros(len(self._rows), dtype=bool)
        column = self._columns.get(question)
        if column is None:  # of an optional block that was not fielded
            return out
        for code in codes:
            if isinstance(code, str):
                out |= column.reason == code
            elif column.picked:
                out |= column.picked[code] == 1
            else:
                out |= column.value == code
        return out

    def _make_tables(self, texts: dict[str, np.ndarray]) -> None:
        values: dict[str, np.ndarray] = {}
        reasons: dict[str, np.ndarray] = {}
        for question, column in self._columns.items():
            several = {f"{question}.{code}": picked for code, picked in column.picked.items()}
            for name, value in (several or {question: column.value}).items():
                if question not in texts:
                    values[name], reasons[name] = value, column.reason
        self.values = pd.DataFrame(values, index=self._index, dtype=float)
        self.reasons = pd.DataFrame(reasons, index=self._index, dtype=object)
        self.texts = pd.DataFrame(texts, index=self._index, dtype=object)


def _check_columns(raw: RawAnswers, form: Form, optional_blocks: tuple[str, ...]) -> None:
    absent = [
        question.id for _, question in form.questions(optional=optional_blocks)
        if not isinstance(question, Note) and question.id not in raw.cells.columns
    ]
    if absent:
        raise InputError(Finding(
            "DATA-COLUMN-MISSING", f"{raw.file}, form {raw.form}",
            f"Every question that the plan asks must be in the export; these are not: {', '.join(absent)}.",
            "Export all fields; if an optional block was not fielded, take it out of optional_blocks in study.yaml.",
        ))
