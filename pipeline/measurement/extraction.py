"""Exploratory factor analysis by factor_analyzer, with its faults mended; factorability before it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from pipeline.undefined import Number

Method = Literal["ml", "minres"]
Rotation = Literal["oblimin", "promax", "varimax", "none"]


@dataclass(frozen=True, slots=True)
class Factorability:
    """Kaiser–Meyer–Olkin measure and Bartlett's test of sphericity on complete rows."""

    n: int
    kmo: float
    kmo_items: dict[str, float]
    bartlett: float
    bartlett_df: int
    bartlett_pvalue: float


@dataclass(frozen=True, slots=True)
class FactorSolution:
    """An exploratory solution on complete rows; rows of ``loadings`` are items, columns factors.

    ``phi`` are factor correlations in the order of the loadings' columns; ``communality`` is the
    diagonal of Λ Φ Λᵀ. ``chisq`` is the likelihood-ratio test of the extraction (Bartlett-corrected).
    """

    items: tuple[str, ...]
    n: int
    n_incomplete: int
    method: Method
    rotation: Rotation
    factors: int
    loadings: tuple[tuple[float, ...], ...]
    phi: tuple[tuple[float, ...], ...]
    communality: tuple[float, ...]
    uniqueness: tuple[float, ...]
    variance_explained: tuple[float, ...]
    chisq: Number
    df: int
    pvalue: Number
    rmsr: float
    converged: bool
    warnings: tuple[str, ...]
