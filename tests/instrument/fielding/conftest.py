"""A small instrument with every kind of question, routing and optional block, and answers to it."""

from __future__ import annotations

import pytest

from instrument.model import Instrument
from tests.instrument.fielding.small import small_instrument


@pytest.fixture(scope="session")
def instrument() -> Instrument:
    return small_instrument()
