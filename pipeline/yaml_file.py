"""Plans and populations are YAML in UTF-8; of two equal keys none may silently win.

PyYAML keeps the last of two equal keys and says nothing. In a plan that would be a decision nobody made, so both
lines are told.
"""

from __future__ import annotations

from collections.abc import Hashable
from pathlib import Path
from typing import Any

import yaml

from instrument.errors import Finding, InputError


class _Loader(yaml.SafeLoader):
    """Remembers every key that stands a second time in its mapping: the key, its line, the line of the first."""

    def __init__(self, stream: str) -> None:
        super().__init__(stream)
        self.twice: list[tuple[Any, int, int]] = []

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        lines: dict[Hashable, int] = {}
        for written, _ in node.value:
            # A merge key brings in the keys of another mapping, which this one may restate.
            if written.tag == "tag:yaml.org,2002:merge":
                continue
            key, line = self.construct_object(written, deep=True), written.start_mark.line + 1
            if isinstance(key, Hashable):
                if key in lines:
                    self.twice.append((key, line, lines[key]))
                lines.setdefault(key, line)
        return super().construct_mapping(node, deep)


def read_yaml_file(path: Path, code: str) -> Any:
    """What a YAML file holds: mappings, lists, texts, numbers, dates; None where it is empty.

    Raises
    ------
    InputError
        ``code``, with line and column where the file is no YAML, with the byte where it is not UTF-8, and one finding
        for every key that stands twice.
    """
    try:
        loader = _Loader(path.read_text(encoding="utf-8"))
    except UnicodeDecodeError as error:
        raise InputError(Finding(
            code, f"{path}, byte {error.start + 1}", f"{path.name} must be UTF-8; this byte is not.",
            "Save the file with the encoding UTF-8.",
        )) from error
    except yaml.YAMLError as error:
        raise InputError(_no_yaml(path, code, error)) from error
    try:
        content = loader.get_single_data()
    except (yaml.YAMLError, ValueError) as error:  # a ValueError is a date such as 2026-02-30
        raise InputError(_no_yaml(path, code, error)) from error
    finally:
        loader.dispose()
    if loader.twice:
        raise InputError(
            Finding(code, f"{path}, line {line}",
                    f"A key stands once in its mapping; `{key}` stands here a second time, first in line {first}.",
                    "Keep one of the two.")
            for key, line, first in loader.twice
        )
    return content


def _no_yaml(path: Path, code: str, error: yaml.YAMLError | ValueError) -> Finding:
    mark = getattr(error, "problem_mark", None)
    place = f"{path}, line {mark.line + 1}, column {mark.column + 1}" if mark else str(path)
    said = getattr(error, "problem", None) or " ".join(str(error).split())
    return Finding(code, place, f"{path.name} must be YAML; {said}.",
                   "Look there and in the line above: indent with spaces, put a space behind each colon, close every "
                   "bracket, quote texts that hold `: ` or ` #`.")
