"""The robustness map of the sample study (synthetic), on few specifications with few draws."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from pydantic import TypeAdapter

import pipeline.robustness.estimation as estimation
from instrument import store
from instrument.errors import InputError
from instrument.model import Instrument
from pipeline.analyses import estimate
from pipeline.models import COVARIATES, MEDIATION
from pipeline.prepare import PreparedForm, prepare
from pipeline.results import EVERYONE, SCREENED
from pipeline.robustness.curve import analyses_of, specification_curve
from pipeline.robustness.firms import firms_by_decision, respondents_kept
from pipeline.robustness.found import NotEstimated, SpecificationCurve, SpecificationEstimate, SpecificationRow
from pipeline.robustness.specifications import (
    Analysis,
    Missing,
    headline_specification,
    missing_of,
    specifications,
)
from pipeline.sem.describe import describe
from pipeline.sem.effects import bootstrap_effects
from pipeline.sem.estimate import Estimated, Options
from pipeline.study import RobustnessPlan, StudyPlan, load_plan

SAMPLE = Path(__file__).resolve().parents[3] / "data" / "sample"
LAVAAN = SAMPLE.parents[1] / "tests" / "reference" / "ordinal" / "sample_m1"
DRAWS = 50

SMALL = RobustnessPlan(estimators=("ml", "mlr"), missing=("listwise",), exclusions=("plan",), covariates={"none": ()},
                       function=("presence",))
"""Ten specifications, five analyses, and the headline's: enough for two workers to share."""


@pytest.fixture(scope="module")
def plan() -> StudyPlan:
    return load_plan(SAMPLE).model_copy(update={"robustness": SMALL})


@pytest.fixture(scope="module")
def instrument(plan: StudyPlan) -> Instrument:
    return store.load(plan.instrument)


@pytest.fixture(scope="module")
def form(plan: StudyPlan, instrument: Instrument) -> PreparedForm:
    return prepare(SAMPLE, plan, instrument, "F")


@pytest.fixture(scope="module")
def curve(plan: StudyPlan, instrument: Instrument, form: PreparedForm) -> SpecificationCurve:
    return specification_curve([form], instrument, plan, draws=DRAWS, seed=plan.seed)


def estimated(row: SpecificationRow) -> SpecificationEstimate:
    assert row.estimate is not None, row.found
    return row.estimate


def test_the_headlines_specification_is_the_headline_model(
    curve: SpecificationCurve, plan: StudyPlan, form: PreparedForm,
) -> None:
    model = estimate(MEDIATION, form.rows[SCREENED].units.frame)
    fit = describe(model, level=plan.level, with_fit=False)
    effect = next(p for p in fit.parameters if p.op == ":=" and p.lhs == "serial_capability")
    own = estimated(curve.headline)
    drawn = bootstrap_effects(model, fit, draws=DRAWS, seed=own.seed, level=plan.bootstrap.level)
    resampled = next(e for e in drawn.effects if e.name == "serial_capability")
    assert curve.headline.specification == headline_specification(plan)
    assert (own.est, own.se, own.lower, own.upper) == (effect.est, effect.se, effect.ci_lower, effect.ci_upper)
    assert (own.std_all, own.std_all_se) == (effect.std_all, effect.std_all_se)
    assert (own.n, own.with_gaps, own.left_out) == (fit.nobs, fit.n_with_gaps, 0)
    assert (own.bootstrap_se, own.bootstrap_lower, own.bootstrap_upper) == (
        resampled.bootstrap_se, resampled.lower, resampled.upper)
    assert (own.std_lower, own.std_upper) == (resampled.std_lower, resampled.std_upper)
    assert (own.converged_draws, own.admissible_draws) == (drawn.converged, drawn.admissible)


def test_ml_and_robust_ml_share_estimates_and_draws_and_differ_in_standard_errors(curve: SpecificationCurve) -> None:
    for decay in SMALL.decays:
        ml, mlr = (estimated(next(r for r in curve.rows if r.specification.decay == decay
                                  and r.specification.estimator == name)) for name in ("ml", "mlr"))
        assert ml.se != mlr.se
        shared = {name: getattr(ml, name) for name in ("se", "lower", "upper", "std_all_se")}
        assert replace(mlr, **shared) == ml
    seeds = {estimated(row).seed for row in (*curve.rows, curve.headline)}
    assert len(seeds) == curve.summary.bootstraps == 6


def test_standardised_and_raw_effects_are_those_of_the_paths(curve: SpecificationCurve) -> None:
    """Standard deviations of the mediators cancel: the ratio is that of experience's and capability's, above 0."""
    for row in curve.rows:
        own = estimated(row)
        ratio = own.std_all / own.est
        assert ratio > 0
        assert own.std_lower / own.bootstrap_lower == pytest.approx(ratio, rel=0.25)


def test_leaving_out_decisions_and_changing_their_order_changes_no_number(
    curve: SpecificationCurve, plan: StudyPlan, instrument: Instrument, form: PreparedForm,
) -> None:
    fewer = plan.model_copy(update={"robustness": SMALL.model_copy(update={
        "decays": (0.5, 1.0), "estimators": ("mlr",)})})
    again = specification_curve([form], instrument, fewer, draws=DRAWS, seed=plan.seed)
    before = {row.specification: row for row in curve.rows}
    assert [row.specification.decay for row in again.rows] == [0.5, 1.0]
    assert all(row == before[row.specification] for row in again.rows)
    assert again.headline == curve.headline


def test_workers_change_no_digit_and_progress_adds_up(
    curve: SpecificationCurve, plan: StudyPlan, instrument: Instrument, form: PreparedForm,
) -> None:
    told: list[int] = []
    again = specification_curve([form], instrument, plan, draws=DRAWS, seed=plan.seed, workers=2, advance=told.append)
    assert again == curve
    assert sum(told) == analyses_of(plan) == 6


def test_another_seed_moves_the_intervals_and_not_the_estimates(curve: SpecificationCurve, form: PreparedForm) -> None:
    analysis, frame = curve.rows[0].specification.analysis, form.rows[SCREENED].units.frame
    first, second = (estimation.analyse(analysis, frame, ("ml",), estimation.Resampling(DRAWS, seed, 0.95, 0.95))["ml"]
                     .found for seed in (1, 2))
    assert isinstance(first, SpecificationEstimate)
    assert isinstance(second, SpecificationEstimate)
    assert first.est == second.est
    assert first.bootstrap_lower != second.bootstrap_lower


def test_a_curve_survives_being_written_and_read(curve: SpecificationCurve) -> None:
    adapter = TypeAdapter(SpecificationCurve)
    assert adapter.validate_json(adapter.dump_json(curve)) == curve


# -- answers as ordered categories ----------------------------------------------------------------------


def as_text(frame: pd.DataFrame) -> frozenset[str]:
    """The columns of ordered answers that the reference of M1 has."""
    return frozenset(map(str, frame.columns)) - {"exp_rw", "daf", *COVARIATES}


@pytest.mark.parametrize("missing", ["listwise", "pairwise"])
def test_wlsmv_of_the_headlines_model_is_lavaans(missing: Missing) -> None:
    lavaan = json.loads((LAVAAN / "m1.json").read_text())[missing]
    firms = pd.read_csv(LAVAAN / "firms.csv")
    wanted = next(row for row in lavaan["parameters"] if row["lhs"] == "serial_capability")
    analysis = Analysis(missing, "plan", COVARIATES, 0.9, "presence", ordered=True)
    outcome = estimation.analyse(analysis, firms, ("wlsmv",), estimation.Resampling(1, 1, 0.95, 0.95),
                                 items=as_text(firms))["wlsmv"]
    found = outcome.found
    assert isinstance(found, SpecificationEstimate), found
    assert (found.n, found.n + found.left_out) == (lavaan["n"], len(firms))
    assert [found.est, found.se, found.std_all, found.std_all_se] == pytest.approx(
        [wanted[key] for key in ("est", "se", "est.std", "se.std")], rel=1e-4)


def test_ordered_answers_are_estimated_once_and_not_resampled(
    plan: StudyPlan, instrument: Instrument, form: PreparedForm,
) -> None:
    asked = plan.model_copy(update={"robustness": SMALL.model_copy(update={
        "estimators": ("wlsmv", "ml"), "decays": (0.9,), "function": ("index",)})})
    found = specification_curve([form], instrument, asked, draws=DRAWS, seed=1)
    ordinal, likelihood = (estimated(row) for row in found.rows)
    assert [row.specification.missing for row in found.rows] == ["listwise", "listwise"]
    assert ordinal.n == likelihood.n
    # The index is no category: of the same continuous variable both estimators say nearly the same.
    assert ordinal.std_all == pytest.approx(likelihood.std_all, rel=0.25)
    assert ordinal.std_all != likelihood.std_all
    assert {ordinal.converged_draws, ordinal.admissible_draws, ordinal.seed} == {None}
    undefined = {ordinal.bootstrap_se, ordinal.bootstrap_lower, ordinal.bootstrap_upper, ordinal.std_bootstrap_se,
                 ordinal.std_lower, ordinal.std_upper}
    assert undefined == {estimation.NOT_RESAMPLED}
    assert ordinal.excludes_zero is None
    assert (found.summary.bootstraps, found.summary.without_interval) == (2, 1)
    adapter = TypeAdapter(SpecificationCurve)
    assert adapter.validate_json(adapter.dump_json(found)) == found


def test_wlsmv_that_does_not_converge_is_a_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    estimate_model = estimation.estimate_model
    lost = np.array([False])
    firms = pd.read_csv(LAVAAN / "firms.csv")[["sufl1", "sufl2", "sufl3", "sufl4", "exp_rw"]]

    def unfinished(syntax: str, X: np.ndarray, names: list[str], options: Options, *, name: str) -> Estimated:
        found = estimate_model("f =~ sufl1 + sufl2 + sufl3 + sufl4", firms, list(firms.columns),
                               replace(options, ordered=tuple(firms.columns[:4])), name=name)
        return replace(found, minima=replace(found.minima, converged=lost))

    monkeypatch.setattr(estimation, "estimate_model", unfinished)
    whole = pd.read_csv(LAVAAN / "firms.csv")
    analysis = Analysis("listwise", "plan", COVARIATES, 0.9, "presence", ordered=True)
    outcome = estimation.analyse(analysis, whole, ("wlsmv",), estimation.Resampling(1, 1, 0.95, 0.95),
                                 items=as_text(whole))["wlsmv"]
    assert outcome.converged is False
    assert isinstance(outcome.found, NotEstimated)
    assert outcome.found.code == "not-converged"


def test_of_several_informants_the_first_ones_answers_are_ordered(
    plan: StudyPlan, instrument: Instrument, form: PreparedForm,
) -> None:
    """The second response is given to the first one's firm: averages there, single answers here."""
    rows = form.rows[SCREENED]
    meta, values = rows.responses.meta.copy(), rows.responses.values.copy()
    first, second = values.index[0], values.index[1]
    meta.loc[second, "firm_id"] = meta.loc[first, "firm_id"]
    values.loc[first, "sufl1"], values.loc[second, "sufl1"] = 2.0, 5.0
    responses = replace(rows.responses, meta=meta, values=values)
    doubled = replace(form, rows={**form.rows, SCREENED: replace(rows, responses=responses)})
    analysis = Analysis("listwise", "plan", (), 0.9, "presence", ordered=True)
    firms = firms_by_decision(doubled, instrument, plan.scoring, [analysis])
    averaged, single = firms["plan", 0.9, False], firms["plan", 0.9, True]
    assert (averaged["sufl1"].iloc[0], single["sufl1"].iloc[0]) == (3.5, 2.0)
    pd.testing.assert_frame_equal(averaged.iloc[1:], single.iloc[1:])
    assert averaged["exp_rw"].iloc[0] == single["exp_rw"].iloc[0]


# -- what cannot be estimated ---------------------------------------------------------------------------


def test_a_specification_that_fails_is_a_row_with_its_reason(
    plan: StudyPlan, instrument: Instrument, form: PreparedForm,
) -> None:
    """Every firm has the same size: sets with the logarithm of it cannot be adjusted for, the others can."""
    rows = form.rows[SCREENED]
    values = rows.responses.values.assign(fsize=100.0)
    same = replace(form, rows={**form.rows, SCREENED: replace(rows, responses=replace(rows.responses, values=values))})
    changed = plan.model_copy(update={"robustness": SMALL.model_copy(update={
        "decays": (0.9,), "covariates": {"size": ("lnsize",), "none": ()}})})
    found = specification_curve([same], instrument, changed, draws=5, seed=1)
    for row in found.rows:
        if row.specification.covariates == "none":
            assert row.converged
            assert row.estimate is not None
        else:
            assert row.converged is None
            assert isinstance(row.found, NotEstimated)
            assert row.found.code == "SEM-CONSTANT"
            assert "lnsize" in row.found.because
    assert found.summary.not_estimated == {"SEM-CONSTANT": 2}
    assert (found.summary.asked, found.summary.estimated) == (4, 2)
    assert isinstance(found.headline.found, NotEstimated)


def test_too_few_firms_is_a_reason(curve: SpecificationCurve, form: PreparedForm) -> None:
    how = estimation.Resampling(5, 1, 0.95, 0.95)
    few = form.rows[SCREENED].units.frame.head(20)
    found = estimation.analyse(curve.rows[0].specification.analysis, few, ("ml", "mlr"), how)
    assert {name: outcome.found.code for name, outcome in found.items()  # type: ignore[union-attr]
            } == {"ml": "SEM-CASES", "mlr": "SEM-CASES"}


def test_a_search_that_does_not_converge_is_a_reason_and_is_not_resampled(
    curve: SpecificationCurve, form: PreparedForm, monkeypatch: pytest.MonkeyPatch,
) -> None:
    solve = estimation.solve
    monkeypatch.setattr(estimation, "solve", lambda problem: replace(solve(problem), converged=np.array([False])))
    monkeypatch.setattr(estimation, "bootstrap", None)
    found = estimation.analyse(curve.rows[0].specification.analysis, form.rows[SCREENED].units.frame, ("ml",),
                               estimation.Resampling(5, 1, 0.95, 0.95))["ml"]
    assert found.converged is False
    assert isinstance(found.found, NotEstimated)
    assert found.found.code == "not-converged"


def test_a_rule_that_leaves_nobody_is_a_reason(plan: StudyPlan, instrument: Instrument, form: PreparedForm) -> None:
    all_flagged = replace(form, respondents=tuple(replace(r, flags=("irv",)) for r in form.respondents))
    strict = Analysis("listwise", "strict", (), 0.9, "presence")
    firms = firms_by_decision(all_flagged, instrument, plan.scoring, [strict])
    how = estimation.Resampling(5, 1, 0.95, 0.95)
    found = estimation.analyse(strict, firms["strict", 0.9, False], ("ml",), how)["ml"]
    assert isinstance(found.found, NotEstimated)


def test_covariates_that_are_none_are_refused_all_at_once(
    plan: StudyPlan, instrument: Instrument, form: PreparedForm,
) -> None:
    wrong = plan.model_copy(update={"robustness": SMALL.model_copy(update={
        "covariates": {"a": ("height", "lnsize"), "b": ("lrar1",), "c": ("daf_index", "tmco", "tmco")}})})
    with pytest.raises(InputError) as caught:
        specification_curve([form], instrument, wrong, draws=5, seed=1)
    assert {f.code for f in caught.value.findings} == {"ROBUSTNESS-COVARIATE"}
    said = " ".join(f"{f.place} {f.rule}" for f in caught.value.findings)
    assert all(name in said for name in ("covariates.a", "'height'", "'lrar1'", "'daf_index'", "'tmco'"))
    assert "'lnsize'" not in said


def test_no_draws_are_refused(plan: StudyPlan, instrument: Instrument, form: PreparedForm) -> None:
    with pytest.raises(InputError, match="BOOTSTRAP-DRAWS"):
        specification_curve([form], instrument, plan, draws=0, seed=1)


# -- what is asked --------------------------------------------------------------------------------------


def test_the_default_plan_asks_for_450_specifications_of_270_analyses(plan: StudyPlan) -> None:
    asked = specifications(RobustnessPlan())
    assert len(asked) == len(set(asked)) == (2 * 2 + 1) * 3 * 3 * 5 * 2
    assert analyses_of(plan.model_copy(update={"robustness": RobustnessPlan()})) == 270
    ordinal = [s for s in asked if s.estimator == "wlsmv"]
    assert len(ordinal) == 90
    assert {s.missing for s in ordinal} == {"listwise"}
    assert all(s.analysis.ordered is (s.estimator == "wlsmv") for s in asked)


def test_wlsmv_has_complete_rows_where_the_plan_has_them_and_else_gaps_pair_by_pair() -> None:
    for listed, own in ((("listwise", "fiml"), "listwise"), (("listwise",), "listwise"), (("fiml",), "pairwise")):
        asked = RobustnessPlan(missing=listed)
        assert missing_of("wlsmv", asked) == (own,)
        assert missing_of("mlr", asked) == listed


def test_the_headlines_text_is_the_models_own_and_others_change_only_what_they_say(plan: StudyPlan) -> None:
    assert headline_specification(plan).analysis.syntax == MEDIATION.syntax
    changed = Analysis("fiml", "plan", ("lnsize",), 0.9, "index").syntax
    assert "daf_index ~ a1*exp_rw + lnsize\n" in changed
    assert "LRN ~ a2*daf_index + d*exp_rw + lnsize\n" in changed
    assert "AMC ~ b*LRN + c2*daf_index + c1*exp_rw + lnsize\n" in changed
    assert "LRN ~ a2*daf + d*exp_rw\n" in Analysis("fiml", "plan", (), 0.9, "presence").syntax


def test_a_seed_is_of_what_is_analysed() -> None:
    one = Analysis("fiml", "plan", ("lnsize", "tmco"), 0.9, "presence")
    assert one.seed(1) == replace(one, adjusted_for=("tmco", "lnsize")).seed(1)
    others = (replace(one, missing="listwise"), replace(one, exclusion="none"), replace(one, adjusted_for=("tmco",)),
              replace(one, decay=0.8), replace(one, function="index"))
    assert len({one.seed(1), one.seed(2), *(other.seed(1) for other in others)}) == 7


def test_exclusion_rules_keep_whom_they_say(form: PreparedForm) -> None:
    excludes_nobody = {"tenure", "synonyms", "antonyms"}
    flags = {r.response_id: set(r.flags) - excludes_nobody for r in form.respondents}
    kept = {rule: set(respondents_kept(form, rule).meta["response_id"]) for rule in ("plan", "strict", "none")}
    everyone = set(form.rows[EVERYONE].responses.meta["response_id"])
    assert kept["none"] == everyone
    assert kept["plan"] == {r.response_id for r in form.respondents if not r.excluded}
    assert kept["strict"] == {r for r in everyone if not flags[r]}
    assert kept["strict"] < kept["plan"] < kept["none"]


def test_experience_is_scored_under_the_specifications_own_recency_weight(
    plan: StudyPlan, instrument: Instrument, form: PreparedForm,
) -> None:
    firms = firms_by_decision(form, instrument, plan.scoring, [Analysis("fiml", "plan", COVARIATES, 0.5, "presence")])
    frame, responses = firms["plan", 0.5, False], form.rows[SCREENED].responses
    bands = [responses.values[[f"{kind}{band}" for kind in ("xjv", "xeq", "xco")]].sum(axis=1, skipna=False)
             for band in (1, 2, 3, 4)]
    by_hand = np.log(1 + sum(n * 0.5**age for n, age in zip(bands, (1, 4, 8, 13), strict=True)))
    expected = by_hand.groupby(responses.meta["firm_id"]).mean()
    np.testing.assert_allclose(frame["exp_rw"].to_numpy(), expected[frame.index].to_numpy(), rtol=1e-12)
