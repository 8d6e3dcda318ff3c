"""Rival confirmatory structures of one set of items, written as lavaan model syntax.

Every text states all that is fixed or free (scales of factors, their variances and covariances), so that
``lavaan::cfa(text, data)`` fits the same model with and without ``std.lv`` and ``orthogonal``. Three ways give a factor
its scale, whichever suits its place:

- a factor that nothing explains has variance 1 and all loadings free;
- a factor that another factor explains has the loading of its first indicator fixed to 1, its residual variance free:
  fixed to 1 instead, a residual variance of 0 or below could not be found, and must be;
- a factor with a single indicator *is* that indicator: loading 1, no residual.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import chain

Dimensions = Mapping[str, Sequence[str]]
"""Dimension → its items."""
Constructs = Mapping[str, Sequence[str]]
"""Construct → its dimensions."""

GENERAL = "G"
"""Name of the factor over everything."""


def factor_name(dimension: str) -> str:
    """Name of a dimension's factor: ``f_`` and its id, which is no variable's and no construct's name."""
    return f"f_{dimension}"


def construct_name(construct: str) -> str:
    """Name of a construct's factor: ``c_`` and its id, since a construct may share its id with its only dimension."""
    return f"c_{construct}"


def items_of(dimensions: Dimensions) -> tuple[str, ...]:
    """All items, dimension after dimension."""
    return tuple(chain.from_iterable(dimensions.values()))


# -- items under one layer of factors ----------------------------------------------------------------------------


def one_factor(items: Sequence[str], name: str = GENERAL) -> str:
    """All items measure one thing."""
    return _text(_free(name, items))


def correlated(dimensions: Dimensions) -> str:
    """One factor a dimension, all free to correlate."""
    return _text(
        *(_free(factor_name(dimension), items) for dimension, items in dimensions.items()),
        _covariances([factor_name(dimension) for dimension in dimensions]))


def correlated_constructs(dimensions: Dimensions, constructs: Constructs) -> str:
    """One factor a construct over all its items, as if it had no dimensions; all free to correlate."""
    return _text(
        *(_free(construct_name(construct), items_of({one: dimensions[one] for one in within}))
          for construct, within in constructs.items()),
        _covariances([construct_name(construct) for construct in constructs]))


def bifactor(dimensions: Dimensions, name: str = GENERAL) -> str:
    """A general factor of all items and one specific factor a dimension, none of which correlate.

    A specific factor of two items has equal loadings, since there is one covariance to tell them by; a dimension of one
    item has none, as its item's residual is the same thing.
    """
    specific = {factor_name(one): items for one, items in dimensions.items() if len(items) > 1}
    return _text(
        _free(name, items_of(dimensions)),
        *(_equal(factor, items) if len(items) == 2 else _free(factor, items) for factor, items in specific.items()),
        _covariances([name, *specific], "0*"))


# -- factors under factors ---------------------------------------------------------------------------------------


def second_order(dimensions: Dimensions, constructs: Constructs) -> str:
    """Construct factors over dimension factors; the constructs are free to correlate.

    A construct with one dimension is that dimension's factor. One with two dimensions has two free loadings, which its
    covariances with the other constructs tell apart; alone, nothing could, and its two dimensions are merely
    correlated, which says as much (see `has_second_order`).
    """
    if not has_second_order(constructs):
        return correlated({one: dimensions[one] for within in constructs.values() for one in within})
    return _text(*_layers(dimensions, constructs, explained=False),
                 _covariances([_top(construct, within) for construct, within in constructs.items()]))


def has_second_order(constructs: Constructs) -> bool:
    """Whether `second_order` differs from correlated dimensions: some construct has dimensions enough to explain."""
    return any(len(within) > (1 if len(constructs) > 1 else 2) for within in constructs.values())


def general_second_order(dimensions: Dimensions, name: str = GENERAL) -> str:
    """One general factor over all dimension factors (three or more), whatever construct they are part of."""
    return _text(*(_marked(factor_name(dimension), items) for dimension, items in dimensions.items()),
                 _free(name, [factor_name(dimension) for dimension in dimensions]))


def third_order(dimensions: Dimensions, constructs: Constructs, name: str = GENERAL) -> str:
    """One general factor over the construct factors (three or more), each over its dimension factors.

    With exactly three constructs this is `second_order` told otherwise: three loadings for three covariances.
    """
    return _text(*_layers(dimensions, constructs, explained=True),
                 _free(name, [_top(construct, within) for construct, within in constructs.items()]))


def general_over_constructs(dimensions: Dimensions, constructs: Constructs, name: str = GENERAL) -> str:
    """One general factor over construct factors (three or more), each over all its items as if without dimensions.

    With exactly three constructs this is `correlated_constructs` told otherwise.
    """
    return _text(
        *(_marked(construct_name(construct), items_of({one: dimensions[one] for one in within}))
          for construct, within in constructs.items()),
        _free(name, [construct_name(construct) for construct in constructs]))


# -- lines -------------------------------------------------------------------------------------------------------


def _layers(dimensions: Dimensions, constructs: Constructs, *, explained: bool) -> list[str]:
    """Items, dimension factors and construct factors; ``explained`` if a further factor explains the constructs."""
    lines = []
    for construct, within in constructs.items():
        alone = len(within) == 1
        lines += [
            _free(factor_name(one), dimensions[one]) if alone and not explained
            else _marked(factor_name(one), dimensions[one]) for one in within]
        if not alone:
            factors = [factor_name(one) for one in within]
            lines.append((_marked if explained else _free)(construct_name(construct), factors))
    return lines


def _top(construct: str, within: Sequence[str]) -> str:
    return construct_name(construct) if len(within) > 1 else factor_name(within[0])


def _free(factor: str, indicators: Sequence[str]) -> str:
    if len(indicators) == 1:
        return _marked(factor, indicators)
    return f"{factor} =~ NA*{' + '.join(indicators)}\n{factor} ~~ 1*{factor}"


def _equal(factor: str, indicators: Sequence[str]) -> str:
    return f"{factor} =~ {' + '.join(f'1*{indicator}' for indicator in indicators)}\n{factor} ~~ NA*{factor}"


def _marked(factor: str, indicators: Sequence[str]) -> str:
    lines = [f"{factor} =~ 1*{' + '.join(indicators)}", f"{factor} ~~ NA*{factor}"]
    if len(indicators) == 1:
        lines.append(f"{indicators[0]} ~~ 0*{indicators[0]}")
    return "\n".join(lines)


def _covariances(factors: Sequence[str], value: str = "") -> str:
    """Every pair once."""
    return "\n".join(
        f"{factor} ~~ {' + '.join(value + other for other in factors[place:])}"
        for place, factor in enumerate(factors[:-1], 1))


def _text(*blocks: str) -> str:
    return "\n".join(block for block in blocks if block) + "\n"
