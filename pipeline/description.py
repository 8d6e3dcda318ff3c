"""What a run says of itself without a further analysis: its headline, its variables, its moments."""

from __future__ import annotations

from collections.abc import Sequence

from pipeline.data.scoring import Moments, VariableSummary, describe, moments
from pipeline.estimation import observed_variables
from pipeline.measurement.reliability import ScaleReliability
from pipeline.models import MEDIATION
from pipeline.prepare import PreparedForm
from pipeline.questions import Posed, Questions
from pipeline.report.words import headline, measured
from pipeline.results import SCREENED, Headline, ModelRun
from pipeline.study import StudyPlan


def main_runs(runs: Sequence[ModelRun]) -> tuple[ModelRun, ...]:
    """The model that the headline is about, screened rows first; nothing where no model could be asked.

    The serial mediation, and in a study that cannot ask it the first of its measurement models.
    """
    ids = [run.id for run in runs]
    main = MEDIATION.id if MEDIATION.id in ids else next(iter(ids), "")
    return tuple(run for run in runs if run.id == main)


def headline_of(
    runs: Sequence[ModelRun], scales: Sequence[ScaleReliability], questions: Questions, plan: StudyPlan,
) -> Headline:
    """What was found, in plain words."""
    if not questions.can(MEDIATION.id):
        return measured(runs, scales, questions.absent, synthetic=plan.synthetic)
    screened, everyone = main_runs(runs)
    return headline(screened, synthetic=plan.synthetic, all_respondents=everyone)


def variables_of(form: PreparedForm) -> tuple[VariableSummary, ...]:
    scores, units = form.rows[SCREENED].scores, form.rows[SCREENED].units
    return describe(units.frame[list(scores.scores.columns)], scores.labels, units.unit)


def moments_of(posed: Sequence[Posed]) -> dict[str, Moments]:
    """Moments of the largest model of each form, so that others can estimate it again; named by what a row is."""
    out: dict[str, Moments] = {}
    for form in dict.fromkeys(one.form.form for one in posed):
        own = [one for one in posed if one.form.form == form]
        units = own[0].form.rows[SCREENED].units
        used = max((observed_variables(one.spec) for one in own), key=len)
        out[units.unit if units.unit not in out else f"{units.unit}, form {form}"] = moments(units.frame[used])
    return out
