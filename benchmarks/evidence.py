"""How long the measurement suite takes on the sample study (synthetic): every part, and all bootstrap intervals.

    python -m benchmarks.evidence [workers]
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from pathlib import Path

from pipeline.evidence.consistency import consistency_of
from pipeline.evidence.cutoffs import cut_offs_of
from pipeline.evidence.distinctness import distinctness_of
from pipeline.evidence.items import items_of
from pipeline.evidence.method import method_of
from pipeline.evidence.scales import scales_of, sets_of
from pipeline.evidence.structure import structure_of
from pipeline.instruments import instrument_of
from pipeline.prepare import prepare_all
from pipeline.progress import Silent
from pipeline.questions import level_frames, questions_for
from pipeline.results import SCREENED
from pipeline.sem.linalg import one_thread
from pipeline.study import load_plan

SAMPLE = Path(__file__).resolve().parent.parent / "data" / "sample"
SEED = 20261122


def main(workers: int) -> None:
    """Print seconds and processor seconds of every part."""
    plan = load_plan(SAMPLE)
    instrument = instrument_of(SAMPLE, plan)
    forms = prepare_all(SAMPLE, plan, instrument, Silent())
    scales = scales_of(forms, instrument)
    sets = sets_of(scales, plan.measurement)
    posed = questions_for(forms, level_frames(forms, SCREENED), instrument, plan).models
    pillars = [one for one in posed if one.spec.id == "pillars"]
    replications = plan.measurement.replications
    parts: dict[str, Callable[[], object]] = {
        "items": lambda: items_of(scales),
        f"reliability, {plan.measurement.draws} resamples": lambda: consistency_of(
            scales, sets, instrument, plan, seed=SEED, workers=workers),
        f"distinctness, {plan.measurement.draws} resamples": lambda: distinctness_of(
            sets, instrument, plan, seed=SEED, workers=workers),
        "rival structures": lambda: structure_of(sets, instrument, plan, workers=workers),
        "method variance": lambda: method_of(sets, scales, forms, instrument, plan, workers=workers),
        f"cut-offs of the three pillars, {replications} replications": lambda: cut_offs_of(
            pillars, replications=replications, seed=SEED, level=plan.level, workers=workers),
        f"cut-offs of all models, {replications} replications": lambda: cut_offs_of(
            posed, replications=replications, seed=SEED, level=plan.level, workers=workers),
    }
    with one_thread():
        for name, part in parts.items():
            start, cpu = time.perf_counter(), time.process_time()
            part()
            print(f"{name:55} {time.perf_counter() - start:6.2f} s  {time.process_time() - cpu:6.2f} s of this process")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 2)
