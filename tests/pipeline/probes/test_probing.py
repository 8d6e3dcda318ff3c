"""Numbers of the kernels arrive unchanged, a region that ordinary least squares knows, and what cannot be probed."""

from __future__ import annotations

import json
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from pydantic import TypeAdapter
from scipy.optimize import brentq
from scipy.stats import norm

from pipeline.estimation import estimate, model_frame
from pipeline.models import ALL_MODELS
from pipeline.probes import FIGURES, PROBED, PROBED_SURFACE
from pipeline.probes import probing as module
from pipeline.probes.found import Probed, ProbesReport, Slopes, SurfaceFound
from pipeline.probes.probing import hull_of, probe_models, read_slopes
from pipeline.sem.coefficients import regression
from pipeline.sem.estimate import Estimated, Options, estimate_model
from pipeline.sem.johnson_neyman import JohnsonNeyman
from pipeline.sem.response_surface import response_surface
from pipeline.sem.simple_slopes import Moderator, TurningPoint, observed_moderator, probe, turning_point
from pipeline.sem.syntax import parse_model
from pipeline.sem.table import parameter_table
from pipeline.undefined import Undefined
from tests.pipeline.probes.made_up import alliances, report

TEST = ("est", "se", "z", "pvalue", "lower", "upper")


def found(name: str) -> Slopes:
    one = next(p.found for p in report().slopes if p.probed.id == name)
    assert isinstance(one, Slopes)
    return one


def surface() -> SurfaceFound:
    probed = report().surface
    assert probed is not None
    assert isinstance(probed.found, SurfaceFound)
    return probed.found


def same(ours, theirs, fields=TEST):
    for field in fields:
        assert getattr(ours, field) == getattr(theirs, field), field


def indicators(table, latent):
    return tuple(row.rhs for row in table.rows if row.lhs == latent and row.op == "=~") or (latent,)


@pytest.mark.parametrize("asked", PROBED, ids=lambda asked: asked.id)
def test_a_declared_interaction_is_in_its_model(asked):
    """Its paths are there, and its products are of focal and moderator, in the units of their first indicators."""
    spec = ALL_MODELS[asked.model]
    table = parameter_table(parse_model(spec.syntax, spec.id))
    predictors = {row.rhs for row in table.rows if row.lhs == asked.outcome and row.op == "~"}
    assert {asked.focal, *asked.products} <= predictors
    focal, moderator = indicators(table, asked.focal), indicators(table, asked.moderator)
    parts = {".".join(part): part for product in spec.products for part in product.parts}
    for power, product in enumerate(asked.products, 1):
        made = [parts[name] for name in indicators(table, product)]
        assert sorted(made[0]) == sorted((focal[0], *(moderator[0],) * power))
        for part in made:
            assert sum(name in focal for name in part) == 1
            assert sum(name in moderator for name in part) == power
    assert asked.figure in FIGURES


def test_ids_are_unique_and_the_surface_has_a_model():
    assert len({asked.id for asked in PROBED}) == len(PROBED)
    assert {asked.figure for asked in PROBED} == set(FIGURES)
    assert ALL_MODELS[PROBED_SURFACE.model].surface is not None


def test_slopes_are_the_kernels():
    frame, spec = alliances(), ALL_MODELS["A-resilience"]
    moderator = observed_moderator("racs", frame["racs"])
    theirs = probe(estimate(spec, frame), "SR", "ratr", ["ratr.racs"], moderator)
    assert not isinstance(theirs, Undefined)
    ours = found("trust-by-contract")
    assert ours.n == len(frame)
    for one, other in zip(ours.slopes, theirs.slopes, strict=True):
        same(one, other, ("label", "value", *TEST))
    assert len(ours.curve) == len(theirs.curve) == 61
    for point, other in zip(ours.curve, theirs.curve, strict=True):
        same(point, other, ("value", "est", "lower", "upper"))
    assert ours.johnson_neyman == theirs.johnson_neyman
    same(ours.moderator, moderator, ("basis", "mean", "sd", "low", "high", "two_valued"))
    assert ours.turn is None


def test_the_change_is_the_products_coefficient():
    frame, spec = alliances(), ALL_MODELS["A-resilience"]
    equation = regression(estimate(spec, frame), "SR", ("ratr", "ratr.racs"))
    assert not isinstance(equation, Undefined)
    term, = found("trust-by-contract").terms
    assert term.name == "ratr.racs"
    assert term.est == equation.b[1]
    assert term.se == pytest.approx(equation.V[1, 1] ** 0.5)
    # The truth is .30 a unit of the first indicator.
    assert abs(term.est - 0.3) < 3 * term.se
    low, middle, high = (slope.est for slope in found("trust-by-contract").slopes)
    assert low < middle < high


def test_a_quadratic_moderation_has_two_terms_and_turns_where_it_was_made_to():
    ours = found("fluidity-by-turbulence-curved")
    assert [term.name for term in ours.terms] == ["rf.tu", "rf.tu.tu"]
    assert isinstance(ours.turn, TurningPoint)
    assert ours.turn.is_maximum
    assert ours.turn.in_range
    assert abs(ours.turn.at.est - 5) < 3 * ours.turn.at.se
    assert ours.turn.curvature.est == ours.terms[1].est < 0


@pytest.mark.parametrize(("is_maximum", "in_range"), [(True, False), (False, True)])
def test_a_turn_keeps_its_kind_and_its_place_apart(is_maximum, in_range):
    """Slope 2 + b(m - at)²: it turns at m = 1 or 5, upside down or not, on a range from 0 to 4."""
    at, curvature = 1.0 if in_range else 5.0, -3.0 if is_maximum else 3.0
    b = np.array([2 + curvature * at**2, -2 * curvature * at, curvature])
    turn = turning_point(b, 0.01 * np.eye(3), Moderator("m", "observed", 0.0, 2.0, 1.0, 0.0, 4.0))
    assert (turn.is_maximum, turn.in_range) == (is_maximum, in_range)
    assert (turn.at.est, turn.slope.est, turn.curvature.est) == pytest.approx((at, 2, curvature))


def test_two_values_have_slopes_and_no_region():
    ours = found("practice-by-partner")
    assert ours.moderator.two_valued
    assert [slope.value for slope in ours.slopes] == [0, 1]
    assert ours.slopes[1].est - ours.slopes[0].est == pytest.approx(ours.terms[0].est)
    assert isinstance(ours.johnson_neyman, Undefined)


def test_the_region_is_that_of_ordinary_least_squares():
    rng = np.random.default_rng(5)
    n = 160
    x, m = rng.normal(2, 1, n), rng.normal(10, 2, n)
    product = (x - x.mean()) * (m - m.mean())
    y = 0.1 * x + 0.2 * m + 0.25 * product + rng.normal(0, 1, n)
    data = np.column_stack([y, x, m, product - product.mean()])
    estimated = estimate_model("y ~ x + m + x.m", data, ["y", "x", "m", "x.m"], Options())
    asked = Probed("x-by-m", "", "", "y", "x", "m", ("x.m",), "", "y", "x", "m")
    ours = read_slopes(asked, estimated, pd.DataFrame({"m": m}), level=0.9)
    assert isinstance(ours, Slopes)
    assert isinstance(ours.johnson_neyman, JohnsonNeyman)
    X = np.column_stack([np.ones(n), x, m, product])
    b, rest, *_ = np.linalg.lstsq(X, y, rcond=None)
    V = rest[0] / n * np.linalg.inv(X.T @ X)

    def lower_of_size(value):
        g = np.array([0, 1, 0, value - m.mean()])
        return abs(g @ b) - norm.ppf(0.95) * (g @ V @ g) ** 0.5

    grid = np.linspace(m.min() - 20, m.max() + 20, 2001)
    expected = [brentq(lower_of_size, first, last) for first, last in pairwise(grid)
                if lower_of_size(first) * lower_of_size(last) < 0]
    assert ours.johnson_neyman.kind == "outside"
    np.testing.assert_allclose(ours.johnson_neyman.bounds, expected, rtol=1e-5)
    covered = (expected[0] - m.min() + m.max() - expected[1]) / np.ptp(m)
    assert ours.johnson_neyman.covered == pytest.approx(covered, rel=1e-5)
    assert ours.cases == np.mean((m < expected[0]) | (m > expected[1]))
    assert 0 < ours.cases < 1
    assert [region.sign for region in ours.johnson_neyman.regions] == ["negative", "positive"]


def test_the_surface_is_the_kernels():
    spec, frame = ALL_MODELS["P1"], alliances()
    rows = model_frame(spec, frame)
    theirs = response_surface(estimate(spec, frame), "INN", ("T", "V", "T2", "TV", "V2"), rows[["T", "V"]].to_numpy(),
                              limits=(-3, 3), points=13)
    assert not isinstance(theirs, Undefined)
    ours = surface()
    for one, other in zip((*ours.coefficients, *ours.tests), (*theirs.coefficients, *theirs.tests), strict=True):
        same(one, other, ("name", *TEST))
    assert not isinstance(ours.stationary, Undefined)
    assert not isinstance(theirs.stationary, Undefined)
    for one, other in zip(ours.stationary, theirs.stationary, strict=True):
        same(one, other, ("name", *TEST))
    same(ours.first_axis.slope, theirs.first_axis.slope)
    same(ours.second_axis.intercept, theirs.second_axis.intercept)
    assert (ours.shape, ours.midpoint, ours.pairs) == (theirs.shape, 4.0, len(frame))
    for point, other in zip(ours.grid, theirs.grid, strict=True):
        same(point, other, ("x", "y", "inside"))
        same(point, other.predicted, ("est", "lower", "upper"))


def test_the_surface_finds_what_was_put_in():
    test = {t.name: t for t in surface().tests}
    # .5(t + v) − .2(t − v)²: slope 1 along agreement, curvature −.8 along disagreement.
    for name, true in (("a1", 1.0), ("a2", 0.0), ("a3", 0.0), ("a4", -0.8)):
        assert abs(test[name].est - true) < 3 * test[name].se, name


def test_the_hull_is_the_area_of_the_pairs():
    square = np.array([(0, 0), (2, 0), (2, 1), (0, 1), (1, 0.5), (0.2, 0.9)], dtype=float)
    assert set(hull_of(square)) == {(0, 0), (2, 0), (2, 1), (0, 1)}
    frame = alliances()
    assert max(x for x, _ in surface().hull) == frame["ratr"].max() - 4
    assert min(y for _, y in surface().hull) == frame["ravg"].min() - 4


def test_what_cannot_be_estimated_says_why():
    reasons = {p.probed.id: p for p in report().slopes if isinstance(p.found, Undefined)}
    assert reasons["learning-by-experience"].found == Undefined("there are no answers about firms")
    assert "pfcp" in reasons["complementarity-by-youth"].found.because
    assert set(reasons) == {"learning-by-experience", "function-by-experience", "complementarity-by-youth",
                            "complementarity-by-coordination"}
    assert reasons["learning-by-experience"].sentence == (
        "The slope of capability on learning was not probed by experience, because there are no answers about firms.")


def test_a_moderator_without_variance_and_a_surface_without_its_scores_say_so():
    asked = tuple(p for p in PROBED if p.model == "A-resilience")
    found = probe_models({"alliance": alliances().assign(racs=4.0).drop(columns="ravg")}, probed=asked)
    assert "no variance" in found.slopes[0].found.because
    assert found.surface is not None
    assert found.surface.found == Undefined("the answers give no ravg")


def test_a_search_that_did_not_converge_gives_no_numbers():
    class Lost(Estimated):
        converged = False

    one = estimate(ALL_MODELS["A-resilience"], alliances())
    lost = Lost(**{name: getattr(one, name) for name in one.__dataclass_fields__})
    asked = tuple(p for p in PROBED if p.model == "A-resilience")
    found = probe_models({"alliance": alliances()}, probed=asked, surface=None, estimated={"A-resilience": lost})
    assert found.slopes[0].found == Undefined("estimation did not converge")


def test_estimates_handed_in_are_not_made_again(monkeypatch):
    given = {"A-resilience": estimate(ALL_MODELS["A-resilience"], alliances())}

    def refuse(*_):
        raise AssertionError("estimated again")

    monkeypatch.setattr(module, "estimate", refuse)
    asked = tuple(p for p in PROBED if p.model == "A-resilience")
    again = probe_models({"alliance": alliances()}, probed=asked, surface=None, estimated=given)
    assert again.slopes[0].found == found("trust-by-contract")
    assert again.surface is None


def test_a_model_of_two_probes_is_estimated_once(monkeypatch):
    asked = tuple(p for p in PROBED if p.model == "A-equity-hazards")
    rng = np.random.default_rng(1)
    frame = alliances().assign(equity=rng.integers(0, 2, 400).astype(float), rfmod=rng.normal(4, 1, 400),
                               tumk=rng.normal(5, 1, 400))
    calls = []
    monkeypatch.setattr(module, "estimate", lambda spec, rows: calls.append(spec.id) or estimate(spec, rows))
    both = probe_models({"alliance": frame}, probed=asked, surface=None).slopes
    assert calls == ["A-equity-hazards"]
    assert both[0].found.terms[0].name == "equity.rfmod"
    assert both[1].found.terms[0].name == "equity.tumk"
    # The focal slope at the mean is one and the same.
    assert both[0].found.slopes[1].est == pytest.approx(both[1].found.slopes[1].est)


def test_the_level_is_that_of_every_interval():
    asked = tuple(p for p in PROBED if p.model == "A-resilience")
    wide = probe_models({"alliance": alliances()}, probed=asked, surface=None, level=0.99)
    slope = wide.slopes[0].found.slopes[0]
    assert slope.upper - slope.est == pytest.approx(norm.ppf(0.995) * slope.se)
    assert wide.level == wide.slopes[0].found.level == wide.slopes[0].found.johnson_neyman.level == 0.99


def test_a_report_survives_json():
    adapter = TypeAdapter(ProbesReport)
    text = json.dumps(adapter.dump_python(report(), mode="json"), allow_nan=False)
    assert adapter.validate_json(text) == report()
