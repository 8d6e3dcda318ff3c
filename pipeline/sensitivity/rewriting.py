"""The same model text with one part of it changed: what the re-estimated analyses rest on."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import combinations

from pipeline.sem.syntax import Term, parse_model
from pipeline.sem.tokens import SUPPORTED, Token, statements


def with_error(text: str, variable: str, others: Sequence[str], error_variance: float) -> str:
    """The model with ``variable`` as the only indicator of what it measures.

    Parameters
    ----------
    others
        The other exogenous observed variables. All covariances are written out: those of observed variables go
        without saying only as long as none of them is written.
    error_variance
        Of the indicator, fixed.
    """
    latent = unused(text, f"{variable}_true")
    written = {frozenset((term.lhs, term.rhs)) for term in parse_model(text).terms if term.op == "~~"}
    lines = [f"{latent} =~ 1*{variable}", f"{variable} ~~ {error_variance!r}*{variable}"]
    lines += [f"{latent} ~~ {other}" for other in others if frozenset((variable, other)) not in written]
    lines += [f"{first} ~~ {second}" for first, second in combinations(others, 2)
              if frozenset((first, second)) not in written]
    lines += [_line(replace(token, text=latent) if token.kind == "name" and token.text == variable else token
                    for token in statement) for statement in statements(text)]
    return "\n".join(lines) + "\n"


def in_order(text: str, variables: Sequence[str], covariates: Sequence[str], effect: str) -> str:
    """The model with one chain of variables in another order, each explained by all before it and the covariates.

    The measurement model and the equations of other variables stay as they are written. Labels, definitions and
    constraints go, but for ``effect``, the product of the paths from each variable to the next; so do covariances
    among the chain and the covariates, in whose place there are paths.

    Parameters
    ----------
    variables
        The chain from the first cause to the last outcome.
    """
    labels = [unused(text, f"step_{place}") for place in range(1, len(variables))]
    lines = [_line(statement) for statement in statements(text) if _relation(statement) == "=~"]
    for term in parse_model(text).terms:
        replaced = term.lhs in variables if term.op == "~" else (
            term.lhs != term.rhs and {term.lhs, term.rhs} & set(variables)
            and {term.lhs, term.rhs} <= {*variables, *covariates})
        if term.op != "=~" and not replaced:
            lines.append(_unlabelled(term))
    for place, name in enumerate(variables):
        before = list(reversed(variables[:place]))
        terms = [f"{labels[place - 1]}*{before[0]}", *before[1:]] if before else []
        if terms or covariates:
            lines.append(f"{name} ~ {' + '.join([*terms, *covariates])}")
    return "\n".join([*lines, f"{effect} := {'*'.join(labels)}"]) + "\n"


def unused(text: str, name: str) -> str:
    """``name``, with underscores behind it if the text has such a name already."""
    while name in _names(text):
        name += "_"
    return name


def _names(text: str) -> set[str]:
    return {token.text for statement in statements(text) for token in statement if token.kind == "name"}


def _relation(statement: Sequence[Token]) -> str:
    return next((token.text for token in statement if token.text in SUPPORTED), "")


def _line(statement: Iterable[Token]) -> str:
    return " ".join(token.text for token in statement)


def _unlabelled(term: Term) -> str:
    """A path, covariance or intercept: free, or fixed if it was."""
    fixed = term.modifiers.values[0] if term.modifiers.values else None
    operator = "~" if term.op == "~1" else term.op
    return f"{term.lhs} {operator} {'' if fixed is None else f'{fixed!r}*'}{term.rhs or 1}"
