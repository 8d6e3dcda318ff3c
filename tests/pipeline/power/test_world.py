"""What is simulated has the structure that the population states."""

from __future__ import annotations

import numpy as np
import pytest
from simulated import item, least_squares

from instrument.errors import InputError
from instrument.model import Instrument
from pipeline.data.scoring import experience
from pipeline.power.kinds import Normal, Product, Shared
from pipeline.power.population import Population
from pipeline.power.streams import Streams
from pipeline.power.world import Sampling, World, firms_only, single_item_reliability


@pytest.mark.parametrize("outcome", ["LRN", "AMC", "SUC"])
def test_least_squares_recovers_the_structural_coefficients(firms: World, outcome: str) -> None:
    causes = firms.population.variables[outcome].causes  # type: ignore[union-attr]
    slopes, errors = least_squares(firms.value(outcome, "firm"), *(firms.value(c, "firm") for c in causes))
    assert np.abs((slopes - np.array(list(causes.values()))) / errors).max() < 4


def test_it_is_the_presence_of_the_function_that_acts_not_the_propensity(firms: World) -> None:
    present = firms.value("dafex", "firm")
    assert set(np.unique(present)) == {0.0, 1.0}
    assert 0.48 < present.mean() < 0.57
    # Given its presence, what made it likely has no more to say about learning than it says directly.
    causes = firms.population.variables["LRN"].causes  # type: ignore[union-attr]
    left = firms.value("LRN", "firm") - firms.linear(causes, "firm")
    assert abs(np.corrcoef(left, present)[0, 1]) < 4 / np.sqrt(len(left))


def test_experience_is_scored_as_the_pipeline_scores_it(firms: World) -> None:
    kinds, bands = ("xjv", "xeq", "xco"), (1, 2, 3, 4)
    counts = np.column_stack([sum(firms.value(f"{k}{b}", "firm") for k in kinds) for b in bands])
    np.testing.assert_allclose(firms.value("exp_rw", "firm"), experience(counts, 0.9), atol=1e-12)


def test_alliances_with_a_repeat_partner_are_among_those_formed(firms: World) -> None:
    for band in "1234":
        formed = sum(firms.value(f"{k}{band}", "firm") for k in ("xjv", "xeq", "xco"))
        assert (firms.value(f"xrp{band}", "firm") <= formed).all()
        assert (firms.value(f"xrp{band}", "firm") > 0).any()


def test_counts_have_a_long_tail(firms: World) -> None:
    counts = firms.value("xco1", "firm")
    assert counts.var() > 2 * counts.mean()
    assert counts.max() > 10 * np.median(counts)


def test_a_product_is_of_factors_less_their_stated_means(population: Population, instrument: Instrument) -> None:
    product = Product(kind="product", of=("size", "exp_rw", "size"), means=(0.0, 2.0, -0.5))
    more = population.model_copy(update={"variables": {**population.variables, "product": product}})
    world = World(more, instrument, firms_only(500), Streams(1), ("product",))
    size, experienced = world.value("size", "firm"), world.value("exp_rw", "firm")
    np.testing.assert_allclose(world.value("product", "firm"), size * (experienced - 2) * (size + 0.5), rtol=1e-12)


def test_a_product_is_no_business_of_other_firms(population: Population, instrument: Instrument) -> None:
    """One firm's product is a function of its own factors, whoever else is drawn: no sample mean goes in."""
    product = Product(kind="product", of=("size", "TU"), means=(0.0, 0.0))
    more = population.model_copy(update={"variables": {**population.variables, "product": product}})
    few, many = (World(more, instrument, firms_only(n), Streams(1), ("product",)) for n in (10, 1000))
    assert (few.value("product", "firm") == many.value("product", "firm")[:10]).all()


def test_a_product_of_firm_and_alliance_pairs_each_alliance_with_its_own_firm(
    population: Population, instrument: Instrument
) -> None:
    deal = Normal(kind="normal", level="alliance")
    product = Product(kind="product", level="alliance", of=("size", "deal"), means=(0.0, 0.0))
    more = population.model_copy(update={"variables": {**population.variables, "deal": deal, "product": product}})
    sampling = Sampling(3, np.array([0, 0, 2]), np.array([0, 1, 1, 2]))
    world = World(more, instrument, sampling, Streams(1), ("product",))
    size, deals = world.value("size", "firm"), world.value("deal", "alliance")
    np.testing.assert_allclose(world.value("product", "alliance"), [size[0] * deals[0], size[0] * deals[1],
                                                                    size[2] * deals[2]])


def test_items_lean_towards_agreement(firms: World, instrument: Instrument) -> None:
    for dimension in ("lrar", "amgo", "sufl"):
        keyed = firms.score(dimension, "F")
        centred = keyed - keyed.mean()
        assert (centred**3).mean() / centred.std() ** 3 < -0.25
        assert keyed.mean() > 4


def test_reversed_items_correlate_negatively_before_keying_and_positively_after(
    firms: World, instrument: Instrument
) -> None:
    straight, turned = firms.item(item(instrument, "lrar1"), "F"), firms.item(item(instrument, "lrar4"), "F")
    assert item(instrument, "lrar4").reversed
    assert np.corrcoef(straight, turned)[0, 1] < -0.4
    assert np.corrcoef(straight, 8 - turned)[0, 1] > 0.4


def test_reliability_is_near_what_is_stated(firms: World, instrument: Instrument) -> None:
    for dimension in ("lrar", "lrco", "amse", "amex", "sufl"):
        items = instrument.items(dimension, "F")
        X = np.column_stack([8 - firms.item(i, "F") if i.reversed else firms.item(i, "F") for i in items])
        covariance, k = np.cov(X.T), len(items)
        alpha = k / (k - 1) * (1 - np.trace(covariance) / covariance.sum())
        stated = firms.population.dimensions[dimension].reliability
        assert stated - 0.05 < alpha < stated  # rounding to scale points costs a little


def test_spearman_brown_forwards_undoes_single_item_reliability() -> None:
    r = single_item_reliability(0.84, 4)
    assert 4 * r / (1 + 3 * r) == pytest.approx(0.84)


@pytest.mark.parametrize("change", [0.4, -0.9])
def test_a_loading_that_no_item_can_have_is_refused_with_dimension_and_item(
    population: Population, instrument: Instrument, change: float
) -> None:
    answering = population.answering.model_copy(update={"item_loading": (0.0, change)})
    world = World(population.model_copy(update={"answering": answering}), instrument, firms_only(5), Streams(1),
                  wanted=())
    assert len(world.item(item(instrument, "mk1"), "F")) == 5
    with pytest.raises(InputError, match="POPULATION-LOADING") as caught:
        world.item(item(instrument, "mk2"), "F")
    assert "dimensions.mk.reliability, item mk2" in caught.value.findings[0].place


def test_what_firm_and_alliance_share_in_full_leaves_informants_alike(
    population: Population, instrument: Instrument
) -> None:
    two_informants = Sampling(1, np.array([0]), np.array([0, 0]))
    world = World(population, instrument, two_informants, Streams(1), wanted=())
    first, second = world.disturbance("any", "informant", Shared(firm=0.9, alliance=0.1))
    assert first == second


def test_the_marker_is_unrelated(firms: World) -> None:
    assert abs(np.corrcoef(firms.score("mk", "F"), firms.value("LRN", "firm"))[0, 1]) < 4 / np.sqrt(20_000)


def test_alliances_of_a_firm_and_informants_of_an_alliance_resemble_each_other(
    population: Population, instrument: Instrument
) -> None:
    firm_of_alliance = np.repeat(np.arange(4000), 2)
    sampling = Sampling(4000, firm_of_alliance, np.repeat(np.arange(8000), 2))
    world = World(population, instrument, sampling, Streams(8), ("EF",))
    left = world.disturbance("variable.EF", "informant").reshape(4000, 2, 2)
    same_alliance = np.corrcoef(left[:, 0, 0], left[:, 0, 1])[0, 1]
    same_firm = np.corrcoef(left[:, 0, 0], left[:, 1, 1])[0, 1]
    assert same_firm == pytest.approx(population.shared.firm, abs=0.05)
    assert same_alliance == pytest.approx(population.shared.firm + population.shared.alliance, abs=0.05)
    assert left.std() == pytest.approx(1, abs=0.03)


def test_one_more_variable_leaves_the_draws_of_the_others_as_they_were(
    population: Population, instrument: Instrument
) -> None:
    variables = {"new": population.variables["size"], **population.variables}
    more = population.model_copy(update={"variables": variables})
    a = World(population, instrument, firms_only(100), Streams(1))
    b = World(more, instrument, firms_only(100), Streams(1))
    assert (a.value("LRN", "firm") == b.value("LRN", "firm")).all()
    assert (a.value("size", "firm") != b.value("new", "firm")).all()


def test_an_item_can_be_made_easier_in_one_language(population: Population, instrument: Instrument) -> None:
    shifted = population.model_copy(update={
        "answering": population.answering.model_copy(update={"language_shift": {"es": {"mk2": 0.5}}}),
    })
    plain, moved = (World(p, instrument, firms_only(3000), Streams(2)) for p in (population, shifted))
    spanish = plain.answer("language", "F") == "es"
    before, after = (w.item(item(instrument, "mk2"), "F") for w in (plain, moved))
    assert (after[~spanish] == before[~spanish]).all()
    assert 0.3 < (after[spanish] - before[spanish]).mean() < 1.0
    assert (plain.item(item(instrument, "lrco1"), "F") == moved.item(item(instrument, "lrco1"), "F")).all()
