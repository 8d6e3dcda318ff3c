"""Every claim of the ledger against the data: models estimated once, claims judged one by one."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from instrument.errors import Finding, InputError
from instrument.model import Instrument
from pipeline.claims.ledger import Claim, Prediction, ledger, not_asked
from pipeline.claims.report import ClaimResult, ClaimsReport, PredictionResult
from pipeline.claims.verdicts import Evidence, Verdict, combine, detectable, judge, level_of_each, power_at
from pipeline.claims.wording import because_of_claim, because_of_prediction, whole
from pipeline.estimation import estimate, with_definitions
from pipeline.models import ALL_MODELS, ModelSpec
from pipeline.models.spec import Level
from pipeline.sem.describe import describe
from pipeline.sem.estimate import Estimated
from pipeline.sem.fit import Fit, Parameter
from pipeline.sem.monte_carlo import monte_carlo
from pipeline.sem.normal import wald
from pipeline.study import ClaimsPlan, StudyPlan
from pipeline.undefined import Number, Undefined
from pipeline.workers import each

Frames = Mapping[Level, pd.DataFrame]
"""Rows by level; a level whose form was not fielded is not there."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """A model with the claims' quantities defined in it, or why it could not be estimated."""

    spec: ModelSpec
    estimated: Estimated | None
    fit: Fit | None
    why_not: str = ""


def wanted_claims(plan: ClaimsPlan, instrument: Instrument) -> tuple[Claim, ...]:
    """The claims that a plan wants decided.

    Raises
    ------
    InputError
        ``STUDY-CLAIM`` and ``STUDY-CONSTRUCT`` for ids that the ledger, or the instrument, does not have.
    """
    claims = {claim.id: claim for claim in ledger()}
    constructs = [construct.id for construct in instrument.constructs]
    ids = tuple(claims) if plan.decide == "all" else plan.decide
    about = tuple(constructs) if plan.constructs == "all" else plan.constructs
    findings = [
        Finding("STUDY-CLAIM", "study.yaml, claims.decide", f"The ledger has no claim {name!r}.",
                "`alliometrics claims` lists them.")
        for name in ids if name not in claims
    ] + [
        Finding("STUDY-CONSTRUCT", "study.yaml, claims.constructs",
                f"Instrument {instrument.version} has no construct {name!r}.", f"Choose from: {', '.join(constructs)}.")
        for name in about if name not in constructs
    ]
    if findings:
        raise InputError(findings)
    every = plan.constructs == "all"
    return tuple(claims[name] for name in dict.fromkeys(ids) if every or set(claims[name].constructs) & set(about))


def nothing_decided(plan: StudyPlan) -> ClaimsReport:
    """The report of a study that asked for nothing that a claim is about."""
    return ClaimsReport(plan.level, plan.claims.smallest_effect, plan.claims.smallest_indirect, (), len(ledger()), 0.0,
                        "The instrument asks for nothing that a claim of the theory is about, so none was decided.")


def decide(
    frames: Frames, instrument: Instrument, plan: StudyPlan, *, seed: int, true: Mapping[str, str] | None = None,
    workers: int = 1, advance: Callable[[int], None] | None = None,
) -> tuple[ClaimsReport, tuple[Estimate, ...]]:
    """Judge every claim the plan wants.

    Parameters
    ----------
    seed
        Of the Monte Carlo intervals.
    true
        Claim → what is true of a simulated population, in words.
    workers
        Processes; no number depends on them.
    advance
        Called with the number of models just estimated.

    Returns
    -------
    report, estimates
        The verdicts, and every model that was asked, in the order of first need.
    """
    claims = wanted_claims(plan.claims, instrument)
    closed = {claim.id: _why_closed(claim, instrument, plan) for claim in claims}
    open_claims = [claim for claim in claims if not closed[claim.id][1]]
    models = needed_models(open_claims)
    found = each(lambda model: estimate_with(open_claims, model, frames, plan.level), models, workers, advance)
    estimates = dict(zip(models, found, strict=True))
    results = [
        _closed(claim, *closed[claim.id], true or {}) if closed[claim.id][1]
        else _judged(claim, _predictions(claim, estimates, plan, seed), true or {})
        for claim in claims
    ]
    # Two-sided intervals: by chance, the predicted side comes up half of the times that either does.
    chance = sum((1 - plan.level) / 2 for result in results if result.predictions)
    report = ClaimsReport(plan.level, plan.claims.smallest_effect, plan.claims.smallest_indirect, tuple(results),
                          len(ledger()) - len(claims), chance, "")
    return whole(report), tuple(estimates.values())


def needed_models(claims: Iterable[Claim]) -> tuple[str, ...]:
    """Models that decide any of these claims."""
    return tuple(dict.fromkeys(p.model for claim in claims for p in claim.predictions))


def _judged(claim: Claim, predictions: tuple[PredictionResult, ...], true: Mapping[str, str]) -> ClaimResult:
    verdict = combine(tuple(p.verdict for p in predictions), claim.decided_by)
    if all(isinstance(p.est, Undefined) for p in predictions):
        verdict = "not testable"
    return _result(claim, verdict, because_of_claim(verdict, predictions, claim.decided_by), predictions, true)


def _closed(claim: Claim, verdict: Verdict, why: str, true: Mapping[str, str]) -> ClaimResult:
    return _result(claim, verdict, why, (), true)


def _result(
    claim: Claim, verdict: Verdict, why: str, predictions: tuple[PredictionResult, ...], true: Mapping[str, str],
) -> ClaimResult:
    return ClaimResult(
        claim.id, claim.document, claim.statement, claim.source, claim.constructs, claim.needs, claim.decided_by,
        claim.rival, claim.refuted_by, verdict, why, predictions, true.get(claim.id, ""))


def _why_closed(claim: Claim, instrument: Instrument, plan: StudyPlan) -> tuple[Verdict, str]:
    """Verdict and reason of a claim that no data of this study decide; the reason is empty for the others."""
    if claim.untestable:
        return "not testable", claim.untestable
    if claim.pending:
        return "pending", claim.pending
    missing = not_asked(claim, instrument, tuple(plan.forms), plan.optional_blocks)
    return "not testable", f"not with this form, because {missing}" if missing else ""


def quantity_name(claim: Claim, place: int) -> str:
    """Name of a claim's quantity among the definitions of its model."""
    return f"{claim.id}_{place + 1}"


def estimate_with(claims: Sequence[Claim], model: str, frames: Frames, level: float) -> Estimate:
    """The model with every quantity that these claims want of it."""
    definitions = {quantity_name(claim, place): prediction.parameter for claim in claims
                   for place, prediction in enumerate(claim.predictions) if prediction.model == model}
    spec = ALL_MODELS[model]
    if spec.level not in frames:
        return Estimate(spec, None, None, f"no form of the {spec.level} was fielded")
    spec = with_definitions(spec, definitions)
    try:
        estimated = estimate(spec, frames[spec.level])
    except InputError as error:
        return Estimate(spec, None, None, " ".join(finding.rule for finding in error.findings))
    return Estimate(spec, estimated, describe(estimated, level=level))


def _predictions(
    claim: Claim, estimates: Mapping[str, Estimate], plan: StudyPlan, seed: int,
) -> tuple[PredictionResult, ...]:
    level = level_of_each(plan.level, len(claim.predictions), claim.decided_by)
    return tuple(
        _prediction(prediction, quantity_name(claim, place), estimates[prediction.model], plan.claims, level, seed)
        for place, prediction in enumerate(claim.predictions))


def _prediction(
    prediction: Prediction, name: str, model: Estimate, plan: ClaimsPlan, level: float, seed: int,
) -> PredictionResult:
    if model.estimated is None or model.fit is None:
        return _without(prediction, Undefined(f"{model.spec.id} could not be estimated: {model.why_not}"), plan, level)
    if not model.fit.converged:
        return _without(prediction, Undefined(f"{model.spec.id} did not converge"), plan, level)
    row = next(row for row in model.fit.parameters if row.op == ":=" and row.lhs == name)
    se, std, std_se = _given(row.se), _given(row.std_all), _given(row.std_all_se)
    if isinstance(se, Undefined):
        return _without(prediction, se, plan, level)
    linear = _is_linear(model.estimated, name)
    bound = plan.smallest_indirect if _is_product(model.estimated, name) else plan.smallest_effect
    lower, upper, interval_by = _interval(prediction, row, model.estimated, level=level, seed=seed, linear=linear)
    if isinstance(lower, Undefined) or isinstance(upper, Undefined):
        return _without(prediction, lower if isinstance(lower, Undefined) else Undefined("it has no upper limit"), plan,
                        level)
    evidence = Evidence(lower, upper, level, std, std_se, bound)
    verdict = judge(prediction.expected, evidence, prediction.between) if model.fit.admissible else "inconclusive"
    power = power_at(bound, std_se, level, prediction.expected)
    result = PredictionResult(
        prediction.model, prediction.parameter, prediction.what, prediction.expected, prediction.between,
        prediction.scale, float(model.fit.nobs), row.est, se, _given(row.pvalue), lower, upper, level, interval_by,
        std, *evidence.equivalence, bound, power, detectable(std_se, level), verdict, "")
    if not model.fit.admissible:
        return replace(result, because=f"{model.spec.id} converged to a solution that is not admissible; its numbers "
                                       "are shown, and no verdict rests on them")
    return because_of_prediction(result, evidence)


def _interval(
    prediction: Prediction, row: Parameter, estimated: Estimated, *, level: float, seed: int, linear: bool,
) -> tuple[Number, Number, str]:
    if prediction.scale == "standardised":
        if row.std_all is None or isinstance(row.std_all, Undefined):
            return _given(row.std_all), _given(row.std_all), ""
        return *wald(row.std_all, _given(row.std_all_se), level)[2:], "delta method, standardised"
    if linear:
        return *wald(row.est, _given(row.se), level)[2:], "robust SE"
    simulated = monte_carlo(estimated.problem.table, estimated.theta, estimated.vcov, seed=seed, level=level)
    if isinstance(simulated, Undefined):
        return simulated, simulated, ""
    found = next(effect for effect in simulated.effects if effect.name == row.lhs)
    return found.lower, found.upper, "Monte Carlo"


def _is_linear(estimated: Estimated, name: str) -> bool:
    """Whether a defined quantity is a sum of parameters, whose interval normal theory gives; a product is not."""
    step = np.linspace(0.5, 1.5, len(estimated.theta)) * np.maximum(np.abs(estimated.theta), 0.1)
    around = np.array([estimated.theta, estimated.theta + step, estimated.theta - step])
    at, above, below = np.broadcast_to(np.asarray(estimated.problem.table.label_values(around)[name], dtype=float), 3)
    return bool(abs(above + below - 2 * at) <= 1e-9 * (1 + abs(at)))


def _is_product(estimated: Estimated, name: str) -> bool:
    """Whether a defined quantity is a product, of paths or of sums of them: what one variable does through another."""
    definitions = {d.name: d.expression.steps for d in estimated.problem.table.definitions}
    steps = definitions[name]
    while len(steps) == 1 and steps[0] in definitions:
        steps = definitions[str(steps[0])]
    return steps[-1] == "=*" and not any(isinstance(step, float) for step in steps)


def _without(prediction: Prediction, why: Undefined, plan: ClaimsPlan, level: float) -> PredictionResult:
    return PredictionResult(
        prediction.model, prediction.parameter, prediction.what, prediction.expected, prediction.between,
        prediction.scale, why, why, why, why, why, why, level, "", why, why, why, plan.smallest_effect, why, why,
        "inconclusive", why.because)


def _given(value: Number | None) -> Number:
    return Undefined("it depends on no free parameter") if value is None else value
