"""Every coefficient of reliability of one scale, each with its percentile interval from one set of draws.

The sample's values are those of :mod:`~pipeline.measurement.reliability`, of
:mod:`~pipeline.measurement.ordinal_reliability` and of :mod:`~pipeline.measurement.lower_bounds`; those of the draws
come from stacks of covariances and of polychoric correlations. A draw in which a coefficient has no value (an item
does not vary, a one-factor model is improper) is left out of that coefficient's interval and counted with the reason,
never repaired.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.measurement.batched_categorical import (
    categorical_omegas,
    ordinal_alphas,
    polychoric_draws,
    polychoric_loadings,
)
from pipeline.measurement.batched_one_factor import (
    composite_reliability,
    fit_one_factor_stack,
    variance_extracted,
)
from pipeline.measurement.complete import Matrix, complete_rows
from pipeline.measurement.lower_bounds import greatest_lower_bound, guttman_bounds
from pipeline.measurement.one_factor import fit_one_factor
from pipeline.measurement.ordinal_reliability import OrdinalReliability, ordinal_or_reason, without_values
from pipeline.measurement.reliability import ScaleReliability, reliability
from pipeline.measurement.resampled import Resampled, resampled, resampled_covariances
from pipeline.moments.categories import coded
from pipeline.undefined import Number, Undefined

Stack = NDArray[np.float64]
Counts = NDArray[np.generic]

GLB_TOLERANCE = 1e-6
"""Of greatest lower bounds: far below what sampling adds, and within reach where the sum's variance is small."""

_VARIES = 1e-12
"""A variance below this share of the sample's is rounding error."""

NO_VARIANCE = "an item did not vary, or the sum did not"
IMPROPER = "the one-factor model was improper (a Heywood case)"
NOT_FITTED = "the one-factor model did not converge"
NO_POLYCHORIC = "an item was left with too few categories, or a polychoric correlation was not found"
NOT_SOLVED = "an item is a linear combination of the others, or nearly so"


@dataclass(frozen=True, slots=True)
class CoefficientInterval:
    """A coefficient of the sample with its limits.

    Attributes
    ----------
    resampled
        Value and percentile limits; with no draws asked for, limits are undefined.
    lost
        Why draws were not usable, and how many.
    analytic
        Name and limits of the interval from a formula, where there is one.
    bias
        Mean of the draws less the sample's value where that is more than a quarter of their standard deviation, from
        which on it matters (Efron & Tibshirani 1993, section 10.3); else 0.
    """

    resampled: Resampled
    lost: Mapping[str, int]
    analytic: tuple[str, Number, Number] | None = None
    bias: float = 0.0

    @property
    def note(self) -> str:
        """What was left out, and whether draws lie off the sample's value, in words; empty where there is nothing."""
        said = [f"{count} {'resample' if count == 1 else 'resamples'} left out because {why}"
                for why, count in self.lost.items() if count]
        if self.bias:
            said.append(f"resamples lie {abs(self.bias):.3f} {'above' if self.bias > 0 else 'below'} the sample on "
                        "average, and the sample is likely to be as far off in the same direction")
        return "; ".join(said)


@dataclass(frozen=True, slots=True)
class ReliabilityIntervals:
    """One scale: what the sample gives, and every coefficient by its id with its interval."""

    sample: ScaleReliability
    ordinal: OrdinalReliability
    coefficients: Mapping[str, CoefficientInterval]


@dataclass(frozen=True, slots=True)
class Drawn:
    """Values (b,) of one coefficient in the draws, NaN where there is none, and why there is none."""

    values: Stack
    lost: Mapping[str, int]


def reliability_intervals(
    items: Matrix, names: Sequence[str], counts: Counts, *, name: str, label: str, reversed_items: Sequence[str] = (),
    level: float = 0.95, ordered: bool = True,
) -> ReliabilityIntervals:
    """All coefficients of one scale of keyed answers, on complete rows.

    Parameters
    ----------
    items
        (n, k), NaN where missing.
    counts
        (b, n) how often each draw takes each row, of all rows; b may be 0. A draw's incomplete rows are left out of it.
    ordered
        Whether the answers are ordered categories; if not, there is neither ordinal alpha nor categorical omega.

    Raises
    ------
    InputError
        ``ITEM-DOUBLED``. What the answers cannot give is :class:`Undefined` with the reason.
    """
    sample = reliability(items, names, name=name, label=label, reversed_items=reversed_items, level=level)
    ordinal = ordinal_or_reason(items, names, level=level) if ordered else without_values(
        names, sample.n, sample.n_incomplete, Undefined("the answers are not taken as ordered categories"))
    rows, _ = complete_rows(items)
    whole = np.asarray(counts)[:, ~np.isnan(items).any(axis=1)]
    drawn: dict[str, Drawn] = {}
    if len(whole) and not isinstance(sample.alpha, Undefined):
        drawn.update(covariance_draws(rows, whole, sample))
    if len(whole) and not isinstance(ordinal.alpha, Undefined):
        drawn.update(ordinal_draws(rows, names, whole, ordinal))
    values: dict[str, Number] = {
        "alpha": sample.alpha, **bounds_of_sample(rows, sample.alpha), "omega": sample.omega, "ave": sample.ave,
        "alpha_ordinal": ordinal.alpha, "omega_categorical": ordinal.omega}
    analytic = {
        "alpha": ("Feldt", *sample.alpha_ci), "omega": ("delta method", *sample.omega_ci),
        "alpha_ordinal": ("delta method", *ordinal.alpha_ci), "omega_categorical": ("delta method", *ordinal.omega_ci)}
    return ReliabilityIntervals(sample, ordinal, {
        key: with_interval(value, drawn.get(key), len(whole), level, analytic.get(key))
        for key, value in values.items()})


def with_interval(
    value: Number, drawn: Drawn | None, draws: int, level: float, analytic: tuple[str, Number, Number] | None = None,
) -> CoefficientInterval:
    """A coefficient with the percentile interval of its draws, and why some were not usable."""
    if drawn is None:
        nowhere = np.full(draws, np.nan)
        return CoefficientInterval(resampled(value, nowhere, level), {}, analytic)
    return CoefficientInterval(resampled(value, drawn.values, level), drawn.lost, analytic, _bias(value, drawn.values))


def _bias(value: Number, draws: Stack) -> float:
    usable = draws[np.isfinite(draws)]
    if isinstance(value, Undefined) or len(usable) < 2:
        return 0.0
    found = float(usable.mean()) - value
    return found if abs(found) > 0.25 * float(usable.std(ddof=1)) else 0.0


def bounds_of_sample(rows: Matrix, alpha: Number) -> dict[str, Number]:
    """Standardised alpha, mean correlation, λ2, λ6 and the greatest lower bound of complete ``rows`` (n, k)."""
    if isinstance(alpha, Undefined):
        return dict.fromkeys(("alpha_standardised", "mean_r", "lambda2", "lambda6", "glb"), alpha)
    covariance = np.cov(rows, rowvar=False)[None]
    found = covariance_bounds(covariance)
    return {key: float(values[0]) if np.isfinite(values[0]) else Undefined(NOT_SOLVED)
            for key, values in found.items()}


def covariance_bounds(covariances: Stack) -> dict[str, Stack]:
    """Standardised alpha, mean correlation, λ2, λ6 and the greatest lower bound of covariances (b, k, k), (b,) each.

    λ2 (Guttman 1945, eq. 32), λ6 (eq. 58) and the bound are of the sum of the items as they are, like alpha;
    ``psych::guttman`` computes them from correlations, that is, of the sum of standardised items.
    """
    k = covariances.shape[-1]
    sd = np.sqrt(np.diagonal(covariances, axis1=1, axis2=2))
    R = covariances / (sd[:, :, None] * sd[:, None, :])
    mean_r = (R.sum(axis=(1, 2)) - k) / (k * (k - 1))
    guttman = guttman_bounds(covariances)
    with np.errstate(divide="ignore", invalid="ignore"):
        standardised = k * mean_r / (1 + (k - 1) * mean_r)
    return {"alpha_standardised": standardised, "mean_r": mean_r, "lambda2": guttman.lambda2,
            "lambda6": guttman.lambda6, "glb": greatest_lower_bound(covariances, GLB_TOLERANCE).value}


def alphas(covariances: Stack) -> Stack:
    """Cronbach's alpha (b,) of covariances (b, k, k) (Cronbach 1951)."""
    k = covariances.shape[-1]
    result: Stack = k / (k - 1) * (1 - np.trace(covariances, axis1=1, axis2=2) / covariances.sum(axis=(1, 2)))
    return result


def covariance_draws(rows: Matrix, counts: Counts, sample: ScaleReliability) -> dict[str, Drawn]:
    """All that the draws' covariances tell: alpha, the bounds and, where the sample has it, the one-factor model's."""
    covariances, good = varying_covariances(rows, counts)
    constant = {NO_VARIANCE: int((~good).sum())}
    some = covariances[good]
    found = {"alpha": alphas(some), **covariance_bounds(some)}
    drawn = {key: scattered(values, good, {**constant, NOT_SOLVED: int(np.isnan(values).sum())})
             for key, values in found.items()}
    if not isinstance(sample.omega, Undefined):
        fits = fit_one_factor_stack(some, fit_one_factor(np.cov(rows, rowvar=False, ddof=0), len(rows)))
        lost = {**constant, NOT_FITTED: int((~fits.converged).sum()),
                IMPROPER: int((fits.converged & ~fits.proper).sum())}
        drawn["omega"] = scattered(composite_reliability(fits), good, lost)
        drawn["ave"] = scattered(variance_extracted(fits), good, lost)
    return drawn


def varying_covariances(rows: Matrix, counts: Counts) -> tuple[Stack, NDArray[np.bool_]]:
    """Covariances (b, k, k) of the draws, and in which of them (b,) every item and their sum vary."""
    covariances = resampled_covariances(rows, counts)
    own = np.diagonal(covariances, axis1=1, axis2=2)
    least = _VARIES * np.var(rows, axis=0)
    good: NDArray[np.bool_] = np.all(own > least, axis=1) & (covariances.sum(axis=(1, 2)) > least.sum())
    return covariances, good


def ordinal_draws(rows: Matrix, names: Sequence[str], counts: Counts, ordinal: OrdinalReliability) -> dict[str, Drawn]:
    """Ordinal alpha and, where the sample has it, categorical omega of the draws."""
    data = coded(rows, names)
    draws = polychoric_draws(data.values, data.levels, counts, weighted=len(names) > 3)
    lost = {NO_POLYCHORIC: int((~draws.usable).sum())}
    alpha = ordinal_alphas(draws.correlations)
    found = {"alpha_ordinal": Drawn(alpha, lost)}
    start = [value for value in ordinal.loadings.values() if not isinstance(value, Undefined)]
    if not isinstance(ordinal.omega, Undefined) and len(start) == len(names):
        loadings = polychoric_loadings(draws, np.array(start))
        values = categorical_omegas(draws, loadings, data.codes)
        unfit = draws.usable & np.isnan(loadings).any(axis=1)
        found["omega_categorical"] = Drawn(values, {
            **lost, NOT_FITTED: int(unfit.sum()),
            IMPROPER: int((draws.usable & ~unfit & np.isnan(values)).sum())})
    return found


def scattered(values: Stack, good: NDArray[np.bool_], lost: Mapping[str, int]) -> Drawn:
    """Values of the ``good`` draws (b,) back in their places."""
    every = np.full(len(good), np.nan)
    every[good] = values
    return Drawn(every, lost)
