"""The first stage: each variable by itself, and how every case moves its estimates.

Without covariates thresholds come from the margins in closed form. With covariates x, an ordered variable has an
ordered probit of y on x (y* = x'β + e, var(e) = 1; category k where τ_k−1 < y* ≤ τ_k), a numeric one a linear
regression with the maximum-likelihood variance of its residual (by n). Each variable uses all its own values.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

from instrument.errors import Finding, InputError
from pipeline.moments.bivariate_normal import INFINITE, normal_density
from pipeline.moments.contingency import MISSING, Codes, margin
from pipeline.moments.two_way import threshold_influence, thresholds

Array = NDArray[np.float64]

STEPS = 100


@dataclass(frozen=True, slots=True)
class Margin:
    """One variable's estimates given x, and the influence of every case on them.

    Attributes
    ----------
    levels
        K, 0 for a numeric variable.
    location
        (K − 1,) thresholds, or (1,) the mean or intercept.
    slopes
        (kx,) on the covariates.
    variance
        Of the residual, by n; 1 for an ordered variable.
    influence
        (n, K − 1 + kx) or (n, 1 + kx + 1): what a case adds to location, slopes and, numeric, the variance; 0 where
        the value is missing.
    upper, lower
        (n,) limits of y* − x'β given the category, ±40 for ±∞; numeric: the residual over its standard deviation,
        twice. 0 where missing.
    code
        (n,) category or −1 where missing; numeric: 0 or −1.
    counts
        (K,) answers in each category; empty for a numeric variable.
    """

    levels: int
    location: Array
    slopes: Array
    variance: float
    influence: Array
    upper: Array
    lower: Array
    code: Codes
    counts: Array

    @property
    def observed(self) -> NDArray[np.bool_]:
        """(n,) where the variable has a value."""
        present: NDArray[np.bool_] = self.code != MISSING
        return present


def ordered_margin(code: Codes, levels: int, x: Array, weights: Array, name: str) -> Margin:
    """Thresholds, and slopes where there are covariates, of one ordered variable.

    Parameters
    ----------
    code
        (n,) 0..K−1, −1 where missing; every category occurs.
    x
        (n, kx), complete; kx may be 0.
    weights
        (n,) how often each row counts.

    Raises
    ------
    InputError
        ``ORDERED-PROBIT``: the probit regression has no maximum (a covariate separates the categories);
        ``ORDERED-COVARIATES``: covariates are collinear.
    """
    observed = code != MISSING
    table = margin(code, levels, weights)
    cuts = thresholds(table)
    padded = np.concatenate([[-INFINITE], cuts, [INFINITE]])
    if x.shape[1] == 0:
        influence = np.where(observed[:, None], threshold_influence(table, cuts)[code], 0.0)
        upper, lower = (np.where(observed, padded[code + shift], 0.0) for shift in (1, 0))
        return Margin(levels, cuts, np.zeros(0), 1.0, influence, upper, lower, code, table)
    theta = _probit(code[observed], x[observed], weights[observed], cuts, name)
    cuts, slopes = theta[: levels - 1], theta[levels - 1:]
    score, upper, lower, _ = _probit_scores(code[observed], x[observed], cuts, slopes)
    influence = np.zeros((len(code), len(theta)))
    influence[observed] = score @ np.linalg.inv(score.T @ (weights[observed, None] * score))
    return Margin(levels, cuts, slopes, 1.0, influence, _spread(upper, observed), _spread(lower, observed), code, table)


def numeric_margin(y: Array, x: Array, weights: Array, name: str) -> Margin:
    """Mean or intercept, slopes and residual variance (by n) of one numeric variable; arguments as above.

    Raises
    ------
    InputError
        ``MOMENTS-CONSTANT``: no variance left; ``MOMENTS-TWO-VALUES``: without covariates, two values only;
        ``ORDERED-COVARIATES``: covariates are collinear.
    """
    observed = ~np.isnan(y)
    value, design, w = y[observed], np.column_stack([np.ones(int(observed.sum())), x[observed]]), weights[observed]
    cross = design.T @ (w[:, None] * design)
    if np.linalg.matrix_rank(cross) < len(cross):
        raise _collinear(name)
    # Centred first: the square of a large mean must not swallow the variance.
    centre = np.average(value, weights=w)
    beta: Array = np.linalg.solve(cross, design.T @ (w * (value - centre))).astype(np.float64)
    residual = value - centre - design @ beta
    beta[0] += centre
    variance = float(np.average(residual**2, weights=w))
    if not variance > (1e-10 * max(float(np.abs(value).max(initial=0.0)), 1e-150)) ** 2:
        raise InputError(Finding("MOMENTS-CONSTANT", name, "A correlation needs variation; nothing varies here.",
                                 "Leave the constant variable out."))
    if x.shape[1] == 0 and len(np.unique(value[w > 0])) == 2:
        raise InputError(Finding("MOMENTS-TWO-VALUES", name, "A numeric variable needs three values or more: of two, "
                                 "the mean determines the variance.", "Call it ordered."))
    own = np.column_stack([design * (residual / variance)[:, None], (residual**2 / variance - 1) / (2 * variance)])
    influence = np.zeros((len(y), own.shape[1]))
    influence[observed] = own @ np.linalg.inv(own.T @ (w[:, None] * own))
    standard = _spread(residual / np.sqrt(variance), observed)
    return Margin(0, beta[:1], beta[1:], variance, influence, standard, standard, np.where(observed, 0, MISSING),
                  np.zeros(0))


def _collinear(name: str) -> InputError:
    return InputError(Finding("ORDERED-COVARIATES", name, "Its covariates are constant or collinear on its rows.",
                              "Leave out a covariate that the others determine."))


def _probit(code: Codes, x: Array, weights: Array, cuts: Array, name: str) -> Array:
    """(K − 1 + kx,) thresholds and slopes by Newton's method; log L is concave (Pratt 1981)."""
    # Covariates in their own units are standardised for the search: steps and conditions are the same in any unit.
    centre: Array = np.average(x, axis=0, weights=weights)
    spread = np.sqrt(np.average((x - centre) ** 2, axis=0, weights=weights))
    z = (x - centre) / np.where(spread > 0, spread, 1.0)
    theta = np.concatenate([cuts, np.zeros(x.shape[1])])
    k = len(cuts)
    failed = InputError(Finding("ORDERED-PROBIT", name, "Its probit regression on the covariates has no maximum.",
                                "Look for collinear covariates, or one that separates its categories."))
    if np.linalg.matrix_rank(z.T @ (weights[:, None] * z)) < x.shape[1]:
        raise _collinear(name)
    likelihood = -np.inf
    for _ in range(STEPS):
        score, upper, lower, probability = _probit_scores(code, z, theta[:k], theta[k:])
        gradient = score.T @ weights
        try:
            step = np.linalg.solve(_probit_information(code, z, weights, upper, lower, probability, k), gradient)
        except np.linalg.LinAlgError:
            raise failed from None
        likelihood = float(weights @ np.log(probability))
        share = 1.0
        while share > 1e-6 and not _likelihood(code, z, weights, theta + share * step, k) >= likelihood - 1e-9:
            share /= 2
        theta = theta + share * step
        if np.abs(step).max() < 1e-9:
            break
        if np.abs(theta).max() > INFINITE:
            raise failed
    else:
        raise failed
    slopes = theta[k:] / spread
    return np.concatenate([theta[:k] + centre @ slopes, slopes])


def _likelihood(code: Codes, x: Array, weights: Array, theta: Array, k: int) -> float:
    if np.any(np.diff(theta[:k]) <= 0):
        return -np.inf
    probability = _probit_scores(code, x, theta[:k], theta[k:])[3]
    return float(weights @ np.log(probability))


def _probit_scores(code: Codes, x: Array, cuts: Array, slopes: Array) -> tuple[Array, Array, Array, Array]:
    """Scores (n, K − 1 + kx), upper and lower limits (n,) and the probability of the answer (n,)."""
    padded = np.concatenate([[-INFINITE], cuts, [INFINITE]])
    eta = x @ slopes
    upper = np.where(code == len(cuts), INFINITE, padded[code + 1] - eta)
    lower = np.where(code == 0, -INFINITE, padded[code] - eta)
    probability = interval(lower, upper)
    above, below = normal_density(upper) / probability, normal_density(lower) / probability
    rows = np.arange(len(code))
    score = np.zeros((len(code), len(cuts) + 2))
    score[rows, code + 1] = above
    score[rows, code] -= below
    return np.column_stack([score[:, 1:-1], -x * (above - below)[:, None]]), upper, lower, probability


def _probit_information(code: Codes, x: Array, weights: Array, upper: Array, lower: Array, probability: Array,
                        k: int) -> Array:
    """Minus the second derivatives of log L, (K − 1 + kx) squared.

    The limits are linear in the parameters, upper = U'θ and lower = L'θ, so that the matrix is
    Σ w·[a·UU' + c·LL' + d·(UL' + LU')].
    """
    rows = np.arange(len(code))
    designs = np.zeros((2, len(code), k + 2))
    designs[0, rows, code + 1] = 1.0
    designs[1, rows, code] = 1.0
    U, L = (np.column_stack([design[:, 1:-1], -x]) for design in designs)
    above, below = normal_density(upper) / probability, normal_density(lower) / probability
    a = weights * above * (upper + above)
    c = weights * below * (below - lower)
    d = -weights * above * below
    mixed = U.T @ (d[:, None] * L)
    information: Array = U.T @ (a[:, None] * U) + L.T @ (c[:, None] * L) + mixed + mixed.T
    return information


def interval(lower: Array, upper: Array) -> Array:
    """Φ(upper) − Φ(lower), in whichever tail keeps the digits; never below the smallest positive number."""
    flip = lower > 0
    probability = ndtr(np.where(flip, -lower, upper)) - ndtr(np.where(flip, -upper, lower))
    result: Array = np.maximum(probability, np.finfo(np.float64).tiny)
    return result


def _spread(values: Array, observed: NDArray[np.bool_]) -> Array:
    full = np.zeros(len(observed))
    full[observed] = values
    return full
