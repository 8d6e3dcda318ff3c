"""True effects on the scale on which the tested model estimates them.

Coefficients of the population are on the scale of its latent variables. The model gives each latent variable
the scale of its marker, a score or item in scale points, so a true coefficient of η₂ on η₁ becomes
``β · λ₂ / λ₁``, λ being the slope of the marker on its latent variable; observed causes have λ = 1, and a
product has the λ of its factors, multiplied. An outcome that is no linear function of its causes (the 0/1
presence of a function) has no structural coefficient: what a linear equation estimates is the least-squares
projection on its regressors.

Slopes and projections are computed in a large population without careless or missing answers, in chunks,
by least squares alone: no model is fitted, so that the truth owes nothing to the programs it tests.

A sentence that reads differently in one language is no effect but a true difference of its item between groups;
it is stated by the population, in units of the response before it is cut into scale points.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from math import prod, sqrt
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import TypeAdapter, ValidationError

from instrument.errors import Finding, InputError
from instrument.model import Instrument, Item
from pipeline.power.answers import asked_questions
from pipeline.power.kinds import Frozen, Normal, Product
from pipeline.power.population import Population, Regression
from pipeline.power.streams import Streams
from pipeline.power.world import World, firms_only, row_level
from pipeline.yaml_file import read_yaml_file

CLAIMS_FILE = "claims.yaml"

CHUNKS = 20
"""Parts in which the large population is drawn; the spread between them gives the Monte Carlo errors."""

Array = NDArray[np.float64]


class TrueClaim(Frozen):
    """What a judge who knows the population says of a claim of the ledger, and why."""

    verdict: Literal["supported", "against"]
    because: str


def true_claims(study: Path) -> dict[str, TrueClaim]:
    """What ``claims.yaml`` beside a population says of the ledger's claims; nothing if there is no such file.

    Raises
    ------
    InputError
        ``POPULATION-CLAIMS`` for a file that is no such list.
    """
    path = study / CLAIMS_FILE
    if not path.is_file():
        return {}
    try:
        return TypeAdapter(dict[str, TrueClaim]).validate_python(read_yaml_file(path, "POPULATION-CLAIMS"))
    except ValidationError as error:
        raise InputError(
            Finding("POPULATION-CLAIMS", f"{path}, {'.'.join(map(str, e['loc']))}", f"{e['msg']}.",
                    "State `verdict: supported` or `verdict: against`, and `because`.")
            for e in error.errors()) from error


@dataclass(frozen=True, slots=True)
class TrueValue:
    """A true value, its Monte Carlo standard error, and the same standardised (as lavaan's ``std.all``).

    The standardised value of a sum or product is formed from the standardised paths.
    """

    value: float
    monte_carlo_se: float
    standardised: float
    standardised_monte_carlo_se: float


def true_differences(
    population: Population, versions: Sequence[Instrument], optional_blocks: Collection[str] = ()
) -> dict[str, dict[str, float]]:
    """Items that truly differ by language: language → item → how much higher its response lies there.

    Parameters
    ----------
    versions
        In which the study is fielded. A shift of an item that no version asks in that language makes no difference.

    Returns
    -------
    dict
        In units of the continuous response that ``cuts`` turn into scale points, before a reversed item is turned; its
        standard deviation is 1 where that of its dimension is. Items not named are alike in all languages.
    """
    asked = {
        (language, question.id) for version in versions for form in version.forms
        for question in asked_questions(form, tuple(optional_blocks)) if isinstance(question, Item)
        for language in version.languages
    }
    found = {language: {item: shift for item, shift in by.items() if shift and (language, item) in asked}
             for language, by in population.answering.language_shift.items()}
    return {language: by for language, by in found.items() if by}


def differences_in_words(differences: dict[str, dict[str, float]]) -> list[str]:
    """One sentence an item and language of :func:`true_differences`."""
    return [
        f"{item} {'is easier' if shift > 0 else 'is harder'} to agree with in {language}: of two respondents alike in "
        f"what it measures, the one who answers in {language} lies {abs(shift):g} {'higher' if shift > 0 else 'lower'} "
        "on the continuous response that is cut into scale points. Its loading is the same in all languages."
        for language, by in differences.items() for item, shift in by.items()
    ]


def true_values(population: Population, instrument: Instrument) -> dict[str, TrueValue]:
    """Paths and effects named in the population's ``truth``.

    Raises
    ------
    InputError
        ``POPULATION-TRUTH`` where the tested model leaves out a cause, so that its coefficients would be
        no estimates of the population's.
    """
    _check(population, instrument)
    truth = population.truth
    if not truth.paths:
        return {}
    chunks = [
        _chunk(population, instrument, World(
            population, instrument, firms_only(truth.firms // CHUNKS), Streams(truth.seed, chunk), _drawn(population),
        ))
        for chunk in range(CHUNKS)
    ]
    return {
        name: TrueValue(
            *_mean_and_error([raw[name] for raw, _ in chunks]), *_mean_and_error([std[name] for _, std in chunks]),
        )
        for name in (*truth.paths, *truth.effects)
    }


def _check(population: Population, instrument: Instrument) -> None:
    findings = []
    form = firm_form(instrument)
    scored = {*instrument.dimensions, *(item.id for d in instrument.dimensions for item in instrument.items(d, form))}
    for latent, marker in population.truth.markers.items():
        if latent not in population.variables or marker not in scored:
            findings.append(Finding(
                "POPULATION-TRUTH", f"population.yaml, key truth.markers.{latent}",
                f"A marker is a dimension or item of form {form} that gives a variable its scale; "
                f"{latent} or {marker} is unknown.", "Correct the names.",
            ))
    firm_level = {name for name, variable in population.variables.items() if variable.level == "firm"}
    for label, path in population.truth.paths.items():
        variable = population.variables.get(path.outcome)
        causes = set(getattr(variable, "causes", ())) if isinstance(variable, Normal) else set()
        left_out = causes - set(population.truth.regressors(path.outcome))
        unknown = {path.outcome, *population.truth.regressors(path.outcome)} - firm_level
        if unknown:
            findings.append(Finding(
                "POPULATION-TRUTH", f"population.yaml, key truth.paths.{label}",
                f"A path joins variables of the firm; {', '.join(sorted(unknown))} is none.", "Correct the names.",
            ))
        if left_out:
            findings.append(Finding(
                "POPULATION-TRUTH", f"population.yaml, key truth.paths.{label}",
                f"The equation of {path.outcome} must hold all its causes as regressors; "
                f"it lacks {', '.join(sorted(left_out))}.",
                "Name the missing causes in truth.paths or truth.covariates.",
            ))
    for name, formula in population.truth.effects.items():
        unknown = {label for term in _terms(formula) for label in term} - set(population.truth.paths)
        if unknown:
            findings.append(Finding(
                "POPULATION-TRUTH", f"population.yaml, key truth.effects.{name}",
                f"An effect is a sum of products of labels; {', '.join(sorted(unknown))} is no label in truth.paths.",
                "Write it as in c1 + a1*c2.",
            ))
    if findings:
        raise InputError(findings)


def _wanted(population: Population) -> tuple[str, ...]:
    truth = population.truth
    outcomes = {path.outcome for path in truth.paths.values()}
    return tuple(dict.fromkeys(
        name for outcome in sorted(outcomes) for name in (outcome, *truth.regressors(outcome), *truth.markers)
    ))


def _drawn(population: Population) -> tuple[str, ...]:
    """What the large population needs: a marker that reads differently by language needs the language too."""
    return (*_wanted(population), *(("language",) if population.answering.language_shift else ()))


def _chunk(population: Population, instrument: Instrument, world: World) -> tuple[dict[str, float], dict[str, float]]:
    """Paths and effects of one chunk: as estimated with markers, and standardised."""
    truth = population.truth
    values = {name: np.asarray(world.value(name, "firm"), dtype=np.float64) for name in _wanted(population)}
    slope = {
        latent: _marker_slope(world, instrument, marker, values[latent]) for latent, marker in truth.markers.items()
    }
    raw: dict[str, float] = {}
    std: dict[str, float] = {}
    for label, path in truth.paths.items():
        beta = _coefficient(population, path, values)
        raw[label] = beta * _scale(population, path.outcome, slope) / _scale(population, path.cause, slope)
        std[label] = beta * float(values[path.cause].std() / values[path.outcome].std())
    for name, formula in truth.effects.items():
        for out in (raw, std):
            out[name] = sum(prod(out[label] for label in term) for term in _terms(formula))
    return raw, std


def firm_form(instrument: Instrument) -> str:
    """The form whose rows are firms, or whoever stands in their place; the first if there is none."""
    return next((form.id for form in instrument.forms if row_level(form) == "firm"), instrument.forms[0].id)


def _marker_slope(world: World, instrument: Instrument, marker: str, latent: Array) -> float:
    """Slope of the marker (a dimension's score, or one item) on its latent variable."""
    if marker in instrument.dimensions:
        observed = world.score(marker, firm_form(instrument))
    else:
        form = firm_form(instrument)
        item = next(i for d in instrument.dimensions for i in instrument.items(d, form) if i.id == marker)
        observed = world.item(item, form).astype(np.float64)
    return float(np.cov(observed, latent)[0, 1] / latent.var(ddof=1))


def _scale(population: Population, name: str, slope: dict[str, float]) -> float:
    """λ of a variable: its marker's slope, 1 where it is observed; a product's is that of its factors, multiplied."""
    variable = population.variables[name]
    factors = variable.of if isinstance(variable, Product) else (name,)
    return prod(slope.get(factor, 1.0) for factor in factors)


def _coefficient(population: Population, path: Regression, values: dict[str, Array]) -> float:
    variable = population.variables[path.outcome]
    if not population.parents(path.outcome):
        return 0.0  # what depends on nothing has no slope but that of a finite sample
    if isinstance(variable, Normal):
        return variable.causes.get(path.cause, 0.0)
    regressors = population.truth.regressors(path.outcome)
    X = np.column_stack([np.ones(len(values[path.outcome])), *(values[name] for name in regressors)])
    coefficients = np.linalg.solve(X.T @ X, X.T @ values[path.outcome])
    return float(coefficients[1 + regressors.index(path.cause)])


def _terms(formula: str) -> list[list[str]]:
    return [[label.strip() for label in term.split("*")] for term in formula.split("+")]


def _mean_and_error(values: list[float]) -> tuple[float, float]:
    """Mean over chunks and its standard error, SD (n − 1) / √n."""
    return float(np.mean(values)), float(np.std(values, ddof=1)) / sqrt(len(values))
