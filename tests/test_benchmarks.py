"""The benchmark's model, its bookkeeping and its tables; nothing is timed here."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from io import StringIO
from pathlib import Path

import numpy as np
import pytest
from rich.console import Console

from benchmarks.contenders import Ours, Timed, lavaan_on
from benchmarks.machine import machine
from benchmarks.memory import item_rows, measured
from benchmarks.model import FREE_PARAMETERS, NAMES, SYNTAX, complete, lines_without_effects, with_gaps
from benchmarks.results import Comparison, Results, Series, from_json, read, to_json
from benchmarks.run import QUICK, README, STORED, Bench, bootstraps, in_turn, per_draw, single_fits
from benchmarks.tables import BEGIN, END, between_marks, costs_sheet, markdown, missed_aims, number, rivals_sheet, show
from pipeline.models import MEDIATION
from pipeline.sem.estimate import Options, table_of

LAVAAN, SEMOPY = "lavaan 0.6-14", "semopy 2.3.11"

EXAMPLE = Results(
    machine={"processor": "Some Processor", "cores": "2", "numpy": "2.4.6"},
    quick=False,
    rivals=(
        Comparison("draws-complete", "5,000 draws, ML", "ms a draw", (
            Series("alliometrics", (0.2, 0.1, 0.4)), Series(LAVAAN, (20.0, 30.0, 60.0), "300 of 300 draws converged"),
            Series(SEMOPY, (), "semopy is not installed")), aim=200),
        Comparison("fit-complete", "One fit, ML", "ms", (Series("alliometrics", (10.0,)), Series(LAVAAN, (80.0,))),
                   aim=5),
    ),
    costs=(
        Comparison("workers", "5,000 draws, ML", "ms a draw", (Series("1 worker", (0.3, 0.2)),
                                                               Series("2 workers", (0.15, 0.1)))),
        Comparison("memory", "Peak memory", "MB", (Series("all", (1234.4,)),)),
    ),
)


def test_the_model_has_the_announced_number_of_free_parameters() -> None:
    assert table_of(SYNTAX, NAMES, Options()).n_free == FREE_PARAMETERS == 54
    assert table_of(SYNTAX, NAMES, Options(missing="fiml")).n_free == FREE_PARAMETERS + 24


def test_data_are_the_same_every_time_and_gaps_are_the_announced_share() -> None:
    data = complete()
    assert data.X.shape == (300, 24)
    assert np.array_equal(data.X, complete().X)
    gaps = with_gaps(data).X
    assert np.isnan(gaps).mean() == pytest.approx(0.05, abs=0.005)
    there = ~np.isnan(gaps)
    assert np.array_equal(gaps[there], data.X[there])


def test_data_reach_r_to_the_last_digit(tmp_path: Path) -> None:
    gaps = with_gaps(complete(rows=20))
    gaps.write(tmp_path)
    header, *lines = (tmp_path / "gaps.csv").read_text(encoding="utf-8").splitlines()
    assert header.split(",") == list(NAMES)
    back = np.array([[float(cell.replace("NA", "nan")) for cell in line.split(",")] for line in lines])
    assert np.array_equal(back, gaps.X, equal_nan=True)


def test_effects_are_left_out_for_programs_without_them() -> None:
    assert ":=" in SYNTAX
    assert ":=" not in lines_without_effects(SYNTAX)
    assert "a*experience" in lines_without_effects(SYNTAX)


def test_sides_take_turns_and_change_the_order_with_the_same_seed_in_a_round() -> None:
    called: list[tuple[str, int]] = []

    def side(name: str, seconds: float) -> Callable[[int], Timed]:
        def timed(seed: int) -> Timed:
            called.append((name, seed))
            return Timed(seconds, 10)
        return timed

    in_turn({"ours": side("ours", 1), "theirs": side("theirs", 2)}, 2)
    assert called == [("ours", 1), ("theirs", 1), ("theirs", 2), ("ours", 2)]
    series = per_draw({"ours": (side("ours", 1), 10), "theirs": (side("theirs", 2), 4)}, 3)
    assert series[0] == Series("ours", (100.0,) * 3, "30 of 30 draws converged")
    assert series[1].values == (500.0,) * 3


def test_without_r_the_rest_is_measured_and_the_reason_given(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("shutil.which", lambda name: None)
    data = complete(rows=100)
    with lavaan_on((data,), tmp_path) as lavaan:
        assert lavaan == "Rscript is not on the path"
        sizes = replace(QUICK, rounds=2, draws=20, fits=2)
        bench = Bench(sizes, {"complete": Ours(data)}, {"complete": data}, lavaan, "semopy is not installed")
        for comparison in (bootstraps(bench, "complete"), single_fits(bench, "complete")):
            ours, theirs, *_ = comparison.series
            assert len(ours.values) == 2
            assert theirs == Series("lavaan", (), "Rscript is not on the path")
            assert missed_aims(replace(EXAMPLE, rivals=(comparison,))) == ()


def test_memory_is_that_of_a_process_of_its_own() -> None:
    before, peak = measured("dimensions", 5, 1)
    assert 10 < before <= peak


def test_the_rows_for_memory_have_every_variable_of_m1() -> None:
    names, X = item_rows()
    assert X.shape == (400, len(names))
    assert table_of(MEDIATION.syntax, names, MEDIATION.options).n_free > FREE_PARAMETERS


def test_ratios_are_of_the_same_round() -> None:
    assert EXAMPLE.rivals[0].ratios(1) == pytest.approx((100, 300, 150))
    assert EXAMPLE.rivals[0].ratios(2) == ()


def test_the_table_beside_others_has_medians_ratios_and_reasons() -> None:
    sheet = rivals_sheet(EXAMPLE)
    assert sheet.header == ("Job", "alliometrics", LAVAAN, SEMOPY, f"{LAVAAN} ÷ ours", f"{SEMOPY} ÷ ours")
    assert sheet.rows == (
        ("5,000 draws, ML, ms a draw", "0.200", "30.0", "not measured: semopy is not installed",
         "150× (100 to 300)", ""),
        ("One fit, ML, ms", "10.0", "80.0", "", "8.00×", ""))


def test_the_table_of_costs_compares_with_its_first_case() -> None:
    assert costs_sheet(EXAMPLE).rows == (
        ("5,000 draws, ML, ms a draw", "1 worker", "0.250", ""), ("", "2 workers", "0.125", "2.00"),
        ("Peak memory, MB", "all", "1,234", ""))


def test_an_aim_that_was_missed_is_said() -> None:
    assert missed_aims(EXAMPLE) == ("5,000 draws, ML: 150× is below the aim of 200×.",)


def test_numbers_keep_three_digits() -> None:
    assert [number(value) for value in (0.12345, 1.2345, 12.345, 123.45, 12345.6)] == [
        "0.123", "1.23", "12.3", "123", "12,346"]


def test_markdown_rows_have_as_many_cells_as_the_header_and_a_quick_run_says_so() -> None:
    text = markdown(EXAMPLE)
    blocks = [block for block in text.split("\n\n") if block.startswith("|")]
    assert len(blocks) == 2
    for block in blocks:
        assert len({line.count("|") for line in block.splitlines()}) == 1
    assert text.endswith("Measured on Some Processor, cores 2, numpy 2.4.6.")
    assert "quick" not in text
    assert "not to be quoted" in markdown(Results(EXAMPLE.machine, True, EXAMPLE.rivals, EXAMPLE.costs))


def test_the_screen_shows_notes_and_missed_aims() -> None:
    screen = StringIO()
    show(EXAMPLE, Console(file=screen, width=160))
    assert "below the aim" in screen.getvalue()
    assert f"5,000 draws, ML, {LAVAAN}: 300 of 300 draws converged." in screen.getvalue()


def test_results_survive_json() -> None:
    assert from_json(to_json(EXAMPLE)) == EXAMPLE


def test_only_what_stands_between_the_marks_is_replaced() -> None:
    text = f"before\n{BEGIN}\nold\n{END}\nafter\n"
    once = between_marks(text, "new")
    assert once == f"before\n{BEGIN}\nnew\n{END}\nafter\n"
    assert between_marks(once, "new") == once


@pytest.mark.parametrize("text", ["", BEGIN, END + BEGIN, BEGIN + END + END])
def test_missing_or_doubled_marks_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match="once each"):
        between_marks(text, "new")


def test_the_readme_shows_the_stored_results() -> None:
    text = README.read_text(encoding="utf-8")
    assert between_marks(text, markdown(read(STORED))) == text


def test_nothing_of_the_machine_but_hardware_and_versions_is_written() -> None:
    found = machine("R 4.2.2", "R's BLAS libblas")
    assert found["R"] == "4.2.2"
    assert found["R's BLAS"] == "libblas"
    assert not any("/" in value for value in found.values())
    assert "/" not in STORED.read_text(encoding="utf-8")
