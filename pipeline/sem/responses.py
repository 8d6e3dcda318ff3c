"""What a model of ordered and continuous variables implies for their thresholds, slopes and correlations.

An ordered variable is seen as a continuous response y* cut at thresholds τ (Muthén 1984). The model is about y*, given
the fixed exogenous variables x; its scale is set by Δ, the inverse standard deviation of y* (the delta
parameterisation), which is 1 unless groups are compared. With Σ, μ and Π (slopes on x) of the model in
:mod:`pipeline.sem.matrices`, conditional on x,

    thresholds Δ_i (τ − μ_i),  slopes Δ_i Π_i,  correlations and covariances Δ_i Δ_j Σ_ij,

and means and variances of continuous variables, whose Δ is 1. A residual variance of an ordered variable is no
parameter: it is what makes the variance of y* equal to Δ⁻². For an indicator it enters no moment. For an ordered
variable that explains others, such as a binary mediator, it does: it is solved for, and derivatives go through it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from pipeline.sem.linalg import Array, Field
from pipeline.sem.matrices import CellValues, GroupMatrices, Implied, Index, conditional_matrices
from pipeline.sem.objective import chain
from pipeline.sem.table import ParameterTable, Row

_NONE = np.zeros((1, 1))
"""Moments of exogenous variables, of which a model given them has none."""


@dataclass(frozen=True, slots=True)
class Layout:
    """Where each kind of moment stands in the vector of m moments, in lavaan's order.

    Attributes
    ----------
    threshold, threshold_of
        (t,) places of thresholds, and their variables.
    cuts
        (t, p) 1 where a threshold belongs to a variable, so that sums over thresholds are one product.
    mean, mean_of
        Places of means of continuous variables, and their variables.
    slope
        (kx, p) places of slopes.
    variance, variance_of
        Places of variances of continuous variables, and their variables.
    covariance, i, j
        Places of covariances, and their rows and columns, i > j.
    """

    size: int
    threshold: Index
    threshold_of: Index
    cuts: Array
    mean: Index
    mean_of: Index
    slope: Index
    variance: Index
    variance_of: Index
    covariance: Index
    i: Index
    j: Index


def layout_of(levels: tuple[int, ...], covariates: int) -> Layout:
    """The order of moments: thresholds or mean by variable, slopes, variances, correlations column by column.

    Parameters
    ----------
    levels
        (p,) categories of every variable; 0 for a continuous one.
    covariates
        Number of fixed exogenous variables.
    """
    p = len(levels)
    first = [(variable, k > 0) for variable, k in enumerate(levels) for _ in range(max(k - 1, 1))]
    at = np.arange(len(first))
    owner = np.array([variable for variable, _ in first], dtype=np.intp)
    cut = np.array([ordered for _, ordered in first], dtype=np.bool_)
    numeric = np.flatnonzero(np.array(levels) == 0)
    slopes = len(first) + np.arange(p * covariates).reshape(covariates, p)
    variances = len(first) + p * covariates + np.arange(len(numeric))
    j, i = np.triu_indices(p, 1)
    start = len(first) + p * covariates + len(numeric)
    return Layout(start + len(i), at[cut], owner[cut], np.eye(p)[owner[cut]], at[~cut], owner[~cut], slopes, variances,
                  numeric, start + np.arange(len(i)), i, j)


@dataclass(frozen=True)
class ResponseMatrices:
    """One group's model of responses.

    Attributes
    ----------
    base
        The model given x: of moments of the responses without x among them.
    thresholds, scales
        Values (t,) of thresholds and (p,) of Δ.
    indicators
        Ordered variables, by position in y, whose residual variance enters no moment.
    within, within_eta
        Ordered variables that stand among the η, by position in y and in η: their disturbance variance is solved for.
    x, x_observed
        Positions of the fixed exogenous variables, in the order of the slopes, among the η and among all observed ones.
    """

    base: GroupMatrices
    layout: Layout
    thresholds: CellValues
    scales: CellValues
    indicators: Index
    within: Index
    within_eta: Index
    x: Index
    x_observed: Index

    def implied(self, theta: Field) -> Implied:
        """Moments of the responses given x, with every determined residual variance in its place."""
        at = self.base.implied(theta, _NONE, _NONE)
        scale = self.scales.at(theta)
        if len(self.within):
            at = self._with_disturbances(at, scale)
        if len(self.indicators):
            i = self.indicators
            Theta, Sigma = at.Theta.copy(), at.Sigma.copy()
            Theta[:, i, i] = scale[:, i] ** -2 - (Sigma[:, i, i] - Theta[:, i, i])
            Sigma[:, i, i] = scale[:, i] ** -2
            at = replace(at, Theta=Theta, Sigma=Sigma)
        return at

    def _with_disturbances(self, at: Implied, scale: Field) -> Implied:
        """Solve the disturbance variances ψ that give Σ_kk = Δ_k⁻²: they enter Σ_kk linearly."""
        y, eta = self.within, self.within_eta
        Psi = at.Psi.copy()
        loadings = at.L[:, :, eta]
        missing = scale[:, y] ** -2 - at.Sigma[:, y, y]
        psi = np.linalg.solve(loadings[:, y, :] ** 2, missing[..., None])[..., 0]
        Psi[:, eta, eta] += psi
        own = at.B[:, :, eta]
        C = at.C + (own * psi[:, None, :]) @ np.swapaxes(own, -1, -2)
        H = at.H + (loadings * psi[:, None, :]) @ np.swapaxes(own, -1, -2)
        Sigma = at.Sigma + (loadings * psi[:, None, :]) @ np.swapaxes(loadings, -1, -2)
        return replace(at, Psi=Psi, C=C, H=H, Sigma=Sigma)

    def joint(self, at: Implied, cov: Array, mean: Array) -> Implied:
        """The same with x as random variables of covariance (b or 1, kx, kx) and mean: what standardisation needs."""
        if not len(self.x):
            return at
        C, Psi, eta = at.C.copy(), at.Psi.copy(), at.eta
        own, loadings = at.B[:, :, self.x], at.L[:, :, self.x]
        C += own @ cov @ np.swapaxes(own, -1, -2)
        Psi[:, self.x[:, None], self.x] = cov
        eta = eta + (own @ mean[..., None])[..., 0]
        mu = at.mu + (loadings @ mean[..., None])[..., 0]
        return replace(at, C=C, Psi=Psi, eta=eta, mu=mu,
                       H=at.H + loadings @ cov @ np.swapaxes(own, -1, -2),
                       Sigma=at.Sigma + loadings @ cov @ np.swapaxes(loadings, -1, -2))

    def every(self, theta: Field, joint: Implied) -> tuple[Field, Field]:
        """Covariance (b, P, P) and mean (b, P) of all observed variables, in the scale of the sample's correlations."""
        P, x = self.base.p + len(self.x), self.x_observed
        y = np.setdiff1d(np.arange(P), x)
        b = len(joint.Sigma)
        cov: Field = np.empty((b, P, P), dtype=joint.Sigma.dtype)
        mean: Field = np.empty((b, P), dtype=joint.Sigma.dtype)
        cov[:, y[:, None], y], mean[:, y] = joint.Sigma, joint.mu
        cov[:, x[:, None], x], mean[:, x] = joint.C[:, self.x[:, None], self.x], joint.eta[:, self.x]
        cov[:, y[:, None], x] = joint.H[:, :, self.x]
        cov[:, x[:, None], y] = np.swapaxes(joint.H[:, :, self.x], -1, -2)
        scale: Field = np.ones((b, P), dtype=joint.Sigma.dtype)
        scale[:, y] = self.scales.at(theta)
        return cov * scale[:, :, None] * scale[:, None, :], mean

    def vector(self, theta: Field, at: Implied) -> Field:
        """(b, m) implied moments in the order of the layout."""
        where, scale = self.layout, self.scales.at(theta)
        moments: Field = np.empty((len(theta), where.size), dtype=at.Sigma.dtype)
        of = where.threshold_of
        moments[:, where.threshold] = scale[:, of] * (self.thresholds.at(theta) - at.mu[:, of])
        moments[:, where.mean] = at.mu[:, where.mean_of]
        for places, x in zip(where.slope, self.x, strict=True):
            moments[:, places] = scale * at.L[:, :, x]
        moments[:, where.variance] = at.Sigma[:, where.variance_of, where.variance_of]
        moments[:, where.covariance] = scale[:, where.i] * scale[:, where.j] * at.Sigma[:, where.i, where.j]
        return moments

    def gradient(self, theta: Field, at: Implied, slope: Field) -> Field:
        """Gradient (b, q) from derivatives (b, m) by the moments."""
        where, scale, base = self.layout, self.scales.at(theta), self.base
        b, p = len(theta), base.p
        of, i, j = where.threshold_of, where.i, where.j
        cuts = self.thresholds.at(theta)
        at_cut = slope[:, where.threshold]
        by_mu: Field = -(at_cut @ where.cuts) * scale
        by_scale: Field = (at_cut * (cuts - at.mu[:, of])) @ where.cuts
        by_mu[:, where.mean_of] += slope[:, where.mean]
        by_cov = slope[:, where.covariance]
        by_sigma: Field = np.zeros((b, p, p), dtype=slope.dtype)
        by_sigma[:, i, j] = by_sigma[:, j, i] = by_cov * scale[:, i] * scale[:, j] / 2
        by_sigma[:, where.variance_of, where.variance_of] = slope[:, where.variance]
        by_scale += 2 * np.einsum("bij,bij->bi", by_sigma, at.Sigma) / scale
        by_slopes = [slope[:, places] for places in where.slope]
        for part, x in zip(by_slopes, self.x, strict=True):
            by_scale += part * at.L[:, :, x]
        if len(self.within):
            by_scale += self._through_disturbances(at, by_sigma, scale)
        own = chain(base, at, by_sigma, by_mu)
        for part, x in zip(by_slopes, self.x, strict=True):
            own += self._by_slope(at, part * scale, x)
        result: Field = np.zeros_like(theta)
        result[:, base.free] = own
        result[:, self.thresholds.source] += (at_cut * scale[:, of])[:, self.thresholds.places]
        result[:, self.scales.source] += by_scale[:, self.scales.places]
        return result

    def _through_disturbances(self, at: Implied, by_sigma: Field, scale: Field) -> Field:
        """Add to ∂F/∂Σ (in place) what moves F through the solved variances; returns their part by Δ, (b, p).

        With g = Σ_kk − Δ_k⁻² held at 0, the adjoint λ solves (∂g/∂ψ)ᵀλ = −∂F/∂ψ, and F + λᵀg has F's total
        derivatives.
        """
        y, eta = self.within, self.within_eta
        loadings = at.L[:, :, eta]
        by_psi = np.einsum("bil,bij,bjl->bl", loadings, by_sigma, loadings, optimize=True)
        adjoint = np.linalg.solve(np.swapaxes(loadings[:, y, :] ** 2, -1, -2), -by_psi[..., None])[..., 0]
        by_sigma[:, y, y] += adjoint
        by_scale: Field = np.zeros_like(scale)
        by_scale[:, y] = 2 * adjoint * scale[:, y] ** -3
        return by_scale

    def _by_slope(self, at: Implied, part: Field, x: int) -> Field:
        """Gradient by the base's cells from derivatives (b, p) by one column of Π, which moves as a mean would."""
        b = len(part)
        response = np.concatenate([at.B[:, :, x], np.zeros((b, 2))], axis=1)[:, self.base.mean_of]
        columns = np.concatenate([part, (part[:, None, :] @ at.L)[:, 0, :]], axis=-1)
        result: Field = response * columns[:, self.base.u]
        return result


def response_matrices(table: ParameterTable) -> tuple[ResponseMatrices, ...]:
    """The matrices of every group of a table with ordered variables."""
    y = [name for name in table.observed if name not in table.exogenous]
    levels = dict(table.ordered)
    layout = layout_of(tuple(levels.get(name, 0) for name in y), len(table.exogenous))
    found = []
    for number, base in enumerate(conditional_matrices(table), start=1):
        rows = [row for row in table.rows if row.group == number]
        cuts = [row for name in y for row in _in_order(rows, name)]
        scales = {row.lhs: row for row in rows if row.op == "~*~"}
        ordered = [i for i, name in enumerate(y) if name in levels]
        within = [i for i in ordered if y[i] in base.etas]
        found.append(ResponseMatrices(
            base, layout,
            _values([(row.value, row.free) for row in cuts]),
            _values([(scales[name].value, scales[name].free) if name in scales else (1.0, 0) for name in y]),
            np.array([i for i in ordered if i not in within], dtype=np.intp), np.array(within, dtype=np.intp),
            np.array([base.etas.index(y[i]) for i in within], dtype=np.intp),
            np.array([base.etas.index(name) for name in table.exogenous], dtype=np.intp),
            np.array([table.observed.index(name) for name in table.exogenous], dtype=np.intp)))
    return tuple(found)


def _in_order(rows: Sequence[Row], name: str) -> list[Row]:
    """A variable's thresholds t1, t2, …"""
    return sorted((row for row in rows if row.op == "|" and row.lhs == name), key=lambda row: int(row.rhs[1:]))


def _values(cells: list[tuple[float | None, int]]) -> CellValues:
    fixed = np.array([0.0 if value is None else value for value, _ in cells])
    places = np.array([place for place, (_, free) in enumerate(cells) if free], dtype=np.intp)
    return CellValues(fixed, places, np.array([free - 1 for _, free in cells if free], dtype=np.intp))
