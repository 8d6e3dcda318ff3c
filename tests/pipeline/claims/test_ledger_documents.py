"""The ledger is whole, asks what its models need, and its models find what was put into the data."""

from __future__ import annotations

import re
from functools import cache

import numpy as np
import pandas as pd
import pytest

from instrument import store
from pipeline.claims.ledger import Claim, ledger, not_asked
from pipeline.estimation import estimate
from pipeline.models import ALL_MODELS, MODELS, THEORY
from pipeline.models.alliance_contingencies import ALLIANCE_CONTINGENCIES
from pipeline.models.firm_contingencies import FIRM_CONTINGENCIES
from pipeline.models.spec import ModelSpec, Surface
from pipeline.sem.describe import describe
from pipeline.sem.fit import Fit

INSTRUMENT = store.load()

ROWS = {
    "AEM": [f"H{n:03d}" for n in range(1, 25)],
    "AMC": [f"H{n}" for n in range(101, 123)],
    "SAM": [f"H{n}" for n in range(201, 212)],
    "KS": [f"H{n}" for n in range(301, 341)],
    "ALL": [f"H{n}" for n in range(401, 409)],
}
"""Ids of the list of claims, by document."""

MINE = [claim for claim in ledger() if claim.document != "KS"]

IN_OPTIONAL_BLOCKS = {
    "H013": "optfit", "H017": "optdig", "H018": "optdig", "H022": "optfit", "H114": "optpor", "H116": "optrit",
    "H117": "optrit", "H202": "optfit", "H205": "optfit", "H209": "optdig",
}
"""Claims that a study without further blocks cannot test, and the block that each of them waits for."""

FACTS = {
    "exp_rw": {f"x{form}{band}" for form in ("jv", "eq", "co") for band in (1, 2, 3, 4)},
    "daf": {"dafex"},
    "daf_index": {"dafex", "fmpr", "fmtl", "fmtr", "fmcm", "fmap"},
    "reports_top": {"dafex", "dafrl"},
    "lnsize": {"fsize"},
    "firmage": {"fyear"},
    "ind_tech": {"indus"},
    "ind_serv": {"indus"},
    "portfolio": {"nall"},
    "fail_share": {"ocmet", "ocexp", "ocfail"},
    "goals_share": {"ocmet", "ocexp", "ocfail"},
    "partners": {"anpar"},
}
"""Variable → the facts it is made of (docs/scoring.md)."""


def labels(spec: ModelSpec) -> set[str]:
    """Labels of coefficients and names of defined quantities."""
    return set(re.findall(r"([A-Za-z]\w*)\*", spec.syntax)) | set(re.findall(r"^(\w+) :=", spec.syntax, re.MULTILINE))


def words(spec: ModelSpec) -> set[str]:
    """Everything the syntax names that is measured: no labels, no latent variables."""
    text = "\n".join(line for line in spec.syntax.splitlines() if ":=" not in line and not line.startswith("#"))
    text = re.sub(r"\w+\*", "", text)
    return set(re.findall(r"[A-Za-z]\w*", text)) - set(re.findall(r"^(\w+) =~", text, re.MULTILINE))


def asked_for(spec: ModelSpec) -> set[str]:
    """Dimensions and facts that the model's variables are made of."""
    names = words(spec) | {name for name, _ in spec.only}
    if spec.surface is not None:
        names = (names - set(Surface.names)) | {spec.surface.first, spec.surface.second}
    constructs = {construct.id: {dimension.id for dimension in construct.dimensions}
                  for construct in INSTRUMENT.constructs}
    needs: set[str] = set()
    for name in names:
        if name in INSTRUMENT.dimensions:
            needs.add(name)
        else:
            needs |= FACTS.get(name) or constructs.get(name) or {name.rstrip("0123456789")}
    return needs


def test_every_row_of_the_list_of_claims_has_one_entry_under_its_document() -> None:
    for document, expected in ROWS.items():
        assert [claim.id for claim in ledger() if claim.document == document] == expected
    assert len(ledger()) == sum(map(len, ROWS.values())) == 105


def test_no_two_models_share_an_id() -> None:
    ids = [spec.id for spec in (*MODELS, *THEORY, *FIRM_CONTINGENCIES, *ALLIANCE_CONTINGENCIES)]
    assert sorted(ids) == sorted(ALL_MODELS)


@pytest.mark.parametrize("claim", MINE, ids=lambda claim: claim.id)
def test_predictions_name_models_and_labels_that_exist(claim: Claim) -> None:
    for prediction in claim.predictions:
        named = set(re.findall(r"[A-Za-z]\w*", prediction.parameter))
        assert named, prediction.parameter
        assert named <= labels(ALL_MODELS[prediction.model]), (prediction.model, prediction.parameter)


@pytest.mark.parametrize("claim", MINE, ids=lambda claim: claim.id)
def test_a_claim_needs_just_what_its_models_are_made_of(claim: Claim) -> None:
    made_of = set().union(*(asked_for(ALL_MODELS[prediction.model]) for prediction in claim.predictions))
    assert set(claim.needs) == made_of
    assert len(claim.needs) == len(made_of)
    questions = {question.id for form in INSTRUMENT.forms for _, question in form.questions()}
    assert made_of <= questions | set(INSTRUMENT.dimensions)
    assert set(claim.constructs) <= {construct.id for construct in INSTRUMENT.constructs}


def test_claims_in_optional_blocks_wait_for_their_block_and_for_nothing_else() -> None:
    for claim in MINE:
        why = not_asked(claim, INSTRUMENT, ("F", "A"), ())
        block = IN_OPTIONAL_BLOCKS.get(claim.id)
        assert bool(why) == (block is not None), (claim.id, why)
        if block is not None:
            assert f"block {block}, which is switched off" in why
            assert not_asked(claim, INSTRUMENT, ("F", "A"), (block,)) == ""


def test_every_model_made_for_these_claims_decides_one() -> None:
    used = {prediction.model for claim in ledger() for prediction in claim.predictions}
    assert {spec.id for spec in ALLIANCE_CONTINGENCIES} <= used


# -- models: known values put in, and found again


TRUE = (0.30, -0.20, 0.15, 0.40, -0.10, 0.25)
"""True slopes of a model's labelled coefficients, in the order of its text, over and over."""


def _terms(text: str) -> list[tuple[str, str]]:
    """Label, or nothing, and variable of each term."""
    found = []
    for term in text.split("+"):
        label, star, name = term.strip().rpartition("*")
        found.append((label if star else "", name))
    return found


def _multiplied(columns: dict[str, np.ndarray], name: str) -> np.ndarray:
    product: np.ndarray = np.prod([columns[part] - columns[part].mean() for part in name.split(".")], axis=0)
    return np.asarray(product - product.mean())


def _simulated(spec: ModelSpec, rows: int = 3_000) -> tuple[pd.DataFrame, dict[str, float]]:
    """Rows in which the model is true, with correlated causes, latent ones among them; and the values put in.

    A latent variable's first indicator has the loading 1, the others .8.
    """
    rng = np.random.default_rng(20261122)
    lines = [line for line in spec.syntax.splitlines() if line and not line.startswith("#")]
    measured = dict(line.split(" =~ ") for line in lines if "=~" in line)
    equations = [tuple(line.split(" ~ ")) for line in lines if " ~ " in line]
    outcomes = {outcome for outcome, _ in equations}
    causes = {name for _, text in equations for _, name in _terms(text)} - outcomes
    terms = set(Surface.names) if spec.surface is not None else set()
    plain = sorted({part for name in causes - terms for part in name.split(".")})
    common = rng.normal(size=rows)
    columns = {name: 0.5 * common + rng.normal(size=rows) for name in plain}
    if spec.surface is not None:
        T, V = (0.5 * common + rng.normal(size=rows) for _ in range(2))
        columns |= dict(zip(Surface.names, (T, V, T**2, T * V, V**2), strict=True))
        columns |= {spec.surface.first: T + 4, spec.surface.second: V + 4}
    truth: dict[str, float] = {}
    for outcome, text in equations:
        value = rng.normal(size=rows)
        for label, name in _terms(text):
            if label:
                truth[label] = TRUE[len(truth) % len(TRUE)]
            slope = truth.get(label, 0.2)
            value = value + slope * (_multiplied(columns, name) if "." in name else columns[name])
        columns[outcome] = value
    for latent, text in measured.items():
        for place, (_, item) in enumerate(_terms(text)):
            columns[item] = columns[latent] * (1 if place == 0 else 0.8) + 0.6 * rng.normal(size=rows)
    frame = pd.DataFrame({name: column for name, column in columns.items() if name not in {*measured, *terms}})
    frame = frame.assign(**{name: value for name, value in spec.only})
    firms = [f"F{row // 2}" for row in range(rows)]
    frame.index = pd.MultiIndex.from_arrays([firms, range(rows)], names=["firm_id", "alliance_id"])
    return frame, truth


def _slopes(fit: Fit) -> dict[str, tuple[float, float]]:
    """Estimate and standard error by label or name."""
    found = {}
    for row in fit.parameters:
        if row.label or row.op == ":=":
            assert isinstance(row.se, float)
            found[row.label or row.lhs] = (row.est, row.se)
    return found


@cache
def _found(name: str) -> tuple[Fit, dict[str, float]]:
    frame, truth = _simulated(ALL_MODELS[name])
    return describe(estimate(ALL_MODELS[name], frame), level=0.95), truth


@pytest.mark.parametrize("name", [spec.id for spec in ALLIANCE_CONTINGENCIES])
def test_models_find_the_values_put_in(name: str) -> None:
    fit, truth = _found(name)
    assert fit.converged
    assert fit.admissible
    assert fit.indices is not None
    # A model that is true fits: one that left a latent variable unrelated to observed causes would not.
    assert fit.indices.chisq < fit.indices.df + 5 * np.sqrt(2 * fit.indices.df) + 1e-6
    found = _slopes(fit)
    assert truth
    for label, value in truth.items():
        estimated, se = found[label]
        assert abs(estimated - value) < 3.5 * se, (label, estimated, se, value)
        assert se < 0.06, (label, se)


def test_firms_without_a_function_have_no_say_in_its_reporting_line() -> None:
    spec = ALL_MODELS["F-authority"]
    frame, _ = _simulated(spec, rows=1_000)
    without = frame.index.get_level_values("alliance_id") % 2 == 0
    frame.loc[without, ["daf", "reports_top"]] = 0.0, np.nan
    alone = describe(estimate(spec, frame[~without]), level=0.95)
    beside = describe(estimate(spec, frame), level=0.95)
    assert beside.nobs == alone.nobs == 500
    assert _slopes(beside)["top_am"] == pytest.approx(_slopes(alone)["top_am"], abs=1e-8)


def test_the_curvature_along_disagreement_is_that_of_the_surface() -> None:
    fit, truth = _found("F-balance")
    found = _slopes(fit)
    estimated, se = found["curved_along_disagreement"]
    assert abs(estimated - (truth["b3"] - truth["b4"] + truth["b5"])) < 3.5 * se
    assert estimated == pytest.approx(found["b3"][0] - found["b4"][0] + found["b5"][0], abs=1e-9)


def test_ambidexterity_behind_cooperation_and_results_is_not_taken_for_cooperation() -> None:
    spec = ALL_MODELS["A-coopetition"]
    rng = np.random.default_rng(3)
    rows = 3_000
    ra = rng.normal(size=rows)
    measured = [f"{name}{n}" for name in ("ouin", "oult") for n in (1, 2, 3)]
    frame = pd.DataFrame({name: ra + 0.6 * rng.normal(size=rows) for name in ("ratr", "ravg", "racs", "rarg", "ralo")})
    frame = frame.assign(cocp=0.6 * ra + rng.normal(size=rows), coct=rng.normal(size=rows))
    for start in (0, 3):
        result = 0.5 * ra + rng.normal(size=rows)
        frame = frame.assign(**{name: result + 0.6 * rng.normal(size=rows) for name in measured[start:start + 3]})
    frame.index = pd.MultiIndex.from_arrays([[f"F{row}" for row in range(rows)]], names=["firm_id"])
    slopes = _slopes(describe(estimate(spec, frame), level=0.95))
    for label in ("cp_inn", "cp_ltp"):
        estimated, se = slopes[label]
        assert abs(estimated) < 3.5 * se < 0.15
    assert np.corrcoef(frame["cocp"], frame["ouin1"])[0, 1] > 0.15
