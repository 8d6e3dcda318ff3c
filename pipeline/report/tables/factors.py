"""Tables on exploratory factor analyses: factorability, number of factors by every rule, loadings, correlations."""

from __future__ import annotations

from collections.abc import Sequence

from pipeline.evidence.found.factors import FactorAnalysis
from pipeline.measurement.extraction import FactorSolution
from pipeline.measurement.number_of_factors import NOT_ASKED, RULES, Rule
from pipeline.report import names
from pipeline.report.numbers import counted, listed, number, p_equals, percent
from pipeline.report.tables.spec import Cell, Column, Table
from pipeline.results import StudyResults
from pipeline.undefined import Undefined

SALIENT = 0.30
"""Loadings from here on are counted as salient in the sentences; the tables show every loading."""


def factorability_table(results: StudyResults) -> Table:
    """Whether the items share enough to be factored."""
    rows = tuple(
        (a.label, a.factorability.n, a.factorability.kmo, min(a.factorability.kmo_items.values(), default=None),
         a.factorability.bartlett, a.factorability.bartlett_df, a.factorability.bartlett_pvalue)
        for a in results.factor_analyses
    )
    parts = [f"{a.label}: KMO {number(a.factorability.kmo, bounded=True)}, Bartlett's test "
             f"{p_equals(a.factorability.bartlett_pvalue)}" for a in results.factor_analyses]
    return Table(
        "factorability", "Factorability",
        (
            Column("analysis", "Analysis"), Column("n", "n", "integer"), Column("kmo", "KMO", "number", bounded=True),
            Column("kmo_lowest", "Lowest item KMO", "number", bounded=True),
            Column("bartlett", "Bartlett χ²", "number"),
            Column("bartlett_df", "df", "integer"), Column("bartlett_pvalue", "p", "pvalue"),
        ),
        rows, f"{'; '.join(parts)}." if parts else "No exploratory factor analysis was planned.",
        "KMO: Kaiser–Meyer–Olkin measure of sampling adequacy.",
    )


def retention_table(analysis: FactorAnalysis) -> Table:
    """Every rule's number of factors side by side, over the series each of them decided by."""
    return Table(
        f"number-of-factors-{names.slug(analysis.name)}", f"Number of factors: {analysis.label}",
        (
            Column("factor", "Number", "integer"), Column("eigenvalue", "Eigenvalue", "number", 3),
            Column("random_mean", "Random data, mean", "number", 3),
            Column("random_percentile", f"Random data, {analysis.parallel.percentile:g}th percentile", "number", 3),
            Column("common_eigenvalue", "Common-factor eigenvalue", "number", 3),
            Column("common_random_percentile", f"Its random data, {analysis.parallel.percentile:g}th percentile",
                   "number", 3),
            Column("kaiser_reference", "Empirical Kaiser reference", "number", 3),
            Column("map_squared", "MAP, squared", "number", 4, bounded=True),
            Column("map_fourth", "MAP, fourth power", "number", 4, bounded=True),
            Column("hull_fit", "Hull: CFI", "number", 3), Column("hull_bend", "Hull: bend", "number"),
            Column("suggested_by", "Suggested by"),
        ),
        tuple(_retention_row(analysis, i) for i in range(len(analysis.parallel.eigenvalues))),
        retention_sentence(analysis), _retention_note(analysis),
    )


def _retention_row(analysis: FactorAnalysis, i: int) -> tuple[Cell, ...]:
    """What speaks for and against i + 1 factors."""
    parallel, partial, common, kaiser, hull = (analysis.parallel, analysis.minimum_average_partial,
                                               analysis.parallel_fa, analysis.kaiser, analysis.hull)

    def at(values: Sequence[float | None], place: int) -> float | None:
        return values[place] if place < len(values) else None

    return (
        i + 1, parallel.eigenvalues[i], parallel.reference_mean[i], parallel.reference_percentile[i],
        *((None, None) if isinstance(common, Undefined) else (common.eigenvalues[i], common.reference_percentile[i])),
        None if isinstance(kaiser, Undefined) else kaiser.references[i],
        at(partial.squared, i + 1), at(partial.fourth, i + 1),
        *((None, None) if isinstance(hull, Undefined) else (at(hull.fit, i + 1), at(hull.st, i + 1))),
        ", ".join([*(_SHORT[rule] for rule, found in analysis.suggested.items() if found == i + 1),
                   *(["kept"] if analysis.solution.factors == i + 1 else [])]),
    )


def _retention_note(analysis: FactorAnalysis) -> str:
    parallel = analysis.parallel
    of = ("polychoric correlations, and random ones with the same margins" if analysis.solution.correlation != "pearson"
          else "Pearson correlations")
    return (
        f"All of {of}; n = {parallel.n:,}. Parallel analysis (Horn 1965; Glorfeld 1995) with {parallel.draws:,} "
        f"random data sets, seed {parallel.seed}: of components, and of common factors, whose eigenvalues are those of "
        "the correlations with one-factor communalities on the diagonal. Empirical Kaiser criterion: an eigenvalue "
        "counts if it exceeds what the earlier ones leave for it in a sample of this size, and 1 (Braeken & van Assen "
        "2017). MAP: average squared, or fourth-power, partial correlation once that many components are removed; the "
        "smallest marks the number to keep (Velicer 1976). Hull method: the number at which fit stops rising steeply, "
        "the largest bend (Lorenzo-Seva, Timmerman & Kiers 2011); its comparative fit index is not cut off at 1."
    )


def retention_sentence(analysis: FactorAnalysis) -> str:
    """What each rule says, whether they agree, and what was kept."""
    answers: dict[int, list[str]] = {}
    silent = []
    for rule, found in analysis.suggested.items():
        words = RULES[rule] if rule.startswith("parallel") else f"the {RULES[rule]}"
        if not isinstance(found, Undefined):
            answers.setdefault(found, []).append(words)
        elif found != NOT_ASKED:
            silent.append(f"{words} has no answer because {found.because}")
    if len(answers) == 1:
        said = f"The rules agree on {_factors(next(iter(answers)))}"
    else:
        said = "The rules disagree: " + "; ".join(
            f"{_factors(found)} by {listed(rules)}" for found, rules in sorted(answers.items()))
    silence = f" ({'; '.join(silent)})" if silent else ""
    alone = ""
    if len(answers) > 1 and analysis.rule in RULES and len(answers.get(analysis.solution.factors, [])) == 1:
        alone = ", with which no other agrees"
    return (f"{said}{silence}. {_capital(_kept(analysis.solution.factors))} kept by the plan's rule, "
            f"{_rule_in_words(analysis)}{alone}.")


def rules_table(analysis: FactorAnalysis) -> Table:
    """Every rule for the number of factors with its answer; the one that decided is marked."""
    return Table(
        f"rules-{names.slug(analysis.name)}", f"How many factors, by each rule: {analysis.label}",
        (Column("rule", "Rule"), Column("factors", "Suggests", "integer"), Column("decides", "Decides"),
         Column("how", "What it counts")),
        tuple(
            (_capital(RULES[rule]), found, "yes" if rule == analysis.rule else "", _HOW[rule])
            for rule, found in analysis.suggested.items()
        ),
        retention_sentence(analysis), _retention_note(analysis),
    )


_SHORT: dict[Rule, str] = {
    "parallel": "components", "parallel-fa": "common factors", "map": "MAP", "kaiser": "Kaiser", "hull": "hull",
}
_HOW: dict[Rule, str] = {
    "parallel": "leading eigenvalues above those of random data",
    "parallel-fa": "the same, of what the items share",
    "map": "components that lower the average partial correlation",
    "kaiser": "leading eigenvalues above what the earlier ones leave for them, and 1",
    "hull": "factors up to the sharpest bend in fit",
}


def _factors(number: int) -> str:
    return counted(number, "factor") if number else "no factor"


def _kept(number: int) -> str:
    return f"{counted(number, 'factor')} {'was' if number == 1 else 'were'}"


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _rule_in_words(analysis: FactorAnalysis) -> str:
    return next((words for rule, words in RULES.items() if rule == analysis.rule), analysis.rule)


def loadings_table(analysis: FactorAnalysis) -> Table:
    """Every loading of the solution kept."""
    solution = analysis.solution
    factors = range(solution.factors)
    return Table(
        f"loadings-{names.slug(analysis.name)}", f"Factor loadings: {analysis.label}",
        (
            Column("item", "Item"),
            *(Column(f"factor_{k + 1}", f"Factor {k + 1}", "number", bounded=True) for k in factors),
            Column("communality", "Communality", "number", bounded=True),
            Column("uniqueness", "Uniqueness", "number", bounded=True),
            Column("kmo", "KMO", "number", bounded=True),
        ),
        tuple(
            (item, *solution.loadings[i], solution.communality[i], solution.uniqueness[i],
             analysis.factorability.kmo_items.get(item))
            for i, item in enumerate(solution.items)
        ),
        _loadings_sentence(solution),
        _loadings_note(solution),
    )


def _loadings_note(solution: FactorSolution) -> str:
    if isinstance(solution.chisq, Undefined):
        test = f"The likelihood-ratio χ² is {solution.chisq}"
    else:
        test = f"Likelihood-ratio χ² {number(solution.chisq)}, df {solution.df}, {p_equals(solution.pvalue)}"
    starts = ""
    if solution.starts > 2 or solution.local_solutions:  # two that agree are oblimin's ordinary case
        starts = (f" The rotation was searched from {solution.starts} starting points; {solution.starts_at_best} of "
                  f"them ended in this solution, and {counted(solution.local_solutions, 'other solution')} "
                  f"{'was' if solution.local_solutions == 1 else 'were'} met.")
    return (
        f"{_EXTRACTION[solution.method]} from {solution.correlation.replace('pearson', 'Pearson')} correlations, "
        f"rotation: {_ROTATION.get(solution.rotation, solution.rotation)}; n = {solution.n:,} complete rows "
        f"({solution.n_incomplete:,} incomplete). Root mean square residual {number(solution.rmsr, 3, bounded=True)}. "
        f"{test}.{starts} " + " ".join(f"{_capital(warning)}." for warning in solution.warnings)
    ).strip()


def _loadings_sentence(solution: FactorSolution) -> str:
    crossing = [
        item for item, row in zip(solution.items, solution.loadings, strict=True)
        if sum(abs(value) >= SALIENT for value in row) > 1
    ]
    nowhere = [
        item for item, row in zip(solution.items, solution.loadings, strict=True)
        if all(abs(value) < SALIENT for value in row)
    ]
    share, least = sum(solution.communality) / len(solution.items), number(SALIENT, bounded=True)
    who = f"{listed(crossing)} {'loads' if len(crossing) == 1 else 'load'}" if crossing else "no item loads"
    state = "" if solution.converged else " The extraction did not converge; the loadings are not to be used."
    verb = "accounts" if solution.factors == 1 else "account"
    return (f"{counted(solution.factors, 'factor')} {verb} for {percent(share, 0)} of the variance of "
            f"{counted(len(solution.items), 'item')}; {who} at {least} or more on several factors, "
            f"{listed(nowhere) or 'none'} on no factor.{state}")


_ROTATION = {
    "oblimin": "oblimin (oblique)", "promax": "promax (oblique)", "varimax": "varimax (orthogonal)",
    "geomin": "geomin (oblique, ε = .01)", "none": "none",
    "target": "target (oblique; loadings of other dimensions' items aimed at 0, each dimension's own free)",
}
_EXTRACTION = {"ml": "Maximum-likelihood extraction", "minres": "Minimum-residual extraction"}


def factor_correlations_table(analysis: FactorAnalysis) -> Table:
    """Correlations among the rotated factors."""
    phi = analysis.solution.phi
    pairs = [phi[i][j] for i in range(len(phi)) for j in range(i)]
    return Table(
        f"factor-correlations-{names.slug(analysis.name)}", f"Factor correlations: {analysis.label}",
        (Column("factor", "Factor"), *(Column(f"factor_{k + 1}", str(k + 1), "number", bounded=True)
                                       for k in range(len(phi)))),
        tuple((f"Factor {i + 1}", *row) for i, row in enumerate(phi)),
        f"The factors correlate between {number(min(pairs), bounded=True)} and {number(max(pairs), bounded=True)}."
        if pairs else "One factor has no correlation with others.",
    )
