"""Plan and data in, everything found out: the only orchestrator."""

from __future__ import annotations

import hashlib
import platform
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path

import numpy as np

from instrument import store
from instrument.errors import Finding, InputError
from instrument.model import Instrument
from pipeline.analyses import (
    decay_sensitivity,
    factor_analysis,
    known_truth,
    observed_variables,
    run_model,
    scale_reliability,
    second_opinion,
    true_values,
)
from pipeline.data.responses import Failure
from pipeline.data.scoring import Moments, VariableSummary, describe, moments
from pipeline.models import MEDIATION, MODELS
from pipeline.prepare import PreparedForm, check_forms, prepare, sources
from pipeline.progress import Progress, Silent
from pipeline.report.words import headline
from pipeline.results import (
    EVERYONE,
    SCHEMA,
    SCREENED,
    CrossCheck,
    FactorAnalysis,
    FlowStep,
    Manifest,
    ModelRun,
    StudyResults,
    Timing,
)
from pipeline.sem.linalg import one_thread
from pipeline.study import PLAN_FILE, StudyPlan, load_plan

PACKAGES = ("alliometrics", "numpy", "scipy", "pandas", "semopy", "factor_analyzer", "pingouin", "scikit-learn",
            "matplotlib", "pydantic")
"""Packages whose version can change a number, named in the manifest."""

FORM_OF_LEVEL = {"firm": "F", "alliance": "A"}


class _Clock:
    """Tells progress of a step and keeps how long it took."""

    def __init__(self, progress: Progress) -> None:
        self.progress = progress
        self.timings: list[Timing] = []

    @contextmanager
    def step(self, title: str, parts: int | None = None) -> Iterator[None]:
        self.progress.step(title, parts)
        start = time.perf_counter()
        yield
        self.timings.append(Timing(title, round(time.perf_counter() - start, 3)))


def run_study(
    study: Path, *, draws: int | None = None, seed: int | None = None, workers: int = 1,
    progress: Progress | None = None,
) -> StudyResults:
    """Run a study from its folder.

    Parameters
    ----------
    draws, seed
        In place of the plan's; the manifest names what was overridden.
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
    if plan.synthetic:
        true_values(study)  # a damaged file is told before hours of work
    clock = _Clock(progress or Silent())
    overrides = {name: str(value) for name, value in (("draws", draws), ("seed", seed)) if value is not None}
    draws = plan.bootstrap.draws if draws is None else draws
    seed = plan.seed if seed is None else seed
    bootstrap_seed, factor_seed = (int(s.generate_state(1)[0]) for s in np.random.SeedSequence(seed).spawn(2))

    with clock.step("Read, check, screen, score", len(plan.forms)):
        forms = _prepare_all(study, plan, instrument, clock.progress)
    # The matrices are small: BLAS threads cost more than they save, and their number can move last digits.
    with one_thread(), _failures_told(forms):
        with clock.step("Reliability of every scale"):
            scales = tuple(s for form in forms for s in scale_reliability(form, instrument, SCREENED, plan.level))
        analyses = _factor_analyses(forms, plan, instrument, clock, seed=factor_seed)
        runs = _models(forms, plan, clock, draws=draws, seed=bootstrap_seed, workers=workers)
        crosschecks = _crosschecks(forms, clock)
        with clock.step("Sensitivity to recency"):
            firms = next(form for form in forms if form.form == "F").rows[SCREENED].units
            decay = decay_sensitivity(MEDIATION, firms.frame, firms.exp_rw_alternatives, plan)
    main, everyone = (
        next(run for run in runs if (run.id, run.rows) == (MEDIATION.id, rows)) for rows in (SCREENED, EVERYONE)
    )

    return StudyResults(
        manifest=_manifest(study, plan, overrides, clock, draws=draws, seed=seed, workers=workers),
        plan=plan,
        headline=headline(main, synthetic=plan.synthetic, all_respondents=everyone),
        flow=tuple(_flow(forms, runs)),
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
    )


@contextmanager
def _failures_told(forms: list[PreparedForm]) -> Iterator[None]:
    """Where an analysis cannot be done, tell what was set aside as well: it may be why."""
    try:
        yield
    except InputError as error:
        failures = tuple(failure for form in forms for failure in form.failures)
        raise InputError((*error.findings, *failure_findings(failures))) from error


def _prepare_all(study: Path, plan: StudyPlan, instrument: Instrument, progress: Progress) -> list[PreparedForm]:
    """Every form; what is wrong with each is told at once."""
    forms: list[PreparedForm] = []
    findings: list[Finding] = []
    for form in plan.forms:
        try:
            forms.append(prepare(study, plan, instrument, form))
        except InputError as error:
            findings += error.findings
        progress.advance()
    if findings:
        raise InputError(findings)
    return forms


def _factor_analyses(
    forms: list[PreparedForm], plan: StudyPlan, instrument: Instrument, clock: _Clock, *, seed: int,
) -> tuple[FactorAnalysis, ...]:
    """Every exploratory analysis of the plan."""
    out = []
    with clock.step("Number of factors and loadings", len(plan.factors.analyses)):
        for name, dimensions in plan.factors.analyses.items():
            out.append(factor_analysis(name, dimensions, forms, instrument, SCREENED, plan.factors, seed))
            clock.progress.advance()
    return tuple(out)


def _models(
    forms: list[PreparedForm], plan: StudyPlan, clock: _Clock, *, draws: int, seed: int, workers: int,
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


def _crosschecks(forms: list[PreparedForm], clock: _Clock) -> tuple[CrossCheck, ...]:
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


def _flow(forms: list[PreparedForm], runs: tuple[ModelRun, ...]) -> Iterator[FlowStep]:
    """Each form's steps, and what the models with the most variables leave of its rows."""
    for form in forms:
        yield from form.flow
        fits = [run for run in runs if FORM_OF_LEVEL[run.level] == form.form and run.rows == SCREENED]
        if fits:
            largest = max(fits, key=lambda run: len(run.fit.variables))
            yield FlowStep(form.form, f"Used in {largest.id}, {largest.fit.n_with_gaps} of them with gaps",
                           "firms" if largest.level == "firm" else "alliances", largest.fit.nobs,
                           largest.fit.n_incomplete, _missing_most(form, largest))


def _missing_most(form: PreparedForm, run: ModelRun, named: int = 3) -> str:
    """Which variables whose absence leaves a row out are missing most, and in how many rows."""
    rows = form.rows[SCREENED]
    needed = run.fit.exogenous if run.fit.missing == "fiml" else run.fit.variables
    counts = rows.units.frame[list(needed)].isna().sum().sort_values(ascending=False, kind="stable")
    top = counts[counts > 0].head(named)
    most = [f"{rows.scores.labels.get(str(name), str(name))} ({n})" for name, n in top.items()]
    return f"a variable is missing, most often {', '.join(most)}" if most else ""


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


def _manifest(
    study: Path, plan: StudyPlan, overrides: dict[str, str], clock: _Clock, *, draws: int, seed: int, workers: int,
) -> Manifest:
    return Manifest(
        schema=SCHEMA,
        program_version=metadata.version("alliometrics"),
        created=datetime.now(UTC).isoformat(timespec="seconds"),
        title=plan.title,
        synthetic=plan.synthetic,
        instrument_version=plan.instrument,
        instrument_fingerprint=store.fingerprint(store.load(plan.instrument)),
        plan_sha256=_sha256(study / PLAN_FILE),
        data_sha256={name: _sha256(path) for name, path in sources(study, plan).items()},
        packages={name: metadata.version(name) for name in PACKAGES},
        python=sys.version.split()[0],
        platform=platform.platform(),
        seed=seed,
        draws=draws,
        workers=workers,
        overrides=overrides,
        timings=tuple(clock.timings),
    )


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def failure_findings(failures: tuple[Failure, ...]) -> tuple[Finding, ...]:
    """Failures as findings, for the console."""
    return tuple(
        Finding(f.code, f"{f.file}, row {f.row}" + (f", column {f.column}" if f.column else ""),
                f"{f.rule} Found {f.value!r}; the {f.set_aside} was set aside.", f.fix)
        for f in failures
    )
