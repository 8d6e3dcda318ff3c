"""Chunks of replications on disk, written whole or not at all, so that a long grid may be stopped at any moment.

A file's name is a hash of everything that decides its numbers. A grid that changes finds the chunks it still shares
with the one before, and never one that belongs to other assumptions.
"""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from instrument import store
from instrument.errors import Finding, InputError
from pipeline.power.replicate import Outcomes, Work

_FORMAT = 1
"""Raised when the same assumptions come to give other numbers."""


@dataclass(frozen=True, slots=True)
class Span:
    """Replications ``first`` to ``last`` − 1 of the cell ``cell``, by position, and the name of their file."""

    cell: int
    first: int
    last: int
    name: str


def spans(works: list[Work], replications: int) -> list[Span]:
    """All chunks of a grid, cell by cell; the last of a cell is computed whole."""
    found = []
    for index, work in enumerate(works):
        assumptions = hashlib.sha256(json.dumps(_decisive(work), sort_keys=True).encode("utf-8")).hexdigest()
        for first in range(0, replications, work.chunk):
            key = f"{assumptions} {first} {first + work.chunk}"
            name = hashlib.sha256(key.encode("utf-8")).hexdigest()[:32]
            found.append(Span(index, first, first + work.chunk, f"{name}.json"))
    return found


def _decisive(work: Work) -> dict[str, Any]:
    """Everything that decides a cell's numbers; where searches start follows from it."""
    drawn, target = work.source, work.target
    return {
        "format": _FORMAT, "population": drawn.population.model_dump(mode="json", exclude={"truth"}),
        "instrument": store.fingerprint(drawn.instrument),
        "missingness": None if drawn.missingness is None else drawn.missingness.model_dump(mode="json"),
        "columns": [asdict(column) for column in drawn.columns], "syntax": target.syntax, "labels": target.labels,
        "options": repr(work.options), "signs": work.signs, "cell": repr(work.cell), "level": work.level,
        "draws": work.draws, "seed": work.seed,
    }


def require_folder(folder: Path) -> None:
    """Make the folder of chunks before anything is computed for it; ``OUT-WRITE`` if that cannot be."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        probe = folder / f".{os.getpid()}"
        probe.write_bytes(b"")
        probe.unlink()
    except OSError as error:
        raise InputError(Finding("OUT-WRITE", str(folder), "The folder must be one that can be written to: "
                                 f"{error.strerror or error}.", "Name another with --out.")) from error


def write(folder: Path, span: Span, outcomes: Outcomes) -> None:
    """Write beside the place and move it there: the file appears whole, or does not appear."""
    text = json.dumps(outcomes.document(), allow_nan=False, separators=(",", ":"))
    partial = folder / f".{span.name}.{os.getpid()}"
    with partial.open("w", encoding="utf-8", newline="\n") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    os.replace(partial, folder / span.name)


def read(folder: Path, span: Span) -> Outcomes | None:
    """A chunk that is there and whole, else None: what cannot be read is computed again."""
    try:
        found = Outcomes.read(json.loads((folder / span.name).read_text(encoding="utf-8")))
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None
    whole = all(len(getattr(found, name)) == span.last - span.first for name in found.__slots__)
    return found if whole else None


def clear(folder: Path) -> int:
    """Remove every chunk, and what a killed run left half written; the number of chunks."""
    chunks = [path for path in folder.glob("*.json") if len(path.stem) == 32]
    for path in (*chunks, *folder.glob(".*.json.*")):
        path.unlink(missing_ok=True)
    return len(chunks)
