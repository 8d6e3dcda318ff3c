"""Defined effects: values, delta-method errors, definitions of definitions, joint significance."""

from __future__ import annotations

import numpy as np
import pytest

from instrument.errors import InputError
from pipeline.sem.effects import check_definitions, evaluate_effects, joint_significance, product_effects
from pipeline.sem.estimate import fit_model
from pipeline.sem.syntax import parse_model
from pipeline.sem.table import parameter_table
from pipeline.undefined import Undefined

PATHS = "daf ~ a*exp_rw + lnsize\nlrar ~ b*daf + c*exp_rw\n"


def evaluated(expression: str, **labels: float) -> float:
    table = parameter_table(parse_model(f"{PATHS}e := {expression}"))
    return evaluate_effects(table, labels)["e"]


@pytest.mark.parametrize(("expression", "value"), [
    ("-a^2", -4), ("a**b^2", 2**9), ("a/b*c", 10 / 3), ("a - b - c", -6), ("exp(log(a)) + sqrt(c + 4)", 5),
    ("2*-a", -4), ("(a + b)*1e1 + .5", 50.5),
])
def test_arithmetic_follows_the_rules_of_r(expression, value):
    assert evaluated(expression, a=2.0, b=3.0, c=5.0) == pytest.approx(value)


def test_definitions_may_use_definitions_in_any_order():
    table = parameter_table(parse_model(f"{PATHS}total := ab + c\nab := a*b"))
    assert evaluate_effects(table, {"a": 2.0, "b": 3.0, "c": 1.0}) == {"total": 7.0, "ab": 6.0}
    assert [d.name for d in check_definitions(table)] == ["ab", "total"]


@pytest.mark.parametrize(("text", "code"), [
    ("e := a*q", "MODEL-LABEL"), ("e := f\nf := e + a", "MODEL-CIRCULAR"), ("e := e2*a\ne2 := e2", "MODEL-CIRCULAR"),
])
def test_definitions_that_lead_nowhere_are_refused(text, code, engine, mediation):
    with pytest.raises(InputError) as caught:
        fit_model(engine, PATHS + text, *mediation)
    assert {f.code for f in caught.value.findings} == {code}


def test_an_effect_without_a_value_is_refused(engine, mediation):
    with pytest.raises(InputError, match="MODEL-EFFECT"):
        fit_model(engine, PATHS + "e := log(-exp(a))", *mediation)


def test_delta_method_agrees_with_sobels_formula(engine, mediation):
    fit = fit_model(engine, PATHS + "ab := a*b\nrest := c - 0*a", *mediation)
    row = {p.label: p for p in fit.parameters if p.label}
    # Paths of separate equations with uncorrelated residuals are uncorrelated.
    sobel = np.sqrt(row["a"].est ** 2 * row["b"].se ** 2 + row["b"].est ** 2 * row["a"].se ** 2)
    assert row["ab"].se == pytest.approx(sobel, rel=1e-6)
    assert row["rest"].se == pytest.approx(row["c"].se, rel=1e-9)


def test_joint_significance_takes_the_weakest_path(fitted):
    fit = fitted("serial_mediation")
    row = {p.label: p for p in fit.parameters if p.label}
    joint = joint_significance(fit, "serial_success")
    assert [path.label for path in joint.paths] == ["a1", "a2", "b", "g"]
    assert [(path.lhs, path.rhs) for path in joint.paths] == [
        ("daf", "exp_rw"), ("LRN", "daf"), ("AMC", "LRN"), ("SUC", "AMC")]
    assert joint.largest_pvalue == max(row[label].pvalue for label in ("a1", "a2", "b", "g"))
    assert joint.holds == (joint.largest_pvalue < 0.05)
    assert joint_significance(fit, "serial_success", level=1 - joint.largest_pvalue / 2).holds is False


def test_joint_significance_is_for_products_only(fitted):
    fit = fitted("serial_mediation")
    assert product_effects(fit) == (
        "serial_learning", "serial_capability", "serial_success", "function_only", "learning_only")
    for effect in ("total_capability", "nothing"):
        with pytest.raises(InputError, match="EFFECT-PRODUCT"):
            joint_significance(fit, effect)


def test_joint_significance_writes_out_definitions_and_says_when_it_cannot_tell(engine, mediation):
    syntax = "daf ~ a*exp_rw\nlrar ~ b*daf + f*lnsize\nlnsize ~ 0.2*daf\nab := a*b\nabf := ab*f"
    fit = fit_model(engine, syntax, *mediation)
    assert [path.label for path in joint_significance(fit, "abf").paths] == ["a", "b", "f"]
    fixed = fit_model(engine, "daf ~ a*exp_rw\nF =~ l*lrar + lrco + lrsh\nF ~ b*daf\ne := a*b*l", *mediation)
    joint = joint_significance(fixed, "e")
    assert joint.holds is None
    assert isinstance(joint.largest_pvalue, Undefined)
