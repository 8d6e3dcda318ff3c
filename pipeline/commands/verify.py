"""``alliometrics verify``: run the study of a results folder again and name every number that differs."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

from instrument import store
from instrument.errors import Finding, InputError
from pipeline.instruments import instrument_of
from pipeline.prepare import sources
from pipeline.progress import Progress
from pipeline.results import RESULTS_FILE, Manifest, StudyResults, read_results
from pipeline.run import run_study
from pipeline.study import PLAN_FILE

RELATIVE, ABSOLUTE = 1e-9, 1e-12
"""Two numbers are the same within 1e-9 of the larger, or within 1e-12 where both are all but 0."""

NOT_COMPARED = ("created", "timings", "platform", "python", "workers", "packages", "program_version")
"""Fields of the manifest that say where and when a run was, not what it found. Versions are reported apart."""

_NAMES = ("id", "name", "model", "form", "response_id", "title", "rows", "step", "lhs", "op", "rhs", "decay", "code",
          "row", "column")
"""Fields by which an entry of a list is called in a message, as far as it has them."""


SHOWN = 50
"""Differences printed before the rest is only counted."""


@dataclass(frozen=True, slots=True)
class Difference:
    """One value that the rerun did not give again."""

    place: str
    stored: str
    again: str

    def __str__(self) -> str:
        return f"{self.place}: {self.stored} in the results, {self.again} now"


@dataclass(frozen=True, slots=True)
class Verification:
    """What a verification found.

    ``changed_inputs`` are files, or the instrument, that are no longer what the results were made from; if there are
    any, nothing was run again. ``compared`` counts the values held against each other.
    """

    study: Path
    changed_inputs: tuple[str, ...]
    versions: tuple[str, ...]
    compared: int
    differences: tuple[Difference, ...]

    @property
    def same(self) -> bool:
        return not self.changed_inputs and not self.differences


def verify(
    results: Path, study: Path | None = None, *, workers: int = 1, progress: Progress | None = None
) -> Verification:
    """Check the inputs by their hashes, run the study again with the same draws and seed, and compare everything.

    Of the second opinion only ours is compared: where another program's search stops is not ours to give again.

    Raises
    ------
    InputError
        ``RESULTS-…``, ``STUDY-MISSING``; ``VERIFY-STUDY`` if no study is named and none here made the results.
    """
    stored = read_results(results)
    folder = study or find_study(stored, Path("."))
    versions = tuple(_versions(stored.manifest))
    changed = tuple(_changed_inputs(stored, folder))
    if changed:
        return Verification(folder, changed, versions, 0, ())
    overrides = {name: int(value) for name, value in stored.manifest.overrides.items() if name in ("draws", "seed")}
    again = run_study(folder, draws=overrides.get("draws"), seed=overrides.get("seed"), workers=workers,
                      robustness="robustness" not in stored.manifest.overrides, progress=progress)
    before = json.loads((results / RESULTS_FILE).read_text(encoding="utf-8"))
    after = TypeAdapter(StudyResults).dump_python(again, mode="json")
    for content in (before, after):
        content["crosschecks"] = [{key: found[key] for key in ("model", "rows", "n", "chisq_ours", "agrees")}
                                  for found in content["crosschecks"]]
        content["manifest"] = {key: value for key, value in content["manifest"].items() if key not in NOT_COMPARED}
    differences = tuple(compare(before, after))
    return Verification(folder, (), versions, _leaves(before), differences)


def report(found: Verification) -> list[str]:
    """The verification in lines: what was compared by which tolerance, and everything that differs."""
    lines = [f"Study: {found.study}"]
    if found.versions:
        lines.append(f"Versions that differ: {'; '.join(found.versions)}. Numbers may differ for that reason alone.")
    else:
        lines.append("All package versions are those of the results.")
    if found.changed_inputs:
        return [*lines, "CHANGED since these results were made, so nothing was run again:",
                *(f"  - {what}" for what in found.changed_inputs)]
    said = f"{found.compared:,} values compared; numbers count as the same within {RELATIVE:g} of the larger one."
    if found.same:
        return [*lines, said, "The same: the study gives these results again."]
    shown = found.differences[:SHOWN]
    more = len(found.differences) - len(shown)
    return [*lines, said, f"DIFFERENT in {len(found.differences)} places:", *(f"  - {one}" for one in shown),
            *([f"  … and {more} more."] if more else [])]


def find_study(results: StudyResults, here: Path) -> Path:
    """The folder at or up to two levels below ``here`` whose plan, and if possible data, made ``results``."""
    found = [
        plan.parent
        for pattern in (PLAN_FILE, f"*/{PLAN_FILE}", f"*/*/{PLAN_FILE}") for plan in sorted(here.glob(pattern))
        if _sha256(plan) == results.manifest.plan_sha256
    ]
    if not found:
        raise InputError(Finding(
            "VERIFY-STUDY", f"results of {results.manifest.title!r}",
            "To run a study again its folder is needed; no study.yaml here, or in folders two levels down, is the "
            "plan of these results.", "Name the folder with --study.",
        ))
    # Copies of one plan may hold different data.
    return min(found, key=lambda folder: len(list(_changed_inputs(results, folder))))


def compare(stored: Any, again: Any, place: str = "") -> Iterator[Difference]:
    """Every leaf of two JSON values that differs; numbers within :data:`RELATIVE` are the same."""
    if isinstance(stored, dict) and isinstance(again, dict):
        for key in dict.fromkeys((*stored, *again)):
            inner = f"{place}.{key}" if place else str(key)
            yield from compare(stored.get(key, _ABSENT), again.get(key, _ABSENT), inner)
    elif isinstance(stored, list) and isinstance(again, list):
        if len(stored) != len(again):
            yield Difference(place, f"{len(stored)} entries", f"{len(again)} entries")
        for index, (one, other) in enumerate(zip(stored, again, strict=False)):
            yield from compare(one, other, f"{place}[{_called(one, index)}]")
    elif not _same(stored, again):
        yield Difference(place, _shown(stored), _shown(again))


_ABSENT = object()


def _same(stored: Any, again: Any) -> bool:
    numbers = all(isinstance(value, int | float) and not isinstance(value, bool) for value in (stored, again))
    return math.isclose(stored, again, rel_tol=RELATIVE, abs_tol=ABSOLUTE) if numbers else bool(stored == again)


def _called(entry: Any, index: int) -> str:
    named = [str(entry[name]) for name in _NAMES if entry.get(name)] if isinstance(entry, dict) else []
    return " ".join(named) or str(index)


def _shown(value: Any) -> str:
    if value is _ABSENT:
        return "nothing"
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 120 else f"{text[:119]}…"


def _leaves(value: Any) -> int:
    if isinstance(value, dict | list):
        return sum(map(_leaves, value.values() if isinstance(value, dict) else value))
    return 1


def _changed_inputs(results: StudyResults, study: Path) -> Iterator[str]:
    """What differs from the hashes in the manifest, each with how."""
    manifest = results.manifest
    if not (study / PLAN_FILE).is_file():
        raise InputError(Finding("STUDY-MISSING", str(study / PLAN_FILE),
                                 "A study is a folder with a study.yaml; there is none here.",
                                 "Name the folder that the results were made from."))
    if _sha256(study / PLAN_FILE) != manifest.plan_sha256:
        yield f"{PLAN_FILE} has changed"
    for name, path in sources(study, results.plan).items():
        if not path.is_file():
            yield f"{name} is not there"
        elif _sha256(path) != manifest.data_sha256.get(name):
            yield f"{name} has changed"
    try:
        instrument = instrument_of(study, results.plan)
    except InputError:
        yield f"instrument {manifest.instrument_version} is not there"
    else:
        if store.fingerprint(instrument) != manifest.instrument_fingerprint:
            yield f"instrument {manifest.instrument_version} has changed"


def _versions(manifest: Manifest) -> Iterator[str]:
    """Packages that are not at the version the results were made with."""
    for name, then in manifest.packages.items():
        try:
            now = metadata.version(name)
        except metadata.PackageNotFoundError:
            now = "not installed"
        if now != then:
            yield f"{name} {then} then, {now} now"


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
