"""What R says of factors (tests/reference/factors/script.R), and the answers it says it of."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from semopy.examples import holzinger39

FOLDER = Path(__file__).resolve().parents[2] / "reference" / "factors"
FACTORS: dict[str, Any] = json.loads((FOLDER / "reference.json").read_text(encoding="utf-8"))
_FILES = {"likert": FOLDER.parent / "measurement" / "likert.csv", "answers": FOLDER / "answers.csv"}


def answers(data: str) -> NDArray[np.float64]:
    """Complete rows (n, p) of a data set, in the order of the reference's items."""
    frame = holzinger39.get_data() if data == "holzinger39" else pd.read_csv(_FILES[data])
    return frame[FACTORS[data]["items"]].dropna().to_numpy(float)


def correlations(data: str) -> NDArray[np.float64]:
    return np.corrcoef(answers(data), rowvar=False)
