"""Writes answers.csv: synthetic answers to 25 items on a 5-point scale, five correlated factors with cross-loadings.

Run with ``python tests/reference/factors/make_answers.py``; the file stored beside it is its output.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

ROWS, FACTORS, ITEMS_EACH = 320, 5, 5


def main() -> None:
    generator = np.random.default_rng(20_261_122)
    phi = np.full((FACTORS, FACTORS), 0.35) + 0.65 * np.eye(FACTORS)
    factors = generator.multivariate_normal(np.zeros(FACTORS), phi, size=ROWS)
    loadings = np.kron(np.eye(FACTORS), np.linspace(0.75, 0.5, ITEMS_EACH)[:, np.newaxis])
    loadings[4, 1] = loadings[14, 3] = 0.3
    loadings[21, 0] = -0.25
    common = np.einsum("if,fg,ig->i", loadings, phi, loadings)
    latent = factors @ loadings.T + generator.standard_normal((ROWS, len(loadings))) * np.sqrt(1 - common)
    cuts = np.array([-1.4, -0.6, 0.3, 1.1])
    answers = 1 + (latent[:, :, np.newaxis] > cuts).sum(axis=2)
    names = [f"q{number:02d}" for number in range(1, len(loadings) + 1)]
    lines = [",".join(names), *(",".join(str(value) for value in row) for row in answers.tolist())]
    Path(__file__).with_name("answers.csv").write_text("\n".join(lines) + "\n", encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()
