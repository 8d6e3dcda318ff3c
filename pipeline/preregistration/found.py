"""What the results say about the plan: when it was locked, and everything that was done otherwise."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from pipeline.preregistration.lock_file import PresentFile

DeviationKind = Literal["amendment before data", "amendment after data", "deviation after data", "this run only"]
"""An amendment was locked, with its time; a deviation is explained in deviations.yaml, which has no time; options of
the command line hold for one run."""


@dataclass(frozen=True, slots=True)
class Deviation:
    """One key of the plan that was changed after the lock, or that an option of the run replaced.

    ``when`` is UTC by the clock of the machine; None where no time is known. ``reason`` is empty where none is asked.
    """

    key: str
    planned: str
    instead: str
    kind: DeviationKind
    reason: str
    when: str | None


@dataclass(frozen=True, slots=True)
class Preregistration:
    """The lock of the plan that made these results.

    Attributes
    ----------
    locked_at
        UTC, by the clock of the machine; None if the plan was never locked, and then all but ``deviations`` is empty.
    program_version
        The version it was locked with.
    plan_sha256
        Hash of the decisions as first locked.
    lock_sha256
        Hash of the lock's last entry, which stands for all entries before it.
    data_absent, data_present
        Data files of the plan when it was first locked: not there yet, there already.
    """

    locked_at: str | None = None
    program_version: str | None = None
    plan_sha256: str | None = None
    lock_sha256: str | None = None
    data_absent: tuple[str, ...] = ()
    data_present: tuple[PresentFile, ...] = ()
    deviations: tuple[Deviation, ...] = ()

    def of_kind(self, *kinds: DeviationKind) -> tuple[Deviation, ...]:
        """The deviations of these kinds."""
        return tuple(deviation for deviation in self.deviations if deviation.kind in kinds)

    @property
    def hashes(self) -> tuple[tuple[str, str], ...]:
        """The two hashes of the lock with their names; none without a lock."""
        named = (("Plan as first locked (SHA-256)", self.plan_sha256),
                 ("Lock, last entry (SHA-256)", self.lock_sha256))
        return tuple((name, digest) for name, digest in named if digest is not None)


NEVER_LOCKED = Preregistration()
"""Of a plan that was never locked, run as it stands."""
