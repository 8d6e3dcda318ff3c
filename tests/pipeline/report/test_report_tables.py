"""Tables hold what the results hold, in full precision, and say so in a sentence."""

from __future__ import annotations

import csv
import dataclasses
from pathlib import Path
from typing import get_args

import pandas as pd
import pytest

from pipeline.report import names, tables
from pipeline.report.tables import Column, Table
from pipeline.report.tables.fit import fit_sentence
from pipeline.report.tables.models import crosschecks_sentence
from pipeline.results import EVERYONE, StudyResults
from pipeline.sem.fit import Compared, Diagnosis, DiagnosisCode
from pipeline.sem.reported import reported
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
        assert indices.scaled is not None
        assert chisq == indices.scaled.chisq != indices.chisq


def test_with_a_robust_test_the_scaled_and_robust_indices_are_reported(
    results: StudyResults, every: dict[str, Table],
) -> None:
    indices = results.model("M1").fit.indices
    assert indices is not None
    assert indices.scaled is not None
    assert indices.robust is not None
    found = reported(indices)
    assert (found.chisq, found.pvalue, found.scaling_factor) == (
        indices.scaled.chisq, indices.scaled.pvalue, indices.scaled.scaling_factor)
    assert (found.cfi, found.tli, found.rmsea) == (indices.robust.cfi, indices.robust.tli, indices.robust.rmsea)
    assert found.rmsea_ci == (indices.robust.rmsea_ci_lower, indices.robust.rmsea_ci_upper)
    assert {"Scaled χ²", "Robust CFI"} <= {column.header for column in every["fit"].columns}
    assert "scaled χ²(" in fit_sentence(results.model("M1"))
    assert "robust CFI" in fit_sentence(results.model("M1"))


def test_without_a_robust_test_the_plain_indices_are_reported_by_plain_names(results: StudyResults) -> None:
    indices = results.model("M1").fit.indices
    assert indices is not None
    plain = dataclasses.replace(indices, scaled=None, robust=None)
    found = reported(plain)
    assert (found.version, found.chisq, found.cfi, found.scaling_factor) == ("plain", plain.chisq, plain.cfi, None)
    changed = _with_mediation(results, indices=plain, se="standard", test="standard", estimator="ML")
    assert {"χ²", "CFI"} <= {column.header for column in tables.fit_table(changed).columns}
    for words in ("scaled", "robust"):
        assert words not in fit_sentence(changed.model("M1"))


def test_all_indices_stand_in_every_version_they_have(results: StudyResults, every: dict[str, Table]) -> None:
    table = every["indices"]
    assert table.column("version") == ("plain", "scaled", "robust") * 6
    indices = results.model("capability").fit.indices
    assert indices is not None
    assert indices.scaled is not None
    assert (table.column("nfi")[:3], table.column("gfi")[:3]) == (
        (indices.nfi, indices.scaled.nfi, None), (indices.gfi, None, None))
    assert every["information"].column("sabic")[0] == indices.sabic


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
    assert table.rows[0][:5] == ("ART", "=~", "lrar1", "", "fixed")
    assert table.rows[0][6] is None


def test_the_parts_of_a_parameter_table_are_the_whole(results: StudyResults, every: dict[str, Table]) -> None:
    for run in results.models:
        slug = f"{run.id}-{names.slug(run.rows)}"
        parts = sum(len(every[f"{kind}-{slug}"].rows) for kind in ("measurement", "paths", "variances", "intercepts")
                    if f"{kind}-{slug}" in every)
        zeros = sum(p.op == "~1" and not p.free for p in run.fit.parameters)
        defined = sum(p.op == ":=" for p in run.fit.parameters)
        assert parts + zeros + defined == len(run.fit.parameters)
        if zeros:
            assert f"Those of {zeros} latent variables are fixed to 0" in every[f"intercepts-{slug}"].note


def test_second_order_loadings_come_first_and_in_words(every: dict[str, Table]) -> None:
    table = every["measurement-M1-screened"]
    assert table.column("order") == ("second",) * 8 + ("first",) * 32
    assert table.rows[1][:3] == ("Learning processes (LRN)", "second", "Codification (COD)")
    assert table.rows[8][:3] == ("Articulation (ART)", "first", "lrar1")
    assert "of dimensions on second-order factors" in table.summary


def test_standardised_values_have_standard_errors(results: StudyResults, every: dict[str, Table]) -> None:
    paths = [p for p in results.model("M1").fit.parameters if p.op == "~"]
    assert every["paths-M1-screened"].column("std_all_se") == tuple(p.std_all_se for p in paths)


def test_variances_are_called_what_they_are(every: dict[str, Table]) -> None:
    table = every["variances-M1-screened"]
    kinds = {(first, second): kind for kind, first, second, *_ in table.rows}
    assert kinds[("lrar1", "")] == "Residual variance"
    assert kinds[("ART", "")] == kinds[("LRN", "")] == kinds[("daf", "")] == "Disturbance variance"
    assert kinds[("exp_rw", "")] == "Variance"
    assert kinds[("exp_rw", "lnsize")] == "Covariance"
    assert "15 covariances" in table.summary


def test_standard_errors_are_called_robust_and_clustered(every: dict[str, Table]) -> None:
    assert every["paths-M1-screened"].note.startswith("Robust (sandwich) standard errors")
    assert every["measurement-pillars-screened"].note.count("Cluster-robust (sandwich) standard errors") == 1
    for table in every.values():
        words = f"{table.summary} {table.note}".lower()
        assert "treated as independent" not in words, table.id
        assert "normal-theory" not in words or table.id.startswith("crosscheck"), table.id


def test_rows_with_gaps_and_clusters_are_counted(results: StudyResults, every: dict[str, Table]) -> None:
    table = every["identification"]
    for key in ("n_with_gaps", "n_incomplete"):
        assert table.column(key) == tuple(getattr(run.fit, key) for run in results.models)
    assert table.column("n_clusters") == tuple(run.fit.n_clusters or None for run in results.models)


def test_the_second_opinion_shows_what_differs_or_what_comes_nearest(
    results: StudyResults, every: dict[str, Table],
) -> None:
    differing, absent, same = (every[f"crosscheck-{name}-screened"] for name in ("capability", "pillars", "M1"))
    assert differing.rows == (("LRN =~ COD", 0.94, 1.22, 3.1, "differs"),)
    assert absent.rows == ()
    assert absent.summary == "There is no second opinion on pillars (screened): the model did not converge."
    assert set(same.column("verdict")) == {"same"}
    assert len(same.rows) == 5
    assert f"{results.crosschecks[2].n} rows that are complete" in same.note
    assert crosschecks_sentence(results) == (
        "Another program differs in at least one estimate of capability (screened).")
    agreeing = dataclasses.replace(results, crosschecks=results.crosschecks[2:])
    assert "finds the same" in crosschecks_sentence(agreeing)


def test_a_difference_without_a_standard_error_differs(results: StudyResults) -> None:
    row = Compared("x ~~ x", 1.0, 2.0, Undefined("there is no standard error"))
    found = dataclasses.replace(results.crosschecks[2], parameters=(*results.crosschecks[2].parameters, row))
    assert tables.crosscheck_table(found).rows[0][-1] == "differs"


def test_diagnoses_are_listed_as_such_and_notes_apart(results: StudyResults, every: dict[str, Table]) -> None:
    lost = ("F-rituals", "screened", "Not converged", "No convergence in 500 iterations.", "")
    assert every["diagnoses"].rows == (lost,)
    found = (Diagnosis("few-cases", "Few cases for 163 parameters."), Diagnosis("note", "A remark.", ("x1", "x2")))
    table = tables.diagnoses_table(_with_mediation(results, diagnoses=found))
    assert table.rows == (("M1", "screened", "Few cases", "Few cases for 163 parameters.", ""),
                          ("M1", "screened", "Note", "A remark.", "x1, x2"), lost)
    assert table.summary.startswith("2 diagnoses on the models")
    assert table.summary.endswith("1 note beside.")


def test_every_code_of_a_diagnosis_has_words() -> None:
    assert set(names.DIAGNOSES) == set(get_args(DiagnosisCode))


def test_effects_hold_the_direct_path_and_every_defined_effect(results: StudyResults, every: dict[str, Table]) -> None:
    run = results.model("M1")
    assert run.bootstrap is not None
    table = every["effects-M1-screened"]
    assert table.rows[0][1] == "c1"
    assert table.column("est")[1:] == tuple(e.est for e in run.bootstrap.effects)
    assert table.column("ci")[1:] == tuple((e.lower, e.upper) for e in run.bootstrap.effects)
    assert table.column("ci_monte_carlo")[1:] == tuple(
        (e.monte_carlo_lower, e.monte_carlo_upper) for e in run.bootstrap.effects)
    assert f"{DRAWS} draws requested, {DRAWS - 3} converged, {DRAWS - 7} admissible" in table.note
    assert "inadmissible draws left out" in table.note


def test_the_direct_path_has_its_interval_from_the_same_draws(results: StudyResults) -> None:
    run = results.model("M1")
    assert run.bootstrap is not None
    drawn = next(p for p in run.bootstrap.parameters if p.label == "c1")
    assert tables.effects_table(run).column("ci")[0] == (drawn.lower, drawn.upper)
    without = dataclasses.replace(run, bootstrap=dataclasses.replace(run.bootstrap, parameters=()))
    path = next(p for p in run.fit.parameters if p.label == "c1")
    table = tables.effects_table(without)
    assert table.column("ci")[0] == (path.ci_lower, path.ci_upper)
    assert table.column("kind")[0] == "robust SE"


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
