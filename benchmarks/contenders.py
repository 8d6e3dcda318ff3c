"""Who is timed: this engine, lavaan in a warm R process, semopy. Every method does one job and says how long it took.

One CPU each: BLAS has one thread, lavaan's bootstrap is not parallel. Everything a job needs before it, reading data
and the estimate that draws start from, is prepared outside the clock on all sides.
"""

from __future__ import annotations

import gc
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from time import perf_counter
from typing import IO, Any, TypeVar

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

from benchmarks.model import NAMES, SYNTAX, Array, Data, lines_without_effects
from benchmarks.ordinal_model import OrdinalData
from pipeline.sem.bootstrap import bootstrap
from pipeline.sem.describe import fit_model
from pipeline.sem.estimate import Estimated, Options, estimate_model
from pipeline.sem.objective import Objective
from pipeline.sem.refit import DRAW_TOLERANCE, Refit, refit
from pipeline.sem.resampling import Resampling, resampling

SCRIPT = Path(__file__).resolve().with_name("lavaan.R")
ONE_THREAD = {name: "1" for name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS")}

Value = TypeVar("Value")


@dataclass(frozen=True, slots=True)
class Timed:
    """Seconds a job took, and a number that shows it was done: a χ², or how many draws converged."""

    seconds: float
    shown: float


def clocked(job: Callable[[], Value]) -> tuple[float, Value]:
    """Seconds a job took, with what earlier jobs left behind collected before, and its value."""
    gc.collect()
    start = perf_counter()
    value = job()
    return perf_counter() - start, value


def options_for(data: Data) -> Options:
    return Options(missing="fiml" if np.isnan(data.X).any() else "listwise")


class Ours:
    """This engine on one set of rows."""

    def __init__(self, data: Data, syntax: str = SYNTAX, names: Sequence[str] = NAMES) -> None:
        self.data, self.syntax, self.names = data, syntax, names
        self.estimated: Estimated = estimate_model(syntax, data.X, names, options_for(data))

    def fit(self) -> Timed:
        """Estimates, standard errors, standardised solutions with theirs, all indices."""
        seconds, fit = clocked(lambda: fit_model(self.syntax, self.data.X, self.names, options_for(self.data)))
        assert fit.indices is not None
        return Timed(seconds, float(fit.indices.chisq))

    def draws(self, count: int, seed: int, *, workers: int = 1, tolerance: float = DRAW_TOLERANCE) -> Timed:
        """Draws with intervals of every row and effect, unstandardised and standardised."""
        seconds, found = clocked(lambda: bootstrap(self.estimated.problem, self.estimated.theta, draws=count, seed=seed,
                                                   workers=workers, tolerance=tolerance))
        return Timed(seconds, found.converged)

    def stages(self, count: int, seed: int) -> tuple[float, float]:
        """Seconds to draw rows and take their moments, and seconds after that, which should not know of rows."""
        problem = self.estimated.problem
        plan, source = refit(problem, self.estimated.theta), resampling(problem.sample, seed)
        before = after = 0.0
        with threadpool_limits(limits=1, user_api="blas"):
            for first in range(0, count, plan.chunk):
                last = first + min(plan.chunk, count - first)
                taken, (objective, usable) = clocked(partial(_moments, plan, source, first, last))
                searched, _ = clocked(partial(plan.minima, objective, usable))
                before, after = before + taken, after + searched
        return before, after


def _moments(plan: Refit, source: Resampling, first: int, last: int) -> tuple[Objective, NDArray[np.bool_]]:
    return plan.objective(source.counts(first, last))


class Lavaan:
    """lavaan in an R process that stays, so that no job pays for R's start."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process
        self.name = self._line()

    def fit(self, data: Data) -> Timed:
        return self._ask(f"fit {data.name}")

    def draws(self, data: Data, count: int, seed: int) -> Timed:
        return self._ask(f"draws {data.name} {count} {seed}")

    def polychorics(self) -> Timed:
        return self._ask("polychorics")

    def ordinal(self, count: int, seed: int) -> Timed:
        return self._ask(f"ordinal {count} {seed}")

    def _ask(self, job: str) -> Timed:
        pipe = self._pipe(self._process.stdin)
        pipe.write(job + "\n")
        pipe.flush()
        seconds, shown = self._line().split()
        return Timed(float(seconds), float(shown))

    def _line(self) -> str:
        line = self._pipe(self._process.stdout).readline()
        if not line:
            raise RuntimeError("lavaan stopped; what R said stands above")
        return line.strip()

    @staticmethod
    def _pipe(pipe: IO[str] | None) -> IO[str]:
        assert pipe is not None
        return pipe


@contextmanager
def lavaan_on(
    data: Sequence[Data], folder: Path, ordinal: OrdinalData | None = None,
) -> Iterator[Lavaan | str]:
    """lavaan with these data, or why there is none."""
    rscript = shutil.which("Rscript")
    if rscript is None:
        yield "Rscript is not on the path"
        return
    check = subprocess.run([rscript, "-e", "library(lavaan)"], capture_output=True, check=False)
    if check.returncode:
        yield "R has no package lavaan"
        return
    (folder / "model.lav").write_text(SYNTAX, encoding="utf-8")
    for rows in data:
        rows.write(folder)
    if ordinal is not None:
        ordinal.write(folder)
    process = subprocess.Popen([rscript, "--vanilla", str(SCRIPT), str(folder)], stdin=subprocess.PIPE,
                               stdout=subprocess.PIPE, text=True, env={**os.environ, **ONE_THREAD})
    try:
        yield Lavaan(process)
    finally:
        assert process.stdin is not None
        process.stdin.close()
        process.wait()


class Semopy:
    """semopy refitting one model: moments by matrix product, L-BFGS-B from the full sample's estimates.

    Its default solver, SLSQP, stops before the minimum.
    """

    def __init__(self, data: Data) -> None:
        import pandas as pd
        import semopy

        self.name = f"semopy {version('semopy')}"
        self._X = data.X
        self._model = semopy.Model(lines_without_effects(SYNTAX))
        self._fit(data=pd.DataFrame(data.X, columns=list(NAMES)))
        self._start: Array = self._model.param_vals.copy()
        self._order = [NAMES.index(name) for name in self._model.vars["observed"]]

    def draws(self, count: int, seed: int) -> Timed:
        generator, n = np.random.default_rng(seed), len(self._X)
        with threadpool_limits(limits=1, user_api="blas"):
            seconds, converged = clocked(lambda: sum(
                self._refit(generator.multinomial(n, np.full(n, 1 / n))) for _ in range(count)))
        return Timed(seconds, converged)

    def _refit(self, weights: NDArray[np.int64]) -> bool:
        share = weights / weights.sum()
        centred = (self._X - share @ self._X)[:, self._order]
        self._model.load_cov((centred * share[:, None]).T @ centred)
        self._model.param_vals = self._start.copy()
        return bool(self._fit().success)

    def _fit(self, **given: object) -> Any:
        return self._model.fit(obj="MLW", solver="L-BFGS-B", **given)


def semopy_on(data: Data) -> Semopy | str:
    """semopy with these data, or why there is none."""
    try:
        version("semopy")
    except PackageNotFoundError:
        return "semopy is not installed"
    return Semopy(data)
