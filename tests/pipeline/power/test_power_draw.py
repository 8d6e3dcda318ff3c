"""Simulated rows: multiplied effects, missing and careless answers, held against what they should be."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from instrument.errors import InputError
from instrument.model import Instrument
from pipeline.power.draw import draw_rows, source
from pipeline.power.population import Population, load_population
from pipeline.power.target import Target, scaled, signs, target

ROOT = Path(__file__).resolve().parents[3]
CHAIN, SAMPLE = ROOT / "data" / "chain", ROOT / "data" / "sample"


@pytest.fixture(scope="module")
def chain() -> Population:
    return load_population(CHAIN)


@pytest.fixture(scope="module")
def aim(chain: Population, instrument: Instrument) -> Target:
    return target("chain.lav", "serial", CHAIN, chain, instrument)


def rows(population: Population, instrument: Instrument, aim: Target, n: int, **shares: float | None) -> np.ndarray:
    shares = {"missing": None, "careless": None} | shares
    return draw_rows(source(population, instrument, aim.columns, **shares), n, 11)  # type: ignore[arg-type]


def test_the_chain_is_the_population_of_constructs(chain: Population, instrument: Instrument, aim: Target) -> None:
    """An independent simulation of the same equations has the same means and covariances."""
    rng, n = np.random.default_rng(1), 400_000
    size, *e = rng.standard_normal((5, n))
    exp = 0.4 * size + 0.9 * e[0]
    daf = (0.25 * exp + 0.25 * size + 0.9 * e[1] > 0.2).astype(float)
    learning = 0.5 * daf + 0.10 * exp + 0.15 * size + 0.9 * e[2]
    capability = 0.35 * learning + 0.2 * daf + 0.1 * exp + 0.85 * e[3]
    indicators = [0.75 * f + 0.65 * rng.standard_normal(n) for f in [learning] * 4 + [capability] * 4]
    expected = np.array([*indicators, daf, exp, size])
    found = rows(chain, instrument, aim, 400_000)
    assert aim.names == ("l1", "l2", "l3", "l4", "a1", "a2", "a3", "a4", "daf", "exp", "size")
    assert found.mean(axis=0) == pytest.approx(expected.mean(axis=1), abs=0.01)
    assert np.cov(found.T) == pytest.approx(np.cov(expected), abs=0.012)


def test_a_multiple_scales_the_effects_own_coefficients_and_no_others(chain: Population, aim: Target) -> None:
    half = scaled(chain, aim.paths, aim.labels, 0.5)
    changed = {(name, cause) for name, variable in chain.variables.items()
               for cause, value in getattr(variable, "causes", {}).items()
               if half.variables[name].causes[cause] != value}  # type: ignore[union-attr]
    assert changed == {("daf", "exp"), ("L", "daf"), ("A", "L")}
    assert half.variables["L"].causes["daf"] == 0.25  # type: ignore[union-attr]
    assert chain.variables["L"].causes["daf"] == 0.5  # type: ignore[union-attr]
    assert signs(chain, aim.paths) == (1, 1, 1)
    negative = scaled(chain, aim.paths, aim.labels, -1.0)
    assert signs(negative, aim.paths) == (-1, -1, -1)


def test_a_path_that_is_no_coefficient_cannot_be_multiplied(chain: Population, aim: Target) -> None:
    with pytest.raises(InputError) as caught:
        scaled(chain, (None, *aim.paths[1:]), aim.labels, 0.5)
    assert caught.value.findings[0].code == "POWER-PATH"


def test_missing_answers_are_made_in_the_indicators_alone(
    chain: Population, instrument: Instrument, aim: Target,
) -> None:
    gaps = np.isnan(rows(chain, instrument, aim, 20_000, missing=0.15))
    assert gaps[:, :8].mean(axis=0) == pytest.approx(np.full(8, 0.15), abs=0.012)
    assert not gaps[:, 8:].any()
    # Completely at random: whether one is missing tells nothing of another, nor of the value behind it.
    assert np.corrcoef(gaps[:, 0], gaps[:, 1])[0, 1] == pytest.approx(0, abs=0.03)
    whole = rows(chain, instrument, aim, 20_000)
    assert whole[gaps[:, 0], 0].mean() == pytest.approx(whole[:, 0].mean(), abs=0.06)
    assert not np.isnan(whole).any()


def test_careless_rows_are_noise_with_the_indicators_mean_and_spread(
    chain: Population, instrument: Instrument, aim: Target,
) -> None:
    whole = rows(chain, instrument, aim, 20_000)
    noisy = rows(chain, instrument, aim, 20_000, careless=0.2)
    changed = noisy != whole
    assert changed[:, :8].all(axis=1).sum() == 4000
    assert not changed[:, 8:].any()
    who = changed[:, 0]
    assert (changed[:, :8].any(axis=1) == who).all()
    assert noisy[who, 0].mean() == pytest.approx(whole[:, 0].mean(), abs=0.06)
    assert noisy[who, 0].std() == pytest.approx(whole[:, 0].std(), rel=0.04)
    assert np.corrcoef(noisy[who, :8].T)[0, 1:] == pytest.approx(np.zeros(7), abs=0.05)
    assert np.corrcoef(noisy[~who, :8].T)[0, 1] > 0.4


def test_items_of_a_questionnaire_are_answered_missed_and_clicked_through(
    population: Population, instrument: Instrument,
) -> None:
    aim = target("M1", "serial_capability", SAMPLE, population, instrument)
    assert len(aim.names) == 39
    own = rows(population, instrument, aim, 4000)
    assert set(np.unique(own[~np.isnan(own[:, 0]), 0])) == {1, 2, 3, 4, 5, 6, 7}
    by = {name: index for index, name in enumerate(aim.names)}
    gaps = np.isnan(own).mean(axis=0)
    # The function and the number of employees are answered by everybody; experience needs twelve answers.
    assert gaps[by["daf"]] == gaps[by["lnsize"]] == 0
    assert gaps[by["exp_rw"]] > gaps[by["tmco"]] > gaps[by["lrar1"]] > 0.02
    careful = rows(population, instrument, aim, 4000, missing=0.0, careless=0.0)
    assert not np.isnan(careful).any()
    items = careful[:, by["lrar1"]: by["lrin4"] + 1]
    assert np.corrcoef(items.T).min() > 0.15, "all keyed the same way"
    wild = rows(population, instrument, aim, 4000, missing=0.0, careless=0.5)
    differ = wild != careful
    assert 0.35 < differ[:, by["lrar1"]].mean() < 0.5
    assert not differ[:, by["daf"]].any()
    lazy = np.isnan(rows(population, instrument, aim, 4000, missing=0.08))
    assert lazy[:, by["lrar1"]: by["sufl4"] + 1].mean() == pytest.approx(0.08, abs=0.01)
    # More firms leave something out, each no more of its questions than the population says (.165, and .03 as codes).
    incomplete = lazy[:, by["lrar1"]: by["sufl4"] + 1]
    assert incomplete[incomplete.any(axis=1)].mean() == pytest.approx(0.19, abs=0.01)
    small = careful[:, by["lnsize"]] < np.median(careful[:, by["lnsize"]])
    assert lazy[small, 0].mean() > 1.3 * lazy[~small, 0].mean(), "small firms leave more out"
