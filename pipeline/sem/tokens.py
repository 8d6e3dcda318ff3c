"""From a model text to statements of tokens, each token knowing its line and column.

lavaan's rule for lines: blanks, empty lines and comments (``#`` or ``!`` to the line's end) are dropped, ``;`` is a
line break, and a line opens a new statement exactly if it holds a relation. Any other line goes on with the
statement before it, whatever that one ends with.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from instrument.errors import Finding, InputError

SUPPORTED = ("=~", "~~", "~", "|", "~*~", "==", ":=")
REFUSED = {
    "<~": "a composite (<~)", "<": "an inequality (<)", ">": "an inequality (>)", "%": "a group weight (%)",
    ":": "a block or an interaction (:)",
}
"""Relations of lavaan that this engine does not estimate, and what to call them."""

# R's reserved words can name neither a variable nor a label.
RESERVED = frozenset({
    "if", "else", "repeat", "while", "function", "for", "next", "break", "in", "TRUE", "FALSE", "NULL", "Inf", "NaN",
    "NA", "NA_integer_", "NA_real_", "NA_character_",
})

_TOKENS = re.compile(
    r"(?P<comment>[#!][^\n]*)|(?P<newline>[\n;])|(?P<space>[^\S\n]+)"
    r"|(?P<string>\"[^\"\n]*\"|'[^'\n]*')"
    r"|(?P<number>(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)"
    r"|(?P<name>(?:[^\W\d]|\.(?!\d))[\w.]*)"
    r"|(?P<operator>:=|=~|~\*~|<~|~~|==|\*\*|[~˜<>|%:+*/^()\-,?])"
    r"|(?P<other>.)"
)


@dataclass(frozen=True, slots=True)
class Token:
    """A piece of model text and where it stands; lines and columns count from 1."""

    kind: str
    text: str
    line: int
    column: int

    def place(self, source: str) -> str:
        """Where a finding about this token points."""
        return f"{source}, line {self.line}, column {self.column}"


def expected(token: Token, source: str, what: str, fix: str = "") -> InputError:
    """The error for a token that stands where ``what`` should stand."""
    return InputError(Finding(
        "MODEL-SYNTAX", token.place(source), f"Expected {what}; found {token.text!r}.",
        fix or "Write as lavaan does: `F =~ x1 + x2`, `y ~ a*x + z`, `x ~~ y`, `y ~ 1`, `ab := a*b`, `a == b`.",
    ))


def not_supported(token: Token, source: str, what: str) -> InputError:
    """The error for something lavaan knows and this engine does not."""
    return InputError(Finding("MODEL-SYNTAX", token.place(source),
                              f"Expected one of {' '.join(SUPPORTED)}; found {what}, which is not supported.",
                              "Leave it out of the model."))


def statements(text: str) -> Iterator[list[Token]]:
    """Tokens of one statement after the other.

    Lines before the first relation come as a statement of their own, so that they are refused, not lost.
    """
    current: list[Token] = []
    for line in _lines(text):
        if current and any(token.text in SUPPORTED or token.text in REFUSED for token in line):
            yield current
            current = []
        current.extend(line)
    if current:
        yield current


def _lines(text: str) -> Iterator[list[Token]]:
    """Tokens of each line that has any."""
    line: list[Token] = []
    for token in _tokens(text):
        if token.kind != "newline":
            line.append(token)
        elif line:
            yield line
            line = []
    if line:
        yield line


def _tokens(text: str) -> Iterator[Token]:
    number, start = 1, 0
    for match in _TOKENS.finditer(text):
        kind = match.lastgroup or "other"
        if kind not in ("comment", "space"):
            # Word processors turn the tilde into its look-alike; lavaan reads both.
            yield Token(kind, match.group().replace("˜", "~"), number, match.start() - start + 1)
        if match.group() == "\n":
            number, start = number + 1, match.end()
