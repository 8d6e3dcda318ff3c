"""SPSS: labelled files as pyreadstat reads them back, and answers written and read back."""

from __future__ import annotations

import re
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pandas as pd
import pyreadstat
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from instrument import store
from instrument.errors import InputError
from instrument.fielding import spss
from instrument.fielding.answers import META_COLUMNS
from instrument.fielding.exports import wanted
from instrument.fielding.spss.numbers import missing_numbers, missing_numbers_of
from instrument.fielding.spss.syntax import comment, quoted
from instrument.fielding.spss.variables import shortened
from instrument.model import Fact, Instrument, Option
from tests.instrument.fielding.generated import instruments, respondents
from tests.instrument.fielding.small import good_cells, meta_for, small_instrument
from tests.instrument.fielding.test_plain import same

KNOWN = {"1.0.0": small_instrument()}
SLOW = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
AGREE = {1.0: "Strongly disagree", 4.0: "Neither, nor", 7.0: "Strongly agree", -97.0: "Not applicable",
         -98.0: "I don't know", -99.0: "No answer"}


def everything(instrument: Instrument) -> dict[str, bytes]:
    optional = tuple(block.id for form in instrument.forms for block in form.blocks if block.optional)
    return {f.name: f.content for f in spss.export(instrument, wanted(instrument, optional_blocks=optional))}


def dictionary(content: bytes, folder: Path) -> Any:
    path = folder / "read.sav"
    path.write_bytes(content)
    frame, found = pyreadstat.read_sav(path, user_missing=True)
    assert len(frame) == 0
    return found


def declared(*numbers: float | str) -> list[dict[str, float | str]]:
    return [{"lo": n, "hi": n} for n in numbers]


def rewritten(path: Path, *, change: dict[str, dict[float, float]] | None = None, **more: Any) -> None:
    """A data file as a person changed it: values by variable, and the dictionary's parts in place of their own."""
    frame, found = pyreadstat.read_sav(path, user_missing=True)
    for name, values in (change or {}).items():
        frame[name] = frame[name].replace(values)
    kept = {"variable_value_labels": found.variable_value_labels, "missing_ranges": found.missing_ranges}
    pyreadstat.write_sav(frame, path, **(kept | {
        key: {**kept.get(key, {}), **value} if isinstance(value, dict) else value for key, value in more.items()}))


def refused(path: Path, form: str = "F") -> dict[str, str]:
    with pytest.raises(InputError) as error:
        spss.read(path, form, instruments=KNOWN)
    assert all(finding.fix and finding.rule and "answers.sav" in finding.place for finding in error.value.findings)
    return {finding.code: finding.place for finding in error.value.findings}


@pytest.fixture
def answers(tmp_path: Path) -> Path:
    path = tmp_path / "answers.sav"
    spss.write(path, small_instrument(), "F", good_cells(), meta_for(good_cells()))
    return path


# -- labels out -----------------------------------------------------------------------------------------


def test_an_empty_data_file_has_all_labels_missing_values_and_measures(tmp_path: Path) -> None:
    found = dictionary(everything(small_instrument())["spss-F-en.sav"], tmp_path)
    assert found.column_names[:10] == [*META_COLUMNS, "firm_id", "informant_id"]
    assert found.column_names[10:] == [
        "cons", "tenr", "xjv1", "dafex", "dafyr", "dafmn_1", "dafmn_2", "dafmn_3", "dafmn_9", "lrar1", "lrar2", "at1",
        "fdate", "words", "rtrt1", "rtrt2"]
    labels, values, missing = found.column_names_to_labels, found.variable_value_labels, found.missing_ranges
    assert labels["lrar2"] == "We talk about it."
    assert labels["dafmn_2"] == "Trains, coaches and audits: What does it do?"
    assert values["lrar2"] == AGREE
    assert values["dafmn_3"] == {0.0: "Not chosen", 1.0: "Trains", -98.0: "I don't know"}
    assert values["xjv1"] == {-98.0: "I don't know"}
    assert missing["lrar2"] == declared(-97, -98, -99)
    assert missing["dafmn_3"] == missing["xjv1"] == declared(-98)
    assert set(missing) == {"xjv1", "lrar1", "lrar2", "at1", "rtrt1", "rtrt2", *(f"dafmn_{k}" for k in (1, 2, 3, 9))}
    measure = found.variable_measure
    assert (measure["lrar1"], measure["cons"], measure["tenr"]) == ("ordinal", "nominal", "scale")
    assert (measure["words"], measure["dafmn_1"]) == ("nominal", "nominal")
    types = found.original_variable_types
    assert (types["words"], types["fdate"], types["tenr"], types["lrar1"]) == ("A1000", "A10", "F8.2", "F8.0")
    assert "Reversed items, left as answered: lrar2" in found.notes


@pytest.mark.parametrize("version", store.versions())
def test_every_form_and_language_of_a_release_is_labelled_whole(version: str, tmp_path: Path) -> None:
    instrument = store.load(version)
    files = everything(instrument)
    for form in instrument.forms:
        for language in instrument.languages:
            found = dictionary(files[f"spss-{form.id}-{language}.sav"], tmp_path)
            assert all(found.column_labels)
            for item in (q for _, q in form.questions() if q.type == "item"):
                words = found.variable_value_labels[item.id]
                assert words[1.0] == instrument.label(item, 1, language)
                assert words[-97.0] == instrument.label(item, "na", language)
            script = files[f"spss-{form.id}-{language}.sps"].decode("utf-8-sig")
            assert max(len(line.encode()) for line in script.splitlines()) <= 250
            assert all(f"VARIABLE LABELS {name}\n" in script for name in found.column_names)


def test_the_header_holds_the_day_of_release_and_no_clock(tmp_path: Path) -> None:
    small = small_instrument()
    files = everything(small)
    assert files == everything(small)
    assert files["spss-F-en.sav"][92:109] == b"01 Jan 0000:00:00"
    released = small.model_copy(update={"released": date(2026, 3, 9)})
    assert dictionary(everything(released)["spss-F-en.sav"], tmp_path).creation_time == datetime(2026, 3, 9)


def test_syntax_declares_what_the_data_file_declares() -> None:
    script = everything(small_instrument())["spss-F-en.sps"].decode("utf-8-sig")
    assert "VALUE LABELS lrar1 lrar2 at1 rtrt1 rtrt2\n  1 'Strongly disagree'" in script
    assert "-98 'I don''t know'" in script
    assert "MISSING VALUES lrar1 lrar2 at1 rtrt1 rtrt2 (-97, -98, -99)." in script
    assert "VARIABLE LEVEL lrar1 lrar2 rtrt1 rtrt2 (ORDINAL)." in script
    assert "VARIABLES=dafmn_1 dafmn_2 dafmn_3 dafmn_9\n  VALUE=1." in script
    assert "VARIABLE ATTRIBUTE VARIABLES=lrar2\n  ATTRIBUTE=reversed('yes')." in script
    assert script.index("SET UNICODE=ON") < script.index("GET DATA")


def test_labels_too_long_are_cut_visibly_and_counted(tmp_path: Path) -> None:
    words = "é" * 200
    question = Fact(id="long", kind="choice", role="context", text=words, options=(
        Option(code=1, label=words), Option(code=2, label="short")))
    small = small_instrument()
    start = small.forms[1].blocks[0].model_copy(update={"questions": (question,)})
    form = small.forms[1].model_copy(update={"blocks": (start,)})
    instrument = Instrument.model_validate(small.model_dump() | {"forms": (form,), "translations": ()})
    files = everything(instrument)
    found = dictionary(files["spss-A-en.sav"], tmp_path)
    assert found.column_names_to_labels["long"] == "é" * 126 + "…"
    assert found.variable_value_labels["long"] == {1.0: "é" * 58 + "…", 2.0: "short"}
    assert "Labels too long for SPSS, cut where an ellipsis stands: 2" in " ".join(found.notes)
    assert "an ellipsis stands: 2." in files["spss-A-en.sps"].decode("utf-8-sig")
    (lost,) = [loss for loss in spss.losses(instrument, wanted(instrument)) if "ellipsis" in loss.words]
    assert lost.words.startswith("2 labels")
    assert lost.where == ("long",)
    assert not any("ellipsis" in loss.words for loss in spss.losses(small, wanted(small)))
    cells, path = pd.DataFrame({"long": ["1", "2"]}, dtype="str"), tmp_path / "answers.sav"
    spss.write(path, instrument, "A", cells, meta_for(cells, "A"))
    same(spss.read(path, "A", instruments={"1.0.0": instrument}), cells, meta_for(cells, "A"))


@given(st.text(max_size=400))
@settings(max_examples=60, deadline=None)
def test_quoted_text_is_one_text_again_and_no_command_ends_in_it(text: str) -> None:
    written = quoted(text)
    parts = [re.fullmatch(r"'((?:[^']|'')*)'", line.strip().removesuffix(" +")) for line in written.split("\n")]
    assert all(parts)
    said = "".join(part[1].replace("''", "'") for part in parts if part)
    assert said == " ".join("".join(c if c.isprintable() else " " for c in text).split())
    assert all(line.rstrip()[-1] in "'+" for line in written.split("\n"))
    one = comment(text)
    assert one.count("\n") == 1
    assert one.endswith(".\n")
    assert not set("'\"") & set(one)
    assert len(shortened(text, 120).encode()) <= 120


# -- numbers for missing codes --------------------------------------------------------------------------


def number(least: float, most: float) -> Fact:
    return Fact(id="n", kind="number", role="context", text="?", minimum=least, maximum=most)


def test_missing_numbers_avoid_the_answers_of_a_question() -> None:
    small = small_instrument()
    assert missing_numbers(small, number(0, 100)) == {"na": -97, "dk": -98, "rf": -99}
    assert missing_numbers(small, number(-96, 0)) == {"na": -97, "dk": -98, "rf": -99}
    assert missing_numbers(small, number(-97, 0)) == {"na": -107, "dk": -108, "rf": -109}
    assert missing_numbers(small, number(-1000, 1000)) == {"na": -1007, "dk": -1008, "rf": -1009}
    assert missing_numbers(small, number(-500, -200)) == {"na": -97, "dk": -98, "rf": -99}
    coded = Fact(id="c", kind="choice", role="context", text="?", options=(Option(code=-98), Option(code=-109)))
    assert missing_numbers(small, coded) == {"na": -117, "dk": -118, "rf": -119}
    both = missing_numbers_of(((small, number(0, 9)), (small, number(-150, 9)), (small, coded)))
    assert both == {"na": -157, "dk": -158, "rf": -159}


# -- answers --------------------------------------------------------------------------------------------


@given(instrument=instruments(), seed=st.integers(0, 2**32))
@settings(max_examples=15, deadline=None, suppress_health_check=SLOW)
def test_what_is_written_is_read_back(instrument: Instrument, seed: int, tmp_path: Path) -> None:
    for form in instrument.forms:
        optional = tuple(block.id for block in form.blocks if block.optional)
        cells, meta = respondents(instrument, form.id, 4, seed, optional)
        path = tmp_path / "answers.sav"
        known = {instrument.version: instrument}
        language = (None, *instrument.languages)[seed % (1 + len(instrument.languages))]
        spss.write(path, instrument, form.id, cells, meta, language=language)
        assert spss.form_of(path, instruments=known) == form.id
        raw = spss.read(path, form.id, instruments=known)
        assert not raw.issues
        assert not raw.unknown_columns
        same(raw, cells, meta)


def test_a_number_that_is_none_makes_its_variable_text_and_a_note_says_so(tmp_path: Path) -> None:
    cells, path = good_cells(), tmp_path / "answers.sav"
    cells.loc[4, ["xjv1", "dafmn"]] = ["about 3", "3,2"]
    spss.write(path, small_instrument(), "F", cells, meta_for(cells))
    same(spss.read(path, "F", instruments=KNOWN), cells, meta_for(cells))
    found = pyreadstat.read_sav(path)[1]
    assert {found.original_variable_types[name][0] for name in ("xjv1", "dafmn")} == {"A"}
    assert any("xjv1 dafmn" in note for note in found.notes)


def test_reasons_are_missing_in_spss_and_answers_again_when_read(answers: Path) -> None:
    frame = pyreadstat.read_sav(answers)[0]
    assert frame["lrar2"].isna().tolist() == [True, False, True, False, True, True]
    raw = spss.read(answers, "F", instruments=KNOWN)
    assert raw.cells["lrar2"].tolist() == ["na", "5", "na", "5", "na", ""]
    assert raw.label_check.status == "verified"


def test_both_versions_stand_in_one_file_with_the_later_words_and_an_unknown_one_goes_on(tmp_path: Path) -> None:
    cells, path = good_cells(), tmp_path / "answers.sav"
    meta = meta_for(cells)
    meta["instrument_version"] = ["1.0.0", "1.1.0", "9.9.9"] * 2
    new = small_instrument("1.1.0").model_dump()
    new["scales"][0]["points"][0]["label"] = "Not at all"
    new["translations"][0]["strings"]["scale.agree7.1"] = "De ningún modo"
    new["forms"][0]["blocks"][0]["questions"][0]["text"] = "Do you consent?"
    known = {**KNOWN, "1.1.0": Instrument.model_validate(new)}
    for language, words in ((None, "Not at all"), ("es", "De ningún modo")):
        spss.write(path, list(known.values()), "F", cells, meta, language=language)
        found = pyreadstat.read_sav(path)[1]
        assert found.variable_value_labels["lrar1"][1.0] == words
        assert found.column_names_to_labels["cons"] == ("¿Está de acuerdo?" if language else "Do you consent?")
        same(spss.read(path, "F", instruments=known), cells, meta)
    with pytest.raises(InputError, match="READ-RECODE"):  # words that no version at hand uses
        spss.read(path, "F", instruments=KNOWN)


def test_words_are_read_as_codes_and_verify_codes(tmp_path: Path, answers: Path) -> None:
    cells, worded = good_cells(), tmp_path / "words.sav"
    spss.write(worded, small_instrument(), "F", cells, meta_for(cells), export="labels")
    same(spss.read(worded, "F", instruments=KNOWN), cells, meta_for(cells))
    assert spss.read(answers, "F", labels=worded, instruments=KNOWN).label_check.status == "verified"


def test_writing_twice_gives_the_same_bytes(tmp_path: Path, answers: Path) -> None:
    spss.write(tmp_path / "again.sav", small_instrument(), "F", good_cells(), meta_for(good_cells()))
    assert answers.read_bytes() == (tmp_path / "again.sav").read_bytes()


def test_personal_variables_are_counted_and_dropped_and_unknown_ones_listed(tmp_path: Path) -> None:
    cells, path = good_cells(), tmp_path / "answers.sav"
    extra = pd.DataFrame({"IPAddress": "203.0.113.7", "remark": "=cmd()"}, index=cells.index, dtype="str")
    spss.write(path, small_instrument(), "F", cells, meta_for(cells), extra)
    raw = spss.read(path, "F", instruments=KNOWN)
    assert (raw.dropped_personal, raw.unknown_columns) == ({"IPAddress": len(cells)}, ("remark",))
    same(raw, cells, meta_for(cells))


# -- files as projects keep them ------------------------------------------------------------------------


@pytest.mark.parametrize("missing", [[{"lo": 90, "hi": 99}], [-98.0]])
def test_a_label_in_our_words_says_what_a_project_s_own_number_means(missing: list[Any], answers: Path) -> None:
    rewritten(answers, change={"lrar2": {-97.0: 97.0}}, missing_ranges={"lrar2": missing},
              variable_value_labels={"lrar2": {97.0: "NOT  applicable"}})
    same(spss.read(answers, "F", instruments=KNOWN), good_cells(), meta_for(good_cells()))


def test_our_numbers_without_labels_are_still_reasons(answers: Path) -> None:
    frame = pyreadstat.read_sav(answers, user_missing=True)[0]
    pyreadstat.write_sav(frame, answers)
    raw = spss.read(answers, "F", instruments=KNOWN)
    same(raw, good_cells(), meta_for(good_cells()))
    assert raw.label_check.status == "not verified"


@pytest.mark.parametrize("labels", [{}, {96.0: "Skipped by the interviewer"}])
def test_a_value_missing_for_another_reason_is_refused(labels: dict[float, str], answers: Path) -> None:
    rewritten(answers, change={"xjv1": {3.0: 96.0}}, missing_ranges={"xjv1": [96.0]},
              variable_value_labels={"xjv1": labels} if labels else {})
    assert refused(answers) == {"READ-USER-MISSING": "answers.sav, variable xjv1"}


def test_a_reason_in_other_words_than_ours_is_refused(answers: Path) -> None:
    rewritten(answers, variable_value_labels={"lrar2": AGREE | {-97.0: "Refused"}})
    assert refused(answers) == {"READ-USER-MISSING": "answers.sav, variable lrar2"}


@pytest.mark.parametrize(("change", "labels"), [
    ({}, {1.0: "No", 0.0: "Yes"}),                                  # exchanged
    ({1.0: 1.0, 0.0: 3.0}, {1.0: "Yes", 3.0: "No"}),                # recodes 1, 3
    ({1.0: 1.0}, {1.0: "Perhaps", 0.0: "No"}),                      # other words
    ({}, {1.0: "I don't know", 0.0: "No"}),                         # a reason under the code of an answer
])
def test_codes_that_moved_are_refused(change: dict[float, float], labels: dict[float, str], answers: Path) -> None:
    rewritten(answers, change={"dafex": change}, variable_value_labels={"dafex": labels})
    assert refused(answers) == {"READ-RECODE": "answers.sav, variable dafex"}


def test_an_answer_s_variable_with_another_answer_s_words_is_refused_and_with_yes_is_not(answers: Path) -> None:
    rewritten(answers, variable_value_labels={"dafmn_2": {0.0: "No", 1.0: "Yes"}})
    same(spss.read(answers, "F", instruments=KNOWN), good_cells(), meta_for(good_cells()))
    rewritten(answers, variable_value_labels={"dafmn_2": {0.0: "No", 1.0: "Other"}})
    assert refused(answers) == {"READ-RECODE": "answers.sav, variable dafmn_2"}


def test_words_for_a_point_that_has_none_prove_nothing_unless_they_are_another_point_s(answers: Path) -> None:
    rewritten(answers, variable_value_labels={"lrar1": AGREE | {2.0: "Disagree"}})
    same(spss.read(answers, "F", instruments=KNOWN), good_cells(), meta_for(good_cells()))
    rewritten(answers, variable_value_labels={"lrar1": {2.0: "Strongly disagree"}})
    assert refused(answers) == {"READ-RECODE": "answers.sav, variable lrar1"}


def test_an_answer_and_a_reason_in_one_set_contradict_each_other(answers: Path) -> None:
    frame, found = pyreadstat.read_sav(answers, user_missing=True)
    frame.loc[0, "dafmn_1"] = -98.0
    frame.loc[2, "dafmn_1"] = 5.0
    pyreadstat.write_sav(frame, answers, variable_value_labels=found.variable_value_labels,
                         missing_ranges=found.missing_ranges)
    raw = spss.read(answers, "F", instruments=KNOWN)
    assert raw.cells["dafmn"].tolist()[:3] == ["2,3,dk", "", ""]
    assert [(i.row, i.question, i.code, i.value) for i in raw.issues] == [(3, "dafmn", "ANSWER-TICK", "5")]


def test_dates_and_times_of_spss_are_read_as_text(answers: Path) -> None:
    frame = pyreadstat.read_sav(answers, user_missing=True)[0]
    frame["fdate"] = pd.to_datetime(frame["fdate"])
    for name in ("started", "ended"):
        frame[name] = pd.to_datetime(frame[name])
    pyreadstat.write_sav(frame, answers, variable_format={"fdate": "DATE11", "started": "DATETIME20"})
    assert pyreadstat.read_sav(answers)[1].original_variable_types["started"] == "DATETIME20"
    same(spss.read(answers, "F", instruments=KNOWN), good_cells(), meta_for(good_cells()))


def test_shuffled_variables_are_found_and_a_renamed_one_is_missed(answers: Path) -> None:
    frame = pyreadstat.read_sav(answers, user_missing=True)[0]
    pyreadstat.write_sav(frame[sorted(frame.columns, reverse=True)], answers)
    same(spss.read(answers, "F", instruments=KNOWN), good_cells(), meta_for(good_cells()))
    pyreadstat.write_sav(frame.rename(columns={"lrar1": "lrar9"}), answers)
    assert refused(answers) == {"READ-COLUMN-MISSING": "answers.sav, row 1"}


def test_a_compressed_file_is_read(answers: Path) -> None:
    frame = pyreadstat.read_sav(answers, user_missing=True)[0]
    pyreadstat.write_sav(frame, answers, compress=True)
    same(spss.read(answers, "F", instruments=KNOWN), good_cells(), meta_for(good_cells()))


# -- what is no such file -------------------------------------------------------------------------------


@pytest.mark.parametrize(("content", "code"), [
    (b"", "READ-EMPTY"),
    (b"response_id,cons\nr1,1\n", "READ-SAV"),
    (b"PK\x03\x04 a workbook", "READ-SAV"),
    (b"\x1c\x00\x00\x00\x00\x00\x00\x00ENCRYPTEDSAV" + b"\x15" * 40, "READ-SAV"),
    (b"ASCII SPSS PORT FILE" + b" " * 200, "READ-SAV"),
])
def test_a_foreign_file_is_refused(content: bytes, code: str, answers: Path) -> None:
    answers.write_bytes(content)
    assert set(refused(answers)) == {code}


def test_a_file_without_cases_is_refused(answers: Path) -> None:
    answers.write_bytes(everything(small_instrument())["spss-F-en.sav"])
    assert set(refused(answers)) == {"READ-EMPTY"}


def test_a_file_cut_off_anywhere_is_refused(answers: Path) -> None:
    content = answers.read_bytes()
    for end in (*range(1, len(content), 97), *range(len(content) - 9, len(content))):
        answers.write_bytes(content[:end])
        assert set(refused(answers)) == {"READ-SAV"}, end


@pytest.mark.parametrize("damage", [
    (b"lrar1", 20, 1),      # a number becomes a text without the records that a text needs
    (b"words", 20, 0),      # a text becomes a number, and its records hang in the air
    (b"\x04\x00\x00\x00\x01\x00\x00\x00", -8, 99),  # labels of a variable that is not there
    (b"\xe7\x03\x00\x00", 0, 5),                  # no end of the dictionary
])
def test_a_damaged_dictionary_is_refused_before_a_library_trusts_it(
    damage: tuple[bytes, int, int], answers: Path,
) -> None:
    mark, before, number = damage
    content = bytearray(answers.read_bytes())
    at = content.upper().index(mark.upper()) - before
    content[at:at + 4] = number.to_bytes(4, "little") if mark != b"lrar1" else (9).to_bytes(4, "little")
    answers.write_bytes(bytes(content))
    with pytest.raises(InputError, match="dictionary is damaged"):
        spss.read(answers, "F", instruments=KNOWN)
