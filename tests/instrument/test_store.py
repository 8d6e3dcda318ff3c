"""Versions are found, loaded whole or refused with every mistake, and frozen once released."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from instrument import store
from instrument.errors import Finding, InputError
from instrument.model import Instrument

Raw = dict[str, Any]
Put = Callable[..., Path]


def refused(action: Callable[[], object]) -> tuple[Finding, ...]:
    with pytest.raises(InputError) as caught:
        action()
    return caught.value.findings


# -- finding versions -----------------------------------------------------------------------------


def test_versions_are_ordered_by_number_not_by_letter(put: Put, raw: Raw, tmp_path: Path) -> None:
    for version in ("1.10.0", "1.9.0", "0.9.12", "draft", "1.0", "01.0.0"):
        put(version, instrument=raw)
    (tmp_path / "2.0.0").mkdir()  # no instrument.yaml in it
    assert store.versions(root=tmp_path) == ("0.9.12", "1.9.0", "1.10.0")


def test_the_latest_version_is_loaded_unless_one_is_named(put: Put, raw: Raw, tmp_path: Path) -> None:
    for version in ("1.10.0", "1.9.0"):
        put(version, instrument={**raw, "version": version})
    assert store.load(root=tmp_path).version == "1.10.0"
    assert store.load("1.9.0", root=tmp_path).version == "1.9.0"
    assert store.load(root=tmp_path) is store.load("1.10.0", root=tmp_path)


def test_an_unknown_version_is_refused_with_the_known_ones(put: Put, raw: Raw, tmp_path: Path) -> None:
    put("1.2.0", instrument=raw)
    finding, = refused(lambda: store.load("3.0.0", root=tmp_path))
    assert finding.code == "INSTRUMENT-VERSION"
    assert "3.0.0" in finding.place
    assert finding.rule.endswith("there is: 1.2.0")


@pytest.mark.parametrize("version", [None, "1.0.0", "", "../1.2.0"])
def test_a_folder_without_versions_is_refused(version: str | None, tmp_path: Path) -> None:
    finding, = refused(lambda: store.load(version, root=tmp_path))
    assert finding.code == "INSTRUMENT-VERSION"


def test_a_version_in_the_wrong_folder_is_refused(put: Put, raw: Raw, tmp_path: Path) -> None:
    put("1.3.0", instrument=raw)
    finding, = refused(lambda: store.load("1.3.0", root=tmp_path))
    assert finding.code == "INSTRUMENT-VERSION"
    assert "'1.2.0'" in finding.rule
    assert "'1.3.0'" in finding.rule


# -- loading --------------------------------------------------------------------------------------


def test_a_folder_is_loaded_with_every_translation(put: Put, raw: Raw, spanish: Raw) -> None:
    french = {**spanish, "language": "fr", "name": "Français"}
    loaded = store.load_folder(put("1.2.0", instrument=raw, es=spanish, fr=french))
    assert loaded.languages == ("en", "es", "fr")
    assert loaded.text("question.ratr1", "es") == "ES The partner keeps its promises."


def test_the_mistakes_of_all_files_are_reported_together(put: Put, raw: Raw, spanish: Raw) -> None:
    del raw["title"]
    spanish["status"] = "perfect"
    findings = refused(lambda: store.load_folder(put("1.2.0", instrument=raw, es=spanish, fr="a: [1")))
    assert [(f.code, f.place.partition(",")[0]) for f in findings] == [
        ("INSTRUMENT-SHAPE", "1.2.0/instrument.yaml"),
        ("INSTRUMENT-SHAPE", "1.2.0/es.yaml"),
        ("INSTRUMENT-YAML", "1.2.0/fr.yaml"),
    ]


def test_a_file_named_for_another_language_is_refused(put: Put, raw: Raw, spanish: Raw) -> None:
    finding, = refused(lambda: store.load_folder(put("1.2.0", instrument=raw, fr=spanish)))
    assert finding.code == "INSTRUMENT-LANGUAGE"
    assert finding.place == "1.2.0/fr.yaml: language"


def test_translations_do_not_belong_into_the_base_file(put: Put, raw: Raw) -> None:
    raw["translations"] = []
    finding, = refused(lambda: store.load_folder(put("1.2.0", instrument=raw)))
    assert finding.code == "INSTRUMENT-SHAPE"
    assert finding.place.endswith(": translations")


# -- syntax ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(("text", "where", "said"), [
    ("name: a\ntitle: b: c\n", "line 2, column 9", "mapping values are not allowed"),
    ("name: a\nname: b\n", "line 2, column 1", "`name` stands here a second time; it stands first in line 1"),
    ("forms:\n  - id: F\n    title: a\n    id: A\n", "line 4, column 5", "`id` stands here a second time"),
    ("name: *nobody\n", "line 1, column 7", "undefined alias"),
    ("name: a\nreleased: 2025-02-30\n", "line 1, column 1", "a value cannot be read: day is out of range"),
    ("- a\n- b\n", "line 1, column 1", "should hold keys and values"),
    ("name: !!python/object:os.system x\n", "line 1, column 7", "could not determine a constructor"),
])
def test_what_is_no_yaml_is_refused_with_its_line(put: Put, text: str, where: str, said: str) -> None:
    finding, = refused(lambda: store.load_folder(put("1.2.0", instrument=text)))
    assert finding.code == "INSTRUMENT-YAML"
    assert finding.place == f"1.2.0/instrument.yaml, {where}"
    assert said in finding.rule


def test_every_double_key_is_reported(put: Put) -> None:
    findings = refused(lambda: store.load_folder(put("1.2.0", instrument="a: 1\nb: {c: 1, c: 2}\na: 2\na: 3\n")))
    assert [finding.place.partition(", ")[2] for finding in findings] == [
        "line 2, column 11", "line 3, column 1", "line 4, column 1"]


@pytest.mark.parametrize(("content", "said"), [
    (b"", "empty"), (b"# nothing\n", "empty"), ("name: é".encode("latin-1"), "not UTF-8"),
    ("name: a".encode("utf-16"), "not UTF-8"), (b"name: a\x07b", "not YAML"), (None, "cannot be read"),
])
def test_an_unreadable_file_is_refused(put: Put, content: bytes | None, said: str) -> None:
    folder = put("1.2.0")
    if content is not None:
        (folder / "instrument.yaml").write_bytes(content)
    finding, = refused(lambda: store.load_folder(folder))
    assert finding.code == "INSTRUMENT-YAML"
    assert said in finding.rule


# -- shape ----------------------------------------------------------------------------------------


def question(raw: Raw, name: str) -> Raw:
    return next(q for f in raw["forms"] for b in f["blocks"] for q in b["questions"] if q["id"] == name)


def test_every_broken_key_is_reported_with_a_readable_path_and_line(put: Put, raw: Raw) -> None:
    del question(raw, "ratr1")["text"]
    question(raw, "lrar3")["reversd"] = question(raw, "lrar3").pop("reversed")
    question(raw, "dafex")["options"][1]["label"] = False
    raw["scales"][0]["points"][2]["code"] = 3.5
    raw["forms"][1]["id"] = "b"
    folder = put("1.2.0", instrument=raw)
    lines = (folder / "instrument.yaml").read_text(encoding="utf-8").splitlines()
    findings = refused(lambda: store.load_folder(folder))
    found = {finding.place.partition(": ")[2]: finding for finding in findings}
    assert set(found) == {
        "forms[b].blocks[deal].questions[ratr1].text",
        "forms[F].blocks[learn].questions[lrar3].reversd",
        "forms[F].blocks[team].questions[dafex].options[0].label",
        "scales[agree7].points[3].code",
        "forms[b].id",
    }
    assert {finding.code for finding in findings} == {"INSTRUMENT-SHAPE"}
    misspelt = found["forms[F].blocks[learn].questions[lrar3].reversd"]
    assert "did you mean `reversed`?" in misspelt.fix
    line = int(misspelt.place.partition("line ")[2].partition(":")[0])
    assert "reversd" in lines[line - 1]


@pytest.mark.parametrize("word", ["No", "yes", "on", "OFF"])
def test_an_unquoted_truth_word_is_caught_and_the_fix_says_to_quote_it(put: Put, raw: Raw, word: str) -> None:
    text = yaml_with(put, raw, "label: Carefully", f"label: {word}")
    findings = refused(lambda: store.load_folder(put("1.2.0", instrument=text)))
    assert {finding.place.rpartition("questions")[2] for finding in findings} == {"[dilig].options[2].label"}
    assert f'put it in quotes: "{word}"' in findings[0].fix


def test_an_unquoted_truth_word_never_becomes_an_answer_code(put: Put, raw: Raw) -> None:
    text = yaml_with(put, raw, "code: 2\n        label: Carefully", "code: no\n        label: Carefully")
    finding, *_ = refused(lambda: store.load_folder(put("1.2.0", instrument=text)))
    assert finding.rule == "should be a whole number or should be a text; found the truth value false"


@pytest.mark.parametrize(("key", "value", "said"), [
    ("version", 1.0, 'put it in quotes: "1.0"'), ("title", None, "write a value"), ("scales", {"a": 1}, "schema"),
])
def test_a_value_of_the_wrong_type_is_refused_with_a_fix(
    put: Put, raw: Raw, key: str, value: object, said: str,
) -> None:
    finding, = refused(lambda: store.load_folder(put("1.2.0", instrument={**raw, key: value})))
    assert finding.place.endswith(f": {key}")
    assert said in finding.fix


def test_a_question_that_does_not_say_what_it_is_is_refused(put: Put, raw: Raw) -> None:
    del question(raw, "ratr1")["type"]
    finding, = refused(lambda: store.load_folder(put("1.2.0", instrument=raw)))
    assert finding.place.endswith("questions[ratr1]")
    assert "`type: item`" in finding.rule


def test_a_part_that_holds_itself_is_refused(put: Put) -> None:
    findings = refused(lambda: store.load_folder(put("1.2.0", instrument="name: &a [*a]\nforms: &b [{blocks: *b}]\n")))
    assert any(finding.place.endswith(": name") for finding in findings)


def test_a_part_written_once_may_be_used_again(put: Put, raw: Raw) -> None:
    alike = "name: a\nfirst: &this {id: b}\nsecond: *this\n"
    findings = refused(lambda: store.load_folder(put("1.2.0", instrument=alike)))
    assert "INSTRUMENT-YAML" not in {finding.code for finding in findings}


def yaml_with(put: Put, raw: Raw, old: str, new: str) -> str:
    """The small instrument's YAML text with a passage replaced."""
    text = (put("plain", instrument=raw) / "instrument.yaml").read_text(encoding="utf-8")
    assert old in text
    return text.replace(old, new)


# -- the released versions ------------------------------------------------------------------------


def test_the_released_version_loads_in_its_languages() -> None:
    loaded = store.load("1.0.0")
    assert isinstance(loaded, Instrument)
    assert loaded.languages[:2] == ("en", "es")
    assert [form.id for form in loaded.forms] == ["F", "A"]


def test_the_module_is_a_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert store.main([]) == 2
    assert "record 1.0.0" in capsys.readouterr().err
    assert store.main(["verify", "9.9.9"]) == 2
    assert "INSTRUMENT-VERSION" in capsys.readouterr().err


def test_the_record_is_readable_json(put: Put, raw: Raw, tmp_path: Path) -> None:
    put("1.2.0", instrument=raw)
    assert set(json.loads(store.record_fingerprint("1.2.0", root=tmp_path).read_text())) == {"instrument", "languages"}
