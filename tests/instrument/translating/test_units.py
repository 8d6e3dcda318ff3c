"""What a translator is told about each text."""

from __future__ import annotations

import pytest

from instrument import store
from instrument.errors import InputError
from instrument.model import Instrument, Item
from instrument.translating import Unit, units


@pytest.fixture
def told(french: Instrument) -> dict[str, Unit]:
    return {unit.key: unit for unit in units(french, "fr")}


def test_there_is_one_unit_a_string_in_order_of_appearance(french: Instrument) -> None:
    found = units(french, "fr")
    assert {unit.key: unit.source for unit in found} == french.strings()
    assert [unit.key for unit in found] == list(french.strings())


def test_targets_and_statuses_are_those_of_the_present_translation(told: dict[str, Unit]) -> None:
    assert (told["instrument.title"].target, told["instrument.title"].status) == ("Travailler ensemble", "draft")
    assert told["question.tr1"].status == "reviewed"
    assert told["question.tr2"].status == "back-translated"
    assert (told["block.mood.title"].target, told["block.mood.title"].status) == ("", None)


def test_a_language_that_is_not_there_yet_starts_empty(french: Instrument) -> None:
    assert {(unit.target, unit.status) for unit in units(french, "pt-BR")} == {("", None)}


@pytest.mark.parametrize("language", ["", "French", "f", "fr_FR", "fr fr", "en"])
def test_a_language_is_named_by_a_bcp47_tag_and_is_another_one(french: Instrument, language: str) -> None:
    with pytest.raises(InputError) as caught:
        units(french, language)
    assert [finding.code for finding in caught.value.findings] == ["TRANSLATION-LANGUAGE"]


def test_reversed_items_say_so_and_others_do_not(told: dict[str, Unit]) -> None:
    assert any(note.startswith("Reversed item: keep the negation") for note in told["question.tr2"].context)
    assert not any("Reversed" in note for note in told["question.tr1"].context)


def test_every_reversed_item_of_the_latest_version_is_marked() -> None:
    latest = store.load()
    marked = {unit.key for unit in units(latest, "de") if any("Reversed" in note for note in unit.context)}
    assert marked == {f"question.{q.id}" for form in latest.forms for _, q in form.questions()
                      if isinstance(q, Item) and q.reversed}
    assert len(marked) == 6


def test_answer_labels_tell_their_place_on_the_scale(told: dict[str, Unit]) -> None:
    assert told["scale.agree.1"].context[0].startswith("Answer label 1 of 3")
    assert told["scale.agree.3"].context[0].startswith("Answer label 3 of 3")
    assert told["option.what.2"].context[0] == "Answer 2 of 2 to: What is it?"
    assert told["option.what.dk"].context[0] == "Offered to those who give no answer to: What is it?"


def test_a_text_tells_where_it_appears(told: dict[str, Unit]) -> None:
    assert (told["question.tr1"].forms, told["question.tr1"].block, told["question.tr1"].kind) == (
        ("F", "A"), "mood", "item")
    assert (told["question.tr2"].forms, told["question.size.unit"].kind) == (("F",), "unit")
    assert told["scale.agree.1"].forms == ("F", "A")
    assert told["instrument.title"].forms == ("all",)


def test_the_attention_check_names_the_answer_it_asks_for(told: dict[str, Unit]) -> None:
    assert "must choose 2" in told["question.at1"].context[0]


def test_placeholders_and_paragraphs_are_pointed_out(told: dict[str, Unit]) -> None:
    assert told["block.start.intro"].placeholders == ("{first_name}",)
    assert told["question.hello"].placeholders == ("</b>", "<b>", "https://example.org/study")
    assert "Keep the 3 paragraphs, parted by an empty line." in told["question.hello"].context
    assert told["question.tr1"].placeholders == ()
