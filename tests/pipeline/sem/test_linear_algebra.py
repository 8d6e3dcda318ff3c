"""Inverses of stacks against numpy's, one matrix at a time."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.sem.linalg import cholesky, inverse, invert_triangle, solve_scaled


def positive_definite(rng: np.random.Generator, b: int, p: int) -> np.ndarray:
    """(b, p, p) covariance matrices of variables in units up to a thousandfold apart."""
    A = rng.normal(size=(b, p, p + 5))
    units = 10.0 ** rng.uniform(-1.5, 1.5, size=(b, p, 1))
    return units * (A @ A.swapaxes(-1, -2)) / (p + 5) * units.swapaxes(-1, -2)


@settings(max_examples=40, deadline=None)
@given(st.integers(1, 60), st.integers(1, 5), st.integers(0, 2**32 - 1))
def test_inverse_and_determinant_are_numpys(p, b, seed):
    S = positive_definite(np.random.default_rng(seed), b, p)
    ours = inverse(S)
    sd = np.sqrt(np.diagonal(S, axis1=-2, axis2=-1))
    units = sd[:, :, None] * sd[:, None, :]
    tolerance = 1e-13 * np.linalg.cond(S / units).max()
    np.testing.assert_allclose(ours.inverse * units, np.linalg.inv(S / units), rtol=0, atol=10 * tolerance + 1e-11)
    np.testing.assert_allclose(ours.logdet, np.linalg.slogdet(S)[1], rtol=1e-9, atol=1e-9)
    np.testing.assert_array_equal(ours.inverse.shape, S.shape)
    assert ours.positive.all()


@settings(max_examples=30, deadline=None)
@given(st.integers(1, 40), st.integers(0, 2**32 - 1))
def test_a_triangle_inverted_by_halves_is_its_inverse(p, seed):
    lower = np.linalg.cholesky(positive_definite(np.random.default_rng(seed), 3, p))
    product = invert_triangle(lower) @ lower
    np.testing.assert_allclose(product, np.broadcast_to(np.eye(p), product.shape), atol=1e-7)


@pytest.mark.parametrize("p", [1, 2, 7, 24])
def test_members_that_are_not_positive_definite_are_told_and_leave_the_others_alone(p):
    S = positive_definite(np.random.default_rng(p), 5, p)
    alone = inverse(S)
    spoilt = S.copy()
    spoilt[1, 0, 0] = -1.0
    spoilt[3] = np.nan
    ours = inverse(spoilt)
    assert ours.positive.tolist() == [True, False, True, False, True]
    good = [0, 2, 4]
    np.testing.assert_array_equal(ours.inverse[good], alone.inverse[good])
    np.testing.assert_array_equal(ours.logdet[good], alone.logdet[good])
    assert np.isfinite(ours.inverse).all(), "what is of no use must not spread NaN"


def test_an_indefinite_matrix_with_positive_variances_has_no_factor():
    S = np.array([[[1.0, 2.0], [2.0, 1.0]], [[1.0, 0.5], [0.5, 1.0]]])
    assert cholesky(S)[1].tolist() == [False, True]


def test_the_inverse_carries_a_complex_step():
    """d(Σ⁻¹) = −Σ⁻¹ dΣ Σ⁻¹."""
    rng = np.random.default_rng(2)
    S, dS = positive_definite(rng, 1, 8)[0], rng.normal(size=(8, 8))
    dS = dS + dS.T
    slope = inverse((S + 1e-30j * dS)[None]).inverse[0].imag / 1e-30
    W = np.linalg.inv(S)
    np.testing.assert_allclose(slope, -W @ dS @ W, rtol=1e-8, atol=1e-10 * np.abs(W @ dS @ W).max())


def test_steps_do_not_depend_on_units():
    rng = np.random.default_rng(4)
    H, g = positive_definite(rng, 3, 6), rng.normal(size=(3, 6))
    units = 10.0 ** rng.uniform(-4, 4, size=6)
    plain = solve_scaled(H, g)
    np.testing.assert_allclose(plain, np.linalg.solve(H, g[..., None])[..., 0], rtol=1e-6)
    np.testing.assert_allclose(solve_scaled(H * np.outer(units, units), g * units) * units, plain, rtol=1e-6)


def test_a_singular_matrix_still_gives_a_direction():
    H = np.array([[[1.0, 1.0], [1.0, 1.0]], [[2.0, 0.0], [0.0, 0.0]]])
    step = -solve_scaled(H, np.array([[1.0, 1.0], [1.0, 0.0]]))
    assert np.isfinite(step).all()
    assert (np.einsum("bi,bi->b", step, np.array([[1.0, 1.0], [1.0, 0.0]])) < 0).all()
