"""The same work on many things, shared among processes; results come in the order of the things."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

from pipeline.sem.chunks import in_chunks
from pipeline.sem.resampling import BLOCK

Thing = TypeVar("Thing")
Result = TypeVar("Result")


def each(
    work: Callable[[Thing], Result], things: Sequence[Thing], workers: int,
    advance: Callable[[int], None] | None = None,
) -> list[Result]:
    """``work`` on every thing, some things to a task.

    Parameters
    ----------
    workers
        Processes; no result depends on them.
    advance
        Called with the number of things just done.
    """
    if not things:
        return []

    def some(first: int, last: int) -> list[Result]:
        return [work(thing) for thing in things[first:last]]

    done: list[Result] = []
    for part, new in in_chunks(some, len(things), BLOCK, workers):
        done += part
        if advance is not None:
            advance(new)
    return done
