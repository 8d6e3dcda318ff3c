"""Results as stores hand them out: written, changed as stores change them, and read back."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from instrument import store
from instrument.errors import InputError
from instrument.fielding import surveyjs
from instrument.fielding.answers import RawAnswers
from instrument.model import Instrument, Option
from pipeline.power.population import load_population
from pipeline.power.rehearsal import simulate
from tests.instrument.fielding.generated import instruments, respondents
from tests.instrument.fielding.small import good_cells, meta_for, small_instrument

SAMPLE = Path(__file__).resolve().parents[4] / "data" / "sample"

Results = list[dict[str, Any]]


def _read(path: Path, *versions: Instrument, form: str = "F", **more: object) -> RawAnswers:
    known = {i.version: i for i in versions or (small_instrument(),)}
    return surveyjs.read(path, form, instruments=known, **more)  # type: ignore[arg-type]


def _same(raw: RawAnswers, cells: pd.DataFrame, meta: pd.DataFrame) -> None:
    assert set(raw.cells) <= set(cells)
    lost = [name for name in cells if name not in raw.cells]
    assert cells[lost].eq("").all(axis=None)
    for found, expected in ((raw.cells, cells[list(raw.cells)]), (raw.meta, meta)):
        expected = expected.reset_index(drop=True)
        if found is raw.meta and "status" not in expected:
            expected["status"] = "response"
        pd.testing.assert_frame_equal(
            found.reset_index(drop=True)[expected.columns], expected, check_dtype=False, check_index_type=False)
    assert raw.issues == ()
    assert raw.unknown_columns == ()


@pytest.fixture
def written(tmp_path: Path) -> Path:
    path = tmp_path / "results.json"
    surveyjs.write(path, small_instrument(), "F", good_cells(), meta_for(good_cells()))
    return path


def _results(path: Path) -> Results:
    return json.loads(path.read_text(encoding="utf-8"))


# -- there and back -------------------------------------------------------------------------------------


@pytest.mark.parametrize("form", ["F", "A"])
def test_simulated_studies_come_back_cell_by_cell(tmp_path: Path, form: str) -> None:
    released = store.load("1.0.0")
    drawn = next(s for s in simulate(load_population(SAMPLE), released, n=60, seed=6) if s.form == form)
    path = tmp_path / "results.json"
    surveyjs.write(path, released, form, drawn.cells, drawn.meta, drawn.personal)
    raw = surveyjs.read(path, form)
    _same(raw, drawn.cells, drawn.meta)
    assert len(raw.cells) >= 60
    assert sum(raw.dropped_personal.values()) == int(drawn.personal.ne("").to_numpy().sum())
    assert surveyjs.form_of(path) == form


def test_a_result_is_as_surveyjs_makes_it(written: Path) -> None:
    assert _results(written)[0] == {
        "id": "R_000000000000", "createdAt": "2026-03-02T09:10:30.000Z", "firm_id": "f0", "informant_id": "p0",
        "cons": 1, "tenr": 2.5, "xjv1": 3, "dafex": 1, "dafyr": 2001, "dafmn": [2, 3],
        "learn": {"lrar1": 1, "lrar2": "na", "at1": 2}, "fdate": "2024-02-29", "words": "well,\nfine",
        "instrument_version": "1.0.0", "form": "F", "language": "en", "started": "2026-03-02T09:00:00.000Z",
        "ended": "2026-03-02T09:10:30.000Z"}


@pytest.mark.parametrize("shape", ["array", "lines", "folder", "wrapped", "text in a field", "Data"])
def test_results_are_read_however_they_are_stored(written: Path, tmp_path: Path, shape: str) -> None:
    results, path = _results(written), tmp_path / "stored.json"
    inside = [{k: v for k, v in one.items() if k not in ("id", "createdAt")} for one in results]
    outside = [{"id": one["id"], "createdAt": one["createdAt"]} for one in results]
    content: Any = {
        "array": results, "wrapped": [{**o, "data": i} for o, i in zip(outside, inside, strict=True)],
        "text in a field": [{**o, "json": json.dumps(i)} for o, i in zip(outside, inside, strict=True)],
        "Data": {"ResultCount": 6, "Data": results},
    }.get(shape)
    if shape == "lines":
        path.write_text("\n".join(json.dumps(one) for one in results) + "\n", encoding="utf-8")
    elif shape == "folder":
        path = tmp_path / "results"
        path.mkdir()
        for k, one in enumerate(results):
            (path / f"{k}.json").write_text(json.dumps(one, indent=2), encoding="utf-8")
    else:
        path.write_text(json.dumps(content), encoding="utf-8")
    _same(_read(path), good_cells(), meta_for(good_cells()))


def test_a_single_result_is_a_file_of_one(written: Path) -> None:
    written.write_text(json.dumps(_results(written)[0], indent=1), encoding="utf-8")
    _same(_read(written), good_cells().iloc[:1], meta_for(good_cells()).iloc[:1])


@pytest.mark.parametrize("between", [", ", ";", ","])
def test_the_dashboards_csv_is_read(written: Path, tmp_path: Path, between: str) -> None:
    flat = []
    for one in _results(written):
        rows = one.pop("learn", {})
        many = one.pop("dafmn", [])
        flat.append({**one, **{f"learn.{k}": v for k, v in rows.items()}, "dafmn": between.join(map(str, many))})
    path = tmp_path / "results.csv"
    heads = list(dict.fromkeys(name for one in flat for name in one))
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, heads)
        writer.writeheader()
        writer.writerows(flat)
    _same(_read(path), good_cells(), meta_for(good_cells()))


def test_words_in_place_of_values_are_read_as_codes(tmp_path: Path) -> None:
    path = tmp_path / "words.json"
    surveyjs.write(path, small_instrument(), "F", good_cells(), meta_for(good_cells()), export="labels")
    raw = _read(path)
    _same(raw, good_cells(), meta_for(good_cells()))
    assert raw.label_check.status == "verified"


def test_a_reason_stands_beside_a_typed_answer_even_if_nobody_typed_any(tmp_path: Path) -> None:
    for answers in (["3", "dk", "", "dk", "0", ""], ["dk"] * 5 + [""]):
        cells, path = good_cells().assign(xjv1=answers), tmp_path / "r.json"
        surveyjs.write(path, small_instrument(), "F", cells, meta_for(cells))
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
    cells.loc[cells.index[1], ["dafex", "dafmn"]] = ["1", "1,4"]
    meta = meta_for(cells).assign(instrument_version=["1.0.0", "1.1.0"] * 3, language="en")
    path = tmp_path / "both.json"
    surveyjs.write(path, (old, new), "F", cells, meta)
    _same(_read(path, old, new), cells, meta)


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture,
                                                                HealthCheck.too_slow])
@given(instrument=instruments(), seed=st.integers(0, 99))
def test_drawn_answers_come_back_cell_by_cell(tmp_path: Path, instrument: Instrument, seed: int) -> None:
    optional = tuple(b.id for form in instrument.forms for b in form.blocks if b.optional)
    for form in instrument.forms:
        cells, meta = respondents(instrument, form.id, 5, seed, optional)
        path = tmp_path / "results.json"
        surveyjs.write(path, instrument, form.id, cells, meta)
        _same(_read(path, instrument, form=form.id), cells, meta)


@pytest.mark.parametrize("text", ["=cmd()", "'=x", "{\"a\": 1}", "[1,2]", "1,2,3", "007", "2.50", "null", "true"])
def test_texts_come_back_as_they_were_typed(tmp_path: Path, text: str) -> None:
    cells, path = good_cells(), tmp_path / "r.json"
    cells.loc[4, ["words", "tenr"]] = [text, "2.50"]
    surveyjs.write(path, small_instrument(), "F", cells, meta_for(cells))
    _same(_read(path), cells, meta_for(cells))


def test_a_number_is_read_digit_by_digit(written: Path) -> None:
    written.write_text(written.read_text(encoding="utf-8").replace('"tenr": 2.5,', '"tenr": 2.50,'), encoding="utf-8")
    assert _read(written).cells["tenr"].tolist()[0] == "2.50"


def test_the_same_answers_give_the_same_bytes(tmp_path: Path) -> None:
    for name in ("a", "b"):
        surveyjs.write(tmp_path / name, small_instrument(), "F", good_cells(), meta_for(good_cells()))
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


# -- about the interview --------------------------------------------------------------------------------


def _stored(path: Path, change: Callable[[Results], object]) -> Path:
    results = _results(path)
    change(results)
    path.write_text(json.dumps(results), encoding="utf-8")
    return path


def test_a_result_is_finished_unless_it_says_otherwise(tmp_path: Path) -> None:
    meta = meta_for(good_cells()).assign(finished=["1", "0"] * 3)
    path = tmp_path / "r.json"
    surveyjs.write(path, small_instrument(), "F", good_cells(), meta)
    assert [one.get("finished") for one in _results(path)] == [None, False] * 3
    _same(_read(path), good_cells(), meta)


def test_times_are_given_in_utc_and_the_stores_own_stands_in(written: Path) -> None:
    def change(results: Results) -> None:
        results[0] |= {"started": "2026-03-02T11:00:00.250+02:00", "ended": "2026-03-02T09:10:30.999Z"}
        del results[1]["ended"]
        results[2]["started"] = "yesterday"
    meta = _read(_stored(written, change)).meta
    assert meta["started"].tolist()[:3] == ["2026-03-02 09:00:00", "2026-03-02 09:00:00", "yesterday"]
    assert meta["ended"].tolist()[0] == "2026-03-02 09:10:30"


def test_a_duration_that_is_not_the_time_between_is_kept(tmp_path: Path) -> None:
    meta = meta_for(good_cells()).assign(duration_seconds=["600", "630", "", "630", "x", "0"])
    path = tmp_path / "r.json"
    surveyjs.write(path, small_instrument(), "F", good_cells(), meta)
    found = _read(path).meta["duration_seconds"].tolist()
    assert found == ["600", "630", "630", "630", "x", "0"]


def test_without_an_end_of_its_own_the_stores_moment_counts(written: Path) -> None:
    def change(results: Results) -> None:
        for one in results:
            del one["ended"]
    assert set(_read(_stored(written, change)).meta["ended"]) == {"2026-03-02 09:10:30"}


def test_personal_fields_are_dropped_and_counted_and_unknown_ones_listed(written: Path) -> None:
    def add(results: Results) -> None:
        for one in results:
            one |= {"ip": "203.0.113.7", "email": "ada@example.org", "location": {"latitude": 1.5, "longitude": ""},
                    "mystery": {"deep": 1}, "__v": 0}
    raw = _read(_stored(written, add))
    assert raw.dropped_personal == {"ip": 6, "email": 6, "location.latitude": 6, "location.longitude": 0}
    assert raw.unknown_columns == ("mystery.deep",)
    assert "ada@example.org" not in raw.cells.to_csv() + raw.meta.to_csv()


def test_a_result_of_an_unknown_version_stays(written: Path) -> None:
    raw = _read(_stored(written, lambda results: results[1].update(instrument_version="9.9.9")))
    assert raw.meta["instrument_version"].tolist()[:3] == ["1.0.0", "9.9.9", "1.0.0"]


def test_results_without_a_stamp_need_a_version(written: Path) -> None:
    def drop(results: Results) -> None:
        for one in results:
            del one["instrument_version"]
    _stored(written, drop)
    with pytest.raises(InputError) as caught:
        _read(written)
    assert [f.code for f in caught.value.findings] == ["READ-COLUMN-MISSING"]
    assert _read(written, version="1.0.0").meta["instrument_version"].unique().tolist() == ["1.0.0"]


# -- files that are something else ----------------------------------------------------------------------


@pytest.mark.parametrize(("content", "code"), [
    (b'[{"id": 1, "cons"', "READ-JSON"), (b"[1, 2]", "READ-JSON"), (b"[]", "READ-EMPTY"), (b"", "READ-EMPTY"),
    (b'{"id": 1}\n{"id":', "READ-JSON"), ("[{}]".encode("utf-16"), "READ-ENCODING"), (b"[{}]", "READ-EMPTY"),
])
def test_what_is_no_list_of_results_is_refused(tmp_path: Path, content: bytes, code: str) -> None:
    path = tmp_path / "results.json"
    path.write_bytes(content)
    with pytest.raises(InputError) as caught:
        _read(path)
    assert [f.code for f in caught.value.findings] == [code]


def test_a_missing_file_and_another_forms_results_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        _read(tmp_path / "nothing.json")
    assert [f.code for f in caught.value.findings] == ["READ-MISSING"]
    cells = pd.DataFrame({"aform": ["1"], "ratr1": ["2"], "ratr2": ["na"]}, dtype="str")
    surveyjs.write(tmp_path / "a.json", small_instrument(), "A", cells, meta_for(cells, "A"))
    with pytest.raises(InputError) as caught:
        _read(tmp_path / "a.json")
    assert {f.code for f in caught.value.findings} == {"READ-NOT-THIS-FORM"}
