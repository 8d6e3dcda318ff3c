"""What each platform can carry of a questionnaire, and what an export therefore loses.

A platform states for every :data:`Feature` whether it carries it. What an instrument uses and a platform does not
carry is said on every export; nothing is lost in silence.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Literal

from instrument.fielding.exports import Wanted
from instrument.model import Block, Fact, Instrument, Item, Note

Feature = Literal[
    "languages", "matrix", "required", "routing", "matrix row routing", "screen out", "item order", "bounds",
    "missing codes", "several answers", "help", "notes", "version stamp", "language stamp", "identifiers",
    "keys", "definitions",
]

FEATURES: dict[Feature, str] = {
    "languages": "Several languages in one questionnaire",
    "matrix": "Items of one scale as rows under shared answers",
    "required": "Questions that must be answered",
    "routing": "Questions and blocks shown only after certain answers",
    "matrix row routing": "The same for single rows of a matrix",
    "screen out": "An answer that ends the interview (no consent, not eligible)",
    "item order": "Items shown in random order",
    "bounds": "Least and greatest number accepted",
    "missing codes": "Don't know, not applicable, prefer not to say, each with a code of its own",
    "several answers": "Questions with several answers, which a missing code excludes",
    "help": "Words of help under a question, units behind a number",
    "notes": "Words without a question: definitions, consent, thanks",
    "version stamp": "Instrument version in every response",
    "language stamp": "Language of the interview in every response",
    "identifiers": "Firm, alliance and informant carried by the link",
    "keys": "Which items are reversed",
    "definitions": "What is measured: constructs, definitions, sources",
}

Carried = Literal["yes", "by hand", "no"]


@dataclass(frozen=True, slots=True)
class Capability:
    """How a platform carries a feature; ``words`` say how, or what to do by hand, or what is lost."""

    carried: Carried
    words: str = ""


YES = Capability("yes")


@dataclass(frozen=True, slots=True)
class Loss:
    """A feature that the instrument uses and the platform does not carry by itself."""

    feature: Feature
    carried: Carried
    words: str
    where: tuple[str, ...]


OWN_WORDS = ("en", "es", "fr")
"""Languages in which the exporters have their own few words: buttons, messages, closing sentences."""


def capability_losses(
    capabilities: Mapping[Feature, Capability], instrument: Instrument, wanted: Wanted, *,
    own_words: str = "", spoken: Collection[str] = OWN_WORDS,
) -> tuple[Loss, ...]:
    """Everything that an export cannot carry by itself, with the questions and blocks it touches.

    Parameters
    ----------
    own_words
        What stands for the exporter's own words in a language that is not ``spoken``; ``""`` where it has none.
    """
    foreign = tuple(code for code in wanted.languages if own_words and code.split("-")[0] not in spoken)
    out = [Loss("languages", "no", own_words, foreign)] if foreign else []
    for feature, capability in capabilities.items():
        if capability.carried != "yes":
            used, where = _USED[feature](instrument, wanted)
            if used:
                out.append(Loss(feature, capability.carried, capability.words, where))
    return tuple(out)


# -- what an instrument uses --------------------------------------------------------------------------

Used = tuple[bool, tuple[str, ...]]


def _blocks(instrument: Instrument, wanted: Wanted) -> list[Block]:
    return [block for form in instrument.forms if form.id in wanted.forms for block in wanted.blocks(form)]


def _questions(test: Callable[[Block, Item | Fact | Note], bool]) -> Callable[[Instrument, Wanted], Used]:
    def used(instrument: Instrument, wanted: Wanted) -> Used:
        found = tuple(dict.fromkeys(
            q.id for block in _blocks(instrument, wanted) for q in block.questions if test(block, q)))
        return bool(found), found
    return used


def _in_blocks(test: Callable[[Block], bool]) -> Callable[[Instrument, Wanted], Used]:
    def used(instrument: Instrument, wanted: Wanted) -> Used:
        found = tuple(block.id for block in _blocks(instrument, wanted) if test(block))
        return bool(found), found
    return used


def _routed(instrument: Instrument, wanted: Wanted) -> Used:
    found = tuple(
        part.id for block in _blocks(instrument, wanted) for part in (block, *block.questions) if part.show_if)
    return bool(found), found


def _always(instrument: Instrument, wanted: Wanted) -> Used:
    return True, ()


def _fact(test: Callable[[Fact], bool]) -> Callable[[Instrument, Wanted], Used]:
    return _questions(lambda block, q: isinstance(q, Fact) and test(q))


_USED: dict[Feature, Callable[[Instrument, Wanted], Used]] = {
    "languages": lambda instrument, wanted: (len(wanted.languages) > 1, wanted.languages),
    "matrix": _in_blocks(lambda block: block.layout == "matrix"),
    "required": _questions(lambda block, q: not isinstance(q, Note) and q.required),
    "routing": _routed,
    "matrix row routing": _questions(
        lambda block, q: block.layout == "matrix" and not isinstance(q, Note) and bool(q.show_if)),
    "screen out": _fact(lambda fact: bool(fact.screen_out)),
    "item order": _in_blocks(lambda block: block.shuffle),
    "bounds": _fact(lambda fact: fact.minimum is not None or fact.maximum is not None),
    "missing codes": lambda instrument, wanted: _questions(
        lambda block, q: not isinstance(q, Note) and bool(instrument.offered(q)[1]))(instrument, wanted),
    "several answers": _fact(lambda fact: fact.kind == "choices"),
    "help": _fact(lambda fact: fact.help is not None or fact.unit is not None),
    "notes": _questions(lambda block, q: isinstance(q, Note)),
    "version stamp": _always,
    "language stamp": _always,
    "identifiers": lambda instrument, wanted: (
        any(form.identifiers for form in instrument.forms if form.id in wanted.forms),
        tuple(dict.fromkeys(i for form in instrument.forms if form.id in wanted.forms for i in form.identifiers))),
    "keys": _questions(lambda block, q: isinstance(q, Item) and q.reversed),
    "definitions": _always,
}
