"""The reliability of a study's scales and constructs → what was found of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache, partial

import numpy as np

from instrument.model import Instrument
from pipeline.evidence.found.consistency import (
    NAMES,
    AnalyticInterval,
    Coefficient,
    ConsistencyReport,
    FoundCoefficient,
    FoundConsistency,
    FoundSplitHalf,
    Method,
)
from pipeline.evidence.scales import Array, Scale, ScaleSet, construct_names
from pipeline.measurement.complete import complete_rows
from pipeline.measurement.construct_reliability import construct_reliability
from pipeline.measurement.reliability import ScaleReliability
from pipeline.measurement.reliability_intervals import CoefficientInterval, Counts, reliability_intervals
from pipeline.measurement.resampled import draw_counts
from pipeline.measurement.split_half import split_half
from pipeline.sem.chunks import in_chunks
from pipeline.study import StudyPlan
from pipeline.undefined import Number, Undefined

_TOGETHER = 4
"""Scales that a worker takes at once."""

_METHODS: Mapping[str, Method] = {"Feldt": "Feldt", "delta method": "delta method"}


def consistency_of(
    scales: Sequence[Scale], sets: Sequence[ScaleSet], instrument: Instrument, plan: StudyPlan, *, seed: int,
    workers: int = 1,
) -> ConsistencyReport:
    """Every coefficient of every scale, and of the constructs with several dimensions in the plan's sets.

    All scales of a form have their intervals from the same draws of its respondents; where a firm has several, whole
    firms are drawn.
    """
    names = construct_names(instrument)
    draws, level = plan.measurement.draws, plan.level
    constructs = [partial(construct_consistency, own.name, names.get(within[0].construct, within[0].construct), within,
                          draws=draws, seed=seed, level=level) for own, within in _constructs(sets)]
    # Constructs first: they take longest, and a worker that ends early has scales left to do.
    tasks: list[partial[FoundConsistency]] = [
        *constructs, *(partial(scale_consistency, scale, draws=draws, seed=seed, level=level) for scale in scales)]

    def some(first: int, last: int) -> list[FoundConsistency]:
        return [task() for task in tasks[first:last]]

    found = [one for part, _ in in_chunks(some, len(tasks), _TOGETHER, workers) for one in part] if tasks else []
    clustered = dict.fromkeys(scale.form for scale in scales if _clusters(scale.firms) is not None)
    return ConsistencyReport(draws, seed, level, tuple(clustered), tuple(found[len(constructs):]),
                             tuple(found[:len(constructs)]))


def scale_consistency(scale: Scale, *, draws: int, seed: int, level: float = 0.95) -> FoundConsistency:
    """One scale."""
    counts = _counts(len(scale.X), draws, seed, _clusters(scale.firms))
    found = reliability_intervals(scale.X, scale.items, counts, name=scale.id, label=scale.label,
                                  reversed_items=scale.reversed_items, level=level)
    return _found(found.sample, found.coefficients, scale.construct, scale.form, "", (scale.id,),
                  _halves(scale.X, found.sample.alpha), (*found.sample.warnings, *found.ordinal.warnings))


def construct_consistency(
    set: str, label: str, scales: Sequence[Scale], *, draws: int, seed: int, level: float = 0.95,
) -> FoundConsistency:
    """All items of the ``scales`` of one construct."""
    X, id = np.hstack([scale.X for scale in scales]), scales[0].construct
    counts = _counts(len(X), draws, seed, _clusters(scales[0].firms))
    found = construct_reliability(X, {scale.id: scale.items for scale in scales}, counts, name=id, label=label,
                                  level=level)
    return _found(found.sample, found.coefficients, id, scales[0].form, set, tuple(s.id for s in scales), None,
                  found.warnings)


def found_coefficient(id: Coefficient, one: CoefficientInterval) -> FoundCoefficient:
    """A coefficient for the report: percentile limits where draws were made, else those of a formula."""
    formula = None if one.analytic is None else AnalyticInterval(_METHODS[one.analytic[0]], *one.analytic[1:])
    limits, method = (one.resampled.lower, one.resampled.upper), _method(one)
    if not one.resampled.requested and formula is not None:
        limits, method = (formula.lower, formula.upper), formula.method
    return FoundCoefficient(id, NAMES[id], one.resampled.estimate, *limits, method, one.resampled.requested,
                            one.resampled.usable, one.note, formula)


def _method(one: CoefficientInterval) -> Method:
    return "none" if isinstance(one.resampled.lower, Undefined) else "percentile bootstrap"


def _found(
    sample: ScaleReliability, coefficients: Mapping[str, CoefficientInterval], construct: str, form: str,
    set: str, dimensions: tuple[str, ...], halves: FoundSplitHalf | None, warnings: Sequence[str],
) -> FoundConsistency:
    return FoundConsistency(
        sample.name, sample.label, construct, form, set, dimensions, sample.items, sample.n, sample.n_incomplete,
        tuple(found_coefficient(id, coefficients[id]) for id in NAMES if id in coefficients), halves,
        tuple(dict.fromkeys(warnings)))


def _halves(X: Array, alpha: Number) -> FoundSplitHalf:
    """Guttman's coefficient over all splits of the complete rows."""
    if isinstance(alpha, Undefined):
        return FoundSplitHalf(alpha, alpha, alpha, alpha, 0, True)
    found = split_half(np.atleast_2d(np.cov(complete_rows(X)[0], rowvar=False)))
    one = found.guttman
    return FoundSplitHalf(one.odd_even, one.mean, one.minimum, one.maximum, found.splits, found.exact)


def _constructs(sets: Sequence[ScaleSet]) -> list[tuple[ScaleSet, tuple[Scale, ...]]]:
    """Every construct with several dimensions, once, with the set that it is first met in."""
    found: dict[tuple[str, str, tuple[str, ...]], tuple[ScaleSet, tuple[Scale, ...]]] = {}
    for own in sets:
        for construct, dimensions in own.constructs.items():
            if len(dimensions) > 1:
                within = tuple(scale for scale in own.scales if scale.construct == construct)
                found.setdefault((construct, own.form, dimensions), (own, within))
    return list(found.values())


def _clusters(firms: tuple[str, ...] | None) -> tuple[str, ...] | None:
    """The firms where one has several respondents, whose answers are not independent; else None."""
    return firms if firms is not None and len(set(firms)) < len(firms) else None


@lru_cache(maxsize=4)
def _counts(n: int, draws: int, seed: int, clusters: tuple[str, ...] | None) -> Counts:
    """The draws that all scales of a form share."""
    if not n:
        return np.zeros((0, 0), dtype=np.uint16)
    counts = draw_counts(n, draws, seed, clusters)
    counts.setflags(write=False)
    return counts
