"""The analyses of a study: scales, factors, models, and synthetic truth beside estimates."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pandas as pd
from pydantic import BaseModel, ValidationError

from instrument.errors import Finding, InputError
from instrument.model import Instrument
from pipeline.estimation import estimate, model_frame
from pipeline.evidence.found.factors import FactorAnalysis
from pipeline.measurement.complete import complete_rows
from pipeline.measurement.extraction import correlations_of, extract, factorability
from pipeline.measurement.number_of_factors import attenuation_of, factors_to_keep, number_of_factors
from pipeline.measurement.ordinal_reliability import ordinal_or_reason
from pipeline.measurement.reliability import ScaleReliability, reliability
from pipeline.measurement.rotation import target_of
from pipeline.models import ModelSpec
from pipeline.prepare import PreparedForm
from pipeline.results import (
    HEADLINE_EFFECT,
    CrossCheck,
    DecayRow,
    KnownTruth,
    ModelRun,
)
from pipeline.sem.describe import describe
from pipeline.sem.effects import BootstrapResult, JointSignificance, bootstrap_effects, joint_significance
from pipeline.sem.estimate import Estimated, Options, estimate_model
from pipeline.sem.fit import Fit, Parameter
from pipeline.sem.monte_carlo import MonteCarlo, monte_carlo
from pipeline.study import FactorPlan, StudyPlan
from pipeline.undefined import Number, Undefined
from pipeline.workers import each

TRUTH_FILE = "truth.json"


# -- scales and factors -------------------------------------------------------------------------------


def scale_reliability(
    form: PreparedForm, instrument: Instrument, rows: str, level: float,
) -> Iterator[ScaleReliability]:
    """Reliability of every dimension the form asked, on the respondents in ``rows``."""
    items = form.rows[rows].scores.items
    for dimension in instrument.dimensions.values():
        asked = [item for item in instrument.items(dimension.id, form.form) if item.id in items.columns]
        if asked and dimension.measurement == "reflective":
            ids = [item.id for item in asked]
            answers = items[ids].to_numpy()
            found = reliability(answers, ids, name=dimension.id, label=dimension.name,
                                reversed_items=[item.id for item in asked if item.reversed], level=level)
            yield replace(found, ordinal=ordinal_or_reason(answers, ids, level=level))


def factor_analysis(
    name: str, dimensions: tuple[str, ...], forms: list[PreparedForm], instrument: Instrument, rows: str,
    plan: FactorPlan, seed: int,
) -> FactorAnalysis:
    """One exploratory analysis of the items of some dimensions, all of one form.

    Raises
    ------
    InputError
        ``STUDY-FACTORS`` if no fielded form asked all these dimensions; ``EFA-…``.
    """
    for form in forms:
        ids = [item.id for d in dimensions for item in instrument.items(d, form.form)]
        items = form.rows[rows].scores.items
        if all(instrument.items(d, form.form) for d in dimensions) and set(ids) <= set(items.columns):
            break
    else:
        raise InputError(Finding(
            "STUDY-FACTORS", f"study.yaml, factors.analyses.{name}",
            f"No fielded form asks all of: {', '.join(dimensions)}.", "Name dimensions of one form.",
        ))
    X = items[ids].to_numpy()
    complete, _ = complete_rows(X)
    found = number_of_factors(
        correlations_of(complete, ids, plan.correlation), len(complete), draws=plan.parallel_draws,
        percentile=plan.parallel_percentile, seed=seed,
        attenuation=attenuation_of(complete) if plan.correlation == "polychoric" else None,
    )
    target = None
    if plan.rotation == "target":
        # A target has a factor for each dimension, so the plan's rule has nothing to decide.
        target = target_of([[item.id for item in instrument.items(d, form.form)] for d in dimensions], ids)
    factors = factors_to_keep(plan.factors, found) if target is None else len(dimensions)
    label = name.replace("_", " ")
    return FactorAnalysis(
        name=name, label=label[:1].upper() + label[1:],
        factorability=factorability(X, ids), parallel=found.parallel, minimum_average_partial=found.average_partial,
        rule=_rule(plan), parallel_fa=found.parallel_fa, kaiser=found.kaiser, hull=found.hull,
        solution=extract(X, ids, factors=factors, method=plan.method, rotation=plan.rotation,
                         correlation=plan.correlation, target=target, seed=seed),
    )


def _rule(plan: FactorPlan) -> str:
    if plan.rotation == "target":
        return "one for each dimension, as the target has them"
    return plan.factors if isinstance(plan.factors, str) else f"{plan.factors}, set by the plan"


# -- models -------------------------------------------------------------------------------------------


def run_model(
    spec: ModelSpec, frame: pd.DataFrame, rows: str, plan: StudyPlan, *,
    draws: int, seed: int, workers: int, advance: Callable[[int], None],
) -> ModelRun:
    """Estimate a model; where it defines effects, add their bootstrap intervals and joint tests."""
    estimated = estimate(spec, frame)
    fit = describe(estimated, level=plan.level)
    bootstrap: BootstrapResult | None = None
    joint: tuple[JointSignificance, ...] = ()
    if spec.effects and fit.converged:
        bootstrap = bootstrap_effects(estimated, fit, draws=draws, seed=seed, level=plan.bootstrap.level,
                                      workers=workers, progress=advance)
        joint = tuple(joint_significance(fit, effect, level=plan.level) for effect in spec.effects)
    return ModelRun(spec.id, spec.title, rows, spec.level, fit, bootstrap, joint)


def theory_run(
    spec: ModelSpec, frame: pd.DataFrame, rows: str, plan: StudyPlan, *, seed: int,
) -> tuple[Estimated, ModelRun]:
    """A model of the theory: no resamples, which take minutes where many alliances have gaps of their own."""
    estimated = estimate(spec, frame)
    fit = describe(estimated, level=plan.level)
    simulated: MonteCarlo | Undefined = Undefined("the model did not converge")
    joint: tuple[JointSignificance, ...] = ()
    if fit.converged:
        simulated = monte_carlo(estimated.problem.table, estimated.theta, estimated.vcov, seed=seed, level=plan.level)
        joint = tuple(joint_significance(fit, effect, level=plan.level) for effect in spec.effects)
    effects = () if isinstance(simulated, Undefined) else simulated.effects
    return estimated, ModelRun(spec.id, spec.title, rows, spec.level, fit, None, joint, effects)


def second_opinion(spec: ModelSpec, frame: pd.DataFrame, rows: str) -> CrossCheck:
    """The model by semopy beside ours, by maximum likelihood on the rows that are complete in its variables.

    semopy has no usable likelihood for missing values and no robust standard errors: what can be compared are the
    estimates of loadings, paths, variances and covariances. A study does not fail for want of a second opinion.
    """
    # Here, because semopy takes a second to import.
    from pipeline.sem.crosscheck import AGREES, crosscheck

    complete = model_frame(spec, frame).dropna()
    try:
        estimated = estimate_model(spec.syntax, complete.to_numpy(dtype=float), list(complete.columns),
                                   Options(fixed_x=spec.options.fixed_x), name=spec.id)
        found = crosscheck(estimated)
    except InputError as error:
        found = Undefined(f"the complete rows cannot carry the model: {error.findings[0].rule}")
    if isinstance(found, Undefined):
        return CrossCheck(spec.id, rows, len(complete), "semopy", (), AGREES, found, found, None,
                          f"There is no second opinion on {spec.id} ({rows}): {found.because.rstrip('.')}.")
    return CrossCheck(
        spec.id, rows, len(complete), found.program, found.parameters, AGREES, found.chisq_ours,
        found.chisq_theirs, found.agrees, f"{spec.id} ({rows}): {found.sentence}")


def decay_sensitivity(
    spec: ModelSpec, frame: pd.DataFrame, others: pd.DataFrame, plan: StudyPlan, *, workers: int = 1,
    advance: Callable[[int], None] | None = None,
) -> tuple[DecayRow, ...]:
    """The serial effect of every kind of experience under every δ of the plan, largest δ first.

    Parameters
    ----------
    others
        Experience of every kind under the plan's other δ; columns are (name, δ).
    """
    kinds = dict.fromkeys(("exp_rw", *(column[0] for column in others.columns)))
    wanted = [(name, decay) for name in kinds for decay in sorted(
        {plan.scoring.decay, *(float(column[1]) for column in others.columns if column[0] == name)}, reverse=True)]

    def row(one: tuple[str, float]) -> DecayRow:
        name, decay = one
        experience = frame[name] if decay == plan.scoring.decay else others[one]
        fit = describe(estimate(spec, frame.assign(exp_rw=experience)), level=plan.level, with_fit=False)
        effect = defined(fit, HEADLINE_EFFECT)
        return DecayRow(
            experience=name, decay=decay, n=fit.nobs, est=effect.est, se=_given(effect.se),
            pvalue=_given(effect.pvalue), std_all=_given(effect.std_all), converged=fit.converged,
        )

    return tuple(each(row, wanted, workers, advance))


def defined(fit: Fit, name: str) -> Parameter:
    """The row of a defined effect."""
    return next(row for row in fit.parameters if row.op == ":=" and row.lhs == name)


def _given(value: Number | None) -> Number:
    return Undefined("the program gave no value") if value is None else value


# -- synthetic truth ----------------------------------------------------------------------------------


class _TrueValue(BaseModel):
    value: float


class _TrueClaim(BaseModel):
    verdict: str
    because: str


class _Truth(BaseModel):
    """What an analysis reads of ``truth.json``; the rest of it is for people."""

    true_values: dict[str, _TrueValue]
    claims: dict[str, _TrueClaim] = {}


def true_values(study: Path) -> dict[str, float]:
    """The true parameters in ``truth.json``; none if there is no such file.

    Raises
    ------
    InputError
        ``STUDY-TRUTH`` if the file was not written by a rehearsal.
    """
    return {name: entry.value for name, entry in _truth(study).true_values.items()}


def true_claims(study: Path) -> dict[str, str]:
    """What ``truth.json`` says of the theory's claims: id → words; none where it says nothing.

    Raises
    ------
    InputError
        ``STUDY-TRUTH``.
    """
    return {claim: f"{entry.verdict}: {entry.because}" for claim, entry in _truth(study).claims.items()}


def _truth(study: Path) -> _Truth:
    path = study / TRUTH_FILE
    if not path.is_file():
        return _Truth(true_values={})
    try:
        return _Truth.model_validate_json(path.read_bytes())
    except ValidationError as error:
        raise InputError(Finding(
            "STUDY-TRUTH", str(path), "truth.json must be as `alliometrics rehearse` writes it; this file is not.",
            "Rehearse the study again, or take the file out of the folder.",
        )) from error


def known_truth(study: Path, run: ModelRun | None) -> tuple[KnownTruth, ...]:
    """The population's parameters beside their estimates, where ``truth.json`` lies beside synthetic data."""
    if run is None:
        return ()
    true = true_values(study)
    by = "normal theory" if run.fit.se == "standard" else "robust SE"
    found: dict[str, tuple[Number, Number, Number, str]] = {
        row.lhs if row.op == ":=" else row.label: (row.est, _given(row.ci_lower), _given(row.ci_upper), by)
        for row in run.fit.parameters if row.label or row.op == ":="
    }
    if run.bootstrap is not None:
        found |= {e.name: (e.est, e.lower, e.upper, "percentile bootstrap") for e in run.bootstrap.effects}
    absent = Undefined(f"{run.id} has no such parameter")
    return tuple(_beside(name, value, *found.get(name, (absent, absent, absent, ""))) for name, value in true.items())


def _beside(name: str, true: float, est: Number, lower: Number, upper: Number, interval_by: str) -> KnownTruth:
    inside = None if isinstance(lower, Undefined) or isinstance(upper, Undefined) else lower <= true <= upper
    return KnownTruth(name, true, est, lower, upper, interval_by, inside)
