"""The report as a whole: its errors, its words, its tables and figures, and that it survives being stored."""

from __future__ import annotations

import re
from dataclasses import replace

import pandas as pd
import pytest
from matplotlib.text import Text
from pydantic import TypeAdapter
from studied import CHAIN, SIMPLE, Truth, plan

from instrument.errors import InputError
from pipeline.report.figures.sensitivity import confounding_figure, reliability_figure
from pipeline.report.tables.sensitivity import sensitivity_tables
from pipeline.report.tables.spec import display_rows
from pipeline.sem.estimate import Estimated
from pipeline.sensitivity import SensitivityReport, sensitivity
from pipeline.sensitivity.rewriting import in_order, with_error
from pipeline.undefined import Undefined


def codes(error: InputError) -> list[str]:
    return [finding.code for finding in error.findings]


@pytest.mark.parametrize(("effects", "expected"), [
    ((), ["SENSITIVITY-NO-EFFECT"]),
    (("total",), ["SENSITIVITY-EFFECT"]),
    (("nowhere", "total", "ab"), ["SENSITIVITY-EFFECT", "SENSITIVITY-EFFECT"]),
])
def test_a_model_without_product_effects_is_refused(effects: tuple[str, ...], expected: list[str]) -> None:
    frame = Truth(0.5, 0.4, 0.2, 0.0).simulate(100, 1)
    with pytest.raises(InputError) as caught:
        sensitivity(replace(SIMPLE, effects=effects), frame, plan())
    assert codes(caught.value) == expected
    assert all("model simple" in finding.place for finding in caught.value.findings)


@pytest.mark.parametrize("text", [
    "m ~ a*x\ny ~ b*m + c*x\nab := a*c", "m ~ a*x\ny ~ b*m\nab := a*a*b", "m ~ a*x\ny ~ b*m\nab := b",
    "m ~ a*x\ny ~ b*m\ny ~~ v*y\nab := a*v"], ids=["fork", "a path twice", "one path", "a variance"])
def test_a_product_that_is_no_chain_is_refused(text: str) -> None:
    with pytest.raises(InputError) as caught:
        sensitivity(replace(SIMPLE, syntax=text), Truth(0.5, 0.4, 0.2, 0.0).simulate(100, 1), plan())
    assert codes(caught.value) == ["SENSITIVITY-EFFECT"]


@pytest.mark.parametrize("named", ["nowhere", "daf", "lrar"])
def test_reliability_of_an_unknown_or_explained_variable_is_refused(
    frame: pd.DataFrame, base: Estimated, named: str,
) -> None:
    with pytest.raises(InputError) as caught:
        sensitivity(CHAIN, frame, plan((0.0,)), estimated=base, measured=named, draws=100)
    assert codes(caught.value) == ["SENSITIVITY-VARIABLE"]
    assert "exp_rw" in caught.value.findings[0].fix


def test_an_unknown_effect_to_reorder_is_refused(frame: pd.DataFrame, base: Estimated) -> None:
    with pytest.raises(InputError) as caught:
        sensitivity(CHAIN, frame, plan(), estimated=base, ordered="nothing")
    assert codes(caught.value) == ["SENSITIVITY-EFFECT"]


def test_the_report_is_the_same_after_storing_and_at_every_run(
    frame: pd.DataFrame, base: Estimated, report: SensitivityReport,
) -> None:
    adapter = TypeAdapter(SensitivityReport)
    assert adapter.validate_json(adapter.dump_json(report)) == report
    assert sensitivity(CHAIN, frame, plan(), estimated=base, draws=4000) == report
    assert sensitivity(CHAIN, frame, plan(), draws=4000) == report
    assert (report.model, report.n, report.draws, report.seed) == ("M1", 400, 4000, 3)


def test_sentences_carry_the_numbers_and_stay_within_the_claim_limit(report: SensitivityReport) -> None:
    assert len(report.sentences) == 8 + 5 + 2
    curve = report.confounding[2]
    assert not isinstance(curve.nulling, Undefined)
    said = report.sentences[2]
    assert f"a correlation of {curve.nulling:.2f}".replace("0.", ".") in said
    assert "both learning and capability" in said
    text = " ".join((*report.sentences, *report.limits)).lower()
    for claim in ("prove", "proof", "confirm", "significant", "shows that", "robust to"):
        assert claim not in text
    assert "consistent with" in text
    assert re.search(r"does not support any order", text)


def test_tables_hold_every_number(report: SensitivityReport) -> None:
    summary, curves, reliability, orders = sensitivity_tables(report)
    assert summary.column("nulling") == tuple(c.nulling for c in report.confounding)
    assert summary.column("first_zero") == tuple(c.first_zero for c in report.confounding)
    assert curves.column("est") == tuple(p.est for c in report.confounding for p in c.points)
    assert reliability.column("ci") == tuple((p.lower, p.upper) for c in report.reliability for p in c.points)
    assert not isinstance(report.orders, Undefined)
    assert orders.column("chisq") == tuple(c.chisq for c in report.orders.chains)
    assert len({table.id for table in (summary, curves, reliability, orders)}) == 4
    for table in (summary, curves, reliability, orders):
        assert all(all(cells) for cells in display_rows(table))
    without = replace(report, orders=Undefined("no"))
    assert len(sensitivity_tables(without)) == 3


def test_figures_mark_the_nulling_correlation_and_come_out_the_same_twice(report: SensitivityReport) -> None:
    figures = confounding_figure(report), reliability_figure(report)
    for figure in figures:
        assert figure is not None
        assert figure.svg() == replace(figure, _svg=[]).svg()
        assert figure.table in {table.id for table in sensitivity_tables(report)}
    assert figures[0] is not None
    texts = [text.get_text() for text in figures[0].draw().findobj(Text)]
    for curve in report.confounding:
        assert f"zero at {curve.nulling:.2f}".replace("0.", ".") in texts
    assert confounding_figure(replace(report, confounding=())) is None
    assert reliability_figure(replace(report, reliability=())) is None


def test_rewritten_models_take_names_that_are_free() -> None:
    text = "x_true ~ step_1*x\ny ~ b*x_true"
    assert "x_true_ =~ 1*x" in with_error(text, "x", [], 0.5)
    assert "step_1_*x" in in_order(text, ("x", "x_true", "y"), (), "product")
