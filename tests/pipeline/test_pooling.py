"""Studies with answers from several files and versions: nobody counts twice, nothing is pooled that cannot be."""

from __future__ import annotations

import csv
import shutil
from collections.abc import Callable, Iterator
from functools import cache
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import yaml

from instrument import store
from instrument.errors import InputError
from instrument.fielding import qualtrics
from instrument.fielding.answers import LabelCheck, RawAnswers
from instrument.model import Block, Construct, Fact, Form, Instrument, Item, Option, ResponseScale
from pipeline.data.responses import Responses, validate
from pipeline.data.scoring import Scores, score
from pipeline.data.screening import kept, screen
from pipeline.intake import versions_taken_in
from pipeline.models import ModelSpec
from pipeline.pooled import PooledDimension
from pipeline.pooling import Pooled, dimensions_told, facts_told, pool, pooled_answers, with_forms
from pipeline.power.population import load_population
from pipeline.power.rehearsal import SimulatedForm, simulate
from pipeline.prepare import PreparedForm, check_forms, prepare, versions_report
from pipeline.report.html import report_html
from pipeline.report.tables import all_tables, versions_tables
from pipeline.results import SCREENED, CrossCheck, read_results, write_results
from pipeline.run import run_study
from pipeline.screening_by_version import screen_by_version
from pipeline.study import PLAN_FILE, FormSource, ScoringPlan, StudyPlan, load_plan
from pipeline.undefined import Undefined
from tests.conftest import NO_THEORY, SAMPLE, without_theory

OLD, NEW = "1.0.0", "1.1.0"


# -- a made-up pair of versions ------------------------------------------------------------------------


def _item(item: str, text: str, *, turned: bool = False) -> Item:
    return Item(id=item, dimension=item[:4], text=text, scale="agree5", reversed=turned)


def _items(dimension: str, *numbers: int) -> list[Item]:
    return [_item(f"{dimension}{k}", f"We do what {dimension} is about in way {k}.") for k in numbers]


def _number(name: str, unit: str | None = None) -> Fact:
    return Fact(id=name, kind="number", role="context", text=f"How much {name}?", minimum=0, maximum=9999, unit=unit)


@cache
def version(number: str) -> Instrument:
    """1.1.0 adds an item, words one anew, words and keys another anew, replaces a dimension's items, changes a fact's
    unit and adds a fact."""
    new = number == NEW
    words = {"word1": "We hold the contrary of the old word.", "flip1": "We never do this."} if new else {}
    items = [*_items("stay", 1, 2, 3), *_items("grow", *range(1, 5 if new else 4)), *_items("word", 1, 2, 3),
             *_items("flip", 1, 2, 3), *_items("gone", *((4, 5, 6) if new else (1, 2, 3)))]
    items = [_item(i.id, words[i.id], turned=i.id == "flip1") if i.id in words else i for i in items]
    consent = Fact(id="cons", kind="choice", role="consent", text="Do you agree?", screen_out=(0,),
                   options=(Option(code=1, label="Yes"), Option(code=0, label="No")))
    facts = [consent, _number("staff"), _number("sales", "million" if new else "thousand"),
             *([_number("news")] if new else [])]
    return Instrument.model_validate({
        "name": "pair", "version": number, "title": "Pair", "language": "en", "language_name": "English",
        "released": "2026-01-01",
        "scales": (ResponseScale(id="agree5", points=tuple(Option(code=k, label=f"step {k}") for k in range(1, 6))),),
        "constructs": tuple(Construct(id=name, name=f"About {name}", definition=f"What {name} is.")
                            for name in ("stay", "grow", "word", "flip", "gone")),
        "forms": (Form(id="F", title="Pair", identifiers=("informant_id",), blocks=(
            Block(id="start", title="Start", questions=tuple(facts)),
            Block(id="agree", title="Agreement", layout="matrix", questions=tuple(items)),
        )),),
    })


def answers_to(number: str, n: int = 4, seed: int = 1, first: int = 0) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Cells and metadata of ``n`` respondents who answer everything."""
    draw = np.random.default_rng(seed)
    questions = [q for _, q in version(number).form("F").questions()]
    cells = pd.DataFrame({
        q.id: ["1"] * n if q.id == "cons" else draw.integers(1, 6, n).astype(str) for q in questions
    }, index=pd.RangeIndex(4, 4 + n), dtype="str")
    names = [f"{first + k:03d}" for k in range(n)]
    meta = pd.DataFrame({
        "response_id": [f"R_{name}" for name in names], "instrument_version": number, "language": "en",
        "started": "2026-03-02 09:00:00", "ended": "2026-03-02 09:10:30", "duration_seconds": "630", "finished": "1",
        "status": "response", "informant_id": [f"p{name}" for name in names],
    }, index=cells.index, dtype="str")
    return cells, meta


def raw(cells: pd.DataFrame, meta: pd.DataFrame) -> RawAnswers:
    return RawAnswers("qualtrics", "F", "mixed.csv", "0", cells, meta, {}, (), LabelCheck("not verified", 0, ""))


@pytest.fixture(scope="module")
def mixed() -> tuple[Pooled, Responses, Scores]:
    """Four answers to each version in one file, 1.1.0 the reference."""
    (old, old_meta), (new, new_meta) = answers_to(OLD), answers_to(NEW, seed=2, first=10)
    cells = pd.concat([old, new], ignore_index=True).fillna("")
    versions = {NEW: version(NEW), OLD: version(OLD)}
    responses, failures, _ = validate(raw(cells, pd.concat([old_meta, new_meta], ignore_index=True)), versions)
    assert failures == ()
    pooled = pool(versions, "F")
    answers = pooled_answers(pooled, responses)
    return pooled, answers, score(answers, pooled.instrument, ScoringPlan())


def dimension(pooled: Pooled, name: str) -> PooledDimension:
    return next(one for one in dimensions_told(pooled, {NEW: 4, OLD: 4}) if one.dimension == name)


def test_an_unchanged_dimension_is_the_mean_of_its_items_in_both_versions(mixed: tuple[Any, Any, Scores]) -> None:
    cells = pd.concat([answers_to(OLD)[0], answers_to(NEW, seed=2)[0]], ignore_index=True)
    expected = cells[["stay1", "stay2", "stay3"]].astype(float).mean(axis=1)
    np.testing.assert_allclose(mixed[2].scores["stay"], expected)


def test_an_added_item_takes_no_part_in_the_pooled_score_of_anybody(mixed: tuple[Pooled, Responses, Scores]) -> None:
    pooled, answers, scores = mixed
    cells = pd.concat([answers_to(OLD)[0], answers_to(NEW, seed=2)[0]], ignore_index=True)
    np.testing.assert_allclose(scores.scores["grow"], cells[["grow1", "grow2", "grow3"]].astype(float).mean(axis=1))
    assert "grow4" not in scores.items
    assert "grow4" not in answers.values
    told = dimension(pooled, "grow")
    assert (told.status, told.items) == ("common items", ("grow1", "grow2", "grow3"))
    assert [item for item, _ in told.left_out] == ["grow4"]
    assert told.invariance is None


def test_each_version_is_turned_by_its_own_key(mixed: tuple[Any, Any, Scores]) -> None:
    old, new = (frame[["flip1", "flip2", "flip3"]].astype(float)
                for frame in (answers_to(OLD)[0], answers_to(NEW, seed=2)[0]))
    new["flip1"] = 6 - new["flip1"]  # only 1.1.0 says the contrary
    np.testing.assert_allclose(mixed[2].scores["flip"], pd.concat([old, new]).mean(axis=1))


def test_a_reworded_item_is_pooled_on_condition(mixed: tuple[Pooled, Any, Scores]) -> None:
    told = dimension(mixed[0], "word")
    assert (told.status, told.to_test, told.invariance) == ("if invariant", ("word1",), "not tested")
    assert told.on_condition
    assert told.rows == {NEW: 4, OLD: 4}
    assert mixed[2].scores["word"].notna().all()


def test_a_dimension_without_common_items_is_scored_for_the_reference_only(
    mixed: tuple[Pooled, Responses, Scores],
) -> None:
    pooled, answers, scores = mixed
    new = answers_to(NEW, seed=2)[0][["gone4", "gone5", "gone6"]].astype(float).mean(axis=1)
    assert scores.scores["gone"][:4].isna().all()
    np.testing.assert_allclose(scores.scores["gone"][4:], new)
    assert set(answers.reasons.loc[answers.reasons.index[:4], "gone4"]) == {"other version"}
    told = dimension(pooled, "gone")
    assert (told.status, told.rows, told.rows_without) == ("not comparable", {NEW: 4}, {OLD: 4})


def test_a_fact_that_is_not_comparable_is_missing_with_its_reason(mixed: tuple[Pooled, Responses, Scores]) -> None:
    pooled, answers, _ = mixed
    for fact in ("sales", "news"):
        assert answers.values[fact].isna().tolist() == [True] * 4 + [False] * 4
        assert answers.reasons[fact].tolist() == ["other version"] * 4 + [""] * 4
    assert answers.values["staff"].notna().all()
    told = {one.fact: one for one in facts_told(pooled, {NEW: 4, OLD: 4})}
    assert set(told) == {"sales", "news"}
    assert told["sales"].rows_without == {OLD: 4}


def test_what_is_missing_still_has_a_reason_and_nothing_else_has(mixed: tuple[Any, Responses, Any]) -> None:
    assert mixed[1].values.isna().equals(mixed[1].reasons != "")


def test_the_older_version_can_be_the_reference() -> None:
    pooled = pool({OLD: version(OLD), NEW: version(NEW)}, "F")
    assert dimension(pooled, "grow").items == ("grow1", "grow2", "grow3")
    assert dimension(pooled, "gone").items == ("gone1", "gone2", "gone3")
    assert dimension(pooled, "gone").rows_without == {NEW: 4}
    assert "news" in {rule.fact for rule in pooled.facts}  # asked in the other version only, and not lost in silence


def test_a_version_nobody_answered_leaves_nothing_out() -> None:
    pooled = pool({NEW: version(NEW), OLD: version(OLD)}, "F", fielded=(NEW,))
    assert pooled.form is version(NEW).form("F")
    assert not [rule for rule in pooled.dimensions if rule.status != "same"]


def test_a_dimension_nobody_can_supply_is_not_scored() -> None:
    """The reference was not fielded yet: its own new items have no answers at all."""
    pooled = pool({NEW: version(NEW), OLD: version(OLD)}, "F", fielded=(OLD,))
    asked = {question.id for _, question in pooled.form.questions()}
    assert not {"gone4", "gone5", "gone6", "grow4"} & asked
    responses, _, _ = validate(raw(*answers_to(OLD)), {NEW: version(NEW), OLD: version(OLD)})
    scores = score(pooled_answers(pooled, responses), pooled.instrument, ScoringPlan())
    assert "gone" not in scores.scores
    assert scores.scores["grow"].notna().all()


# -- studies in several files --------------------------------------------------------------------------

Change = Callable[[pd.DataFrame], object]


FIRMS = 60


@cache
def simulated(number: str, n: int) -> dict[str, SimulatedForm]:
    return {one.form: one for one in simulate(load_population(SAMPLE), store.load(number), n=n, seed=7)}


def in_first_wave(meta: pd.DataFrame) -> pd.Series:
    """Whose firm is in the first half, by name."""
    firms = sorted(meta["firm_id"].unique())
    return meta["firm_id"].isin(firms[:len(firms) // 2])


def two_waves(
    folder: Path, forms: str = "F", *, n: int = FIRMS, change: Change | None = None, **keys: object,
) -> Path:
    """Half of the firms answered 1.0.0 in one file, the others 1.1.0 in another; ``change`` alters the second file's
    metadata."""
    plan = yaml.safe_load((SAMPLE / PLAN_FILE).read_text(encoding="utf-8")) | NO_THEORY
    plan |= {"instrument": NEW, "further_versions": [OLD], "forms": {}}
    plan["factors"]["analyses"], plan["scoring"]["decay_alternatives"] = {}, []
    for form in forms:
        for number, later in ((OLD, False), (NEW, True)):
            found = simulated(number, n)[form]
            rows = in_first_wave(found.meta).ne(later)
            meta = found.meta[rows].copy()
            if change is not None and later:
                change(meta)
            qualtrics.write(folder / f"{form}-{number}.csv", store.load(number), form, found.cells[rows], meta,
                            found.personal[rows])
        plan["forms"][form] = [{"platform": "qualtrics", "file": f"{form}-{n}.csv"} for n in (OLD, NEW)]
    (folder / PLAN_FILE).write_text(yaml.safe_dump(plan | keys), encoding="utf-8")
    for name in ("truth.json", "claims.yaml", "population.yaml"):
        shutil.copy(SAMPLE / name, folder / name)
    return folder


def prepared(study: Path, form: str = "F") -> PreparedForm:
    plan = load_plan(study)
    return prepare(study, plan, store.load(plan.instrument), form)


def first_wave() -> pd.DataFrame:
    meta = simulated(OLD, FIRMS)["F"].meta
    return meta[in_first_wave(meta)]


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return two_waves(tmp_path_factory.mktemp("two"), "FA")


@pytest.fixture(scope="module")
def firms(two: Path) -> PreparedForm:
    return prepared(two)


def test_two_files_are_read_each_by_itself_and_add_up(firms: PreparedForm) -> None:
    form = firms
    assert [reading.file for reading in form.readings] == ["F-1.0.0.csv", "F-1.1.0.csv"]
    assert [reading.versions for reading in form.readings] == [{OLD: 30}, {NEW: 30}]
    assert form.flow[0].n == 60 == sum(reading.rows for reading in form.readings)
    for before, after in zip(form.flow, form.flow[1:], strict=False):
        if before.unit == after.unit:
            assert after.n == before.n - after.left_out
    assert form.screening.respondents == len(form.respondents) == 60
    assert sum(one.excluded for one in form.respondents) == form.screening.excluded


def test_every_row_can_be_found_again_in_its_file(two: Path, firms: PreparedForm) -> None:
    responses = firms.intake.responses
    assert responses.values.index.is_unique
    for index, meta in responses.meta.iterrows():
        with (two / meta["file"]).open(encoding="utf-8-sig", newline="") as file:
            row = next(islice(csv.reader(file), meta["row"] - 1, None))
        assert meta["response_id"] in row
        assert index == f"{meta['file']}, row {meta['row']}"


def test_scores_of_two_files_are_those_of_each_file_alone(two: Path, firms: PreparedForm) -> None:
    """Form F has no changed item: its pooled scores are the scores of each wave by itself."""
    together = firms.rows[SCREENED]
    for number in (OLD, NEW):
        instrument = store.load(number)
        alone, _, _ = validate(qualtrics.read(two / f"F-{number}.csv", "F"), instrument, languages=("en", "es"))
        found = score(kept(alone, screen(alone, instrument, load_plan(two).screening)[0]), instrument, ScoringPlan())
        mine = together.scores.scores[together.responses.meta["instrument_version"].eq(number).to_numpy()]
        pd.testing.assert_frame_equal(mine.reset_index(drop=True), found.scores.reset_index(drop=True))


def test_the_released_versions_are_pooled_as_their_comparison_says(two: Path) -> None:
    form = prepared(two, "A")
    report = versions_report(load_plan(two), [form])
    assert report is not None
    changed = {one.dimension: one for one in report.dimensions if one.changed}
    assert set(changed) == {"efst", "srcr", "rfag"}
    assert changed["efst"].items == ("efst1", "efst2", "efst3")
    assert changed["srcr"].to_test == ("srcr4",)
    assert {flag.split(" ")[0] for flag in report.flags} == {"srcr", "rfag"}
    stamps = form.rows[SCREENED].responses.meta["instrument_version"].value_counts()
    assert changed["srcr"].rows == {NEW: stamps[NEW], OLD: stamps[OLD]}
    assert [(row.version, row.analysed) for row in report.rows] == [(NEW, stamps[NEW]), (OLD, stamps[OLD])]
    difference, = report.differences
    assert {change.key for change in difference.changes} == {
        "question.srcr4", "question.efst4", "question.rfag1", "scale.know7.4"}
    assert difference.others == 1  # French, which the study did not field


def test_an_unknown_version_is_kept_aside_and_reported(tmp_path: Path) -> None:
    def stamp(meta: pd.DataFrame) -> None:
        meta.loc[meta.index[:3], "instrument_version"] = "9.9.9"

    study = two_waves(tmp_path, change=stamp)
    form = prepared(study)
    aside = [failure for failure in form.failures if failure.code == "ROW-VERSION"]
    assert {(f.file, f.row, f.value) for f in aside} == {("F-1.1.0.csv", row, "9.9.9") for row in (4, 5, 6)}
    assert form.readings[1].rows_set_aside == 3
    report = versions_report(load_plan(study), [form])
    assert report is not None
    assert [(one.file, one.version, one.rows) for one in report.refused] == [("F-1.1.0.csv", "9.9.9", 3)]


def test_a_version_that_the_plan_does_not_take_in_is_set_aside(tmp_path: Path) -> None:
    study = two_waves(tmp_path, further_versions=[])
    with pytest.raises(InputError) as error:
        prepared(study)
    assert {"DATA-NO-ROWS", "ROW-VERSION"} == {finding.code for finding in error.value.findings}
    assert "F-1.0.0.csv" in str(error.value)


def test_the_same_informant_in_two_files_counts_once(tmp_path: Path) -> None:
    names = ["firm_id", "informant_id"]
    earlier = first_wave().reset_index(drop=True)
    finished = earlier[earlier["finished"].eq("1")].iloc[:2]

    def again(meta: pd.DataFrame) -> None:
        meta.loc[meta.index[:2], names] = finished[names].to_numpy()

    form = prepared(two_waves(tmp_path, change=again))
    aside = [failure for failure in form.failures if failure.code == "ROW-INFORMANT"]
    assert [(f.file, f.row, f.set_aside) for f in aside] == [("F-1.1.0.csv", 4, "row"), ("F-1.1.0.csv", 5, "row")]
    assert f"F-1.1.0.csv, row 4 and in F-1.0.0.csv, row {4 + finished.index[0]}, which is kept" in aside[0].rule
    assert form.readings[1].rows_set_aside == 2
    assert sum(form.readings[1].versions.values()) == 28
    assert form.flow[1].n == 58


def test_a_finished_interview_goes_before_one_broken_off_in_an_earlier_file(tmp_path: Path) -> None:
    meta = first_wave()
    broken_off = meta[meta["finished"].eq("0")].iloc[0]
    finished = []

    def again(later: pd.DataFrame) -> None:
        row = later.index[later["finished"].eq("1")][0]
        finished.append(later.loc[row, "response_id"])
        later.loc[row, ["firm_id", "informant_id"]] = broken_off[["firm_id", "informant_id"]].to_numpy()

    form = prepared(two_waves(tmp_path, change=again))
    aside, = (failure for failure in form.failures if failure.code == "ROW-INFORMANT")
    assert (aside.file, aside.value) == ("F-1.0.0.csv", broken_off["response_id"])
    assert finished[0] in set(form.intake.responses.meta["response_id"])


def test_a_response_exported_into_two_files_counts_where_it_stands_first(tmp_path: Path) -> None:
    def copied(meta: pd.DataFrame) -> None:
        same = ["response_id", "started", "ended", "firm_id", "informant_id"]
        meta.loc[meta.index[:1], same] = first_wave().iloc[:1][same].to_numpy()

    form = prepared(two_waves(tmp_path, change=copied))
    aside, = form.failures
    assert (aside.code, aside.file, aside.row) == ("ROW-DUPLICATE", "F-1.1.0.csv", 4)
    assert "F-1.0.0.csv, row 4" in aside.rule
    assert "DIFFERENT" in aside.rule
    assert form.findings == ()


def test_equal_ids_of_different_respondents_are_told_apart(tmp_path: Path) -> None:
    """Some platforms number the responses of every survey from 1."""
    def renumbered(meta: pd.DataFrame) -> None:
        meta["response_id"] = first_wave()["response_id"].to_numpy()[:len(meta)]

    form = prepared(two_waves(tmp_path, change=renumbered))
    assert form.failures == ()
    finding, = form.findings
    assert (finding.code, finding.severity) == ("DATA-SAME-ID", "warning")
    assert "30 stand in more than one file" in finding.rule
    ids = form.intake.responses.meta["response_id"]
    assert ids.is_unique
    assert ids.iloc[-1].startswith("F-1.1.0.csv: ")
    assert len(form.respondents) == 60


def test_a_file_without_a_stamp_is_read_by_the_version_of_the_plan(tmp_path: Path) -> None:
    study = two_waves(tmp_path)
    for number in (OLD, NEW):
        path = study / f"F-{number}.csv"
        path.write_text(path.read_text(encoding="utf-8-sig").replace("instrument_version", "nobody_knows"),
                        encoding="utf-8")
    plan = load_plan(study)
    stated = tuple(source.model_copy(update={"version": number})
                   for source, number in zip(plan.forms["F"], (OLD, NEW), strict=True))
    form = prepare(study, plan.model_copy(update={"forms": {"F": stated}}), store.load(NEW), "F")
    assert [reading.versions for reading in form.readings] == [{OLD: 30}, {NEW: 30}]


def test_a_broken_file_hides_nothing_that_is_wrong_with_the_other(tmp_path: Path) -> None:
    study = two_waves(tmp_path)
    for number in (OLD, NEW):
        (study / f"F-{number}.csv").write_text("nothing", encoding="utf-8")
    with pytest.raises(InputError) as error:
        prepared(study)
    assert {number for number in (OLD, NEW) if f"F-{number}.csv" in str(error.value)} == {OLD, NEW}


def test_each_respondent_is_screened_by_the_questionnaire_he_was_asked(firms: PreparedForm) -> None:
    """The attention item of another version expects another code: who follows the old one has not been attentive."""
    form = store.load(OLD).form("F")
    other = form.model_copy(update={"blocks": tuple(
        block.model_copy(update={"questions": tuple(
            q.model_copy(update={"expected": 7 - q.expected}) if isinstance(q, Fact) and q.expected else q
            for q in block.questions)})
        for block in form.blocks)})
    versions = {NEW: store.load(NEW), OLD: with_forms(store.load(OLD), [other])}
    plan = load_plan(SAMPLE).screening.model_copy(update={"any_of": ()})  # flags alone; they exclude nobody
    respondents, summary = screen_by_version(firms.intake.responses, versions, plan)
    old = firms.intake.responses.meta["instrument_version"].eq(OLD).to_numpy()
    before, after = (np.array([one.attention_passed is True for one in found])
                     for found in (firms.respondents, respondents))
    assert before[old].mean() > 0.5
    assert not (before & after)[old].any()
    assert (before == after)[~old].all()
    assert [one.response_id for one in respondents] == firms.intake.responses.meta["response_id"].tolist()
    assert summary.cutoffs["attention"].startswith("version 1.1.0: ")


def test_a_version_of_which_nobody_is_left_is_told(tmp_path: Path) -> None:
    def broken_off(meta: pd.DataFrame) -> None:
        meta["finished"] = "0"

    with pytest.raises(InputError) as error:
        prepared(two_waves(tmp_path, change=broken_off))
    finding, = error.value.findings
    assert finding.code == "SCREEN-EMPTY"
    assert finding.place == "form F, version 1.1.0"


def test_a_study_with_one_file_is_what_it_was() -> None:
    """One file, one version: what reading, screening and scoring give without any of this."""
    plan, instrument = load_plan(SAMPLE), store.load(OLD)
    source, = plan.forms["F"]
    alone, failures, reading = validate(
        qualtrics.read(SAMPLE / source.file, "F", labels=SAMPLE / str(source.labels)), instrument,
        languages=plan.languages)
    respondents, screening = screen(alone, instrument, plan.screening)
    form = prepare(SAMPLE, plan, instrument, "F")
    assert (form.failures, form.readings, form.respondents, form.screening) == (
        failures, (reading,), respondents, screening)
    assert form.pooled.instrument is instrument
    scores = score(kept(alone, respondents), instrument, plan.scoring)
    pd.testing.assert_frame_equal(form.rows[SCREENED].scores.scores, scores.scores)
    pd.testing.assert_index_equal(form.rows[SCREENED].responses.values.index, kept(alone, respondents).values.index)
    assert versions_report(plan, [form]) is None


def test_an_instrument_of_its_own_can_have_versions_too(tmp_path: Path) -> None:
    for number, first in ((OLD, 0), (NEW, 50)):
        (tmp_path / number[:3]).mkdir()
        content = version(number).model_dump(mode="json", exclude={"translations"}, exclude_none=True)
        (tmp_path / number[:3] / "instrument.yaml").write_text(yaml.safe_dump(content), encoding="utf-8")
        qualtrics.write(tmp_path / f"{number}.csv", version(number), "F", *answers_to(number, 40, first=first))
    plan = StudyPlan.model_validate({
        "title": "Pair", "synthetic": True, "instrument": "1.1", "further_versions": ["1.0"], "languages": ["en"],
        "seed": 1, "forms": {"F": [{"platform": "qualtrics", "file": f"{number}.csv"} for number in (OLD, NEW)]},
    })
    check_forms(plan, version(NEW), tmp_path)
    form = prepare(tmp_path, plan, version(NEW), "F")
    scored = form.rows[SCREENED].scores.scores
    old = form.rows[SCREENED].responses.meta["instrument_version"].eq(OLD).to_numpy()
    assert scored["grow"].notna().all()
    assert scored["gone"].notna().tolist() == (~old).tolist()
    assert (form.rows[SCREENED].responses.reasons["sales"].eq("other version") == old).all()
    assert 0 < old.sum() < len(old)


# -- plans ---------------------------------------------------------------------------------------------


def test_a_single_file_may_be_written_without_a_list_and_is_dumped_so() -> None:
    plan = load_plan(SAMPLE)
    assert plan.forms["F"] == (FormSource(platform="qualtrics", file="firm.csv", labels="firm_labels.csv"),)
    dumped = plan.model_dump(mode="json")
    assert dumped["forms"]["F"]["file"] == "firm.csv"
    assert StudyPlan.model_validate(dumped) == plan


def test_several_files_are_dumped_as_a_list_and_read_back(two: Path) -> None:
    plan = load_plan(two)
    dumped = plan.model_dump(mode="json")
    assert [source["file"] for source in dumped["forms"]["A"]] == ["A-1.0.0.csv", "A-1.1.0.csv"]
    assert StudyPlan.model_validate(dumped) == plan


@pytest.mark.parametrize(("forms", "key"), [
    ({"F": {"platform": "paperclip", "file": "a.csv"}}, "forms.F.platform"),
    ({"F": [{"platform": "qualtrics", "file": "a.csv"}, {"platform": "qualtrics"}]}, "forms.F.1.file"),
    ({"F": []}, "forms.F"),
])
def test_a_broken_source_is_told_by_its_key_as_it_stands_in_the_plan(
    two: Path, tmp_path: Path, forms: dict[str, Any], key: str,
) -> None:
    plan = yaml.safe_load((two / PLAN_FILE).read_text(encoding="utf-8")) | {"forms": forms}
    (tmp_path / PLAN_FILE).write_text(yaml.safe_dump(plan), encoding="utf-8")
    with pytest.raises(InputError) as error:
        load_plan(tmp_path)
    assert [f.place.rsplit(" ", 1)[1] for f in error.value.findings] == [key]


def _with(plan: StudyPlan, **keys: Any) -> StudyPlan:
    return StudyPlan.model_validate(plan.model_dump() | keys)


def _codes(plan: StudyPlan, instrument: Instrument) -> Iterator[tuple[str, str]]:
    with pytest.raises(InputError) as error:
        check_forms(plan, instrument)
    yield from ((finding.code, finding.rule) for finding in error.value.findings)


@pytest.mark.parametrize(("keys", "code", "said"), [
    ({"further_versions": [NEW]}, "STUDY-VERSION", "both are 1.1.0"),
    ({"further_versions": [OLD, OLD]}, "STUDY-VERSION", "named twice"),
    ({"further_versions": ["7.7.7"]}, "INSTRUMENT-VERSION", "no such version"),
    ({"forms": {"F": {"platform": "qualtrics", "file": "a.csv", "version": "7.7.7"}}}, "STUDY-VERSION", "7.7.7"),
    ({"forms": {"F": [{"platform": "qualtrics", "file": "a.csv"}] * 2}}, "STUDY-SOURCE", "named 2 times"),
    ({"forms": {"F": {"platform": "qualtrics", "file": "a.csv"}, "Z": {"platform": "qualtrics", "file": "z.csv"}}},
     "STUDY-FORM", "'Z'"),
])
def test_a_plan_that_cannot_be_is_refused_before_any_file_is_opened(
    two: Path, keys: dict[str, Any], code: str, said: str,
) -> None:
    found = dict(_codes(_with(load_plan(two), **keys), store.load(NEW)))
    assert said in found[code]


def test_a_version_of_another_instrument_or_an_unreleased_one_is_no_further_version(tmp_path: Path, two: Path) -> None:
    content = version(OLD).model_dump(mode="json", exclude={"translations"}, exclude_none=True)
    draft = {key: value for key, value in content.items() if key != "released"}
    for name, written in (("foreign", content | {"name": "other"}), ("draft", draft)):
        (tmp_path / name).mkdir()
        (tmp_path / name / "instrument.yaml").write_text(yaml.safe_dump(written), encoding="utf-8")
    with pytest.raises(InputError) as error:
        versions_taken_in(tmp_path, _with(load_plan(two), further_versions=["foreign", "draft"]), version(NEW))
    foreign, unreleased = error.value.findings
    assert foreign.code == unreleased.code == "STUDY-VERSION"
    assert "'other'" in foreign.rule
    assert "not released" in unreleased.rule


# -- the whole way -------------------------------------------------------------------------------------


def test_a_study_of_two_versions_runs_to_its_report(tmp_path: Path) -> None:
    few = {"by": ["version"], "constructs": ["ef"], "smallest_group": 60, "missing": "listwise"}
    study, out = two_waves(tmp_path, "FA", n=200, invariance=few), tmp_path / "results"
    with without_theory(), pytest.MonkeyPatch.context() as patched:
        patched.setattr("pipeline.run.second_opinion", no_second_opinion)
        results = run_study(study, draws=2, robustness=False)
    assert read_results(write_results(results, out)) == results
    assert results.manifest.instrument_version == NEW
    assert "efst4" not in {item for scale in results.reliability for item in scale.items}
    assert results.model("pillars").fit.converged
    assert results.versions is not None
    page = report_html(results, store.load(NEW), ())
    assert page.count("Versions of the instrument</h3>") == 1
    assert "answers to 2 versions of its instrument" in page
    tested = {one.dimension: one for one in results.versions.dimensions if one.to_test}
    assert {name: one.invariance for name, one in tested.items()} == {"rfag": "holds", "srcr": "holds"}
    assert "Changed, and invariant across versions as tested: rfag" in page
    tables = {table.id: table for table in all_tables(results)}
    left_out = tables["versions-pooled"].column("left_out")
    assert [str(cell).split(" ")[0] for cell in left_out] == ["efst4", "none", "none"]


def no_second_opinion(spec: ModelSpec, frame: pd.DataFrame, rows: str) -> CrossCheck:
    """Another program's search is slow, and not about versions."""
    nothing = Undefined("it was not asked")
    return CrossCheck(spec.id, rows, len(frame), "none", (), 0.1, nothing, nothing, None, "It was not asked.")


def test_a_study_of_one_version_says_nothing_of_versions() -> None:
    assert versions_tables(None) == ()
