"""How many factors: parallel analysis and Velicer's minimum average partial."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ParallelAnalysis:
    """Observed eigenvalues beside those of random data (Horn 1965; percentile: Glorfeld 1995)."""

    n: int
    draws: int
    percentile: float
    seed: int
    eigenvalues: tuple[float, ...]
    reference_mean: tuple[float, ...]
    reference_percentile: tuple[float, ...]
    factors: int


@dataclass(frozen=True, slots=True)
class MinimumAveragePartial:
    """Average squared (and fourth-power) partial correlation after m components, m = 0 …"""

    squared: tuple[float, ...]
    fourth: tuple[float, ...]
    factors: int
    factors_fourth: int
