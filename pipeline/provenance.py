"""Where the numbers come from: versions, fingerprints, seeds, and how long each step took."""

from __future__ import annotations

import hashlib
import platform
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path

from instrument import store
from instrument.model import Instrument
from pipeline.prepare import sources
from pipeline.progress import Progress
from pipeline.results import SCHEMA, Manifest, Timing
from pipeline.study import PLAN_FILE, StudyPlan

PACKAGES = ("alliometrics", "numpy", "scipy", "pandas", "semopy", "factor_analyzer", "pingouin", "scikit-learn",
            "matplotlib", "pydantic")
"""Packages whose version can change a number, named in the manifest."""


class Clock:
    """Tells progress of a step and keeps how long it took."""

    def __init__(self, progress: Progress) -> None:
        self.progress = progress
        self.timings: list[Timing] = []

    @contextmanager
    def step(self, title: str, parts: int | None = None) -> Iterator[None]:
        self.progress.step(title, parts)
        start = time.perf_counter()
        yield
        self.timings.append(Timing(title, round(time.perf_counter() - start, 3)))


def manifest(
    study: Path, plan: StudyPlan, instrument: Instrument, overrides: dict[str, str], clock: Clock, *, draws: int,
    seed: int, workers: int,
) -> Manifest:
    return Manifest(
        schema=SCHEMA,
        program_version=metadata.version("alliometrics"),
        created=datetime.now(UTC).isoformat(timespec="seconds"),
        title=plan.title,
        synthetic=plan.synthetic,
        instrument_name=instrument.name,
        instrument_version=instrument.version,
        instrument_fingerprint=store.fingerprint(instrument),
        plan_sha256=_sha256(study / PLAN_FILE),
        data_sha256={name: _sha256(path) for name, path in sources(study, plan).items()},
        packages={name: metadata.version(name) for name in PACKAGES},
        python=sys.version.split()[0],
        platform=platform.platform(),
        seed=seed,
        draws=draws,
        workers=workers,
        overrides=overrides,
        timings=tuple(clock.timings),
    )


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
