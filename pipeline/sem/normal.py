"""Wald tests and intervals of an estimate with a normal sampling distribution."""

from __future__ import annotations

from scipy.special import ndtr, ndtri

from pipeline.undefined import Number, Undefined


def wald(est: float, se: Number, level: float) -> tuple[Number, Number, Number, Number]:
    """z = est/se, its two-sided p value, and est ∓ z(level)·se; undefined together with ``se``."""
    if isinstance(se, Undefined):
        return se, se, se, se
    if se <= 0:
        nothing = Undefined("the standard error is 0")
        return nothing, nothing, est, est
    z = est / se
    half = float(ndtri((1 + level) / 2)) * se
    return z, float(2 * ndtr(-abs(z))), est - half, est + half
