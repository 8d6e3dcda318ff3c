"""A model and its data made ready for estimation, and the minimum that was found."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from pipeline.sem.constraints import Restriction, holding, reduced_inverse, restriction
from pipeline.sem.discrepancy import Discrepancy, complete_normal
from pipeline.sem.incomplete import incomplete_normal, patterns_of
from pipeline.sem.least_squares import WeightedObjective, weighted_objective
from pipeline.sem.linalg import Array
from pipeline.sem.matrices import group_matrices
from pipeline.sem.minimise import Minima, quasi_newton, scoring
from pipeline.sem.objective import Objective
from pipeline.sem.ordered import weighted_problem
from pipeline.sem.sample import GroupRows, Sample
from pipeline.sem.saturated import SaturatedMoments, expectation_maximisation
from pipeline.sem.start import starting_values
from pipeline.sem.table import ParameterTable
from pipeline.sem.weighted import weighted_moments

_NEAR = 1.0
"""Standard errors from the minimum at which gradients take over from fresh information matrices."""


@dataclass(frozen=True)
class Problem:
    """What is to be minimised.

    Attributes
    ----------
    objective
        A stack of one.
    saturated
        Unrestricted moments of each group: the sample's, or by expectation maximisation where values are missing.
    at_bound
        Numbers, from 0, of the parameters held at 0 because they may not be negative.
    said
        What a reader must know of the sample's moments: code and text.
    """

    table: ParameterTable
    sample: Sample
    objective: Objective
    restriction: Restriction
    saturated: tuple[SaturatedMoments, ...]
    at_bound: tuple[int, ...] = ()
    said: tuple[tuple[str, str], ...] = ()

    @property
    def n(self) -> int:
        return self.sample.n

    def npar(self, theta: Array) -> int:
        """Free parameters at θ (q,) after equality constraints; variances held at a bound count."""
        return int(self.restriction.tangent(theta).shape[1]) + len(self.at_bound)

    def start(self) -> Array:
        """(q,) starting values, as the unrestricted moments suggest them."""
        thresholds = self.objective.thresholds() if isinstance(self.objective, WeightedObjective) else ()
        return starting_values(self.table, [m.cov for m in self.saturated], [m.mean for m in self.saturated],
                               thresholds)

    def score(self, theta: Array) -> Array:
        """(q,) of one case at one θ; of least squares as lavaan has it, with n_g − 1 over N."""
        half: Array = -self.objective.evaluate(theta[None]).gradient[0] / 2
        if isinstance(self.objective, WeightedObjective):
            return half * float(self.objective.n[0]) / self.n
        return half

    @property
    def shares(self) -> list[float]:
        """n_g / N of every group."""
        return [group.n / self.sample.n for group in self.sample.groups]


def widened(problem: Problem, table: ParameterTable) -> Problem:
    """The same data seen by another table of the same variables, such as one with more free rows."""
    data = problem.objective.data
    objective = (weighted_objective(table, data) if isinstance(problem.objective, WeightedObjective)
                 else Objective(group_matrices(table), data, table.n_free))
    return replace(problem, table=table, objective=objective, restriction=restriction(table))


def pose(table: ParameterTable, sample: Sample, like: Problem | None = None) -> Problem:
    """Moments or missingness patterns of every group, matrices, and constraints.

    Parameters
    ----------
    like
        Another model's problem. If it has the same rows of the same variables in the same order, what does not depend
        on the model is taken from it; expectation maximisation, above all, is not done again.
    """
    if sample.missing == "fiml" and not table.meanstructure:
        raise ValueError("full information needs a table with means; ask for meanstructure=True")
    if table.ordered:
        weighted, moments_of, said = weighted_problem(table, sample)
        return Problem(table, sample, weighted, restriction(table), moments_of, said=said)
    if like is not None and _same_data(like, table, sample):
        objective = Objective(group_matrices(table), like.objective.data, table.n_free)
        return Problem(table, like.sample, objective, restriction(table), like.saturated)
    data: list[Discrepancy] = []
    saturated = []
    for group in sample.groups:
        discrepancy, moments = _group(group.X, table, fiml=sample.missing == "fiml")
        data.append(discrepancy)
        saturated.append(moments)
    objective = Objective(group_matrices(table), tuple(data), table.n_free)
    return Problem(table, sample, objective, restriction(table), tuple(saturated))


def _same_data(like: Problem, table: ParameterTable, sample: Sample) -> bool:
    """Whether discrepancies and unrestricted moments of a problem are also those of a table and rows."""
    own = like.sample
    return (not like.table.ordered and like.table.meanstructure == table.meanstructure
            and (own.names, own.missing, own.left_out) == (sample.names, sample.missing, sample.left_out)
            and len(own.groups) == len(sample.groups)
            and all(_same_rows(*pair) for pair in zip(own.groups, sample.groups, strict=True)))


def _same_rows(one: GroupRows, other: GroupRows) -> bool:
    clusters = one.clusters is other.clusters or (
        one.clusters is not None and other.clusters is not None and np.array_equal(one.clusters, other.clusters))
    return one.label == other.label and clusters and np.array_equal(one.X, other.X, equal_nan=True)


def _group(X: Array, table: ParameterTable, *, fiml: bool) -> tuple[Discrepancy, SaturatedMoments]:
    ones = np.ones((1, len(X)))
    if fiml:
        incomplete = incomplete_normal(patterns_of(X), ones)
        return incomplete, expectation_maximisation(incomplete)
    n, mean, cov = weighted_moments(X, ones)
    complete = complete_normal(n, mean, cov, means=table.meanstructure)
    return complete, SaturatedMoments(mean[0], cov[0], float(n[0] * complete.constant[0]), True, 0)


def solve(problem: Problem) -> Minima:
    """The minimum, searched from starting values that the moments suggest.

    Scoring finds the neighbourhood; limited-memory BFGS with the information there does the rest in cheaper steps.
    """
    start = problem.start()
    objective, restriction = problem.objective, problem.restriction
    if restriction.curved:
        # Paths start at 0, where a product of two has no slope; without the curved constraints they do not stay there.
        near = scoring(objective, replace(restriction, curved=()), start[None], tolerance=_NEAR)
        found = scoring(objective, restriction, near.theta if near.converged[0] else start[None])
        return found if found.converged[0] else scoring(objective, restriction, start[None])
    near = scoring(objective, restriction, start[None], tolerance=_NEAR)
    inverse = reduced_inverse(restriction, objective.information(near.theta)[0])
    if inverse is None:
        return scoring(objective, restriction, near.theta)  # not identified: it ends somewhere in the valley
    found = quasi_newton(objective, restriction, near.theta, inverse)
    if not found.converged[0]:
        found = scoring(objective, restriction, found.theta if np.isfinite(found.value[0]) else near.theta)
    return replace(found, iterations=near.iterations + found.iterations)


def solve_bounded(problem: Problem) -> tuple[Problem, Minima]:
    """The minimum without negative variances, and the problem with those at their bound held there.

    Variances that would be negative are held at 0, and let go where F falls into the positive (an active set: Gill,
    Murray & Wright 1981, ch. 5).
    """
    variances = {row.free - 1 for row in problem.table.rows if row.free and row.op == "~~" and row.lhs == row.rhs}
    held: set[int] = set()
    found = solve(problem)
    for _ in range(2 * len(variances) + 1):
        theta = found.theta[0]
        gradient = problem.objective.evaluate(theta[None]).gradient[0]
        negative = {index for index in variances - held if theta[index] < 0}
        free = {index for index in held if gradient[index] < 0}
        if not found.converged[0] or not (negative or free):
            break
        held = (held - free) | negative
        bounded = replace(problem, restriction=holding(problem.restriction, sorted(held)), at_bound=tuple(sorted(held)))
        found = solve(bounded)
    return (bounded if held else problem), found
