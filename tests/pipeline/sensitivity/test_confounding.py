"""Correlated disturbances: the closed form against lavaan, against estimation anew, and against known truth."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from studied import CHAIN, LAVAAN, SIMPLE, Truth, plan

from pipeline.estimation import estimate
from pipeline.sem.describe import describe
from pipeline.sem.estimate import Estimated
from pipeline.sem.goodness import chisq_of
from pipeline.sensitivity import ConfoundingCurve, SensitivityReport, sensitivity
from pipeline.sensitivity.confounding import first_zero, pair_of, robustness_value
from pipeline.undefined import Number, Undefined


def curve(report: SensitivityReport, effect: str, mediator: str, outcome: str) -> ConfoundingCurve:
    return next(c for c in report.confounding if (c.effect, c.mediator, c.outcome) == (effect, mediator, outcome))


def test_every_mediator_of_a_chain_is_paired_with_the_variable_after_it(report: SensitivityReport) -> None:
    assert [(c.effect, c.mediator, c.outcome, c.path) for c in report.confounding] == [
        ("serial_learning", "daf", "LRN", "a2"),
        ("serial_capability", "daf", "LRN", "a2"), ("serial_capability", "LRN", "AMC", "b"),
        ("serial_success", "daf", "LRN", "a2"), ("serial_success", "LRN", "AMC", "b"),
        ("serial_success", "AMC", "SUC", "g"),
        ("function_only", "daf", "AMC", "c2"), ("learning_only", "LRN", "AMC", "b")]


@pytest.mark.parametrize("case", LAVAAN["rho"], ids=lambda c: f"{c['mediator']}-{c['outcome']} {c['rho']}")
def test_effects_and_errors_are_lavaans_with_the_correlation_fixed(report: SensitivityReport, case: dict) -> None:
    effects = {e["name"]: e for e in case["effects"]}
    compared = 0
    for found in report.confounding:
        if (found.mediator, found.outcome) == (case["mediator"], case["outcome"]):
            point = next(p for p in found.points if p.rho == case["rho"])
            expected = effects[found.effect]
            assert point.est == pytest.approx(expected["est"], rel=2e-4, abs=2e-6), found.effect
            assert point.se == pytest.approx(expected["se"], rel=2e-4), found.effect
            compared += 1
    assert compared
    # The correlation costs no fit: that is why a closed form can be.
    assert case["chisq"] == pytest.approx(LAVAAN["specified"]["chisq"], abs=1e-5)


@pytest.mark.parametrize(("mediator", "outcome", "rho"), [("daf", "LRN", 0.35), ("LRN", "AMC", -0.5),
                                                          ("daf", "AMC", 0.6)])
def test_the_turned_parameters_are_those_of_the_model_estimated_anew(
    frame: pd.DataFrame, base: Estimated, mediator: str, outcome: str, rho: float,
) -> None:
    text = CHAIN.syntax + (f"{mediator} ~~ vm*{mediator}\n{outcome} ~~ vy*{outcome}\n{mediator} ~~ cov*{outcome}\n"
                           f"cov == {rho}*sqrt(vm)*sqrt(vy)\n")
    anew = estimate(replace(CHAIN, syntax=text), frame)
    pair = pair_of(base.problem.table, mediator, outcome)
    assert not isinstance(pair, Undefined)
    turned = pair.turned(base.theta[None], rho)[0]
    places = {str(row): row.free - 1 for row in anew.problem.table.free_rows()}
    compared = [(turned[row.free - 1], anew.theta[places[str(row)]], str(row))
                for row in base.problem.table.free_rows() if row.op != "~1"]
    assert len(compared) > 60
    for ours, theirs, name in compared:
        assert ours == pytest.approx(theirs, abs=2e-5), name
    assert chisq_of(anew.problem, anew.theta) == pytest.approx(chisq_of(base.problem, base.theta), abs=1e-6)


def test_without_correlation_the_effect_its_error_and_its_interval_are_the_models(
    report: SensitivityReport, base: Estimated,
) -> None:
    rows = {row.lhs: row for row in describe(base, with_fit=False).parameters if row.op == ":="}
    reliable = {c.effect: c.points[0] for c in report.reliability}
    for found in report.confounding:
        point = next(p for p in found.points if p.rho == 0)
        assert (point.est, point.se) == pytest.approx((rows[found.effect].est, rows[found.effect].se), rel=1e-10)
        assert (point.lower, point.upper) == pytest.approx((reliable[found.effect].lower, reliable[found.effect].upper))
        assert found.est == pytest.approx(point.est)


def test_a_simple_mediation_follows_the_partial_correlation() -> None:
    frame = Truth(0.5, 0.4, 0.2, 0.3).simulate(300, 1)
    rhos = (-0.8, -0.1, 0.5)
    found = sensitivity(SIMPLE, frame, plan(rhos), draws=2000).confounding[0]
    # Residuals on x alone: sums of squares, so that N or N - 1 would not matter, and does not.
    X = np.column_stack([np.ones(len(frame)), frame["x"]])
    coefficients, *_ = np.linalg.lstsq(X, frame[["m", "y"]].to_numpy(), rcond=None)
    left = frame[["m", "y"]].to_numpy() - X @ coefficients
    (mm, my), (_, yy) = left.T @ left
    r = my / np.sqrt(mm * yy)
    for point in found.points:
        b = np.sqrt(yy / mm) * (r - point.rho * np.sqrt((1 - r**2) / (1 - point.rho**2)))
        assert point.est == pytest.approx(coefficients[1, 0] * b, rel=1e-6)
    assert found.nulling == pytest.approx(r, rel=1e-6)
    assert found.equal_share == pytest.approx(abs(r), rel=1e-6)


@pytest.mark.parametrize("truth", [Truth(0.6, 0.5, 0.3, 0.45), Truth(0.6, -0.8, 0.0, -0.3), Truth(0.5, 0.0, 0.2, 0.5)],
                         ids=["inflated", "of the other sign", "nothing but the confounder"])
def test_at_the_confounders_true_strength_stands_the_true_effect(truth: Truth) -> None:
    frame = truth.simulate(60_000, 7)
    found = sensitivity(SIMPLE, frame, plan((0.0, truth.rho), (1.0,)), draws=2000).confounding[0]
    naive, corrected = found.points
    assert abs(corrected.est - truth.a * truth.b) < 3 * corrected.se < 0.05
    assert abs(naive.est - truth.a * truth.b) > 10 * naive.se
    if truth.b == 0:
        assert found.nulling == pytest.approx(truth.rho, abs=0.02)


def test_the_robustness_value_is_a_confounders_that_removes_the_path() -> None:
    """A cause of m and y with just these partial R² is added to data made by rule: the path of m is gone."""
    found = sensitivity(SIMPLE, Truth(0.5, 0.4, 0.2, 0.0).simulate(500, 2), plan(), draws=2000).confounding[0]
    share = found.robustness_value
    assert not isinstance(share, Undefined)
    assert not isinstance(found.nulling, Undefined)
    # m and y, less x, with the correlation r that nulls; u correlates with m so that R² is the share in both.
    r = found.nulling
    with_m = np.sqrt(share)
    with_y = r * with_m + np.sqrt(share * (1 - r**2) * (1 - with_m**2))
    cov = np.array([[1, r, with_m], [r, 1, with_y], [with_m, with_y, 1]])
    path_of_m = np.linalg.solve(cov[np.ix_([0, 2], [0, 2])], cov[[0, 2], 1])[0]
    partial = -np.linalg.inv(cov)[1, 2] / np.sqrt(np.linalg.inv(cov)[1, 1] * np.linalg.inv(cov)[2, 2])
    assert partial**2 == pytest.approx(share)
    assert path_of_m == pytest.approx(0, abs=1e-10)


def test_the_robustness_value_grows_with_the_correlation_and_keeps_what_is_undefined() -> None:
    values = [robustness_value(rho) for rho in (0.0, -0.2, 0.4, -0.9)]
    assert values[0] == 0
    assert values == sorted(values)  # type: ignore[type-var]
    assert isinstance(robustness_value(Undefined("no")), Undefined)


def test_the_nulling_correlation_nulls(frame: pd.DataFrame, base: Estimated, report: SensitivityReport) -> None:
    roots = tuple(dict.fromkeys(c.nulling for c in report.confounding if not isinstance(c.nulling, Undefined)))
    assert len(roots) == 4
    again = sensitivity(CHAIN, frame, plan(roots, (1.0,)), estimated=base, draws=1000, ordered="learning_only")
    for found in again.confounding:
        at = next(p for p in found.points if p.rho == found.nulling)
        assert at.est == pytest.approx(0, abs=1e-12)


def test_the_interval_holds_zero_from_there_on_and_not_before(frame: pd.DataFrame, base: Estimated) -> None:
    first = curve(sensitivity(CHAIN, frame, plan(reliabilities=(1.0,)), estimated=base, draws=4000,
                              ordered="learning_only"), "serial_capability", "LRN", "AMC").first_zero
    assert not isinstance(first, Undefined)
    around = plan((first - 0.003, first + 0.003), (1.0,))
    found = curve(sensitivity(CHAIN, frame, around, estimated=base, draws=4000, ordered="learning_only"),
                  "serial_capability", "LRN", "AMC")
    before, after = found.points
    assert before.lower > 0  # type: ignore[operator]
    assert after.lower <= 0 <= after.upper  # type: ignore[operator]


@pytest.mark.parametrize(("limits", "expected"), [
    (lambda rho: (0.3 - rho, 1.0), 0.3), (lambda rho: (-1.0, -0.3 - rho), -0.3),
    (lambda rho: (-0.1, 0.1), 0.0), (lambda rho: (min(0.5 - rho, 0.22 + rho), 1.0), -0.22),
])
def test_the_first_zero_is_the_nearest_on_either_side(
    limits: Callable[[float], tuple[Number, Number]], expected: float,
) -> None:
    assert first_zero(limits) == pytest.approx(expected, abs=1e-4)


def test_without_a_zero_and_without_an_interval_the_first_zero_is_undefined() -> None:
    nothing: Number = Undefined("draws have no value")
    assert isinstance(first_zero(lambda rho: (0.1, 0.2)), Undefined)
    assert first_zero(lambda rho: (nothing, nothing)) is nothing


@pytest.mark.parametrize(("text", "why"), [
    ("m ~ a*x + z\ny ~ b*m + x\nab := a*b", "z predicts m"),
    ("m ~ a*x\ny ~ b*m + x\nm ~~ z\nz ~ x\nab := a*b", "already correlates"),
    ("m ~ a*x\ny ~ b*m + a*x\nab := a*b", "x predicts m"),
    ("m ~ a*x\ny ~ b*m + c*x\na == b\nab := a*b", "constraints"),
])
def test_a_pair_whose_correlation_would_change_the_fit_is_undefined(text: str, why: str) -> None:
    frame = Truth(0.5, 0.4, 0.2, 0.1).simulate(200, 3)
    frame["z"] = np.random.default_rng(4).standard_normal(200)
    report = sensitivity(replace(SIMPLE, syntax=text), frame, plan(reliabilities=(1.0,)), draws=500)
    found = report.confounding[0]
    assert isinstance(found.nulling, Undefined)
    assert why in found.nulling.because
    assert found.points == ()
    assert "cannot be examined" in report.sentences[0]
