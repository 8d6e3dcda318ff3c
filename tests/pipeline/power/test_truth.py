"""The true values are what least squares finds in scores and items, without any model being fitted."""

from __future__ import annotations

import numpy as np
import pytest
from simulated import item, least_squares

from instrument.errors import InputError
from instrument.model import Instrument
from pipeline.models import MEDIATION
from pipeline.power.population import Population, Regression
from pipeline.power.streams import Streams
from pipeline.power.truth import TrueValue, differences_in_words, true_differences, true_values
from pipeline.power.world import World, firms_only


@pytest.fixture(scope="module")
def truth(population: Population, instrument: Instrument) -> dict[str, TrueValue]:
    fewer = population.truth.model_copy(update={"firms": 60_000})
    return true_values(population.model_copy(update={"truth": fewer}), instrument)


@pytest.fixture(scope="module")
def slopes(population: Population, instrument: Instrument) -> dict[str, dict[str, tuple[float, float]]]:
    """Slope and standard error of function and experience on each link's observed outcome, in other firms."""
    world = World(population, instrument, firms_only(60_000), Streams(4), ("SUC", "LRN", "AMC"))
    regressors = {name: world.value(name, "firm") for name in ("exp_rw", *population.truth.covariates)}
    function = world.value("dafex", "firm")
    outcomes = {"lrar": world.score("lrar", "F"), "amse": world.score("amse", "F"),
                "sufl1": world.item(item(instrument, "sufl1"), "F").astype(float)}
    found = {}
    for marker, outcome in outcomes.items():
        estimates, errors = least_squares(outcome, function, *regressors.values())
        found[marker] = {name: (estimates[k], errors[k]) for k, name in enumerate(("dafex", "exp_rw"))}
    estimates, errors = least_squares(function, *regressors.values())
    found["dafex"] = {"exp_rw": (estimates[0], errors[0])}
    return found


def test_least_squares_on_markers_gives_the_true_reduced_form(
    truth: dict[str, TrueValue], slopes: dict[str, dict[str, tuple[float, float]]]
) -> None:
    """What reaches a marker from the function and from experience is a sum of products of the true paths."""
    t = {name: value.value for name, value in truth.items()}
    expected = {"dafex": {"exp_rw": t["a1"]}, "lrar": {"dafex": t["a2"], "exp_rw": t["d"]}}
    expected["amse"] = {"dafex": t["c2"] + t["b"] * t["a2"], "exp_rw": t["c1"] + t["b"] * t["d"]}
    expected["sufl1"] = {
        "dafex": t["h2"] + t["h3"] * t["a2"] + t["g"] * expected["amse"]["dafex"],
        "exp_rw": t["h1"] + t["h3"] * t["d"] + t["g"] * expected["amse"]["exp_rw"],
    }
    for outcome, causes in expected.items():
        for cause, true in causes.items():
            estimate, error = slopes[outcome][cause]
            assert abs(estimate - true) < 4 * error + 0.01 * abs(true), (outcome, cause)


def test_effects_are_products_of_their_paths(truth: dict[str, TrueValue]) -> None:
    t = {name: value.value for name, value in truth.items()}
    assert t["serial_success"] == pytest.approx(t["a1"] * t["a2"] * t["b"] * t["g"], rel=0.01)
    parts = t["c1"] + t["function_only"] + t["learning_only"] + t["serial_capability"]
    assert t["total_capability"] == pytest.approx(parts)


def test_standardised_values_do_not_depend_on_the_marker(population: Population, instrument: Instrument) -> None:
    small = population.truth.model_copy(update={"firms": 20_000})
    other = small.model_copy(update={"markers": {"LRN": "lrsh", "AMC": "amgo", "SUC": "sufl2"}})
    one, two = (true_values(population.model_copy(update={"truth": t}), instrument) for t in (small, other))
    assert one["b"].value != pytest.approx(two["b"].value, rel=0.005)
    assert all(one[name].standardised == pytest.approx(two[name].standardised) for name in one)


def test_monte_carlo_errors_are_small_beside_the_effects(truth: dict[str, TrueValue]) -> None:
    for name in ("serial_learning", "serial_capability", "serial_success"):
        assert 0 < truth[name].monte_carlo_se < 0.03 * truth[name].value


def test_every_effect_of_the_tested_model_has_a_true_value(population: Population) -> None:
    defined = [line.split(":=")[0].strip() for line in MEDIATION.syntax.splitlines() if ":=" in line]
    assert set(defined) == set(population.truth.effects)
    assert all(f"{label}*" in MEDIATION.syntax for label in population.truth.paths)


def test_a_cause_that_the_model_leaves_out_is_no_truth(population: Population, instrument: Instrument) -> None:
    fewer = population.truth.model_copy(update={"covariates": ("lnsize", "firmage", "ind_tech", "ind_serv")})
    with pytest.raises(InputError, match="lacks tmco"):
        true_values(population.model_copy(update={"truth": fewer}), instrument)


def test_a_path_to_an_unknown_variable_is_bad_input(population: Population, instrument: Instrument) -> None:
    wrong = population.truth.model_copy(update={"paths": {"a1": Regression(outcome="LRM", cause="exp_rw")}})
    with pytest.raises(InputError, match="LRM is none"):
        true_values(population.model_copy(update={"truth": wrong}), instrument)


def test_chunks_are_different_firms(population: Population, instrument: Instrument) -> None:
    one, two = (World(population, instrument, firms_only(50), Streams(1, chunk), ("size",)) for chunk in (0, 1))
    assert not np.intersect1d(one.value("size", "firm"), two.value("size", "firm")).size


# -- what differs by language -------------------------------------------------------------------------


def shifted(population: Population, **by_language: dict[str, float]) -> Population:
    return population.model_copy(update={
        "answering": population.answering.model_copy(update={"language_shift": by_language})})


def test_one_item_of_the_sample_truly_differs_by_language(population: Population, instrument: Instrument) -> None:
    found = true_differences(population, [instrument])
    assert found == {"es": {"lrco2": 0.5}}
    sentence, = differences_in_words(found)
    assert sentence.startswith("lrco2 is easier to agree with in es: ")
    assert "0.5 higher" in sentence


def test_what_nobody_reads_in_a_language_differs_in_none(population: Population, instrument: Instrument) -> None:
    base_language = Instrument.model_validate(instrument.model_dump() | {"translations": ()})
    assert base_language.languages == ("en",)
    assert true_differences(population, [base_language]) == {}
    # One version with the language is enough; an optional item must have been asked.
    assert true_differences(population, [base_language, instrument]) == {"es": {"lrco2": 0.5}}
    other = shifted(population, es={"pocm1": -0.3, "mk1": 0.0, "nothing": 1.0}, nl={"lrco2": 0.5})
    assert true_differences(other, [instrument]) == {}
    found = true_differences(other, [instrument], ["optpor"])
    assert found == {"es": {"pocm1": -0.3}}
    assert "pocm1 is harder to agree with in es" in differences_in_words(found)[0]
    assert "0.3 lower" in differences_in_words(found)[0]


def test_a_marker_may_differ_by_language(population: Population, instrument: Instrument) -> None:
    markers = population.truth.markers | {"LRN": "lrco2"}
    small = population.truth.model_copy(update={"firms": 20_000, "markers": markers})
    asked = population.model_copy(update={"truth": small})
    moved, plain = (true_values(p, instrument) for p in (asked, shifted(asked)))
    # What the firms do is the same; near the top of the scale the shifted answer follows learning less.
    assert moved["b"].standardised == plain["b"].standardised
    assert moved["a2"].value != plain["a2"].value
    assert moved["a2"].value == pytest.approx(plain["a2"].value, rel=0.1)
