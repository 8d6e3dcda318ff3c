"""Intervals for defined effects by resampling rows; the same numbers for any number of workers."""

from __future__ import annotations

from dataclasses import dataclass

from pipeline.undefined import Number


@dataclass(frozen=True, slots=True)
class EffectInterval:
    """A defined effect with its percentile bootstrap interval.

    ``lower``/``upper`` use all converged draws; ``lower_admissible``/``upper_admissible`` only draws
    with a proper solution. ``bootstrap_se`` is the SD over converged draws. ``std_all`` is the effect
    on standardised variables with its interval from the same draws.
    """

    name: str
    expression: str
    est: float
    se: Number
    z: Number
    pvalue: Number
    bootstrap_se: Number
    lower: Number
    upper: Number
    lower_admissible: Number
    upper_admissible: Number
    std_all: Number
    std_lower: Number
    std_upper: Number


@dataclass(frozen=True, slots=True)
class BootstrapResult:
    """Percentile bootstrap of every defined effect. ``draws`` holds the converged draws by effect."""

    requested: int
    converged: int
    admissible: int
    seed: int
    level: float
    effects: tuple[EffectInterval, ...]
    draws: dict[str, tuple[float, ...]]
