"""Many draws at once are the same draws one by one."""

from __future__ import annotations

import numpy as np
import pytest
from ordinal_cases import load

from pipeline.moments.resampled import resampled_moments
from pipeline.moments.three_stage import ordinal_moments


def draws(n: int, b: int, seed: int = 7) -> tuple[np.ndarray, np.ndarray]:
    rows = np.random.default_rng(seed).integers(n, size=(b, n))
    return rows, np.stack([np.bincount(row, minlength=n) for row in rows])


@pytest.mark.parametrize("name", ["ordered", "gaps", "mixed", "mixed_gaps", "given_gaps", "binary"])
def test_a_stack_of_draws_is_each_draw_by_itself(name: str) -> None:
    case = load(name)
    rows, counts = draws(len(case.Y), 6)
    stack = resampled_moments(case.Y, case.levels, counts, case.x, start=case.moments())
    assert stack.usable.any()
    for row, vector, weight, usable in zip(rows, stack.vector, stack.weight, stack.usable, strict=True):
        if usable:
            alone = case.moments(row)
            np.testing.assert_allclose(vector, alone.vector, atol=1e-6)
            np.testing.assert_allclose(weight, 1 / np.diag(alone.gamma), rtol=1e-5)


def test_the_sample_itself_as_a_draw_gives_its_own_moments() -> None:
    case = load("mixed")
    start = case.moments()
    stack = resampled_moments(case.Y, case.levels, np.ones((1, len(case.Y))), start=start)
    np.testing.assert_allclose(stack.vector[0], start.vector, atol=1e-7)
    np.testing.assert_allclose(stack.weight[0], 1 / np.diag(start.gamma), rtol=1e-6)


def test_a_draw_that_lost_a_category_or_is_perfect_is_not_usable() -> None:
    Y = np.array([[0, 0, 1.0]] * 15 + [[1, 1, 2.5]] * 15 + [[0, 1, 0.3]] * 8 + [[1, 0, 1.7]] * 8 + [[2, 0, 3.0]])
    levels = (3, 2, 0)
    start = ordinal_moments(Y, levels, names="abc")
    counts = np.ones((5, len(Y)))
    counts[1, -1] = 0
    counts[2, 30:46] = 0
    counts[3, :] = 0
    counts[3, 0] = len(Y)
    counts[4, (Y[:, 0] == 1)] = 0
    stack = resampled_moments(Y, levels, counts, start=start)
    assert stack.usable.tolist() == [True, False, True, False, False]
    assert np.isnan(stack.vector[1]).all()
    assert np.isnan(stack.weight[3]).all()
    two = Y[:46, :2]
    perfect = resampled_moments(two, (2, 2), counts[:, :46], start=ordinal_moments(two, (2, 2), names="ab"))
    assert perfect.usable.tolist() == [True, True, False, False, False]


def test_a_lost_middle_category_is_noticed_in_a_single_variable_too() -> None:
    Y = np.repeat([0.0, 1.0, 2.0], 10)[:, None]
    counts = np.stack([np.ones(30), np.repeat([1, 0, 1], 10)])
    stack = resampled_moments(Y, (3,), counts, start=ordinal_moments(Y, (3,), names="a"))
    assert stack.usable.tolist() == [True, False]


def test_rows_without_any_value_do_not_count() -> None:
    case = load("gaps")
    longer = np.vstack([case.Y, np.full((40, 6), np.nan)])
    stack = resampled_moments(longer, case.levels, np.ones((1, len(longer))), start=case.moments())
    np.testing.assert_allclose(stack.weight[0], 1 / np.diag(case.moments().gamma), rtol=1e-6)


def test_with_covariates_a_lost_category_is_not_usable_either() -> None:
    case = load("given")
    _, counts = draws(len(case.Y), 2)
    counts[0, case.Y[:, 1] == 3] = 0
    stack = resampled_moments(case.Y, case.levels, counts, case.x, start=case.moments())
    assert stack.usable.tolist() == [False, True]
