"""Moments of ordered and numeric variables and their asymptotic covariance: lavaan, closed forms, laws."""

from __future__ import annotations

import numpy as np
import pytest
from ordinal_cases import CASES, Case, load
from scipy.special import ndtri

from instrument.errors import InputError
from pipeline.moments.three_stage import OrdinalMoments, ordinal_moments, three_stages


@pytest.fixture(scope="module", params=CASES)
def case(request: pytest.FixtureRequest) -> Case:
    return load(request.param)


@pytest.fixture(scope="module")
def moments(case: Case) -> OrdinalMoments:
    return case.moments()


def test_the_moments_are_lavaans(case: Case, moments: OrdinalMoments) -> None:
    assert moments.n == case.expected["nobs"]
    np.testing.assert_allclose(moments.vector, case.signs * case.expected["obs"], atol=1e-6, rtol=0)


def test_the_asymptotic_covariance_is_lavaans(case: Case, moments: OrdinalMoments) -> None:
    gamma = case.signs * np.array(case.expected["gamma"]) * case.signs[:, None]
    scale = np.sqrt(np.diag(gamma))
    np.testing.assert_allclose(moments.gamma / np.outer(scale, scale), gamma / np.outer(scale, scale), atol=1e-6,
                               rtol=0)
    np.testing.assert_allclose(1 / np.diag(moments.gamma), case.expected["weight"], rtol=1e-6)


def test_the_parts_are_those_of_the_vector(case: Case, moments: OrdinalMoments) -> None:
    location = np.concatenate([moments.thresholds[k] if level else moments.intercepts[k:k + 1]
                               for k, level in enumerate(case.levels)])
    variances = np.diag(moments.covariance)
    lower = [moments.covariance[i, j] for j in range(len(case.levels)) for i in range(j + 1, len(case.levels))]
    slopes = [moments.slopes[k, c] for c in range(moments.slopes.shape[1]) for k in range(len(case.levels))]
    np.testing.assert_array_equal(moments.vector, np.concatenate(
        [location, slopes, [variances[k] for k, level in enumerate(case.levels) if level == 0], lower]))
    np.testing.assert_array_equal([variances[k] for k, level in enumerate(case.levels) if level], 1)


def test_the_order_of_rows_does_not_matter(case: Case, moments: OrdinalMoments) -> None:
    again = case.moments(np.random.default_rng(2).permutation(len(case.Y)))
    np.testing.assert_allclose(again.vector, moments.vector, atol=1e-9)
    np.testing.assert_allclose(again.gamma, moments.gamma, atol=1e-7 * np.abs(moments.gamma).max())


def test_every_row_twice_changes_neither_moments_nor_gamma(case: Case, moments: OrdinalMoments) -> None:
    # Half a case moved into an empty cell is less of a table twice as large.
    if any("moved" in diagnosis.text for diagnosis in moments.diagnoses):
        pytest.skip("a table of this case has half a case moved into its empty cell")
    twice = case.moments(np.repeat(np.arange(len(case.Y)), 2))
    assert twice.n == 2 * moments.n
    np.testing.assert_allclose(twice.vector, moments.vector, atol=1e-9)
    np.testing.assert_allclose(twice.gamma, moments.gamma, atol=1e-7 * np.abs(moments.gamma).max())


def test_weights_are_rows_taken_so_often(case: Case) -> None:
    count = np.random.default_rng(3).integers(1, 4, len(case.Y))
    weighted = three_stages(case.Y, case.levels, case.x, names=case.names, weights=count.astype(float))
    repeated = case.moments(np.repeat(np.arange(len(case.Y)), count))
    np.testing.assert_allclose(weighted.vector, repeated.vector, atol=1e-9)
    np.testing.assert_allclose(weighted.gamma, repeated.gamma, atol=1e-7 * np.abs(repeated.gamma).max())


@pytest.mark.parametrize("name", ["ordered", "given_gaps", "binary"])
def test_categories_in_reverse_turn_the_signs(name: str) -> None:
    case = load(name)
    plain = case.moments()
    turned = case.Y.copy()
    turned[:, 0] = case.levels[0] - 1 - turned[:, 0]
    found = ordinal_moments(turned, case.levels, case.x, names=case.names)
    np.testing.assert_allclose(found.thresholds[0], -plain.thresholds[0][::-1], atol=1e-8)
    np.testing.assert_allclose(found.covariance[0, 1:], -plain.covariance[0, 1:], atol=1e-8)
    np.testing.assert_allclose(found.covariance[1:, 1:], plain.covariance[1:, 1:], atol=1e-8)
    np.testing.assert_allclose(found.slopes[0], -plain.slopes[0], atol=1e-8)
    np.testing.assert_allclose(np.diag(found.gamma)[-len(case.levels):], np.diag(plain.gamma)[-len(case.levels):],
                               rtol=1e-7)


def test_variables_split_at_their_medians_have_the_closed_form() -> None:
    cells = {(0, 0): 37, (1, 1): 37, (0, 1): 13, (1, 0): 13}
    Y = np.array([cell for cell, count in cells.items() for _ in range(count)], dtype=float)
    found = ordinal_moments(Y, (2, 2), names=("a", "b"))
    np.testing.assert_allclose(found.vector, [0, 0, np.sin(2 * np.pi * (0.37 - 0.25))], atol=1e-10)
    # N times the variance of a median's threshold: ¼/φ(0)² = π/2.
    np.testing.assert_allclose(np.diag(found.gamma)[:2], np.pi / 2, rtol=1e-12)


def test_thresholds_cover_margins_and_gamma_their_multinomial() -> None:
    counts = np.array([10, 25, 40, 25])
    Y = np.column_stack([np.repeat(np.arange(4), counts), np.tile([0, 1], 50)]).astype(float)
    found = ordinal_moments(Y, (4, 2), names=("a", "b"))
    share = np.array([0.10, 0.35, 0.75])
    np.testing.assert_allclose(found.thresholds[0], ndtri(share), atol=1e-14)
    height = np.exp(-ndtri(share) ** 2 / 2) / np.sqrt(2 * np.pi)
    below = np.minimum.outer(share, share) - np.outer(share, share)
    np.testing.assert_allclose(found.gamma[:3, :3], below / np.outer(height, height), rtol=1e-12)


def test_standard_errors_are_the_spread_of_estimates_over_samples() -> None:
    rng = np.random.default_rng(4)
    cuts = (np.array([-0.5, 0.8]), np.array([0.2]))
    estimates, variances = [], []
    for _ in range(120):
        z = rng.multivariate_normal([0, 0, 0], [[1, 0.5, 0.4], [0.5, 1, 0.3], [0.4, 0.3, 1]], size=400)
        Y = np.column_stack([np.digitize(z[:, 0], cuts[0]), np.digitize(z[:, 1], cuts[1]), 2 * z[:, 2]]).astype(float)
        found = ordinal_moments(Y, (3, 2, 0), names="abc")
        estimates.append(found.vector)
        variances.append(np.diag(found.gamma) / 400)
    truth = [-0.5, 0.8, 0.2, 0, 4, 0.5, 0.8, 0.6]
    spread = np.std(estimates, axis=0, ddof=1)
    assert np.all(np.abs(np.mean(estimates, axis=0) - truth) < 4 * spread / np.sqrt(120))
    np.testing.assert_allclose(np.sqrt(np.mean(variances, axis=0)), spread, rtol=0.25)


def test_a_row_without_any_value_is_no_case() -> None:
    case = load("gaps")
    plain, longer = case.moments(), np.vstack([case.Y, np.full((3, 6), np.nan)])
    found = ordinal_moments(longer, case.levels, names=case.names)
    assert found.n == plain.n
    np.testing.assert_allclose(found.gamma, plain.gamma, atol=1e-12)


def test_an_empty_cell_and_an_outlier_left_out_are_diagnosed() -> None:
    codes = {(one.code, one.about) for name in ("binary", "mixed") for one in load(name).moments().diagnoses}
    assert ("empty-cells", ("y1", "y4")) in codes
    assert ("cases-left-out", ("y4", "y5")) in codes


def binary_pair(*rows: tuple[int, ...]) -> np.ndarray:
    return np.array([row for row in rows for _ in range(20)], dtype=float)


@pytest.mark.parametrize(("Y", "levels", "code", "place"), [
    (binary_pair((0, 0), (1, 1)), (2, 2), "ORDERED-PERFECT", "a, b"),
    (np.column_stack([np.arange(20.0), 3 - 2 * np.arange(20.0)]), (0, 0), "ORDERED-PERFECT", "a, b"),
    (binary_pair((0, 0), (0, 2), (1, 0), (1, 2)), (2, 3), "ORDERED-EMPTY", "b"),
    (np.array([[0, np.nan], [1, np.nan], [np.nan, 0], [np.nan, 1]]), (2, 2), "ORDERED-PAIR", "a, b"),
    (np.column_stack([np.tile([0.0, 1.0], 10), np.full(20, 1e9)]), (2, 0), "MOMENTS-CONSTANT", "b"),
])
def test_data_without_moments_are_refused(Y: np.ndarray, levels: tuple[int, ...], code: str, place: str) -> None:
    with pytest.raises(InputError) as caught:
        ordinal_moments(Y, levels, names=("a", "b"))
    assert [(finding.code, finding.place) for finding in caught.value.findings] == [(code, place)]


def test_covariates_that_separate_or_repeat_each_other_are_refused() -> None:
    rng = np.random.default_rng(5)
    x = rng.normal(size=60)
    Y = np.column_stack([x > 0.1, rng.integers(0, 2, 60), rng.normal(size=60)]).astype(float)
    with pytest.raises(InputError) as caught:
        ordinal_moments(Y, (2, 2, 0), x[:, None], names="abc")
    assert [(finding.code, finding.place) for finding in caught.value.findings] == [("ORDERED-PROBIT", "a")]
    with pytest.raises(InputError) as caught:
        ordinal_moments(Y[:, 1:], (2, 0), np.column_stack([x, 2 * x]), names="bc")
    assert [finding.code for finding in caught.value.findings] == ["ORDERED-COVARIATES"] * 2
