"""Number of factors against psych, its laws, and its seed."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from instrument.errors import InputError
from pipeline.measurement.retention import (
    minimum_average_partial,
    parallel_analysis,
    random_eigenvalues,
)
from tests.pipeline.measurement.reference import REFERENCE, cases


@pytest.mark.parametrize(("data", "name"), cases("factor_analyses"))
class TestAgainstPsych:
    @pytest.fixture
    def rows(self, data: str, name: str, frames: dict[str, pd.DataFrame]) -> np.ndarray:
        return frames[data][REFERENCE[data]["factor_analyses"][name]["items"]].dropna().to_numpy(float)

    def test_parallel_analysis(self, data: str, name: str, rows: np.ndarray) -> None:
        expected = REFERENCE[data]["factor_analyses"][name]
        found = parallel_analysis(rows, draws=2000, percentile=95, seed=11)
        assert found.n == expected["n"]
        assert found.eigenvalues == pytest.approx(expected["eigenvalues"], abs=1e-10)
        # Two simulations of 2,000 draws each: six standard errors of their difference, and twice that for a percentile.
        tolerance = 6 * random_eigenvalues(found.n, rows.shape[1], 500, 5).std(axis=0).max() * np.sqrt(2 / 2000)
        assert found.reference_mean == pytest.approx(expected["parallel_mean"], abs=tolerance)
        assert found.reference_percentile == pytest.approx(expected["parallel_percentile"], abs=2 * tolerance)
        assert found.factors == expected["parallel_components"]

    def test_minimum_average_partial(self, data: str, name: str, rows: np.ndarray) -> None:
        expected = REFERENCE[data]["factor_analyses"][name]["map"]
        R = np.corrcoef(rows, rowvar=False)
        found = minimum_average_partial(R)
        assert found.squared[1:] == pytest.approx(expected, abs=1e-9)
        off_diagonal = R[~np.eye(len(R), dtype=bool)]
        assert found.squared[0] == pytest.approx((off_diagonal**2).mean())
        assert found.fourth[0] == pytest.approx((off_diagonal**4).mean())
        assert found.factors == int(np.argmin(expected)) + 1


def with_correlations(R: np.ndarray, n: int) -> np.ndarray:
    """Rows (n, p) whose sample correlations are exactly ``R`` (p, p)."""
    rows = np.random.default_rng(8).standard_normal((n, len(R)))
    white, _ = np.linalg.qr(rows - rows.mean(axis=0))
    return white @ np.linalg.cholesky(R).T


def test_eigenvalues_that_rise_above_the_random_ones_again_are_not_counted() -> None:
    # Equal correlations: one large eigenvalue, 1 + 5·.2, and five of .8, which lie above the smallest random ones.
    found = parallel_analysis(with_correlations(np.full((6, 6), 0.2) + 0.8 * np.eye(6), 40), draws=200, percentile=95,
                              seed=1)
    assert found.eigenvalues == pytest.approx([2, *[0.8] * 5])
    above = np.array(found.eigenvalues) > np.array(found.reference_percentile)
    assert above.tolist()[:2] == [True, False]
    assert above[-1]
    assert found.factors == 1


def test_random_eigenvalues_are_those_of_data_really_drawn() -> None:
    generator = np.random.default_rng(4)
    n, p, draws = 40, 6, 3000
    made = np.array([
        np.linalg.eigvalsh(np.corrcoef(generator.standard_normal((n, p)), rowvar=False))[::-1] for _ in range(draws)
    ])
    found = random_eigenvalues(n, p, draws, seed=1)
    error = made.std(axis=0) * np.sqrt(2 / draws)
    assert (np.abs(found.mean(axis=0) - made.mean(axis=0)) < 5 * error).all()
    assert found.std(axis=0) == pytest.approx(made.std(axis=0), rel=0.1)
    assert found.sum(axis=1) == pytest.approx(np.full(draws, p))


def test_more_draws_keep_the_earlier_ones_and_another_seed_does_not() -> None:
    few, many = random_eigenvalues(50, 5, 10, seed=7), random_eigenvalues(50, 5, 30, seed=7)
    assert np.array_equal(few, many[:10])
    assert not np.allclose(few, random_eigenvalues(50, 5, 10, seed=8))


def test_factors_are_counted_from_the_first_without_a_break() -> None:
    generator = np.random.default_rng(0)
    noise = generator.standard_normal((400, 6))
    assert parallel_analysis(noise, draws=200, percentile=99.9, seed=1).factors == 0
    two = noise + 1.5 * generator.standard_normal((400, 2)).repeat(3, axis=1)
    assert parallel_analysis(two, draws=200, percentile=95, seed=1).factors == 2


def test_revised_map_uses_the_fourth_power() -> None:
    generator = np.random.default_rng(2)
    rows = generator.standard_normal((300, 2)).repeat(4, axis=1) + generator.standard_normal((300, 8))
    R = np.corrcoef(rows, rowvar=False)
    found = minimum_average_partial(R)
    assert (found.factors, found.factors_fourth) == (2, 2)
    first = np.linalg.eigh(R)
    component = first.eigenvectors[:, -1] * np.sqrt(first.eigenvalues[-1])
    left = R - np.outer(component, component)
    partial = left / np.sqrt(np.outer(np.diag(left), np.diag(left)))
    assert found.fourth[1] == pytest.approx((partial[~np.eye(8, dtype=bool)] ** 4).mean())


def test_map_of_unrelated_items_is_no_factor_and_no_nan() -> None:
    found = minimum_average_partial(np.eye(4))
    assert found.factors == found.factors_fourth == 0
    assert np.isfinite(found.squared).all()


def test_incomplete_rows_are_refused(nine: np.ndarray) -> None:
    with_gap = nine.copy()
    with_gap[3, 3] = np.nan
    with pytest.raises(InputError, match="EFA-MISSING"):
        parallel_analysis(with_gap, draws=10, percentile=95, seed=1)
