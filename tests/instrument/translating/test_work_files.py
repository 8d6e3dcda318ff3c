"""Files as they come back from people and programs: edited, reordered, damaged, or something else altogether."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from instrument.errors import InputError
from instrument.model import Instrument
from instrument.translating import Format, WorkFile, check_work, read_work_file, version_of, work_file

Back = Callable[..., WorkFile]


def codes(error: InputError) -> list[str]:
    return [finding.code for finding in error.findings]


def edited(change: Callable[[Any], None]) -> Callable[[bytes], bytes]:
    """A workbook as a spreadsheet program saves it after ``change``."""
    def go(content: bytes) -> bytes:
        book = openpyxl.load_workbook(io.BytesIO(content))
        change(book)
        out = io.BytesIO()
        book.save(out)
        return out.getvalue()
    return go


def write_in(cells: dict[str, Any]) -> Callable[[bytes], bytes]:
    def change(book: Any) -> None:
        for name, value in cells.items():
            book["translation"][name] = value
    return edited(change)


def string(work: WorkFile, key: str) -> tuple[str, str | None]:
    found = next(one for one in work.strings if one.key == key)
    return found.text, found.status


# -- what people write --------------------------------------------------------------------------------


def test_what_a_translator_writes_is_read(sample: Instrument, back: Back) -> None:
    work = back(sample, "xlsx", change=write_in({
        "G2": "Travailler_x000D_\nensemble\r\n", "H2": " Reviewed ", "I2": "To work together", "J2": "Good?"}))
    first = work.strings[0]
    assert (first.key, first.text, first.status) == ("instrument.title", "Travailler\nensemble\n", "reviewed")
    assert (first.back_translation, first.comment) == ("To work together", "Good?")
    assert first.place == "sample-2.3.4-fr.xlsx, sheet translation, row 2"


def test_columns_are_found_by_name(french: Instrument, back: Back) -> None:
    def swap(book: Any) -> None:
        sheet = book["translation"]
        sheet.move_range("G1:G100", cols=10)
        sheet["Q1"] = "Translation "
        sheet.delete_cols(2)
    assert back(french, "xlsx", change=edited(swap)).strings == back(french, "xlsx").strings


def test_a_status_that_is_none_makes_a_draft_and_a_finding(sample: Instrument, back: Back) -> None:
    work = back(sample, "xlsx", change=write_in({"G2": "Un", "H2": "done", "G4": "Non"}))
    assert string(work, "instrument.title") == ("Un", "draft")
    assert [(f.code, f.severity) for f in work.issues] == [
        ("TRANSLATION-STATUS-UNKNOWN", "error"), ("TRANSLATION-STATUS-UNKNOWN", "warning")]
    assert set(work.issues) <= set(check_work(work, sample))


def test_numbers_that_a_spreadsheet_made_of_words_are_words_again(sample: Instrument, back: Back) -> None:
    assert string(back(sample, "xlsx", change=write_in({"G2": 3.0})), "instrument.title") == ("3", "draft")


def test_a_formula_in_place_of_a_translation_is_a_finding(sample: Instrument, back: Back) -> None:
    work = back(sample, "xlsx", change=write_in({"G2": "=1+1", "H2": "draft"}))
    assert [f.code for f in work.issues] == ["TRANSLATION-FORMULA"]


@pytest.mark.parametrize(("attributes", "status"), [
    (b'state="translated"', "draft"), (b'state="needs-review-translation"', "draft"), (b"", "draft"),
    (b'state="signed-off"', "reviewed"), (b'state="final"', "reviewed"),
    (b'state="final" state-qualifier="x-back-translated"', "back-translated"),
    (b'state="translated" state-qualifier="x-back-translated"', "draft"),
])
def test_states_of_translation_programs_claim_no_more_than_they_say(
    sample: Instrument, back: Back, attributes: bytes, status: str,
) -> None:
    def change(content: bytes) -> bytes:
        return content.replace(b'<target state="needs-translation"/>', b"<target " + attributes + b">Un</target>", 1)
    assert string(back(sample, change=change), "instrument.title") == ("Un", status)


def test_segments_and_notes_of_translation_programs_are_read(sample: Instrument, back: Back) -> None:
    def change(content: bytes) -> bytes:
        return content.replace(
            b'<target state="needs-translation"/>',
            b'<target><mrk mtype="seg" mid="0">Un.</mrk> <mrk mtype="seg" mid="1">Deux <ph id="1">{x}</ph>.</mrk>'
            b'</target><note from="reviewer">Sure?</note><note from="back-translation">One. Two.</note>', 1)
    first = back(sample, change=change).strings[0]
    assert (first.text, first.comment, first.back_translation) == ("Un. Deux {x}.", "Sure?", "One. Two.")


def test_codes_of_a_translation_program_that_stand_for_nothing_of_ours_are_a_finding(
    sample: Instrument, back: Back,
) -> None:
    work = back(sample, change=lambda content: content.replace(
        b'<target state="needs-translation"/>', b'<target>Un<x id="1"/></target>', 1))
    assert [f.code for f in work.issues] == ["TRANSLATION-INLINE"]


# -- what is no work file of this instrument ----------------------------------------------------------


@pytest.mark.parametrize("format", ["xliff", "xlsx"])
def test_a_work_file_of_another_version_or_instrument_is_refused(
    french: Instrument, tmp_path: Path, format: Format,
) -> None:
    out = work_file(french, "fr", format)
    (tmp_path / out.name).write_bytes(out.content)
    for other in ({"version": "2.4.0"}, {"name": "another"}):
        with pytest.raises(InputError) as caught:
            read_work_file(tmp_path / out.name, french.model_copy(update=other))
        assert codes(caught.value) == ["TRANSLATION-VERSION"]
        assert "sample 2.3.4" in caught.value.findings[0].rule
    assert version_of(tmp_path / out.name) == "2.3.4"


def test_a_work_file_from_or_into_the_wrong_language_is_refused(sample: Instrument, back: Back) -> None:
    for old, new in ((b'source-language="en"', b'source-language="es"'), (b'target-language="fr"',
                     b'target-language="en"'), (b'target-language="fr"', b'target-language="fr_FR"')):
        with pytest.raises(InputError) as caught:
            back(sample, change=lambda content, old=old, new=new: content.replace(old, new))
        assert codes(caught.value) == ["TRANSLATION-LANGUAGE"]


@pytest.mark.parametrize("format", ["xliff", "xlsx"])
@pytest.mark.parametrize("share", [0.2, 0.5, 0.9, 0.999])
def test_a_truncated_file_is_refused(french: Instrument, back: Back, format: Format, share: float) -> None:
    with pytest.raises(InputError) as caught:
        back(french, format, change=lambda content: content[:int(len(content) * share)])
    assert codes(caught.value) == ["TRANSLATION-FILE"]


@pytest.mark.parametrize("content", [
    b"", b"key,translation\na,b\n", b"<html></html>", b"PK\x03\x04 nothing", b"<?xml version='1.0'?>", b"\xff\xfe\x00",
    b'<xliff version="2.0" xmlns="urn:oasis:names:tc:xliff:document:2.0"/>',
    b'<xliff version="1.2" xmlns="urn:oasis:names:tc:xliff:document:1.2"/>',
    b'<xliff version="1.2" xmlns="urn:oasis:names:tc:xliff:document:1.2"><file><body/></file></xliff>',
    b'<!DOCTYPE x [<!ENTITY a "b">]><xliff version="1.2" xmlns="urn:oasis:names:tc:xliff:document:1.2"/>',
])
def test_another_kind_of_file_is_refused(sample: Instrument, tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "file"
    path.write_bytes(content)
    with pytest.raises(InputError) as caught:
        read_work_file(path, sample)
    assert codes(caught.value) == ["TRANSLATION-FILE"]


def test_an_absent_file_and_a_folder_are_refused(sample: Instrument, tmp_path: Path) -> None:
    for path in (tmp_path / "none.xlsx", tmp_path):
        with pytest.raises(InputError) as caught:
            read_work_file(path, sample)
        assert codes(caught.value) == ["TRANSLATION-FILE"]


def test_entities_are_neither_expanded_nor_fetched(sample: Instrument, back: Back, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("hidden words", encoding="utf-8")
    head = f'<!DOCTYPE xliff [<!ENTITY s SYSTEM "{secret.as_uri()}">]>\n<xliff '.encode()
    with pytest.raises(InputError) as caught:
        back(sample, change=lambda content: content.replace(b"<xliff ", head, 1).replace(b"Working", b"&s;", 1))
    assert codes(caught.value) == ["TRANSLATION-FILE"]
    assert "hidden" not in str(caught.value)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_a_workbook_with_a_document_type_is_refused(sample: Instrument, back: Back, encoding: str) -> None:
    def change(content: bytes) -> bytes:
        out = io.BytesIO()
        with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(out, "w") as new:
            for name in old.namelist():
                head = '<!DOCTYPE x [<!ENTITY a "b">]>'.encode(encoding) if name == "xl/styles.xml" else b""
                new.writestr(name, head + old.read(name))
        return out.getvalue()
    with pytest.raises(InputError) as caught:
        back(sample, "xlsx", change=change)
    assert codes(caught.value) == ["TRANSLATION-FILE"]
    assert "document type" in caught.value.findings[0].rule


def test_missing_and_doubled_columns_are_named_all_at_once(sample: Instrument, back: Back) -> None:
    with pytest.raises(InputError) as caught:
        back(sample, "xlsx", change=write_in({"E1": "text", "G1": "key"}))
    assert codes(caught.value) == ["TRANSLATION-COLUMN"] * 3
    assert [finding.rule for finding in caught.value.findings] == [
        "there is no column 'source'", "there is no column 'translation'", "the column 'key' stands there twice"]


def test_a_workbook_that_does_not_say_what_it_translates_is_refused(sample: Instrument, back: Back) -> None:
    with pytest.raises(InputError) as caught:
        back(sample, "xlsx", change=edited(lambda book: book.remove(book["about"])))
    assert codes(caught.value) == ["TRANSLATION-FILE"]


def test_formats_are_xliff_and_xlsx(sample: Instrument) -> None:
    with pytest.raises(InputError) as caught:
        work_file(sample, "fr", "csv")  # type: ignore[arg-type]
    assert codes(caught.value) == ["TRANSLATION-FORMAT"]
