"""Reliability of constructs with several dimensions: against psych and semTools, a loop of refits, and reasons."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from semopy.examples import holzinger39

from pipeline.measurement.construct_reliability import construct_reliability, stratified_alphas
from pipeline.measurement.lower_bounds import greatest_lower_bound
from pipeline.measurement.resampled import draw_counts
from pipeline.measurement.second_order_reliability import second_order_reliability, second_order_syntax
from pipeline.sem.describe import describe
from pipeline.sem.estimate import Options, estimate_model
from pipeline.sem.intervals import percentile_interval
from pipeline.undefined import Undefined

FOLDER = Path(__file__).parents[2] / "reference"
R = json.loads((FOLDER / "consistency" / "reference.json").read_text(encoding="utf-8"))["constructs"]
NINE = {"visual": ("x1", "x2", "x3"), "textual": ("x4", "x5", "x6"), "speed": ("x7", "x8", "x9")}


def frame(name: str) -> pd.DataFrame:
    return holzinger39.get_data() if name == "holzinger" else pd.read_csv(FOLDER / "measurement" / "likert.csv")


@pytest.fixture(scope="module")
def nine() -> np.ndarray:
    return frame("holzinger")[[item for items in NINE.values() for item in items]].to_numpy(float)


@pytest.mark.parametrize("name", list(R))
def test_coefficients_are_those_of_psych_and_semtools(name):
    expected = R[name]
    items = [item for each in expected["dimensions"].values() for item in each]
    X = frame(name)[items].to_numpy(float)
    found = construct_reliability(X, expected["dimensions"], np.zeros((0, len(X))), name="c", label="C")
    assert found.sample.n == expected["n"]
    value = {key: one.resampled.estimate for key, one in found.coefficients.items()}
    assert value["alpha"] == pytest.approx(expected["alpha"], abs=1e-12)
    assert value["alpha_stratified"] == pytest.approx(expected["alpha_stratified"], abs=1e-12)
    assert value["omega_l1"] == pytest.approx(expected["standard"]["omegaL1"], abs=1e-5)
    assert value["omega_l2"] == pytest.approx(expected["standard"]["omegaL2"], abs=1e-5)
    assert value["omega_partial_l1"] == pytest.approx(expected["standard"]["partialOmegaL1"], abs=1e-5)
    # With three dimensions the second-order model is equivalent to three correlated factors.
    assert value["omega_second_order"] == pytest.approx(expected["total"], abs=1e-5)


def test_only_omega_of_the_dimensions_depends_on_their_unit():
    for expected in R.values():
        assert expected["marker"]["omegaL1"] == pytest.approx(expected["standard"]["omegaL1"], abs=1e-5)
        assert abs(expected["marker"]["omegaL2"] - expected["standard"]["omegaL2"]) > 0.003


def test_intervals_are_those_of_a_loop_that_refits_each_draw_by_itself(nine):
    draws, dimensions = 9, NINE
    counts = draw_counts(len(nine), draws, 3)
    found = construct_reliability(nine, dimensions, counts, name="c", label="C", level=0.8).coefficients
    names = [item for items in dimensions.values() for item in items]
    values: dict[str, list[float]] = {key: [] for key in (
        "omega_second_order", "omega_l1", "omega_l2", "omega_partial_l1", "alpha", "alpha_stratified", "glb")}
    for count in counts:
        rows = np.repeat(nine, count, axis=0)
        fit = describe(estimate_model(second_order_syntax(dimensions), rows, names, Options()), with_fit=False)
        for row in fit.parameters:
            if row.op == ":=":
                values[row.lhs].append(row.est if fit.admissible else np.nan)
        C = np.cov(rows, rowvar=False)
        sums = np.stack([rows[:, at:at + 3].sum(axis=1) for at in (0, 3, 6)])
        own = [3 / 2 * (1 - np.trace(C[at:at + 3, at:at + 3]) / C[at:at + 3, at:at + 3].sum()) for at in (0, 3, 6)]
        values["alpha"].append(9 / 8 * (1 - np.trace(C) / C.sum()))
        values["alpha_stratified"].append(
            1 - (np.var(sums, axis=1, ddof=1) * (1 - np.array(own))).sum() / np.var(rows.sum(axis=1), ddof=1))
        values["glb"].append(float(greatest_lower_bound(C).value))
    for key, drawn in values.items():
        usable = np.array(drawn)[np.isfinite(drawn)]
        assert found[key].resampled.usable == len(usable), key
        limits = percentile_interval(usable, 0.8)
        if isinstance(limits.lower, Undefined):
            assert isinstance(found[key].resampled.lower, Undefined)
            continue
        assert found[key].resampled.lower == pytest.approx(limits.lower, abs=2e-6), key
        assert found[key].resampled.upper == pytest.approx(limits.upper, abs=2e-6), key


def test_alpha_and_stratified_alpha_are_the_same_for_parallel_items():
    C = np.full((6, 6), 0.4) + 0.6 * np.eye(6)
    assert stratified_alphas(C[None], [2, 4])[0] == pytest.approx(6 / 5 * (1 - 6 / C.sum()))


def test_two_dimensions_have_alphas_and_no_second_order_factor(nine):
    two = {"visual": NINE["visual"], "textual": NINE["textual"]}
    found = construct_reliability(nine[:, :6], two, draw_counts(301, 45, 1), name="c", label="C").coefficients
    for key in ("omega_second_order", "omega_l1", "omega_l2", "omega_partial_l1"):
        assert found[key].resampled.estimate == Undefined("two dimensions do not identify a second-order factor")
    assert found["alpha_stratified"].resampled.usable == 45


def test_a_dimension_with_a_single_item_has_no_error_of_its_own(nine):
    dimensions = {"visual": ("x1", "x2", "x3"), "one": ("x4",), "speed": ("x7", "x8", "x9")}
    found = construct_reliability(nine[:, [0, 1, 2, 3, 6, 7, 8]], dimensions, draw_counts(301, 45, 1), name="c",
                                  label="C").coefficients
    assert "one has a single item" in found["alpha_stratified"].resampled.estimate.because
    assert "one has a single item" in found["omega_l1"].resampled.estimate.because
    assert found["alpha"].resampled.usable == 45


def test_a_constant_item_and_no_rows_are_said_in_words(nine):
    constant, empty = nine.copy(), np.full_like(nine, np.nan)
    constant[:, 4] = 2.0
    for X in (constant, empty):
        found = construct_reliability(X, NINE, draw_counts(301, 10, 1), name="c", label="C").coefficients
        for key, one in found.items():
            assert isinstance(one.resampled.estimate, Undefined), key
            assert isinstance(one.resampled.lower, Undefined), key


def test_an_improper_second_order_model_has_no_coefficients():
    """Dimensions whose correlations .9, .9 and .4 no single factor can account for."""
    rng = np.random.default_rng(8)
    dims = rng.standard_normal((400, 3)) @ np.linalg.cholesky(
        np.array([[1, 0.85, 0.85], [0.85, 1, 0.5], [0.85, 0.5, 1]])).T
    X = np.repeat(dims, 3, axis=1) * 0.8 + 0.6 * rng.standard_normal((400, 9))
    found = second_order_reliability(X, NINE, draw_counts(400, 10, 1))
    reason = found.coefficients["omega_l1"].resampled.estimate
    assert reason == Undefined("the second-order model is improper: some variance is negative")
    assert found.warnings
    assert found.warnings[0].startswith("second-order model: ")


def test_improper_draws_of_a_proper_model_are_left_out_and_counted():
    """Dimensions whose correlations leave one of them hardly any variance of its own."""
    rng = np.random.default_rng(3)
    dims = rng.standard_normal((150, 3)) @ np.linalg.cholesky(
        np.array([[1, 0.8, 0.8], [0.8, 1, 0.68], [0.8, 0.68, 1]])).T
    X = np.repeat(dims, 3, axis=1) * 0.8 + 0.6 * rng.standard_normal((150, 9))
    found = second_order_reliability(X, NINE, draw_counts(150, 45, 1)).coefficients["omega_l1"]
    improper = 45 - found.resampled.usable
    assert not isinstance(found.resampled.estimate, Undefined)
    assert 0 < improper < 45
    assert f"{improper} resamples left out because the second-order model was improper" in found.note
