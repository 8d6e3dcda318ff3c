"""A plain table, as text and as a workbook: written and read back, cell by cell."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from instrument.errors import InputError
from instrument.fielding import platforms
from instrument.fielding.answers import RawAnswers
from instrument.model import Instrument
from tests.instrument.fielding.generated import instruments, respondents
from tests.instrument.fielding.small import good_cells, meta_for, small_instrument

FORMS = ("csv", "excel")


def same(raw: RawAnswers, cells: pd.DataFrame, meta: pd.DataFrame) -> None:
    pd.testing.assert_frame_equal(raw.cells.reset_index(drop=True), cells.reset_index(drop=True), check_like=True)
    pd.testing.assert_frame_equal(raw.meta.reset_index(drop=True)[list(meta.columns)], meta.reset_index(drop=True))


@pytest.mark.parametrize("platform", FORMS)
@given(instrument=instruments(), seed=st.integers(0, 2**32))
@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
def test_what_is_written_is_read_back(platform: str, instrument: Instrument, seed: int, tmp_path: Path) -> None:
    form = platforms.answers(platform)
    for asked in instrument.forms:
        optional = tuple(block.id for block in asked.blocks if block.optional)
        cells, meta = respondents(instrument, asked.id, 4, seed, optional)
        path = tmp_path / f"answers{form.SUFFIX}"
        form.write(path, instrument, asked.id, cells, meta)
        same(form.read(path, asked.id, instruments={instrument.version: instrument}), cells, meta)


@pytest.mark.parametrize("platform", FORMS)
def test_words_are_read_as_codes_and_verify_codes(platform: str, tmp_path: Path) -> None:
    form, instrument = platforms.answers(platform), small_instrument()
    cells = good_cells()
    meta = meta_for(cells)
    coded, worded = (tmp_path / f"{name}{form.SUFFIX}" for name in ("codes", "labels"))
    form.write(coded, instrument, "F", cells, meta)
    form.write(worded, instrument, "F", cells, meta, export="labels")
    known = {"1.0.0": instrument}
    same(form.read(worded, "F", instruments=known), cells, meta)
    verified = form.read(coded, "F", labels=worded, instruments=known)
    assert verified.label_check.status == "verified"
    assert not verified.issues


@pytest.mark.parametrize("platform", FORMS)
def test_personal_columns_are_counted_and_dropped_and_unknown_ones_listed(platform: str, tmp_path: Path) -> None:
    form, instrument, cells = platforms.answers(platform), small_instrument(), good_cells()
    meta = meta_for(cells)
    extra = pd.DataFrame({"E-Mail": "a@b", "remark": "=cmd()"}, index=cells.index)
    path = tmp_path / f"answers{form.SUFFIX}"
    form.write(path, instrument, "F", cells, meta, extra)
    raw = form.read(path, "F", instruments={"1.0.0": instrument})
    assert raw.dropped_personal == {"E-Mail": len(cells)}
    assert raw.unknown_columns == ("remark",)
    same(raw, cells, meta)


def test_a_workbook_is_the_same_bytes_each_time_and_holds_no_formula(tmp_path: Path) -> None:
    form, cells = platforms.answers("excel"), good_cells()
    cells.loc[4, "words"] = "=cmd()"
    paths = [tmp_path / name for name in ("a.xlsx", "b.xlsx")]
    for path in paths:
        form.write(path, small_instrument(), "F", cells, meta_for(cells))
    assert paths[0].read_bytes() == paths[1].read_bytes()
    assert form.read(paths[0], "F", instruments={"1.0.0": small_instrument()}).cells["words"].iloc[0] == "=cmd()"


def test_both_versions_stand_in_one_file_and_an_unknown_one_goes_on(tmp_path: Path) -> None:
    form, cells = platforms.answers("csv"), good_cells()
    meta = meta_for(cells)
    meta["instrument_version"] = ["1.0.0", "1.1.0", "9.9.9"] * 2
    known = {version: small_instrument(version) for version in ("1.0.0", "1.1.0")}
    path = tmp_path / "answers.csv"
    form.write(path, list(known.values()), "F", cells, meta)
    same(form.read(path, "F", instruments=known), cells, meta)


@pytest.mark.parametrize(("content", "code"), [
    (b"", "READ-EMPTY"),
    (b"\xff\xfea\x00", "READ-ENCODING"),
    (b"firm_id,cons\n", "READ-EMPTY"),
    (b'response_id,cons\nr1,"1\n', "READ-QUOTES"),
    (b"PK\x03\x04 cut off", "READ-WORKBOOK"),
    (b"response_id,cons\nr1,1\n", "READ-COLUMN-MISSING"),
    (b"instrument_version,cons\n7.7.7,1\n", "READ-VERSION"),
])
def test_a_file_that_is_no_such_table_is_refused_with_a_reason(content: bytes, code: str, tmp_path: Path) -> None:
    path = tmp_path / "answers.csv"
    path.write_bytes(content)
    with pytest.raises(InputError) as refused:
        platforms.answers("csv").read(path, "F", instruments={"1.0.0": small_instrument()})
    assert {finding.code for finding in refused.value.findings} == {code}
    assert all(finding.fix and "answers.csv" in finding.place for finding in refused.value.findings)
