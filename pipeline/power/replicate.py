"""Replications of one cell: studies drawn, the model estimated in each, and whether it finds the effect.

All studies come from one population, so their minima lie around the population's, and that is where searches start.
Without gaps a stack of studies is a stack of moments, searched at once as resamples are (:mod:`pipeline.sem.refit`).
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from instrument.errors import InputError
from instrument.model import Instrument
from pipeline.power.draw import Source, draw_rows, source
from pipeline.power.grid import Cell
from pipeline.power.population import Population
from pipeline.power.streams import Streams
from pipeline.power.target import Target, scaled, signs
from pipeline.sem.constraints import reduced_inverse, restriction
from pipeline.sem.discrepancy import Discrepancy, complete_normal
from pipeline.sem.estimate import Options, estimate_model, settle
from pipeline.sem.goodness import degrees_of_freedom
from pipeline.sem.incomplete import incomplete_normal, patterns_of
from pipeline.sem.intervals import percentile_interval
from pipeline.sem.linalg import Array, cholesky, one_thread
from pipeline.sem.matrices import group_matrices
from pipeline.sem.minimise import Minima
from pipeline.sem.objective import Objective
from pipeline.sem.problem import Problem
from pipeline.sem.refit import DRAW_TOLERANCE, Refit
from pipeline.sem.resampling import symmetric_root
from pipeline.sem.sample import COLLINEAR, GroupRows, LeftOut, Sample, take_sample
from pipeline.sem.saturated import SaturatedMoments
from pipeline.sem.table import ParameterTable
from pipeline.sem.weighted import weighted_moments
from pipeline.undefined import Undefined

STACK, SINGLE = 50, 10
"""Replications to a chunk, without and with gaps. A chunk is always computed whole: last digits depend on it."""

_POPULATION = 20_000
"""Firms of the large study from whose minimum searches start; no result depends on how near it is."""

_IMPROPER = {"negative-variance", "residual-covariance", "latent-covariance"}
_UNUSABLE = {"not-converged", "not-a-minimum", "not-identified"}


@dataclass(frozen=True)
class Start:
    """Where searches begin: θ (q,), the inverse Hessian there (r, r) or None, cold starting values (q,); and the
    model's degrees of freedom."""

    theta: Array
    inverse_hessian: Array | None
    cold: Array
    df: int


@dataclass(frozen=True)
class Work:
    """All that one cell's replications need, to be sent to whoever computes them.

    Attributes
    ----------
    signs
        (labels) of the population's paths; a hit has the right ones.
    draws
        Monte Carlo draws of an effect.
    """

    source: Source
    target: Target
    cell: Cell
    options: Options
    signs: tuple[int, ...]
    start: Start
    level: float
    draws: int
    seed: int

    @property
    def chunk(self) -> int:
        return SINGLE if self.source.gaps else STACK


@dataclass(frozen=True, slots=True)
class Outcomes:
    """(replications,) each: NaN and False where a replication did not converge.

    Attributes
    ----------
    used
        Firms that estimation used.
    lower, upper
        Limits of the Monte Carlo interval.
    joint, monte_carlo, delta
        Whether the effect was found: by its paths' joint significance, by the interval, by the delta method's z.
    """

    converged: NDArray[np.bool_]
    admissible: NDArray[np.bool_]
    used: NDArray[np.int64]
    estimate: Array
    se: Array
    lower: Array
    upper: Array
    joint: NDArray[np.bool_]
    monte_carlo: NDArray[np.bool_]
    delta: NDArray[np.bool_]

    def document(self) -> dict[str, list[Any]]:
        """For JSON: None in place of NaN."""
        return {name: [None if isinstance(v, float) and v != v else v for v in np.asarray(values).tolist()]
                for name, values in asdict(self).items()}

    @classmethod
    def read(cls, document: dict[str, list[Any]]) -> Outcomes:
        kinds = {"converged": bool, "admissible": bool, "used": np.int64, "joint": bool, "monte_carlo": bool,
                 "delta": bool}
        return cls(**{f.name: np.array([np.nan if v is None else v for v in document[f.name]],
                                       dtype=kinds.get(f.name, np.float64)) for f in fields(cls)})

    @classmethod
    def joined(cls, parts: list[Outcomes], wanted: int) -> Outcomes:
        """Chunks one after the other, the first ``wanted`` replications of them."""
        return cls(**{f.name: np.concatenate([getattr(p, f.name) for p in parts])[:wanted] for f in fields(cls)})


def starting_point(source: Source, target: Target, options: Options, seed: int) -> Start:
    """The minimum in a large study without gaps."""
    X = draw_rows(Source(source.population, source.instrument, source.columns, None), _POPULATION, seed)
    whole = Options(estimator="ml", missing="listwise", equal=options.equal, fixed_x=options.fixed_x,
                    meanstructure=options.meanstructure or options.missing == "fiml", std_lv=options.std_lv)
    found = estimate_model(target.syntax, X, target.names, whole, name=target.model)
    problem, theta = found.problem, found.theta
    with one_thread():
        usable = found.converged and not problem.restriction.curved
        inverse = reduced_inverse(problem.restriction, problem.objective.hessian(theta)) if usable else None
    return Start(theta, inverse, problem.start(), degrees_of_freedom(problem, found.npar))


def prepare(
    population: Population, instrument: Instrument, target: Target, cell: Cell, *, level: float, draws: int, seed: int,
    starts: dict[tuple[float, float | None, bool], Start],
) -> Work:
    """One cell's work; ``starts`` keeps what cells have in common."""
    own = scaled(population, target.paths, target.labels, cell.multiple)
    drawn = source(own, instrument, target.columns, missing=cell.missing, careless=cell.careless)
    options = target.options_for(gaps=drawn.gaps)
    key = cell.multiple, cell.careless, drawn.gaps
    if key not in starts:
        starts[key] = starting_point(drawn, target, options, cell.start_seed(seed))
    return Work(drawn, target, cell, options, signs(population, target.paths), starts[key], level, draws, seed)


def replicate(work: Work, first: int, last: int) -> Outcomes:
    """Replications ``first`` to ``last`` − 1 of a cell; the same numbers wherever they are computed."""
    with one_thread():
        return _replicate(work, first, last)


def _replicate(work: Work, first: int, last: int) -> Outcomes:
    table = work.target.table(work.options)
    seeds = [work.cell.seed(work.seed, replication) for replication in range(first, last)]
    samples = [_sample(work, table, seed) for seed in seeds]
    there = [index for index, sample in enumerate(samples) if sample is not None]
    kept = [sample for sample in samples if sample is not None]
    found = _empty(last - first)
    for group in [there] if not work.source.gaps else [[index] for index in there]:
        if group:
            studies = [kept[there.index(index)] for index in group]
            for index, problem, minima in zip(group, *_searched(work, table, studies), strict=True):
                _settle(work, problem, minima, seeds[index], found, index)
    return found


def _empty(size: int) -> Outcomes:
    def no() -> NDArray[np.bool_]:
        return np.zeros(size, dtype=np.bool_)

    def none() -> Array:
        return np.full(size, np.nan)

    return Outcomes(no(), no(), np.zeros(size, dtype=np.int64), none(), none(), none(), none(), no(), no(), no())


def _sample(work: Work, table: ParameterTable, seed: int) -> Sample | None:
    """A study's usable rows; None where no model can be fitted to them (a rare category lost, say)."""
    X = draw_rows(work.source, work.cell.n, seed)
    if not work.source.gaps:
        # What the checks below look for shows in the stack's moments too, at a fraction of their time.
        return Sample(table.observed, (GroupRows("", X, None),), "listwise", LeftOut())
    try:
        return take_sample(X, work.target.names, table, missing=work.options.missing)
    except InputError:
        return None


def _searched(work: Work, table: ParameterTable, samples: list[Sample]) -> tuple[list[Problem], list[Minima]]:
    """Minima of a stack of studies, and each study's own problem."""
    matrices, restrict = group_matrices(table), restriction(table)
    data = _patterns(samples[0]) if samples[0].missing == "fiml" else _moments(samples, table)
    stacked, start = Objective(matrices, (data,), table.n_free), work.start
    usable = np.ones(len(samples), dtype=np.bool_) if work.source.gaps else _invertible(data)
    flat = SaturatedMoments(np.zeros(len(table.observed)), np.eye(len(table.observed)), 0.0, True, 0)
    problems = [Problem(table, sample, stacked.take(np.array([index])), restrict, (flat,))
                for index, sample in enumerate(samples)]
    search = Refit(problems[0], (), start.theta, start.inverse_hessian, start.cold, DRAW_TOLERANCE)
    minima = search.minima(stacked, usable)
    each = [Minima(*(getattr(minima, f.name)[[i]] for f in fields(Minima))) for i in range(len(samples))]
    return problems, each


def _patterns(sample: Sample) -> Discrepancy:
    X = sample.groups[0].X
    return incomplete_normal(patterns_of(X), np.ones((1, len(X))))


def _moments(samples: list[Sample], table: ParameterTable) -> Discrepancy:
    parts = [weighted_moments(s.groups[0].X, np.ones((1, s.n))) for s in samples]
    n, mean, cov = (np.concatenate([part[i] for part in parts]) for i in range(3))
    return complete_normal(n, mean, cov, means=table.meanstructure)


def _invertible(data: Discrepancy) -> NDArray[np.bool_]:
    """(b,) whether every variable varies and none is a linear combination of those before it."""
    own = np.diagonal(data.cov, axis1=-2, axis2=-1)
    factor, positive = cholesky(data.cov)
    unexplained = np.diagonal(factor, axis1=-2, axis2=-1) ** 2
    result: NDArray[np.bool_] = positive & (unexplained > COLLINEAR * own).all(axis=-1)
    return result


def _settle(work: Work, problem: Problem, minima: Minima, seed: int, found: Outcomes, index: int) -> None:
    """Standard errors at one study's minimum, and the three ways to find the effect; written into ``found``."""
    found.used[index] = problem.n
    if not minima.converged[0]:
        return
    estimated = settle(problem, minima, work.options, syntax=work.target.syntax, name=work.target.model)
    said = {diagnosis.code for diagnosis in estimated.diagnoses}
    where = _places(problem.table, work.target.labels)
    theta, vcov = estimated.theta[where], estimated.vcov[np.ix_(where, where)]
    if said & _UNUSABLE or not np.isfinite(vcov).all() or (np.diag(vcov) < 0).any():
        return
    found.converged[index], found.admissible[index] = True, not said & _IMPROPER
    estimate, se = product_error(theta, vcov)
    found.estimate[index], found.se[index] = estimate, se
    drawn = np.prod(_normal(theta, vcov, work.draws, Streams(seed).of("monte-carlo")), axis=1)
    limits = percentile_interval(drawn, work.level)
    sign = int(np.prod(work.signs))
    critical = float(ndtri((1 + work.level) / 2))
    root = np.sqrt(np.diag(vcov))
    right = np.array([s == 0 or s * t > 0 for s, t in zip(work.signs, theta, strict=True)])
    found.joint[index] = bool((right & (np.abs(theta) > critical * root)).all())
    found.delta[index] = bool(abs(estimate) > critical * se and (sign == 0 or sign * estimate > 0))
    if not isinstance(limits.lower, Undefined) and not isinstance(limits.upper, Undefined):
        found.lower[index], found.upper[index] = limits.lower, limits.upper
        found.monte_carlo[index] = (sign >= 0 and limits.lower > 0) or (sign <= 0 and limits.upper < 0)


def _places(table: ParameterTable, labels: tuple[str, ...]) -> list[int]:
    first = {row.label: row.free - 1 for row in reversed(table.rows) if row.label}
    return [first[label] for label in labels]


def product_error(theta: Array, vcov: Array) -> tuple[float, float]:
    """A product of parameters and its standard error by the delta method, √(gᵀVg) (Sobel 1982).

    Parameters
    ----------
    theta, vcov
        (k,) factors, one as often as it comes, and (k, k) their covariances.
    """
    slope = np.array([np.prod(np.delete(theta, index)) for index in range(len(theta))])
    return float(np.prod(theta)), float(np.sqrt(max(slope @ vcov @ slope, 0.0)))


def _normal(theta: Array, vcov: Array, draws: int, rng: np.random.Generator) -> Array:
    """(draws, k) from N(θ, V). Of all estimates only the effect's paths are drawn; their distribution is the same."""
    scale = np.sqrt(np.diag(vcov))
    safe = np.where(scale > 0, scale, 1.0)
    root = symmetric_root(vcov / np.outer(safe, safe)) * scale
    result: Array = theta + rng.standard_normal((draws, len(theta))) @ root
    return result
