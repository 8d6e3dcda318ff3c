"""Firms, their alliances and informants with true values for every variable, and their candid answers.

A :class:`World` draws what a :class:`~pipeline.power.population.Population` describes: first variables in
causal order, then, for any item asked for, the answer of an attentive respondent. Carelessness and
missing answers come later (:mod:`pipeline.power.carelessness`, :mod:`pipeline.power.missingness`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from instrument.errors import Finding, InputError
from instrument.model import Form, Instrument, Item
from pipeline.power.kinds import Level, Shared
from pipeline.power.population import Population
from pipeline.power.streams import Streams
from pipeline.power.variables import draw

Array = NDArray[np.float64]
Codes = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Sampling:
    """Who is asked: ``firms`` firms; the firm of each alliance, the alliance of each informant, by position."""

    firms: int
    firm_of_alliance: NDArray[np.int64]
    alliance_of_informant: NDArray[np.int64]

    def size(self, level: Level) -> int:
        return {"firm": self.firms, "alliance": len(self.firm_of_alliance)}.get(level, len(self.alliance_of_informant))

    def spread(self, values: NDArray[Any], source: Level, target: Level) -> NDArray[Any]:
        """Values of a coarser level, one a unit of the finer one."""
        if source == target:
            return values
        if source == "firm":
            values = values[self.firm_of_alliance]
            return values if target == "alliance" else values[self.alliance_of_informant]
        return values[self.alliance_of_informant]


def firms_only(firms: int) -> Sampling:
    """A population without form A."""
    none = np.empty(0, dtype=np.int64)
    return Sampling(firms, none, none)


def sample_respondents(population: Population, firms: int, streams: Streams) -> Sampling:
    """Draw how many alliances each firm, and informants each alliance, takes part with."""
    plan = population.participation
    per_firm = _pick(streams.of("participation.alliances"), plan.alliances, firms)
    firm_of_alliance = np.repeat(np.arange(firms), per_firm)
    per_alliance = _pick(streams.of("participation.informants"), plan.informants, len(firm_of_alliance))
    return Sampling(firms, firm_of_alliance, np.repeat(np.arange(len(firm_of_alliance)), per_alliance))


def _pick(rng: np.random.Generator, shares: dict[int, float], n: int) -> Codes:
    return rng.choice(np.array(list(shares)), size=n, p=np.array(list(shares.values())))


class World:
    """True values and candid answers, drawn on demand and kept.

    Parameters
    ----------
    wanted
        Variables to draw (with all that they are made from); None draws every one. A large population
        from which few figures are wanted is cheap that way.
    """

    def __init__(
        self, population: Population, instrument: Instrument, sampling: Sampling, streams: Streams,
        wanted: tuple[str, ...] | None = None,
    ) -> None:
        self.population, self.instrument, self.sampling, self.streams = population, instrument, sampling, streams
        self._values: dict[str, NDArray[Any]] = {}
        self._continuous: dict[tuple[str, str], Array] = {}
        names = tuple(population.variables) if wanted is None else population.ancestors(wanted)
        for name in names:
            variable = population.variables[name]
            # A respondent's variable is drawn once a form; the rows of two forms differ.
            rows: tuple[tuple[str, Level], ...] = (
                tuple((f"{name}@{form.id}", row_level(form)) for form in instrument.forms)
                if variable.level == "respondent" else ((name, variable.level),)
            )
            for key, level in rows:
                self._values[key] = draw(self, key, variable, level)

    # -- variables ------------------------------------------------------------------------------------

    def value(self, name: str, level: Level) -> NDArray[Any]:
        """A variable's true values, one a unit of ``level``."""
        return self.sampling.spread(self._values[name], self.population.variables[name].level, level)

    def answer(self, name: str, form_id: str) -> NDArray[Any]:
        """A variable's true values, one a row of a form."""
        if self.population.variables[name].level == "respondent":
            return self._values[f"{name}@{form_id}"]
        return self.value(name, self.row_level(form_id))

    def row_level(self, form_id: str) -> Level:
        """What a row of a form's export is."""
        return row_level(self.instrument.form(form_id))

    def linear(self, causes: dict[str, float], level: Level) -> Array:
        """``Σ coefficient · cause``."""
        total = np.zeros(self.sampling.size(level))
        for name, coefficient in causes.items():
            total += coefficient * self.value(name, level)
        return total

    def disturbance(self, name: str, level: Level, shared: Shared | None = None) -> Array:
        """Standard normal, with the stated shares of its variance common to a firm and to an alliance."""
        shared = shared or self.population.shared
        parts: dict[Level, float] = {"firm": 1.0}
        if level == "alliance":
            parts = {"firm": shared.firm, "alliance": 1 - shared.firm}
        elif level != "firm":
            parts = {"firm": shared.firm, "alliance": shared.alliance,
                     # In brackets, because 1 − .9 − .1 is rounded to less than 0.
                     "informant": 1 - (shared.firm + shared.alliance)}
        total = np.zeros(self.sampling.size(level))
        for part, share in parts.items():
            e = self.streams.of(f"{name}:{part}").standard_normal(self.sampling.size(part))
            total += np.sqrt(share) * self.sampling.spread(e, part, level)
        return total

    # -- items ----------------------------------------------------------------------------------------

    def dimension(self, dimension: str, form_id: str) -> Array:
        """(rows,) where each respondent stands on a dimension."""
        key = (dimension, form_id)
        if key not in self._continuous:
            measured, level = self.population.dimensions[dimension], self.row_level(form_id)
            own = self.disturbance(f"dimension.{dimension}@{form_id}", level)
            if measured.factor is not None:
                factor = self.value(measured.factor, level)
                own = measured.loading * factor + np.sqrt(1 - measured.loading**2) * own
            self._continuous[key] = own
        return self._continuous[key]

    def item(self, item: Item, form_id: str) -> Codes:
        """(rows,) scale points an attentive respondent picks; reversed where the item is."""
        answering, measured = self.population.answering, self.population.dimensions[item.dimension]
        siblings = self.instrument.items(item.dimension, form_id)
        position = [sibling.id for sibling in siblings].index(item.id)
        r = single_item_reliability(measured.reliability, len(siblings))
        root = _proper_loading(item, np.sqrt(r) + answering.item_loading[position % len(answering.item_loading)])
        ease = measured.ease + answering.item_ease[position % len(answering.item_ease)]
        e = self.streams.of(f"item.{item.id}@{form_id}").standard_normal(self.sampling.size(self.row_level(form_id)))
        response = root * self.dimension(item.dimension, form_id) + np.sqrt(1 - root**2) * e + ease
        response += self._shift(item, form_id)
        points = [int(option.code) for option in self.instrument.scale(item.scale).points]
        place = np.searchsorted(np.array(answering.cuts[item.scale]), response)
        codes: Codes = np.array(points, dtype=np.int64)[place]
        return min(points) + max(points) - codes if item.reversed else codes

    def _shift(self, item: Item, form_id: str) -> Array | float:
        shifts = {lang: by[item.id] for lang, by in self.population.answering.language_shift.items() if item.id in by}
        if not shifts:
            return 0.0
        language = self.answer("language", form_id)
        return np.array([shifts.get(str(code), 0.0) for code in language])

    def score(self, dimension: str, form_id: str) -> Array:
        """(rows,) mean of a dimension's items after keying."""
        keyed = []
        for item in self.instrument.items(dimension, form_id):
            points = [int(option.code) for option in self.instrument.scale(item.scale).points]
            codes = self.item(item, form_id)
            keyed.append(min(points) + max(points) - codes if item.reversed else codes)
        mean: Array = np.mean(keyed, axis=0, dtype=np.float64)
        return mean


def _proper_loading(item: Item, loading: float) -> float:
    if 0 < loading < 1:
        return loading
    raise InputError(Finding(
        "POPULATION-LOADING", f"population.yaml, key dimensions.{item.dimension}.reliability, item {item.id}",
        f"√r of the dimension's items plus the item's own item_loading must lie between 0 and 1; it is {loading:.3f}.",
        f"Change the reliability of {item.dimension}, or the item's place in answering.item_loading.",
    ))


def row_level(form: Form) -> Level:
    """What a row of a form's export is: an informant on an alliance where the link names one, else a firm.

    Respondents who speak for nobody but themselves are drawn as firms are: apart from each other.
    """
    return "informant" if "alliance_id" in form.identifiers else "firm"


def single_item_reliability(reliability: float, items: int) -> float:
    """r of one of k parallel items whose mean has this reliability: R / (k − (k − 1) R) (Spearman–Brown, 1910)."""
    return reliability / (items - (items - 1) * reliability)
