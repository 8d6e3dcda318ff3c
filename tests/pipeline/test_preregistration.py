"""A plan is locked before the data; whatever differs later has a reason and is disclosed, or the run does not begin."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import os
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import BaseModel, TypeAdapter, ValidationError
from streamlit.testing.v1 import AppTest

from instrument import store
from instrument.errors import InputError
from pipeline.commands.lock import Locked, lock, report
from pipeline.power.rehearsal import rehearse
from pipeline.preregistration.canonical import (
    NOT_THERE,
    PRESENTATION,
    Change,
    canonical,
    plan_changes,
    plan_sha256,
    sha256_of,
    shown,
)
from pipeline.preregistration.deviations import preregistration_of
from pipeline.preregistration.found import Deviation, Preregistration
from pipeline.preregistration.lock_file import LOCK_FILE, PresentFile, read_lock
from pipeline.report.html import report_html
from pipeline.report.tables import write_csv
from pipeline.report.tables.deviations import NOT_LOCKED, deviations_table
from pipeline.results import StudyResults, read_results, write_results
from pipeline.run import run_study
from pipeline.study import StudyPlan, load_plan
from tests.example_results import example_results

SAMPLE = Path(__file__).resolve().parents[2] / "data" / "sample"
PLAN = yaml.safe_load((SAMPLE / "study.yaml").read_text(encoding="utf-8"))
THEN = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
LATER = datetime(2026, 2, 3, 4, 5, 6, tzinfo=UTC)
FILES = ("firm.csv", "firm_labels.csv", "alliance.csv", "alliance_labels.csv")


@pytest.fixture
def study(tmp_path: Path) -> Path:
    """A planned study without data."""
    (tmp_path / "study.yaml").write_bytes((SAMPLE / "study.yaml").read_bytes())
    return tmp_path


def rewrite(study: Path, **changed: Any) -> None:
    content = yaml.safe_load((study / "study.yaml").read_text(encoding="utf-8"))
    for key, value in changed.items():
        part = content
        *above, last = key.split("__")
        for name in above:
            part = part[name]
        part[last] = value
    (study / "study.yaml").write_text(yaml.safe_dump(content), encoding="utf-8")


def collect(study: Path, name: str = "firm.csv") -> None:
    (study / name).write_text("answers", encoding="utf-8")
    os.utime(study / name, (0, 0))


def found(study: Path, **options: Any) -> Preregistration:
    return preregistration_of(study, load_plan(study), **options)


def codes(error: pytest.ExceptionInfo[InputError]) -> list[str]:
    return [finding.code for finding in error.value.findings]


# -- the canonical plan ---------------------------------------------------------------------------


def test_the_hash_does_not_depend_on_order_comments_quotes_or_written_defaults() -> None:
    def turned(value: Any) -> Any:
        return {key: turned(value[key]) for key in reversed(value)} if isinstance(value, dict) else value

    written = {**turned(PLAN), "power": {"model": "M1"}, "further_versions": []}
    text = "# another comment\n" + yaml.safe_dump(written, sort_keys=False, default_style='"')
    # Every scalar is quoted above, which makes numbers texts; pydantic reads numbers in texts as numbers.
    again = StudyPlan.model_validate(yaml.safe_load(text))
    assert plan_sha256(canonical(again)) == plan_sha256(canonical(StudyPlan.model_validate(PLAN)))


def test_the_hash_can_be_taken_by_anybody_from_the_locked_plan(study: Path) -> None:
    entry = lock(study).entries[0]
    decisions = {key: value for key, value in entry.plan.items() if key not in ("title", "description")}
    text = json.dumps(decisions, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    assert entry.plan_sha256 == hashlib.sha256(text.encode()).hexdigest()


def test_defaults_are_locked_so_that_a_changed_default_of_the_program_is_noticed(study: Path) -> None:
    assert "sensitivity_draws" not in PLAN["bootstrap"]
    lock(study)
    content = json.loads((study / LOCK_FILE).read_text(encoding="utf-8"))
    entry = content["entries"][0]
    assert entry["plan"]["bootstrap"]["sensitivity_draws"] == 1000
    entry["plan"]["bootstrap"]["sensitivity_draws"] = 900  # as an older program would have locked it
    reseal(study, content)
    with pytest.raises(InputError) as error:
        found(study)
    [finding] = error.value.findings
    assert finding.place.endswith("key bootstrap.sensitivity_draws")
    assert "with 900; now it is 1000" in finding.rule


def test_a_key_without_a_value_that_the_locking_program_did_not_know_is_no_deviation() -> None:
    plan = canonical(StudyPlan.model_validate(PLAN))
    assert "version" not in plan["forms"]["F"]
    assert plan["power"]["missing"] == [None]


def test_values_are_shown_so_that_text_and_number_stay_apart() -> None:
    assert [shown(value) for value in ("ml", "5", 5, "", [1.0], None, True)] == [
        "ml", '"5"', "5", '""', "[1.0]", "null", "true"]


def test_true_and_one_are_different_values() -> None:
    assert plan_changes({"a": 1}, {"a": True}) == (Change("a", "1", "true"),)
    assert plan_changes({"a": {"x": []}}, {"a": {}}) == (Change("a.x", "[]", NOT_THERE),)


# -- every field ----------------------------------------------------------------------------------

FULL = StudyPlan.model_validate(PLAN | {"description": "x", "forms": {
    "F": {"platform": "qualtrics", "file": "f.csv", "labels": "l.csv", "version": "1.0.0"},
    "A": [{"platform": "qualtrics", "file": "a.csv"}, {"platform": "qualtrics", "file": "b.csv"}]},
    "second_wave": {"F": {"platform": "qualtrics", "file": "f2.csv"}},
    "nonresponse": {"invited": {"F": 900}, "reminders": ["2026-03-16"], "population": {"indus": {1: 0.3, 2: 0.7}},
                    "interest": "know", "followup": {"F": "late.csv"}}})
WORDS = sorted(
    {word for words in re.findall(r'"enum": \[(.*?)\]', json.dumps(StudyPlan.model_json_schema()))
     for word in re.findall(r"\w+", words)})
"""Every value of every option of a plan."""


def leaves(value: Any, place: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    for key, part in value.items():
        yield from leaves(part, (*place, key)) if isinstance(part, dict) and part else [(*place, key)]


def at(content: dict[str, Any], place: tuple[str, ...]) -> Any:
    for key in place:
        content = content[key]
    return content


def with_other(content: dict[str, Any], place: tuple[str, ...], value: Any) -> dict[str, Any]:
    copy: dict[str, Any] = json.loads(json.dumps(content))
    at(copy, place[:-1])[place[-1]] = value
    return copy


@cache
def another_value(place: tuple[str, ...]) -> Any:
    """A value that the plan may have there and does not."""
    content = canonical(FULL)
    value = at(content, place)
    tried: list[Any] = [*WORDS, ["H307"]]
    if isinstance(value, bool):
        tried = [not value]
    elif isinstance(value, int | float):
        tried = [value - 1, value * 0.9, value + 1]
    elif isinstance(value, list):
        tried = [value[:-1], [*value, *value[:1]], *([word] for word in WORDS)]
    elif place[-1] in ("title", "description", "instrument", "file", "labels", "version", "effect"):
        tried = [f"{value}x"]
    for other in tried:
        try:
            now = StudyPlan.model_validate(with_other(content, place, other))
        except ValidationError:
            continue
        if sha256_of(at(canonical(now), place)) != sha256_of(value):
            return other
    raise AssertionError(f"no other value for {place}")


LEAVES = sorted(leaves(canonical(FULL)))
DECISIONS = [place for place in LEAVES if place[0] not in PRESENTATION]


def test_every_field_of_the_plan_is_among_those_changed_here() -> None:
    def keys(model: type[BaseModel], before: str = "") -> Iterator[str]:
        for name, field in model.model_fields.items():
            if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
                yield from keys(field.annotation, f"{before}{name}.")
            else:
                yield before + name

    changed = {".".join(place) for place in LEAVES}
    missing = {key for key in keys(StudyPlan) if not any(c == key or c.startswith(f"{key}.") for c in changed)}
    assert missing == set()


@pytest.mark.parametrize("place", DECISIONS, ids=".".join)
def test_a_single_changed_field_is_exactly_one_deviation_that_names_it(place: tuple[str, ...]) -> None:
    before = canonical(FULL)
    now = canonical(StudyPlan.model_validate(with_other(before, place, another_value(place))))
    changes = plan_changes(before, now)
    assert changes == (Change(".".join(place), shown(at(before, place)), shown(at(now, place))),)
    assert plan_sha256(before) != plan_sha256(now)


@settings(max_examples=30, deadline=None)
@given(st.sets(st.sampled_from(LEAVES), max_size=6))
def test_any_set_of_changed_fields_is_named_and_title_and_description_never_are(
    places: set[tuple[str, ...]]
) -> None:
    before = now = canonical(FULL)
    for place in places:
        now = with_other(now, place, another_value(place))
    try:
        now = canonical(StudyPlan.model_validate(now))
    except ValidationError:  # each alone is a plan, together they may be none
        return
    named = {change.key for change in plan_changes(before, now)}
    assert named == {".".join(place) for place in places if place[0] not in PRESENTATION}
    assert (plan_sha256(before) == plan_sha256(now)) == (not named)
    assert {(c.key, c.instead, c.planned) for c in plan_changes(now, before)} == {
        (c.key, c.planned, c.instead) for c in plan_changes(before, now)}


# -- locking --------------------------------------------------------------------------------------


def test_a_lock_holds_plan_hash_instrument_program_time_and_the_data_not_there_yet(study: Path) -> None:
    done = lock(study, now=THEN)
    [entry] = read_lock(study)
    assert done == Locked(study / LOCK_FILE, (entry,), written=True)
    assert (entry.kind, entry.time, entry.reason, entry.changes) == ("lock", "2026-01-02T03:04:05+00:00", "", ())
    assert entry.plan == canonical(load_plan(study))
    instrument = store.load("1.0.0")
    assert entry.fingerprints["instrument 1.0.0"] == store.fingerprint(instrument)
    assert entry.fingerprints["instrument 1.0.0 es"] == store.language_fingerprints(instrument)["es"]
    assert (entry.data_absent, entry.data_present) == (FILES, ())
    said = "\n".join(report(done))
    assert entry.plan_sha256 in said
    assert entry.sha256 in said
    assert "OSF" in said
    assert "No data file exists yet: firm.csv" in said


def test_a_plan_is_not_locked_once_data_exist_unless_it_is_said(study: Path) -> None:
    collect(study, "alliance.csv")
    with pytest.raises(InputError) as error:
        lock(study)
    assert codes(error) == ["LOCK-DATA"]
    assert "alliance.csv" in error.value.findings[0].rule
    assert "firm.csv" not in error.value.findings[0].rule
    assert not (study / LOCK_FILE).exists()
    done = lock(study, after_data=True)
    assert done.entries[0].data_absent == ("firm.csv", "firm_labels.csv", "alliance_labels.csv")
    [file] = done.entries[0].data_present
    assert file.name == "alliance.csv"
    assert file.modified == "1970-01-01T00:00:00+00:00"
    assert file.sha256 == hashlib.sha256(b"answers").hexdigest()
    assert any(line.startswith("AFTER DATA EXISTED") for line in report(done))


def test_locking_an_unchanged_plan_again_changes_nothing(study: Path) -> None:
    lock(study, now=THEN)
    before = (study / LOCK_FILE).read_bytes()
    text = (study / "study.yaml").read_text(encoding="utf-8")
    (study / "study.yaml").write_text(
        re.sub("title: .*", "title: Another", text) + "\n# a comment\n", encoding="utf-8")
    collect(study)
    done = lock(study, reason="none needed", now=LATER)
    assert not done.written
    assert report(done)[0].startswith("No change")
    assert (study / LOCK_FILE).read_bytes() == before
    assert found(study).deviations == ()


def test_a_changed_plan_is_amended_only_with_a_reason(study: Path) -> None:
    first = lock(study, now=THEN).entries[0]
    rewrite(study, scoring__decay=0.8, level=0.9)
    for reason in (None, "", "  \n"):
        with pytest.raises(InputError) as error:
            lock(study, reason=reason)
        assert codes(error) == ["LOCK-REASON"] * 2
    assert len(read_lock(study)) == 1
    done = lock(study, reason="  A new finding on recency. ", now=LATER)
    entry = done.entries[1]
    assert (entry.kind, entry.reason, entry.time) == (
        "amendment", "A new finding on recency.", "2026-02-03T04:05:06+00:00")
    assert set(entry.changes) == {Change("scoring.decay", "0.9", "0.8"), Change("level", "0.95", "0.9")}
    assert entry.entry_before == first.sha256
    assert entry.plan["scoring"]["decay"] == 0.8
    assert entry.plan_sha256 != first.plan_sha256
    assert any("scoring.decay: 0.9 → 0.8" in line for line in report(done))


def test_a_plan_that_cannot_be_run_is_not_locked(study: Path) -> None:
    rewrite(study, optional_blocks=["nosuch"])
    with pytest.raises(InputError) as error:
        lock(study)
    assert codes(error) == ["STUDY-BLOCK"]
    assert not (study / LOCK_FILE).exists()


def test_an_amendment_after_data_is_called_that_even_if_the_data_are_renamed_or_gone(study: Path) -> None:
    lock(study, now=THEN)
    collect(study)
    rewrite(study, forms__F={"platform": "qualtrics", "file": "other.csv"})
    done = lock(study, reason="The file has another name.")
    assert [file.name for file in done.entries[1].data_present] == ["firm.csv"]
    (study / "firm.csv").unlink()
    rewrite(study, level=0.9)
    done = lock(study, reason="Narrower.")
    assert done.entries[2].data_present == ()
    assert any(line.startswith("AFTER DATA EXISTED") for line in report(done))
    assert {d.kind for d in found(study).deviations} == {"amendment after data"}


# -- the chain ------------------------------------------------------------------------------------


def reseal(study: Path, content: dict[str, Any], *places: int) -> None:
    """Mend the hashes of entries, as a careful forger would."""
    for place in places or (0,):
        entry = content["entries"][place]
        entry["plan_sha256"] = plan_sha256(entry["plan"])
        entry["sha256"] = sha256_of({key: value for key, value in entry.items() if key != "sha256"})
    (study / LOCK_FILE).write_text(json.dumps(content), encoding="utf-8")


@pytest.fixture
def amended(study: Path) -> Path:
    lock(study, now=THEN)
    for decay in (0.8, 0.7):
        rewrite(study, scoring__decay=decay)
        lock(study, reason=f"Now {decay}.", now=LATER)
    return study


@pytest.mark.parametrize(("entry", "key", "value"), [
    (0, "time", "2025-01-01T00:00:00+00:00"), (1, "reason", "Something better."), (2, "reason", "Better."),
    (0, "data_present", [{"name": "x", "sha256": "y", "modified": "z"}]), (1, "changes", []),
    (0, "extra", "slipped in"), (2, "entry_before", ""), (1, "kind", "lock"), (0, "fingerprints", {}),
])
def test_an_edited_entry_is_detected(amended: Path, entry: int, key: str, value: Any) -> None:
    content = json.loads((amended / LOCK_FILE).read_text(encoding="utf-8"))
    content["entries"][entry][key] = value
    (amended / LOCK_FILE).write_text(json.dumps(content), encoding="utf-8")
    for act in (lambda: lock(amended), lambda: found(amended), lambda: run_study(amended)):
        with pytest.raises(InputError) as error:
            act()
        assert codes(error) == ["LOCK-EDITED"]
        assert f"entry {entry + 1} of 3" in error.value.findings[0].place


def test_an_entry_edited_with_its_own_hash_mended_breaks_the_next(amended: Path) -> None:
    content = json.loads((amended / LOCK_FILE).read_text(encoding="utf-8"))
    content["entries"][0]["plan"]["scoring"]["decay"] = 0.8
    reseal(amended, content)
    with pytest.raises(InputError) as error:
        read_lock(amended)
    assert ["entry 2 of 3" in finding.place for finding in error.value.findings] == [True]
    assert "entry before" in error.value.findings[0].rule


def test_a_plan_that_has_not_its_stated_hash_is_detected(study: Path) -> None:
    lock(study)
    content = json.loads((study / LOCK_FILE).read_text(encoding="utf-8"))
    entry = content["entries"][0]
    entry["plan"]["level"] = 0.9
    entry["sha256"] = sha256_of({key: value for key, value in entry.items() if key != "sha256"})
    (study / LOCK_FILE).write_text(json.dumps(content), encoding="utf-8")
    with pytest.raises(InputError) as error:
        read_lock(study)
    assert codes(error) == ["LOCK-EDITED"]
    assert "its plan does not have the hash" in error.value.findings[0].rule


@pytest.mark.parametrize("order", [(1, 2), (0, 2), (0, 2, 1)])
def test_entries_taken_out_or_moved_are_detected(amended: Path, order: tuple[int, ...]) -> None:
    content = json.loads((amended / LOCK_FILE).read_text(encoding="utf-8"))
    content["entries"] = [content["entries"][place] for place in order]
    (amended / LOCK_FILE).write_text(json.dumps(content), encoding="utf-8")
    with pytest.raises(InputError) as error:
        read_lock(amended)
    assert set(codes(error)) == {"LOCK-EDITED"}


def test_a_cut_off_amendment_is_an_unexplained_deviation(amended: Path) -> None:
    content = json.loads((amended / LOCK_FILE).read_text(encoding="utf-8"))
    del content["entries"][-1]
    (amended / LOCK_FILE).write_text(json.dumps(content), encoding="utf-8")
    with pytest.raises(InputError) as error:
        found(amended)
    assert codes(error) == ["PLAN-DEVIATION"]


@pytest.mark.parametrize("text", [
    "", "[]", "{}", '{"format": 1, "entries": []}', '{"format": 1, "entries": [3]}', '{"format": 1, "entries": {}}',
    '{"format": 1, "entries": [{"kind": "lock"}]}', "\xff",
])
def test_a_lock_that_cannot_be_read_is_told(study: Path, text: str) -> None:
    (study / LOCK_FILE).write_bytes(text.encode("latin-1"))
    with pytest.raises(InputError) as error:
        found(study)
    assert codes(error) == ["LOCK-FORMAT"]


def test_a_lock_of_another_format_is_told(amended: Path) -> None:
    content = json.loads((amended / LOCK_FILE).read_text(encoding="utf-8")) | {"format": 2}
    (amended / LOCK_FILE).write_text(json.dumps(content), encoding="utf-8")
    with pytest.raises(InputError) as error:
        read_lock(amended)
    assert codes(error) == ["LOCK-FORMAT"]


# -- runs -----------------------------------------------------------------------------------------


def test_a_run_that_deviates_without_a_reason_is_refused_before_any_data_are_read(study: Path) -> None:
    lock(study, now=THEN)
    rewrite(study, screening__seconds_per_item=1.0, bootstrap__draws=10)
    with pytest.raises(InputError) as error:
        run_study(study)
    assert codes(error) == ["PLAN-DEVIATION"] * 2
    said = {finding.place.split("key ")[1]: finding for finding in error.value.findings}
    assert set(said) == {"screening.seconds_per_item", "bootstrap.draws"}
    finding = said["screening.seconds_per_item"]
    assert "locked at 2026-01-02T03:04:05+00:00 with 2.0; now it is 1.0" in finding.rule
    assert f"alliometrics lock {study} --reason" in finding.fix
    assert "restore" in finding.fix


def test_a_run_is_held_against_the_lock_with_its_options(study: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Any] = []

    class EnoughError(Exception):
        pass

    def record(*given: Any, **options: Any) -> None:
        asked.append((given, options))
        raise EnoughError

    monkeypatch.setattr("pipeline.run.preregistration_of", record)
    with pytest.raises(EnoughError):
        run_study(study, draws=40, seed=3, robustness=False)
    assert asked == [((study, load_plan(study)), {"draws": 40, "seed": 3, "robustness": False})]


def test_a_restored_plan_runs_on(study: Path) -> None:
    lock(study)
    rewrite(study, level=0.9)
    rewrite(study, level=0.95)
    assert found(study).deviations == ()


def test_an_amendment_is_a_deviation_with_its_reason_time_and_whether_data_existed(study: Path) -> None:
    lock(study, now=THEN)
    rewrite(study, scoring__decay=0.8)
    lock(study, reason="Before.", now=LATER)
    collect(study)
    rewrite(study, scoring__decay=0.7)
    lock(study, reason="After.", now=LATER)
    when = "2026-02-03T04:05:06+00:00"
    assert found(study).deviations == (
        Deviation("scoring.decay", "0.9", "0.8", "amendment before data", "Before.", when),
        Deviation("scoring.decay", "0.8", "0.7", "amendment after data", "After.", when),
    )


def test_reasons_may_stand_in_deviations_yaml_key_by_key(study: Path) -> None:
    lock(study)
    rewrite(study, scoring__decay=0.8, level=0.9)
    (study / "deviations.yaml").write_text("scoring.decay: A reviewer asked for it.\n", encoding="utf-8")
    with pytest.raises(InputError) as error:
        found(study)
    assert [finding.place.split("key ")[1] for finding in error.value.findings] == ["level"]
    (study / "deviations.yaml").write_text("scoring.decay: A reviewer asked.\nlevel: The same.\n", encoding="utf-8")
    assert {(d.key, d.reason, d.kind, d.when) for d in found(study).deviations} == {
        ("scoring.decay", "A reviewer asked.", "deviation after data", None),
        ("level", "The same.", "deviation after data", None)}


@pytest.mark.parametrize(("text", "code"), [
    ("- a\n", "DEVIATIONS-YAML"), ("", "DEVIATIONS-YAML"), ("level: 3\n", "DEVIATIONS-YAML"),
    ("level: ''\n", "DEVIATIONS-YAML"), ("scoring: {decay: why}\n", "DEVIATIONS-YAML"), ("a: [\n", "DEVIATIONS-YAML"),
    ("level: a\nlevel: b\n", "DEVIATIONS-YAML"), ("1: why\n", "DEVIATIONS-YAML"), ("seed: why\n", "DEVIATIONS-KEY"),
    ("levle: why\n", "DEVIATIONS-KEY"),
])
def test_reasons_that_cannot_be_read_or_explain_nothing_are_told(study: Path, text: str, code: str) -> None:
    lock(study)
    (study / "deviations.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(InputError) as error:
        found(study)
    assert set(codes(error)) == {code}


def test_a_reason_without_a_lock_is_told(study: Path) -> None:
    (study / "deviations.yaml").write_text("level: why\n", encoding="utf-8")
    with pytest.raises(InputError) as error:
        found(study)
    assert codes(error) == ["DEVIATIONS-KEY"]
    assert "never locked" in error.value.findings[0].rule


def test_an_instrument_or_translation_edited_under_its_name_is_a_deviation(
    study: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lock(study)
    monkeypatch.setattr(store, "language_fingerprints", lambda _: {"es": "other", "xx": "not fielded"})
    with pytest.raises(InputError) as error:
        found(study)
    assert [f.place.split("key ")[1] for f in error.value.findings] == ["instrument 1.0.0 es"]
    lock(study, reason="A word was misspelt.")
    assert [d.key for d in found(study).deviations] == ["instrument 1.0.0 es"]


def test_another_language_counts_once(study: Path) -> None:
    lock(study)
    rewrite(study, languages=["en"])
    lock(study, reason="Nobody speaks it.")
    assert [d.key for d in found(study).deviations] == ["languages"]


@pytest.mark.parametrize(("options", "expected"), [
    ({}, {}),
    ({"seed": 7}, {"seed": ("20261122", "7")}),
    ({"seed": 20261122, "draws": 5000}, {}),
    ({"robustness": False}, {"robustness.draws": ("500", "0")}),
    ({"draws": 6000}, {"bootstrap.draws": ("5000", "6000")}),
    ({"draws": 600}, {"bootstrap.draws": ("5000", "600"), "bootstrap.sensitivity_draws": ("1000", "600")}),
    ({"draws": 100}, {"bootstrap.draws": ("5000", "100"), "bootstrap.sensitivity_draws": ("1000", "100"),
                      "robustness.draws": ("500", "100")}),
])
def test_options_of_the_command_line_are_deviations_of_this_run_only(
    study: Path, options: dict[str, Any], expected: dict[str, tuple[str, str]]
) -> None:
    for locked in (False, True):
        if locked:
            lock(study)
        deviations = found(study, **options).deviations
        assert {d.key: (d.planned, d.instead) for d in deviations} == expected
        assert {(d.kind, d.reason, d.when) for d in deviations} <= {("this run only", "", None)}


def test_a_rehearsal_is_not_stopped_by_a_lock_and_leaves_it_behind(study: Path, tmp_path: Path) -> None:
    (study / "population.yaml").write_bytes((SAMPLE / "population.yaml").read_bytes())
    lock(study)
    rewrite(study, level=0.9)  # no reason given: what is tried is not yet decided
    rehearse(study, n=5, seed=1, out=tmp_path / "rehearsed")
    assert (tmp_path / "rehearsed" / "study.yaml").is_file()
    assert not (tmp_path / "rehearsed" / LOCK_FILE).exists()
    assert found(tmp_path / "rehearsed") == Preregistration()


# -- results, report ------------------------------------------------------------------------------

LOCK = Preregistration("2026-01-02T03:04:05+00:00", "0.1.0", "a" * 64, "b" * 64, FILES, (), (
    Deviation("scoring.decay", "0.9", "0.8", "amendment before data", "Found <b>earlier</b>.",
              "2026-02-03T04:05:06+00:00"),
    Deviation("level", "0.95", "0.9", "deviation after data", "=cmd()", None),
    Deviation("bootstrap.draws", "5000", "100", "this run only", "", None),
))


def with_lock(preregistration: Preregistration) -> StudyResults:
    return dataclasses.replace(example_results(), preregistration=preregistration)


def page(preregistration: Preregistration) -> str:
    return report_html(with_lock(preregistration), figures=())


def test_results_with_deviations_read_back_as_they_were_written(tmp_path: Path) -> None:
    late = dataclasses.replace(LOCK, data_present=(PresentFile("firm.csv", "c" * 64, "2025-12-31T00:00:00+00:00"),))
    for results in (with_lock(LOCK), with_lock(late), example_results()):
        assert read_results(write_results(results, tmp_path)) == results


def test_results_written_before_there_were_locks_are_of_a_plan_never_locked() -> None:
    adapter = TypeAdapter(StudyResults)
    content = adapter.dump_python(example_results(), mode="json")
    del content["preregistration"]
    assert adapter.validate_json(json.dumps(content)).preregistration == Preregistration()


def test_the_report_of_a_plan_never_locked_says_so_in_one_sentence() -> None:
    html = page(Preregistration())
    assert html.count(NOT_LOCKED) == 1
    assert 'id="deviations"' not in html
    assert "(SHA-256): <code>" not in html


def test_the_report_says_when_the_plan_was_locked_and_lists_every_deviation(tmp_path: Path) -> None:
    html = page(LOCK)
    assert "locked at 2026-01-02 03:04:05 UTC by the clock of the machine" in html
    assert "before any of its data files existed: firm.csv, firm_labels.csv," in html
    assert ("Deviations: 1 key amended before data, 1 key changed after data without an amendment and 1 key replaced "
            "for this run only.") in html
    part = html[html.index('id="deviations"'):html.index('<dl class="plan">')]
    for text in ("scoring.decay", "0.9", "0.8", "amendment before data", "2026-02-03 04:05:06", "deviation after data",
                 "bootstrap.draws", "5000", "this run only", "a" * 64, "b" * 64, "Found &lt;b&gt;earlier&lt;/b&gt;."):
        assert text in part, text
    assert NOT_LOCKED not in html
    written = write_csv(deviations_table(with_lock(LOCK)), tmp_path / "deviations.csv").read_text(encoding="utf-8")
    assert "level,0.95,0.9,deviation after data,'=cmd()," in written


def test_a_kept_lock_says_that_nothing_deviates() -> None:
    table = deviations_table(with_lock(dataclasses.replace(LOCK, deviations=())))
    assert table.rows == ()
    assert table.summary.endswith("Nothing deviates from it.")


def test_every_report_of_a_plan_locked_after_data_existed_says_so() -> None:
    late = dataclasses.replace(
        LOCK, data_absent=(), data_present=(PresentFile("firm.csv", "c" * 64, "2025-12-31T00:00:00+00:00"),))
    html = page(late)
    assert "This plan was locked after data existed, at 2026-01-02 03:04:05 UTC" in html
    assert f"There already: firm.csv, changed last at 2025-12-31 00:00:00 UTC, SHA-256 {'c' * 64}." in html
    assert "before any of its data files" not in html


def test_the_viewer_lists_deviations_and_the_hashes_of_the_lock(tmp_path: Path) -> None:
    write_results(with_lock(LOCK), tmp_path)
    (tmp_path / "instrument.json").write_text(store.load("1.0.0").model_dump_json(), encoding="utf-8")
    (tmp_path / "figures").mkdir()
    (tmp_path / "figures" / "index.json").write_text("[]", encoding="utf-8")
    test = AppTest.from_string("from pathlib import Path\nfrom viewer import provenance, source\n"
                               f"provenance.show(source.load(Path({str(tmp_path)!r})))", default_timeout=60).run()
    assert not test.exception
    said = " ".join(element.value for element in test.markdown).replace("\\", "")
    assert "locked at 2026-01-02 03:04:05 UTC" in said
    assert all(digest in said for _, digest in LOCK.hashes)
    [table] = [element.value for element in test.get("html") if "Deviations from the plan" in element.value]
    assert "Found &lt;b&gt;earlier&lt;/b&gt;." in table
    assert all(deviation.key in table and deviation.kind in table for deviation in LOCK.deviations)
