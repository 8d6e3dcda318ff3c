"""Taking turns: every side once a round, so that a noisy machine is noisy for all of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from benchmarks.contenders import Timed
from benchmarks.results import Series

OURS = "alliometrics"

Timer = Callable[[int], Timed]
"""Does a job with a seed."""


def in_turn(timers: Mapping[str, Timer], rounds: int) -> dict[str, list[Timed]]:
    """Every side once a round, each second round in the opposite order."""
    found: dict[str, list[Timed]] = {name: [] for name in timers}
    for seed in range(rounds):
        order = list(timers) if seed % 2 == 0 else list(timers)[::-1]
        for name in order:
            found[name].append(timers[name](seed + 1))
    return found


def per_draw(timers: Mapping[str, tuple[Timer, int]], rounds: int) -> tuple[Series, ...]:
    """Milliseconds a draw of every side, where each says how many draws it does."""
    found = in_turn({name: timer for name, (timer, _) in timers.items()}, rounds)
    series = []
    for name, (_, draws) in timers.items():
        converged = sum(round(timed.shown) for timed in found[name])
        series.append(Series(name, tuple(1000 * timed.seconds / draws for timed in found[name]),
                             f"{converged} of {draws * rounds} draws converged"))
    return tuple(series)
