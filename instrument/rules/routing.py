"""Conditions that can be judged, on every platform, when the question they govern is reached."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from instrument.model import Block, Condition, Form, Instrument, Note
from instrument.rules.registry import Breach, listed, offered, rule


@dataclass(frozen=True, slots=True)
class Route:
    """A condition, the ids of the questions it governs, and the block and form it stands in."""

    form: Form
    block: Block
    governed: tuple[str, ...]
    condition: Condition
    place: str


def routes(instrument: Instrument) -> Iterator[Route]:
    """Every condition of every block and question."""
    for form in instrument.forms:
        for block in form.blocks:
            place = f"form {form.id}, block {block.id}"
            inside = tuple(question.id for question in block.questions)
            for condition in block.show_if:
                yield Route(form, block, inside, condition, place)
            for question in block.questions:
                for condition in question.show_if:
                    yield Route(form, block, (question.id,), condition, f"{place}, question {question.id}")


def _order(form: Form) -> list[str]:
    return [question.id for _, question in form.questions() if not isinstance(question, Note)]


@rule("ROUTE-UNKNOWN")
def route_refers_to_a_question(instrument: Instrument) -> Iterator[Breach]:
    """A condition refers to a question of the same form that is answered (not a note)."""
    for route in routes(instrument):
        if route.condition.question not in _order(route.form):
            yield (route.place, f"shown depending on {route.condition.question!r}, which this form does not ask",
                   "correct the id")


@rule("ROUTE-OWN")
def route_does_not_refer_to_itself(instrument: Instrument) -> Iterator[Breach]:
    """A condition does not refer to a question that it governs itself."""
    for route in routes(instrument):
        if route.condition.question in route.governed and route.condition.question in _order(route.form):
            yield (route.place, f"shown depending on {route.condition.question}, which is itself shown only then",
                   "refer to an earlier question")


@rule("ROUTE-LATER")
def route_refers_backwards(instrument: Instrument) -> Iterator[Breach]:
    """A condition refers to a question asked earlier; within a shuffled block nothing is earlier."""
    for route in routes(instrument):
        order, asked_about = _order(route.form), route.condition.question
        if asked_about not in order or asked_about in route.governed:
            continue
        first = min((order.index(name) for name in route.governed if name in order), default=None)
        if first is None:  # a note: it stands where the next question stands
            first = _position(route)
        same_block = any(question.id == asked_about for question in route.block.questions)
        if order.index(asked_about) >= first or (same_block and route.block.shuffle):
            yield route.place, f"shown depending on {asked_about}, which is not asked before", "move one of the two"


def _position(route: Route) -> int:
    """How many questions are answered before the first thing the route governs."""
    before = 0
    for _, question in route.form.questions():
        if question.id in route.governed:
            return before
        before += not isinstance(question, Note)
    return before


@rule("ROUTE-OPTIONAL")
def route_refers_to_what_is_asked(instrument: Instrument) -> Iterator[Breach]:
    """A condition does not refer to an optional block from outside it: the block may not be asked."""
    for route in routes(instrument):
        for block, question in route.form.questions():
            if question.id == route.condition.question and block.optional and block.id != route.block.id:
                yield (route.place, f"shown depending on {question.id} of the optional block {block.id}",
                       "move the condition or the question, or let the block not be optional")


@rule("ROUTE-CODE")
def route_names_offered_codes(instrument: Instrument) -> Iterator[Breach]:
    """A condition names at least one code, and only codes that its question offers."""
    for route in routes(instrument):
        if not route.condition.any_of:
            yield route.place, "a condition that no answer can meet", "list the codes under `any_of`"
        for _, question in route.form.questions():
            if question.id != route.condition.question or isinstance(question, Note):
                continue
            codes = [option.code for option in offered(instrument, question)]
            for code in route.condition.any_of:
                if code not in codes:
                    yield (route.place, f"shown at {question.id} = {code!r}; {question.id} offers "
                           f"{listed(codes) or 'no codes'}", "correct the code; 1 is a number, \"1\" is text")
