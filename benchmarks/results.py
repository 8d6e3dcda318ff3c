"""What was measured, as frozen values, and as JSON and back."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from typing import Any


@dataclass(frozen=True, slots=True)
class Series:
    """One side of a comparison.

    Attributes
    ----------
    values
        One a round, in the comparison's unit; empty where it could not be measured.
    note
        What is to be known of it: how many draws converged, or why there are no values.
    """

    name: str
    values: tuple[float, ...]
    note: str = ""

    @property
    def middle(self) -> float:
        return median(self.values)


@dataclass(frozen=True, slots=True)
class Comparison:
    """One job done by several sides in turn, or by one side in several sizes.

    Attributes
    ----------
    unit
        Of every value; less is better.
    series
        The first is what the others are compared with.
    aim
        How many times the first's value another side's was hoped to be; None without such an aim.
    """

    key: str
    title: str
    unit: str
    series: tuple[Series, ...]
    aim: float | None = None

    def ratios(self, which: int) -> tuple[float, ...]:
        """Side ``which`` ÷ the first, round by round: both sides of a round met the machine in the same mood."""
        return tuple(other / first for other, first in
                     zip(self.series[which].values, self.series[0].values, strict=False))


@dataclass(frozen=True, slots=True)
class Results:
    """A whole run.

    Attributes
    ----------
    machine
        Processor, cores, versions.
    quick
        Whether draws and rounds were few: to see that everything runs, not to be quoted.
    rivals
        This engine beside others.
    costs
        This engine beside itself: workers, draws, rows, memory.
    """

    machine: dict[str, str]
    quick: bool
    rivals: tuple[Comparison, ...]
    costs: tuple[Comparison, ...]


def to_json(results: Results) -> str:
    return json.dumps(asdict(results), indent=2, ensure_ascii=False) + "\n"


def from_json(text: str) -> Results:
    found = json.loads(text)
    return Results(found["machine"], found["quick"], tuple(map(_comparison, found["rivals"])),
                   tuple(map(_comparison, found["costs"])))


def read(path: Path) -> Results:
    return from_json(path.read_text(encoding="utf-8"))


def _comparison(found: Mapping[str, Any]) -> Comparison:
    series = tuple(Series(side["name"], tuple(side["values"]), side["note"]) for side in found["series"])
    return Comparison(found["key"], found["title"], found["unit"], series, found["aim"])
