"""How far implied moments are from complete data: the normal-theory discrepancy, on stacks.

F = log|Σ| + tr(TΣ⁻¹) − log|S| − p with T = S + (ȳ − μ)(ȳ − μ)ᵀ (Jöreskog 1967; Bollen 1989, eq. 4.67, with means as
in his eq. 7.84). S divides by N, not N − 1, so N·F is the likelihood-ratio χ² against unrestricted moments.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from pipeline.sem.linalg import Array, Field, Inverse, cholesky
from pipeline.sem.matrices import Index


@dataclass(frozen=True, slots=True)
class Slope:
    """Discrepancy at implied moments and its derivatives by them.

    Attributes
    ----------
    value
        (b,) F; NaN during a complex step.
    by_sigma
        (b, p, p) symmetric ∂F/∂Σ.
    by_mu
        (b, p) ∂F/∂μ, or None where means are not modelled.
    """

    value: Array
    by_sigma: Field
    by_mu: Field | None


class Discrepancy(Protocol):
    """One group's data, or a stack of resampled versions of them, as seen by estimation.

    Attributes
    ----------
    n
        (b or 1,) cases.
    cov, mean
        (b or 1, p, p), (b or 1, p) moments; those of fixed exogenous variables enter the model's matrices.
    """

    @property
    def n(self) -> Array: ...
    @property
    def cov(self) -> Array: ...
    @property
    def mean(self) -> Array: ...

    @property
    def size(self) -> int:
        """Numbers a member needs while its slope is computed, beyond its matrices."""
        ...

    def slope(self, implied: Inverse, Sigma: Field, mu: Field) -> Slope:
        """F and its derivatives; a model without means passes its μ, which is then not looked at."""
        ...

    def take(self, index: Index) -> Discrepancy:
        """The members ``index`` of the stack."""
        ...


@dataclass(frozen=True, slots=True)
class CompleteNormal:
    """Moments of complete data, which is all that the likelihood needs of them.

    Attributes
    ----------
    n
        (b,) cases.
    mean, cov
        (b, p) and (b, p, p); ``cov`` divides by N.
    constant
        (b,) log|S| + p.
    means
        Whether means are modelled; if not, T = S.
    """

    n: Array
    mean: Array
    cov: Array
    constant: Array
    means: bool

    @property
    def size(self) -> int:
        return 0

    def slope(self, implied: Inverse, Sigma: Field, mu: Field) -> Slope:
        W = implied.inverse
        T: Field
        if self.means:
            d = self.mean - mu
            T = self.cov + d[..., :, None] * d[..., None, :]
        else:
            T = self.cov
        WT = W @ T
        by_sigma = W - WT @ W
        value = implied.logdet + np.trace(WT, axis1=-2, axis2=-1).real - self.constant
        by_mu = -2 * (W @ d[..., None])[..., 0] if self.means else None
        return Slope(value, by_sigma, by_mu)

    def take(self, index: Index) -> CompleteNormal:
        if len(self.cov) == 1:
            return self
        n = self.n if len(self.n) == 1 else self.n[index]
        return CompleteNormal(n, self.mean[index], self.cov[index], self.constant[index], self.means)


def complete_normal(n: Array, mean: Array, cov: Array, *, means: bool) -> CompleteNormal:
    """Moments as a discrepancy; a singular S has constant −∞, and F has no value."""
    factor, positive = cholesky(cov)
    logdet = 2 * np.log(np.diagonal(factor, axis1=-2, axis2=-1)).sum(axis=-1)
    constant = np.where(positive, logdet, -np.inf) + cov.shape[-1]
    return CompleteNormal(n, mean, cov, constant, means)
