"""Everything a run found, as one frozen value, and its folder on disk.

The folder: ``results.json`` (all of :class:`StudyResults`), ``manifest.json`` (provenance alone),
``instrument.json`` (the questionnaire as fielded, for the viewer), ``versions.json`` (its versions
compared), ``tables/*.csv``, ``figures/*.svg`` and ``*.png``, ``report.html``.
``read_results(write_results(r)) == r``.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from instrument.errors import Finding, InputError
from instrument.model import Instrument
from pipeline.claims.report import ClaimsReport
from pipeline.comparison import GroupComparison, RivalsReport
from pipeline.data.responses import Failure, ReadingSummary
from pipeline.data.scoring import Moments, VariableSummary
from pipeline.data.screening import RespondentScreening, ScreeningSummary
from pipeline.evidence.found import NO_EVIDENCE, Evidence
from pipeline.evidence.found.factors import FactorAnalysis
from pipeline.invariance.found import InvarianceReport
from pipeline.measurement.reliability import ScaleReliability
from pipeline.ordinal.found import OrdinalRun
from pipeline.pooled import VersionsReport
from pipeline.preregistration.found import NEVER_LOCKED, Preregistration
from pipeline.probes.found import ProbesReport
from pipeline.robustness.found import SpecificationCurve
from pipeline.sem.effects import BootstrapResult, JointSignificance
from pipeline.sem.fit import Compared, Fit, differing
from pipeline.sem.monte_carlo import MonteCarloInterval
from pipeline.sensitivity.findings import SensitivityReport
from pipeline.study import StudyPlan
from pipeline.undefined import Number

RESULTS_FILE, INSTRUMENT_FILE = "results.json", "instrument.json"

SCREENED, EVERYONE = "screened", "all respondents"
"""The two sets of rows every model is estimated on."""

HEADLINE_EFFECT = "serial_capability"
"""The effect a study's finding is about: experience → function → learning → capability."""

SCHEMA = 5
"""Raised whenever a results folder written before can no longer be read."""


@dataclass(frozen=True, slots=True)
class Timing:
    step: str
    seconds: float


@dataclass(frozen=True, slots=True)
class Manifest:
    """Where the numbers come from: enough to run them again."""

    schema: int
    program_version: str
    created: str
    title: str
    synthetic: bool
    instrument_version: str
    instrument_fingerprint: str
    plan_sha256: str
    data_sha256: dict[str, str]
    packages: dict[str, str]
    python: str
    platform: str
    seed: int
    draws: int
    workers: int
    overrides: dict[str, str]
    timings: tuple[Timing, ...]
    instrument_name: str = "alliometrics"


@dataclass(frozen=True, slots=True)
class FlowStep:
    """One box of the flow of respondents: ``n`` remain, ``left_out`` went, ``why``. ``unit`` is what is counted."""

    form: str
    step: str
    unit: str
    n: int
    left_out: int
    why: str


@dataclass(frozen=True, slots=True)
class ModelRun:
    """One model on one set of rows. ``rows`` says which ("screened", "all respondents").

    Effects have bootstrap intervals in the headline's models, and Monte Carlo intervals alone in those of the theory.
    """

    id: str
    title: str
    rows: str
    level: str
    fit: Fit
    bootstrap: BootstrapResult | None
    joint: tuple[JointSignificance, ...]
    simulated: tuple[MonteCarloInterval, ...] = ()


@dataclass(frozen=True, slots=True)
class DecayRow:
    """The serial effect under another recency weight δ, of experience of another kind."""

    experience: str
    decay: float
    n: int
    est: float
    se: Number
    pvalue: Number
    std_all: Number
    converged: bool


@dataclass(frozen=True, slots=True)
class CrossCheck:
    """A model estimated by this program and by another, by maximum likelihood on its complete rows.

    Attributes
    ----------
    n
        Complete rows; every other result of the model also uses rows with gaps.
    parameters
        Empty where the other program could not be asked; ``sentence`` then says why.
    tolerance
        Standard errors by which estimates may differ and still be called the same.
    chisq_ours, chisq_theirs
        N · F at each program's estimates, both by our discrepancy.
    agrees
        Whether all differences are within the tolerance; None without a comparison.
    """

    model: str
    rows: str
    n: int
    program: str
    parameters: tuple[Compared, ...]
    tolerance: float
    chisq_ours: Number
    chisq_theirs: Number
    agrees: bool | None
    sentence: str

    @property
    def differing(self) -> tuple[Compared, ...]:
        """Parameters that are not the same by both, largest difference first; those without a standard error first."""
        return differing(self.parameters, self.tolerance)


@dataclass(frozen=True, slots=True)
class KnownTruth:
    """A parameter of the population model that made synthetic data, beside its estimate.

    ``interval_by`` says where the interval comes from, such as "percentile bootstrap". ``inside`` is None where there
    is no interval.
    """

    name: str
    true: float
    est: Number
    lower: Number
    upper: Number
    interval_by: str
    inside: bool | None


@dataclass(frozen=True, slots=True)
class Absent:
    """A model or a part of the analysis that these answers cannot be asked for, and why.

    ``id`` is a model's, or the field of :class:`StudyResults` that is empty.
    """

    id: str
    title: str
    because: str

    def __str__(self) -> str:
        return f"{self.title}: not estimated, because {self.because}."


@dataclass(frozen=True, slots=True)
class Headline:
    """The finding in plain words, within the claim limit."""

    sentence: str
    details: tuple[str, ...]
    limits: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class StudyResults:
    manifest: Manifest
    plan: StudyPlan
    headline: Headline
    flow: tuple[FlowStep, ...]
    reading: tuple[ReadingSummary, ...]
    failures: tuple[Failure, ...]
    findings: tuple[Finding, ...]
    screening: tuple[ScreeningSummary, ...]
    respondents: tuple[RespondentScreening, ...]
    variables: tuple[VariableSummary, ...]
    moments: dict[str, Moments]
    reliability: tuple[ScaleReliability, ...]
    factor_analyses: tuple[FactorAnalysis, ...]
    models: tuple[ModelRun, ...]
    crosschecks: tuple[CrossCheck, ...]
    decay: tuple[DecayRow, ...]
    known_truth: tuple[KnownTruth, ...]
    claims: ClaimsReport
    theory: tuple[ModelRun, ...]
    rivals: RivalsReport | None
    groups: tuple[GroupComparison, ...]
    probes: ProbesReport
    sensitivity: SensitivityReport | None
    robustness: SpecificationCurve | None
    preregistration: Preregistration = NEVER_LOCKED
    versions: VersionsReport | None = None
    invariance: InvarianceReport | None = None
    ordinal: tuple[OrdinalRun, ...] = ()
    evidence: Evidence = NO_EVIDENCE
    absent: tuple[Absent, ...] = ()

    def why_absent(self, what: str, otherwise: str = "") -> str:
        """Why a part of the results is empty, as a sentence; ``otherwise`` where these answers are not the reason."""
        return next((str(one) for one in self.absent if one.id == what), otherwise)

    def model(self, model_id: str, rows: str = "screened") -> ModelRun:
        """The run of ``model_id`` on ``rows``; ``KeyError`` if there is none."""
        for run in (*self.models, *self.theory):
            if (run.id, run.rows) == (model_id, rows):
                return run
        raise KeyError(f"no model {model_id!r} on rows {rows!r}")


_ADAPTER = TypeAdapter(StudyResults)


def write_results(results: StudyResults, folder: Path) -> Path:
    """Write ``results.json`` and ``manifest.json`` into ``folder`` (made if missing); returns it."""
    folder.mkdir(parents=True, exist_ok=True)
    content = _ADAPTER.dump_python(results, mode="json")
    for name, part in ((RESULTS_FILE, content), ("manifest.json", content["manifest"])):
        text = json.dumps(part, indent=1, ensure_ascii=False, allow_nan=False)
        (folder / name).write_text(text + "\n", encoding="utf-8", newline="\n")
    return folder


def read_results(folder: Path) -> StudyResults:
    """Read a results folder.

    Raises
    ------
    InputError
        ``RESULTS-MISSING`` or ``RESULTS-FORMAT``.
    """
    path = folder / RESULTS_FILE
    if not path.is_file():
        raise InputError(Finding(
            "RESULTS-MISSING", str(path), "A results folder holds results.json; there is none here.",
            "Run `alliometrics run STUDY` first, or name the folder it printed.",
        ))
    try:
        return _ADAPTER.validate_json(path.read_bytes())
    except ValidationError as error:
        place = ".".join(map(str, error.errors()[0]["loc"])) or "the whole file"
        raise InputError(Finding(
            "RESULTS-FORMAT", f"{path}, {place}", "These results are not in the format of this version.",
            "Run the study again with this version.",
        )) from error


def read_instrument(folder: Path) -> Instrument:
    """The questionnaire as fielded, from a results folder.

    Raises
    ------
    InputError
        ``RESULTS-MISSING`` or ``RESULTS-FORMAT``.
    """
    path = folder / INSTRUMENT_FILE
    again = "Run the study again, or copy its results folder again, whole."
    if not path.is_file():
        raise InputError(Finding("RESULTS-MISSING", str(path),
                                 f"A results folder holds {path.name}; this one does not.", again))
    try:
        return Instrument.model_validate_json(path.read_bytes())
    except ValueError as error:
        raise InputError(Finding("RESULTS-FORMAT", str(path),
                                 f"This file was not written by this version: {str(error)[:300]}", again)) from error
