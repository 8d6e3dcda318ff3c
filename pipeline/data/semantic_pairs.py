"""Consistency across pairs of items that are answered alike, or oppositely, by the sample as a whole.

Conventions are those of ``psychsyn`` and ``psychant`` in R's ``careless`` 1.2.2, without its resampling of missing
values: pairs are taken from the sample's own correlations, and a respondent's index is the correlation of the one half
of the pairs with the other (Meade & Craig 2012; Johnson 2005).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from pipeline.data.careless import Index, constant_rows, row_correlation
from pipeline.moments.sample import pairwise_covariance

Array = NDArray[np.float64]

FEWEST_PAIRS = 3
"""A correlation across fewer pairs says nothing: two points always lie on a line."""

NOTHING = 1e-12
"""A sum of squares below this share of the column's is rounding error."""


@dataclass(frozen=True, slots=True)
class ItemPairs:
    """Pairs of items, as columns of the matrix they were found in: ``later`` stands after ``earlier``."""

    later: NDArray[np.intp]
    earlier: NDArray[np.intp]

    def __len__(self) -> int:
        return len(self.later)


def pairwise_correlations(X: ArrayLike) -> Array:
    """(p, p) Pearson's r of every pair of columns on the rows complete in that pair; NaN where one does not vary.

    As R's ``cor(use = "pairwise.complete.obs")``: the standard deviations too are those of the pair's own rows.
    """
    values = np.asarray(X, dtype=np.float64)
    observed = ~np.isnan(values)
    M = observed.astype(np.float64)
    centre = np.where(observed, values, 0.0).sum(axis=0) / np.maximum(M.sum(axis=0), 1)
    filled = np.where(observed, values - centre, 0.0)
    found = pairwise_covariance(values)
    n = np.maximum(found.n, 1)
    sums = filled.T @ M
    squares = (filled**2).T @ M - sums**2 / n  # of column j, on the rows that also have column k
    with np.errstate(invalid="ignore", divide="ignore"):
        r: Array = found.covariance * (n - 1) / np.sqrt(squares * squares.T)
    varies = squares > NOTHING * np.maximum((filled**2).sum(axis=0), NOTHING)[:, None]
    return np.where((found.n >= 2) & varies & varies.T, r, np.nan)


def synonym_pairs(X: ArrayLike, above: float) -> ItemPairs:
    """Pairs whose r over the sample is strictly above ``above``.

    Parameters
    ----------
    X
        (n, p) raw answers: turning reversed items round would make synonyms of antonyms.
    """
    return _pairs(pairwise_correlations(X) > above)


def antonym_pairs(X: ArrayLike, below: float) -> ItemPairs:
    """Pairs whose r over the sample is strictly below ``below``, a negative number."""
    return _pairs(pairwise_correlations(X) < below)


def pair_consistency(X: ArrayLike, pairs: ItemPairs) -> Index:
    """Each respondent's Pearson correlation of the later items of all pairs with the earlier ones.

    Over synonyms a careful respondent is near 1, over antonyms near −1; answers at random are near 0.

    Parameters
    ----------
    X
        (n, p) raw answers, NaN where missing; a pair counts if both are answered.

    Notes
    -----
    Undefined with fewer than :data:`FEWEST_PAIRS` pairs in the sample or answered by the respondent, and where either
    half does not vary, as of a straight-liner. R gives NA there.
    """
    values = np.asarray(X, dtype=np.float64)
    n = len(values)
    if len(pairs) < FEWEST_PAIRS:
        said = f"{'only ' if len(pairs) else ''}{len(pairs) or 'no'} pair{'' if len(pairs) == 1 else 's'}"
        why = f"{said} of items {'goes' if len(pairs) == 1 else 'go'} together closely enough; it takes {FEWEST_PAIRS}"
        return Index(np.full(n, np.nan), np.full(n, why, dtype=object))
    later, earlier = values[:, pairs.later], values[:, pairs.earlier]
    both = ~np.isnan(later) & ~np.isnan(earlier)
    later, earlier = np.where(both, later, np.nan), np.where(both, earlier, np.nan)
    because = np.where(constant_rows(later) | constant_rows(earlier), "the answers do not vary across pairs", "")
    because = because.astype(object)
    because[both.sum(axis=1) < FEWEST_PAIRS] = f"fewer than {FEWEST_PAIRS} pairs are answered"
    defined = because == ""
    value = np.full(n, np.nan)
    value[defined] = row_correlation(later[defined], earlier[defined])
    return Index(value, because)


def _pairs(chosen: NDArray[np.bool_]) -> ItemPairs:
    later, earlier = np.nonzero(np.tril(chosen, -1))
    return ItemPairs(later, earlier)
