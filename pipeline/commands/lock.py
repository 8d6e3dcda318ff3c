"""``alliometrics lock``: fix the plan of a study before its data exist, and amend it with a reason later."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path

from instrument.errors import Finding, InputError
from pipeline.claims.decide import wanted_claims
from pipeline.instruments import instrument_of
from pipeline.prepare import check_forms, sources
from pipeline.preregistration.canonical import PRESENTATION, Change, canonical, fingerprints, plan_sha256
from pipeline.preregistration.deviations import since
from pipeline.preregistration.lock_file import (
    LOCK_FILE,
    LockEntry,
    PresentFile,
    data_files,
    read_lock,
    sealed,
    write_lock,
)
from pipeline.preregistration.lock_file import after_data as data_existed
from pipeline.study import PLAN_FILE, StudyPlan, load_plan


@dataclass(frozen=True, slots=True)
class Locked:
    """A lock with all its entries, and whether this call wrote the last of them."""

    path: Path
    entries: tuple[LockEntry, ...]
    written: bool


def lock(study: Path, *, reason: str | None = None, after_data: bool = False, now: datetime | None = None) -> Locked:
    """Lock the plan of a study, or amend the lock; nothing is written where nothing changed.

    Parameters
    ----------
    reason
        Why the plan changed; needed to amend, kept with a first lock if given.
    after_data
        Lock although data files are there; the lock and every report then say so.
    now
        The clock of the machine if None.

    Raises
    ------
    InputError
        ``LOCK-DATA``, ``LOCK-REASON``, ``LOCK-FORMAT``, ``LOCK-EDITED``, ``OUT-WRITE``; and what is wrong with the
        plan: one that cannot be run is not locked.
    """
    study = Path(study)
    plan = load_plan(study)
    instrument = instrument_of(study, plan)
    check_forms(plan, instrument, study)
    wanted_claims(plan.claims, instrument)
    entries = read_lock(study)
    reason = (reason or "").strip()
    files = sources(study, plan)
    if entries:
        changes = since(study, entries[-1], plan)
        if not changes:
            return Locked(study / LOCK_FILE, entries, written=False)
        if not reason:
            raise InputError(_no_reason(study, changes))
        # Answers that came in under a name the plan has since dropped are data as well.
        before = entries[-1]
        known = (*before.data_absent, *(file.name for file in before.data_present))
        files |= {name: study / name for name in known}
    else:
        changes = ()
    entry = _entry(study, plan, files, reason, changes, entries, now or datetime.now(UTC))
    if not entries and entry.data_present and not after_data:
        raise InputError(_data_there(study, entry.data_present))
    entries = (*entries, entry)
    return Locked(write_lock(study, entries), entries, written=True)


def report(found: Locked) -> list[str]:
    """What was locked, in lines for the console, with the hash to register."""
    entry = found.entries[-1]
    hashes = [f"Plan (SHA-256):  {entry.plan_sha256}", f"Lock (SHA-256):  {entry.sha256}"]
    if not found.written:
        return [f"No change: the plan is as it was locked at {entry.time}; nothing was written.",
                f"A change of {' or '.join(PRESENTATION)} counts for nothing; a reason is kept only with a change.",
                *hashes]
    what = "The plan is locked" if entry.kind == "lock" else f"Amendment {len(found.entries) - 1} of the plan is locked"
    lines = [f"{what} at {entry.time}, by the clock of this machine: {found.path}"]
    lines += [f"  - {change.key}: {change.planned} → {change.instead}" for change in entry.changes]
    if data_existed(found.entries):
        present = {file.name: file for one in found.entries for file in one.data_present}
        lines.append(f"AFTER DATA EXISTED, and every report will say so: {_named(tuple(present.values()))}.")
    else:
        lines.append(f"No data file exists yet: {', '.join(entry.data_absent)}.")
    return [*lines, *hashes, "Register the hash of the lock where others keep the time, with OSF or a timestamp "
            "authority: it stands for the plan, the instrument, the data files and every entry before."]


def _entry(
    study: Path, plan: StudyPlan, files: dict[str, Path], reason: str, changes: tuple[Change, ...],
    entries: tuple[LockEntry, ...], now: datetime,
) -> LockEntry:
    content = canonical(plan)
    absent, present = data_files(files)
    return sealed(LockEntry(
        kind="amendment" if entries else "lock", time=now.astimezone(UTC).isoformat(timespec="seconds"),
        program_version=metadata.version("alliometrics"), reason=reason, plan_sha256=plan_sha256(content), plan=content,
        fingerprints=fingerprints(study, plan), data_absent=absent, data_present=present, changes=changes,
        entry_before=entries[-1].sha256 if entries else "",
    ))


def _data_there(study: Path, present: tuple[PresentFile, ...]) -> Finding:
    return Finding(
        "LOCK-DATA", str(study / PLAN_FILE),
        f"A plan is locked before its data exist; there already: {_named(present)}.",
        "If these are rehearsed answers, rehearse into a folder of their own with --out. If they are data, lock with "
        "--after-data: the lock then names these files, and every report says so.",
    )


def _no_reason(study: Path, changes: tuple[Change, ...]) -> tuple[Finding, ...]:
    return tuple(
        Finding("LOCK-REASON", f"{study / PLAN_FILE}, key {change.key}",
                f"A locked plan is amended with a reason; locked {change.planned}, now {change.instead}.",
                f"Give the reason: `alliometrics lock {study} --reason TEXT`; or restore the locked value.")
        for change in changes
    )


def _named(present: tuple[PresentFile, ...]) -> str:
    return ", ".join(f"{file.name} (changed last at {file.modified}, SHA-256 {file.sha256[:12]}…)" for file in present)
