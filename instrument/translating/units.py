"""What there is to translate: each text with the place where it appears and what a translator must know of it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from instrument.errors import Finding, InputError
from instrument.model import Block, Fact, Form, Instrument, Item, Option, ResponseScale, TranslatedString
from instrument.model import TranslationStatus as Status
from instrument.rules.translation import LANGUAGE_TAG
from instrument.translating.marks import marks, numbers, one_line, paragraphs

EVERYWHERE = "all"


@dataclass(frozen=True, slots=True)
class Unit:
    """One text to translate.

    Attributes
    ----------
    key
        As in :meth:`instrument.model.Instrument.strings`.
    forms
        Ids of the forms that show the text, ``("all",)`` for what belongs to none in particular.
    block
        Id of the first block that shows it; empty for what stands outside of blocks.
    kind
        In words: item, question, help, answer, block title …
    source, target
        The text in the base language and its translation; ``target`` is empty where there is none.
    status
        Of the translation; None where there is none.
    context
        What a translator must know, one sentence each.
    placeholders
        What must stand in the translation exactly as in the source.
    """

    key: str
    forms: tuple[str, ...]
    block: str
    kind: str
    source: str
    target: str
    status: Status | None
    context: tuple[str, ...]
    placeholders: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a key appears: of a key that two forms share, the first place, and both forms."""

    forms: tuple[str, ...]
    block: str
    kind: str
    notes: tuple[str, ...]


def units(instrument: Instrument, language: str) -> tuple[Unit, ...]:
    """Every text of the instrument with its present translation into ``language``, in order of appearance.

    The language may be one that the instrument does not have yet: all targets are then empty.

    Raises
    ------
    InputError
        ``TRANSLATION-LANGUAGE``: no BCP 47 tag, or the language that is translated from.
    """
    check_language(instrument, language)
    present = next((t for t in instrument.translations if t.language == language), None)
    places = _places(instrument)
    out = []
    for key, source in instrument.strings().items():
        place = places.get(key, _Place((EVERYWHERE,), "", "text", ()))
        found = present.strings.get(key) if present else None
        target = (found.text if isinstance(found, TranslatedString) else found) or ""
        status = found.status if isinstance(found, TranslatedString) else present.status if present else None
        out.append(Unit(
            key, place.forms, place.block, place.kind, source, target, status if target.strip() else None,
            (*place.notes, *_advice(source)), tuple(sorted(marks(source).elements())),
        ))
    return tuple(out)


def check_language(instrument: Instrument, language: str) -> None:
    """Refuse what names no language, and the language that is translated from."""
    if not re.fullmatch(LANGUAGE_TAG, language):
        raise InputError(Finding(
            "TRANSLATION-LANGUAGE", f"language {language!r}", "this is not a BCP 47 language tag",
            "write the language in small letters, with the region or script where it matters: fr, pt-BR, zh-Hans"))
    if language.lower() == instrument.language.lower():
        raise InputError(Finding(
            "TRANSLATION-LANGUAGE", f"language {language!r}", "this is the language that is translated from",
            "name the language to translate into"))


def _advice(source: str) -> Iterator[str]:
    """What the text itself asks of its translation."""
    kept = sorted(marks(source))
    if kept:
        yield f"Keep as they are: {' '.join(kept)}."
    if numbers(source):
        yield "Keep the numbers in digits."
    parts = paragraphs(source)
    if len(parts) > 1:
        yield f"Keep the {len(parts)} paragraphs, parted by an empty line."


# -- where each key appears ---------------------------------------------------------------------------


def _places(instrument: Instrument) -> dict[str, _Place]:
    out: dict[str, _Place] = {}
    for key, place in _walk(instrument):
        first = out.setdefault(key, place)
        forms = tuple(dict.fromkeys(first.forms + place.forms))
        out[key] = _Place(forms, first.block, first.kind, first.notes)
    return out


def _walk(instrument: Instrument) -> Iterator[tuple[str, _Place]]:
    yield "instrument.title", _Place((EVERYWHERE,), "", "title", ("The title of the whole questionnaire.",))
    yield "instrument.alliance_definition", _Place(
        (EVERYWHERE,), "", "definition", ("Respondents decide by this definition what they count.",))
    for scale in instrument.scales:
        yield from _scale(instrument, scale)
    for form in instrument.forms:
        who = (f"Answered by: {form.respondent}",) if form.respondent else ()
        yield f"form.{form.id}.title", _Place((form.id,), "", "form title", who)
        for block in form.blocks:
            yield from _block(instrument, form, block)


def _scale(instrument: Instrument, scale: ResponseScale) -> Iterator[tuple[str, _Place]]:
    forms = tuple(form.id for form in instrument.forms for _, q in form.questions()
                  if isinstance(q, Item | Fact) and q.scale == scale.id)
    shown = tuple(dict.fromkeys(forms)) or (EVERYWHERE,)
    ends = _ends(instrument, scale.id)
    for number, point in enumerate(scale.points, 1):
        yield f"scale.{scale.id}.{point.code}", _Place(shown, "", "answer label", (
            f"Answer label {number} of {len(scale.points)} on the scale {ends}.",
            "Keep its strength, and keep equal distances between the labels of the scale."))
    for point in scale.missing:
        yield f"scale.{scale.id}.{point.code}", _Place(shown, "", "answer beside the scale", (
            f"Offered beside the scale {ends}, for those who give no answer on it.",))


def _block(instrument: Instrument, form: Form, block: Block) -> Iterator[tuple[str, _Place]]:
    def here(kind: str, *notes: str) -> _Place:
        return _Place((form.id,), block.id, kind, notes)

    yield f"block.{block.id}.title", here("block title")
    yield f"block.{block.id}.intro", here("block introduction", f"Stands under the title: {block.title}")
    for question in block.questions:
        key = f"question.{question.id}"
        if isinstance(question, Item):
            yield key, here("item", *_item(instrument, question))
        elif isinstance(question, Fact):
            yield key, here("question", *_fact(instrument, question))
            asked = one_line(question.text)
            yield f"{key}.help", here("help", f"Stands under the question: {asked}")
            yield f"{key}.unit", here("unit", f"Stands after the number that answers: {asked}")
            for code, note in _answers(question.options, question.missing, asked):
                yield f"option.{question.id}.{code}", here("answer", note)
        else:
            yield key, here("note", "Shown without a question.")


def _item(instrument: Instrument, item: Item) -> Iterator[str]:
    if item.reversed:
        yield ("Reversed item: keep the negation or the opposite sense. Who agrees must have less of what is "
               "measured, not more.")
    measured = instrument.dimensions.get(item.dimension)
    if measured is not None:
        yield f"Measures {one_line(measured.name)}. {one_line(measured.definition, 200)}".strip()
    yield f"A statement that is answered from {_ends(instrument, item.scale)}."


def _fact(instrument: Instrument, fact: Fact) -> Iterator[str]:
    if fact.role == "attention":
        yield (f"Attention check: whoever reads it must choose {fact.expected}. It stands among statements and must "
               "not look different from them.")
    if fact.scale is not None:
        yield f"Answered from {_ends(instrument, fact.scale)}."
    if fact.kind == "choices":
        yield "Several answers may be chosen."


def _answers(options: tuple[Option, ...], missing: tuple[Option, ...], asked: str) -> Iterator[tuple[str, str]]:
    for number, option in enumerate(options, 1):
        yield str(option.code), f"Answer {number} of {len(options)} to: {asked}"
    for option in missing:
        yield str(option.code), f"Offered to those who give no answer to: {asked}"


def _ends(instrument: Instrument, scale_id: str) -> str:
    points = next((scale.points for scale in instrument.scales if scale.id == scale_id), ())
    labels = [point.label or str(point.code) for point in points]
    return f"“{labels[0]}” to “{labels[-1]}”" if labels else scale_id
