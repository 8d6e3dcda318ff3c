"""The plan of a run held against its lock: every difference is disclosed with its reason, or the run does not begin."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

from instrument.errors import Finding, InputError
from pipeline.preregistration.canonical import (
    Change,
    canonical,
    fingerprint_changes,
    fingerprints,
    plan_changes,
    shown,
)
from pipeline.preregistration.found import Deviation, DeviationKind, Preregistration
from pipeline.preregistration.lock_file import LockEntry, after_data, read_lock
from pipeline.study import PLAN_FILE, StudyPlan
from pipeline.yaml_file import read_yaml_file

DEVIATIONS_FILE = "deviations.yaml"


def preregistration_of(
    study: Path, plan: StudyPlan, *, draws: int | None = None, seed: int | None = None, robustness: bool = True,
) -> Preregistration:
    """What a run has to disclose about its plan.

    Parameters
    ----------
    draws, seed, robustness
        The options of the run, as :func:`pipeline.run.run_study` takes them.

    Raises
    ------
    InputError
        ``PLAN-DEVIATION`` for every key that differs from the lock without a reason; ``LOCK-FORMAT``, ``LOCK-EDITED``;
        ``DEVIATIONS-YAML``, ``DEVIATIONS-KEY``.
    """
    entries, reasons = read_lock(study), read_reasons(study)
    changes = since(study, entries[-1], plan) if entries else ()
    findings = [*_without_reason(study, entries, changes, reasons), *_needless(study, changes, reasons, bool(entries))]
    if findings:
        raise InputError(findings)
    this_run = tuple(of_this_run(plan, draws=draws, seed=seed, robustness=robustness))
    if not entries:
        return Preregistration(deviations=this_run)
    first = entries[0]
    explained = (Deviation(c.key, c.planned, c.instead, "deviation after data", reasons[c.key], None) for c in changes)
    return Preregistration(
        first.time, first.program_version, first.plan_sha256, entries[-1].sha256, first.data_absent,
        first.data_present, (*amendments(entries), *explained, *this_run),
    )


def since(study: Path, entry: LockEntry, plan: StudyPlan) -> tuple[Change, ...]:
    """What differs from an entry of the lock: keys of the plan, and instruments edited under their old name."""
    now = fingerprints(study, plan)
    return (*plan_changes(entry.plan, canonical(plan)), *fingerprint_changes(entry.fingerprints, now))


def amendments(entries: tuple[LockEntry, ...]) -> Iterator[Deviation]:
    """Every key that was amended, oldest first."""
    for place, entry in enumerate(entries[1:], start=1):
        kind: DeviationKind = "amendment after data" if after_data(entries[: place + 1]) else "amendment before data"
        for change in entry.changes:
            yield Deviation(change.key, change.planned, change.instead, kind, entry.reason, entry.time)


def of_this_run(plan: StudyPlan, *, draws: int | None, seed: int | None, robustness: bool) -> Iterator[Deviation]:
    """What the options of a run replaced; an option that says what the plan says replaces nothing.

    Fewer draws also bound the two analyses that never make more than the headline's.
    """
    options: list[tuple[str, int, int | None]] = [("seed", plan.seed, seed)]
    map_draws = plan.robustness.draws if robustness else 0
    if draws is not None:
        options += [("bootstrap.draws", plan.bootstrap.draws, draws),
                    ("bootstrap.sensitivity_draws", plan.bootstrap.sensitivity_draws,
                     min(draws, plan.bootstrap.sensitivity_draws) if draws < plan.bootstrap.draws else None)]
        map_draws = min(draws, map_draws)
    options.append(("robustness.draws", plan.robustness.draws, map_draws))
    for key, planned, instead in options:
        if instead is not None and instead != planned:
            yield Deviation(key, shown(planned), shown(instead), "this run only", "", None)


def read_reasons(study: Path) -> dict[str, str]:
    """``deviations.yaml``: reasons by key; none if there is no such file.

    Raises
    ------
    InputError
        ``DEVIATIONS-YAML`` if it is not a mapping of keys to texts.
    """
    path = study / DEVIATIONS_FILE
    if not path.is_file():
        return {}
    content = read_yaml_file(path, "DEVIATIONS-YAML")
    if not isinstance(content, dict):
        raise InputError(Finding("DEVIATIONS-YAML", str(path), "The file holds one line `key: reason` a deviation.",
                                 "Write it so, or take the file away."))
    findings = [
        Finding("DEVIATIONS-YAML", f"{path}, key {key}", f"A reason is a text; found {reason!r:.80}.",
                "Write the reason as a sentence behind the colon; keys are dotted, as `scoring.decay`.")
        for key, reason in content.items()
        if not (isinstance(key, str) and isinstance(reason, str) and reason.strip())
    ]
    if findings:
        raise InputError(findings)
    return {key: reason.strip() for key, reason in content.items()}


def _without_reason(
    study: Path, entries: tuple[LockEntry, ...], changes: tuple[Change, ...], reasons: dict[str, str],
) -> Iterator[Finding]:
    for change in changes:
        if change.key in reasons:
            continue
        last = entries[-1]
        version = metadata.version("alliometrics")
        programs = f" It was locked with alliometrics {last.program_version}, this is {version}." \
            if version != last.program_version else ""
        yield Finding(
            "PLAN-DEVIATION", f"{study / PLAN_FILE}, key {change.key}",
            f"The plan was locked at {last.time} with {change.planned}; now it is {change.instead}, and no reason is "
            f"given.{programs}",
            f"Give the reason: `alliometrics lock {study} --reason TEXT`, or a line `{change.key}: TEXT` in "
            f"{DEVIATIONS_FILE}; or restore the locked value.",
        )


def _needless(study: Path, changes: tuple[Change, ...], reasons: dict[str, str], locked: bool) -> Iterator[Finding]:
    """A reason that explains nothing is mostly a misspelt key."""
    there = {change.key for change in changes}
    rule = "This key is as it was locked last; there is nothing to explain." if locked \
        else "This plan was never locked; there is nothing to deviate from."
    for key in reasons:
        if key not in there:
            yield Finding("DEVIATIONS-KEY", f"{study / DEVIATIONS_FILE}, key {key}", rule,
                          "Correct the key, or take the line out.")
