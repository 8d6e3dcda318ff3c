"""Comparisons for nonresponse against R (stored), a published example, and closed forms."""

from __future__ import annotations

import json
from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy.stats import chi2, ncx2

from instrument.judge_agreement import exact_interval
from pipeline.measurement.nonresponse import (
    associate,
    compare_means,
    goodness_of_fit,
    noncentrality,
    waves_by_reminder,
    waves_by_thirds,
)
from pipeline.undefined import Undefined

FOLDER = Path(__file__).resolve().parents[2] / "reference" / "nonresponse"


@pytest.fixture(scope="module")
def reference() -> dict[str, Any]:
    stored: dict[str, Any] = json.loads((FOLDER / "output.json").read_text(encoding="utf-8"))
    return stored


@pytest.fixture(scope="module")
def answers() -> pd.DataFrame:
    return pd.read_csv(FOLDER / "answers.csv")


def column(frame: pd.DataFrame, name: str) -> np.ndarray:
    return frame[name].to_numpy(dtype=float)


@pytest.mark.parametrize("score", ["first", "second"])
def test_welch_is_that_of_r(score: str, reference: dict[str, Any], answers: pd.DataFrame) -> None:
    values, late = column(answers, score), answers["late"].to_numpy() == 1
    found = compare_means(values[~late], values[late])
    theirs = reference["welch"][score]
    for name, value in theirs.items():
        assert getattr(found, name) == pytest.approx(value, rel=1e-10), name
    assert found.difference == pytest.approx(theirs["mean_second"] - theirs["mean_first"], rel=1e-10)


@pytest.mark.parametrize(("x", "y"), [("wave", "first"), ("wave", "second"), ("interest", "first")])
def test_correlation_and_slope_are_those_of_r(
        x: str, y: str, reference: dict[str, Any], answers: pd.DataFrame) -> None:
    found = associate(column(answers, x), column(answers, y))
    for name, value in reference["lines"][f"{x}_{y}"].items():
        assert getattr(found, name) == pytest.approx(value, rel=1e-9), name


@pytest.mark.parametrize("case", [0, 1, 2])
def test_goodness_of_fit_is_that_of_r(case: int, reference: dict[str, Any]) -> None:
    theirs = reference["fits"][case]
    found = goodness_of_fit(np.array(theirs["counts"]), np.array(theirs["shares"]))
    for name in ("chisq", "df", "pvalue", "w"):
        assert getattr(found, name) == pytest.approx(theirs[name], rel=1e-10), name
    assert found.expected == pytest.approx(theirs["expected"], rel=1e-12)
    assert found.residuals == pytest.approx(theirs["residuals"], rel=1e-10)
    assert (found.w_lower, found.w_upper) == pytest.approx((theirs["w_lower"], theirs["w_upper"]), abs=1e-6)


def test_exact_intervals_of_rates_are_those_of_r(reference: dict[str, Any]) -> None:
    for theirs in reference["rates"]:
        expected = (theirs["lower"], theirs["upper"])
        assert exact_interval(theirs["count"], theirs["n"]) == pytest.approx(expected, rel=1e-9)


def with_moments(n: int, mean: float, sd: float) -> np.ndarray:
    values = np.arange(n, dtype=float)
    return np.asarray(mean + sd * (values - values.mean()) / values.std(ddof=1))


def test_the_standardised_difference_is_that_of_a_published_example() -> None:
    # the example of statpsych's ci.stdmean2: means 35.1 and 26.7, SDs 7.32 and 6.98, 30 in each group
    found = compare_means(with_moments(30, 26.7, 6.98), with_moments(30, 35.1, 7.32))
    assert (found.d, found.d_lower, found.d_upper) == pytest.approx((1.174493, 0.6170771, 1.731909), abs=1e-6)


def test_turning_the_groups_round_turns_every_sign() -> None:
    a, b = with_moments(12, 3, 1.5), with_moments(31, 4, 0.7)
    one, other = compare_means(a, b), compare_means(b, a)
    assert (one.difference, one.lower, one.upper) == pytest.approx((1, -other.upper, -other.lower))  # type: ignore[operator]
    assert (one.d, one.d_lower, one.d_upper) == pytest.approx((-other.d, -other.d_upper, -other.d_lower))  # type: ignore[operator]
    assert one.d == pytest.approx(1 / np.sqrt((1.5**2 + 0.7**2) / 2))
    assert one.pvalue == pytest.approx(other.pvalue)


def test_intervals_of_d_cover_the_truth_as_often_as_they_say() -> None:
    rng = np.random.default_rng(7)
    true = 0.5 / np.sqrt((1 + 4) / 2)
    inside = 0
    for _ in range(400):
        found = compare_means(rng.normal(0, 1, 40), rng.normal(0.5, 2, 60), 0.9)
        inside += found.d_lower <= true <= found.d_upper
    assert 0.85 < inside / 400 < 0.95


def test_noncentrality_has_the_statistic_at_its_quantile() -> None:
    assert ncx2.cdf(12, 3, noncentrality(12, 3, 0.025)) == pytest.approx(0.025, rel=1e-6)
    assert noncentrality(float(chi2.ppf(0.97, 3)), 3, 0.975) == 0


@pytest.mark.parametrize(("first", "second", "because"), [
    ([1.0], [1.0, 2.0], "two scores in each group"), ([], [], "two scores in each group"),
    ([np.nan, 2.0], [1.0, 2.0], "two scores in each group"), ([3.0, 3.0], [3.0, 3.0], "does not vary")])
def test_what_cannot_be_compared_says_why(first: list[float], second: list[float], because: str) -> None:
    found = compare_means(np.array(first), np.array(second))
    assert isinstance(found.pvalue, Undefined)
    assert because in found.pvalue.because
    assert not any(isinstance(v, float) and np.isnan(v) for f in fields(found) for v in [getattr(found, f.name)])


def test_a_line_through_too_little_says_why() -> None:
    three, same = np.array([1.0, 2, 3]), np.ones(5)
    assert associate(three, three).r == Undefined("a correlation with an interval needs four pairs; there are 3")
    assert associate(same, np.arange(5.0)).r == Undefined("one of the two does not vary")


def test_no_answers_or_one_option_have_no_chi_square() -> None:
    assert goodness_of_fit(np.array([0, 0]), np.array([0.5, 0.5])).chisq == Undefined(
        "nobody gave an answer that has a known share")
    assert goodness_of_fit(np.array([5]), np.array([1.0])).w == Undefined("there is only one option")


TIMES = np.array(["2026-03-05T10", "2026-03-16T00", "NaT", "2026-03-15T23", "2026-04-01T12"], dtype="datetime64[ns]")


def test_an_answer_on_the_day_of_a_reminder_is_after_it() -> None:
    reminders = np.array(["2026-03-20", "2026-03-16"], dtype="datetime64[D]")
    assert waves_by_reminder(TIMES, reminders).tolist() == [0, 1, -1, 0, 2]


def test_thirds_go_by_time_and_equal_times_stay_together() -> None:
    days = np.array([f"2026-03-{day:02d}" for day in (9, 1, 2, 3, 4, 5, 6, 7, 8)], dtype="datetime64[ns]")
    assert waves_by_thirds(days).tolist() == [2, 0, 0, 0, 1, 1, 1, 2, 2]
    tied = np.array(["2026-03-01"] * 2 + ["2026-03-02"] * 4, dtype="datetime64[ns]")
    assert waves_by_thirds(tied).tolist() == [0, 0, 2, 2, 2, 2]
    assert waves_by_thirds(TIMES).tolist() == [0, 2, -1, 1, 2]
    assert waves_by_thirds(TIMES[2:3]).tolist() == [-1]


def test_the_standardised_differences_interval_weighs_each_group_by_its_own_size() -> None:
    """Bonett (2008), equation 10, written out for groups that differ in size and in spread."""
    rng = np.random.default_rng(4)
    a, b = rng.normal(0, 1, 9), rng.normal(1.5, 3, 40)
    found = compare_means(a, b)
    va, vb = a.var(ddof=1), b.var(ddof=1)
    mean_variance = (va + vb) / 2
    d = (b.mean() - a.mean()) / mean_variance**0.5
    variance = d**2 * (va**2 / 8 + vb**2 / 39) / (8 * mean_variance**2) + (va / 8 + vb / 39) / mean_variance
    half = 1.959963984540054 * variance**0.5
    assert (found.d, found.d_lower, found.d_upper) == pytest.approx((d, d - half, d + half), abs=1e-12)
