"""Every row, column and index of every stored case beside lavaan's, in lavaan's order.

``tests/reference/lavaan/script.R`` made what is stored. One comparer serves all cases: what lavaan gives and we do not,
or the other way round, is a failure too.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from pipeline.commands.fit_output import INDICES, ROBUST, SCALED
from pipeline.sem.describe import fit_model
from pipeline.sem.estimate import Options
from pipeline.sem.fit import Fit
from pipeline.undefined import Undefined

FOLDER = Path(__file__).parents[2] / "reference" / "lavaan"
CASES = {case["id"]: case for case in json.loads((FOLDER / "cases.json").read_text(encoding="utf-8"))}

CLOSE = {"rtol": 1e-4, "atol": 2e-6}
"""N − 1 in place of N would change variances by 3e-3 and more."""
LIMIT = {"rtol": 4e-4, "atol": 2e-6}
"""lavaan finds the limits of RMSEA by a root search that stops at 1.2e-4 of the noncentrality."""
NO_DF = {"saturated_ml", "saturated_mlr"}
"""Without degrees of freedom lavaan prints no scaled RMSEA and robust indices of 1; here they are 0, or not given."""


@cache
def reference(case: str) -> dict[str, Any]:
    return json.loads((FOLDER / f"{case}.json").read_text(encoding="utf-8"))


def rows_of(table: dict[str, list[Any]]) -> list[dict[str, Any]]:
    return [dict(zip(table, row, strict=True)) for row in zip(*table.values(), strict=True)]


@cache
def fitted(case: str) -> Fit:
    spec = CASES[case]
    asked = spec["options"]
    frame = pd.read_csv(FOLDER / "data" / f"{spec['data']}.csv")
    numbers = frame.select_dtypes("number")
    options = Options(
        estimator=asked.get("estimator", "ml"), missing=asked.get("missing", "listwise"),
        equal=tuple(asked.get("equal", ())), std_lv=bool(asked.get("std_lv")),
        meanstructure=bool(asked.get("meanstructure")))
    column = {what: [str(value) for value in frame[asked[what]]] if asked.get(what) else None
              for what in ("group", "cluster")}
    return fit_model(reference(case)["model"], numbers.to_numpy(dtype=float), list(numbers.columns), options,
                     name=case, groups=column["group"], clusters=column["cluster"])


def agree(ours: Any, theirs: Any, what: str, tolerance: dict[str, float] = CLOSE) -> None:
    if ours is None or isinstance(ours, Undefined):
        # lavaan prints 0 for the standard error of what cannot vary.
        assert theirs in (None, 0), f"{what}: {ours} for {theirs}"
        return
    assert theirs is not None, f"{what}: {ours} where lavaan has none"
    np.testing.assert_allclose(ours, theirs, **tolerance, err_msg=what)


def robust_indices_agree(fit: Fit, reference: dict[str, Any]) -> None:
    """Every index of a robust fit, plain, scaled and robust."""
    indices = fit.indices
    # The sample's script.R says why lavaan's own robust indices are others where covariates are random.
    expected = reference["measures"] | reference.get("robust_with_fixed_x_handed_on", {})
    assert indices is not None
    assert indices.scaled is not None
    assert indices.robust is not None
    for fields, part in ((INDICES, indices), (SCALED, indices.scaled), (ROBUST, indices.robust)):
        for name, field in fields.items():
            agree(getattr(part, field), expected[name], name, LIMIT if ".ci." in name else CLOSE)


@pytest.mark.parametrize("case", CASES)
def test_rows_come_in_lavaans_order_with_its_groups_and_labels(case):
    ours = [(p.lhs, p.op, p.rhs, p.group, p.label) for p in fitted(case).parameters]
    theirs = [(p["lhs"], p["op"], p["rhs"], p.get("group", 1) if p["op"] != ":=" else 0, p.get("label", ""))
              for p in rows_of(reference(case)["parameters"])]
    assert ours == theirs


@pytest.mark.parametrize("case", CASES)
def test_every_column_of_every_parameter_agrees(case):
    fit, stored = fitted(case), reference(case)
    for ours, theirs in zip(fit.parameters, rows_of(stored["parameters"]), strict=True):
        what = f"{case}: {ours.lhs} {ours.op} {ours.rhs} [{ours.group}] "
        agree(ours.est, theirs["est"], what + "est")
        if ours.se is None:
            assert theirs["se"] in (None, 0), what
        else:
            for name, column in (("se", "se"), ("z", "z"), ("pvalue", "pvalue"), ("ci_lower", "ci.lower"),
                                 ("ci_upper", "ci.upper")):
                agree(getattr(ours, name), theirs[column], what + name)
    assert sum(p.se is not None for p in fit.parameters) >= 3


@pytest.mark.parametrize("kind", ["all", "lv"])
@pytest.mark.parametrize("case", CASES)
def test_standardised_solutions_agree_with_their_standard_errors(case, kind):
    for ours, theirs in zip(fitted(case).parameters, rows_of(reference(case)[f"standardized_{kind}"]), strict=True):
        what = f"{case}: {ours.lhs} {ours.op} {ours.rhs} [{ours.group}] std.{kind}"
        agree(getattr(ours, f"std_{kind}"), theirs["est.std"], what)
        error = getattr(ours, f"std_{kind}_se")
        if theirs["se"] == 0 and isinstance(error, float):
            assert error < 1.3e-4, what  # lavaan prints smaller ones as 0
        else:
            agree(error, theirs["se"], what + " se")


@pytest.mark.parametrize("case", CASES)
def test_every_index_agrees(case):
    fit, stored = fitted(case), reference(case)["measures"]
    assert fit.indices is not None
    parts = [(INDICES, fit.indices)]
    if case not in NO_DF:
        for fields, part, sign in ((SCALED, fit.indices.scaled, "chisq.scaled"),
                                   (ROBUST, fit.indices.robust, "cfi.robust")):
            assert (part is not None) == (stored.get(sign) is not None), sign
            if part is not None:
                parts.append((fields, part))
    for fields, part in parts:
        for name, field in fields.items():
            agree(getattr(part, field), stored.get(name), f"{case}: {name}", LIMIT if ".ci." in name else CLOSE)


@pytest.mark.parametrize("case", CASES)
def test_sample_sizes_moments_and_explained_variances_agree(case):
    fit, stored = fitted(case), reference(case)
    nobs = stored["nobs"] if isinstance(stored["nobs"], list) else [stored["nobs"]]
    assert [group.nobs for group in fit.groups] == nobs
    assert list(fit.variables) == stored["variables"]
    assert fit.admissible == stored["admissible"]
    samples, implied, r2 = (stored[name] if isinstance(stored[name], list) else [stored[name]]
                            for name in ("sample", "implied", "r2"))
    for group, sample, model, explained in zip(fit.groups, samples, implied, r2, strict=True):
        np.testing.assert_allclose(group.sample_cov, sample["cov"], rtol=1e-4, atol=1e-5)
        np.testing.assert_allclose(group.implied_cov, model["cov"], rtol=1e-4, atol=1e-5)
        if group.sample_mean:
            np.testing.assert_allclose(group.sample_mean, np.ravel(sample["mean"]), rtol=1e-4, atol=1e-5)
            np.testing.assert_allclose(group.implied_mean, np.ravel(model["mean"]), rtol=1e-4, atol=1e-5)
        for name, value in explained.items():
            agree(group.r2[name], value, f"{case}: R² of {name}")


def test_there_are_cases_enough():
    assert len(CASES) >= 25
