"""Bad input at the command line: what a hurried person would do, and what they are told.

A file that cannot be trusted stops the run; a bad row or cell is set aside and everything else is analysed.
Either way: status 2, findings with place, rule and fix on standard error, no traceback, no personal data.
"""

from __future__ import annotations

import csv
import io
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
import yaml
from threadpoolctl import threadpool_limits

from pipeline import cli
from pipeline.models import MEDIATION
from pipeline.power.rehearsal import rehearse
from pipeline.results import write_results
from pipeline.run import run_study
from tests.conftest import NO_THEORY, without_theory

ROOT = Path(__file__).resolve().parent.parent.parent
SAMPLE = ROOT / "data" / "sample"
FOREIGN = ROOT / "tests" / "foreign" / "ipip" / "study"
FIRMS = 250
PERSONAL = {"RecipientLastName": "Quillfeather", "RecipientEmail": "quillfeather@example.org",
            "IPAddress": "203.0.113.254", "LocationLatitude": "12.3456789"}
"""Written into every row, so that one glance at all output tells whether any of it came through."""

NO_ANSWER = {"", "9997", "9998", "9999"}

_STRUCTURE = MEDIATION.syntax.split("SUC =~", 1)[1]
SMALL = replace(MEDIATION, syntax="LRN =~ lrar + lrco + lrsh + lrin\nAMC =~ amse + amgo + amco + amex\nSUC =~"
                + _STRUCTURE)
"""M1 with dimension scores in place of items, which takes a tenth of the time."""
GAPS = "Used in M1 in spite of gaps"

FILES = {"F": ("firm.csv", "firm_labels.csv"), "A": ("alliance.csv", "alliance_labels.csv")}


# -- a small study, and how to spoil it ---------------------------------------------------------------


@dataclass
class Export:
    """A data file as rows of text. ``row`` counts as a spreadsheet does: the first response is row 4."""

    path: Path
    records: list[list[str]]

    @classmethod
    def open(cls, path: Path) -> Export:
        with path.open(encoding="utf-8-sig", newline="") as file:
            return cls(path, list(csv.reader(file)))

    def text(self) -> str:
        out = io.StringIO(newline="")
        csv.writer(out, lineterminator="\n").writerows(self.records)
        return out.getvalue()

    def save(self) -> None:
        self.path.write_text(self.text(), encoding="utf-8", newline="")

    def at(self, column: str) -> int:
        return self.records[0].index(column)

    def get(self, row: int, column: str) -> str:
        return self.records[row - 1][self.at(column)]

    def put(self, row: int, column: str, value: str) -> None:
        self.records[row - 1][self.at(column)] = value
        self.save()


@dataclass
class Study:
    folder: Path

    def export(self, name: str = "firm.csv") -> Export:
        return Export.open(self.folder / name)

    def plan(self, change: Callable[[dict[str, Any]], object]) -> None:
        path = self.folder / "study.yaml"
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
        change(content)
        path.write_text(yaml.safe_dump(content, sort_keys=False), encoding="utf-8")


@dataclass
class Outcome:
    status: int
    out: str
    err: str
    results: Path

    def told(self, code: str, *words: str) -> None:
        """Status 2, and a whole finding with this code whose text holds all ``words``."""
        assert self.status == 2, self.err
        assert "Traceback" not in self.err + self.out
        lines = self.err.splitlines()
        starts = [k for k, line in enumerate(lines) if line.startswith(f"[{code}] ")]
        assert starts, self.err
        findings = [self._finding(lines, k) for k in starts]
        assert any(all(word in finding for word in words) for finding in findings), findings

    @staticmethod
    def _finding(lines: list[str], start: int) -> str:
        """Place, rule and fix are there and not empty."""
        end = next((k for k in range(start + 1, len(lines)) if not lines[k].startswith("    ")), len(lines))
        finding = lines[start:end]
        assert finding[0].split("] ", 1)[1].strip(), finding
        rule, fix = finding[1].strip(), finding[-1].strip()
        assert rule, finding
        assert not rule.startswith("Fix:"), finding
        assert fix.startswith("Fix: "), finding
        assert len(fix) > len("Fix: "), finding
        return "\n".join(finding)

    def json(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads((self.results / "results.json").read_text(encoding="utf-8"))
        return found

    def failures(self) -> list[dict[str, str]]:
        with (self.results / "tables" / "failures.csv").open(encoding="utf-8-sig", newline="") as file:
            return list(csv.DictReader(file))

    def counts(self) -> dict[str, int]:
        """How many are left after every step, and on how many every variable of the firm level stands.

        A model's rows with gaps, which the flow tells in words, are counted under ``GAPS``.
        """
        content = self.json()
        steps: dict[str, int] = {}
        for step in content["flow"]:
            if step["form"] == "F":
                name, _, gaps = step["step"].partition(", ")
                steps[name] = step["n"]
                if gaps.endswith("of them with gaps"):
                    steps[GAPS] = int(gaps.split()[0])
        return steps | {v["variable"]: v["n"] for v in content["variables"] if v["level"] == "firm"}


def small_study(folder: Path, *, forms: str = "F", labels: bool = False) -> Study:
    """The first firms of the synthetic sample, with personal data that would be seen anywhere."""
    folder.mkdir(parents=True)
    plan = yaml.safe_load((SAMPLE / "study.yaml").read_text(encoding="utf-8"))
    plan["forms"] = {}
    for form in forms:
        for name in FILES[form][: 1 + labels]:
            export = Export.open(SAMPLE / name)
            at = export.at("firm_id")
            firms = set(sorted({record[at] for record in export.records[3:]})[:FIRMS])
            export.records[3:] = [record for record in export.records[3:] if record[at] in firms]
            for column, value in PERSONAL.items():
                for record in export.records[3:]:
                    record[export.at(column)] = value
            Export(folder / name, export.records).save()
        source = {"platform": "qualtrics", "file": FILES[form][0]}
        plan["forms"][form] = source | ({"labels": FILES[form][1]} if labels else {})
    plan["factors"] |= {"parallel_draws": 50, "analyses": {"learning": ["lrar", "lrco"]}}
    plan["scoring"]["decay_alternatives"] = [0.9]
    plan |= NO_THEORY
    (folder / "study.yaml").write_text(yaml.safe_dump(plan, sort_keys=False), encoding="utf-8")
    return Study(folder)


@pytest.fixture(scope="module", autouse=True)
def one_thread() -> Iterator[None]:
    """Small matrices are slower on several threads, much slower on a busy machine."""
    with threadpool_limits(1):
        yield


@pytest.fixture(scope="module", autouse=True)
def only_mediation() -> Iterator[None]:
    """No case here is about the models: one is enough, and small."""
    with without_theory(), pytest.MonkeyPatch.context() as patched:
        for module in ("run", "questions"):
            patched.setattr(f"pipeline.{module}.MODELS", (SMALL,))
            patched.setattr(f"pipeline.{module}.MEDIATION", SMALL)
        yield


@pytest.fixture(scope="module")
def untouched(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return small_study(tmp_path_factory.mktemp("untouched") / "study").folder


@pytest.fixture
def study(untouched: Path, tmp_path: Path) -> Study:
    return Study(Path(shutil.copytree(untouched, tmp_path / "study")))


Run = Callable[..., Outcome]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """``alliometrics run`` within this process; figures, which no case here is about, are not drawn."""

    def call(study: Path | Study, *more: str, out: Path | None = None) -> Outcome:
        folder = out or tmp_path / "results"
        source = study.folder if isinstance(study, Study) else study
        monkeypatch.setattr("pipeline.publish.all_figures", lambda *_: ())
        monkeypatch.setattr("pipeline.publish.write_figures", lambda *_: ())
        monkeypatch.setattr("pipeline.publish.write_report", _no_report)
        monkeypatch.setattr(sys, "argv", [
            "alliometrics", "run", str(source), "--draws", "2", "--workers", "1", "--out", str(folder), *more,
        ])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        told = capsys.readouterr()
        outcome = Outcome(int(ended.value.code or 0), told.out, told.err, folder)
        assert_nothing_personal(outcome)
        return outcome

    return call


def _no_report(results: object, folder: Path, *_: object) -> Path:
    return folder / "report.html"


def assert_nothing_personal(outcome: Outcome) -> None:
    written = [path.read_text(encoding="utf-8") for path in outcome.results.rglob("*") if path.is_file()
               and path.suffix in (".json", ".csv", ".html")] if outcome.results.is_dir() else []
    for text in (outcome.out, outcome.err, *written):
        assert not [value for value in PERSONAL.values() if value in text]


@pytest.fixture(scope="module")
def clean(untouched: Path, tmp_path_factory: pytest.TempPathFactory) -> Outcome:
    """The same study with nothing wrong."""
    return Outcome(0, "", "", write_results(run_study(untouched, draws=2), tmp_path_factory.mktemp("clean")))


@pytest.fixture
def row(clean: Outcome, study: Study) -> int:
    """A row that is complete and that screening keeps: what happens to it is seen in every count."""
    export = study.export()
    kept = {r["response_id"] for r in clean.json()["respondents"] if not r["excluded"] and not r["flags"]}
    answered = range(export.at("lrar1"), export.at("dilig") + 1)
    for number in range(20, len(export.records)):
        record = export.records[number - 1]
        if record[export.at("ResponseId")] in kept and not {record[j] for j in answered} & NO_ANSWER:
            return number
    raise AssertionError("the sample has no complete row")


# -- the plan -----------------------------------------------------------------------------------------


def test_a_study_folder_that_is_not_there(run: Run, tmp_path: Path) -> None:
    run(tmp_path / "nowhere").told("STUDY-MISSING", "nowhere", "study.yaml")


def test_a_folder_without_a_plan(run: Run, tmp_path: Path) -> None:
    run(tmp_path).told("STUDY-MISSING", "study.yaml")


@pytest.mark.parametrize("content", ["title: [unclosed\nseed: 1\n", "title: a: b\n", "\ttitle: tab\n"])
def test_a_plan_that_is_no_yaml(run: Run, study: Study, content: str) -> None:
    (study.folder / "study.yaml").write_text(content, encoding="utf-8")
    outcome = run(study)
    outcome.told("STUDY-YAML", "study.yaml", "line")


@pytest.mark.parametrize("content", ["", "- a\n- list\n", "just words\n"])
def test_a_plan_that_is_no_mapping(run: Run, study: Study, content: str) -> None:
    (study.folder / "study.yaml").write_text(content, encoding="utf-8")
    run(study).told("STUDY-PLAN", "study.yaml")


def test_a_plan_in_a_regional_encoding(run: Run, study: Study) -> None:
    (study.folder / "study.yaml").write_bytes("title: Alianzas en España\n".encode("latin-1"))
    run(study).told("STUDY-YAML", "UTF-8")


def test_every_broken_key_of_a_plan_is_told_at_once(run: Run, study: Study) -> None:
    def spoil(plan: dict[str, Any]) -> None:
        plan["sed"] = plan.pop("seed")
        plan["instrument"] = 1.0
        plan["screening"]["irv_below"] = "low"
        plan["bootstrap"]["draws"] = 0

    study.plan(spoil)
    outcome = run(study)
    for words in (("seed", "required"), ("sed",), ("instrument", "string"), ("screening.irv_below", "'low'"),
                  ("bootstrap.draws", "1")):
        outcome.told("STUDY-PLAN", *words)


def test_an_unknown_instrument_version_in_the_plan(run: Run, study: Study) -> None:
    study.plan(lambda plan: plan.update(instrument="9.9.9"))
    run(study).told("INSTRUMENT-VERSION", "9.9.9", "1.0.0")


def test_an_unknown_language_in_the_plan(run: Run, study: Study) -> None:
    study.plan(lambda plan: plan.update(languages=["en", "xx"]))
    run(study).told("STUDY-LANGUAGE", "languages", "'xx'", "en, es")


def test_a_plan_with_forms_and_names_that_the_instrument_has_not(run: Run, study: Study) -> None:
    def spoil(plan: dict[str, Any]) -> None:
        plan["forms"] = {"X": plan["forms"]["F"]}
        plan["optional_blocks"] = ["optnone"]
        plan["factors"]["analyses"] = {"x": ["none"]}

    study.plan(spoil)
    outcome = run(study)
    outcome.told("STUDY-FORM", "forms", "'X'", "F, A")
    outcome.told("STUDY-BLOCK", "'optnone'")
    outcome.told("STUDY-DIMENSION", "'none'")


# -- files that are refused ---------------------------------------------------------------------------


def test_a_data_file_that_is_not_there(run: Run, study: Study) -> None:
    study.plan(lambda plan: plan["forms"]["F"].update(file="frim.csv"))
    run(study).told("READ-MISSING", "frim.csv")


def test_what_is_wrong_with_either_form_is_told_at_once(run: Run, tmp_path: Path) -> None:
    study = small_study(tmp_path / "both", forms="FA")
    (study.folder / "firm.csv").unlink()
    (study.folder / "alliance.csv").write_bytes(b"")
    outcome = run(study)
    outcome.told("READ-MISSING", "firm.csv")
    outcome.told("READ-EMPTY", "alliance.csv")


@pytest.mark.parametrize("content", [b"", b"\xef\xbb\xbf\r\n"])
def test_a_file_without_content(run: Run, study: Study, content: bytes) -> None:
    (study.folder / "firm.csv").write_bytes(content)
    run(study).told("READ-EMPTY", "firm.csv")


def test_a_file_of_header_rows_only(run: Run, study: Study) -> None:
    export = study.export()
    export.records = export.records[:3]
    export.save()
    run(study).told("READ-EMPTY", "firm.csv", "3 header rows")


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le"])
def test_a_file_in_utf_16(run: Run, study: Study, encoding: str) -> None:
    (study.folder / "firm.csv").write_bytes(study.export().text().encode(encoding))
    run(study).told("READ-ENCODING", "firm.csv", "UTF-16")


def test_a_file_in_latin_1_names_the_line(run: Run, study: Study) -> None:
    export = study.export()
    export.put(6, "RecipientFirstName", "Íñigo")
    (study.folder / "firm.csv").write_bytes(export.text().encode("latin-1", errors="replace"))
    run(study).told("READ-ENCODING", "firm.csv", "line")


def test_a_file_with_semicolons(run: Run, study: Study) -> None:
    export = study.export()
    out = io.StringIO(newline="")
    csv.writer(out, delimiter=";").writerows(export.records)
    (study.folder / "firm.csv").write_text(out.getvalue(), encoding="utf-8")
    run(study).told("READ-DELIMITER", "firm.csv", "semicolons")


def test_a_missing_column(run: Run, study: Study) -> None:
    export = study.export()
    at = export.at("lrco2")
    export.records = [record[:at] + record[at + 1:] for record in export.records]
    export.save()
    run(study).told("READ-COLUMN-MISSING", "firm.csv", "lrco2")


def test_a_doubled_column(run: Run, study: Study) -> None:
    export = study.export()
    at = export.at("lrco2")
    export.records = [[*record[:at], record[at], *record[at:]] for record in export.records]
    export.save()
    run(study).told("READ-COLUMN-DOUBLED", "firm.csv", "column", "lrco2")


def test_one_forms_export_given_as_the_others(run: Run, tmp_path: Path) -> None:
    study = small_study(tmp_path / "both", forms="FA")
    study.plan(lambda plan: plan.update(forms={"F": plan["forms"]["A"], "A": plan["forms"]["F"]}))
    outcome = run(study)
    outcome.told("READ-NOT-THIS-FORM", "alliance.csv", "form F", "form A")
    outcome.told("READ-NOT-THIS-FORM", "firm.csv")


def test_a_choice_text_file_that_holds_numbers(run: Run, study: Study) -> None:
    study.plan(lambda plan: plan["forms"]["F"].update(labels="firm.csv"))
    run(study).told("READ-LABELS", "firm.csv", "choice text")


def test_a_choice_text_file_that_is_not_there(run: Run, study: Study) -> None:
    study.plan(lambda plan: plan["forms"]["F"].update(labels="words.csv"))
    run(study).told("READ-MISSING", "words.csv", "labels")


def test_recodes_that_moved_in_the_field(run: Run, tmp_path: Path) -> None:
    study = small_study(tmp_path / "drift", labels=True)
    export = study.export()
    at = export.at("indus")
    for record in export.records[3:]:
        record[at] = {"3": "4", "4": "3"}.get(record[at], record[at])
    export.save()
    run(study).told("READ-RECODE", "firm.csv", "indus")


def test_a_file_cut_off_within_a_quotation(run: Run, study: Study) -> None:
    export = study.export()
    export.put(len(export.records), "dafmn", "1,2,3")
    text = study.export().text()
    (study.folder / "firm.csv").write_text(text[: text.rindex('"1,2,3"') + 4], encoding="utf-8")
    run(study).told("READ-QUOTES", "firm.csv", "line")


def test_every_response_in_an_unknown_version(run: Run, study: Study) -> None:
    export = study.export()
    for record in export.records[3:]:
        record[export.at("instrument_version")] = "0.0.7"
    export.save()
    run(study).told("READ-VERSION", "firm.csv", "'0.0.7'")


def test_every_response_in_a_language_outside_the_plan(run: Run, study: Study) -> None:
    export = study.export()
    for record in export.records[3:]:
        record[export.at("UserLanguage")] = "FR"
    export.save()
    outcome = run(study)
    outcome.told("DATA-NO-ROWS", "firm.csv")
    outcome.told("ROW-LANGUAGE", "row 4", "FR")


def test_everybody_screened_out(run: Run, study: Study) -> None:
    export = study.export()
    for record in export.records[3:]:
        record[export.at("cons")] = "0"
    export.save()
    run(study).told("SCREEN-EMPTY", "form F", "no consent")


def test_an_item_that_does_not_vary_is_named(run: Run, study: Study) -> None:
    export = study.export()
    for record in export.records[3:]:
        record[export.at("lrar1")] = "4"
    export.save()
    run(study).told("EFA-CONSTANT", "lrar1")


def test_where_a_model_cannot_be_estimated_what_was_set_aside_is_told_too(run: Run, study: Study) -> None:
    export = study.export()
    for record in export.records[3:]:
        record[export.at("dafex")] = "4"
    export.save()
    outcome = run(study)
    outcome.told("SEM-UNOBSERVED", "model M1", "daf has none")
    outcome.told("ANSWER-CODE", "firm.csv, row 4, column dafex", "'4'")


@pytest.mark.parametrize("content", ["{cut off", "{}", "[]", '{"true_values": {}, "claims": {"H009": "true"}}'])
def test_a_truth_file_that_no_rehearsal_wrote(run: Run, study: Study, content: str) -> None:
    (study.folder / "truth.json").write_text(content, encoding="utf-8")
    run(study).told("STUDY-TRUTH", "truth.json")


# -- the output folder --------------------------------------------------------------------------------


def test_an_output_folder_that_is_a_file_is_told_before_the_work(
    run: Run, study: Study, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("pipeline.run.run_study", _never)
    (tmp_path / "taken").write_text("a file", encoding="utf-8")
    for out in (tmp_path / "taken", tmp_path / "taken" / "below"):
        run(study, out=out).told("OUT-WRITE", str(out), "--out")


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="permissions do not bind the superuser")
def test_an_output_folder_without_permission(
    run: Run, study: Study, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("pipeline.run.run_study", _never)
    locked = tmp_path / "locked"
    locked.mkdir(mode=0o500)
    run(study, out=locked / "results").told("OUT-WRITE", "locked")


def test_a_disk_that_fails_while_writing(run: Run, study: Study, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("pipeline.publish.write_tables", full)
    run(study).told("OUT-WRITE", "No space left on device")


def _never(*_: object, **__: object) -> None:
    raise AssertionError("the run began before its output folder was looked at")


# -- rows and cells: set aside, everything else goes on ----------------------------------------------


def assert_only_the_row_is_gone(outcome: Outcome, clean: Outcome, row: int, code: str) -> None:
    failure, = outcome.failures()
    assert [failure[key] for key in ("row", "column", "code", "set_aside")] == [str(row), "", code, "row"]
    before, after = clean.counts(), outcome.counts()
    same = ("Rows in the export", GAPS)
    # Whoever has no function has no reporting line.
    gone = {name for name in before if name not in (*same, "reports_top")}
    assert [after[name] for name in same] == [before[name] for name in same]
    # The row was complete, so that each count loses one; who else is flagged can move by nobody here.
    assert {name: before[name] - after[name] for name in gone} == dict.fromkeys(gone, 1)


@pytest.mark.parametrize(("column", "value", "code"), [
    ("instrument_version", "0.0.7", "ROW-VERSION"),
    ("instrument_version", "", "ROW-VERSION"),
    ("UserLanguage", "FR", "ROW-LANGUAGE"),
    ("firm_id", "", "ROW-IDENTIFIER"),
    ("Status", "1", "ROW-PREVIEW"),
])
def test_one_bad_row(run: Run, study: Study, clean: Outcome, row: int, column: str, value: str, code: str) -> None:
    study.export().put(row, column, value)
    outcome = run(study)
    outcome.told(code, f"firm.csv, row {row}")
    assert_only_the_row_is_gone(outcome, clean, row, code)


def test_a_row_cut_off(run: Run, study: Study, clean: Outcome, row: int) -> None:
    export = study.export()
    export.records[row - 1] = export.records[row - 1][:60]
    export.save()
    outcome = run(study)
    outcome.told("ROW-WIDTH", f"firm.csv, row {row}")
    assert_only_the_row_is_gone(outcome, clean, row, "ROW-WIDTH")


def test_a_file_cut_off_within_its_last_row(run: Run, study: Study, clean: Outcome, row: int) -> None:
    export = study.export()
    export.records.append(export.records.pop(row - 1))
    text = export.text().rstrip("\n")
    (study.folder / "firm.csv").write_text(text[:-150], encoding="utf-8")
    outcome = run(study)
    last = len(export.records)
    outcome.told("ROW-WIDTH", f"firm.csv, row {last}")
    assert_only_the_row_is_gone(outcome, clean, last, "ROW-WIDTH")


def test_a_duplicated_response(run: Run, study: Study, clean: Outcome, row: int) -> None:
    export = study.export()
    export.records.append(list(export.records[row - 1]))
    export.save()
    outcome = run(study)
    outcome.told("ROW-DUPLICATE", f"firm.csv, row {len(export.records)}", f"row {row} has it too", "identical")
    failure, = outcome.failures()
    assert failure["row"] == str(len(export.records))
    before = clean.counts()
    assert outcome.counts() == before | {"Rows in the export": before["Rows in the export"] + 1}


@pytest.mark.parametrize(("column", "value", "code", "variables"), [
    ("lrar1", "8", "ANSWER-CODE", {"lrar", "lr"}),
    ("lrar1", "strongly agree", "ANSWER-CODE", {"lrar", "lr"}),
    ("lrar1", "1,2,3", "ANSWER-MULTIPLE", {"lrar", "lr"}),
    ("fsize", "about 200", "ANSWER-NUMBER", {"lnsize"}),
    ("fsize", "1,200", "ANSWER-MULTIPLE", {"lnsize"}),
    ("fsize", "-5", "ANSWER-BOUNDS", {"lnsize"}),
    ("xjv1", "2.5", "ANSWER-INTEGER", {"exp_rw", "exp_rw_jv", "exp_recent"}),
    ("indus", "11", "ANSWER-CODE", {"ind_tech", "ind_serv"}),
])
def test_one_bad_cell(
    run: Run, study: Study, clean: Outcome, row: int, column: str, value: str, code: str, variables: set[str],
) -> None:
    study.export().put(row, column, value)
    outcome = run(study)
    outcome.told(code, f"firm.csv, row {row}, column {column}", repr(value))
    failure, = outcome.failures()
    assert [failure[key] for key in ("row", "column", "code", "set_aside")] == [str(row), column, code, "cell"]
    assert failure["value"] == value
    assert failure["rule"]
    assert failure["fix"]
    before, after = clean.counts(), outcome.counts()
    lost = {name: before[name] - after[name] for name in before if before[name] != after[name]}
    # Every score that uses the cell loses this one firm; no other score does, and no respondent is lost. M1 uses the
    # firm as one more with gaps.
    assert lost == dict.fromkeys(variables, 1) | {GAPS: -1}


def test_several_bad_places_are_all_listed(run: Run, study: Study, row: int) -> None:
    export = study.export()
    export.put(row, "lrar1", "8")
    export.put(row, "lrar2", "x")
    export.put(row + 1, "UserLanguage", "FR")
    outcome = run(study)
    assert [(f["row"], f["column"]) for f in outcome.failures()] == [
        (str(row), "lrar1"), (str(row), "lrar2"), (str(row + 1), ""),
    ]
    assert "3 broken rules" in outcome.err
    assert "failures.csv" in outcome.err


# -- as a user meets it: a process of its own ---------------------------------------------------------


ENVIRONMENT = {"PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "utf-8", "OPENBLAS_NUM_THREADS": "1"}


def command(*arguments: str, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "pipeline.cli", *arguments], cwd=cwd or ROOT, capture_output=True, check=False,
        timeout=120, encoding="utf-8", env={**os.environ, **ENVIRONMENT},
    )


def test_a_refused_study_ends_the_process_with_status_2(tmp_path: Path) -> None:
    ended = command("run", "nowhere", cwd=tmp_path)
    assert ended.returncode == 2
    assert "[STUDY-MISSING] nowhere" in ended.stderr
    assert "Traceback" not in ended.stderr
    assert ended.stdout == ""


def test_a_bad_cell_ends_the_process_with_status_2_after_the_report(tmp_path: Path) -> None:
    rehearse(FOREIGN, n=150, seed=3, out=tmp_path / "study")  # another's instrument: there is no theory to wait for
    export = Export.open(tmp_path / "study" / "answers.csv")
    for column, value in PERSONAL.items():
        export.put(19, column, value)
    export.put(20, "ext1", "8")
    ended = command("run", "study", "--draws", "2", "--workers", "1", cwd=tmp_path)
    assert ended.returncode == 2
    assert "[ANSWER-CODE] answers.csv, row 20, column ext1" in ended.stderr
    assert "Traceback" not in ended.stderr
    outcome = Outcome(2, ended.stdout, ended.stderr, tmp_path / "results" / "study")
    assert (outcome.results / "report.html").is_file()
    assert_nothing_personal(outcome)
