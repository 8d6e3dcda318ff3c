"""One analysis of the map: estimated once, resampled once, described by each estimator.

An analysis of ordered answers has one estimator, WLSMV, and is not resampled: with covariates every draw would need
its thresholds and correlations row by row. Covariates are fixed there, as moments of ordered answers are given them.
"""

from __future__ import annotations

from collections.abc import Mapping, Set
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from instrument.errors import InputError
from pipeline.models import MEDIATION
from pipeline.results import HEADLINE_EFFECT
from pipeline.robustness.found import NotEstimated, SpecificationEstimate
from pipeline.robustness.specifications import FUNCTION, Analysis, Estimator
from pipeline.sem.bootstrap import Bootstrap, EffectInterval, bootstrap
from pipeline.sem.describe import describe
from pipeline.sem.estimate import Estimated, Options, estimate_model, settle, table_of
from pipeline.sem.fit import Fit
from pipeline.sem.minimise import Minima
from pipeline.sem.problem import Problem, pose, solve
from pipeline.sem.sample import take_sample
from pipeline.undefined import Undefined

NOT_RESAMPLED = Undefined("not resampled: with covariates a draw takes about a second")


@dataclass(frozen=True, slots=True)
class Outcome:
    """One analysis by one estimator; ``converged`` is None where no search began."""

    converged: bool | None
    found: SpecificationEstimate | NotEstimated


@dataclass(frozen=True, slots=True)
class Resampling:
    """How intervals are made: ``seed`` of the whole map, level of the bootstrap and of the normal intervals."""

    draws: int
    seed: int
    level: float
    normal_level: float


def analyse(
    analysis: Analysis, firms: pd.DataFrame, estimators: tuple[Estimator, ...], how: Resampling, *,
    items: Set[str] = frozenset(),
) -> Mapping[Estimator, Outcome]:
    """Estimate the serial effect by every estimator; what goes wrong becomes a reason, never an exception.

    Parameters
    ----------
    firms
        One row a firm, of this analysis' exclusion rule and δ.
    items
        Columns of ``firms`` that are single answers; an ordered analysis takes them as categories.
    """
    begun: bool | None = None
    try:
        if analysis.ordered:
            return dict.fromkeys(estimators, _ordinal(analysis, firms, items, how.normal_level))
        problem = _problem(analysis, firms)
        begun = False
        minima = solve(problem)
        if not minima.converged[0]:
            return dict.fromkeys(estimators, Outcome(False, _lost(minima)))
        begun = True
        drawn = bootstrap(problem, minima.theta[0], draws=how.draws, seed=analysis.seed(how.seed), level=how.level)
        fits = {estimator: _fit(problem, minima, analysis, estimator, how.normal_level) for estimator in estimators}
        return {estimator: Outcome(True, _effect(fit, drawn)) for estimator, fit in fits.items()}
    except InputError as error:
        first = error.findings[0]
        return dict.fromkeys(estimators, Outcome(begun, NotEstimated(first.code, f"{first.place}: {first.rule}")))
    except np.linalg.LinAlgError as error:
        return dict.fromkeys(estimators, Outcome(begun, NotEstimated("singular", f"a matrix is singular ({error})")))


def _lost(minima: Minima) -> NotEstimated:
    return NotEstimated("not-converged", f"estimation did not converge: after {minima.iterations[0]} steps the minimum "
                        f"still seems {minima.distance[0]:.2g} standard errors away")


def _ordinal(analysis: Analysis, firms: pd.DataFrame, items: Set[str], level: float) -> Outcome:
    """The effect by WLSMV; where the function is there or not, by the propensity behind the 0 and 1."""
    options = replace(MEDIATION.options, estimator="wlsmv", missing=analysis.missing, fixed_x=True)
    used = list(table_of(analysis.syntax, list(map(str, firms.columns)), _options(analysis, "mlr"),
                         name=MEDIATION.id).observed)
    ordered = tuple(name for name in used if name in items or name == FUNCTION["presence"])
    estimated: Estimated = estimate_model(analysis.syntax, firms[used].to_numpy(dtype=float), used,
                                          replace(options, ordered=ordered), name=MEDIATION.id)
    if not estimated.converged:
        return Outcome(False, _lost(estimated.minima))
    return Outcome(True, _effect(describe(estimated, level=level, with_fit=False), None))


def _options(analysis: Analysis, estimator: Estimator) -> Options:
    return replace(MEDIATION.options, estimator=estimator, missing=analysis.missing)


def _problem(analysis: Analysis, firms: pd.DataFrame) -> Problem:
    # The estimator is of no consequence here: it decides standard errors.
    table = table_of(analysis.syntax, list(map(str, firms.columns)), _options(analysis, "mlr"), name=MEDIATION.id)
    used = firms[list(table.observed)]
    return pose(table, take_sample(used.to_numpy(dtype=float), table.observed, table, missing=analysis.missing))


def _fit(problem: Problem, minima: Minima, analysis: Analysis, estimator: Estimator, level: float) -> Fit:
    estimated = settle(problem, minima, _options(analysis, estimator), syntax=analysis.syntax, name=MEDIATION.id)
    return describe(estimated, level=level, with_fit=False)


def _effect(fit: Fit, drawn: Bootstrap | None) -> SpecificationEstimate | NotEstimated:
    row = next(p for p in fit.parameters if p.op == ":=" and p.lhs == HEADLINE_EFFECT)
    se, lower, upper, std_all = row.se, row.ci_lower, row.ci_upper, row.std_all
    undefined = next((v for v in (se, lower, upper, std_all) if isinstance(v, Undefined)), None)
    if undefined is not None:
        return NotEstimated("no-standard-error", undefined.because)
    # None of the four can be None: the effect is a product of free paths.
    assert isinstance(se, float)
    assert isinstance(lower, float)
    assert isinstance(upper, float)
    assert isinstance(std_all, float)
    assert row.std_all_se is not None
    found = SpecificationEstimate(
        n=fit.nobs, left_out=fit.n_incomplete, with_gaps=fit.n_with_gaps, admissible=fit.admissible,
        est=row.est, se=se, lower=lower, upper=upper, std_all=std_all, std_all_se=row.std_all_se,
        bootstrap_se=NOT_RESAMPLED, bootstrap_lower=NOT_RESAMPLED, bootstrap_upper=NOT_RESAMPLED,
        std_bootstrap_se=NOT_RESAMPLED, std_lower=NOT_RESAMPLED, std_upper=NOT_RESAMPLED,
        converged_draws=None, admissible_draws=None, seed=None,
    )
    return found if drawn is None else _resampled(found, drawn)


def _resampled(found: SpecificationEstimate, drawn: Bootstrap) -> SpecificationEstimate:
    effect: EffectInterval = next(e for e in drawn.effects if e.name == HEADLINE_EFFECT)
    raw, std = effect.raw, effect.std_all
    return replace(
        found, bootstrap_se=raw.se, bootstrap_lower=raw.lower, bootstrap_upper=raw.upper, std_bootstrap_se=std.se,
        std_lower=std.lower, std_upper=std.upper, converged_draws=drawn.converged, admissible_draws=drawn.admissible,
        seed=drawn.seed)
