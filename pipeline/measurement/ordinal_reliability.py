"""Reliability of ordered answers: ordinal alpha, and categorical omega of their sum.

Both see an answer as the category that a continuous response, normal among respondents, falls into. Ordinal alpha is
alpha of the correlations among those responses (Zumbo, Gadermann & Zeisser 2007): the reliability of a sum that
nobody observes (Chalmers 2018). Categorical omega is the reliability of the sum of the answers themselves (Green &
Yang 2009): how much of its variance the common factor accounts for, thresholds and all.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations, pairwise

import numpy as np
from scipy import stats

from instrument.errors import Finding, InputError
from pipeline.measurement.complete import Matrix, Vector, check_names, complete_rows
from pipeline.measurement.green_yang import SumScore, green_yang, sum_variance
from pipeline.measurement.polychoric_factor import PolychoricFactor, one_factor_of_polychorics
from pipeline.moments.categories import Coded, coded
from pipeline.moments.three_stage import OrdinalMoments, ordinal_moments
from pipeline.undefined import Number, Undefined

MEANING = ("Ordinal α is the reliability of the continuous responses assumed beneath the answers, not of the sum of "
           "the answers (Chalmers 2018); categorical ω is that of the sum (Green & Yang 2009).")


@dataclass(frozen=True, slots=True)
class OrdinalReliability:
    """Ordinal alpha and categorical omega of one scale on complete rows.

    ``loadings`` are those of the one-factor model of the polychoric correlations, by diagonally weighted least
    squares. ``omega`` has the variance of the sum that this model implies in its denominator, ``omega_observed`` the
    one that the polychoric correlations themselves imply; they differ where one factor does not fit. ``categories``
    are the answers given to each item, rising. ``sparse_pairs`` counts the pairs of items of which some combination
    of answers was not given. Dictionaries are keyed by item, in order.
    """

    items: tuple[str, ...]
    n: int
    n_incomplete: int
    categories: dict[str, tuple[float, ...]]
    alpha: Number
    alpha_ci: tuple[Number, Number]
    omega: Number
    omega_ci: tuple[Number, Number]
    omega_observed: Number
    loadings: dict[str, Number]
    sparse_pairs: int
    warnings: tuple[str, ...]


def ordinal_reliability(items: Matrix, names: Sequence[str], *, level: float = 0.95) -> OrdinalReliability:
    """Ordinal alpha and categorical omega of one scale, with intervals by the delta method.

    Parameters
    ----------
    items
        (n, k) whole-number answers, already keyed. NaN is a missing answer; its row is left out and counted.
    names
        k item names, in the order of the columns.
    level
        Confidence level of both intervals.

    Raises
    ------
    InputError
        ``ITEM-DOUBLED``, ``ORDERED-CODES``, ``ORDERED-CATEGORIES``. Statistics that the answers cannot give are
        :class:`Undefined` with the reason.
    """
    check_names(items, names)
    if not 0 < level < 1:
        raise ValueError(f"level must lie between 0 and 1; found {level}")
    rows, n_incomplete = complete_rows(items)
    findings = unfit_codes(np.asarray(items, dtype=float), names)
    if findings:
        raise InputError(findings)
    answers = [np.unique(column) for column in rows.T]
    reason = _why_no_moments(rows, answers, names)
    if reason is not None:
        return without_values(names, len(rows), n_incomplete, reason, answers)
    data = coded(rows, names)
    moments = _moments(data, names)
    if isinstance(moments, Undefined):
        return without_values(names, len(rows), n_incomplete, moments, answers)
    warnings = [*_unused(answers, names), *(found.text.rstrip(".") for found in data.diagnoses), *_diagnosed(moments)]
    alpha, alpha_ci = _alpha(moments, level, warnings)
    omega, omega_ci, observed, loadings = _omega(moments, answers, names, level, warnings)
    return OrdinalReliability(
        tuple(names), len(rows), n_incomplete, _by_item(names, answers), alpha, alpha_ci, omega, omega_ci,
        observed, loadings, sum(found.code == "empty-cells" for found in moments.diagnoses), tuple(warnings))


def without_values(
    names: Sequence[str], n: int, n_incomplete: int, reason: Undefined, answers: Sequence[Vector] = (),
) -> OrdinalReliability:
    """A scale of which nothing ordinal can be said, for one ``reason``."""
    return OrdinalReliability(
        tuple(names), n, n_incomplete, _by_item(names, answers) if len(answers) else {}, reason, (reason, reason),
        reason, (reason, reason), reason, dict.fromkeys(names, reason), 0, ())


def ordinal_or_reason(items: Matrix, names: Sequence[str], *, level: float = 0.95) -> OrdinalReliability:
    """As :func:`ordinal_reliability`, but answers that are no ordered categories are a reason, not an error.

    A study's scales may be sliders or sums; it does not stop for that.
    """
    findings = unfit_codes(np.asarray(items, dtype=float), names)
    if not findings:
        return ordinal_reliability(items, names, level=level)
    rows, n_incomplete = complete_rows(items)
    reason = Undefined(f"its answers are no ordered categories ({findings[0].place}: {findings[0].rule.rstrip('.')})")
    return without_values(names, len(rows), n_incomplete, reason)


def unfit_codes(items: Matrix, names: Sequence[str]) -> list[Finding]:
    """Why columns of ``items`` (n, k) cannot be taken as ordered categories; nothing if all can."""
    try:
        coded(items, names)
    except InputError as error:
        # A constant item is a category well enough; that nothing can be said of it is a result, not an error.
        return [found for found in error.findings if found.code != "ORDERED-CONSTANT"]
    return []


def ordinal_alpha(correlation: Matrix) -> float:
    """α = k/(k − 1)·(1 − k/1ᵀR1) of correlations ``correlation`` (k, k) (Zumbo, Gadermann & Zeisser 2007)."""
    k = len(correlation)
    return float(k / (k - 1) * (1 - k / correlation.sum()))


def _why_no_moments(rows: Matrix, answers: Sequence[Vector], names: Sequence[str]) -> Undefined | None:
    """Why complete ``rows`` (n, k) cannot have polychoric correlations, if that is plain to see."""
    n, k = rows.shape
    if k < 2:
        return Undefined("internal consistency needs two items or more")
    if n < 3:
        return Undefined(f"only {n} rows are complete")
    constant = [name for name, given in zip(names, answers, strict=True) if len(given) == 1]
    if constant:
        return Undefined(f"{', '.join(constant)} got one and the same answer in all {n} complete rows")
    return None


def _moments(data: Coded, names: Sequence[str]) -> OrdinalMoments | Undefined:
    """Thresholds and polychoric correlations of complete rows, or why there are none."""
    together = _always_together(data, names)
    if together:
        return Undefined(f"{'; '.join(together)} in all {len(data.values)} complete rows: their correlation has no "
                         "sampling distribution")
    try:
        return ordinal_moments(data.values, data.levels, names=names)
    except InputError as error:
        # What is left to go wrong lies in the answers (a perfect association), not in how they were written.
        return Undefined(" ".join(found.rule for found in error.findings).rstrip("."))


def _always_together(data: Coded, names: Sequence[str]) -> list[str]:
    """Pairs of items whose categories are the same throughout, or mirror each other."""
    codes, levels, found = data.values, data.levels, []
    for i, j in combinations(range(len(levels)), 2):
        if levels[i] == levels[j] and np.array_equal(codes[:, i], codes[:, j]):
            found.append(f"{names[i]} and {names[j]} got the same answer")
        elif levels[i] == levels[j] and np.array_equal(codes[:, i], levels[j] - 1 - codes[:, j]):
            found.append(f"{names[i]} and {names[j]} got opposite answers")
    return found


def _unused(answers: Sequence[Vector], names: Sequence[str]) -> list[str]:
    """Items with a code that nobody gave between two that were."""
    found = []
    for name, given in zip(names, answers, strict=True):
        between = [f"{one:g} and {other:g}" for one, other in pairwise(given) if other - one > 1]
        if between:
            found.append(f"{name}: nobody gave an answer between {', between '.join(between)}; these count as "
                         "neighbouring categories, and the sum keeps their codes")
    return found


def _diagnosed(moments: OrdinalMoments) -> list[str]:
    found = [diagnosis.text.rstrip(".") for diagnosis in moments.diagnoses if diagnosis.code == "nearly-perfect"]
    smallest = float(np.linalg.eigvalsh(moments.covariance)[0])
    if smallest <= 0:
        found.append(f"the polychoric correlations do not fit together: their smallest eigenvalue is {smallest:.3f}")
    return found


def _alpha(
    moments: OrdinalMoments, level: float, warnings: list[str],
) -> tuple[Number, tuple[Number, Number]]:
    R, k = moments.covariance, len(moments.covariance)
    total = float(R.sum())
    if total <= 0:
        reason = Undefined("the polychoric correlations sum to no positive variance")
        return reason, (reason, reason)
    alpha = ordinal_alpha(R)
    if alpha < 0:
        warnings.append(f"ordinal alpha is {alpha:.2f}: the average polychoric correlation is negative; check the keys")
    thresholds = sum(map(len, moments.thresholds))
    slope = np.zeros(len(moments.vector))
    # Every correlation stands twice in the sum.
    slope[thresholds:] = k / (k - 1) * k / total**2 * 2
    return alpha, _interval("ordinal alpha", alpha, slope, moments, level, warnings)


def _omega(
    moments: OrdinalMoments, answers: Sequence[Vector], names: Sequence[str], level: float, warnings: list[str],
) -> tuple[Number, tuple[Number, Number], Number, dict[str, Number]]:
    """Categorical omega with its interval, its other version, and loadings, or the reason why there are none."""
    fitted = _factor(moments, names)
    if isinstance(fitted, Undefined):
        return fitted, (fitted, fitted), fitted, dict.fromkeys(names, fitted)
    loadings: dict[str, Number] = dict(zip(names, fitted.loadings.tolist(), strict=True))
    improper = [name for name, loading in zip(names, fitted.loadings, strict=True) if abs(loading) >= 1]
    if improper:
        warnings.append(f"{', '.join(improper)}: no positive uniqueness in the one-factor model of polychoric "
                        "correlations (Heywood case)")
        reason = Undefined(f"the one-factor model is improper: {', '.join(improper)} has no positive uniqueness")
        return reason, (reason, reason), reason, loadings
    warnings += [f"{name}: its loading in the one-factor model of polychoric correlations is {loading:.2f}, below "
                 "zero; check its key" for name, loading in zip(names, fitted.loadings, strict=True) if loading < 0]
    # The sum of the answers moves by the distance between neighbouring codes at every threshold.
    score = SumScore(
        np.concatenate(moments.thresholds), np.repeat(np.arange(len(answers)), [len(given) - 1 for given in answers]),
        np.concatenate([np.diff(given) for given in answers]))
    omega = green_yang(score, fitted.loadings)
    slope = np.concatenate([omega.by_threshold, omega.by_loading @ fitted.by_correlation])
    interval = _interval("categorical omega", omega.value, slope, moments, level, warnings)
    return omega.value, interval, omega.common / sum_variance(score, moments.covariance), loadings


def _factor(moments: OrdinalMoments, names: Sequence[str]) -> PolychoricFactor | Undefined:
    if len(names) < 3:
        return Undefined("one factor is not identified by two items")
    thresholds = sum(map(len, moments.thresholds))
    fitted = one_factor_of_polychorics(moments.vector[thresholds:], np.diag(moments.gamma)[thresholds:], len(names))
    if not fitted.identified:
        return Undefined("the polychoric correlations do not identify one factor: some loading could be any number")
    return fitted if fitted.converged else Undefined("the one-factor model of polychoric correlations did not converge")


def _interval(
    what: str, value: float, slope: Vector, moments: OrdinalMoments, level: float, warnings: list[str],
) -> tuple[Number, Number]:
    """``value`` ± z·SE, with SE² = g'Γg/(n − 1) of the slopes g on thresholds and correlations (lavaan's divisor)."""
    half = float(stats.norm.isf((1 - level) / 2) * np.sqrt(slope @ moments.gamma @ slope / (moments.n - 1)))
    if value + half > 1:
        warnings.append(f"the interval of {what} reaches beyond 1: too few rows for the delta method")
    return value - half, value + half


def _by_item(names: Sequence[str], answers: Sequence[Vector]) -> dict[str, tuple[float, ...]]:
    return {name: tuple(given.tolist()) for name, given in zip(names, answers, strict=True)}
