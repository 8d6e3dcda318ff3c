"""What a study's run found about units with several informants: do they agree, and can their means be told apart?"""

from __future__ import annotations

from dataclasses import dataclass

from pipeline.undefined import Number


@dataclass(frozen=True, slots=True)
class NullAgreement:
    """Agreement in one scale against one null distribution: answers of informants who do not agree at all.

    Out of range is a unit whose informants differ by more than the null distribution would make them. rwg(j) has no
    meaning there. Such units are counted, rank below every other in ``median``, and are 0 in ``mean_as_zero`` alone.

    Attributes
    ----------
    null
        The plan's name of it.
    variance
        Of one answer under it, by N.
    source
        Where the variance is from, in words.
    units
        Units with an rwg(j), in range or not.
    out_of_range
        Of ``units``.
    median, mean
        Over all units, those out of range lowest; over units in range.
    mean_as_zero
        Over all units, with 0 for those out of range (James, Demaree & Wolf 1984).
    lowest, highest
        In range.
    enough
        Units whose rwg(j) is at least what the plan asks for.
    share
        ``enough`` among ``units``.
    """

    null: str
    variance: float
    source: str
    units: int
    out_of_range: int
    median: Number
    mean: Number
    mean_as_zero: Number
    lowest: Number
    highest: Number
    enough: int
    share: Number


@dataclass(frozen=True, slots=True)
class ScaleAgreement:
    """Agreement and reliability of the informants of one form's units in one scale.

    Attributes
    ----------
    items, points
        Number of items, and of the points of their response scale.
    units, informants
        Units with two informants or more who answered every item, and these informants.
    left_out
        Units with several informants of whom fewer than two answered every item.
    nulls
        One a null distribution, in the plan's order: its rule looks at the first.
    deviation, deviation_cutoff, deviation_share
        Median average deviation index AD(j), in points; its customary upper bound points/6; share of units within it.
    average_size
        Informants a unit, k̃ = (N − Σn²/N)/(G − 1).
    icc1, icc1_interval, icc2, icc2_interval
        Reliability of one informant's score and of a unit's mean, with exact intervals.
    f, df_between, df_within, pvalue
        Test that units do not differ.
    set_missing
        Units whose score of the scale the plan's rule makes missing; 0 where it averages.
    """

    form: str
    scale: str
    label: str
    items: int
    points: int
    units: int
    informants: int
    left_out: int
    nulls: tuple[NullAgreement, ...]
    deviation: Number
    deviation_cutoff: float
    deviation_share: Number
    average_size: Number
    icc1: Number
    icc1_interval: tuple[Number, Number]
    icc2: Number
    icc2_interval: tuple[Number, Number]
    f: Number
    df_between: int
    df_within: int
    pvalue: Number
    set_missing: int

    @property
    def ruling(self) -> NullAgreement:
        """Agreement as the plan's rule sees it."""
        return self.nulls[0]


@dataclass(frozen=True, slots=True)
class FormInformants:
    """Informants of one form: ``several`` units have more than one, ``most`` is the largest number.

    ``unit`` is what they report about: firm, alliance, or respondent where everybody speaks for nobody else.
    """

    form: str
    unit: str
    informants: int
    units: int
    several: int
    most: int


@dataclass(frozen=True, slots=True)
class InformantsReport:
    """Several informants of a unit, scale by scale.

    Attributes
    ----------
    forms
        Every form, those without several informants too.
    scales
        Every scale of the forms in which a unit has several informants; none where no form has.
    nulls, least_agreement, disagreeing
        The plan's: null distributions, least rwg(j) against the first, and what becomes of the score of a unit
        below it: ``average`` or ``missing``.
    level
        Of the intervals.
    """

    forms: tuple[FormInformants, ...]
    scales: tuple[ScaleAgreement, ...]
    nulls: tuple[str, ...]
    least_agreement: float
    disagreeing: str
    level: float

    @property
    def set_missing(self) -> int:
        """Scores that the plan's rule makes missing, over all scales."""
        return sum(scale.set_missing for scale in self.scales)
