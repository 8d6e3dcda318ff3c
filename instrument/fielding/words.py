"""Texts as they are compared: what platforms do to words must not hide that they are the same."""

from __future__ import annotations

import html
import re
import unicodedata

from instrument.model import Fact, Item

TYPED_KINDS = ("count", "number", "year", "date", "text")
"""Kinds of fact answered by typing."""


def is_typed(question: Item | Fact) -> bool:
    """Answered by typing, so without codes and words for them."""
    return isinstance(question, Fact) and question.kind in TYPED_KINDS


def same_words(text: str) -> str:
    """A text as it is compared: without mark-up, entities, case and differences of white space."""
    plain = html.unescape(re.sub(r"<[^>]*>", " ", text))
    return " ".join(unicodedata.normalize("NFKC", plain).split()).casefold()


def simplified(name: str) -> str:
    """A column name as it is compared: ``Duration (in seconds)`` and ``duration_in_seconds`` are one."""
    return re.sub(r"[^a-z0-9]", "", same_words(name))
