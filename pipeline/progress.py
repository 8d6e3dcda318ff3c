"""How far a long run has come: a small protocol, silent or shown on the console."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol


class Progress(Protocol):
    """Told of each step, and within a step of a known number of parts."""

    def step(self, title: str, parts: int | None = None) -> None:
        """A step begins; ``parts`` is how many parts it has, where that is known."""

    def advance(self, parts: int = 1) -> None:
        """Some parts of the present step are done."""


class Silent:
    """Progress for tests and programs."""

    def step(self, title: str, parts: int | None = None) -> None: ...

    def advance(self, parts: int = 1) -> None: ...


@contextmanager
def console_progress() -> Iterator[Progress]:
    """A progress bar on standard error, with elapsed time and the time that is left.

    It is drawn when something has happened, not by a thread of its own: bootstrap workers are forked processes, and a
    process with a second thread is not safe to fork.
    """
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        SpinnerColumn,
        TaskID,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )
    from rich.progress import Progress as Bars

    bars = Bars(
        SpinnerColumn(), TextColumn("{task.description:<34}"), BarColumn(), MofNCompleteColumn(),
        TimeElapsedColumn(), TimeRemainingColumn(), console=Console(stderr=True), auto_refresh=False,
    )

    class Shown:
        def __init__(self) -> None:
            self.task: TaskID | None = None

        def step(self, title: str, parts: int | None = None) -> None:
            self.finish()
            self.task = bars.add_task(title, total=parts or 1)
            bars.refresh()

        def advance(self, parts: int = 1) -> None:
            if self.task is not None:
                bars.advance(self.task, parts)
                bars.refresh()

        def finish(self) -> None:
            if self.task is not None:
                bars.update(self.task, completed=bars.tasks[self.task].total)

    with bars:
        shown = Shown()
        yield shown
        shown.finish()
