"""REDCap: the data dictionary as two foreign programs judge it, and records written and read back."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from instrument import store
from instrument.errors import InputError
from instrument.fielding import redcap
from instrument.fielding.exports import wanted
from instrument.model import Instrument
from instrument.spreadsheet import harmless
from tests.clients import python_client
from tests.instrument.fielding.generated import instruments, respondents
from tests.instrument.fielding.small import good_cells, meta_for, small_instrument
from tests.instrument.fielding.test_plain import same


def dictionary(instrument: Instrument, form: str = "F", language: str = "en", **wish: object) -> dict[str, list[str]]:
    """Field name → its row of one form's data dictionary."""
    files = {f.name: f.content for f in redcap.export(instrument, wanted(instrument, **wish))}  # type: ignore[arg-type]
    _, *rows = csv.reader(io.StringIO(files[f"redcap-{form}-{language}.csv"].decode("utf-8")))
    return {row[0]: row for row in rows}


def judged(files: dict[str, bytes], folder: Path) -> dict[str, dict[str, list[str]]]:
    """What the clients say of data dictionaries, by file name."""
    for name, content in files.items():
        (folder / name).write_bytes(content)
    answer = python_client("redcap_dictionary.py", folder / "out", *(folder / name for name in files))
    assert answer.returncode == 0, answer.stderr
    said: dict[str, dict[str, list[str]]] = json.loads(answer.stdout.splitlines()[-1])
    return said


@pytest.mark.client
def test_linkml_and_reproschema_accept_the_dictionary_of_every_form_and_language(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    latest = store.load()
    optional = tuple(block.id for form in latest.forms for block in form.blocks if block.optional)
    exported = redcap.export(latest, wanted(latest, optional_blocks=optional))
    said = judged({file.name: file.content for file in exported}, tmp_path)
    assert len(said) == len(latest.forms) * len(latest.languages)
    for found in said.values():
        assert found["complaints"] == []
        assert set(found["fields"]) == set(found["items"])


@pytest.mark.client
def test_the_judge_rejects_a_broken_dictionary(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    text = redcap.export(small_instrument(), wanted(small_instrument()))[0].content.decode()
    text = text.replace("cons,form_f", "Cons 1,form_f", 1).replace(",radio,", ",tickbox,", 1)
    said = judged({"broken.csv": text.encode()}, tmp_path)["broken.csv"]
    assert len([c for c in said["complaints"] if "Cons 1" in c or "tickbox" in c]) == 2


def test_routing_stands_in_branching_logic_and_a_screen_out_hides_what_follows() -> None:
    rows = dictionary(small_instrument())
    assert rows["cons"][11] == ""
    assert rows["tenr"][11] == "[cons] <> '0'"
    assert rows["dafyr"][11] == "([dafex] = '1') and [cons] <> '0'"
    assert rows["words"][11] == "([dafmn(3)] = '1' or [dafmn(dk)] = '1') and [cons] <> '0'"
    assert rows["closed"][11] == "([cons] = '0')"


def test_a_number_gives_way_to_the_reason_beside_it() -> None:
    rows = dictionary(small_instrument())
    assert rows["xjv1"][7:10] == ["integer", "0", "5000"]
    assert rows["xjv1"][11] == "[cons] <> '0' and [xjv1_miss] = ''"
    assert rows["xjv1_miss"][3:6] == ["radio", "If you cannot give a number or date:", "dk, I don't know"]


def test_a_matrix_shares_its_choices_and_an_attention_item_is_a_row_like_any_other() -> None:
    rows = dictionary(small_instrument())
    group = [row for row in rows.values() if row[15] == "m_learn_1"]
    assert [row[0] for row in group] == ["lrar1", "lrar2", "at1"]
    assert len({row[5] for row in group}) == 1
    assert [row[17] for row in group] == ["measures lrar", "measures lrar, reversed", ""]
    assert group[0][5].startswith("1, Strongly disagree | 2, 2 | 3, 3 | 4, Neither, nor |")


def test_version_and_language_are_stamped_by_hidden_fields() -> None:
    rows = dictionary(small_instrument(), language="es")
    assert rows["instrument_version"][17] == " @DEFAULT='1.0.0' @HIDDEN-SURVEY @READONLY"
    assert rows["language"][17] == " @DEFAULT='es' @HIDDEN-SURVEY @READONLY"


@given(instrument=instruments())
@settings(max_examples=40, deadline=None)
def test_no_cell_of_a_dictionary_is_a_formula_and_choices_part_only_where_meant(instrument: Instrument) -> None:
    optional = tuple(block.id for form in instrument.forms for block in form.blocks if block.optional)
    by_id = {q.id: q for form in instrument.forms for _, q in form.questions()}
    for file in redcap.export(instrument, wanted(instrument, optional_blocks=optional)):
        _, *rows = csv.reader(io.StringIO(file.content.decode("utf-8")))
        for row in rows:
            assert [harmless(cell) for cell in row] == row
            question = by_id.get(row[0])
            if question is not None and row[3] in ("radio", "checkbox"):
                codes = [choice.split(",")[0].strip() for choice in row[5].split("|")]
                assert codes == [str(o.code) for o in instrument.options(question)]  # type: ignore[arg-type]


@given(instrument=instruments(), seed=st.integers(0, 2**32))
@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
def test_records_written_are_read_back(instrument: Instrument, seed: int, tmp_path: Path) -> None:
    for form in instrument.forms:
        optional = tuple(block.id for block in form.blocks if block.optional)
        cells, meta = respondents(instrument, form.id, 4, seed, optional)
        path = tmp_path / "records.csv"
        redcap.write(path, instrument, form.id, cells, meta)
        known = {instrument.version: instrument}
        assert redcap.form_of(path, instruments=known) == form.id
        same(redcap.read(path, form.id, instruments=known), cells, meta)


def test_labels_verify_raw_codes_and_a_recode_that_moved_is_refused(tmp_path: Path) -> None:
    cells, instrument = good_cells(8), small_instrument()
    meta = meta_for(cells)
    raw, labels = tmp_path / "raw.csv", tmp_path / "labels.csv"
    redcap.write(raw, instrument, "F", cells, meta)
    redcap.write(labels, instrument, "F", cells, meta, export="labels")
    known = {"1.0.0": instrument}
    assert redcap.read(raw, "F", labels=labels, instruments=known).label_check.status == "verified"
    moved = cells.assign(dafex=cells["dafex"].map({"1": "0", "0": "1", "": ""}))
    redcap.write(raw, instrument, "F", moved, meta)
    with pytest.raises(InputError) as refused:
        redcap.read(raw, "F", labels=labels, instruments=known)
    assert {finding.code for finding in refused.value.findings} == {"READ-RECODE"}


def test_an_interview_not_completed_is_not_finished_and_its_survey_stamp_is_no_time(tmp_path: Path) -> None:
    cells = good_cells()
    meta = meta_for(cells)
    meta.loc[meta.index[1], ["finished", "ended", "duration_seconds"]] = ["0", "", ""]
    path = tmp_path / "records.csv"
    redcap.write(path, small_instrument(), "F", cells, meta)
    assert "[not completed]" in path.read_text(encoding="utf-8")
    same(redcap.read(path, "F", instruments={"1.0.0": small_instrument()}), cells, meta)


def test_a_number_with_a_reason_beside_it_contradicts_itself(tmp_path: Path) -> None:
    cells = good_cells()
    path = tmp_path / "records.csv"
    redcap.write(path, small_instrument(), "F", cells, meta_for(cells))
    header, first, *rest = path.read_text(encoding="utf-8-sig").splitlines()
    at = header.split(",").index("xjv1_miss")
    assert first.split(",")[at - 1:at + 1] == ["3", ""]
    row = first.split(",")
    row[at] = "dk"
    path.write_text("\n".join([header, ",".join(row), *rest]), encoding="utf-8")
    issues = redcap.read(path, "F", instruments={"1.0.0": small_instrument()}).issues
    assert [(issue.row, issue.question, issue.code) for issue in issues] == [(2, "xjv1", "ANSWER-MULTIPLE")]
