"""The same model text with one part of it changed: what the re-estimated analyses rest on."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from pipeline.sem.syntax import Term, parse_model
from pipeline.sem.tokens import SUPPORTED, Token, statements


def with_error(text: str, variable: str, others: Sequence[str], error_variance: float) -> str:
    """The model with ``variable`` as the only indicator of what it measures.

    Parameters
    ----------
    others
        Exogenous variables, with which the latent one covaries freely, as the observed one did.
    error_variance
        Of the indicator, fixed.
    """
    latent = unused(text, f"{variable}_true")
    lines = [f"{latent} =~ 1*{variable}", f"{variable} ~~ {error_variance!r}*{variable}"]
    lines += [f"{latent} ~~ {other}" for other in others]
    lines += [_line(replace(token, text=latent) if token.kind == "name" and token.text == variable else token
                    for token in statement) for statement in statements(text)]
    return "\n".join(lines) + "\n"


def in_order(text: str, variables: Sequence[str], covariates: Sequence[str], effect: str) -> str:
    """The model with one chain of variables in another order, each explained by all before it and the covariates.

    The measurement model and the equations of other variables stay as they are written; labels, definitions and
    constraints go, but for ``effect``, the product of the paths from each variable to the next.

    Parameters
    ----------
    variables
        The chain from the first cause to the last outcome.
    """
    labels = [unused(text, f"step_{place}") for place in range(1, len(variables))]
    lines = [_line(statement) for statement in statements(text) if _relation(statement) in ("=~", "~~")]
    lines += [_unlabelled(term) for term in parse_model(text).terms
              if term.op == "~1" or (term.op == "~" and term.lhs not in variables)]
    for place, name in enumerate(variables):
        before = list(reversed(variables[:place]))
        terms = [f"{labels[place - 1]}*{before[0]}", *before[1:]] if before else []
        if terms or covariates:
            lines.append(f"{name} ~ {' + '.join([*terms, *covariates])}")
    return "\n".join([*lines, f"{effect} := {'*'.join(labels)}"]) + "\n"


def unused(text: str, name: str) -> str:
    """``name``, with underscores behind it if the text has such a name already."""
    taken = {token.text for statement in statements(text) for token in statement if token.kind == "name"}
    while name in taken:
        name += "_"
    return name


def _relation(statement: Sequence[Token]) -> str:
    return next((token.text for token in statement if token.text in SUPPORTED), "")


def _line(statement: Sequence[Token] | Iterator[Token]) -> str:
    return " ".join(token.text for token in statement)


def _unlabelled(term: Term) -> str:
    """A regression path or intercept, fixed if it was."""
    value: Callable[[float | None], str] = lambda given: "" if given is None else f"{given!r}*"  # noqa: E731
    given = term.modifiers.values[0] if term.modifiers.values else None
    return f"{term.lhs} ~ {value(given)}{term.rhs or 1}"
