"""Words as Qualtrics shows them: HTML in which nothing the instrument says is mark-up or a placeholder."""

from __future__ import annotations

import html
import re

from instrument.fielding.words import is_typed
from instrument.model import Block, Fact, Instrument, Item, Note

NOT_VALIDATED = (
    "Not validated by Qualtrics: Qualtrics could not be asked whether it takes this file as it is meant. "
    "Look through the imported survey before it is fielded."
)

DATE = {
    "en": "Year-month-day, for example 2026-03-31.",
    "es": "Año-mes-día, por ejemplo 2026-03-31.",
    "fr": "Année-mois-jour, par exemple 2026-03-31.",
}
INSTEAD = {
    "en": "If you have no answer, enter: {codes}.",
    "es": "Si no tiene respuesta, escriba: {codes}.",
    "fr": "Si vous n’avez pas de réponse, saisissez : {codes}.",
}
"""Words that the questionnaire does not have and Qualtrics needs, in the languages we know; English for all others."""


def in_html(text: str) -> str:
    """Text as HTML that shows exactly what was written.

    Qualtrics replaces ``${…}`` by an answer, and its text format reads ``[[…]]`` as an instruction: the first
    character of either is written as an entity.
    """
    shown = "<br>".join(html.escape(text, quote=False).splitlines())
    return shown.replace("${", "&#36;{").replace("[[", "&#91;&#91;").replace("]]", "&#93;&#93;").replace("\t", "&#9;")


def question_lines(instrument: Instrument, question: Item | Fact | Note, language: str | None) -> list[str]:
    """What a question says, line by line: its words, help, unit, and what may be typed in place of a number or date."""
    lines = [instrument.text(f"question.{question.id}", language)]
    if not isinstance(question, Fact):
        return lines
    if question.help is not None:
        lines.append(instrument.text(f"question.{question.id}.help", language))
    if question.unit is not None:
        lines.append(f"({instrument.text(f'question.{question.id}.unit', language)})")
    if question.kind == "date":
        lines.append(_in_language(DATE, instrument, language))
    if is_typed(question) and question.missing:
        codes = ", ".join(f"{o.code} ({instrument.label(question, o.code, language)})" for o in question.missing)
        lines.append(_in_language(INSTEAD, instrument, language).format(codes=codes))
    return lines


def heading(instrument: Instrument, block: Block, language: str | None) -> str:
    """The words above a block's list or matrix: its introduction, else its title."""
    part = "title" if block.intro is None else "intro"
    return instrument.text(f"block.{block.id}.{part}", language)


def in_short(text: str, longest: int = 99) -> str:
    """One line without mark-up, for lists in Qualtrics' editor."""
    line = re.sub(r"\s+", " ", text).strip().replace("${", "$ {")
    return line if len(line) <= longest else f"{line[:longest - 1]}…"


def _in_language(words: dict[str, str], instrument: Instrument, language: str | None) -> str:
    return words.get((language or instrument.language).split("-")[0], words["en"])
