"""Answers out and in through Qualtrics' export form: nothing lost, nothing guessed, nothing personal kept."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from instrument import store
from instrument.errors import InputError
from instrument.fielding import qualtrics
from instrument.fielding.answers import RawAnswers
from instrument.fielding.labels import answer_form, choices_of
from instrument.fielding.qualtrics.layout import LETTERS
from instrument.fielding.words import same_words
from instrument.model import Fact, Instrument, Item
from instrument.spreadsheet import column_letters
from tests.instrument.fielding.small import good_cells, meta_for, personal_for, small_instrument

Rows = list[list[str]]


@pytest.fixture
def export(tmp_path: Path, instrument: Instrument) -> Path:
    """A sound numeric export of form F."""
    return _write(tmp_path / "F.csv", instrument)


def _write(path: Path, instrument: Instrument, cells: pd.DataFrame | None = None, **options: str) -> Path:
    cells = good_cells() if cells is None else cells
    qualtrics.write(path, instrument, "F", cells, meta_for(cells), personal_for(cells), **options)  # type: ignore[arg-type]
    return path


def _rows(path: Path) -> Rows:
    return list(csv.reader(io.StringIO(path.read_text(encoding="utf-8-sig"), newline="")))


def _change(path: Path, change: Callable[[Rows], object]) -> Path:
    """Edit a file's records in place."""
    rows = _rows(path)
    change(rows)
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows(rows)
    return path


def _column(rows: Rows, tag: str) -> int:
    return rows[0].index(tag)


def _put(tag: str, row: int, value: str) -> Callable[[Rows], None]:
    """Set a cell by column name and the row number a spreadsheet shows."""
    def change(rows: Rows) -> None:
        rows[row - 1][_column(rows, tag)] = value
    return change


def _read(path: Path, **options: object) -> RawAnswers:
    return qualtrics.read(path, "F", instruments={"1.0.0": small_instrument()}, **options)  # type: ignore[arg-type]


def _refused(path: Path, **options: object) -> InputError:
    with pytest.raises(InputError) as caught:
        _read(path, **options)
    for finding in caught.value.findings:
        assert finding.place
        assert finding.rule
        assert finding.fix
        assert "ada@example.org" not in str(finding)
    return caught.value


def _codes(error: InputError) -> list[str]:
    return [finding.code for finding in error.findings]


# -- the form of the export -------------------------------------------------------------------------


def test_import_ids_number_everything_shown_and_tell_matrix_rows_from_typed_answers(instrument: Instrument) -> None:
    # QID1 is the intro of the first block, QID4 the note; the matrix is one question with three rows.
    assert qualtrics.import_ids(instrument.form("F")) == {
        "QID2": "cons", "QID3_TEXT": "tenr", "QID5_TEXT": "xjv1", "QID6": "dafex", "QID7_TEXT": "dafyr",
        "QID8": "dafmn", "QID9_1": "lrar1", "QID9_2": "lrar2", "QID9_3": "at1", "QID10_TEXT": "fdate",
        "QID11_TEXT": "words", "QID12_1": "rtrt1", "QID12_2": "rtrt2",
    }


def test_a_written_file_has_qualtrics_three_header_rows_and_its_trailing_empty_column(export: Path) -> None:
    assert export.read_bytes().startswith(b"\xef\xbb\xbf")
    tags, texts, imports, *body = _rows(export)
    assert tags[:3] == ["StartDate", "EndDate", "Status"]
    assert tags[-4:] == ["firm_id", "informant_id", "instrument_version", ""]
    assert texts[_column([tags], "lrar1")] == (
        "How far do you agree?\nThink of the last year. - We write down, and keep, what we learn."
    )
    assert json.loads(imports[0]) == {"ImportId": "startDate", "timeZone": "Z"}
    assert json.loads(imports[_column([tags], "lrar2")]) == {"ImportId": "QID9_2"}
    assert imports[-1] == ""
    assert {len(row) for row in body} == {len(tags)}
    first = dict(zip(tags, body[0], strict=True))
    assert (first["Finished"], first["Progress"], first["UserLanguage"]) == ("1", "100", "EN")
    assert first["dafmn"] == "2,3"
    # Qualtrics recodes to positive integers only: "na" cannot be a recode there.
    assert first["lrar2"] == "9997"


def test_the_same_answers_give_the_same_bytes(tmp_path: Path, instrument: Instrument) -> None:
    assert _write(tmp_path / "a.csv", instrument).read_bytes() == _write(tmp_path / "b.csv", instrument).read_bytes()


def test_choice_text_is_in_one_language_and_bare_points_show_numbers(tmp_path: Path, instrument: Instrument) -> None:
    rows = _rows(_write(tmp_path / "l.csv", instrument, export="labels", language="es"))
    cell = {tag: rows[3][k] for k, tag in enumerate(rows[0])}
    assert cell["lrar1"] == "Muy en desacuerdo"
    assert cell["at1"] == "2"
    assert cell["dafmn"] == "Forma, acompaña y audita,Forma"
    assert cell["Finished"] == "True"
    assert rows[1][_column(rows, "dafex")] == "Is there an alliance function?"


def test_write_refuses_tables_that_do_not_fit_the_form(tmp_path: Path, instrument: Instrument) -> None:
    cells = good_cells()
    with pytest.raises(ValueError, match="lack the columns"):
        qualtrics.write(tmp_path / "x.csv", instrument, "F", cells.drop(columns="lrar1"), meta_for(cells))
    with pytest.raises(ValueError, match="same rows"):
        qualtrics.write(tmp_path / "x.csv", instrument, "F", cells, meta_for(cells).iloc[:-1])
    with pytest.raises(ValueError, match="does not ask"):
        qualtrics.write(tmp_path / "x.csv", instrument, "F", cells.assign(zzz1=""), meta_for(cells))


@pytest.mark.parametrize("optional", [False, True])
@pytest.mark.parametrize("form", ["codes", "labels"])
@pytest.mark.parametrize("language", ["en", "es"])
def test_what_is_written_is_read_back_cell_by_cell(
    tmp_path: Path, instrument: Instrument, form: str, language: str, optional: bool
) -> None:
    cells = good_cells(optional=optional)
    raw = _read(_write(tmp_path / "F.csv", instrument, cells, export=form, language=language))
    pd.testing.assert_frame_equal(raw.cells, cells, check_names=False, check_index_type=False)
    meta = meta_for(cells)
    pd.testing.assert_frame_equal(raw.meta[meta.columns], meta, check_names=False, check_index_type=False)
    assert raw.matched_by == "import id"
    assert raw.unknown_columns == ()
    assert raw.issues == ()


# -- personal data ----------------------------------------------------------------------------------


def test_personal_columns_are_counted_and_nowhere_kept(export: Path) -> None:
    raw = _read(export)
    assert raw.dropped_personal == {
        "IPAddress": 6, "RecipientLastName": 6, "RecipientFirstName": 0, "RecipientEmail": 5, "ExternalReference": 0,
        "LocationLatitude": 0, "LocationLongitude": 0,
    }
    kept = repr(raw) + raw.cells.to_csv() + raw.meta.to_csv()
    assert not any(secret in kept for secret in ("203.0.113.7", "ada@example.org", "Lovelace"))


def test_a_personal_column_is_dropped_under_either_of_its_names(export: Path) -> None:
    def rename(rows: Rows) -> None:
        rows[0][_column(rows, "RecipientEmail")] = "Contact"
        j = _column(rows, "IPAddress")
        rows[2][j] = '{"ImportId":"somethingElse"}'
    raw = _read(_change(export, rename))
    assert (raw.dropped_personal["RecipientEmail"], raw.dropped_personal["IPAddress"]) == (5, 6)


def test_a_column_that_is_personal_by_one_of_its_names_is_dropped_whatever_the_other(export: Path) -> None:
    def rename(rows: Rows) -> None:
        rows[0][_column(rows, "IPAddress")] = "Finished"
    raw = _read(_change(export, rename))
    assert raw.dropped_personal["IPAddress"] == 6
    assert raw.meta["finished"].tolist() == ["1"] * 6


def test_addresses_do_not_pass_for_an_identifier(export: Path) -> None:
    def disguise(rows: Rows) -> None:
        j = _column(rows, "informant_id")
        for row in rows:
            del row[j]
        rows[0][_column(rows, "RecipientEmail")] = "informant_id"
    error = _refused(_change(export, disguise))
    assert _codes(error) == ["READ-COLUMN-MISSING"]
    assert "informant_id" in str(error)


def test_unknown_columns_are_named_and_not_kept(export: Path) -> None:
    def add(rows: Rows) -> None:
        for row, cells in zip(rows, ["note", "note", '{"ImportId":"note"}', *["secret"] * 6], strict=True):
            row.insert(3, cells)
    raw = _read(_change(export, add))
    assert raw.unknown_columns == ("note",)
    assert "secret" not in raw.cells.to_csv() + raw.meta.to_csv()


# -- columns ----------------------------------------------------------------------------------------


def _expect_same_cells(raw: RawAnswers) -> None:
    pd.testing.assert_frame_equal(raw.cells, good_cells(), check_names=False, check_index_type=False)


def test_import_ids_decide_where_names_were_changed_doubled_or_swapped(export: Path) -> None:
    def rename(rows: Rows) -> None:
        tags = rows[0]
        tags[_column(rows, "tenr")] = "Q1"
        tags[_column(rows, "dafex")] = "Q1"
        a, b = _column(rows, "lrar1"), _column(rows, "lrar2")
        tags[a], tags[b] = tags[b], tags[a]
    _expect_same_cells(_read(_change(export, rename)))


def test_a_name_and_words_that_speak_for_another_question_than_the_import_id_stop_the_reading(export: Path) -> None:
    def swap(rows: Rows) -> None:
        a, b = _column(rows, "lrar1"), _column(rows, "lrar2")
        for row in rows[:2]:
            row[a], row[b] = row[b], row[a]
    error = _refused(_change(export, swap))
    assert _codes(error) == ["READ-COLUMN-CONFLICT"] * 2
    assert "lrar2" in error.findings[0].rule


def test_localised_header_words_are_recognised(export: Path, instrument: Instrument) -> None:
    def translate(rows: Rows) -> None:
        for column in qualtrics.answer_columns(instrument.form("F")):
            if column.question.id in rows[0]:
                j = _column(rows, column.question.id)
                rows[0][j] = f"Q{j}"
                rows[1][j] = f"<p>{column.header(instrument, 'es')}</p>"
    raw = _read(_change(export, translate))
    _expect_same_cells(raw)
    assert raw.notes == ()


def test_questions_found_by_import_id_alone_are_said_to_be(export: Path) -> None:
    def blank(rows: Rows) -> None:
        j = _column(rows, "tenr")
        rows[0][j], rows[1][j] = "Q7", "Wie lange?"
    raw = _read(_change(export, blank))
    _expect_same_cells(raw)
    assert "1 questions were found by ImportId alone" in raw.notes[0]


def test_a_foreign_import_id_leaves_the_name_to_decide_and_says_so(export: Path) -> None:
    raw = _read(_change(export, _put("tenr", 3, '{"ImportId":"QID77_TEXT"}')))
    _expect_same_cells(raw)
    assert "1 of 11 questions were found by column name" in raw.notes[0]


def test_the_language_shown_goes_before_the_language_of_the_link(export: Path) -> None:
    def add(rows: Rows) -> None:
        for row, cell in zip(rows, ["Q_Language", "Q_Language", '{"ImportId":"Q_Language"}', *["FR"] * 6], strict=True):
            row.insert(0, cell)
    raw = _read(_change(export, add))
    assert raw.meta["language"].tolist() == ["en", "es"] * 3
    assert raw.unknown_columns == ()


@pytest.mark.parametrize("header", ["tags", "numbered"])
def test_legacy_files_with_two_header_rows_are_matched_by_name(export: Path, header: str) -> None:
    def legacy(rows: Rows) -> None:
        del rows[2]
        if header == "numbered":  # the oldest exports: V1, V2, … above, the fields' names below
            for j, name in enumerate(["StartDate", "EndDate", "Status", "IPAddress"]):
                rows[1][j], rows[0][j] = name, f"V{j + 1}"
    raw = _read(_change(export, legacy))
    assert raw.matched_by == "column name"
    assert "legacy" in raw.notes[0]
    assert raw.cells.index[0] == 3
    _expect_same_cells(_shifted(raw))
    assert raw.dropped_personal["IPAddress"] == 6


def _shifted(raw: RawAnswers) -> RawAnswers:
    raw.cells.index += 1
    return raw


def test_every_missing_column_is_reported_at_once(export: Path) -> None:
    def drop(rows: Rows) -> None:
        for tag in ("lrar1", "firm_id", "UserLanguage"):
            j = _column(rows, tag)
            for row in rows:
                del row[j]
    error = _refused(_change(export, drop))
    assert _codes(error) == ["READ-COLUMN-MISSING"] * 3
    assert [word in str(error) for word in ("UserLanguage", "firm_id", "lrar1")] == [True] * 3


def test_half_an_optional_block_is_a_missing_column(tmp_path: Path, instrument: Instrument) -> None:
    def drop(rows: Rows) -> None:
        j = _column(rows, "rtrt2")
        for row in rows:
            del row[j]
    error = _refused(_change(_write(tmp_path / "F.csv", instrument, good_cells(optional=True)), drop))
    assert _codes(error) == ["READ-COLUMN-MISSING"]


@pytest.mark.parametrize("tag", ["lrar1", "firm_id", "ResponseId", "instrument_version"])
@pytest.mark.parametrize("legacy", [False, True])
def test_a_doubled_column_is_refused_with_both_places(export: Path, tag: str, legacy: bool) -> None:
    def double(rows: Rows) -> None:
        j = _column(rows, tag)
        for row in rows:
            row.insert(0, row[j])
        if legacy:
            del rows[2]
    error = _refused(_change(export, double))
    assert _codes(error) == ["READ-COLUMN-DOUBLED"]
    assert "column A" in error.findings[0].place


def test_answers_split_into_a_column_each_are_refused_with_the_option_to_switch_off(export: Path) -> None:
    def split(rows: Rows) -> None:
        j = _column(rows, "dafmn")
        for row in rows:
            row.insert(j + 1, "")
        for k in (0, 1):
            rows[0][j + k] = f"dafmn_{k + 1}"
            rows[2][j + k] = json.dumps({"ImportId": "QID8", "choiceId": str(k + 1)})
    error = _refused(_change(export, split))
    assert _codes(error) == ["READ-COLUMN-SPLIT"]
    assert "Split multi-value fields" in error.findings[0].fix


def test_the_other_form_s_file_is_recognised(tmp_path: Path, instrument: Instrument) -> None:
    cells = pd.DataFrame({"aform": ["1"], "ratr1": ["3"], "ratr2": ["4"]}, index=[4], dtype="str")
    qualtrics.write(tmp_path / "A.csv", instrument, "A", cells, meta_for(cells, "A"))
    error = _refused(tmp_path / "A.csv")
    assert _codes(error) == ["READ-NOT-THIS-FORM"]
    assert "form A" in error.findings[0].rule


def test_the_form_of_a_file_is_told_by_its_columns(export: Path, tmp_path: Path, instrument: Instrument) -> None:
    cells = pd.DataFrame({"aform": ["1"], "ratr1": ["3"], "ratr2": ["4"]}, index=[4], dtype="str")
    qualtrics.write(tmp_path / "A.csv", instrument, "A", cells, meta_for(cells, "A"))
    known = {"1.0.0": instrument}
    assert qualtrics.form_of(export, instruments=known) == "F"
    assert qualtrics.form_of(tmp_path / "A.csv", instruments=known) == "A"
    (tmp_path / "other.csv").write_text("a,b,instrument_version\nx,y,z\n1,2,1.0.0\n", encoding="utf-8")
    with pytest.raises(InputError, match="READ-NOT-THIS-FORM"):
        qualtrics.form_of(tmp_path / "other.csv", instruments=known)
    assert _codes(_refused(tmp_path / "other.csv")) == ["READ-NOT-THIS-FORM"]


# -- files that cannot be read ----------------------------------------------------------------------


def test_a_missing_file_and_a_folder_are_told_apart(tmp_path: Path) -> None:
    assert "not there" in _refused(tmp_path / "none.csv").findings[0].rule
    assert "a folder" in _refused(tmp_path).findings[0].rule


@pytest.mark.parametrize("content", [b"", b"\xef\xbb\xbf", b" \r\n\r\n", b"\xef\xbb\xbf,,,\n"])
def test_an_empty_file_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "F.csv").write_bytes(content)
    assert _codes(_refused(tmp_path / "F.csv")) == ["READ-EMPTY"]


def test_header_rows_without_responses_are_refused(export: Path) -> None:
    assert _codes(_refused(_change(export, lambda rows: rows.__delitem__(slice(3, None))))) == ["READ-EMPTY"]


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-32", "cp1252"])
def test_a_wrong_encoding_is_named(tmp_path: Path, instrument: Instrument, encoding: str) -> None:
    path = _write(tmp_path / "F.csv", instrument, export="labels", language="es")
    path.write_bytes(path.read_text(encoding="utf-8-sig").encode(encoding, errors="replace"))
    error = _refused(path)
    assert _codes(error) == ["READ-ENCODING"]
    assert "UTF-8" in error.findings[0].fix


def test_utf_8_without_a_byte_order_mark_and_windows_line_ends_are_read(export: Path) -> None:
    rows = _rows(export)
    with export.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\r\n").writerows(rows)
    _expect_same_cells(_read(export))


@pytest.mark.parametrize("mark", [";", "\t"])
def test_a_file_saved_with_another_separator_is_refused(export: Path, mark: str) -> None:
    rows = _rows(export)
    with export.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, delimiter=mark).writerows(rows)
    assert _codes(_refused(export)) == ["READ-DELIMITER"]


def test_an_open_quotation_mark_does_not_swallow_rows(export: Path) -> None:
    text = export.read_text(encoding="utf-8-sig")
    export.write_text(text[: text.rindex('fine"') + 2], encoding="utf-8")
    assert _codes(_refused(export)) == ["READ-QUOTES"]


@pytest.mark.parametrize("damage", [
    lambda rows: rows.__delitem__(1),
    lambda rows: rows.__delitem__(slice(1, 3)),
    lambda rows: rows.insert(0, [""] * len(rows[0])),
    lambda rows: rows.extend(rows[:5]),
    lambda rows: rows[2].__setitem__(5, "{broken"),
])
def test_damaged_header_rows_are_refused(export: Path, damage: Callable[[Rows], object]) -> None:
    assert set(_codes(_refused(_change(export, damage)))) == {"READ-HEADER"}


# -- rows -------------------------------------------------------------------------------------------


def test_row_numbers_are_those_of_a_spreadsheet_whatever_newlines_and_blank_rows(export: Path) -> None:
    raw = _read(_change(export, lambda rows: rows.insert(5, [])))
    assert raw.cells.index.tolist() == [4, 5, 7, 8, 9, 10]


def test_a_row_with_too_few_or_too_many_cells_is_set_aside_and_its_cells_are_not_looked_at(export: Path) -> None:
    def damage(rows: Rows) -> None:
        del rows[4][0]
        rows[6] = [*rows[6], "x"]
    raw = _read(_change(export, damage))
    assert [(issue.row, issue.question, issue.code) for issue in raw.issues] == [
        (5, "", "ROW-WIDTH"), (7, "", "ROW-WIDTH"),
    ]
    assert raw.cells.loc[[5, 7]].eq("").all(axis=None)
    assert raw.cells.loc[4].equals(good_cells().loc[4])


def test_status_language_and_finished_are_read_in_both_of_qualtrics_spellings(export: Path) -> None:
    def change(rows: Rows) -> None:
        for row, (status, language, finished) in zip(rows[3:], [
            ("Survey Preview", "ES-ES", "True"), ("1", "EN-GB", "FALSE"), ("Spam", "FR", "0"),
            ("IP Address", "es", "1"), ("16", "EN", "maybe"), ("Marte", "", ""),
        ], strict=True):
            row[_column(rows, "Status")], row[_column(rows, "UserLanguage")] = status, language
            row[_column(rows, "Finished")] = finished
    meta = _read(_change(export, change)).meta
    assert meta["status"].tolist() == ["preview", "preview", "spam", "response", "response", "Marte"]
    assert meta["language"].tolist() == ["es", "en", "FR", "es", "en", ""]
    assert meta["finished"].tolist() == ["1", "0", "0", "1", "maybe", ""]


def test_dates_come_out_in_utc(export: Path) -> None:
    def change(rows: Rows) -> None:
        rows[2][0] = '{"ImportId":"startDate","timeZone":"America/New_York"}'
        rows[3][0], rows[4][0] = "2026-01-31 22:30:00", "31/01/2026"
    meta = _read(_change(export, change)).meta
    assert meta["started"].tolist()[:3] == ["2026-02-01 03:30:00", "31/01/2026", "2026-03-02 14:00:00"]
    assert meta["ended"].iloc[0] == "2026-03-02 09:10:30"
    change_zone = _put("StartDate", 3, '{"ImportId":"startDate","timeZone":"Mars/Olympus"}')
    assert _codes(_refused(_change(export, change_zone))) == ["READ-TIMEZONE"]


def test_times_that_the_clock_skipped_or_showed_twice_are_counted(export: Path) -> None:
    def change(rows: Rows) -> None:
        rows[2][0] = '{"ImportId":"startDate","timeZone":"Europe/Madrid"}'
        for row, time in zip(rows[3:], ["2026-03-29 02:30:00", "2026-10-25 02:30:00", "2026-10-25 02:59:59",
                                        "2026-10-25 03:00:00", "2026-03-29 03:00:00", "soon"], strict=True):
            row[0] = time
    raw = _read(_change(export, change))
    assert raw.meta["started"].tolist() == [
        "2026-03-29 01:00:00", "2026-10-25 00:30:00", "2026-10-25 00:59:59",
        "2026-10-25 02:00:00", "2026-03-29 01:00:00", "soon",
    ]
    assert raw.notes == (
        "2 times in StartDate happened twice in Europe/Madrid, when the clock was put back: the first is taken.",
        "1 times in StartDate do not exist in Europe/Madrid, where the clock was put forward: the end of the gap "
        "is taken.",
    )


# -- versions ---------------------------------------------------------------------------------------


def test_an_unknown_version_in_one_row_leaves_the_others_readable(export: Path) -> None:
    raw = _read(_change(export, _put("instrument_version", 5, "9.9.9")))
    assert raw.meta["instrument_version"].tolist()[:3] == ["1.0.0", "9.9.9", "1.0.0"]
    _expect_same_cells(raw)


def test_a_file_without_any_known_version_is_refused(export: Path) -> None:
    def change(rows: Rows) -> None:
        for row in rows[3:]:
            row[_column(rows, "instrument_version")] = "9.9.9"
    error = _refused(_change(export, change))
    assert _codes(error) == ["READ-VERSION"]
    assert "9.9.9" in error.findings[0].rule
    assert _codes(_refused(export, version="8.0.0")) == ["READ-VERSION"]


def test_without_a_version_column_the_version_given_stands_for_all(export: Path) -> None:
    def drop(rows: Rows) -> None:
        j = _column(rows, "instrument_version")
        for row in rows:
            del row[j]
    path = _change(export, drop)
    assert _codes(_refused(path)) == ["READ-COLUMN-MISSING"]
    assert _read(path, version="1.0.0").meta["instrument_version"].unique().tolist() == ["1.0.0"]


def test_versions_that_number_their_questions_differently_do_not_share_a_file(export: Path) -> None:
    first = small_instrument()
    form = first.form("F")
    matrix = form.blocks[2].model_copy(update={"questions": form.blocks[2].questions[::-1]})
    turned = form.model_copy(update={"blocks": (*form.blocks[:2], matrix, *form.blocks[3:])})
    other = first.model_copy(update={"version": "2.0.0", "forms": (turned, first.form("A"))})
    _change(export, _put("instrument_version", 5, "2.0.0"))
    with pytest.raises(InputError) as caught:
        qualtrics.read(export, "F", instruments={"1.0.0": first, "2.0.0": other})
    mixed = [f for f in caught.value.findings if f.code == "READ-VERSION-MIXED"]
    assert {f.place.split()[-1] for f in mixed} == {"(at1)", "(lrar1)"}
    same = first.model_copy(update={"version": "2.0.0"})
    raw = qualtrics.read(export, "F", instruments={"1.0.0": first, "2.0.0": same})
    _expect_same_cells(raw)


# -- codes against words ----------------------------------------------------------------------------


@pytest.fixture
def words(tmp_path: Path, instrument: Instrument) -> Path:
    return _write(tmp_path / "labels.csv", instrument, export="labels", language="es")


def test_codes_are_verified_against_the_words_shown(export: Path, words: Path) -> None:
    assert _read(export).label_check.status == "not verified"
    _change(words, lambda rows: rows.append(rows.pop(3)))  # the order of responses does not matter
    raw = _read(export, labels=words)
    assert raw.label_check.status == "verified"
    answered = good_cells()[["cons", "dafex", "dafmn", "lrar1", "lrar2", "at1"]].ne("").sum().sum()
    assert raw.label_check.cells == answered
    assert raw.issues == ()


def test_recodes_out_of_order_are_refused_with_what_was_observed(export: Path, words: Path) -> None:
    def drift(rows: Rows) -> None:  # the survey exports 4 where the questionnaire says 1
        j = _column(rows, "dafex")
        for row in rows[3:]:
            row[j] = {"1": "4"}.get(row[j], row[j])
    error = _refused(_change(export, drift), labels=words)
    assert _codes(error) == ["READ-RECODE"]
    assert "4 → 'Sí' (3)" in error.findings[0].rule
    assert "dafex" in error.findings[0].place


def test_every_column_with_moved_recodes_is_reported(export: Path, words: Path) -> None:
    def drift(rows: Rows) -> None:
        for tag, to in (("at1", {"2": "3"}), ("dafmn", {"2,3": "1,3"}), ("dafex", {"1": "0", "0": "1"})):
            for row in rows[3:]:
                row[_column(rows, tag)] = to.get(row[_column(rows, tag)], row[_column(rows, tag)])
    error = _refused(_change(export, drift), labels=words)
    assert _codes(error) == ["READ-RECODE"] * 3


def test_one_disagreement_is_an_issue_of_its_cell(export: Path, words: Path) -> None:
    raw = _read(_change(export, _put("at1", 5, "3")), labels=words)
    assert [(i.row, i.question, i.code, i.value) for i in raw.issues] == [(5, "at1", "ANSWER-LABEL", "3")]
    assert "'2'" in raw.issues[0].rule
    assert "1 cells disagree" in raw.label_check.note


def test_responses_without_words_are_counted_as_unverified(export: Path, words: Path) -> None:
    raw = _read(export, labels=_change(words, lambda rows: rows.__delitem__(3)))
    assert "1 responses are not in it" in raw.label_check.note


def test_a_words_file_that_holds_codes_or_other_responses_is_refused(export: Path, words: Path) -> None:
    assert _codes(_refused(export, labels=export)) == ["READ-LABELS"]

    def others(rows: Rows) -> None:
        for k, row in enumerate(rows[3:]):
            row[_column(rows, "ResponseId")] = f"R_other{k:08d}"
    assert _codes(_refused(export, labels=_change(words, others))) == ["READ-LABELS"]


def test_seen_but_unanswered_is_unanswered_and_said_to_be(export: Path, words: Path) -> None:
    for path in (export, words):
        _change(path, _put("lrar1", 5, "-99"))
        _change(path, _put("words", 4, "-99"))
    raw = _read(export, labels=words)
    assert (raw.cells.loc[5, "lrar1"], raw.cells.loc[4, "words"]) == ("", "-99")
    assert raw.issues == ()
    assert raw.notes == ("1 cells hold -99, Qualtrics' mark for seen but unanswered: read as unanswered.",)


def test_every_cell_seen_but_unanswered_is_counted(export: Path) -> None:
    for row, tag in ((4, "lrar1"), (5, "lrar1"), (6, "tenr")):
        _change(export, _put(tag, row, "-99"))
    assert _read(export).notes[0].startswith("3 cells hold -99")


def test_as_many_words_as_codes_are_taken_for_codes(instrument: Instrument) -> None:
    cells = {"dafex": ["Yes", "0", ""]}
    choices = choices_of([instrument], "F", cells, LETTERS)
    assert answer_form(choices, cells) == "codes"
    assert answer_form(choices, {"dafex": ["Yes", "0", "No"]}) == "labels"


def test_words_that_are_no_answer_stay_a_visible_issue(words: Path) -> None:
    def change(rows: Rows) -> None:
        rows[4][_column(rows, "dafex")] = "Quizás"
        rows[5][_column(rows, "lrar1")] = "1"  # the end points have words, so the number says nothing here
    raw = _read(_change(words, change))
    assert [(i.row, i.question, i.code) for i in raw.issues] == [
        (5, "dafex", "ANSWER-LABEL"), (6, "lrar1", "ANSWER-LABEL"),
    ]


def test_words_that_could_mean_two_codes_are_not_guessed(tmp_path: Path, instrument: Instrument) -> None:
    form = instrument.form("F")
    fact = form.blocks[1].questions[2]
    doubtful = fact.model_copy(update={"options": tuple(
        o.model_copy(update={"label": "Trains"}) if o.code == 9 else o for o in fact.options  # type: ignore[union-attr]
    )})
    block = form.blocks[1].model_copy(update={"questions": (*form.blocks[1].questions[:2], doubtful)})
    forms = (form.model_copy(update={"blocks": (form.blocks[0], block, *form.blocks[2:])}), instrument.form("A"))
    odd = instrument.model_copy(update={"forms": forms})
    odd = Instrument.model_validate(odd.model_dump())
    cells = good_cells()
    cells.loc[4, "dafmn"] = "3"
    qualtrics.write(tmp_path / "l.csv", odd, "F", cells, meta_for(cells), export="labels")
    raw = qualtrics.read(tmp_path / "l.csv", "F", instruments={"1.0.0": odd})
    assert {(i.row, i.question) for i in raw.issues} == {(4, "dafmn"), (6, "dafmn"), (8, "dafmn")}
    assert "3 or 9" in raw.issues[0].rule


# -- the released questionnaire ---------------------------------------------------------------------


@pytest.mark.parametrize("form_id", ["F", "A"])
@pytest.mark.parametrize(("export_as", "language"), [("codes", "en"), ("labels", "en"), ("labels", "es")])
def test_every_answer_the_released_questionnaire_offers_comes_back(
    tmp_path: Path, form_id: str, export_as: str, language: str
) -> None:
    released = store.load("1.0.0")
    columns = qualtrics.answer_columns(released.form(form_id))
    cells = pd.DataFrame({c.question.id: _answers(released, c.question, 30) for c in columns}, dtype="str")
    cells.index += 4
    meta = meta_for(cells, form_id)
    qualtrics.write(tmp_path / "f.csv", released, form_id, cells, meta, export=export_as, language=language)  # type: ignore[arg-type]
    raw = qualtrics.read(tmp_path / "f.csv", form_id)
    pd.testing.assert_frame_equal(raw.cells, cells, check_names=False, check_index_type=False)
    assert raw.issues == ()
    assert qualtrics.form_of(tmp_path / "f.csv") == form_id


def _answers(instrument: Instrument, question: Item | Fact, n: int) -> list[str]:
    """Every code a question offers in turn (several at once where several may be given), or typed answers."""
    if isinstance(question, Fact) and question.kind in ("count", "number", "year", "date", "text"):
        return [str(2000 + k) for k in range(n)]
    codes = [str(option.code) for option in instrument.options(question)]
    if isinstance(question, Fact) and question.kind == "choices":
        substantive = [code for code in codes if code.isdigit()]
        codes += [",".join(substantive[k:]) for k in range(len(substantive))]
    return [["", *codes][k % (len(codes) + 1)] for k in range(n)]


# -- small parts ------------------------------------------------------------------------------------


@pytest.mark.parametrize(("index", "letters"), [(0, "A"), (25, "Z"), (26, "AA"), (701, "ZZ"), (702, "AAA")])
def test_columns_are_named_as_spreadsheets_do(index: int, letters: str) -> None:
    assert column_letters(index) == letters


def test_words_are_compared_without_mark_up_case_and_white_space() -> None:
    assert same_words("<b>R&amp;D</b>\u00a0 first\n step") == same_words("r&d First step")
