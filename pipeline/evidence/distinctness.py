"""Do scales agree within and differ between one another? Every set, at the level of dimensions and of constructs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from instrument.errors import InputError
from instrument.model import Instrument
from pipeline.evidence.distinct_levels import Level, constructs_of, dimensions_of
from pipeline.evidence.distinct_verdicts import verdict_on
from pipeline.evidence.found.distinctness import (
    CorrelationTest,
    CrossLoading,
    DistinctFactor,
    DistinctLevel,
    DistinctnessReport,
    DistinctPair,
    DistinctSet,
    Interval,
    Overlap,
    Ratio,
)
from pipeline.evidence.scales import ScaleSet, construct_names
from pipeline.measurement.complete import Matrix
from pipeline.measurement.constrained_correlation import (
    HeldCorrelation,
    farthest,
    held_test,
    merged_test,
    overlap_of,
)
from pipeline.measurement.convergent import (
    Convergence,
    Standardised,
    convergence,
    fornell_larcker,
    standardised_solution,
)
from pipeline.measurement.cross_loadings import foreign_loadings
from pipeline.measurement.heterotrait import HeterotraitRatio, ScalePair, scale_pairs
from pipeline.measurement.resampled import draw_counts, resampled_pairwise_correlations
from pipeline.measurement.structures import factor_name, has_second_order
from pipeline.sem.describe import describe
from pipeline.sem.estimate import Estimated, Options, estimate_model, reference_models
from pipeline.sem.fit import Fit
from pipeline.sem.goodness import ReferenceModels
from pipeline.study import StudyPlan
from pipeline.undefined import Number, Undefined
from pipeline.workers import each

OPTIONS = Options(estimator="mlr", missing="fiml")
"""Robust maximum likelihood with everybody's answers."""

SETTLED = 0.80
"""An interval of a correlation that stays below it settles the question without any test of nested models."""

NOTABLE = 0.20
"""Of an expected loading on another factor."""

LARGEST = 10
"""Cross-loadings shown at least."""

_Test = CorrelationTest | Undefined


def distinctness_of(
    sets: Sequence[ScaleSet], instrument: Instrument, plan: StudyPlan, *, seed: int, workers: int = 1,
    all_pairs: bool = False,
) -> DistinctnessReport:
    """Convergent and discriminant validity of every set of a study.

    Parameters
    ----------
    all_pairs
        Whether nested models are tested for pairs, too, whose interval stays below .80 in absolute value.
    """
    draws, level = plan.measurement.draws, plan.level
    names = construct_names(instrument)
    found = each(lambda one: distinct_set(one, names, draws=draws, seed=seed, level=level, all_pairs=all_pairs),
                 sets, workers)
    return DistinctnessReport(tuple(found), draws, seed, level)


def distinct_set(
    scales: ScaleSet, construct_labels: Mapping[str, str], *, draws: int, seed: int, level: float = 0.95,
    all_pairs: bool = False, absolute: bool = True,
) -> DistinctSet:
    """One set: its dimensions, and its constructs where one of them has several dimensions and another is beside it.

    Parameters
    ----------
    absolute
        Whether HTMT and HTMT2 take correlations without their signs.
    """
    X, items, firms = scales.X, scales.items, scales.firms
    clusters = firms if firms is not None and len(set(firms)) < len(firms) else None
    counts = np.vstack([np.ones((1, len(X))), draw_counts(len(X), draws, seed, clusters)])
    correlations = resampled_pairwise_correlations(X, counts)
    wanted = [dimensions_of(scales)]
    if len(scales.constructs) > 1 and has_second_order(scales.constructs):
        wanted.append(constructs_of(scales, construct_labels))
    reference = _reference(X, items, clusters)
    return DistinctSet(scales.name, scales.label, scales.form, tuple(
        _examine(one, scales, X, clusters, reference,
                 scale_pairs(correlations[0], correlations[1:], one.blocks, items, absolute=absolute, level=level),
                 level, all_pairs) for one in wanted))


def _reference(X: Matrix, items: Sequence[str], clusters: Sequence[str] | None) -> ReferenceModels | None:
    """What the models of both levels have in common; of data that have no model, their estimation says why."""
    try:
        return reference_models(X, items, OPTIONS, clusters=clusters)
    except InputError:
        return None


# -- one level -----------------------------------------------------------------------------------------------


def _examine(
    asked: Level, scales: ScaleSet, X: Matrix, clusters: Sequence[str] | None, reference: ReferenceModels | None,
    ratios: tuple[ScalePair, ...], level: float, all_pairs: bool,
) -> DistinctLevel:
    answered = ~np.isnan(X)
    n, complete = int(answered.any(axis=1).sum()), int(answered.all(axis=1).sum())
    firms = 0 if clusters is None else len(set(clusters))
    try:
        estimated = estimate_model(asked.syntax, X, scales.items, OPTIONS, name=f"the model of {asked.name}",
                                   clusters=clusters, reference=reference)
    except InputError as error:
        why = " ".join(f"{finding.rule} ({finding.place})" for finding in error.findings)
        return _without_model(asked, ratios, (n, complete, firms), why)
    described = describe(estimated)
    solution = standardised_solution(estimated)
    agreed = convergence(solution, {asked.factors[id]: own for id, own in asked.indicators.items()}, level)
    of = dict(zip(asked.factors, agreed, strict=True))
    pairs = tuple(_pair(asked, estimated, solution, of, pair, level, all_pairs) for pair in ratios)
    crossing, tested, said = _crossing(asked, scales, estimated, solution)
    cfi, rmsea, srmr = _fit(described)
    return DistinctLevel(
        asked.name, asked.words, "", n, complete, firms, described.converged, described.admissible, cfi, rmsea, srmr,
        tuple(_factor(asked, id, of[id], pairs) for id in asked.factors), pairs, crossing, tested,
        tuple(asked.in_words(text) for text in described.warnings) + _negative(asked, of) + said)


def _without_model(
    asked: Level, ratios: tuple[ScalePair, ...], counts: tuple[int, int, int], why: str,
) -> DistinctLevel:
    """What is left where no model could be fitted: the ratios."""
    none = Undefined("there is no confirmatory model")
    nothing: Interval = (none, none)
    pairs = tuple(
        DistinctPair(p.first, p.second, none, nothing, none, _found(p.htmt), _found(p.htmt2), p.negative, none, none,
                     none, none, *verdict_on(none, nothing, none, _found(p.htmt), _found(p.htmt2), none, none))
        for p in ratios)
    factors = tuple(
        DistinctFactor(id, asked.labels[id], asked.shown[id], dict.fromkeys(asked.shown[id], none), none, nothing, none,
                       nothing, none, none if pairs else None, "") for id in asked.factors)
    return DistinctLevel(asked.name, asked.words, why, *counts, False, False, none, none, none, factors, pairs,
                         (), 0, ())


def _fit(described: Fit) -> tuple[Number, Number, Number]:
    """CFI and RMSEA, the robust ones where there are any, and SRMR."""
    if described.indices is None:
        none = Undefined("the confirmatory model has no fit" if described.converged else
                         "the estimation of the confirmatory model did not converge")
        return none, none, none
    own = described.indices
    better = own.robust or own
    return better.cfi, better.rmsea, own.srmr


# -- factors -------------------------------------------------------------------------------------------------


def _factor(asked: Level, id: str, found: Convergence, pairs: tuple[DistinctPair, ...]) -> DistinctFactor:
    shared = [(pair.correlation**2, pair.second if pair.first == id else pair.first)
              for pair in pairs if id in (pair.first, pair.second) and not isinstance(pair.correlation, Undefined)]
    most, other = max(shared, default=(Undefined("no correlation of factors is known") if pairs else None, ""),
                      key=lambda entry: entry[0])
    extracted = found.variance_extracted
    return DistinctFactor(
        id, asked.labels[id], asked.shown[id], dict(zip(asked.shown[id], found.loadings.values(), strict=True)),
        found.reliability, found.reliability_interval, extracted, found.variance_extracted_interval,
        extracted if isinstance(extracted, Undefined) else float(np.sqrt(extracted)), most, other)


# -- pairs ---------------------------------------------------------------------------------------------------


def _pair(
    asked: Level, estimated: Estimated, solution: Standardised, of: Mapping[str, Convergence], ratios: ScalePair,
    level: float, all_pairs: bool,
) -> DistinctPair:
    first, second = asked.factors[ratios.first], asked.factors[ratios.second]
    phi, interval = solution.correlation(first, second, level)
    htmt, htmt2 = _found(ratios.htmt), _found(ratios.htmt2)
    overlap = phi if isinstance(phi, Undefined) else _overlap(interval)
    criterion = _criterion(phi, of[ratios.first], of[ratios.second])
    tests = _tests(estimated, asked, (ratios.first, ratios.second), phi, interval, all_pairs)
    verdict, reason = verdict_on(
        phi, interval, overlap, htmt, htmt2, criterion, tests[0], _against(asked, of, (ratios.first, ratios.second)))
    return DistinctPair(ratios.first, ratios.second, phi, interval, overlap, htmt, htmt2, ratios.negative, criterion,
                        *tests, verdict, reason)


def _overlap(interval: Interval) -> Overlap | Undefined:
    lower, upper = interval
    if isinstance(lower, Undefined):
        return lower
    if isinstance(upper, Undefined):
        return upper
    return overlap_of(lower, upper)


def _criterion(phi: Number, first: Convergence, second: Convergence) -> bool | Undefined:
    own, other = first.variance_extracted, second.variance_extracted
    if isinstance(phi, Undefined):
        return phi
    if isinstance(own, Undefined):
        return own
    return other if isinstance(other, Undefined) else bool(fornell_larcker([own, other], [[1, phi], [phi, 1]])[0, 1])


def _tests(
    estimated: Estimated, asked: Level, pair: tuple[str, str], phi: Number, interval: Interval, all_pairs: bool,
) -> tuple[_Test, _Test, _Test]:
    """The three nested models, where they are needed."""
    lower, upper = interval
    if isinstance(phi, Undefined) or isinstance(lower, Undefined) or isinstance(upper, Undefined):
        why = phi if isinstance(phi, Undefined) else Undefined("the correlation has no interval")
        return why, why, why
    limit = farthest(lower, upper)
    if limit < SETTLED and not all_pairs:
        why = Undefined(f"it is not needed: the interval of the correlation ends at {limit:.2f}, below .80")
        return why, why, why
    alone = [id for id in pair if len(asked.indicators[id]) < 2]
    if alone:
        why = Undefined(f"{alone[0]} has one indicator, whose error cannot be told apart")
        return why, why, why
    first, second = (asked.factors[id] for id in pair)
    return (_test(held_test(estimated, first, second, 0.9)), _test(held_test(estimated, first, second, 1.0)),
            _test(merged_test(estimated, first, second)))


def _test(found: HeldCorrelation) -> CorrelationTest:
    return CorrelationTest(found.held_at, found.statistic, found.df, found.pvalue)


def _found(ratio: HeterotraitRatio) -> Ratio:
    return Ratio(ratio.value, (ratio.lower, ratio.upper), ratio.bound, ratio.usable)


# -- cross-loadings ------------------------------------------------------------------------------------------


def _crossing(
    asked: Level, scales: ScaleSet, estimated: Estimated, solution: Standardised,
) -> tuple[tuple[CrossLoading, ...], int, tuple[str, ...]]:
    """Those worth showing, how many there could be, and what to say where there are none."""
    if len(asked.factors) < 2:
        return (), 0, ()
    own = {item: id for id, items in asked.blocks.items() for item in items}
    ids = {factor: id for id, factor in asked.factors.items()}
    direct = {item: factor_name(scale.id) for scale in scales.scales for item in scale.items}
    found = foreign_loadings(estimated, {
        item: tuple(factor for factor, id in ids.items() if id != own[item]) for item in own})
    if isinstance(found, Undefined):
        return (), 0, (f"Cross-loadings are undefined because {found.because}.",)
    shown = [row for place, row in enumerate(found) if place < LARGEST or (
        not isinstance(row.change, Undefined) and abs(row.change) >= NOTABLE
        and not isinstance(row.adjusted, Undefined) and row.adjusted < 0.05)]
    return tuple(
        CrossLoading(row.item, own[row.item], ids[row.factor],
                     float(solution.values[solution.place[direct[row.item], "=~", row.item]]), row.change, row.index,
                     row.pvalue, row.adjusted) for row in shown), len(found), ()


def _against(asked: Level, of: Mapping[str, Convergence], ids: Sequence[str]) -> list[str]:
    """Indicators that go against their scale."""
    return [shown for id in ids
            for shown, value in zip(asked.shown[id], of[id].loadings.values(), strict=True)
            if not isinstance(value, Undefined) and value < 0]


def _negative(asked: Level, of: Mapping[str, Convergence]) -> tuple[str, ...]:
    return tuple(f"{shown} loads negatively on {id}: check that it was turned round."
                 for id in of for shown in _against(asked, of, (id,)))
