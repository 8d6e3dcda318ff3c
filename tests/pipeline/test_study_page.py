"""docs/study.md names every key of the plan, with the defaults the program really uses."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import get_args

import yaml
from pydantic import BaseModel

from pipeline.study import Flag, FormSource, StudyPlan, load_plan

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "study.md").read_text(encoding="utf-8")
ROW = re.compile(r"^\| `([a-z_.]+)` \| (.*?) \| (.*?) \| (.*?) \|$", re.MULTILINE)


def keys(model: type[BaseModel], before: str = "") -> Iterator[tuple[str, object]]:
    """(key, default) of a plan's part and of every part within it; a required key has no default."""
    for name, field in model.model_fields.items():
        yield before + name, ... if field.is_required() else field.get_default(call_default_factory=True)
        if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
            yield from keys(field.annotation, f"{before}{name}.")
        elif name == "forms":
            yield from keys(FormSource, "forms.")


def test_every_key_is_documented_once_and_no_other() -> None:
    documented = [key for key, *_ in ROW.findall(PAGE)]
    assert sorted(documented) == sorted(key for key, _ in keys(StudyPlan))


def test_documented_defaults_are_the_programs() -> None:
    said = {key: default for key, _, default, _ in ROW.findall(PAGE)}
    for key, default in keys(StudyPlan):
        if default is ...:
            assert said[key].startswith("required"), key
        elif isinstance(default, BaseModel):
            assert said[key] == "of its keys", key
        elif said[key] in ("none", "empty"):
            assert not default, key
        else:
            written = yaml.safe_load(said[key].strip("`"))
            assert written == json.loads(json.dumps(default)), key  # tuples are lists on the page


def test_every_flag_is_named() -> None:
    assert all(f"`{flag}`" in PAGE for flag in get_args(Flag))


def test_the_sample_plan_states_the_documented_defaults() -> None:
    plan, defaults = load_plan(ROOT / "data" / "sample"), dict(keys(StudyPlan))
    assert plan.screening == defaults["screening"]
    assert plan.scoring == defaults["scoring"]
    assert plan.bootstrap == defaults["bootstrap"]
