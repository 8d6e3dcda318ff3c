"""How long it takes to read and validate a large export: ``python -m benchmarks.reading [ROWS] [PLATFORM …]``.

A synthetic questionnaire of 140 questions and its metadata make 150 columns. The file is written by the platform's own
writer; reading and validating are timed together, in a process of their own, whose peak of memory is told.
"""

from __future__ import annotations

import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd

from instrument.fielding import platforms
from instrument.model import Block, Construct, Dimension, Fact, Form, Instrument, Item, Option, ResponseScale
from pipeline.data.responses import validate

ROWS = 100_000
ITEMS, COUNTS = 120, 20
SCALE = ResponseScale(
    id="agree7", points=tuple(Option(code=k, label=f"point {k}") for k in range(1, 8)),
    missing=(Option(code="na", label="not applicable"), Option(code="dk", label="don't know")),
)


def questionnaire() -> Instrument:
    """140 questions: blocks of ten items, and counts."""
    blocks = [
        Block(id=f"b{b}", title=f"Block {b}", layout="matrix", questions=tuple(
            Item(id=f"d{b}i{k}", dimension=f"d{b}", text=f"Item {k} of {b}.") for k in range(1, 11)))
        for b in range(1, ITEMS // 10 + 1)
    ]
    counts = tuple(Fact(id=f"n{k}", kind="count", role="context", text=f"How many, {k}?", maximum=5000)
                   for k in range(1, COUNTS + 1))
    blocks.append(Block(id="counts", title="Counts", questions=counts))
    constructs = tuple(
        Construct(id=f"c{b}", name=f"c{b}", definition="Synthetic.", measurement="reflective", form="F", source=(),
                  dimensions=(Dimension(id=f"d{b}", name=f"d{b}", definition="Synthetic."),))
        for b in range(1, ITEMS // 10 + 1))
    form = Form(id="F", title="Large", respondent="nobody", identifiers=("firm_id", "informant_id"),
                consent_version="1", blocks=tuple(blocks))
    return Instrument(name="large", version="1.0.0", title="Large", summary="Synthetic.", licence="CC0", language="en",
                      language_name="English", alliance_definition="None.", scales=(SCALE,), constructs=constructs,
                      forms=(form,))


def answers(rows: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Synthetic answers with some gaps, and their metadata."""
    rng = np.random.default_rng(1)
    offered = np.array(["", "na", "dk", *map(str, range(1, 8))], dtype=object)
    asked = [q for _, q in questionnaire().form("F").questions()]
    cells = {q.id: offered[rng.integers(0, 10, rows)] if isinstance(q, Item)
             else rng.integers(0, 5000, rows).astype(str).astype(object) for q in asked}
    numbers = [str(k) for k in range(rows)]
    meta = {
        "response_id": [f"R_{n:>012}" for n in numbers], "instrument_version": "1.0.0", "language": "en",
        "started": "2026-03-02 09:00:00", "ended": "2026-03-02 09:20:00", "duration_seconds": "1200", "finished": "1",
        "status": "response", "firm_id": [f"f{n}" for n in numbers], "informant_id": [f"i{n}" for n in numbers],
    }
    return pd.DataFrame(cells, dtype="str"), pd.DataFrame(meta, dtype="str")


def timed(platform: str, path: Path) -> str:
    """Read and validate once; seconds of each, and the peak of this process's memory."""
    known = {"1.0.0": questionnaire()}
    began = time.perf_counter()
    raw = platforms.answers(platform).read(path, "F", instruments=known)
    read = time.perf_counter()
    responses, failures, _ = validate(raw, known)
    done = time.perf_counter()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return (f"{platform}: {len(responses.values):,} rows × {len(raw.cells.columns) + len(raw.meta.columns)} columns, "
            f"{len(failures)} failures; read {read - began:.1f} s, validated {done - read:.1f} s, peak {peak:,.0f} MB")


def main(arguments: list[str]) -> None:
    if arguments[:1] == ["--timed"]:
        print(timed(arguments[1], Path(arguments[2])))
        return
    rows = int(arguments[0]) if arguments else ROWS
    cells, meta = answers(rows)
    with tempfile.TemporaryDirectory() as folder:
        for platform in arguments[1:] or ("qualtrics", "csv"):
            form = platforms.answers(platform)
            path = Path(folder) / f"{platform}{form.SUFFIX}"
            form.write(path, questionnaire(), "F", cells, meta)
            subprocess.run([sys.executable, "-m", "benchmarks.reading", "--timed", platform, str(path)], check=True)


if __name__ == "__main__":
    main(sys.argv[1:])
