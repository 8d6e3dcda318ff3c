"""What a study's run found about the reliability of its scales and constructs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from pipeline.undefined import Number

Coefficient = Literal[
    "alpha", "alpha_standardised", "mean_r", "lambda2", "lambda6", "glb", "omega", "ave", "alpha_ordinal",
    "omega_categorical", "alpha_stratified", "omega_hierarchical", "omega_total_sl", "omega_second_order", "omega_l1",
    "omega_l2", "omega_partial_l1",
]
"""Every coefficient by its id; :data:`NAMES` has its name in words."""

NAMES: Mapping[Coefficient, str] = {
    "alpha": "Cronbach's alpha",
    "alpha_standardised": "Standardised alpha",
    "mean_r": "Mean correlation between items",
    "lambda2": "Guttman's lambda 2",
    "lambda6": "Guttman's lambda 6",
    "glb": "Greatest lower bound",
    "omega": "Omega total, one factor (composite reliability)",
    "ave": "Average variance extracted",
    "alpha_ordinal": "Ordinal alpha",
    "omega_categorical": "Categorical omega",
    "alpha_stratified": "Stratified alpha",
    "omega_hierarchical": "Omega hierarchical, Schmid–Leiman",
    "omega_total_sl": "Omega total, Schmid–Leiman",
    "omega_second_order": "Omega total, second-order model",
    "omega_l1": "Omega of the general factor, second-order model (level 1)",
    "omega_l2": "Omega of the dimensions as indicators, second-order model (level 2)",
    "omega_partial_l1": "Partial omega of the general factor, second-order model (level 1)",
}

Method = Literal["percentile bootstrap", "Feldt", "delta method", "none"]
"""How an interval was found."""


@dataclass(frozen=True, slots=True)
class AnalyticInterval:
    """An interval from a formula, kept beside the one from resamples.

    Attributes
    ----------
    method
        Feldt's for alpha, the delta method's for omega.
    """

    method: Method
    lower: Number
    upper: Number


@dataclass(frozen=True, slots=True)
class FoundCoefficient:
    """One coefficient of one scale or construct.

    Attributes
    ----------
    id, name
        Which, for machines and in words.
    value, lower, upper
        Of the sample, with the limits found by ``method``.
    requested, usable
        Resamples, and those in which the coefficient has a value; both 0 where none were drawn.
    note
        Why resamples were not usable, or what else the number needs said of it; empty where there is nothing.
    analytic
        The interval from a formula, where there is one.
    """

    id: Coefficient
    name: str
    value: Number
    lower: Number
    upper: Number
    method: Method
    requested: int
    usable: int
    note: str = ""
    analytic: AnalyticInterval | None = None


@dataclass(frozen=True, slots=True)
class FoundSplitHalf:
    """Reliability of the sum from halves of the items that are held against each other, by Guttman's (1945) formula.

    Attributes
    ----------
    odd_even
        Of the items at odd and at even places.
    mean, lowest, highest
        Over all splits looked at, halves of equal size but for an odd item.
    splits, every
        How many splits, and whether these are all there are.
    """

    odd_even: Number
    mean: Number
    lowest: Number
    highest: Number
    splits: int
    every: bool


@dataclass(frozen=True, slots=True)
class FoundConsistency:
    """Every coefficient of one scale, or of all items of one construct.

    Attributes
    ----------
    construct, form, set
        What it is part of; ``set`` is empty for a scale.
    dimensions
        Of a construct, the ids of the scales whose items it has; a scale has its own.
    n, n_incomplete
        Respondents with an answer to every item, and those left out.
    coefficients
        In the order in which they are shown.
    split_half
        None for constructs.
    warnings
        What a reader must know before using the numbers: negative item-rest correlations, improper solutions.
    """

    id: str
    label: str
    construct: str
    form: str
    set: str
    dimensions: tuple[str, ...]
    items: tuple[str, ...]
    n: int
    n_incomplete: int
    coefficients: tuple[FoundCoefficient, ...]
    split_half: FoundSplitHalf | None
    warnings: tuple[str, ...]

    def coefficient(self, id: Coefficient) -> FoundCoefficient | None:
        """The coefficient with this id; None where it does not apply."""
        return next((one for one in self.coefficients if one.id == id), None)


@dataclass(frozen=True, slots=True)
class ConsistencyReport:
    """Reliability of all scales of a study, and of its constructs with several dimensions.

    Attributes
    ----------
    draws, seed, level
        Of the resamples and their percentile intervals; no draws, no intervals but the analytic ones.
    clustered
        Forms of which whole firms were drawn, because some have several respondents.
    scales
        Every reflective scale, form after form.
    constructs
        Constructs with two or more dimensions in a set that the plan names.
    """

    draws: int
    seed: int
    level: float
    clustered: tuple[str, ...]
    scales: tuple[FoundConsistency, ...]
    constructs: tuple[FoundConsistency, ...]

    def scale(self, id: str, form: str | None = None) -> FoundConsistency | None:
        """The scale with this id, of this form or of the first that has it; None if there is none."""
        return next((one for one in self.scales if one.id == id and form in (None, one.form)), None)
