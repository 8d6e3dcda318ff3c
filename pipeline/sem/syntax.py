"""lavaan's model syntax, as far as the study's models use it: ``=~``, ``~``, ``~~``, ``:=`` and modifiers.

A statement ends at a line's end or at ``;``, unless the line ends with an operator or the next one begins
with ``+``. ``#`` and ``!`` begin a comment. A modifier stands before ``*``: a number fixes, ``NA`` frees, a
name labels. What is left out on purpose (intercepts, thresholds, constraints, groups) is refused with its
place, never skipped.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from instrument.errors import Finding, InputError
from pipeline.sem.expressions import Expression, Token, parse_expression

ModelOperator = Literal["=~", "~", "~~"]

_TOKENS = re.compile(
    r"(?P<comment>[#!].*)|(?P<newline>\n)|(?P<space>[ \t\r\f]+)"
    r"|(?P<number>(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)"
    r"|(?P<name>[^\W\d][\w.]*)"
    r"|(?P<operator>:=|=~|~~|~\*~|<~|==|\*\*|[~<>|%+*/^()\-,;])"
    r"|(?P<other>.)"
)
_RELATIONS = ("=~", "~", "~~", ":=")
_CONTINUES = {*_RELATIONS, "+", "*", "-", "/", "^", "**", "(", ","}


@dataclass(frozen=True, slots=True)
class Term:
    """One relation ``lhs op rhs``; ``value`` fixes it, ``freed`` says that ``NA*`` stood before it."""

    lhs: str
    op: ModelOperator
    rhs: str
    label: str
    value: float | None
    freed: bool
    place: str
    lhs_place: str


@dataclass(frozen=True, slots=True)
class Definition:
    """``name := expression``; ``text`` is the expression without blanks, as lavaan prints it."""

    name: str
    text: str
    expression: Expression
    place: str


@dataclass(frozen=True, slots=True)
class ModelSyntax:
    """What a model text says, in its own order; defaults are added by :func:`pipeline.sem.table.parameter_table`."""

    text: str
    terms: tuple[Term, ...]
    definitions: tuple[Definition, ...]


def parse_model(text: str, source: str = "model") -> ModelSyntax:
    """Read a model; every broken statement is reported at once.

    Parameters
    ----------
    text
        Model in lavaan's syntax.
    source
        Named in findings, e.g. the file the text came from.

    Raises
    ------
    InputError
        ``MODEL-SYNTAX`` with line, column and what was expected; ``MODEL-EMPTY``.
    """
    terms: list[Term] = []
    definitions: list[Definition] = []
    findings: list[Finding] = []
    for statement in _statements(text):
        try:
            if any(token.text == ":=" for token in statement):
                definitions.append(_definition(statement, source))
            else:
                terms.extend(_terms(statement, source))
        except InputError as error:
            findings.extend(error.findings)
    findings.extend(_repeated(terms, definitions))
    if not findings and not terms:
        findings.append(Finding("MODEL-EMPTY", source, "A model has at least one relation; none was found.",
                                "Write e.g. `F =~ x1 + x2 + x3` or `y ~ x`."))
    if findings:
        raise InputError(findings)
    return ModelSyntax(text, tuple(terms), tuple(definitions))


def _tokens(text: str) -> Iterator[Token]:
    line, line_start = 1, 0
    for match in _TOKENS.finditer(text):
        kind = match.lastgroup or "other"
        if kind not in ("comment", "space"):
            yield Token(kind, match.group(), line, match.start() - line_start + 1)
        if kind == "newline":
            line, line_start = line + 1, match.end()


def _statements(text: str) -> Iterator[list[Token]]:
    """Tokens of one statement after the other, line breaks resolved."""
    current: list[Token] = []
    tokens = list(_tokens(text))
    for index, token in enumerate(tokens):
        if token.text == ";" or (token.kind == "newline" and not _goes_on(current, tokens[index + 1:])):
            if current:
                yield current
            current = []
        elif token.kind != "newline":
            current.append(token)
    if current:
        yield current


def _goes_on(before: list[Token], after: list[Token]) -> bool:
    following = next((token for token in after if token.kind != "newline"), None)
    if not before or following is None:
        return False
    return before[-1].text in _CONTINUES or following.text in ("+", "*", "/")


def _fail(token: Token, source: str, expected: str) -> InputError:
    place = f"{source}, line {token.line}, column {token.column}"
    return InputError(Finding("MODEL-SYNTAX", place, f"Expected {expected}; found {token.text!r}.",
                              "Write relations as lavaan does: `F =~ x1 + x2`, `y ~ a*x + z`, `x ~~ y`, `ab := a*b`."))


def _definition(statement: list[Token], source: str) -> Definition:
    name, relation = statement[0], statement[1] if len(statement) > 1 else statement[0]
    if name.kind != "name" or relation.text != ":=":
        raise _fail(relation if name.kind == "name" else name, source, "one name before :=")
    if len(statement) == 2:
        raise _fail(relation, source, "an expression of labels after :=")
    body = statement[2:]
    return Definition(name.text, "".join(token.text for token in body), parse_expression(body, source),
                      f"{source}, line {name.line}")


def _terms(statement: list[Token], source: str) -> Iterator[Term]:
    at = next((i for i, token in enumerate(statement) if token.text in _RELATIONS), None)
    if at is None:
        refused = next((t for t in statement if t.text in ("==", "<", ">", "|", "<~", "~*~", "%")), statement[-1])
        raise _fail(refused, source, "one of =~ ~ ~~ := (others are not supported)")
    relation = statement[at]
    left, right = statement[:at], statement[at + 1:]
    if not left or not right:
        raise _fail(relation, source, f"variables on both sides of {relation.text}")
    for lhs_part in _summands(left, source, relation):
        if len(lhs_part) != 1 or lhs_part[0].kind != "name":
            raise _fail(lhs_part[0], source, f"variable names joined by + before {relation.text}")
        for part in _summands(right, source, relation):
            yield _term(lhs_part[0], relation, part, source)


def _summands(tokens: list[Token], source: str, relation: Token) -> list[list[Token]]:
    parts: list[list[Token]] = [[]]
    last = relation
    for token in tokens:
        if token.text == "+" and parts[-1]:
            parts.append([])
        elif token.text == "+":
            raise _fail(token, source, "a variable name")
        else:
            parts[-1].append(token)
        last = token
    if not parts[-1]:
        raise _fail(last, source, "a variable name after +")
    return parts


def _term(lhs: Token, relation: Token, part: list[Token], source: str) -> Term:
    """One summand: ``x``, ``label*x``, ``NA*x``, ``0.5*x``, ``-1*x``."""
    *modifier, variable = part
    if variable.kind == "number" and not modifier:
        raise _fail(variable, source, "a variable name (intercepts are not part of a covariance model)")
    if variable.kind != "name":
        raise _fail(variable, source, "a variable name")
    label, value, freed = "", None, False
    if modifier:
        *sign, content, star = modifier if len(modifier) > 1 else [modifier[0], modifier[0]]
        if star.text != "*":
            raise _fail(star if star is not content else variable, source, "+ between variables or * after a modifier")
        if content.kind == "number" and [t.text for t in sign] in ([], ["-"]):
            value = -float(content.text) if sign else float(content.text)
        elif content.kind == "name" and not sign:
            freed, label = content.text == "NA", "" if content.text == "NA" else content.text
        else:
            raise _fail((sign or [content])[0], source, "a number, NA or a label before *")
    op: ModelOperator = "=~" if relation.text == "=~" else "~" if relation.text == "~" else "~~"
    places = [f"{source}, line {token.line}, column {token.column}" for token in (variable, lhs)]
    return Term(lhs.text, op, variable.text, label, value, freed, *places)


def _repeated(terms: list[Term], definitions: list[Definition]) -> Iterator[Finding]:
    """The same relation or the same name twice has no single meaning."""
    seen: dict[tuple[str, frozenset[str] | tuple[str, str]], str] = {}
    for term in terms:
        ends = frozenset((term.lhs, term.rhs)) if term.op == "~~" else (term.lhs, term.rhs)
        if (term.op, ends) in seen:
            yield Finding("MODEL-REPEATED", term.place, f"`{term.lhs} {term.op} {term.rhs}` is already given at "
                          f"{seen[term.op, ends]}.", "Keep one of the two.")
        elif term.op != "~~" and term.lhs == term.rhs:
            yield Finding("MODEL-SYNTAX", term.place, f"`{term.lhs} {term.op} {term.rhs}` points at itself.",
                          "Name another variable; a variance is written with ~~.")
        seen.setdefault((term.op, ends), term.place)
    named = {term.label: term.place for term in terms if term.label}
    for definition in definitions:
        if definition.name in named:
            yield Finding("MODEL-REPEATED", definition.place, f"{definition.name!r} already names something at "
                          f"{named[definition.name]}.", "Give the defined effect a name of its own.")
        named.setdefault(definition.name, definition.place)
