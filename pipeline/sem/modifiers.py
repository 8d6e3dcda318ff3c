"""What may stand before ``*`` in a relation: numbers, ``NA``, labels, ``start()``, ``label()``, ``equal()``, ``c()``.

A modifier holds one entry, or one for each group. Of chained modifiers (``2*a*x``) lavaan 0.6 keeps the labels and
drops the rest in silence; here a label and a ``start()`` may be chained, and any other chain is refused.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np

from pipeline.sem.expressions import parse_expression
from pipeline.sem.tokens import RESERVED, Token, expected

_LABELS = ("label", "equal")
_REFUSED = ("lower", "upper", "prior", "rv", "efa")


@dataclass(frozen=True, slots=True)
class Modifiers:
    """All modifiers of one relation; each is empty (not given), of length 1, or has an entry for each group.

    Attributes
    ----------
    labels
        Labels; "" leaves a group's parameter without one.
    values
        Numbers that fix; None frees (``NA``).
    starts
        Starting values; None leaves the choice to the engine.
    """

    labels: tuple[str, ...] = ()
    values: tuple[float | None, ...] = ()
    starts: tuple[float | None, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.labels or self.values or self.starts)

    def overlaps(self, other: Modifiers) -> bool:
        """Whether both say something of the same kind."""
        return any(getattr(self, field.name) and getattr(other, field.name) for field in fields(self))

    def merged(self, other: Modifiers) -> Modifiers:
        """Both together; they must not overlap."""
        return Modifiers(self.labels or other.labels, self.values or other.values, self.starts or other.starts)


def parse_modifiers(tokens: list[Token], star: Token, source: str) -> Modifiers:
    """Read the tokens before ``star``, which is ``*``, or ``?`` (lavaan's short form of ``start()``).

    Raises
    ------
    InputError
        ``MODEL-SYNTAX`` at what cannot be read.
    """
    if not tokens:
        raise expected(star, source, "a number, NA or a label before this")
    if star.text == "?":
        return Modifiers(starts=(_number(tokens, source),))
    pieces = _split(tokens, "*")
    if len(pieces) == 1 or not all(_can_be_chained(piece) for piece in pieces):
        return _modifier(tokens, source)
    found = Modifiers()
    for piece in pieces:
        another = _modifier(piece, source)
        if found.overlaps(another):
            raise expected(piece[0], source, "one label and one start() at most")
        found = found.merged(another)
    return found


def _can_be_chained(piece: list[Token]) -> bool:
    if len(piece) == 1:
        return piece[0].kind in ("name", "string") and piece[0].text != "NA"
    return bool(piece) and piece[0].text in (*_LABELS, "start")


def _modifier(tokens: list[Token], source: str) -> Modifiers:
    """One modifier; a lone label or ``NA`` may stand in parentheses."""
    if len(tokens) == 3 and tokens[0].text == "(" and tokens[2].text == ")":
        tokens = tokens[1:-1]
    head = tokens[0]
    if len(tokens) == 1 and head.kind in ("name", "string"):
        return Modifiers(values=(None,)) if head.text == "NA" else Modifiers(labels=(_label(head, source),))
    if head.kind == "name" and len(tokens) > 1 and tokens[1].text == "(":
        if head.text in _REFUSED:
            raise expected(head, source, "a number, NA, a label or start() (others are not supported)",
                           f"Leave {head.text}() out of the model.")
        if head.text == "start":
            return Modifiers(starts=tuple(_number_or_na(entry, source) for entry in _entries(tokens, source)))
        if head.text in _LABELS:
            return Modifiers(labels=tuple(_label_or_na(entry, source) for entry in _entries(tokens, source)))
        if head.text == "c":
            return _vector(_entries(tokens, source), source)
    return Modifiers(values=(_number(tokens, source),))


def _vector(entries: list[list[Token]], source: str) -> Modifiers:
    """``c(…)``: labels or numbers, not both; ``NA`` frees a parameter, or leaves it without a label."""
    named = [entry for entry in entries if len(entry) == 1 and entry[0].kind in ("name", "string") and not _na(entry)]
    if not named:
        return Modifiers(values=tuple(_number_or_na(entry, source) for entry in entries))
    # lavaan drops all but the names from c(a, NA), which makes groups equal that were not meant to be.
    bare = any(entry[0].kind == "name" for entry in named)
    for entry in entries:
        if (bare and _na(entry)) or not (entry in named or _na(entry)):
            raise expected(entry[0], source, "only labels in c(), as one of them is a label",
                           'Quote the labels to leave a group without one: c("a", NA)*x.')
    return Modifiers(labels=tuple(_label_or_na(entry, source) for entry in entries))


def _entries(tokens: list[Token], source: str) -> list[list[Token]]:
    """The arguments of a call; ``c()`` inside is opened."""
    if tokens[-1].text != ")":
        raise expected(tokens[-1], source, ") as the end of the modifier")
    entries = _split(tokens[2:-1], ",")
    if not all(entries):
        raise expected(tokens[1], source, "entries between ( and ), separated by commas")
    flat: list[list[Token]] = []
    for entry in entries:
        nested = tokens[0].text != "c" and len(entry) > 2 and entry[0].text == "c" and entry[1].text == "("
        flat.extend(_entries(entry, source) if nested else [entry])
    return flat


def _split(tokens: list[Token], separator: str) -> list[list[Token]]:
    """Split at separators outside parentheses."""
    parts: list[list[Token]] = [[]]
    depth = 0
    for token in tokens:
        depth += (token.text == "(") - (token.text == ")")
        if token.text == separator and depth == 0:
            parts.append([])
        else:
            parts[-1].append(token)
    return parts


def _na(entry: list[Token]) -> bool:
    return len(entry) == 1 and entry[0].text == "NA"


def _label(token: Token, source: str) -> str:
    # Blanks do not count in lavaan's language, not even between quotation marks.
    label = "".join(token.text[1:-1].split()) if token.kind == "string" else token.text
    if not label or label in RESERVED:
        raise expected(token, source, "a label")
    return label


def _label_or_na(entry: list[Token], source: str) -> str:
    if len(entry) != 1 or entry[0].kind not in ("name", "string"):
        raise expected(entry[0], source, "a label or NA")
    return "" if _na(entry) else _label(entry[0], source)


def _number_or_na(entry: list[Token], source: str) -> float | None:
    return None if _na(entry) else _number(entry, source)


def _number(tokens: list[Token], source: str) -> float:
    """A number, also as constant arithmetic (``1/3``, ``(0.5)``, ``sqrt(2)``)."""
    expression = parse_expression(tokens, source)
    names = expression.names()
    if names:
        token = next(token for token in tokens if token.text == names[0])
        raise expected(token, source, "a number here, or a label alone",
                       "To fix and label one parameter, name the variable twice: `f =~ a*x + 0.5*x`.")
    value = float(expression.evaluate({}))
    if not np.isfinite(value):
        raise expected(tokens[0], source, "a finite number")
    return value
