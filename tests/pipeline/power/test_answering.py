"""How people answer: careless ones, unanswered questions, languages, routing."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from instrument.model import Fact, Instrument, Item, Note
from pipeline.data.cell_rules import cell_reader
from pipeline.power.missingness import incomplete_respondents
from pipeline.power.population import Population
from pipeline.power.rehearsal import SimulatedForm
from pipeline.power.streams import Streams

Forms = dict[str, SimulatedForm]


def items_of(instrument: Instrument, form: SimulatedForm) -> list[Item]:
    return [q for _, q in instrument.form(form.form).questions(optional=()) if isinstance(q, Item)]


def scale_points(instrument: Instrument, form: SimulatedForm) -> pd.DataFrame:
    cells = form.cells[[item.id for item in items_of(instrument, form)]]
    return cells.apply(pd.to_numeric, errors="coerce")


@pytest.mark.parametrize("form_id", ["F", "A"])
def test_every_answer_is_one_that_the_questionnaire_takes(forms: Forms, instrument: Instrument, form_id: str) -> None:
    form = forms[form_id]
    asked = [q for _, q in instrument.form(form_id).questions(optional=()) if not isinstance(q, Note)]
    assert list(form.cells) == [q.id for q in asked]
    for question in asked:
        read = cell_reader(instrument, question)
        assert not [cell for cell in set(form.cells[question.id]) - {""} if read(cell).broken]


@pytest.mark.parametrize("form_id", ["F", "A"])
def test_no_answer_stands_where_nothing_was_asked(forms: Forms, instrument: Instrument, form_id: str) -> None:
    cells = forms[form_id].cells
    for block, question in instrument.form(form_id).questions(optional=()):
        if not isinstance(question, Note):
            for condition in (*block.show_if, *question.show_if):
                hidden = ~cells[condition.question].isin([str(code) for code in condition.any_of])
                assert cells.loc[hidden, question.id].eq("").all()
                assert cells.loc[~hidden, question.id].ne("").any()
        if isinstance(question, Fact) and question.screen_out:
            out = cells[question.id].isin([str(code) for code in question.screen_out])
            after = cells.columns[cells.columns.get_loc(question.id) + 1:]
            assert out.any()
            assert cells.loc[out, after].eq("").all().all()


@pytest.mark.parametrize("form_id", ["F", "A"])
def test_careless_shares_are_as_stated(forms: Forms, population: Population, form_id: str) -> None:
    kinds = forms[form_id].kinds
    for kind, rule in population.careless.items():
        assert (kinds == kind).sum() == round(rule.share * len(kinds))
    assert (kinds != "careful").mean() == pytest.approx(0.08, abs=0.002)


def test_each_kind_of_careless_respondent_betrays_itself(forms: Forms, instrument: Instrument) -> None:
    form = forms["F"]
    points = scale_points(instrument, form)
    spread = points.std(axis=1)
    seconds = form.meta["duration_seconds"].astype(float) / form.cells.ne("").sum(axis=1)
    done = (form.meta["finished"] == "1") & (form.cells["lrar1"] != "") & (form.cells["dilig"] != "")
    kind = pd.Series(form.kinds)[done]
    assert spread[done][kind == "straight"].median() < 0.5 < spread[done][kind == "careful"].quantile(0.02)
    assert spread[done][kind == "random"].mean() == pytest.approx(2.0, abs=0.15)  # SD of a uniform 1 to 7
    assert (seconds[done][kind == "speeder"] < 2.0).mean() > 0.9
    assert (seconds[done][kind == "careful"] > 2.5).mean() > 0.98


def test_attention_is_missed_by_the_careless_and_hardly_by_others(forms: Forms, population: Population) -> None:
    form = forms["F"]
    shown = form.cells["at1"] != ""
    missed = (form.cells["at1"] != "2")[shown].groupby(form.kinds[shown]).mean()
    assert missed["careful"] == pytest.approx(population.participation.inattentive, abs=0.01)
    assert missed["random"] == pytest.approx(6 / 7, abs=0.15)
    assert missed["speeder"] == pytest.approx(0.5, abs=0.25)


@pytest.mark.parametrize("form_id", ["F", "A"])
def test_three_per_cent_are_unanswered_by_one_respondent_in_six(
    forms: Forms, instrument: Instrument, form_id: str
) -> None:
    form = forms[form_id]
    whole = (form.meta["finished"] == "1").to_numpy() & (form.cells["dilig"].ne("") | form.incomplete).to_numpy()
    whole &= ~form.cells["cons"].eq("0").to_numpy() & (form.cells.get("scal", form.cells["cons"]) == "1").to_numpy()
    empty = form.cells[[i.id for i in items_of(instrument, form)]].eq("").to_numpy()
    assert form.incomplete.mean() == pytest.approx(1 / 6, abs=0.02)
    assert empty[whole].mean() == pytest.approx(0.0275, abs=0.005)
    assert not empty[whole & ~form.incomplete].any()


def test_incomplete_respondents_sit_in_small_firms(forms: Forms) -> None:
    form = forms["F"]
    size = pd.to_numeric(form.cells["fsize"], errors="coerce")
    known = size.notna()
    small = (size < size.median())[known]
    incomplete = pd.Series(form.incomplete)[known]
    assert incomplete[small].mean() > 1.5 * incomplete[~small].mean()


def test_what_it_depends_on_is_always_answered(forms: Forms) -> None:
    cells = forms["F"].cells
    reached = (forms["F"].meta["finished"] == "1") & cells["cons"].eq("1") & cells["scal"].eq("1")
    assert cells.loc[reached, ["fsize", "dafex", "at1"]].ne("").all().all()
    assert cells.loc[reached, "fyear"].eq("").any()


def test_missingness_has_the_stated_mean_and_slope(population: Population) -> None:
    assert population.missingness is not None
    z = np.random.default_rng(1).standard_normal(200_000)
    who = incomplete_respondents(population.missingness, z, "F", Streams(3))
    assert who.mean() == pytest.approx(population.missingness.respondents, abs=0.004)
    low, high = who[(z > -1.1) & (z < -0.9)].mean(), who[(z > 0.9) & (z < 1.1)].mean()
    log_odds = np.log(high / (1 - high)) - np.log(low / (1 - low))
    assert log_odds == pytest.approx(2 * population.missingness.slope, abs=0.15)


@pytest.mark.parametrize("form_id", ["F", "A"])
def test_all_three_missing_codes_occur(forms: Forms, instrument: Instrument, form_id: str) -> None:
    form = forms[form_id]
    counts = pd.Series(form.cells[[i.id for i in items_of(instrument, form)]].to_numpy().ravel()).value_counts()
    assert (counts[["na", "dk", "rf"]] > 20).all()


def test_a_third_answer_in_spanish_all_informants_of_a_firm_in_one_language(forms: Forms) -> None:
    for form in forms.values():
        assert form.meta["language"].eq("es").mean() == pytest.approx(0.35, abs=0.04)
    spoken = pd.concat([form.meta[["firm_id", "language"]] for form in forms.values()])
    assert spoken.groupby("firm_id")["language"].nunique().max() == 1


def test_some_firms_report_two_alliances_and_some_alliances_have_two_informants(forms: Forms) -> None:
    meta = forms["A"].meta
    assert meta.groupby("firm_id")["alliance_id"].nunique().value_counts().to_dict()[2] > 200
    assert meta.groupby("alliance_id")["informant_id"].nunique().value_counts().to_dict()[2] > 150
    assert not meta.duplicated(["firm_id", "alliance_id", "informant_id"]).any()


def test_dates_lie_within_the_fieldwork_and_durations_fit_them(forms: Forms, population: Population) -> None:
    for form in forms.values():
        started, ended = (pd.to_datetime(form.meta[c]) for c in ("started", "ended"))
        assert started.is_monotonic_increasing
        assert started.dt.date.min() >= population.fieldwork.first_day
        assert started.dt.date.max() <= population.fieldwork.last_day
        assert (ended - started).dt.total_seconds().equals(form.meta["duration_seconds"].astype(float))


def test_personal_data_are_nobodys(forms: Forms) -> None:
    for form in forms.values():
        assert form.personal["IPAddress"].str.match(r"(192\.0\.2|198\.51\.100|203\.0\.113)\.\d+$").all()
        assert form.personal["RecipientEmail"].str.endswith("@example.org").all()
