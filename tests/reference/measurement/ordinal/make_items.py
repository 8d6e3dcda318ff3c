"""Write items.csv: synthetic ordered answers of 400 respondents to scales of every awkward kind.

    python make_items.py
"""

from pathlib import Path

import numpy as np
import pandas as pd

ROWS = 400


def scale(rng: np.random.Generator, loadings: list[float], cuts: list[list[float]]) -> np.ndarray:
    """Answers from 1 of one factor's items; each item has its own thresholds."""
    factor = rng.standard_normal((ROWS, 1))
    strength = np.array(loadings)
    response = factor * strength + rng.standard_normal((ROWS, len(strength))) * np.sqrt(1 - strength**2)
    return np.column_stack([1.0 + np.searchsorted(cut, y) for cut, y in zip(cuts, response.T, strict=True)])


def main() -> None:
    """Seven points, two points, skewed and mixed numbers of points, three items, two factors, gaps."""
    rng = np.random.default_rng(20090145)
    seven = [-2.0, -1.4, -0.7, 0.0, 0.7, 1.5]
    blocks = {
        # The fifth item is keyed against the others.
        "s": scale(rng, [0.8, 0.7, 0.6, 0.75, -0.5],
                   [list(np.array(seven) + shift) for shift in (0, -0.4, 0.2, -0.2, 0)]),
        "b": scale(rng, [0.7, 0.6, 0.8, 0.5, 0.65], [[0.0], [0.8], [-0.5], [1.2], [0.3]]),
        "m": scale(rng, [0.9, 0.5, 0.7, 0.4], [[0.5], [1.0, 1.6], [-1.8, -1.2, -0.6, -0.1], seven]),
        "t": scale(rng, [0.85, 0.6, 0.7], [[0.4, 1.0, 1.5, 2.0]] * 3),
    }
    # Two factors behind one scale, so that the model's variance of the sum is not the observed one.
    first, second = scale(rng, [0.8, 0.8, 0.7], [seven] * 3), scale(rng, [0.8, 0.7, 0.7], [seven] * 3)
    blocks["w"] = np.column_stack([first, np.where(rng.random((ROWS, 1)) < 0.4, first, second)])
    frame = pd.DataFrame({f"{name}{i + 1}": items[:, i]
                          for name, items in blocks.items() for i in range(items.shape[1])})
    gone = rng.random((ROWS, 4)) < 0.03
    frame.loc[:, ["m1", "m2", "m3", "m4"]] = frame[["m1", "m2", "m3", "m4"]].where(~gone)
    frame.astype("Int64").to_csv(Path(__file__).parent / "items.csv", index=False)


if __name__ == "__main__":
    main()
