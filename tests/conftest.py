"""What more than one part of the tests looks at."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.results import StudyResults
from pipeline.run import run_study

SAMPLE = Path(__file__).resolve().parents[1] / "data" / "sample"


@pytest.fixture(scope="session")
def sample_results() -> StudyResults:
    """The sample study (synthetic) from its exports to its results, by its plan but for 100 bootstrap draws and the
    robustness map."""
    return run_study(SAMPLE, draws=100, workers=1, robustness=False)
