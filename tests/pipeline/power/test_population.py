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
from pipeline.power.population import Population, load_population


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
