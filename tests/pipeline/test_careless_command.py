"""``alliometrics careless``: every index of every row of a plain file, marks, pairs, and bad input in words."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from instrument.errors import InputError
from pipeline.commands.careless import document, indices_of, tables
from pipeline.commands.output import console
from pipeline.data.careless import mahalanobis_cutoff

REFERENCE = Path(__file__).parents[1] / "reference" / "careless"
SCALES = ["a=x1,x2,x3,x4", "b=x5,x6,x7,x8", "c=x9,x10,x11", "d=x12,x13,x14"]


@pytest.fixture(scope="module")
def reference() -> dict:
    return json.loads((REFERENCE / "expected.json").read_text())


@pytest.fixture(scope="module")
def found() -> dict:
    return document(indices_of(REFERENCE / "answers.csv", items=None, scales=SCALES))


def written(folder: Path, rows: list[list[object]], names: str = "p1,q1,p2,q2,p3,q3") -> Path:
    path = folder / "data.csv"
    path.write_text("\n".join([names, *(",".join(map(str, row)) for row in rows)]) + "\n", encoding="utf-8")
    return path


def test_indices_of_every_row_agree_with_r(found: dict, reference: dict) -> None:
    rows = found["rows"]
    assert [row["row"] for row in rows] == list(range(2, 62))
    assert [row["longstring"] for row in rows] == reference["longstring"]
    assert [row["irv"] for row in rows] == pytest.approx(reference["irv"], abs=1e-12)
    assert [row["mahalanobis"] for row in rows] == pytest.approx(reference["mahalanobis"], rel=1e-9)
    both = [(row["even_odd"], theirs) for row, theirs in zip(rows, reference["even_odd"], strict=True)
            if row["even_odd"] is not None]
    assert len(both) == 58
    assert [ours for ours, _ in both] == pytest.approx([theirs for _, theirs in both], abs=1e-12)


def test_marks_are_beyond_the_customary_cut_offs_and_nothing_is_deleted(found: dict) -> None:
    assert (found["n"], len(found["rows"])) == (60, 60)
    summary = found["summary"]
    assert (summary["longstring"]["cutoff"], summary["irv"]["cutoff"], summary["even_odd"]["cutoff"]) == (7, 0.5, 0.3)
    assert summary["mahalanobis"]["cutoff"] == mahalanobis_cutoff(0.99, 14)
    for row in found["rows"]:
        assert ("longstring" in row["marked"]) == (row["longstring"] >= 7)
        assert ("irv" in row["marked"]) == (row["irv"] < 0.5)
        assert ("even_odd" in row["marked"]) == (row["even_odd"] is not None and row["even_odd"] < 0.3)
        assert ("mahalanobis" in row["marked"]) == (row["mahalanobis"] > summary["mahalanobis"]["cutoff"])
    for name, one in summary.items():
        assert one["marked"] == sum(name in row["marked"] for row in found["rows"])
        assert one["defined"] + one["undefined"] == 60
    assert found["marked_by_any"] == sum(bool(row["marked"]) for row in found["rows"]) == 11
    assert found["marked_by_several"] == 3
    assert summary["average_run"]["cutoff"] is None


def test_what_is_undefined_has_its_reason(found: dict) -> None:
    straight = found["rows"][0]
    assert straight["even_odd"] is None
    assert straight["undefined"]["even_odd"] == "half-scale means do not vary across scales"
    assert found["summary"]["synonyms"]["reasons"] == {
        "only 2 pairs of items go together closely enough; it takes 3": 60}
    assert [(pair["earlier"], pair["later"]) for pair in found["pairs"]["synonyms"]] == [("x6", "x8"), ("x9", "x10")]
    assert found["pairs"]["antonyms"] == []


def test_synonyms_and_antonyms_of_a_plain_file(tmp_path: Path) -> None:
    rng = np.random.default_rng(5)
    level = rng.integers(1, 8, (80, 3))
    X = np.stack([level, 8 - level], axis=2).reshape(80, 6)
    X[7] = [2, 2, 6, 6, 4, 5]  # answers opposites alike
    found = document(indices_of(written(tmp_path, X.tolist()), items=None))
    assert [(pair["earlier"], pair["later"]) for pair in found["pairs"]["antonyms"]] == [
        ("p1", "q1"), ("p2", "q2"), ("p3", "q3")]
    row = found["rows"][7]
    assert row["row"] == 9
    # (2, 6, 5) against (2, 6, 4)
    assert row["antonyms"] == pytest.approx(np.corrcoef([2, 6, 5], [2, 6, 4])[0, 1], abs=1e-12)
    assert "antonyms" in row["marked"]
    assert found["summary"]["antonyms"]["marked"] == 1
    assert found["rows"][8]["antonyms"] == pytest.approx(-1, abs=1e-12)


def test_the_console_shows_indices_marked_rows_pairs_and_reasons(capsys: pytest.CaptureFixture[str]) -> None:
    for part in tables(indices_of(REFERENCE / "answers.csv", items=None, scales=SCALES)):
        console().print(part, markup=False)
    shown = capsys.readouterr().out
    for said in ("60 rows, 14 items; nothing is left out", "even-odd consistency, Mahalanobis D²",
                 "Pairs of synonyms: x6–x8 .70, x9–x10 .66", "undefined for 60 rows because only 2 pairs"):
        assert said in " ".join(shown.split())
    assert "nan" not in shown


def test_even_odd_is_of_named_scales_and_indices_of_the_named_items(tmp_path: Path) -> None:
    rows = [[1, 2, 3, 4, 5, 6], [2, 2, 2, 2, 2, 2], [6, 5, 1, 4, 7, ""]]
    found = indices_of(written(tmp_path, rows), items="p1,p2", scales=["s=p1,q1", "t=p2,q2", "u=p3,q3"])
    assert found.items == ("p1", "p2")
    out = document(found)
    assert [row["longstring"] for row in out["rows"]] == [1, 2, 1]
    assert out["rows"][0]["even_odd"] == pytest.approx(1)
    assert document(indices_of(written(tmp_path, rows), items="p1,p2"))["rows"][0]["undefined"]["even_odd"] == \
        "no scale was named"


@pytest.mark.parametrize(("items", "scales", "code"), [
    ("p1,zz", [], "DATA-COLUMN"), ("p1,,p2", [], "OPTION-ITEMS"), (None, ["p1,q1"], "OPTION-SCALE"),
    ("p1,p1", [], "ITEM-DOUBLED"), (None, ["s=p1,nowhere"], "DATA-COLUMN"),
])
def test_bad_options_are_errors_with_a_code(tmp_path: Path, items: str | None, scales: list[str], code: str) -> None:
    with pytest.raises(InputError) as caught:
        indices_of(written(tmp_path, [[1, 2, 3, 4, 5, 6]]), items=items, scales=scales)
    assert caught.value.findings[0].code == code


@pytest.mark.parametrize("rows", [
    [[4, 4, 4, 4, 4, 4]] * 5, [[1, 2, 3, 4, 5, 6]], [["", "", "", "", "", "NA"]] * 3, [[1, "", 3, "", 5, ""]] * 4,
])
def test_no_variance_one_row_and_nothing_answered_are_said_and_never_nan(
    tmp_path: Path, rows: list, capsys: pytest.CaptureFixture[str],
) -> None:
    found = indices_of(written(tmp_path, rows), items=None, scales=["s=p1,q1", "t=p2,q2", "u=p3,q3"])
    text = json.dumps(document(found), allow_nan=False)
    assert "cannot be inverted" in text or "no item was answered" in text
    for part in tables(found):
        console().print(part, markup=False)
    assert "nan" not in capsys.readouterr().out
