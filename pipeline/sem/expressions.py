"""Arithmetic over parameter labels: both sides of ``==`` and the right side of ``:=``.

An expression is compiled once into postfix steps. Evaluation walks them with a stack and so needs no recursion; it
works on floats, on complex numbers (for derivatives by complex step) and on arrays of shape (B,), one entry a draw.

Binding follows R: ``^`` (or ``**``) before a sign before ``* /`` before ``+ -``; ``^`` groups from the right.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from pipeline.sem.tokens import RESERVED, Token, expected


def _absolute(value: Any) -> Any:
    """|x|, continued to complex numbers so that a complex step carries the derivative through."""
    return value * np.sign(np.real(value))


FUNCTIONS: dict[str, Callable[[Any], Any]] = {
    "exp": np.exp, "log": np.log, "sqrt": np.sqrt, "abs": _absolute, "log2": np.log2, "log10": np.log10,
    "log1p": np.log1p, "expm1": np.expm1, "sin": np.sin, "cos": np.cos, "tan": np.tan, "asin": np.arcsin,
    "acos": np.arccos, "atan": np.arctan, "sinh": np.sinh, "cosh": np.cosh, "tanh": np.tanh,
}
"""Functions an expression may call, by their names in R."""

_BINARY: dict[str, Callable[[Any, Any], Any]] = {
    "+": np.add, "-": np.subtract, "*": np.multiply, "/": np.divide, "^": np.power,
}
_FIX = f"Use labels, numbers, + - * / ^, parentheses and the functions {', '.join(FUNCTIONS)}."
# Nesting is read by recursion; no effect anybody reports comes near this depth.
_DEEPEST = 100

Step = float | str
"""A number; a label; or an operation, marked by its first sign: ``=+`` (binary), ``=neg``, ``=exp()``."""


@dataclass(frozen=True, slots=True)
class Expression:
    """A checked expression.

    Attributes
    ----------
    text
        As written, without blanks.
    steps
        The expression in postfix order.
    """

    text: str
    steps: tuple[Step, ...]

    def names(self) -> tuple[str, ...]:
        """Labels the expression uses, in order of appearance."""
        return tuple(dict.fromkeys(step for step in self.steps if isinstance(step, str) and step[0] != "="))

    def evaluate(self, values: Mapping[str, Any]) -> Any:
        """Value where the labels stand for ``values``.

        Parameters
        ----------
        values
            Label → float, complex, or array of shape (B,), real or complex.

        Returns
        -------
        The value, of the shape and kind the labels' values have in common. What has no value (a division by 0, the
        logarithm of a negative number) comes out as infinite or NaN; the caller decides what that means.
        """
        stack: list[Any] = []
        with np.errstate(all="ignore"):
            for step in self.steps:
                if isinstance(step, float):
                    stack.append(np.float64(step))
                elif step[0] != "=":
                    stack.append(np.asarray(values[step])[()])
                elif step == "=neg":
                    stack.append(-stack.pop())
                elif step[1:] in _BINARY:
                    right = stack.pop()
                    stack.append(_BINARY[step[1:]](stack.pop(), right))
                else:
                    stack.append(FUNCTIONS[step[1:-2]](stack.pop()))
        return stack.pop()


def product_factors(expression: Expression) -> tuple[str, ...] | None:
    """Labels of an expression that is a plain product of labels (``a*b*c``); None for any other."""
    if any(isinstance(step, float) or (step[0] == "=" and step != "=*") for step in expression.steps):
        return None
    return tuple(str(step) for step in expression.steps if step != "=*")


def parse_expression(tokens: list[Token], source: str = "model") -> Expression:
    """Check and compile the expression that ``tokens`` (at least one) spell.

    Raises
    ------
    InputError
        ``MODEL-SYNTAX`` at the first token that does not belong.
    """
    reader = _Reader(tokens, source)
    reader.sum()
    if reader.next is not None:
        raise expected(reader.next, source, "an operator", _FIX)
    return Expression("".join(token.text for token in tokens), tuple(reader.steps))


class _Reader:
    """Recursive descent over the tokens of one expression; writes postfix steps."""

    def __init__(self, tokens: list[Token], source: str) -> None:
        self._tokens = tokens
        self._source = source
        self._at = 0
        self._depth = 0
        self.steps: list[Step] = []

    @property
    def next(self) -> Token | None:
        return self._tokens[self._at] if self._at < len(self._tokens) else None

    def _take(self, *texts: str) -> str:
        """The next token's text if it is one of ``texts`` and not a quoted string; else nothing is taken."""
        token = self.next
        if token is None or token.kind != "operator" or token.text not in texts:
            return ""
        self._at += 1
        return token.text

    def sum(self) -> None:
        self._left_to_right(self._product, "+", "-")

    def _product(self) -> None:
        self._left_to_right(self._signed, "*", "/")

    def _left_to_right(self, operand: Callable[[], None], *operators: str) -> None:
        operand()
        while operator := self._take(*operators):
            operand()
            self.steps.append(f"={operator}")

    def _signed(self) -> None:
        minus = False
        while sign := self._take("+", "-"):
            minus ^= sign == "-"
        self._power()
        if minus:
            self.steps.append("=neg")

    def _power(self) -> None:
        self._operand()
        if self._take("^", "**"):
            self._nested(self._signed)
            self.steps.append("=^")

    def _operand(self) -> None:
        token = self.next
        if token is None:
            raise expected(self._tokens[-1], self._source, "a label or a number after this", _FIX)
        self._at += 1
        if token.kind == "number":
            self.steps.append(float(token.text))
        elif token.kind == "name" and self._take("("):
            if token.text not in FUNCTIONS:
                raise expected(token, self._source, "a known function", _FIX)
            self._nested(self.sum)
            self._close(token)
            self.steps.append(f"={token.text}()")
        elif token.kind == "name" and token.text not in RESERVED:
            self.steps.append(token.text)
        elif token.text == "(":
            self._nested(self.sum)
            self._close(token)
        else:
            raise expected(token, self._source, "arithmetic over labels", _FIX)

    def _close(self, opening: Token) -> None:
        if not self._take(")"):
            raise expected(self.next or opening, self._source, ") to close the parenthesis", _FIX)

    def _nested(self, read: Callable[[], None]) -> None:
        self._depth += 1
        if self._depth > _DEEPEST:
            raise expected(self._tokens[self._at - 1], self._source, f"at most {_DEEPEST} nested parentheses", _FIX)
        read()
        self._depth -= 1
