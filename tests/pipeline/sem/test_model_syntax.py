"""Reading models: what is understood, and how precisely what is not is pointed at."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from instrument.errors import InputError
from pipeline.sem.expressions import FUNCTIONS, product_factors
from pipeline.sem.syntax import parse_model


def terms(text: str) -> list[tuple]:
    return [(t.lhs, t.op, t.rhs, t.modifiers.labels, t.modifiers.values, t.modifiers.starts)
            for t in parse_model(text).terms]


def modifiers(text: str) -> tuple:
    return terms(f"f =~ {text}*x2")[0][3:]


def findings(text: str) -> list[tuple[str, str]]:
    with pytest.raises(InputError) as caught:
        parse_model(text, "m.lav")
    return [(f.code, f.place) for f in caught.value.findings]


@pytest.mark.parametrize(("written", "read"), [
    ("a", (("a",), (), ())), ("a.1", (("a.1",), (), ())), ('"a"', (("a",), (), ())), ("'a'", (("a",), (), ())),
    ('label("my label")', (("mylabel",), (), ())), ('equal("f=~x3")', (("f=~x3",), (), ())), ("λ", (("λ",), (), ())),
    ("0.5", ((), (0.5,), ())), ("-1", ((), (-1.0,), ())), ("(0.5)", ((), (0.5,), ())), ("1/4", ((), (0.25,), ())),
    ("1e-3", ((), (0.001,), ())), ("-2^2", ((), (-4.0,), ())), ("sqrt(4)", ((), (2.0,), ())), ("NA", ((), (None,), ())),
    ("start(0.5)", ((), (), (0.5,))), ("start(-1/2)", ((), (), (-0.5,))), ("start(NA)", ((), (), (None,))),
    ("c(a, b)", (("a", "b"), (), ())), ('c("a", NA)', (("a", ""), (), ())), ("c(1, NA)", ((), (1.0, None), ())),
    ("c(NA, NA)", ((), (None, None), ())), ("c(1/2, -1)", ((), (0.5, -1.0), ())),
    ('label("a", "b")', (("a", "b"), (), ())),
    ("start(c(0.1, 0.2))", ((), (), (0.1, 0.2))), ("start(0.1, 0.2)", ((), (), (0.1, 0.2))), ("(a)", (("a",), (), ())),
    ("a*start(0.5)", (("a",), (), (0.5,))), ("start(0.5)*a", (("a",), (), (0.5,))),
])
def test_modifiers(written, read):
    assert modifiers(written) == read


def test_a_question_mark_is_short_for_start():
    assert terms("f =~ 0.5?x1") == terms("f =~ start(0.5)*x1")


def test_intercepts():
    assert terms("y ~ 1 + 0.5*x\nz ~ 0\nw ~ a*1") == [
        ("y", "~1", "", (), (), ()), ("y", "~", "x", (), (0.5,), ()), ("z", "~1", "", (), (0.0,), ()),
        ("w", "~1", "", ("a",), (), ())]


def test_thresholds_and_scales():
    assert terms("x | t1 + c(a, b)*t2 + 0.5*t3 + start(1)*t12\ny | NA*t1; x ~*~ c(1, NA)*x\ny ~*~ y") == [
        ("x", "|", "t1", (), (), ()), ("x", "|", "t2", ("a", "b"), (), ()), ("x", "|", "t3", (), (0.5,), ()),
        ("x", "|", "t12", (), (), (1.0,)), ("y", "|", "t1", (), (None,), ()), ("x", "~*~", "x", (), (1.0, None), ()),
        ("y", "~*~", "y", (), (), ())]
    assert terms("x + y | c(NA, NA)*t1 + c(a, a)*t1") == [
        (name, "|", "t1", ("a", "a"), (None, None), ()) for name in "xy"]


@pytest.mark.parametrize("text", [
    "f =~ a*x + start(0.8)*x + NA*x", "f =~ a*x + NA*x\nf =~ start(0.8)*x", "f =~ x\nf =~ NA*x + a*x + start(0.8)*x",
])
def test_modifiers_add_up_wherever_they_stand(text):
    assert terms(text) == [("f", "=~", "x", ("a",), (None,), (0.8,))]


@pytest.mark.parametrize("text", [
    "y ~ a*x + z", "y ~ a*x +\n z", "y ~ a*x\n + z", "y ~\n\n a *\n x + z # why", "! first\ny ~ a*x + z;;",
    "\ty~a*x+z\r\n", "y ~ + a*x + z", "y\t~ a\n*x\n\n+z", "y ~ a*x + ; z", "y ˜ a*x + z",
])
def test_layout_and_comments_do_not_matter(text):
    assert terms(text) == terms("y ~ a*x + z")


def test_statements_share_a_line_and_left_sides_a_relation():
    assert terms("y + w ~ x; x ~~ z") == terms("y ~ x\nw ~ x\nx ~~ z")


def test_definitions_and_constraints_keep_their_order():
    model = parse_model("y ~ a*x + b*z\nlater := 2*ab\na + b == exp(1)/2\nab := a * b\n.p1. == .p2.")
    assert [(d.name, d.text) for d in model.definitions] == [("later", "2*ab"), ("ab", "a*b")]
    assert [c.text for c in model.constraints] == ["a+b == exp(1)/2", ".p1. == .p2."]
    assert model.constraints[1].left.names() == (".p1.",)
    assert [type(entry).__name__ for entry in model.spoken] == ["Definition", "Constraint", "Definition", "Constraint"]


@pytest.mark.parametrize(("text", "place"), [
    ("y ~ x\ny ~ z + + w", "line 2, column 9"),
    ("y ~ x +", "line 1, column 7"),
    ("y ~ 2 + x", "line 1, column 5"),
    ("y ~ 2*0", "line 1, column 7"),
    ("y ~~ 1", "line 1, column 6"),
    ("f =~ 0", "line 1, column 6"),
    ("y ~ a*", "line 1, column 6"),
    ("y ~ *x", "line 1, column 5"),
    ("y ~ a b", "line 1, column 7"),
    ("y ~ x\nz\nw ~ x", "line 2, column 1"),
    ("y ~ -x", "line 1, column 5"),
    ("y ~ x - z", "line 1, column 7"),
    ("~ x", "line 1, column 1"),
    ("y ~", "line 1, column 3"),
    ("x\ny", "line 2, column 1"),
    ("a*y ~ x", "line 1, column 1"),
    ("y ~ x ~ z", "line 1, column 7"),
    ("y ~ NA", "line 1, column 5"),
    ("TRUE ~ x", "line 1, column 1"),
    ("y ~ 2*a*x", "line 1, column 7"),
    ("y ~ NA*a*x", "line 1, column 5"),
    ("y ~ a*b*x", "line 1, column 7"),
    ("y ~ 1/0*x", "line 1, column 5"),
    ("y ~ c(a, NA)*x", "line 1, column 10"),
    ("y ~ c(a, 1)*x", "line 1, column 10"),
    ('y ~ c("a", 1)*x', "line 1, column 12"),
    ("y ~ c(a, )*x", "line 1, column 6"),
    ("y ~ c(a, b*x", "line 1, column 10"),
    ("y ~ start(a)*x", "line 1, column 11"),
    ("y ~ lower(0)*x", "line 1, column 5"),
    ("y ~ whatever(0)*x", "line 1, column 5"),
    ("y ~ x § z", "line 1, column 7"),
    ('y ~ "a*x', "line 1, column 5"),
    ("y ~ y", "line 1, column 5"),
    ("f =~ a*f", "line 1, column 8"),
    ("y | x", "line 1, column 5"),
    ("y | a*t0", "line 1, column 7"),
    ("y | t1 + t02", "line 1, column 10"),
    ("y | t1x", "line 1, column 5"),
    ("y | 1", "line 1, column 5"),
    ("y | ", "line 1, column 3"),
    ("y ~*~ x", "line 1, column 7"),
    ("y ~*~ 1", "line 1, column 7"),
    ("y ~ x | z", "line 1, column 7"),
    ("y ~ a*x\ne := a +* 2", "line 2, column 9"),
    ("y ~ a*x\ne := (a", "line 2, column 6"),
    ("y ~ a*x\ne := a)", "line 2, column 7"),
    ("y ~ a*x\ne := a a", "line 2, column 8"),
    ("y ~ a*x\n:= a", "line 2, column 1"),
    ("y ~ a*x\ne :=", "line 2, column 3"),
    ("y ~ a*x\ne f := a", "line 2, column 3"),
    ("y ~ a*x\n2 := a", "line 2, column 1"),
    ("y ~ a*x\na == ", "line 2, column 3"),
    ("y ~ a*x\na == 2*\n/a", "line 3, column 1"),
])
def test_a_bad_statement_is_pointed_at(text, place):
    assert ("MODEL-SYNTAX", f"m.lav, {place}") in findings(text)


@pytest.mark.parametrize(("text", "place"), [
    ("y ~ a*x\na < 1", "line 2, column 3"), ("y ~ a*x\na > 1", "line 2, column 3"), ("f <~ x", "line 1, column 3"),
    ("group % w", "line 1, column 7"),
    ("group: 1\ny ~ x", "line 1, column 6"), ("level: 2\ny ~ x", "line 1, column 6"), ("y ~ x:z", "line 1, column 6"),
    ('efa("b")*f =~ x1 + x2', "line 1, column 1"),
])
def test_what_is_not_supported_is_called_so(text, place):
    with pytest.raises(InputError, match="not supported") as caught:
        parse_model(text, "m.lav")
    assert caught.value.findings[0].place == f"m.lav, {place}"


def test_all_bad_statements_are_reported_at_once():
    assert findings("y ~ 2\nF =~ x1 + x2\ny ~~ 2x; z ~~ w\na <~ b") == [
        ("MODEL-SYNTAX", "m.lav, line 1, column 5"), ("MODEL-SYNTAX", "m.lav, line 3, column 7"),
        ("MODEL-SYNTAX", "m.lav, line 4, column 3")]


@pytest.mark.parametrize("text", [
    "y ~ x + x", "y ~ x\ny ~ x", "y ~~ x\nx ~~ y", "y ~ a*x + b*x", "f =~ 0.5*x + NA*x", "y ~ e*x\ne := 2*e",
    "y ~ a*x\ne := a\ne := a^2", "x | t1 + t1", "x ~*~ x\nx ~*~ x",
])
def test_saying_a_thing_twice_is_an_error(text):
    assert [code for code, _ in findings(text)] == ["MODEL-REPEATED"]


@pytest.mark.parametrize("text", ["", "  \n# nothing\n", "e == 1"])
def test_an_empty_model_is_an_error(text):
    assert findings(text) == [("MODEL-EMPTY", "m.lav")]


@pytest.mark.parametrize("expression", [
    "__import__('os')", "a.real()", "a if a else b", "[a]", "a < b", "lambda: 1", "a and b", "max(a, b)", "1j*a",
    "a % b", "a b", "2a", "(" * 2000 + "a" + ")" * 2000, "a^" * 2000 + "a",
])
def test_expressions_are_arithmetic_and_nothing_else(expression):
    assert findings(f"y ~ a*x + b*z\ne := {expression}")[0][0] == "MODEL-SYNTAX"


def evaluate(text: str, **values):
    return parse_model(f"y ~ a*x\ne := {text}").definitions[0].expression.evaluate(values)


@pytest.mark.parametrize(("text", "value"), [
    ("1 + 2*3", 7), ("(1 + 2)*3", 9), ("2 - 3 - 4", -5), ("16/4/2", 2), ("-2^2", -4), ("2^3^2", 512), ("2^-1", 0.5),
    ("2**3", 8), ("--2", 2), ("-(1 + 1)*-3", 6), ("exp(log(5))", 5), ("abs(-3) + sqrt(4)", 5), ("log10(100)", 2),
    ("sin(0) + cos(0) + tan(0)", 1), ("2*1e-1", 0.2), ("+ 4", 4),
])
def test_arithmetic_binds_as_in_r(text, value):
    assert evaluate(text) == pytest.approx(value, rel=1e-14)


def test_long_sums_need_no_recursion():
    assert evaluate("+".join(["a"] * 5000), a=1.0) == 5000


def test_expressions_work_on_draws():
    a, b = np.array([1.0, 2.0, 3.0]), np.array([-1.0, 0.5, 4.0])
    assert evaluate("a*b^2 - exp(b)/2", a=a, b=b) == pytest.approx(a * b**2 - np.exp(b) / 2)


@given(st.floats(-3, 3).filter(lambda x: abs(x) > 0.05), st.sampled_from([
    "a^2", "a^3", "a^-1", "abs(a)", "a*a/(1 + a^2)", "exp(a) - 3*a", "sqrt(a^2 + 1)", "-a^2", "log(a^2 + 1)^2",
    "tanh(a)",
]))
def test_complex_steps_give_derivatives(x, text):
    step = evaluate(text, a=np.array([complex(x, 1e-20)])).imag / 1e-20
    difference = (evaluate(text, a=x + 1e-6) - evaluate(text, a=x - 1e-6)) / 2e-6
    assert step[0] == pytest.approx(difference, rel=1e-5, abs=1e-6)


@pytest.mark.parametrize("name", sorted(FUNCTIONS))
def test_every_function_is_its_namesake_on_numbers_and_complex_numbers(name):
    value = evaluate(f"{name}(a)", a=0.4)
    known = abs if name == "abs" else getattr(math, name)
    assert value == pytest.approx(known(0.4))
    assert evaluate(f"{name}(a)", a=complex(0.4, 0)).real == pytest.approx(value)


def test_products_of_labels_are_recognised():
    definitions = parse_model("y ~ a*x\np := a*b*(c*d)\nq := a*b + c\nr := -a*b\ns := a").definitions
    assert [product_factors(d.expression) for d in definitions] == [("a", "b", "c", "d"), None, None, ("a",)]


@given(st.text(alphabet="xyF12.+-*/^~=:#;,()<>|?\"'NAc\n a", max_size=40))
def test_any_text_is_either_read_or_refused_with_a_finding(text):
    codes = []
    try:
        parse_model(text)
    except InputError as error:
        codes = [finding.code for finding in error.findings]
    assert all(code.startswith("MODEL-") for code in codes)
