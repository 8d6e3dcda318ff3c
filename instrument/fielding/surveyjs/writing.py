"""Answers → a JSON array of results, as a page's store would hand them out."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, get_args

import pandas as pd

from instrument.fielding.answers import META_COLUMNS, Export
from instrument.fielding.surveyjs.places import Place, places
from instrument.fielding.times import seconds_between
from instrument.fielding.words import is_typed
from instrument.model import MISSING_CODES, Fact, Form, Instrument, Item, Note

SUFFIX = ".json"

Put = Callable[[dict[str, Any], str], None]


def write(
    path: Path, instruments: Instrument | Sequence[Instrument], form_id: str, cells: pd.DataFrame, meta: pd.DataFrame,
    personal: pd.DataFrame | None = None, *, export: Export = "codes", language: str | None = None,
) -> None:
    """Write each response as the result object its version's survey would hand over, in one JSON array.

    Unanswered questions are left out, as SurveyJS leaves them out. The same answers give the same bytes.

    Parameters
    ----------
    personal
        Fields that a store adds and that tell who somebody is; written under their own names.
    export
        SurveyJS stores values. With ``labels`` the words shown are written in their place, as in a table made for
        people.
    language
        Of those words; each respondent's own if None.
    """
    if export not in get_args(Export):
        raise ValueError(f"export must be one of {get_args(Export)}, not {export!r}")
    for name, table in (("meta", meta), ("personal", personal)):
        if table is not None and not table.index.equals(cells.index):
            raise ValueError(f"{name} and cells must have the same rows in the same order")
    versions = [instruments] if isinstance(instruments, Instrument) else list(instruments)
    writers = {i.version: _Writer(i, i.form(form_id), export) for i in versions}
    fallback = writers[versions[-1].version]
    results = []
    records = (table.to_dict("records") for table in (cells, meta))
    extras = personal.to_dict("records") if personal is not None else [{} for _ in range(len(cells))]
    for answers, about, who in zip(*records, extras, strict=True):
        writer = writers.get(about["instrument_version"], fallback)
        results.append(writer.result(answers, about, who, language or about["language"]))
    lines = ",\n".join(json.dumps(result, ensure_ascii=False, allow_nan=False) for result in results)
    path.write_bytes(f"[\n{lines}\n]\n".encode())


class _Writer:
    """One version's way to put answers into a result."""

    def __init__(self, instrument: Instrument, form: Form, export: Export) -> None:
        self._instrument, self._form, self._export = instrument, form, export
        self._places = places(instrument, form).questions
        self._questions = [q for _, q in form.questions() if not isinstance(q, Note)]

    def result(
        self, answers: dict[str, str], about: dict[str, str], who: dict[str, str], language: str,
    ) -> dict[str, Any]:
        out: dict[str, Any] = {"id": about["response_id"], "createdAt": _moment(about["ended"])}
        out |= {str(name): value for name, value in who.items()}
        out |= {name: about[name] for name in self._form.identifiers}
        for question in self._questions:
            if answer := answers.get(question.id, ""):
                self._put(out, question, answer, language)
        out |= {"instrument_version": about["instrument_version"], "form": self._form.id, "language": about["language"],
                "started": _moment(about["started"]), "ended": _moment(about["ended"])}
        if about["duration_seconds"] != seconds_between(about["started"], about["ended"]):
            out["duration_seconds"] = _number(about["duration_seconds"])
        if about["finished"] != "1":
            out["finished"] = False if about["finished"] == "0" else about["finished"]
        if about.get("status", "response") != "response":
            out["status"] = about["status"]
        return {name: value for name, value in out.items() if name not in META_COLUMNS or value != ""}

    def _put(self, out: dict[str, Any], question: Item | Fact, answer: str, language: str) -> None:
        place: Place = self._places[question.id]
        if is_typed(question):
            if place.beside is not None and answer in MISSING_CODES:
                out[place.beside] = [answer]
            else:
                typed = isinstance(question, Fact) and question.kind in ("count", "number", "year")
                out[place.name] = _number(answer) if typed else answer
            return
        several = isinstance(question, Fact) and question.kind == "choices"
        value: Any = [self._value(question, code, language) for code in answer.split(",")] if several else (
            self._value(question, answer, language))
        if place.row is None:
            out[place.name] = value
        else:
            out.setdefault(place.name, {})[place.row] = value

    def _value(self, question: Item | Fact, code: str, language: str) -> int | str:
        known = {str(option.code): option.code for option in self._instrument.options(question)}
        if code not in known:
            return code
        if self._export == "labels":
            shown = language if language in self._instrument.languages else None
            return self._instrument.label(question, known[code], shown)
        return known[code]


def _number(text: str) -> int | float | str:
    """A number where JSON would say it the same way."""
    for kind in (int, float):
        try:
            value = kind(text)
        except ValueError:
            continue
        if str(value) == text and text not in ("nan", "inf", "-inf"):
            return value
    return text


def _moment(text: str) -> str:
    """``2026-03-02 09:00:00`` in UTC as JavaScript writes it."""
    return f"{text.replace(' ', 'T')}.000Z" if len(text) == len("2026-03-02 09:00:00") else text
