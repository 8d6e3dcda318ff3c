"""The reference ladders: lavaan's steps with semTools::measEq.syntax's texts, and ours on the same data."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from semopy.examples import holzinger39

from pipeline.sem.estimate import Options
from pipeline.sem.invariance import Ladder, Released, ladder

FOLDER = Path(__file__).resolve().parents[3] / "reference" / "invariance"
REFERENCE: dict[str, Any] = json.loads((FOLDER / "ladders.json").read_text(encoding="utf-8"))
CASES = tuple(name for name in REFERENCE if name != "dmacs")
RELEASED = {
    "holzinger_partial": (Released("x3", "intercepts"), Released("x7", "intercepts")),
    "three_groups_partial": (Released("x2", "intercepts"),),
    "five_partial": (Released("q3", "thresholds"),),
}


@cache
def data(case: str) -> tuple[np.ndarray, tuple[str, ...], tuple[str, ...]]:
    """Items, their names, and the group of every row."""
    reference = REFERENCE[case]
    frame = (holzinger39.get_data() if reference["data"] == "holzinger"
             else pd.read_csv(FOLDER / "data" / f"{reference['data']}.csv"))
    names = [name for name in frame.columns if name[:1] in "xqsbm" and name[1:].isdigit()]
    return frame[names].to_numpy(np.float64), tuple(names), tuple(frame[reference["group"]])


def options(case: str) -> Options:
    reference = REFERENCE[case]
    return Options(estimator=reference["estimator"].lower(), missing=reference["missing"],
                   ordered=tuple(reference["ordered"]))


@cache
def climbed(case: str) -> Ladder:
    X, names, groups = data(case)
    return ladder(REFERENCE[case]["model"], X, names, groups, options=options(case),
                  released=RELEASED.get(case, ()), minimum=80)
