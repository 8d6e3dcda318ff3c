"""The survey structure as LimeSurvey's importer would take it."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings

from instrument import store
from instrument.fielding import limesurvey
from instrument.fielding.capabilities import FEATURES
from instrument.fielding.exports import wanted
from instrument.fielding.limesurvey.codes import codes
from instrument.fielding.limesurvey.structure import Row, file_of
from instrument.model import Condition, Form, Instrument, Note, Option
from tests.instrument.fielding.generated import instruments
from tests.instrument.fielding.limesurvey.importer import Survey, import_structure, shown
from tests.instrument.fielding.small import small_instrument


def _import(instrument: Instrument, form_id: str = "F", **wish: Any) -> Survey:
    files = {file.name: file.content for file in limesurvey.export(instrument, wanted(instrument, **wish))}
    return import_structure(files[f"limesurvey-{form_id}.txt"])


def _with_form(base: Instrument, form: Form) -> Instrument:
    """Validated anew: a copy would keep the words that the original has looked up."""
    return Instrument.model_validate(base.model_copy(update={"forms": (form, base.form("A"))}).model_dump())


def changed(block: int, question: int, **changes: Any) -> Instrument:
    """The small instrument with one question of form F changed."""
    base = small_instrument()
    form = base.form("F")
    asked = form.blocks[block].questions[question].model_copy(update=changes)
    questions = (*form.blocks[block].questions[:question], asked, *form.blocks[block].questions[question + 1:])
    blocks = (*form.blocks[:block], form.blocks[block].model_copy(update={"questions": questions}),
              *form.blocks[block + 1:])
    return _with_form(base, form.model_copy(update={"blocks": blocks}))


# -- the whole ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("form_id", ["F", "A"])
def test_the_released_questionnaire_is_imported_with_every_question_and_word(form_id: str) -> None:
    released = store.load()
    optional = tuple(block.id for form in released.forms for block in form.blocks if block.optional)
    survey = _import(released, form_id, optional_blocks=optional)
    form, own = released.form(form_id), codes(released, released.form(form_id))
    assert [group["name"] for group in survey.groups[survey.base]]
    for language in released.languages:
        assert [shown(g["name"]) for g in survey.groups[language]] == [
            released.text(f"block.{block.id}.title", language) for block in form.blocks]
        for _, question in form.questions():
            place = own.questions[question.id]
            found = survey.question(place.code, language)
            row = found.row if place.row is None else next(r for r in found.rows if r["name"] == place.row)
            text = released.text(f"question.{question.id}", language)
            assert shown(row["text"]).split() == text.split()
            if not isinstance(question, Note) and (question.scale or getattr(question, "options", ())):
                parts = found.rows if found.row["type/scale"] == "M" else found.answers
                assert [shown(part["text"]) for part in parts] == [
                    released.label(question, option.code, language) for option in released.options(question)]


def test_a_block_that_is_switched_off_is_not_asked() -> None:
    assert "optrit" not in {q.code for q in _import(small_instrument()).questions["en"]}
    assert "optrit" in {q.code for q in _import(small_instrument(), optional_blocks=("optrit",)).questions["en"]}


def test_types_and_attributes_follow_from_the_kind_of_question() -> None:
    survey = _import(small_instrument())
    found = {q.code: q.row for q in survey.questions["en"]}
    assert {code: row["type/scale"] for code, row in found.items()} == {
        "firmid": "S", "informantid": "S", "instrumentversion": "*", "form": "*", "language": "*", "cons": "L",
        "tenr": "N", "defn": "X", "xjv1": "N", "xjv1why": "L", "dafex": "L", "dafyr": "N", "dafmn": "M", "learn": "F",
        "fdate": "D", "words": "T"}
    assert (found["tenr"]["min_num_value_n"], found["tenr"]["max_num_value_n"]) == ("0", "70")
    assert (found["tenr"]["num_value_int_only"], found["dafyr"]["num_value_int_only"]) == ("", "1")
    assert found["dafmn"]["exclude_all_others"] == "dk"
    assert found["learn"]["random_order"] == "1"
    assert found["fdate"]["date_format"] == "yyyy-mm-dd"
    assert shown(found["tenr"]["help"]) == "Half years count, too."


def test_several_reasons_exclude_all_other_answers() -> None:
    reasons = (Option(code="dk", label="I don't know"), Option(code="rf", label="No answer"))
    found = _import(changed(1, 2, missing=reasons), language="en").question("dafmn").row
    assert found["exclude_all_others"] == "dk;rf"


def test_attributes_without_words_stand_once_and_units_in_every_language() -> None:
    released = store.load("1.0.0")
    survey = _import(released)
    words = {language: survey.question("tenr", language).row for language in ("en", "es")}
    assert [words[language]["suffix"] for language in ("en", "es")] == ["years", "años"]
    assert [words[language]["max_num_value_n"] for language in ("en", "es")] == ["70", ""]


def test_long_lists_fold_into_a_drop_down() -> None:
    survey = _import(store.load("1.0.0"))
    assert survey.question("ctry").row["type/scale"] == "!"
    assert len(survey.question("ctry").answers) == 31


def test_every_response_is_stamped_with_version_form_and_its_language() -> None:
    survey = _import(small_instrument("2.3.4"))
    for language in ("en", "es"):
        stamps = {code: survey.question(code, language).row["text"]
                  for code in ("instrumentversion", "form", "language")}
        assert stamps == {"instrumentversion": "{'2.3.4'}", "form": "{'F'}", "language": f"{{'{language}'}}"}
    assert all(survey.question(code).group == 1 for code in ("instrumentversion", "language", "firmid", "informantid"))
    assert all(survey.question(code).row["hidden"] == "1" for code in ("instrumentversion", "language", "firmid"))


# -- routing --------------------------------------------------------------------------------------------


def test_routing_becomes_relevance_of_groups_questions_and_rows() -> None:
    only = (Condition(question="dafex", any_of=(1,)),)
    survey = _import(changed(2, 1, show_if=only))
    assert survey.question("dafyr").row["relevance"] == "(dafex.NAOK == '1')"
    assert survey.groups["en"][3]["relevance"] == (
        "(((dafmn_3.NAOK == 'Y') or (dafmn_dk.NAOK == 'Y')) and !(cons.NAOK == '0'))")
    assert [r["relevance"] for r in survey.question("learn").rows] == ["1", "(dafex.NAOK == '1')", "1"]


def test_an_answer_that_ends_the_interview_hides_all_that_follows() -> None:
    survey = _import(changed(2, 2, screen_out=(7,)))
    behind = {q.code: q.row["relevance"] for q in survey.questions["en"] if q.group == 1}
    assert behind["cons"] == "1"
    assert all("!(cons.NAOK == '0')" in behind[code] for code in ("tenr", "defn", "xjv1", "xjv1why"))
    assert ["!(cons.NAOK == '0')" in g["relevance"] for g in survey.groups["en"]] == [False, True, True, True]
    assert "!(learn_at1.NAOK == '7')" in survey.groups["en"][3]["relevance"]


def test_a_condition_on_a_reason_looks_at_the_question_beside() -> None:
    only = (Condition(question="xjv1", any_of=("dk",)),)
    assert _import(changed(1, 0, show_if=only)).question("dafex").row["relevance"] == "(xjv1why.NAOK == 'dk')"


# -- required and missing -------------------------------------------------------------------------------


def test_a_typed_answer_or_the_reason_why_there_is_none_is_required() -> None:
    survey = _import(changed(0, 3, required=True))
    typed, why = survey.question("xjv1"), survey.question("xjv1why")
    assert (typed.row["mandatory"], why.row["mandatory"]) == ("N", "Y")
    assert "is_empty(xjv1.NAOK)" in why.row["relevance"]
    assert [a["name"] for a in why.answers] == ["dk"]
    assert _import(small_instrument()).question("xjv1why").row["mandatory"] == "N"


def test_some_rows_required_are_validated_all_rows_are_mandatory() -> None:
    only = (Condition(question="dafex", any_of=(1,)),)
    some = _import(changed(2, 1, required=True, show_if=only)).question("learn").row
    assert some["mandatory"] == "N"
    assert some["em_validation_q"] == "(!is_empty(learn_lrar2.NAOK) or !(dafex.NAOK == '1'))"
    assert "We talk about it." in some["em_validation_q_tip"]
    base = small_instrument()
    form = base.form("F")
    rows = tuple(q.model_copy(update={"required": True}) for q in form.blocks[2].questions)
    blocks = (*form.blocks[:2], form.blocks[2].model_copy(update={"questions": rows}), *form.blocks[3:])
    all_rows = _import(_with_form(base, form.model_copy(update={"blocks": blocks}))).question("learn").row
    assert (all_rows["mandatory"], all_rows["em_validation_q"]) == ("Y", "")


# -- words ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", [
    "a <b>{cons}</b> & \"so\"", "=cmd()|' /C calc'!A0", "+1", "-x", "@sum(a)", "one\ttwo", "line one\n\nline two",
    "one\u2028two\x85three", "\\\"", "back\\", "{if(1,'a','b')}", "'quoted'", "\"all of it\"",
])
def test_words_are_shown_as_they_were_written_and_run_nowhere(text: str) -> None:
    survey = _import(changed(0, 1, text=text, help=text), language="en")
    for cell in ("text", "help"):
        found = shown(survey.question("tenr").row[cell])
        assert found.split() == text.split()


def test_a_cell_that_would_break_the_file_is_never_written() -> None:
    for cell in ("a\tb", "a\nb", 'a"b'):
        with pytest.raises(ValueError, match="cannot hold"):
            file_of([Row("S", text=cell)])


def test_nothing_marks_an_attention_item_or_a_reversed_one() -> None:
    def content(instrument: Instrument) -> bytes:
        return limesurvey.export(instrument, wanted(instrument))[0].content
    assert content(changed(2, 2, expected=5, role="context")) == content(small_instrument())
    assert content(changed(2, 1, reversed=False)) == content(small_instrument())


# -- names ----------------------------------------------------------------------------------------------


def hostile_instrument() -> tuple[Instrument, dict[str, str]]:
    """Ids that LimeSurvey keeps, forbids, cuts or confuses; answer codes of six digits that agree in the first five."""
    base = small_instrument()
    names = {"cons": "sid", "tenr": "a_b", "xjv1": "ab", "dafex": "AB", "dafyr": "x" * 24, "dafmn": "x" * 23 + "y",
             "lrar1": "self", "lrar2": "r_1", "at1": "r1", "fdate": "1st", "words": "learn"}
    form = base.form("F")
    recoded = {1: 123451, 0: 123452}

    def renamed(part: Any) -> Any:
        show = tuple(c.model_copy(update={
            "question": names[c.question],
            "any_of": tuple(recoded.get(code, code) if c.question == "dafex" else code for code in c.any_of),
        }) for c in part.show_if)
        changes: dict[str, Any] = {"show_if": show}
        if part.id == "dafex":
            changes["options"] = tuple(o.model_copy(update={"code": recoded[o.code]}) for o in part.options)
        if not hasattr(part, "questions"):
            changes["id"] = names.get(part.id, part.id)
        return part.model_copy(update=changes)
    blocks = tuple(renamed(block).model_copy(update={"questions": tuple(map(renamed, block.questions))})
                   for block in form.blocks)
    return Instrument.model_validate(base.model_copy(update={
        "forms": (form.model_copy(update={"blocks": blocks}), base.form("A")), "translations": ()}).model_dump()), names


def test_hostile_names_get_legal_codes_of_their_own() -> None:
    instrument, names = hostile_instrument()
    survey = _import(instrument)
    places = codes(instrument, instrument.form("F")).questions
    where = [(place.code, place.row) for place in places.values()]
    assert len(set(where)) == len(where)
    assert places["a_b"].code == "ab"
    assert places["ab"].code == "abx2"
    assert places["AB"].code == "ABx3"
    assert places["AB"].answers == {"123451": "12345", "123452": "123x2"}
    assert survey.question(places["x" * 24].code).row["relevance"] == "(ABx3.NAOK == '12345')"
    assert set(names.values()) <= set(places)


def test_legal_names_stay_as_they_are_and_do_not_depend_on_optional_blocks() -> None:
    released = store.load()
    for form in released.forms:
        places = codes(released, form).questions
        assert all(q.id in (places[q.id].code, places[q.id].row) for _, q in form.questions())
        assert all(code == lime for place in places.values() for code, lime in place.answers.items())


@settings(max_examples=6, deadline=None)
@given(instrument=instruments())
def test_drawn_questionnaires_are_imported(instrument: Instrument) -> None:
    optional = tuple(b.id for form in instrument.forms for b in form.blocks if b.optional)
    for form in instrument.forms:
        survey = _import(instrument, form.id, optional_blocks=optional)
        assert len(survey.groups[survey.base]) == len(form.blocks)


def test_every_feature_is_accounted_for() -> None:
    assert set(limesurvey.CAPABILITIES) == set(FEATURES)
