"""Which questions a study's answers can be asked: the one place that knows that not every study is about alliances.

A model names the variables that it needs. Where the rows of its level hold them all it can be posed; where they do not
it is absent, with what is missing as the reason. Nothing asks which instrument was fielded. A form of which no model of
the theory can be asked has a model of its own all the same: that its items measure what its author says they measure.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from instrument.model import Instrument
from pipeline.claims.ledger import ledger
from pipeline.data.aggregation import with_firms
from pipeline.estimation import needed_variables
from pipeline.invariance.testing import why_not
from pipeline.models import ALL_MODELS, MEDIATION, MODELS, THEORY, ModelSpec
from pipeline.models.by_group import BY_GROUP, ByGroup
from pipeline.models.spec import Level
from pipeline.prepare import PreparedForm
from pipeline.probes import PROBED
from pipeline.results import SCREENED, Absent
from pipeline.rivals import ADVANTAGE, BEHIND, CHAIN
from pipeline.scales import reflective_scales
from pipeline.study import StudyPlan

Frames = Mapping[Level, pd.DataFrame]

SHOWN = 3
"""Variables that a reason names; the others are counted."""

FEWEST_INDICATORS = 2
"""A factor among others is identified by two indicators (Bollen 1989), a factor alone by three."""


@dataclass(frozen=True, slots=True)
class Posed:
    """A model, and the form whose rows it is asked of."""

    spec: ModelSpec
    form: PreparedForm


@dataclass(frozen=True, slots=True)
class Questions:
    """What is asked of a study.

    Attributes
    ----------
    models
        Measurement models and the headline's, each with the form that holds its variables.
    theory, groups
        What else of the theory can be asked.
    absent
        Everything that cannot, with the reason.
    """

    models: tuple[Posed, ...]
    theory: tuple[ModelSpec, ...]
    groups: tuple[ByGroup, ...]
    absent: tuple[Absent, ...]

    def can(self, what: str) -> bool:
        """Whether a model, or a part of the analysis, can be asked; by its id."""
        return all(one.id != what for one in self.absent)

    def because(self, what: str) -> str:
        """Why it cannot be asked; empty if it can."""
        return next((one.because for one in self.absent if one.id == what), "")


def level_frames(forms: Sequence[PreparedForm], rows: str) -> dict[Level, pd.DataFrame]:
    """Rows by level: firms, and alliances with what is known of their firm beside them.

    Of two forms about the same the first counts. Respondents who speak for themselves are no level of the theory.
    """
    units = {form.rows[rows].units.unit: form.rows[rows].units for form in reversed(forms)}
    frames: dict[Level, pd.DataFrame] = {}
    if "firm" in units:
        frames["firm"] = units["firm"].frame
    if "alliance" in units:
        frames["alliance"] = with_firms(units["alliance"], units["firm"]) if "firm" in units \
            else units["alliance"].frame
    return frames


def questions_for(
    forms: Sequence[PreparedForm], frames: Frames, instrument: Instrument, plan: StudyPlan | None = None,
) -> Questions:
    """Hold every model against the rows there are.

    Parameters
    ----------
    frames
        As :func:`level_frames` gives them.
    plan
        Names the groups whose respondents are compared; without it none are.
    """
    models, absent = _models(forms, instrument)
    theory = [(spec, lacking(spec, frames)) for spec in THEORY]
    groups = [(one, lacking(one.spec, frames, one.grouping)) for one in BY_GROUP]
    compared = [spec for group in (CHAIN, *((ADVANTAGE, BEHIND) if "alliance" in frames else ())) for spec, _ in group]
    no_mediation = next((one.because for one in absent if one.id == MEDIATION.id), "")
    parts = (
        ("claims", "Claims of the theory", _unconcerned(forms, instrument)),
        ("groups", "Groups of firms and of alliances", _all((why for _, why in groups), "no model could be compared")),
        ("rivals", "Rival models", _first(lacking(spec, frames) for spec in compared)),
        ("decay", "Other recency weights and kinds of experience", no_mediation),
        ("sensitivity", "Unmeasured causes, errors of measurement and other orders", no_mediation),
        ("robustness", "Robustness map", no_mediation),
        ("probes", "Interactions and the response surface", _all(
            (lacking(ALL_MODELS[probed.model], frames) for probed in PROBED),
            "no model with an interaction can be asked")),
        ("invariance", "Invariance across groups", "" if plan is None else why_not(forms, instrument, plan)),
    )
    asked: list[tuple[ModelSpec | ByGroup, str]] = [*theory, *groups]
    absent += [Absent(one.id, one.title, why) for one, why in asked if why]
    absent += [Absent(part, title, why) for part, title, why in parts if why]
    return Questions(
        models, tuple(spec for spec, why in theory if not why), tuple(one for one, why in groups if not why),
        tuple(absent))


def lacking(spec: ModelSpec, frames: Frames, *also: str) -> str:
    """Why these rows cannot be asked a model, as the end of a sentence; empty if they can.

    Parameters
    ----------
    also
        Variables that are needed besides the model's own.
    """
    if spec.level not in frames:
        return f"no form about {spec.level}s was fielded"
    missing = [name for name in (*needed_variables(spec), *also) if name not in frames[spec.level].columns]
    more = f" and {len(missing) - SHOWN} more of its variables" if len(missing) > SHOWN else ""
    return f"the answers give no {', '.join(missing[:SHOWN])}{more}" if missing else ""


def _unconcerned(forms: Sequence[PreparedForm], instrument: Instrument) -> str:
    """Why no claim of the ledger is about what these forms ask; empty if one is."""
    asked = {getattr(question, "dimension", question.id)
             for form in forms for _, question in instrument.form(form.form).questions()}
    concerned = any(asked.intersection(claim.needs) for claim in ledger())
    return "" if concerned else "the instrument asks for nothing that they are about"


def _first(reasons: Iterable[str]) -> str:
    return next((why for why in reasons if why), "")


def _all(reasons: Iterable[str], said: str) -> str:
    return said if all(reasons) else ""


# -- the models of the study --------------------------------------------------------------------------


def _models(forms: Sequence[PreparedForm], instrument: Instrument) -> tuple[tuple[Posed, ...], list[Absent]]:
    """The theory's main models where they can be asked; of every other form its own measurement model."""
    posed: list[Posed] = []
    absent: list[Absent] = []
    for spec in MODELS:
        form = next((form for form in forms if form.rows[SCREENED].units.unit == spec.level), None)
        why = lacking(spec, {} if form is None else {spec.level: form.rows[SCREENED].units.frame})
        if form is not None and not why:
            posed.append(Posed(spec, form))
        else:
            absent.append(Absent(spec.id, spec.title, why))
    for form in forms:
        if not any(one.form is form for one in posed):
            own = measurement_model(form, instrument, alone=len(forms) == 1)
            if isinstance(own, Absent):
                absent.append(own)
            else:
                posed.append(Posed(own, form))
    return tuple(posed), absent


def measurement_model(form: PreparedForm, instrument: Instrument, *, alone: bool = True) -> ModelSpec | Absent:
    """Every reflective dimension of a form as a factor behind its items, all factors correlated.

    Parameters
    ----------
    alone
        Whether this is the study's only form; the model's id names the form otherwise.
    """
    model_id = "measurement" if alone else f"measurement-{form.form}"
    title = f"Measurement model of {instrument.title}" + ("" if alone else f", form {form.form}")
    scales = reflective_scales(form, instrument, FEWEST_INDICATORS)
    if len(scales) == 1:
        scales = reflective_scales(form, instrument, FEWEST_INDICATORS + 1)
    if not scales:
        return Absent(model_id, title, "no reflective dimension of the form has enough items")
    lines = [f"{dimension} =~ {' + '.join(items)}\n" for dimension, items in scales.items()]
    return ModelSpec(id=model_id, title=title, level=form.rows[SCREENED].units.unit,
                     syntax="".join(lines))


# -- exploratory analyses -----------------------------------------------------------------------------


def exploratory_analyses(
    planned: Mapping[str, tuple[str, ...]], questions: Questions, instrument: Instrument,
) -> dict[str, tuple[str, ...]]:
    """The plan's analyses; where it names none, those that suggest themselves of forms with a model of their own.

    They are one a construct with several reflective dimensions; where no construct has, one of all of a form's.
    """
    if planned:
        return dict(planned)
    found: dict[str, tuple[str, ...]] = {}
    for posed in questions.models:
        if posed.spec in MODELS:
            continue
        scales = set(reflective_scales(posed.form, instrument, 1))
        parts = {construct.name: tuple(d.id for d in construct.dimensions if d.id in scales)
                 for construct in instrument.constructs}
        several = {name: dimensions for name, dimensions in parts.items() if len(dimensions) > 1}
        form = "" if len(questions.models) == 1 else f", form {posed.form.form}"
        found |= several or {f"all items{form}": _in_order(parts.values())}
    return found


def _in_order(parts: Iterable[tuple[str, ...]]) -> tuple[str, ...]:
    return tuple(dimension for dimensions in parts for dimension in dimensions)
