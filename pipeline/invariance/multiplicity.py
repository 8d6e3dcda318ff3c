"""Many ladders are many tests: how many there are, how many would fail by chance, and what remains after adjustment."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from pipeline.invariance.found import FoundLadder, FoundStep
from pipeline.sem.partial_invariance import holm
from pipeline.undefined import Undefined


def differences_tested(ladders: Sequence[FoundLadder]) -> tuple[int, int]:
    """Differences tested with all items equal, and how many of them fail."""
    steps = [step for ladder in ladders for step in ladder.steps if _has_test(step)]
    return len(steps), sum(step.holds is False for step in steps)


def adjusted(ladders: Sequence[FoundLadder]) -> tuple[FoundLadder, ...]:
    """The ladders with p values of all differences of the study adjusted together (Holm 1979)."""
    steps = [step for ladder in ladders for step in ladder.steps if _has_test(step)]
    pvalues = holm([step.difference.pvalue for step in steps if step.difference is not None])
    new = {id(step): replace(step, adjusted=p) for step, p in zip(steps, pvalues, strict=True)}
    return tuple(replace(ladder, steps=tuple(new.get(id(step), step) for step in ladder.steps)) for ladder in ladders)


def _has_test(step: FoundStep) -> bool:
    return step.difference is not None and not isinstance(step.difference.pvalue, Undefined)
