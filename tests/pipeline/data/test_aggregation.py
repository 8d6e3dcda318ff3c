"""From informants to firms and alliances: averages, agreement, and counts that lose nobody."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from constructed import answers, instrument, responses
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.data.aggregation import Aggregated, to_alliances, to_firms
from pipeline.data.scoring import score
from pipeline.study import ScoringPlan


def firms(values: pd.DataFrame, firm_id: list[str], **more: object) -> Aggregated:
    given_ = responses(values, firm_id=firm_id, **more)  # type: ignore[arg-type]
    return to_firms(score(given_, instrument(), ScoringPlan()), given_)


def alliances(values: pd.DataFrame, firm_id: list[str], alliance_id: list[str]) -> Aggregated:
    given_ = responses(values, "A", firm_id=firm_id, alliance_id=alliance_id)
    return to_alliances(score(given_, instrument(), ScoringPlan()), given_)


def test_one_informant_a_firm_is_handed_through() -> None:
    values = answers(n=4)
    given_ = responses(values, firm_id=list("dcba"))
    scores = score(given_, instrument(), ScoringPlan())
    found = to_firms(scores, given_)
    assert found.frame.index.tolist() == list("dcba")      # order of first appearance
    for part in (scores.scores, scores.items):
        np.testing.assert_array_equal(found.frame[part.columns], part)
    np.testing.assert_array_equal(found.experience["exp_rw"], scores.experience["exp_rw"])
    assert (found.responses, found.units, found.firms, found.units_with_several_informants) == (4, 4, 4, 0)
    assert found.findings == ()


def test_informants_are_averaged_scores_and_items_alike() -> None:
    values = answers(n=3)
    values.loc[[4, 6], ["sufl1", "sufl2", "sufl3", "sufl4"]] = [[2, 2, 2, 2], [4, 5, 6, 7]]
    found = firms(values, ["x", "y", "x"])
    assert found.frame.loc["x", ["sufl1", "sufl2", "sufl3", "sufl4", "sufl"]].tolist() == [3, 3.5, 4, 4.5, 3.75]
    assert found.frame["n_informants"].to_dict() == {"x": 2, "y": 1}
    assert (found.units, found.units_with_several_informants) == (2, 1)


def test_reversed_items_are_averaged_keyed() -> None:
    values = answers(n=2)
    values["lrar4"] = [1, 3]
    assert firms(values, ["x", "x"]).frame.loc["x", "lrar4"] == 6


def test_an_average_is_over_the_informants_who_have_the_score() -> None:
    values = answers(n=2)
    values["fsize"] = [100, 7]
    found = firms(values, ["x", "x"], missing={(5, "fsize"): "dk"})
    assert found.frame.loc["x", "lnsize"] == np.log(100)
    assert found.frame.loc["x", "n_informants"] == 2
    nobody = firms(values, ["x", "x"], missing={(4, "fsize"): "dk", (5, "fsize"): "rf"})
    assert nobody.missing == {"lnsize": 1}


def test_informants_who_disagree_about_the_function_leave_it_missing_with_a_finding() -> None:
    values = answers(n=4)
    values["dafex"] = [1, 0, 1, 1]
    found = firms(values, ["x", "x", "y", "y"])
    assert np.isnan(found.frame.loc["x", "daf"])
    assert found.frame.loc["y", "daf"] == 1
    assert found.disagreements == {"daf": 1, "ind_tech": 0, "ind_serv": 0}
    (finding,) = found.findings
    assert (finding.code, finding.place, finding.severity) == ("AGGREGATE-DISAGREE", "firm x", "warning")
    assert found.missing == {"daf": 1}


def test_an_informant_without_an_answer_does_not_disagree() -> None:
    found = firms(answers(n=2), ["x", "x"], missing={(5, "dafex"): "dk"})
    assert found.frame.loc["x", "daf"] == 1
    assert found.findings == ()


def test_industry_is_agreed_upon_or_missing_never_averaged() -> None:
    values = answers(n=2)
    values["indus"] = [2, 8]
    found = firms(values, ["x", "x"])
    assert found.frame.loc["x", ["ind_tech", "ind_serv"]].isna().all()
    assert [finding.code for finding in found.findings] == ["AGGREGATE-DISAGREE"] * 2
    assert [name in finding.rule for finding, name in zip(found.findings, ("ind_tech", "ind_serv"), strict=True)] == [
        True, True]


def test_alliances_are_told_apart_within_firms() -> None:
    values = answers("A", n=5)
    values[["ratr1", "ratr2", "ratr3"]] = np.array([[1, 2, 3, 4, 6]] * 3).T
    found = alliances(values, ["x", "x", "y", "x", "x"], ["1", "2", "1", "1", "1"])
    assert found.frame["ratr"].to_dict() == {("x", "1"): 11 / 3, ("x", "2"): 2, ("y", "1"): 3}
    assert found.frame["n_informants"].to_dict() == {("x", "1"): 3, ("x", "2"): 1, ("y", "1"): 1}
    assert (found.responses, found.units, found.firms) == (5, 3, 2)
    assert (found.firms_with_several_alliances, found.units_with_several_informants) == (1, 1)
    assert found.frame.index.names == ["firm_id", "alliance_id"]


def test_scores_of_other_rows_are_refused() -> None:
    given_ = responses(answers(n=3))
    scores = score(given_, instrument(), ScoringPlan())
    with pytest.raises(ValueError, match="different rows"):
        to_firms(scores, responses(answers(n=2)))


@settings(max_examples=25, deadline=None)
@given(st.lists(st.sampled_from("abcdef"), min_size=1, max_size=12))
def test_nobody_is_lost_and_weighted_averages_keep_the_mean(firm_id: list[str]) -> None:
    values = answers(n=len(firm_id))
    found = firms(values, firm_id)
    assert found.frame["n_informants"].sum() == len(firm_id) == found.responses
    assert found.units == len(set(firm_id))
    weighted = (found.frame["lrco"] * found.frame["n_informants"]).sum() / len(firm_id)
    assert weighted == pytest.approx(values[["lrco1", "lrco2", "lrco3", "lrco4"]].to_numpy().mean())
