"""A comparison as Markdown for people and as JSON for programs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from instrument.compare.changes import EFFECTS, KINDS, Change, Comparison, Status, Verdict

STATUSES: dict[Status, str] = {
    "same": "May be pooled as they are",
    "common items": "May be pooled on the items both versions share",
    "if invariant": "May be pooled only if the changed items prove invariant",
    "not comparable": "May not be pooled",
}


# -- JSON -----------------------------------------------------------------------------------------


def document(comparison: Comparison) -> dict[str, Any]:
    """Everything a comparison says, in types that JSON has; the same comparison gives the same document."""
    return {
        "old": comparison.old,
        "new": comparison.new,
        "counts": dict(_counts(comparison)),
        "dimensions": {name: {
            "status": verdict.status, "common_items": list(verdict.common_items),
            "left_out": [{"item": item, "why": why} for item, why in verdict.left_out],
            "to_test": list(verdict.to_test), "anchors": list(verdict.anchors), "why": verdict.why,
        } for name, verdict in comparison.dimensions.items()},
        "items": {name: _verdict(verdict) for name, verdict in comparison.items.items()},
        "facts": {name: _verdict(verdict) for name, verdict in comparison.facts.items()},
        "changes": [_change(change) for change in comparison.changes],
    }


def _verdict(verdict: Verdict) -> dict[str, Any]:
    return {"effect": verdict.effect, "why": verdict.why, "languages": list(verdict.languages)}


def _change(change: Change) -> dict[str, Any]:
    return {
        "kind": change.kind, "key": change.key, "field": change.field, "old": change.old, "new": change.new,
        "effect": change.effect, "why": change.why, "questions": list(change.questions),
        "languages": list(change.languages), "forms": list(change.forms),
        "words": [{"language": w.language, "old": w.old, "new": w.new} for w in change.words],
        "reasons": [{"version": r.version, "rationale": r.rationale, "source": r.source} for r in change.reasons],
    }


def _counts(comparison: Comparison) -> Iterator[tuple[str, int]]:
    found = Counter(change.effect for change in comparison.changes)
    yield from ((effect, found[effect]) for effect in EFFECTS)


# -- Markdown -------------------------------------------------------------------------------------


def markdown(comparison: Comparison) -> str:
    """The comparison as a page: first which scores may be pooled, then every change by kind."""
    lines = [f"# Version {comparison.old} compared with {comparison.new}", ""]
    if not comparison.changes:
        return "\n".join([*lines, "The versions do not differ. All answers and scores may be pooled.", ""])
    counts = ", ".join(f"{count} {effect}" for effect, count in _counts(comparison))
    lines += [f"{len(comparison.changes)} changes. Their effect on answers: {counts}.", ""]
    lines += ["## Which scores may be pooled", "", *_dimensions(comparison)]
    lines += ["## Facts", "", *_facts(comparison)]
    for kind, meaning in KINDS.items():
        changes = comparison.of_kind(kind)
        if changes:
            lines += [f"## {kind.capitalize()}: {len(changes)}", "", f"{meaning}.", "", *_table(
                ("Where", "Before", "After", "Effect", "Touches", "Why the change"), map(_row, changes))]
            lines += [*dict.fromkeys(f"- *{change.effect}*: {change.why}" for change in changes), ""]
    return "\n".join(lines)


def _dimensions(comparison: Comparison) -> Iterator[str]:
    for status, meaning in STATUSES.items():
        found = [verdict for verdict in comparison.dimensions.values() if verdict.status == status]
        if found:
            yield f"**{meaning}** ({len(found)}): {', '.join(verdict.dimension for verdict in found)}."
            yield ""
    touched = [verdict for verdict in comparison.dimensions.values() if verdict.status != "same"]
    if touched:
        yield from _table(
            ("Dimension", "Verdict", "Items of a pooled score", "To test", "Left out", "Why"),
            ((v.dimension, v.status, ", ".join(v.common_items), ", ".join(v.to_test),
              "; ".join(f"{item}: {why}" for item, why in v.left_out), v.why) for v in touched))


def _facts(comparison: Comparison) -> Iterator[str]:
    touched = {name: verdict for name, verdict in comparison.facts.items() if verdict.effect != "same"}
    same = len(comparison.facts) - len(touched)
    yield f"{same} of {len(comparison.facts)} facts are the same in both versions."
    yield ""
    if touched:
        yield from _table(("Fact", "Effect", "Why", "Languages"), (
            (name, verdict.effect, verdict.why, ", ".join(verdict.languages) or "all")
            for name, verdict in touched.items()))


def _row(change: Change) -> tuple[str, ...]:
    where = change.key + (f" ({change.field})" if change.field else "")
    if len(change.words) > 1:
        before = " / ".join(f"{w.language}: {w.old or ''}" for w in change.words)
        after = " / ".join(f"{w.language}: {w.new or ''}" for w in change.words)
    else:
        before, after = change.old, change.new
    reasons = " ".join(f"{r.rationale} Source: {r.source}" + ("" if len(change.reasons) == 1 else f" ({r.version})")
                       for r in change.reasons)
    return where, before, after, change.effect, ", ".join(change.questions), reasons or "not stated"


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    yield f"| {' | '.join(head)} |"
    yield f"|{'---|' * len(head)}"
    for row in rows:
        yield f"| {' | '.join(_cell(text) for text in row)} |"
    yield ""


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")
