"""One simulated study's rows: firms of the population, careless answers among theirs, and what is left unanswered."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from instrument.model import Fact, Instrument, Item
from pipeline.power import kinds
from pipeline.power.carelessness import CAREFUL, Kinds, assign_kinds
from pipeline.power.missingness import incomplete_respondents
from pipeline.power.population import Careless, Missingness, Pace, Population
from pipeline.power.streams import Streams
from pipeline.power.target import FORM, Column, items
from pipeline.power.world import World, firms_only

Array = NDArray[np.float64]

_NO_PACE = Pace(median=1.0, log_sd=1.0)
_RANDOM: dict[str, Careless] = {"random": Careless(share=1.0, pace=_NO_PACE)}
_AT_RANDOM = Missingness(respondents=1.0, depends_on="", slope=0.0, cells=0.0, coded_incomplete=0.0, coded_others=0.0,
                         coded_facts=0.0, codes={})
"""Missing completely at random: every cell has the same chance."""

_DERIVED = (kinds.Log, kinds.Decades, kinds.Indicator, kinds.Experience, kinds.Percent)


@dataclass(frozen=True)
class Source:
    """A population with its careless and missing answers as one cell of the grid wants them.

    Attributes
    ----------
    missingness
        None where nothing is missing.
    """

    population: Population
    instrument: Instrument
    columns: tuple[Column, ...]
    missingness: Missingness | None

    @property
    def gaps(self) -> bool:
        return self.missingness is not None


def source(
    population: Population, instrument: Instrument, columns: tuple[Column, ...], *, missing: float | None,
    careless: float | None,
) -> Source:
    """Set the shares of missing and of careless answers; None leaves the population's own."""
    if careless is not None:
        population = population.model_copy(update={"careless": _rescaled(population.careless, careless)})
    return Source(population, instrument, columns, _missingness(population.missingness, missing))


def _rescaled(own: Mapping[Any, Careless], share: float) -> dict[str, Careless]:
    """Kinds of careless respondents in the proportions they have; all answer at random if there are none."""
    total = sum(kind.share for kind in own.values())
    whole = own if total > 0 else _RANDOM
    return {name: kind.model_copy(update={"share": share * kind.share / (total or 1.0)}) for name, kind in whole.items()
            if share > 0}


def _missingness(own: Missingness | None, share: float | None) -> Missingness | None:
    """The mechanism with this share of the answers missing; more incomplete respondents before emptier answers."""
    if share is None:
        return own
    if share == 0:
        return None
    if own is None:
        return _AT_RANDOM.model_copy(update={"cells": share})
    theirs = 1 - (1 - own.cells) * (1 - own.coded_incomplete)
    respondents = min(1.0, share / theirs) if theirs > 0 else 1.0
    return own.model_copy(update={"respondents": respondents, "cells": share / respondents, "coded_incomplete": 0.0,
                                  "coded_others": 0.0, "coded_facts": 0.0})


def draw_rows(source: Source, n: int, seed: int) -> Array:
    """(n, columns) rows of one study, NaN where missing.

    Parameters
    ----------
    seed
        Of this study alone; every variable, item and chance has a stream of its own.
    """
    streams = Streams(seed)
    world = World(source.population, source.instrument, firms_only(n), streams, _wanted(source))
    who = assign_kinds(source.population, FORM, n, streams)
    incomplete = _incomplete(source, world, n, streams)
    answers = _Answers(source, world, who, incomplete)
    return np.column_stack([answers.column(column) for column in source.columns])


def _wanted(source: Source) -> tuple[str, ...]:
    population = source.population
    named = [c.source for c in source.columns if c.kind == "variable"]
    scored = {c.source for c in source.columns if c.kind == "score"}
    if asked := {c.source for c in source.columns if c.kind == "item"}:
        scored |= {i.dimension for i in items(source.instrument, list(population.dimensions)) if i.id in asked}
    named += [factor for d in population.dimensions if d in scored and (factor := population.dimensions[d].factor)]
    if population.answering.language_shift:
        named.append("language")
    if source.missingness is not None and source.missingness.depends_on:
        named.append(source.missingness.depends_on)
    return tuple(dict.fromkeys(named))


def _incomplete(source: Source, world: World, n: int, streams: Streams) -> NDArray[np.bool_]:
    plan = source.missingness
    if plan is None:
        return np.zeros(n, dtype=bool)
    if not plan.depends_on:
        return np.ones(n, dtype=bool)
    predictor = np.asarray(world.value(plan.depends_on, "firm"), dtype=np.float64)
    return incomplete_respondents(plan, predictor, FORM, streams)


class _Answers:
    """What the firms' informants answer, question by question."""

    def __init__(self, source: Source, world: World, who: Kinds, incomplete: NDArray[np.bool_]) -> None:
        self.source, self.world, self.who, self.incomplete = source, world, who, incomplete
        self.careless = bool((who != CAREFUL).any())
        self.line: Array | None = None
        self.asked: dict[str, Item | Fact] = {}
        if source.population.dimensions or source.population.missingness is not None:
            self.asked = {q.id: q for _, q in source.instrument.form(FORM).questions() if isinstance(q, Item | Fact)}

    def column(self, column: Column) -> Array:
        if column.kind == "item":
            return self._item(column.source)
        if column.kind == "score":
            parts = [self._item(item.id) for item in self.source.instrument.items(column.source, FORM)]
            mean: Array = np.mean(parts, axis=0)
            return mean
        values = np.array(self.world.value(column.source, "firm"), dtype=np.float64)
        if column.answered:
            return self._without(self._noise(values, column.name), column.name)
        for question in self._questions(column.source):
            values = self._without(values, question)
        return values

    def _item(self, item_id: str) -> Array:
        """Keyed answers to an item; careless ones are given before keying."""
        item = self.asked[item_id]
        assert isinstance(item, Item)
        points = np.array([int(option.code) for option in self.source.instrument.scale(item.scale).points])
        codes = self.world.item(item, FORM)
        if self.careless:
            rng, n = self._rng("careless", item_id), len(codes)
            u, keep = rng.random(n), rng.random(n)
            if self.line is None:
                self.line = self.world.streams.of(f"careless.line@{FORM}").random(n)
            for kind, rule in self.source.population.careless.items():
                place = self.line if kind == "straight" else u
                careless = (self.who == kind) & (keep >= rule.own)
                codes = np.where(careless, points[(place * len(points)).astype(int)], codes)
        keyed = points.min() + points.max() - codes if item.reversed else codes
        return self._without(keyed.astype(np.float64), item_id)

    def _noise(self, values: Array, name: str) -> Array:
        """Careless firms' values of a continuous indicator: noise of the indicator's mean and standard deviation."""
        if not self.careless:
            return values
        noise = self._rng("careless", name).standard_normal(len(values)) * values.std() + values.mean()
        return np.where(self.who != CAREFUL, noise, values)

    def _questions(self, name: str) -> tuple[str, ...]:
        """Questions a variable that is scored is made from; none if it is no answer."""
        if name in self.asked:
            return (name,)
        variable = self.source.population.variables[name]
        if not isinstance(variable, _DERIVED):
            return ()
        return tuple(dict.fromkeys(q for parent in variable.parents() for q in self._questions(parent)))

    def _without(self, values: Array, question_id: str) -> Array:
        """The same with NaN where the question is not answered."""
        plan, question = self.source.missingness, self.asked.get(question_id)
        if plan is None or question_id in plan.never or (isinstance(question, Fact) and question.required):
            return values
        rng = self._rng("missing", question_id)
        empty, coded = rng.random(len(values)), rng.random(len(values))
        gap = self.incomplete & (empty < plan.cells)
        if question is not None and plan.codes:
            offered = {option.code for option in self.source.instrument.options(question)} & set(plan.codes)
            chance = (np.where(self.incomplete, plan.coded_incomplete, plan.coded_others) if isinstance(question, Item)
                      else np.full(len(values), plan.coded_facts))
            gap |= (coded < chance) & bool(offered)
        return np.where(gap, np.nan, values)

    def _rng(self, what: str, name: str) -> np.random.Generator:
        return self.world.streams.of(f"{what}.{name}@{FORM}")
