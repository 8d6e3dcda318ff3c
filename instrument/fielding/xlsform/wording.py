"""The few words of our own that a form needs, and texts made safe for XLSForm.

Where we have no words in a language, signs stand for them: a form never falls back to another language.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from instrument.fielding.words import same_words
from instrument.spreadsheet import harmless

Phrase = Literal["required", "between", "at least", "at most", "alone", "no answer", "language", "identifier", "over"]

_SIGNS: dict[Phrase, str] = {
    "required": "✱", "between": "{low} – {high}", "at least": "≥ {low}", "at most": "≤ {high}", "alone": "{alone} ≠ +",
    "no answer": "∅ …", "language": "↔", "identifier": "✓", "over": "■",
}
_WORDS: dict[str, dict[Phrase, str]] = {
    "en": {
        "required": "Please answer this question.",
        "between": "Please give a number from {low} to {high}.",
        "at least": "Please give a number of at least {low}.",
        "at most": "Please give a number of at most {high}.",
        "alone": "This answer cannot be combined with another: {alone}",
        "no answer": "No answer, because …",
        "language": "Language of this interview",
        "identifier": "Comes with the link. Please leave it as it is.",
        "over": "Thank you. There are no more questions. Please send the form.",
    },
    "es": {
        "required": "Por favor, responda a esta pregunta.",
        "between": "Indique un número entre {low} y {high}.",
        "at least": "Indique un número no menor que {low}.",
        "at most": "Indique un número no mayor que {high}.",
        "alone": "Esta respuesta no puede combinarse con otra: {alone}",
        "no answer": "Sin respuesta, porque …",
        "language": "Idioma de esta entrevista",
        "identifier": "Viene con el enlace. Por favor, no lo cambie.",
        "over": "Gracias. No hay más preguntas. Por favor, envíe el formulario.",
    },
    "fr": {
        "required": "Veuillez répondre à cette question.",
        "between": "Veuillez indiquer un nombre de {low} à {high}.",
        "at least": "Veuillez indiquer un nombre d'au moins {low}.",
        "at most": "Veuillez indiquer un nombre d'au plus {high}.",
        "alone": "Cette réponse ne peut pas être combinée avec une autre : {alone}",
        "no answer": "Pas de réponse, parce que …",
        "language": "Langue de cet entretien",
        "identifier": "Fourni par le lien. Merci de ne pas le modifier.",
        "over": "Merci. Il n'y a plus de questions. Veuillez envoyer le formulaire.",
    },
}


def phrase(which: Phrase, language: str, **parts: str) -> str:
    """Our words for something in a language; a regional variety takes the words of its language."""
    words = _WORDS.get(language) or _WORDS.get(language.split("-")[0].casefold(), _SIGNS)
    return words[which].format(**parts)


WORD_JOINER = "\u2060"
"""An invisible sign that keeps ``$`` and ``{`` apart."""


def safe(text: str) -> str:
    """A text that XLSForm does not take for a reference to another question, nor a spreadsheet for a formula."""
    return harmless(text.replace("${", f"${WORD_JOINER}{{"))


STRAIGHT = str.maketrans({"\u2018": "'", "\u2019": "'", "\u201c": '"', "\u201d": '"'})
"""What pyxform makes of typographic quotation marks."""


def comparable(text: str) -> str:
    """A text of the form, or of the questionnaire, as the two are compared."""
    return same_words(text.translate(STRAIGHT).replace(WORD_JOINER, ""))


def spellings(text: str) -> tuple[str, ...]:
    """The questionnaire's words as :func:`comparable` has them in an export, likeliest first."""
    return tuple(dict.fromkeys((comparable(safe(text)), comparable(text))))


def with_unit(help_text: str | None, unit: str | None) -> str | None:
    """What stands under a question: the unit in brackets, then the help."""
    parts: Sequence[str] = [part for part in (f"({unit})" if unit else "", help_text) if part]
    return " ".join(parts) or None
