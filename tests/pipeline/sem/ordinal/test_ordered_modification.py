"""Modification indices of models of ordered variables, held against lavaan's `modindices`."""

import numpy as np
import pytest

from pipeline.sem.estimate import estimate_model
from pipeline.sem.modification import modification_indices
from tests.pipeline.sem.ordinal.wlsmv_cases import estimated, lavaan, rows_of

CASES = ("holzinger_wlsmv", "democracy_wlsmv", "mixed_paths_wlsmv", "mediator_wlsmv", "covariate_dwls",
         "pairwise_wlsmv", "second_order_wlsmv", "small_wlsmv")
BEHIND_THE_MEDIATOR = ("l1", "l2", "l3", "l4", "a1", "a2")
"""Ordered indicators whose variance is not 1 in lavaan, since it leaves out what an ordered mediator passes on."""


@pytest.mark.parametrize("case", CASES)
def test_every_index_and_expected_change_is_lavaans(case):
    model = estimated(case)
    found = modification_indices(model.problem, model.theta)
    told = rows_of(lavaan(case)["modification"])
    assert [(m.lhs, m.op, m.rhs) for m in found] == [(row["lhs"], row["op"], row["rhs"]) for row in told]
    for ours, theirs in zip(found, told, strict=True):
        what = f"{case}: {ours.lhs} {ours.op} {ours.rhs}"
        np.testing.assert_allclose(ours.mi, theirs["mi"], rtol=1e-4, atol=1e-5, err_msg=what)
        np.testing.assert_allclose(ours.epc, theirs["epc"], rtol=1e-4, atol=1e-6, err_msg=what)
        np.testing.assert_allclose(ours.sepc_lv, theirs["sepc.lv"], rtol=1e-4, atol=1e-6, err_msg=what)
        if ours.op == "~*~":
            assert abs(theirs["sepc.all"]) == 1.0  # the scale of a standardised response, and no change
        elif not (case == "mediator_wlsmv" and {ours.lhs, ours.rhs} & set(BEHIND_THE_MEDIATOR)):
            np.testing.assert_allclose(ours.sepc_all, theirs["sepc.all"], rtol=1e-4, atol=1e-6, err_msg=what)


def test_what_others_determine_and_what_is_given_is_no_candidate():
    model = estimated("covariate_wlsmv")
    found = modification_indices(model.problem, model.theta)
    ordered, given = set(dict(model.problem.table.ordered)), set(model.problem.table.exogenous)
    assert ordered
    assert given
    assert not [m for m in found if m.op == "~~" and m.lhs == m.rhs and m.lhs in ordered]
    assert not [m for m in found if m.lhs in given]


def test_a_freed_parameter_lowers_the_statistic_by_about_its_index():
    model = estimated("holzinger_wlsmv")
    largest = max(modification_indices(model.problem, model.theta), key=lambda m: m.mi)
    rows = np.vstack([group.X for group in model.problem.sample.groups])
    syntax = f"{model.syntax}\n{largest.lhs} {largest.op} {largest.rhs}"
    freed = estimate_model(syntax, rows, model.problem.sample.names, model.options)
    before, after = (float(m.problem.objective.n[0] * m.minima.value[0]) for m in (model, freed))
    assert before - after == pytest.approx(largest.mi, rel=0.15)
