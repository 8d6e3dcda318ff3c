"""What is to be simulated: every combination of firms, effect, missing answers and careless answers.

A cell is known by its values, not by its place in the grid, so that a grid to which a size is added keeps the numbers
of the cells it had.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, fields
from itertools import product

import numpy as np

from instrument.errors import Finding, InputError
from pipeline.study import PowerPlan

Shares = tuple[float | None, ...]


@dataclass(frozen=True, slots=True)
class Cell:
    """One combination.

    Attributes
    ----------
    n
        Firms in the analysis.
    multiple
        What the population's coefficients of the effect's own paths are multiplied by.
    missing
        Share of the cells that are missing; None for the population's own.
    careless
        Share of the firms whose informant answers carelessly; None for the population's own.
    """

    n: int
    multiple: float
    missing: float | None
    careless: float | None

    def seed(self, seed: int, replication: int) -> int:
        """The seed of one replication: a child of ``seed`` by the cell's values and the replication's number."""
        return _child(seed, (self.n, *_words(repr((self.multiple, self.missing, self.careless))), replication))

    def start_seed(self, seed: int) -> int:
        """The seed of the large population from which searches start, the same for every n."""
        return _child(seed, (0, *_words(repr((self.multiple, self.careless)))))

    def __str__(self) -> str:
        own = "own"
        missing, careless = (own if s is None else f"{s:g}" for s in (self.missing, self.careless))
        return f"n = {self.n}, effect x {self.multiple:g}, missing {missing}, careless {careless}"


@dataclass(frozen=True, slots=True)
class Asked:
    """What the command line says in place of the plan; None where it says nothing."""

    sizes: tuple[int, ...] | None = None
    effects: tuple[float, ...] | None = None
    missing: Shares | None = None
    careless: Shares | None = None
    replications: int | None = None
    model: str | None = None
    effect: str | None = None

    def over(self, plan: PowerPlan) -> PowerPlan:
        """The plan with what was asked for in its place.

        Raises
        ------
        InputError
            ``POWER-GRID``, ``POWER-SHARE``, ``POWER-REPLICATIONS``, all at once.
        """
        changed = {f.name: getattr(self, f.name) for f in fields(self) if getattr(self, f.name) is not None}
        result = plan.model_copy(update=changed)
        if findings := list(_broken(result)):
            raise InputError(findings)
        return result


def cells(plan: PowerPlan) -> tuple[Cell, ...]:
    """All cells of a plan, sizes varying fastest."""
    return tuple(Cell(n, float(multiple), missing, careless) for multiple, missing, careless, n in product(
        dict.fromkeys(plan.effects), dict.fromkeys(plan.missing), dict.fromkeys(plan.careless),
        sorted(set(plan.sizes))))


def _broken(plan: PowerPlan) -> Iterator[Finding]:
    for name, option in (("sizes", "--n"), ("effects", "--effects"), ("missing", "--missing"),
                         ("careless", "--careless")):
        if not getattr(plan, name):
            yield Finding("POWER-GRID", option, "A grid needs at least one value here; there is none.",
                          "Give numbers with commas between them.")
    for multiple in plan.effects:
        if not np.isfinite(multiple) or multiple < 0:
            yield Finding("POWER-GRID", f"--effects {multiple:g}", "A multiple of the effect is 0 or more.",
                          "Give 1 for the population's own effect, 0 for none; signs stand in population.yaml.")
    for name in ("missing", "careless"):
        for share in getattr(plan, name):
            if share is not None and not 0 <= share < 1:
                yield Finding("POWER-SHARE", f"--{name} {share:g}", "A share is 0 or more, and less than 1.",
                              "Give .1 for a tenth, or `own` for the population's own share.")
    if plan.replications < 1:
        yield Finding("POWER-REPLICATIONS", f"--replications {plan.replications}",
                      f"Power is a share of replications; {plan.replications} were asked for.",
                      "Ask for 1,000: then the error of a power of .80 is about .013.")


def too_small(sizes: tuple[int, ...], variables: int) -> Iterator[Finding]:
    """``POWER-SIZE`` for sizes at which a covariance matrix of so many variables cannot be inverted."""
    for n in sizes:
        if n <= variables:
            yield Finding(
                "POWER-SIZE", f"--n {n}", f"A sample must have more firms than the model has observed variables: "
                f"{n} firms, {variables} variables.", f"Start the grid above {variables}, in earnest far above it.")


def _words(text: str) -> tuple[int, int]:
    digest = hashlib.sha256(text.encode("utf-8")).digest()
    return int.from_bytes(digest[:4], "big"), int.from_bytes(digest[4:8], "big")


def _child(seed: int, key: tuple[int, ...]) -> int:
    state = np.random.SeedSequence(seed, spawn_key=key).generate_state(4, np.uint32)
    return int.from_bytes(state.astype("<u4").tobytes(), "little")
