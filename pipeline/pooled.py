"""What a study with answers to several versions of its instrument pooled, what it left out, and what is untested."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from instrument.compare.changes import Change, Effect, Status

Invariance = Literal["not tested", "holds", "fails"]
"""Whether the changed items of a dimension measure alike in all versions; a test of it may fill this in."""

UNTESTED = "pooled on condition: not yet tested for invariance across versions"
NOT_INVARIANT = "pooled, but not invariant across versions: differences between respondents may be due to the words"


@dataclass(frozen=True, slots=True)
class VersionRows:
    """Responses to one version: ``read`` passed the checks of rows, ``analysed`` were kept by screening too."""

    form: str
    version: str
    read: int
    analysed: int


@dataclass(frozen=True, slots=True)
class RefusedRows:
    """Rows stamped with a version that the plan does not take in; ``version`` is the stamp as it stands."""

    form: str
    file: str
    version: str
    rows: int


@dataclass(frozen=True, slots=True)
class VersionDifference:
    """How a further version differs from the one that is analysed.

    ``changes`` are those that touch questions this study asked, in its languages; ``others`` counts the rest.
    """

    version: str
    reference: str
    changes: tuple[Change, ...]
    others: int


@dataclass(frozen=True, slots=True)
class PooledDimension:
    """One dimension in one form.

    Attributes
    ----------
    status
        The worst verdict over the versions fielded.
    items
        The items of the score.
    left_out
        Items of any version that take no part in it, each with the reason.
    to_test
        Items of the score that changed, so that the versions are comparable only if they are invariant.
    invariance
        Whether that was tested; None where no item of the score changed.
    invariance_why
        What the test found, or why there is none.
    rows
        Version → analysed responses of which the dimension is scored.
    rows_without
        Version → analysed responses without a score because of their version.
    why
        The verdict on each further version that is not simply the same, as a sentence.
    """

    form: str
    dimension: str
    name: str
    status: Status
    items: tuple[str, ...]
    left_out: tuple[tuple[str, str], ...]
    to_test: tuple[str, ...]
    invariance: Invariance | None
    rows: dict[str, int]
    rows_without: dict[str, int]
    why: str
    invariance_why: str = ""

    @property
    def changed(self) -> bool:
        """Whether anything about it differs between the versions."""
        return self.status != "same" or bool(self.left_out or self.to_test)

    @property
    def on_condition(self) -> bool:
        """Whether it is pooled although nobody knows yet if it may be."""
        return self.invariance == "not tested"


@dataclass(frozen=True, slots=True)
class PooledFact:
    """One fact that differs between versions.

    ``rows_without`` are the analysed responses, by version, whose answer is not used.
    """

    form: str
    fact: str
    effect: Effect
    rows_without: dict[str, int]
    why: str


@dataclass(frozen=True, slots=True)
class VersionsReport:
    """Answers to several versions of an instrument in one study.

    Attributes
    ----------
    reference
        The version whose scales are analysed.
    rows
        Responses by form and version, the reference first.
    refused
        Rows of versions that the plan does not take in.
    differences
        Each further version against the reference.
    dimensions, facts
        Every dimension of the forms fielded; the facts that differ.
    """

    reference: str
    rows: tuple[VersionRows, ...]
    refused: tuple[RefusedRows, ...]
    differences: tuple[VersionDifference, ...]
    dimensions: tuple[PooledDimension, ...]
    facts: tuple[PooledFact, ...]

    @property
    def versions(self) -> tuple[str, ...]:
        """The versions taken in, the reference first."""
        return tuple(dict.fromkeys((self.reference, *(row.version for row in self.rows))))

    @property
    def flags(self) -> tuple[str, ...]:
        """What a reader of any pooled result must know, one sentence each."""
        told = {"not tested": UNTESTED, "fails": NOT_INVARIANT}
        return tuple(
            f"{d.dimension} (form {d.form}) is {told[d.invariance]} (changed: {', '.join(d.to_test)})"
            f"{f', because {d.invariance_why}' if d.invariance_why and d.on_condition else ''}."
            for d in self.dimensions if d.invariance in told
        )
