"""The fingerprint changes with content and with nothing else, and guards what was released."""

from __future__ import annotations

import copy
import hashlib
import json
import unicodedata
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from instrument import store
from instrument.errors import InputError
from instrument.model import Instrument

Raw = dict[str, Any]
Put = Callable[..., Path]
Build = Callable[..., Instrument]


def question(raw: Raw, name: str) -> Raw:
    return next(q for f in raw["forms"] for b in f["blocks"] for q in b["questions"] if q["id"] == name)


def reordered(value: Any) -> Any:
    """The same content with the keys of every mapping in reverse order."""
    if isinstance(value, dict):
        return {key: reordered(value[key]) for key in reversed(value)}
    return [reordered(entry) for entry in value] if isinstance(value, list) else value


def test_the_fingerprint_is_the_sha256_of_the_canonical_form(small: Instrument) -> None:
    canonical = store.canonical(small)
    assert store.fingerprint(small) == hashlib.sha256(canonical.encode("utf-8")).hexdigest()
    assert "\n" not in canonical
    assert json.loads(canonical)["forms"][1]["blocks"][1]["questions"][0]["text"] == "The partner keeps its promises."


def test_the_order_of_keys_and_the_layout_of_the_file_do_not_matter(put: Put, raw: Raw) -> None:
    tidy = store.load_folder(put("1.2.0", instrument=raw))
    other = json.dumps(reordered(raw), indent=7)  # JSON is YAML too
    assert store.fingerprint(store.load_folder(put("1.2.0", instrument=other))) == store.fingerprint(tidy)


def test_composed_and_decomposed_accents_are_the_same_text(raw: Raw, build: Build) -> None:
    raw["title"] = "Enquête"
    composed = store.fingerprint(build(raw))
    raw["title"] = unicodedata.normalize("NFD", raw["title"])
    assert len(raw["title"]) == 8
    assert store.fingerprint(build(raw)) == composed


def test_translations_do_not_change_the_fingerprint_of_the_instrument(raw: Raw, spanish: Raw, build: Build) -> None:
    assert store.fingerprint(build(raw, spanish)) == store.fingerprint(build(raw))
    assert set(store.language_fingerprints(build(raw, spanish))) == {"es"}


def test_what_is_written_out_as_its_default_does_not_matter(raw: Raw, build: Build) -> None:
    before = store.fingerprint(build(raw))
    question(raw, "ratr1").update(reversed=False, show_if=[], scale="agree7", author="alliometrics")
    assert store.fingerprint(build(raw)) == before


CHANGES: dict[str, Callable[[Raw], object]] = {
    "a word": lambda raw: question(raw, "ratr1").update(text="The partner keeps its promise."),
    "the keying of an item": lambda raw: question(raw, "lrar3").pop("reversed"),
    "the order of items": lambda raw: raw["forms"][0]["blocks"][2]["questions"].reverse(),
    "an answer code": lambda raw: question(raw, "tools")["options"][1].update(code=3),
    "a bound from 0": lambda raw: question(raw, "shrc").update(minimum=1),
    "routing": lambda raw: question(raw, "dafyr").pop("show_if"),
    "a label": lambda raw: raw["scales"][0]["points"][0].update(label="Disagree"),
    "a definition": lambda raw: raw["constructs"][0].update(definition="Other."),
    "the text of consent": lambda raw: question(raw, "hello").update(text="Other."),
    "a required answer": lambda raw: question(raw, "ratr1").update(required=True),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_every_change_of_content_changes_the_fingerprint(
    change: Callable[[Raw], object], raw: Raw, build: Build,
) -> None:
    before = store.fingerprint(build(copy.deepcopy(raw)))
    change(raw)
    assert store.fingerprint(build(raw)) != before


@given(text=st.text(min_size=1), other=st.text(min_size=1))
def test_two_texts_share_a_canonical_form_only_if_unicode_calls_them_equal(text: str, other: str) -> None:
    same = store._json({"text": text}) == store._json({"text": other})
    assert same == (unicodedata.normalize("NFC", text) == unicodedata.normalize("NFC", other))


def test_a_review_that_changes_no_word_keeps_the_fingerprint_of_a_language(
    raw: Raw, spanish: Raw, build: Build,
) -> None:
    draft = store.language_fingerprints(build(raw, spanish))
    words = spanish["strings"]
    words["question.ratr1"] = {"text": words["question.ratr1"], "status": "reviewed"}
    assert store.language_fingerprints(build(raw, {**spanish, "translator": "Somebody"})) == draft
    words["question.ratr2"] += "."
    assert store.language_fingerprints(build(raw, spanish)) != draft


# -- releases -------------------------------------------------------------------------------------


def test_a_version_without_a_record_is_reported(put: Put, raw: Raw, tmp_path: Path) -> None:
    put("1.2.0", instrument=raw)
    finding, = store.verify_released("1.2.0", root=tmp_path)
    assert finding.code == "INSTRUMENT-UNRECORDED"
    assert finding.fix.endswith("python -m instrument.store record 1.2.0")


def test_a_recorded_version_verifies_and_may_be_recorded_again(
    put: Put, raw: Raw, spanish: Raw, tmp_path: Path,
) -> None:
    put("1.2.0", instrument=raw, es=spanish)
    first = store.record_fingerprint("1.2.0", root=tmp_path).read_bytes()
    assert store.verify_released("1.2.0", root=tmp_path) == ()
    assert store.record_fingerprint("1.2.0", root=tmp_path).read_bytes() == first


def test_an_edited_release_is_reported_and_never_recorded_over(
    put: Put, raw: Raw, spanish: Raw, tmp_path: Path,
) -> None:
    put("1.2.0", instrument=raw, es=spanish)
    record = store.record_fingerprint("1.2.0", root=tmp_path)
    before = record.read_bytes()
    question(raw, "ratr1")["text"] = "The partner is kind."
    spanish["strings"]["question.ratr2"] = "El socio es sincero."
    put("1.2.0", instrument=raw, es=spanish)
    findings = store.verify_released("1.2.0", root=tmp_path)
    assert [(f.code, f.place) for f in findings] == [
        ("INSTRUMENT-FINGERPRINT", "1.2.0/instrument.yaml"), ("INSTRUMENT-FINGERPRINT", "1.2.0/es.yaml")]
    with pytest.raises(InputError) as caught:
        store.record_fingerprint("1.2.0", root=tmp_path)
    assert caught.value.findings == findings
    assert record.read_bytes() == before


def test_a_language_may_be_added_after_the_release(put: Put, raw: Raw, spanish: Raw, tmp_path: Path) -> None:
    put("1.2.0", instrument=raw, es=spanish)
    first = json.loads(store.record_fingerprint("1.2.0", root=tmp_path).read_text())
    put("1.2.0", fr={**spanish, "language": "fr", "name": "Français"})
    finding, = store.verify_released("1.2.0", root=tmp_path)
    assert (finding.code, finding.place) == ("INSTRUMENT-UNRECORDED", "1.2.0/fr.yaml")
    second = json.loads(store.record_fingerprint("1.2.0", root=tmp_path).read_text())
    assert second.pop("languages").items() > first.pop("languages").items()
    assert second == first
    assert store.verify_released("1.2.0", root=tmp_path) == ()


def test_a_language_may_not_vanish_after_the_release(put: Put, raw: Raw, spanish: Raw, tmp_path: Path) -> None:
    folder = put("1.2.0", instrument=raw, es=spanish)
    store.record_fingerprint("1.2.0", root=tmp_path)
    (folder / "es.yaml").unlink()
    finding, = store.verify_released("1.2.0", root=tmp_path)
    assert (finding.code, finding.place) == ("INSTRUMENT-FINGERPRINT", "1.2.0/es.yaml")


def test_a_version_that_breaks_a_rule_is_not_released(put: Put, raw: Raw, spanish: Raw, tmp_path: Path) -> None:
    del spanish["strings"]["question.ratr1"]
    folder = put("1.2.0", instrument=raw, es=spanish)
    with pytest.raises(InputError, match="TRANSLATION-MISSING"):
        store.record_fingerprint("1.2.0", root=tmp_path)
    assert not (folder / store.RECORD).exists()


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"instrument": "a", "languages": 3}'])
def test_a_damaged_record_is_refused(put: Put, raw: Raw, tmp_path: Path, content: str) -> None:
    (put("1.2.0", instrument=raw) / store.RECORD).write_text(content)
    with pytest.raises(InputError, match="INSTRUMENT-FINGERPRINT"):
        store.verify_released("1.2.0", root=tmp_path)


def test_the_command_records_and_verifies(
    put: Put, raw: Raw, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str],
) -> None:
    put("1.2.0", instrument=raw)
    for name in ("record_fingerprint", "verify_released"):
        original = getattr(store, name)
        monkeypatch.setattr(store, name, lambda version, original=original: original(version, root=tmp_path))
    assert store.main(["verify", "1.2.0"]) == 1
    assert store.main(["record", "1.2.0"]) == 0
    assert store.main(["verify", "1.2.0"]) == 0
    assert "as it was released" in capsys.readouterr().out


@pytest.mark.parametrize("version", store.versions())
def test_every_released_version_is_as_it_was_released(version: str) -> None:
    assert [str(finding) for finding in store.verify_released(version)] == []
