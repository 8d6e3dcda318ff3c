"""``alliometrics claims``: every claim of the theory with its verdict, or one of them from claim to item."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter
from rich.table import Table
from rich.text import Text

from instrument.errors import Finding, InputError
from instrument.model import Instrument, Item
from pipeline.analyses import true_claims
from pipeline.claims.decide import decide, needed_models, wanted_claims
from pipeline.claims.ledger import Claim, ledger
from pipeline.claims.report import ClaimResult, ClaimsReport, PredictionResult
from pipeline.instruments import instrument_of, is_released
from pipeline.models import ALL_MODELS
from pipeline.prepare import analysed_instrument, check_forms, prepare_all
from pipeline.preregistration.deviations import preregistration_of
from pipeline.progress import Progress, Silent
from pipeline.questions import level_frames
from pipeline.report.numbers import interval, number
from pipeline.results import RESULTS_FILE, SCREENED, read_instrument, read_results
from pipeline.seeds import seeds_of
from pipeline.sem.linalg import one_thread
from pipeline.study import load_plan
from pipeline.undefined import Undefined

STYLES = {"supported": "green", "against": "red", "inconclusive": "yellow", "not testable": "dim", "pending": "dim"}


def claims_of(
    study: Path, wanted: Sequence[str], *, workers: int = 1, progress: Progress | None = None,
) -> tuple[ClaimsReport, Instrument]:
    """Verdicts of a study, or those stored in a folder of results.

    Parameters
    ----------
    wanted
        Ids; all the plan wants if there are none.

    Raises
    ------
    InputError
        ``CLAIMS-UNKNOWN`` and what reading the study finds.
    """
    known = {claim.id for claim in ledger()}
    unknown = [name for name in wanted if name not in known]
    if unknown:
        raise InputError(Finding(
            "CLAIMS-UNKNOWN", f"--claim {', '.join(unknown)}", "The ledger has no such claim.",
            "`alliometrics claims` without a study lists them all."))
    if (study / RESULTS_FILE).is_file():
        results = read_results(study)
        ours = is_released(results.plan.instrument)
        return _only(results.claims, wanted), instrument_of(study, results.plan) if ours else read_instrument(study)
    plan = load_plan(study)
    if wanted:
        plan = plan.model_copy(update={"claims": plan.claims.model_copy(update={"decide": tuple(wanted)})})
    instrument = instrument_of(study, plan)
    check_forms(plan, instrument, study)
    preregistration_of(study, plan)  # a plan that left its lock without a reason is analysed nowhere
    models = needed_models(wanted_claims(plan.claims, instrument))
    told = progress or Silent()
    told.step("Read, check, screen, score", len(plan.forms))
    forms = prepare_all(study, plan, instrument, told)
    instrument = analysed_instrument(instrument, forms)
    told.step("Claims of the theory", len(models))
    with one_thread():
        report, _ = decide(level_frames(forms, SCREENED), instrument, plan, seed=seeds_of(plan.seed).claims,
                           true=true_claims(study) if plan.synthetic else None, workers=workers,
                           advance=told.advance)
    return report, instrument


def _only(report: ClaimsReport, wanted: Sequence[str]) -> ClaimsReport:
    if not wanted:
        return report
    return replace(report, claims=tuple(claim for claim in report.claims if claim.id in wanted))


def document(report: ClaimsReport) -> dict[str, Any]:
    """The report as JSON."""
    dumped: dict[str, Any] = TypeAdapter(ClaimsReport).dump_python(report, mode="json")
    return dumped


def verdict_table(report: ClaimsReport) -> Table:
    """One line a claim."""
    table = Table("Claim", "Verdict", "What it says", "Estimate", "Interval", "Std.", "Power", show_edge=False,
                  pad_edge=False)
    for claim in report.claims:
        first = claim.predictions[0] if claim.predictions else None
        table.add_row(claim.id, Text(claim.verdict, style=STYLES[claim.verdict]), claim.statement, *_figures(first))
    return table


def _figures(prediction: PredictionResult | None) -> tuple[str, str, str, str]:
    """Estimate, interval, standardised estimate and power of a claim's first prediction."""
    if prediction is None or isinstance(prediction.est, Undefined):
        return "", "", "", ""
    standardised = "" if isinstance(prediction.std, Undefined) else number(prediction.std, bounded=True)
    est = standardised if prediction.scale == "standardised" else number(prediction.est)
    power = "" if isinstance(prediction.power, Undefined) else number(prediction.power, bounded=True)
    return est, interval(prediction.lower, prediction.upper), standardised, power


def ledger_table(claims: Sequence[Claim]) -> Table:
    """What would decide each claim."""
    table = Table("Claim", "What it says", "Decided by", show_edge=False, pad_edge=False)
    for claim in claims:
        by = "; ".join(f"{p.model}: {p.parameter} ({p.expected})" for p in claim.predictions)
        why_not = f"pending: {claim.pending}" if claim.pending else f"not testable: {claim.untestable}"
        table.add_row(claim.id, claim.statement, by or why_not)
    return table


def from_claim_to_item(claim: ClaimResult, instrument: Instrument) -> Iterator[str]:
    """One claim, down to the questions behind it."""
    yield f"{claim.id} ({claim.document}): {claim.statement}"
    yield f"Source: {'; '.join(claim.source)}"
    yield f"Verdict: {claim.verdict}. {claim.because}"
    if claim.truth:
        yield f"True of the simulated firms: {claim.truth}"
    for p in claim.predictions:
        yield (f"Decided by {p.model}, {p.parameter} ({p.what}), expected {p.expected}: "
               f"{_said(p)}")
    yield f"Rival: {claim.rival}"
    yield f"Would be refuted by: {claim.refuted_by}"
    for need in claim.needs:
        for text in questions_behind(need, instrument):
            yield f"  {text}"
    for model in dict.fromkeys(p.model for p in claim.predictions):
        yield f"\n# {model}: {ALL_MODELS[model].title}\n{ALL_MODELS[model].syntax.strip()}"


def _said(p: PredictionResult) -> str:
    if isinstance(p.est, Undefined):
        return str(p.est)
    return f"{number(p.est, 3)} {interval(p.lower, p.upper, 3)} ({p.interval_by}), standardised {number_or(p.std)}"


def number_or(value: float | Undefined) -> str:
    """Three decimals, or why there is no value."""
    return str(value) if isinstance(value, Undefined) else number(value, 3, bounded=True)


def questions_behind(need: str, instrument: Instrument) -> Iterator[str]:
    """The items of a dimension, or the fact, as respondents read them."""
    for form in instrument.forms:
        for _, question in form.questions():
            if need == question.id or (isinstance(question, Item) and need == question.dimension):
                yield f"{question.id} (form {form.id}): {question.text}"
