"""Draws of rows and clusters, their covariances and correlations, and percentile limits, against plain loops."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import pipeline.measurement.resampled as module
from pipeline.measurement.resampled import (
    draw_counts,
    resampled,
    resampled_covariances,
    resampled_pairwise_correlations,
)
from pipeline.undefined import Undefined


@pytest.fixture(scope="module")
def X() -> np.ndarray:
    rng = np.random.default_rng(4)
    return 100 + rng.standard_normal((60, 1)) + rng.standard_normal((60, 5)) * [1, 2, 3, 4, 5]


def with_gaps(X: np.ndarray) -> np.ndarray:
    return np.where(np.random.default_rng(5).random(X.shape) < 0.15, np.nan, X)


def drawn(X: np.ndarray, count: np.ndarray) -> np.ndarray:
    return np.repeat(X, count, axis=0)


# -- draws --------------------------------------------------------------------------------------------


def test_each_draw_has_as_many_rows_as_the_sample_and_depends_on_the_seed_and_its_number_alone():
    counts = draw_counts(60, 23, 7)
    assert counts.shape == (23, 60)
    assert (counts.sum(axis=1) == 60).all()
    assert np.array_equal(counts[:12], draw_counts(60, 12, 7))
    assert not np.array_equal(counts, draw_counts(60, 23, 8))
    assert len({tuple(count) for count in counts.tolist()}) == 23


def test_whole_clusters_are_drawn_as_many_as_there_are():
    clusters = [f"firm {i // 3}" for i in range(50)] + ["alone"]
    counts = draw_counts(51, 40, 1, clusters)
    for name in set(clusters):
        members = [i for i, cluster in enumerate(clusters) if cluster == name]
        assert (counts[:, members] == counts[:, members[:1]]).all()
    firsts = [clusters.index(name) for name in dict.fromkeys(clusters)]
    assert (counts[:, firsts].sum(axis=1) == len(firsts)).all()
    assert len(set(counts.sum(axis=1).tolist())) > 1


def test_no_draws_are_none_and_a_sample_without_rows_has_no_draws():
    assert draw_counts(10, 0, 1).shape == (0, 10)
    assert resampled_covariances(np.ones((10, 2)), draw_counts(10, 0, 1)).shape == (0, 2, 2)
    with pytest.raises(ValueError, match="needs rows"):
        draw_counts(0, 10, 1)
    with pytest.raises(ValueError, match="clusters"):
        draw_counts(3, 10, 1, ["a", "b"])


# -- moments ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("ddof", [0, 1])
def test_covariances_are_those_of_the_rows_drawn(X, ddof):
    counts = draw_counts(60, 12, 3, [i // 2 for i in range(60)])
    found = resampled_covariances(X, counts, ddof=ddof)
    for count, covariance in zip(counts, found, strict=True):
        np.testing.assert_allclose(covariance, np.cov(drawn(X, count), rowvar=False, ddof=ddof), rtol=1e-10)


@pytest.mark.parametrize("gaps", [False, True])
def test_correlations_use_each_pairs_own_rows(X, gaps):
    values = with_gaps(X) if gaps else X
    counts = draw_counts(60, 12, 3)
    found = resampled_pairwise_correlations(values, counts)
    for count, R in zip(counts, found, strict=True):
        np.testing.assert_allclose(R, pd.DataFrame(drawn(values, count)).corr().to_numpy(), atol=1e-12)


def test_a_pair_without_two_different_answers_has_no_correlation_and_the_others_keep_theirs(X):
    for values in (X.copy(), with_gaps(X)):
        values[:, 0] = np.where(np.isnan(values[:, 0]), np.nan, 3.0)
        R = resampled_pairwise_correlations(values, draw_counts(60, 5, 3))
        assert np.isnan(R[:, 0, 1:]).all()
        assert np.isfinite(R[:, 1:, 1:]).all()
        assert (R[:, 0, 0] == 1).all()


def test_parts_of_draws_give_what_all_together_give(X, monkeypatch):
    values, counts = with_gaps(X), draw_counts(60, 20, 3)
    before = resampled_covariances(X, counts), resampled_pairwise_correlations(values, counts)
    monkeypatch.setattr(module, "_WEIGHTS", 200)
    np.testing.assert_allclose(resampled_covariances(X, counts), before[0], rtol=1e-12)
    np.testing.assert_allclose(resampled_pairwise_correlations(values, counts), before[1], atol=1e-13)


# -- limits -------------------------------------------------------------------------------------------


def test_limits_are_order_statistics_of_the_usable_draws():
    draws = np.random.default_rng(1).permutation(np.r_[np.arange(1.0, 1000.0), [np.nan] * 5])
    found = resampled(500.0, draws)
    assert (found.lower, found.upper) == (25.0, 975.0)  # numbers 1000·.025 and 1000·.975 of 999
    assert (found.requested, found.usable) == (1004, 999)
    assert (resampled(500.0, draws, 0.9).lower, resampled(500.0, draws, 0.9).upper) == (50.0, 950.0)


def test_too_few_usable_draws_or_none_give_a_reason_in_place_of_limits():
    draws = np.r_[np.arange(80.0), [np.nan] * 20]
    found = resampled(1.0, draws)
    assert found.lower == found.upper == Undefined("only 80 of 100 resamples gave a value")
    assert (found.estimate, found.usable) == (1.0, 80)
    assert resampled(1.0, np.array([])).lower == Undefined("no resamples were asked for")
    assert resampled(Undefined("of this"), draws).upper == Undefined("of this")
