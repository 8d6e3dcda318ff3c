"""Tables on common method variance in detail: correlations, reliabilities, loadings, and checks without a marker."""

from __future__ import annotations

from pipeline.evidence.found.method import (
    CorrelationalMarker,
    FactorCorrelation,
    LatentMethod,
    MarkerFindings,
    MethodReport,
    SetMethod,
)
from pipeline.report.numbers import counted, level_name, number, percent
from pipeline.report.tables.spec import Cell, Column, Table
from pipeline.undefined import Number, Undefined

NOT_EVIDENCE = (
    "Reported, not evidence: one factor explains most of the variance only where method variance is overwhelming, so "
    "that a small share does not show that there is none; and where constructs are truly related a large share does "
    "not show that there is (Podsakoff, MacKenzie, Lee & Podsakoff 2003)."
)
"""Why Harman's single factor says nothing either way."""

NOT_ALONE = (
    "Not to be relied on alone: a factor that nothing measures but the items themselves takes up whatever they share "
    "beyond their factors, substance too, and in simulations it often finds method variance that is not there and "
    "misses what is (Richardson, Simmering & Sturman 2009)."
)
"""Why an unmeasured method factor is no sole test."""


def _marked(found: MethodReport) -> list[tuple[SetMethod, MarkerFindings]]:
    return [(one, one.marker) for one in found.sets if isinstance(one.marker, MarkerFindings)]


# -- the marker technique --------------------------------------------------------------------------------------


def correlations_table(found: MethodReport) -> Table:
    """Factor correlations without the method, with it, and with more of it than is likely."""
    rows = [(one, pair) for one, own in _marked(found) for pair in own.correlations]
    turned = [pair for _, pair in rows if _turns(pair)]
    largest = max((abs(pair.change) for _, pair in rows if isinstance(pair.change, float)), default=None)
    return Table(
        "method-correlations", "Correlations of factors without and with the method",
        (
            Column("set", "Scales"), Column("first", "Factor"), Column("second", "Factor"),
            Column("baseline", "Without", "number", 2, True), Column("baseline_pvalue", "p", "pvalue"),
            Column("allowed", "With", "number", 2, True), Column("allowed_pvalue", "p", "pvalue"),
            Column("change", "Change", "number", 3, True), Column("at_95", "At 95 % limits", "number", 2, True),
            Column("at_99", "At 99 % limits", "number", 2, True),
        ),
        tuple((one.label, one.labels[p.first], one.labels[p.second], p.baseline, p.baseline_pvalue, p.allowed,
               p.allowed_pvalue, p.change, p.at_95, p.at_99) for one, p in rows),
        f"Of {counted(len(rows), 'correlation')}, {len(turned) or 'none'} cross{'es' if len(turned) < 2 else ''} the "
        ".05 level when the method is allowed for"
        f"{'' if largest is None else f'; the largest change is {number(largest, 3, bounded=True)}'}.",
        "Without: the Baseline, in which items have nothing to do with the marker. With: the model that is retained, "
        "or Method-C where no method was found. Limits: method loadings fixed at the limits of their intervals that "
        "are further from 0, the sensitivity analysis of Williams, Hartman & Cavazotte (2010).",
    )


def _turns(pair: FactorCorrelation) -> bool:
    before, after = pair.baseline_pvalue, pair.allowed_pvalue
    return isinstance(before, float) and isinstance(after, float) and (before < 0.05) != (after < 0.05)


def reliabilities_table(found: MethodReport) -> Table:
    """Reliability of every factor and how much of it is the method's."""
    rows = [(one, own) for one, marker in _marked(found) for own in marker.reliabilities]
    known = [(own.share, own.label) for _, own in rows if isinstance(own.share, float)]
    said = "No reliability could be taken apart."
    if known:
        share, label = max(known)
        said = f"At most {percent(share)} of a factor's reliable variance is the method's ({label})."
    return Table(
        "method-reliability", "Reliability, taken apart",
        (
            Column("set", "Scales"), Column("factor", "Factor"), Column("total", "Reliability", "number", 2, True),
            Column("substantive", "Of the factor", "number", 2, True),
            Column("method", "Of the method", "number", 3, True), Column("share", "Method's part", "percent"),
        ),
        tuple((one.label, own.label, own.total, own.substantive, own.method, own.share) for one, own in rows), said,
        "Reliability: (Σλ)² / ((Σλ)² + Σθ) of completely standardised estimates in the Baseline. Of the factor and of "
        "the method: (Σλ)² of each, over the variance of the sum, in the model with a method; the method's part is of "
        "both (Williams, Hartman & Cavazotte 2010).",
    )


def loadings_table(found: MethodReport) -> Table:
    """Every item's loadings on its factor and on the method."""
    rows = [(one, own) for one, marker in _marked(found) for own in marker.loadings]
    clear = sum(isinstance(own.method_pvalue, float) and own.method_pvalue < 0.05 for _, own in rows)
    return Table(
        "method-loadings", "Loadings on the factors and on the method",
        (
            Column("set", "Scales"), Column("item", "Item"), Column("factor", "Factor"),
            Column("substantive", "On its factor", "number", 2, True),
            Column("method", "On the method", "number", 2, True),
            Column("method_ci", f"{level_name(found.level)} interval", "interval", 2, True),
            Column("pvalue", "p", "pvalue"), Column("share", "Method's share", "percent"),
        ),
        tuple((one.label, own.item, one.labels[own.factor], own.substantive, own.method,
               (own.method_lower, own.method_upper), own.method_pvalue, own.share) for one, own in rows),
        f"Of {counted(len(rows), 'item')}, {clear or 'none'} load{'s' if clear == 1 else ''} on the method beyond "
        "chance at .05.",
        "Completely standardised. Method's share: the squared loading, the part of an item's variance that is the "
        "method's. p is of the unstandardised loading; with one loading for all (Method-C) it is the same for all.",
    )


# -- without a marker in the model -------------------------------------------------------------------------------


def partial_table(found: MethodReport) -> Table:
    """Correlations of scores with the marker's smallest one taken out."""
    rows, said = [], []
    for one in found.sets:
        own = one.correlational
        if isinstance(own, Undefined):
            continue
        said.append(_partial_words(one, own))
        rows += [(one.label, one.labels[pair.first], one.labels[pair.second], pair.n, pair.r, pair.pvalue,
                  pair.adjusted, pair.adjusted_pvalue) for pair in own.pairs]
    return Table(
        "method-partial", "Correlations of scores with the marker taken out",
        (
            Column("set", "Scales"), Column("first", "Scale"), Column("second", "Scale"), Column("n", "n", "integer"),
            Column("r", "r", "number", 2, True), Column("pvalue", "p", "pvalue"),
            Column("adjusted", "Adjusted", "number", 2, True), Column("adjusted_pvalue", "p", "pvalue"),
        ),
        tuple(rows), " ".join(said),
        "Adjusted: (r − r_M) / (1 − r_M), r_M the marker's smallest positive correlation with a scale (Lindell & "
        "Whitney 2001). Scores are means of items, of respondents who answered all of them and the marker's. It "
        "supposes that the method raises all correlations alike and that scores have no measurement error, which the "
        "models do not suppose.",
    )


def _partial_words(one: SetMethod, own: CorrelationalMarker) -> str:
    if isinstance(own.smallest, Undefined):
        return f"{one.label}: nothing was taken out, because {own.smallest.because}."
    change = own.largest_change
    most = number(change, bounded=True) if isinstance(change, float) else str(change)
    return (f"{one.label}: with {number(own.smallest, bounded=True)} taken out (the marker with "
            f"{one.labels[own.smallest_with]}), {own.lost or 'none'} of {counted(own.significant, 'correlation')} "
            f"significant at .05 cease{'s' if own.lost < 2 else ''} to be; the largest change is {most}.")


def unmeasured_table(found: MethodReport) -> Table:
    """The unmeasured method factor, with equal and with free loadings."""
    rows: list[tuple[Cell, ...]] = []
    for one in found.sets:
        rows += [(one.label, latent.kind, _state(latent), latent.comparison.statistic, latent.comparison.df,
                  latent.comparison.pvalue, latent.share, _interval(latent), latent.largest_change)
                 for latent in one.latent]
        if one.why_not:
            rows.append((one.label, None, Undefined(one.why_not), *(None,) * 6))
    fitted = sum(len(one.latent) for one in found.sets)
    whole = sum(_state(latent) == "yes" for one in found.sets for latent in one.latent)
    return Table(
        "method-unmeasured", "An unmeasured method factor",
        (
            Column("set", "Scales"), Column("kind", "Method loadings"), Column("usable", "Proper solution"),
            Column("statistic", "Δχ²", "number"), Column("df", "Δdf", "integer"), Column("pvalue", "p", "pvalue"),
            Column("share", "Method variance", "percent"), Column("share_ci", "Interval"),
            Column("change", "Largest change of a correlation", "number", 2, True),
        ),
        tuple(rows),
        f"{whole or 'None'} of {counted(fitted, 'model')} with an unmeasured method factor "
        f"{'have' if whole > 1 else 'has'} a solution that may be used.",
        f"Against the factors alone. {NOT_ALONE} Equal loadings are fitted as loadings of 1 with a free variance; a "
        "negative one means that none was found. A wide interval says that the answers can hardly tell such a factor "
        "from the correlations of the others.",
    )


def _state(latent: LatentMethod) -> str:
    if not latent.model.converged:
        return "did not converge"
    if not latent.identified:
        return "not identified"
    return "yes" if latent.model.admissible else "no, improper"


def _interval(latent: LatentMethod) -> Cell:
    bounds: tuple[Number, Number] = (latent.share_lower, latent.share_upper)
    if isinstance(bounds[0], Undefined) or isinstance(bounds[1], Undefined):
        return None
    return f"{percent(bounds[0], 0)} to {percent(bounds[1], 0)}"


def harman_table(found: MethodReport) -> Table:
    """Harman's single factor."""
    rows = [(one, one.harman) for one in found.sets if one.harman is not None]
    said = "; ".join(f"{one.label} {percent(own.component, 0)}" for one, own in rows)
    return Table(
        "method-harman", "Harman's single factor: reported, not evidence",
        (
            Column("set", "Scales"), Column("component", "First component", "percent"),
            Column("factor", "One factor", "percent"), Column("chisq", "χ²", "number"), Column("df", "df", "integer"),
            Column("pvalue", "p", "pvalue"), Column("cfi", "CFI", "number", 3, True),
            Column("rmsea", "RMSEA", "number", 3, True), Column("srmr", "SRMR", "number", 3, True),
        ),
        tuple((one.label, own.component, own.factor, own.model.chisq, own.model.df, own.model.pvalue, own.model.cfi,
               own.model.rmsea, own.model.srmr) for one, own in rows),
        f"Share of the variance in the first unrotated component: {said}. Reported, not evidence.",
        f"{NOT_EVIDENCE} First component: largest eigenvalue of the items' correlations over their number. One factor: "
        "mean squared standardised loading of one common factor; its fit stands beside.",
    )
