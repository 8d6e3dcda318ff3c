"""Fit of models of ordered variables: the scaled and shifted test, and indices made of it and the baseline's.

T = Σ (n_g − 1) F_g is not χ²-distributed under diagonal weights. Scaled and shifted, aT + b has the mean and variance
of χ²(df): a = √(df / tr((UΓ)²)), b = df − a tr(UΓ) (Asparouhov & Muthén 2010). ``dwls`` shows T as if it were
χ²-distributed, as lavaan does.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from pipeline.sem import indices as kernel
from pipeline.sem.fit import Estimator, FitIndices, ScaledIndices
from pipeline.sem.inference import bread
from pipeline.sem.least_squares import (
    LeastSquares,
    Pieces,
    Traces,
    WeightedObjective,
    information,
    pieces,
    scale_and_shift,
    statistic,
    traces,
)
from pipeline.sem.linalg import Array
from pipeline.sem.ordered_robust import robust_indices
from pipeline.sem.problem import Problem
from pipeline.undefined import Number, Undefined

NO_LIKELIHOOD = Undefined("least squares have no likelihood")


@dataclass(frozen=True, slots=True)
class WeightedTest:
    """T and its degrees of freedom; ``factor`` 1/a and ``shift`` b of the scaled and shifted test, if it is wanted."""

    chisq: float
    df: int
    factor: Number | None
    shift: Number | None

    @property
    def scaled(self) -> Number:
        """aT + b."""
        for part in (self.factor, self.shift):
            if isinstance(part, Undefined):
                return part
        if self.factor is None or self.shift is None:
            raise TypeError("a test that is not scaled has no scaled value")
        return self.chisq / float(self.factor) + float(self.shift)  # type: ignore[arg-type]


def moments_in_all(problem: Problem) -> int:
    """Number of moments of all groups together."""
    return sum(data.vector.shape[-1] for data in problem.objective.data if isinstance(data, LeastSquares))


def scaled_and_shifted(chisq: float, df: int, of: Traces, *, wanted: bool) -> WeightedTest:
    """The test from tr(UΓ) and tr((UΓ)²); a model without degrees of freedom has none to scale."""
    if not wanted:
        return WeightedTest(chisq, df, None, None)
    if df == 0:
        return WeightedTest(chisq, df, kernel.NO_DF, kernel.NO_DF)
    found = scale_and_shift(df, of)
    if isinstance(found, Undefined):
        return WeightedTest(chisq, df, found, found)
    a, shift = found
    return WeightedTest(chisq, df, 1 / a, shift)


def weighted_test(problem: Problem, theta: Array, npar: int, estimator: Estimator) -> WeightedTest:
    """T of a model at its minimum."""
    return _test(problem, theta, npar, estimator, *_pieces_and_inverse(problem, theta))


def _pieces_and_inverse(problem: Problem, theta: Array) -> tuple[tuple[Pieces, ...], Array]:
    """Every group's pieces, and the inverse information (q, q) within the constraints."""
    parts = pieces(problem, theta)
    return parts, bread(information(parts, len(theta)), problem.restriction.tangent(theta)).inverse


def _test(
    problem: Problem, theta: Array, npar: int, estimator: Estimator, parts: tuple[Pieces, ...], inverse: Array,
) -> WeightedTest:
    df = moments_in_all(problem) - npar
    return scaled_and_shifted(statistic(problem, theta), df, traces(parts, inverse), wanted=estimator == "wlsmv")


def baseline_test(problem: Problem, estimator: Estimator) -> WeightedTest:
    """The model in which nothing is correlated: thresholds, means, variances and slopes on x are the sample's own.

    Its minimum needs no search, and U is W on the correlations and 0 elsewhere.
    """
    objective = problem.objective
    if not isinstance(objective, WeightedObjective):
        raise TypeError("not a problem of least squares")
    chisq = first = second = 0.0
    df = 0
    for responses, data in zip(objective.responses, objective.squares, strict=True):
        at = responses.layout.covariance
        weight, vector = data.weight[0, at], data.vector[0, at]
        chisq += float(data.n[0]) * float(weight @ vector**2)
        df += len(at)
        if data.gamma is not None:
            gamma = data.gamma[np.ix_(at, at)]
            first += float(weight @ np.diag(gamma))
            second += float(weight @ gamma**2 @ weight)
    return scaled_and_shifted(chisq, df, Traces(first, second), wanted=estimator == "wlsmv")


def weighted_indices(problem: Problem, theta: Array, estimator: Estimator) -> FitIndices:
    """All indices of one model at its minimum θ (q,)."""
    npar = problem.npar(theta)
    parts, inverse = _pieces_and_inverse(problem, theta)
    own, base = _test(problem, theta, npar, estimator, parts, inverse), baseline_test(problem, estimator)
    groups = len(problem.sample.groups)
    n = problem.n - groups
    return FitIndices(
        npar=npar, **kernel.of_two_tests(own.chisq, own.df, base.chisq, base.df, n, groups),
        srmr=_srmr(problem, theta), gfi=_gfi(problem, theta), logl=NO_LIKELIHOOD, unrestricted_logl=NO_LIKELIHOOD,
        aic=NO_LIKELIHOOD, bic=NO_LIKELIHOOD, sabic=NO_LIKELIHOOD,
        scaled=_scaled(own, base, n, groups),
        robust=robust_indices(problem, theta, parts, inverse, own.df, base.df) if estimator == "wlsmv" else None,
    )


def _objective(problem: Problem) -> WeightedObjective:
    if not isinstance(problem.objective, WeightedObjective):
        raise TypeError("not a problem of least squares")
    return problem.objective


def _srmr(problem: Problem, theta: Array) -> float:
    """√(Σ r² / (p(p − 1)/2 + P)), r the standardised residuals of the covariances given x, weighted by n_g/N.

    lavaan's convention for ordered variables: thresholds, means and variances are not in the sum, but the variances of
    all P observed variables, exogenous ones among them, are in the count, as if their residuals were 0.
    """
    objective, total = _objective(problem), 0.0
    for share, responses, data, vector in zip(
            problem.shares, objective.responses, objective.squares, objective.vectors(theta[None]), strict=True):
        where = responses.layout
        sd = np.ones(responses.base.p)
        sd[where.variance_of] = np.sqrt(data.vector[0, where.variance])
        residual = (data.vector[0] - vector[0])[where.covariance] / (sd[where.i] * sd[where.j])
        count = len(residual) + responses.base.p + len(responses.x)
        total += share * float(np.sqrt(np.sum(residual**2) / count))
    return total


def _gfi(problem: Problem, theta: Array) -> float:
    """1 − Σ w (s − σ)² / Σ w s² (Jöreskog & Sörbom 1982), groups weighted by n_g/N; thresholds and means included."""
    objective, total = _objective(problem), 0.0
    for share, data, vector in zip(problem.shares, objective.squares, objective.vectors(theta[None]), strict=True):
        weight, observed = data.weight[0], data.vector[0]
        total += share * (1 - float(weight @ (observed - vector[0]) ** 2) / float(weight @ observed**2))
    return total


def _scaled(own: WeightedTest, base: WeightedTest, n: int, groups: int) -> ScaledIndices | None:
    """Indices of the scaled and shifted statistics, the model's and the baseline's each by its own."""
    if own.factor is None or base.factor is None:
        return None
    if own.df == 0:
        none = kernel.NO_DF
        return ScaledIndices(own.chisq, none, none, base.scaled, base.factor, 1.0, 1.0, 1.0, 1.0, 0.0, 0.0, 0.0, none,
                             none)
    chisq, baseline = own.scaled, base.scaled
    if isinstance(chisq, Undefined) or isinstance(baseline, Undefined):
        why = chisq if isinstance(chisq, Undefined) else baseline
        undefined = ScaledIndices(chisq, why, own.factor, baseline, base.factor, *[why] * 8)
        return replace(undefined, shift_parameter=own.shift)
    lower, upper = kernel.rmsea_interval(chisq, own.df, n, groups)
    return ScaledIndices(
        chisq=chisq, pvalue=kernel.chisq_pvalue(chisq, own.df), scaling_factor=own.factor, baseline_chisq=baseline,
        baseline_scaling_factor=base.factor, cfi=kernel.cfi(chisq, own.df, baseline, base.df),
        tli=kernel.tli(chisq, own.df, baseline, base.df), nfi=kernel.nfi(chisq, own.df, baseline, base.df),
        ifi=kernel.ifi(chisq, own.df, baseline), rmsea=kernel.rmsea(chisq, own.df, n, groups), rmsea_ci_lower=lower,
        rmsea_ci_upper=upper, rmsea_pvalue=kernel.rmsea_close_pvalue(chisq, own.df, n, groups),
        shift_parameter=own.shift)
