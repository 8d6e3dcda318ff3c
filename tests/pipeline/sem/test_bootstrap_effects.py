"""Percentile bootstrap: limits as lavaan takes them, reproducible draws, honest counts."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from instrument.errors import InputError
from pipeline.sem.bootstrap import bootstrap_effects, percentile_interval, percentile_limit
from pipeline.sem.estimate import fit_model
from pipeline.sem.sample import covariance
from pipeline.undefined import Undefined

FOLDER = Path(__file__).parents[2] / "reference" / "sem"
MODEL = "daf ~ a*exp_rw + lnsize\nlrar ~ b*daf + exp_rw\nab := a*b\ndirect := b"
LIMITS = json.loads((FOLDER / "percentile_limits.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("case", LIMITS, ids=lambda case: str(len(case["draws"])))
def test_limits_are_lavaans_on_its_own_draws(case):
    draws = np.array(case["draws"])
    for limit in case["limits"]:
        lower, upper = percentile_interval(draws, limit["level"])
        if isinstance(lower, Undefined):
            # R warns here and takes the extreme draws instead.
            assert len(draws) * (1 - limit["level"]) / 2 < 1
            assert (limit["lower"], limit["upper"]) == (draws.min(), draws.max())
        else:
            assert (lower, upper) == pytest.approx((limit["lower"], limit["upper"]), abs=1e-9)
            assert np.std(draws, ddof=1) == pytest.approx(limit["se"], rel=1e-6)


def test_a_whole_order_statistic_is_taken_as_it_is():
    # (999 + 1) · .025 = 25: the 25th draw, and from above the 975th.
    assert percentile_interval(np.arange(1.0, 1000.0)[::-1], 0.95) == (25.0, 975.0)


@given(st.integers(40, 400), st.floats(0.5, 0.95))
def test_limits_lie_between_their_order_statistics(r, level):
    draws = np.sort(np.random.default_rng(r).normal(size=r))
    limit = percentile_limit(draws, (1 - level) / 2)
    place = (r + 1) * (1 - level) / 2
    if place >= 1:
        assert draws[int(place + 1e-9) - 1] <= limit <= draws[min(int(place + 1e-9), r - 1)]


def test_too_few_or_infinite_draws_give_no_limit():
    assert isinstance(percentile_limit(np.arange(10.0), 0.025), Undefined)
    assert isinstance(percentile_limit(np.arange(10.0), 0.975), Undefined)
    assert isinstance(percentile_limit(np.array([]), 0.5), Undefined)
    assert isinstance(percentile_interval(np.array([1.0, np.nan] * 50), 0.95)[0], Undefined)


def test_draws_depend_on_the_seed_and_not_on_the_workers(engine, mediation):
    one, two = (bootstrap_effects(engine, MODEL, *mediation, draws=60, seed=9, level=0.9, workers=w) for w in (1, 2))
    other = bootstrap_effects(engine, MODEL, *mediation, draws=60, seed=10, level=0.9)
    assert one == two
    assert one.draws["ab"] != other.draws["ab"]


def test_fewer_draws_are_the_first_of_more(engine, mediation):
    few, many = (bootstrap_effects(engine, MODEL, *mediation, draws=n, seed=9) for n in (10, 40))
    assert few.draws["ab"] == many.draws["ab"][:10]


def test_a_draw_is_the_fit_of_its_resampled_rows(engine, mediation):
    X, names = mediation
    result = bootstrap_effects(engine, MODEL, X, names, draws=3, seed=4)
    for k in range(3):
        generator = np.random.default_rng(np.random.SeedSequence(4).spawn(3)[k])
        resampled = X[generator.integers(0, len(X), size=len(X))]
        row = next(p for p in fit_model(engine, MODEL, resampled, names).parameters if p.lhs == "ab")
        assert result.draws["ab"][k] == pytest.approx(row.est, abs=2e-3 * row.se)


def test_draws_of_a_latent_model_are_its_fits_too(engine, mediation, fitted):
    X, names = mediation
    fit = fitted("serial_mediation")
    result = bootstrap_effects(engine, fit.syntax, X, names, draws=2, seed=1, fit=fit)
    generator = np.random.default_rng(np.random.SeedSequence(1).spawn(2)[1])
    again = fit_model(engine, fit.syntax, X[generator.integers(0, len(X), size=len(X))], names)
    for row in again.parameters:
        if row.op == ":=":
            assert result.draws[row.lhs][1] == pytest.approx(row.est, abs=2e-3 * row.se)


def test_standardised_limits_come_from_the_same_draws(engine, mediation):
    X, names = mediation
    result = bootstrap_effects(engine, MODEL, X, names, draws=80, seed=2, level=0.9)
    direct = next(effect for effect in result.effects if effect.name == "direct")
    standard = []
    for k, child in enumerate(np.random.SeedSequence(2).spawn(80)):
        rows = np.random.default_rng(child).integers(0, len(X), size=len(X))
        cov = covariance(X[rows])
        daf, lrar = names.index("daf"), names.index("lrar")
        standard.append(result.draws["direct"][k] * np.sqrt(cov[daf, daf] / cov[lrar, lrar]))
    # Saturated in daf, exp_rw and lrar: implied variances are the sample's, but for the one left-out path of lnsize.
    assert (direct.std_lower, direct.std_upper) == pytest.approx(percentile_interval(np.array(standard), 0.9), abs=5e-3)


def test_counts_and_progress_add_up(engine, mediation):
    finished: list[int] = []
    result = bootstrap_effects(engine, MODEL, *mediation, draws=60, seed=1, progress=finished.append)
    assert sum(finished) == 60
    assert (result.requested, result.converged, result.admissible, result.seed) == (60, 60, 60, 1)
    assert [effect.name for effect in result.effects] == ["ab", "direct"]


def test_inadmissible_draws_are_counted_and_set_apart(engine, mediation):
    # Three indicators blurred in 80 cases: some draws have a negative variance.
    X, names = mediation
    noisy = X[:80] + np.random.default_rng(8).normal(scale=0.6, size=(80, len(names)))
    syntax = "F =~ lrar + lrco + lrsh\nF ~ a*exp_rw\namse ~ b*F\nab := a*b"
    result = bootstrap_effects(engine, syntax, noisy, names, draws=60, seed=3, level=0.8)
    assert 0 < result.admissible < result.converged <= 60
    effect = result.effects[0]
    assert len(result.draws["ab"]) == result.converged
    assert (effect.lower, effect.upper) == percentile_interval(np.array(result.draws["ab"]), 0.8)
    assert (effect.lower_admissible, effect.upper_admissible) != (effect.lower, effect.upper)


def test_a_resample_that_loses_a_category_is_a_draw_that_did_not_converge(engine):
    rng = np.random.default_rng(0)
    X = rng.normal(size=(30, 3))
    X[:, 0] = 0.0
    X[:2, 0] = 1.0  # two firms with a function: e⁻² of all resamples have none
    result = bootstrap_effects(engine, "d ~ a*x\ny ~ b*d\nab := a*b", X, ["d", "x", "y"], draws=60, seed=5, level=0.8)
    assert 40 < result.converged < 60
    assert len(result.draws["ab"]) == result.converged


def test_an_effect_without_a_value_in_some_draws_has_no_interval(engine, mediation):
    X, names = mediation
    # The path of pure noise changes its sign between draws, and a negative number has no square root.
    X = np.column_stack([X, np.random.default_rng(6).normal(size=len(X))])
    effect = "root := sqrt(w)" if _slope(X, names) > 0 else "root := sqrt(-w)"
    result = bootstrap_effects(engine, f"lrar ~ w*noise\n{effect}", X, [*names, "noise"], draws=50, seed=1, level=0.8)
    assert result.converged == 50
    assert isinstance(result.effects[0].lower, Undefined)
    assert isinstance(result.effects[0].bootstrap_se, Undefined)
    assert result.draws["root"] == ()


def _slope(X, names):
    return np.cov(X[:, names.index("lrar")], X[:, -1])[0, 1]


def test_there_must_be_effects_and_a_converged_start(engine, mediation):
    with pytest.raises(InputError, match="BOOTSTRAP-EFFECTS"):
        bootstrap_effects(engine, "daf ~ exp_rw", *mediation, draws=5, seed=1)
    noise = np.random.default_rng(1).normal(size=(30, 4))
    with pytest.raises(InputError, match="BOOTSTRAP-START"):
        bootstrap_effects(engine, "F =~ a + l*b + c + d\nll := l^2", noise, list("abcd"), draws=5, seed=1)
