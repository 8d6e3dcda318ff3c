"""The bivariate normal against an independent integral, closed forms and its limits."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.special import ndtr

from pipeline.moments.bivariate_normal import density, density_and_slope, distribution, grid, rectangle


def integral(a: float, b: float, rho: float) -> float:
    """P(X ≤ a, Y ≤ b) by integrating the conditional distribution of Y over x, split where it turns."""
    root = np.sqrt(1 - rho * rho)
    turn = b / rho
    knots = [k for k in (turn - 8 * root, turn - 2 * root, turn, turn + 2 * root, turn + 8 * root, -2.0, 0.0, 2.0)
             if -9 < k < a]
    edges = [-9.0, *sorted(knots), a]
    return sum(quad(lambda x: np.exp(-x * x / 2) / np.sqrt(2 * np.pi) * ndtr((b - rho * x) / root), low, high,
                    epsabs=1e-14, epsrel=1e-12)[0] for low, high in pairwise(edges))


@pytest.mark.parametrize("rho", [0.05, -0.3, 0.6, -0.85, 0.95, -0.99, 0.9999, -0.99999])
def test_the_distribution_is_the_integral_of_the_conditional_one(rho: float) -> None:
    for a, b in ((0.0, 0.0), (0.5, 0.5), (0.5, 0.50001), (-1.2, 0.7), (2.5, -2.4), (1e-9, 0.3), (-3.0, -2.9)):
        assert distribution(a, b, rho) == pytest.approx(integral(a, b, rho), abs=2e-13)


def test_quadrature_and_owens_t_agree_at_every_correlation() -> None:
    rng = np.random.default_rng(1)
    rho = rng.uniform(-1, 1, 3000)
    a, b = rng.normal(scale=2.5, size=(2, 12, 3000))
    np.testing.assert_allclose(grid(a, b, rho), distribution(a, b, rho), atol=1e-14, rtol=0)
    for high in (0.29, 0.49, 0.69, 0.79, 0.89):
        np.testing.assert_allclose(grid(a, b, rho * high), distribution(a, b, rho * high), atol=1e-14, rtol=0)


def test_the_quadrant_has_its_closed_form() -> None:
    rho = np.array([-0.9, -0.2, 0.0, 0.5, 0.99])
    np.testing.assert_allclose(distribution(0, 0, rho), 0.25 + np.arcsin(rho) / (2 * np.pi), atol=1e-15)


def test_infinite_limits_and_perfect_correlation_are_the_margins() -> None:
    infinity = np.inf
    np.testing.assert_allclose(distribution([infinity, -infinity, infinity, 0.4], [0.4, 0.4, infinity, infinity], 0.6),
                               [ndtr(0.4), 0, 1, ndtr(0.4)], atol=1e-15)
    np.testing.assert_allclose(distribution([1.0, 1.0, -1.0], [0.3, -0.3, -0.3], [1.0, -1.0, -1.0]),
                               [ndtr(0.3), ndtr(1.0) - ndtr(0.3), 0], atol=1e-15)
    assert density(infinity, 0.0, 0.5) == 0


def test_the_density_is_the_slope_in_rho_and_has_its_own_slope() -> None:
    a, b, rho, step = np.array([0.3, -1.0]), np.array([1.1, 0.4]), np.array([0.7, -0.4]), 1e-5
    phi, slope = density_and_slope(a, b, rho)
    np.testing.assert_allclose(phi, density(a, b, rho), rtol=1e-14)
    np.testing.assert_allclose(phi, (distribution(a, b, rho + step) - distribution(a, b, rho - step)) / (2 * step),
                               rtol=1e-8)
    np.testing.assert_allclose(slope, (density(a, b, rho + step) - density(a, b, rho - step)) / (2 * step), rtol=1e-8)


def test_rectangles_cover_the_plane() -> None:
    a, b = np.array([-np.inf, -1.0, 0.2, np.inf]), np.array([-np.inf, 0.0, 1.5, np.inf])
    cells = rectangle(a[:-1, None], a[1:, None], b[None, :-1], b[None, 1:], -0.8)
    assert cells.sum() == pytest.approx(1, abs=1e-14)
    np.testing.assert_allclose(cells.sum(axis=1), np.diff(ndtr(a)), atol=1e-15)
