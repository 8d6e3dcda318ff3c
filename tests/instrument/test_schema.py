"""The published JSON Schemas are current, accept the released files and mark what is broken."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator

from instrument import schema, store

Raw = dict[str, Any]


def plain(value: Any) -> Any:
    """As an editor reads YAML: dates are text."""
    if isinstance(value, dict):
        return {key: plain(entry) for key, entry in value.items()}
    if isinstance(value, list):
        return [plain(entry) for entry in value]
    return value.isoformat() if isinstance(value, date) else value


def messages(kind: str, content: Raw) -> list[str]:
    validator = Draft202012Validator(json.loads(schema.published()[kind]))
    return [error.json_path for error in validator.iter_errors(plain(content))]


@pytest.mark.parametrize("name", ["instrument.json", "translation.json", "changes.json"])
def test_the_published_schema_is_current(name: str) -> None:
    on_disk = (schema.FOLDER / name).read_text(encoding="utf-8")
    assert on_disk == schema.published()[name], "run: python -m instrument.schema"
    Draft202012Validator.check_schema(json.loads(on_disk))


def test_writing_makes_every_file(tmp_path: Path) -> None:
    assert [path.name for path in schema.write(tmp_path / "new")] == [
        "instrument.json", "translation.json", "changes.json"]
    assert {path.name: path.read_text(encoding="utf-8") for path in (tmp_path / "new").iterdir()} == schema.published()


def test_good_files_are_accepted(raw: Raw, spanish: Raw) -> None:
    assert messages("instrument.json", raw) == []
    assert messages("translation.json", spanish) == []


@pytest.mark.parametrize("version", store.versions())
def test_released_files_are_accepted(version: str) -> None:
    for path in (store.VERSIONS / version).glob("*.yaml"):
        kind = {"instrument.yaml": "instrument.json", "changes.yaml": "changes.json"}.get(
            path.name, "translation.json")
        assert messages(kind, yaml.safe_load(path.read_text(encoding="utf-8"))) == []


@pytest.mark.parametrize(("place", "key", "value"), [
    (("forms", 0, "blocks", 2, "questions", 0), "id", "lr_ar1"),
    (("forms", 0, "blocks", 2, "questions", 0), "reversd", True),
    (("forms", 0, "blocks", 2, "questions", 0), "type", "itme"),
    (("scales", 0, "points", 0), "code", "toolong"),
    (("scales", 0, "points", 0), "code", -1),
    (("scales", 0, "points", 0), "label", False),
    ((), "translations", []),
])
def test_an_editor_marks_a_slip(raw: Raw, place: tuple[str | int, ...], key: str, value: object) -> None:
    target: Any = raw
    for step in place:
        target = target[step]
    target[key] = value
    assert messages("instrument.json", raw)


def test_a_question_must_say_what_it_is_in_the_schema_too(raw: Raw) -> None:
    del raw["forms"][0]["blocks"][2]["questions"][0]["type"]
    assert messages("instrument.json", raw) == ["$.forms[0].blocks[2].questions[0]"]


def test_an_unknown_status_is_marked_in_a_translation(spanish: Raw) -> None:
    assert messages("translation.json", {**spanish, "status": "perfect"}) == ["$.status"]


def test_a_change_without_a_rationale_is_marked() -> None:
    entry = {"key": "question.ratr1", "kind": "wording", "source": "a review"}
    assert messages("changes.json", {"since": "1.0.0", "changes": [{**entry, "rationale": "unclear"}]}) == []
    assert messages("changes.json", {"since": "1.0.0", "changes": [entry]}) == ["$.changes[0]"]
    assert messages("changes.json", {"since": "1.0.0", "changes": [{**entry, "rationale": " "}]})
