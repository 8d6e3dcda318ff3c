"""The plan as it was locked, and what was done otherwise."""

from __future__ import annotations

from pipeline.preregistration.found import DeviationKind, Preregistration
from pipeline.report.numbers import counted, listed
from pipeline.report.tables.spec import Column, Table
from pipeline.results import StudyResults

NOT_LOCKED = "This plan was not locked before the data."
CLOCK = "by the clock of the machine, which only a registration elsewhere can confirm"
KINDS: dict[DeviationKind, str] = {
    "amendment before data": "amended before data",
    "amendment after data": "amended after data",
    "deviation after data": "changed after data without an amendment",
    "this run only": "replaced for this run only",
}
"""How the number of keys of each kind goes on."""


def deviations_table(results: StudyResults) -> Table:
    """Every key that differs from the lock, or that an option of this run replaced."""
    found = results.preregistration
    return Table(
        "deviations", "Deviations from the plan",
        (Column("key", "Key of the plan"), Column("planned", "Planned"), Column("instead", "Instead"),
         Column("kind", "What it is"), Column("reason", "Reason"), Column("when", "When (UTC)")),
        tuple((d.key, d.planned, d.instead, d.kind, d.reason or None, d.when and _time(d.when))
              for d in found.deviations),
        f"{lock_sentence(found)} {deviations_sentence(found)}".strip(),
        "Before or after data: whether any data file of the plan was there when the amendment was locked. Reasons from "
        "deviations.yaml have no time. Options of the command line hold for one run and need no reason."
        if found.deviations else "",
    )


def lock_sentence(found: Preregistration) -> str:
    """Whether the plan was locked, when, and whether data existed then."""
    if found.locked_at is None:
        return NOT_LOCKED
    if not found.data_present:
        return (f"This plan was locked at {_time(found.locked_at)} UTC {CLOCK}, before any of its data files existed: "
                f"{', '.join(found.data_absent)}.")
    files = "; ".join(f"{file.name}, changed last at {_time(file.modified)} UTC, SHA-256 {file.sha256}"
                      for file in found.data_present)
    return f"This plan was locked after data existed, at {_time(found.locked_at)} UTC {CLOCK}. There already: {files}."


def deviations_sentence(found: Preregistration) -> str:
    """How many keys differ, by kind; nothing to say of a plan that was never locked and is run as it stands."""
    counts = [(counted(len(found.of_kind(kind)), "key"), words) for kind, words in KINDS.items() if found.of_kind(kind)]
    if counts:
        return f"Deviations: {listed([f'{keys} {words}' for keys, words in counts])}."
    return "" if found.locked_at is None else "Nothing deviates from it."


def _time(iso: str) -> str:
    """``2026-11-22 13:34:16`` of a time in UTC."""
    return iso.removesuffix("+00:00").replace("T", " ")
