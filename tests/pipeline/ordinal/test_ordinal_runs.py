"""WLSMV as the second estimator of the sample's models (synthetic data), against lavaan and by known properties."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from pydantic import TypeAdapter

from instrument import store
from pipeline.estimation import estimate
from pipeline.models import COVARIATES, MEDIATION, PILLARS, THEORY
from pipeline.models.spec import ModelSpec
from pipeline.ordinal.answers import with_first_answers
from pipeline.ordinal.found import BothEstimates, OrdinalRun
from pipeline.ordinal.running import ordinal_run, ordinal_runs, single_answers
from pipeline.prepare import PreparedForm, prepare
from pipeline.results import SCREENED
from pipeline.sem.describe import describe
from pipeline.sem.estimate import estimate_model
from pipeline.sem.fit import Fit
from pipeline.study import load_plan
from pipeline.undefined import Undefined

TESTS = Path(__file__).resolve().parents[2]
SAMPLE, LAVAAN = TESTS.parent / "data" / "sample", TESTS / "reference" / "ordinal" / "sample_m1"
LEVEL = 0.95
SMALL = next(spec for spec in THEORY if spec.id == "M3a")


# -- beside lavaan --------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def firms() -> pd.DataFrame:
    return pd.read_csv(LAVAAN / "firms.csv")


@pytest.fixture(scope="module")
def lavaan() -> dict[str, Any]:
    found: dict[str, Any] = json.loads((LAVAAN / "m1.json").read_text())["pairwise"]
    return found


@pytest.fixture(scope="module")
def m1(firms: pd.DataFrame) -> OrdinalRun:
    items = {name for name in firms.columns if name[-1].isdigit()}
    robust = describe(estimate(MEDIATION, firms), level=LEVEL, with_fit=False)
    return ordinal_run(MEDIATION, firms, robust, items, first_informants=0, level=LEVEL)


def test_items_and_the_explained_function_are_ordered_and_nothing_else(m1: OrdinalRun, firms: pd.DataFrame) -> None:
    assert set(m1.ordered) == set(firms.columns) - {"exp_rw", *COVARIATES}
    assert "daf" in m1.ordered


def test_m1_has_lavaans_rows_and_fit(m1: OrdinalRun, lavaan: dict[str, Any], firms: pd.DataFrame) -> None:
    assert (m1.n, m1.robust_n) == (lavaan["n"], len(firms))
    assert m1.converged
    i, wanted = m1.indices, lavaan["fit"]
    assert i is not None
    assert i.scaled is not None
    assert i.df == wanted["df"]
    assert [i.chisq, i.scaled.chisq, i.scaled.pvalue, i.scaled.cfi, i.scaled.tli, i.scaled.rmsea, i.srmr] == [
        pytest.approx(wanted[key], rel=1e-4) for key in
        ("chisq", "chisq.scaled", "pvalue.scaled", "cfi.scaled", "tli.scaled", "rmsea.scaled", "srmr")]


def test_every_path_and_effect_of_m1_is_lavaans_standardised_too(m1: OrdinalRun, lavaan: dict[str, Any]) -> None:
    rows = {row.name: row for row in m1.rows}
    compared = [p for p in lavaan["parameters"] if p["op"] != "=~"]
    assert len(compared) == 10 + 7
    for p in compared:
        row = rows[p["lhs"] if p["op"] == ":=" else f"{p['lhs']} ~ {p['rhs']}"]
        assert (row.kind, row.label) == ("effect" if p["op"] == ":=" else "path", p["label"])
        assert [row.ordinal, row.ordinal_se, row.ordinal_pvalue] == pytest.approx(
            [p["est.std"], p["se.std"], p["pvalue"]], abs=1e-4), row.name


def test_unstandardised_m1_is_lavaans(m1: OrdinalRun, lavaan: dict[str, Any], firms: pd.DataFrame) -> None:
    options = replace(MEDIATION.options, estimator="wlsmv", missing="pairwise", fixed_x=True, ordered=m1.ordered)
    fit = describe(estimate_model(MEDIATION.syntax, firms, list(firms.columns), options), with_fit=False)
    ours = {(p.lhs, p.op, p.rhs): p for p in fit.parameters}
    for p in lavaan["parameters"]:
        own = ours[p["lhs"], p["op"], p["rhs"]]
        assert own.est == pytest.approx(p["est"], abs=1e-5)
        assert (0.0 if own.se is None else own.se) == pytest.approx(p["se"], abs=1e-6)


def test_robust_estimates_stand_beside_and_mostly_agree(m1: OrdinalRun) -> None:
    agree, asked = m1.agreement(LEVEL)
    assert asked == sum(row.kind != "loading" for row in m1.rows) == 37
    assert agree > 0.8 * asked
    loadings = [row for row in m1.rows if row.kind == "loading"]
    # Categories blur answers: of the response behind them the factor explains more.
    assert np.mean([row.ordinal > row.robust for row in loadings if row.name.endswith(tuple("1234"))]) > 0.8
    assert m1.sentence.startswith("M1: of 37 paths and effects, ")
    adapter = TypeAdapter(OrdinalRun)
    assert adapter.validate_json(adapter.dump_json(m1)) == m1


# -- several informants -----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def form() -> PreparedForm:
    plan = load_plan(SAMPLE)
    return prepare(SAMPLE, plan, store.load(plan.instrument), "A")


@pytest.fixture(scope="module")
def alliances(form: PreparedForm) -> pd.DataFrame:
    return form.rows[SCREENED].units.frame


@pytest.fixture(scope="module")
def small(alliances: pd.DataFrame) -> Fit:
    return describe(estimate(SMALL, alliances), level=LEVEL, with_fit=False)


def whole_numbers(answers: pd.DataFrame) -> bool:
    values = answers.to_numpy(dtype=float)
    return bool((values[~np.isnan(values)] % 1 == 0).all())


def test_the_first_informant_answers_for_an_alliance_once(form: PreparedForm, alliances: pd.DataFrame) -> None:
    rows = form.rows[SCREENED]
    answers = single_answers([form])["alliance"]
    keys = ["firm_id", "alliance_id"]
    sizes = rows.responses.meta.groupby(keys).size()
    assert set(answers.index) == set(sizes.index[sizes > 1])
    assert answers.index.is_unique
    for key in list(answers.index)[:5]:
        own = (rows.responses.meta[keys] == list(key)).all(axis=1)
        pd.testing.assert_series_equal(answers.loc[key], rows.scores.items[own].iloc[0], check_names=False)
    changed, count = with_first_answers(alliances, answers, set(rows.scores.items.columns))
    assert count == len(answers) == rows.units.units_with_several_informants
    items, rest = list(rows.scores.items.columns), alliances.columns.difference(rows.scores.items.columns)
    assert whole_numbers(changed[items])
    assert not whole_numbers(alliances[items])
    pd.testing.assert_frame_equal(changed[rest], alliances[rest])
    others = alliances.index.difference(answers.index)
    pd.testing.assert_frame_equal(changed.loc[others], alliances.loc[others])


def test_without_second_informants_nothing_changes(alliances: pd.DataFrame) -> None:
    same, count = with_first_answers(alliances, None, {"aefl1"})
    assert same is alliances
    assert count == 0


def test_workers_change_no_digit_and_progress_adds_up(
    form: PreparedForm, alliances: pd.DataFrame, small: Fit,
) -> None:
    told: list[int] = []
    asked = [(SMALL, small), (replace(SMALL, id="again"), small)]
    frames = {"M3a": alliances, "again": alliances}
    one = ordinal_runs(asked, [form], frames, level=LEVEL)
    two = ordinal_runs(asked, [form], frames, level=LEVEL, workers=2, advance=told.append)
    assert one == two
    assert sum(told) == 2
    assert [run.model for run in two] == ["M3a", "again"]
    assert one[0].converged
    assert one[0].first_informants == form.rows[SCREENED].units.units_with_several_informants > 0
    assert one[0].n <= len(alliances)
    assert set(one[0].ordered) == {"aefl1", "aefl2", "aefl3", "aeel1", "aeel2", "aeel3"}


# -- what has no estimate ---------------------------------------------------------------------------------


def alone(spec: ModelSpec, form: PreparedForm, frame: pd.DataFrame, fit: Fit) -> OrdinalRun:
    return ordinal_runs([(spec, fit)], [form], {spec.id: frame}, level=LEVEL)[0]


def test_a_model_of_means_has_nothing_to_order(form: PreparedForm, alliances: pd.DataFrame, small: Fit) -> None:
    run = alone(PILLARS, form, alliances, small)
    assert (run.ordered, run.rows, run.indices, run.n) == ((), (), None, 0)
    assert run.why_not.startswith("none of its variables is a single answer")
    assert run.sentence == f"pillars has no estimate by WLSMV: {run.why_not}."
    assert run.agreement(LEVEL) == (0, 0)


def test_answers_that_cannot_be_ordered_are_a_reason(form: PreparedForm, alliances: pd.DataFrame, small: Fit) -> None:
    # Without the first informants' answers there are averages of two.
    items = set(form.rows[SCREENED].scores.items.columns)
    run = ordinal_run(SMALL, alliances, small, items, first_informants=0, level=LEVEL)
    assert "aefl1" in run.why_not
    assert "integers" in run.why_not
    assert not run.converged


def test_without_robust_estimates_there_is_nothing_to_stand_beside(
    form: PreparedForm, alliances: pd.DataFrame, small: Fit,
) -> None:
    run = alone(SMALL, form, alliances, replace(small, converged=False))
    assert run.why_not == "robust maximum likelihood, to stand beside, did not converge"


# -- what both say ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(("robust", "robust_p", "ordinal", "ordinal_p", "agree"), [
    (0.3, 0.01, 0.2, 0.02, True),       # both clear, one sign
    (0.3, 0.01, -0.2, 0.02, False),     # both clear, opposite signs
    (0.3, 0.01, 0.2, 0.20, False),      # one in doubt
    (0.1, 0.30, 0.2, 0.02, False),
    (0.1, 0.30, -0.1, 0.40, True),      # both in doubt, whatever the signs
])
def test_estimators_agree_in_sign_and_in_doubt(
    robust: float, robust_p: float, ordinal: float, ordinal_p: float, agree: bool,
) -> None:
    row = BothEstimates("path", "y ~ x", "a", robust, 0.1, robust_p, ordinal, 0.1, ordinal_p)
    assert row.agree(LEVEL) is agree


def test_without_a_p_value_there_is_no_verdict() -> None:
    no = Undefined("it is not estimated")
    row = BothEstimates("loading", "f =~ x", "", 0.3, 0.1, no, no, 0.1, 0.2)
    assert row.same_sign is None
    assert row.clear(LEVEL) == (None, False)
    assert row.agree(LEVEL) is None
