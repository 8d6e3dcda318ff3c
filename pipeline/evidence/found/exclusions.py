"""What a study's run found under three rules for leaving out careless respondents, side by side."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from pipeline.undefined import Number, Undefined

Rule = Literal["plan", "strict", "none"]

RULES: tuple[Rule, ...] = ("plan", "strict", "none")
"""The plan's rule; every flag leaves out; no flag does, and all who answered stay."""


@dataclass(frozen=True, slots=True)
class KeptByRule:
    """Respondents and units of one form that a rule keeps, of the ``answered`` who gave a usable interview."""

    rule: Rule
    form: str
    answered: int
    kept: int
    unit: str
    units: int


@dataclass(frozen=True, slots=True)
class ScaleByRule:
    """Alpha and omega of one scale under every rule, by rule."""

    form: str
    scale: str
    label: str
    alpha: dict[str, Number]
    omega: dict[str, Number]

    def change(self, rule: Rule) -> Number:
        """Alpha under a rule less that under the plan's."""
        return _less(self.alpha[rule], self.alpha["plan"])


@dataclass(frozen=True, slots=True)
class EstimateByRule:
    """One standardised estimate under one rule; ``n`` rows, interval by ``interval_by``."""

    n: int
    est: Number
    lower: Number
    upper: Number
    interval_by: str

    @property
    def excludes_zero(self) -> bool | None:
        """Whether the interval excludes 0; None without an interval."""
        if isinstance(self.lower, Undefined) or isinstance(self.upper, Undefined):
            return None
        return self.lower > 0 or self.upper < 0


@dataclass(frozen=True, slots=True)
class QuantityByRule:
    """A correlation of factors or a defined effect, standardised, under every rule.

    Attributes
    ----------
    kind
        ``correlation`` or ``effect``.
    model, name
        The model's id; ``RA ~~ RF``, or the name of the effect.
    estimates
        By rule.
    headline
        Whether it is the effect that the study's finding is about.
    """

    kind: Literal["correlation", "effect"]
    model: str
    name: str
    estimates: dict[str, EstimateByRule]
    headline: bool = False

    def change(self, rule: Rule) -> Number:
        """The estimate under a rule less that under the plan's."""
        return _less(self.estimates[rule].est, self.estimates["plan"].est)


@dataclass(frozen=True, slots=True)
class ExclusionsReport:
    """Results under three exclusion rules.

    Attributes
    ----------
    rules
        Rule → who is left out, in words.
    kept
        One a form and rule.
    scales, quantities
        Every reflective scale; correlations of the measurement models' factors, and the headline model's effects.
    level
        Of the intervals.
    """

    rules: dict[str, str]
    kept: tuple[KeptByRule, ...]
    scales: tuple[ScaleByRule, ...]
    quantities: tuple[QuantityByRule, ...]
    level: float

    def mean_alpha(self, rule: Rule) -> Number:
        """Mean of alpha over the scales that have one under every rule."""
        return _mean([scale.alpha for scale in self.scales], rule)

    def mean_omega(self, rule: Rule) -> Number:
        """Mean of omega over the scales that have one under every rule."""
        return _mean([scale.omega for scale in self.scales], rule)


def _less(value: Number, other: Number) -> Number:
    if isinstance(value, Undefined):
        return value
    return other if isinstance(other, Undefined) else value - other


def _mean(values: list[dict[str, Number]], rule: Rule) -> Number:
    everywhere = [by_rule for by_rule in values if not any(isinstance(v, Undefined) for v in by_rule.values())]
    known = [value for by_rule in everywhere if not isinstance(value := by_rule[rule], Undefined)]
    return sum(known) / len(known) if known else Undefined("no scale has it under every rule")
