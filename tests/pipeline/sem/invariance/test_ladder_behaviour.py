"""Ladders behave as their rule says: limits, cut-offs by step, groups that are the same rows, order without effect."""

from __future__ import annotations

import numpy as np
import pytest

from instrument.errors import InputError
from pipeline.sem.estimate import Options
from pipeline.sem.invariance import CHEUNG_RENSVOLD, ladder, measurement_model, merge_categories
from pipeline.sem.invariance_cutoffs import chen
from pipeline.sem.invariance_rows import GroupSize, grouped_rows
from pipeline.sem.latent_means import latent_means
from pipeline.sem.noninvariance import dmacs
from pipeline.sem.permutation import _test, permutation_test
from tests.pipeline.sem.invariance.ladder_cases import climbed, data, options
from tests.pipeline.sem.invariance.test_permutation import by_hand

NAMES = ("x1", "x2", "x3", "x4")
MODEL = measurement_model({"F": NAMES})


def items(n: int, seed: int = 11, cuts: tuple[float, ...] | None = None) -> np.ndarray:
    """(n, 4) synthetic answers to items of one factor."""
    rng = np.random.default_rng(seed)
    X = .8 * rng.normal(size=(n, 1)) + .6 * rng.normal(size=(n, 4))
    return X if cuts is None else np.digitize(X, cuts).astype(float)


# ---- cut-offs and their decisions ----------------------------------------------------------------------------------


def test_groups_are_alike_up_to_one_and_a_half_times_the_rows():
    sizes = [(GroupSize("a", a), GroupSize("b", 200)) for a in (300, 301, 100, 101)]
    assert [chen(("residuals",), groups).cfi for groups in sizes] == [-.010, -.005, -.005, -.005]
    assert [chen(("residuals",), (GroupSize("a", n), GroupSize("b", 150))).cfi for n in (150, 151)] == [-.005, -.010]


def test_a_step_that_adds_more_than_loadings_is_held_to_the_standard_of_intercepts():
    like = (GroupSize("a", 200), GroupSize("b", 200))
    for added, srmr in ((("loadings",), .030), (("loadings", "intercepts"), .010), (("thresholds", "loadings"), .010)):
        assert chen(added, like).srmr == srmr


@pytest.mark.parametrize(("case", "kinds"), [
    ("holzinger_ml", ["loadings", "intercepts", "intercepts"]),
    ("five_wlsmv", ["intercepts", "loadings", "intercepts"]),
])
def test_every_step_has_the_cut_offs_of_what_it_adds(case, kinds):
    found = [step.difference.cutoffs.source for step in climbed(case).steps[1:]]
    assert [source.split(", ")[1] for source in found] == [
        {"loadings": "loadings", "intercepts": "intercepts and residuals"}[kind] for kind in kinds]


def test_cfi_alone_speaks_against_a_step_when_it_falls_by_a_hundredth():
    seen = set()
    for case in ("holzinger_ml", "five_wlsmv"):
        for step in climbed(case).steps[1:]:
            difference = step.difference
            if isinstance(difference.cfi_holds, bool):
                assert difference.cfi_holds == (difference.cfi > CHEUNG_RENSVOLD == -.01)
                seen.add(difference.cfi_holds)
    assert seen == {True, False}


# ---- groups --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("estimator", ["ml", "wlsmv"])
def test_groups_of_the_same_rows_differ_in_nothing(estimator):
    ordered = estimator == "wlsmv"
    X = items(150, cuts=(-.8, 0., .7) if ordered else None)
    found = ladder(MODEL, np.concatenate([X, X]), NAMES, ["a"] * 150 + ["b"] * 150,
                   options=Options(estimator=estimator, ordered=NAMES if ordered else ()))
    for step in found.steps[1:]:
        assert step.fit.indices.chisq == pytest.approx(found.steps[0].fit.indices.chisq, abs=1e-6)
        assert step.difference.df > 0
        assert step.holds is True
    (mean,) = latent_means(found).means
    assert mean.difference == pytest.approx(0, abs=1e-4)
    assert mean.in_pooled_sd == pytest.approx(0, abs=1e-4)
    assert max(item.dmacs for item in dmacs(found)) == pytest.approx(0, abs=1e-3)


def test_which_group_comes_first_turns_the_means_about_and_leaves_the_tests():
    X, names, groups = data("five_partial")
    found = climbed("five_partial")
    back = np.arange(len(X))[::-1]
    order = back if groups[back[0]] != groups[0] else np.argsort(np.array(groups) == groups[0], kind="stable")
    again = ladder(found.model, X[order], names, [groups[i] for i in order], options=options("five_partial"),
                   released=found.released, minimum=80)
    assert [g.label for g in again.groups] == [g.label for g in found.groups][::-1]
    for one, two in zip(found.steps, again.steps, strict=True):
        assert two.indices.chisq == pytest.approx(one.indices.chisq, rel=1e-5)
        assert two.indices.chisq_scaled == pytest.approx(one.indices.chisq_scaled, rel=1e-4)
        if one.difference is not None:
            assert two.difference.statistic == pytest.approx(one.difference.statistic, rel=1e-3)
    for one, two in zip(latent_means(found).means, latent_means(again).means, strict=True):
        assert two.in_pooled_sd == pytest.approx(-one.in_pooled_sd, rel=1e-3)
        assert two.z == pytest.approx(-one.z, rel=.1)


def test_dmacs_keeps_released_what_the_ladder_released():
    """The item that differs and was released must not bias the others' link."""
    found = climbed("five_partial")
    others = dmacs(found, ["q1", "q4"])
    blind = {item.item: item for item in dmacs(climbed("five_wlsmv"), ["q1", "q4"])}
    assert all("as q3 are" in item.linking for item in others)
    assert all("as q3" not in item.linking for item in blind.values())
    assert max(abs(item.dmacs - blind[item.item].dmacs) for item in others) > .01


@pytest.mark.parametrize(("n", "kept"), [(100, True), (99, False)])
def test_the_minimum_itself_is_enough(n, kept):
    X, groups = items(120 + n), ["a"] * 120 + ["b"] * n
    if kept:
        assert [g.n for g in grouped_rows(MODEL, X, NAMES, groups).groups] == [120, n]
        return
    with pytest.raises(InputError) as error:
        grouped_rows(MODEL, X, NAMES, groups)
    assert [found.place for found in error.value.findings] == ["group b"]


# ---- categories ----------------------------------------------------------------------------------------------------


def test_a_category_that_only_an_incomplete_row_of_a_group_has_is_missing_there():
    X, groups = items(240, cuts=(-.5, .5)), ["a"] * 120 + ["b"] * 120
    X[:120, 0] = np.where(X[:120, 0] == 2, 1, X[:120, 0])
    X[0, 0], X[0, 1] = 2, np.nan
    with pytest.raises(InputError) as error:
        grouped_rows(MODEL, X, NAMES, groups, ordered=NAMES)
    assert [(f.code, f.place) for f in error.value.findings] == [
        ("INVARIANCE-CATEGORIES", "item x1, category 2, group a")]
    assert grouped_rows(MODEL, X, NAMES, groups, ordered=NAMES, listwise=False).levels["x1"] == 3


def test_the_category_that_is_rarest_in_some_group_is_merged_first():
    """Of 1 (2 answers in a group, 22 in all) and 4 (5 in a group, 10 in all) the first goes first."""
    a, b = np.repeat([1., 2, 3, 4], [2, 30, 30, 5]), np.repeat([1., 2, 3, 4], [20, 30, 30, 5])
    groups = ["a"] * len(a) + ["b"] * len(b)
    merged = merge_categories(np.concatenate([a, b])[:, None], ("x",), groups, ("x",), fewest=6)
    assert [(m.category, m.into, m.rows, m.rare_in) for m in merged.merges] == [
        (1, 2, 22, ("a",)), (4, 3, 10, ("a", "b"))]


# ---- permutations --------------------------------------------------------------------------------------------------


def test_numeric_items_beside_ordered_ones_are_permuted_too():
    X, names, groups = data("mixed_wlsmv")
    steps = climbed("mixed_wlsmv").steps[1:3]
    # One factor in place of several: it fits badly, so that all four indices vary.
    found = ladder({"F": names}, X, names, groups, options=options("mixed_wlsmv"), steps=[one.step for one in steps])
    before, step = (one.name for one in steps)
    permuted = permutation_test(found, step, permutations=5, seed=3)
    assert permuted.draws[1] == pytest.approx(by_hand(found, step, before, 3, 1), abs=1e-6)


def test_a_permutation_as_bad_as_the_data_is_a_hit():
    found = _test("srmr", .02, np.array([.01, .02, .02 - 1e-12, .03]))
    assert (found.hits, found.pvalue) == (3, 4 / 5)
    found = _test("cfi", -.02, np.array([-.01, -.02, -.02 + 1e-12, -.03]))
    assert (found.hits, found.pvalue, found.critical) == (3, 4 / 5, -.03)
