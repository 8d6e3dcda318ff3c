"""The sample study's numbers, as its report prints them, beside those of psych, semTools and lavaan.

R scored the export on its own (``tests/reference/sample/script.R``); here its scores, scales, factors, models and
bootstrap draws are held against the run's. Nothing is aligned, re-signed or sorted before comparing.
"""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from pipeline.commands.fit_output import COLUMNS
from pipeline.evidence.found.factors import FactorAnalysis
from pipeline.measurement.reliability import ScaleReliability
from pipeline.models import MEDIATION, MODELS
from pipeline.prepare import PreparedForm
from pipeline.results import EVERYONE, SCREENED, StudyResults
from tests.pipeline.sem.test_lavaan_parity import agree, robust_indices_agree, rows_of
from tests.reference.sample.make_inputs import FRAMES, RESAMPLES, inputs, prepared_forms

FOLDER = Path(__file__).resolve().parents[1] / "reference" / "sample"
IDENTIFIERS = {"F": ["firm_id"], "A": ["firm_id", "alliance_id"]}
SCORED_UNITS = {"F": "scored_firms.csv", "A": "scored_alliances.csv"}

CLOSED_FORM = 1e-12
SCORED = 1e-12
"""R wrote its scores with 15 digits."""
ITERATED = 1e-6
SEARCHED = 2e-5
"""Both programs stop their search a little before the minimum, each at its own place."""


def stored(name: str) -> Any:
    return json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))


MEASUREMENT = stored("measurement")
SCALES = [(form, name) for form, part in MEASUREMENT.items() for name in part["scales"]]
ANALYSES = [(form, name) for form, part in MEASUREMENT.items() for name in part["factor_analyses"]]
MODEL_IDS = [spec.id for spec in MODELS]


@pytest.fixture(scope="module")
def forms() -> dict[str, PreparedForm]:
    return prepared_forms()


# -- what R started from ------------------------------------------------------------------------------


def test_stored_inputs_are_what_the_sample_study_gives_today(
    forms: dict[str, PreparedForm], sample_results: StudyResults
) -> None:
    wanted = inputs(forms, sample_results)
    assert set(wanted) >= {"inputs.json", "models.json", "resamples.csv", *FRAMES.values(),
                           *(f"models/{model}.lav" for model in MODEL_IDS)}
    for name, text in wanted.items():
        there = (FOLDER / name).read_text(encoding="utf-8")
        if name in FRAMES.values():
            # The last digit of a logarithm may differ from machine to machine.
            now, then = (pd.read_csv(io.StringIO(content)) for content in (text, there))
            pd.testing.assert_frame_equal(now, then, rtol=1e-12, atol=1e-12, obj=name)
        else:
            assert there == text, f"{name} is out of date: run make_inputs.py, then script.R"


# -- scores -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("rows", [SCREENED, EVERYONE])
@pytest.mark.parametrize("form", SCORED_UNITS)
def test_keyed_items_and_scores_are_those_r_takes_from_the_export(
    form: str, rows: str, forms: dict[str, PreparedForm]
) -> None:
    theirs = pd.read_csv(FOLDER / f"scored_{form}.csv").set_index("response_id").drop(columns=IDENTIFIERS[form])
    part = forms[form].rows[rows]
    ours = pd.concat([part.scores.items, part.scores.scores], axis=1).set_axis(part.responses.meta["response_id"])
    assert len(ours) > 400
    assert set(part.scores.items) <= set(theirs)
    compared = theirs.loc[ours.index].astype(float)
    pd.testing.assert_frame_equal(ours[list(theirs)], compared, rtol=0, atol=SCORED, check_names=False)


@pytest.mark.parametrize("form", SCORED_UNITS)
def test_firms_and_alliances_are_those_r_makes_of_their_informants(form: str, forms: dict[str, PreparedForm]) -> None:
    theirs = pd.read_csv(FOLDER / SCORED_UNITS[form])
    ours = forms[form].rows[SCREENED].units.frame.reset_index()[list(theirs)]
    assert len(theirs.columns) > 11
    numeric = dict.fromkeys(theirs.columns.drop(IDENTIFIERS[form]), float)
    pd.testing.assert_frame_equal(ours, theirs.astype(numeric), rtol=0, atol=SCORED)


# -- scales and factors -------------------------------------------------------------------------------


def test_every_scale_and_every_analysis_is_compared(sample_results: StudyResults) -> None:
    assert [scale.name for scale in sample_results.reliability] == [name for _, name in SCALES]
    assert {found.name for found in sample_results.factor_analyses} == {name for _, name in ANALYSES}


@pytest.mark.parametrize("place", range(len(SCALES)), ids=["-".join(scale) for scale in SCALES])
class TestScale:
    @pytest.fixture
    def both(self, place: int, sample_results: StudyResults) -> tuple[ScaleReliability, dict[str, Any]]:
        form, name = SCALES[place]
        return sample_results.reliability[place], MEASUREMENT[form]["scales"][name]

    def test_rows_and_items(self, both: tuple[ScaleReliability, dict[str, Any]]) -> None:
        found, expected = both
        assert (found.n, found.n_incomplete) == (expected["n"], expected["n_incomplete"])
        for column in (found.items, found.item_rest, found.alpha_drop, found.loadings):
            assert list(column) == expected["items"]

    def test_consistency(self, both: tuple[ScaleReliability, dict[str, Any]]) -> None:
        found, expected = both
        assert found.alpha == pytest.approx(expected["alpha"], abs=CLOSED_FORM)
        assert found.alpha_ci == pytest.approx(tuple(expected["alpha_ci"]), abs=CLOSED_FORM)
        assert found.item_rest == pytest.approx(expected["item_rest"], abs=CLOSED_FORM)
        assert found.alpha_drop == pytest.approx(expected["alpha_drop"], abs=CLOSED_FORM)

    def test_one_factor_model(self, both: tuple[ScaleReliability, dict[str, Any]]) -> None:
        found, expected = both
        for source in ("omega", "omega_semtools", "omega_comprelsem"):
            assert found.omega == pytest.approx(expected[source], abs=ITERATED), source
        assert found.omega_ci == pytest.approx(tuple(expected["omega_ci"]), abs=ITERATED)
        assert found.ave == pytest.approx(expected["ave"], abs=ITERATED)
        assert found.ave == pytest.approx(expected["avevar"], abs=ITERATED)
        assert found.loadings == pytest.approx(expected["loadings"], abs=ITERATED)


@pytest.mark.parametrize(("form", "name"), ANALYSES)
class TestFactorAnalysis:
    @pytest.fixture
    def both(self, form: str, name: str, sample_results: StudyResults) -> tuple[FactorAnalysis, dict[str, Any]]:
        found = next(analysis for analysis in sample_results.factor_analyses if analysis.name == name)
        return found, MEASUREMENT[form]["factor_analyses"][name]

    def test_factorability(self, both: tuple[FactorAnalysis, dict[str, Any]]) -> None:
        found, expected = both[0].factorability, both[1]
        assert (found.n, found.bartlett_df) == (expected["n"], expected["bartlett_df"])
        assert found.kmo == pytest.approx(expected["kmo"], abs=CLOSED_FORM)
        assert found.kmo_items == pytest.approx(expected["kmo_items"], abs=CLOSED_FORM)
        assert found.bartlett == pytest.approx(expected["bartlett"], abs=1e-9)
        assert found.bartlett_pvalue == pytest.approx(expected["bartlett_pvalue"], rel=1e-6)

    def test_number_of_factors(self, both: tuple[FactorAnalysis, dict[str, Any]]) -> None:
        found, expected = both
        assert found.parallel.eigenvalues == pytest.approx(expected["eigenvalues"], abs=CLOSED_FORM)
        assert found.minimum_average_partial.squared[1:] == pytest.approx(expected["map"], abs=1e-9)
        assert found.minimum_average_partial.factors == int(np.argmin(expected["map"])) + 1

    def test_parallel_analysis_up_to_chance(self, both: tuple[FactorAnalysis, dict[str, Any]]) -> None:
        # Random eigenvalues differ from run to run, psych's too: its parallel processes take no seed. Where an
        # observed eigenvalue lies within this chance of the reference (fluidity's third), neither verdict is wrong.
        found, observed = both[0].parallel, np.array(both[0].parallel.eigenvalues)
        theirs, ours = np.array(both[1]["parallel_percentile"]), np.array(found.reference_percentile)
        spread = ((theirs - both[1]["parallel_mean"]) / 1.645).max()
        # The 95th percentile of a normal sample has 2.1 times the standard error of its mean.
        chance = 5 * 2.1 * spread * np.sqrt(1 / found.draws + 1 / 2000)
        np.testing.assert_allclose(ours, theirs, rtol=0, atol=chance)
        clear = np.abs(observed - theirs) > chance
        assert clear.sum() >= len(clear) - 2
        assert ((observed > ours) == (observed > theirs))[clear].all()
        if clear.all():
            assert found.factors == both[1]["parallel_components"]

    def test_solution(self, both: tuple[FactorAnalysis, dict[str, Any]]) -> None:
        found, analysis = both[0].solution, both[1]
        expected = analysis["solutions"][f"{found.method} {found.rotation}"]
        assert (list(found.items), found.n, found.n_incomplete, found.df) == (
            analysis["items"], analysis["n"], analysis["n_incomplete"], expected["df"])
        assert found.converged
        for column in ("loadings", "phi", "communality", "uniqueness", "variance_explained"):
            theirs = np.array(expected[column], dtype=float).reshape(np.shape(getattr(found, column)))
            np.testing.assert_allclose(getattr(found, column), theirs, rtol=0, atol=SEARCHED, err_msg=column)
        assert found.chisq == pytest.approx(expected["chisq"], abs=1e-6)
        assert found.pvalue == pytest.approx(expected["pvalue"], rel=1e-5)
        assert found.rmsr == pytest.approx(expected["rmsr"], abs=1e-6)


# -- models -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("model", MODEL_IDS)
class TestModel:
    def test_rows_variables_and_admissibility(self, model: str, sample_results: StudyResults) -> None:
        fit, expected = sample_results.model(model).fit, stored(model)
        assert [group.nobs for group in fit.groups] == expected["nobs"]
        assert fit.n_clusters == sum(expected["nclusters"])
        # lavaan lists exogenous variables whether or not their moments are fixed.
        fixed = expected["fixed_x"] if expected["lavaan"]["fixed.x"] else []
        assert (list(fit.variables), list(fit.exogenous), fit.admissible) == (
            expected["variables"], fixed, expected["admissible"])
        assert fit.converged
        assert (fit.se, fit.test, fit.information) == (
            expected["lavaan"]["se"], expected["lavaan"]["test"], expected["lavaan"]["information"][0])
        # With gaps both sides' sample moments are those of expectation maximisation.
        for ours, theirs in ((fit.sample_cov, expected["sample"][0]["cov"]),
                             (fit.groups[0].sample_mean, np.ravel(expected["sample"][0]["mean"])),
                             (fit.implied_cov, expected["implied"][0]["cov"]),
                             (fit.groups[0].implied_mean, np.ravel(expected["implied"][0]["mean"]))):
            np.testing.assert_allclose(ours, theirs, rtol=1e-4, atol=1e-5)

    def test_every_column_of_every_parameter(self, model: str, sample_results: StudyResults) -> None:
        ours, expected = sample_results.model(model).fit.parameters, stored(model)
        theirs = rows_of(expected["parameters"])
        assert [(p.lhs, p.op, p.rhs, p.label) for p in ours] == [
            (p["lhs"], p["op"], p["rhs"], p.get("label", "")) for p in theirs]
        for found, row in zip(ours, theirs, strict=True):
            what = f"{found.lhs} {found.op} {found.rhs}"
            for name, field in COLUMNS.items():
                value = getattr(found, field)
                if name in ("est", "se", "std.lv", "std.all") or (name in row and found.se is not None):
                    agree(value, row[name], f"{what}: {name}")

    @pytest.mark.parametrize("kind", ["all", "lv"])
    def test_standard_errors_of_standardised_values(
        self, model: str, kind: str, sample_results: StudyResults
    ) -> None:
        ours, theirs = sample_results.model(model).fit.parameters, rows_of(stored(model)[f"standardized_{kind}"])
        for found, row in zip(ours, theirs, strict=True):
            what = f"{found.lhs} {found.op} {found.rhs}: std.{kind}"
            agree(getattr(found, f"std_{kind}"), row["est.std"], what)
            agree(getattr(found, f"std_{kind}_se"), row["se"], f"{what}, se")

    def test_every_index_of_fit(self, model: str, sample_results: StudyResults) -> None:
        robust_indices_agree(sample_results.model(model).fit, stored(model))

    def test_explained_variance(self, model: str, sample_results: StudyResults) -> None:
        assert sample_results.model(model).fit.r2 == pytest.approx(stored(model)["r2"][0], rel=1e-4, abs=1e-6)


# -- effects ------------------------------------------------------------------------------------------


def test_lavaan_finds_the_same_effects_on_the_rows_each_draw_took(sample_results: StudyResults) -> None:
    bootstrap, expected = sample_results.model(MEDIATION.id).bootstrap, stored("M1_draws")
    assert bootstrap is not None
    assert bootstrap.converged == bootstrap.requested
    assert list(bootstrap.draws) == list(expected)
    for effect, draws in expected.items():
        assert len(draws) == RESAMPLES
        np.testing.assert_allclose(bootstrap.draws[effect][:RESAMPLES], draws, rtol=0, atol=SEARCHED, err_msg=effect)


def test_bootstrapped_effects_carry_the_estimates_of_the_table(sample_results: StudyResults) -> None:
    bootstrap = sample_results.model(MEDIATION.id).bootstrap
    assert bootstrap is not None
    defined = [row for row in rows_of(stored(MEDIATION.id)["parameters"]) if row["op"] == ":="]
    for found, expected in zip(bootstrap.effects, defined, strict=True):
        assert (found.name, found.expression) == (expected["lhs"], expected["rhs"])
        for name in ("est", "se", "z", "pvalue", "std.all"):
            agree(getattr(found, COLUMNS[name]), expected[name], f"{found.name}: {name}")


def test_lavaan_finds_the_same_serial_effect_under_every_weight_of_recency(sample_results: StudyResults) -> None:
    decays = [row for row in sample_results.decay if row.experience == "exp_rw"]
    for found, expected in zip(decays, stored("M1_decay"), strict=True):
        assert (found.decay, found.n, found.converged) == (expected["decay"], expected["n"], True)
        for column in ("est", "se", "pvalue", "std_all"):
            agree(getattr(found, column), expected[column], f"{column} at {found.decay}")
