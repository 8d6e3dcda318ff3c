"""Two versions of the instrument compared: what changed, what that does to data, which scores may be pooled.

Every difference is one :class:`Change` of a kind, with its effect on answers and the reason for that judgement::

    changes.py       the types, and what kinds and effects there are
    effects.py       what each kind of change does to data, with sources: the judgements, in one place
    sides.py         two versions side by side
    words.py         differences in texts, language by language
    structure.py     differences in scales, codes and single questions
    arrangement.py   differences in order, blocks, forms, constructs
    verdicts.py      from changes to items, facts and the scores of dimensions
    declared.py      changes.yaml: the reasons, and the rules that keep list and differences together
    rendering.py     Markdown for people, JSON for programs

How to read a comparison, and how to make a new version: ``docs/versions.md``.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from instrument import store
from instrument.compare.arrangement import construct_changes, form_changes, whole_changes
from instrument.compare.changes import (
    EFFECTS,
    KINDS,
    Change,
    Comparison,
    DimensionVerdict,
    Effect,
    Kind,
    Reason,
    Status,
    Verdict,
    Words,
)
from instrument.compare.declared import (
    DeclaredChange,
    DeclaredChanges,
    declaration_findings,
    declared,
    explained,
    step_findings,
)
from instrument.compare.rendering import document, markdown
from instrument.compare.sides import Sides
from instrument.compare.structure import question_changes, scale_changes
from instrument.compare.verdicts import dimension_verdicts, question_verdicts, split
from instrument.compare.words import word_changes
from instrument.errors import Finding
from instrument.model import Instrument

__all__ = [
    "EFFECTS", "KINDS", "Change", "Comparison", "DeclaredChange", "DeclaredChanges", "DimensionVerdict", "Effect",
    "Kind", "Reason", "Status", "Verdict", "Words", "check_version", "compare", "compare_versions", "declared",
    "document", "markdown",
]


def compare(old: Instrument, new: Instrument, said: tuple[tuple[str, DeclaredChange], ...] = ()) -> Comparison:
    """Everything in which two versions differ, each difference judged by what it does to data.

    Parameters
    ----------
    old, new
        Any two versions, in either direction. The version number and the day of release are no difference.
    said
        (version, declaration) from ``changes.yaml``, to stand beside the changes.
    """
    sides = Sides(old, new)
    found = (*word_changes(sides), *scale_changes(sides), *question_changes(sides), *form_changes(sides),
             *construct_changes(sides), *whole_changes(sides))
    changes = tuple(sorted(_merged(found), key=lambda change: tuple(KINDS).index(change.kind)))
    verdicts = question_verdicts(sides, changes)
    items, facts = split(sides, verdicts)
    comparison = Comparison(
        old.version, new.version, changes, items, facts, dimension_verdicts(sides, verdicts))
    return explained(comparison, said)


def _merged(changes: Iterable[Change]) -> tuple[Change, ...]:
    """One change where the same was found in both forms, which share questions and blocks."""
    merged: dict[tuple[str, ...], Change] = {}
    for change in changes:
        known = merged.get(change.identity)
        merged[change.identity] = change if known is None else replace(
            known, forms=tuple(dict.fromkeys((*known.forms, *change.forms))),
            questions=tuple(dict.fromkeys((*known.questions, *change.questions))))
    return tuple(merged.values())


def compare_versions(old: str, new: str, *, root: Path = store.VERSIONS) -> Comparison:
    """Compare two versions by number, with the reasons that every version between them gives.

    Raises
    ------
    InputError
        ``INSTRUMENT-VERSION`` if there is no such version; else what is wrong with its files.
    """
    first, last = store.load(old, root=root), store.load(new, root=root)
    known = store.versions(root=root)
    earlier, later = sorted((known.index(old), known.index(new)))
    lists = ((version, declared(version, root=root)) for version in known[earlier + 1:later + 1])
    said = tuple((version, entry) for version, found in lists if found for entry in found.changes)
    return compare(first, last, said)


def check_version(version: str, *, root: Path = store.VERSIONS) -> tuple[Finding, ...]:
    """Whether a version declares what it changes, and is numbered accordingly; the first has nothing to declare.

    Raises
    ------
    InputError
        If a version cannot be read.
    """
    known = store.versions(root=root)
    if version not in known:
        store.load(version, root=root)  # which says what there is
    new = store.load_folder(root / version)
    place = known.index(version)
    said = declared(version, root=root)
    if place == 0:
        return () if said is None else (Finding(
            "CHANGE-SINCE", f"{version}/{store.CHANGES}", "there is no version before this one to differ from",
            "remove the file"),)
    comparison = compare(store.load(known[place - 1], root=root), new)
    return (*declaration_findings(comparison, said), *step_findings(comparison))
