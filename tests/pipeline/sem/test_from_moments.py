"""Estimates from published moments: those of the data the moments came from."""

from __future__ import annotations

import json

import numpy as np
import pytest

from instrument.errors import InputError
from pipeline.sem.describe import describe
from pipeline.sem.estimate import Options, estimate_model
from pipeline.sem.from_moments import estimate_from_moments, rows_with_moments
from tests.pipeline.sem.reference_cases import LAVAAN

MODEL = "visual =~ x1 + x2 + x3\ntextual =~ x4 + x5 + x6\nspeed =~ x7 + x8 + x9"
NAMES = [f"x{k}" for k in range(1, 10)]


def holzinger() -> np.ndarray:
    text = (LAVAAN / "data" / "holzinger.csv").read_text(encoding="utf-8").splitlines()
    header = text[0].replace('"', "").split(",")
    at = [header.index(name) for name in NAMES]
    return np.array([[float(line.split(",")[k]) for k in at] for line in text[1:]])


def test_a_covariance_matrix_gives_what_its_data_give():
    X = holzinger()
    from_data = describe(estimate_model(MODEL, X, NAMES))
    from_matrix = describe(estimate_from_moments(MODEL, [np.cov(X, rowvar=False)], [len(X)], NAMES))
    for ours, theirs in zip(from_matrix.parameters, from_data.parameters, strict=True):
        assert ours.est == pytest.approx(theirs.est, abs=1e-7)
        assert ours.se == pytest.approx(theirs.se, abs=1e-8)
    stored = json.loads((LAVAAN / "holzinger_ml.json").read_text(encoding="utf-8"))["measures"]
    assert from_matrix.indices.chisq == pytest.approx(stored["chisq"], rel=1e-8)


def test_the_divisor_matters():
    X = holzinger()
    cov = np.cov(X, rowvar=False)
    unbiased, biased = (describe(estimate_from_moments(MODEL, [cov], [len(X)], NAMES, divided_by=d))
                        for d in ("n - 1", "n"))
    ratio = unbiased.parameters[-7].est / biased.parameters[-7].est
    assert ratio == pytest.approx(300 / 301, rel=1e-7)


def test_means_and_groups_are_taken_as_given():
    X = holzinger()
    halves = [X[:150], X[150:]]
    options = Options(equal=("loadings", "intercepts"))
    from_data = describe(estimate_model(MODEL, X, NAMES, options, groups=["a"] * 150 + ["b"] * 151))
    from_moments = describe(estimate_from_moments(
        MODEL, [np.cov(h, rowvar=False) for h in halves], [150, 151], NAMES, options,
        means=[h.mean(axis=0) for h in halves], groups=("a", "b")))
    assert from_moments.indices.chisq == pytest.approx(from_data.indices.chisq, rel=1e-8)


def test_rows_have_exactly_the_moments_asked_for():
    cov, mean = np.array([[2.0, 0.3], [0.3, 1.0]]), np.array([5.0, -1.0])
    rows = rows_with_moments(cov, mean, 7)
    np.testing.assert_allclose(rows.mean(axis=0), mean, atol=1e-12)
    np.testing.assert_allclose(np.cov(rows, rowvar=False, bias=True), cov, atol=1e-12)


@pytest.mark.parametrize(("cov", "n", "options", "code"), [
    ([[1.0, 2.0], [2.0, 1.0]], 100, Options(), "SEM-MOMENTS"),
    ([[1.0, 0.5], [0.4, 1.0]], 100, Options(), "SEM-MOMENTS"),
    ([[1.0, 0.5], [0.5, 1.0]], 2, Options(), "SEM-CASES"),
    ([[1.0, 0.5], [0.5, 1.0]], 100, Options(estimator="mlr"), "SEM-MOMENTS"),
])
def test_what_no_data_have_is_refused(cov, n, options, code):
    with pytest.raises(InputError) as refused:
        estimate_from_moments("y ~ x", [cov], [n], ["y", "x"], options)
    assert {finding.code for finding in refused.value.findings} == {code}
