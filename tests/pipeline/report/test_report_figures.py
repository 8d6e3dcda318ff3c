"""Figures point at their numbers, come out the same twice, and leave nothing to colour alone."""

from __future__ import annotations

import dataclasses
import json
import re
from pathlib import Path
from xml.etree import ElementTree

import pytest
from matplotlib.figure import Figure as Drawing
from matplotlib.text import Text

from pipeline.report.figures import (
    Figure,
    all_figures,
    bootstrap_figure,
    measurement_figure,
    path_figure,
    write_figures,
)
from pipeline.report.tables import all_tables
from pipeline.results import StudyResults
from tests.example_results import example_results


@pytest.fixture(scope="module")
def results() -> StudyResults:
    return example_results()


@pytest.fixture(scope="module")
def figures(results: StudyResults) -> dict[str, Figure]:
    return {figure.id: figure for figure in all_figures(results)}


def drawn_texts(drawing: Drawing) -> list[str]:
    return [text.get_text().replace("\n", " ") for text in drawing.findobj(Text) if text.get_text()]


def test_the_figures_a_reviewer_expects_are_there(figures: dict[str, Figure]) -> None:
    assert set(figures) == {
        "flow", "scree-learning", "loadings-learning", "paths", "measurement", "effects", "bootstrap", "decay",
        "claims", "evidence-AEM", "evidence-AMC", "evidence-KS", "evidence-ALL", "sensitivity-confounding",
        "sensitivity-reliability", "robustness", "probes-turbulence", "probes-partner", "probes-surface",
        "invariance", "invariance-sizes"}


def test_each_figure_has_a_sentence_and_a_table_that_exists(results: StudyResults, figures: dict[str, Figure]) -> None:
    known = {table.id for table in all_tables(results)}
    for figure in figures.values():
        assert figure.summary.endswith("."), figure.id
        assert figure.table in known, figure.id


def test_files_and_index_agree_and_the_same_results_give_the_same_bytes(results: StudyResults, tmp_path: Path) -> None:
    first, second = write_figures(results, tmp_path / "first"), write_figures(
        results, tmp_path / "second", all_figures(results)[::3])  # a third of them, for drawing takes its time
    index = json.loads((first / "index.json").read_text(encoding="utf-8"))
    for entry in index:
        assert set(entry) == {"id", "title", "summary", "table"}
    for again in second.glob("*.*g"):
        assert again.read_bytes() == (first / again.name).read_bytes(), again.name
    assert len(list(first.iterdir())) == 2 * len(index) + 1


def test_an_svg_is_well_formed_and_carries_no_date(figures: dict[str, Figure]) -> None:
    svg = figures["paths"].svg()
    ElementTree.fromstring(svg)
    assert not re.search(rb"\d{4}-\d\d-\d\dT", svg)


def test_the_flow_shows_every_count_and_reason(results: StudyResults, figures: dict[str, Figure]) -> None:
    shown = " ".join(drawn_texts(figures["flow"].draw())).replace("\N{NO-BREAK SPACE}", " ")
    for step in results.flow:
        assert f"{step.n:,} {step.unit}" in shown
        assert step.why in shown


def test_the_path_diagram_writes_every_path_and_dashes_what_includes_zero(results: StudyResults) -> None:
    figure = path_figure(results)
    assert figure is not None
    drawing = figure.draw()
    shown = drawn_texts(drawing)
    for words in ("0.15", "[0.12, 0.19]", "0.06 [−0.02, 0.14]", "0.24 [0.10, 0.38]", "0.09 [0.01, 0.17]"):
        assert words in shown
    paths = [p for p in results.model("M1").fit.parameters if p.op == "~" and p.label]
    including = sum(p.ci_lower < 0 < p.ci_upper for p in paths)  # type: ignore[operator]
    lines = [line for line in drawing.axes[0].lines if line.get_color() != "white"]
    assert len(lines) == len(paths)
    assert sum(line.get_linestyle() == "--" for line in lines) == including > 0


def test_no_two_numbers_of_the_path_diagram_overlap(results: StudyResults) -> None:
    figure = path_figure(results)
    assert figure is not None
    drawing = figure.draw()
    drawing.canvas.draw()
    boxes = [text.get_window_extent() for text in drawing.axes[0].texts if text.get_text()]
    clashes = [(a, b) for i, a in enumerate(boxes) for b in boxes[:i] if a.overlaps(b)]
    assert not clashes


def test_every_loading_is_drawn_under_its_factor_and_no_label_meets_another(results: StudyResults) -> None:
    figure = measurement_figure(results)
    assert figure is not None
    drawing = figure.draw()
    drawing.canvas.draw()
    loadings = [p for p in results.model("M1").fit.parameters if p.op == "=~"]
    assert sum(len(axes.collections) for axes in drawing.axes) == len(loadings) == 40
    headings = [text.get_text() for axes in drawing.axes for text in axes.texts]
    assert headings[:2] == ["Learning processes", "Articulation"]
    assert headings[-1] == "Alliance success"
    for axes in drawing.axes:
        boxes = [text.get_window_extent() for text in (*axes.texts, *axes.get_yticklabels()) if text.get_text()]
        assert not [(a, b) for i, a in enumerate(boxes) for b in boxes[:i] if a.overlaps(b)]


def test_the_path_diagram_says_how_its_ovals_are_measured(results: StudyResults) -> None:
    figure = path_figure(results)
    assert figure is not None
    assert "second-order factors of 8 dimensions" in figure.note
    assert "32 items" in figure.note
    assert "robust (sandwich)" in figure.note


def test_the_true_value_is_labelled_only_where_data_are_synthetic() -> None:
    for synthetic in (True, False):
        figure = bootstrap_figure(example_results(synthetic=synthetic))
        assert figure is not None
        shown = drawn_texts(figure.draw())
        assert any(text.startswith("True value") for text in shown) is synthetic
        assert ("synthetic" in figure.summary) is synthetic


def test_a_study_without_mediation_has_no_figures_of_it(results: StudyResults) -> None:
    bare = dataclasses.replace(results, models=results.models[:4], decay=(), known_truth=())
    found = {figure.id for figure in all_figures(bare)}
    assert {"flow", "scree-learning", "loadings-learning", "claims"} <= found
    assert not found & {"paths", "measurement", "effects", "bootstrap", "decay"}
