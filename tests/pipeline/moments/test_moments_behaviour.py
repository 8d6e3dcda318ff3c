"""Ordinal moments behave as their mathematics says: closed forms, symmetries, limits, and searches that fail."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import norm

from instrument.errors import InputError
from pipeline.moments.bounded_newton import maximise
from pipeline.moments.categories import coded
from pipeline.moments.resampled import resampled_moments
from pipeline.moments.three_stage import OrdinalMoments, ordinal_moments, three_stages

NAMES = ("a", "b", "c")


def rows_of(table: np.ndarray) -> np.ndarray:
    """The rows behind a two-way table of counts."""
    return np.array([cell for cell in np.ndindex(table.shape) for _ in range(table[cell])], dtype=float)


@pytest.fixture(scope="module")
def mixed() -> np.ndarray:
    """300 synthetic rows: three categories, numeric, binary; a tenth missing."""
    rng = np.random.default_rng(5)
    F = rng.normal(size=300)
    y = .8 * F[:, None] + .6 * rng.normal(size=(300, 3))
    Y = np.column_stack([np.digitize(y[:, 0], [-.4, .7]), 3 * y[:, 1] + 4, y[:, 2] > .2]).astype(float)
    Y[rng.random(Y.shape) < .1] = np.nan
    return Y[~np.isnan(Y).all(axis=1)]


def codes(error: pytest.ExceptionInfo[InputError]) -> list[str]:
    return [finding.code for finding in error.value.findings]


# ---- closed forms --------------------------------------------------------------------------------------------------


def test_tetrachoric_of_medians_is_sheppards():
    """P₁₁ = ¼ + arcsin(ρ)/2π where both cuts are 0 (Sheppard 1899)."""
    found = ordinal_moments(rows_of(np.array([[70, 30], [30, 70]])), (2, 2), names=NAMES[:2])
    np.testing.assert_allclose(found.vector[:2], 0, atol=1e-12)
    assert found.vector[2] == pytest.approx(np.sin(2 * np.pi * (.35 - .25)), abs=1e-7)
    # Thresholds: P(1 − P)/φ(τ)² = π/2; given medians, ρ's variance by the delta method from P₁₁, margins known or not.
    assert np.diag(found.gamma)[:2] == pytest.approx([np.pi / 2] * 2)
    share, slope = .7, 2 * np.pi * np.cos(2 * np.pi * .1)
    assert found.gamma[2, 2] == pytest.approx(slope**2 * share * (1 - share) / 4, rel=1e-6)


def test_independent_variables_correlate_0_with_the_variance_of_score_statistics():
    table = np.outer([30, 50, 20], [2, 3])
    found = ordinal_moments(rows_of(table), (3, 2), names=NAMES[:2])
    cuts = [norm.ppf([.3, .8]), norm.ppf([.4])]
    np.testing.assert_allclose(found.vector, [*cuts[0], *cuts[1], 0], atol=1e-7)
    density = [np.diff([0, *norm.pdf(cut), 0]) for cut in cuts]
    information = np.prod([(d**2 / share).sum() for d, share in zip(density, ([.3, .5, .2], [.4, .6]), strict=True)])
    assert found.gamma[-1, -1] == pytest.approx(1 / information, rel=1e-6)


# ---- symmetries ----------------------------------------------------------------------------------------------------


def test_every_row_twice_changes_nothing_but_n(mixed):
    levels = (3, 0, 2)
    one, two = (ordinal_moments(np.concatenate([mixed] * k), levels, names=NAMES) for k in (1, 2))
    assert (one.n, two.n) == (len(mixed), 2 * len(mixed))
    np.testing.assert_allclose(two.vector, one.vector, atol=1e-7)
    np.testing.assert_allclose(two.gamma, one.gamma, rtol=1e-5, atol=1e-6)


def test_a_reversed_variable_changes_signs(mixed):
    """By name: thresholds of ``a`` swap and turn, correlations with it turn, and so do their covariances."""
    turned = mixed.copy()
    turned[:, 0] = 2 - mixed[:, 0]
    one, two = (ordinal_moments(Y, (3, 0, 2), names=NAMES) for Y in (mixed, turned))
    # a|t1 a|t2 b c|t1 b~~b a~b a~c b~c
    order, sign = np.array([1, 0, 2, 3, 4, 5, 6, 7]), np.array([-1, -1, 1, 1, 1, -1, -1, 1])
    np.testing.assert_allclose(two.vector, sign * one.vector[order], atol=1e-6)
    np.testing.assert_allclose(two.gamma, np.outer(sign, sign) * one.gamma[np.ix_(order, order)], atol=1e-4)


@pytest.mark.parametrize("x", [False, True])
def test_the_order_of_variables_moves_moments_and_their_covariance_along(mixed, x):
    covariate = np.random.default_rng(1).normal(size=(len(mixed), 1)) if x else None
    one = ordinal_moments(mixed, (3, 0, 2), covariate, names=NAMES)
    two = ordinal_moments(mixed[:, [2, 0, 1]], (2, 3, 0), covariate, names=("c", "a", "b"))
    # a|t1 a|t2 b c|t1 (slopes a b c) b~~b a~b a~c b~c, against c|t1 a|t1 a|t2 b (slopes c a b) b~~b c~a c~b a~b
    order = [3, 0, 1, 2, 6, 4, 5, 7, 9, 10, 8] if x else [3, 0, 1, 2, 4, 6, 7, 5]
    np.testing.assert_allclose(two.vector, one.vector[order], atol=1e-6)
    np.testing.assert_allclose(two.gamma, one.gamma[np.ix_(order, order)], atol=1e-3)


def test_weights_are_rows_written_out(mixed):
    count = np.random.default_rng(9).integers(0, 4, len(mixed))
    x = np.random.default_rng(2).normal(size=(len(mixed), 1))
    weighted = three_stages(mixed, (3, 0, 2), x, names=NAMES, weights=count)
    written = three_stages(np.repeat(mixed, count, axis=0), (3, 0, 2), np.repeat(x, count, axis=0), names=NAMES)
    assert weighted.n == written.n == count.sum()
    np.testing.assert_allclose(weighted.vector, written.vector, atol=1e-6)
    np.testing.assert_allclose(weighted.gamma, written.gamma, rtol=1e-4, atol=1e-4)


# ---- limits --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("categories", "said"), [(12, 0), (13, 1), (20, 1)])
def test_many_categories_are_told_from_thirteen_on(categories, said):
    data = coded(np.arange(60.0)[:, None] % categories, ("a",))
    assert data.levels == (categories,)
    assert [found.code for found in data.diagnoses] == ["many-categories"] * said


def test_twenty_one_categories_are_too_many():
    with pytest.raises(InputError) as error:
        coded(np.arange(63.0)[:, None] % 21, ("a",))
    assert codes(error) == ["ORDERED-CATEGORIES"]


@pytest.mark.parametrize("levels", [(2, 2), (0, 2), (0, 0)])
@pytest.mark.parametrize("shared", [0, 1])
def test_a_pair_needs_two_rows_that_have_both(levels, shared):
    rng = np.random.default_rng(3)
    Y = np.column_stack([rng.integers(0, k, 40) if k else rng.normal(size=40) for k in levels]).astype(float)
    Y[:20, 0] = np.nan
    Y[20 + shared:, 1] = np.nan
    with pytest.raises(InputError) as error:
        ordinal_moments(Y, levels, names=NAMES[:2])
    assert codes(error) == ["ORDERED-PAIR"]


def test_rows_that_do_not_count_bring_no_pair_together():
    Y = np.random.default_rng(3).integers(0, 2, (60, 2)).astype(float)
    Y[:20, 0], Y[20:40, 1] = np.nan, np.nan
    with pytest.raises(InputError) as error:
        three_stages(Y, (2, 2), names=NAMES[:2], weights=np.repeat([1.0, 0.0], [40, 20]))
    assert codes(error) == ["ORDERED-PAIR"]
    sample: OrdinalMoments = ordinal_moments(Y, (2, 2), names=NAMES[:2])
    stack = resampled_moments(Y, (2, 2), np.repeat([[1, 0], [1, 1]], [40, 20], axis=1), start=sample)
    np.testing.assert_array_equal(stack.usable, [False, True])
    assert np.isnan(stack.vector[0]).all()


def test_rounding_is_no_variation():
    Y = np.column_stack([np.arange(40) % 2, 1e6 + 1e-9 * np.arange(40)])
    with pytest.raises(InputError) as error:
        ordinal_moments(Y, (2, 0), names=NAMES[:2])
    assert codes(error) == ["MOMENTS-CONSTANT"]


@pytest.mark.parametrize("share", [.5, .3])
def test_a_numeric_variable_of_two_values_is_to_be_called_ordered(share):
    """Its mean determines its variance: their scores are collinear and Γ does not exist."""
    rng = np.random.default_rng(6)
    Y = np.column_stack([rng.integers(0, 3, 100), np.arange(100) < 100 * share]).astype(float)
    with pytest.raises(InputError) as error:
        ordinal_moments(Y, (3, 0), names=NAMES[:2])
    assert codes(error) == ["MOMENTS-TWO-VALUES"]
    assert ordinal_moments(Y, (3, 0), rng.normal(size=(100, 1)), names=NAMES[:2]).vector[-2] > 0
    third = Y.copy()
    third[0, 1] = 2
    sample = ordinal_moments(third, (3, 0), names=NAMES[:2])
    counts = np.ones((2, 100))
    counts[0, 0] = 0
    np.testing.assert_array_equal(resampled_moments(third, (3, 0), counts, start=sample).usable, [False, True])


@pytest.mark.parametrize("row", [0, 3])
def test_an_answer_nobody_else_gave_at_the_end_of_another_has_no_correlation(row):
    table = np.array([[70, 85, 85, 60], [0, 0, 0, 0]])
    table[0, row], table[1, row] = table[0, row] - 1, 1
    with pytest.raises(InputError) as error:
        ordinal_moments(rows_of(table), (2, 4), names=NAMES[:2])
    assert codes(error) == ["ORDERED-SEARCH"]


# ---- what is told --------------------------------------------------------------------------------------------------


def test_a_search_that_does_not_end_has_not_converged():
    def derivatives(rho, which):
        """A parabola about .4; a slope that is undefined; one that stays 1; a likelihood that rises to its bound."""
        slope = np.stack([.4 - rho, np.full_like(rho, np.nan), rho * 0 + 1, rho * 0 + 1])
        bend = np.stack([rho * 0 - 1, rho * 0 - 1, rho * 0 - 1e6, rho * 0 + 1])
        at = np.arange(len(rho))
        return slope[which, at], bend[which, at]

    found, converged = maximise(derivatives, np.array([.1, .1, .1, .1]), .999)
    np.testing.assert_array_equal(converged, [True, False, False, True])
    assert found[0] == pytest.approx(.4)
    assert found[3] == .999


@pytest.mark.parametrize(("cell", "moved"), [(0.5, True), (0.0, False)])
def test_what_was_moved_into_an_empty_cell_is_told_only_if_it_was(cell, moved):
    Y = rows_of(np.array([[20, 10], [0, 30]]))
    (told,) = (found for found in three_stages(Y, (2, 2), names=NAMES[:2], empty_cell=cell).diagnoses
               if found.code == "empty-cells")
    assert told.about == ("a", "b")
    assert ("moved" in told.text) == moved


def test_a_step_too_far_is_taken_back():
    """From .405 the first step leads to .9987, where a cell with two cases has no probability left to speak of.

    The correlation is lavaan 0.6-14's of this table.
    """
    table = np.array([[39.0, 72.0], [2.0, 87.0]])
    first, second = (np.repeat(k, table.ravel().astype(int)) for k in ([0, 0, 1, 1], [0, 1, 0, 1]))
    found = ordinal_moments(np.column_stack([first, second]).astype(float), (2, 2), names=("a", "b"))
    assert found.covariance[1, 0] == pytest.approx(0.7621134, abs=1e-5)
