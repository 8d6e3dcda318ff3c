"""Groups and categories: counted, diagnosed rather than fitted, merged only when asked."""

from __future__ import annotations

import numpy as np
import pytest

from instrument.errors import InputError
from pipeline.sem.estimate import Options
from pipeline.sem.invariance import ladder, measurement_model, merge_categories
from pipeline.sem.invariance_cutoffs import chen, configural_holds, indices_hold
from pipeline.sem.invariance_rows import GroupSize, grouped_rows
from pipeline.undefined import Undefined

NAMES = ("x1", "x2", "x3", "x4")
MODEL = measurement_model({"F": NAMES})


def rows(sizes: dict[str, int], seed: int = 5) -> tuple[np.ndarray, list[object]]:
    rng = np.random.default_rng(seed)
    n = sum(sizes.values())
    X = rng.normal(size=(n, 1)) + rng.normal(size=(n, 4))
    groups = [label for label, size in sizes.items() for _ in range(size)]
    order = rng.permutation(n)
    return X[order], [groups[i] for i in order]


def findings(error: pytest.ExceptionInfo[InputError]) -> list[tuple[str, str]]:
    return [(finding.code, finding.place) for finding in error.value.findings]


def test_a_small_group_is_named_with_its_rows_and_not_fitted():
    X, groups = rows({"a": 120, "b": 130, "tiny": 14})
    with pytest.raises(InputError) as error:
        ladder(MODEL, X, NAMES, groups)
    assert findings(error) == [("INVARIANCE-GROUP", "group tiny")]
    assert "has 14" in error.value.findings[0].rule
    found = ladder(MODEL, X, NAMES, groups, leave_out_small=True)
    assert found.left_out == (GroupSize("tiny", 14),)
    assert {(g.label, g.n) for g in found.groups} == {("a", 120), ("b", 130)}
    assert found.steps[0].fit.nobs == 250


def test_a_group_is_measured_by_its_usable_rows():
    X, groups = rows({"a": 120, "b": 104})
    b = [i for i, group in enumerate(groups) if group == "b"]
    X[b[:5], 2] = np.nan
    with pytest.raises(InputError) as error:
        ladder(MODEL, X, NAMES, groups)
    assert "has 99" in error.value.findings[0].rule
    assert {g.n for g in grouped_rows(MODEL, X, NAMES, groups, listwise=False).groups} == {120, 104}


def test_a_group_needs_more_rows_than_parameters_whatever_minimum_is_asked_for():
    X, groups = rows({"a": 120, "b": MODEL.parameters})
    with pytest.raises(InputError) as error:
        ladder(MODEL, X, NAMES, groups, minimum=1)
    assert findings(error) == [("INVARIANCE-GROUP", "group b")]


def test_one_group_or_one_large_enough_is_no_comparison():
    X, groups = rows({"a": 150})
    with pytest.raises(InputError) as error:
        ladder(MODEL, X, NAMES, groups)
    assert findings(error) == [("INVARIANCE-GROUP", "groups")]
    X, groups = rows({"a": 150, "b": 9})
    with pytest.raises(InputError) as error:
        ladder(MODEL, X, NAMES, groups, leave_out_small=True)
    assert findings(error) == [("INVARIANCE-GROUP", "group b")]


def test_rows_without_a_group_are_counted_and_any_values_name_groups():
    X, groups = rows({"1": 110, "2": 120})
    groups = [int(str(group)) for group in groups]
    groups[3], groups[8], groups[9] = None, float("nan"), ""
    found = ladder(MODEL, X, NAMES, groups)
    assert found.without_group == 3
    assert sum(g.n for g in found.groups) == 227
    assert {g.label for g in found.groups} == {"1", "2"}


def test_an_item_without_a_column_is_named():
    X, groups = rows({"a": 120, "b": 120})
    with pytest.raises(InputError) as error:
        ladder("F =~ x1 + x2 + nope", X, NAMES, groups)
    assert findings(error) == [("INVARIANCE-ITEMS", "data")]


def coded() -> tuple[np.ndarray, list[object]]:
    X, groups = rows({"en": 200, "fr": 180})
    C = np.digitize(X, [-1.5, 0.0, 1.5]) + 1.0
    french = np.array([group == "fr" for group in groups])
    C[french & (C[:, 1] == 4), 1] = 3
    return C, groups


def test_a_category_that_one_group_never_used_is_named_and_can_be_merged():
    C, groups = coded()
    ordered = Options(estimator="wlsmv", ordered=NAMES)
    with pytest.raises(InputError) as error:
        ladder(MODEL, C, NAMES, groups, options=ordered)
    assert findings(error) == [("INVARIANCE-CATEGORIES", "item x2, category 4, group fr")]
    merged = merge_categories(C, NAMES, groups, NAMES)
    (merge,) = merged.merges
    assert (merge.item, merge.category, merge.into, merge.rare_in) == ("x2", 4, 3, ("fr",))
    assert merge.rows == int((C[:, 1] == 4).sum()) > 0
    assert np.array_equal(merged.X[:, [0, 2, 3]], C[:, [0, 2, 3]])
    assert np.array_equal(merged.X[:, 1], np.minimum(C[:, 1], 3))
    assert C[:, 1].max() == 4, "the data given stay as they are"


def test_rows_with_gaps_are_counted_as_the_estimator_uses_them():
    C, groups = coded()
    C = np.minimum(C, 3)
    C[:7, 0], C[7, :] = np.nan, np.nan
    for missing, lost in (("pairwise", 1), ("listwise", 8)):
        found = ladder(MODEL, C, NAMES, groups, options=Options(estimator="dwls", ordered=NAMES, missing=missing))
        assert sum(g.n for g in found.groups) == 380 - lost
        assert [g.n for g in found.groups] == [g.nobs for g in found.steps[0].fit.groups]


def test_an_inner_rare_category_goes_to_the_neighbour_with_fewer_answers():
    column = np.repeat([1.0, 2, 3, 4], [40, 20, 3, 30])
    groups = np.tile(["a", "b"], 60)[: len(column)].tolist()
    merged = merge_categories(column[:, None], ("x",), groups, ("x",), fewest=3)
    assert [(m.category, m.into, m.rows) for m in merged.merges] == [(3, 2, 3)]
    assert np.unique(merged.X).tolist() == [1, 2, 4]
    with pytest.raises(InputError) as error:
        merge_categories(column[:, None], ("x",), groups, ("x",), fewest=40)
    assert findings(error) == [("INVARIANCE-CATEGORIES", "item x")]


LIKE, UNLIKE = (GroupSize("a", 200), GroupSize("b", 180)), (GroupSize("a", 400), GroupSize("b", 180))


@pytest.mark.parametrize(("added", "groups", "wanted"), [
    (("loadings",), LIKE, (-0.010, 0.015, 0.030)), (("intercepts",), LIKE, (-0.010, 0.015, 0.010)),
    (("residuals",), UNLIKE, (-0.005, 0.010, 0.005)), (("loadings",), UNLIKE, (-0.005, 0.010, 0.025)),
    (("loadings",), (GroupSize("a", 150), GroupSize("b", 150)), (-0.005, 0.010, 0.025)),
])
def test_chens_cut_offs_depend_on_the_step_and_on_the_groups(added, groups, wanted):
    cutoffs = chen(added, groups)
    assert (cutoffs.cfi, cutoffs.rmsea, cutoffs.srmr) == wanted


def test_indices_speak_against_a_step_when_cfi_and_one_other_do():
    cutoffs = chen(("loadings",), LIKE)
    assert indices_hold(cutoffs, -0.02, 0.0, 0.0) is True
    assert indices_hold(cutoffs, -0.009, 0.02, 0.04) is True
    assert indices_hold(cutoffs, -0.010, 0.015, 0.0) is False
    assert indices_hold(cutoffs, -0.010, 0.0, 0.030) is False
    assert isinstance(indices_hold(cutoffs, Undefined("no"), 0.0, 0.0), Undefined)


def test_the_first_step_holds_by_its_test_or_by_cfi_and_srmr_together():
    assert configural_holds(0.2, 0.5, 0.2) is True
    assert configural_holds(0.01, 0.90, 0.08) is True
    assert configural_holds(0.01, 0.89, 0.01) is False
    assert configural_holds(0.01, 0.95, 0.09) is False
