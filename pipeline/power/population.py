"""A population model: what is true of the firms whose answers are simulated.

``population.yaml`` in a study's folder is read into :class:`Population`, frozen. It lists *variables* in
causal order (each may name only variables above it as its causes), how *dimensions* are measured by the
instrument's items, and how people answer: careless ones, unanswered questions, languages, time taken.
A variable that bears the id of an observed fact is the true answer to that question. What differs from
another population is enough where that one is named as ``base`` (:mod:`pipeline.power.base`).
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, ValidationError, field_validator, model_validator

from instrument.errors import Finding, InputError
from pipeline.power.base import read_with_base
from pipeline.power.kinds import (
    AnyVariable,
    Frozen,
    Level,
    Positive,
    Product,
    Score,
    Share,
    Shared,
    Variable,
    sum_to_one,
)

POPULATION_FILE = "population.yaml"

DEPTH: dict[Level, int] = {"firm": 0, "alliance": 1, "informant": 2, "respondent": 2}
"""How fine a level is: what varies over one may depend on what varies over a coarser one."""

# -- measurement --------------------------------------------------------------------------------------


class Measured(Frozen):
    """How a dimension's items answer to it.

    The dimension is ``loading · factor + √(1 − loading²) · specific``; without a factor it stands alone.
    Its ``items`` have equal single-item reliability r with Spearman–Brown ``reliability`` for their
    mean, before rounding to scale points: ``√r · dimension + √(1 − r) · e``. ``ease`` moves all answers
    towards agreement, in standard deviations.
    """

    factor: str | None = None
    loading: Annotated[float, Field(gt=0, le=1)] = 1.0
    reliability: Annotated[float, Field(gt=0, lt=1)]
    ease: float = 0.0


class Answering(Frozen):
    """From a continuous response to a scale point.

    Attributes
    ----------
    cuts
        Scale id → cutting points between neighbouring scale points, ascending. Uneven ones make skew.
    item_ease
        Added to the ease of the first, second, … item of a dimension, so that items differ in difficulty.
    item_loading
        Added likewise to √r, so that items differ in quality.
    language_shift
        Language → item → standard deviations added for respondents in that language: a sentence that
        means more, or less, than the original does.
    """

    cuts: dict[str, tuple[float, ...]]
    item_ease: tuple[float, ...] = (0.0,)
    item_loading: tuple[float, ...] = (0.0,)
    language_shift: dict[str, dict[str, float]] = Field(default_factory=dict)


# -- people -------------------------------------------------------------------------------------------


class Pace(Frozen):
    """Log-normal seconds a question."""

    median: Positive
    log_sd: Positive


class Careless(Frozen):
    """One kind of careless respondent: share of all respondents, pace, chance of passing the attention item.

    ``own`` is the chance that an answer is nevertheless the respondent's own. ``diligence`` are the shares
    of codes they give to the diligence question.
    """

    share: Share
    pace: Pace
    attention: Share | None = Field(None, description="None: the attention item is answered like any other")
    own: Share = 0.0
    diligence: dict[int, Share] = Field(default_factory=dict)


class Missingness(Frozen):
    """Unanswered questions: who leaves them, and how many; and the codes na, dk, rf.

    The chance of being an incomplete respondent is logistic in a standardised firm-level variable
    (missing at random given that variable); its mean is ``respondents``.
    """

    respondents: Share
    depends_on: str
    slope: float
    cells: Share = Field(description="of the questions asked of an incomplete respondent, unanswered")
    never: tuple[str, ...] = Field((), description="questions that everybody answers")
    coded_incomplete: Share = Field(description="answers na, dk or rf to items among incomplete respondents")
    coded_others: Share = Field(description="the same among the others")
    coded_facts: Share = Field(description="the same to facts that offer them, everybody")
    codes: dict[str, Share]


class Participation(Frozen):
    """How many alliances of a firm, and informants of an alliance, take part; how many interviews break off."""

    alliances: dict[int, Share]
    informants: dict[int, Share]
    broken_off: Share = 0.0
    inattentive: Share = Field(0.0, description="careful respondents who miss the attention item all the same")

    _whole = field_validator("alliances", "informants")(sum_to_one)


class Fieldwork(Frozen):
    """When interviews take place, and how fast careful respondents are."""

    first_day: date
    last_day: date
    pace: Pace


# -- truth --------------------------------------------------------------------------------------------


class Regression(Frozen):
    """A regression coefficient of the tested model: ``outcome`` on ``cause``, given all of its regressors."""

    outcome: str
    cause: str


class Truth(Frozen):
    """Which true values are wanted, on the scale on which the tested model estimates them.

    Attributes
    ----------
    firms, seed
        Size and seed of the large clean population in which what has no closed form is computed.
    markers
        Latent variable → the dimension or item whose score gives it its scale (loading fixed to 1).
    covariates
        Regressors of every equation besides the causes named in ``paths``.
    paths
        Label → path.
    effects
        Name → sum of products of labels, e.g. ``c1 + a1*c2``.
    """

    firms: Annotated[int, Field(ge=1000)] = 1_000_000
    seed: Annotated[int, Field(ge=0)] = 0
    markers: dict[str, str] = Field(default_factory=dict)
    covariates: tuple[str, ...] = ()
    paths: dict[str, Regression] = Field(default_factory=dict)
    effects: dict[str, str] = Field(default_factory=dict)

    def regressors(self, outcome: str) -> tuple[str, ...]:
        """All regressors of an outcome's equation in the tested model."""
        return (*(p.cause for p in self.paths.values() if p.outcome == outcome), *self.covariates)


NEEDED_TO_ANSWER = ("dimensions", "answering", "participation", "fieldwork")
"""Sections that a population may leave out as long as nobody is to answer."""

# What stands in the place of a section that is not stated. Nothing is measured, nobody reports on an alliance, there is
# one day without interviews: no variable depends on it, and simulating answers is refused before it is looked at.
_NO_ANSWERING = Answering(cuts={})
_NO_PARTICIPATION = Participation(alliances={0: 1.0}, informants={1: 1.0})
_NO_FIELDWORK = Fieldwork(first_day=date.min, last_day=date.min, pace=Pace(median=1.0, log_sd=1.0))


class Population(Frozen):
    """Everything that is true of the simulated firms and of the people who answer.

    To plan, variables alone will do. The sections in :data:`NEEDED_TO_ANSWER` are needed once somebody is to answer;
    :meth:`not_stated` names those that are left out.
    """

    year: int = Field(description="the survey's year")
    shared: Shared = Shared()
    variables: dict[str, AnyVariable]
    dimensions: dict[str, Measured] = Field(default_factory=dict)
    answering: Answering = _NO_ANSWERING
    careless: dict[Literal["straight", "random", "speeder"], Careless] = Field(default_factory=dict)
    missingness: Missingness | None = None
    participation: Participation = _NO_PARTICIPATION
    fieldwork: Fieldwork = _NO_FIELDWORK
    truth: Truth = Truth()

    @field_validator("variables")
    @classmethod
    def _level_of_products(cls, variables: dict[str, AnyVariable]) -> dict[str, AnyVariable]:
        """A product varies over what the finest of its factors varies over."""
        levelled = dict(variables)
        for name, variable in variables.items():
            if isinstance(variable, Product):
                levels = [levelled[factor].level for factor in variable.of if factor in levelled]
                finest = max(levels, key=DEPTH.__getitem__, default=variable.level)
                if "level" in variable.model_fields_set and variable.level != finest:
                    raise ValueError(f"{name} varies over each {finest}, as its factors do, not {variable.level}")
                levelled[name] = variable.model_copy(update={"level": finest})
        return levelled

    @model_validator(mode="after")
    def _causal_order(self) -> Population:
        problems = list(self._misplaced())
        if problems:
            raise ValueError("; ".join(problems))
        return self

    def _misplaced(self) -> Iterator[str]:
        seen: dict[str, Variable] = {}
        for name, variable in self.variables.items():
            for parent in self.parents(name):
                if parent not in seen:
                    yield f"variables.{name} names {parent}, which is not a variable above it"
                elif seen[parent].level == "respondent" or DEPTH[seen[parent].level] > DEPTH[variable.level]:
                    yield f"variables.{name} varies over each {variable.level} and cannot depend on {parent}"
            if isinstance(variable, Score) and variable.dimension not in self.dimensions:
                yield f"variables.{name} is the score of {variable.dimension}, which is no dimension"
            seen[name] = variable
        for dimension, measured in self.dimensions.items():
            if measured.factor is not None and measured.factor not in self.variables:
                yield f"dimensions.{dimension} names {measured.factor}, which is no variable"
        if self.missingness is not None:
            predictor = self.variables.get(self.missingness.depends_on)
            if predictor is None or predictor.level != "firm":
                yield f"missingness depends on {self.missingness.depends_on}, which is no variable of the firm"
        if sum(kind.share for kind in self.careless.values()) > 1:
            yield "careless shares sum to more than 1"

    def not_stated(self) -> tuple[str, ...]:
        """Sections without which nobody can answer, and which this population leaves out."""
        return tuple(section for section in NEEDED_TO_ANSWER if section not in self.model_fields_set)

    def parents(self, name: str) -> tuple[str, ...]:
        """Variables that a variable is made from; a score is made from the factor of its dimension."""
        variable = self.variables[name]
        if not isinstance(variable, Score):
            return variable.parents()
        measured = self.dimensions.get(variable.dimension)
        return () if measured is None or measured.factor is None else (measured.factor,)

    def ancestors(self, names: tuple[str, ...]) -> tuple[str, ...]:
        """``names`` and everything they are made from, in causal order."""
        wanted = set(names)
        for name in reversed(self.variables):
            if name in wanted:
                wanted.update(self.parents(name))
        return tuple(name for name in self.variables if name in wanted)


def load_population(study: Path) -> Population:
    """Read ``population.yaml`` of a study's folder.

    Raises
    ------
    InputError
        ``POPULATION-MISSING``, ``POPULATION-YAML``, ``POPULATION-BASE`` or ``POPULATION-MODEL``, every broken key at
        once.
    """
    path = study / POPULATION_FILE
    if not path.is_file():
        raise InputError(Finding(
            "POPULATION-MISSING", str(path),
            "A rehearsal needs a population.yaml beside study.yaml; there is none here.",
            "Copy the one in data/sample and state what you expect to be true.",
        ))
    content = read_with_base(path, "POPULATION-YAML")
    try:
        return Population.model_validate(content)
    except ValidationError as error:
        raise InputError(
            Finding(
                "POPULATION-MODEL", f"{path}, key {'.'.join(map(str, e['loc'])) or '(top)'}",
                f"{e['msg']}; found {e['input']!r:.80}.", "docs/rehearsal.md explains every key.",
            )
            for e in error.errors()
        ) from error
