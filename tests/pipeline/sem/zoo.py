"""A zoo of small models over one set of synthetic variables, and how to pose a model and its data as a problem."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import numpy as np

from pipeline.sem.discrepancy import complete_normal
from pipeline.sem.linalg import Array
from pipeline.sem.minimise import Minima
from pipeline.sem.objective import Objective
from pipeline.sem.problem import Problem, pose, solve
from pipeline.sem.sample import Missing, take_sample
from pipeline.sem.syntax import parse_model
from pipeline.sem.table import ParameterTable, parameter_table
from pipeline.sem.weighted import weighted_moments

NAMES = (*(f"x{i}" for i in range(1, 10)), "z1", "z2", "w1", "w2", "v", *(f"t{i}" for i in range(1, 5)))
FACTORS = "F1 =~ x1 + x2 + x3\nF2 =~ x4 + x5 + x6\nF3 =~ x7 + x8 + x9\n"


@dataclass(frozen=True)
class Animal:
    """A model with what :func:`parameter_table` is to make of it."""

    model: str
    grouped: bool = False
    options: dict[str, Any] = field(default_factory=dict)


ZOO = {
    "one factor": Animal("F =~ x1 + x2 + x3 + x4"),
    "means": Animal(FACTORS, options={"meanstructure": True}),
    "second order": Animal(FACTORS + "G =~ F1 + F2 + F3"),
    "observed paths": Animal("w1 ~ z1 + z2\nw2 ~ w1 + z1\nv ~ w2 + w1 + z2"),
    "observed paths with means": Animal("w1 ~ z1 + z2\nw2 ~ w1 + z1\nv ~ w2", options={"meanstructure": True}),
    "random covariates": Animal("w1 ~ z1 + z2\nv ~ w1", options={"fixed_x": False, "meanstructure": True}),
    "correlated residuals": Animal("F1 =~ x1 + x2 + x3 + x4\nF2 =~ x5 + x6 + x7\nx1 ~~ x2\nx3 ~~ x5"),
    "latent paths": Animal(FACTORS + "F2 ~ F1 + z1\nF3 ~ F2 + F1\nv ~ F3 + z1\nx9 ~~ v"),
    "feedback": Animal("w1 ~ w2 + z1\nw2 ~ w1 + z2"),
    "growth": Animal("i =~ 1*t1 + 1*t2 + 1*t3 + 1*t4\ns =~ 0*t1 + 1*t2 + 2*t3 + 3*t4\n"
                     "t1 + t2 + t3 + t4 ~ 0*1\ni + s ~ 1\ni + s ~ z1"),
    "labels": Animal("F1 =~ x1 + a*x2 + a*x3\nF2 =~ x4 + b*x5 + x6\nF2 ~ c*F1\nb == 2 * c"),
    "two groups": Animal(FACTORS, grouped=True, options={"group_equal": ["loadings", "intercepts"]}),
    "two groups with paths": Animal("F1 =~ x1 + x2 + x3\nF1 ~ c(a, b)*z1\nv ~ F1 + z1", grouped=True),
}


@cache
def synthetic(n: int = 240, seed: int = 7, missing: float = 0.0) -> Array:
    """(n, 18) synthetic rows of :data:`NAMES`; a share of the cells, but never of z1 and z2, is missing at random."""
    rng = np.random.default_rng(seed)
    e = rng.normal
    z1, z2 = e(size=n), 2 + e(size=n)
    f1 = 0.4 * z1 + e(size=n)
    f2 = 0.5 * f1 + 0.3 * z1 + 0.8 * e(size=n)
    f3 = 0.4 * f2 + 0.2 * f1 + 0.8 * e(size=n)
    x = np.column_stack([f1, f1, f1, f2, f2, f2, f3, f3, f3]) * rng.uniform(0.6, 1.2, 9) + 0.7 * e(size=(n, 9)) + 3
    w1 = 0.5 * z1 + 0.2 * z2 + e(size=n)
    w2 = 0.4 * w1 + 0.3 * z1 + 0.3 * z2 + e(size=n)
    v = 0.4 * w2 + 0.3 * f3 + e(size=n)
    i, s = 5 + 0.5 * z1 + e(size=n), 1 + 0.2 * z1 + 0.5 * e(size=n)
    t = i[:, None] + s[:, None] * np.arange(4) + 0.6 * e(size=(n, 4))
    X = np.column_stack([x, z1, z2, w1, w2, v, t])
    gaps = rng.random(X.shape) < missing
    gaps[:, [NAMES.index("z1"), NAMES.index("z2")]] = False
    X[gaps] = np.nan
    X.flags.writeable = False
    return X


def halves(n: int) -> list[str]:
    """Two groups of unequal size, in no order."""
    return ["big" if i % 5 < 3 else "small" for i in range(n)]


def table_of(
    model: str, *, missing: Missing = "listwise", names: Sequence[str] = NAMES, **options: Any,
) -> ParameterTable:
    """A model's table; full information models means."""
    if missing == "fiml":
        options["meanstructure"] = True
    return parameter_table(parse_model(model), names, **options)


def problem_of(
    model: str, X: Array, *, names: Sequence[str] = NAMES, missing: Missing = "listwise",
    groups: Sequence[str] | None = None, order: Sequence[str] = (), **options: Any,
) -> Problem:
    """A model and rows (n, columns); ``order`` of the groups, if not that of first appearance."""
    labels = tuple(order) or tuple(dict.fromkeys(groups or ()))
    table = table_of(model, missing=missing, names=names, groups=labels, **options)
    return pose(table, take_sample(X, names, table, missing=missing, groups=groups))


@cache
def posed(name: str, missing: Missing = "listwise") -> Problem:
    """A member of the zoo with its data, under "fiml" with a tenth of the cells missing."""
    animal = ZOO[name]
    X = synthetic(missing=0.1 if missing == "fiml" else 0.0)
    groups = halves(len(X)) if animal.grouped else None
    return problem_of(animal.model, X, missing=missing, groups=groups, **animal.options)


@cache
def solved(name: str, missing: Missing = "listwise") -> Minima:
    return solve(posed(name, missing))


def elsewhere(problem: Problem, minima: Minima, seed: int = 3) -> Array:
    """θ (q,) off the minimum, where every implied covariance matrix still is positive definite."""
    rng = np.random.default_rng(seed)
    theta: Array = minima.theta[0] * (1 + 0.06 * rng.uniform(-1, 1, problem.table.n_free))
    theta += 0.02 * rng.uniform(-1, 1, len(theta))
    assert np.isfinite(problem.objective.evaluate(theta[None]).value[0])
    return theta


def resampled(problem: Problem, weights: Sequence[Array]) -> Objective:
    """The objective of complete data with each group's rows counted ``weights`` (b, n_g)."""
    means = problem.table.meanstructure
    data = [complete_normal(*weighted_moments(group.X, w), means=means)
            for group, w in zip(problem.sample.groups, weights, strict=True)]
    return Objective(problem.objective.groups, tuple(data), problem.table.n_free)


def by_row(problem: Problem, theta: Array) -> dict[tuple[str, str, str, int], float]:
    """Free parameters by name, the ends of a covariance in alphabetical order."""
    result = {}
    for row, value in zip(problem.table.free_rows(), theta, strict=True):
        ends = sorted((row.lhs, row.rhs)) if row.op == "~~" else (row.lhs, row.rhs)
        result[ends[0], row.op, ends[1], row.group] = float(value)
    return result
