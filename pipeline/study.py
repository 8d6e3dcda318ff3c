"""The study plan: every decision that shapes a result, written before the data are seen.

``study.yaml`` in a study's folder is read into :class:`StudyPlan`, frozen. The command line may
override draws, seed and workers for a run; the manifest says so where it happened.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field, ValidationError, field_serializer
from pydantic_core import ErrorDetails

from instrument.errors import Finding, InputError
from pipeline.frozen import Frozen
from pipeline.measurement_plan import AgreementPlan, MeasurementPlan, NonresponsePlan
from pipeline.yaml_file import read_yaml_file

PLAN_FILE = "study.yaml"

Platform = Literal[
    "qualtrics", "limesurvey", "xlsform", "kobo", "odk", "redcap", "surveyjs", "html", "paper", "spss", "excel",
    "csv",
]
"""Platforms and files that answers are read from."""

Flag = Literal[
    "attention", "speed", "longstring", "irv", "even_odd", "mahalanobis", "synonyms", "antonyms", "knowledge",
    "diligence",
]


class FormSource(Frozen):
    """One file with answers to a form.

    ``labels`` is the same export with choice text, to verify codes by. ``version`` is the instrument version that was
    fielded, for exports whose rows do not say it.
    """

    platform: Platform
    file: str
    labels: str | None = None
    version: str | None = None


def _always_several(written: Any) -> Any:
    """A form with one file may be written as a single mapping."""
    return (written,) if isinstance(written, Mapping | FormSource) else written


def _at_least_one(sources: tuple[FormSource, ...]) -> tuple[FormSource, ...]:
    if not sources:
        raise ValueError("a form that was fielded has at least one file")
    return sources


Sources = Annotated[tuple[FormSource, ...], BeforeValidator(_always_several), AfterValidator(_at_least_one)]


class ScreeningPlan(Frozen):
    """Cut-offs for each flag, and the rule that excludes: any of ``any_of``, or ``at_least`` of ``of``."""

    seconds_per_item: float = Field(2.0, gt=0)
    longstring_share: float = Field(0.5, gt=0, le=1, description="of the scale items asked")
    irv_below: float = Field(0.5, ge=0)
    even_odd_below: float = Field(0.30, ge=-1, le=1)
    mahalanobis_level: float = Field(0.99, gt=0, lt=1)
    synonym_pairs_above: float = Field(0.60, gt=0, lt=1, description="its negative makes antonyms")
    synonyms_below: float = Field(0.22, ge=-1, le=1)
    antonyms_above: float = Field(-0.03, ge=-1, le=1)
    knowledge_below: float = 4
    any_of: tuple[Flag, ...] = ("attention", "speed")
    at_least: Annotated[int, Field(ge=1)] = 2
    of: tuple[Flag, ...] = ("longstring", "irv", "even_odd", "mahalanobis", "diligence")


class ScoringPlan(Frozen):
    """How answers become variables. ``decay`` is δ in ``exp_rw``; ``decay_alternatives`` are reported beside it."""

    decay: float = Field(0.9, gt=0, le=1)
    decay_alternatives: tuple[float, ...] = (1.0, 0.9, 0.8, 0.7, 0.5)


class FactorPlan(Frozen):
    """Exploratory factor analysis of the items of the named dimensions, one analysis a name."""

    method: Literal["ml", "minres"] = "ml"
    rotation: Literal["oblimin", "promax", "varimax", "geomin", "target", "none"] = Field(
        "oblimin", description="target: a factor for each dimension, loadings of others' items aimed at 0")
    factors: Literal["parallel", "parallel-fa", "map", "kaiser", "hull"] | Annotated[int, Field(ge=1)] = "parallel"
    correlation: Literal["pearson", "polychoric"] = "pearson"
    parallel_draws: int = Field(500, ge=50)
    parallel_percentile: float = Field(95, gt=0, lt=100)
    analyses: dict[str, tuple[str, ...]] = Field(default_factory=dict)


class BootstrapPlan(Frozen):
    draws: int = Field(5000, ge=1)
    sensitivity_draws: int = Field(1000, ge=1, description="of the same model with the excluded respondents kept")
    level: float = Field(0.95, gt=0.5, lt=1)


class ClaimsPlan(Frozen):
    """Which claims of the theory are decided, and how small an effect may be and still count as none.

    ``decide`` are ids of the ledger; of these, only claims about any of ``constructs`` are decided.
    ``smallest_effect`` is the smallest standardised coefficient that would matter; ``smallest_indirect`` the same of an
    effect that is a product of paths. An interval wholly inside ± that value speaks against a claim.
    """

    decide: Literal["all"] | tuple[str, ...] = "all"
    constructs: Literal["all"] | tuple[str, ...] = "all"
    smallest_effect: float = Field(0.10, gt=0, lt=1)
    smallest_indirect: float = Field(0.02, gt=0, lt=1)


class SensitivityPlan(Frozen):
    """What the indirect effects are held against: unmeasured confounders and errors of measurement."""

    residual_correlations: tuple[Annotated[float, Field(gt=-1, lt=1)], ...] = (
        -0.6, -0.5, -0.4, -0.3, -0.2, -0.1, 0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6)
    reliabilities: tuple[Annotated[float, Field(gt=0, le=1)], ...] = (0.7, 0.8, 0.9, 1.0)


class RobustnessPlan(Frozen):
    """The specifications of the robustness map: every combination of what is listed here, ``draws`` resamples each.

    ``wlsmv`` takes answers as ordered categories. It has no full-information likelihood and is combined with one way to
    treat missing values: ``listwise`` if that is listed, else pair by pair. It is not resampled.

    ``exclusions`` are the plan's rule, every flag, or nobody; ``function`` is the 0/1 presence of the dedicated
    function or the index of its maturity. ``draws`` of 0 leaves the map out.
    """

    draws: int = Field(500, ge=0)
    estimators: tuple[Literal["ml", "mlr", "wlsmv"], ...] = Field(("ml", "mlr", "wlsmv"), min_length=1)
    missing: tuple[Literal["listwise", "fiml"], ...] = Field(("listwise", "fiml"), min_length=1)
    exclusions: tuple[Literal["plan", "strict", "none"], ...] = Field(("plan", "strict", "none"), min_length=1)
    covariates: dict[str, tuple[str, ...]] = Field(min_length=1, default_factory=lambda: {
        "all": ("lnsize", "firmage", "tmco", "ind_tech", "ind_serv"), "size": ("lnsize",), "none": ()})
    decays: tuple[Annotated[float, Field(gt=0, le=1)], ...] = Field((1.0, 0.9, 0.8, 0.7, 0.5), min_length=1)
    function: tuple[Literal["presence", "index"], ...] = Field(("presence", "index"), min_length=1)


class InvariancePlan(Frozen):
    """Which scales are tested for measuring alike in which groups of respondents.

    ``by`` are groupings: ``language`` of the respondent, ``size`` (halves of the firms at their median), ``version`` of
    the instrument, or the id of a question with one choice, such as ``indus``; none leaves the tests out. ``available``
    answers of respondents with gaps are used by full information under ``mlr``, pair by pair under ``wlsmv``. ``level``
    is that of the search for items that differ, adjusted for their number. Fewer rows than ``smallest_group`` are no
    group. ``merge_rare`` merges answer categories of ordered items that hardly anybody in a group gave.
    """

    by: tuple[str, ...] = ("language", "size")
    constructs: Literal["all"] | tuple[str, ...] = "all"
    estimator: Literal["mlr", "wlsmv"] = "mlr"
    missing: Literal["available", "listwise"] = "available"
    level: float = Field(0.05, gt=0, lt=0.5)
    smallest_group: int = Field(100, ge=20)
    permutations: int = Field(0, ge=0)
    merge_rare: bool = True
    second_opinion: bool = Field(True, description="a ladder of ordered items where the first does not hold")


class PowerPlan(Frozen):
    """The grid of `alliometrics power`: numbers of firms, multiples of the true effect, shares missing and careless.

    ``model`` is the id of a model of the study, or a file with one in lavaan's language; ``effect`` the defined effect
    that is to be found. None among ``missing`` and ``careless`` stands for the population's own share.
    """

    model: str = "M1"
    effect: str = "serial_capability"
    sizes: tuple[Annotated[int, Field(ge=2)], ...] = (175, 250, 350, 500)
    effects: tuple[Annotated[float, Field(ge=0)], ...] = (1.0,)
    missing: tuple[Annotated[float, Field(ge=0, lt=1)] | None, ...] = (None,)
    careless: tuple[Annotated[float, Field(ge=0, lt=1)] | None, ...] = (None,)
    replications: int = Field(1000, ge=1)
    monte_carlo_draws: int = Field(4000, ge=100)


class StudyPlan(Frozen):
    """One study's frozen decisions.

    ``instrument`` is the version whose scales are analysed, ``further_versions`` are others whose answers are taken in
    as well; :mod:`pipeline.pooling` says what of them may be pooled.
    """

    title: str
    synthetic: bool
    description: str = ""
    instrument: str
    further_versions: tuple[str, ...] = ()
    languages: tuple[str, ...]
    optional_blocks: tuple[str, ...] = ()
    forms: dict[str, Sources]
    screening: ScreeningPlan = ScreeningPlan()
    scoring: ScoringPlan = ScoringPlan()
    factors: FactorPlan = FactorPlan()
    bootstrap: BootstrapPlan = BootstrapPlan()
    claims: ClaimsPlan = ClaimsPlan()
    sensitivity: SensitivityPlan = SensitivityPlan()
    robustness: RobustnessPlan = RobustnessPlan()
    invariance: InvariancePlan = InvariancePlan()
    measurement: MeasurementPlan = MeasurementPlan()
    agreement: AgreementPlan = AgreementPlan()
    nonresponse: NonresponsePlan = NonresponsePlan()
    second_wave: dict[str, Sources] = Field(default_factory=dict, description="answers of the same informants later")
    power: PowerPlan = PowerPlan()
    level: float = Field(0.95, gt=0.5, lt=1, description="of every interval that is no bootstrap interval")
    seed: int = Field(ge=0)

    @field_serializer("forms", "second_wave")
    def _one_without_a_list(
        self, forms: dict[str, tuple[FormSource, ...]]
    ) -> dict[str, FormSource | tuple[FormSource, ...]]:
        """As plans are written: a form with one file is a single mapping."""
        return {form: sources[0] if len(sources) == 1 else sources for form, sources in forms.items()}

    @property
    def sources(self) -> tuple[FormSource, ...]:
        """Every file with answers, form after form, the second wave's last."""
        waves = (self.forms, self.second_wave)
        return tuple(source for wave in waves for sources in wave.values() for source in sources)


def load_plan(study: Path) -> StudyPlan:
    """Read ``study.yaml`` of a study's folder.

    Raises
    ------
    InputError
        ``STUDY-MISSING``, ``STUDY-YAML`` or ``STUDY-PLAN``, every broken key at once.
    """
    path = study / PLAN_FILE
    if not path.is_file():
        raise InputError(Finding(
            "STUDY-MISSING", str(path), "A study is a folder with a study.yaml; there is none here.",
            "Name the folder that holds study.yaml, or copy data/sample as a start.",
        ))
    content = read_yaml_file(path, "STUDY-YAML")
    try:
        return StudyPlan.model_validate(content)
    except ValidationError as error:
        raise InputError(
            Finding(
                "STUDY-PLAN", f"{path}, key {_key(e['loc'], content)}",
                _broken(e), "See docs/study.md for every key and its values.",
            )
            for e in error.errors()
        ) from error


def _key(location: tuple[int | str, ...], content: Any) -> str:
    """The key as it stands in the file: without a place in a list where no list was written."""
    parts = []
    for part in location:
        if isinstance(part, int) and isinstance(content, Mapping):
            continue
        parts.append(str(part))
        try:
            content = content[part]
        except (KeyError, IndexError, TypeError):
            content = None
    return ".".join(parts) or "(top)"


def _broken(error: ErrorDetails) -> str:
    """What is wrong with one key, in words."""
    if error["type"] == "missing":
        return "This key is required and is not there."
    if error["type"] == "extra_forbidden":
        return "A plan has no such key; is it misspelt?"
    return f"{error['msg']}; found {error['input']!r:.80}."
