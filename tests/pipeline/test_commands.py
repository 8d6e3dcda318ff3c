"""The commands as scripts call them: the contract's keys, R's values, bad input with a code and status 2."""

from __future__ import annotations

import json
import re
import shutil
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import pytest
import yaml
from semopy.examples import holzinger39, political_democracy

import pipeline.run
from pipeline.cli import main
from pipeline.commands import verify as verification
from pipeline.commands.verify import compare
from pipeline.models import MEDIATION
from pipeline.results import RESULTS_FILE, StudyResults, read_results, write_results
from pipeline.run import run_study

ROOT = Path(__file__).parents[2]
REFERENCE = ROOT / "tests" / "reference"
SAMPLE = ROOT / "data" / "sample"
MEASUREMENT = json.loads((REFERENCE / "measurement" / "reference.json").read_text(encoding="utf-8"))
NINE = ",".join(f"x{number}" for number in range(1, 10))


class Outcome(NamedTuple):
    status: int
    out: str
    err: str


@pytest.fixture
def call(monkeypatch, capsys, tmp_path):
    """``call("fit", …)``: the command line in this process, as its entry point runs it."""
    monkeypatch.chdir(tmp_path)

    def run(*arguments: object) -> Outcome:
        monkeypatch.setattr(sys, "argv", ["alliometrics", *map(str, arguments)])
        with pytest.raises(SystemExit) as ended:
            main()
        said = capsys.readouterr()
        return Outcome(int(ended.value.code or 0), said.out, said.err)

    return run


@pytest.fixture
def call_json(call, tmp_path):
    """The document a command writes with ``--json``, and its status."""

    def run(*arguments: object) -> tuple[dict[str, Any], int]:
        outcome = call(*arguments, "--json", tmp_path / "out.json")
        return json.loads((tmp_path / "out.json").read_text(encoding="utf-8")), outcome.status

    return run


@pytest.fixture(scope="session")
def holzinger(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("data") / "holzinger.csv"
    holzinger39.get_data().to_csv(path, index=False)
    return path


@pytest.fixture(scope="session")
def democracy(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("data") / "democracy.csv"
    political_democracy.get_data().to_csv(path, index=False)
    return path


def refused(outcome: Outcome, *codes: str) -> bool:
    return (outcome.status == 2 and "Traceback" not in outcome.err and not outcome.out
            and set(re.findall(r"\[([A-Z-]+)\]", outcome.err)) == set(codes))


# -- reliability --------------------------------------------------------------------------------------


def test_reliability_has_the_contracts_keys_and_psychs_values(call_json, holzinger):
    document, status = call_json("reliability", holzinger, "--scale", "visual=x1,x2,x3", "--scale", "speed=x7,x8,x9")
    assert (status, list(document)) == (0, ["visual", "speed"])
    for name, found in document.items():
        wanted = MEASUREMENT["holzinger39"]["scales"][name]
        assert {"alpha", "alpha_ci", "alpha_drop", "item_rest", "omega", "omega_ci", "ave"} <= set(found)
        assert (found["n"], found["n_incomplete"], found["undefined"]) == (301, 0, {})
        for key in ("alpha", "alpha_ci", "alpha_drop", "item_rest", "omega", "omega_ci"):
            assert found[key] == pytest.approx(wanted[key], abs=2e-4), key


def test_reliability_says_why_a_statistic_is_undefined(call_json, holzinger):
    found = call_json("reliability", holzinger, "--scale", "two=x4,x5")[0]["two"]
    assert found["omega"] is None
    assert found["omega_ci"] == [None, None]
    assert "two items" in found["undefined"]["omega"]
    assert found["alpha"] > 0.8


def test_reliability_shows_a_table_where_no_file_is_named(call, holzinger):
    outcome = call("reliability", holzinger, "--scale", "visual=x1,x2,x3")
    assert outcome.status == 0
    assert re.search(r"visual .* 3 .* 301 .* 0\.626 .* 0\.633", outcome.out)


def test_ordinal_alpha_is_refused_by_name(call, holzinger):
    outcome = call("reliability", holzinger, "--scale", "a=x1,x2,x3", "--ordered")
    assert refused(outcome, "OPTION-LATER")
    assert "not available in this version" in outcome.err


@pytest.mark.parametrize("scale", ["a", "=x1,x2", "a=", "a=x1,,x2"])
def test_a_scale_that_is_none_is_refused(call, holzinger, scale):
    assert refused(call("reliability", holzinger, "--scale", scale), "OPTION-SCALE")


# -- exploratory factor analysis ----------------------------------------------------------------------


@pytest.mark.parametrize("factors", ["3", "parallel"])
def test_efa_has_the_contracts_keys_and_psychs_values(call_json, holzinger, factors):
    found, status = call_json("efa", holzinger, "--items", NINE, "--factors", factors)
    wanted = MEASUREMENT["holzinger39"]["factor_analyses"]["three factors"]
    solution = wanted["solutions"]["ml oblimin"]
    assert (status, found["factors"], found["n"], found["converged"]) == (0, 3, 301, True)
    assert list(found["loadings"]) == NINE.split(",")
    np.testing.assert_allclose(list(found["loadings"].values()), solution["loadings"], atol=2e-3)
    np.testing.assert_allclose(found["phi"], solution["phi"], atol=2e-3)
    np.testing.assert_allclose(list(found["communality"].values()), solution["communality"], atol=1e-3)
    assert found["kmo"] == pytest.approx(wanted["kmo"])
    assert found["bartlett"] == pytest.approx(
        {"chisq": wanted["bartlett"], "df": wanted["bartlett_df"], "pvalue": wanted["bartlett_pvalue"]})
    np.testing.assert_allclose(found["map"][1:], wanted["map"][:len(found["map"]) - 1], atol=1e-6)
    np.testing.assert_allclose(found["parallel"]["eigenvalues"], wanted["eigenvalues"], atol=1e-6)
    assert found["chisq"] == pytest.approx(solution["chisq"], abs=1e-2)
    assert found["df"] == 12


def test_efa_takes_every_column_unless_told(call_json, democracy):
    found, status = call_json("efa", democracy, "--factors", "2", "--rotation", "varimax")
    assert (status, len(found["loadings"])) == (0, 11)
    np.testing.assert_allclose(found["phi"], np.eye(2), atol=1e-12)


@pytest.mark.parametrize(("options", "codes"), [
    (["--factors", "many"], ["OPTION-FACTORS"]),
    (["--factors", "0"], ["OPTION-FACTORS"]),
    (["--factors", "2", "--method", "pca"], ["EFA-METHOD"]),
    (["--factors", "9", "--rotation", "geomin"], ["EFA-FACTORS", "EFA-ROTATION"]),
    (["--factors", "2", "--items", "x1,,x2"], ["OPTION-ITEMS"]),
    (["--factors", "1", "--items", "x1,x2,x2,x3"], ["ITEM-DOUBLED"]),
])
def test_efa_refuses_what_it_cannot_do(call, democracy, options, codes):
    assert refused(call("efa", democracy, *options), *codes)


# -- models -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("name", "data"), [("political_democracy", "democracy"), ("holzinger_cfa", "holzinger")])
def test_fit_has_lavaans_names_and_values(call_json, request, name, data):
    found, status = call_json("fit", REFERENCE / "sem" / "models" / f"{name}.lav", request.getfixturevalue(data))
    wanted = json.loads((REFERENCE / "sem" / f"{name}.json").read_text(encoding="utf-8"))
    assert (status, found["converged"], found["estimator"], found["nobs"]) == (0, True, "ML", wanted["nobs"])
    assert set(found["fit"]) == {
        "npar", "chisq", "df", "pvalue", "baseline.chisq", "baseline.df", "cfi", "tli", "rmsea", "rmsea.ci.lower",
        "rmsea.ci.upper", "rmsea.pvalue", "srmr", "gfi", "logl", "unrestricted.logl", "aic", "bic", "bic2"}
    assert found["fit"] == pytest.approx({name: wanted["measures"][name] for name in found["fit"]}, abs=1e-4, rel=1e-5)
    assert len(found["parameters"]) == len(wanted["parameters"])
    for ours, theirs in zip(found["parameters"], wanted["parameters"], strict=True):
        assert list(ours) == ["lhs", "op", "rhs", "group", "label", "free", "est", "se", "z", "pvalue", "ci.lower",
                              "ci.upper", "std.all"]
        assert [ours[key] for key in ("lhs", "op", "rhs")] == [theirs[key] for key in ("lhs", "op", "rhs")]
        for key in ("est", "std.all", *(("se", "z", "pvalue", "ci.lower", "ci.upper") if ours["free"] else ())):
            assert ours[key] == pytest.approx(theirs[key], abs=2e-4, rel=2e-4), (ours["lhs"], ours["rhs"], key)
    assert found["bootstrap"] == {"requested": 0, "converged": 0, "admissible": 0, "seed": 1}


MEDIATION_FILES = (REFERENCE / "sem" / "models" / "observed_paths.lav", REFERENCE / "sem" / "mediation.csv")


def test_bootstrap_gives_the_same_draws_for_the_same_seed_and_others_for_another(call_json):
    first, again, other = (
        call_json("fit", *MEDIATION_FILES, "--bootstrap", 40, "--seed", seed)[0] for seed in (5, 5, 6))
    assert first == again
    assert first["bootstrap"] == {"requested": 40, "converged": 40, "admissible": 40, "seed": 5}
    effect = first["effects"][0]
    assert (effect["name"], effect["expression"]) == ("ab", "a*b")
    assert effect["boot.ci.lower"] < effect["est"] < effect["boot.ci.upper"]
    assert other["effects"][0]["boot.ci.lower"] != effect["boot.ci.lower"]
    assert other["effects"][0]["est"] == effect["est"]


def test_fit_leaves_out_incomplete_rows_and_counts_them(call_json, democracy, tmp_path):
    frame = pd.read_csv(democracy, dtype=str)
    frame.loc[0, "x1"], frame.loc[1, "y8"] = "NA", ""
    frame.to_csv(tmp_path / "gaps.csv", index=False)
    found, _ = call_json("fit", REFERENCE / "sem" / "models" / "political_democracy.lav", tmp_path / "gaps.csv")
    assert (found["nobs"], found["n_incomplete"]) == (73, 2)


def test_a_model_that_does_not_converge_ends_with_status_1(call_json, tmp_path):
    # Pure noise has a likelihood without a maximum here.
    noise = np.random.default_rng(1).normal(size=(30, 4))
    pd.DataFrame(noise, columns=list("abcd")).to_csv(tmp_path / "noise.csv", index=False)
    (tmp_path / "m.lav").write_text("F =~ a + p*b + q*c + d\npq := p*q")
    found, status = call_json("fit", "m.lav", "noise.csv", "--bootstrap", 10)
    assert (status, found["converged"], found["effects"]) == (1, False, [])
    assert set(found["fit"].values()) == {None}
    assert "did not converge" in found["undefined"]["fit"]
    assert {row["se"] for row in found["parameters"]} == {None}
    assert found["bootstrap"] == {"requested": 10, "converged": 0, "admissible": 0, "seed": 1}
    assert "no bootstrap" in found["warnings"][-1]


@pytest.mark.parametrize(("options", "codes"), [
    (["--estimator", "wlsmv", "--ordered", "all", "--cluster", "school"], ["FIT-LATER"]),
    (["--missing", "fiml"], ["FIT-LATER"]),
    (["--group", "school", "--equal", "loadings"], ["FIT-LATER"]),
    (["--estimator", "pls", "--missing", "mean"], ["OPTION-VALUE"]),
    (["--level", "95"], ["OPTION-VALUE"]),
    (["--bootstrap", "10"], ["BOOTSTRAP-EFFECTS"]),
    (["--json", "no/such/folder/out.json"], ["OUT-WRITE"]),
])
def test_fit_refuses_what_it_cannot_do(call, holzinger, options, codes):
    assert refused(call("fit", REFERENCE / "sem" / "models" / "holzinger_cfa.lav", holzinger, *options), *codes)


@pytest.mark.parametrize(("text", "code"), [
    (None, "MODEL-FILE"), (b"", "MODEL-EMPTY"), (b"f =~ \xff", "MODEL-ENCODING"), (b"f =~", "MODEL-SYNTAX"),
    (b"f =~ x1 + x2 + nowhere", "MODEL-VARIABLE"),
])
def test_a_bad_model_file_is_refused(call, holzinger, tmp_path, text, code):
    if text is not None:
        (tmp_path / "m.lav").write_bytes(text)
    assert refused(call("fit", "m.lav", holzinger), code)


# -- plain data files ---------------------------------------------------------------------------------


@pytest.mark.parametrize(("content", "code", "said"), [
    (None, "DATA-FILE", "not there"),
    (b"", "DATA-EMPTY", "no content"),
    (b"a,b,c\n", "DATA-EMPTY", "there are none"),
    (b"a,b,c\n1,2,\xe9\n", "DATA-ENCODING", "line 2"),
    ("a,b,c\n1,2,3\n".encode("utf-16"), "DATA-ENCODING", "UTF-8"),
    (b"a;b;c\n1;2;3\n", "DATA-DELIMITER", "semicolons"),
    (b"a,b,c,a\n1,2,3,4\n", "DATA-COLUMN-DOUBLED", "columns 1, 4"),
    (b"a,b,c\n1,2,3\n1,2\n", "DATA-WIDTH", "row 3"),
    (b'a,b,c\n1,2,"3\n1,2,3\n', "DATA-QUOTES", "Quotation"),
    (b"a,B,other\n1,2,3\n", "DATA-COLUMN", "Near names: B"),
    (b"a,b,c\n1,2,3\n1,2,much\n", "DATA-NUMBER", "row 3, column c"),
    (b'a,b,c\n1,2,"3,5"\n', "DATA-NUMBER", "with a point"),
    (b"a,b,c\n1,2,inf\n", "DATA-NUMBER", "'inf'"),
])
def test_a_bad_data_file_is_refused_with_its_place(call, tmp_path, content, code, said):
    if content is not None:
        (tmp_path / "data.csv").write_bytes(content)
    scale = "s=a,b" if code == "DATA-COLUMN" else "s=a,b,c"
    outcome = call("reliability", "data.csv", "--scale", scale)
    assert refused(outcome, code)
    assert said in outcome.err


def test_all_bad_columns_and_cells_are_named_at_once_and_many_are_counted(call, tmp_path):
    (tmp_path / "data.csv").write_text("a,b\n" + "x,1\n" * 20)
    outcome = call("reliability", "data.csv", "--scale", "s=a,b,c")
    assert refused(outcome, "DATA-COLUMN", "DATA-NUMBER")
    assert "and 17 more in this column" in outcome.err


def test_empty_cells_na_and_a_byte_order_mark_are_read(call_json, tmp_path):
    rows = ["1,2,3", "2,2,4", "4,5,5", "3,,3", "NA,4,4", "5,4,6", "2,3,3"]
    (tmp_path / "data.csv").write_text("\ufeffa,b,c\n" + "\n".join(rows) + "\n\n", encoding="utf-8")
    found = call_json("reliability", "data.csv", "--scale", "s=a,b,c")[0]["s"]
    assert (found["n"], found["n_incomplete"]) == (5, 2)


# -- exports ------------------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def small_export(tmp_path_factory) -> Path:
    """The first responses of the synthetic sample's firm form."""
    path = tmp_path_factory.mktemp("export") / "firm.csv"
    cells = pd.read_csv(SAMPLE / "firm.csv", dtype=str, header=None, keep_default_na=False)
    cells.head(3 + 37).to_csv(path, header=False, index=False)
    return path


def test_read_writes_answers_that_the_other_commands_take(call, small_export, tmp_path):
    outcome = call("read", "qualtrics", small_export, "--out", "responses.csv")
    assert outcome.status == 0
    assert "37 of 37 responses read" in outcome.out
    assert "Personal columns dropped: 7: IPAddress (37 cells)" in outcome.out
    table = pd.read_csv(tmp_path / "responses.csv", dtype=str)
    assert len(table) == 37
    assert not {"IPAddress", "RecipientEmail"} & set(table)
    assert len(pd.read_csv(tmp_path / "responses_failures.csv")) == 0
    assert call("reliability", "responses.csv", "--scale", "lrco=lrco1,lrco2,lrco3").status == 0


def test_read_sets_broken_cells_aside_names_them_and_ends_with_status_2(call, small_export, tmp_path):
    frame = pd.read_csv(small_export, dtype=str, header=None, keep_default_na=False)
    column = frame.iloc[0].tolist().index("fsize")
    asked = next(row for row in range(3, len(frame)) if frame.iloc[row, column])
    frame.iloc[asked, column] = "many"
    frame.to_csv(tmp_path / "export.csv", header=False, index=False)
    outcome = call("read", "qualtrics", "export.csv", "--out", "responses.csv")
    assert outcome.status == 2
    assert f"row {asked + 1}, column fsize" in outcome.err
    failures = pd.read_csv(tmp_path / "responses_failures.csv")
    assert failures[["row", "column", "value"]].to_numpy().tolist() == [[asked + 1, "fsize", "many"]]


@pytest.mark.parametrize(("arguments", "code"), [
    (["paper", "{export}", "--out", "r.csv"], "OPTION-PLATFORM"),
    (["qualtrics", "{export}", "--out", "{export}"], "OUT-SAME"),
    (["qualtrics", "{export}", "--out", "r.csv", "--version", "9.9.9"], "INSTRUMENT-VERSION"),
    (["qualtrics", "nowhere.csv", "--out", "r.csv"], "READ-MISSING"),
    (["qualtrics", "{export}", "--out", "no/such/r.csv"], "OUT-WRITE"),
])
def test_read_refuses_what_it_cannot_do(call, small_export, arguments, code):
    before = small_export.read_bytes()
    assert refused(call("read", *(part.replace("{export}", str(small_export)) for part in arguments)), code)
    assert small_export.read_bytes() == before


# -- verification -------------------------------------------------------------------------------------


class Made(NamedTuple):
    study: Path
    results: StudyResults
    folder: Path


@pytest.fixture(scope="module")
def only_mediation():
    """Runs of these tests estimate one model; the others would only take time."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(pipeline.run, "MODELS", (MEDIATION,))
        yield


@pytest.fixture(scope="module")
def made(tmp_path_factory, only_mediation) -> Made:
    """A small study of the synthetic sample's firms, and its results."""
    study = tmp_path_factory.mktemp("here") / "small"
    study.mkdir()
    shutil.copy(SAMPLE / "firm.csv", study)
    plan = yaml.safe_load((SAMPLE / "study.yaml").read_text(encoding="utf-8"))
    plan["forms"] = {"F": {"platform": "qualtrics", "file": "firm.csv"}}
    plan["factors"]["analyses"], plan["scoring"]["decay_alternatives"] = {}, []
    (study / "study.yaml").write_text(yaml.safe_dump(plan), encoding="utf-8")
    results = run_study(study, draws=2)
    return Made(study, results, write_results(results, study.parent / "results"))


@pytest.fixture
def rerun(monkeypatch, made):
    """A second run that gives what the first gave, without the time it takes."""
    monkeypatch.setattr(verification, "run_study", lambda *_, **__: made.results)


def test_verify_finds_the_study_runs_it_again_and_says_the_same(call, made, monkeypatch):
    monkeypatch.chdir(made.study.parent)
    outcome = call("verify", made.folder, "--workers", 1)
    assert outcome.status == 0
    assert "Study: small" in outcome.out
    assert "The same" in outcome.out
    assert "within 1e-09" in outcome.out


def test_verify_names_a_number_that_was_changed(call, made, rerun, tmp_path):
    shutil.copytree(made.folder, tmp_path / "changed")
    content = json.loads((tmp_path / "changed" / RESULTS_FILE).read_text(encoding="utf-8"))
    content["models"][0]["fit"]["indices"]["cfi"] -= 1e-6
    (tmp_path / "changed" / RESULTS_FILE).write_text(json.dumps(content), encoding="utf-8")
    outcome = call("verify", "changed", "--study", made.study)
    assert outcome.status == 1
    assert "DIFFERENT in 1 places" in outcome.out
    assert re.search(r"models\[M1 .*screened\]\.fit\.indices\.cfi: ", outcome.out)


def test_verify_names_changed_and_lost_inputs_and_runs_nothing(call, made, monkeypatch, tmp_path):
    monkeypatch.setattr(verification, "run_study", lambda *_, **__: pytest.fail("must not run"))
    study = shutil.copytree(made.study, tmp_path / "study")
    with (study / "firm.csv").open("a", encoding="utf-8") as file:
        file.write("\n")
    with (study / "study.yaml").open("a", encoding="utf-8") as file:
        file.write("# changed\n")
    outcome = call("verify", made.folder, "--study", study)
    assert outcome.status == 1
    assert "study.yaml has changed" in outcome.out
    assert "firm.csv has changed" in outcome.out
    (study / "firm.csv").unlink()
    assert "firm.csv is not there" in call("verify", made.folder, "--study", study).out


def test_verify_says_which_package_versions_differ(call, made, rerun, tmp_path):
    manifest = replace(made.results.manifest, packages=made.results.manifest.packages | {"numpy": "1.0"})
    write_results(replace(made.results, manifest=manifest), tmp_path / "older")
    outcome = call("verify", "older", "--study", made.study)
    assert outcome.status == 0
    assert "numpy 1.0 then" in outcome.out


def test_verify_asks_for_the_study_where_none_here_fits(call, made):
    assert refused(call("verify", made.folder), "VERIFY-STUDY")
    assert refused(call("verify", made.folder, "--study", "nowhere"), "STUDY-MISSING")
    assert refused(call("verify", "nowhere"), "RESULTS-MISSING")


def test_verify_ignores_when_and_where_a_run_was(call, made, rerun, tmp_path):
    manifest = replace(made.results.manifest, created="2001-01-01", platform="another", workers=64, timings=())
    write_results(replace(made.results, manifest=manifest), tmp_path / "elsewhere")
    assert read_results(tmp_path / "elsewhere") != made.results
    assert call("verify", "elsewhere", "--study", made.study).status == 0


@pytest.mark.parametrize(("stored", "again", "places"), [
    ({"a": 1.0}, {"a": 1.0 + 1e-12}, []),
    ({"a": 1.0}, {"a": 1.0 + 1e-8}, ["a"]),
    ({"a": 1e-15}, {"a": -1e-15}, []),
    ({"a": True}, {"a": False}, ["a"]),
    ({"a": {"because": "x"}}, {"a": 1.0}, ["a"]),
    ({"a": [1, 2]}, {"a": [1]}, ["a"]),
    ({"a": 1}, {"b": 1}, ["a", "b"]),
    ({"rows": [{"name": "x", "est": 1}]}, {"rows": [{"name": "x", "est": 2}]}, ["rows[x].est"]),
])
def test_comparison_names_every_place_that_differs(stored, again, places):
    assert [difference.place for difference in compare(stored, again)] == places


def test_the_command_line_lists_every_command(call):
    outcome = call("--help")
    assert outcome.status == 0
    for command in ("reliability", "efa", "fit", "read", "verify"):
        assert re.search(rf"\b{command}\b", outcome.out)
