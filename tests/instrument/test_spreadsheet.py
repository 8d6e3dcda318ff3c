"""Texts that a spreadsheet would run are shown instead, and come back as they were."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from instrument.spreadsheet import harmless, restored

STARTS = st.text("'=+-@\t\r1a", max_size=6)


@given(STARTS | st.text(max_size=20))
def test_no_text_begins_like_a_formula_and_each_comes_back(text: str) -> None:
    shown = harmless(text)
    assert shown[:1] not in tuple("=@\t\r") or not shown
    assert restored(shown) == text


def test_a_signed_number_stays_a_number() -> None:
    assert harmless("-5") == "-5"
    assert harmless("-5+cmd()") == "'-5+cmd()"
