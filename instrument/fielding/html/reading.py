"""Interviews that the page handed over → :class:`~instrument.fielding.answers.RawAnswers`."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

from instrument import store
from instrument.errors import Finding, InputError
from instrument.fielding.answers import META_COLUMNS, LabelCheck, RawAnswers, ReadingIssue
from instrument.fielding.html.documents import SEND_AGAIN, Document, Source, open_source
from instrument.fielding.html.layout import (
    KNOWN_KEYS,
    META_KEYS,
    Instruments,
    asked,
    find_version,
    is_personal,
    time_from_json,
)
from instrument.model import Fact, Instrument


def read(
    path: Path, form_id: str, *, labels: Path | None = None, version: str | None = None,
    instruments: Instruments | None = None,
) -> RawAnswers:
    """Read one form's interviews. A row is numbered by its place among them, 1 the first; files go by their names.

    A file or line that cannot be read becomes a row that validation sets aside, and the others go on. Interviews of
    another form are left out and counted. Personal keys are dropped here: their content is counted and never kept.

    Parameters
    ----------
    labels
        Not needed: the page takes codes and words from one instrument, whose fingerprint each interview carries.
    version
        Version of interviews that carry no stamp.
    instruments
        Where it is not the released versions that count.

    Raises
    ------
    InputError
        ``READ-MISSING``, ``READ-EMPTY``, ``READ-JSON``, ``READ-NOT-THIS-FORM``, ``READ-VERSION``.
    """
    source = open_source(Path(path))
    documents = [d for d in source.documents if d.broken or d.content["form"] == form_id]
    if all(document.broken for document in documents):
        raise _no_such_form(source, form_id)
    known = _known_versions(source, documents, form_id, version, instruments)
    identifiers = next(iter(known.values())).form(form_id).identifiers
    rows = pd.RangeIndex(1, len(documents) + 1, name="row")
    found = _Found()
    meta = [_meta(document, identifiers, version, found) for document in documents]
    questions = _questions(documents, known, form_id)
    cells = [_cells(document, questions, found) for document in documents]
    return RawAnswers(
        platform="html", form=form_id, file=source.name, sha256=source.sha256,
        cells=pd.DataFrame(cells, index=rows, columns=pd.Index(list(questions)), dtype="str"),
        meta=pd.DataFrame(meta, index=rows, columns=pd.Index([*META_COLUMNS, *identifiers]), dtype="str"),
        dropped_personal=dict(found.personal), unknown_columns=tuple(found.unknown),
        label_check=_label_check(documents, meta, cells, questions, known),
        issues=tuple(_issues(documents, meta, known)), notes=tuple(_notes(source, form_id, labels)),
    )


def form_of(path: Path, *, version: str | None = None, instruments: Instruments | None = None) -> str:
    """Which form a file or folder holds interviews of.

    Raises
    ------
    InputError
        ``READ-NOT-THIS-FORM`` if it holds those of several; else as :func:`read` does for a file.
    """
    source = open_source(Path(path))
    forms = dict.fromkeys(str(d.content["form"]) for d in source.documents if not d.broken)
    if len(forms) > 1:
        raise InputError(Finding(
            "READ-NOT-THIS-FORM", source.name,
            f"Nothing says which form is meant: there are interviews of the forms {', '.join(forms)}.",
            "Name the form, or put the forms into folders of their own.",
        ))
    return next(iter(forms))


@dataclass(slots=True)
class _Found:
    """What stands in the interviews besides answers: personal key → cells dropped; keys that nobody knows."""

    personal: Counter[str] = field(default_factory=Counter)
    unknown: dict[str, None] = field(default_factory=dict)

    def surplus(self, key: str, value: Any, where: str = "") -> None:
        if is_personal(key):
            self.personal[key] += value not in (None, "", [], {})
        else:
            self.unknown[f"{where}{key}"] = None


def _no_such_form(source: Source, form_id: str) -> InputError:
    forms = Counter(str(d.content["form"]) for d in source.documents if not d.broken)
    return InputError(Finding(
        "READ-NOT-THIS-FORM", source.name,
        f"There must be interviews of form {form_id}; there are only those of "
        f"{', '.join(f'form {form} ({count})' for form, count in forms.items())}.",
        "Name the other file, or the other form.",
    ))


def _known_versions(
    source: Source, documents: Sequence[Document], form_id: str, version: str | None, instruments: Instruments | None,
) -> dict[str, Instrument]:
    stamped = {_text(d.content.get("version")) for d in documents if not d.broken} - {""}
    named = sorted(stamped | ({version} if version is not None else set()))
    known = {name: found for name in named if (found := find_version(name, instruments)) is not None}
    having = {name: found for name, found in known.items() if any(form.id == form_id for form in found.forms)}
    if known and not having:
        raise InputError(Finding(
            "READ-NOT-THIS-FORM", source.name, f"The versions {', '.join(known)} have no form {form_id}.",
            "Name another form, or the version that was fielded.",
        ))
    if not known:
        raise InputError(Finding(
            "READ-VERSION", source.name,
            f"Interviews must have been held in a known instrument version; found "
            f"{', '.join(map(repr, named)) or 'no version at all'}.",
            "`alliometrics instrument list` shows the versions; name the version that was fielded.",
        ))
    return having


def _meta(
    document: Document, identifiers: Sequence[str], version: str | None, found: _Found
) -> dict[str, str]:
    out = dict.fromkeys((*META_COLUMNS, *identifiers), "")
    if document.broken:
        return out
    content = document.content
    for column, key in META_KEYS.items():
        out[column] = _text(content.get(key)).strip()
    out["finished"] = {"true": "1", "false": "0"}.get(out["finished"], out["finished"])
    out["status"] = out["status"] or "response"
    out["instrument_version"] = out["instrument_version"] or version or ""
    for column in ("started", "ended"):
        out[column] = time_from_json(out[column])
    for key, value in content["identifiers"].items():
        if key in identifiers:
            out[key] = _text(value).strip()
        else:
            found.surplus(key, value, "identifiers.")
    for key in content.keys() - KNOWN_KEYS:
        found.surplus(key, content[key])
    return out


def _questions(
    documents: Sequence[Document], known: dict[str, Instrument], form_id: str
) -> dict[str, Any]:
    """Question id → question, of all versions; of optional blocks only where the page had them."""
    fielded: set[str] = set()
    answered: set[str] = set()
    for document in documents:
        blocks = document.content.get("optional_blocks")
        fielded.update(map(_text, blocks) if isinstance(blocks, list) else ())
        answered.update(document.content.get("answers", {}))
    return {
        id_: question for instrument in known.values()
        for id_, (block, question) in asked(instrument.form(form_id)).items()
        if block is None or block in fielded or id_ in answered
    }


def _cells(document: Document, questions: dict[str, Any], found: _Found) -> dict[str, str]:
    out = dict.fromkeys(questions, "")
    for key, value in document.content.get("answers", {}).items():
        if key in out:
            out[key] = _text(value)
        else:
            found.surplus(key, value, "answers.")
    return out


def _text(value: Any) -> str:
    """A JSON value as the text of a cell; what is no answer stays readable, for validation to refuse."""
    if value is None:
        return ""
    if isinstance(value, str):
        # Half of a character, as a browser can cut it, is no text that a file could hold.
        return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if isinstance(value, list):
        return ",".join(map(_text, value))
    return json.dumps(value, ensure_ascii=True)


# -- what people should know ----------------------------------------------------------------------------


def _issues(
    documents: Sequence[Document], meta: Sequence[dict[str, str]], known: dict[str, Instrument]
) -> list[ReadingIssue]:
    out = []
    for row, (document, about) in enumerate(zip(documents, meta, strict=True), start=1):
        if document.broken:
            out.append(ReadingIssue(row, "", "ROW-JSON", document.broken, document.place, SEND_AGAIN))
            continue
        instrument, name = known.get(about["instrument_version"]), _text(document.content.get("instrument"))
        if instrument is not None and name != instrument.name:
            out.append(ReadingIssue(
                row, "", "ROW-INSTRUMENT",
                f"An interview must be about the questionnaire {instrument.name!r}; {document.place} is about another.",
                name, "Put the interviews of each questionnaire into a folder of their own.",
            ))
    return out


def _label_check(
    documents: Sequence[Document], meta: Sequence[dict[str, str]], cells: Sequence[dict[str, str]],
    questions: dict[str, Any], known: dict[str, Instrument],
) -> LabelCheck:
    """Codes and words come from one instrument, so they agree where its fingerprint is the one that was fielded."""
    prints = {version: store.fingerprint(instrument) for version, instrument in known.items()}
    coded = [id_ for id_, q in questions.items() if not isinstance(q, Fact) or q.kind in ("choice", "choices")]
    read_rows = [k for k, document in enumerate(documents) if not document.broken]
    same = [k for k in read_rows
            if prints.get(meta[k]["instrument_version"]) == documents[k].content.get("fingerprint", "")]
    count = sum(1 for k in same for id_ in coded if cells[k][id_])
    if len(same) == len(read_rows):
        return LabelCheck("verified", count, (
            "Every interview carries the fingerprint of its instrument version, from which the page took codes and "
            "words alike."))
    return LabelCheck("not verified", count, (
        f"{len(read_rows) - len(same)} of {len(read_rows)} interviews carry another fingerprint than their instrument "
        "version has: the page may have shown other words than the instrument holds now."))


def _notes(source: Source, form_id: str, labels: Path | None) -> list[str]:
    notes = []
    others = Counter(str(d.content["form"]) for d in source.documents if not d.broken and d.content["form"] != form_id)
    for form, count in others.items():
        notes.append(f"{count} interviews are of form {form} and were left out here.")
    broken = sum(1 for document in source.documents if document.broken)
    if broken:
        notes.append(f"{broken} files or lines could not be read; each has a row that is set aside (ROW-JSON).")
    if source.ignored:
        notes.append(f"{len(source.ignored)} files are no interviews by their names and were not opened: "
                     f"{', '.join(source.ignored[:5])}{' …' if len(source.ignored) > 5 else ''}.")
    if labels is not None:
        notes.append("A second file with choice text is not needed for this platform and was not opened.")
    return notes
