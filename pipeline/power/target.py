"""What a power study tests: a model, one product effect in it, and where the population has its variables and paths."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from instrument.errors import Finding, InputError
from instrument.model import Instrument, Item
from pipeline.models import MODELS
from pipeline.power.kinds import Score
from pipeline.power.population import Population, Regression
from pipeline.sem.definitions import product_of_labels
from pipeline.sem.estimate import Options, table_of
from pipeline.sem.syntax import parse_model
from pipeline.sem.table import ParameterTable, Row, parameter_table

FORM = "F"
"""Models of the firm are simulated; what managers of single alliances say is not."""

NAMES = {"daf": "dafex"}
"""Variables that a score renames: name in the models, name in the population. All others keep theirs."""

_ROBUST = Options(estimator="mlr", missing="fiml")


@dataclass(frozen=True, slots=True)
class Column:
    """Where an observed variable of the model comes from.

    Attributes
    ----------
    kind
        ``variable``: a variable of the population; ``item``: answers to an item, keyed; ``score``: mean of a
        dimension's items.
    source
        The variable, item or dimension.
    answered
        Whether it is an answer on a scale, which can be careless: an item, a score, or an indicator of a factor.
    """

    name: str
    kind: Literal["variable", "item", "score"]
    source: str
    answered: bool


@dataclass(frozen=True)
class Target:
    """A model and the effect whose power is asked for.

    Attributes
    ----------
    labels
        Labels whose product the effect is, nested definitions written out; one may come twice.
    paths
        (labels) each path in the population: which variable depends on which. None where the population has none.
    """

    model: str
    syntax: str
    options: Options
    effect: str
    labels: tuple[str, ...]
    paths: tuple[Regression | None, ...]
    columns: tuple[Column, ...]

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(column.name for column in self.columns)

    def options_for(self, *, gaps: bool) -> Options:
        """As the model is estimated; without gaps full information and listwise deletion are the same, and the latter
        needs moments only."""
        if gaps or self.options.missing == "listwise":
            return self.options
        return replace(self.options, missing="listwise", meanstructure=True)

    def table(self, options: Options) -> ParameterTable:
        return table_of(self.syntax, self.names, options, name=self.model)


def target(model: str, effect: str, study: Path, population: Population, instrument: Instrument) -> Target:
    """Find model, effect, variables and paths.

    Raises
    ------
    InputError
        ``POWER-MODEL``, ``POWER-EFFECT``, ``POWER-PRODUCT``, ``POWER-VARIABLE``, and ``MODEL-…`` for a model's text.
    """
    text, options = _model(model, study)
    table = parameter_table(parse_model(text, model))
    labels = _labels(model, text, effect, table)
    indicators = {row.rhs for row in table.rows if row.op == "=~"}
    found = [_column(name, population, instrument, name in indicators) for name in table.observed]
    columns = tuple(column for column in found if column is not None)
    if len(columns) < len(found):
        raise InputError(
            Finding("POWER-VARIABLE", f"{study / 'population.yaml'}, key variables.{name}",
                    f"Every variable of the model must exist in the population; {model} uses {name}, and it has none.",
                    "Add the variable, or correct its name in the model.")
            for name, column in zip(table.observed, found, strict=True) if column is None)
    paths = tuple(_path(label, table, population) for label in labels)
    return Target(model, text, options, effect, labels, paths, columns)


def scaled(population: Population, paths: tuple[Regression | None, ...], labels: tuple[str, ...], multiple: float,
           ) -> Population:
    """The population with the coefficients of these paths multiplied, each once.

    Raises
    ------
    InputError
        ``POWER-PATH`` where a path is no coefficient of the population.
    """
    if multiple == 1.0:
        return population
    variables = dict(population.variables)
    findings = []
    for (outcome, cause), label in {_ends(p): label for p, label in zip(paths, labels, strict=True)}.items():
        variable = variables.get(outcome)
        causes = dict(getattr(variable, "causes", {}))
        if variable is None or cause not in causes:
            findings.append(Finding(
                "POWER-PATH", f"population.yaml, key variables.{outcome or label}",
                f"To multiply an effect, each of its paths must be a coefficient of the population; {label} is none"
                f"{f' ({cause} is no cause of {outcome})' if outcome else ''}.",
                "Name the path in truth.paths, or simulate the population's own effect only (--effects 1)."))
            continue
        causes[cause] *= multiple
        variables[outcome] = variable.model_copy(update={"causes": causes})
    if findings:
        raise InputError(findings)
    return population.model_copy(update={"variables": variables})


def signs(population: Population, paths: tuple[Regression | None, ...]) -> tuple[int, ...]:
    """The sign each path has in the population; 0 where it has none, so that either will do."""
    found = []
    for outcome, cause in map(_ends, paths):
        coefficient = getattr(population.variables.get(outcome), "causes", {}).get(cause, 0.0)
        found.append(int(coefficient > 0) - int(coefficient < 0))
    return tuple(found)


def _ends(path: Regression | None) -> tuple[str, str]:
    return ("", "") if path is None else (path.outcome, path.cause)


def _model(model: str, study: Path) -> tuple[str, Options]:
    spec = next((m for m in MODELS if m.id == model), None)
    if spec is not None:
        why = ("its rows are alliances" if spec.level != "firm" else "it holds products of indicators" if spec.products
               else "it is of some firms only" if spec.only else "")
        if why:
            raise InputError(Finding(
                "POWER-MODEL", f"--model {model}",
                f"Power is simulated for models of all firms; {model} is none: {why}.",
                "Choose M1, or write the model to a file of variables that the population has."))
        return spec.syntax, spec.options
    path = next((p for p in (study / model, Path(model)) if p.is_file()), None)
    if path is None:
        raise InputError(Finding(
            "POWER-MODEL", f"--model {model}", "The model must be one of the program's or a file; this is neither.",
            f"Choose one of {', '.join(m.id for m in MODELS if m.level == 'firm')}, or name a file, seen from the "
            "study's folder."))
    try:
        return path.read_text(encoding="utf-8"), _ROBUST
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(Finding("POWER-MODEL", str(path), "A model is a text in UTF-8; this file cannot be read as "
                                 "one.", "Save it as UTF-8.")) from error


def _labels(model: str, text: str, effect: str, table: ParameterTable) -> tuple[str, ...]:
    definitions = {d.name: d for d in table.definitions}
    if effect not in definitions:
        raise InputError(Finding(
            "POWER-EFFECT", f"--effect {effect}", f"The effect must be defined in the model with :=; {model} "
            f"defines no {effect}.", f"Choose one of: {', '.join(definitions) or 'none is defined'}."))
    labels = product_of_labels(table.definitions, effect)
    first = _first_rows(table)
    fixed = [label for label in labels or () if label not in first or not first[label].free]
    if labels is None or fixed or any(first[label].op != "~" for label in labels):
        possible = [name for name in definitions if product_of_labels(table.definitions, name)]
        raise InputError(Finding(
            "POWER-PRODUCT", f"--effect {effect}",
            f"Power is asked for a product of estimated, labelled regressions; {effect} := "
            f"{definitions[effect].expression.text} is none{': ' + ', '.join(fixed) + ' is fixed' if fixed else ''}.",
            f"Effects that are products: {', '.join(possible) or 'none'}."))
    return labels


def _first_rows(table: ParameterTable) -> dict[str, Row]:
    return {row.label: row for row in reversed(table.rows) if row.label}


def _column(name: str, population: Population, instrument: Instrument, indicator: bool) -> Column | None:
    source = _in_population(name, population)
    if source is not None:
        variable = population.variables[source]
        if isinstance(variable, Score):
            return Column(name, "score", variable.dimension, True)
        return Column(name, "variable", source, indicator) if variable.level == "firm" else None
    measured = [d for d in population.dimensions if d in instrument.dimensions and instrument.items(d, FORM)]
    if name in measured:
        return Column(name, "score", name, True)
    known = any(item.id == name for item in items(instrument, measured))
    return Column(name, "item", name, True) if known else None


def items(instrument: Instrument, dimensions: list[str]) -> Iterator[Item]:
    """Items of these dimensions in the firm's form."""
    return (item for dimension in dimensions for item in instrument.items(dimension, FORM))


def _path(label: str, table: ParameterTable, population: Population) -> Regression | None:
    """Where the population has a path: as ``truth.paths`` says, else between variables of the model's names."""
    if label in population.truth.paths:
        return population.truth.paths[label]
    row = _first_rows(table)[label]
    outcome, cause = (_in_population(name, population) for name in (row.lhs, row.rhs))
    return None if outcome is None or cause is None else Regression(outcome=outcome, cause=cause)


def _in_population(name: str, population: Population) -> str | None:
    """The population's name of a variable of the model."""
    return next((n for n in (name, NAMES.get(name)) if n in population.variables), None)
