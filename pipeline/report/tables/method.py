"""Tables on common method variance: remedies, the verdict by set of scales, every model, every comparison."""

from __future__ import annotations

from pipeline.evidence.found.method import MarkerFindings, MethodModel, MethodReport, SetMethod
from pipeline.evidence.method_words import of_remedies
from pipeline.report.numbers import counted, level_name, listed, number, percent
from pipeline.report.tables.method_details import (
    correlations_table,
    harman_table,
    loadings_table,
    partial_table,
    reliabilities_table,
    unmeasured_table,
)
from pipeline.report.tables.spec import Cell, Column, Table
from pipeline.undefined import Undefined


def method_tables(found: MethodReport | None) -> tuple[Table, ...]:
    """All tables that have rows; none where nothing was examined."""
    if found is None:
        return ()
    tables = (
        verdicts_table(found), remedies_table(found), comparisons_table(found), correlations_table(found),
        reliabilities_table(found), loadings_table(found), models_table(found), partial_table(found),
        unmeasured_table(found), harman_table(found))
    return tuple(table for table in tables if table.rows)


def marked(found: MethodReport) -> list[tuple[SetMethod, MarkerFindings]]:
    """Sets in which the marker technique was tried."""
    return [(one, one.marker) for one in found.sets if isinstance(one.marker, MarkerFindings)]


# -- remedies ------------------------------------------------------------------------------------------------


def remedies_table(found: MethodReport) -> Table:
    """What was done before anybody answered."""
    return Table(
        "method-remedies", "Remedies against method variance in the questionnaire",
        (Column("remedy", "Remedy"), Column("present", "There"), Column("evidence", "What was seen")),
        tuple((one.title, one.present if isinstance(one.present, Undefined) else "yes" if one.present else "no",
               one.evidence) for one in found.remedies),
        of_remedies(found.remedies),
        "Read from the questionnaire as it was fielded and from the answers kept. What is done before anybody answers "
        "is worth more than a test afterwards (Podsakoff, MacKenzie, Lee & Podsakoff 2003).",
    )


# -- verdicts ------------------------------------------------------------------------------------------------


def verdicts_table(found: MethodReport) -> Table:
    """A row for each set of scales."""
    return Table(
        "method", "Common method variance by the marker",
        (
            Column("set", "Scales"), Column("form", "Form"), Column("n", "n", "integer"), Column("marker", "Marker"),
            Column("retained", "Model retained"), Column("share", "Method variance", "percent"),
            Column("least", "Least of an item", "percent"), Column("most", "Most of an item", "percent"),
            Column("change", "Largest change of a correlation", "number", 2, True), Column("pair", "Between"),
            Column("pvalue", "p of all changes", "pvalue"),
            Column("outer", "Largest change, 99 % limits", "number", 2, True),
            Column("marker_correlation", "Marker with a factor, at most", "number", 2, True),
            Column("left_out", "Scales left out"),
        ),
        tuple(_verdict_row(one) for one in found.sets), verdicts_sentence(found),
        "Method variance: mean over items of the squared completely standardised loading on the marker. Changes are of "
        "the factors' correlations, against the Baseline, in which the marker has nothing to do with the items; 99 % "
        "limits: with method loadings at the outer limits of their 99 % intervals. Where the Baseline is retained, the "
        "numbers are those of Method-C. Robust maximum likelihood with incomplete respondents; respondents of one firm "
        "count as alike. Scales of one item are left out. Williams, Hartman & Cavazotte (2010).",
    )


def verdicts_sentence(found: MethodReport) -> str:
    """How much there is, and what it does."""
    done = [(one, own) for one, own in marked(found) if isinstance(own.share, float)]
    if not done:
        return "No set of scales could be examined with a marker."
    shares = listed([f"{percent(own.share)} ({one.label})" for one, own in done])
    with_method = [one.label for one, own in done if own.retained != "Baseline"]
    told = f"told from chance in {listed(with_method)}" if with_method else "nowhere told from chance"
    said = f"Method variance is {shares} of the items' variance, {told}"
    changes = [own.largest_change for _, own in done if isinstance(own.largest_change, float)]
    if not changes:
        return f"{said}."
    most = max(changes)
    least = "as much as .005" if most < 0.005 else f"more than {number(most, bounded=True)}"
    return f"{said}; no correlation of factors changes by {least} when it is allowed for."


def _verdict_row(one: SetMethod) -> tuple[Cell, ...]:
    head: tuple[Cell, ...] = (one.label, one.form, one.n)
    left_out = ", ".join(one.left_out) or None
    if isinstance(one.marker, Undefined):
        return (*head, one.marker, *(None,) * 9, left_out)
    own = one.marker
    last = next((test.pvalue for test in own.comparisons if test.restricted == "Method-R"), None)
    changes = [abs(pair.at_99 - pair.baseline) for pair in own.correlations
               if isinstance(pair.at_99, float) and isinstance(pair.baseline, float)]
    return (*head, own.marker, own.retained, own.share, own.least_share, own.most_share, own.largest_change,
            " and ".join(one.labels[factor] for factor in own.largest_pair) or None, last,
            max(changes) if changes else None, own.marker_correlation, left_out)


# -- models and comparisons --------------------------------------------------------------------------------------


def comparisons_table(found: MethodReport) -> Table:
    """The chain of tests, in the order in which they decide."""
    rows = [(one.label, f"{test.restricted} and {test.free}", test.asks, test.statistic, test.df, test.pvalue,
             test.verdict) for one, own in marked(found) for test in own.comparisons]
    decided = [f"{one.label}: {own.retained if isinstance(own.retained, str) else 'none'}"
               for one, own in marked(found)]
    return Table(
        "method-tests", "The marker technique, step by step",
        (
            Column("set", "Scales"), Column("models", "Models compared"), Column("asks", "Question"),
            Column("statistic", "Δχ²", "number"), Column("df", "Δdf", "integer"), Column("pvalue", "p", "pvalue"),
            Column("verdict", "Answer"),
        ),
        tuple(rows), f"Models retained: {'; '.join(decided)}.",
        "Differences of χ² are scaled (Satorra & Bentler 2001); each decides at .05. Where Method-C is no better than "
        "the Baseline, Method-U is compared with the Baseline too: effects of both signs cancel out in one loading for "
        "all, which the published procedure would miss.",
    )


def models_table(found: MethodReport) -> Table:
    """Fit of every model, with and without a marker."""
    rows = [_model_row(one, model) for one in found.sets for model in _models(one)]
    improper = sum(not (model.converged and model.admissible) for one in found.sets for model in _models(one))
    return Table(
        "method-models", "Models of method variance",
        (
            Column("set", "Scales"), Column("model", "Model"), Column("says", "What it assumes"),
            Column("chisq", "χ²", "number"), Column("df", "df", "integer"), Column("pvalue", "p", "pvalue"),
            Column("cfi", "CFI", "number", 3, True), Column("rmsea", "RMSEA", "number", 3, True),
            Column("rmsea_ci", "RMSEA interval", "interval", 3, True), Column("srmr", "SRMR", "number", 3, True),
            Column("proper", "Proper solution"), Column("problems", "What is wrong with it"),
        ),
        tuple(rows),
        f"{counted(len(rows), 'model')} were fitted; {improper or 'none'} of them {_has(improper)} no proper solution.",
        f"χ² and p are scaled (Yuan & Bentler 2000), CFI and RMSEA robust, RMSEA with its {level_name(0.9)} interval. "
        "The models of the sensitivity analysis are for their correlations; their fit was not computed.",
    )


def _has(count: int) -> str:
    return "have" if count > 1 else "has"


def _models(one: SetMethod) -> list[MethodModel]:
    own = list(one.marker.models) if isinstance(one.marker, MarkerFindings) else []
    return [*own, *(latent.model for latent in one.latent), *([one.harman.model] if one.harman else [])]


def _model_row(one: SetMethod, model: MethodModel) -> tuple[Cell, ...]:
    proper = "did not converge" if not model.converged else "yes" if model.admissible else "no"
    return (one.label, model.name, model.says, model.chisq, model.df, model.pvalue, model.cfi, model.rmsea,
            (model.rmsea_lower, model.rmsea_upper), model.srmr, proper, " ".join(model.problems) or None)
