"""The questionnaire for Qualtrics: files as documented, and interviews held by what they say."""

from __future__ import annotations

import json
import re
from functools import cache
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from instrument import store
from instrument.errors import InputError
from instrument.fielding import platforms, qualtrics
from instrument.fielding.capabilities import FEATURES, Loss
from instrument.fielding.exports import Wanted, wanted
from instrument.model import Block, Condition, Fact, Instrument, Note, Option
from instrument.spreadsheet import harmless
from tests.instrument.fielding.generated import instruments, respondents
from tests.instrument.fielding.qualtrics.qsf import Interview, Json, Survey, plain, takes, write_export
from tests.instrument.fielding.small import good_cells, meta_for, small_instrument

EXPORTER = platforms.exporter("qualtrics")


def _everything(instrument: Instrument, language: str | None = None) -> Wanted:
    optional = tuple(block.id for form in instrument.forms for block in form.blocks if block.optional)
    return wanted(instrument, language=language, optional_blocks=optional)


def _files(instrument: Instrument, wish: Wanted | None = None) -> dict[str, bytes]:
    return {file.name: file.content for file in EXPORTER.export(instrument, wish or _everything(instrument))}


def _survey(instrument: Instrument, form: str = "F", wish: Wanted | None = None) -> Survey:
    return Survey(_files(instrument, wish)[f"qualtrics-{form}-{instrument.version}.qsf"])


@cache
def _released(version: str, form: str) -> Survey:
    return _survey(store.load(version), form)


def changed(block: int, question: int, **changes: Any) -> Instrument:
    """The small instrument with one question of form F changed."""
    base = small_instrument()
    form = base.form("F")
    asked = form.blocks[block].questions[question].model_copy(update=changes)
    questions = (*form.blocks[block].questions[:question], asked, *form.blocks[block].questions[question + 1:])
    blocks = (*form.blocks[:block], form.blocks[block].model_copy(update={"questions": questions}),
              *form.blocks[block + 1:])
    return _valid(base.model_copy(update={"forms": (form.model_copy(update={"blocks": blocks}), base.form("A"))}))


def _valid(instrument: Instrument) -> Instrument:
    """Validated anew: a copy would keep the words that the original has looked up."""
    return Instrument.model_validate(instrument.model_dump())


def _lost(instrument: Instrument, feature: str, wish: Wanted | None = None) -> list[Loss]:
    return [loss for loss in EXPORTER.losses(instrument, wish or _everything(instrument)) if loss.feature == feature]


def _by_tag(survey: Survey) -> dict[str, Json]:
    return {question["DataExportTag"]: question for question in survey.questions.values()}


# -- the whole --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("form", ["F", "A"])
@pytest.mark.parametrize("version", ["1.0.0", "1.1.0"])
def test_every_column_has_the_import_id_that_reading_expects(version: str, form: str) -> None:
    columns = _released(version, form).columns()
    expected = qualtrics.import_ids(store.load(version).form(form))
    assert {import_id: tag for import_id, (tag, _) in columns.items()} == expected


@settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck))
@given(instruments())
def test_an_optional_block_that_is_not_asked_leaves_all_other_import_ids_as_they_are(drawn: Instrument) -> None:
    for form in drawn.forms:
        asked = wanted(drawn)
        kept = {q.id for block in asked.blocks(form) for q in block.questions}
        assert {key: tag for key, (tag, _) in _survey(drawn, form.id, asked).columns().items()} == {
            key: question for key, question in qualtrics.import_ids(form).items() if question in kept}


@pytest.mark.parametrize("form", ["F", "A"])
def test_every_word_stands_in_every_language_as_it_was_written(form: str) -> None:
    released, survey = store.load("1.1.0"), _released("1.1.0", form)
    assert survey.languages == ("EN", "ES", "FR")
    shown = {}
    for question in survey.questions.values():
        for code, said in {"EN": question, **question["Language"]}.items():
            texts = {question["DataExportTag"]: said["QuestionText"]}
            for row, tag in question.get("ChoiceDataExportTags", {}).items():
                texts[tag] = said["Choices"][row]["Display"]
            answers = said.get("Answers", said.get("Choices", {}))
            recodes = question.get("RecodeValues", {})
            for tag, text in texts.items():
                shown[tag, code.lower()] = plain(text), {
                    recodes.get(k): plain(v["Display"]) for k, v in answers.items()}
    recoded = {"na": "9997", "dk": "9998", "rf": "9999"}
    for block, asked in released.form(form).questions():
        for language in released.languages:
            text, answers = shown[asked.id, language]
            assert text.split("\n")[0] == released.text(f"question.{asked.id}", language).split("\n")[0]
            for part in ("help", "unit"):
                if getattr(asked, part, None) is not None:
                    assert released.text(f"question.{asked.id}.{part}", language) in text
            if not isinstance(asked, Note) and (asked.scale or getattr(asked, "options", ())):
                assert answers == {recoded.get(str(o.code), str(o.code)): released.label(asked, o.code, language)
                                   for o in released.options(asked)}
            if block.intro is not None and block.layout == "list":
                assert shown[f"{block.id}_intro", language][0] == released.text(f"block.{block.id}.intro", language)


def test_the_files_say_that_nobody_at_qualtrics_looked_at_them_and_name_themselves() -> None:
    released = store.load("1.1.0")
    assert set(_files(released, wanted(released))) == {
        f"qualtrics-{form}-1.1.0{end}" for form in "FA" for end in (".qsf", "-en.txt", "-es.txt", "-fr.txt")}
    entry = _released("1.1.0", "F").entry
    assert entry["SurveyDescription"].startswith("Not validated by Qualtrics")
    assert entry["SurveyName"] == "Your firm and its alliances (F 1.1.0)"
    assert (entry["SurveyLanguage"], entry["SurveyStatus"]) == ("EN", "Inactive")
    assert "not validated by Qualtrics" in EXPORTER.NAME
    assert set(EXPORTER.CAPABILITIES) == set(FEATURES)
    assert all(capability.words for capability in EXPORTER.CAPABILITIES.values())


def test_the_same_questionnaire_gives_the_same_bytes_and_another_version_other_ids() -> None:
    one, two = _files(small_instrument()), _files(_valid(small_instrument()))
    assert one == two
    ids = {v: _survey(small_instrument(v)).entry["SurveyID"] for v in ("1.0.0", "1.1.0")}
    assert ids["1.0.0"] != ids["1.1.0"]


def test_one_language_alone_has_no_translations_and_starts_the_survey() -> None:
    survey = _survey(small_instrument(), wish=_everything(small_instrument(), "es"))
    assert survey.languages == ("ES",)
    assert all(question["Language"] == [] for question in survey.questions.values())
    assert plain(_by_tag(survey)["cons"]["QuestionText"]) == "¿Está de acuerdo?"


def test_what_this_questionnaire_loses_is_said_and_nothing_else() -> None:
    assert [loss.where for loss in _lost(small_instrument(), "notes")] == [
        ("start", "func", "learn", "rout", "optrit"), ("astart", "trust")]
    assert "QSF file alone" in _lost(small_instrument(), "routing")[0].words
    for feature in ("languages", "required", "matrix", "matrix row routing"):
        assert _lost(small_instrument(), feature) == []
    own = {"missing": (Option(code="na", label="None of it"), Option(code=0, label="Nothing"))}
    other = _valid(changed(2, 2, **own).model_copy(update={"translations": ()}))
    assert [loss.where for loss in _lost(other, "matrix")] == [("lrar1", "lrar2", "at1")]


def test_rows_that_may_all_be_hidden_by_conditions_of_their_own_are_a_loss() -> None:
    base = small_instrument()
    block = base.form("F").blocks[2]
    rows = tuple(q.model_copy(update={"show_if": (Condition(question="dafex", any_of=(k % 2,)),)})
                 for k, q in enumerate(block.questions))
    blocks = [block.model_copy(update={"questions": rows}) if b.id == block.id else b for b in base.form("F").blocks]
    form = base.form("F").model_copy(update={"blocks": tuple(blocks)})
    routed = _valid(base.model_copy(update={"forms": (form, base.form("A"))}))
    assert [loss.where for loss in _lost(routed, "matrix row routing")] == [("lrar1", "lrar2", "at1")]
    assert _interview(_survey(routed), {"dafex": "1"}).shown & {"lrar1", "lrar2", "at1"} == {"lrar2"}


def test_a_language_in_which_the_exporters_own_words_are_missing_is_a_loss_where_they_are_needed() -> None:
    base = small_instrument()
    foreign = base.translations[0].model_copy(update={"language": "pt"})
    spoken = _valid(base.model_copy(update={"translations": (foreign,)}))
    assert [loss.where for loss in _lost(spoken, "languages")] == [("pt",)]
    only_a = Wanted(languages=("en", "pt"), forms=("A",))
    assert _lost(spoken, "languages", only_a) == []


# -- questions --------------------------------------------------------------------------------------------


def test_kinds_of_question_become_qualtrics_types() -> None:
    found = {tag: (q["QuestionType"], q["Selector"]) for tag, q in _by_tag(_survey(small_instrument())).items()}
    assert found == {
        "start_intro": ("DB", "TB"), "cons": ("MC", "SAVR"), "tenr": ("TE", "SL"), "defn": ("DB", "TB"),
        "xjv1": ("TE", "SL"), "dafex": ("MC", "SAVR"), "dafyr": ("TE", "SL"), "dafmn": ("MC", "MAVR"),
        "learn_QID9": ("Matrix", "Likert"), "fdate": ("TE", "SL"), "words": ("TE", "ML"),
        "optrit_QID12": ("Matrix", "Likert")}


def test_recodes_are_the_instruments_codes_and_missing_codes_become_numbers() -> None:
    found = _by_tag(_survey(small_instrument()))
    assert found["cons"]["RecodeValues"] == {"1": "1", "2": "0"}
    assert found["dafmn"]["RecodeValues"] == {"1": "1", "2": "2", "3": "3", "4": "9", "5": "9998"}
    assert list(found["learn_QID9"]["RecodeValues"].values()) == [*"1234567", "9997", "9998", "9999"]
    assert {n: c.get("ExclusiveAnswer") for n, c in found["dafmn"]["Choices"].items()} == {
        "1": None, "2": None, "3": None, "4": None, "5": True}


def test_a_code_that_stands_for_a_missing_one_is_refused() -> None:
    taken = (Option(code=1, label="Yes"), Option(code=9998, label="No"))
    missing = (Option(code="dk", label="I don't know"),)
    base = changed(1, 0, options=taken, missing=missing)
    base = base.model_copy(update={"translations": ()})
    with pytest.raises(InputError) as caught:
        _files(_valid(base))
    assert [f.code for f in caught.value.findings] == ["EXPORT-RECODE"]
    assert "dafex" in caught.value.findings[0].place
    assert _by_tag(_survey(_valid(changed(1, 0, options=taken).model_copy(update={"translations": ()}))))


@pytest.mark.parametrize(("tag", "good", "bad"), [
    ("tenr", ["", "0", "70", "2.5"], ["-1", "70.5", "two", "dk"]),
    ("xjv1", ["", "0", "5000", "dk"], ["5001", "1.5", "-1", "na", "d"]),
    ("dafyr", ["", "1900", "2030"], ["1899", "2031", "1950.5"]),
    ("fdate", ["", "2024-02-29"], ["29/02/2024", "2024", "dk"]),
    ("words", ["", "anything", "1,2"], []),
])
def test_validation_takes_what_reading_takes(tag: str, good: list[str], bad: list[str]) -> None:
    question = _by_tag(_survey(small_instrument()))[tag]
    assert [text for text in good if not takes(question, text)] == []
    assert [text for text in bad if takes(question, text)] == []


def test_bounds_hold_with_and_without_a_missing_code_and_no_count_is_negative() -> None:
    bounded = _by_tag(_survey(changed(0, 3, minimum=3)))["xjv1"]
    assert [text for text in ("", "2", "3", "5000", "5001", "dk") if takes(bounded, text)] == ["", "3", "5000", "dk"]
    counted = _by_tag(_survey(changed(0, 3, missing=(), maximum=None)))["xjv1"]
    assert counted["Validation"]["Settings"]["ValidNumber"] == {"Min": "0", "Max": "", "NumDecimals": "0"}
    open_ended = _by_tag(_survey(changed(0, 1, minimum=None, maximum=None)))["tenr"]
    assert open_ended["Validation"]["Settings"]["ValidNumber"] == {"Min": "", "Max": "", "NumDecimals": ""}


def test_a_question_added_by_hand_cannot_get_the_number_of_a_block_that_is_switched_off() -> None:
    survey = _survey(small_instrument(), wish=wanted(small_instrument()))
    assert "QID12" not in survey.questions
    assert survey.count == 12


def test_respondents_are_told_what_they_may_type() -> None:
    found = _by_tag(_survey(small_instrument()))
    assert plain(found["xjv1"]["QuestionText"]) == (
        "How many joint ventures, in all?\nIf you have no answer, enter: dk (I don't know).")
    assert plain(found["xjv1"]["Language"]["ES"]["QuestionText"]).endswith("escriba: dk (No lo sé).")
    assert "2026-03-31" in plain(found["fdate"]["Language"]["ES"]["QuestionText"])
    assert plain(found["tenr"]["QuestionText"]) == "Years in the firm?\nHalf years count, too."


def test_only_what_is_required_is_forced_and_a_matrix_as_a_whole() -> None:
    forced = {tag for tag, q in _by_tag(_survey(changed(0, 1, required=True))).items()
              if q["Validation"]["Settings"].get("ForceResponse") == "ON"}
    assert forced == {"tenr"}
    partly = changed(2, 1, required=True)
    survey = _survey(partly)
    assert _by_tag(survey)["learn_QID9"]["Validation"]["Settings"]["ForceResponse"] == "OFF"
    assert "in QID9 no row is forced, though these should be. (lrar2)" in survey.entry["SurveyDescription"]
    assert [loss.where for loss in _lost(partly, "required")] == [("lrar2",)]
    base = small_instrument()
    rows = tuple(q.model_copy(update={"required": True}) for q in base.form("F").blocks[2].questions)
    blocks = list(base.form("F").blocks)
    blocks[2] = blocks[2].model_copy(update={"questions": rows})
    whole = base.model_copy(update={
        "forms": (base.form("F").model_copy(update={"blocks": tuple(blocks)}), base.form("A"))})
    survey = _survey(_valid(whole))
    assert _by_tag(survey)["learn_QID9"]["Validation"]["Settings"]["ForceResponse"] == "ON"
    assert "no row is forced" not in survey.entry["SurveyDescription"]


def test_shuffled_rows_are_randomised_and_no_others() -> None:
    found = _by_tag(_survey(small_instrument()))
    assert found["learn_QID9"]["Randomization"]["Type"] == "All"
    assert "Randomization" not in found["optrit_QID12"]
    base = small_instrument()
    blocks = [b.model_copy(update={"shuffle": b.id == "start"}) for b in base.form("F").blocks]
    form = base.form("F").model_copy(update={"blocks": tuple(blocks)})
    survey = _survey(_valid(base.model_copy(update={"forms": (form, base.form("A"))})))
    advanced = [b["Options"]["Randomization"]["Advanced"] for b in survey.blocks.values()
                if b.get("Options", {}).get("RandomizeQuestions") == "Advanced"]
    assert [(a["FixedOrder"], a["RandomizeAll"]) for a in advanced] == [
        (["QID1", "{~Randomized~}"], ["QID2"]),
        (["{~Randomized~}", "QID4", "{~Randomized~}"], ["QID3", "QID5"])]


def test_an_attention_item_is_a_row_like_any_other() -> None:
    matrix = _by_tag(_survey(small_instrument()))["learn_QID9"]
    assert matrix["ChoiceDataExportTags"] == {"1": "lrar1", "2": "lrar2", "3": "at1"}
    assert set(matrix["Choices"]["3"]) == set(matrix["Choices"]["1"])


@pytest.mark.parametrize("text", ["${e://Field/firm_id}", "<b>R&D</b> & more", "[[Block:x]]", "a\nb\n\nc", 'say "so"'])
def test_words_are_shown_as_they_were_written_and_run_nothing(text: str) -> None:
    odd = _valid(changed(0, 0, text=text).model_copy(update={"translations": ()}))
    question = _by_tag(_survey(odd))["cons"]
    assert plain(question["QuestionText"]) == text
    assert b"${e://Field" not in b"".join(_files(odd).values())
    content = _files(odd)["qualtrics-F-1.0.0-en.txt"].decode()
    line = re.search(r"\[\[ID:cons\]\]\n(.*)\n\[\[AdvancedChoices\]\]", content)
    assert line is not None
    assert "[[" not in line[1]
    assert plain(line[1]) == text


# -- routing and flow -------------------------------------------------------------------------------------


def _interview(survey: Survey, answers: dict[str, str]) -> Interview:
    return Interview(survey, answers, {"firm_id": "f", "informant_id": "p", "alliance_id": "a"})


def test_version_and_identifiers_come_first_and_are_in_every_response() -> None:
    survey = _survey(small_instrument("2.3.4"))
    fields = survey.flow["Flow"][0]["EmbeddedData"]
    assert [(f["Field"], f.get("Value"), f["Type"]) for f in fields] == [
        ("instrument_version", "2.3.4", "Custom"), ("firm_id", None, "Recipient"), ("informant_id", None, "Recipient")]
    assert _interview(survey, {"cons": "0"}).embedded["instrument_version"] == "2.3.4"


def test_an_answer_that_ends_the_interview_ends_it_at_once() -> None:
    survey = _survey(small_instrument())
    assert _interview(survey, {"cons": "0"}).shown == {"cons"}
    assert {"tenr", "dafex", "lrar1"} <= _interview(survey, {"cons": "1"}).shown
    assert {"tenr"} <= _interview(survey, {}).shown
    assert [b["Description"] for b in survey.blocks.values()][:2] == ["Start", "Start (2)"]


def test_a_question_behind_an_answer_is_asked_only_then_and_on_a_later_page() -> None:
    survey = _survey(small_instrument())
    assert not {"dafyr", "dafmn"} & _interview(survey, {"dafex": "0"}).shown
    assert {"dafyr", "dafmn"} <= _interview(survey, {"dafex": "1"}).shown
    function = next(b for b in survey.blocks.values() if b["Description"] == "Function")
    assert [e["Type"] for e in function["BlockElements"]] == ["Question", "Page Break", "Question", "Question"]


@pytest.mark.parametrize(("answer", "asked"), [("3", True), ("2,3", True), ("dk", True), ("1,2", False), ("", False)])
def test_a_block_behind_any_of_several_answers_stands_in_a_branch(answer: str, asked: bool) -> None:
    shown = _interview(_survey(small_instrument()), {"dafex": "1", "dafmn": answer}).shown
    assert ({"fdate", "words"} <= shown) is asked
    assert bool({"fdate", "words"} & shown) is asked


def test_several_conditions_must_all_hold() -> None:
    both = (Condition(question="dafex", any_of=(1,)), Condition(question="dafmn", any_of=(1, 2)))
    survey = _survey(changed(2, 1, show_if=both))
    for mandates, shown in (("1", True), ("2", True), ("3", False)):
        rows = _interview(survey, {"dafex": "1", "dafmn": mandates}).shown
        assert ("lrar2" in rows) is shown
        assert "lrar1" in rows
    assert "lrar2" not in _interview(survey, {"dafex": "0"}).shown
    assert "DisplayLogic" not in _by_tag(survey)["learn_QID9"]


def test_rows_with_the_same_condition_hide_their_whole_matrix() -> None:
    base = small_instrument()
    block = base.form("F").blocks[2]
    rows = tuple(q.model_copy(update={"show_if": (Condition(question="dafex", any_of=(1,)),)}) for q in block.questions)
    blocks = [block.model_copy(update={"questions": rows}) if b.id == block.id else b for b in base.form("F").blocks]
    form = base.form("F").model_copy(update={"blocks": tuple(blocks)})
    survey = _survey(_valid(base.model_copy(update={"forms": (form, base.form("A"))})))
    assert "DisplayLogic" in _by_tag(survey)["learn_QID9"]
    assert not {"lrar1", "lrar2", "at1"} & _interview(survey, {"dafex": "0"}).shown


def test_conditions_on_rows_and_typed_answers_are_understood() -> None:
    words = Block(id="rout", title="After", show_if=(
        Condition(question="lrar2", any_of=(7, "na")), Condition(question="xjv1", any_of=("dk",))),
        questions=(Fact(id="words", kind="text", role="context", text="Why?"),))
    base = small_instrument()
    blocks = [words if b.id == "rout" else b for b in base.form("F").blocks]
    form = base.form("F").model_copy(update={"blocks": tuple(blocks)})
    survey = _survey(_valid(base.model_copy(update={"forms": (form, base.form("A")), "translations": ()})))
    assert "words" in _interview(survey, {"lrar2": "na", "xjv1": "dk"}).shown
    assert "words" not in _interview(survey, {"lrar1": "na", "xjv1": "dk"}).shown
    assert "words" not in _interview(survey, {"lrar2": "7", "xjv1": "3"}).shown


# -- there and back ---------------------------------------------------------------------------------------


def _asked(instrument: Instrument, form: str, answers: dict[str, str]) -> set[str]:
    """What the questionnaire asks a respondent who gives these answers."""
    out: set[str] = set()
    for block, question in instrument.form(form).questions():
        if isinstance(question, Note):
            continue
        conditions = (*block.show_if, *question.show_if)
        if all(c.question in out and set(answers.get(c.question, "").split(",")) & set(map(str, c.any_of))
               for c in conditions):
            out.add(question.id)
            if isinstance(question, Fact) and answers.get(question.id) in map(str, question.screen_out):
                break
    return out


def _interviewed(folder: Path, instrument: Instrument, form: str, cells: pd.DataFrame, meta: pd.DataFrame) -> None:
    """Hold every interview on the exported survey, read the export, and compare."""
    survey = _survey(instrument, form)
    assert {key: tag for key, (tag, _) in survey.columns().items()} == qualtrics.import_ids(instrument.form(form))
    rows, about = cells.to_dict("records"), meta.to_dict("records")
    held = []
    for answers, who in zip(rows, about, strict=True):
        given = {str(q): harmless(str(cell)) for q, cell in answers.items() if cell}
        one = Interview(survey, given, {name: who[name] for name in instrument.form(form).identifiers})
        assert one.shown == _asked(instrument, form, {str(q): str(a) for q, a in answers.items()})
        held.append(one)
    write_export(folder / "export.csv", survey, held, [{str(k): str(v) for k, v in who.items()} for who in about])
    raw = qualtrics.read(folder / "export.csv", form, instruments={instrument.version: instrument})
    assert raw.issues == ()
    assert raw.unknown_columns == ()
    for found, expected in ((raw.cells, cells), (raw.meta, meta)):
        pd.testing.assert_frame_equal(found.reset_index(drop=True)[list(expected)], expected.reset_index(drop=True),
                                      check_dtype=False, check_index_type=False)
    assert set(raw.cells) == set(cells)


def test_interviews_on_the_survey_come_back_cell_by_cell(tmp_path: Path) -> None:
    cells = good_cells(optional=True)
    _interviewed(tmp_path, small_instrument(), "F", cells, meta_for(cells))


@pytest.mark.parametrize("form", ["F", "A"])
@pytest.mark.parametrize("version", ["1.0.0", "1.1.0"])
def test_interviews_on_the_released_survey_come_back_cell_by_cell(tmp_path: Path, version: str, form: str) -> None:
    released = store.load(version)
    optional = tuple(b.id for b in released.form(form).blocks if b.optional)
    cells, meta = respondents(released, form, 15, 3, optional)
    _interviewed(tmp_path, released, form, cells, meta)


@settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck))
@given(drawn=instruments(), seed=st.integers(0, 99))
def test_interviews_on_drawn_surveys_come_back_cell_by_cell(
    tmp_path_factory: pytest.TempPathFactory, drawn: Instrument, seed: int,
) -> None:
    for form in drawn.forms:
        optional = tuple(b.id for b in form.blocks if b.optional)
        _interviewed(tmp_path_factory.mktemp("drawn"), drawn, form.id, *respondents(drawn, form.id, 6, seed, optional))


# -- Advanced Format --------------------------------------------------------------------------------------

TAG = re.compile(r"\[\[(\w+)(?::([^\[\]]*))?\]\]")


def _parsed(content: bytes) -> list[dict[str, Any]]:
    """Blocks' questions as an importer takes them: instructions on lines of their own, text on the next."""
    lines = content.decode().split("\n")
    assert lines[0] == "[[AdvancedFormat]]"
    assert lines[-1] == ""
    questions: list[dict[str, Any]] = []
    part = "head"
    for line in lines[1:]:
        if found := TAG.fullmatch(line):
            name, value = found[1], found[2]
            if name == "Question":
                questions.append({"type": value, "text": [], "Choice": {}, "Answer": {}})
                part = "text"
            elif name == "ID":
                questions[-1]["id"] = value
            elif name in ("Choice", "Answer"):
                part = name
                questions[-1][part][value] = []
                target = questions[-1][part][value]
            else:
                assert name in ("Block", "ED", "PageBreak", "AdvancedChoices", "AdvancedAnswers")
        elif line:
            (questions[-1]["text"] if part == "text" else target).append(plain(line))
    return questions


@settings(max_examples=6, deadline=None, suppress_health_check=list(HealthCheck))
@given(drawn=instruments())
def test_the_text_format_says_the_same_as_the_qsf_file(drawn: Instrument) -> None:
    files = _files(drawn)
    for form in drawn.forms:
        survey = Survey(files[f"qualtrics-{form.id}-1.0.0.qsf"])
        for language in drawn.languages:
            questions = _parsed(files[f"qualtrics-{form.id}-1.0.0-{language}.txt"])
            assert [q["id"] for q in questions] == [q["DataExportTag"] for q in survey.questions.values()]
            for found, question in zip(questions, survey.questions.values(), strict=True):
                said = question if language == "en" else question["Language"]["ES"]
                kind = question["QuestionType"]
                assert found["type"].split(":")[0] == {"DB": "Text"}.get(kind, kind)
                assert found["text"] == [plain(said["QuestionText"])]
                for part in ("Choice", "Answer"):
                    assert list(found[part].values()) == [[plain(c["Display"])]
                                                          for c in said.get(f"{part}s", {}).values()]
                codes = found["Answer"] if kind == "Matrix" else found["Choice"]
                assert list(codes) == list(question.get("RecodeValues", {}).values())


def test_the_text_format_of_a_small_form_reads_as_documented() -> None:
    text = _files(small_instrument(), wanted(small_instrument()))["qualtrics-A-1.0.0-es.txt"].decode()
    assert text == """[[AdvancedFormat]]

[[ED:instrument_version:1.0.0]]
[[ED:firm_id]]
[[ED:alliance_id]]
[[ED:informant_id]]

[[Block:Inicio]]

[[Question:MC:SingleAnswer:Vertical]]
[[ID:aform]]
¿Qué forma?
[[AdvancedChoices]]
[[Choice:1]]
Empresa conjunta
[[Choice:2]]
Contrato

[[Block:Confianza]]

[[Question:Matrix]]
[[ID:trust_QID2]]
¿Está de acuerdo?
[[AdvancedChoices]]
[[Choice:1]]
Confiamos en ellos.
[[Choice:2]]
Confían en nosotros.
[[AdvancedAnswers]]
[[Answer:1]]
Muy en desacuerdo
[[Answer:2]]
2
[[Answer:3]]
3
[[Answer:4]]
Ni lo uno ni lo otro
[[Answer:5]]
5
[[Answer:6]]
6
[[Answer:7]]
Muy de acuerdo
[[Answer:9997]]
No procede
[[Answer:9998]]
No lo sé
[[Answer:9999]]
Prefiero no decirlo
"""


def test_names_of_blocks_cannot_end_their_instruction() -> None:
    base = small_instrument()
    blocks = [b.model_copy(update={"title": "a]] [[ED:x]] ${b}"}) for b in base.form("A").blocks]
    form = base.form("A").model_copy(update={"blocks": tuple(blocks)})
    odd = _valid(base.model_copy(update={"forms": (base.form("F"), form), "translations": ()}))
    text = _files(odd)["qualtrics-A-1.0.0-en.txt"].decode()
    assert text.count("[[Block:a)) ((ED:x)) $ {b}]]") == 2
    assert "[[ED:x]]" not in text
    assert json.dumps(_survey(odd, "A").entry).count("${") == 0
