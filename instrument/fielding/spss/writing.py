"""Answers as a labelled ``.sav`` file; each comes back as the same text when the file is read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pandas as pd

from instrument.fielding.answers import Export
from instrument.fielding.spss.exporting import notes_of
from instrument.fielding.spss.numbers import number
from instrument.fielding.spss.savfile import Values, sav_bytes
from instrument.fielding.spss.variables import Variable, answer_variables, meta_variables
from instrument.fielding.words import is_typed
from instrument.fielding.writing import check_meta, label_cells, layouts_and_questions
from instrument.model import Instrument, Note


@dataclass(frozen=True, slots=True)
class _Written:
    """Variables with their values, one a row; ``as_text`` where no number stands for some answer."""

    variables: tuple[Variable, ...]
    values: tuple[Values, ...]
    as_text: bool = False


def write(
    path: Path, instruments: Instrument | Sequence[Instrument], form_id: str, cells: pd.DataFrame, meta: pd.DataFrame,
    personal: pd.DataFrame | None = None, *, export: Export = "codes", language: str | None = None,
) -> None:
    """Write answers with their labels, in ``language`` or (None) the instrument's base language.

    A variable that holds a text no number stands for (``about 3``) is written as text, without value labels, and a
    note in the file says so. With ``export="labels"`` choices are written in words, as text.
    """
    layouts, questions = layouts_and_questions(instruments, form_id, cells)
    form = layouts[0].form(form_id)
    check_meta(meta, cells, form.identifiers)
    worded: set[str] = set()
    answers = cells[questions]
    if export == "labels":
        answers = label_cells(layouts, form_id, answers, meta, language)
        worded = {q.id for layout in layouts for _, q in layout.form(form_id).questions()
                  if not isinstance(q, Note) and not is_typed(q)}
    parts = [_one(v, meta[v.name].tolist()) for v in meta_variables(form, language or layouts[-1].language)
             if v.name in meta.columns]
    if personal is not None:
        parts += [_text(Variable(str(name), "", "nominal"), personal[name].tolist()) for name in personal.columns]
    labelled = answer_variables(layouts, form_id, language, questions)
    for question in questions:
        own = [v for v in labelled if v.question == question]
        parts.append(_answers(question, own, answers[question].tolist(), worded=question in worded))
    variables = [variable for part in parts for variable in part.variables]
    notes = notes_of(layouts, form_id, language, variables)
    as_text = " ".join(v.name for part in parts if part.as_text for v in part.variables)
    if as_text:
        notes.append(f"Written as text, since no number stands for some of the answers: {as_text}")
    values = {v.name: column for part in parts for v, column in zip(part.variables, part.values, strict=True)}
    path.write_bytes(sav_bytes(
        variables, values, title=f"{form.title} ({form_id})", notes=notes, day=layouts[-1].released))


def _answers(question: str, own: Sequence[Variable], cells: Sequence[str], *, worded: bool) -> _Written:
    if worded or (own[0].answer and (ticks := _ticked(own, cells)) is None):
        label = "" if own[0].answer else own[0].label
        return _text(Variable(question, label, "nominal", question), cells, as_text=True)
    if own[0].answer:
        assert ticks is not None
        return _Written(tuple(own), tuple(ticks))
    return _one(own[0], cells)


def _one(variable: Variable, cells: Sequence[str]) -> _Written:
    if variable.width:
        return _text(variable, cells)
    missing = _numbers(variable)
    said = {cell: number(cell, missing) if cell else None for cell in set(cells)}
    if any(cell and found is None for cell, found in said.items()):
        return _text(replace(variable, labels={}, missing={}), cells, as_text=True)
    return _Written((variable,), ([said[cell] for cell in cells],))


def _text(variable: Variable, cells: Sequence[str], *, as_text: bool = False) -> _Written:
    width = max(1, *(len(cell.encode("utf-8")) for cell in cells)) if cells else 1
    return _Written((replace(variable, width=width),), (list(cells),), as_text)


def _numbers(variable: Variable) -> dict[str, int]:
    return {code: int(value) for code, value in variable.missing.items()}


def _ticked(own: Sequence[Variable], cells: Sequence[str]) -> list[list[float | None]] | None:
    """A column of 0 and 1 an answer; None if one of the cells cannot be got back from them."""
    missing = _numbers(own[0])
    said: dict[str, list[float | None]] = {}
    for cell in set(cells):
        given = cell.split(",") if cell else []
        reason = next((float(missing[code]) for code in given if code in missing), 0.0)
        ticks: list[float | None] = [(1.0 if v.answer in given else reason) if given else None for v in own]
        if cell and _joined(own, ticks, missing) != cell:
            return None
        said[cell] = ticks
    return [[said[cell][k] for cell in cells] for k in range(len(own))]


def _joined(own: Sequence[Variable], ticks: Sequence[float | None], missing: Mapping[str, int]) -> str:
    """The cell that these columns are read as."""
    picked = [v.answer for v, tick in zip(own, ticks, strict=True) if tick == 1.0]
    return ",".join([*picked, *(code for code, value in missing.items() if value in ticks)])
