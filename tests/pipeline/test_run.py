"""The whole way: a study's folder in, results, report and manifest out."""

from __future__ import annotations

import json
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml

from instrument import store
from pipeline.analyses import known_truth, second_opinion
from pipeline.commands.claims import claims_of
from pipeline.data.screening import NO_RESPONSE
from pipeline.models import MEDIATION, THEORY, ModelSpec
from pipeline.prepare import prepare
from pipeline.publish import publish
from pipeline.report.figures import write_figures
from pipeline.results import EVERYONE, StudyResults, read_results, write_results
from pipeline.run import run_study
from pipeline.sem.estimate import Options, estimate_model
from pipeline.sem.inference import name_of
from pipeline.sem.linalg import Array
from pipeline.sem.resampling import BLOCK
from pipeline.study import load_plan
from tests.conftest import NO_THEORY, without_theory
from tests.example_results import example_results

SAMPLE = Path(__file__).resolve().parents[2] / "data" / "sample"


@pytest.fixture(scope="module")
def published(sample_results: StudyResults, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sample's folder with three of its figures; drawing every one takes longer than all the rest."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("pipeline.publish.write_figures", lambda results, folder, figures: write_figures(
            results, folder, tuple(figure for figure in figures if figure.id in ("paths", "flow", "bootstrap"))))
        return publish(sample_results, tmp_path_factory.mktemp("results")).parent


def test_every_export_row_is_accounted_for_in_the_flow(sample_results: StudyResults) -> None:
    for form in ("F", "A"):
        steps = [step for step in sample_results.flow if step.form == form]
        assert steps[0].n == next(r.rows for r in sample_results.reading if r.form == form)
        for before, after in pairwise(steps):
            if before.unit == after.unit:
                assert after.n == before.n - after.left_out


def test_at_least_400_of_at_least_480_firms_remain_after_screening(sample_results: StudyResults) -> None:
    firms = {step.step: step.n for step in sample_results.flow if step.form == "F"}
    assert firms["Rows in the export"] >= 480
    assert firms["Screened for careless answers"] >= 400


def test_the_sample_breaks_no_rule(sample_results: StudyResults) -> None:
    assert sample_results.failures == ()
    assert all(reading.label_check.startswith("verified") for reading in sample_results.reading)


def test_personal_columns_are_dropped_and_their_content_is_nowhere(
    sample_results: StudyResults, published: Path,
) -> None:
    assert all(sum(reading.dropped_personal.values()) > 0 for reading in sample_results.reading)
    for path in (*published.glob("*.json"), *published.glob("*.html"), *published.glob("tables/*.csv")):
        text = path.read_text(encoding="utf-8")
        assert "@example" not in text
        assert "192.0.2." not in text


def test_the_true_serial_effects_lie_inside_their_intervals(sample_results: StudyResults) -> None:
    truth = {row.name: row for row in sample_results.known_truth}
    for effect in ("serial_learning", "serial_capability", "serial_success"):
        assert truth[effect].inside
        assert truth[effect].lower > 0


def test_results_stand_with_and_without_exclusions(sample_results: StudyResults) -> None:
    for model in ("capability", "pillars", "M1"):
        screened, everyone = sample_results.model(model), sample_results.model(model, "all respondents")
        assert screened.fit.converged
        assert everyone.fit.converged
        assert screened.fit.nobs < everyone.fit.nobs


def test_nobody_without_consent_or_a_finished_interview_is_analysed(sample_results: StudyResults) -> None:
    plan = load_plan(SAMPLE)
    instrument = store.load(plan.instrument)
    for form in ("F", "A"):
        prepared = prepare(SAMPLE, plan, instrument, form)
        gone = {r.response_id for r in prepared.respondents if set(r.flags) & set(NO_RESPONSE)}
        everyone = set(prepared.rows[EVERYONE].responses.meta["response_id"])
        steps = {step.step: step.n for step in sample_results.flow if step.form == form}
        assert gone
        assert not gone & everyone
        assert len(everyone) == steps["Consented, eligible, finished"]


def test_the_published_moments_give_the_second_opinion_s_estimates_again(sample_results: StudyResults) -> None:
    moments, found = sample_results.moments["firm"], sample_results.crosschecks[-1]
    assert (found.model, found.n) == ("M1", moments.n)
    again = estimate_model(MEDIATION.syntax, _rows_with(np.array(moments.covariance), moments.n), moments.variables,
                           Options(fixed_x=False))
    names = [name_of(row, again.problem.table.groups) for row in again.problem.table.free_rows()]
    assert names == [row.parameter for row in found.parameters]
    np.testing.assert_allclose(again.theta, [row.ours for row in found.parameters], rtol=1e-5, atol=1e-6)


def _rows_with(covariance: Array, n: int) -> Array:
    """(n, p) rows whose covariance, divided by n − 1, is the one given."""
    Z = np.random.default_rng(1).standard_normal((n, len(covariance)))
    Z -= Z.mean(axis=0)
    whitened = np.linalg.solve(np.linalg.cholesky(Z.T @ Z / (n - 1)), Z.T)
    rows: Array = (np.linalg.cholesky(covariance) @ whitened).T
    return rows


def test_the_second_opinion_agrees_on_every_model_of_the_sample(sample_results: StudyResults) -> None:
    assert [found.model for found in sample_results.crosschecks] == ["capability", "pillars", "M1"]
    for found in sample_results.crosschecks:
        fit = sample_results.model(found.model).fit
        assert found.agrees, found.sentence
        assert found.n == fit.nobs - fit.n_with_gaps - fit.n_incomplete
        assert found.chisq_theirs >= found.chisq_ours - 1e-6


def test_no_second_opinion_does_not_stop_a_study() -> None:
    frame = pd.DataFrame(np.full((50, 4), np.nan), columns=list("abcd"))
    found = second_opinion(ModelSpec("m", "", "firm", "f =~ a + b + c + d"), frame, "screened")
    assert found.agrees is None
    assert found.n == 0
    assert found.sentence.startswith("There is no second opinion on m (screened): the complete rows cannot carry")


def small_plan(folder: Path, **changed: dict[str, object]) -> Path:
    """The sample study with a plan that is soon done."""
    for path in SAMPLE.iterdir():
        (folder / path.name).symlink_to(path)
    (folder / "study.yaml").unlink()
    plan = yaml.safe_load((SAMPLE / "study.yaml").read_text(encoding="utf-8")) | NO_THEORY
    plan["factors"]["analyses"], plan["scoring"]["decay_alternatives"] = {}, []
    for key, value in changed.items():
        plan[key] = plan.get(key, {}) | value
    (folder / "study.yaml").write_text(yaml.safe_dump(plan), encoding="utf-8")
    return folder


def test_bootstrap_and_other_intervals_have_levels_of_their_own(tmp_path: Path) -> None:
    with without_theory():
        results = run_study(small_plan(tmp_path, bootstrap={"level": 0.90}), draws=40)
    run = results.model("M1")
    assert run.bootstrap is not None
    assert run.bootstrap.level == 0.90
    assert {joint.level for joint in run.joint} == {0.95}


def test_truth_outside_its_interval_and_truth_without_one_are_told_apart(
    sample_results: StudyResults, tmp_path: Path,
) -> None:
    run = sample_results.model("M1")
    record = {"true_values": {"a1": {"value": 9.0}, "a2": {"value": 0.6}, "elsewhere": {"value": 1.0}}}
    (tmp_path / "truth.json").write_text(json.dumps(record), encoding="utf-8")
    found = {row.name: row.inside for row in known_truth(tmp_path, run)}
    assert found == {"a1": False, "a2": True, "elsewhere": None}


def test_the_decay_of_the_plan_gives_the_headline_estimate(sample_results: StudyResults) -> None:
    planned = next(row for row in sample_results.decay
                   if (row.experience, row.decay) == ("exp_rw", sample_results.plan.scoring.decay))
    bootstrap = sample_results.model("M1").bootstrap
    assert bootstrap is not None
    assert planned.est == next(e.est for e in bootstrap.effects if e.name == "serial_capability")


def test_the_number_of_workers_changes_no_number(tmp_path: Path) -> None:
    little = {"draws": 10, "estimators": ["mlr"], "missing": ["listwise"], "exclusions": ["plan"], "decays": [0.9],
              "covariates": {"none": [], "size": ["lnsize"]}}
    study = small_plan(tmp_path, claims={"decide": ["H208", "H304", "H340"]}, robustness=little)
    with without_theory():
        one, two = (run_study(study, draws=3 * BLOCK + 2, workers=workers) for workers in (1, 2))
    assert replace(two, manifest=one.manifest) == one


def test_every_model_of_the_theory_is_estimated_with_its_effects(sample_results: StudyResults) -> None:
    runs = {run.id: run for run in sample_results.theory}
    assert [spec.id for spec in THEORY] == list(runs)[: len(THEORY)]
    assert all(runs[spec.id].fit.converged and runs[spec.id].fit.admissible for spec in THEORY)
    chain, advantage = runs["M4"].simulated
    paths = {row.label: row.est for row in runs["M4"].fit.parameters if row.label}
    assert chain.est == pytest.approx(paths["a1"] * paths["a2"] * paths["b"] * paths["e1"] * paths["f1"])
    assert isinstance(chain.lower, float)
    assert isinstance(chain.upper, float)
    assert 0 < chain.lower < chain.est < chain.upper
    assert [chain.name, advantage.name] == ["chain", "capability_advantage"]
    assert [joint.effect for joint in runs["M4"].joint] == ["chain", "capability_advantage"]


def test_the_claims_command_gives_the_verdicts_of_the_run(sample_results: StudyResults) -> None:
    report, _ = claims_of(SAMPLE, ("H307", "H313"))
    stored = {claim.id: claim for claim in sample_results.claims.claims}
    for claim in report.claims:
        assert claim.verdict == stored[claim.id].verdict
        for again, before in zip(claim.predictions, stored[claim.id].predictions, strict=True):
            assert (again.lower, again.upper) == pytest.approx((before.lower, before.upper), rel=1e-9)


def test_a_results_folder_reads_back_as_it_was_written(sample_results: StudyResults, tmp_path: Path) -> None:
    assert read_results(write_results(sample_results, tmp_path)) == sample_results


def test_undefined_values_survive_the_folder(tmp_path: Path) -> None:
    results = example_results()
    assert read_results(write_results(results, tmp_path)) == results


def test_the_folder_holds_what_a_reader_needs(published: Path) -> None:
    for name in ("results.json", "manifest.json", "instrument.json", "report.html", "tables/effects-M1-screened.csv",
                 "figures/paths.svg", "figures/paths.png", "figures/flow.svg", "figures/bootstrap.png"):
        assert (published / name).stat().st_size > 0, name


def test_the_manifest_names_everything_needed_to_run_again(published: Path) -> None:
    manifest = json.loads((published / "manifest.json").read_text(encoding="utf-8"))
    assert len(manifest["instrument_fingerprint"]) == 64
    assert set(manifest["data_sha256"]) == {"firm.csv", "firm_labels.csv", "alliance.csv", "alliance_labels.csv"}
    assert {"numpy", "scipy", "pandas", "semopy", "factor_analyzer", "pingouin"} <= set(manifest["packages"])
    assert manifest["overrides"] == {"draws": str(manifest["draws"]), "robustness": "left out"}


def test_the_report_says_that_the_data_are_synthetic(published: Path) -> None:
    assert "SYNTHETIC" in (published / "report.html").read_text(encoding="utf-8")
