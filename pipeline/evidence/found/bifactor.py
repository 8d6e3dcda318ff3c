"""What a bifactor structure says: how much of a sum over all items is one thing."""

from __future__ import annotations

from dataclasses import dataclass

from pipeline.undefined import Number

PREFERRED, LEAST = 0.75, 0.50
"""Omega hierarchical that is preferred, and the least, for a sum of all items (Reise, Bonifay & Haviland 2013)."""


@dataclass(frozen=True, slots=True)
class FoundBifactorItem:
    """An item's standardised loadings on the general factor and on its dimension's, and its I-ECV.

    ``specific`` and ``specific_se`` are None where the dimension has a single item and so no factor.
    """

    item: str
    dimension: str
    general: float
    general_se: Number
    specific: float | None
    specific_se: Number | None
    iecv: Number


@dataclass(frozen=True, slots=True)
class FoundSpecific:
    """A dimension's factor beside the general one.

    Attributes
    ----------
    items
        How many.
    omega
        Share of the variance of the dimension's sum that both factors explain (omega S).
    omega_hs
        Share that the dimension's factor explains beyond the general one (omega HS).
    ecv
        Share of all common variance that is this factor's.
    h
        Construct replicability of the factor.
    """

    dimension: str
    label: str
    items: int
    omega: Number
    omega_hs: Number
    ecv: Number
    h: Number


@dataclass(frozen=True, slots=True)
class FoundBifactor:
    """What the bifactor structure says of a sum over all items.

    Attributes
    ----------
    omega_total
        Share of the sum's variance that all factors explain.
    omega_h
        Share that the general factor explains, with its standard error and interval.
    ecv
        Share of the common variance that is the general factor's, with its standard error and interval.
    puc
        Share of the pairs of items whose correlation is due to the general factor alone.
    h
        Construct replicability of the general factor.
    level
        Of the intervals.
    why_not
        Why there is none; empty where there is.
    """

    omega_total: Number
    omega_h: Number
    omega_h_se: Number
    omega_h_lower: Number
    omega_h_upper: Number
    ecv: Number
    ecv_se: Number
    ecv_lower: Number
    ecv_upper: Number
    puc: Number
    h: Number
    level: float
    specific: tuple[FoundSpecific, ...] = ()
    items: tuple[FoundBifactorItem, ...] = ()
    why_not: str = ""
    verdict: str = ""
