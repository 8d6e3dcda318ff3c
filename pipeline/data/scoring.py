"""Scores from answers: keyed items, dimension means, recency-weighted experience, function index."""

from __future__ import annotations

from dataclasses import dataclass

from pipeline.undefined import Number


@dataclass(frozen=True, slots=True)
class VariableSummary:
    """Distribution of one variable. Skewness is G1, kurtosis excess G2 (Joanes & Gill 1998), as SPSS prints."""

    variable: str
    label: str
    level: str
    n: int
    missing: int
    mean: Number
    sd: Number
    minimum: Number
    maximum: Number
    skewness: Number
    kurtosis: Number


@dataclass(frozen=True, slots=True)
class Moments:
    """What another analyst needs to re-estimate a model: n, means, SDs (n−1), covariances (n−1)."""

    variables: tuple[str, ...]
    n: int
    mean: tuple[float, ...]
    sd: tuple[float, ...]
    covariance: tuple[tuple[float, ...], ...]
    correlation: tuple[tuple[float, ...], ...]
