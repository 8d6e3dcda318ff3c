"""Monte Carlo intervals of defined effects: draws of the estimates, not of the data.

If estimates are normal, an effect computed from them need not be: a product of two paths is skewed. Drawing estimates
from N(θ̂, V) and computing the effect from each draw gives its distribution without a single refit (MacKinnon, Lockwood
& Williams 2004; Preacher & Selig 2012).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from instrument.errors import Finding, InputError
from pipeline.sem.intervals import percentile_interval, spread
from pipeline.sem.linalg import Array
from pipeline.sem.resampling import symmetric_root
from pipeline.sem.table import ParameterTable
from pipeline.undefined import Number, Undefined

DRAWS = 20_000
"""Enough for a limit's second digit; they cost milliseconds."""

_BATCH = 10_000


@dataclass(frozen=True, slots=True)
class MonteCarloInterval:
    """A defined effect: its value at the estimates, the draws' standard deviation, and percentile limits."""

    name: str
    expression: str
    est: float
    se: Number
    lower: Number
    upper: Number


@dataclass(frozen=True, slots=True)
class MonteCarlo:
    """Monte Carlo intervals of every defined effect."""

    draws: int
    seed: int
    level: float
    effects: tuple[MonteCarloInterval, ...]


def monte_carlo(
    table: ParameterTable, theta: Array, vcov: Array, *, seed: int, draws: int = DRAWS, level: float = 0.95,
) -> MonteCarlo | Undefined:
    """Intervals of the table's effects.

    Parameters
    ----------
    theta, vcov
        (q,) estimates of all free rows and their (q, q) sampling covariance: robust where the standard errors are, and
        singular where parameters are held equal.

    Raises
    ------
    InputError
        ``MONTE-CARLO-DRAWS`` for fewer than 1 draw.
    """
    if draws < 1:
        raise InputError(Finding("MONTE-CARLO-DRAWS", "draws", f"Intervals need draws; {draws} were asked for.",
                                 f"Ask for some thousands; {DRAWS} cost milliseconds."))
    if not np.isfinite(vcov).all() or (np.diag(vcov) < 0).any():
        return Undefined("the estimates have no sampling covariance matrix")
    parts = [_effects(table, batch) for batch in normal_draws(theta, vcov, draws, seed)]
    found = np.concatenate(parts)
    at = _effects(table, theta[None])[0]
    intervals = []
    for index, definition in enumerate(table.definitions):
        limits = percentile_interval(found[:, index], level)
        intervals.append(MonteCarloInterval(
            definition.name, definition.expression.text, float(at[index]), spread(found[:, index]),
            limits.lower, limits.upper))
    return MonteCarlo(draws, seed, level, tuple(intervals))


def normal_draws(theta: Array, vcov: Array, draws: int, seed: int) -> Iterator[Array]:
    """Draws from N(θ, V) in batches (≤ 10,000, q); the first of a longer run are those of a shorter one.

    By the symmetric root of V, scaled to unit diagonal: it exists for a singular V and is the same matrix whichever
    library finds the eigenvectors.
    """
    scale = np.sqrt(np.diag(vcov))
    safe = np.where(scale > 0, scale, 1.0)
    root = symmetric_root(vcov / np.outer(safe, safe)) * scale
    for number, start in enumerate(range(0, draws, _BATCH)):
        generator = np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(number,)))
        # Always a whole batch: a product's last digits depend on how many rows take part.
        batch = theta + generator.standard_normal((_BATCH, len(theta))) @ root
        yield batch[: draws - start]


def _effects(table: ParameterTable, theta: Array) -> Array:
    """(b, effects) at θ (b, q)."""
    known = table.label_values(theta)
    columns = [np.broadcast_to(np.asarray(known[d.name], dtype=np.float64), len(theta)) for d in table.definitions]
    return np.stack(columns, axis=1) if columns else np.empty((len(theta), 0))
