"""Answers → interviews as a server would store the page's posts: one JSON object a line."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from instrument import store
from instrument.fielding.answers import Export
from instrument.fielding.html.layout import FORMAT, META_KEYS, Instruments, asked, by_version, time_to_json
from instrument.fielding.writing import check_meta, layouts_and_questions
from instrument.model import Fact, Instrument, Item

_WHOLE = re.compile(r"0|-?[1-9]\d{0,14}", re.ASCII)


def write(
    path: Path, instruments: Instruments, form_id: str, cells: pd.DataFrame, meta: pd.DataFrame,
    personal: pd.DataFrame | None = None, *, export: Export = "codes", language: str | None = None,
) -> None:
    """Write interviews, one a line. The same answers give the same bytes.

    Parameters
    ----------
    instruments
        The versions that were fielded; ``meta.instrument_version`` says which of them a row was asked in.
    cells
        One row a response, one column a question id, codes and typed answers as text, ``""`` where empty.
    meta
        Same index: :data:`~instrument.fielding.answers.META_COLUMNS` (``status`` may be left out) and the form's
        identifiers, as text.
    personal
        Same index: keys that a server might add to what the page posts.
    export, language
        The page knows no export with choice text; ``export`` must be ``"codes"``.
    """
    if export != "codes":
        raise ValueError("the page hands over codes; it has no export with choice text")
    known = by_version(instruments)
    layouts_and_questions(tuple(known.values()), form_id, cells)
    identifiers = next(iter(known.values())).form(form_id).identifiers
    check_meta(meta, cells, identifiers)
    prints = {version: store.fingerprint(instrument) for version, instrument in known.items()}
    records = zip(cells.to_dict("records"), meta.to_dict("records"), strict=True)
    added = [{}] * len(cells) if personal is None else personal.to_dict("records")
    with Path(path).open("w", encoding="utf-8", newline="\n") as file:
        for (answers, about), more in zip(records, added, strict=True):
            line = _interview(form_id, known, prints, identifiers, answers, about)
            line |= {str(key): value for key, value in more.items() if value}
            file.write(json.dumps(line, ensure_ascii=False, separators=(",", ":")) + "\n")


def _interview(
    form_id: str, known: Mapping[str, Instrument], prints: Mapping[str, str], identifiers: tuple[str, ...],
    answers: Mapping[Any, str], about: Mapping[Any, str],
) -> dict[str, Any]:
    version = about["instrument_version"]
    instrument = known.get(version, next(iter(known.values())))
    form = asked(instrument.form(form_id))
    everywhere = {id_: place for one in known.values() for id_, place in asked(one.form(form_id)).items()}
    out: dict[str, Any] = {
        "format": FORMAT, "form": form_id, "instrument": instrument.name, "fingerprint": prints.get(version, ""),
        "identifiers": {name: about[name] for name in identifiers},
        "optional_blocks": list(dict.fromkeys(
            block for id_, (block, _) in form.items() if block is not None and id_ in answers)),
        # Nobody was shown these questions in any order.
        "order": {},
        "answers": {
            id_: _answer(everywhere[id_][1], cell) for id_, cell in answers.items() if cell},
    }
    meta = {key: _meta(column, about.get(column, "")) for column, key in META_KEYS.items()}
    return out | {key: value for key, value in meta.items() if value != "" and (key, value) != ("status", "response")}


def _meta(column: str, text: str) -> str | int | bool:
    if column == "finished":
        return {"1": True, "0": False}.get(text, text)
    if column == "duration_seconds":
        return int(text) if _WHOLE.fullmatch(text) else text
    return time_to_json(text) if column in ("started", "ended") else text


def _answer(question: Item | Fact, cell: str) -> str | int | list[str | int]:
    """Codes as numbers, several as a list; a cell that is no code stays as it is."""
    if not isinstance(question, Item):
        if question.kind == "choices":
            return [_code(part) for part in cell.split(",")]
        if question.kind != "choice":
            return cell
    return _code(cell)


def _code(text: str) -> str | int:
    return int(text) if _WHOLE.fullmatch(text) else text
