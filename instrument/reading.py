"""Read a YAML file into a frozen type, and say of every mistake where it is and how to mend it.

PyYAML alone is too kind for a questionnaire: of two equal keys it silently keeps the last, and it
reads an unquoted ``No`` as a truth value. Here both are findings with file, line and a readable
path such as ``forms[F].blocks[trust].questions[ratr1].text``, and all of them are reported at once.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from instrument import model
from instrument.errors import Finding, InputError

_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # ten times faster, where libyaml is there
_NAMES = ("id", "code", "question")
"""Keys by which an entry of a list is named in a path, instead of by its position."""

M = TypeVar("M", bound=BaseModel)


def read_yaml(path: Path, kind: type[M], *, absent: tuple[str, ...] = ()) -> M:
    """Read ``path`` as ``kind``.

    Parameters
    ----------
    absent
        Keys of ``kind`` that this file must not hold, because they come from elsewhere.

    Raises
    ------
    InputError
        ``INSTRUMENT-YAML`` (cannot be read as YAML, or a key stands twice) or ``INSTRUMENT-SHAPE``
        (every key that is missing, unknown or of the wrong type).
    """
    label = _label(path)
    node = _compose(path, label)
    twice = tuple(_duplicate_keys(node, label))
    if twice:
        raise InputError(twice)
    raw = _construct(node, label)
    if not isinstance(raw, dict):
        raise InputError(_syntax(label, node, "the file should hold keys and values, one `key: value` a line"))
    stray = tuple(_unknown_key(_place(label, node, (key,)), key) for key in absent if key in raw)
    for key in absent:
        raw.pop(key, None)
    try:
        value = kind.model_validate(raw)
    except ValidationError as error:
        raise InputError((*stray, *_shape(error, raw, node, label))) from None
    if stray:
        raise InputError(stray)
    return value


def _label(path: Path) -> str:
    """``1.0.0/es.yaml``: enough to find the file, and the same on every machine."""
    return f"{path.parent.name}/{path.name}"


# -- syntax ---------------------------------------------------------------------------------------


def _compose(path: Path, label: str) -> yaml.Node:
    try:
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise InputError(Finding(
            "INSTRUMENT-YAML", label, f"the file cannot be read: {error.strerror}",
            "check that the file exists and that you may read it",
        )) from None
    except UnicodeDecodeError as error:
        raise InputError(Finding(
            "INSTRUMENT-YAML", f"{label}, byte {error.start + 1}", "the file is not UTF-8 text",
            "save the file with the encoding UTF-8",
        )) from None
    try:
        node: yaml.Node | None = yaml.compose(text, Loader=_Loader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        where = f"{label}, line {mark.line + 1}, column {mark.column + 1}" if mark else label
        said = ", ".join(part for part in (error.context, error.problem) if part)
        raise InputError(Finding(
            "INSTRUMENT-YAML", where, f"this is not YAML: {said}",
            "check indentation, the space after each colon, and quote texts that hold `: ` or ` #` "
            "or begin with one of - ? [ ] { } * & ! | > % @ `",
        )) from None
    except yaml.YAMLError as error:
        raise InputError(Finding(
            "INSTRUMENT-YAML", label, f"this is not YAML: {' '.join(str(error).split())}",
            "remove characters that are not printable text",
        )) from None
    if node is None:
        raise InputError(Finding(
            "INSTRUMENT-YAML", label, "the file is empty", "restore the file, or start from a copy of another version",
        ))
    return node


def _construct(node: yaml.Node, label: str) -> object:
    loader = _Loader("")
    try:
        return loader.construct_document(node)
    except yaml.MarkedYAMLError as error:
        raise InputError(_syntax(label, node, str(error.problem), error.problem_mark)) from None
    except ValueError as error:  # a date such as 2025-02-30
        raise InputError(_syntax(label, node, f"a value cannot be read: {error}")) from None
    finally:
        loader.dispose()


def _syntax(label: str, node: yaml.Node, said: str, mark: Any = None) -> Finding:
    mark = mark or node.start_mark
    return Finding(
        "INSTRUMENT-YAML", f"{label}, line {mark.line + 1}, column {mark.column + 1}", said,
        "write it as the published schema in instrument/schema has it; quote what is meant as text",
    )


def _duplicate_keys(node: yaml.Node, label: str, seen: set[int] | None = None) -> Iterator[Finding]:
    seen = set() if seen is None else seen
    if id(node) in seen:  # an alias: its anchor was looked at already
        return
    seen.add(id(node))
    if isinstance(node, yaml.SequenceNode):
        for child in node.value:
            yield from _duplicate_keys(child, label, seen)
    elif isinstance(node, yaml.MappingNode):
        lines: dict[str, int] = {}
        for key, child in node.value:
            line = key.start_mark.line + 1
            if isinstance(key, yaml.ScalarNode) and key.value != "<<":
                if key.value in lines:
                    yield Finding(
                        "INSTRUMENT-YAML", f"{label}, line {line}, column {key.start_mark.column + 1}",
                        f"the key `{key.value}` stands here a second time; it stands first in line {lines[key.value]}",
                        "keep one of the two",
                    )
                lines.setdefault(key.value, line)
            yield from _duplicate_keys(child, label, seen)


# -- shape ----------------------------------------------------------------------------------------


def _shape(error: ValidationError, raw: object, node: yaml.Node, label: str) -> Iterator[Finding]:
    """One finding a broken key, though a key that may be of two types fails once for each."""
    by_key: dict[tuple[str | int, ...], list[ErrorDetails]] = {}
    for detail in error.errors(include_url=False):
        by_key.setdefault(_keys(detail, raw), []).append(detail)
    for keys, details in by_key.items():
        place = _place(label, node, keys, raw)
        if details[0]["type"] == "extra_forbidden":
            yield _unknown_key(place, str(keys[-1]))
        elif details[0]["type"] == "missing":
            yield Finding("INSTRUMENT-SHAPE", place, "this key is required and is not there", f"add `{keys[-1]}: …`")
        else:
            said = " or ".join(dict.fromkeys(_plain(detail["msg"]) for detail in details))
            found = _value_at(raw, keys)
            yield Finding("INSTRUMENT-SHAPE", place, f"{said}; found {_show(found)}", _fix(found, node, keys))


def _unknown_key(place: str, key: str) -> Finding:
    near = difflib.get_close_matches(key, _known_keys(), n=1)
    hint = f"did you mean `{near[0]}`? Otherwise remove it" if near and near[0] != key else "remove it, or move it"
    return Finding("INSTRUMENT-SHAPE", place, f"no key `{key}` belongs here", hint)


def _known_keys() -> list[str]:
    kinds = (kind for kind in vars(model).values() if isinstance(kind, type) and issubclass(kind, BaseModel))
    return sorted({name for kind in kinds for name in kind.model_fields})


def _plain(message: str) -> str:
    """Pydantic's sentence in the words of somebody who edits a questionnaire."""
    words = {"Input should be": "should be", "string": "text", "integer": "whole number", "boolean": "true or false",
             "a valid tuple": "a list", "valid dictionary": "set of keys", "or instance of TranslatedString": "",
             "Unable to extract tag using discriminator 'type'":
                 "a question should say what it is: `type: item`, `type: fact` or `type: note`"}
    for theirs, ours in words.items():
        message = message.replace(theirs, ours)
    return message.replace("a valid true", "true").replace("valid ", "").strip()


def _show(value: object) -> str:
    if isinstance(value, bool):
        return f"the truth value {str(value).lower()}"
    if value is None:
        return "nothing"
    if isinstance(value, dict):
        return "a set of keys"
    if isinstance(value, list):
        return "a list"
    return f"{'the text ' if isinstance(value, str) else ''}{value!r}"


def _fix(found: object, node: yaml.Node, keys: tuple[str | int, ...]) -> str:
    written, whole = _node_at(node, keys)
    source = written.value if whole and isinstance(written, yaml.ScalarNode) else str(found)
    if isinstance(found, bool):
        return (f"if the word is meant, put it in quotes: \"{source}\" (YAML reads an unquoted yes, no, on, off, "
                "true or false as a truth value); an answer code is a number, or one of na, dk, rf")
    if found is None:
        return "write a value after the colon, or remove the key if it may be left out"
    if not isinstance(found, str | list | dict):
        return f"if text is meant, put it in quotes: \"{source}\""
    return "write it as the published schema in instrument/schema has it"


# -- where ----------------------------------------------------------------------------------------


def _keys(detail: ErrorDetails, raw: object) -> tuple[str | int, ...]:
    """The keys that lead to an error in the file: pydantic's location without its names of types."""
    keys: list[str | int] = []
    here: Any = raw
    for part in detail["loc"]:
        if part in here if isinstance(here, dict) else isinstance(here, list) and part in range(len(here)):
            here = here[part]
        elif not (detail["type"] == "missing" and part == detail["loc"][-1]):
            continue
        keys.append(part)
    return tuple(keys)


def _value_at(raw: object, keys: tuple[str | int, ...]) -> object:
    here: Any = raw
    for key in keys:
        here = here[key]
    return here


def _node_at(node: yaml.Node, keys: tuple[str | int, ...]) -> tuple[yaml.Node, bool]:
    """The node that ``keys`` lead to, or the last one on the way to it; and whether it was reached."""
    for key in keys:
        child = None
        if isinstance(node, yaml.SequenceNode) and isinstance(key, int):
            child = node.value[key] if key < len(node.value) else None
        elif isinstance(node, yaml.MappingNode):
            child = next((v for k, v in node.value if k.value == str(key)), None)
        if child is None:
            return node, False
        node = child
    return node, True


def _place(label: str, node: yaml.Node, keys: tuple[str | int, ...], raw: Any = None) -> str:
    line = _node_at(node, keys)[0].start_mark.line + 1
    path = ""
    here = raw
    for key in keys:
        if isinstance(here, dict):
            here = here.get(key)
        elif isinstance(here, list) and isinstance(key, int):
            here = here[key]
        if isinstance(key, int):
            names = (here.get(name) for name in _NAMES) if isinstance(here, dict) else ()
            name = next((n for n in names if isinstance(n, str | int) and not isinstance(n, bool)), None)
            path += f"[{key + 1 if name is None else name}]"
        elif key.isidentifier():
            path += f".{key}" if path else key
        else:
            path += f"[{key}]"
    return f"{label}, line {line}: {path}" if path else f"{label}, line {line}"
