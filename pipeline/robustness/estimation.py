"""One analysis of the map: estimated once, resampled once, described by each estimator."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from instrument.errors import InputError
from pipeline.models import MEDIATION
from pipeline.results import HEADLINE_EFFECT
from pipeline.robustness.found import NotEstimated, SpecificationEstimate
from pipeline.robustness.specifications import Analysis, Estimator
from pipeline.sem.bootstrap import Bootstrap, EffectInterval, bootstrap
from pipeline.sem.describe import describe
from pipeline.sem.estimate import Options, settle, table_of
from pipeline.sem.fit import Fit
from pipeline.sem.minimise import Minima
from pipeline.sem.problem import Problem, pose, solve
from pipeline.sem.sample import take_sample
from pipeline.undefined import Undefined


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
    analysis: Analysis, firms: pd.DataFrame, estimators: tuple[Estimator, ...], how: Resampling,
) -> Mapping[Estimator, Outcome]:
    """Estimate the serial effect by every estimator; what goes wrong becomes a reason, never an exception.

    Parameters
    ----------
    firms
        One row a firm, of this analysis' exclusion rule and δ.
    """
    begun: bool | None = None
    try:
        problem = _problem(analysis, firms)
        begun = False
        minima = solve(problem)
        if not minima.converged[0]:
            found = NotEstimated("not-converged", "estimation did not converge: after "
                                 f"{minima.iterations[0]} steps the minimum still seems {minima.distance[0]:.2g} "
                                 "standard errors away")
            return dict.fromkeys(estimators, Outcome(False, found))
        begun = True
        drawn = bootstrap(problem, minima.theta[0], draws=how.draws, seed=analysis.seed(how.seed), level=how.level)
        fits = {estimator: _fit(problem, minima, analysis, estimator, how.normal_level) for estimator in estimators}
        return {estimator: Outcome(True, _effect(fit, drawn)) for estimator, fit in fits.items()}
    except InputError as error:
        first = error.findings[0]
        return dict.fromkeys(estimators, Outcome(begun, NotEstimated(first.code, f"{first.place}: {first.rule}")))
    except np.linalg.LinAlgError as error:
        return dict.fromkeys(estimators, Outcome(begun, NotEstimated("singular", f"a matrix is singular ({error})")))


def _options(analysis: Analysis, estimator: Estimator) -> Options:
    if estimator == "wlsmv":
        raise ValueError("weighted least squares of ordered answers is pending, and is never estimated")
    return replace(MEDIATION.options, estimator=estimator, missing=analysis.missing)


def _problem(analysis: Analysis, firms: pd.DataFrame) -> Problem:
    # The estimator is of no consequence here: it decides standard errors.
    table = table_of(analysis.syntax, list(map(str, firms.columns)), _options(analysis, "mlr"), name=MEDIATION.id)
    used = firms[list(table.observed)]
    return pose(table, take_sample(used.to_numpy(dtype=float), table.observed, table, missing=analysis.missing))


def _fit(problem: Problem, minima: Minima, analysis: Analysis, estimator: Estimator, level: float) -> Fit:
    estimated = settle(problem, minima, _options(analysis, estimator), syntax=analysis.syntax, name=MEDIATION.id)
    return describe(estimated, level=level, with_fit=False)


def _effect(fit: Fit, drawn: Bootstrap) -> SpecificationEstimate | NotEstimated:
    row = next(p for p in fit.parameters if p.op == ":=" and p.lhs == HEADLINE_EFFECT)
    resampled: EffectInterval = next(e for e in drawn.effects if e.name == HEADLINE_EFFECT)
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
    raw, std = resampled.raw, resampled.std_all
    return SpecificationEstimate(
        n=fit.nobs, left_out=fit.n_incomplete, with_gaps=fit.n_with_gaps, admissible=fit.admissible,
        est=row.est, se=se, lower=lower, upper=upper, std_all=std_all, std_all_se=row.std_all_se,
        bootstrap_se=raw.se, bootstrap_lower=raw.lower, bootstrap_upper=raw.upper,
        std_bootstrap_se=std.se, std_lower=std.lower, std_upper=std.upper,
        converged_draws=drawn.converged, admissible_draws=drawn.admissible, seed=drawn.seed,
    )
