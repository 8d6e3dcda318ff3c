"""Permutation test of a step of invariance: how fit changes where groups are only names.

Cut-offs for ΔCFI and its like depend on the model and the data, and Δχ² on large samples. If groups do not differ, rows
may change their group freely; refitting both steps to rows so shuffled shows how much fit changes then (Jorgensen,
Kite, Chen & Short 2018). The reference distribution holds where groups are exchangeable as a whole: a group that
differs in what the step does not hold equal (latent means, say) is not quite that, which Jorgensen and colleagues found
to matter little.

Statistics are not scaled (normal theory's, or those of diagonally weighted least squares): the permutations themselves
say how they vary. A permutation that leaves a group without some category of an ordered item has no fit, and is counted
as not converged.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from instrument.errors import Finding, InputError
from pipeline.sem.chunks import in_chunks
from pipeline.sem.invariance import Ladder, StepResult
from pipeline.sem.linalg import Array, one_thread
from pipeline.sem.permuted_fits import PermutedSteps, number_or_nan, permuted_steps
from pipeline.sem.refit import DRAW_TOLERANCE
from pipeline.sem.resampling import BLOCK
from pipeline.undefined import Undefined

__all__ = ["Permutation", "PermutationTest", "Permutations", "permutation_test"]

STATISTICS = ("chisq", "cfi", "rmsea", "srmr")


@dataclass(frozen=True, slots=True)
class PermutationTest:
    """One change of fit and where it lies among those of the permutations.

    Attributes
    ----------
    observed
        This step less the step before.
    hits
        Permutations in which fit got worse by at least as much.
    pvalue
        (1 + hits) / (1 + valid): the data count among their permutations, so that p is never 0 (Phipson & Smyth 2010).
    critical
        The change that 5 % of the permutations reach or exceed.
    """

    statistic: str
    observed: float
    hits: int
    pvalue: float
    critical: float


@dataclass(frozen=True, slots=True)
class Permutation:
    """A permutation test of one step.

    Attributes
    ----------
    requested, converged
        Permutations, and those in which both steps converged, which alone are counted.
    chisq, cfi, rmsea, srmr
        Tests of the changes.
    draws
        (converged, 4) changes of χ², CFI, RMSEA, SRMR.
    """

    step: str
    against: str
    requested: int
    converged: int
    seed: int
    chisq: PermutationTest
    cfi: PermutationTest
    rmsea: PermutationTest
    srmr: PermutationTest
    draws: Array


def permutation_test(
    ladder: Ladder, step: str, *, permutations: int = 1000, seed: int, workers: int = 1,
    progress: Callable[[int], None] | None = None, tolerance: float = DRAW_TOLERANCE,
) -> Permutation | Undefined:
    """Permute the groups of rows and refit a step and the one before it.

    Parameters
    ----------
    step
        Name of the restricted step.
    seed
        Of all permutations; the numbers do not depend on ``workers``.
    progress
        Told how many permutations are new.

    Raises
    ------
    InputError
        ``INVARIANCE-PERMUTATIONS`` for fewer than one, or for a step that has none before it.
    """
    names = [result.name for result in ladder.steps]
    if permutations < 1 or step not in names[1:]:
        raise InputError(Finding(
            "INVARIANCE-PERMUTATIONS", "permutation test", f"It takes one permutation or more, and one of the steps "
            f"{', '.join(names[1:])}; found {permutations} and {step}.", "Ask for a thousand, of a later step."))
    restricted = ladder.step(step)
    larger = ladder.steps[names.index(step) - 1]
    without = _why_not(restricted, larger)
    if without is not None:
        return without
    observed = np.array(_fit_of(restricted)) - np.array(_fit_of(larger))
    with one_thread():
        source = Permutations(tuple(g.n for g in restricted.estimated.problem.sample.groups), seed)
        steps = permuted_steps(restricted.estimated.problem, larger.estimated.problem,
                               (restricted.indices.df, larger.indices.df), tolerance)
        parts = []
        for part, new in in_chunks(partial(_chunk, steps, source), permutations, steps.chunk, workers):
            parts.append(part[:new])
            if progress is not None:
                progress(new)
    every = np.concatenate(parts)
    draws = every[np.isfinite(every).all(axis=1)]
    if not len(draws):
        return Undefined(f"in none of {permutations} permutations did both steps converge")
    chisq, cfi, rmsea, srmr = (_test(name, float(value), column)
                               for name, value, column in zip(STATISTICS, observed, draws.T, strict=True))
    return Permutation(step, larger.name, permutations, len(draws), seed, chisq, cfi, rmsea, srmr, draws)


def _why_not(restricted: StepResult, larger: StepResult) -> Undefined | None:
    problem = restricted.estimated.problem
    if problem.sample.clustered:
        return Undefined("rows of one cluster cannot change their group one by one")
    if not (restricted.estimated.converged and larger.estimated.converged):
        return Undefined("one of the two steps did not converge")
    if restricted.indices.df <= larger.indices.df:
        return Undefined("the step adds nothing to the one before that data could contradict")
    return None


def _fit_of(result: StepResult) -> tuple[float, float, float, float]:
    indices = result.fit.indices
    if indices is None:
        raise ValueError(f"{result.name} has no fit")
    return indices.chisq, number_or_nan(indices.cfi), number_or_nan(indices.rmsea), indices.srmr


def _test(statistic: str, observed: float, draws: Array) -> PermutationTest:
    """CFI gets worse downwards, all others upwards. Rounding must not decide between equal changes."""
    worse = -1.0 if statistic == "cfi" else 1.0
    margin = 1e-9 * (1 + abs(observed))
    hits = int((worse * draws >= worse * observed - margin).sum())
    critical = worse * float(np.quantile(worse * draws, 0.95, method="higher"))
    return PermutationTest(statistic, observed, hits, (1 + hits) / (1 + len(draws)), critical)


@dataclass(frozen=True, slots=True)
class Permutations:
    """Which rows, of all groups one after the other, each group gets.

    Draw k depends on the seed and on k alone, as in :mod:`pipeline.sem.resampling`.
    """

    sizes: tuple[int, ...]
    seed: int

    def members(self, first: int, last: int) -> list[NDArray[np.bool_]]:
        """(last − first, N) for every group: True where a row belongs to it. Both numbers are multiples of 5."""
        n, ends = sum(self.sizes), np.cumsum((0, *self.sizes))
        found = [np.zeros((last - first, n), dtype=np.bool_) for _ in self.sizes]
        for start in range(first, last, BLOCK):
            generator = np.random.default_rng(np.random.SeedSequence(self.seed, spawn_key=(start // BLOCK,)))
            order = generator.permuted(np.tile(np.arange(n), (BLOCK, 1)), axis=1)
            rows = np.arange(start - first, start - first + BLOCK)[:, None]
            for group, own in enumerate(found):
                own[rows, order[:, ends[group]: ends[group + 1]]] = True
        return found


def _chunk(steps: PermutedSteps, source: Permutations, first: int, last: int) -> Array:
    return steps.changes(source.members(first, last))
