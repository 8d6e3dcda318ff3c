"""A work file as it came back from a translator, before it is judged."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import get_args

from instrument.errors import Finding
from instrument.model import TranslationStatus as Status

STATUSES: tuple[Status, ...] = get_args(Status)
"""From the least checked to the most."""


@dataclass(frozen=True, slots=True)
class WorkString:
    """One translated text.

    Attributes
    ----------
    key, source, text
        Source as it stood in the file when it was made; ``text`` is empty where nothing was translated.
    status
        None where there is no text.
    back_translation, comment
        What reviewers wrote beside it; they stay in the work file.
    place
        Row or line of the file.
    """

    key: str
    source: str
    text: str
    status: Status | None
    place: str
    back_translation: str = ""
    comment: str = ""


@dataclass(frozen=True, slots=True)
class WorkFile:
    """What a work file holds.

    Attributes
    ----------
    file
        Its name, without folders.
    instrument, version, source_language
        What was translated.
    language, name, translator
        Into which language, its name in its own words, and by whom; the last two may be empty.
    strings
        In the file's order; a key that stands there twice is here twice.
    issues
        What was found while reading that concerns single texts; :func:`instrument.translating.check_work` hands it on.
    """

    file: str
    instrument: str
    version: str
    source_language: str
    language: str
    name: str
    translator: str
    strings: tuple[WorkString, ...]
    issues: tuple[Finding, ...] = ()


@dataclass(frozen=True, slots=True)
class Heading:
    """What a work file says of itself as a whole."""

    instrument: str
    version: str
    source_language: str
    language: str
    name: str = ""
    translator: str = ""


def damaged(place: str, rule: str, fix: str = "ask the translator for the file again, or write a new one") -> Finding:
    """The finding for a file that cannot be read as a work file."""
    return Finding("TRANSLATION-FILE", place, rule, fix)


def uncarried(pairs: Iterator[tuple[str, str, str]]) -> tuple[Finding, ...]:
    """A finding for each text with characters that no XML, and so no XLIFF and no workbook, can hold.

    Parameters
    ----------
    pairs
        Place, what the text is, and the text.
    """
    out = []
    for place, what, text in pairs:
        bad = sorted({ord(mark) for mark in text if not _in_xml(ord(mark))})
        if bad:
            names = ", ".join(f"U+{code:04X}" for code in bad)
            out.append(Finding("TRANSLATION-CHARACTER", place, f"the {what} holds {names}, which no work file can hold",
                               "remove the invisible character; it often comes from pasting"))
    return tuple(out)


def _in_xml(code: int) -> bool:
    """Characters of XML 1.0, without the carriage return, which is read as a newline."""
    return code in (0x9, 0xA) or 0x20 <= code <= 0xD7FF or 0xE000 <= code <= 0xFFFD or code >= 0x10000
