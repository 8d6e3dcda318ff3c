"""Tables hold what the results hold, in full precision, and say so in a sentence."""

from __future__ import annotations

import csv
import dataclasses
from pathlib import Path

import pandas as pd
import pytest

from pipeline.report import names, tables
from pipeline.report.tables import Column, Table
from pipeline.results import EVERYONE, StudyResults
from pipeline.undefined import Undefined
from tests.example_results import DRAWS, FIRMS, example_results


@pytest.fixture(scope="module")
def results() -> StudyResults:
    return example_results()


@pytest.fixture(scope="module")
def every(results: StudyResults) -> dict[str, Table]:
    return {table.id: table for table in tables.all_tables(results)}


def test_ids_are_unique_and_fit_for_a_file_name(results: StudyResults) -> None:
    ids = [table.id for table in tables.all_tables(results)]
    assert len(ids) == len(set(ids))
    assert all(names.slug(table_id) == table_id for table_id in ids)


def test_every_table_has_one_sentence_and_no_text_says_nan(every: dict[str, Table]) -> None:
    for table in every.values():
        assert table.summary.endswith("."), table.id
        cells = {cell.lower() for row in tables.display_rows(table) for cell in row}
        assert not cells & {"nan", "none", "inf", "-inf"}, table.id
        assert "nan" not in f" {table.summary} {table.note} ".lower().split(), table.id


def test_the_flow_table_is_the_flow(results: StudyResults, every: dict[str, Table]) -> None:
    assert every["flow"].column("n") == tuple(step.n for step in results.flow)
    assert every["flow"].column("left_out") == tuple(step.left_out for step in results.flow)
    assert "531 responses" in every["flow"].summary
    assert "431 firms" in every["flow"].summary


def test_respondent_tables_count_what_the_results_count(results: StudyResults, every: dict[str, Table]) -> None:
    assert len(every["failures"].rows) == len(results.failures)
    assert len(every["exclusions"].rows) == sum(r.excluded for r in results.respondents)
    assert len(every["missing"].rows) == sum(len(r.missing) for r in results.reading)
    dropped = sum(sum(r.dropped_personal.values()) for r in results.reading)
    assert sum(every["personal-data"].column("values")) == dropped  # type: ignore[arg-type]
    assert every["screening"].column("respondents") == tuple(n for s in results.screening for n in s.flagged.values())


def test_the_missing_sentence_leaves_out_what_was_not_asked(results: StudyResults, every: dict[str, Table]) -> None:
    form = results.reading[0]
    asked = form.cells - form.missing["not asked"]
    missing = sum(form.missing.values()) - form.missing["not asked"]
    share = f"{100 * missing / asked:.1f}\N{NO-BREAK SPACE}%"
    assert f"{share} of the {asked:,} answers asked for" in every["missing"].summary


def test_correlations_are_the_lower_triangle(results: StudyResults, every: dict[str, Table]) -> None:
    moments, table = results.moments["firm"], every["correlations-firm"]
    assert table.column("sd") == moments.sd
    first, last = moments.variables[0], moments.variables[-1]
    assert table.rows[-1][[c.key for c in table.columns].index(first)] == moments.correlation[-1][0]
    assert table.column(last)[0] == ""
    assert every["covariances-firm"].column(last)[0] == moments.covariance[0][-1]


def test_reliability_and_loadings_keep_every_digit(results: StudyResults, every: dict[str, Table]) -> None:
    assert every["reliability"].column("alpha") == tuple(r.alpha for r in results.reliability)
    assert len(every["items"].rows) == sum(len(r.items) for r in results.reliability)
    solution = results.factor_analyses[0].solution
    assert every["loadings-learning"].column("factor_2") == tuple(row[1] for row in solution.loadings)
    assert every["factor-correlations-learning"].column("factor_4") == tuple(row[3] for row in solution.phi)


def test_map_stands_beside_the_number_of_factors_it_belongs_to(results: StudyResults, every: dict[str, Table]) -> None:
    partial = results.factor_analyses[0].minimum_average_partial
    shown = every["number-of-factors-learning"].column("map_squared")
    assert shown[0] == partial.squared[1]
    assert shown[partial.factors - 1] == min(partial.squared)


def test_a_cross_loading_is_named(every: dict[str, Table]) -> None:
    assert "lrco4 loads at .30 or more on several factors" in every["loadings-learning"].summary


def test_identification_adds_up(every: dict[str, Table]) -> None:
    table = every["identification"]
    for moments, free, df in zip(*(table.column(key) for key in ("moments", "npar", "df")), strict=True):
        assert moments - free == df  # type: ignore[operator]


def test_fit_stands_with_and_without_exclusions_side_by_side(results: StudyResults, every: dict[str, Table]) -> None:
    table = every["fit"]
    assert table.column("rows") == ("screened", "all respondents") * 3
    for row_id, rows, chisq in zip(*(table.column(key) for key in ("model", "rows", "chisq")), strict=True):
        indices = results.model(str(row_id), str(rows)).fit.indices
        assert indices is not None
        assert chisq == indices.chisq


def test_a_model_that_did_not_converge_is_named_in_the_sentence(results: StudyResults) -> None:
    broken = _with_mediation(results, converged=False, indices=None)
    assert "Not converged: M1 (screened)." in tables.fit_table(broken).summary
    assert "every model converged" not in tables.fit_table(broken).summary.lower()


def test_residuals_are_sample_less_implied(results: StudyResults) -> None:
    fit = results.model("M1").fit
    row = tables.residuals_table(results.model("M1")).rows[0]
    i, j = fit.variables.index(str(row[0])), fit.variables.index(str(row[1]))
    sample = fit.sample_cov[i][j] / (fit.sample_cov[i][i] * fit.sample_cov[j][j]) ** 0.5
    implied = fit.implied_cov[i][j] / (fit.implied_cov[i][i] * fit.implied_cov[j][j]) ** 0.5
    assert row[4] == pytest.approx(sample - implied)


def test_parameters_keep_lavaans_order_and_mark_the_fixed(results: StudyResults, every: dict[str, Table]) -> None:
    table, fit = every["parameters-M1-screened"], results.model("M1").fit
    assert table.column("est") == tuple(p.est for p in fit.parameters)
    assert table.rows[0][:5] == ("LRN", "=~", "lrar", "", "fixed")
    assert table.rows[0][6] is None


def test_effects_hold_the_direct_path_and_every_defined_effect(results: StudyResults, every: dict[str, Table]) -> None:
    run = results.model("M1")
    assert run.bootstrap is not None
    table = every["effects-M1-screened"]
    assert table.rows[0][1] == "c1"
    assert table.column("est")[1:] == tuple(e.est for e in run.bootstrap.effects)
    assert table.column("ci")[1:] == tuple((e.lower, e.upper) for e in run.bootstrap.effects)
    assert f"{DRAWS} draws requested" in table.note


def test_the_comparison_says_whether_the_exclusions_matter(results: StudyResults, every: dict[str, Table]) -> None:
    assert "same side" in every["effects-comparison"].summary
    assert f"n = {FIRMS}" in every["effects-comparison"].summary
    run = results.model("M1", EVERYONE)
    assert run.bootstrap is not None
    effects = tuple(dataclasses.replace(e, lower=-0.01) for e in run.bootstrap.effects)
    other = dataclasses.replace(run, bootstrap=dataclasses.replace(run.bootstrap, effects=effects))
    changed = dataclasses.replace(results, models=(*results.models[:-1], other))
    assert "different sides" in tables.comparison_table(changed).summary


def test_decay_and_truth_have_a_row_each(results: StudyResults, every: dict[str, Table]) -> None:
    assert every["decay"].column("decay") == tuple(d.decay for d in results.decay)
    assert every["decay"].column("planned").count("plan") == 1
    assert every["known-truth"].column("true") == tuple(t.true for t in results.known_truth)
    assert "known-truth" not in {t.id for t in tables.all_tables(example_results(synthetic=False))}


def test_the_manifest_names_overrides_and_hashes(results: StudyResults, every: dict[str, Table]) -> None:
    values = dict(every["manifest"].rows)  # type: ignore[arg-type]
    assert values["Not as planned: draws"] == "500"
    assert values["Plan (SHA-256)"] == results.manifest.plan_sha256


def test_a_row_that_does_not_fit_its_columns_is_refused() -> None:
    with pytest.raises(ValueError, match="2 cells under 1 columns"):
        Table("t", "T", (Column("a", "A"),), (("x", "y"),), "S.")


TRICKY = Table(
    "tricky", "Tricky",
    (Column("text", "Text"), Column("value", "Value", "number"), Column("ci", "Interval", "interval")),
    (("=1+1", 1 / 3, (-0.1, 0.2)), ("=~", Undefined("n is 1"), (Undefined("n is 1"), 0.2)), ("-x", None, None)), "S.",
)


def test_csv_has_every_digit_and_no_live_formula(tmp_path: Path) -> None:
    path = tables.write_csv(TRICKY, tmp_path / "deep" / "tricky.csv")
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0]) == ["text", "value", "ci_lower", "ci_upper"]
    assert [row["text"] for row in rows] == ["'=1+1", "=~", "'-x"]
    assert float(rows[0]["value"]) == 1 / 3
    assert float(rows[0]["ci_lower"]) == -0.1
    assert rows[1]["value"] == rows[1]["ci_lower"] == "undefined because n is 1"
    assert rows[2]["value"] == rows[2]["ci_upper"] == ""


def test_frames_are_typed_for_machines_and_written_for_people(every: dict[str, Table]) -> None:
    assert tables.to_frame(every["flow"])["n"].dtype == "int64"
    assert tables.to_frame(every["decay"])["est"].dtype == "float64"
    shown = tables.to_frame(TRICKY, formatted=True)
    assert list(shown.columns) == ["Text", "Value", "Interval"]
    assert shown.iloc[0].tolist() == ["=1+1", "0.33", "[−0.10, 0.20]"]
    assert shown.iloc[2].tolist() == ["-x", "–", "–"]


def test_every_table_writes_a_csv_that_reads_back(every: dict[str, Table], tmp_path: Path) -> None:
    tables.write_tables(tuple(every.values()), tmp_path)
    for table in every.values():
        if table.rows:
            assert len(pd.read_csv(tmp_path / f"{table.id}.csv")) == len(table.rows)


def test_a_page_without_room_shows_fewer_columns(every: dict[str, Table]) -> None:
    small = tables.select(every["fit"], ("rmsea", "model"))
    assert [column.key for column in small.columns] == ["rmsea", "model"]
    assert small.column("model") == every["fit"].column("model")


def _with_mediation(results: StudyResults, **changes: object) -> StudyResults:
    run = results.model("M1")
    changed = dataclasses.replace(run, fit=dataclasses.replace(run.fit, **changes))  # type: ignore[arg-type]
    return dataclasses.replace(results, models=tuple(changed if m is run else m for m in results.models))
