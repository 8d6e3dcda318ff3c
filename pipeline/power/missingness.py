"""Unanswered questions and the codes na, dk, rf: missing at random, given something observed."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq
from scipy.special import expit

from instrument.model import Fact, Form, Instrument, Item
from pipeline.power.answers import Cells, asked_questions
from pipeline.power.population import Missingness
from pipeline.power.streams import Streams


def incomplete_respondents(
    plan: Missingness, predictor: NDArray[np.float64], form_id: str, streams: Streams
) -> NDArray[np.bool_]:
    """(rows,) who leaves questions unanswered.

    The chance is ``logit⁻¹(α + slope · z)``, z the standardised predictor, α such that the chances' mean
    is the plan's share.

    Parameters
    ----------
    predictor
        (rows,) the observed variable on which it depends.
    """
    spread = predictor.std()
    z = (predictor - predictor.mean()) / spread if spread > 0 else np.zeros(len(predictor))
    if not 0 < plan.respondents < 1:
        return np.full(len(z), plan.respondents == 1)
    intercept = brentq(lambda a: expit(a + plan.slope * z).mean() - plan.respondents, -30, 30)
    return streams.of(f"missing.who@{form_id}").random(len(z)) < expit(intercept + plan.slope * z)


def leave_unanswered(
    cells: Cells, incomplete: NDArray[np.bool_], plan: Missingness, instrument: Instrument, form: Form,
    optional_blocks: tuple[str, ...], streams: Streams,
) -> None:
    """Empty cells, and put na, dk, rf where a question offers them, in place.

    Questions that the platform requires, and those in ``plan.never``, are always answered.
    """
    rows = len(incomplete)
    for question in asked_questions(form, optional_blocks):
        if question.required or question.id in plan.never:
            continue
        rng = streams.of(f"missing.{question.id}@{form.id}")
        empty, coded, which = rng.random(rows), rng.random(rows), rng.random(rows)
        offered = {code: share for code, share in plan.codes.items()
                   if code in {option.code for option in instrument.options(question)}}
        if offered and not (isinstance(question, Fact) and question.role == "attention"):
            chance = np.where(incomplete, plan.coded_incomplete, plan.coded_others) if isinstance(question, Item) \
                else np.full(rows, plan.coded_facts)
            who = coded < chance
            cuts = np.cumsum(list(offered.values())) / sum(offered.values())
            cells[question.id][who] = np.array(list(offered), dtype=object)[np.searchsorted(cuts[:-1], which)][who]
        cells[question.id][incomplete & (empty < plan.cells)] = ""
