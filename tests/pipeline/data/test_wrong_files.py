"""Every importer given what it was not made for: an error, or a failure row, with place, rule and fix. Never a guess.

The files are those that each platform's own writer makes of the same answers, handed to every other reader, cut off,
shuffled, renamed, recoded, or with cells that hold what no answer is.
"""

from __future__ import annotations

import csv
import io
from pathlib import Path

import openpyxl
import pandas as pd
import pytest

from instrument.errors import InputError
from instrument.fielding import platforms
from instrument.fielding.answers import RawAnswers
from pipeline.data.responses import answer_table, failure_table, validate
from tests.instrument.fielding.small import good_cells, meta_for, small_instrument

INSTRUMENT = small_instrument()
KNOWN = {"1.0.0": INSTRUMENT}
CELLS = good_cells(8)
META = meta_for(CELLS)
TABLES = ("csv", "excel", "redcap", "kobo", "odk", "limesurvey")
"""Platforms whose export is one table with one header row."""
WORDED = ("csv", "excel", "redcap", "limesurvey", "qualtrics")
"""Platforms that also export choice text, by which codes are verified."""


def written(platform: str, folder: Path, cells: pd.DataFrame = CELLS, **more: str) -> Path:
    form = platforms.answers(platform)
    path = folder / f"{platform}_{more.get('export', 'codes')}{form.SUFFIX}"
    form.write(path, INSTRUMENT, "F", cells, META, **more)  # type: ignore[arg-type]
    return path


def read(platform: str, path: Path, **more: Path) -> RawAnswers:
    return platforms.answers(platform).read(path, "F", instruments=KNOWN, **more)


def told(error: InputError, path: Path) -> None:
    """Whoever reads the message knows what, where, which rule, and what to do."""
    assert error.findings
    for finding in error.findings:
        assert finding.code.startswith("READ-"), finding
        assert path.name in finding.place, finding
        assert len(finding.rule) > 20, finding
        assert len(finding.fix) > 10, finding


def same_answers(raw: RawAnswers) -> bool:
    got, meta = raw.cells.reset_index(drop=True), raw.meta.reset_index(drop=True)
    return bool(got[list(CELLS.columns)].equals(CELLS.reset_index(drop=True))
                and meta[list(META.columns)].equals(META.reset_index(drop=True)))


@pytest.mark.parametrize("platform", platforms.ANSWERS)
@pytest.mark.parametrize("source", platforms.ANSWERS)
def test_another_platforms_file_is_refused_in_words_or_read_rightly(
    platform: str, source: str, tmp_path: Path
) -> None:
    """Plain tables are alike enough that some readers understand another's; then nothing at all may differ."""
    path = written(source, tmp_path)
    try:
        raw = read(platform, path)
    except InputError as error:
        told(error, path)
        assert platform != source
    else:
        assert same_answers(raw)


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
@pytest.mark.parametrize("platform", platforms.ANSWERS)
def test_of_a_truncated_file_only_whole_rows_are_believed(platform: str, share: float, tmp_path: Path) -> None:
    path = written(platform, tmp_path)
    content = path.read_bytes()
    path.write_bytes(content[:int(len(content) * share)])
    try:
        raw = read(platform, path)
    except InputError as error:
        told(error, path)
        return
    broken = {issue.row for issue in raw.issues if not issue.question}
    whole = raw.cells[~raw.cells.index.isin(broken)].reset_index(drop=True)
    assert len(whole) < len(CELLS)
    assert whole.equals(CELLS.reset_index(drop=True)[list(whole.columns)].iloc[:len(whole)])


# -- tables: columns moved and renamed ------------------------------------------------------------------


def records(path: Path) -> tuple[list[list[str]], str]:
    """A table's records, and its separator; a workbook has none."""
    if path.suffix == ".xlsx":
        rows = openpyxl.load_workbook(path).worksheets[0].iter_rows(values_only=True)
        return [["" if cell is None else str(cell) for cell in row] for row in rows], ""
    text = path.read_text(encoding="utf-8-sig")
    separator = max(",;\t", key=text.split("\n", 1)[0].count)
    return list(csv.reader(io.StringIO(text, newline=""), delimiter=separator)), separator


def rewritten(path: Path, table: list[list[str]], separator: str) -> None:
    if separator:
        with path.open("w", encoding="utf-8", newline="") as file:
            csv.writer(file, delimiter=separator).writerows(table)
        return
    book = openpyxl.Workbook()
    for row in table:
        book.worksheets[0].append(row)
    book.save(path)


def column(header: list[str], question: str) -> int:
    """Where a question stands, whatever the platform puts before or around its id."""
    found = [j for j, name in enumerate(header) if question in name.replace("[", "/").replace("]", "").replace(
        "-", "/").replace(".", "/").split("/")]
    assert found, (question, header)
    return found[0]


@pytest.mark.parametrize("platform", TABLES)
def test_shuffled_columns_are_found_by_name(platform: str, tmp_path: Path) -> None:
    path = written(platform, tmp_path)
    table, separator = records(path)
    order = sorted(range(len(table[0])), key=lambda j: (j * 7919) % 101)
    rewritten(path, [[row[j] for j in order] for row in table], separator)
    assert same_answers(read(platform, path))


@pytest.mark.parametrize("platform", TABLES)
def test_a_renamed_column_is_missed_and_not_guessed(platform: str, tmp_path: Path) -> None:
    path = written(platform, tmp_path)
    table, separator = records(path)
    table[0][column(table[0], "tenr")] = "tenure"
    rewritten(path, table, separator)
    with pytest.raises(InputError) as refused:
        read(platform, path)
    told(refused.value, path)
    assert [f.code for f in refused.value.findings] == ["READ-COLUMN-MISSING"]
    assert "tenr" in refused.value.findings[0].rule


@pytest.mark.parametrize("platform", TABLES)
def test_a_doubled_column_is_an_error(platform: str, tmp_path: Path) -> None:
    path = written(platform, tmp_path)
    table, separator = records(path)
    at = column(table[0], "tenr")
    rewritten(path, [[*row, row[at]] for row in table], separator)
    with pytest.raises(InputError) as refused:
        read(platform, path)
    assert [f.code for f in refused.value.findings] == ["READ-COLUMN-DOUBLED"]


# -- codes and cells ------------------------------------------------------------------------------------


@pytest.mark.parametrize("platform", WORDED)
def test_recodes_out_of_order_are_found_by_the_words(platform: str, tmp_path: Path) -> None:
    """A survey edited in the field exports other numbers for the same words."""
    labels = written(platform, tmp_path, export="labels")
    codes = written(platform, tmp_path, CELLS.assign(dafex=CELLS["dafex"].map({"1": "0", "0": "1", "": ""})))
    with pytest.raises(InputError) as refused:
        read(platform, codes, labels=labels)
    told(refused.value, codes)
    assert [f.code for f in refused.value.findings] == ["READ-RECODE"]
    assert "dafex" in refused.value.findings[0].rule


@pytest.mark.parametrize(("cell", "code"), [
    ("1,2,3", "ANSWER-MULTIPLE"), ("8", "ANSWER-CODE"), ("=cmd()", "ANSWER-CODE"), ("NA", "ANSWER-CODE"),
    ("2.5", "ANSWER-CODE"), ("1;2", "ANSWER-MULTIPLE"),
])
@pytest.mark.parametrize("platform", ["csv", "excel", "redcap", "limesurvey", "kobo", "qualtrics", "html", "surveyjs"])
def test_a_cell_that_is_no_answer_is_set_aside_with_its_place(
    platform: str, cell: str, code: str, tmp_path: Path
) -> None:
    cells = CELLS.copy()
    cells.iloc[2, cells.columns.get_loc("lrar1")] = cell  # type: ignore[index]
    raw = read(platform, written(platform, tmp_path, cells))
    responses, failures, summary = validate(raw, KNOWN)
    assert [(f.column, f.code, f.set_aside) for f in failures] == [("lrar1", code, "cell")]
    assert failures[0].row == raw.cells.index[2]
    assert failures[0].rule
    assert failures[0].fix
    assert responses.reasons["lrar1"].iloc[2] == "invalid"
    assert summary.rows_set_aside == 0
    assert not failure_table(failures)["value"].iloc[0].startswith(("=", "+", "-", "@"))


@pytest.mark.parametrize("platform", platforms.ANSWERS)
def test_a_text_that_begins_like_a_formula_is_kept_and_made_harmless_where_it_is_written(
    platform: str, tmp_path: Path
) -> None:
    cells = CELLS.copy()
    cells.iloc[0, cells.columns.get_loc("words")] = "=cmd()"  # type: ignore[index]
    responses, failures, _ = validate(read(platform, written(platform, tmp_path, cells)), KNOWN)
    assert not failures
    assert responses.texts["words"].iloc[0] == "=cmd()"
    assert answer_table(responses)["words"].iloc[0] == "'=cmd()"


@pytest.mark.parametrize("platform", platforms.ANSWERS)
def test_a_row_with_an_unknown_version_is_kept_aside_and_reported(platform: str, tmp_path: Path) -> None:
    form, cells = platforms.answers(platform), CELLS
    meta = META.copy()
    newer = small_instrument("1.1.0")
    meta.iloc[5, meta.columns.get_loc("instrument_version")] = "1.1.0"  # type: ignore[index]
    path = tmp_path / f"answers{form.SUFFIX}"
    form.write(path, [INSTRUMENT, newer], "F", cells, meta)
    raw = read(platform, path)
    assert len(raw.cells) == len(cells)
    responses, failures, summary = validate(raw, KNOWN)
    assert [(f.row, f.code, f.set_aside) for f in failures] == [(raw.cells.index[5], "ROW-VERSION", "row")]
    assert (summary.rows, summary.rows_set_aside, len(responses.values)) == (8, 1, 7)
