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

from pipeline.cli import main
from pipeline.commands import verify as verification
from pipeline.commands.fit_output import COLUMNS, INDICES, ROBUST, SCALED
from pipeline.commands.verify import compare
from pipeline.models import MEDIATION
from pipeline.results import RESULTS_FILE, StudyResults, read_results, write_results
from pipeline.run import run_study
from tests.conftest import NO_THEORY, without_theory
from tests.pipeline.sem.test_lavaan_parity import CASES, CLOSE, LIMIT, agree, reference, rows_of

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


def test_ordinal_coefficients_are_given_when_asked_and_refused_for_measurements(call, call_json, holzinger):
    assert refused(call("reliability", holzinger, "--scale", "a=x1,x2,x3", "--ordered"), "ORDERED-CODES")
    folder = Path(__file__).parents[1] / "reference" / "measurement" / "ordinal"
    wanted = json.loads((folder / "reference.json").read_text(encoding="utf-8"))["seven points"]
    found = call_json("reliability", folder / "items.csv", "--scale", "s=s1,s2,s3,s4", "--ordered")[0]["s"]
    assert (found["alpha_ordinal"], found["omega_ordinal"]) == pytest.approx((wanted["alpha"], wanted["omega"]))


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
    (["--factors", "9", "--rotation", "quartimax"], ["EFA-FACTORS", "EFA-ROTATION"]),
    (["--factors", "2", "--items", "x1,,x2"], ["OPTION-ITEMS"]),
    (["--factors", "1", "--items", "x1,x2,x2,x3"], ["ITEM-DOUBLED"]),
])
def test_efa_refuses_what_it_cannot_do(call, democracy, options, codes):
    assert refused(call("efa", democracy, *options), *codes)


# -- models -------------------------------------------------------------------------------------------

LAVAAN = REFERENCE / "lavaan"
BY_COMMAND = (
    "holzinger_ml", "holzinger_mlr", "holzinger_mlm", "holzinger_listwise_mlr", "holzinger_fiml", "holzinger_fiml_mlr",
    "democracy_ml", "school_configural_mlr", "school_loadings_mlm", "school_intercepts_ml", "school_latent_mlr",
    "school_modifiers_ml", "school_fiml_mlr", "countries_intercepts_mlr", "clustered_ml", "clustered_fiml_mlr",
    "clustered_groups_mlr", "linear_constraint_mlr", "observed_paths_fiml_mlr", "heywood_ml",
)
"""Of every kind one or two; ``tests/pipeline/sem/test_lavaan_parity.py`` compares all that are stored."""


def model_file(name: str) -> Path:
    return LAVAAN / "models" / f"{name}.lav"


def data_file(name: str) -> Path:
    return LAVAAN / "data" / f"{name}.csv"


def options_of(case: dict[str, Any]) -> list[str]:
    """A stored case's options as the command takes them."""
    given = dict(case["options"])
    if "equal" in given:
        given["equal"] = ",".join(given["equal"])
    assert set(given) <= {"estimator", "missing", "group", "equal", "cluster"}
    return [part for name, value in given.items() for part in (f"--{name}", value)]


@pytest.mark.parametrize("case", BY_COMMAND)
def test_fit_has_lavaans_names_and_values(call_json, case):
    spec, wanted = CASES[case], reference(case)
    found, status = call_json("fit", model_file(spec["model"]), data_file(spec["data"]), *options_of(spec))
    assert (status, found["converged"], found["admissible"]) == (0, True, wanted["admissible"])
    assert (found["estimator"], found["engine"]) == (spec["options"]["estimator"].upper(), "alliometrics")
    assert (found["information"], found["se"]) == (wanted["lavaan"]["information"][0], wanted["lavaan"]["se"])
    assert found["nobs"] == wanted["ntotal"]
    assert found["n_incomplete"] == sum(wanted["norig"]) - wanted["ntotal"]
    assert [group["nobs"] for group in found["groups"]] == wanted["nobs"]
    assert [group["label"] for group in found["groups"]] == (wanted["groups"] or [""])
    for ours, theirs in zip(found["groups"], wanted["r2"], strict=True):
        assert set(ours["r2"]) == set(theirs)
        for name, value in theirs.items():
            agree(ours["r2"][name], value, f"R² of {name}")
    assert set(found["fit"]) == {*INDICES, *scaled_and_robust(wanted["measures"])}
    for name, value in found["fit"].items():
        agree(value, wanted["measures"][name], name, LIMIT if ".ci." in name else CLOSE)
    rows = zip(found["parameters"], rows_of(wanted["parameters"]), rows_of(wanted["standardized_all"]), strict=True)
    for ours, theirs, standardised in rows:
        assert list(ours) == ["lhs", "op", "rhs", "group", "label", "free", *COLUMNS]
        where = " ".join((case, ours["lhs"], ours["op"], ours["rhs"]))
        assert [ours[key] for key in ("lhs", "op", "rhs")] == [theirs[key] for key in ("lhs", "op", "rhs")]
        assert ours["group"] == (0 if ours["op"] == ":=" else theirs.get("group", 1))
        for key in ("est", "std.lv", "std.all", *(
                ("se", "z", "pvalue", "ci.lower", "ci.upper") if ours["se"] is not None else ())):
            agree(ours[key], theirs[key], f"{where}: {key}")
        agree(ours["std.all.se"], standardised["se"], f"{where}: std.all.se")
    assert found["bootstrap"] == {"requested": 0, "converged": 0, "admissible": 0, "seed": 1}
    assert found["effects"] == []


def scaled_and_robust(measures: dict[str, Any]) -> set[str]:
    """Which names the document has besides the plain ones, judged by what lavaan computed."""
    scaled = {*SCALED, "df.scaled"} if "chisq.scaled" in measures else set()
    return scaled | ({*ROBUST} if "cfi.robust" in measures else set())


def test_groups_are_numbered_as_they_first_appear(call_json, tmp_path):
    frame = pd.read_csv(data_file("holzinger"))
    frame.iloc[::-1].to_csv(tmp_path / "turned.csv", index=False)
    model = model_file("three_factors")
    there, back = (call_json("fit", model, data, "--group", "school", "--equal", "loadings")[0]
                   for data in (data_file("holzinger"), "turned.csv"))
    labels = list(frame["school"].unique())
    assert [group["label"] for group in there["groups"]] == labels
    assert [group["label"] for group in back["groups"]] == labels[::-1]
    assert there["fit"]["chisq"] == pytest.approx(back["fit"]["chisq"], rel=1e-8)
    first = {(row["lhs"], row["op"], row["rhs"]): row["est"] for row in there["parameters"] if row["group"] == 1}
    second = {(row["lhs"], row["op"], row["rhs"]): row["est"] for row in back["parameters"] if row["group"] == 2}
    assert first == pytest.approx(second, rel=1e-5, abs=1e-6)


PATHS = (model_file("observed_paths"), data_file("mediation"))


def test_bootstrap_gives_the_same_draws_for_a_seed_with_any_number_of_workers(call_json):
    first, again, shared, other = (
        call_json("fit", *PATHS, "--bootstrap", 80, "--seed", seed, "--workers", workers)[0]
        for seed, workers in ((5, 1), (5, 1), (5, 2), (6, 1)))
    assert first == again == shared
    assert first["bootstrap"] == {"requested": 80, "converged": 80, "admissible": 80, "seed": 5}
    effect = first["effects"][0]
    assert (effect["name"], effect["expression"]) == ("ab", "a*b")
    for lower, upper, about in (("boot.ci.lower", "boot.ci.upper", "est"), ("mc.ci.lower", "mc.ci.upper", "est"),
                                ("boot.std.ci.lower", "boot.std.ci.upper", "std.all")):
        assert effect[lower] < effect[about] < effect[upper]
    assert effect["boot.ci.lower.admissible"] == effect["boot.ci.lower"]
    assert other["effects"][0]["boot.ci.lower"] != effect["boot.ci.lower"]
    assert other["effects"][0]["est"] == effect["est"]


def test_bootstrap_resamples_every_free_parameter_of_every_group(call_json):
    found, _ = call_json("fit", model_file("three_factors"), data_file("holzinger"), "--group", "school",
                         "--bootstrap", 40)
    free = [row for row in found["parameters"] if row["free"]]
    assert {row["group"] for row in free} == {1, 2}
    for row in found["parameters"]:
        assert ("boot.se" in row) == bool(row["free"])
    assert all(row["boot.ci.lower"] < row["boot.ci.upper"] for row in free)
    # A standard error by resampling is near the one by theory.
    assert 0.7 < np.median([row["boot.se"] / row["se"] for row in free]) < 1.4
    assert (found["effects"], found["bootstrap"]["requested"]) == ([], 40)


def test_bootstrap_resamples_whole_clusters(call_json):
    spec = CASES["clustered_mlr"]
    files = model_file(spec["model"]), data_file(spec["data"])
    clustered, _ = call_json("fit", *files, *options_of(spec), "--bootstrap", 60)
    rows, _ = call_json("fit", *files, "--estimator", "mlr", "--bootstrap", 60)
    assert clustered["bootstrap"]["converged"] == 60

    def errors(found: dict[str, Any], key: str) -> float:
        return float(np.mean([row[key] for row in found["parameters"] if row["free"] and row["op"] == "=~"]))

    assert errors(clustered, "se") != errors(rows, "se")
    assert errors(clustered, "boot.se") != errors(rows, "boot.se")


def test_level_is_that_of_every_interval(call_json):
    wide, narrow = (call_json("fit", *PATHS, "--bootstrap", 80, "--level", level)[0] for level in (0.95, 0.8))
    for key in ("boot.ci", "mc.ci", "boot.std.ci"):
        inner, outer = narrow["effects"][0], wide["effects"][0]
        assert outer[f"{key}.lower"] < inner[f"{key}.lower"] < inner[f"{key}.upper"] < outer[f"{key}.upper"]
    row = narrow["parameters"][0]
    assert row["ci.upper"] - row["est"] == pytest.approx(1.2815515655 * row["se"])
    assert narrow["level"] == 0.8


def with_gaps(tmp_path: Path) -> Path:
    frame = pd.read_csv(data_file("democracy"), dtype=str)
    frame.loc[0, "x1"], frame.loc[1, "y8"] = "NA", ""
    frame.to_csv(tmp_path / "gaps.csv", index=False)
    return tmp_path / "gaps.csv"


def test_incomplete_rows_are_left_out_or_used_and_counted(call_json, tmp_path):
    counts = ("nobs", "n_incomplete", "n_with_gaps")
    model, data = model_file("political_democracy"), with_gaps(tmp_path)
    out, _ = call_json("fit", model, data)
    used, _ = call_json("fit", model, data, "--missing", "fiml")
    assert [out[key] for key in counts] == [73, 2, 0]
    assert [used[key] for key in counts] == [75, 0, 2]


def test_full_information_counts_rows_without_an_exogenous_variable(call_json, tmp_path):
    frame = pd.read_csv(data_file("mediation"))
    (tmp_path / "m.lav").write_text("lrar ~ a*daf + exp_rw\namse ~ b*lrar + daf\nab := a*b")
    frame.loc[[3, 9, 44], "exp_rw"] = np.nan
    frame.loc[5, "amse"] = np.nan
    frame.to_csv(tmp_path / "gaps.csv", index=False)
    found, _ = call_json("fit", "m.lav", "gaps.csv", "--missing", "fiml")
    assert (found["nobs"], found["n_incomplete"], found["n_with_gaps"]) == (len(frame) - 3, 3, 1)


@pytest.mark.parametrize(("option", "column"), [("--group", "school"), ("--cluster", "class")])
def test_rows_without_a_group_or_cluster_are_left_out_and_counted(call_json, tmp_path, option, column):
    frame = pd.read_csv(data_file("holzinger")).assign(**{"class": np.arange(301) % 20})
    frame[column] = frame[column].astype(object)
    frame.loc[[3, 9, 44], column] = None
    frame.to_csv(tmp_path / "some.csv", index=False)
    found, status = call_json("fit", model_file("three_factors"), "some.csv", option, column)
    assert (status, found["nobs"]) == (0, 298)
    assert any(f"3 rows have no {option[2:]} ({column})" in said for said in found["warnings"])


def test_a_solution_that_is_improper_says_so(call_json):
    found, status = call_json("fit", model_file("heywood"), data_file("holzinger"))
    assert (status, found["converged"], found["admissible"]) == (0, True, False)
    assert any("is negative" in said for said in found["warnings"])


def test_a_model_that_is_not_identified_names_its_parameters(call_json, tmp_path):
    (tmp_path / "m.lav").write_text("F =~ NA*x1 + x2 + x3 + x4")
    found, status = call_json("fit", "m.lav", data_file("holzinger"))
    assert status == 0
    said, = [text for text in found["warnings"] if text.startswith("Not identified")]
    assert "F =~ x1" in said
    assert "F ~~ F" in said
    loading = found["parameters"][0]
    assert loading["se"] is None
    assert "F =~ x1: se" in found["undefined"]


def test_what_has_no_value_is_null_with_its_reason(call_json, tmp_path):
    (tmp_path / "m.lav").write_text("F =~ x1 + x2 + x3")
    found, _ = call_json("fit", "m.lav", data_file("holzinger"))
    assert found["fit"]["df"] == 0
    assert found["fit"]["pvalue"] is None
    assert found["undefined"]["fit.pvalue"]
    marker = found["parameters"][0]
    assert [marker[key] for key in ("free", "est", "se", "z", "pvalue", "ci.lower")] == [0, 1.0, *[None] * 4]
    assert not any(place.startswith("F =~ x1") for place in found["undefined"])


def test_reasons_name_the_group(call_json, tmp_path):
    (tmp_path / "m.lav").write_text("F =~ c(NA,1)*x1 + x2 + x3 + x4")
    found, _ = call_json("fit", "m.lav", data_file("holzinger"), "--group", "school")
    assert "F =~ x2 [Pasteur]: se" in found["undefined"]
    assert not any("[Grant-White]: se" in place for place in found["undefined"])


def test_a_model_that_does_not_converge_ends_with_status_1(call_json, tmp_path):
    # Pure noise has a likelihood without a maximum here.
    noise = np.random.default_rng(2).normal(size=(30, 4))
    pd.DataFrame(noise, columns=list("abcd")).to_csv(tmp_path / "noise.csv", index=False)
    (tmp_path / "m.lav").write_text("F =~ a + p*b + q*c + d\npq := p*q")
    found, status = call_json("fit", "m.lav", "noise.csv", "--bootstrap", 10)
    assert (status, found["converged"], found["admissible"], found["effects"]) == (1, False, False, [])
    assert set(found["fit"].values()) == {None}
    assert "did not converge" in found["undefined"]["fit"]
    assert {row["se"] for row in found["parameters"]} == {None}
    assert found["bootstrap"] == {"requested": 10, "converged": 0, "admissible": 0, "seed": 1}
    assert "no bootstrap" in found["warnings"][-1]


@pytest.mark.parametrize("options", [[], ["--group", "school", "--equal", "loadings", "--estimator", "mlr"]])
def test_fit_shows_tables_where_no_file_is_named(call, options):
    outcome = call("fit", model_file("three_factors"), data_file("holzinger"), *options)
    assert outcome.status == 0
    assert "n = 301 rows" in outcome.out
    assert re.search(r"visual =~ x2\b", outcome.out)
    assert ("[Pasteur]" in outcome.out) == bool(options)
    assert ("chisq.scaling.factor" in outcome.out) == bool(options)


@pytest.mark.parametrize(("options", "codes"), [
    (["--estimator", "wlsmv"], ["FIT-TOGETHER"]),
    (["--estimator", "dlws"], ["FIT-TOGETHER"]),
    (["--ordered", "all"], ["ORDERED-CODES"]),
    (["--estimator", "pls", "--missing", "mean"], ["OPTION-VALUE"]),
    (["--group", "school", "--equal", "loadings,thresholds"], ["FIT-TOGETHER"]),
    (["--group", "school", "--equal", "loadings,scales"], ["OPTION-VALUE"]),
    (["--level", "95"], ["OPTION-VALUE"]),
    (["--equal", "loadings"], ["FIT-TOGETHER"]),
    (["--estimator", "mlm", "--missing", "fiml"], ["FIT-TOGETHER"]),
    (["--estimator", "mlm", "--cluster", "school"], ["FIT-TOGETHER"]),
    (["--estimator", "wlsmv", "--ordered", "all", "--equal", "loadings"], ["FIT-TOGETHER"]),
    (["--group", "scool"], ["DATA-COLUMN"]),
    (["--cluster", "scool"], ["DATA-COLUMN"]),
    (["--json", "no/such/folder/out.json"], ["OUT-WRITE"]),
])
def test_fit_refuses_what_it_cannot_do(call, holzinger, options, codes):
    assert refused(call("fit", model_file("three_factors"), holzinger, *options), *codes)


F = b"F =~ x1 + x2 + x3"


@pytest.mark.parametrize(("text", "code", "said"), [
    (None, "MODEL-FILE", "m.lav"),
    (b"", "MODEL-EMPTY", "m.lav"),
    (b"f =~ \xff", "MODEL-ENCODING", "line 1"),
    (b"x1 ~ x2\nf =~", "MODEL-SYNTAX", "line 2"),
    (F + b" + nowhere", "MODEL-VARIABLE", "line 1, column 21"),
    (b"x4 =~ x1 + x2 + x3", "MODEL-VARIABLE", "'x4' is latent"),
    (b"F =~ a*x1 + a*x2 + 2*x2 + x3", "MODEL-LABEL-FIXED", "'a'"),
    (F + b"\np := q + 1\nq := p*2", "MODEL-CIRCULAR", "line 2"),
    (F + b"\np := p*2", "MODEL-CIRCULAR", "line 2"),
    (F + b"\np := nobody*2", "MODEL-LABEL", "'nobody'"),
    (F + b"\nx1 ~~ a*x1\np := a/0", "MODEL-EFFECT", "p := a/0"),
    (F + b"\nx1 ~~ a*x1\na == 1\na == 2", "MODEL-CONSTRAINT", "a == 1; a == 2"),
    (b"F =~ x1 + c(a,b)*x2 + x3", "MODEL-GROUPS", "2 entries"),
    (F + b"\nF =~ x2", "MODEL-REPEATED", "line 2"),
])
def test_a_bad_model_file_is_refused_with_its_place(call, holzinger, tmp_path, text, code, said):
    if text is not None:
        (tmp_path / "m.lav").write_bytes(text)
    outcome = call("fit", "m.lav", holzinger)
    assert refused(outcome, code)
    assert said in outcome.err


def spoiled(what: str) -> pd.DataFrame:
    """Holzinger and Swineford's data with one thing wrong."""
    frame = pd.read_csv(data_file("holzinger"))
    if what == "constant":
        frame["x2"] = 3.0
    elif what == "no number":
        frame["x2"] = ["much" if row == 5 else "3.5" for row in frame.index]
    elif what == "collinear":
        frame["x3"] = frame["x1"] + frame["x2"]
    elif what == "doubled":
        frame["x3"] = 2 * frame["x1"] + 1
    elif what == "few":
        frame = frame.head(3)
    elif what == "small group":
        frame["g"] = ["small" if row < 4 else "large" for row in frame.index]
    elif what == "one value":
        frame["g"] = "all"
    elif what == "no value":
        frame["g"] = ""
    elif what == "emptied group":
        frame["g"] = frame["school"]
        frame.loc[frame["school"] == "Pasteur", "x1"] = np.nan
    elif what == "constant group":
        frame["g"] = frame["school"]
        frame.loc[frame["school"] == "Pasteur", "x1"] = 4.0
    elif what == "never together":
        frame.loc[::2, "x1"] = np.nan
        frame.loc[1::2, "x2"] = np.nan
    elif what == "empty column":
        frame["x2"] = np.nan
    return frame


@pytest.mark.parametrize(("what", "options", "code", "said"), [
    ("constant", [], "SEM-CONSTANT", "column x2"),
    ("constant", ["--missing", "fiml"], "SEM-CONSTANT", "column x2"),
    ("no number", [], "DATA-NUMBER", "row 7, column x2"),
    ("collinear", [], "SEM-COLLINEAR", "x1, x2, x3"),
    ("collinear", ["--missing", "fiml"], "SEM-COLLINEAR", "x1, x2, x3"),
    ("doubled", ["--estimator", "mlr"], "SEM-COLLINEAR", "x1, x3 are"),
    ("few", [], "SEM-CASES", "there are 3"),
    ("small group", ["--group", "g"], "SEM-CASES", "group small"),
    ("small group", ["--group", "g", "--missing", "fiml"], "SEM-CASES", "group small"),
    ("one value", ["--group", "g"], "FIT-GROUPS", "column g"),
    ("no value", ["--group", "g"], "FIT-GROUPS", "column g"),
    ("emptied group", ["--group", "g"], "SEM-CASES", "group Pasteur"),
    ("emptied group", ["--group", "g", "--missing", "fiml"], "SEM-UNOBSERVED", "group Pasteur"),
    ("constant group", ["--group", "g"], "SEM-CONSTANT", "group Pasteur, column x1"),
    ("one value", ["--cluster", "g"], "FIT-CLUSTERS", "column g"),
    ("no value", ["--cluster", "g"], "FIT-CLUSTERS", "column g"),
    ("never together", ["--missing", "fiml"], "SEM-COVERAGE", "x1 and x2"),
    ("empty column", ["--missing", "fiml"], "SEM-UNOBSERVED", "x2"),
    ("empty column", [], "SEM-CASES", "there are 0"),
])
def test_data_that_a_model_cannot_be_fitted_to_are_refused_with_their_place(
    call, tmp_path, what, options, code, said,
):
    (tmp_path / "m.lav").write_text("F =~ x1 + x2 + x3 + x4")
    spoiled(what).to_csv(tmp_path / "spoiled.csv", index=False)
    outcome = call("fit", "m.lav", "spoiled.csv", *options)
    assert refused(outcome, code)
    assert said in outcome.err


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
    (b"a,b,c\n1,2,1e160\n", "DATA-NUMBER", "'1e160'"),
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
    (["surveymonkey", "{export}", "--out", "r.csv"], "OPTION-PLATFORM"),
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
    with without_theory(), pytest.MonkeyPatch.context() as patched:
        for module in ("run", "questions"):
            patched.setattr(f"pipeline.{module}.MODELS", (MEDIATION,))
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
    plan |= NO_THEORY
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


def test_verify_compares_our_side_of_the_second_opinion_only(call, made, rerun, tmp_path):
    shutil.copytree(made.folder, tmp_path / "other")
    content = json.loads((tmp_path / "other" / RESULTS_FILE).read_text(encoding="utf-8"))
    content["crosschecks"][0]["parameters"][0]["theirs"] += 1e-6
    (tmp_path / "other" / RESULTS_FILE).write_text(json.dumps(content), encoding="utf-8")
    assert call("verify", "other", "--study", made.study).status == 0
    content["crosschecks"][0]["chisq_ours"] += 1e-3
    (tmp_path / "other" / RESULTS_FILE).write_text(json.dumps(content), encoding="utf-8")
    outcome = call("verify", "other", "--study", made.study)
    assert outcome.status == 1
    assert re.search(r"crosschecks\[M1 screened\]\.chisq_ours: ", outcome.out)


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
