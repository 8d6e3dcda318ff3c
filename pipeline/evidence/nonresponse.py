"""What is known of those who did not answer: every technique that the plan and the data can feed, reported together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from instrument.errors import Finding, InputError
from instrument.judge_agreement import exact_interval
from instrument.model import Fact, Instrument
from pipeline.data.items import asked_items
from pipeline.evidence.followup import FollowUp, read_followup
from pipeline.evidence.found.nonresponse import (
    Association,
    Difference,
    NonresponseReport,
    Population,
    Response,
    Share,
    TechniqueName,
    Wave,
)
from pipeline.evidence.nonresponse_plan import check_nonresponse
from pipeline.evidence.nonresponse_words import remarks, techniques
from pipeline.measurement.nonresponse import (
    associate,
    compare_means,
    goodness_of_fit,
    waves_by_reminder,
    waves_by_thirds,
)
from pipeline.prepare import PreparedForm, Rows
from pipeline.results import EVERYONE, SCREENED
from pipeline.sem.partial_invariance import holm
from pipeline.study import StudyPlan
from pipeline.undefined import Number, Undefined

Tested = TypeVar("Tested", Difference, Association, Population)

FIRMS_OWN = ("exp_rw", "lnsize", "firmage")
"""Scores beside the dimensions that are compared: what a firm is, and not what it says."""


@dataclass(frozen=True)
class _Form:
    """What of one form the techniques look at: respondents kept by screening.

    Attributes
    ----------
    waves
        (n,) number of the wave of each answer, from 0; −1 where its time is not known.
    late_from
        The first wave that is late.
    reminded
        Whether waves begin with reminders; they are thirds if not.
    """

    prepared: PreparedForm
    scores: pd.DataFrame
    labels: dict[str, str]
    waves: NDArray[np.int64]
    late_from: int
    reminded: bool

    @property
    def id(self) -> str:
        return self.prepared.form

    @property
    def rows(self) -> Rows:
        return self.prepared.rows[SCREENED]

    @property
    def compared(self) -> tuple[str, ...]:
        """Scores that are compared."""
        return tuple(map(str, self.scores))

    def told(self, score: str) -> tuple[str, str]:
        return score, self.labels.get(score, score)

    def column(self, name: str) -> NDArray[np.float64]:
        return self.scores[name].to_numpy(dtype=np.float64)

    def interest(self, name: str) -> NDArray[np.float64] | None:
        """Answers to a question, or a score; None where the form has neither."""
        for frame in (self.rows.scores.scores, self.rows.responses.values):
            if name in frame:
                return frame[name].to_numpy(dtype=np.float64)
        return None


def nonresponse_of(
    forms: Sequence[PreparedForm], instrument: Instrument, plan: StudyPlan, study: Path
) -> NonresponseReport:
    """Every technique of the plan.

    Parameters
    ----------
    study
        The study's folder, from which names of follow-up files start.

    Raises
    ------
    InputError
        ``STUDY-NONRESPONSE`` for a form, question or option that the study does not have, ``STUDY-FOLLOWUP`` for a file
        that cannot be used; all at once.
    """
    asked = plan.nonresponse
    check_nonresponse(forms, instrument, plan.nonresponse)
    own = [_form(form, instrument, plan) for form in forms]
    followups = _followups(own, plan, study)
    level = plan.level
    responses = tuple(_response(form, instrument, asked.invited.get(form.id), level) for form in own)
    waves = tuple(wave for form in own for wave in _waves(form))
    differences = (
        *_adjusted([_late(form, score, level) for form in own for score in form.compared
                    if (form.waves > -1).any()]),
        *_adjusted([_followup(form, score, values, level) for form in own if form.id in followups
                    for score, values in followups[form.id].scores.items() if score in form.compared]))
    associations = (
        *_adjusted([_trend(form, score, level) for form in own for score in form.compared
                    if len(set(form.waves[form.waves > -1].tolist())) > 2]),
        *_adjusted([_by_interest(form, asked.interest, score, level) for form in own
                    if asked.interest and form.interest(asked.interest) is not None
                    for score in form.compared if score != asked.interest]))
    populations = _adjusted([
        _population(form, instrument, question, known, level) for form in own
        for question, known in asked.population.items() if question in form.rows.responses.values])
    report = NonresponseReport(
        level, (), responses, waves, differences, associations, populations,
        _interest_words(instrument, own, asked.interest), ())
    untimed = {form.id: int((form.waves == -1).sum()) for form in own}
    partly = {form: found.partly for form, found in followups.items()}
    said = techniques(report, asked)
    return replace(report, techniques=said, remarks=remarks(report, untimed, partly))


# -- what the plan names -----------------------------------------------------------------------------------


def _followups(forms: Sequence[_Form], plan: StudyPlan, study: Path) -> dict[str, FollowUp]:
    found: dict[str, FollowUp] = {}
    findings: list[Finding] = []
    for form in forms:
        name = plan.nonresponse.followup.get(form.id)
        if name is None:
            continue
        items = asked_items(form.rows.responses, form.prepared.pooled.instrument)
        try:
            found[form.id] = read_followup(study / name, f"nonresponse.followup.{form.id}", items,
                                           form.prepared.pooled.instrument)
        except InputError as error:
            findings += error.findings
    if findings:
        raise InputError(findings)
    return found


def _interest_words(instrument: Instrument, forms: Sequence[_Form], name: str | None) -> str:
    if name is None:
        return ""
    texts = {question.id: question.text for form in instrument.forms for _, question in form.questions()
             if isinstance(question, Fact)}
    labels = {score: label for form in forms for score, label in form.rows.scores.labels.items()}
    return labels.get(name) or texts.get(name, name)


# -- one form ----------------------------------------------------------------------------------------------


def _form(form: PreparedForm, instrument: Instrument, plan: StudyPlan) -> _Form:
    scored, meta = form.rows[SCREENED].scores, form.rows[SCREENED].responses.meta
    compared = [name for name in scored.scores if name in instrument.dimensions or name in FIRMS_OWN]
    times = meta["ended"].to_numpy(dtype="datetime64[ns]")
    reminders = np.array(plan.nonresponse.reminders, dtype="datetime64[D]")
    reminded = len(reminders) > 0
    return _Form(form, scored.scores[compared], scored.labels,
                 waves_by_reminder(times, reminders) if reminded else waves_by_thirds(times),
                 1 if reminded else 2, reminded)


def _response(form: _Form, instrument: Instrument, invited: int | None, level: float) -> Response:
    readings, meta = form.prepared.readings, form.rows.responses.meta
    answered = len(form.prepared.rows[EVERYONE].responses.values)
    rate: tuple[Number, Number, Number]
    if invited is None:
        rate = (Undefined("the plan does not state how many were invited"),) * 3
    elif answered > invited:
        rate = (Undefined(f"{answered:,} answered where the plan states {invited:,} invitations"),) * 3
    else:
        rate = (answered / invited, *exact_interval(answered, invited, level))
    firms = meta["firm_id"].replace("", np.nan).nunique() if "firm_id" in meta else 0
    returned = sum(one.rows - one.rows_set_aside for one in readings)
    return Response(form.id, instrument.form(form.id).title, invited, returned, answered, len(meta), int(firms), *rate)


def _waves(form: _Form) -> list[Wave]:
    days = form.rows.responses.meta["ended"].dt.strftime("%Y-%m-%d").to_numpy()
    names = {0: "before the first reminder"} if form.reminded else {
        0: "first third", 1: "second third", 2: "last third"}
    out = []
    for number in range(int(form.waves.max(initial=-1)) + 1):
        own = sorted(days[form.waves == number])
        first, last = (own[0], own[-1]) if own else ("", "")
        out.append(Wave(form.id, number + 1, names.get(number, f"after reminder {number}"), first, last, len(own),
                        number >= form.late_from))
    return out


# -- comparisons -------------------------------------------------------------------------------------------


def _late(form: _Form, score: str, level: float) -> Difference:
    values, late = form.column(score), form.waves >= form.late_from
    found = compare_means(values[(form.waves > -1) & ~late], values[late], level)
    return Difference("late", form.id, *form.told(score), found, adjusted=found.pvalue)


def _followup(form: _Form, score: str, values: NDArray[np.float64], level: float) -> Difference:
    found = compare_means(form.column(score), values, level)
    return Difference("followup", form.id, *form.told(score), found, adjusted=found.pvalue)


def _trend(form: _Form, score: str, level: float) -> Association:
    waves = np.where(form.waves > -1, form.waves + 1.0, np.nan)
    return _association("waves", form, waves, score, level)


def _by_interest(form: _Form, interest: str, score: str, level: float) -> Association:
    values = form.interest(interest)
    assert values is not None
    return _association("interest", form, values, score, level)


def _association(technique: TechniqueName, form: _Form, x: NDArray[np.float64], score: str, level: float
                 ) -> Association:
    found = associate(x, form.column(score), level)
    return Association(technique, form.id, *form.told(score), found, adjusted=found.pvalue)


def _population(form: _Form, instrument: Instrument, question: str, known: dict[int, float], level: float
                ) -> Population:
    answers = form.rows.responses.values[question].to_numpy(dtype=np.float64)
    codes = sorted(known)
    counts = np.array([np.count_nonzero(answers == code) for code in codes], dtype=np.int64)
    found = goodness_of_fit(counts, np.array([known[code] for code in codes], dtype=np.float64), level)
    fact = next(q for _, q in instrument.form(form.id).questions() if isinstance(q, Fact) and q.id == question)
    total = sum(known.values())
    shares = tuple(
        Share(code, instrument.label(fact, code), known[code] / total, int(n), int(n) / found.n,
              *exact_interval(int(n), found.n, level))
        for code, n in zip(codes, counts, strict=True)
    ) if not isinstance(found.chisq, Undefined) else ()
    missing = int(np.isnan(answers).sum())
    return Population(form.id, question, fact.text, missing, len(answers) - missing - found.n, shares, found,
                      adjusted=found.pvalue)


def _adjusted(tests: Sequence[Tested]) -> tuple[Tested, ...]:
    """The tests of one technique, p adjusted for their number (Holm 1979)."""
    return tuple(replace(one, adjusted=p)
                 for one, p in zip(tests, holm([one.test.pvalue for one in tests]), strict=True))
