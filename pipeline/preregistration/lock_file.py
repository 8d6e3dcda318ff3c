"""``study.lock.json``: the plan as it was locked, every amendment since, and the chain of hashes that holds them.

Each entry holds its own SHA-256 and that of the entry before. Whoever edits an entry breaks its hash; whoever mends
that breaks the next. A file that was forged as a whole is known only by a hash that was registered elsewhere.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

from pydantic import TypeAdapter, ValidationError

from instrument.errors import Finding, InputError
from pipeline.preregistration.canonical import Change, plan_sha256, sha256_of

LOCK_FILE = "study.lock.json"
FORMAT = 1
"""Raised whenever a lock written before can no longer be read."""


@dataclass(frozen=True, slots=True)
class PresentFile:
    """A data file that existed already. ``modified`` is what the file system says, in UTC."""

    name: str
    sha256: str
    modified: str


@dataclass(frozen=True, slots=True)
class LockEntry:
    """A plan as it stood when it was locked or amended.

    Attributes
    ----------
    time
        UTC, by the clock of the machine.
    plan, plan_sha256
        The canonical plan, and the hash of its decisions.
    fingerprints
        Of the instrument and its fielded translations, by name.
    data_absent, data_present
        The data files the plan names (of an amendment also those that it named before): not there yet, there already.
    changes
        Of an amendment: what differs from the entry before.
    entry_before, sha256
        Hash of the entry before ("" if this is the first), and of everything else in this one.
    """

    kind: Literal["lock", "amendment"]
    time: str
    program_version: str
    reason: str
    plan_sha256: str
    plan: dict[str, Any]
    fingerprints: dict[str, str]
    data_absent: tuple[str, ...]
    data_present: tuple[PresentFile, ...]
    changes: tuple[Change, ...]
    entry_before: str
    sha256: str = ""


_ENTRY = TypeAdapter(LockEntry)


def sealed(entry: LockEntry) -> LockEntry:
    """The same entry with its hash."""
    return replace(entry, sha256=_entry_sha256(_ENTRY.dump_python(entry, mode="json")))


def read_lock(study: Path) -> tuple[LockEntry, ...]:
    """The entries of a study's lock, first the lock and then its amendments; none if it was never locked.

    Raises
    ------
    InputError
        ``LOCK-FORMAT``, or ``LOCK-EDITED`` for every entry whose hashes do not hold.
    """
    path = study / LOCK_FILE
    if not path.exists():
        return ()
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        raw = content["entries"]
        entries = tuple(_ENTRY.validate_python(entry) for entry in raw)
        if content["format"] != FORMAT or not entries:
            raise ValueError("no entry, or another format")
    except (OSError, ValueError, KeyError, TypeError, ValidationError) as error:
        raise InputError(Finding(
            "LOCK-FORMAT", str(path),
            f"A lock has format {FORMAT} as `alliometrics lock` writes it; this one cannot be read.",
            "Restore the file from a copy; do not write it by hand.",
        )) from error
    if broken := tuple(_broken(path, raw, entries)):
        raise InputError(broken)
    return entries


def write_lock(study: Path, entries: Iterable[LockEntry]) -> Path:
    """Write the lock beside the plan. A write that is broken off leaves the old file."""
    content = {"format": FORMAT, "entries": [_ENTRY.dump_python(entry, mode="json") for entry in entries]}
    path = study / LOCK_FILE
    new = path.with_name(f"{LOCK_FILE}.new")
    try:
        new.write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n", encoding="utf-8", newline="\n")
        os.replace(new, path)
    except OSError as error:
        raise InputError(Finding(
            "OUT-WRITE", str(path), f"The lock must be written beside study.yaml, and cannot be: {error.strerror}.",
            "Get the right to write into the study's folder.",
        )) from error
    return path


def after_data(entries: tuple[LockEntry, ...]) -> bool:
    """Whether data existed at the last of these entries: data that were there once cannot be unseen."""
    return any(entry.data_present for entry in entries)


def data_files(paths: dict[str, Path]) -> tuple[tuple[str, ...], tuple[PresentFile, ...]]:
    """Which data files are not there yet, and which are, by name."""
    absent = tuple(name for name, path in paths.items() if not path.is_file())
    return absent, tuple(_present(name, path) for name, path in paths.items() if path.is_file())


def _present(name: str, path: Path) -> PresentFile:
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    modified = datetime.fromtimestamp(path.stat().st_mtime, UTC).isoformat(timespec="seconds")
    return PresentFile(name, digest, modified)


def _entry_sha256(raw: dict[str, Any]) -> str:
    return sha256_of({key: value for key, value in raw.items() if key != "sha256"})


def _broken(path: Path, raw: list[dict[str, Any]], entries: tuple[LockEntry, ...]) -> Iterator[Finding]:
    """What of the chain does not hold. Hashes are of the file's own values, so that a key slipped in is seen too."""
    before = ""
    for number, (written, entry) in enumerate(zip(raw, entries, strict=True), start=1):
        wrong = [
            said for said, holds in (
                ("its content does not have its own hash", _entry_sha256(written) == entry.sha256),
                ("its plan does not have the hash stated for it", plan_sha256(entry.plan) == entry.plan_sha256),
                ("it does not hold the hash of the entry before", entry.entry_before == before),
                ("the first entry is the lock and every other an amendment",
                 entry.kind == ("lock" if number == 1 else "amendment")),
            ) if not holds
        ]
        if wrong:
            yield Finding(
                "LOCK-EDITED", f"{path}, entry {number} of {len(entries)}",
                f"What was locked is never edited; {'; '.join(wrong)}.",
                "Restore the file from a copy. A change of the plan goes into study.yaml and is amended with "
                "`alliometrics lock STUDY --reason TEXT`.",
            )
        before = entry.sha256
