"""changes.yaml says every difference, nothing else, and the version number fits."""

from __future__ import annotations

import copy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from instrument import store
from instrument.compare import check_version, compare_versions
from instrument.errors import InputError

Raw = dict[str, Any]
Put = Callable[..., Path]

REWORDED = {"key": "question.ratr1", "kind": "wording", "rationale": "Unclear.", "source": "a review"}


def question(raw: Raw, name: str) -> Raw:
    return next(q for f in raw["forms"] for b in f["blocks"] for q in b["questions"] if q["id"] == name)


def reword(raw: Raw) -> None:
    question(raw, "ratr1")["text"] = "The partner honours its word."


@pytest.fixture
def release(put: Put, raw: Raw, tmp_path: Path) -> Callable[..., list[str]]:
    """Write 1.2.0 and a later version; give the codes that the later one breaks."""
    def write(
        edit: Callable[[Raw], object], *said: Raw, version: str = "1.3.0", since: str = "1.2.0", listed: bool = True,
    ) -> list[str]:
        store._load_once.cache_clear()
        put("1.2.0", instrument=raw)
        other = copy.deepcopy(raw)
        edit(other)
        more = {"changes": {"since": since, "changes": list(said)}} if listed else {}
        put(version, instrument={**other, "version": version}, **more)
        return [finding.code for finding in check_version(version, root=tmp_path)]

    return write


Release = Callable[..., list[str]]


@pytest.mark.parametrize("version", store.versions())
def test_released_versions_declare_what_they_change(version: str) -> None:
    assert [str(finding) for finding in check_version(version)] == []


def test_a_declared_change_is_in_order(release: Release) -> None:
    assert release(reword, REWORDED) == []


def test_a_difference_that_is_not_declared_is_reported(release: Release) -> None:
    assert release(reword) == ["CHANGE-UNDECLARED"]
    assert release(reword, listed=False) == ["CHANGE-UNDECLARED"]


def test_a_declaration_without_a_difference_is_reported(release: Release) -> None:
    assert release(reword, REWORDED, {**REWORDED, "key": "question.ratr2"}) == ["CHANGE-ABSENT"]


@pytest.mark.parametrize("other", [{"kind": "added"}, {"key": "question.ratr9"}, {"language": "fr"}, {"field": "help"}])
def test_a_declaration_of_another_change_is_both(release: Release, other: Raw) -> None:
    assert release(reword, {**REWORDED, **other}) == ["CHANGE-UNDECLARED", "CHANGE-ABSENT"]


def test_a_change_declared_twice_is_reported(release: Release) -> None:
    assert release(reword, REWORDED, {**REWORDED, "rationale": "Vague."}) == ["CHANGE-TWICE"]


def test_two_changes_of_one_question_are_told_apart_by_field(release: Release) -> None:
    def edit(raw: Raw) -> None:
        question(raw, "shrc").update(minimum=1, maximum=60)

    entry = {**REWORDED, "key": "question.shrc", "kind": "bounds"}
    assert release(edit, {**entry, "field": "minimum"}, {**entry, "field": "maximum"}) == []
    assert release(edit, {**entry, "field": "minimum"}) == ["CHANGE-UNDECLARED"]


def test_a_list_that_starts_from_another_version_is_reported(release: Release) -> None:
    assert release(reword, REWORDED, since="1.1.0") == ["CHANGE-SINCE"]


def test_the_first_version_has_nothing_to_declare(put: Put, raw: Raw, tmp_path: Path) -> None:
    put("1.2.0", instrument=raw)
    assert check_version("1.2.0", root=tmp_path) == ()
    put("1.2.0", changes={"since": "1.1.0", "changes": []})
    assert [finding.code for finding in check_version("1.2.0", root=tmp_path)] == ["CHANGE-SINCE"]


@pytest.mark.parametrize("lacking", ["rationale", "source", "key", "kind"])
def test_a_declaration_gives_its_reason_and_source(release: Release, lacking: str) -> None:
    with pytest.raises(InputError, match="INSTRUMENT-SHAPE"):
        release(reword, {key: value for key, value in REWORDED.items() if key != lacking})
    with pytest.raises(InputError, match="INSTRUMENT-SHAPE"):
        release(reword, {**REWORDED, lacking: " "})


def test_a_language_may_come_without_a_declaration_and_not_go(
    put: Put, raw: Raw, spanish: Raw, release: Release, tmp_path: Path,
) -> None:
    release(reword, REWORDED)
    put("1.3.0", es=spanish)
    assert check_version("1.3.0", root=tmp_path) == ()
    put("1.2.0", es=spanish)
    (tmp_path / "1.3.0" / "es.yaml").unlink()
    store._load_once.cache_clear()
    assert [f.code for f in check_version("1.3.0", root=tmp_path)] == ["CHANGE-UNDECLARED", "VERSION-STEP"]


def test_a_review_recorded_after_the_release_needs_no_declaration(
    put: Put, spanish: Raw, release: Release, tmp_path: Path,
) -> None:
    release(reword, REWORDED)
    put("1.2.0", es=spanish)
    reviewed = {**spanish, "status": "reviewed", "translator": "Ana"}
    reviewed["strings"] = {key: {"text": text, "status": "reviewed"} for key, text in spanish["strings"].items()}
    put("1.3.0", es=reviewed)
    store._load_once.cache_clear()
    assert check_version("1.3.0", root=tmp_path) == ()


@pytest.mark.parametrize(("edit", "entry", "needed"), [
    (lambda raw: raw.update(title="A study"), {"key": "instrument.title", "kind": "text"}, "1.2.1"),
    (reword, {}, "1.3.0"),
    (lambda raw: raw["forms"][1]["blocks"][1]["questions"].append({**question(raw, "ratr1"), "id": "ratr4"}),
     {"key": "question.ratr4", "kind": "added"}, "1.3.0"),
    (lambda raw: raw["forms"][1]["blocks"][1]["questions"].pop(3),
     {"key": "question.shrc", "kind": "removed"}, "2.0.0"),
    (lambda raw: question(raw, "lrar3").pop("reversed"), {"key": "question.lrar3", "kind": "key"}, "2.0.0"),
])
def test_the_version_number_steps_as_far_as_the_changes_go(
    release: Release, tmp_path: Path, edit: Callable[[Raw], object], entry: Raw, needed: str,
) -> None:
    for version in ("1.2.1", "1.3.0", "2.0.0"):
        codes = release(edit, {**REWORDED, **entry}, version=version)
        assert codes == (["VERSION-STEP"] if version < needed else [])
        if codes:
            finding, = check_version(version, root=tmp_path)
            assert f"number it {needed}" in finding.fix
        for path in (tmp_path / version).iterdir():
            path.unlink()


def test_a_version_that_keeps_its_changes_to_itself_is_not_released(release: Release, tmp_path: Path) -> None:
    release(reword)
    with pytest.raises(InputError, match="CHANGE-UNDECLARED"):
        store.record_fingerprint("1.3.0", root=tmp_path)
    release(reword, REWORDED)
    assert store.record_fingerprint("1.3.0", root=tmp_path).is_file()


def test_reasons_of_every_version_between_two_are_given(put: Put, raw: Raw, release: Release, tmp_path: Path) -> None:
    release(reword, REWORDED)
    second = copy.deepcopy(raw)
    question(second, "ratr1")["text"] = "The partner does as it says."
    put("1.4.0", instrument={**second, "version": "1.4.0"},
        changes={"since": "1.3.0", "changes": [{**REWORDED, "rationale": "Too formal."}]})
    change, = compare_versions("1.2.0", "1.4.0", root=tmp_path).changes
    assert [(r.version, r.rationale) for r in change.reasons] == [("1.3.0", "Unclear."), ("1.4.0", "Too formal.")]
    change, = compare_versions("1.4.0", "1.3.0", root=tmp_path).changes
    assert [reason.version for reason in change.reasons] == ["1.4.0"]


def test_an_item_added_and_reworded_later_keeps_both_reasons(
    put: Put, raw: Raw, release: Release, tmp_path: Path,
) -> None:
    def add(base: Raw, text: str) -> Raw:
        base["forms"][1]["blocks"][1]["questions"].append({**question(base, "ratr1"), "id": "ratr4", "text": text})
        return base

    release(lambda base: add(base, "New."), {**REWORDED, "key": "question.ratr4", "kind": "added"})
    put("1.4.0", instrument={**add(copy.deepcopy(raw), "Newer."), "version": "1.4.0"},
        changes={"since": "1.3.0", "changes": [{**REWORDED, "key": "question.ratr4"}]})
    change, = compare_versions("1.2.0", "1.4.0", root=tmp_path).changes
    assert change.kind == "added"
    assert [reason.version for reason in change.reasons] == ["1.3.0"]
