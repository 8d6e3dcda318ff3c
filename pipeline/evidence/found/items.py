"""What was found of the items of every scale: answers, how they go together, and whether they are normal."""

from __future__ import annotations

from dataclasses import dataclass

from pipeline.measurement.items import InterItem, ItemDistribution
from pipeline.measurement.normality import MultivariateNormality
from pipeline.undefined import Number, Undefined

FLOOR_CEILING = 0.15
"""A larger share at an end of the scale is a floor or ceiling effect (Terwee et al. 2007)."""


@dataclass(frozen=True, slots=True)
class Ends:
    """Shares of the answers to an item, or of the scores of a scale, at the lowest and the highest that is possible."""

    floor: Number
    ceiling: Number

    @property
    def at_floor(self) -> bool:
        return _above(self.floor)

    @property
    def at_ceiling(self) -> bool:
        return _above(self.ceiling)


def _above(share: Number) -> bool:
    return not isinstance(share, Undefined) and share > FLOOR_CEILING


@dataclass(frozen=True, slots=True)
class FoundItem:
    """One item, turned round if it is reversed.

    Attributes
    ----------
    answers
        How many there are, how they lie on the points of the response scale, and their moments.
    item_rest
        Correlation with the sum of the scale's other items, on rows complete on the scale.
    """

    item: str
    reversed: bool
    answers: ItemDistribution
    item_rest: Number

    @property
    def ends(self) -> Ends:
        """Shares of its answers."""
        return Ends(self.answers.floor, self.answers.ceiling)


@dataclass(frozen=True, slots=True)
class FoundScaleItems:
    """The items of one scale.

    Attributes
    ----------
    n, n_complete
        Respondents who were asked, and those of them who answered every item.
    lowest, highest
        Ends of the response scale.
    inter_item, ends, normality
        Of the ``n_complete``: correlations among the items, shares of their scores, tests of all items together.
    """

    scale: str
    label: str
    construct: str
    form: str
    n: int
    n_complete: int
    lowest: int
    highest: int
    items: tuple[FoundItem, ...]
    inter_item: InterItem
    ends: Ends
    normality: MultivariateNormality


@dataclass(frozen=True, slots=True)
class FoundConstructNormality:
    """Normality of all ``items`` of a construct that has several scales in a form."""

    construct: str
    form: str
    items: tuple[str, ...]
    normality: MultivariateNormality


@dataclass(frozen=True, slots=True)
class ItemsReport:
    """Every scale of a study, form after form, and the constructs that have several scales."""

    scales: tuple[FoundScaleItems, ...]
    constructs: tuple[FoundConstructNormality, ...]
