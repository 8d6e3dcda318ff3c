"""Thresholds, means, slopes, variances and polychoric, polyserial and Pearson correlations with their covariance.

The three stages of Muthén (1984) with the conventions of lavaan: (1) each variable by itself, (2) each pair's
correlation by maximum likelihood given stage 1, (3) the asymptotic covariance of everything by the sandwich
B⁻¹·(Σ s s')·B⁻ᵀ of casewise scores s, whose B has crossproducts of scores in place of second derivatives. Written by
case, the sandwich is a sum of squares: with h_i = B⁻¹s_i what case i adds to the estimates, Γ/N = Σ h_i h_i'.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from instrument.errors import Finding, InputError
from pipeline.moments.casewise import Correlated, correlate_pairs
from pipeline.moments.contingency import Codes, integer_codes, two_way_tables, variable_pairs
from pipeline.moments.contingency import margin as margin_counts
from pipeline.moments.diagnoses import Diagnosis, cases_left_out, empty_cells, nearly_perfect, not_converged
from pipeline.moments.margins import Margin, numeric_margin, ordered_margin
from pipeline.moments.two_way import Tables, correlate, influence, table_correlation

Array = NDArray[np.float64]

#: Cases times pairs handled at once: their working arrays stay in the processor's cache.
CELLS_AT_ONCE = 40_000


@dataclass(frozen=True, slots=True)
class OrdinalMoments:
    """The moments of one group that models of ordered variables are fitted to.

    Attributes
    ----------
    n
        Rows with at least one value.
    levels
        (p,) categories of each variable; 0 for a numeric one.
    thresholds
        (K − 1,) of each variable; empty for a numeric one.
    intercepts
        (p,) mean, or intercept given x, of the numeric variables; 0 for ordered ones.
    slopes
        (p, kx) on the covariates.
    covariance
        (p, p) given x; an ordered variable has variance 1.
    vector
        (m,) all of them: by variable its thresholds or its mean; slopes, variable fastest; variances of the numeric
        variables; the strict lower triangle of ``covariance``, column by column.
    gamma
        (m, m) N times the asymptotic covariance of ``vector``.
    diagnoses
        Empty cells, correlations at their limits.
    """

    n: int
    levels: tuple[int, ...]
    thresholds: tuple[Array, ...]
    intercepts: Array
    slopes: Array
    covariance: Array
    vector: Array
    gamma: Array
    diagnoses: tuple[Diagnosis, ...]


def ordinal_moments(Y: ArrayLike, levels: Sequence[int], x: ArrayLike | None = None, *,
                    names: Sequence[str]) -> OrdinalMoments:
    """The moments of ordered and numeric variables with their asymptotic covariance.

    Each variable's margin comes from all its values, each correlation from the rows that have both: lavaan's
    ``missing = "pairwise"``; without missing values this is ``"listwise"``.

    Parameters
    ----------
    Y
        (n, p): 0..K−1 for an ordered variable, any number for a numeric one, NaN where missing.
    levels
        (p,) categories, 0 for numeric.
    x
        (n, kx) covariates without missing values; moments are then given x.
    names
        (p,) of the variables, for messages.

    Raises
    ------
    InputError
        ``ORDERED-EMPTY`` (a category nobody chose), ``ORDERED-PAIR`` (no row has both of a pair), ``ORDERED-PERFECT``
        (a pair whose correlation is ±1 has no asymptotic covariance), ``MOMENTS-CONSTANT``, ``ORDERED-PROBIT``,
        ``ORDERED-SEARCH`` (a pair whose search did not end),
        ``ORDERED-COVARIATES``.
    """
    moments = three_stages(Y, levels, x, names=names)
    undefined = [about for about in moments.diagnoses if about.code == "perfect-association"]
    if undefined:
        raise InputError([Finding("ORDERED-PERFECT", ", ".join(found.about), found.text,
                                  "Leave one of the two out, or combine them into one variable.")
                          for found in undefined])
    endless = [about for about in moments.diagnoses if about.code == "not-converged"]
    if endless:
        # Its likelihood rises towards ±1 ever more slowly: what Γ says there is no variance, and the weight 1/γ is 0.
        raise InputError([Finding("ORDERED-SEARCH", ", ".join(found.about), found.text,
                                  "Merge a category that next to nobody chose with its neighbour, or leave one of the "
                                  "two out.") for found in endless])
    return moments


def three_stages(Y: ArrayLike, levels: Sequence[int], x: ArrayLike | None = None, *, names: Sequence[str],
                 empty_cell: float = 0.5, weights: Array | None = None,
                 start: Array | None = None, tolerance: float = 1e-7) -> OrdinalMoments:
    """As :func:`ordinal_moments`, but a perfect association is a diagnosis, and its part of ``gamma`` NaN.

    Parameters
    ----------
    empty_cell
        Added to the one empty cell of a 2 × 2 table.
    weights
        (n,) how often each row counts; by default once.
    start
        (p, p) correlations to begin the search at.
    tolerance
        Of the search, see :func:`pipeline.moments.bounded_newton.maximise`.
    """
    values = np.asarray(Y, dtype=np.float64)
    covariates = np.zeros((len(values), 0)) if x is None else np.asarray(x, dtype=np.float64)
    counted = np.ones(len(values)) if weights is None else np.asarray(weights, dtype=np.float64)
    # As in lavaan, a row without any value is no case.
    counted = np.where(np.isnan(values).all(axis=1), 0.0, counted)
    margins = _first_stage(values, levels, covariates, counted, names)
    first, second = variable_pairs(values.shape[1])
    _check_pairs(margins, first, second, counted, names)
    rho, moved, found = _second_stage(margins, covariates, counted, names, empty_cell, start, tolerance)
    return _assemble(margins, rho, moved, counted, (*found, *nearly_perfect(rho, first, second, names)))


def _first_stage(values: Array, levels: Sequence[int], x: Array, weights: Array,
                 names: Sequence[str]) -> list[Margin]:
    """Every variable by itself, with everything that is wrong with any of them reported at once."""
    margins: list[Margin] = []
    findings: list[Finding] = []
    for column, (k, name) in enumerate(zip(levels, names, strict=True)):
        try:
            if k == 0:
                margins.append(numeric_margin(values[:, column], x, weights, name))
                continue
            code = integer_codes(values[:, column])
            empty = np.flatnonzero(margin_counts(code, k, weights) == 0)
            if empty.size:
                raise InputError(Finding(
                    "ORDERED-EMPTY", name, f"Nobody chose its category {', '.join(str(c + 1) for c in empty)} of {k}.",
                    "Combine it with a neighbouring category, in every group alike."))
            margins.append(ordered_margin(code, k, x, weights, name))
        except InputError as error:
            findings.extend(error.findings)
    if findings:
        raise InputError(findings)
    return margins


def _check_pairs(margins: Sequence[Margin], first: Codes, second: Codes, weights: Array, names: Sequence[str]) -> None:
    observed = np.column_stack([margin.observed for margin in margins]).astype(np.float64)
    together = observed.T @ (weights[:, None] * observed)
    apart = [(names[i], names[j]) for i, j in zip(first, second, strict=True) if together[i, j] < 2]
    if apart:
        raise InputError([Finding("ORDERED-PAIR", f"{one}, {other}", "Fewer than two rows have an answer to both.",
                                  "Leave one of them out, or analyse the rows by version of the questionnaire.")
                          for one, other in apart])


def _second_stage(margins: Sequence[Margin], x: Array, weights: Array, names: Sequence[str], empty_cell: float,
                  start: Array | None, tolerance: float) -> tuple[Array, Array, tuple[Diagnosis, ...]]:
    """Correlations (m,) of all pairs, what each case adds to them (n, m), and diagnoses; one kind of pair at a time."""
    first, second = variable_pairs(len(margins))
    rho, moved = np.zeros(len(first)), np.zeros((len(weights), len(first)))
    begin = None if start is None else start[first, second]
    ordered = np.array([margin.levels > 0 for margin in margins])
    in_tables = ordered[first] & ordered[second] & (x.shape[1] == 0)
    # A mixed pair has its numeric variable first.
    lead, follow = np.where(ordered[first] & ~ordered[second], (second, first), (first, second))
    found: list[Diagnosis] = []

    def keep(pairs: Correlated, members: Codes) -> None:
        rho[members], moved[:, members] = pairs.rho, pairs.influence
        found.extend(not_converged(pairs.converged, first[members], second[members], names))
        found.extend(cases_left_out(pairs.left_out, lead[members], follow[members], names))

    for members, counts in _stacks(margins, first, second, np.flatnonzero(in_tables), weights):
        i, j = first[members], second[members]
        keep(_table_pairs(margins, counts, i, j, None if begin is None else begin[members], empty_cell, tolerance),
             members)
        found += empty_cells(counts, i, j, names, empty_cell)
    kind = ordered[lead].astype(int) + ordered[follow]
    for which in np.unique(kind[~in_tables]):
        every = np.flatnonzero(~in_tables & (kind == which))
        block = max(1, CELLS_AT_ONCE // len(weights))
        for members in (every[at:at + block] for at in range(0, len(every), block)):
            keep(correlate_pairs([margins[i] for i in lead[members]], [margins[j] for j in follow[members]], x, weights,
                                 None if begin is None else begin[members], tolerance), members)
    return rho, moved, tuple(found)


def _stacks(margins: Sequence[Margin], first: Codes, second: Codes, members: Codes,
            weights: Array) -> Iterator[tuple[Codes, Array]]:
    """Pairs whose tables have the same shape, and those tables (R, C, T)."""
    if not members.size:
        return
    codes = np.column_stack([margin.code for margin in margins])
    levels = np.array([margin.levels for margin in margins])
    tables = two_way_tables(codes, np.maximum(levels, 1), first[members], second[members], weights)
    shapes = np.column_stack([levels[first[members]], levels[second[members]]])
    for shape in np.unique(shapes, axis=0):
        chosen = np.flatnonzero((shapes == shape).all(axis=1))
        yield members[chosen], np.stack([tables[t] for t in chosen], axis=-1)


def _table_pairs(margins: Sequence[Margin], counts: Array, first: Codes, second: Codes, start: Array | None,
                 empty_cell: float, tolerance: float) -> Correlated:
    """Pairs (T,) of ordered variables with the same numbers of categories, all at once."""
    stack = Tables(counts, np.column_stack([margins[i].location for i in first]),
                   np.column_stack([margins[j].location for j in second]))
    own = (np.column_stack([margins[i].counts for i in first]), np.column_stack([margins[j].counts for j in second]))
    begin = np.clip(table_correlation(counts), -0.95, 0.95) if start is None else start
    rho, converged = correlate(stack, begin, empty_cell, tolerance)
    perfect = np.abs(rho) == 1
    felt = influence(stack, own, np.where(perfect, 0.0, rho))
    R, C, T = counts.shape
    # One more row and column stand for "missing": the code −1 indexes them.
    lookup = np.zeros((R + 1, C + 1, T))
    lookup[:R, :C], lookup[:R, C], lookup[R, :C] = felt.both, felt.row_only, felt.column_only
    lookup[..., perfect] = np.nan
    one = np.column_stack([margins[i].code for i in first])
    other = np.column_stack([margins[j].code for j in second])
    return Correlated(rho, converged, lookup[one, other, np.arange(T)], np.zeros(T))


def _assemble(margins: Sequence[Margin], rho: Array, moved: Array, weights: Array,
              diagnoses: tuple[Diagnosis, ...]) -> OrdinalMoments:
    """Order everything, turn correlations into covariances, and sum the influences' squares."""
    p, kx = len(margins), len(margins[0].slopes)
    first, second = variable_pairs(p)
    sd = np.sqrt([margin.variance for margin in margins])
    numeric = [k for k, margin in enumerate(margins) if margin.levels == 0]
    size = [len(margin.location) for margin in margins]
    slopes = np.stack([margin.slopes for margin in margins])
    covariance = np.diag(sd**2)
    covariance[first, second] = covariance[second, first] = rho * sd[first] * sd[second]
    # d(ρ·sd_i·sd_j) = sd_i·sd_j·dρ + ½·cov·(dv_i/v_i + dv_j/v_j)
    relative = np.column_stack([margin.influence[:, -1] / margin.variance if margin.levels == 0
                                else np.zeros(len(moved)) for margin in margins])
    moved = moved * (sd[first] * sd[second])
    if numeric:
        moved += 0.5 * covariance[first, second] * (relative[:, first] + relative[:, second])
    case = np.column_stack([
        *(margin.influence[:, :k] for margin, k in zip(margins, size, strict=True)),
        *(margin.influence[:, k + c] for c in range(kx) for margin, k in zip(margins, size, strict=True)),
        *(margins[k].influence[:, -1] for k in numeric), moved])
    vector = np.concatenate([*(margin.location for margin in margins), slopes.T.ravel(), (sd**2)[numeric],
                             covariance[first, second]])
    n = float(weights.sum())
    case *= np.sqrt(weights * n)[:, None]
    return OrdinalMoments(
        n=round(n), levels=tuple(margin.levels for margin in margins),
        thresholds=tuple(margin.location if margin.levels else np.zeros(0) for margin in margins),
        intercepts=np.array([0.0 if margin.levels else margin.location[0] for margin in margins]),
        slopes=slopes, covariance=covariance, vector=vector, gamma=case.T @ case, diagnoses=diagnoses)
