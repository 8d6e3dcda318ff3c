"""Internal consistency of one scale: alpha and its interval, item-rest correlations, omega, AVE."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import pingouin
from scipy import stats

from pipeline.measurement.complete import SINGULAR, Matrix, Vector, check_names, complete_rows
from pipeline.measurement.one_factor import OneFactorFit, average_variance_extracted, fit_one_factor, omega_total
from pipeline.measurement.ordinal_reliability import OrdinalReliability
from pipeline.undefined import Number, Undefined

_NOTHING = 1e-12
"""A variance below this share of the items' summed variance is rounding error."""


@dataclass(frozen=True, slots=True)
class ScaleReliability:
    """Reliability of one scale on complete rows.

    ``omega`` is omega total of a one-factor maximum likelihood model (McDonald 1999) on the same rows
    and ``ave`` the share of the items' summed variance that the factor explains, in the items' own
    units (Fornell & Larcker 1981; as semTools has it). ``loadings`` are that model's standardised
    loadings. ``ordinal`` is what the same rows give as ordered answers, None where that was not asked for.
    Dictionaries are keyed by item, in order.
    """

    name: str
    label: str
    items: tuple[str, ...]
    reversed_items: tuple[str, ...]
    n: int
    n_incomplete: int
    alpha: Number
    alpha_ci: tuple[Number, Number]
    item_rest: dict[str, Number]
    alpha_drop: dict[str, Number]
    omega: Number
    omega_ci: tuple[Number, Number]
    ave: Number
    loadings: dict[str, Number]
    warnings: tuple[str, ...]
    ordinal: OrdinalReliability | None = None


def reliability(
    items: Matrix,
    names: Sequence[str],
    *,
    name: str,
    label: str,
    reversed_items: Sequence[str] = (),
    level: float = 0.95,
) -> ScaleReliability:
    """Reliability of one scale.

    Parameters
    ----------
    items
        (n, k) answers, already keyed: a reversed item must have been turned round before. NaN is a
        missing answer; its row is left out and counted.
    names
        k item names, in the order of the columns.
    reversed_items
        The items that were turned round; recorded in the result, not acted on.
    level
        Confidence level of both intervals.

    Raises
    ------
    InputError
        ``ITEM-DOUBLED``. Statistics that the answers cannot give are :class:`Undefined` with the reason.
    """
    check_names(items, names)
    if not 0 < level < 1:
        raise ValueError(f"level must lie between 0 and 1; found {level}")
    rows, n_incomplete = complete_rows(items)
    warnings: list[str] = []
    alpha, alpha_ci = _alpha(rows, names, level, warnings)
    item_rest = _item_rest(rows, names, warnings)
    omega, omega_ci, ave, loadings = _omega(rows, names, level, warnings)
    return ScaleReliability(
        name=name, label=label, items=tuple(names), reversed_items=tuple(reversed_items),
        n=len(rows), n_incomplete=n_incomplete,
        alpha=alpha, alpha_ci=alpha_ci, item_rest=item_rest, alpha_drop=_alpha_if_dropped(rows, names),
        omega=omega, omega_ci=omega_ci, ave=ave, loadings=loadings, warnings=tuple(warnings),
    )


def alpha_from_covariance(covariance: Matrix) -> float:
    """α = k/(k−1)·(1 − tr(C)/1ᵀC1) for ``covariance`` (k, k), N or N−1 alike (Cronbach 1951)."""
    k = covariance.shape[0]
    return float(k / (k - 1) * (1 - np.trace(covariance) / covariance.sum()))


def feldt_interval(alpha: float, n: int, k: int, level: float) -> tuple[float, float]:
    """Interval (lower, upper) for ``alpha`` of ``n`` rows and ``k`` items; exact under normality and equal covariances.

    (1 − α)/(1 − α̂) follows F with n−1 and (n−1)(k−1) degrees of freedom, so that the limits are
    1 − (1 − α̂)·F at its upper and lower tail (Feldt 1965; Feldt, Woodruff & Salih 1987).
    """
    between, within = n - 1, (n - 1) * (k - 1)
    tail = (1 - level) / 2
    lower = 1 - (1 - alpha) * stats.f.isf(tail, between, within)
    upper = 1 - (1 - alpha) * stats.f.ppf(tail, between, within)
    return float(lower), float(upper)


def item_rest_correlations(covariance: Matrix) -> Vector:
    """Correlation (k,) of each item with the sum of the others, from ``covariance`` (k, k); psych's ``r.drop``.

    (Σ_j c_ij − c_ii) / √(c_ii·var(rest)). NaN, for the adapter to explain, where item or rest does not vary.
    """
    variances, with_total = np.diag(covariance), covariance.sum(axis=0)
    rest = covariance.sum() - 2 * with_total + variances
    varies = np.minimum(variances, rest) > _NOTHING * variances.sum()
    correlations: Vector = np.full(len(variances), np.nan)
    np.divide(with_total - variances, np.sqrt(np.abs(variances * rest)), out=correlations, where=varies)
    return correlations


def _too_few(rows: Matrix) -> Undefined | None:
    """Why nothing can be said of complete ``rows`` (n, k), if they are too few."""
    n, k = rows.shape
    if k < 2:
        return Undefined("internal consistency needs two items or more")
    if n < 3:
        return Undefined(f"only {n} rows are complete")
    return None


def _why_no_alpha(rows: Matrix, names: Sequence[str]) -> Undefined | None:
    too_few = _too_few(rows)
    if too_few is not None:
        return too_few
    constant = [name for name, spread in zip(names, np.ptp(rows, axis=0), strict=True) if spread == 0]
    if constant:
        return Undefined(f"{', '.join(constant)} got one and the same answer in all {len(rows)} complete rows")
    if np.var(rows.sum(axis=1)) <= _NOTHING * np.var(rows, axis=0).sum():
        return Undefined("the sum of the items does not vary")
    return None


def _alpha(
    rows: Matrix, names: Sequence[str], level: float, warnings: list[str]
) -> tuple[Number, tuple[Number, Number]]:
    reason = _why_no_alpha(rows, names)
    if reason is not None:
        return reason, (reason, reason)
    # pingouin rounds its interval to three decimals, so only its alpha is taken.
    alpha = float(pingouin.cronbach_alpha(pd.DataFrame(rows, columns=list(names)))[0])
    if alpha < 0:
        warnings.append(f"alpha is {alpha:.2f}: the items' average covariance is negative; check the keys")
    return alpha, feldt_interval(alpha, n=rows.shape[0], k=rows.shape[1], level=level)


def _alpha_if_dropped(rows: Matrix, names: Sequence[str]) -> dict[str, Number]:
    dropped: dict[str, Number] = {}
    for position, name in enumerate(names):
        others = [other for other in names if other != name]
        left = np.delete(rows, position, axis=1)
        reason = _why_no_alpha(left, others)
        dropped[name] = alpha_from_covariance(np.cov(left, rowvar=False)) if reason is None else reason
    return dropped


def _item_rest(rows: Matrix, names: Sequence[str], warnings: list[str]) -> dict[str, Number]:
    reason = _too_few(rows)
    if reason is not None:
        return dict.fromkeys(names, reason)
    # Exact zeros of constant items must not turn into rounding error that looks like variance.
    covariance = np.cov(rows - rows[0], rowvar=False)
    result: dict[str, Number] = {}
    for name, value in zip(names, item_rest_correlations(covariance).tolist(), strict=True):
        result[name] = Undefined("the item or the sum of the others does not vary") if np.isnan(value) else value
        if value < 0:
            warnings.append(f"{name}: item-rest correlation is {value:.2f}, below zero; check its key")
    return result


def _omega(
    rows: Matrix, names: Sequence[str], level: float, warnings: list[str]
) -> tuple[Number, tuple[Number, Number], Number, dict[str, Number]]:
    """Omega with its interval, AVE, and standardised loadings, or the reason why there are none."""
    fit = _one_factor(rows, names)
    if isinstance(fit, Undefined):
        return fit, (fit, fit), fit, dict.fromkeys(names, fit)
    loadings: dict[str, Number] = dict(zip(names, fit.standardised_loadings.tolist(), strict=True))
    improper = [name for name, unique in zip(names, fit.uniquenesses, strict=True) if unique <= 0]
    if improper:
        reason = Undefined(f"the one-factor model is improper: {', '.join(improper)} has no positive uniqueness")
        warnings.append(f"{', '.join(improper)}: no positive uniqueness in the one-factor model (Heywood case)")
        return reason, (reason, reason), reason, loadings
    omega, se = omega_total(fit)
    half = float(stats.norm.isf((1 - level) / 2)) * se
    if omega + half > 1:
        warnings.append("the interval of omega reaches beyond 1: too few rows for the delta method")
    return omega, (omega - half, omega + half), average_variance_extracted(fit), loadings


def _one_factor(rows: Matrix, names: Sequence[str]) -> OneFactorFit | Undefined:
    reason = _why_no_alpha(rows, names)
    if reason is not None:
        return reason
    n, k = rows.shape
    if k < 3:
        return Undefined("one factor is not identified by two items")
    if np.linalg.eigvalsh(np.corrcoef(rows, rowvar=False))[0] < SINGULAR:
        return Undefined("an item is a linear combination of the others, or the rows are fewer than the items")
    fit = fit_one_factor(np.cov(rows, rowvar=False, ddof=0), n)
    return fit if fit.converged else Undefined("the one-factor model did not converge")
