"""The search for partial invariance finds what differs, frees nothing else, and says why."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from instrument.errors import InputError
from pipeline.sem.comparisons import chi_square_test
from pipeline.sem.estimate import Options, estimate_model
from pipeline.sem.goodness import chisq_of
from pipeline.sem.invariance_syntax import CONTINUOUS, ORDINAL, Released
from pipeline.sem.partial_invariance import Partial, holm, partial
from pipeline.undefined import Undefined
from tests.pipeline.sem.partial.shared_data import factor_items, simulated

CONFIGURAL, METRIC, SCALAR, STRICT = CONTINUOUS
MODEL = factor_items()
NAMES = [item for items in MODEL.values() for item in items]


def searched(seed: int, step=SCALAR, options: Options | None = None, **data) -> Partial:
    X, groups = simulated(np.random.default_rng(seed), **data)
    return partial(MODEL, X, NAMES, groups, step, options=options)


def items_of(result: Partial) -> list[str]:
    return [freed.item for freed in result.freed]


def test_holms_adjustment():
    """R's p.adjust(c(.01, .04, .03, .005), "holm")."""
    nothing = Undefined("there is nothing to test")
    assert holm([0.01, 0.04, nothing, 0.03, 0.005]) == (
        pytest.approx(0.03), pytest.approx(0.06), nothing, pytest.approx(0.06), pytest.approx(0.02))
    assert holm([0.4, 0.9]) == (pytest.approx(0.8), pytest.approx(0.9))
    assert holm([0.7, 0.8]) == (1.0, 1.0)


# ---- one search ----------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def two_shifted() -> Partial:
    return searched(3, shifts={1: 0.5, 6: -0.4})


def test_the_items_that_differ_are_freed_the_clearest_first(two_shifted):
    assert items_of(two_shifted) == ["y2", "y7"]
    assert two_shifted.outcome is True
    assert two_shifted.released == (Released("y2", "intercepts"), Released("y7", "intercepts"))
    assert two_shifted.anchors == (("F1", ("y1", "y3", "y4")), ("F2", ("y5", "y6", "y8")))
    assert [len(tests) for tests in two_shifted.rounds] == [8, 7, 6]
    assert [freed.tested for freed in two_shifted.freed] == [8, 7]


def test_every_freed_item_is_a_row_with_its_reasons(two_shifted):
    first = two_shifted.freed[0]
    tests = {test.item: test for test in two_shifted.rounds[0]}
    assert (first.kind, first.df) == ("intercepts", 1)
    assert (first.statistic, first.pvalue, first.adjusted) == (
        tests["y2"].statistic, tests["y2"].pvalue, tests["y2"].adjusted)
    assert first.statistic == max(test.statistic for test in two_shifted.rounds[0])
    assert first.adjusted == pytest.approx(8 * first.pvalue)
    low, high = first.parameters
    assert (low.group, high.group) == ("g0", "g1")
    assert low.equal == high.equal
    assert low.expected < 0 < high.expected
    assert high.freed - low.freed == pytest.approx(0.5, abs=0.2)
    assert high.freed - low.freed == pytest.approx(high.expected - low.expected, abs=0.1)
    assert first.cfi > 0
    assert first.difference.statistic == pytest.approx(first.statistic, rel=0.1)
    for words in ("The intercept of y2 is freed", f"χ²(1) = {first.statistic:.2f}", "adjusted for 8 items (Holm)",
                  f"{low.freed:.2f} in g0 and {high.freed:.2f} in g1", f"ΔCFI = {first.cfi:+.3f}"):
        assert words in first.justification
    assert two_shifted.verdict == ("Partial invariance of intercepts, with y2 (intercept) and y7 (intercept) freed. "
                                   "Equal across groups remain F1: y1, y3, y4; F2: y5, y6, y8.")


def test_freeing_is_what_the_model_without_the_equality_gives(two_shifted):
    """Written by hand, with lavaan's group.equal for the rest."""
    X, groups = simulated(np.random.default_rng(3), shifts={1: 0.5, 6: -0.4})
    text = "F1 =~ y1 + y2 + y3 + y4\nF2 =~ y5 + y6 + y7 + y8"
    fits = [estimate_model(text + more, X, NAMES, Options(equal=("loadings", "intercepts")), groups=groups)
            for more in ("", "\ny2 ~ c(a, b)*1", "\ny2 ~ c(a, b)*1\ny7 ~ c(d, e)*1")]
    chisq = [chisq_of(fit.problem, fit.theta) for fit in fits]
    for freed, before, after in zip(two_shifted.freed, chisq, chisq[1:], strict=False):
        assert freed.difference.statistic == pytest.approx(before - after, abs=1e-5)
        assert freed.difference.pvalue == pytest.approx(chi_square_test(before - after, 1).pvalue, rel=1e-4)
    assert two_shifted.estimated.npar == fits[2].npar


def test_neither_the_order_of_rows_nor_of_columns_matters(two_shifted):
    X, groups = simulated(np.random.default_rng(3), shifts={1: 0.5, 6: -0.4})
    rows = np.random.default_rng(0).permutation(len(X))
    rows = np.concatenate([[0], rows[rows != 0]])  # the first group stays the first
    columns = [5, 1, 7, 0, 3, 2, 6, 4]
    other = partial(MODEL, X[rows][:, columns], [NAMES[c] for c in columns], [groups[r] for r in rows], SCALAR)
    assert items_of(other) == items_of(two_shifted)
    assert [f.statistic for f in other.freed] == pytest.approx([f.statistic for f in two_shifted.freed], rel=1e-5)


def test_what_earlier_steps_freed_is_free_and_not_tested():
    X, groups = simulated(np.random.default_rng(3), shifts={1: 0.5, 6: -0.4})
    before = (Released("y2", "intercepts"), Released("y3", "loadings"))
    result = partial(MODEL, X, NAMES, groups, SCALAR, released=before)
    assert items_of(result) == ["y7"]
    assert set(result.released) == {*before, Released("y7", "intercepts")}
    assert "y2" not in {test.item for test in result.rounds[0]}
    assert "y3" in {test.item for test in result.rounds[0]}


@pytest.mark.parametrize(("step", "kind"), [(METRIC, "loadings"), (STRICT, "residuals")])
def test_other_kinds_are_found_at_their_steps(step, kind):
    rng = np.random.default_rng(8)
    X, groups = simulated(rng)
    second = np.array(groups) == "g1"
    if kind == "loadings":
        X[second, 4] *= 1.5
    else:
        X[second, 4] += rng.normal(scale=0.6, size=second.sum())
    result = partial(MODEL, X, NAMES, groups, step)
    assert items_of(result) == ["y5"]
    freed, = result.freed
    assert freed.kind == kind
    low, high = freed.parameters
    assert low.freed < low.equal < high.freed
    assert low.expected < 0 < high.expected


def test_the_search_stops_where_nothing_would_anchor_the_comparison():
    X, groups = simulated(np.random.default_rng(2), shifts={0: 0.9, 1: -0.9}, items=3)
    model = factor_items(items=3)
    result = partial(model, X, [item for items in model.values() for item in items], groups, SCALAR)
    assert isinstance(result.outcome, Undefined)
    assert len(result.freed) == 1
    assert "leaves F1 fewer than 2 items with equal intercepts" in result.outcome.because
    assert dict(result.anchors)["F1"] == tuple(i for i in ("y1", "y2", "y3") if i != result.freed[0].item)
    assert result.verdict.startswith("No partial invariance of intercepts, because")


def test_the_first_step_has_nothing_to_free():
    X, groups = simulated(np.random.default_rng(2))
    with pytest.raises(InputError) as refused:
        partial(MODEL, X, NAMES, groups, CONFIGURAL)
    assert refused.value.findings[0].code == "INVARIANCE-STEP"


def test_with_the_step_before_the_search_stops_once_the_step_holds(two_shifted):
    X, groups = simulated(np.random.default_rng(3), shifts={1: 0.5, 6: -0.4})
    result = partial(MODEL, X, NAMES, groups, SCALAR, before=METRIC)
    assert items_of(result) == items_of(two_shifted)
    assert result.difference.df == 4  # six intercepts beyond those that the latent means need, less two
    assert result.difference.pvalue >= 0.05
    assert len(result.rounds) == 2
    equal, groups = simulated(np.random.default_rng(3))
    holds = partial(MODEL, equal, NAMES, groups, SCALAR, before=METRIC)
    assert (holds.freed, holds.rounds, holds.outcome) == ((), (), True)
    assert holds.verdict.startswith("Nothing is freed: the step fits no worse than metric: Δχ²(6) = ")


def test_a_step_whose_misfit_no_item_explains_does_not_hold():
    shifts = {i: 0.06 * (-1) ** i for i in range(8)}
    X, groups = simulated(np.random.default_rng(1), 300, shifts=shifts)
    result = partial(MODEL, X, NAMES, groups, SCALAR, before=METRIC)
    assert result.freed == ()
    assert result.difference.pvalue < 0.05
    assert result.outcome is False
    assert "The step scalar still fits worse than metric: Δχ²(6) = " in result.verdict


# ---- many searches -------------------------------------------------------------------------------------------------


def test_a_shifted_item_is_found_and_equal_ones_are_left():
    """Larger runs saw the item found in all of 1,000 samples, and an equal one freed in 5 %."""
    found = others = 0
    for child in np.random.SeedSequence(20).spawn(8):
        X, groups = simulated(np.random.default_rng(child), shifts={1: 0.5})
        freed = items_of(partial(MODEL, X, NAMES, groups, SCALAR))
        found += "y2" in freed
        others += freed != ["y2"]
    assert found == 8
    assert others <= 3  # P(more) < .001 at a rate of 5 %


def test_three_groups_and_robust_errors_with_nothing_to_find():
    flagged = 0
    for child in np.random.SeedSequence(21).spawn(4):
        X, groups = simulated(np.random.default_rng(child), groups=3)
        result = partial(MODEL, X, NAMES, groups, SCALAR, options=Options("mlr"))
        flagged += bool(result.freed)
        assert result.rounds[0][0].df == 2
    assert flagged <= 2


# ---- ordered items -------------------------------------------------------------------------------------------------

CUTS = np.array([-0.8, 0.1, 0.9])


def answers(seed: int, **data) -> tuple[np.ndarray, list[str]]:
    X, groups = simulated(np.random.default_rng(seed), 400, **data)
    return np.digitize(X, CUTS).astype(float), groups


@pytest.fixture(scope="module")
def wlsmv() -> Options:
    return Options("wlsmv", ordered=tuple(NAMES))


def test_an_ordered_items_intercept_is_found(wlsmv):
    X, groups = answers(4, shifts={1: 0.5})
    result = partial(MODEL, X, NAMES, groups, ORDINAL[3], options=wlsmv)
    assert items_of(result) == ["y2"]
    freed, = result.freed
    assert freed.parameters[0].expected == freed.parameters[0].freed == 0.0
    assert freed.parameters[1].expected > 0
    assert freed.parameters[1].freed == pytest.approx(0.5, abs=0.25)
    assert freed.difference.df == freed.df == 1


def test_an_ordered_items_thresholds_are_found(wlsmv):
    X, groups = answers(5)
    raw, _ = simulated(np.random.default_rng(5), 400)
    second = np.array(groups) == "g1"
    X[second, 5] = np.digitize(raw[second, 5], [-0.8, 0.6, 0.9])
    result = partial(MODEL, X, NAMES, groups, ORDINAL[1], options=wlsmv)
    assert items_of(result) == ["y6"]
    freed, = result.freed
    assert [p.rhs for p in freed.parameters] == ["t1", "t2", "t3"] * 2
    assert freed.df == freed.difference.df == 1  # three thresholds, less the item's own intercept and scale
    assert "The thresholds of y6 are freed" in freed.justification
    assert freed.note.startswith("3 equalities are given up, of which 1 can be tested")
    assert freed.statistic == pytest.approx(freed.difference.statistic, rel=0.1)


def test_a_binary_items_threshold_and_loading_are_freed_together(wlsmv):
    X, groups = answers(7, shifts={1: 0.6})
    X[:, 1] = X[:, 1] >= 2
    result = partial(MODEL, X, NAMES, groups, ORDINAL[3], options=wlsmv)
    assert items_of(result) == ["y2"]
    freed, = result.freed
    assert [(p.op, p.group) for p in freed.parameters] == [(op, g) for g in ("g0", "g1") for op in ("=~", "|", "~1")]
    assert freed.df == freed.difference.df == 1  # threshold, loading and intercept, less what the item's scale takes up
    assert freed.statistic == pytest.approx(freed.difference.statistic, rel=0.1)
    assert "The thresholds and loading of y2 are freed" in freed.justification
    at_first = partial(MODEL, X, NAMES, groups, ORDINAL[1], options=wlsmv).rounds[0][1]
    assert (at_first.item, at_first.df) == ("y2", 0)
    assert isinstance(at_first.adjusted, Undefined)


def test_numeric_items_anchor_where_thresholds_differ(wlsmv):
    X, groups = answers(5)
    raw, _ = simulated(np.random.default_rng(5), 400)
    second = np.array(groups) == "g1"
    X[second, 5] = np.digitize(raw[second, 5], [-0.8, 0.6, 0.9])
    X[:, [4, 6, 7]] = raw[:, [4, 6, 7]]
    ordered = tuple(name for name in NAMES if name not in ("y5", "y7", "y8"))
    result = partial(MODEL, X, NAMES, groups, ORDINAL[1], options=replace(wlsmv, ordered=ordered))
    assert items_of(result) == ["y6"]
    assert result.outcome is True
    assert dict(result.anchors)["F2"] == ("y5", "y7", "y8")
