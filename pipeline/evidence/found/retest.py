"""What was found where the same informants answered the same scales twice."""

from __future__ import annotations

from dataclasses import dataclass

from pipeline.measurement.retest import Intraclass, Retest
from pipeline.undefined import Number


@dataclass(frozen=True, slots=True)
class FoundRetest:
    """One scale, its score the mean of its items, at two occasions.

    Attributes
    ----------
    incomplete
        Informants matched, yet with a missing answer at either; left out.
    mean_first, mean_second, sd_first, sd_second
        Of the score; standard deviations divide by N − 1.
    correlation
        Pearson's, of the two scores.
    retest
        Of the informants with every item of the scale at both occasions: intraclass correlations, F test that
        informants do not differ, errors of measurement in units of the score, and the shift between occasions.
    """

    scale: str
    label: str
    items: tuple[str, ...]
    incomplete: int
    mean_first: Number
    mean_second: Number
    sd_first: Number
    sd_second: Number
    correlation: Number
    retest: Retest

    @property
    def icc(self) -> dict[str, Intraclass]:
        """The intraclass correlations by their names in McGraw and Wong (1996).

        A is of absolute agreement, C of consistency; 1 of the score of one occasion, k of the mean of all.
        """
        found = self.retest
        return {"ICC(A,1)": found.agreement, "ICC(C,1)": found.consistency, "ICC(A,k)": found.agreement_mean,
                "ICC(C,k)": found.consistency_mean}


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
