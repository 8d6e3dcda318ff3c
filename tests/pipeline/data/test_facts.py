"""Variables from observed facts, by hand, on the instrument's own questions."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from instrument import store
from pipeline.data.aggregation import to_alliances, to_firms, with_firms
from pipeline.data.facts import INDICATORS, YES_NO, add_alliance_facts, add_context, add_outcomes
from pipeline.data.scoring import Scores, add_constructs, score
from pipeline.data.sheet import Sheet
from pipeline.study import ScoringPlan
from tests.pipeline.data.constructed import answers, instrument, responses

NONE = np.nan


def sheet(form: str, **columns: list[float]) -> Sheet:
    values = pd.DataFrame(columns, dtype=float)
    return Sheet(responses(values, form, ended=pd.Timestamp("2026-04-01")), store.load("1.0.0"))


def alliance(**changed: list[float]) -> Sheet:
    facts = {fact: [1.0, 1.0, 1.0] for fact, _, _ in YES_NO.values()}
    facts |= {"anpar": [1, 2, 1], "astrt": [2020] * 3, "aend": [NONE] * 3, "shrc": [0] * 3}
    found = sheet("A", **(facts | changed))
    add_alliance_facts(found, None)
    return found


@pytest.mark.parametrize(("name", "codes", "expected"), [
    ("equity", [1, 2, 3], [1, 1, 0]), ("joint_venture", [1, 2, 3], [1, 0, 0]),
    ("partner_nonfirm", [1, 2, 4], [0, 1, 1]), ("overlap", [0, 1, 2], [0, 1, 1]), ("reciprocal", [1, 2, 3], [0, 0, 1]),
    ("partner_younger", [1, 2, 3], [1, 0, 0]), ("partner_larger", [1, 2, 3], [0, 0, 1]),
    ("platform_leader", [1, 2, 3], [1, 0, 0]), ("ended", [1, 2, 1], [0, 1, 0]), ("shock", [1, 0, 1], [1, 0, 1]),
])
def test_what_an_alliance_has_or_has_not(name: str, codes: list[float], expected: list[float]) -> None:
    fact = YES_NO[name][0]
    assert alliance(**{fact: codes}).columns[name].tolist() == expected


@pytest.mark.parametrize("name", YES_NO)
def test_without_an_answer_nothing_is_had_or_not_had(name: str) -> None:
    found = alliance(**{YES_NO[name][0]: [NONE, 1, 1]})
    assert np.isnan(found.columns[name].iloc[0])
    assert found.missing[name] == {"the question has no answer": 1}


def test_partners_and_recovery_are_logarithms() -> None:
    found = alliance(anpar=[1, 8, NONE], shex=[1, 1, 0], shrc=[0, 11, NONE])
    np.testing.assert_allclose(found.columns["partners"], [0, np.log(8), NONE])
    np.testing.assert_allclose(found.columns["recovery"], [0, np.log(12), NONE])
    assert found.missing["recovery"] == {"there was no shock": 1}


def test_an_alliance_lasts_until_it_ends_or_until_the_answer() -> None:
    found = alliance(astrt=[2020, 2020, 2020], aend=[NONE, 2024, 2019])
    np.testing.assert_allclose(found.columns["duration"], [6, 4, NONE])
    assert found.missing["duration"] == {"the alliance ends before it starts": 1}


def test_shares_of_ended_alliances() -> None:
    found = sheet("F", ocmet=[3, 0, 1], ocexp=[2, 0, NONE], ocfail=[5, 0, 1])
    add_outcomes(found)
    shares = pd.DataFrame(found.columns)
    np.testing.assert_allclose(shares.iloc[0][["success_share", "goals_share", "fail_share"]], [0.5, 0.3, 0.5])
    assert shares.iloc[1:].isna().all(axis=None)
    assert found.missing["fail_share"] == {"no alliance ended or was reviewed": 1,
                                           "a count of outcomes has no answer": 1}


@pytest.mark.parametrize(("code", "top"), [(1, 1), (2, 1), (3, 0), (4, 0), (5, 0), (9, 0)])
def test_who_the_function_reports_to(code: int, top: int) -> None:
    found = sheet("F", fsize=[9], fyear=[2000], indus=[1], nall=[7], dafex=[1], dafrl=[code])
    add_context(found, 2026)
    assert found.columns["reports_top"].tolist() == [top]
    assert found.columns["portfolio"].tolist() == [np.log(8)]


def test_a_firm_without_a_function_has_no_reporting_line() -> None:
    found = sheet("F", fsize=[9, 9], fyear=[2000, 2000], indus=[1, 1], nall=[0, 1], dafex=[0, 1], dafrl=[NONE, NONE])
    add_context(found, 2026)
    assert found.columns["reports_top"].isna().all()
    assert found.missing["reports_top"] == {"the firm has no function": 1, "the reporting line has no answer": 1}


def test_every_yes_or_no_must_be_agreed_on() -> None:
    assert set(INDICATORS) == {"daf", "ind_tech", "ind_serv", "reports_top", *YES_NO}


# -- experience, and firms beside their alliances -----------------------------------------------------


@pytest.fixture
def scores() -> Scores:
    values = answers(n=2)
    for band, (jv, eq, co) in enumerate(((3, 0, 1), (0, 0, 2), (1, 1, 0), (0, 4, 0)), start=1):
        values.loc[4, [f"xjv{band}", f"xeq{band}", f"xco{band}"]] = [jv, eq, co]
    return score(responses(values), instrument(), ScoringPlan(decay=0.9, decay_alternatives=(1.0, 0.9, 0.5)))


def test_recent_and_old_experience_are_told_apart(scores: Scores) -> None:
    assert scores.scores.loc[4, "exp_recent"] == pytest.approx(np.log(1 + 4 + 2))
    assert scores.scores.loc[4, "exp_old"] == pytest.approx(np.log(1 + 2 + 4))


def test_every_kind_of_experience_has_every_other_decay(scores: Scores) -> None:
    kinds = ["exp_rw", "exp_rw_jv", "exp_rw_eq", "exp_rw_co", "exp_rw_rp"]
    assert list(scores.experience.columns) == [(kind, decay) for kind in kinds for decay in (1.0, 0.5)]
    assert scores.experience.loc[4, ("exp_rw_eq", 1.0)] == pytest.approx(np.log(1 + 5))
    assert scores.experience.loc[4, ("exp_rw_eq", 0.5)] == pytest.approx(np.log(1 + 0.5**8 + 4 * 0.5**13))
    assert list(scores.experience["exp_rw"].columns) == [1.0, 0.5]


def test_alliances_have_their_firms_answers_beside_them() -> None:
    firm, about = answers(n=2), answers("A", n=3)
    firms = responses(firm, firm_id=["f1", "f2"])
    alliances = responses(about, "A", firm_id=["f2", "f2", "f3"], alliance_id=["a", "b", "a"])
    plan = ScoringPlan()
    joined = with_firms(to_alliances(score(alliances, instrument(), plan), alliances),
                        to_firms(score(firms, instrument(), plan), firms))
    assert list(joined.index) == [("f2", "a"), ("f2", "b"), ("f3", "a")]
    assert joined["exp_rw"].notna().tolist() == [True, True, False]
    assert joined["ratr"].notna().all()
    assert joined["n_informants"].tolist() == [1, 1, 1]
    assert joined.columns.is_unique


def test_a_construct_of_several_dimensions_is_their_mean_or_nothing() -> None:
    found = sheet("F")
    found.columns = {name: pd.Series([2.0, 6.0]) for name in ("tumk", "tute")} | {"tucp": pd.Series([4.0, NONE])}
    add_constructs(found)
    assert found.columns["tu"].tolist()[0] == pytest.approx(8 / 3)
    assert np.isnan(found.columns["tu"].iloc[1])
    assert found.missing["tu"] == {"a dimension has no score": 1}
    assert "lr" not in found.columns
