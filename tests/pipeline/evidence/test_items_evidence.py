"""Scales → what was found of their items → tables, figures and sentences."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from pydantic import TypeAdapter

from pipeline.evidence.found.items import ItemsReport
from pipeline.evidence.items import items_of
from pipeline.evidence.scales import Scale
from pipeline.report.figures.items import answers_figures
from pipeline.report.html import table_view
from pipeline.report.tables.items_evidence import (
    answers_sentence,
    inter_item_sentence,
    items_evidence_tables,
    normality_sentence,
)
from pipeline.report.tables.spec import Table, display_rows, to_frame
from pipeline.undefined import Undefined
from tests.pipeline.measurement.items_reference import ITEMS, NAMES, REFERENCE


def scale(X: np.ndarray, name: str = "one", *, construct: str = "c", form: str = "A", **changes: object) -> Scale:
    items = tuple(f"{name}{place}" for place in range(1, X.shape[1] + 1))
    made = Scale(name, name.capitalize(), construct, form, items, (), X, 1, 7, None)
    return replace(made, **changes)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def scales() -> tuple[Scale, ...]:
    """Two scales of one construct, the same scale in another form, and every kind of trouble."""
    whole = scale(ITEMS, "i", reversed_items=("i2",))
    constant = np.column_stack([ITEMS[:, :2], np.full(len(ITEMS), 4.0)])
    against = np.column_stack([ITEMS[:, :3], 8 - ITEMS[:, 4]])
    return (whole, scale(ITEMS[:, :3], "part"), scale(ITEMS[:, :3], "part", form="F"),
            scale(ITEMS[:, :1], "single", construct="s"), scale(constant, "constant", construct="k"),
            scale(against, "against", construct="g"), scale(np.full((9, 3), np.nan), "silent", construct="n", form="G"),
            scale(np.full((9, 2), 7.0), "ceiling", construct="t", form="G"))


@pytest.fixture(scope="module")
def found(scales: tuple[Scale, ...]) -> ItemsReport:
    return items_of(scales)


def tables(found: ItemsReport) -> dict[str, Table]:
    return {table.id: table for table in items_evidence_tables(found, {"c": "Construct"})}


def test_a_report_survives_json(found: ItemsReport) -> None:
    adapter = TypeAdapter(ItemsReport)
    assert adapter.validate_json(adapter.dump_json(found)) == found


def test_a_scale_is_reported_with_rs_numbers(found: ItemsReport) -> None:
    one = found.scales[0]
    assert (one.scale, one.construct, one.form, one.n, one.n_complete) == ("i", "c", "A", 240, REFERENCE["inter"]["n"])
    assert [item.item for item in one.items] == NAMES
    assert [item.reversed for item in one.items] == [False, True, False, False, False, False]
    for item in one.items:
        expected = REFERENCE["item"][item.item]
        given = item.answers
        assert (given.mean, given.sd, given.skewness, given.kurtosis) == pytest.approx(
            tuple(expected[field] for field in ("mean", "sd", "skewness", "kurtosis")))
        assert (given.n, given.missing) == (expected["n"], expected["missing"])
        assert item.item_rest == pytest.approx(REFERENCE["item_rest"][item.item])
    assert one.inter_item.lowest == pytest.approx(REFERENCE["inter"]["lowest"])
    normality = REFERENCE["normality"]["items"]
    assert (one.normality.henze_zirkler, one.normality.kurtosis_z, one.normality.small_statistic) == pytest.approx(
        (normality["henze_zirkler"], normality["kurtosis_z"], normality["small_statistic"]))


def test_constructs_of_several_scales_are_tested_as_a_whole_form_by_form(scales: tuple[Scale, ...]) -> None:
    two = items_of((scales[1], scale(ITEMS[:, 3:], "rest"), scales[2]))
    assert [(one.construct, one.form) for one in two.constructs] == [("c", "A")]
    whole = two.constructs[0]
    assert whole.items == ("part1", "part2", "part3", "rest1", "rest2", "rest3")
    assert whole.normality.skewness == pytest.approx(REFERENCE["normality"]["items"]["skewness"])


def test_floor_and_ceiling_begin_above_fifteen_per_cent() -> None:
    """3 of 20 answers at the end are not above .15, 4 of 20 are."""
    X = np.column_stack([[7] * 3 + [4] * 17, [7] * 4 + [4] * 16, [1] * 4 + [4] * 16]).astype(float)
    one = items_of((scale(X),)).scales[0]
    assert [item.ends.at_ceiling for item in one.items] == [False, True, False]
    assert [item.ends.at_floor for item in one.items] == [False, False, True]
    assert (one.ends.ceiling, one.ends.floor, one.ends.at_ceiling) == (0.0, 0.0, False)


def test_tables_have_a_row_for_each_and_no_two_ids_alike(found: ItemsReport) -> None:
    made = tables(found)
    assert list(made) == ["item-answers", "item-shares", "inter-item", "normality"]
    items = sum(len(one.items) for one in found.scales)
    assert [len(made[name].rows) for name in made] == [items, items, 8, 8 + 1]
    assert made["normality"].column("of")[-1] == "Construct"
    assert made["item-answers"].column("mean")[:6] == tuple(item.answers.mean for item in found.scales[0].items)
    assert made["inter-item"].column("highest_pair")[0] == "–".join(REFERENCE["inter"]["highest_pair"])


def test_cells_stand_under_their_headings(found: ItemsReport) -> None:
    made, one = tables(found), found.scales[0]
    last = one.items[5]  # it has a floor
    row = dict(zip([c.key for c in made["item-answers"].columns], made["item-answers"].rows[5], strict=True))
    assert (row["item"], row["item_rest"]) == (last.item, last.item_rest)
    for key in ("n", "missing", "mean", "sd", "skewness", "kurtosis", "floor", "ceiling"):
        assert row[key] == getattr(last.answers, key), key
    assert last.answers.floor > last.answers.ceiling
    shares = made["item-shares"]
    assert [shares.column(f"point_{point}")[5] for point in range(1, 8)] == list(last.answers.shares.values())
    row = dict(zip([c.key for c in made["normality"].columns], made["normality"].rows[0], strict=True))
    for key in ("n", "left_out", "skewness", "skewness_statistic", "skewness_df", "skewness_pvalue", "small_statistic",
                "small_pvalue", "kurtosis", "kurtosis_expected", "kurtosis_z", "kurtosis_pvalue", "henze_zirkler",
                "henze_zirkler_pvalue"):
        assert row[key] == getattr(one.normality, key), key
    row = dict(zip([c.key for c in made["inter-item"].columns], made["inter-item"].rows[7], strict=True))
    assert (row["scale"], row["floor"], row["ceiling"]) == ("Ceiling", 0.0, 1.0)


def test_every_cell_can_be_shown_and_none_is_nan(found: ItemsReport) -> None:
    for table in tables(found).values():
        shown = [cell for row in display_rows(table) for cell in row]
        assert not any("nan" in cell.split() for cell in shown)
        assert len(table_view(table).rows) == len(to_frame(table)) == len(table.rows)


def test_flags_are_said_in_the_table_and_shares_add_up(found: ItemsReport) -> None:
    made = tables(found)
    flags = dict(zip(made["item-answers"].column("item"), made["item-answers"].column("flag"), strict=True))
    assert (flags["i4"], flags["i6"], flags["i1"], flags["ceiling1"]) == ("ceiling", "floor", "", "ceiling")
    for row, item in zip(made["item-shares"].rows, made["item-shares"].column("item"), strict=True):
        if str(item).startswith("silent"):
            assert row[4] == Undefined("nobody answered")
        else:
            assert sum(row[4:]) == pytest.approx(1)


def test_sentences_name_what_a_reader_must_know(found: ItemsReport) -> None:
    answers = answers_sentence(found)
    assert "25 items in 8 scales" in answers
    assert "against4 goes against the other items of its scale" in answers
    assert "scores have a floor or ceiling in Ceiling" in answers
    pairs = inter_item_sentence(found)
    assert "left out because they do not vary: constant3, ceiling1 and ceiling2" in pairs
    assert pairs.startswith("Mean inter-item correlations run from ")
    assert "(Against)" in pairs
    normality = normality_sentence(found)
    assert "of 4 scales, none depart from it by Mardia's skewness, 4 by Mardia's kurtosis" in normality


def test_a_scale_without_pairs_says_why(found: ItemsReport) -> None:
    by_name = {one.scale: one for one in found.scales}
    assert by_name["single"].inter_item.mean == Undefined("the scale has one item only")
    assert by_name["single"].items[0].item_rest == Undefined("the scale has no other item")
    assert by_name["silent"].inter_item.mean == Undefined("no row is complete")
    assert by_name["silent"].ends.floor == Undefined("no row is complete")
    assert isinstance(by_name["constant"].normality.skewness, Undefined)
    assert by_name["ceiling"].ends.at_ceiling


def test_nothing_examined_gives_no_table_and_no_figure() -> None:
    assert items_evidence_tables(None) == answers_figures(None) == ()
    assert items_evidence_tables(items_of(())) == answers_figures(items_of(())) == ()
    alone = items_of((scale(np.full((9, 3), np.nan)),))
    assert answers_figures(alone) == ()
    assert inter_item_sentence(alone) == "No scale has inter-item correlations."
    assert normality_sentence(alone) == "Multivariate normality could not be tested for any scale."
    assert len(items_evidence_tables(alone)) == 4


def test_figures_are_one_a_construct_named_by_form_where_two_forms_asked_it(found: ItemsReport) -> None:
    figures = answers_figures(found, {"c": "Construct"})
    assert [figure.id for figure in figures] == [
        "answers-c-A", "answers-c-F", "answers-s", "answers-k", "answers-g", "answers-t"]
    assert figures[0].title == "Answers to the items of Construct, form A"
    assert {figure.table for figure in figures} == {"item-shares"}
    assert "9 items, means from" in figures[0].summary


def test_a_figure_says_every_share_it_has_room_for(found: ItemsReport) -> None:
    axes = answers_figures(found)[0].draw().axes[0]
    said = [text.get_text() for text in axes.texts]
    first = found.scales[0].items[0].answers
    expected = [f"{100 * share:.0f}" for share in first.shares.values() if share >= 0.055]
    begin = said.index("I") + 1
    assert said[begin:begin + len(expected)] == expected
    assert f"M {first.mean:.2f}  n {first.n}" in said
    assert [label.get_text() for label in axes.get_yticklabels()][:2] == ["i1", "i2 R"]
    ends = [0.0, *np.cumsum(list(first.shares.values()))]
    parts = axes.patches[:7]
    assert [part.get_x() for part in parts] == pytest.approx(ends[:-1])
    assert [part.get_x() + part.get_width() for part in parts] == pytest.approx(ends[1:])
    assert len(axes.patches) == 9 * 7
