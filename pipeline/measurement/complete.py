"""Rows without a gap and the correlations among them: what every statistic of this package starts from."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from instrument.errors import Finding, InputError

Matrix = NDArray[np.float64]
Vector = NDArray[np.float64]

SINGULAR = 1e-10
"""A correlation matrix whose smallest eigenvalue is below this is treated as singular."""


def complete_rows(items: Matrix) -> tuple[Matrix, int]:
    """Rows of ``items`` (n, k) in which no cell is NaN, and how many rows had to be left out."""
    items = np.asarray(items, dtype=float)
    whole = ~np.isnan(items).any(axis=1)
    return items[whole], int(np.count_nonzero(~whole))


def check_names(items: Matrix, names: Sequence[str]) -> None:
    """Hold the columns of ``items`` (n, k) against their ``names``.

    Raises
    ------
    ValueError
        ``items`` is not a matrix, or has not one column for each name.
    InputError
        ``ITEM-DOUBLED``: a name stands twice, so that results by item would overwrite each other.
    """
    if np.ndim(items) != 2 or np.shape(items)[1] != len(names):
        raise ValueError(f"{len(names)} names need an array with as many columns; its shape is {np.shape(items)}")
    doubled = sorted({name for name in names if list(names).count(name) > 1})
    if doubled:
        raise InputError(Finding(
            "ITEM-DOUBLED", f"items {', '.join(doubled)}", "Each item may be named once in a scale or an analysis.",
            "Name it once.",
        ))


def correlation_matrix(rows: Matrix, names: Sequence[str]) -> Matrix:
    """Pearson correlations (p, p) of complete ``rows`` (n, p), fit to be inverted and factored.

    Raises
    ------
    InputError
        ``EFA-MISSING``, ``EFA-ROWS``, ``EFA-CONSTANT`` or ``EFA-SINGULAR``.
    """
    place = f"items {', '.join(names)}"
    n, p = rows.shape
    if np.isnan(rows).any():
        raise InputError(Finding(
            "EFA-MISSING", place, "This analysis needs complete rows, and some cells are missing.",
            "Leave incomplete rows out first (complete_rows does, and counts them).",
        ))
    if p < 2 or n <= p:
        raise InputError(Finding(
            "EFA-ROWS", place,
            f"A factor analysis needs two items or more, and more complete rows than items; found {n} rows, {p} items.",
            "Take fewer items, or look where the answers went missing.",
        ))
    constant = [name for name, spread in zip(names, np.ptp(rows, axis=0), strict=True) if spread == 0]
    if constant:
        raise InputError(Finding(
            "EFA-CONSTANT", f"items {', '.join(constant)}", f"Every item must vary on the {n} complete rows.",
            "Leave the items named out of the analysis.",
        ))
    correlations: Matrix = np.atleast_2d(np.corrcoef(rows, rowvar=False))
    require_positive_definite(correlations, place)
    return correlations


def require_positive_definite(correlations: Matrix, place: str) -> None:
    """Raise ``EFA-SINGULAR`` unless all eigenvalues of ``correlations`` (p, p) are clearly positive."""
    smallest = float(np.linalg.eigvalsh(correlations)[0])
    if smallest < SINGULAR:
        raise InputError(Finding(
            "EFA-SINGULAR", place,
            f"No item may be a linear combination of the others; the smallest eigenvalue of the correlation matrix "
            f"is {smallest:.2g}.",
            "Look for an item that was entered twice, or a sum score among its own items.",
        ))
