"""CFI, TLI and RMSEA of the population's own misfit, from polychoric correlations (Savalei 2021).

The fit that is measured is the normal-theory discrepancy of the polychoric correlations from the implied ones at the
least-squares solution, which is not refitted; c makes its mean comparable with its degrees of freedom. They are defined
where every variable is ordered, nothing is exogenous, and the polychoric correlations are positive definite.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from pipeline.sem import indices as kernel
from pipeline.sem.fit import RobustIndices
from pipeline.sem.least_squares import Pieces, WeightedObjective
from pipeline.sem.linalg import Array
from pipeline.sem.problem import Problem
from pipeline.sem.responses import Layout
from pipeline.undefined import Undefined


def robust_indices(
    problem: Problem, theta: Array, every: Sequence[Pieces], inverse: Array, df: int, baseline_df: int,
) -> RobustIndices | None:
    """At the minimum θ (q,); None for a model without degrees of freedom, of mixed variables or given x.

    Parameters
    ----------
    every, inverse
        Of each group, and the inverse information (q, q) within the constraints.
    """
    objective = problem.objective
    if not isinstance(objective, WeightedObjective) or df <= 0:
        return None
    layout = objective.responses[0].layout
    if len(layout.variance) or objective.responses[0].x.size:
        return None
    samples = [_correlations(layout, data.vector[0]) for data in objective.squares]
    if min(float(np.linalg.eigvalsh(R)[0]) for R in samples) < np.sqrt(np.finfo(np.float64).eps):
        return RobustIndices(*[Undefined("the polychoric correlations are not positive definite")] * 6)
    implied = [_correlations(layout, vector[0]) for vector in objective.vectors(theta[None])]
    if min(float(np.linalg.eigvalsh(Sigma)[0]) for Sigma in implied) <= 0:
        return RobustIndices(*[Undefined("the implied correlations are not positive definite")] * 6)
    cases = [rows.n for rows in problem.sample.groups]
    chisq = sum(n * _discrepancy(R, Sigma) for n, R, Sigma in zip(cases, samples, implied, strict=True))
    baseline = -sum(n * float(np.linalg.slogdet(R)[1]) for n, R in zip(cases, samples, strict=True))
    parts = [_of_correlations(part, layout) for part in every]
    factor = _expectation(parts, [_weight(layout, Sigma) for Sigma in implied], inverse) / df
    base_factor = sum(float(np.trace(part.gamma)) for part in parts) / baseline_df
    groups = len(cases)
    n = problem.n - groups
    lower, upper = kernel.rmsea_interval(chisq, df, n, groups, factor)
    return RobustIndices(
        cfi=kernel.cfi(chisq, factor * df, baseline, base_factor * baseline_df),
        tli=kernel.tli(chisq, factor * df, baseline, base_factor * baseline_df, baseline_df / df),
        rmsea=kernel.rmsea(chisq, df, n, groups, factor), rmsea_ci_lower=lower, rmsea_ci_upper=upper,
        rmsea_pvalue=kernel.rmsea_close_pvalue(chisq, df, n, groups, factor))


def _correlations(layout: Layout, vector: Array) -> Array:
    p = (1 + round(np.sqrt(1 + 8 * len(layout.i)))) // 2
    R: Array = np.eye(p)
    R[layout.i, layout.j] = R[layout.j, layout.i] = vector[layout.covariance]
    return R


def _discrepancy(R: Array, Sigma: Array) -> float:
    """log|Σ| − log|R| + tr(RΣ⁻¹) − p."""
    return float(np.linalg.slogdet(Sigma)[1] - np.linalg.slogdet(R)[1] + np.trace(np.linalg.solve(Sigma, R)) - len(R))


def _weight(layout: Layout, Sigma: Array) -> Array:
    """Normal-theory weight of the correlations, Σ^ik Σ^jl + Σ^il Σ^jk."""
    K = np.linalg.inv(Sigma)
    i, j = layout.i, layout.j
    result: Array = K[np.ix_(i, i)] * K[np.ix_(j, j)] + K[np.ix_(i, j)] * K[np.ix_(j, i)]
    return result


def _of_correlations(part: Pieces, layout: Layout) -> Pieces:
    at = layout.covariance
    return Pieces(part.share, part.J[at], part.weight[at], part.gamma[np.ix_(at, at)])


def _expectation(parts: list[Pieces], weights: list[Array], inverse: Array) -> float:
    """tr(MᵀVMΓ), M = I − ΔQΔᵀW over all groups, Q the inverse information of all moments."""
    q = len(inverse)
    total, normal, middle, crossed = 0.0, np.zeros((q, q)), np.zeros((q, q)), np.zeros((q, q))
    for part, V in zip(parts, weights, strict=True):
        WJ = part.weight[:, None] * part.J
        GWJ = part.gamma @ WJ
        VJ = V @ part.J
        total += float(np.sum(V * part.gamma))
        normal += part.share * part.J.T @ VJ
        middle += part.share * WJ.T @ GWJ
        crossed += part.share * GWJ.T @ VJ
    return total - 2 * float(np.sum(inverse * crossed.T)) + float(np.sum((inverse @ normal) * (inverse @ middle).T))
