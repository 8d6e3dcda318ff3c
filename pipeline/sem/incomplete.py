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

from pipeline.sem.discrepancy import Slope
from pipeline.sem.linalg import Array, Field, Inverse
from pipeline.sem.matrices import Index
from pipeline.sem.weighted import weighted_moments, weighted_products


@dataclass(frozen=True, slots=True)
class PatternClass:
    """Patterns that lack the same number of values, s.

    Attributes
    ----------
    missing
        (patterns, s) positions of the missing variables.
    rows
        (rows,) positions among the incomplete rows; ``pattern`` (rows,) says which pattern each has.
    entries
        (rows, s) numbers of the missing entries, which :class:`Patterns` counts variable by variable.
    scatter
        (p², s² · rows) adds s × s blocks, rows last, into a p × p matrix.
    """

    missing: Index
    rows: Index
    pattern: Index
    entries: Index
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
    lacking
        For every variable, the incomplete rows that lack it; one after the other they are the missing entries.
    order
        (n_c + n_i,) positions of these rows in the data they were taken from.
    """

    complete: Array
    incomplete: Array
    observed: NDArray[np.bool_]
    classes: tuple[PatternClass, ...]
    lacking: tuple[Index, ...]
    order: Index


def patterns_of(X: Array) -> Patterns:
    """Sort rows (n, p), NaN where missing, by pattern. A row without any value has no likelihood: drop it first."""
    seen = ~np.isnan(X)
    whole = seen.all(axis=1)
    gaps = np.flatnonzero(~whole)
    observed = seen[gaps]
    lacking = tuple(np.flatnonzero(~column) for column in observed.T)
    number_of = np.zeros(observed.shape, dtype=np.intp)
    number_of.T[~observed.T] = np.arange(int((~observed).sum()))
    classes = []
    absent = (~observed).sum(axis=1)
    for s in np.unique(absent):
        rows = np.flatnonzero(absent == s)
        distinct, pattern = np.unique(~observed[rows], axis=0, return_inverse=True)
        # In the patterns' order, so that where every row has a pattern of its own no block need be copied.
        sorting = np.argsort(pattern.reshape(-1), kind="stable")
        rows, pattern = rows[sorting], pattern.reshape(-1)[sorting].astype(np.intp)
        missing = np.array([np.flatnonzero(row) for row in distinct], dtype=np.intp)
        entries = number_of[rows[:, None], missing[pattern]]
        classes.append(PatternClass(missing, rows, pattern, entries, _scatter(missing[pattern], X.shape[1])))
    order = np.concatenate([np.flatnonzero(whole), gaps])
    return Patterns(X[whole], np.where(observed, X[gaps], 0.0), observed, tuple(classes), lacking, order)


def _scatter(missing: Index, p: int) -> sparse.csr_array:
    cells = (missing.T[:, None] * p + missing.T[None]).ravel()
    return sparse.csr_array((np.ones(len(cells)), (cells, np.arange(len(cells)))), shape=(p * p, len(cells)))


@dataclass(frozen=True, slots=True)
class Expected:
    """Expected sums over incomplete cases, given what is observed and the moments (Σ, μ).

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

    Sums over what is observed are taken once, about ``centre``; a step only fills in what is missing. Arrays of a step
    have the stack last, so that its members lie side by side in memory.

    Attributes
    ----------
    patterns
        The rows.
    weights
        (n_i, b) how often each incomplete row counts; ``counts`` the same summed by pattern, (patterns, b) a class.
    centre
        (p,) what observed values are taken about.
    products, crossed, together
        (p, p, b) Σ w yyᵀ, Σ w y oᵀ and Σ w ooᵀ over incomplete rows; y are deviations from the centre, 0 where missing,
        and o says 1 where a value is observed.
    deviations
        (n_i, p) y itself.
    whole_n, whole_mean, whole_cov
        (b,), (b, p), (b, p, p) number and moments of the complete rows (0 where there are none).
    n, mean, cov
        (b,) all cases; (b, p) and (b, p, p) moments of which only those of fixed exogenous variables, which are
        always observed, are used.
    """

    patterns: Patterns
    weights: Array
    counts: tuple[Array, ...]
    centre: Array
    products: Array
    crossed: Array
    together: Array
    deviations: Array
    whole_n: Array
    whole_mean: Array
    whole_cov: Array
    n: Array
    mean: Array
    cov: Array

    @property
    def size(self) -> int:
        return sum(group.rows.size * (group.missing.shape[1] ** 2 + 2) for group in self.patterns.classes)

    def expected(self, K: Field, mu: Field) -> Expected:
        """Expected sums at K = Σ⁻¹ (b or 1, p, p) and μ (b or 1, p), for the stack's members."""
        stack = np.ascontiguousarray(np.moveaxis(K, 0, -1))
        shift = np.ascontiguousarray((mu - self.centre).T)
        p, width = len(shift), max(stack.shape[-1], self.weights.shape[1])
        observed = self.patterns.observed.astype(np.float64)
        filled, blocks, logdet = self._fill(stack, self._told(stack, shift, observed), width)

        # Σ w (y − μ)fᵀ over what is filled in, and − Σ w y(o∘μ)ᵀ: both enter T with their transposes.
        half: Field = np.zeros((p, p, width), dtype=stack.dtype)
        first: Field = np.einsum("iib->ib", self.crossed) - shift * np.einsum("iib->ib", self.together)
        first = np.broadcast_to(first, (p, width)).astype(stack.dtype)
        end = 0
        for m, rows in enumerate(self.patterns.lacking):
            begin, end = end, end + len(rows)
            if begin < end:
                own = filled[begin:end] * self.weights[rows]
                half[:, m] = self.deviations[rows].T @ own - shift * (observed[rows].T @ own)
                first[m] += own.sum(axis=0)
        half -= self.crossed * shift
        T = self.together * shift
        T = T * shift[:, None]
        T = T + half
        T += np.swapaxes(half, 0, 1)
        T += self.products
        T += blocks
        # The blocks hold conditional covariances too, whose product with K has trace s in every row.
        constant = sum(group.missing.shape[1] * counts.sum(axis=0)
                       for group, counts in zip(self.patterns.classes, self.counts, strict=True))
        quadratic = np.einsum("ijb,ijb->b", stack, T).real - constant
        return Expected(np.ascontiguousarray(np.moveaxis(T, -1, 0)), np.ascontiguousarray(first.T), quadratic, logdet)

    def _told(self, stack: Field, shift: Field, observed: Array) -> Field:
        """(entries, b) rows of K at the missing variables times what is observed: K_mo d_o."""
        parts = [self.deviations[rows] @ stack[m] - observed[rows] @ (shift * stack[m])
                 for m, rows in enumerate(self.patterns.lacking) if len(rows)]
        told: Field = np.concatenate(parts) if parts else np.zeros((0, stack.shape[-1]))
        return told

    def _fill(self, stack: Field, told: Field, width: int) -> tuple[Field, Field, Array]:
        """Conditional means of the missing entries (entries, b); Σ w (their outer products and conditional
        covariances) (p, p, b); and Σ w log|K_mm| (b,)."""
        p = stack.shape[0]
        filled = np.empty((len(told), max(stack.shape[-1], told.shape[-1])), dtype=stack.dtype)
        total: Field = np.zeros((p * p, width), dtype=stack.dtype)
        logdet = np.zeros(width)
        for group, counts in zip(self.patterns.classes, self.counts, strict=True):
            blocks, determinant = _sweep(stack[group.missing.T[:, None], group.missing.T[None]])
            logdet += (counts * np.log(determinant.real)).sum(axis=0)
            if len(group.rows) > len(group.missing):
                blocks = blocks[:, :, group.pattern]
            seen = told[group.entries.T]
            means = blocks[:, 0] * -seen[0]
            for t in range(1, len(seen)):
                means -= blocks[:, t] * seen[t]
            filled[group.entries.T] = means
            blocks = blocks + means[:, None] * means
            total += group.scatter @ (blocks * self.weights[group.rows]).reshape(-1, width)
        return filled, total.reshape(p, p, width), logdet

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
        if self.weights.shape[1] == 1:
            return self
        return IncompleteNormal(
            self.patterns, self.weights[:, index], tuple(c[:, index] for c in self.counts), self.centre,
            self.products[..., index], self.crossed[..., index], self.together[..., index], self.deviations,
            self.whole_n[index], self.whole_mean[index], self.whole_cov[index], self.n[index], self.mean[index],
            self.cov[index],
        )


def _sweep(blocks: Field) -> tuple[Field, Field]:
    """Inverses of symmetric positive definite blocks (s, s, …), and their determinants, by Gauss–Jordan elimination.

    Without pivoting, which such matrices do not need; each step is one operation on the whole stack.
    """
    A = blocks.copy()
    determinant = np.ones(A.shape[2:], dtype=A.dtype)
    for k in range(len(A)):
        pivot = A[k, k].copy()
        determinant *= pivot
        column, row = A[:, k].copy(), A[k] / pivot
        A -= column[:, None] * row
        A[k], A[:, k] = row, -column / pivot
        A[k, k] = 1 / pivot
    return A, determinant


def incomplete_normal(patterns: Patterns, weights: Array) -> IncompleteNormal:
    """Rows counted ``weights`` (b, n), in the order of the data that :func:`patterns_of` took."""
    ordered = weights[:, patterns.order]
    split = len(patterns.complete)
    whole_n, whole_mean, whole_cov = weighted_moments(patterns.complete, ordered[:, :split])
    rest = np.ascontiguousarray(ordered[:, split:].T)
    counts = tuple(np.eye(len(c.missing))[:, c.pattern] @ rest[c.rows] for c in patterns.classes)
    seen = patterns.observed.astype(np.float64)
    centre = _centre(patterns)
    y = np.where(patterns.observed, patterns.incomplete - centre, 0.0)
    n, mean, cov = weighted_moments(np.vstack([patterns.complete, patterns.incomplete]), ordered)
    products, crossed = weighted_products(y, y, rest), weighted_products(y, seen, rest)
    together = weighted_products(seen, seen, rest)
    return IncompleteNormal(patterns, rest, counts, centre, products, crossed, together, y, whole_n, whole_mean,
                            whole_cov, n, mean, cov)


def _centre(patterns: Patterns) -> Array:
    """(p,) means of the values that are there, about which sums of squares lose no digits."""
    total = patterns.complete.sum(axis=0) + patterns.incomplete.sum(axis=0)
    result: Array = total / np.maximum(len(patterns.complete) + patterns.observed.sum(axis=0), 1)
    return result
