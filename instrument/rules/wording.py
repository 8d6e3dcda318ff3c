"""Texts that an experienced manager can answer without a second reading.

Rules about words are rules about English, and look at the base language only where it is English.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from instrument.model import Block, Fact, Instrument, Item, Note
from instrument.rules.registry import Breach, items, offered, rule, scale_named

LONG_ITEM, LONGEST_ITEM = 20, 25
"""Words above which an item draws a warning, and above which it must be shortened."""

LONGEST_FORM = 25.0
"""Minutes above which a form draws a warning."""

NEGATION = re.compile(
    r"\b(?:not|no|never|none|nobody|nothing|nowhere|neither|nor|cannot|no-one|\w+n['’]t)\b", re.IGNORECASE)
TWO_IDEAS = re.compile(r"\s(?:and|or|and/or)\s", re.IGNORECASE)
JARGON = re.compile(
    r"\b(?:ambidext\w*|fluidity|coopet\w*|co-opet\w*|relational governance|contractual safeguard\w*|modular\w*|"
    r"codif\w*|internali[sz]\w*|articulat\w*|absorptive|boundary[- ]spann\w*|synerg\w*|orchestrat\w*|isomorph\w*|"
    r"antecedent\w*|heterogene\w*|endogen\w*|formative|reflective|latent|construct|constructs|complementor\w*|"
    r"appropriab\w*|opportunism|dyad\w*|interorgani[sz]ational|inter-organi[sz]ational)\b",
    re.IGNORECASE)
"""Words of the literature that nobody in a firm uses, or uses in this sense."""


def _english(instrument: Instrument) -> bool:
    return instrument.language.split("-")[0].lower() == "en"


def words(text: str) -> int:
    """Number of words: whatever stands between spaces and holds a letter or digit."""
    return sum(any(mark.isalnum() for mark in part) for part in text.split())


# -- any language ---------------------------------------------------------------------------------


@rule("TEXT-EMPTY")
def text_has_words(instrument: Instrument) -> Iterator[Breach]:
    """No text that respondents see is empty."""
    for key, text in instrument.strings().items():
        if not text.strip() and not key.startswith(("scale.", "option.")):  # OPTION-LABEL, SCALE-ANCHORS say so
            yield key, "the text is empty", "write it, or remove the key if it may be left out"


@rule("TEXT-SPACE", "warning")
def text_has_no_stray_space(instrument: Instrument) -> Iterator[Breach]:
    """No text begins or ends with a space or a line break."""
    for key, text in instrument.strings().items():
        if text.strip() and text != text.strip():
            yield key, "the text begins or ends with a space or a line break", "remove it; in YAML write `>-` for `>`"


@rule("ITEM-TWICE", "warning")
def item_says_something_new(instrument: Instrument) -> Iterator[Breach]:
    """No two items have the same words."""
    first: dict[str, str] = {}
    for where, item in items(instrument):
        said = " ".join(item.text.casefold().split())
        if first.setdefault(said, item.id) != item.id:
            yield str(where), f"{first[said]} has the same words", "reword or remove one of them"


# -- English --------------------------------------------------------------------------------------


@rule("READING-LENGTH", house=True)
def item_is_not_too_long(instrument: Instrument) -> Iterator[Breach]:
    """An item has at most 25 words."""
    for where, item in items(instrument) if _english(instrument) else ():
        if words(item.text) > LONGEST_ITEM:
            yield str(where), f"{words(item.text)} words; {LONGEST_ITEM} are the most", "shorten it"


@rule("READING-LONG", "warning")
def item_is_short(instrument: Instrument) -> Iterator[Breach]:
    """An item has at most 20 words."""
    for where, item in items(instrument) if _english(instrument) else ():
        if LONG_ITEM < words(item.text) <= LONGEST_ITEM:
            yield str(where), f"{words(item.text)} words; up to {LONG_ITEM} read easily", "shorten it if you can"


@rule("WORD-NEGATION", "warning")
def item_is_affirmative(instrument: Instrument) -> Iterator[Breach]:
    """An item is worded without negation; a reversed one states the opposite pole."""
    for where, item in items(instrument) if _english(instrument) else ():
        found = NEGATION.search(item.text)
        if found:
            yield (str(where), f"the word {found.group()!r}: who disagrees with a negation agrees with what?",
                   "state the opposite pole" if item.reversed else "say it affirmatively")


@rule("WORD-DOUBLE", "warning")
def item_has_one_idea(instrument: Instrument) -> Iterator[Breach]:
    """An item holds one idea."""
    for where, item in items(instrument) if _english(instrument) else ():
        found = TWO_IDEAS.search(item.text)
        if found:
            yield (str(where), f"the word {found.group().strip()!r}: perhaps two ideas in one item",
                   "make sure that nobody could agree with one half only")


@rule("WORD-JARGON", "warning")
def text_is_plain(instrument: Instrument) -> Iterator[Breach]:
    """Respondents meet no words of the literature."""
    for key, text in instrument.strings().items() if _english(instrument) else ():
        for found in dict.fromkeys(match.lower() for match in JARGON.findall(text)):
            yield key, f"the word {found!r} is ours, not theirs", "say it as a manager would"


# -- how long it takes ----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Pace:
    """How fast an interview goes.

    Attributes
    ----------
    words_per_minute
        Silent reading of English non-fiction by adults: 238 on average (Brysbaert 2019).
    seconds_item, seconds_choice
        Deciding and marking one answer on a scale already read, or one from a list. Our assumption,
        to be replaced by what a pilot measures.
    seconds_entry
        Recalling a number, date or text and typing it. Our assumption, as above.
    """

    words_per_minute: float = 238.0
    seconds_item: float = 4.0
    seconds_choice: float = 5.0
    seconds_entry: float = 12.0


PACE = Pace()


def estimated_minutes(
    instrument: Instrument, form_id: str, *, optional: tuple[str, ...] = (), pace: Pace = PACE,
) -> float:
    """Minutes a form takes in the base language if every question is shown.

    Parameters
    ----------
    optional
        Ids of the optional blocks that a study switches on.
    """
    form = instrument.form(form_id)
    read, seconds = words(form.title), 0.0
    blocks: dict[str, Block] = {}
    for block, question in form.questions(optional=optional):
        if block.id not in blocks:
            blocks[block.id] = block
            read += words(block.title) + words(block.intro or "") + _scale_words(instrument, block)
        read += words(question.text)
        if isinstance(question, Item):
            seconds += pace.seconds_item
        elif isinstance(question, Fact):
            read += words(question.help or "") + sum(words(o.label or "") for o in question.options + question.missing)
            seconds += pace.seconds_choice if question.kind in ("choice", "choices") else pace.seconds_entry
    return read / pace.words_per_minute + seconds / 60.0


def _scale_words(instrument: Instrument, block: Block) -> int:
    """Words of the scales in a block, each read once: it is the same for all rows."""
    questions = {q.scale: q for q in block.questions if not isinstance(q, Note) and q.scale is not None}
    return sum(
        words(option.label or "") for question in questions.values()
        for option in (offered(instrument, question) if scale_named(instrument, question.scale) else ())
    )


@rule("FORM-MINUTES", "warning")
def form_is_short(instrument: Instrument) -> Iterator[Breach]:
    """A form without its optional blocks takes at most 25 minutes (see Pace)."""
    for form in instrument.forms:
        minutes = estimated_minutes(instrument, form.id)
        if minutes > LONGEST_FORM:
            count = sum(1 for _, q in form.questions(optional=()) if not isinstance(q, Note))
            yield (f"form {form.id}", f"about {minutes:.0f} minutes for {count} questions; {LONGEST_FORM:.0f} are "
                   "the most that managers give", "shorten it, or make blocks optional")
