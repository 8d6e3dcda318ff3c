"""Cut-offs of fit indices for this model, this number of cases (McNeish & Wolf 2023).

The fixed cut-offs (.95, .06, .08) come from a few simulated models and mean something else for every other. Here the
model itself is simulated: samples from a population where it holds, and from populations where it misses something of
a stated size. A cut-off is the value that 95 % of the samples of the misspecified population fail, if 95 % of those of
the true one pass; where both cannot be had, 90 and 90 %; where these cannot either, there is none.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from instrument.errors import Finding, InputError
from pipeline.measurement.misspecification import FactorStructure, Misspecified, misspecified
from pipeline.sem.chunks import in_chunks
from pipeline.sem.describe import describe
from pipeline.sem.discrepancy import complete_normal
from pipeline.sem.estimate import Estimated, Options
from pipeline.sem.from_moments import estimate_from_moments
from pipeline.sem.matrices import GroupMatrices
from pipeline.sem.refit import Refit, refit
from pipeline.sem.resampling import BLOCK
from pipeline.undefined import Number, Undefined

Matrix = NDArray[np.float64]
Index = Literal["cfi", "rmsea", "srmr"]
INDICES: tuple[Index, ...] = ("cfi", "rmsea", "srmr")
FIXED: dict[Index, float] = {"cfi": 0.95, "rmsea": 0.06, "srmr": 0.08}
"""Hu & Bentler (1999)."""
RATES = (0.95, 0.90)
"""Share of misspecified samples that fail, and of true ones that pass: the first that can be had is taken."""


@dataclass(frozen=True, slots=True, eq=False)
class Simulated:
    """Fit of the model in samples of one population.

    Attributes
    ----------
    added
        What the population has beyond the model (see :class:`Misspecified`); nothing where the model holds.
    values
        Index → (r,) values in the samples whose estimation converged.
    requested
        Samples drawn.
    """

    level: int
    added: tuple[tuple[str, str, float], ...]
    values: dict[Index, Matrix]
    requested: int

    @property
    def converged(self) -> int:
        return len(self.values["cfi"])


@dataclass(frozen=True, slots=True)
class CutOff:
    """A cut-off and the share of samples it sorts rightly, of either population; undefined where none does."""

    value: Number
    rate: Number


def factor_structure(estimated: Estimated, *, level: float = 0.95) -> FactorStructure:
    """The standardised measurement model of an estimated confirmatory factor analysis of one group.

    Factors of factors are taken by the correlations they imply among the factors that have indicators.

    Raises
    ------
    InputError
        ``CUTOFF-MODEL`` for anything but a confirmatory factor analysis of one group, or one that is not proper.
    """
    group = _only_group(estimated)
    fit = describe(estimated, level=level, with_fit=False)
    observed = group.observed
    rows = [row for row in fit.parameters if row.op == "=~" and row.rhs in observed]
    factors = tuple(dict.fromkeys(row.lhs for row in rows))
    at, = estimated.problem.objective.implied(estimated.theta[None])
    sd = np.sqrt(np.diag(at.Sigma[0]))
    places = [group.etas.index(name) for name in factors]
    C = at.C[0][np.ix_(places, places)]
    spread = np.sqrt(np.diag(C))
    loadings = np.zeros((len(observed), len(factors)))
    for row in rows:
        i, f = observed.index(row.rhs), factors.index(row.lhs)
        loadings[i, f] = row.est * spread[f] / sd[i]
    residual = at.Theta[0] / np.outer(sd, sd)
    if (np.diag(residual) <= 0).any() or np.linalg.eigvalsh(C / np.outer(spread, spread))[0] <= 0:
        raise InputError(Finding(
            "CUTOFF-MODEL", f"model {estimated.name}",
            "A residual variance is not positive, or the factors' correlations cannot be: no population is like this.",
            "Mend the improper solution first."))
    return FactorStructure(factors, observed, loadings, C / np.outer(spread, spread), residual)


def simulate(
    syntax: str, structure: FactorStructure, n: int, *, replications: int, seed: int, levels: int | None = None,
    options: Options | None = None, workers: int = 1, name: str = "model",
    progress: Callable[[int], None] | None = None,
) -> tuple[Simulated, ...]:
    """Fit of a model in normal samples of ``n`` cases: of its own population first, then of misspecified ones.

    Parameters
    ----------
    syntax
        The model, estimated by maximum likelihood in every sample.
    levels
        How many misspecified populations at most, slightest first.

    Raises
    ------
    InputError
        ``CUTOFF-ITEMS``, ``CUTOFF-DRAWS``.
    """
    if replications < 1 or n <= len(structure.indicators):
        raise InputError(Finding(
            "CUTOFF-DRAWS", "cut-offs", f"They need replications, and more cases than indicators; {replications} and "
            f"{n} were given.", "Ask for 500 replications or more."))
    true = Misspecified(0, (), structure.implied)
    plan = _refits(syntax, true.correlations, n, structure.indicators, options, name)
    found = []
    for population in (true, *misspecified(structure)[:levels]):
        root = np.asarray(np.linalg.cholesky(population.correlations), dtype=np.float64)
        work = partial(_fits, plan, root, n, np.random.SeedSequence((seed, population.level)))
        parts = []
        for part, new in in_chunks(work, replications, plan.chunk, workers):
            parts.append(part[:new])
            if progress is not None:
                progress(new)
        values = np.concatenate(parts)
        values = values[np.isfinite(values[:, 0])]
        found.append(Simulated(population.level, population.added, {
            index: values[:, column] for column, index in enumerate(INDICES)}, replications))
    return tuple(found)


def cut_offs(true: Simulated, wrong: Simulated) -> dict[Index, CutOff]:
    """The value of each index that tells samples of the two populations apart.

    It is the 5 % quantile (of CFI the 95 %) of the misspecified samples if the true ones' quantile on the other side
    lies beyond it; quantiles by linear interpolation.
    """
    return {index: _cut_off(true.values[index], wrong.values[index], high_is_good=index == "cfi") for index in INDICES}


def _cut_off(true: Matrix, wrong: Matrix, *, high_is_good: bool) -> CutOff:
    if not len(true) or not len(wrong):
        none = Undefined("no sample's estimation converged")
        return CutOff(none, none)
    sign = -1.0 if high_is_good else 1.0
    for rate in RATES:
        limit = float(np.quantile(sign * wrong, 1 - rate))
        if float(np.quantile(sign * true, rate)) < limit:
            return CutOff(sign * limit, rate)
    none = Undefined("samples with and without the misspecification fit too much alike to be told apart")
    return CutOff(none, none)


def standing(value: float, index: Index, cuts: Sequence[dict[Index, CutOff]]) -> int | Undefined:
    """The slightest level whose cut-off ``value`` fails to reach: 1 means less misfit than that of the first level.

    A number beyond the last level says that the misfit is graver than all of them. Undefined where no level has a
    cut-off.
    """
    limits = [(level, cut[index].value) for level, cut in enumerate(cuts, start=1)]
    known = [(level, limit) for level, limit in limits if not isinstance(limit, Undefined)]
    if not known:
        return Undefined("no level has a cut-off of this index")
    better = [level for level, limit in known if (value > limit if index == "cfi" else value < limit)]
    return min(better) if better else len(cuts) + 1


# -- one model, many samples ------------------------------------------------------------------------------------


def _only_group(estimated: Estimated) -> GroupMatrices:
    groups = estimated.problem.objective.groups
    table = estimated.problem.table
    regressed = [row for row in table.rows if row.op == "~"]
    if len(groups) != 1 or regressed or estimated.options.least_squares or len(groups[0].x):
        raise InputError(Finding(
            "CUTOFF-MODEL", f"model {estimated.name}",
            "Cut-offs are simulated for confirmatory factor analyses of one group by maximum likelihood.",
            "Leave regressions and groups out, and judge the measurement model alone."))
    return groups[0]


def _refits(
    syntax: str, correlations: Matrix, n: int, names: Sequence[str], options: Options | None, name: str,
) -> Refit:
    own = options or Options()
    plain = Options(fixed_x=own.fixed_x, std_lv=own.std_lv)
    estimated = estimate_from_moments(syntax, [correlations], [n], names, plain, divided_by="n", name=name)
    return refit(estimated.problem, estimated.theta)


def _fits(plan: Refit, root: Matrix, n: int, seed: np.random.SeedSequence, first: int, last: int) -> Matrix:
    """(last − first, 3) CFI, RMSEA, SRMR of samples; NaN where the estimation did not converge."""
    S = np.concatenate([_covariances(root, n, seed, block) for block in range(first // BLOCK, -(-last // BLOCK))])
    S = S[:last - first]
    data = complete_normal(np.full(1, float(n)), np.zeros((len(S), S.shape[-1])), S, means=False)
    stacked = replace(plan.problem.objective, data=(data,))
    minima = plan.minima(stacked, np.ones(len(S), dtype=np.bool_))
    values = np.full((len(S), len(INDICES)), np.nan)
    done = np.flatnonzero(minima.converged)
    if len(done):
        implied, = stacked.take(done).implied(minima.theta[done])
        df, p = _degrees(plan), S.shape[-1]
        chisq = np.asarray(n * minima.value[done], dtype=np.float64)
        values[done] = fit_of(chisq, df, S[done], implied.Sigma.real, n, p * (p - 1) // 2)
    return values


def fit_of(chisq: Matrix, df: int, S: Matrix, Sigma: Matrix, n: int, baseline_df: int) -> Matrix:
    """(b, 3) CFI, RMSEA and SRMR of a stack: χ² (b,), sample and implied covariances (b, p, p), divided by N.

    The formulas and conventions are those of :mod:`pipeline.sem.indices`; the baseline has variances alone, so that its
    χ² is −N·log|R|.
    """
    sd = np.sqrt(np.diagonal(S, axis1=-2, axis2=-1))
    scale = sd[:, :, None] * sd[:, None, :]
    baseline = -n * np.linalg.slogdet(S / scale)[1]
    misfit = np.maximum(chisq - df, 0.0)
    worst = np.maximum(misfit, baseline - baseline_df)
    cfi = np.where(worst > 0, 1 - misfit / np.where(worst > 0, worst, 1.0), 1.0)
    lower = np.tril_indices(S.shape[-1])
    residual = ((S - Sigma) / scale)[:, lower[0], lower[1]]
    return np.stack([cfi, np.sqrt(misfit / (n * df)), np.sqrt((residual**2).mean(axis=1))], axis=1)


def _covariances(root: Matrix, n: int, seed: np.random.SeedSequence, block: int) -> Matrix:
    """(BLOCK, p, p) covariances, divided by N, of normal samples of n cases from the population ``root``·``root``ᵀ.

    The samples need not be made: N·S is Wishart with n − 1 degrees of freedom (Bartlett 1933).
    """
    p = len(root)
    generator = np.random.default_rng(np.random.SeedSequence(seed.entropy, spawn_key=(block,)))
    L = np.zeros((BLOCK, p, p))
    below = np.tril_indices(p, k=-1)
    L[:, below[0], below[1]] = generator.standard_normal((BLOCK, len(below[0])))
    L[:, np.arange(p), np.arange(p)] = np.sqrt(generator.chisquare(n - 1 - np.arange(p), size=(BLOCK, p)))
    A = root @ L
    S: Matrix = A @ A.transpose(0, 2, 1) / n
    return S


def _degrees(plan: Refit) -> int:
    p = len(plan.problem.table.observed)
    return p * (p + 1) // 2 - plan.problem.npar(plan.theta)
