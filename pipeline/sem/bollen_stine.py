"""The Bollen–Stine bootstrap: how large χ² gets in samples like this one where the model does hold.

Resamples of the data as they are centre on the data's own misfit. Bollen & Stine (1992) therefore turn the rows, so
that their moments are exactly those the model implies while their other features (kurtosis above all) stay, and
resample those.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np

from instrument.errors import Finding, InputError
from pipeline.sem.chunks import in_chunks
from pipeline.sem.constraints import reduced_inverse
from pipeline.sem.linalg import Array, one_thread
from pipeline.sem.problem import Problem
from pipeline.sem.refit import DRAW_TOLERANCE, Refit
from pipeline.sem.resampling import Resampling, bollen_stine_rows, resampling
from pipeline.undefined import Undefined


@dataclass(frozen=True, slots=True)
class BollenStine:
    """A bootstrap test of exact fit.

    Attributes
    ----------
    chi2
        Of the sample: N·F.
    exceeding
        k, converged draws with a χ² of at least that.
    share
        k / r of r converged draws: Bollen and Stine's p, and lavaan's.
    pvalue
        (k + 1)/(r + 1), which counts the sample among its draws and so is never 0 and never too small (Davison &
        Hinkley 1997, eq. 4.11).
    mean_chi2
        Mean over the draws; the degrees of freedom if χ² were χ²-distributed.
    draws
        (r,) χ² of the converged draws.
    """

    requested: int
    converged: int
    seed: int
    df: int
    chi2: float
    exceeding: int
    share: float
    pvalue: float
    mean_chi2: float
    draws: Array


def bollen_stine(
    problem: Problem, theta: Array, *, df: int, draws: int, seed: int, workers: int = 1,
    progress: Callable[[int], None] | None = None, tolerance: float = DRAW_TOLERANCE,
) -> BollenStine | Undefined:
    """Bollen–Stine test of the model whose minimum is ``theta`` (q,).

    Parameters
    ----------
    df
        Degrees of freedom.
    workers, progress, tolerance
        As for :func:`pipeline.sem.bootstrap.bootstrap`.

    Raises
    ------
    InputError
        ``BOOTSTRAP-DRAWS`` for fewer than 1 draw.
    """
    if draws < 1:
        raise InputError(Finding("BOOTSTRAP-DRAWS", "draws", f"A bootstrap needs draws; {draws} were asked for.",
                                 "Ask for some thousands."))
    without = _why_not(problem, df)
    if without is not None:
        return without
    chi2 = problem.n * float(problem.objective.evaluate(theta[None]).value[0])
    with one_thread():
        plan = _null(problem, theta, tolerance)
        source = resampling(problem.sample, seed)
        parts = []
        for part, new in in_chunks(partial(_chunk, plan, source), draws, plan.chunk, workers):
            parts.append(part[:new])
            if progress is not None:
                progress(new)
    every = np.concatenate(parts)
    found = every[np.isfinite(every)]
    r = len(found)
    if not r:
        return Undefined(f"none of {draws} draws converged")
    # Where the sample fits exactly, rounding must not decide.
    exceeding = int((found >= chi2 - 1e-9 * (1 + chi2)).sum())
    return BollenStine(draws, r, seed, df, chi2, exceeding, exceeding / r, (exceeding + 1) / (r + 1),
                       float(found.mean()), found)


def _why_not(problem: Problem, df: int) -> Undefined | None:
    if problem.sample.has_gaps:
        return Undefined("rows with missing values cannot be turned so that the model holds in them")
    if problem.sample.missing == "fiml":
        return Undefined("χ² of full-information likelihood is not N·F; estimate complete data listwise")
    if problem.sample.clustered:
        return Undefined("rows of one cluster cannot be exchanged for one another")
    if df < 1:
        return Undefined("a model without degrees of freedom fits every sample")
    return None


def _null(problem: Problem, theta: Array, tolerance: float) -> Refit:
    """Refits to the turned rows, whose own minimum is ``theta`` with a discrepancy of 0."""
    means = problem.table.meanstructure
    rows = tuple(bollen_stine_rows(group.X, at.Sigma[0], at.mu[0] if means else None)
                 for group, at in zip(problem.sample.groups, problem.objective.implied(theta[None]), strict=True))
    curved = problem.restriction.curved
    inverse = None if curved else reduced_inverse(problem.restriction, problem.objective.information(theta[None])[0])
    return Refit(problem, rows, theta, inverse, problem.start(), tolerance)


def _chunk(plan: Refit, source: Resampling, first: int, last: int) -> Array:
    """χ² of each draw; ∞ where it did not converge."""
    objective, usable = plan.objective(source.counts(first, last))
    found = plan.minima(objective, usable)
    result: Array = np.where(found.converged, objective.n * found.value, np.inf)
    return result
