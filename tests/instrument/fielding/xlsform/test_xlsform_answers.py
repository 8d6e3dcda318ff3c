"""Answers as KoboToolbox and ODK Central export them: written, read back, and read as those two really write them."""

from __future__ import annotations

import csv
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from instrument import store
from instrument.errors import InputError
from instrument.fielding import platforms, qualtrics
from instrument.fielding.answers import RawAnswers
from instrument.fielding.xlsform.words import Offered, several_answers
from instrument.fielding.xlsform.writing import write
from instrument.model import Block, Instrument
from tests.instrument.fielding.generated import instruments, respondents
from tests.instrument.fielding.small import good_cells, meta_for, personal_for, small_instrument
from tests.instrument.fielding.xlsform.forms import optional_blocks, remade

STYLES = ("kobo", "odk")
KNOWN = {"1.0.0": small_instrument()}
STAMPS = "instrument_version;interview_language;interview/firm_id;interview/informant_id"
STAMPED = "1.0.0;en;f1;p1"


def same(raw: RawAnswers, cells: pd.DataFrame, meta: pd.DataFrame) -> None:
    pd.testing.assert_frame_equal(raw.cells.reset_index(drop=True), cells.reset_index(drop=True), check_like=True)
    pd.testing.assert_frame_equal(raw.meta.reset_index(drop=True)[list(meta.columns)], meta.reset_index(drop=True))
    assert not raw.issues


def codes_of(error: pytest.ExceptionInfo[InputError]) -> set[str]:
    return {finding.code for finding in error.value.findings}


def kobo(folder: Path, header: str, *rows: str) -> RawAnswers:
    """Read a Kobo CSV of the small form; stamps and the other questions it must have are filled in."""
    asked = ("cons", "tenr", "xjv1", "dafex", "dafyr", "dafmn", "lrar1", "lrar2", "at1", "fdate", "words")
    there = {name.split("/")[1] if name.startswith("block") else name for name in header.split(";")}
    rest = [f"block_x/{name}" for name in asked if name not in there]
    path = folder / "kobo.csv"
    lines = [";".join((header, STAMPS, "_uuid", *rest))]
    lines += [";".join((row, STAMPED, f"r{k}", *("" for _ in rest))) for k, row in enumerate(rows)]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return platforms.answers("kobo").read(path, "F", instruments=KNOWN)


# -- there and back -----------------------------------------------------------------------------------


@given(instrument=instruments(), seed=st.integers(0, 2**32), platform=st.sampled_from((*STYLES, "xlsform")),
       suffix=st.sampled_from((".csv", ".xlsx")))
@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
def test_what_is_written_is_read_back(
    instrument: Instrument, seed: int, platform: str, suffix: str, tmp_path: Path,
) -> None:
    form = platforms.answers(platform)
    for asked in instrument.forms:
        cells, meta = respondents(instrument, asked.id, 4, seed, optional_blocks(instrument))
        path = tmp_path / f"answers{suffix}"
        form.write(path, instrument, asked.id, cells, meta)
        raw = form.read(path, asked.id, instruments={instrument.version: instrument})
        same(raw, cells, meta)
        assert not raw.unknown_columns


@given(instrument=instruments(), seed=st.integers(0, 2**32), last=st.booleans())
@settings(max_examples=15, deadline=None, phases=(Phase.generate,),
          suppress_health_check=list(HealthCheck))
def test_words_as_kobo_exports_them_verify_the_codes(
    instrument: Instrument, seed: int, last: bool, tmp_path: Path,
) -> None:
    form = platforms.answers("kobo")
    for asked in instrument.forms:
        cells, meta = respondents(instrument, asked.id, 6, seed, optional_blocks(instrument))
        coded, worded = tmp_path / "codes.csv", tmp_path / "words.csv"
        form.write(coded, instrument, asked.id, cells, meta)
        form.write(worded, instrument, asked.id, cells, meta, export="labels",
                   language=instrument.languages[-1] if last else None)
        raw = form.read(coded, asked.id, labels=worded, instruments={instrument.version: instrument})
        assert raw.label_check.status == "verified"
        same(raw, cells, meta)


@pytest.mark.parametrize("language", ["en", "es"])
@pytest.mark.parametrize("suffix", [".csv", ".xlsx"])
def test_words_alone_are_read_as_codes(language: str, suffix: str, tmp_path: Path) -> None:
    form, cells = platforms.answers("kobo"), good_cells(optional=True)
    path, meta = tmp_path / f"words{suffix}", meta_for(cells)
    form.write(path, KNOWN["1.0.0"], "F", cells, meta, export="labels", language=language)
    assert form.form_of(path, instruments=KNOWN) == "F"
    same(form.read(path, "F", instruments=KNOWN), cells, meta)


@pytest.mark.parametrize("version", store.versions())
def test_words_above_columns_that_several_questions_share_are_told_by_their_order(version: str, tmp_path: Path) -> None:
    asked, form = store.load(version), platforms.answers("kobo")
    cells, meta = respondents(asked, "F", 30, 5, optional_blocks(asked))
    form.write(tmp_path / "words.csv", asked, "F", cells, meta, export="labels", language="es")
    same(form.read(tmp_path / "words.csv", "F"), cells, meta)


def test_order_tells_nothing_where_one_of_the_columns_is_gone(tmp_path: Path) -> None:
    """Else the second column would be read as the first."""
    form, path = platforms.answers("kobo"), tmp_path / "words.csv"
    asked = second_version()
    text = asked.model_dump_json().replace("And more?", "Anything else?")
    asked = Instrument.model_validate_json(text)
    cells = good_cells()
    cells["more"] = "x"
    meta = meta_for(cells)
    meta["instrument_version"], meta["language"] = "1.1.0", "en"
    form.write(path, asked, "F", cells, meta, export="labels")
    same(form.read(path, "F", instruments={"1.1.0": asked}), cells, meta)
    lines = list(csv.reader(path.open(encoding="utf-8"), delimiter=";"))
    gone = lines[0].index("Anything else?")
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, delimiter=";").writerows([cell for k, cell in enumerate(line) if k != gone] for line in lines)
    with pytest.raises(InputError) as error:
        form.read(path, "F", instruments={"1.1.0": asked})
    assert codes_of(error) == {"READ-COLUMN-MISSING"}
    assert len(error.value.findings) == 2


@pytest.mark.parametrize("platform", STYLES)
def test_formulas_unfinished_and_odd_interviews_survive(platform: str, tmp_path: Path) -> None:
    form, cells = platforms.answers(platform), good_cells()
    meta = meta_for(cells)
    cells.loc[4, "words"], cells.loc[6, "words"] = "=cmd()", "'=x;\n\"y\""
    cells.loc[5, "dafmn"], cells.loc[5, "lrar1"] = "2,77", "99"
    meta.loc[5, ["finished", "status", "duration_seconds"]] = ["0", "test", "17"]
    path = tmp_path / "answers.csv"
    form.write(path, KNOWN["1.0.0"], "F", cells, meta)
    assert not any(cell.startswith("=") for line in path.read_text("utf-8").split("\n") for cell in line.split(";"))
    same(form.read(path, "F", instruments=KNOWN), cells, meta)


def test_the_same_answers_give_the_same_bytes(tmp_path: Path) -> None:
    for suffix in (".csv", ".xlsx"):
        for name in "ab":
            write(tmp_path / f"{name}{suffix}", KNOWN["1.0.0"], "F", good_cells(), meta_for(good_cells()))
        assert (tmp_path / f"a{suffix}").read_bytes() == (tmp_path / f"b{suffix}").read_bytes()


def test_odk_exports_no_words(tmp_path: Path) -> None:
    with pytest.raises(InputError) as error:
        platforms.answers("odk").write(
            tmp_path / "a.csv", KNOWN["1.0.0"], "F", good_cells(), meta_for(good_cells()), export="labels")
    assert codes_of(error) == {"WRITE-LABELS"}


# -- versions -------------------------------------------------------------------------------------------


def second_version() -> Instrument:
    """The small instrument with `words` moved to the first block, and an answer and a question added."""
    first = small_instrument()
    blocks = {block.id: block for block in first.form("F").blocks}
    moved = next(q for q in blocks["rout"].questions if q.id == "words")
    added = moved.model_copy(update={"id": "more", "text": "And more?"})
    start: Block = blocks["start"].model_copy(update={"questions": (*blocks["start"].questions, moved, added)})
    rout = blocks["rout"].model_copy(
        update={"questions": tuple(q for q in blocks["rout"].questions if q.id != "words")})
    form = first.form("F").model_copy(
        update={"blocks": tuple({**blocks, "start": start, "rout": rout}.values())})
    return remade(first, version="1.1.0", forms=(form, first.form("A")), translations=())


@pytest.mark.parametrize("platform", STYLES)
def test_two_versions_stand_in_one_file_though_a_question_moved(platform: str, tmp_path: Path) -> None:
    first, second, form = small_instrument(), second_version(), platforms.answers(platform)
    cells = good_cells(8)
    cells["more"] = ["", "x"] * 4
    meta = meta_for(cells)
    meta["instrument_version"] = ["1.0.0", "1.1.0"] * 4
    meta["language"] = "en"
    path = tmp_path / "answers.csv"
    form.write(path, [first, second], "F", cells, meta)
    header = path.read_text("utf-8").split("\n", 1)[0].replace('"', "").replace(";", ",").replace("-", "/").split(",")
    assert {"block_rout/words", "block_start/words", "block_start/more"} <= set(header)
    raw = form.read(path, "F", instruments={"1.0.0": first, "1.1.0": second})
    same(raw, cells, meta)
    assert any("words stands in 2 groups" in note for note in raw.notes)


def test_a_row_of_an_unknown_version_is_kept(tmp_path: Path) -> None:
    cells = good_cells()
    meta = meta_for(cells)
    meta.loc[5, "instrument_version"] = "9.9.9"
    write(tmp_path / "a.csv", KNOWN["1.0.0"], "F", cells, meta)
    same(platforms.answers("kobo").read(tmp_path / "a.csv", "F", instruments=KNOWN), cells, meta)


def test_one_field_with_answers_in_two_groups_is_not_chosen_between(tmp_path: Path) -> None:
    with pytest.raises(InputError) as error:
        kobo(tmp_path, "block_a/tenr;block_b/tenr", "1;2")
    assert codes_of(error) == {"READ-COLUMN-DOUBLED"}


# -- as Kobo and ODK really write -----------------------------------------------------------------------


def test_groups_are_taken_off_whatever_they_are_called(tmp_path: Path) -> None:
    raw = kobo(tmp_path, "group_ab1/inner/tenr;cons", "3;1")
    assert raw.cells.loc[2, ["tenr", "cons"]].tolist() == ["3", "1"]


@pytest.mark.parametrize(("header", "row", "expected"), [
    ("block_func/dafmn", "3 1", "3,1"),
    ("block_func/dafmn;block_func/dafmn/1;block_func/dafmn/3;block_func/dafmn/9", "3 1;1;1;0", "3,1"),
    ("block_func/dafmn/1;block_func/dafmn/2;block_func/dafmn/9;block_func/dafmn/dk", "1;0;1;0", "1,9"),
    ("block_func/dafmn", "dk", "dk"),
])
def test_several_answers_are_read_from_one_column_or_many(
    header: str, row: str, expected: str, tmp_path: Path,
) -> None:
    raw = kobo(tmp_path, header, row)
    assert raw.cells.loc[2, "dafmn"] == expected


def test_words_that_begin_like_a_code_are_words() -> None:
    offered = Offered(frozenset({"0", "89"}), {"none": ("0", "None"), "0 (es)": ("89", "0 (es)")})
    assert several_answers(["0 (es)", "0 (es) None", ""], offered, {}) == ["0 (es)", "0 (es),None", ""]
    assert several_answers(["0", "0 89", "0 7"], offered, {}) == ["0", "0,89", "0,7"]


def test_words_that_can_be_cut_in_two_ways_are_told_by_the_columns_of_single_answers() -> None:
    offered = Offered(frozenset("123"), {"a": ("1", "A"), "b": ("2", "B"), "a b": ("3", "A B")})
    assert several_answers(["A B", "B"], offered, {}) == ["A B", "B"]
    ticks = {"1": ["0", "0"], "2": ["0", "1"], "3": ["1", "0"]}
    assert several_answers(["A B", "B"], offered, ticks) == ["A B", "B"]
    ticks = {"1": ["1", "0"], "2": ["1", "1"], "3": ["0", "0"]}
    assert several_answers(["A B", "B"], offered, ticks) == ["A,B", "B"]


def test_a_reason_beside_a_number_is_its_answer_and_both_contradict_each_other(tmp_path: Path) -> None:
    raw = kobo(tmp_path, "block_start/xjv1;block_start/xjv1_miss", ";dk", "3;", "3;dk")
    assert raw.cells["xjv1"].tolist()[:2] == ["dk", "3"]
    assert [(issue.row, issue.code) for issue in raw.issues] == [(4, "ANSWER-MULTIPLE")]


def test_personal_columns_are_counted_and_dropped_and_unknown_ones_listed(tmp_path: Path) -> None:
    header = ("username;deviceid;contact/email;_submitted_by;gps;_gps_latitude;_gps_longitude;_gps_altitude;"
              "_gps_precision;remark;formhub/uuid;_status;__version__;_id;meta/instanceID")
    raw = kobo(tmp_path, header, "ada;d1;a@b;ada;1 2 3 4;1;2;3;4;x;f;submitted_via_web;vX;1;uuid:r0")
    assert raw.dropped_personal == {
        "username": 1, "deviceid": 1, "contact/email": 1, "_submitted_by": 1, "gps": 1, "_gps_latitude": 1,
        "_gps_longitude": 1, "_gps_altitude": 1, "_gps_precision": 1}
    assert raw.unknown_columns == ("remark",)
    assert raw.meta.loc[2, ["response_id", "status", "finished"]].tolist() == ["r0", "response", "1"]


def test_times_are_read_in_utc_and_their_distance_is_the_duration(tmp_path: Path) -> None:
    raw = kobo(tmp_path, "start;end", "2026-03-02T10:00:00.400+01:00;2026-03-02T09:10:30.500Z", "soon;")
    assert raw.meta.loc[2, ["started", "ended", "duration_seconds"]].tolist() == [
        "2026-03-02 09:00:00", "2026-03-02 09:10:30", "630"]
    assert raw.meta.loc[3, ["started", "ended", "duration_seconds"]].tolist() == ["soon", "", ""]


def test_odk_central_names_its_columns_its_own_way(tmp_path: Path) -> None:
    path, form = tmp_path / "odk.csv", platforms.answers("odk")
    cells = good_cells()
    personal = pd.DataFrame({"SubmitterID": "5", "SubmitterName": "Ada", "DeviceID": "x"}, index=cells.index)
    form.write(path, KNOWN["1.0.0"], "F", cells, meta_for(cells), personal)
    header = path.read_text("utf-8").split("\n", 1)[0].split(",")
    assert header[:4] == ["SubmissionDate", "start_time", "end_time", "interview-language_shown"]
    assert {"block_func-dafmn", "block_func-dafmn/1", "meta-instanceID", "KEY", "SubmitterName"} <= set(header)
    raw = form.read(path, "F", instruments=KNOWN)
    assert raw.dropped_personal == {"SubmitterID": 6, "SubmitterName": 6, "DeviceID": 6}
    assert not raw.unknown_columns
    coded = path.read_text("utf-8").replace("R_000000000002,0,0,,", "R_000000000002,0,0,not decrypted,")
    path.write_text(coded, encoding="utf-8")
    assert "not decrypted" in set(form.read(path, "F", instruments=KNOWN).meta["status"])


@pytest.mark.parametrize("platform", [*STYLES, "xlsform"])
def test_a_file_of_another_platform_or_form_is_refused(platform: str, tmp_path: Path) -> None:
    cells, form = good_cells(), platforms.answers(platform)
    foreign, own = tmp_path / "qualtrics.csv", tmp_path / "own.csv"
    qualtrics.write(foreign, KNOWN["1.0.0"], "F", cells, meta_for(cells), personal_for(cells))
    with pytest.raises(InputError):
        form.read(foreign, "F", instruments=KNOWN)
    form.write(own, KNOWN["1.0.0"], "F", cells, meta_for(cells))
    assert form.form_of(own, instruments=KNOWN) == "F"
    with pytest.raises(InputError) as error:
        form.read(own, "A", instruments=KNOWN)
    assert codes_of(error) == {"READ-NOT-THIS-FORM"}
