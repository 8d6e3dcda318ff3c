"""Indices of careless answering, as pure kernels on a matrix of answers.

Conventions are those of R's ``careless`` 1.2.2 (Yentes & Wilhelm; reviewed by Curran 2016 and
Meade & Craig 2012) except where a docstring says otherwise. Rows are respondents, columns items in
the order of the questionnaire, NaN is a missing answer. Synonyms and antonyms are in
:mod:`pipeline.data.semantic_pairs`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.stats import chi2

from pipeline.moments.sample import pairwise_covariance
from pipeline.undefined import Number, Undefined

Array = NDArray[np.float64]
Reasons = NDArray[np.object_]

SINGULAR = 1e-10
"""Smallest over largest eigenvalue of a covariance matrix below which inverting it is noise."""


@dataclass(frozen=True, slots=True)
class Index:
    """One index for every respondent.

    Attributes
    ----------
    value
        (n,), NaN exactly where ``because`` is not ``""``.
    because
        (n,) why the index has no value.
    """

    value: Array
    because: Reasons

    def number(self, respondent: int) -> Number:
        """The value of the ``respondent``-th row, or why there is none."""
        why = self.because[respondent]
        return Undefined(why) if why else float(self.value[respondent])


def longstring(X: ArrayLike) -> NDArray[np.int64]:
    """(n,) length of the longest run of identical consecutive answers; each NA is a run of its own.

    Source: Johnson (2005). A row of nothing but NA has runs of length 1, as in R; no items, no run.

    Parameters
    ----------
    X
        (n, p) raw answers, before reverse-scoring.
    """
    values = np.asarray(X, dtype=np.float64)
    n, p = values.shape
    run = np.ones(n, dtype=np.int64)
    longest = np.full(n, min(p, 1), dtype=np.int64)
    for column in range(1, p):
        # NaN equals nothing, itself included, which is the rule for NA.
        run = np.where(values[:, column] == values[:, column - 1], run + 1, 1)
        longest = np.maximum(longest, run)
    return longest


def average_run(X: ArrayLike) -> Index:
    """Mean length of the runs of identical consecutive answers: items/(1 + changes); each NA is a run of its own.

    Source: ``avgstr`` of R's ``careless::longstring(avg = TRUE)`` (Meade & Craig 2012).

    Parameters
    ----------
    X
        (n, p) raw answers, before reverse-scoring.
    """
    values = np.asarray(X, dtype=np.float64)
    n, p = values.shape
    because = np.full(n, "" if p else "no item was asked", dtype=object)
    # NaN differs from everything, itself included, which is the rule for NA.
    changes = (values[:, 1:] != values[:, :-1]).sum(axis=1)
    return Index(p / (1 + changes) if p else np.full(n, np.nan), because)


def irv(X: ArrayLike) -> Index:
    """Intra-individual response variability: SD (n − 1) of a respondent's answers, NA removed.

    Source: Dunn, Heggestad, Shanock & Theilgard (2018). A low value marks answers that hardly vary.

    Parameters
    ----------
    X
        (n, p) raw answers.
    """
    values = np.asarray(X, dtype=np.float64)
    observed = ~np.isnan(values)
    count = observed.sum(axis=1)
    total = np.where(observed, values, 0.0).sum(axis=1)
    mean = total / np.maximum(count, 1)
    squares = (np.where(observed, values - mean[:, None], 0.0) ** 2).sum(axis=1)
    defined = count >= 2
    because = np.where(defined, "", "fewer than two items were answered").astype(object)
    return Index(np.where(defined, np.sqrt(squares / np.maximum(count - 1, 1)), np.nan), because)


def even_odd(X: ArrayLike, scales: Sequence[Sequence[int]]) -> Index:
    """Even-odd consistency: within-person r of half-scale means across scales, Spearman–Brown corrected.

    Each scale gives a mean of the items at its even and of those at its odd positions (NA removed);
    r is Pearson's across the scales that have both; the index is 2r/(1 + r), floored at −1.
    Sources: Jackson (1976) in Johnson (2005); the floor is that of R's ``evenodd``.

    **Sign.** ``careless`` ≥ 1.2.0 returns the negative (high = careless). The value here is not
    negated: 1 is perfectly consistent and low is careless, so that the usual cut-off r < .30 reads as it
    is written.

    Parameters
    ----------
    X
        (n, p) answers AFTER reverse-scoring: otherwise a careful respondent contradicts himself.
    scales
        Column numbers of each scale's items, in the order asked. Scales of one item have no halves.

    Notes
    -----
    Undefined with fewer than three scales that have both halves (two points always lie on a line; R
    returns ±1 there), and where either half does not vary across scales (straight-lining: ``longstring``
    and ``irv`` see it).
    """
    values = np.asarray(X, dtype=np.float64)
    halved = [list(scale) for scale in scales if len(scale) >= 2]
    n = len(values)
    odd, even = np.full((n, len(halved)), np.nan), np.full((n, len(halved)), np.nan)
    for column, scale in enumerate(halved):
        odd[:, column] = _row_means(values[:, scale[0::2]])
        even[:, column] = _row_means(values[:, scale[1::2]])
    both = ~np.isnan(odd) & ~np.isnan(even)
    pairs = both.sum(axis=1)
    odd, even = np.where(both, odd, np.nan), np.where(both, even, np.nan)
    flat = constant_rows(odd) | constant_rows(even)
    because = np.where(flat, "half-scale means do not vary across scales", "").astype(object)
    because[pairs < 3] = "fewer than three scales have both halves answered"
    defined = because == ""
    value = np.full(n, np.nan)
    value[defined] = _spearman_brown(row_correlation(odd[defined], even[defined]))
    return Index(value, because)


def mahalanobis(X: ArrayLike) -> Index:
    """Squared Mahalanobis distance D² = (x − x̄)ᵀ S⁻¹ (x − x̄) of each respondent from the mean answer.

    S is the pairwise covariance (N − 1), and terms with a missing answer count 0, as in
    ``psych::outlier``, on which ``careless::mahad`` rests. Missing answers thus make D² smaller, never
    larger.

    Parameters
    ----------
    X
        (n, p) answers. Reverse-scoring does not change D².

    Notes
    -----
    Undefined for a respondent without any answer, and for everybody where S cannot be inverted (no more
    respondents than items, a constant item, a pairwise S that is not positive definite).
    """
    values = np.asarray(X, dtype=np.float64)
    n, p = values.shape
    observed = ~np.isnan(values)
    answered = observed.any(axis=1)
    because = np.where(answered, "", "no item was answered").astype(object)
    if p == 0 or n == 0:
        return Index(np.full(n, np.nan), because)
    S = pairwise_covariance(values).covariance
    if not _positive_definite(S):
        because[answered] = (f"the covariance matrix of {p} items among {int(answered.sum())} respondents "
                             "cannot be inverted")
        return Index(np.full(n, np.nan), because)
    mean = np.where(observed, values, 0.0).sum(axis=0) / observed.sum(axis=0)
    centred = np.where(observed, values - mean, 0.0)
    distance = (centred * np.linalg.solve(S, centred.T).T).sum(axis=1)
    return Index(np.where(answered, distance, np.nan), because)


def mahalanobis_cutoff(level: float, items: int) -> float:
    """The ``level`` quantile of χ² with as many degrees of freedom as items; D² above it is flagged.

    D² of p normal items follows χ² with p degrees of freedom. (The source of ``careless::mahad`` passes the
    number of respondents instead; that slip is not followed.)
    """
    return float(chi2.ppf(level, items))


def seconds_per_item(duration: ArrayLike, asked: ArrayLike) -> Index:
    """Time taken, divided by the number of questions put to the respondent (Huang et al. 2012).

    Parameters
    ----------
    duration
        (n,) seconds from start to end, NaN where the platform gave none.
    asked
        (n,) questions asked: routed past is not asked, left empty is.
    """
    seconds, count = np.asarray(duration, dtype=np.float64), np.asarray(asked, dtype=np.float64)
    because = np.where(np.isnan(seconds), "the export holds no duration", "").astype(object)
    because[count == 0] = "no question was asked"
    return Index(np.where(because == "", seconds / np.maximum(count, 1), np.nan), because)


def _row_means(X: Array) -> Array:
    """(n,) means with NA removed; NaN where a row has none."""
    observed = ~np.isnan(X)
    count = observed.sum(axis=1)
    total = np.where(observed, X, 0.0).sum(axis=1)
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)


def constant_rows(X: Array) -> NDArray[np.bool_]:
    """(n,) True where the values of a row, NA removed, are all the same (or there are none)."""
    highest = np.where(np.isnan(X), -np.inf, X).max(axis=1, initial=-np.inf)
    lowest = np.where(np.isnan(X), np.inf, X).min(axis=1, initial=np.inf)
    constant: NDArray[np.bool_] = highest <= lowest
    return constant


def row_correlation(A: Array, B: Array) -> Array:
    """(n,) Pearson's r between the rows of A and B (n, k), missing in the same places, neither constant."""
    a = np.where(np.isnan(A), 0.0, A - _row_means(A)[:, None])
    b = np.where(np.isnan(B), 0.0, B - _row_means(B)[:, None])
    r: Array = (a * b).sum(axis=1) / np.sqrt((a**2).sum(axis=1) * (b**2).sum(axis=1))
    return r


def _spearman_brown(r: Array) -> Array:
    """2r/(1 + r), floored at −1. The floor is reached where r ≤ −1/3, which spares the pole at r = −1."""
    floored = r <= -1 / 3
    return np.where(floored, -1.0, 2 * r / (1 + np.where(floored, 0.0, r)))


def _positive_definite(S: Array) -> bool:
    if not np.isfinite(S).all():
        return False
    roots = np.linalg.eigvalsh(S)
    return bool(roots[0] > SINGULAR * roots[-1])
