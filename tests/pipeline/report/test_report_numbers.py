"""Numbers are written in one style, and never as NaN."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.report import numbers
from pipeline.undefined import Undefined

NOTHING = Undefined("two rows are too few")


@pytest.mark.parametrize(("value", "text"), [
    (0.034, ".034"), (0.0009999, "< .001"), (0.001, ".001"), (0.0, "< .001"), (0.9996, "> .999"), (0.5, ".500"),
])
def test_p_values_are_exact_to_three_decimals(value: float, text: str) -> None:
    assert numbers.pvalue(value) == text


def test_only_bounded_quantities_lose_their_leading_zero() -> None:
    assert numbers.number(0.456, 2) == "0.46"
    assert numbers.number(0.456, 2, bounded=True) == ".46"
    assert numbers.number(-0.456, 2, bounded=True) == "−.46"
    assert numbers.number(1.0, 2, bounded=True) == "1.00"


def test_a_negative_number_that_rounds_to_zero_has_no_minus() -> None:
    assert numbers.number(-0.0004, 2) == "0.00"


def test_intervals_have_brackets_and_say_why_a_bound_is_missing() -> None:
    assert numbers.interval(0.12, 0.45, bounded=True) == "[.12, .45]"
    assert numbers.interval(-0.1, 0.2) == "[−0.10, 0.20]"
    assert numbers.interval(NOTHING, 0.2) == "undefined because two rows are too few"


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_what_is_no_number_is_refused(value: float) -> None:
    with pytest.raises(ValueError, match="Undefined"):
        numbers.number(value)


@given(st.floats(-1e6, 1e6), st.integers(0, 4))
def test_a_written_number_reads_back_within_its_digits(value: float, digits: int) -> None:
    text = numbers.number(value, digits).replace(",", "").replace("−", "-")
    assert float(text) == pytest.approx(value, abs=0.5 * 10**-digits + 1e-9)


def test_counts_agree_with_their_noun() -> None:
    assert [numbers.counted(n, "row") for n in (0, 1, 1200)] == ["no rows", "1 row", "1,200 rows"]
