"""Arithmetic over parameter labels: the right-hand sides of ``:=``.

An expression is read by Python's own parser and then checked against a short list of allowed nodes, so that
nothing but arithmetic can be evaluated. Evaluation works on floats, on complex numbers (for derivatives by
complex step) and on arrays (one entry a bootstrap draw).
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from instrument.errors import Finding, InputError

Value = NDArray[np.float64] | NDArray[np.complex128]
"""Scalar or array; all values of one evaluation have the same shape."""

_FUNCTIONS: dict[str, Callable[[Any], Any]] = {"exp": np.exp, "log": np.log, "sqrt": np.sqrt}
_BINARY: dict[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: np.add, ast.Sub: np.subtract, ast.Mult: np.multiply, ast.Div: np.divide, ast.Pow: np.power,
}
# A label may hold dots, a Python name may not: this letter stands in for them, one character for one.
_DOT = "·"
_OPERANDS = ("name", "number")
_NAME = re.compile(r"[^\W\d][\w.]*")


@dataclass(frozen=True, slots=True)
class Token:
    """A piece of model text and where it stands; lines and columns count from 1."""

    kind: str
    text: str
    line: int
    column: int


@dataclass(frozen=True, slots=True)
class Expression:
    """A checked expression. ``labels`` are the names it uses, in order of appearance."""

    text: str
    labels: tuple[str, ...]


def parse_expression(tokens: list[Token], source: str = "model") -> Expression:
    """Check the expression that ``tokens`` spell.

    Raises
    ------
    InputError
        ``MODEL-SYNTAX`` at the token that is not arithmetic over labels.
    """
    text = ""
    starts: list[tuple[int, Token]] = []
    for token in tokens:
        if starts and token.kind in _OPERANDS and starts[-1][1].kind in _OPERANDS:
            raise _not_arithmetic(token, source, "an operator is missing", f"{text} {token.text}")
        starts.append((len(text), token))
        text += token.text
    try:
        tree = _tree(text)
        labels = _check(tree)
    except SyntaxError as error:
        offset = max((error.offset or 1) - 1, 0)
        token = [t for start, t in starts if start <= offset][-1]
        raise _not_arithmetic(token, source, error.msg, text) from error
    return Expression(text, labels)


def _not_arithmetic(token: Token, source: str, why: str, text: str) -> InputError:
    return InputError(Finding(
        "MODEL-SYNTAX", f"{source}, line {token.line}, column {token.column}",
        f"Expected arithmetic over labels ({why}); found {token.text!r} in `{text}`.",
        "Use labels, numbers, + - * / ^, parentheses, exp(), log(), sqrt().",
    ))


def evaluate(expression: Expression, values: Mapping[str, Value | float | complex]) -> Any:
    """Value of ``expression`` where its labels stand for ``values`` (any common shape, real or complex)."""
    with np.errstate(all="ignore"):
        return _evaluate(_tree(expression.text), values)


def product_factors(expression: Expression) -> tuple[str, ...] | None:
    """Labels of an expression that is a plain product of labels (``a*b*c``); None for any other."""

    def factors(node: ast.expr) -> list[str] | None:
        if isinstance(node, ast.Name):
            return [node.id.replace(_DOT, ".")]
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mult):
            left, right = factors(node.left), factors(node.right)
            return None if left is None or right is None else left + right
        return None

    found = factors(_tree(expression.text))
    return None if found is None else tuple(found)


def _tree(text: str) -> ast.expr:
    python = _NAME.sub(lambda name: name.group().replace(".", _DOT), text).replace("^", "**")
    return ast.parse(python, mode="eval").body


def _check(tree: ast.expr) -> tuple[str, ...]:
    labels: dict[str, None] = {}

    def visit(node: ast.expr) -> None:
        match node:
            case ast.Constant(value=bool()) | ast.Constant(value=complex()):
                raise _refuse(node)
            case ast.Constant(value=int() | float()):
                return
            case ast.Name(id=name):
                labels.setdefault(name.replace(_DOT, "."))
            case ast.UnaryOp(op=ast.USub() | ast.UAdd(), operand=operand):
                visit(operand)
            case ast.BinOp(left=left, op=operator, right=right) if type(operator) in _BINARY:
                visit(left)
                visit(right)
            case ast.Call(func=ast.Name(id=name), args=[argument], keywords=[]) if name in _FUNCTIONS:
                visit(argument)
            case _:
                raise _refuse(node)

    visit(tree)
    return tuple(labels)


def _refuse(node: ast.expr) -> SyntaxError:
    error = SyntaxError("not allowed here")
    error.offset = node.col_offset + 1
    return error


def _evaluate(node: ast.expr, values: Mapping[str, Any]) -> Any:
    match node:
        case ast.Constant(value=number):
            return float(number)  # type: ignore[arg-type]  # _check lets only int and float pass
        case ast.Name(id=name):
            return values[name.replace(_DOT, ".")]
        case ast.UnaryOp(op=operator, operand=operand):
            value = _evaluate(operand, values)
            return -value if isinstance(operator, ast.USub) else value
        case ast.BinOp(left=left, op=binary, right=right):
            return _BINARY[type(binary)](_evaluate(left, values), _evaluate(right, values))
        case ast.Call(func=ast.Name(id=name), args=[argument]):
            return _FUNCTIONS[name](_evaluate(argument, values))
    raise AssertionError(f"unchecked node {node!r}")
