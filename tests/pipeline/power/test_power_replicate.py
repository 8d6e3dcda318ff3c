"""Replications against the same studies estimated one by one, and against the power that constructs.md states."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from instrument.model import Instrument
from pipeline.power.draw import draw_rows
from pipeline.power.findings import cell_figures, true_effect
from pipeline.power.grid import Cell
from pipeline.power.population import Population, load_population
from pipeline.power.replicate import Outcomes, Work, prepare, product_error, replicate
from pipeline.power.target import Target, target
from pipeline.sem.describe import describe
from pipeline.sem.effects import joint_significance
from pipeline.sem.estimate import Options, estimate_model
from pipeline.sem.monte_carlo import monte_carlo
from pipeline.undefined import Undefined

CHAIN = Path(__file__).resolve().parents[3] / "data" / "chain"
REFERENCE = Path(__file__).resolve().parents[2] / "reference" / "power"


@pytest.fixture(scope="module")
def chain() -> Population:
    return load_population(CHAIN)


@pytest.fixture(scope="module")
def aim(chain: Population, instrument: Instrument) -> Target:
    return target("chain.lav", "serial", CHAIN, chain, instrument)


def work(chain: Population, instrument: Instrument, aim: Target, cell: Cell, draws: int = 4000) -> Work:
    return prepare(chain, instrument, aim, cell, level=0.95, draws=draws, seed=5, starts={})


@pytest.mark.parametrize("missing", [None, 0.1])
def test_a_replication_is_its_study_estimated_alone(
    chain: Population, instrument: Instrument, aim: Target, missing: float | None,
) -> None:
    cell = Cell(220, 1.0, missing, None)
    job = work(chain, instrument, aim, cell)
    count = 6
    found = replicate(job, 0, count)
    options = Options(estimator="mlr", missing="fiml" if missing else "listwise")
    for index in range(count):
        X = draw_rows(job.source, cell.n, cell.seed(5, index))
        assert np.isnan(X).any() == bool(missing)
        alone = estimate_model(aim.syntax, X, aim.names, options)
        fit = describe(alone)
        effect = next(row for row in fit.parameters if row.lhs == "serial")
        assert found.converged[index]
        assert found.used[index] == fit.nobs == 220
        assert found.estimate[index] == pytest.approx(effect.est, rel=2e-4)
        assert found.se[index] == pytest.approx(effect.se, rel=2e-4)
        assert found.joint[index] == joint_significance(fit, "serial").holds
        assert effect.z is not None
        assert found.delta[index] == (not isinstance(effect.z, Undefined) and effect.z > 1.959964)
        intervals = monte_carlo(alone.problem.table, alone.theta, alone.vcov, seed=1)
        assert not isinstance(intervals, Undefined)
        limits = next(e for e in intervals.effects if e.name == "serial")
        width = found.upper[index] - found.lower[index]
        assert found.lower[index] == pytest.approx(limits.lower, abs=0.06 * width)
        assert found.upper[index] == pytest.approx(limits.upper, abs=0.06 * width)
        assert found.monte_carlo[index] == (found.lower[index] > 0)


def test_replications_do_not_depend_on_the_cells_beside_them(
    chain: Population, instrument: Instrument, aim: Target,
) -> None:
    one, other = Cell(100, 1.0, None, None), Cell(101, 1.0, None, None)
    again = Cell(100, 1.0, None, None)
    assert one.seed(5, 3) == again.seed(5, 3)
    assert len({one.seed(5, 3), one.seed(5, 4), one.seed(6, 3), other.seed(5, 3), Cell(100, 1.0, 0.1, None).seed(5, 3),
                Cell(100, 1.0, None, 0.1).seed(5, 3), Cell(100, 0.5, None, None).seed(5, 3)}) == 7


def test_the_chains_power_is_what_lavaan_finds(chain: Population, instrument: Instrument, aim: Target) -> None:
    """chain.R draws the population, estimates and takes intervals in R, with random numbers of its own."""
    stored = json.loads((REFERENCE / "chain.json").read_text(encoding="utf-8"))
    found = replicate(work(chain, instrument, aim, Cell(175, 1.0, None, None)), 0, 400)
    assert stored["converged"] == stored["replications"] == 1000
    for hit in ("monte_carlo", "joint", "delta"):
        share = stored[hit] / 1000
        error = np.sqrt(share * (1 - share) * (1 / 400 + 1 / 1000))
        assert abs(getattr(found, hit).mean() - share) < 3 * error, hit
    error = stored["sd"] * np.sqrt(1 / 400 + 1 / 1000)
    assert found.estimate.mean() == pytest.approx(stored["estimate"], abs=3 * error)
    assert found.estimate.std(ddof=1) == pytest.approx(stored["sd"], rel=0.15)
    assert (found.upper - found.lower).mean() == pytest.approx(stored["width"], rel=0.07)


@pytest.mark.parametrize(("n", "stated"), [(250, 0.788), (350, 0.924)])
def test_the_chains_power_is_what_constructs_states(
    chain: Population, instrument: Instrument, aim: Target, n: int, stated: float,
) -> None:
    """constructs.md: lavaan, 1,000 replications. The difference of two shares has the error of both."""
    found = replicate(work(chain, instrument, aim, Cell(n, 1.0, None, None)), 0, 200)
    assert found.converged.all()
    error = np.sqrt(stated * (1 - stated) * (1 / 200 + 1 / 1000))
    assert abs(found.monte_carlo.mean() - stated) < 3 * error


def test_without_an_effect_hits_are_rare_and_the_estimate_is_unbiased(
    chain: Population, instrument: Instrument, aim: Target,
) -> None:
    cell = Cell(250, 0.0, None, None)
    found = replicate(work(chain, instrument, aim, cell, draws=1000), 0, 200)
    assert found.joint.sum() <= 6, "three paths of 0 must all be significant"
    assert found.monte_carlo.sum() <= 6
    figures = cell_figures(cell, found, true_effect(chain, instrument, aim, 0.0, {}), 0.95)
    assert figures.true == 0.0
    assert figures.hits["joint"].of == figures.replications == 200


def test_figures_hold_the_truth_within_simulation_error(chain: Population, instrument: Instrument, aim: Target) -> None:
    cell = Cell(500, 1.0, None, None)
    found = replicate(work(chain, instrument, aim, cell, draws=1000), 0, 200)
    figures = cell_figures(cell, found, true_effect(chain, instrument, aim, 1.0, {}), 0.95)
    assert not isinstance(figures.true, Undefined)
    assert not isinstance(figures.bias, Undefined)
    assert not isinstance(figures.bias_error, Undefined)
    assert not isinstance(figures.coverage, Undefined)
    # p2 * p3 = (.5 * .75) * (.35 * .75 / .75), and p1 is the projection of the 0/1 function on experience and size.
    assert figures.true / (0.375 * 0.35) == pytest.approx(0.0968, abs=0.002)
    assert abs(figures.bias) < 4 * figures.bias_error
    assert figures.bias == pytest.approx(found.estimate.mean() - figures.true)
    assert figures.bias_error == pytest.approx(found.estimate.std(ddof=1) / np.sqrt(200))
    assert 0.89 < figures.coverage.share < 0.99
    assert figures.width == pytest.approx(float((found.upper - found.lower).mean()))
    assert figures.used == 500
    # Half the coefficients of three paths: an eighth of the effect, but for the curvature of the threshold.
    half = true_effect(chain, instrument, aim, 0.5, {})
    assert not isinstance(half, Undefined)
    assert half / figures.true == pytest.approx(1 / 8, rel=0.06)


def test_replications_that_fail_count_as_not_found() -> None:
    yes, no = np.array([True, True, False, True]), np.array([True, False, False, True])
    values = np.array([0.3, 0.1, np.nan, 0.2])
    found = Outcomes(yes, no, np.array([50, 50, 0, 49]), values, values / 4, values - 0.12, values + 0.12, no, no,
                     no)
    figures = cell_figures(Cell(50, 1.0, None, None), found, 0.25, 0.95)
    assert (figures.converged, figures.admissible) == (3, 2)
    assert figures.hits["joint"].share == 0.5
    assert figures.estimate == pytest.approx(0.2)
    assert figures.bias == pytest.approx(-0.05)
    assert not isinstance(figures.coverage, Undefined)
    assert (figures.coverage.hits, figures.coverage.of) == (2, 3)
    assert figures.used == pytest.approx(149 / 3)
    unknown = cell_figures(Cell(50, 1.0, None, None), found, Undefined("it is not stated"), 0.95)
    assert isinstance(unknown.bias, Undefined)
    assert isinstance(unknown.coverage, Undefined)


def test_signs_decide_what_counts_as_found(chain: Population, instrument: Instrument, aim: Target) -> None:
    job = work(chain, instrument, aim, Cell(500, 1.0, None, None), draws=1000)
    right, wrong = replicate(job, 0, 20), replicate(replace(job, signs=(1, 1, -1)), 0, 20)
    assert right.joint.sum() >= 17
    assert not wrong.joint.any()
    assert not wrong.monte_carlo.any()
    assert not wrong.delta.any()


def test_the_delta_method_of_a_product() -> None:
    """Var(ab) to first order is b²·var a + a²·var b + 2ab·cov (Sobel 1982)."""
    theta, V = np.array([0.4, -0.3]), np.array([[0.04, 0.01], [0.01, 0.09]])
    assert product_error(theta, V) == pytest.approx((-0.12, np.sqrt(0.09 * 0.04 + 0.16 * 0.09 - 2 * 0.12 * 0.01)))
    assert product_error(np.array([0.0, 0.0]), V)[1] == 0


def test_outcomes_survive_being_written(chain: Population, instrument: Instrument, aim: Target) -> None:
    found = replicate(work(chain, instrument, aim, Cell(40, 1.0, None, None), draws=100), 0, 8)
    again = Outcomes.read(found.document())
    for name in Outcomes.__slots__:
        np.testing.assert_array_equal(getattr(again, name), getattr(found, name))
        assert getattr(again, name).dtype == getattr(found, name).dtype
