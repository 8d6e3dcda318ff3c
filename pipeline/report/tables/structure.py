"""Tables on rival structures: fit, which are nested and what the tests say, higher loadings, bifactor indices."""

from __future__ import annotations

from pipeline.evidence.found.bifactor import FoundBifactor
from pipeline.evidence.found.structure import (
    FoundComparison,
    FoundStructure,
    FoundStructureSet,
    StructureId,
    StructureReport,
)
from pipeline.report.numbers import level_name, listed, number
from pipeline.report.tables.spec import Cell, Column, Table
from pipeline.undefined import Number, Undefined

SHORT: dict[StructureId, str] = {
    "one factor": "one factor", "correlated constructs": "one factor a construct",
    "correlated dimensions": "one factor a dimension", "second order": "second order, correlated constructs",
    "general second order": "second order, one factor", "third order": "third order", "bifactor": "bifactor",
}
"""Of a structure, where its title is too long."""


def structure_tables(found: StructureReport | None) -> tuple[Table, ...]:
    """All tables; none where no set has scales to compare."""
    if found is None or not found.sets:
        return ()
    tables = [fit_table(found), comparisons_table(found)]
    if any(one.higher for one in found.sets):
        tables.append(higher_table(found))
    if any(one.bifactor for one in found.sets):
        tables += [bifactor_table(found), items_table(found)]
    return tuple(tables)


# -- fit -----------------------------------------------------------------------------------------------------------


def fit_table(found: StructureReport) -> Table:
    """A row for each set and structure."""
    return Table(
        "structure", "Rival structures of the scales",
        (
            Column("set", "Scales"), Column("structure", "Structure"), Column("n", "n", "integer"),
            Column("chisq", "χ²", "number"), Column("df", "df", "integer"), Column("pvalue", "p", "pvalue"),
            Column("cfi", "CFI", "number", 3, True), Column("tli", "TLI", "number", 3, True),
            Column("rmsea", "RMSEA", "number", 3, True), Column("rmsea_ci", "90 % interval", "interval", 3, True),
            Column("srmr", "SRMR", "number", 3, True), Column("aic", "AIC", "number", 1),
            Column("bic", "BIC", "number", 1), Column("difference", "Δχ²", "number"),
            Column("difference_df", "Δdf", "integer"), Column("difference_pvalue", "Δp", "pvalue"),
            Column("verdict", "In words"),
        ),
        tuple(_fit_row(of, one) for of in found.sets for one in of.structures),
        fit_sentence(found),
        f"Confirmatory factor analyses by {found.estimator}, missing answers by {found.missing}; informants of one "
        "firm count as a cluster. χ² is scaled (Yuan & Bentler 2000); CFI, TLI and RMSEA are robust. Smaller AIC and "
        "BIC are better. Δ: beside one factor a dimension, where a structure is nested in that; all pairs stand in the "
        "table of comparisons. Close: CFI .95 or more, RMSEA .06 or less, SRMR .08 or less (Hu & Bentler 1999); "
        "acceptable: .90, .08 and .10. These cut-offs are not of these models: see the simulated ones.")


def _fit_row(of: FoundStructureSet, one: FoundStructure) -> tuple[Cell, ...]:
    pair = of.against_dimensions(one.id)
    tested = pair is not None and pair.relation == "nested" and pair.restricted == one.id
    difference: tuple[Cell, ...] = (None, None, None)
    if pair is not None and tested:
        difference = pair.statistic, pair.df, pair.pvalue
    size: tuple[Cell, ...] = (None, one.chisq, None) if one.why_not else (one.n, one.chisq, one.df)
    return (of.label, one.title, *size, one.pvalue, one.cfi, one.tli, one.rmsea, (one.rmsea_lower, one.rmsea_upper),
            one.srmr, one.aic, one.bic, *difference, " ".join((one.verdict, *one.remarks)))


def fit_sentence(found: StructureReport) -> str:
    """Which sets have the structure they were meant to have, and which fits are not to be used."""
    meant = [(of.label, one) for of in found.sets if (one := of.structure("correlated dimensions")) is not None]
    close = [label for label, one in meant if one.verdict.startswith("Fits closely") and one.usable]
    weaker = [label for label, one in meant if one.verdict.startswith("Fits acceptably") and one.usable]
    rest = [label for label, one in meant if label not in (*close, *weaker)]
    said = [f"{words} for {listed(labels)}" for labels, words in (
        (close, "fits closely"), (weaker, "fits acceptably"), (rest, "does not fit, or is not to be used,")) if labels]
    bad = [f"{one.title.split(':')[0].lower()} of {of.label}" for of in found.sets for one in of.structures
           if not one.usable]
    improper = f" Not fitted, not converged or improper: {listed(bad)}." if bad else " Every fit is proper."
    return (f"One factor a dimension {listed(said)}." if said else "No set has several dimensions.") + improper


# -- comparisons ---------------------------------------------------------------------------------------------------


def comparisons_table(found: StructureReport) -> Table:
    """A row for each pair of structures: nested, equivalent or neither, with reason and test."""
    return Table(
        "structure-comparisons", "Which structures are nested, and which are the same told otherwise",
        (
            Column("set", "Scales"), Column("restricted", "Structure"), Column("unrestricted", "Beside"),
            Column("relation", "Relation"), Column("because", "Because"), Column("statistic", "Δχ²", "number"),
            Column("df", "Δdf", "integer"), Column("pvalue", "p", "pvalue"),
            Column("scaling_factor", "Scaling factor", "number", 3), Column("scaled_by", "Scaled by"),
            Column("bic", "ΔBIC", "number", 1), Column("verdict", "In words"),
        ),
        tuple(_comparison_row(of, one) for of in found.sets for one in of.comparisons),
        comparisons_sentence(found),
        "Δ: the first structure less the second; a negative ΔBIC speaks for the first. Differences of scaled χ² are "
        "scaled themselves (Satorra & Bentler 2001); where that factor is below two thirds or above one and a half "
        "times the structures' own, which happens where the first is far from true, by the estimates of the other "
        "alone (Satorra 2000). Structures that are the same told otherwise reproduce the same covariances: no data can "
        "tell them apart. A bifactor structure often fits best because it can fit almost anything, also where it is "
        "not true (Bonifay, Lane & Reise 2017).")


def _comparison_row(of: FoundStructureSet, one: FoundComparison) -> tuple[Cell, ...]:
    nested = one.relation == "nested"
    relation = {"nested": "nested", "equivalent": "the same", "not nested": "not nested"}[one.relation]
    test: tuple[Cell, ...] = (one.statistic, one.df, one.pvalue, one.scaling_factor, one.scaled_by or None) \
        if nested else (None, one.df, None, None, None)
    return (of.label, SHORT[one.restricted], SHORT[one.unrestricted], relation, one.because, *test, one.bic,
            one.verdict)


def comparisons_sentence(found: StructureReport) -> str:
    """Where explaining dimensions by higher factors costs nothing, and where three are three."""
    cheap, dear = list[str](), list[str]()
    for of in found.sets:
        id: StructureId = "general second order" if of.construct else "second order"
        one = of.against_dimensions(id)
        if one is not None and one.relation == "nested" and isinstance(one.pvalue, float):
            (cheap if one.pvalue >= 0.05 else dear).append(of.label)
    same = [of.label for of in found.sets if of.equivalence]
    said = [f"{what} {listed(labels)}." for what, labels in (
        ("Constructs explain the correlations among their dimensions of", cheap),
        ("Constructs leave something of the correlations among their dimensions unexplained in", dear),
        ("Three correlated factors and three under one are the same model in", same)) if labels]
    return " ".join(said) or "No structure with higher factors could be compared."


# -- higher loadings -----------------------------------------------------------------------------------------------


def higher_table(found: StructureReport) -> Table:
    """Standardised loadings of dimensions on constructs."""
    rows = [(of.label, of.labels[one.construct], one.label, one.loading, (one.lower, one.upper))
            for of in found.sets for one in of.higher]
    known = [(one.loading, one.label, of.label) for of in found.sets for one in of.higher
             if isinstance(one.loading, float)]
    low = min(known, default=None)
    return Table(
        "structure-higher", "How strongly dimensions stand for their construct",
        (Column("set", "Scales"), Column("construct", "Construct"), Column("dimension", "Dimension"),
         Column("loading", "Loading", "number", 2, True),
         Column("interval", f"{level_name(found.level)} interval", "interval", 2, True)),
        tuple(rows),
        "No loading is known." if low is None else
        f"The weakest dimension is {low[1]}, with a loading of {number(low[0], bounded=True)} ({low[2]}).",
        "Standardised second-order loadings: the correlation of a dimension with its construct. For a single construct "
        "by its own items, for a set beside the other constructs. Its square is the share of the dimension that the "
        "construct explains.")


# -- bifactor ------------------------------------------------------------------------------------------------------


def bifactor_table(found: StructureReport) -> Table:
    """The general factor's indices, then each specific one's."""
    rows = [row for of in found.sets if of.bifactor is not None for row in _bifactor_rows(of, of.bifactor)]
    interval = f"{level_name(found.level)} interval"
    return Table(
        "structure-bifactor", "What a sum of all items stands for",
        (
            Column("set", "Scales"), Column("factor", "Factor"), Column("items", "Items", "integer"),
            Column("omega", "Omega", "number", 2, True), Column("omega_h", "Omega hierarchical", "number", 2, True),
            Column("omega_h_ci", interval, "interval", 2, True), Column("ecv", "ECV", "number", 2, True),
            Column("ecv_ci", interval, "interval", 2, True), Column("puc", "PUC", "number", 2, True),
            Column("h", "H", "number", 2, True), Column("verdict", "In words"),
        ),
        tuple(rows), bifactor_sentence(found),
        "From the bifactor structure. Omega: share of a sum's variance due to all its factors. Omega hierarchical: due "
        "to the general factor; in a dimension's row, due to that dimension beyond the general factor (Zinbarg et al. "
        "2005; Reise, Bonifay & Haviland 2013, who ask for more than .50 and prefer .75). ECV: explained common "
        "variance, the factor's share of what items have in common. PUC: share of pairs of items that have the general "
        "factor alone in common. With PUC below .80, ECV above .60 and omega hierarchical above .70 let one factor be "
        "used with little bias (Reise, Scheines, Widaman & Haviland 2013). H: how well the items stand for the factor; "
        ".70 or more is asked for (Hancock & Mueller 2001). Omegas are of sums in the items' own units, ECV and H of "
        "standardised loadings; intervals by the delta method on the logit scale.")


def _bifactor_rows(of: FoundStructureSet, one: FoundBifactor) -> list[tuple[Cell, ...]]:
    count = sum(len(items) for items in of.dimensions.values())
    general: tuple[Cell, ...] = (
        of.label, "general", count, one.omega_total, one.omega_h, (one.omega_h_lower, one.omega_h_upper), one.ecv,
        (one.ecv_lower, one.ecv_upper), one.puc, one.h, one.verdict or f"Not known, because {one.why_not}.")
    return [general, *((of.label, each.label, each.items, each.omega, each.omega_hs, None, each.ecv, None, None, each.h,
                        None) for each in one.specific)]


def bifactor_sentence(found: StructureReport) -> str:
    """The general factor's share, set by set."""
    known = [f"{_share(of.bifactor.omega_h)} for {of.label}" for of in found.sets
             if of.bifactor is not None and isinstance(of.bifactor.omega_h, float)]
    unknown = [of.label for of in found.sets if of.bifactor is not None and isinstance(of.bifactor.omega_h, Undefined)]
    said = f"Of the variance of a sum of all items, the general factor's share is {listed(known)}." if known else ""
    return " ".join(part for part in (said, f"It is not known for {listed(unknown)}." if unknown else "") if part)


def _share(value: Number) -> str:
    return number(value, bounded=True)


def items_table(found: StructureReport) -> Table:
    """Every item's standardised loadings on the general factor and on its dimension's."""
    rows = [
        (of.label, one.item, of.labels[one.dimension], one.general, one.general_se, one.specific, one.specific_se,
         one.iecv)
        for of in found.sets if of.bifactor is not None for one in of.bifactor.items]
    shared = [(one.iecv, one.item, of.label) for of in found.sets if of.bifactor is not None
              for one in of.bifactor.items if isinstance(one.iecv, float) and one.specific is not None]
    least = min(shared, default=None)
    return Table(
        "structure-bifactor-items", "Items on the general factor and on their dimension's",
        (Column("set", "Scales"), Column("item", "Item"), Column("dimension", "Dimension"),
         Column("general", "General", "number", 2, True), Column("general_se", "SE", "number", 3, True),
         Column("specific", "Dimension's", "number", 2, True), Column("specific_se", "SE ", "number", 3, True),
         Column("iecv", "I-ECV", "number", 2, True)),
        tuple(rows),
        "No bifactor solution is proper." if least is None else
        f"The item that stands least for what all have in common is {least[1]} ({least[2]}, I-ECV "
        f"{number(least[0], bounded=True)}).",
        "Standardised loadings. I-ECV: the general factor's share of what factors explain of the item (Stucky, Thissen "
        "& Edelen 2013); from .80 an item says little of its dimension alone.")
