"""What a power study found: every cell's figures, the number of firms needed, and the power of tests of fit."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod, sqrt
from typing import Literal

import numpy as np

from instrument.model import Instrument
from pipeline.power.grid import Cell
from pipeline.power.kinds import Normal
from pipeline.power.planning import Curve, Needed, Rate, needed, power_curve, rate
from pipeline.power.population import Population
from pipeline.power.replicate import Outcomes
from pipeline.power.target import Target, scaled
from pipeline.power.truth import true_values
from pipeline.undefined import Number, Undefined

Hit = Literal["joint", "monte_carlo", "delta"]

HITS: tuple[Hit, ...] = ("monte_carlo", "joint", "delta")
POWERS = (0.80, 0.90)


@dataclass(frozen=True, slots=True)
class CellFigures:
    """One cell.

    Attributes
    ----------
    replications, converged, admissible
        Asked for; with a usable minimum; and with a proper solution at it.
    hits
        Kind of hit → power: hits among all replications, one that did not converge being none.
    estimate, sd
        Mean and standard deviation of the estimates that converged.
    true, bias
        The effect in the population, and the mean estimate less it.
    coverage
        Share of Monte Carlo intervals that hold the true value.
    width
        Mean width of the Monte Carlo intervals.
    used
        Mean number of firms that estimation used.
    """

    cell: Cell
    replications: int
    converged: int
    admissible: int
    hits: dict[Hit, Rate]
    estimate: Number
    sd: Number
    true: Number
    bias: Number
    bias_error: Number
    coverage: Rate | Undefined
    width: Number
    used: Number


@dataclass(frozen=True, slots=True)
class Planned:
    """What it takes in one column of the grid (the cells that differ in n only), by one kind of hit."""

    multiple: float
    missing: float | None
    careless: float | None
    hit: Hit
    curve: Curve | Undefined
    needed: tuple[Needed, ...]


def true_effect(
    population: Population, instrument: Instrument, target: Target, multiple: float, cache: dict[float, Number],
) -> Number:
    """The effect in the population, on the scale on which the model estimates it; undefined where it is not stated.

    A latent variable's marker may be a variable of the population, with λ its own coefficient; scores and items are
    left to :func:`~pipeline.power.truth.true_values`.
    """
    if multiple not in cache:
        cache[multiple] = _true_effect(population, instrument, target, multiple)
    return cache[multiple]


def _true_effect(population: Population, instrument: Instrument, target: Target, multiple: float) -> Number:
    stated = population.truth.paths
    without = [label for label in target.labels if label not in stated]
    if without:
        return Undefined(f"the population's truth.paths does not state {', '.join(without)}")
    own = scaled(population, target.paths, target.labels, multiple)
    plain: dict[str, float] = {}
    for latent, marker in own.truth.markers.items():
        variable = own.variables.get(marker)
        if isinstance(variable, Normal) and latent in variable.causes:
            plain[latent] = variable.causes[latent]
    others = {latent: marker for latent, marker in own.truth.markers.items() if latent not in plain}
    truth = own.truth.model_copy(update={"markers": others, "effects": {}})
    values = true_values(own.model_copy(update={"truth": truth}), instrument)
    return prod(values[label].value * plain.get(stated[label].outcome, 1.0) / plain.get(stated[label].cause, 1.0)
                for label in target.labels)


def cell_figures(cell: Cell, found: Outcomes, true: Number, level: float) -> CellFigures:
    """Sum up one cell; ``level`` is that of the exact intervals of shares."""
    total, here = len(found.converged), found.converged
    count = int(here.sum())
    none = Undefined("no replication converged")
    estimates, widths = found.estimate[here], (found.upper - found.lower)[here]
    sd = float(estimates.std(ddof=1)) if count > 1 else Undefined("fewer than two replications converged")
    mean = float(estimates.mean()) if count else none
    bias: Number = none
    covered: Rate | Undefined = none
    if isinstance(true, Undefined):
        bias = covered = true
    elif not isinstance(mean, Undefined):
        bias = mean - true
        inside = (found.lower[here] <= true) & (true <= found.upper[here])
        covered = rate(int(inside.sum()), count, level)
    error: Number = bias if isinstance(bias, Undefined) else sd if isinstance(sd, Undefined) else sd / sqrt(count)
    return CellFigures(
        cell, total, count, int(found.admissible.sum()),
        {hit: rate(int(getattr(found, hit).sum()), total, level) for hit in HITS},
        mean, sd, true, bias, error, covered, float(np.mean(widths)) if count else none,
        float(found.used[here].mean()) if count else none)


def planned(cells: tuple[CellFigures, ...], level: float) -> tuple[Planned, ...]:
    """Curves and needed sizes of every column of the grid."""
    columns: dict[tuple[float, float | None, float | None], list[CellFigures]] = {}
    for figures in cells:
        cell = figures.cell
        columns.setdefault((cell.multiple, cell.missing, cell.careless), []).append(figures)
    found = []
    for (multiple, missing, careless), column in columns.items():
        sizes = [figures.cell.n for figures in column]
        for hit in HITS:
            rates = [figures.hits[hit] for figures in column]
            curve = power_curve(sizes, [r.hits for r in rates], [r.of for r in rates])
            found.append(Planned(multiple, missing, careless, hit, curve,
                                 tuple(needed(curve, sizes, power, level) for power in POWERS)))
    return tuple(found)
