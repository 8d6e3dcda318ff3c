"""Responses as LimeSurvey exports them: written, changed as people and LimeSurvey change them, and read back."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path

import openpyxl
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from instrument import store
from instrument.errors import InputError
from instrument.fielding import limesurvey
from instrument.fielding.answers import RawAnswers
from instrument.model import Instrument, Option
from pipeline.power.population import load_population
from pipeline.power.rehearsal import simulate
from tests.instrument.fielding.generated import instruments, respondents
from tests.instrument.fielding.limesurvey.test_limesurvey_questionnaire import changed, hostile_instrument
from tests.instrument.fielding.small import good_cells, meta_for, small_instrument

SAMPLE = Path(__file__).resolve().parents[4] / "data" / "sample"

Rows = list[list[str]]


def _read(path: Path, *versions: Instrument, form: str = "F", **more: object) -> RawAnswers:
    known = {i.version: i for i in versions or (small_instrument(),)}
    return limesurvey.read(path, form, instruments=known, **more)  # type: ignore[arg-type]


def _same(raw: RawAnswers, cells: pd.DataFrame, meta: pd.DataFrame) -> None:
    for found, expected in ((raw.cells, cells), (raw.meta, meta)):
        expected = expected.reset_index(drop=True)
        if "status" in found and "status" not in expected:
            expected["status"] = "response"
        pd.testing.assert_frame_equal(
            found.reset_index(drop=True)[expected.columns], expected, check_dtype=False, check_index_type=False)
    assert set(raw.cells) == set(cells)
    assert raw.issues == ()
    assert raw.unknown_columns == ()


@pytest.fixture
def written(tmp_path: Path) -> Path:
    path = tmp_path / "results.csv"
    limesurvey.write(path, small_instrument(), "F", good_cells(), meta_for(good_cells()))
    return path


def _change(path: Path, change: Callable[[Rows], object]) -> Path:
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.reader(file))
    change(rows)
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        csv.writer(file, quoting=csv.QUOTE_ALL).writerows(rows)
    return path


def _head(old: str, new: str) -> Callable[[Rows], None]:
    return lambda rows: rows[0].__setitem__(rows[0].index(old), new)


def _put(head: str, values: list[str]) -> Callable[[Rows], None]:
    def put(rows: Rows) -> None:
        for row, value in zip(rows[1:], values, strict=False):
            row[rows[0].index(head)] = value
    return put


# -- there and back -------------------------------------------------------------------------------------


@pytest.mark.parametrize("suffix", [".csv", ".xlsx"])
@pytest.mark.parametrize(("export", "language"), [("codes", None), ("labels", "en"), ("labels", "es")])
def test_answers_come_back_cell_by_cell(tmp_path: Path, suffix: str, export: str, language: str | None) -> None:
    cells, path = good_cells(optional=True), tmp_path / f"results{suffix}"
    limesurvey.write(path, small_instrument(), "F", cells, meta_for(cells), export=export, language=language)  # type: ignore[arg-type]
    raw = _read(path)
    _same(raw, cells, meta_for(cells))
    assert raw.label_check.status == ("verified" if export == "labels" else "not verified")
    assert limesurvey.form_of(path, instruments={"1.0.0": small_instrument()}) == "F"


@pytest.mark.parametrize("form", ["F", "A"])
def test_simulated_studies_come_back_cell_by_cell(tmp_path: Path, form: str) -> None:
    released = store.load("1.0.0")
    drawn = next(s for s in simulate(load_population(SAMPLE), released, n=60, seed=5) if s.form == form)
    path = tmp_path / "results.csv"
    limesurvey.write(path, released, form, drawn.cells, drawn.meta, drawn.personal)
    raw = limesurvey.read(path, form)
    _same(raw, drawn.cells, drawn.meta)
    assert len(raw.cells) >= 60
    assert sum(raw.dropped_personal.values()) == int(drawn.personal.ne("").to_numpy().sum())


def test_the_file_is_as_limesurvey_writes_it(written: Path) -> None:
    with written.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.reader(file))
    assert rows[0] == [
        "id", "submitdate", "lastpage", "startlanguage", "seed", "startdate", "datestamp", "firmid", "informantid",
        "instrumentversion", "form", "language", "cons", "tenr", "xjv1", "xjv1why", "dafex", "dafyr", "dafmn[1]",
        "dafmn[2]", "dafmn[3]", "dafmn[9]", "dafmn[dk]", "learn[lrar1]", "learn[lrar2]", "learn[at1]", "fdate",
        "words", "interviewtime"]
    first = dict(zip(rows[0], rows[1], strict=True))
    assert [first[f"dafmn[{code}]"] for code in ("1", "2", "3", "9", "dk")] == ["", "Y", "Y", "", ""]
    assert first["fdate"] == "2024-02-29 00:00:00"


def test_a_reason_stands_beside_a_typed_answer_and_comes_back_in_its_cell(tmp_path: Path) -> None:
    cells = good_cells().assign(xjv1=["3", "dk", "", "dk", "0", ""])
    for export in ("codes", "labels"):
        path = tmp_path / f"{export}.csv"
        limesurvey.write(path, small_instrument(), "F", cells, meta_for(cells), export=export)  # type: ignore[arg-type]
        _same(_read(path), cells, meta_for(cells))


def test_answers_of_two_versions_share_a_file(tmp_path: Path) -> None:
    old, new = small_instrument(), small_instrument("1.1.0")
    form = new.form("F")
    fact = form.blocks[1].questions[2]
    more = fact.model_copy(update={"options": (*fact.options, Option(code=4, label="Audits"))})
    added = form.blocks[2].questions[0].model_copy(update={"id": "lrar3", "text": "New."})
    blocks = (form.blocks[0], form.blocks[1].model_copy(update={"questions": (*form.blocks[1].questions[:2], more)}),
              form.blocks[2].model_copy(update={"questions": (*form.blocks[2].questions, added)}), *form.blocks[3:])
    new = Instrument.model_validate(new.model_copy(update={
        "forms": (form.model_copy(update={"blocks": blocks}), new.form("A")), "translations": ()}).model_dump())
    cells = good_cells().assign(lrar3=["", "4", "", "5", "", ""])
    cells.loc[cells.index[0], "dafmn"] = "2,3"
    cells.loc[cells.index[1], ["dafex", "dafmn"]] = ["1", "1,4"]
    meta = meta_for(cells).assign(instrument_version=["1.0.0", "1.1.0"] * 3, language="en")
    path = tmp_path / "both.csv"
    limesurvey.write(path, (old, new), "F", cells, meta)
    raw = _read(path, old, new)
    assert set(raw.cells) == set(cells)
    pd.testing.assert_frame_equal(
        raw.cells[cells.columns].reset_index(drop=True), cells.reset_index(drop=True), check_dtype=False)
    assert raw.meta["instrument_version"].tolist() == meta["instrument_version"].tolist()


def test_a_row_of_an_unknown_version_stays(written: Path) -> None:
    raw = _read(_change(written, _put("instrumentversion", ["1.0.0", "9.9.9"])))
    assert raw.meta["instrument_version"].tolist()[:3] == ["1.0.0", "9.9.9", "1.0.0"]
    assert len(raw.cells) == 6


def test_hostile_names_come_back_under_their_own(tmp_path: Path) -> None:
    instrument, names = hostile_instrument()
    cells = good_cells().rename(columns=names)
    cells["AB"] = cells["AB"].replace({"1": "123451", "0": "123452"})
    meta = meta_for(cells).assign(language="en")
    path = tmp_path / "results.csv"
    limesurvey.write(path, instrument, "F", cells, meta)
    with path.open(encoding="utf-8-sig", newline="") as file:
        heads = next(csv.reader(file))
    assert all(len(head.split("[")[0]) <= 20 for head in heads)
    _same(_read(path, instrument), cells, meta)


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture,
                                                                HealthCheck.too_slow])
@given(instrument=instruments(), seed=st.integers(0, 99), export=st.sampled_from(("codes", "labels")))
def test_drawn_answers_come_back_cell_by_cell(
    tmp_path: Path, instrument: Instrument, seed: int, export: str,
) -> None:
    optional = tuple(b.id for form in instrument.forms for b in form.blocks if b.optional)
    for form in instrument.forms:
        cells, meta = respondents(instrument, form.id, 5, seed, optional)
        path = tmp_path / "results.csv"
        limesurvey.write(path, instrument, form.id, cells, meta, export=export)  # type: ignore[arg-type]
        if export == "codes":
            _same(_read(path, instrument, form=form.id), cells, meta)
            continue
        raw = _read(path, instrument, form=form.id)
        doubtful = {(issue.row, issue.question) for issue in raw.issues}  # words that two answers share
        for question in cells:
            for row, found, expected in zip(raw.cells.index, raw.cells[question], cells[question], strict=True):
                assert found == expected or (row, question) in doubtful


def test_the_same_answers_give_the_same_bytes(tmp_path: Path) -> None:
    for suffix in (".csv", ".xlsx"):
        for name in ("a", "b"):
            limesurvey.write(tmp_path / f"{name}{suffix}", small_instrument(), "F", good_cells(),
                             meta_for(good_cells()))
        assert (tmp_path / f"a{suffix}").read_bytes() == (tmp_path / f"b{suffix}").read_bytes()


# -- heads ----------------------------------------------------------------------------------------------


def test_heads_with_an_underscore_or_the_words_behind_the_code_are_found(written: Path) -> None:
    def change(rows: Rows) -> None:
        _head("learn[lrar1]", "learn_lrar1")(rows)
        _head("dafmn[2]", "dafmn_2")(rows)
        _head("learn[lrar2]", "learn[lrar2]. Learning [We talk about it.]")(rows)
        _head("tenr", "tenr. Years in the firm?")(rows)
    _same(_read(_change(written, change)), good_cells(), meta_for(good_cells()))


def test_heads_in_full_words_are_found_in_any_language(tmp_path: Path) -> None:
    cells = good_cells().drop(index=9)
    path = tmp_path / "results.csv"
    limesurvey.write(path, small_instrument(), "F", cells, meta_for(cells))

    def change(rows: Rows) -> None:
        for old, new in {
            "id": "Response ID", "submitdate": "Date submitted", "startlanguage": "Start language",
            "startdate": "Date started", "datestamp": "Date last action", "cons": "Do you agree?",
            "dafex": "¿Hay una función de alianzas?",
            "learn[lrar1]": "Learning [We write down, and keep, what we learn.]",
            "learn[lrar2]": "Aprendizaje [Hablamos de ello.]", "dafmn[1]": "What does it do? [Chooses partners]",
            "dafmn[dk]": "¿Qué hace? [No lo sé]", "firmid": "firm_id", "instrumentversion": "1.0.0",
        }.items():
            _head(old, new)(rows)
    _same(_read(_change(path, change), version="1.0.0"), cells, meta_for(cells))


def test_columns_in_another_order_change_nothing(written: Path) -> None:
    def turn(rows: Rows) -> None:
        for row in rows:
            row.reverse()
    _same(_read(_change(written, turn)), good_cells(), meta_for(good_cells()))


def test_a_missing_and_a_doubled_column_are_refused(written: Path) -> None:
    def double(rows: Rows) -> None:
        for row in rows:
            row.append(row[rows[0].index("dafmn[2]")])
    for change, code, name in (
        (_head("dafmn[2]", "gone"), "READ-COLUMN-MISSING", "dafmn"), (double, "READ-COLUMN-DOUBLED", "dafmn"),
        (_head("learn[at1]", "mine"), "READ-COLUMN-MISSING", "at1"),
    ):
        limesurvey.write(written, small_instrument(), "F", good_cells(), meta_for(good_cells()))
        with pytest.raises(InputError) as caught:
            _read(_change(written, change))
        assert [(f.code, name in f.rule) for f in caught.value.findings] == [(code, True)]


def test_another_forms_file_is_refused(tmp_path: Path) -> None:
    cells = pd.DataFrame({"aform": ["1"], "ratr1": ["2"], "ratr2": ["na"]}, dtype="str")
    path = tmp_path / "a.csv"
    limesurvey.write(path, small_instrument(), "A", cells, meta_for(cells, "A"))
    assert limesurvey.form_of(path, instruments={"1.0.0": small_instrument()}) == "A"
    with pytest.raises(InputError) as caught:
        _read(path)
    assert {f.code for f in caught.value.findings} == {"READ-NOT-THIS-FORM"}


# -- what LimeSurvey does to cells ----------------------------------------------------------------------


def test_numbers_with_ten_decimals_and_dates_with_midnight_are_the_answers_that_were_given(written: Path) -> None:
    def change(rows: Rows) -> None:
        _put("tenr", ["2.5000000000"] * 5)(rows)
        _put("xjv1", ["3.0000000000"] * 5)(rows)
        _put("interviewtime", ["630.00"] * 6)(rows)
    _same(_read(_change(written, change)), good_cells(), meta_for(good_cells()))


@pytest.mark.parametrize("mark", ["N/A", "NULL", "{question_not_shown}", "n/a"])
def test_what_was_not_shown_is_empty_and_a_text_that_says_so_is_a_text(written: Path, mark: str) -> None:
    def change(rows: Rows) -> None:
        _put("dafyr", ["2001", mark, "2001", mark, "2001", mark])(rows)
        _put("dafmn[1]", ["", mark] * 3)(rows)
        _put("learn[lrar1]", [mark])(rows)
        _put("words", [mark])(rows)
    raw = _read(_change(written, change))
    assert raw.cells["dafyr"].tolist()[:2] == ["2001", ""]
    assert raw.cells["dafmn"].tolist()[:2] == ["2,3", ""]
    assert raw.cells["lrar1"].tolist()[0] == ""
    assert raw.cells["words"].tolist()[0] == mark


def test_an_answer_that_is_called_n_a_is_an_answer(tmp_path: Path) -> None:
    instrument = changed(1, 0, options=(Option(code=1, label="Yes"), Option(code=0, label="N/A")))
    cells, path = good_cells(), tmp_path / "words.csv"
    limesurvey.write(path, instrument, "F", cells, meta_for(cells), export="labels", language="en")
    _same(_read(path, instrument), cells, meta_for(cells))


@pytest.mark.parametrize(("yes", "no"), [("Y", "N"), ("1", "0"), ("Yes", "No"), ("Sí", "No"), ("Oui", "Non")])
def test_ticks_are_read_however_they_were_exported(written: Path, yes: str, no: str) -> None:
    def change(rows: Rows) -> None:
        for code in ("1", "2", "3", "9", "dk"):
            j = rows[0].index(f"dafmn[{code}]")
            for row in rows[1:]:
                row[j] = yes if row[j] == "Y" else no
    _same(_read(_change(written, change)), good_cells(), meta_for(good_cells()))


def test_a_strange_tick_sets_its_cell_aside(written: Path) -> None:
    raw = _read(_change(written, _put("dafmn[1]", ["perhaps"])))
    assert [(i.row, i.question, i.code, i.value) for i in raw.issues] == [(2, "dafmn", "ANSWER-TICK", "perhaps")]
    assert raw.cells["dafmn"].tolist()[0] == ""


@pytest.mark.parametrize("text", ["=cmd()", "+1 day", "-x", "@me", "'=x", "'quoted'", "well,\nfine", "NA", "7"])
def test_texts_that_look_like_formulas_are_harmless_in_the_file_and_come_back(tmp_path: Path, text: str) -> None:
    cells = good_cells()
    cells.loc[4, "words"] = text
    for suffix in (".csv", ".xlsx"):
        path = tmp_path / f"r{suffix}"
        limesurvey.write(path, small_instrument(), "F", cells, meta_for(cells))
        _same(_read(path), cells, meta_for(cells))
    sheet = openpyxl.load_workbook(tmp_path / "r.xlsx").active
    assert all(cell.data_type != "f" for row in sheet.iter_rows() for cell in row)


# -- about the interview --------------------------------------------------------------------------------


def test_an_interview_that_was_not_submitted_is_not_finished(tmp_path: Path) -> None:
    meta = meta_for(good_cells()).assign(finished=["1", "0"] * 3)
    path = tmp_path / "results.csv"
    limesurvey.write(path, small_instrument(), "F", good_cells(), meta)
    with path.open(encoding="utf-8-sig", newline="") as file:
        submitted = [row["submitdate"] for row in csv.DictReader(file)]
    assert [bool(date) for date in submitted] == [True, False] * 3
    _same(_read(path), good_cells(), meta)


def test_without_a_stamp_the_language_is_that_of_the_start(written: Path) -> None:
    def drop(rows: Rows) -> None:
        _put("language", [""] * 6)(rows)
        _put("startlanguage", ["es", "en"] * 3)(rows)
    assert _read(_change(written, drop)).meta["language"].tolist() == ["es", "en"] * 3


def test_a_duration_that_limesurvey_did_not_record_is_the_time_between(written: Path) -> None:
    raw = _read(_change(written, _put("interviewtime", [""] * 6)))
    assert raw.meta["duration_seconds"].tolist() == ["630"] * 6


def test_personal_columns_are_dropped_and_counted_and_timings_named(written: Path) -> None:
    def add(rows: Rows) -> None:
        new = {"ipaddr": "203.0.113.7", "refurl": "", "token": "abc", "firstname": "Ada", "lastname": "L",
               "email": "ada@example.org", "groupTime12": "3.2", "consTime": "1.1", "mystery": "?"}
        for k, row in enumerate(rows):
            row += list(new) if k == 0 else list(new.values())
    raw = _read(_change(written, add))
    assert raw.dropped_personal == {"ipaddr": 6, "refurl": 0, "token": 6, "firstname": 6, "lastname": 6, "email": 6}
    assert raw.unknown_columns == ("mystery",)
    assert any(note.startswith("2 columns of LimeSurvey's times") for note in raw.notes)
    assert "ada@example.org" not in raw.cells.to_csv() + raw.meta.to_csv()


def test_codes_are_verified_against_full_answers(written: Path, tmp_path: Path) -> None:
    words = tmp_path / "words.csv"
    limesurvey.write(words, small_instrument(), "F", good_cells(), meta_for(good_cells()), export="labels",
                     language="es")
    raw = _read(written, labels=words)
    assert (raw.label_check.status, raw.issues) == ("verified", ())
    assert raw.label_check.cells > 20
    _change(written, _put("dafex", ["0", "1", "0", "1", "0"]))
    with pytest.raises(InputError) as caught:
        _read(written, labels=words)
    assert {f.code for f in caught.value.findings} == {"READ-RECODE"}


@pytest.mark.parametrize("damage", [lambda b: b[: len(b) // 2], lambda b: b.decode("utf-8-sig").encode("utf-16"),
                                    lambda b: b""])
def test_a_damaged_file_is_refused(written: Path, damage: Callable[[bytes], bytes]) -> None:
    written.write_bytes(damage(written.read_bytes()))
    with pytest.raises(InputError) as caught:
        _read(written)
    assert all(f.code.startswith("READ-") for f in caught.value.findings)
