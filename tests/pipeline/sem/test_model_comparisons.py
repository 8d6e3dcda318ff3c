"""Wald, score and likelihood-ratio tests against lavaan's, and against one another."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

import numpy as np
import pytest
from scipy.stats import chi2

from instrument.errors import InputError
from pipeline.sem.comparisons import (
    ChiSquareTest,
    DifferenceTest,
    ModelTest,
    likelihood_ratio_test,
    wald_statistic,
    wald_test,
)
from pipeline.sem.inference import bread, information_of, meat
from pipeline.sem.linalg import Array
from pipeline.sem.problem import Problem
from pipeline.sem.robust import group_moments, satorra_bentler, yuan_bentler
from pipeline.sem.score_tests import ScoreTests, score_tests
from pipeline.undefined import Undefined
from tests.pipeline.sem.reference_cases import LAVAAN, reported_vcov, solved_case, solved_model
from tests.pipeline.sem.zoo import posed, solved

COMPARED: dict[str, Any] = json.loads((LAVAAN / "comparisons.json").read_text(encoding="utf-8"))
LADDERS = [name for name, said in COMPARED.items() if "tests" in said]
WALD = {"wald_ml": "serial_mediation_ml", "wald_mlr": "serial_mediation_mlr", "wald_fiml": "serial_mediation_fiml",
        "wald_equal": "serial_mediation_ml", "wald_product": "serial_mediation_mlr"}


@cache
def step(name: str, level: str) -> tuple[Problem, Array]:
    """One model of a ladder of equality across groups."""
    said = COMPARED[name]
    text = (LAVAAN / "models" / f"{said['model']}.lav").read_text(encoding="utf-8")
    return solved_model(text, said["data"], {**said["options"], "equal": said["equal"][level]}, meanstructure=True)


def model_test(name: str, level: str) -> ModelTest:
    """A model's χ², and its scaling factor if the estimator has one."""
    problem, theta = step(name, level)
    options = COMPARED[name]["options"]
    fiml, estimator = options.get("missing") == "fiml", options["estimator"]
    value = float(problem.objective.evaluate(theta[None]).value[0]) * problem.n
    chisq = value - sum(moments.deviance for moments in problem.saturated) if fiml else value
    tangent = problem.restriction.tangent(theta)
    p, groups = len(problem.table.observed), problem.table.n_groups
    df = groups * p * (p + 3) // 2 - tangent.shape[1]
    kind = "observed" if fiml or estimator == "mlr" else "expected"
    inverse = bread(information_of(problem, theta, kind), tangent).inverse
    scale = None
    if estimator == "mlr":
        scale = yuan_bentler(group_moments(problem), meat(problem, theta), inverse, df)
    elif estimator == "mlm":
        scale = satorra_bentler(problem, theta, inverse, df).factor
    return ModelTest(chisq, df, problem.n, groups, scale)


# ---- likelihood ratio ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", LADDERS)
@pytest.mark.parametrize("method", ["default", "satorra.bentler.2001"])
def test_difference_tests_agree_with_lavaan(name, method):
    if method not in COMPARED[name]["tests"]:
        assert COMPARED[name]["options"]["estimator"] == "ml"
        method = "default"
    said = COMPARED[name]["tests"][method]
    tests = [model_test(name, level) for level in said["model"]]
    np.testing.assert_allclose([t.chisq for t in tests], said["Chisq"], rtol=1e-6)
    assert [t.df for t in tests] == said["Df"]
    for i in range(1, len(tests)):
        found = likelihood_ratio_test(tests[i], tests[i - 1])
        assert found.df == said["Df diff"][i]
        np.testing.assert_allclose(found.statistic, said["Chisq diff"][i], rtol=1e-4)
        np.testing.assert_allclose(found.pvalue, said["Pr(>Chisq)"][i], rtol=1e-3)
        if "RMSEA" in said:
            np.testing.assert_allclose(found.rmsea, said["RMSEA"][i], rtol=1e-4)
        else:
            assert isinstance(found.rmsea, Undefined)


def test_scaling_by_hand():
    found = likelihood_ratio_test(ModelTest(80.0, 30, 200, scaling_factor=1.2),
                                  ModelTest(60.0, 25, 200, scaling_factor=1.1))
    scale = (30 * 1.2 - 25 * 1.1) / 5
    assert found == DifferenceTest(20 / scale, 5, float(chi2.sf(20 / scale, 5)), scale, found.rmsea)


def test_saturated_model_needs_no_scaling_factor():
    saturated = ModelTest(0.0, 0, 200, scaling_factor=Undefined("df = 0"))
    found = likelihood_ratio_test(ModelTest(20.0, 10, 200, scaling_factor=1.25), saturated)
    assert found.statistic == pytest.approx(16.0)


@pytest.mark.parametrize("smaller", [1.0, 1.2])
def test_scaled_difference_that_is_not_positive_is_undefined(smaller):
    found = likelihood_ratio_test(ModelTest(80.0, 30, 200, scaling_factor=smaller),
                                  ModelTest(60.0, 25, 200, scaling_factor=1.44))
    assert isinstance(found.statistic, Undefined)
    assert isinstance(found.pvalue, Undefined)
    assert "not positive" in found.statistic.because


def test_constraints_that_improve_fit_are_undefined():
    found = likelihood_ratio_test(ModelTest(50.0, 30, 200), ModelTest(60.0, 25, 200))
    assert isinstance(found.statistic, Undefined)
    assert "not nested" in found.statistic.because


@pytest.mark.parametrize(("restricted", "code"), [
    (ModelTest(80.0, 25, 200), "COMPARE-NESTED"), (ModelTest(80.0, 20, 200), "COMPARE-NESTED"),
    (ModelTest(80.0, 30, 199), "COMPARE-CASES"), (ModelTest(80.0, 30, 200, 2), "COMPARE-CASES"),
    (ModelTest(80.0, 30, 200, 1, 1.1), "COMPARE-ESTIMATOR")])
def test_models_that_cannot_be_compared_are_refused(restricted, code):
    with pytest.raises(InputError) as caught:
        likelihood_ratio_test(restricted, ModelTest(60.0, 25, 200))
    assert [finding.code for finding in caught.value.findings] == [code]


# ---- Wald ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", WALD)
def test_wald_tests_agree_with_lavaan(name):
    said = COMPARED[name]
    found = wald_test(*solved_case(WALD[name]), reported_vcov(WALD[name]), said["constraints"])
    assert isinstance(found, ChiSquareTest)
    assert found.df == said["result"]["df"]
    np.testing.assert_allclose(found.statistic, said["result"]["stat"], rtol=1e-5)
    np.testing.assert_allclose(found.pvalue, said["result"]["p.value"], rtol=1e-4)


def test_wald_constraints_may_define_names_and_use_the_models():
    case = "serial_mediation_ml"
    problem, theta = solved_case(case)
    vcov = reported_vcov(case)
    plain = wald_test(problem, theta, vcov, "a1*a2 == 0")
    assert plain == wald_test(problem, theta, vcov, "half := a1*a2/2; 2*half == 0 # twice the half")
    # One constraint: the square of the estimate over its delta-method standard error.
    labels = problem.table.label_values(np.arange(problem.table.n_free))
    i, j = int(labels["a1"]), int(labels["a2"])
    slope = np.array([theta[j], theta[i]])
    variance = slope @ vcov[np.ix_([i, j], [i, j])] @ slope
    assert isinstance(plain, ChiSquareTest)
    assert plain.statistic == pytest.approx((theta[i] * theta[j]) ** 2 / variance)


@pytest.mark.parametrize(("text", "code"), [
    ("", "MODEL-SYNTAX"), ("a1", "MODEL-SYNTAX"), ("a1 == ", "MODEL-SYNTAX"), ("a1 ~ b", "MODEL-SYNTAX"),
    ("a1 > 0", "MODEL-SYNTAX"), ("x := a1", "MODEL-SYNTAX"), ("nowhere == 0", "MODEL-LABEL"),
    ("a1 := 2; a1 == 0", "MODEL-REPEATED"), ("u := v; v := u; u == 0", "MODEL-CIRCULAR")])
def test_broken_constraints_are_refused(text, code):
    problem, theta = solved_case("serial_mediation_ml")
    with pytest.raises(InputError) as caught:
        wald_test(problem, theta, np.eye(len(theta)), text)
    assert code in [finding.code for finding in caught.value.findings]


@pytest.mark.parametrize(("text", "reason"), [
    ("a1 == 0; 2*a1 == 0", "not independent"), ("1 == 1", "not independent"), ("log(0 - a1^2) == 0", "no value")])
def test_wald_test_of_nothing_is_undefined(text, reason):
    problem, theta = solved_case("serial_mediation_ml")
    found = wald_test(problem, theta, reported_vcov("serial_mediation_ml"), text)
    assert isinstance(found, Undefined)
    assert reason in found.because


def test_wald_statistic_by_hand():
    found = wald_statistic(np.array([2.0, 3.0]), np.eye(2), np.diag([4.0, 1.0]))
    assert found == ChiSquareTest(10.0, 2, float(chi2.sf(10, 2)))


# ---- score ---------------------------------------------------------------------------------------------------------


@cache
def scores(name: str) -> ScoreTests:
    return score_tests(*step(name, "intercepts"))


@pytest.mark.parametrize("name", LADDERS)
def test_score_tests_agree_with_lavaan(name):
    found, total = scores(name), COMPARED[name]["score"]["test"]
    np.testing.assert_allclose(found.total.statistic, total["X2"], rtol=1e-5)
    np.testing.assert_allclose(found.total.pvalue, total["p.value"], rtol=1e-4)
    assert found.total.df == total["df"]
    for ours, said in ((found.univariate, COMPARED[name]["score"]["uni"]),
                       (found.univariate, COMPARED[name]["score_cumulative"]["uni"]),
                       (found.cumulative, COMPARED[name]["score_cumulative"]["cumulative"])):
        assert [(r.lhs, "==", r.rhs) for r in ours] == list(zip(said["lhs"], said["op"], said["rhs"], strict=True))
        np.testing.assert_allclose([r.test.statistic for r in ours], said["X2"], rtol=1e-4)
        np.testing.assert_allclose([r.test.pvalue for r in ours], said["p.value"], rtol=1e-4)
        assert [r.test.df for r in ours] == said["df"]


@pytest.mark.parametrize("name", LADDERS)
def test_expected_changes_agree_with_lavaan(name):
    problem, theta = step(name, "intercepts")
    found, said = scores(name), COMPARED[name]["score"]["epc"]
    at = [i for i, free in enumerate(said["free"]) if free]
    rows = [(row.lhs, row.op, row.rhs, row.group) for row in problem.table.free_rows()]
    assert rows == [(said["lhs"][i], said["op"][i], said["rhs"][i], said["group"][i]) for i in at]
    for ours, column in ((found.change, "epc"), (theta + found.change, "epv"), (found.sepc_lv, "sepc.lv"),
                         (found.sepc_all, "sepc.all")):
        np.testing.assert_allclose(np.array(ours, float), [said[column][i] for i in at], rtol=1e-4, atol=1e-6)


def test_total_is_near_the_likelihood_ratio_against_the_model_without_constraints():
    found = scores("holzinger_ml")
    ratio = likelihood_ratio_test(model_test("holzinger_ml", "intercepts"), model_test("holzinger_ml", "configural"))
    assert isinstance(ratio.statistic, float)
    assert found.total.statistic == pytest.approx(ratio.statistic, rel=0.05)
    # Fifteen equal loadings and intercepts, but three of them identify the latent means of the second group.
    assert (found.total.df, found.rank, ratio.df) == (15, 12, 12)


def test_written_constraints_come_before_shared_labels():
    problem, theta = posed("labels"), solved("labels").theta[0]
    found = score_tests(problem, theta)
    assert (found.univariate[0].lhs, found.univariate[0].rhs) == ("b", "2*c")
    assert found.rank == found.total.df == 2
    assert found.cumulative[-1].test.statistic == pytest.approx(found.total.statistic)


def test_model_without_constraints_is_refused():
    with pytest.raises(InputError) as caught:
        score_tests(*solved_case("holzinger_ml"))
    assert [finding.code for finding in caught.value.findings] == ["COMPARE-CONSTRAINTS"]
