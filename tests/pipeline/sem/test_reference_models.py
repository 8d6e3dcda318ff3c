"""What models of the same data share is made once, is never another's, and changes no digit."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from pipeline.sem import goodness, problem
from pipeline.sem.describe import describe
from pipeline.sem.estimate import Estimated, Options, estimate_model, reference_models
from pipeline.sem.linalg import Array

NAMES = ("a", "b", "c", "d", "e", "f")
TWO = "u =~ a + b + c\nv =~ d + e + f"
ONE = "u =~ a + b + c + d + e + f"
FIRMS = [f"firm {row // 3}" for row in range(150)]
SITES = ["north" if row % 2 else "south" for row in range(150)]
ROBUST = Options(estimator="mlr", missing="fiml")


def rows(seed: int = 1, share: float = 0.06) -> Array:
    """(150, 6) of two correlated factors, skewed, with gaps."""
    rng = np.random.default_rng(seed)
    u = rng.normal(size=(150, 1))
    v = 0.5 * u + rng.normal(size=(150, 1))
    X = np.exp(0.3 * (np.hstack([u, u, u, v, v, v]) + rng.normal(size=(150, 6))))
    X[rng.random(X.shape) < share] = np.nan
    return X


X, WHOLE = rows(), rows(share=0.0)
KINDS: dict[str, tuple[Array, Options, dict[str, Any]]] = {
    "robust, gaps, clusters": (X, ROBUST, {"clusters": FIRMS}),
    "robust, gaps, groups": (X, ROBUST, {"groups": SITES}),
    "plain, gaps": (X, Options(missing="fiml"), {}),
    "plain, clusters": (WHOLE, Options(), {"clusters": FIRMS}),
    "plain": (WHOLE, Options(), {}),
    "Satorra and Bentler": (WHOLE, Options(estimator="mlm"), {}),
}
EVERY = pytest.mark.parametrize("kind", KINDS)


def alike(one: Estimated, other: Estimated) -> bool:
    """Whether every number of two results is the same to the last digit."""
    return describe(one) == describe(other)


@EVERY
def test_no_number_depends_on_what_was_shared(kind: str) -> None:
    data, options, design = KINDS[kind]
    alone = estimate_model(ONE, data, NAMES, options, **design)
    first = estimate_model(TWO, data, NAMES, options, **design)
    describe(first)  # what is shared has been computed for another model
    shared = estimate_model(ONE, data, NAMES, options, reference=first.reference, **design)
    assert shared.reference is first.reference is not alone.reference
    assert shared.problem.saturated is first.problem.saturated
    assert alike(shared, alone)


@EVERY
def test_without_any_model_all_variables_have_the_same_reference_models(kind: str) -> None:
    data, options, design = KINDS[kind]
    reference = reference_models(data, NAMES, options, **design)
    shared = estimate_model(TWO, data, NAMES, options, reference=reference, **design)
    assert shared.reference is reference
    assert alike(shared, estimate_model(TWO, data, NAMES, options, **design))


def counted(monkeypatch: pytest.MonkeyPatch, module: object, name: str) -> list[int]:
    """A list that grows by one with every call."""
    calls: list[int] = []
    real: Callable[..., object] = getattr(module, name)

    def call(*given: object, **named: object) -> object:
        calls.append(1)
        return real(*given, **named)

    monkeypatch.setattr(module, name, call)
    return calls


def test_what_is_shared_is_made_once(monkeypatch: pytest.MonkeyPatch) -> None:
    made = [counted(monkeypatch, problem, "expectation_maximisation"), counted(monkeypatch, goodness, "group_moments"),
            counted(monkeypatch, goodness, "baseline_problem"), counted(monkeypatch, goodness, "information_of")]
    first = estimate_model(TWO, X, NAMES, ROBUST)
    for syntax in (TWO, ONE, ONE):
        describe(estimate_model(syntax, X, NAMES, ROBUST, reference=first.reference))
    # The last, the baseline's: the models' own information comes with their standard errors.
    assert [len(calls) for calls in made] == [1, 1, 1, 1]


def changed() -> Array:
    other = X.copy()
    other[7, 2] = 2.5
    return other


@pytest.mark.parametrize(("syntax", "data", "options", "design"), [
    (ONE, changed(), ROBUST, {"clusters": FIRMS}),
    ("u =~ b + a + c + d + e + f", X, ROBUST, {"clusters": FIRMS}),
    ("u =~ a + b + c + d + e", X, ROBUST, {"clusters": FIRMS}),
    (ONE, X, ROBUST, {"clusters": [f"firm {row // 5}" for row in range(150)]}),
    (ONE, X, ROBUST, {}),
    (ONE, X, ROBUST, {"clusters": FIRMS, "groups": SITES}),
    (ONE, X, Options(missing="fiml"), {"clusters": FIRMS}),
    (ONE, X, Options(estimator="mlr"), {"clusters": FIRMS}),
], ids=["rows", "order", "variables", "clusters", "no clusters", "groups", "estimator", "listwise"])
def test_other_data_or_methods_have_their_own(
    syntax: str, data: Array, options: Options, design: dict[str, Any],
) -> None:
    first = estimate_model(TWO, X, NAMES, ROBUST, clusters=FIRMS)
    describe(first)
    other = estimate_model(syntax, data, NAMES, options, reference=first.reference, **design)
    assert other.reference is not first.reference
    assert alike(other, estimate_model(syntax, data, NAMES, options, **design))


@pytest.mark.parametrize(("other", "fixed_x"), [
    ("a ~~ a + b + c\nb ~~ b\nc ~~ c", True), ("a ~~ b + c", True), ("a ~ b + c\nb ~~ b + c\nc ~~ c", False),
], ids=["random", "random, uncorrelated", "random, their covariance written"])
def test_a_baseline_is_not_shared_where_it_keeps_other_moments(other: str, fixed_x: bool) -> None:
    options = Options(estimator="mlr", fixed_x=fixed_x)
    given = estimate_model("a ~ b + c", WHOLE, NAMES, options)
    describe(given)
    free = estimate_model(other, WHOLE, NAMES, options, reference=given.reference)
    assert free.problem.saturated is given.problem.saturated
    assert free.reference is not given.reference
    assert alike(free, estimate_model(other, WHOLE, NAMES, options))


def test_rows_left_out_are_a_models_own() -> None:
    first = estimate_model(TWO, WHOLE, NAMES)
    more = np.vstack([WHOLE, np.full((2, 6), np.nan)])
    assert describe(estimate_model(ONE, more, NAMES, reference=first.reference)).n_incomplete == 2


def test_another_process_gets_no_large_matrices_and_finds_the_same() -> None:
    reference = reference_models(X, NAMES, ROBUST, clusters=FIRMS)
    bare = len(pickle.dumps(reference))
    baseline = reference.baseline
    sent = pickle.dumps(reference)
    assert len(sent) == bare
    assert pickle.loads(sent).baseline == baseline
