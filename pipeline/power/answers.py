"""The cells of one form as attentive respondents would fill them in, and the routing that empties some."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from instrument.errors import Finding, InputError
from instrument.model import Condition, Fact, Form, Instrument, Item, Note
from pipeline.data.cell_rules import cell_reader
from pipeline.power.population import Population
from pipeline.power.world import World

Cells = dict[str, NDArray[Any]]
"""Question id → (rows,) answers as text, ``""`` where there is none."""


def asked_questions(form: Form, optional_blocks: tuple[str, ...]) -> tuple[Item | Fact, ...]:
    """Everything a form asks, in order."""
    return tuple(q for _, q in form.questions(optional=optional_blocks) if not isinstance(q, Note))


def check_population(population: Population, instrument: Instrument, optional_blocks: tuple[str, ...]) -> None:
    """Every question asked must have a source in the population.

    Raises
    ------
    InputError
        ``POPULATION-INCOMPLETE``, one finding a fact, dimension or scale that has none.
    """
    missing: dict[str, str] = {}
    for form in instrument.forms:
        for question in asked_questions(form, optional_blocks):
            if isinstance(question, Item):
                if question.dimension not in population.dimensions:
                    missing[f"dimensions.{question.dimension}"] = f"dimension {question.dimension} is asked"
                if question.scale not in population.answering.cuts:
                    missing[f"answering.cuts.{question.scale}"] = f"scale {question.scale} is used"
            elif question.role != "attention" and question.id not in population.variables:
                missing[f"variables.{question.id}"] = f"{question.id} is asked in form {form.id}"
    if missing:
        raise InputError(
            Finding("POPULATION-INCOMPLETE", f"population.yaml, key {key}",
                    f"What the instrument asks must have a true value; {why}, and the population has none for it.",
                    "Add the key; docs/rehearsal.md lists the kinds.")
            for key, why in missing.items()
        )


def candid_answers(world: World, form: Form, optional_blocks: tuple[str, ...]) -> Cells:
    """What attentive respondents answer, all of them to every question.

    Raises
    ------
    InputError
        ``POPULATION-ILLEGAL`` where the population gives an answer that the questionnaire does not take.
    """
    cells: Cells = {}
    for question in asked_questions(form, optional_blocks):
        if isinstance(question, Item):
            cells[question.id] = world.item(question, form.id).astype(str).astype(object)
        elif question.role == "attention":
            rows = world.sampling.size(world.row_level(form.id))
            cells[question.id] = np.full(rows, str(question.expected), dtype=object)
        else:
            cells[question.id] = np.array([_text(v) for v in world.answer(question.id, form.id)], dtype=object)
    findings = [finding for question in asked_questions(form, optional_blocks)
                for finding in _illegal(world.instrument, question, cells[question.id])]
    if findings:
        raise InputError(findings)
    return cells


def _text(value: Any) -> str:
    if isinstance(value, str):
        return value
    if np.isnan(value):
        return ""
    return str(int(value)) if float(value).is_integer() else f"{value:.2f}".rstrip("0")


def _illegal(instrument: Instrument, question: Item | Fact, answers: NDArray[Any]) -> list[Finding]:
    read = cell_reader(instrument, question)
    broken = [(text, read(text).broken) for text in sorted(set(answers) - {""})]
    return [
        Finding("POPULATION-ILLEGAL", f"population.yaml, key variables.{question.id}",
                f"{rule.rule} The population gives {text!r}.",
                "Bring its codes and bounds in line with the instrument.")
        for text, rule in broken if rule is not None
    ][:1]


def route(
    cells: Cells, form: Form, optional_blocks: tuple[str, ...], stop_after: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Empty what is not asked: conditions that do not hold, all after a screen-out or a broken-off interview.

    Parameters
    ----------
    cells
        Changed in place.
    stop_after
        (rows,) number of questions, in order of the form, after which a respondent leaves for good.

    Returns
    -------
    (rows,) number of questions each respondent was shown.
    """
    rows = len(stop_after)
    going_on, shown = np.ones(rows, dtype=bool), np.zeros(rows, dtype=np.int64)
    position = 0
    for block, question in form.questions(optional=optional_blocks):
        if isinstance(question, Note):
            continue
        asked = going_on & (position < stop_after)
        for condition in (*block.show_if, *question.show_if):
            asked &= _holds(cells, condition)
        cells[question.id][~asked] = ""
        shown += asked
        position += 1
        if isinstance(question, Fact) and question.screen_out:
            going_on &= ~_holds(cells, Condition(question=question.id, any_of=question.screen_out))
    return shown


def _holds(cells: Cells, condition: Condition) -> NDArray[np.bool_]:
    wanted = {str(code) for code in condition.any_of}
    return np.array([not wanted.isdisjoint(cell.split(",")) for cell in cells[condition.question]], dtype=bool)
