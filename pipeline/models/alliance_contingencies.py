"""Single claims about alliances: governance, trust, partners and circumstances."""

from __future__ import annotations

from pipeline.models.spec import ModelSpec

ALLIANCE_CONTINGENCIES: tuple[ModelSpec, ...] = ()
