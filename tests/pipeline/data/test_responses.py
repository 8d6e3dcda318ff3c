"""Every answer a number or missing with a reason; every bad cell and row a failure; every good one goes on."""

from __future__ import annotations

import math
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from instrument.errors import InputError
from instrument.fielding import qualtrics
from instrument.fielding.answers import LabelCheck, RawAnswers, ReadingIssue
from instrument.spreadsheet import harmless
from pipeline.data.responses import Failure, answer_table, failure_table, validate
from tests.instrument.fielding.small import good_cells, meta_for, small_instrument

INSTRUMENT = small_instrument()


def _raw(cells: pd.DataFrame | None = None, *, optional: bool = False, **more: Any) -> RawAnswers:
    cells = good_cells(optional=optional) if cells is None else cells
    return RawAnswers(
        platform="qualtrics", form="F", file="F.csv", sha256="0", cells=cells, meta=meta_for(cells),
        dropped_personal={"IPAddress": 6}, unknown_columns=("note",),
        label_check=LabelCheck("not verified", 0, "No words."), **more,
    )


def _with(**changes: dict[int, str]) -> RawAnswers:
    """Sound raw answers with single cells or metadata changed: column → {row: text}."""
    raw = _raw()
    for column, cells in changes.items():
        for row, text in cells.items():
            (raw.cells if column in raw.cells else raw.meta).loc[row, column] = text
    return raw


def _brief(failures: tuple[Failure, ...]) -> list[tuple[int, str, str, str]]:
    return [(f.row, f.column, f.code, f.set_aside) for f in failures]


# -- sound answers ----------------------------------------------------------------------------------


def test_sound_answers_become_numbers_reasons_and_texts_without_a_failure() -> None:
    responses, failures, summary = validate(_raw(), INSTRUMENT)
    assert failures == ()
    values, reasons = responses.values, responses.reasons
    assert values.loc[4, ["cons", "tenr", "xjv1", "dafex", "dafyr", "lrar1"]].tolist() == [1, 2.5, 3, 1, 2001, 1]
    assert values.loc[4, ["dafmn.1", "dafmn.2", "dafmn.3", "dafmn.9"]].tolist() == [0, 1, 1, 0]
    assert reasons.loc[4, "lrar2"] == "na"
    assert reasons.loc[5, ["dafyr", "dafmn.1"]].tolist() == ["not asked"] * 2
    assert set(reasons.loc[9].drop("cons")) == {"not asked"}  # declined: the interview ended there
    assert responses.texts.loc[4].tolist() == ["2024-02-29", "well,\nfine"]
    assert values.isna().equals(reasons.ne(""))
    assert responses.meta.loc[4, "started"] == pd.Timestamp("2026-03-02 09:00:00")
    assert responses.meta["duration_seconds"].eq(630.0).all()
    assert responses.meta["finished"].dtype == bool
    assert summary.rows == 6
    assert summary.cells == 6 * 11 == summary.answered + sum(summary.missing.values())
    assert summary.missing == {"na": 3, "not asked": 2 * 4 + 10}
    assert (summary.languages, summary.versions) == ({"en": 3, "es": 3}, {"1.0.0": 6})
    assert summary.label_check == "not verified: No words."


def test_the_index_of_every_table_is_the_row_number_of_the_export() -> None:
    responses, _, _ = validate(_raw(), INSTRUMENT)
    for table in (responses.values, responses.reasons, responses.texts, responses.meta):
        assert table.index.tolist() == [4, 5, 6, 7, 8, 9]


def test_an_unanswered_question_differs_from_one_not_asked() -> None:
    responses, failures, _ = validate(_with(dafex={4: ""}, dafyr={4: ""}, dafmn={4: ""}, fdate={4: ""}, words={4: ""},
                                            lrar1={5: ""}), INSTRUMENT)
    assert failures == ()
    assert responses.reasons.loc[4, ["dafex", "dafyr"]].tolist() == ["unanswered", "not asked"]
    assert responses.reasons.loc[5, "lrar1"] == "unanswered"


def test_an_interview_broken_off_stays_with_what_it_has() -> None:
    responses, failures, _ = validate(_with(finished={5: "0"}, at1={5: ""}), INSTRUMENT)
    assert failures == ()
    assert not responses.meta.loc[5, "finished"]
    assert responses.values.loc[5, "lrar1"] == 2


@pytest.mark.parametrize(("question", "text", "value"), [
    ("lrar1", "3.0", 3), ("lrar1", " 3 ", 3), ("xjv1", "12.0", 12), ("xjv1", "0", 0), ("tenr", "1.250", 1.25),
    ("dafyr", "1999.00", 1999), ("tenr", "12.125", 12.125), ("xjv1", "+4", 4),
])
def test_numbers_as_spreadsheets_write_them_keep_their_value(question: str, text: str, value: float) -> None:
    # 1.250 and 12.125 cannot be thousands here: nobody is in a firm for 1,250 years.
    responses, failures, _ = validate(_with(**{question: {4: text}}), INSTRUMENT)
    assert failures == ()
    assert responses.values.loc[4, question] == value


# -- bad cells --------------------------------------------------------------------------------------


@pytest.mark.parametrize(("question", "text", "code"), [
    ("lrar1", "8", "ANSWER-CODE"), ("lrar1", "0", "ANSWER-CODE"), ("lrar1", "3.5", "ANSWER-CODE"),
    ("lrar1", "agree", "ANSWER-CODE"), ("lrar1", "NA", "ANSWER-CODE"), ("cons", "na", "ANSWER-CODE"),
    ("lrar1", "٣", "ANSWER-CODE"), ("lrar1", "=1+1", "ANSWER-CODE"),
    ("lrar1", "1,2,3", "ANSWER-MULTIPLE"), ("lrar1", "1;2", "ANSWER-MULTIPLE"), ("at1", "2, 2", "ANSWER-MULTIPLE"),
    ("xjv1", "1,2,3", "ANSWER-MULTIPLE"), ("xjv1", "1,200", "ANSWER-MULTIPLE"), ("tenr", "2,5", "ANSWER-MULTIPLE"),
    ("xjv1", "three", "ANSWER-NUMBER"), ("xjv1", "1e3", "ANSWER-NUMBER"), ("xjv1", "nan", "ANSWER-NUMBER"),
    ("tenr", "inf", "ANSWER-NUMBER"), ("tenr", "9" * 400, "ANSWER-NUMBER"), ("xjv1", "rf", "ANSWER-NUMBER"),
    ("xjv1", "1.200", "ANSWER-INTEGER"), ("xjv1", "2.000", "ANSWER-NUMBER"), ("xjv1", "2.5", "ANSWER-INTEGER"),
    ("xjv1", "-1", "ANSWER-BOUNDS"), ("xjv1", "5001", "ANSWER-BOUNDS"), ("tenr", "71", "ANSWER-BOUNDS"),
    ("dafyr", "1066", "ANSWER-BOUNDS"), ("dafyr", "2001.5", "ANSWER-INTEGER"),
    ("dafmn", "1,4", "ANSWER-CODE"), ("dafmn", "123", "ANSWER-CODE"), ("dafmn", "1,1", "ANSWER-MULTIPLE"),
    ("dafmn", "1,dk", "ANSWER-MULTIPLE"), ("dafmn", "1,", "ANSWER-CODE"),
    ("fdate", "29/02/2024", "ANSWER-DATE"), ("fdate", "2023-02-29", "ANSWER-DATE"),
])
def test_a_bad_cell_is_set_aside_alone_and_named(question: str, text: str, code: str) -> None:
    responses, failures, summary = validate(_with(**{question: {4: text}}), INSTRUMENT)
    assert _brief(failures) == [(4, question, code, "cell")]
    assert failures[0].value == (text if len(text) <= 80 else text[:79] + "…")
    assert failures[0].rule
    assert failures[0].fix
    assert summary.missing["invalid"] == 1 == summary.cells_set_aside
    assert summary.rows_set_aside == 0
    if question in responses.values:
        assert math.isnan(responses.values.loc[4, question])
        assert responses.reasons.loc[4, question] == "invalid"
    elif question in responses.texts:
        assert responses.texts.loc[4, question] == ""
    untouched = [q for q in responses.values if not q.startswith(question)]
    sound, _, _ = validate(_raw(), INSTRUMENT)
    pd.testing.assert_frame_equal(responses.values[untouched], sound.values[untouched])


def test_several_faults_are_all_reported_in_the_order_of_the_file() -> None:
    _, failures, _ = validate(_with(lrar1={6: "9", 4: "x"}, cons={6: "7"}, duration_seconds={6: "soon"}), INSTRUMENT)
    assert _brief(failures) == [
        (4, "lrar1", "ANSWER-CODE", "cell"), (6, "duration_seconds", "ANSWER-NUMBER", "cell"),
        (6, "cons", "ANSWER-CODE", "cell"), (6, "lrar1", "ANSWER-CODE", "cell"),
    ]


def test_an_answer_where_the_question_was_not_asked_is_set_aside_as_routing() -> None:
    responses, failures, _ = validate(_with(dafyr={5: "1999"}, lrar1={9: "4"}), INSTRUMENT)
    assert _brief(failures) == [(5, "dafyr", "ANSWER-ROUTING", "cell"), (9, "lrar1", "ANSWER-ROUTING", "cell")]
    assert responses.reasons.loc[5, "dafyr"] == "not asked"
    assert math.isnan(responses.values.loc[9, "lrar1"])


def test_answers_behind_an_invalid_routing_answer_are_not_lost_with_it() -> None:
    responses, failures, _ = validate(_with(dafex={4: "5"}, dafmn={6: "1,7"}, cons={8: "x"}), INSTRUMENT)
    assert [f.column for f in failures] == ["dafex", "dafmn", "cons"]
    assert responses.values.loc[4, "dafyr"] == 2001
    assert responses.texts.loc[6, "words"] == "well,\nfine"
    assert responses.values.loc[8, "lrar1"] == 5


def test_a_block_behind_several_answers_opens_for_any_of_them() -> None:
    raw = _with(dafmn={4: "1,2", 6: "dk", 8: "1,3,9"})
    responses, failures, _ = validate(raw, INSTRUMENT)
    assert _brief(failures) == [(4, "fdate", "ANSWER-ROUTING", "cell"), (4, "words", "ANSWER-ROUTING", "cell")]
    assert responses.texts.loc[[4, 6, 8], "fdate"].tolist() == ["", "2024-02-29", "2024-02-29"]


def test_optional_blocks_follow_the_plan() -> None:
    raw = _raw(optional=True)
    responses, failures, _ = validate(raw, INSTRUMENT, optional_blocks=("optrit",))
    assert failures == ()
    assert responses.values.loc[4, "rtrt1"] == 4
    assert responses.reasons.loc[4, "rtrt2"] == "unanswered"
    responses, failures, _ = validate(raw, INSTRUMENT)
    assert {f.code for f in failures} == {"ANSWER-ROUTING"}
    assert responses.reasons["rtrt1"].eq("not asked").all()
    with pytest.raises(InputError, match="DATA-COLUMN-MISSING") as caught:
        validate(_raw(), INSTRUMENT, optional_blocks=("optrit",))
    assert "rtrt1, rtrt2" in caught.value.findings[0].rule


def test_metadata_that_cannot_be_read_is_missing_and_reported() -> None:
    responses, failures, _ = validate(_with(
        started={4: "03/02/2026"}, duration_seconds={5: "-3", 6: "inf"}, finished={7: "maybe"}, status={8: "Marte"},
    ), INSTRUMENT)
    assert _brief(failures) == [
        (4, "started", "ANSWER-DATE", "cell"), (5, "duration_seconds", "ANSWER-NUMBER", "cell"),
        (6, "duration_seconds", "ANSWER-NUMBER", "cell"), (7, "finished", "ANSWER-CODE", "cell"),
        (8, "status", "ANSWER-CODE", "cell"),
    ]
    assert responses.meta["started"].isna().tolist() == [True] + [False] * 5
    assert responses.meta["duration_seconds"].isna().sum() == 2


# -- bad rows ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(("column", "text", "code"), [
    ("instrument_version", "9.9.9", "ROW-VERSION"), ("instrument_version", "", "ROW-VERSION"),
    ("language", "fr", "ROW-LANGUAGE"), ("language", "", "ROW-LANGUAGE"),
    ("firm_id", "", "ROW-IDENTIFIER"), ("response_id", "", "ROW-IDENTIFIER"),
    ("status", "preview", "ROW-PREVIEW"), ("status", "spam", "ROW-PREVIEW"), ("status", "test", "ROW-PREVIEW"),
])
def test_an_unusable_row_is_set_aside_alone(column: str, text: str, code: str) -> None:
    responses, failures, summary = validate(_with(**{column: {5: text}}), INSTRUMENT)
    assert _brief(failures) == [(5, "", code, "row")]
    assert responses.values.index.tolist() == [4, 6, 7, 8, 9]
    assert (summary.rows, summary.rows_set_aside) == (6, 1)


def test_languages_are_those_of_the_plan() -> None:
    _, failures, _ = validate(_raw(), INSTRUMENT, languages=("en",))
    assert [(f.row, f.code, f.value) for f in failures] == [(k, "ROW-LANGUAGE", "es") for k in (5, 7, 9)]


def test_an_informant_without_an_id_is_no_duplicate() -> None:
    _, failures, _ = validate(_with(informant_id={4: "", 6: ""}, firm_id={4: "f1", 6: "f1"}), INSTRUMENT)
    assert failures == ()


@pytest.mark.parametrize("differs", [False, True])
def test_a_duplicated_response_is_kept_once_and_differences_are_said(differs: bool) -> None:
    raw = _raw()
    raw.cells.loc[8], raw.meta.loc[8] = raw.cells.loc[4], raw.meta.loc[4]
    if differs:
        raw.cells.loc[8, "lrar1"] = "7"
    responses, failures, _ = validate(raw, INSTRUMENT)
    assert _brief(failures) == [(8, "", "ROW-DUPLICATE", "row")]
    assert "row 4" in failures[0].rule
    assert ("DIFFERENT" in failures[0].rule) is differs
    assert responses.values.loc[4, "lrar1"] == 1


def test_a_preview_is_not_the_first_of_two_duplicates() -> None:
    responses, failures, _ = validate(_with(response_id={4: "R_x", 5: "R_x"}, status={4: "preview"}), INSTRUMENT)
    assert _brief(failures) == [(4, "", "ROW-PREVIEW", "row")]
    assert 5 in responses.values.index


def test_an_informant_who_answered_twice_counts_once_the_finished_one_first() -> None:
    responses, failures, _ = validate(
        _with(firm_id={4: "f1", 6: "f1"}, informant_id={4: "p1", 6: "p1"}, finished={4: "0", 5: "0"}), INSTRUMENT,
    )
    assert _brief(failures) == [(4, "", "ROW-INFORMANT", "row"), (5, "", "ROW-INFORMANT", "row")]
    assert "row 6" in failures[0].rule
    assert responses.values.index.tolist() == [6, 7, 8, 9]


def test_what_the_importer_found_is_set_aside_with_its_own_words() -> None:
    issues = (
        ReadingIssue(5, "", "ROW-WIDTH", "too short", "3 cells", "mend"),
        ReadingIssue(6, "lrar1", "ANSWER-LABEL", "other words", "3", "mend"),
        ReadingIssue(7, "lrar2", "ANSWER-LABEL", "other words", "8", "mend"),
    )
    raw = replace(_with(lrar2={7: "8"}), issues=issues)
    responses, failures, _ = validate(raw, INSTRUMENT)
    # Row 7 is judged once only: the code is not offered, whatever words it carries.
    assert _brief(failures) == [
        (5, "", "ROW-WIDTH", "row"), (6, "lrar1", "ANSWER-LABEL", "cell"), (7, "lrar2", "ANSWER-CODE", "cell"),
    ]
    assert responses.reasons.loc[6, "lrar1"] == "invalid"
    assert math.isnan(responses.values.loc[6, "lrar1"])


def test_if_no_row_is_usable_the_reasons_are_raised() -> None:
    changes = {"instrument_version": dict.fromkeys(range(4, 9), "7.7.7"), "firm_id": {9: ""}}
    with pytest.raises(InputError) as caught:
        validate(_with(**changes), INSTRUMENT)
    assert [f.code for f in caught.value.findings] == ["DATA-NO-ROWS", "ROW-VERSION", "ROW-IDENTIFIER"]
    assert "row 4 (one of 5)" in caught.value.findings[1].place


def test_each_row_is_judged_by_the_version_it_was_asked_in() -> None:
    form = INSTRUMENT.form("F")
    start = form.blocks[0].model_copy(update={"questions": form.blocks[0].questions[:3]})  # without xjv1
    second = INSTRUMENT.model_copy(update={
        "version": "2.0.0",
        "forms": (form.model_copy(update={"blocks": (start, *form.blocks[1:])}), INSTRUMENT.form("A")),
    })
    raw = _with(instrument_version={5: "2.0.0"}, xjv1={5: ""})
    responses, failures, summary = validate(raw, {"1.0.0": INSTRUMENT, "2.0.0": second})
    assert failures == ()
    assert responses.values.index.tolist() == [4, 5, 6, 7, 8, 9]
    assert responses.reasons.loc[[4, 5], "xjv1"].tolist() == ["", "not asked"]
    assert responses.values.loc[5, "lrar1"] == 2
    assert summary.versions == {"1.0.0": 5, "2.0.0": 1}


# -- tables for people ------------------------------------------------------------------------------


@pytest.mark.parametrize(("text", "shown"), [
    ("=HYPERLINK(1)", "'=HYPERLINK(1)"), ("@x", "'@x"), ("-2+3", "'-2+3"), ("-2", "-2"), ("a=b", "a=b"), ("", ""),
])
def test_saved_texts_do_not_run_in_a_spreadsheet(text: str, shown: str) -> None:
    assert harmless(text) == shown


def test_texts_are_kept_as_given_and_made_harmless_only_in_tables() -> None:
    responses, failures, _ = validate(_with(words={4: "=1+1"}, lrar1={5: "=cmd"}), INSTRUMENT)
    assert responses.texts.loc[4, "words"] == "=1+1"
    assert answer_table(responses).loc[4, "words"] == "'=1+1"
    assert failure_table(failures).loc[0, "value"] == "'=cmd"
    assert failure_table(()).columns.tolist()[:3] == ["form", "file", "row"]


def test_the_answer_table_shows_numbers_missing_codes_and_nothing() -> None:
    responses, _, _ = validate(_raw(), INSTRUMENT)
    table = answer_table(responses)
    assert table.loc[4, ["tenr", "dafyr", "lrar2", "dafmn.3"]].tolist() == ["2.5", "2001", "na", "1"]
    assert table.loc[5, "dafyr"] == ""


# -- the law: what is written is what is read -------------------------------------------------------

MISSING = ("na", "dk", "rf")
TEXT = st.text(st.characters(blacklist_categories=("Cs",), blacklist_characters="\x00"), max_size=12).filter(
    lambda text: text == text.strip()
)


@st.composite
def answered(draw: st.DrawFn) -> dict[str, str]:
    """One respondent's cells, following the routing."""
    cells = dict.fromkeys(good_cells().columns, "")
    cells["cons"] = draw(st.sampled_from(["", "1", "1", "0"]))
    if cells["cons"] == "0":
        return cells
    tenths = st.integers(0, 700).map(lambda n: f"{n / 10:g}")
    cells["tenr"] = draw(st.just("") | tenths)
    cells["xjv1"] = draw(st.just("") | st.just("dk") | st.integers(0, 5000).map(str))
    cells["dafex"] = draw(st.sampled_from(["", "0", "1"]))
    if cells["dafex"] == "1":
        cells["dafyr"] = draw(st.just("") | st.integers(1900, 2030).map(str))
        picked = st.sets(st.sampled_from(["1", "2", "3", "9"])).map(lambda codes: ",".join(sorted(codes)))
        cells["dafmn"] = draw(st.just("dk") | picked)
    for item in ("lrar1", "lrar2", "at1"):
        cells[item] = draw(st.sampled_from(["", *map(str, range(1, 8)), *MISSING]))
    if {"3", "dk"} & set(cells["dafmn"].split(",")):
        cells["fdate"] = draw(st.just("") | st.dates().map(str))
        cells["words"] = draw(TEXT)
    return cells


def _expected(cells: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Values and reasons written down a second time, row by row, without any of the pipeline's rules."""
    values, reasons = [], []
    for answer in cells.to_dict("records"):
        ended, function = answer["cons"] == "0", answer["dafex"] == "1"
        numbers, whys = {}, {}
        for question, text in answer.items():
            if question in ("fdate", "words"):
                continue
            asked = question == "cons" or (not ended and (question not in ("dafyr", "dafmn") or function))
            reason = "not asked" if not asked else "unanswered" if not text else text if text in MISSING else ""
            for code in "1239" if question == "dafmn" else "-":
                name = question if code == "-" else f"dafmn.{code}"
                whys[name] = reason
                number = text if code == "-" else code in text.split(",")
                numbers[name] = math.nan if reason else float(number)
        values.append(numbers)
        reasons.append(whys)
    return pd.DataFrame(values, index=cells.index), pd.DataFrame(reasons, index=cells.index, dtype=object)


@settings(max_examples=60, deadline=None)
@given(
    people=st.lists(answered(), min_size=1, max_size=6), form=st.sampled_from(["codes", "labels"]),
    language=st.sampled_from(["en", "es"]), verified=st.booleans(),
)
def test_written_read_and_validated_answers_are_the_answers(
    people: list[dict[str, str]], form: str, language: str, verified: bool
) -> None:
    cells = pd.DataFrame(people, index=pd.RangeIndex(4, 4 + len(people)), dtype="str")
    with tempfile.TemporaryDirectory() as folder:
        path, words = Path(folder) / "F.csv", Path(folder) / "words.csv"
        for target, export in ((path, form), (words, "labels")):
            qualtrics.write(target, INSTRUMENT, "F", cells, meta_for(cells), export=export, language=language)  # type: ignore[arg-type]
        raw = qualtrics.read(path, "F", labels=words if verified else None, instruments={"1.0.0": INSTRUMENT})
    responses, failures, summary = validate(raw, INSTRUMENT)
    assert failures == ()
    values, reasons = _expected(cells)
    pd.testing.assert_frame_equal(responses.values, values, check_names=False, check_index_type=False)
    assert (responses.reasons.to_numpy() == reasons.to_numpy()).all()
    assert np.array_equal(responses.texts.to_numpy(dtype=object), cells[["fdate", "words"]].to_numpy(dtype=object))
    assert summary.cells == 11 * len(people) == summary.answered + sum(summary.missing.values())
