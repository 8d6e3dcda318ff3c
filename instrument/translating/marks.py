"""What a translation must carry over unchanged: placeholders, tags, addresses, numbers, paragraphs."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter

BRACES = re.compile(r"\$?\{[^{}]*\}")
PRINTF = re.compile(r"%(?:\([A-Za-z_]\w*\)|\d+\$)?[sdifx](?!\w)")
TAG = re.compile(r"</?[A-Za-z][^<>]*>")
ADDRESS = re.compile(r"\b(?:https?|mailto):[^\s<>\"«»]*[^\s<>\"«».,;:!?)\]]")
NUMBER = re.compile(r"\d+(?:[.,'’]\d+|[\u00a0\u202f ]\d{3}(?!\d))*")
_SEPARATOR = re.compile(r"\D")

_TAG_NAME = re.compile(r"</?[A-Za-z][\w:-]*")


def marks(text: str) -> Counter[str]:
    """Placeholders (``{name}``, ``%s``, ``%(name)s``), tags by name, and web addresses, each as often as it stands."""
    found: Counter[str] = Counter()
    rest = text
    for pattern in (ADDRESS, BRACES, TAG, PRINTF):
        for mark in pattern.findall(rest):
            # The words inside a tag (a title, say) may well be translated; only which tag it is may not change.
            found[_TAG_NAME.match(mark).group() + ">" if pattern is TAG else mark] += 1  # type: ignore[union-attr]
        rest = pattern.sub(" ", rest)
    return found


def numbers(text: str) -> Counter[str]:
    """Numbers written in digits, in whatever script, outside of placeholders, tags and addresses.

    How a language separates thousands and decimals does not count: 1,000.5 is equal to 1 000,5.
    """
    for pattern in (ADDRESS, BRACES, TAG, PRINTF):
        text = pattern.sub(" ¦ ", text)
    return Counter(
        "".join(str(unicodedata.digit(mark)) for mark in _SEPARATOR.sub("", number)) for number in NUMBER.findall(text))


def paragraphs(text: str) -> tuple[int, ...]:
    """The number of lines of each paragraph; paragraphs are parted by empty lines."""
    parts = re.split(r"\n[^\S\n]*\n\s*", text.strip())
    return tuple(part.count("\n") + 1 for part in parts)


def one_line(text: str, longest: int = 60) -> str:
    """``text`` on one line, cut where it would be too long to be shown in a message."""
    flat = " ".join(text.split())
    return flat if len(flat) <= longest else flat[:longest - 1] + "…"


def same_text(one: str, other: str) -> bool:
    """Equal but for spaces and line breaks, which translation programs rearrange."""
    return " ".join(unicodedata.normalize("NFC", one).split()) == " ".join(unicodedata.normalize("NFC", other).split())


def plain_breaks(text: str) -> str:
    """``text`` with every line break as one newline, whichever program wrote it."""
    return text.replace("\r\n", "\n").replace("\r", "\n")
