"""Two versions side by side, and the few questions that every part of a comparison asks of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property

from instrument.model import Block, Fact, Form, Instrument, Item, Note, Option

Answered = Item | Fact


def answered(instrument: Instrument) -> dict[str, Answered]:
    """Every item and fact by id, in order of appearance; one that stands in both forms once."""
    found: dict[str, Answered] = {}
    for form in instrument.forms:
        for _, question in form.questions():
            if not isinstance(question, Note):
                found.setdefault(question.id, question)
    return found


def codes_of(options: Iterable[Option]) -> tuple[int | str, ...]:
    return tuple(option.code for option in options)


@dataclass(frozen=True)
class Sides:
    """The two versions of a comparison."""

    old: Instrument
    new: Instrument

    @cached_property
    def before(self) -> dict[str, Answered]:
        return answered(self.old)

    @cached_property
    def after(self) -> dict[str, Answered]:
        return answered(self.new)

    @cached_property
    def languages(self) -> tuple[str, ...]:
        """The languages of both versions."""
        return tuple(language for language in self.old.languages if language in self.new.languages)

    def forms(self) -> Iterator[tuple[Form, Form]]:
        """The forms of both versions, in pairs."""
        for form in self.old.forms:
            yield from ((form, other) for other in self.new.forms if other.id == form.id)

    def blocks(self) -> Iterator[tuple[Form, Block, Block]]:
        """The blocks that a form has in both versions, in pairs."""
        for form, other in self.forms():
            for block in form.blocks:
                yield from ((form, block, found) for found in other.blocks if found.id == block.id)

    def shared(self, ids: Iterable[str]) -> tuple[str, ...]:
        """Those of ``ids`` that are items or facts in both versions, each once, in order of appearance."""
        wanted = set(ids)
        return tuple(name for name in self.before if name in wanted and name in self.after)

    def everything(self, form: str | None = None) -> tuple[str, ...]:
        """Every item and fact of both versions (of one form, if named)."""
        return self.shared(
            question.id for found in self.old.forms if form in (None, found.id) for _, question in found.questions())

    def on_scale(self, scale: str) -> tuple[str, ...]:
        """Questions answered on this scale in both versions."""
        return self.shared(
            name for name in self.before
            if self.before[name].scale == scale and name in self.after and self.after[name].scale == scale)

    def in_block(self, block: str) -> tuple[str, ...]:
        """Questions that stand in a block of this name in both versions."""
        return self.shared(
            question.id for _, one, other in self.blocks() if one.id == block
            for question in one.questions if question.id in {found.id for found in other.questions})

    def of_dimension(self, dimension: str) -> tuple[str, ...]:
        """Items of a dimension, in either version, that both versions ask."""
        return self.shared(
            name for side in (self.before, self.after) for name, question in side.items()
            if isinstance(question, Item) and question.dimension == dimension)

    def following(self, note: str) -> tuple[bool, tuple[str, ...]]:
        """Whether a note only comes before consent, and the shared questions after it in any form."""
        only_before_consent, after = True, set()
        for instrument in (self.old, self.new):
            for form in instrument.forms:
                asked = [question for _, question in form.questions()]
                here = next((k for k, question in enumerate(asked) if question.id == note), None)
                if here is None:
                    continue
                rest = [question for question in asked[here:] if not isinstance(question, Note)]
                after |= {question.id for question in rest}
                only_before_consent &= any(isinstance(q, Fact) and q.role == "consent" for q in rest)
        return only_before_consent, self.shared(after)
