"""Single claims about firms: contingencies of experience, function, learning and capability."""

from __future__ import annotations

from pipeline.models.spec import ModelSpec

FIRM_CONTINGENCIES: tuple[ModelSpec, ...] = ()
