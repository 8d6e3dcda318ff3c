"""Results as SurveyJS pages store them → one table with a column an answer.

A result is an object: question name → value; a matrix holds an object of rows, a checkbox a list. Stores wrap
results in fields of their own, or file each under a name. All of that is flattened here; nothing is interpreted.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from instrument.errors import Finding, InputError
from instrument.fielding.surveyjs.places import WRAPPERS
from instrument.fielding.tables import Table, content_of, open_table, table_of, text_of

AGAIN = "Export the results again from the store that your page sends them to, all of them, as JSON."

def open_results(path: Path) -> Table:
    """Read results from JSON (an array, one object a line, or one object), a folder of such files, or a CSV.

    Raises
    ------
    InputError
        ``READ-JSON`` for what is neither; else as :func:`~instrument.fielding.tables.open_table`.
    """
    if path.is_dir():
        files = sorted(path.glob("*.json"))
        contents = [content_of(file, AGAIN) for file in files]
        results = [r for file, content in zip(files, contents, strict=True) for r in _results(content, file.name)]
        return _table(results, path.name, hashlib.sha256(b"\n".join(contents)).hexdigest())
    content = content_of(path, AGAIN)
    if content.startswith(b"PK\x03\x04") or not _looks_like_json(content, path.name):
        return open_table(path, again=AGAIN, separators=(",", ";"))
    return _table(_results(content, path.name), path.name, hashlib.sha256(content).hexdigest())


def _looks_like_json(content: bytes, name: str) -> bool:
    return text_of(content, name, AGAIN).lstrip()[:1] in ("[", "{")


# -- JSON -----------------------------------------------------------------------------------------------


def _results(content: bytes, name: str) -> list[dict[str, Any]]:
    text = text_of(content, name, AGAIN)
    parsed = _parsed(text, name)
    listed = parsed if isinstance(parsed, list) else _listed(parsed)
    wrong = next((k for k, one in enumerate(listed, start=1) if not isinstance(one, dict)), None)
    if wrong is not None:
        raise InputError(Finding("READ-JSON", f"{name}, result {wrong}",
                                 "A result must be an object of question names and answers; this one is not.", AGAIN))
    return [_unwrapped(one) for one in listed]


def _parsed(text: str, name: str) -> Any:
    try:
        return json.loads(text, parse_float=str)
    except ValueError as error:
        lines = [line for line in text.splitlines() if line.strip()]
        if len(lines) > 1 and all(line.lstrip().startswith("{") for line in lines):
            return [_line(line, k, name) for k, line in enumerate(lines, start=1)]
        raise _refused(name, error) from error


def _line(line: str, number: int, name: str) -> Any:
    try:
        return json.loads(line, parse_float=str)
    except ValueError as error:
        raise _refused(f"{name}, line {number}", error) from error


def _refused(place: str, error: ValueError) -> InputError:
    return InputError(Finding("READ-JSON", place, f"The file must hold JSON; {error}. It may be cut off.", AGAIN))


def _listed(one: dict[str, Any]) -> list[Any]:
    """``{"Data": [...]}``, as services wrap a list; else the object is a single result."""
    for key, value in one.items():
        if key.casefold() in WRAPPERS and isinstance(value, list) and any(isinstance(v, dict) for v in value):
            return value
    return [one]


def _unwrapped(one: dict[str, Any]) -> dict[str, Any]:
    """The result with the store's fields beside it. Where both have a name, the result's own counts."""
    for key, value in one.items():
        if key.casefold() not in WRAPPERS:
            continue
        inner = value
        if isinstance(value, str) and value.lstrip().startswith("{"):
            try:
                inner = json.loads(value, parse_float=str)
            except ValueError:
                continue
        if isinstance(inner, dict):
            return {**{k: v for k, v in one.items() if k != key}, **inner}
    return one


# -- flattening -----------------------------------------------------------------------------------------


def _table(results: Sequence[dict[str, Any]], name: str, sha256: str) -> Table:
    flat = [_flat(one) for one in results]
    header = list(dict.fromkeys(column for one in flat for column in one))
    if not header:
        raise InputError(Finding("READ-EMPTY", name, "The file holds no result.", AGAIN))
    full = table_of([header, *([one.get(column, "") for column in header] for one in flat)], name, sha256, AGAIN)
    # Row k is the k-th result: there is no header among them.
    return Table(name, sha256, full.header, tuple(row - 1 for row in full.rows), full.columns, full.ragged)


def _flat(one: dict[str, Any], prefix: str = "") -> dict[str, str]:
    """Names with dots where objects stand in objects, and cells."""
    out: dict[str, str] = {}
    for key, value in one.items():
        if isinstance(value, str):  # most values are texts or codes: a loop without detours for them
            out[prefix + key] = value
        elif type(value) is int:  # no truth value, which is an int too
            out[prefix + key] = str(value)
        elif isinstance(value, dict):
            out |= _flat(value, f"{prefix}{key}.")
        else:
            out[prefix + key] = _cell(value)
    return out


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, list):
        return ",".join(_cell(part) for part in value)
    if isinstance(value, dict):
        return json.dumps(value, ensure_ascii=False, sort_keys=True)
    return str(value)
