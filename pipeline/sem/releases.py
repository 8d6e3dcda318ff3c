"""Score tests of releasing sets of parameters across groups, for every estimator.

A set, such as an item's loading or all its thresholds, is released in all groups at once: each of its parameters
becomes one of its own in every group. Parameters that were equal because all are fixed to one value, as the intercepts
of ordered items are, become free in all groups but the first, whose value identifies the rest.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy.linalg import block_diag

from instrument.errors import Finding, InputError
from pipeline.sem import least_squares
from pipeline.sem.constraints import holding, restriction
from pipeline.sem.estimate import Estimated
from pipeline.sem.expected import expected_information
from pipeline.sem.generalised_scores import ScoreStatistic, generalised_score
from pipeline.sem.inference import bread, meat
from pipeline.sem.least_squares import WeightedObjective
from pipeline.sem.linalg import Array, one_thread
from pipeline.sem.matrices import GroupMatrices, Implied
from pipeline.sem.modification import extended_table
from pipeline.sem.problem import Problem, widened
from pipeline.sem.robust import satorra_bentler
from pipeline.sem.table import Constraint, ParameterTable, Row
from pipeline.undefined import Number, Undefined

Relation = tuple[str, str, str]
"""A parameter without its group: left side, operator, right side."""


@dataclass(frozen=True, slots=True)
class ReleaseSet:
    """Parameters whose equality across groups is given up together, such as all thresholds of one item."""

    name: str
    parameters: tuple[Relation, ...]


@dataclass(frozen=True, slots=True)
class ExpectedChange:
    """What a parameter of one group would do if its set were released.

    Attributes
    ----------
    estimate
        With the set equal.
    change
        By one step; 0 in the first group where the value there identifies the others.
    standardised
        The change in standard deviations of the item, of its latent response if ordered; for a loading times the
        standard deviation of the factor (lavaan's ``sepc.all``); for a variance as a share of the item's.
    """

    lhs: str
    op: str
    rhs: str
    group: str
    estimate: float
    change: Number
    standardised: Number


@dataclass(frozen=True, slots=True)
class ReleaseTest:
    """The test of releasing one set.

    Attributes
    ----------
    df
        Rank of what was tested; ``constraints`` is how many equalities were given up, and ``note`` says why where it
        is more.
    changes
        Of the set's parameters, all of the first group, then of the next.
    """

    name: str
    statistic: Number
    df: int
    pvalue: Number
    constraints: int
    changes: tuple[ExpectedChange, ...]
    note: str = ""


@dataclass(frozen=True)
class Pieces:
    """What score tests need of an estimate whose parameters are joined by candidates, fixed so far.

    Attributes
    ----------
    table, theta
        With the candidates' rows free, and (q,) the values of all.
    score
        (q,) of one case on average.
    information, variance
        (q, q) information of one case, and the variance of its score.
    expected
        (q, q) expected information; the same as ``information`` where that is expected.
    """

    table: ParameterTable
    theta: Array
    score: Array
    information: Array
    variance: Array
    expected: Array


def release_tests(estimated: Estimated, sets: Sequence[ReleaseSet]) -> tuple[ReleaseTest, ...]:
    """Test every set alone, all other equalities kept.

    Maximum likelihood has Rao's test (for complete data lavaan's ``lavTestScore``); robust estimators, clusters and
    least squares have the generalised test, whose p values do not rest on normal data or on full weights.

    Raises
    ------
    InputError
        ``SCORE-RELEASE`` for a set without an equality across groups to give up.
    ValueError
        If the estimation did not converge: there is no minimum to test at.
    """
    if not estimated.converged:
        raise ValueError(f"{estimated.name} did not converge; a score test needs its minimum")
    wanted = {relation for entry in sets for relation in entry.parameters}
    with one_thread():
        given = pieces(estimated, fixed_alike(estimated.problem.table, wanted))
        return tuple(_test(estimated, entry, given) for entry in sets)


def fixed_alike(table: ParameterTable, relations: set[Relation]) -> tuple[Row, ...]:
    """Rows of all groups but the first whose parameter is fixed to one value in every group."""
    fixed = [row for row in table.rows if _relation(row) in relations and row.value is not None and not row.exogenous]
    values: dict[Relation, list[float | None]] = {}
    for row in fixed:
        values.setdefault(_relation(row), []).append(row.value)
    alike = {relation for relation, found in values.items() if len(found) == table.n_groups and len(set(found)) == 1}
    return tuple(row for row in fixed if row.group > 1 and _relation(row) in alike)


def held_equal(table: ParameterTable, relation: Relation) -> bool:
    """Whether a parameter is one in all groups, or fixed to one value in all."""
    rows = [row for row in table.rows if _relation(row) == relation]
    numbers = {row.free for row in rows}
    one = 0 not in numbers and len(rows) == table.n_groups and any(numbers <= set(same) for same in table.equalities)
    return one or bool(fixed_alike(table, {relation}))


def _relation(row: Row) -> Relation:
    return row.lhs, str(row.op), row.rhs


# ---- pieces --------------------------------------------------------------------------------------------------------


def pieces(estimated: Estimated, candidates: tuple[Row, ...] = ()) -> Pieces:
    """Score, information and variance of the score at the estimates.

    Information is expected for complete data, whatever the estimator: if the model holds, it is what the observed
    information estimates, whatever the distribution (Satorra 1989), and it tells what is identified. With values
    missing at random only the observed information is right (Kenward & Molenberghs 1998).
    """
    problem, estimator = _widened(estimated.problem, candidates), estimated.options.estimator
    theta = np.concatenate([estimated.theta, [row.value or 0.0 for row in candidates]])
    score: Array = -problem.objective.evaluate(theta[None]).gradient[0] / 2
    if isinstance(problem.objective, WeightedObjective):
        parts, q = least_squares.pieces(problem, theta), len(theta)
        information = least_squares.information(parts, q)
        return Pieces(problem.table, theta, score, information, least_squares.meat(parts, q), information)
    expected, _ = expected_information(problem.objective, theta)
    information = problem.objective.hessian(theta) if problem.sample.missing == "fiml" else expected
    variance = information
    if estimator == "mlr" or problem.sample.clustered:
        variance = meat(problem, theta)
    elif estimator == "mlm":
        inverse = bread(expected, _tangent(estimated.problem.restriction.tangent(estimated.theta), len(candidates)))
        variance = satorra_bentler(problem, theta, inverse.inverse, 1).meat
    return Pieces(problem.table, theta, score, information, variance, expected)


def _widened(problem: Problem, candidates: tuple[Row, ...]) -> Problem:
    """The same data and model with the candidates free; without constraints, which tangents take care of."""
    if not candidates:
        return problem
    return widened(problem, extended_table(problem.table, candidates))


def _tangent(K: Array, candidates: int) -> Array:
    """A tangent in which the candidates stay where they are fixed."""
    return np.concatenate([K, np.zeros((candidates, K.shape[1]))])


# ---- one set -------------------------------------------------------------------------------------------------------


def _test(estimated: Estimated, entry: ReleaseSet, given: Pieces) -> ReleaseTest:
    problem, theta = estimated.problem, estimated.theta
    q, k = len(theta), len(given.theta) - len(theta)
    candidates = [row.free - 1 - q for row in _rows(given.table, entry) if row.free > q]
    larger = restriction(_released(problem.table, entry, bool(candidates)))
    if problem.at_bound:
        larger = holding(larger, problem.at_bound)
    found = generalised_score(
        given.score, given.information, given.variance, _tangent(problem.restriction.tangent(theta), k),
        block_diag(larger.tangent(theta), np.eye(k)[:, candidates]), round(float(problem.objective.n[0])),
        given.expected)
    note = ""
    if 0 < found.identified < found.constraints:
        note = (f"{found.constraints} equalities are given up, of which {found.identified} can be tested: without the "
                "others the model would not be identified")
    if 0 < found.df < found.identified:
        note += ("; " if note else "") + (f"the scores vary in {found.df} of {found.identified} directions only, as "
                                          "with too few clusters")
    return ReleaseTest(entry.name, found.statistic, found.df, found.pvalue, found.constraints,
                       _changes(estimated, entry, given, found), note)


def _released(table: ParameterTable, entry: ReleaseSet, candidates: bool) -> ParameterTable:
    """The table in which every free parameter of the set is one of its own in each group."""
    rows = _rows(table, entry)
    numbers = {row.free for row in rows}
    names = {name for row in rows for name in (row.label, row.plabel) if name}
    equalities = tuple(rest for group in table.equalities
                       if len(rest := tuple(number for number in group if number not in numbers)) > 1)
    constraints = tuple(c for c in table.constraints if not _ties(c, names))
    if (equalities, constraints) == (table.equalities, table.constraints) and not candidates:
        raise InputError(Finding(
            "SCORE-RELEASE", f"release of {entry.name}", "Only an equality across groups can be given up; the model "
            f"holds none of {', '.join(' '.join(p).strip() for p in entry.parameters)} equal.",
            "Name parameters that the model holds equal across groups."))
    return replace(table, equalities=equalities, constraints=constraints)


def _rows(table: ParameterTable, entry: ReleaseSet) -> list[Row]:
    wanted = set(entry.parameters)
    return [row for row in table.free_rows() if _relation(row) in wanted]


def _ties(constraint: Constraint, names: set[str]) -> bool:
    """Whether it says no more than that two of the named parameters are equal."""
    return constraint.left.text in names and constraint.right.text in names


def _changes(
    estimated: Estimated, entry: ReleaseSet, given: Pieces, found: ScoreStatistic,
) -> tuple[ExpectedChange, ...]:
    problem, wanted = estimated.problem, set(entry.parameters)
    moments = problem.objective.implied(estimated.theta[None])
    free = {row.plabel: row.free - 1 for row in given.table.free_rows()}
    changes = []
    for row in (row for row in problem.table.rows if _relation(row) in wanted):
        change: Number = 0.0
        estimate = row.value or 0.0
        if row.plabel in free:
            at = free[row.plabel]
            estimate, change = float(given.theta[at]), float(found.change[at])
            if found.undefined[at]:
                change = Undefined("the larger model does not identify it")
        factor = _per_change(row, problem.objective.groups[row.group - 1], moments[row.group - 1])
        standardised = change if isinstance(change, Undefined) else (
            factor if isinstance(factor, Undefined) else change * factor)
        changes.append(ExpectedChange(*_relation(row), problem.table.groups[row.group - 1], estimate, change,
                                      standardised))
    return tuple(changes)


def _per_change(row: Row, group: GroupMatrices, moments: Implied) -> Number:
    """What a change of 1 is in standard deviations."""
    def variance(name: str) -> float:
        if name in group.etas:
            place = group.etas.index(name)
            return float(moments.C[0, place, place])
        place = group.observed.index(name)
        return float(moments.Sigma[0, place, place])

    own = variance(row.rhs if row.op == "=~" else row.lhs)
    factor = variance(row.lhs) if row.op == "=~" else 1.0
    if own <= 0 or factor < 0:
        return Undefined("a variance is negative or 0")
    if row.op == "~~":
        other = variance(row.rhs)
        return float(1 / np.sqrt(own * other)) if other > 0 else Undefined("a variance is negative or 0")
    return float(np.sqrt(factor / own))
