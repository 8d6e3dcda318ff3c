"""What more than one part of the tests looks at."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from threadpoolctl import threadpool_limits

from pipeline.results import StudyResults
from pipeline.run import run_study
from pipeline.study import load_plan
from tests import example_theory

# One process a core: threads of linear algebra would only wait for one another.
threadpool_limits(1)

# On continuous integration the same examples each time: what fails there fails here. Elsewhere new ones are tried.
settings.register_profile("suite", deadline=None, derandomize=bool(os.environ.get("CI")),
                          suppress_health_check=list(HealthCheck))
settings.load_profile("suite")

SAMPLE = Path(__file__).resolve().parents[1] / "data" / "sample"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Which tests one of several processes takes together: a file's, and all files' that look at the sample's results.

    What is costly to make is then made once.
    """
    by_file: dict[str, list[pytest.Item]] = {}
    for item in items:
        by_file.setdefault(item.nodeid.split("::")[0], []).append(item)
    for path, inside in by_file.items():
        shares = any("sample_results" in getattr(item, "fixturenames", ()) for item in inside)
        for item in inside:
            item.add_marker(pytest.mark.xdist_group("the sample's results" if shares else path))


@pytest.fixture(scope="session")
def sample_results() -> StudyResults:
    """The sample study (synthetic) from its exports to its results, by its plan but for 100 bootstrap draws, invariance
    of few constructs, and the robustness map."""
    plan = load_plan(SAMPLE)
    lighter = plan.model_copy(update={"invariance": plan.invariance.model_copy(update={"constructs": ("lr", "su")})})
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("pipeline.run.load_plan", lambda study: lighter)
        return run_study(SAMPLE, draws=100, workers=1, robustness=False)


NO_THEORY = {"claims": {"decide": []}, "robustness": {"draws": 0}, "invariance": {"by": []}}
"""What to write into a plan whose run is not about the theory, nor about comparing groups."""


@contextmanager
def without_theory() -> Iterator[None]:
    """Runs that have examples in place of rivals, sensitivity and probes, which a test of something else waits for."""
    with pytest.MonkeyPatch.context() as patched:
        for name, example in (("compare_rivals", example_theory.rivals), ("sensitivity", example_theory.sensitivity),
                              ("probe_models", example_theory.probes)):
            patched.setattr(f"pipeline.run.{name}", lambda *_, example=example, **__: example(), raising=False)
        for module in ("run", "questions"):
            patched.setattr(f"pipeline.{module}.THEORY", ())
        for name in ("compare_groups", "ordinal_runs"):
            patched.setattr(f"pipeline.run.{name}", lambda *_, **__: ())
        yield
