"""What a measurement model could be wrong about: populations that differ from it by a stated amount.

A model with several factors may miss cross-loadings, one factor alone may miss residual correlations. How many, of what
size and of which indicators follows the rules of McNeish & Wolf (2023), so that cut-offs found with these populations
are comparable with theirs.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from instrument.errors import Finding, InputError

Matrix = NDArray[np.float64]

RESIDUAL_CORRELATION = 0.3
"""Of the pairs of residuals that one factor alone misses."""
ROOM = 0.95
"""Share of the largest cross-loading that leaves the indicator a residual variance of 0."""
FEWEST_ALONE = 4
"""Indicators of one factor alone, with residual variances that are uncorrelated in the model."""


@dataclass(frozen=True, slots=True, eq=False)
class FactorStructure:
    """A standardised measurement model.

    Attributes
    ----------
    factors, indicators
        m names and p names.
    loadings
        (p, m) direct loadings.
    phi
        (m, m) correlations of the factors.
    residual
        (p, p) covariances of the residuals; with the loadings they give every indicator a variance of 1.
    """

    factors: tuple[str, ...]
    indicators: tuple[str, ...]
    loadings: Matrix
    phi: Matrix
    residual: Matrix

    @property
    def implied(self) -> Matrix:
        """(p, p) correlations: ΛΦΛᵀ + Θ."""
        common: Matrix = self.loadings @ self.phi @ self.loadings.T
        return common + self.residual


@dataclass(frozen=True, slots=True, eq=False)
class Misspecified:
    """A population that has something the model has not.

    Attributes
    ----------
    added
        (name, name, size): an indicator and the factor it also loads on, or two indicators and their residuals'
        correlation, in the order in which levels add them.
    correlations
        (p, p) of the indicators.
    """

    level: int
    added: tuple[tuple[str, str, float], ...]
    correlations: Matrix


def misspecified(structure: FactorStructure) -> tuple[Misspecified, ...]:
    """Populations from the slightest misspecification to the gravest; each has what those before it have, and more.

    Raises
    ------
    InputError
        ``CUTOFF-ITEMS`` if too few indicators are free to be misspecified.
    """
    return _cross_loadings(structure) if len(structure.factors) > 1 else _residual_correlations(structure)


def free_indicators(structure: FactorStructure) -> list[int]:
    """Indicators that load on one factor and whose residual correlates with no other, smallest loading first."""
    loads = structure.loadings != 0
    correlated = (np.abs(structure.residual - np.diag(np.diag(structure.residual))) > 0).any(axis=1)
    alone = np.flatnonzero((loads.sum(axis=1) == 1) & ~correlated)
    return sorted(map(int, alone), key=lambda i: abs(_own_loading(structure, i)))


def replicability(loadings: Matrix) -> float:
    """Coefficient H of one factor, 1/(1 + 1/Σ λ²/(1 − λ²)) for its loadings (k,) (Hancock & Mueller 2001)."""
    ratio = float((loadings**2 / (1 - loadings**2)).sum())
    return ratio / (1 + ratio)


def largest_cross_loading(loading: float, correlation: float) -> float:
    """What an indicator with ``loading`` may at most load on a factor that correlates so with its own.

    1 − λ² − c² − 2λcφ, its residual variance, is 0 at c = √(λ²φ² + 1 − λ²) − λφ; .95 of that is taken (McNeish & Wolf
    2023), so that the population remains one.
    """
    return ROOM * float(np.sqrt((loading * correlation) ** 2 + 1 - loading**2) - loading * correlation)


def _own_loading(structure: FactorStructure, indicator: int) -> float:
    return float(structure.loadings[indicator, _own_factor(structure, indicator)])


def _own_factor(structure: FactorStructure, indicator: int) -> int:
    return int(np.argmax(np.abs(structure.loadings[indicator])))


# -- several factors --------------------------------------------------------------------------------------------


def _cross_loadings(structure: FactorStructure) -> tuple[Misspecified, ...]:
    """Level l of m − 1 adds l cross-loadings, each as large as the indicator's own loading or as there is room for."""
    chosen = _one_of_each_factor(structure)
    m = len(structure.factors)
    if len(chosen) < m - 1:
        raise InputError(Finding(
            "CUTOFF-ITEMS", f"model of {m} factors",
            f"{m - 1} factors need an indicator that loads on no other factor and whose residual correlates with none; "
            f"{len(chosen)} have one.", "Ask for a simpler model, or judge its fit by its residuals."))
    target = _targets(structure, chosen[:m - 1])
    loadings, added, levels = structure.loadings.copy(), [], []
    for level, indicator in enumerate(chosen[:m - 1], start=1):
        own, other = _own_factor(structure, indicator), target[indicator]
        loading = abs(float(loadings[indicator, own]))
        size = min(loading, largest_cross_loading(loading, float(structure.phi[own, other])))
        loadings[indicator, other] = np.sign(loadings[indicator, own]) * size
        added.append((structure.indicators[indicator], structure.factors[other], float(loadings[indicator, other])))
        levels.append(Misspecified(level, tuple(added), _filled(replace(structure, loadings=loadings.copy()))))
    return tuple(levels)


def _one_of_each_factor(structure: FactorStructure) -> list[int]:
    """Every factor's free indicator with the smallest loading, factors of two indicators last."""
    smallest: dict[int, int] = {}
    for indicator in free_indicators(structure):
        smallest.setdefault(_own_factor(structure, indicator), indicator)
    sizes = (structure.loadings != 0).sum(axis=0)
    return sorted(smallest.values(), key=lambda i: (sizes[_own_factor(structure, i)] <= 2,
                                                    abs(_own_loading(structure, i))))


def _targets(structure: FactorStructure, chosen: list[int]) -> dict[int, int]:
    """The factor each indicator is also to load on: the best measured one, but no two factors twice."""
    H = [replicability(column[column != 0]) for column in structure.loadings.T]
    used: set[frozenset[int]] = set()
    target = {}
    for indicator in sorted(chosen, key=lambda i: abs(_own_loading(structure, i))):
        own = _own_factor(structure, indicator)
        others = [f for f in range(len(H)) if f != own and frozenset((own, f)) not in used]
        target[indicator] = max(others, key=H.__getitem__)
        used.add(frozenset((own, target[indicator])))
    return target


# -- one factor -------------------------------------------------------------------------------------------------


def _residual_correlations(structure: FactorStructure) -> tuple[Misspecified, ...]:
    """A third, two thirds, all of the pairs of neighbours in size of loading have residuals that correlate .3."""
    free = free_indicators(structure)
    if len(free) < FEWEST_ALONE:
        raise InputError(Finding(
            "CUTOFF-ITEMS", "model of one factor",
            f"At least {FEWEST_ALONE} indicators must have residuals that correlate with no other; {len(free)} do.",
            "Examine the scale together with others."))
    pairs = list(zip(free[1::2], free[0::2], strict=False))
    most = {4: [1], 5: [1, 2]}.get(len(free), [len(pairs) // 3, 2 * len(pairs) // 3, len(pairs)])
    residual, added, levels = structure.residual.copy(), [], []
    for number, (first, second) in enumerate(pairs[:most[-1]], start=1):
        covariance = RESIDUAL_CORRELATION * float(np.sqrt(residual[first, first] * residual[second, second]))
        residual[first, second] = residual[second, first] = covariance
        added.append((structure.indicators[first], structure.indicators[second], RESIDUAL_CORRELATION))
        if number in most:
            changed = replace(structure, residual=residual.copy())
            levels.append(Misspecified(most.index(number) + 1, tuple(added), changed.implied))
    return tuple(levels)


def _filled(structure: FactorStructure) -> Matrix:
    """Implied correlations with residual variances that bring every indicator's variance back to 1."""
    implied = structure.implied
    np.fill_diagonal(implied, 1.0)
    return implied
