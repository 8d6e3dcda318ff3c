"""The population's file: read whole, and every slip reported with its place."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from simulated import SAMPLE

from instrument.errors import InputError
from instrument.model import Instrument
from pipeline.power.answers import check_population
from pipeline.power.kinds import Normal
from pipeline.power.population import Population, load_population
from pipeline.power.rehearsal import rehearse, simulate
from pipeline.power.streams import Streams
from pipeline.power.world import World, firms_only
from pipeline.study import load_plan


def written(tmp_path: Path, change: Any) -> Path:
    content = yaml.safe_load((SAMPLE / "population.yaml").read_text(encoding="utf-8"))
    change(content)
    (tmp_path / "population.yaml").write_text(yaml.safe_dump(content, sort_keys=False), encoding="utf-8")
    return tmp_path


def findings(folder: Path) -> str:
    with pytest.raises(InputError) as caught:
        load_population(folder)
    return str(caught.value)


def test_a_folder_without_a_population_is_told_so(tmp_path: Path) -> None:
    assert "POPULATION-MISSING" in findings(tmp_path)


@pytest.mark.parametrize("twice", [
    "size: {kind: normal}\n  size: {kind: normal, sd: 2}", "size: {kind: normal, kind: log}", "a: 1\n  a: 2\n  a: 3",
])
def test_a_key_that_stands_again_is_refused_with_its_line(tmp_path: Path, twice: str) -> None:
    (tmp_path / "population.yaml").write_text(f"year: 2026\nvariables:\n  {twice}\n", encoding="utf-8")
    again = range(4, 4 + twice.count("\n")) if "\n" in twice else [3]
    with pytest.raises(InputError, match="POPULATION-YAML") as caught:
        load_population(tmp_path)
    places = [finding.place.rpartition(", ")[2] for finding in caught.value.findings]
    assert places == [f"line {line}" for line in again]
    assert all("first in line 3" in finding.rule for finding in caught.value.findings)


def test_a_plan_is_read_as_strictly_as_a_population(tmp_path: Path) -> None:
    plan = (SAMPLE / "study.yaml").read_text(encoding="utf-8")
    (tmp_path / "study.yaml").write_text(f"{plan}\nseed: 1\n", encoding="utf-8")
    with pytest.raises(InputError, match="STUDY-YAML") as caught:
        load_plan(tmp_path)
    assert "`seed` stands here a second time" in caught.value.findings[0].rule


def test_a_mapping_may_restate_a_key_that_it_merges_in(tmp_path: Path) -> None:
    (tmp_path / "population.yaml").write_text(
        "year: 2026\nvariables:\n  one: &one {kind: normal, sd: 2}\n  two: {<<: *one, sd: 3}\n", encoding="utf-8")
    assert [v.sd for v in load_population(tmp_path).variables.values()] == [2, 3]  # type: ignore[union-attr]


@pytest.mark.parametrize("text", ["variables: [", "year: 2026-02-30\n", "a: b: c\n"])
def test_what_is_no_yaml_is_told_in_words(tmp_path: Path, text: str) -> None:
    (tmp_path / "population.yaml").write_text(text, encoding="utf-8")
    assert "population.yaml must be YAML" in findings(tmp_path)


def test_broken_yaml_is_bad_input(tmp_path: Path) -> None:
    (tmp_path / "population.yaml").write_text("variables: [", encoding="utf-8")
    assert "POPULATION-YAML" in findings(tmp_path)


def test_every_broken_key_is_reported_at_once(tmp_path: Path) -> None:
    def change(content: dict[str, Any]) -> None:
        content["variables"]["size"]["sd"] = -1
        content["variables"]["aform"]["shares"] = {1: 0.5, 2: 0.4}
        content["missingness"]["respondents"] = 2

    text = findings(written(tmp_path, change))
    assert "variables.size" in text
    assert "variables.aform" in text
    assert "missingness.respondents" in text


def test_a_cause_must_stand_above_its_effect(tmp_path: Path) -> None:
    text = findings(written(tmp_path, lambda c: c["variables"]["size"].update(causes={"LRN": 0.2})))
    assert "variables.size names LRN, which is not a variable above it" in text


def test_a_firm_cannot_depend_on_one_of_its_alliances(tmp_path: Path) -> None:
    def change(content: dict[str, Any]) -> None:
        content["variables"]["later"] = {"kind": "normal", "causes": {"RA": 0.3}}

    assert "cannot depend on RA" in findings(written(tmp_path, change))


def test_shares_must_sum_to_one(tmp_path: Path) -> None:
    text = findings(written(tmp_path, lambda c: c["participation"].update(alliances={1: 0.5, 2: 0.2})))
    assert "these sum to 0.7" in text


def test_what_the_instrument_asks_must_have_a_source(population: Population, instrument: Instrument) -> None:
    variables = {name: v for name, v in population.variables.items() if name != "anpar"}
    dimensions = {name: d for name, d in population.dimensions.items() if name != "efst"}
    lacking = population.model_copy(update={"variables": variables, "dimensions": dimensions})
    with pytest.raises(InputError) as caught:
        check_population(lacking, instrument, ())
    assert {f.place for f in caught.value.findings} == {
        "population.yaml, key variables.anpar", "population.yaml, key dimensions.efst",
    }


def test_optional_blocks_need_a_source_only_where_they_are_switched_on(
    population: Population, instrument: Instrument
) -> None:
    check_population(population, instrument, ())
    with pytest.raises(InputError, match=r"dimensions\.pfcp"):
        check_population(population, instrument, ("optfit",))


def test_ancestors_are_all_that_a_variable_is_made_from_in_causal_order(population: Population) -> None:
    ancestors = population.ancestors(("tmco", "ind_tech"))
    assert ancestors == ("size", "indus", "ind_tech", "TMC", "tmco")


# -- a base -------------------------------------------------------------------------------------------

PLANNING = """\
year: 2026
variables:
  size: {kind: normal}
  one: {kind: normal, causes: {size: 0.3}, sd: 0.9}
  two: {kind: normal, causes: {one: 0.4, size: 0.1}}
  code: {kind: category, shares: {1: 0.6, 2: 0.4}}
  years: {kind: experience, bands: [[size], [one]], ages: [1, 4], decay: 0.9}
"""


def derived(tmp_path: Path, text: str, base: str = PLANNING) -> Path:
    """A folder whose population rests on one in the folder beside it."""
    for folder, content in (("base", base), ("own", f"base: ../base/population.yaml\n{text}")):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "population.yaml").write_text(content, encoding="utf-8")
    return tmp_path / "own"


def test_what_is_not_stated_is_the_bases(tmp_path: Path) -> None:
    own = load_population(derived(tmp_path, "year: 2030\n"))
    assert own == load_population(tmp_path / "base").model_copy(update={"year": 2030})


def test_mappings_are_merged_and_lists_replaced(tmp_path: Path) -> None:
    own = load_population(derived(tmp_path, "variables: {two: {causes: {one: 0.5}}, years: {bands: [[size], [two]]}}"))
    assert own.variables["two"].causes == {"one": 0.5, "size": 0.1}  # type: ignore[union-attr]
    assert own.variables["years"].bands == (("size",), ("two",))  # type: ignore[union-attr]
    assert own.variables["years"].ages == (1, 4)  # type: ignore[union-attr]


def test_null_takes_out_a_cause_all_causes_or_a_variable(tmp_path: Path) -> None:
    text = "variables: {one: {causes: null}, two: {causes: {size: null}}, code: null}"
    own = load_population(derived(tmp_path, text))
    assert own.variables["one"].causes == {}  # type: ignore[union-attr]
    assert own.variables["one"].sd == 0.9  # type: ignore[union-attr]
    assert own.variables["two"].causes == {"one": 0.4}  # type: ignore[union-attr]
    assert list(own.variables) == ["size", "one", "two", "years"]


def test_a_variable_that_states_its_kind_keeps_nothing_of_the_bases(tmp_path: Path) -> None:
    own = load_population(derived(tmp_path, "variables: {one: {kind: normal, intercept: 2}}"))
    assert own.variables["one"] == Normal(kind="normal", intercept=2)


def test_new_variables_stand_before_the_ones_they_name_in_the_order_stated(tmp_path: Path) -> None:
    text = """
variables:
  later: {kind: log, of: code}
  a: {before: two, kind: normal, causes: {one: 1}}
  b: {before: two, kind: product, of: [a, one], means: [0, 0]}
  two: {causes: {b: 0.2}}
"""
    own = load_population(derived(tmp_path, text))
    assert list(own.variables) == ["size", "one", "a", "b", "two", "code", "years", "later"]


def test_a_base_may_have_a_base(tmp_path: Path) -> None:
    middle = derived(tmp_path, "variables: {one: {sd: 0.5}}")
    (tmp_path / "population.yaml").write_text("base: own/population.yaml\nvariables: {one: {intercept: 1}}\n", "utf-8")
    one = load_population(tmp_path).variables["one"]
    assert load_population(middle).variables["one"].intercept == 0  # type: ignore[union-attr]
    assert (one.sd, one.intercept, one.causes) == (0.5, 1, {"size": 0.3})  # type: ignore[union-attr]


@pytest.mark.parametrize(("text", "place", "rule"), [
    ("variables: {one: {causes: {sizes: null}}}", "key variables.one.causes.sizes", "the base has no such key"),
    ("missingness: null", "key missingness", "the base has no such key"),
    ("variables: {new: {before: nowhere, kind: normal}}", "key variables.new.before", "'nowhere' is none"),
    ("variables: {new: {before: [one], kind: normal}}", "key variables.new.before", "['one'] is none"),
    ("variables: {n: {before: one, kind: normal}, m: {before: n, kind: normal}}", "key variables.m.before",
     "'n' is none"),
    ("variables: {one: null, two: null, n: {before: one, kind: normal}}", "key variables.n.before", "'one' is none"),
])
def test_what_does_not_fit_the_base_is_told(tmp_path: Path, text: str, place: str, rule: str) -> None:
    with pytest.raises(InputError, match="POPULATION-BASE") as caught:
        load_population(derived(tmp_path, text))
    (finding,) = caught.value.findings
    assert finding.place.endswith(place)
    assert rule in finding.rule


@pytest.mark.parametrize("base", ["nowhere.yaml", "..", "7", "[a, b]"])
def test_a_base_is_a_file(tmp_path: Path, base: str) -> None:
    (tmp_path / "population.yaml").write_text(f"base: {base}\n", encoding="utf-8")
    assert "POPULATION-BASE" in findings(tmp_path)


def test_populations_do_not_rest_on_one_another_in_a_circle(tmp_path: Path) -> None:
    folder = derived(tmp_path, "", base="base: ../own/population.yaml\n")
    assert "leads round to where it began" in findings(folder)
    (folder / "population.yaml").write_text("base: population.yaml\n", encoding="utf-8")
    assert "leads round to where it began" in findings(folder)


def test_a_cause_below_its_effect_is_refused_whoever_states_it(tmp_path: Path) -> None:
    text = findings(derived(tmp_path, "variables: {new: {kind: normal}, one: {causes: {new: 1}}}"))
    assert "variables.one names new, which is not a variable above it" in text


# -- products -----------------------------------------------------------------------------------------


def test_a_product_varies_over_what_the_finest_of_its_factors_varies_over(tmp_path: Path) -> None:
    text = """
variables:
  deal: {kind: normal, level: alliance}
  view: {kind: normal, level: informant}
  firms: {kind: product, of: [size, one], means: [0, 0]}
  deals: {kind: product, of: [size, deal], means: [0, 0]}
  views: {kind: product, of: [deals, view], means: [0, 0]}
"""
    own = load_population(derived(tmp_path, text))
    assert [own.variables[name].level for name in ("firms", "deals", "views")] == ["firm", "alliance", "informant"]
    # Written down and read again, as in truth.json, it is the same population.
    written = own.model_dump(mode="json", exclude_unset=True)
    assert Population.model_validate(written).model_dump(mode="json", exclude_unset=True) == written


@pytest.mark.parametrize(("product", "said"), [
    ("{kind: product, of: [size, one], means: [0]}", "2 factors need as many means; found 1"),
    ("{kind: product, of: [size], means: [0]}", "at least 2"),
    ("{kind: product, of: [size, one]}", "means"),
    ("{kind: product, of: [size, nobody], means: [0, 0]}", "names nobody, which is not a variable above it"),
    ("{kind: product, level: alliance, of: [size, one], means: [0, 0]}", "varies over each firm, as its factors do"),
])
def test_a_product_that_is_none_is_bad_input(tmp_path: Path, product: str, said: str) -> None:
    text = findings(derived(tmp_path, f"variables: {{new: {product}}}"))
    assert "POPULATION-MODEL" in text
    assert said in text


# -- planning alone -----------------------------------------------------------------------------------


def test_variables_alone_can_be_drawn_but_nobody_can_answer(tmp_path: Path, instrument: Instrument) -> None:
    (tmp_path / "population.yaml").write_text(PLANNING.replace("  years", "  # years"), encoding="utf-8")
    (tmp_path / "study.yaml").write_bytes((SAMPLE / "study.yaml").read_bytes())
    population = load_population(tmp_path)
    assert len(World(population, instrument, firms_only(7), Streams(1)).value("two", "firm")) == 7
    lacking = {"dimensions", "answering", "participation", "fieldwork"}
    for attempt in (lambda: simulate(population, instrument, n=5, seed=1),
                    lambda: rehearse(tmp_path, n=5, seed=1, out=tmp_path / "out")):
        with pytest.raises(InputError) as caught:
            attempt()
        assert {finding.code for finding in caught.value.findings} == {"POPULATION-INCOMPLETE"}
        assert {finding.place.split()[-1] for finding in caught.value.findings} == lacking
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("section", ["dimensions", "answering", "participation", "fieldwork"])
def test_each_section_that_is_left_out_is_missed(tmp_path: Path, instrument: Instrument, section: str) -> None:
    (tmp_path / "population.yaml").write_text(f"base: {SAMPLE}/population.yaml\n{section}: null\n", encoding="utf-8")
    if section == "dimensions":  # commitment acts as the score of one
        assert "POPULATION-MODEL" in findings(tmp_path)
        return
    population = load_population(tmp_path)
    assert population.not_stated() == (section,)
    with pytest.raises(InputError, match=f"POPULATION-INCOMPLETE.*{section}"):
        simulate(population, instrument, n=5, seed=1)
