"""Limits as lavaan takes them, and the bias-corrected interval of Efron's own example."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import norm

from pipeline.sem.intervals import (
    BCA_WARNING,
    acceleration,
    bca_interval,
    percentile_interval,
    percentile_limit,
    spread,
)
from pipeline.undefined import Undefined

LIMITS = json.loads((Path(__file__).parents[2] / "reference" / "sem" / "percentile_limits.json").read_text("utf-8"))

SPATIAL = np.array([48, 36, 20, 29, 42, 42, 20, 42, 22, 41, 45, 14, 6,
                    0, 33, 28, 34, 4, 32, 24, 47, 41, 24, 26, 30, 41], dtype=np.float64)
"""Test A of 26 children, Efron & Tibshirani 1993, table 14.1."""


@pytest.mark.parametrize("case", LIMITS, ids=lambda case: str(len(case["draws"])))
def test_limits_are_lavaans_on_its_own_draws(case):
    draws = np.array(case["draws"])
    for limit in case["limits"]:
        found = percentile_interval(draws, limit["level"])
        if isinstance(found.lower, Undefined):
            # R warns here and takes the extreme draws instead.
            assert len(draws) * (1 - limit["level"]) / 2 < 1
            assert (limit["lower"], limit["upper"]) == (draws.min(), draws.max())
        else:
            assert (found.lower, found.upper) == pytest.approx((limit["lower"], limit["upper"]), abs=1e-9)
            assert spread(draws) == pytest.approx(limit["se"], rel=1e-6)


def test_a_whole_order_statistic_is_taken_as_it_is():
    # (999 + 1) · .025 = 25: the 25th draw, and from above the 975th.
    found = percentile_interval(np.arange(1.0, 1000.0)[::-1], 0.95)
    assert (found.lower, found.upper) == (25.0, 975.0)


@given(st.integers(40, 400), st.floats(0.5, 0.95))
def test_limits_lie_between_their_order_statistics(r, level):
    draws = np.sort(np.random.default_rng(r).normal(size=r))
    limit = percentile_limit(draws, (1 - level) / 2)
    place = (r + 1) * (1 - level) / 2
    if place >= 1:
        assert draws[int(place + 1e-9) - 1] <= limit <= draws[min(int(place + 1e-9), r - 1)]


def test_too_few_or_infinite_draws_give_no_limit():
    for undefined in (percentile_limit(np.arange(10.0), 0.025), percentile_limit(np.arange(10.0), 0.975),
                      percentile_limit(np.array([]), 0.5), spread(np.array([1.0, np.inf])),
                      percentile_interval(np.array([1.0, np.nan] * 50), 0.95).lower, spread(np.array([1.0]))):
        assert isinstance(undefined, Undefined)


def test_acceleration_and_limits_of_the_spatial_test_are_the_published_ones():
    n = len(SPATIAL)
    jackknife = np.array([np.delete(SPATIAL, i).var() for i in range(n)])
    # Efron & Tibshirani 1993, section 14.3: θ̂ = 171.5, a = .061, z₀ about .146, 90 % interval about (115.8, 259.6).
    assert SPATIAL.var() == pytest.approx(171.5, abs=0.05)
    assert acceleration(jackknife) == pytest.approx(0.061, abs=5e-4)
    rng = np.random.default_rng(1)
    draws = SPATIAL[rng.integers(0, n, size=(40_000, n))].var(axis=1)
    found = bca_interval(draws, float(SPATIAL.var()), jackknife, 0.90)
    assert found.bias == pytest.approx(0.146, abs=0.05)
    assert (found.lower, found.upper) == pytest.approx((115.8, 259.6), rel=0.02)
    plain = percentile_interval(draws, 0.90)
    assert plain.lower < found.lower
    assert plain.upper < found.upper - 20
    assert found.warning == BCA_WARNING


def test_limits_are_the_quantiles_the_formula_names():
    draws = np.sort(np.random.default_rng(2).normal(size=999))
    jackknife = np.random.default_rng(3).exponential(size=40)
    found = bca_interval(draws, 0.3, jackknife, 0.95)
    z0 = norm.ppf((draws < 0.3).mean())
    d = jackknife.mean() - jackknife
    a = (d**3).sum() / (6 * (d**2).sum() ** 1.5)
    ends = [norm.cdf(z0 + (z0 + z) / (1 - a * (z0 + z))) for z in norm.ppf([0.025, 0.975])]
    assert (found.lower, found.upper) == pytest.approx(tuple(percentile_limit(draws, e) for e in ends), rel=1e-12)


def test_without_bias_and_acceleration_it_is_the_percentile_interval():
    draws = np.arange(-500.0, 501.0)
    plain, found = percentile_interval(draws, 0.9), bca_interval(draws, 0.0, np.array([-1.0, 0.0, 1.0]), 0.9)
    assert (found.bias, found.acceleration) == (0.0, 0.0)
    assert (found.lower, found.upper) == pytest.approx((plain.lower, plain.upper), rel=1e-12)


@given(st.floats(0.1, 10), st.floats(-5, 5))
def test_a_monotone_transformation_moves_the_limits_with_it(scale, shift):
    rng = np.random.default_rng(4)
    draws, jackknife = rng.normal(size=499), rng.normal(size=30)
    plain = bca_interval(draws, 0.1, jackknife, 0.95)
    moved = bca_interval(scale * draws + shift, scale * 0.1 + shift, scale * jackknife + shift, 0.95)
    assert moved.lower == pytest.approx(scale * plain.lower + shift, rel=1e-6, abs=1e-6)


def test_what_cannot_be_corrected_is_undefined():
    draws = np.arange(1.0, 1000.0)
    one_sided = bca_interval(draws, 0.0, np.arange(5.0), 0.95)
    assert isinstance(one_sided.lower, Undefined)
    assert "one side" in one_sided.lower.because
    assert isinstance(bca_interval(draws, 500.0, np.array([1.0, np.nan]), 0.95).upper, Undefined)
    assert isinstance(bca_interval(draws, 995.0, np.arange(5.0), 0.95).upper, Undefined)
