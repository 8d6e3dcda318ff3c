"""Reliability of the sum of a construct's items under a second-order model, with its interval from the same draws.

A construct's dimensions are factors of their items, and a general factor accounts for the correlations of the
dimensions. The model is estimated by :mod:`pipeline.sem` (maximum likelihood); the three coefficients are its defined
parameters, so that the delta method and the batched refits of a bootstrap give their intervals.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from instrument.errors import InputError
from pipeline.measurement.complete import Matrix, complete_rows
from pipeline.measurement.reliability_intervals import CoefficientInterval, Counts, Drawn, with_interval
from pipeline.measurement.structures import GENERAL, factor_name
from pipeline.sem.bootstrap import values_at
from pipeline.sem.describe import describe
from pipeline.sem.estimate import Estimated, Options, estimate_model
from pipeline.sem.fit import Parameter
from pipeline.sem.linalg import one_thread
from pipeline.sem.refit import admissible, refit
from pipeline.undefined import Number, Undefined

Stack = NDArray[np.float64]

COEFFICIENTS = ("omega_second_order", "omega_l1", "omega_l2", "omega_partial_l1")

_CLOSE = 1e-6
"""Distance of a draw from its minimum, in standard errors."""

IMPROPER = "the second-order model was improper (a negative variance)"
NOT_FITTED = "the second-order model did not converge"


@dataclass(frozen=True, slots=True)
class SecondOrderReliability:
    """Coefficients by id, and what keeps the model from being used without thought."""

    coefficients: Mapping[str, CoefficientInterval]
    warnings: tuple[str, ...]


def second_order_syntax(dimensions: Mapping[str, Sequence[str]]) -> str:
    """The model in lavaan's syntax, with the coefficients as defined parameters.

    With L_j the sum of dimension j's loadings, γ_j its loading on the general factor (of variance 1), ζ_j the variance
    of its disturbance and θ the items' residual variances:

    - omega_second_order = [(Σγ_jL_j)² + Σζ_jL_j²] / [(Σγ_jL_j)² + Σζ_jL_j² + Σθ]: share of all that the items of a
      dimension have in common, whether the general factor's or the dimension's own; omega total of the model
    - omega_l1 = (Σγ_jL_j)² / [(Σγ_jL_j)² + Σζ_jL_j² + Σθ]: share of the sum's variance that is the general factor's
    - omega_partial_l1 = (Σγ_jL_j)² / [(Σγ_jL_j)² + Σθ]: the same with the dimensions' own part left out
    - omega_l2 = (Σg_j)² / [(Σg_j)² + Σ(1 − g_j²)], g_j = γ_j/√(γ_j² + ζ_j): share of the general factor in the sum of
      the dimensions themselves, were they known and of variance 1

    (Raykov & Zinbarg 2011; the names are those of ``semTools::reliabilityL2``, which takes omega_l2 in whatever unit
    the dimensions' factors happen to have.)
    """
    lines, common, own, residuals, standard, rest = [], [], [], [], [], []
    for j, (dimension, items) in enumerate(dimensions.items(), 1):
        factor = factor_name(dimension)
        labels = [f"l{j}_{i}" for i in range(2, len(items) + 1)]
        lines.append(f"{factor} =~ 1*" + " + ".join(
            [items[0], *(f"{label}*{item}" for label, item in zip(labels, items[1:], strict=True))]))
        lines.append(f"{factor} ~~ z{j}*{factor}")
        residuals += [f"t{j}_{i}" for i in range(1, len(items) + 1)]
        lines += [f"{item} ~~ t{j}_{i}*{item}" for i, item in enumerate(items, 1)]
        summed = f"({' + '.join(['1', *labels])})"
        common.append(f"g{j}*{summed}")
        own.append(f"z{j}*{summed}^2")
        standard.append(f"g{j}/sqrt(g{j}^2 + z{j})")
        rest.append(f"z{j}/(g{j}^2 + z{j})")
    lines.append(f"{GENERAL} =~ NA*" + " + ".join(
        (f"g{j}*" if j > 1 else f"{factor_name(dimension)} + g1*") + factor_name(dimension)
        for j, dimension in enumerate(dimensions, 1)))
    lines.append(f"{GENERAL} ~~ 1*{GENERAL}")
    general, errors = f"({' + '.join(common)})^2", " + ".join(residuals)
    second = f"({' + '.join(standard)})^2"
    total = f"({general} + {' + '.join(own)} + {errors})"
    lines += [f"omega_second_order := ({general} + {' + '.join(own)}) / {total}",
              f"omega_l1 := {general} / {total}",
              f"omega_l2 := {second} / ({second} + {' + '.join(rest)})",
              f"omega_partial_l1 := {general} / ({general} + {errors})"]
    return "\n".join(lines)


def second_order_reliability(
    items: Matrix, dimensions: Mapping[str, Sequence[str]], counts: Counts, *, level: float = 0.95,
) -> SecondOrderReliability:
    """Coefficients of a construct whose items stand side by side, dimension after dimension.

    Parameters
    ----------
    items
        (n, p) keyed answers, NaN where missing; complete rows are used.
    dimensions
        Dimension → its items, in the order of the columns.
    counts
        (b, n) draws of all rows; b may be 0.
    """
    names = [name for each in dimensions.values() for name in each]
    draws = len(np.asarray(counts))
    reason = _why_not(dimensions)
    fitted = reason if reason is not None else _fitted(items, dimensions, names)
    if isinstance(fitted, Undefined):
        return SecondOrderReliability({key: with_interval(fitted, None, draws, level) for key in COEFFICIENTS}, ())
    with one_thread():
        described = describe(fitted, level=level, with_fit=False)
    warnings = tuple(f"second-order model: {text.rstrip('.')}" for text in described.warnings)
    if not (described.converged and described.admissible):
        what = "improper: some variance is negative" if described.converged else "not converged"
        fitted = Undefined(f"the second-order model is {what}")
        return SecondOrderReliability(
            {key: with_interval(fitted, None, draws, level) for key in COEFFICIENTS}, warnings)
    whole = np.asarray(counts)[:, ~np.isnan(items).any(axis=1)]
    drawn = _drawn(fitted, whole) if draws else {}
    rows = {row.lhs: row for row in described.parameters if row.op == ":="}
    return SecondOrderReliability({
        key: with_interval(row.est, drawn.get(key), draws, level, _analytic(row))
        for key, row in ((key, rows[key]) for key in COEFFICIENTS)}, warnings)


def _analytic(row: Parameter) -> tuple[str, Number, Number] | None:
    if row.ci_lower is None or row.ci_upper is None:
        return None
    return "delta method", row.ci_lower, row.ci_upper


def _why_not(dimensions: Mapping[str, Sequence[str]]) -> Undefined | None:
    if len(dimensions) < 3:
        return Undefined("two dimensions do not identify a second-order factor")
    single = [name for name, items in dimensions.items() if len(items) < 2]
    if single:
        return Undefined(f"{', '.join(single)} has a single item, whose error no model can tell from its dimension")
    return None


def _fitted(items: Matrix, dimensions: Mapping[str, Sequence[str]], names: Sequence[str]) -> Estimated | Undefined:
    rows, _ = complete_rows(items)
    try:
        return estimate_model(second_order_syntax(dimensions), rows, names, Options())
    except InputError as error:
        return Undefined(" ".join(found.rule for found in error.findings).rstrip("."))


def _drawn(fitted: Estimated, counts: Counts) -> dict[str, Drawn]:
    """The defined parameters of every draw that converges to a proper solution."""
    values = {key: np.full(len(counts), np.nan) for key in COEFFICIENTS}
    unfit = improper = 0
    with one_thread():
        plan = refit(fitted.problem, fitted.theta, tolerance=_CLOSE)
        for first in range(0, len(counts), plan.chunk):
            objective, usable = plan.objective([counts[first:first + plan.chunk]])
            minima = plan.minima(objective, usable)
            kept = np.flatnonzero(minima.converged)
            at = objective.take(kept)
            effects = values_at(fitted.problem.table, at, minima.theta[kept]).effects
            proper = admissible(at.groups, at.implied(minima.theta[kept]))
            unfit += len(usable) - len(kept)
            improper += int((~proper).sum())
            for column, definition in enumerate(fitted.problem.table.definitions):
                values[definition.name][first + kept[proper]] = effects[proper, column]
    return {key: Drawn(one, {NOT_FITTED: unfit, IMPROPER: improper}) for key, one in values.items()}
