"""One seed for a study, and a child of it for everything that draws random numbers."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np


class Seeds(NamedTuple):
    """Children in an order that must not change: it is part of what a study's seed means. New ones come last."""

    bootstrap: int
    factors: int
    claims: int
    rivals: int
    sensitivity: int
    robustness: int
    invariance: int
    evidence: int


def seeds_of(seed: int) -> Seeds:
    """The children of a study's seed."""
    return Seeds(*(int(child.generate_state(1)[0]) for child in np.random.SeedSequence(seed).spawn(len(Seeds._fields))))
