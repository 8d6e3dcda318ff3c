"""The part of a study's plan that is about the evidence for its scales."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from pydantic import Field

from pipeline.frozen import Frozen

Null = Literal["uniform", "triangular", "slight skew", "moderate skew", "heavy skew"]
"""Answers of raters who do not agree at all, against which agreement is measured."""

Share = Annotated[float, Field(gt=0, lt=1)]


class MeasurementPlan(Frozen):
    """Which scales are examined together, and how.

    ``sets`` are names with ids of dimensions, all of one form, that are examined together: whether they are distinct,
    which structure they have. Without any, all scales of a form but the marker are one set. ``marker`` is the dimension
    that is in theory unrelated to the others. ``draws`` are resamples of every interval, ``replications`` samples of
    each population for simulated cut-offs of fit; 0 leaves either out.
    """

    sets: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    marker: str = "mk"
    draws: int = Field(1000, ge=0)
    replications: int = Field(500, ge=0)


class AgreementPlan(Frozen):
    """When several informants of a firm or an alliance may speak with one voice.

    Agreement is rwg(j) against each of ``nulls``; the rule looks at the first of them. Where it is below
    ``least_agreement``, ``disagreeing`` says what becomes of the score of that unit: it is the informants' mean all the
    same, or missing.
    """

    nulls: tuple[Null, ...] = Field(("uniform", "slight skew", "moderate skew"), min_length=1)
    least_agreement: float = Field(0.70, ge=0, le=1)
    disagreeing: Literal["average", "missing"] = "average"


class NonresponsePlan(Frozen):
    """What is known of those who did not answer.

    ``invited`` is the number of invitations by form. ``reminders`` are the days on which reminders were sent: who
    answered from the first on is late; without any, the last third is. ``population`` has known shares of a question's
    options, by their codes. ``interest`` is a question or a dimension that tells interest in the subject. ``followup``
    is, by form, a file with answers of people who had not answered at first, as the form's own.
    """

    invited: dict[str, Annotated[int, Field(ge=1)]] = Field(default_factory=dict)
    reminders: tuple[date, ...] = ()
    population: dict[str, dict[int, Share]] = Field(default_factory=dict)
    interest: str | None = None
    followup: dict[str, str] = Field(default_factory=dict)
