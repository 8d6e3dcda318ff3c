"""How often each row counts in a resampled data set, and what such weights make of the data.

Rows are drawn with replacement within each group, so that a group keeps its size (Efron & Tibshirani 1993, ch. 8).
Where rows come in clusters, whole clusters are drawn within each group (Davison & Hinkley 1997, section 3.8): as many
as there are, so that the number of rows varies with the clusters' sizes.

Draw k depends on the seed and on k alone. Each ``BLOCK`` of draws has a child of its own of
:class:`numpy.random.SeedSequence`; with one per draw, making generators would cost more than drawing does.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.sem.linalg import Array
from pipeline.sem.matrices import Index
from pipeline.sem.sample import Sample

BLOCK = 5
"""Draws that share a generator. Part of the definition of a seed's draws: another value gives other numbers."""

Counts = NDArray[np.uint16]
"""(b, n) how often each of n rows counts in each of b draws; two bytes each, as there may be 300,000 rows."""



@dataclass(frozen=True, slots=True)
class Resampling:
    """Where draws come from.

    Attributes
    ----------
    sizes
        n_g, rows of every group.
    clusters
        (n_g,) number of each row's cluster within its group, from 0; None to resample rows.
    seed
        Of all draws.
    """

    sizes: tuple[int, ...]
    clusters: tuple[Index, ...] | None
    seed: int

    def counts(self, first: int, last: int) -> list[Counts]:
        """Weights of the draws ``first`` to ``last`` − 1, (last − first, n_g) for every group.

        Both are multiples of :data:`BLOCK`.
        """
        if first % BLOCK or last % BLOCK:
            raise ValueError(f"draws come in blocks of {BLOCK}, so {first} to {last} cannot be had")
        found = [np.empty((last - first, n), dtype=np.uint16) for n in self.sizes]
        for start in range(first, last, BLOCK):
            child = np.random.SeedSequence(self.seed, spawn_key=(start // BLOCK,))
            generator = np.random.default_rng(child)
            rows = slice(start - first, start - first + BLOCK)
            for group, n in enumerate(self.sizes):
                if self.clusters is None:
                    found[group][rows] = times_drawn(generator, n)
                else:
                    member = self.clusters[group]
                    found[group][rows] = times_drawn(generator, int(member.max()) + 1)[:, member]
        return found


def resampling(sample: Sample, seed: int, *, clusters: bool = False) -> Resampling:
    """Draws from the rows of ``sample``, or from its clusters."""
    sizes = tuple(group.n for group in sample.groups)
    if not clusters:
        return Resampling(sizes, None, seed)
    return Resampling(sizes, cluster_numbers(sample), seed)


def cluster_numbers(sample: Sample) -> tuple[Index, ...]:
    """(n_g,) clusters of every group, numbered from 0 within the group; rows of its own where there are no clusters."""
    found = []
    for group in sample.groups:
        number = np.arange(group.n) if group.clusters is None else group.clusters
        found.append(np.unique(number, return_inverse=True)[1].reshape(-1).astype(np.intp))
    return tuple(found)


def times_drawn(generator: np.random.Generator, n: int) -> NDArray[np.int64]:
    """(BLOCK, n) how often each of n things is drawn in n draws with replacement."""
    drawn = generator.integers(0, n, size=(BLOCK, n)) + n * np.arange(BLOCK)[:, None]
    counted: NDArray[np.int64] = np.bincount(drawn.ravel(), minlength=BLOCK * n).reshape(BLOCK, n)
    return counted


def left_out(sample: Sample, most: int, *, clusters: bool = False) -> list[tuple[int, Index]]:
    """What a jackknife leaves out in turn: (group, rows) of each case or cluster, or of ``most`` sets of them.

    Sets take every ``most``-th case, over all groups; the skewness that the jackknife is asked for is that of single
    cases whatever their number (see :func:`pipeline.sem.intervals.acceleration`).
    """
    members = cluster_numbers(sample) if clusters else tuple(np.arange(group.n) for group in sample.groups)
    left = []
    for number, member in enumerate(members):
        units = int(member.max()) + 1
        sets = min(units, max(1, most * units // sum(int(m.max()) + 1 for m in members)))
        of_row = member % sets
        order = np.argsort(of_row, kind="stable")
        ends = np.searchsorted(of_row[order], np.arange(sets + 1))
        left += [(number, order[ends[k]: ends[k + 1]]) for k in range(sets)]
    return left


def symmetric_root(matrix: Array, power: float = 0.5) -> Array:
    """The symmetric ``power`` of a symmetric positive semidefinite matrix (p, p), within its range."""
    eigenvalues, vectors = np.linalg.eigh(matrix)
    # Below this an eigenvalue is a rounding of 0, and its root would be noise a million times as large.
    positive = eigenvalues > 1e-14 * np.abs(eigenvalues).max(initial=0.0)
    raised = np.where(positive, np.where(positive, eigenvalues, 1.0) ** power, 0.0)
    result: Array = (vectors * raised) @ vectors.T
    return result


def bollen_stine_rows(X: Array, Sigma: Array, mu: Array | None) -> Array:
    """Rows Y = (X − x̄) S^(−½) Σ^(½) + μ, whose covariance matrix (divided by N) is Σ (Bollen & Stine 1992, eq. 13).

    Parameters
    ----------
    X
        (n, p) complete rows.
    Sigma, mu
        (p, p) and (p,) implied moments; without μ the means stay as they are.
    """
    mean = X.mean(axis=0)
    centred = X - mean
    S = centred.T @ centred / len(X)
    turned: Array = centred @ symmetric_root(S, -0.5) @ symmetric_root(Sigma)
    return turned + (mean if mu is None else mu)
