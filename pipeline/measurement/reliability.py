"""Internal consistency of one scale: alpha and its interval, item-rest correlations, omega, AVE."""

from __future__ import annotations

from dataclasses import dataclass

from pipeline.undefined import Number


@dataclass(frozen=True, slots=True)
class ScaleReliability:
    """Reliability of one scale on complete rows.

    ``omega`` is omega total of a one-factor model (McDonald 1999) on the same rows, ``ave`` the mean
    squared standardised loading (Fornell & Larcker 1981). Dictionaries are keyed by item, in order.
    """

    name: str
    label: str
    items: tuple[str, ...]
    reversed_items: tuple[str, ...]
    n: int
    n_incomplete: int
    alpha: Number
    alpha_ci: tuple[Number, Number]
    item_rest: dict[str, Number]
    alpha_drop: dict[str, Number]
    omega: Number
    omega_ci: tuple[Number, Number]
    ave: Number
    loadings: dict[str, Number]
    warnings: tuple[str, ...]
