"""Kernels of fit where arithmetic by hand, or a law, says what must come out."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import multivariate_normal, ncx2

from pipeline.sem import indices
from pipeline.undefined import Undefined

NONE = np.array([], dtype=np.intp)


def test_indices_by_hand():
    # χ² = 10 on 4 df, baseline 110 on 10 df, N = 100
    assert indices.cfi(10, 4, 110, 10) == pytest.approx(1 - 6 / 100)
    assert indices.tli(10, 4, 110, 10) == pytest.approx(1 - 6 * 10 / (100 * 4))
    assert indices.rmsea(10, 4, 100) == pytest.approx(np.sqrt(6 / 400))
    assert indices.information_criteria(-50, 3, 100) == pytest.approx(
        (106, 100 + 3 * np.log(100), 100 + 3 * np.log(4.25)))


def test_cfi_is_truncated_and_tli_is_not():
    assert indices.cfi(2, 4, 110, 10) == 1
    assert indices.tli(2, 4, 110, 10) > 1
    assert indices.tli(100, 4, 30, 10) < 0
    assert indices.cfi(100, 4, 30, 10) == 0


def test_without_degrees_of_freedom_tests_are_undefined():
    assert isinstance(indices.chisq_pvalue(0.0, 0), Undefined)
    assert isinstance(indices.rmsea_close_pvalue(0.0, 0, 100), Undefined)


@given(st.floats(0.01, 500), st.integers(1, 80), st.integers(10, 3000))
def test_rmsea_limits_put_chisq_at_their_tails(chisq, df, n):
    lower, upper = indices.rmsea_interval(chisq, df, n)
    assert 0 <= lower <= indices.rmsea(chisq, df, n) + 1e-9
    assert lower <= upper
    for limit, tail in ((lower, 0.95), (upper, 0.05)):
        noncentrality = limit**2 * n * df
        if noncentrality > 1e-3:
            assert ncx2.cdf(chisq, df, noncentrality) == pytest.approx(tail, abs=1e-5)


def test_the_upper_limit_is_found_where_lavaan_stops_looking():
    # Five cases: λ = 8.2 lies beyond lavaan's bound max(N, 4χ²) = 6, where it prints 0.
    assert indices.rmsea_interval(1.5, 1, 5)[1] == pytest.approx(np.sqrt(8.2 / 5), abs=0.01)


def test_loglikelihood_is_the_conditional_normal_density():
    rng = np.random.default_rng(3)
    X = rng.normal(size=(50, 4)) @ rng.normal(size=(4, 4))
    X -= X.mean(axis=0)
    S = X.T @ X / 50
    x = np.array([2, 3])
    joint = multivariate_normal(np.zeros(4), S).logpdf(X).sum()
    marginal = multivariate_normal(np.zeros(2), S[2:, 2:]).logpdf(X[:, 2:]).sum()
    assert indices.loglikelihood(S, S, NONE, 50) == pytest.approx(joint)
    assert indices.loglikelihood(S, S, x, 50) == pytest.approx(joint - marginal)


def test_perfect_fit_and_independence_are_the_ends_of_the_scale():
    S = np.array([[2.0, 0.5, 0.3], [0.5, 1.0, 0.2], [0.3, 0.2, 1.5]])
    D = np.diag(np.diag(S))
    assert indices.discrepancy(S, S) == pytest.approx(0)
    assert (indices.srmr(S, S), indices.gfi(S, S, NONE)) == (0, 1)
    assert indices.baseline(S, NONE, 200) == (pytest.approx(200 * indices.discrepancy(S, D)), 3)
    # Keeping one exogenous covariance costs the baseline one degree of freedom.
    assert indices.baseline(S, np.array([1, 2]), 200)[1] == 2
    assert indices.baseline(D, NONE, 200)[0] == pytest.approx(0)
