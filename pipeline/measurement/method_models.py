"""Models of method variance as text that lavaan runs unchanged.

Every factor has variance 1 and all its loadings written out, so that the text needs no option but the estimator's.
Sources: Williams, Hartman & Cavazotte (2010) for the marker technique, Podsakoff, MacKenzie, Lee & Podsakoff (2003) for
the unmeasured method factor.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Literal

Factors = Mapping[str, Sequence[str]]
"""Factor → its items."""
Pair = tuple[str, str]
Loadings = Literal["equal", "free"] | Mapping[str, float]
"""Of the method on the substantive items: one for all, one each, or fixed at these values."""

EQUAL = "method_loading"
"""Label of the loading that all items share."""


@dataclass(frozen=True, slots=True)
class Measured:
    """The marker's items as the CFA measured them, in the data's units, where the factor has variance 1.

    Attributes
    ----------
    loadings, residuals
        Item → unstandardised loading and residual variance.
    """

    loadings: Mapping[str, float]
    residuals: Mapping[str, float]


def correlated_factors(factors: Factors) -> str:
    """All factors correlated: the CFA, with the marker among the factors or without."""
    return _text([*map(_measurement, factors.items()), *_unit_variances(factors), *_covariances(factors)])


def one_factor(items: Sequence[str]) -> str:
    """One factor for all items (Harman's, as a confirmatory model)."""
    return correlated_factors({unused_name("single", {"": items}): items})


def baseline(factors: Factors, marker: str, measured: Measured) -> str:
    """The marker uncorrelated with the substantive factors, its measurement fixed as the CFA found it.

    Fixed, because what the marker means must not change when the substantive items load on it in the next models.
    """
    return _with_marker(factors, marker, measured)


def method(
    factors: Factors, marker: str, measured: Measured, loadings: Loadings,
    correlations: Mapping[Pair, float] | None = None,
) -> str:
    """The Baseline in which the substantive items load on the marker as well.

    Parameters
    ----------
    loadings
        ``equal``: Method-C; ``free``: Method-U; by item: Method-S, the sensitivity analysis.
    correlations
        Of the substantive factors, where these are fixed: Method-R.
    """
    return _with_marker(factors, marker, measured, loadings, correlations)


def unmeasured(factors: Factors, loadings: Literal["equal", "free"]) -> str:
    """All items load on a factor of their own besides, uncorrelated with the others.

    Equal loadings are written as loadings of 1 and a free variance, which is the same model wherever there is method
    variance, and has no ridge at none: a negative variance then tells that there is none to be found.
    """
    name, items = unused_name("method", factors), _items(factors)
    equal = loadings == "equal"
    own = [f"1*{item}" for item in items] if equal else [f"NA*{items[0]}", *items[1:]]
    return _text([
        *map(_measurement, factors.items()), f"{name} =~ {' + '.join(own)}",
        *_unit_variances(factors), f"{name} ~~ {name}" if equal else f"{name} ~~ 1*{name}",
        *_covariances(factors), *_uncorrelated(name, factors)])


def unused_name(wanted: str, factors: Factors) -> str:
    """A name for a further factor that no factor or item has: the one wanted, with underscores if need be."""
    taken = {*factors, *_items(factors)}
    while wanted in taken:
        wanted += "_"
    return wanted


# -- lines ---------------------------------------------------------------------------------------------------


def _with_marker(
    factors: Factors, marker: str, measured: Measured, loadings: Loadings | None = None,
    correlations: Mapping[Pair, float] | None = None,
) -> str:
    own = [f"{_value(value)}*{item}" for item, value in measured.loadings.items()]
    if loadings is not None:
        own += [_loading(item, loadings) for item in _items(factors)]
    return _text([
        *map(_measurement, factors.items()), f"{marker} =~ {' + '.join(own)}",
        *(f"{item} ~~ {_value(value)}*{item}" for item, value in measured.residuals.items()),
        *_unit_variances([*factors, marker]), *_covariances(factors, correlations), *_uncorrelated(marker, factors)])


def _measurement(factor: tuple[str, Sequence[str]]) -> str:
    name, (first, *others) = factor
    return f"{name} =~ {' + '.join([f'NA*{first}', *others])}"


def _loading(item: str, loadings: Loadings) -> str:
    if isinstance(loadings, str):
        return f"{EQUAL}*{item}" if loadings == "equal" else item
    return f"{_value(loadings[item])}*{item}"


def _unit_variances(names: Iterable[str]) -> list[str]:
    return [f"{name} ~~ 1*{name}" for name in names]


def _covariances(factors: Factors, fixed: Mapping[Pair, float] | None = None) -> list[str]:
    """Written out, so that the text means the same whatever a program adds by itself."""
    return [f"{a} ~~ {b}" if fixed is None else f"{a} ~~ {_value(fixed[a, b])}*{b}"
            for a, b in combinations(factors, 2)]


def _uncorrelated(name: str, factors: Factors) -> list[str]:
    return [f"{name} ~~ 0*{factor}" for factor in factors]


def _items(factors: Factors) -> list[str]:
    return [item for items in factors.values() for item in items]


def _value(value: float) -> str:
    """Digits enough that fixing at a printed value costs nothing."""
    return f"{value:.10g}"


def _text(lines: Iterable[str]) -> str:
    return "\n".join(lines)
