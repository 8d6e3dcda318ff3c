"""One construct by one grouping: what is freed, what may be compared, and what is not fitted."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from pipeline.invariance.climbing import Asked, climb, missing_of
from pipeline.invariance.found import FoundLadder
from pipeline.sem.estimate import Options
from pipeline.sem.invariance import ladder
from pipeline.study import InvariancePlan
from pipeline.undefined import Undefined

FACTORS = {"f": ("f1", "f2", "f3", "f4"), "g": ("g1", "g2", "g3")}
ITEMS = tuple(item for items in FACTORS.values() for item in items)
PLAN = InvariancePlan(missing="listwise")
N = 300


def answers(seed: int, *, shift: dict[str, float] | None = None, loading: dict[str, float] | None = None) -> Any:
    """(2N, 7) answers of two groups; items of the second differ by ``shift`` and ``loading``, its f lies .3 higher."""
    rng = np.random.default_rng(seed)
    eta = rng.multivariate_normal([0, 0], [[1, 0.4], [0.4, 1]], 2 * N)
    second = np.repeat([0.0, 1.0], N)
    eta[:, 0] += 0.3 * second
    columns = []
    for item in ITEMS:
        slope = 0.8 + (loading or {}).get(item, 0.0) * second
        columns.append((shift or {}).get(item, 0.0) * second + slope * eta[:, "fg".index(item[0])] + 0.6 * rng.normal(
            size=2 * N))
    return np.stack(columns, axis=1)


def asked(X: Any, **changed: Any) -> Asked:
    groups = ("a",) * N + ("b",) * (len(X) - N)
    return replace(Asked("c", "Construct", "F", "language", FACTORS, X, groups, None), **changed)


def climbed(X: Any, plan: InvariancePlan = PLAN, **changed: Any) -> FoundLadder:
    return climb(asked(X, **changed), plan, level=0.95, seed=1)


@pytest.fixture(scope="module")
def shifted() -> FoundLadder:
    return climbed(answers(3, shift={"f2": 0.5}))


def test_scores_of_alike_groups_may_be_compared_as_they_are() -> None:
    found = climbed(answers(1))
    assert (found.comparable, found.reached, found.freed, found.partial) == ("variances", "strict", (), ())
    assert found.search == ""
    mean = next(mean for mean in found.means if mean.factor == "f")
    assert (mean.reference, mean.group) == ("a", "b")
    assert isinstance(mean.lower, float)
    assert isinstance(mean.upper, float)
    assert mean.lower < 0.3 < mean.upper


def test_an_item_that_is_easier_in_one_group_is_freed_and_no_other(shifted: FoundLadder) -> None:
    assert [(one.item, one.kind, one.step) for one in shifted.freed] == [("f2", "intercepts", "scalar")]
    values = shifted.freed[0].values
    assert values["b"][0] - values["a"][0] == pytest.approx(0.5, abs=0.15)
    assert (shifted.reached, shifted.partial_reached, shifted.comparable) == ("metric", "strict", "latent means")


def test_steps_before_and_after_freeing_stand_side_by_side(shifted: FoundLadder) -> None:
    assert [step.holds for step in shifted.steps] == [True, True, False, True]
    assert all(step.holds is True for step in shifted.partial)
    whole = shifted.steps[2].indices.df
    assert shifted.partial[2].indices.df == whole - 1


def test_the_size_of_a_difference_is_told_of_the_freed_item_and_of_the_largest_of_the_others(
    shifted: FoundLadder,
) -> None:
    items = [size.item for size in shifted.sizes]
    assert items[0] == "f2"
    assert len(items) == 2
    freed = shifted.sizes[0]
    assert isinstance(freed.points, float)
    assert freed.points == pytest.approx(-0.5, abs=0.15)  # the first group answers lower
    assert freed.points / freed.sd == pytest.approx(freed.signed)


def test_means_come_from_the_model_with_the_item_free(shifted: FoundLadder) -> None:
    mean = next(mean for mean in shifted.means if mean.factor == "f")
    assert mean.difference == pytest.approx(0.3, abs=0.2)


def test_an_item_with_another_loading_keeps_no_equal_intercept() -> None:
    found = climbed(answers(5, loading={"g1": 0.6}))
    assert [(one.item, one.kind) for one in found.freed] == [("g1", "loadings")]
    assert found.reached == "configural"
    assert found.partial[1].indices.df == found.steps[1].indices.df - 1
    assert found.partial[2].indices.df == found.steps[2].indices.df - 2
    assert found.comparable == "latent means"


def test_many_differences_that_no_item_accounts_for_leave_relations_alone() -> None:
    found = climbed(answers(7, shift={"f1": 0.8, "f2": -0.8, "f3": 0.4, "f4": -0.4}))
    assert found.comparable == "relations"
    assert found.means == ()
    assert "does not hold" in found.no_means
    assert "No partial invariance" in found.search


def test_a_step_whose_test_has_no_value_is_searched_as_one_that_fails() -> None:
    found = climbed(answers(7, shift={"f1": 0.6, "f2": -0.6, "f3": 0.6, "f4": -0.6}))
    assert isinstance(found.steps[2].holds, Undefined)
    assert found.steps[2].fails
    assert found.rejected == found.steps[2]
    assert len(found.freed) == 2
    assert (found.reached, found.comparable) == ("metric", "latent means")


def test_numbers_are_those_of_the_ladder_itself() -> None:
    X = answers(1)
    found = climbed(X)
    again = ladder(FACTORS, X, ITEMS, ["a"] * N + ["b"] * N, options=Options(estimator="mlr"))
    assert [step.indices for step in found.steps] == [step.indices for step in again.steps]
    assert [step.difference for step in found.steps] == [step.difference for step in again.steps]


@pytest.mark.parametrize(("estimator", "missing", "used"), [
    ("mlr", "available", "fiml"), ("mlr", "listwise", "listwise"), ("wlsmv", "available", "pairwise"),
    ("wlsmv", "listwise", "listwise"),
])
def test_gaps_are_treated_as_the_estimator_can(estimator: str, missing: str, used: str) -> None:
    assert missing_of(InvariancePlan(estimator=estimator, missing=missing)) == used  # type: ignore[arg-type]


def test_a_group_that_is_too_small_is_named_and_not_fitted() -> None:
    X = answers(1)
    three = ("a",) * N + ("b",) * (N - 50) + ("c",) * 50
    found = climbed(X, groups=three)
    assert [(group.label, group.n) for group in found.left_out] == [("c", 50)]
    assert [(group.label, group.n) for group in found.groups] == [("a", N), ("b", N - 50)]
    alone = climbed(X[:N + 50])
    assert alone.steps == ()
    assert alone.comparable == "not tested"
    assert "b has 50" in alone.why_not


def test_respondents_without_a_group_are_counted() -> None:
    found = climbed(answers(1), groups=("a",) * N + ("b",) * (N - 7) + (None,) * 7)
    assert found.without_group == 7


def test_a_firm_with_several_respondents_is_a_cluster() -> None:
    X = np.repeat(answers(3, shift={"f2": 0.5}), 2, axis=0)
    groups = ("a",) * 2 * N + ("b",) * 2 * N
    firms = tuple(f"F{k // 2}" for k in range(4 * N))
    alone = climbed(X, groups=groups)
    together = climbed(X, groups=groups, clusters=firms)
    assert (alone.clusters, together.clusters) == (0, 2 * N)
    tests = [found.steps[2].difference for found in (alone, together)]
    first, second = (test.statistic for test in tests if test is not None)
    assert isinstance(first, float)
    assert isinstance(second, float)
    assert first / second == pytest.approx(2, rel=0.15)  # every row counted twice against once


def test_ordered_answers_have_their_rare_categories_merged_and_said() -> None:
    codes = np.clip(np.round(1.2 * answers(3, shift={"f2": 0.5}) + 4), 1, 7)
    codes[0, 0] = 1
    plan = PLAN.model_copy(update={"estimator": "wlsmv"})
    found = climbed(codes, plan)
    assert found.merged
    assert all("merged into" in line and "rare in" in line for line in found.merged)
    assert [(one.item, one.kind) for one in found.freed] == [("f2", "intercepts")]
    assert [step.name for step in found.steps] == ["configural", "thresholds", "loadings", "intercepts"]
    without = climbed(codes, plan.model_copy(update={"merge_rare": False}))
    assert without.merged == ()


def test_permutations_give_a_p_value_beside_each_difference() -> None:
    found = climbed(answers(3, shift={"f2": 0.5}), PLAN.model_copy(update={"permutations": 40}))
    assert found.steps[0].permuted is None
    values = [step.permuted for step in found.steps[1:]]
    assert not any(isinstance(value, Undefined) for value in values)
    assert values[1] == pytest.approx(1 / 41)
