"""The study under three rules for leaving out careless respondents: the plan's, every flag, no flag.

What a run has already estimated is read, not estimated again: models on the rows of the plan's rule and on everybody,
the serial effect from the robustness map. New are the rows of the strict rule and what depends on them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np
import pandas as pd
from scipy.stats import norm

from instrument.errors import InputError
from instrument.model import Instrument
from pipeline.data.aggregation import to_units
from pipeline.data.disagreement import agreement_rule
from pipeline.data.scoring import score
from pipeline.estimation import estimate
from pipeline.evidence.found.exclusions import (
    RULES,
    EstimateByRule,
    ExclusionsReport,
    KeptByRule,
    QuantityByRule,
    Rule,
    ScaleByRule,
)
from pipeline.measurement.reliability import reliability
from pipeline.models import MEDIATION
from pipeline.prepare import PreparedForm, Rows
from pipeline.questions import Posed, level_frames, questions_for
from pipeline.results import EVERYONE, HEADLINE_EFFECT, SCREENED, ModelRun
from pipeline.robustness.firms import respondents_kept
from pipeline.robustness.found import SpecificationCurve, SpecificationEstimate
from pipeline.robustness.specifications import FLAGS
from pipeline.scales import reflective_scales
from pipeline.sem.describe import describe
from pipeline.sem.fit import Fit, Parameter
from pipeline.study import StudyPlan
from pipeline.undefined import Number, Undefined
from pipeline.workers import each

PLACES: dict[Rule, str] = {"plan": SCREENED, "none": EVERYONE}
"""Rules whose rows, and models on them, a run has anyway."""

BY_ERROR = "standard error"


def exclusions_of(
    forms: Sequence[PreparedForm], instrument: Instrument, plan: StudyPlan, posed: Sequence[Posed] | None = None,
    runs: Sequence[ModelRun] = (), curve: SpecificationCurve | None = None, *, workers: int = 1,
) -> ExclusionsReport:
    """Who is kept, how the scales hold together and what the models say, under each rule.

    Parameters
    ----------
    instrument
        The one by whose scales the forms are analysed.
    posed, runs
        The study's main models, and their runs on the rows of the plan's rule and on everybody; what is not given is
        found, and estimated, here.
    curve
        The robustness map; without it, or if it was not made under all three rules, the serial effect's interval is
        by its standard error.
    workers
        Processes that share the models; no digit depends on them.
    """
    if posed is None:
        posed = questions_for(forms, level_frames(forms, SCREENED), instrument).models
    rows = {form.form: {rule: _rows(form, rule, plan) for rule in RULES} for form in forms}
    return ExclusionsReport(
        rules=_words(plan),
        kept=tuple(one for form in forms for one in _kept(form, rows[form.form])),
        scales=tuple(one for form in forms for one in _scales(form, instrument, rows[form.form], plan.level)),
        quantities=tuple(_quantities(_fits(rows, posed, runs, plan.level, workers), curve, plan.level)),
        level=plan.level,
    )


def _words(plan: StudyPlan) -> dict[str, str]:
    flags = ", ".join(FLAGS)
    return {
        "plan": "the plan's rule", "strict": f"left out with any flag at all ({flags})",
        "none": "nobody who gave a usable interview is left out",
    }


# -- rows -------------------------------------------------------------------------------------------


def _rows(form: PreparedForm, rule: Rule, plan: StudyPlan) -> Rows | None:
    """The rows of a rule; None where it leaves nobody."""
    if rule in PLACES:
        return form.rows[PLACES[rule]]
    responses = respondents_kept(form, rule)
    if responses.values.empty:
        return None
    scores = score(responses, form.pooled.instrument, plan.scoring)
    agreement = agreement_rule(responses, form.pooled.instrument, plan.agreement)
    return Rows(responses, scores, to_units(scores, responses, form.pooled.form, agreement))


def _kept(form: PreparedForm, rows: dict[Rule, Rows | None]) -> Iterator[KeptByRule]:
    answered = len(form.rows[EVERYONE].responses.values)
    for rule in RULES:
        one = rows[rule]
        yield KeptByRule(rule, form.form, answered, 0 if one is None else len(one.responses.values),
                         form.rows[SCREENED].units.unit, 0 if one is None else one.units.units)


# -- scales -----------------------------------------------------------------------------------------


def _scales(
    form: PreparedForm, instrument: Instrument, rows: dict[Rule, Rows | None], level: float,
) -> Iterator[ScaleByRule]:
    nobody = Undefined("the rule leaves nobody")
    for dimension, items in reflective_scales(form, instrument, 1).items():
        alpha: dict[str, Number] = {}
        omega: dict[str, Number] = {}
        for rule in RULES:
            one = rows[rule]
            if one is None:
                alpha[rule] = omega[rule] = nobody
                continue
            answers = one.scores.items.reindex(columns=list(items)).to_numpy(dtype=np.float64)
            found = reliability(answers, items, name=dimension, label=dimension, level=level)
            alpha[rule], omega[rule] = found.alpha, found.omega
        yield ScaleByRule(form.form, dimension, instrument.dimensions[dimension].name, alpha, omega)


# -- models -----------------------------------------------------------------------------------------


def _fits(
    rows: dict[str, dict[Rule, Rows | None]], posed: Sequence[Posed], runs: Sequence[ModelRun], level: float,
    workers: int,
) -> dict[str, dict[Rule, Fit | Undefined]]:
    """Every model under every rule, by the model's id; those that a run has are not estimated again."""
    known = {(run.id, rule): run.fit for run in runs for rule, place in PLACES.items() if run.rows == place}
    todo = [(one, rule) for one in posed for rule in RULES if (one.spec.id, rule) not in known]

    def fit(asked: tuple[Posed, Rule]) -> Fit | Undefined:
        one, rule = asked
        return _fit(one, rows[one.form.form][rule], level)

    found: dict[tuple[str, Rule], Fit | Undefined] = {**known}
    found |= {(one.spec.id, rule): made for (one, rule), made in zip(todo, each(fit, todo, workers), strict=True)}
    return {one.spec.id: {rule: found[one.spec.id, rule] for rule in RULES} for one in posed}


def _quantities(
    fits: dict[str, dict[Rule, Fit | Undefined]], curve: SpecificationCurve | None, level: float,
) -> Iterator[QuantityByRule]:
    """Correlations of factors in measurement models, and defined effects in the model that has them."""
    for model, by_rule in fits.items():
        shown = next((fit for fit in by_rule.values() if isinstance(fit, Fit)), None)
        for parameter in () if shown is None else _compared(shown):
            headline = model == MEDIATION.id and parameter.lhs == HEADLINE_EFFECT
            estimates = _from_map(curve) if headline and curve is not None else None
            yield QuantityByRule(
                "effect" if parameter.op == ":=" else "correlation", model,
                parameter.lhs if parameter.op == ":=" else f"{parameter.lhs} ~~ {parameter.rhs}",
                estimates or {rule: _estimate(by_rule[rule], parameter, level) for rule in RULES}, headline)


def _compared(fit: Fit) -> list[Parameter]:
    """Defined effects, and covariances of factors that nothing explains, which standardised are correlations."""
    factors = {row.lhs for row in fit.parameters if row.op == "=~"} - {row.lhs for row in fit.parameters
                                                                       if row.op == "~"}
    return [row for row in fit.parameters
            if row.op == ":=" or (row.op == "~~" and row.lhs != row.rhs and {row.lhs, row.rhs} <= factors)]


def _fit(posed: Posed, rows: Rows | None, level: float) -> Fit | Undefined:
    if rows is None:
        return Undefined("the rule leaves nobody")
    try:
        frame: pd.DataFrame = rows.units.frame
        return describe(estimate(posed.spec, frame), level=level, with_fit=False)
    except InputError as error:
        return Undefined(f"the model cannot be estimated: {error.findings[0].rule}")


def _estimate(fit: Fit | Undefined, parameter: Parameter, level: float) -> EstimateByRule:
    if isinstance(fit, Undefined):
        return EstimateByRule(0, fit, fit, fit, BY_ERROR)
    if not fit.converged:
        why = Undefined("the model did not converge")
        return EstimateByRule(fit.nobs, why, why, why, BY_ERROR)
    key = (parameter.lhs, parameter.op, parameter.rhs)
    row = next(row for row in fit.parameters if (row.lhs, row.op, row.rhs) == key)
    std, se = _given(row.std_all), _given(row.std_all_se)
    if isinstance(std, Undefined):
        return EstimateByRule(fit.nobs, std, std, std, BY_ERROR)
    if isinstance(se, Undefined):
        return EstimateByRule(fit.nobs, std, se, se, BY_ERROR)
    half = float(norm.isf((1 - level) / 2)) * se
    return EstimateByRule(fit.nobs, std, std - half, std + half, BY_ERROR)


def _given(value: Number | None) -> Number:
    return Undefined("the program gave no value") if value is None else value


def _from_map(curve: SpecificationCurve) -> dict[str, EstimateByRule] | None:
    """The serial effect from the map's rows that differ from the headline in the exclusion rule alone."""
    found: dict[str, EstimateByRule] = {}
    for rule in RULES:
        wanted = replace(curve.headline.specification, exclusion=rule)
        row = next((row for row in (curve.headline, *curve.rows) if row.specification == wanted), None)
        if row is None or not isinstance(row.found, SpecificationEstimate):
            return None
        found[rule] = EstimateByRule(row.found.n, row.found.std_all, row.found.std_lower, row.found.std_upper,
                                     f"percentile bootstrap, {curve.draws:,} draws")
    return found
