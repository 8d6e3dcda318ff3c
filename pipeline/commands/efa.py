"""``alliometrics efa``: exploratory factor analysis of items in a plain data file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, cast

from rich.console import RenderableType

from instrument.errors import Finding, InputError
from pipeline.commands.csv_data import read_csv
from pipeline.commands.output import Defined, decimals, p_value, table
from pipeline.measurement.complete import check_names, complete_rows, correlation_matrix
from pipeline.measurement.extraction import Factorability, FactorSolution, Method, extract, factorability
from pipeline.measurement.retention import (
    MinimumAveragePartial,
    ParallelAnalysis,
    factors_to_keep,
    minimum_average_partial,
    parallel_analysis,
)
from pipeline.measurement.rotation import Rotation

PARALLEL_DRAWS, PARALLEL_PERCENTILE = 500, 95
"""As in a study's plan."""

Rule = int | Literal["parallel", "map"]


@dataclass(frozen=True, slots=True)
class Exploration:
    """Everything one exploratory analysis found; ``rule`` decided on the number of factors."""

    rule: Rule
    factorability: Factorability
    parallel: ParallelAnalysis
    average_partial: MinimumAveragePartial
    solution: FactorSolution


def parse_items(option: str | None) -> tuple[str, ...] | None:
    """``a,b,c`` → names; None where all columns are meant. ``OPTION-ITEMS`` for an empty name."""
    if option is None:
        return None
    items = tuple(item.strip() for item in option.split(","))
    if not all(items):
        raise InputError(Finding("OPTION-ITEMS", f"--items {option}", "Items are column names joined by commas.",
                                 "Write for example --items x1,x2,x3."))
    return items


def parse_factors(option: str) -> Rule:
    """A whole number from 1, ``parallel`` or ``map``; else ``OPTION-FACTORS``."""
    if option == "parallel":
        return "parallel"
    if option == "map":
        return "map"
    if option.isascii() and option.isdigit() and int(option) > 0:
        return int(option)
    raise InputError(Finding("OPTION-FACTORS", f"--factors {option}",
                             "The number of factors is a whole number from 1, parallel or map.", "Choose one of them."))


def explore(
    data: Path, *, items: str | None, factors: str, method: str = "ml", rotation: str = "oblimin", seed: int = 1,
) -> Exploration:
    """Factor the named columns, or all, on their complete rows; ``seed`` is for parallel analysis.

    Raises
    ------
    InputError
        ``OPTION-…``, ``DATA-…``, ``ITEM-DOUBLED``, ``EFA-…``.
    """
    rule = parse_factors(factors)
    named = parse_items(items)
    file = read_csv(data)
    names = named or file.all_columns()
    X = file.numbers(names)
    check_names(X, names)
    complete, _ = complete_rows(X)
    partial = minimum_average_partial(correlation_matrix(complete, names))
    parallel = parallel_analysis(complete, draws=PARALLEL_DRAWS, percentile=PARALLEL_PERCENTILE, seed=seed)
    # The names are judged by extract, which lists the good ones.
    solution = extract(X, names, factors=factors_to_keep(rule, parallel, partial),
                       method=cast(Method, method), rotation=cast(Rotation, rotation))
    return Exploration(rule, factorability(X, names), parallel, partial, solution)


def document(found: Exploration) -> dict[str, Any]:
    """The contract's document. ``map`` begins at no factor: its m-th value is that after m components."""
    solution, factorable, parallel = found.solution, found.factorability, found.parallel
    number = Defined()

    def by_item(values: Sequence[Any]) -> dict[str, Any]:
        return dict(zip(solution.items, values, strict=True))

    return {
        "loadings": by_item([list(row) for row in solution.loadings]),
        "phi": [list(row) for row in solution.phi],
        "communality": by_item(solution.communality), "uniqueness": by_item(solution.uniqueness),
        "variance_explained": list(solution.variance_explained),
        "factors": solution.factors, "rule": found.rule,
        "kmo": factorable.kmo, "kmo_items": factorable.kmo_items,
        "bartlett": {"chisq": factorable.bartlett, "df": factorable.bartlett_df, "pvalue": factorable.bartlett_pvalue},
        "map": list(found.average_partial.squared), "map_factors": found.average_partial.factors,
        "parallel": {
            "eigenvalues": list(parallel.eigenvalues), "reference_mean": list(parallel.reference_mean),
            "reference_percentile": list(parallel.reference_percentile), "percentile": parallel.percentile,
            "draws": parallel.draws, "seed": parallel.seed, "factors": parallel.factors,
        },
        "chisq": number("chisq", solution.chisq), "df": solution.df, "pvalue": number("pvalue", solution.pvalue),
        "rmsr": solution.rmsr, "n": solution.n, "n_incomplete": solution.n_incomplete,
        "method": solution.method, "rotation": solution.rotation, "converged": solution.converged,
        "undefined": number.undefined, "warnings": list(solution.warnings),
    }


def tables(found: Exploration) -> list[RenderableType]:
    """Number of factors by each rule, loadings, factor correlations, fit."""
    solution, factorable, parallel = found.solution, found.factorability, found.parallel
    factors = [f"F{number}" for number in range(1, solution.factors + 1)]
    shown: list[RenderableType] = [
        f"n = {solution.n} complete rows ({solution.n_incomplete} incomplete left out); KMO {factorable.kmo:.3f}; "
        f"Bartlett χ²({factorable.bartlett_df}) = {factorable.bartlett:.2f}, p {p_value(factorable.bartlett_pvalue)}",
        f"Factors: parallel analysis {parallel.factors}, MAP {found.average_partial.factors}; extracted "
        f"{solution.factors} (--factors {found.rule})",
        table("Eigenvalues", ("", *(str(m + 1) for m in range(min(len(parallel.eigenvalues), 10)))),
              [("observed", *(decimals(v) for v in parallel.eigenvalues[:10])),
               (f"random, {parallel.percentile:g}th percentile", *(decimals(v) for v in
                                                                   parallel.reference_percentile[:10]))]),
        table(f"Loadings ({solution.method}, {solution.rotation})", ("item", *factors, "communality", "uniqueness"),
              [(item, *map(decimals, row), decimals(common), decimals(unique)) for item, row, common, unique in
               zip(solution.items, solution.loadings, solution.communality, solution.uniqueness, strict=True)]),
    ]
    if solution.factors > 1:
        shown.append(table("Factor correlations", ("", *factors), [
            (name, *map(decimals, row)) for name, row in zip(factors, solution.phi, strict=True)]))
    shown.append(f"χ²({solution.df}) = {decimals(solution.chisq, 2)}, p {p_value(solution.pvalue)}; "
                 f"RMSR {solution.rmsr:.3f}")
    return [*shown, *(f"{field} is undefined because {why}." for field, why in document(found)["undefined"].items()),
            *(f"Warning: {warning}." for warning in solution.warnings)]
