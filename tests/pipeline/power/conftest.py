"""The sample study's population, and answers simulated from it."""

from __future__ import annotations

import pytest
from simulated import SAMPLE

from instrument import store
from instrument.model import Instrument
from pipeline.power.population import Population, load_population
from pipeline.power.rehearsal import SimulatedForm, simulate
from pipeline.power.streams import Streams
from pipeline.power.world import World, firms_only


@pytest.fixture(scope="session")
def instrument() -> Instrument:
    return store.load("1.0.0")


@pytest.fixture(scope="session")
def population() -> Population:
    return load_population(SAMPLE)


@pytest.fixture(scope="session")
def firms(population: Population, instrument: Instrument) -> World:
    """Twenty thousand firms without form A."""
    return World(population, instrument, firms_only(20_000), Streams(5))


@pytest.fixture(scope="session")
def forms(population: Population, instrument: Instrument) -> dict[str, SimulatedForm]:
    """Both forms of 2,000 firms, as answered."""
    return {form.form: form for form in simulate(population, instrument, n=2000, seed=9)}
