"""What a study's run found out about those who did not answer: by several techniques, none of them proof alone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from pipeline.undefined import Number

TechniqueName = Literal["rate", "late", "waves", "population", "interest", "followup"]
"""The techniques, in the order they are reported (Rogelberg & Stanton 2007)."""


@dataclass(frozen=True, slots=True)
class Response:
    """How many of those invited to one form answered.

    Attributes
    ----------
    invited
        Invitations by the plan; None where it states none.
    returned
        Rows of the exports that could be read.
    answered
        Of these, who consented, are eligible and did not break off; the numerator of ``rate``.
    analysed
        Of these, who remain after screening; every comparison is of their answers.
    firms
        Distinct firms among the analysed; 0 where answers name none. Fewer than the analysed where firms have several.
    rate, lower, upper
        ``answered`` / ``invited`` and its exact (Clopper–Pearson) interval.
    """

    form: str
    title: str
    invited: int | None
    returned: int
    answered: int
    analysed: int
    firms: int
    rate: Number
    lower: Number
    upper: Number


@dataclass(frozen=True, slots=True)
class Wave:
    """Answers that came in between two reminders (or a third of all, where no reminder is stated).

    Attributes
    ----------
    first, last
        Days of the first and the last answer, ``2026-03-02``; empty for a wave without answers.
    late
        Whether it counts as late.
    """

    form: str
    number: int
    label: str
    first: str
    last: str
    n: int
    late: bool


@dataclass(frozen=True, slots=True)
class Difference:
    """One score of two groups of respondents: late ones or those of a follow-up (``second``) against the others.

    Attributes
    ----------
    technique
        ``late`` or ``followup``.
    difference, lower, upper
        Mean of the second group less that of the first, in units of the score, and its Welch interval.
    d, d_lower, d_upper
        The difference in units of the root of the mean of the two variances, and its interval (Bonett 2008).
    t, df, pvalue
        Welch's test.
    adjusted
        ``pvalue`` adjusted for all differences of the same technique (Holm 1979).
    """

    technique: TechniqueName
    form: str
    score: str
    label: str
    n_first: int
    n_second: int
    mean_first: Number
    mean_second: Number
    sd_first: Number
    sd_second: Number
    difference: Number
    lower: Number
    upper: Number
    d: Number
    d_lower: Number
    d_upper: Number
    t: Number
    df: Number
    pvalue: Number
    adjusted: Number


@dataclass(frozen=True, slots=True)
class Association:
    """One score and what may tell who answers: the number of the wave (``waves``), or interest (``interest``).

    Attributes
    ----------
    r, lower, upper
        Pearson's correlation and its interval by Fisher's z.
    slope, slope_lower, slope_upper
        Change of the score for each further wave, or for each further unit of interest (least squares).
    pvalue
        Of r, and as well of the slope (t, n − 2 degrees of freedom).
    adjusted
        ``pvalue`` adjusted for all associations of the same technique (Holm 1979).
    """

    technique: TechniqueName
    form: str
    score: str
    label: str
    n: int
    r: Number
    lower: Number
    upper: Number
    slope: Number
    slope_lower: Number
    slope_upper: Number
    pvalue: Number
    adjusted: Number


@dataclass(frozen=True, slots=True)
class Share:
    """One option of a question: its known share of the population and its share of the answers.

    Attributes
    ----------
    share, lower, upper
        Of the answers, with its exact (Clopper–Pearson) interval.
    expected
        Answers that there would be by the known share.
    residual
        (count − expected) / √(expected·(1 − known)): standard normal if the answers are a random sample.
    """

    code: int
    label: str
    known: float
    count: int
    share: float
    lower: float
    upper: float
    expected: float
    residual: float


@dataclass(frozen=True, slots=True)
class Population:
    """Answers to one question against the known shares of its options.

    Attributes
    ----------
    n
        Answers compared.
    shares
        One an option; none where they cannot be compared, for the reason in ``chisq``.
    missing
        Respondents who did not answer the question.
    outside
        Respondents with an option that has no known share; they are left out.
    w, w_lower, w_upper
        √(χ²/n) and its interval by the noncentral χ² distribution; 0.1 is small, 0.3 medium, 0.5 large (Cohen 1988).
    smallest_expected
        χ² is not exact where few answers are expected of an option; below 5 the note says so.
    adjusted
        ``pvalue`` adjusted for all questions compared (Holm 1979).
    """

    form: str
    question: str
    label: str
    n: int
    missing: int
    outside: int
    shares: tuple[Share, ...]
    chisq: Number
    df: int
    pvalue: Number
    adjusted: Number
    w: Number
    w_lower: Number
    w_upper: Number
    smallest_expected: Number


@dataclass(frozen=True, slots=True)
class Technique:
    """One technique: whether it could be used, and what it says in a sentence.

    Attributes
    ----------
    used
        False where the plan or the data cannot feed it; ``finding`` then says why.
    tests, significant, remaining
        Tests of it, those with p < .05, and those with adjusted p < .05.
    finding
        A whole sentence or several.
    """

    name: TechniqueName
    title: str
    used: bool
    tests: int
    significant: int
    remaining: int
    finding: str


@dataclass(frozen=True, slots=True)
class NonresponseReport:
    """All that is known of those who did not answer.

    Attributes
    ----------
    level
        Of every interval.
    techniques
        One entry a technique, used or not, in the order of :data:`TechniqueName`.
    responses
        One a form.
    waves
        By form, in the order of time.
    interest
        Words for the question or dimension that tells interest; empty where there is none.
    remarks
        What a reader must know of all of it: answers of one firm that depend on each other, answers without a time.
    """

    level: float
    techniques: tuple[Technique, ...]
    responses: tuple[Response, ...]
    waves: tuple[Wave, ...]
    differences: tuple[Difference, ...]
    associations: tuple[Association, ...]
    populations: tuple[Population, ...]
    interest: str
    remarks: tuple[str, ...]

    def technique(self, name: TechniqueName) -> Technique:
        """What one technique says."""
        return next(one for one in self.techniques if one.name == name)

    def differences_by(self, name: TechniqueName) -> tuple[Difference, ...]:
        """Differences of one technique."""
        return tuple(one for one in self.differences if one.technique == name)

    def associations_by(self, name: TechniqueName) -> tuple[Association, ...]:
        """Associations of one technique."""
        return tuple(one for one in self.associations if one.technique == name)
