"""Careless respondents: straight-liners, random responders, speeders.

A straight-liner picks one scale point and stays with it; a random responder picks any; a speeder reads
some items and clicks through the rest. Each has a pace and a way with the attention item of its own.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from instrument.model import Fact, Form, Instrument, Item
from pipeline.power.answers import Cells, asked_questions
from pipeline.power.population import Careless, Pace, Population
from pipeline.power.streams import Streams

CAREFUL = "careful"

Kinds = NDArray[np.str_]


def assign_kinds(population: Population, form_id: str, rows: int, streams: Streams) -> Kinds:
    """(rows,) each respondent's kind. Shares are met exactly, up to rounding; who it is, is chance."""
    order = streams.of(f"careless.who@{form_id}").permutation(rows)
    kinds = np.full(rows, CAREFUL, dtype="<U8")
    start = 0
    for kind, rule in population.careless.items():
        end = start + round(rule.share * rows)
        kinds[order[start:end]] = kind
        start = end
    return kinds


def answer_carelessly(
    cells: Cells, kinds: Kinds, population: Population, instrument: Instrument, form: Form,
    optional_blocks: tuple[str, ...], streams: Streams,
) -> None:
    """Replace items, attention and diligence answers of the careless, in place."""
    questions = asked_questions(form, optional_blocks)
    rows = len(kinds)
    # One draw a respondent, shared by all items of a scale: the straight-liner's line.
    line = streams.of(f"careless.line@{form.id}").random(rows)
    for question in questions:
        rng = streams.of(f"careless.{question.id}@{form.id}")
        u, keep, other = rng.random(rows), rng.random(rows), rng.random(rows)
        if isinstance(question, Fact) and question.role == "attention":
            missed = (kinds == CAREFUL) & (u < population.participation.inattentive)
            _miss(cells[question.id], missed, question, instrument, other)
        for kind, rule in population.careless.items():
            who = kinds == kind
            if isinstance(question, Item):
                points = _points(instrument, question)
                place = line if kind == "straight" else u
                _set(cells[question.id], who & (keep >= rule.own), points[(place * len(points)).astype(int)])
            elif question.role == "attention":
                _attend(cells, question, who, kind, rule, instrument, line, u, other)
            elif question.role == "diligence" and rule.diligence:
                cuts = np.cumsum(list(rule.diligence.values()))[:-1]
                _set(cells[question.id], who, np.array(list(rule.diligence))[np.searchsorted(cuts, u)])


def _attend(
    cells: Cells, question: Fact, who: NDArray[np.bool_], kind: str, rule: Careless, instrument: Instrument,
    line: NDArray[np.float64], u: NDArray[np.float64], other: NDArray[np.float64],
) -> None:
    if rule.attention is None:
        points = _points(instrument, question)
        place = line if kind == "straight" else u
        _set(cells[question.id], who, points[(place * len(points)).astype(int)])
    else:
        _miss(cells[question.id], who & (u >= rule.attention), question, instrument, other)


def _miss(
    column: NDArray[np.object_], who: NDArray[np.bool_], question: Fact, instrument: Instrument,
    u: NDArray[np.float64],
) -> None:
    wrong = np.array([p for p in _points(instrument, question) if p != question.expected])
    _set(column, who, wrong[(u * len(wrong)).astype(int)])


def _points(instrument: Instrument, question: Item | Fact) -> NDArray[np.int64]:
    return np.array([o.code for o in instrument.options(question) if isinstance(o.code, int)])


def _set(column: NDArray[np.object_], who: NDArray[np.bool_], codes: NDArray[np.int64]) -> None:
    column[who] = codes[who].astype(str)


def pace_of(kind: str, population: Population) -> Pace:
    """How fast a kind of respondent answers."""
    return next((rule.pace for name, rule in population.careless.items() if name == kind), population.fieldwork.pace)
