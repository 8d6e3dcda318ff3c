"""The page's own words, buttons and messages, in the languages in which they are written."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path

import yaml

FALL_BACK = "en"
"""The language in which buttons and messages stand where they are not written in the respondent's own."""


@cache
def all_words() -> Mapping[str, Mapping[str, str]]:
    """Language → key → words, as ``ui.yaml`` has them."""
    content: dict[str, dict[str, str]] = yaml.safe_load(
        (Path(__file__).parent / "ui.yaml").read_text(encoding="utf-8"))
    return content


def written_language(language: str) -> str | None:
    """The language of ``ui.yaml`` that serves ``language``: itself, or for ``es-MX`` its ``es``; else None."""
    return next((code for code in (language, language.split("-")[0]) if code in all_words()), None)


def words_for(language: str) -> Mapping[str, str]:
    """Buttons and messages for ``language``; English ones where nobody has written them (:func:`unwritten` says so)."""
    return all_words()[written_language(language) or FALL_BACK]


def unwritten(languages: tuple[str, ...]) -> tuple[str, ...]:
    """Those of ``languages`` whose respondents would see English buttons and messages."""
    return tuple(language for language in languages if written_language(language) is None)
