"""`alliometrics claims`: the ledger, the verdicts, and one claim down to its questions."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from pipeline import cli
from pipeline.results import write_results
from tests.example_results import example_results
from tests.pipeline.claims.conftest import DATA

Called = tuple[int, str, str]


@pytest.fixture
def call(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    def run(*arguments: object) -> Called:
        monkeypatch.setattr(sys, "argv", ["alliometrics", "claims", *map(str, arguments)])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        told = capsys.readouterr()
        return int(ended.value.code or 0), told.out, told.err

    return run


def test_without_a_study_the_ledger_is_listed(call) -> None:
    status, out, _ = call()
    assert status == 0
    assert "H307" in out
    assert "M1: a1*(c2 + a2*b)" in " ".join(out.split())
    assert "not testable:" in out


def test_one_claim_is_told_from_its_sentence_to_its_questions(call) -> None:
    status, out, _ = call(DATA / "sample", "--claim", "H009")
    assert status == 0
    assert "H009 (AEM)" in out
    assert "Verdict: supported." in out
    assert "True of the simulated firms: supported: RF is caused by RA" in out
    assert "ratr1 (form A): " in out
    assert "RF ~ ra_rf*RA" in out
    assert "H307" not in out


def test_verdicts_are_written_as_json(call, tmp_path: Path) -> None:
    status, out, _ = call(DATA / "sample", "--claim", "H009", "--claim", "H201", "--json", tmp_path / "claims.json")
    assert status == 0
    assert out.strip().endswith("claims.json.")
    document = json.loads((tmp_path / "claims.json").read_text(encoding="utf-8"))
    assert [(claim["id"], claim["verdict"]) for claim in document["claims"]] == [
        ("H009", "supported"), ("H201", "not testable")]
    prediction, = document["claims"][0]["predictions"]
    assert prediction["lower"] < prediction["est"] < prediction["upper"]


def test_a_results_folder_is_read_and_not_run_again(call, tmp_path: Path) -> None:
    results = example_results()
    write_results(results, tmp_path)
    status, out, _ = call(tmp_path)
    assert status == 0
    for claim in results.claims.claims:
        assert claim.id in out
    assert results.claims.sentence.split(";")[0] in " ".join(out.split())


def test_an_unknown_claim_is_named_before_anything_is_read(call, tmp_path: Path) -> None:
    status, _, err = call(tmp_path, "--claim", "H999")
    assert status == 2
    assert "CLAIMS-UNKNOWN" in err
    assert "H999" in err


def test_a_plan_that_names_an_unknown_claim_covariate_or_construct(call, tmp_path: Path) -> None:
    plan = (DATA / "sample" / "study.yaml").read_text(encoding="utf-8")
    plan += "claims: {decide: [H009, H998], constructs: [ra, zz]}\n"
    (tmp_path / "study.yaml").write_text(plan, encoding="utf-8")
    status, _, err = call(tmp_path)
    assert status == 2
    assert "STUDY-CLAIM" in err
    assert "'H998'" in err
    assert "STUDY-CONSTRUCT" in err
    assert "'zz'" in err
