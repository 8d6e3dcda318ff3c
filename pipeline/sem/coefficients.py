"""Regression coefficients of an estimated model with their sampling covariance, and tests of what they imply."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from instrument.errors import Finding, InputError
from pipeline.sem.estimate import Estimated
from pipeline.sem.linalg import Array
from pipeline.sem.normal import wald
from pipeline.sem.standardise import row_values
from pipeline.undefined import Number, Undefined


@dataclass(frozen=True, slots=True)
class WaldTest:
    """A quantity with its Wald test and interval."""

    name: str
    est: float
    se: Number
    z: Number
    pvalue: Number
    lower: Number
    upper: Number


@dataclass(frozen=True, slots=True)
class Coefficients:
    """Regression coefficients of one equation and their sampling covariance.

    Attributes
    ----------
    names
        k predictors.
    b
        (k,).
    V
        (k, k), 0 in rows and columns of fixed coefficients.
    """

    names: tuple[str, ...]
    b: Array
    V: Array


def regression(
    estimated: Estimated, outcome: str, predictors: Sequence[str], *, group: int = 1,
) -> Coefficients | Undefined:
    """Coefficients of ``outcome`` on ``predictors`` with their sampling covariance, robust where the model's is.

    Raises
    ------
    InputError
        ``SEM-PATH`` for a predictor without such a path.
    """
    table = estimated.problem.table
    index = {row.rhs: i for i, row in enumerate(table.rows)
             if row.lhs == outcome and row.op == "~" and row.group == group}
    unknown = [name for name in predictors if name not in index]
    if unknown:
        raise InputError(Finding(
            "SEM-PATH", f"{estimated.name}, {outcome}",
            f"The model has no path {outcome} ~ {', '.join(unknown)}.",
            f"Paths to {outcome} come from: {', '.join(index) or 'nothing'}."))
    rows = [table.rows[index[name]] for name in predictors]
    if not estimated.converged:
        return Undefined("estimation did not converge")
    if estimated.bread.negative:
        return Undefined("the information matrix is not positive definite")
    if any(row.free and estimated.bread.unidentified[row.free - 1] for row in rows):
        return Undefined("a path it takes is not identified")
    data = estimated.problem.objective.data
    values = row_values(table, estimated.theta[None], [d.cov for d in data], [d.mean for d in data])[0]
    free = np.array([row.free - 1 for row in rows])
    varies = np.outer(free >= 0, free >= 0)
    V = np.where(varies, estimated.vcov[np.ix_(free, free)], 0.0)
    return Coefficients(tuple(predictors), values[[index[name] for name in predictors]], V)


def delta_test(name: str, est: float, gradient: Array, V: Array, level: float) -> WaldTest:
    """A quantity with the delta-method standard error √(gᵀVg)."""
    se = float(np.sqrt(max(float(gradient @ V @ gradient), 0.0)))
    return WaldTest(name, est, se, *wald(est, se, level))
