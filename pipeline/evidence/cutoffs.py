"""Simulated cut-offs of fit for a study's measurement models."""

from __future__ import annotations

from collections.abc import Sequence

from instrument.errors import InputError
from pipeline.estimation import estimate
from pipeline.evidence.found.cutoffs import CutOffsReport, FoundCutOff, FoundIndex, FoundLevel, Missed, ModelCutOffs
from pipeline.measurement.dynamic_cutoffs import (
    FIXED,
    INDICES,
    CutOff,
    Index,
    Simulated,
    cut_offs,
    factor_structure,
    simulate,
    standing,
)
from pipeline.measurement.misspecification import FactorStructure, misspecified
from pipeline.questions import Posed
from pipeline.report.numbers import listed
from pipeline.results import SCREENED
from pipeline.sem.describe import describe
from pipeline.sem.estimate import Estimated
from pipeline.sem.fit import FitIndices
from pipeline.sem.reported import reported
from pipeline.undefined import Number, Undefined

MOST_LEVELS = 3
"""Levels simulated: a model with many factors has as many, and nobody is interested in the gravest."""


def cut_offs_of(
    posed: Sequence[Posed], *, replications: int, seed: int, level: float, workers: int = 1,
) -> CutOffsReport:
    """Cut-offs for every confirmatory factor analysis among the study's models; the others say nothing.

    Parameters
    ----------
    replications
        Samples of each population.
    level
        Of the intervals by which a model is described, which cut-offs do not depend on.
    """
    asked = [one for one in posed if not one.spec.effects and not one.spec.products and not one.spec.surface]
    return CutOffsReport(replications, seed, tuple(
        _of_model(one, replications=replications, seed=seed + number, level=level, workers=workers)
        for number, one in enumerate(asked)))


def _of_model(one: Posed, *, replications: int, seed: int, level: float, workers: int) -> ModelCutOffs:
    estimated = estimate(one.spec, one.form.rows[SCREENED].units.frame)
    return model_cut_offs(estimated, one.spec.title, replications=replications, seed=seed, level=level,
                          workers=workers)


def model_cut_offs(
    estimated: Estimated, title: str, *, replications: int, seed: int, level: float = 0.95, workers: int = 1,
    levels: int = MOST_LEVELS,
) -> ModelCutOffs:
    """Cut-offs for one estimated model, and how its own fit stands to them; or why there are none."""
    try:
        structure = factor_structure(estimated, level=level)
        populations = len(misspecified(structure))
        simulated = simulate(estimated.syntax, structure, estimated.problem.n, replications=replications, seed=seed,
                             levels=levels, options=estimated.options, workers=workers, name=estimated.name)
    except InputError as error:
        reason = " ".join(finding.rule for finding in error.findings)
        return ModelCutOffs(estimated.name, title, estimated.problem.n, len(estimated.problem.table.observed), 0, 0,
                            (), (), 0, reason, f"No cut-offs were simulated. {reason}")
    fit = describe(estimated, level=level).indices
    return _found(estimated, title, structure, simulated, fit, populations)


def _found(
    estimated: Estimated, title: str, structure: FactorStructure, simulated: Sequence[Simulated],
    fit: FitIndices | None, populations: int,
) -> ModelCutOffs:
    true, wrong = simulated[0], simulated[1:]
    cuts = [cut_offs(true, one) for one in wrong]
    own = own_indices(fit)
    kind: Missed = "cross-loading" if len(structure.factors) > 1 else "residual correlation"
    indices = tuple(FoundIndex(index, own[index], FIXED[index], _below(own[index], index, cuts)) for index in INDICES)
    levels = tuple(
        FoundLevel(one.level, kind, one.added, one.converged, tuple(
            FoundCutOff(index, cut[index].value, cut[index].rate) for index in INDICES))
        for one, cut in zip(wrong, cuts, strict=True))
    return ModelCutOffs(
        estimated.name, title, estimated.problem.n, len(structure.indicators), len(structure.factors), true.converged,
        indices, levels, populations - len(wrong), "", verdict(indices, levels))


def own_indices(fit: FitIndices | None) -> dict[Index, Number]:
    """CFI, RMSEA and SRMR as estimated; robust CFI and RMSEA where there are any."""
    if fit is None:
        return dict.fromkeys(INDICES, Undefined("the model did not converge"))
    shown = reported(fit)
    return {"cfi": shown.cfi, "rmsea": shown.rmsea, "srmr": shown.srmr}


def _below(value: Number, index: Index, cuts: Sequence[dict[Index, CutOff]]) -> int | Undefined:
    return value if isinstance(value, Undefined) else standing(value, index, cuts)


def verdict(indices: Sequence[FoundIndex], levels: Sequence[FoundLevel]) -> str:
    """How grave the misfit is, by the index that sees most of it, in one sentence."""
    known = [one for one in indices if not isinstance(one.below, Undefined)]
    if not known:
        return "No index of this model has a cut-off: samples with and without the misspecification fit alike."
    worst = max(one.below for one in known if not isinstance(one.below, Undefined))
    said = _all([one for one in known if one.below == worst])
    if worst == 1:
        return f"The model misfits less than if it missed {_missed(levels[0])}, by {_all(known)}."
    if worst > len(levels):
        return f"The model misfits at least as much as if it missed {_missed(levels[-1])}, by {said}."
    return (f"The model misfits at least as much as if it missed {_missed(levels[worst - 2])}, by {said}, but less "
            f"than if it missed {_missed(levels[worst - 1])}.")


def _all(known: Sequence[FoundIndex]) -> str:
    return listed([one.index.upper() for one in known])


def _missed(level: FoundLevel) -> str:
    first, second, size = level.added[-1]
    count = len(level.added)
    words = f"{size:.2f}".replace("0.", ".")
    if count == 1:
        return (f"a loading of {first} on {second} of {words}" if level.kind == "cross-loading"
                else f"a correlation of {words} between the residuals of {first} and {second}")
    return f"{count} {level.kind}s"
