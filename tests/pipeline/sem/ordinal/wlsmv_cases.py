"""Ordinal models and data of ``tests/reference/ordinal/models``, fitted by the engine once a module."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import pandas as pd

from pipeline.sem.describe import describe
from pipeline.sem.estimate import Estimated, Options, estimate_model
from pipeline.sem.fit import Fit

FOLDER = Path(__file__).parents[3] / "reference" / "ordinal" / "models"
CASES: dict[str, dict[str, Any]] = {
    case["id"]: case for case in json.loads((FOLDER / "cases.json").read_text(encoding="utf-8"))}


@cache
def lavaan(case: str) -> dict[str, Any]:
    """What lavaan says of a case, or of the comparisons."""
    loaded: dict[str, Any] = json.loads((FOLDER / f"{case}.json").read_text(encoding="utf-8"))
    return loaded


def rows_of(table: dict[str, list[Any]]) -> list[dict[str, Any]]:
    """A table stored by columns, by rows."""
    return [dict(zip(table, row, strict=True)) for row in zip(*table.values(), strict=True)]


def listed(value: Any) -> list[Any]:
    """A list also where R wrote one number or one name bare."""
    return value if isinstance(value, list) else [value]


def estimated_with(case: str, model: str | None = None, **changed: Any) -> Estimated:
    """A case's model (or another) on its data, under its options but for those changed (``equal=None`` for none)."""
    spec = CASES[case]
    asked = spec["options"] | changed
    frame = pd.read_csv(FOLDER / "data" / f"{spec['data']}.csv")
    numbers = frame.select_dtypes("number")
    options = Options(
        estimator=asked["estimator"], missing=asked.get("missing", "listwise"),
        equal=tuple(listed(asked.get("equal") or [])), std_lv=bool(asked.get("std_lv")),
        ordered=tuple(asked["ordered"]))
    syntax = (FOLDER / "models" / f"{model or spec['model']}.lav").read_text(encoding="utf-8")
    groups = [str(label) for label in frame[asked["group"]]] if asked.get("group") else None
    return estimate_model(syntax, numbers.to_numpy(dtype=float), list(numbers.columns), options, name=case,
                          groups=groups)


@cache
def estimated(case: str) -> Estimated:
    """A case estimated as its options ask."""
    return estimated_with(case)


@cache
def fitted(case: str) -> Fit:
    """A case described."""
    return describe(estimated(case))
