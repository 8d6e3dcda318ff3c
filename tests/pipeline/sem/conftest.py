"""Data and references of the structural-model tests; ``tests/reference/sem/script.R`` made what is stored."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from semopy.examples import holzinger39, political_democracy

from pipeline.sem.estimate import fit_model
from pipeline.sem.fit import Fit
from pipeline.sem.semopy_engine import SemopyEngine

FOLDER = Path(__file__).parents[2] / "reference" / "sem"
HOLZINGER = ("holzinger_cfa", "modifiers", "heywood")


@cache
def data_of(name: str) -> tuple[np.ndarray, tuple[str, ...]]:
    if name in HOLZINGER:
        frame = holzinger39.get_data().select_dtypes("number")
    elif name == "political_democracy":
        frame = political_democracy.get_data()
    else:
        frame = pd.read_csv(FOLDER / "mediation.csv")
    return frame.to_numpy(dtype=float), tuple(frame.columns)


@cache
def reference_of(name: str) -> dict[str, Any]:
    return json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))


@cache
def fit_of(name: str) -> Fit:
    X, names = data_of(name)
    syntax = (FOLDER / "models" / f"{name}.lav").read_text(encoding="utf-8")
    return fit_model(SemopyEngine(), syntax, X, names, name=name)


@pytest.fixture(scope="session")
def engine() -> SemopyEngine:
    return SemopyEngine()


@pytest.fixture(scope="session")
def mediation() -> tuple[np.ndarray, tuple[str, ...]]:
    """400 synthetic firms of ``tests/reference/sem/mediation.csv``."""
    return data_of("serial_mediation")


@pytest.fixture(scope="session")
def fitted():
    """``fitted(name)``: the fit of a stored reference model, estimated once."""
    return fit_of


@pytest.fixture(scope="session")
def stored():
    """``stored(name)``: what lavaan found for it."""
    return reference_of
