"""Split-half reliability: what the coefficient would be for every way of halving a scale."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from pipeline.undefined import Number, Undefined

Array = NDArray[np.float64]

MOST_ITEMS = 12
"""Up to so many items every split is tried (462 of twelve items)."""

DRAWS = 5000
"""Splits drawn at random of a longer scale."""

_NOTHING = 1e-12
"""A variance below this share of the items' summed variance is rounding error."""


@dataclass(frozen=True, slots=True)
class SplitCoefficients:
    """One coefficient over all splits.

    Attributes
    ----------
    highest_half, lowest_half
        Positions of the items of one half in the splits that give ``maximum`` and ``minimum``; the rest are the other
        half. Empty where there is none.
    odd_even
        The first, third, … item against the second, fourth, ….
    """

    maximum: Number
    mean: Number
    minimum: Number
    odd_even: Number
    highest_half: tuple[int, ...]
    lowest_half: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class SplitHalf:
    """Split-half reliability of a sum of items.

    Attributes
    ----------
    splits
        How many were tried.
    exact
        Whether these are all there are; else they are a random sample, whose extremes lie within the true ones.
    guttman
        4·c_AB / V, right also where halves differ in variance (Guttman 1945; the same as Flanagan's and Rulon's 1939).
        Its mean over all splits of an even number of items is alpha (Cronbach 1951).
    spearman_brown
        2r/(1 + r) of the halves' correlation r, for halves of equal variance (Spearman 1910; Brown 1910).
    """

    splits: int
    exact: bool
    guttman: SplitCoefficients
    spearman_brown: SplitCoefficients


def split_half(covariance: Array, seed: int | np.random.SeedSequence = 1) -> SplitHalf:
    """Coefficients over all splits into halves; with an odd number of items one half has one more.

    Parameters
    ----------
    covariance
        (k, k) of the items, keyed; N or N − 1 alike.
    seed
        Of the splits drawn where k exceeds :data:`MOST_ITEMS`.
    """
    C = np.asarray(covariance, dtype=float)
    k = len(C)
    if k < 2:
        nothing = _undefined(Undefined("a scale of one item has no halves"))
        return SplitHalf(0, True, nothing, nothing)
    first = halves(k, seed)
    exact = k <= MOST_ITEMS
    if not np.isfinite(C).all() or np.trace(C) <= 0:
        why = "the items do not vary" if np.isfinite(C).all() else "too few rows are complete for covariances"
        nothing = _undefined(Undefined(why))
        return SplitHalf(len(first), exact, nothing, nothing)
    odd = (np.arange(k) % 2 == 0)[None, :]
    return SplitHalf(len(first), exact, _coefficients(_guttman, C, first, odd),
                     _coefficients(_spearman_brown, C, first, odd))


def halves(k: int, seed: int | np.random.SeedSequence = 1) -> NDArray[np.bool_]:
    """(splits, k) True for the items of one half, each split once, the odd item out in the larger half.

    All of them up to :data:`MOST_ITEMS` items, else :data:`DRAWS` drawn with replacement.
    """
    size = k // 2
    if k > MOST_ITEMS:
        generator = np.random.default_rng(seed)
        return generator.permuted(np.tile(np.arange(k) < size, (DRAWS, 1)), axis=1)
    chosen = [half for half in combinations(range(k), size) if k % 2 or 0 in half]
    found = np.zeros((len(chosen), k), dtype=bool)
    for row, half in zip(found, chosen, strict=True):
        row[list(half)] = True
    return found


def _parts(C: Array, first: NDArray[np.bool_]) -> tuple[Array, Array, Array]:
    """(splits,) variance of one half, of the other, and their covariance."""
    A, B = first.astype(float), (~first).astype(float)
    with_a = A @ C
    return (with_a * A).sum(axis=1), ((B @ C) * B).sum(axis=1), (with_a * B).sum(axis=1)


def _guttman(C: Array, first: NDArray[np.bool_]) -> Array:
    a, b, ab = _parts(C, first)
    total = a + b + 2 * ab
    varies = total > _NOTHING * np.trace(C)
    return np.asarray(np.divide(4 * ab, total, out=np.full(len(a), np.nan), where=varies))


def _spearman_brown(C: Array, first: NDArray[np.bool_]) -> Array:
    a, b, ab = _parts(C, first)
    varies = np.minimum(a, b) > _NOTHING * np.trace(C)
    r = np.divide(ab, np.sqrt(np.abs(a * b)), out=np.full(len(a), np.nan), where=varies)
    return np.asarray(np.divide(2 * r, 1 + r, out=np.full(len(a), np.nan), where=r > -1 + _NOTHING))


def _coefficients(
    formula: Callable[[Array, NDArray[np.bool_]], Array], C: Array, first: NDArray[np.bool_], odd: NDArray[np.bool_],
) -> SplitCoefficients:
    values, odd_even = formula(C, first), float(formula(C, odd)[0])
    known = np.flatnonzero(~np.isnan(values))
    why = Undefined("a half of the items does not vary, or the two halves cancel out")
    if not len(known):
        return _undefined(why)
    top, bottom = known[np.argmax(values[known])], known[np.argmin(values[known])]
    # A mean over some of the splits only would have no meaning.
    mean = float(values.mean()) if len(known) == len(values) else why
    return SplitCoefficients(
        float(values[top]), mean, float(values[bottom]), why if np.isnan(odd_even) else odd_even,
        tuple(map(int, np.flatnonzero(first[top]))), tuple(map(int, np.flatnonzero(first[bottom]))))


def _undefined(why: Undefined) -> SplitCoefficients:
    return SplitCoefficients(why, why, why, why, (), ())
