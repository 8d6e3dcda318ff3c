"""Scores pooled over versions of the instrument on condition: whether their changed items measure alike in all."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from instrument.model import Instrument
from pipeline.invariance.climbing import Asked
from pipeline.invariance.found import FoundLadder, InvarianceReport
from pipeline.invariance.grouping import Membership, membership
from pipeline.invariance.rows import asked_of
from pipeline.pooled import Invariance, PooledDimension, VersionsReport
from pipeline.prepare import PreparedForm
from pipeline.study import StudyPlan

FEWEST_ITEMS = 3
"""Of a factor alone."""


def changed_dimensions(
    forms: Sequence[PreparedForm], instrument: Instrument, plan: StudyPlan,
) -> Iterator[tuple[Membership, Asked]]:
    """Every dimension whose score holds a changed item, as a factor alone, by version."""
    for form in forms:
        groups = membership("version", form, forms, instrument, plan)
        for rule in form.pooled.dimensions:
            if rule.to_test and len(rule.items) >= FEWEST_ITEMS:
                name = instrument.dimensions[rule.dimension].name
                yield groups, asked_of(form, rule.dimension, name, {rule.dimension: rule.items}, groups)


def answered(
    versions: VersionsReport | None, found: InvarianceReport | None, because: str = "",
) -> VersionsReport | None:
    """The report on versions with the answer for every dimension that waited for one.

    Parameters
    ----------
    because
        Why nothing was tested at all, where ``found`` is None.
    """
    if versions is None:
        return None
    return replace(versions, dimensions=tuple(_answered(one, found, because) for one in versions.dimensions))


def _answered(one: PooledDimension, found: InvarianceReport | None, because: str) -> PooledDimension:
    if not one.to_test:
        return one
    if found is None:
        return replace(one, invariance_why=because or "the plan asks for no test of invariance")
    ladder = next((ladder for ladder in found.ladders if (ladder.construct, ladder.form, ladder.grouping) == (
        one.dimension, one.form, "version")), None)
    if ladder is None:
        told = next((grouping.why_not for grouping in found.groupings
                     if (grouping.id, grouping.form) == ("version", one.form) and grouping.why_not), "")
        few = f"a factor alone is identified by {FEWEST_ITEMS} items, and the score has {len(one.items)}"
        return replace(one, invariance_why=told or few)
    return replace(one, invariance=answer(ladder), invariance_why=ladder.verdict)


def answer(ladder: FoundLadder) -> Invariance:
    """Scores may be pooled if their means may be compared; freed items are no help to a score that holds them."""
    if ladder.why_not:
        return "not tested"
    return "holds" if ladder.comparable in ("variances", "means") else "fails"
