"""Score tests: which equality constraints the data speak against (Rao 1948; Sörbom 1989).

At a minimum under constraints the score is not 0 in the directions that the constraints close. A test asks whether it
is further from 0 than chance puts it, and needs no other model to be fitted. The expected information is used, whatever
the estimator; the test is not scaled (lavaan does not scale it either).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.linalg import null_space

from instrument.errors import Finding, InputError
from pipeline.sem.changes import standardised_changes
from pipeline.sem.comparisons import ChiSquareTest, chi_square_test, jacobian
from pipeline.sem.expected import expected_information
from pipeline.sem.least_squares import WeightedObjective, information, pieces
from pipeline.sem.linalg import Array
from pipeline.sem.problem import Problem
from pipeline.sem.table import ParameterTable
from pipeline.undefined import Number

_SINGULAR = float(np.sqrt(np.finfo(np.float64).eps))
"""Of the largest singular value: what is smaller counts as 0 in a generalised inverse (MASS::ginv's limit)."""


@dataclass(frozen=True, slots=True)
class Release:
    """What giving up one constraint ``lhs == rhs`` would do to χ²."""

    lhs: str
    rhs: str
    test: ChiSquareTest


@dataclass(frozen=True, slots=True)
class ScoreTests:
    """Score tests of a model's equality constraints.

    Attributes
    ----------
    total
        All given up at once; ``df`` counts constraints (lavaan's convention).
    rank
        How many of them can be given up at once before the model is no longer identified: where it is less than
        ``total.df``, the total's p value is too large.
    univariate
        Each given up alone, in the order of the table.
    cumulative
        Given up one after the other, the largest univariate first; ``df`` is 1, 2, 3, …
    change, sepc_lv, sepc_all
        (q,) expected changes of all parameters with all constraints given up, and standardised ones.
    """

    total: ChiSquareTest
    rank: int
    univariate: tuple[Release, ...]
    cumulative: tuple[Release, ...]
    change: Array
    sepc_lv: tuple[Number, ...]
    sepc_all: tuple[Number, ...]


def released(score: Array, information: Array, kept: Array) -> Array:
    """Expected changes J s of all parameters when the constraints ``kept`` (m, q) alone remain; N sᵀ J s is χ².

    J = K (Kᵀ I K)⁻ Kᵀ with K the null space of the constraints' derivatives (Rao 1948; Aitchison & Silvey 1958), s
    (q,) and I (q, q) score and expected information of one case. With several ways to identify the parameters, the
    changes are the smallest; χ² is the same for all.
    """
    K = null_space(kept) if len(kept) else np.eye(len(score))
    inverse = np.linalg.pinv(K.T @ information @ K, rcond=_SINGULAR, hermitian=True)
    changes: Array = K @ (inverse @ (K.T @ score))
    return changes


def score_tests(problem: Problem, theta: Array) -> ScoreTests:
    """Which equality constraints the data speak against (lavaan's ``lavTestScore``).

    Parameters
    ----------
    theta
        (q,) the minimum under the constraints.

    Raises
    ------
    InputError
        ``COMPARE-CONSTRAINTS`` if the model has none.
    """
    table, n = problem.table, float(problem.n)
    names, R = _constraints(table, theta)
    score, expected = _score_and_information(problem, theta)

    def statistic(given_up: list[int]) -> float:
        return float(n * score @ released(score, expected, np.delete(R, given_up, axis=0)))

    every = list(range(len(R)))
    alone = [statistic([i]) for i in every]
    falling = sorted(every, key=lambda i: -alone[i])
    change = released(score, expected, R[:0])
    standardised = _standardised(problem, theta, change)
    rank = int(np.linalg.matrix_rank(expected, tol=_SINGULAR * np.linalg.norm(expected, 2), hermitian=True))
    tied = len(theta) - int(np.linalg.matrix_rank(R))
    return ScoreTests(
        chi_square_test(float(n * score @ change), len(R)), rank - tied,
        tuple(Release(*names[i], chi_square_test(alone[i], 1)) for i in every),
        tuple(Release(*names[i], chi_square_test(statistic(falling[:k]), k)) for k, i in enumerate(falling, start=1)),
        change, tuple(lv for lv, _ in standardised), tuple(both for _, both in standardised))


def _score_and_information(problem: Problem, theta: Array) -> tuple[Array, Array]:
    """(q,) and (q, q) of one case."""
    if isinstance(problem.objective, WeightedObjective):
        return problem.score(theta), information(pieces(problem, theta), len(theta))
    expected, _ = expected_information(problem.objective, theta)
    return problem.score(theta), expected


def _standardised(problem: Problem, theta: Array, change: Array) -> list[tuple[Number, Number]]:
    """Fixed rows go along, unchanged, for the residual variances among them."""
    fixed = [(row, row.value) for row in problem.table.rows if not row.free and row.value is not None]
    rows = [*problem.table.free_rows(), *(row for row, _ in fixed)]
    values = np.concatenate([theta, [value for _, value in fixed]])
    changes = np.concatenate([change, np.zeros(len(fixed))])
    moments = problem.objective.described(theta[None])
    return standardised_changes(problem.objective.groups, moments, problem.table, rows, values, changes)[:len(theta)]


def _constraints(table: ParameterTable, theta: Array) -> tuple[list[tuple[str, str]], Array]:
    """Sides and derivatives (m, q) of the author's constraints, then of shared labels, as lavaan lists them."""
    pairs = table.equality_pairs()
    if not table.constraints and not pairs:
        raise InputError(Finding("COMPARE-CONSTRAINTS", "model", "A score test gives up equality constraints; this "
                                 "model has none.", "Give parameters equal labels, or write `a == b`."))
    place = {row.plabel: row.free - 1 for row in table.free_rows()}
    shared = np.zeros((len(pairs), len(theta)))
    for i, (first, other) in enumerate(pairs):
        shared[i, place[first]], shared[i, place[other]] = 1.0, -1.0
    names = [(c.left.text, c.right.text) for c in table.constraints]
    written = jacobian(table, table.constraints, (), theta) if names else shared[:0]
    return [*names, *pairs], np.concatenate([written, shared])
