"""The text of a step: what is equal, what is freed where, and which models are refused."""

from __future__ import annotations

import numpy as np
import pytest

from instrument.errors import InputError
from pipeline.sem.invariance import CONTINUOUS, ORDINAL, Released, Step, measurement_model, released_kinds, step_syntax

MODEL = measurement_model({"F": ("a", "b", "c"), "H": ("d", "e", "f")})
METRIC, SCALAR, STRICT = CONTINUOUS[1:]


def lines(step: Step, groups: int = 2, **how) -> set[str]:
    return set(step_syntax(MODEL, step, groups, **how).splitlines())


def codes(error: pytest.ExceptionInfo[InputError]) -> set[str]:
    return {finding.code for finding in error.value.findings}


def test_a_model_is_read_from_text_or_from_a_mapping():
    text = measurement_model("F =~ a + b + c\nH =~ d + e + f\n a ~~ d")
    assert text.factors == MODEL.factors
    assert text.covariances == (("a", "d"),)
    assert text.items == ("a", "b", "c", "d", "e", "f")
    assert MODEL.parameters == 6 + 6 + 6 + 1


@pytest.mark.parametrize("text", [
    "F =~ a + b + c\nF ~ d", "F =~ a + b + c\nF ~~ F", "F =~ a + l*b + c", "F =~ a", "F =~ a + b\nG =~ F + c",
    "F =~ a + b + c\na ~~ z", "F =~ a + b + c\na ~ 1", "F =~ a + b + c\nx := 1", "F =~ a + b + c\na ~~ 0*b",
    "F =~ a + b\nH =~ c + d\nF ~~ H",
])
def test_anything_but_items_and_their_residual_covariances_is_refused(text):
    with pytest.raises(InputError) as error:
        measurement_model(text)
    assert codes(error) == {"INVARIANCE-MODEL"}


def test_a_later_group_is_freed_what_equal_items_identify():
    configural, metric, scalar, strict = (lines(step, 3) for step in CONTINUOUS)
    assert {"F ~~ c(1, 1, 1)*F", "F ~ c(0, 0, 0)*1", "F =~ c(NA, NA, NA)*a"} <= configural
    assert {"F ~~ c(1, NA, NA)*F", "F ~ c(0, 0, 0)*1", "a ~ c(NA, NA, NA)*1",
            "F =~ c(NA, NA, NA)*a + c(lambda.F.a, lambda.F.a, lambda.F.a)*a"} <= metric
    assert {"F ~ c(0, NA, NA)*1", "a ~ c(NA, NA, NA)*1 + c(nu.a, nu.a, nu.a)*1", "a ~~ c(NA, NA, NA)*a"} <= scalar
    assert "a ~~ c(NA, NA, NA)*a + c(theta.a, theta.a, theta.a)*a" in strict


def test_a_released_parameter_alone_loses_its_label():
    partly = lines(SCALAR, released={Released("b", "intercepts")})
    assert lines(SCALAR) - partly == {"b ~ c(NA, NA)*1 + c(nu.b, nu.b)*1"}
    assert partly - lines(SCALAR) == {"b ~ c(NA, NA)*1"}


def test_a_factor_without_equal_items_keeps_its_scale_in_every_group():
    every = {Released(item, kind) for item in "abc" for kind in ("loadings", "intercepts")}
    assert {"F ~~ c(1, 1)*F", "F ~ c(0, 0)*1", "H ~~ c(1, NA)*H", "H ~ c(0, NA)*1"} <= lines(SCALAR, released=every)


def test_equal_thresholds_free_intercept_and_scale_of_later_groups():
    thresholds, loadings, intercepts = (lines(step, levels={"a": 4, "b": 4}) for step in ORDINAL[1:])
    assert {"a | c(tau.a.3, tau.a.3)*t3", "a ~ c(0, NA)*1", "a ~*~ c(1, NA)*a", "c ~ c(NA, NA)*1",
            "F ~~ c(1, 1)*F"} <= thresholds
    assert not [line for line in thresholds if line.startswith("a ~~")]
    assert {"a ~ c(0, NA)*1", "F ~~ c(1, NA)*F", "F ~ c(0, 0)*1"} <= loadings
    assert {"a ~ c(0, 0)*1", "a ~*~ c(1, NA)*a", "F ~ c(0, NA)*1"} <= intercepts


def test_a_binary_item_waits_for_its_intercept():
    levels = dict.fromkeys(MODEL.items, 2)
    thresholds, loadings, intercepts = (lines(step, levels=levels) for step in ORDINAL[1:])
    assert {"a ~ c(0, NA)*1", "a ~*~ c(1, 1)*a", "F =~ c(NA, NA)*a"} <= thresholds
    assert loadings == thresholds
    assert {"a ~ c(0, 0)*1", "a ~*~ c(1, NA)*a", "F ~~ c(1, NA)*F", "F ~ c(0, NA)*1",
            "F =~ c(NA, NA)*a + c(lambda.F.a, lambda.F.a)*a"} <= intercepts


def test_what_cannot_stay_equal_is_released_too():
    levels = {"a": 2, "b": 5}
    every = {"thresholds", "loadings", "intercepts"}
    assert released_kinds("a", {Released("a", "intercepts")}, levels) == every
    assert released_kinds("b", {Released("b", "thresholds")}, levels) == every
    assert released_kinds("b", {Released("b", "loadings")}, levels) == {"loadings"}
    assert released_kinds("c", {Released("b", "loadings"), Released("c", "intercepts")}, levels) == {"intercepts"}


@pytest.mark.parametrize(("step", "how"), [
    (SCALAR, {"n_groups": 1}), (STRICT, {"levels": {"a": 5}}), (SCALAR, {"released": {Released("z", "loadings")}}),
    (SCALAR, {"released": {Released("a", "thresholds")}}), (ORDINAL[1], {"levels": {"a": 1}}),
])
def test_steps_that_cannot_be_are_refused(step, how):
    with pytest.raises(InputError) as error:
        step_syntax(MODEL, step, **{"n_groups": 2, **how})
    assert codes(error) == {"INVARIANCE-STEP"}


def test_configural_parameters_are_counted_as_the_engine_counts_them():
    from pipeline.sem.estimate import Options, table_of
    table = table_of(step_syntax(MODEL, CONTINUOUS[0], 2), MODEL.items, Options(meanstructure=True),
                     groups=["u", "v"])
    assert table.n_free == 2 * MODEL.parameters
    assert np.unique([row.group for row in table.rows]).tolist() == [1, 2]
