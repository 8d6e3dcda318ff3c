"""Interviews held by SurveyJS itself, and what comes back from them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pandas as pd

from instrument.fielding import surveyjs
from instrument.fielding.exports import Wanted, wanted
from instrument.fielding.surveyjs.places import places
from instrument.model import MISSING_CODES, Fact, Instrument, Note
from tests.clients import node_script


def export_form(folder: Path, instrument: Instrument, form_id: str, wish: Wanted | None = None) -> Path:
    """The survey JSON of one form as a file."""
    files = {file.name: file for file in surveyjs.export(instrument, wish or wanted(instrument))}
    path = folder / f"surveyjs-{form_id}.json"
    path.write_bytes(files[path.name].content)
    return path


def hold(survey: Path, *interviews: dict[str, Any]) -> dict[str, Any]:
    """SurveyJS's verdict on the survey, and the interviews as it held them."""
    done = node_script("surveyjs_interview.mjs", survey, text=json.dumps(interviews))
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def said(instrument: Instrument, form_id: str, row: dict[str, str]) -> dict[str, Any]:
    """One respondent's cells as what is entered into the survey."""
    form, out = instrument.form(form_id), {}
    where = places(instrument, form).questions
    for _, question in form.questions():
        if isinstance(question, Note) or not (cell := row.get(question.id, "")):
            continue
        place = where[question.id]
        codes = {str(option.code): option.code for option in (
            instrument.options(question) if question.scale or getattr(question, "options", ()) else ())}
        if place.beside is not None and cell in MISSING_CODES:
            out[place.beside] = [cell]
        elif isinstance(question, Fact) and question.kind == "choices":
            out[place.column] = [codes[code] for code in cell.split(",")]
        elif isinstance(question, Fact) and question.kind in ("count", "number", "year"):
            out[place.column] = float(cell)
        else:
            out[place.column] = codes.get(cell, cell)
    return out


def interview(instrument: Instrument, form_id: str, row: dict[str, str], about: dict[str, str]) -> dict[str, Any]:
    """One respondent of ``cells`` and ``meta``, ready to be interviewed."""
    link = {name: about[name] for name in instrument.form(form_id).identifiers}
    return {"locale": about["language"], "link": link, "answers": said(instrument, form_id, row)}


def read_results(folder: Path, instrument: Instrument, form_id: str, results: list[dict[str, Any]]) -> Any:
    """Results as a store hands them out, read back."""
    path = folder / "results.json"
    path.write_text(json.dumps([{"id": str(k), **one} for k, one in enumerate(results)]), encoding="utf-8")
    return surveyjs.read(path, form_id, instruments={instrument.version: instrument})


def same_answers(found: pd.DataFrame, cells: pd.DataFrame) -> None:
    """The same cells; columns nobody answered may be absent where a block is optional."""
    expected = cells.reset_index(drop=True).reindex(columns=found.columns, fill_value="")
    pd.testing.assert_frame_equal(
        found.reset_index(drop=True), expected, check_dtype=False, check_names=False, check_index_type=False)
    lost = cells.drop(columns=found.columns, errors="ignore")
    assert lost.eq("").all(axis=None), f"answers without a column: {list(lost)}"
