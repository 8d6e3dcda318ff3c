"""Permutations: the refits are those of a ladder on shuffled rows, whatever the workers, and p is uniform enough."""

from __future__ import annotations

import numpy as np
import pytest

from instrument.errors import InputError
from pipeline.sem.describe import fit_model
from pipeline.sem.estimate import Options
from pipeline.sem.invariance import CONTINUOUS, ORDINAL, Ladder, ladder
from pipeline.sem.permutation import STATISTICS, Permutations, permutation_test
from pipeline.undefined import Undefined
from tests.pipeline.sem.invariance.ladder_cases import climbed, data, options


def by_hand(found: Ladder, step: str, before: str, seed: int, draw: int) -> list[float]:
    """Changes of fit of one permutation by fitting both texts from scratch."""
    sample = found.step(step).estimated.problem.sample
    pooled = np.concatenate([group.X for group in sample.groups])
    members = Permutations(tuple(group.n for group in sample.groups), seed).members(0, 5)
    rows = np.concatenate([pooled[own[draw]] for own in members])
    labels = [group.label for group in sample.groups for _ in range(group.n)]
    fits = [fit_model(found.step(name).syntax, rows, sample.names, found.options, groups=labels).indices
            for name in (step, before)]
    return [getattr(fits[0], name) - getattr(fits[1], name) for name in STATISTICS]


def test_every_row_has_one_group_and_groups_keep_their_sizes():
    source = Permutations((3, 4, 6), 9)
    members = source.members(5, 15)
    assert [own.sum(axis=1).tolist() for own in members] == [[3] * 10, [4] * 10, [6] * 10]
    assert (np.sum(members, axis=0) == 1).all()
    assert np.array_equal(source.members(10, 15)[0], members[0][5:]), "a draw depends on its number alone"
    assert len({row.tobytes() for row in members[2]}) > 5


def test_a_permutation_is_the_refit_of_both_steps_to_shuffled_rows():
    found = climbed("holzinger_ml")
    permuted = permutation_test(found, "scalar", permutations=5, seed=3)
    for draw in (0, 4):
        assert permuted.draws[draw] == pytest.approx(by_hand(found, "scalar", "metric", 3, draw), abs=1e-6)


def test_missing_values_are_permuted_with_their_rows():
    found = permutation_test(climbed("three_groups_partial"), "scalar", permutations=2, seed=4)
    assert found.draws[1] == pytest.approx(by_hand(climbed("three_groups_partial"), "scalar", "metric", 4, 1), abs=1e-5)


def test_p_counts_the_data_among_their_permutations():
    found = permutation_test(climbed("holzinger_ml"), "scalar", permutations=60, seed=1)
    assert (found.requested, found.converged, found.against) == (60, 60, "metric")
    assert found.chisq.observed == pytest.approx(climbed("holzinger_ml").step("scalar").difference.statistic)
    for test in (found.chisq, found.cfi, found.rmsea, found.srmr):
        assert test.hits == 0
        assert test.pvalue == 1 / 61
    assert found.cfi.critical < 0 < found.srmr.critical
    assert (found.draws[:, 1] <= found.cfi.critical).sum() in (3, 4)
    metric = permutation_test(climbed("holzinger_ml"), "metric", permutations=60, seed=1)
    assert metric.chisq.hits == (metric.draws[:, 0] >= metric.chisq.observed).sum() > 5
    assert metric.cfi.hits == (metric.draws[:, 1] <= metric.cfi.observed).sum() > 5


def test_workers_do_not_change_a_digit_and_fewer_draws_are_the_first_ones():
    one = permutation_test(climbed("holzinger_ml"), "metric", permutations=130, seed=2, workers=1)
    two = permutation_test(climbed("holzinger_ml"), "metric", permutations=130, seed=2, workers=2)
    assert np.array_equal(one.draws, two.draws)
    few = permutation_test(climbed("holzinger_ml"), "metric", permutations=20, seed=2)
    assert np.array_equal(few.draws, one.draws[:20])


def test_permuted_changes_of_chi_square_have_the_mean_of_their_degrees_of_freedom():
    rng = np.random.default_rng(8)
    X = rng.normal(size=(600, 1)) * [0.9, 0.8, 0.7, 0.9] + 0.7 * rng.normal(size=(600, 4))
    found = permutation_test(ladder({"F": ("a", "b", "c", "d")}, X, ("a", "b", "c", "d"), ["u", "v"] * 300,
                                    steps=CONTINUOUS[:3]), "scalar", permutations=400, seed=6)
    assert found.draws[:, 0].mean() == pytest.approx(3.0, abs=0.5)
    assert found.chisq.pvalue > 0.01


def test_ordered_items_are_permuted_too():
    X, names, groups = data("five_wlsmv")
    # One factor in place of two: it fits badly, so that all four indices vary.
    found = ladder({"F": names}, X, names, groups, options=options("five_wlsmv"), steps=ORDINAL[1:3])
    permuted = permutation_test(found, "loadings", permutations=5, seed=3)
    assert permuted.draws[2] == pytest.approx(by_hand(found, "loadings", "thresholds", 3, 2), abs=1e-6)
    assert (np.abs(permuted.draws) > 1e-5).all()
    fits = [found.step(name).fit.indices.chisq for name in ("loadings", "thresholds")]
    assert permuted.chisq.observed == pytest.approx(fits[0] - fits[1]), "not scaled, as the draws are not"


def test_a_permutation_that_loses_a_category_is_not_counted():
    rng = np.random.default_rng(3)
    C = np.digitize(rng.normal(size=(220, 1)) + rng.normal(size=(220, 4)), [-0.4, 0.6]) + 1.0
    C[C[:, 0] == 3, 0] = 2
    C[[0, 1, 110, 111], 0] = 3
    found = permutation_test(
        ladder({"F": ("a", "b", "c", "d")}, C, ("a", "b", "c", "d"), ["u"] * 110 + ["v"] * 110,
               options=Options(estimator="wlsmv", ordered=("a", "b", "c", "d"))),
        "loadings", permutations=80, seed=2)
    # Both groups keep one of four such rows in all but 2 · (1/2)⁴ of the permutations.
    assert 60 <= found.converged <= 78
    assert len(found.draws) == found.converged


def test_what_cannot_be_permuted_says_why():
    assert isinstance(permutation_test(climbed("few_wlsmv"), "thresholds", permutations=5, seed=1), Undefined)
    for step, count in (("configural", 5), ("nope", 5), ("metric", 0)):
        with pytest.raises(InputError) as error:
            permutation_test(climbed("holzinger_ml"), step, permutations=count, seed=1)
        assert error.value.findings[0].code == "INVARIANCE-PERMUTATIONS"
