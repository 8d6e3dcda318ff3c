"""The parameter table against lavaan 0.6-14's, row for row, and what contradicts itself."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from instrument.errors import InputError
from pipeline.sem.syntax import Definition, parse_model
from pipeline.sem.table import ParameterTable, parameter_table

TABLES = Path(__file__).parents[2] / "reference" / "tables"
MODELS = {entry["name"]: entry for entry in json.loads((TABLES / "models.json").read_text(encoding="utf-8"))}
LAVAAN = {entry["name"][0]: entry for entry in json.loads((TABLES / "tables.json").read_text(encoding="utf-8"))}


def table(text: str, names=None, **options) -> ParameterTable:
    return parameter_table(parse_model(text, "m.lav"), names, **options)


def findings(text: str, names=None, **options) -> list[tuple[str, str, str]]:
    with pytest.raises(InputError) as caught:
        table(text, names, **options)
    return [(f.code, f.place, f.rule) for f in caught.value.findings]


def lavaan_rows(made: ParameterTable) -> list[list]:
    """All rows with lavaan's columns: parameters, the author's definitions and constraints, equalities."""
    rows: list[list] = [
        [row.lhs, row.op, row.rhs, row.user, row.group, row.free, row.start if row.free else row.value,
         int(row.exogenous), label, row.plabel]
        for row, label in zip(made.rows, made.printed_labels(), strict=True)]
    for entry in made.written:
        rows.append([entry.name, ":=", entry.text, 1, 0, 0, None, 0, entry.name, ""] if isinstance(entry, Definition)
                    else [entry.left.text, "==", entry.right.text, 1, 0, 0, None, 0, "", ""])
    return rows + [[a, "==", b, 2, 0, 0, None, 0, "", ""] for a, b in made.equality_pairs()]


@pytest.mark.parametrize("name", MODELS)
def test_the_table_is_lavaans(name):
    made, lavaan = table(MODELS[name]["model"], **MODELS[name]["options"]), LAVAAN[name]
    ours, theirs, ustart = lavaan_rows(made), lavaan["rows"], 6
    assert [row[:ustart] + row[ustart + 1:] for row in ours] == [row[:ustart] + row[ustart + 1:] for row in theirs]
    assert [row[ustart] for row in ours] == [
        None if row[ustart] is None else pytest.approx(row[ustart], rel=1e-14) for row in theirs]
    assert (list(made.observed), list(made.latent)) == (lavaan["ov"], lavaan["lv"])
    # lavaan names exogenous variables also when it estimates their moments; here the field says whose are fixed.
    assert list(made.exogenous) == (lavaan["ov.x"] if MODELS[name]["options"].get("fixed_x", True) else [])


def test_every_stored_model_has_a_stored_table():
    assert list(MODELS) == list(LAVAAN)
    assert len(MODELS) >= 30


def test_free_numbers_count_the_free_rows():
    made = table("f =~ x1 + l*x2 + l*x3 + x4", groups=("A", "B"))
    assert [row.free for row in made.free_rows()] == list(range(1, made.n_free + 1))
    assert made.equalities == ((1, 2, 13, 14),)
    assert made.meanstructure
    assert made.n_groups == 2


def test_one_group_is_no_group():
    assert table("f =~ x1 + x2 + x3", groups=("A",)) == table("f =~ x1 + x2 + x3")


def test_endogenous_variables_are_those_with_a_residual():
    made = table("f =~ x1 + x2 + x3\ng =~ y1 + y2 + y3\ng ~ f + z\nw ~ g")
    assert made.endogenous == ("x1", "x2", "x3", "y1", "y2", "y3", "w", "g")


def test_a_label_has_the_value_of_its_row():
    made = table("f =~ x1 + a*x2 + 0.5*x3 + k*x3\ne := d^2\nd := a*k\nf ~~ v*f")
    parameters = np.arange(2.0 * made.n_free).reshape(2, made.n_free)
    values = made.label_values(parameters)
    assert [definition.name for definition in made.definitions] == ["d", "e"]
    assert values["a"] == pytest.approx(parameters[:, 0])
    assert values[".p3."] == pytest.approx([0.5, 0.5])
    assert values["e"] == pytest.approx((parameters[:, 0] * 0.5) ** 2)
    assert np.iscomplexobj(made.label_values(parameters * (1 + 0j))["e"])


def test_the_printed_table_has_lavaans_columns():
    lines = table("y ~ b*x + 0.5*z\nb2 := b^2").text().splitlines()
    assert lines[0].split() == ["lhs", "op", "rhs", "user", "group", "free", "ustart", "exo", "label", "plabel"]
    assert lines[1].split() == ["y", "~", "x", "1", "1", "1", "NA", "0", "b", ".p1."]
    assert lines[-1].split() == ["b2", ":=", "b^2", "1", "0", "0", "NA", "0", "b2"]


def test_unknown_variables_are_all_named_at_their_place():
    found = findings("F =~ x1 + x2 + nine\nten ~ F", ["x1", "x2", "F"])
    assert [(code, place) for code, place, _ in found] == [
        ("MODEL-VARIABLE", "m.lav, line 1, column 16"), ("MODEL-VARIABLE", "m.lav, line 2, column 1"),
        ("MODEL-VARIABLE", "m.lav, line 1, column 1")]
    assert "'F' is latent" in found[2][2]


def test_known_variables_pass():
    assert table("F =~ x1 + x2 + x3", ["x1", "x2", "x3", "other"]).observed == ("x1", "x2", "x3")


@pytest.mark.parametrize(("text", "place"), [
    ("f =~ x1 + a*x2 + 0.5*x2 + a*x3 + 0.7*x3", "line 1, column 29"),
    ("f =~ NA*x1 + a*x1 + x2\ng =~ a*x3 + 0.7*x3 + x4\nh =~ a*x5 + 0.5*x5", "line 3, column 8"),
    ("f =~ a*x1 + 0.5*x1 + x2\ng =~ a*y1 + 0.7*y1 + y2", "line 2, column 8"),
    ("f =~ a*x1 + x2\ng =~ a*y1 + 0.7*y1 + y2", "line 2, column 8"),
    ('f =~ x1 + 0.5*x2 + equal("f=~x2")*x3 + 0.7*x3', "line 1, column 35"),
    ("y ~ 0.5*x + a*x\nz ~ a*x\nz ~ 0.7*x", "line 2, column 7"),
    ("f =~ x1 + x2 + x3\nx1 ~~ a*x1 + 1*x1\nf ~ a*1 + 0*1", "line 3, column 7"),
])
def test_a_label_cannot_have_two_values(text, place):
    assert [found[:2] for found in findings(text)] == [("MODEL-LABEL-FIXED", f"m.lav, {place}")]


@pytest.mark.parametrize(("text", "options"), [
    ("f =~ x1 + c(0.5, 0.7)*x2 + x3", {"group_equal": ["loadings"]}),
    ("f =~ x1 + c(a, a)*x2 + c(0.5, 0.7)*x2 + x3", {}),
    ("f =~ x1 + a*x2 + c(0.5, 0.7)*x2 + x3", {}),
])
def test_groups_cannot_be_equal_and_different(text, options):
    assert [found[0] for found in findings(text, groups=("A", "B"), **options)] == ["MODEL-LABEL-FIXED"]


def test_a_label_may_have_one_value_twice():
    assert [row.value for row in table("f =~ x1 + a*x2 + 0.5*x2 + a*x3 + 0.5*x3").rows[:3]] == [1.0, 0.5, 0.5]


@pytest.mark.parametrize(("modifier", "groups", "n_entries"), [
    ("c(a, b)", (), 2), ("c(a, b, d)", ("A", "B"), 3), ("c(1, NA)", ("A", "B", "C"), 2), ("start(1, 2)", (), 2),
])
def test_modifiers_are_one_or_one_a_group(modifier, groups, n_entries):
    code, place, rule = findings(f"f =~ x1 + {modifier}*x2", groups=groups)[0]
    assert (code, place) == ("MODEL-GROUPS", f"m.lav, line 1, column {12 + len(modifier)}")
    assert f"{n_entries} entries" in rule


def test_a_circle_of_definitions_is_spelled_out():
    found = findings("y ~ a*x\nfirst := second + a\nsecond := third\nthird := 2*first\nfine := a")
    assert [f[:2] for f in found] == [("MODEL-CIRCULAR", "m.lav, line 2, column 1")]
    assert "first needs second needs third needs first" in found[0][2]


def test_a_definition_cannot_need_itself():
    assert findings("y ~ a*x\ne := e + a")[0][0] == "MODEL-CIRCULAR"


def test_labels_in_definitions_and_constraints_must_exist():
    found = findings("y ~ a*x\ne := a*b\na == c + .p9.\n.p3. == 1")
    assert [(code, place) for code, place, _ in found] == [
        ("MODEL-LABEL", "m.lav, line 2, column 1"), ("MODEL-LABEL", "m.lav, line 3, column 1"),
        ("MODEL-LABEL", "m.lav, line 3, column 1"), ("MODEL-LABEL", "m.lav, line 4, column 1")]
    assert ["'b'" in found[0][2], "'c'" in found[1][2], "'.p9.'" in found[2][2]] == [True] * 3


def test_constraints_may_use_defined_effects():
    assert table("y ~ a*x + b*z\ne := a*b\ne == 0.5").constraints[0].left.names() == ("e",)


@pytest.mark.parametrize("text", ['f =~ x1 + equal("f=~x9")*x2 + x3', 'f =~ x1 + equal("f=~x3")*x2 + a*x3',
                                  'y ~ x + equal("x~~x")*z'])
def test_equal_needs_a_parameter_of_that_name(text):
    assert [found[0] for found in findings(text)] == ["MODEL-LABEL"]


def test_a_fixed_parameter_has_no_start():
    assert findings("f =~ x1 + 0.5*x2 + start(1)*x2")[0][0] == "MODEL-REPEATED"


def test_unknown_group_equalities_are_refused():
    assert findings("f =~ x1 + x2", groups=("A", "B"), group_equal=["loading"])[0][0] == "MODEL-GROUP-EQUAL"


def test_notes_tell_what_lavaan_warns_of():
    notes = table("y ~ a*x + c(b, b)*z\nx ~~ x", groups=("A", "B")).notes
    assert ["exogenous" in notes[0], "single label (a)" in notes[1], len(notes)] == [True, True, 2]
    assert table("y ~ a*x", groups=("A", "B"), group_equal=["regressions"]).notes == ()


PIECES = [statement.split() for statement in (
    "f =~ x1 + c(a , b) * x2 + x3", "g =~ 0.5 * y1 + y2 + y3", "g ~ NA * f + w", "ab := a * b - 1", "a == 2 ^ b")]
PLAIN = table("\n".join(" ".join(piece) for piece in PIECES), groups=("A", "B"))
BLANKS = st.text(alphabet=" \t", max_size=2)
BREAKS = st.sampled_from(["\n", "\n\n", "\n  # a remark ~ x; y\n", " ! another =~\n\t", "; ", "\r\n"])


@given(st.data())
def test_layout_does_not_change_the_table(data):
    text = data.draw(st.one_of(st.just(""), BREAKS))
    for piece in PIECES:
        operator = next(i for i, part in enumerate(piece) if any(op in part for op in ("~", "=")))
        for index, part in enumerate(piece):
            # A line that is to open a statement must hold its relation: no break before it.
            gap = BLANKS if index <= operator else st.one_of(BLANKS, BREAKS)
            text += (data.draw(gap) if index else "") + part
        text += data.draw(BREAKS)
    made = table(text, groups=("A", "B"))
    assert made.text() == PLAIN.text()
    assert (made.rows, made.equalities, made.observed, made.latent) == (
        PLAIN.rows, PLAIN.equalities, PLAIN.observed, PLAIN.latent)
