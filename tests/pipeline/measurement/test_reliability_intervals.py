"""Intervals of every coefficient of a scale: against R, against a loop that refits every draw, and their reasons."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from pipeline.measurement import batched_categorical
from pipeline.measurement.batched_categorical import (
    categorical_omegas,
    ordinal_alphas,
    polychoric_draws,
    polychoric_loadings,
)
from pipeline.measurement.batched_one_factor import composite_reliability, fit_one_factor_stack, variance_extracted
from pipeline.measurement.green_yang import SumScore, green_yang
from pipeline.measurement.lower_bounds import greatest_lower_bound
from pipeline.measurement.one_factor import average_variance_extracted, fit_one_factor, omega_total
from pipeline.measurement.ordinal_reliability import ordinal_reliability
from pipeline.measurement.reliability import reliability
from pipeline.measurement.reliability_intervals import (
    Drawn,
    covariance_bounds,
    reliability_intervals,
    varying_covariances,
    with_interval,
)
from pipeline.measurement.resampled import draw_counts, resampled_covariances
from pipeline.moments.categories import coded
from pipeline.sem.intervals import percentile_interval
from pipeline.undefined import Undefined

FOLDER = Path(__file__).parents[2] / "reference"
R = json.loads((FOLDER / "consistency" / "reference.json").read_text(encoding="utf-8"))["scales"]
LIKERT = pd.read_csv(FOLDER / "measurement" / "likert.csv")
NAMES = ("a", "b", "c", "d", "e")


def answers(
    n: int = 120, loadings: tuple[float, ...] = (0.8, 0.7, 0.6, 0.7), seed: int = 3, points: int = 5,
) -> np.ndarray:
    rng = np.random.default_rng(seed)
    L = np.array(loadings)
    response = rng.standard_normal((n, 1)) * L + rng.standard_normal((n, len(L))) * np.sqrt(1 - L**2)
    return 1.0 + np.digitize(response, np.linspace(-1.4, 1.2, points - 1))


def intervals(X: np.ndarray, draws: int = 0, seed: int = 1):
    return reliability_intervals(X, NAMES[:X.shape[1]], draw_counts(len(X), draws, seed), name="s", label="S")


# -- the sample, against R ----------------------------------------------------------------------------


@pytest.mark.parametrize("name", [name for name in R if name.startswith("likert")])
def test_the_samples_coefficients_are_psychs_and_semtools(name):
    expected = R[name]
    found = reliability_intervals(LIKERT[expected["items"]].to_numpy(float), expected["items"],
                                  np.zeros((0, len(LIKERT))), name=name, label=name)
    assert found.sample.n == expected["n"]
    for ours, theirs, tolerance in (
        ("alpha", "alpha", 1e-12), ("alpha_standardised", "alpha_standardised", 1e-12), ("mean_r", "mean_r", 1e-12),
        ("omega", "omega", 1e-5), ("ave", "avevar", 1e-5), ("alpha_ordinal", "alpha_ord", 1e-6),
        ("omega_categorical", "comp_rel_ord", 1e-5),
    ):
        assert found.coefficients[ours].resampled.estimate == pytest.approx(expected[theirs], abs=tolerance), ours
    # Also of items that are not keyed one way, whose sum hardly varies.
    assert found.coefficients["glb"].resampled.estimate >= found.coefficients["lambda2"].resampled.estimate


@pytest.mark.parametrize("name", list(R))
def test_stacks_of_covariances_give_psychs_and_semtools_values(name):
    """Each covariance stands twice in its stack; λ2, λ6 and psych's omega are of correlations there."""
    expected = R[name]
    C = np.array(expected["covariance"])
    sd = np.sqrt(np.diag(C))
    bounds = covariance_bounds(np.stack([C / np.outer(sd, sd)] * 2))
    assert bounds["lambda2"] == pytest.approx([expected["lambda2_of_correlations"]] * 2, abs=1e-10)
    assert bounds["lambda6"] == pytest.approx([expected["lambda6_of_correlations"]] * 2, abs=1e-10)
    fits = fit_one_factor_stack(np.stack([C, C]), fit_one_factor(C, expected["n"]))
    assert composite_reliability(fits) == pytest.approx([expected["omega"]] * 2, abs=1e-5)
    assert variance_extracted(fits) == pytest.approx([expected["avevar"]] * 2, abs=1e-5)
    if name != "likert_a":  # psych turns items round there
        standard = fit_one_factor_stack((C / np.outer(sd, sd))[None])
        # psych has the observed variance of the sum in the denominator.
        observed = 1 - standard.uniquenesses.sum() / (C / np.outer(sd, sd)).sum()
        assert observed == pytest.approx(expected["omega_of_correlations"], abs=2e-5)


def test_a_stack_of_units_is_fitted_in_its_own_units():
    """Omega and AVE of a sum change with the items' units, and the loadings go with them."""
    C = np.array(R["likert_b"]["covariance"])
    units = np.array([1.0, 10.0, 1.0, 0.1])
    fits = fit_one_factor_stack(np.stack([C, C * np.outer(units, units)]))
    np.testing.assert_allclose(fits.loadings[1], fits.loadings[0] * units, rtol=1e-6)
    np.testing.assert_allclose(fits.uniquenesses[1], fits.uniquenesses[0] * units**2, rtol=1e-6)
    assert abs(np.subtract(*composite_reliability(fits))) > 0.01


# -- the draws, against a loop ------------------------------------------------------------------------


@pytest.mark.parametrize("loadings", [(0.75, 0.75, 0.7), (0.8, 0.7, 0.6, 0.7)])
def test_every_interval_is_that_of_a_loop_that_refits_each_draw_by_itself(loadings):
    """Rows are repeated, and every coefficient computed by the functions for a single sample."""
    X = answers(loadings=loadings)
    X[:6, 0] = np.nan
    draws, names = 9, NAMES[:len(loadings)]
    counts = draw_counts(len(X), draws, 9)
    found = reliability_intervals(X, names, counts, name="s", label="S", level=0.8).coefficients
    values: dict[str, list[float]] = {key: [] for key in found}
    for count in counts:
        rows = np.repeat(X, count, axis=0)
        one, ordinal = reliability(rows, names, name="s", label="S"), ordinal_reliability(rows, names)
        whole = rows[~np.isnan(rows).any(axis=1)]
        bounds = covariance_bounds(np.cov(whole, rowvar=False)[None])
        for key, value in {"alpha": one.alpha, "omega": one.omega, "ave": one.ave, "alpha_ordinal": ordinal.alpha,
                           "omega_categorical": ordinal.omega, **{k: float(v[0]) for k, v in bounds.items()}}.items():
            values[key].append(np.nan if isinstance(value, Undefined) else value)
    for key, coefficient in found.items():
        usable = np.array(values[key])[np.isfinite(values[key])]
        assert coefficient.resampled.usable == len(usable), key
        assert coefficient.resampled.requested == draws == len(usable)
        limits = percentile_interval(usable, 0.8)
        assert coefficient.resampled.lower == pytest.approx(limits.lower, abs=2e-6 if key == "glb" else 1e-6), key
        assert coefficient.resampled.upper == pytest.approx(limits.upper, abs=2e-6 if key == "glb" else 1e-6), key


def test_a_draw_that_loses_a_category_is_what_it_would_be_had_nobody_given_that_answer():
    X = answers(points=7, seed=2)
    X[0, 0], X[1, 1], X[2, 2] = 9.0, 9.0, -3.0
    X[3, 3], X[:, 3] = 4.0, np.where(X[:, 3] == 4, 5, X[:, 3])  # codes need not be consecutive
    X[3, 3] = 4.0
    counts = draw_counts(len(X), 12, 5)
    data = coded(X, NAMES[:4])
    draws = polychoric_draws(data.values, data.levels, counts, weighted=True)
    start = np.array(list(ordinal_reliability(X, NAMES[:4]).loadings.values()))
    omegas = categorical_omegas(draws, polychoric_loadings(draws, start), data.codes)
    alphas = ordinal_alphas(draws.correlations)
    lost = 0
    for draw, count in enumerate(counts):
        one = ordinal_reliability(np.repeat(X, count, axis=0), NAMES[:4])
        lost += any(len(one.categories[name]) < len(codes) for name, codes in zip(NAMES, data.codes, strict=False))
        assert alphas[draw] == pytest.approx(one.alpha, abs=1e-6)
        assert omegas[draw] == pytest.approx(one.omega, abs=1e-6)
    assert lost > 6


@pytest.mark.parametrize("largest", [0.6, 0.89, 0.94, 0.98, 0.999])
def test_the_single_integral_of_categorical_omega_equals_the_sum_of_double_ones(largest):
    X = answers(seed=6)
    data = coded(X, NAMES[:4])
    draws = polychoric_draws(data.values, data.levels, np.ones((1, len(X))), weighted=False)
    loadings = np.array([[largest, 0.5, -0.3, 0.7]])
    cuts = [each[:, 0] for each in draws.thresholds]
    score = SumScore(np.concatenate(cuts), np.repeat(np.arange(4), [len(each) for each in cuts]),
                     np.concatenate([np.diff(each) for each in data.codes]).astype(float))
    assert categorical_omegas(draws, loadings, data.codes)[0] == pytest.approx(
        green_yang(score, loadings[0]).value, abs=1e-8)


def test_draws_that_quick_steps_do_not_fit_are_fitted_by_themselves():
    """Matrices far from the sample's: steps with its Hessian lead nowhere, and the answer is the same all the same."""
    sample = np.cov(answers(n=400), rowvar=False)
    far = np.stack([np.cov(answers(60, (0.2, -0.6, 0.9, 0.5), seed), rowvar=False) for seed in range(8)])
    fits = fit_one_factor_stack(far, fit_one_factor(sample, 400))
    alone = [fit_one_factor(one, 60) for one in far]
    for draw, one in enumerate(alone):
        assert fits.converged[draw] == one.converged
        np.testing.assert_allclose(np.abs(fits.loadings[draw]), np.abs(one.loadings), atol=1e-6)
        np.testing.assert_allclose(fits.uniquenesses[draw], one.uniquenesses, atol=1e-6)
        if one.uniquenesses.min() > 0:
            assert composite_reliability(fits)[draw] == pytest.approx(omega_total(one)[0], abs=1e-7)
            assert variance_extracted(fits)[draw] == pytest.approx(average_variance_extracted(one), abs=1e-7)


def test_intervals_cover_what_they_estimate():
    """Known truth: parallel items with loading .7, for which alpha, omega and the greatest lower bound are the same."""
    k, truth = 4, 4 * 0.49 / (1 + 3 * 0.49)
    rng, covered = np.random.default_rng(11), {"alpha": 0, "omega": 0}
    for _ in range(30):
        X = 0.7 * rng.standard_normal((200, 1)) + np.sqrt(0.51) * rng.standard_normal((200, k))
        found = resampled_covariances(X, draw_counts(200, 119, 5))
        sample = fit_one_factor(np.cov(X, rowvar=False), 200)
        alphas = k / (k - 1) * (1 - np.trace(found, axis1=1, axis2=2) / found.sum(axis=(1, 2)))
        for key, draws in (("alpha", alphas), ("omega", composite_reliability(fit_one_factor_stack(found, sample)))):
            limits = percentile_interval(draws, 0.95)
            covered[key] += limits.lower < truth < limits.upper
    assert all(25 <= count <= 30 for count in covered.values())  # 28.5 expected


# -- reasons ------------------------------------------------------------------------------------------


def test_two_items_have_alpha_and_bounds_but_no_factor():
    found = intervals(answers(loadings=(0.8, 0.7)), 99).coefficients
    assert found["alpha"].resampled.usable == 99
    assert found["alpha"].resampled.lower < found["alpha"].resampled.estimate < found["alpha"].resampled.upper
    # With two items the correlation is all there is: alpha of standardised items is the Spearman–Brown formula.
    r = found["mean_r"].resampled.estimate
    assert found["alpha_standardised"].resampled.estimate == pytest.approx(2 * r / (1 + r))
    for key in ("omega", "ave", "omega_categorical"):
        assert found[key].resampled.estimate == Undefined("one factor is not identified by two items")
        assert found[key].resampled.lower == found[key].resampled.estimate


@pytest.mark.parametrize(("X", "words"), [
    (answers(loadings=(0.8,)), "two items or more"),
    (np.column_stack([answers(), np.full(120, 3.0)]), "one and the same answer"),
    (np.full((120, 4), np.nan), "0 rows are complete"),
    (answers(n=2), "2 rows are complete"),
])
def test_what_the_answers_cannot_give_says_why(X, words):
    found = intervals(X, 20)
    for coefficient in found.coefficients.values():
        assert isinstance(coefficient.resampled.estimate, Undefined)
        assert words in coefficient.resampled.estimate.because
        assert isinstance(coefficient.resampled.lower, Undefined)
        assert coefficient.note == ""


def test_a_rare_answer_leaves_draws_without_variance_and_these_are_counted():
    X = np.column_stack([answers(), np.where(np.arange(120) == 0, 5.0, 4.0)])
    found = intervals(X, 60).coefficients["alpha"]
    constant = int((draw_counts(120, 60, 1)[:, 0] == 0).sum())
    assert found.resampled.usable == 60 - constant
    assert f"{constant} resamples left out because an item did not vary" in found.note
    assert found.resampled.lower == Undefined(f"only {60 - constant} of 60 resamples gave a value")


def test_a_heywood_case_of_some_draws_is_left_out_and_counted():
    """Three items with r₁₂ and r₁₃ so high for r₂₃ that λ₁ is just below 1 in the sample."""
    rng = np.random.default_rng(2)
    X = rng.standard_normal((150, 3)) @ np.linalg.cholesky(
        np.array([[1, 0.70, 0.70], [0.70, 1, 0.51], [0.70, 0.51, 1]])).T
    found = intervals(X, 200)
    improper = 200 - found.coefficients["omega"].resampled.usable
    assert 0 < improper < 200
    said = f"{improper} resamples left out because the one-factor model was improper"
    assert said in found.coefficients["omega"].note
    assert found.coefficients["alpha"].resampled.usable == 200


def test_an_improper_sample_has_no_omega_and_asks_no_draws_for_one():
    rng = np.random.default_rng(1)
    X = rng.standard_normal((300, 3)) @ np.linalg.cholesky(
        np.array([[1, 0.8, 0.8], [0.8, 1, 0.4], [0.8, 0.4, 1]])).T
    found = intervals(X, 45)
    assert "improper" in found.coefficients["omega"].resampled.estimate.because
    assert found.coefficients["omega"].resampled.lower == found.coefficients["omega"].resampled.estimate
    assert not isinstance(found.coefficients["alpha"].resampled.lower, Undefined)


def test_answers_that_are_no_categories_have_no_ordinal_coefficients():
    found = intervals(answers() + 0.5, 30).coefficients
    assert "no ordered categories" in found["alpha_ordinal"].resampled.estimate.because
    assert found["omega"].resampled.usable == 30


def test_the_greatest_lower_bound_says_that_it_is_too_high():
    """Many items, few rows: the resamples repeat the sample's own overestimation."""
    X = answers(n=50, loadings=(0.5, 0.5, 0.5, 0.5, 0.5))
    found = intervals(X, 45).coefficients
    assert found["glb"].bias > 0
    assert "above the sample on average" in found["glb"].note
    C = np.cov(X, rowvar=False)
    assert found["glb"].resampled.estimate == pytest.approx(float(greatest_lower_bound(C).value), abs=1e-6)


@pytest.mark.parametrize(("off", "said"), [(0.26, 0.26), (-0.26, -0.26), (0.24, 0.0)])
def test_draws_are_off_by_more_than_a_quarter_of_their_standard_deviation_or_nothing_is_said(off, said):
    draws = np.linspace(-1, 1, 101)
    draws = draws / draws.std(ddof=1) + 0.5 + off
    found = with_interval(0.5, Drawn(np.append(draws, np.nan), {}), 102, 0.95)
    assert found.bias == pytest.approx(said)
    assert ("above" in found.note, "below" in found.note) == (said > 0, said < 0)


def test_a_draw_in_which_items_vary_but_not_their_sum_has_no_alpha():
    rows = np.array([[1.0, 4.0], [4.0, 1.0], [2.0, 2.0], [5.0, 4.0]])
    covariances, good = varying_covariances(rows, np.array([[2, 2, 0, 0], [1, 1, 1, 1], [0, 0, 0, 4]]))
    assert good.tolist() == [False, True, False]
    assert covariances[0].sum() == pytest.approx(0, abs=1e-12)
    assert covariances[0].diagonal().min() > 1


def test_an_item_that_a_draw_leaves_with_two_of_its_categories_is_not_taken_for_a_dichotomous_one():
    X = answers(n=200, points=3, seed=8)
    X[:, 0] = np.where(np.arange(200) == 0, 1.0, np.maximum(X[:, 0], 2.0))
    counts = np.ones((2, 200))
    counts[1, :2] = 0, 2
    data = coded(X, NAMES[:4])
    assert data.levels[0] == 3
    assert polychoric_draws(data.values, data.levels, counts, weighted=False).usable.tolist() == [True, False]


def test_draws_that_the_quick_search_leaves_out_are_fitted_with_the_same_weights(monkeypatch):
    X = answers(points=5, seed=2)
    data = coded(X, NAMES[:4])
    draws = polychoric_draws(data.values, data.levels, draw_counts(len(X), 3, 5), weighted=True)
    start = np.full(4, 0.7)
    quick = polychoric_loadings(draws, start)
    monkeypatch.setattr(batched_categorical, "_newton", lambda R, weights, start: np.full((len(R), 4), np.nan))
    np.testing.assert_allclose(polychoric_loadings(draws, start), quick, atol=1e-6)


@pytest.mark.parametrize("k", [3, 5])
def test_loadings_of_draws_have_a_sum_that_is_not_negative(k):
    loadings = np.array([0.6, -0.7, -0.8, 0.1, -0.5])[:k]
    R = np.outer(loadings, loadings)
    np.fill_diagonal(R, 1)
    found = fit_one_factor_stack(R[None])
    np.testing.assert_allclose(found.loadings[0], -loadings, atol=1e-6)
    assert found.proper.all()


@pytest.mark.parametrize("R", [
    [[1, 0.62, 0.80, 0.63], [0.62, 1, 0.35, 0.75], [0.80, 0.35, 1, 0.70], [0.63, 0.75, 0.70, 1]],
    [[1, 0.60, 0.96, 0.93], [0.60, 1, 0.74, 0.83], [0.96, 0.74, 1, 0.95], [0.93, 0.83, 0.95, 1]],
])
def test_a_whole_step_that_leads_uphill_is_halved(R):
    """Correlations that one factor fits badly: whole steps of Fisher scoring leave the positive definite matrices."""
    found, alone = fit_one_factor_stack(np.array([R])), fit_one_factor(np.array(R), 100)
    assert found.proper.all()
    assert alone.converged
    np.testing.assert_allclose(np.abs(found.loadings[0]), np.abs(alone.loadings), atol=1e-5)
