"""Contingencies as groups: which models are compared between which firms or alliances, and which paths."""

from __future__ import annotations

from dataclasses import dataclass

from pipeline.models.ecosystem import PILLAR_SCORES
from pipeline.models.spec import RANDOM_X, ModelSpec


@dataclass(frozen=True, slots=True)
class ByGroup:
    """A model in two groups.

    Attributes
    ----------
    grouping
        A 0/1 variable of the rows, or one that is cut at its median.
    words
        What the variable's 0 and 1, or its lower and upper half, stand for.
    paths
        (outcome, predictor) of the paths that may differ.
    """

    id: str
    title: str
    spec: ModelSpec
    grouping: str
    words: tuple[str, str]
    paths: tuple[tuple[str, str], ...]
    at_median: bool = False


CHAIN = ModelSpec(
    id="groups-chain",
    title="Function, learning and capability, by groups of firms",
    level="firm",
    syntax="""\
LRN =~ lrar + lrco + lrsh + lrin
AMC =~ amse + amgo + amco + amex
LRN ~ daf + exp_rw
AMC ~ LRN + daf + exp_rw
""",
    options=RANDOM_X,
)

PILLARS_IN_TURN = ModelSpec(
    id="groups-pillars",
    title="Ambidexterity, fluidity and resilience, by groups of alliances",
    level="alliance",
    syntax=f"""\
{PILLAR_SCORES}\
RF ~ RA
SR ~ RF + RA
""",
    options=RANDOM_X,
)

_CAPABILITY_PATHS = (("LRN", "daf"), ("AMC", "LRN"), ("AMC", "daf"))
_PILLAR_PATHS = (("RF", "RA"), ("SR", "RF"), ("SR", "RA"))

BY_GROUP: tuple[ByGroup, ...] = (
    ByGroup("size", "Smaller and larger firms", CHAIN, "lnsize", ("smaller half", "larger half"), _CAPABILITY_PATHS,
            at_median=True),
    ByGroup("industry", "Technology and life sciences, and other industries", CHAIN, "ind_tech",
            ("other industries", "technology and life sciences"), _CAPABILITY_PATHS),
    ByGroup("ownership", "Alliances by contract and with shared ownership", PILLARS_IN_TURN, "equity",
            ("contract alone", "shared ownership"), _PILLAR_PATHS),
    ByGroup("rivalry", "Partners that compete with the firm, and others", PILLARS_IN_TURN, "overlap",
            ("no competitor", "competitor"), _PILLAR_PATHS),
    ByGroup("partner", "Partners that are firms, and others", PILLARS_IN_TURN, "partner_nonfirm",
            ("firm", "no firm"), _PILLAR_PATHS),
)
