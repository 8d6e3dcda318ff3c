"""Lower bounds against an independent algorithm in R and closed forms; the certificate of the greatest one."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from pipeline.measurement.lower_bounds import (
    TOLERANCE,
    GuttmanBounds,
    greatest_lower_bound,
    guttman_bounds,
    split_signs,
)
from pipeline.measurement.stacked import inverses, positive_definite, solutions
from tests.pipeline.measurement.items_reference import CLOSED_FORM, REFERENCE

BOUNDS = REFERENCE["bounds"]
LAMBDAS = tuple(GuttmanBounds.__dataclass_fields__)


def matrix(name: str) -> NDArray[np.float64]:
    return np.array(BOUNDS[name]["matrix"])


def draws(k: int, n: int, rows: int, seed: int = 2) -> NDArray[np.float64]:
    """(n, k, k) covariances of small samples with one common factor."""
    generator = np.random.default_rng(seed)
    X = generator.standard_normal((n, rows, k)) + generator.standard_normal((n, rows, 1))
    X -= X.mean(axis=1, keepdims=True)
    return X.transpose(0, 2, 1) @ X / rows


@pytest.mark.parametrize("name", BOUNDS)
def test_guttmans_bounds_are_as_in_r(name: str) -> None:
    found, expected = guttman_bounds(matrix(name)), BOUNDS[name]["lambdas"]
    for field in LAMBDAS:
        assert getattr(found, field) == pytest.approx(expected[field], abs=CLOSED_FORM), field


@pytest.mark.parametrize("name", ["items_correlation", "thurstone", "harman_eight", "parallel"])
def test_psych_agrees_on_correlations(name: str) -> None:
    found, psych = guttman_bounds(matrix(name)), BOUNDS[name]["psych"]
    for place in (1, 2, 3, 5, 6):
        assert getattr(found, f"lambda{place}") == pytest.approx(psych[f"lambda.{place}"], abs=CLOSED_FORM)
    # psych looks at halves only.
    assert float(found.lambda4) >= psych["maxrb"] - CLOSED_FORM


@pytest.mark.parametrize("name", BOUNDS)
def test_the_greatest_bound_is_that_of_another_algorithm(name: str) -> None:
    found = greatest_lower_bound(matrix(name))
    expected = BOUNDS[name]["glb"]
    assert bool(found.converged)
    assert 0 <= float(found.gap) <= TOLERANCE / 2 < 1e-8
    assert float(found.value - found.gap) - 1e-12 <= expected <= float(found.value) + 1e-12


def test_the_errors_reach_the_bound_and_leave_possible_true_scores() -> None:
    C = draws(5, 200, 12)
    found = greatest_lower_bound(C)
    assert found.converged.all()
    assert found.gap.max() < 1e-8
    assert (found.errors > 0).all()
    assert found.value == pytest.approx(1 - found.errors.sum(axis=1) / C.sum(axis=(1, 2)), abs=1e-13)
    true = C - found.errors[:, :, None] * np.eye(5)
    smallest = np.linalg.eigvalsh(true)[:, 0] / C.sum(axis=(1, 2))
    assert smallest.min() > -1e-14
    assert smallest.max() < 1e-6  # a bound that could be lowered would leave room


def test_no_other_bound_is_above_the_greatest() -> None:
    C = draws(4, 500, 9)
    greatest, others = greatest_lower_bound(C).value, guttman_bounds(C)
    for field in LAMBDAS:
        assert (getattr(others, field) <= greatest + 1e-9).all(), field


def test_equal_covariances_make_it_alpha() -> None:
    C = np.full((4, 4), 0.9) + np.diag([1.0, 0.4, 2.0, 0.7])
    assert greatest_lower_bound(C).value == pytest.approx(float(guttman_bounds(C).lambda3), abs=TOLERANCE)


def test_three_items_of_a_heywood_case_have_the_closed_form() -> None:
    """r12 = r13 = .8 and r23 = .5: the first item has no error, so what it leaves of the others, variances .36 and
    covariance −.14, must stay positive semidefinite: each gives .36 − .14 to error."""
    found = greatest_lower_bound(np.array([[1, 0.8, 0.8], [0.8, 1, 0.5], [0.8, 0.5, 1]]))
    assert found.errors[0] == pytest.approx(0, abs=1e-7)
    assert found.errors[1] == pytest.approx(0.22, abs=1e-7) == found.errors[2]
    assert float(found.value) == pytest.approx(1 - 0.44 / 7.2, abs=TOLERANCE)


def test_a_stack_is_its_matrices_one_by_one() -> None:
    C = draws(4, 6, 10).reshape(2, 3, 4, 4)
    together, bounds = greatest_lower_bound(C), guttman_bounds(C)
    assert together.value.shape == together.gap.shape == (2, 3)
    assert together.errors.shape == (2, 3, 4)
    for place in np.ndindex(2, 3):
        alone = greatest_lower_bound(C[place])
        assert (together.value[place], together.gap[place]) == (float(alone.value), float(alone.gap))
        assert bounds.lambda4[place] == pytest.approx(float(guttman_bounds(C[place]).lambda4), abs=1e-12)


def test_a_factor_of_all_items_changes_nothing_and_units_of_items_do_not_break_it() -> None:
    C = draws(4, 50, 10)
    assert greatest_lower_bound(C * 1e-9).value == pytest.approx(greatest_lower_bound(C).value, abs=2 * TOLERANCE)
    units = np.array([1e-3, 1, 10, 1e3])
    assert greatest_lower_bound(C * np.outer(units, units)).converged.all()


def test_matrices_without_an_inverse_or_a_sum_are_not_converged() -> None:
    singular = np.array([[1, 1, 0.5], [1, 1, 0.5], [0.5, 0.5, 1]])
    cancelled = np.array([[1, -0.9, -0.3], [-0.9, 1, -0.3], [-0.3, -0.3, 1]])
    constant = np.diag([1.0, 1.0, 0.0])
    found = greatest_lower_bound(np.stack([singular, cancelled, constant, np.full((3, 3), np.nan), np.eye(3)]))
    assert found.converged.tolist() == [False, False, False, False, True]
    assert np.isnan(found.value[:4]).all()
    assert float(found.value[4]) == pytest.approx(0, abs=TOLERANCE)
    lambdas = guttman_bounds(np.stack([singular, np.where(np.eye(3), 1.0, -0.6)]))
    assert np.isnan(lambdas.lambda6[0])
    assert float(lambdas.lambda3[0]) == pytest.approx(1.5 * (1 - 3 / 7))
    assert np.isnan(lambdas.lambda3[1])


def test_a_bracket_that_stays_too_wide_gives_no_value() -> None:
    found = greatest_lower_bound(draws(4, 3, 10), tolerance=1e-17)
    assert not found.converged.any()
    assert np.isnan(found.value).all()
    assert np.isnan(found.errors).all()
    assert (found.gap < 1e-8).all()


def test_more_than_twelve_items_have_a_greatest_bound_yet_no_exact_lambda4() -> None:
    C = draws(14, 1, 60)
    assert np.isnan(guttman_bounds(C).lambda4).all()
    assert greatest_lower_bound(C).converged.all()


def test_one_item_is_an_error_of_the_caller() -> None:
    with pytest.raises(ValueError, match="two items or more"):
        greatest_lower_bound(np.eye(1))


def test_every_split_is_there_once() -> None:
    signs = split_signs(5)
    assert len({tuple(row) for row in signs}) == len(signs) == 15
    assert (signs[:, 0] == 1).all()
    assert (signs.min(axis=1) == -1).all()


def test_stacked_matrices_are_inverted_solved_and_told_from_indefinite_ones() -> None:
    C = draws(5, 7, 12)
    stack = np.moveaxis(C, 0, -1)
    inverse, definite = inverses(stack)
    assert np.moveaxis(inverse, -1, 0) == pytest.approx(np.linalg.inv(C), rel=1e-8)
    assert definite.all()
    assert positive_definite(stack).all()
    right = np.arange(35.0).reshape(5, 7)
    assert solutions(stack, right) == pytest.approx(np.linalg.solve(C, right.T[:, :, None])[:, :, 0].T, rel=1e-8)
    indefinite = np.stack([np.eye(3), np.full((3, 3), 2.0) - np.eye(3)], axis=-1)
    assert positive_definite(indefinite).tolist() == inverses(indefinite)[1].tolist() == [True, False]
