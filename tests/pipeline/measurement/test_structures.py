"""Rival structures as model text: the same fit as lavaan has from the same text, and what a text fixes."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from pipeline.measurement import structures
from pipeline.measurement.bifactor import bifactor_indices
from pipeline.measurement.positive_difference import mean_weight, positive_difference, unusual
from pipeline.sem.comparisons import DifferenceTest, ModelTest, likelihood_ratio_test, model_test
from pipeline.sem.describe import describe
from pipeline.sem.estimate import Estimated, Options, estimate_model
from pipeline.sem.fit import Fit
from pipeline.undefined import Undefined
from tests.reference.structures import make_likert

FOLDER = Path(make_likert.__file__).parent
REFERENCE: dict[str, Any] = json.loads((FOLDER / "reference.json").read_text())
OPTIONS = {"ml": Options(), "mlr_fiml": Options("mlr", "fiml")}
FITS = [(key, name) for key, fits in REFERENCE["fits"].items() for name in fits]


@cache
def data(name: str) -> pd.DataFrame:
    if name == "likert":
        return pd.read_csv(FOLDER / "likert.csv")
    return pd.read_csv(FOLDER.parent / "lavaan/data/holzinger.csv")[[f"x{number}" for number in range(1, 10)]]


@cache
def estimated(key: str, name: str) -> Estimated:
    of, way = key.split()
    rows = data(of)
    return estimate_model(make_likert.texts()[of][name], rows.to_numpy(float), list(rows), OPTIONS[way], name=name)


@cache
def fitted(key: str, name: str) -> Fit:
    return describe(estimated(key, name))


def test_texts_are_those_that_lavaan_fitted() -> None:
    assert json.loads((FOLDER / "texts.json").read_text()) == make_likert.texts()


@pytest.mark.parametrize(("key", "name"), FITS)
def test_fit_is_lavaans(key: str, name: str) -> None:
    theirs, fit = REFERENCE["fits"][key][name], fitted(key, name)
    i, m = fit.indices, theirs["measures"]
    assert i is not None
    assert (fit.nobs, i.npar, i.df, fit.admissible) == (theirs["nobs"], m["npar"], m["df"], theirs["admissible"])
    ours = {"chisq": i.chisq, "pvalue": i.pvalue, "cfi": i.cfi, "tli": i.tli, "rmsea": i.rmsea, "srmr": i.srmr,
            "rmsea.ci.lower": i.rmsea_ci_lower, "rmsea.ci.upper": i.rmsea_ci_upper, "logl": i.logl, "aic": i.aic,
            "bic": i.bic}
    if i.scaled is not None and i.robust is not None:
        ours |= {"chisq.scaled": i.scaled.chisq, "chisq.scaling.factor": i.scaled.scaling_factor,
                 "cfi.robust": i.robust.cfi, "tli.robust": i.robust.tli, "rmsea.robust": i.robust.rmsea,
                 "rmsea.ci.lower.robust": i.robust.rmsea_ci_lower, "rmsea.ci.upper.robust": i.robust.rmsea_ci_upper}
    # An improper minimum is flat, where lavaan's search stops sooner.
    tolerance = 1e-5 if fit.admissible else 5e-4
    assert ours == pytest.approx({measure: m[measure] for measure in ours}, rel=tolerance, abs=1e-6)


@pytest.mark.parametrize(("key", "name"), FITS)
def test_estimates_are_lavaans(key: str, name: str) -> None:
    fit = fitted(key, name)
    rows = {frozenset((row.lhs, row.rhs)) if row.op == "~~" else (row.lhs, row.rhs): row for row in fit.parameters}
    for theirs in REFERENCE["fits"][key][name]["parameters"]:
        pair = (theirs["lhs"], theirs["rhs"])
        row = rows[frozenset(pair) if theirs["op"] == "~~" else pair]
        assert row.est == pytest.approx(theirs["est"], abs=1e-4)
        if fit.admissible:
            assert (row.se or 0.0) == pytest.approx(theirs["se"], abs=5e-5)
            assert row.std_all == pytest.approx(theirs["std"], abs=5e-5)


@pytest.mark.parametrize("key", [key for key in REFERENCE["fits"] if "likert" in key])
def test_differences_are_lavaans(key: str) -> None:
    for name, theirs in REFERENCE["differences"][key].items():
        first, second = (name.split(" in ") if " in " in name else (name, "correlated dimensions"))
        ours = likelihood_ratio_test(model_test(fitted(key, first)), model_test(fitted(key, second)))
        assert ours.df == theirs["df"]
        assert ours.statistic == pytest.approx(theirs["statistic"], rel=1e-5)
        assert ours.pvalue == pytest.approx(theirs["pvalue"], rel=5e-3)


@pytest.mark.parametrize("key", list(REFERENCE["fits"]))
def test_three_factors_under_one_are_three_correlated_factors(key: str) -> None:
    pair = ("general second order", "correlated dimensions") if "holzinger" in key else ("third order", "second order")
    one, other = (fitted(key, name).indices for name in pair)
    assert one is not None
    assert other is not None
    assert one.df == other.df
    assert one.chisq == pytest.approx(other.chisq, abs=1e-5)


# -- what a text says ------------------------------------------------------------------------------------------


def test_a_dimension_of_one_item_is_that_item() -> None:
    text = structures.correlated({"a": ("x1", "x2", "x3"), "b": ("x4",)})
    assert "f_b =~ 1*x4\nf_b ~~ NA*f_b\nx4 ~~ 0*x4" in text


def test_a_specific_factor_of_two_items_has_equal_loadings_and_of_one_item_does_not_exist() -> None:
    text = structures.bifactor({"a": ("x1", "x2", "x3"), "b": ("x4", "x5"), "c": ("x6",)})
    assert "f_b =~ 1*x4 + 1*x5\nf_b ~~ NA*f_b" in text
    assert "f_c" not in text
    assert "G ~~ 0*f_a + 0*f_b\nf_a ~~ 0*f_b\n" in text


def test_a_construct_with_one_dimension_is_that_dimension() -> None:
    text = structures.second_order({"a": ("x1", "x2"), "b": ("x3", "x4"), "c": ("x5", "x6")}, {"p": "ab", "c": "c"})
    assert "c_p =~ NA*f_a + f_b\nc_p ~~ 1*c_p" in text
    assert "c_c" not in text
    assert text.endswith("c_p ~~ f_c\n")


@pytest.mark.parametrize(("constructs", "has"), [
    ({"p": "ab"}, False), ({"p": "abc"}, True), ({"p": "ab", "q": "c"}, True), ({"p": "a", "q": "b"}, False)])
def test_two_dimensions_alone_have_no_second_order(constructs: dict[str, str], has: bool) -> None:
    dimensions = {one: (f"{one}1", f"{one}2", f"{one}3") for within in constructs.values() for one in within}
    assert structures.has_second_order(constructs) is has
    assert (structures.second_order(dimensions, constructs) != structures.correlated(dimensions)) is has


def test_a_factor_never_has_the_name_of_an_item_or_of_its_construct() -> None:
    text = structures.second_order({"mk": ("mk", "mk2", "mk3"), "b": ("x1", "x2", "x3")}, {"mk": ("mk", "b")})
    left = {line.split()[0] for line in text.splitlines()}
    assert not left & {"mk", "mk2", "mk3", "b"}


# -- bifactor ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("key", ["likert ml", "likert mlr_fiml"])
def test_bifactor_indices_are_those_by_hand_and_semtools(key: str) -> None:
    theirs = REFERENCE["bifactor"][key]
    ours = bifactor_indices(estimated(key, "bifactor"), make_likert.DIMENSIONS)
    assert not isinstance(ours, Undefined)
    assert ours.omega_h.est == pytest.approx(theirs["semtools_omega_h"], abs=1e-6)
    assert [ours.omega_total, ours.omega_h.est, ours.ecv.est, ours.puc, ours.h] == pytest.approx(
        [theirs[name] for name in ("omega_total", "omega_h", "ecv", "puc", "h")], abs=1e-6)
    assert [ours.omega_h.se, ours.ecv.se] == pytest.approx([theirs["omega_h_se"], theirs["ecv_se"]], rel=1e-4)
    for row in theirs["specific"]:
        own = {f"f_{name}": getattr(one, row["_row"]) for name, one in ours.factors.items()}
        assert own == pytest.approx({name: row[name] for name in own}, abs=1e-5), row["_row"]
    assert dict(zip(ours.items, ours.iecv, strict=True)) == pytest.approx(theirs["iecv"], abs=1e-5)


def test_psychs_omega_divides_by_the_sum_of_the_sample_correlations() -> None:
    """``omegaFromSem`` of standardised items: loadings with N, correlations that sum to the variance of the sum."""
    rows = data("likert").dropna()
    z = (rows - rows.mean()) / rows.std()
    ours = bifactor_indices(estimate_model(make_likert.texts()["likert"]["bifactor"], z.to_numpy(), list(z)),
                            make_likert.DIMENSIONS)
    assert not isinstance(ours, Undefined)
    n = REFERENCE["psych"]["n"]
    assert n == len(rows)
    own = sum(ours.general)**2 * (n - 1) / n / np.corrcoef(z.to_numpy().T).sum()
    assert own == pytest.approx(REFERENCE["psych"]["omega_h"], abs=2e-6)


def test_intervals_of_shares_stay_between_0_and_1_and_hold_the_estimate() -> None:
    ours = bifactor_indices(estimated("likert ml", "bifactor"), make_likert.DIMENSIONS, level=0.999999)
    assert not isinstance(ours, Undefined)
    for share in (ours.omega_h, ours.ecv):
        assert all(isinstance(part, float) for part in (share.est, share.lower, share.upper))
        assert 0 < share.lower < share.est < share.upper < 1  # type: ignore[operator]


def test_improper_bifactor_solution_has_no_indices() -> None:
    found = bifactor_indices(estimated("holzinger ml", "bifactor"), make_likert.ABILITIES)
    assert isinstance(found, Undefined)
    assert "x1 ~~ x1 is negative" in found.because


# -- positive scaling factor ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("theirs", REFERENCE["positive"], ids=lambda pair: pair["restricted"])
def test_positive_difference_is_lavaans_of_complete_rows(theirs: dict[str, Any]) -> None:
    rows = data("likert").dropna()
    pair = [estimate_model(make_likert.texts()["likert"][theirs[which]], rows.to_numpy(float), list(rows),
                           Options("mlr")) for which in ("restricted", "unrestricted")]
    tests = tuple(model_test(describe(one)) for one in pair)
    found = positive_difference(pair[0], pair[1], (tests[0], tests[1]))
    assert found.df == theirs["df"]
    assert found.statistic == pytest.approx(theirs["statistic"], rel=2e-5)


def test_scaling_factor_is_1_where_the_likelihood_is_right() -> None:
    root = np.random.default_rng(3).normal(size=(5, 5))
    cov = root @ root.T
    assert mean_weight(np.eye(5)[:2], cov, cov) == pytest.approx(1)
    assert mean_weight(np.eye(5)[:2], cov, 1.7 * cov) == pytest.approx(1.7)


@pytest.mark.parametrize(("factor", "odd"), [(1.0, False), (0.8, False), (0.5, True), (2.0, True),
                                             (Undefined("it is negative"), True), (None, False)])
def test_a_scaling_factor_far_from_the_models_own_is_unusual(factor: float | Undefined | None, odd: bool) -> None:
    own = ModelTest(20.0, 10, 300, 1, 1.1), ModelTest(10.0, 8, 300, 1, 1.0)
    assert unusual(DifferenceTest(5.0, 2, 0.1, factor, 0.0), *own) is odd


def test_positive_difference_of_models_that_are_not_nested_is_undefined() -> None:
    pair = [estimated("likert mlr_fiml", name) for name in ("correlated dimensions", "bifactor")]
    tests = tuple(model_test(fitted("likert mlr_fiml", name)) for name in ("correlated dimensions", "bifactor"))
    found = positive_difference(pair[0], pair[1], (tests[0], tests[1]))
    assert isinstance(found.statistic, Undefined)
    assert "not nested" in found.statistic.because
