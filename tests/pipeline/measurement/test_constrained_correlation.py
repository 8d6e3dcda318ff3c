"""Tests of held correlations and of merged factors, against semTools::discriminantValidity."""

from __future__ import annotations

import numpy as np
import pytest
from semopy.examples import political_democracy

from pipeline.measurement.constrained_correlation import constrained, held_test, merged_test, overlap_of
from pipeline.measurement.cross_loadings import foreign_loadings
from pipeline.measurement.structures import correlated
from pipeline.sem.constraints import Restriction
from pipeline.sem.estimate import Options, estimate_model
from pipeline.undefined import Undefined
from tests.pipeline.measurement.distinct_reference import CASES, REFERENCE, answers, estimated, factors, items, scales


def rows(case, kind):
    return [row for row in REFERENCE[case][kind] if row["chisq"] != "NA"]


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize(("kind", "value"), [("at_90", .9), ("at_100", 1.0)])
def test_a_held_correlation_is_tested_as_by_semtools(case, kind, value):
    compared = 0
    for row in rows(case, kind):
        found = held_test(estimated(case), f"f_{row['lhs']}", f"f_{row['rhs']}", value)
        if abs(row["est"]) >= value:
            assert row["chisq"] == pytest.approx(0, abs=1e-6)  # R holds it at the estimate
            assert isinstance(found.statistic, Undefined)
            assert "not closer to 0" in found.statistic.because
            continue
        assert found.held_at == np.copysign(value, row["est"])
        assert (found.df, found.statistic) == (1, pytest.approx(row["chisq"], rel=2e-4))
        assert found.pvalue == pytest.approx(row["pvalue"], rel=.02)
        compared += 1
    assert compared


@pytest.mark.parametrize("case", ["holzinger39", "overlap"])
def test_merged_factors_are_tested_as_by_semtools(case):
    for row in rows(case, "merged"):
        found = merged_test(estimated(case), f"f_{row['lhs']}", f"f_{row['rhs']}")
        assert (found.held_at, found.df) == (None, row["df"])
        assert found.statistic == pytest.approx(row["chisq"], rel=2e-4)
        assert found.pvalue == pytest.approx(row["pvalue"], rel=.02)


@pytest.mark.parametrize("other", ["dem60", "dem65"])
def test_the_lowest_of_several_minima_is_found(other):
    """Far from the data the model of one factor has two minima, and the nearer one is not the lowest."""
    own = {"dem60": ("y1", "y2", "y3", "y4"), "ind": ("x1", "x2", "x3"), "dem65": ("y5", "y6", "y7", "y8")}
    left = next(name for name in own if name not in ("ind", other))
    names = [item for part in own.values() for item in part]
    X = political_democracy.get_data()[names].to_numpy(float)
    full = estimate_model(correlated(own), X, names, Options())
    alone = estimate_model(correlated({left: own[left], other: own[other] + own["ind"]}), X, names, Options())
    expected = full.problem.n * (alone.minima.value[0] - full.minima.value[0])
    found = merged_test(full, f"f_{other}", "f_ind")
    assert (found.df, found.statistic) == (2, pytest.approx(expected, rel=1e-6))


def test_turning_a_scale_round_changes_no_test():
    own = scales("holzinger39")
    X = answers("holzinger39") * np.repeat([1, -1, 1], 3)
    turned = estimate_model(correlated(own), X, items("holzinger39"), Options())
    for test in (lambda model: held_test(model, "f_visual", "f_textual", .9),
                 lambda model: merged_test(model, "f_visual", "f_textual")):
        assert test(turned).statistic == pytest.approx(test(estimated("holzinger39")).statistic, rel=1e-5)


@pytest.mark.parametrize(("interval", "overlap"), [
    ((.10, .7999), "none"), ((.10, .80), "marginal"), ((.5, .8999), "marginal"), ((.5, .90), "moderate"),
    ((.5, .9999), "moderate"), ((.5, 1.0), "severe"), ((.9, 1.2), "severe"), ((-.95, -.3), "moderate"),
    ((-.85, .1), "marginal"),
])
def test_the_limit_farther_from_0_says_how_much_of_a_problem_it_is(interval, overlap):
    assert overlap_of(*interval) == overlap


def test_constraints_are_met_by_every_theta():
    start = Restriction(np.eye(4), np.zeros(4), (), estimated("holzinger39").problem.table)
    A, b = np.array([[1., 0, 0, 0], [0, 1, -1, 0]]), np.array([.9, 0])
    found = constrained(start, A, b)
    theta = found.theta(np.random.default_rng(1).normal(size=(5, 2)))
    np.testing.assert_allclose(theta @ A.T, np.tile(b, (5, 1)), atol=1e-12)


def test_factors_on_another_scale_are_refused():
    model = estimate_model("f =~ x1 + x2 + x3\ng =~ x4 + x5 + x6", answers("holzinger39"), items("holzinger39"))
    with pytest.raises(ValueError, match="variances fixed at 1"):
        held_test(model, "f", "g", .9)


@pytest.mark.parametrize("case", CASES)
def test_cross_loadings_are_lavaans_modification_indices(case):
    reference = {(row["rhs"], f"f_{row['lhs']}"): row for row in REFERENCE[case]["changes"]}
    own = {item: factor for factor, listed in factors(case).items() for item in listed}
    found = foreign_loadings(estimated(case), {
        item: tuple(factor for factor in factors(case) if factor != own[item]) for item in own})
    assert {(row.item, row.factor) for row in found} == set(reference)
    for row in found:
        theirs = reference[row.item, row.factor]
        assert row.index == pytest.approx(theirs["mi"], rel=2e-3, abs=1e-3)
        assert row.change == pytest.approx(theirs["sepc.all"], rel=2e-3, abs=1e-4)
        assert row.pvalue <= row.adjusted <= 1
    assert [row.index for row in found] == sorted((row.index for row in found), reverse=True)
    assert found[0].adjusted == pytest.approx(min(1, found[0].pvalue * len(found)))


def test_an_item_of_two_factors_is_found():
    """a4 of the synthetic answers also loads .35 on c's factor."""
    own = {item: factor for factor, listed in factors("overlap").items() for item in listed}
    found = foreign_loadings(estimated("overlap"), {
        item: tuple(factor for factor in factors("overlap") if factor != own[item]) for item in own})
    first = next(row for row in found if row.factor == "f_c" and row.item == "a4")
    assert first.adjusted < .05
    assert .15 < first.change < .55
