"""From hits to sizes, against R's glm and binom.test; power of tests of fit, against semTools."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from scipy.special import ndtr

from pipeline.power.planning import Curve, needed, power_curve, rate
from pipeline.power.rmsea import fit_power, rmsea_power, rmsea_size
from pipeline.undefined import Undefined

REFERENCE = Path(__file__).resolve().parents[2] / "reference" / "power"
SIZES, HITS, OF = (175, 250, 350, 500), (534, 788, 924, 991), (1000,) * 4


@pytest.fixture(scope="module")
def curve() -> Curve:
    found = power_curve(SIZES, HITS, OF)
    assert isinstance(found, Curve)
    return found


def test_power_of_tests_of_fit_agrees_with_semtools() -> None:
    stored = json.loads((REFERENCE / "output.json").read_text(encoding="utf-8"))
    assert len(stored["power"]) == 48
    assert len(stored["sizes"]) == 24
    for row in stored["power"]:
        found = rmsea_power(row["null"], row["alternative"], row["df"], row["n"])
        assert found == pytest.approx(row["power"], abs=1e-9), row
    for row in stored["sizes"]:
        assert rmsea_size(row["null"], row["alternative"], row["df"], row["power"]) == row["n"], row


def test_tests_of_fit_under_their_own_null_reject_at_their_level() -> None:
    assert rmsea_power(0.05, 0.05, 20, 200, alpha=0.05) == pytest.approx(0.05, abs=1e-9)
    assert isinstance(rmsea_size(0.05, 0.05, 20, 0.8), Undefined)


def test_a_saturated_model_has_no_tests_of_fit() -> None:
    assert fit_power(0, (100, 200)) == ()
    tests = fit_power(41, (100, 200))
    assert [fit.test for fit in tests] == ["close fit", "not-close fit", "exact fit"]
    assert all(fit.power[0] < fit.power[1] for fit in tests)


def test_the_curve_agrees_with_glm(curve: Curve) -> None:
    stored = json.loads((REFERENCE / "curve.json").read_text(encoding="utf-8"))
    assert tuple(row["hits"] for row in stored["hits"]) == HITS
    assert [curve.intercept, curve.slope] == pytest.approx(stored["coefficients"], rel=1e-8)
    v = stored["vcov"]
    assert curve.cov == pytest.approx((v[0][0], v[0][1], v[1][1]), rel=1e-6)
    assert curve.misfit_pvalue == pytest.approx(stored["pvalue"], rel=1e-8)


def test_the_needed_size_lies_where_the_curve_says_and_its_interval_where_the_band_does(curve: Curve) -> None:
    for power in (0.8, 0.9):
        need = needed(curve, SIZES, power)
        assert not isinstance(need.n, Undefined)
        assert not isinstance(need.lower, Undefined)
        assert not isinstance(need.upper, Undefined)
        at = curve.power(np.array([need.n - 1.0, float(need.n)]))
        assert at[0] < power <= at[1]
        # The upper limit of the band reaches the power first: there the interval of sizes begins.
        _, high = curve.band(np.array([need.lower - 1.0, float(need.lower)]), 0.95)
        assert high[0] < power <= high[1]
        low, _ = curve.band(np.array([need.upper - 1.0, float(need.upper)]), 0.95)
        assert low[0] < power <= low[1]


def test_the_interval_of_the_needed_size_covers_the_true_one() -> None:
    rng, covered = np.random.default_rng(3), 0
    true = ((0.8416212 + 3.0) / 0.24) ** 2
    for _ in range(400):
        hits = rng.binomial(200, ndtr(-3.0 + 0.24 * np.sqrt(SIZES)))
        need = needed(power_curve(SIZES, hits, (200,) * 4), SIZES, 0.8)
        assert not isinstance(need.lower, Undefined)
        assert not isinstance(need.upper, Undefined)
        covered += need.lower - 1 <= true <= need.upper
    assert 0.92 <= covered / 400 <= 0.985


def test_no_size_is_read_outside_the_grid(curve: Curve) -> None:
    above = needed(curve, SIZES, 0.999)
    assert isinstance(above.n, Undefined)
    assert "ask for larger N" in above.n.because
    below = needed(curve, SIZES, 0.3)
    assert isinstance(below.n, Undefined)
    assert "ask for smaller N" in below.n.because


def test_hits_that_tell_no_curve_are_undefined() -> None:
    assert isinstance(power_curve((200,), (100,), (200,)), Undefined)
    assert isinstance(power_curve((200, 300), (0, 0), (50, 50)), Undefined)
    assert isinstance(power_curve((200, 300), (50, 50), (50, 50)), Undefined)
    assert isinstance(power_curve((200, 300), (0, 50), (50, 50)), Undefined)
    falling = needed(power_curve((200, 300), (30, 20), (50, 50)), (200, 300), 0.5)
    assert isinstance(falling.n, Undefined)
    assert "does not grow" in falling.n.because


def test_intervals_of_shares_are_exact() -> None:
    stored = json.loads((REFERENCE / "curve.json").read_text(encoding="utf-8"))
    for hits, limits in zip((0, 1, 27, 788, 1000), stored["exact"], strict=True):
        found = rate(hits, 1000)
        assert [found.lower, found.upper] == pytest.approx(limits, abs=1e-10)
        assert found.error == pytest.approx(np.sqrt(hits / 1000 * (1 - hits / 1000) / 1000))
