"""lavaan's model language: ``=~``, ``~``, ``~~``, ``~1``, ``|``, ``~*~``, ``:=`` and ``==`` with modifiers.

What the engine does not estimate (inequalities, composites, blocks) is refused with its place, never skipped. A
relation may be given several times if each time says something new about it: ``f =~ x1 + a*x2 + start(0.8)*x2``
(lavaan takes this within one formula; here it may also be another formula).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal

from instrument.errors import Finding, InputError
from pipeline.sem.expressions import Expression, parse_expression
from pipeline.sem.modifiers import Modifiers, parse_modifiers
from pipeline.sem.tokens import REFUSED, RESERVED, SUPPORTED, Token, expected, not_supported, statements

Operator = Literal["=~", "~", "~~", "~1", "|", "~*~"]
_OPERATORS: dict[str, Operator] = {"=~": "=~", "~": "~", "~~": "~~", "|": "|", "~*~": "~*~"}
_THRESHOLD = re.compile("t[1-9][0-9]*")


@dataclass(frozen=True, slots=True)
class Term:
    """One relation ``lhs op rhs`` with its modifiers.

    ``rhs`` is "" for an intercept (``~1``), "t1", "t2", … for a threshold (``|``), ``lhs`` again for a scale
    (``~*~``).
    """

    lhs: str
    op: Operator
    rhs: str
    modifiers: Modifiers
    place: str
    lhs_place: str

    def __str__(self) -> str:
        return f"{self.lhs} {self.op} {self.rhs}".strip()


@dataclass(frozen=True, slots=True)
class Definition:
    """``name := expression``; ``text`` is the expression without blanks, as lavaan prints it."""

    name: str
    text: str
    expression: Expression
    place: str


@dataclass(frozen=True, slots=True)
class Constraint:
    """``left == right`` as its author wrote it; ``text`` is both sides without blanks."""

    left: Expression
    right: Expression
    text: str
    place: str


@dataclass(frozen=True, slots=True)
class ModelSyntax:
    """What a model text says; defaults are added by :func:`pipeline.sem.table.parameter_table`.

    ``terms``, ``definitions`` and ``constraints`` keep their author's order; ``spoken`` is that of the last two taken
    together, as lavaan lists them.
    """

    text: str
    terms: tuple[Term, ...]
    definitions: tuple[Definition, ...]
    constraints: tuple[Constraint, ...]
    spoken: tuple[Definition | Constraint, ...]


def parse_model(text: str, source: str = "model") -> ModelSyntax:
    """Read a model; every broken statement is reported at once.

    Parameters
    ----------
    text
        Model in lavaan's language.
    source
        Named in findings, e.g. the file the text came from.

    Raises
    ------
    InputError
        ``MODEL-SYNTAX`` with line, column and what was expected; ``MODEL-REPEATED``; ``MODEL-EMPTY``.
    """
    terms: list[Term] = []
    spoken: list[Definition | Constraint] = []
    findings: list[Finding] = []
    for statement in statements(text):
        try:
            relation = _relation(statement, source)
            if relation.text == ":=":
                spoken.append(_definition(statement, relation, source))
            elif relation.text == "==":
                spoken.append(_constraint(statement, relation, source))
            else:
                terms.extend(_terms(statement, relation, source))
        except InputError as error:
            findings.extend(error.findings)
    terms, repeated = _merge(terms)
    definitions = tuple(entry for entry in spoken if isinstance(entry, Definition))
    findings += [*repeated, *_repeated_names(terms, definitions)]
    if not findings and not terms:
        findings.append(Finding("MODEL-EMPTY", source, "A model has at least one relation; none was found.",
                                "Write e.g. `F =~ x1 + x2 + x3` or `y ~ x`."))
    if findings:
        raise InputError(findings)
    constraints = tuple(entry for entry in spoken if isinstance(entry, Constraint))
    return ModelSyntax(text, tuple(terms), definitions, constraints, tuple(spoken))


def _relation(statement: list[Token], source: str) -> Token:
    """The one token that relates the left side to the right side."""
    for token, following in zip(statement, [*statement[1:], None], strict=True):
        if token.text in REFUSED:
            raise not_supported(token, source, REFUSED[token.text])
        if token.text == "efa" and following is not None and following.text == "(":
            raise not_supported(token, source, "an efa() block")
    relations = [token for token in statement if token.text in SUPPORTED]
    if not relations:
        raise expected(statement[-1], source, f"one of {' '.join(SUPPORTED)} in the statement that ends here")
    if len(relations) > 1:
        raise expected(relations[1], source, "the end of the statement (it has a relation already)")
    return relations[0]


def _sides(statement: list[Token], relation: Token, source: str) -> tuple[list[Token], list[Token]]:
    at = statement.index(relation)
    if not statement[:at] or not statement[at + 1:]:
        raise expected(relation, source, f"something on both sides of {relation.text}")
    return statement[:at], statement[at + 1:]


def _expression(tokens: list[Token], source: str) -> Expression:
    """An expression in which labels may be quoted, as lavaan allows."""
    return parse_expression([
        replace(token, kind="name", text="".join(token.text[1:-1].split())) if token.kind == "string" else token
        for token in tokens
    ], source)


def _definition(statement: list[Token], relation: Token, source: str) -> Definition:
    left, right = _sides(statement, relation, source)
    name = left[0]
    if name.kind != "name" or name.text in RESERVED:
        raise expected(name, source, "a name before :=")
    if len(left) > 1:
        raise expected(left[1], source, ":= after one name")
    expression = _expression(right, source)
    return Definition(name.text, expression.text, expression, name.place(source))


def _constraint(statement: list[Token], relation: Token, source: str) -> Constraint:
    left, right = (_expression(side, source) for side in _sides(statement, relation, source))
    return Constraint(left, right, f"{left.text} == {right.text}", statement[0].place(source))


def _terms(statement: list[Token], relation: Token, source: str) -> Iterator[Term]:
    left, right = _sides(statement, relation, source)
    for lhs in _summands(left, source):
        if len(lhs) != 1 or lhs[0].kind != "name" or lhs[0].text in RESERVED:
            raise expected(lhs[0], source, f"variable names joined by + before {relation.text}")
        for part in _summands(right, source):
            yield _term(lhs[0], relation, part, source)


def _summands(tokens: list[Token], source: str) -> list[list[Token]]:
    """Split at + outside parentheses; one + may lead, as in formulas written one term a line."""
    parts: list[list[Token]] = [[]]
    depth = 0
    for index, token in enumerate(tokens):
        depth += (token.text == "(") - (token.text == ")")
        # A + after * or another operator is a sign: 2*+3.
        if token.text != "+" or depth or (parts[-1] and parts[-1][-1].text in ("*", "/", "^", "**", "-", "?")):
            parts[-1].append(token)
        elif parts[-1]:
            parts.append([])
        elif index:
            raise expected(token, source, "a variable name")
    if not parts[-1]:
        raise expected(tokens[-1], source, "a variable name after +")
    return parts


def _term(lhs: Token, relation: Token, part: list[Token], source: str) -> Term:
    """One summand: ``x``, ``label*x``, ``NA*x``, ``0.5*x``, ``c(a, b)*x``, ``start(1)*1``."""
    *before, variable = part
    modifiers = Modifiers()
    intercept = relation.text == "~" and variable.kind == "number"
    if intercept and variable.text == "0" and not before:
        modifiers = Modifiers(values=(0.0,))
    elif intercept and variable.text != "1":
        raise expected(variable, source, "1 for an intercept", "Fix an intercept with a modifier: `y ~ 2*1`.")
    elif not intercept and (variable.kind != "name" or variable.text in RESERVED):
        raise expected(variable, source, "a variable name", _variable_fix(relation, variable))
    if before:
        *content, star = before
        if star.text not in ("*", "?"):
            between = star.kind in ("operator", "other") and star.text != ")"
            raise expected(star if between else variable, source, "+ between variables or * after a modifier")
        modifiers = parse_modifiers(content, star, source)
    if not intercept:
        _check_right_side(lhs, relation, variable, source)
    op: Operator = "~1" if intercept else _OPERATORS[relation.text]
    return Term(lhs.text, op, "" if intercept else variable.text, modifiers, variable.place(source), lhs.place(source))


def _check_right_side(lhs: Token, relation: Token, variable: Token, source: str) -> None:
    """What may stand right of a relation, given its left side."""
    if relation.text == "|":
        if not _THRESHOLD.fullmatch(variable.text):
            raise expected(variable, source, "a threshold: t1, t2, …",
                           f"Write the thresholds of {lhs.text} in order: `{lhs.text} | t1 + t2`.")
    elif relation.text == "~*~":
        if lhs.text != variable.text:
            raise expected(variable, source, f"{lhs.text!r} again", "A scale belongs to one variable: "
                           f"`{lhs.text} ~*~ 1*{lhs.text}`.")
    elif relation.text != "~~" and lhs.text == variable.text:
        raise expected(variable, source, f"another variable than {lhs.text!r} itself",
                       "Nothing explains or measures itself; a variance is written with ~~.")


def _variable_fix(relation: Token, variable: Token) -> str:
    if relation.text == "|":
        return "Thresholds are called t1, t2, …, as in `x | t1 + t2`."
    if relation.text == "=~" and variable.text == "0":
        return "A latent variable without indicators (`=~ 0`) is not supported."
    return "Intercepts are written with ~, as in `y ~ 1`." if variable.kind == "number" else ""


def _key(term: Term) -> tuple[str, frozenset[str] | tuple[str, str]]:
    return term.op, frozenset((term.lhs, term.rhs)) if term.op == "~~" else (term.lhs, term.rhs)


def _merge(terms: list[Term]) -> tuple[list[Term], list[Finding]]:
    """Join what is said of one relation in several places; saying the same kind of thing twice is an error."""
    merged: dict[tuple[str, frozenset[str] | tuple[str, str]], Term] = {}
    findings: list[Finding] = []
    for term in terms:
        first = merged.setdefault(_key(term), term)
        if first is term:
            continue
        if first.modifiers.overlaps(term.modifiers) or not (first.modifiers or term.modifiers):
            findings.append(Finding("MODEL-REPEATED", term.place, f"`{term}` is already given at {first.place}.",
                                    "Keep one of the two."))
        else:
            merged[_key(term)] = replace(first, modifiers=first.modifiers.merged(term.modifiers))
    return list(merged.values()), findings


def _repeated_names(terms: list[Term], definitions: tuple[Definition, ...]) -> Iterator[Finding]:
    """A defined effect needs a name that nothing else has."""
    named = {label: term.place for term in terms for label in term.modifiers.labels if label}
    for definition in definitions:
        if definition.name in named:
            yield Finding("MODEL-REPEATED", definition.place, f"{definition.name!r} already names something at "
                          f"{named[definition.name]}.", "Give the defined effect a name of its own.")
        named.setdefault(definition.name, definition.place)
