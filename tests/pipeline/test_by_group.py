"""Paths by group: loadings first, paths where these hold, and a reason where nothing can be compared."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from pipeline.by_group import compare_groups, membership
from pipeline.comparison import GroupComparison
from pipeline.models.by_group import BY_GROUP, ByGroup
from pipeline.sem.comparisons import ChiSquareTest, DifferenceTest, likelihood_ratio_test, model_test
from pipeline.sem.describe import describe, fit_model
from pipeline.sem.estimate import estimate_model

OWNERSHIP = next(asked for asked in BY_GROUP if asked.id == "ownership")
FACTORS = {"RA": ("ratr", "ravg", "racs", "rarg", "ralo"), "RF": ("rfmod", "rfkm", "rfag"),
           "SR": ("srrs", "srcr", "sral")}


def alliances(n: int, *, path: float = 0.5, loading: float = 0.7, seed: int = 5) -> pd.DataFrame:
    """Alliances by contract with a path of .5 from RA to RF and loadings of .7, and as many with shared ownership,
    where ``path`` and the loading of the last item of RF are as given."""
    generator = np.random.default_rng(seed)
    parts = []
    for equity, slope, last in ((0.0, 0.5, 0.7), (1.0, path, loading)):
        ra = generator.standard_normal(n)
        rf = slope * ra + 0.8 * generator.standard_normal(n)
        sr = 0.3 * rf + 0.3 * ra + 0.8 * generator.standard_normal(n)
        factors = {"RA": ra, "RF": rf, "SR": sr}
        columns = {name: (last if name == "rfag" else 0.7) * factors[factor] + 0.5 * generator.standard_normal(n)
                   for factor, names in FACTORS.items() for name in names}
        parts.append(pd.DataFrame(columns | {"equity": equity}))
    frame = pd.concat(parts, ignore_index=True)
    frame.index = pd.MultiIndex.from_arrays([[f"f{i}" for i in frame.index], ["a"] * len(frame)],
                                            names=["firm_id", "alliance_id"])
    return frame.sample(frac=1, random_state=1)


def compared(frame: pd.DataFrame, asked: ByGroup = OWNERSHIP) -> GroupComparison:
    found, = compare_groups({"alliance": frame}, level=0.95, wanted=(asked,))
    return found


def test_a_path_that_differs_is_found_and_the_others_are_not() -> None:
    found = compared(alliances(600, path=0.9))
    assert found.comparable
    (first, second, third) = found.paths
    assert first.est == pytest.approx((0.5, 0.9), abs=3 * 0.06)
    assert isinstance(first.difference, ChiSquareTest)
    assert first.difference.pvalue < 0.001
    assert all(isinstance(p.difference, ChiSquareTest) and p.difference.pvalue > 0.01 for p in (second, third))
    assert "paths differ: resource fluidity on relational ambidexterity" in found.sentence


def test_where_loadings_differ_no_path_is_compared() -> None:
    found = compared(alliances(600, loading=0.2))
    assert found.comparable is False
    assert found.paths == ()
    assert "loadings differ" in found.sentence
    assert isinstance(found.loadings, DifferenceTest)
    assert found.loadings.df == 8  # eleven indicators, three markers


def test_the_groups_are_those_named_whatever_the_order_of_rows() -> None:
    frame = alliances(300, path=0.9)
    turned = compared(frame.iloc[::-1])
    assert turned.groups == ("contract alone", "shared ownership")
    assert turned.sizes == (300, 300)
    np.testing.assert_allclose(turned.paths[0].est, compared(frame).paths[0].est, rtol=1e-5)


def test_the_wald_test_says_what_a_difference_test_of_the_same_constraint_says() -> None:
    frame = alliances(800, path=0.7).sort_values("equity", kind="stable")
    path = compared(frame).paths[0]
    fits = []
    for text in ("RF ~ RA", "RF ~ c(p, p)*RA"):
        syntax = OWNERSHIP.spec.syntax.replace("RF ~ RA", text)
        X, names = frame.drop(columns="equity").to_numpy(), list(frame.columns[:-1])
        estimated = estimate_model(syntax, X, names, replace(OWNERSHIP.spec.options, equal=("loadings",)),
                                   groups=frame["equity"].tolist())
        fits.append(model_test(describe(estimated)))
    test = likelihood_ratio_test(fits[1], fits[0])
    assert (test.df, path.difference.df) == (1, 1)  # type: ignore[union-attr]
    assert path.difference.statistic == pytest.approx(test.statistic, rel=0.08)  # type: ignore[union-attr]


def test_under_free_loadings_each_group_is_a_model_of_its_own() -> None:
    frame = alliances(300)
    found = compared(frame)
    alone = [fit_model(OWNERSHIP.spec.syntax, part.drop(columns="equity").to_numpy(), list(part.columns[:-1]),
                       OWNERSHIP.spec.options) for _, part in frame.groupby("equity")]
    assert isinstance(found.loadings, DifferenceTest)
    assert [fit.nobs for fit in alone] == list(found.sizes)
    free = estimate_model(
        OWNERSHIP.spec.syntax, frame.drop(columns="equity").to_numpy(), list(frame.columns[:-1]),
        OWNERSHIP.spec.options, groups=frame["equity"].tolist())
    whole = describe(free).indices
    assert whole is not None
    assert whole.chisq == pytest.approx(sum(fit.indices.chisq for fit in alone if fit.indices), rel=1e-6)


def test_a_group_with_fewer_rows_than_parameters_is_told_and_not_fitted() -> None:
    frame = alliances(300)
    few = frame[(frame["equity"] == 0) | (np.arange(len(frame)) < 40)]
    found = compared(few)
    assert found.comparable is None
    assert found.paths == ()
    assert "the smaller group has" in found.why_not


def test_rows_that_belong_to_no_group_are_counted() -> None:
    frame = alliances(300)
    frame.loc[frame.index[:7], "equity"] = np.nan
    assert compared(frame).left_out == 7


def test_a_grouping_that_is_everywhere_the_same_is_a_reason() -> None:
    found = compared(alliances(300).assign(equity=1.0))
    assert found.comparable is None
    assert found.why_not


def test_halves_are_cut_at_the_median_which_belongs_to_the_lower() -> None:
    asked = replace(OWNERSHIP, grouping="size", at_median=True)
    halves = membership(asked, pd.DataFrame({"size": [1.0, 2, 3, 4, 5, np.nan]}))
    assert halves.tolist()[:5] == [0, 0, 0, 1, 1]
    assert np.isnan(halves.iloc[5])


def test_without_the_form_there_is_nothing_to_compare() -> None:
    assert compare_groups({}, level=0.95) == ()
