"""The workbook: what stands in its rows, and that it is the same every time."""

from __future__ import annotations

import io
import zipfile
from collections import Counter
from typing import get_args

import openpyxl
import pytest

from instrument import store
from instrument.fielding import xlsform
from instrument.fielding.capabilities import Feature, capability_losses
from instrument.fielding.exports import wanted
from instrument.model import Block, Condition, Fact, Instrument, Note, Option
from instrument.spreadsheet import harmless
from tests.instrument.fielding.small import DONT_KNOW, YES_NO, small_instrument
from tests.instrument.fielding.xlsform.forms import form_sheets, optional_blocks, remade, survey

VERSIONS = store.versions()


def changed(*blocks: Block) -> Instrument:
    """The small instrument in one language, with other blocks in its form F."""
    base = small_instrument()
    form = base.form("F").model_copy(update={"blocks": blocks})
    return remade(base, forms=(form,), translations=())


def fact(name: str, kind: str = "choice", **more: object) -> Fact:
    options = YES_NO if kind in ("choice", "choices") else ()
    return Fact.model_validate({"id": name, "kind": kind, "role": "context", "text": name, "options": options, **more})


def test_the_same_instrument_gives_the_same_bytes_at_any_time(instrument: Instrument) -> None:
    once, again = (xlsform.export(instrument, wanted(instrument)) for _ in range(2))
    assert once == again
    assert [file.name for file in once] == ["xlsform-F.xlsx", "xlsform-A.xlsx"]
    with zipfile.ZipFile(io.BytesIO(once[0].content)) as archive:
        assert {info.date_time[0] for info in archive.infolist()} == {1980}


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("form", ["F", "A"])
def test_every_word_that_respondents_see_is_there_in_every_language(version: str, form: str) -> None:
    asked = store.load(version)
    found = form_sheets(asked, form, optional=optional_blocks(asked))
    survey_rows, choices = found["survey"], found["choices"]
    for code in asked.languages:
        label = next(column for column in choices[0] if column.endswith(f"({code})"))
        hint = label.replace("label::", "hint::")
        said = {row.get(label) for row in survey_rows}
        hints = " ".join(row.get(hint, "") for row in survey_rows)
        for block, question in asked.form(form).questions():
            assert harmless(asked.text(f"block.{block.id}.title", code)) in said
            assert harmless(asked.text(f"question.{question.id}", code)) in said
            if block.intro is not None:
                assert harmless(asked.text(f"block.{block.id}.intro", code)) in said
            if isinstance(question, Note):
                continue
            row = next(row for row in survey_rows if row.get("name") == question.id)
            if isinstance(question, Fact):
                for part in ("help", "unit"):
                    key = f"question.{question.id}.{part}"
                    assert getattr(question, part) is None or asked.text(key, code) in hints
            if " " in row["type"]:
                listed = {r["name"]: r[label] for r in choices if r["list_name"] == row["type"].split()[1]}
                assert listed == {str(o.code): asked.label(question, o.code, code) for o in asked.options(question)}
        # A row with words in one language has them in all.
        for row in (*survey_rows, *choices):
            kinds = Counter(column.split("::")[0] for column in row if "::" in column)
            assert all(n == len(asked.languages) for n in kinds.values()), row


def test_settings_carry_version_form_and_first_language(instrument: Instrument) -> None:
    (settings,) = form_sheets(instrument, "F")["settings"]
    assert settings["version"] == "1.0.0"
    assert settings["form_id"] == "small_F"
    assert settings["default_language"] == "English (en)"
    assert form_sheets(instrument, "F", language="es")["settings"][0]["default_language"] == "Español (es)"


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("form", ["F", "A"])
def test_names_are_used_once(version: str, form: str) -> None:
    asked = store.load(version)
    rows = form_sheets(asked, form, optional=optional_blocks(asked))["survey"]
    doubled = [name for name, n in Counter(row["name"] for row in rows if "name" in row).items() if n > 1]
    assert not doubled


def test_a_matrix_shows_the_scale_once_and_bare_numbers_where_points_have_no_words(instrument: Instrument) -> None:
    found = form_sheets(instrument, "F")
    rows = {row["name"]: row for row in found["survey"] if "name" in row}
    assert rows["block_learn"]["appearance"] == "field-list"
    assert rows["head0_learn"]["appearance"] == "label"
    assert {rows[name]["appearance"] for name in ("lrar1", "lrar2", "at1")} == {"list-nolabel"}
    assert {rows[name]["type"] for name in ("head0_learn", "lrar1", "lrar2", "at1")} == {"select_one scale_agree7"}
    labels = {row["name"]: row["label::Español (es)"] for row in found["choices"] if row["list_name"] == "scale_agree7"}
    assert labels["2"] == "2"
    assert labels["7"] == "Muy de acuerdo"


def test_an_attention_item_looks_like_its_neighbours(instrument: Instrument) -> None:
    rows = survey(instrument, "F")
    assert set(rows["at1"]) == set(rows["lrar1"])


def test_optional_blocks_are_asked_only_where_they_are_switched_on(instrument: Instrument) -> None:
    assert "rtrt1" not in survey(instrument, "F")
    assert "rtrt1" in survey(instrument, "F", optional=("optrit",))


def test_bounds_are_constraints_with_words(instrument: Instrument) -> None:
    rows = survey(instrument, "F")
    assert (rows["tenr"]["type"], rows["tenr"]["constraint"]) == ("decimal", "(. >= 0) and (. <= 70)")
    assert rows["tenr"]["constraint_message::English (en)"] == "Please give a number from 0 to 70."
    assert rows["xjv1"]["constraint"] == "(. >= 0) and (. <= 5000)"  # nobody counts below nothing
    typed = [rows[name]["type"] for name in ("xjv1", "dafyr", "fdate", "words")]
    assert typed == ["integer", "integer", "date", "text"]


def test_a_number_that_may_be_missing_has_a_question_beside_it_and_one_of_the_two_is_required() -> None:
    rows = survey(changed(Block(id="b", title="B", questions=(
        fact("n", "number", missing=(DONT_KNOW,), required=True), fact("m", "count", missing=(DONT_KNOW,)),
        fact("p", "count", required=True), fact("q", show_if=(Condition(question="n", any_of=("dk",)),)),
    ))), "F")
    assert "required" not in rows["n"]
    assert rows["n_miss"]["relevant"] == "${n} = ''"
    assert rows["n_miss"]["required"] == "yes"
    assert "required" not in rows["m_miss"]
    assert rows["p"]["required"] == "yes"
    assert rows["p"]["required_message::English (en)"]
    assert rows["q"]["relevant"] == "${n_miss} = 'dk'"


def test_routing_stands_on_rows_and_groups(instrument: Instrument) -> None:
    rows = survey(instrument, "F")
    assert rows["dafyr"]["relevant"] == "${dafex} = '1'"
    assert rows["block_rout"]["relevant"] == (
        "(${go_on_cons} = 1) and (selected(${dafmn}, '3') or selected(${dafmn}, 'dk'))")
    assert "relevant" not in rows["fdate"]


def test_several_conditions_must_all_hold_and_each_may_be_met_by_any_of_its_codes() -> None:
    rows = survey(changed(Block(id="b", title="B", questions=(
        fact("a"), fact("c"), fact("d", show_if=(
            Condition(question="a", any_of=(0, 1)), Condition(question="c", any_of=(1,)))),
    ))), "F")
    assert rows["d"]["relevant"] == "(${a} = '0' or ${a} = '1') and (${c} = '1')"


def test_a_missing_code_is_chosen_alone(instrument: Instrument) -> None:
    rows = survey(instrument, "F")
    assert rows["dafmn"]["constraint"] == "count-selected(.) <= 1 or not(selected(., 'dk'))"
    assert "constraint" not in survey(changed(Block(id="b", title="B", questions=(fact("a", "choices"),))), "F")["a"]


def test_an_answer_that_ends_the_interview_hides_everything_after_it() -> None:
    rows = survey(changed(
        Block(id="b", title="B", questions=(fact("a"), fact("c", screen_out=(0,)), fact("d"))),
        Block(id="e", title="E", questions=(fact("f", screen_out=(1,)), fact("g"))),
        Block(id="h", title="H", questions=(fact("i"),)),
    ), "F")
    assert "relevant" not in rows["a"]
    assert rows["d"]["relevant"] == rows["block_e"]["relevant"] == "${go_on_c} = 1"
    assert rows["g"]["relevant"] == rows["block_h"]["relevant"] == "${go_on_f} = 1"
    assert rows["go_on_f"]["calculation"] == "if((${go_on_c} = 1) and (not(${f} = '1')), 1, 0)"
    assert rows["interview_over"]["relevant"] == "${go_on_f} = 0"


def test_text_is_neither_a_reference_nor_a_formula() -> None:
    odd = fact("a", text="=1+1", help="Pay ${b} to @me", options=(Option(code=1, label="+ more"), *YES_NO[1:]))
    (file,) = xlsform.export(asked := changed(Block(id="b", title="${x}", questions=(odd,))), wanted(asked))
    for sheet in openpyxl.load_workbook(io.BytesIO(file.content)):
        for row in sheet.iter_rows():
            for cell in row:
                assert cell.data_type != "f"
                assert not str(cell.value or "").startswith(("=", "+", "-", "@"))
    rows = survey(asked, "F")
    assert rows["a"]["label::English (en)"] == "'=1+1"
    assert "${" not in rows["a"]["hint::English (en)"] + rows["block_b"]["label::English (en)"]


def test_words_the_exporter_has_not_in_a_language_are_signs_and_never_another_language() -> None:
    asked = remade(small_instrument(), language="xx", language_name="Xish", translations=())
    rows = survey(asked, "F")
    assert rows["tenr"]["constraint_message::Xish (xx)"] == "0 – 70"
    assert rows["xjv1_miss"]["label::Xish (xx)"] == "∅ …"


def test_one_language_needs_no_question_about_it(instrument: Instrument) -> None:
    rows = survey(instrument, "F", language="es")
    assert "language_shown" not in rows
    assert rows["interview_language"]["calculation"] == "'es'"


def test_what_a_form_loses_is_said(instrument: Instrument) -> None:
    assert set(xlsform.CAPABILITIES) == set(get_args(Feature))
    lost = {loss.feature: loss for loss in capability_losses(xlsform.CAPABILITIES, instrument, wanted(instrument))}
    assert lost["item order"].where == ("learn",)
    assert set(lost) == {"item order", "identifiers", "keys", "definitions"}
