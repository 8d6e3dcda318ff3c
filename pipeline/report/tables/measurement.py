"""Tables on measurement: distributions, moments, reliability, factorability, number of factors, loadings."""

from __future__ import annotations

from pipeline.data.scoring import Moments
from pipeline.measurement.extraction import FactorSolution
from pipeline.measurement.ordinal_reliability import MEANING
from pipeline.report import names
from pipeline.report.numbers import counted, listed, number, p_equals, percent
from pipeline.report.tables.spec import Cell, Column, Table
from pipeline.results import FactorAnalysis, StudyResults
from pipeline.undefined import Number, Undefined

SALIENT = 0.30
"""Loadings from here on are counted as salient in the sentences; the tables show every loading."""


def variables_table(results: StudyResults) -> Table:
    """Distribution of every variable that enters a model."""
    defined = [v for v in results.variables if not isinstance(v.skewness, Undefined)]
    widest = max(defined, key=lambda v: abs(_defined(v.skewness)), default=None)
    return Table(
        "variables", "Distribution of the variables",
        (
            Column("variable", "Variable"), Column("label", "Meaning"), Column("level", "Level"),
            Column("n", "n", "integer"), Column("missing", "Missing", "integer"), Column("mean", "M", "number"),
            Column("sd", "SD", "number"), Column("minimum", "Min", "number"), Column("maximum", "Max", "number"),
            Column("skewness", "Skewness", "number"), Column("kurtosis", "Excess kurtosis", "number"),
        ),
        tuple(
            (v.variable, v.label, v.level, v.n, v.missing, v.mean, v.sd, v.minimum, v.maximum, v.skewness, v.kurtosis)
            for v in results.variables
        ),
        f"{counted(len(results.variables), 'variable')} are described"
        + (f"; the most skewed is {widest.label} ({number(widest.skewness)})." if widest else "."),
        "Skewness G1 and excess kurtosis G2 (Joanes & Gill 1998).",
    )


def correlations_table(results: StudyResults, key: str) -> Table:
    """M, SD and correlations of one set of complete rows, lower triangle."""
    moments = results.moments[key]
    words = names.labels(results)
    columns = (
        Column("number", "", "integer"), Column("variable", "Variable"), Column("label", "Meaning"),
        Column("mean", "M", "number"), Column("sd", "SD", "number"),
        *(Column(name, str(i), "number", bounded=True) for i, name in enumerate(moments.variables, 1)),
    )
    rows = []
    for i, name in enumerate(moments.variables):
        lower: tuple[Cell, ...] = tuple(
            moments.correlation[i][j] if j < i else ("" if j > i else None) for j in range(len(moments.variables))
        )
        rows.append((i + 1, name, words.get(name, name), moments.mean[i], moments.sd[i], *lower))
    return Table(
        f"correlations-{names.slug(key)}", f"Means, standard deviations and correlations: {key}", columns, tuple(rows),
        _strongest_correlation(moments, words),
        f"n = {moments.n:,} complete rows; SD with n − 1. The columns are numbered as the rows.",
    )


def _strongest_correlation(moments: Moments, words: dict[str, str]) -> str:
    pairs = [(i, j) for i in range(len(moments.variables)) for j in range(i)]
    if not pairs:
        return f"One variable on {moments.n:,} complete rows."
    i, j = max(pairs, key=lambda pair: abs(moments.correlation[pair[0]][pair[1]]))
    first, second = (words.get(moments.variables[k], moments.variables[k]) for k in (j, i))
    return (f"On {moments.n:,} complete rows the strongest of {counted(len(pairs), 'correlation')} is "
            f"{number(moments.correlation[i][j], bounded=True)}, between {first} and {second}.")


def covariances_table(results: StudyResults, key: str) -> Table:
    """The covariance matrix another analyst needs to estimate a model again."""
    moments = results.moments[key]
    return Table(
        f"covariances-{names.slug(key)}", f"Covariances: {key}",
        (Column("variable", "Variable"), *(Column(name, name, "number", 3) for name in moments.variables)),
        tuple((name, *moments.covariance[i]) for i, name in enumerate(moments.variables)),
        f"The covariance matrix of {counted(len(moments.variables), 'variable')} on {moments.n:,} complete rows, "
        "for anyone who wants to estimate the models again.",
        "Divided by n − 1. The CSV file holds every digit.",
    )


def reliability_table(results: StudyResults) -> Table:
    """Internal consistency of every scale."""
    return Table(
        "reliability", "Reliability of the scales",
        (
            Column("scale", "Scale"), Column("label", "Meaning"), Column("items", "Items", "integer"),
            Column("n", "n", "integer"), Column("n_incomplete", "Incomplete", "integer"),
            Column("alpha", "α", "number", bounded=True), Column("alpha_ci", "Interval of α", "interval", bounded=True),
            Column("omega", "ω", "number", bounded=True), Column("omega_ci", "Interval of ω", "interval", bounded=True),
            Column("ave", "AVE", "number", bounded=True),
            Column("alpha_ordinal", "Ordinal α", "number", bounded=True),
            Column("omega_ordinal", "Categorical ω", "number", bounded=True),
        ),
        tuple(
            (r.name, r.label, len(r.items), r.n, r.n_incomplete, r.alpha, r.alpha_ci, r.omega, r.omega_ci, r.ave,
             *((None, None) if r.ordinal is None else (r.ordinal.alpha, r.ordinal.omega)))
            for r in results.reliability
        ),
        _reliability_sentence(results),
        "α: Cronbach's alpha, after reversed items are keyed; ω: McDonald's omega total of a one-factor model; "
        "AVE: average variance extracted. All on complete rows of the scale; a row is one respondent, and informants "
        f"of one alliance count as independent. {MEANING}",
    )


def _reliability_sentence(results: StudyResults) -> str:
    known = [(r.label, r.alpha) for r in results.reliability if not isinstance(r.alpha, Undefined)]
    if not known:
        return "No scale has a defined alpha."
    low, high = min(known, key=lambda pair: pair[1]), max(known, key=lambda pair: pair[1])
    return (f"Alpha runs from {number(low[1], bounded=True)} ({low[0]}) to {number(high[1], bounded=True)} ({high[0]}) "
            f"over {counted(len(known), 'scale')}.")


def items_table(results: StudyResults) -> Table:
    """How each item fits its scale."""
    rows = tuple(
        (r.name, item, "yes" if item in r.reversed_items else "no", r.item_rest[item], r.alpha_drop[item],
         r.loadings.get(item))
        for r in results.reliability for item in r.items
    )
    known = [(row[1], row[3]) for row in rows if not isinstance(row[3], Undefined)]
    weakest = min(known, key=lambda pair: pair[1], default=None)
    return Table(
        "items", "Items within their scales",
        (
            Column("scale", "Scale"), Column("item", "Item"), Column("reversed", "Reversed"),
            Column("item_rest", "Item–rest r", "number", bounded=True),
            Column("alpha_drop", "α without it", "number", bounded=True),
            Column("loading", "Loading", "number", bounded=True),
        ),
        rows,
        f"{counted(len(rows), 'item')}; the lowest item–rest correlation is "
        f"{number(weakest[1], bounded=True)} ({weakest[0]})." if weakest else "No item–rest correlation is defined.",
        "Loading: standardised, in a one-factor model of the scale.",
    )


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
    """Eigenvalues beside those of random data, and the minimum average partial, for one analysis."""
    parallel, partial = analysis.parallel, analysis.minimum_average_partial
    rows = []
    for i, value in enumerate(parallel.eigenvalues):
        squared = partial.squared[i + 1] if i + 1 < len(partial.squared) else None
        fourth = partial.fourth[i + 1] if i + 1 < len(partial.fourth) else None
        rows.append((i + 1, value, parallel.reference_mean[i], parallel.reference_percentile[i], squared, fourth))
    return Table(
        f"number-of-factors-{names.slug(analysis.name)}", f"Number of factors: {analysis.label}",
        (
            Column("factor", "Number", "integer"), Column("eigenvalue", "Eigenvalue", "number", 3),
            Column("random_mean", "Random data, mean", "number", 3),
            Column("random_percentile", f"Random data, {parallel.percentile:g}th percentile", "number", 3),
            Column("map_squared", "MAP, squared", "number", 4, bounded=True),
            Column("map_fourth", "MAP, fourth power", "number", 4, bounded=True),
        ),
        tuple(rows), retention_sentence(analysis),
        f"Parallel analysis (Horn 1965) with {parallel.draws:,} random data sets, n = {parallel.n:,}, seed "
        f"{parallel.seed}. MAP: average squared, or fourth-power, partial correlation once that many components are "
        "removed (Velicer 1976); the smallest marks the number to keep.",
    )


def retention_sentence(analysis: FactorAnalysis) -> str:
    """What each rule says, and what was kept."""
    partial = analysis.minimum_average_partial
    return (f"Parallel analysis suggests {counted(analysis.parallel.factors, 'factor')}, the minimum average partial "
            f"{partial.factors} (fourth power: {partial.factors_fourth}); {analysis.solution.factors} were kept by the "
            f"plan's rule ({analysis.rule}).")


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
        f"{_EXTRACTION[solution.method]}, rotation: {solution.rotation}; n = {solution.n:,} complete rows "
        f"({solution.n_incomplete:,} incomplete). Root mean square residual {number(solution.rmsr, 3, bounded=True)}; "
        f"likelihood-ratio χ² {number(solution.chisq)}, df {solution.df}, {p_equals(solution.pvalue)}. "
        + " ".join(solution.warnings),
    )


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


def _defined(value: Number) -> float:
    assert not isinstance(value, Undefined)
    return value
