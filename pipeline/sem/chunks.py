"""Draws by the chunk, in one process or several, in the same chunks and with the same digits.

A step of a bootstrap is dozens of array operations of some microseconds each, between which Python's lock changes
hands: two threads were measured to do hardly more than one, two processes nearly twice as much. So workers are forked
processes on Linux, and threads elsewhere.
"""

from __future__ import annotations

import multiprocessing
import os
import sys
import threading
import warnings
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor, ProcessPoolExecutor, ThreadPoolExecutor
from typing import Any, TypeVar

from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

from pipeline.sem.linalg import one_thread
from pipeline.sem.resampling import BLOCK

Part = TypeVar("Part")
Work = Callable[[int, int], Part]

_inherited: list[Work[Any]] = []


def in_chunks(work: Work[Part], draws: int, size: int, workers: int) -> Iterator[tuple[Part, int]]:
    """Results of ``work(first, last)`` on chunks of draws in their order, and how many wanted draws each holds.

    A chunk is always computed whole, also where only some of its draws are wanted: the last digits of a matrix product
    depend on how many rows take part, and the first hundred of 5,000 draws are to be the hundred draws of the same
    seed. Linear algebra runs on one thread: sums split over several round differently.
    """
    tasks = list(spans(draws, size))
    for (first, last), part in zip(tasks, in_tasks(work, tasks, workers), strict=True):
        yield part, min(last, draws) - first


def in_tasks(work: Work[Part], tasks: Sequence[tuple[int, int]], workers: int) -> Iterator[Part]:
    """Results of ``work(first, last)`` on every task, in their order, as many tasks at a time as there are workers."""
    with one_thread():
        if workers == 1 or len(tasks) == 1:
            for first, last in tasks:
                yield work(first, last)
            return
        pool, call = _pool(work, min(workers, len(tasks)) - 1)
        try:
            with warnings.catch_warnings():
                # Python 3.12 warns of any thread at a fork; those of the linear algebra stop themselves for it.
                warnings.simplefilter("ignore", DeprecationWarning)
                running = [pool.submit(call, first, last) for first, last in tasks]
            own: dict[int, Part] = {}
            for number in range(len(tasks)):
                # This process works too while it waits, on the next chunk that nobody has begun.
                while number not in own and not running[number].done():
                    free = next((k for k in range(number, len(tasks)) if k not in own and running[k].cancel()), None)
                    if free is None:
                        break
                    own[free] = work(*tasks[free])
                yield own.pop(number) if number in own else running[number].result()
        finally:
            pool.shutdown(wait=True, cancel_futures=True)


def spans(draws: int, size: int) -> Iterator[tuple[int, int]]:
    """First and last + 1 of every chunk. The first is cut in two, so that a short run computes less in vain."""
    first, last = 0, max(BLOCK, 2 * size // 5 // BLOCK * BLOCK)
    while first < draws:
        yield first, last
        first, last = last, last + size if last >= size else size


def _pool(work: Work[Part], workers: int) -> tuple[Executor, Work[Part]]:
    if sys.platform != "linux" or threading.current_thread() is not threading.main_thread():
        return ThreadPoolExecutor(workers), work
    # A forked process has the work, and the data in it, without a copy being sent.
    context = multiprocessing.get_context("fork")
    return ProcessPoolExecutor(workers, mp_context=context, initializer=_inherit, initargs=(work,)), _inherited_work


def _inherit(work: Work[Any]) -> None:
    # A fork copies locks, but not the threads that hold them: a progress bar's thread may have been writing, and
    # flushing these streams when the process ends would wait for it forever.
    sys.stdout = sys.stderr = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115
    threadpool_limits(limits=1, user_api="blas")
    _inherited[:] = [work]


def _inherited_work(first: int, last: int) -> Any:
    return _inherited[0](first, last)
