"""Writes overlap.csv: synthetic answers to four scales, two of which overlap and one of which is turned the other way.

Run with ``python tests/reference/distinctness/make_overlap.py``; the file stored beside it is its output. Factors of
``a`` and ``b`` correlate .90, ``c`` is related to both negatively, ``d`` moderately; ``a4`` also loads on ``c``'s
factor. Respondents come from 120 firms whose answers are alike.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

ROWS, FIRMS = 300, 120


def main() -> None:
    generator = np.random.default_rng(20_261_122)
    phi = np.array([[1, .90, -.55, .40], [.90, 1, -.45, .35], [-.55, -.45, 1, -.20], [.40, .35, -.20, 1]])
    firm = generator.integers(0, FIRMS, ROWS)
    of_firm = generator.multivariate_normal(np.zeros(4), phi, size=FIRMS)
    factors = np.sqrt(0.3) * of_firm[firm] + np.sqrt(0.7) * generator.multivariate_normal(np.zeros(4), phi, size=ROWS)
    sizes = {"a": 4, "b": 3, "c": 3, "d": 3}
    names = [f"{letter}{number}" for letter, size in sizes.items() for number in range(1, size + 1)]
    own = np.repeat(np.arange(4), list(sizes.values()))
    loadings = generator.uniform(0.6, 0.85, size=len(names))
    latent = factors[:, own] * loadings
    latent[:, 3] += 0.35 * factors[:, 2]
    latent += generator.standard_normal(latent.shape) * np.sqrt(1 - loadings**2)
    # Scales of unlike spread, so that the items' own units and standardised ones give different numbers.
    answers = np.round(4 + latent * generator.uniform(0.8, 1.6, size=len(names)), 2)
    gaps = generator.random(answers.shape) < 0.2
    gaps[generator.random(ROWS) > 0.2] = False
    lines = [",".join([*names, "firm"])]
    for row, missing, of in zip(answers, gaps, firm, strict=True):
        lines.append(",".join([*("" if gap else f"{value:.2f}" for value, gap in zip(row, missing, strict=True)),
                               f"F{of:03d}"]))
    Path(__file__).with_name("overlap.csv").write_text("\n".join(lines) + "\n", encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()
