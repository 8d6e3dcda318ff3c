"""Synthetic answers with a known amount of method variance, for script.R. Run in this folder."""

from pathlib import Path

import numpy as np
import pandas as pd

FACTORS = {"a": 4, "b": 4, "c": 3}
PHI = np.array([[1, 0.5, 0.3], [0.5, 1, 0.4], [0.3, 0.4, 1]])


def answers(seed: int, n: int, method: np.ndarray) -> pd.DataFrame:
    """Eleven items of three factors and four of a marker; the marker's factor is the method."""
    rng = np.random.default_rng(seed)
    factors = rng.standard_normal((n, 3)) @ np.linalg.cholesky(PHI).T
    habit = rng.standard_normal(n)
    columns = {}
    for number, (name, k) in enumerate(FACTORS.items()):
        for item in range(k):
            place = sum(list(FACTORS.values())[:number]) + item
            columns[f"{name}{item + 1}"] = (4 + 0.1 * place + (0.7 + 0.05 * (item - 1)) * factors[:, number]
                                            + method[place] * habit + 0.6 * rng.standard_normal(n))
    for item in range(4):
        columns[f"m{item + 1}"] = 3.5 + (0.65 + 0.05 * item) * habit + 0.7 * rng.standard_normal(n)
    return pd.DataFrame(columns).round(3)


here = Path(__file__).parent
answers(2010, 400, np.full(11, 0.3)).to_csv(here / "equal.csv", index=False)

unequal = answers(2015, 450, np.array([0.5, 0.45, 0.4, 0.5, 0.1, 0.0, 0.1, 0.05, 0.3, 0.35, -0.1]))
rng = np.random.default_rng(2009)
firm = np.repeat(np.arange(250), rng.integers(1, 4, 250))[:450]
unequal = (unequal + 0.35 * rng.standard_normal(firm.max() + 1)[firm][:, None]).round(3)
unequal = unequal.mask(rng.random(unequal.shape) < 0.05)
unequal.insert(0, "firm", firm)
unequal.to_csv(here / "unequal.csv", index=False, na_rep="NA")
