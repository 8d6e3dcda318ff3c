"""Texts as SurveyJS takes them: one string, or one a locale."""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

Text = str | dict[str, str]

DEFAULT_LOCALE = "en"
"""SurveyJS files the strings of its default locale, English, under the key ``default``."""

RANGE: Mapping[str, str] = {
    "en": "Enter a number from {low} to {high}.",
    "es": "Introduzca un número de {low} a {high}.",
    "fr": "Saisissez un nombre de {low} à {high}.",
}
WHOLE: Mapping[str, str] = {
    "en": "Enter a whole number.",
    "es": "Introduzca un número entero.",
    "fr": "Saisissez un nombre entier.",
}
NEEDED: Mapping[str, str] = {
    "en": "Please answer: {words}",
    "es": "Responda, por favor: {words}",
    "fr": "Veuillez répondre : {words}",
}
"""Words for wrong answers; in a language that is not here, in English."""


def localised(languages: Sequence[str], say: Callable[[str], str]) -> Text:
    """``say(language)`` in every language: a plain string where there is but one way to say it.

    English stands under ``default``, because SurveyJS looks for it there. Without English the first language does,
    so that a page in a locale nobody translated shows that language in place of nothing.
    """
    said = {language: _unpiped(say(language)) for language in languages}
    first = DEFAULT_LOCALE if DEFAULT_LOCALE in said else languages[0]
    if len(set(said.values())) == 1:
        return said[first]
    return {"default": said[first], **{code: text for code, text in said.items() if code != DEFAULT_LOCALE}}


def message(languages: Sequence[str], sentence: Mapping[str, str], **values: Callable[[str], Any]) -> Text:
    """A message about a wrong answer in every language; ``values`` give what stands in the braces."""
    return localised(languages, lambda code: sentence.get(code.split("-")[0], sentence["en"]).format(
        **{name: value(code) for name, value in values.items()}))


def _unpiped(text: str) -> str:
    """SurveyJS replaces ``{name}`` in texts by an answer; an invisible word joiner keeps braces what they are."""
    return text.replace("{", "{\u2060")


def escaped(text: str) -> str:
    """Plain text as HTML: nothing in it is mark-up, its paragraphs are kept."""
    paragraphs = [html.escape(part.strip()) for part in re.split(r"\n\s*\n", text.strip())]
    return "".join(f"<p>{part}</p>".replace("\n", "<br>") for part in paragraphs)
