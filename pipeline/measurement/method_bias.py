"""Common method variance by a marker: the confirmatory factor analysis marker technique.

A marker is in theory unrelated to what is studied. What its factor shares with the substantive items is then the
method's. Models, comparisons and their order: Williams, Hartman & Cavazotte (2010); Richardson, Simmering & Sturman
(2009) and Williams & O'Boyle (2015) on what they can detect. Texts: :mod:`pipeline.measurement.method_models`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Literal

import numpy as np

from pipeline.measurement.method_models import Factors, Measured, Pair, baseline, correlated_factors, method
from pipeline.sem.comparisons import DifferenceTest, likelihood_ratio_test, model_test
from pipeline.sem.describe import describe
from pipeline.sem.estimate import Options, estimate_model
from pipeline.sem.fit import Fit, Parameter
from pipeline.sem.linalg import Array
from pipeline.sem.normal import wald
from pipeline.undefined import Number, Undefined

Retained = Literal["Baseline", "Method-C", "Method-U"]
SIGNIFICANT = 0.05
"""Level at which each comparison decides."""
INTERVALS = (0.95, 0.99)
"""Of the method's loadings, whose outer limits the sensitivity analysis takes."""


@dataclass(frozen=True, slots=True)
class Compared:
    """Two nested models by name, and the test between them."""

    restricted: str
    free: str
    test: DifferenceTest

    @property
    def significant(self) -> bool | Undefined:
        p = self.test.pvalue
        return p if isinstance(p, Undefined) else p < SIGNIFICANT


@dataclass(frozen=True, slots=True)
class MarkerTechnique:
    """The models and what follows.

    Attributes
    ----------
    fits
        By name, in the order of fitting: CFA, Baseline, Method-C, Method-U, Method-R, Method-S(.95), Method-S(.99); up
        to where nothing further could be fitted. The last two are for their correlations and have no fit indices.
    comparisons
        In the order in which they decide.
    retained
        ``Baseline``: no method variance was found.
    shown
        The model with method loadings that is retained, else Method-C.
    biased
        Whether correlations fixed as the Baseline has them fit worse.
    """

    fits: Mapping[str, Fit]
    comparisons: tuple[Compared, ...]
    retained: Retained | Undefined
    shown: Literal["Method-C", "Method-U"] | Undefined
    biased: bool | Undefined


def marker_technique(
    factors: Factors, marker: str, items: Sequence[str], X: Array, names: Sequence[str], options: Options, *,
    clusters: Sequence[object] | None = None,
) -> MarkerTechnique:
    """Fit the models one after the other, each as far as those before allow.

    Method-C is tested against the Baseline. If it fits better there is method variance, and Method-U against Method-C
    says whether items have unequal shares of it. If it does not, Method-U is tested against the Baseline: effects of
    both signs cancel out in one loading for all. A Method-U that did not converge or is improper is not retained.

    Parameters
    ----------
    factors
        Substantive factor → items, at least two items each.
    marker, items
        Name of the marker's factor and its items, at least two.
    X
        (n, columns) answers, NaN where missing; ``names`` has one name a column.
    clusters
        (n,) of every row.

    Raises
    ------
    InputError
        As the estimation raises it.
    """
    def fitted(name: str, syntax: str, *, with_fit: bool = True) -> Fit:
        return describe(estimate_model(syntax, X, names, options, name=name, clusters=clusters,
                                       reference=first.reference), with_fit=with_fit)

    first = estimate_model(correlated_factors({**factors, marker: items}), X, names, options, name="CFA",
                           clusters=clusters)
    fits = {"CFA": describe(first)}
    if not fits["CFA"].converged:
        return _stopped(fits, "the confirmatory factor analysis did not converge")
    measured = measured_marker(fits["CFA"], marker, items)
    fits["Baseline"] = fitted("Baseline", baseline(factors, marker, measured))
    fits["Method-C"] = fitted("Method-C", method(factors, marker, measured, "equal"))
    fits["Method-U"] = fitted("Method-U", method(factors, marker, measured, "free"))
    retained, comparisons = _decide(fits)
    if isinstance(retained, Undefined):
        return MarkerTechnique(fits, comparisons, retained, retained, retained)
    shown: Literal["Method-C", "Method-U"] = "Method-U" if retained == "Method-U" else "Method-C"
    biased: bool | Undefined = Undefined("there is only one factor")
    if len(factors) > 1:
        kind: Literal["equal", "free"] = "free" if shown == "Method-U" else "equal"
        fits["Method-R"] = fitted("Method-R", method(
            factors, marker, measured, kind, correlations(fits["Baseline"], factors)))
        comparisons = (*comparisons, compared(fits["Method-R"], fits[shown]))
        biased = comparisons[-1].significant
    for level in INTERVALS:
        name = sensitivity_name(level)
        limits = outer_limits(fits[shown], factors, marker, level)
        fits[name] = fitted(name, method(factors, marker, measured, limits), with_fit=False)
    return MarkerTechnique(fits, comparisons, retained, shown, biased)


def sensitivity_name(level: float) -> str:
    """``Method-S(.95)``."""
    return f"Method-S({level:.2f})".replace("0.", ".")


def measured_marker(cfa: Fit, marker: str, items: Sequence[str]) -> Measured:
    """The marker's unstandardised loadings and residual variances."""
    rows = rows_of(cfa)
    return Measured({item: rows[marker, "=~", item].est for item in items},
                    {item: rows[item, "~~", item].est for item in items})


def correlations(fit: Fit, factors: Factors) -> dict[Pair, float]:
    """Of the substantive factors, whose variances are 1."""
    rows = rows_of(fit)
    return {pair: rows[pair[0], "~~", pair[1]].est for pair in combinations(factors, 2)}


def outer_limits(fit: Fit, factors: Factors, marker: str, level: float) -> dict[str, float]:
    """Item → the limit of its method loading's interval that is further from 0.

    Williams et al. (2010) take the upper limit; a negative loading means more method variance at its lower one.
    """
    rows, found = rows_of(fit), {}
    for items in factors.values():
        for item in items:
            row = rows[marker, "=~", item]
            half = _half(row, level)
            found[item] = row.est + (half if row.est >= 0 else -half)
    return found


def _half(row: Parameter, level: float) -> float:
    """Half an interval's width; 0 where a loading has no standard error."""
    if row.se is None or isinstance(row.se, Undefined):
        return 0.0
    upper = wald(row.est, row.se, level)[3]
    return 0.0 if isinstance(upper, Undefined) else upper - row.est


def rows_of(fit: Fit) -> dict[tuple[str, str, str], Parameter]:
    """Parameters by left side, operator and right side."""
    return {(row.lhs, row.op, row.rhs): row for row in fit.parameters}


# -- decisions -----------------------------------------------------------------------------------------------


def compared(restricted: Fit, free: Fit) -> Compared:
    """The likelihood-ratio test, scaled where the tests are (Satorra & Bentler 2001).

    From the models' own tests: what :func:`pipeline.sem.difference.difference_test` finds, without computing again the
    robust moments that those rest on.
    """
    for fit in (restricted, free):
        if fit.indices is None:
            none = Undefined(f"the estimation of {fit.name} did not converge")
            return Compared(restricted.name, free.name,
                            DifferenceTest(none, _npar(free) - _npar(restricted), none, None, none))
    return Compared(restricted.name, free.name, likelihood_ratio_test(model_test(restricted), model_test(free)))


def _npar(fit: Fit) -> int:
    """Free parameters but intercepts, which restrict nothing in any of these models."""
    return len({row.free for row in fit.parameters if row.free and row.op != "~1"})


def usable(fit: Fit) -> bool:
    """Whether a solution's numbers may be used."""
    return fit.converged and fit.admissible


def _decide(fits: Mapping[str, Fit]) -> tuple[Retained | Undefined, tuple[Compared, ...]]:
    first = compared(fits["Baseline"], fits["Method-C"])
    if isinstance(first.significant, Undefined):
        return first.significant, (first,)
    smaller: Retained = "Method-C" if first.significant else "Baseline"
    second = compared(fits[smaller], fits["Method-U"])
    better = second.significant is True and usable(fits["Method-U"])
    return "Method-U" if better else smaller, (first, second)


def _stopped(fits: Mapping[str, Fit], because: str) -> MarkerTechnique:
    none = Undefined(because)
    return MarkerTechnique(fits, (), none, none, none)


# -- what the method carries ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Decomposed:
    """A factor's reliability and its parts (Williams et al. 2010, phase II).

    Attributes
    ----------
    total
        (Σλ)² / ((Σλ)² + Σθ) in the Baseline.
    substantive, method
        (Σλ_s)² and (Σλ_m)², each over (Σλ_s)² + (Σλ_m)² + Σθ, in the model with a method.
    share
        (Σλ_m)² over (Σλ_s)² + (Σλ_m)².
    """

    total: Number
    substantive: Number
    method: Number
    share: Number


def decomposed(base: Fit, with_method: Fit, factor: str, items: Sequence[str], marker: str) -> Decomposed:
    """Reliabilities from completely standardised estimates."""
    before = _sums(base, factor, items, None)
    after = _sums(with_method, factor, items, marker)
    if isinstance(before, Undefined):
        total: Number = before
    else:
        total = before[0] / (before[0] + before[2])
    if isinstance(after, Undefined):
        return Decomposed(total, after, after, after)
    own, method_part, error = after
    whole = own + method_part + error
    return Decomposed(total, own / whole, method_part / whole, method_part / (own + method_part))


def _sums(
    fit: Fit, factor: str, items: Sequence[str], marker: str | None,
) -> tuple[float, float, float] | Undefined:
    """(Σλ_s)², (Σλ_m)², Σθ."""
    rows = rows_of(fit)
    sums = []
    for keys in ([(factor, "=~", item) for item in items],
                 [] if marker is None else [(marker, "=~", item) for item in items],
                 [(item, "~~", item) for item in items]):
        values = [rows[key].std_all for key in keys]
        missing = next((value for value in values if isinstance(value, Undefined)), None)
        if missing is not None:
            return missing
        sums.append(float(np.sum([value for value in values if isinstance(value, float)])))
    return sums[0] ** 2, sums[1] ** 2, sums[2]


def shares(fit: Fit, items: Sequence[str], method_factor: str) -> dict[str, Number]:
    """Item → its completely standardised method loading squared: the share of its variance that is the method's."""
    rows, found = rows_of(fit), dict[str, Number]()
    for item in items:
        value = rows[method_factor, "=~", item].std_all
        found[item] = value**2 if isinstance(value, float) else value or Undefined("the loading has no value")
    return found
