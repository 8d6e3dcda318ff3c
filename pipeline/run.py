"""Plan and data in, everything found out: the only orchestrator."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pandas as pd

from instrument import store
from instrument.errors import Finding, InputError
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
from pipeline.claims.decide import decide, needed_models, wanted_claims
from pipeline.claims.report import ClaimsReport
from pipeline.data.aggregation import with_firms
from pipeline.data.responses import Failure
from pipeline.data.scoring import Moments, VariableSummary, describe, moments
from pipeline.estimation import observed_variables
from pipeline.flow import FORM_OF_LEVEL, flow_of
from pipeline.models import MEDIATION, MODELS, THEORY
from pipeline.models.spec import Level
from pipeline.prepare import PreparedForm, check_forms, prepare_all
from pipeline.probes.probing import probe_models
from pipeline.progress import Progress, Silent
from pipeline.provenance import Clock, manifest
from pipeline.report.words import headline
from pipeline.results import EVERYONE, SCREENED, CrossCheck, FactorAnalysis, ModelRun, StudyResults
from pipeline.rivals import compare_rivals
from pipeline.robustness.curve import bootstraps_of, specification_curve
from pipeline.robustness.found import SpecificationCurve
from pipeline.robustness.specifications import check_covariates
from pipeline.seeds import seeds_of
from pipeline.sem.estimate import Estimated
from pipeline.sem.linalg import one_thread
from pipeline.sensitivity import sensitivity
from pipeline.study import StudyPlan, load_plan
from pipeline.workers import each


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
    instrument = store.load(plan.instrument)
    check_forms(plan, instrument)
    wanted_claims(plan.claims, instrument)
    if plan.synthetic:
        true_values(study)  # a damaged file is told before hours of work
    clock = Clock(progress or Silent())
    overrides = {name: str(value) for name, value in (("draws", draws), ("seed", seed)) if value is not None}
    if not robustness:
        overrides["robustness"] = "left out"
    map_draws = min(plan.robustness.draws, draws or plan.robustness.draws) if robustness else 0
    draws = plan.bootstrap.draws if draws is None else draws
    seed = plan.seed if seed is None else seed
    seeds = seeds_of(seed)

    with clock.step("Read, check, screen, score", len(plan.forms)):
        forms = prepare_all(study, plan, instrument, clock.progress)
    frames = level_frames(forms, SCREENED)
    check_covariates(plan.robustness, set(map(str, frames["firm"].columns)))
    # The matrices are small: BLAS threads cost more than they save, and their number can move last digits.
    with one_thread(), _failures_told(forms):
        with clock.step("Reliability of every scale"):
            scales = tuple(s for form in forms for s in scale_reliability(form, instrument, SCREENED, plan.level))
        analyses = _factor_analyses(forms, plan, instrument, clock, seed=seeds.factors)
        runs = _models(forms, plan, clock, draws=draws, seed=seeds.bootstrap, workers=workers)
        crosschecks = _crosschecks(forms, clock)
        theory, estimated = _theory(frames, plan, clock, seed=seeds.claims, workers=workers)
        claims, deciding, by_claims = _claims(study, frames, plan, instrument, clock, seed=seeds.claims,
                                              workers=workers)
        with clock.step("Rival models"):
            rivals = compare_rivals(
                frames, level=plan.level, seed=seeds.rivals, workers=workers,
                found={run.id: (estimated[run.id], run.fit) for run in theory})
        with clock.step("Groups of firms and of alliances"):
            groups = compare_groups(frames, level=plan.level, workers=workers)
        with clock.step("Sensitivity to recency and kind of experience"):
            firms = next(form for form in forms if form.form == "F").rows[SCREENED].units
            decay = decay_sensitivity(MEDIATION, firms.frame, firms.experience, plan, workers=workers)
        with clock.step("Confounders, errors of measurement, other orders"):
            sensitive = sensitivity(MEDIATION, frames["firm"], plan, seed=seeds.sensitivity)
        with clock.step("Interactions and the response surface"):
            probes = probe_models(frames, level=plan.level, estimated=by_claims | estimated)
        curve = _robustness(forms, plan, instrument, clock, draws=map_draws, seed=seeds.robustness, workers=workers)
    main, everyone = (
        next(run for run in runs if (run.id, run.rows) == (MEDIATION.id, rows)) for rows in (SCREENED, EVERYONE)
    )

    return StudyResults(
        manifest=manifest(study, plan, overrides, clock, draws=draws, seed=seed, workers=workers),
        plan=plan,
        headline=headline(main, synthetic=plan.synthetic, all_respondents=everyone),
        flow=tuple(flow_of(forms, runs)),
        reading=tuple(form.reading for form in forms),
        failures=tuple(failure for form in forms for failure in form.failures),
        findings=tuple(f for form in forms for part in (form.rows[SCREENED].scores, form.rows[SCREENED].units)
                       for f in part.findings),
        screening=tuple(form.screening for form in forms),
        respondents=tuple(r for form in forms for r in form.respondents),
        variables=tuple(v for form in forms for v in _variables(form)),
        moments=_moments(forms),
        reliability=scales,
        factor_analyses=analyses,
        models=runs,
        crosschecks=crosschecks,
        decay=decay,
        known_truth=known_truth(study, main) if plan.synthetic else (),
        claims=claims,
        theory=(*theory, *deciding),
        rivals=rivals,
        groups=groups,
        probes=probes,
        sensitivity=sensitive,
        robustness=curve,
    )


def level_frames(forms: list[PreparedForm], rows: str) -> dict[Level, pd.DataFrame]:
    """Firms, and alliances with what is known of their firm beside them; a form that was not fielded has no rows."""
    units = {form.form: form.rows[rows].units for form in forms}
    frames: dict[Level, pd.DataFrame] = {"firm": units["F"].frame}
    if "A" in units:
        frames["alliance"] = with_firms(units["A"], units["F"])
    return frames


@contextmanager
def _failures_told(forms: list[PreparedForm]) -> Iterator[None]:
    """Where an analysis cannot be done, tell what was set aside as well: it may be why."""
    try:
        yield
    except InputError as error:
        failures = tuple(failure for form in forms for failure in form.failures)
        raise InputError((*error.findings, *failure_findings(failures))) from error


def _factor_analyses(
    forms: list[PreparedForm], plan: StudyPlan, instrument: Instrument, clock: Clock, *, seed: int,
) -> tuple[FactorAnalysis, ...]:
    """Every exploratory analysis of the plan."""
    out = []
    with clock.step("Number of factors and loadings", len(plan.factors.analyses)):
        for name, dimensions in plan.factors.analyses.items():
            out.append(factor_analysis(name, dimensions, forms, instrument, SCREENED, plan.factors, seed))
            clock.progress.advance()
    return tuple(out)


def _models(
    forms: list[PreparedForm], plan: StudyPlan, clock: Clock, *, draws: int, seed: int, workers: int,
) -> tuple[ModelRun, ...]:
    """Every model whose form was fielded, with and without the exclusions."""
    fielded = {form.form: form for form in forms}
    runs = []
    for spec in MODELS:
        form = fielded.get(FORM_OF_LEVEL[spec.level])
        for rows in (SCREENED, EVERYONE) if form is not None else ():
            # What only stands beside the result needs no third digit of its limits.
            some = draws if rows == SCREENED else min(draws, plan.bootstrap.sensitivity_draws)
            with clock.step(f"Model {spec.id}, {rows}", some if spec.effects else None):
                assert form is not None
                runs.append(run_model(
                    spec, form.rows[rows].units.frame, rows, plan,
                    draws=some, seed=seed, workers=workers, advance=clock.progress.advance,
                ))
    return tuple(runs)


def _theory(
    frames: dict[Level, pd.DataFrame], plan: StudyPlan, clock: Clock, *, seed: int, workers: int,
) -> tuple[tuple[ModelRun, ...], dict[str, Estimated]]:
    """The rivals of the headline model and the rest of the theory, on the screened rows; and their estimates by id."""
    specs = [spec for spec in THEORY if spec.level in frames]
    with clock.step("Models of the theory", len(specs)):
        found = each(lambda spec: theory_run(spec, frames[spec.level], SCREENED, plan, seed=seed), specs, workers,
                     clock.progress.advance)
    return tuple(run for _, run in found), {run.id: estimated for estimated, run in found}


def _claims(
    study: Path, frames: dict[Level, pd.DataFrame], plan: StudyPlan, instrument: Instrument, clock: Clock, *,
    seed: int, workers: int,
) -> tuple[ClaimsReport, tuple[ModelRun, ...], dict[str, Estimated]]:
    """Every claim the plan wants, the small models that decided some of them, and all estimates by the model's id."""
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
    forms: list[PreparedForm], plan: StudyPlan, instrument: Instrument, clock: Clock, *, draws: int, seed: int,
    workers: int,
) -> SpecificationCurve | None:
    """The serial effect under every combination of decisions; None where the plan or the caller wants none."""
    if not draws:
        return None
    with clock.step("Robustness map", bootstraps_of(plan)):
        return specification_curve(forms, instrument, plan, draws=draws, seed=seed, workers=workers,
                                   advance=clock.progress.advance)


def _crosschecks(forms: list[PreparedForm], clock: Clock) -> tuple[CrossCheck, ...]:
    """Every model whose form was fielded, on the screened rows, by another program as well."""
    fielded = {form.form: form for form in forms}
    specs = [spec for spec in MODELS if FORM_OF_LEVEL[spec.level] in fielded]
    found = []
    with clock.step("Second opinion", len(specs)):
        for spec in specs:
            frame = fielded[FORM_OF_LEVEL[spec.level]].rows[SCREENED].units.frame
            found.append(second_opinion(spec, frame, SCREENED))
            clock.progress.advance()
    return tuple(found)


def _variables(form: PreparedForm) -> tuple[VariableSummary, ...]:
    rows = form.rows[SCREENED]
    return describe(rows.units.frame[list(rows.scores.scores.columns)], rows.scores.labels, rows.units.unit)


def _moments(forms: list[PreparedForm]) -> dict[str, Moments]:
    """Moments of each level's largest model, so that others can estimate it again."""
    out: dict[str, Moments] = {}
    for form in forms:
        frame = form.rows[SCREENED].units.frame
        specs = [spec for spec in MODELS if FORM_OF_LEVEL[spec.level] == form.form]
        used = max((observed_variables(spec) for spec in specs), key=len)
        out[form.rows[SCREENED].units.unit] = moments(frame[used])
    return out


def failure_findings(failures: tuple[Failure, ...]) -> tuple[Finding, ...]:
    """Failures as findings, for the console."""
    return tuple(
        Finding(f.code, f"{f.file}, row {f.row}" + (f", column {f.column}" if f.column else ""),
                f"{f.rule} Found {f.value!r}; the {f.set_aside} was set aside.", f.fix)
        for f in failures
    )
