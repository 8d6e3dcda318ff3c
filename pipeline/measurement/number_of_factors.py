"""How many factors: every rule on the same correlations, side by side, and the one that decides."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
from scipy import stats

from instrument.errors import Finding, InputError
from pipeline.measurement.common_factor_retention import common_factor_parallel_analysis
from pipeline.measurement.complete import Matrix, Vector
from pipeline.measurement.hull import Hull, hull
from pipeline.measurement.kaiser import EmpiricalKaiser, empirical_kaiser
from pipeline.measurement.retention import (
    MinimumAveragePartial,
    ParallelAnalysis,
    minimum_average_partial,
    parallel_analysis_of,
)
from pipeline.undefined import Undefined

Rule = Literal["parallel", "parallel-fa", "map", "kaiser", "hull"]

RULES: dict[Rule, str] = {
    "parallel": "parallel analysis (components)",
    "parallel-fa": "parallel analysis (common factors)",
    "map": "minimum average partial",
    "kaiser": "empirical Kaiser criterion",
    "hull": "hull method",
}
"""What each rule is called in words."""

NOT_ASKED = Undefined("these results are from before this rule was asked")


@dataclass(frozen=True, slots=True)
class NumberOfFactors:
    """What every rule found, with the series it decided by; ``hull`` is undefined of fewer than six items."""

    parallel: ParallelAnalysis
    parallel_fa: ParallelAnalysis
    average_partial: MinimumAveragePartial
    kaiser: EmpiricalKaiser
    hull: Hull | Undefined

    @property
    def suggested(self) -> dict[Rule, int | Undefined]:
        """Rule → number of factors; 0 is an answer of its own: none."""
        return {
            "parallel": self.parallel.factors, "parallel-fa": self.parallel_fa.factors,
            "map": self.average_partial.factors, "kaiser": self.kaiser.factors,
            "hull": self.hull if isinstance(self.hull, Undefined) else self.hull.factors,
        }


def number_of_factors(
    R: Matrix, n: int, *, draws: int, percentile: float, seed: int, attenuation: Vector | None = None,
) -> NumberOfFactors:
    """Every rule on correlations ``R`` (p, p) of ``n`` rows, n > p.

    The hull method looks at up to one factor more than either parallel analysis suggests.

    Raises
    ------
    InputError
        ``EFA-SINGULAR``.
    """
    partial = minimum_average_partial(R)  # first, because it refuses what is singular
    parallel, common = (
        analysis(R, n, draws=draws, percentile=percentile, seed=seed, attenuation=attenuation)
        for analysis in (parallel_analysis_of, common_factor_parallel_analysis)
    )
    return NumberOfFactors(parallel, common, partial, empirical_kaiser(R, n),
                           hull(R, n, most=max(parallel.factors, common.factors) + 1))


def attenuation_of(X: Matrix) -> Vector:
    """How far answering in categories has shrunk each column of ordered, complete ``X`` (n, p): (p,) below 1.

    Of independent variables, a polychoric correlation is to first order in 1/√n the correlation of the columns' normal
    scores (each category's mean on the normal variable behind it), divided by the scores' standard deviations: at
    ρ = 0 the likelihood's derivative is their product, its information the product of their variances (Olsson 1979).
    So random polychorics with these margins need no random data.
    """
    out = []
    for column in X.T:
        shares = np.unique(column, return_counts=True)[1] / len(column)
        density = stats.norm.pdf(stats.norm.ppf(np.concatenate([[0.0], np.cumsum(shares)[:-1], [1.0]])))
        scores = (density[:-1] - density[1:]) / shares
        out.append(float(np.sqrt(shares @ scores**2)))
    return np.array(out)


def factors_to_keep(rule: int | Rule, found: NumberOfFactors) -> int:
    """The number of factors a ``rule`` asks for; a number is a rule of its own.

    Raises
    ------
    InputError
        ``EFA-NONE`` if the rule finds no factor at all, ``EFA-UNDECIDED`` if it has no answer, ``EFA-RULE`` if there is
        no such rule.
    """
    if isinstance(rule, int):
        return rule
    if rule not in get_args(Rule):
        raise InputError(Finding(
            "EFA-RULE", f"rule {rule!r}",
            f"The rule must be a number of factors or one of {', '.join(get_args(Rule))}.", "Choose one of them.",
        ))
    number = found.suggested[rule]
    if isinstance(number, Undefined):
        raise InputError(Finding(
            "EFA-UNDECIDED", f"rule {rule}", f"The rule must give a number; it gives none because {number.because}.",
            "Choose another rule, or name a number.",
        ))
    if number == 0:
        raise InputError(Finding(
            "EFA-NONE", f"rule {rule}", "The rule finds no factor in these items: they are as good as unrelated.",
            "Look at their correlations; name a number of factors if one must be extracted.",
        ))
    return number
