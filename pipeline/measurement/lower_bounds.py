"""Lower bounds to the reliability of a sum of items: Guttman's six and the greatest one.

Classical test theory alone, without a model of the items, bounds the reliability of their sum from below. Every bound
here is a function of a covariance matrix (N or N − 1 alike, for none changes if the matrix is multiplied by a number)
and takes a whole stack of them, so that resamples cost one call.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.measurement.stacked import inverses, positive_definite, solutions, total

Array = NDArray[np.float64]
Flags = NDArray[np.bool_]

MOST_ITEMS = 12
"""With more items the splits are too many to try them all; then λ4 is NaN."""

TOLERANCE = 1e-8
"""Width of the bracket around the greatest lower bound that counts as converged; the search aims at half of it."""

_STACK = 4096
"""Problems solved together: few enough to stay near the processor."""

_STEPS = 80
_BACK = 0.98
"""Share of the way to the border that a step may take."""


@dataclass(frozen=True, slots=True)
class GuttmanBounds:
    """Guttman's (1945) bounds, each of the shape of the stack; NaN where the sum, or an inverse, does not exist."""

    lambda1: Array
    lambda2: Array
    lambda3: Array
    lambda4: Array
    lambda5: Array
    lambda6: Array


@dataclass(frozen=True, slots=True)
class GreatestLowerBound:
    """The smallest reliability that classical test theory allows, given the covariances.

    Attributes
    ----------
    value
        (...) the bound; NaN where the search could not begin or did not arrive.
    converged
        (...) whether ``gap`` is within the tolerance.
    gap
        (...) width of the bracket: the bound is at most ``value`` and at least ``value − gap``, by a dual certificate
        that does not rest on the search having worked; NaN where there is none.
    errors
        (..., k) the error variances that reach it.
    iterations
        Of the slowest.
    """

    value: Array
    converged: Flags
    gap: Array
    errors: Array
    iterations: int


def guttman_bounds(covariances: Array) -> GuttmanBounds:
    """λ1 … λ6 of ``covariances`` (..., k, k), k ≥ 2 (Guttman 1945).

    With V = 1ᵀC1 and the sums below over pairs i ≠ j:

    - λ1 = 1 − tr C / V
    - λ2 = λ1 + √(k/(k − 1)·Σ c_ij²) / V
    - λ3 = k/(k − 1)·λ1, Cronbach's alpha
    - λ4 = the largest of 4·c_AB / V over all splits of the items into two parts A and B, of whatever size
    - λ5 = λ1 + 2·√(max_j Σ_i c_ij²) / V
    - λ6 = 1 − Σ_i 1/(C⁻¹)_ii / V
    """
    C = _stack(covariances)
    k = C.shape[-1]
    diagonal = np.diagonal(C, axis1=-2, axis2=-1)
    whole = C.sum(axis=(-2, -1))
    squares = (C**2).sum(axis=-2) - diagonal**2
    unique = _uniquenesses(C)
    with np.errstate(divide="ignore", invalid="ignore"):
        first = 1 - diagonal.sum(axis=-1) / whole
        bounds = GuttmanBounds(
            first, first + np.sqrt(k / (k - 1) * squares.sum(axis=-1)) / whole, k / (k - 1) * first,
            _largest_split(C) / whole, first + 2 * np.sqrt(squares.max(axis=-1)) / whole,
            1 - unique.sum(axis=-1) / whole)
    positive = whole > 0
    return GuttmanBounds(*(
        np.where(positive, getattr(bounds, name), np.nan) for name in GuttmanBounds.__dataclass_fields__))


def split_signs(k: int) -> Array:
    """(2^(k−1) − 1, k) every split of k items into two parts: 1 in the part of the first item, −1 in the other."""
    numbers = np.arange(1, 2 ** (k - 1))
    other = (numbers[:, None] >> np.arange(k - 1)) & 1
    return np.hstack([np.ones((len(numbers), 1)), 1.0 - 2.0 * other])


def greatest_lower_bound(covariances: Array, tolerance: float = TOLERANCE) -> GreatestLowerBound:
    """The greatest lower bound of Jackson and Agunwamba (1977), by a primal-dual interior point method.

    glb = 1 − max tr D / 1ᵀC1 over diagonal D ≥ 0 with C − D positive semidefinite: the errors take all they can without
    leaving the true scores an impossible covariance matrix. Its dual is min tr ZC over positive semidefinite Z with
    z_ii ≥ 1 (ten Berge, Snijders & Zegers 1981); any such Z bounds tr D from above and so certifies the answer.
    Rank one, Z = ttᵀ with t of signs, is a split of the items; so λ4 ≤ glb.

    Both problems stay feasible at every step, and a Newton step on SZ = μI, d_i·(z_ii − 1) = μ with S = C − D (the
    direction of Helmberg, Rendl, Vanderbei & Wolkowicz 1996) is a system of k equations.

    Parameters
    ----------
    covariances
        (..., k, k), k ≥ 2, positive definite; of one that is not, ``converged`` is False.
    tolerance
        Of ``gap``, in units of reliability.
    """
    C = _stack(covariances)
    shape, k = C.shape[:-2], C.shape[-1]
    flat = C.reshape(-1, k, k)
    value, gap = np.full(len(flat), np.nan), np.full(len(flat), np.nan)
    errors, iterations = np.full((len(flat), k), np.nan), 0
    whole = total(flat.reshape(len(flat), k * k).T)
    usable = np.flatnonzero(np.isfinite(flat).all(axis=(1, 2)) & (whole > 0) & (np.diagonal(flat, 0, 1, 2) > 0).all(1))
    for begin in range(0, len(usable), _STACK):
        chunk = usable[begin:begin + _STACK]
        # The stack's axis last: every operation below is then one pass over contiguous numbers.
        scaled = np.ascontiguousarray(np.moveaxis(flat[chunk] / whole[chunk, None, None], 0, -1))
        d, gap[chunk], steps = _largest_errors(scaled, tolerance / 2)
        errors[chunk], iterations = (d * whole[chunk]).T, max(iterations, steps)
        value[chunk] = np.where(np.isnan(gap[chunk]), np.nan, 1 - total(d))
    converged = gap <= tolerance
    value[~converged], errors[~converged] = np.nan, np.nan
    return GreatestLowerBound(value.reshape(shape), converged.reshape(shape), gap.reshape(shape),
                              errors.reshape(*shape, k), iterations)


def _stack(covariances: Array) -> Array:
    C = np.asarray(covariances, dtype=float)
    if C.ndim < 2 or C.shape[-1] != C.shape[-2] or C.shape[-1] < 2:
        raise ValueError(f"expected covariance matrices (..., k, k) of two items or more; their shape is {C.shape}")
    return C


def _uniquenesses(C: Array) -> Array:
    """(..., k) variance of each item beyond what the others explain, 1/(C⁻¹)_ii; NaN where C has no inverse."""
    flat = np.ascontiguousarray(np.moveaxis(C.reshape(-1, *C.shape[-2:]), 0, -1))
    inverse, positive = inverses(flat)
    diagonal = np.where(positive, np.einsum("iin->in", inverse), np.nan)
    return np.asarray((1 / diagonal).T.reshape(C.shape[:-1]))


def _largest_split(C: Array) -> Array:
    """(...) the largest 4·c_AB over all splits: V − tᵀCt for signs t."""
    k = C.shape[-1]
    if k > MOST_ITEMS:
        return np.full(C.shape[:-2], np.nan)
    signs = split_signs(k)
    first, second = np.triu_indices(k, 1)
    # 4·c_AB is twice the sum over unordered pairs of c_ij·(1 − t_i·t_j).
    apart = 2 * (1 - signs[:, first] * signs[:, second])
    pairs = C[..., first, second].reshape(-1, len(first))
    largest = [(pairs[begin:begin + _STACK] @ apart.T).max(axis=1) for begin in range(0, len(pairs), _STACK)]
    return np.concatenate(largest).reshape(C.shape[:-2]) if largest else np.empty(C.shape[:-2])


# -- interior point ------------------------------------------------------------------------------------------


def _largest_errors(C: Array, aim: float) -> tuple[Array, Array, int]:
    """Error variances d (k, n) of covariances C (k, k, n) of sum 1, their gap (n,), and the steps taken."""
    k, _, n = C.shape
    d, started = _beginning(C)
    Z = np.repeat(2.0 * np.eye(k)[:, :, None], n, axis=2)
    gap = np.full(n, np.nan)
    active, centring = np.flatnonzero(started), np.full(n, 0.2)
    for step in range(_STEPS):
        # Z is feasible at every step, so tr ZC is a bound whatever brought it about.
        gap[active] = total(Z[:, :, active] * C[:, :, active]) - total(d[:, active])
        active = active[gap[active] > aim]
        if not len(active):
            return d, gap, step
        d[:, active], Z[:, :, active], length = _newton_step(
            _less(C[:, :, active], d[:, active]), d[:, active], Z[:, :, active], centring[active])
        centring[active] = np.select([length > 0.9, length > 0.4], [0.1, 0.3], 0.7)
    return d, gap, _STEPS


def _beginning(C: Array) -> tuple[Array, Flags]:
    """Error variances (k, n) well inside, the same share of each item's variance, and where there are any."""
    variances = np.einsum("iin->in", C)
    share = np.full(C.shape[-1], 0.5)
    inside = np.zeros(C.shape[-1], dtype=bool)
    for _ in range(40):
        inside = positive_definite(_less(C, share * variances))
        if inside.all():
            break
        share = np.where(inside, share, share / 2)
    # Half of a share that is inside is so by a margin.
    return share / 2 * variances, inside


def _less(C: Array, d: Array) -> Array:
    S = C.copy()
    np.einsum("iin->in", S)[...] -= d
    return S


def _newton_step(S: Array, d: Array, Z: Array, centring: Array) -> tuple[Array, Array, Array]:
    """The next d and Z, and the shorter of the two lengths of the step."""
    k = len(d)
    W, _ = inverses(S)
    slack = np.einsum("iin->in", Z) - 1
    mu = centring * (total(Z * S) + total(slack * d)) / (2 * k)
    system = Z * W
    np.einsum("iin->in", system)[...] += slack / d
    rhs = mu / d + 1 - mu * np.einsum("iin->in", W)
    delta = solutions(system, rhs)
    weighted = Z * delta
    moved = sum((weighted[:, j, None] * W[j] for j in range(1, k)), weighted[:, 0, None] * W[0])
    dZ = mu * W - Z + (moved + moved.transpose(1, 0, 2)) / 2
    along = _length(S, _less(np.zeros_like(S), delta), d, delta)
    across = _length(Z, dZ, slack, np.einsum("iin->in", dZ))
    return d + along * delta, Z + across * dZ, np.minimum(along, across)


def _length(matrix: Array, change: Array, vector: Array, slope: Array) -> Array:
    """(n,) the longest step, of 1 and its parts, that leaves ``matrix`` positive definite and ``vector`` positive."""
    with np.errstate(over="ignore"):
        border = np.where(slope < 0, -vector / np.minimum(slope, -1e-300), np.inf).min(axis=0)
    length: Array = np.minimum(1.0, _BACK * border)
    trying = np.arange(matrix.shape[-1])
    for _ in range(60):
        # What is tried must be inside, and what is taken lies a little before it.
        inside = positive_definite(matrix[:, :, trying] + length[trying] / _BACK * change[:, :, trying])
        trying = trying[~inside]
        if not len(trying):
            return length
        length[trying] *= 0.7
    length[trying] = 0.0
    return length
