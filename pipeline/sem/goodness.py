"""The fit of an estimated model: χ², its scaled versions, and every index made of them and of the baseline's."""

from __future__ import annotations

from dataclasses import dataclass, fields
from functools import cached_property

import numpy as np

from pipeline.moments.sample import pairwise_covariance
from pipeline.sem import indices as kernel
from pipeline.sem.baseline import baseline_problem, random_covariates
from pipeline.sem.expected import pattern_inverses
from pipeline.sem.fit import Estimator, FitIndices, RobustIndices, ScaledIndices
from pipeline.sem.inference import InformationKind, bread, information_of, meat
from pipeline.sem.least_squares import WeightedObjective
from pipeline.sem.linalg import Array
from pipeline.sem.matrices import Implied
from pipeline.sem.ordered_goodness import moments_in_all
from pipeline.sem.problem import Problem
from pipeline.sem.robust import (
    CompletedFit,
    GroupMoments,
    completed_fit,
    group_moments,
    satorra_bentler,
    structured_information,
    yuan_bentler,
)
from pipeline.undefined import Number, Undefined


@dataclass(frozen=True, slots=True)
class TestStatistic:
    """χ² of one model, and what scales it.

    Attributes
    ----------
    factor
        Scaling factor; None for an estimator without one.
    completed
        Fit of expected complete data where values are missing.
    """

    chisq: float
    df: int
    factor: float | None
    completed: CompletedFit | None


@dataclass(frozen=True, slots=True)
class Sandwich:
    """What robust standard errors of a model are made of, and its scaled test too.

    Attributes
    ----------
    inverse, meat
        (q, q) inverse information within the constraints, and average cross-product of scores.
    """

    inverse: Array
    meat: Array


def chisq_of(problem: Problem, theta: Array) -> float:
    """N·F for complete data; −2 log L beyond the unrestricted model's where values are missing."""
    value = problem.n * float(problem.objective.evaluate(theta[None]).value[0])
    if problem.sample.missing == "fiml":
        value -= sum(moments.deviance for moments in problem.saturated)
    # A saturated model's discrepancy is 0 up to rounding; a negative χ² would be that rounding, not a value.
    return 0.0 if -1e-6 < value < 0 else value


def degrees_of_freedom(problem: Problem, npar: int) -> int:
    """Distinct moments of all groups, but those of fixed exogenous variables among themselves, less parameters."""
    if isinstance(problem.objective, WeightedObjective):
        return moments_in_all(problem) - npar
    total = 0
    for group in problem.objective.groups:
        k = len(group.x)
        total += group.p * (group.p + 1) // 2 - k * (k + 1) // 2
        total += group.p - k if problem.table.meanstructure else 0
    return total - npar


def test_statistic(
    problem: Problem, theta: Array, npar: int, estimator: Estimator, kind: InformationKind,
    moments: tuple[GroupMoments, ...] | None, sandwich: Sandwich | None = None,  # noqa: PT028 - no test of pytest's
) -> TestStatistic:
    """χ² of one model with its scaling factors; ``sandwich`` where it is known already."""
    df = degrees_of_freedom(problem, npar)
    chisq = chisq_of(problem, theta)
    factor: float | None = None
    tangent = problem.restriction.tangent(theta)
    if moments is not None and (estimator == "mlr" or problem.sample.clustered):
        if estimator == "ml":
            inverse = bread(structured_information(problem, theta), tangent).inverse
        else:
            inverse = sandwich.inverse if sandwich else bread(information_of(problem, theta, kind), tangent).inverse
        factor = yuan_bentler(moments, sandwich.meat if sandwich else meat(problem, theta), inverse, df)
    elif estimator == "mlm":
        inverse = bread(information_of(problem, theta, "expected"), tangent).inverse
        factor = satorra_bentler(problem, theta, inverse, df).factor
    completed = None
    if moments is not None and problem.sample.missing == "fiml" and df > 0:
        completed = completed_fit(problem, theta, tangent, moments, df, robust=factor is not None)
    return TestStatistic(chisq, df, factor, completed)


@dataclass(frozen=True)
class ReferenceModels:
    """The two models that fit is measured between: the unrestricted one and the baseline.

    They are the same for every model of the same variables and rows, whatever it says of them. What they need is
    computed when it is first asked for, and once.

    Attributes
    ----------
    problem
        Any model's of these variables and rows. Least squares ask nothing of their reference models.
    """

    problem: Problem
    estimator: Estimator
    kind: InformationKind

    @cached_property
    def moments(self) -> tuple[GroupMoments, ...] | None:
        """What scaled tests need of the unrestricted model; None where there are none."""
        sample = self.problem.sample
        needed = self.estimator == "mlr" or sample.clustered or sample.missing == "fiml"
        return group_moments(self.problem) if needed else None

    @cached_property
    def baseline(self) -> TestStatistic:
        """The test of the baseline model."""
        plain, at = baseline_problem(self.problem)
        return test_statistic(plain, at, plain.table.n_free, self.estimator, self.kind, self.moments)

    def serve(self, problem: Problem, estimator: Estimator, kind: InformationKind) -> bool:
        """Whether these are another model's too: same rows, same order of variables, same ones fixed or random."""
        return (problem.sample is self.problem.sample and (estimator, kind) == (self.estimator, self.kind)
                and _given(problem) == _given(self.problem))

    def __getstate__(self) -> dict[str, object]:
        # What can be computed again, and is large, is not sent to another process.
        return {field.name: getattr(self, field.name) for field in fields(self)}


def _given(problem: Problem) -> tuple[object, ...]:
    """What both reference models take from a model."""
    table = problem.table
    among = [random_covariates(table, number) for number in range(1, len(problem.sample.groups) + 1)]
    return table.meanstructure, table.exogenous, among


def fit_indices(problem: Problem, theta: Array, own: TestStatistic, base: TestStatistic) -> FitIndices:
    """All indices of one model at its minimum θ (q,), by its test and the baseline's; not of least squares."""
    npar = problem.npar(theta)
    n, groups = problem.n, len(problem.sample.groups)
    logl, unrestricted = log_likelihoods(problem, own.chisq)
    aic, bic, sabic = kernel.information_criteria(logl, npar, n)
    implied = problem.objective.implied(theta[None])
    return FitIndices(
        npar=npar, **kernel.of_two_tests(own.chisq, own.df, base.chisq, base.df, n, groups),
        srmr=_srmr(problem, implied), gfi=_gfi(problem, implied), logl=logl, unrestricted_logl=unrestricted,
        aic=aic, bic=bic, sabic=sabic,
        scaled=_scaled(own, base, n, groups), robust=_robust(own, base, n, groups),
    )


def log_likelihoods(problem: Problem, chisq: float) -> tuple[float, float]:
    """Of the model and of the unrestricted moments, given the fixed exogenous variables."""
    constant = 0.0
    for rows, group, moments in zip(problem.sample.groups, problem.objective.groups, problem.saturated, strict=True):
        x = group.x
        constant += float((~np.isnan(rows.X)).sum()) * np.log(2 * np.pi) + moments.deviance
        if len(x):
            block = moments.cov[np.ix_(x, x)]
            constant -= rows.n * (len(x) * np.log(2 * np.pi) + np.linalg.slogdet(block)[1] + len(x))
    return float(-(constant + chisq) / 2), float(-constant / 2)


def _srmr(problem: Problem, implied: list[Implied]) -> float:
    total = 0.0
    for share, saturated, moments in zip(problem.shares, problem.saturated, implied, strict=True):
        residual = saturated.mean - moments.mu[0] if problem.table.meanstructure else None
        total += share * kernel.srmr(saturated.cov, moments.Sigma[0], residual)
    return total


def _gfi(problem: Problem, implied: list[Implied]) -> float:
    """Every group's GFI, weighted by n_g/N; with missing values lavaan takes pairwise moments, and so does this."""
    total = 0.0
    means = problem.table.meanstructure
    for share, rows, group, data, saturated, moments in zip(
        problem.shares, problem.sample.groups, problem.objective.groups, problem.objective.data, problem.saturated,
        implied, strict=True,
    ):
        Sigma, mu = moments.Sigma[0], moments.mu[0]
        shares, weights = pattern_inverses(data, Sigma)
        observed, mean = saturated.cov.copy(), saturated.mean.copy()
        if np.isnan(rows.X).any():
            observed = pairwise_covariance(rows.X).covariance * (rows.n - 1) / rows.n
            mean = np.nanmean(rows.X, axis=0)
        residual, mean_residual = observed - Sigma, mean - mu
        x = np.ix_(group.x, group.x)
        observed[x] = residual[x] = 0.0
        mean[group.x] = mean_residual[group.x] = 0.0
        if not means:
            mean[:] = mean_residual[:] = 0.0
        left, whole = kernel.gfi_terms(weights, shares, residual, observed, mean_residual, mean)
        total += share * (1 - left / whole)
    return total


def _scaled(own: TestStatistic, base: TestStatistic, n: int, groups: int) -> ScaledIndices | None:
    """Indices of χ²/c (Satorra & Bentler 1994); RMSEA keeps χ² and multiplies df by c, which gives the same value."""
    if own.factor is None or base.factor is None:
        return None
    if own.df == 0:
        none = kernel.NO_DF
        # Variables that are all by themselves leave the baseline no degree of freedom either.
        alone = Undefined("the baseline model has no degrees of freedom")
        baseline, factor = (base.chisq / base.factor, base.factor) if base.df else (alone, alone)
        return ScaledIndices(own.chisq, none, none, baseline, factor, 1.0, 1.0, 1.0, 1.0, 0.0, 0.0, 0.0, none)
    if not own.factor > 0:
        none = Undefined(f"the scaling factor is not positive ({own.factor:.4g})")
        return ScaledIndices(none, none, own.factor, base.chisq / base.factor, base.factor, *[none] * 8)
    chisq, baseline_chisq = own.chisq / own.factor, base.chisq / base.factor
    df = own.df * own.factor
    lower, upper = kernel.rmsea_interval(own.chisq, df, n, groups)
    return ScaledIndices(
        chisq=chisq, pvalue=kernel.chisq_pvalue(chisq, own.df), scaling_factor=own.factor,
        baseline_chisq=baseline_chisq, baseline_scaling_factor=base.factor,
        cfi=kernel.cfi(chisq, own.df, baseline_chisq, base.df), tli=kernel.tli(chisq, own.df, baseline_chisq, base.df),
        nfi=kernel.nfi(chisq, own.df, baseline_chisq, base.df), ifi=kernel.ifi(chisq, own.df, baseline_chisq),
        rmsea=kernel.rmsea(own.chisq, df, n, groups), rmsea_ci_lower=lower, rmsea_ci_upper=upper,
        rmsea_pvalue=kernel.rmsea_close_pvalue(own.chisq, df, n, groups),
    )


def _robust(own: TestStatistic, base: TestStatistic, n: int, groups: int) -> RobustIndices | None:
    """Indices of the population's own misfit (Brosseau-Liard & Savalei 2014; missing values: Zhang & Savalei 2023)."""
    if own.completed is not None and base.completed is not None:
        pairs = (own.completed.chisq, own.completed.factor), (base.completed.chisq, base.completed.factor)
    elif own.factor is not None and base.factor is not None and own.df > 0:
        pairs = (own.chisq, own.factor), (base.chisq, base.factor)
    else:
        return None
    (chisq, factor), (baseline, base_factor) = pairs
    if not factor > 0:
        none: Number = Undefined(f"the scaling factor is not positive ({factor:.4g})")
        return RobustIndices(*[none] * 6)
    lower, upper = kernel.rmsea_interval(chisq, own.df, n, groups, factor)
    return RobustIndices(
        cfi=kernel.cfi(chisq, factor * own.df, baseline, base_factor * base.df),
        tli=kernel.tli(chisq, factor * own.df, baseline, base_factor * base.df, base.df / own.df),
        rmsea=kernel.rmsea(chisq, own.df, n, groups, factor), rmsea_ci_lower=lower, rmsea_ci_upper=upper,
        rmsea_pvalue=kernel.rmsea_close_pvalue(chisq, own.df, n, groups, factor),
    )
