"""Reliability of the sum of all items of a construct with several dimensions, each coefficient with its interval."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.measurement.complete import SINGULAR, Matrix, complete_rows
from pipeline.measurement.lower_bounds import greatest_lower_bound
from pipeline.measurement.ordinal_reliability import OrdinalReliability, ordinal_or_reason
from pipeline.measurement.reliability import ScaleReliability, reliability
from pipeline.measurement.reliability_intervals import (
    GLB_TOLERANCE,
    NO_VARIANCE,
    NOT_SOLVED,
    CoefficientInterval,
    Counts,
    Drawn,
    alphas,
    scattered,
    varying_covariances,
    with_interval,
)
from pipeline.measurement.resampled import Resampled
from pipeline.measurement.schmid_leiman import HierarchicalOmega, hierarchical_omega
from pipeline.measurement.second_order_reliability import second_order_reliability
from pipeline.undefined import Number, Undefined

Stack = NDArray[np.float64]
Dimensions = Mapping[str, Sequence[str]]


@dataclass(frozen=True, slots=True)
class ConstructReliability:
    """One construct: alpha of all its items and its kin of the sample, and every coefficient by its id."""

    sample: ScaleReliability
    ordinal: OrdinalReliability
    coefficients: Mapping[str, CoefficientInterval]
    warnings: tuple[str, ...]


def construct_reliability(
    items: Matrix, dimensions: Dimensions, counts: Counts, *, name: str, label: str, level: float = 0.95,
) -> ConstructReliability:
    """All coefficients of a construct whose keyed items stand side by side, dimension after dimension.

    Parameters
    ----------
    items
        (n, p), NaN where missing; complete rows are used.
    dimensions
        Dimension → its items, in the order of the columns; two dimensions or more.
    counts
        (b, n) draws of all rows; b may be 0.
    """
    names = [item for each in dimensions.values() for item in each]
    sample = reliability(items, names, name=name, label=label, level=level)
    ordinal = ordinal_or_reason(items, names, level=level)
    rows, _ = complete_rows(items)
    whole = np.asarray(counts)[:, ~np.isnan(items).any(axis=1)]
    draws = len(whole)
    of_sample = _sample_values(rows, dimensions, sample.alpha)
    drawn = {} if isinstance(sample.alpha, Undefined) or not draws else _drawn(rows, dimensions, whole)
    hierarchical, total, warnings = _schmid_leiman(rows, names, len(dimensions), sample.alpha)
    second = second_order_reliability(items, dimensions, counts, level=level)
    return ConstructReliability(sample, ordinal, {
        "alpha": with_interval(sample.alpha, drawn.get("alpha"), draws, level, ("Feldt", *sample.alpha_ci)),
        "alpha_ordinal": _by_formula(ordinal.alpha, ordinal.alpha_ci),
        **{key: with_interval(value, drawn.get(key), draws, level) for key, value in of_sample.items()},
        "omega_hierarchical": without_draws(hierarchical), "omega_total_sl": without_draws(total),
        **second.coefficients,
    }, (*warnings, *second.warnings))


def stratified_alphas(covariances: Stack, sizes: Sequence[int]) -> Stack:
    """Stratified alpha (b,) of covariances (b, p, p) of items in strata of ``sizes`` items, two or more each.

    1 − Σ σ_j²(1 − α_j)/σ², with σ_j² the variance of stratum j's sum and σ² that of all (Cronbach, Schönemann & McKie
    1965, eq. 4): alpha lets every item be parallel to every other, this only those within a stratum.
    """
    ends = np.cumsum(sizes)
    error = np.zeros(len(covariances))
    for end, size in zip(ends, sizes, strict=True):
        own = covariances[:, end - size:end, end - size:end]
        error += own.sum(axis=(1, 2)) * (1 - alphas(own))
    result: Stack = 1 - error / covariances.sum(axis=(1, 2))
    return result


def without_draws(value: Number) -> CoefficientInterval:
    """A coefficient of the sample for which no draws were made."""
    reason = value if isinstance(value, Undefined) else Undefined("it was not computed from resamples")
    return CoefficientInterval(Resampled(value, reason, reason, 0, 0), {})


def _by_formula(value: Number, limits: tuple[Number, Number]) -> CoefficientInterval:
    """A coefficient with its interval by the delta method alone.

    A hundred polychoric correlations and more would have to be found in every draw, seconds of work for each construct.
    """
    found = without_draws(value)
    return CoefficientInterval(found.resampled, found.lost, ("delta method", *limits))


def _sample_values(rows: Matrix, dimensions: Dimensions, alpha: Number) -> dict[str, Number]:
    """Stratified alpha and the greatest lower bound of complete rows."""
    if isinstance(alpha, Undefined):
        return {"alpha_stratified": alpha, "glb": alpha}
    covariance = np.cov(rows, rowvar=False)[None]
    bound = float(greatest_lower_bound(covariance, GLB_TOLERANCE).value[0])
    return {
        "alpha_stratified": _why_no_strata(dimensions) or float(stratified_alphas(covariance, _sizes(dimensions))[0]),
        "glb": bound if np.isfinite(bound) else Undefined(NOT_SOLVED)}


def _drawn(rows: Matrix, dimensions: Dimensions, counts: Counts) -> dict[str, Drawn]:
    covariances, good = varying_covariances(rows, counts)
    lost = {NO_VARIANCE: int((~good).sum())}
    some = covariances[good]
    bound = greatest_lower_bound(some, GLB_TOLERANCE).value
    found = {"alpha": scattered(alphas(some), good, lost),
             "glb": scattered(bound, good, {**lost, NOT_SOLVED: int(np.isnan(bound).sum())})}
    if _why_no_strata(dimensions) is None:
        found["alpha_stratified"] = scattered(stratified_alphas(some, _sizes(dimensions)), good, lost)
    return found


def _sizes(dimensions: Dimensions) -> list[int]:
    return [len(items) for items in dimensions.values()]


def _why_no_strata(dimensions: Dimensions) -> Undefined | None:
    single = [name for name, items in dimensions.items() if len(items) < 2]
    return Undefined(f"{', '.join(single)} has a single item, and so no alpha of its own") if single else None


def _schmid_leiman(
    rows: Matrix, names: Sequence[str], factors: int, alpha: Number,
) -> tuple[Number, Number, list[str]]:
    """Omega hierarchical and omega total of an exploratory solution with a group factor for every dimension."""
    if isinstance(alpha, Undefined):
        return alpha, alpha, []
    R: Matrix = np.atleast_2d(np.corrcoef(rows, rowvar=False))
    if np.linalg.eigvalsh(R)[0] < SINGULAR:
        reason = Undefined("an item is a linear combination of the others, or the rows are fewer than the items")
        return reason, reason, []
    found: HierarchicalOmega | Undefined = hierarchical_omega(R, factors=factors)
    if isinstance(found, Undefined):
        return found, found, []
    warnings = []
    if not found.converged:
        reason = Undefined("the exploratory factor analysis beneath it did not converge")
        return reason, reason, []
    if found.negative:
        turned = ", ".join(names[place] for place in found.negative)
        warnings.append(f"{turned}: loads negatively on the general factor; check the keys")
    return found.hierarchical, found.total, warnings
