"""Plan and data in, everything found out: the only orchestrator."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar

import pandas as pd

from instrument.model import Instrument
from pipeline.analyses import (
    decay_sensitivity,
    factor_analysis,
    known_truth,
    run_model,
    scale_reliability,
    second_opinion,
    theory_run,
    true_claims,
    true_values,
)
from pipeline.by_group import compare_groups
from pipeline.claims.decide import decide, needed_models, nothing_decided, wanted_claims
from pipeline.claims.report import ClaimsReport
from pipeline.description import headline_of, main_runs, moments_of, variables_of
from pipeline.evidence.found.factors import FactorAnalysis
from pipeline.evidence.gathering import evidence_of
from pipeline.failures import failures_told
from pipeline.flow import flow_of
from pipeline.instruments import instrument_of
from pipeline.invariance.found import InvarianceReport
from pipeline.invariance.grouping import check_groupings
from pipeline.invariance.testing import invariance_of
from pipeline.invariance.truth import true_differences
from pipeline.invariance.versions import answered
from pipeline.models import MEDIATION, MODELS, THEORY, ModelSpec
from pipeline.models.spec import Level
from pipeline.ordinal.found import OrdinalRun
from pipeline.ordinal.running import ordinal_runs
from pipeline.prepare import PreparedForm, analysed_instrument, check_forms, prepare_all, versions_report
from pipeline.preregistration.deviations import preregistration_of
from pipeline.probes.found import ProbesReport
from pipeline.probes.probing import probe_models
from pipeline.progress import Progress, Silent
from pipeline.provenance import Clock, manifest
from pipeline.questions import Posed, Questions, exploratory_analyses, level_frames, questions_for
from pipeline.results import (
    EVERYONE,
    SCREENED,
    CrossCheck,
    DecayRow,
    ModelRun,
    StudyResults,
)
from pipeline.rivals import compare_rivals
from pipeline.robustness.curve import analyses_of, specification_curve
from pipeline.robustness.found import SpecificationCurve
from pipeline.robustness.specifications import check_covariates
from pipeline.seeds import seeds_of
from pipeline.sem.estimate import Estimated
from pipeline.sem.linalg import one_thread
from pipeline.sensitivity import sensitivity
from pipeline.study import StudyPlan, load_plan
from pipeline.workers import each

Found = TypeVar("Found")
Nothing = TypeVar("Nothing")


def run_study(
    study: Path, *, draws: int | None = None, seed: int | None = None, workers: int = 1, robustness: bool = True,
    progress: Progress | None = None,
) -> StudyResults:
    """Run a study from its folder.

    Parameters
    ----------
    draws, seed
        In place of the plan's; the manifest names what was overridden.
    robustness
        Whether to draw the robustness map, which takes longer than all the rest; the manifest names its absence.
    workers
        Processes for the bootstrap; no number depends on it.

    Raises
    ------
    InputError
        Everything that is wrong with the plan, or with a file as a whole. Broken rows and cells are set
        aside, the good ones go on; ``failures`` of the results lists them.
    """
    plan = load_plan(study)
    instrument = instrument_of(study, plan)
    check_forms(plan, instrument, study)
    check_groupings(plan, instrument)
    wanted_claims(plan.claims, instrument)
    preregistration = preregistration_of(study, plan, draws=draws, seed=seed, robustness=robustness)
    if plan.synthetic:
        true_values(study)  # a damaged file is told before hours of work
    clock = Clock(progress or Silent())
    overrides = {name: str(value) for name, value in (("draws", draws), ("seed", seed)) if value is not None}
    overrides |= {} if robustness else {"robustness": "left out"}
    map_draws = min(plan.robustness.draws, draws or plan.robustness.draws) if robustness else 0
    draws = plan.bootstrap.draws if draws is None else draws
    seed = plan.seed if seed is None else seed
    seeds = seeds_of(seed)

    with clock.step("Read, check, screen, score", len(plan.forms)):
        forms = prepare_all(study, plan, instrument, clock.progress)
    fielded, instrument = instrument, analysed_instrument(instrument, forms)
    frames = level_frames(forms, SCREENED)
    questions = questions_for(forms, frames, instrument, plan)
    if questions.can(MEDIATION.id):
        check_covariates(plan.robustness, set(map(str, frames["firm"].columns)))
    # The matrices are small: BLAS threads cost more than they save, and their number can move last digits.
    with one_thread(), failures_told(forms):
        with clock.step("Reliability of every scale"):
            scales = tuple(s for form in forms for s in scale_reliability(form, instrument, SCREENED, plan.level))
        analyses = _factor_analyses(forms, plan, instrument, questions, clock, seed=seeds.factors)
        runs = _models(questions.models, plan, clock, draws=draws, seed=seeds.bootstrap, workers=workers)
        crosschecks = _crosschecks(questions.models, clock)
        theory, estimated = _theory(questions.theory, frames, plan, clock, seed=seeds.claims, workers=workers)
        ordinal = _ordinal(questions, (*runs, *theory), forms, frames, plan, clock, workers=workers)
        claims, deciding, by_claims = _claims(study, frames, plan, instrument, questions, clock, seed=seeds.claims,
                                              workers=workers)

        def ask(part: str, step: str, work: Callable[[], Found], nothing: Nothing) -> Found | Nothing:
            """One part of the analysis, or nothing where these answers cannot be asked for it."""
            if not questions.can(part):
                return nothing
            with clock.step(step):
                return work()

        rivals = ask("rivals", "Rival models", lambda: compare_rivals(
            frames, level=plan.level, seed=seeds.rivals, workers=workers,
            found={run.id: (estimated[run.id], run.fit) for run in theory}), None)
        groups = ask("groups", "Groups of firms and of alliances", lambda: compare_groups(
            frames, level=plan.level, workers=workers, wanted=questions.groups), ())
        decay = ask("decay", "Sensitivity to recency and kind of experience", lambda: _decay(
            questions, plan, workers=workers), ())
        sensitive = ask("sensitivity", "Confounders, errors of measurement, other orders", lambda: sensitivity(
            MEDIATION, frames["firm"], plan, seed=seeds.sensitivity), None)
        probes = ask("probes", "Interactions and the response surface", lambda: probe_models(
            frames, level=plan.level, estimated=by_claims | estimated), ProbesReport(plan.level, (), None))
        invariance = _invariance(study, forms, plan, instrument, questions, clock, seed=seeds.invariance,
                                 workers=workers)
        curve = _robustness(forms, plan, instrument, questions, clock, draws=map_draws, seed=seeds.robustness,
                            workers=workers)
        evidence = evidence_of(study, forms, instrument, plan, questions.models, runs, curve, clock,
                               seed=seeds.evidence, workers=workers)

    return StudyResults(
        manifest=manifest(study, plan, fielded, overrides, clock, draws=draws, seed=seed, workers=workers),
        plan=plan,
        headline=headline_of(runs, scales, questions, plan),
        flow=tuple(flow_of(forms, runs)),
        reading=tuple(reading for form in forms for reading in form.readings),
        failures=tuple(failure for form in forms for failure in form.failures),
        findings=tuple(finding for form in forms for finding in form.findings),
        screening=tuple(form.screening for form in forms),
        respondents=tuple(r for form in forms for r in form.respondents),
        variables=tuple(v for form in forms for v in variables_of(form)),
        moments=moments_of(questions.models),
        reliability=scales,
        factor_analyses=analyses,
        models=runs,
        crosschecks=crosschecks,
        decay=decay,
        known_truth=known_truth(study, next(iter(main_runs(runs)), None)) if plan.synthetic else (),
        claims=claims,
        theory=(*theory, *deciding),
        rivals=rivals,
        groups=groups,
        probes=probes,
        sensitivity=sensitive,
        robustness=curve,
        preregistration=preregistration,
        versions=answered(versions_report(plan, forms), invariance, questions.because("invariance")),
        invariance=invariance,
        ordinal=ordinal,
        evidence=evidence,
        absent=questions.absent,
    )


def _factor_analyses(
    forms: list[PreparedForm], plan: StudyPlan, instrument: Instrument, questions: Questions, clock: Clock, *,
    seed: int,
) -> tuple[FactorAnalysis, ...]:
    """Every exploratory analysis of the plan, or those that stand in for it."""
    out = []
    asked = exploratory_analyses(plan.factors.analyses, questions, instrument)
    with clock.step("Number of factors and loadings", len(asked)):
        for name, dimensions in asked.items():
            out.append(factor_analysis(name, dimensions, forms, instrument, SCREENED, plan.factors, seed))
            clock.progress.advance()
    return tuple(out)


def _models(
    posed: Sequence[Posed], plan: StudyPlan, clock: Clock, *, draws: int, seed: int, workers: int,
) -> tuple[ModelRun, ...]:
    """Every model that can be asked, with and without the exclusions."""
    runs = []
    for spec, form in ((one.spec, one.form) for one in posed):
        for rows in (SCREENED, EVERYONE):
            # What only stands beside the result needs no third digit of its limits.
            some = draws if rows == SCREENED else min(draws, plan.bootstrap.sensitivity_draws)
            with clock.step(f"Model {spec.id}, {rows}", some if spec.effects else None):
                runs.append(run_model(
                    spec, form.rows[rows].units.frame, rows, plan,
                    draws=some, seed=seed, workers=workers, advance=clock.progress.advance,
                ))
    return tuple(runs)


def _decay(questions: Questions, plan: StudyPlan, *, workers: int) -> tuple[DecayRow, ...]:
    """The serial effect under other recency weights, of experience of other kinds."""
    firms = next(posed.form for posed in questions.models if posed.spec.id == MEDIATION.id).rows[SCREENED].units
    return decay_sensitivity(MEDIATION, firms.frame, firms.experience, plan, workers=workers)


def _theory(
    specs: Sequence[ModelSpec], frames: dict[Level, pd.DataFrame], plan: StudyPlan, clock: Clock, *, seed: int,
    workers: int,
) -> tuple[tuple[ModelRun, ...], dict[str, Estimated]]:
    """The rivals of the headline model and the rest of the theory, on the screened rows; and their estimates by id."""
    if not specs:
        return (), {}
    with clock.step("Models of the theory", len(specs)):
        found = each(lambda spec: theory_run(spec, frames[spec.level], SCREENED, plan, seed=seed), specs, workers,
                     clock.progress.advance)
    return tuple(run for _, run in found), {run.id: estimated for estimated, run in found}


def _ordinal(
    questions: Questions, runs: Sequence[ModelRun], forms: Sequence[PreparedForm], frames: dict[Level, pd.DataFrame],
    plan: StudyPlan, clock: Clock, *, workers: int,
) -> tuple[OrdinalRun, ...]:
    """Every model and every model of the theory once more, with single answers as ordered categories."""
    fits = {run.id: run.fit for run in runs if run.rows == SCREENED}
    specs = (*(posed.spec for posed in questions.models), *questions.theory)
    rows = {spec.id: frames[spec.level] for spec in questions.theory}
    rows |= {posed.spec.id: posed.form.rows[SCREENED].units.frame for posed in questions.models}
    with clock.step("Ordered answers as ordered: WLSMV", len(specs)):
        return ordinal_runs([(spec, fits[spec.id]) for spec in specs], forms, rows, level=plan.level, workers=workers,
                            advance=clock.progress.advance)


def _claims(
    study: Path, frames: dict[Level, pd.DataFrame], plan: StudyPlan, instrument: Instrument, questions: Questions,
    clock: Clock, *, seed: int, workers: int,
) -> tuple[ClaimsReport, tuple[ModelRun, ...], dict[str, Estimated]]:
    """Every claim the plan wants, the small models that decided some of them, and all estimates by the model's id."""
    if not questions.can("claims"):
        return nothing_decided(plan), (), {}
    parts = len(needed_models(wanted_claims(plan.claims, instrument)))
    with clock.step("Claims of the theory", parts):
        report, estimates = decide(
            frames, instrument, plan, seed=seed, true=true_claims(study) if plan.synthetic else None,
            workers=workers, advance=clock.progress.advance)
    known = {spec.id for spec in (*MODELS, *THEORY)}
    runs = tuple(
        ModelRun(e.spec.id, e.spec.title, SCREENED, e.spec.level, e.fit, None, ())
        for e in estimates if e.fit is not None and e.spec.id not in known)
    return report, runs, {e.spec.id: e.estimated for e in estimates if e.estimated is not None}


def _robustness(
    forms: list[PreparedForm], plan: StudyPlan, instrument: Instrument, questions: Questions, clock: Clock, *,
    draws: int, seed: int, workers: int,
) -> SpecificationCurve | None:
    """The serial effect under every combination of decisions; None where the plan or the caller wants none."""
    if not draws or not questions.can("robustness"):
        return None
    with clock.step("Robustness map", analyses_of(plan)):
        return specification_curve(forms, instrument, plan, draws=draws, seed=seed, workers=workers,
                                   advance=clock.progress.advance)


def _invariance(
    study: Path, forms: list[PreparedForm], plan: StudyPlan, instrument: Instrument, questions: Questions,
    clock: Clock, *, seed: int, workers: int,
) -> InvarianceReport | None:
    """Every construct by every grouping; None where the plan or the answers allow none."""
    if not plan.invariance.by or not questions.can("invariance"):
        return None
    with clock.step("Invariance across groups"):
        return invariance_of(forms, instrument, plan, seed=seed, workers=workers,
                             true=true_differences(study) if plan.synthetic else None)


def _crosschecks(posed: Sequence[Posed], clock: Clock) -> tuple[CrossCheck, ...]:
    """Every model that can be asked, on the screened rows, by another program as well."""
    found = []
    with clock.step("Second opinion", len(posed)):
        for one in posed:
            found.append(second_opinion(one.spec, one.form.rows[SCREENED].units.frame, SCREENED))
            clock.progress.advance()
    return tuple(found)
