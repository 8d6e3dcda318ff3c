"""Text that spreadsheets show in place of running it, and back."""

from __future__ import annotations

import re

_FORMULA_START = re.compile(r"'*[=+\-@\t\r]")
_PLAIN_NUMBER = re.compile(r"[+-]?\d+(\.\d+)?")


def harmless(text: str) -> str:
    """``text``, with an apostrophe in front where a spreadsheet would take it for a formula.

    A signed number stays as it is: it runs nothing, and other programs must read it as a number. A text that begins
    with an apostrophe before such a start gets one more, so that :func:`restored` knows which is ours.
    """
    return f"'{text}" if _FORMULA_START.match(text) and not _PLAIN_NUMBER.fullmatch(text) else text


def restored(text: str) -> str:
    """The text that :func:`harmless` was given."""
    return text[1:] if text.startswith("'") and _FORMULA_START.match(text) else text


def column_letters(index: int) -> str:
    """A, B, …, Z, AA, …: the letters a spreadsheet shows above a column; ``index`` counts from 0."""
    letters = ""
    index += 1
    while index:
        index, remainder = divmod(index - 1, 26)
        letters = chr(ord("A") + remainder) + letters
    return letters
