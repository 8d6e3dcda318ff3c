"""A plan in one form only: what its hash is taken of, and where two plans differ.

The canonical plan is the plan as parsed, with every default written out: order of keys, comments and quotes in
study.yaml do not matter, and a default that a later version of the program has changed does.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from instrument import store
from pipeline.instruments import instrument_of
from pipeline.study import StudyPlan

PRESENTATION = ("title", "description")
"""Keys that no number and no verdict depends on: they are printed and nothing else. They may change without being a
deviation, and are left out of the plan's hash."""

NOT_THERE = "not there"
"""Stands for the value of a key that one of two plans does not have."""


@dataclass(frozen=True, slots=True)
class Change:
    """One key that differs, with both values as a reader sees them. ``key`` is dotted, as ``scoring.decay``."""

    key: str
    planned: str
    instead: str


def canonical(plan: StudyPlan) -> dict[str, Any]:
    """The whole plan as JSON values, defaults included.

    A key without a value is left out: a later program may know more keys than the one that locked the plan, and a key
    that says nothing decides nothing.
    """
    return plan.model_dump(mode="json", exclude_none=True)


def canonical_json(value: object) -> str:
    """One line of JSON that does not depend on the order of keys."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def sha256_of(value: object) -> str:
    """SHA-256 of :func:`canonical_json`, in hexadecimal digits."""
    return hashlib.sha256(canonical_json(value).encode("utf-8")).hexdigest()


def plan_sha256(plan: dict[str, Any]) -> str:
    """SHA-256 of a canonical plan without :data:`PRESENTATION`: it changes if and only if a decision does."""
    return sha256_of({key: value for key, value in plan.items() if key not in PRESENTATION})


def fingerprints(study: Path, plan: StudyPlan) -> dict[str, str]:
    """The fingerprints of the instrument's versions, and of the words of every fielded translation.

    Raises
    ------
    InputError
        As :func:`pipeline.instruments.instrument_of`.
    """
    found = {}
    for stated in (plan.instrument, *plan.further_versions):
        instrument = instrument_of(study, plan.model_copy(update={"instrument": stated}))
        words = store.language_fingerprints(instrument)
        found[f"instrument {stated}"] = store.fingerprint(instrument)
        found |= {f"instrument {stated} {code}": words[code] for code in plan.languages if code in words}
    return found


def plan_changes(then: dict[str, Any], now: dict[str, Any]) -> tuple[Change, ...]:
    """Every key of two canonical plans that differs, in the order of ``now``; :data:`PRESENTATION` does not count.

    Mappings are compared key by key, everything else as a whole: a list with one more entry is one change.
    """
    ignored = dict.fromkeys(PRESENTATION)
    return tuple(_changes({k: v for k, v in then.items() if k not in ignored},
                          {k: v for k, v in now.items() if k not in ignored}, ""))


def fingerprint_changes(then: dict[str, str], now: dict[str, str]) -> tuple[Change, ...]:
    """Instruments and translations whose content changed under the same name.

    Another version or language is told by the plan's own keys, so that it counts once.
    """
    return tuple(Change(name, then[name], now[name]) for name in now if name in then and then[name] != now[name])


def shown(value: object) -> str:
    """A value as a reader sees it: JSON, but plain text without quotes where nothing else could be meant."""
    if isinstance(value, str) and value and not _reads_as_json(value):
        return value
    return json.dumps(value, ensure_ascii=False)


def _changes(then: dict[str, Any], now: dict[str, Any], place: str) -> Iterator[Change]:
    for key in dict.fromkeys((*now, *then)):
        name = f"{place}{key}"
        if key not in then or key not in now:
            yield Change(name, shown(then[key]) if key in then else NOT_THERE,
                         shown(now[key]) if key in now else NOT_THERE)
        elif isinstance(then[key], dict) and isinstance(now[key], dict):
            yield from _changes(then[key], now[key], f"{name}.")
        # As text: 1 and true are equal in Python, a number that is none is not even equal to itself.
        elif canonical_json(then[key]) != canonical_json(now[key]):
            yield Change(name, shown(then[key]), shown(now[key]))


def _reads_as_json(text: str) -> bool:
    try:
        json.loads(text)
    except ValueError:
        return False
    return True
