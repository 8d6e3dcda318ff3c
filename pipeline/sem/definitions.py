"""Labels that ``:=`` and ``==`` use: known ones only, and definitions in an order that can be evaluated."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from instrument.errors import Finding
from pipeline.sem.expressions import product_factors
from pipeline.sem.syntax import Constraint, Definition


def unknown_labels(written: Sequence[Definition | Constraint], known: set[str]) -> Iterator[Finding]:
    """``MODEL-LABEL`` for every name that is neither a parameter's label nor defined.

    Parameters
    ----------
    written
        The author's definitions and constraints.
    known
        Labels, and names such as ``.p3.``, of parameters.
    """
    defined = {entry.name for entry in written if isinstance(entry, Definition)}
    for entry in written:
        if isinstance(entry, Definition):
            says, names = f"`{entry.name} := {entry.text}`", entry.expression.names()
        else:
            says, names = f"`{entry.text}`", tuple(dict.fromkeys((*entry.left.names(), *entry.right.names())))
        for name in names:
            if name not in known | defined:
                yield Finding("MODEL-LABEL", entry.place, f"{says} uses {name!r}, which labels no parameter.",
                              f"Put {name}* before the variable whose parameter is meant, or correct the name.")


def evaluation_order(definitions: Sequence[Definition]) -> tuple[tuple[Definition, ...], Finding | None]:
    """Definitions sorted so that each uses only earlier ones, close to their author's order.

    Returns
    -------
    order
        Empty if there is a circle.
    circle
        ``MODEL-CIRCULAR``, naming the definitions that need one another; or None.
    """
    waiting = {definition.name: definition for definition in definitions}
    order: list[Definition] = []
    while waiting:
        ready = next((d for d in waiting.values() if not any(n in waiting for n in d.expression.names())), None)
        if ready is None:
            return (), _circle(waiting)
        order.append(waiting.pop(ready.name))
    return tuple(order), None


def _circle(waiting: dict[str, Definition]) -> Finding:
    """Walk from definition to definition until one comes again."""
    path = [next(iter(waiting))]
    while path[-1] not in path[:-1]:
        path.append(next(name for name in waiting[path[-1]].expression.names() if name in waiting))
    cycle = path[path.index(path[-1]):]
    return Finding("MODEL-CIRCULAR", waiting[cycle[0]].place,
                   f"Definitions need one another: {' needs '.join(cycle)}.", "Define each from labels in the end.")


def product_of_labels(definitions: Sequence[Definition], effect: str) -> tuple[str, ...] | None:
    """Labels whose product a defined effect is, definitions within it written out; None if it is no plain product."""
    known = {definition.name: definition.expression for definition in definitions}

    def expand(name: str) -> tuple[str, ...] | None:
        if name not in known:
            return (name,)
        factors = product_factors(known[name])
        parts = None if factors is None else [expand(factor) for factor in factors]
        if parts is None or any(part is None for part in parts):
            return None
        return tuple(label for part in parts if part is not None for label in part)

    return expand(effect) if effect in known else None
