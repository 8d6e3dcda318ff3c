"""What was found of the items of every scale: answers, how they go together, and whether they are normal."""

from __future__ import annotations

from dataclasses import dataclass

from pipeline.undefined import Number, Undefined

FLOOR_CEILING = 0.15
"""A larger share at an end of the scale is a floor or ceiling effect (Terwee et al. 2007)."""


def _above(share: Number) -> bool:
    return not isinstance(share, Undefined) and share > FLOOR_CEILING


@dataclass(frozen=True, slots=True)
class FoundItem:
    """The answers to one item, turned round if it is reversed.

    Attributes
    ----------
    n, missing
        Answers, and respondents who gave none.
    shares
        Point of the response scale → its share of the ``n`` answers, lowest first; empty without answers.
    sd
        Divides by N − 1.
    skewness, kurtosis
        G1 and G2; a normal distribution has 0 and 0.
    floor, ceiling
        Shares at the lowest and the highest point of the scale.
    item_rest
        Correlation with the sum of the scale's other items, on rows complete on the scale.
    """

    item: str
    reversed: bool
    n: int
    missing: int
    shares: dict[str, float]
    mean: Number
    sd: Number
    skewness: Number
    kurtosis: Number
    floor: Number
    ceiling: Number
    item_rest: Number

    @property
    def at_floor(self) -> bool:
        return _above(self.floor)

    @property
    def at_ceiling(self) -> bool:
        return _above(self.ceiling)


@dataclass(frozen=True, slots=True)
class FoundInterItem:
    """Correlations among the items of one scale, on its ``n`` complete rows.

    Attributes
    ----------
    mean, lowest, highest
        Over all pairs of items that vary.
    lowest_pair, highest_pair
        The items they belong to; None where there is no correlation.
    constant
        Items that do not vary; their pairs are left out.
    """

    n: int
    mean: Number
    lowest: Number
    highest: Number
    lowest_pair: tuple[str, str] | None
    highest_pair: tuple[str, str] | None
    constant: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class FoundNormality:
    """Tests of multivariate normality of ``items`` on their ``n`` complete rows.

    Attributes
    ----------
    left_out
        Rows with a missing answer.
    skewness, kurtosis
        Mardia's b1,p and b2,p; a normal distribution has 0 and ``kurtosis_expected``, p(p + 2).
    skewness_statistic, skewness_df, skewness_pvalue
        n·b1,p/6, χ² distributed for large n.
    small_statistic, small_pvalue
        The same corrected for small samples.
    kurtosis_z, kurtosis_pvalue
        Two-sided.
    henze_zirkler, henze_zirkler_pvalue
        Henze and Zirkler's HZ; small p speaks against normality.
    """

    items: tuple[str, ...]
    n: int
    left_out: int
    skewness: Number
    skewness_statistic: Number
    skewness_df: int
    skewness_pvalue: Number
    small_statistic: Number
    small_pvalue: Number
    kurtosis: Number
    kurtosis_expected: float
    kurtosis_z: Number
    kurtosis_pvalue: Number
    henze_zirkler: Number
    henze_zirkler_pvalue: Number


@dataclass(frozen=True, slots=True)
class FoundScaleItems:
    """The items of one scale.

    Attributes
    ----------
    n, n_complete
        Respondents who were asked, and those of them who answered every item.
    lowest, highest
        Ends of the response scale.
    floor, ceiling
        Shares of the ``n_complete`` whose score is the lowest, the highest that is possible.
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
    inter_item: FoundInterItem
    floor: Number
    ceiling: Number
    normality: FoundNormality

    @property
    def at_floor(self) -> bool:
        return _above(self.floor)

    @property
    def at_ceiling(self) -> bool:
        return _above(self.ceiling)


@dataclass(frozen=True, slots=True)
class FoundConstructNormality:
    """Normality of all items of a construct that has several scales in a form."""

    construct: str
    form: str
    normality: FoundNormality


@dataclass(frozen=True, slots=True)
class ItemsReport:
    """Every scale of a study, form after form, and the constructs that have several scales."""

    scales: tuple[FoundScaleItems, ...]
    constructs: tuple[FoundConstructNormality, ...]
