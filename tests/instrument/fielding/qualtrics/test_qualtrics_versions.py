"""Answers of several versions in one Qualtrics file: columns of all, each row by its own version."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from instrument import store
from instrument.fielding import qualtrics
from instrument.fielding.answers import RawAnswers
from instrument.fielding.qualtrics.writing import merged
from instrument.model import Block, Fact, Instrument, Option
from tests.instrument.fielding.generated import instruments, respondents
from tests.instrument.fielding.small import good_cells, meta_for, small_instrument

OLD, NEW = "1.0.0", "1.1.0"


def _mixed(layouts: tuple[Instrument, ...], form: str, n: int, seed: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Respondents of every version, in turn; a question that a version does not ask is empty in its rows."""
    drawn = [respondents(layout, form, n, seed + k, _optional(layout, form)) for k, layout in enumerate(layouts)]
    questions = [column.question for column in merged(layouts, form)]
    cells = pd.concat([cells for cells, _ in drawn]).reindex(columns=questions).fillna("")
    meta = pd.concat([meta for _, meta in drawn])
    turns = [k * n + j for j in range(n) for k in range(len(layouts))]
    return cells.iloc[turns].reset_index(drop=True), meta.iloc[turns].reset_index(drop=True)


def _optional(layout: Instrument, form: str) -> tuple[str, ...]:
    return tuple(block.id for block in layout.form(form).blocks if block.optional)


def _same(raw: RawAnswers, cells: pd.DataFrame, meta: pd.DataFrame) -> None:
    assert raw.issues == ()
    assert raw.unknown_columns == ()
    for found, expected in ((raw.cells, cells), (raw.meta, meta)):
        assert set(found) == set(expected)
        pd.testing.assert_frame_equal(found.reset_index(drop=True)[list(expected)], expected.reset_index(drop=True),
                                      check_dtype=False, check_index_type=False)


def _header(path: Path) -> dict[str, tuple[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        tags, texts, ids = [next(rows) for rows in [csv.reader(file)] for _ in range(3)]
    return {tag: (json.loads(cell)["ImportId"], text) for tag, text, cell in zip(tags, texts, ids, strict=True) if cell}


# -- the released versions ----------------------------------------------------------------------------------


@pytest.mark.parametrize("form", ["F", "A"])
@pytest.mark.parametrize(("export", "language"), [("codes", None), ("labels", "en"), ("labels", "es")])
def test_both_released_versions_in_one_file_come_back_cell_by_cell(
    tmp_path: Path, form: str, export: str, language: str | None,
) -> None:
    layouts = (store.load(OLD), store.load(NEW))
    cells, meta = _mixed(layouts, form, 150, 5)
    path = tmp_path / "both.csv"
    qualtrics.write(path, layouts, form, cells, meta, export=export, language=language)  # type: ignore[arg-type]
    _same(qualtrics.read(path, form), cells, meta)
    assert qualtrics.form_of(path) == form
    assert set(meta["language"]) == {"en", "es", "fr"}


def test_a_new_question_has_a_column_behind_its_neighbour_under_its_own_versions_import_id(tmp_path: Path) -> None:
    layouts = (store.load(OLD), store.load(NEW))
    cells, meta = _mixed(layouts, "A", 4, 1)
    qualtrics.write(tmp_path / "a.csv", layouts, "A", cells, meta)
    header = _header(tmp_path / "a.csv")
    added = set(qualtrics.import_ids(layouts[1].form("A"))) - set(qualtrics.import_ids(layouts[0].form("A")))
    assert added == {"QID28_8"}
    (question,) = {tag for tag, (key, _) in header.items() if key == "QID28_8"}
    assert question == "efst4"
    assert {tag: key for tag, (key, _) in header.items() if key.startswith("QID")} == {
        tag: key for key, tag in qualtrics.import_ids(layouts[1].form("A")).items()}
    assert list(header).index("efst4") == list(header).index("efst3") + 1
    assert cells.loc[meta["instrument_version"].eq(OLD), "efst4"].eq("").all()
    assert cells.loc[meta["instrument_version"].eq(NEW), "efst4"].ne("").any()


def test_words_in_the_header_are_those_of_the_last_version_named(tmp_path: Path) -> None:
    old, new = store.load(OLD), store.load(NEW)
    cells, meta = _mixed((old, new), "A", 2, 1)
    for layouts, words in (((old, new), new), ((new, old), old)):
        qualtrics.write(tmp_path / "a.csv", layouts, "A", cells, meta)
        assert _header(tmp_path / "a.csv")["srcr4"][1].endswith(words.text("question.srcr4"))


def test_one_version_alone_is_written_as_before_however_it_is_given(tmp_path: Path) -> None:
    cells = good_cells()
    for name, given_as in (("one", small_instrument()), ("list", [small_instrument()])):
        qualtrics.write(tmp_path / name, given_as, "F", cells, meta_for(cells))
    assert (tmp_path / "one").read_bytes() == (tmp_path / "list").read_bytes()


# -- versions that differ otherwise -------------------------------------------------------------------------


def _changed(version: str, blocks: dict[int, Block]) -> Instrument:
    base = small_instrument(version)
    form = base.form("F")
    new = tuple(blocks.get(k, block) for k, block in enumerate(form.blocks))
    return Instrument.model_validate(base.model_copy(update={
        "forms": (form.model_copy(update={"blocks": new}), base.form("A")), "translations": ()}).model_dump())


def _relabelled() -> Instrument:
    """The same codes with other words, and an answer more."""
    block = small_instrument().form("F").blocks[1]
    fact = block.questions[2]
    assert isinstance(fact, Fact)
    options = (Option(code=1, label="Trains"), *fact.options[1:2], Option(code=3, label="Chooses partners"),
               Option(code=4, label="Audits"))
    return _changed(NEW, {1: block.model_copy(update={
        "questions": (*block.questions[:2], fact.model_copy(update={"options": options}))})})


def test_the_words_of_a_row_are_those_of_its_own_version(tmp_path: Path) -> None:
    layouts = (small_instrument(), _relabelled())
    cells = good_cells()
    cells["dafmn"] = ["1", "1", "3,dk", "3,dk", "", "4"]
    meta = meta_for(cells).assign(instrument_version=[OLD, NEW] * 3, language="en")
    qualtrics.write(tmp_path / "l.csv", layouts, "F", cells, meta, export="labels")
    with (tmp_path / "l.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.reader(file))
    at = rows[0].index("dafmn")
    assert [row[at] for row in rows[3:]] == [
        "Chooses partners", "Trains", "Trains,I don't know", "Chooses partners,I don't know", "", "Audits"]


def test_a_row_of_a_version_that_is_not_given_is_written_and_stays(tmp_path: Path) -> None:
    cells = good_cells()
    meta = meta_for(cells)
    meta.loc[5, "instrument_version"] = "9.9.9"
    qualtrics.write(tmp_path / "x.csv", [small_instrument()], "F", cells, meta)
    raw = qualtrics.read(tmp_path / "x.csv", "F", instruments={OLD: small_instrument()})
    _same(raw, cells, meta)
    assert raw.meta["instrument_version"].tolist()[1] == "9.9.9"


def test_versions_that_number_their_questions_differently_are_refused(tmp_path: Path) -> None:
    block = small_instrument().form("F").blocks[2]
    turned = _changed(NEW, {2: block.model_copy(update={"questions": block.questions[::-1]})})
    cells = good_cells()
    with pytest.raises(ValueError, match="different ImportIds: lrar1, at1"):
        qualtrics.write(tmp_path / "x.csv", (small_instrument(), turned), "F", cells, meta_for(cells))
    last = block.questions[2].model_copy(update={"id": "at2"})
    replaced = _changed(NEW, {2: block.model_copy(update={"questions": (*block.questions[:2], last)})})
    with pytest.raises(ValueError, match="at2 and at1 under one ImportId, QID9_3"):
        qualtrics.write(tmp_path / "x.csv", (small_instrument(), replaced), "F", cells.assign(at2=""), meta_for(cells))
    assert list(tmp_path.iterdir()) == []


def test_a_language_that_a_version_does_not_have_is_refused(tmp_path: Path) -> None:
    cells, meta = _mixed((store.load(OLD), store.load(NEW)), "A", 2, 1)
    with pytest.raises(ValueError, match=r"version 1\.0\.0 has no language 'fr'"):
        qualtrics.write(tmp_path / "x.csv", (store.load(OLD), store.load(NEW)), "A", cells, meta, export="labels",
                        language="fr")


@settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck))
@given(old=instruments(), seed=st.integers(0, 99))
def test_drawn_versions_in_one_file_come_back_cell_by_cell(
    tmp_path_factory: pytest.TempPathFactory, old: Instrument, seed: int,
) -> None:
    path = tmp_path_factory.mktemp("drawn") / "both.csv"
    for form in old.forms:
        last = Block(id="last", title="Last", questions=(
            Fact(id="added", kind="choices", role="context", text="And?", options=(
                Option(code=7, label="=seven()"), Option(code=12, label="twelve")),
                missing=(Option(code="rf", label="no answer"),)),
            Fact(id="why", kind="text", role="context", text="Why?")))
        longer = form.model_copy(update={"blocks": (*form.blocks, last)})
        new = Instrument.model_validate(old.model_copy(update={
            "version": NEW, "translations": (),
            "forms": tuple(longer if f.id == form.id else f for f in old.forms)}).model_dump())
        cells, meta = _mixed((old, new), form.id, 5, seed)
        qualtrics.write(path, (old, new), form.id, cells, meta)
        _same(qualtrics.read(path, form.id, instruments={OLD: old, NEW: new}), cells, meta)


# -- texts that a spreadsheet would run ---------------------------------------------------------------------


def test_texts_that_a_spreadsheet_would_run_are_made_harmless_and_read_as_they_were_typed(tmp_path: Path) -> None:
    cells = good_cells()
    cells["words"] = ["=cmd()", "", "'=x", "+1 more", "-5", "it's"]
    cells.loc[[5, 9], ["dafex", "dafyr", "dafmn", "fdate"]] = ["1", "2001", "3", "2024-02-29"]
    meta = meta_for(cells)
    meta.loc[4, "firm_id"] = "@firm"
    personal = pd.DataFrame({"RecipientLastName": ["=HYPERLINK(1)"] + [""] * 5}, index=cells.index)
    path = tmp_path / "x.csv"
    qualtrics.write(path, small_instrument(), "F", cells, meta, personal)
    with path.open(encoding="utf-8-sig", newline="") as file:
        written = [cell for row in csv.reader(file) for cell in row]
    assert [cell for cell in written if cell[:1] in ("=", "+", "@")] == []
    assert {"'=cmd()", "''=x", "'+1 more", "-5", "it's", "'@firm", "'=HYPERLINK(1)"} <= set(written)
    raw = qualtrics.read(path, "F", instruments={OLD: small_instrument()})
    _same(raw, cells, meta)
    assert raw.notes == (
        "3 cells begin with the apostrophe that keeps a spreadsheet from running them: read without it.",)
