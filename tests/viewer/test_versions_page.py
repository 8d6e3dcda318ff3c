"""The versions of the instrument: what a run leaves of them, and how the Instrument page tells it."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from functools import cache
from html import unescape
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from instrument import store
from instrument.compare import Change, compare, compare_versions, document, markdown
from instrument.errors import InputError
from pipeline.pooled import PooledDimension, RefusedRows, VersionDifference, VersionRows, VersionsReport
from pipeline.publish import publish
from pipeline.results import write_results
from pipeline.study import StudyPlan
from pipeline.version_history import (
    VERSIONS_FILE,
    VersionHistory,
    read_history,
    version_history,
    write_history,
)
from tests.example_results import example_results
from tests.viewer.test_pages import files, page, text
from viewer import source, versions
from viewer.version_changes import change_html, marked

OLD, NEW = "1.0.0", "1.1.0"


@cache
def history() -> VersionHistory:
    return version_history(plan())


def plan(**fields: object) -> StudyPlan:
    return example_results().plan.model_copy(update=fields)


@pytest.fixture(scope="module")
def folder(results_root: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A results folder with its versions, whose study was fielded with the older one."""
    copied = tmp_path_factory.mktemp("versions") / "fielded"
    shutil.copytree(results_root / "first", copied)
    write_history(history(), copied)
    return copied


def versions_page(folder: Path, **query: str) -> AppTest:
    return page("instrument", folder, part="versions", **query)


def cards(test: AppTest) -> list[str]:
    """The changes shown, each as text."""
    found = [e.value for e in test.get("html") if e.value.startswith('<div class="am-change')]
    return [unescape(card) for html in found for card in html.split('<div class="am-change')[1:]]


# -- what a run leaves ----------------------------------------------------------------------------


def test_a_run_leaves_the_versions_of_its_instrument_compared(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("pipeline.publish.all_figures", lambda results: ())
    publish(example_results(), tmp_path / "results")
    left = json.loads((tmp_path / "results" / VERSIONS_FILE).read_text(encoding="utf-8"))
    assert left["comparisons"] == [document(compare_versions(OLD, NEW))]
    assert left["study"] == OLD
    assert left["released"][OLD] == str(store.load(OLD).released)


def test_what_is_written_is_read_back_and_written_the_same_again(tmp_path: Path) -> None:
    path = write_history(history(), tmp_path)
    before = path.read_bytes()
    found = read_history(tmp_path)
    assert found == history()
    assert found is not None
    assert write_history(found, tmp_path).read_bytes() == before


@pytest.fixture(scope="module")
def three(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The released versions and one more, which is the second under another number."""
    root = tmp_path_factory.mktemp("three")
    for version, made_of in ((OLD, OLD), (NEW, NEW), ("1.2.0", NEW)):
        shutil.copytree(store.VERSIONS / made_of, root / version)
    base = root / "1.2.0" / "instrument.yaml"
    base.write_text(base.read_text(encoding="utf-8").replace(f'version: "{NEW}"', 'version: "1.2.0"'), encoding="utf-8")
    (root / "1.2.0" / store.CHANGES).write_text(f'since: "{NEW}"\nchanges: []\n', encoding="utf-8")
    return root


def test_neighbours_are_compared_and_the_study_s_version_with_the_newest_and_with_those_taken_in(three: Path) -> None:
    def pairs(**fields: object) -> list[str]:
        return [versions.pair(one) for one in version_history(plan(**fields), root=three).comparisons]

    assert pairs() == ["1.0.0..1.1.0", "1.0.0..1.2.0", "1.1.0..1.2.0"]
    assert pairs(instrument=NEW) == ["1.0.0..1.1.0", "1.1.0..1.2.0"]
    assert pairs(instrument="1.2.0", further_versions=(OLD,)) == ["1.0.0..1.1.0", "1.0.0..1.2.0", "1.1.0..1.2.0"]


def test_the_study_s_version_and_the_next_one_come_first_else_the_one_before(three: Path) -> None:
    whole = version_history(plan(), root=three)
    first = {number: next(iter(versions.offered(replace(whole, study=number)))) for number in (OLD, NEW, "1.2.0")}
    assert first == {OLD: "1.0.0..1.1.0", NEW: "1.1.0..1.2.0", "1.2.0": "1.1.0..1.2.0"}
    assert whole.newest == "1.2.0"


@pytest.mark.parametrize("broken", ["{", "[]", '{"study": "1.0.0", "released": {}, "comparisons": [{"old": "1"}]}'])
def test_a_broken_file_is_said_to_be_one(broken: str, tmp_path: Path) -> None:
    (tmp_path / VERSIONS_FILE).write_text(broken, encoding="utf-8")
    with pytest.raises(InputError) as error:
        read_history(tmp_path)
    assert [finding.code for finding in error.value.findings] == ["RESULTS-FORMAT"]


def test_a_folder_is_read_again_when_its_versions_change(folder: Path, tmp_path: Path) -> None:
    copied = tmp_path / "copied"
    shutil.copytree(folder, copied)
    assert source.load(copied).history == history()
    (copied / VERSIONS_FILE).unlink()
    assert source.load(copied).history is None


# -- the page -------------------------------------------------------------------------------------


def test_the_verdict_stands_first_in_one_sentence(folder: Path) -> None:
    shown = text(versions_page(folder))
    sentence = ("Of the scores of 45 dimensions in 1.0.0 and 1.1.0, 42 may be pooled as they are, 1 on the items both "
                "versions share and 2 only if the changed items prove invariant.")
    assert sentence in shown
    assert "5 changes: 1 leaves answers as they were, 3 leave them comparable if invariant and 1 makes" in shown
    assert "When this run was made, 1.1.0 had been released after it." in shown


def test_each_change_shows_both_texts_its_effect_what_it_touches_and_why(folder: Path) -> None:
    found = cards(versions_page(folder))
    comparison = history().comparisons[0]
    assert len(found) == len(comparison.changes)
    for card, change in zip(found, comparison.changes, strict=True):
        assert change.why in card
        assert all(reason.rationale in card and reason.source in card for reason in change.reasons)
        assert all(question in card for question in change.questions)
    wording = next(card for card in found if "question.srcr4" in card)
    old, new = store.load(OLD), store.load(NEW)
    assert "Form A (alliance), statement srcr4 of Collective risk sharing (srcr)" in wording
    for language in ("en", "es"):
        texts = [f'lang="{language}">{version.text("question.srcr4", language)}</td>' for version in (old, new)]
        assert wording.index(texts[0]) < wording.index(texts[1])
    added = next(card for card in found if "question.efst4" in card)
    assert "statement efst4 of Short-term efficiency focus (efst)" in added
    assert "nothing</span></td>" in added


def test_changes_are_filtered_by_kind_and_by_effect(folder: Path) -> None:
    test = versions_page(folder, kind="translation")
    assert len(cards(test)) == 2
    test.selectbox(key="effect").select("same").run()
    assert len(cards(test)) == 1
    assert test.query_params["effect"] == "same"
    assert "1 of 5 changes" in text(test)


def test_filters_that_leave_nothing_say_so(folder: Path) -> None:
    test = versions_page(folder, kind="wording", effect="same")
    assert cards(test) == []
    assert "No change of the kind “wording” has the effect “same”." in text(test)


def test_the_comparison_is_handed_over_as_markdown_and_as_json(folder: Path) -> None:
    assert {"Download the comparison (Markdown)", "Download the comparison (JSON)"} <= set(
        files(versions_page(folder)))
    found = read_history(folder)
    assert found is not None
    as_now = compare_versions(OLD, NEW)
    assert json.loads(versions.json_of(found.comparisons[0])) == document(as_now)
    assert markdown(found.comparisons[0]) == markdown(as_now)


def test_the_questionnaire_points_to_the_comparison(folder: Path, results_root: Path) -> None:
    def ways(test: AppTest) -> list[str]:
        return [link.proto.label.replace("\\", "") for link in test.get("page_link")]

    assert "What differs between 1.0.0 and 1.1.0, and which scores may be pooled" in ways(page("instrument", folder))
    assert not [way for way in ways(page("instrument", results_root / "first")) if "differs" in way]


def test_a_link_to_versions_that_were_not_compared_says_so(folder: Path) -> None:
    assert "there is no “1.0.0..9.9.9” here" in text(versions_page(folder, versions="1.0.0..9.9.9"))


def test_a_run_from_before_says_so(results_root: Path) -> None:
    shown = text(versions_page(results_root / "first"))
    assert "made before runs left comparisons of versions behind" in shown
    assert "All answers analysed here were given to version 1.0.0." in shown


def test_an_only_version_has_nothing_to_be_compared_with(folder: Path, tmp_path: Path) -> None:
    copied = tmp_path / "alone"
    shutil.copytree(folder, copied)
    write_history(VersionHistory(OLD, {OLD: "2026-01-01"}, ()), copied)
    shown = text(versions_page(copied))
    assert "1.0.0 was the only version when this run was made" in shown
    assert "released on 2026-01-01. When this run was made, it was the newest version." in shown


def test_a_questionnaire_of_the_study_s_own_has_no_versions(folder: Path, tmp_path: Path) -> None:
    own = plan(instrument="instrument")
    assert version_history(own) == VersionHistory(None, {}, ())
    copied = tmp_path / "own"
    shutil.copytree(folder, copied)
    write_results(replace(example_results(), plan=own), copied)
    write_history(version_history(own), copied)
    assert "This study has a questionnaire of its own" in text(versions_page(copied))


def test_a_study_of_several_versions_shows_what_it_pooled_and_what_is_untested(folder: Path, tmp_path: Path) -> None:
    copied = tmp_path / "several"
    shutil.copytree(folder, copied)
    write_results(replace(example_results(), versions=pooled_report()), copied)
    test = versions_page(copied)
    shown = text(test)
    assert "SYNTHETIC DATA" in shown
    assert "This study holds answers to 2 versions of its instrument: 300 to 1.0.0 and 205 to 1.1.0" in shown
    assert "3 rows stamped with 9.9.9 were set aside" in shown
    flagged = [element.value.replace("\\", "") for element in test.warning]
    assert ["srcr (form A) is pooled on condition" in line for line in flagged] == [True]
    seen = {button.proto.id.split(" ")[-1].removesuffix(".csv") for button in test.get("download_button")}
    assert {"versions", "versions-pooled", "versions-changes", "versions-facts"} <= seen
    assert shown.index("300 to 1.0.0") < shown.index("Of the scores of 45 dimensions")


def pooled_report() -> VersionsReport:
    comparison = history().comparisons[0]
    instrument = store.load(OLD)
    dimensions = tuple(
        PooledDimension("A", one.dimension, instrument.dimensions[one.dimension].name, one.status, one.common_items,
                        one.left_out, one.to_test, "not tested" if one.to_test else None, {OLD: 300, NEW: 205}, {},
                        one.why)
        for one in comparison.dimensions.values() if one.dimension in ("srcr", "efst", "srrs"))
    return VersionsReport(
        OLD, (VersionRows("A", OLD, 320, 300), VersionRows("A", NEW, 230, 205)),
        (RefusedRows("A", "alliance.csv", "9.9.9", 3),),
        (VersionDifference(NEW, OLD, tuple(c for c in comparison.changes if c.questions), 1),), dimensions, ())


# -- small things ---------------------------------------------------------------------------------


def test_only_words_that_went_and_came_are_marked() -> None:
    assert marked("well known here", "well liked here") == ("well <del>known</del> here", "well <ins>liked</ins> here")
    assert marked("a <b> d", "a <c> d") == ("a &lt;<del>b</del>&gt; d", "a &lt;<ins>c</ins>&gt; d")
    assert marked("<b>", "all new words") == ("&lt;b&gt;", "all new words")
    assert marked("One text.", "Quite another one, said anew.") == ("One text.", "Quite another one, said anew.")
    assert marked("", "new") == ("", "new")


def test_words_of_a_questionnaire_cannot_become_html(folder: Path) -> None:
    evil = "<script>alert(1)</script>"
    change = Change("wording", f"question.{evil}", evil, f"{evil} a b c", f"{evil} a b d", "same", evil, (evil,))
    shown = change_html(source.load(folder), history().comparisons[0], change)
    assert "<script" not in shown
    assert "&lt;script&gt;" in shown


def test_versions_that_do_not_differ_are_told_in_a_sentence() -> None:
    same = compare(store.load(OLD), store.load(OLD))
    assert versions.verdict_sentence(same) == (
        "The scores of all 45 dimensions may be pooled over 1.0.0 and 1.0.0 as they are.")
    assert versions.effects_sentence(same) == "The versions do not differ."


def test_a_score_that_cannot_be_pooled_is_counted_so() -> None:
    comparison = history().comparisons[0]
    lost = replace(comparison.dimensions["efst"], status="not comparable")
    worse = replace(comparison, dimensions=comparison.dimensions | {"efst": lost})
    assert versions.verdict_sentence(worse).endswith(
        "42 may be pooled as they are, 2 only if the changed items prove invariant and 1 not at all.")
