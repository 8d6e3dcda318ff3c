"""The difference test that suits the estimator, against lavaan's ``lavTestLRT``."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from instrument.errors import InputError
from pipeline.sem.difference import ShiftedDifference, difference_test, satorra_2000
from pipeline.sem.estimate import Options, estimate_model
from pipeline.sem.least_squares import Pieces
from pipeline.undefined import Undefined
from tests.pipeline.sem.partial.shared_data import ITEMS, MODEL, holzinger, ordinal, stored

PAIRS = [0, 1, 2]
TWO_FACTORS = "visual =~ x1 + x2 + x3\ntextual =~ x4 + x5 + x6"
EQUAL = {"configural": (), "thresholds": ("thresholds",), "loadings": ("thresholds", "loadings")}


def kernel(pair: dict, *, smaller: str | None = None) -> ShiftedDifference:
    models = stored("differences")["models"]
    small, large = models[smaller or pair["smaller"]], models[pair["larger"]]
    within = [[np.array(J) @ np.array(model["tangent"]) for J in model["jacobians"]] for model in (small, large)]
    return satorra_2000(within[0], pieces_of(large, within[1]), (small["chisq"], large["chisq"]))


def pieces_of(model: dict, jacobians: list[np.ndarray]) -> list[Pieces]:
    shares = np.array(model["n"]) / sum(model["n"])
    return [Pieces(float(share), J, np.array(weight), np.array(gamma))
            for share, J, weight, gamma in zip(shares, jacobians, model["weights"], model["gamma"], strict=True)]


def agrees(found, expected: dict, rel: float) -> None:
    assert found.df == expected["df"]
    assert found.statistic == pytest.approx(expected["statistic"], rel=rel)
    assert found.pvalue == pytest.approx(expected["pvalue"], rel=20 * rel)


# ---- kernel --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("number", PAIRS)
def test_scaled_and_shifted_from_lavaans_own_pieces(number):
    expected = stored("differences")["wlsmv"][number]
    found = kernel(expected)
    agrees(found, expected, 1e-9)
    assert 1 / found.scaling_factor == pytest.approx(expected["scale"], rel=1e-9)
    assert found.shift == pytest.approx(expected["shift"], rel=1e-9)
    assert isinstance(found.rmsea, Undefined)


def test_other_parameters_for_the_same_models_change_nothing():
    expected = stored("differences")["wlsmv"][2]
    models = stored("differences")["models"]
    small, large = models["loadings"], models["configural"]
    rng = np.random.default_rng(1)
    turned = []
    for model in (small, large):
        K = np.array(model["tangent"])
        turn = rng.normal(size=(K.shape[1], K.shape[1]))
        turned.append([np.array(J) @ K @ turn for J in model["jacobians"]])
    found = satorra_2000(turned[0], pieces_of(large, turned[1]), (small["chisq"], large["chisq"]))
    agrees(found, expected, 1e-6)


def test_a_restricted_model_that_fits_better_has_no_test():
    models = stored("differences")["models"]
    pair = stored("differences")["wlsmv"][0]
    assert models["thresholds"]["chisq"] > models["configural"]["chisq"]
    large = models["configural"]
    within = [[np.array(J) @ np.array(m["tangent"]) for J in m["jacobians"]] for m in (models[pair["smaller"]], large)]
    found = satorra_2000(within[0], pieces_of(large, within[1]), (large["chisq"] - 1, large["chisq"]))
    assert isinstance(found.statistic, Undefined)


# ---- estimates -----------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def continuous():
    X, schools, _ = holzinger()

    def fit(estimator, *equal):
        return estimate_model(MODEL, X, ITEMS, Options(estimator, equal=equal), groups=schools)
    return fit


@pytest.mark.parametrize("estimator", ["ml", "mlr", "mlm"])
def test_continuous_models(continuous, estimator):
    expected = stored("continuous")[estimator]
    found = difference_test(continuous(estimator, "loadings", "intercepts"), continuous(estimator, "loadings"))
    agrees(found, expected, 2e-5)
    if estimator == "ml":
        assert found.rmsea == pytest.approx(expected["rmsea"], rel=1e-5)
        assert found.scaling_factor is None
    else:
        assert isinstance(found.rmsea, Undefined)


@pytest.fixture(scope="module")
def ladder():
    X, schools = ordinal()
    names = ITEMS[:6]
    return {estimator: {step: estimate_model(TWO_FACTORS, X, names, Options(estimator, equal=equal, ordered=names),
                                             groups=schools) for step, equal in EQUAL.items()}
            for estimator in ("wlsmv", "dwls")}


@pytest.mark.parametrize("number", PAIRS)
@pytest.mark.parametrize("estimator", ["wlsmv", "dwls"])
def test_ordinal_models(ladder, estimator, number):
    expected = stored("differences")[estimator][number]
    found = difference_test(ladder[estimator][expected["smaller"]], ladder[estimator][expected["larger"]])
    agrees(found, expected, 1e-3)
    if estimator == "wlsmv":
        assert 1 / found.scaling_factor == pytest.approx(expected["scale"], rel=1e-3)
        assert found.shift == pytest.approx(expected["shift"], abs=2e-3)
    else:
        assert found.rmsea == pytest.approx(expected["rmsea"], rel=1e-3)


# ---- refusals ------------------------------------------------------------------------------------------------------


def test_models_in_the_wrong_order_or_by_two_estimators_are_refused(continuous):
    metric, scalar = continuous("ml", "loadings"), continuous("ml", "loadings", "intercepts")
    with pytest.raises(InputError) as order:
        difference_test(metric, scalar)
    assert order.value.findings[0].code == "COMPARE-NESTED"
    with pytest.raises(InputError) as estimators:
        difference_test(scalar, continuous("mlr", "loadings"))
    assert estimators.value.findings[0].code == "COMPARE-ESTIMATOR"


def test_an_estimate_that_did_not_converge_has_no_difference(continuous):
    metric, scalar = continuous("ml", "loadings"), continuous("ml", "loadings", "intercepts")
    failed = replace(metric, minima=replace(metric.minima, converged=np.array([False])))
    found = difference_test(scalar, failed)
    assert isinstance(found.statistic, Undefined)
    assert found.df == 6
