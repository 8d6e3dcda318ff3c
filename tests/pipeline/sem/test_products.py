"""Product indicators beside semTools, and whole latent interaction models beside lavaan.

``tests/reference/interactions/script.R`` made what is stored.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from instrument.errors import InputError
from pipeline.sem.describe import describe
from pipeline.sem.estimate import Estimated, Options, estimate_model
from pipeline.sem.products import Product, product_columns, residual_covariances

FOLDER = Path(__file__).parents[2] / "reference" / "interactions"


def three(letter: str) -> tuple[str, ...]:
    return tuple(f"{letter}{number}" for number in (1, 2, 3))


X, Z, W = three("x"), three("z"), three("w")
PRODUCTS = {
    "complete_ml": (Product((X, Z)),),
    "gaps_fiml_mlr": (Product((X, Z)), Product((X, W))),
    "clustered_mlr": (Product((X, Z)), Product((Z, Z)), Product((X, Z, Z))),
}


@cache
def stored(case: str) -> dict[str, Any]:
    return json.loads((FOLDER / f"{case}.json").read_text(encoding="utf-8"))


@cache
def fitted(case: str) -> Estimated:
    said = stored(case)
    frame = pd.read_csv(FOLDER / "data" / said["data"])
    columns, made = product_columns(frame.to_numpy(float), list(frame.columns), PRODUCTS.get(case, ()))
    asked = said["options"]
    return estimate_model(
        said["model"], np.hstack([frame.to_numpy(float), columns]), [*frame.columns, *made],
        Options(estimator=asked["estimator"], missing=asked["missing"]),
        clusters=[str(firm) for firm in frame[asked["cluster"]]] if "cluster" in asked else None)


def numbers(table: list[list[Any]]) -> np.ndarray:
    return np.array([[np.nan if value is None else value for value in row] for row in table], dtype=float)


@pytest.mark.parametrize("centring", ["double", "single", "none"])
@pytest.mark.parametrize(("kind", "factors", "place"), [
    ("two", (X, Z), slice(0, 3)), ("three", (X, Z, W), slice(9, 12)), ("square", (Z, Z), slice(0, 3))])
def test_columns_are_those_of_indprod_gap_for_gap(centring, kind, factors, place):
    said = stored("columns")
    frame = pd.read_csv(FOLDER / "data" / "gaps.csv").head(said["rows"])
    ours, names = product_columns(frame.to_numpy(float), list(frame.columns), [Product(factors)], centring=centring)
    theirs = numbers(said[kind][centring])[:, place]
    assert np.isnan(theirs).any()
    np.testing.assert_allclose(ours, theirs, rtol=1e-9, atol=1e-9)
    if kind != "square":
        assert list(names) == said[f"names_{kind}"][place]


def test_two_way_columns_of_a_three_way_call_are_those_of_products_of_two():
    said = stored("columns")
    frame = pd.read_csv(FOLDER / "data" / "gaps.csv").head(said["rows"])
    pairs = [Product(pair) for pair in ((X, Z), (X, W), (Z, W))]
    ours, names = product_columns(frame.to_numpy(float), list(frame.columns), pairs)
    np.testing.assert_allclose(ours, numbers(said["three"]["double"])[:, :9], rtol=1e-9, atol=1e-9)
    assert list(names) == said["names_three"][:9]


@pytest.mark.parametrize("case", PRODUCTS)
def test_every_row_of_a_latent_interaction_model_agrees_with_lavaan(case):
    said, fit = stored(case), describe(fitted(case))
    assert fit.converged
    assert fit.nobs == said["nobs"]
    assert [(p.lhs, p.op, p.rhs) for p in fit.parameters] == [
        (p["lhs"], p["op"], p["rhs"]) for p in said["parameters"]]
    columns = (("est", "est"), ("se", "se"), ("z", "z"), ("pvalue", "pvalue"), ("ci_lower", "ci.lower"),
               ("ci_upper", "ci.upper"), ("std_all", "std.all"))
    for ours, theirs in zip(fit.parameters, said["parameters"], strict=True):
        for field, column in columns:
            value = getattr(ours, field)
            what = f"{ours.lhs} {ours.op} {ours.rhs} {field}"
            if value is None:
                assert field not in ("est", "std_all"), what
                assert theirs["se"] == 0, what
            else:
                np.testing.assert_allclose(value, theirs[column], rtol=1e-4, atol=5e-5, err_msg=what)


@pytest.mark.parametrize("case", PRODUCTS)
def test_the_fit_of_a_latent_interaction_model_agrees_with_lavaan(case):
    said, indices = stored(case)["measures"], describe(fitted(case)).indices
    assert indices is not None
    assert (indices.df, indices.npar) == (said["df"], said["npar"])
    for field in ("chisq", "pvalue", "cfi", "rmsea", "srmr", "logl"):
        np.testing.assert_allclose(getattr(indices, field), said[field], rtol=1e-5, atol=1e-6, err_msg=field)
    assert (indices.scaled is None) == ("chisq.scaled" not in said)
    if indices.scaled is not None:
        np.testing.assert_allclose(
            [indices.scaled.chisq, indices.scaled.pvalue, indices.scaled.scaling_factor],
            [said["chisq.scaled"], said["pvalue.scaled"], said["chisq.scaling.factor"]], rtol=1e-5)


def test_a_square_makes_the_robust_covariance_singular_without_harm():
    """Scores of a variance are linear in the squares that are in the data: one combination never varies."""
    estimated = fitted("clustered_mlr")
    errors = np.sqrt(np.diag(estimated.vcov))
    assert np.linalg.eigvalsh(estimated.vcov / np.outer(errors, errors))[0] < 1e-12
    assert not estimated.bread.unidentified.any()


@pytest.mark.parametrize("case", PRODUCTS)
def test_the_helper_writes_the_residual_covariances_of_the_stored_models(case):
    def pairs(text: str) -> set[frozenset[str]]:
        return {frozenset(line.replace(" ", "").split("~~")) for line in text.splitlines() if "~~" in line}

    written = residual_covariances(PRODUCTS[case])
    assert pairs(written) == pairs(stored(case)["model"])
    assert len(pairs(written)) == len(written.splitlines())


def test_products_within_one_factor_share_an_indicator_if_pairs_are_crossed():
    assert residual_covariances([Product((("x1", "x1", "x2"), ("z1", "z2", "z1")))]) == (
        "x1.z1 ~~ x1.z2\nx1.z1 ~~ x2.z1\n")


def test_an_observed_moderator_shares_no_error():
    by_function = Product((X, ("daf", "daf", "daf")))
    assert by_function.names == ("x1.daf", "x2.daf", "x3.daf")
    assert residual_covariances([by_function]) == ""
    assert residual_covariances([Product((("exp",), ("daf",))), Product((("exp",), ("size",)))]) == ""
    by_size = Product((X, ("size", "size", "size")))
    assert residual_covariances([by_function, by_size]) == "".join(f"x{i}.daf ~~ x{i}.size\n" for i in (1, 2, 3))


def test_the_interaction_of_a_simulated_population_is_recovered():
    """Y = .4 X + .2 Z + .3 XZ, each with three indicators: mean over replications within its Monte Carlo error."""
    truth, replications, n = 0.3, 40, 500
    model = "X =~ x1 + x2 + x3\nZ =~ z1 + z2 + z3\nXZ =~ x1.z1 + x2.z2 + x3.z3\nY =~ y1 + y2 + y3\nY ~ X + Z + b*XZ"
    names = [*X, *Z, "y1", "y2", "y3"]
    found, errors = [], []
    for child in np.random.SeedSequence(8).spawn(replications):
        rng = np.random.default_rng(child)
        x = rng.normal(size=n)
        z = 0.3 * x + rng.normal(size=n)
        y = 0.4 * x + 0.2 * z + truth * x * z + 0.7 * rng.normal(size=n)
        data = np.repeat(np.column_stack([x, z, y]), 3, axis=1) + 0.5 * rng.normal(size=(n, 9)) + 4
        columns, made = product_columns(data, names, [Product((X, Z))])
        estimated = estimate_model(model, np.hstack([data, columns]), [*names, *made], Options(estimator="mlr"))
        assert estimated.converged
        at = next(row.free - 1 for row in estimated.problem.table.rows if row.label == "b")
        found.append(estimated.theta[at])
        errors.append(estimated.vcov[at, at] ** 0.5)
    spread = float(np.std(found, ddof=1))
    assert abs(np.mean(found) - truth) < 3 * spread / replications ** 0.5
    assert spread < 0.06
    np.testing.assert_allclose(np.mean(errors), spread, rtol=0.3)


DATA = np.array([[1.0, 2.0, 5.0, np.nan], [2.0, 1.0, 5.0, np.nan], [4.0, 3.0, 5.0, np.nan], [3.0, 7.0, 5.0, np.nan]])
NAMES = ("a", "b", "constant", "empty")


@pytest.mark.parametrize(("factors", "code", "said"), [
    ((("a",), ("missing",)), "PRODUCT-VARIABLE", "missing"),
    ((("a", "b"), ("a",)), "PRODUCT-LENGTH", "2, 1"),
    ((("a",),), "PRODUCT-LENGTH", "1"),
    ((), "PRODUCT-LENGTH", "none"),
    (((), ()), "PRODUCT-LENGTH", "0, 0"),
    ((("a",), ("constant",)), "PRODUCT-CONSTANT", "4 present"),
    ((("a",), ("empty",)), "PRODUCT-CONSTANT", "0 present"),
    ((("a", "b"), ("b", "a")), "PRODUCT-NAME", "a.b"),
    ((("a", "a"), ("b", "b")), "PRODUCT-NAME", "another product"),
])
def test_bad_products_are_findings(factors, code, said):
    with pytest.raises(InputError) as caught:
        product_columns(DATA, NAMES, [Product(factors)])
    assert [finding.code for finding in caught.value.findings] == [code]
    assert said in str(caught.value.findings[0])


def test_a_product_named_as_a_column_is_a_finding():
    with pytest.raises(InputError, match="a column of the data") as caught:
        product_columns(DATA, ("a", "b", "a.b", "d"), [Product((("a",), ("b",)))])
    assert caught.value.findings[0].code == "PRODUCT-NAME"


def test_a_balanced_two_valued_variable_has_no_square():
    column = np.array([[0.0], [1.0], [0.0], [1.0]])
    with pytest.raises(InputError, match=r"product d\.d has no variance"):
        product_columns(column, ["d"], [Product((("d",), ("d",)))])


def test_products_are_centred_at_their_own_mean_and_not_for_single_centring():
    double, _ = product_columns(DATA, NAMES, [Product((("a",), ("b",)))])
    single, _ = product_columns(DATA, NAMES, [Product((("a",), ("b",)))], centring="single")
    assert abs(double.mean()) < 1e-12
    np.testing.assert_allclose(single[:, 0], [1.875, 1.125, -0.375, 1.875])  # by hand, means 2.5 and 3.25
    assert product_columns(DATA, NAMES, [])[0].shape == (4, 0)
