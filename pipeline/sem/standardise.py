"""Completely standardised estimates (lavaan's ``std.all``) and explained variance, from implied moments."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pipeline.sem.ram import Implied, Ram
from pipeline.sem.table import ParameterTable, Row
from pipeline.undefined import Number, Undefined

Array = NDArray[np.float64]


def standardised(table: ParameterTable, model: Ram, moments: Implied, values: Array) -> Array:
    """``std.all`` of every row, shape (rows,); NaN where a variance is not positive.

    Loading or path from j to i: value · sd(j) / sd(i), with implied sds. Variance: value / variance of the
    variable. Covariance of i and j: value / (residual sd of i · residual sd of j), a (partial) correlation.
    Convention: lavaan 0.6 ``standardizedSolution``; Bollen 1989, ch. 4.

    Parameters
    ----------
    values
        (rows,) estimates in the table's order.
    """
    position = {name: index for index, name in enumerate(model.variables)}
    with np.errstate(invalid="ignore", divide="ignore"):
        sd = np.sqrt(np.diag(moments.C))
        # lavaan takes the absolute value of a negative residual variance here, so that a sign is left to read.
        residual_sd = np.sqrt(np.abs(np.diag(moments.S)))
        out = np.empty(len(table.rows))
        for index, row in enumerate(table.rows):
            left, right = position[row.lhs], position[row.rhs]
            if row.op == "~~" and left == right:
                scale = sd[left] ** 2
            elif row.op == "~~":
                scale = residual_sd[left] * residual_sd[right]
            else:
                to, source = (right, left) if row.op == "=~" else (left, right)
                scale = sd[to] / sd[source]
            out[index] = values[index] / scale
    out[~np.isfinite(out)] = np.nan
    return out


def row_values(table: ParameterTable, theta: Array, sample: Array) -> Array:
    """Estimate of every row, shape (rows,): free, fixed, or the sample moment of fixed exogenous variables."""
    position = {name: index for index, name in enumerate(table.observed)}

    def value(row: Row) -> float:
        if row.free:
            return float(theta[row.free - 1])
        if row.value is not None:
            return row.value
        return float(sample[position[row.lhs], position[row.rhs]])

    return np.array([value(row) for row in table.rows])


def explained_variance(table: ParameterTable, model: Ram, moments: Implied) -> dict[str, Number]:
    """R² = 1 − residual variance / implied variance of every endogenous variable (Bollen 1989, ch. 4)."""
    r2: dict[str, Number] = {}
    for name in table.endogenous:
        index = model.variables.index(name)
        residual, total = float(moments.S[index, index]), float(moments.C[index, index])
        if total <= 0:
            r2[name] = Undefined(f"the implied variance of {name} is not positive")
        elif residual < 0:
            r2[name] = Undefined(f"the residual variance of {name} is negative")
        else:
            r2[name] = 1 - residual / total
    return r2
