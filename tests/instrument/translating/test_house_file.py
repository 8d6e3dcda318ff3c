"""The language's YAML file as people keep it."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from instrument import rules, store
from instrument.errors import InputError
from instrument.model import Instrument, Translation
from instrument.translating import WorkFile, WorkString, to_yaml
from tests.instrument.translating.conftest import Translated

Back = Callable[..., WorkFile]


def test_the_file_claims_the_status_of_its_least_checked_text(french: Instrument, back: Back) -> None:
    written = yaml.safe_load(to_yaml(back(french), french))
    assert (written["language"], written["name"], written["status"], written["translator"]) == (
        "fr", "Français", "draft", "Anne")
    assert written["strings"] == {
        "instrument.title": "Travailler ensemble",
        "block.start.intro": "Cher {first_name}, il faut 25 minutes.",
        "question.tr1": {"text": "Nous faisons confiance au partenaire.", "status": "reviewed"},
        "question.tr2": {"text": "Nous ne faisons pas confiance au partenaire.", "status": "back-translated"},
    }


def test_where_all_texts_have_one_status_no_text_has_its_own(translated: Translated, back: Back) -> None:
    instrument = translated({"question.tr1": "Un", "question.tr2": "Deux"}, status="reviewed")
    written = yaml.safe_load(to_yaml(back(instrument), instrument))
    assert (written["status"], written["strings"]) == ("reviewed", {"question.tr1": "Un", "question.tr2": "Deux"})


def test_a_text_whose_source_changed_is_a_draft_again(translated: Translated, back: Back) -> None:
    instrument = translated({"question.tr1": "Un", "question.tr2": "Deux"}, status="reviewed")
    work = back(instrument)
    work = dataclasses.replace(work, strings=tuple(
        dataclasses.replace(s, source="Other words") if s.key == "question.tr1" else s for s in work.strings))
    written = yaml.safe_load(to_yaml(work, instrument))
    assert written["status"] == "draft"
    assert written["strings"] == {"question.tr1": "Un", "question.tr2": {"text": "Deux", "status": "reviewed"}}


def test_untranslated_texts_stand_there_as_comments(french: Instrument, back: Back) -> None:
    lines = to_yaml(back(french), french).splitlines()
    assert "  # form.F.title is not translated: Your firm" in lines
    assert sum("is not translated" in line for line in lines) == len(french.strings()) - 4


def test_an_untouched_work_file_makes_a_file_without_strings(sample: Instrument, back: Back) -> None:
    written = yaml.safe_load(to_yaml(back(sample), sample, name="Français", translator="Anne"))
    assert written == {"language": "fr", "name": "Français", "status": "draft", "translator": "Anne", "strings": {}}


def test_the_name_and_translator_given_win(french: Instrument, back: Back) -> None:
    written = yaml.safe_load(to_yaml(back(french), french, name="français", translator="Jean: =x"))
    assert (written["name"], written["translator"]) == ("français", "Jean: =x")


def test_a_key_with_two_translations_is_refused(french: Instrument, back: Back) -> None:
    work = back(french)
    second = WorkString("question.tr1", "We trust the partner.", "Autre", "draft", "row 9")
    with pytest.raises(InputError) as caught:
        to_yaml(dataclasses.replace(work, strings=(*work.strings, second)), french)
    assert [f.code for f in caught.value.findings] == ["TRANSLATION-DOUBLED"]
    same = dataclasses.replace(second, text="Nous faisons confiance au partenaire.")
    assert to_yaml(dataclasses.replace(work, strings=(*work.strings, same)), french) == to_yaml(work, french)


def test_long_texts_are_folded_and_the_definition_is_written_once(translated: Translated, back: Back) -> None:
    long = "Une alliance est un accord « à long terme » entre des entreprises indépendantes. " * 4 + "Fin."
    instrument = translated({"instrument.alliance_definition": long, "question.whatis": long})
    text = to_yaml(back(instrument), instrument)
    assert "  instrument.alliance_definition: &alliance_definition >-" in text.splitlines()
    assert "  question.whatis: *alliance_definition" in text.splitlines()
    assert max(len(line.strip()) for line in text.splitlines() if not line.lstrip().startswith("#")) <= 110
    assert yaml.safe_load(text)["strings"]["question.whatis"] == long


@pytest.mark.parametrize("language", ["es", "fr"])
def test_our_own_files_come_out_with_the_same_words_and_break_no_rule(back: Back, language: str) -> None:
    latest = store.load("1.1.0")
    written = Translation.model_validate(yaml.safe_load(to_yaml(back(latest, "xliff", language), latest)))
    assert written == next(t for t in latest.translations if t.language == language)
    alone = latest.model_copy(update={"translations": (written,)})
    assert [f for f in rules.check(alone) if f.place.startswith(f"{language}.yaml")] == []


def test_french_has_typographic_spaces_and_apostrophes() -> None:
    french = next(t for t in store.load("1.1.0").translations if t.language == "fr")
    words = "".join(f"{french.text(key)}\n" for key in french.strings)
    assert "'" not in words
    for mark, space in (("»", "\u00a0"), (":", "\u00a0"), ("?", "\u202f"), (";", "\u202f")):
        before = {words[at - 1] for at in range(len(words)) if words[at] == mark}
        assert before == {space}, mark
    assert {words[at + 1] for at in range(len(words)) if words[at] == "«"} == {"\u00a0"}


def test_the_schema_for_editors_accepts_what_is_written(french: Instrument, back: Back, tmp_path: Path) -> None:
    jsonschema = pytest.importorskip("jsonschema")
    import json
    schema = json.loads((Path(store.__file__).parent / "schema" / "translation.json").read_text(encoding="utf-8"))
    jsonschema.validate(yaml.safe_load(to_yaml(back(french), french)), schema)
