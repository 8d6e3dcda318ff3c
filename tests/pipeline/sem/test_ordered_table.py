"""Parameter tables with ordered variables against lavaan 0.6-14's, row for row, and what is refused or noted."""

from __future__ import annotations

import csv
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from instrument.errors import InputError
from pipeline.sem.syntax import Definition, parse_model
from pipeline.sem.table import ParameterTable, parameter_table

TABLES = Path(__file__).parents[2] / "reference" / "ordinal" / "table"
MODELS = {entry["name"]: entry for entry in json.loads((TABLES / "models.json").read_text(encoding="utf-8"))}
LAVAAN = {entry["name"][0]: entry for entry in json.loads((TABLES / "tables.json").read_text(encoding="utf-8"))}
with (TABLES / "data.csv").open(encoding="utf-8", newline="") as file:
    DATA = list(csv.DictReader(file))


def table(text: str, ordered=None, **options) -> ParameterTable:
    return parameter_table(parse_model(text, "m.lav"), ordered=ordered or {}, **options)


def findings(text: str, ordered=None, **options) -> list[tuple[str, str, str]]:
    with pytest.raises(InputError) as caught:
        table(text, ordered, **options)
    return [(f.code, f.place, f.rule) for f in caught.value.findings]


def of_model(name: str) -> ParameterTable:
    entry = MODELS[name]
    categories = {variable: len({row[variable] for row in DATA}) for variable in entry["ordered"]}
    return table(entry["model"], categories, **{"conditional_x": True, **entry["options"]})


def lavaan_rows(made: ParameterTable) -> list[list]:
    """All rows with lavaan's columns: parameters, the author's definitions and constraints, equalities."""
    rows: list[list] = [
        [row.lhs, row.op, row.rhs, row.user, row.group, row.free, row.start if row.free else row.value, exo, label,
         row.plabel]
        for row, label, exo in zip(made.rows, made.printed_labels(), made.printed_exo(), strict=True)]
    for entry in made.written:
        rows.append([entry.name, ":=", entry.text, 1, 0, 0, None, 0, entry.name, ""] if isinstance(entry, Definition)
                    else [entry.left.text, "==", entry.right.text, 1, 0, 0, None, 0, "", ""])
    return rows + [[a, "==", b, 2, 0, 0, None, 0, "", ""] for a, b in made.equality_pairs()]


@pytest.mark.parametrize("name", MODELS)
def test_the_table_is_lavaans(name):
    made, lavaan = of_model(name), LAVAAN[name]
    ours, theirs, ustart = lavaan_rows(made), lavaan["rows"], 6
    determined = [index for index, row in enumerate(made.rows) if row.determined]
    for index in determined:
        # lavaan puts a placeholder here, 1 or what the author wrote, which its estimation passes over.
        assert isinstance(theirs[index][ustart], int | float)
        theirs = [*theirs[:index], [*theirs[index][:ustart], None, *theirs[index][ustart + 1:]], *theirs[index + 1:]]
    assert [row[:ustart] + row[ustart + 1:] for row in ours] == [row[:ustart] + row[ustart + 1:] for row in theirs]
    assert [row[ustart] for row in ours] == [
        None if row[ustart] is None else pytest.approx(row[ustart], rel=1e-14) for row in theirs]
    assert (list(made.observed), list(made.latent)) == (lavaan["ov"], lavaan["lv"])
    assert made.ordered == tuple(zip(lavaan["ov.ord"], lavaan["categories"], strict=True))
    assert made.numeric == tuple(v for v in lavaan["ov"] if v not in lavaan["ov.ord"])
    assert list(made.exogenous) == (lavaan["ov.x"] if MODELS[name]["options"].get("fixed_x", True) else [])
    assert made.conditional_x == (lavaan["conditional.x"][0] and bool(made.exogenous))
    assert made.meanstructure
    variances = [i for i, row in enumerate(made.rows) if (row.op, row.rhs) == ("~~", row.lhs)]
    assert determined == [i for i in variances if made.rows[i].lhs in made.categories]


def test_every_stored_model_has_a_stored_table():
    assert list(MODELS) == list(LAVAAN)
    assert len(MODELS) >= 35


def test_a_written_residual_variance_stays_determined_and_is_said():
    plain = table("f =~ x1 + x2 + x3", {"x1": 3})
    bare, fixed = (table(f"f =~ x1 + x2 + x3\nx1 ~~ {written}", {"x1": 3}) for written in ("x1", "0.3*x1"))
    assert [row.determined for row in bare.rows[:5]] == [False, False, False, True, False]
    assert bare.n_free == fixed.n_free == plain.n_free
    assert (len(plain.notes), len(bare.notes), len(fixed.notes)) == (0, 1, 1)
    assert "not a free parameter" in bare.notes[0]
    assert "0.3 is without effect" in fixed.notes[0]


def test_an_ordered_covariate_is_numeric_and_this_is_said():
    made = table("x1 ~ w", {"x1": 3, "w": 2}, conditional_x=True)
    assert (made.ordered, made.numeric, made.conditional_x) == ((("x1", 3),), ("w",), True)
    assert "w: ordered, but only explaining" in made.notes[0]
    assert not any(row.lhs == "w" and row.op in ("|", "~*~") for row in made.rows)


def test_slopes_given_covariates_are_parameters():
    made = table("x1 ~ a*w\ny ~ x1", {"x1": 3}, conditional_x=True)
    slope = made.rows[0]
    assert (slope.free, slope.exogenous, made.printed_exo()[0]) == (1, False, 1)
    assert made.text().splitlines()[1].split()[-3:] == ["1", "a", ".p1."]
    assert replace(made, conditional_x=False).printed_exo()[0] == 0


def test_no_ordered_variables_no_difference():
    made = table("f =~ y1 + y2 + y3\nf ~ z")
    assert (made.ordered, made.numeric, made.conditional_x) == ((), ("y1", "y2", "y3", "z"), False)
    assert not made.meanstructure
    assert made.rows == table("f =~ y1 + y2 + y3\nf ~ z", {}, conditional_x=True).rows


def test_names_of_thresholds_have_values():
    made = table("x1 ~ z\nx1 | a*t1 + 0.5*t2\nd := a - 0.5", {"x1": 4}, conditional_x=True)
    values = made.label_values(np.arange(1.0, made.n_free + 1))
    assert (values["a"], values[".p3."], values["d"]) == (2.0, 0.5, 1.5)


@pytest.mark.parametrize(("text", "ordered", "place", "says"), [
    ("f =~ x1 + x2 + x3", {"x9": 3}, "ordered variables", "'x9' is no variable"),
    ("f =~ x1 + x2 + x3", {"f": 3}, "ordered variables", "'f' is latent"),
    ("f =~ x1 + x2 + x3", {"x1": 1}, "ordered variables", "1 category"),
    ("f =~ x1 + x2 + x3\nx1 | t1", {}, "m.lav, line 2, column 6", "not ordered"),
    ("f =~ x1 + x2 + x3\nx1 ~*~ x1", {"x2": 2}, "m.lav, line 2, column 8", "not ordered"),
    ("f =~ x1 + x2 + x3\nx1 | t1 + t3", {"x1": 3}, "m.lav, line 2, column 11", "3 categories, hence 2 thresholds"),
    ("x1 ~ w\nw | t1", {"x1": 3, "w": 2}, "m.lav, line 2, column 5", "only explains"),
    ("f =~ x1 + x2 + x3\nx1 ~~ NA*x1", {"x1": 3}, "m.lav, line 2, column 10", "determined"),
    ("f =~ x1 + x2 + x3\nx1 ~~ e*x1", {"x1": 3}, "m.lav, line 2, column 9", "determined"),
    ("f =~ x1 + x2 + x3\nx1 ~~ start(1)*x1", {"x1": 3}, "m.lav, line 2, column 16", "determined"),
])
def test_what_cannot_be_ordered_is_said(text, ordered, place, says):
    found = findings(text, ordered)
    assert [entry[:2] for entry in found] == [("MODEL-ORDERED", place)]
    assert says in found[0][2]


def test_all_findings_come_at_once():
    assert len(findings("f =~ x1 + x2 + x3\nx1 | t1\nx2 | t4", {"x2": 2, "u": 3})) == 3


@pytest.mark.parametrize("text", ['f =~ x1 + x2 + x3\nx2 ~~ equal("x1~~x1")*x2', "f =~ x1 + x2 + x3\n.p5. == 1"])
def test_a_determined_variance_is_no_parameter_to_equate(text):
    made = table("f =~ x1 + x2 + x3", {"x1": 2})
    assert made.rows[4].determined
    assert findings(text, {"x1": 2})[0][0] == "MODEL-LABEL"


def test_a_missing_variable_is_shown_where_it_stands():
    found = findings("x9 | t1\nf =~ x1 + x2 + t1", {"x9": 2}, names=["x1", "x2", "x9"])
    assert [entry[:2] for entry in found] == [("MODEL-VARIABLE", "m.lav, line 2, column 16")]


def test_equal_thresholds_need_an_ordered_variable():
    options = {"groups": ("A", "B"), "group_equal": ["thresholds"]}
    assert findings("f =~ x1 + x2 + x3", **options)[0][0] == "MODEL-GROUP-EQUAL"
    assert findings("y ~ w", {"w": 2}, **options)[0][0] == "MODEL-GROUP-EQUAL"
    assert table("f =~ x1 + x2 + x3", {"x1": 2}, **options).equalities
