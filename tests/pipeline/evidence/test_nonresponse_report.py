"""Nonresponse of a made-up study: every technique, or why not; what the plan names that is not there."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from pydantic import TypeAdapter

from instrument import store
from instrument.errors import InputError
from pipeline.evidence.found.nonresponse import NonresponseReport
from pipeline.evidence.nonresponse import nonresponse_of
from pipeline.measurement.nonresponse import associate, compare_means
from pipeline.measurement_plan import NonresponsePlan
from pipeline.report.tables.nonresponse import nonresponse_tables
from pipeline.report.tables.spec import display_rows
from pipeline.results import EVERYONE, SCREENED
from pipeline.sem.partial_invariance import holm
from pipeline.undefined import Undefined

INSTRUMENT = store.load("1.0.0")
N = 60
ITEMS = [item.id for dimension in ("sufl", "amse") for item in INSTRUMENT.items(dimension, "F")]


def form(*, times: bool = True, per_firm: int = 1, n: int = N) -> Any:
    """Form F with two dimensions and the industry; later answers are higher on success (made up)."""
    rng = np.random.default_rng(11)
    k = np.arange(n)
    ended = pd.Series(pd.to_datetime("2026-03-02") + pd.to_timedelta(k // 2, unit="D")) if times else pd.Series(
        [pd.NaT] * n, dtype="datetime64[ns]")
    scores = pd.DataFrame({"sufl": 3 + k / 30 + rng.normal(0, 0.5, n), "amse": rng.normal(4, 1, n),
                           "lnsize": np.where(k == 5, np.nan, rng.normal(6, 1, n)), "daf": k % 2 * 1.0})
    values = pd.DataFrame({"indus": np.where(k == 0, np.nan, k % 3 + 1.0), "know": rng.integers(4, 8, n) * 1.0})
    reasons = pd.DataFrame({item: [""] * n for item in ITEMS})
    meta = pd.DataFrame({"ended": ended, "firm_id": [f"f{x // per_firm}" for x in k]})
    rows = SimpleNamespace(
        responses=SimpleNamespace(form="F", values=values, reasons=reasons, meta=meta),
        scores=SimpleNamespace(scores=scores, labels={"sufl": "Success", "amse": "Sensing", "lnsize": "Size"}))
    everyone = SimpleNamespace(responses=SimpleNamespace(values=pd.DataFrame(index=range(n + 4))))
    return SimpleNamespace(form="F", rows={SCREENED: rows, EVERYONE: everyone},
                           readings=[SimpleNamespace(rows=n + 10, rows_set_aside=1)],
                           pooled=SimpleNamespace(instrument=INSTRUMENT))


def look(study: Path = Path(), *, answers: Any = None, level: float = 0.95, **plan: Any) -> NonresponseReport:
    whole: Any = SimpleNamespace(nonresponse=NonresponsePlan.model_validate(plan), level=level)
    return nonresponse_of([answers or form()], INSTRUMENT, whole, study)


def scores_of(answers: Any) -> pd.DataFrame:
    frame: pd.DataFrame = answers.rows[SCREENED].scores.scores
    return frame


# -- techniques --------------------------------------------------------------------------------------------


def test_a_plan_that_states_nothing_still_has_late_respondents_and_says_what_is_missing() -> None:
    found = look()
    assert [(one.name, one.used) for one in found.techniques] == [
        ("rate", False), ("late", True), ("waves", True), ("population", False), ("interest", False),
        ("followup", False)]
    assert "names no known shares" in found.technique("population").finding
    assert "names no question or dimension that tells interest" in found.technique("interest").finding
    assert "names no file" in found.technique("followup").finding
    assert found.responses[0].rate == Undefined("the plan does not state how many were invited")


def test_late_is_the_last_third_against_the_others_with_later_less_earlier() -> None:
    answers = form()
    found = look(answers=answers)
    assert [(wave.n, wave.late, wave.first, wave.last) for wave in found.waves] == [
        (20, False, "2026-03-02", "2026-03-11"), (20, False, "2026-03-12", "2026-03-21"),
        (20, True, "2026-03-22", "2026-03-31")]
    assert [one.score for one in found.differences] == ["sufl", "amse", "lnsize"]
    values = scores_of(answers)["sufl"].to_numpy()
    expected = compare_means(values[:40], values[40:])
    one = found.differences[0]
    assert one.test == expected
    assert (one.test.n_first, one.test.n_second) == (40, 20)
    assert isinstance(one.test.difference, float)
    assert one.test.difference > 0.5
    assert one.label == "Success"
    assert [d.adjusted for d in found.differences] == list(holm([d.test.pvalue for d in found.differences]))
    assert found.technique("late").significant >= 1
    assert "from 2026-03-22, n = 20" in found.technique("late").finding


def test_reminders_divide_the_waves_and_two_waves_are_no_trend() -> None:
    one = look(reminders=[date(2026, 3, 12)])
    assert [(wave.label, wave.n, wave.late) for wave in one.waves] == [
        ("before the first reminder", 20, False), ("after reminder 1", 40, True)]
    assert one.differences[0].test.n_second == 40
    assert not one.technique("waves").used
    assert "two are compared as early and late" in one.technique("waves").finding
    two = look(reminders=[date(2026, 3, 22), date(2026, 3, 12)])
    assert [wave.n for wave in two.waves] == [20, 20, 20]
    assert two.differences[0].test.n_second == 40
    waves = np.repeat([1.0, 2, 3], 20)
    assert two.associations[0].test == associate(waves, scores_of(form())["sufl"].to_numpy())


def test_reminders_after_the_last_answer_leave_nobody_late() -> None:
    found = look(reminders=[date(2026, 6, 1)])
    assert found.technique("late").finding == (
        "Not used: all answers came in on the same side of the first reminder.")


def test_answers_without_times_are_in_no_wave() -> None:
    found = look(answers=form(times=False))
    assert found.waves == ()
    assert found.technique("late").finding == "Not used: no answer has a time."
    assert "Form F: 60 answers without a time are in no wave." in found.remarks


def test_the_response_rate_counts_who_answered_before_screening() -> None:
    found = look(invited={"F": 128})
    one = found.responses[0]
    assert (one.returned, one.answered, one.analysed, one.rate) == (69, 64, 60, 0.5)
    assert isinstance(one.lower, float)
    assert isinstance(one.upper, float)
    assert one.lower == pytest.approx(1 - one.upper)
    assert "its mean is off by 0.10 SD" in found.technique("rate").finding
    few = look(invited={"F": 63}).responses[0]
    assert few.rate == Undefined("64 answered where the plan states 63 invitations")


def test_known_shares_are_compared_option_by_option() -> None:
    found = look(population={"indus": {1: 0.5, 2: 0.5}})
    one = found.populations[0]
    assert (one.test.n, one.missing, one.outside) == (39, 1, 20)
    assert [(share.code, share.count, expected) for share, expected, _ in one.options] == [(1, 19, 19.5), (2, 20, 19.5)]
    assert one.test.chisq == pytest.approx(2 * 0.25 / 19.5)
    assert one.options[0][2] == pytest.approx(-0.5 / np.sqrt(19.5 / 2))
    assert "do not significantly depart" in found.technique("population").finding
    skewed = look(population={"indus": {1: 0.9, 2: 0.05, 3: 0.05}})
    said = skewed.technique("population").finding
    assert "depart from the known shares" in said
    assert "As few as 3.0 answers are expected of an option" in said


def test_one_known_option_is_no_comparison() -> None:
    found = look(population={"indus": {3: 1 - 1e-9}})
    assert found.populations[0].shares == ()
    assert found.technique("population").finding == (
        "indus (form F) could not be compared, because there is only one option.")
    assert not found.technique("population").used


def test_interest_is_a_question_or_a_dimension() -> None:
    by_question, by_dimension = look(interest="know"), look(interest="sufl")
    assert by_question.interest == "How well do you know the subject of this questionnaire?"
    assert len(by_question.associations_by("interest")) == 3
    assert [one.score for one in by_dimension.associations_by("interest")] == ["amse", "lnsize"]


def test_firms_with_several_respondents_are_remarked() -> None:
    assert any("60 respondents speak for 30 firms" in one for one in look(answers=form(per_firm=2)).remarks)
    assert not any("speak for" in one for one in look().remarks)


# -- follow-up ---------------------------------------------------------------------------------------------


def followed_up(folder: Path, text: str) -> NonresponseReport:
    (folder / "later.csv").write_text(text, encoding="utf-8")
    return look(folder, followup={"F": "later.csv"})


def test_a_followup_is_scored_as_the_form_is(tmp_path: Path) -> None:
    items = [item.id for item in INSTRUMENT.items("sufl", "F")]
    lines = [",".join([*items, "amse1", "note"]), *(",".join([str(k)] * len(items) + ["1", "x"]) for k in (1, 2, 6)),
             ",".join(["dk"] + ["4"] * (len(items) - 1) + ["1", ""])]
    found = followed_up(tmp_path, "\n".join(lines))
    (one,) = found.differences_by("followup")
    assert (one.score, one.test.n_first, one.test.n_second, one.test.mean_second) == ("sufl", 60, 3, 3)
    assert any("asked only some items of amse" in remark for remark in found.remarks)


def test_reversed_items_of_a_followup_are_turned(tmp_path: Path) -> None:
    items = INSTRUMENT.items("lrar", "F")
    answers = form()
    for item in items:
        answers.rows[SCREENED].responses.reasons[item.id] = ""
    answers.rows[SCREENED].scores.scores["lrar"] = np.linspace(2, 6, N)
    assert any(item.reversed for item in items)
    rows = [["2" if item.reversed else "6" for item in items], ["1.0" if item.reversed else "7" for item in items]]
    (tmp_path / "later.csv").write_text("\n".join([",".join(i.id for i in items), *map(",".join, rows)]),
                                        encoding="utf-8")
    found = look(tmp_path, answers=answers, followup={"F": "later.csv"})
    assert found.differences_by("followup")[0].test.mean_second == 6.5


@pytest.mark.parametrize(("text", "places"), [
    ("a,b\n1,2\n", ["later.csv, row 1"]),
    ("sufl1,sufl2,sufl3,sufl4\n8,1,1,1\n1,x,1,\n",
     ["later.csv, row 2, column sufl1", "later.csv, row 3, column sufl2"]),
    ("", ["study.yaml, nonresponse.followup.F"])])
def test_a_followup_that_cannot_be_used_is_refused_with_every_bad_cell(
        tmp_path: Path, text: str, places: list[str]) -> None:
    with pytest.raises(InputError) as caught:
        followed_up(tmp_path, text)
    assert [(f.code, f.place) for f in caught.value.findings] == [("STUDY-FOLLOWUP", place) for place in places]


def test_a_followup_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="it is not there"):
        look(tmp_path, followup={"F": "no.csv"})


# -- what the plan names -----------------------------------------------------------------------------------


def test_everything_that_the_plan_names_and_is_not_there_is_told_at_once() -> None:
    with pytest.raises(InputError) as caught:
        look(invited={"Z": 3}, followup={"Q": "x.csv"}, population={"indus": {1: 0.5, 77: 0.5}, "zz": {1: 0.999}},
             interest="hm")
    found = caught.value.findings
    assert {finding.code for finding in found} == {"STUDY-NONRESPONSE"}
    assert [finding.place.removeprefix("study.yaml, nonresponse.") for finding in found] == [
        "invited.Z", "followup.Q", "population.indus", "population.zz", "interest"]
    assert found[0].fix == "Choose from: F."
    assert found[3].fix == "Choose from: know, indus."


# -- on disk and in tables ---------------------------------------------------------------------------------


def test_the_report_survives_the_way_to_disk_and_its_tables_are_finite() -> None:
    found = look(invited={"F": 100}, population={"indus": {1: 0.4, 2: 0.3, 3: 0.3}}, interest="know")
    adapter = TypeAdapter(NonresponseReport)
    assert adapter.validate_json(adapter.dump_json(found)) == found
    tables = nonresponse_tables(found)
    assert [table.id for table in tables] == [
        "nonresponse", "nonresponse-rates", "nonresponse-waves", "nonresponse-late", "nonresponse-trend",
        "nonresponse-population", "nonresponse-interest"]
    for table in tables:
        assert display_rows(table)
        assert "nan" not in str(display_rows(table))
    assert tables[0].summary.startswith("5 techniques of 6 could be used: response rate, late respondents")
    late = tables[3]
    assert late.column("d")[0] == found.differences[0].test.d
    assert late.column("mean_second")[0] == found.differences[0].test.mean_second
    assert nonresponse_tables(None) == ()


def test_cells_stand_under_their_headings() -> None:
    found = look(population={"indus": {1: 0.4, 2: 0.3, 3: 0.3}})
    first = {table.id: dict(zip([c.key for c in table.columns], table.rows[0], strict=True))
             for table in nonresponse_tables(found)}
    late, trend, of = found.differences[0], found.associations[0], found.populations[0]
    share, expected, residual = of.options[0]
    for table, one, keys in (
            ("late", late.test, "n_first n_second mean_first mean_second sd_first sd_second difference d t df pvalue"),
            ("trend", trend.test, "n r slope pvalue"), ("population", of.test, "chisq df pvalue w"),
            ("population", share, "known count share")):
        row = first[f"nonresponse-{table}"]
        for key in keys.split():
            assert row[key] == getattr(one, key), (table, key)
    for row, interval, bounds in (
            (first["nonresponse-late"], "interval", (late.test.lower, late.test.upper)),
            (first["nonresponse-late"], "d_interval", (late.test.d_lower, late.test.d_upper)),
            (first["nonresponse-trend"], "interval", (trend.test.lower, trend.test.upper)),
            (first["nonresponse-trend"], "slope_interval", (trend.test.slope_lower, trend.test.slope_upper)),
            (first["nonresponse-population"], "interval", (share.lower, share.upper)),
            (first["nonresponse-population"], "w_interval", (of.test.w_lower, of.test.w_upper))):
        assert row[interval] == bounds, interval
    assert [first[f"nonresponse-{table}"]["adjusted"] for table in ("late", "trend", "population")] == [
        late.adjusted, trend.adjusted, of.adjusted]
    row = first["nonresponse-population"]
    assert (row["option"], row["expected"], row["residual"]) == (share.label, expected, residual)
    assert expected == pytest.approx(0.4 * 59)
    assert share.count - expected == pytest.approx(residual * np.sqrt(expected * 0.6))


def test_one_respondent_is_no_comparison() -> None:
    found = look(answers=form(n=1))
    assert not found.technique("late").used
    assert not found.technique("waves").used
    assert [len(display_rows(table)) for table in nonresponse_tables(found)] == [6, 1, 3]
