"""A rehearsal on disk: same bytes for a seed, readable without a failure; and the stored sample study."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from simulated import SAMPLE

from instrument.errors import InputError
from instrument.fielding import qualtrics
from instrument.model import Instrument
from pipeline.data.responses import validate
from pipeline.data.screening import screen
from pipeline.power.population import load_population
from pipeline.power.rehearsal import rehearse, simulate
from pipeline.study import load_plan

FILES = ("firm.csv", "firm_labels.csv", "alliance.csv", "alliance_labels.csv", "truth.json")


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sample's plan, not yet marked synthetic, and its population with a quick truth."""
    folder = tmp_path_factory.mktemp("study")
    plan = (SAMPLE / "study.yaml").read_text(encoding="utf-8").replace("synthetic: true", "synthetic: false")
    (folder / "study.yaml").write_text(plan, encoding="utf-8")
    population = (SAMPLE / "population.yaml").read_text(encoding="utf-8").replace("firms: 1000000", "firms: 2000")
    (folder / "population.yaml").write_text(population, encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def rehearsed(study: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("out")
    rehearse(study, n=60, seed=7, out=out)
    return out


def test_the_same_seed_gives_the_same_bytes_and_another_seed_others(
    study: Path, rehearsed: Path, tmp_path: Path
) -> None:
    rehearse(study, n=60, seed=7, out=tmp_path / "again")
    rehearse(study, n=60, seed=8, out=tmp_path / "other")
    for name in FILES:
        assert (tmp_path / "again" / name).read_bytes() == (rehearsed / name).read_bytes()
        assert (tmp_path / "other" / name).read_bytes() != (rehearsed / name).read_bytes()


def test_the_truth_does_not_depend_on_the_seed_of_the_answers(study: Path, tmp_path: Path, rehearsed: Path) -> None:
    rehearse(study, n=20, seed=99, out=tmp_path)
    mine, other = (json.loads((folder / "truth.json").read_text("utf-8")) for folder in (rehearsed, tmp_path))
    assert mine["true_values"] == other["true_values"]
    assert (mine["seed"], mine["firms"]) == (7, 60)


def test_the_plan_goes_along_marked_synthetic(study: Path, rehearsed: Path) -> None:
    assert not load_plan(study).synthetic
    assert load_plan(rehearsed).synthetic
    assert load_plan(rehearsed).model_dump(exclude={"synthetic"}) == load_plan(study).model_dump(exclude={"synthetic"})


def test_somebodys_data_are_not_overwritten(study: Path, tmp_path: Path) -> None:
    (tmp_path / "firm.csv").write_text("real answers", encoding="utf-8")
    with pytest.raises(InputError, match="REHEARSE-OVERWRITE"):
        rehearse(study, n=5, seed=1, out=tmp_path)
    assert (tmp_path / "firm.csv").read_text(encoding="utf-8") == "real answers"


def test_an_unknown_platform_is_refused_with_the_known_ones(study: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="qualtrics"):
        rehearse(study, n=5, seed=1, platform="fax", out=tmp_path)


def test_a_language_outside_the_plan_is_bad_input(study: Path, tmp_path: Path) -> None:
    for name in ("study.yaml", "population.yaml"):
        text = (study / name).read_text(encoding="utf-8").replace("languages: [en, es]", "languages: [en]")
        (tmp_path / name).write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match="POPULATION-LANGUAGE"):
        rehearse(tmp_path, n=20, seed=1, out=tmp_path / "out")


# -- the stored sample --------------------------------------------------------------------------------


@pytest.mark.parametrize("form_id", ["F", "A"])
def test_the_sample_reads_without_a_failure_and_its_careless_respondents_are_found(
    instrument: Instrument, form_id: str
) -> None:
    plan = load_plan(SAMPLE)
    source, = plan.forms[form_id]
    assert source.labels is not None
    raw = qualtrics.read(SAMPLE / source.file, form_id, labels=SAMPLE / source.labels)
    responses, failures, summary = validate(raw, instrument, languages=plan.languages)
    assert failures == ()
    assert summary.rows_set_aside == 0
    assert raw.label_check.status == "verified"
    assert all(summary.dropped_personal[column] == len(raw.cells) for column in ("IPAddress", "RecipientEmail"))
    assert set(summary.missing) >= {"na", "dk", "rf", "unanswered"}

    screened, kept = screen(responses, instrument, plan.screening)
    assert kept.kept >= 400
    truth = json.loads((SAMPLE / "truth.json").read_text(encoding="utf-8"))
    careless = {i for ids in truth["respondents"][form_id]["careless"].values() for i in ids}
    caught = np.array([row.excluded for row in screened if row.response_id in careless])
    others = np.array([row.excluded for row in screened if row.response_id not in careless])
    assert len(caught) == pytest.approx(0.08 * len(screened), abs=2)
    assert caught.mean() > 0.8
    assert others.mean() < 0.08


def test_the_sample_is_what_its_population_and_seed_give(tmp_path: Path) -> None:
    """The files in data/sample were not edited by hand; the truth's large population is left out for speed."""
    truth = json.loads((SAMPLE / "truth.json").read_text(encoding="utf-8"))
    for name in ("study.yaml", "population.yaml"):
        text = (SAMPLE / name).read_text(encoding="utf-8").replace("firms: 1000000", "firms: 1000")
        (tmp_path / name).write_text(text, encoding="utf-8")
    rehearse(tmp_path, n=truth["firms"], seed=truth["seed"], out=tmp_path)
    for name in FILES[:4]:
        assert (tmp_path / name).read_bytes() == (SAMPLE / name).read_bytes()
    again = json.loads((tmp_path / "truth.json").read_text(encoding="utf-8"))
    for key in ("respondents", "differs_by_language", "differences"):
        assert again[key] == truth[key]


def test_the_sample_s_languages_differ_in_one_item_and_only_there(instrument: Instrument) -> None:
    truth = json.loads((SAMPLE / "truth.json").read_text(encoding="utf-8"))
    assert truth["differs_by_language"] == {"es": {"lrco2": 0.5}}
    population = load_population(SAMPLE)
    alike = population.model_copy(update={"answering": population.answering.model_copy(update={"language_shift": {}})})
    ours, without = (simulate(p, instrument, n=truth["firms"], seed=truth["seed"]) for p in (population, alike))
    for here, there in zip(ours, without, strict=True):
        assert here.meta.equals(there.meta)
        changed = here.cells != there.cells
        assert set(changed.columns[changed.any()]) == ({"lrco2"} if here.form == "F" else set())
        if here.form == "F":
            moved = changed["lrco2"].to_numpy()
            assert set(here.meta["language"].to_numpy()[moved]) == {"es"}
            assert moved.sum() == 92
            assert (here.cells["lrco2"][moved].astype(int) > there.cells["lrco2"][moved].astype(int)).all()


def test_the_sample_says_that_it_is_synthetic_and_stays_small() -> None:
    assert load_plan(SAMPLE).synthetic
    assert json.loads((SAMPLE / "truth.json").read_text(encoding="utf-8"))["synthetic"] is True
    assert sum((SAMPLE / name).stat().st_size for name in FILES) < 3_000_000
