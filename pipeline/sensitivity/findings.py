"""What the sensitivity analyses found, as frozen values."""

from __future__ import annotations

from dataclasses import dataclass

from pipeline.undefined import Number, Undefined


@dataclass(frozen=True, slots=True)
class ConfoundedPoint:
    """An effect if the disturbances of mediator and outcome correlate ``rho``; the interval is a Monte Carlo one."""

    rho: float
    est: Number
    se: Number
    lower: Number
    upper: Number


@dataclass(frozen=True, slots=True)
class ConfoundingCurve:
    """One indirect effect against an unmeasured cause of one mediator and the next variable of its chain.

    Attributes
    ----------
    mediator, outcome, path
        The pair, and the label of the path between the two.
    points
        In the order of the plan's correlations; empty where the pair cannot be examined.
    nulling
        Correlation that makes the path, and with it the effect, 0.
    first_zero
        Correlation nearest 0 at which the interval holds 0; 0 if it does without any confounding.
    equal_share
        Share of either disturbance's variance that a confounder of equal weight for both explains at ``nulling``:
        its absolute value (Imai, Keele & Yamamoto 2010).
    robustness_value
        The same in terms of partial R² of regressions that leave the confounder out (Cinelli & Hazlett 2020).
    """

    effect: str
    mediator: str
    outcome: str
    path: str
    est: float
    points: tuple[ConfoundedPoint, ...]
    nulling: Number
    first_zero: Number
    equal_share: Number
    robustness_value: Number


@dataclass(frozen=True, slots=True)
class ReliabilityPoint:
    """An effect if the variable were measured with this reliability; ``error_variance`` is held fixed."""

    reliability: float
    error_variance: float
    est: Number
    se: Number
    lower: Number
    upper: Number
    std_all: Number
    converged: bool
    admissible: bool


@dataclass(frozen=True, slots=True)
class ReliabilityCurve:
    """One indirect effect against errors in a single-indicator variable, most reliable first.

    ``variance`` is the observed one, divided by N, by expectation maximisation where values are missing.
    """

    effect: str
    variable: str
    variance: float
    points: tuple[ReliabilityPoint, ...]


@dataclass(frozen=True, slots=True)
class OrderedChain:
    """The serial product of the same variables in one order, and the fit of the model that says so."""

    variables: tuple[str, ...]
    specified: bool
    est: Number
    se: Number
    lower: Number
    upper: Number
    std_all: Number
    chisq: Number
    df: int
    converged: bool


@dataclass(frozen=True, slots=True)
class Orders:
    """A chain in the order of the theory and in others.

    ``equivalent`` says whether all orders have the same χ² and degrees of freedom; None where one did not converge.
    """

    effect: str
    chains: tuple[OrderedChain, ...]
    equivalent: bool | None


@dataclass(frozen=True, slots=True)
class SensitivityReport:
    """How far each indirect effect of one model stands against what the data cannot show.

    ``sentences`` say it in plain words, within what cross-sectional data can carry; ``limits`` what was not examined.
    """

    model: str
    n: int
    level: float
    draws: int
    seed: int
    confounding: tuple[ConfoundingCurve, ...]
    reliability: tuple[ReliabilityCurve, ...]
    orders: Orders | Undefined
    sentences: tuple[str, ...]
    limits: tuple[str, ...]
