"""A statistic that has no value, and why: never a silent NaN or 0."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Undefined:
    """Stands where a number would stand; ``because`` completes the sentence "undefined because …"."""

    because: str

    def __str__(self) -> str:
        return f"undefined because {self.because}"


Number = float | Undefined
