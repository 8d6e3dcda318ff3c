"""What an exploratory factor analysis found: factorability, every rule's number of factors, the solution kept."""

from __future__ import annotations

from dataclasses import dataclass

from pipeline.measurement.extraction import Factorability, FactorSolution
from pipeline.measurement.hull import Hull
from pipeline.measurement.kaiser import EmpiricalKaiser
from pipeline.measurement.number_of_factors import NOT_ASKED, Rule
from pipeline.measurement.retention import MinimumAveragePartial, ParallelAnalysis
from pipeline.undefined import Undefined


@dataclass(frozen=True, slots=True)
class FactorAnalysis:
    """One exploratory analysis: factorability, number of factors by each rule, the solution kept."""

    name: str
    label: str
    factorability: Factorability
    parallel: ParallelAnalysis
    minimum_average_partial: MinimumAveragePartial
    rule: str
    solution: FactorSolution
    parallel_fa: ParallelAnalysis | Undefined = NOT_ASKED
    kaiser: EmpiricalKaiser | Undefined = NOT_ASKED
    hull: Hull | Undefined = NOT_ASKED

    @property
    def suggested(self) -> dict[Rule, int | Undefined]:
        """Every rule's number of factors; 0 is an answer of its own: none."""
        return {
            "parallel": self.parallel.factors,
            "parallel-fa": self.parallel_fa if isinstance(self.parallel_fa, Undefined) else self.parallel_fa.factors,
            "map": self.minimum_average_partial.factors,
            "kaiser": self.kaiser if isinstance(self.kaiser, Undefined) else self.kaiser.factors,
            "hull": self.hull if isinstance(self.hull, Undefined) else self.hull.factors,
        }
