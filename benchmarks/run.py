"""The benchmark: ``python3 tasks.py bench``.

Sides take turns on the same data, one CPU each; every round has another seed and the opposite order, and ratios are of
sides of the same round. Medians are shown; all values are in ``results.json``.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console

from benchmarks.contenders import Lavaan, Ours, Semopy, lavaan_on, semopy_on
from benchmarks.machine import machine
from benchmarks.memory import Level, measured
from benchmarks.model import Data, complete, with_gaps
from benchmarks.ordinal import OursOrdinal, ordinal_bootstraps, polychorics
from benchmarks.ordinal_model import ordinal_data
from benchmarks.results import Comparison, Results, Series, read, to_json
from benchmarks.tables import between_marks, markdown, number, show
from benchmarks.turns import OURS, Timer, in_turn, per_draw

HERE = Path(__file__).resolve().parent
STORED = HERE / "results.json"
README = HERE.parent / "README.md"

@dataclass(frozen=True, slots=True)
class Sizes:
    """How much is measured."""

    rounds: int
    draws: int
    draws_with_gaps: int
    lavaan_draws: int
    lavaan_draws_with_gaps: int
    semopy_draws: int
    fits: int
    many_rows: int
    rows_draws: int
    series: tuple[int, ...]
    memory_draws: int
    longer: int
    ordinal_draws: int
    lavaan_ordinal_draws: int


FULL = Sizes(rounds=5, draws=5000, draws_with_gaps=2000, lavaan_draws=100, lavaan_draws_with_gaps=12, semopy_draws=20,
             fits=15, many_rows=300_000, rows_draws=500, series=(1000, 2000, 4000, 8000), memory_draws=10_000,
             longer=4, ordinal_draws=1000, lavaan_ordinal_draws=20)
QUICK = Sizes(rounds=2, draws=1000, draws_with_gaps=250, lavaan_draws=20, lavaan_draws_with_gaps=3, semopy_draws=5,
              fits=3, many_rows=30_000, rows_draws=100, series=(250, 500), memory_draws=1000,
              longer=2, ordinal_draws=250, lavaan_ordinal_draws=3)


@dataclass(frozen=True)
class Bench:
    """Everybody, ready to be timed."""

    sizes: Sizes
    ours: Mapping[str, Ours]
    data: Mapping[str, Data]
    lavaan: Lavaan | str
    semopy: Semopy | str

    @property
    def lavaan_name(self) -> str:
        return "lavaan" if isinstance(self.lavaan, str) else self.lavaan.name.split(", ")[1]

    @property
    def semopy_name(self) -> str:
        return "semopy" if isinstance(self.semopy, str) else self.semopy.name


def bootstraps(bench: Bench, name: str) -> Comparison:
    """Draws with one worker beside lavaan's, and, on complete data, semopy's."""
    sizes, ours, lavaan, semopy = bench.sizes, bench.ours[name], bench.lavaan, bench.semopy
    gaps = name == "gaps"
    draws, theirs = ((sizes.draws_with_gaps, sizes.lavaan_draws_with_gaps) if gaps
                     else (sizes.draws, sizes.lavaan_draws))
    timers: dict[str, tuple[Timer, int]] = {OURS: (lambda seed: ours.draws(draws, seed), draws)}
    absent = []
    if isinstance(lavaan, Lavaan):
        timers[bench.lavaan_name] = (lambda seed: lavaan.draws(bench.data[name], theirs, seed), theirs)
    else:
        absent.append(Series(bench.lavaan_name, (), lavaan))
    if not gaps and isinstance(semopy, Semopy):
        timers[bench.semopy_name] = (lambda seed: semopy.draws(sizes.semopy_draws, seed), sizes.semopy_draws)
    elif not gaps and isinstance(semopy, str):
        absent.append(Series(bench.semopy_name, (), semopy))
    ours.draws(50, 0)
    title = f"{draws:,} draws, " + ("FIML with 5 % missing" if gaps else "ML")
    first, *others = per_draw(timers, sizes.rounds)
    return Comparison(f"draws-{name}", title, "ms a draw", (first, *absent, *others), aim=20 if gaps else 100)


def single_fits(bench: Bench, name: str) -> Comparison:
    """One estimate with everything said of it, in warm processes.

    Raises
    ------
    RuntimeError
        If the two χ² differ: then they did not do the same job.
    """
    ours, lavaan, gaps = bench.ours[name], bench.lavaan, name == "gaps"
    timers: dict[str, Timer] = {OURS: lambda seed: ours.fit()}
    if isinstance(lavaan, Lavaan):
        timers[bench.lavaan_name] = lambda seed: lavaan.fit(bench.data[name])
    in_turn(timers, 1)
    found = in_turn(timers, 3 if gaps else bench.sizes.fits)
    chisq = {side: timed[0].shown for side, timed in found.items()}
    if max(chisq.values()) - min(chisq.values()) > 1e-3:
        raise RuntimeError(f"the χ² differ: {chisq}")
    series = [Series(side, tuple(1000 * t.seconds for t in timed), f"χ² {chisq[side]:.4f}")
              for side, timed in found.items()]
    if isinstance(lavaan, str):
        series.append(Series(bench.lavaan_name, (), lavaan))
    title = f"One fit with SEs, indices, standardised SEs, {'FIML with 5 % missing' if gaps else 'ML'}"
    return Comparison(f"fit-{name}", title, "ms", tuple(series), aim=5)


def workers(bench: Bench, name: str, times: int) -> Comparison:
    """One worker and two on the same draws, ``times`` as many as elsewhere: starting a worker takes its time once."""
    draws = times * (bench.sizes.draws_with_gaps if name == "gaps" else bench.sizes.draws)
    ours = bench.ours[name]
    series = per_draw({
        "1 worker": (lambda seed: ours.draws(draws, seed), draws),
        "2 workers": (lambda seed: ours.draws(draws, seed, workers=2), draws)}, bench.sizes.rounds)
    title = f"{draws:,} draws, {'FIML' if name == 'gaps' else 'ML'}"
    return Comparison(f"workers-{name}-{times}", title, "ms a draw", series)


def precision(bench: Bench) -> Comparison:
    """What it costs to take every draw a hundred times nearer to its minimum."""
    draws, ours = bench.sizes.draws, bench.ours["complete"]
    series = per_draw({
        "to 1e-4 standard errors": (lambda seed: ours.draws(draws, seed), draws),
        "to 1e-6 standard errors": (lambda seed: ours.draws(draws, seed, tolerance=1e-6), draws)}, bench.sizes.rounds)
    return Comparison("precision", f"{draws:,} draws, ML", "ms a draw", series)


def linear(bench: Bench) -> Comparison:
    ours = bench.ours["complete"]

    def of(draws: int) -> tuple[Timer, int]:
        return lambda seed: ours.draws(draws, seed), draws

    series = per_draw({f"{draws:,} draws": of(draws) for draws in bench.sizes.series}, bench.sizes.rounds)
    return Comparison("linear", "More draws, ML, one worker", "ms a draw", series)


def rows(bench: Bench) -> tuple[Comparison, Comparison]:
    """A draw of few and of many rows: all of it, and what comes after the moments."""
    few, draws = bench.ours["complete"], bench.sizes.rows_draws
    many = Ours(complete(bench.sizes.many_rows))
    names = [f"{len(side.data.X):,} rows" for side in (few, many)]
    whole: list[Series] = []
    after: list[Series] = []
    for name, side, rounds in zip(names, (few, many), (bench.sizes.rounds, 1), strict=True):
        found = [side.stages(draws, seed + 1) for seed in range(rounds)]
        whole.append(Series(name, tuple(1000 * (a + b) / draws for a, b in found)))
        after.append(Series(name, tuple(1000 * b / draws for _, b in found)))
    title = f"{draws} draws, ML"
    return (Comparison("rows", f"{title}, with drawing rows and their moments", "ms a draw", tuple(whole)),
            Comparison("rows-after", f"{title}, after the moments", "ms a draw", tuple(after)))


def memory(draws: int) -> tuple[Comparison, ...]:
    """M1 with two workers, at both levels."""
    levels: tuple[tuple[str, Level], ...] = (("dimension scores, ML", "dimensions"), ("items with gaps, FIML", "items"))
    found = []
    for name, level in levels:
        side = Series("2 workers", (), "Python does not tell it on Windows")
        if sys.platform != "win32":
            before, peak = measured(level, draws, 2)
            side = Series("2 workers", (peak,), f"{number(before)} MB of it are Python, packages and data")
        found.append(Comparison(f"memory-{level}", f"Peak memory, {draws:,} draws of M1, {name}", "MB", (side,)))
    return tuple(found)


def run(sizes: Sizes, *, quick: bool, say: Callable[[str], None]) -> Results:
    say("memory")
    peak = memory(sizes.memory_draws)
    data = {"complete": complete()}
    data["gaps"] = with_gaps(data["complete"])
    ordinal = ordinal_data()
    with tempfile.TemporaryDirectory() as folder, lavaan_on(tuple(data.values()), Path(folder), ordinal) as lavaan:
        bench = Bench(sizes, {name: Ours(rows) for name, rows in data.items()}, data, lavaan,
                      semopy_on(data["complete"]))
        rivals = []
        for job in (bootstraps, single_fits):
            for name in data:
                say(f"{job.__name__.replace('_', ' ')}, {name}")
                rivals.append(job(bench, name))
        say("ordinal")
        ours = OursOrdinal(ordinal)
        rivals += [polychorics(ours, lavaan, bench.lavaan_name, sizes.rounds),
                   ordinal_bootstraps(ours, lavaan, bench.lavaan_name, sizes.rounds, sizes.ordinal_draws,
                                      sizes.lavaan_ordinal_draws)]
    costs = []
    for name in data:
        say(f"workers, {name}")
        costs += [workers(bench, name, times) for times in (1, sizes.longer)]
    for cost in (precision, linear):
        say(cost.__name__)
        costs.append(cost(bench))
    say("rows")
    costs += rows(bench)
    others = [] if isinstance(lavaan, str) else lavaan.name.split(", ")
    others += [] if isinstance(bench.semopy, str) else [bench.semopy.name]
    return Results(machine(*others), quick, tuple(rivals), (*costs, *peak))


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="tasks.py bench", description="Time the engine beside lavaan and semopy.")
    parser.add_argument("--quick", action="store_true", help="few draws and rounds: does everything run?")
    parser.add_argument("--show", action="store_true", help="show the stored results; measure nothing")
    parser.add_argument("--readme", action="store_true", help="write the table into the README")
    parser.add_argument("--out", type=Path, default=STORED, help="where results go (and come from, with --show)")
    chosen = parser.parse_args(arguments)
    console = Console()
    if chosen.show:
        results = read(chosen.out)
    else:
        results = run(QUICK if chosen.quick else FULL, quick=chosen.quick,
                      say=lambda what: console.print(f"timing: {what} …", style="dim"))
        chosen.out.write_text(to_json(results), encoding="utf-8")
    show(results, console)
    if chosen.readme:
        README.write_text(between_marks(README.read_text(encoding="utf-8"), markdown(results)), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
