"""Reliability of experience, and other orders of the chain: as lavaan finds them, and as algebra says."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from studied import CHAIN, LAVAAN, SIMPLE, Truth, plan

from pipeline.sem.estimate import Estimated
from pipeline.sensitivity import OrderedChain, Orders, SensitivityReport, sensitivity
from pipeline.sensitivity.order import _equivalent, orders_of
from pipeline.undefined import Undefined


def reordered(report: SensitivityReport) -> Orders:
    assert not isinstance(report.orders, Undefined)
    return report.orders


def test_the_observed_variance_is_lavaans_and_divided_by_n(report: SensitivityReport) -> None:
    assert {c.variable for c in report.reliability} == {"exp_rw"}
    assert report.reliability[0].variance == pytest.approx(LAVAAN["variance"], rel=1e-6)


@pytest.mark.parametrize("case", LAVAAN["reliability"], ids=lambda c: str(c["reliability"]))
def test_effects_by_reliability_are_lavaans(report: SensitivityReport, case: dict) -> None:
    effects = {e["name"]: e for e in case["effects"]}
    for found in report.reliability:
        point = next(p for p in found.points if p.reliability == case["reliability"])
        expected = effects[found.effect]
        assert point.error_variance == pytest.approx((1 - case["reliability"]) * LAVAAN["variance"], rel=1e-6)
        assert point.est == pytest.approx(expected["est"], rel=2e-4)
        assert point.se == pytest.approx(expected["se"], rel=5e-4)
        assert point.std_all == pytest.approx(expected["std_all"], rel=2e-4)
        assert point.converged
        assert point.admissible


def test_a_reliability_of_one_is_the_model_as_it_stands(report: SensitivityReport) -> None:
    expected = {e["name"]: e for e in LAVAAN["specified"]["effects"]}
    for found in report.reliability:
        assert [p.reliability for p in found.points] == [1.0, 0.9, 0.8, 0.7]
        assert found.points[0].error_variance == 0
        assert found.points[0].est == pytest.approx(expected[found.effect]["est"], rel=2e-4)
        assert found.points[0].se == pytest.approx(expected[found.effect]["se"], rel=2e-4)


def test_reliability_of_a_lone_cause_corrects_for_attenuation() -> None:
    """Without covariates a is divided by the reliability; with one variance divided by N, exactly."""
    frame = Truth(0.5, 0.4, 0.0, 0.0).simulate(300, 5)
    found = sensitivity(SIMPLE, frame, plan(reliabilities=(0.8, 1.0)), draws=500).reliability[0]
    C = np.cov(frame[["x", "m", "y"]].T, ddof=0)
    true_x = C.copy()
    true_x[0, 0] *= 0.8
    a = true_x[0, 1] / true_x[0, 0]
    b = np.linalg.solve(true_x[:2, :2], true_x[:2, 2])[1]
    assert found.points[1].est == pytest.approx(a * b, rel=1e-6)


def test_the_true_effect_comes_back_at_the_true_reliability() -> None:
    frame = Truth(0.6, 0.5, 0.3, 0.0).simulate(40_000, 11)
    frame["x"] += np.sqrt(3 / 7) * np.random.default_rng(12).standard_normal(len(frame))
    points = {p.reliability: p for p in
              sensitivity(SIMPLE, frame, plan(reliabilities=(0.7, 1.0)), draws=500).reliability[0].points}
    assert abs(points[0.7].est - 0.3) < 3 * points[0.7].se < 0.03  # type: ignore[operator]
    assert abs(points[1.0].est - 0.3) > 10 * points[1.0].se  # type: ignore[operator]


@pytest.mark.parametrize("case", LAVAAN["orders"], ids=lambda c: "-".join(c["order"]))
def test_products_in_every_order_are_lavaans(report: SensitivityReport, case: dict) -> None:
    found = next(c for c in reordered(report).chains if c.variables == tuple(case["order"]))
    (expected,) = case["effects"]
    assert found.est == pytest.approx(expected["est"], rel=2e-4)
    assert found.se == pytest.approx(expected["se"], rel=2e-4)
    assert found.std_all == pytest.approx(expected["std_all"], rel=2e-4)
    assert found.chisq == pytest.approx(case["chisq"], abs=1e-5)
    assert found.df == case["df"]
    assert found.lower < found.est < found.upper  # type: ignore[operator]


def test_saturated_orders_are_equivalent_and_said_to_be(report: SensitivityReport, base: Estimated) -> None:
    found = reordered(report)
    assert found.effect == "serial_capability"
    assert found.equivalent
    assert len({c.variables for c in found.chains}) == 7
    assert [c.variables for c in found.chains if c.specified] == [("exp_rw", "daf", "LRN", "AMC")]
    assert {c.df for c in found.chains} == {LAVAAN["specified"]["df"]}
    assert np.ptp([c.chisq for c in found.chains]) < 1e-6
    assert any("statistically equivalent" in sentence for sentence in report.sentences)


def test_orders_keep_the_first_cause_but_for_the_full_reversal() -> None:
    assert orders_of(("x", "m", "y")) == (("x", "m", "y"), ("x", "y", "m"), ("y", "m", "x"))
    assert len(set(orders_of(tuple("abcde")))) == 25


def test_a_chain_with_an_explained_variable_beside_it_is_not_reordered(frame: pd.DataFrame, base: Estimated) -> None:
    found = sensitivity(CHAIN, frame, plan((0.0,), (1.0,)), estimated=base, draws=500, ordered="learning_only")
    assert isinstance(found.orders, Undefined)
    assert "daf" in found.orders.because


def test_an_outcome_of_part_of_the_chain_keeps_it_from_being_reordered() -> None:
    """Orders would differ in residual covariances, and their fit would be compared for nothing."""
    frame = Truth(0.5, 0.4, 0.3, 0.0).simulate(400, 6)
    frame["w"] = 0.5 * frame["m"] + np.random.default_rng(8).standard_normal(400)
    found = sensitivity(replace(SIMPLE, syntax=SIMPLE.syntax + "\nw ~ m"), frame, plan((0.0,), (1.0,)), draws=500)
    assert isinstance(found.orders, Undefined)
    assert "w is explained by some" in found.orders.because


def test_orders_of_different_fit_are_not_called_equivalent() -> None:
    one = OrderedChain(("x", "m"), True, 0.1, 0.1, 0.0, 0.2, 0.1, 5.0, 3, True)
    assert _equivalent((one, one))
    assert _equivalent((one, replace(one, chisq=5.02))) is False
    assert _equivalent((one, replace(one, df=4))) is False
    assert _equivalent((one, replace(one, chisq=Undefined("estimation did not converge")))) is None


def test_covariances_written_down_give_way_to_paths() -> None:
    """Where a model writes its covariates' covariances, a chain in another order must not hold them twice."""
    frame = Truth(0.5, 0.4, 0.3, 0.0).simulate(400, 6)
    frame["z"] = 0.5 * frame["x"] + np.random.default_rng(9).standard_normal(400)
    plain = replace(SIMPLE, syntax="m ~ a*x + z\ny ~ b*m + c*x + z\nab := a*b")
    written = replace(plain, syntax=plain.syntax + "\nx ~~ z\nx ~~ x\nz ~~ z")
    one, other = (sensitivity(spec, frame, plan((0.0,), (0.8, 1.0)), draws=500) for spec in (plain, written))
    assert [c.est for c in reordered(one).chains] == pytest.approx([c.est for c in reordered(other).chains], rel=1e-6)
    assert [c.df for c in reordered(other).chains] == [0, 0, 0]
    assert [p.est for p in one.reliability[0].points] == pytest.approx(
        [p.est for p in other.reliability[0].points], rel=1e-6)
