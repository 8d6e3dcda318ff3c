"""Times as text, as exports have them."""

from __future__ import annotations

from datetime import UTC, datetime


def moment_of(cell: str) -> datetime | None:
    """A day and time in UTC, which is assumed where no zone is told; None if the cell holds something else."""
    if len(cell) <= len("2026-03-02"):
        return None
    try:
        moment = datetime.fromisoformat(cell)
    except ValueError:
        return None
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def in_utc(cell: str) -> str:
    """``2026-03-02T10:00:00.250+01:00`` is ``2026-03-02 09:00:00``; what is no time stays as it is."""
    moment = moment_of(cell)
    return cell if moment is None else f"{moment:%Y-%m-%d %H:%M:%S}"


def seconds_between(started: str, ended: str) -> str:
    """Whole seconds from one time to another as text; ``""`` where either is none."""
    first, last = moment_of(started), moment_of(ended)
    return "" if first is None or last is None else str(round((last - first).total_seconds()))
