"""Which interactions of the theory's models are probed, and where the numbers are found.

One entry an interaction: the model that holds it, what the slope is of and on, what changes it, and the products that
carry the change. An entry on an optional block stays; where the block was not fielded, its result says so.
"""

from __future__ import annotations

from pipeline.probes.found import Probed, ProbedSurface, ProbesReport

__all__ = ["FIGURES", "PROBED", "PROBED_SURFACE", "Probed", "ProbedSurface", "ProbesReport"]

FIGURES: dict[str, str] = {
    "experience": "Slopes of capability on learning and on the function, over experience",
    "turbulence": "Slopes of outcomes on fluidity and resilience, over turbulence",
    "turbulence-curved": "Slope of adjustment on fluidity, over turbulence and its square",
    "synergy": "Slopes of firm's and ecosystem's advantage on the pillars, over one another",
    "firm": "Slopes on function and learning, over traits of the firm",
    "governance": "Slopes on ownership, contract and trust, over what else governs the alliance",
    "partner": "Slopes on what partners do together, over their circumstances",
    "context": "Slopes on ambidexterity and on artificial intelligence, over firm age and turbulence",
}
"""Figures by id, each with its title; panels in the order of :data:`PROBED`."""

_PILLARS = {"RA": "relational ambidexterity", "RF": "resource fluidity", "SR": "strategic resilience"}
_ADVANTAGE = {"FL": "the firm's advantage", "EL": "the ecosystem's advantage"}
_PAIRS = (("RA", "RF", "SR"), ("RA", "SR", "RF"), ("RF", "SR", "RA"))
"""Focal pillar, moderator, and the third, which moderates the focal slope too."""

_COUNT = "log of alliances, weighted by recency"

_EXPERIENCE = (
    Probed("learning-by-experience", "experience", "M1c", "AMC", "LRN", "exp_rw", ("EXL",),
           "Learning, by experience", "capability", "learning", "experience", unit=_COUNT),
    Probed("function-by-experience", "experience", "M1c", "AMC", "daf", "exp_rw", ("exp_rw.daf",),
           "The function, by experience", "capability", "the dedicated function", "experience",
           unit=_COUNT),
)

_TURBULENCE = (
    Probed("fluidity-by-turbulence", "turbulence", "M2", "ADP", "RF", "TU", ("RFxTU",),
           "Fluidity, by turbulence", "adjustment", "resource fluidity", "turbulence"),
    Probed("resilience-by-turbulence", "turbulence", "M2", "LTP", "SR", "TU", ("SRxTU",),
           "Resilience, by turbulence", "long-term performance", "strategic resilience", "turbulence"),
    Probed("fluidity-by-turbulence-curved", "turbulence-curved", "M2-curved", "ADP", "rf", "tu",
           ("rf.tu", "rf.tu.tu"), "Fluidity, by turbulence and its square", "adjustment", "resource fluidity",
           "turbulence"),
)

_SYNERGY = tuple(
    Probed(f"{outcome}-on-{focal}-by-{moderator}".lower(), "synergy", "M3c", outcome, focal, moderator,
           (f"{focal}x{moderator}",),
           f"{_PILLARS[focal].split()[1].capitalize()}, by {_PILLARS[moderator].split()[1]}: "
           f"{'firm' if outcome == 'FL' else 'ecosystem'}",
           words, _PILLARS[focal], _PILLARS[moderator], at_mean_of=_PILLARS[third])
    for outcome, words in _ADVANTAGE.items() for focal, moderator, third in _PAIRS)

_FIRM = (
    Probed("function-by-size", "firm", "F-size", "AMC", "daf", "lnsize", ("daf.lnsize",),
           "The function, by firm size", "capability", "the dedicated function", "firm size",
           unit="log of employees"),
    Probed("function-by-commitment", "firm", "F-leaders", "SUC", "daf", "tmco", ("daf.tmco",),
           "The function, by top managers' commitment", "alliance success", "the dedicated function",
           "top management commitment"),
    Probed("learning-by-commitment", "firm", "F-leaders", "SUC", "lr", "tmco", ("lr.tmco",),
           "Learning, by top managers' commitment", "alliance success", "learning", "top management commitment"),
    Probed("learning-by-rituals", "firm", "F-rituals", "AMC", "lr", "rtrt", ("lr.rtrt",),
           "Learning, by rituals", "capability", "learning", "ritual use of procedures"),
)

_GOVERNANCE = (
    Probed("equity-by-modularity", "governance", "A-equity-hazards", "LTP", "equity", "rfmod", ("equity.rfmod",),
           "Shared ownership, by modular resources", "long-term performance", "shared ownership",
           "modular resources", at_mean_of="market turbulence"),
    Probed("equity-by-market", "governance", "A-equity-hazards", "LTP", "equity", "tumk", ("equity.tumk",),
           "Shared ownership, by market turbulence", "long-term performance", "shared ownership",
           "market turbulence", at_mean_of="modular resources"),
    Probed("contract-by-norms", "governance", "A-formal-relational", "LTP", "CS", "RG", ("CSxRG",),
           "Contract, by relational governance", "long-term performance", "contractual safeguards",
           "relational governance"),
    Probed("trust-by-contract", "governance", "A-resilience", "SR", "ratr", "racs", ("ratr.racs",),
           "Trust, by contract", "strategic resilience", "trust", "contractual safeguards"),
)

_PARTNER = (
    Probed("practice-by-partner", "partner", "A-partner-kind", "LTP", "ra", "partner_nonfirm",
           ("ra.partner_nonfirm",), "Ambidexterity, by kind of partner", "long-term performance",
           "relational ambidexterity", "kind of partner", values=("a firm", "not a firm")),
    Probed("coordination-by-work", "partner", "A-coordination", "LTP", "amco", "reciprocal", ("amco.reciprocal",),
           "Coordination, by how work flows", "long-term performance", "coordination", "interdependence",
           values=("pooled or sequential", "reciprocal")),
    Probed("cooperation-by-competition", "partner", "A-coopetition", "INN", "cocp", "coct", ("cocp.coct",),
           "Cooperation, by competition", "innovation", "cooperation with the partner",
           "competition with the partner"),
    Probed("complementarity-by-youth", "partner", "A-partner-fit", "LTP", "pfcp", "partner_younger",
           ("pfcp.partner_younger",), "Complementarity, by the partner's age", "long-term performance",
           "complementarity", "relative age", values=("same or older", "younger"), at_mean_of="coordination"),
    Probed("complementarity-by-coordination", "partner", "A-partner-fit", "LTP", "pfcp", "amco", ("pfcp.amco",),
           "Complementarity, by coordination", "long-term performance", "complementarity", "coordination",
           at_mean_of="the partner's relative age"),
)

_CONTEXT = (
    Probed("ambidexterity-by-age", "context", "A-age", "INN", "ra", "firmage", ("ra.firmage",),
           "Ambidexterity, by firm age", "innovation", "relational ambidexterity", "firm age",
           unit="decades"),
    Probed("intelligence-by-turbulence", "context", "A-intelligence", "SR", "dgme4", "tu", ("dgme4.tu",),
           "Artificial intelligence, by turbulence", "strategic resilience", "artificial intelligence in decisions",
           "turbulence"),
)

PROBED: tuple[Probed, ...] = (
    *_EXPERIENCE, *_TURBULENCE, *_SYNERGY, *_FIRM, *_GOVERNANCE, *_PARTNER, *_CONTEXT,
)
"""Every probed interaction, in the order of the report."""

PROBED_SURFACE = ProbedSurface(
    "P1", "INN", "Innovation over trust and vigilance", "innovation", "trust", "vigilance", 1.0, 7.0)
