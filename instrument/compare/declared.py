"""``changes.yaml``: what a version says it changes and why, and the rules that hold it to that."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Annotated

from pydantic import Field

from instrument import store
from instrument.compare.changes import Change, Comparison, Kind, Reason
from instrument.errors import Finding
from instrument.model import Frozen
from instrument.reading import read_yaml

Words = Annotated[str, Field(min_length=1, pattern=r"\S")]


class DeclaredChange(Frozen):
    """One change with its rationale, named by kind and key as a comparison names it."""

    key: Words = Field(description="what changed, e.g. question.ratr1 or scale.agree7.4")
    kind: Kind
    field: str | None = Field(None, description="which property, where two of one kind changed under one key")
    language: str | None = Field(None, description="whose words, for kind translation")
    rationale: Words = Field(description="why it was changed")
    source: Words = Field(description="what the rationale rests on: a pilot, a review, a publication")


class DeclaredChanges(Frozen):
    """``changes.yaml`` of a version."""

    since: str = Field(description="the version it was made from")
    changes: tuple[DeclaredChange, ...]


def declared(version: str, *, root: Path = store.VERSIONS) -> DeclaredChanges | None:
    """What ``changes.yaml`` of a version says; None if it has none, as the first version.

    Raises
    ------
    InputError
        ``INSTRUMENT-YAML`` or ``INSTRUMENT-SHAPE``.
    """
    path = root / version / store.CHANGES
    return read_yaml(path, DeclaredChanges) if path.is_file() else None


def matches(said: DeclaredChange, change: Change) -> bool:
    """Whether a declaration is about this change."""
    if (said.key, said.kind) != (change.key, change.kind):
        return False
    if said.language is not None and said.language not in change.languages:
        return False
    return said.field in (None, change.field)


def explained(comparison: Comparison, said: tuple[tuple[str, DeclaredChange], ...]) -> Comparison:
    """The comparison with the reasons of each change beside it.

    Parameters
    ----------
    said
        (version, declaration) of every version between the two. A change may have become one of another kind over
        several steps (added, then reworded, is added) or looking back (added is removed); then every declaration
        under its key is given.
    """
    def with_reasons(change: Change) -> Change:
        exact = [(v, d) for v, d in said if matches(d, change)]
        found = exact or [(v, d) for v, d in said if d.key == change.key and d.language in (None, *change.languages)]
        return replace(change, reasons=tuple(Reason(v, d.rationale, d.source) for v, d in found))

    return replace(comparison, changes=tuple(with_reasons(change) for change in comparison.changes))


# -- rules ----------------------------------------------------------------------------------------


def needs_declaration(change: Change) -> bool:
    """Whether a version must say why. Languages may be added, and reviews recorded, after a release too."""
    if change.kind == "translation" and change.field == "language":
        return not change.new
    return not (change.kind == "metadata" and change.field.startswith(("status", "translator")))


def declaration_findings(comparison: Comparison, said: DeclaredChanges | None) -> Iterator[Finding]:
    """``CHANGE-UNDECLARED``, ``CHANGE-ABSENT``, ``CHANGE-TWICE``, ``CHANGE-SINCE``: list and differences agree."""
    place = f"{comparison.new}/{store.CHANGES}"
    entries = said.changes if said else ()
    if said and said.since != comparison.old:
        yield Finding("CHANGE-SINCE", f"{place}: since",
                      f"the list is said to start from {said.since}, the version before is {comparison.old}",
                      f"write since: \"{comparison.old}\" and list what changed since then")
    for change in comparison.changes:
        found = [entry for entry in entries if matches(entry, change)]
        language = f", language: {change.field}" if change.kind == "translation" else ""
        if not found and needs_declaration(change):
            yield Finding("CHANGE-UNDECLARED", f"{place}: {change.key}",
                          f"the versions differ here ({change.kind}{_of(change)}) and the list does not say why",
                          f"add an entry {{key: {change.key}, kind: {change.kind}{language}, rationale: …, source: …}} "
                          "to the list, or undo the change")
        if len(found) > 1:
            yield Finding("CHANGE-TWICE", f"{place}: {change.key}", f"{len(found)} entries are about one change",
                          "keep one, or tell them apart by field or language")
    for entry in entries:
        if not any(matches(entry, change) for change in comparison.changes):
            what = f"{entry.kind}{f', {entry.field}' if entry.field else ''}"
            what += f" in {entry.language}" if entry.language else ""
            yield Finding("CHANGE-ABSENT", f"{place}: {entry.key}",
                          f"the list names a change ({what}) that is not among the differences between "
                          f"{comparison.old} and {comparison.new}",
                          "correct key, kind, field or language, or remove the entry")


def _of(change: Change) -> str:
    return f" of {change.field}" if change.field else ""


STEPS = ("patch", "minor", "major")


def step_needed(comparison: Comparison) -> tuple[str, tuple[Change, ...]]:
    """The smallest step of version number that suits the changes, and the changes that call for it.

    *Major* where answers are not comparable or something asked before is gone; *minor* where something is asked anew or
    comparability is to be tested; *patch* where every answer stays what it was.
    """
    by_step: dict[str, list[Change]] = {step: [] for step in STEPS}
    for change in comparison.changes:
        dropped = change.kind == "translation" and change.field == "language" and not change.new
        if change.kind == "added":
            step = "minor"
        elif dropped or change.kind == "removed" or change.effect == "not comparable":
            step = "major"
        else:
            step = "patch" if change.effect == "same" else "minor"
        by_step[step].append(change)
    needed = next((step for step in reversed(STEPS) if by_step[step]), "patch")
    return needed, tuple(by_step[needed])


def step_findings(comparison: Comparison) -> Iterator[Finding]:
    """``VERSION-STEP``: the version number promises no more comparability than there is."""
    before, after = (tuple(map(int, version.split("."))) for version in (comparison.old, comparison.new))
    taken = next((step for step, a, b in zip(reversed(STEPS), before, after, strict=True) if a != b), None)
    needed, because = step_needed(comparison)
    if taken is not None and STEPS.index(taken) < STEPS.index(needed):
        named = ", ".join(dict.fromkeys(f"{change.key} ({change.kind})" for change in because[:5]))
        more = f" and {len(because) - 5} more" if len(because) > 5 else ""
        yield Finding("VERSION-STEP", f"{comparison.new}/instrument.yaml: version",
                      f"the step from {comparison.old} to {comparison.new} is a {taken} one; these changes make it "
                      f"{needed}: {named}{more}",
                      f"number it {_next(before, needed)}, or leave those changes out (patch: answers stay the same; "
                      "minor: something added, or comparable if invariant; major: not comparable, or removed)")


def _next(version: tuple[int, ...], step: str) -> str:
    major, minor, patch = version
    if step == "major":
        return f"{major + 1}.0.0"
    return f"{major}.{minor + 1}.0" if step == "minor" else f"{major}.{minor}.{patch + 1}"
