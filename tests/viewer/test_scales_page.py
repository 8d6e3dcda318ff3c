"""The Scales page: two answers first, then the numbers they rest on."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from pipeline.evidence.found import Evidence
from pipeline.report.tables.scale_verdicts import scale_verdicts_table
from pipeline.results import write_results
from pipeline.undefined import Undefined
from tests.example_evidence import evidence
from tests.example_results import example_results
from tests.viewer.test_pages import page, text


@pytest.fixture
def with_evidence(results_root: Path, tmp_path: Path) -> Path:
    return written(results_root, tmp_path, evidence(verdict="distinct, with a remark"))


def written(root: Path, tmp_path: Path, found: Evidence) -> Path:
    folder = tmp_path / "scales"
    shutil.copytree(root / "first", folder)
    write_results(replace(example_results(), evidence=found), folder)
    return folder


def boxes(test: AppTest) -> list[str]:
    return [element.value for element in test.get("html") if "am-verdict" in element.value]


def test_a_construct_is_answered_twice_before_any_number(with_evidence: Path) -> None:
    test = page("scales", with_evidence, construct="rf-A")
    together, distinct = boxes(test)
    assert 'class="am-verdict supported"' in together
    assert "<b>Yes: the items hold together.</b>" in together
    assert 'class="am-verdict inconclusive"' in distinct
    assert "<b>Distinct from strategic resilience, with a remark on strategic resilience.</b>" in distinct
    assert "Their correlation is at most .60." in distinct


def test_the_first_sentence_tells_of_all_constructs(with_evidence: Path) -> None:
    said = scale_verdicts_table(evidence(verdict="distinct, with a remark")).summary
    assert said in text(page("scales", with_evidence))
    assert said in text(page("overview", with_evidence))


def test_numbers_stand_below_with_their_intervals(with_evidence: Path) -> None:
    said = text(page("scales", with_evidence, construct="rf-A"))
    assert "[.40, .60]" in said  # of the factors' correlation
    assert ".58" in said  # HTMT2 at most
    assert "distinct, with a remark" in said


def test_a_link_chooses_the_construct(with_evidence: Path) -> None:
    assert page("scales", with_evidence, construct="sr-A").selectbox[0].value == "sr-A"


def test_what_is_undefined_is_said_in_words(results_root: Path, tmp_path: Path) -> None:
    none = Undefined("one factor is not identified by two items")
    said = text(page("scales", written(results_root, tmp_path, evidence(omega=none)), construct="rf-A"))
    assert "undefined because one factor is not identified by two items" in said
    assert "nan" not in said.lower().split()


def test_a_run_without_scales_says_so(results_root: Path, tmp_path: Path) -> None:
    test = page("scales", written(results_root, tmp_path, Evidence()))
    assert "No scale was examined in this run." in text(test)
