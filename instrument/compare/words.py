"""Differences in what respondents read, in every language.

A text is compared where both versions have what it belongs to; the words of an added question are no change of words.
Translations that change together with their base text are one change with it. A translation that changes by itself is
a change of its own, and touches respondents in that language only.
"""

from __future__ import annotations

from collections.abc import Iterator

from instrument.compare import effects
from instrument.compare.changes import Change, Kind, Words
from instrument.compare.effects import Judgement, typographic
from instrument.compare.sides import Sides, codes_of
from instrument.compare.structure import swapped
from instrument.model import Fact, Instrument, Item, Note, Option

Class = tuple[Kind, Judgement, tuple[str, ...], tuple[str, ...]]
"""Kind of a string, what a change of it does, the questions it touches, the forms it stands in."""


def word_changes(sides: Sides) -> Iterator[Change]:
    """Every changed text, and every language that came or went."""
    owners = _owned(sides.old), _owned(sides.new)
    base_old, base_new = sides.old.strings(), sides.new.strings()
    told = _swapped_labels(sides)
    for key in dict.fromkeys((*base_old, *base_new)):
        if all(_owner(key) in owned for owned in owners) and _owner(key) not in told:
            changed = tuple(_changed(sides, key))
            if changed:
                yield from _judged(sides, key, changed)
    yield from _languages(sides)


def _changed(sides: Sides, key: str) -> Iterator[Words]:
    for language in sides.languages:
        old, new = _text(sides.old, key, language), _text(sides.new, key, language)
        if old != new:
            yield Words(language, old, new)


def _text(instrument: Instrument, key: str, language: str) -> str | None:
    try:
        return instrument.text(key, language)
    except KeyError:
        return None


def _judged(sides: Sides, key: str, changed: tuple[Words, ...]) -> Iterator[Change]:
    kind, judgement, questions, forms = classify(sides, key)
    base = sides.old.language if sides.old.language == sides.new.language else None
    of_base = next((words for words in changed if words.language == base), None)
    together: tuple[Words, ...] = ()
    if of_base is not None:
        harmless = typographic(of_base.old, of_base.new)
        together = tuple(w for w in changed if w is of_base or not harmless or typographic(w.old, w.new))
        effect, why = effects.TYPOGRAPHY if harmless else judgement
        yield Change(kind, key, "", of_base.old or "", of_base.new or "", effect, why, questions,
                     tuple(words.language for words in together), forms, together)
    for words in changed:
        if words not in together:
            effect, why = effects.TYPOGRAPHY if typographic(words.old, words.new) else judgement
            if (effect, why) != effects.TYPOGRAPHY and effect == "comparable if invariant":
                effect, why = effects.TRANSLATION
            yield Change("translation", key, words.language, words.old or "", words.new or "", effect, why, questions,
                         (words.language,), forms, (words,))


# -- which string it is ---------------------------------------------------------------------------


def classify(sides: Sides, key: str) -> Class:
    """What kind of text stands under a key that both versions have an owner for."""
    group, name, *rest = key.split(".")
    if group == "instrument":
        if name != "alliance_definition":
            return "text", effects.TITLE, (), ()
        return "text", effects.NOTE, _after_definition(sides), ()
    if group == "form":
        return "text", effects.TITLE, (), (name,)
    if group == "scale":
        return "anchor", _label(sides.new.scale(name).missing, rest[0]), sides.on_scale(name), ()
    if group == "block":
        forms = tuple(form.id for form, block, _ in sides.blocks() if block.id == name)
        return ("text", effects.TITLE, (), forms) if rest[0] == "title" else (
            "text", effects.INTRO, sides.in_block(name), forms)
    return _of_question(sides, group, name, rest)


def _of_question(sides: Sides, group: str, name: str, rest: list[str]) -> Class:
    forms, question = _asked_in(sides.new, name)
    if isinstance(question, Note):
        before_consent, after = sides.following(name)
        if before_consent:
            return "text", effects.CONSENT, (), forms
        return "text", effects.NOTE if after else effects.CLOSING, after, forms
    touched = sides.shared((name,))
    if group == "option":
        assert isinstance(question, Fact)
        return "anchor", _label(question.missing, rest[0]), touched, forms
    if rest:
        return "text", effects.HELP if rest[0] == "help" else effects.UNIT, touched, forms
    return "wording", effects.WORDING if isinstance(question, Item) else effects.FACT_WORDING, touched, forms


def _asked_in(instrument: Instrument, name: str) -> tuple[tuple[str, ...], Item | Fact | Note]:
    found = [(form.id, q) for form in instrument.forms for _, q in form.questions() if q.id == name]
    return tuple(dict.fromkeys(form for form, _ in found)), found[0][1]


def _label(missing: tuple[Option, ...], code: str) -> Judgement:
    return effects.OPT_OUT_LABEL if code in map(str, codes_of(missing)) else effects.ANCHOR


def _after_definition(sides: Sides) -> tuple[str, ...]:
    """Questions after the notes that show the definition; all questions where no note does."""
    notes = {q.id for instrument in (sides.old, sides.new) for form in instrument.forms
             for _, q in form.questions() if isinstance(q, Note) and q.text == instrument.alliance_definition}
    after = {name for note in notes for name in sides.following(note)[1]}
    return sides.shared(after) if notes else sides.everything()


# -- whose string it is ---------------------------------------------------------------------------


def _owner(key: str) -> str:
    """What a string belongs to: the option or scale point itself, else the question, block, form, instrument."""
    group, name, *rest = key.split(".")
    return f"{group}.{name}.{rest[0]}" if group in ("scale", "option") else f"{group}.{name}"


def _owned(instrument: Instrument) -> set[str]:
    owned = {"instrument.title", "instrument.alliance_definition"}
    for scale in instrument.scales:
        owned |= {f"scale.{scale.id}.{code}" for code in codes_of(scale.points + scale.missing)}
    for form in instrument.forms:
        owned.add(f"form.{form.id}")
        for block, question in form.questions():
            owned |= {f"block.{block.id}", f"question.{question.id}"}
            if isinstance(question, Fact):
                owned |= {f"option.{question.id}.{code}" for code in codes_of(question.options + question.missing)}
    return owned


def _swapped_labels(sides: Sides) -> set[str]:
    """Labels that changed places among codes: that is a change of codes, told there."""
    told = set()
    for one in sides.old.scales:
        for other in (scale for scale in sides.new.scales if scale.id == one.id):
            codes = swapped(one.points + one.missing, other.points + other.missing)
            told |= {f"scale.{one.id}.{code}" for code in codes}
    for name, before in sides.before.items():
        after = sides.after.get(name)
        if isinstance(before, Fact) and isinstance(after, Fact):
            codes = swapped(before.options + before.missing, after.options + after.missing)
            told |= {f"option.{name}.{code}" for code in codes}
    return told


# -- languages ------------------------------------------------------------------------------------


def _languages(sides: Sides) -> Iterator[Change]:
    for language in dict.fromkeys((*sides.old.languages, *sides.new.languages)):
        was, there = language in sides.old.languages, language in sides.new.languages
        if was != there:
            effect, why = effects.LANGUAGE_ADDED if there else effects.LANGUAGE_REMOVED
            yield Change("translation", f"language.{language}", "language", language if was else "",
                         language if there else "", effect, why, (), (language,))
