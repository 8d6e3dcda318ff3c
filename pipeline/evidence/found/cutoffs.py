"""What simulated cut-offs of fit say: cut-offs for each model, its fit beside them and beside the fixed ones."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from pipeline.undefined import Number, Undefined

Missed = Literal["cross-loading", "residual correlation"]


@dataclass(frozen=True, slots=True)
class FoundCutOff:
    """One index at one level.

    Attributes
    ----------
    value
        The cut-off; undefined where samples with and without the misspecification cannot be told apart.
    rate
        Share of samples of either population that it sorts rightly, .95 or .90.
    """

    index: str
    value: Number
    rate: Number


@dataclass(frozen=True, slots=True)
class FoundLevel:
    """One degree of misspecification.

    Attributes
    ----------
    kind
        What the model would miss.
    added
        (name, name, size) of everything that it would miss: an indicator and a factor it also loads on, or two
        indicators whose residuals correlate.
    converged
        Samples in which the estimation converged.
    """

    level: int
    kind: Missed
    added: tuple[tuple[str, str, float], ...]
    converged: int
    cut_offs: tuple[FoundCutOff, ...]


@dataclass(frozen=True, slots=True)
class FoundIndex:
    """One index of the model as it was estimated.

    Attributes
    ----------
    value
        The robust version where the estimator has one.
    fixed
        The fixed cut-off of Hu & Bentler (1999).
    below
        The first level whose misfit the model's stays below; one more than there are if it is graver than all.
    """

    index: str
    value: Number
    fixed: float
    below: int | Undefined


@dataclass(frozen=True, slots=True)
class ModelCutOffs:
    """One model.

    Attributes
    ----------
    n, indicators, factors
        Cases and size of every simulated sample's model.
    true_converged
        Samples of the population where the model holds in which the estimation converged.
    more_levels
        Graver levels that were not simulated.
    why_not
        Why there are no cut-offs; empty where there are.
    verdict
        The fit in words.
    """

    model: str
    title: str
    n: int
    indicators: int
    factors: int
    true_converged: int
    indices: tuple[FoundIndex, ...]
    levels: tuple[FoundLevel, ...]
    more_levels: int
    why_not: str
    verdict: str


@dataclass(frozen=True, slots=True)
class CutOffsReport:
    """All models; ``replications`` are samples of each population."""

    replications: int
    seed: int
    models: tuple[ModelCutOffs, ...]
