"""A complete, plausible report on invariance made without fitting anything: no number here is an estimate."""

from __future__ import annotations

from dataclasses import replace

from pipeline.invariance.found import (
    FoundGrouping,
    FoundLadder,
    FoundStep,
    FreedItem,
    InvarianceReport,
    TrueDifference,
)
from pipeline.invariance.testing import report
from pipeline.sem.invariance import CONTINUOUS, GroupSize, StepDifference, StepIndices
from pipeline.sem.invariance_cutoffs import chen
from pipeline.sem.latent_means import LatentMean
from pipeline.sem.noninvariance import Dmacs
from pipeline.study import InvariancePlan
from pipeline.undefined import Undefined

LANGUAGES = (GroupSize("en", 320), GroupSize("es", 150))
HALVES = (GroupSize("smaller", 236), GroupSize("larger", 234))
LEARNING = {scale: tuple(f"{scale}{k}" for k in range(1, 5)) for scale in ("lrar", "lrco", "lrsh", "lrin")}
SUCCESS = {"sufl": ("sufl1", "sufl2", "sufl3", "sufl4")}


def invariance(*, synthetic: bool = True) -> InvarianceReport:
    """Learning by language needs lrco2 freed; success holds as it is; by size equal residuals of learning fail; one
    construct has too few respondents."""
    groupings = (
        FoundGrouping("language", "language of the respondent", "F", LANGUAGES, 0),
        FoundGrouping("size", "size of the firm", "F", HALVES, 3),
        FoundGrouping("indus", "answer to indus", "F", (GroupSize("Energy", 40),), 5,
                      "fewer than two groups have 100 respondents (Energy 40)"),
    )
    ladders = (
        learning_by_language(), ladder("lr", "Alliance learning processes", LEARNING, "size", (0.30, 0.20, 0.03)),
        ladder("su", "Firm-level alliance success", SUCCESS, "language", (0.41, 0.52, 0.33)),
        FoundLadder("su", "Firm-level alliance success", "F", "size", SUCCESS, "mlr", "fiml",
                    why_not="A group needs 100 usable rows; larger has 98."),
    )
    merged = "lrco1: category 1 merged into 2 in all groups (4 answers), because it was rare in es"
    second = (replace(learning_by_language(), estimator="wlsmv", missing="pairwise", merged=(merged,)),)
    found = report(InvariancePlan(), groupings, ladders, second, 0.95)
    true = (TrueDifference("lr", "lrco2", "es", 0.5, 0.40),
            TrueDifference("lr", "lrsh1", "es", 0.3, Undefined("the item was not freed")))
    return replace(found, truth=true) if synthetic else found


def ladder(
    construct: str, name: str, factors: dict[str, tuple[str, ...]], grouping: str, pvalues: tuple[float, ...],
) -> FoundLadder:
    """Four steps whose differences have these p values."""
    groups = LANGUAGES if grouping == "language" else HALVES
    found = steps(pvalues, groups)
    holding = [step.name for step in found[:next((k for k, s in enumerate(found) if not s.holds), len(found))]]
    reached = {"strict": "variances", "scalar": "means", "metric": "relations",
               "configural": "structure"}
    labels = (groups[0].label, groups[1].label)
    means = tuple(mean(factor, labels, -0.05 if k else 0.31) for k, factor in enumerate(factors))
    first = next(iter(factors.values()))[0]
    return FoundLadder(
        construct, name, "F", grouping, factors, "mlr", "fiml", groups, clusters=450, steps=found, reached=holding[-1],
        sizes=(Dmacs(first, *labels, 0.11, 0.09, 0.12, 1.3, f"step scalar with {first} released"),),
        means=means if holding[-1] in ("scalar", "strict") else (),
        no_means="" if holding[-1] in ("scalar", "strict") else "the step scalar does not hold",
        comparable=reached[holding[-1]])  # type: ignore[arg-type]


def learning_by_language() -> FoundLadder:
    """The scalar step fails until the intercept of lrco2 is free."""
    found = ladder("lr", "Alliance learning processes", LEARNING, "language", (0.28, 0.0003, 0.02))
    freed = FreedItem("lrco2", "intercepts", "scalar", 28.2, 1, 1.1e-7, 1.8e-6, 16, {"en": (4.58,), "es": (5.14,)},
                      0.008, "The intercept of lrco2 is freed, because the data contradict that it is equal.")
    return replace(
        found, freed=(freed,), search="Partial invariance of intercepts, with lrco2 (intercept) freed.",
        partial=steps((0.28, 0.66, 0.21), LANGUAGES), partial_reached="strict",
        sizes=(Dmacs("lrco2", "en", "es", 0.40, -0.40, -0.56, 1.41, "step scalar with lrco2 released"),
               Dmacs("lrar4", "en", "es", 0.15, -0.13, -0.18, 1.40, "step scalar with lrar4 released")),
        means=tuple(mean(factor, ("en", "es"), 0.02 + 0.02 * k) for k, factor in enumerate(LEARNING)), no_means="",
        comparable="latent means")


def steps(pvalues: tuple[float, ...], groups: tuple[GroupSize, ...]) -> tuple[FoundStep, ...]:
    """A first step that holds, and a difference for each p value."""
    out = []
    for k, step in enumerate(CONTINUOUS):
        indices = StepIndices(210.0 + 14 * k, 196 + 12 * k, 0.23, 205.0 + 14 * k, 0.3, "robust",
                              0.990 - 0.002 * k, 0.028, 0.0, 0.043, 0.034 + 0.004 * k)
        if not k:
            out.append(FoundStep(step.name, step.equal, True, indices, None, None, None, True, "Holds."))
            continue
        holds = pvalues[k - 1] >= 0.05
        cutoffs = chen(step.equal[-1:], groups)
        difference = StepDifference(CONTINUOUS[k - 1].name, 14.3 if holds else 35.8, 12, pvalues[k - 1], True, -0.002,
                                    0.001, 0.004, cutoffs, holds, True, True)
        out.append(FoundStep(step.name, step.equal, True, indices, difference, pvalues[k - 1], None, holds,
                             "Holds." if holds else "Does not hold."))
    return tuple(out)


def mean(factor: str, labels: tuple[str, str], size: float) -> LatentMean:
    """A difference with a standard error of .1."""
    return LatentMean(factor, labels[0], labels[1], size, 0.1, size / 0.1, 0.002 if size > 0.2 else 0.62, size - 0.196,
                      size + 0.196, size, 0.1, size * 0.97, 0.1)
