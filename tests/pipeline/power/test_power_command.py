"""`alliometrics power`: files, resumption after a kill, workers, a Dask cluster, and bad input."""

from __future__ import annotations

import csv
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from instrument.errors import InputError
from pipeline.commands import power as command
from pipeline.power import simulate
from pipeline.power.grid import Asked
from pipeline.power.simulate import Where
from pipeline.power.study_power import StudyPower, study_power
from pipeline.progress import Silent

ROOT = Path(__file__).resolve().parents[3]
CHAIN = ROOT / "data" / "chain"
SMALL = Asked(sizes=(60, 120), replications=60)
FILES = ("power.csv", "power.json", "power.md", "power.svg", "power.png", "power-width.svg", "power-width.png")


def run(out: Path, asked: Asked = SMALL, where: Where | None = None, study: Path = CHAIN, seed: int | None = None,
        fresh: bool = False) -> StudyPower:
    return command.run(study, asked, out, where=where or Where(), progress=Silent(), seed=seed, fresh=fresh)


def computed(out: Path, asked: Asked = SMALL, *, study: Path, seed: int | None = None, fresh: bool = False,
             ) -> StudyPower:
    """The same without files and figures."""
    return study_power(study, asked, out, where=Where(), progress=Silent(), seed=seed, fresh=fresh)


def copied(tmp_path: Path) -> Path:
    """The chain with 20,000 firms for its true values, to be quick."""
    study = tmp_path / "study"
    shutil.copytree(CHAIN, study)
    text = (study / "population.yaml").read_text(encoding="utf-8")
    (study / "population.yaml").write_text(text.replace("firms: 1000000", "firms: 20000"), encoding="utf-8")
    return study


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return copied(tmp_path_factory.mktemp("study"))


@pytest.fixture(scope="module")
def reference(study: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What an uninterrupted run in one process writes."""
    out = tmp_path_factory.mktemp("reference")
    run(out, study=study)
    return out


def contents(folder: Path) -> dict[str, bytes]:
    return {name: (folder / name).read_bytes() for name in FILES}


def line(study: Path, out: Path, *more: str) -> list[str]:
    return [sys.executable, "-m", "pipeline.cli", "power", str(study), "--out", str(out), "--workers", "1",
            "--n", "60,120", "--replications", "60", *more]


def test_a_killed_run_started_again_writes_the_same_bytes(study: Path, reference: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    with subprocess.Popen(line(study, out), cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        deadline = time.monotonic() + 60
        while not list((out / "chunks").glob("*.json")) and time.monotonic() < deadline:
            time.sleep(0.002)
        os.kill(process.pid, signal.SIGKILL)
    done = len(list((out / "chunks").glob("*.json")))
    assert 1 <= done < 4, "the run was to be killed halfway"
    assert not (out / "power.csv").exists()
    (out / "chunks" / ".half.json.1").write_text("{", encoding="utf-8")
    again = subprocess.run(line(study, out), cwd=ROOT, capture_output=True, text=True, check=True)
    assert contents(out) == contents(reference)
    assert "taken over from an earlier run" in again.stdout
    assert "of 120" in again.stdout
    assert computed(out, study=study).taken_over == 120
    assert computed(out, study=study, fresh=True).taken_over == 0
    assert not (out / "chunks" / ".half.json.1").exists()


def test_a_broken_chunk_is_computed_again(study: Path, reference: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    shutil.copytree(reference, out)
    chunks = sorted((out / "chunks").glob("*.json"))
    chunks[0].write_text(chunks[0].read_text(encoding="utf-8")[:40], encoding="utf-8")
    for chunk in chunks[1:]:
        shorter = json.loads(chunk.read_text(encoding="utf-8"))
        chunk.write_text(json.dumps({name: values[:-1] for name, values in shorter.items()}), encoding="utf-8")
    assert run(out, study=study).taken_over == 0
    assert contents(out) == contents(reference)


def test_chunks_of_other_assumptions_are_not_taken_over(study: Path, reference: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    shutil.copytree(reference, out)
    assert computed(out, Asked(sizes=(60,), replications=20), study=study, seed=3).taken_over == 0
    assert computed(out, Asked(sizes=(60,), replications=20, effects=(0.9,)), study=study).taken_over == 0
    other = tmp_path / "other"
    shutil.copytree(study, other)
    text = (other / "population.yaml").read_text(encoding="utf-8")
    (other / "population.yaml").write_text(text.replace("sd: 0.85", "sd: 0.86"), encoding="utf-8")
    assert computed(out, Asked(sizes=(60,), replications=20), study=other).taken_over == 0
    # A size more, and fewer replications: what both grids share is kept.
    assert computed(out, Asked(sizes=(60, 90, 120), replications=50), study=study).taken_over == 100


def test_two_processes_give_the_same_files(study: Path, reference: Path, tmp_path: Path) -> None:
    run(tmp_path / "out", where=Where("processes", 2), study=study)
    assert contents(tmp_path / "out") == contents(reference)


def test_a_dask_cluster_gives_the_same_files(study: Path, reference: Path, tmp_path: Path) -> None:
    """A real scheduler with two worker processes, reached by its address."""
    from distributed import LocalCluster

    with LocalCluster(n_workers=2, threads_per_worker=1, processes=True, dashboard_address=":0") as cluster:
        run(tmp_path / "out", where=Where("dask", 1, cluster.scheduler_address), study=study)
    assert contents(tmp_path / "out") == contents(reference)


@pytest.mark.parametrize(("address", "place"), [
    ("tcp://127.0.0.1:9", "--scheduler tcp://127.0.0.1:9"), ("no address", "--scheduler no address"),
    (None, "--backend dask"),
])
def test_a_scheduler_that_is_not_there_is_said_quickly(
    study: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, address: str | None, place: str,
) -> None:
    monkeypatch.setattr(simulate, "TIMEOUT", 1)
    started = time.monotonic()
    with pytest.raises(InputError) as caught:
        run(tmp_path, Asked(sizes=(60,), replications=1), where=Where("dask", 1, address), study=study)
    assert [(f.code, f.place) for f in caught.value.findings] == [("POWER-SCHEDULER", place)]
    assert time.monotonic() - started < 15


def test_a_scheduler_without_workers_is_said(study: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from distributed import LocalCluster

    monkeypatch.setattr(simulate, "TIMEOUT", 1)
    with LocalCluster(n_workers=0, processes=False, dashboard_address=":0", protocol="tcp") as cluster, \
            pytest.raises(InputError, match="has no worker after 1 seconds"):
        run(tmp_path, Asked(sizes=(60,), replications=1), where=Where("dask", 1, cluster.scheduler_address),
            study=study)


def test_files_hold_every_cell_and_say_what_is_needed(reference: Path) -> None:
    document = json.loads((reference / "power.json").read_text(encoding="utf-8"))
    with (reference / "power.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert [int(row["n"]) for row in rows] == [cell["n"] for cell in document["cells"]] == [60, 120]
    for row, cell in zip(rows, document["cells"], strict=True):
        assert cell["replications"] == 60
        for hit in ("joint", "monte_carlo", "delta"):
            rate = cell["power"][hit]
            assert rate["share"] == rate["hits"] / 60 == float(row[f"power_{hit}"])
            assert rate["lower"] <= rate["share"] <= rate["upper"]
        assert float(row["coverage"]) == cell["coverage"]["share"]
        assert cell["bias"] == pytest.approx(cell["estimate"] - cell["true"])
    assert document["df"] == 37, "66 moments of 11 variables, 3 of them of the exogenous ones; 26 parameters"
    assert [fit["test"] for fit in document["fit"]] == ["close fit", "not-close fit", "exact fit"]
    [main] = [need for need in document["needed"] if need["found_by"] == "monte_carlo"]
    assert [size["n"] for size in main["sizes"]] == [None, None]
    assert "ask for larger N" in main["undefined"]["n for 0.8"]
    text = (reference / "power.md").read_text(encoding="utf-8")
    assert "ask for larger N" in text
    assert "power.svg" in text
    assert (reference / "power.svg").read_bytes().startswith(b"<?xml")


def test_everything_wrong_with_a_grid_is_said_at_once() -> None:
    asked = command.asked(n="175", effects="-1", missing="-.1,own", careless="1.5", replications=0, model=None,
                          effect=None)
    with pytest.raises(InputError) as caught:
        run(Path("unused"), asked)
    assert [f.code for f in caught.value.findings] == ["POWER-GRID", "POWER-SHARE", "POWER-SHARE", "POWER-REPLICATIONS"]
    assert [f.place for f in caught.value.findings] == ["--effects -1", "--missing -0.1", "--careless 1.5",
                                                        "--replications 0"]
    for text in ("175,many", "", "1.5"):
        with pytest.raises(InputError, match="POWER-GRID"):
            command.asked(n=text, effects=None, missing=None, careless=None, replications=None, model=None, effect=None)


@pytest.mark.parametrize(("asked", "code", "says"), [
    (Asked(sizes=(8, 11, 200)), "POWER-SIZE", "8 firms, 11 variables"),
    (Asked(model="M99"), "POWER-MODEL", "this is neither"),
    (Asked(model="pillars"), "POWER-MODEL", "its rows are alliances"),
    (Asked(effect="seriel"), "POWER-EFFECT", "defines no seriel"),
    (Asked(model="M1", effect="serial_capability"), "POWER-VARIABLE", "M1 uses lrar1"),
])
def test_what_does_not_exist_is_named(study: Path, tmp_path: Path, asked: Asked, code: str, says: str) -> None:
    with pytest.raises(InputError) as caught:
        run(tmp_path / "out", asked, study=study)
    assert caught.value.findings[0].code == code
    assert says in caught.value.findings[0].rule
    assert not (tmp_path / "out").exists(), "nothing is begun"
    if code == "POWER-SIZE":
        assert [f.place for f in caught.value.findings] == ["--n 8", "--n 11"]


@pytest.mark.parametrize(("definition", "says"), [("p1 + p2", "p1+p2 is none"), ("p1*2", "is none")])
def test_an_effect_must_be_a_product(study: Path, tmp_path: Path, definition: str, says: str) -> None:
    model = tmp_path / "other.lav"
    model.write_text((CHAIN / "chain.lav").read_text(encoding="utf-8") + f"\nother := {definition}\n", encoding="utf-8")
    with pytest.raises(InputError) as caught:
        run(tmp_path / "out", Asked(model=str(model), effect="other"), study=study)
    assert caught.value.findings[0].code == "POWER-PRODUCT"
    assert says in caught.value.findings[0].rule
    assert "serial" in caught.value.findings[0].fix


def test_a_study_without_population_says_so(tmp_path: Path) -> None:
    shutil.copy(CHAIN / "study.yaml", tmp_path / "study.yaml")
    with pytest.raises(InputError, match="POPULATION-MISSING"):
        run(tmp_path / "out", study=tmp_path)


def test_an_unknown_backend_is_refused() -> None:
    with pytest.raises(InputError, match="POWER-BACKEND"):
        command.where("spark", 1, None)
    with pytest.raises(InputError, match="POWER-BACKEND"):
        command.where("processes", 1, "tcp://127.0.0.1:8786")
    assert command.where("processes", 3, None) == Where("processes", 3)
