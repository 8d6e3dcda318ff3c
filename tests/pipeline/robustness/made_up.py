"""A small curve with round numbers: one specification could not be estimated, one was not resampled."""

from __future__ import annotations

from dataclasses import replace

from pipeline.robustness.estimation import NOT_RESAMPLED
from pipeline.robustness.found import (
    NotEstimated,
    SpecificationCurve,
    SpecificationEstimate,
    SpecificationRow,
)
from pipeline.robustness.specifications import Specification
from pipeline.robustness.summary import summarise
from pipeline.undefined import Undefined

HEADLINE = Specification("mlr", "fiml", "plan", "all", ("lnsize", "tmco"), 0.9, "presence")


def estimate(std_all: float, half: float, **changed: object) -> SpecificationEstimate:
    """An estimate whose bootstrap interval is ``std_all`` ± ``half``; unstandardised, everything is twice as large."""
    whole = SpecificationEstimate(
        n=400, left_out=75, with_gaps=0, admissible=True, est=2 * std_all, se=0.05, lower=2 * std_all - 0.1,
        upper=2 * std_all + 0.1, std_all=std_all, std_all_se=0.02, bootstrap_se=0.05,
        bootstrap_lower=2 * (std_all - half), bootstrap_upper=2 * (std_all + half), std_bootstrap_se=0.02,
        std_lower=std_all - half, std_upper=std_all + half, converged_draws=50, admissible_draws=49, seed=7,
    )
    return replace(whole, **changed)  # type: ignore[arg-type]


def rows() -> tuple[SpecificationRow, ...]:
    """Six specifications: .10, .12, .04 and −.02 with intervals, .06 without one, and one that was not estimated."""
    no = Undefined("fewer than two draws converged")
    found = (
        ("mlr", "fiml", "presence", estimate(0.10, 0.05)),
        ("ml", "fiml", "presence", estimate(0.12, 0.05)),
        ("mlr", "listwise", "presence", estimate(0.04, 0.05)),
        ("ml", "listwise", "presence", estimate(-0.02, 0.01)),
        ("mlr", "listwise", "index", estimate(0.06, 0.0, std_lower=no, std_upper=no)),
        ("ml", "fiml", "index", NotEstimated("SEM-CASES", "there are 12 cases")),
    )
    return tuple(
        SpecificationRow(replace(HEADLINE, estimator=estimator, missing=missing, function=function),
                         True if isinstance(outcome, SpecificationEstimate) else None, outcome)
        for estimator, missing, function, outcome in found)  # type: ignore[arg-type]


def ordinal() -> SpecificationRow:
    """WLSMV: .08 without draws; its own intervals are .16 ± .1, and .08 ± .0392 where it is standardised."""
    no = NOT_RESAMPLED
    found = estimate(0.08, 0.0, bootstrap_se=no, bootstrap_lower=no, bootstrap_upper=no, std_bootstrap_se=no,
                     std_lower=no, std_upper=no, converged_draws=None, admissible_draws=None, seed=None)
    return SpecificationRow(replace(HEADLINE, estimator="wlsmv", missing="listwise"), True, found)


def curve() -> SpecificationCurve:
    asked = (*rows(), ordinal())
    return SpecificationCurve("serial_capability", asked[0], asked, 50, 1, 0.95, 0.95, summarise(asked, asked[0], 5))
