"""What a reader must know of ordinal data before using their correlations."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Codes = NDArray[np.int64]

DiagnosisCode = Literal["many-categories", "empty-cells", "perfect-association", "nearly-perfect", "not-converged",
                        "cases-left-out", "not-positive-definite", "smoothed"]

#: lavaan warns from here on.
NEARLY_ONE = 0.99


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """Something to know before using the numbers; ``about`` names the variables meant."""

    code: DiagnosisCode
    text: str
    about: tuple[str, ...] = ()


def empty_cells(counts: Array, first: Codes, second: Codes, names: Sequence[str],
                empty_cell: float) -> list[Diagnosis]:
    """Of tables (R, C, T): pairs of answers that nobody gave."""
    found = []
    for t, empty in enumerate((counts == 0).sum(axis=(0, 1))):
        if empty:
            pair = (names[first[t]], names[second[t]])
            cells = counts.shape[0] * counts.shape[1]
            filled = (f" To estimate the correlation {empty_cell:g} cases were moved into it, the margins kept."
                      if cells == 4 and empty == 1 and empty_cell > 0 else "")
            found.append(Diagnosis("empty-cells", f"{empty} of {cells} cells of the table {pair[0]} × {pair[1]} "
                                                  f"{'is' if empty == 1 else 'are'} empty.{filled}", pair))
    return found


def nearly_perfect(rho: Array, first: Codes, second: Codes, names: Sequence[str]) -> list[Diagnosis]:
    """Correlations (m,) at or near ±1."""
    found = []
    for t in np.flatnonzero(np.abs(rho) > NEARLY_ONE):
        pair = (names[first[t]], names[second[t]])
        if abs(rho[t]) == 1:
            found.append(Diagnosis("perfect-association", f"{pair[0]} and {pair[1]} determine each other: their "
                                   f"correlation is {rho[t]:+.0f}, without a sampling distribution.", pair))
        else:
            found.append(Diagnosis("nearly-perfect", f"The correlation of {pair[0]} and {pair[1]} is {rho[t]:.3f}, at "
                                   "or near the limit of the search.", pair))
    return found


def cases_left_out(left_out: Array, numeric: Codes, ordered: Codes, names: Sequence[str]) -> list[Diagnosis]:
    """Polyserial pairs (T,) whose correlation did without some cases, as lavaan's does."""
    found = []
    for t in np.flatnonzero(left_out > 0):
        pair = (names[numeric[t]], names[ordered[t]])
        cases = "1 case that lies" if round(left_out[t]) == 1 else f"{left_out[t]:.0f} cases that lie"
        found.append(Diagnosis("cases-left-out", f"The correlation of {pair[0]} and {pair[1]} does without "
                               f"{cases} far out, as in lavaan: look at the outliers of "
                               f"{pair[0]}, and give it a unit in which its standard deviation is near 1.", pair))
    return found


def not_converged(converged: NDArray[np.bool_], first: Codes, second: Codes, names: Sequence[str]) -> list[Diagnosis]:
    """Pairs (T,) whose search for the correlation did not end."""
    pairs = [(names[first[t]], names[second[t]]) for t in np.flatnonzero(~converged)]
    return [Diagnosis("not-converged", f"The search for the correlation of {one} and {other} did not converge.",
                      (one, other)) for one, other in pairs]
