"""Monte Carlo intervals against closed forms."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import norm

from instrument.errors import InputError
from pipeline.sem.monte_carlo import monte_carlo, normal_draws
from pipeline.sem.syntax import parse_model
from pipeline.sem.table import parameter_table
from pipeline.undefined import Undefined

TABLE = parameter_table(parse_model("m ~ a*x\ny ~ b*m\nsame := a\nindirect := a*b\nshare := 1/a\nroot := sqrt(a)"),
                        ("x", "m", "y"))
THETA = np.array([0.4, 0.3, 0.8, 0.7])
VCOV = np.array([[0.010, 0.002, 0, 0], [0.002, 0.015, 0, 0], [0, 0, 0.006, 0], [0, 0, 0, 0.005]])


@pytest.fixture(scope="module")
def found():
    return {effect.name: effect for effect in monte_carlo(TABLE, THETA, VCOV, seed=1, draws=200_000).effects}


def test_one_parameter_has_the_normal_interval(found):
    same = found["same"]
    assert (same.est, same.expression) == (0.4, "a")
    # A limit's own standard error is some .0006 here.
    assert (same.lower, same.upper) == pytest.approx((0.4 - 1.96 * 0.1, 0.4 + 1.96 * 0.1), abs=0.0025)
    assert same.se == pytest.approx(0.1, rel=0.01)


def test_a_product_has_the_variance_of_a_product(found):
    # Var(ab) of normal a, b: a²Vb + b²Va + 2ab·Cab + VaVb + Cab² (Bohrnstedt & Goldberger 1969).
    exact = np.sqrt(0.16 * 0.015 + 0.09 * 0.010 + 2 * 0.12 * 0.002 + 0.010 * 0.015 + 0.002**2)
    indirect = found["indirect"]
    assert indirect.est == pytest.approx(0.12)
    assert indirect.se == pytest.approx(exact, rel=0.01)
    assert indirect.upper - indirect.est > indirect.est - indirect.lower


def test_an_effect_without_a_value_in_some_draw_has_no_interval():
    effects = monte_carlo(TABLE, np.array([0.1, 0.3, 0.8, 0.7]), VCOV, seed=1).effects
    root = next(effect for effect in effects if effect.name == "root")
    assert root.est == pytest.approx(np.sqrt(0.1))
    assert isinstance(root.lower, Undefined)
    assert "no finite value" in root.lower.because


def test_draws_have_the_moments_asked_for_even_of_a_singular_matrix():
    K = np.array([[1.0, 0], [1, 0], [0, 1], [0.5, 0.5]])
    vcov = K @ np.array([[4e-2, 1e-3], [1e-3, 1e-4]]) @ K.T
    draws = np.concatenate(list(normal_draws(THETA, vcov, 100_000, 3)))
    assert draws.shape == (100_000, 4)
    assert draws[:, 0] - 0.4 == pytest.approx(draws[:, 1] - 0.3, abs=1e-12)
    sd = np.sqrt(np.diag(vcov))
    assert (draws.mean(axis=0) - THETA) / sd == pytest.approx(np.zeros(4), abs=0.02)
    assert np.cov(draws.T) / np.outer(sd, sd) == pytest.approx(vcov / np.outer(sd, sd), abs=0.02)


def test_a_seed_fixes_the_draws_and_a_longer_run_begins_like_a_shorter_one():
    short, long, other = (np.concatenate(list(normal_draws(THETA, VCOV, n, s)))
                          for n, s in ((300, 3), (10_300, 3), (300, 4)))
    assert np.array_equal(short, long[:300])
    assert len(long) == 10_300
    assert len(np.unique(long[:, 0])) == 10_300
    assert not np.isclose(short, other).any()


def test_the_level_is_the_share_of_draws_inside():
    wide, narrow = (monte_carlo(TABLE, THETA, VCOV, seed=1, level=level).effects[0] for level in (0.99, 0.5))
    assert narrow.upper - narrow.lower == pytest.approx(2 * norm.ppf(0.75) * 0.1, rel=0.05)
    assert wide.upper - wide.lower == pytest.approx(2 * norm.ppf(0.995) * 0.1, rel=0.05)


def test_no_sampling_covariance_and_no_draws_are_said():
    assert isinstance(monte_carlo(TABLE, THETA, np.full((4, 4), np.nan), seed=1), Undefined)
    with pytest.raises(InputError) as caught:
        monte_carlo(TABLE, THETA, VCOV, seed=1, draws=0)
    assert caught.value.findings[0].code == "MONTE-CARLO-DRAWS"
