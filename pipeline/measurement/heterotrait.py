"""Heterotrait–monotrait ratios of correlations: how items of two scales correlate, against items of one.

Where two scales measure one thing, their items correlate between the scales as they do within them, and the ratio is 1.
HTMT takes arithmetic means and presumes that items are equally good measures of their scale (Henseler, Ringle &
Sarstedt 2015); HTMT2 takes geometric means and does not (Roemer, Schuberth & Henseler 2021).

By default correlations count without their sign, as in ``semTools::htmt``: scales that are related negatively then have
a ratio that can be read, and HTMT2 exists where single correlations are negative by chance. Weak relations look a
little stronger that way, never weaker. With signs, a negative correlation leaves HTMT2 undefined.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from pipeline.measurement.complete import Matrix, Vector
from pipeline.measurement.resampled import FEWEST_SHARE, Stack, resampled
from pipeline.sem.intervals import percentile_limit
from pipeline.undefined import Number, Undefined

Blocks = Sequence[Sequence[int]]
"""Of every scale, the places of its items."""


@dataclass(frozen=True, slots=True)
class HeterotraitRatio:
    """One ratio of two scales.

    Attributes
    ----------
    lower, upper
        Two-sided percentile limits.
    bound
        One-sided upper limit at the same level: for a claim that the ratio is below a cut-off.
    requested, usable
        Draws, and those of them in which the ratio has a value.
    """

    value: Number
    lower: Number
    upper: Number
    bound: Number
    requested: int
    usable: int


@dataclass(frozen=True, slots=True)
class ScalePair:
    """Both ratios of two scales.

    Attributes
    ----------
    negative
        Number of negative correlations among all items of the pair, within and between the scales.
    """

    first: str
    second: str
    htmt: HeterotraitRatio
    htmt2: HeterotraitRatio
    negative: int


# ---- kernels -------------------------------------------------------------------------------------------------------


def htmt(R: Stack | Matrix, blocks: Blocks, *, absolute: bool = True) -> Stack:
    """HTMT_ij = mean of heterotrait correlations / √(mean monotrait of i · mean monotrait of j).

    Henseler, Ringle & Sarstedt (2015). Monotrait correlations are those off the diagonal of a scale's own items.

    Parameters
    ----------
    R
        (…, p, p) correlations.
    blocks
        f scales.

    Returns
    -------
    (…, f, f), symmetric, 1 on the diagonal; NaN where a scale has one item, where a mean of monotrait correlations is
    not positive, or where a correlation is NaN.
    """
    used = np.abs(R) if absolute else np.asarray(R)
    return _ratios(used, blocks)


def htmt2(R: Stack | Matrix, blocks: Blocks, *, absolute: bool = True) -> Stack:
    """HTMT2_ij, the same ratio with geometric means (Roemer, Schuberth & Henseler 2021).

    Shapes and NaN as of :func:`htmt`. With signs (``absolute=False``) a pair among whose correlations one is negative
    has NaN: the logarithm has no such argument. A correlation of exactly 0 makes a geometric mean 0.
    """
    used = np.abs(R) if absolute else np.where(np.asarray(R) >= 0, R, np.nan)
    with np.errstate(divide="ignore"):
        return _ratios(np.log(used), blocks, geometric=True)


def _ratios(values: Stack, blocks: Blocks, *, geometric: bool = False) -> Stack:
    """Ratios of means (…, f, f); means of logarithms are turned back first."""
    f = len(blocks)
    means = np.full((*values.shape[:-2], f, f), np.nan)
    for i, own in enumerate(blocks):
        for j, other in enumerate(blocks[:i + 1]):
            block = values[..., own, :][..., :, other]
            if i != j:
                means[..., i, j] = means[..., j, i] = block.mean(axis=(-2, -1))
            elif len(own) > 1:
                # R is symmetric, so that one triangle has the mean of both.
                above = np.triu_indices(len(own), 1)
                means[..., i, i] = block[..., above[0], above[1]].mean(axis=-1)
    if geometric:
        means = np.exp(means)
    within = np.diagonal(means, axis1=-2, axis2=-1)
    root = np.sqrt(np.where(within > 0, within, np.nan))
    ratios: Stack = means / (root[..., :, None] * root[..., None, :])
    places = np.arange(f)
    ratios[..., places, places] = np.where(np.isnan(root), np.nan, 1.0)
    return ratios


# ---- adapter -------------------------------------------------------------------------------------------------------


def scale_pairs(
    R: Matrix, draws: Stack, scales: Mapping[str, Sequence[str]], items: Sequence[str], *, absolute: bool = True,
    level: float = 0.95,
) -> tuple[ScalePair, ...]:
    """Both ratios of every pair of scales, with intervals from correlations of resampled rows.

    Parameters
    ----------
    R, draws
        (p, p) correlations of the sample and (b, p, p) of its resamples, ``items`` in their order; NaN where a pair has
        none. b may be 0.
    scales
        Scale → its items.
    """
    blocks = [[list(items).index(item) for item in own] for own in scales.values()]
    names = list(scales)
    at = htmt(R, blocks, absolute=absolute), htmt2(R, blocks, absolute=absolute)
    drawn = htmt(draws, blocks, absolute=absolute), htmt2(draws, blocks, absolute=absolute)
    found = []
    for i, j in combinations(range(len(names)), 2):
        both = [*blocks[i], *blocks[j]]
        ratios = [
            _ratio(_number(at[kind][i, j], R, (i, j), blocks, (names, items), geometric=kind == 1, absolute=absolute),
                   drawn[kind][:, i, j], level) for kind in (0, 1)]
        below = np.tril_indices(len(both), -1)
        found.append(ScalePair(names[i], names[j], ratios[0], ratios[1],
                               int((R[np.ix_(both, both)][below] < 0).sum())))
    return tuple(found)


def _ratio(value: Number, draws: Vector, level: float) -> HeterotraitRatio:
    found = resampled(value, draws, level)
    bound = found.upper
    if not isinstance(bound, Undefined) and found.usable >= FEWEST_SHARE * found.requested:
        bound = percentile_limit(np.sort(draws[np.isfinite(draws)]), level)
    return HeterotraitRatio(found.estimate, found.lower, found.upper, bound, found.requested, found.usable)


def _number(
    value: float, R: Matrix, pair: tuple[int, int], blocks: Blocks, called: tuple[Sequence[str], Sequence[str]], *,
    geometric: bool, absolute: bool,
) -> Number:
    """The ratio, or the first reason why there is none."""
    if np.isfinite(value):
        return float(value)
    names, items = called
    for scale in pair:
        if len(blocks[scale]) < 2:
            return Undefined(f"{names[scale]} has one item, and so no correlations within it")
    both = [*blocks[pair[0]], *blocks[pair[1]]]
    part = R[np.ix_(both, both)]
    where = np.argwhere(np.isnan(part))
    if len(where):
        return Undefined(f"{items[both[where[0][0]]]} and {items[both[where[0][1]]]} have no correlation")
    worst = np.unravel_index(np.argmin(part), part.shape)
    if geometric and not absolute and part[worst] < 0:
        return Undefined(f"the correlation of {items[both[worst[0]]]} and {items[both[worst[1]]]} is negative, and "
                         "geometric means are of positive numbers")
    scale = min(pair, key=lambda one: _within(part, one == pair[1], len(blocks[pair[0]])))
    return Undefined(f"the items of {names[scale]} do not correlate positively with one another on average")


def _within(part: NDArray[np.float64], second: bool, size: int) -> float:
    """Mean monotrait correlation of one of two scales in the correlations of both."""
    own = part[size:, size:] if second else part[:size, :size]
    return float(own[np.triu_indices(len(own), 1)].mean())
