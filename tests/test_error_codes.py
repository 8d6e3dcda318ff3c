"""Every code a person can meet is explained in docs/errors.md, and nothing is explained that nobody can meet."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
CODE = re.compile(r"[A-Z]{2,}(-[A-Z]+)+")
ROW = re.compile(r"^\| `([^`]+)` \| (.+?) \| (.+?) \|$", re.MULTILINE)


def codes_in_source() -> set[str]:
    return {code for folder in ("instrument", "pipeline", "viewer") for path in (ROOT / folder).rglob("*.py")
            for code in _codes(ast.parse(path.read_text(encoding="utf-8")))}


def _codes(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and CODE.fullmatch(node.value):
            yield node.value


def documented() -> list[tuple[str, str, str]]:
    return ROW.findall((ROOT / "docs" / "errors.md").read_text(encoding="utf-8"))


def test_every_code_has_a_row_and_every_row_a_code() -> None:
    rows = {code for code, _, _ in documented()}
    assert rows - codes_in_source() == set()
    assert codes_in_source() - rows == set()


def test_each_code_is_explained_once() -> None:
    rows = [code for code, _, _ in documented()]
    assert sorted(rows) == sorted(set(rows))


def test_codes_are_found_where_they_are_raised() -> None:
    assert {"STUDY-PLAN", "ROW-WIDTH", "ANSWER-CODE", "ITEM-ID", "AGGREGATE-DISAGREE"} <= codes_in_source()
