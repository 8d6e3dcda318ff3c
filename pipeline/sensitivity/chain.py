"""An indirect effect as a chain of paths, read from a model's parameter table."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

from instrument.errors import Finding, InputError
from pipeline.sem.definitions import product_of_labels
from pipeline.sem.table import ParameterTable, Row


@dataclass(frozen=True, slots=True)
class Chain:
    """A product of paths that lead from one variable to the next.

    Attributes
    ----------
    variables
        (k + 1,) from the first cause to the last outcome.
    paths
        (k,) rows of the table, in that order.
    """

    effect: str
    variables: tuple[str, ...]
    paths: tuple[Row, ...]

    @property
    def pairs(self) -> tuple[tuple[str, str], ...]:
        """Every mediator with the variable after it. The first variable mediates nothing."""
        return tuple(pairwise(self.variables[1:]))


def chain_of(table: ParameterTable, effect: str, model: str) -> Chain:
    """The chain of a defined effect.

    Raises
    ------
    InputError
        ``SENSITIVITY-EFFECT`` if the model does not define ``effect`` as a product of labelled regression paths that
        form one chain of at least two.
    """
    labels = product_of_labels(table.definitions, effect)
    rows = {row.label: row for row in reversed(table.rows) if row.op == "~" and row.label}
    paths = [rows[label] for label in labels or () if label in rows]
    ordered = _in_order(paths) if labels and len(paths) == len(labels) else None
    if ordered is None or len(ordered) < 2:
        raise InputError(Finding(
            "SENSITIVITY-EFFECT", f"model {model}, {effect}",
            "Sensitivity is of a product of labelled paths, each of which begins where another ends; "
            f"{effect!r} is {'none' if labels else 'not defined as one'}.",
            "Define it as in `ab := a*b` with `m ~ a*x` and `y ~ b*m`, or take it out of the model's effects."))
    return Chain(effect, (ordered[0].rhs, *(row.lhs for row in ordered)), tuple(ordered))


def _in_order(paths: list[Row]) -> list[Row] | None:
    """The rows from first to last; None if they do not hang together."""
    by_source = {row.rhs: row for row in paths}
    first = [row for row in paths if row.rhs not in {other.lhs for other in paths}]
    if len(by_source) < len(paths) or len(first) != 1:
        return None
    ordered = [first[0]]
    while (following := by_source.get(ordered[-1].lhs)) is not None and len(ordered) < len(paths):
        ordered.append(following)
    return ordered if len(ordered) == len(paths) else None
