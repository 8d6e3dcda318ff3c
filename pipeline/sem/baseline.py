"""The baseline model: what every other model's fit is compared with."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from pipeline.sem.constraints import restriction
from pipeline.sem.linalg import Array
from pipeline.sem.matrices import group_matrices
from pipeline.sem.objective import Objective
from pipeline.sem.problem import Problem
from pipeline.sem.saturated import unrestricted_moments
from pipeline.sem.table import ParameterTable, Row


def baseline_problem(problem: Problem) -> tuple[Problem, Array]:
    """The independence model of the same data, and its estimates, which need no search.

    Variables have means and variances, and no covariances but those among exogenous ones (Bentler & Bonett 1980):
    fixed to the sample's, or free where exogenous variables are random and the author wrote none of their moments, as
    in lavaan. Equalities across groups do not concern it.
    """
    table = problem.table
    rows: list[Row] = []
    theta: list[float] = []
    kept = {(r.lhs, r.op, r.rhs, r.group): r for r in table.rows if r.exogenous}
    for number, group in enumerate(problem.sample.groups, start=1):
        with np.errstate(all="ignore"):
            mean, variance = np.nanmean(group.X, axis=0), np.nanvar(group.X, axis=0)
        pairs = random_covariates(table, number)
        covariates = [table.observed.index(name) for name in dict.fromkeys(name for pair in pairs for name in pair)]
        among = np.diag(variance)
        if pairs:
            X = group.X[:, covariates]
            moments = unrestricted_moments(X[~np.isnan(X).all(axis=1)])
            mean[covariates], variance[covariates] = moments.mean, np.diag(moments.cov)
            among[np.ix_(covariates, covariates)] = moments.cov
        for index, name in enumerate(table.observed):
            if name not in table.exogenous:
                theta.append(float(variance[index]))
                rows.append(Row(name, "~~", name, number, 0, len(theta), "", f".b{len(theta)}.", None, None, False))
                if table.meanstructure:
                    theta.append(float(mean[index]))
                    rows.append(Row(name, "~1", "", number, 0, len(theta), "", f".b{len(theta)}.", None, None, False))
        for lhs, rhs in pairs:
            theta.append(float(among[table.observed.index(lhs), table.observed.index(rhs)]))
            rows.append(Row(lhs, "~~", rhs, number, 0, len(theta), "", f".b{len(theta)}.", None, None, False))
        rows += [row for key, row in kept.items() if key[3] == number]
    plain = replace(table, rows=tuple(rows), equalities=(), constraints=(), definitions=(), written=(), latent=(),
                    endogenous=(), n_free=len(theta))
    objective = Objective(group_matrices(plain), problem.objective.data, plain.n_free)
    return Problem(plain, problem.sample, objective, restriction(plain), problem.saturated), np.array(theta)


def random_covariates(table: ParameterTable, group: int) -> list[tuple[str, str]]:
    """Pairs of exogenous observed variables whose covariance is free without the author having written it."""
    exogenous = set(table.observed) - set(table.endogenous)
    return [(row.lhs, row.rhs) for row in table.free_rows() if not row.user and row.op == "~~" and row.group == group
            and row.lhs != row.rhs and {row.lhs, row.rhs} <= exogenous]
