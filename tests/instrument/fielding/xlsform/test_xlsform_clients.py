"""Judged by programs we did not write: pyxform and ODK Validate accept the forms, ODK's engine fills them in."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import Any

import openpyxl
import pandas as pd
import pytest
from hypothesis import Phase, given, seed, settings

from instrument import store
from instrument.fielding import xlsform
from instrument.fielding.exports import wanted
from instrument.fielding.platforms import answers
from instrument.fielding.xlsform import names
from instrument.fielding.xlsform.wording import comparable
from instrument.model import Fact, Instrument
from instrument.spreadsheet import harmless, restored
from tests.clients import node_script, python_client
from tests.instrument.fielding.generated import instruments, respondents
from tests.instrument.fielding.small import small_instrument
from tests.instrument.fielding.xlsform.forms import (
    export_table,
    given_answers,
    hidden,
    optional_blocks,
    submission_fields,
)

Held = dict[str, Any]

pytestmark = pytest.mark.client

"""An interview as ``xforms_interview.mjs`` reports it."""

Converted = tuple[dict[str, Path], dict[str, list[str]]]
"""Name of a form → its XForm; and what pyxform and ODK Validate had to say."""


@dataclass(frozen=True)
class Case:
    """A form that was exported, and respondents who see nearly all of it, some of it, and next to nothing."""

    instrument: Instrument
    form: str
    optional: tuple[str, ...]

    @cached_property
    def respondents(self) -> tuple[pd.DataFrame, pd.DataFrame]:
        cells, meta = respondents(self.instrument, self.form, 40, 7, self.optional)
        unseen = pd.Series([len(names) for names in self.hidden_from(cells)])
        meta["language"] = [self.instrument.languages[k % len(self.instrument.languages)] for k in range(len(meta))]
        order = unseen.sort_values(kind="stable").index
        most = [order[meta.loc[order, "language"] == language][0] for language in meta["language"].unique()]
        chosen = list(dict.fromkeys([*most, order[len(order) // 3], order[-1]]))
        return cells.loc[chosen].reset_index(drop=True), meta.loc[chosen].reset_index(drop=True)

    def hidden_from(self, cells: pd.DataFrame) -> list[list[str]]:
        return [hidden(self.instrument, self.form, self.optional, row) for _, row in cells.iterrows()]

    @property
    def wishes(self) -> list[dict[str, object]]:
        """What each respondent enters, with an answer to every question that should not be shown to them."""
        cells, meta = self.respondents
        out: list[dict[str, object]] = []
        for k, unseen in enumerate(self.hidden_from(cells)):
            tried = {question: _anything(self.instrument, self.form, question) for question in unseen}
            known = {name: meta[name].iloc[k] for name in self.instrument.form(self.form).identifiers}
            several = len(self.instrument.languages) > 1
            out.append({
                "language": names.language_label(self.instrument, meta["language"].iloc[k]) if several else None,
                "answers": given_answers(
                    self.instrument, self.form, pd.Series({**cells.iloc[k].to_dict(), **tried}), known),
            })
        return out


@cache
def drawn_instruments(n: int = 3) -> tuple[Instrument, ...]:
    found: list[Instrument] = []

    @seed(11)
    @settings(max_examples=5 * n, deadline=None, phases=(Phase.generate,), database=None)
    @given(instruments())
    def draw(instrument: Instrument) -> None:
        found.append(instrument)

    draw()
    return tuple(sorted(found, key=lambda one: -len(one.strings()))[:n])


def bounded() -> Instrument:
    """The small instrument, its counts with a least number."""
    unbounded, bound = ('"minimum":null,"maximum":5000.0', '"minimum":0,"maximum":5000.0')
    return Instrument.model_validate_json(small_instrument().model_dump_json().replace(unbounded, bound))


def cases() -> Iterator[tuple[str, Case]]:
    """Every version of ours, the newest with its optional blocks; and instruments that are not ours."""
    for version in store.versions():
        asked = store.load(version)
        optional = optional_blocks(asked) if version == store.versions()[-1] else ()
        for form in asked.forms:
            yield f"{version}-{form.id}", Case(asked, form.id, optional)
    yield "small-F", Case(bounded(), "F", ("optrit",))
    for number, asked in enumerate(drawn_instruments()):
        for form in asked.forms:
            yield f"drawn{number}-{form.id}", Case(asked, form.id, optional_blocks(asked))


CASES = dict(cases())


@pytest.fixture(scope="module")
def converted(tmp_path_factory: pytest.TempPathFactory) -> Converted:
    """All forms, through one process."""
    folder = tmp_path_factory.mktemp("forms")
    for name, case in CASES.items():
        asked = wanted(case.instrument, optional_blocks=case.optional, forms=(case.form,))
        (folder / f"{name}.xlsx").write_bytes(xlsform.export(case.instrument, asked)[0].content)
    (one_language,) = xlsform.export(small_instrument(), wanted(small_instrument(), language="es", forms=("F",)))
    (folder / "one-language.xlsx").write_bytes(one_language.content)
    done = python_client("pyxform_convert.py", *sorted(folder.glob("*.xlsx")))
    assert done.returncode == 0, done.stderr
    # ODK Validate can print an error and still succeed: what it prints counts.
    assert not done.stderr.strip()
    return {path.stem: path for path in folder.glob("*.xml")}, json.loads(done.stdout)


@pytest.fixture(scope="module")
def spoiled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A form with a condition that refers to nothing."""
    path = tmp_path_factory.mktemp("spoiled") / "spoiled.xlsx"
    (file,) = xlsform.export(small_instrument(), wanted(small_instrument(), forms=("A",)))
    path.write_bytes(file.content)
    book = openpyxl.load_workbook(path)
    sheet = book["survey"]
    sheet.cell(row=1, column=sheet.max_column + 1, value="relevant")
    sheet.cell(row=4, column=sheet.max_column, value="nothing(${aform}")
    book.save(path)
    return path


def test_the_judges_reject_a_spoiled_form(spoiled: Path) -> None:
    assert python_client("pyxform_convert.py", spoiled).returncode != 0


def test_pyxform_and_odk_validate_find_nothing(converted: Converted) -> None:
    forms, warnings = converted
    assert len(forms) == len(warnings) == len(CASES) + 1
    assert not [said for said in warnings.items() if said[1]]


def interviews(*wishes: tuple[Path, list[dict[str, object]]]) -> list[list[Held]]:
    given = [{"form": str(form), "interviews": wanted_of} for form, wanted_of in wishes]
    done = node_script("xforms_interview.mjs", text=json.dumps(given))
    assert done.returncode == 0, done.stderr
    held: list[list[Held]] = json.loads(done.stdout)
    return held


@pytest.fixture(scope="module")
def held(converted: Converted) -> dict[str, list[Held]]:
    """Name of a case → its interviews, all held by one process."""
    done = interviews(*((converted[0][name], case.wishes) for name, case in CASES.items()))
    return dict(zip(CASES, done, strict=True))


def test_interviews_are_in_two_languages_and_routed_both_ways() -> None:
    for name, case in CASES.items():
        cells, meta = case.respondents
        assert set(meta["language"]) == set(case.instrument.languages)
        if not name.startswith("drawn"):
            assert len({len(unseen) for unseen in case.hidden_from(cells)}) > 1


@pytest.mark.parametrize("name", CASES)
def test_the_engine_shows_what_routing_shows_in_the_language_of_the_interview(
    name: str, held: dict[str, list[Held]],
) -> None:
    case = CASES[name]
    cells, meta = case.respondents
    for k, (one, unseen) in enumerate(zip(held[name], case.hidden_from(cells), strict=True)):
        kept_back = {names.field(question) for question in unseen}
        assert set(one["refused"]) == kept_back
        assert not {path[-1] for path in submission_fields(one["xml"])} & kept_back
        _shown_in_the_language(case.instrument, one, meta["language"].iloc[k])
        # The engine complains of nothing but of required questions left open.
        open_ones = {q for q in cells.columns if not cells[q].iloc[k]}
        assert {complaint["field"] for complaint in one["violations"]} <= {
            field for q in open_ones for field in (names.field(q), names.reason_field(q))}


@pytest.mark.parametrize("name", CASES)
def test_what_the_engine_sends_is_read_back_cell_by_cell(
    name: str, held: dict[str, list[Held]], tmp_path: Path,
) -> None:
    case = CASES[name]
    asked = case.instrument
    cells, meta = case.respondents
    for style in ("kobo", "odk"):
        path = tmp_path / f"{style}.csv"
        with path.open("w", encoding="utf-8", newline="") as file:
            table = export_table([one["xml"] for one in held[name]], style)
            csv.writer(file).writerows([harmless(cell) for cell in row] for row in table)
        raw = answers("xlsform").read(path, case.form, instruments={asked.version: asked})
        read = raw.cells.reset_index(drop=True)
        for question in _decimals(asked, case.form) & set(read.columns):
            read[question] = read[question].str.removesuffix(".0")  # 4 is sent as 4.0
        pd.testing.assert_frame_equal(read, cells, check_like=True)
        assert raw.meta["language"].tolist() == meta["language"].tolist()
        assert set(raw.meta["instrument_version"]) == {asked.version}
        assert raw.meta["response_id"].tolist() == [_uuid(one["xml"]) for one in held[name]]
        assert raw.meta["started"].str.fullmatch(r"20\d\d-\d\d-\d\d \d\d:\d\d:\d\d").all()
        assert not raw.unknown_columns
        assert not raw.issues


def _uuid(xml: str) -> str:
    return submission_fields(xml)["meta", "instanceID"].removeprefix("uuid:")


def _decimals(asked: Instrument, form: str) -> set[str]:
    return {q.id for _, q in asked.form(form).questions() if isinstance(q, Fact) and q.kind == "number"}


def _anything(asked: Instrument, form: str, question: str) -> str:
    """An answer that would do, were the question shown."""
    found = next(q for _, q in asked.form(form).questions() if q.id == question)
    if isinstance(found, Fact) and found.kind in ("date", "text"):
        return "2020-02-02"
    if isinstance(found, Fact) and found.kind in ("count", "number", "year"):
        return str(int(found.minimum or 0))
    return str(asked.options(found)[0].code)  # type: ignore[arg-type]


def _shown_in_the_language(asked: Instrument, one: Held, language: str) -> None:
    """Every question and answer shown, in its words in the language of the interview."""
    labels: dict[str, str] = one["labels"]
    items: dict[str, dict[str, str]] = one["items"]
    for form in asked.forms:
        for _, question in form.questions():
            field = names.field(question.id)
            if field in labels:
                assert _words(labels[field]) == comparable(asked.text(f"question.{question.id}", language))
            if field in items:
                assert {code: _words(text) for code, text in items[field].items()} == {
                    str(o.code): comparable(asked.label(question, o.code, language))  # type: ignore[arg-type]
                    for o in asked.options(question)}  # type: ignore[arg-type]


def _words(text: str) -> str:
    return comparable(restored(text))


def test_the_engine_holds_answers_to_their_bounds(
    converted: Converted,
) -> None:
    form = converted[0]["small-F"]
    ((one,),) = interviews((form, [{"language": "Español (es)", "answers": {
        "cons": "1", "tenr": "70.5", "dafex": "1", "dafyr": "1899", "dafmn": ["1", "dk"], "xjv1": "-1"}}]))
    said = {complaint["field"]: complaint["message"] for complaint in one["violations"]}
    assert said == {
        "tenr": "Indique un número entre 0 y 70.", "dafyr": "Indique un número entre 1900 y 2030.",
        "dafmn": "Esta respuesta no puede combinarse con otra: No lo sé", "xjv1": "Indique un número entre 0 y 5000.",
    }


def test_the_engine_asks_for_a_number_or_a_reason_and_takes_one_of_them(
    converted: Converted,
) -> None:
    ((both, reason, neither),) = interviews((converted[0]["small-F"], [
        {"answers": {"cons": "1", "xjv1": "3", "xjv1_miss": "dk"}}, {"answers": {"cons": "1", "xjv1_miss": "dk"}},
        {"answers": {"cons": "1"}}]))
    assert both["refused"] == ["xjv1_miss"]
    assert "xjv1_miss" in neither["shown"]
    assert submission_fields(reason["xml"])["block_start", "xjv1_miss"] == "dk"
