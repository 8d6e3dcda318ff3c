"""Standardised solutions: estimates in units of implied standard deviations, for one θ or a stack of them.

``std_all`` standardises observed and latent variables (Bollen 1989, ch. 4), ``std_lv`` latent ones only. Everything is
computed from θ alone (the sample's moments enter for fixed exogenous variables), so that delta-method standard errors
follow from a complex step through these functions, and bootstrap intervals from the same draws.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

import numpy as np

from pipeline.sem.linalg import Array, Field
from pipeline.sem.matrices import GroupMatrices, Implied
from pipeline.sem.table import ParameterTable, Row

Kind = Literal["std_all", "std_lv"]


def row_values(
    table: ParameterTable, theta: Field, covs: Sequence[Array], means: Sequence[Array],
    groups: Sequence[GroupMatrices] = (), implied: Sequence[Implied] = (),
) -> Field:
    """Unstandardised value of every row, (b, rows): free, fixed, or a sample moment of fixed exogenous variables.

    A residual variance of an ordered variable is determined by the others: it is read off the implied moments.

    Parameters
    ----------
    covs, means
        (b or 1, p, p) and (b or 1, p) sample moments of every group.
    groups, implied
        The model's matrices and implied moments of every group; needed where variables are ordered.
    """
    y = {name: index for index, name in enumerate(table.observed)}
    values: Field = np.empty((len(theta), len(table.rows)), dtype=theta.dtype)
    for index, row in enumerate(table.rows):
        if row.free:
            values[:, index] = theta[:, row.free - 1]
        elif row.value is not None:
            values[:, index] = row.value
        elif row.determined:
            values[:, index] = residual_variance(row.lhs, groups[row.group - 1], implied[row.group - 1])
        elif row.op == "~1":
            values[:, index] = means[row.group - 1][:, y[row.lhs]]
        else:
            values[:, index] = covs[row.group - 1][:, y[row.lhs], y[row.rhs]]
    return values


def residual_variance(name: str, group: GroupMatrices, implied: Implied) -> Field:
    """(b,) of an observed variable: of its disturbance if it stands among the η."""
    if name in group.etas:
        at = group.etas.index(name)
        disturbance: Field = implied.Psi[:, at, at]
        return disturbance
    at = group.observed.index(name)
    residual: Field = implied.Theta[:, at, at]
    return residual


def standardised_rows(
    table: ParameterTable, groups: Sequence[GroupMatrices], implied: Sequence[Implied], values: Field,
    kind: Kind = "std_all",
) -> Field:
    """Standardised value of every row, (b, rows); NaN where a variance is not positive.

    Path from j to i: value · sd(j)/sd(i). Variance: value / variance. Covariance of i and j: value over the two
    residual standard deviations (those of the variables themselves if they have no residual). Mean or threshold:
    value / sd. The scale of an ordered variable is 1 where that variable is standardised.

    Parameters
    ----------
    values
        (b, rows) as :func:`row_values` gives them.
    """
    scales = [_Scales(g, m, table.latent) for g, m in zip(groups, implied, strict=True)]
    result = values.copy()
    with np.errstate(invalid="ignore", divide="ignore"):
        for index, row in enumerate(table.rows):
            if row.op == "~*~" and kind == "std_all":
                result[:, index] = 1.0
            elif row.op != "~*~":
                result[:, index] = values[:, index] / scales[row.group - 1].of(row, kind)
    if not np.iscomplexobj(result):
        result[~np.isfinite(result)] = np.nan
    return result


class _Scales:
    """Standard deviations of one group's variables."""

    def __init__(self, group: GroupMatrices, implied: Implied, latent: Sequence[str]) -> None:
        total = {name: implied.C[:, i, i] for i, name in enumerate(group.etas)}
        residual = {name: implied.Psi[:, i, i] for i, name in enumerate(group.etas)}
        for i, name in enumerate(group.observed):
            total[name] = implied.Sigma[:, i, i]
            residual.setdefault(name, implied.Theta[:, i, i])
        self.latent, self.total, self.residual = set(latent), total, residual

    def _sd(self, name: str, kind: Kind, *, residual: bool = False) -> Field | float:
        if kind == "std_lv" and name not in self.latent:
            return 1.0
        variance = (self.residual if residual else self.total)[name]
        # A negative residual variance is taken by its size, as lavaan does, so that a covariance keeps its sign.
        root: Field = np.sqrt(variance * np.sign(variance.real)) if residual else np.sqrt(variance)
        return root

    def of(self, row: Row, kind: Kind) -> Field | float:
        if row.op in ("~1", "|"):
            return self._sd(row.lhs, kind)
        if row.op == "~~" and row.lhs == row.rhs:
            return self._sd(row.lhs, kind) ** 2
        if row.op == "~~":
            return self._sd(row.lhs, kind, residual=True) * self._sd(row.rhs, kind, residual=True)
        to, source = (row.rhs, row.lhs) if row.op == "=~" else (row.lhs, row.rhs)
        return self._sd(to, kind) / self._sd(source, kind)


def defined_values(table: ParameterTable, values: Mapping[str, Any]) -> dict[str, Any]:
    """Every ``:=`` in an order in which each uses only earlier ones, from values of labels."""
    known = dict(values)
    found = {}
    for definition in table.definitions:
        known[definition.name] = found[definition.name] = definition.expression.evaluate(known)
    return found


def label_values(table: ParameterTable, rows: Field) -> dict[str, Field]:
    """What labels and ``.p1.`` names stand for, from a value of every row (b, rows)."""
    values: dict[str, Field] = {}
    for index, row in enumerate(table.rows):
        values.setdefault(row.plabel, rows[:, index])
        if row.label:
            values.setdefault(row.label, rows[:, index])
    return values
