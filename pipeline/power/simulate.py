"""A grid computed: chunk by chunk, in this process, in several, or on a Dask cluster, with the same numbers."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import joblib  # type: ignore[import-untyped]

from instrument.errors import Finding, InputError
from pipeline.power import chunk_files
from pipeline.power.chunk_files import Span
from pipeline.power.replicate import Outcomes, Work, replicate

Backend = Literal["processes", "dask"]

TIMEOUT = 10
"""Seconds a scheduler has to answer, and to have a worker."""


@dataclass(frozen=True, slots=True)
class Simulated:
    """Outcomes of every cell, in the cells' order; how many replications there are, and were taken over."""

    outcomes: tuple[Outcomes, ...]
    replications: int
    taken_over: int


@dataclass(frozen=True, slots=True)
class Where:
    """Who computes: this machine's ``workers`` processes, or the workers of the cluster at ``scheduler``."""

    backend: Backend = "processes"
    workers: int = 1
    scheduler: str | None = None


def simulate(
    works: list[Work], replications: int, folder: Path, where: Where, advance: Callable[[int], None],
) -> Simulated:
    """Compute what the folder does not hold yet, and keep each chunk there as soon as it is done.

    Parameters
    ----------
    advance
        Told of the number of replications just finished, or taken over.

    Raises
    ------
    InputError
        ``OUT-WRITE``, ``POWER-SCHEDULER``.
    """
    chunk_files.require_folder(folder)
    spans = chunk_files.spans(works, replications)
    wanted = {span.name: min(span.last, replications) - span.first for span in spans}
    found: dict[str, Outcomes] = {}
    for span in spans:
        if (known := chunk_files.read(folder, span)) is not None:
            found[span.name] = known
            advance(wanted[span.name])
    taken_over = sum(wanted[name] for name in found)
    missing = [span for span in spans if span.name not in found]
    for span, outcomes in _computed(works, missing, where):
        chunk_files.write(folder, span, outcomes)
        found[span.name] = outcomes
        advance(wanted[span.name])
    joined = tuple(
        Outcomes.joined([found[span.name] for span in spans if span.cell == index], replications)
        for index in range(len(works)))
    return Simulated(joined, replications * len(works), taken_over)


def _computed(works: list[Work], spans: Sequence[Span], where: Where) -> Iterator[tuple[Span, Outcomes]]:
    """Chunks as they finish, in no order that matters."""
    if where.backend == "processes" and (where.workers == 1 or len(spans) < 2):
        for span in spans:
            yield _chunk(works[span.cell], span)
        return
    with _backend(where) as jobs:
        # One chunk a task: a batch of them would be written only once all are done.
        run = joblib.Parallel(n_jobs=jobs, batch_size=1, return_as="generator_unordered")
        yield from run(joblib.delayed(_chunk)(works[span.cell], span) for span in spans)


def _chunk(work: Work, span: Span) -> tuple[Span, Outcomes]:
    return span, replicate(work, span.first, span.last)


@contextmanager
def _backend(where: Where) -> Iterator[int]:
    """joblib's backend for the block, and its number of jobs."""
    if where.backend == "processes":
        with joblib.parallel_config(backend="loky"):
            yield where.workers
        return
    with (_client(where.scheduler) as client,
          joblib.parallel_config(backend="dask", client=client, wait_for_workers_timeout=TIMEOUT)):
        yield -1


@contextmanager
def _client(address: str | None) -> Iterator[object]:
    """A connection to the scheduler that is known to have workers.

    Raises
    ------
    InputError
        ``POWER-SCHEDULER``.
    """
    if not address:
        raise InputError(Finding("POWER-SCHEDULER", "--backend dask", "A cluster is reached at the address of its "
                                 "scheduler; none was given.", "Add --scheduler, e.g. --scheduler tcp://127.0.0.1:8786."))
    try:
        from distributed import Client
    except ImportError as error:
        raise InputError(Finding("POWER-SCHEDULER", "--backend dask", "A cluster needs the packages dask and "
                                 "distributed, which are not installed.", "Install them, or leave out --backend.")
                         ) from error
    # Of a scheduler that does not answer, the finding below says all.
    logging.getLogger("distributed").setLevel(logging.CRITICAL)
    try:
        client = Client(address, timeout=TIMEOUT, set_as_default=False)  # type: ignore[no-untyped-call]
    except (OSError, ValueError, TypeError, ImportError) as error:
        raise InputError(Finding(
            "POWER-SCHEDULER", f"--scheduler {address}", f"No scheduler answers there within {TIMEOUT} seconds.",
            "Start one with `dask scheduler`, and give the address that it prints.")) from error
    with client:
        try:
            client.wait_for_workers(1, timeout=TIMEOUT)
        except TimeoutError as error:
            raise InputError(Finding(
                "POWER-SCHEDULER", f"--scheduler {address}", f"The scheduler has no worker after {TIMEOUT} seconds.",
                f"Start some with `dask worker {address}`, with this program installed.")) from error
        yield client
