"""The released versions of our instrument, compared, as a results folder keeps them: ``versions.json``.

A run leaves the comparisons beside its results, so that whoever reads the folder later sees how the study's version
differs from the ones before and after it, without this program and as things stood on the day of the run. Each is the
document that ``alliometrics instrument compare A B --json`` writes.

An instrument of a study's own has no released versions; its file holds no comparison.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

from instrument import store
from instrument.compare import Comparison, compare_versions, document
from instrument.errors import Finding, InputError
from pipeline.instruments import is_released
from pipeline.study import StudyPlan

VERSIONS_FILE = "versions.json"

_COMPARISON = TypeAdapter(Comparison)


@dataclass(frozen=True, slots=True)
class VersionHistory:
    """Released versions and their comparisons.

    Attributes
    ----------
    study
        The version whose scales the study analyses; None for an instrument that is none of ours.
    released
        Version → day of its release (``YYYY-MM-DD``; empty where unknown), oldest first.
    comparisons
        An earlier version with a later one each: every two consecutive ones; the study's with the newest; the study's
        with each further one whose answers it takes in.
    """

    study: str | None
    released: dict[str, str]
    comparisons: tuple[Comparison, ...]

    @property
    def newest(self) -> str | None:
        """The version released last; None where there is none."""
        return next(reversed(self.released), None)


def version_history(plan: StudyPlan, *, root: Path = store.VERSIONS) -> VersionHistory:
    """The versions released by now, compared as a study needs them.

    Raises
    ------
    InputError
        If a released version cannot be read.
    """
    if not is_released(plan.instrument):
        return VersionHistory(None, {}, ())
    known = store.versions(root=root)
    days = {version: store.load(version, root=root).released for version in known}
    return VersionHistory(
        plan.instrument, {version: day.isoformat() if day else "" for version, day in days.items()},
        tuple(compare_versions(old, new, root=root) for old, new in _pairs(plan, known)))


def _pairs(plan: StudyPlan, known: tuple[str, ...]) -> list[tuple[str, str]]:
    """Earlier and later version of each comparison, in the order of their release."""
    def wanted() -> Iterator[tuple[str, str]]:
        yield from pairwise(known)
        yield from ((plan.instrument, other) for other in (known[-1], *plan.further_versions) if other in known)

    placed = {(min(pair), max(pair)) for pair in
              ((known.index(one), known.index(other)) for one, other in wanted()) if pair[0] != pair[1]}
    return [(known[old], known[new]) for old, new in sorted(placed)]


# -- the file -------------------------------------------------------------------------------------


def write_history(history: VersionHistory, folder: Path) -> Path:
    """Write ``versions.json`` into a results folder; returns its path."""
    path = folder / VERSIONS_FILE
    content = {"study": history.study, "released": history.released,
               "comparisons": [document(comparison) for comparison in history.comparisons]}
    text = json.dumps(content, indent=1, ensure_ascii=False)
    path.write_text(text + "\n", encoding="utf-8", newline="\n")
    return path


def read_history(folder: Path) -> VersionHistory | None:
    """The comparisons of a results folder; None where a run left none, as those made before there were any.

    Raises
    ------
    InputError
        ``RESULTS-FORMAT``.
    """
    path = folder / VERSIONS_FILE
    if not path.is_file():
        return None
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        comparisons = tuple(_comparison(one) for one in content["comparisons"])
        study, released = content["study"], {str(version): str(day) for version, day in content["released"].items()}
    except (ValueError, KeyError, TypeError, AttributeError) as error:  # pydantic's and json's own are ValueErrors
        raise InputError(Finding(
            "RESULTS-FORMAT", str(path), f"This file was not written by this version: {str(error)[:300]}",
            "Run the study again, or copy its results folder again, whole.")) from error
    return VersionHistory(None if study is None else str(study), released, comparisons)


def _comparison(said: dict[str, Any]) -> Comparison:
    """A comparison from its document, which also holds what follows from the rest: counts and anchors."""
    dimensions = {
        name: {**verdict, "dimension": name, "left_out": [(one["item"], one["why"]) for one in verdict["left_out"]]}
        for name, verdict in said["dimensions"].items()
    }
    return _COMPARISON.validate_python({**said, "dimensions": dimensions})
