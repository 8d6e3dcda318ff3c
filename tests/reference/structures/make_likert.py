"""Writes likert.csv, synthetic answers with a known structure, and texts.json, the model syntax that script.R fits.

Run with ``python tests/reference/structures/make_likert.py``; what is stored beside it is its output. Three constructs:
``p`` of three dimensions, ``q`` of two (one of two items) and ``r`` of one; 7-point answers, a few of them missing.
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

from pipeline.measurement import structures

HERE = Path(__file__).parent
ROWS = 420

DIMENSIONS = {"pa": ("pa1", "pa2", "pa3"), "pb": ("pb1", "pb2", "pb3"), "pc": ("pc1", "pc2", "pc3", "pc4"),
              "qa": ("qa1", "qa2", "qa3"), "qb": ("qb1", "qb2"), "r": ("r1", "r2", "r3")}
CONSTRUCTS = {"p": ("pa", "pb", "pc"), "q": ("qa", "qb"), "r": ("r",)}
ABILITIES = {"visual": ("x1", "x2", "x3"), "textual": ("x4", "x5", "x6"), "speed": ("x7", "x8", "x9")}


def texts() -> dict[str, dict[str, str]]:
    """Every structure of both data sets, by the names of `StructureId`."""
    return {
        "holzinger": {
            "one factor": structures.one_factor(structures.items_of(ABILITIES)),
            "correlated dimensions": structures.correlated(ABILITIES),
            "general second order": structures.general_second_order(ABILITIES),
            "bifactor": structures.bifactor(ABILITIES),
        },
        "likert": {
            "one factor": structures.one_factor(structures.items_of(DIMENSIONS)),
            "correlated constructs": structures.correlated_constructs(DIMENSIONS, CONSTRUCTS),
            "correlated dimensions": structures.correlated(DIMENSIONS),
            "second order": structures.second_order(DIMENSIONS, CONSTRUCTS),
            "general second order": structures.general_second_order(DIMENSIONS),
            "third order": structures.third_order(DIMENSIONS, CONSTRUCTS),
            "bifactor": structures.bifactor(DIMENSIONS),
        },
    }


def main() -> None:
    generator = np.random.default_rng(20_261_122)
    phi = np.array([[1.0, 0.5, 0.3], [0.5, 1.0, 0.4], [0.3, 0.4, 1.0]])
    construct = dict(zip(CONSTRUCTS, generator.multivariate_normal(np.zeros(3), phi, size=ROWS).T, strict=True))
    columns, names = [], []
    for name, within in CONSTRUCTS.items():
        for dimension in within:
            share = 1.0 if len(within) == 1 else 0.7
            factor = np.sqrt(share) * construct[name] + np.sqrt(1 - share) * generator.standard_normal(ROWS)
            for item in DIMENSIONS[dimension]:
                loading = generator.uniform(0.6, 0.85)
                latent = loading * factor + np.sqrt(1 - loading**2) * generator.standard_normal(ROWS)
                columns.append(np.clip(np.round(4.3 + generator.uniform(0.9, 1.6) * latent), 1, 7))
                names.append(item)
    answers = np.column_stack(columns)
    gaps = (generator.random(answers.shape) < 0.2) & (generator.random(ROWS) < 0.1)[:, None]
    lines = [",".join(names)]
    lines += [",".join("" if gap else f"{value:.0f}" for value, gap in zip(row, missing, strict=True))
              for row, missing in zip(answers, gaps, strict=True)]
    (HERE / "likert.csv").write_text("\n".join(lines) + "\n", encoding="utf-8", newline="\n")
    (HERE / "texts.json").write_text(json.dumps(texts(), indent=1) + "\n", encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()
