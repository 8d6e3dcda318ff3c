"""Synthetic seven-point answers for the timings of ordinal methods: items for polychorics, and a model to resample."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks.model import Array

ITEMS, ITEM_ROWS = 25, 2500
FACTORS, INDICATORS, ROWS = 4, 4, 500
CUTS = (-2.0, -1.4, -0.9, -0.3, 0.4, 1.1)
SEED = 20240301

NAMES = tuple(f"y{number}" for number in range(1, FACTORS * INDICATORS + 1))
SYNTAX = "\n".join(f"f{at + 1} =~ " + " + ".join(NAMES[INDICATORS * at: INDICATORS * (at + 1)])
                   for at in range(FACTORS)) + "\n"


@dataclass(frozen=True, slots=True)
class OrdinalData:
    """Answers 1 to 7: ``items`` (2500, 25) of one factor, ``answers`` (500, 16) of four correlated factors."""

    items: Array
    answers: Array

    def write(self, folder: Path) -> None:
        """As CSV, and the model's text beside them."""
        for name, values, columns in (("items", self.items, [f"i{k + 1}" for k in range(ITEMS)]),
                                      ("ordinal", self.answers, list(NAMES))):
            lines = [",".join(columns), *(",".join(f"{value:g}" for value in row) for row in values)]
            (folder / f"{name}.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
        (folder / "ordinal.lav").write_text(SYNTAX, encoding="utf-8")


def ordinal_data(seed: int = SEED) -> OrdinalData:
    """Loadings of .75, factors that correlate .5."""
    draw = np.random.default_rng(seed)
    one = 0.75 * draw.normal(size=(ITEM_ROWS, 1)) + 0.66 * draw.normal(size=(ITEM_ROWS, ITEMS))
    factors = np.sqrt(0.5) * (draw.normal(size=(ROWS, FACTORS)) + draw.normal(size=(ROWS, 1)))
    four = 0.75 * np.repeat(factors, INDICATORS, axis=1) + 0.66 * draw.normal(size=(ROWS, len(NAMES)))
    return OrdinalData(_answers(one), _answers(four))


def _answers(responses: Array) -> Array:
    answers: Array = np.digitize(responses, CUTS).astype(np.float64) + 1
    return answers
