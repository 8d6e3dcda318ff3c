"""Models and data of the stored lavaan output, posed and solved by the engine."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from pipeline.sem.linalg import Array
from pipeline.sem.minimise import scoring
from pipeline.sem.problem import Problem, pose, solve
from pipeline.sem.sample import take_sample
from pipeline.sem.syntax import parse_model
from pipeline.sem.table import parameter_table

LAVAAN = Path(__file__).parents[2] / "reference" / "lavaan"
CASES = [case["id"] for case in json.loads((LAVAAN / "cases.json").read_text(encoding="utf-8"))]


@cache
def lavaan(case: str) -> dict[str, Any]:
    """What lavaan says of a case."""
    loaded: dict[str, Any] = json.loads((LAVAAN / f"{case}.json").read_text(encoding="utf-8"))
    return loaded


@cache
def solved_case(case: str) -> tuple[Problem, Array]:
    """A case's problem and its minimum (q,)."""
    said = lavaan(case)
    return solved_model(said["model"], said["data"], said["options"], meanstructure=said["lavaan"]["meanstructure"])


def solved_model(
    model: str, data: str, options: Mapping[str, Any], *, meanstructure: bool,
) -> tuple[Problem, Array]:
    """A model and a stored data set, and the minimum found to more digits than use needs."""
    frame = pd.read_csv(LAVAAN / "data" / f"{data}.csv")

    def labels(name: str) -> list[str] | None:
        return frame[options[name]].astype(str).tolist() if options.get(name) else None

    groups, equal = labels("group"), options.get("equal") or []
    table = parameter_table(
        parse_model(model), frame.columns, groups=list(dict.fromkeys(groups or ())),
        group_equal=[equal] if isinstance(equal, str) else equal, meanstructure=meanstructure,
        std_lv=bool(options.get("std_lv")))
    sample = take_sample(frame[list(table.observed)].to_numpy(float), table.observed, table,
                         missing=options.get("missing", "listwise"), groups=groups, clusters=labels("cluster"))
    problem = pose(table, sample)
    minima = scoring(problem.objective, problem.restriction, solve(problem).theta, tolerance=1e-10)
    assert minima.distance[0] < 1e-6
    return problem, minima.theta[0]


def reported_vcov(case: str) -> Array:
    """lavaan's covariance matrix (q, q) of the estimates."""
    lower = lavaan(case)["vcov_lower"]
    vcov = np.zeros((len(lower), len(lower)))
    for i, row in enumerate(lower):
        vcov[i, : i + 1] = vcov[: i + 1, i] = row
    return vcov
