"""Test–retest reliability: intraclass correlations of two or more occasions, and errors of measurement."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from pipeline.undefined import Number, Undefined

Array = NDArray[np.float64]

_NOTHING = 1e-12
"""A mean square below this share of the largest is rounding error."""


@dataclass(frozen=True, slots=True)
class Intraclass:
    """One intraclass correlation and its interval."""

    value: Number
    lower: Number
    upper: Number


@dataclass(frozen=True, slots=True)
class Retest:
    """Scores of n persons at k occasions.

    Attributes
    ----------
    agreement, consistency
        ICC(A,1) and ICC(C,1): how much of the variance of one score is between persons; a shift that all persons share
        counts against agreement and not against consistency.
    agreement_mean, consistency_mean
        ICC(A,k) and ICC(C,k), the same of the mean of all occasions.
    f_statistic, df1, df2, pvalue
        Mean square between persons over the residual mean square.
    sem_agreement, sem_consistency
        Standard error of measurement: √(variance of occasions + residual variance) and √(residual variance). The former
        is below the latter where occasions differ less than error alone would make them.
    sdc_agreement, sdc_consistency
        Smallest detectable change, z·√2·SEM.
    difference
        Mean of the last occasion minus that of the first, with its paired t interval.
    """

    n: int
    occasions: int
    agreement: Intraclass
    consistency: Intraclass
    agreement_mean: Intraclass
    consistency_mean: Intraclass
    f_statistic: Number
    df1: int
    df2: int
    pvalue: Number
    sem_agreement: Number
    sem_consistency: Number
    sdc_agreement: Number
    sdc_consistency: Number
    difference: Intraclass


@dataclass(frozen=True, slots=True)
class MeanSquares:
    """Two-way analysis of variance without replication: between persons, between occasions, residual."""

    n: int
    k: int
    persons: float
    occasions: float
    residual: float


def retest(scores: Array, level: float = 0.95) -> Retest:
    """Agreement and consistency of ``scores`` (n, k), n persons at k ≥ 2 occasions, none missing.

    McGraw and Wong (1996), two-way models; de Vet, Terwee, Knol and Bouter (2006) for the errors.

    Parameters
    ----------
    level
        Confidence level of every interval and of the smallest detectable change.
    """
    scores = np.asarray(scores, dtype=float)
    if scores.ndim != 2 or scores.shape[1] < 2 or np.isnan(scores).any():
        raise ValueError(f"expected complete scores (persons, occasions ≥ 2), got shape {scores.shape}")
    if not 0 < level < 1:
        raise ValueError(f"level must lie between 0 and 1; found {level}")
    n, k = scores.shape
    why = _why_not(scores)
    if why is not None:
        none = Intraclass(why, why, why)
        return Retest(n, k, none, none, none, none, why, max(n - 1, 0), max(n - 1, 0) * (k - 1), why, why, why, why,
                      why, none)
    squares = mean_squares(scores)
    df1, df2 = n - 1, (n - 1) * (k - 1)
    alike = squares.residual <= _NOTHING * max(squares.persons, squares.occasions)
    f: Number = Undefined("all persons changed by the same amount") if alike else squares.persons / squares.residual
    sem_consistency = float(np.sqrt(squares.residual))
    # The component of occasions may come out below 0, and stays so, as it does in ICC(A,1).
    sem_agreement = float(np.sqrt((squares.occasions - squares.residual) / n + squares.residual))
    smallest = float(stats.norm.isf((1 - level) / 2)) * np.sqrt(2)
    return Retest(
        n, k, *_intraclass(squares, level, alike), f, df1, df2,
        f if isinstance(f, Undefined) else float(stats.f.sf(f, df1, df2)), sem_agreement, sem_consistency,
        float(smallest * sem_agreement), float(smallest * sem_consistency), _shift(scores[:, -1] - scores[:, 0], level))


def mean_squares(scores: Array) -> MeanSquares:
    """Mean squares of ``scores`` (n, k); their degrees of freedom are n − 1, k − 1 and (n − 1)(k − 1)."""
    n, k = scores.shape
    centred = scores - scores.mean()
    persons, occasions = centred.mean(axis=1), centred.mean(axis=0)
    residual = centred - persons[:, None] - occasions
    return MeanSquares(n, k, float(k * (persons**2).sum() / (n - 1)), float(n * (occasions**2).sum() / (k - 1)),
                       float((residual**2).sum() / ((n - 1) * (k - 1))))


def _why_not(scores: Array) -> Undefined | None:
    if len(scores) < 3:
        said = {0: "nobody has", 1: "only one person has"}.get(len(scores), f"only {len(scores)} persons have")
        return Undefined(f"{said} a score at every occasion")
    if np.ptp(scores.mean(axis=1)) <= _NOTHING * max(float(np.abs(scores).max()), 1e-300):
        return Undefined("the persons' mean scores do not differ")
    return None


def _intraclass(m: MeanSquares, level: float, alike: bool) -> tuple[Intraclass, Intraclass, Intraclass, Intraclass]:
    """ICC(A,1), ICC(C,1), ICC(A,k), ICC(C,k)."""
    n, k, tail = m.n, m.k, (1 - level) / 2
    single = (m.persons - m.residual) / (m.persons + (k - 1) * m.residual)
    absolute = (m.persons - m.residual) / (m.persons + (k - 1) * m.residual + k * (m.occasions - m.residual) / n)
    absolute_mean = _ratio(m.persons - m.residual, m.persons + (m.occasions - m.residual) / n)
    consistent_mean = (m.persons - m.residual) / m.persons
    if alike:
        why = Undefined("all persons changed by the same amount, so there is no error to judge it by")
        return (Intraclass(absolute, why, why), Intraclass(single, why, why), Intraclass(absolute_mean, why, why),
                Intraclass(consistent_mean, why, why))
    df1, df2 = n - 1, (n - 1) * (k - 1)
    f = m.persons / m.residual
    low, high = f / stats.f.isf(tail, df1, df2), f * stats.f.isf(tail, df2, df1)
    lower, upper = _agreement_interval(m, absolute, tail)
    return (
        Intraclass(absolute, lower, upper),
        Intraclass(single, float((low - 1) / (low + k - 1)), float((high - 1) / (high + k - 1))),
        Intraclass(absolute_mean, _ratio(lower * k, 1 + lower * (k - 1)), _ratio(upper * k, 1 + upper * (k - 1))),
        Intraclass(consistent_mean, float(1 - 1 / low), float(1 - 1 / high)))


def _ratio(above: float, below: float) -> Number:
    return above / below if below > 0 else Undefined("persons differ less than error alone would make them")


def _agreement_interval(m: MeanSquares, value: float, tail: float) -> tuple[float, float]:
    """Interval of ICC(A,1); its degrees of freedom by Satterthwaite's approximation."""
    n, k = m.n, m.k
    a, b = k * value / (n * (1 - value)), 1 + k * value * (n - 1) / (n * (1 - value))
    v = (a * m.occasions + b * m.residual) ** 2 / (
        (a * m.occasions) ** 2 / (k - 1) + (b * m.residual) ** 2 / ((n - 1) * (k - 1)))
    far, near = stats.f.isf(tail, n - 1, v), stats.f.isf(tail, v, n - 1)
    rest = k * m.occasions + (k * n - k - n) * m.residual
    return (float(n * (m.persons - far * m.residual) / (far * rest + n * m.persons)),
            float(n * (near * m.persons - m.residual) / (rest + n * near * m.persons)))


def _shift(change: Array, level: float) -> Intraclass:
    mean, n = float(change.mean()), len(change)
    half = float(stats.t.isf((1 - level) / 2, n - 1)) * float(change.std(ddof=1)) / np.sqrt(n)
    return Intraclass(mean, float(mean - half), float(mean + half))
