"""All evidence for a study's scales, topic after topic."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from instrument.model import Instrument
from pipeline.evidence.consistency import consistency_of
from pipeline.evidence.cutoffs import cut_offs_of
from pipeline.evidence.distinctness import distinctness_of
from pipeline.evidence.exclusions import exclusions_of
from pipeline.evidence.found import Evidence
from pipeline.evidence.informants import informants_of
from pipeline.evidence.items import items_of
from pipeline.evidence.method import method_of
from pipeline.evidence.nonresponse import nonresponse_of
from pipeline.evidence.scales import scales_of, sets_of
from pipeline.evidence.second_wave import second_wave_of
from pipeline.evidence.structure import structure_of
from pipeline.prepare import PreparedForm
from pipeline.provenance import Clock
from pipeline.questions import Posed
from pipeline.results import ModelRun
from pipeline.robustness.found import SpecificationCurve
from pipeline.study import StudyPlan


def evidence_of(
    study: Path, forms: Sequence[PreparedForm], instrument: Instrument, plan: StudyPlan, posed: Sequence[Posed],
    runs: Sequence[ModelRun], curve: SpecificationCurve | None, clock: Clock, *, seed: int, workers: int = 1,
) -> Evidence:
    """Every topic of the evidence; one that these answers cannot be asked is None or says why itself.

    Parameters
    ----------
    posed, runs, curve
        The study's models, what they found, and the robustness map.
    seed
        Of intervals and cut-offs, each with a child of its own.
    """
    scales = scales_of(forms, instrument)
    sets = sets_of(scales, plan.measurement)
    resampled, ratios, simulated = (int(child.generate_state(1)[0]) for child in np.random.SeedSequence(seed).spawn(3))
    with clock.step("Items and informants"):
        items = items_of(scales) if scales else None
        informants = informants_of(forms, scales, plan)
        nonresponse = nonresponse_of(forms, instrument, plan, study)
        retest = second_wave_of(study, forms, instrument, plan)
    with clock.step("Reliability with intervals"):
        consistency = consistency_of(
            scales, sets, instrument, plan, seed=resampled, workers=workers) if scales else None
    with clock.step("Rival structures"):
        structure = structure_of(sets, instrument, plan, workers=workers) if sets else None
    with clock.step("Convergent and discriminant validity"):
        distinctness = distinctness_of(sets, instrument, plan, seed=ratios, workers=workers) if sets else None
    with clock.step("Common method variance"):
        method = method_of(sets, scales, forms, instrument, plan, workers=workers) if sets else None
    with clock.step("Three rules of exclusion"):
        exclusions = exclusions_of(forms, instrument, plan, posed, runs, curve, workers=workers)
    cutoffs = None
    if plan.measurement.replications:
        with clock.step("Simulated cut-offs of fit"):
            cutoffs = cut_offs_of(posed, replications=plan.measurement.replications, seed=simulated, level=plan.level,
                                  workers=workers)
    names = {scale.construct: instrument.construct_of[scale.id].name for scale in scales}
    return Evidence(names, items, consistency, structure, distinctness, method, informants, exclusions, nonresponse,
                    cutoffs, retest)
