"""``alliometrics efa``: exploratory factor analysis of items in a plain data file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from rich.console import RenderableType

from instrument.errors import Finding, InputError
from pipeline.commands.csv_data import read_csv
from pipeline.commands.output import Defined, decimals, p_value, table
from pipeline.measurement.complete import check_names, complete_rows
from pipeline.measurement.extraction import (
    Correlation,
    Factorability,
    FactorSolution,
    Method,
    check_request,
    correlations_of,
    extract,
    factorability,
)
from pipeline.measurement.number_of_factors import (
    RULES,
    NumberOfFactors,
    Rule,
    attenuation_of,
    factors_to_keep,
    number_of_factors,
)
from pipeline.measurement.retention import ParallelAnalysis
from pipeline.measurement.rotation import Rotation, target_of
from pipeline.measurement.schmid_leiman import HierarchicalOmega, hierarchical_omega, hierarchical_or_reason
from pipeline.undefined import Undefined

PARALLEL_DRAWS, PARALLEL_PERCENTILE = 500, 95
"""As in a study's plan."""


@dataclass(frozen=True, slots=True)
class Exploration:
    """Everything one exploratory analysis found; ``rule`` decided on the number of factors.

    ``omega`` is of as many group factors as were extracted, always by minimum residuals and oblimin, as psych has it.
    """

    rule: int | Rule
    factorability: Factorability
    number: NumberOfFactors
    solution: FactorSolution
    omega: HierarchicalOmega | Undefined


def parse_items(option: str | None) -> tuple[str, ...] | None:
    """``a,b,c`` → names; None where all columns are meant. ``OPTION-ITEMS`` for an empty name."""
    if option is None:
        return None
    items = tuple(item.strip() for item in option.split(","))
    if not all(items):
        raise InputError(Finding("OPTION-ITEMS", f"--items {option}", "Items are column names joined by commas.",
                                 "Write for example --items x1,x2,x3."))
    return items


def parse_factors(option: str) -> int | Rule:
    """A whole number from 1, or the name of a rule; else ``OPTION-FACTORS``."""
    for rule in RULES:
        if option == rule:
            return rule
    if option.isascii() and option.isdigit() and int(option) > 0:
        return int(option)
    raise InputError(Finding("OPTION-FACTORS", f"--factors {option}",
                             f"The number of factors is a whole number from 1, {', '.join(list(RULES)[:-1])} or "
                             f"{list(RULES)[-1]}.", "Choose one of them."))


def parse_target(options: Sequence[str], rotation: str) -> tuple[tuple[str, ...], ...]:
    """``a,b,c`` options → the items of each factor; ``OPTION-TARGET`` for one without its rotation or the reverse."""
    if bool(options) != (rotation == "target"):
        raise InputError(Finding(
            "OPTION-TARGET", f"--rotation {rotation}" + "".join(f" --target {option}" for option in options),
            "Rotation to a target and the items of its factors go together.",
            "Write --rotation target with one --target a,b,c for each factor.",
        ))
    groups = tuple(tuple(item.strip() for item in option.split(",")) for option in options)
    if not all(item for group in groups for item in group):
        raise InputError(Finding("OPTION-TARGET", "--target", "A factor's items are column names joined by commas.",
                                 "Write for example --target x1,x2,x3 --target x4,x5,x6."))
    return groups


def explore(
    data: Path, *, items: str | None, factors: str | None, method: str = "ml", rotation: str = "oblimin",
    seed: int = 1, correlation: str = "pearson", targets: Sequence[str] = (),
) -> Exploration:
    """Factor the named columns, or all, on their complete rows; ``seed`` is for parallel analysis and geomin.

    With a target the number of factors is that of its groups; else ``factors`` is required.

    Raises
    ------
    InputError
        ``OPTION-…``, ``DATA-…``, ``ITEM-DOUBLED``, ``EFA-…``, ``ORDERED-…``.
    """
    groups = parse_target(targets, rotation)
    if factors is None and not groups:
        raise InputError(Finding("OPTION-FACTORS", "--factors", "The number of factors, or a rule, must be given.",
                                 f"Add --factors with a number, {', '.join(RULES)}."))
    rule = parse_factors(factors) if factors is not None else len(groups)
    if groups and rule != len(groups):
        raise InputError(Finding("OPTION-TARGET", f"--factors {factors}", f"There is a factor for each --target, "
                                 f"that is {len(groups)}.", "Leave --factors out, or name all the targets."))
    named = parse_items(items)
    file = read_csv(data)
    names = named or file.all_columns()
    X = file.numbers(names)
    check_names(X, names)
    complete, _ = complete_rows(X)
    # Before the rules, which take longer than to say that nothing can come of them.
    check_request(len(names), rule if isinstance(rule, int) else None, method, rotation, correlation)
    target = target_of(groups, names) if groups else None
    ordered = correlation == "polychoric"
    R = correlations_of(complete, names, "polychoric" if ordered else "pearson")
    number = number_of_factors(R, len(complete), draws=PARALLEL_DRAWS, percentile=PARALLEL_PERCENTILE, seed=seed,
                               attenuation=attenuation_of(complete) if ordered else None)
    solution = extract(X, names, factors=factors_to_keep(rule, number), method=cast(Method, method),
                       rotation=cast(Rotation, rotation), correlation=cast(Correlation, correlation),
                       target=target, seed=seed)
    return Exploration(rule, factorability(X, names), number, solution,
                       hierarchical_omega(R, factors=solution.factors))


def document(found: Exploration) -> dict[str, Any]:
    """The contract's document. ``map`` begins at no factor: its m-th value is that after m components."""
    solution, factorable, rules = found.solution, found.factorability, found.number
    number = Defined()

    def by_item(values: Sequence[Any]) -> dict[str, Any]:
        return dict(zip(solution.items, values, strict=True))

    return {
        "loadings": by_item([list(row) for row in solution.loadings]),
        "phi": [list(row) for row in solution.phi],
        "communality": by_item(solution.communality), "uniqueness": by_item(solution.uniqueness),
        "variance_explained": list(solution.variance_explained),
        "factors": solution.factors, "rule": found.rule,
        "rules": {rule: number(f"rules.{rule}", suggested) for rule, suggested in rules.suggested.items()},
        "factorability_of": "pearson", "kmo": factorable.kmo, "kmo_items": factorable.kmo_items,
        "bartlett": {"chisq": factorable.bartlett, "df": factorable.bartlett_df, "pvalue": factorable.bartlett_pvalue},
        "map": list(rules.average_partial.squared), "map_factors": rules.average_partial.factors,
        "parallel": _parallel(rules.parallel), "parallel_fa": _parallel(rules.parallel_fa),
        "ekc": {"eigenvalues": list(rules.kaiser.eigenvalues), "references": list(rules.kaiser.references),
                "factors": rules.kaiser.factors},
        "hull": None if isinstance(rules.hull, Undefined) else {
            "cfi": list(rules.hull.fit), "df": list(rules.hull.df), "st": list(rules.hull.st),
            "factors": None if isinstance(rules.hull.factors, Undefined) else rules.hull.factors},
        "omega_hierarchical": number("omega_hierarchical", hierarchical_or_reason(found.omega, solution.items)),
        "omega_total": number("omega_total", found.omega if isinstance(found.omega, Undefined) else found.omega.total),
        "ecv": number("ecv", found.omega if isinstance(found.omega, Undefined) else found.omega.ecv),
        "chisq": number("chisq", solution.chisq), "df": solution.df, "pvalue": number("pvalue", solution.pvalue),
        "rmsr": solution.rmsr, "n": solution.n, "n_incomplete": solution.n_incomplete,
        "method": solution.method, "rotation": solution.rotation, "correlation": solution.correlation,
        "starts": {"tried": solution.starts, "at_best": solution.starts_at_best,
                   "other_solutions": solution.local_solutions},
        "converged": solution.converged, "undefined": number.undefined, "warnings": list(solution.warnings),
    }


def _parallel(analysis: ParallelAnalysis) -> dict[str, Any]:
    return {
        "eigenvalues": list(analysis.eigenvalues), "reference_mean": list(analysis.reference_mean),
        "reference_percentile": list(analysis.reference_percentile), "percentile": analysis.percentile,
        "draws": analysis.draws, "seed": analysis.seed, "factors": analysis.factors,
        "factors_above_mean": analysis.factors_above_mean,
    }


def tables(found: Exploration) -> list[RenderableType]:
    """Number of factors by each rule, loadings, factor correlations, fit, a general factor."""
    solution, factorable = found.solution, found.factorability
    names = [f"F{number}" for number in range(1, solution.factors + 1)]
    shown: list[RenderableType] = [
        f"n = {solution.n} complete rows ({solution.n_incomplete} incomplete left out); KMO {factorable.kmo:.3f}; "
        f"Bartlett χ²({factorable.bartlett_df}) = {factorable.bartlett:.2f}, p {p_value(factorable.bartlett_pvalue)}",
        *(["KMO and Bartlett's test are of Pearson, all else is of polychoric correlations."]
          if solution.correlation == "polychoric" else []),
        table("Number of factors", ("rule", "factors", ""), [
            (RULES[rule], "none" if number == 0 else "–" if isinstance(number, Undefined) else str(number),
             "decides" if rule == found.rule else "")
            for rule, number in found.number.suggested.items()]),
        f"Extracted: {solution.factors} ({_why(found)})",
        table("Eigenvalues", ("", *(str(m + 1) for m in range(min(len(solution.items), 10)))), _eigenvalues(found)),
        table(f"Loadings ({solution.method}, {solution.rotation})", ("item", *names, "communality", "uniqueness"),
              [(item, *map(decimals, row), decimals(common), decimals(unique)) for item, row, common, unique in
               zip(solution.items, solution.loadings, solution.communality, solution.uniqueness, strict=True)]),
    ]
    if solution.factors > 1:
        shown.append(table("Factor correlations", ("", *names), [
            (name, *map(decimals, row)) for name, row in zip(names, solution.phi, strict=True)]))
    if solution.starts > 2 or solution.local_solutions:
        shown.append(f"Rotation from {solution.starts} starts: {solution.starts_at_best} ended here, "
                     f"{solution.local_solutions} other solutions")
    shown.append(f"χ²({solution.df}) = {decimals(solution.chisq, 2)}, p {p_value(solution.pvalue)}; "
                 f"RMSR {solution.rmsr:.3f}")
    if isinstance(found.omega, HierarchicalOmega):
        shown.append(f"One general factor behind them (Schmid–Leiman): omega hierarchical "
                     f"{decimals(hierarchical_or_reason(found.omega))}, omega total {found.omega.total:.3f}, explained "
                     f"common variance {found.omega.ecv:.3f}")
    return [*shown, *(f"{field} is undefined because {why}." for field, why in document(found)["undefined"].items()),
            *(f"Warning: {warning}." for warning in solution.warnings)]


def _why(found: Exploration) -> str:
    return "as the target has them" if found.solution.rotation == "target" else f"--factors {found.rule}"


def _eigenvalues(found: Exploration) -> list[tuple[str, ...]]:
    """Of both parallel analyses, the first ten, beside those of random data."""
    rows = []
    for analysis in (found.number.parallel, found.number.parallel_fa):
        for what, values in ((analysis.of, analysis.eigenvalues),
                             (f"random, {analysis.percentile:g}th percentile", analysis.reference_percentile)):
            rows.append((what, *(decimals(value) for value in values[:10])))
    return rows
