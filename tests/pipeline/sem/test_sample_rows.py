"""Which rows estimation takes, what it says of those it leaves, and data it refuses."""

from __future__ import annotations

import numpy as np
import pytest

from instrument.errors import Finding, InputError
from pipeline.sem.linalg import Array
from pipeline.sem.sample import LeftOut, Sample, take_sample
from tests.pipeline.sem.zoo import FACTORS, NAMES, halves, synthetic, table_of

MODEL = "F =~ x1 + x2 + x3\nv ~ F + z1"
X1, X2, X3, Z1, V = (NAMES.index(name) for name in ("x1", "x2", "x3", "z1", "v"))


def taken(X: Array, model: str = MODEL, *, order: tuple[str, ...] = (), **options) -> Sample:
    table = table_of(model, missing=options.get("missing", "listwise"), groups=order)
    return take_sample(X, NAMES, table, **options)


def findings(X: Array, model: str = MODEL, **options) -> list[Finding]:
    with pytest.raises(InputError) as caught:
        taken(X, model, **options)
    return list(caught.value.findings)


def rows() -> Array:
    return np.array(synthetic(n=60))


def with_gaps() -> Array:
    """Of 60 rows, 5 lack x1; 3 lack z1, one of them x1 too; 2 lack everything; 4 lack t1, which no model here uses."""
    X = rows()
    X[:5, X1] = np.nan
    X[4:7, Z1] = np.nan
    X[7:9] = np.nan
    X[9:13, NAMES.index("t1")] = np.nan
    return X


def test_listwise_deletion_keeps_rows_complete_in_the_models_variables():
    sample = taken(with_gaps())
    assert sample.left_out == LeftOut(incomplete=9)
    assert sample.n == 51
    assert sample.left_out.total + sample.n == 60
    assert not sample.has_gaps


def test_full_information_leaves_out_empty_rows_and_those_without_an_exogenous_variable():
    sample = taken(with_gaps(), missing="fiml")
    assert sample.left_out == LeftOut(exogenous=3, empty=2)
    assert sample.n == 55
    assert sample.has_gaps
    assert np.isnan(sample.groups[0].X).sum() == 4


def test_an_exogenous_variable_with_a_distribution_may_be_missing():
    table = table_of(MODEL, missing="fiml", fixed_x=False)
    assert take_sample(with_gaps(), NAMES, table, missing="fiml").left_out == LeftOut(empty=2)


def test_columns_stand_in_the_tables_order_and_rows_in_their_own():
    X = rows()
    sample = taken(X)
    assert sample.names == ("x1", "x2", "x3", "v", "z1")
    np.testing.assert_array_equal(sample.groups[0].X, X[:, [X1, X2, X3, V, Z1]])


def test_groups_and_clusters_go_with_their_rows():
    X, groups = with_gaps(), halves(60)
    clusters = [f"team {i // 4}" for i in range(60)]
    sample = taken(X, groups=groups, clusters=clusters, order=("small", "big"))
    assert [g.label for g in sample.groups] == ["small", "big"]
    assert [g.n for g in sample.groups] == [groups[9:].count("small"), groups[9:].count("big")]
    complete = np.flatnonzero(~np.isnan(X[:, [X1, X2, X3, V, Z1]]).any(axis=1))
    for group in sample.groups:
        mine = [i for i in complete if groups[i] == group.label]
        np.testing.assert_array_equal(group.X[:, 0], X[mine, X1])
        assert group.clusters is not None
        together = group.clusters[:, None] == group.clusters
        np.testing.assert_array_equal(together, np.array([[i // 4 == j // 4 for i in mine] for j in mine]))


def test_a_constant_variable():
    X = rows()
    X[:, X2] = 4.0
    assert [(f.code, f.place) for f in findings(X)] == [("SEM-CONSTANT", "data, column x2")]
    X[:3, X2] = np.nan
    assert [(f.code, f.place) for f in findings(X, missing="fiml")] == [("SEM-CONSTANT", "data, column x2")]


def test_a_variable_that_is_constant_in_one_group_only():
    X, groups = rows(), halves(60)
    X[[g == "small" for g in groups], X2] = 0.1 + 0.2
    found = findings(X, groups=groups, order=("big", "small"))
    assert [(f.code, f.place) for f in found] == [("SEM-CONSTANT", "data, group small, column x2")]


def test_a_variable_in_tiny_units_is_not_constant():
    X = rows()
    X[:, X2] *= 1e-14
    assert taken(X).n == 60


@pytest.mark.parametrize("missing", ["listwise", "fiml"])
def test_variables_that_are_a_combination_of_others(missing):
    X = rows()
    X[:, X3] = 2 * X[:, X1] - X[:, X2] + 7
    if missing == "fiml":
        X[:5, V] = np.nan
    (found,) = findings(X, missing=missing)
    assert found.code == "SEM-COLLINEAR"
    assert "x1, x2, x3 are" in found.rule
    assert ", v" not in found.rule


def test_almost_a_combination_is_none():
    X = rows()
    X[:, X3] = 2 * X[:, X1] - X[:, X2] + 1e-3 * np.random.default_rng(1).normal(size=60)
    assert taken(X).n == 60


def test_too_few_cases():
    (found,) = findings(rows()[:5])
    assert (found.code, found.place) == ("SEM-CASES", "data")
    assert "there are 5" in found.rule
    assert taken(rows()[:6]).n == 6


def test_no_case_at_all():
    X = rows()
    X[:, X1] = np.nan
    (found,) = findings(X)
    assert found.code == "SEM-CASES"
    assert "there are 0" in found.rule


def test_an_empty_and_a_small_group():
    groups = ["a"] * 56 + ["b"] * 4
    found = findings(rows(), groups=groups, order=("a", "b", "c"))
    assert [(f.code, f.place) for f in found] == [("SEM-CASES", "data, group b"), ("SEM-CASES", "data, group c")]
    assert "there are 4" in found[0].rule
    assert "there are 0" in found[1].rule


def test_a_variable_nobody_answered_under_full_information():
    X = rows()
    X[:, X1] = np.nan
    (found,) = findings(X, missing="fiml")
    assert found.code == "SEM-UNOBSERVED"
    assert "x1" in found.rule


def test_infinite_values_are_counted_by_column():
    X = rows()
    X[3, X1], X[4, X1], X[5, V] = np.inf, -np.inf, np.inf
    found = findings(X)
    assert {(f.code, f.place) for f in found} == {
        ("SEM-INFINITE", "data, column x1"), ("SEM-INFINITE", "data, column v")}
    assert "2 are not" in next(f.rule for f in found if f.place.endswith("x1"))
    X = rows()
    X[:, NAMES.index("t1")] = np.inf
    assert taken(X).n == 60, "a column the model does not use does not matter"


def test_a_name_given_twice():
    with pytest.raises(InputError) as caught:
        take_sample(rows()[:, :3], ["x1", "x2", "x1"], table_of("x1 ~ x2", names=["x1", "x2"]))
    (found,) = caught.value.findings
    assert found.code == "SEM-NAMES"
    assert "doubled: x1" in found.rule


def test_rows_and_names_that_do_not_belong_together():
    with pytest.raises(InputError) as caught:
        take_sample(rows()[:, :3], NAMES, table_of(FACTORS))
    assert [f.code for f in caught.value.findings] == ["SEM-NAMES"]


def test_all_that_is_wrong_is_told_at_once():
    X, groups = rows(), halves(60)
    small = [g == "small" for g in groups]
    X[small, X2] = 1.0
    X[[not s for s in small], X3] = 2.0
    found = findings(X, groups=groups, order=("big", "small"))
    assert sorted(f.place for f in found) == ["data, group big, column x3", "data, group small, column x2"]


def test_rows_without_a_cluster_are_not_one_cluster():
    """Nobody knows to which cluster they belong, so that lumping them together would make up a cluster of ten."""
    clusters = [None if i < 10 else f"team {i // 4}" for i in range(60)]
    with pytest.raises(InputError) as caught:
        taken(rows(), clusters=clusters)
    assert "10" in caught.value.findings[0].rule
