"""The two other rehearsed studies: in one the rival theory is true, in one nothing is."""

from __future__ import annotations

import json
import re
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest
from simulated import SAMPLE, least_squares

from instrument.model import Instrument
from pipeline.power.answers import check_population
from pipeline.power.population import Population, load_population
from pipeline.power.rehearsal import rehearse
from pipeline.power.streams import Streams
from pipeline.power.truth import TrueValue, true_values
from pipeline.power.world import Sampling, World
from pipeline.study import load_plan

DATA = SAMPLE.parent
FIRMS = 20_000
CONSTRUCTS_OF_THE_FIRM = ("exp_rw", "dafex", "LRN", "AMC", "SUC", "TMC", "TU")
CONSTRUCTS_OF_THE_ALLIANCE = ("RA", "RF", "SR", "EF", "COP", "AEA", "INN", "LTP", "ADP", "VCC")
FACTS = ("fmpr", "fmtr", "fmcm", "fmap", "dafhc", "dafbd", "reviewed", "ocmet", "ocexp", "ocfail")


def world_of(study: str, instrument: Instrument, seed: int = 31) -> World:
    """One alliance with one informant a firm, so that constructs of both levels stand side by side."""
    each = np.arange(FIRMS)
    return World(load_population(DATA / study), instrument, Sampling(FIRMS, each, each), Streams(seed))


@pytest.fixture(scope="module")
def rival(instrument: Instrument) -> World:
    return world_of("rival", instrument)


@pytest.fixture(scope="module")
def none(instrument: Instrument) -> World:
    return world_of("none", instrument)


@pytest.fixture(scope="module")
def truths(instrument: Instrument) -> dict[str, dict[str, TrueValue]]:
    found = {}
    for study in ("rival", "none"):
        population = load_population(DATA / study)
        fewer = population.truth.model_copy(update={"firms": 100_000})
        found[study] = true_values(population.model_copy(update={"truth": fewer}), instrument)
    return found


# -- the rival ----------------------------------------------------------------------------------------


def test_least_squares_recovers_the_interactions_and_all_other_causes_of_capability(rival: World) -> None:
    causes = rival.population.variables["AMC"].causes  # type: ignore[union-attr]
    assert {"exp_x_daf", "exp_x_learning"} < set(causes)
    slopes, errors = least_squares(rival.value("AMC", "firm"), *(rival.value(cause, "firm") for cause in causes))
    assert np.abs((slopes - np.array(list(causes.values()))) / errors).max() < 4
    # A product that is not drawn as stated would leave its coefficient far from what is true.
    assert errors[list(causes).index("exp_x_daf")] < 0.05 * causes["exp_x_daf"]


def test_the_slope_of_experience_is_steeper_with_a_function_and_with_more_learning(rival: World) -> None:
    """The closed form: dAMC/dexp = c1 + m1 (daf − its mean) + m2 (LRN − its mean)."""
    causes = rival.population.variables["AMC"].causes  # type: ignore[union-attr]
    others = [rival.value(name, "firm") for name in ("LRN", *rival.population.truth.covariates)]
    experienced, learning = rival.value("exp_rw", "firm"), rival.value("LRN", "firm")
    function, capable = rival.value("dafex", "firm"), rival.value("AMC", "firm")
    found = {}
    for present in (0.0, 1.0):
        at = function == present
        interaction = (experienced * learning)[at]
        slopes, errors = least_squares(capable[at], experienced[at], interaction, *(other[at] for other in others))
        # The interaction is not centred here: the first slope is that of a firm whose learning is 0, its mean.
        expected = causes["exp_rw"] + causes["exp_x_daf"] * (present - 0.47)
        assert abs(slopes[0] - expected) < 4 * errors[0]
        assert abs(slopes[1] - causes["exp_x_learning"]) < 4 * errors[1]
        found[present] = slopes[0]
    assert found[1.0] - found[0.0] == pytest.approx(causes["exp_x_daf"], abs=0.1)


def test_the_stated_means_are_the_populations(rival: World) -> None:
    for name in ("exp_x_daf", "exp_x_learning"):
        product = rival.population.variables[name]
        for factor, mean in zip(product.of, product.means, strict=True):  # type: ignore[union-attr]
            values = rival.value(factor, "firm")
            assert values.mean() == pytest.approx(mean, abs=0.01 + 4 * values.std() / np.sqrt(FIRMS))


def test_no_path_of_the_mediation_is_there(rival: World) -> None:
    covariates = [rival.value(name, "firm") for name in rival.population.truth.covariates]
    experienced, function = rival.value("exp_rw", "firm"), rival.value("dafex", "firm")
    slopes, errors = least_squares(function, experienced, *covariates)
    assert abs(slopes[0]) < 4 * errors[0]
    slopes, errors = least_squares(rival.value("LRN", "firm"), function, experienced, *covariates)
    assert (np.abs(slopes[:2]) < 4 * errors[:2]).all()
    assert errors[0] < 0.02


def test_about_as_many_firms_have_a_function_as_have_none(rival: World) -> None:
    assert 0.45 < rival.value("dafex", "firm").mean() < 0.50


def test_the_rivals_truth_has_the_interactions_and_no_indirect_effect(
    truths: dict[str, dict[str, TrueValue]],
) -> None:
    truth = truths["rival"]
    for name in ("a2", "d", "serial_learning", "serial_capability", "serial_success", "learning_only"):
        assert truth[name].value == 0
    for name in ("a1", "function_only"):
        assert abs(truth[name].value) < 4 * truth[name].monte_carlo_se
    for name in ("m1", "m2"):
        assert 0.20 < truth[name].standardised < 0.25


def test_an_interactions_true_value_has_the_scale_of_its_markers(
    rival: World, truths: dict[str, dict[str, TrueValue]]
) -> None:
    """Experience times learning has the scale of learning; experience times the function, both observed, has none."""
    causes, truth = rival.population.variables["AMC"].causes, truths["rival"]  # type: ignore[union-attr]
    assert truth["m2"].value / truth["b"].value == pytest.approx(causes["exp_x_learning"] / causes["LRN"], rel=1e-3)
    assert truth["m1"].value / truth["c2"].value == pytest.approx(causes["exp_x_daf"] / causes["dafex"], rel=1e-3)
    assert truth["m2"].value / truth["m1"].value != pytest.approx(causes["exp_x_learning"] / causes["exp_x_daf"], 0.02)


# -- nothing ------------------------------------------------------------------------------------------


def test_constructs_and_facts_are_uncorrelated_where_nothing_is_true(none: World) -> None:
    constructs = (*CONSTRUCTS_OF_THE_FIRM, *CONSTRUCTS_OF_THE_ALLIANCE)
    values = {name: none.value(name, "informant") for name in (*constructs, *FACTS, "ocshr")}
    reviewed = np.isfinite(values["ocshr"])
    pairs = [*combinations(constructs, 2), *((c, f) for c in constructs for f in (*FACTS, "ocshr"))]
    z = []
    for one, two in pairs:
        rows = reviewed if "ocshr" in (one, two) else slice(None)
        z.append(np.corrcoef(values[one][rows], values[two][rows])[0, 1] * np.sqrt(len(values[one][rows])))
    # 323 correlations with standard error 1/√n: the largest of them stays below 4.5, and their squares average 1.
    assert len(z) == 17 * 16 // 2 + 17 * 11
    assert np.abs(z).max() < 4.5
    assert np.mean(np.square(z)) == pytest.approx(1, abs=0.35)


def test_the_same_pairs_are_correlated_in_the_sample(instrument: Instrument) -> None:
    """What the test above looks at tells a true effect from none."""
    sample = world_of("sample", instrument)
    for one, two in (("exp_rw", "dafex"), ("dafex", "LRN"), ("LRN", "AMC"), ("AMC", "SUC"), ("RA", "RF"), ("RF", "SR"),
                     ("AMC", "RA"), ("TU", "INN"), ("LRN", "fmpr"), ("SUC", "ocmet"), ("TMC", "dafex")):
        r = np.corrcoef(sample.value(one, "informant"), sample.value(two, "informant"))[0, 1]
        assert abs(r) * np.sqrt(FIRMS) > 10, (one, two)


def test_no_variable_of_the_theory_names_another_as_its_cause() -> None:
    population = load_population(DATA / "none")
    theirs = {"size", "activity"}  # how large a firm is and how much it does in alliances: no claim of the theory
    for name, variable in population.variables.items():
        assert set(getattr(variable, "causes", {})) <= theirs, name


def test_facts_keep_their_means_where_nothing_is_true(none: World, firms: World) -> None:
    """Means of the two populations, as many standard errors apart as chance and rounding to two digits allow."""
    for name in (*FACTS, "fsize", "exp_rw", "nall", "tmco"):
        here, there = none.value(name, "firm"), firms.value(name, "firm")
        error = np.sqrt(here.var() / len(here) + there.var() / len(there))
        assert abs(here.mean() - there.mean()) < 4 * error + 0.02 * there.mean(), name
        if name in ("fmpr", "fmcm", "reviewed"):
            assert here.std() == pytest.approx(there.std(), rel=0.1)


def test_constructs_keep_a_standard_deviation_of_about_one(none: World, rival: World) -> None:
    for world in (none, rival):
        for name in ("LRN", "AMC", "SUC", "TMC"):
            assert world.value(name, "firm").std() == pytest.approx(1, abs=0.03)


def test_every_true_value_is_exactly_zero_where_nothing_is_true(truths: dict[str, dict[str, TrueValue]]) -> None:
    assert set(truths["none"]) >= {"a1", "a2", "b", "g", "serial_success", "total_capability"}
    assert all(value.value == value.standardised == value.monte_carlo_se == 0 for value in truths["none"].values())


# -- both ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("study", ["rival", "none"])
def test_what_is_no_claim_stays_as_in_the_sample(study: str, population: Population) -> None:
    other = load_population(DATA / study)
    for section in set(Population.model_fields) - {"variables", "truth", "answering"}:
        assert getattr(other, section) == getattr(population, section)
    # The sample has one item that reads differently in Spanish; the rival worlds are about other things.
    assert population.answering.language_shift
    assert other.answering == population.answering.model_copy(update={"language_shift": {}})
    new = set(other.variables) - set(population.variables)
    assert set(population.variables) <= set(other.variables)
    assert new == ({"exp_x_daf", "exp_x_learning"} if study == "rival" else set())


@pytest.mark.parametrize("study", ["rival", "none"])
def test_the_plan_is_synthetic_and_asks_what_the_sample_asks(study: str, instrument: Instrument) -> None:
    plan, sample = load_plan(DATA / study), load_plan(SAMPLE)
    assert plan.synthetic
    assert (plan.instrument, plan.languages, plan.forms) == (sample.instrument, sample.languages, sample.forms)
    check_population(load_population(DATA / study), instrument, plan.optional_blocks)
    assert not list((DATA / study).glob("*.csv"))


@pytest.mark.parametrize("study", ["rival", "none"])
def test_a_rehearsal_writes_the_population_whole(study: str, tmp_path: Path) -> None:
    """truth.json says everything that was true, without the base at hand."""
    here = tmp_path / "here"
    here.mkdir()
    for name in ("study.yaml", "population.yaml"):
        text = (DATA / study / name).read_text(encoding="utf-8").replace("../sample", str(SAMPLE))
        text = re.sub(r"seed: (\d)(}?)$", r"firms: 1000\2", text, flags=re.MULTILINE)
        (here / name).write_text(text, encoding="utf-8")
    written = rehearse(here, n=30, seed=1, out=tmp_path / "out")
    assert {path.name for path in written.files} == {
        "firm.csv", "firm_labels.csv", "alliance.csv", "alliance_labels.csv", "truth.json", "study.yaml"}
    truth = json.loads((tmp_path / "out" / "truth.json").read_text(encoding="utf-8"))
    assert truth["population"] == load_population(here).model_dump(mode="json")
    assert truth["population"]["truth"]["firms"] == 1000
    assert "base" not in truth["population"]
    assert load_plan(tmp_path / "out") == load_plan(DATA / study)
