"""The model that is timed, and synthetic data for it.

Experience → dedicated unit → learning → success: four factors with six indicators each, every path that the order
allows, 54 free parameters (78 with means). The data are simulated and about nobody.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

FACTORS = ("experience", "unit", "learning", "success")
INDICATORS = 6
NAMES = tuple(f"{factor[0]}{number}" for factor in FACTORS for number in range(1, INDICATORS + 1))
FREE_PARAMETERS = 54
ROWS = 300
MISSING = 0.05
SEED = 20240229

MEASUREMENT = "\n".join(
    f"{factor} =~ " + " + ".join(NAMES[INDICATORS * at: INDICATORS * (at + 1)]) for at, factor in enumerate(FACTORS))
PATHS = """\
unit ~ a*experience
learning ~ b*unit + experience
success ~ c*learning + unit + experience"""
EFFECT = "serial := a*b*c"
SYNTAX = f"{MEASUREMENT}\n{PATHS}\n{EFFECT}\n"


@dataclass(frozen=True, slots=True)
class Data:
    """Rows to estimate from.

    Attributes
    ----------
    name
        ``complete``, or ``gaps`` where values are missing.
    X
        (n, 24), NaN where missing.
    """

    name: str
    X: Array

    def write(self, folder: Path) -> None:
        """As CSV that R reads, to the last digit."""
        lines = [",".join(NAMES), *(",".join(_cell(value) for value in row) for row in self.X.tolist())]
        (folder / f"{self.name}.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")


def complete(rows: int = ROWS, seed: int = SEED) -> Data:
    """Normal data with reliable, not perfect, indicators and moderate paths."""
    draw = np.random.default_rng(seed)
    noise = draw.normal(size=(4, rows))
    experience = noise[0]
    unit = 0.5 * experience + 0.8 * noise[1]
    learning = 0.4 * unit + 0.2 * experience + 0.8 * noise[2]
    success = 0.4 * learning + 0.2 * unit + 0.8 * noise[3]
    factors = np.column_stack((experience, unit, learning, success))
    unique = draw.normal(size=(rows, len(NAMES)))
    return Data("complete", 0.75 * np.repeat(factors, INDICATORS, axis=1) + 0.65 * unique)


def with_gaps(data: Data, share: float = MISSING, seed: int = SEED) -> Data:
    """The same rows with ``share`` of their values taken out completely at random."""
    gone = np.random.default_rng(seed + 1).random(data.X.shape) < share
    return Data("gaps", np.where(gone, np.nan, data.X))


def lines_without_effects(syntax: str) -> str:
    """The model for programs that do not know ``:=``."""
    kept: Sequence[str] = [line for line in syntax.splitlines() if ":=" not in line]
    return "\n".join(kept)


def _cell(value: float) -> str:
    return "NA" if value != value else repr(value)
