"""The questionnaire as SurveyJS understands it: loaded, judged and filled in by survey-core."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from instrument import store
from instrument.fielding import surveyjs
from instrument.fielding.capabilities import FEATURES
from instrument.fielding.exports import Wanted, wanted
from instrument.fielding.surveyjs.places import places
from instrument.model import Condition, Fact, Form, Instrument, Item
from pipeline.power.population import load_population
from pipeline.power.rehearsal import simulate
from tests.instrument.fielding.generated import instruments, respondents
from tests.instrument.fielding.small import good_cells, meta_for, small_instrument
from tests.instrument.fielding.surveyjs.interviews import (
    export_form,
    hold,
    interview,
    read_results,
    same_answers,
)

pytestmark = pytest.mark.client

SAMPLE = Path(__file__).resolve().parents[4] / "data" / "sample"
CLEAN = {"json": [], "expressions": [], "duplicates": []}


def _faults(held: dict[str, Any]) -> dict[str, Any]:
    return {name: held["faults"][name] for name in CLEAN}


def _changed(block: int, question: int, **changes: Any) -> Instrument:
    """The small instrument with one question of form F changed."""
    base = small_instrument()
    form = base.form("F")
    asked = form.blocks[block].questions[question].model_copy(update=changes)
    questions = (*form.blocks[block].questions[:question], asked, *form.blocks[block].questions[question + 1:])
    blocks = (*form.blocks[:block], form.blocks[block].model_copy(update={"questions": questions}),
              *form.blocks[block + 1:])
    return _with_form(base, form.model_copy(update={"blocks": blocks}))


def _with_form(base: Instrument, form: Form) -> Instrument:
    """Validated anew: a copy would keep the words that the original has looked up."""
    return Instrument.model_validate(base.model_copy(update={"forms": (form, base.form("A"))}).model_dump())


# -- the whole ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("form_id", ["F", "A"])
def test_surveyjs_finds_no_fault_in_the_released_questionnaire(tmp_path: Path, form_id: str) -> None:
    released = store.load()
    optional = tuple(block.id for form in released.forms for block in form.blocks if block.optional)
    path = export_form(tmp_path, released, form_id, wanted(released, optional_blocks=optional))
    held = hold(path, {"locale": "es", "link": {"firm_id": "F0001"}, "answers": {"cons": 1, "scal": 1}})
    assert _faults(held) == CLEAN
    assert set(held["faults"]["locales"]) == set(released.languages)
    done = held["interviews"][0]
    assert (done["state"], done["result"]["language"], done["result"]["firm_id"]) == ("completed", "es", "F0001")
    shown = {name for name in done["shown"] if not name.endswith("_missing")}
    where = places(released, released.form(form_id))
    visible = {where.questions[q.id].column for block, q in released.form(form_id).questions() if not q.show_if}
    assert visible <= shown


def test_whole_interviews_in_two_languages_come_back_cell_by_cell(tmp_path: Path) -> None:
    instrument = small_instrument()
    cells, meta = good_cells(), meta_for(good_cells())
    path = export_form(tmp_path, instrument, "F")
    rows = [interview(instrument, "F", row, about)
            for row, about in zip(cells.to_dict("records"), meta.to_dict("records"), strict=True)]
    held = hold(path, *rows)
    assert [one["state"] for one in held["interviews"]] == ["completed"] * len(cells)
    assert [one["unused"] for one in held["interviews"]] == [[]] * len(cells)
    raw = read_results(tmp_path, instrument, "F", [one["result"] for one in held["interviews"]])
    same_answers(raw.cells, cells)
    assert raw.meta["language"].tolist() == meta["language"].tolist()
    assert raw.meta["firm_id"].tolist() == meta["firm_id"].tolist()
    assert raw.meta["instrument_version"].unique().tolist() == ["1.0.0"]
    assert raw.meta["finished"].unique().tolist() == ["1"]
    assert raw.meta["started"].str.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d").all()
    assert raw.unknown_columns == ()
    assert raw.issues == ()


@pytest.mark.parametrize("form_id", ["F", "A"])
def test_simulated_respondents_fill_in_the_released_questionnaire(tmp_path: Path, form_id: str) -> None:
    released = store.load("1.0.0")
    drawn = next(s for s in simulate(load_population(SAMPLE), released, n=12, seed=3) if s.form == form_id)
    done = drawn.meta["finished"].eq("1")
    cells, meta = drawn.cells[done].head(2), drawn.meta[done].head(2)
    path = export_form(tmp_path, released, form_id)
    held = hold(path, *(interview(released, form_id, row, about) for row, about in zip(
        cells.to_dict("records"), meta.to_dict("records"), strict=True)))
    assert [(one["errors"], one["unused"]) for one in held["interviews"]] == [([], [])] * len(cells)
    raw = read_results(tmp_path, released, form_id, [one["result"] for one in held["interviews"]])
    same_answers(raw.cells, cells)
    assert raw.meta["language"].tolist() == meta["language"].tolist()


def test_routing_shows_and_hides_pages_questions_and_words(tmp_path: Path) -> None:
    path = export_form(tmp_path, small_instrument(), "F")
    yes, no = hold(
        path,
        {"answers": {"cons": 1, "dafex": 1, "dafmn": ["dk"], "words": "x"}},
        {"locale": "es", "answers": {"cons": 1, "dafex": 0, "dafmn": [3], "dafyr": 2001, "words": "x"}},
    )["interviews"]
    assert yes["pages"] == ["page_start", "page_func", "page_learn", "page_rout"]
    assert no["pages"] == ["page_start", "page_func", "page_learn"]
    assert no["unused"] == ["dafmn", "dafyr", "words"]
    assert no["result"]["dafex"] == 0
    assert yes["shown"]["learn.lrar2"] == "We talk about it."
    assert no["shown"]["learn.lrar2"] == "Hablamos de ello."
    assert [words for _, words in no["columns"]["learn"]] == [
        "Muy en desacuerdo", "2", "3", "Ni lo uno ni lo otro", "5", "6", "Muy de acuerdo", "No procede", "No lo sé",
        "Prefiero no decirlo"]


def test_an_answer_that_ends_the_interview_ends_it_past_required_questions(tmp_path: Path) -> None:
    instrument = _changed(0, 1, required=True)
    path = export_form(tmp_path, instrument, "F")
    ended, kept, changed = hold(
        path, {"answers": {"cons": 0, "tenr": 4}}, {"answers": {"cons": 1}},
        {"answers": {"cons": 1, "tenr": 4}, "then": {"cons": 0}},
    )["interviews"]
    assert (ended["state"], ended["pages"]) == ("completed", ["page_start"])
    assert "tenr" not in ended["result"]
    assert (kept["state"], kept["errors"][0][0]) == ("running", "tenr")
    assert "tenr" not in changed["result"]


# -- what is refused ------------------------------------------------------------------------------------


@pytest.mark.parametrize(("question", "value", "words"), [
    ("tenr", 71, "Introduzca un número de 0 a 70."), ("tenr", -1, "Introduzca un número de 0 a 70."),
    ("xjv1", 2.5, "Introduzca un número entero."),
])
def test_answers_out_of_bounds_are_refused_in_the_respondents_language(
    tmp_path: Path, question: str, value: float, words: str,
) -> None:
    path = export_form(tmp_path, small_instrument(), "F")
    held = hold(path, {"locale": "es", "answers": {"cons": 1, question: value}})["interviews"][0]
    assert (held["state"], held["errors"]) == ("running", [[question, words]])


def test_bounds_themselves_and_fractions_of_a_number_are_accepted(tmp_path: Path) -> None:
    path = export_form(tmp_path, small_instrument(), "F")
    held = hold(path, *({"answers": {"cons": 1, "tenr": value}} for value in (0, 70, 0.25)))["interviews"]
    assert [one["state"] for one in held] == ["completed"] * 3


def test_required_rows_are_asked_for_and_only_where_they_are_shown(tmp_path: Path) -> None:
    only = (Condition(question="dafex", any_of=(1,)),)
    instrument = _changed(2, 1, required=True, show_if=only)
    path = export_form(tmp_path, instrument, "F")
    bare, shown, hidden = hold(
        path,
        {"answers": {"cons": 1, "dafex": 1, "learn.lrar1": 3}},
        {"locale": "es", "answers": {"cons": 1, "dafex": 1, "learn.lrar2": "na"}},
        {"answers": {"cons": 1, "dafex": 0, "learn.lrar1": 3, "learn.lrar2": 4}},
    )["interviews"]
    assert bare["errors"] == [["learn", "Please answer: We talk about it."]]
    assert shown["state"] == "completed"
    assert (hidden["state"], hidden["unused"]) == ("completed", ["learn.lrar2"])


def test_all_rows_required_leave_none_open(tmp_path: Path) -> None:
    instrument = small_instrument()
    for k in range(3):
        form = instrument.form("F")
        block = form.blocks[2]
        rows = tuple(q.model_copy(update={"required": True}) if j == k else q for j, q in enumerate(block.questions))
        blocks = (*form.blocks[:2], block.model_copy(update={"questions": rows}), *form.blocks[3:])
        instrument = _with_form(instrument, form.model_copy(update={"blocks": blocks}))
    path = export_form(tmp_path, instrument, "F")
    answers = {"cons": 1, "learn.lrar1": 1, "learn.lrar2": "na"}
    short, full = hold(path, {"answers": answers}, {"answers": {**answers, "learn.at1": 2}})["interviews"]
    assert (short["state"], full["state"]) == ("running", "completed")


# -- missing codes --------------------------------------------------------------------------------------


def test_a_reason_beside_a_typed_answer_frees_from_answering_and_clears_what_was_typed(tmp_path: Path) -> None:
    path = export_form(tmp_path, _changed(0, 3, required=True), "F")
    open_, reason, both = hold(
        path, {"answers": {"cons": 1}}, {"answers": {"cons": 1, "xjv1_missing": ["dk"]}},
        {"answers": {"cons": 1, "xjv1": 3}, "then": {"xjv1_missing": ["dk"]}},
    )["interviews"]
    assert open_["errors"][0][0] == "xjv1"
    assert (reason["state"], reason["result"]["xjv1_missing"]) == ("completed", ["dk"])
    assert "xjv1" not in both["result"]


def test_a_reason_among_several_answers_excludes_the_others(tmp_path: Path) -> None:
    path = export_form(tmp_path, small_instrument(), "F")
    last, first = hold(
        path, {"answers": {"cons": 1, "dafex": 1, "dafmn": [2, 3, "dk"]}},
        {"answers": {"cons": 1, "dafex": 1, "dafmn": ["dk", 2, 3]}},
    )["interviews"]
    assert last["result"]["dafmn"] == ["dk"]
    assert first["result"]["dafmn"] == [2, 3]


def test_answers_that_went_out_of_sight_are_no_answers(tmp_path: Path) -> None:
    path = export_form(tmp_path, small_instrument(), "F")
    held = hold(path, {
        "answers": {"cons": 1, "dafex": 1, "dafmn": [3], "dafyr": 2001, "words": "typed"}, "then": {"dafex": 0},
    })["interviews"][0]
    assert "page_rout" in held["pages"]
    assert {"dafmn", "dafyr", "words"}.isdisjoint(held["result"])


# -- words ----------------------------------------------------------------------------------------------


def test_words_are_shown_as_they_were_written(tmp_path: Path) -> None:
    instrument = _changed(0, 1, text="a <b>{cons}</b> & {firm_id}", help="<i>{dafex}</i>")
    note = instrument.form("F").blocks[0].questions[2]
    assert note.id == "defn"
    instrument = _change_note(instrument, "1 < 2 & {firm_id}\n\n<script>alert(1)</script>")
    wish = wanted(instrument, language="en")
    path = export_form(tmp_path, instrument, "F", wish)
    held = hold(path, {"link": {"firm_id": "secret"}, "answers": {"cons": 1}})
    assert held["interviews"][0]["shown"]["tenr"].replace("\u2060", "") == "a <b>{cons}</b> & {firm_id}"
    elements = {e["name"]: e for e in json.loads(path.read_text(encoding="utf-8"))["pages"][0]["elements"]}
    html = elements["defn"]["html"].replace("\u2060", "")
    assert html == "<p>1 &lt; 2 &amp; {firm_id}</p><p>&lt;script&gt;alert(1)&lt;/script&gt;</p>"


def _change_note(instrument: Instrument, text: str) -> Instrument:
    form = instrument.form("F")
    block = form.blocks[0]
    questions = tuple(q.model_copy(update={"text": text}) if q.id == "defn" else q for q in block.questions)
    blocks = (block.model_copy(update={"questions": questions}), *form.blocks[1:])
    return _with_form(instrument, form.model_copy(update={"blocks": blocks}))


def test_one_language_alone_is_stamped_even_if_it_is_not_english(tmp_path: Path) -> None:
    instrument = small_instrument()
    path = export_form(tmp_path, instrument, "F", wanted(instrument, language="es"))
    held = hold(path, {"answers": {"cons": 1}})["interviews"][0]
    assert held["result"]["language"] == "es"
    assert held["shown"]["cons"] == "¿Está de acuerdo?"


def test_english_is_found_where_surveyjs_looks_for_it_even_if_it_comes_second(tmp_path: Path) -> None:
    path = export_form(tmp_path, small_instrument(), "F", Wanted(("es", "en"), ("F",)))
    first, second = hold(path, {"answers": {"cons": 1}}, {"locale": "en", "answers": {"cons": 1}})["interviews"]
    assert (first["result"]["language"], first["shown"]["cons"]) == ("es", "¿Está de acuerdo?")
    assert (second["result"]["language"], second["shown"]["cons"]) == ("en", "Do you agree?")


def test_nothing_marks_an_attention_item_or_a_reversed_one(tmp_path: Path) -> None:
    def stripped(**changes: Any) -> bytes:
        changed = _changed(2, 2, **changes)
        return surveyjs.export(changed, wanted(changed))[0].content
    assert stripped() == stripped(expected=5, role="context")
    assert surveyjs.export(_changed(2, 1, reversed=False), wanted(small_instrument()))[0].content == stripped()


# -- names ----------------------------------------------------------------------------------------------


def hostile_instrument() -> Instrument:
    """Names that SurveyJS keeps for itself, that differ in case only, that are no names in an expression."""
    base = small_instrument()
    names = {"cons": "locale", "tenr": "row", "xjv1": "language", "dafex": "a.b", "dafyr": "A_b", "dafmn": "a-b",
             "lrar1": "start", "lrar2": "START", "at1": "x y", "fdate": "learn", "words": "data"}
    form = base.form("F")

    def renamed(part: Any) -> Any:
        show = tuple(c.model_copy(update={"question": names[c.question]}) for c in part.show_if)
        return part.model_copy(update={"show_if": show, **(
            {"id": names.get(part.id, part.id)} if not hasattr(part, "questions") else {})})
    blocks = tuple(renamed(block).model_copy(update={"questions": tuple(map(renamed, block.questions))})
                   for block in form.blocks)
    return Instrument.model_validate(base.model_copy(update={
        "forms": (form.model_copy(update={"blocks": blocks}), base.form("A")), "translations": ()}).model_dump()), names


def test_hostile_names_get_names_of_their_own_and_come_back(tmp_path: Path) -> None:
    instrument, names = hostile_instrument()
    cells = good_cells().rename(columns=names)
    meta = meta_for(cells).assign(language="en")
    path = export_form(tmp_path, instrument, "F")
    held = hold(path, *(interview(instrument, "F", row, about) for row, about in zip(
        cells.to_dict("records"), meta.to_dict("records"), strict=True)))
    assert _faults(held) == CLEAN
    assert [one["unused"] for one in held["interviews"]] == [[]] * len(cells)
    raw = read_results(tmp_path, instrument, "F", [one["result"] for one in held["interviews"]])
    same_answers(raw.cells, cells)
    assert raw.meta["firm_id"].tolist() == meta["firm_id"].tolist()


def test_every_feature_is_accounted_for() -> None:
    assert set(surveyjs.CAPABILITIES) == set(FEATURES)


def test_the_same_instrument_gives_the_same_bytes() -> None:
    instrument = small_instrument()
    assert surveyjs.export(instrument, wanted(instrument)) == surveyjs.export(instrument, wanted(instrument))


# -- instruments nobody wrote ---------------------------------------------------------------------------


@settings(max_examples=3, phases=[Phase.generate], deadline=None,
          suppress_health_check=list(HealthCheck))
@given(instrument=instruments(), seed=st.integers(0, 99))
def test_drawn_questionnaires_are_filled_in_and_come_back(tmp_path: Path, instrument: Instrument, seed: int) -> None:
    optional = tuple(b.id for form in instrument.forms for b in form.blocks if b.optional)
    cells, meta = respondents(instrument, "F", 3, seed, optional)
    path = export_form(tmp_path, instrument, "F", wanted(instrument, optional_blocks=optional))
    held = hold(path, *(interview(instrument, "F", row, about) for row, about in zip(
        cells.to_dict("records"), meta.to_dict("records"), strict=True)))
    assert _faults(held) == CLEAN
    assert [one["errors"] for one in held["interviews"]] == [[]] * 3
    assert [one["unused"] for one in held["interviews"]] == [[]] * 3
    raw = read_results(tmp_path, instrument, "F", [one["result"] for one in held["interviews"]])
    same_answers(raw.cells, cells)
    assert raw.meta["language"].tolist() == meta["language"].tolist()


def test_a_question_of_every_kind_is_in_the_small_instrument() -> None:
    kinds = {q.kind for _, q in small_instrument().form("F").questions() if isinstance(q, Fact)}
    assert kinds == {"choice", "choices", "count", "number", "year", "date", "text"}
    assert any(isinstance(q, Item) for _, q in small_instrument().form("F").questions())
