"""Matching informants of two occasions, and the command that compares two files."""

from __future__ import annotations

import csv
import json
import re
from pathlib import Path
from statistics import NormalDist

import numpy as np
import pytest
from pydantic import TypeAdapter

from instrument.errors import InputError
from pipeline.commands import retest as command
from pipeline.commands.output import console
from pipeline.evidence.found.retest import RetestReport
from pipeline.evidence.retest import compare, match, retest_of
from pipeline.evidence.scales import Scale
from pipeline.report.tables.retest import retest_tables
from pipeline.undefined import Undefined
from tests.pipeline.measurement.items_reference import REFERENCE, columns

OCCASIONS = columns("occasions")
IDS = [str(int(one)) for one in OCCASIONS[:, 0]]


def scale(X: np.ndarray, items: tuple[str, ...] = ("a", "b"), name: str = "s") -> Scale:
    return Scale(name, name.upper(), name, "A", items, (), X, 1, 7, None)


def halves(score: np.ndarray) -> np.ndarray:
    """Two items whose mean is ``score``."""
    return np.column_stack([score - 0.5, score + 0.5])


@pytest.fixture
def report() -> RetestReport:
    """The second occasion in another order, its items too, with two more persons and one without an id."""
    order = np.random.default_rng(1).permutation(len(IDS))
    second = np.vstack([halves(OCCASIONS[order, 2])[:, ::-1], np.full((3, 2), 4.0)])
    ids: list[str | None] = [IDS[place] for place in order]
    return retest_of((scale(halves(OCCASIONS[:, 1])), scale(halves(OCCASIONS[:, 1]), name="once")),
                     (scale(second, ("b", "a")),), IDS, [*ids, "x", "y", None])


def test_rows_of_the_same_persons_meet_whatever_their_order(report: RetestReport) -> None:
    assert (report.matched, report.only_first, report.only_second, report.without_id) == (60, 0, 2, 1)
    assert [one.scale for one in report.scales] == ["s"]
    found, expected = report.scales[0], REFERENCE["retest"]
    assert (found.retest.n, found.incomplete, found.items) == (60, 0, ("a", "b"))
    for name, one in found.icc.items():
        r = expected["icc95"][name]
        assert (one.value, one.lower, one.upper) == pytest.approx((r["value"], r["lower"], r["upper"]), abs=1e-9)
    assert list(found.icc) == ["ICC(A,1)", "ICC(C,1)", "ICC(A,k)", "ICC(C,k)"]
    assert found.correlation == pytest.approx(expected["correlation"])
    assert found.retest.sem_agreement == pytest.approx(expected["sem_agreement"])
    shift = found.retest.difference
    assert (shift.value, shift.lower, shift.upper) == pytest.approx(
        tuple(expected["difference"][field] for field in ("value", "lower", "upper")))
    assert found.sd_first == pytest.approx(np.std(OCCASIONS[:, 1], ddof=1))
    assert (found.mean_first, found.mean_second) == pytest.approx(tuple(OCCASIONS[:, 1:].mean(axis=0)))


def test_the_reports_table_has_each_number_under_its_heading(report: RetestReport) -> None:
    table, = retest_tables({"A": report})
    shown, expected = dict(zip([c.key for c in table.columns], table.rows[0], strict=True)), REFERENCE["retest"]
    assert (shown["form"], shown["scale"], shown["n"], shown["incomplete"]) == ("A", "S", 60, 0)
    for key, r in (("icc", expected["icc95"]["ICC(A,1)"]), ("consistency", expected["icc95"]["ICC(C,1)"]),
                   ("difference", expected["difference"])):
        assert shown[key] == pytest.approx(r["value"], abs=1e-9), key
        assert shown[f"{key}_ci"] == pytest.approx((r["lower"], r["upper"]), abs=1e-9), key
    assert shown["error"] == pytest.approx(expected["sem_agreement"])
    assert shown["change"] == pytest.approx(NormalDist().inv_cdf(0.975) * np.sqrt(2) * expected["sem_agreement"])


def test_rows_of_one_occasion_alone_do_not_shift_the_others() -> None:
    first, second = halves(OCCASIONS[:, 1]), halves(OCCASIONS[:, 2])
    whole = compare("s", "S", ("a", "b"), first, second)
    gone = np.vstack([first[:20], [[1.0, 1.0]], first[20:]])
    found = retest_of((scale(gone),), (scale(second[::-1]),), [*IDS[:20], "gone", *IDS[20:]], IDS[::-1])
    assert (found.matched, found.only_first, found.only_second) == (60, 1, 0)
    assert (found.scales[0].correlation, found.scales[0].mean_first) == pytest.approx(
        (whole.correlation, whole.mean_first))


def test_a_report_survives_json(report: RetestReport) -> None:
    adapter = TypeAdapter(RetestReport)
    assert adapter.validate_json(adapter.dump_json(report)) == report


def test_doubled_ids_are_named_for_both_occasions() -> None:
    with pytest.raises(InputError) as raised:
        match(["a", "a", "b", None, None], ["c", "c", "c"], ("first.csv", "second.csv"))
    assert [f.code for f in raised.value.findings] == ["RETEST-ID"] * 2
    assert [f.place for f in raised.value.findings] == ["first.csv", "second.csv"]
    assert "c (3 rows)" in raised.value.findings[1].rule


def test_who_left_an_item_out_is_counted() -> None:
    first, second = halves(OCCASIONS[:, 1]), halves(OCCASIONS[:, 2])
    first[0, 0] = second[1, 1] = first[2, 1] = second[2, 0] = np.nan
    found = compare("s", "S", ("a", "b"), first, second)
    assert (found.retest.n, found.incomplete, found.retest.df1) == (57, 3, 56)
    assert found.mean_first == pytest.approx(OCCASIONS[3:, 1].mean())


def test_nobody_matched_or_no_variation_says_why() -> None:
    nobody = retest_of((scale(np.ones((2, 2))),), (scale(np.ones((2, 2))),), ["a", "b"], ["c", "d"])
    assert (nobody.matched, nobody.only_first, nobody.only_second) == (0, 2, 2)
    assert nobody.scales[0].mean_first == nobody.scales[0].retest.agreement.value == Undefined(
        "nobody has a score at every occasion")
    flat = compare("s", "S", ("a",), np.full((5, 1), 3.0), np.full((5, 1), 3.0))
    assert flat.correlation == Undefined("the score does not vary at one of the occasions")
    assert flat.retest.consistency.lower == Undefined("the persons' mean scores do not differ")
    one = compare("s", "S", ("a",), np.array([[3.0]]), np.array([[4.0]]))
    assert (one.mean_second, one.sd_first) == (4.0, Undefined("only one person has a score at every occasion"))


def test_rows_without_ids_for_each_are_an_error_of_the_caller() -> None:
    with pytest.raises(ValueError, match="as many rows"):
        retest_of((scale(np.ones((2, 2))),), (scale(np.ones((2, 2))),), ["a"], ["a", "b"])


# -- the command ---------------------------------------------------------------------------------------------


def written(path: Path, rows: list[list[object]]) -> Path:
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows(rows)
    return path


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path]:
    def rows(column: int) -> list[list[object]]:
        return [["who", "a", "b"], *([name, *map(float, pair)] for name, pair in
                                     zip(IDS, halves(OCCASIONS[:, column]), strict=True))]

    return written(tmp_path / "first.csv", rows(1)), written(tmp_path / "second.csv", rows(2)[:1] + rows(2)[:0:-1])


def codes(raised: pytest.ExceptionInfo[InputError]) -> set[str]:
    return {finding.code for finding in raised.value.findings}


def test_two_files_give_rs_numbers(files: tuple[Path, Path]) -> None:
    found = command.compare_files(*files, "who", ["trust=a,b", "one=b"], 0.9)
    document = json.loads(json.dumps(command.document(found), allow_nan=False))
    assert (document["matched"], document["level"], list(document["scales"])) == (60, 0.9, ["trust", "one"])
    trust, expected = document["scales"]["trust"], REFERENCE["retest"]["icc90"]
    for name, r in expected.items():
        assert trust["icc"][name]["value"] == pytest.approx(r["value"], abs=1e-9)
        assert trust["icc"][name]["ci"] == pytest.approx([r["lower"], r["upper"]], abs=1e-9)
    assert (trust["f_statistic"], trust["pvalue"]) == pytest.approx((r["F"], r["p"]), rel=1e-6)
    assert trust["undefined"] == {}


def test_the_tables_show_agreement_and_error(files: tuple[Path, Path]) -> None:
    shown = console()
    with shown.capture() as captured:
        for part in command.tables(command.compare_files(*files, "who", ["trust=a,b"])):
            shown.print(part, markup=False)
    text = captured.get()
    assert "60 informants matched" in text
    expected = REFERENCE["retest"]["icc95"]["ICC(A,1)"]
    assert re.search(rf"trust .*{expected['value']:.3f}.*{expected['lower']:.3f} to {expected['upper']:.3f}", text)


def test_undefined_values_are_null_with_a_reason(tmp_path: Path) -> None:
    first = written(tmp_path / "f.csv", [["id", "a"], [1, 3], [2, 4], [3, ""]])
    found = command.compare_files(first, first, "id", ["s=a"])
    entry = command.document(found)["scales"]["s"]
    assert entry["icc"]["ICC(A,1)"] == {"value": None, "ci": [None, None]}
    assert entry["undefined"]["ICC(A,1)"] == "only 2 persons have a score at every occasion"
    assert (entry["n"], entry["incomplete"]) == (2, 1)


@pytest.mark.parametrize(("second", "id_column", "options", "level", "expected"), [
    ([["who", "a"], ["1", 2]], "who", ["s=a,b"], 0.95, {"DATA-COLUMN"}),
    ([["name", "a", "b"], ["1", 2, "x"]], "who", ["s=a,b"], 0.95, {"DATA-COLUMN", "DATA-NUMBER"}),
    ([["who", "a", "b"], ["1", 2, 3], ["1", 2, 3]], "who", ["s=a,b"], 0.95, {"RETEST-ID"}),
    ([["who", "a", "b"], ["p1", 2, 3]], "who", ["s=a,b"], 0.95, {"RETEST-MATCH"}),
    ([["who", "a", "b"], ["1", 2, 3]], "who", ["s=a,a"], 0.95, {"ITEM-DOUBLED"}),
    ([["who", "a", "b"], ["1", 2, 3]], "who", ["s"], 0.95, {"OPTION-SCALE"}),
    ([["who", "a", "b"], ["1", 2, 3]], "who", ["s=a,b"], 95, {"OPTION-VALUE"}),
])
def test_bad_input_is_told_by_code(
    files: tuple[Path, Path], tmp_path: Path, second: list[list[object]], id_column: str, options: list[str],
    level: float, expected: set[str],
) -> None:
    other = written(tmp_path / "other.csv", second)
    with pytest.raises(InputError) as raised:
        command.compare_files(files[0], other, id_column, options, level)
    assert codes(raised) == expected
