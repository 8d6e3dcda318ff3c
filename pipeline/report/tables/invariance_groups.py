"""Tables beside those of :mod:`pipeline.report.tables.invariance`: latent means, groups, and what truly differs."""

from __future__ import annotations

from collections.abc import Mapping

from pipeline.invariance.found import InvarianceReport
from pipeline.report import numbers
from pipeline.report.numbers import counted, listed
from pipeline.report.tables.spec import Cell, Column, Table
from pipeline.undefined import Undefined


def means_table(found: InvarianceReport, words: Mapping[str, str]) -> Table:
    """Differences of latent means between groups, where intercepts hold or those that differ are free."""
    rows = tuple(
        (one.name, one.form, found.grouping(one).short, words.get(mean.factor, mean.factor),
         f"{mean.group} {numbers.MINUS} {mean.reference}", ", ".join(one.freed_items) or None, mean.difference, mean.se,
         (mean.lower, mean.upper), mean.pvalue, mean.in_pooled_sd)
        for one in found.ladders for mean in one.means)
    significant = [mean.pvalue for one in found.ladders for mean in one.means
                   if not isinstance(mean.pvalue, Undefined) and mean.pvalue < 0.05]
    without = [one for one in found.ladders if not one.why_not and not one.means]
    said = (f"{counted(len(rows), 'difference')} of latent means {'was' if len(rows) == 1 else 'were'} estimated, "
            f"{len(significant)} of which {'is' if len(significant) == 1 else 'are'} significant at .05")
    return Table(
        "invariance-means", "Differences of latent means",
        (
            Column("construct", "Construct"), Column("form", "Form"), Column("grouping", "Groups by"),
            Column("factor", "Dimension"), Column("groups", "Difference of"), Column("freed", "Items free"),
            Column("difference", "Estimate", "number"), Column("se", "SE", "number"), Column("ci", "Interval",
                                                                                              "interval"),
            Column("pvalue", "p", "pvalue"), Column("pooled", "In pooled SD", "number"),
        ),
        rows,
        f"{said}; none where intercepts fail ({len(without)})." if without else f"{said}.",
        "In standard deviations of the latent variable in the first group; the pooled standard deviation is of both "
        f"groups (Hancock 2001). Intervals are {numbers.level_name(found.level)}.",
    )


def groups_table(found: InvarianceReport) -> Table:
    """Respondents by group, and groupings that could not be compared."""
    rows: list[tuple[Cell, ...]] = []
    for one in found.groupings:
        compared = "no" if one.why_not else "yes"
        for group in one.groups:
            small = group.n < found.smallest_group
            rows.append((one.form, one.title, group.label, group.n, "too small" if small else compared,
                         one.why_not or None))
        if one.without_group:
            rows.append((one.form, one.title, "not known", one.without_group, "no", one.why_not or None))
        if not one.groups and not one.without_group:
            rows.append((one.form, one.title, "none", 0, "no", one.why_not))
    failed = [f"form {one.form} by {one.title}" for one in found.groupings if one.why_not]
    return Table(
        "invariance-groups", "Respondents by group",
        (
            Column("form", "Form"), Column("grouping", "Groups by"), Column("group", "Group"),
            Column("n", "Respondents", "integer"), Column("compared", "Compared"), Column("why", "Why not"),
        ),
        tuple(rows),
        f"Not compared: {listed(failed)}." if failed else "All groupings of the plan were compared in every form.",
        f"After screening. A group needs {found.smallest_group} respondents.",
    )


def truth_table(found: InvarianceReport) -> Table:
    """What truly differs in synthetic data, beside what was found."""
    rows = tuple((one.construct, one.item, one.language, one.true, one.found) for one in found.truth)
    true = [one for one in found.truth if one.true]
    seen = [one for one in true if not isinstance(one.found, Undefined)]
    wrong = len(found.truth) - len(true)
    return Table(
        "invariance-truth", "Items that truly differ by language, and what was found",
        (
            Column("construct", "Construct"), Column("item", "Item"), Column("language", "Language"),
            Column("true", "True difference", "number"), Column("found", "Found", "number"),
        ),
        rows,
        f"Of {counted(len(true), 'item')} that truly {'differs' if len(true) == 1 else 'differ'} by language, "
        f"{len(seen)} {'was' if len(seen) == 1 else 'were'} found; {counted(wrong, 'item')} "
        f"{'was' if wrong == 1 else 'were'} freed that {'does' if wrong == 1 else 'do'} not differ.",
        "True: in standard deviations of the continuous response behind the scale points. Found: the signed dMACS "
        "turned round, in standard deviations of the answers in scale points.",
    )
