"""The ledger's entries on Kale & Singh (2009), and the models made for them.

Worlds are simulated in which every contingency is as claimed, or the reverse; the models must say so.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
import pytest

from instrument import store
from instrument.model import Instrument
from pipeline.claims.ledger import Claim, Prediction, ledger, not_asked
from pipeline.data.scoring import EXPERIENCE
from pipeline.estimation import estimate, with_definitions
from pipeline.models import ALL_MODELS
from pipeline.models.firm_contingencies import FIRM_CONTINGENCIES
from pipeline.models.spec import Level
from pipeline.prepare import prepare
from pipeline.results import SCREENED
from pipeline.run import level_frames
from pipeline.sem.describe import describe
from pipeline.sem.fit import Parameter
from pipeline.sem.syntax import parse_model
from pipeline.sem.table import ParameterTable, parameter_table
from pipeline.study import load_plan
from tests.conftest import SAMPLE

CLAIMS = {claim.id: claim for claim in ledger() if claim.document == "KS"}
TESTABLE = [claim for claim in CLAIMS.values() if claim.predictions]
OPTIONAL = {"optrit": ("H315",), "optfit": ("H317", "H318", "H320", "H328"), "optpor": ("H329", "H330"),
            "optacq": ("H333",)}
OWN_MODELS = {spec.id for spec in FIRM_CONTINGENCIES}
IN_OPTIONAL_BLOCKS = {"F-rituals", "F-portfolio", "F-acquisitions", "A-partner-fit", "A-trust-commitment"}

BANDS = ("1", "2", "3", "4")
BEHIND: dict[str, tuple[str, ...]] = {
    **{name: tuple(kind + band for kind in kinds for band in BANDS) for name, (kinds, _) in EXPERIENCE.items()},
    **{name: tuple(kind + band for kind in ("xjv", "xeq", "xco") for band in BANDS)
       for name in ("exp_recent", "exp_old")},
    **{name: ("ocmet", "ocexp", "ocfail") for name in ("success_share", "goals_share", "fail_share")},
    "daf": ("dafex",), "lnsize": ("fsize",), "firmage": ("fyear",), "ind_tech": ("indus",), "ind_serv": ("indus",),
    "reports_top": ("dafrl",), "portfolio": ("nall",), "equity": ("aform",), "joint_venture": ("aform",),
    "reciprocal": ("aintd",), "partner_younger": ("arage",), "partner_nonfirm": ("apart",), "ended": ("astat",),
    "duration": ("astrt", "aend"), "lr": ("lrar", "lrco", "lrsh", "lrin"),
    "ra": ("ratr", "ravg", "racs", "rarg", "ralo"),
}
"""Variable that is no item or dimension → what is asked for it."""


@pytest.fixture(scope="module")
def instrument() -> Instrument:
    return store.load("1.0.0")


@pytest.fixture(scope="module")
def sample_frames(instrument: Instrument) -> dict[Level, pd.DataFrame]:
    plan = load_plan(SAMPLE)
    return level_frames([prepare(SAMPLE, plan, instrument, form) for form in plan.forms], SCREENED)


# -- the entries --------------------------------------------------------------------------------------


def test_every_claim_of_the_document_has_an_entry() -> None:
    assert sorted(CLAIMS) == [f"H{number}" for number in range(301, 341)]


@pytest.mark.parametrize("claim", TESTABLE, ids=lambda claim: claim.id)
def test_predictions_name_labels_and_effects_of_their_model(claim: Claim) -> None:
    for prediction in claim.predictions:
        spec = ALL_MODELS[prediction.model]
        labels = {row.label for row in _table(spec.syntax).rows if row.label}
        effects = {definition.name for definition in _table(spec.syntax).definitions}
        written = _table(with_definitions(spec, {"quantity": prediction.parameter}).syntax)
        quantity = next(definition for definition in written.definitions if definition.name == "quantity")
        assert quantity.expression.names()
        assert set(quantity.expression.names()) <= labels | effects


@pytest.mark.parametrize("claim", TESTABLE, ids=lambda claim: claim.id)
def test_needs_are_what_the_deciding_models_variables_come_from(claim: Claim, instrument: Instrument) -> None:
    dimension_of = {question.id: question.dimension for form in instrument.forms for _, question in form.questions()
                    if hasattr(question, "dimension")}
    needed: set[str] = set()
    for model in {prediction.model for prediction in claim.predictions}:
        spec = ALL_MODELS[model]
        names = [name for variable in _table(spec.syntax).observed for name in variable.split(".")]
        for name in [*names, *(variable for variable, _ in spec.only)]:
            needed |= set(BEHIND.get(name, (dimension_of.get(name, name),)))
    if any("duration" in _table(ALL_MODELS[p.model].syntax).observed for p in claim.predictions):
        needed.add("astat")  # the year of the end is asked where the alliance has ended
    if any("reports_top" in _table(ALL_MODELS[p.model].syntax).observed for p in claim.predictions):
        needed.add("dafex")  # and the reporting line where there is a function
    assert set(claim.needs) == needed
    assert not not_asked(claim, instrument, ("F", "A"), tuple(OPTIONAL))


def test_claims_on_optional_blocks_and_no_others_need_one(instrument: Instrument) -> None:
    closed = {claim.id for claim in TESTABLE if not_asked(claim, instrument, ("F", "A"), ())}
    assert closed == {name for names in OPTIONAL.values() for name in names}
    for block, names in OPTIONAL.items():
        assert not any(not_asked(CLAIMS[name], instrument, ("F", "A"), (block,)) for name in names)


def test_constructs_are_those_of_the_instrument(instrument: Instrument) -> None:
    known = {construct.id for construct in instrument.constructs}
    assert all(set(claim.constructs) <= known for claim in CLAIMS.values())


def test_every_model_made_for_these_claims_decides_one() -> None:
    decided = {prediction.model for claim in TESTABLE for prediction in claim.predictions}
    assert OWN_MODELS <= decided <= OWN_MODELS | {"M1", "M1c"}


# -- effects of the headline model that claims put together -------------------------------------------


def test_effects_of_experience_and_function_are_those_of_the_path_model() -> None:
    """(I - B)^-1 holds the total effects of a recursive path model; paths left out give what goes through others."""
    rng = np.random.default_rng(5)
    names = ("a1", "a2", "d", "b", "c2", "c1", "g", "h3", "h2", "h1")
    value = dict(zip(names, rng.uniform(0.1, 0.9, len(names)), strict=True))

    def total(cause: int, outcome: int, **changed: float) -> float:
        p = value | changed
        paths = np.zeros((5, 5))  # experience, function, learning, capability, success
        paths[1, 0], paths[2, :2], paths[3, :3] = p["a1"], (p["d"], p["a2"]), (p["c1"], p["c2"], p["b"])
        paths[4, :4] = p["h1"], p["h2"], p["h3"], p["g"]
        return float(np.linalg.inv(np.eye(5) - paths)[outcome, cause])

    def quantities(claim: str) -> list[float]:
        spec = ALL_MODELS["M1"]
        wanted = [with_definitions(spec, {"quantity": p.parameter}) for p in CLAIMS[claim].predictions]
        return [float(next(d for d in _table(w.syntax).definitions if d.name == "quantity").expression.evaluate(value))
                for w in wanted]

    assert quantities("H301") == pytest.approx([total(0, 4)])
    assert quantities("H303") == pytest.approx([total(1, 3), total(1, 4)])
    assert quantities("H305") == pytest.approx([total(1, 3) - total(0, 3, a1=0.0)])
    assert quantities("H306") == pytest.approx([total(2, 3), total(2, 4)])
    assert quantities("H307") == pytest.approx([total(0, k) - total(0, k, a1=0.0) for k in (3, 4)])
    assert quantities("H308") == pytest.approx([total(1, 3) - total(1, 3, a2=0.0), total(1, 3, a2=0.0)])


# -- the models on rows -------------------------------------------------------------------------------


@pytest.mark.parametrize("model", sorted(OWN_MODELS - IN_OPTIONAL_BLOCKS))
def test_every_model_converges_on_the_synthetic_sample(model: str, sample_frames: dict[Level, pd.DataFrame]) -> None:
    spec = ALL_MODELS[model]
    fit = describe(estimate(spec, sample_frames[spec.level]), level=0.95)
    assert fit.converged
    assert fit.admissible


def test_rates_and_their_errors_are_those_of_plain_shares() -> None:
    """Means by the 0/1 function; robust standard errors are those of White (1980) without a small-sample factor."""
    rng = np.random.default_rng(8)
    daf = np.repeat([0.0, 1.0], [23, 17])
    share = rng.uniform(0, 1, 40) * (0.6 + 0.4 * daf)
    frame = pd.DataFrame({"daf": daf, "success_share": share, "fail_share": 1 - share})
    rates = _rows("F-success-rates", frame)
    without, present = share[daf == 0], share[daf == 1]
    assert rates["without"].est == pytest.approx(without.mean(), abs=1e-6)
    assert rates["difference"].est == pytest.approx(present.mean() - without.mean(), abs=1e-6)
    assert rates["with_function"].est == pytest.approx(present.mean(), abs=1e-6)
    assert rates["difference"].se == pytest.approx(np.sqrt(without.var() / 23 + present.var() / 17), rel=1e-4)
    failed = _rows("F-failures", frame)
    assert failed["rate"].est == pytest.approx((1 - share).mean(), abs=1e-7)
    assert failed["rate"].se == pytest.approx(share.std() / np.sqrt(40), rel=1e-5)


def test_slope_where_there_is_much_is_the_parabolas_two_points_above_the_mean() -> None:
    rows = _rows("F-bureaucracy", _firms(1.0))
    assert rows["slope_where_much"].est == pytest.approx(rows["slope"].est + 2 * rows["curve"].est * 2)


@dataclass(frozen=True)
class Case:
    claim: str
    place: int
    prediction: Prediction


CASES = [Case(claim.id, place, prediction) for claim in TESTABLE for place, prediction in enumerate(claim.predictions)
         if prediction.model in OWN_MODELS and prediction.expected in ("positive", "negative")
         and not (claim.id in ("H332", "H339") and place == 1)]
"""Predictions with a sign. The last two claims predict a difference in either direction, and are tried apart."""


@pytest.fixture(scope="module", params=[1.0, -1.0], ids=["as claimed", "the reverse"])
def world(request: pytest.FixtureRequest) -> tuple[float, dict[str, dict[str, Parameter]]]:
    """Every quantity with a sign, estimated where all is as claimed, or the reverse."""
    sign: float = request.param
    frames: dict[Level, pd.DataFrame] = {"firm": _firms(sign), "alliance": _alliances(sign)}
    found = {}
    for model in OWN_MODELS:
        wanted = {f"q_{claim.id}_{place}": prediction.parameter for claim in TESTABLE
                  for place, prediction in enumerate(claim.predictions) if prediction.model == model}
        found[model] = _rows(model, frames[ALL_MODELS[model].level], wanted)
    return sign, found


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.claim}_{case.place + 1}")
def test_models_find_what_is_true_of_a_simulated_world(
    case: Case, world: tuple[float, dict[str, dict[str, Parameter]]],
) -> None:
    sign, found = world
    row = found[case.prediction.model][f"q_{case.claim}_{case.place}"]
    expected = 1 if case.prediction.expected == "positive" else -1
    assert row.est * expected * sign > 2.5 * _se(row)


def test_no_difference_is_found_where_none_was_put(world: tuple[float, dict[str, dict[str, Parameter]]]) -> None:
    _, found = world
    for claim, model in (("H310", "A-contracts"), ("H323", "A-contracts-by-form")):
        place = next(i for i, p in enumerate(CLAIMS[claim].predictions) if p.model == model)
        assert CLAIMS[claim].predictions[place].expected == "none"
        row = found[model][f"q_{claim}_{place}"]
        assert abs(row.est) < 2.5 * _se(row)


@pytest.mark.parametrize("claim", ["H332", "H339"])
def test_open_questions_are_decided_by_a_difference_in_either_direction(claim: str) -> None:
    more, less = CLAIMS[claim].predictions
    assert CLAIMS[claim].decided_by == "any"
    assert (more.model, more.parameter) == (less.model, less.parameter)
    assert (more.expected, less.expected) == ("positive", "negative")


def test_only_the_rows_a_claim_is_about_take_part() -> None:
    firms, alliances = _firms(1.0), _alliances(1.0)
    for model, rows in (("F-reporting", firms[firms["daf"] == 1]),
                        ("A-joint-ventures", alliances[alliances["joint_venture"] == 1]),
                        ("A-contracts", alliances[alliances["equity"] == 0])):
        spec = ALL_MODELS[model]
        fit = describe(estimate(spec, firms if spec.level == "firm" else alliances), level=0.95)
        assert fit.nobs == len(rows)


def _se(row: Parameter) -> float:
    assert isinstance(row.se, float)
    return row.se


def _table(syntax: str) -> ParameterTable:
    return parameter_table(parse_model(syntax, "claims"))


def _rows(model: str, frame: pd.DataFrame, wanted: dict[str, str] | None = None) -> dict[str, Parameter]:
    """Rows of a model by their label, or by their name where they are defined."""
    fit = describe(estimate(with_definitions(ALL_MODELS[model], wanted or {}), frame), level=0.95)
    assert fit.converged
    return {row.lhs if row.op == ":=" else row.label: row for row in fit.parameters if row.op == ":=" or row.label}


def _measured(rng: np.random.Generator, of: np.ndarray, *names: str) -> dict[str, np.ndarray]:
    return {name: 4 + of + 0.6 * rng.standard_normal(len(of)) for name in names}


def _firms(sign: float, n: int = 1500) -> pd.DataFrame:
    """Firms whose capability and success depend on every contingency with the sign claimed, or the reverse."""
    rng = np.random.default_rng(11)
    z = {name: rng.standard_normal(n) for name in (
        "exp_rw", "exp_recent", "exp_old", "exp_rw_rp", "lnsize", "firmage", "tmco", "lr", "portfolio", "pocm", "ponc",
        "poco")}
    daf, top, tech = ((rng.random(n) < 0.5).astype(float) for _ in range(3))
    rtrt = sign * 0.5 * z["lr"] + rng.standard_normal(n)
    capability = sign * (0.4 * z["exp_recent"] - 0.2 * z["exp_old"] + 0.4 * z["exp_rw_rp"] + 0.4 * daf * z["lnsize"]
                         + 0.5 * daf * top - 0.3 * z["lr"] * (rtrt - sign * 0.5 * z["lr"])) + rng.standard_normal(n)
    success = sign * (0.5 * (daf - 0.5) * z["tmco"] + 0.3 * z["lr"] * z["tmco"] - 0.3 * z["lr"]**2 + 0.3 * z["poco"]
                      + 0.3 * z["ponc"]) + 0.7 * rng.standard_normal(n)
    return pd.DataFrame(z | {
        "daf": daf, "reports_top": np.where(daf == 1, top, np.nan), "ind_tech": tech,
        "ind_serv": (1 - tech) * (rng.random(n) < 0.5), "rtrt": rtrt,
        "goals_share": 0.5 + sign * 0.05 * z["exp_rw"] + 0.2 * rng.standard_normal(n),
        "success_share": 0.5 + sign * 0.1 * daf + 0.2 * rng.standard_normal(n),
        "fail_share": rng.uniform(0.2, 0.8, n),
    } | _measured(rng, capability, "amse", "amgo", "amco", "amex") | _measured(rng, success, *_items("sufl", 4))
        | _measured(rng, sign * 0.5 * capability + rng.standard_normal(n), *_items("aqsp", 3)),
        index=pd.Index([f"f{i}" for i in range(n)], name="firm_id"))


def _alliances(sign: float, n: int = 2400) -> pd.DataFrame:
    """Alliances, two a firm, whose performance depends on every contingency with the sign claimed, or the reverse."""
    rng = np.random.default_rng(12)
    z = {name: rng.standard_normal(n) for name in (
        "exp_rw_jv", "exp_rw_eq", "exp_rw_co", "lnsize", "pfcp", "pfct", "pfcm", "amco", "ra", "rfmod", "tumk",
        "norms", "safeguards", "noise")}
    form = rng.integers(1, 4, n)
    equity, venture = (form < 3).astype(float), (form == 1).astype(float)
    younger, nonfirm, reciprocal, ended = ((rng.random(n) < 0.5).astype(float) for _ in range(4))
    trust = sign * 0.5 * z["pfcm"] + rng.standard_normal(n)
    performance = sign * (
        0.4 * (z["pfcp"] + z["pfct"]) + 0.3 * z["pfcm"] + 0.3 * trust
        + 0.5 * (younger - 0.5) * z["pfcp"] + 0.3 * z["pfcp"] * z["amco"] + 0.6 * (nonfirm - 0.5) * z["ra"]
        - 0.5 * (equity - 2 / 3) * z["rfmod"] + 0.5 * (equity - 2 / 3) * z["tumk"]
        + 0.3 * z["norms"] * z["safeguards"] + 0.5 * (reciprocal - 0.5) * z["amco"]
        + 0.6 * (2 * venture - 1) * z["exp_rw_jv"] + 0.6 * equity * z["exp_rw_co"]
    ) + 0.7 * z["noise"]
    firms = [f"f{i // 2}" for i in range(n)]
    return pd.DataFrame(z | {
        "equity": equity, "joint_venture": venture, "partner_younger": younger, "partner_nonfirm": nonfirm,
        "reciprocal": reciprocal, "ended": ended, "duration": 4 + sign * 0.5 * trust + rng.standard_normal(n),
    } | _measured(rng, performance, *_items("oult", 3)) | _measured(rng, trust, *_items("ratr", 3))
        | _measured(rng, z["norms"], *_items("rarg", 3)) | _measured(rng, z["safeguards"], *_items("racs", 3))
        | _measured(rng, sign * 0.5 * trust + rng.standard_normal(n), *_items("cocp", 3)),
        index=pd.MultiIndex.from_arrays([firms, [f"a{i}" for i in range(n)]], names=["firm_id", "alliance_id"]))


def _items(dimension: str, count: int) -> tuple[str, ...]:
    return tuple(f"{dimension}{number}" for number in range(1, count + 1))
