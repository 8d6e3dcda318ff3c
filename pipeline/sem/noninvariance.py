"""How much an item's differences between groups matter: dMACS (Nye & Drasgow 2011) and its signed version.

A significant difference of a loading or an intercept may be too small to matter for scores. dMACS is the root mean
squared difference of the scores that the two groups' parameters predict for the same latent value, over the focal
group's latent distribution, in standard deviations of the item.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from scipy.special import ndtr

from pipeline.sem.describe import describe
from pipeline.sem.estimate import estimate_model
from pipeline.sem.fit import Fit
from pipeline.sem.invariance import Ladder, Released, step_syntax
from pipeline.sem.invariance_rows import GroupedRows
from pipeline.sem.latent_means import means_step
from pipeline.sem.linalg import Array
from pipeline.undefined import Number, Undefined

__all__ = ["Dmacs", "dmacs", "expected_score", "linear_dmacs", "ordinal_dmacs"]

_NODES = 101
"""Of Gauss–Hermite quadrature in each direction: expected scores of sharply answered items are nearly steps."""


@dataclass(frozen=True, slots=True)
class Dmacs:
    """One item, one pair of groups.

    Attributes
    ----------
    dmacs
        √E[(ŷ_r − ŷ_f)²] / SD (Nye & Drasgow 2011, eq. 3), never negative.
    signed
        E[ŷ_r − ŷ_f] / SD (Nye, Bradburn, Olenick, Bialko & Drasgow 2019): positive if the item favours the reference
        group. Smaller than ``dmacs`` in size where lines cross.
    points
        E[ŷ_r − ŷ_f] in points of the item's scale.
    sd
        Pooled: ((n_r − 1) SD_r + (n_f − 1) SD_f) / (n_r + n_f − 2).
    linking
        What puts the groups on one scale.
    """

    item: str
    reference: str
    focal: str
    dmacs: Number
    signed: Number
    points: Number
    sd: float
    linking: str


# ---- kernels -------------------------------------------------------------------------------------------------------


def linear_dmacs(
    intercepts: tuple[float, float], loadings: tuple[Array, Array], mean: Array, cov: Array,
) -> tuple[float, float]:
    """√E[(Δν + Δλᵀη)²] and E[Δν + Δλᵀη] for η ~ N(α, Φ) of the focal group, not yet divided by the item's SD.

    In closed form: the mean is Δν + Δλᵀα, and the square adds the variance ΔλᵀΦΔλ.

    Parameters
    ----------
    intercepts, loadings
        Of the reference and of the focal group; loadings (k,) on the item's factors.
    mean, cov
        α (k,) and Φ (k, k) of the focal group.
    """
    slope = loadings[0] - loadings[1]
    shift = float(intercepts[0] - intercepts[1] + slope @ mean)
    return float(np.sqrt(shift**2 + max(float(slope @ cov @ slope), 0.0))), shift


@dataclass(frozen=True)
class OrdinalItem:
    """One group's parameters of an ordered item.

    Attributes
    ----------
    intercept, loadings
        ν and λ (k,) of the latent response.
    residual
        Its residual variance: Δ⁻² − λᵀΦλ, Φ of the same group.
    thresholds
        (c − 1,).
    """

    intercept: float
    loadings: Array
    residual: float
    thresholds: Array


def expected_score(item: OrdinalItem, explained: Array, codes: Array) -> Array:
    """E[y | u] = y₁ + Σ (y_{c+1} − y_c) Φ((ν + u − τ_c)/√θ) of an item with codes y (c,), u = λᵀη (m,)."""
    z = (item.intercept + explained[..., None] - item.thresholds) / np.sqrt(item.residual)
    score: Array = codes[0] + ndtr(z) @ np.diff(codes)
    return score


def ordinal_dmacs(
    items: tuple[OrdinalItem, OrdinalItem], mean: Array, cov: Array, codes: Array,
) -> tuple[float, float]:
    """As :func:`linear_dmacs`, with expected item scores, by Gauss–Hermite quadrature over λ_rᵀη and λ_fᵀη.

    These two are bivariate normal whatever the number of factors, and one variable if the item has one factor.
    """
    L = np.stack([items[0].loadings, items[1].loadings])
    values, vectors = np.linalg.eigh(L @ cov @ L.T)
    kept = values > 1e-12 * values.max(initial=0.0)
    root = vectors[:, kept] * np.sqrt(values[kept])
    nodes, weights = np.polynomial.hermite_e.hermegauss(_NODES)
    grid = np.stack([axis.ravel() for axis in np.meshgrid(*[nodes] * root.shape[1], indexing="ij")], axis=1)
    weight = np.array([1.0])
    for _ in range(root.shape[1]):
        weight = np.outer(weight, weights / weights.sum()).ravel()
    u = L @ mean + grid.reshape(len(weight), -1) @ root.T
    gap = expected_score(items[0], u[:, 0], codes) - expected_score(items[1], u[:, 1], codes)
    return float(np.sqrt(weight @ gap**2)), float(weight @ gap)


def pooled_sd(reference: Array, focal: Array) -> float:
    """Standard deviations (N − 1) of two groups' answers, averaged with weights n − 1 (Nye & Drasgow 2011, eq. 4)."""
    sizes = len(reference) - 1, len(focal) - 1
    return float((sizes[0] * np.std(reference, ddof=1) + sizes[1] * np.std(focal, ddof=1)) / sum(sizes))


# ---- items of a ladder ---------------------------------------------------------------------------------------------


def dmacs(ladder: Ladder, items: Sequence[str] | None = None) -> tuple[Dmacs, ...] | Undefined:
    """dMACS of items (all by default) for every pair of groups, the earlier group being the reference.

    Each item is judged by the model of the ladder's step with equal loadings and intercepts, its released parameters
    included, in which this item's own parameters (but residual variances) are released too: the other items link the
    groups. Where these differ as well and were not released, they bias the link.

    Raises
    ------
    KeyError
        For an item that the model does not have.
    """
    result = means_step(ladder)
    if isinstance(result, Undefined):
        return result
    found: list[Dmacs] = []
    for item in ladder.model.items if items is None else items:
        if item not in ladder.model.items:
            raise KeyError(item)
        found += _of_item(ladder, result.name, item)
    return tuple(found)


def _of_item(ladder: Ladder, step: str, item: str) -> list[Dmacs]:
    own = {Released(item, "loadings"), Released(item, "intercepts")}
    if item in ladder.levels:
        own.add(Released(item, "thresholds"))
    released = frozenset(ladder.released) | own
    others = dict.fromkeys(entry.item for entry in ladder.released if entry.item != item)
    linking = f"step {step} with {item} released" + (f", as {', '.join(others)} are" if others else "")
    without = _unlinked(ladder, item)
    fit = without or _fitted(ladder, step, released)
    pairs = list(combinations(range(len(ladder.groups)), 2))
    return [_pair(ladder, fit, item, i, j, linking) for i, j in pairs]


def _unlinked(ladder: Ladder, item: str) -> Undefined | None:
    """Every factor of the item needs another item whose loading and intercept are held equal."""
    freed = {entry.item for entry in ladder.released if entry.kind != "residuals"}
    for factor in ladder.model.factors_of(item):
        others = [other for name, own in ladder.model.factors if name == factor for other in own if other != item]
        if set(others) <= freed:
            return Undefined(f"no other item of {factor} is held equal, so that nothing links the groups")
    return None


def _fitted(ladder: Ladder, step: str, released: frozenset[Released]) -> Fit | Undefined:
    text = step_syntax(ladder.model, ladder.step(step).step, len(ladder.groups), levels=ladder.levels,
                       released=released)
    rows = ladder.rows
    estimated = estimate_model(text, rows.X, rows.names, ladder.options, groups=rows.labels, clusters=rows.clusters)
    if not estimated.converged:
        return Undefined("the model with this item released did not converge")
    return describe(estimated, with_fit=False)


def _pair(ladder: Ladder, fit: Fit | Undefined, item: str, i: int, j: int, linking: str) -> Dmacs:
    reference, focal = ladder.groups[i].label, ladder.groups[j].label
    sd = pooled_sd(_answers(ladder.rows, item, reference), _answers(ladder.rows, item, focal))
    if isinstance(fit, Undefined):
        return Dmacs(item, reference, focal, fit, fit, fit, sd, linking)
    factors = ladder.model.factors_of(item)
    values = _Values({(p.lhs, p.op, p.rhs, p.group): p.est for p in fit.parameters})
    mean, cov = values.latent(factors, j + 1)
    if item in ladder.levels:
        size, shift = _ordinal(ladder, values, item, factors, i, j)
    else:
        size, shift = linear_dmacs(
            (values.intercept(item, i + 1), values.intercept(item, j + 1)),
            (values.loadings(item, factors, i + 1), values.loadings(item, factors, j + 1)), mean, cov)
    if not np.isfinite(size):
        none = Undefined(f"the residual variance of {item}'s latent response is not positive")
        return Dmacs(item, reference, focal, none, none, none, sd, linking)
    return Dmacs(item, reference, focal, size / sd, shift / sd, shift, sd, linking)


def _answers(rows: GroupedRows, item: str, group: str) -> Array:
    column = rows.X[np.array(rows.labels) == group, rows.names.index(item)]
    answers: Array = column[~np.isnan(column)]
    return answers


def _ordinal(
    ladder: Ladder, values: _Values, item: str, factors: tuple[str, ...], i: int, j: int,
) -> tuple[float, float]:
    parts = []
    for group in (i + 1, j + 1):
        loadings = values.loadings(item, factors, group)
        _, cov = values.latent(factors, group)
        residual = values.est[item, "~*~", item, group] ** -2 - float(loadings @ cov @ loadings)
        if not residual > 0:
            return float("nan"), float("nan")
        thresholds = np.array([values.est[item, "|", f"t{t}", group] for t in range(1, ladder.levels[item])])
        parts.append(OrdinalItem(values.intercept(item, group), loadings, residual, thresholds))
    column = ladder.rows.X[:, ladder.rows.names.index(item)]
    codes = np.unique(column[~np.isnan(column)])
    mean, cov = values.latent(factors, j + 1)
    return ordinal_dmacs((parts[0], parts[1]), mean, cov, codes)


@dataclass(frozen=True)
class _Values:
    """Estimates by relation and group."""

    est: dict[tuple[str, str, str, int], float]

    def intercept(self, item: str, group: int) -> float:
        return self.est[item, "~1", "", group]

    def loadings(self, item: str, factors: Sequence[str], group: int) -> Array:
        return np.array([self.est[factor, "=~", item, group] for factor in factors])

    def latent(self, factors: Sequence[str], group: int) -> tuple[Array, Array]:
        mean = np.array([self.est[factor, "~1", "", group] for factor in factors])
        cov = np.array([[self.est[a, "~~", b, group] if (a, "~~", b, group) in self.est
                         else self.est[b, "~~", a, group] for b in factors] for a in factors])
        return mean, cov
