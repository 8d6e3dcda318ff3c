"""What R says of synthetic items and occasions (tests/reference/items/script.R), and its inputs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

FOLDER = Path(__file__).resolve().parents[2] / "reference" / "items"
REFERENCE: dict[str, Any] = json.loads((FOLDER / "reference.json").read_text(encoding="utf-8"))

CLOSED_FORM = 1e-11


def columns(name: str) -> NDArray[np.float64]:
    """A data file of the reference, NaN where a cell is empty."""
    return pd.read_csv(FOLDER / f"{name}.csv").to_numpy(float)


ITEMS = columns("items")
NAMES = [f"i{number}" for number in range(1, 7)]
WHOLE = ITEMS[~np.isnan(ITEMS).any(axis=1)]
