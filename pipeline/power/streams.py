"""Random numbers by name: every variable and item draws from a stream of its own.

A stream is the child of one seed that the name picks (the name's bytes are the ``spawn_key``), so that
a variable added to the population leaves the draws of all others as they were.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, slots=True)
class Streams:
    """Children of a seed, by name; ``chunk`` tells apart repeated populations of one seed."""

    seed: int
    chunk: int = 0

    def of(self, name: str) -> np.random.Generator:
        """The generator of a name; the same name gives the same numbers from the start."""
        key = (self.chunk, *name.encode("utf-8"))
        return np.random.default_rng(np.random.SeedSequence(self.seed, spawn_key=key))
