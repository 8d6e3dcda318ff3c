"""The firms of each exclusion rule, scored under each recency weight."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import pandas as pd

from instrument.model import Instrument
from pipeline.data.aggregation import to_firms
from pipeline.data.disagreement import agreement_rule
from pipeline.data.responses import Responses
from pipeline.data.scoring import score
from pipeline.data.screening import RespondentScreening
from pipeline.measurement_plan import AgreementPlan
from pipeline.ordinal.answers import first_answers, with_first_answers
from pipeline.prepare import PreparedForm
from pipeline.results import EVERYONE, SCREENED
from pipeline.robustness.specifications import FLAGS, Analysis, Exclusion
from pipeline.study import ScoringPlan

Firms = dict[tuple[Exclusion, float, bool], pd.DataFrame]
"""(exclusion rule, δ, ordered) → one row a firm; no rows where the rule leaves nobody.

Where answers are taken as ordered, a firm with several informants has the first one's single answers.
"""


def firms_by_decision(
    form: PreparedForm, instrument: Instrument, plan: ScoringPlan, analyses: Iterable[Analysis],
    agreement: AgreementPlan | None = None,
) -> Firms:
    """Score and aggregate the firm form once for every exclusion rule and δ that the analyses need.

    ``agreement`` says what becomes of scores on which informants disagree; without it they are averaged.
    """
    found: Firms = {}
    for exclusion, decay in dict.fromkeys((a.exclusion, a.decay) for a in analyses):
        averaged, single = _firms(
            respondents_kept(form, exclusion), instrument,
            plan.model_copy(update={"decay": decay, "decay_alternatives": ()}), agreement or AgreementPlan())
        found[exclusion, decay, False], found[exclusion, decay, True] = averaged, single
    return found


def _firms(
    responses: Responses, instrument: Instrument, plan: ScoringPlan, agreement: AgreementPlan,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Firms with answers averaged over informants, and with single answers."""
    if responses.values.empty:  # nobody has no scores, and no firm either
        return pd.DataFrame(), pd.DataFrame()
    scores = score(responses, instrument, plan)
    firms = to_firms(scores, responses, agreement_rule(responses, instrument, agreement))
    single, _ = with_first_answers(firms.frame, first_answers(firms, scores, responses), set(scores.items.columns))
    return firms.frame, single


def respondents_kept(form: PreparedForm, exclusion: Exclusion) -> Responses:
    """Responses under a rule: the plan's; any flag excludes; or no flag does, and all who answered stay."""
    if exclusion == "plan":
        return form.rows[SCREENED].responses
    everyone = form.rows[EVERYONE].responses
    return everyone if exclusion == "none" else _without_flags(everyone, form.respondents)


def _without_flags(responses: Responses, respondents: Iterable[RespondentScreening]) -> Responses:
    flagged = {r.response_id for r in respondents if r.form == responses.form and set(r.flags) & set(FLAGS)}
    clean = ~responses.meta["response_id"].astype(str).isin(flagged)
    return replace(responses, values=responses.values[clean], reasons=responses.reasons[clean],
                   texts=responses.texts[clean], meta=responses.meta[clean])
