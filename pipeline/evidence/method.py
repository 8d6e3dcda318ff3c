"""Common method variance of a study: remedies, the marker technique, and the other checks, for every set of scales."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, partial

import numpy as np

from instrument.errors import InputError
from instrument.model import Instrument
from pipeline.evidence import method_words as words
from pipeline.evidence.found.method import (
    AdjustedCorrelation,
    CorrelationalMarker,
    HarmanFindings,
    LatentMethod,
    MarkerFindings,
    MethodReport,
    SetMethod,
)
from pipeline.evidence.method_found import harman_findings, latent_findings, marker_findings
from pipeline.evidence.remedies import remedies_of
from pipeline.evidence.scales import Scale, ScaleSet
from pipeline.measurement import method_bias as bias
from pipeline.measurement import method_checks as checks
from pipeline.prepare import PreparedForm
from pipeline.sem.describe import describe
from pipeline.sem.estimate import Options, reference_models
from pipeline.sem.goodness import ReferenceModels
from pipeline.sem.linalg import Array
from pipeline.study import StudyPlan
from pipeline.undefined import Number, Undefined
from pipeline.workers import each

OPTIONS = Options(estimator="mlr", missing="fiml")
"""Robust maximum likelihood that uses incomplete respondents."""


Part = Callable[[], object]


@dataclass(frozen=True, eq=False)
class Asked:
    """A set's scales with more than one item, and the marker asked beside them (None where the form has none)."""

    set: ScaleSet
    scales: tuple[Scale, ...]
    marker: Scale | None

    @property
    def factors(self) -> dict[str, tuple[str, ...]]:
        return {scale.id: scale.items for scale in self.scales}

    @property
    def names(self) -> tuple[str, ...]:
        own = self.scales if self.marker is None else (*self.scales, self.marker)
        return tuple(item for scale in own for item in scale.items)

    @property
    def X(self) -> Array:
        own = self.scales if self.marker is None else (*self.scales, self.marker)
        return np.hstack([scale.X for scale in own])

    @cached_property
    def reference(self) -> ReferenceModels:
        """What all models without the marker have in common, once in a process."""
        items = [item for scale in self.scales for item in scale.items]
        return reference_models(np.hstack([scale.X for scale in self.scales]), items, OPTIONS, clusters=self.clusters)

    @property
    def clusters(self) -> tuple[str, ...] | None:
        """Firm of every respondent; None where no firm has several."""
        firms = self.set.firms
        return firms if firms is not None and len(set(firms)) < len(firms) else None


def method_of(
    sets: Sequence[ScaleSet], scales: Sequence[Scale], forms: Sequence[PreparedForm], instrument: Instrument,
    plan: StudyPlan, *, workers: int = 1,
) -> MethodReport:
    """Everything about common method variance in a study.

    Parameters
    ----------
    scales
        All of the study; the marker of a set is the plan's, in the set's form.
    """
    remedies = remedies_of(forms, instrument, plan.measurement.marker, plan.optional_blocks)
    found = examined(sets, scales, plan.measurement.marker, level=plan.level, workers=workers)
    return MethodReport(plan.level, remedies, found, words.summary(remedies, found))


def examined(
    sets: Sequence[ScaleSet], scales: Sequence[Scale], marker: str, *, level: float, workers: int = 1,
) -> tuple[SetMethod, ...]:
    """The statistical checks of every set."""
    asked = [_asked(one, scales, marker) for one in sets]
    checks_of = (partial(_marker, level=level), _correlational, _harman, _latent)
    # Check by check, not set by set: workers take some neighbours each, and one set is much larger than the others.
    parts: list[Part] = [partial(part, one) for part in checks_of for one in asked]
    done = each(_call, parts, workers)
    n = len(asked)
    return tuple(_assembled(one, *done[place::n]) for place, one in enumerate(asked))


def _call(part: Part) -> object:
    return part()


def _asked(one: ScaleSet, scales: Sequence[Scale], marker: str) -> Asked:
    own = next((scale for scale in scales if scale.id == marker and scale.form == one.form), None)
    several = tuple(scale for scale in one.scales if len(scale.items) > 1 and scale.id != marker)
    return Asked(one, several, own if own is not None and len(own.items) > 1 else None)


def _assembled(asked: Asked, *parts: object) -> SetMethod:
    marker, correlational, harman, latent = parts
    X, of = asked.X if asked.scales else np.empty((0, 1)), asked.set
    used = [not row.all() for row in np.isnan(X)]
    gaps = [row.any() and not row.all() for row in np.isnan(X)]
    clusters = asked.clusters
    found = SetMethod(
        of.name, of.label, of.form, asked.factors, {scale.id: scale.label for scale in of.scales},
        sum(used), sum(map(bool, gaps)),
        0 if clusters is None else len({firm for firm, one in zip(clusters, used, strict=True) if one}),
        OPTIONS.estimator, OPTIONS.missing,
        marker if isinstance(marker, MarkerFindings | Undefined) else Undefined("it was not examined"),
        correlational if isinstance(correlational, CorrelationalMarker | Undefined)
        else Undefined("it was not examined"),
        tuple(scale.label for scale in of.scales if scale not in asked.scales),
        latent if isinstance(latent, tuple) else (), harman if isinstance(harman, HarmanFindings) else None,
        why_not=latent.because if isinstance(latent, Undefined) else "")
    return replace(found, sentence=words.of_set(found))


# -- the marker technique --------------------------------------------------------------------------------------


def _marker(asked: Asked, level: float) -> MarkerFindings | Undefined:
    if asked.marker is None:
        return Undefined(f"form {asked.set.form} did not ask a marker of two or more items")
    if not asked.scales:
        return _NO_SCALES
    try:
        found = bias.marker_technique(asked.factors, asked.marker.id, asked.marker.items, asked.X, asked.names, OPTIONS,
                                      clusters=asked.clusters)
    except InputError as error:
        return Undefined(_told(error))
    return marker_findings(found, asked.factors, {one.id: one.label for one in asked.scales}, asked.marker, level)


# -- checks without a marker in the model ------------------------------------------------------------------------


def _correlational(asked: Asked) -> CorrelationalMarker | Undefined:
    """Of scores: means of a scale's items, for those who answered all of them."""
    if asked.marker is None:
        return Undefined(f"form {asked.set.form} did not ask a marker of two or more items")
    if len(asked.scales) < 2:
        return Undefined("there are no two scales to correlate")
    scores = np.column_stack([scale.X.mean(axis=1) for scale in asked.scales])
    found = checks.marker_correlations(scores, asked.marker.X.mean(axis=1))
    ids = [scale.id for scale in asked.scales]
    pairs = tuple(AdjustedCorrelation(ids[one.first], ids[one.second], found.n, one.r, one.pvalue, one.adjusted,
                                      one.adjusted_pvalue) for one in found.pairs)
    before = [one for one in pairs if _below(one.pvalue)]
    changes = [abs(one.adjusted - one.r) for one in pairs
               if isinstance(one.adjusted, float) and isinstance(one.r, float)]
    return CorrelationalMarker(
        found.smallest, ids[found.with_scale] if found.with_scale >= 0 else "", found.n, pairs, len(before),
        sum(isinstance(one.adjusted_pvalue, float) and not _below(one.adjusted_pvalue) for one in before),
        max(changes) if changes else found.smallest)


def _below(pvalue: Number) -> bool:
    return isinstance(pvalue, float) and pvalue < bias.SIGNIFICANT


def _harman(asked: Asked) -> HarmanFindings | Undefined:
    if not asked.scales:
        return _NO_SCALES
    items = [item for scale in asked.scales for item in scale.items]
    try:
        found = checks.harman(items, asked.X, asked.names, OPTIONS, clusters=asked.clusters,
                              reference=asked.reference)
    except InputError as error:
        return Undefined(_told(error))
    return harman_findings(found)


def _latent(asked: Asked) -> tuple[LatentMethod, ...] | Undefined:
    if not asked.scales:
        return _NO_SCALES
    try:
        alone = describe(checks.factors_alone(asked.factors, asked.X, asked.names, OPTIONS, clusters=asked.clusters,
                                              reference=asked.reference))
        if not alone.converged:
            return Undefined("the model of the factors alone did not converge")
        return tuple(latent_findings(checks.unmeasured_factor(
            asked.factors, kind, asked.X, asked.names, OPTIONS, alone, clusters=asked.clusters,
            reference=asked.reference))
            for kind in ("equal", "free"))
    except InputError as error:
        return Undefined(_told(error))


_NO_SCALES = Undefined("no scale of the set has two items or more")


def _told(error: InputError) -> str:
    """What is wrong, to follow ``because``."""
    told = dict.fromkeys(f"{finding.rule[:1].lower()}{finding.rule[1:].rstrip('.')} ({finding.place})"
                         for finding in error.findings)
    return "; ".join(told)
