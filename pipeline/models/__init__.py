"""The models a study tests, in lavaan's language, one module a part of the theory.

Firm-level models have one row a firm; alliance-level models one row an alliance, clustered by firm.
"""

from pipeline.models.capability import CAPABILITY, COVARIATES, MEDIATION
from pipeline.models.ecosystem import PILLARS
from pipeline.models.spec import Level, ModelSpec

__all__ = ["CAPABILITY", "COVARIATES", "MEDIATION", "MODELS", "PILLARS", "Level", "ModelSpec"]

MODELS: tuple[ModelSpec, ...] = (CAPABILITY, PILLARS, MEDIATION)
"""The measurement models and the headline model."""
