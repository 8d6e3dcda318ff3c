"""What the page or a server hands over, read: whole, broken, mixed, and written back."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from instrument import store
from instrument.errors import InputError
from instrument.fielding import html
from instrument.fielding.answers import META_COLUMNS, RawAnswers
from instrument.model import Fact, Instrument, Note
from tests.instrument.fielding.generated import instruments, respondents
from tests.instrument.fielding.small import FORM_F, good_cells, meta_for, personal_for, small_instrument

SMALL = small_instrument()


def interview(number: int = 1, **changes: Any) -> dict[str, Any]:
    return {
        "format": "alliometrics-answers", "form": "F", "instrument": "small", "version": "1.0.0",
        "fingerprint": store.fingerprint(SMALL), "language": "es", "response_id": f"r{number}",
        "started": "2026-03-31T09:05:00Z", "ended": "2026-03-31T09:15:00Z", "duration_seconds": 600, "finished": True,
        "identifiers": {"firm_id": f"f{number}", "informant_id": "p"}, "optional_blocks": [],
        "order": {"learn": ["at1", "lrar2", "lrar1"]}, "answers": {"cons": 1, "tenr": "2.5", "dafmn": [1, 3]},
    } | changes


def text(*interviews: dict[str, Any]) -> str:
    return "\n".join(json.dumps(one, ensure_ascii=False) for one in interviews) + "\n"


def folder(path: Path, **files: str) -> Path:
    path.mkdir(exist_ok=True)
    for name, content in files.items():
        (path / f"{name}.json").write_text(content, encoding="utf-8")
    return path


def read(path: Path, form: str = "F", **options: Any) -> RawAnswers:
    return html.read(path, form, **{"instruments": SMALL} | options)


def refused(path: Path, form: str = "F", **options: Any) -> list[str]:
    with pytest.raises(InputError) as error:
        read(path, form, **options)
    assert all(finding.place and finding.rule and finding.fix for finding in error.value.findings)
    return [finding.code for finding in error.value.findings]


# -- what an interview says -----------------------------------------------------------------------------


def test_an_interview_becomes_a_row_of_text(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text(text(interview()), encoding="utf-8")
    raw = read(tmp_path / "a.json")
    assert raw.meta.loc[1].to_dict() == {
        "response_id": "r1", "instrument_version": "1.0.0", "language": "es", "started": "2026-03-31 09:05:00",
        "ended": "2026-03-31 09:15:00", "duration_seconds": "600", "finished": "1", "status": "response",
        "firm_id": "f1", "informant_id": "p"}
    assert {k: v for k, v in raw.cells.loc[1].items() if v} == {"cons": "1", "tenr": "2.5", "dafmn": "1,3"}
    assert list(raw.cells.columns) == [
        q.id for _, q in FORM_F.questions(optional=()) if not isinstance(q, Note)]
    assert (raw.platform, raw.form, raw.issues, raw.unknown_columns, raw.dropped_personal) == ("html", "F", (), (), {})


@pytest.mark.parametrize("kind", ["lines", "list", "pretty list", "one after the other", "folder", "zip", "UTF-16"])
def test_every_form_in_which_interviews_come(tmp_path: Path, kind: str) -> None:
    both = [interview(1), interview(2)]
    path = tmp_path / "answers"
    if kind == "folder":
        folder(path, b=text(both[1]), a=text(both[0]))
    elif kind == "zip":
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("in/b.json", text(both[1]))
            archive.writestr("in/a.json", text(both[0]))
            archive.writestr("__MACOSX/in/._a.json", "rubbish")
    else:
        content = {
            "lines": text(*both), "list": json.dumps(both), "pretty list": json.dumps(both, indent=2),
            "one after the other": json.dumps(both[0], indent=1) + json.dumps(both[1]), "UTF-16": text(*both)}[kind]
        path.write_text(content, encoding="utf-16" if kind == "UTF-16" else "utf-8-sig")
    raw = read(path)
    assert raw.meta["response_id"].to_dict() == {1: "r1", 2: "r2"}
    assert not raw.issues


def test_optional_blocks_have_columns_where_the_page_had_them(tmp_path: Path) -> None:
    assert "rtrt1" not in read(folder(tmp_path / "a", x=text(interview()))).cells
    fielded = read(folder(tmp_path / "b", x=text(interview(optional_blocks=["optrit"]))))
    assert fielded.cells[["rtrt1", "rtrt2"]].eq("").to_numpy().all()


def test_each_row_is_read_by_its_stamp_and_an_unknown_version_stays(tmp_path: Path) -> None:
    newer = newer_version()
    where = folder(tmp_path / "x", a=text(
        interview(1), interview(2, version="1.1.0", answers={"cons": 1, "extra": "4"}),
        interview(3, version="9.9.9", answers={"cons": 0})))
    raw = read(where, instruments=[SMALL, newer])
    assert raw.meta["instrument_version"].tolist() == ["1.0.0", "1.1.0", "9.9.9"]
    assert raw.cells["extra"].tolist() == ["", "4", ""]
    assert raw.cells["cons"].tolist() == ["1", "1", "0"]
    assert refused(folder(tmp_path / "y", a=text(interview(version="9.9.9")))) == ["READ-VERSION"]
    unstamped = interview()
    del unstamped["version"]
    there = folder(tmp_path / "z", a=text(unstamped))
    assert refused(there) == ["READ-VERSION"]
    assert read(there, version="1.0.0").meta["instrument_version"].tolist() == ["1.0.0"]


def newer_version() -> Instrument:
    extra = Fact(id="extra", kind="count", role="context", text="And?")
    first = FORM_F.blocks[0]
    form = FORM_F.model_copy(update={
        "blocks": (first.model_copy(update={"questions": (*first.questions, extra)}), *FORM_F.blocks[1:])})
    return SMALL.model_copy(update={"version": "1.1.0", "forms": (form, SMALL.forms[1])})


def test_personal_keys_are_counted_and_dropped_and_unknown_ones_listed(tmp_path: Path) -> None:
    where = folder(tmp_path / "x", a=text(
        interview(1, ip="203.0.113.7", **{"E-mail": ""}, received="now", answers={"cons": 1, "Phone": "1", "zzz": 3}),
        interview(2, ip="203.0.113.8", identifiers={"firm_id": "f", "informant_id": "p", "panel": "x", "name": "Ada"})))
    raw = read(where)
    assert raw.dropped_personal == {"ip": 2, "E-mail": 0, "Phone": 1, "name": 1}
    assert set(raw.unknown_columns) == {"received", "answers.zzz", "identifiers.panel"}
    assert "203.0.113" not in repr(raw)
    assert "Ada" not in repr(raw)


def test_another_fingerprint_is_said(tmp_path: Path) -> None:
    raw = read(folder(tmp_path / "x", a=text(interview(1), interview(2, fingerprint="0" * 64))))
    assert raw.label_check.status == "not verified"
    assert raw.label_check.note.startswith("1 of 2 ")
    good = read(folder(tmp_path / "y", a=text(interview(1))))
    assert (good.label_check.status, good.label_check.cells) == ("verified", 2)


def test_what_is_no_answer_stays_readable_for_validation(tmp_path: Path) -> None:
    answers = {"cons": True, "tenr": 2.5, "xjv1": None, "dafmn": [], "words": "=cmd()|' /C calc'!A0", "dafex": {"a": 1}}
    raw = read(folder(tmp_path / "x", a=text(interview(answers=answers))))
    assert {k: v for k, v in raw.cells.loc[1].items() if v} == {
        "cons": "true", "tenr": "2.5", "words": "=cmd()|' /C calc'!A0", "dafex": '{"a": 1}'}


def test_half_a_character_does_not_stop_the_reading(tmp_path: Path) -> None:
    where = folder(tmp_path / "x", a=json.dumps(interview(answers={"words": "a\ud83d"})))
    assert read(where).cells["words"].tolist() == ["a\ufffd"]


# -- what is broken -------------------------------------------------------------------------------------


def test_a_broken_file_is_a_row_set_aside_and_the_good_ones_go_on(tmp_path: Path) -> None:
    where = folder(
        tmp_path / "x", a=text(interview(1)), b=text(interview(2))[:200], c='{"format": "other"}', d="",
        e=text(interview(5)).replace('"form": "F"', '"form": "F", "form": "A"'), f=text(interview(6, answers=[1])),
        g=text(interview(7)))
    (where / "h.json").write_bytes(b'{"format": "\xff"}')
    (where / "notes.docx").write_bytes(b"PK")
    raw = read(where)
    assert raw.meta["response_id"].tolist() == ["r1", "", "", "", "", "r7", ""]
    assert [(issue.row, issue.code, issue.question) for issue in raw.issues] == [
        (row, "ROW-JSON", "") for row in (2, 3, 4, 5, 7)]
    assert [issue.value.split(",")[0] for issue in raw.issues] == ["b.json", "c.json", "e.json", "f.json", "h.json"]
    assert any("notes.docx" in note for note in raw.notes)


def test_a_form_that_no_version_has_is_refused(tmp_path: Path) -> None:
    assert refused(folder(tmp_path / "x", a=text(interview(form="X")))) == ["READ-NOT-THIS-FORM"]
    assert refused(folder(tmp_path / "z", a=text(interview(form=7)))) == ["READ-JSON"]
    only_a = SMALL.model_copy(update={"forms": SMALL.forms[1:]})
    assert refused(folder(tmp_path / "y", a=text(interview())), instruments=only_a) == ["READ-NOT-THIS-FORM"]


@pytest.mark.parametrize("cut", ["a line", "the end of a list", "behind an interview of a list"])
def test_what_is_cut_off_loses_no_good_interview(tmp_path: Path, cut: str) -> None:
    lines = text(interview(1), interview(2), interview(3)).splitlines()
    content = {
        "a line": "\n".join([lines[0], lines[1][:-30], lines[2]]), "the end of a list": f"[{','.join(lines)}"[:-50],
        "behind an interview of a list": f"[{','.join(lines)}"}[cut]
    path = tmp_path / "answers.json"
    path.write_text(content, encoding="utf-8")
    raw = read(path)
    expected = {"a line": ["r1", "", "r3"], "the end of a list": ["r1", "r2", ""],
                "behind an interview of a list": ["r1", "r2", "r3", ""]}[cut]
    assert raw.meta["response_id"].tolist() == expected
    assert [issue.row for issue in raw.issues] == [expected.index("") + 1]
    assert raw.issues[0].value == ("answers.json, line 2" if cut == "a line" else "answers.json, line 1")


@pytest.mark.parametrize(("content", "code"), [
    ("", "READ-EMPTY"), ("  \n", "READ-EMPTY"), ("StartDate,EndDate\n1,2\n", "READ-JSON"), ("[[[[", "READ-JSON"),
    ("{}", "READ-JSON"), ("NaN", "READ-JSON"), ("[" * 100_000, "READ-JSON"), ("9" * 5000, "READ-JSON"),
])
def test_a_file_without_any_interview_is_refused(tmp_path: Path, content: str, code: str) -> None:
    path = tmp_path / "answers.json"
    path.write_text(content, encoding="utf-8")
    assert refused(path) == [code]


def test_what_is_not_there_or_no_archive_is_refused(tmp_path: Path) -> None:
    assert refused(tmp_path / "none.json") == ["READ-MISSING"]
    (tmp_path / "empty").mkdir()
    assert refused(tmp_path / "empty") == ["READ-EMPTY"]
    with zipfile.ZipFile(tmp_path / "book.xlsx", "w") as archive:
        archive.writestr("xl/workbook.xml", "<x/>")
    assert refused(tmp_path / "book.xlsx") == ["READ-EMPTY"]
    with zipfile.ZipFile(tmp_path / "whole.zip", "w") as archive:
        archive.writestr("a.json", text(interview()) * 50)
    broken = bytearray((tmp_path / "whole.zip").read_bytes())
    broken[60:70] = b"0123456789"
    (tmp_path / "broken.zip").write_bytes(broken)
    assert refused(tmp_path / "broken.zip") == ["READ-JSON"]


def test_both_forms_may_share_a_folder(tmp_path: Path) -> None:
    other = interview(2, form="A", identifiers={"firm_id": "f", "alliance_id": "a", "informant_id": "p"},
                      answers={"ratr1": 4})
    where = folder(tmp_path / "x", a=text(interview(1)), b=text(other))
    assert read(where).meta["response_id"].tolist() == ["r1"]
    assert "1 interviews are of form A" in " ".join(read(where).notes)
    assert read(where, "A").cells["ratr1"].tolist() == ["4"]
    with pytest.raises(InputError, match="forms F, A"):
        html.form_of(where)
    assert html.form_of(where / "b.json") == "A"
    assert refused(where / "a.json", "A") == ["READ-NOT-THIS-FORM"]


def test_another_questionnaires_interview_is_set_aside(tmp_path: Path) -> None:
    raw = read(folder(tmp_path / "x", a=text(interview(1), interview(2, instrument="well-being"))))
    assert [(issue.row, issue.code) for issue in raw.issues] == [(2, "ROW-INSTRUMENT")]


# -- written and read back ------------------------------------------------------------------------------


def same(table: pd.DataFrame, other: pd.DataFrame) -> None:
    pd.testing.assert_frame_equal(table.reset_index(drop=True), other[table.columns].reset_index(drop=True))


@pytest.mark.parametrize("optional", [False, True])
def test_answers_come_back_as_they_were_written(tmp_path: Path, optional: bool) -> None:
    cells = good_cells(8, optional=optional)
    meta = meta_for(cells)
    meta.iloc[1, meta.columns.get_loc("status")] = "preview"
    meta.iloc[2, meta.columns.get_loc("finished")] = "0"
    html.write(tmp_path / "a.jsonl", SMALL, "F", cells, meta, personal_for(cells))
    raw = read(tmp_path / "a.jsonl")
    same(cells, raw.cells)
    same(meta, raw.meta)
    assert list(raw.cells.columns) == list(cells.columns)
    assert raw.dropped_personal == {"IPAddress": 8, "RecipientEmail": 7, "RecipientLastName": 8}
    assert not raw.unknown_columns
    first = (tmp_path / "a.jsonl").read_bytes()
    html.write(tmp_path / "b.jsonl", SMALL, "F", cells, meta, personal_for(cells))
    assert (tmp_path / "b.jsonl").read_bytes() == first


CELL = st.one_of(
    st.text(max_size=8),
    st.sampled_from(["1", "0", "na", "dk", "1,3", "1,2,3", "01", "1.0", "-5", "2,,3", ",", " 1", "é"]))
COLUMNS = [q.id for _, q in FORM_F.questions() if not isinstance(q, Note)]


@settings(max_examples=40, deadline=None)
@given(rows=st.lists(st.tuples(st.sampled_from(["1.0.0", "1.1.0", "7.0.0"]), st.lists(
    CELL, min_size=len(COLUMNS), max_size=len(COLUMNS))), min_size=1, max_size=5))
def test_any_text_in_any_cell_comes_back(tmp_path_factory: pytest.TempPathFactory, rows: list[Any]) -> None:
    path = tmp_path_factory.getbasetemp() / "any.jsonl"
    cells = pd.DataFrame([row for _, row in rows], columns=COLUMNS, dtype="str")
    cells["extra"] = ["5" if version == "1.1.0" else "" for version, _ in rows]
    meta = meta_for(cells)
    meta["instrument_version"] = [version for version, _ in rows]
    instruments = [SMALL, newer_version()]
    html.write(path, instruments, "F", cells, meta)
    if {version for version, _ in rows} == {"7.0.0"}:
        assert refused(path, instruments=instruments) == ["READ-VERSION"]
        return
    raw = read(path, instruments=instruments)
    present = [name for name in cells if name in raw.cells]
    same(cells[present], raw.cells)
    same(meta, raw.meta)
    assert cells.drop(columns=present).eq("").to_numpy().all()


@settings(max_examples=20, deadline=None)
@given(instrument=instruments(), seed=st.integers(0, 2**16), optional=st.booleans())
def test_respondents_of_any_instrument_come_back(
    tmp_path_factory: pytest.TempPathFactory, instrument: Instrument, seed: int, optional: bool
) -> None:
    path = tmp_path_factory.getbasetemp() / "drawn.jsonl"
    for form in instrument.forms:
        blocks = tuple(block.id for block in form.blocks if block.optional and optional)
        cells, meta = respondents(instrument, form.id, 4, seed, blocks)
        html.write(path, instrument, form.id, cells, meta)
        raw = html.read(path, form.id, instruments={instrument.version: instrument})
        same(cells, raw.cells)
        same(meta, raw.meta)
        assert (raw.label_check.status, raw.issues, raw.unknown_columns) == ("verified", (), ())
        assert html.form_of(path) == form.id


def test_writing_refuses_what_would_be_lost(tmp_path: Path) -> None:
    cells = good_cells(2)
    meta = meta_for(cells)
    for wrong_cells, wrong_meta, options in (
        (cells.assign(nobody="1"), meta, {}), (cells, meta.drop(columns="language"), {}), (cells, meta.iloc[::-1], {}),
        (cells, meta, {"export": "labels"}),
    ):
        with pytest.raises(ValueError, match=r"columns|rows|codes"):
            html.write(tmp_path / "x.jsonl", SMALL, "F", wrong_cells, wrong_meta, **options)
    assert set(META_COLUMNS) <= set(meta.columns)
