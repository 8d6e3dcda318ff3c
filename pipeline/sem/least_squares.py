"""Diagonally weighted least squares: how far implied moments of ordered variables are from the sample's.

F = Σ_i w_i (s_i − σ_i)² with w_i = 1/γ_ii and γ the asymptotic variances of the moments (Muthén, du Toit & Spisic
1997). What the diagonal leaves out comes back in the sandwich: standard errors and the test use the whole Γ. As in
lavaan, groups weigh by n_g − 1 in F, and Σ(n_g − 1) F_g is the test statistic, while information averages over n_g/N.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from pipeline.sem.discrepancy import Discrepancy, Slope
from pipeline.sem.linalg import Array, Bools, Field, Inverse
from pipeline.sem.matrices import Implied, Index
from pipeline.sem.objective import STEP, Evaluation, Objective
from pipeline.sem.responses import ResponseMatrices, response_matrices
from pipeline.sem.table import ParameterTable
from pipeline.undefined import Undefined

if TYPE_CHECKING:
    from pipeline.sem.problem import Problem


@dataclass(frozen=True, slots=True)
class LeastSquares:
    """One group's moments, or a stack of resampled versions of them.

    Attributes
    ----------
    n
        (b or 1,) cases less one.
    cov, mean
        (b or 1, p, p) and (b or 1, p) of all variables, exogenous ones among them; of responses where ordered.
    vector, weight
        (b, m) moments, in the order of :class:`~pipeline.sem.responses.Layout`, and 1/γ_ii.
    gamma
        (m, m) N times the moments' asymptotic covariance; None in a stack of resamples.
    resample
        Moments of rows counted (b, n) times, and (b,) which of them are defined; None in a stack of resamples.
    """

    n: Array
    cov: Array
    mean: Array
    vector: Array
    weight: Array
    gamma: Array | None = None
    resample: Callable[[NDArray[np.generic]], tuple[LeastSquares, Bools]] | None = None

    @property
    def size(self) -> int:
        return int(self.vector.shape[-1])

    def slope(self, implied: Inverse, Sigma: Field, mu: Field) -> Slope:
        raise TypeError("least squares have no likelihood to differentiate; use a WeightedObjective")

    def take(self, index: Index) -> LeastSquares:
        if len(self.vector) == 1:
            return self
        n = self.n if len(self.n) == 1 else self.n[index]
        cov, mean = (part if len(part) == 1 else part[index] for part in (self.cov, self.mean))
        return LeastSquares(n, cov, mean, self.vector[index], self.weight[index])


@dataclass(frozen=True)
class WeightedObjective(Objective):
    """The sum of the groups' least squares; ``groups`` are the models of the responses given x."""

    responses: tuple[ResponseMatrices, ...] = ()

    @property
    def squares(self) -> tuple[LeastSquares, ...]:
        """The data, which are :class:`LeastSquares` in every group."""
        return tuple(data for data in self.data if isinstance(data, LeastSquares))

    def take(self, index: Index) -> WeightedObjective:
        return WeightedObjective(self.groups, tuple(d.take(index) for d in self.data), self.n_free, self.responses)

    def implied(self, theta: Field) -> list[Implied]:
        return [responses.implied(theta) for responses in self.responses]

    def described(self, theta: Field) -> list[Implied]:
        found = []
        for responses, data, at in zip(self.responses, self.data, self.implied(theta), strict=True):
            x = responses.x_observed
            found.append(responses.joint(at, data.cov[:, x[:, None], x], data.mean[:, x]))
        return found

    def thresholds(self) -> tuple[dict[str, Array], ...]:
        """The first member's sample thresholds, of every group and ordered variable."""
        found = []
        for responses, data in zip(self.responses, self.squares, strict=True):
            where, names = responses.layout, responses.base.observed
            values = data.vector[0, where.threshold]
            found.append({names[k]: values[where.threshold_of == k] for k in np.unique(where.threshold_of)})
        return tuple(found)

    def vectors(self, theta: Field) -> list[Field]:
        """(b, m) implied moments of every group."""
        return [responses.vector(theta, at) for responses, at in zip(self.responses, self.implied(theta), strict=True)]

    def evaluate(self, theta: Field) -> Evaluation:
        value: Field = np.zeros(len(theta), dtype=theta.dtype)
        gradient: Field = np.zeros(theta.shape, dtype=theta.dtype)
        for responses, data, share, at in zip(
                self.responses, self.squares, self.shares, self.implied(theta), strict=True):
            residual = responses.vector(theta, at) - data.vector
            weighted = data.weight * residual
            value += share * np.einsum("bm,bm->b", weighted, residual)
            gradient += share[:, None] * responses.gradient(theta, at, 2 * weighted)
        proper = np.isfinite(value)
        return Evaluation(np.where(proper, value.real, np.inf), gradient, proper)

    def information(self, theta: Field) -> Field:
        """Gauss–Newton's half Hessian Σ_g f_g JᵀWJ, f_g the share of group g in F, (b, q, q)."""
        result: Field = np.empty((*theta.shape, self.n_free))
        for member, at in enumerate(theta):
            total = np.zeros((self.n_free, self.n_free))
            for data, share, J in zip(self.squares, self.shares, self.jacobians(at), strict=True):
                weight = data.weight[member if len(data.weight) > 1 else 0]
                total += float(share[member if len(share) > 1 else 0]) * (J.T * weight) @ J
            result[member] = total
        return result

    def jacobians(self, theta: Array) -> list[Array]:
        """Derivatives (m, q) of every group's moments at one θ (q,), by a complex step."""
        stepped = theta + 1j * STEP * np.eye(self.n_free)
        return [vector.imag.T / STEP for vector in self.vectors(stepped)]


def weighted_objective(table: ParameterTable, data: Sequence[Discrepancy]) -> WeightedObjective:
    """A model of ordered variables and the moments it is about."""
    responses = response_matrices(table)
    return WeightedObjective(tuple(one.base for one in responses), tuple(data), table.n_free, responses)


def statistic(problem: Problem, theta: Array) -> float:
    """T = Σ (n_g − 1) F_g at one θ (q,), before any scaling."""
    return float(problem.objective.n[0] * problem.objective.evaluate(theta[None]).value[0])


@dataclass(frozen=True, slots=True)
class Pieces:
    """What a sandwich needs of one group: n_g/N, J (m, q), weights (m,) and Γ (m, m)."""

    share: float
    J: Array
    weight: Array
    gamma: Array


def pieces(problem: Problem, theta: Array) -> tuple[Pieces, ...]:
    """Of every group at one θ (q,)."""
    objective = problem.objective
    if not isinstance(objective, WeightedObjective):
        raise TypeError("only least squares have weights and an asymptotic covariance of moments")
    found = []
    for share, data, J in zip(problem.shares, objective.squares, objective.jacobians(theta), strict=True):
        if data.gamma is None:
            raise TypeError("resampled moments have no asymptotic covariance")
        found.append(Pieces(share, J, data.weight[0], data.gamma))
    return tuple(found)


def information(parts: Sequence[Pieces], q: int) -> Array:
    """Σ_g n_g/N JᵀWJ, (q, q): the information of one case."""
    total = np.zeros((q, q))
    for part in parts:
        total += part.share * (part.J.T * part.weight) @ part.J
    return total


def meat(parts: Sequence[Pieces], q: int) -> Array:
    """Σ_g n_g/N JᵀWΓWJ, (q, q): the middle of the sandwich."""
    total = np.zeros((q, q))
    for part in parts:
        WJ = part.weight[:, None] * part.J
        total += part.share * WJ.T @ part.gamma @ WJ
    return total


@dataclass(frozen=True, slots=True)
class Traces:
    """tr(UΓ) and tr((UΓ)²), U = W − WJ(JᵀWJ)⁻¹JᵀW over all groups."""

    first: float
    second: float


def scale_and_shift(df: int, of: Traces) -> tuple[float, float] | Undefined:
    """a = √(df / tr((UΓ)²)) and b = df − a tr(UΓ): aT + b has the mean and the variance of χ²(df).

    Asparouhov & Muthén (2010); the same for a difference, with U of the constraints (Satorra 2000).
    """
    if not 0 < of.second < np.inf:
        return Undefined(f"the variance of the statistic is not positive and finite ({of.second:.4g})")
    a = float(np.sqrt(df / of.second))
    return a, df - a * of.first


def traces(parts: Sequence[Pieces], inverse: Array) -> Traces:
    """From every group's pieces and the inverse information (q, q) within the constraints.

    With Q the inverse and M the meat, tr(UΓ) = tr(WΓ) − tr(QM) and tr((UΓ)²) = tr(WΓWΓ) − 2 tr(Q JᵀWΓWΓWJ) +
    tr(QMQM); no matrix as large as all groups' moments together is formed.
    """
    q = len(inverse)
    first = second = 0.0
    twice = np.zeros((q, q))
    for part in parts:
        WJ = part.weight[:, None] * part.J
        GWJ = part.gamma @ WJ
        first += float(part.weight @ np.diag(part.gamma))
        second += float(part.weight @ (part.gamma**2) @ part.weight)
        twice += part.share * GWJ.T @ (part.weight[:, None] * GWJ)
    QM = inverse @ meat(parts, q)
    return Traces(first - float(np.trace(QM)),
                  second - 2 * float(np.sum(inverse * twice.T)) + float(np.sum(QM * QM.T)))
