"""Bootstrap intervals: the model refitted to thousands of resamples, the same numbers for any number of workers.

Draws are made by :mod:`pipeline.sem.resampling`, fitted by :mod:`pipeline.sem.refit` and shared among workers by
:mod:`pipeline.sem.chunks`. Parameters, standardised parameters and defined effects have their intervals from the
same draws.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from instrument.errors import Finding, InputError
from pipeline.sem.chunks import in_chunks
from pipeline.sem.intervals import BiasCorrected, bca_interval, percentile_interval, spread
from pipeline.sem.linalg import Array, Field, one_thread
from pipeline.sem.matrices import Implied, Index
from pipeline.sem.objective import Objective
from pipeline.sem.problem import Problem
from pipeline.sem.refit import DRAW_TOLERANCE, Refit, admissible, refit
from pipeline.sem.resampling import Resampling, left_out, resampling
from pipeline.sem.standardise import defined_values, label_values, row_values, standardised_rows
from pipeline.sem.table import ParameterTable, Row
from pipeline.undefined import Number

_MOST = 1000
"""Sets of cases a jackknife leaves out at most."""


@dataclass(frozen=True, slots=True)
class Values:
    """Everything computed from a stack of b parameter vectors.

    Attributes
    ----------
    rows, std_rows
        (b, rows) every row of the table, and its ``std_all``.
    effects, std_effects
        (b, effects) every ``:=``, and its expression on standardised values, as in lavaan.
    """

    rows: Array
    std_rows: Array
    effects: Array
    std_effects: Array

    def take(self, index: Index | NDArray[np.bool_] | slice) -> Values:
        return Values(self.rows[index], self.std_rows[index], self.effects[index], self.std_effects[index])


@dataclass(frozen=True, slots=True)
class Draws:
    """Draws that converged; those that did not are only counted.

    Attributes
    ----------
    number
        (r,) which draws they are, from 0.
    theta
        (r, q) free parameters.
    values
        Rows and effects, (r, …).
    admissible
        (r,) whether the solution is proper.
    """

    number: Index
    theta: Array
    values: Values
    admissible: NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Interval:
    """One quantity over the draws.

    ``se`` is the standard deviation over converged draws; ``lower``, ``upper`` the percentile interval of all converged
    draws, ``lower_admissible``, ``upper_admissible`` of those with a proper solution.
    """

    est: float
    se: Number
    lower: Number
    upper: Number
    lower_admissible: Number
    upper_admissible: Number


@dataclass(frozen=True, slots=True)
class ParameterInterval:
    """A row of the parameter table; ``raw`` is None for a row that is fixed."""

    row: Row
    raw: Interval | None
    std_all: Interval


@dataclass(frozen=True, slots=True)
class EffectInterval:
    """A defined effect; ``bca`` and ``std_bca`` are None where they were not asked for."""

    name: str
    expression: str
    raw: Interval
    std_all: Interval
    bca: BiasCorrected | None
    std_bca: BiasCorrected | None


@dataclass(frozen=True, slots=True)
class Bootstrap:
    """Intervals and the draws they come from. ``requested`` ≥ ``converged`` ≥ ``admissible``."""

    requested: int
    converged: int
    admissible: int
    seed: int
    level: float
    clusters: bool
    parameters: tuple[ParameterInterval, ...]
    effects: tuple[EffectInterval, ...]
    draws: Draws


def bootstrap(
    problem: Problem, theta: Array, *, draws: int, seed: int, level: float = 0.95, workers: int = 1,
    progress: Callable[[int], None] | None = None, clusters: bool = False, bca: bool = False,
    tolerance: float = DRAW_TOLERANCE,
) -> Bootstrap:
    """Refit the model to ``draws`` resamples of its rows (Efron & Tibshirani 1993, ch. 13).

    Parameters
    ----------
    theta
        (q,) where the original sample has its minimum.
    workers
        Processes on Linux, threads elsewhere; no digit depends on them.
    progress
        Called in this thread with the number of draws just finished.
    clusters
        Whether to draw whole clusters in place of rows.
    bca
        Whether to add bias-corrected and accelerated intervals of the effects.
    tolerance
        Distance from its minimum, in standard errors, at which a draw has converged.

    Raises
    ------
    InputError
        ``BOOTSTRAP-DRAWS`` for fewer than 1 draw, ``BOOTSTRAP-CLUSTERS`` for clusters the sample does not have.
    """
    _check(problem, draws, clusters=clusters)
    with one_thread():
        plan = refit(problem, theta, tolerance=tolerance)
        source = resampling(problem.sample, seed, clusters=clusters)
        parts = []
        for part, new in in_chunks(partial(_chunk, plan, source), draws, plan.chunk, workers):
            parts.append(part)
            if progress is not None:
                progress(new)
        kept = _joined(parts, draws)
        estimate = values_at(problem.table, problem.objective, theta[None])
        without = _jackknife(plan, clusters=clusters) if bca else None
    return Bootstrap(
        requested=draws, converged=len(kept.number), admissible=int(kept.admissible.sum()), seed=seed, level=level,
        clusters=clusters, parameters=_parameters(problem.table, estimate, kept, level),
        effects=_effects(problem.table, estimate, kept, without, level), draws=kept)


def values_at(table: ParameterTable, objective: Objective, theta: Array) -> Values:
    """Rows and effects at θ (b, q), standardised by each member's own implied moments."""
    return _values(table, objective, theta, objective.described(theta))


def _check(problem: Problem, draws: int, *, clusters: bool) -> None:
    if draws < 1:
        raise InputError(Finding("BOOTSTRAP-DRAWS", "draws", f"A bootstrap needs draws; {draws} were asked for.",
                                 "Ask for some thousands."))
    if clusters and any(group.clusters is None for group in problem.sample.groups):
        raise InputError(Finding("BOOTSTRAP-CLUSTERS", "clusters", "The rows have no clusters to be resampled.",
                                 "Name the column of clusters, or resample rows."))


def _chunk(plan: Refit, source: Resampling, first: int, last: int) -> Draws:
    objective, usable = plan.objective(source.counts(first, last))
    found = plan.minima(objective, usable)
    kept = np.flatnonzero(found.converged)
    theta = found.theta[kept]
    fitted = objective.take(kept)
    values = _values(plan.problem.table, fitted, theta, fitted.described(theta))
    proper = admissible(objective.groups, fitted.implied(theta))
    return Draws(first + kept, theta, values, proper)


def _values(table: ParameterTable, objective: Objective, theta: Array, implied: list[Implied]) -> Values:
    rows = row_values(table, theta, [d.cov for d in objective.data], [d.mean for d in objective.data],
                      objective.groups, implied)
    std_rows = standardised_rows(table, objective.groups, implied, rows)
    return Values(rows, std_rows, _defined(table, rows), _defined(table, std_rows))


def _defined(table: ParameterTable, rows: Field) -> Array:
    found = defined_values(table, label_values(table, rows)).values()
    columns = [np.broadcast_to(np.asarray(value, dtype=np.float64), len(rows)) for value in found]
    return np.stack(columns, axis=1) if columns else np.empty((len(rows), 0))


def _joined(kept: Sequence[Draws], draws: int) -> Draws:
    number = np.concatenate([d.number for d in kept])
    wanted: slice | NDArray[np.bool_] = slice(None) if (number < draws).all() else number < draws
    values = Values(*(np.concatenate([getattr(d.values, name) for d in kept])
                      for name in ("rows", "std_rows", "effects", "std_effects")))
    return Draws(number[wanted], np.concatenate([d.theta for d in kept])[wanted], values.take(wanted),
                 np.concatenate([d.admissible for d in kept])[wanted])


def _jackknife(plan: Refit, *, clusters: bool) -> Values:
    """Rows and effects without each case, or set of cases, one Newton step from the full sample's minimum.

    To first order the step is the infinitesimal jackknife's influence; effects are computed at its end, and
    standardised by moments without the case.
    """
    sample = plan.problem.sample
    left = left_out(sample, _MOST, clusters=clusters)
    parts = []
    for start in range(0, len(left), plan.chunk):
        some = left[start: start + plan.chunk]
        counts = [np.ones((len(some), group.n), dtype=np.uint16) for group in sample.groups]
        for member, (group, rows) in enumerate(some):
            counts[group][member, rows] = 0
        objective, usable = plan.objective(counts)
        theta = _newton_step(plan, objective, usable)
        parts.append(values_at(plan.problem.table, objective, theta))
    return Values(*(np.concatenate([getattr(part, name) for part in parts])
                    for name in ("rows", "std_rows", "effects", "std_effects")))


def _newton_step(plan: Refit, objective: Objective, usable: NDArray[np.bool_]) -> Array:
    if plan.inverse_hessian is None:
        return plan.minima(objective, usable).theta
    theta = np.repeat(plan.theta[None], len(usable), axis=0)
    K = plan.problem.restriction.K
    step: Array = theta - objective.evaluate(theta).gradient @ K @ plan.inverse_hessian @ K.T
    return step


def _interval(est: float, draws: Array, proper: NDArray[np.bool_], level: float) -> Interval:
    every = percentile_interval(draws, level)
    some = every if proper.all() else percentile_interval(draws[proper], level)
    return Interval(est, spread(draws), every.lower, every.upper, some.lower, some.upper)


def _parameters(table: ParameterTable, at: Values, kept: Draws, level: float) -> tuple[ParameterInterval, ...]:
    found = []
    for index, row in enumerate(table.rows):
        std = _interval(float(at.std_rows[0, index]), kept.values.std_rows[:, index], kept.admissible, level)
        raw = None
        if row.free:
            raw = _interval(float(at.rows[0, index]), kept.values.rows[:, index], kept.admissible, level)
        found.append(ParameterInterval(row, raw, std))
    return tuple(found)


def _effects(
    table: ParameterTable, at: Values, kept: Draws, without: Values | None, level: float,
) -> tuple[EffectInterval, ...]:
    found = []
    for index, definition in enumerate(table.definitions):
        pairs = [(float(at.effects[0, index]), kept.values.effects[:, index]),
                 (float(at.std_effects[0, index]), kept.values.std_effects[:, index])]
        raw, std = (_interval(est, draws, kept.admissible, level) for est, draws in pairs)
        bca = std_bca = None
        if without is not None:
            bca = bca_interval(pairs[0][1], pairs[0][0], without.effects[:, index], level)
            std_bca = bca_interval(pairs[1][1], pairs[1][0], without.std_effects[:, index], level)
        found.append(EffectInterval(definition.name, definition.expression.text, raw, std, bca, std_bca))
    return tuple(found)
