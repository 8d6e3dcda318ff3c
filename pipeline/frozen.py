"""What every part of a plan is: frozen, and without keys that are not known."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class Frozen(BaseModel):
    """A part of a plan that is read once and never changed; a slip of the pen cannot pass for a decision."""

    model_config = ConfigDict(frozen=True, extra="forbid")
