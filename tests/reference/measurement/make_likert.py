"""Writes likert.csv: synthetic answers to twelve 7-point items with three factors, gaps, and one reversed item.

Run with ``python tests/reference/measurement/make_likert.py``; the file stored beside it is its output.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

ROWS, FACTORS, ITEMS_EACH = 260, 3, 4


def main() -> None:
    generator = np.random.default_rng(20_240_611)
    phi = np.array([[1.0, 0.45, 0.25], [0.45, 1.0, 0.35], [0.25, 0.35, 1.0]])
    factors = generator.multivariate_normal(np.zeros(FACTORS), phi, size=ROWS)
    loadings = generator.uniform(0.55, 0.85, size=FACTORS * ITEMS_EACH)
    latent = np.repeat(factors, ITEMS_EACH, axis=1) * loadings
    latent += generator.standard_normal(latent.shape) * np.sqrt(1 - loadings**2)
    latent[:, 3] *= -1  # item a4 is worded the other way round and left so
    answers = np.clip(np.round(4.4 + 1.3 * latent), 1, 7)
    gaps = generator.random(answers.shape) < 0.25
    gaps[generator.random(ROWS) > 0.15] = False  # the gaps fall on one respondent in seven
    names = [f"{letter}{number}" for letter in "abc" for number in range(1, ITEMS_EACH + 1)]
    lines = [",".join(names)]
    for row, missing in zip(answers, gaps, strict=True):
        lines.append(",".join("" if gap else f"{value:.0f}" for value, gap in zip(row, missing, strict=True)))
    Path(__file__).with_name("likert.csv").write_text("\n".join(lines) + "\n", encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()
