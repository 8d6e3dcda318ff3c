"""``alliometrics reliability`` with resamples and the further coefficients: the document, the tables, hard cases."""

from __future__ import annotations

import io
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from rich.console import Console

from pipeline.commands.reliability import document, scale_reliabilities, tables
from pipeline.measurement.reliability_intervals import reliability_intervals
from pipeline.measurement.resampled import draw_counts

ITEMS = ["a", "b", "c", "d"]


@pytest.fixture
def data(tmp_path: Path) -> Path:
    rng = np.random.default_rng(5)
    X = 3 + np.clip(np.round(rng.standard_normal((80, 1)) + 0.9 * rng.standard_normal((80, 4))), -2, 2)
    rows = [",".join(f"{value:g}" for value in row) for row in X]
    path = tmp_path / "data.csv"
    path.write_text("\n".join(["a,b,c,d,turned,flat,gone", *(
        f"{row},{6 - value:g},2," for row, value in zip(rows, X[:, 0], strict=True))]) + "\n", encoding="utf-8")
    return path


def columns(data: Path, count: int = 4) -> np.ndarray:
    return np.genfromtxt(data, delimiter=",", skip_header=1)[:, :count]


def test_resamples_add_intervals_of_every_coefficient_and_change_nothing_else(data):
    options = ["s=a,b,c,d"]
    plain = document(scale_reliabilities(data, options, ordered=True))["s"]
    found = document(scale_reliabilities(data, options, ordered=True, bootstrap=60, seed=3))["s"]
    added = {"bootstrap", "bootstrap_draws", "bootstrap_seed"}
    assert {key: value for key, value in found.items() if key not in added} == plain
    assert (found["bootstrap_draws"], found["bootstrap_seed"]) == (60, 3)
    expected = reliability_intervals(columns(data), ITEMS, draw_counts(80, 60, 3), name="s", label="s").coefficients
    names = {"omega_categorical": "omega_ordinal"}
    assert set(found["bootstrap"]) == {names.get(key, key) for key in expected}
    for key, one in expected.items():
        got = found["bootstrap"][names.get(key, key)]
        assert (got["est"], got["lower"], got["upper"], got["usable"]) == (
            one.resampled.estimate, one.resampled.lower, one.resampled.upper, one.resampled.usable)
        assert got["est"] == found[names.get(key, key)]


def test_further_coefficients_are_always_there_and_ordinal_ones_only_when_asked(data):
    found = document(scale_reliabilities(data, ["s=a,b,c,d"], bootstrap=45))["s"]
    assert {"glb", "lambda2", "lambda6", "alpha_standardised", "mean_r"} <= set(found)
    assert found["alpha"] <= found["lambda2"] <= found["glb"]
    assert found["split_half"]["lowest"] <= found["split_half"]["mean"] == pytest.approx(found["alpha"])
    assert found["split_half"]["splits"] == 3
    assert not [key for key in (*found, *found["bootstrap"]) if "ordinal" in key]


@pytest.mark.parametrize(("scale", "field", "words"), [
    ("s=a", "alpha", "two items or more"), ("s=a,b,flat", "glb", "flat got one and the same answer"),
    ("s=a,b,gone", "lambda2", "0 rows are complete"), ("s=a,b", "omega", "not identified by two items"),
])
def test_hard_cases_are_said_in_words_with_and_without_resamples(data, scale, field, words):
    for draws in (0, 45):
        results = scale_reliabilities(data, [scale], bootstrap=draws)
        found = document(results)["s"]
        assert found[field] is None
        assert words in found["undefined"][field]
        json.dumps(found, allow_nan=False)
        shown = io.StringIO()
        for part in tables(results):
            Console(file=shown, width=160).print(part, markup=False)
        assert words in " ".join(shown.getvalue().split())
        assert "nan" not in shown.getvalue()


def test_a_reversed_item_is_warned_of(data):
    found = document(scale_reliabilities(data, ["s=turned,b,c,d"], bootstrap=45))["s"]
    assert any("turned: item-rest correlation is" in warning for warning in found["warnings"])
    assert found["bootstrap"]["alpha"]["usable"] == 45


def test_the_tables_show_the_limits(data):
    shown = io.StringIO()
    results = scale_reliabilities(data, ["s=a,b,c,d"], bootstrap=45, seed=9)
    for part in tables(results):
        Console(file=shown, width=160).print(part, markup=False)
    alpha = results[0].coefficients["alpha"].resampled
    assert "percentile intervals of 45 resamples (seed 9)" in shown.getvalue()
    assert f"{alpha.lower:.3f}" in shown.getvalue()
    assert "lower bounds (glb: the greatest)" in shown.getvalue()


def test_what_is_said_of_an_interval_leaves_room_for_its_numbers(data):
    """A long note in a cell of its own would squeeze the columns of numbers out of a narrow console."""
    results = scale_reliabilities(data, ["s=a,b,c,d"], bootstrap=45, seed=9)
    omega = results[0].coefficients["omega"]
    noted = replace(results[0], coefficients={
        **results[0].coefficients, "omega": replace(omega, lost={"the one-factor model did not converge": 3})})
    shown = io.StringIO()
    for part in tables([noted]):
        Console(file=shown, width=80).print(part, markup=False)
    row = next(line for line in shown.getvalue().splitlines() if line.startswith("│ omega "))
    for value in (omega.resampled.estimate, omega.resampled.lower, omega.resampled.upper):
        assert f"{value:.3f}" in row
    said = " ".join(shown.getvalue().split())
    assert "s, omega: 3 resamples left out because the one-factor model did not converge" in said
