"""What was found where the same informants answered the same scales twice."""

from __future__ import annotations

from dataclasses import dataclass

from pipeline.undefined import Number


@dataclass(frozen=True, slots=True)
class FoundIntraclass:
    """One intraclass correlation with its exact interval (McGraw & Wong 1996).

    Attributes
    ----------
    name
        ``ICC(A,1)``, ``ICC(C,1)``, ``ICC(A,k)`` or ``ICC(C,k)``: A of absolute agreement, C of consistency; 1 of the
        score of one occasion, k of the mean of all.
    """

    name: str
    value: Number
    lower: Number
    upper: Number


@dataclass(frozen=True, slots=True)
class FoundRetest:
    """One scale, its score the mean of its items, at two occasions.

    Attributes
    ----------
    n
        Informants with every item of the scale at both occasions.
    incomplete
        Informants matched, yet with a missing answer at either; left out.
    mean_first, mean_second, sd_first, sd_second
        Of the score; standard deviations divide by N − 1.
    correlation
        Pearson's, of the two scores.
    icc
        Four intraclass correlations: ICC(A,1), ICC(C,1), ICC(A,k), ICC(C,k).
    f_statistic, df1, df2, pvalue
        F test that informants do not differ: mean square between informants over the residual one.
    sem_agreement, sem_consistency
        Standard error of measurement in units of the score, with and without the shift between occasions.
    sdc_agreement, sdc_consistency
        Smallest change of one informant that is larger than error, z·√2·SEM (de Vet et al. 2006).
    difference, difference_lower, difference_upper
        Mean of second minus first, with the paired t interval.
    """

    scale: str
    label: str
    items: tuple[str, ...]
    n: int
    incomplete: int
    mean_first: Number
    mean_second: Number
    sd_first: Number
    sd_second: Number
    correlation: Number
    icc: tuple[FoundIntraclass, ...]
    f_statistic: Number
    df1: int
    df2: int
    pvalue: Number
    sem_agreement: Number
    sem_consistency: Number
    sdc_agreement: Number
    sdc_consistency: Number
    difference: Number
    difference_lower: Number
    difference_upper: Number


@dataclass(frozen=True, slots=True)
class RetestReport:
    """Every scale asked at both occasions.

    Attributes
    ----------
    matched, only_first, only_second
        Informants found at both occasions, and at one alone.
    without_id
        Rows, of both occasions, that name no informant; nobody can match them.
    level
        Confidence level of every interval, and of the smallest detectable change.
    """

    matched: int
    only_first: int
    only_second: int
    without_id: int
    level: float
    scales: tuple[FoundRetest, ...]
