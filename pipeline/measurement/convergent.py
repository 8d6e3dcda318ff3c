"""Whether the indicators of a factor agree: composite reliability, average variance extracted, Fornell and Larcker.

Everything is of standardised indicators, so that none counts more for having the larger variance; semTools' functions
are of the indicators' own units. Intervals come from the covariance of the standardised estimates (delta method), for
shares on the logit scale, where they cannot leave 0 to 1 (Raykov & Marcoulides 2015).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import expit, logit
from scipy.stats import norm

from pipeline.measurement.complete import Matrix, Vector
from pipeline.sem.describe import all_values
from pipeline.sem.estimate import Estimated
from pipeline.sem.linalg import one_thread
from pipeline.sem.objective import STEP
from pipeline.undefined import Number, Undefined

Relation = tuple[str, str, str]


# ---- kernels -------------------------------------------------------------------------------------------------------


def composite_reliability(loadings: ArrayLike, uniquenesses: ArrayLike, factor_variance: float = 1.0) -> float:
    """ρ_c = (Σλ)²φ / ((Σλ)²φ + Σθ) (Jöreskog 1971; Fornell & Larcker 1981), of (k,) indicators.

    Standardised or in the indicators' own units, whichever the arguments are in.
    """
    true = float(np.sum(loadings)) ** 2 * factor_variance
    return true / (true + float(np.sum(uniquenesses)))


def average_variance_extracted(loadings: ArrayLike, variances: ArrayLike, factor_variance: float = 1.0) -> float:
    """Σλ²φ / Σσ² (Fornell & Larcker 1981), of (k,) indicators with variances σ².

    With standardised loadings σ² = 1 and it is the mean of λ². In the indicators' own units those with large variances
    count more; that is ``semTools::AVE``.
    """
    return float(np.sum(np.square(loadings))) * factor_variance / float(np.sum(variances))


def fornell_larcker(ave: ArrayLike, phi: ArrayLike) -> NDArray[np.bool_]:
    """(f, f): whether both factors extract more variance than they share, AVE > φ² (Fornell & Larcker 1981).

    Parameters
    ----------
    ave, phi
        (f,) and (f, f). The diagonal of the result is True.
    """
    least = np.minimum.outer(np.asarray(ave, dtype=float), np.asarray(ave, dtype=float))
    holds: NDArray[np.bool_] = least > np.square(phi)
    np.fill_diagonal(holds, True)
    return holds


def logit_interval(share: float, se: float, level: float = 0.95) -> tuple[float, float]:
    """Limits of a share between 0 and 1: expit(logit p ± z·se/(p(1 − p)))."""
    half = float(norm.ppf((1 + level) / 2)) * se / (share * (1 - share))
    return float(expit(logit(share) - half)), float(expit(logit(share) + half))


# ---- adapter -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, eq=False)
class Standardised:
    """Standardised values of all rows of a parameter table.

    Attributes
    ----------
    values, covariance
        (r,) and (r, r), in the order of the rows.
    place
        Relation → its row.
    unusable
        Why the covariance is of no use; None where it is.
    """

    values: Vector
    covariance: Matrix
    place: dict[Relation, int]
    unusable: Undefined | None

    def correlation(self, first: str, second: str, level: float = 0.95) -> tuple[Number, tuple[Number, Number]]:
        """A factor correlation with its Wald interval; limits may pass ±1, which then says something."""
        key = (first, "~~", second)
        row = self.place[key if key in self.place else (second, "~~", first)]
        if self.unusable is not None:
            return self.unusable, (self.unusable, self.unusable)
        value, variance = float(self.values[row]), float(self.covariance[row, row])
        if not np.isfinite(value):
            none = Undefined("a factor has no positive variance")
            return none, (none, none)
        half = float(norm.ppf((1 + level) / 2)) * float(np.sqrt(max(variance, 0.0)))
        return value, (value - half, value + half)


@dataclass(frozen=True, slots=True)
class Convergence:
    """How well the indicators of one factor agree.

    Attributes
    ----------
    loadings
        Standardised, by indicator.
    reliability, variance_extracted
        ρ_c and AVE of standardised indicators.
    """

    factor: str
    loadings: dict[str, Number]
    reliability: Number
    reliability_interval: tuple[Number, Number]
    variance_extracted: Number
    variance_extracted_interval: tuple[Number, Number]


def standardised_solution(estimated: Estimated) -> Standardised:
    """Standardised values and their sampling covariance J V J', J exact by a complex step (Squire & Trapp 1998)."""
    theta = estimated.theta
    with one_thread():
        at = all_values(estimated, theta[None])[1][0]
        stepped = all_values(estimated, theta + 1j * STEP * np.eye(len(theta)))[1]
        J = stepped.imag.T / STEP
        covariance = J @ estimated.vcov @ J.T
    rows = estimated.problem.table.rows
    place = {(row.lhs, str(row.op), row.rhs): number for number, row in enumerate(rows)}
    return Standardised(np.real(at), covariance, place, _unusable(estimated))


def _unusable(estimated: Estimated) -> Undefined | None:
    if not estimated.converged:
        return Undefined("the estimation of the confirmatory model did not converge")
    if estimated.bread.negative:
        return Undefined("the information matrix of the confirmatory model is not positive definite")
    if estimated.bread.unidentified.any():
        return Undefined("the confirmatory model is not identified")
    return None


def convergence(
    solution: Standardised, factors: Mapping[str, Sequence[str]], level: float = 0.95,
) -> tuple[Convergence, ...]:
    """Every factor's loadings, composite reliability and variance extracted.

    Parameters
    ----------
    factors
        Factor → the indicators that load on it and on nothing else.
    """
    return tuple(_of_factor(solution, factor, indicators, level) for factor, indicators in factors.items())


def _of_factor(solution: Standardised, factor: str, indicators: Sequence[str], level: float) -> Convergence:
    rows = [solution.place[factor, "=~", indicator] for indicator in indicators]
    loadings = solution.values[rows]
    why = solution.unusable or _no_share(indicators, loadings)
    shown: dict[str, Number] = {
        name: solution.unusable or (float(value) if np.isfinite(value) else Undefined("a variance is not positive"))
        for name, value in zip(indicators, loadings, strict=True)}
    if why is not None:
        return Convergence(factor, shown, why, (why, why), why, (why, why))
    V = solution.covariance[np.ix_(rows, rows)]
    unique, total = 1 - loadings**2, float(loadings.sum())
    error = float(unique.sum())
    # Of ρ = t²/(t² + u), t = Σλ, u = Σ(1 − λ²): ∂ρ/∂λ = (2tu + 2t²λ)/(t² + u)²; of AVE: 2λ/k.
    slopes = (2 * total * error + 2 * total**2 * loadings) / (total**2 + error) ** 2
    reliability = composite_reliability(loadings, unique)
    extracted = average_variance_extracted(loadings, np.ones(len(loadings)))
    return Convergence(factor, shown, reliability, _limits(reliability, slopes, V, level),
                       extracted, _limits(extracted, 2 * loadings / len(loadings), V, level))


def _no_share(indicators: Sequence[str], loadings: Vector) -> Undefined | None:
    if len(indicators) < 2:
        return Undefined("one indicator alone cannot show how well indicators agree")
    if not np.isfinite(loadings).all():
        return Undefined("a variance it is divided by is not positive")
    beyond = [name for name, value in zip(indicators, loadings, strict=True) if abs(value) > 1]
    if beyond:
        return Undefined(f"the residual variance of {beyond[0]} is negative (a Heywood case)")
    return None


def _limits(share: float, slopes: Vector, V: Matrix, level: float) -> tuple[Number, Number]:
    if not 0 < share < 1:
        none = Undefined("the estimate is at the end of its range")
        return none, none
    return logit_interval(share, float(np.sqrt(max(float(slopes @ V @ slopes), 0.0))), level)
