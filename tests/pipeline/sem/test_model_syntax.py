"""Reading models: what is understood, and how precisely what is not is pointed at."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from instrument.errors import InputError
from pipeline.sem.syntax import parse_model
from pipeline.sem.table import parameter_table


def terms(text: str) -> list[tuple]:
    return [(t.lhs, t.op, t.rhs, t.label, t.value, t.freed) for t in parse_model(text).terms]


def findings(text: str) -> list[tuple[str, str]]:
    with pytest.raises(InputError) as caught:
        parse_model(text, "m.lav")
    return [(f.code, f.place) for f in caught.value.findings]


def test_modifiers_fix_free_and_label():
    assert terms("F =~ NA*x1 + 0.5*x2 + -1*x3 + l*x4 + x.5") == [
        ("F", "=~", "x1", "", None, True), ("F", "=~", "x2", "", 0.5, False), ("F", "=~", "x3", "", -1.0, False),
        ("F", "=~", "x4", "l", None, False), ("F", "=~", "x.5", "", None, False)]


@pytest.mark.parametrize("text", [
    "y ~ a*x + z", "y ~ a*x +\n z", "y ~ a*x\n + z", "y ~\n\n a *\n x + z # why", "! first\ny ~ a*x + z;;",
    "\ty~a*x+z\r\n",
])
def test_layout_and_comments_do_not_matter(text):
    assert terms(text) == terms("y ~ a*x + z")


def test_statements_share_a_line_and_left_sides_a_relation():
    assert terms("y + w ~ x; x ~~ z") == terms("y ~ x\nw ~ x\nx ~~ z")


@pytest.mark.parametrize(("text", "place"), [
    ("y ~ x\ny ~ + z", "m.lav, line 2, column 5"),
    ("y ~ x +", "m.lav, line 1, column 7"),
    ("y ~ 1", "m.lav, line 1, column 5"),
    ("y ~ a*", "m.lav, line 1, column 6"),
    ("y ~ a b", "m.lav, line 1, column 7"),
    ("y ~ c(a, b)*x", "m.lav, line 1, column 5"),
    ("y ~ x\na == b", "m.lav, line 2, column 3"),
    ("~ x", "m.lav, line 1, column 1"),
    ("a*y ~ x", "m.lav, line 1, column 1"),
    ("y ~ a*x\ne := a +* 2", "m.lav, line 2, column 9"),
    ("y ~ a*x\ne := (a", "m.lav, line 2, column 6"),
    ("y ~ a*x\n:= a", "m.lav, line 2, column 1"),
    ("y ~ a*x\ne :=", "m.lav, line 2, column 3"),
    ("y ~ x § z", "m.lav, line 1, column 7"),
    ("y ~ y", "m.lav, line 1, column 5"),
])
def test_a_bad_statement_is_pointed_at(text, place):
    assert findings(text) == [("MODEL-SYNTAX", place)]


def test_all_bad_statements_are_reported_at_once():
    assert [code for code, _ in findings("y ~ 1\nF =~ x1 + x2\ny ~~ 2x")] == ["MODEL-SYNTAX", "MODEL-SYNTAX"]


@pytest.mark.parametrize("text", ["y ~ x + x", "y ~~ x\nx ~~ y", "y ~ e*x\ne := 2*e", "y ~ a*x\ne := a\ne := a^2"])
def test_saying_a_thing_twice_is_an_error(text):
    assert [code for code, _ in findings(text)] == ["MODEL-REPEATED"]


@pytest.mark.parametrize("text", ["", "  \n# nothing\n"])
def test_an_empty_model_is_an_error(text):
    assert findings(text) == [("MODEL-EMPTY", "m.lav")]


@pytest.mark.parametrize("expression", [
    "__import__('os')", "a.real()", "a if a else b", "[a]", "a < b", "lambda: 1", "a and b", "abs(a)", "1j*a", "a % b",
    "a b", "2a",
])
def test_expressions_are_arithmetic_and_nothing_else(expression):
    assert findings(f"y ~ a*x + b*z\ne := {expression}")[0][0] == "MODEL-SYNTAX"


@given(st.text(alphabet="xyF12.+-*/^~=:#;,()<>|\n a", max_size=40))
def test_any_text_is_either_read_or_refused_with_a_finding(text):
    codes = []
    try:
        parse_model(text)
    except InputError as error:
        codes = [finding.code for finding in error.findings]
    assert all(code.startswith("MODEL-") for code in codes)


def test_unknown_variables_are_all_named_at_their_place():
    with pytest.raises(InputError) as caught:
        parameter_table(parse_model("F =~ x1 + x2 + nine\nten ~ F"), ["x1", "x2", "F"])
    assert [(f.code, f.place) for f in caught.value.findings] == [
        ("MODEL-VARIABLE", "model, line 1, column 16"), ("MODEL-VARIABLE", "model, line 2, column 1"),
        ("MODEL-VARIABLE", "model, line 1, column 1")]
    assert "'F' is latent" in caught.value.findings[2].rule


def test_equal_labels_are_one_parameter():
    table = parameter_table(parse_model("F =~ x1 + l*x2 + l*x3 + x4"))
    assert [row.free for row in table.rows if row.op == "=~"] == [0, 1, 1, 2]
    assert table.n_free == 7
