"""Tables on invariance: the verdicts, every step, items that differ and by how much, latent means, the groups."""

from __future__ import annotations

from collections.abc import Mapping

from pipeline.invariance.found import Comparable, FoundLadder, FoundStep, FreedItem, InvarianceReport
from pipeline.invariance.words import OF_ONE
from pipeline.report import numbers
from pipeline.report.numbers import counted, listed, number
from pipeline.report.tables.invariance_groups import groups_table, means_table, truth_table
from pipeline.report.tables.spec import Cell, Column, Table
from pipeline.sem.noninvariance import Dmacs
from pipeline.undefined import Undefined

COMPARABLE: Mapping[Comparable, str] = {
    "variances": "scores as they are", "means": "means of scores", "latent means": "latent means, items freed",
    "relations": "relations only", "structure": "structure only", "nothing": "nothing", "not tested": "not tested",
}
"""What may be compared, in a cell."""

STEPS = {
    "configural": "same structure", "thresholds": "equal thresholds", "metric": "equal loadings",
    "loadings": "equal loadings", "scalar": "equal intercepts", "intercepts": "equal intercepts",
    "strict": "equal residuals",
}
"""What each step adds, in a cell."""

SMALL, MEDIUM, LARGE = 0.2, 0.4, 0.7
"""dMACS from which a difference is small, medium, large (Nye, Bradburn, Olenick, Bialko & Drasgow 2019)."""


def invariance_tables(found: InvarianceReport | None, words: Mapping[str, str]) -> tuple[Table, ...]:
    """All tables; none where nothing was tested.

    Parameters
    ----------
    words
        Names of dimensions, by id.
    """
    if found is None:
        return ()
    tables = [verdicts_table(found), steps_table(found), items_table(found), means_table(found, words),
              groups_table(found)]
    if found.truth:
        tables.append(truth_table(found))
    return tuple(tables)


def verdicts_table(found: InvarianceReport) -> Table:
    """What may be compared: a row for each construct and grouping."""
    return Table(
        "invariance", "Which scores may be compared between which groups",
        (
            Column("construct", "Construct"), Column("form", "Form"), Column("grouping", "Groups by"),
            Column("groups", "Groups (n)"), Column("comparable", "May be compared"),
            Column("reached", "Holds, all items equal"), Column("freed", "Items that differ"),
            Column("rejected", "First step that fails"), Column("pvalue", "p", "pvalue"),
            Column("adjusted", "p, adjusted", "pvalue"), Column("cfi_change", "Change of CFI", "number", 3, True),
            Column("ordered", "As ordered answers"), Column("left_out", "Too small"),
            Column("clusters", "Firms", "integer"), Column("verdict", "In words"),
        ),
        tuple(_verdict_row(found, one) for one in found.ladders),
        verdicts_sentence(found),
        f"A step fails if its difference from the one before is significant at .05. Adjusted: for all "
        f"{counted(found.tests, 'difference')} tested in this study (Holm 1979). As ordered answers: the last step "
        "that holds by WLSMV with all items equal, and items freed there; asked for where loadings or intercepts fail. "
        f"Groups of fewer than {found.smallest_group} respondents are not compared.",
    )


def verdicts_sentence(found: InvarianceReport) -> str:
    """How many may be compared as they are, which may not, and what chance would do."""
    done = [one for one in found.ladders if not one.why_not]
    if not done:
        return "No construct could be compared between groups."
    whole = [one for one in done if one.comparable in ("variances", "means")]
    rest = [f"{one.name} by {found.grouping(one).title} ({COMPARABLE[one.comparable]}"
            f"{f': {listed(one.freed_items)}' if one.freed else ''})" for one in done if one not in whole]
    said = (f"Of {counted(len(done), 'pair')} of a construct and a grouping, {len(whole)} hold up to equal intercepts, "
            "so that means of scores may be compared")
    return f"{said}; the others: {'; '.join(rest)}." if rest else f"{said}."


def _verdict_row(found: InvarianceReport, one: FoundLadder) -> tuple[Cell, ...]:
    step, second = one.rejected, found.second_opinion(one)
    difference = None if step is None else step.difference
    return (
        one.name, one.form, found.grouping(one).short,
        ", ".join(f"{group.label} ({group.n:,})" for group in one.groups) or None, COMPARABLE[one.comparable],
        Undefined(one.why_not) if one.why_not else one.reached, ", ".join(_freed_words(one.freed)) or None,
        None if step is None else step.name, None if difference is None else difference.pvalue,
        None if step is None else step.adjusted, None if difference is None else difference.cfi,
        None if second is None else _second_words(second),
        ", ".join(f"{group.label} ({group.n:,})" for group in one.left_out) or None, one.clusters or None, one.verdict,
    )


def _freed_words(freed: tuple[FreedItem, ...]) -> list[str]:
    return [f"{one.item} ({OF_ONE[one.kind]})" for one in freed]


def _second_words(second: FoundLadder) -> str:
    if second.why_not:
        return "not tested"
    reached = second.reached if isinstance(second.reached, str) else "none"
    return f"{reached}; {', '.join(second.freed_items) or 'none'} freed"


# -- steps ---------------------------------------------------------------------------------------------------


def steps_table(found: InvarianceReport) -> Table:
    """Fit of every step and its difference from the one before."""
    rows = [
        _step_row(found, one, step, items)
        for ladders in (found.ladders, found.second) for one in ladders
        for items, steps in (("all equal", one.steps), (_without(one), one.partial)) for step in steps
    ]
    permuted = any(cell is not None for row in rows for cell in row[-2:-1])
    version = "robust CFI and RMSEA where every step of a ladder has them"
    note = ("Steps: configural, the same items measure the same factors; thresholds; metric, equal loadings; scalar, "
            f"equal intercepts; strict, equal residual variances. Scaled χ² and scaled differences, {version}. Within "
            "cut-offs: Chen (2007); Cheung and Rensvold (2002) take a fall of CFI by more than .01 as a failure.")
    if permuted:
        note += (f" By permutation: {found.permutations:,} permutations of the groups; not where firms have several "
                 "respondents, who cannot change their group one by one.")
    return Table(
        "invariance-steps", "Every step of every ladder",
        (
            Column("construct", "Construct"), Column("form", "Form"), Column("grouping", "Groups by"),
            Column("estimator", "Estimator"), Column("items", "Items"), Column("step", "Step"),
            Column("chisq", "χ²", "number"), Column("df", "df", "integer"), Column("pvalue", "p", "pvalue"),
            Column("cfi", "CFI", "number", 3, True), Column("rmsea", "RMSEA", "number", 3, True),
            Column("rmsea_ci", "RMSEA interval", "interval", 3, True), Column("srmr", "SRMR", "number", 3, True),
            Column("difference", "Δχ²", "number"), Column("difference_df", "Δdf", "integer"),
            Column("difference_pvalue", "Δp", "pvalue"), Column("adjusted", "Δp, adjusted", "pvalue"),
            Column("cfi_change", "ΔCFI", "number", 3, True), Column("rmsea_change", "ΔRMSEA", "number", 3, True),
            Column("srmr_change", "ΔSRMR", "number", 3, True), Column("within", "Within cut-offs"),
            Column("permuted", "p by permutation", "pvalue"), Column("holds", "Holds"),
        ),
        tuple(rows), steps_sentence(found),
        note,
    )


def _without(one: FoundLadder) -> str:
    return f"{', '.join(one.freed_items)} free"


def _step_row(found: InvarianceReport, one: FoundLadder, step: FoundStep, items: str) -> tuple[Cell, ...]:
    own, difference = step.indices, step.difference
    scaled = own.chisq_scaled is not None
    holds: Cell = step.holds if isinstance(step.holds, Undefined) else "yes" if step.holds else "no"
    head = (
        one.name, one.form, found.grouping(one).short, one.estimator, items, step.name,
        own.chisq_scaled if scaled else own.chisq, own.df, own.pvalue_scaled if scaled else own.pvalue, own.cfi,
        own.rmsea, (own.rmsea_lower, own.rmsea_upper), own.srmr)
    if difference is None:
        return (*head, *(None,) * 9, holds)
    within: Cell = difference.indices_hold if isinstance(difference.indices_hold, Undefined) else \
        "yes" if difference.indices_hold else "no"
    adjusted = step.adjusted if items == "all equal" and one.estimator == found.ladders[0].estimator else None
    return (*head, difference.statistic, difference.df, difference.pvalue, adjusted, difference.cfi, difference.rmsea,
            difference.srmr, within, step.permuted, holds)


def steps_sentence(found: InvarianceReport) -> str:
    """How many differences fail, and how many would by chance."""
    return (f"{counted(found.tests, 'difference')} between steps were tested with all items equal; {found.failed} "
            f"{'is' if found.failed == 1 else 'are'} significant at .05, of which about {number(found.expected, 1)} "
            "would be by chance if all groups were alike.")


# -- items ---------------------------------------------------------------------------------------------------


def items_table(found: InvarianceReport) -> Table:
    """Items that were freed, and the largest difference among the others, with their effect sizes."""
    rows = [row for ladders in (found.ladders, found.second) for one in ladders for row in _item_rows(found, one)]
    return Table(
        "invariance-items", "Items that differ between groups, and by how much",
        (
            Column("construct", "Construct"), Column("form", "Form"), Column("grouping", "Groups by"),
            Column("estimator", "Estimator"), Column("item", "Item"), Column("freed", "Freed"),
            Column("groups", "Groups"), Column("values", "Freed values"), Column("statistic", "Score χ²", "number"),
            Column("df", "df", "integer"), Column("pvalue", "p", "pvalue"), Column("adjusted", "p, adjusted", "pvalue"),
            Column("dmacs", "dMACS", "number"), Column("signed", "Signed", "number"),
            Column("points", "Scale points", "number"), Column("size", "Size"), Column("why", "Why it was freed"),
        ),
        tuple(rows), items_sentence(found),
        "Freed items, and in each ladder the one that differs most of the others. p is adjusted for all items of the "
        "round (Holm 1979). dMACS: how far expected answers of respondents alike in what is measured lie apart, in "
        f"standard deviations of the item (Nye & Drasgow 2011); from {numbers.number(SMALL)} small, "
        f"{numbers.number(MEDIUM)} medium, {numbers.number(LARGE)} large (Nye et al. 2019). Signed and in scale "
        "points: first group less second, so that a minus means that the second answers higher.",
    )


def size_words(size: Dmacs) -> str:
    """``small``, ``medium`` …"""
    value = size.dmacs
    if isinstance(value, Undefined):
        return "unknown"
    shown = round(value, 2)  # what a reader sees must not lie above a limit and be called less
    return next((word for limit, word in ((LARGE, "large"), (MEDIUM, "medium"), (SMALL, "small")) if shown >= limit),
                "negligible")


def _item_rows(found: InvarianceReport, one: FoundLadder) -> list[tuple[Cell, ...]]:
    freed = {item.item: item for item in reversed(one.freed)}
    rows: list[tuple[Cell, ...]] = []
    for size in one.sizes:
        own = freed.get(size.item)
        groups = (size.reference, size.focal)
        head: tuple[Cell, ...] = (one.name, one.form, found.grouping(one).short, one.estimator, size.item)
        test: tuple[Cell, ...] = ("no", " and ".join(groups), None, *(None,) * 4) if own is None else (
            ", ".join(OF_ONE[item.kind] for item in one.freed if item.item == size.item), " and ".join(groups),
            values_words(own, groups), own.statistic, own.df, own.pvalue, own.adjusted)
        rows.append((*head, *test, size.dmacs, size.signed, size.points, size_words(size),
                     None if own is None else own.justification))
    return rows


def values_words(freed: FreedItem, groups: tuple[str, ...]) -> str:
    """``4.58 in en, 5.14 in es``."""
    return ", ".join(f"{' '.join(number(value) for value in freed.values[group])} in {group}"
                     for group in groups if group in freed.values)


def items_sentence(found: InvarianceReport) -> str:
    """Which items were freed, and the largest difference among the others."""
    freed = [f"{item.item} ({OF_ONE[item.kind]}, by {found.grouping(one).title})"
             for one in found.ladders for item in one.freed]
    others = [(size.dmacs, size.item) for one in found.ladders for size in one.sizes
              if size.item not in one.freed_items and not isinstance(size.dmacs, Undefined)]
    said = f"Freed: {listed(freed)}." if freed else "No item was freed."
    if not others:
        return said
    value, item = max(others)
    return f"{said} The largest difference of an item that is held equal is that of {item}, dMACS {number(value)}."
