"""The data sets that the reference was computed on."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray
from semopy.examples import holzinger39, political_democracy

from tests.pipeline.measurement.reference import FOLDER


@pytest.fixture(scope="session")
def frames() -> dict[str, pd.DataFrame]:
    return {
        "holzinger39": holzinger39.get_data(),
        "political_democracy": political_democracy.get_data(),
        "likert": pd.read_csv(FOLDER / "likert.csv"),
    }


@pytest.fixture(scope="session")
def nine(frames: dict[str, pd.DataFrame]) -> NDArray[np.float64]:
    """x1 … x9 of holzinger39 (301, 9)."""
    return frames["holzinger39"][[f"x{number}" for number in range(1, 10)]].to_numpy(float)
