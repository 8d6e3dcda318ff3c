"""A population file that states only what differs from another one, its ``base``.

Mappings are merged key by key, so that one coefficient can be changed and all else kept. Three rules make every other
change possible: what is no mapping (a number, a text, a list) replaces what the base has; null takes a key out; a
variable that states its ``kind`` is stated anew and keeps nothing. A new variable needs a place in the causal order:
``before`` names the one it is to stand before.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from instrument.errors import Finding, InputError
from pipeline.yaml_file import read_yaml_file

Mapping = dict[Any, Any]


def read_with_base(path: Path, code: str) -> Any:
    """What a population file says, on top of its base, and that on top of its own.

    Raises
    ------
    InputError
        ``code`` where a file cannot be read as YAML; ``POPULATION-BASE`` where a base is not there or is the file
        itself, or something is taken out, or placed before something, that the base does not have.
    """
    return _read(path, code, ())


def _read(path: Path, code: str, above: tuple[Path, ...]) -> Any:
    content = read_yaml_file(path, code)
    if not isinstance(content, dict) or "base" not in content:
        return content
    own = {key: value for key, value in content.items() if key != "base"}
    base = _read(_base_of(path, content["base"], above), code, (*above, path.resolve()))
    if not isinstance(base, dict):
        raise InputError(Finding(
            "POPULATION-BASE", f"{path}, key base", f"A base is a population; {content['base']} holds no keys.",
            "Name a file like data/sample/population.yaml.",
        ))
    merged = merge(base, own)
    problems = [
        *(Finding("POPULATION-BASE", f"{path}, key {key}",
                  "Null takes out what the base has; the base has no such key.", "Correct the key, or leave it out.")
          for key in _nothing_to_take_out(base, own)),
        *_unplaced(merged, path),
    ]
    if problems:
        raise InputError(problems)
    return _in_place(merged)


def _base_of(path: Path, stated: Any, above: tuple[Path, ...]) -> Path:
    place = f"{path}, key base"
    if not isinstance(stated, str):
        raise InputError(Finding(
            "POPULATION-BASE", place, f"A base is the path of a file; found {stated!r:.80}.",
            "Write it as in `base: ../sample/population.yaml`.",
        ))
    base = path.parent / stated
    if not base.is_file():
        raise InputError(Finding(
            "POPULATION-BASE", place, f"The base must be a file, named as seen from this one; there is no {stated}.",
            "Correct the path.",
        ))
    if base.resolve() in (*above, path.resolve()):
        raise InputError(Finding(
            "POPULATION-BASE", place, f"No population may rest on itself; {stated} leads round to where it began.",
            "Let one of these files state everything.",
        ))
    return base


def merge(base: Mapping, own: Mapping) -> Mapping:
    """``own`` on top of ``base``; neither is changed."""
    merged = dict(base)
    for key, value in own.items():
        if value is None:
            merged.pop(key, None)
        elif _amends(base.get(key), value):
            merged[key] = merge(base[key], value)
        else:
            merged[key] = value
    return merged


def _amends(there: Any, value: Any) -> bool:
    return isinstance(there, dict) and isinstance(value, dict) and "kind" not in value


def _nothing_to_take_out(base: Mapping, own: Mapping, above: str = "") -> Iterator[str]:
    for key, value in own.items():
        if value is None and key not in base:
            yield f"{above}{key}"
        elif _amends(base.get(key), value):
            yield from _nothing_to_take_out(base[key], value, f"{above}{key}.")


def _places(merged: Mapping) -> dict[Any, Any]:
    """Variable → the one that it is to stand before."""
    variables = merged.get("variables")
    variables = variables if isinstance(variables, dict) else {}
    return {name: v["before"] for name, v in variables.items() if isinstance(v, dict) and "before" in v}


def _unplaced(merged: Mapping, path: Path) -> Iterator[Finding]:
    places = _places(merged)
    standing = [name for name in merged.get("variables") or () if name not in places]
    for name, successor in places.items():
        if successor not in standing:
            yield Finding(
                "POPULATION-BASE", f"{path}, key variables.{name}.before",
                f"A variable is placed before one that keeps its place; {successor!r:.80} is none.",
                "Name a variable that states no `before` of its own.",
            )


def _in_place(merged: Mapping) -> Mapping:
    """Variables that state ``before`` moved there, in the order in which they are stated."""
    places = _places(merged)
    if not places:
        return merged
    variables: Mapping = merged["variables"]
    ordered: Mapping = {}
    moved = {name: {key: v for key, v in variables[name].items() if key != "before"} for name in places}
    for name, variable in variables.items():
        if name not in places:
            ordered |= {other: moved[other] for other, successor in places.items() if successor == name}
            ordered[name] = variable
    return merged | {"variables": ordered}
