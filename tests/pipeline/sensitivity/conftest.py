"""One report on the synthetic firms, made once."""

from __future__ import annotations

import pandas as pd
import pytest
from studied import CHAIN, firms, plan

from pipeline.estimation import estimate
from pipeline.sem.estimate import Estimated
from pipeline.sensitivity import SensitivityReport, sensitivity


@pytest.fixture(scope="session")
def frame() -> pd.DataFrame:
    return firms()


@pytest.fixture(scope="session")
def base(frame: pd.DataFrame) -> Estimated:
    return estimate(CHAIN, frame)


@pytest.fixture(scope="session")
def report(frame: pd.DataFrame, base: Estimated) -> SensitivityReport:
    return sensitivity(CHAIN, frame, plan(), estimated=base, draws=4000)
