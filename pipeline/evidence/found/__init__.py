"""What a study's run found about its scales: one part a topic, each None where it was not asked or could not be."""

from __future__ import annotations

from dataclasses import dataclass, field

from pipeline.evidence.found.consistency import ConsistencyReport
from pipeline.evidence.found.cutoffs import CutOffsReport
from pipeline.evidence.found.distinctness import DistinctnessReport
from pipeline.evidence.found.exclusions import ExclusionsReport
from pipeline.evidence.found.informants import InformantsReport
from pipeline.evidence.found.items import ItemsReport
from pipeline.evidence.found.method import MethodReport
from pipeline.evidence.found.nonresponse import NonresponseReport
from pipeline.evidence.found.retest import RetestReport
from pipeline.evidence.found.structure import StructureReport


@dataclass(frozen=True, slots=True)
class Evidence:
    """The evidence that a study's scales measure what they say.

    Attributes
    ----------
    constructs
        Names of the constructs whose scales were examined, by id.
    items
        How every item was answered.
    consistency
        Reliability of scales and constructs, with intervals.
    structure
        Rival confirmatory structures.
    distinctness
        Convergent and discriminant validity.
    method
        Common method variance.
    informants
        Agreement of several informants.
    exclusions
        Results under three rules of exclusion.
    nonresponse
        What is known of those who did not answer.
    cutoffs
        Simulated cut-offs of fit.
    retest
        Form → its second wave beside its first; empty where none was fielded.
    """

    constructs: dict[str, str] = field(default_factory=dict)
    items: ItemsReport | None = None
    consistency: ConsistencyReport | None = None
    structure: StructureReport | None = None
    distinctness: DistinctnessReport | None = None
    method: MethodReport | None = None
    informants: InformantsReport | None = None
    exclusions: ExclusionsReport | None = None
    nonresponse: NonresponseReport | None = None
    cutoffs: CutOffsReport | None = None
    retest: dict[str, RetestReport] = field(default_factory=dict)


NO_EVIDENCE = Evidence()
