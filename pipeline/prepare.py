"""From exports to analysable rows: read, validate, screen, pool, score, aggregate, and count what was left out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from instrument.errors import Finding, InputError
from instrument.model import Form, Instrument
from pipeline.data.aggregation import Aggregated, to_units
from pipeline.data.disagreement import agreement_rule
from pipeline.data.responses import Failure, ReadingSummary, Responses
from pipeline.data.scoring import Scores, score
from pipeline.data.screening import NO_RESPONSE, RespondentScreening, ScreeningSummary, kept
from pipeline.intake import FormIntake, each_told, source_findings, take_in, versions_taken_in
from pipeline.pooled import VersionRows, VersionsReport
from pipeline.pooling import (
    Pooled,
    dimensions_told,
    facts_told,
    pool,
    pooled_answers,
    version_differences,
    with_forms,
)
from pipeline.progress import Progress
from pipeline.results import EVERYONE, SCREENED, FlowStep
from pipeline.screening_by_version import screen_by_version
from pipeline.study import StudyPlan

ROUNDED = 0.005
"""By which known shares of a population may miss 1."""


@dataclass(frozen=True, slots=True)
class Rows:
    """One set of respondents of one form: their answers, scores, and the units they speak for."""

    responses: Responses
    scores: Scores
    units: Aggregated


@dataclass(frozen=True, slots=True)
class PreparedForm:
    """One form, ready for analysis; ``rows`` by :data:`SCREENED` and :data:`EVERYONE`.

    ``intake`` is what came through the door, ``pooled`` how answers to several versions were put together.
    """

    form: str
    intake: FormIntake
    pooled: Pooled
    screening: ScreeningSummary
    respondents: tuple[RespondentScreening, ...]
    rows: dict[str, Rows]
    flow: tuple[FlowStep, ...]

    @property
    def readings(self) -> tuple[ReadingSummary, ...]:
        """One a file."""
        return self.intake.readings

    @property
    def failures(self) -> tuple[Failure, ...]:
        return self.intake.failures

    @property
    def findings(self) -> tuple[Finding, ...]:
        """What is odd among the answers, beginning with the files they came in."""
        rows = self.rows[SCREENED]
        return (*self.intake.findings, *rows.scores.findings, *rows.units.findings)


def prepare(study: Path, plan: StudyPlan, instrument: Instrument, form: str) -> PreparedForm:
    """Take one form from its exports to scored, aggregated rows.

    Raises
    ------
    InputError
        If a file cannot be read as this form's export, or nothing usable is left.
    """
    versions = versions_taken_in(study, plan, instrument)
    intake = take_in(study, plan, versions, form)
    respondents, screening = screen_by_version(intake.responses, versions, plan.screening)
    fielded = tuple(intake.responses.meta["instrument_version"].unique())
    pooled = pool(versions, form, fielded, plan.optional_blocks)
    answered = _who_answered(intake.responses, respondents)
    rows = {
        SCREENED: _rows(kept(intake.responses, respondents), pooled, plan),
        EVERYONE: _rows(answered, pooled, plan),
    }
    flow = _flow(intake, len(answered.values), respondents, screening, rows[SCREENED].units)
    return PreparedForm(form, intake, pooled, screening, respondents, rows, flow)


def prepare_all(study: Path, plan: StudyPlan, instrument: Instrument, progress: Progress) -> list[PreparedForm]:
    """Every form; what is wrong with each is told at once."""
    def one(form: str) -> PreparedForm:
        try:
            return prepare(study, plan, instrument, form)
        finally:
            progress.advance()

    return each_told(plan.forms, one)


def analysed_instrument(instrument: Instrument, forms: Sequence[PreparedForm]) -> Instrument:
    """The instrument by whose scales the forms are analysed: without items that pooled scores leave out."""
    changed: list[Form] = [one.pooled.form for one in forms if one.pooled.form is not instrument.form(one.form)]
    return with_forms(instrument, changed) if changed else instrument


def versions_report(plan: StudyPlan, forms: Sequence[PreparedForm]) -> VersionsReport | None:
    """What was pooled over versions, and what not; None for a study with one version."""
    if not plan.further_versions:
        return None
    read = {one.form: _by_version(one, one.intake.responses) for one in forms}
    analysed = {one.form: _by_version(one, one.rows[SCREENED].responses) for one in forms}
    return VersionsReport(
        reference=forms[0].pooled.reference.version,
        rows=tuple(VersionRows(one.form, version, n, analysed[one.form][version])
                   for one in forms for version, n in read[one.form].items()),
        refused=tuple(refused for one in forms for refused in one.intake.refused),
        differences=version_differences([one.pooled for one in forms], plan.languages, plan.optional_blocks),
        dimensions=tuple(d for one in forms for d in dimensions_told(one.pooled, analysed[one.form])),
        facts=tuple(f for one in forms for f in facts_told(one.pooled, analysed[one.form])),
    )


def _by_version(form: PreparedForm, responses: Responses) -> dict[str, int]:
    """Rows of each version, the reference first."""
    stamps = responses.meta["instrument_version"]
    return {version: int(stamps.eq(version).sum()) for version in form.pooled.versions}


def check_forms(plan: StudyPlan, instrument: Instrument, study: Path | None = None) -> None:
    """What the plan names must exist before any file is opened.

    Raises
    ------
    InputError
        ``STUDY-FORM``, ``STUDY-VERSION``, ``STUDY-SOURCE``, ``STUDY-LANGUAGE``, ``STUDY-BLOCK``, ``STUDY-DIMENSION``,
        ``STUDY-NONRESPONSE``,
        all at once.
    """
    findings = []
    there = {form.id: form for form in instrument.forms}
    known = (
        ("STUDY-FORM", "forms", tuple(plan.forms), tuple(there)),
        ("STUDY-FORM", "second_wave", tuple(plan.second_wave), tuple(plan.forms)),
        ("STUDY-LANGUAGE", "languages", plan.languages, instrument.languages),
        ("STUDY-BLOCK", "optional_blocks", plan.optional_blocks,
         tuple(block.id for form in instrument.forms for block in form.blocks if block.optional)),
        ("STUDY-DIMENSION", "factors.analyses", tuple(d for dims in plan.factors.analyses.values() for d in dims),
         tuple(instrument.dimensions)),
    )
    for code, key, named, choices in known:
        findings += [
            Finding(code, f"study.yaml, {key}", f"Instrument {instrument.version} has no {name!r}.",
                    f"Choose from: {', '.join(choices)}.")
            for name in named if name not in choices
        ]
    findings += [
        Finding("STUDY-NONRESPONSE", f"study.yaml, nonresponse.population.{question}",
                f"The shares of a population add up to 1; these to {sum(shares.values()):.3f}.",
                "Give every option its share, one for all others among them.")
        for question, shares in plan.nonresponse.population.items() if abs(sum(shares.values()) - 1) > ROUNDED
    ]
    try:
        versions = versions_taken_in(study or Path(), plan, instrument)
    except InputError as error:
        findings += list(error.findings)
    else:
        findings += list(source_findings(plan, versions))
    if findings:
        raise InputError(findings)


def sources(study: Path, plan: StudyPlan) -> dict[str, Path]:
    """Every data file the plan names, by name."""
    files = [name for source in plan.sources for name in (source.file, source.labels) if name]
    return {name: study / name for name in files}


def _who_answered(responses: Responses, respondents: tuple[RespondentScreening, ...]) -> Responses:
    """Everybody who gave a usable interview: no consent, not eligible or broken off is no answer, careless or not."""
    gone = {r.response_id for r in respondents if set(r.flags) & set(NO_RESPONSE)}
    there = ~responses.meta["response_id"].isin(gone)
    return replace(responses, values=responses.values[there], reasons=responses.reasons[there],
                   texts=responses.texts[there], meta=responses.meta[there])


def _rows(responses: Responses, pooled: Pooled, plan: StudyPlan) -> Rows:
    responses = pooled_answers(pooled, responses)
    scores = score(responses, pooled.instrument, plan.scoring)
    rule = agreement_rule(responses, pooled.instrument, plan.agreement)
    return Rows(responses, scores, to_units(scores, responses, pooled.form, rule))


def _flow(
    intake: FormIntake, answered: int, respondents: tuple[RespondentScreening, ...], screening: ScreeningSummary,
    units: Aggregated,
) -> tuple[FlowStep, ...]:
    broken = Counter(failure.code for failure in intake.failures if failure.set_aside == "row")
    absent = Counter(next(flag for flag in NO_RESPONSE if flag in r.flags)
                     for r in respondents if set(r.flags) & set(NO_RESPONSE))
    rows, aside = (sum(getattr(one, name) for one in intake.readings) for name in ("rows", "rows_set_aside"))
    form, read = intake.form, rows - aside
    files = "the export" if len(intake.readings) == 1 else f"{len(intake.readings)} exports"
    return (
        FlowStep(form, f"Rows in {files}", "responses", rows, 0, ""),
        FlowStep(form, "Read without a broken row", "responses", read, aside, _counts(broken)),
        FlowStep(form, "Consented, eligible, finished", "responses", answered, read - answered, _counts(absent)),
        FlowStep(form, "Screened for careless answers", "responses", screening.kept, answered - screening.kept,
                 "by the plan's rule"),
        FlowStep(form, f"One row {'an alliance' if units.unit == 'alliance' else f'a {units.unit}'}",
                 f"{units.unit}s", units.units, 0, _units(units)),
    )


def _counts(counter: Counter[str]) -> str:
    return ", ".join(f"{what} ({n})" for what, n in counter.most_common())


def _units(units: Aggregated) -> str:
    said = []
    if units.units_with_several_informants:
        gone = sum(units.set_missing.values())
        said.append(f"{units.units_with_several_informants} with several informants, averaged"
                    + (f" but for {gone} scale scores on which they disagree" if gone else ""))
    if units.firms_with_several_alliances:
        said.append(f"{units.firms_with_several_alliances} firms with several alliances")
    return "; ".join(said)
