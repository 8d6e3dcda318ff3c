"""The marker technique and other checks of method variance, against lavaan and against simulated truth."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from pipeline.measurement.method_bias import (
    MarkerTechnique,
    compared,
    decomposed,
    marker_technique,
    outer_limits,
    rows_of,
    shares,
)
from pipeline.measurement.method_checks import (
    Unmeasured,
    factors_alone,
    first_share,
    harman,
    marker_correlations,
    mean_of,
    unmeasured_factor,
)
from pipeline.measurement.method_models import (
    Measured,
    baseline,
    correlated_factors,
    method,
    one_factor,
    unmeasured,
    unused_name,
)
from pipeline.sem.describe import describe
from pipeline.sem.difference import difference_test
from pipeline.sem.estimate import Options, estimate_model
from pipeline.sem.fit import Fit
from pipeline.undefined import Undefined

REFERENCE = Path(__file__).parents[2] / "reference" / "method"
FACTORS = {"a": ("a1", "a2", "a3", "a4"), "b": ("b1", "b2", "b3", "b4"), "c": ("c1", "c2", "c3")}
MARKER = ("m1", "m2", "m3", "m4")
ITEMS = [item for items in FACTORS.values() for item in items]
OPTIONS = {"equal": Options(), "unequal": Options(estimator="mlr", missing="fiml")}
STUDIES = ("equal", "unequal")


@cache
def data(name: str) -> tuple[np.ndarray, tuple[str, ...], list[int] | None]:
    frame = pd.read_csv(REFERENCE / f"{name}.csv")
    firms = frame.pop("firm").tolist() if "firm" in frame else None
    return frame.to_numpy(float), tuple(frame), firms


@cache
def reference(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((REFERENCE / "output.json").read_text(encoding="utf-8"))[name]
    return found


@cache
def technique(name: str) -> MarkerTechnique:
    X, names, firms = data(name)
    return marker_technique(FACTORS, "mk", MARKER, X, names, OPTIONS[name], clusters=firms)


@cache
def alone(name: str) -> Fit:
    X, names, firms = data(name)
    return describe(factors_alone(FACTORS, X, names, OPTIONS[name], clusters=firms))


@cache
def equal_factor(name: str) -> Unmeasured:
    X, names, firms = data(name)
    return unmeasured_factor(FACTORS, "equal", X, names, OPTIONS[name], alone(name), clusters=firms)


# -- against lavaan --------------------------------------------------------------------------------------------


def same_parameters(fit: Fit, theirs: dict[str, Any]) -> None:
    """Every row that both have, the signs as they are; lavaan leaves fixed zeros' errors at 0."""
    rows, seen = rows_of(fit), 0
    for lhs, op, rhs, est, se, std, std_se in zip(*(theirs[k] for k in ("lhs", "op", "rhs", "est", "se", "std",
                                                                       "std_se")), strict=True):
        row = rows.get((lhs, op, rhs)) or rows[rhs, op, lhs]
        assert row.est == pytest.approx(est, abs=2e-5), (fit.name, lhs, op, rhs)
        assert (row.se or 0) == pytest.approx(se, abs=2e-5), (fit.name, lhs, op, rhs)
        assert row.std_all == pytest.approx(std, abs=2e-5), (fit.name, lhs, op, rhs)
        if isinstance(row.std_all_se, float) and std_se is not None:
            assert row.std_all_se == pytest.approx(std_se, abs=2e-5), (fit.name, lhs, op, rhs)
        seen += 1
    assert seen == sum(row.op in ("=~", "~~") for row in fit.parameters)


@pytest.mark.parametrize("name", STUDIES)
def test_all_models_are_those_of_lavaan(name: str) -> None:
    fits, theirs = technique(name).fits, reference(name)["models"]
    assert list(fits) == ["CFA", "Baseline", "Method-C", "Method-U", "Method-R", "Method-S(.95)", "Method-S(.99)"]
    for model, fit in fits.items():
        same_parameters(fit, theirs[model])
        if fit.indices is None:
            assert model.startswith("Method-S")
            continue
        own = fit.indices
        chisq, pvalue = (own.chisq, own.pvalue) if own.scaled is None else (own.scaled.chisq, own.scaled.pvalue)
        best = own.robust or own
        assert own.df == theirs[model]["df"]
        assert (chisq, pvalue, best.cfi, best.rmsea, own.srmr) == pytest.approx(
            [theirs[model][key] for key in ("chisq", "pvalue", "cfi", "rmsea", "srmr")], abs=5e-4)


@pytest.mark.parametrize("name", STUDIES)
def test_the_decisions_and_their_tests_are_those_of_lavaan(name: str) -> None:
    found, theirs = technique(name), reference(name)
    for one, key in zip(found.comparisons, ("c", "u", "r"), strict=True):
        test = theirs["tests"][key]
        assert (one.test.statistic, one.test.df, one.test.pvalue) == pytest.approx(
            (test["chisq"], test["df"], test["p"]), abs=1e-3, rel=1e-4)
    assert found.shown == theirs["shown"]
    assert [(one.restricted, one.free) for one in found.comparisons] == [
        ("Baseline", "Method-C"), ("Method-C", "Method-U"), ("Method-R", found.shown)]


def test_the_comparison_is_the_general_difference_test() -> None:
    X, names, firms = data("unequal")
    fits = technique("unequal").fits
    pair = [estimate_model(fits[model].syntax, X, names, OPTIONS["unequal"], clusters=firms, name=model)
            for model in ("Baseline", "Method-C")]
    general, own = difference_test(*pair), compared(fits["Baseline"], fits["Method-C"]).test
    assert (own.statistic, own.df, own.scaling_factor) == pytest.approx(
        (general.statistic, general.df, general.scaling_factor), rel=1e-6)


@pytest.mark.parametrize("name", STUDIES)
def test_reliabilities_are_taken_apart_as_by_lavaan(name: str) -> None:
    found = technique(name)
    for factor, items in FACTORS.items():
        own = decomposed(found.fits["Baseline"], found.fits[found.shown], factor, items, "mk")
        theirs = reference(name)["reliability"][factor]
        assert (own.total, own.substantive, own.method, own.share) == pytest.approx(
            [theirs[key] for key in ("total", "substantive", "method", "share")], abs=1e-5)


@pytest.mark.parametrize("name", STUDIES)
def test_an_unmeasured_factor_and_harmans_are_those_of_lavaan(name: str) -> None:
    X, names, firms = data(name)
    theirs, found = reference(name), equal_factor(name)
    assert found.fit.indices is not None
    assert found.identified
    assert not found.fit.admissible
    assert found.comparison.test.statistic == pytest.approx(theirs["tests"]["ulmc"]["chisq"], abs=1e-3)
    same = {row: est for *row, est in zip(*(theirs["models"]["equal"][k] for k in ("lhs", "rhs", "est")), strict=True)
            for row in [tuple(row)]}
    assert rows_of(found.fit)["method", "~~", "method"].est == pytest.approx(same["method", "method"], abs=1e-4)
    one = harman(ITEMS, X, names, OPTIONS[name], clusters=firms)
    assert (one.component, one.factor) == pytest.approx(
        (theirs["harman"]["component"], theirs["harman"]["factor"]), abs=1e-5)
    same_parameters(replace_factor(one.fit), theirs["models"]["one"])


def replace_factor(fit: Fit) -> Fit:
    """With the single factor named as in the reference."""
    return replace(fit, parameters=tuple(
        replace(row, lhs=row.lhs.replace("single", "g"), rhs=row.rhs.replace("single", "g")) for row in fit.parameters))


@pytest.mark.parametrize("name", STUDIES)
def test_partial_correlations_are_those_of_the_formula_in_r(name: str) -> None:
    X, names, _ = data(name)
    place = {item: k for k, item in enumerate(names)}
    scores = np.column_stack([X[:, [place[i] for i in items]].mean(axis=1) for items in FACTORS.values()])
    found = marker_correlations(scores, X[:, [place[i] for i in MARKER]].mean(axis=1))
    theirs = reference(name)["correlational"]
    assert found.n == theirs["n"] < len(X) + (name == "equal")
    assert found.smallest == pytest.approx(theirs["smallest"], abs=1e-12)
    assert list(FACTORS)[found.with_scale] == theirs["with"]
    for own, key in (("r", "r"), ("pvalue", "p"), ("adjusted", "adjusted"), ("adjusted_pvalue", "adjusted_p")):
        assert [getattr(pair, own) for pair in found.pairs] == pytest.approx(theirs[key], rel=1e-9)


@pytest.mark.parametrize("name", STUDIES)
def test_the_texts_are_those_that_lavaan_ran_unchanged(name: str) -> None:
    written = json.loads((REFERENCE / "texts.json").read_text(encoding="utf-8"))[name]
    own = {model: fit.syntax for model, fit in technique(name).fits.items()}
    own |= {f"unmeasured, {kind}": unmeasured(FACTORS, kind) for kind in ("equal", "free")}  # type: ignore[arg-type]
    own["one"] = one_factor(ITEMS)
    assert list(own) == list(written) == list(reference(name)["texts"])
    for model, text in own.items():
        assert rounded(text) == rounded(written[model]), model
        ran = reference(name)["texts"][model]
        fit = technique(name).fits.get(model)
        if fit is not None and fit.indices is not None:
            assert (fit.indices.chisq, fit.indices.df) == pytest.approx((ran["chisq"], ran["df"]), abs=1e-3)


def rounded(text: str) -> str:
    return re.sub(r"-?\d+\.\d+(e-?\d+)?", lambda number: f"{float(number.group()):.4f}", text)


# -- simulated truth ---------------------------------------------------------------------------------------------


def simulated(seed: int, loading: float) -> tuple[np.ndarray, tuple[str, ...]]:
    rng = np.random.default_rng(seed)
    n, habit = 350, np.random.default_rng(seed + 100).standard_normal(350)
    factors = rng.standard_normal((n, 2)) @ np.linalg.cholesky([[1, 0.4], [0.4, 1]]).T
    columns = [0.7 * factors[:, k // 3] + loading * habit + 0.6 * rng.standard_normal(n) for k in range(6)]
    columns += [0.7 * habit + 0.7 * rng.standard_normal(n) for _ in range(3)]
    return np.column_stack(columns), ("x1", "x2", "x3", "y1", "y2", "y3", "k1", "k2", "k3")


TWO = {"x": ("x1", "x2", "x3"), "y": ("y1", "y2", "y3")}


@pytest.mark.parametrize("seed", [1, 2, 3, 4])
def test_method_variance_is_found_where_there_is_some_and_only_there(seed: int) -> None:
    X, names = simulated(seed, 0.3)
    found = marker_technique(TWO, "k", ("k1", "k2", "k3"), X, names, Options())
    assert found.retained in ("Method-C", "Method-U")
    share = mean_of(list(shares(found.fits[found.shown], names[:6], "k").values()))
    assert share == pytest.approx(0.09 / (0.49 + 0.09 + 0.36), abs=0.05)
    rows = [rows_of(found.fits[name])["x", "~~", "y"].est for name in ("Baseline", found.shown)]
    assert rows[0] - rows[1] > 0.02  # (.4·.49 + .09) / .58 = .49 without, .40 with the method allowed for
    X, names = simulated(seed, 0.0)
    assert marker_technique(TWO, "k", ("k1", "k2", "k3"), X, names, Options()).retained == "Baseline"


def test_effects_of_both_signs_that_cancel_out_are_found() -> None:
    rng = np.random.default_rng(5)
    habit = rng.standard_normal(400)
    sign = [1, -1, 1, -1, 1, -1]
    factors = rng.standard_normal((400, 2))
    X = np.column_stack([0.7 * factors[:, k // 3] + 0.4 * sign[k] * habit + 0.6 * rng.standard_normal(400)
                         for k in range(6)] + [0.7 * habit + 0.7 * rng.standard_normal(400) for _ in range(3)])
    found = marker_technique(TWO, "k", ("k1", "k2", "k3"), X, simulated(1, 0)[1], Options())
    assert [one.restricted for one in found.comparisons] == ["Baseline", "Baseline", "Method-R"]
    assert found.comparisons[0].significant is False
    assert found.retained == "Method-U"
    limits = outer_limits(found.fits["Method-U"], TWO, "k", 0.95)
    assert [np.sign(value) for value in limits.values()] == sign
    rows = rows_of(found.fits["Method-U"])
    assert all(abs(limits[item]) > abs(rows["k", "=~", item].est) for item in limits)


def test_an_unmeasured_factor_misses_method_variance_that_the_marker_finds() -> None:
    assert technique("equal").comparisons[0].significant is True
    assert equal_factor("equal").comparison.significant is False
    assert isinstance(equal_factor("equal").share, Undefined)  # its variance is negative


# -- small things ------------------------------------------------------------------------------------------------


def test_one_factor_has_no_correlations_to_be_biased() -> None:
    X, names = simulated(1, 0.3)
    found = marker_technique({"x": TWO["x"]}, "k", ("k1", "k2", "k3"), X, names, Options())
    assert isinstance(found.biased, Undefined)
    assert "Method-R" not in found.fits
    assert found.retained == "Method-C"


def test_a_method_factor_takes_no_name_that_is_there() -> None:
    assert unused_name("method", {"method": ["method_", "x"]}) == "method__"
    assert "\nmethod_ =~ 1*method + 1*x2" in unmeasured({"f": ["method", "x2"]}, "equal")


def test_texts_are_complete() -> None:
    fixed = Measured({"k1": 0.5, "k2": -0.25}, {"k1": 1.0, "k2": 2.0})
    factors = {"x": ["x1", "x2"], "y": ["y1", "y2"]}
    common = ["x =~ NA*x1 + x2", "y =~ NA*y1 + y2"]
    rest = ["k1 ~~ 1*k1", "k2 ~~ 2*k2", "x ~~ 1*x", "y ~~ 1*y", "k ~~ 1*k"]
    apart = ["k ~~ 0*x", "k ~~ 0*y"]
    assert baseline(factors, "k", fixed).split("\n") == [
        *common, "k =~ 0.5*k1 + -0.25*k2", *rest, "x ~~ y", *apart]
    assert method(factors, "k", fixed, "equal", {("x", "y"): 0.3}).split("\n") == [
        *common, "k =~ 0.5*k1 + -0.25*k2 + method_loading*x1 + method_loading*x2 + method_loading*y1 + "
        "method_loading*y2", *rest, "x ~~ 0.3*y", *apart]
    assert correlated_factors(factors).split("\n") == [*common, "x ~~ 1*x", "y ~~ 1*y", "x ~~ y"]


def test_nothing_is_taken_out_where_the_marker_correlates_with_nothing_positively() -> None:
    rng = np.random.default_rng(8)
    scores = rng.standard_normal((50, 2))
    found = marker_correlations(scores, -scores.sum(axis=1))
    assert isinstance(found.smallest, Undefined)
    assert found.with_scale == -1
    assert isinstance(found.pairs[0].adjusted, Undefined)
    assert isinstance(found.pairs[0].r, float)


@pytest.mark.parametrize("scores", [np.full((9, 2), np.nan), np.ones((9, 2))])
def test_scores_without_answers_or_differences_have_no_correlations(scores: np.ndarray) -> None:
    found = marker_correlations(scores, np.arange(9.0))
    assert isinstance(found.pairs[0].r, Undefined)
    assert isinstance(found.smallest, Undefined)


def test_the_first_components_share_is_of_correlations() -> None:
    assert first_share(np.array([[4.0, 1.0], [1.0, 1.0]])) == pytest.approx((1 + 0.5) / 2)
