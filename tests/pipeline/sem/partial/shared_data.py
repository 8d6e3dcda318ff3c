"""Data and stored reference output of the tests on partial invariance."""

from __future__ import annotations

import csv
import json
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

REFERENCE = Path(__file__).resolve().parents[3] / "reference"
ITEMS = tuple(f"x{k}" for k in range(1, 10))
MODEL = "visual =~ x1 + x2 + x3\ntextual =~ x4 + x5 + x6\nspeed =~ x7 + x8 + x9"


def stored(name: str) -> Any:
    return json.loads((REFERENCE / "partial" / f"{name}.json").read_text(encoding="utf-8"))


@cache
def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def holzinger() -> tuple[np.ndarray, list[str], list[str]]:
    """Nine tests, the school, and the third of the year of birth."""
    rows = _rows(REFERENCE / "lavaan" / "data" / "holzinger.csv")
    X = np.array([[float(row[item]) for item in ITEMS] for row in rows])
    thirds = [("early", "middle", "late")[int(row["agemo"]) // 4] for row in rows]
    return X, [row["school"] for row in rows], thirds


def ordinal() -> tuple[np.ndarray, list[str]]:
    """Six of the tests as ordered categories, and the school."""
    rows = _rows(REFERENCE / "partial" / "ordinal.csv")
    return np.array([[float(row[item]) for item in ITEMS[:6]] for row in rows]), [row["school"] for row in rows]


def simulated(
    rng: np.random.Generator, n: int = 300, *, shifts: dict[int, float] | None = None, factors: int = 2, items: int = 4,
    groups: int = 2,
) -> tuple[np.ndarray, list[str]]:
    """Loadings .7 and items of variance 1 in the first group, where factors correlate .4.

    In later groups factors have other means and variances; ``shifts`` are added to the second group's items.
    """
    X, of = [], []
    loadings = np.kron(np.eye(factors), np.full((items, 1), 0.7))
    for g in range(groups):
        latent = rng.multivariate_normal(np.zeros(factors), np.full((factors, factors), 0.4) + 0.6 * np.eye(factors),
                                         size=n)
        Y = (latent * (1 + 0.2 * g) + 0.3 * g) @ loadings.T
        Y += rng.normal(scale=np.sqrt(0.51), size=Y.shape)
        for item, shift in (shifts or {}).items():
            Y[:, item] += shift * (g == 1)
        X.append(Y)
        of += [f"g{g}"] * n
    return np.concatenate(X), of


def factor_items(factors: int = 2, items: int = 4) -> dict[str, list[str]]:
    return {f"F{f + 1}": [f"y{f * items + i + 1}" for i in range(items)] for f in range(factors)}
