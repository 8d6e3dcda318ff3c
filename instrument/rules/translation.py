"""Languages that say all that the base language says, and claim no more checking than they had."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from typing import get_args

from instrument.model import Instrument, TranslatedString, Translation, TranslationStatus
from instrument.rules.registry import Breach, rule
from instrument.rules.wording import words

LANGUAGE_TAG = r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*"
PLACEHOLDER = re.compile(r"\{[^{}]*\}")
SAME_FROM = 3
"""Names and single words are often equal in two languages (No, Chile, Costa Rica); three words seldom are."""


def _place(translation: Translation, key: str) -> str:
    return f"{translation.language}.yaml: {key}"


def _shared(instrument: Instrument) -> Iterator[tuple[Translation, str, str, str]]:
    """Translation, key, base text and translated text, wherever both have words."""
    base = instrument.strings()
    for translation in instrument.translations:
        for key in translation.strings:
            text = translation.text(key) or ""
            if key in base and text.strip():
                yield translation, key, base[key], text


@rule("TRANSLATION-LANGUAGE")
def language_is_another(instrument: Instrument) -> Iterator[Breach]:
    """Each translation is into another language, named by a BCP 47 tag, once."""
    seen = {instrument.language}
    for translation in instrument.translations:
        tag = translation.language
        if not re.fullmatch(LANGUAGE_TAG, tag):
            yield _place(translation, "language"), f"{tag!r} is not a BCP 47 language tag", "write e.g. es or pt-BR"
        if tag in seen:
            yield (_place(translation, "language"), f"{tag!r} is there already, as base language or translation",
                   "keep one of them")
        seen.add(tag)


@rule("TRANSLATION-MISSING")
def translation_is_whole(instrument: Instrument) -> Iterator[Breach]:
    """Every text is translated."""
    for translation in instrument.translations:
        for key, text in instrument.strings().items():
            if key not in translation.strings:
                yield _place(translation, key), f"not translated: {_short(text)}", "add the key with its translation"


@rule("TRANSLATION-UNKNOWN")
def translation_has_no_strays(instrument: Instrument) -> Iterator[Breach]:
    """Every translated key exists in the base language."""
    base = instrument.strings()
    for translation in instrument.translations:
        for key in translation.strings:
            if key not in base:
                yield _place(translation, key), "the base language has no text of this key", "correct or remove it"


@rule("TRANSLATION-EMPTY")
def translation_has_words(instrument: Instrument) -> Iterator[Breach]:
    """No translation is empty."""
    base = instrument.strings()
    for translation in instrument.translations:
        for key in translation.strings:
            if key in base and not (translation.text(key) or "").strip():
                yield _place(translation, key), "the translation is empty", f"translate: {_short(base[key])}"


@rule("TRANSLATION-SAME", "warning")
def translation_differs(instrument: Instrument) -> Iterator[Breach]:
    """No translation of three words or more is identical to the base text."""
    for translation, key, base, text in _shared(instrument):
        if words(base) >= SAME_FROM and base.strip() == text.strip():
            yield _place(translation, key), f"identical to the base text: {_short(base)}", "translate it"


@rule("TRANSLATION-PLACEHOLDER")
def translation_keeps_placeholders(instrument: Instrument) -> Iterator[Breach]:
    """A translation holds the same {placeholders} as the base text, each as often."""
    for translation, key, base, text in _shared(instrument):
        theirs, ours = Counter(PLACEHOLDER.findall(base)), Counter(PLACEHOLDER.findall(text))
        if theirs != ours:
            yield (_place(translation, key), f"placeholders {_names(ours)}, where the base text has {_names(theirs)}",
                   "keep them as they are, braces and all")


@rule("TRANSLATION-STATUS")
def status_is_honest(instrument: Instrument) -> Iterator[Breach]:
    """A translation claims no higher status than the least checked of its texts."""
    order = get_args(TranslationStatus)
    for translation in instrument.translations:
        for key, string in translation.strings.items():
            if isinstance(string, TranslatedString) and order.index(string.status) < order.index(translation.status):
                yield (_place(translation, key), f"the text is {string.status}, the whole claims to be "
                       f"{translation.status}", f"check the text too, or let the whole be {string.status}")


def _names(found: Counter[str]) -> str:
    return ", ".join(sorted(found.elements())) or "none"


def _short(text: str) -> str:
    flat = " ".join(text.split())
    return flat if len(flat) <= 60 else flat[:59] + "…"
