"""What R says (tests/reference/distinctness/script.R) on convergent and discriminant validity, and the data it read."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from semopy.examples import holzinger39

from pipeline.measurement.structures import correlated, factor_name
from pipeline.sem.estimate import Estimated, Options, estimate_model

FOLDER = Path(__file__).resolve().parents[2] / "reference" / "distinctness"
INPUTS: dict[str, Any] = json.loads((FOLDER / "inputs.json").read_text(encoding="utf-8"))
REFERENCE: dict[str, Any] = json.loads((FOLDER / "reference.json").read_text(encoding="utf-8"))
CASES = tuple(INPUTS)


def scales(case: str) -> dict[str, tuple[str, ...]]:
    return {name: tuple(items) for name, items in INPUTS[case]["scales"].items()}


def items(case: str) -> tuple[str, ...]:
    return tuple(item for own in scales(case).values() for item in own)


@cache
def frame(case: str) -> pd.DataFrame:
    if case == "holzinger39":
        return holzinger39.get_data()
    return pd.read_csv((FOLDER if case == "overlap" else FOLDER.with_name("measurement")) / f"{case}.csv")


def answers(case: str) -> NDArray[np.float64]:
    return frame(case)[list(items(case))].to_numpy(float)


@cache
def estimated(case: str) -> Estimated:
    """The confirmatory model with one factor a scale, as the case asks for it."""
    asked = INPUTS[case]
    clusters = list(frame(case)[asked["cluster"]]) if "cluster" in asked else None
    return estimate_model(correlated(scales(case)), answers(case), items(case),
                          Options(estimator=asked["estimator"].lower(), missing=asked["missing"]), clusters=clusters)


def factors(case: str) -> dict[str, tuple[str, ...]]:
    return {factor_name(name): own for name, own in scales(case).items()}
