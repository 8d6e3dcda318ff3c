"""An unmeasured common cause of a mediator and its outcome: the effect at any correlation of their disturbances.

Let M = f'V + u be the mediator's equation and Y = bM + g'W + e the outcome's, with every variable of V among W. For
any λ the model with

    b* = b − λ,   g*_j = g_j + λ f_j (j in V),   e* = e + λu

implies the same moments: Y is the same variable, written differently. Its disturbances correlate
ρ = λ√ψ_M / √(ψ_Y + λ²ψ_M), so that λ = ρ/√(1 − ρ²) · √(ψ_Y/ψ_M). At a maximum of the likelihood this *is* the maximum
of the model with the correlation held at ρ: nothing needs to be estimated again, and delta-method and Monte Carlo
errors go through the formula (Imai, Keele & Yamamoto 2010, th. 4, for one mediator; Cox, Kisbu-Sakarya, Miočević &
MacKinnon 2013 plot an effect against ρ).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from pipeline.sem.estimate import Estimated
from pipeline.sem.intervals import percentile_interval
from pipeline.sem.linalg import Array, Field
from pipeline.sem.objective import STEP
from pipeline.sem.table import ParameterTable, Row
from pipeline.sensitivity.chain import Chain
from pipeline.sensitivity.findings import ConfoundedPoint, ConfoundingCurve
from pipeline.undefined import Number, Undefined

FARTHEST = 0.99
"""Correlation up to which the first one is looked for at which an interval holds 0."""

_STRIDE = 0.01
_HALVINGS = 12


@dataclass(frozen=True, slots=True)
class Pair:
    """Places in θ, from 0, of what a correlation of two disturbances changes.

    Attributes
    ----------
    path
        b, the path from mediator to outcome.
    shared
        (place of g_j, place of f_j): paths of one predictor to the outcome and to the mediator.
    mediator_variance, outcome_variance
        ψ_M and ψ_Y.
    """

    path: int
    shared: tuple[tuple[int, int], ...]
    mediator_variance: int
    outcome_variance: int

    def shift(self, theta: Field, rho: float) -> Field:
        """λ at θ (b, q), (b,)."""
        ratio = theta[:, self.outcome_variance] / theta[:, self.mediator_variance]
        with np.errstate(invalid="ignore"):
            result: Field = rho / np.sqrt(1 - rho**2) * np.sqrt(ratio)
        return result

    def turned(self, theta: Field, rho: float) -> Field:
        """θ (b, q) of the model in which the disturbances correlate ρ; their covariance, ρ√(ψ_M ψ*_Y), stands beside θ.

        Intercepts are left out: only means, which no effect rests on, would need them.
        """
        shift, result = self.shift(theta, rho), theta.copy()
        result[:, self.path] -= shift
        for to, of in self.shared:
            result[:, to] += shift * theta[:, of]
        result[:, self.outcome_variance] += shift**2 * theta[:, self.mediator_variance]
        return result


def pair_of(table: ParameterTable, mediator: str, outcome: str) -> Pair | Undefined:
    """Where the pair stands in θ; undefined where the model with correlated disturbances would fit differently."""
    if table.constraints or table.n_groups > 1:
        return Undefined("the model has constraints or several groups")
    rows: dict[tuple[str, str, str], Row] = {(row.lhs, row.op, row.rhs): row for row in table.rows}
    tied = {number for numbers in table.equalities for number in numbers}

    def free(lhs: str, op: str, rhs: str) -> int | None:
        row = rows.get((lhs, op, rhs))
        return row.free - 1 if row is not None and row.free and row.free not in tied else None

    if any(row.op == "~~" and row.lhs != row.rhs and mediator in (row.lhs, row.rhs) for row in table.rows):
        return Undefined(f"the disturbance of {mediator} already correlates with another")
    if any(row.op == "=~" and row.rhs in (mediator, outcome) for row in table.rows):
        return Undefined(f"{mediator} or {outcome} is an indicator as well")
    path = free(outcome, "~", mediator)
    variances = [free(name, "~~", name) for name in (mediator, outcome)]
    shared = [(free(outcome, "~", row.rhs), row.free - 1, row)
              for row in table.rows if row.op == "~" and row.lhs == mediator]
    lacking = [row.rhs for to, _, row in shared if to is None or not row.free]
    if path is None or variances[0] is None or variances[1] is None:
        return Undefined(f"the path from {mediator} to {outcome}, or a variance of their disturbances, is not free")
    if lacking:
        return Undefined(f"{lacking[0]} predicts {mediator} without a free path of its own to {outcome}, so that "
                         "correlated disturbances would change the fit")
    return Pair(path, tuple((to, of) for to, of, _ in shared if to is not None), variances[0], variances[1])


def effect_at(chain: Chain, pair: Pair, theta: Field, rho: float) -> Field:
    """The chain's product at θ (b, q) if the pair's disturbances correlate ρ, (b,).

    Of its paths only the pair's own changes: the others of the outcome's equation that do are not on the chain.
    """
    product: Field = theta[:, pair.path] - pair.shift(theta, rho)
    for row in chain.paths:
        if row.free - 1 != pair.path:
            product = product * theta[:, row.free - 1]
    return product


def nulling(pair: Pair, theta: Array) -> Number:
    """The correlation at which the pair's path, and so the effect, is 0 at θ (q,): ρ₀ = b / √(b² + ψ_Y/ψ_M).

    There is always one, and only one: b − λ is 0 at λ = b, and λ takes every value as ρ goes from −1 to 1.
    """
    b, ratio = float(theta[pair.path]), float(theta[pair.outcome_variance] / theta[pair.mediator_variance])
    if not ratio > 0:
        return Undefined("the variance of a disturbance is not positive")
    return b / math.sqrt(b**2 + ratio)


def robustness_value(rho: Number) -> Number:
    """½(√(f⁴ + 4f²) − f²) with f² = ρ²/(1 − ρ²), the partial R² of both that nulls (Cinelli & Hazlett 2020)."""
    if isinstance(rho, Undefined):
        return rho
    f2 = rho**2 / (1 - rho**2)
    return 0.5 * (float(np.sqrt(f2**2 + 4 * f2)) - f2)


def confounding_curve(
    chain: Chain, mediator: str, outcome: str, estimated: Estimated, draws: Array, rhos: tuple[float, ...],
    level: float,
) -> ConfoundingCurve:
    """One effect against one pair, at every correlation of ``rhos``.

    Parameters
    ----------
    draws
        (r, q) of the estimates' sampling distribution.
    """
    theta = estimated.theta
    path = next(row.label for row in chain.paths if (row.lhs, row.rhs) == (outcome, mediator))
    est = math.prod(float(theta[row.free - 1]) if row.free else row.value or 0.0 for row in chain.paths)
    pair = pair_of(estimated.problem.table, mediator, outcome)
    if not isinstance(pair, Undefined) and not all(row.free for row in chain.paths):
        pair = Undefined("a path of the effect is fixed")
    if isinstance(pair, Undefined):
        return ConfoundingCurve(chain.effect, mediator, outcome, path, est, (), pair, pair, pair, pair)
    root = nulling(pair, theta)

    def limits(rho: float) -> tuple[Number, Number]:
        found = percentile_interval(effect_at(chain, pair, draws, rho), level)
        return found.lower, found.upper

    points = tuple(_point(chain, pair, estimated, rho, limits) for rho in rhos)
    share = root if isinstance(root, Undefined) else abs(root)
    return ConfoundingCurve(chain.effect, mediator, outcome, path, est, points, root, first_zero(limits), share,
                            robustness_value(root))


def _point(
    chain: Chain, pair: Pair, estimated: Estimated, rho: float, limits: Callable[[float], tuple[Number, Number]],
) -> ConfoundedPoint:
    """Estimate, delta-method error √(∇ᵀV∇) by complex step, and Monte Carlo limits."""
    theta = estimated.theta
    est = float(effect_at(chain, pair, theta[None], rho)[0])
    if not np.isfinite(est):
        nothing = Undefined("the variance of a disturbance is not positive")
        return ConfoundedPoint(rho, nothing, nothing, nothing, nothing)
    slopes = effect_at(chain, pair, theta + 1j * STEP * np.eye(len(theta)), rho).imag / STEP
    se = math.sqrt(max(0.0, float(slopes @ estimated.vcov @ slopes)))
    return ConfoundedPoint(rho, est, se, *limits(rho))


def first_zero(limits: Callable[[float], tuple[Number, Number]]) -> Number:
    """The correlation nearest 0 at which an interval holds 0, searched outwards on both sides and then halved."""

    def holds(rho: float) -> bool | Undefined:
        lower, upper = limits(rho)
        if isinstance(lower, Undefined):
            return lower
        return upper if isinstance(upper, Undefined) else lower <= 0 <= upper

    unconfounded = holds(0.0)
    if isinstance(unconfounded, Undefined):
        return unconfounded
    if unconfounded:
        return 0.0
    for stride in range(1, round(FARTHEST / _STRIDE) + 1):
        found: list[float] = [sign * _refined(holds, sign, stride) for sign in (-1.0, 1.0)
                              if holds(sign * stride * _STRIDE) is True]
        if found:
            return min(found, key=abs)
    return Undefined(f"the interval holds 0 at no correlation up to ±{FARTHEST:g}")


def _refined(holds: Callable[[float], bool | Undefined], sign: float, stride: int) -> float:
    """|ρ| between the last stride and this one."""
    outside, inside = (stride - 1) * _STRIDE, stride * _STRIDE
    for _ in range(_HALVINGS):
        middle = (outside + inside) / 2
        if holds(sign * middle) is True:
            inside = middle
        else:
            outside = middle
    return inside
