"""The synthetic data sets of tests/reference/ordinal/moments with what lavaan and psych find in them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from pipeline.moments.categories import coded
from pipeline.moments.three_stage import OrdinalMoments, ordinal_moments

REFERENCE = Path(__file__).parents[2] / "reference" / "ordinal" / "moments"
NUMERIC = {"mixed": ("y2", "y4"), "given": ("y3", "y5")}
CASES = ("ordered", "gaps", "mixed", "mixed_gaps", "given", "given_gaps", "binary")


@dataclass(frozen=True)
class Case:
    raw: np.ndarray
    Y: np.ndarray
    levels: tuple[int, ...]
    x: np.ndarray | None
    names: list[str]
    numeric: tuple[str, ...]
    expected: dict

    def moments(self, rows: np.ndarray | slice = slice(None)) -> OrdinalMoments:
        return ordinal_moments(self.Y[rows], self.levels, None if self.x is None else self.x[rows], names=self.names)

    @property
    def signs(self) -> np.ndarray:
        """lavaan stores means and intercepts with a minus sign."""
        location = np.concatenate([np.full(max(k - 1, 1), 1.0 if k else -1.0) for k in self.levels])
        return np.concatenate([location, np.ones(len(self.expected["obs"]) - len(location))])


def load(name: str) -> Case:
    data = pd.read_csv(REFERENCE / f"data_{name}.csv")
    expected = json.loads((REFERENCE / f"expected_{name}.json").read_text())
    names = [column for column in data if column.startswith("y")]
    numeric = NUMERIC.get(name.split("_")[0], ())
    raw = data[names].to_numpy(dtype=float)
    ready = coded(raw, names, [each for each in names if each not in numeric])
    x = data[["x1", "x2"]].to_numpy(dtype=float) if "x1" in data else None
    return Case(raw, ready.values, ready.levels, x, names, numeric, expected)
