"""Simulated cut-offs: populations and fit as R builds them, and what a cut-off promises."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from semopy.examples import holzinger39

from instrument.errors import InputError
from pipeline.measurement.dynamic_cutoffs import (
    INDICES,
    CutOff,
    Simulated,
    cut_offs,
    factor_structure,
    fit_of,
    simulate,
    standing,
)
from pipeline.measurement.misspecification import (
    FactorStructure,
    free_indicators,
    largest_cross_loading,
    misspecified,
    replicability,
)
from pipeline.sem.estimate import Estimated, Options, estimate_model
from pipeline.undefined import Undefined

FOLDER = Path(__file__).resolve().parents[2] / "reference" / "cutoffs"
REFERENCE: dict[str, Any] = json.loads((FOLDER / "reference.json").read_text(encoding="utf-8"))
ITEMS = [f"x{number}" for number in range(1, 10)]
MONTE_CARLO = {"cfi": 0.006, "rmsea": 0.006, "srmr": 0.003}
"""Some four standard errors of a 5 % quantile of 500 samples."""


def estimated(syntax: str) -> Estimated:
    X = holzinger39.get_data()[ITEMS].to_numpy(dtype=float)
    return estimate_model(syntax, X, ITEMS, Options(), name="model")


@pytest.fixture(scope="module")
def structures() -> dict[str, FactorStructure]:
    return {name: factor_structure(estimated(part["model"])) for name, part in REFERENCE.items()}


@pytest.fixture(scope="module")
def simulated(structures: dict[str, FactorStructure]) -> dict[str, tuple[Simulated, ...]]:
    return {name: simulate(part["model"], structures[name], part["n"], replications=500, seed=7)
            for name, part in REFERENCE.items()}


@pytest.mark.parametrize("name", REFERENCE)
def test_populations_are_those_that_the_rules_give_step_by_step(
    name: str, structures: dict[str, FactorStructure]
) -> None:
    structure = structures[name]
    ours = [((), structure.implied), *((one.added, one.correlations) for one in misspecified(structure))]
    assert len(ours) == len(REFERENCE[name]["levels"])
    for (added, R), theirs in zip(ours, REFERENCE[name]["levels"], strict=True):
        order = [structure.indicators.index(item) for item in theirs["names"]]
        np.testing.assert_allclose(R[np.ix_(order, order)], theirs["R"], atol=2e-5)
        assert [one[:2] for one in added] == [tuple(one[:2]) for one in theirs["added"]]
        np.testing.assert_allclose([one[2] for one in added], [one[2] for one in theirs["added"]], atol=2e-5)
        np.testing.assert_allclose(np.diag(R), 1, atol=1e-12)


@pytest.mark.parametrize("name", REFERENCE)
def test_fit_of_single_samples_is_lavaans(name: str) -> None:
    for level in REFERENCE[name]["levels"]:
        for sample in level["samples"]:
            S = np.array(sample["S"])
            fit = _fit(REFERENCE[name]["model"], S, REFERENCE[name]["n"], level["names"])
            assert fit == pytest.approx(sample["fit"], abs=2e-5)


def _fit(syntax: str, S: np.ndarray, n: int, names: list[str]) -> list[float]:
    from pipeline.sem.from_moments import estimate_from_moments

    found = estimate_from_moments(syntax, [S], [n], names, divided_by="n")
    implied, = found.problem.objective.implied(found.theta[None])
    chisq = n * found.problem.objective.evaluate(found.theta[None]).value
    order = [names.index(name) for name in found.problem.objective.groups[0].observed]
    df = 45 - found.npar
    return fit_of(chisq, df, S[np.ix_(order, order)][None], implied.Sigma, n, 36)[0].tolist()


@pytest.mark.parametrize("name", REFERENCE)
def test_fit_in_many_samples_is_distributed_as_in_lavaan(
    name: str, simulated: dict[str, tuple[Simulated, ...]]
) -> None:
    for ours, theirs in zip(simulated[name], REFERENCE[name]["levels"], strict=True):
        assert ours.converged == ours.requested == 500
        for column, index in enumerate(INDICES):
            for row, share in enumerate((0.05, 0.10, 0.90, 0.95)):
                expected = theirs["quantiles"][row][column]
                assert np.quantile(ours.values[index], share) == pytest.approx(expected, abs=MONTE_CARLO[index])


def test_a_cut_off_sorts_the_samples_it_says_it_sorts(simulated: dict[str, tuple[Simulated, ...]]) -> None:
    true, *wrong = simulated["three"]
    for one in wrong:
        for index, cut in cut_offs(true, one).items():
            assert isinstance(cut.value, float)
            assert isinstance(cut.rate, float)
            sign = -1 if index == "cfi" else 1
            assert (sign * one.values[index] >= sign * cut.value).mean() >= cut.rate
            assert (sign * true.values[index] < sign * cut.value).mean() >= cut.rate


def test_draws_do_not_depend_on_workers_nor_on_how_many_follow(structures: dict[str, FactorStructure]) -> None:
    model, structure = REFERENCE["three"]["model"], structures["three"]
    few = simulate(model, structure, 301, replications=60, seed=7, levels=1)
    more = simulate(model, structure, 301, replications=320, seed=7, levels=1, workers=2)
    for one, other in zip(few, more, strict=True):
        for index in INDICES:
            np.testing.assert_array_equal(one.values[index], other.values[index][:60])


def test_populations_that_look_alike_have_no_cut_off() -> None:
    values = {index: np.linspace(0, 1, 101) for index in INDICES}
    found = cut_offs(Simulated(0, (), values, 101), Simulated(1, (), values, 101))  # type: ignore[arg-type]
    assert all(isinstance(cut.value, Undefined) for cut in found.values())
    assert standing(0.5, "cfi", [found]) == Undefined("no level has a cut-off of this index")


def test_ninety_per_cent_will_do_where_ninety_five_cannot_be_had() -> None:
    """True samples 0 … 100, wrong ones 85 … 185: 95 overlaps 90, but 90 lies below 95."""
    true, wrong = (Simulated(level, (), {index: np.arange(101.0) + add for index in INDICES}, 101)
                   for level, add in ((0, 0), (1, 83)))
    assert cut_offs(true, wrong)["rmsea"] == CutOff(pytest.approx(93.0), 0.90)


def test_where_a_value_stands_among_levels() -> None:
    cuts = [{"cfi": CutOff(0.97, 0.95)}, {"cfi": CutOff(0.94, 0.95)}]
    assert [standing(value, "cfi", cuts) for value in (0.98, 0.97, 0.95, 0.90)] == [1, 2, 2, 3]  # type: ignore[arg-type]
    cuts = [{"rmsea": CutOff(0.03, 0.95)}, {"rmsea": CutOff(Undefined("alike"), Undefined("alike"))}]
    assert [standing(value, "rmsea", cuts) for value in (0.02, 0.03)] == [1, 3]  # type: ignore[arg-type]


def test_the_largest_cross_loading_leaves_almost_no_residual() -> None:
    loading, phi = 0.8, 0.5
    cross = largest_cross_loading(loading, phi) / 0.95
    assert loading**2 + cross**2 + 2 * loading * cross * phi == pytest.approx(1)


def test_coefficient_h_of_equal_loadings_is_spearman_browns() -> None:
    """k items of reliability λ²: kλ²/(1 + (k − 1)λ²)."""
    assert replicability(np.full(4, 0.6)) == pytest.approx(4 * 0.36 / (1 + 3 * 0.36))


def test_indicators_with_correlated_residuals_are_left_alone() -> None:
    syntax = "g =~ x1 + x2 + x3 + x4 + x5 + x6\nx1 ~~ x2"
    structure = factor_structure(estimated(syntax))
    assert {structure.indicators[i] for i in free_indicators(structure)} == {"x3", "x4", "x5", "x6"}
    assert len(misspecified(structure)) == 1


@pytest.mark.parametrize(("syntax", "code"), [
    ("g =~ x1 + x2 + x3", "CUTOFF-ITEMS"),
    ("f =~ x1 + x2 + x3\nf ~ x4", "CUTOFF-MODEL"),
])
def test_models_that_cannot_be_misspecified_say_so(syntax: str, code: str) -> None:
    with pytest.raises(InputError) as caught:
        misspecified(factor_structure(estimated(syntax)))
    assert caught.value.findings[0].code == code
