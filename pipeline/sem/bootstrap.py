"""Intervals for defined effects by resampling rows; the same numbers for any number of workers."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from joblib import Parallel, delayed
from numpy.typing import ArrayLike, NDArray
from scipy.stats import norm
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

from instrument.errors import Finding, InputError
from pipeline.sem.effects import evaluate_effects, label_values
from pipeline.sem.estimate import Engine, fit_model
from pipeline.sem.fit import Fit
from pipeline.sem.inference import is_admissible
from pipeline.sem.ram import implied, ram
from pipeline.sem.sample import COLLINEAR, Sample, covariance, take_sample
from pipeline.sem.standardise import row_values, standardised
from pipeline.sem.syntax import parse_model
from pipeline.sem.table import ParameterTable, parameter_table
from pipeline.undefined import Number, Undefined

Array = NDArray[np.float64]

CHUNK = 25
"""Draws a task: small enough for a smooth progress bar, large enough to make a worker's start worth it."""


@dataclass(frozen=True, slots=True)
class EffectInterval:
    """A defined effect with its percentile bootstrap interval.

    ``lower``/``upper`` use all converged draws; ``lower_admissible``/``upper_admissible`` only draws
    with a proper solution. ``bootstrap_se`` is the SD over converged draws. ``std_all`` is the effect
    on standardised variables with its interval from the same draws.
    """

    name: str
    expression: str
    est: float
    se: Number
    z: Number
    pvalue: Number
    bootstrap_se: Number
    lower: Number
    upper: Number
    lower_admissible: Number
    upper_admissible: Number
    std_all: Number
    std_lower: Number
    std_upper: Number


@dataclass(frozen=True, slots=True)
class BootstrapResult:
    """Percentile bootstrap of every defined effect.

    ``draws`` holds the converged draws by effect; none where the effect has no finite value in one of them.
    """

    requested: int
    converged: int
    admissible: int
    seed: int
    level: float
    effects: tuple[EffectInterval, ...]
    draws: dict[str, tuple[float, ...]]


@dataclass(frozen=True, slots=True)
class _Draws:
    """Effects (draws, effects), raw and standardised; NaN in rows that did not converge."""

    effects: Array
    standardised: Array
    converged: NDArray[np.bool_]
    admissible: NDArray[np.bool_]


def bootstrap_effects(
    engine: Engine, syntax: str, X: ArrayLike, names: Sequence[str], *, draws: int, seed: int,
    level: float = 0.95, workers: int = 1, progress: Callable[[int], None] | None = None, fit: Fit | None = None,
) -> BootstrapResult:
    """Percentile bootstrap of every ``:=`` (Efron & Tibshirani 1993, ch. 13).

    Draw k resamples rows with the k-th child of ``SeedSequence(seed)`` and is refitted from the full-sample
    solution, so no number depends on ``workers``, nor on the draws before it.

    Parameters
    ----------
    X, names
        (n, columns) complete data, as for :func:`pipeline.sem.estimate.fit_model`.
    workers
        Processes; 1 stays in this one.
    progress
        Called with the number of draws just finished.
    fit
        The full-sample fit of the same model, engine and data, if there is one already.

    Raises
    ------
    InputError
        As :func:`~pipeline.sem.estimate.fit_model`; ``BOOTSTRAP-START`` if the full sample did not converge,
        ``BOOTSTRAP-EFFECTS`` if the model defines none.
    """
    full = fit or fit_model(engine, syntax, X, names, level=level)
    table = parameter_table(parse_model(syntax, full.name), names)
    sample = take_sample(X, names, table.observed)
    _check_start(full, table)
    free = {row.free: row.est for row in full.parameters if row.free}
    theta = np.array([free[index] for index in range(1, table.n_free + 1)])
    tasks = [range(start, min(start + CHUNK, draws)) for start in range(0, draws, CHUNK)]
    parts = []
    for part in _run(engine, table, sample, theta, seed, tasks, workers):
        parts.append(part)
        if progress is not None:
            progress(len(part.converged))
    return _summarise(full, table, _joined(parts), draws, seed, level)


def percentile_limit(sorted_draws: Array, probability: float) -> Number:
    """The ``probability`` quantile of sorted draws (r,), as R's ``boot.ci(type = "perc")`` and lavaan take it.

    It is the order statistic number (r + 1)·probability; between two whole numbers k and k + 1 the draws are
    interpolated on the normal quantile scale, t_k + (t_{k+1} − t_k) · (Φ⁻¹(α) − Φ⁻¹(k/(r+1))) /
    (Φ⁻¹((k+1)/(r+1)) − Φ⁻¹(k/(r+1))) (Davison & Hinkley 1997, eq. 5.8). Where R falls back on the most extreme
    draw with a warning, the limit is undefined.
    """
    r = len(sorted_draws)
    place = (r + 1) * probability
    # (r + 1)·α is meant exactly (1000 · .025 = 25), and floats miss it by a rounding.
    k = round(place) if abs(place - round(place)) < 1e-9 else int(np.floor(place))
    if k < 1 or k >= r + (abs(place - k) < 1e-9):
        return Undefined(f"{r} draws are too few for a limit at {probability:.3g}")
    if abs(place - k) < 1e-9:
        return float(sorted_draws[k - 1])
    low, high, at = norm.ppf(k / (r + 1)), norm.ppf((k + 1) / (r + 1)), norm.ppf(probability)
    return float(sorted_draws[k - 1] + (at - low) / (high - low) * (sorted_draws[k] - sorted_draws[k - 1]))


def percentile_interval(draws: Array, level: float) -> tuple[Number, Number]:
    """Both limits of a percentile interval of draws (r,), which need not be sorted."""
    if not np.isfinite(draws).all():
        nothing = Undefined(f"{int((~np.isfinite(draws)).sum())} of {len(draws)} draws have no finite value")
        return nothing, nothing
    ordered = np.sort(draws)
    return percentile_limit(ordered, (1 - level) / 2), percentile_limit(ordered, (1 + level) / 2)


def _check_start(full: Fit, table: ParameterTable) -> None:
    if not table.definitions:
        raise InputError(Finding(
            "BOOTSTRAP-EFFECTS", full.name, "The bootstrap is of effects defined with :=; there are none.",
            "Define one, e.g. `indirect := a*b`."))
    if not full.converged:
        raise InputError(Finding(
            "BOOTSTRAP-START", full.name, f"The full sample must converge before draws do: {full.message}.",
            "Simplify the model or use more data."))


def _run(
    engine: Engine, table: ParameterTable, sample: Sample, theta: Array, seed: int, tasks: list[range], workers: int,
) -> Iterator[_Draws]:
    if workers == 1 or len(tasks) == 1:
        yield from (_chunk(engine, table, sample, theta, seed, task) for task in tasks)
        return
    # Processes, not threads: semopy's loop over parameters holds the interpreter lock.
    parallel = Parallel(n_jobs=min(workers, len(tasks)), return_as="generator", batch_size=1)
    yield from parallel(delayed(_chunk)(engine, table, sample, theta, seed, task) for task in tasks)


def _chunk(engine: Engine, table: ParameterTable, sample: Sample, theta: Array, seed: int, task: range) -> _Draws:
    """Resample, refit and evaluate the draws ``task``, on one linear-algebra thread: sums split over several
    threads round differently, and the numbers would depend on the machine.
    """
    with threadpool_limits(limits=1, user_api="blas"):
        return _evaluate_draws(engine, table, sample, theta, seed, task)


def _evaluate_draws(
    engine: Engine, table: ParameterTable, sample: Sample, theta: Array, seed: int, task: range,
) -> _Draws:
    n, model = sample.n, ram(table)
    covs = np.empty((len(task), *sample.cov.shape))
    usable = np.empty(len(task), dtype=bool)
    for place, draw in enumerate(task):
        generator = np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(draw,)))
        counts = np.bincount(generator.integers(0, n, size=n), minlength=n).astype(np.float64)
        covs[place] = covariance(sample.X, counts)
        usable[place] = _positive_definite(covs[place])
    solutions = iter(engine.compile(table).refit(covs[usable], n, theta, sample.cov))
    effects = np.full((len(task), len(table.definitions)), np.nan)
    standard, converged, admissible = np.full_like(effects, np.nan), np.zeros_like(usable), np.zeros_like(usable)
    for index in map(int, np.flatnonzero(usable)):
        solution = next(solutions)
        if not solution.converged:
            continue
        moments = implied(model, solution.theta, covs[index])
        values = row_values(table, solution.theta, covs[index])
        converged[index], admissible[index] = True, is_admissible(model, moments)
        std = standardised(table, model, moments, values)
        effects[index] = list(evaluate_effects(table, label_values(table, values)).values())
        standard[index] = list(evaluate_effects(table, label_values(table, std)).values())
    return _Draws(effects, standard, converged, admissible)


def _positive_definite(cov: Array) -> bool:
    """A resample can lose a rare category, or repeat so few rows that nothing can be inverted."""
    variances = np.diag(cov)
    if (variances <= 0).any():
        return False
    sd = np.sqrt(variances)
    return bool(np.linalg.eigvalsh(cov / np.outer(sd, sd))[0] > COLLINEAR)


def _joined(parts: list[_Draws]) -> _Draws:
    return _Draws(np.concatenate([p.effects for p in parts]), np.concatenate([p.standardised for p in parts]),
                  np.concatenate([p.converged for p in parts]), np.concatenate([p.admissible for p in parts]))


def _summarise(full: Fit, table: ParameterTable, found: _Draws, draws: int, seed: int, level: float) -> BootstrapResult:
    row_of = {row.lhs: row for row in full.parameters if row.op == ":="}
    intervals = []
    for index, definition in enumerate(table.definitions):
        row = row_of[definition.name]
        converged, admissible = found.effects[found.converged, index], found.effects[found.admissible, index]
        lower, upper = percentile_interval(converged, level)
        lower_admissible, upper_admissible = percentile_interval(admissible, level)
        std_lower, std_upper = percentile_interval(found.standardised[found.converged, index], level)
        intervals.append(EffectInterval(
            name=row.lhs, expression=row.rhs, est=row.est,
            se=_given(row.se), z=_given(row.z), pvalue=_given(row.pvalue),
            bootstrap_se=_standard_deviation(converged), lower=lower, upper=upper,
            lower_admissible=lower_admissible, upper_admissible=upper_admissible,
            std_all=_given(row.std_all), std_lower=std_lower, std_upper=std_upper))
    return BootstrapResult(
        requested=draws, converged=int(found.converged.sum()), admissible=int(found.admissible.sum()),
        seed=seed, level=level, effects=tuple(intervals),
        draws={d.name: _kept(found.effects[found.converged, i]) for i, d in enumerate(table.definitions)})


def _kept(draws: Array) -> tuple[float, ...]:
    return tuple(draws.tolist()) if np.isfinite(draws).all() else ()


def _standard_deviation(draws: Array) -> Number:
    """SD of draws (r,), by r − 1."""
    if len(draws) < 2:
        return Undefined(f"{len(draws)} of the draws converged")
    if not np.isfinite(draws).all():
        return Undefined("some draws have no finite value")
    return float(np.std(draws, ddof=1))


def _given(value: Number | None) -> Number:
    return Undefined("it is fixed") if value is None else value
