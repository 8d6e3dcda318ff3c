"""What truly differs by language in a synthetic study, beside what was found."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from pydantic import BaseModel

from pipeline.invariance.found import FoundLadder, InvarianceReport, TrueDifference
from pipeline.undefined import Number, Undefined

TRUTH_FILE = "truth.json"

Differences = Mapping[str, Mapping[str, float]]
"""Language → item → how much higher its response lies there, in standard deviations."""


class _Truth(BaseModel):
    """What is read of ``truth.json`` here; the rest of it is read, and a broken file told, elsewhere."""

    differs_by_language: dict[str, dict[str, float]] = {}


def true_differences(study: Path) -> Differences:
    """Items that truly differ; none where ``truth.json`` is not there or names none."""
    path = study / TRUTH_FILE
    return _Truth.model_validate_json(path.read_bytes()).differs_by_language if path.is_file() else {}


def beside_truth(found: InvarianceReport, true: Differences, languages: Sequence[str]) -> InvarianceReport:
    """The report with every true difference, and every item that was freed without one.

    Parameters
    ----------
    languages
        Of the plan; differences are from the first.
    """
    ladders = [one for one in found.ladders if one.grouping == "language" and not one.why_not]
    rows = [row for ladder in ladders for row in _rows(ladder, true, languages[0])]
    return replace(found, truth=tuple(rows))


def _rows(ladder: FoundLadder, true: Differences, first: str) -> Iterator[TrueDifference]:
    for group in ladder.groups:
        if group.label == first:
            continue
        for item in ladder.items:
            # A difference of both languages from a third is no difference between the two.
            truly = true.get(group.label, {}).get(item, 0.0) - true.get(first, {}).get(item, 0.0)
            if truly or item in ladder.freed_items:
                yield TrueDifference(ladder.construct, item, group.label, truly, _found(ladder, item, group.label))


def _found(ladder: FoundLadder, item: str, language: str) -> Number:
    if item not in ladder.freed_items:
        return Undefined("the item was not freed")
    size = next((one for one in ladder.sizes if (one.item, one.focal) == (item, language)), None)
    if size is None:
        return Undefined("the size of the difference was not estimated")
    return size.signed if isinstance(size.signed, Undefined) else -size.signed
