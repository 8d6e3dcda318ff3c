"""Who belongs to which group, and what becomes of groups that cannot be compared."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from instrument import store
from instrument.errors import InputError
from instrument.model import Instrument
from pipeline.invariance.grouping import check_groupings, membership
from pipeline.invariance.rows import asked_of
from pipeline.invariance.testing import models, why_not
from pipeline.prepare import PreparedForm, prepare_all
from pipeline.progress import Silent
from pipeline.results import SCREENED
from pipeline.study import InvariancePlan, StudyPlan, load_plan

SAMPLE = Path(__file__).resolve().parents[3] / "data" / "sample"


@pytest.fixture(scope="module")
def plan() -> StudyPlan:
    return load_plan(SAMPLE)


@pytest.fixture(scope="module")
def instrument(plan: StudyPlan) -> Instrument:
    return store.load(plan.instrument)


@pytest.fixture(scope="module")
def forms(plan: StudyPlan, instrument: Instrument) -> list[PreparedForm]:
    return prepare_all(SAMPLE, plan, instrument, Silent())


def planned(plan: StudyPlan, **changed: object) -> StudyPlan:
    return plan.model_copy(update={"invariance": InvariancePlan(**changed)})  # type: ignore[arg-type]


def test_the_median_firm_is_among_the_smaller(
    forms: list[PreparedForm], instrument: Instrument, plan: StudyPlan,
) -> None:
    firms = next(form for form in forms if form.form == "F")
    of = membership("size", firms, forms, instrument, plan).of
    sizes = firms.rows[SCREENED].responses.values["fsize"]
    median = np.median(sizes.dropna())
    assert (of[sizes <= median] == "smaller").all()
    assert (of[sizes > median] == "larger").all()
    assert of[sizes.isna()].isna().all()


def test_an_alliance_belongs_to_the_half_of_its_firm(
    forms: list[PreparedForm], instrument: Instrument, plan: StudyPlan,
) -> None:
    halves = {form.form: membership("size", form, forms, instrument, plan).of for form in forms}
    firm_of = {form.form: form.rows[SCREENED].responses.meta["firm_id"] for form in forms}
    of_firm = dict(zip(firm_of["F"], halves["F"], strict=True))
    for firm, half in zip(firm_of["A"], halves["A"], strict=True):
        assert half == of_firm[firm] if firm in of_firm else half != half or half is None


def test_a_question_of_another_form_is_the_firm_s_answer(
    forms: list[PreparedForm], instrument: Instrument, plan: StudyPlan,
) -> None:
    alliances = next(form for form in forms if form.form == "A")
    firms = next(form for form in forms if form.form == "F")
    groups = membership("indus", alliances, forms, instrument, plan)
    codes = dict(zip(firms.rows[SCREENED].responses.meta["firm_id"], firms.rows[SCREENED].responses.values["indus"],
                     strict=True))
    firm = alliances.rows[SCREENED].responses.meta["firm_id"].iloc[0]
    labels = dict(zip(range(1, 11), groups.order, strict=True))
    assert groups.of.iloc[0] == labels[int(codes[firm])]


def test_informants_who_disagree_leave_the_firm_s_answer_unknown(
    forms: list[PreparedForm], instrument: Instrument, plan: StudyPlan,
) -> None:
    alliances = next(form for form in forms if form.form == "A")
    firms = next(form for form in forms if form.form == "F")
    rows = firms.rows[SCREENED]
    meta, values = rows.responses.meta.copy(), rows.responses.values.copy()
    firm = alliances.rows[SCREENED].responses.meta["firm_id"].iloc[0]
    other = meta.index[meta["firm_id"] != firm][0]
    mine = meta.index[meta["firm_id"] == firm][0]
    meta.loc[other, "firm_id"] = firm
    values.loc[other, "indus"] = values.loc[mine, "indus"] % 10 + 1
    changed = replace(firms, rows=firms.rows | {SCREENED: replace(
        rows, responses=replace(rows.responses, meta=meta, values=values))})
    of = membership("indus", alliances, [changed, alliances], instrument, plan).of
    assert of.iloc[0] != of.iloc[0] or of.iloc[0] is None


def test_groups_stand_in_the_plan_s_order_with_the_reference_first(
    forms: list[PreparedForm], instrument: Instrument, plan: StudyPlan,
) -> None:
    groups = membership("language", forms[0], forms, instrument, plan)
    assert groups.order == plan.languages
    told = groups.told(100)
    assert [size.label for size in told.groups] == ["en", "es"]
    assert told.why_not == ""


def test_rows_of_a_ladder_keep_their_respondent_and_begin_with_the_reference(
    forms: list[PreparedForm], instrument: Instrument, plan: StudyPlan,
) -> None:
    alliances = next(form for form in forms if form.form == "A")
    groups = membership("size", alliances, forms, instrument, plan)
    asked = asked_of(alliances, "ef", "Efficiency focus", {"efst": ("efst1", "efst2", "efst3")}, groups)
    labels = list(dict.fromkeys(asked.groups))
    assert labels == ["smaller", "larger", None]
    assert list(asked.groups) == sorted(asked.groups, key=labels.index)
    rows = alliances.rows[SCREENED]
    smaller = groups.of == "smaller"
    np.testing.assert_array_equal(asked.X[:smaller.sum()], rows.scores.items.loc[smaller, ["efst1", "efst2", "efst3"]])
    assert asked.clusters is not None
    assert asked.clusters[:smaller.sum()] == tuple(rows.responses.meta.loc[smaller, "firm_id"])
    firms = next(form for form in forms if form.form == "F")
    alone = membership("language", firms, forms, instrument, plan)
    assert asked_of(firms, "su", "", {"sufl": ("sufl1", "sufl2", "sufl3")}, alone).clusters is None


def test_a_study_that_knows_no_firms_cannot_be_halved_by_their_size(
    forms: list[PreparedForm], instrument: Instrument, plan: StudyPlan,
) -> None:
    alliances = next(form for form in forms if form.form == "A")
    told = membership("size", alliances, [alliances], instrument, plan).told(100)
    assert told.groups == ()
    assert told.why_not == "size of the firm is not known of any respondent"


@pytest.mark.parametrize(("name", "smallest", "words"), [
    ("version", 100, "all respondents have the same version of the instrument: 1.0.0"),
    ("indus", 100, "fewer than two groups have 100 respondents"),
    ("language", 300, "fewer than two groups have 300 respondents"),
])
def test_groups_that_cannot_be_compared_say_why(
    forms: list[PreparedForm], instrument: Instrument, plan: StudyPlan, name: str, smallest: int, words: str,
) -> None:
    assert words in membership(name, forms[0], forms, instrument, plan).told(smallest).why_not


def test_a_study_without_two_groups_is_told_why_nothing_is_tested(
    forms: list[PreparedForm], instrument: Instrument, plan: StudyPlan,
) -> None:
    assert why_not(forms, instrument, plan) == ""
    assert why_not(forms, instrument, planned(plan, by=())) == ""
    assert "form F: all respondents have the same version" in why_not(forms, instrument, planned(plan, by=("version",)))


def test_every_construct_with_enough_items_is_tested_in_the_form_that_asks_it(
    forms: list[PreparedForm], instrument: Instrument, plan: StudyPlan,
) -> None:
    found = {form.form: {construct.id: factors for construct, factors in models(form, instrument, plan.invariance)}
             for form in forms}
    assert set(found["F"]) == {"lr", "am", "su", "tm", "tu", "mk"}
    assert set(found["A"]) == {"ra", "rf", "sr", "ae", "co", "ef", "ou", "mk"}
    assert list(found["F"]["lr"]) == ["lrar", "lrco", "lrsh", "lrin"]
    few = models(forms[0], instrument, InvariancePlan(constructs=("su", "ra")))
    assert [construct.id for construct, _ in few] == ["su"]


def test_what_the_plan_names_must_exist(plan: StudyPlan, instrument: Instrument) -> None:
    check_groupings(planned(plan, by=("version", "ctry", "indus")), instrument)
    with pytest.raises(InputError) as error:
        check_groupings(planned(plan, by=("languages", "fsize", "at1"), constructs=("lrn",)), instrument)
    assert [finding.code for finding in error.value.findings] == ["STUDY-GROUPING"] * 3 + ["STUDY-CONSTRUCT"]
    assert "indus" in error.value.findings[0].fix
