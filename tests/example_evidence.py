"""Evidence for a few scales, small enough to be read, for tests of what is said and shown of it."""

from __future__ import annotations

from pipeline.evidence.found import Evidence
from pipeline.evidence.found.bifactor import FoundBifactor
from pipeline.evidence.found.consistency import Coefficient, ConsistencyReport, FoundCoefficient, FoundConsistency
from pipeline.evidence.found.distinctness import (
    DistinctFactor,
    DistinctLevel,
    DistinctnessReport,
    DistinctPair,
    DistinctSet,
    LevelName,
    Ratio,
    Verdict,
)
from pipeline.evidence.found.structure import FoundStructureSet, StructureReport
from pipeline.undefined import Number, Undefined

NAMES = {"rf": "Resource fluidity", "sr": "Strategic resilience", "mk": "Marker"}
NONE = Undefined("not asked")


def coefficient(name: Coefficient, value: Number) -> FoundCoefficient:
    return FoundCoefficient(name, name, value, NONE, NONE, "none", 0, 0)


def scale(name: str, construct: str, omega: Number, ave: Number = 0.6) -> FoundConsistency:
    return FoundConsistency(name, name, construct, "A", "", (name,), (f"{name}1",), 200, 3,
                            (coefficient("omega", omega), coefficient("ave", ave)), None, ())


def ratio(value: float) -> Ratio:
    return Ratio(value, (value - 0.1, value + 0.1), value + 0.08, 1000)


def level(name: LevelName, factors: tuple[DistinctFactor, ...], pairs: tuple[DistinctPair, ...]) -> DistinctLevel:
    return DistinctLevel(name, "model", "", 200, 190, 0, True, True, 0.99, 0.02, 0.03, factors, pairs, (), 0, ())


def factor(name: str, loading: float) -> DistinctFactor:
    return DistinctFactor(name, name, (f"{name}1",), {f"{name}1": loading}, 0.8, (0.7, 0.9), 0.6, (0.5, 0.7), 0.77,
                          None, "")


def evidence(omega: Number = 0.8, ave: Number = 0.6, loading: float = 0.7, verdict: Verdict = "distinct") -> Evidence:
    scales = (scale("rfmod", "rf", omega, ave), scale("rfkm", "rf", 0.85), scale("srrs", "sr", 0.9),
              scale("mk", "mk", 0.8))
    pair = DistinctPair("rf", "sr", 0.5, (0.4, 0.6), "none", ratio(0.5), ratio(0.5), 0, True, NONE, NONE, NONE, verdict,
                        "Their correlation is at most .60.")
    one = DistinctSet("pillars", "Pillars", "A", (
        level("dimensions", (factor("rfmod", loading), factor("rfkm", 0.8), factor("srrs", 0.9)), ()),
        level("constructs", (factor("rf", 0.8), factor("sr", 0.8)), (pair,))))
    return Evidence(NAMES, consistency=ConsistencyReport(1000, 1, 0.95, (), scales, ()),
                    distinctness=DistinctnessReport((one,), 1000, 1, 0.95))


def structure(omega_h: float) -> StructureReport:
    """Resource fluidity's bifactor structure with this omega hierarchical."""
    bifactor = FoundBifactor(0.9, omega_h, NONE, NONE, NONE, 0.6, NONE, NONE, NONE, 0.5, 0.8, 0.95)
    dimensions = {"rfmod": ("rfmod1",), "rfkm": ("rfkm1",)}
    return StructureReport("mlr", "fiml", 0.95, (FoundStructureSet(
        "pillars-rf", "Resource fluidity", "A", "rf", dimensions, {"rf": ("rfmod", "rfkm")}, {}, n=200, with_gaps=0,
        left_out=0, clusters=0, structures=(), comparisons=(), bifactor=bifactor),))
