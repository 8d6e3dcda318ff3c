"""Indices of a bifactor solution: how much of a sum, and of what items share, is due to the general factor.

Every item loads on the general factor (g) and on at most one specific factor (s), all uncorrelated, so that the
variance of item i is gᵢ² + sᵢ² + uᵢ. Formulas as Rodriguez, Reise & Haviland (2016, *Psychological Methods*, 21,
137–150) collect them; who proposed an index stands with it. Omegas are of the sum of the items in their own units, as
scores are computed; explained common variance and construct replicability are of standardised loadings, as is usual: a
unit of measurement should not weigh an item. Variances are the model's; N enters through the estimates alone.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from pipeline.measurement.structures import GENERAL, factor_name, items_of
from pipeline.sem.describe import all_values
from pipeline.sem.estimate import Estimated
from pipeline.sem.linalg import Array, Field, one_thread
from pipeline.sem.objective import STEP
from pipeline.undefined import Number, Undefined

Membership = NDArray[np.float64]
"""(k, d) 1 where item i loads on specific factor j, else 0."""

_NO_VCOV = Undefined("the estimates have no sampling covariance matrix")


# -- kernels -----------------------------------------------------------------------------------------------------


def membership(dimensions: Mapping[str, Sequence[str]]) -> Membership:
    """(k, d) of the dimensions with two items or more; items in their order."""
    sizes = [len(items) for items in dimensions.values()]
    owner = np.repeat(np.arange(len(sizes)), sizes)
    specific = [place for place, size in enumerate(sizes) if size > 1]
    return np.asarray(owner[:, None] == np.array(specific, dtype=int), dtype=float)


def omega_total(general: Field, specific: Field, unique: Field, of: Membership) -> Field:
    """((Σgᵢ)² + Σⱼ(Σ_{i∈j} sᵢ)²) / σ²: share of the sum's variance due to all factors (McDonald 1999).

    Parameters
    ----------
    general, specific, unique
        (…, k) loadings and residual variances; ``specific`` is 0 for an item without a specific factor.
    of
        (k, d)
    """
    common = general.sum(axis=-1)**2 + ((specific @ of)**2).sum(axis=-1)
    result: Field = common / (common + unique.sum(axis=-1))
    return result


def omega_hierarchical(general: Field, specific: Field, unique: Field, of: Membership) -> Field:
    """(Σgᵢ)² / σ²: share of the sum's variance due to the general factor (Zinbarg et al. 2005)."""
    own = general.sum(axis=-1)**2
    result: Field = own / (own + ((specific @ of)**2).sum(axis=-1) + unique.sum(axis=-1))
    return result


def omega_subscales(general: Field, specific: Field, unique: Field, of: Membership) -> tuple[Field, Field]:
    """Omega and omega HS of every specific factor's sum, each (…, d).

    With sums over the factor's own items: ((Σg)² + (Σs)²) / σ²ⱼ and (Σs)² / σ²ⱼ, σ²ⱼ = (Σg)² + (Σs)² + Σu (Reise,
    Bonifay & Haviland 2013).
    """
    by_general, by_specific = (general @ of)**2, (specific @ of)**2
    variance = by_general + by_specific + unique @ of
    return (by_general + by_specific) / variance, by_specific / variance


def explained_common_variance(general: Field, specific: Field, of: Membership) -> tuple[Field, Field]:
    """Share of the common variance Σg² + Σs² that is the general factor's, (…,), and each specific one's, (…, d).

    Standardised loadings (…, k). Ten Berge & Sočan 2004; Reise, Moore & Haviland 2010.
    """
    by_general, by_specific = (general**2).sum(axis=-1), specific**2 @ of
    common = by_general + by_specific.sum(axis=-1)
    return by_general / common, by_specific / common[..., None]


def item_explained_common_variance(general: Field, specific: Field) -> Field:
    """gᵢ² / (gᵢ² + sᵢ²), (…, k): 1 where the general factor alone explains (Stucky, Thissen & Edelen 2013)."""
    result: Field = general**2 / (general**2 + specific**2)
    return result


def uncontaminated(of: Membership) -> float:
    """PUC: share of the k(k−1)/2 pairs of items that have no specific factor in common (Reise et al. 2013)."""
    k, sizes = len(of), of.sum(axis=0)
    return float(1 - (sizes * (sizes - 1)).sum() / (k * (k - 1)))


def replicability(loadings: Array) -> Number:
    """H = 1 / (1 + 1 / Σ λᵢ²/(1 − λᵢ²)): squared correlation of a factor with the best sum of its items.

    Hancock & Mueller (2001), of standardised loadings (k,).
    """
    if (np.abs(loadings) >= 1).any():
        return Undefined("an item's standardised loading is 1 or more")
    information = float((loadings**2 / (1 - loadings**2)).sum())
    return information / (1 + information)


@dataclass(frozen=True, slots=True)
class ShareInterval:
    """A share between 0 and 1, its standard error and its interval."""

    est: Number
    se: Number
    lower: Number
    upper: Number


def share_interval(est: float, se: float, level: float) -> ShareInterval:
    """logit⁻¹(logit p ± z·se/(p(1 − p))), which stays between 0 and 1 (Kelley & Pornprasertmanit 2016)."""
    if not np.isfinite(se):
        return ShareInterval(est, _NO_VCOV, _NO_VCOV, _NO_VCOV)
    if not 0 < est < 1:
        outside = Undefined("the share is at or beyond its bounds of 0 and 1")
        return ShareInterval(est, se, outside, outside)
    reach = NormalDist().inv_cdf((1 + level) / 2) * se / (est * (1 - est))
    odds = float(np.log(est / (1 - est)))
    lower, upper = (float(1 / (1 + np.exp(-(odds + sign * reach)))) for sign in (-1, 1))
    return ShareInterval(est, se, lower, upper)


# -- of an estimated model -----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class SpecificIndices:
    """Indices of one specific factor; see the kernels."""

    omega: Number
    omega_hs: Number
    ecv: Number
    h: Number


@dataclass(frozen=True, slots=True)
class BifactorIndices:
    """Indices of a bifactor solution.

    Attributes
    ----------
    items
        In the order of ``general``, ``specific`` and ``iecv``.
    general, specific
        Standardised loadings; None for an item without a specific factor.
    general_se, specific_se
        Their standard errors.
    factors
        Dimension → indices of its factor.
    """

    items: tuple[str, ...]
    general: tuple[float, ...]
    general_se: tuple[Number, ...]
    specific: tuple[float | None, ...]
    specific_se: tuple[Number | None, ...]
    iecv: tuple[Number, ...]
    omega_total: float
    omega_h: ShareInterval
    ecv: ShareInterval
    puc: float
    h: Number
    factors: dict[str, SpecificIndices]


def bifactor_indices(
    estimated: Estimated, dimensions: Mapping[str, Sequence[str]], *, name: str = GENERAL, level: float = 0.95,
) -> BifactorIndices | Undefined:
    """All indices of :func:`pipeline.measurement.structures.bifactor`, estimated by any method.

    Standard errors by the delta method from the estimates' covariance matrix, robust where that is; derivatives are
    exact to rounding, by a complex step.

    Returns
    -------
    Undefined
        For an estimate that did not converge or has a negative variance: shares of such variances mean nothing.
    """
    if not estimated.converged:
        return Undefined("the bifactor model did not converge")
    rows, of = _rows(estimated, dimensions, name), membership(dimensions)
    improper = [d for d in estimated.diagnoses if d.code == "negative-variance"]
    if improper:
        return Undefined(f"the bifactor model is improper: {' '.join(d.text for d in improper)}".rstrip("."))
    with one_thread():
        theta = estimated.theta
        at, stepped = all_values(estimated, theta[None]), all_values(
            estimated, theta + 1j * STEP * np.eye(len(theta)))

    def share(kernel: Callable[[Field, Field, Field], Field], solution: int) -> ShareInterval:
        value = kernel(*rows.take(at[solution]))[0].real
        gradient = kernel(*rows.take(stepped[solution])).imag / STEP
        return share_interval(float(value), _root(float(gradient @ estimated.vcov @ gradient)), level)

    g, s, u = (part[0].real for part in rows.take(at[_OWN_UNITS]))
    G, S, _ = (part[0].real for part in rows.take(at[_STANDARDISED]))
    g_se, s_se = (_errors(part.imag.T / STEP, estimated) for part in rows.take(stepped[_STANDARDISED])[:2])
    omega, omega_hs = omega_subscales(g, s, u, of)
    by_factor = explained_common_variance(G, S, of)[1]
    return BifactorIndices(
        items_of(dimensions), tuple(map(float, G)), g_se,
        tuple(float(S[i]) if of[i].any() else None for i in range(len(of))),
        tuple(s_se[i] if of[i].any() else None for i in range(len(of))),
        tuple(map(_defined, item_explained_common_variance(G, S))),
        float(omega_total(g, s, u, of)), share(lambda g, s, u: omega_hierarchical(g, s, u, of), _OWN_UNITS),
        share(lambda g, s, u: explained_common_variance(g, s, of)[0], _STANDARDISED), uncontaminated(of),
        replicability(G),
        {dimension: SpecificIndices(float(omega[j]), float(omega_hs[j]), float(by_factor[j]),
                                    replicability(S[of[:, j] == 1]))
         for j, dimension in enumerate(one for one, items in dimensions.items() if len(items) > 1)})


_STANDARDISED, _OWN_UNITS = 1, 2
"""Of the solutions of `all_values`: items and factors standardised; factors only."""


@dataclass(frozen=True, slots=True)
class _Rows:
    """Where in the parameter table each item's loadings and residual variance stand; −1 for what it does not have."""

    general: tuple[int, ...]
    specific: tuple[int, ...]
    unique: tuple[int, ...]

    def take(self, values: Field) -> tuple[Field, Field, Field]:
        """(b, rows) → general, specific and unique, each (b, k)."""
        specific = np.where(np.array(self.specific) < 0, 0.0, values[:, self.specific])
        return values[:, self.general], specific, values[:, self.unique]


def _rows(estimated: Estimated, dimensions: Mapping[str, Sequence[str]], name: str) -> _Rows:
    place = {(row.lhs, str(row.op), row.rhs): index for index, row in enumerate(estimated.problem.table.rows)}
    items = items_of(dimensions)
    owner = {item: factor_name(one) for one, within in dimensions.items() for item in within}
    return _Rows(
        tuple(place[name, "=~", item] for item in items),
        tuple(place.get((owner[item], "=~", item), -1) for item in items),
        tuple(place[item, "~~", item] for item in items))


def _errors(J: Array, estimated: Estimated) -> tuple[Number, ...]:
    variances = np.einsum("ri,ij,rj->r", J, estimated.vcov, J, optimize=True)
    return tuple(_root(float(value)) if np.isfinite(value) else _NO_VCOV for value in variances)


def _root(variance: float) -> float:
    return float(np.sqrt(max(variance, 0.0))) if np.isfinite(variance) else float("nan")


def _defined(value: float) -> Number:
    return float(value) if np.isfinite(value) else Undefined("no factor explains anything of the item")
