"""Resamples of the rows of a scale or of a set of scales: how often each counts, their covariances, and intervals.

Whatever a statistic is, its interval comes from the same draws: :func:`draw_counts` says how often each draw takes
each row, the covariances of all draws are one matrix product, and :func:`resampled` keeps the two limits and how many
draws they rest on. Draw k depends on the seed and on k alone (:mod:`pipeline.sem.resampling`).
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from pipeline.measurement.complete import Matrix, Vector
from pipeline.sem.intervals import percentile_interval
from pipeline.sem.resampling import BLOCK, Counts, Resampling
from pipeline.undefined import Number, Undefined

Stack = NDArray[np.float64]

FEWEST_SHARE = 0.9
"""Below this share of usable draws there is no interval: those left are not a sample of what could have been found."""

_WEIGHTS = 1.5e7

_VARIES = 1e-12
"""A sum of squares below this share of its sample's is rounding error."""


@dataclass(frozen=True, slots=True)
class Resampled:
    """A statistic of the sample with its percentile interval.

    Attributes
    ----------
    estimate
        Of the sample itself.
    lower, upper
        Percentile limits of the usable draws, by the rule of :func:`pipeline.sem.intervals.percentile_limit`.
    requested, usable
        Draws, and those of them in which the statistic has a value.
    """

    estimate: Number
    lower: Number
    upper: Number
    requested: int
    usable: int


def draw_counts(n: int, draws: int, seed: int, clusters: Sequence[Hashable] | None = None) -> Counts:
    """How often each of ``draws`` resamples takes each of ``n`` rows, (draws, n).

    Parameters
    ----------
    clusters
        (n,) the cluster of every row, such as its firm: whole clusters are drawn, as many as there are, so that the
        number of rows varies (Davison & Hinkley 1997, section 3.8). None draws rows.
    """
    if n < 1 or draws < 0:
        raise ValueError(f"a resample needs rows, and a number of draws; found {n} rows, {draws} draws")
    members = None
    if clusters is not None:
        if len(clusters) != n:
            raise ValueError(f"{n} rows cannot have {len(clusters)} clusters")
        number = {cluster: place for place, cluster in enumerate(dict.fromkeys(clusters))}
        members = (np.array([number[cluster] for cluster in clusters], dtype=np.intp),)
    whole_blocks = -(-draws // BLOCK) * BLOCK
    return Resampling((n,), members, seed).counts(0, whole_blocks)[0][:draws]


def resampled_covariances(X: Matrix, counts: ArrayLike, *, ddof: int = 1) -> Stack:
    """Covariances (b, p, p) of every draw of complete rows ``X`` (n, p), divided by its number of rows less ``ddof``.

    S = Σ w xx'/(N − ddof) − N/(N − ddof)·x̄x̄' with x measured from the sample's mean, which keeps the subtraction
    harmless. A draw with no more than ``ddof`` rows has NaN.
    """
    every = np.asarray(counts)
    return np.concatenate([_covariances(X, every[some].astype(np.float64), ddof) for some in blocks(*every.shape)])


def blocks(draws: int, n: int) -> Iterator[slice]:
    """All draws in parts whose weights of ``n`` rows, as eight-byte numbers, take some hundred megabytes at most."""
    size = max(1, int(_WEIGHTS / max(n, 1)))
    yield from (slice(at, at + size) for at in range(0, max(draws, 1), size))


def _covariances(X: Matrix, weights: Stack, ddof: int) -> Stack:
    centred = X - X.mean(axis=0)
    n, p = X.shape
    first, second = np.triu_indices(p)
    # The products of all pairs of columns need n·p²/2 numbers; by parts where rows are many.
    size = max(1, int(2e7 / max(n, 1)))
    sums = np.concatenate([weights @ (centred[:, first[at:at + size]] * centred[:, second[at:at + size]])
                           for at in range(0, len(first), size)], axis=1)
    total = weights.sum(axis=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        mean = weights @ centred / total[:, None]
        divisor = np.where(total > ddof, total - ddof, np.nan)
        upper = (sums - total[:, None] * mean[:, first] * mean[:, second]) / divisor[:, None]
    covariances = np.empty((len(weights), p, p))
    covariances[:, first, second] = covariances[:, second, first] = upper
    return covariances


def resampled_pairwise_correlations(X: Matrix, counts: ArrayLike) -> Stack:
    """Pearson correlations (b, p, p) of every draw of ``X`` (n, p), each from the rows that have both answers.

    Means and variances are those of the same rows, as in R's ``cor(use = "pairwise.complete.obs")``. NaN where a draw
    has no two different answers of a pair; the diagonal is 1.
    """
    if not np.isnan(X).any():
        return _correlations(resampled_covariances(X, counts), np.var(X, axis=0))
    every = np.asarray(counts)
    return np.concatenate([_pairwise(X, every[some].astype(np.float64)) for some in blocks(*every.shape)])


def _pairwise(X: Matrix, weights: Stack) -> Stack:
    seen, p = ~np.isnan(X), X.shape[1]
    there = seen.astype(np.float64)
    # About the mean of what was answered, so that sums of squares lose nothing; a gap adds 0 to every sum.
    known = np.maximum(there.sum(axis=0), 1.0)
    values = np.where(seen, X - np.where(seen, X, 0.0).sum(axis=0) / known, 0.0)
    shape = (len(weights), p, p)
    both, products, sums, squares = (np.empty(shape) for _ in range(4))
    for i in range(p):
        # Sums over the rows with both answers: of item i where j was answered, for all j.
        both[:, i] = weights @ (there[:, i, None] * there)
        products[:, i] = weights @ (values[:, i, None] * values)
        sums[:, i] = weights @ (values[:, i, None] * there)
        squares[:, i] = weights @ (values[:, i, None] ** 2 * there)
    other = np.swapaxes(sums, 1, 2)
    with np.errstate(divide="ignore", invalid="ignore"):
        covariance = products - sums * other / both
        about = squares - sums**2 / both
    least = _VARIES * (values**2).sum(axis=0)
    varies = (about > least[:, None]) & np.swapaxes(about > least[:, None], 1, 2)
    scale = np.sqrt(np.where(varies, about * np.swapaxes(about, 1, 2), np.nan))
    return _with_ones(covariance / scale)


def resampled(estimate: Number, draws: Vector, level: float = 0.95) -> Resampled:
    """``estimate`` with the percentile interval of ``draws`` (b,), in which NaN is a draw that was not usable.

    Where the sample itself has no value, or fewer than :data:`FEWEST_SHARE` of the draws have one, there are no limits.
    """
    usable = draws[np.isfinite(draws)]
    if isinstance(estimate, Undefined):
        return Resampled(estimate, estimate, estimate, len(draws), len(usable))
    if not len(draws):
        nothing = Undefined("no resamples were asked for")
        return Resampled(estimate, nothing, nothing, 0, 0)
    if len(usable) < FEWEST_SHARE * len(draws):
        few = Undefined(f"only {len(usable)} of {len(draws)} resamples gave a value")
        return Resampled(estimate, few, few, len(draws), len(usable))
    limits = percentile_interval(usable, level)
    return Resampled(estimate, limits.lower, limits.upper, len(draws), len(usable))


def _correlations(covariances: Stack, variances: Vector) -> Stack:
    """Correlations of a stack (b, p, p); NaN beside a variable that does not vary in a draw."""
    own = np.diagonal(covariances, axis1=1, axis2=2)
    sd = np.sqrt(np.where(own > _VARIES * variances, own, np.nan))
    return _with_ones(covariances / (sd[:, :, None] * sd[:, None, :]))


def _with_ones(correlations: Stack) -> Stack:
    """Rounding kept within ±1, and a diagonal of ones."""
    result: Stack = np.clip(correlations, -1.0, 1.0)
    rungs = np.arange(result.shape[1])
    result[:, rungs, rungs] = 1.0
    return result
