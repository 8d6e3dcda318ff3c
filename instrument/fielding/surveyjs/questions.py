"""Questions of the instrument → elements of a SurveyJS page."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from instrument.fielding.surveyjs.places import Place, Places, in_matrix, matrix_rows
from instrument.fielding.surveyjs.words import NEEDED, RANGE, WHOLE, Text, escaped, localised, message
from instrument.fielding.words import is_typed
from instrument.model import MISSING_CODES, Block, Code, Condition, Fact, Form, Instrument, Item, Note, Option

Element = dict[str, Any]

LONG_LIST = 12
"""Answers above which a list folds into a drop-down."""


@dataclass(frozen=True, slots=True)
class Writer:
    """What every element needs to know of the whole."""

    instrument: Instrument
    form: Form
    places: Places
    languages: tuple[str, ...]

    def text(self, key: str) -> Text:
        return localised(self.languages, lambda code: self.instrument.text(key, code))

    def place(self, question: Item | Fact | Note) -> Place:
        return self.places.questions[question.id]


def page(writer: Writer, block: Block) -> Element:
    """One block as one page."""
    out: Element = {"name": writer.places.pages[block.id], "title": writer.text(f"block.{block.id}.title")}
    if block.intro is not None:
        out["description"] = writer.text(f"block.{block.id}.intro")
    if block.show_if:
        out["visibleIf"] = condition(writer, block.show_if)
    out["elements"] = _elements(writer, block)
    return out


def _elements(writer: Writer, block: Block) -> list[Element]:
    """The questions in order. Whoever is screened out need not answer what follows on the same page."""
    out: list[Element] = []
    ended: list[str] = []
    matrix_stands = False
    for question in block.questions:
        shown = " and ".join([condition(writer, question.show_if)] * bool(question.show_if) + ended)
        if block.layout == "matrix" and in_matrix(question):
            if not matrix_stands:
                out.append(_shown(_matrix(writer, block), " and ".join(ended)))
                matrix_stands = True
        else:
            out += [_shown(element, shown) for element in _single(writer, question)]
        if isinstance(question, Fact) and question.screen_out:
            ended.append(f"!({screened_out(writer, question)})")
    return out


def _shown(element: Element, expression: str) -> Element:
    return {**element, "visibleIf": expression} if expression else element


# -- expressions ----------------------------------------------------------------------------------------


def condition(writer: Writer, conditions: Sequence[Condition]) -> str:
    """All conditions at once, as a SurveyJS expression."""
    return " and ".join(_one(writer, c) for c in conditions)


def _one(writer: Writer, asked: Condition) -> str:
    question = next(q for _, q in writer.form.questions() if q.id == asked.question)
    place = writer.place(question)
    if place.beside is None:
        held = _any_of(place.variable, asked.any_of)
    else:
        reasons = tuple(code for code in asked.any_of if code in MISSING_CODES)
        others = tuple(code for code in asked.any_of if code not in MISSING_CODES)
        tests = [_any_of(place.variable, others)] * bool(others)
        tests += [_any_of(f"{{{place.beside}}}", reasons)] * bool(reasons)
        held = " or ".join(tests) if len(tests) == 1 else f"({' or '.join(tests)})"
    # A row that went out of sight keeps its answer until the end; what depends on it must go with it.
    hidden = condition(writer, question.show_if) if place.row is not None and question.show_if else ""
    return f"{held} and {hidden}" if hidden else held


def _any_of(variable: str, codes: Sequence[Code]) -> str:
    return f"{variable} anyof [{', '.join(_literal(code) for code in codes)}]"


def _literal(code: Code) -> str:
    return str(code) if isinstance(code, int) else f"'{code}'"


def screened_out(writer: Writer, fact: Fact) -> str:
    """The expression that ends the interview."""
    return _one(writer, Condition(question=fact.id, any_of=fact.screen_out))


# -- elements -------------------------------------------------------------------------------------------


def _single(writer: Writer, question: Item | Fact | Note) -> list[Element]:
    name, key = writer.place(question).name, f"question.{question.id}"
    if isinstance(question, Note):
        html = localised(writer.languages, lambda code: escaped(writer.instrument.text(key, code)))
        return [{"type": "html", "name": name, "html": html}]
    element: Element = {"name": name, "title": writer.text(key)}
    if (described := _description(writer, question)) is not None:
        element["description"] = described
    if question.required:
        element["isRequired"] = True
    if is_typed(question):
        assert isinstance(question, Fact)
        return _typed(writer, question, element)
    points, missing = writer.instrument.offered(question)
    several = isinstance(question, Fact) and question.kind == "choices"
    if several:
        reasons = [{**_choice(writer, question, option), "isExclusive": True} for option in missing]
        choices = [*(_choice(writer, question, option) for option in points), *reasons]
        return [{"type": "checkbox", **element, "choices": choices}]
    choices = [_choice(writer, question, option) for option in points + missing]
    return [{"type": "dropdown" if len(choices) > LONG_LIST else "radiogroup", **element, "choices": choices}]


def _choice(writer: Writer, question: Item | Fact, option: Option) -> Element:
    words = localised(writer.languages, lambda code: writer.instrument.label(question, option.code, code))
    return {"value": option.code, "text": words}


def _description(writer: Writer, question: Item | Fact) -> Text | None:
    """Help and unit under the question."""
    if not isinstance(question, Fact) or (question.help is None and question.unit is None):
        return None

    def say(code: str) -> str:
        help_, unit = (
            writer.instrument.text(f"question.{question.id}.{part}", code) if getattr(question, part) else ""
            for part in ("help", "unit"))
        return f"{help_} ({unit})" if help_ and unit else help_ or unit
    return localised(writer.languages, say)


def _typed(writer: Writer, fact: Fact, element: Element) -> list[Element]:
    place = writer.place(fact)
    if fact.kind == "text":
        question = {"type": "comment", **element}
    elif fact.kind == "date":
        question = {"type": "text", **element, "inputType": "date"}
    else:
        question = {"type": "text", **element, "inputType": "number", **_bounds(writer, fact)}
    if place.beside is None:
        return [question]
    # Whoever ticks a reason owes no answer, and one already typed is cleared: never both.
    question["resetValueIf"] = f"{{{place.beside}}} notempty"
    question["enableIf"] = f"{{{place.beside}}} empty"
    if question.pop("isRequired", False):
        question["requiredIf"] = f"{{{place.beside}}} empty"
    _, missing = writer.instrument.offered(fact)
    return [question, {
        "type": "checkbox", "name": place.beside, "title": element["title"], "titleLocation": "hidden",
        "choices": [{**_choice(writer, fact, option), "isExclusive": True} for option in missing],
    }]


def _bounds(writer: Writer, fact: Fact) -> Element:
    out: Element = {}
    low, high = fact.minimum, fact.maximum
    if low is not None:
        out["min"] = _number(low)
    if high is not None:
        out["max"] = _number(high)
    if low is not None and high is not None:
        words = message(writer.languages, RANGE, low=lambda _: f"{low:.10g}", high=lambda _: f"{high:.10g}")
        out |= {"minErrorText": words, "maxErrorText": words}
    if fact.kind == "number":
        return {**out, "step": "any"}
    variable = writer.place(fact).variable
    # Not `step`: its message comes in SurveyJS's words, and beside ours.
    return {**out, "validators": [{
        "type": "expression", "expression": f"{variable} empty or trunc({variable}) = {variable}",
        "text": message(writer.languages, WHOLE),
    }]}


def _number(value: float) -> int | float:
    return int(value) if value.is_integer() else value


# -- matrices -------------------------------------------------------------------------------------------


def _matrix(writer: Writer, block: Block) -> Element:
    rows = matrix_rows(block)
    points, missing = writer.instrument.offered(rows[0])
    matrix: Element = {
        "type": "matrix", "name": writer.places.matrices[block.id], "title": writer.text(f"block.{block.id}.title"),
        "titleLocation": "hidden", "hideIfRowsEmpty": True,
        "columns": [_choice(writer, rows[0], option) for option in points + missing],
        "rows": [_row(writer, row) for row in rows],
    }
    if block.shuffle:
        matrix["rowOrder"] = "random"
    if all(row.required for row in rows):
        matrix["eachRowRequired"] = True
    elif validators := [_needed(writer, row) for row in rows if row.required]:
        matrix["validators"] = validators
    return matrix


def _row(writer: Writer, row: Item | Fact) -> Element:
    out: Element = {"value": writer.place(row).row, "text": writer.text(f"question.{row.id}")}
    if row.show_if:
        out["visibleIf"] = condition(writer, row.show_if)
    return out


def _needed(writer: Writer, row: Item | Fact) -> Element:
    """One row must be answered, where it is shown."""
    answered = f"{writer.place(row).variable} notempty"
    expression = f"{answered} or !({condition(writer, row.show_if)})" if row.show_if else answered
    words: Callable[[str], str] = lambda code: writer.instrument.text(f"question.{row.id}", code)  # noqa: E731
    return {"type": "expression", "expression": expression, "text": message(writer.languages, NEEDED, words=words)}
