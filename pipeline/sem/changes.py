"""Expected parameter changes in standard deviations: what modification indices and score tests print beside a change.

Latent variables' standard deviations are those of η, observed ones' those the model implies. Covariances are divided
by the *residual* standard deviations of both ends, and a variance shows its present value with the sign of its change:
both lavaan's conventions (``modindices``, ``cov.std = TRUE``).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from pipeline.sem.linalg import Array
from pipeline.sem.matrices import GroupMatrices, Implied
from pipeline.sem.standardise import residual_variance
from pipeline.sem.table import ParameterTable, Row
from pipeline.undefined import Number, Undefined

_ZERO = float(np.sqrt(np.finfo(np.float64).eps))
"""Variances below it cannot standardise anything. lavaan's limit."""

_NO_SCALE = Undefined("a residual variance is 0")
_NO_ROOT = Undefined("a variance is negative or 0")


@dataclass(frozen=True, slots=True)
class Scales:
    """Standard deviations of one group's latent and observed variables and residuals, by name.

    A negative variance has NaN; a residual without variance has None.
    """

    latent: Mapping[str, float]
    observed: Mapping[str, float]
    residual: Mapping[str, float | None]


def standardised_changes(
    groups: Sequence[GroupMatrices], moments: Sequence[Implied], table: ParameterTable, rows: Sequence[Row],
    values: Array, changes: Array,
) -> list[tuple[Number, Number]]:
    """Changes with latent (lavaan's ``sepc.lv``), and with all variables standardised (``sepc.all``).

    Parameters
    ----------
    groups, moments
        Of the model, one entry a group; stacks of one.
    rows
        Parameters, every residual variance among them.
    values, changes
        (len(rows),) each.
    """
    scales = [_scales(table, group, implied, [i for i, row in enumerate(rows) if row.group == g], rows, values, changes)
              for g, (group, implied) in enumerate(zip(groups, moments, strict=True), start=1)]
    return [_standardised(row, float(value), float(change), scales[row.group - 1])
            for row, value, change in zip(rows, values, changes, strict=True)]


def _is_variance(row: Row) -> bool:
    return row.op == "~~" and row.lhs == row.rhs


def _scales(
    table: ParameterTable, group: GroupMatrices, moments: Implied, own: Sequence[int], rows: Sequence[Row],
    values: Array, changes: Array,
) -> Scales:
    with np.errstate(invalid="ignore"):
        latent, observed = np.sqrt(np.diagonal(moments.C[0])), np.sqrt(np.diagonal(moments.Sigma[0]))
    places = {name: i for i, name in enumerate(group.etas)}
    # Of fixed exogenous variables lavaan takes the change of the variance for the variance.
    variances = {rows[i].lhs: abs(float(changes[i] if rows[i].exogenous else values[i]))
                 for i in own if _is_variance(rows[i])}
    number = rows[own[0]].group if own else 0
    variances |= {row.lhs: float(residual_variance(row.lhs, group, moments)[0])
                  for row in table.rows if row.determined and row.group == number}
    return Scales(
        {name: float(latent[places[name]]) for name in table.latent},
        {name: float(latent[places[name]]) for name in table.exogenous if name not in group.observed}
        | dict(zip(group.observed, map(float, observed), strict=True)),
        {name: float(np.sqrt(value)) if value >= _ZERO else None for name, value in variances.items()})


def _standardised(row: Row, value: float, change: float, scales: Scales) -> tuple[Number, Number]:
    if _is_variance(row):
        size = abs(change if row.exogenous else value)
        if size < _ZERO:
            return 0.0, 0.0
        change = float(np.sign(change)) * size
    factors = _factors(row, scales)
    latent = [factor for name, factor in factors if name in scales.latent]
    return _product(change, latent), _product(change, [factor for _, factor in factors])


def _factors(row: Row, scales: Scales) -> list[tuple[str, float | None]]:
    """Each variable a change is standardised by, with its factor."""
    def sd(name: str) -> float:
        return scales.latent[name] if name in scales.latent else scales.observed[name]

    def per(scale: float | None) -> float | None:
        return 1 / scale if scale else None

    if row.op == "=~":
        return [(row.lhs, sd(row.lhs)), (row.rhs, per(sd(row.rhs)))]
    if row.op == "~":
        return [(row.lhs, per(sd(row.lhs))), (row.rhs, sd(row.rhs))]
    if row.op == "~*~":
        return []
    if row.op in ("~1", "|"):
        return [(row.lhs, per(sd(row.lhs)))]
    if row.lhs == row.rhs:
        return [(row.lhs, per(sd(row.lhs)))] * 2
    return [(name, per(scales.residual.get(name))) for name in (row.lhs, row.rhs)]


def _product(change: float, factors: Sequence[float | None]) -> Number:
    result = change
    for factor in factors:
        if factor is None:
            return _NO_SCALE
        result *= factor
    return result if np.isfinite(result) else _NO_ROOT
