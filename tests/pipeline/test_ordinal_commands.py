"""``alliometrics fit`` of ordered variables: lavaan's numbers through the command line, tables, and what is refused.

References: ``tests/reference/ordinal/models``.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from pipeline.commands.fit_output import INDICES, ROBUST, SCALED
from tests.pipeline.called import Outcome, called, refused

FOLDER = Path(__file__).parents[1] / "reference" / "ordinal" / "models"
NO_LIKELIHOOD = {"fit.logl", "fit.unrestricted.logl", "fit.aic", "fit.bic", "fit.bic2"}


def model_file(name: str) -> Path:
    return FOLDER / "models" / f"{name}.lav"


def data_file(name: str) -> Path:
    return FOLDER / "data" / f"{name}.csv"


def lavaan(case: str) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads((FOLDER / f"{case}.json").read_text(encoding="utf-8"))
    return loaded


def fitted(folder: Path, model: str, data: Path, *options: object) -> dict[str, Any]:
    """The document of a fit that must go well."""
    path = folder / "out.json"
    assert called("fit", model_file(model), data, *options, "--json", path).status == 0
    document: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return document


CASES = {
    "one_factor_wlsmv": ("one_factor", "one_factor", ["--ordered", "all"]),
    "loadings_thresholds_wlsmv": ("two_factors", "two_groups", [
        "--ordered", "all", "--group", "country", "--equal", "loadings,thresholds"]),
    "mediator_wlsmv": ("mediator", "mediator", ["--estimator", "wlsmv", "--ordered", "daf,l1,l2,l3,l4,a1,a2"]),
    "mixed_dwls": ("mixed", "mixed", ["--estimator", "dlws", "--ordered", "u1,u2,u3,u4"]),
    "pairwise_wlsmv": ("two_factors", "missing", ["--ordered", "all", "--missing", "pairwise"]),
    "covariate_wlsmv": ("covariate", "holzinger", ["--ordered", "all"]),
}
"""``all`` leaves the covariates of the last numeric, as lavaan's ``ordered = TRUE`` does."""


@pytest.fixture(scope="module", params=CASES)
def case(request, tmp_path_factory) -> tuple[str, dict[str, Any], dict[str, Any]]:
    model, data, options = CASES[request.param]
    found = fitted(tmp_path_factory.mktemp("fit"), model, data_file(data), *options)
    return request.param, found, lavaan(request.param)


def test_fit_has_lavaans_measures(case):
    name, found, wanted = case
    measures = {key: value for key, value in found["fit"].items() if f"fit.{key}" not in NO_LIKELIHOOD}
    shift = measures.pop("chisq.shift.parameter", None)
    robust = found["estimator"] == "WLSMV"
    assert set(measures) == (set(INDICES) - {key.removeprefix("fit.") for key in NO_LIKELIHOOD}
                             | ({"df.scaled", *SCALED, *ROBUST} if robust else set()))
    for key, value in measures.items():
        if value is None:
            assert wanted["measures"][key] is None, key
            assert found["undefined"][f"fit.{key}"], key
        elif wanted["measures"][key] is None:  # lavaan has no robust indices where thresholds are held equal
            assert (name, key in ROBUST) == ("loadings_thresholds_wlsmv", True), key
        else:
            # lavaan searches the limits of RMSEA only so far.
            assert value == pytest.approx(wanted["measures"][key], rel=5e-4, abs=2e-5), (name, key)
    if robust:
        assert shift == pytest.approx(wanted["tests"]["model"][1]["shift.parameter"], rel=1e-5)
        assert measures["chisq.scaled"] == pytest.approx(measures["chisq"] / measures["chisq.scaling.factor"] + shift)


def test_there_is_no_likelihood_and_that_is_said(case):
    _, found, _ = case
    assert {key for key in found["undefined"] if "likelihood" in found["undefined"][key]} == NO_LIKELIHOOD
    assert {found["fit"][key.removeprefix("fit.")] for key in NO_LIKELIHOOD} == {None}


def test_fit_has_lavaans_parameters_in_lavaans_order(case):
    """All but what lavaan leaves out of residual variances below an ordered predictor (README of the references)."""
    name, found, wanted = case
    table = wanted["parameters"]
    rows = [dict(zip(table, row, strict=True)) for row in zip(*table.values(), strict=True)]
    assert [(p["lhs"], p["op"], p["rhs"]) for p in found["parameters"]] == [
        (r["lhs"], r["op"], r["rhs"]) for r in rows]
    passed_on = name.startswith("mediator")
    ordered = {r["lhs"] for r in rows if r["op"] == "|"}
    for ours, theirs in zip(found["parameters"], rows, strict=True):
        what = (name, ours["lhs"], ours["op"], ours["rhs"], ours["group"])
        assert ours["group"] == (0 if ours["op"] == ":=" else theirs.get("group", 1)), what
        if passed_on and ours["op"] == "~~" and ours["lhs"] in ordered:
            continue
        columns = ("est", "se", "z", "pvalue", "ci.lower", "ci.upper") + (() if passed_on else ("std.lv", "std.all"))
        for column in columns:
            if ours[column] is None:  # lavaan's se of what cannot vary is 0, and its limits are the value
                assert theirs["se"] == 0, (what, column)
            else:
                assert ours[column] == pytest.approx(theirs[column], rel=2e-4, abs=2e-5), (what, column)
    assert {"|", "~*~"} <= {p["op"] for p in found["parameters"]}


def test_the_document_says_how_it_was_estimated(case):
    name, found, wanted = case
    robust = name.endswith("wlsmv")
    assert (found["estimator"], found["se"], found["test"]) == (
        ("WLSMV", "robust.sem", "scaled.shifted") if robust else ("DWLS", "standard", "standard"))
    assert found["missing"] == wanted["lavaan"]["missing"]
    assert [group["nobs"] for group in found["groups"]] == wanted["nobs"]
    if len(wanted["nobs"]) > 1:
        assert [group["label"] for group in found["groups"]] == wanted["groups"]


def test_an_ordered_variable_that_only_explains_is_taken_by_its_codes_and_this_is_said(tmp_path):
    found = fitted(tmp_path, "mediator", data_file("mediator"), "--ordered", "daf,l1,l2,l3,l4,a1,a2,size")
    plain = fitted(tmp_path, "mediator", data_file("mediator"), "--ordered", "daf,l1,l2,l3,l4,a1,a2")
    assert any("size" in text and "only explain" in text for text in found["warnings"])
    assert found["fit"] == plain["fit"]


def test_modification_indices_are_lavaans(tmp_path):
    found = fitted(tmp_path, "one_factor", data_file("one_factor"), "--ordered", "all", "--modification")
    wanted = lavaan("one_factor_wlsmv")["modification"]
    indices = {(m["lhs"], m["op"], m["rhs"]): m for m in found["modification"]}
    for row in zip(*wanted.values(), strict=True):
        theirs = dict(zip(wanted, row, strict=True))
        ours = indices[theirs["lhs"], theirs["op"], theirs["rhs"]]
        for column in ("mi", "epc", "sepc.all"):
            assert ours[column] == pytest.approx(theirs[column], rel=1e-3, abs=1e-5), (theirs, column)


def test_the_bootstrap_is_of_thresholds_too(tmp_path):
    found = fitted(tmp_path, "one_factor", data_file("one_factor"), "--ordered", "all", "--bootstrap", 60)
    assert found["bootstrap"]["converged"] == 60
    free = [p for p in found["parameters"] if p["free"]]
    assert "|" in {p["op"] for p in free}
    ratio = [p["boot.se"] / p["se"] for p in free]
    assert 0.85 < float(np.mean(ratio)) < 1.15
    assert all(p["boot.ci.lower"] < p["est"] < p["boot.ci.upper"] for p in free)


@pytest.fixture(scope="module")
def shown() -> str:
    return called("fit", model_file("two_factors"), data_file("two_groups"), "--ordered", "all", "--group", "country",
                  "--equal", "loadings,thresholds").out


def test_thresholds_have_a_table_of_their_own(shown):
    parameters, thresholds = shown.split("Thresholds (standard error)")
    assert "|" not in parameters.replace("│", "")
    wanted = lavaan("loadings_thresholds_wlsmv")["parameters"]
    first = wanted["op"].index("|")
    for group in ("north", "south"):
        assert re.search(rf"x1 \[{group}\] +│ +{wanted['est'][first]:.3f} \({wanted['se'][first]:.3f}\)", thresholds)


def test_default_intercepts_and_scales_of_ordered_variables_are_not_listed(shown):
    assert "x1 ~1" not in shown
    assert "x1 ~*~ x1 [north]" not in shown
    assert "x1 ~*~ x1 [south]" in shown
    assert "Ordered variables have intercept 0 and scale 1 where none is listed." in shown


def test_many_thresholds_go_on_below(tmp_path):
    rng = np.random.default_rng(5)
    common = rng.normal(size=(500, 1))
    frame = pd.DataFrame(np.floor(3 * (common + rng.normal(size=(500, 3)))).clip(-5, 4), columns=["x1", "x2", "x3"])
    frame.to_csv(tmp_path / "d.csv", index=False)
    (tmp_path / "m.lav").write_text("f =~ x1 + x2 + x3", encoding="utf-8")
    out = called("fit", tmp_path / "m.lav", tmp_path / "d.csv", "--ordered", "all").out
    heads = re.findall(r"┃ variable ┃.*", out)
    assert [re.findall(r"t\d+", head) for head in heads] == [[f"t{k}" for k in range(1, 7)], ["t7", "t8", "t9"]]


@pytest.mark.parametrize(("options", "codes", "fix"), [
    (["--ordered", "all", "--estimator", "ml"], ["FIT-TOGETHER"], "--estimator wlsmv"),
    (["--ordered", "all", "--estimator", "mlr"], ["FIT-TOGETHER"], "--estimator wlsmv"),
    (["--ordered", "all", "--missing", "fiml"], ["FIT-TOGETHER"], "--missing pairwise"),
    (["--missing", "pairwise"], ["FIT-TOGETHER"], "--missing fiml"),
    (["--estimator", "wlsmv"], ["FIT-TOGETHER"], "--ordered all"),
    (["--ordered", "all", "--cluster", "country"], ["FIT-LATER"], "--estimator mlr with --cluster"),
    (["--equal", "thresholds", "--group", "country"], ["FIT-TOGETHER"], "--ordered all"),
    (["--ordered", "x1,,x2"], ["OPTION-ITEMS"], "--ordered x1,x2,x3"),
    (["--ordered", "y1,y2"], ["DATA-COLUMN"], "x1"),
    (["--ordered", "f"], ["MODEL-ORDERED"], "name one of x1"),
    (["--ordered", "country"], ["MODEL-ORDERED"], "name one of x1"),
])
def test_what_ordered_variables_do_not_have_is_refused_with_what_to_do(options, codes, fix):
    outcome = called("fit", model_file("two_factors"), data_file("two_groups"), *options)
    assert refused(outcome, *codes)
    assert fix in outcome.err


def spoiled(what: str) -> pd.DataFrame:
    """Two groups' items with one thing wrong with x2."""
    frame = pd.read_csv(data_file("two_groups"))
    if what == "one category":
        frame["x2"] = 3
    elif what == "absent in a group":
        frame.loc[(frame["country"] == "south") & (frame["x2"] == frame["x2"].max()), "x2"] -= 1
    elif what == "not whole":
        frame["x2"] = frame["x2"].astype(float)
        frame.loc[4, "x2"] = 3.5
    elif what == "thirty":
        frame["x2"] = np.arange(len(frame)) % 30
    elif what == "text":
        frame["x2"] = "agree"
    return frame


@pytest.mark.parametrize(("what", "code", "place", "rule"), [
    ("one category", "ORDERED-CONSTANT", "d.csv, column x2", "every answer is 3"),
    ("absent in a group", "ORDERED-GROUP", "d.csv, group south, column x2", "nobody here answered"),
    ("not whole", "ORDERED-CODES", "d.csv, row 6, column x2", "found 3.5"),
    ("thirty", "ORDERED-CATEGORIES", "d.csv, column x2", "found 30"),
    ("text", "DATA-NUMBER", "d.csv, row 2, column x2", "'agree'"),
])
def test_bad_ordered_columns_are_refused_with_their_place(tmp_path, what, code, place, rule):
    spoiled(what).to_csv(tmp_path / "d.csv", index=False)
    outcome: Outcome = called("fit", model_file("two_factors"), tmp_path / "d.csv", "--ordered", "all", "--group",
                              "country")
    assert refused(outcome, code)
    assert f"[{code}] {place}" in outcome.err
    assert rule in outcome.err
    assert "Fix: " in outcome.err
