"""Tables on measurement: distributions, moments, reliability."""

from __future__ import annotations

from pipeline.data.scoring import Moments
from pipeline.measurement.ordinal_reliability import MEANING
from pipeline.report import names
from pipeline.report.numbers import counted, number
from pipeline.report.tables.spec import Cell, Column, Table
from pipeline.results import StudyResults
from pipeline.undefined import Number, Undefined


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


def _defined(value: Number) -> float:
    assert not isinstance(value, Undefined)
    return value
