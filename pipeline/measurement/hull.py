"""Hull method: the number of factors after which more of them buy little fit for their parameters."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize

from pipeline.measurement.complete import Matrix, Vector
from pipeline.measurement.extraction import LOWEST_UNIQUENESS, degrees_of_freedom
from pipeline.undefined import Undefined

LEAST_ITEMS = 6
"""Fewer do not bear three factors, and a hull needs more than its two ends."""


@dataclass(frozen=True, slots=True)
class Hull:
    """Fit and degrees of freedom with 0, 1, … factors, and which of them stand on the upper hull.

    Attributes
    ----------
    fit
        Comparative fit index, one for each number of factors from 0; not cut off at 1.
    df
        Degrees of freedom.
    st
        How sharply the hull bends at that number; None off the hull and at its two ends.
    factors
        The number with the largest ``st``. Where the hull is but its two ends, the upper one if larger numbers were
        looked at and fit no better; else undefined.
    """

    fit: tuple[float, ...]
    df: tuple[int, ...]
    st: tuple[float | None, ...]
    factors: int | Undefined


def hull(R: Matrix, n: int, *, most: int) -> Hull | Undefined:
    """The hull method of correlations ``R`` (p, p) of ``n`` rows, with 0 to ``most`` factors.

    Lorenzo-Seva, Timmerman & Kiers (2011), with the comparative fit index of maximum-likelihood extraction,
    1 − ((n − 1)F_m − df_m)/((n − 1)F_0 − df_0). It is not cut off at 1 (so it is the index of McDonald & Marsh 1990):
    cutting would hide the bend wherever the right number of factors fits as well as chance allows. ``most`` is by their
    advice one more than parallel analysis suggests; it is raised to three, and lowered to what leaves degrees of
    freedom. Of polychoric correlations the index only describes.
    """
    p = len(R)
    if p < LEAST_ITEMS:
        return Undefined(f"the hull method needs {LEAST_ITEMS} items or more and there are {p}")
    bearable = max(m for m in range(1, p) if degrees_of_freedom(p, m) >= 0)
    df = [degrees_of_freedom(p, m) for m in range(min(max(most, 3), bearable) + 1)]
    beyond = [(n - 1) * discrepancy(R, m) - freedom for m, freedom in enumerate(df)]
    if beyond[0] <= 0:
        return Undefined("the items are as good as unrelated, so that there is no fit to be gained")
    fit = [1 - excess / beyond[0] for excess in beyond]
    bends = bends_of_hull(fit, df)
    return Hull(tuple(fit), tuple(df), bends, sharpest(fit, bends))


def sharpest(fit: list[float], bends: tuple[float | None, ...]) -> int | Undefined:
    """The number of factors with the largest bend, or at which fit, risen in one go, rises no more."""
    inner = {m: bend for m, bend in enumerate(bends) if bend is not None}
    if inner:
        return max(inner, key=lambda m: inner[m])
    top = int(np.argmax(fit))
    if 0 < top < len(fit) - 1:
        return top
    return Undefined("fit rises so evenly with the number of factors that the hull has no bend")


def discrepancy(R: Matrix, m: int) -> float:
    """Least maximum-likelihood discrepancy of ``m`` factors, log|M| + tr(M⁻¹R) − log|R| − p (Jöreskog 1967).

    Given the uniquenesses Ψ, the best loadings leave Σ_{j>m} (θ_j − log θ_j − 1) over the smaller eigenvalues θ of
    Ψ^(−½) R Ψ^(−½), so that only Ψ is searched, between .005 and 1.
    """
    p = len(R)
    if m == 0:
        return -float(np.linalg.slogdet(R)[1])

    def value_and_slope(psi: Vector) -> tuple[float, Vector]:
        root = np.sqrt(psi)
        theta, vectors = np.linalg.eigh(R / np.outer(root, root))
        smaller = np.maximum(theta[: p - m], np.finfo(float).tiny)
        # ∂θ_j/∂ψ_i = −θ_j·v_ij²/ψ_i
        slope = ((1 - smaller) * vectors[:, : p - m] ** 2).sum(axis=1) / psi
        return float((smaller - np.log(smaller) - 1).sum()), slope

    start = np.clip((1 - 0.5 * m / p) / np.diag(np.linalg.inv(R)), LOWEST_UNIQUENESS, 1.0)
    found = minimize(value_and_slope, start, jac=True, method="L-BFGS-B", bounds=[(LOWEST_UNIQUENESS, 1.0)] * p,
                     options={"maxiter": 1000, "ftol": 1e-12, "gtol": 1e-7})
    return float(found.fun)


def bends_of_hull(fit: list[float], df: list[int]) -> tuple[float | None, ...]:
    """How sharply the upper hull of the points (df, fit) bends at each of them, None off it and at its ends.

    Kept are the numbers of factors that fit better than every smaller one; then the middle of any three neighbours that
    is on or below the line between the others goes, until none does. The bend is the gain in fit per parameter up to
    a point over the gain per parameter beyond it (eq. 5).
    """
    kept: list[int] = []
    for m, value in enumerate(fit):
        if kept and value <= fit[kept[-1]]:
            continue
        # One pass from left to right that takes back what the new point overtops leaves the same hull.
        while len(kept) > 1 and _gain(fit, df, kept[-2], kept[-1]) <= _gain(fit, df, kept[-1], m):
            kept.pop()
        kept.append(m)
    bends: list[float | None] = [None] * len(fit)
    for before, at, after in zip(kept, kept[1:], kept[2:], strict=False):
        bends[at] = _gain(fit, df, before, at) / _gain(fit, df, at, after)
    return tuple(bends)


def _gain(fit: list[float], df: list[int], fewer: int, more: int) -> float:
    """Fit won for each degree of freedom spent."""
    return (fit[more] - fit[fewer]) / (df[fewer] - df[more])
