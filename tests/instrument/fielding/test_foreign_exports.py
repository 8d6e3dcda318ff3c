"""A questionnaire that is none of ours goes through every exporter, its answers through every platform and back.

``tests/foreign/ipip`` has one form, two languages, ten statements, and anchors at three of five points. It has no
identifiers, no consent, no facts and no missing codes: whatever a platform takes for granted because our own
questionnaire has it is missing here.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from functools import cache
from html import unescape
from pathlib import Path

import openpyxl
import pandas as pd
import pyreadstat
import pytest
from lxml import etree

from instrument import store
from instrument.fielding.answers import RawAnswers
from instrument.fielding.capabilities import FEATURES
from instrument.fielding.exports import OutputFile, wanted
from instrument.fielding.platforms import ANSWERS, EXPORTS, answers, exporter
from instrument.model import Instrument, Item
from tests.clients import python_client
from tests.instrument.fielding.generated import respondents
from tests.instrument.fielding.surveyjs.interviews import export_form, hold, interview, read_results, same_answers

FOREIGN = Path(__file__).resolve().parents[2] / "foreign" / "ipip"
FORM, SCALE = "P", "accurate5"


@cache
def foreign() -> Instrument:
    return store.load_folder(FOREIGN)


@cache
def exported(platform: str) -> tuple[OutputFile, ...]:
    return exporter(platform).export(foreign(), wanted(foreign()))


@cache
def answered(n: int = 40) -> tuple[pd.DataFrame, pd.DataFrame]:
    return respondents(foreign(), FORM, n, seed=4)


# -- every exporter -------------------------------------------------------------------------------------


@pytest.mark.parametrize("platform", EXPORTS)
def test_every_file_holds_every_statement_and_anchor_in_its_languages(platform: str, tmp_path: Path) -> None:
    spoken = set()
    for file in exported(platform):
        said = words(file, tmp_path)
        languages = languages_of(file)
        spoken |= set(languages)
        missing = [text for language in languages for text in texts(language) if text not in said]
        assert missing == [], file.name
    assert spoken == set(foreign().languages)


def texts(language: str) -> list[str]:
    """What a respondent must be able to read: each statement, and each anchor of the scale."""
    keys = [f"question.{item.id}" for _, item in foreign().form(FORM).questions()]
    keys += [f"scale.{SCALE}.{point.code}" for point in foreign().scales[0].points if point.label is not None]
    return [foreign().text(key, language) for key in keys]


def languages_of(file: OutputFile) -> tuple[str, ...]:
    """The one language that its name states; else all."""
    stated = [language for language in foreign().languages if language in file.name.split(".")[-2].split("-")]
    return tuple(stated) or foreign().languages


def test_what_must_be_found_is_the_whole_questionnaire_in_two_languages() -> None:
    assert {language: len(set(texts(language))) for language in foreign().languages} == {"en": 13, "es": 13}
    assert not set(texts("en")) & set(texts("es"))
    assert all(isinstance(question, Item) for _, question in foreign().form(FORM).questions())


@pytest.mark.parametrize("platform", EXPORTS)
def test_an_export_gives_the_same_bytes_again_under_names_of_their_own(platform: str) -> None:
    again = exporter(platform).export(foreign(), wanted(foreign()))
    assert again == exported(platform)
    assert len({file.name for file in again}) == len(again) > 0
    assert all(Path(file.name).name == file.name for file in again)


@pytest.mark.parametrize("platform", EXPORTS)
def test_nothing_is_said_to_be_lost_that_this_questionnaire_does_not_have(platform: str) -> None:
    assert set(exporter(platform).CAPABILITIES) == set(FEATURES)
    lost = {loss.feature for loss in exporter(platform).losses(foreign(), wanted(foreign()))}
    if platform == "qualtrics":
        lost.discard("routing")  # what the text format lacks beside the QSF file is said with every export
    assert lost <= {"languages", "matrix", "required", "item order", "version stamp", "language stamp", "keys",
                    "definitions"}


# -- the words in a file --------------------------------------------------------------------------------


def words(file: OutputFile, folder: Path) -> str:
    """Everything that a file says, one text a line."""
    read = {".xlsx": _sheets, ".json": _json, ".qsf": _json, ".csv": _table, ".xml": _xml, ".html": _page}
    kind = Path(file.name).suffix
    if kind == ".sav":
        (folder / file.name).write_bytes(file.content)
        _, meta = pyreadstat.read_sav(folder / file.name)
        labels = [label for found in meta.value_labels.values() for label in found.values()]
        return "\n".join([*filter(None, meta.column_labels), *labels])
    return "\n".join(read[kind](file.content)) if kind in read else file.content.decode("utf-8-sig")


def _sheets(content: bytes) -> Iterator[str]:
    for sheet in openpyxl.load_workbook(io.BytesIO(content)):
        yield from (str(cell) for row in sheet.iter_rows(values_only=True) for cell in row if cell is not None)


def _json(content: bytes) -> Iterator[str]:
    def strings(value: object) -> Iterator[str]:
        if isinstance(value, str):
            yield unescape(value)
        elif isinstance(value, dict | list):
            for part in value.values() if isinstance(value, dict) else value:
                yield from strings(part)

    return strings(json.loads(content))


def _table(content: bytes) -> Iterator[str]:
    return (cell for row in csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")) for cell in row)


def _xml(content: bytes) -> Iterator[str]:
    return (str(text).strip() for text in etree.fromstring(content).itertext())


def _page(content: bytes) -> Iterator[str]:
    """Text between tags, and the strings of the data that scripts read."""
    tree = etree.fromstring(content, etree.HTMLParser(encoding="utf-8"))
    for element in tree.iter():
        if element.tag == "script" and element.get("type") == "application/json":
            yield from _json((element.text or "").encode())
        elif element.tag not in ("script", "style") and isinstance(element.tag, str):
            yield from (text.strip() for text in (element.text, element.tail) if text)


# -- every platform's answers ---------------------------------------------------------------------------


@pytest.mark.parametrize("platform", ANSWERS)
def test_answers_written_as_a_platform_exports_them_are_read_back(platform: str, tmp_path: Path) -> None:
    form = answers(platform)
    path, known = tmp_path / f"answers{form.SUFFIX}", {foreign().version: foreign()}
    cells, meta = answered()
    form.write(path, foreign(), FORM, cells, meta)
    assert form.form_of(path, instruments=known) == FORM
    same(form.read(path, FORM, instruments=known), cells, meta)


def same(raw: RawAnswers, cells: pd.DataFrame, meta: pd.DataFrame) -> None:
    pd.testing.assert_frame_equal(raw.cells.reset_index(drop=True), cells, check_like=True)
    pd.testing.assert_frame_equal(raw.meta.reset_index(drop=True)[list(meta.columns)], meta)
    assert (raw.form, raw.unknown_columns, raw.issues) == (FORM, (), ())


def test_the_answers_sent_are_worth_sending() -> None:
    cells, meta = answered()
    assert set(cells) == {item.id for item in foreign().items("ext") + foreign().items("neu")}
    assert set(cells.to_numpy().ravel()) == {"", "1", "2", "3", "4", "5"}
    assert set(meta["language"]) == {"en", "es"}


# -- programs we did not write --------------------------------------------------------------------------


@pytest.mark.client
def test_pyxform_and_odk_validate_accept_the_form(tmp_path: Path) -> None:
    (file,) = exported("xlsform")
    (tmp_path / file.name).write_bytes(file.content)
    done = python_client("pyxform_convert.py", tmp_path / file.name)
    assert done.returncode == 0, done.stderr
    # ODK Validate can print an error and still succeed: what it prints counts.
    assert not done.stderr.strip()
    assert json.loads(done.stdout) == {file.name: []}
    form = (tmp_path / file.name).with_suffix(".xml").read_text(encoding="utf-8")
    assert all(text in form for language in foreign().languages for text in texts(language))


@pytest.mark.client
def test_survey_core_accepts_the_survey_and_holds_interviews_in_both_languages(tmp_path: Path) -> None:
    cells, meta = (frame.head(6) for frame in answered())
    rows, about = ([{str(name): str(cell) for name, cell in row.items()} for _, row in frame.iterrows()]
                   for frame in (cells, meta))
    held = hold(export_form(tmp_path, foreign(), FORM),
                *(interview(foreign(), FORM, *one) for one in zip(rows, about, strict=True)))
    assert {name: found for name, found in held["faults"].items() if name != "locales"} == {
        "json": [], "expressions": [], "duplicates": []}
    for language, found in zip(meta["language"], held["interviews"], strict=True):
        assert set(texts(language)[:10]) <= set(found["shown"].values())
    raw = read_results(tmp_path, foreign(), FORM, [found["result"] for found in held["interviews"]])
    same_answers(raw.cells, cells)
    assert list(raw.meta["language"]) == list(meta["language"])


@pytest.mark.client
def test_linkml_and_reproschema_accept_the_dictionaries(tmp_path: Path) -> None:
    paths = [tmp_path / file.name for file in exported("redcap")]
    for path, file in zip(paths, exported("redcap"), strict=True):
        path.write_bytes(file.content)
    (tmp_path / "out").mkdir()
    done = python_client("redcap_dictionary.py", tmp_path / "out", *paths)
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout.splitlines()[-1])
    asked = {question.id for _, question in foreign().form(FORM).questions()}
    assert set(said) == {path.name for path in paths}
    for found in said.values():
        assert found["complaints"] == []
        assert asked <= set(found["fields"]) == set(found["items"])
