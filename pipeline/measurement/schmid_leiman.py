"""A general factor behind correlated factors: Schmid–Leiman transformation and the omegas that rest on it.

psych's ``schmid`` and ``omega`` with their conventions; what they settle in silence is said here: a second-order
loading beyond 1 is undefined instead of clamped, and items are not turned round.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from pipeline.measurement.complete import Matrix, Vector, correlation_matrix
from pipeline.measurement.extraction import Method, degrees_of_freedom, solution_of
from pipeline.measurement.polychoric_factor import one_factor_of_polychorics
from pipeline.measurement.rotation import Rotation
from pipeline.undefined import Number, Undefined

Option = Literal["equal", "first", "second"]
"""How two factors share their general factor, which their one correlation leaves open."""

_NOTHING = 1e-9
"""A variance of a sum that is below this part of the items' own is rounding."""


@dataclass(frozen=True, slots=True, eq=False)
class SchmidLeiman:
    """p items on a general factor and, independent of it and each other, m group factors.

    Attributes
    ----------
    general
        (p,) loadings on the general factor.
    group
        (p, m) on the group factors, in the order of the oblique factors.
    second_order
        (m,) loadings of the oblique factors on the general one.
    h2, u2
        (p,) communality diag(Λ Φ Λᵀ) of the oblique solution, and what remains of 1. With more than three factors the
        general factor need not reproduce Φ; then h2 is not quite the sum of the squares of an item's loadings.
    p2
        (p,) share of the communality that is general.
    ecv
        Explained common variance: the general factor's part of all squared loadings (Reise 2012).
    """

    general: Vector
    group: Matrix
    second_order: Vector
    h2: Vector
    u2: Vector
    p2: Vector
    ecv: float


@dataclass(frozen=True, slots=True)
class GroupOmega:
    """Of the items whose largest group loading is on one factor: shares of their sum's variance.

    ``general`` is the part of the general factor, ``group`` that of their own, ``total`` both.
    """

    items: tuple[int, ...]
    total: float
    general: float
    group: float


@dataclass(frozen=True, slots=True)
class HierarchicalOmega:
    """Shares of the variance of the sum of standardised items, and the solution they were read from.

    Attributes
    ----------
    hierarchical
        (Σ general loadings)² / Σ R: what the general factor accounts for (McDonald 1999; Zinbarg et al. 2005).
    total
        (Σ R − Σ u2) / Σ R: what all common factors do.
    asymptotic
        Hierarchical over total: the limit for ever more such items; psych's ``omega.lim``.
    ecv
        Explained common variance.
    factors, general, group_loadings, second_order
        The Schmid–Leiman solution, rows are items.
    groups
        One for each factor, in order; None for a factor on which no item has its largest loading.
    negative
        Places of the items with negative general loadings, which the sum ought to hold reversed. psych turns such
        items round by default; then its figures are those of another sum.
    converged
        Whether extraction and rotation arrived.
    """

    hierarchical: float
    total: float
    asymptotic: float
    ecv: float
    factors: int
    general: tuple[float, ...]
    group_loadings: tuple[tuple[float, ...], ...]
    second_order: tuple[float, ...]
    groups: tuple[GroupOmega | None, ...]
    negative: tuple[int, ...]
    converged: bool


def schmid_leiman(loadings: Matrix, phi: Matrix, *, option: Option = "equal") -> SchmidLeiman | Undefined:
    """Make of correlated factors a general factor and uncorrelated group factors (Schmid & Leiman 1957).

    With second-order loadings γ (m,): general = Λγ, group = Λ·√(1 − γ²).

    Parameters
    ----------
    loadings
        (p, m) oblique pattern Λ, m ≥ 2.
    phi
        (m, m) factor correlations.
    option
        With two factors only: equal loadings √|φ| (the second with φ's sign), or the first or second factor loading 1.

    Returns
    -------
    Undefined where a second-order loading is 1 or more in size (a Heywood case), so that √(1 − γ²) has no value.
    """
    m = loadings.shape[1]
    if m < 2:
        raise ValueError("a general factor needs two correlated factors or more")
    second = _second_order(phi, option)
    if isinstance(second, Undefined):
        return second
    general = loadings @ second
    group = loadings * np.sqrt(1 - second**2)
    h2 = np.einsum("if,fg,ig->i", loadings, phi, loadings)
    parts = np.array([(general**2).sum(), (group**2).sum()])
    return SchmidLeiman(general, group, second, h2, 1 - h2, general**2 / h2, float(parts[0] / parts.sum()))


def _second_order(phi: Matrix, option: Option) -> Vector | Undefined:
    """Loadings (m,) of correlated factors on a general one: minimum residuals, √φ where there are two."""
    m = len(phi)
    if m == 2:
        correlation = float(phi[0, 1])
        root = np.sqrt(abs(correlation))
        return np.array({"equal": (root, np.sign(correlation) * root), "first": (1.0, correlation),
                         "second": (correlation, 1.0)}[option])
    pairs = phi[np.triu_indices(m, 1)]
    found = one_factor_of_polychorics(pairs, np.ones(len(pairs)), m)  # unit weights: minimum residuals, without bounds
    if not found.converged:
        return Undefined("no general factor reproduces the correlations of the factors")
    largest = int(np.argmax(np.abs(found.loadings)))
    if abs(found.loadings[largest]) >= 1:
        return Undefined(
            f"factor {largest + 1} would load {found.loadings[largest]:.2f} on the general factor, more than the whole "
            "of its variance (a Heywood case)"
        )
    return found.loadings


def omega_total(R: Matrix, u2: Vector) -> float:
    """(Σ R − Σ u2) / Σ R with correlations ``R`` (p, p) and uniquenesses ``u2`` (p,) (McDonald 1999)."""
    total = float(R.sum())
    return (total - float(u2.sum())) / total


def omega_hierarchical(R: Matrix, general: Vector) -> float:
    """(Σ general)² / Σ R with loadings ``general`` (p,) on the general factor (Zinbarg et al. 2005, eq. 6)."""
    return float(general.sum()) ** 2 / float(R.sum())


def hierarchical_omega(
    R: Matrix, *, factors: int = 3, method: Method = "minres", rotation: Rotation = "oblimin", option: Option = "equal",
) -> HierarchicalOmega | Undefined:
    """Omega hierarchical, omega total and their kin of items with correlations ``R`` (p, p), keyed one way.

    Extraction, oblique rotation and Schmid–Leiman transformation, with psych's defaults (three group factors, minres,
    oblimin). All is read from correlations, that is: of the sum of standardised items.

    Returns
    -------
    Undefined where so many factors cannot be extracted, or the transformation has no solution.

    Raises
    ------
    InputError
        ``EFA-SINGULAR``, ``EFA-METHOD``, ``EFA-ROTATION``.
    """
    if factors < 2:
        return Undefined("a general factor beside group factors needs two of them or more")
    p = len(R)
    if degrees_of_freedom(p, factors) < 0:
        return Undefined(f"{p} items have fewer correlations than {factors} group factors have parameters")
    if float(R.sum()) <= _NOTHING * p:
        return Undefined("the sum of the items has no variance: their correlations cancel out")
    solution = solution_of(R, factors=factors, method=method, rotation=rotation)
    found = schmid_leiman(solution.loadings, solution.phi, option=option)
    if isinstance(found, Undefined):
        return found
    total, hierarchical = omega_total(R, found.u2), omega_hierarchical(R, found.general)
    if total <= 0:
        return Undefined("the common factors account for none of the sum's variance")
    return HierarchicalOmega(
        hierarchical=hierarchical, total=total, asymptotic=hierarchical / total, ecv=found.ecv, factors=factors,
        general=tuple(found.general.tolist()), group_loadings=tuple(tuple(row) for row in found.group.tolist()),
        second_order=tuple(found.second_order.tolist()), groups=_groups(R, found),
        negative=tuple(np.flatnonzero(found.general < 0).tolist()), converged=not solution.messages,
    )


def hierarchical_omega_of_answers(
    X: Matrix, names: Sequence[str], *, factors: int = 3,
) -> HierarchicalOmega | Undefined:
    """:func:`hierarchical_omega` of complete answers ``X`` (n, p), with Pearson correlations.

    Raises
    ------
    InputError
        ``EFA-MISSING``, ``EFA-ROWS``, ``EFA-CONSTANT`` or ``EFA-SINGULAR``.
    """
    return hierarchical_omega(correlation_matrix(X, names), factors=factors)


def hierarchical_or_reason(found: HierarchicalOmega | Undefined, names: Sequence[str] = ()) -> Number:
    """Omega hierarchical as a number; undefined also where items load against the general factor.

    Those are called by their ``names``, if these are given, else by their places.
    """
    if isinstance(found, Undefined):
        return found
    if found.negative:
        return Undefined("items load negatively on the general factor, so that they are not keyed one way: "
                         + ", ".join(names[place] if names else f"item {place + 1}" for place in found.negative))
    return found.hierarchical


def _groups(R: Matrix, found: SchmidLeiman) -> tuple[GroupOmega | None, ...]:
    """Each item counts with the factor of its largest group loading; shares are of the variance of their own sum."""
    belongs = np.abs(found.group).argmax(axis=1)
    out: list[GroupOmega | None] = []
    for factor in range(found.group.shape[1]):
        items = np.flatnonzero(belongs == factor)
        variance = float(R[np.ix_(items, items)].sum())
        if not items.size or variance <= 0:
            out.append(None)
            continue
        general, group = (float(part.sum()) ** 2 / variance for part in (found.general[items],
                                                                          found.group[items, factor]))
        out.append(GroupOmega(tuple(items.tolist()), general + group, general, group))
    return tuple(out)
