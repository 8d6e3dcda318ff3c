"""Peak memory of a bootstrap of M1, in a process of its own: ``python -m benchmarks.memory LEVEL DRAWS WORKERS``.

``LEVEL`` is ``dimensions``, M1 with dimension scores and complete rows, as the reference values have it, or ``items``,
M1 as the pipeline has it, with gaps. Prints two numbers, megabytes: the peak once packages and data are there, and the
peak at the end. Where workers are processes, the end counts each of them with the peak of the largest, shared pages and
all: it can be too much, never too little.
"""

from __future__ import annotations

import csv
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from benchmarks.model import Array

Level = Literal["dimensions", "items"]

ROOT = Path(__file__).resolve().parent.parent
REFERENCE = ROOT / "tests" / "reference" / "sem"
DATA = REFERENCE / "mediation.csv"
"""400 synthetic rows of dimension scores and covariates."""

_STATUS = Path("/proc/self/status")


def measured(level: Level, draws: int, workers: int) -> tuple[float, float]:
    """Start the process; its two numbers."""
    done = subprocess.run([sys.executable, "-m", "benchmarks.memory", level, str(draws), str(workers)],
                          cwd=ROOT, capture_output=True, text=True, check=True)
    before, peak = map(float, done.stdout.split())
    return before, peak


def peak_megabytes() -> float:
    """Most memory this process ever had in use.

    Linux is asked by ``/proc``: what ``getrusage`` says of a child there begins at its parent's peak.
    """
    if _STATUS.is_file():
        line = next(line for line in _STATUS.read_text(encoding="utf-8").splitlines() if line.startswith("VmHWM"))
        return int(line.split()[1]) / 2**10
    return _resident(children=False)


def largest_worker() -> float:
    """Peak of the largest process that this one started and that has ended; 0 if there was none."""
    return _resident(children=True)


def _resident(*, children: bool) -> float:
    import resource  # not on Windows, where the rest of the benchmark runs

    most = resource.getrusage(resource.RUSAGE_CHILDREN if children else resource.RUSAGE_SELF).ru_maxrss
    # macOS counts bytes, others kilobytes.
    return most / (2**20 if sys.platform == "darwin" else 2**10)


def dimension_rows() -> tuple[list[str], Array]:
    """Names and rows of the reference data."""
    import numpy as np

    with DATA.open(encoding="utf-8", newline="") as file:
        names, *rows = csv.reader(file)
    return names, np.array(rows, dtype=np.float64)


def item_rows(missing: float = 0.05, seed: int = 1) -> tuple[list[str], Array]:
    """The same, and for every column four items, the column plus noise, ``missing`` of them taken out at random."""
    import numpy as np

    names, X = dimension_rows()
    draw = np.random.default_rng(seed)
    items = np.repeat(X, 4, axis=1) + 0.7 * draw.normal(size=(len(X), 4 * len(names)))
    items[draw.random(items.shape) < missing] = np.nan
    return [*names, *(f"{name}{number}" for name in names for number in range(1, 5))], np.hstack((X, items))


def main(level: Level, draws: int, workers: int) -> None:
    from pipeline.models import MEDIATION
    from pipeline.sem.bootstrap import bootstrap
    from pipeline.sem.estimate import Options, estimate_model

    names, X = item_rows() if level == "items" else dimension_rows()
    written = (REFERENCE / "models" / "serial_mediation.lav").read_text(encoding="utf-8")
    syntax, options = (MEDIATION.syntax, MEDIATION.options) if level == "items" else (written, Options())
    before = peak_megabytes()
    estimated = estimate_model(syntax, X, names, options)
    bootstrap(estimated.problem, estimated.theta, draws=draws, seed=1, workers=workers)
    print(before, peak_megabytes() + (workers * largest_worker() if workers > 1 else 0.0))


if __name__ == "__main__":
    main("items" if sys.argv[1] == "items" else "dimensions", int(sys.argv[2]), int(sys.argv[3]))
