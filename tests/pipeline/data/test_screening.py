"""Who is no response, who is flagged, whom the plan's rule excludes, and in which words."""

from __future__ import annotations

import time

import numpy as np
import pandas as pd
import pytest
from constructed import SCALES, answers, instrument, responses

from instrument.errors import InputError
from pipeline.data.screening import RespondentScreening, kept, screen
from pipeline.study import ScreeningPlan
from pipeline.undefined import Undefined

PLAN = ScreeningPlan()
F_ITEMS = [f"{name}{k}" for name, items in SCALES["F"].items() for k in range(1, items + 1)]


def screened(values: pd.DataFrame, plan: ScreeningPlan = PLAN, form: str = "F", **more: object):
    return screen(responses(values, form, **more), instrument(), plan)  # type: ignore[arg-type]


def first(values: pd.DataFrame, **more: object) -> RespondentScreening:
    return screened(values, **more)[0][0]


@pytest.fixture
def values() -> pd.DataFrame:
    return answers(n=60)


def test_careful_respondents_are_kept_without_a_reason(values: pd.DataFrame) -> None:
    respondents, summary = screened(values)
    assert (summary.respondents, summary.excluded, summary.kept) == (60, 0, 60)
    assert {r.reason for r in respondents} == {""}
    assert respondents[0].response_id == "R_4"
    assert respondents[0].attention_passed is True


# -- no response at all -------------------------------------------------------------------------------


@pytest.mark.parametrize(("change", "flag", "reason"), [
    ({"cons": 0}, "no consent", "no consent: consent was not given"),
    ({"cons": np.nan}, "no consent", "no consent: the consent question has no answer"),
    ({"scal": 0}, "screened out", "screened out: the answer to scal screens out"),
    ({"dilig": 1}, "withdrawn", "withdrawn: the respondent asks to leave the answers out"),
    ({"cons": 0, "scal": 0, "dilig": 1}, "no consent", "no consent: consent was not given"),
])
def test_who_gave_no_response_is_excluded_first_and_in_words(
    values: pd.DataFrame, change: dict, flag: str, reason: str
) -> None:
    values.loc[4, list(change)] = list(change.values())
    respondents, summary = screened(values, ScreeningPlan(any_of=(), of=()))
    assert respondents[0].flags == (flag,)
    assert respondents[0].excluded
    assert respondents[0].reason == reason
    assert respondents[0].irv == Undefined(f"the answers are not judged ({flag})")
    assert summary.flagged[flag] == 1
    assert summary.excluded == 1


def test_unfinished_is_excluded_whatever_the_rule(values: pd.DataFrame) -> None:
    respondent = first(values, plan=ScreeningPlan(any_of=(), of=()), finished=[False] + [True] * 59)
    assert respondent.flags == ("unfinished",)
    assert respondent.reason == "unfinished: the questionnaire was not finished"


def test_those_excluded_before_do_not_move_the_distances_of_the_rest(values: pd.DataFrame) -> None:
    alone = screened(values.iloc[1:])[0]
    values.loc[4, F_ITEMS] = 1
    values.loc[4, "cons"] = 0
    assert screened(values)[0][1:] == alone


# -- flags --------------------------------------------------------------------------------------------


def test_a_wrong_attention_answer_fails(values: pd.DataFrame) -> None:
    values.loc[4, "at1"] = 6
    respondent = first(values)
    assert respondent.attention_passed is False
    assert (respondent.excluded, respondent.flags) == (True, ("attention",))
    assert respondent.reason == "attention: at1 answered 6, 2 was asked for"


@pytest.mark.parametrize("reason", ["unanswered", "dk", "invalid"])
def test_a_missing_attention_answer_is_no_pass_but_told_apart(values: pd.DataFrame, reason: str) -> None:
    respondent = first(values, missing={(4, "at1"): reason})
    assert respondent.attention_passed is None
    assert respondent.reason == f"attention: at1 {reason}, 2 was asked for"


def test_an_attention_item_that_was_never_shown_flags_nobody(values: pd.DataFrame) -> None:
    respondent = first(values, missing={(4, "at1"): "not asked"})
    assert respondent.attention_passed is None
    assert respondent.flags == ()


def test_speed_is_seconds_per_question_asked(values: pd.DataFrame) -> None:
    # 20 items; cons, scal, tenr, know, dilig, at1; 3 of context, 16 of experience, dafex and 5 of
    # formalisation (four boxes are one question), 3 of outcomes: 54 questions
    at_the_cut = first(values, duration_seconds=[108.0] + [1200.0] * 59)
    assert at_the_cut.seconds_per_item == 2
    assert at_the_cut.flags == ()
    below = first(values, duration_seconds=[107.0] + [1200.0] * 59)
    assert below.flags == ("speed",)
    assert below.reason == "speed: 1.98 seconds per question, below 2"
    routed = first(values, missing={(4, "fsize"): "not asked"}, duration_seconds=[106.0] + [1200.0] * 59)
    assert routed.seconds_per_item == 2


def test_no_duration_is_undefined_and_flags_nobody(values: pd.DataFrame) -> None:
    respondent = first(values, duration_seconds=[np.nan] + [1200.0] * 59)
    assert respondent.seconds_per_item == Undefined("the export holds no duration")
    assert respondent.flags == ()


def test_a_straight_liner_raises_longstring_and_irv_and_is_excluded_by_two_of_five(values: pd.DataFrame) -> None:
    values.loc[4, F_ITEMS] = 5
    respondent = first(values)
    assert respondent.longstring == 20
    assert respondent.irv == 0
    # answers of 5 are consistent only before reverse-scoring: lrar4 and lrin4 become 3
    assert respondent.even_odd == Undefined("half-scale means do not vary across scales")
    assert respondent.flags[:2] == ("longstring", "irv")
    assert respondent.reason.startswith("longstring: 20 identical answers in a row among 20 items; irv: answers vary")


def test_longstring_counts_raw_answers_in_the_order_asked(values: pd.DataFrame) -> None:
    # keyed, a run over the reversed lrar4 would break; the attention item at1 in between is no scale item
    values.loc[4, F_ITEMS[:10]] = 6
    values.loc[4, F_ITEMS[10]] = 1
    respondent = first(values)
    assert respondent.longstring == 10
    assert "longstring" in respondent.flags
    values.loc[4, F_ITEMS[9]] = 1
    assert first(values).longstring == 9
    assert "longstring" not in first(values).flags


def test_even_odd_takes_keyed_items(values: pd.DataFrame) -> None:
    levels = [1, 3, 5, 7, 2]
    for (name, items), level in zip(SCALES["F"].items(), levels, strict=True):
        for k in range(1, items + 1):
            values.loc[4, f"{name}{k}"] = 8 - level if name in ("lrar", "lrin") and k == 4 else level
    assert first(values).even_odd == pytest.approx(1)


def test_one_flag_of_the_second_group_excludes_nobody(values: pd.DataFrame) -> None:
    values.loc[4, "dilig"] = 2
    respondent = first(values)
    assert respondent.flags == ("diligence",)
    assert (respondent.excluded, respondent.reason) == (False, "")
    assert first(values, plan=ScreeningPlan(at_least=1)).reason == "diligence: own account of the care taken 2, below 3"


def test_the_middle_of_the_diligence_scale_is_not_flagged(values: pd.DataFrame) -> None:
    values.loc[4, "dilig"] = 3
    assert first(values).flags == ()


def test_knowledge_and_tenure_are_flags_of_their_own(values: pd.DataFrame) -> None:
    values.loc[4, ["know", "tenr"]] = [3, 0.5]
    respondent = first(values)
    assert respondent.flags == ("knowledge", "tenure")
    assert not respondent.excluded
    assert first(values, plan=ScreeningPlan(any_of=("knowledge",))).reason == "knowledge: knowledgeability 3, below 4"
    missing = first(values, missing={(4, "know"): "dk"})
    assert missing.knowledge == Undefined("know has no answer (dk)")


def test_a_distance_above_the_quantile_is_flagged() -> None:
    values = answers(n=300)
    values.loc[4, F_ITEMS] = [1, 7] * 10
    respondent, *others = screened(values)[0]
    # .99 quantile of χ² with 20 df (the number of items, not of respondents)
    assert isinstance(respondent.mahalanobis, float)
    assert respondent.mahalanobis > 37.566
    assert "mahalanobis" in respondent.flags
    assert all(("mahalanobis" in r.flags) == (r.mahalanobis > 37.5662) for r in others)


def test_answers_to_items_that_go_together_are_held_against_each_other() -> None:
    values = answers(n=300)
    values.loc[4, F_ITEMS] = [2, 6, 1, 7, 5, 1, 7, 3, 4, 7, 2, 6, 1, 5, 7, 2, 6, 1, 4, 7]
    respondents, summary = screened(values)
    assert isinstance(respondents[0].synonyms, float)
    assert respondents[0].synonyms < 0.22
    assert "synonyms" in respondents[0].flags
    assert sum(isinstance(r.synonyms, float) and r.synonyms > 0.5 for r in respondents) > 250
    assert all(("synonyms" in r.flags) == (r.synonyms < 0.22) for r in respondents if isinstance(r.synonyms, float))
    assert all(("antonyms" in r.flags) == (r.antonyms > -0.03) for r in respondents if isinstance(r.antonyms, float))
    assert summary.cutoffs["synonyms"].startswith("below 0.22 across ")
    assert summary.cutoffs["antonyms"].endswith("pairs of items (r below −0.6)")


def test_synonyms_exclude_nobody_unless_the_plan_says_so() -> None:
    values = answers(n=300)
    # 4, 4, 5 repeated: hardly consistent across synonyms, and no other flag
    values.loc[4, F_ITEMS] = [4, 3, 5, 4, 3, 5, 4, 5, 3, 4, 5, 3, 5, 4, 3, 5, 3, 4, 5, 3]
    plain = first(values)
    assert "synonyms" in plain.flags
    assert "synonyms" not in plain.reason
    asked = first(values, plan=ScreeningPlan(any_of=("synonyms",), of=()))
    assert asked.excluded
    assert asked.reason.startswith("synonyms: r ")
    assert f"r {asked.synonyms:.2f} across " in asked.reason


def test_an_undefined_index_across_pairs_raises_no_flag() -> None:
    respondent = first(answers(n=300), plan=ScreeningPlan(synonym_pairs_above=0.999))
    assert isinstance(respondent.synonyms, Undefined)
    assert {"synonyms", "antonyms"}.isdisjoint(respondent.flags)


def test_few_respondents_have_no_distance() -> None:
    respondent = first(answers(n=5))
    because = "the covariance matrix of 20 items among 5 respondents cannot be inverted"
    assert respondent.mahalanobis == Undefined(because)
    assert "mahalanobis" not in respondent.flags


# -- the summary --------------------------------------------------------------------------------------


def test_the_summary_adds_up_and_says_the_rule(values: pd.DataFrame) -> None:
    values.loc[4, "at1"] = 6
    values.loc[5, "cons"] = 0
    values.loc[6, F_ITEMS] = 4
    respondents, summary = screened(values)
    assert summary.excluded + summary.kept == summary.respondents == len(respondents)
    assert summary.excluded == sum(r.excluded for r in respondents) == 3
    for flag, count in summary.flagged.items():
        assert count == sum(flag in r.flags for r in respondents), flag
    assert list(summary.cutoffs) == list(summary.flagged)
    assert summary.cutoffs["mahalanobis"] == "D² above 37.6, the 0.99 quantile of χ² with 20 df"
    assert summary.rule.endswith(
        "any of attention, speed; or at least 2 of longstring, irv, even_odd, mahalanobis, diligence.")


def test_everybody_excluded_is_an_error_that_counts_the_reasons(values: pd.DataFrame) -> None:
    values["at1"] = 7
    values.loc[4, "cons"] = 0
    with pytest.raises(InputError) as caught:
        screened(values)
    (finding,) = caught.value.findings
    assert finding.code == "SCREEN-EMPTY"
    assert "no consent 1, attention 59" in finding.rule


def test_nobody_at_all_is_the_same_error() -> None:
    with pytest.raises(InputError, match="SCREEN-EMPTY"):
        screened(answers(n=3).iloc[:0])


def test_a_form_without_attention_item_says_so() -> None:
    values = answers("A", n=40)
    respondents, summary = screened(values, form="A")
    assert {r.attention_passed for r in respondents} == {None}
    assert summary.cutoffs["attention"] == "not asked in this form"
    assert summary.flagged["attention"] == 0


def test_an_optional_block_that_was_not_asked_plays_no_part() -> None:
    values = answers("A", n=40).drop(columns=["pfcp1", "pfcp2", "pfcp3"])
    off = values.assign(pfcp1=np.nan, pfcp2=np.nan, pfcp3=np.nan)
    not_asked = {(row, f"pfcp{k}"): "not asked" for row in off.index for k in (1, 2, 3)}
    assert screened(values, form="A") == screened(off, form="A", missing=not_asked)


# -- the subset ---------------------------------------------------------------------------------------


def test_kept_rows_are_those_not_excluded_in_all_tables(values: pd.DataFrame) -> None:
    values.loc[[5, 8], "at1"] = 6
    given = responses(values)
    rest = kept(given, screen(given, instrument(), PLAN)[0])
    expected = [row for row in values.index if row not in (5, 8)]
    for table in (rest.values, rest.reasons, rest.texts, rest.meta):
        assert table.index.tolist() == expected


def test_unscreened_responses_are_not_passed_on(values: pd.DataFrame) -> None:
    given = responses(values)
    respondents, _ = screen(given, instrument(), PLAN)
    with pytest.raises(ValueError, match="1 responses of form F were never screened"):
        kept(given, respondents[1:])


def test_a_thousand_respondents_take_well_under_a_second() -> None:
    given = responses(answers(n=1000))
    start = time.process_time()
    screen(given, instrument(), PLAN)
    assert time.process_time() - start < 1
