"""``alliometrics invariance``: lavaan's ladders through the command line, what was freed, files for R, bad input.

References: ``tests/reference/invariance`` (lavaan and semTools).
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import pytest
from semopy.examples import holzinger39

from tests.pipeline.called import called, refused

FOLDER = Path(__file__).parents[1] / "reference" / "invariance"
REFERENCE: dict[str, Any] = json.loads((FOLDER / "ladders.json").read_text(encoding="utf-8"))


class Ran(NamedTuple):
    folder: Path
    document: dict[str, Any]


def files(folder: Path, case: str, frame: pd.DataFrame | None = None) -> tuple[Path, Path]:
    """The model and the data of a reference case, or other data, in ``folder``."""
    data = FOLDER / "data" / f"{REFERENCE[case]['data']}.csv"
    given = frame if frame is not None else holzinger39.get_data() if case.startswith("holz") else pd.read_csv(data)
    (folder / "m.lav").write_text(REFERENCE[case]["model"], encoding="utf-8")
    given.to_csv(folder / "d.csv", index=False)
    return folder / "m.lav", folder / "d.csv"


def ran(folder: Path, case: str, *options: object, frame: pd.DataFrame | None = None, status: int = 0) -> Ran:
    outcome = called("invariance", *files(folder, case, frame), "--group", REFERENCE[case]["group"], *options,
                     "--json", folder / "out.json")
    assert outcome.status == status, outcome.err
    return Ran(folder, json.loads((folder / "out.json").read_text(encoding="utf-8")))


@pytest.fixture(scope="module")
def five(tmp_path_factory) -> Ran:
    """Ordered items, of which q3 differs."""
    folder = tmp_path_factory.mktemp("five")
    return ran(folder, "five_wlsmv", "--ordered", "all", "--syntax", folder / "steps")


@pytest.fixture(scope="module")
def schools(tmp_path_factory) -> Ran:
    return ran(tmp_path_factory.mktemp("schools"), "holzinger_mlr", "--estimator", "mlr", "--permutations", 20)


def same_steps(ours: list[dict[str, Any]], theirs: dict[str, dict[str, Any]]) -> None:
    assert [step["name"] for step in ours] == list(theirs)
    for step, (name, wanted) in zip(ours, theirs.items(), strict=True):
        for key, value in step["fit"].items():
            if wanted.get(key) is not None:
                assert value == pytest.approx(wanted[key], rel=1e-3, abs=5e-5), (name, key)
        assert (step["difference"] is None) == ("difference" not in wanted)
        for key, other in (("chisq", "statistic"), ("df", "df"), ("pvalue", "pvalue")):
            if step["difference"]:
                assert step["difference"][key] == pytest.approx(wanted["difference"][other], rel=1e-3), (name, key)


def test_the_steps_are_lavaans(five, schools):
    same_steps(five.document["steps"], REFERENCE["five_wlsmv"]["steps"])
    same_steps(schools.document["steps"], REFERENCE["holzinger_mlr"]["steps"])
    for found, case in ((five.document, "five_wlsmv"), (schools.document, "holzinger_mlr")):
        assert found["estimator"] == REFERENCE[case]["estimator"]
        assert [(g["label"], g["nobs"]) for g in found["groups"]] == list(
            zip(REFERENCE[case]["groups"], REFERENCE[case]["n"], strict=True))


def test_every_step_says_what_it_holds_and_why(five):
    steps = five.document["steps"]
    assert [step["equal"] for step in steps] == [
        [], ["thresholds"], ["thresholds", "loadings"], ["thresholds", "loadings", "intercepts"]]
    assert [step["holds"] for step in steps] == [True, True, True, False]
    for step, before in zip(steps[1:], steps, strict=False):
        change = step["difference"]
        assert change["against"] == before["name"]
        for index in ("cfi", "rmsea", "srmr"):
            assert change[index] == pytest.approx(step["compared"][index] - before["compared"][index])
        assert change["test_holds"] == (change["pvalue"] >= 0.05)
        assert "Chen (2007)" in change["cutoffs"]["source"]
    assert steps[-1]["verdict"].startswith("Does not hold exactly")
    assert five.document["reached"] == "loadings"
    assert "means may not" in five.document["verdict"]


def test_the_item_that_differs_is_freed_with_its_reason(five):
    (search,) = five.document["searches"]
    (freed,) = search["freed"]
    assert (search["step"], search["kinds"], search["complete"]) == ("intercepts", ["intercepts"], True)
    assert (freed["item"], freed["kind"]) == ("q3", "intercepts")
    assert freed["adjusted"] < 0.05
    assert [len(tests) for tests in search["rounds"]] == [8, 7]
    assert min(search["rounds"][0], key=lambda test: test["pvalue"])["item"] == "q3"
    assert {p["group"]: p["freed"] for p in freed["parameters"] if p["op"] == "~1"}["fr"] > 0.2
    assert "The intercept of q3 is freed, because" in freed["justification"]
    assert search["anchors"] == {"F": ["q1", "q2", "q4"], "H": ["q5", "q6", "q7", "q8"]}


def test_the_ladder_with_what_was_freed_decides(five):
    partial = five.document["partial"]
    assert partial["released"] == [{"item": "q3", "kind": "intercepts"}]
    assert partial["reached"] == "intercepts"
    assert five.document["conclusion"] == partial["verdict"] != five.document["verdict"]
    assert five.document["latent_means"]["partial"] is True


def test_what_schools_differ_in_is_found_and_the_partial_ladder_is_lavaans(schools):
    """The two intercepts that everyone finds in these data, x3 and x7."""
    found = schools.document["partial"]
    assert found["released"] == [{"item": "x3", "kind": "intercepts"}, {"item": "x7", "kind": "intercepts"}]
    same_steps(found["steps"], REFERENCE["holzinger_partial"]["steps"])
    means = schools.document["latent_means"]["means"]
    assert [(m["factor"], m["reference"], m["group"]) for m in means] == [
        (m["factor"], m["reference"], m["group"]) for m in REFERENCE["holzinger_partial"]["means"]]
    for ours, theirs in zip(means, REFERENCE["holzinger_partial"]["means"], strict=True):
        for key, other in (("difference", "difference"), ("se", "difference_se"), ("in.pooled.sd", "in_pooled_sd"),
                           ("in.pooled.sd.se", "in_pooled_sd_se"), ("in.reference.sd", "in_reference_sd")):
            assert ours[key] == pytest.approx(theirs[other], rel=1e-3), key


def test_a_later_search_keeps_what_was_freed_before(tmp_path):
    """By maximum likelihood the residual variances fail too, and are searched with the two intercepts free."""
    found = ran(tmp_path, "holzinger_ml").document
    scalar, strict = found["searches"]
    assert (scalar["step"], strict["step"], strict["freed"]) == ("scalar", "strict", [])
    assert strict["released"] == scalar["released"] == found["partial"]["released"]
    assert found["partial"]["reached"] == "scalar"


def test_permutations_test_every_step(schools):
    found = schools.document["permutations"]
    assert [(p["step"], p["against"], p["requested"], p["converged"]) for p in found] == [
        ("metric", "configural", 20, 20), ("scalar", "metric", 20, 20), ("strict", "scalar", 20, 20)]
    for test in found:
        for one in test["tests"].values():
            assert one["pvalue"] == pytest.approx((1 + one["hits"]) / 21)
    assert found[1]["tests"]["chisq"]["hits"] == 0
    assert found[0]["tests"]["chisq"]["hits"] > 0


def test_syntax_files_rerun_to_the_same_fit(five, tmp_path):
    folder = five.folder / "steps"
    names = ["1_configural", "2_thresholds", "3_loadings", "4_intercepts"]
    assert sorted(path.name for path in folder.iterdir()) == sorted(
        [*(f"{name}.lav" for name in names), *(f"{name}_partial.lav" for name in names), "steps.R"])
    text = (folder / "4_intercepts_partial.lav").read_text(encoding="utf-8")
    assert text.startswith("# Step intercepts, without intercepts of q3; groups in the order en, fr\n")
    last = five.document["partial"]["steps"][-1]
    assert text.endswith(last["syntax"])
    called("fit", folder / "4_intercepts_partial.lav", five.folder / "d.csv", "--ordered", "all", "--group", "language",
           "--json", tmp_path / "again.json")
    again = json.loads((tmp_path / "again.json").read_text(encoding="utf-8"))
    assert again["fit"]["chisq.scaled"] == pytest.approx(last["fit"]["chisq.scaled"], rel=1e-6)
    assert again["fit"]["df"] == last["fit"]["df"]


def test_the_script_for_r_has_the_same_data_and_options(five):
    script = (five.folder / "steps" / "steps.R").read_text(encoding="utf-8")
    assert 'read.csv("../d.csv"' in script
    for part in ('group = "language"', 'estimator = "WLSMV"', 'missing = "listwise"', 'ordered = c("q1", "q2", ',
                 'data[["language"]] %in% c("en", "fr")', "4_intercepts_partial.lav", "lavTestLRT(fits[[1]], "):
        assert part in script


def test_no_partial_searches_nothing(tmp_path):
    found = ran(tmp_path, "five_wlsmv", "--ordered", "all", "--no-partial").document
    assert (found["searches"], found["partial"], found["conclusion"]) == ([], None, found["verdict"])
    assert found["latent_means"] is None
    assert "does not hold" in found["undefined"]["latent_means"]
    sizes = {entry["item"]: entry for entry in found["dmacs"]}
    for item, wanted in REFERENCE["dmacs"]["five_wlsmv"].items():
        assert sizes[item]["dmacs"] == pytest.approx(wanted["dmacs"], rel=2e-3)
        assert sizes[item]["signed"] == pytest.approx(wanted["signed"], rel=2e-3, abs=1e-4)


def test_the_console_has_steps_reasons_sources_means_and_a_conclusion(five):
    out = called("invariance", five.folder / "m.lav", five.folder / "d.csv", "--group", "language", "--ordered",
                 "all").out
    assert re.search(r"│ intercepts +│ thresholds, loadings, intercepts +│ +98\.74 │ +66 │", out)
    assert re.search(r"│ intercepts +│ loadings +│ +16\.84 │ +6 │ +\.010 │ .* fails │ +within │", out)
    flat = re.sub(r"\s+", " ", out)
    for part in ("Chen (2007)", "Cheung and Rensvold (2002)", "intercepts: Does not hold exactly",
                 "The intercept of q3 is freed, because", "Differences of latent means (step intercepts, partial)",
                 "Conclusion: With partial intercepts invariance"):
        assert part in flat


# ---- data that need a decision, and data that are refused ----------------------------------------------------------


def spoiled(what: str) -> pd.DataFrame:
    frame = pd.read_csv(FOLDER / "data" / "five.csv")
    if what == "one category":
        frame["q2"] = 3
    elif what == "absent in a group":
        frame.loc[(frame["language"] == "fr") & (frame["q2"] == 5), "q2"] = 4
    elif what == "not whole":
        frame["q2"] = frame["q2"].astype(float)
        frame.loc[4, "q2"] = 3.5
    elif what == "thirty":
        frame["q2"] = np.arange(len(frame)) % 30
    elif what == "text":
        frame["q2"] = "agree"
    elif what == "small group":
        frame.loc[:39, "language"] = "xx"
    elif what == "one group":
        frame["language"] = "en"
    return frame


@pytest.mark.parametrize(("what", "code", "place", "fix"), [
    ("one category", "ORDERED-CONSTANT", "d.csv, column q2", "Leave the variable out"),
    ("absent in a group", "INVARIANCE-CATEGORIES", "d.csv, item q2, category 5, group fr", "--merge-rare"),
    ("not whole", "ORDERED-CODES", "d.csv, row 6, column q2", "Correct the cell"),
    ("thirty", "ORDERED-CATEGORIES", "d.csv, column q2", "continuous"),
    ("text", "DATA-NUMBER", "d.csv, row 2, column q2", "Correct the cell"),
    ("small group", "INVARIANCE-GROUP", "d.csv, group xx", "--leave-out-small"),
    ("one group", "INVARIANCE-GROUP", "d.csv, groups", "at least two values"),
])
def test_bad_data_are_refused_with_their_place(tmp_path, what, code, place, fix):
    outcome = called("invariance", *files(tmp_path, "five_wlsmv", spoiled(what)), "--group", "language", "--ordered",
                     "all")
    assert refused(outcome, code)
    assert f"[{code}] {place}" in outcome.err
    assert fix in outcome.err


def test_a_category_that_a_group_lacks_is_merged_when_asked_and_that_is_said(tmp_path):
    frame = spoiled("absent in a group").astype({"q5": float})
    # An answer that is there, but in a row that is left out.
    frame.loc[frame["language"].eq("fr").idxmax(), ["q2", "q5"]] = [5, np.nan]
    found = ran(tmp_path, "five_wlsmv", "--ordered", "all", "--merge-rare", "--no-partial", "--syntax", tmp_path / "s",
                frame=frame).document
    (merged,) = found["merged"]
    assert (merged["item"], merged["category"], merged["into"], merged["rare_in"]) == ("q2", 5, 4, ["fr"])
    assert merged["rows"] == int((frame["q2"] == 5).sum())
    assert any("category 5 merged into 4" in text for text in found["warnings"])
    assert found["ordered"] == {f"q{k}": 4 if k == 2 else 5 for k in range(1, 9)}
    by_hand = frame.assign(q2=frame["q2"].replace(5, 4))
    (tmp_path / "h").mkdir()
    other = ran(tmp_path / "h", "five_wlsmv", "--ordered", "all", "--no-partial", frame=by_hand).document
    assert found["steps"] == other["steps"]
    assert 'data[["q2"]][data[["q2"]] %in% 5] <- 4' in (tmp_path / "s" / "steps.R").read_text(encoding="utf-8")


def test_groups_that_are_too_small_are_left_out_when_asked_and_named(tmp_path):
    frame = spoiled("small group")
    found = ran(tmp_path, "five_wlsmv", "--ordered", "all", "--no-partial", "--leave-out-small", frame=frame).document
    assert found["left_out"] == [{"label": "xx", "nobs": 40}]
    assert [(g["label"], g["nobs"]) for g in found["groups"]] == [("en", 260), ("fr", 260)]
    assert "The group xx was left out: it has 40 usable rows." in found["warnings"]


def test_rows_that_are_not_used_are_counted(tmp_path):
    frame = holzinger39.get_data()
    frame.loc[::50, "x1"] = np.nan
    frame.loc[[3, 4], "school"] = None
    found = ran(tmp_path, "holzinger_ml", "--no-partial", frame=frame).document
    assert found["without_group"] == 2
    assert {"2 rows have no group (school) and were left out.", "7 rows are incomplete and were left out."} <= set(
        found["warnings"])
    assert sum(group["nobs"] for group in found["groups"]) == 301 - 2 - 7


@pytest.mark.parametrize(("options", "codes"), [
    (["--estimator", "mlm"], ["OPTION-VALUE"]),
    (["--estimator", "ml", "--ordered", "all"], ["FIT-TOGETHER"]),
    (["--ordered", "all", "--missing", "fiml"], ["FIT-TOGETHER"]),
    (["--merge-rare"], ["FIT-TOGETHER"]),
    (["--ordered", "z1,z2"], ["DATA-COLUMN"]),
    (["--ordered", "language"], ["INVARIANCE-ITEMS"]),
    (["--group", "langage"], ["DATA-COLUMN"]),
    (["--json", "no/such/folder/out.json"], ["OUT-WRITE"]),
])
def test_options_that_cannot_be_are_refused(tmp_path, options, codes):
    assert refused(called("invariance", *files(tmp_path, "five_wlsmv"), "--group", "language", *options), *codes)


def test_a_model_that_is_no_measurement_model_is_refused_with_its_line(tmp_path):
    model, data = files(tmp_path, "five_wlsmv")
    model.write_text(REFERENCE["five_wlsmv"]["model"] + "\nH ~ F", encoding="utf-8")
    outcome = called("invariance", model, data, "--group", "language")
    assert refused(outcome, "INVARIANCE-MODEL")
    assert "m.lav, line 3" in outcome.err


def test_a_first_step_that_does_not_converge_ends_with_status_1(tmp_path):
    noise = np.random.default_rng(4).normal(size=(60, 4))  # a likelihood without a maximum
    frame = pd.DataFrame(noise, columns=list("abcd")).assign(g=["one", "two"] * 30)
    frame.to_csv(tmp_path / "d.csv", index=False)
    (tmp_path / "m.lav").write_text("F =~ a + b + c + d", encoding="utf-8")
    outcome = called("invariance", tmp_path / "m.lav", tmp_path / "d.csv", "--group", "g", "--minimum", 20, "--json",
                     tmp_path / "out.json")
    assert outcome.status == 1
    assert "did not converge" in outcome.err
    found = json.loads((tmp_path / "out.json").read_text(encoding="utf-8"))
    assert (found["converged"], found["searches"], found["latent_means"], found["dmacs"]) == (False, [], None, None)
    assert set(found["steps"][0]["fit"].values()) == {None}
