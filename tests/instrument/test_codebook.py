"""The codebook says of every question all that a stranger needs, and never runs as a formula."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from instrument import store
from instrument.codebook import CodebookRow, markdown, rows, write_csv
from instrument.errors import InputError
from instrument.model import Instrument
from instrument.spreadsheet import harmless

Raw = dict[str, Any]
Build = Callable[..., Instrument]


def row(instrument: Instrument, name: str, language: str | None = None, form: str | None = None) -> CodebookRow:
    return next(r for r in rows(instrument, language) if r.id == name and form in (None, r.form))


# -- rows -----------------------------------------------------------------------------------------


def test_there_is_one_row_a_question_in_the_order_asked(small: Instrument) -> None:
    asked = [(form.id, block.id, question.id) for form in small.forms for block, question in form.questions()]
    assert [(r.form, r.block, r.id) for r in rows(small)] == asked


def test_an_item_says_what_it_measures_and_how_it_is_answered(small: Instrument) -> None:
    item = row(small, "lrar3")
    assert (item.type, item.construct, item.dimension, item.measurement) == ("item", "lr", "lrar", "reflective")
    assert item.reversed == "yes"
    assert item.text == "Our managers keep their lessons to themselves."
    assert item.codes == "1 = Strongly disagree; 2; 3; 4 = Neither agree nor disagree; 5; 6; 7 = Strongly agree"
    assert item.missing_codes == "na = Not applicable; dk = Don't know"
    assert (item.author, item.language, item.translation_status) == ("alliometrics", "en", "base")
    assert row(small, "lrar1").reversed == ""


def test_a_fact_says_its_kind_bounds_codes_and_routing(small: Instrument) -> None:
    assert (row(small, "dafyr").type, row(small, "dafyr").bounds) == ("year", "1950 to 2030")
    assert row(small, "dafyr").routing == "dafex = 1 (Yes)"
    assert row(small, "tenr").unit == "years"
    tools = row(small, "tools")
    assert (tools.type, tools.role, tools.help) == ("choices", "function", "Choose all that apply.")
    assert tools.codes == "1 = Choosing; 2 = Ending"
    assert tools.missing_codes == "rf = Prefer to keep this private"
    consent = row(small, "cons")
    assert (consent.required, consent.screen_out, consent.role) == ("yes", "0", "consent")
    assert row(small, "at1").expected == "2"
    assert row(small, "rt1").optional == "yes"
    assert (row(small, "hello").type, row(small, "hello").codes) == ("note", "")


def test_routing_of_a_block_is_told_at_each_of_its_questions(small: Instrument) -> None:
    assert row(small, "ratr2").routing == "cons = 1 (Yes)"
    assert row(small, "mk1", form="A").routing == ""


def test_several_conditions_and_codes_are_put_into_words(raw: Raw, build: Build) -> None:
    asked = next(q for q in raw["forms"][0]["blocks"][1]["questions"] if q["id"] == "dafyr")
    asked["show_if"] = [{"question": "dafex", "any_of": [1, 0]}, {"question": "cons", "any_of": [1]}]
    assert row(build(raw), "dafyr").routing == "dafex = 1 (Yes) or 0 (No); and cons = 1 (Yes)"


def test_a_translated_codebook_is_translated_throughout(
    small: Instrument, raw: Raw, spanish: Raw, build: Build,
) -> None:
    assert row(small, "dafyr", "es").routing == "dafex = 1 (ES Yes)"
    assert row(small, "tenr", "es").unit == "ES years"
    assert row(small, "ratr1", "es").codes.startswith("1 = ES Strongly disagree; 2; ")
    assert (row(small, "ratr1", "es").language, row(small, "ratr1", "es").translation_status) == ("es", "draft")
    spanish["strings"]["question.ratr1"] = {"text": "El socio cumple.", "status": "reviewed"}
    checked = row(build(raw, spanish), "ratr1", "es")
    assert (checked.text, checked.translation_status) == ("El socio cumple.", "reviewed")


def test_an_unknown_language_is_refused_with_the_known_ones(small: Instrument) -> None:
    with pytest.raises(InputError) as caught:
        rows(small, "de")
    finding, = caught.value.findings
    assert finding.code == "INSTRUMENT-LANGUAGE"
    assert finding.rule.endswith("it is in: en, es")


def test_a_language_with_gaps_is_refused_with_every_gap(raw: Raw, spanish: Raw, build: Build) -> None:
    del spanish["strings"]["question.ratr1"], spanish["strings"]["block.end.title"]
    for make in (rows, markdown):
        with pytest.raises(InputError) as caught:
            make(build(raw, spanish), "es")
        assert {(f.code, f.place) for f in caught.value.findings} == {
            ("TRANSLATION-MISSING", "1.2.0/es.yaml: question.ratr1"),
            ("TRANSLATION-MISSING", "1.2.0/es.yaml: block.end.title"),
        }


def test_references_to_nothing_are_refused_and_not_a_traceback(raw: Raw, build: Build) -> None:
    raw["forms"][1]["blocks"][1]["questions"][0] |= {
        "scale": "nowhere", "show_if": [{"question": "nobody", "any_of": [1]}]}
    for make in (rows, markdown):
        with pytest.raises(InputError) as caught:
            make(build(raw))
        assert {finding.code for finding in caught.value.findings} == {"SCALE-UNKNOWN", "ROUTE-UNKNOWN"}


# -- CSV ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", ["=1+1", "+49 30", "-5 to 5", "@here", "\t=1", "\r=1"])
def test_a_cell_that_a_spreadsheet_would_run_is_made_harmless(text: str) -> None:
    assert harmless(text) == f"'{text}"


@pytest.mark.parametrize("text", ["", "a=b", "1 = Yes", "'tis", "ñ", "5 - 3"])
def test_other_cells_are_left_alone(text: str) -> None:
    assert harmless(text) == text


def test_the_csv_file_holds_the_rows_and_opens_in_a_spreadsheet(raw: Raw, build: Build, tmp_path: Path) -> None:
    raw["forms"][1]["blocks"][1]["questions"][0]["text"] = '=HYPERLINK("x"), "ñ"'
    instrument = build(raw)
    path = write_csv(instrument, tmp_path / "new" / "codebook.csv")
    assert path.read_bytes().startswith(b"\xef\xbb\xbf")
    with path.open(encoding="utf-8-sig", newline="") as file:
        table = list(csv.DictReader(file))
    assert len(table) == len(rows(instrument))
    written = next(cells for cells in table if cells["id"] == "ratr1")
    assert written["text"] == "'=HYPERLINK(\"x\"), \"ñ\""
    assert pd.read_csv(path).columns[0] == "form"


# -- as respondents see it ------------------------------------------------------------------------


def test_the_questionnaire_shows_words_and_no_ids(small: Instrument) -> None:
    text = markdown(small)
    assert text.startswith("# A small study\n\n## Your firm\n\n### Welcome\n\nThank you, {first_name}.\n\n> This study")
    assert "lrar1" not in text
    assert "LRAR" not in text
    assert "- ○ Yes\n- ○ No\n" in text
    assert "- ☐ Choosing\n- ☐ Ending\n- ☐ Prefer to keep this private\n" in text
    assert "- \\_\\_\\_\\_\\_\\_ years (0–60)" in text
    assert "*Choose all that apply.*" in text


def test_a_matrix_is_a_table_of_one_scale(small: Instrument) -> None:
    lines = markdown(small).splitlines()
    head = next(line for line in lines if line.startswith("| | 1<br>Strongly disagree | 2 |"))
    place = lines.index(head)
    assert head.endswith("| 7<br>Strongly agree | Not applicable | Don't know |")
    assert lines[place + 2] == "| Our managers write down their lessons. |" + " ○ |" * 9
    assert {line.count("|") for line in lines[place:place + 6]} == {11}


def test_routing_is_shown_in_the_respondents_words(small: Instrument) -> None:
    assert "↳ Is there an alliance team? = Yes\n\n**Since which year?**" in markdown(small)
    assert "↳ ES Is there an alliance team? = ES Yes" in markdown(small, "es")


def test_optional_blocks_are_shown_where_switched_on(small: Instrument) -> None:
    assert "Rituals" not in markdown(small)
    assert "### Rituals" in markdown(small, optional=("optrit",))


def test_another_language_shows_no_word_of_the_base_language(small: Instrument) -> None:
    for line in markdown(small, "es").splitlines():
        words = line.strip("#*>-|○☐↳ ")
        assert not set(words) - set("0123456789-:| ") or words.startswith(("ES ", "1<br>ES ", "\\_")), line


@pytest.mark.parametrize("language", ["en", "es"])
def test_the_released_version_prints_whole(language: str) -> None:
    released = store.load("1.0.0")
    assert len(rows(released, language)) == sum(1 for form in released.forms for _ in form.questions())
    text = markdown(released, language)
    assert all(released.text(f"question.{question.id}", language).split("\n")[0] in text
               for form in released.forms for _, question in form.questions(optional=()))
