"""The power of a study, from its plan and population to figures for every cell of the grid."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from instrument.errors import Finding, InputError
from pipeline.instruments import instrument_of
from pipeline.power import chunk_files
from pipeline.power.findings import CellFigures, Planned, cell_figures, planned, true_effect
from pipeline.power.grid import Asked, cells, too_small
from pipeline.power.population import load_population
from pipeline.power.replicate import Start, prepare
from pipeline.power.rmsea import FitPower, fit_power
from pipeline.power.simulate import Where, simulate
from pipeline.power.target import target
from pipeline.progress import Progress
from pipeline.study import PowerPlan, load_plan
from pipeline.undefined import Number

CHUNKS = "chunks"

ERROR_LEVEL = 0.95
"""Of the intervals that tell simulation error; the level of the tests is the plan's."""


@dataclass(frozen=True, slots=True)
class StudyPower:
    """All that is found, and what it was found with.

    Attributes
    ----------
    variables
        Observed variables of the model.
    taken_over
        Replications, of all ``replications``, that an earlier run had computed.
    """

    title: str
    plan: PowerPlan
    labels: tuple[str, ...]
    variables: int
    df: int
    level: float
    seed: int
    cells: tuple[CellFigures, ...]
    planned: tuple[Planned, ...]
    fit: tuple[FitPower, ...]
    replications: int
    taken_over: int


def study_power(
    study: Path, asked: Asked, folder: Path, *, where: Where, progress: Progress, seed: int | None = None,
    fresh: bool = False,
) -> StudyPower:
    """Simulate a study's grid.

    Parameters
    ----------
    asked, seed
        In place of the plan's.
    folder
        Where chunks of replications are kept.
    fresh
        Whether to forget what an earlier run left there.

    Raises
    ------
    InputError
        ``POWER-…``, ``STUDY-…``, ``POPULATION-…``, ``MODEL-…``, ``OUT-WRITE``.
    """
    study_plan = load_plan(study)
    plan = asked.over(study_plan.power)
    population, instrument = load_population(study), instrument_of(study, study_plan)
    aim = target(plan.model, plan.effect, study, population, instrument)
    if findings := list(too_small(plan.sizes, len(aim.columns))):
        raise InputError(findings)
    seed = study_plan.seed if seed is None else seed
    progress.step("True values and starting points", None)
    starts: dict[tuple[float, float | None, bool], Start] = {}
    works = [prepare(population, instrument, aim, cell, level=study_plan.level, draws=plan.monte_carlo_draws, seed=seed,
                     starts=starts) for cell in cells(plan)]
    known: dict[float, Number] = {}
    true = [true_effect(population, instrument, aim, work.cell.multiple, known) for work in works]
    chunks = folder / CHUNKS
    if fresh:
        chunk_files.clear(chunks)
    progress.step("Replications", plan.replications * len(works))
    found = simulate(works, plan.replications, chunks, where, progress.advance)
    figures = tuple(cell_figures(work.cell, outcomes, value, ERROR_LEVEL)
                    for work, outcomes, value in zip(works, found.outcomes, true, strict=True))
    if not any(cell.converged for cell in figures):
        raise InputError(Finding(
            "POWER-CONVERGENCE", f"--model {plan.model}", "No replication of any cell converged.",
            "See whether the model is identified in data like these: `alliometrics fit` names what is not."))
    df = works[0].start.df
    return StudyPower(
        study_plan.title, plan, aim.labels, len(aim.columns), df, study_plan.level, seed, figures,
        planned(figures, ERROR_LEVEL), fit_power(df, tuple(sorted(set(plan.sizes))), alpha=1 - study_plan.level),
        found.replications, found.taken_over)
