"""What a study's run found out about those who did not answer: by several techniques, none of them proof alone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from pipeline.measurement.nonresponse import GoodnessOfFit, Line, MeanDifference
from pipeline.undefined import Number, Undefined

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
    test
        Both groups' means, their difference by Welch's test, and d, the difference in units of the root of the mean of
        the two variances (Bonett 2008).
    adjusted
        The test's p adjusted for all differences of the same technique (Holm 1979).
    """

    technique: TechniqueName
    form: str
    score: str
    label: str
    test: MeanDifference
    adjusted: Number


@dataclass(frozen=True, slots=True)
class Association:
    """One score and what may tell who answers: the number of the wave (``waves``), or interest (``interest``).

    Attributes
    ----------
    test
        Their correlation, and the change of the score for each further wave, or for each further unit of interest; one
        p is that of both (t, n − 2 degrees of freedom).
    adjusted
        The test's p adjusted for all associations of the same technique (Holm 1979).
    """

    technique: TechniqueName
    form: str
    score: str
    label: str
    test: Line
    adjusted: Number


@dataclass(frozen=True, slots=True)
class Share:
    """One option of a question: its known share of the population and its share of the answers.

    Attributes
    ----------
    share, lower, upper
        Of the answers, with its exact (Clopper–Pearson) interval.
    """

    code: int
    label: str
    known: float
    count: int
    share: float
    lower: float
    upper: float


@dataclass(frozen=True, slots=True)
class Population:
    """Answers to one question against the known shares of its options.

    Attributes
    ----------
    shares
        One an option; none where they cannot be compared, for the reason that ``test`` has for its χ².
    missing
        Respondents who did not answer the question.
    outside
        Respondents with an option that has no known share; they are left out.
    test
        χ² of the ``n`` answers compared, and w = √(χ²/n): 0.1 is small, 0.3 medium, 0.5 large (Cohen 1988). Expected
        answers and standardised residuals stand in the order of ``shares``; a residual is standard normal if the
        answers are a random sample.
    adjusted
        The test's p adjusted for all questions compared (Holm 1979).
    """

    form: str
    question: str
    label: str
    missing: int
    outside: int
    shares: tuple[Share, ...]
    test: GoodnessOfFit
    adjusted: Number

    @property
    def options(self) -> tuple[tuple[Share, float, float], ...]:
        """Every share, with the answers expected of its option by the known share, and the standardised residual."""
        if not self.shares:
            return ()
        return tuple(zip(self.shares, self.test.expected, self.test.residuals, strict=True))

    @property
    def smallest_expected(self) -> Number:
        """Fewest answers that are expected of an option; χ² is not exact where they are few."""
        return min(self.test.expected) if self.test.n else Undefined("nobody gave an answer that has a known share")


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
