"""Every row, column and index of eight models beside lavaan's, in lavaan's order."""

from __future__ import annotations

import numpy as np
import pytest

from pipeline.undefined import Undefined

MODELS = ("holzinger_cfa", "political_democracy", "modifiers", "heywood", "serial_mediation", "second_order",
          "observed_paths", "saturated")
COLUMNS = {"est": "est", "se": "se", "z": "z", "pvalue": "pvalue", "ci_lower": "ci.lower", "ci_upper": "ci.upper",
           "std_all": "std.all"}
INDICES = {
    "npar": "npar", "chisq": "chisq", "df": "df", "pvalue": "pvalue", "baseline_chisq": "baseline.chisq",
    "baseline_df": "baseline.df", "cfi": "cfi", "tli": "tli", "rmsea": "rmsea", "rmsea_ci_lower": "rmsea.ci.lower",
    "rmsea_ci_upper": "rmsea.ci.upper", "rmsea_pvalue": "rmsea.pvalue", "srmr": "srmr", "gfi": "gfi", "logl": "logl",
    "unrestricted_logl": "unrestricted.logl", "aic": "aic", "bic": "bic", "sabic": "bic2",
}
TOLERANCE = {"rtol": 5e-5, "atol": 2e-5}
"""lavaan's own optimiser stops some 1e-6 from the minimum; N − 1 for N would change variances by 3e-3."""


@pytest.mark.parametrize("name", MODELS)
def test_rows_come_in_lavaans_order_with_its_labels(name, fitted, stored):
    rows = [(p.lhs, p.op, p.rhs, p.label) for p in fitted(name).parameters]
    assert rows == [(p["lhs"], p["op"], p["rhs"], p["label"]) for p in stored(name)["parameters"]]


@pytest.mark.parametrize("column", COLUMNS)
@pytest.mark.parametrize("name", MODELS)
def test_every_column_of_every_row_agrees(name, column, fitted, stored):
    compared = 0
    for ours, theirs in zip(fitted(name).parameters, stored(name)["parameters"], strict=True):
        value, wanted = getattr(ours, column), theirs[COLUMNS[column]]
        if ours.op != ":=" and not ours.free and column not in ("est", "std_all"):
            # lavaan prints 0 for the standard error of what is fixed, and the value for its interval.
            assert value is None
            assert wanted in (None, 0) or wanted == pytest.approx(ours.est)
            continue
        np.testing.assert_allclose(value, wanted, **TOLERANCE, err_msg=f"{ours.lhs} {ours.op} {ours.rhs}")
        compared += 1
    assert compared >= 3


@pytest.mark.parametrize("index", INDICES)
@pytest.mark.parametrize("name", MODELS)
def test_every_index_agrees(name, index, fitted, stored):
    value, wanted = getattr(fitted(name).indices, index), stored(name)["measures"][INDICES[index]]
    if wanted is None:
        assert isinstance(value, Undefined)
    else:
        np.testing.assert_allclose(value, wanted, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("name", MODELS)
def test_moments_sample_size_and_roles_agree(name, fitted, stored):
    fit, reference = fitted(name), stored(name)
    assert (fit.nobs, fit.variables, list(fit.exogenous)) == (
        reference["nobs"], tuple(reference["variables"]), reference["fixed_x"])
    np.testing.assert_allclose(fit.sample_cov, reference["sample_cov"], rtol=1e-9, atol=1e-9)
    np.testing.assert_allclose(fit.implied_cov, reference["implied_cov"], rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("name", MODELS)
def test_explained_variance_agrees(name, fitted, stored):
    ours, theirs = fitted(name).r2, stored(name)["r2"]
    assert set(ours) == set(theirs)
    for variable, wanted in theirs.items():
        if wanted is None:
            assert isinstance(ours[variable], Undefined)
        else:
            assert ours[variable] == pytest.approx(wanted, abs=1e-4)


@pytest.mark.parametrize("name", MODELS)
def test_admissibility_agrees_and_improper_parameters_are_named(name, fitted, stored):
    fit = fitted(name)
    assert fit.converged
    assert fit.admissible == stored(name)["admissible"]
    assert (fit.warnings == ()) == fit.admissible
    if not fit.admissible:
        assert "x8 ~~ x8 is negative" in fit.warnings[0]
