"""Routing told in words: who answers what, by the running numbers on the sheet."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from instrument.fielding.html.view import Page
from instrument.model import Condition, Form, Instrument, Note


@dataclass(frozen=True, slots=True)
class Routes:
    """What the sheet says beside its questions, by id.

    Attributes
    ----------
    number
        Running number of each question.
    part
        "Part 3", by block.
    only, only_block
        For whom a question or block is, where it is not for everybody.
    stops
        Which answers end the questionnaire.
    bounds
        The least and greatest number taken.
    """

    number: Mapping[str, int]
    part: Mapping[str, str]
    only: Mapping[str, str] = field(default_factory=dict)
    only_block: Mapping[str, str] = field(default_factory=dict)
    stops: Mapping[str, str] = field(default_factory=dict)
    bounds: Mapping[str, str] = field(default_factory=dict)


def routes(
    instrument: Instrument, form: Form, pages: tuple[Page, ...], language: str, own: Mapping[str, str]
) -> Routes:
    """Instructions in ``language``; ``own`` are the sheet's own words in it."""
    asked = [question for page in pages for question in page.questions]
    number = {q.id: k for k, q in enumerate((q for q in asked if q.widget != "note"), start=1)}
    known = {q.id: q for _, q in form.questions() if not isinstance(q, Note)}

    def answers(question: str, codes: tuple[int | str, ...]) -> str:
        return own["paper_or"].join(f"“{instrument.label(known[question], code, language)}”" for code in codes)

    def conditions(all_of: tuple[Condition, ...]) -> str:
        return own["paper_and"].join(
            own["paper_condition"].format(number=number[c.question], answers=answers(c.question, c.any_of))
            for c in all_of if c.question in number)

    def told(key: str, all_of: tuple[Condition, ...]) -> str:
        return own[key].format(conditions=conditions(all_of))

    return Routes(
        number, {page.id: own["paper_part"].format(number=k) for k, page in enumerate(pages, start=1)},
        {q.id: told("paper_only_question", q.show_if) for q in asked if q.show_if},
        {page.id: told("paper_only_block", page.show_if) for page in pages if page.show_if},
        {q.id: own["paper_screen"].format(answers=answers(q.id, q.screen_out)) for q in asked if q.screen_out},
        dict(_bounds(pages, own)),
    )


def _bounds(pages: tuple[Page, ...], own: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    for question in (q for page in pages for q in page.questions):
        low, high = question.minimum, question.maximum
        if low is not None and high is not None:
            yield question.id, own["paper_bounds"].format(minimum=f"{low:.15g}", maximum=f"{high:.15g}")
        elif low is not None:
            yield question.id, own["paper_least"].format(minimum=f"{low:.15g}")
        elif high is not None:
            yield question.id, own["paper_most"].format(maximum=f"{high:.15g}")
