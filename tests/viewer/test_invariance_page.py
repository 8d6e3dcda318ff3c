"""The Invariance page: the verdict first, the items that differ with their wording, any ladder step by step."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from pipeline.results import Absent, StudyResults, write_results
from tests.example_results import example_results
from tests.viewer.test_pages import page, text
from viewer import invariance, source


def shown(folder: Path, **query: str) -> AppTest:
    return page("invariance", folder, **query)


def with_results(folder: Path, results: StudyResults, root: Path) -> Path:
    copied = root / "changed"
    shutil.copytree(folder, copied)
    write_results(results, copied)
    return copied


@pytest.fixture
def folder(results_root: Path) -> Path:
    return results_root / "first"


def test_the_page_says_every_sentence_of_the_run(folder: Path) -> None:
    said = text(shown(folder))
    found = example_results().invariance
    assert found is not None
    assert all(sentence in said for sentence in found.sentences)
    assert "2 of 3" in said


def test_a_freed_item_stands_with_its_words_in_every_language_of_the_study(folder: Path) -> None:
    loaded = source.load(folder)
    cards = [element.value for element in shown(folder).get("html") if "am-change" in element.value]
    assert len(cards) == 1
    languages = loaded.results.plan.languages
    assert len(languages) > 1
    places = [cards[0].index(f'lang="{language}">{loaded.instrument.text("question.lrco2", language)}</td>')
              for language in languages]
    assert places == sorted(places)
    assert "Intercept: 4.58 in en, 5.14 in es (p &lt; .001, adjusted for 16 items)." in cards[0]
    assert "in es expected answers lie 0.56 scale points higher" in cards[0]


def test_words_from_outside_cannot_become_html(folder: Path) -> None:
    loaded = source.load(folder)
    found = loaded.results.invariance
    assert found is not None
    evil = replace(found.ladders[0], name="<script>x</script>")
    assert "<script" not in invariance.item_html(loaded, found, evil, "lrco2")


def test_verdicts_can_be_narrowed_to_a_kind(folder: Path) -> None:
    test = shown(folder, comparable="latent means")
    buttons = [button.proto.id for button in test.get("download_button")]
    assert any(name.endswith("invariance-latent-means.csv") for name in buttons)
    assert test.selectbox(key="comparable").options == [
        "Any", "scores as they are", "means of scores", "latent means, items freed", "not tested"]


def test_any_ladder_can_be_looked_up_by_a_link(folder: Path) -> None:
    said = text(shown(folder, ladder="su-F-language"))
    found = example_results().invariance
    assert found is not None
    assert found.ladders[2].verdict in said
    assert "With the answers as ordered" not in said
    assert "With the answers as ordered" in text(shown(folder, ladder="lr-F-language"))


def test_a_ladder_that_was_not_fitted_says_why(folder: Path) -> None:
    assert "larger has 98" in text(shown(folder, ladder="su-F-size"))


def test_a_study_without_freed_items_says_so(folder: Path, tmp_path: Path) -> None:
    results = example_results()
    assert results.invariance is not None
    alike = replace(results, invariance=replace(results.invariance, ladders=results.invariance.ladders[1:3], second=()))
    assert "No item was freed" in text(shown(with_results(folder, alike, tmp_path)))


def test_a_study_that_tested_nothing_says_why(folder: Path, tmp_path: Path) -> None:
    results = replace(example_results(), invariance=None)
    untested = with_results(folder, results, tmp_path)
    assert "invariance.by is empty in study.yaml" in text(shown(untested))
    write_results(replace(results, absent=(Absent("invariance", "Invariance across groups", "all respondents have the "
                                                  "same language of the respondent: en"),)), untested)
    assert "all respondents have the same language" in text(shown(untested))
