"""What more than one part of the tests looks at."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from threadpoolctl import threadpool_limits
from xdist.scheduler import LoadScopeScheduling

from pipeline.evidence.found import Evidence
from pipeline.results import StudyResults
from pipeline.run import run_study
from pipeline.sem.resampling import BLOCK
from pipeline.study import load_plan
from tests import example_theory

# One process a core: threads of linear algebra would only wait for one another.
threadpool_limits(1)

# On continuous integration the same examples each time: what fails there fails here. Elsewhere new ones are tried.
settings.register_profile("suite", deadline=None, derandomize=bool(os.environ.get("CI")),
                          suppress_health_check=list(HealthCheck))
settings.load_profile("suite")

TESTS = Path(__file__).resolve().parent
SAMPLE = TESTS.parent / "data" / "sample"


class Together(LoadScopeScheduling):
    """Which tests one of several processes takes together: a file's, and all files' that look at the same results.

    What is costly to make is then made once.
    """

    def _split_scope(self, nodeid: str) -> str:
        path = nodeid.split("::")[0]
        return _LOOKING_AT.get(path, path)


_LOOKING_AT = {
    path.relative_to(TESTS.parent).as_posix(): fixture
    for fixture in ("results_root", "sample_results") for path in TESTS.rglob("test_*.py")
    if fixture in path.read_text(encoding="utf-8")}


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Together:
    # Not by marks and --dist loadgroup: pytest 9.2 no longer lets pytest-xdist 3.8 write groups into tests' names.
    return Together(config, log)


@pytest.fixture(scope="session")
def sample_results() -> StudyResults:
    """The sample study (synthetic) from its exports to its results, by its plan but for 100 bootstrap draws, invariance
    of few constructs, evidence with few resamples on fewer scales, and the robustness map."""
    plan = load_plan(SAMPLE)
    lighter = plan.model_copy(update={
        "invariance": plan.invariance.model_copy(update={"constructs": ("lr", "su")}),
        "measurement": plan.measurement.model_copy(update={
            "draws": 60, "replications": 50,
            "sets": {"pillars": ("ratr", "ravg", "rfmod", "rfkm", "srrs", "srcr"),
                     "capability": ("lrar", "lrco", "sufl")}}),
    })
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("pipeline.run.load_plan", lambda study: lighter)
        return run_study(SAMPLE, draws=100, workers=1, robustness=False)


NO_THEORY = {"claims": {"decide": []}, "robustness": {"draws": 0}, "invariance": {"by": []}}
"""What to write into a plan whose run is not about the theory, nor about comparing groups."""


@contextmanager
def without_theory() -> Iterator[None]:
    """Runs that have examples in place of rivals, sensitivity and probes, which a test of something else waits for.

    Resamples come in small chunks: a few draws take little time, and a dozen are shared among workers.
    """
    with pytest.MonkeyPatch.context() as patched:
        for name, example in (("compare_rivals", example_theory.rivals), ("sensitivity", example_theory.sensitivity),
                              ("probe_models", example_theory.probes)):
            patched.setattr(f"pipeline.run.{name}", lambda *_, example=example, **__: example(), raising=False)
        for module in ("run", "questions"):
            patched.setattr(f"pipeline.{module}.THEORY", ())
        patched.setattr("pipeline.run.evidence_of", lambda *_, **__: Evidence())
        # A chunk of draws is computed whole, however few of them are wanted.
        patched.setattr("pipeline.sem.refit._CHUNK", 2 * BLOCK)
        for name in ("compare_groups", "ordinal_runs"):
            patched.setattr(f"pipeline.run.{name}", lambda *_, **__: ())
        yield
