"""Keyed items, dimension means, experience, the function index, context and outcomes; and their descriptions."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from constructed import EXPERIENCE, answers, instrument, responses
from hypothesis import given, settings
from hypothesis import strategies as st

from instrument.errors import InputError
from pipeline.data.scoring import Scores, describe, experience, moments, score
from pipeline.study import ScoringPlan
from pipeline.undefined import Undefined

PLAN = ScoringPlan()


def scored(values: pd.DataFrame, form: str = "F", plan: ScoringPlan = PLAN, **more: object) -> Scores:
    return score(responses(values, form, **more), instrument(), plan)  # type: ignore[arg-type]


@pytest.fixture
def values() -> pd.DataFrame:
    return answers(n=3)


# -- items and dimensions -----------------------------------------------------------------------------


def test_reversed_items_are_turned_round_and_others_kept(values: pd.DataFrame) -> None:
    values.loc[4, ["lrar1", "lrar4"]] = [6, 6]
    items = scored(values).items
    assert items.loc[4, ["lrar1", "lrar4"]].tolist() == [6, 2]


def test_a_dimension_score_is_the_mean_of_its_keyed_items(values: pd.DataFrame) -> None:
    values.loc[4, ["lrar1", "lrar2", "lrar3", "lrar4"]] = [7, 6, 5, 1]   # keyed 7, 6, 5, 7
    assert scored(values).scores.loc[4, "lrar"] == 6.25


def test_one_missing_item_leaves_the_score_missing_and_counted(values: pd.DataFrame) -> None:
    scores = scored(values, missing={(4, "lrar2"): "dk", (5, "lrar1"): "unanswered"})
    assert scores.scores["lrar"].isna().tolist() == [True, True, False]
    assert scores.missing["lrar"] == {"an item has no answer": 2}
    assert scores.missing["lrco"] == {}
    assert scores.items.loc[4, ["lrar1", "lrar3"]].notna().all()


def test_an_optional_block_not_asked_has_no_column() -> None:
    assert "pfcp" not in scored(answers("A").drop(columns=["pfcp1", "pfcp2", "pfcp3"]), "A").scores
    assert list(scored(answers("A"), "A").scores) == ["ratr", "ralo", "pfcp"]


def test_a_dimension_asked_in_part_is_refused(values: pd.DataFrame) -> None:
    with pytest.raises(InputError, match="SCORE-ITEMS") as caught:
        scored(values.drop(columns=["lrco2", "sufl1"]))
    assert [f.place for f in caught.value.findings] == ["form F, dimension lrco", "form F, dimension sufl"]


def test_an_absent_column_is_named(values: pd.DataFrame) -> None:
    with pytest.raises(InputError, match="lack xeq2"):
        scored(values.drop(columns=["xeq2"]))


# -- experience ---------------------------------------------------------------------------------------


def test_experience_by_hand() -> None:
    # δ = 1/2: 2/2 + 16/2⁴ + 256/2⁸ + 0 = 3
    assert experience([[2, 16, 256, 0]], 0.5).tolist() == [math.log(4)]
    assert experience([[0, 0, 0, 8192]], 0.5).tolist() == [math.log(2)]     # the open band is 13 years old


def test_without_decay_experience_is_the_logged_count() -> None:
    assert experience([[1, 2, 3, 4], [0, 0, 0, 0]], 1.0).tolist() == [math.log(11), 0]


def test_exp_rw_adds_up_the_three_kinds_and_repeat_partners_are_among_them(values: pd.DataFrame) -> None:
    values[EXPERIENCE] = 0.0
    values.loc[4, ["xjv1", "xeq1", "xco1", "xrp1"]] = [1, 2, 3, 4]
    row = scored(values).scores.loc[4]
    assert row["exp_rw"] == pytest.approx(math.log(1 + 6 * 0.9), rel=1e-15)
    assert row["exp_rw_jv"] == pytest.approx(math.log(1.9), rel=1e-15)
    assert row["exp_rw_eq"] == pytest.approx(math.log(2.8), rel=1e-15)
    assert row["exp_rw_co"] == pytest.approx(math.log(3.7), rel=1e-15)
    assert row["exp_rw_rp"] == pytest.approx(math.log(4.6), rel=1e-15)


def test_a_missing_band_leaves_experience_missing_but_not_the_kinds_it_has_no_part_in(values: pd.DataFrame) -> None:
    scores = scored(values, missing={(4, "xjv3"): "dk"})
    assert scores.scores.loc[4, ["exp_rw", "exp_rw_jv"]].isna().all()
    assert scores.scores.loc[4, ["exp_rw_eq", "exp_rw_co", "exp_rw_rp"]].notna().all()
    assert scores.missing["exp_rw"] == {"a count of an age band has no answer": 1}
    assert scores.experience["exp_rw"].loc[4].isna().all()


def test_alternatives_are_exp_rw_under_the_other_decays(values: pd.DataFrame) -> None:
    alternatives = scored(values).experience["exp_rw"]
    assert list(alternatives) == [1.0, 0.8, 0.7, 0.5]
    for decay in alternatives:
        again = scored(values, plan=ScoringPlan(decay=decay)).scores["exp_rw"]
        pd.testing.assert_series_equal(alternatives[decay], again, check_names=False)


def test_more_repeat_partners_than_alliances_are_reported(values: pd.DataFrame) -> None:
    values.loc[5, "xrp2"] = 9
    (finding,) = scored(values).findings
    assert (finding.code, finding.severity, finding.place) == ("SCORE-REPEAT", "warning", "form F, export rows 5")
    assert scored(answers(n=3)).findings == ()


def test_all_alliances_may_be_with_repeat_partners(values: pd.DataFrame) -> None:
    values.loc[5, ["xjv2", "xeq2", "xco2", "xrp2"]] = [1, 2, 3, 6]
    assert scored(values).findings == ()


@pytest.mark.parametrize(("counts", "decay", "code"), [
    ([[1, -1, 0, 0]], 0.9, "SCORE-COUNT"), ([[1, 1, 0, 0]], 0.0, "SCORE-DECAY"), ([[1, 1, 0, 0]], 1.1, "SCORE-DECAY"),
])
def test_impossible_counts_and_decays_are_refused(counts: list, decay: float, code: str) -> None:
    with pytest.raises(InputError, match=code):
        experience(counts, decay)


counts4 = st.lists(st.integers(0, 5000), min_size=4, max_size=4)
decays = st.floats(0.05, 1)


@given(counts4, decays, st.integers(0, 3))
def test_one_more_alliance_is_more_experience_and_a_recent_one_most(counts: list[int], decay: float, band: int) -> None:
    more = np.array([counts, counts, counts], dtype=float)
    more[1, band] += 1
    more[2, 0] += 1
    before, one_more, recent = experience(more, decay)
    assert before <= one_more <= recent
    assert recent > before


@given(counts4, decays, decays)
def test_slower_decay_never_lowers_experience(counts: list[int], one: float, other: float) -> None:
    low, high = sorted((one, other))
    assert experience([counts], low)[0] <= experience([counts], high)[0] + 1e-12


# -- function -----------------------------------------------------------------------------------------


def test_daf_is_presence_and_missing_without_an_answer(values: pd.DataFrame) -> None:
    values.loc[5, "dafex"] = 0
    scores = scored(values, missing={(6, "dafex"): "rf"})
    assert scores.scores["daf"].tolist()[:2] == [1, 0]
    assert scores.missing["daf"] == {"whether a function exists has no answer": 1}
    assert scores.missing["daf_index"] == {"a component has no answer": 1}


def test_function_index_by_hand(values: pd.DataFrame) -> None:
    # function 1, procedures 15/(15 + 5), tools 2/4, training 1/3, committees 2/(2 + 2), apprenticeship 0
    values.loc[4, ["fmpr", "fmtl.1", "fmtl.2", "fmtl.3", "fmtl.4", "fmtr", "fmcm", "fmap"]] = [15, 1, 0, 1, 0, 1, 2, 0]
    expected = (1 + 3 / 4 + 1 / 2 + 1 / 3 + 1 / 2 + 0) / 6
    assert scored(values).scores.loc[4, "daf_index"] == pytest.approx(expected, rel=1e-15)


def test_no_box_ticked_is_no_tool_where_the_page_was_answered(values: pd.DataFrame) -> None:
    boxes = [f"fmtl.{code}" for code in (1, 2, 3, 4)]
    with_tools = scored(values).scores.loc[4, "daf_index"]
    empty = scored(values, missing={(4, box): "unanswered" for box in boxes}).scores.loc[4, "daf_index"]
    assert empty == pytest.approx(with_tools - 1 / 6)
    unsaid = scored(values, missing={(4, box): "dk" for box in boxes}).scores.loc[4, "daf_index"]
    assert np.isnan(unsaid)
    page = [*boxes, "fmpr", "fmtr", "fmcm", "fmap"]
    skipped = scored(values, missing={(4, column): "unanswered" for column in page}).scores.loc[4, "daf_index"]
    assert np.isnan(skipped)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 500), st.integers(0, 500), st.integers(0, 3))
def test_function_index_lies_within_0_and_1_and_rises_with_procedures(
    procedures: int, committees: int, training: int
) -> None:
    values = answers(n=2)
    values.loc[4, ["fmpr", "fmcm", "fmtr"]] = [procedures, committees, training]
    values.loc[5, ["fmpr", "fmcm", "fmtr"]] = [procedures + 1, committees, training]
    low, high = scored(values).scores["daf_index"]
    assert 0 <= low < high < 1


# -- context and outcomes -----------------------------------------------------------------------------


def test_size_and_age(values: pd.DataFrame) -> None:
    values.loc[5, "fsize"] = 0
    scores = scored(values, missing={(6, "fsize"): "dk"})
    assert scores.scores.loc[4, "lnsize"] == math.log(100)
    assert scores.missing["lnsize"] == {"0 employees have no logarithm": 1, "the number of employees has no answer": 1}
    assert scores.scores["firmage"].tolist() == [2.0, 2.0, 2.0]       # 2004 → 2024, when the answers ended


def test_firm_age_counts_from_the_year_of_each_answer_or_the_year_named(values: pd.DataFrame) -> None:
    ended = pd.to_datetime(["2023-12-31", "2024-01-01", None])
    scores = scored(values, ended=ended)
    assert scores.scores["firmage"].tolist()[:2] == [1.9, 2.0]
    assert scores.missing["firmage"] == {"the export holds no end date": 1}
    named = score(responses(values, ended=ended), instrument(), PLAN, survey_year=2034)
    assert named.scores["firmage"].tolist() == [3.0, 3.0, 3.0]


def test_a_firm_founded_after_the_survey_has_no_age(values: pd.DataFrame) -> None:
    values.loc[4, "fyear"] = 2025
    scores = scored(values)
    assert np.isnan(scores.scores.loc[4, "firmage"])
    assert scores.missing["firmage"] == {"the year of foundation lies after the survey": 1}


@pytest.mark.parametrize(("code", "tech", "serv"), [
    (1, 0, 0), (2, 1, 0), (3, 1, 0), (4, 0, 0), (5, 0, 0), (6, 0, 1), (7, 0, 1), (8, 0, 1), (9, 0, 1), (10, 0, 0),
])
def test_industry_indicators(values: pd.DataFrame, code: int, tech: int, serv: int) -> None:
    values["indus"] = code
    assert scored(values).scores.loc[4, ["ind_tech", "ind_serv"]].tolist() == [tech, serv]


def test_industry_without_answer_is_missing_not_the_reference(values: pd.DataFrame) -> None:
    scores = scored(values, missing={(4, "indus"): "rf"}).scores
    assert scores.loc[4, ["ind_tech", "ind_serv"]].isna().all()


def test_a_foreseen_end_is_no_failure(values: pd.DataFrame) -> None:
    values.loc[4, ["ocmet", "ocexp", "ocfail"]] = [3, 2, 5]
    values.loc[5, ["ocmet", "ocexp", "ocfail"]] = [0, 0, 0]
    scores = scored(values, missing={(6, "ocfail"): "dk"})
    assert scores.scores.loc[4, "success_share"] == 0.5
    assert scores.missing["success_share"] == {"no alliance ended or was reviewed": 1,
                                               "a count of outcomes has no answer": 1}


def test_every_missing_score_is_counted_once(values: pd.DataFrame) -> None:
    holes = {(4, "lrar1"): "dk", (5, "fsize"): "unanswered", (6, "ocmet"): "rf", (6, "xco4"): "na"}
    scores = scored(values, missing=holes)
    assert {name: sum(why.values()) for name, why in scores.missing.items()} == scores.scores.isna().sum().to_dict()
    assert set(scores.labels) == {*scores.scores, *scores.items}


# -- descriptions -------------------------------------------------------------------------------------


def test_describe_counts_and_summarises() -> None:
    frame = pd.DataFrame({"a": [0.0, 0, 0, 4, np.nan], "b": [np.nan, np.nan, np.nan, np.nan, 1.0]})
    a, b = describe(frame, {"a": "Alpha"}, "firm")
    assert (a.variable, a.label, a.level, a.n, a.missing) == ("a", "Alpha", "firm", 4, 1)
    assert (a.mean, a.sd, a.minimum, a.maximum) == (1, 2, 0, 4)
    assert (a.skewness, a.kurtosis) == (pytest.approx(2), pytest.approx(4))
    assert (b.label, b.n, b.mean, b.sd) == ("b", 1, 1, Undefined("it needs two values"))
    assert isinstance(b.skewness, Undefined)


def test_describe_of_an_empty_column_is_undefined_throughout() -> None:
    (only,) = describe(pd.DataFrame({"a": [np.nan]}), {}, "firm")
    assert (only.n, only.missing) == (0, 1)
    statistics = (only.mean, only.sd, only.minimum, only.maximum, only.skewness, only.kurtosis)
    assert all(isinstance(value, Undefined) for value in statistics)


def test_moments_are_of_complete_rows() -> None:
    found = moments(pd.DataFrame({"a": [0.0, 2, 9], "b": [1.0, 5, np.nan]}))
    assert (found.variables, found.n, found.mean) == (("a", "b"), 2, (1, 3))
    assert found.covariance == ((2, 4), (4, 8))
    np.testing.assert_allclose(found.correlation, 1, atol=1e-15)


def test_a_variable_without_variation_is_named() -> None:
    with pytest.raises(InputError, match="MOMENTS-CONSTANT") as caught:
        moments(pd.DataFrame({"a": [0.0, 2, 9], "b": [3.0, 3, np.nan]}))
    assert caught.value.findings[0].place == "b"
