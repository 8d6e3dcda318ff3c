"""Full-information likelihood of data with missing values (missing at random), on stacks.

With K = Σ⁻¹ and a row that lacks the variables m, the missing part of the deviation d = y − μ has conditional mean
d̂_m = −K_mm⁻¹ K_mo d_o and covariance K_mm⁻¹. From these

    −2 log L / N = log|Σ| + tr(K · Σᵢ d̂ᵢd̂ᵢᵀ)/N + Σᵢ log|K_mm,i| / N + constant
    ∂/∂Σ         = K − K T K,   T = Σᵢ (d̂ᵢd̂ᵢᵀ + [K_mm,i⁻¹]) / N
    ∂/∂μ         = −2 K Σᵢ d̂ᵢ / N

which is the complete-data derivative at expected moments (Dempster, Laird & Rubin 1977; Little & Rubin 2002, ch. 11).
Only matrices of the order of the number of missing values are inverted per pattern, and a row that lacks one or two
values of forty costs next to nothing; inverting each pattern's observed part would cost the cube of what is there.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from pipeline.engine.discrepancy import Slope
from pipeline.engine.linalg import Array, Field, Inverse
from pipeline.engine.matrices import Index


@dataclass(frozen=True, slots=True)
class PatternClass:
    """Patterns that lack the same number of values, s.

    Attributes
    ----------
    missing
        (patterns, s) positions of the missing variables.
    rows
        (rows,) positions among the incomplete rows; ``pattern`` (rows,) says which pattern each has.
    scatter
        (p², patterns · s²) adds a stack of s × s blocks into a p × p matrix.
    """

    missing: Index
    rows: Index
    pattern: Index
    scatter: sparse.csr_array


@dataclass(frozen=True, slots=True)
class Patterns:
    """What is observed where; the same for every resampled version of the data.

    Attributes
    ----------
    complete, incomplete
        (n_c, p) rows without and (n_i, p) with missing values, the latter 0 where missing.
    observed
        (n_i, p) True where a value is there.
    n_observed
        Observed values in all.
    order
        (n_c + n_i,) positions of these rows in the data they were taken from.
    """

    complete: Array
    incomplete: Array
    observed: NDArray[np.bool_]
    classes: tuple[PatternClass, ...]
    order: Index

    @property
    def n_observed(self) -> int:
        return int(self.complete.size + self.observed.sum())


def patterns_of(X: Array) -> Patterns:
    """Sort rows (n, p), NaN where missing, by pattern. A row without any value belongs to no likelihood: drop it first."""
    seen = ~np.isnan(X)
    whole = seen.all(axis=1)
    gaps = np.flatnonzero(~whole)
    observed = seen[gaps]
    incomplete = np.where(observed, X[gaps], 0.0)
    classes = []
    number = (~observed).sum(axis=1)
    for s in np.unique(number):
        rows = np.flatnonzero(number == s)
        distinct, pattern = np.unique(~observed[rows], axis=0, return_inverse=True)
        missing = np.array([np.flatnonzero(row) for row in distinct], dtype=np.intp)
        classes.append(PatternClass(missing, rows, pattern.reshape(-1).astype(np.intp), _scatter(missing, X.shape[1])))
    order = np.concatenate([np.flatnonzero(whole), gaps])
    return Patterns(X[whole], incomplete, observed, tuple(classes), order)


def _scatter(missing: Index, p: int) -> sparse.csr_array:
    cells = (missing[:, :, None] * p + missing[:, None, :]).ravel()
    return sparse.csr_array((np.ones(len(cells)), (cells, np.arange(len(cells)))), shape=(p * p, len(cells)))


@dataclass(frozen=True, slots=True)
class Expected:
    """Expected sums over cases, given what is observed and the moments (Σ, μ).

    Attributes
    ----------
    T
        (b, p, p) Σ w (d̂d̂ᵀ + conditional covariance).
    first
        (b, p) Σ w d̂.
    quadratic, logdet
        (b,) Σ w d̂ᵀKd̂ and Σ w log|K_mm|.
    """

    T: Field
    first: Field
    quadratic: Array
    logdet: Array


@dataclass(frozen=True, slots=True)
class IncompleteNormal:
    """Data with missing values as a discrepancy: F = −2 log L / N, without the constant of 2π.

    Attributes
    ----------
    patterns
        The rows.
    weights
        (b, n_i) how often each incomplete row counts; ``counts`` the same summed by pattern, (b, patterns) a class.
    whole_n, whole_mean, whole_cov
        (b,), (b, p), (b, p, p) number and moments of the complete rows (0 where there are none).
    n, mean, cov
        (b,) all cases; (b, p) and (b, p, p) moments of which only those of fixed exogenous variables, which are
        always observed, are used.
    """

    patterns: Patterns
    weights: Array
    counts: tuple[Array, ...]
    whole_n: Array
    whole_mean: Array
    whole_cov: Array
    n: Array
    mean: Array
    cov: Array

    def expected(self, K: Field, mu: Field) -> Expected:
        """Expected sums of one or b sets of moments, for the stack's members."""
        rows, weights = self.patterns.incomplete, self.weights
        D = np.where(self.patterns.observed, rows - mu[:, None, :], 0.0)
        V = D @ K
        b, p = len(D), D.shape[-1]
        covariance: Field = np.zeros((b, p * p), dtype=D.dtype)
        logdet = np.zeros(b)
        for group, counts in zip(self.patterns.classes, self.counts, strict=True):
            blocks = K[:, group.missing[:, :, None], group.missing[:, None, :]]
            inverted = np.linalg.inv(blocks) if group.missing.shape[1] > 1 else 1 / blocks
            at = group.missing[group.pattern]
            seen = np.take_along_axis(V[:, group.rows], np.broadcast_to(at, (b, *at.shape)), axis=-1)
            filled = -(inverted[:, group.pattern] @ seen[..., None])[..., 0]
            D[:, group.rows[:, None], at] = filled
            weighted = (inverted * counts[..., None, None]).reshape(b, -1)
            covariance += (group.scatter @ weighted.T).T
            if not np.iscomplexobj(K):
                logdet += (counts * np.linalg.slogdet(blocks)[1]).sum(axis=-1)
        WD = D * weights[..., None]
        T = np.swapaxes(D, -1, -2) @ WD
        quadratic = np.einsum("bij,bji->b", K, T).real
        return Expected(T + covariance.reshape(b, p, p), WD.sum(axis=-2), quadratic, logdet)

    def slope(self, implied: Inverse, Sigma: Field, mu: Field) -> Slope:
        K = implied.inverse
        share = (1 / self.n)[:, None, None]
        parts = self.expected(K, mu)
        d = self.whole_mean - mu
        whole = self.whole_n[:, None, None] * (self.whole_cov + d[..., :, None] * d[..., None, :])
        KT = K @ ((parts.T + whole) * share)
        first = (parts.first + self.whole_n[:, None] * d) / self.n[:, None]
        quadratic = np.einsum("bij,bji->b", K, whole).real + parts.quadratic
        value = implied.logdet + (quadratic + parts.logdet) / self.n
        return Slope(value, K - KT @ K, -2 * (K @ first[..., None])[..., 0])

    def take(self, index: Index) -> IncompleteNormal:
        if len(self.weights) == 1:
            return self
        return IncompleteNormal(
            self.patterns, self.weights[index], tuple(c[index] for c in self.counts), self.whole_n[index], self.whole_mean[index],
            self.whole_cov[index], self.n[index], self.mean[index], self.cov[index],
        )


def weighted_moments(rows: Array, weights: Array) -> tuple[Array, Array, Array]:
    """Counts (b,), means (b, p) and covariances (b, p, p), divided by the count, of rows counted ``weights`` (b, n)."""
    p = rows.shape[1]
    n = weights.sum(axis=1)
    safe = np.where(n > 0, n, 1.0)[:, None]
    # About the overall mean, so that large means do not cancel the digits of small variances.
    centre = rows.mean(axis=0) if len(rows) else np.zeros(p)
    centred = rows - centre
    low = np.tril_indices(p)
    means = weights @ centred / safe
    products = weights @ (centred[:, low[0]] * centred[:, low[1]]) / safe
    covs = np.empty((len(weights), p, p))
    covs[:, low[0], low[1]] = covs[:, low[1], low[0]] = products
    covs -= means[:, :, None] * means[:, None, :]
    return n, means + centre, covs


def incomplete_normal(patterns: Patterns, weights: Array) -> IncompleteNormal:
    """Rows counted ``weights`` (b, n), in the order of the data that :func:`patterns_of` took."""
    ordered = weights[:, patterns.order]
    split = len(patterns.complete)
    whole_n, whole_mean, whole_cov = weighted_moments(patterns.complete, ordered[:, :split])
    rest = ordered[:, split:]
    everything = np.vstack([patterns.complete, patterns.incomplete])
    n, mean, cov = weighted_moments(everything, ordered)
    counts = tuple(rest[:, c.rows] @ np.eye(len(c.missing))[c.pattern] for c in patterns.classes)
    return IncompleteNormal(patterns, rest, counts, whole_n, whole_mean, whole_cov, n, mean, cov)
