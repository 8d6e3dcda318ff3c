"""An instrument's form as the templates and the page's script see it: plain parts, keys in place of words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from instrument.fielding.exports import Wanted
from instrument.model import Block, Condition, Fact, Form, Instrument, Item, Note, Option, Question

LONG_LIST = 12
"""More answers than this are offered in a list that opens, not side by side."""

Widget = Literal["note", "radio", "select", "checks", "text", "number", "whole", "year", "date"]


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer offered: its code, and the key of its words (None where the bare number is shown).

    ``numbered`` says that the code is shown beside the words: the other points of its scale are bare numbers.
    """

    code: int | str
    key: str | None
    numbered: bool = False


@dataclass(frozen=True, slots=True)
class Asked:
    """A question or note. ``points`` count as answers, ``missing`` say why there is none."""

    id: str
    widget: Widget
    required: bool = False
    help: str | None = None
    unit: str | None = None
    points: tuple[Answer, ...] = ()
    missing: tuple[Answer, ...] = ()
    minimum: float | None = None
    maximum: float | None = None
    show_if: tuple[Condition, ...] = ()
    screen_out: tuple[int | str, ...] = ()

    @property
    def key(self) -> str:
        return f"question.{self.id}"


@dataclass(frozen=True, slots=True)
class Page:
    """A block. ``matrix`` holds the rows' shared answers where it is laid out as a table."""

    id: str
    questions: tuple[Asked, ...]
    title: str
    intro: str | None
    shuffle: bool
    show_if: tuple[Condition, ...]
    matrix: Asked | None


def pages(instrument: Instrument, form: Form, wanted: Wanted) -> tuple[Page, ...]:
    """The blocks that are asked, each one page of the interview."""
    return tuple(_page(instrument, block) for block in wanted.blocks(form))


def _page(instrument: Instrument, block: Block) -> Page:
    questions = tuple(_asked(instrument, question) for question in block.questions)
    rows = [question for question in questions if question.widget != "note"]
    alike = len({(row.points, row.missing) for row in rows}) == 1 and all(row.widget == "radio" for row in rows)
    return Page(
        block.id, questions, f"block.{block.id}.title", None if block.intro is None else f"block.{block.id}.intro",
        block.shuffle, block.show_if, rows[0] if block.layout == "matrix" and alike else None,
    )


def _asked(instrument: Instrument, question: Question) -> Asked:
    if isinstance(question, Note):
        return Asked(question.id, "note", show_if=question.show_if)
    points, missing = instrument.offered(question)
    bare = any(option.label is None for option in points)
    common: dict[str, Any] = {
        "required": question.required, "show_if": question.show_if,
        "points": tuple(_answer(instrument, question, option, numbered=bare) for option in points),
        "missing": tuple(_answer(instrument, question, option) for option in missing),
    }
    if isinstance(question, Item):
        return Asked(question.id, "radio", **common)
    least = question.minimum
    if least is None and question.kind == "count":
        least = 0.0
    return Asked(
        question.id, _widget(question, len(points) + len(missing)), minimum=least, maximum=question.maximum,
        help=None if question.help is None else f"question.{question.id}.help",
        unit=None if question.unit is None else f"question.{question.id}.unit",
        screen_out=question.screen_out, **common,
    )


def _widget(fact: Fact, answers: int) -> Widget:
    if fact.kind == "choice":
        return "select" if answers > LONG_LIST and fact.scale is None else "radio"
    widgets: Mapping[str, Widget] = {
        "choices": "checks", "count": "whole", "number": "number", "year": "year", "date": "date", "text": "text"}
    return widgets[fact.kind]


def _answer(instrument: Instrument, question: Item | Fact, option: Option, *, numbered: bool = False) -> Answer:
    """The answer with the key under which the instrument keeps its words (as in ``Instrument.label``)."""
    if option.label is None:
        return Answer(option.code, None)
    own = isinstance(question, Fact) and option in question.options + question.missing
    key = f"option.{question.id}.{option.code}" if own else f"scale.{question.scale}.{option.code}"
    return Answer(option.code, key, numbered)


def keys_shown(form_pages: tuple[Page, ...], form: Form) -> tuple[str, ...]:
    """Every key whose words a respondent may see, in order of appearance."""
    out: list[str | None] = ["instrument.title", f"form.{form.id}.title"]
    for page in form_pages:
        out += [page.title, page.intro]
        for asked in page.questions:
            out += [asked.key, asked.help, asked.unit, *(answer.key for answer in asked.points + asked.missing)]
    return tuple(dict.fromkeys(key for key in out if key is not None))


def script_pages(form_pages: tuple[Page, ...]) -> list[dict[str, Any]]:
    """The same for the page's script: routing, bounds and codes, without words."""
    return [{
        "id": page.id, "shuffle": page.shuffle, "showIf": _conditions(page.show_if),
        "questions": [{
            "id": asked.id, "widget": asked.widget, "required": asked.required, "showIf": _conditions(asked.show_if),
            "codes": [answer.code for answer in asked.points], "missing": [answer.code for answer in asked.missing],
            "minimum": _plain(asked.minimum), "maximum": _plain(asked.maximum), "screenOut": list(asked.screen_out),
        } for asked in page.questions],
    } for page in form_pages]


def _conditions(conditions: tuple[Condition, ...]) -> list[dict[str, Any]]:
    return [{"question": condition.question, "anyOf": list(condition.any_of)} for condition in conditions]


def _plain(bound: float | None) -> float | int | None:
    """A whole bound as respondents write it: 70, not 70.0."""
    return int(bound) if bound is not None and float(bound).is_integer() else bound
