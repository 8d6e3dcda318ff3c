"""Common method variance without a marker in the model: an unmeasured factor, Harman's factor, partial correlations.

None of these is to be relied on alone: an unmeasured factor takes up whatever items share beyond their factors
(Richardson, Simmering & Sturman 2009), one factor misses all but overwhelming method variance (Podsakoff et al. 2003).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Literal

import numpy as np
from scipy.stats import t as student

from pipeline.measurement.method_bias import Compared, compared, correlations, rows_of, shares, usable
from pipeline.measurement.method_models import Factors, correlated_factors, one_factor, unmeasured, unused_name
from pipeline.sem.describe import describe
from pipeline.sem.estimate import Estimated, Options, estimate_model, settle, table_of
from pipeline.sem.fit import Fit
from pipeline.sem.from_moments import rows_with_moments
from pipeline.sem.goodness import ReferenceModels
from pipeline.sem.linalg import Array, one_thread
from pipeline.sem.minimise import scoring
from pipeline.sem.problem import pose
from pipeline.sem.sample import take_sample
from pipeline.undefined import Number, Undefined

Kind = Literal["equal", "free"]

_STEPS = 150
"""Of Fisher scoring, within which an unmeasured factor is found if ever: what takes longer wanders along a ridge."""


# -- an unmeasured method factor -----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Unmeasured:
    """The factors with a method factor that only the items themselves measure.

    Attributes
    ----------
    identified
        Whether the information matrix has an inverse at the solution; False too where no solution was found.
    comparison
        With the factors alone.
    share, share_lower, share_upper
        Mean over items of the method's share of their variance; its interval where loadings are equal.
    largest_change
        Of a factor correlation, in absolute size, against the factors alone.
    """

    kind: Kind
    fit: Fit
    identified: bool
    comparison: Compared
    share: Number
    share_lower: Number
    share_upper: Number
    largest_change: Number


def factors_alone(
    factors: Factors, X: Array, names: Sequence[str], options: Options, *, clusters: Sequence[object] | None = None,
    reference: ReferenceModels | None = None,
) -> Estimated:
    """The substantive factors, correlated, and nothing else; ``reference`` as in :func:`~.estimate.estimate_model`."""
    return estimate_model(correlated_factors(factors), X, names, options, name="Factors alone", clusters=clusters,
                          reference=reference)


def unmeasured_factor(
    factors: Factors, kind: Kind, X: Array, names: Sequence[str], options: Options, alone: Fit, *,
    clusters: Sequence[object] | None = None, reference: ReferenceModels | None = None,
) -> Unmeasured:
    """Fit the factors with an unmeasured method factor (Podsakoff et al. 2003) and compare them with the factors alone.

    With incomplete rows a search that goes nowhere takes long, so it is tried first with the moments of the factors
    alone as if rows were complete; what does not converge there is not searched any further.
    """
    syntax, name = unmeasured(factors, kind), f"Unmeasured factor ({kind})"
    items = [item for own in factors.values() for item in own]
    method_factor = unused_name("method", factors)
    found = _as_if_complete(syntax, alone, name)
    if found.converged:
        found = estimate_model(syntax, X, names, options, name=name, clusters=clusters, reference=reference)
    fit = describe(found, with_fit=found.converged)
    test = compared(alone, fit)
    identified = found.converged and not bool(found.bread.unidentified.any())
    if not usable(fit) or not identified:
        none = Undefined("the solution is not to be used")
        return Unmeasured(kind, fit, identified, test, none, none, none, none)
    share = mean_of(list(shares(fit, items, method_factor).values()))
    lower, upper = _interval(fit, method_factor, share) if kind == "equal" else (
        Undefined("it is given for equal loadings only"),) * 2
    return Unmeasured(kind, fit, identified, test, share, lower, upper, largest_change(alone, fit, factors)[0])


def _as_if_complete(syntax: str, alone: Fit, name: str) -> Estimated:
    """By plain maximum likelihood from the unrestricted moments, in a limited number of steps."""
    rows = rows_with_moments(np.array(alone.sample_cov), np.zeros(len(alone.variables)), alone.nobs)
    options = Options()
    table = table_of(syntax, alone.variables, options, name=name)
    problem = pose(table, take_sample(rows, alone.variables, table))
    with one_thread():
        found = scoring(problem.objective, problem.restriction, problem.start()[None], steps=_STEPS)
        return settle(problem, found, options, syntax=syntax, name=name)


def _interval(fit: Fit, name: str, share: Number) -> tuple[Number, Number]:
    """The share's interval: that of the method's variance, in proportion."""
    row = rows_of(fit)[name, "~~", name]
    lower, upper = row.ci_lower, row.ci_upper
    if isinstance(share, Undefined) or not isinstance(lower, float) or not isinstance(upper, float):
        none = Undefined("the variance of the method has no standard error")
        return none, none
    return share * lower / row.est, share * upper / row.est


def mean_of(values: Sequence[Number]) -> Number:
    """Mean; undefined for the reason of the first value that is."""
    for value in values:
        if isinstance(value, Undefined):
            return value
    return float(np.mean([value for value in values if isinstance(value, float)]))


def largest_change(before: Fit, after: Fit, factors: Factors) -> tuple[Number, tuple[str, ...]]:
    """The largest absolute change of a factor correlation, and between which factors."""
    if len(factors) < 2:
        return Undefined("there is only one factor"), ()
    one, other = (correlations(fit, factors) for fit in (before, after))
    pair = max(one, key=lambda own: abs(other[own] - one[own]))
    return abs(other[pair] - one[pair]), pair


# -- Harman's single factor ----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Harman:
    """Shares of variance in one dimension, and the fit of one factor.

    Attributes
    ----------
    component
        First eigenvalue of the correlation matrix over the number of items.
    factor
        Mean squared standardised loading of one common factor.
    """

    component: Number
    factor: Number
    fit: Fit


def harman(
    items: Sequence[str], X: Array, names: Sequence[str], options: Options, *,
    clusters: Sequence[object] | None = None, reference: ReferenceModels | None = None,
) -> Harman:
    """One factor for all items, and the first principal component of the moments that it was fitted to."""
    estimated = estimate_model(one_factor(items), X, names, options, name="One factor", clusters=clusters,
                               reference=reference)
    fit, cov = describe(estimated), estimated.problem.saturated[0].cov
    factor = unused_name("single", {"": items})
    if not fit.converged:
        return Harman(first_share(cov), Undefined("the model with one factor did not converge"), fit)
    own = list(shares(fit, items, factor).values())
    return Harman(first_share(cov), mean_of(own), fit)


def first_share(cov: Array) -> float:
    """λ₁(R) / p of a covariance matrix (p, p)."""
    sd = np.sqrt(np.diag(cov))
    return float(np.linalg.eigvalsh(cov / np.outer(sd, sd))[-1]) / len(cov)


# -- the correlational marker technique ----------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Adjusted:
    """A correlation and its adjusted value, each with a two-sided p value."""

    first: int
    second: int
    r: Number
    pvalue: Number
    adjusted: Number
    adjusted_pvalue: Number


@dataclass(frozen=True, slots=True)
class MarkerCorrelations:
    """Lindell & Whitney's adjustment of all correlations.

    Attributes
    ----------
    smallest, with_scale
        The marker's smallest positive correlation, and the column it is with (−1 where none is positive).
    n
        Rows without gaps.
    """

    smallest: Number
    with_scale: int
    n: int
    pairs: tuple[Adjusted, ...]


def marker_correlations(scores: Array, marker: Array) -> MarkerCorrelations:
    """Take the marker's smallest positive correlation out of all others (Lindell & Whitney 2001, eq. 4 and 5).

    r_A = (r − r_M) / (1 − r_M), tested by t = r_A / √((1 − r_A²) / (n − 3)) with n − 3 degrees of freedom; r itself by
    t with n − 2. Rows with gaps are left out.

    Parameters
    ----------
    scores
        (n, scales) scale scores; ``marker`` (n,) the marker's.
    """
    rows = np.column_stack([scores, marker])
    rows = rows[~np.isnan(rows).any(axis=1)]
    n, k = len(rows), scores.shape[1]
    if n < 4:
        return _no_correlations(n, k, Undefined("fewer than four respondents answered all scales and the marker"))
    if (np.ptp(rows, axis=0) == 0).any():
        return _no_correlations(n, k, Undefined("a score does not vary"))
    R = np.corrcoef(rows, rowvar=False)
    with_marker = R[:k, k]
    positive = np.flatnonzero(with_marker > 0)
    place = int(positive[np.argmin(with_marker[positive])]) if len(positive) else -1
    smallest: Number = float(with_marker[place]) if len(positive) else Undefined(
        "no scale correlates positively with the marker, so that there is nothing to take out")
    return MarkerCorrelations(smallest, place, n, tuple(
        _adjusted(a, b, float(R[a, b]), smallest, n) for a, b in combinations(range(k), 2)))


def _no_correlations(n: int, k: int, none: Undefined) -> MarkerCorrelations:
    return MarkerCorrelations(none, -1, n, tuple(
        Adjusted(a, b, none, none, none, none) for a, b in combinations(range(k), 2)))


def _adjusted(a: int, b: int, r: float, smallest: Number, n: int) -> Adjusted:
    if isinstance(smallest, Undefined):
        return Adjusted(a, b, r, correlation_pvalue(r, n - 2), smallest, smallest)
    partial = (r - smallest) / (1 - smallest) if smallest < 1 else 0.0
    return Adjusted(a, b, r, correlation_pvalue(r, n - 2), partial, correlation_pvalue(partial, n - 3))


def correlation_pvalue(r: float, df: int) -> Number:
    """Two-sided, by Student's t."""
    if abs(r) >= 1:
        return Undefined("the correlation is perfect")
    return float(2 * student.sf(abs(r) / np.sqrt((1 - r**2) / df), df))
