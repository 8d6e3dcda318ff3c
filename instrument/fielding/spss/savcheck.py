"""Whether the dictionary of a ``.sav`` file holds together, before the library that reads it trusts its numbers.

A damaged file can name a variable that is not there, or a text without the records it needs; a library in C that
follows such a number does not fail, it takes the whole program down. Only structure is checked here.
"""

from __future__ import annotations

from dataclasses import dataclass
from struct import Struct, error

HEADER = 176
_LAYOUT = 64
_VARIABLE, _LABELS, _LABELLED, _DOCUMENT, _EXTENSION, _END = 2, 3, 4, 6, 7, 999
WIDEST = 255


@dataclass(slots=True)
class _Dictionary:
    """A place in the file, and the variable records passed: the width of each, or -1 for a continuation."""

    content: bytes
    byte_order: str
    at: int
    widths: list[int]

    def whole(self, n: int = 1) -> tuple[int, ...]:
        """The next ``n`` whole numbers."""
        if not 0 <= n <= len(self.content):
            raise ValueError("a count that cannot be")
        numbers: tuple[int, ...] = Struct(f"{self.byte_order}{n}i").unpack_from(self.content, self.at)
        self.at += 4 * n
        return numbers

    def skip(self, n: int) -> None:
        if n < 0 or self.at + n > len(self.content):
            raise ValueError("a part that goes beyond the end of the file")
        self.at += n


def damage(content: bytes) -> str | None:
    """What is wrong with a file's dictionary; None if it holds together."""
    try:
        byte_order = next((order for order in "<>" if Struct(f"{order}i").unpack_from(content, _LAYOUT)[0] in (2, 3)),
                          None)
        if byte_order is None:
            return "its header is none"
        _walk(_Dictionary(content, byte_order, HEADER, []))
    except (ValueError, IndexError, error) as found:
        return f"its dictionary is damaged: {found}"
    return None


def _walk(found: _Dictionary) -> None:
    while True:
        (kind,) = found.whole()
        if kind == _VARIABLE:
            _variable(found)
        elif kind == _LABELS:
            _value_labels(found)
        elif kind == _DOCUMENT:
            found.skip(80 * found.whole()[0])
        elif kind == _EXTENSION:
            _, size, count = found.whole(3)
            if size < 0 or count < 0:
                raise ValueError("a count below 0")
            found.skip(size * count)
        elif kind == _END:
            _check_continued(found.widths)
            return
        else:
            raise ValueError(f"a record of the unknown kind {kind}")


def _variable(found: _Dictionary) -> None:
    width, has_label, missing, _, _ = found.whole(5)
    if not -1 <= width <= WIDEST or has_label not in (0, 1) or not -3 <= missing <= 3 or missing == -1:
        raise ValueError("a variable that cannot be")
    found.skip(8)
    if has_label:
        (length,) = found.whole()
        found.skip(length + -length % 4)
    found.skip(8 * abs(missing))
    found.widths.append(width)


def _check_continued(widths: list[int]) -> None:
    """A text of more than 8 bytes is followed by a record for each further 8."""
    expected = 0
    for width in (*widths, 0):
        if (width == -1) != (expected > 0):
            raise ValueError("a text variable with too few or too many records")
        expected = expected - 1 if expected else max(0, (width + 7) // 8 - 1)


def _value_labels(found: _Dictionary) -> None:
    (count,) = found.whole()
    if count < 0:
        raise ValueError("a count below 0")
    for _ in range(count):
        found.skip(8)
        length = found.content[found.at]
        found.skip(length + 1 + -(length + 1) % 8)
    kind, variables = found.whole(2)
    if kind != _LABELLED:
        raise ValueError("labels of no variable")
    for place in found.whole(variables):
        if not 1 <= place <= len(found.widths) or found.widths[place - 1] == -1:
            raise ValueError("labels of a variable that is not there")
