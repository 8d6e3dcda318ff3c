"""From scales to the report on reliability, its tables, its figure, and back from JSON."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
from pydantic import TypeAdapter

from pipeline.evidence.consistency import consistency_of
from pipeline.evidence.found.consistency import NAMES, ConsistencyReport
from pipeline.evidence.scales import Scale, ScaleSet
from pipeline.measurement.reliability_intervals import reliability_intervals
from pipeline.measurement.resampled import draw_counts
from pipeline.report.figures.consistency import consistency_figures
from pipeline.report.tables.consistency import consistency_tables
from pipeline.report.tables.spec import display_rows, to_frame
from pipeline.undefined import Undefined

INSTRUMENT = SimpleNamespace(constructs=(SimpleNamespace(id="trust", name="Trust in partners"),))


def plan(draws: int) -> SimpleNamespace:
    return SimpleNamespace(measurement=SimpleNamespace(draws=draws), level=0.95)


def scale(id: str, k: int, *, form: str = "A", construct: str = "trust", firms: bool = False, n: int = 150,
          common: np.ndarray | None = None, constant: bool = False) -> Scale:
    rng = np.random.default_rng(sum(map(ord, id)))
    factor = rng.standard_normal((n, 1)) + (0 if common is None else common)
    X = 1.0 + np.digitize(factor + rng.standard_normal((n, k)), [-1.5, -0.5, 0.5, 1.5])
    X[rng.random(n) < 0.05, 0] = np.nan
    if constant:
        X[:, 0] = 3.0
    return Scale(id, f"Scale {id}", construct, form, tuple(f"{id}{i}" for i in range(1, k + 1)), (), X, 1, 5,
                 tuple(f"firm {i // 2}" for i in range(n)) if firms else None)


@pytest.fixture(scope="module")
def scales() -> tuple[Scale, ...]:
    common = np.random.default_rng(1).standard_normal((150, 1))
    return (*(scale(id, 3, firms=True, common=common) for id in ("one", "two", "six")),
            scale("pair", 2, form="F", construct="pair"), scale("flat", 3, form="F", construct="flat", constant=True))


@pytest.fixture(scope="module")
def found(scales) -> ConsistencyReport:
    return consistency_of(scales, [ScaleSet("all", "All", "A", scales[:3])], INSTRUMENT, plan(45), seed=4)


def test_every_scale_and_construct_is_there_once_with_its_words(found, scales):
    assert [(one.id, one.form, one.set) for one in found.scales] == [
        ("one", "A", ""), ("two", "A", ""), ("six", "A", ""), ("pair", "F", ""), ("flat", "F", "")]
    assert [(one.id, one.label, one.set, one.dimensions) for one in found.constructs] == [
        ("trust", "Trust in partners", "all", ("one", "two", "six"))]
    assert found.constructs[0].items == tuple(item for one in scales[:3] for item in one.items)
    assert found.clustered == ("A",)
    same = [ScaleSet(name, name, "A", scales[:3]) for name in "ab"]
    twice = consistency_of(scales, same, INSTRUMENT, plan(0), seed=4)
    assert len(twice.constructs) == 1


def test_numbers_are_those_of_the_kernels_on_draws_of_whole_firms(found, scales):
    one = scales[0]
    expected = reliability_intervals(one.X, one.items, draw_counts(150, 45, 4, one.firms), name="", label="")
    for id, coefficient in expected.coefficients.items():
        got = found.scale("one").coefficient(id)
        assert (got.value, got.lower, got.upper, got.usable) == (
            coefficient.resampled.estimate, coefficient.resampled.lower, coefficient.resampled.upper,
            coefficient.resampled.usable)
        assert got.method == "percentile bootstrap"
    assert found.scale("one").coefficient("alpha").analytic.method == "Feldt"
    rows = reliability_intervals(one.X, one.items, draw_counts(150, 45, 4), name="", label="")
    assert rows.coefficients["alpha"].resampled.lower != expected.coefficients["alpha"].resampled.lower


def test_any_number_of_workers_finds_the_same(found, scales):
    assert consistency_of(scales, [ScaleSet("all", "All", "A", scales[:3])], INSTRUMENT, plan(45), seed=4,
                          workers=2) == found


def test_the_report_goes_to_json_and_back(found):
    adapter = TypeAdapter(ConsistencyReport)
    text = adapter.dump_json(found)
    assert adapter.validate_json(text) == found
    assert b"NaN" not in text
    assert b"Infinity" not in text


def test_without_draws_intervals_are_by_formula_or_missing(scales):
    found = consistency_of(scales, [], INSTRUMENT, plan(0), seed=4)
    alpha, bound = (found.scale("one").coefficient(id) for id in ("alpha", "glb"))
    assert alpha.method == "Feldt"
    assert (alpha.lower, alpha.upper) == (alpha.analytic.lower, alpha.analytic.upper)
    assert (bound.method, bound.requested) == ("none", 0)
    assert bound.lower == Undefined("no resamples were asked for")
    table = consistency_tables(found)[0]
    assert table.column("alpha_ci")[0] == (alpha.lower, alpha.upper)
    assert "Feldt" in table.note


# -- tables and figure --------------------------------------------------------------------------------


def test_tables_hold_the_values_under_their_names(found):
    tables = {table.id: table for table in consistency_tables(found)}
    assert list(tables) == ["consistency", "consistency-further", "consistency-constructs",
                            "consistency-constructs-further", "consistency-intervals"]
    main = tables["consistency"]
    assert main.column("scale") == ("one", "two", "six", "pair", "flat")
    for id in ("alpha", "omega", "omega_categorical", "ave"):
        coefficient = found.scales[0].coefficient(id)
        assert main.column(id)[0] == coefficient.value
        assert main.column(f"{id}_ci")[0] == (coefficient.lower, coefficient.upper)
    assert tables["consistency-further"].column("split_highest")[0] == found.scales[0].split_half.highest
    assert tables["consistency-constructs"].column("omega_l1")[0] == found.constructs[0].coefficient("omega_l1").value
    assert "whole firms" in main.note
    long = tables["consistency-intervals"]
    assert len(long.rows) == sum(len(one.coefficients) for one in (*found.scales, *found.constructs))
    assert set(long.column("coefficient")) <= set(NAMES.values())


def test_no_cell_is_silent_nan_and_what_is_undefined_has_its_reason(found):
    for table in consistency_tables(found):
        assert len(display_rows(table)) == len(table.rows)  # number() refuses NaN
        to_frame(table)
    rows = {row[0]: row for row in display_rows(consistency_tables(found)[0])}
    assert "flat1 got one and the same answer" in rows["flat"][5]
    assert "not identified by two items" in rows["pair"][7]


def test_the_sentence_names_scales_that_may_fall_short(found):
    summary = consistency_tables(found)[0].summary
    below = [one.label for one in found.scales if not isinstance(one.coefficient("omega").lower, Undefined)
             and one.coefficient("omega").lower < 0.7]
    assert below
    assert all(label in summary for label in below)
    assert "Scale pair and Scale flat have none." in summary


def test_the_figure_draws_scales_that_have_values(found):
    figure, = consistency_figures(found)
    assert figure.table == "consistency"
    assert b"<svg" in figure.svg()
    assert "1 without any value" in figure.note


def test_nothing_examined_has_no_tables_and_no_figure():
    nothing = ConsistencyReport(0, 1, 0.95, (), (), ())
    assert consistency_tables(None) == consistency_tables(nothing) == ()
    assert consistency_figures(None) == consistency_figures(nothing) == ()
