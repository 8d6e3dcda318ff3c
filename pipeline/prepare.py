"""From exports to analysable rows: read, validate, screen, score, aggregate, and count what was left out."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from instrument.errors import Finding, InputError
from instrument.fielding import qualtrics
from instrument.model import Instrument
from pipeline.data.aggregation import Aggregated, to_alliances, to_firms
from pipeline.data.responses import Failure, ReadingSummary, Responses, validate
from pipeline.data.scoring import Scores, score
from pipeline.data.screening import NO_RESPONSE, RespondentScreening, ScreeningSummary, kept, screen
from pipeline.progress import Progress
from pipeline.results import EVERYONE, SCREENED, FlowStep
from pipeline.study import FormSource, StudyPlan

READERS = {"qualtrics": qualtrics.read}
"""Platform → reader of its exports."""


@dataclass(frozen=True, slots=True)
class Rows:
    """One set of respondents of one form: their answers, scores, and the units they speak for."""

    responses: Responses
    scores: Scores
    units: Aggregated


@dataclass(frozen=True, slots=True)
class PreparedForm:
    """One form, ready for analysis; ``rows`` by :data:`SCREENED` and :data:`EVERYONE`."""

    form: str
    reading: ReadingSummary
    failures: tuple[Failure, ...]
    screening: ScreeningSummary
    respondents: tuple[RespondentScreening, ...]
    rows: dict[str, Rows]
    flow: tuple[FlowStep, ...]


def prepare(study: Path, plan: StudyPlan, instrument: Instrument, form: str) -> PreparedForm:
    """Take one form from its export to scored, aggregated rows.

    Raises
    ------
    InputError
        If the file cannot be read as this form's export, or nothing usable is left.
    """
    source = plan.forms[form]  # type: ignore[index]
    raw = READERS[source.platform](
        study / source.file, form, labels=study / source.labels if source.labels else None,
    )
    responses, failures, reading = validate(
        raw, {plan.instrument: instrument}, languages=plan.languages, optional_blocks=plan.optional_blocks,
    )
    respondents, screening = screen(responses, instrument, plan.screening)
    answered = _who_answered(responses, respondents)
    rows = {
        SCREENED: _rows(kept(responses, respondents), instrument, plan),
        EVERYONE: _rows(answered, instrument, plan),
    }
    flow = _flow(form, reading, failures, len(answered.values), respondents, screening, rows[SCREENED].units)
    return PreparedForm(form, reading, failures, screening, respondents, rows, flow)


def prepare_all(study: Path, plan: StudyPlan, instrument: Instrument, progress: Progress) -> list[PreparedForm]:
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


def check_forms(plan: StudyPlan, instrument: Instrument) -> None:
    """What the plan names must exist before any file is opened.

    Raises
    ------
    InputError
        ``STUDY-FORM``, ``STUDY-LANGUAGE``, ``STUDY-BLOCK``, ``STUDY-DIMENSION``, all at once.
    """
    findings = []
    if "F" not in plan.forms:
        findings.append(Finding("STUDY-FORM", "study.yaml, forms", "The serial mediation needs the firm form F.",
                                "Add `F: {platform: …, file: …}` under forms."))
    known = (
        ("STUDY-LANGUAGE", "languages", plan.languages, instrument.languages),
        ("STUDY-BLOCK", "optional_blocks", plan.optional_blocks,
         tuple(block.id for form in instrument.forms for block in form.blocks if block.optional)),
        ("STUDY-DIMENSION", "factors.analyses", tuple(d for dims in plan.factors.analyses.values() for d in dims),
         tuple(instrument.dimensions)),
    )
    for code, key, named, there in known:
        findings += [
            Finding(code, f"study.yaml, {key}", f"Instrument {instrument.version} has no {name!r}.",
                    f"Choose from: {', '.join(there)}.")
            for name in named if name not in there
        ]
    if findings:
        raise InputError(findings)


def sources(study: Path, plan: StudyPlan) -> dict[str, Path]:
    """Every data file the plan names, by name."""
    named: list[FormSource] = list(plan.forms.values())
    files = [name for source in named for name in (source.file, source.labels) if name]
    return {name: study / name for name in files}


def _who_answered(responses: Responses, respondents: tuple[RespondentScreening, ...]) -> Responses:
    """Everybody who gave a usable interview: no consent, not eligible or broken off is no answer, careless or not."""
    gone = {r.response_id for r in respondents if set(r.flags) & set(NO_RESPONSE)}
    there = ~responses.meta["response_id"].isin(gone)
    return Responses(responses.form, responses.values[there], responses.reasons[there],
                     responses.texts[there], responses.meta[there])


def _rows(responses: Responses, instrument: Instrument, plan: StudyPlan) -> Rows:
    scores = score(responses, instrument, plan.scoring)
    units = to_firms(scores, responses) if responses.form == "F" else to_alliances(scores, responses)
    return Rows(responses, scores, units)


def _flow(
    form: str, reading: ReadingSummary, failures: tuple[Failure, ...], answered: int,
    respondents: tuple[RespondentScreening, ...], screening: ScreeningSummary, units: Aggregated,
) -> tuple[FlowStep, ...]:
    broken = Counter(failure.code for failure in failures if failure.set_aside == "row")
    absent = Counter(next(flag for flag in NO_RESPONSE if flag in r.flags)
                     for r in respondents if set(r.flags) & set(NO_RESPONSE))
    read = reading.rows - reading.rows_set_aside
    return (
        FlowStep(form, "Rows in the export", "responses", reading.rows, 0, ""),
        FlowStep(form, "Read without a broken row", "responses", read, reading.rows_set_aside, _counts(broken)),
        FlowStep(form, "Consented, eligible, finished", "responses", answered, read - answered, _counts(absent)),
        FlowStep(form, "Screened for careless answers", "responses", screening.kept, answered - screening.kept,
                 "by the plan's rule"),
        FlowStep(form, f"One row {'a firm' if units.unit == 'firm' else 'an alliance'}",
                 "firms" if units.unit == "firm" else "alliances", units.units, 0, _units(units)),
    )


def _counts(counter: Counter[str]) -> str:
    return ", ".join(f"{what} ({n})" for what, n in counter.most_common())


def _units(units: Aggregated) -> str:
    said = []
    if units.units_with_several_informants:
        said.append(f"{units.units_with_several_informants} with several informants, averaged")
    if units.firms_with_several_alliances:
        said.append(f"{units.firms_with_several_alliances} firms with several alliances")
    return "; ".join(said)
