"""Whatever a translation says, it comes back from a work file as it went out."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Callable
from pathlib import Path

import openpyxl
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from instrument import store
from instrument.errors import InputError
from instrument.model import Instrument, Translation
from instrument.reading import read_yaml
from instrument.translating import Format, WorkFile, check_work, completeness, read_work_file, to_yaml, work_file
from tests.instrument.translating.conftest import Translated

ODD = ("=cmd()", "'=cmd()", "''+1+1", "-5", "+33 1", "@me", "'", "''", '"quoted"', "it's", "a\nb", "a\n\nb\n", "\tx",
       "« à » ?", "עברית", "العربية", "👩‍🔬 100 %", "#N/A", "TRUE", "1.0", "No", "null", "a: b", "# c", "- d", "{x}",
       "%s", "<b>&amp;</b>", " lead", "trail ", "]]>", "\u2028", "\u0085", "\ufeff", "&a", "*a", "|", ">-", "~",
       "2026-01-01", "\u00a0", "word " * 60)
TEXT = st.one_of(
    st.sampled_from(ODD),
    st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs"), exclude_characters="\ufffe\uffff")),
    st.text(st.sampled_from("=+-@'\"\n\t <>&;:#*[]{}%éא👍\u202f_x0")),
).filter(lambda text: text.strip() != "" and "x005F_" not in text and not re.search("_x[0-9A-Fa-f]{4}_", text))
STATUS = st.sampled_from(("draft", "reviewed", "back-translated"))
KEYS = ("instrument.title", "instrument.alliance_definition", "question.whatis", "question.hello", "option.what.1")
STRINGS = st.dictionaries(st.sampled_from(KEYS), st.fixed_dictionaries({"text": TEXT, "status": STATUS}))

SETTINGS = settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))


def contents(work: WorkFile) -> dict[str, tuple[str, str | None]]:
    return {string.key: (string.text, string.status) for string in work.strings}


@pytest.mark.parametrize("format", ["xliff", "xlsx"])
@SETTINGS
@given(strings=STRINGS)
@example(strings={"question.hello": {"text": "'=1", "status": "draft"}})
def test_strings_and_statuses_survive_the_work_file(
    translated: Translated, tmp_path: Path, format: Format, strings: dict[str, dict[str, str]],
) -> None:
    instrument = translated(strings)
    out = work_file(instrument, "fr", format)
    (tmp_path / out.name).write_bytes(out.content)
    read = contents(read_work_file(tmp_path / out.name, instrument))
    wanted = {key: (strings[key]["text"], strings[key]["status"]) if key in strings else ("", None)
              for key in instrument.strings()}
    assert read == wanted


@SETTINGS
@given(strings=STRINGS)
@example(strings={key: {"text": "the same long text " * 9 + "end", "status": status} for key, status in (
    ("instrument.alliance_definition", "reviewed"), ("question.whatis", "draft"))})
@example(strings={key: {"text": "the same long text " * 9 + "end", "status": status} for key, status in (
    ("instrument.alliance_definition", "draft"), ("question.whatis", "reviewed"))})
def test_strings_and_statuses_survive_the_yaml_file(
    translated: Translated, tmp_path: Path, strings: dict[str, dict[str, str]],
) -> None:
    instrument = translated(strings)
    out = work_file(instrument, "fr", "xliff")
    (tmp_path / out.name).write_bytes(out.content)
    path = tmp_path / "fr.yaml"
    text = to_yaml(read_work_file(tmp_path / out.name, instrument), instrument)
    path.write_text(text, encoding="utf-8", newline="\n")
    written = read_yaml(path, Translation)
    assert {key: written.text(key) for key in written.strings} == {key: one["text"] for key, one in strings.items()}
    statuses = {key: getattr(string, "status", written.status) for key, string in written.strings.items()}
    assert statuses == {key: one["status"] for key, one in strings.items()}


@pytest.mark.parametrize("language", ["es", "fr"])
@pytest.mark.parametrize("format", ["xliff", "xlsx"])
def test_our_own_translations_go_out_and_in_unchanged_and_unfaulted(
    back: Callable[..., WorkFile], language: str, format: Format,
) -> None:
    latest = store.load("1.1.0")
    present = next(t for t in latest.translations if t.language == language)
    work = back(latest, format, language)
    assert {s.key: s.text for s in work.strings} == {key: present.text(key) for key in latest.strings()}
    assert check_work(work, latest) == ()
    assert completeness(work, latest).translated == len(latest.strings())
    assert (work.name, work.translator) == (present.name, present.translator)


@pytest.mark.parametrize("format", ["xliff", "xlsx"])
def test_the_same_instrument_gives_the_same_bytes(
    french: Instrument, format: Format, monkeypatch: pytest.MonkeyPatch,
) -> None:
    first = work_file(french, "fr", format).content
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    monkeypatch.setattr("time.time", lambda: 4e8)
    assert work_file(french, "fr", format).content == first
    if format == "xlsx":
        with zipfile.ZipFile(io.BytesIO(first)) as parts:
            assert {part.date_time for part in parts.infolist()} == {(1980, 1, 1, 0, 0, 0)}
            assert b"2026" not in parts.read("docProps/core.xml")


@pytest.mark.parametrize("character", ["\x00", "\x0b", "\x1b", "\ufffe", "\ud800"])
@pytest.mark.parametrize("format", ["xliff", "xlsx"])
def test_what_no_xml_can_hold_is_a_finding_with_its_key(
    french: Instrument, format: Format, character: str,
) -> None:
    broken = french.model_copy(update={"translations": (french.translations[0].model_copy(
        update={"strings": {"question.tr1": f"Nous{character}"}}),)})
    with pytest.raises(InputError) as caught:
        work_file(broken, "fr", format)
    assert [(f.code, f.place) for f in caught.value.findings] == [("TRANSLATION-CHARACTER", "question.tr1")]


@pytest.mark.parametrize("text", ["x" * 32_767, "a_x000D_b", "ax005F_b"])
def test_what_no_cell_can_hold_is_a_finding_and_goes_into_xliff(
    translated: Translated, back: Callable[..., WorkFile], text: str,
) -> None:
    instrument = translated({"question.tr1": text})
    with pytest.raises(InputError) as caught:
        work_file(instrument, "fr", "xlsx")
    assert [(f.code, f.place) for f in caught.value.findings] == [("TRANSLATION-CELL", "question.tr1")]
    assert contents(back(instrument, "xliff"))["question.tr1"] == (text, "draft")


def test_no_cell_of_the_workbook_is_a_formula_and_the_source_is_locked(translated: Translated) -> None:
    strings = {"question.tr1": "=HYPERLINK(1)", "question.tr2": "@x", "question.size": "#N/A"}
    instrument = translated(strings, translator="=cmd()")
    book = openpyxl.load_workbook(io.BytesIO(work_file(instrument, "fr", "xlsx").content))
    cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row if cell.value]
    assert {cell.data_type for cell in cells} == {"s"}
    assert not [cell.value for cell in cells if str(cell.value)[0] in "=+-@\t"]
    sheet = book["translation"]
    assert sheet.freeze_panes == "B2"
    assert sheet.protection.sheet
    names = [cell.value for cell in sheet[1]]
    open_columns = [name for name, cell in zip(names, sheet[2], strict=True) if not cell.protection.locked]
    assert open_columns == ["translation", "status", "back translation", "comment"]
    assert all(cell.alignment.wrap_text for cell in sheet[2])
    [choice] = sheet.data_validations.dataValidation
    assert (choice.type, choice.formula1) == ("list", '"draft,reviewed,back-translated"')
    assert str(choice.sqref) == f"H2:H{len(instrument.strings()) + 1}"
