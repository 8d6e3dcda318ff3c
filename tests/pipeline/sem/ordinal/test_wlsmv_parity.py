"""Every row, column and index of ordinal models beside lavaan's, in lavaan's order.

``tests/reference/ordinal/models/script.R`` made what is stored; its README tells lavaan's conventions. N in place of
N − 1 would change χ² by 1/N, which is 1.4e-3 and more, and standard errors by half of that.

Where an ordered variable is itself a predictor, lavaan leaves out what it passes on when it determines residual
variances, so that ordered variables further down have variances above 1. The engine gives every response the variance
that its scale says. Such models are compared with lavaan's own solution of the same model with the variance passed on:
there a latent variable stands for the ordered predictor (cases ``…_total_…``).
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from pipeline.commands.fit_output import INDICES, ROBUST, SCALED
from pipeline.sem.difference import ShiftedDifference, difference_test
from pipeline.sem.score_tests import score_tests
from pipeline.undefined import Undefined
from tests.pipeline.sem.ordinal.wlsmv_cases import (
    CASES,
    estimated,
    estimated_with,
    fitted,
    lavaan,
    listed,
    rows_of,
)

CLOSE = {"rtol": 5e-5, "atol": 1e-5}
"""lavaan's polychoric correlations are good to some 1e-6."""
LIMIT = {"rtol": 4e-4, "atol": 1e-5}
"""lavaan finds the limits of RMSEA by a root search that stops at 1.2e-4 of the noncentrality."""
ALONE = [case for case in CASES if "_total_" not in case]
PASSES_ON = {"mediator": {"D": "daf"}, "mediator_pairwise": {"D": "daf"}, "chain": {"U": "u", "W": "w", "V": "v"},
             "outcome": {"W": "w"}}
"""Models with ordered predictors of ordered variables: what stands for them in the model they are compared with."""
TOLD_BY_LAVAAN = [case for case in ALONE if case.rpartition("_")[0] not in PASSES_ON]
RESPONSES = [case for case in ALONE if case.rpartition("_")[0] in PASSES_ON]
COLUMNS = {"est": "est", "se": "se", "z": "z", "pvalue": "pvalue", "ci_lower": "ci.lower", "ci_upper": "ci.upper"}


def agree(ours: Any, theirs: Any, what: str, tolerance: dict[str, float] = CLOSE) -> None:
    """One number; lavaan prints 0 for the standard error of what cannot vary, and nothing for what follows from it."""
    if ours is None or isinstance(ours, Undefined):
        assert theirs in (None, 0), f"{what}: {ours} for {theirs}"
        return
    assert theirs is not None, f"{what}: {ours} where lavaan has none"
    np.testing.assert_allclose(ours, theirs, **tolerance, err_msg=what)


def key(row: dict[str, Any]) -> tuple[str, str, str, int]:
    """What a row is about; ``:=`` belongs to no group."""
    return row["lhs"], row["op"], row["rhs"], 0 if row["op"] == ":=" else row.get("group", 1)


def total_case(case: str) -> str:
    """The case that has the variance passed on."""
    name, _, estimator = case.rpartition("_")
    return f"{name}_total_{estimator}"


def table_of(case: str) -> list[dict[str, Any]]:
    """lavaan's parameters with both standardised solutions, a row each."""
    said = lavaan(case)
    rows = rows_of(said["parameters"])
    for kind in ("all", "lv"):
        for row, standardized in zip(rows, rows_of(said[f"standardized_{kind}"]), strict=True):
            row |= {f"std_{kind}": standardized["est.std"], f"std_{kind}_se": standardized["se"]}
    return rows


def passed_on(case: str) -> dict[tuple[str, str, str, int], dict[str, Any]]:
    """lavaan's rows of the model in which latent variables stand for ordered ones, under the latter's names."""
    stands = PASSES_ON[case.rpartition("_")[0]]
    rows = {}
    for row in table_of(total_case(case)):
        measured = row["op"] == "=~" and row["lhs"] in stands
        emptied = row["lhs"] in stands.values() and row["op"] in ("~~", "~1")
        if not (measured or emptied or row["op"] == "=="):
            renamed = row | {side: stands.get(row[side], row[side]) for side in ("lhs", "rhs")}
            rows[key(renamed)] = renamed
    return rows


# ---- parameters ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("case", ALONE)
def test_rows_come_in_lavaans_order_with_its_groups_and_labels(case):
    assert fitted(case).converged
    ours = [(p.lhs, p.op, p.rhs, p.group, p.label) for p in fitted(case).parameters]
    theirs = [(*key(row), row.get("label", "")) for row in rows_of(lavaan(case)["parameters"])]
    assert ours == theirs


@pytest.mark.parametrize("case", TOLD_BY_LAVAAN)
def test_every_column_of_every_parameter_agrees(case):
    for ours, theirs in zip(fitted(case).parameters, table_of(case), strict=True):
        compare_row(case, ours, theirs)


@pytest.mark.parametrize("case", RESPONSES)
def test_ordered_predictors_pass_their_variance_on(case):
    theirs, stands = passed_on(case), set(PASSES_ON[case.rpartition("_")[0]].values())
    own = {key(row): row for row in table_of(case)}
    for ours in fitted(case).parameters:
        about = ours.lhs, ours.op, ours.rhs, ours.group
        told = theirs[about]
        if stands & {ours.lhs, ours.rhs} or ours.op == ":=":
            # std.lv leaves observed variables as they are. A chain has no others; elsewhere lavaan's own model tells.
            lv = {"std_lv": told["est"], "std_lv_se": told["se"]} if case.startswith("chain") else {
                name: own[about][name] for name in ("std_lv", "std_lv_se")}
            told = told | lv
        # There the variance is a parameter under a constraint, with a standard error of its own; here it is determined.
        skipped = ("se", "z", "pvalue", "ci_lower", "ci_upper") if ours.op == "~~" and ours.lhs in stands else ()
        compare_row(case, ours, told, skipped)


@pytest.mark.parametrize("case", [case for case in RESPONSES if case.startswith("mediator")])
def test_a_binary_mediators_effects_are_lavaans_own_too(case):
    """What it passes on moves residual variances alone: estimates, errors and tests are the same either way."""
    ordered = set(CASES[case]["options"]["ordered"])
    for ours, theirs in zip(fitted(case).parameters, table_of(case), strict=True):
        if not (ours.op == "~~" and ours.lhs == ours.rhs and ours.lhs in ordered):
            for field, column in COLUMNS.items():
                if ours.se is not None or field in ("est", "se"):
                    agree(getattr(ours, field), theirs[column], f"{case}: {ours.lhs} {ours.op} {ours.rhs} {field}")
    assert fitted(case).indices is not None
    agree(fitted(case).indices.chisq, lavaan(case)["measures"]["chisq"], "chisq")


def compare_row(case: str, ours: Any, theirs: dict[str, Any], skipped: tuple[str, ...] = ()) -> None:
    """All columns of one row."""
    what = f"{case}: {ours.lhs} {ours.op} {ours.rhs} [{ours.group}] "
    for field, column in COLUMNS.items():
        if field in skipped:
            continue
        if ours.se is None and field not in ("est", "se"):
            assert theirs["se"] in (None, 0), what
        else:
            agree(getattr(ours, field), theirs[column], what + field)
    for kind in ("std_all", "std_lv"):
        agree(getattr(ours, kind), theirs[kind], what + kind)
        error = getattr(ours, f"{kind}_se")
        if theirs[f"{kind}_se"] == 0 and isinstance(error, float):
            assert error < 1.3e-4, what + kind  # lavaan prints smaller ones as 0
        else:
            agree(error, theirs[f"{kind}_se"], f"{what}{kind} se")


# ---- fit -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("case", ALONE)
def test_every_index_agrees(case):
    source = case if case in TOLD_BY_LAVAAN else total_case(case)
    indices, stored = fitted(case).indices, lavaan(source)["measures"]
    assert indices is not None
    scaled = CASES[case]["options"]["estimator"] == "wlsmv"
    assert (indices.scaled is not None) == scaled
    for name, field in INDICES.items():
        agree(getattr(indices, field), stored.get(name), f"{case}: {name}", LIMIT if ".ci." in name else CLOSE)
    for name, field in SCALED.items() if indices.scaled is not None else ():
        agree(getattr(indices.scaled, field), stored[name], f"{case}: {name}", LIMIT if ".ci." in name else CLOSE)
    if indices.scaled is not None:
        said = next(test for test in lavaan(source)["tests"]["model"] if test["test"] == "scaled.shifted")
        agree(indices.scaled.shift_parameter, said["shift.parameter"], f"{case}: shift")


def of_the_right_baseline(case):
    """CFI and TLI with the baseline's expectation Σ tr(Γ_g), to which lavaan 0.6-14 adds N/n_g with several groups.

    With V_g = I for uncorrelated variables, E(X₀) = Σ n_g tr(Γ_g / n_g): no group counts more than once.
    """
    said = lavaan(case)
    formula, diagonals = said["robust_by_formula"], said["gamma_diagonal"]
    p = len(said["sample"][0]["cov"])
    pairs = p * (p - 1) // 2
    df = said["measures"]["df"]
    own = formula["chisq"] - formula["factor"] * df
    base = formula["null"] - sum(sum(diagonal[-pairs:]) for diagonal in diagonals)
    baseline_df = pairs * len(diagonals)
    return {"cfi.robust": 1 - max(own, 0) / max(own, base, 0), "tli.robust": 1 - own * baseline_df / (base * df)}


@pytest.mark.parametrize("case", ALONE)
def test_robust_indices_exist_where_all_is_ordered_and_are_lavaans(case):
    """lavaan has none as soon as thresholds are tied, for want of rows it dropped; there the formula's are stored."""
    indices, stored = fitted(case).indices, lavaan(case)["measures"]
    assert indices is not None
    formula = lavaan(case).get("robust_by_formula") or {}
    several = {} if len(listed(lavaan(case)["nobs"])) < 2 or not formula else of_the_right_baseline(case)
    for name, field in ROBUST.items():
        expected = stored.get(name) if stored.get(name) is not None else formula.get(name)
        expected = several.get(name, expected)
        ours = None if indices.robust is None else getattr(indices.robust, field)
        if expected is None:
            assert ours is None or isinstance(ours, Undefined), name
        else:
            assert isinstance(ours, float), name
            agree(ours, expected, f"{case}: {name}", LIMIT if ".ci." in name else CLOSE)


@pytest.mark.parametrize("case", ALONE)
def test_moments_and_explained_variances_agree(case):
    fit, source = fitted(case), case if case in TOLD_BY_LAVAAN else total_case(case)
    said = lavaan(source)
    assert [group.nobs for group in fit.groups] == listed(said["nobs"])
    assert [group.label for group in fit.groups if len(fit.groups) > 1] == listed(said["groups"])
    for which in ("sample", "implied"):
        for number, (group, told) in enumerate(zip(fit.groups, said[which], strict=True), 1):
            scales = {p.lhs: float(p.est) for p in fit.parameters if p.op == "~*~" and p.group == number}
            names, cov, mean = unconditional(said, told, scales if which == "implied" else {})
            place = [fit.variables.index(name) for name in names]
            ours = np.array(getattr(group, f"{which}_cov"))[np.ix_(place, place)]
            np.testing.assert_allclose(ours, cov, rtol=5e-5, atol=2e-5)
            np.testing.assert_allclose(np.array(getattr(group, f"{which}_mean"))[place], mean, rtol=5e-5, atol=2e-5)
    for group, explained in zip(fit.groups, said["r2"], strict=True):
        for name, value in explained.items():
            renamed = PASSES_ON.get(case.rpartition("_")[0], {})
            if name not in renamed.values():
                agree(group.r2[renamed.get(name, name)], value, f"{case}: R² of {name}")


def unconditional(said: dict[str, Any], told: dict[str, Any], scales: dict[str, float]) -> tuple[
        list[str], np.ndarray, np.ndarray]:
    """Names, covariances and means of all variables: lavaan tells those given x, the slopes, and those of x.

    Its implied covariances and slopes are scaled by Δ, its implied means are not.
    """
    if "cov" in told:
        return said["variables"], np.array(told["cov"]), np.ravel(told["mean"])
    slopes, cov_x = np.array(told["res.slopes"]), np.atleast_2d(told["cov.x"])
    slopes = slopes.reshape(len(said["endogenous"]), len(cov_x))
    mean_x, scale = np.ravel(told["mean.x"]), np.array([scales.get(name, 1.0) for name in said["endogenous"]])
    upper = np.array(told["res.cov"]) + slopes @ cov_x @ slopes.T
    cov = np.block([[upper, slopes @ cov_x], [cov_x @ slopes.T, cov_x]])
    mean = np.concatenate([np.ravel(told["res.int"]) + slopes @ mean_x / scale, mean_x])
    return [*said["endogenous"], *listed(said["fixed_x"])], cov, mean


# ---- comparisons -----------------------------------------------------------------------------------------------------


LADDERS = {name: said for name, said in lavaan("comparisons").items() if "equal" in said}


@pytest.mark.parametrize("name", LADDERS)
def test_differences_between_nested_models_agree(name):
    said = LADDERS[name]
    steps = {step: estimated_with(said["case"], equal=equal or None) for step, equal in said["equal"].items()}
    for pair, told in said["pairs"].items():
        wider, narrower = pair.split("/")
        found = difference_test(steps[narrower], steps[wider])
        assert told["model"] == [wider, narrower]
        agree(found.statistic, told["Chisq diff"][1], f"{name}, {pair}: difference")
        assert found.df == told["Df diff"][1]
        agree(found.pvalue, told["Pr(>Chisq)"][1], f"{name}, {pair}: p", {"rtol": 1e-3, "atol": 1e-6})
        if told["shift"] is None:
            agree(found.rmsea, told["RMSEA"][1], f"{name}, {pair}: RMSEA")
        else:
            assert isinstance(found, ShiftedDifference)
            agree(found.shift, told["shift"][1], f"{name}, {pair}: shift")
            agree(1 / float(found.scaling_factor), told["scale"][1], f"{name}, {pair}: scale")


def test_difference_between_models_written_differently_agrees():
    told = lavaan("comparisons")["modified_wlsmv"]["pairs"]
    found = difference_test(estimated_with("modified_wlsmv", model="three_factors"), estimated("modified_wlsmv"))
    assert isinstance(found, ShiftedDifference)
    assert found.df == told["Df diff"][1]
    agree(found.statistic, told["Chisq diff"][1], "difference")
    agree(found.shift, told["shift"][1], "shift")


SCORES = {"score_loadings_wlsmv": "loadings_wlsmv", "score_loadings_thresholds_wlsmv": "loadings_thresholds_wlsmv"}


@pytest.mark.parametrize("name", SCORES)
def test_score_tests_of_equalities_agree(name):
    told = lavaan("comparisons")[name]
    model = estimated(SCORES[name])
    found = score_tests(model.problem, model.theta)
    agree(found.total.statistic, told["test"]["X2"], "total")
    assert found.total.df == told["test"]["df"]
    np.testing.assert_allclose([r.test.statistic for r in found.univariate], told["uni"]["X2"], rtol=2e-4, atol=1e-4)
    np.testing.assert_allclose([r.test.pvalue for r in found.univariate], told["uni"]["p.value"], rtol=1e-3, atol=1e-5)
    np.testing.assert_allclose(
        [r.test.statistic for r in found.cumulative], told["cumulative"]["X2"], rtol=2e-4, atol=1e-4)
    # Its gradient has the other sign under least squares, and with it the changes it expects; squares do not show it.
    changes = {key(row): row for row in rows_of(told["epc"]) if row["free"]}
    rows = model.problem.table.free_rows()
    assert len(rows) == len(changes)
    for row, change, sepc_lv, sepc_all in zip(rows, found.change, found.sepc_lv, found.sepc_all, strict=True):
        theirs, what = changes[row.lhs, row.op, row.rhs, row.group], f"{name}: {row.lhs} {row.op} {row.rhs}"
        for ours, column in ((change, "epc"), (sepc_lv, "sepc.lv"), (sepc_all, "sepc.all")):
            if row.op == "~*~" and column == "sepc.all":
                assert abs(theirs[column]) == 1.0  # the scale of a standardised response, and no change
                continue
            agree(ours, -theirs[column], f"{what} {column}", {"rtol": 1e-3, "atol": 1e-5})


def test_expected_changes_point_where_freed_loadings_go():
    equal, free = estimated("loadings_wlsmv"), estimated("configural_wlsmv")
    change = score_tests(equal.problem, equal.theta).change
    moves = [(b - a, c) for row, a, b, c in zip(equal.problem.table.free_rows(), equal.theta, free.theta, change,
                                                strict=True) if row.op == "=~"]
    assert len(moves) == 12
    for moved, expected in moves:
        np.testing.assert_allclose(expected, moved, atol=0.006)


# ---- the reference itself --------------------------------------------------------------------------------------------


def test_there_are_cases_of_every_kind():
    asked = [CASES[case]["options"] for case in TOLD_BY_LAVAAN]
    assert len(asked) >= 30
    assert sum("group" in options for options in asked) >= 10
    assert sum(options.get("missing") == "pairwise" for options in asked) >= 2
    assert {options["estimator"] for options in asked} == {"wlsmv", "dwls"}


@pytest.mark.parametrize("case", CASES)
def test_reference_solutions_are_exact_and_chisq_has_n_less_one(case):
    """χ² recomputed from the stored moments and weights: Σ (n_g − 1) F_g and not Σ n_g F_g."""
    said = lavaan(case)
    assert said["converged"]
    assert said["last_step"] < 1e-10
    value = 0.0
    for n, observed, implied, gamma in zip(
            listed(said["nobs"]), said["wls_obs"], said["wls_est"], said["gamma_diagonal"], strict=True):
        value += (n - 1) * float(np.sum((np.array(observed) - np.array(implied)) ** 2 / np.array(gamma)))
    np.testing.assert_allclose(value, said["measures"]["chisq"], rtol=1e-9)
