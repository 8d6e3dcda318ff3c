"""Rows of rehearsed studies, ready for models."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import pytest

from instrument import store
from instrument.model import Instrument
from pipeline.models.spec import Level
from pipeline.power.rehearsal import rehearse
from pipeline.prepare import prepare
from pipeline.results import SCREENED
from pipeline.run import level_frames
from pipeline.study import StudyPlan, load_plan

DATA = Path(__file__).resolve().parents[3] / "data"


@dataclass(frozen=True)
class Rows:
    """A study's plan and its screened rows by level."""

    plan: StudyPlan
    instrument: Instrument
    frames: dict[Level, pd.DataFrame]

    def deciding(self, *claims: str, **more: object) -> StudyPlan:
        """The plan, with these claims to be decided."""
        return self.plan.model_copy(update={"claims": self.plan.claims.model_copy(update={"decide": claims, **more})})


def rows_of(study: Path) -> Rows:
    plan = load_plan(study)
    instrument = store.load(plan.instrument)
    forms = [prepare(study, plan, instrument, form) for form in plan.forms]
    return Rows(plan, instrument, level_frames(forms, SCREENED))


@pytest.fixture(scope="session")
def sample() -> Rows:
    """The sample study."""
    return rows_of(DATA / "sample")


@pytest.fixture(scope="session")
def rival(tmp_path_factory: pytest.TempPathFactory) -> Rows:
    """540 firms of which the rival theory is true."""
    folder = tmp_path_factory.mktemp("rival")
    rehearse(DATA / "rival", n=540, seed=11, out=folder)
    return rows_of(folder)
