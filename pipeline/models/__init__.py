"""The models a study tests, in lavaan's language, one module a part of the theory.

Firm-level models have one row a firm; alliance-level models one row an alliance, clustered by firm.
"""

from pipeline.models.alliance_contingencies import ALLIANCE_CONTINGENCIES
from pipeline.models.capability import CAPABILITY, COVARIATES, MEDIATION
from pipeline.models.ecosystem import (
    BALANCE,
    COMPOSITE,
    DIRECT,
    HIGHER_ORDER,
    PILLARS,
    PROPOSITIONS,
    PROPOSITIONS_CURVED,
    SECOND_ORDER,
    SYNERGY,
)
from pipeline.models.firm_contingencies import FIRM_CONTINGENCIES
from pipeline.models.integrated import INTEGRATED
from pipeline.models.rivals import ENCOMPASSING, MODERATION
from pipeline.models.spec import Level, ModelSpec

__all__ = [
    "ALL_MODELS", "BALANCE", "CAPABILITY", "COMPOSITE", "COVARIATES", "DIRECT", "ENCOMPASSING", "HIGHER_ORDER",
    "INTEGRATED", "MEDIATION", "MODELS", "MODERATION", "PILLARS", "PROPOSITIONS", "PROPOSITIONS_CURVED",
    "SECOND_ORDER", "SYNERGY",
    "THEORY", "Level", "ModelSpec",
]

MODELS: tuple[ModelSpec, ...] = (CAPABILITY, PILLARS, MEDIATION)
"""The measurement models and the headline model, estimated with and without the excluded respondents."""

THEORY: tuple[ModelSpec, ...] = (
    MODERATION, ENCOMPASSING, PROPOSITIONS, PROPOSITIONS_CURVED, BALANCE, HIGHER_ORDER, COMPOSITE, SYNERGY, DIRECT,
    INTEGRATED,
)
"""Rivals of the headline model, and the rest of the theory."""

ALL_MODELS: dict[str, ModelSpec] = {
    spec.id: spec for spec in (*MODELS, *THEORY, *FIRM_CONTINGENCIES, *ALLIANCE_CONTINGENCIES)
}
"""Every model by its id."""
