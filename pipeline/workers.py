"""The same work on many things, shared among processes; results come in the order of the things."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

from pipeline.sem.chunks import in_tasks

Thing = TypeVar("Thing")
Result = TypeVar("Result")


def each(
    work: Callable[[Thing], Result], things: Sequence[Thing], workers: int,
    advance: Callable[[int], None] | None = None,
) -> list[Result]:
    """``work`` on every thing, one thing to a task: some take a hundred times as long as others.

    Parameters
    ----------
    workers
        Processes; no result depends on them.
    advance
        Called with the number of things just done.
    """
    if not things:
        return []
    done: list[Result] = []
    for result in in_tasks(lambda number, _: work(things[number]), [(k, k + 1) for k in range(len(things))], workers):
        done.append(result)
        if advance is not None:
            advance(1)
    return done
